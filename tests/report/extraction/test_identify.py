"""Whose report it is: body, year, scope and date, where the document says so; a wrong name is worse than none."""

import pytest

from reportlib.reading.document import Document, Paragraph
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
        (["Page 8 - 临河县教育局2022年政府信息公开工作年度报告"], "临河县教育局", 2022),
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


def test_a_text_that_speaks_of_two_years_tells_none():
    assert identify(report("2023年，我局公开信息5条。", "2024年，我局将继续努力。")).year is None


def test_a_title_of_another_year_than_the_period_is_a_finding():
    text = report("临河县2022年政府信息公开工作年度报告", "统计期限为2023年1月1日至2023年12月31日。")
    (finding,) = identify(text).findings
    assert (finding.rule, finding.verdict, finding.left, finding.right) == (
        "year_cited_differs",
        "warn",
        2022,
        2023,
    )


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
        (["正文", "2024年1月22日"], "2024-01-22"),
        (["我局于2024年1月22日召开了会议，研究了工作。"], ""),
        (["2024年13月40日"], ""),
    ],
)
def test_the_date_is_read_where_a_line_says_it(lines, date):
    assert identify(report(*lines)).date_published == date
