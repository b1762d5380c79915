"""Rules over the years of a body and between bodies, as `form/rules.toml` states them.

What single reports must hold stands in `checks`; here reports are compared with each other. A
rule is tested only where every figure it needs is there: all else is not assessable, and silent.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

from ..form import load_toml
from ..report.report import Finding, Verdict

__all__ = ["CELLS", "Across", "Figure", "Series", "compare", "gather", "parent_sums"]

Cell = tuple[str, str, str]
Line = tuple[str, str, int]
"""A body, its scope and a year."""


class Figure(NamedTuple):
    """A cell's value and where it stands; `suspect` if a sum of its own report fails."""

    value: float
    where: str
    suspect: bool = False


class Across(NamedTuple):
    """What a rule says of one report against others; `line` is the later one's."""

    line: Line
    finding: Finding


class Series(NamedTuple):
    """What the rules need of all reports.

    Attributes
    ----------
    cells
        By body, scope and year: the cells that have a value, those of `CELLS` at least.
    digests
        By body, scope and year: a number that equal reports share, and how many figures are not 0.
    published
        By body, scope and year: the ISO date of publication, where known.
    parents
        By body: the body that its report is consolidated into.
    figures
        By body, scope and year: figures stated in words, by indicator.
    consolidated
        The reports that say that they add up those of other bodies.
    complete
        Body and year: of these the register has every body below.
    """

    cells: Mapping[Line, Mapping[Cell, Figure]]
    digests: Mapping[Line, tuple[int, int]]
    published: Mapping[Line, str]
    parents: Mapping[str, str]
    figures: Mapping[Line, Mapping[str, Figure]]
    consolidated: frozenset[Line] = frozenset()
    complete: frozenset[tuple[str, int]] = frozenset()


@cache
def _rules() -> dict[str, dict[str, Any]]:
    return load_toml("rules.toml")


def _cells() -> Iterator[Cell]:
    carried = _rules()["carried_over"]
    for side in (carried["before"], carried["after"]):
        yield from ((*side, column) for column in carried["columns"])
    for rule, columns in (("stock", ("stock", "plus", "minus")), ("pending", ("pending", "total"))):
        for row in _rules()[rule]["rows"]:
            yield from _of_row(rule, row, columns)
    for rule in ("jump", "parent_sum"):
        yield from map(tuple, _rules()[rule]["cells"])


def _of_row(rule: str, row: str, columns: Iterable[str]) -> list[Cell]:
    """Cells of a row by the names that the rule has for its columns."""
    said = _rules()[rule]
    return [(said["table"], row, said[column]) for column in columns]


CELLS: frozenset[Cell] = frozenset(_cells())
"""The cells that any rule needs."""


def compare(series: Series) -> Iterator[Across]:
    """Test every rule on every report that it applies to.

    Yields
    ------
    Across
        With verdict pass too, so that it can be told how often a rule was tested.
    """
    for line, now in series.cells.items():
        before = series.cells.get(_last_year(line))
        if before is not None:
            yield from _over_years(line, before, now)
    yield from _identical(series.digests)
    yield from _late(series.published)
    yield from parent_sums(series)
    yield from _figures(series.figures)


def _last_year(line: Line) -> Line:
    body, scope, year = line
    return body, scope, year - 1


def _across(
    line: Line,
    rule: str,
    holds: bool,
    cell: Cell = ("", "", ""),
    left: float | None = None,
    right: Figure | None = None,
    suspect: bool = False,
    **parts: Any,
) -> Across:
    verdict: Verdict = "pass" if holds else _rules()[rule]["verdict"]
    if verdict == "fail" and suspect:  # what its own report contradicts proves nothing against another report
        verdict = "warn"
    value, where = (right.value, right.where) if right else (None, "")
    return Across(line, Finding.of(rule, verdict, *cell, left, value, where, **parts))


def _over_years(line: Line, before: Mapping[Cell, Figure], now: Mapping[Cell, Figure]) -> Iterator[Across]:
    """The rules for a report and that of the year before."""
    rule = _rules()["carried_over"]
    for column in rule["columns"]:
        cell = (*rule["after"], column)
        yield from _carried(line, cell, before.get((*rule["before"], column)), now.get(cell))
    yield from _stock(line, before, now)
    yield from _jump(line, before, now)
    yield from _pending(line, before, now)


def _years(line: Line) -> dict[str, Any]:
    return {"year": line[2], "before": line[2] - 1}


def _stock(line: Line, before: Mapping[Cell, Figure], now: Mapping[Cell, Figure]) -> Iterator[Across]:
    for row in _rules()["stock"]["rows"]:
        cell, plus, minus = _of_row("stock", row, ("stock", "plus", "minus"))
        old, new, more, less = before.get(cell), now.get(cell), now.get(plus), now.get(minus)
        if old and new and more and less:
            expected = old.value + more.value - less.value
            holds = expected == new.value
            terms: dict[str, Any] = {"old": old.value, "plus": more.value, "minus": less.value}
            yield _across(line, "stock", holds, cell, expected, new, **_years(line), **terms)


def _jump(line: Line, before: Mapping[Cell, Figure], now: Mapping[Cell, Figure]) -> Iterator[Across]:
    rule = _rules()["jump"]
    factor = rule["factor"]
    for cell in map(tuple, rule["cells"]):
        old, new = before.get(cell), now.get(cell)
        if old and new:
            low, high = sorted((old.value, new.value))
            holds = high < rule["least"] or high <= factor * low
            yield _across(line, "jump", holds, cell, old.value, new, **_years(line), factor=factor)


def _pending(line: Line, before: Mapping[Cell, Figure], now: Mapping[Cell, Figure]) -> Iterator[Across]:
    for row in _rules()["pending"]["rows"]:
        waiting, total = _of_row("pending", row, ("pending", "total"))
        old, new = before.get(waiting), now.get(total)
        if old and new:
            holds = old.value <= new.value
            yield _across(line, "pending", holds, total, old.value, new, **_years(line), place=old.where)


def _carried(line: Line, cell: Cell, out: Figure | None, into: Figure | None) -> Iterator[Across]:
    if out and into:
        suspect = out.suspect or into.suspect
        holds = out.value == into.value
        about = {**_years(line), "place": out.where}
        yield _across(line, "carried_over", holds, cell, out.value, into, suspect, **about)


def _identical(digests: Mapping[Line, tuple[int, int]]) -> Iterator[Across]:
    for line, (digest, figures) in digests.items():
        before = digests.get(_last_year(line))
        if before and figures >= _rules()["identical"]["least"]:
            differs = before[0] != digest
            yield _across(line, "identical", differs, **_years(line), figures=figures)


def _late(published: Mapping[Line, str]) -> Iterator[Across]:
    for line, text in published.items():
        _, scope, year = line
        if text and scope in ("own", "region"):
            due = datetime.date(year + 1, *_rules()["published_late"][scope])
            holds = datetime.date.fromisoformat(text) <= due
            yield _across(line, "published_late", holds, published=text, due=str(due))


def parent_sums(series: Series) -> Iterator[Across]:
    """Test whether a report that adds up others can be their sum.

    It must be it where the register says that it has all of them and each has a report; where some may lack,
    all that contradicts it is that those below already come to more.
    """
    children: defaultdict[str, list[str]] = defaultdict(list)
    for body, parent in series.parents.items():
        children[parent].append(body)
    by_body: defaultdict[tuple[str, int], dict[str, Mapping[Cell, Figure]]] = defaultdict(dict)
    for (body, scope, year), cells in series.cells.items():
        by_body[body, year][scope] = cells
    for line, now in series.cells.items():
        body, _, year = line
        if line not in series.consolidated:
            continue
        known = [by_body.get((child, year), {}) for child in children[body]]
        parts = [part for part in known if part]
        complete = (body, year) in series.complete and len(parts) == len(known)
        # A child counts with the whole of what it answers for.
        wholes = [part.get("region") or next(iter(part.values())) for part in parts]
        for cell in map(tuple, _rules()["parent_sum"]["cells"]):
            whole = now.get(cell)
            below = [part[cell].value for part in wholes if cell in part]
            if whole and below:
                total = sum(below)
                exact = complete and len(below) == len(parts)
                holds = total == whole.value if exact else total <= whole.value
                yield _across(line, "parent_sum", holds, cell, total, whole, bodies=len(below))


def _figures(figures: Mapping[Line, Mapping[str, Figure]]) -> Iterator[Across]:
    """The rules for figures stated in words; their places are addresses."""
    balance, (out, into) = _rules()["figures_balance"], _rules()["carried_over"]["figures"]
    for line, now in figures.items():
        left, right = (_sum([now] * len(balance[side]), balance[side]) for side in ("left", "right"))
        if left is not None and right is not None:
            where = Figure(right, next(iter(now.values())).where)
            yield _across(line, "figures_balance", left == right, left=left, right=where)
        before = figures.get(_last_year(line), {})
        yield from _carried(line, ("", "", ""), before.get(out), now.get(into))


def _sum(sides: Sequence[Mapping[Any, Figure]], keys: Sequence[Any]) -> float | None:
    """The sum of a figure of each; None where one is not known."""
    found = [side[key].value for side, key in zip(sides, keys, strict=True) if key in side]
    return sum(found) if len(found) == len(keys) else None


def gather(cells: pd.DataFrame) -> tuple[dict[Line, dict[Cell, Figure]], dict[Line, tuple[int, int]]]:
    """The `cells` and `digests` of a `Series`.

    Parameters
    ----------
    cells
        Frame with ``body, scope, year, table, row, column, value, where, suspect``: whole reports,
        one version of each.
    """
    keys = ["table", "row", "column"]
    there = cells[cells["value"].notna()]
    mine = pd.MultiIndex.from_frame(there[keys].astype("str")).isin(CELLS)
    found: defaultdict[Line, dict[Cell, Figure]] = defaultdict(dict)
    needed = there[mine]
    columns = [
        needed[name].tolist() for name in ("body", "scope", "year", *keys, "value", "where", "suspect")
    ]
    for body, scope, year, table, row, column, value, where, suspect in zip(*columns, strict=True):
        found[body, scope, int(year)][table, row, column] = Figure(float(value), where, bool(suspect))
    hashes = pd.util.hash_pandas_object(there[[*keys, "value"]].astype({"value": float}), index=False)
    marked = there[["body", "scope", "year"]].assign(
        digest=hashes.to_numpy(), other=there["value"].to_numpy() != 0
    )
    sums = marked.groupby(["body", "scope", "year"], observed=True).agg(
        digest=("digest", "sum"), other=("other", "sum")
    )
    return dict(found), {
        (body, scope, int(year)): (int(d), int(n)) for (body, scope, year), d, n in sums.itertuples()
    }
