import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
from tiny import dataset, dispute_cells, report

import reportlib as rl
from reportlib.analysis import indicators as definitions
from reportlib.analysis.indicators import catalogue, indicator
from reportlib.errors import ReportlibError
from reportlib.form import edition, load_toml


def one(ds, code, **options):
    frame = rl.indicators(ds, code, **options)
    assert len(frame) == 1
    return frame.iloc[0]


def test_a_misspelt_operand_is_an_error_that_names_entry_and_nearest(monkeypatch):
    data = load_toml("indicators.toml")
    misspelt = {**data["indicators"][0], "numerator": ["requests.recieved.total"]}
    data = {**data, "indicators": [misspelt]}
    monkeypatch.setattr(definitions, "load_toml", lambda name: data)
    definitions._catalogue.cache_clear()
    try:
        with pytest.raises(ReportlibError, match=r"requests\.received\.total") as error:
            catalogue()
    finally:
        monkeypatch.undo()
        definitions._catalogue.cache_clear()
    assert error.value.place == "requests_received"


def test_codes_are_unique_and_alternatives_name_a_declared_rate():
    codes = list(catalogue()["indicator"])
    assert len(codes) == len(set(codes))
    for code in codes:
        other = indicator(code).alternative_of
        assert not other or indicator(other).alternative_of == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_definition_is_complete_in_words(lang):
    frame = catalogue(lang)
    assert not (frame[["name", "numerator", "caveat", "source"]] == "").any(axis=None)
    assert frame.loc[frame["kind"] != frame.loc[0, "kind"], "denominator"].ne("").any()
    assert not frame["numerator"].str.contains("_").any(), "a code shows where a word should stand"


def test_the_mix_of_refusal_grounds_and_of_applicants_is_complete():
    requests = edition("2021").table("requests")
    codes = set(catalogue()["indicator"])
    assert {f"share_{row}" for row in requests.members("refused")} <= codes
    assert {f"share_applicant_{c.code}" for c in requests.columns if c.code != "total"} <= codes


def test_a_rate_carries_its_numerator_denominator_and_interval():
    line = one(
        dataset(report("甲市", 2023, dispute_cells("reconsideration", 80, 10, 10, 20))),
        "correction_rate_decided",
    )
    assert (line["numerator"], line["denominator"], line["value"], line["unit"]) == (10, 100, 10, "%")
    assert line["low"] == pytest.approx(5.52, abs=0.01) and line["high"] == pytest.approx(17.44, abs=0.01)
    assert line["status"] == "defined" and line["missing"] == ""


def test_decided_and_all_cases_differ_by_the_pending():
    ds = dataset(report("甲市", 2023, dispute_cells("reconsideration", 80, 10, 10, 20)))
    assert one(ds, "correction_rate_all_cases")["denominator"] == 120


def test_nothing_divided_by_nothing_is_undefined_not_zero_and_not_a_hundred():
    line = one(
        dataset(report("甲市", 2023, dispute_cells("reconsideration", 0, 0, 0, 0))), "correction_rate_decided"
    )
    assert line["status"] == "undefined"
    assert pd.isna(line["value"]) and pd.isna(line["low"]) and pd.isna(line["high"])


def test_only_pending_cases_leave_the_decided_rate_undefined():
    line = one(
        dataset(report("甲市", 2023, dispute_cells("reconsideration", 0, 0, 0, 7))), "correction_rate_decided"
    )
    assert line["status"] == "undefined"


def test_a_missing_operand_is_named_and_nothing_is_computed():
    cells = dispute_cells("reconsideration", 80, 10, 10, 20) | {"disputes.reconsideration.pending": None}
    ds = dataset(report("甲市", 2023, cells))
    line = one(ds, "correction_rate_decided")
    assert line["status"] == "incomplete" and pd.isna(line["value"]) and pd.isna(line["denominator"])
    assert line["missing"] == "行政复议·尚未审结"
    assert one(ds, "correction_rate_decided", lang="en")["missing"] == "reconsideration, pending"


def test_a_suspect_operand_marks_the_rate_and_keeps_it():
    cells = dispute_cells("reconsideration", 80, 10, 10, 20)
    cells["disputes.reconsideration.corrected"] = (10.0, {"suspect": True})
    line = one(dataset(report("甲市", 2023, cells)), "correction_rate_decided")
    assert line["status"] == "suspect" and line["value"] == 10


def test_a_part_larger_than_its_whole_is_suspect_and_has_no_interval():
    cells = {"requests.concluded.total": 5.0, "requests.granted.total": 9.0}
    line = one(dataset(report("甲市", 2023, cells)), "full_disclosure_rate")
    assert line["status"] == "suspect" and pd.isna(line["low"]) and line["note"]


def test_more_pending_than_cases_gives_no_rate():
    cells = dispute_cells("reconsideration", 0, 0, 0, 0) | {"disputes.reconsideration.pending": 3.0}
    line = one(dataset(report("甲市", 2023, cells)), "correction_rate_decided")
    assert line["status"] == "suspect" and pd.isna(line["value"])


def test_derived_operands_are_said():
    cells = dispute_cells("reconsideration", 80, 10, 10, 20)
    cells["disputes.reconsideration.pending"] = (20.0, {"status": "derived"})
    line = one(dataset(report("甲市", 2023, cells)), "correction_rate_decided")
    assert line["status"] == "defined" and "推得" in line["note"]


def test_a_ratio_that_is_no_share_has_no_interval():
    cells = dispute_cells("reconsideration", 1, 1, 1, 1) | {"requests.concluded.total": 2.0}
    line = one(dataset(report("甲市", 2023, cells)), "reconsideration_rate")
    assert line["value"] == 200 and line["status"] == "defined" and pd.isna(line["low"])


def test_both_kinds_of_lawsuits_are_added_by_their_group():
    cells = dispute_cells("direct_litigation", 3, 1, 0, 0) | dispute_cells(
        "litigation_after_reconsideration", 4, 2, 0, 5
    )
    line = one(dataset(report("甲市", 2023, cells)), "litigation_loss_rate_decided")
    assert (line["numerator"], line["denominator"]) == (3, 10)


def received(*values, form="2021", first=2021, scope="region"):
    years = enumerate(values, first)
    return [report("甲市", year, {"requests.received.total": value}, form, scope) for year, value in years]


def test_change_on_year_uses_the_year_before_of_the_same_scope():
    ds = dataset(*received(100.0, 150.0), *received(7.0, first=2021, scope="own"))
    line = one(ds, "requests_received_change", years=[2022])
    assert line["value"] == 50 and line["denominator"] == 100


def test_a_gap_year_leaves_the_change_incomplete():
    ds = dataset(*received(100.0), *received(150.0, first=2023))
    line = one(ds, "requests_received_change", years=[2023])
    assert line["status"] == "incomplete" and line["missing"].startswith("上年·")


def test_a_change_from_zero_is_undefined():
    assert (
        one(dataset(*received(0.0, 150.0)), "requests_received_change", years=[2022])["status"] == "undefined"
    )


def test_a_selection_of_years_still_finds_the_year_before():
    ds = dataset(*received(100.0, 150.0)).select(years=[2022])
    assert one(ds, "requests_received_change")["value"] == 50


def test_requests_are_comparable_across_the_editions():
    ds = dataset(*received(100.0, form="2019", first=2020), *received(150.0))
    frame = rl.indicators(ds, ["requests_received", "requests_received_change"])
    assert frame["comparable"].all()
    assert frame["value"].tolist()[-1] == 50


def documents(year, form="2021", **cells):
    return report(
        "甲市", year, {f"disclosure.normative_documents.{name}": float(n) for name, n in cells.items()}, form
    )


def test_the_repeal_rate_is_of_last_years_stock_and_this_years_documents():
    ds = dataset(
        documents(2022, issued=5, repealed=1, in_force=90),
        documents(2023, issued=10, repealed=20, in_force=80),
    )
    line = one(ds, "normative_documents_repeal_rate", years=[2023])
    assert (line["numerator"], line["denominator"], line["value"]) == (20, 100, 20)


def test_what_the_older_form_does_not_ask_for_is_missing_and_breaks_the_series():
    ds = dataset(
        documents(2020, "2019", made=5, newly_disclosed=5, disclosed_total=90),
        documents(2021, issued=10, repealed=20, in_force=80),
    )
    frame = rl.indicators(ds, "normative_documents_net_change")
    assert frame["status"].tolist() == ["incomplete", "defined"]
    assert frame["comparable"].tolist() == [True, False]
    assert all("2019" in note for note in frame["note"])


def test_a_group_of_one_row_and_of_three_rows_gives_the_same_rate():
    old = {"requests.concluded.total": 10.0, "requests.other.total": 4.0}
    new = {"requests.concluded.total": 10.0} | {
        f"requests.{row}.total": float(n)
        for row, n in (("other_not_corrected_in_time", 1), ("other_fee_unpaid", 0), ("other_other", 3))
    }
    frame = rl.indicators(
        dataset(report("甲市", 2020, old, "2019"), report("甲市", 2021, new)), "other_handled_rate"
    )
    assert frame["value"].tolist() == [40, 40] and frame["comparable"].all()


def test_an_unknown_code_is_refused_with_the_nearest():
    with pytest.raises(ReportlibError, match="correction_rate_decided"):
        rl.indicators(dataset(*received(1.0)), "corection_rate_decided")


def test_an_empty_selection_gives_an_empty_frame_with_all_columns():
    frame = rl.indicators(dataset(*received(1.0)), ["closure_rate"], years=[1999])
    assert len(frame) == 0 and "missing" in frame and frame["value"].dtype == "Float64"


def test_the_public_name_is_the_function_even_after_its_module_was_imported():
    code = "import reportlib.analysis.indicators, reportlib as rl; print(callable(rl.indicators), len(rl.catalogue()) > 30)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "True True\n"
    )


# ------------------------------------------------------------------ beside the tables
def test_the_comparable_rate_leaves_out_what_was_not_decided_on():
    rows = {"granted": 30, "partly_granted": 10, "refused_third_party": 10, "unavailable_not_held": 50}
    refused = dict.fromkeys(edition("2021").table("requests").members("refused"), 0)
    cells = {f"requests.{row}.total": float(n) for row, n in {**refused, **rows, "concluded": 100}.items()}
    line = one(dataset(report("甲市", 2023, cells)), "comparable_disclosure_rate")
    assert (line["numerator"], line["denominator"], line["value"]) == (40, 50, 80)
    held = one(dataset(report("甲市", 2023, cells)), "rate_unavailable_not_held")
    assert (held["value"], held["denominator"]) == (50, 100)


def test_a_backlog_is_counted_in_months_of_the_years_pace():
    cells = {"requests.concluded.total": 120.0, "requests.carried_out.total": 25.0}
    line = one(dataset(report("甲市", 2023, cells)), "backlog_months")
    assert (line["value"], line["unit"]) == (2.5, "个月")


def test_publication_is_measured_against_the_legal_date():
    cells = {"requests.concluded.total": 1.0}
    own = report("甲局", 2023, cells, scope="own", date_published="2024-02-01")
    whole = report("甲市", 2023, cells, date_published="2024-03-31")
    undated = report("乙市", 2023, cells)
    frame = rl.indicators(dataset(own, whole, undated), "published_on_time_rate").set_index("body")
    assert frame["value"].dropna().to_dict() == {"甲局": 0, "甲市": 100}
    assert frame.loc["乙市", "status"] == "incomplete"
    days = rl.indicators(dataset(own, whole), "publication_days").set_index("body")["value"]
    assert days.to_dict() == {"甲局": 32, "甲市": 91}


def test_requests_per_people_are_for_whole_regions_only(tmp_path):
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    head = "name,aliases,former_names,short_name,region_code,level,parent,valid_from,valid_to"
    bodies = [head, "甲市,,,,419900,city,,,", "甲市办公室,,,,419900,department,甲市,,"]
    (raw / "bodies.csv").write_text("\n".join(bodies), encoding="utf-8")
    people = ["region_code,population,kind", "419900,50000,census", "419900,70000,year_end"]
    (raw / "population.csv").write_text("\n".join(people), encoding="utf-8")
    cells = {"requests.received.total": 30.0}
    whole, office = report("甲市", 2023, cells), report("甲市办公室", 2023, cells, scope="own")
    ds = replace(dataset(whole, office, report("甲市", 2023, cells, scope="own")), home=tmp_path)
    frame = rl.indicators(ds, "requests_per_10000")
    assert frame["value"].dropna().tolist() == [6]
    assert frame.loc[frame["value"].notna(), ["body", "scope"]].to_numpy().tolist() == [["甲市", "region"]]


def test_the_largest_kind_of_applicant_takes_its_doubts_along():
    columns = [c.code for c in edition("2021").table("requests").columns]
    counts = dict(zip(columns, (60, 20, 10, 5, 3, 2, 100), strict=True))
    cells = {f"requests.received.{column}": float(n) for column, n in counts.items()}
    assert one(dataset(report("甲市", 2023, cells)), "largest_applicant_share")["value"] == 60
    cells["requests.received.company"] = (20.0, {"suspect": True})
    assert one(dataset(report("甲市", 2023, cells)), "largest_applicant_share")["status"] == "suspect"


def test_the_laws_break_is_carried_by_the_rates_that_it_touches():
    cells = dispute_cells("direct_litigation", 1, 1, 1, 1) | {"requests.concluded.total": 1.0}
    ds = dataset(report("甲市", 2023, cells), report("甲市", 2024, cells))
    law = rl.indicators(ds, "direct_litigation_loss_rate_decided").set_index("year")["law"]
    assert law.to_dict() == {2023: "", 2024: "reconsideration_first"}
    assert set(rl.indicators(ds, "closure_rate")["law"]) == {""}


def test_nothing_asked_is_an_empty_frame_with_its_columns():
    ds = dataset(*received(1.0))
    frame, other = rl.indicators(ds, []), rl.indicators(ds, "requests_received")
    assert len(frame) == 0 and frame.dtypes.equals(other.dtypes)
