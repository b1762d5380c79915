"""What only shows between reports: a later version of one, and the rules over years and bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..report.report import Finding
from .bodies import Register
from .rules import Across, Cell, Figure, Line, Series, compare, gather, parent_sums

__all__ = ["between", "consolidations"]

Row = dict[str, Any]


def between(cells: pa.Table, reports: pa.Table, figures: Iterable[Row] = ()) -> list[Row]:
    """Compare the reports of some bodies with each other.

    Parameters
    ----------
    cells, reports
        Lines of these tables: all years of the bodies, all versions.
    figures
        Lines of the table of figures; exact ones are compared over the years.

    Returns
    -------
    list of dict
        Lines of the table of findings: ``version_differs``, ``reported_twice`` and the rules of
        `form/rules.toml`.
    """
    lines: defaultdict[Line, list[Row]] = defaultdict(list)
    for report in reports.to_pylist():
        lines[report["body"], report["scope"], report["year"]].append(report)
    for several in lines.values():
        several.sort(key=lambda report: report["version"])
    found = list(_versions(cells, [several for several in lines.values() if len(several) > 1]))
    current: dict[Line, list[Row]] = {}
    for line, several in lines.items():
        if now := [report for report in several if report["current"]]:
            current[line] = now
    for line, now in current.items():
        if len(now) > 1:
            files = [report["file"] for report in now]
            found.append(_row(now[-1]["report_id"], line, Finding.of("reported_twice", "warn", files=files)))
    names = {line: now[-1]["report_id"] for line, now in current.items()}
    published = {line: now[-1]["date_published"] for line, now in current.items()}
    stated: defaultdict[Line, dict[str, Figure]] = defaultdict(dict)
    for row in figures:
        if row["precision"] == "exact" and row["kind"] == "headline":
            stated[row["body"], row["scope"], row["year"]][row["indicator"]] = Figure(
                row["value"], row["address"]
            )
    needed, digests = _gather(cells, names)
    return found + _rows(compare(Series(needed, digests, published, {}, stated)), names)


def consolidations(cells: pa.Table, reports: pa.Table, register: Register) -> list[Row]:
    """Compare the reports that say that they add up others with those of the bodies below them.

    Parameters
    ----------
    cells, reports
        Lines of these tables; of the reports, current versions only.
    register
        The bodies: which is above which, and for which years all below it are known.

    Returns
    -------
    list of dict
        Lines of the table of findings, of the rule ``parent_sum``.
    """
    lines = {(report["body"], report["scope"], report["year"]): report for report in reports.to_pylist()}
    names = {line: report["report_id"] for line, report in lines.items()}
    adding = frozenset(line for line, report in lines.items() if report["consolidates"])
    needed, _ = _gather(cells, names)
    parents = {body.name: body.parent for body in register.bodies if body.parent}
    complete = frozenset((body.name, int(year)) for body in register.bodies for year in body.complete_years)
    return _rows(parent_sums(Series(needed, {}, {}, parents, {}, adding, complete)), names)


def _gather(
    cells: pa.Table, names: dict[Line, str]
) -> tuple[dict[Line, dict[Cell, Figure]], dict[Line, tuple[int, int]]]:
    """What the rules need of some reports."""
    mine = cells.filter(pc.is_in(cells["report_id"], pa.array(names.values(), pa.string())))
    columns = ["body", "scope", "year", "table", "row", "column", "value", "where", "suspect"]
    return gather(mine.select(columns).to_pandas())


def _rows(said: Iterable[Across], names: dict[Line, str]) -> list[Row]:
    return [
        _row(names.get(one.line, ""), one.line, one.finding) for one in said if one.finding.verdict != "pass"
    ]


def _row(report_id: str, line: Line, finding: Finding) -> Row:
    return {"report_id": report_id, "body": line[0], "year": line[2], **finding._asdict()}


def _versions(cells: pa.Table, groups: list[list[Row]]) -> Iterator[Row]:
    """The cells in which a report differs from the version before it."""
    wanted = pa.array([report["report_id"] for several in groups for report in several], pa.string())
    stood: defaultdict[str, dict[tuple[str, str, str], Row]] = defaultdict(dict)
    for cell in cells.filter(pc.is_in(cells["report_id"], wanted)).to_pylist():
        stood[cell["report_id"]][cell["table"], cell["row"], cell["column"]] = cell
    nothing = {"value": None, "printed": None, "where": ""}
    for several in groups:
        for old, new in pairwise(several):
            before, after = stood[old["report_id"]], stood[new["report_id"]]
            for key in dict.fromkeys((*after, *before)):
                was, now = before.get(key, nothing), after.get(key, nothing)
                if was["value"] == now["value"] and (
                    now["value"] is not None or was["printed"] == now["printed"]
                ):
                    continue
                sides = (was["value"], now["value"], now["where"])
                said = {
                    "old_file": old["file"],
                    "old": _said(was),
                    "new_file": new["file"],
                    "new": _said(now),
                }
                finding = Finding.of("version_differs", "warn", *key, *sides, **said)
                yield _row(new["report_id"], (new["body"], new["scope"], new["year"]), finding)


def _said(cell: Row) -> Any:
    if cell["value"] is None:
        return cell["printed"] or {"say": "nothing"}
    return cell["printed"] or {"say": "derived", "value": cell["value"]}
