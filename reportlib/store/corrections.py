"""Corrections: what is changed about a published figure is declared as data, with its reason.

`data/raw/corrections.yml` is a list of entries with ``body, year, scope, table, row, column``, ``action``
(``override`` gives `value`; ``drop`` leaves no value; ``flag`` only marks the cell as suspect), ``expected``
(the text that stands in the cell; an entry that no longer matches fails the ingest), ``reason`` (a full
sentence with its source), ``who`` and ``status`` (``active``, or ``retired`` for one kept for the record).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..errors import ReportlibError
from ..form import edition
from ..report.report import CellFact, Finding, Report
from .registers import load_yaml

__all__ = ["Correction", "apply", "load_corrections"]

Cell = tuple[str, str, str]
"""Table, row and column code."""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


FITS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("body", "table", "row", "column", "reason", "who"), _is_text),
    "scope": lambda value: isinstance(value, str),
    "year": lambda value: _is_number(value) and value in range(1900, 2200),
    "action": lambda value: value in ("override", "drop", "flag"),
    "status": lambda value: value in ("active", "retired"),
    "expected": lambda value: isinstance(value, str | int | float),
    "value": lambda value: value is None or _is_number(value),
}
EXPECTED = (
    "action override (with a value), drop or flag; status active or retired; year a number, the rest texts"
)


class Correction(NamedTuple):
    """One declared correction of one cell."""

    body: str
    year: int
    scope: str
    table: str
    row: str
    column: str
    action: Literal["override", "drop", "flag"]
    expected: str
    value: float | None
    reason: str
    who: str
    status: str

    @property
    def report(self) -> tuple[str, int, str]:
        """Body, year and scope of the report."""
        return self[:3]

    @property
    def place(self) -> str:
        """The cell, for people."""
        return f"{self.body} {self.year} {self.scope} {self.table}.{self.row}.{self.column}"


def load_corrections(path: Path, canonical: Callable[[str], str] = str) -> list[Correction]:
    """Read the active corrections; a missing file holds none.

    Parameters
    ----------
    path
        The file.
    canonical
        Gives the name under which a body's series runs.

    Raises
    ------
    ReportlibError
        The file cannot be read, an entry lacks a field or has a wrong one, or two correct one cell.
    """
    if not path.exists():
        return []
    entries = load_yaml(path) or []
    if not isinstance(entries, list):
        raise ReportlibError("not a list", file=str(path), expected="a list of corrections")
    active: dict[str, Correction] = {}
    for number, entry in enumerate(entries, 1):
        read = _correction(entry, f"entry {number}", path)
        correction = read._replace(body=canonical(read.body))
        if correction.status == "active" and correction.place in active:
            found = f"a second correction of {correction.place}"
            hint = "Leave one of them active"
            raise ReportlibError(found, file=str(path), place=f"entry {number}", hint=hint)
        if correction.status == "active":
            active[correction.place] = correction
    return list(active.values())


def _correction(entry: Any, place: str, path: Path) -> Correction:
    fields = set(Correction._fields)
    if not isinstance(entry, dict) or not fields - {"value"} <= set(entry) <= fields:
        raise ReportlibError(
            "an entry with wrong fields", file=str(path), place=place, expected=", ".join(Correction._fields)
        )
    if wrong := [name for name, fits in FITS.items() if not fits(entry.get(name))]:
        found = ", ".join(f"{name} is {str(entry.get(name))[:40]!r}" for name in wrong)
        raise ReportlibError(found, file=str(path), place=place, expected=EXPECTED)
    value = entry.get("value")
    if (value is not None) != (entry["action"] == "override"):
        found = f"an entry with action {entry['action']} and value {value}"
        raise ReportlibError(found, file=str(path), place=place, expected=EXPECTED)
    number = None if value is None else float(value)
    return Correction(**{**entry, "value": number, "expected": str(entry["expected"])})


def apply(
    corrections: Iterable[Correction], report: Report
) -> tuple[tuple[CellFact, ...], tuple[Finding, ...]]:
    """Apply corrections to the cells of their report.

    Returns
    -------
    facts, findings
        The cells, `printed` as it was, and suspect where a sum fails with the corrected values; a
        finding ``correction`` for each that was applied and ``correction_does_not_match`` for each
        that was not.
    """
    cells = {(fact.table, fact.row, fact.column): fact for fact in report.facts}
    findings, changed, flagged = [], set(), set()
    for correction in corrections:
        key = (correction.table, correction.row, correction.column)
        fact = cells.get(key)
        printed = None if fact is None else fact.printed
        if fact is None or printed != correction.expected:
            findings.append(_unmatched(correction, printed))
            continue
        if correction.action == "flag":
            flagged.add(key)
        else:
            cells[key] = fact._replace(value=correction.value, status="corrected", proved=False)
            changed.add(key)
        sides = (fact.value, correction.value, fact.where)
        said: dict[str, Any] = {"who": correction.who, "reason": correction.reason}
        findings.append(
            Finding.of("correction", "warn", *key, *sides, action={"say": correction.action}, **said)
        )
    for table in {key[0] for key in changed}:
        _doubt_again(cells, changed, report, table)
    for key in flagged:
        cells[key] = cells[key]._replace(suspect=True, proved=False)
    return tuple(cells.values()), tuple(findings)


def _unmatched(correction: Correction, printed: str | None) -> Finding:
    found: Any = {"say": "nothing"} if printed is None else repr(printed)
    return Finding.of(
        "correction_does_not_match",
        "warn",
        correction.table,
        correction.row,
        correction.column,
        place=correction.place,
        expected=repr(correction.expected),
        found=found,
    )


def _doubt_again(cells: dict[Cell, CellFact], changed: set[Cell], report: Report, table: str) -> None:
    """Mark as suspect what takes part in a sum that fails now; what a corrected figure bore out is not
    proved.
    """
    form = edition(report.edition).table(table)
    there = {row for name, row, _ in cells if name == table}
    failed = {(issue.rule, issue.row or issue.column) for issue in report.issues if issue.verdict == "fail"}
    failing: set[Cell] = set()
    touched: set[Cell] = set()
    for equation in form.equations(any(choice.row in there for choice in form.alternatives)):
        left = [(table, *key) for key in equation.left]
        right = [(table, *key) for key in equation.right]
        if changed.isdisjoint(left + right):
            fails = (equation.identity.code, equation.line) in failed
        else:
            touched.update(left + right)
            value = {key: cells[key].value for key in left + right}
            fails = None not in value.values() and sum(value[key] or 0 for key in left) != sum(
                value[key] or 0 for key in right
            )
        if fails:
            failing.update(left + right)
    for key, fact in cells.items():
        if key[0] == table:
            suspect = key in failing and fact.value is not None
            proved = fact.proved and not suspect and key not in touched
            cells[key] = fact._replace(suspect=suspect, proved=proved)
