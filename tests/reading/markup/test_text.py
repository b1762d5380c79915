"""Plain text and markdown: which lines are tables, and which blank lines are cells."""

import pytest

from reportlib.errors import ReadError
from reportlib.reading.document import Grid, Paragraph
from reportlib.reading.encoding import decode
from reportlib.reading.markup.text import read


def blocks(text):
    return [
        block.text if isinstance(block, Paragraph) else [[cell.text for cell in row] for row in block.rows()]
        for block in read(text.encode(), "report.txt").blocks
    ]


def test_a_markdown_table_is_a_grid_with_its_blank_cells():
    assert blocks("前文\n| a | b |\n|---|:-:|\n| 1 |  |\n后文") == ["前文", [["a", "b"], ["1", ""]], "后文"]


def test_lines_of_tabs_are_a_grid():
    assert blocks("表\na\tb\n1\t\n\t2") == ["表", [["a", "b"], ["1", ""], ["", "2"]]]


@pytest.mark.parametrize("between", ["\t\n", "\n\t"])
def test_cells_one_a_line_with_a_tab_between_them_are_rows(between):
    rows = [["a", "b", "c"], ["1", "", "3"], ["d", "4", "5"]]
    assert blocks("\n".join(["题", *(between.join(row) for row in rows)]) + "\n") == ["题", rows]


def test_rows_of_cells_between_commas_are_a_grid():
    assert blocks('题\na,b,c\n1,,3\n"x,y",4,"5,000"\nd,6,7\n') == [
        "题",
        [["a", "b", "c"], ["1", "", "3"], ["x,y", "4", "5,000"], ["d", "6", "7"]],
    ]


@pytest.mark.parametrize(("end", "doubt"), [("", "cut"), (" |", ""), ("\n", "")])
def test_a_number_in_which_a_file_ends_is_in_doubt(end, doubt):
    (grid,) = read(f"| 规章 | 3 |\n| 许可 | 14{end}".encode(), "x").grids()
    assert [cell.doubt for cell in grid.cells] == ["", "", "", doubt]


def test_one_tab_is_no_table():
    assert blocks("一\t总体情况\n正文") == ["一\t总体情况", "正文"]


def test_cells_one_a_line_between_pipes_keep_the_empty_ones():
    assert blocks("规章 |\n0 |\n|\n5 |\n许可 |\n3 |") == ["规章", "0", "", "5", "许可", "3"]


def test_a_pipe_alone_in_front_of_each_label_parts_the_rows():
    assert blocks("|\n规章 |\n|\n5 |\n|\n许可 |\n3 |\n|\n文件 |\n") == ["规章", "", "5", "许可", "3", "文件"]


def test_blank_lines_between_rows_of_tabs_only_part_them():
    assert blocks("题\n\na\tb\n\n1\t\n\n\t2\n\n后\n") == ["题", [["a", "b"], ["1", ""], ["", "2"]], "后"]


def test_blank_lines_between_rows_only_part_them_and_others_are_kept():
    assert blocks("a\tb\n\nc\td\n\ne\tf\n\ng\th\n\ni\tj\n") == [[[*"ab"], [*"cd"], [*"ef"], [*"gh"], [*"ij"]]]
    assert blocks("a\n\nb\n\nc\n\nd\n\n\ne\n") == ["a", "", "b", "", "c", "", "d", "", "", "e"]


def test_a_place_is_the_line_in_the_file():
    document = read("题\n\n| a | b |\n| 1 | 2 |\n".encode(), "report.md")
    (grid,) = document.grids()
    assert grid.name == "table 1 (line 3)"
    assert next(p.place for p in document.paragraphs()) == "line 1"
    assert isinstance(grid, Grid)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_encoding_is_told_by_the_bytes(encoding):
    assert decode("行政许可".encode(encoding)) == ("行政许可", ())


@pytest.mark.parametrize("data", [b"\xff\xff\xff\x80", b"\x00\x01\x02" * 9, b"|" * 300_000, b"\n" * 200_000])
def test_what_is_no_text_of_a_report_is_refused(data):
    with pytest.raises(ReadError):
        read(data, "report.txt")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3\\.其他", "3.其他"),
        ("**145**", "145"),
        ("0&nbsp;", "0"),
        ("本年新<br/>制作", "本年新\n制作"),
        ("`5`", "5"),
        ("<b>7</b>", "7"),
    ],
)
def test_the_marks_of_markdown_are_no_text(written, meant):
    assert blocks(f"| a | {written} |\n") == [[["a", meant]]]


def test_pipes_that_fill_a_row_up_are_no_cells():
    assert blocks("| a | b | c |\n| 1 |  | ||\n| 2 | ||\n") == [[["a", "b", "c"], ["1", ""], ["2"]]]


def test_pipes_that_fill_rows_up_are_no_cells_one_a_line_either():
    text = "题 |\n|||\na |\nb |\nc |\nd |\nx |\n1 |\n||\n下一题\n题 |\n||\ny |\n|\n2 |\n"
    assert blocks(text) == ["题", "a", "b", "c", "d", "x", "1", "下一题", "题", "y", "", "2"]


def test_a_cells_own_pipe_and_the_end_of_its_row_fill_nothing_up():
    apart = "| 规章\n|\n1\n|\n5\n|\n|\n| 行政许可\n|\n7\n|\n|\n"
    assert blocks(apart.replace("|\n|\n", "||\n")) == blocks(apart)


def test_a_table_drawn_with_lines_is_a_grid():
    assert blocks("┌──┬──┐\n│a │b │\n├──┼──┤\n│1 │  │\n└──┴──┘\n") == [[["a", "b"], ["1", ""]]]


def test_how_a_character_is_read_is_no_text():
    assert blocks("本年制發(fā)件數(shù)，和(he)(he)國（含a）") == ["本年制發件數，和國（含a）"]


def test_lines_between_two_rules_are_one_row_where_each_row_is_ruled():
    rows = ["| 本年 | 1 |\n| 新收 |   |", "| 上年 | 2 |", "| 予以 | 3 |", "| 部分 | 4 |"]
    rule = "\n+----+---+\n"
    assert blocks(rule + rule.join(rows) + rule)[-1][:2] == [["本年\n新收", "1"], ["上年", "2"]]


def test_a_row_that_begins_with_a_pipe_has_a_blank_cell_there_where_others_do_not():
    assert blocks("a | b | c |\n| 1 | 2 |\n") == [[["a", "b", "c"], ["", "1", "2"]]]


def test_pipes_that_end_cells_wherever_the_line_ends_part_no_lines():
    text = "规章 | 3 |\n|\n|\n| 4 |\n文件 |\n|\n|\n| 5 |\n"
    assert blocks(text) == ["规章", "3", "", "", "", "4", "文件", "", "", "", "5"]


def test_a_row_without_label_behind_a_rows_end_begins_with_its_first_cell():
    assert blocks("| 维持\n|\n总计\n||\n| 0\n|\n\n|\n3\n||\n") == ["维持", "总计", "0", "", "3"]


def test_a_table_of_cells_one_a_line_ends_before_one_of_rows_one_a_line():
    text = "规章 |\n1 |\n三、收到\n申请人 | 自然人 |\n新收 | 3 |\n"
    assert blocks(text) == ["规章", "1", "三、收到", [["申请人", "自然人"], ["新收", "3"]]]


def test_many_pipes_alone_in_front_of_labels_are_blank_cells():
    assert blocks("规章 |\n|\n|\n|\n文件 |\n|\n|\n|\n许可 | ||\n") == [
        *["规章", "", "", ""],
        *["文件", "", "", ""],
        "许可",
    ]


def test_a_blank_row_written_as_pipes_has_as_many_cells_as_the_others():
    assert blocks("规章 | 1 | 2 | |\n许可 | |||\n") == [[["规章", "1", "2", ""], ["许可", "", "", ""]]]


@pytest.mark.parametrize("mark", "\u200b\u200e\u2060\ufeff\u00ad")
def test_what_has_no_width_is_no_text(mark):
    assert blocks(f"规章 |{mark}\n0 |{mark}\n5{mark} |\n") == ["规章", "0", "5"]
