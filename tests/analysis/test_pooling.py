"""Many bodies together, none counted twice."""

from pathlib import Path

import pytest
from tiny import dataset, dispute_cells, report

import reportlib as rl
from reportlib.errors import ReportlibError

HEAD = "name,aliases,former_names,short_name,region_code,level,parent,valid_from,valid_to,children_complete\n"


def register(home: Path, *lines: str) -> Path:
    folder = home / "data" / "raw"
    folder.mkdir(parents=True)
    (folder / "bodies.csv").write_text(HEAD + "".join(f"{line},\n" for line in lines), encoding="utf-8")
    return home


@pytest.fixture
def home(tmp_path):
    return register(
        tmp_path,
        "甲市,,,,320100,city,,,",
        "甲市教育局,,,,320100,department,甲市,,",
        "乙县,,,,320101,county,甲市,,",
        "丙镇,,,,320101,township,乙县,,",
        "丁市,,,,330100,city,,,",
    )


def rate(body, corrected, upheld, scope="region", year=2024, pending=0):
    return report(body, year, dispute_cells("reconsideration", upheld, corrected, 0, pending), scope=scope)


def pooled(ds, **options):
    return rl.pool(ds, "correction_rate_decided", **options).set_index("group")


def test_the_pool_is_all_numerators_over_all_denominators(home):
    ds = dataset(rate("甲市", 10, 90), rate("丁市", 0, 300), home=home)
    line = pooled(ds).loc[""]
    assert (line["numerator"], line["denominator"], line["bodies"]) == (10, 400, 2)
    assert line["value"] == pytest.approx(2.5)


def test_percentiles_are_of_ten_bodies_or_more_and_intervals_of_five_or_more(home):
    def among(number):
        return pooled(dataset(*(rate(f"{n}市", n, 100 - n) for n in range(number)), home=home)).loc[""]

    assert among(4)[["low", "high", "p10", "p90"]].isna().all()
    assert among(9)[["low", "high"]].notna().all() and among(9)[["p10", "p90"]].isna().all()
    assert among(11)["p10"] == pytest.approx(1) and among(11)["p90"] == pytest.approx(9)


def test_years_of_other_bodies_are_not_comparable(home):
    twice = [rate("甲市", 10, 90, year=year) for year in (2021, 2022)]
    ds = dataset(*twice, rate("丁市", 1, 9, year=2022), rate("丁市", 1, 9, year=2023), home=home)
    assert pooled(ds)["comparable"].tolist() == [True, False, False]
    assert pooled(dataset(*twice, home=home))["comparable"].tolist() == [True, True]


def test_who_another_report_includes_is_not_counted_again(home):
    own = rate("甲市", 5, 5, scope="own")
    ds = dataset(rate("甲市", 10, 90), own, rate("乙县", 9, 1), rate("丙镇", 7, 3), home=home)
    frame = pooled(ds).set_index("scope")
    assert frame.loc["region", ["numerator", "bodies", "included"]].tolist() == [10, 1, 2]
    assert frame.loc["own", ["numerator", "bodies", "included"]].tolist() == [5, 1, 0]


def test_scopes_are_never_added_up(home):
    ds = dataset(rate("甲市", 10, 90), rate("丁市", 0, 300, scope="own"), home=home)
    frame = pooled(ds).set_index("scope")
    assert frame["numerator"].to_dict() == {"own": 0, "region": 10}
    assert frame["comparable"].all()


def test_bodies_of_another_level_do_not_include_each_other_in_its_group(home):
    ds = dataset(rate("甲市", 10, 90), rate("乙县", 4, 6), rate("丁市", 0, 300), home=home)
    frame = pooled(ds, by="level")
    assert frame.loc["county", "value"] == pytest.approx(40) and frame.loc["city", "bodies"] == 2
    provinces = pooled(ds, by="province")
    assert provinces.loc["32", "included"] == 1 and provinces.loc["33", "value"] == 0


def test_the_interval_is_over_bodies(home):
    alike = dataset(*(rate(f"{n}市", 10, 90) for n in range(5)), home=home)
    line = pooled(alike).loc[""]
    assert line["low"] == pytest.approx(line["high"]) == pytest.approx(10)
    apart = dataset(*(rate(f"{n}市", 20 * (n % 2), 100 - 20 * (n % 2)) for n in range(6)), home=home)
    line = pooled(apart).loc[""]
    # six bodies, residuals all 10 of 100: 10 * sqrt(6/5 * 6) / 6 per cent, times t with 5 degrees of freedom
    assert line["high"] - line["value"] == pytest.approx(2.5706 * 10 * (6 / 5 * 6) ** 0.5 / 6, rel=1e-4)


def test_one_body_has_no_interval_and_what_is_unknown_is_left_out(home):
    ds = dataset(rate("甲市", 1, 9), report("丁市", 2024, {"disputes.reconsideration.total": 3.0}), home=home)
    line = pooled(ds).loc[""]
    assert line["bodies"] == 1 and line["left_out"] == 1
    assert line[["low", "high"]].isna().all()


def test_counts_are_summed(home):
    cells = {"requests.received.total": 7.0}
    ds = dataset(report("甲市", 2024, cells), report("丁市", 2024, cells), home=home)
    (line,) = rl.pool(ds, "requests_received").to_dict("records")
    assert line["value"] == 14 and line["bodies"] == 2


def test_an_unknown_way_to_group_is_an_error(home):
    with pytest.raises(ReportlibError, match="year, level or province"):
        rl.pool(dataset(rate("甲市", 1, 9), home=home), "correction_rate_decided", by="colour")


def test_the_register_narrows_a_dataset(home):
    ds = dataset(rate("甲市", 1, 9), rate("乙县", 1, 9), rate("丁市", 1, 9), rate("丙镇", 1, 9), home=home)
    assert set(ds.select(level="city").reports["body"]) == {"甲市", "丁市"}
    assert set(ds.select(region="3201").reports["body"]) == {"甲市", "乙县", "丙镇"}
    assert set(ds.select(region="330000").reports["body"]) == {"丁市"}
    assert set(ds.select(parent="甲市").reports["body"]) == {"乙县"}
    assert set(ds.select(level="city", region="33").reports["body"]) == {"丁市"}
    assert ds.children("甲市") == ["乙县"] and ds.children("丁市") == []
    narrowed = ds.select(bodies=["甲市", "乙县"])
    assert set(narrowed.select(level="city").reports["body"]) == {"甲市"}, "a selection is never widened"
    with pytest.raises(ReportlibError, match="no body with data has level planet"):
        ds.select(level="planet")


def test_the_panel_has_a_line_per_body_scope_and_year(home):
    ds = dataset(rate("甲市", 1, 9), rate("甲市", 2, 8, year=2023), rate("戊局", 0, 0, "own"), home=home)
    panel = ds.panel(["correction_rate_decided", "requests_received"])
    assert len(panel) == 3
    line = panel.set_index(["body", "year"]).loc[("甲市", 2024)]
    assert line["correction_rate_decided"] == pytest.approx(10) and line["level"] == "city"
    assert line["requests_received_status"] == "incomplete" and line["parent"] == ""
    other = panel.set_index("body").loc["戊局"]
    assert other["correction_rate_decided_status"] == "undefined" and other["level"] == ""
