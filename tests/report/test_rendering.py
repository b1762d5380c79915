"""One truth in every format, style and state of damage: what is read is what is printed."""

import random

import pytest
import rendering
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reportlib.report.pipeline import read_bytes
from reportlib.report.report import FormCell, Report

# A seed does not shrink to anything simpler, so time is not spent on it.
bounded = settings(
    deadline=None,
    derandomize=True,
    max_examples=12,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
seeds = st.integers(0, 2**32 - 1)
editions = st.sampled_from([("2021", False), ("2021", True), ("2019", True)])
zeros = st.sampled_from(["0", "", "-", "—"])
labels = st.sampled_from(list(rendering.LABELS))
GRIDS = ["html", "docx", "xlsx", "md"]


def read(found: list[rendering.Block], form: str) -> Report:
    return read_bytes(rendering.FORMATS[form](found), f"report.{form}")


def cells(report: Report) -> dict[rendering.Key, FormCell]:
    return {cell.key: cell for cell in report.cell_list}


def says(cell: FormCell | None, text: str) -> bool:
    """Whether a cell is read as it is printed: a figure as this figure, anything else as no figure."""
    if cell is None:
        return False
    if text in ("", "-", "—"):
        kind = "blank" if text == "" else "dash"
        return cell.found == kind and cell.status in ("none", "derived") and cell.value in (None, 0)
    return cell.found == "number" and cell.status == "printed" and cell.value == float(text)


def assert_exact(report: Report, truth: rendering.Truth) -> None:
    """Every cell as printed, blank and dash told apart, and none that the report does not have."""
    assert report.edition == truth.edition
    read = cells(report)
    assert read.keys() == truth.printed.keys()
    wrong = {key: (text, read[key]) for key, text in truth.printed.items() if not says(read[key], text)}
    assert not wrong
    assert not report.failed


def assert_honest(report: Report, truth: rendering.Truth) -> None:
    """No figure but the true ones, unless it is marked: what cannot be told stays open."""
    silent = {
        key: (truth.printed.get(key), cell)
        for key, cell in cells(report).items()
        if cell.value is not None and not cell.suspect and cell.value != truth.figures.get(key)
    }
    assert not silent


@pytest.mark.parametrize("form", GRIDS)
@bounded
@given(seeds, editions, zeros, labels)
def test_tables_are_read_as_printed_whatever_the_labels_suffered(form, seed, edition, zero, damage):
    truth = rendering.true_report(random.Random(seed), *edition, zero)
    assert_exact(read(rendering.relabelled(rendering.blocks(truth), damage), form), truth)


@pytest.mark.parametrize("form", ["html", "docx", "xlsx"])
@bounded
@given(seeds, editions, zeros, labels)
def test_filler_cells_instead_of_merged_ones_move_nothing(form, seed, edition, zero, damage):
    truth = rendering.true_report(random.Random(seed), *edition, zero)
    found = rendering.unmerged(rendering.relabelled(rendering.blocks(truth), damage))
    assert_exact(read(found, form), truth)


@pytest.mark.parametrize("form", ["html", "docx"])
@bounded
@given(seeds, editions)
def test_merged_labels_that_were_repeated_in_every_place_are_read_once(form, seed, edition):
    truth = rendering.true_report(random.Random(seed), *edition)
    assert_exact(read(rendering.unmerged(rendering.blocks(truth), repeat=True), form), truth)


@pytest.mark.parametrize("form", ["html", "docx", "md"])
@bounded
@given(
    seeds, editions, zeros, st.integers(4, 24), st.sampled_from([0, 3]), st.sampled_from(["", "— 5 —", "6"])
)
def test_a_table_cut_by_the_end_of_a_page_is_one_table(form, seed, edition, zero, rows, header, between):
    truth = rendering.true_report(random.Random(seed), *edition, zero)
    assert_exact(read(rendering.broken_over(rendering.blocks(truth), rows, header, between), form), truth)


@pytest.mark.parametrize(
    ("edition", "single", "zero"),
    [("2021", False, "0"), ("2021", True, ""), ("2019", True, "-"), ("2021", False, "")],
)
def test_a_ruled_pdf_is_read_as_printed(edition, single, zero):
    truth = rendering.true_report(random.Random(edition + zero), edition, single, zero)
    assert_exact(read_bytes(rendering.as_pdf(rendering.blocks(truth)), "report.pdf"), truth)


def test_columns_in_another_order_stay_so_where_a_ruled_pdf_turns_the_page():
    truth = rendering.true_report(random.Random(5), "2021", False)
    order = ["legal_service", "company", "other", "research_institution", "public_interest_organisation"]
    found = rendering.reordered(rendering.blocks(truth), order)
    assert_exact(read_bytes(rendering.as_pdf(found), "report.pdf"), truth)


@pytest.mark.parametrize("form", ["txt", "tsv"])
@bounded
@given(seeds, editions, labels)
def test_copied_text_with_every_figure_printed_is_read_as_printed(form, seed, edition, damage):
    truth = rendering.true_report(random.Random(seed), *edition)
    assert_exact(read(rendering.relabelled(rendering.blocks(truth), damage), form), truth)


@pytest.mark.parametrize("edition", [("2021", False), ("2021", True), ("2019", True)])
def test_blank_cells_in_text_are_told_from_empty_lines_as_the_other_lines_show(edition):
    truth = rendering.true_report(random.Random(1), *edition, "")
    assert_exact(read(rendering.blocks(truth), "txt"), truth)


@pytest.mark.parametrize(
    "form",
    [
        "txt",
        "tsv",
    ],
)
@bounded
@given(seeds, editions, zeros, labels)
def test_copied_text_with_blank_cells_never_moves_a_figure_in_silence(form, seed, edition, zero, damage):
    truth = rendering.true_report(random.Random(seed), *edition, zero)
    assert_honest(read(rendering.relabelled(rendering.blocks(truth), damage), form), truth)


@pytest.mark.parametrize("form", ["txt", "tsv"])
@bounded
@given(seeds, st.sets(st.sampled_from(rendering.request_rows(False)), min_size=1, max_size=6))
def test_digits_run_together_are_cut_as_the_truth_has_them_or_not_at_all(form, seed, rows):
    truth = rendering.true_report(random.Random(seed))
    report = read(rendering.run_together(rendering.blocks(truth), rows), form)
    for key, cell in cells(report).items():
        if key[1] in rows:
            assert cell.found == "run_together"
            assert cell.status in ("split", "ambiguous", "none")
            assert cell.value in (None, truth.figures[key])
        else:
            assert cell.value == truth.figures[key]
    settled = [key for key, cell in cells(report).items() if key[1] in rows and cell.status == "split"]
    assert settled, "the columns' sums settle at least some"


@bounded
@given(seeds, st.sampled_from(list(rendering.GRIDS)), st.sampled_from(GRIDS))
def test_a_table_that_is_not_there_has_no_cells(seed, left_out, form):
    truth = rendering.true_report(random.Random(seed))
    grids = {code: make(truth) for code, make in rendering.GRIDS.items() if code != left_out}
    report = read(rendering.blocks(truth, grids), form)
    assert report.tables[left_out] == "absent"
    assert not [cell for cell in report.cell_list if cell.table == left_out]


@pytest.mark.parametrize("form", ["html", "docx", "md", "txt"])
@bounded
@given(
    seeds,
    st.permutations(["company", "research_institution", "public_interest_organisation", "legal_service"]),
)
def test_columns_printed_in_another_order_are_read_by_their_labels(form, seed, order):
    truth = rendering.true_report(random.Random(seed))
    assert_exact(read(rendering.reordered(rendering.blocks(truth), order), form), truth)


@bounded
@given(
    seeds,
    st.permutations(["company", "research_institution", "public_interest_organisation", "legal_service"]),
)
def test_lines_of_tabs_under_a_ragged_header_in_another_order_stay_open(seed, order):
    truth = rendering.true_report(random.Random(seed))
    assert_honest(read(rendering.reordered(rendering.blocks(truth), order), "tsv"), truth)


# A spreadsheet ends at its last filled row: the blank line of the last table is not there.
@pytest.mark.parametrize(
    ("form", "table"),
    [(form, table) for form in GRIDS for table in rendering.GRIDS if (form, table) != ("xlsx", "disputes")],
)
def test_a_table_of_blank_cells_is_blank_and_holds_no_zero(form, table):
    truth = rendering.true_report(random.Random(table))
    truth = truth.but({key: "" for key in truth.printed if key[0] == table})
    report = read(rendering.blocks(truth), form)
    assert report.tables[table] == "blank"
    blank = [cell for cell in report.cell_list if cell.table == table]
    assert len(blank) == sum(key[0] == table for key in truth.printed)
    assert all((cell.found, cell.status, cell.value) == ("blank", "none", None) for cell in blank)
    assert "table_blank" in {finding.rule for finding in report.finding_list}
