"""What only shows between reports: a later version of one, and the rules over years and bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..report.report import Finding
from .bodies import Register
from .rules import (
    CELLS,
    SUMMED,
    Across,
    Figure,
    Figures,
    ReportKey,
    alike,
    before,
    compare,
    identical,
    parent_sums,
    place,
    published_late,
)

__all__ = ["between", "consolidations", "in_words"]

Row = dict[str, Any]
K = TypeVar("K")
KEY = ("body", "scope", "year")
_key = itemgetter(*KEY)
NOTHING = Figure(None, None, "", False)


def between(cells: pa.Table, reports: pa.Table) -> list[Row]:
    """Compare the reports of some bodies with each other.

    Parameters
    ----------
    cells, reports
        Lines of these tables: all years of the bodies, all versions.

    Returns
    -------
    list of dict
        Lines of the table of findings: ``version_differs``, ``reported_twice`` and the rules of
        `form/rules.toml`.
    """
    documents = _documents(reports)
    last = _last(documents)
    known = _figures(_compared(cells), {one["report_id"]: key for key, one in last.items()})
    # Whoever has the same few figures as the year before is looked at as a whole.
    same = {one for key in alike(known) for one in (key, before(key))}
    whole = _figures(cells, {last[key]["report_id"]: key for key in same})
    late = published_late({key: one["date_published"] for key, one in last.items()})
    said = chain(_twice(documents), compare(known), identical(whole), late)
    return [*_versions(cells, documents), *_rows(said, last)]


def in_words(figures: Iterable[Row]) -> list[Row]:
    """Compare the exact figures of reports that stand in words, as `between` does those of tables.

    Parameters
    ----------
    figures
        Lines of the table of figures.
    """
    found: defaultdict[ReportKey, Figures] = defaultdict(dict)
    for one in figures:
        if (one["precision"], one["kind"]) == ("exact", "headline"):
            found[_key(one)][one["indicator"]] = Figure(one["value"], None, one["address"], False)
    return list(_rows(compare(found), {}))


def consolidations(cells: list[Path], reports: list[Path], register: Register) -> list[Row]:
    """Compare the reports that say that they add up others with those of the bodies below them.

    Parameters
    ----------
    cells, reports
        The files of these tables.
    register
        The bodies: which is above which, and for which years all below it are known.

    Returns
    -------
    list of dict
        Lines of the table of findings, of the rule ``parent_sum``.
    """
    columns = ["report_id", *KEY, "version", "current", "consolidates"]
    last = _last(_documents(pq.read_table(reports, columns=columns)))
    adding = [key for key, one in last.items() if one["consolidates"]]
    if not adding:
        return []
    rows = {place(cell)[1] for cell in SUMMED}
    totals = pq.read_table(cells, filters=[("row", "in", rows), ("column", "==", "total")])
    parents = {body.name: body.parent for body in register.bodies if body.parent}
    complete = {(body.name, int(year)) for body in register.bodies for year in body.complete_years}
    known = _figures(_compared(totals), {one["report_id"]: key for key, one in last.items()})
    return list(_rows(parent_sums(known, adding, parents, complete), last))


def _rows(said: Iterable[Across], last: Mapping[ReportKey, Row]) -> Iterator[Row]:
    for line, finding in said:
        report_id = last[line]["report_id"] if line in last else ""
        yield _row(report_id, line, finding)


def _row(report_id: str, key: ReportKey, finding: Finding) -> Row:
    """A line of the table of findings."""
    return {"report_id": report_id, **dict(zip(KEY, key, strict=True)), **finding._asdict()}


# ------------------------------------------------------------------------------ what is compared
def _documents(reports: pa.Table) -> dict[ReportKey, list[Row]]:
    """The documents of each report, the earlier version before the later."""
    found: defaultdict[ReportKey, list[Row]] = defaultdict(list)
    for one in sorted(reports.to_pylist(), key=itemgetter("version")):
        found[_key(one)].append(one)
    return found


def _last(documents: Mapping[ReportKey, list[Row]]) -> dict[ReportKey, Row]:
    """The document of each report that counts."""
    return {key: one for key, several in documents.items() for one in several if one["current"]}


def _compared(cells: pa.Table) -> pa.Table:
    """The cells with a value that a rule needs."""
    wanted = pc.is_in(_names(cells), pa.array(CELLS))
    return cells.filter(pc.and_(wanted, pc.is_valid(cells["value"])))


def _names(cells: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(cells["table"], cells["row"], cells["column"], "/")


def _figures(cells: pa.Table, documents: Mapping[str, K]) -> dict[K, Figures]:
    """The figures of some documents, each by what it stands for."""
    found: dict[K, Figures] = {key: {} for key in documents.values()}
    mine = cells.filter(pc.is_in(cells["report_id"], pa.array(documents, pa.string())))
    columns = [mine["report_id"], _names(mine), *mine.select(Figure._fields)]
    for document, cell, *figure in zip(*(column.to_pylist() for column in columns), strict=True):
        found[documents[document]][cell] = Figure(*figure)
    return found


# ------------------------------------------------------------------------------ versions
def _twice(documents: Mapping[ReportKey, list[Row]]) -> Iterator[Across]:
    """The reports of which several documents count."""
    for key, several in documents.items():
        files = [one["file"] for one in several if one["current"]]
        if len(files) > 1:
            yield Across(key, Finding.of("reported_twice", "warn", files=files))


def _versions(cells: pa.Table, documents: Mapping[ReportKey, list[Row]]) -> Iterator[Row]:
    """The cells in which a report differs from the version before it."""
    again = {key: several for key, several in documents.items() if len(several) > 1}
    names = [one["report_id"] for several in again.values() for one in several]
    found = _figures(cells, dict(zip(names, names, strict=True)))
    for key, several in again.items():
        for old, new in pairwise(several):
            files = {"old_file": old["file"], "new_file": new["file"]}
            stood, stands = found[old["report_id"]], found[new["report_id"]]
            for cell in dict.fromkeys((*stands, *stood)):
                was, now = stood.get(cell, NOTHING), stands.get(cell, NOTHING)
                if was.value != now.value or (now.value is None and was.printed != now.printed):
                    sides = (was.value, now.value, now.where)
                    said = {**files, "old": _said(was), "new": _said(now)}
                    finding = Finding.of("version_differs", "warn", *place(cell), *sides, **said)
                    yield _row(new["report_id"], key, finding)


def _said(figure: Figure) -> Any:
    """What a cell has, for people."""
    if figure.printed or figure.value is None:
        return figure.printed or {"say": "nothing"}
    return {"say": "derived", "value": figure.value}
