"""Word documents: what Word shows once all changes are accepted."""

from __future__ import annotations

import pytest
from office_files import RELATIONS, WORD, cell, docx, packed, paragraph, table

from reportlib.errors import ReadError
from reportlib.reading.document import Document, Grid
from reportlib.reading.markup import docx as reader

MERGE, GOES_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def read(body: str) -> Document:
    return reader.read(docx(body), "report.docx")


def texts(document: Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs()]


def only_grid(document: Document) -> Grid:
    (grid,) = document.grids()
    return grid


def lines(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows()]


def test_paragraphs_and_tables_keep_their_order() -> None:
    document = read(paragraph("一") + table(cell("规章") + cell("3")) + paragraph("二") + "<w:p/>")
    assert [block.name if isinstance(block, Grid) else block.text for block in document.blocks] == [
        "一",
        "table 1",
        "二",
        "",
    ]


def test_merged_cells_stand_once_with_their_spans() -> None:
    grid = only_grid(
        read(
            table(
                cell("三", MERGE) + cell("甲", '<w:gridSpan w:val="2"/>'),
                cell("", GOES_ON) + cell("乙") + cell("丙"),
                cell("", GOES_ON) + cell("丁") + cell("戊"),
                cell("己", MERGE) + cell("庚") + cell("辛"),
            )
        )
    )
    assert [(c.text, c.row, c.column, c.rowspan, c.colspan) for c in grid.cells[:3]] == [
        ("三", 0, 0, 3, 1),
        ("甲", 0, 1, 1, 2),
        ("乙", 1, 1, 1, 1),
    ]
    assert [c.text for c in grid.rows()[2]] == ["丁", "戊"]
    assert grid.rows()[3][0].rowspan == 1


def test_the_older_way_to_merge_cells_of_a_row_is_read_too() -> None:
    merged = cell("甲", '<w:hMerge w:val="restart"/>') + cell("", "<w:hMerge/>")
    grid = only_grid(read(table(merged + cell("乙"), cell("1") + cell("2") + cell("3"))))
    assert [(c.text, c.column, c.colspan) for c in grid.rows()[0]] == [("甲", 0, 2), ("乙", 2, 1)]


def test_a_row_that_starts_late_keeps_its_columns() -> None:
    row = "<w:trPr><w:gridBefore w:val='2'/></w:trPr>" + cell("丙")
    grid = only_grid(read(table(cell("甲") + cell("乙") + cell("总计"), row)))
    assert (grid.cells[-1].row, grid.cells[-1].column) == (1, 2)


def test_text_cut_over_runs_is_joined_and_breaks_are_kept() -> None:
    runs = "<w:r><w:t>20</w:t></w:r><w:proofErr/><w:r><w:t>23</w:t><w:br/><w:t>年</w:t><w:tab/><w:t>度</w:t></w:r>"
    grid = only_grid(
        read(table(f"<w:tc><w:p>{runs}</w:p></w:tc><w:tc>{paragraph('结')}{paragraph('果')}</w:tc>"))
    )
    assert lines(grid) == [["2023\n年\t度", "结\n果"]]


def test_tracked_changes_are_read_as_accepted_and_said() -> None:
    changed = (
        '<w:tc><w:p><w:del w:id="1"><w:r><w:delText>12</w:delText></w:r></w:del>'
        '<w:ins w:id="2"><w:r><w:t>13</w:t></w:r></w:ins>'
        '<w:moveFrom w:id="3"><w:r><w:t>7</w:t></w:r></w:moveFrom></w:p></w:tc>'
    )
    removed_row = '<w:trPr><w:del w:id="4"/></w:trPr>' + cell("旧") + cell("1")
    document = read(table(cell("规章") + changed, removed_row, cell("许可") + cell("5")))
    assert lines(only_grid(document)) == [["规章", "13"], ["许可", "5"]]
    assert [note.rule for note in document.notes] == ["tracked_changes"]


def test_struck_text_is_read_as_deleted() -> None:
    struck = (
        "<w:tc><w:p><w:r><w:rPr><w:strike/></w:rPr><w:t>12</w:t></w:r><w:r><w:t>13</w:t></w:r></w:p></w:tc>"
    )
    document = read(table(cell("规章") + struck, cell("许可") + cell("5")))
    assert lines(only_grid(document)) == [["规章", "13"], ["许可", "5"]]
    assert [note.rule for note in document.notes] == ["tracked_changes"]


def test_a_page_put_in_whole_is_read() -> None:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId9" Type="aFChunk" Target="chunk.html"/></Relationships>'
    )
    page = "<table><tr><td>规章</td><td>3</td></tr><tr><td>许可</td><td>5</td></tr></table>"
    body = "<w:p/><w:altChunk r:id='rId9'/>"
    data = docx(body, word__chunk_dot_html=page, word___rels__document_dot_xml_dot_rels=relations)
    assert lines(only_grid(reader.read(data, "report.docx"))) == [["规章", "3"], ["许可", "5"]]


def test_a_text_box_is_read_once_though_it_stands_twice() -> None:
    inner = f"<w:txbxContent>{table(cell('规章') + cell('3'))}</w:txbxContent>"
    box = (
        "<mc:AlternateContent><mc:Choice Requires='wps'>"
        f"<w:drawing><wps:txbx>{inner}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{inner}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
    )
    document = read(f"<w:p><w:r><w:t>见下</w:t>{box}</w:r></w:p>")
    assert texts(document) == ["见下"]
    assert lines(only_grid(document)) == [["规章", "3"]]


def test_content_controls_hide_nothing() -> None:
    control = "<w:sdt><w:sdtPr><w:tag w:val='x'/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    in_row = control.format(cell("3"))
    document = read(control.format(paragraph("一")) + table(cell("规章") + in_row))
    assert texts(document) == ["一"]
    assert lines(only_grid(document)) == [["规章", "3"]]


def test_a_nested_table_becomes_a_grid_of_its_own() -> None:
    inner = table(cell("甲") + cell("1"))
    document = read(table(cell("规章") + f"<w:tc>{inner}<w:p/></w:tc>", cell("许可") + cell("2")))
    outer, nested = document.grids()
    assert lines(outer) == [["规章", "甲\n1"], ["许可", "2"]]
    assert lines(nested) == [["甲", "1"]]


def test_a_frame_of_one_cell_around_the_report_is_no_grid() -> None:
    document = read(table(f"<w:tc>{paragraph('一')}{table(cell('规章') + cell('3'))}<w:p/></w:tc>"))
    assert texts(document) == ["一"]
    assert lines(only_grid(document)) == [["规章", "3"]]


def test_hidden_text_is_left_out_and_said() -> None:
    document = read(paragraph("旧", "<w:vanish/>") + paragraph("新", '<w:vanish w:val="0"/>'))
    assert texts(document) == ["", "新"]
    assert [note.rule for note in document.notes] == ["hidden_text"]


def test_the_mark_of_a_note_does_not_become_a_digit() -> None:
    raised = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>1</w:t></w:r>'
    own_mark = raised.replace("<w:t>1</w:t>", '<w:footnoteReference w:id="2"/>')
    document = read(f"<w:p><w:r><w:t>12</w:t></w:r>{raised}</w:p><w:p>{raised}{own_mark}</w:p>")
    assert texts(document) == ["12[1]", "1"]


def test_field_codes_are_not_text() -> None:
    assert texts(read("<w:p><w:r><w:instrText>PAGE 7</w:instrText></w:r><w:r><w:t>7</w:t></w:r></w:p>")) == [
        "7"
    ]


def test_the_strict_form_of_the_standard_reads_the_same() -> None:
    document = f'<w:document xmlns:w="{WORD}"><w:body>{table(cell("规章") + cell("3"))}</w:body></w:document>'
    strict = packed(
        {"word/document.xml": document.replace(WORD, "http://purl.oclc.org/ooxml/wordprocessingml/main")}
    )
    assert lines(only_grid(reader.read(strict, "x"))) == [["规章", "3"]]


def test_the_main_part_may_have_another_name() -> None:
    relation = f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="word/document2.xml"/>'
    data = packed(
        {
            "_rels/.rels": f"<Relationships>{relation}</Relationships>",
            "word/document2.xml": f'<w:document xmlns:w="{WORD}"><w:body>{paragraph("一")}</w:body></w:document>',
        }
    )
    assert texts(reader.read(data, "x")) == ["一"]


def test_the_title_is_the_one_in_the_properties() -> None:
    title = "<dc:title>年度 报告</dc:title>"
    core = f'<p:coreProperties xmlns:p="c" xmlns:dc="http://purl.org/dc/elements/1.1/">{title}</p:coreProperties>'
    assert reader.read(docx("", docProps__core_dot_xml=core), "x").title == "年度 报告"


def test_pictures_are_said_where_there_is_no_table_and_can_be_had() -> None:
    relation = f'<Relationship Id="r7" Type="{RELATIONS}/image" Target="media/image1.png"/>'
    data = docx(
        "<w:p><w:r><w:drawing><a:blip r:embed='r7'/></w:drawing></w:r></w:p>",
        word___rels__document_dot_xml_dot_rels=f"<Relationships>{relation}</Relationships>",
        word__media__image1_dot_png=b"picture",
    )
    document = reader.read(data, "x")
    assert document.pictures == ("word/media/image1.png",)
    assert reader.pictures(document, data, "x") == [b"picture"]


def test_xml_that_does_not_close_is_a_clear_error() -> None:
    with pytest.raises(ReadError, match=r"report\.docx: word/document\.xml is not valid \("):
        reader.read(packed({"word/document.xml": "<w:document><w:body>"}), "report.docx")


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def figure(*runs: str, cell_properties: str = "", style: str = "") -> str:
    inside = f"<w:p>{''.join(runs)}</w:p>"
    return (
        f"<w:tbl><w:tblPr>{style}</w:tblPr><w:tr>{cell('规章')}"
        f"<w:tc><w:tcPr>{cell_properties}</w:tcPr>{inside}</w:tc></w:tr></w:tbl>"
    )


STYLES = f"""<w:styles xmlns:w="{WORD}">
<w:style w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:styleId="Child"><w:basedOn w:val="Gone"/></w:style>
<w:style w:styleId="Back"><w:basedOn w:val="Gone"/><w:rPr><w:vanish w:val="0"/></w:rPr></w:style>
<w:style w:styleId="Note"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style></w:styles>"""
WHITE = '<w:color w:val="FFFFFF"/>'


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ('<w:rStyle w:val="Gone"/>', "17"),
        ('<w:rStyle w:val="Child"/>', "17"),
        ('<w:rStyle w:val="Back"/>', "179"),
        ('<w:rStyle w:val="Note"/>', "17[9]"),
        ("<w:dstrike/>", "17"),
        ('<w:strike w:val="0"/>', "179"),
        ('<w:position w:val="6"/>', "17[9]"),
        (WHITE, "17"),
        (WHITE + '<w:shd w:val="clear" w:fill="003366"/>', "179"),
    ],
)
def test_styles_and_properties_say_what_of_a_figure_shows(properties: str, text: str) -> None:
    document = reader.read(docx(figure(run("17"), run("9", properties)), word__styles_dot_xml=STYLES), "x")
    (grid,) = document.grids()
    assert [c.text for c in grid.cells] == ["规章", text]


def test_white_text_in_a_table_that_a_style_may_colour_is_in_doubt() -> None:
    (grid,) = read(figure(run("1", WHITE), run("7"), style='<w:tblStyle w:val="Bands"/>')).grids()
    assert [(c.text, c.doubt) for c in grid.cells] == [("规章", ""), ("17", "pale")]
    (grid,) = read(
        figure(
            run("17", WHITE), style='<w:tblStyle w:val="Bands"/>', cell_properties='<w:shd w:fill="003366"/>'
        )
    ).grids()
    assert [(c.text, c.doubt) for c in grid.cells] == [("规章", ""), ("17", "")]


def test_a_raised_mark_before_a_figure_is_told_from_it() -> None:
    mark = run("1", '<w:vertAlign w:val="superscript"/>')
    assert lines(only_grid(read(figure(mark, run("26"))))) == [["规章", "[1]26"]]
