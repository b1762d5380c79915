"""From tidy frames to what is drawn: points by body, cell and year, tables and figures in words apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

from ..form import load_toml
from ..labels import label
from .page import number, span, word, words

__all__ = [
    "Facts",
    "Point",
    "Who",
    "figure_name",
    "gather",
    "headline_figures",
    "joined",
    "listed",
    "notes",
    "rate_points",
    "title",
]

MARKS = {"derived": "†", "split": "‡", "corrected": "※"}
PRECISION = {"at_least": "≥", "rounded": "≈"}


class Who(NamedTuple):
    """Whose figures: a body and the scope they are of; scopes are never mixed."""

    body: str
    scope: str

    def named(self, lang: str) -> str:
        """Name and scope."""
        scope = label(self.scope, lang, "scope") if self.scope else ""
        return word("common.of", lang, body=self.body, scope=scope) if scope else self.body


class Point(NamedTuple):
    """One figure of one year; `low` and `high` for rates, `joined` False where a series must break before it."""

    year: int
    value: float | None
    status: str = "printed"
    suspect: bool = False
    edition: str = ""
    precision: str = "exact"
    low: float | None = None
    high: float | None = None
    detail: str = ""
    joined: bool = True

    def text(self, unit: str = "") -> str:
        """The figure with its marks, as charts print it."""
        if self.value is None:
            return "—"
        marks = MARKS.get(self.status, "") + ("⚠" if self.suspect else "")
        return f"{PRECISION.get(self.precision, '')}{number(self.value, unit)}{marks}"


Series = dict[int, Point]


@dataclass
class Facts:
    """What the frames hold of some cells: by whom and cell, then by year; `reports` are those with tables."""

    who: list[Who] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    reports: set[tuple[Who, int]] = field(default_factory=set)
    table: dict[tuple[Who, str], Series] = field(default_factory=lambda: defaultdict(dict))
    headline: dict[tuple[Who, str], Series] = field(default_factory=lambda: defaultdict(dict))

    def get(self, who: Who, cell: str, year: int) -> Point | None:
        """The table's figure, None where there is no value."""
        point = self.table.get((who, cell), {}).get(year)
        return point if point and point.value is not None else None


@cache
def _cell_of() -> dict[str, str]:
    """Figures in words that are the same thing as one cell of the form."""
    figures = load_toml("figures.toml")
    return {code: entry["equals"][0] for code, entry in figures.items() if len(entry["equals"]) == 1}


def figure_name(code: str, lang: str) -> str:
    """The name of a figure in words, or of an indicator."""
    named = load_toml("figures.toml").get(code)
    return str(named[lang]) if named else label(code, lang, "indicator")


def _scope(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _lines(frame: pd.DataFrame, names: str) -> Iterator[tuple[Any, ...]]:
    """The rows of some columns, as tuples of plain Python values."""
    return zip(*(frame[name].tolist() for name in names.split()), strict=True)


def gather(frames: Sequence[pd.DataFrame], cells: Iterable[str]) -> Facts:
    """Collect cells (``table.row.column``) from frames of the layout of ds.cells, ds.groups or ds.figures."""
    wanted = set(cells)
    facts = Facts()
    who: dict[Who, None] = {}
    years: set[int] = set()
    for frame in frames:
        in_words = "indicator" in frame.columns
        keys = frame[["body", "scope", "year"]].drop_duplicates()
        if in_words:
            named = frame["indicator"].astype("str").map({**_cell_of(), **{cell: cell for cell in wanted}})
            frame = frame.assign(cell=named)[named.isin(wanted)]
            keys = frame[["body", "scope", "year"]].drop_duplicates()
        for body, scope, year in keys.itertuples(index=False):
            who[Who(str(body), _scope(scope))] = None
            years.add(int(year))
            if not in_words:
                facts.reports.add((Who(str(body), _scope(scope)), int(year)))
        if in_words:
            for body, scope, year, cell, value, precision in _lines(frame, "body scope year cell value precision"):
                series = facts.headline[Who(body, _scope(scope)), cell]
                series[int(year)] = Point(int(year), _number(value), precision=precision)
            continue
        parts = [set(column) for column in zip(*(cell.split(".") for cell in wanted), strict=True)]
        keep = frame["table"].isin(parts[0]) & frame["row"].isin(parts[1]) & frame["column"].isin(parts[2])
        frame = frame[keep]
        names = "body scope year table row column value status suspect edition"
        for body, scope, year, table, row, column, value, *rest in _lines(frame, names):
            cell = f"{table}.{row}.{column}"
            if cell in wanted:
                point = Point(int(year), _number(value), str(rest[0]), bool(rest[1]), str(rest[2]))
                facts.table[Who(body, _scope(scope)), cell][point.year] = point
    facts.who = list(who)
    facts.years = list(range(min(years), max(years) + 1)) if years else []
    return facts


def headline_figures(figures: pd.DataFrame, indicators: Sequence[str]) -> Facts:
    """Collect figures stated in words by indicator, as series of their own."""
    facts = Facts()
    frame = figures[figures["indicator"].isin(indicators)]
    for body, scope, year, indicator, value, precision in _lines(frame, "body scope year indicator value precision"):
        point = Point(int(year), _number(value), precision=precision)
        facts.headline[Who(body, _scope(scope)), str(indicator)][point.year] = point
    facts.who = list(dict.fromkeys(who for who, _ in facts.headline))
    years = frame["year"].tolist()
    facts.years = list(range(int(min(years)), int(max(years)) + 1)) if years else []
    return facts


def rate_points(rates: pd.DataFrame) -> Facts:
    """Collect the results of rl.indicators by indicator; ``detail`` is numerator/denominator.

    Frames of the layout of ds.figures do as well: what they lack is not known.
    """
    facts = Facts()
    names = "body scope year indicator value low high numerator denominator status comparable edition"
    for body, scope, year, indicator, value, low, high, num, den, status, comparable, edition in _lines(
        rates.reindex(columns=names.split()), names
    ):
        detail = "" if pd.isna(num) or pd.isna(den) else f"{number(num)}/{number(den)}"
        facts.table[Who(body, _scope(scope)), str(indicator)][int(year)] = Point(
            int(year),
            _number(value),
            str(status),
            bool(status == "suspect"),
            "" if pd.isna(edition) else str(edition),
            low=_number(low),
            high=_number(high),
            detail=detail,
            joined=bool(comparable) if not pd.isna(comparable) else True,
        )
    facts.who = list(dict.fromkeys(who for who, _ in facts.table))
    years = [int(year) for year in rates["year"].tolist()]
    facts.years = list(range(min(years), max(years) + 1)) if years else []
    return facts


def title(facts: Facts, what: str, lang: str) -> str:
    """The title of a chart: whose figures, of what, for which years."""
    bodies = list(dict.fromkeys(who.body for who in facts.who))
    if len(facts.who) == 1:
        who = facts.who[0].named(lang)
    elif len(bodies) == 1:
        who = bodies[0]
    else:
        scopes = {who.scope for who in facts.who}
        who = word("common.bodies", lang, n=len(bodies))
        if len(scopes) == 1 and (scope := scopes.pop()):
            who = word("common.of", lang, body=who, scope=label(scope, lang, "scope"))
    if not facts.years:
        return word("common.title_no_year", lang, who=who, what=what)
    return word("common.title", lang, who=who, what=what, years=span(facts.years))


def joined(parts: Iterable[str], lang: str) -> str:
    """Facts in a row."""
    return ("，" if lang == "zh" else ", ").join(parts)


def listed(names: Iterable[str], lang: str) -> str:
    """Names in a row."""
    return ("、" if lang == "zh" else ", ").join(names)


def notes(points: Iterable[Point], lang: str, more: Iterable[str] = ()) -> list[str]:
    """The legend of the marks that are used, as a note; `more` are further codes of ``[marks]``."""
    used = set(more)
    for point in points:
        if point.value is not None:
            used |= {point.status, point.precision} | ({"suspect"} if point.suspect else set())
    texts = [word(f"marks.{code}", lang) for code in words("marks") if code in used]
    return [("；" if lang == "zh" else "; ").join(texts)] if texts else []
