"""What only shows between reports: a later version of one, and the rules over years and bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..form import CellKey
from ..report.report import Finding
from .bodies import Register
from .rules import (
    CELL,
    CELLS,
    LINE,
    Across,
    Known,
    compare,
    identical,
    parent_sums,
    published_late,
)

__all__ = ["between", "consolidations"]

Row = dict[str, Any]
COMPARED = [*LINE, *CELL, "value", "where", "suspect"]


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
    listed = reports.to_pandas().sort_values("version", kind="stable")
    now = listed[listed["current"].astype(bool)]
    last = now.drop_duplicates(LINE, keep="last")
    mine = _cells_of(cells, last["report_id"])
    said = chain(compare(Known.of(mine, CELLS)), identical(mine), published_late(last))
    in_words = compare(Known.of(_stated(figures), CELLS))
    found = [*_versions(cells, listed), *_twice(now), *_rows(said, last)]
    return found + _rows(in_words, last)


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
    listed = reports.to_pandas()
    known = Known.of(_cells_of(cells, listed["report_id"]), CELLS)
    adding = listed.loc[listed["consolidates"].astype(bool), LINE].itertuples(index=False, name=None)
    parents = {body.name: body.parent for body in register.bodies if body.parent}
    complete = {(body.name, int(year)) for body in register.bodies for year in body.complete_years}
    return _rows(parent_sums(known, list(adding), parents, complete), listed)


def _cells_of(cells: pa.Table, reports: Iterable[str]) -> pd.DataFrame:
    """What the rules need of some reports."""
    mine = cells.filter(pc.is_in(cells["report_id"], pa.array(reports, pa.string())))
    frame: pd.DataFrame = mine.select(COMPARED).to_pandas()
    return frame


def _stated(figures: Iterable[Row]) -> pd.DataFrame:
    """The exact figures of reports as cells of their own."""
    exact = [row for row in figures if (row["precision"], row["kind"]) == ("exact", "headline")]
    frame = pd.DataFrame(exact, columns=[*LINE, "indicator", "value", "address"])
    frame = frame.rename(columns={"indicator": "column", "address": "where"})
    frame = frame.assign(table="", row="", suspect=False)[COMPARED]
    return frame.drop_duplicates([*LINE, *CELL], keep="last")


def _rows(said: Iterable[Across], reports: pd.DataFrame) -> list[Row]:
    """Lines of the table of findings."""
    keys = reports[LINE].itertuples(index=False, name=None)
    names = dict(zip(keys, reports["report_id"], strict=True))
    return [_row(names.get(one.line, ""), one.line, one.finding) for one in said]


def _row(report_id: str, line: Any, finding: Finding) -> Row:
    return {"report_id": report_id, "body": line[0], "year": line[2], **finding._asdict()}


def _twice(now: pd.DataFrame) -> Iterator[Row]:
    """The reports of which several documents count."""
    for line, several in now[now.duplicated(LINE, keep=False)].groupby(LINE):
        finding = Finding.of("reported_twice", "warn", files=several["file"].tolist())
        yield _row(several["report_id"].iloc[-1], line, finding)


def _versions(cells: pa.Table, listed: pd.DataFrame) -> Iterator[Row]:
    """The cells in which a report differs from the version before it."""
    several = listed[listed.duplicated(LINE, keep=False)]
    mine = cells.filter(pc.is_in(cells["report_id"], pa.array(several["report_id"], pa.string())))
    stood: defaultdict[str, dict[CellKey, Row]] = defaultdict(dict)
    for cell in mine.to_pylist():
        stood[cell["report_id"]][cell["table"], cell["row"], cell["column"]] = cell
    for line, versions in several.groupby(LINE):
        for old, new in pairwise(versions.to_dict("records")):
            files = {"old_file": old["file"], "new_file": new["file"]}
            for key, was, now in _differing(stood[old["report_id"]], stood[new["report_id"]]):
                sides = (was["value"], now["value"], now["where"])
                finding = Finding.of(
                    "version_differs", "warn", *key, *sides, **files, old=_said(was), new=_said(now)
                )
                yield _row(new["report_id"], line, finding)


def _differing(before: dict[CellKey, Row], after: dict[CellKey, Row]) -> Iterator[tuple[CellKey, Row, Row]]:
    """The cells that have another value, or none and another text."""
    nothing = {"value": None, "printed": None, "where": ""}
    for key in dict.fromkeys((*after, *before)):
        was, now = before.get(key, nothing), after.get(key, nothing)
        compared = "value" if now["value"] is not None else "printed"
        if was["value"] != now["value"] or was[compared] != now[compared]:
            yield key, was, now


def _said(cell: Row) -> Any:
    """What a cell has, for people."""
    if cell["printed"] or cell["value"] is None:
        return cell["printed"] or {"say": "nothing"}
    return {"say": "derived", "value": cell["value"]}
