"""From tidy frames to what is drawn: points by body, cell and year, tables and figures in words apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import nan
from typing import NamedTuple

import pandas as pd

from ...form import load_toml
from ...form.labels import MARKS, PRECISION, label, number
from .page import FILLS, WORDS, Fill, join, word

__all__ = ["Facts", "Part", "Point", "Who", "gather", "notes", "parts", "title"]

COLUMNS = (
    "body", "scope", "year", "value", "status", "suspect", "edition", "precision",
    "low", "high", "numerator", "denominator", "comparable",
)  # fmt: skip


class Who(NamedTuple):
    """Whose figures: a body and the scope they are of; scopes are never mixed."""

    body: str
    scope: str = ""

    def named(self, lang: str) -> str:
        """Name and scope."""
        scope = label(self.scope, lang, "scope")
        return word("common.of", lang, body=self.body, scope=scope) if scope else self.body


class Point(NamedTuple):
    """One figure of one year; `joined` is False where a series must break before it.

    `value` is NaN where there is none; `low` and `high` are an interval, `detail` numerator and denominator.
    """

    year: int
    value: float
    status: str = "printed"
    suspect: bool = False
    edition: str = ""
    precision: str = ""
    low: float = nan
    high: float = nan
    detail: str = ""
    joined: bool = True

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value == self.value

    @property
    def codes(self) -> set[str]:
        """What is to be said of the figure, in codes of ``[marks]``."""
        return {self.status, self.precision, "suspect" if self.suspect else ""} if self.known else set()

    def text(self, unit: str = "") -> str:
        """The figure with its marks, as charts print it."""
        marks = "".join(mark for code, mark in MARKS.items() if code in self.codes)
        return f"{PRECISION.get(self.precision, '')}{number(self.value, unit)}{marks}"


Series = dict[int, Point]


@dataclass
class Facts:
    """What frames hold of some cells, by whom and cell, then by year; `reports`: the editions of those with
    tables.
    """

    table: dict[tuple[Who, str], Series] = field(default_factory=dict)
    stated: dict[tuple[Who, str], Series] = field(default_factory=dict)
    reports: dict[tuple[Who, int], str] = field(default_factory=dict)

    @property
    def who(self) -> list[Who]:
        """Whose figures, in the order of the frames."""
        return list(dict.fromkeys(key[0] for key in (*self.reports, *self.table, *self.stated)))

    @property
    def years(self) -> list[int]:
        """From the first to the last year, those without figures too."""
        known = {year for _, year in self.reports}.union(*self.table.values(), *self.stated.values())
        return list(range(min(known), max(known) + 1)) if known else []

    def get(self, who: Who, cell: str, year: int) -> Point | None:
        """The table's figure, None where there is no value."""
        point = self.table.get((who, cell), {}).get(year)
        return point if point and point.known else None


def gather(frames: Sequence[pd.DataFrame], wanted: Sequence[str]) -> Facts:
    """Collect figures of frames.

    Parameters
    ----------
    frames
        Of the layout of ``ds.cells`` or ``ds.groups``, of ``ds.figures``, or of what `indicators` gives.
    wanted
        Which: cells as ``table.row.column``, also where they are stated in words; codes of figures in words
        or of indicators.
    """
    facts = Facts()
    rows = {key.split(".")[1] for key in wanted if "." in key}
    for given in frames:
        frame = given.dropna(subset="year")  # a report of no known year is in no series
        if "indicator" in frame:
            codes = frame["indicator"].astype("str")
            keys = codes.where(codes.isin(wanted), codes.map(_cell_of()))
        else:
            reports = (
                frame.reindex(columns=["body", "scope", "year", "edition"]).drop_duplicates().astype("object")
            )
            for body, scope, year, edition in reports.where(reports.notna(), "").to_numpy():
                facts.reports[Who(body, scope), int(year)] = edition
            frame = frame[frame["row"].isin(rows)]
            table, row, column = (frame[name].astype("str") for name in ("table", "row", "column"))
            keys = table + "." + row + "." + column
        chosen = keys.isin(wanted)
        series = facts.stated if "precision" in frame else facts.table
        for (who, point), key in zip(_points(frame[chosen]), keys[chosen], strict=True):
            series.setdefault((who, key), {})[point.year] = point
    return facts


def _points(frame: pd.DataFrame) -> list[tuple[Who, Point]]:
    """The figures of a frame, one a row; columns that the frame lacks are not known."""
    known = frame.reindex(columns=list(COLUMNS)).astype("object")
    known = known.where(known.notna(), None)
    return [
        (
            Who(body, scope or ""),
            Point(
                int(year),
                nan if value is None else float(value),
                status or "",
                bool(suspect) or status == "suspect",
                edition or "",
                precision or "",
                low if low is not None else nan,
                high if high is not None else nan,
                "" if part is None or of is None else f"{number(part)}/{number(of)}",
                comparable is None or bool(comparable),
            ),
        )
        for (
            body,
            scope,
            year,
            value,
            status,
            suspect,
            edition,
            precision,
            low,
            high,
            part,
            of,
            comparable,
        ) in zip(*(known[name] for name in COLUMNS), strict=True)
    ]


@cache
def _cell_of() -> dict[str, str]:
    """Figures in words that are the same thing as one cell of the form."""
    figures = load_toml("figures.toml")
    return {code: entry["equals"][0] for code, entry in figures.items() if len(entry["equals"]) == 1}


class Part(NamedTuple):
    """A part of a whole: its cell, its name, how it is filled."""

    cell: str
    name: str
    fill: Fill


def parts(what: str, lang: str, row: str = "") -> list[Part]:
    """The parts that ``words.toml`` names for a chart; `row` is the row of the form in their cells."""
    entries = WORDS[what]["parts"]
    return [
        Part(entry["cell"].format(row=row), entry[lang], FILLS[entry.get("fill", 0)]) for entry in entries
    ]


def title(who: Iterable[Who], years: Iterable[int], what: str, lang: str) -> str:
    """The title of a chart: whose figures, of what, for which years."""
    whose, years = set(who), sorted(years)
    bodies, scopes = {one.body for one in whose}, {one.scope for one in whose}
    name = bodies.pop() if len(bodies) == 1 else word("common.bodies", lang, n=len(bodies))
    if len(scopes) == 1:
        name = Who(name, scopes.pop()).named(lang)
    if not years:
        return word("common.title_no_year", lang, who=name, what=what)
    span = f"{years[0]}–{years[-1]}" if years[0] != years[-1] else years[0]
    return word("common.title", lang, who=name, what=what, years=span)


def notes(drawn: Iterable[Point], lang: str, more: Iterable[str] = ()) -> list[str]:
    """The legend of the marks that are used, as a note; `more` are further codes of ``[marks]``."""
    used = set(more).union(*(point.codes for point in drawn))
    return [join((word(f"marks.{code}", lang) for code in WORDS["marks"] if code in used), lang, "semicolon")]
