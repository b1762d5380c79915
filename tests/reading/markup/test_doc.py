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
        doc.read(DATA[:size], "cut.doc")


def test_an_encrypted_document_is_named_so() -> None:
    at = DATA.index(b"\xec\xa5") + 0x0A
    with pytest.raises(ReadError, match="password"):
        doc.read(DATA[:at] + b"\x00\x01" + DATA[at + 2 :], "locked.doc")
