import io
from collections.abc import Callable
from pathlib import Path

import make_pdfs
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from pdf_files import Sheet
from pdf_files import pdf as make
from printed import NUMBER, figures
from pylopdf_fonts_zh_cn import sans_path

from reportlib.errors import ReadError
from reportlib.reading import read_document
from reportlib.reading.document import Document
from reportlib.reading.pages import pdf

DATA = Path(__file__).parents[1] / "data"


def texts(document: Document) -> list[list[str]]:
    return [[cell.text for cell in row] for grid in document.grids() for row in grid.rows()]


def simple(draw: Callable[[Sheet], None] | None = None, **page: float) -> Sheet:
    """A ruled table of two rows: ab 12 / cd 7."""
    sheet = Sheet(**page)  # type: ignore[arg-type]
    sheet.grid([100, 200, 300], [100, 130, 160])
    for y, row in ((120, ("ab", "12")), (150, ("cd", "7"))):
        for x, text in zip((110, 210), row, strict=True):
            sheet.text(x, y, text)
    if draw:
        draw(sheet)
    return sheet


@pytest.mark.parametrize(
    "name", ["browser_print", "cells_apart", "landscape", "writer", "calc", "no_rulings"]
)
def test_figures_of_every_producer_are_read(name: str) -> None:
    document = read_document((DATA / f"{name}.pdf").read_bytes(), f"{name}.pdf")
    assert (document.format, document.route) == ("pdf", "text")
    found = [row for row in figures(document) if len(row) > 1]
    # Rows with one figure and rows without a label stand among the running text where there are no lines.
    lines = [paragraph.text.split() for paragraph in document.paragraphs()]
    found += [line for line in lines if len(line) > 1 and all(map(NUMBER.fullmatch, line))]
    assert found == [row for row in make_pdfs.FIGURES if len(row) > 1]


@pytest.mark.parametrize("name", ["browser_print", "cells_apart", "landscape", "writer"])
def test_a_table_that_runs_over_pages_keeps_every_row(name: str) -> None:
    document = read_document((DATA / f"{name}.pdf").read_bytes(), f"{name}.pdf")
    assert figures(document) == make_pdfs.FIGURES


def test_cells_say_on_which_page_and_where_they_stand() -> None:
    (grid,) = pdf.read(make([simple()]), "x.pdf").grids()
    box = grid.rows()[1][1].box
    assert box is not None
    assert (box.page, *map(round, box[1:])) == (1, 200, 130, 300, 160)
    assert grid.where(grid.rows()[1][1]) == "p. 1, table 1, row 2, column 2"


@pytest.mark.parametrize("screen", [True, False])
@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_pages_turned_for_the_screen_or_not_are_read_upright(rotate: int, screen: bool) -> None:
    upright = Sheet(842, 595) if rotate != 180 else Sheet()
    turned = Sheet(rotate=rotate if screen else 0)
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[rotate]

    def place(x: float, y: float) -> tuple[float, float]:
        return {
            90: (y, turned.height - x),
            180: (turned.width - x, turned.height - y),
            270: (turned.width - y, x),
        }[rotate]

    turned.grid(
        *(
            sorted(v)
            for v in zip(*(place(x, y) for x, y in ((100, 100), (200, 130), (300, 160))), strict=True)
        )
    )
    for x, y, text in ((110, 120, "ab"), (210, 120, "12"), (110, 150, "cd"), (210, 150, "7")):
        turned.text(*place(x, y), text, angle=(cos, sin))
    document = pdf.read(make([turned]), "turned.pdf")
    assert texts(document) == [["ab", "12"], ["cd", "7"]]
    (grid,) = document.grids()
    box = grid.cells[0].box
    assert box is not None
    assert box.right < upright.width
    assert [round(edge) for edge in box[1:]] == [100, 100, 200, 130]


def test_writing_aslant_is_a_watermark_and_noted() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(120, 170, "SAMPLE 99", 14, angle=(0.866, 0.5))
        sheet.text(20, 400, "8 8 8", 90)

    document = pdf.read(make([simple(draw)]), "marked.pdf")
    assert texts(document) == [["ab", "12"], ["cd", "7"]]
    assert [note.rule for note in document.notes] == ["watermark"]


def test_numbers_that_a_producer_writes_as_one_are_cut_at_the_line_between_them() -> None:
    sheet = simple()
    sheet.parts = [part for part in sheet.parts if "(ab)" not in part and "(12)" not in part]
    sheet.text(180, 120, "5345   129")
    assert texts(pdf.read(make([sheet]), "fused.pdf"))[0] == ["5345", "129"]


def test_a_number_too_wide_for_its_cell_is_not_cut_and_noted() -> None:
    sheet = simple()
    sheet.parts = [part for part in sheet.parts if "(ab)" not in part and "(12)" not in part]
    sheet.text(190, 120, "123456789")
    document = pdf.read(make([sheet]), "wide.pdf")
    assert texts(document)[0] == ["", "123456789"]
    assert [note.rule for note in document.notes] == ["number_crosses_ruling"]


def test_digits_that_a_producer_writes_one_by_one_are_one_number() -> None:
    sheet = Sheet()
    sheet.grid([100, 200, 300], [100, 130, 160])
    for n, digit in enumerate("4817"):
        sheet.text(210 + 5.56 * n, 120, digit)
    assert texts(pdf.read(make([sheet]), "split.pdf"))[0] == ["", "4817"]


def test_two_tables_side_by_side_stay_two() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.grid([350, 400, 450], [100, 130, 160])
        for x, y, text in ((360, 120, "ef"), (410, 120, "3"), (360, 150, "gh"), (410, 150, "4")):
            sheet.text(x, y, text)

    first, second = pdf.read(make([simple(draw)]), "two.pdf").grids()
    assert [cell.text for cell in first.cells] == ["ab", "12", "cd", "7"]
    assert [cell.text for cell in second.cells] == ["ef", "3", "gh", "4"]


def test_the_text_layer_under_a_scan_is_not_trusted() -> None:
    image = "q 595 0 0 842 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q"
    sheet = simple()
    sheet.parts = [image, "3 Tr", *sheet.parts]
    with pytest.raises(ReadError, match="no text"):
        pdf.read(make([sheet]), "layer.pdf")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"%PDF-1.4\n", "damaged"),
        ((DATA / "writer.pdf").read_bytes()[:3000], "damaged"),
        (make([]), "no pages|damaged"),
        (make([Sheet()]), "no text"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_file(data: bytes, says: str) -> None:
    with pytest.raises(ReadError, match=rf"bad\.pdf.*({says})"):
        pdf.read(data, "bad.pdf")


def test_a_pdf_with_a_password_is_named_so() -> None:
    data = make([simple()])
    lock = b"<</Filter/Standard/V 1/R 2/O(" + b"a" * 32 + b")/U(" + b"b" * 32 + b")/P -4>>"
    locked = data.replace(b"/Root 1 0 R", b"/Root 1 0 R/ID[(x)(x)]/Encrypt " + lock)
    with pytest.raises(ReadError, match="password"):
        pdf.read(locked, "locked.pdf")


def test_a_thousand_pages_are_refused() -> None:
    with pytest.raises(ReadError, match="more than 300 pages"):
        pdf.read(make([simple()], copies=1200), "book.pdf")


def test_hundreds_of_thousands_of_cells_are_refused() -> None:
    sheet = Sheet()
    sheet.text(100, 100, "12")
    sheet.grid([4.0 * n for n in range(1, 140)], [4.0 * n for n in range(1, 200)])
    with pytest.raises(ReadError, match=r"bomb\.pdf.*200,000 cells"):
        pdf.read(make([sheet], copies=20), "bomb.pdf")


def test_a_picture_of_a_page_can_be_cut_out() -> None:
    picture = pdf.render_page(make([simple()]), 1, 2.0)
    assert picture.size == (1190, 1684)
    assert picture.getpixel((2 * 200, 2 * 145))[0] < 160  # on the line between the columns
    assert picture.getpixel((2 * 150, 2 * 300)) == (255, 255, 255)


def hidden(*parts: str) -> Document:
    """What is read of the simple table with 99 drawn in the cell of 12 so that nobody sees it."""
    sheet = simple()
    sheet.parts = [*parts, *sheet.parts]
    return pdf.read(make([sheet]), "hidden.pdf")


NINETY_NINE = "BT /F1 10 Tf 1 0 0 1 215 722 Tm (99) Tj ET"


@pytest.mark.parametrize(
    "parts",
    [
        (f"q 3 Tr {NINETY_NINE} Q",),
        (f"q 1 g {NINETY_NINE} Q",),
        (f"q .98 .98 1 rg {NINETY_NINE} Q",),
        (NINETY_NINE, "q 1 g 202 714 96 26 re f Q"),
        (f"q 0 0 .5 rg 202 714 96 26 re f {NINETY_NINE} 1 g 202 714 96 26 re f Q",),
        (NINETY_NINE, "q 96 0 0 26 202 714 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q"),
    ],
    ids=[
        "not painted",
        "white",
        "nearly white",
        "painted over",
        "on a ground painted over",
        "under a picture",
    ],
)
def test_what_nobody_sees_is_left_out_and_noted(parts: tuple[str, ...]) -> None:
    document = hidden(*parts)
    assert texts(document) == [["ab", "12"], ["cd", "7"]]
    assert [note.rule for note in document.notes] == ["hidden_text"]


@pytest.mark.parametrize(
    "parts",
    [
        (f"q 0 0 .5 rg 202 714 96 26 re f 1 g {NINETY_NINE} Q",),
        (f"q 96 0 0 26 202 714 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x20 EI Q 1 g {NINETY_NINE} 0 g",),
        (NINETY_NINE, "q 1 g 202 684 96 26 re f Q"),
        (NINETY_NINE, "q 300 700 20 20 re W n 1 g 0 0 595 842 re f Q"),
        (f"q .5 g {NINETY_NINE} Q",),
    ],
    ids=["white on a dark ground", "white on a picture", "a shape beside", "a shape that is clipped", "grey"],
)
def test_what_can_be_seen_stays_whatever_its_colour(parts: tuple[str, ...]) -> None:
    sheet = simple()
    sheet.parts = [*parts, *(part for part in sheet.parts if "(12)" not in part)]
    document = pdf.read(make([sheet]), "seen.pdf")
    assert texts(document)[0] == ["ab", "99"]
    assert document.notes == ()


def test_a_faint_text_that_stands_there_again_and_again_is_a_watermark() -> None:
    marks = [f"q .85 g BT /F1 10 Tf 1 0 0 1 {x} 722 Tm (2023) Tj ET Q" for x in (130, 235, 400)]
    assert texts(hidden(*marks)) == [["ab", "12"], ["cd", "7"]]
    assert texts(hidden(marks[1])) == [["ab", "12 2023"], ["cd", "7"]]


def test_what_is_printed_twice_in_one_place_is_there_once() -> None:
    def again(sheet: Sheet) -> None:
        for y, row in ((120, ("ab", "12")), (150, ("cd", "7"))):
            for x, text in zip((110.6, 210.6), row, strict=True):
                sheet.text(x, y + 0.4, text)

    assert texts(pdf.read(make([simple(again)]), "bold.pdf")) == [["ab", "12"], ["cd", "7"]]


def test_different_figures_in_one_place_cannot_be_read() -> None:
    document = hidden("BT /F1 10 Tf 1 0 0 1 210 722 Tm (34) Tj ET")
    assert texts(document) == [["ab", "\ufffd\ufffd"], ["cd", "7"]]


def test_the_mark_of_a_note_is_none_of_the_digits() -> None:
    document = pdf.read(make([simple(lambda sheet: sheet.text(221.4, 116, "3", 6))]), "note.pdf")
    assert texts(document)[0] == ["ab", "12³"]


def test_figures_that_stand_apart_in_a_cell_are_several() -> None:
    sheet = Sheet()
    sheet.grid([100, 200, 300], [100, 130])
    for n, digit in enumerate("4817"):
        sheet.text(110 + 9 * n, 120, digit)
    assert texts(pdf.read(make([sheet]), "spaced.pdf")) == [["4 8 1 7", ""]]


def test_what_stands_in_form_fields_is_read() -> None:
    sheet = simple()
    sheet.parts = [part for part in sheet.parts if "(12)" not in part]
    sheet.annotations = (
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(12)/DA(/Helv 8 Tf 0 g)/F 4/Rect[202 714 298 740]>>"
    )
    assert texts(pdf.read(make([sheet]), "form.pdf")) == [["ab", "12"], ["cd", "7"]]


def test_characters_that_the_font_does_not_name_are_not_taken_for_figures() -> None:
    sheet = simple()
    sheet.parts = [part.replace("/F1", "/F2") if "(12)" in part else part for part in sheet.parts]
    assert texts(pdf.read(make([sheet]), "font.pdf")) == [["ab", "\ufffd\ufffd"], ["cd", "7"]]


def test_what_is_struck_out_is_left_out_and_noted_and_its_stroke_rules_no_table() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(221.12, 120, "15")
        sheet.line(210, 116.6, 221, 116.6)

    document = pdf.read(make([simple(draw)]), "struck.pdf")
    assert texts(document) == [["ab", "15"], ["cd", "7"]]
    assert [note.rule for note in document.notes] == ["tracked_changes"]


def test_a_figure_that_a_longer_line_crosses_cannot_be_read() -> None:
    document = pdf.read(make([simple(lambda sheet: sheet.line(190, 116.6, 290, 116.6))]), "crossed.pdf")
    assert "\ufffd" in "".join(text for row in texts(document) for text in row)
    assert not any("12" in text for row in texts(document) for text in row)
    assert "crossed_text" in [note.rule for note in document.notes]


def test_an_underlined_figure_is_read() -> None:
    document = pdf.read(make([simple(lambda sheet: sheet.line(210, 121.5, 221, 121.5))]), "underlined.pdf")
    assert texts(document)[0][1] == "12"
    assert document.notes == ()


@pytest.mark.parametrize(
    "parts",
    [
        (f"q 300 700 20 20 re W n {NINETY_NINE} Q",),
        (f"/OC /Off BDC {NINETY_NINE} EMC",),
        ("BT /F1 1 Tf 1 0 0 1 230 722 Tm (99) Tj ET",),
        ("BT /F1 10 Tf 1 0 0 1 -50 722 Tm (99) Tj ET",),
        (f"q 0 0 .5 rg 222 714 50 26 re f {NINETY_NINE.replace('215', '230')} Q",),
    ],
    ids=["clipped away", "on a layer switched off", "tiny", "off the page", "in the colour of its ground"],
)
def test_what_a_reader_of_the_page_does_not_see_is_no_figure(parts: tuple[str, ...]) -> None:
    assert texts(hidden(*parts)) == [["ab", "12"], ["cd", "7"]]


def test_what_stands_on_a_layer_that_is_shown_is_read() -> None:
    shown = f"/OC /On BDC {NINETY_NINE.replace('215', '250')} EMC"
    assert texts(hidden(shown)) == [["ab", "12 99"], ["cd", "7"]]


@pytest.mark.parametrize(
    ("drawn", "entries"),
    [
        ("/X Do", "|/OC 6 0 R"),
        ("/OC /Off BDC /X Do EMC", ""),
        ("q 300 700 20 20 re W n /X Do Q", ""),
    ],
    ids=["a form on a layer switched off", "drawn on a layer switched off", "clipped away"],
)
def test_a_form_is_read_where_it_is_seen_and_not_where_it_is_hidden(drawn: str, entries: str) -> None:
    figure = NINETY_NINE.replace("215", "250")
    for draws, says in (("/X Do", "12 99"), (drawn, "12")):
        sheet = simple()
        sheet.parts.append(draws)
        sheet.forms["X"] = figure + (entries if draws == drawn and says == "12" else "")
        assert texts(pdf.read(make([sheet]), "form.pdf")) == [["ab", says], ["cd", "7"]]


def test_digits_drawn_from_the_right_are_read_as_they_stand() -> None:
    sheet = simple()
    sheet.parts = [part for part in sheet.parts if "(12)" not in part]
    for n, digit in enumerate("4817"):
        sheet.parts.insert(0, f"BT /F1 10 Tf 1 0 0 1 {210 + 5.56 * n} 722 Tm ({digit}) Tj ET")
    assert texts(pdf.read(make([sheet]), "right.pdf"))[0] == ["ab", "4817"]


def test_dots_in_a_line_are_a_ruling() -> None:
    sheet = simple()
    sheet.parts = [part for part in sheet.parts if "200 742 m" not in part]
    sheet.parts += [f"199.7 {682 + 2 * n} .6 .6 re f" for n in range(31)]
    assert texts(pdf.read(make([sheet]), "dotted.pdf")) == [["ab", "12"], ["cd", "7"]]


def test_figures_in_a_font_that_tells_a_wrong_height_stand_in_their_rows() -> None:
    """Matplotlib writes digits and Chinese in two fonts, of which one says that it is three times as high."""
    truth = [["行政许可", "12", "0", "7"], ["行政处罚", "30", "4", "1"], ["行政强制", "5", "66", "2"]]
    figure = Figure(figsize=(8.27, 11.69))
    font = FontProperties(fname=str(sans_path()), size=6.5)
    for n, texts_of_row in enumerate(truth):
        for x, text in zip((0.1, 0.4, 0.5, 0.6), texts_of_row, strict=True):
            figure.text(x, 0.9 - 0.015 * n, text, fontproperties=font)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="pdf")
    assert texts(pdf.read(buffer.getvalue(), "high.pdf")) == truth


def test_what_an_annotation_strikes_out_is_left_out() -> None:
    sheet = simple(lambda sheet: sheet.text(225, 120, "15"))
    sheet.annotations = (
        "<</Type/Annot/Subtype/StrikeOut/Rect[210 720 221 732]/QuadPoints[210 731 221 731 210 720 221 720]>>"
    )
    assert texts(pdf.read(make([sheet]), "annotated.pdf")) == [["ab", "15"], ["cd", "7"]]


def test_half_a_character_beyond_the_first_plane_is_unread() -> None:
    names = b"3 beginbfchar <41> <DB50> <42> <D840DC00> <43> <0033> endbfchar"
    cmap = b"begincmap /CMapName /x def 1 begincodespacerange <00> <FF> endcodespacerange %s endcmap" % names
    shown = b"BT /F1 12 Tf 50 700 Td (AC) Tj ET BT /F1 12 Tf 50 650 Td (BC) Tj ET"
    page = b"/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R%s>>" % page,
        b"<</Length %d>>stream\n%s\nendstream" % (len(shown), shown),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
    ]
    numbered = (b"%d 0 obj%s endobj\n" % numbered for numbered in enumerate(objects, 1))
    document = pdf.read(b"%PDF-1.4\n" + b"".join(numbered) + b"trailer<</Root 1 0 R>>", "a.pdf")
    text = "".join(block.text for block in document.blocks)
    assert text.count("3") == 2 and text.encode().decode() == text
