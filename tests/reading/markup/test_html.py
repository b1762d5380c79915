"""Web pages: what a browser shows is what is read."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from reportlib.errors import ReadError
from reportlib.reading.document import Document, Grid
from reportlib.reading.markup import html

DATA = Path(__file__).parents[1] / "data"


def page(body: str) -> Document:
    return html.read(
        f"<html><head><title>年度报告</title></head><body>{body}</body></html>".encode(), "page.html"
    )


def texts(document: Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs()]


def only_grid(document: Document) -> Grid:
    (grid,) = document.grids()
    return grid


def lines(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows()]


def places(grid: Grid) -> dict[str, tuple[int, int]]:
    return {cell.text: (cell.row, cell.column) for cell in grid.cells}


def test_paragraphs_and_grids_keep_their_order_and_say_where_they_stand() -> None:
    document = page("<p>一</p><table><tr><td>规章<td>3</table><p>二</p>")
    assert [block.place if not isinstance(block, Grid) else block.name for block in document.blocks] == [
        "paragraph 1",
        "table 1",
        "paragraph 2",
    ]
    grid = only_grid(document)
    assert grid.where(grid.cells[1]) == "table 1, row 1, column 2"
    assert document.title == "年度报告"


def test_text_cut_over_tags_is_joined_without_spaces() -> None:
    document = page("<p><span>三</span><span>、本</span><b>年</b>收到<span>20</span><span>23</span>件</p>")
    assert texts(document) == ["三、本年收到2023件"]


def test_white_space_in_the_source_collapses_but_a_hard_space_stays() -> None:
    document = page("<table><tr><td>\n  总\n  计 </td><td>&nbsp;</td><td> </td></tr></table>")
    assert lines(only_grid(document)) == [["总 计", "\xa0", ""]]


def test_line_breaks_and_paragraphs_in_a_cell_are_line_breaks() -> None:
    document = page(
        "<table><tr><td>本年新<br />制作数量</td><td><p>结</p><p>果</p><div>维</div>持</td></tr></table>"
    )
    assert lines(only_grid(document)) == [["本年新\n制作数量", "结\n果\n维\n持"]]


def test_empty_paragraphs_stay_because_they_stand_for_blank_cells() -> None:
    assert texts(page("<p>总计</p><p></p><p>&nbsp;</p><p><br></p><p>5</p>")) == ["总计", "", "\xa0", "", "5"]


def test_one_break_ends_a_line_and_two_leave_an_empty_one() -> None:
    assert texts(page("<div>甲<br>乙<br><br>丙<br></div><div></div>丁")) == ["甲", "乙", "", "丙", "丁"]


def test_spans_push_later_rows_to_the_right() -> None:
    grid = only_grid(
        page(
            "<table><tr><td rowspan=2>三</td><td colspan=2>甲</td></tr><tr><td>乙</td><td>丙</td></tr>"
            "<tr><td>丁</td><td>戊</td><td>己</td></tr></table>"
        )
    )
    assert places(grid) == {
        "三": (0, 0),
        "甲": (0, 1),
        "乙": (1, 1),
        "丙": (1, 2),
        "丁": (2, 0),
        "戊": (2, 1),
        "己": (2, 2),
    }
    assert (grid.cells[0].rowspan, grid.cells[1].colspan) == (2, 2)


def test_filler_cells_instead_of_a_rowspan_are_cells_of_their_own() -> None:
    grid = only_grid(html.read((DATA / "header_with_filler_cells.html").read_bytes(), "x"))
    assert places(grid)["商业企业"] == (1, 2)
    assert [cell.text for cell in grid.rows()[1]] == ["", "", "商业企业", "科研机构", ""]
    assert [cell.column for cell in grid.rows()[2]] == [0, 1, 2, 3, 4]


def test_colspans_that_disagree_with_the_header_still_give_every_cell_a_place() -> None:
    grid = only_grid(html.read((DATA / "colspans_disagree.html").read_bytes(), "x"))
    assert [(cell.text, cell.column, cell.colspan) for cell in grid.rows()[1]] == [
        ("8", 0, 2),
        ("0", 2, 1),
        ("1", 3, 1),
        ("9", 4, 1),
    ]


@pytest.mark.parametrize("span", ["0", "-3", "99999999", "二", "", "1.7", "999"])
def test_a_span_that_makes_no_sense_moves_no_other_cell(span: str) -> None:
    grid = only_grid(
        page(
            f"<table><tr><td>甲</td><td colspan='{span}'>乙</td></tr><tr><td>丙</td><td>丁</td></tr></table>"
        )
    )
    assert places(grid) == {"甲": (0, 0), "乙": (0, 1), "丙": (1, 0), "丁": (1, 1)}
    assert all(cell.colspan == 1 for cell in grid.cells)


def test_a_rowspan_ends_with_its_group_of_rows() -> None:
    grid = only_grid(
        page(
            "<table><thead><tr><td rowspan=9>甲<td>乙<tbody><tr><td rowspan=0>丙<td>丁<tr><td>戊"
            "<tbody><tr><td>己<td>庚</table>"
        )
    )
    assert places(grid)["丙"] == (1, 0)
    assert places(grid)["戊"] == (2, 1)
    assert places(grid)["己"] == (3, 0)


def test_layout_tables_around_the_article_are_no_grids() -> None:
    document = html.read((DATA / "article_in_layout_tables.html").read_bytes(), "x")
    shown = [text for text in texts(document) if text]
    assert shown == ["首页", "某市2023年政府信息公开工作年度报告", "二、主动公开政府信息情况"]
    assert lines(only_grid(document)) == [["规章", "3"], ["行政规范性文件", "12"], ["行政许可", "45"]]


def test_a_number_in_a_little_table_of_its_own_stays_in_its_cell() -> None:
    grid = only_grid(
        page(
            "<table><tr><td>规章</td><td><table><tr><td>12</td></tr></table></td></tr><tr><td>许可<td>3</table>"
        )
    )
    assert lines(grid) == [["规章", "12"], ["许可", "3"]]


def test_a_table_within_a_data_cell_becomes_a_grid_and_its_cell_does_not_look_blank() -> None:
    inner = "<table><tr><td>甲<td>1</table>"
    document = page(f"<table><tr><td>规章<td>{inner}</tr><tr><td>许可<td>3</table>")
    outer, nested = document.grids()
    assert lines(outer) == [["规章", "甲\n1"], ["许可", "3"]]
    assert lines(nested) == [["甲", "1"]]


def test_what_is_hidden_is_left_out_and_said() -> None:
    document = page(
        "<p hidden>旧</p><table style='DISPLAY: none'><tr><td>9<td>9</table><table><tr><td>规章<td>3</table>"
    )
    assert lines(only_grid(document)) == [["规章", "3"]]
    assert [note.rule for note in document.notes] == ["hidden_table"]


def test_scripts_styles_and_templates_are_no_text() -> None:
    assert texts(
        page("<script>var n=3</script><style>p{}</style><template><p>模</p></template><!-- 注 --><p>文</p>")
    ) == ["文"]


def test_word_markup_reads_as_it_shows() -> None:
    document = html.read((DATA / "saved_by_word.html").read_bytes(), "x")
    assert texts(document)[0] == "二、主动公开政府信息情况"
    assert lines(only_grid(document)) == [
        ["信息内容", "本年制发件数"],
        ["规章", "3"],
        ["行政规范性文件", "\xa0"],
    ]


def test_deleted_text_of_a_tracked_change_is_left_out_and_said() -> None:
    document = page("<table><tr><td>规章<td><del>12</del><ins>13</ins></table>")
    assert lines(only_grid(document)) == [["规章", "13"]]
    assert [note.rule for note in document.notes] == ["tracked_changes"]


def test_the_mark_of_a_note_does_not_become_a_digit() -> None:
    assert lines(only_grid(page("<table><tr><td>规章<td>12<sup>1</sup></table>"))) == [["规章", "12[1]"]]


def test_a_number_in_a_form_field_is_read() -> None:
    assert lines(only_grid(page("<table><tr><td>规章<td><input value=12 readonly></table>"))) == [
        ["规章", "12"]
    ]


def test_broken_markup_loses_no_cell() -> None:
    grid = only_grid(page("<table><tr><td><b>规章<td>3</b><tr><td>许可</td><td>4</tr></table>"))
    assert lines(grid) == [["规章", "3"], ["许可", "4"]]


def test_markdown_around_an_html_table_keeps_its_lines() -> None:
    document = html.read(
        "# 报告\n一、总体情况\n\n<table><tr><td>规章</td><td>3</td></tr></table>\n二、\n".encode(), "x.md"
    )
    assert [text for text in texts(document) if text] == ["# 报告", "一、总体情况", "二、"]
    assert lines(only_grid(document)) == [["规章", "3"]]


def test_preformatted_text_keeps_its_lines_and_spaces() -> None:
    assert texts(page("<pre>甲  1\n乙  2</pre>")) == ["甲  1", "乙  2"]


def test_a_page_of_pictures_says_so_and_gives_them(tmp_path: Path) -> None:
    (tmp_path / "表.png").write_bytes(b"beside")
    (tmp_path.parent / "outside.png").write_bytes(b"outside")
    inline = base64.b64encode(b"inline").decode()
    source = (
        f"<p>见下表</p><img src='data:image/png;base64,{inline}'><img src='表.png'><img src='../outside.png'>"
    )
    document = html.read(source.encode(), "x")
    assert len(document.pictures) == 3
    assert html.pictures(document, source.encode(), "x", tmp_path) == [b"inline", b"beside"]


def test_a_page_without_text_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ReadError, match=r"x\.html: the page holds no text.*save the complete page"):
        html.read(b"<html><body><div id=app></div><script src=app.js></script></body></html>", "x.html")


def test_long_comments_and_embedded_pictures_are_no_reason_to_refuse() -> None:
    bulk = "<!-- " + "word " * 50_000 + "--><img src='data:image/png;base64," + "QUJD\n" * 50_000 + "'>"
    assert lines(only_grid(page(bulk + "<table><tr><td>规章<td>3</table>"))) == [["规章", "3"]]


def test_a_single_file_web_page_is_unpacked() -> None:
    body = base64.encodebytes(
        "<p>规章</p><table><tr><td>规章<td>3</table><img src=cid:a>".encode("gb18030")
    ).decode()
    archive = (
        'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="B"\n\n'
        '--B\nContent-Type: text/html; charset="gb2312"\n'
        f"Content-Transfer-Encoding: base64\n\n{body}\n--B\nContent-Type: image/png\nContent-ID: <a>\n"
        "Content-Transfer-Encoding: base64\n\ncGljdHVyZQ==\n--B--\n"
    ).encode()
    document = html.read(archive, "report.doc")
    assert lines(only_grid(document)) == [["规章", "3"]]
    assert html.pictures(document, archive, "report.doc") == [b"picture"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<s>8</s>7", "7"),
        ('<span style="text-decoration:line-through">8</span>7', "7"),
        ("7<sub>1</sub>", "7[1]"),
    ],
)
def test_struck_text_is_left_out_and_lowered_text_kept_apart(written: str, text: str) -> None:
    grid = only_grid(
        page(f"<table><tr><td>a</td><td>{written}</td></tr><tr><td>b</td><td>1</td></tr></table>")
    )
    assert lines(grid)[0] == ["a", text]


@pytest.mark.parametrize(
    ("sheet", "cell"),
    [
        (".old{display:none}", "17<span class=old>18</span>"),
        ("td .old{visibility:hidden}", "17<span class=old>18</span>"),
        ("#a{opacity:0}", "<b id=a>9</b>17"),
        (".s{position:absolute;left:-9999px}", "17<i class=s>1</i>"),
        (".s{width:1px;height:1px;overflow:hidden}", "17<i class=s>1</i>"),
        ("@media screen{.s{font-size:0}}", "17<i class=s>1</i>"),
        ("td{background:#fff}.s{color:white}", "17<i class=s>1</i>"),
        ("", "17<span style='display:none'>1</span>"),
        ("", "17<span style='FONT-SIZE:0px'>1</span>"),
        ("", "<s>1</s>17"),
        ("", "<span style='text-decoration: line-through'>1</span>17"),
        ("", "<ruby>17<rp>(</rp><rt>18</rt><rp>)</rp></ruby>"),
        (".a{display:none}.a.b{display:inline}", "17<span class='a'>1</span>"),
    ],
)
def test_what_nobody_sees_is_no_part_of_a_figure(sheet: str, cell: str) -> None:
    document = page(f"<style>{sheet}</style><table><tr><td>规章<td>{cell}</table>")
    assert lines(only_grid(document)) == [["规章", "17"]]
    assert "ruby" in cell or document.notes


@pytest.mark.parametrize(
    ("sheet", "cell"),
    [
        (".a{display:none}.a.b{display:inline}", "1<span class='a b'>7</span>"),
        (".x:hover{display:none}@media print{.x{display:none}}", "1<span class=x>7</span>"),
        ("b{font-size:0}b span{font-size:14px}", "<b><span>17</span></b>"),
        ("td{background:#036;color:#fff}", "17"),
        ("div{visibility:hidden}td{visibility:visible}", "17"),
    ],
)
def test_what_shows_after_all_is_read(sheet: str, cell: str) -> None:
    document = page(f"<style>{sheet}</style><div><table><tr><td>规章<td>{cell}</table></div>")
    assert lines(only_grid(document)) == [["规章", "17"]]
    assert not any(cell.doubt for cell in only_grid(document).cells)


def test_a_hidden_cell_leaves_its_row_but_an_invisible_one_keeps_its_place() -> None:
    for style, row in (("display:none", ["规章", "3"]), ("visibility:hidden", ["规章", "", "3"])):
        document = page(f"<table><tr><td>规章<td style='{style}'>9<td>3<tr><td>a<td>b<td>c</table>")
        assert lines(only_grid(document))[0] == row


def test_a_figure_in_white_on_a_ground_that_is_not_known_is_in_doubt() -> None:
    document = page("<table><tr><td>规章<td><font color='#FFFFFF'>1</font>7<td>3</table>")
    assert [(cell.text, cell.doubt) for cell in only_grid(document).cells] == [
        ("规章", ""),
        ("17", "pale"),
        ("3", ""),
    ]
    assert [note.rule for note in document.notes] == ["pale_text"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<sup>1</sup>26", "[1]26"),
        ("26<a href='#note1'>1</a>", "26[1]"),
        ("26<span style='vertical-align:super'>1</span>", "26[1]"),
        ("26<sup></sup>", "26"),
        ("<sup>26</sup>", "26"),
        ("<a href='http://x/#1'>26</a>", "26"),
    ],
)
def test_a_raised_mark_is_told_from_the_figure_it_stands_at(cell: str, text: str) -> None:
    assert lines(only_grid(page(f"<table><tr><td>规章<td>{cell}</table>"))) == [["规章", text]]


@pytest.mark.parametrize("source", ["a%00b.png", "http://[::1/a.png", "data:image/png;base64,@", "x" * 5000])
def test_a_picture_that_cannot_be_one_is_passed_over(source: str, tmp_path: Path) -> None:
    data = f"<p>文<img src='{source}'>".encode()
    assert html.pictures(html.read(data, "x"), data, "x", tmp_path) in ([], [b""])


@pytest.mark.parametrize(
    "inside",
    ['<img src="3.png" alt="3">', "<select><option selected>3</select>", "<svg><text>3</text></svg>"],
)
def test_a_cell_that_holds_a_picture_or_a_control_in_place_of_text_is_not_blank(inside):
    page = f"<table><tr><td>{inside}</td><td>{inside} 4</td><td></td></tr></table>"
    document = html.read(page.encode(), "a.html")
    (grid,) = document.grids()
    assert [(cell.text, cell.doubt) for cell in grid.cells] == [("", "unread"), ("4", ""), ("", "")]
    assert "cell_not_read" in {note.rule for note in document.notes}


def test_digits_that_run_the_other_way_are_another_number():
    page = b"<table><tr><td>5</td><td><bdo dir=rtl>287</bdo></td></tr><tr><td>1</td><td>2</td></tr></table>"
    (grid,) = html.read(page, "a.html").grids()
    assert [cell.doubt for cell in grid.cells] == ["", "altered", "", ""]
