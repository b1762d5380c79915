"""Declared corrections: the sums are those of the declared figures, and what is printed stays."""

from requests_table import report_text, with_digits

from reportlib.form.findings import sentence
from reportlib.report.pipeline import read_bytes
from reportlib.report.report import Correction, FormCell, Report

ABOUT = {"reason": "The publisher's notice gives the right figure.", "who": "an editor", "status": "active"}
CELL = {"body": "某市", "year": 2024, "scope": "own", "table": "requests", "row": "granted"}


def declared(
    text: str, action: str, expected: str, value: float | None = None, column: str = "natural_person"
) -> Report:
    """The table of requests with one correction of the row (一) declared."""
    one = Correction(**CELL, **ABOUT, column=column, action=action, expected=expected, value=value)
    return read_bytes(text.encode(), "report.md", corrections=[one])


def granted(report: Report, column: str = "natural_person") -> FormCell:
    return next(f for f in report.cell_list if (f.row, f.column) == ("granted", column))


def rules(report: Report, verdict: str) -> list[str]:
    return [finding.rule for finding in report.finding_list if finding.verdict == verdict]


def test_a_declared_figure_ends_the_doubt_and_what_is_printed_stays_with_its_finding():
    report = declared(report_text({("granted", 0): 21}), "override", "21", 12)
    cell = granted(report)
    assert (cell.value, cell.status, cell.found, cell.printed) == (12, "corrected", "number", "21")
    assert not any(cell.suspect for cell in report.cell_list)
    assert rules(report, "fail") == ["requests_row_total", "requests_outcomes"]
    assert rules(report, "warn") == ["correction"]


def test_what_follows_from_a_declared_figure_is_derived():
    text = report_text({("granted", 0): 21, ("granted", 6): ""})
    assert granted(read_bytes(text.encode(), "report.md"), "total").value is None
    total = granted(declared(text, "override", "21", 12), "total")
    assert (total.value, total.status, total.printed) == (14, "derived", "")


def test_a_declared_figure_that_contradicts_the_sums_is_a_finding_of_its_own():
    report = declared(report_text(), "override", "12", 13)
    assert rules(report, "fail") == ["requests_row_total", "requests_outcomes"]
    assert granted(report).suspect and granted(report, "company").suspect
    assert not any("→" in sentence(finding) for finding in report.finding_list)


def test_a_dropped_figure_is_never_derived_though_the_sums_leave_one_value():
    cell = granted(declared(report_text({("granted", 0): 21}), "drop", "21"))
    assert (cell.value, cell.status, cell.printed, cell.suspect) == (None, "none", "21", False)
    blank = granted(declared(report_text({("granted", 6): ""}), "drop", "", column="total"), "total")
    assert (blank.value, blank.status, blank.found) == (None, "none", "blank")


def test_a_flagged_figure_keeps_its_value_and_is_suspect():
    cell = granted(declared(report_text(), "flag", "12"))
    assert (cell.value, cell.status, cell.suspect, cell.proved) == (12, "printed", True, False)
    blank = granted(declared(report_text({("granted", 6): ""}), "flag", "", column="total"), "total")
    assert (blank.value, blank.status, blank.suspect) == (14, "derived", True)


def test_a_line_of_digits_can_be_declared_cell_by_cell():
    text = with_digits(report_text(), "granted", "1220000019")
    columns = ["natural_person", "company", "research_institution", "public_interest_organisation"]
    figures = dict(zip([*columns, "legal_service", "other", "total"], [12, 2, 0, 0, 0, 0, 14], strict=True))
    said = [
        Correction(**CELL, **ABOUT, column=column, action="override", expected="1220000019", value=value)
        for column, value in figures.items()
    ]
    report = read_bytes(text.encode(), "report.md", corrections=said)
    assert {granted(report, column).value for column in figures} == {12, 2, 0, 14}
    assert {granted(report, column).status for column in figures} == {"corrected"}
    assert not report.failed


def test_a_correction_of_what_does_not_stand_there_changes_nothing_and_says_so():
    report = declared(report_text(), "override", "99", 13)
    assert report.cell_list == read_bytes(report_text().encode(), "report.md").cell_list
    (finding,) = report.finding_list
    assert finding.rule == "correction_does_not_match"
    assert "'99'" in sentence(finding) and "'12'" in sentence(finding)


def test_a_declared_figure_chooses_between_the_ways_to_cut_digits():
    # 24 1 0 0 2 0 27, or 2 4 1 0 0 20 27: the rows beside it are blank, so that only the line itself tells
    blank = {(row, column): "" for row in ("received", "concluded") for column in range(7)}
    text = report_text(blank)
    text = with_digits(text, "granted", "241002027")
    assert granted(read_bytes(text.encode(), "report.md")).status == "ambiguous"
    report = declared(text, "override", "241002027", 24)
    first, second = granted(report), granted(report, "company")
    assert (first.value, first.status, first.found, first.printed) == (
        24, "corrected", "run_together", "241002027",
    )  # fmt: skip
    assert (second.value, second.status) == (1, "split")
