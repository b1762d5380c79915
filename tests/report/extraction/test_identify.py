"""Whose report it is: body, year, scope and date, where the document says so; a wrong name is worse than none."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from reportlib.form.findings import sentence
from reportlib.reading import read_document
from reportlib.reading.document import Cell, Document, Grid, Paragraph
from reportlib.report.extraction.identify import identify


def report(*lines, title=""):
    return Document(
        tuple(Paragraph(line, f"line {i + 1}") for i, line in enumerate(lines)), "text", title=title
    )


@pytest.mark.parametrize(
    ("lines", "body", "year"),
    [
        (["宿迁市2024年政府信息公开工作年度报告"], "宿迁市", 2024),
        (["正文", "宿迁市 2025 年政府信息公开工作年度报告"], "宿迁市", 2025),
        (["正文", "2024 年上海市科委政府信息公开工作", "年度报告"], "上海市科委", 2024),
        (["乌海市工业和信息化局", "政府信息公开工作年度报告"], "乌海市工业和信息化局", None),
        (["淮安市洪泽区人民政府", "2024 年政府信息公开工作年度报告"], "淮安市洪泽区人民政府", 2024),
        (["《临河县教育局2023年政府信息公开年度报告》"], "临河县教育局", 2023),
        (["首页>政务公开>年报>临河县教育局2023年度政府信息公开工作年度报告"], "临河县教育局", 2023),
        (["临河县教育局二〇二一年政府信息公开工作年度报告"], "临河县教育局", 2021),
        (["关于临河县教育局2022年度政府信息公开工作年度报告的公示"], "临河县教育局", 2022),
        (["臨河縣教育局2022年政府信息公開工作年度報告"], "临河县教育局", 2022),
        (["名称", "丙里局", "2021年政府信息公开工作年度报告"], "丙里局", 2021),
        (["丙里街2021年政府信息公开工作年度报告"], "丙里街", 2021),
        (["丁山开发区管委会2021年度信息公开年度报告"], "丁山开发区管委会", 2021),
        (["戊水集团2021年政府信息公开工作情况"], "戊水集团", 2021),
        (["\u202e临河县\u200b教育局2022年政府信息公开工作年度报告"], "临河县教育局", 2022),
        (["Page 8 - 临河县教育局2022年政府信息公开工作年度报告"], "临河县教育局", 2022),
        (
            ["丙局2023年政府信息公开工作年度报告", "丁乡水务局2022年政府信息公开工作年度报告"],
            "丁乡水务局",
            2022,
        ),
        (
            ["热门：丙局2021年政府信息公开工作年度报告", "丁乡水务局2022年政府信息公开年报"],
            "丁乡水务局",
            2022,
        ),
        (
            ["丙县办公室转发丁乡水务局2022年政府信息公开年报", "丁乡水务局2022年政府信息公开年报"],
            "丁乡水务局",
            2022,
        ),
        (["丁乡水务局关于2021年整改暨2022年政府信息公开工作年度报告"], "丁乡水务局", 2022),
        (["丁乡水务局关于报送2022年政府信息公开工作年度报告的函", "丙县办公室："], "丁乡水务局", 2022),
        (["丁乡水务局2022政府信息公开工作年度报告"], "丁乡水务局", 2022),
        (["丁乡水务局二0二二年政府信息公开工作年度报告"], "丁乡水务局", 2022),
        (["根据条例规定，现公布我局2022年政府信息公开工作年度报告。"], "", 2022),
    ],
)
def test_body_and_year_stand_in_the_title(lines, body, year):
    found = identify(report(*lines))
    assert (found.body, found.year) == (body, year)


def test_a_title_that_stands_twice_is_read_once():
    found = identify(report("临河县财政局", "临河县财政局", "政府信息公开工作年度报告", title="临河县财政局"))
    assert found.body == "临河县财政局"


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("现将丙坪镇2022年度政府信息公开工作报告如下：", "丙坪镇"),
        ("特向社会公布临河县审计局的2023年政府信息公开工作年度报告。", "临河县审计局"),
        ("2023年，丁湖街道办事处在临河区信息公开系统上公开信息47条。", "丁湖街道办事处"),
        ("2022年，戊风区司法局认真履行条例规定的义务，我局公开信息5条。", "戊风区司法局"),
        ("全年我局在己容市住房和城乡建设局官网上公开文件172条。", "己容市住房和城乡建设局"),
        ("我局通过己容市人民政府门户网站公开文件172条。", ""),
        ("县政府高度重视政务公开，市民政局积极配合。", ""),
        ("我街制定了《庚中街道政府信息依申请公开工作方案》。", "庚中街道"),
    ],
)
def test_a_sentence_whose_subject_it_is_names_the_body_where_no_title_does(line, body):
    assert identify(report("一、总体情况", line)).body == body


def test_the_head_table_of_a_page_says_who_published_it_and_when():
    cells = ["索引号：", "1234/2020-1", "发布机构：", "临河县辛局", "发文日期：", "2020-01-08"]
    grid = Grid(tuple(Cell(text, n // 2, n % 2) for n, text in enumerate(cells)), "table 1")
    found = identify(Document((grid, Paragraph("2019年，我局公开信息195条。", "line 4")), "html"))
    assert (found.body, found.date_published, found.year) == ("临河县辛局", "2020-01-08", 2019)


def test_a_sheet_without_a_title_is_told_by_its_sentences():
    cells = ["一、总体情况", "2021年，临河县辛局认真履行义务，公开信息195条。", "规章", "3"]
    grid = Grid(tuple(Cell(text, n, 0) for n, text in enumerate(cells)), "sheet 1")
    found = identify(Document((grid,), "xlsx"))
    assert (found.body, found.year) == ("临河县辛局", 2021)


@pytest.mark.parametrize(
    "line",
    [
        "现将我局2021年政府信息公开工作报告如下：",
        "本报告根据条例要求编制，由总体情况等部分组成，现公布2021年政府信息公开工作年度报告。",
        "2021年政府信息公开工作年度报告",
        "本机关政府信息公开工作年度报告",
    ],
)
def test_a_sentence_names_no_body(line):
    assert identify(report(line)).body == ""


def test_the_period_tells_the_year_where_the_title_does_not():
    assert identify(report("本报告数据的统计期限自2022年1月1日起至2022年12月31日止。")).year == 2022


@pytest.mark.parametrize(
    ("lines", "year"),
    [
        (["今年，我局有序做好工作。2019年共主动公开政府信息195条。"], 2019),
        (["2023年，我局公开信息5条。", "2024年，我局将继续努力。"], 2023),
        (["2023年，我局公开信息5条。", "2022年，我局公开信息3条。"], None),
        (["2023年公开5条，比2022年多2条。2019年4月3日修订的条例施行后，工作有序。"], 2023),
        (["条例自2019年5月15日起施行。"], None),
    ],
)
def test_the_year_of_which_a_text_speaks_most_is_its_own(lines, year):
    assert identify(report(*lines)).year == year


def test_a_title_of_another_year_than_the_period_is_a_finding():
    text = report("临河县2022年政府信息公开工作年度报告", "统计期限为2023年1月1日至2023年12月31日。")
    (finding,) = identify(text).findings
    assert (finding.rule, finding.verdict) == ("year_cited_differs", "warn")
    assert "2022" in sentence(finding, "en") and "2023" in sentence(finding, "en")


def test_what_the_caller_says_wins_and_the_contradiction_is_a_finding():
    found = identify(report("临河县教育局2023年政府信息公开工作年度报告"), "临河县财政局", 2024)
    assert (found.body, found.year) == ("临河县财政局", 2024)
    assert {finding.rule for finding in found.findings} == {"body_differs", "year_differs"}


@pytest.mark.parametrize(
    ("body", "text", "scope"),
    [
        ("临河县人民政府", "", "region"),
        ("临河县", "", "region"),
        ("临河县人民政府办公室", "", "own"),
        ("临河县东湖街道办事处", "全县", "own"),
        ("", "本机关与我局", "own"),
        ("", "没有说明", ""),
    ],
)
def test_scope_is_told_by_the_kind_of_body_then_by_its_words(body, text, scope):
    assert identify(report(text), body or None).scope == scope


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        (["发布日期：2024-01-26", "临河县2023年政府信息公开工作年度报告"], "2024-01-26"),
        (["• 发布日期", "• 2021-04-16", "主题分类"], "2021-04-16"),
        (["正文", "2024年1月22日"], "2024-01-22"),
        (["我局于2024年1月22日召开了会议，研究了工作。"], ""),
        (["2024年13月40日"], ""),
    ],
)
def test_the_date_is_read_where_a_line_says_it(lines, date):
    assert identify(report(*lines)).date_published == date


OPENINGS = yaml.safe_load(Path(__file__).with_name("openings.yml").read_text("utf-8"))


def opening(text, title):
    """The document that begins with these lines; those with | are the rows of one table at its head."""
    blocks, cells = [], []
    for row, line in enumerate(text.strip().split("\n")):
        if "|" in line:
            cells += [Cell(cell.strip(), row, column) for column, cell in enumerate(line.split("|"))]
        else:
            blocks.append(Paragraph(line, f"line {row + 1}"))
    head = [Grid(tuple(cells), "table 1")] if cells else []
    return Document((*head, *blocks), "html", title=title)


@pytest.mark.parametrize("said", OPENINGS, ids=[said["text"].split("\n")[0] for said in OPENINGS])
def test_how_reports_begin_tells_body_year_scope_and_date(said):
    found = identify(opening(said["text"], said.get("title", "")))
    date = str(said["date"])  # YAML makes dates of what looks like one
    expected = said["body"], said["year"] or None, said["scope"], date
    assert (found.body, found.year, found.scope, found.date_published) == expected


@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_link_to_another_report_is_no_title(place):
    link = "上一篇：丙县丁局2022年政府信息公开工作年度报告"
    own = ["甲县乙局按照要求编制本报告。", "一、总体情况", "2020年，本机关公开信息5条。"]
    found = identify(report(*([link, *own] if place == "before" else [*own, link])))
    assert (found.body, found.year) == ("甲县乙局", 2020)


SHARED = Path(__file__).parents[4] / "shared"
TRUTH = [
    (SHARED / folder / line["file"], line)
    for folder in ("golden", "golden_more")
    if (SHARED / folder / "reports.csv").is_file()
    for line in csv.DictReader((SHARED / folder / "reports.csv").read_text("utf-8").splitlines())
    if "scan" not in line["file"]
]


@pytest.mark.skipif(not TRUTH, reason="the golden folders do not lie beside the project")
@pytest.mark.parametrize(("path", "truth"), TRUTH, ids=[path.name for path, _ in TRUTH])
def test_real_reports_are_of_their_year_and_of_no_other_body(path, truth):
    found = identify(read_document(path.read_bytes(), path.name))
    assert found.year == (int(truth["year"]) if truth["year"] else None)
    named = truth["agency"].split(" (printed")[0]
    short = re.sub("人民政府|办事处|经济技术", "", found.body)
    # Names in full or in part (上海市科委), one of them with a character that the report itself prints wrongly.
    assert len(set(short) - set(named)) <= 1, (found.body, named)


def test_a_date_before_the_years_end_is_no_date_of_publication():
    found = identify(report("甲县乙局2021年政府信息公开工作年度报告", "（2021年1月25日）"))
    assert (found.year, found.date_published) == (2021, "")
    assert "date_too_early" in {finding.rule for finding in found.findings}
