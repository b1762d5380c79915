"""What only shows between reports: a later version of one, and the rules over years and bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .report import Finding
from .rules import Figure, Series, compare, gather, parent_sums

__all__ = ["between", "consolidations"]

Line = tuple[str, str, int]
"""A body, its scope and a year."""
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
        Lines of the table of findings: ``version_differs``, ``reported_twice`` and the rules of `form/rules.toml`.
    """
    lines: defaultdict[Line, list[Row]] = defaultdict(list)
    for report in reports.to_pylist():
        lines[report["body"], report["scope"], report["year"]].append(report)
    for several in lines.values():
        several.sort(key=lambda report: report["version"])
    found = list(_versions(cells, [several for several in lines.values() if len(several) > 1]))
    current = {line: now for line, several in lines.items() if (now := [r for r in several if r["current"]])}
    for line, now in current.items():
        if len(now) > 1:
            files = ", ".join(report["file"] for report in now)
            message = f"recorded under different scopes, but the documents are of one: {files}"
            found.append(_row(now[-1]["report_id"], line, Finding("reported_twice", "warn", message=message)))
    for said in compare(_series(cells, current, figures)):
        if said.verdict != "pass":
            name = current[said.line][-1]["report_id"] if said.line in current else ""
            finding = Finding(said.rule, said.verdict, *said.cell, said.left, said.right, said.message, said.where)
            found.append(_row(name, said.line, finding))
    return found


def _row(report_id: str, line: Line, finding: Finding) -> Row:
    return {"report_id": report_id, "body": line[0], "year": line[2], **finding._asdict()}


def _series(cells: pa.Table, current: dict[Line, list[Row]], figures: Iterable[Row]) -> Series:
    """What the rules need, of the versions that count."""
    names = pa.array([now[-1]["report_id"] for now in current.values()], pa.string())
    columns = ["body", "scope", "year", "table", "row", "column", "value", "where", "suspect"]
    needed, digests = gather(cells.filter(pc.is_in(cells["report_id"], names)).select(columns).to_pandas())
    stated: defaultdict[Line, dict[str, Figure]] = defaultdict(dict)
    for row in figures:
        if row["precision"] == "exact" and row["kind"] == "headline":
            stated[row["body"], row["scope"], row["year"]][row["indicator"]] = Figure(row["value"], row["address"])
    published = {line: now[-1]["date_published"] for line, now in current.items()}
    return Series(needed, digests, published, {}, stated)


def consolidations(cells: pa.Table, reports: pa.Table, parents: dict[str, str]) -> list[Row]:
    """Compare the reports that say that they add up others with those of the bodies below them.

    Parameters
    ----------
    cells, reports
        Lines of these tables, current versions only.
    parents
        By body: the one above it in the register.

    Returns
    -------
    list of dict
        Lines of the table of findings, of the rule ``parent_sum``.
    """
    names = {(r["body"], r["scope"], r["year"]): r["report_id"] for r in reports.to_pylist()}
    adding = frozenset((r["body"], r["scope"], r["year"]) for r in reports.to_pylist() if r["consolidates"])
    columns = ["body", "scope", "year", "table", "row", "column", "value", "where", "suspect"]
    needed, _ = gather(cells.select(columns).to_pandas())
    said = [one for one in parent_sums(Series(needed, {}, {}, parents, {}, adding)) if one.verdict != "pass"]
    return [
        _row(names[s.line], s.line, Finding(s.rule, s.verdict, *s.cell, s.left, s.right, s.message, s.where))
        for s in said
    ]


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
                if was["value"] == now["value"] and (now["value"] is not None or was["printed"] == now["printed"]):
                    continue
                message = f"{old['file']} has {_said(was)}, {new['file']} has {_said(now)}"
                finding = Finding("version_differs", "warn", *key, was["value"], now["value"], message, now["where"])
                yield _row(new["report_id"], (new["body"], new["scope"], new["year"]), finding)


def _said(cell: Row) -> str:
    if cell["printed"] or cell["value"] is None:
        return cell["printed"] or "nothing"
    return f"{cell['value']:g} (derived)"
