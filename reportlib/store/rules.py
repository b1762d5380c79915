"""Rules over the years of a body and between bodies, as `form/rules.toml` states them.

What single reports must hold stands in `proof.checks`; here reports are compared with each other. A
rule is tested only where every figure it needs is there: all else is not assessable, and silent.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..form import CellKey, load_toml
from ..report.report import Finding, Verdict

__all__ = [
    "CELLS",
    "Across",
    "Figure",
    "Figures",
    "ReportKey",
    "alike",
    "before",
    "compare",
    "identical",
    "parent_sums",
    "published_late",
]

ReportKey = tuple[str, str, int]
"""A body, its scope and a year."""


class Figure(NamedTuple):
    """What a report has in a cell, how and where it stands, and whether a sum of its own contradicts it."""

    value: Any
    printed: str | None
    where: str
    suspect: bool


Figures = dict[CellKey, Figure]
"""Of one report. A figure stated in words stands in no table and row, and its indicator is the column."""


class Across(NamedTuple):
    """What a rule says of one report against others; `line` is the later one's."""

    line: ReportKey
    finding: Finding


def before(line: ReportKey) -> ReportKey:
    """The same report of the year before."""
    body, scope, year = line
    return body, scope, year - 1


# ------------------------------------------------------------------------------ comparisons of cells
PARTS = ("old", "plus", "minus", "new")
"""Of a comparison: `old` of the year before, with what is added and taken away, against `new`."""
Terms = list[tuple[str, CellKey]]
"""The cells of a comparison, with their part in it."""


def _comparisons() -> Iterator[tuple[str, Terms]]:
    """Each comparison of the rules that compare cells of two years, or of one."""
    for rule, said in load_toml("rules.toml").items():
        for one in said.get("each", []):
            yield rule, list(_filled(said, one))
        words = said.get("figures", {})
        if words:
            yield rule, [(part, ("", "", code)) for part in PARTS for code in words.get(part, [])]


def _filled(said: Mapping[str, Any], one: str | list[str]) -> Iterator[tuple[str, CellKey]]:
    """The cells of a rule: what stands for each is filled in."""
    own = [one] * 3 if isinstance(one, str) else one
    for part in PARTS:
        for pattern in said.get(part, []):
            table, row, column = (
                fill if name == "*" else name for name, fill in zip(pattern, own, strict=True)
            )
            yield part, (table, row, column)


COMPARISONS = tuple(_comparisons())
SUMMED: tuple[CellKey, ...] = tuple(map(tuple, load_toml("rules.toml")["parent_sum"]["cells"]))
CELLS = {*SUMMED, *(cell for _, terms in COMPARISONS for _, cell in terms)}
"""The cells that any rule needs."""


def compare(reports: Mapping[ReportKey, Figures]) -> Iterator[Across]:
    """What contradicts the rules that compare single cells, of one year or of two."""
    for line, now in reports.items():
        last_year = reports.get(before(line), {})
        for rule, terms in COMPARISONS:
            figures = [(last_year if part == "old" else now).get(cell) for part, cell in terms]
            known = [figure for figure in figures if figure]
            if len(known) == len(terms):
                finding = _compared(rule, terms, known, line)
                if finding:
                    yield Across(line, finding)


def _compared(rule: str, terms: Terms, figures: list[Figure], line: ReportKey) -> Finding | None:
    """What is said where a comparison does not hold."""
    said = load_toml("rules.toml")[rule]
    sums = dict.fromkeys(PARTS, 0.0)
    first: dict[str, tuple[CellKey, Figure]] = {}
    for (part, cell), figure in zip(terms, figures, strict=True):
        sums[part] += figure.value
        first.setdefault(part, (cell, figure))
    left, right = sums["old"] + sums["plus"] - sums["minus"], sums["new"]
    if _holds(said, left, right):
        return None
    # What its own report contradicts proves nothing against another.
    verdict: Verdict = "warn" if any(figure.suspect for figure in figures) else said["verdict"]
    year = line[2]
    about: dict[str, Any] = {"year": year, "before": year - 1, "factor": said.get("factor", "")}
    if "old" in first:
        about |= {"old": sums["old"], "place": first["old"][1].where}
    cell, new = first["new"]
    place = cell if cell[0] else ("", "", "")
    about |= {"plus": sums["plus"], "minus": sums["minus"]}
    return Finding.of(rule, verdict, *place, left, right, new.where, **about)


def _holds(said: Mapping[str, Any], left: float, right: float) -> bool:
    """Whether two sides are as the rule has them."""
    if said["holds"] == "equal":
        return left == right
    if said["holds"] == "at_most":
        return left <= right
    low, high = sorted((left, right))
    return bool(high < said["least"] or high <= said["factor"] * low)


# ------------------------------------------------------------------------------ other rules
def alike(reports: Mapping[ReportKey, Figures]) -> list[ReportKey]:
    """The reports that have the same figures as the year before."""
    return [line for line, now in reports.items() if _values(now) == _values(reports.get(before(line)))]


def _values(cells: Figures | None) -> dict[CellKey, float] | None:
    return None if cells is None else {cell: figure.value for cell, figure in cells.items()}


def identical(reports: Mapping[ReportKey, Figures]) -> Iterator[Across]:
    """The reports of which every figure is the same as the year before.

    Parameters
    ----------
    reports
        Whole reports.
    """
    said = load_toml("rules.toml")["identical"]
    for line in alike(reports):
        figures = sum(figure.value != 0 for figure in reports[line].values())
        if figures >= said["least"]:
            about = {"year": line[2], "before": line[2] - 1, "figures": figures}
            yield Across(line, Finding.of("identical", said["verdict"], **about))


def published_late(dates: Iterable[tuple[ReportKey, str]]) -> Iterator[Across]:
    """The reports of known scope that were published after the legal date.

    Parameters
    ----------
    dates
        Of each report, an ISO date or ''.
    """
    said = load_toml("rules.toml")["published_late"]
    for line, published in dates:
        _, scope, year = line
        if published and scope in said:
            due = datetime.date(year + 1, *said[scope])
            if datetime.date.fromisoformat(published) > due:
                late = Finding.of("published_late", said["verdict"], published=published, due=str(due))
                yield Across(line, late)


def parent_sums(
    reports: Mapping[ReportKey, Figures],
    adding: Iterable[ReportKey],
    parents: Mapping[str, str],
    complete: Collection[tuple[str, int]] = (),
) -> Iterator[Across]:
    """The reports that add up others and cannot be their sum.

    A report must be it where the register says that it has all of them and each has a report; where some may
    lack, all that contradicts it is that those below already come to more.

    Parameters
    ----------
    reports
        All of them.
    adding
        The reports that say that they add up those of other bodies.
    parents
        By body: the body that its report is consolidated into.
    complete
        Body and year: of these the register has every body below.
    """
    verdict = load_toml("rules.toml")["parent_sum"]["verdict"]
    wholes: dict[tuple[str, int], ReportKey] = {}  # a body counts with the whole of what it answers for
    for line in reports:
        body, scope, year = line
        if scope == "region" or (body, year) not in wholes:
            wholes[body, year] = line
    for line in adding:
        body, _, year = line
        below = [child for child, parent in parents.items() if parent == body]
        there = [reports[wholes[child, year]] for child in below if (child, year) in wholes]
        for cell in SUMMED:
            figures = [one[cell].value for one in there if cell in one]
            whole = reports.get(line, {}).get(cell)
            exact = (body, year) in complete and len(figures) == len(below)
            total = sum(figures)
            if whole and figures and (total > whole.value or (exact and total < whole.value)):
                sides = (total, whole.value, whole.where)
                finding = Finding.of("parent_sum", verdict, *cell, *sides, bodies=len(figures))
                yield Across(line, finding)
