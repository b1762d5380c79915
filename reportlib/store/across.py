"""What only shows between reports: a later version of one, and the rules over years and bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..form import CellKey
from ..report.report import Finding
from .bodies import Register
from .rules import (
    CELLS,
    Across,
    Figure,
    Figures,
    ReportKey,
    alike,
    before,
    compare,
    identical,
    parent_sums,
    published_late,
)

__all__ = ["between", "consolidations"]

Row = dict[str, Any]
Documents = dict[ReportKey, list[Row]]
"""The documents of each report, the earlier version before the later."""
NOTHING = Figure(None, None, "", False)


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
    documents = _documents(reports)
    counting = {key: [one for one in several if one["current"]] for key, several in documents.items()}
    last = {key: several[-1] for key, several in counting.items() if several}
    names = {key: one["report_id"] for key, one in last.items()}
    dates = [(key, one["date_published"]) for key, one in last.items()]
    known = _figures(_compared(cells), names)
    # Whoever has the same few figures as the year before is looked at as a whole.
    same = {one for key in alike(known) for one in (key, before(key))}
    whole = _figures(cells, {key: names[key] for key in same})
    said = chain(compare(known), identical(whole), published_late(dates), compare(_stated(figures)))
    return [*_versions(cells, documents), *_twice(counting), *_rows(said, names)]


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
    last = {key: several[-1] for key, several in _documents(reports).items()}
    names = {key: one["report_id"] for key, one in last.items()}
    adding = [key for key, one in last.items() if one["consolidates"]]
    parents = {body.name: body.parent for body in register.bodies if body.parent}
    complete = {(body.name, int(year)) for body in register.bodies for year in body.complete_years}
    said = parent_sums(_figures(_compared(cells), names), adding, parents, complete)
    return list(_rows(said, names))


def _rows(said: Iterable[Across], names: dict[ReportKey, str]) -> Iterator[Row]:
    for one in said:
        yield _row(names.get(one.line, ""), one.line, one.finding)


def _row(report_id: str, key: ReportKey, finding: Finding) -> Row:
    """A line of the table of findings."""
    body, scope, year = key
    return {"report_id": report_id, "body": body, "year": year, "scope": scope, **finding._asdict()}


# ------------------------------------------------------------------------------ what is compared
def _documents(reports: pa.Table) -> Documents:
    found: defaultdict[ReportKey, list[Row]] = defaultdict(list)
    for one in sorted(reports.to_pylist(), key=itemgetter("version")):
        found[one["body"], one["scope"], one["year"]].append(one)
    return found


def _compared(cells: pa.Table) -> pa.Table:
    """The cells with a value that a rule needs."""
    names = pc.binary_join_element_wise(cells["table"], cells["row"], cells["column"], "/")
    wanted = pc.is_in(names, pa.array(map("/".join, CELLS)))
    return cells.filter(pc.and_(wanted, pc.is_valid(cells["value"])))


def _figures(cells: pa.Table, names: dict[ReportKey, str]) -> dict[ReportKey, Figures]:
    """The figures of some reports."""
    found = _read(cells, names.values())
    return {key: found[name] for key, name in names.items()}


def _read(cells: pa.Table, names: Iterable[str]) -> dict[str, Figures]:
    found: dict[str, Figures] = {name: {} for name in names}
    mine = cells.filter(pc.is_in(cells["report_id"], pa.array(found, pa.string())))
    columns = [mine[name].to_pylist() for name in ("report_id", "table", "row", "column", *Figure._fields)]
    for name, table, row, column, *figure in zip(*columns, strict=True):
        found[name][table, row, column] = Figure(*figure)
    return found


def _stated(figures: Iterable[Row]) -> dict[ReportKey, Figures]:
    """The exact figures of reports that stand in words."""
    found: defaultdict[ReportKey, Figures] = defaultdict(dict)
    for one in figures:
        if (one["precision"], one["kind"]) == ("exact", "headline"):
            mine = found[one["body"], one["scope"], one["year"]]
            mine["", "", one["indicator"]] = Figure(one["value"], None, one["address"], False)
    return found


# ------------------------------------------------------------------------------ versions
def _twice(counting: Documents) -> Iterator[Row]:
    """The reports of which several documents count."""
    for key, several in counting.items():
        if len(several) > 1:
            finding = Finding.of("reported_twice", "warn", files=[one["file"] for one in several])
            yield _row(several[-1]["report_id"], key, finding)


def _versions(cells: pa.Table, documents: Documents) -> Iterator[Row]:
    """The cells in which a report differs from the version before it."""
    pairs = [(key, *pair) for key, several in documents.items() for pair in pairwise(several)]
    found = _read(cells, {one["report_id"] for _, *pair in pairs for one in pair})
    for key, old, new in pairs:
        files = {"old_file": old["file"], "new_file": new["file"]}
        for cell, was, now in _differing(found[old["report_id"]], found[new["report_id"]]):
            about = {**files, "old": _said(was), "new": _said(now)}
            sides = (was.value, now.value, now.where)
            yield _row(new["report_id"], key, Finding.of("version_differs", "warn", *cell, *sides, **about))


def _differing(before: Figures, after: Figures) -> Iterator[tuple[CellKey, Figure, Figure]]:
    """The cells that have another value, or none and another text."""
    for key in dict.fromkeys((*after, *before)):
        was, now = before.get(key, NOTHING), after.get(key, NOTHING)
        if was.value != now.value or (now.value is None and was.printed != now.printed):
            yield key, was, now


def _said(figure: Figure) -> Any:
    """What a cell has, for people."""
    if figure.printed or figure.value is None:
        return figure.printed or {"say": "nothing"}
    return {"say": "derived", "value": figure.value}
