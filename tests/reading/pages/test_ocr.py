import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make_pdfs
import numpy as np
import pytest
from pdf_files import Sheet
from pdf_files import pdf as make
from PIL import Image, ImageChops, ImageDraw, ImageOps
from printed import figures

from reportlib.errors import ReadError
from reportlib.reading import read_document
from reportlib.reading.pages import models, pdf, scan
from reportlib.reading.pages import ocr as image

pytest.importorskip("rapidocr", reason="OCR is the extra 'ocr'; make test installs it")
DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTLIB_CACHE", str(tmp_path))


def scanned(picture: Image.Image, angle: float = 0.6, noise: float = 6) -> Image.Image:
    """What a scanner makes of a page: a little turned, grey and grainy."""
    turned = picture.convert("L").rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)
    grain = np.random.default_rng(7).normal(8, noise, (turned.height, turned.width))
    return Image.fromarray(np.clip(np.asarray(turned) * 0.93 + grain, 0, 255).astype(np.uint8))


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "png")
    return out.getvalue()


def small(*extra: str) -> Image.Image:
    """A table of two rows: ab 12 / cd and a blank, with what `extra` draws."""
    sheet = Sheet(width=340, height=200)
    sheet.grid([20, 120, 220, 320], [30, 60, 90])
    for x, y, text in ((30, 50, "ab"), (130, 50, "12"), (230, 50, "0"), (30, 80, "cd")):
        sheet.text(x, y, text, 12)
    sheet.parts += extra
    return pdf.render_page(make([sheet]), 1, 150 / 72)


def test_the_figures_of_a_scanned_table_are_read_and_nothing_else() -> None:
    """The end of the requests and the disputes in the browser's print, at 150 dots an inch."""
    page = pdf.render_page((DATA / "browser_print.pdf").read_bytes(), 2, 150 / 72)
    document = read_document(png(scanned(page.crop((0, 700, *page.size)))), "scan.png")
    assert (document.format, document.route) == ("image", "ocr")
    found = figures(document)
    assert len(found) > 3
    assert found == make_pdfs.FIGURES[-len(found) :]


def test_a_lone_zero_is_read_and_a_cell_without_ink_is_blank() -> None:
    (grid,) = image.read(png(scanned(small())), "x.png").grids()
    rows = [[cell.text for cell in row] for row in grid.rows()]
    assert rows == [["ab", "12", "0"], ["cd", "", ""]]
    assert all((cell.confidence or 0) > 0.5 for cell in grid.cells if cell.text.isdigit())
    assert all(cell.confidence is None for cell in grid.cells if not cell.text)


def test_lone_figures_between_far_apart_columns_are_not_passed_over() -> None:
    sheet = Sheet(width=400, height=160)
    for n, digits in enumerate(("100", "010", "711")):
        for x, text in zip((30, 150, 240, 330), (f"label {n}", *digits), strict=True):
            sheet.text(x, 40 + 30 * n, text, 11)
    (grid,) = image.read(png(scanned(pdf.render_page(make([sheet]), 1, 150 / 72))), "x.png").grids()
    rows = [[cell.text.upper().replace("O", "0") for cell in row[1:]] for row in grid.rows()]
    assert rows == [["1", "0", "0"], ["0", "1", "0"], ["7", "1", "1"]]


def test_ink_that_is_no_character_is_not_read_as_blank_nor_as_a_number() -> None:
    blot = "0.2 g 150 115 40 6 re f"  # in the second row
    (grid,) = image.read(png(small(blot)), "x.png").grids()
    cell = grid.rows()[1][1]
    assert cell.text
    assert not cell.text.isdigit()


def seal(picture: Image.Image) -> Image.Image:
    """Four centimetres across, stamped over figures and lines."""
    stamp = Image.new("RGB", picture.size, "white")
    drawn = ImageDraw.Draw(stamp)
    drawn.ellipse((180, 20, 430, 270), outline=(220, 40, 40), width=9)
    drawn.regular_polygon((305, 145, 40), 5, fill=(220, 40, 40))
    return ImageChops.multiply(picture, stamp)


def watermark(picture: Image.Image) -> Image.Image:
    paper = Image.new("L", picture.size, 255)
    drawn = ImageDraw.Draw(paper)
    for n in range(30):
        drawn.text((10 + n % 6 * 110, 20 + n // 6 * 70), "2023", fill=205, font_size=30)
    return ImageChops.multiply(picture, paper.rotate(20, fillcolor=255).convert("RGB"))


def streak(picture: Image.Image) -> Image.Image:
    ImageDraw.Draw(picture).line((400, 0, 400, picture.height), fill=(60, 60, 60), width=2)
    return picture


def photographed(picture: Image.Image) -> Image.Image:
    wide, high = picture.size
    corners = (-12, -10, -6, high + 8, wide + 4, high + 2, wide + 10, -2)
    return picture.transform(
        picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor="white"
    )


@pytest.mark.parametrize("spoil", [seal, watermark, ImageOps.invert, streak, photographed])
def test_a_picture_that_is_spoiled_is_read_as_printed(spoil: Callable[[Image.Image], Image.Image]) -> None:
    rows = [[f"label {n}", f"{n}1", f"{n}2"] for n in range(6)]
    sheet = Sheet(width=340, height=200)
    sheet.grid([20, 120, 220, 320], [10 + 28 * n for n in range(7)])
    for n, texts in enumerate(rows):
        for k, text in enumerate(texts):
            sheet.text(40 + 100 * k, 30 + 28 * n, text, 12)
    picture = spoil(pdf.render_page(make([sheet]), 1, 150 / 72))
    (grid,) = image.read(png(picture), "x.png").grids()
    assert [[cell.text for cell in row] for row in grid.rows()] == rows


def test_a_slanting_stroke_is_no_figure() -> None:
    mark = "1 w 165 115 m 168 125 l S"
    (grid,) = image.read(png(small(mark)), "x.png").grids()
    assert grid.rows()[1][1].text == "/"


def test_numbers_of_cells_whose_ruling_line_was_missed_are_not_sure() -> None:
    sheet = Sheet(width=340, height=200)
    sheet.grid([20, 120, 320], [30, 60, 90])
    for x, y, text in ((30, 50, "ab"), (130, 50, "12"), (230, 50, "34"), (30, 80, "cd"), (130, 80, "5")):
        sheet.text(x, y, text, 12)
    (grid,) = image.read(png(pdf.render_page(make([sheet]), 1, 150 / 72)), "x.png").grids()
    assert "\ufffd" in grid.rows()[0][1].text
    assert grid.rows()[1][1].text == "5"


def test_boxes_are_in_points_of_a_picture_that_counts_as_wide_as_a4() -> None:
    (grid,) = image.read(png(small()), "x.png").grids()
    box = grid.rows()[1][2].box
    assert box is not None
    assert box[1:] == pytest.approx([edge * 595 / 340 for edge in (220, 60, 320, 90)], abs=3)


def test_what_was_recognised_is_kept_by_content_and_used_again(tmp_path: Path) -> None:
    data = png(small())
    image.read(data, "x.png")
    (stored,) = (tmp_path / "ocr").iterdir()
    content = json.loads(stored.read_text(encoding="utf-8"))
    for word in content["words"]:
        word[0] = word[0].replace("12", "from the cache")
    stored.write_text(json.dumps(content), encoding="utf-8")
    (grid,) = image.read(data, "renamed.png").grids()
    assert grid.rows()[0][1].text == "from the cache"


def test_a_broken_entry_of_the_cache_is_made_again(tmp_path: Path) -> None:
    data = png(small())
    image.read(data, "x.png")
    (stored,) = (tmp_path / "ocr").iterdir()
    stored.write_text('{"words": [', encoding="utf-8")
    (grid,) = image.read(data, "x.png").grids()
    assert grid.rows()[0][1].text == "12"
    json.loads(stored.read_text(encoding="utf-8"))


def test_a_scanned_page_in_a_pdf_is_recognised_and_the_others_are_read() -> None:
    picture = scanned(small(), 0)
    cover, scan = Sheet(), Sheet(width=340, height=200)
    cover.text(100, 100, "Cover 2024")
    hexadecimal = np.asarray(picture).tobytes().hex()
    scan.parts.append(
        f"q 340 0 0 200 0 0 cm BI /W {picture.width} /H {picture.height} /CS /G /BPC 8 /F /AHx ID {hexadecimal}> EI Q"
    )
    document = pdf.read(make([cover, scan]), "mixed.pdf")
    assert document.route == "mixed"
    assert [paragraph.text for paragraph in document.paragraphs()] == ["Cover 2024"]
    (grid,) = document.grids()
    assert [cell.text for cell in grid.cells] == ["ab", "12", "0", "cd", "", ""]
    box = grid.cells[1].box
    assert box is not None
    assert box.page == 2
    assert box[1:] == pytest.approx([120, 30, 220, 60], abs=2)


def test_a_table_that_is_a_picture_on_a_page_with_text_is_recognised() -> None:
    picture = small()
    sheet = simple_text_page()
    gray = picture.convert("L")
    data = np.asarray(gray).tobytes().hex()
    sheet.parts.append(
        f"q 340 0 0 200 100 300 cm BI /W {gray.width} /H {gray.height} /CS /G /BPC 8 /F /AHx ID {data}> EI Q"
    )
    document = pdf.read(make([sheet]), "picture.pdf")
    assert document.route == "mixed"
    assert [paragraph.text for paragraph in document.paragraphs()] == ["Report 2024", "End 77"]
    (grid,) = document.grids()
    assert [cell.text for cell in grid.cells] == ["ab", "12", "0", "cd", "", ""]


def simple_text_page() -> Sheet:
    sheet = Sheet()
    sheet.text(100, 100, "Report 2024")
    sheet.text(100, 700, "End 77")
    return sheet


def test_a_page_scanned_on_its_side_is_read_upright() -> None:
    sheet = Sheet(width=300, height=160)
    sheet.grid([20, 150, 280], [20 + 20 * n for n in range(7)])
    for n in range(6):
        sheet.text(30, 34 + 20 * n, f"label of row {n}", 11)
        sheet.text(160, 34 + 20 * n, f"{n}{n}3", 11)
    upright = pdf.render_page(make([sheet]), 1, 150 / 72)
    (grid,) = image.read(png(upright.transpose(Image.Transpose.ROTATE_90)), "side.png").grids()
    assert [row[1].text for row in grid.rows()] == [f"{n}{n}3" for n in range(6)]


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> Any:
        assert name in ("rapidocr", "onnxruntime")

    monkeypatch.setattr(models, "find_spec", without)
    with pytest.raises(ReadError, match=r'scan\.png.*pip install "reportlib\[ocr\]"'):
        image.read(png(small()), "scan.png")


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n", png(Image.new("L", (50, 50)))[:60], b"\xff\xd8\xff\xe0"]
)
def test_a_damaged_picture_is_an_error(data: bytes) -> None:
    with pytest.raises(ReadError, match=r"bad\.png: the picture is damaged"):
        image.read(data, "bad.png")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_that_inflates_out_of_proportion_is_refused() -> None:
    with pytest.raises(ReadError, match="pixels"):
        image.read(png(Image.new("1", (12_000, 12_000))), "bomb.png")


def test_what_an_opaque_seal_hides_is_not_blank() -> None:
    rows = [[f"label {n}", f"{n}1", f"{n}2"] for n in range(6)]
    sheet = Sheet(width=340, height=200)
    sheet.grid([20, 120, 220, 320], [10 + 28 * n for n in range(7)])
    for n, texts in enumerate(rows):
        for k, text in enumerate(texts):
            sheet.text(40 + 100 * k, 30 + 28 * n, text, 12)
    picture = seal(pdf.render_page(make([sheet]), 1, 150 / 72))
    ImageDraw.Draw(picture).rectangle((285, 150, 330, 190), fill=(220, 40, 40))  # over the 21
    (grid,) = image.read(png(picture), "x.png").grids()
    read = [[cell.text for cell in row] for row in grid.rows()]
    assert read.pop(2) == ["label 2", "\ufffd", "22"]
    assert read == rows[:2] + rows[3:]


def test_a_stroke_in_a_line_that_cannot_be_read_is_no_1() -> None:
    stroke = "0.2 g 150 108 1.5 12 re f 225 115 60 6 re f 30 112 60 8 re f"
    sheet = Sheet(width=340, height=200)
    sheet.grid([20, 120, 220, 320], [30, 60, 90])
    for x, text in ((30, "ab"), (130, "12"), (230, "0")):
        sheet.text(x, 50, text, 12)
    sheet.parts.append(stroke)
    (grid,) = image.read(png(pdf.render_page(make([sheet]), 1, 150 / 72)), "x.png").grids()
    assert [cell.text for cell in grid.rows()[0]] == ["ab", "12", "0"]
    assert not any(cell.text.isdigit() for cell in grid.rows()[1])


def test_a_page_with_too_much_on_it_is_refused_before_it_is_recognised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scan, "MAX_WIDTH", 100)
    with pytest.raises(ReadError, match=r"x\.png, p\. 1: there is too much"):
        image.read(png(small()), "x.png")


def test_a_picture_that_cannot_be_recognised_does_not_refuse_the_page_around_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scan, "MAX_WIDTH", 100)
    gray = small().convert("L")
    data = np.asarray(gray).tobytes().hex()
    sheet = simple_text_page()
    sheet.parts.append(
        f"q 340 0 0 200 100 300 cm BI /W {gray.width} /H {gray.height} /CS /G /BPC 8 /F /AHx ID {data}> EI Q"
    )
    document = pdf.read(make([sheet]), "picture.pdf")
    assert "".join(paragraph.text for paragraph in document.paragraphs()) == "Report 2024 End 77"
    assert [note.rule for note in document.notes] == ["picture_not_read"]


def test_what_the_libraries_of_recognition_raise_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("[ONNXRuntimeError] : 6\n  something\n  inside")

    monkeypatch.setattr(models, "_recogniser", fail)
    with pytest.raises(ReadError, match=r"x\.png, p\. 1: .*RuntimeError: \[ONNX") as raised:
        image.read(png(small()), "x.png")
    assert "\n" not in str(raised.value)


def test_of_too_many_scans_those_with_a_table_are_recognised_and_the_others_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image, "MAX_SCANS", 1)
    sheets = []
    for picture in (Image.new("L", (340, 200), 250), small().convert("L"), small().convert("L")):
        data = np.asarray(picture).tobytes().hex()
        sheet = Sheet(width=340, height=200)
        sheet.parts.append(
            f"q 340 0 0 200 0 0 cm BI /W {picture.width} /H {picture.height} /CS /G /BPC 8 /F /AHx ID {data}> EI Q"
        )
        sheets.append(sheet)
    document = pdf.read(make(sheets), "scans.pdf")
    assert [cell.text for grid in document.grids() for cell in grid.cells] == ["ab", "12", "0", "cd", "", ""]
    assert [(note.rule, note.place) for note in document.notes] == [
        ("picture_not_read", "p. 1"), ("picture_not_read", "p. 3"),
    ]  # fmt: skip
