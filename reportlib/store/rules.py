"""Rules over the years of a body and between bodies, as `form/rules.toml` states them.

What single reports must hold stands in `proof.checks`; here reports are compared with each other. A
rule is tested only where every figure it needs is there: all else is not assessable, and silent.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..form import load_toml
from ..report.report import Finding, Verdict

__all__ = [
    "CELLS",
    "SUMMED",
    "Across",
    "Figure",
    "Figures",
    "ReportKey",
    "alike",
    "before",
    "compare",
    "identical",
    "parent_sums",
    "place",
    "published_late",
]

RULES = load_toml("rules.toml")
ReportKey = tuple[str, str, int]
"""A body, its scope and a year."""


class Figure(NamedTuple):
    """What a report has in a cell, how and where it stands, and whether a sum of its own contradicts it."""

    value: Any
    printed: str | None
    where: str
    suspect: bool


Figures = dict[str, Figure]
"""Of one report, by ``table/row/column``, or by the indicator where a figure is stated in words."""


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
Terms = list[tuple[str, str]]
"""The cells of a comparison, each with its part in it before it."""


def _terms(said: Mapping[str, Any], one: str = "") -> Terms:
    """The cells that a rule names, filled in with what it holds for."""
    return [(part, cell.replace("*", one)) for part in PARTS for cell in said.get(part, ())]


def _comparisons() -> Iterator[tuple[str, Terms]]:
    """Each comparison of the rules that compare cells of two years, or of one."""
    for rule, said in RULES.items():
        for one in said.get("each", ()):
            yield rule, _terms(said, one)
        if "figures" in said:
            yield rule, _terms(said["figures"])


COMPARISONS = tuple(_comparisons())
SUMMED: list[str] = RULES["parent_sum"]["cells"]
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
    said = RULES[rule]
    sums: dict[str, Any] = dict.fromkeys(PARTS, 0.0)
    places: dict[str, str] = {}
    for (part, _), figure in zip(terms, figures, strict=True):
        sums[part] += figure.value
        places.setdefault(part, figure.where)
    left, right = sums["old"] + sums["plus"] - sums["minus"], sums.pop("new")
    if _holds(said, left, right):
        return None
    # What its own report contradicts proves nothing against another.
    verdict: Verdict = "warn" if any(figure.suspect for figure in figures) else said["verdict"]
    cell = next(cell for part, cell in terms if part == "new")
    return Finding.of(
        *(rule, verdict, *place(cell), left, right, places["new"]),
        **sums,
        place=places.get("old", ""),
        factor=said.get("factor", ""),
        year=line[2],
        before=line[2] - 1,
    )


def place(cell: str) -> tuple[str, str, str]:
    """Table, row and column of a cell, '' of a figure in words."""
    table, row, column = cell.split("/") if "/" in cell else ("", "", "")
    return table, row, column


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
    values = {
        line: {cell: figure.value for cell, figure in figures.items()} for line, figures in reports.items()
    }
    return [line for line, mine in values.items() if mine == values.get(before(line))]


def identical(reports: Mapping[ReportKey, Figures]) -> Iterator[Across]:
    """The reports of which every figure is the same as the year before.

    Parameters
    ----------
    reports
        Whole reports.
    """
    said = RULES["identical"]
    for line in alike(reports):
        figures = sum(figure.value != 0 for figure in reports[line].values())
        if figures >= said["least"]:
            year = line[2]
            found = Finding.of("identical", said["verdict"], year=year, before=year - 1, figures=figures)
            yield Across(line, found)


def published_late(dates: Mapping[ReportKey, str]) -> Iterator[Across]:
    """The reports of known scope that were published after the legal date.

    Parameters
    ----------
    dates
        Of each report, an ISO date or ''.
    """
    said = RULES["published_late"]
    for line, published in dates.items():
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
    verdict = RULES["parent_sum"]["verdict"]
    for line in adding:
        body, _, year = line
        below = [_whole(reports, child, year) for child, parent in parents.items() if parent == body]
        for cell in SUMMED:
            figures = [one[cell].value for one in below if cell in one]
            whole = reports.get(line, {}).get(cell)
            if not whole or not figures:
                continue
            total = sum(figures)
            exact = (body, year) in complete and len(figures) == len(below)
            if total > whole.value or (exact and total < whole.value):
                sides = (total, whole.value, whole.where)
                finding = Finding.of("parent_sum", verdict, *place(cell), *sides, bodies=len(figures))
                yield Across(line, finding)


def _whole(reports: Mapping[ReportKey, Figures], body: str, year: int) -> Figures:
    """What a body reports of all that it answers for; nothing where there is no report."""
    for scope in ("region", "own", ""):
        if (body, scope, year) in reports:
            return reports[body, scope, year]
    return {}
