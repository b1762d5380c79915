"""Spreadsheets: the visible sheets, with their numbers as they mean them."""

from __future__ import annotations

import datetime
import io
from pathlib import Path

import openpyxl
import openpyxl.drawing.image
import PIL.Image
import pytest
from office_files import xlsx
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font, PatternFill

from reportlib.reading import read_document
from reportlib.reading.document import Document, Grid, Note
from reportlib.reading.markup import xlsx as reader


def saved(book: openpyxl.Workbook) -> Document:
    buffer = io.BytesIO()
    book.save(buffer)
    return reader.read(buffer.getvalue(), "report.xlsx")


def sheet(*rows: list[object]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = "表三"
    for row in rows:
        book.active.append(row)
    return book


def only_grid(document: Document) -> Grid:
    (grid,) = document.grids()
    return grid


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (12, "12"),
        (12.0, "12"),
        (4068.208, "4068.208"),
        (4068.2079999999996, "4068.208"),
        (0, "0"),
        (-1942, "-1942"),
        (0.000012, "0.000012"),
        ("12", "12"),
        ("+19", "+19"),
        (" 12 ", " 12 "),
        ("-", "-"),
        ("160.5964万元", "160.5964万元"),
        (datetime.datetime(2024, 1, 31), "2024-01-31"),
        (True, "TRUE"),
    ],
)
def test_numbers_and_text_read_as_they_stand(stored: object, text: str) -> None:
    assert only_grid(saved(sheet(["规章", stored]))).cells[1].text == text


def test_a_number_written_with_seventeen_digits_has_no_noise() -> None:
    data = xlsx(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>费</t></is></c><c r="B1"><v>4068.2080000000001</v></c></row>'
    )
    assert only_grid(reader.read(data, "x")).cells[1].text == "4068.208"


def test_blank_and_zero_stay_distinct() -> None:
    grid = only_grid(saved(sheet(["规章", 0, None, ""], ["许可", 1, 2, 3])))
    assert [cell.text for cell in grid.rows()[0]] == ["规章", "0", "", ""]


def test_merged_cells_stand_once_with_their_spans() -> None:
    book = sheet(["三", "甲", None], [None, "乙", "丙"], ["丁", 1, 2])
    book.active.merge_cells("A1:A2")
    book.active.merge_cells("B1:C1")
    grid = only_grid(saved(book))
    assert [(c.text, c.row, c.column, c.rowspan, c.colspan) for c in grid.cells[:3]] == [
        ("三", 0, 0, 2, 1),
        ("甲", 0, 1, 1, 2),
        ("乙", 1, 1, 1, 1),
    ]
    assert len(grid.cells) == 7


def test_places_are_those_of_the_sheet() -> None:
    book = sheet()
    book.active["C5"] = "规章"
    book.active["D5"] = 3
    grid = only_grid(saved(book))
    assert grid.where(grid.cells[1]) == "sheet 表三, row 5, column 4"


def test_every_visible_sheet_is_read_and_the_hidden_one_is_named() -> None:
    book = sheet(["申请", 1])
    book.create_sheet("空")
    book.create_sheet("表四").append(["复议", 2])
    book.create_sheet("旧稿").append(["申请", 9])
    book["旧稿"].sheet_state = "hidden"
    document = saved(book)
    assert [grid.name for grid in document.grids()] == ["sheet 表三", "sheet 表四"]
    assert [(note.rule, note.place) for note in document.notes] == [("hidden_sheet", "sheet 旧稿")]


def test_a_formula_whose_result_is_not_stored_is_said() -> None:
    document = saved(sheet(["规章", 1, 2, "=B1+C1"], ["许可", 1, 2, "=B2+C2"]))
    assert [cell.text for cell in only_grid(document).rows()[0]][:3] == ["规章", "1", "2"]
    (note,) = document.notes
    assert note == Note.of("formula_without_value", note.place, formulas=2)


def test_the_stored_result_of_a_formula_is_its_text() -> None:
    data = xlsx('<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1+1</f><v>2</v></c></row>')
    document = reader.read(data, "x")
    assert [cell.text for cell in only_grid(document).cells] == ["1", "2"]
    assert document.notes == ()


def test_what_stands_in_hidden_rows_and_columns_is_left_out_and_said() -> None:
    book = sheet(["规章", 1, 4], ["许可", 2, 5], ["处罚", 3, 6])
    book.active.row_dimensions[2].hidden = True
    book.active.column_dimensions["B"].hidden = True
    document = saved(book)
    rows = [[cell.text for cell in row] for row in only_grid(document).rows()]
    assert rows == [["规章", "", "4"], [], ["处罚", "", "6"]]
    assert [note.rule for note in document.notes] == ["hidden_text"]


@pytest.mark.parametrize(
    ("code", "doubt"), [("0%", "altered"), ("0,", "altered"), ("#,##0", ""), ('0"件"', ""), ("0.00", "")]
)
def test_a_number_that_its_format_shows_as_another_is_in_doubt(code: str, doubt: str) -> None:
    book = sheet(["规章", 45], ["许可", 3])
    book.active["B1"].number_format = code
    book.active["A1"].number_format = code
    assert [cell.doubt for cell in only_grid(saved(book)).rows()[0]] == ["", doubt]


def test_a_sheet_of_one_column_is_running_text() -> None:
    document = saved(sheet(["某市2023年政府信息公开工作年度报告"], [None], ["一、总体情况"]))
    assert [(p.text, p.place) for p in document.paragraphs()] == [
        ("某市2023年政府信息公开工作年度报告", "sheet 表三, row 1"),
        ("", "sheet 表三, row 2"),
        ("一、总体情况", "sheet 表三, row 3"),
    ]


def test_an_empty_workbook_is_an_empty_document() -> None:
    assert saved(sheet()).blocks == ()


def test_a_workbook_of_excel_97_is_read() -> None:
    data = (Path(__file__).parents[1] / "data" / "sheet_of_1997.xls").read_bytes()
    document = read_document(data, "report.xlsx")
    assert [cell.text for cell in only_grid(document).cells] == ["规章", "3", "许可", "4068.208"]


def rich(*runs: tuple[str, dict[str, object]]) -> CellRichText:
    return CellRichText(*(TextBlock(InlineFont(**font), text) for text, font in runs))


@pytest.mark.parametrize(
    ("runs", "text", "doubt"),
    [
        ([("1", {"strike": True}), ("7", {})], "7", ""),
        ([("26", {}), ("1", {"vertAlign": "superscript"})], "26[1]", ""),
        ([("1", {"color": "FFFFFFFF"}), ("7", {})], "17", "pale"),
        ([("1", {"b": True}), ("7", {})], "17", ""),
    ],
)
def test_runs_of_a_cell_that_do_not_show_are_no_part_of_its_figure(
    runs: list[tuple[str, dict[str, object]]], text: str, doubt: str
) -> None:
    grid = only_grid(saved(sheet(["规章", rich(*runs)], ["许可", 3])))
    assert [(cell.text, cell.doubt) for cell in grid.cells[:2]] == [("规章", ""), (text, doubt)]


def test_a_struck_cell_is_blank_and_one_in_white_is_in_doubt() -> None:
    book = sheet(["规章", 12, 13, 14, 15], ["许可", 3, 4, 5, 6])
    cells = book.active[1]
    cells[1].font = Font(strike=True)
    cells[2].font = Font(color="FFFFFFFF")
    cells[3].font, cells[3].fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF003366")
    cells[4].number_format = ";;;"
    document = saved(book)
    found = [(cell.text, cell.doubt) for cell in only_grid(document).rows()[0][1:]]
    assert found == [("", ""), ("13", "pale"), ("14", ""), ("", "")]
    assert {note.rule for note in document.notes} == {"hidden_text", "pale_text", "tracked_changes"}


def test_a_picture_in_a_workbook_can_be_had() -> None:
    data = io.BytesIO()
    book = sheet(["规章", 12], ["许可", 3])
    stream = io.BytesIO()
    PIL.Image.new("RGB", (400, 100), "white").save(stream, "PNG")
    book.active.add_image(openpyxl.drawing.image.Image(stream))
    book.save(data)
    document = reader.read(data.getvalue(), "x")
    (picture,) = reader.pictures(document, data.getvalue(), "x")
    assert picture.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('"约"0', ["约45", "约0"]),
        ('_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', ["45", "-"]),
        ("0;-0;;@", ["45", ""]),
        ('0"件"', ["45件", "0件"]),
        ("¥#,##0.00", ["45", "0"]),
    ],
)
def test_what_a_format_shows_around_a_number_or_in_place_of_a_zero_is_what_stands_there(code, texts) -> None:
    book = sheet(["规章", 45, 0], ["许可", 3, 4])
    for place in ("B1", "C1"):
        book.active[place].number_format = code
    assert [cell.text for cell in only_grid(saved(book)).rows()[0]][1:] == texts
