"""Which cell of a table is which cell of the form: by label, header, order and sums, or not at all."""

import pytest

from reportlib.form.findings import sentence
from reportlib.reading.document import Cell, Document, Grid, Paragraph
from reportlib.report.extraction.extract import extract

HEADER = ["申请人情况", "自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
GRANTED = ["（一）予以公开", "4", "1", "0", "0", "0", "2", "7"]
DONE = ["（七）总计", "4", "1", "0", "0", "0", "2", "7"]


REQUESTS = "三、收到和处理政府信息公开申请情况"


def grid(*rows, name="table 1"):
    return Grid(tuple(Cell(text, i, j) for i, row in enumerate(rows) for j, text in enumerate(row)), name)


def read(*blocks, year=None):
    paragraphs = tuple(Paragraph(b, f"line {i}") if isinstance(b, str) else b for i, b in enumerate(blocks))
    return extract(Document(paragraphs, "html"), year)


def printed(extracted, table, row):
    cells = extracted.tables[table].cells if table in extracted.tables else {}
    return {column: one.text for (code, column), one in cells.items() if code == row}


def rules(extracted):
    return {finding.rule for finding in extracted.findings}


def test_a_header_in_another_order_is_followed():
    swapped = [0, 2, 1, 3, 4, 5, 6, 7]
    found = read(
        grid([HEADER[i] for i in swapped], [GRANTED[i] for i in swapped], [DONE[i] for i in swapped])
    )
    assert printed(found, "requests", "granted")["natural_person"] == "4"
    assert printed(found, "requests", "granted")["company"] == "1"


def test_a_line_of_as_many_cells_needs_no_header():
    assert list(printed(read(REQUESTS, grid(GRANTED, DONE)), "requests", "concluded").values()) == DONE[1:]


def test_a_line_with_a_cell_too_few_is_left_open_where_no_header_places_it():
    found = read(REQUESTS, grid(GRANTED, DONE[:-1]), "后文")
    assert printed(found, "requests", "concluded") == {}
    (line,) = found.tables["requests"].lines
    assert line.rows == ("concluded",)
    assert len(line.readings) == 7 + 1  # any cell may be the one that lacks, and no sum says that this is all


def test_a_closed_row_that_is_short_may_lack_any_of_its_cells():
    found = read(grid(HEADER, GRANTED, ["（七）总计", "4", "1", "0", "0", "0", "2"]), "后文")
    assert printed(found, "requests", "concluded") == {}
    assert len(found.tables["requests"].lines[0].readings) == 7 + 1


def test_a_short_line_that_ends_in_its_sum_is_left_open():
    found = read(grid(HEADER, GRANTED, ["（七）总计", "4", "1", "0", "0", "2", "7"]), "后文")
    assert printed(found, "requests", "concluded") == {}


def test_a_short_line_with_blank_cells_is_left_open():
    found = read(grid(HEADER, GRANTED, ["（七）总计", "", "", "", "", "", "7"]), "后文")
    assert printed(found, "requests", "concluded") == {}


def test_columns_of_ones_own_are_left_out():
    header = [*HEADER[:7], "其他群体", HEADER[7]]
    found = read(grid(header, [*GRANTED[:7], "99", GRANTED[7]]))
    assert list(printed(found, "requests", "granted").values()) == GRANTED[1:]


def test_remarks_behind_the_figures_are_no_cells():
    found = read(grid(HEADER, [*GRANTED, "含上年结转"]))
    assert list(printed(found, "requests", "granted").values()) == GRANTED[1:]


def test_a_table_of_other_things_is_not_taken_for_the_form():
    found = read(grid(["类别", "数量"], ["行政许可", "50"], ["行政处罚", "20"]), grid(HEADER, GRANTED))
    assert "disclosure" not in found.tables


def test_under_its_heading_a_single_row_is_the_forms():
    found = read("二、主动公开政府信息情况", grid(["行政许可", "50"]))
    assert printed(found, "disclosure", "licences") == {"decisions": "50"}


def test_sentences_are_no_cells():
    text = "规章 0 件，行政规范性文件 12 件，本年处理决定数量中行政许可 50 件，行政处罚 20 件。"
    assert "disclosure" not in read(text, grid(HEADER, GRANTED)).tables


@pytest.mark.parametrize(
    ("rows", "alternative"),
    [
        (["（六）其他处理"], True),
        (["1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", "3.其他"], False),
    ],
)
def test_the_row_that_stands_there_tells_which_rows_the_table_has(rows, alternative):
    found = read(grid(HEADER, GRANTED, *([row, *GRANTED[1:]] for row in rows), DONE))
    assert found.tables["requests"].alternative is alternative


@pytest.mark.parametrize(("column", "form"), [("本年新制作数量", "2019"), ("本年制发件数", "2021")])
def test_the_table_tells_the_edition(column, form):
    assert read(grid(["信息内容", column], ["规章", "0", "0", "0"])).edition.code == form


@pytest.mark.parametrize(
    ("header", "year", "form"),
    [
        ("信息内容 本年新制作数量 本年新公开数量 对外公开总数量", 2021, "2019"),
        ("信息内容 本年制发件数 本年废止件数 现行有效件数", 2020, "2021"),
        ("信息内容", 2020, "2019"),
        ("信息内容", 2021, "2021"),
        ("信息内容", None, "2021"),
    ],
)
def test_the_year_tells_the_edition_only_where_the_tables_leave_it_open(header, year, form):
    assert read("二、主动公开政府信息情况", header, "规章 16 4 34", year=year).edition.code == form


def test_a_second_table_is_compared_and_not_used():
    other = ["（一）予以公开", "8", "2", "0", "0", "0", "4", "14"]
    found = read(grid(HEADER, GRANTED, DONE), "附", grid(HEADER, other, DONE, name="table 2"))
    assert printed(found, "requests", "granted")["total"] == "7"
    assert "row_twice" in rules(found)


def test_a_place_is_where_the_figure_stands_also_in_a_table_on_its_side():
    rows = list(zip(HEADER, GRANTED, DONE, ["四、结转下年度继续办理", *"0000000"], strict=True))
    found = read(grid(*rows))
    one = found.tables["requests"].cells["granted", "other"]
    assert (one.text, one.where) == ("2", "table 1, row 7, column 2")


def test_digits_run_together_are_kept_whole_for_the_proof():
    found = read(
        REQUESTS, "（一）予以公开4100027（二）部分公开0000000（七）总计4100027四、结转下年度继续办理0000000"
    )
    assert {line.rows[0]: line.printed for line in found.tables["requests"].lines} == {
        "granted": "4100027", "partly_granted": "0000000", "concluded": "4100027", "carried_out": "0000000",
    }  # fmt: skip


@pytest.mark.parametrize("years", [("2022年度", "2023年度"), ("2023年度", "2022年度")])
def test_of_a_table_printed_for_two_years_the_reports_own_year_counts(years):
    own, other = ([HEADER, GRANTED], [HEADER, ["（一）予以公开", *"9900009"]])
    tables = [grid(*(own if year == "2023年度" else other)) for year in years]
    found = read(years[0], tables[0], years[1], tables[1], year=2023)
    assert printed(found, "requests", "granted")["natural_person"] == "4"
    assert "row_twice" in rules(found)


def test_a_row_that_only_another_year_has_is_a_finding():
    found = read("2022年度", grid(HEADER, GRANTED, DONE), "2023年度", grid(HEADER, GRANTED), year=2023)
    assert not printed(found, "requests", "concluded")
    assert [(one.rule, one.row) for one in found.findings if one.rule == "other_year"] == [
        ("other_year", "concluded")
    ]


def test_a_table_of_another_year_alone_is_read_with_a_finding():
    found = read("2022年度", grid(HEADER, GRANTED), year=2023)
    assert printed(found, "requests", "granted")["natural_person"] == "4"
    (finding,) = [one for one in found.findings if one.rule == "other_year"]
    assert "2022" in sentence(finding) and "2023" in sentence(finding)
    assert "other_year" not in rules(read("2023年度", grid(HEADER, GRANTED), year=2023))


def test_a_date_is_no_year_above_a_table():
    found = read(grid(HEADER, GRANTED), "2022年1月5日", grid(HEADER, DONE), year=2023)
    assert printed(found, "requests", "concluded")["natural_person"] == "4"


def test_an_empty_line_of_the_grid_gives_way_to_the_one_with_figures():
    found = read(grid(HEADER, ["（一）予以公开", *[""] * 7], GRANTED))
    assert list(printed(found, "requests", "granted").values()) == GRANTED[1:]


@pytest.mark.parametrize("where", ["header", "row"])
def test_a_unit_stated_by_the_label_is_the_unit_of_the_amount(where):
    header = "本年收费金额（单位：元）" if where == "header" else "本年收费金额"
    label = "行政事业性收费（元）" if where == "row" else "行政事业性收费"
    found = read("二、主动公开政府信息情况", grid(["信息内容", header], [label, "25100"]))
    assert found.tables["disclosure"].cells["fees", "amount"].numeral.unit == "元"


def test_a_count_in_a_unit_of_money_is_no_count():
    found = read(grid(HEADER, ["（一）予以公开", "5万", *GRANTED[2:]]))
    assert found.tables["requests"].cells["granted", "natural_person"].numeral.found == "unreadable"


def test_a_table_on_its_side_may_have_several_lines_of_labels():
    outcomes = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    routes = ["行政复议", "未经复议直接起诉", "复议后起诉"]
    lines = [
        [route, outcome, str(10 * i + j)]
        for i, route in enumerate(routes)
        for j, outcome in enumerate(outcomes)
    ]
    found = read("四、政府信息公开行政复议、行政诉讼情况", grid(*lines))
    assert list(printed(found, "disputes", "direct_litigation").values()) == ["10", "11", "12", "13", "14"]


def test_empty_lines_that_merged_cells_leave_are_no_line_of_figures():
    outcomes = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    head = ["行政复议", "行政诉讼", *outcomes, "未经复议直接起诉", "复议后起诉", *[""] * 5, *outcomes * 2]
    found = read(
        "四、政府信息公开行政复议、行政诉讼情况", *head, *map(str, range(15)), "五、存在的主要问题及改进情况"
    )
    assert list(printed(found, "disputes", "reconsideration").values()) == ["0", "1", "2", "3", "4"]


def test_a_header_that_the_totals_contradict_is_not_followed():
    shifted = [*HEADER[:3], HEADER[7], *HEADER[3:7]]
    lines = [["（一）予以公开", "4", "", "", "", "", "2", "6"], ["（七）总计", "4", "", "", "", "", "2", "6"]]
    assert printed(read(grid(shifted, *lines)), "requests", "granted")["total"] == "6"


def test_where_the_totals_contradict_header_and_order_the_columns_are_unclear():
    shifted = [*HEADER[:3], HEADER[7], *HEADER[3:7]]
    found = read(grid(shifted, ["（一）予以公开", *"4110021"], ["（七）总计", *"4110021"]))
    assert printed(found, "requests", "granted") == {}
    assert "columns_unclear" in rules(found)


def test_labels_of_several_blocks_below_each_other_are_no_table_on_its_side():
    rows = [
        ["信息内容", "本年制发件数", "现行有效件数"],
        ["规章", "1", "0", "6"],
        ["行政规范性文件", "12", "3", "87"],
    ]
    rows += [
        ["信息内容", "本年处理决定数量"],
        ["行政许可", "5218"],
        ["信息内容", "本年收费金额"],
        ["行政事业性收费", "9.5"],
    ]
    assert printed(read("二、主动公开政府信息情况", grid(*rows)), "disclosure", "licences") == {
        "decisions": "5218"
    }


def test_a_header_that_lies_above_other_columns_is_read_as_it_reads():
    head = [HEADER[:2] + HEADER[7:], ["", "", "", "", *HEADER[2:7]]]
    found = read(grid(*head, GRANTED, DONE))
    assert list(printed(found, "requests", "granted").values()) == GRANTED[1:]


def test_a_line_that_numbers_the_columns_is_none_of_the_form():
    outcomes = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] * 3
    numbers, figures = [str(i) for i in range(1, 16)], [*"31206", *"10001", *"00202"]
    found = read("四、政府信息公开行政复议、行政诉讼情况", grid(outcomes, numbers, figures))
    assert list(printed(found, "disputes", "reconsideration").values()) == [*"31206"]
    assert "row_twice" not in rules(found)


def test_organisations_in_one_column_leave_the_other_columns_clear():
    header = ["申请人情况", "自然人", "法人或其他组织", "总计"]
    found = read(REQUESTS, grid(header, ["（一）予以公开", "4", "3", "7"], ["（七）总计", "4", "3", "7"]))
    assert printed(found, "requests", "granted") == {"natural_person": "4", "total": "7"}


def test_a_header_that_names_a_column_twice_and_in_another_order_tells_nothing():
    header = ["申请人情况", "总计", "总计", "自然人", *HEADER[2:6]]
    assert (
        printed(read(grid(header, [GRANTED[0], "7", "4", "1", "", "", "", "2"])), "requests", "granted") == {}
    )


def test_a_figure_behind_a_label_not_known_is_not_the_row_before():
    found = read(
        "三、收到和处理政府信息公开申请情况",
        *HEADER,
        "一、本年心收政府信息公幵申清数最",
        *"4100027",
        "（一）予以公开",
        *"4100027",
    )
    assert printed(found, "requests", "concluded") == {}


@pytest.mark.parametrize("text", ["4O", "5万件", "1.2.3", "12余"])
def test_a_part_of_a_number_is_no_figure(text):
    found = read(
        "三、收到和处理政府信息公开申请情况",
        *HEADER,
        "（一）予以公开",
        text,
        *"100027",
        "（七）总计",
        *"4100027",
    )
    one = found.tables["requests"].cells.get(("granted", "natural_person"))
    assert one is None or (one.text, one.numeral.found) == (text, "unreadable")


@pytest.mark.parametrize("text", ["三", "十二", "xx", "×", "?", "#REF!"])
def test_a_cell_without_a_number_keeps_its_place_in_running_text(text):
    cells = [*GRANTED[1:4], text, *GRANTED[5:]]
    found = read(REQUESTS, *HEADER, GRANTED[0], *cells, *DONE, "后文")
    assert list(printed(found, "requests", "granted").values()) == cells
    assert list(printed(found, "requests", "concluded").values()) == DONE[1:]


def test_the_last_label_of_a_header_belongs_to_it_though_the_row_below_has_lost_its_label():
    lines = ("自然人 法人或其他组织 总计", "商业企业 科研机构 社会公益组织 法律服务机构 其他")
    short = "一、本年新收政府 12 0 0 0 0 12"
    carried = "二、上年结转政府信息公开申请数量 0 0 0 0 0 0 0"
    found = read(REQUESTS, *lines, short, "信息公开申请数量", carried, " ".join(GRANTED), " ".join(DONE))
    assert printed(found, "requests", "received") == {}
    assert len(found.tables["requests"].lines[0].readings) == 7


PROACTIVE = "二、主动公开政府信息情况"
SERVICES = ["信息内容", "上一年项目数量", "本年增/减", "处理决定数量"]
SECOND = ("其他对外管理服务事项", "-1", "45", "")


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        (
            [*SERVICES, "", "行政许可", "3", "1", "105", "", *SECOND, "行政处罚", "8", "0", "3", ""],
            "other_services",
        ),
        (
            [*SERVICES, "行政许可", "3", "1", "105", *SECOND, "三、收到和处理政府信息公开申请情况"],
            "other_services",
        ),
    ],
    ids=["lines between all rows", "before a heading"],
)
def test_an_empty_line_that_may_part_rows_is_no_blank_cell(lines, row):
    assert printed(read(PROACTIVE, *lines), "disclosure", row) == {}


def test_an_empty_line_is_a_blank_cell_where_full_rows_have_none_beside_them():
    rows = ["行政许可", "3", "1", "105", *SECOND, "行政处罚", "8", "0", "3"]
    found = printed(read(PROACTIVE, *SERVICES, *rows), "disclosure", "other_services")
    assert found == {"items_last_year": "-1", "change": "45", "decisions": ""}


def test_cells_in_a_text_are_not_counted_off_below_a_header_that_lost_a_label():
    torn = [*SERVICES[:2], "本年增/", SERVICES[3]]
    first = {"items_last_year": "18", "change": "0"}
    assert printed(read(PROACTIVE, *torn, "行政许可", "18", "0"), "disclosure", "licences") == first
    assert printed(read(PROACTIVE, *torn, "行政许可", "18", "0", "后文"), "disclosure", "licences") == {}


def test_a_figure_between_dashes_is_no_page_number_behind_a_label():
    found = read(PROACTIVE, " ".join(SERVICES), "行政许可 - 1 -", "其他对外管理服务事项 - - 5")
    assert list(printed(found, "disclosure", "licences").values()) == ["-", "1", "-"]


@pytest.mark.parametrize(
    "second", ["2、部分公开", "(2)部分公开", "②部分公开", "二．部分公开", "（二）部分公开"]
)
def test_the_number_of_a_label_in_whatever_style_is_no_figure_of_the_row_before(second):
    lines = [*HEADER, "（一）予以公开", *GRANTED[1:], second, *"0000000", *DONE]
    found = read(REQUESTS, *lines)
    assert list(printed(found, "requests", "granted").values()) == GRANTED[1:]
    assert list(printed(found, "requests", "partly_granted").values()) == [*"0000000"]


def test_three_cells_for_one_in_a_text_leave_it_open():
    found = read(PROACTIVE, "信息内容 本年处理决定数量", "行政许可 0 0", "行政处罚 7")
    assert printed(found, "disclosure", "licences") == {}
    assert printed(found, "disclosure", "penalties") == {"decisions": "7"}


def test_wordings_of_an_edition_in_one_long_line_tell_it_before_the_notice_cited():
    cited = "根据《格式》（国办公开办函〔2021〕30号）编制本报告。"
    rest = "第二十条第（八）项 信息内容 上一年项目数量 本年增/减 行政事业性收费 0 0 " * 4
    line = (
        f"规章 3 2 0 规范性文件 0 1 4 {' '.join(SERVICES)} 行政许可 0 1 119 其他对外管理服务事项 0 0 0 {rest}"
    )
    assert read(cited, PROACTIVE, line, year=2021).edition.code == "2019"


def test_rows_that_exclude_each_other_are_never_read_in_one_table():
    rows = [["（六）其他处理", *"1000001"], ["3.其他", *"2000002"], DONE]
    found = read(grid(HEADER, GRANTED, *rows)).tables["requests"]
    assert not {"other", "other_other"} <= {row for row, _ in found.cells}


def test_of_a_row_in_which_the_file_ends_the_first_cells_are_known_where_no_row_lacks_any():
    rows = ["行政许可", "18", "2", "31", "其他对外管理服务事项", "4", "-1"]
    found = printed(read(PROACTIVE, *SERVICES, *rows), "disclosure", "other_services")
    assert found == {"items_last_year": "4", "change": "-1"}


def test_empty_lines_between_all_cells_are_none_of_the_cells_of_a_row_in_which_the_file_ends():
    rows = ["行政许可", "18", "", "2", "", "31", "", "其他对外管理服务事项", "4", "", "-1", ""]
    found = printed(read(PROACTIVE, *SERVICES, "", *rows), "disclosure", "other_services")
    assert found == {"items_last_year": "4", "change": "-1"}


def test_digits_that_are_all_zeros_can_only_be_cut_in_one_way():
    found = read(PROACTIVE, "信息内容本年制发件数本年废止件数现行有效件数规章000行政规范性文件12")
    lines = {line.rows: line for line in found.tables["disclosure"].lines}
    (only,) = lines["rules",].readings
    assert [one.text for one in only.cells.values()] == ["0", "0", "0"]


@pytest.mark.parametrize("text", ["无变化", "持平", "不变"])
def test_a_change_in_words_keeps_its_place(text):
    found = read(PROACTIVE, *SERVICES, "行政许可", "18", text, "31", "后文")
    assert list(printed(found, "disclosure", "licences").values()) == ["18", text, "31"]


def test_a_colon_behind_a_label_is_none_of_the_figure():
    found = read(PROACTIVE, "信息内容 本年处理决定数量", "行政许可：5", "行政处罚: 7")
    assert printed(found, "disclosure", "licences") == {"decisions": "5"}
    assert printed(found, "disclosure", "penalties") == {"decisions": "7"}


def test_a_short_line_without_a_label_at_the_end_of_the_file_is_no_row():
    found = read(REQUESTS, *HEADER, GRANTED[0], *GRANTED[1:], "（三）不予公开", "阅读 123", "赞 4", "在看 2")
    assert {row for row, _ in found.tables["requests"].cells} == {"granted"}


def test_column_labels_in_pieces_below_each_other_turn_no_table():
    pieces = [
        ["自然人", "法人或其他组织", "总计"],
        ["商业企业", "科研"],
        ["机构", "社会公益"],
        ["组织", "法律服务"],
    ]
    found = read(REQUESTS, grid(*pieces, ["机构", "其他"], GRANTED, DONE))
    assert list(printed(found, "requests", "concluded").values()) == DONE[1:]


def test_empty_lines_are_no_cells_of_a_row_with_sums_where_all_full_rows_have_some():
    apart = [part for text in GRANTED for part in (text, "")]
    short = ["（二）部分公开", "", "3", "", "", "1", "", "4", ""]
    found = read(REQUESTS, *HEADER, *apart, *short, *[part for text in DONE for part in (text, "")])
    assert list(printed(found, "requests", "granted").values()) == GRANTED[1:]
    assert printed(found, "requests", "partly_granted") == {}


@pytest.mark.parametrize(
    "behind", ["注：1.行政许可45件，含变更", "2021年主动公开政府信息情况", "说明：2021年新增"]
)
def test_a_note_or_a_heading_behind_the_last_row_is_none_of_its_figures(behind):
    found = read(PROACTIVE, "信息内容", "本年收费金额", "行政事业性收费", "8.5", behind)
    assert printed(found, "disclosure", "fees") == {"amount": "8.5"}


def test_rows_that_the_form_does_not_number_may_have_a_number_at_the_head_of_their_line():
    found = read(
        PROACTIVE, "本年制发件数 本年废止件数 现行有效件数", "1.规章", *"106", "2.行政规范性文件", *"345"
    )
    assert list(printed(found, "disclosure", "rules").values()) == [*"106"]
    assert list(printed(found, "disclosure", "normative_documents").values()) == [*"345"]


def test_of_tables_in_one_grid_each_lies_as_it_lies():
    carried = ["四、结转下年度继续办理", *"0000000"]
    side = list(zip(HEADER, GRANTED, DONE, carried, strict=True))
    rows = [["信息内容", "本年处理决定数量"], ["行政许可", "50"], ["行政处罚", "20"]]
    found = read(grid([PROACTIVE], *rows, [REQUESTS], *side))
    assert printed(found, "disclosure", "penalties") == {"decisions": "20"}
    assert list(printed(found, "requests", "granted").values()) == GRANTED[1:]


def test_a_second_report_is_none_of_the_first_also_behind_labels_without_cells():
    labels = [row[0] for row in (GRANTED, DONE)] + ["一、本年新收政府信息公开申请数量", "1.属于国家秘密"]
    labels += ["2.其他法律行政法规禁止公开", "4.保护第三方合法权益", "8.属于行政查询事项"]
    second = ["乙县丙局2023年政府信息公开工作年度报告", REQUESTS, *HEADER, *GRANTED, *DONE]
    found = read("甲县乙局2023年政府信息公开工作年度报告", REQUESTS, *HEADER, *labels, *second)
    assert found.tables["requests"].cells == {}
    assert "second_report" in rules(found)


def test_figures_in_a_line_of_their_own_behind_a_label_with_blank_cells_are_its_own():
    blank = ["（二）部分公开", *[""] * 7]
    found = read(grid(HEADER, GRANTED, blank, [*"3010004", ""], ["四、结转下年度继续办理", *"0000000"]))
    assert list(printed(found, "requests", "partly_granted").values()) == [*"3010004"]
    assert "row_by_order" in rules(found)


def test_where_the_reports_own_year_is_named_another_years_table_is_none_of_its_figures():
    own = [f"2023年{REQUESTS[2:]}", grid(HEADER, [GRANTED[0], "详见附件"])]
    found = read(*own, f"2022年{REQUESTS[2:]}", grid(HEADER, GRANTED, DONE), year=2023)
    assert printed(found, "requests", "granted") == printed(found, "requests", "concluded") == {}
    assert "other_year" in rules(found)


@pytest.mark.parametrize("apart", [0, 1, 2])
def test_what_parts_the_labels_of_a_header_parts_cells_and_more_is_a_blank_one(apart):
    row = ["一、本年新收政府信息公开申请数量", "8", "", "", "1", "", "", "9"]
    cut = ["二、上年结转政府信息公开申请数量", "", "", "", "1"]
    parting = [""] * apart
    lines = [line for one in (*HEADER[1:], *row, *cut) for line in (one, *parting)]
    found = read(REQUESTS, *lines)
    assert list(printed(found, "requests", "received").values()) == row[1:]
    assert list(printed(found, "requests", "carried_in").values()) == cut[1:]


def test_a_blank_cell_may_take_one_line_where_cells_are_parted_by_another():
    row = ["一、本年新收政府信息公开申请数量", "", *[""] * 6, "9"]
    header = [line for one in HEADER[1:] for line in (one, "")]
    found = read(REQUESTS, *header, *row, "", "（一）予以公开")
    assert list(printed(found, "requests", "received").values()) == [*[""] * 6, "9"]


def test_where_no_header_tells_what_parts_cells_empty_lines_are_none():
    cut = ["一、本年新收政府信息公开申请数量", "", "", "", "1"]
    found = read(REQUESTS, "二、上年结转政府信息公开申请数量", *cut)
    assert printed(found, "requests", "received") == {}


@pytest.mark.parametrize("word", ["不涉及", "见附表", "暂无", "见附件"])
def test_a_word_in_the_line_of_a_cell_is_a_cell_and_no_figure(word):
    found = read(REQUESTS, *HEADER, "（一）予以公开", "1", word, *"000", "0", "1", *DONE)
    cells = printed(found, "requests", "granted")
    assert list(cells.values()) == ["1", word, *"0000", "1"]
    assert found.tables["requests"].cells["granted", "company"].numeral.found == "unreadable"


def test_several_rows_of_the_form_in_one_of_the_grid_are_parted_at_their_labels():
    beside = read(
        PROACTIVE,
        grid(
            ["信息内容", "本年处理决定数量", "信息内容", "本年处理决定数量"],
            ["行政处罚", "45", "行政强制", "6"],
        ),
    )
    assert printed(beside, "disclosure", "penalties") == {"decisions": "45"}
    assert printed(beside, "disclosure", "coercive_measures") == {"decisions": "6"}


@pytest.mark.parametrize(
    ("label", "row"),
    [("行政许可数量", "licences"), ("其他对外", "other_services"), ("行政处罚决定", "penalties")],
)
def test_the_beginning_of_a_label_or_a_word_behind_it_is_the_row_that_none_else_is(label, row):
    found = read(
        PROACTIVE,
        grid(["信息内容", *SERVICES[1:]], [label, "5", "1", "6"]),
        grid(["信息内容", "采购项目数量", "采购总金额"], ["政府集中采购", "1", "2"]),
    )
    assert list(printed(found, "disclosure", row).values()) == ["5", "1", "6"]
    assert "row_by_order" in rules(found)


def test_the_years_of_a_table_that_lies_across_stand_in_front_of_its_figures():
    routes = ["行政复议", *[""] * 4, "未经复议直接起诉", *[""] * 4, "复议后起诉", *[""] * 4]
    outcomes = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] * 3
    years = [["2022年", *"120034010500022"], ["2021年", *"0" * 15]]
    found = read("四、政府信息公开行政复议、行政诉讼情况", grid(routes, outcomes, *years), year=2022)
    assert list(printed(found, "disputes", "reconsideration").values()) == [*"12003"]


def test_a_table_of_older_statistics_in_front_takes_no_row():
    older = ["一、主动公开情况", "其中：主动公开规范性文件数 条 3", "制发规范性文件总数 件 3"]
    table = [
        "信息内容",
        "本年制发件数",
        "本年废止件数",
        "现行有效件数",
        "规章",
        *"000",
        "行政规范性文件",
        *"123",
    ]
    found = read(*older, PROACTIVE, *table)
    assert list(printed(found, "disclosure", "normative_documents").values()) == [*"123"]


def test_the_number_of_a_group_in_front_of_a_label_is_not_the_labels_own():
    row = ["三、本年度办理结果", *GRANTED]
    found = read(REQUESTS, grid(["", *HEADER], row))
    assert printed(found, "requests", "granted")["natural_person"] == "4"


def test_a_total_at_the_end_of_the_file_says_that_a_cell_before_it_is_missing():
    found = read(REQUESTS, *HEADER, "（一）予以公开", "4", "1", "0", "0", "2", "7")
    assert printed(found, "requests", "granted") == {}
    (line,) = found.tables["requests"].lines
    assert {
        reading.cells["granted", "total"].text
        for reading in line.readings
        if reading.cells.get(("granted", "total"))
    } == {"7"}


def test_a_cell_without_text_that_is_not_blank_is_unreadable():
    table = grid(HEADER, GRANTED, DONE)
    cells = [one._replace(text="", doubt="unread") if one.text == "2" else one for one in table.cells]
    cell = read(REQUESTS, Grid(tuple(cells), table.name)).tables["requests"].cells["granted", "other"]
    assert (cell.text, cell.numeral.found) == ("", "unreadable")


@pytest.mark.parametrize(
    "heading", ["上年处理决定数量", "上半年处理决定数量", "2022年处理决定数量", "网站公开条数"]
)
def test_a_figure_below_a_label_of_another_year_or_thing_is_none_of_the_column(heading):
    found = read(PROACTIVE, grid(["信息内容", heading], ["行政处罚", "70"], ["行政强制", "81"]), year=2023)
    assert printed(found, "disclosure", "penalties") == {}
    assert "columns_unclear" in rules(found)


@pytest.mark.parametrize("labels", [["2022年处理决定数量", "本年处理决定数量"], ["2022年", "2023年"]])
def test_of_the_columns_of_two_years_the_reports_own_counts(labels):
    found = read(
        PROACTIVE, grid(["信息内容", *labels], ["行政处罚", "70", "71"], ["行政强制", "80", "81"]), year=2023
    )
    assert printed(found, "disclosure", "penalties") == {"decisions": "71"}


def test_among_the_labels_of_a_header_one_of_another_thing_has_no_figure_of_the_form():
    found = read(
        PROACTIVE, grid(["信息内容", "本年制发件数", "本年修订件数", "现行有效件数"], ["规章", *"123"])
    )
    cells = found.tables["disclosure"].cells
    founds = [cells["rules", column].numeral.found for column in ("issued", "repealed", "in_force")]
    assert founds == ["number", "unreadable", "number"]


@pytest.mark.parametrize("caption", ["附：去年同期数据如下", "上年同期", "（上年数据）", "2022年度"])
def test_a_table_below_a_line_that_says_another_year_is_none_of_the_reports(caption):
    header = ["信息内容", "本年处理决定数量"]
    older, own = (
        grid(header, ["行政处罚", "170"], ["行政强制", "9"]),
        grid(header, ["行政处罚", "71"], ["行政强制", "8"]),
    )
    found = read(PROACTIVE, caption, older, "本年度", own, year=2023)
    assert printed(found, "disclosure", "penalties") == {"decisions": "71"}


def test_a_row_of_the_year_before_is_no_misprint_of_the_years_own():
    row = ["一、上年新收政府信息公开申请数量", *GRANTED[1:]]
    assert printed(read(REQUESTS, grid(HEADER, row, GRANTED), year=2023), "requests", "received") == {}
    found = read(REQUESTS, *HEADER, *row, *GRANTED, year=2023)
    assert printed(found, "requests", "received") == {}
    assert list(printed(found, "requests", "granted").values()) == GRANTED[1:]


def test_a_label_may_have_its_translation_behind_it():
    found = read(
        PROACTIVE,
        grid(
            ["信息内容 Item", "本年处理决定数量 Decisions"],
            ["行政处罚 Penalties", "7"],
            ["行政强制 Coercion", "8"],
        ),
    )
    assert printed(found, "disclosure", "penalties") == {"decisions": "7"}


@pytest.mark.parametrize("layout", ["grid", "line", "lines"])
def test_a_label_that_is_not_known_changes_no_place_of_the_others(layout):
    header = [
        "申请人情况",
        "商业企业",
        "科研机构",
        "社会公益组织",
        "法律服务机构",
        "其他",
        "公民个人",
        "总计",
    ]
    rows = [
        ["一、本年新收政府信息公开申请数量", *"2010058"],
        ["二、上年结转政府信息公开申请数量", *"0000011"],
    ]
    lines = [header, *rows]
    flat = (
        [" ".join(line) for line in lines] if layout == "line" else [text for line in lines for text in line]
    )
    found = read(REQUESTS, *([grid(*lines)] if layout == "grid" else flat))
    cells = found.tables["requests"].cells
    assert cells["received", "company"].text == "2"
    assert cells["received", "natural_person"].numeral.found == "unreadable"


def test_a_wording_that_says_the_contrary_is_no_misprint():
    found = read(
        PROACTIVE,
        grid(["信息内容", "本年处理决定数量"], ["非行政许可", "7"], ["行政处罚", "8"], ["行政强制", "9"]),
    )
    assert printed(found, "disclosure", "licences") == {}


@pytest.mark.parametrize("label", ["四、结转2024年继续办理", "四、结转下年度继续办理"])
def test_a_year_in_place_of_the_forms_words_for_it_is_the_same_label(label):
    found = read(REQUESTS, grid(HEADER, GRANTED, [label, *GRANTED[1:]]), year=2023)
    assert list(printed(found, "requests", "carried_out").values()) == GRANTED[1:]


def test_the_label_itself_wins_over_one_like_it_above():
    near = ["网上新收政府信息公开申请数量", *"0000000"]
    found = read(REQUESTS, grid(HEADER, near, ["一、本年新收政府信息公开申请数量", *GRANTED[1:]], GRANTED))
    assert list(printed(found, "requests", "received").values()) == GRANTED[1:]


def test_columns_in_another_order_hold_for_rows_with_more_cells_in_front_too():
    swapped = [0, 2, 1, 3, 4, 5, 6, 7]
    header, done = ([line[i] for i in swapped] for line in (HEADER, DONE))
    granted = ["三、本年度办理结果", *[GRANTED[i] for i in swapped]]
    assert (
        printed(read(REQUESTS, grid(header, granted, done)), "requests", "granted")["natural_person"] == "4"
    )


def test_a_blank_row_takes_no_figures_of_a_row_with_a_label_of_its_own():
    blank = ["一、本年新收政府信息公开申请数量", *[""] * 7]
    found = read(REQUESTS, grid(HEADER, blank, ["其中：网上申请", *"5000005"], GRANTED))
    assert set(printed(found, "requests", "received").values()) == {""}


def test_a_table_that_lies_across_and_stands_twice_keeps_the_order_of_its_routes():
    outcomes = " ".join(["结果维持 结果纠正 其他结果 尚未审结 总计"] * 3)
    header = ["行政复议 行政诉讼", "未经复议直接起诉 复议后起诉", outcomes]
    line = "0 2 0 0 2 0 15 0 22 37 0 1 0 0 1"
    found = read(*header, line, "四、政府信息公开行政复议、行政诉讼情况", *header, line)
    assert list(printed(found, "disputes", "reconsideration").values()) == [*"02002"]


def test_a_figure_beside_the_labels_of_two_rows_is_of_neither_alone():
    cells = [
        Cell("信息内容", 0, 0),
        Cell("本年处理决定数量", 0, 1),
        Cell("行政处罚", 1, 0),
        Cell("175", 1, 1, rowspan=2),
    ]
    found = read(PROACTIVE, Grid((*cells, Cell("行政强制", 2, 0)), "table 1"))
    assert found.tables["disclosure"].cells["penalties", "decisions"].numeral.found == "unreadable"


def test_a_head_of_a_page_inside_a_table_begins_no_second_report():
    title = "甲县乙局2023年政府信息公开工作年度报告"
    header = ["信息内容", "本年处理决定数量"]
    for head in (f"2024/1/15 09:30 {title}", "甲县乙局政府信息公开年报"):
        found = read(
            title,
            PROACTIVE,
            grid(header, ["行政许可", "7"]),
            head,
            grid(header, ["行政处罚", "8"], ["行政强制", "9"]),
        )
        assert printed(found, "disclosure", "penalties") == {"decisions": "8"}
        assert "second_report" not in rules(found)


def test_rows_of_a_text_in_one_line_are_not_those_in_which_the_file_ends():
    text = "信息内容 本年制发件数 本年废止件数 现行有效件数 规章 1 3 行政规范性文件 4 5 6"
    found = read(f"{PROACTIVE} {text}")
    assert printed(found, "disclosure", "rules") == {}
    assert list(printed(found, "disclosure", "normative_documents").values()) == ["4", "5", "6"]


def test_a_line_above_states_the_unit_of_amounts_and_a_unit_of_counts_is_none():
    header = ["信息内容", "本年收费金额"]
    found = read(
        PROACTIVE,
        "单位：元",
        grid(["信息内容", "本年处理决定数量"], ["行政处罚", "8"], ["行政强制", "9"]),
        grid(header, ["行政事业性收费", "55000"]),
    )
    assert found.tables["disclosure"].cells["fees", "amount"].numeral.unit == "元"
    found = read(
        PROACTIVE,
        grid(["信息内容", "本年处理决定数量"], ["行政处罚", "8"], ["行政强制", "9"]),
        grid(header, ["行政事业性收费", "17项"]),
    )
    assert found.tables["disclosure"].cells["fees", "amount"].numeral.found == "unreadable"


def test_figures_with_words_of_their_own_are_not_counted_off():
    found = read(
        PROACTIVE,
        "信息内容 本年制发件数 本年废止件数 现行有效件数",
        "规章 有效 3 制发 1 废止 2",
        "行政规范性文件 1 2 3",
    )
    assert printed(found, "disclosure", "rules") == {}
    assert "columns_unclear" in rules(found)


def test_a_figure_with_a_stop_behind_it_ends_in_no_number_of_the_next_label():
    found = read(PROACTIVE, "信息内容 本年处理决定数量", "行政处罚 10848，", "行政强制 6")
    assert printed(found, "disclosure", "penalties") != {"decisions": "1084"}


def test_a_report_behind_one_whose_table_is_blank_is_a_second_one():
    header = "信息内容 本年制发件数 本年废止件数 现行有效件数"
    first = ["甲县乙局2021年政府信息公开工作年度报告", PROACTIVE, header, "规章", "行政规范性文件"]
    second = [
        "丙县丁局2021年政府信息公开工作年度报告",
        PROACTIVE,
        header,
        "规章 7 8 9",
        "行政规范性文件 4 5 6",
    ]
    found = read(*first, "五、存在的主要问题", "无。", *second)
    assert printed(found, "disclosure", "rules") == {}


LINES = {
    "received": [3, 7, 16, 0, 8, 11, 45],
    "carried_in": [2, 3, 3, 0, 1, 2, 11],
    "concluded": [4, 6, 15, 0, 7, 10, 42],
    "carried_out": [1, 4, 4, 0, 2, 3, 14],
}
LABELS = {
    "received": "一、本年新收政府信息公开申请数量",
    "carried_in": "二、上年结转政府信息公开申请数量",
    "concluded": "（七）总计",
    "carried_out": "四、结转下年度继续办理",
}


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_further_column_stands_in_one_place_in_all_lines(place):
    header = [
        "申请人情况 其中：网络申请",
        "自然人 法人或其他组织 总计",
        "商业企业 科研机构 社会公益组织 法律服务机构 其他",
    ]
    lines = []
    for more, (row, figures) in enumerate(LINES.items(), 20):
        cells = [*figures[:place], more, *figures[place:]]
        lines.append(" ".join(map(str, [LABELS[row], *cells])))
    found = read(REQUESTS, *header, *lines)
    for row, figures in LINES.items():
        assert list(printed(found, "requests", row).values()) == [*map(str, figures)]


def test_a_group_of_columns_more_than_the_form_has_leaves_a_table_across_open():
    groups = ["行政复议", "行政诉讼", "未经复议直接起诉", "复议后起诉", "行政诉讼合计"]
    header = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] * 4
    blank = [*[""] * 8, "1", "1", "", "", "", "3", "3", "0", "0", "0", "4", "4"]
    found = read("四、政府信息公开行政复议、行政诉讼情况", grid(groups[:2], groups[2:], header, blank))
    assert not found.tables["disputes"].cells


@pytest.mark.parametrize(
    "remark", ["（设区的市、自治州人民政府提供）", "（含行政处罚、行政强制，减用负值表示，如 -8）"]
)
def test_a_remark_in_brackets_behind_a_label_holds_no_rows_and_no_figures(remark):
    found = read(
        PROACTIVE,
        *["信息内容", "上一年项目数量", "本年增/减", "处理决定数量"],
        *[f"其他对外管理服务事项{remark}", "7", "0", "8"],
        *["行政处罚", "9", "1", "2"],
    )
    assert list(printed(found, "disclosure", "other_services").values()) == ["7", "0", "8"]
    assert list(printed(found, "disclosure", "penalties").values()) == ["9", "1", "2"]


def test_the_sum_of_a_groups_rows_beside_them_is_none_of_the_form():
    group = [
        ("1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", "1"),
        ("2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请", "2"),
    ]
    rows = [[label, figure, *"00000", figure] for label, figure in (("（六）其他处理", "3"), *group)]
    found = read(grid(HEADER, GRANTED, *rows, DONE))
    assert printed(found, "requests", "other") == {}
    assert "local_row" in rules(found)


@pytest.mark.parametrize("line", ["- 3 -", "3 / 12", "第3页"])
def test_the_number_of_a_page_between_the_lines_of_blank_cells_is_none(line):
    row = ["一、本年新收政府信息公开申请数量", *[""] * 7]
    found = read(REQUESTS, *HEADER, *row, line, "二、上年结转政府信息公开申请数量", *"3000003")
    assert not any(printed(found, "requests", "received").values())
    assert list(printed(found, "requests", "carried_in").values()) == [*"3000003"]


def test_a_figure_with_a_stop_in_a_line_of_its_own_is_a_cell_and_no_sentence():
    found = read(REQUESTS, *HEADER, "（一）予以公开", "7。", *"000000", *DONE)
    assert list(printed(found, "requests", "granted").values()) == ["7。", *"000000"]
    assert found.tables["requests"].cells["granted", "natural_person"].numeral.found == "unreadable"


def test_rows_below_each_other_in_one_row_of_a_grid_are_parted_line_by_line():
    labels = "一、本年新收政府信息公开申请数量\n二、上年结转政府信息公开申请数量"
    figures = ["5\n1", "2\n0", "0\n0", "1", "0\n0", "0\n0", ""]
    found = read(grid(HEADER, [labels, *figures], GRANTED))
    assert list(printed(found, "requests", "carried_in").values()) == ["1", "0", "0", "1", "0", "0", ""]
    one = found.tables["requests"].cells["carried_in", "public_interest_organisation"]
    assert one.numeral.found == "unreadable"


def test_figures_of_a_sentence_with_the_words_of_rows_are_no_table():
    found = read(
        "其中，1件予以公开，2件因本机关不掌握相关政府信息而无法提供，7件结转下年度继续办理。",
        "（3）2019年行政处罚93件，比上年减少78件；2020年行政强制数量无。",
        "（4）2020年行政事业性收费数量无。",
    )
    assert not found.tables


@pytest.mark.parametrize("figure", ["0", "2.5"])
def test_a_figure_close_behind_a_label_is_no_misprint_of_it(figure):
    found = read(PROACTIVE, "行政许可3", "行政处罚12", f"行政事业性收费{figure}", "", REQUESTS)
    assert printed(found, "disclosure", "fees") == {"amount": figure}


def test_one_label_of_its_own_with_a_figure_for_each_column_is_a_table_cut_off_in_front():
    found = read("四、结转下年度继续办理 1 0 0 0 0 0 1", "四、政府信息公开行政复议、行政诉讼情况")
    assert list(printed(found, "requests", "carried_out").values()) == [*"1000001"]
    assert not read("四、结转下年度继续办理 1").tables


def test_words_in_a_cell_that_name_their_row_are_no_label():
    header = ["信息内容", "本年新制作数量", "本年新公开数量", "对外公开总数量"]
    row = ["规范性文件", "本单位未制作规范性文件", "1", "2"]
    found = read(PROACTIVE, *header, *row, "规章", "3", "4", "5")
    assert list(printed(found, "disclosure", "normative_documents").values()) == row[1:]


@pytest.mark.parametrize("words", ["空", "无此项", "5件左右", "暂未统计"])
def test_words_in_the_line_of_a_cell_keep_the_places_of_the_others(words):
    header = ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"]
    found = read(PROACTIVE, *header, "规章", words, "1", "2", *["行政规范性文件", "3", "4", "5"])
    assert list(printed(found, "disclosure", "rules").values()) == [words, "1", "2"]


@pytest.mark.parametrize(
    "header",
    [
        ["本年新", "制作数量", "本年新", "公开数量", "对外公开总数量"],
        ["本年新", "本年新", "对外公开总数量"],
        ["本年新", "本年新", "对外公"],
    ],
)
def test_columns_of_another_edition_are_none_of_this_one(header):
    decisions = ["信息内容", "本年处理决定数量"]
    rows = ["规章", *"000", "规范性文件", "3", "4", "19", *decisions, "行政许可", "5"]
    rows += [*decisions, "行政处罚", "0", "行政强制", "0"]
    fees = ["信息内容", "本年收费金额（单位：万元）", "行政事业性收费", "12.5"]
    found = read(PROACTIVE, "信息内容", *header, *rows, *fees, year=2021)
    assert printed(found, "disclosure", "normative_documents") == {}
    assert printed(found, "disclosure", "licences") == {"decisions": "5"}
    assert "columns_unclear" in rules(found)


def test_running_numbers_in_front_of_rows_are_no_figures_of_blank_ones():
    rows = [["2", "二、上年结转政府信息公开申请数量", *[""] * 7], ["3", *GRANTED], ["4", *DONE]]
    found = read(grid(["序号", *HEADER], *rows))
    assert not any(printed(found, "requests", "carried_in").values())
    assert printed(found, "requests", "granted")["natural_person"] == "4"


def test_a_report_behind_the_end_of_another_is_a_second_one_without_a_title_too():
    header = ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"]
    second = [PROACTIVE, grid(header, ["规章", *"123"], ["行政规范性文件", *"456"])]
    found = read(REQUESTS, grid(HEADER, GRANTED, DONE), "五、存在的主要问题", "无。", *second)
    assert "disclosure" not in found.tables or printed(found, "disclosure", "rules") == {}


def test_of_a_number_cut_in_two_no_piece_is_dropped():
    header = "信息内容 上一年项目数量 本年增/减 处理决定数量"
    found = read(PROACTIVE, header, "行政许可 4 1 123 057", "其他对外管理服务事项 1 2 3")
    assert printed(found, "disclosure", "licences") == {}


def test_a_definition_behind_a_label_holds_no_row_and_no_figure():
    header = ["信息内容", "本年新制作数量", "本年新公开数量", "对外公开总数量"]
    label = "规章：地方政府规章是指省、自治区、直辖市制定和发布的文件，不得称条例。"
    found = read(PROACTIVE, *header, label, *"123", "规范性文件", *"456")
    assert list(printed(found, "disclosure", "rules").values()) == [*"123"]


def test_where_each_cell_has_its_line_several_signs_in_one_are_one_cell():
    header = ["信息内容", "上一年项目数量", "本年增/减", "处理决定数量"]
    found = read(PROACTIVE, *header, "行政许可", "43", "+(0) -(0)", "66", "行政处罚", "本年增", *"78")
    assert list(printed(found, "disclosure", "licences").values()) == ["43", "+(0) -(0)", "66"]


def test_figures_without_label_under_hardly_a_header_are_no_rows():
    listed = ["涉及商业秘密 件 3", "涉及个人隐私 件 1", "商业企业申请 2件", "其他 件 1"]
    found = read("三、收到和处理政府信息公开申请情况", *listed)
    assert "requests" not in found.tables or not found.tables["requests"].cells


def test_what_a_text_says_before_the_heading_of_a_table_is_none_of_it():
    decisions = ["信息内容", "本年处理决定数量"]
    before = ["公开行政权力事项300项，其中：", "行政许可49项", "行政处罚251项"]
    found = read(
        *before, PROACTIVE, *decisions, "行政许可", "101", *decisions, "行政处罚", "102", "行政强制", "3"
    )
    assert printed(found, "disclosure", "licences") == {"decisions": "101"}


def test_a_line_behind_a_table_that_lies_across_changes_no_order_of_it():
    five = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    header = ["行政复议", "行政诉讼", *five, "未经复议直接起诉", "复议后起诉", *five, *five]
    figures = ["1", "2", "3", "4", "10", *["2", "3", "4", "5", "14"], *["3", "4", "5", "6", "18"]]
    found = read("四、政府信息公开行政复议、行政诉讼情况", *header, *figures, "行政复议 3件", "行政诉讼 2件")
    assert list(printed(found, "disputes", "reconsideration").values()) == figures[:5]


@pytest.mark.parametrize("order", [[0, 1, 3, 2, 4], [0, 1, 2, 3]])
def test_the_columns_of_a_table_that_lies_across_are_those_of_its_labels_in_a_text(order):
    five = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    part = [five[k] for k in order]
    header = ["行政复议", "行政诉讼", *part, "未经复议直接起诉", "复议后起诉", *part, *part]
    figures = [["1", "2", "0", "3", "6"], ["2", "0", "0", "1", "3"], ["0", "1", "4", "0", "5"]]
    cells = [row[k] for row in figures for k in order]
    found = read("四、政府信息公开行政复议、行政诉讼情况", *header, *cells)
    told = list(printed(found, "disputes", "direct_litigation").values())
    assert told == figures[1][: len(order)]


def test_a_label_without_header_is_a_line_of_a_list_where_it_stands_under_one_elsewhere():
    small = grid(["类别", "2020年", "2021年"], ["行政许可", "70", "76"], ["行政处罚", "1", "2"])
    decisions = ["信息内容", "本年处理决定数量"]
    table = grid(decisions, ["行政许可", "101"], decisions, ["行政处罚", "102"], ["行政强制", "103"])
    found = read(small, PROACTIVE, table)
    assert printed(found, "disclosure", "licences") == {"decisions": "101"}


def test_where_the_first_name_above_a_table_without_heading_is_lost_the_others_keep_their_order():
    five = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    header = ["行政复议", "行政诉讼", *five, "复议后起诉", "未经复议直接起诉", *five, *five]
    figures = [*"00000", *["0", "3", "0", "3", "6"], *["2", "0", "0", "0", "2"]]
    found = read("（说明）", *header, *figures, "后文。")
    assert list(printed(found, "disputes", "direct_litigation").values()) in ([], ["2", "0", "0", "0", "2"])
