"""Figures in words: read with what they mean, compared only where they mean the same thing."""

import pytest

from reportlib.form import edition, load_toml
from reportlib.form.findings import sentence
from reportlib.reading.document import Paragraph
from reportlib.report.extraction.narrative import compare_stated, stated_figures
from reportlib.report.report import FormCell


def read(text: str) -> dict[str, tuple[float, str]]:
    return {s.indicator: (s.value, s.precision) for s in stated_figures([Paragraph(text, "line 1")])}


def cell(table: str, row: str, column: str, value: float) -> FormCell:
    return FormCell(table, row, column, value, "number", "printed", f"{value:g}", f"table 2, {row}")


RECEIVED = [
    cell("requests", "received", "total", 700),
    cell("requests", "carried_in", "total", 30),
    cell("requests", "concluded", "total", 720),
    cell("requests", "carried_out", "total", 10),
]


def differences(text: str, cells: list[FormCell], scope: str = "own") -> list[str]:
    stated = stated_figures([Paragraph(text, "line 1")])
    return [f.row for f in compare_stated(stated, cells, edition("2021"), scope)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("全年新收政府信息公开申请 1,204 件。", {"requests_new": (1204, "exact")}),
        ("今年以来主动公开政府信息1.2万余条。", {"proactive_items": (12000, "at_least")}),
        ("主动公开各类政府信息约3万条。", {"proactive_items": (30000, "rounded")}),
        ("主动公开各类政府信息近300条。", {"proactive_items": (300, "rounded")}),
        ("主动公开各类政府信息300条左右。", {"proactive_items": (300, "rounded")}),
        ("主动公开各类政府信息300条以上。", {"proactive_items": (300, "at_least")}),
        ("主动公开各类政府信息300余条。", {"proactive_items": (300, "at_least")}),
        ("主动公开各类政府信息不少于300条。", {"proactive_items": (300, "at_least")}),
        ("上年结转申请6件，已办结。", {"requests_carried_in": (6, "exact")}),
        ("结转下年度办理9件。", {"requests_carried_out": (9, "exact")}),
        (
            "予以公开和部分公开31件，不予公开２件。",
            {"granted_or_partly": (31, "exact"), "refused": (2, "exact")},
        ),
        ("本年度未收到政府信息公开申请。", {"requests_new": (0, "stated_none")}),
        ("未发生因政府信息公开引起的行政复议。", {"reconsiderations": (0, "stated_none")}),
        ("没有产生相关的行政诉讼案件。", {"litigations": (0, "stated_none")}),
        ("全年收取信息处理费380元。", {"fees_collected_yuan": (380, "exact")}),
    ],
)
def test_a_sentence_gives_its_figures_with_their_precision(sentence, expected):
    assert read(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "受理的申请中，其中新收政府信息公开申请5件。",
        "申请量较上年新收政府信息公开申请增加20%。",
        "行政复议维持率为90%。",
        "推进新收政府信息公开申请规范办理。",
    ],
)
def test_parts_comparisons_and_rates_are_no_figures(sentence):
    assert "requests_new" not in read(sentence)
    assert "reconsiderations" not in read(sentence)


def test_received_with_the_cases_carried_in_is_no_contradiction():
    assert differences("全年共受理政府信息公开申请730件。", RECEIVED) == []
    assert differences("全年新收政府信息公开申请700件。", RECEIVED) == []


def test_another_figure_in_the_text_is_a_warning_with_both_places():
    stated = stated_figures([Paragraph("全年新收政府信息公开申请690件。", "line 9")])
    (finding,) = compare_stated(stated, RECEIVED, edition("2021"), "own")
    assert (finding.rule, finding.verdict, finding.left, finding.right) == (
        "narrative_differs",
        "warn",
        690,
        700,
    )
    assert finding.where == "line 9"
    assert "table 2 of the file, received" in sentence(finding, "en")


def test_cases_put_on_file_against_cases_in_the_table():
    # 宿迁市 2024, as published: 134 in the text, 170 in the table
    disputes = [
        cell("disputes", "reconsideration", c, v)
        for c, v in (("upheld", 88), ("corrected", 18), ("total", 170))
    ]
    assert differences("全市发生政府信息公开行政复议134件。", disputes, "region") == ["reconsideration"]


def test_the_governments_own_requests_are_not_compared_with_the_whole_region():
    assert differences("市政府本级新收政府信息公开申请87件。", RECEIVED, "region") == []
    assert differences("全市新收政府信息公开申请87件。", RECEIVED, "own") == []


def test_rounded_figures_are_not_compared():
    assert differences("全年新收政府信息公开申请约1万件。", RECEIVED) == []


def test_lawsuits_in_words_may_be_the_sum_of_both_routes():
    cells = [
        cell("disputes", "direct_litigation", "total", 3),
        cell("disputes", "litigation_after_reconsideration", "total", 4),
    ]
    assert differences("行政诉讼7件。本年度行政诉讼案件7件。", cells) == []
    assert differences("本年度发生行政诉讼案件9件。", cells) == ["litigation"]


def test_a_table_in_doubt_is_not_held_against_the_text():
    doubtful = [f._replace(suspect=True) for f in RECEIVED]
    assert differences("全年新收政府信息公开申请690件。", doubtful) == []


def test_the_patterns_name_known_figures_and_cells():
    figures, narrative = load_toml("figures.toml"), load_toml("narrative.toml")
    assert {*narrative["figures"], *narrative["none"], *narrative["also"]} <= figures.keys()
    form = edition("2021")
    for entry in figures.values():
        for name in entry["equals"]:
            table, row, column = name.split(".")
            known = {r.code for r in form.table(table).rows} | {g.code for g in form.table(table).groups}
            assert row in known
            assert column in {c.code for c in form.table(table).columns}


@pytest.mark.parametrize(
    ("sentence", "stated"),
    [
        ("我镇依申请公开政府信息共4件，予以公开2件。", {"granted": 2}),
        ("主动公开政府集中采购信息20条。", {}),
        ("2025年，石橋鎮主動公開政府信息13條。", {"proactive_items": 13}),
        ("予以公开及部分公开的42件。", {"granted_or_partly": 42}),
    ],
)
def test_what_a_sentence_counts_is_told_by_its_words(sentence, stated):
    assert {one.indicator: one.value for one in stated_figures([Paragraph(sentence, "line 1")])} == stated


@pytest.mark.parametrize(
    "sentence",
    [
        "收到政府信息公开申请若干，尚未办结0件。",
        "县长热线办理群众来电事项12件，办结12件。",
        "我局收到行政许可申请320件，受理咨询申请40件。",
        "2023年，我局计划主动公开政府信息500条。",
        "2021年收到政府信息公开申请25件。",
        "自条例施行以来，共收到政府信息公开申请250件。",
        "通过微信公众号、电子屏公开政府信息1876条。",
        "其中单位职责更新4条、公开政府信息37条。",
        "2022年四季度，甲市生态环境局累计主动公开信息862条。",
        "受理行政复议申请56件，目前已办结38件。",
        "2021年、2022年分别收到政府信息公开申请3件、5件。",
        "近三年收到政府信息公开申请30件。",
        "公开政府信息1234条，其中主动公开1200条。",
        "行政复议、行政诉讼共3件。",
    ],
)
def test_figures_of_other_years_plans_channels_and_matters_are_none_of_the_reports(sentence):
    assert stated_figures([Paragraph(sentence, "line 1")], 2022) == ()
