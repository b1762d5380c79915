import io
import zipfile
from pathlib import Path

import make_pdfs
import pdf_files
import pytest
from ofd_files import Sheet, package, table
from printed import figures

from reportlib.errors import ReadError
from reportlib.reading import read_document
from reportlib.reading.pages import ofd, pdf


def report() -> bytes:
    second, third, fourth = make_pdfs.tables()
    sheets = [Sheet()]
    sheets[0].text(40, 15, "青石县2023年政府信息公开工作年度报告", 4.5)
    y = table(sheets, second, [50, 40, 40, 40], 30)
    y = table(sheets, third, [8, 22, 50, *[14.0] * 7], y + 15)
    table(sheets, fourth, [12.0] * 15, y + 15)
    for number, sheet in enumerate(sheets, start=1):
        sheet.text(100, 288, f"- {number} -")
    return package(sheets)


def test_tables_over_pages_keep_every_figure_in_its_place() -> None:
    document = read_document(report(), "report.ofd")
    assert document.format == "ofd"
    assert figures(document) == make_pdfs.FIGURES


def test_the_title_and_the_first_line_are_kept_and_page_numbers_are_not() -> None:
    document = ofd.read(report(), "report.ofd")
    assert document.title == "年度报告"
    texts = [paragraph.text for paragraph in document.paragraphs()]
    assert texts[0] == "青石县2023年政府信息公开工作年度报告"
    assert not any("-" in text for text in texts)


def test_distances_written_as_groups_are_spread_out() -> None:
    sheet = Sheet()
    sheet.text(20, 20, "结转下年度继续办理", 3.0, grouped=True)
    (paragraph,) = ofd.read(package([sheet]), "x.ofd").paragraphs()
    assert paragraph.text == "结转下年度继续办理"
    assert paragraph.box is not None
    assert paragraph.box.left == pytest.approx(20 * 72 / 25.4)
    assert paragraph.box.right == pytest.approx((20 + 9 * 3) * 72 / 25.4)


def test_lines_of_a_template_rule_the_page_above_it() -> None:
    template, sheet = Sheet(), Sheet()
    for y in (20, 30):
        template.line(20, y, 80, y)
    for x in (20, 40, 60, 80):
        template.line(x, 20, x, 30)
    for x, text in ((22, "7"), (62, "9")):
        sheet.text(x, 23, text)
    (grid,) = ofd.read(package([sheet], template), "x.ofd").grids()
    assert [cell.text for cell in grid.cells] == ["7", "", "9"]


def test_a_document_of_pictures_says_what_to_do() -> None:
    sheet = Sheet(['<ofd:ImageObject ID="9" Boundary="0 0 210 297" ResourceID="5"/>'])
    with pytest.raises(ReadError, match=r"scan\.ofd: the document has no text.*pdf"):
        ofd.read(package([sheet]), "scan.ofd")


def test_the_picture_of_a_page_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rapidocr", reason="OCR is the extra 'ocr'; make test installs it")
    monkeypatch.setenv("REPORTLIB_CACHE", str(tmp_path))
    drawing = pdf_files.Sheet(340, 200)
    drawing.grid([20, 120, 220], [30, 60, 90])
    for x, y, text in ((30, 50, "ab"), (130, 50, "12"), (30, 80, "cd"), (130, 80, "0")):
        drawing.text(x, y, text, 12)
    picture = io.BytesIO()
    pdf.render_page(pdf_files.pdf([drawing]), 1, 150 / 72).save(picture, "png")
    sheet = Sheet(['<ofd:ImageObject ID="9" Boundary="0 0 120 70.6" ResourceID="5"/>'])
    document = ofd.read(package([sheet], pictures={"5": picture.getvalue()}), "scan.ofd")
    assert document.route == "ocr"
    (grid,) = document.grids()
    assert [cell.text for cell in grid.cells] == ["ab", "12", "cd", "0"]
    box = grid.cells[3].box
    assert box is not None
    assert box[1:] == pytest.approx([120, 60, 220, 90], abs=2)


def test_entities_and_missing_parts_are_refused() -> None:
    data = report()
    for path, content in (
        ("Doc_0/Document.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
        ("Doc_0/Document.xml", "<ofd"),
        ("OFD.xml", "<OFD/>"),
    ):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
            for name in source.namelist():
                target.writestr(name, content if name == path else source.read(name))
        with pytest.raises(ReadError, match="broken"):
            ofd.read(out.getvalue(), "broken.ofd")


def test_what_is_switched_off_or_transparent_is_left_out_and_what_is_pale_is_not_sure() -> None:
    sheet = Sheet()
    for y in (20, 30):
        sheet.line(20, y, 80, y)
    for x in (20, 40, 60, 80):
        sheet.line(x, 20, x, 30)
    sheet.text(22, 23, "7")
    for x, hidden in ((26, ' Visible="false"'), (30, ' Alpha="0"'), (42, "")):
        sheet.text(x, 23, "9")
        sheet.objects[-1] = sheet.objects[-1].replace(' Font="1"', f' Font="1"{hidden}')
    pale = '<ofd:FillColor Value="255 255 255"/><ofd:TextCode'
    sheet.objects[-1] = sheet.objects[-1].replace("<ofd:TextCode", pale)
    document = ofd.read(package([sheet]), "x.ofd")
    (grid,) = document.grids()
    assert [cell.text for cell in grid.cells] == ["7", "\ufffd", ""]
    assert [note.rule for note in document.notes] == ["hidden_text"]
