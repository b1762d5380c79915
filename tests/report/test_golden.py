"""The golden folders: real reports with cell-level truth that are not part of the project.

They are a second opinion where they lie beside the project; what they show is shown by fixtures of the project's own, too.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

import reportlib as rl
from reportlib.report.report import Report
from reportlib.store.accuracy import Score, measure, shortcomings

SHARED = Path(__file__).parents[3] / "shared"
FOLDERS = [SHARED / name for name in ("golden", "golden_more") if (SHARED / name / "truth.csv").is_file()]
pytestmark = pytest.mark.skipif(
    not FOLDERS,
    reason="no golden folder lies beside the project (../shared/golden, ../shared/golden_more)",
)

SCANS = {"02_hongze_2024_scan.pdf", "10_ceshi_2025_scan.pdf"}
MISPRINT = {
    ("warn", "label_misprint", "requests", "refused_prohibited_by_law", "p. 3, table 2, row 9, column 3")
}
BY_ORDER = {
    "partly_granted": "table 2 (line 62), row 5, column 1",
    "refused_prohibited_by_law": "table 3 (line 76), row 2, column 1",
    "refused_internal_affairs": "table 4 (line 90), row 1, column 1",
    "unavailable_not_held": "table 4 (line 90), row 5, column 1",
    "unavailable_needs_creation": "table 5 (line 103), row 1, column 1",
    "unavailable_still_unclear": "table 5 (line 103), row 2, column 1",
    "not_processed_excessive": "table 6 (line 121), row 1, column 1",
    "not_processed_reconfirmation": "table 6 (line 121), row 2, column 1",
    "other_not_corrected_in_time": "table 6 (line 121), row 3, column 1",
    "other_fee_unpaid": "table 7 (line 135), row 1, column 1",
}
EXPECTED: dict[str, set[tuple[str, str, str, str, str]]] = {
    # The publisher's label lacks two characters: 2.其他法律行政止公开.
    "02_hongze_2024.pdf": MISPRINT,
    "02_hongze_2024_scan.pdf": MISPRINT,
    # The text says 258 and 265 where the table has 275 and 337.
    "05_shanghai_office_2019.html": {
        ("warn", "narrative_differs", "requests", "granted", "paragraph 8"),
        ("warn", "narrative_differs", "requests", "unavailable", "paragraph 8"),
    },
    # Labels torn from their numbers: order and sums decide.
    "08_shanghai_stc_2024.md": {
        ("warn", "row_by_order", "requests", row, at) for row, at in BY_ORDER.items()
    },
    # The last row of the file has six of its seven cells.
    # Digits run together that can be cut in two ways.
    "000_chongqing_2020.txt": {
        ("warn", "several_readings", "requests", "concluded", "line 10"),
        ("warn", "several_readings", "requests", "other", "line 10"),
    },
    # Blank cells left no trace: the numbers of a short row may stand in several columns.
    "Q02_yynanhu_ju_2019.txt": {
        ("warn", "columns_unclear", "requests", row, f"line {at}")
        for row, at in (("received", 93), ("carried_in", 97), ("granted", 102), ("partly_granted", 106))
    }
    # The file ends inside the next label, behind its number.
    | {
        ("warn", rule, "requests", "refused_state_secret", "line 109")
        for rule in ("cell_unreadable", "row_by_order")
    },
    "Q20_fuzhou_mzj_2020.txt": {
        ("warn", "cell_unreadable", "disclosure", "penalties", "table 1 (line 11), row 11, column 3")
    },
    # The publisher's row: 2 + 0 + 1 + 0 = 3, and 0 as the total.
    "Q29_jinhu_2023.html": {
        ("fail", "disputes_row_total", "disputes", "direct_litigation", "table 3, row 4, column 10")
    },
}
"""Every fail and every warning that reading the folders may give; of all other files, none."""


@cache
def listed() -> dict[str, tuple[Path, dict[str, str]]]:
    """The folder and the line of each file in the folders' lists: a new file is tested without a change here."""
    found = {}
    for folder in FOLDERS:
        with (folder / "reports.csv").open(encoding="utf-8-sig", newline="") as lines:
            found |= {row["file"]: (folder, row) for row in csv.DictReader(lines)}
    return found


@cache
def report(name: str) -> Report:
    return rl.read_report(listed()[name][0] / name)


@cache
def scores(folder: Path) -> dict[str, Score]:
    return {score.file: score for score in measure(folder)}


@pytest.mark.parametrize("name", listed())
def test_what_is_wrong_is_found_where_it_stands_and_nothing_else_is_raised(name: str) -> None:
    told = [finding for finding in report(name).finding_list if finding.verdict in ("fail", "warn")]
    found = {(finding.verdict, finding.rule, finding.table, finding.row, finding.where) for finding in told}
    assert found == EXPECTED.get(name, set())
    assert len(told) == len(found), "a finding is told once"


@pytest.mark.parametrize("name", listed())
def test_a_suspect_cell_takes_part_in_an_identity_that_fails(name: str) -> None:
    failing = [finding for finding in report(name).finding_list if finding.verdict == "fail"]
    for cell in report(name).cell_list:
        involved = any(
            finding.table == cell.table
            and finding.row in ("", cell.row)
            and finding.column in ("", cell.column)
            for finding in failing
        )
        assert involved or not cell.suspect, cell


@pytest.mark.parametrize("name", listed())
def test_no_cell_is_silently_wrong_or_invented(name: str) -> None:
    score = scores(listed()[name][0])[name]
    assert not score.error
    assert (score.counts["silent"], score.counts["invented"]) == (0, 0), score.wrong


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_file_is_known_and_nearly_every_printed_cell_is_right(folder: Path) -> None:
    printed = {True: 0, False: 0}
    right = {True: 0, False: 0}
    for name, score in scores(folder).items():
        printed[name in SCANS] += score.printed
        right[name in SCANS] += score.right_of_printed
    assert len(scores(folder)) == sum(home == folder for home, _ in listed().values())
    assert shortcomings(scores(folder).values(), at_least=99.8) == []
    assert right[False] >= 0.998 * printed[False]
    assert right[True] >= 0.99 * printed[True]


def test_the_two_contradictions_of_text_and_table_name_both_sides() -> None:
    told = [
        finding
        for finding in report("05_shanghai_office_2019.html").finding_list
        if finding.rule == "narrative_differs"
    ]
    assert {(finding.left, finding.right) for finding in told} == {(258, 275), (265, 337)}


@pytest.mark.parametrize("name", listed())
def test_edition_scope_and_tables_are_those_of_the_list(name: str) -> None:
    read, (_, row) = report(name), listed()[name]
    states = dict(part.split("=") for part in row["tables"].split(" (keeps")[0].split(";"))
    told = {table: "complete" if state == "blank" else state for table, state in read.tables.items()}
    assert told == {table: state.split(" ")[0] for table, state in states.items()}
    assert read.edition == row["form"]
    assert str(read.year or "") == row["year"]
    assert read.scope in ("region" if row["scope"] == "whole region" else "own", "")
