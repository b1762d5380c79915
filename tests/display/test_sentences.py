"""The key findings: what they may say, and what they must not."""

import re

import pytest
from tiny import dataset, dispute_cells, report

import reportlib as rl
from reportlib.analysis.intervals import difference
from reportlib.errors import ReportlibError

UP, DOWN = ("上升", "增加", "up by", "rising"), ("下降", "减少", "down by", "falling")
INTERVAL = re.compile(r"差的 95% 区间 ([+−]?[\d.]+) 至 ([+−]?[\d.]+)")


def received(values, first=2020, body="甲市", scope="region", **facts):
    """Reports of one body with these requests received, year by year; None: the cell is missing."""
    years = enumerate(values, first)
    return [
        report(body, y, {"requests.received.total": v if v is None else (float(v), facts)}, scope=scope)
        for y, v in years
    ]


def said(*reports, codes="requests_received", lang="zh", **options):
    figures = options.pop("figures", None)
    return rl.say(dataset(*reports, figures=figures), codes, lang=lang, **options)


def first(*reports, **options):
    return said(*reports, **options).sentences[0]


def claims(sentence, words):
    return any(word in sentence for word in words)


def rates(*counts, route="reconsideration", first_year=2021):
    """Reports with these (corrected, decided, pending) of one route, year by year."""
    return [
        report("甲市", year, dispute_cells(route, n - k, k, 0, pending))
        for year, (k, n, pending) in enumerate(counts, first_year)
    ]


# ------------------------------------------------------------------------------------ counts


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_reversed_series_gets_the_reversed_sentence(lang):
    rising, falling = (first(*received(values), lang=lang) for values in ([50, 60, 80], [80, 60, 50]))
    assert claims(rising, UP) and not claims(rising, DOWN)
    assert claims(falling, DOWN) and not claims(falling, UP)


def test_clauses_of_an_english_sentence_stand_apart():
    sentence = first(*received([50, 80]), lang="en")
    assert "2021: 80; against 50 in 2020; up by 30 (+60.0%); two years do not make a trend." in sentence


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_flat_series_neither_rises_nor_falls(lang):
    flat = first(*received([50, 50, 50]), lang=lang)
    assert "50" in flat and not claims(flat, UP) and not claims(flat, DOWN)


def test_ups_and_downs_are_no_trend():
    assert "其间有升有降" in first(*received([50, 80, 60])) and "逐年" not in first(*received([50, 80, 60]))


def test_two_years_are_facts_and_no_trend():
    sentence = first(*received([50, 80]))
    assert "50 件" in sentence and "80 件" in sentence and "不成趋势" in sentence and "逐年" not in sentence


def test_one_year_shows_no_change():
    sentence = first(*received([50]))
    assert "50 件" in sentence and "看不出变化" in sentence and not claims(sentence, UP + DOWN)


def test_a_gap_is_not_called_every_year_and_is_named():
    findings = said(*received([50, None, 60, 70]))
    assert "逐年" not in findings.sentences[0]
    assert any("2021" in note for note in findings.notes)


def test_no_percentage_of_a_handful():
    assert "%" not in first(*received([1, 3]))
    assert "（+50.0%）" in first(*received([100, 150]))


def test_a_minus_is_a_minus_and_no_hyphen():
    assert "（−50.0%）" in first(*received([100, 50])) and not re.search(r"-\d", first(*received([100, 50])))


def test_a_suspect_figure_is_left_out_and_named():
    reports = [*received([50, 60]), *received([999], 2022, suspect=True)]
    sentence = first(*reports)
    assert "999" not in sentence and "2022 年的数字存疑" in sentence


def test_amounts_have_no_more_decimals_than_prose_needs():
    cells = {"disclosure.fees.amount": 59237.2449}
    sentence = first(report("甲市", 2024, cells), codes="fees_collected")
    assert "约 59,237 万元" in sentence and "59,237.2" not in sentence


def test_scopes_are_never_joined():
    findings = said(*received([50, 60]), *received([5, 6], scope="own"))
    assert len(findings.sentences) == 2
    assert "甲市·全市（县）汇总" in findings.sentences[1] + findings.sentences[0]
    assert sum("甲市·本机关" in sentence for sentence in findings.sentences) == 1


@pytest.mark.parametrize("precision", ["rounded", "at_least"])
def test_bounds_and_rounded_figures_are_not_subtracted(precision):
    figures = [
        {"body": "甲市", "year": year, "scope": "region", "indicator": "proactive_items", "value": value,
         "unit": "条", "precision": precision}
        for year, value in ((2021, 180000), (2022, 90000))
    ]  # fmt: skip
    sentence = first(report("甲市", 2024, {}), codes="proactive_items", figures=figures)
    assert "180,000" in sentence and "不计算变化" in sentence and not claims(sentence, UP + DOWN)


def test_contradictory_figures_of_one_year_are_left_out():
    figures = [
        {"body": "甲市", "year": year, "scope": "region", "indicator": "requests_new", "value": value,
         "unit": "件", "precision": "exact"}
        for year, value in ((2021, 50), (2022, 60), (2022, 61))
    ]  # fmt: skip
    sentence = first(report("甲市", 2024, {}), codes="requests_new", figures=figures)
    assert "2022 年的数字存疑或互相矛盾" in sentence and "60" not in sentence and "61" not in sentence


def test_what_came_before_a_break_of_the_form_is_not_compared():
    old = report("甲市", 2020, {"disclosure.normative_documents.made": 9.0}, "2019")
    new = [
        report("甲市", y, {"disclosure.normative_documents.issued": v}) for y, v in ((2021, 5.0), (2022, 7.0))
    ]
    findings = said(old, *new, codes="normative_documents_issued")
    assert "2021 年为 5 件" in findings.sentences[0] and "9" not in findings.sentences[0]
    assert any("2020 年所用格式没有" in note for note in findings.notes)


# ------------------------------------------------------------------------------------ rates


def test_a_rate_has_one_denominator_and_what_is_pending_beside_it():
    assert "4.1%（审结 414 件，纠正 17 件，另有 26 件未审结；95% 区间 2.6 至 6.5%）" in first(
        *rates((17, 414, 26)), codes="correction_rate_decided"
    )
    english = first(*rates((17, 414, 26)), codes="correction_rate_decided", lang="en")
    assert "corrected 17 of 414 decided, 26 pending" in english


@pytest.mark.parametrize(
    ("counts", "chance"), [([(1, 20, 0), (2, 20, 0)], True), ([(1, 20, 0), (19, 20, 0)], False)]
)
def test_the_interval_of_a_difference_is_told_whether_or_not_it_holds_zero(counts, chance):
    sentence = first(*rates(*counts), codes="correction_rate_decided")
    told = [float(bound.replace("−", "-")) for bound in INTERVAL.search(sentence).groups()]
    (k, n, _), (before, of, _) = counts[1], counts[0]
    _, low, high = difference((k, n), (before, of))
    assert told == pytest.approx([100 * low, 100 * high], abs=0.05)
    assert ("可能出于偶然" in sentence) == chance and ("不含零" in sentence) != chance


def test_what_an_interval_means_on_a_full_count_is_said_once():
    findings = said(*rates((1, 20, 0), (2, 20, 0)), codes="correction_rate_decided")
    assert sum("全数统计，不是抽样" in note for note in findings.notes) == 1
    assert not any("全数统计" in note for note in said(*received([1, 2])).notes)


@pytest.mark.parametrize(("first_year", "crosses"), [(2022, True), (2023, True), (2021, False)])
@pytest.mark.parametrize("route", ["reconsideration", "direct_litigation"])
def test_a_comparison_across_the_law_of_2024_says_so(first_year, crosses, route):
    counts = [(1, 20, 0), (2, 20, 0), (3, 20, 0)][: 2 if first_year == 2023 else 3]
    code = {
        "reconsideration": "correction_rate_decided",
        "direct_litigation": "direct_litigation_loss_rate_decided",
    }[route]
    findings = said(*rates(*counts, route=route, first_year=first_year), codes=code)
    assert ("法律在此期间有变" in findings.sentences[0]) == crosses
    assert any("2024-01-01" in note and "行政复议法" in note for note in findings.notes) == crosses


def test_direct_lawsuits_before_and_after_the_law_are_not_subtracted():
    counts = [(1, 20, 0), (9, 20, 0)]
    code = "direct_litigation_loss_rate_decided"
    across = first(*rates(*counts, route="direct_litigation", first_year=2023), codes=code)
    assert "不是同一类案件，不作比较" in across and "百分点" not in across
    assert "百分点" in first(*rates(*counts, route="direct_litigation", first_year=2024), codes=code)


def test_numbers_of_cases_across_the_law_say_so_also_in_words():
    figures = [
        {"body": "甲市", "year": year, "scope": "region", "indicator": "reconsiderations", "value": value,
         "unit": "件", "precision": "exact"}
        for year, value in ((2023, 66), (2024, 201))
    ]  # fmt: skip
    findings = said(report("甲市", 2024, {}), codes="reconsiderations", figures=figures)
    assert "法律在此期间有变" in findings.sentences[0] and any(
        "行政复议法" in note for note in findings.notes
    )


def test_few_bodies_are_added_up_without_an_interval_over_them(lang="zh"):
    few = [report(f"机关{i}", 2024, dispute_cells("reconsideration", 8, 2, 0, 0)) for i in range(4)]
    few += [report("机关4", 2023, dispute_cells("reconsideration", 8, 2, 0, 0))]
    findings = said(*few, codes="correction_rate_decided", lang=lang)
    assert (
        "4 个机关合计 20.0%（40 件中的 8 件）" in findings.sentences[0]
        and "区间" not in findings.sentences[0]
    )
    assert any("不足 5 个" in note for note in findings.notes)


def test_requests_do_not_cross_the_law_of_disputes():
    assert not any("行政复议法" in note for note in said(*received([50, 60, 70], first=2022)).notes)


# ------------------------------------------------------------------------------------ beside others, many bodies


def peers(own, others):
    cells = {"甲市": own, **{f"机关{i}": other for i, other in enumerate(others)}}
    reports = [
        report(b, 2024, dispute_cells("reconsideration", n - c, c, 0, 0)) for b, (c, n) in cells.items()
    ]
    return first(*reports, codes="correction_rate_decided", beside="甲市")


def test_a_body_is_set_beside_its_peers_with_the_interval_of_the_difference():
    sentence = peers((80, 100), [(10, 100)] * 4)
    assert "同年 4 个可比机关合计 10.0%（400 件中的 40 件）" in sentence and "不含零" in sentence
    assert INTERVAL.search(sentence)
    assert "可能出于偶然" in peers((1, 3), [(10, 100)] * 4)


def test_a_number_is_set_beside_the_span_of_its_peers_and_not_ranked():
    reports = [
        report(b, 2024, {"requests.received.total": n})
        for b, n in zip("甲乙丙丁", (50.0, 7.0, 90.0, 8.0), strict=True)
    ]
    sentence = first(*reports, codes="requests_received", beside="甲")
    assert "50 件，同年 3 个可比机关在 7 至 90 件之间" in sentence


def test_two_peers_are_no_comparison():
    cells = {"甲市": (80, 100), "乙市": (10, 100), "丙市": (10, 100), "丁市": (0, 0)}
    reports = [
        report(b, 2024, dispute_cells("reconsideration", n - c, c, 0, 0)) for b, (c, n) in cells.items()
    ]
    findings = said(*reports, codes="correction_rate_decided", beside="甲市")
    assert not INTERVAL.search(findings.sentences[0])
    assert "同年可比的机关不足 3 个，不作比较：复议纠错率（审结案件）（2 个）。" in findings.notes


def test_a_body_without_a_usable_figure_is_not_compared():
    assert "没有要点" in peers((0, 0), [(10, 100)] * 4)


def test_many_bodies_are_pooled_and_not_told_one_by_one():
    reports = [report(f"机关{i}", 2024, dispute_cells("reconsideration", 8, 2, 0, 0)) for i in range(6)]
    findings = said(*reports, codes="correction_rate_decided")
    assert len(findings.sentences) == 1
    assert (
        "6 个机关合计 20.0%（60 件中的 12 件），以机关为样本的 95% 区间 20.0 至 20.0%"
        in findings.sentences[0]
    )
    assert "百分位" not in findings.sentences[0]


def test_a_page_has_at_most_five_sentences_the_first_measure_of_every_body_first():
    reports = [
        report(
            b,
            2024,
            {"requests.received.total": 9.0, "requests.concluded.total": 9.0, "requests.granted.total": 3.0},
        )
        for b in "甲乙丙"
    ]
    ds = dataset(*reports).select(["甲", "乙", "丙"])
    sentences = rl.say(ds, ["requests_received", "full_disclosure_rate"]).sentences
    assert [sentence[0] for sentence in sentences] == list("甲乙丙甲乙")


# ------------------------------------------------------------------------------------ what is not there


def test_three_words_for_absence():
    whole = {"requests.received.total": 5.0}
    ds = dataset(
        report("甲市", 2024, whole),
        report("乙市", 2024, whole | {"requests.granted.total": None}, kind="retyped"),
        report("丙市", 2024, whole | {"requests.granted.total": None}),
        report("甲市", 2020, {"disclosure.normative_documents.made": 9.0}, "2019"),
    ).select(["甲市", "乙市", "丙市", "丁市"])
    notes = rl.say(ds, ["requests_received", "normative_documents_issued"]).notes
    assert any(note.startswith("没有收集到年报的机关：丁市") for note in notes)
    assert any("转录件不全：乙市 2024 年 2 个单元格缺 1 个" in note for note in notes)
    assert any("年报文件中没有全部单元格：丙市" in note for note in notes)
    assert any("2020 年所用格式没有" in note for note in notes)


def test_a_body_with_figures_in_words_only_is_not_called_unknown():
    figure = {
        "body": "乙市",
        "year": 2024,
        "scope": "region",
        "indicator": "requests_new",
        "value": 5,
        "unit": "件",
    }
    ds = dataset(report("甲市", 2024, {"requests.received.total": 5.0}), figures=[figure]).select(
        ["甲市", "乙市"]
    )
    findings = rl.say(ds, ["requests_new"])
    assert "乙市·全市（县）汇总" in findings.sentences[0]
    assert any("只有正文或部分表格中的数字的机关：乙市。" in note for note in findings.notes)


def test_what_a_table_says_is_not_told_again_in_the_words_of_the_report():
    figure = {
        "body": "甲市",
        "year": 2024,
        "scope": "region",
        "indicator": "requests_new",
        "value": 5,
        "unit": "件",
    }
    ds = dataset(report("甲市", 2024, {"requests.received.total": 5.0}), figures=[figure])
    assert len(rl.say(ds, ["requests_received", "requests_new"]).sentences) == 1
    assert len(rl.say(ds, ["requests_new"]).sentences) == 1


def test_without_any_figure_nothing_is_claimed():
    findings = said(*received([None, None]))
    assert "没有要点" in findings.sentences[0] and not claims(str(findings), UP + DOWN)


# ------------------------------------------------------------------------------------ the state of the data


def test_the_state_of_the_data_counts_every_status():
    def cell(value, status):
        return (value, {"status": status})

    ds = dataset(
        report(
            "甲市",
            2024,
            {
                "requests.received.total": cell(5.0, "split"),
                "requests.granted.total": cell(None, "ambiguous"),
                "requests.concluded.total": cell(5.0, "derived"),
            },
        ),
        report("乙市", 2023, {"requests.received.total": 5.0}, disputes="absent", kind="retyped"),
    )
    state = str(rl.say(ds))
    assert "2 个机关 2023 至 2024 年的 2 份年报，其中 1 份三张表完整，1 份为转录件" in state
    assert "原文 1 个、连写拆分 1 个、按勾稽关系推得 1 个、有多种读法 1 个" in state and "更正" not in state


def test_findings_between_reports_count_beside_those_within():
    ds = dataset(report("甲市", 2024, {"requests.received.total": 5.0}))
    finding = {"report_id": "甲市-2024-region", "body": "甲市", "year": 2024, "verdict": "fail"}
    rules = ["requests_row_total", "carried_over", "carried_over"]
    ds.tiny["findings"] = ds.tiny["findings"].from_records([finding | {"rule": rule} for rule in rules])
    for name in ("left", "right"):
        ds.tiny["findings"][name] = None
    ds.tiny["findings"] = ds.tiny["findings"].assign(column="total", scope="region")
    assert "内部有 1 处勾稽关系不符，年度之间、机关之间或文字所述数字之间有 2 处不符" in str(rl.say(ds))
    english = str(rl.say(ds, lang="en"))
    assert (
        "1 sum within a report does not hold; 2 contradictions between years, between bodies"
        in english.lower()
    )


def test_contradictions_of_bodies_without_reports_are_counted():
    figure = {"body": "乙市", "year": 2024, "scope": "region", "indicator": "requests_new", "value": 5}
    ds = dataset(report("甲市", 2024, {"requests.received.total": 5.0}), figures=[figure])
    finding = {"report_id": "", "body": "乙市", "scope": "region", "year": 2024, "rule": "figures_balance"}
    ds.tiny["findings"] = ds.tiny["findings"].from_records(
        [finding | {"verdict": "fail", "column": "", "left": 1.0, "right": 2.0}]
    )
    assert "文字所述数字之间有 1 处不符" in str(rl.say(ds))
    words_only = rl.say(ds.select(bodies=["乙市"]))
    assert "没有收集到年报" in str(words_only) and "有 1 处不符" in str(words_only)


def test_numbers_of_many_bodies_are_never_added_up():
    ds = dataset(*(report(f"机关{n}", 2024, {"requests.received.total": 7.0}) for n in range(6)))
    (sentence,) = rl.say(ds, "requests_received").sentences
    assert "6 个机关 2024 年共有 6 个数字" in sentence and "不合计" in sentence and "42" not in sentence


def test_many_bodies_of_two_scopes_are_told_apart():
    cases = dispute_cells("reconsideration", 8, 2, 0, 0)
    reports = [report(f"机关{n}", 2024, cases, scope="region" if n else "own") for n in range(6)]
    findings = said(*reports, codes="correction_rate_decided")
    assert "·全市（县）汇总，2024 年：5 个机关合计 20.0%（50 件中的 10 件）" in findings.sentences[0]
    assert any("分开合计" in note for note in findings.notes)


def test_more_bodies_than_are_named_are_counted_as_bodies():
    names = [f"机关{n}" for n in range(9)]
    ds = dataset(report("机关", 2024, {"requests.received.total": 5.0})).select(names)
    assert "另有 3 个机关。" in str(rl.say(ds)) and "3 more." in str(rl.say(ds, lang="en"))


def test_no_blank_stands_between_chinese_characters():
    figure = {
        "body": "甲市",
        "scope": "region",
        "indicator": "proactive_items",
        "unit": "条",
        "kind": "headline",
    }
    figures = [figure | {"year": year, "value": 140000, "precision": "at_least"} for year in (2023, 2024)]
    (sentence,) = rl.say(dataset(report("甲市", 2024, {}), figures=figures), "proactive_items").sentences
    assert "2024 年为不少于 140,000 条" in sentence
    assert not re.search(r"[\u4e00-\u9fff] [\u4e00-\u9fff]", sentence)


def test_an_empty_selection_says_that_it_is_empty():
    ds = dataset(report("甲市", 2024, {"requests.received.total": 5.0}))
    assert "没有收集到年报" in str(rl.say(ds.select(years=[1999])))


# ------------------------------------------------------------------------------------ how they are shown


def test_an_unknown_code_is_told_with_the_nearest():
    with pytest.raises(ReportlibError, match="unknown indicator"):
        said(*received([1]), codes="requests_recieved")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_english_findings_hold_no_chinese_but_names(lang):
    reports = [*rates((1, 20, 3), (9, 20, 0), (3, 20, 0), first_year=2023)]
    text = str(said(*reports, codes="correction_rate_decided", lang=lang)).replace("甲市", "")
    assert bool(re.search("[一-鿿]", text)) == (lang == "zh")


def test_a_hostile_name_stays_text():
    shown = said(*received([1, 2], body="<script>alert(1)</script>"))._repr_html_()
    assert "<script" not in shown and "&lt;script" in shown


def test_a_number_keeps_its_unit_at_the_end_of_a_line():
    assert "60\u00a0件" in said(*received([50, 60]))._repr_html_()
