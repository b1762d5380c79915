"""Rules over the years of a body and between bodies, as `form/rules.toml` states them.

What single reports must hold stands in `proof.checks`; here reports are compared with each other. A
rule is tested only where every figure it needs is there: all else is not assessable, and silent.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from ..form import CellKey, load_toml
from ..report.report import Finding, Verdict

__all__ = [
    "CELL",
    "CELLS",
    "LINE",
    "Across",
    "Known",
    "ReportKey",
    "compare",
    "identical",
    "parent_sums",
    "published_late",
]

LINE = ["body", "scope", "year"]
CELL = ["table", "row", "column"]
ReportKey = tuple[str, str, int]
"""A body, its scope and a year."""
Terms = dict[str, list[CellKey]]
"""The cells of a comparison by their part in it: `old` of the year before, with what is added and taken away
(`plus`, `minus`), against `new`."""
PARTS = {"old": 1, "plus": 1, "minus": -1, "new": 1}
"""How each part of a comparison is counted."""


class Across(NamedTuple):
    """What a rule says of one report against others; `line` is the later one's."""

    line: ReportKey
    finding: Finding


class Known(NamedTuple):
    """Cells of many reports, as three frames of a line per report (`LINE`) and a column per cell (`CELL`).

    Attributes
    ----------
    values
        Float, NaN where a report has no value.
    where
        The place of each.
    suspect
        Whether a sum of its own report fails.
    """

    values: pd.DataFrame
    where: pd.DataFrame
    suspect: pd.DataFrame

    @classmethod
    def of(cls, cells: pd.DataFrame, columns: Collection[CellKey]) -> Known:
        """Those of the cells that are asked for.

        Parameters
        ----------
        cells
            Frame with the columns of `LINE` and `CELL`, ``value, where, suspect``; one version of a report.
        columns
            What is asked for.
        """
        wanted = pd.MultiIndex.from_tuples(sorted(columns), names=CELL)
        mine = pd.MultiIndex.from_frame(cells[CELL].astype("str")).isin(wanted)
        there = cells[mine & cells["value"].notna().to_numpy()].astype({"value": float, "suspect": object})
        long = there.set_index([*LINE, *CELL])
        wide = (long[name].unstack(CELL) for name in ("value", "where", "suspect"))
        return cls(*(frame.reindex(columns=wanted) for frame in wide))

    def year_before(self) -> Known:
        """The same lines, each with what the report of the year before has."""
        return Known(*(_year_before(frame) for frame in self))


def _year_before(frame: pd.DataFrame) -> pd.DataFrame:
    later = frame.rename(index=lambda year: year + 1, level="year")
    return later.reindex(frame.index)


# ------------------------------------------------------------------------------ comparisons of cells
def _comparisons() -> Iterator[tuple[str, Terms]]:
    """Each comparison of the rules that compare cells of two years, or of one."""
    for rule, said in load_toml("rules.toml").items():
        patterns = {part: said.get(part, []) for part in PARTS}
        for one in said.get("each", []):
            yield rule, {part: [_filled(cell, one) for cell in cells] for part, cells in patterns.items()}
        if "figures" in said:
            words = said["figures"]
            yield rule, {part: [("", "", code) for code in words.get(part, [])] for part in PARTS}


def _filled(pattern: list[str], one: str | list[str]) -> CellKey:
    """A cell of the rule: what stands for each is filled in."""
    fill = [one] * len(CELL) if isinstance(one, str) else one
    table, row, column = (own if name == "*" else name for name, own in zip(pattern, fill, strict=True))
    return table, row, column


COMPARISONS = tuple(_comparisons())
CELLS: frozenset[CellKey] = frozenset(
    cell for _, terms in COMPARISONS for cells in terms.values() for cell in cells
) | frozenset(map(tuple, load_toml("rules.toml")["parent_sum"]["cells"]))
"""The cells that any rule needs."""


def compare(known: Known) -> Iterator[Across]:
    """What contradicts the rules that compare single cells, of one year or of two."""
    before = known.year_before()
    for rule, terms in COMPARISONS:
        yield from _compared(rule, terms, known, before)


def _compared(rule: str, terms: Terms, now: Known, before: Known) -> Iterator[Across]:
    said = load_toml("rules.toml")[rule]
    left = pd.Series(0.0, now.values.index)
    right = left.copy()
    doubt = pd.Series(False, now.values.index)
    for part, cells in terms.items():
        year = before if part == "old" else now
        for cell in cells:
            term = PARTS[part] * year.values[cell]
            left, right = (left, right + term) if part == "new" else (left + term, right)
            doubt |= year.suspect[cell].eq(True)
    for line in left.index[left.notna() & right.notna() & ~_holds(said, left, right)]:
        verdict: Verdict = said["verdict"]
        if (
            verdict == "fail" and doubt[line]
        ):  # what its own report contradicts proves nothing against another
            verdict = "warn"
        body, scope, year = line
        about: dict[str, Any] = {"year": int(year), "before": int(year) - 1, "factor": said.get("factor", "")}
        for cell in terms["old"]:
            about |= {"old": _at(before.values, line, cell), "place": _at(before.where, line, cell)}
        for part in ("plus", "minus"):
            about[part] = sum(_at(now.values, line, cell) for cell in terms[part])
        cell = terms["new"][0]
        table, row, column = cell if cell[0] else ("", "", "")
        sides = (float(left[line]), float(right[line]), _at(now.where, line, cell))
        yield Across((body, scope, int(year)), Finding.of(rule, verdict, table, row, column, *sides, **about))


def _at(frame: pd.DataFrame, line: ReportKey, cell: CellKey) -> Any:
    return frame.at[line, cell]


def _holds(said: Mapping[str, Any], left: pd.Series[float], right: pd.Series[float]) -> pd.Series[bool]:
    """Whether two sides are as the rule has them."""
    if said["holds"] == "equal":
        return left == right
    if said["holds"] == "at_most":
        return left <= right
    high, low = left.where(left > right, right), left.where(left < right, right)
    factor, least = float(said["factor"]), float(said["least"])
    return (high < least) | (high <= factor * low)


# ------------------------------------------------------------------------------ other rules
def identical(cells: pd.DataFrame) -> Iterator[Across]:
    """The reports of which every figure is the same as the year before.

    Parameters
    ----------
    cells
        As for `Known.of`: whole reports.
    """
    there = cells[cells["value"].notna()]
    hashes = pd.util.hash_pandas_object(there[[*CELL, "value"]].astype({"value": float}), index=False)
    marked = there[LINE].assign(digest=hashes.to_numpy(), figures=there["value"].to_numpy() != 0)
    sums = marked.groupby(LINE, observed=True).agg({"digest": "sum", "figures": "sum"})
    same = sums["digest"] == _year_before(sums)["digest"]
    said = load_toml("rules.toml")["identical"]
    for (body, scope, year), figures in sums["figures"][same & (sums["figures"] >= said["least"])].items():
        about: dict[str, Any] = {"year": int(year), "before": int(year) - 1, "figures": int(figures)}
        yield Across((body, scope, int(year)), Finding.of("identical", said["verdict"], **about))


def published_late(reports: pd.DataFrame) -> Iterator[Across]:
    """The reports of known scope that were published after the legal date.

    Parameters
    ----------
    reports
        Frame with the columns of `LINE` and ``date_published``, an ISO date or ''.
    """
    said = load_toml("rules.toml")["published_late"]
    for body, scope, year, published in reports[[*LINE, "date_published"]].itertuples(index=False):
        if published and scope in said:
            due = datetime.date(year + 1, *said[scope])
            if datetime.date.fromisoformat(published) > due:
                late = Finding.of("published_late", said["verdict"], published=published, due=str(due))
                yield Across((body, scope, int(year)), late)


def parent_sums(
    known: Known,
    adding: Collection[ReportKey],
    parents: Mapping[str, str],
    complete: Collection[tuple[str, int]] = (),
) -> Iterator[Across]:
    """The reports that add up others and cannot be their sum.

    A report must be it where the register says that it has all of them and each has a report; where some may
    lack, all that contradicts it is that those below already come to more.

    Parameters
    ----------
    known
        The cells of all reports.
    adding
        The reports that say that they add up those of other bodies.
    parents
        By body: the body that its report is consolidated into.
    complete
        Body and year: of these the register has every body below.
    """
    said = load_toml("rules.toml")["parent_sum"]
    wholes: dict[tuple[str, int], ReportKey] = {}  # a body counts with the whole of what it answers for
    for body, scope, year in known.values.index:
        if scope == "region" or (body, year) not in wholes:
            wholes[body, year] = (body, scope, year)
    for line in sorted(set(known.values.index) & set(adding)):
        body, _, year = line
        below = [(child, year) for child, parent in parents.items() if parent == body]
        there = known.values.loc[[wholes[child] for child in below if child in wholes]]
        every = (body, year) in complete and len(there) == len(below)
        for table, row, column in said["cells"]:
            cell = (table, row, column)
            figures, whole = there[cell].dropna(), _at(known.values, line, cell)
            total, exact = float(figures.sum()), every and figures.size == len(below)
            if figures.size and (total > whole or (exact and total < whole)):
                sides = (total, float(whole), _at(known.where, line, cell))
                finding = Finding.of("parent_sum", said["verdict"], *cell, *sides, bodies=figures.size)
                yield Across(line, finding)
