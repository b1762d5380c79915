from pathlib import Path

import make_pdfs
import pytest
from printed import figures

from reportlib.errors import ReadError
from reportlib.reading import read_document
from reportlib.reading.markup import doc

DATA = (Path(__file__).parents[1] / "data" / "writer.doc").read_bytes()


def test_every_figure_of_a_word_97_document_is_read() -> None:
    document = read_document(DATA, "writer.doc")
    assert document.format == "doc"
    assert figures(document) == make_pdfs.FIGURES


def test_merged_cells_keep_their_spans() -> None:
    _, requests, disputes = doc.read(DATA, "writer.doc").grids()
    spans = {cell.text: (cell.row, cell.column, cell.rowspan, cell.colspan) for cell in requests.cells}
    assert spans["三、本年度办理结果"] == (5, 0, 22, 1)
    assert spans["（五）不予处理"] == (18, 1, 5, 1)
    assert spans["四、结转下年度继续办理"] == (27, 0, 1, 3)
    assert spans["法人或其他组织"] == (1, 4, 1, 5)
    assert [cell.colspan for cell in disputes.rows()[0]] == [5, 10]


def test_text_before_between_and_after_tables_stands_in_order() -> None:
    blocks = doc.read(DATA, "writer.doc").blocks
    kinds = [getattr(block, "name", "") or getattr(block, "text", "")[:2] for block in blocks]
    assert kinds[:5] == ["青石", "一、", "本报", "本报", "二、"]
    assert kinds[5:] == ["table 1", "三、", "table 2", "四、", "table 3", "五、", "本报", "六、", "无。"]


def test_a_row_of_blank_cells_is_no_row_end() -> None:
    """All cells of one row are blanked in the file itself: their text becomes spaces."""
    row = "\x07".join(make_pdfs.numbers(make_pdfs.REQUESTS[2][3])) + "\x07"
    stored = row.encode("utf-16-le")
    assert DATA.count(stored) == 1
    blank = "".join(char if char == "\x07" else " " for char in row).encode("utf-16-le")
    _, requests, _ = doc.read(DATA.replace(stored, blank), "blank.doc").grids()
    before, after = (grid.rows() for grid in (list(doc.read(DATA, "x").grids())[1], requests))
    assert [cell.text for cell in after[5]][-7:] == [""] * 7
    assert [len(row) for row in after] == [len(row) for row in before]


@pytest.mark.parametrize("size", [100, 3000, 20000, len(DATA) - 4096])
def test_a_cut_document_is_an_error_and_no_traceback(size: int) -> None:
    with pytest.raises(ReadError, match=r"cut\.doc"):
        read_document(DATA[:size], "cut.doc")


def test_an_encrypted_document_is_named_so() -> None:
    at = DATA.index(b"\xec\xa5") + 0x0A
    with pytest.raises(ReadError, match="password"):
        doc.read(DATA[:at] + b"\x00\x01" + DATA[at + 2 :], "locked.doc")


STYLE = b"\x43\x4a\x04\x00\x61\x4a\x04\x00"  # the size of the characters of row ends, as this writer says it


@pytest.mark.parametrize(
    ("property", "text", "doubt"),
    [
        (b"\x37\x08\x01\x35\x08\x00\x00\x00", "1938.4", ""),  # struck
        (b"\x3c\x08\x01\x35\x08\x00\x00\x00", "1938.4", ""),  # hidden
        (b"\x00\x08\x01\x35\x08\x00\x00\x00", "1938.4", ""),  # deleted
        (b"\x48\x2a\x01\x35\x08\x00\x00\x00", "1938.4[507]", ""),  # raised
        (b"\x42\x2a\x08\x35\x08\x00\x00\x00", "1938.4507", "pale"),  # white
        (b"\x37\x08\x00\x35\x08\x00\x00\x00", "1938.4507", ""),  # not struck
    ],
)
def test_characters_that_do_not_show_are_no_part_of_a_figure(property: bytes, text: str, doubt: str) -> None:
    """The last digits of a figure, and the text up to the next row end, get the property."""
    before_text = DATA.index("青石县".encode("utf-16-le")) - 2048
    row_end = DATA.index("\x07\x07自然人".encode("utf-16-le")) - before_text
    last_digits = DATA.index("507\x07\x07".encode("utf-16-le")) - before_text
    behind = (row_end + 4).to_bytes(4, "little")
    run = row_end.to_bytes(4, "little") + behind
    assert DATA.count(run) == 1
    changed = DATA.replace(run, last_digits.to_bytes(4, "little") + behind)
    disclosure, *_ = doc.read(changed.replace(STYLE, property), "x").grids()
    assert (disclosure.cells[-1].text, disclosure.cells[-1].doubt) == (text, doubt)


def test_of_a_field_its_result_is_read_and_not_its_code() -> None:
    title = next(doc.read(DATA, "x").paragraphs()).text
    before = title.encode("utf-16-le")
    assert DATA.count(before) >= 1
    field = f"\x13{title[1:3]}\x14{title[4:6]}\x15{title[7:]}"
    changed = doc.read(DATA.replace(before, field.ljust(len(title)).encode("utf-16-le"), 1), "x")
    assert next(changed.paragraphs()).text == title[4:6] + title[7:]
    assert figures(changed) == make_pdfs.FIGURES


def test_half_a_character_and_one_of_two_units_shift_nothing() -> None:
    before = "青石县".encode("utf-16-le")
    for two in ("\ud842石".encode("utf-16-le", "surrogatepass"), "\U00020bb7".encode("utf-16-le")):
        document = doc.read(DATA.replace(before, two + before[4:], 1), "x")
        assert figures(document) == make_pdfs.FIGURES
        next(document.paragraphs()).text.encode()
