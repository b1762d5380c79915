import base64
import re
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import nbconvert
import nbformat
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from lxml import html
from matplotlib.figure import Figure
from PIL import Image
from tiny import dataset, dispute_cells, report

import reportlib as rl
from reportlib.analysis.dataset import Dataset
from reportlib.display import showing as display
from reportlib.errors import ReportlibError

HOSTILE = """<script>alert('x')</script>"><img src=x onerror="alert(1)">&"""


def parsed(shown):
    if isinstance(shown, Dataset):
        shown = display.dataset_html(shown)
    return html.fromstring(f"<div>{shown if isinstance(shown, str) else shown._repr_html_()}</div>")


def texts(tree, path):
    return [" ".join(node.itertext()) for node in tree.xpath(path)]


@pytest.fixture
def published(monkeypatch):
    out = []
    monkeypatch.setattr("IPython.display.display", lambda data, **options: out.append((data, options)))
    return out


# ------------------------------------------------------------------------------------ figures


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_alternative_text_is_refused(alt, published):
    with pytest.raises(ReportlibError, match="alternative text"):
        rl.show(Figure(), alt=alt)
    assert not published


def test_a_figure_is_shown_as_a_picture_with_its_text_and_size_and_closed(published):
    figure = plt.figure(figsize=(4, 3), dpi=144)
    rl.show(figure, alt="两条线")
    ((data, options),) = published
    assert Image.open(BytesIO(base64.b64decode(data["image/png"]))).size == (576, 432)
    assert options["metadata"] == {"image/png": {"alt": "两条线", "width": 384, "height": 288}}
    assert data["text/plain"] == "两条线" and options["raw"]
    assert not plt.fignum_exists(figure.number)


# ------------------------------------------------------------------------------------ tables


def marked():
    def cell(**facts):
        return facts.pop("value", None), facts

    return dataset(
        report(
            "甲市",
            2024,
            {
                "requests.received.total": cell(value=1234.0),
                "requests.carried_in.total": cell(value=0.0, status="derived", found="blank", printed=""),
                "requests.granted.total": cell(
                    value=12.0, status="split", found="run_together", printed="1234"
                ),
                "requests.partly_granted.total": cell(value=7.0, suspect=True),
                "requests.concluded.total": cell(found="blank", status="none", printed=""),
                "requests.carried_out.total": cell(found="dash", status="none", printed="-"),
                "requests.received.company": cell(found="missing", status="none"),
                "requests.carried_in.company": cell(found="run_together", status="ambiguous", printed="11"),
            },
        )
    )


def shown(lang="zh"):
    ds = marked()
    tree = parsed(rl.table(ds.cells, "申请（件）", lang, rows="row", columns="column", ds=ds))
    rows = {
        line[0]: line[1:]
        for line in ([" ".join(c.itertext()) for c in tr.xpath("th|td")] for tr in tree.xpath("//tr"))
    }
    return tree, rows


def test_zero_blank_dash_missing_and_open_cells_are_told_apart():
    _, rows = shown()
    assert rows["办结总计"][1] == "空白" and rows["结转下年度继续办理"][1] == "短横"
    assert rows["本年新收政府信息公开申请数量"] == ["文件中没有", "1,234"]
    assert rows["上年结转政府信息公开申请数量"] == ["数字连写? 1", "0†"]
    assert rows["予以公开"][0] == "文件中没有", "a cell of which the frame holds nothing"


def test_statuses_are_marked_in_signs_and_explained_under_the_table():
    tree, rows = shown()
    assert rows["予以公开"][1].startswith("12‡") and rows["部分公开"][1].startswith("7⚠")
    (legend,) = texts(tree, "//p[@class='rl-legend']")
    for part in ("† 按勾稽关系推得", "‡ 连写拆分", "⚠ 存疑", "? 有多种读法"):
        assert part in legend
    assert tree.xpath("//td[contains(@class, 'suspect')]")


def test_the_absences_have_signs_of_their_own_and_the_legend_names_those_that_occur():
    issued, made = "disclosure.normative_documents.issued", "disclosure.normative_documents.made"
    ds = dataset(
        report("甲市", 2020, {made: 3.0}, "2019"),
        report("甲市", 2021, {issued: 4.0}),
        report("乙市", 2021, {issued: 5.0}),
    )
    options = {"rows": ["body", "row", "column"], "columns": "year", "ds": ds}
    tree = parsed(rl.table(ds.cells.query("column == 'issued'"), "文件", **options))
    assert "/" not in "".join(texts(tree, "//tbody//td")), "no year but 2021"
    tree = parsed(rl.table(ds.cells, "文件", **options))
    lines = [texts(tr, "td") for tr in tree.xpath("//tbody/tr")]
    assert lines == [["3", "/"], ["/", "4"], ["—", "5"]]
    (legend,) = texts(tree, "//p[@class='rl-legend']")
    assert "— 未收集到" in legend and "/ 该年所用格式没有此项" in legend and "·" not in legend


def test_a_legend_explains_only_what_stands_in_the_table():
    ds = marked()
    tree = parsed(rl.table(ds.cells.query("row == 'received'"), "申请", rows="row", columns="column"))
    assert not tree.xpath("//p[@class='rl-legend']")


def test_every_cell_names_its_file_and_place_on_hover_and_in_the_list():
    tree, _ = shown()
    (cell,) = [td for td in tree.xpath("//td") if "".join(td.itertext()) == "1,234"]
    assert cell.get("title") == "甲市-2024-region.html：文件第 1 个表格，第 1 行，第 2 列"
    places = texts(tree, "//details//ul/li")
    assert places == ["甲市-2024-region.html：文件第 1 个表格，第 1–8 行，第 2 列"]
    notes = texts(tree, "//details//ol/li")
    assert any("予以公开 · 总计" in note and "连写拆分" in note and "原文“1234”" in note for note in notes)
    assert len(tree.xpath("//sup")) == len(notes) == 3


@pytest.mark.parametrize(
    ("wheres", "told"),
    [
        (["table 3, row 4, column 2", "table 3, row 4, column 3"], ["table 3, row 4, column 2, 3"]),
        (
            ["table 3, row 4, column 2", "table 3, row 5, column 3"],
            ["table 3, row 4, column 2", "table 3, row 5, column 3"],
        ),
        (
            ["p. 1, table 2, row 4", "p. 2, table 2, row 5", "p. 2, table 2, row 6"],
            ["p. 1, table 2, row 4", "p. 2, table 2, row 5, 6"],
        ),
        (["line 8", "line 11", "line 10", "line 9"], ["line 8–11"]),
        (["", "在第 3 页"], ["", "在第 3 页"]),
    ],
)
def test_places_that_differ_in_one_number_are_told_together(wheres, told):
    rows = ["received", "carried_in", "granted", "carried_out"]
    cells = {
        f"requests.{row}.total": (1.0, {"where": where}) for row, where in zip(rows, wheres, strict=False)
    }
    ds = dataset(report("甲市", 2024, cells))
    tree = parsed(rl.table(ds.cells, "申请", "en", rows="row", columns="column", ds=ds))
    file = "甲市-2024-region.html"
    told = [re.sub(r"table \d", r"\g<0> of the file", where) for where in told]
    assert texts(tree, "//li") == [f"{file}: {where}" if where else file for where in told]


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("table 2 (line 31), row 4, 27, column 10", "文件第 2 个表格（文本第 31 行），第 4、27 行，第 10 列"),
        ("sheet 主动公开, row 5, column 3", "工作表“主动公开”，第 5 行，第 3 列"),
        ("p. 3, table 2, row 7, column 4", "第 3 页，文件第 2 个表格，第 7 行，第 4 列"),
        ("line 3: 全年共收到 5 件", "文本第 3 行：全年共收到 5 件"),
        ("https://example.org/table 3/a", "https://example.org/table 3/a"),
    ],
)
def test_places_are_told_in_the_readers_language(where, told):
    frame = pd.DataFrame({"body": ["甲市"], "where": [where]})
    assert texts(parsed(rl.table(frame, "位置", "zh")), "//td") == [told]
    english = where if "://" in where else re.sub(r"table \d", r"\g<0> of the file", where)
    assert texts(parsed(rl.table(frame, "places", "en")), "//td") == [english]


def test_a_table_has_caption_scopes_and_a_scroll_box_that_the_keyboard_reaches():
    tree, _ = shown()
    assert texts(tree, "//table/caption") == ["申请（件）"]
    assert all(th.get("scope") == "col" for th in tree.xpath("//thead//th"))
    assert all(th.get("scope") == "row" for th in tree.xpath("//tbody//th"))
    (box,) = tree.xpath("//div[@class='rl-scroll']")
    assert (
        box.get("tabindex") == "0"
        and box.get("aria-label") == "申请（件）"
        and "overflow-x" in box.get("style")
    )
    assert all(tr.get("class") == "num" for tr in tree.xpath("//tbody/tr"))


def test_heads_that_go_on_over_lines_are_written_once():
    ds = dataset(
        *(
            report(
                b,
                2024,
                dispute_cells("reconsideration", 1, 2, 3, 4) | dispute_cells("direct_litigation", 1, 2, 3, 4),
            )
            for b in "甲乙"
        )
    )
    tree = parsed(rl.table(ds.cells, "结果", rows=["body", "row"], columns="column"))
    heads = tree.xpath("//th[@scope='rowgroup']")
    assert [(h.text, h.get("rowspan")) for h in heads] == [("甲", "2"), ("乙", "2")]
    assert texts(tree, "//thead//th") == [
        "行政机关",
        "行",
        "结果维持",
        "结果纠正",
        "其他结果",
        "尚未审结",
        "总计",
    ]


def test_two_lines_for_one_cell_are_refused():
    ds = dataset(
        *(report("甲市", 2024, {"requests.received.total": 1.0}, scope=s) for s in ("own", "region"))
    )
    with pytest.raises(ReportlibError, match="two values"):
        rl.table(ds.cells, "申请", rows="row", columns="year")
    rl.table(ds.cells, "申请", rows=["scope", "row"], columns="year")


def test_amounts_of_different_things_do_not_share_a_head():
    old = report(
        "甲市",
        2020,
        {"disclosure.procurement.amount": 251000.0, "disclosure.licences.decisions": 3.0},
        "2019",
    )
    new = report("甲市", 2021, {"disclosure.fees.amount": 1.5, "disclosure.licences.decisions": 4.0})
    tree = parsed(rl.table(dataset(old, new).cells, "主动公开", rows=["year", "row"], columns="column"))
    assert texts(tree, "//thead//th")[2:] == ["本年处理决定数量", "本年收费金额", "采购总金额"]


def test_an_amount_is_named_by_its_own_form_whether_or_not_the_edition_is_told():
    ds = dataset(report("甲市", 2020, {"disclosure.procurement.amount": 251000.0}, "2019"))
    for frame in (ds.cells, ds.cells.drop(columns="edition")):
        assert "采购总金额" in texts(parsed(rl.table(frame, "单元格")), "//tbody//td")


def test_rates_show_what_they_are_made_of():
    ds = dataset(
        report("甲市", 2023, dispute_cells("reconsideration", 80, 10, 10, 20)),
        report("甲市", 2024, dispute_cells("reconsideration", 0, 0, 0, 0)),
        report(
            "甲市",
            2025,
            dispute_cells("reconsideration", 1, 1, 1, 1) | {"disputes.reconsideration.pending": None},
        ),
    )
    tree = parsed(
        rl.table(rl.indicators(ds, "correction_rate_decided"), "纠错率", rows="indicator", columns="year")
    )
    assert texts(tree, "//tbody//td") == ["10.0% 10 / 100 · 5.5–17.4", "分母为零 0 / 0", "缺少数据 1"]
    assert "行政复议·尚未审结" in texts(tree, "//ol/li")[0]


def test_english_tables_hold_no_chinese_but_names():
    tree, _ = shown("en")
    said = "".join(tree.itertext()).replace("甲市-2024-region.html", "").replace("申请（件）", "")
    assert not re.search("[一-鿿]", said)


def test_any_frame_is_shown_line_by_line_in_words():
    frame = pd.DataFrame(
        {
            "body": ["甲市"],
            "year": [2024],
            "status": ["derived"],
            "value": [1234.5],
            "proved": [True],
            "note": [None],
        }
    )
    tree = parsed(rl.table(frame, "甲"))
    assert texts(tree, "//tbody/tr[1]/*") == ["甲市", "2024", "按勾稽关系推得", "1,234.5", "是", "·"]
    assert rl.table(frame, "甲").frame is frame


def test_an_empty_frame_is_an_empty_table():
    tree = parsed(rl.table(marked().findings, "检查"))
    assert tree.xpath("//thead//th") and not tree.xpath("//tbody/tr")
    assert texts(tree, "//p") == ["没有。"]


def test_hostile_text_stays_text_everywhere():
    cells = {"requests.received.total": (1.0, {"suspect": True, "printed": HOSTILE, "where": HOSTILE})}
    ds = dataset(report(HOSTILE, 2024, cells, file=HOSTILE, address=HOSTILE, note=HOSTILE))
    pages = [
        rl.table(ds.cells, HOSTILE, rows=["body", "row"], columns="year", ds=ds, notes=[HOSTILE]),
        rl.table(ds.reports, HOSTILE),
        rl.sources(ds),
        ds,
    ]
    for page in pages:
        tree = parsed(page)
        assert not tree.xpath("//script|//img|//@onerror") and HOSTILE in "".join(tree.itertext())


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", " https://a.invalid/x", HOSTILE]
)
def test_only_addresses_of_the_web_become_links(address):
    frame = pd.DataFrame(
        {"body": ["甲市", "乙市"], "address": [address, 'https://a.invalid/"><script>?a=1&b=2']}
    )
    links = parsed(rl.table(frame, "来源")).xpath("//a")
    assert [link.get("href") for link in links] == ['https://a.invalid/"><script>?a=1&b=2']
    assert links[0].text == links[0].get("href")


def test_in_a_large_table_each_line_says_where_its_figures_stand():
    years = range(1900, 2100)
    facts = [
        {
            "body": "甲市",
            "row": row,
            "year": year,
            "value": 1,
            "file": f"a_{year}.html",
            "where": f"row {row}",
            "note": "疑" if (row, year) == (1, 1901) else "",
        }
        for row in range(1, 7)
        for year in years
    ]
    tree = parsed(rl.table(pd.DataFrame(facts), "数", rows="row", columns="year"))
    lines = tree.xpath("//tbody/tr")
    assert [line.get("title") for line in lines] == [f"a_1900–2099.html：第 {n} 行" for n in range(1, 7)]
    assert [cell.get("title") for cell in lines[0].xpath("td[@title]")] == ["a_1901.html：第 1 行；疑"]


def test_a_figure_in_words_names_its_page_as_its_place():
    figure = {
        "body": "甲市",
        "year": 2024,
        "indicator": "requests_new",
        "value": 5,
        "precision": "at_least",
        "address": "https://a.invalid/1",
    }
    ds = dataset(report("甲市", 2024, {}), figures=[figure])
    (cell,) = parsed(rl.table(ds.figures, "正文", rows="indicator", columns="year", ds=ds)).xpath("//td")
    assert cell.text == "≥5" and cell.get("title") == "https://a.invalid/1"


def test_a_figure_that_a_report_at_hand_does_not_state_is_not_called_uncollected():
    reports = [report("甲市", year, {"requests.received.total": 5.0}) for year in (2023, 2024)]
    figures = [
        {"body": body, "year": year, "scope": "region", "indicator": "requests_new", "value": 5}
        for body, year in (("甲市", 2023), ("乙市", 2024))
    ]
    ds = dataset(*reports, figures=figures)
    tree = parsed(rl.table(ds.figures, "正文", rows=["body", "scope", "indicator"], columns="year", ds=ds))
    assert [texts(line, "td") for line in tree.xpath("//tbody/tr")] == [["5", "正文未述"], ["—", "5"]]


def test_the_heads_of_a_list_are_words():
    ds = dataset(report("甲市", 2024, {"requests.received.company": 5.0}))
    said = "".join(parsed(rl.table(ds.requests, "申请", rows=["body", "year"])).itertext())
    assert "商业企业：5" in said and "company" not in said


@pytest.mark.parametrize(("lang", "head"), [("zh", "个数"), ("en", "count")])
def test_a_column_of_counts_has_a_word_for_its_head(lang, head):
    frame = pd.DataFrame({"body": ["甲市"], "n": [3]})
    assert texts(parsed(rl.table(frame, "甲", lang)), "//thead//th")[1] == head


def test_a_column_that_says_nothing_is_left_out():
    frame = pd.DataFrame({"body": ["甲市"], "note": [""], "value": [None]})
    assert texts(parsed(rl.table(frame, "甲")), "//thead//th") == ["行政机关", "数值"]


# ------------------------------------------------------------------------------------ reports, datasets, sources, runs

PAGE = """<html><head><meta charset="utf-8"><title>甲市2024年政府信息公开工作年度报告</title></head><body>
<p>四、政府信息公开行政复议、行政诉讼情况</p><table>
<tr><td colspan=5>行政复议</td><td colspan=10>行政诉讼</td></tr>
<tr>{whole}
<td colspan=5>未经复议直接起诉</td><td colspan=5>复议后起诉</td></tr>
<tr>{heads}{heads}</tr><tr>{numbers}</tr></table></body></html>"""
HEADS = "".join(f"<td>{head}</td>" for head in ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计"))


@pytest.fixture
def wrong_total(tmp_path):
    path = tmp_path / "report.html"
    numbers = [1, 2, 3, 4, 11, 0, 0, 0, 0, 0, 5, 0, 0, 0, 5]
    path.write_text(
        PAGE.format(
            heads=HEADS,
            whole=HEADS.replace("<td>", "<td rowspan=2>"),
            numbers="".join(f"<td>{n}</td>" for n in numbers),
        ),
        encoding="utf-8",
    )
    return rl.read_report(path)


def test_a_report_shows_its_tables_with_marks_and_its_findings(wrong_total):
    tree = parsed(display.report_html(wrong_total))
    assert "甲市 · 2024" in texts(tree, "//h3")[0] and "report.html" in texts(tree, "//h3")[0]
    (disputes,) = [
        table for table in tree.xpath("//table") if "复议" in "".join(table.xpath("caption/text()"))
    ]
    first = [" ".join(td.itertext()) for td in disputes.xpath(".//tbody/tr[1]/td")]
    assert [re.match(r"\d+⚠", text).group() for text in first] == ["1⚠", "2⚠", "3⚠", "4⚠", "11⚠"]
    assert "不符" in texts(tree, "//table[last()]//th") and "四类结果之和等于总计" in "".join(tree.itertext())


def test_a_report_and_a_dataset_show_themselves_in_ipython(wrong_total):
    shell = InteractiveShell.instance()
    try:
        display.register()
        shown, _ = shell.display_formatter.format(wrong_total)
        assert shown["text/html"] == display.report_html(wrong_total)
        ds = marked()
        shown, _ = shell.display_formatter.format(ds)
        assert shown["text/html"] == display.dataset_html(ds)
    finally:
        InteractiveShell.clear_instance()


def test_a_dataset_shows_its_coverage_and_tells_words_from_tables():
    figure = {
        "body": "乙市",
        "level": "city",
        "year": 2022,
        "indicator": "requests_new",
        "value": 5,
        "unit": "件",
        "scope": "region",
    }
    ds = dataset(
        report("甲市", 2024, {"requests.received.total": 1.0}, disputes="absent", requests="partial"),
        figures=[figure],
    )
    tree = parsed(ds)
    assert texts(tree, "//tbody/tr[1]/*") == ["甲市", "全市（县）汇总", "—", "●◐□"]
    assert texts(tree, "//tbody/tr[2]/*") == ["乙市", "全市（县）汇总", "◇", "—"]


def test_a_dataset_shows_reports_of_no_known_year_or_scope_too():
    ds = dataset(report("甲市", 2024, {"requests.received.total": 1.0}))
    ds.tiny["reports"] = ds.tiny["reports"].assign(year=None, scope="")
    assert texts(parsed(ds), "//tbody/tr[1]/*") == ["甲市", "●●●"]


def test_a_dataset_of_many_bodies_says_how_many_it_leaves_out():
    ds = dataset(*(report(f"机关{n}", 2024, {"requests.received.total": 1.0}) for n in range(60)))
    tree = parsed(ds)
    assert len(tree.xpath("//tbody/tr")) == 50 and "另有 10 个" in "".join(tree.itertext())


def test_sources_name_what_is_retyped_or_synthetic():
    facts = [
        report(body, 2024, {"requests.received.total": 1.0}, kind=kind)
        for body, kind in zip("甲乙丙", ("retyped", "synthetic", "original"), strict=True)
    ]
    said = "".join(parsed(rl.sources(dataset(*facts))).itertext())
    assert "不是发布机关的原始文件" in said and "不是任何机关的数字" in said
    said = "".join(parsed(rl.sources(dataset(facts[2]))).itertext())
    assert "原始文件。" not in said and "https://example.invalid/a" in said


def test_sources_with_live_addresses_come_first_and_copies_are_told_in_the_readers_language():
    copy = "copy of the report in a public code repository"
    ds = dataset(
        report("甲市", 2023, {"requests.received.total": 1.0}, address=copy),
        report("甲市", 2024, {"requests.received.total": 1.0}, address="https://example.invalid/b"),
    )
    tree = parsed(rl.sources(ds))
    assert [div.xpath("string(strong)") for div in tree.xpath("//div[strong]")] == [
        "甲市 · 2024 · 全市（县）汇总",
        "甲市 · 2023 · 全市（县）汇总",
    ]
    assert "公开代码库中的副本" in "".join(tree.itertext()) and copy not in "".join(tree.itertext())


@pytest.fixture
def ingested(tmp_path):
    processed = Path(tmp_path, display.PROCESSED)
    processed.mkdir(parents=True)
    (processed / "datapackage.json").write_text("{}")
    return tmp_path


def test_a_run_says_its_parameters_in_words(ingested):
    table = rl.run_info(dataset(home=ingested), bodies=["甲市", "乙市"], first_year=2023, scope="region")
    facts = dict(table.frame.itertuples(index=False, name=None))
    assert facts["行政机关"] == "甲市、乙市" and facts["起始年度"] == "2023"
    assert facts["统计范围"] == "全市（县）汇总" and facts["reportlib"] == rl.__version__


def test_a_page_is_cited_with_bodies_title_and_versions(ingested):
    ds = dataset(home=ingested).select(["甲市", "乙市"])
    first = rl.cite(ds, {"zh": "复议", "en": "Disputes"})
    assert "甲市、乙市：《复议》" in first and f"reportlib {rl.__version__}" in first
    (ingested / display.PROCESSED / "datapackage.json").write_text("{ }")
    assert rl.cite(ds, "复议") != first, "other data are another version"


# ------------------------------------------------------------------------------------ elsewhere than on our pages


def test_numbers_stand_right_and_text_left_whatever_the_style_of_the_page():
    tree, _ = shown()
    assert {td.get("align") for td in tree.xpath("//tbody//td")} == {"right"}
    assert {th.get("align") for th in tree.xpath("//tbody//th")} == {"left"}
    plain = parsed(rl.table(pd.DataFrame({"body": ["甲市"], "note": ["长文字"], "value": [1.5]}), "甲"))
    assert [td.get("align") for td in plain.xpath("//tbody//td")] == ["left", "right"]
    assert [th.get("align") for th in plain.xpath("//thead//th")] == ["left", "left", "right"]
    (note, value) = plain.xpath("//tbody//td")
    assert "min-width" in note.get("style") and "nowrap" in value.get("style")
    assert "text-align:left" in plain.xpath("//caption")[0].get("style")


def test_the_text_of_a_picture_survives_jupyters_own_export():
    figure = Figure(figsize=(2, 1))
    with pytest.MonkeyPatch.context() as patch:
        out = []
        patch.setattr("IPython.display.display", lambda data, **options: out.append((data, options)))
        rl.show(figure, alt="两条线")
    ((data, options),) = out
    output = nbformat.v4.new_output("display_data", data=data, metadata=options["metadata"])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output])])
    page, _ = nbconvert.HTMLExporter(template_name="lab").from_notebook_node(notebook)
    assert [image.get("alt") for image in html.fromstring(page).xpath("//main//img")] == ["两条线"]


def test_texts_are_listed_below_each_other_without_codes():
    definitions = rl.catalogue("zh", ["dispute_rate"])
    tree = parsed(rl.table(definitions, {"zh": "定义", "en": "Definitions"}, rows="name"))
    said = "".join(tree.itertext())
    assert "争议转化率" in said and "分母：办结总计" in said and "dispute_rate" not in said
    assert not tree.xpath("//table")


@pytest.mark.parametrize(
    ("frame", "heads", "told"),
    [
        ([1, 2], {}, "got list"),
        (pd.DataFrame({"a": [1]}), {"rows": "row", "columns": "year"}, "without row, year, value"),
    ],
)
def test_a_wrong_frame_is_one_clear_line(frame, heads, told):
    with pytest.raises(ReportlibError, match=told):
        rl.table(frame, "甲", **heads)


def test_what_a_retyped_copy_lacks_is_not_said_to_be_missing_in_the_report():
    cells = {"requests.received.total": 1.0, "requests.granted.total": None}
    for kind, word in (("retyped", "未转录"), ("original", "文件中没有")):
        ds = dataset(report("甲市", 2024, cells, kind=kind))
        tree = parsed(rl.table(ds.cells, "申请", rows="row", columns="year", ds=ds))
        assert word in texts(tree, "//tbody//td")


def test_the_language_that_is_set_holds_for_all_that_is_shown():
    rl.set_language("en")
    try:
        assert texts(
            parsed(rl.table(pd.DataFrame({"body": ["甲市"]}), {"zh": "表", "en": "T"})), "//caption"
        ) == ["T"]
    finally:
        rl.set_language("zh")
