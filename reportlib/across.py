"""What only shows between reports: a later version of one, and the rules over years and bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from .report import Finding
from .rules import Figure, Series, compare, gather

__all__ = ["between"]

Line = tuple[str, str, int]
"""A body, its scope and a year."""
Row = dict[str, Any]


def between(cells: list[Path], reports: list[Path], figures: Iterable[Row]) -> list[Row]:
    """Compare the reports with each other.

    Parameters
    ----------
    cells, reports
        The parts of these tables.
    figures
        Lines of the table of figures; exact ones are compared over the years.

    Returns
    -------
    list of dict
        Lines of the table of findings: ``version_differs``, ``reported_twice`` and the rules of `form/rules.toml`.
    """
    lines: defaultdict[Line, list[Row]] = defaultdict(list)
    for report in _read(
        reports, ["report_id", "body", "scope", "year", "version", "current", "date_published", "file"]
    ):
        lines[report["body"], report["scope"], report["year"]].append(report)
    current = {line: [report for report in several if report["current"]] for line, several in lines.items()}
    found: list[Row] = []
    for several in lines.values():
        several.sort(key=lambda report: report["version"])
    found += _versions(cells, [several for several in lines.values() if len(several) > 1])
    for line, twice in current.items():
        if len(twice) > 1:
            message = "recorded under different scopes, and the documents are of one: " + ", ".join(
                r["file"] for r in twice
            )
            found.append(_row(twice[-1]["report_id"], line, Finding("reported_twice", "warn", message=message)))
    names = {line: now[-1]["report_id"] for line, now in current.items() if now}
    for said in compare(_series(cells, frozenset(names.values()), lines, figures)):
        if said.verdict != "pass":
            finding = Finding(said.rule, said.verdict, *said.cell, said.left, said.right, said.message, said.where)
            found.append(_row(names.get(said.line, ""), said.line, finding))
    return found


def _row(report_id: str, line: Line, finding: Finding) -> Row:
    return {"report_id": report_id, "body": line[0], "year": line[2], **finding._asdict()}


def _read(paths: list[Path], columns: list[str], wanted: list[str] | None = None) -> Iterator[Row]:
    for path in paths:
        filters = None if wanted is None else [("report_id", "in", wanted)]
        yield from pq.read_table(path, columns=columns, filters=filters).to_pylist()


def _series(cells: list[Path], current: frozenset[str], lines: dict[Line, list[Row]], figures: Iterable[Row]) -> Series:
    """What the rules need, gathered part by part: all cells at once would not fit in memory."""
    codes = ["report_id", "body", "scope", "table", "row", "column"]
    needed: dict[Line, Any] = {}
    digests: dict[Line, tuple[int, int]] = {}
    for path in cells:
        part = pq.read_table(path, columns=[*codes, "year", "value", "where", "suspect"], read_dictionary=codes)
        frame = part.to_pandas()
        more, sums = gather(frame[frame["report_id"].isin(current)])
        needed |= more
        digests |= sums
    stated: defaultdict[Line, dict[str, Figure]] = defaultdict(dict)
    for row in figures:
        if row["precision"] == "exact" and row["kind"] == "headline":
            line = row["body"], row["scope"], row["year"]
            stated[line][row["indicator"]] = Figure(row["value"], row["address"])
    published = {line: r["date_published"] for line, several in lines.items() for r in several if r["current"]}
    # Which reports consolidate which is not recorded anywhere yet, so no parent is compared with its children.
    return Series(needed, digests, published, {}, stated)


def _versions(cells: list[Path], groups: list[list[Row]]) -> Iterator[Row]:
    """The cells in which a report differs from the version before it."""
    wanted = [report["report_id"] for several in groups for report in several]
    stood: defaultdict[str, dict[tuple[str, str, str], Row]] = defaultdict(dict)
    columns = ["report_id", "table", "row", "column", "value", "printed", "where"]
    for cell in _read(cells, columns, wanted) if wanted else ():
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
