import subprocess
import sys

import pandas as pd
import pytest
from tiny import dataset, dispute_cells, report

import reportlib as rl
from reportlib.analysis.indicators import catalogue, indicator
from reportlib.errors import ReportlibError
from reportlib.form import edition
from reportlib.form.crosswalk import links


def one(ds, code, **options):
    frame = rl.indicators(ds, code, **options)
    assert len(frame) == 1
    return frame.iloc[0]


def test_every_operand_of_the_catalogue_is_a_cell_or_group_of_the_newest_form():
    cells = set(links("2021"))
    form = edition("2021")
    groups = {(table.code, group.code) for table in form.tables for group in table.groups}
    for code in catalogue()["indicator"]:
        for term in indicator(code).terms:
            columns = {column.code for column in form.table(term.table).columns}
            assert term.cell in cells or ((term.table, term.row) in groups and term.column in columns), code


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
