import re
from itertools import pairwise

import pandas as pd
import pytest
from tiny import dataset, dispute_cells, report

import reportlib as rl
from reportlib.display import sentences as say
from reportlib.errors import ReportlibError

UP, DOWN = ("上升", "增加", "rose", "more", "up "), ("下降", "减少", "fell", "less", "down ")


def series(values, first=2020, body="甲市", **columns):
    years = range(first, first + len(values))
    frame = pd.DataFrame({"body": body, "scope": "region", "year": years, "value": values, "unit": "件"})
    return frame.assign(value=frame["value"].astype("Float64"), **columns)


def claims(sentence, words):
    return any(word in sentence for word in words)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_reversed_series_gets_the_reversed_sentence(lang):
    rising, falling = (say.trend(series(values), "received", lang) for values in ([50, 60, 80], [80, 60, 50]))
    assert claims(rising, UP) and not claims(rising, DOWN)
    assert claims(falling, DOWN) and not claims(falling, UP)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_flat_series_neither_rises_nor_falls(lang):
    said = say.trend(series([50, 50, 50]), "received", lang)
    assert "50" in said and not claims(said, UP) and not claims(said, DOWN)


def test_ups_and_downs_are_no_trend():
    said = say.trend(series([50, 80, 60]), "received")
    assert "没有一致的方向" in said and "80 件（2021 年）" in said and "逐年" not in said


def test_two_points_are_facts_and_no_trend():
    said = say.trend(series([50, 80]), "received")
    assert "50" in said and "80" in said and "不能说明趋势" in said and "逐年" not in said


def test_one_point_shows_no_change():
    said = say.trend(series([50]), "received")
    assert "50" in said and "看不出变化" in said and not claims(said, UP + DOWN)


@pytest.mark.parametrize("frame", [series([None, None]), series([])])
def test_without_data_nothing_is_claimed(frame):
    said = say.trend(frame, "received")
    assert "不作判断" in said and not claims(said, UP + DOWN)


def test_a_suspect_figure_is_left_out_and_named():
    said = say.trend(series([50, 60, 999], suspect=[False, False, True]), "received")
    assert "999" not in said and "2022 年的数字与表内勾稽关系不符" in said and "不能说明趋势" in said


def test_a_gap_is_said_and_the_years_around_it_are_not_called_every_year():
    said = say.trend(series([50, None, 60, 70]), "received")
    assert "2021 年没有数字" in said and "逐年" not in said


def test_small_numbers_may_be_chance():
    assert "偶然" in say.trend(series([1, 2, 4]), "received")
    assert "偶然" not in say.trend(series([100, 200, 400]), "received")


def test_no_percentage_of_a_handful():
    assert "%" not in say.trend(series([1, 3]), "received")
    assert "+50.0 %" in say.trend(series([100, 150]), "received")


def test_contradictory_figures_of_one_year_are_left_out():
    frame = pd.concat([series([50, 60, 70]), series([55], first=2021)])
    said = say.trend(frame, "received")
    assert "2021 年有互相矛盾的数字" in said and "60" not in said and "55" not in said


def test_what_came_before_a_break_of_the_form_is_not_compared():
    said = say.trend(series([10, 50, 60, 80], comparable=[True, False, True, True]), "received")
    assert "2021 年起与以前不可比" in said and "2021 至 2023" in said and "从 50" in said


def test_rates_whose_difference_may_be_chance_say_so():
    def rates(*corrected):
        years = enumerate(corrected, 2020)
        ds = dataset(
            *(report("甲市", y, dispute_cells("reconsideration", 20 - c, c, 0, 0)) for y, c in years)
        )
        return say.trend(rl.indicators(ds, "correction_rate_decided"), "correction_rate_decided")

    assert "可能出于偶然" in rates(1, 2, 3)
    assert "可能出于偶然" not in rates(1, 8, 19)


def test_derived_and_rounded_figures_are_said_to_be():
    assert "（推得）" in say.trend(series([50], status="derived"), "received")
    assert "约 50" in say.trend(series([50], precision="rounded"), "received")
    assert "at least 50" in say.trend(series([50], precision="at_least"), "received", "en")


@pytest.mark.parametrize("precision", ["rounded", "at_least"])
def test_bounds_and_rounded_figures_are_not_subtracted_nor_given_a_direction(precision):
    said = say.trend(series([180000, 140000, 90000], precision=precision), "proactive_items")
    assert "180,000" in said and "不判断方向" in said and not claims(said, UP + DOWN)


def test_a_cell_is_named_by_its_row_and_column():
    cells = {"disclosure.normative_documents.issued": 5.0}
    said = say.trend(dataset(report("甲市", 2024, cells)).cells, "issued")
    assert "行政规范性文件·本年制发件数" in said and "5 件" in said
    old = report("甲市", 2020, {"disclosure.procurement.amount": 251000.0}, "2019")
    assert "政府集中采购·采购总金额" in say.trend(dataset(old).cells, "amount")


def test_amounts_in_units_of_their_own_are_not_compared():
    amounts = [(2019, 251000.0), (2020, 160.5964)]
    ds = dataset(
        *(report("甲市", year, {"disclosure.procurement.amount": value}, "2019") for year, value in amounts)
    )
    said = say.trend(ds.cells, "amount")
    assert "251,000" in said and "160.5964" in said and "不能比较" in said and not claims(said, UP + DOWN)


def test_scopes_are_never_joined():
    frame = pd.concat([series([50, 60]), series([5, 6]).assign(scope="own")])
    said = say.trend(frame, "received")
    assert said.count("不能说明趋势") == 2 and "全市（县）汇总" in said and "本机关" in said


def test_many_bodies_are_counted_not_told_one_by_one():
    frame = pd.concat(
        [series([10, 20 - i], body=f"机关{i}") for i in range(0, 20, 2)] + [series([10], body="独")]
    )
    said = say.trend(frame, "received")
    assert "11 个机关" in said and "5 个上升、4 个下降、1 个持平，1 个不足" in said


@pytest.mark.parametrize("values", [[3511, 3525, 3830], [812, 40, 77, 1203], [17], [5, 5]])
def test_every_number_said_stands_in_the_frame_or_follows_from_it(values):
    said = say.trend(series(values), "received")
    changes = {abs(b - a) for a, b in [*pairwise(values), (values[0], values[-1])]}
    years = set(range(2020, 2020 + len(values)))
    for text in re.findall(r"(?<![\d.])[\d,]+(?![\d.,]*\s*%)", said.replace("+", "")):
        assert int(text.replace(",", "")) in {*values, *changes, *years}, said


# ------------------------------------------------------------------------------------ parts of a whole


def parts(values, whole=None, **columns):
    rows = ["granted", "partly_granted", "refused"][: len(values)]
    frame = pd.DataFrame(
        {"body": "甲市", "scope": "region", "year": 2024, "table": "requests", "row": rows, "value": values}
    )
    if whole is not None:
        frame.loc[len(frame)] = ["甲市", "region", 2024, "requests", "concluded", whole]
    return frame.assign(value=frame["value"].astype("Float64"), **columns)


def test_the_largest_part_comes_first_with_its_share():
    said = say.composition(parts([20, 10, 70], 100))
    assert (
        said.index("不予公开 70 件（70.0 %）")
        < said.index("予以公开 20 件（20.0 %）")
        < said.index("部分公开")
    )


def test_shares_are_not_given_where_a_part_is_missing():
    said = say.composition(parts([20, None, 70]))
    assert "缺少部分公开" in said and "%" not in said


@pytest.mark.parametrize(
    "frame", [parts([20, 10, 70], 101), parts([20, 10, 70], suspect=[True, False, False])]
)
def test_shares_are_not_given_where_the_figures_contradict_each_other(frame):
    said = say.composition(frame)
    assert "不计算构成" in said and "%" not in said


def test_the_latest_whole_year_is_told_and_what_is_wrong_with_the_latest():
    said = say.composition(pd.concat([parts([20, 10, 70], 100).assign(year=2023), parts([20, None, 70])]))
    assert "2024 年：缺少部分公开" in said and "2023 年：共 100 件" in said


def test_rates_are_refused_as_parts():
    ds = dataset(report("甲市", 2024, {"requests.granted.total": 30.0, "requests.concluded.total": 100.0}))
    with pytest.raises(ReportlibError, match="counts"):
        say.composition(rl.indicators(ds, "full_disclosure_rate"), part="indicator")


def test_a_whole_of_zero_has_no_composition():
    assert "合计为零" in say.composition(parts([0, 0, 0], 0))


def test_shares_of_few_cases_are_called_unstable():
    assert "占比不稳定" in say.composition(parts([1, 2, 3]))


# ------------------------------------------------------------------------------------ a body beside its peers


def peers(own, others):
    cells = {"甲市": own, **{f"机关{i}": other for i, other in enumerate(others)}}
    reports = [
        report(b, 2024, dispute_cells("reconsideration", n - c, c, 0, 0)) for b, (c, n) in cells.items()
    ]
    return say.comparison(rl.indicators(dataset(*reports), "correction_rate_decided"), "甲市")


def test_a_body_is_called_above_its_peers_only_when_its_interval_is():
    assert "整个高于" in peers((80, 100), [(10, 100)] * 4)
    assert "整个低于" in peers((1, 100), [(50, 100)] * 4)
    assert "不能说高于或低于" in peers((1, 3), [(10, 100)] * 4)


def test_two_peers_are_no_comparison():
    assert "不作比较" in peers((80, 100), [(10, 100)] * 2)


def test_peers_without_decided_cases_do_not_count():
    assert "只有 2 个" in peers((80, 100), [(10, 100), (10, 100), (0, 0), (0, 0)])


def test_a_body_without_a_usable_figure_is_not_compared():
    said = peers((0, 0), [(10, 100)] * 4)
    assert "不能比较" in said and "中位数" not in said


# ------------------------------------------------------------------------------------ disputes, state of the data


def disputes(reconsideration, direct, after=(0, 0, 0, 0), year=2024, body="甲市"):
    return report(
        body,
        year,
        dispute_cells("reconsideration", *reconsideration)
        | dispute_cells("direct_litigation", *direct)
        | dispute_cells("litigation_after_reconsideration", *after),
    )


def test_endings_are_told_with_counts_rate_and_interval():
    said = say.litigation(dataset(disputes((80, 10, 10, 20), (30, 0, 0, 4), (1, 5, 0, 0))))
    assert (
        "行政复议 120 件，审结 100 件，其中纠正 10 件（10.0 %，95% 区间 5.5 % 至 17.4 %），尚未审结 20 件"
        in said
    )
    assert "行政诉讼 40 件，审结 36 件，其中纠正 5 件" in said


def test_no_cases_all_pending_and_few_cases_are_told_apart():
    assert "没有行政诉讼案件" in say.litigation(dataset(disputes((80, 10, 10, 20), (0, 0, 0, 0))))
    assert "行政诉讼 4 件，都未审结" in say.litigation(dataset(disputes((80, 10, 10, 20), (0, 0, 0, 4))))
    assert "比率很不稳定" in say.litigation(dataset(disputes((80, 10, 10, 20), (2, 1, 0, 0))))


def test_missing_and_suspect_disputes_are_not_computed():
    body, year, scope, form, cells, facts = disputes((80, 10, 10, 20), (30, 0, 0, 4))
    missing = cells | {"disputes.reconsideration.corrected": None}
    suspect = cells | {"disputes.reconsideration.corrected": (10.0, {"suspect": True})}
    said = [say.litigation(dataset((body, year, scope, form, c, facts))) for c in (missing, suspect)]
    assert "行政复议：" not in said[0] and "行政复议的数字不全" in said[0] and "10.0 %" not in said[0]
    assert "行政复议的数字与表内勾稽关系不符" in said[1] and "10.0 %" not in said[1]


def test_without_a_disputes_table_nothing_is_said_of_disputes():
    said = say.litigation(dataset(report("甲市", 2024, {"requests.received.total": 5.0})))
    assert "不作判断" in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_state_of_the_data_counts_what_was_read_and_names_what_was_not(lang):
    ds = dataset(
        report("甲市", 2024, {"requests.received.total": 5.0}, derived=3, fails=2, suspect=4),
        report("乙市", 2023, {"requests.received.total": 5.0}, disputes="absent", kind="retyped"),
    )
    said = say.data_state(ds, lang=lang)
    assert "乙市" in said and "2023" in said and "甲市" not in said
    assert ("2 处与勾稽关系不符" if lang == "zh" else "2 sums do not hold") in said
    assert ("1 份为转录件" if lang == "zh" else "1 of them retyped") in said


def test_an_empty_selection_says_that_it_is_empty():
    ds = dataset(report("甲市", 2024, {"requests.received.total": 5.0}))
    assert "没有读到报告" in say.data_state(ds, years=[1999])


def test_a_hostile_name_stays_text():
    html = say.trend(series([1, 2], body="<script>alert(1)</script>"), '"><img src=x>')._repr_html_()
    assert "<script" not in html and "<img" not in html and "&lt;script" in html
