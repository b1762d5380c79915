"""From tidy frames to what is drawn: points by body, cell and year, tables and figures in words apart."""

from __future__ import annotations

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

    table: dict[tuple[Who, str], Series] = field(default_factory=dict)
    headline: dict[tuple[Who, str], Series] = field(default_factory=dict)
    reports: dict[tuple[Who, int], None] = field(default_factory=dict)

    @property
    def who(self) -> list[Who]:
        """Whose figures, in the order of the frames."""
        return list(dict.fromkeys(key[0] for key in (*self.reports, *self.table, *self.headline)))

    @property
    def years(self) -> list[int]:
        """From the first to the last year, those without figures too."""
        known = {year for _, year in self.reports}
        known |= {year for found in (self.table, self.headline) for series in found.values() for year in series}
        return list(range(min(known), max(known) + 1)) if known else []

    def add(self, points: Iterable[tuple[Who, str, Point]], wanted: set[str], *, in_words: bool = False) -> None:
        """Take in the points of the wanted cells."""
        series = self.headline if in_words else self.table
        for who, key, point in points:
            if key in wanted:
                series.setdefault((who, key), {})[point.year] = point

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


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def points(frame: pd.DataFrame, keys: Iterable[str]) -> Iterator[tuple[Who, str, Point]]:
    """The figures of a frame, one a row, each under its key; columns that the frame lacks are not known."""
    names = "body scope year value status suspect edition precision low high numerator denominator comparable"
    columns = [frame[name].tolist() if name in frame else [None] * len(frame) for name in names.split()]
    for key, body, scope, year, value, status, suspect, edition, precision, low, high, part, of, comparable in zip(
        keys, *columns, strict=True
    ):
        yield (
            Who(str(body), _text(scope)),
            key,
            Point(
                int(year),
                _number(value),
                _text(status),
                status == "suspect" or _text(suspect) == "True",
                _text(edition),
                _text(precision),
                _number(low),
                _number(high),
                "" if pd.isna(part) or pd.isna(of) else f"{number(part)}/{number(of)}",
                _text(comparable) != "False",
            ),
        )


def gather(frames: Sequence[pd.DataFrame], cells: Iterable[str]) -> Facts:
    """Collect cells (``table.row.column``) from frames of the layout of ds.cells, ds.groups or ds.figures."""
    wanted = set(cells)
    parts = [set(part) for part in zip(*(cell.split(".") for cell in wanted), strict=True)]
    facts = Facts()
    for given in frames:
        frame = given.dropna(subset="year")  # a report of no known year is in no series
        if "indicator" in frame:
            keys = frame["indicator"].astype("str").map({**_cell_of(), **{cell: cell for cell in wanted}})
            facts.add(points(frame[keys.notna()], keys.dropna()), wanted, in_words=True)
            continue
        facts.reports |= {
            (Who(str(body), _text(scope)), int(year)): None
            for body, scope, year in frame[["body", "scope", "year"]].drop_duplicates().itertuples(index=False)
        }
        chosen = frame["table"].isin(parts[0]) & frame["row"].isin(parts[1]) & frame["column"].isin(parts[2])
        frame = frame[chosen]
        names = (".".join(key) for key in zip(frame["table"], frame["row"], frame["column"], strict=True))
        facts.add(points(frame, names), wanted)
    return facts


def headline_figures(figures: pd.DataFrame, indicators: Sequence[str]) -> Facts:
    """Collect figures stated in words by indicator, as series of their own."""
    facts = Facts()
    facts.add(points(figures, figures["indicator"].astype("str")), set(indicators), in_words=True)
    return facts


def rate_points(rates: pd.DataFrame) -> Facts:
    """Collect the results of rl.indicators by indicator; frames of the layout of ds.figures do as well."""
    facts = Facts()
    keys = rates["indicator"].astype("str")
    facts.add(points(rates, keys), set(keys))
    return facts


def title(who: Iterable[Who], years: Sequence[int], what: str, lang: str) -> str:
    """The title of a chart: whose figures, of what, for which years."""
    all_of = set(who)
    bodies = {one.body for one in all_of}
    scopes = {one.scope for one in all_of} if len(all_of) == 1 or len(bodies) > 1 else set()
    name = bodies.pop() if len(bodies) == 1 else word("common.bodies", lang, n=len(bodies))
    if len(scopes) == 1:
        name = Who(name, scopes.pop()).named(lang)
    if not years:
        return word("common.title_no_year", lang, who=name, what=what)
    return word("common.title", lang, who=name, what=what, years=span(sorted(years)))


def joined(parts: Iterable[str], lang: str) -> str:
    """Facts in a row."""
    return ("，" if lang == "zh" else ", ").join(parts)


def listed(names: Iterable[str], lang: str) -> str:
    """Names in a row."""
    return ("、" if lang == "zh" else ", ").join(names)


def notes(drawn: Iterable[Point], lang: str, more: Iterable[str] = ()) -> list[str]:
    """The legend of the marks that are used, as a note; `more` are further codes of ``[marks]``."""
    used = set(more)
    for point in drawn:
        if point.value is not None:
            used |= {point.status, point.precision} | ({"suspect"} if point.suspect else set())
    texts = [word(f"marks.{code}", lang) for code in words("marks") if code in used]
    return [("；" if lang == "zh" else "; ").join(texts)] if texts else []
