"""From tidy frames to what is drawn: one frame of figures, and its points by body, cell and year; tables and
words apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from math import isfinite, nan
from typing import Any, NamedTuple

import pandas as pd

from ...errors import ReportlibError
from ...form import editions, load_toml
from ...form.labels import MARKS, PRECISION, number
from .events import breaks, cell_of, in_form
from .words import WORDS, counted, join, name_of, word

KEYS = ["body", "scope", "series", "year"]
NAMED = 3  # bodies that a title names; of more it gives the number
LISTED = 12  # bodies without figures that a note names; of more it gives the number
CELLS = ["table", "row", "column"]
FIGURES, RATES = "ds.cells, ds.groups or ds.figures", "what rl.indicators returns"


class Who(NamedTuple):
    """Whose figures: a body and the scope they are of; scopes are never mixed."""

    body: str
    scope: str = ""

    @property
    def named(self) -> str:
        """Name and scope."""
        scope = name_of(self.scope, "scope")
        return word("common.scoped", body=self.body, scope=scope) if scope else self.body


class Point(NamedTuple):
    """One figure of one year; `low` and `high` are its interval.

    `comparable` is False where a series must break before it; `bodies`, `p10` and `p90` are of a rate of many
    bodies together: how many, and percentiles of theirs.
    """

    year: int
    value: float = nan
    unit: str = ""
    status: str = ""
    found: str = ""
    suspect: bool = False
    edition: str = ""
    precision: str = ""
    low: float = nan
    high: float = nan
    numerator: float = nan
    denominator: float = nan
    comparable: bool = True
    bodies: int = 0
    p10: float = nan
    p90: float = nan

    @property
    def ranged(self) -> bool:
        """Whether it has an interval."""
        return self.high >= self.low

    @property
    def spot(self) -> tuple[float, float]:
        """Where it stands over the years."""
        return self.year, self.value

    @property
    def dated(self) -> tuple[int, str]:
        """Its year and the edition of its report."""
        return self.year, self.edition

    @property
    def top(self) -> float:
        """The highest that it needs room for."""
        return max(number for number in (self.value, self.high, self.p90) if isfinite(number))

    @property
    def codes(self) -> set[str]:
        """What is to be said of the figure, in codes of ``[marks]``."""
        codes = {self.status, self.precision}
        if self.suspect:
            codes.add("suspect")
        if self.precision:
            codes.add("headline")
        return codes

    @property
    def detail(self) -> str:
        """Numerator and denominator."""
        given = isfinite(self.numerator) and isfinite(self.denominator)
        return f"{number(self.numerator)}/{number(self.denominator)}" if given else ""

    @property
    def text(self) -> str:
        """The figure with its marks, as charts print it."""
        marks = "".join(mark for code, mark in MARKS.items() if code in self.codes)
        return f"{PRECISION.get(self.precision, '')}{number(self.value, self.unit)}{marks}"

    @property
    def full(self) -> str:
        """The figure with numerator and denominator."""
        return f"{self.text} ({self.detail})" if self.detail else self.text


COLUMNS: dict[str, Any] = Point._field_defaults
"""The columns that a point is made of, and what stands for those that a frame lacks."""
DATA = ["body", "scope", "year", "series", *COLUMNS, "report_id", "address"]
Series = dict[int, Point]


class Facts:
    """What frames hold of some cells.

    Attributes
    ----------
    data
        A line a figure.
    asked, cells
        The bodies and the cells or indicators that the chart is about, with or without figures.
    table, stated
        The points of tables and of words, by whom and cell, then by year, the earliest first.
    lacking
        Why figures of the tables have no value, as codes of ``[absent]``.
    reports
        The editions of the reports there are, by whom and year.
    """

    def __init__(self, data: pd.DataFrame, asked: Sequence[str] = (), cells: Iterable[str] = ()) -> None:
        self.data = data.reindex(columns=DATA)
        self.asked = [asked] if isinstance(asked, str) else list(asked)
        self.cells = list(cells)
        self.reports: dict[tuple[Who, int], str] = {}
        self.table: dict[tuple[Who, str], Series] = {}
        self.stated: dict[tuple[Who, str], Series] = {}
        self.lacking: dict[tuple[Who, str, int], str] = {}

    @property
    def who(self) -> list[Who]:
        """Whose figures: in the order of the bodies asked for, then of the frames."""
        known = dict.fromkeys(key[0] for key in (*self.reports, *self.table, *self.stated))
        places = {body: n for n, body in enumerate(self.asked)}
        return sorted(known, key=lambda who: places.get(who.body, len(places)))

    @property
    def years(self) -> list[int]:
        """From the first to the last year, those without figures too."""
        known = {year for _, year in self.reports}.union(*self.table.values(), *self.stated.values())
        return list(range(min(known), max(known) + 1)) if known else []

    @property
    def units(self) -> dict[str, str]:
        """The unit of each cell or indicator."""
        known = self.data.dropna(subset="unit")
        return dict(zip(known["series"], known["unit"], strict=True))

    @property
    def points(self) -> list[Point]:
        """All figures of the tables."""
        return [point for series in self.table.values() for point in series.values()]

    def names(self, whose: Iterable[Who]) -> dict[Who, str]:
        """Bodies as rows and panels name them, with their scope only where scopes differ."""
        named = list(whose)
        one_scope = len({who.scope for who in named}) == 1
        return {who: who.body if one_scope else who.named for who in named}

    def get(self, who: Who, cell: str, year: int) -> Point | None:
        """The table's figure, None where there is no value."""
        return self.table.get((who, cell), {}).get(year)

    def absence(self, who: Who, cell: str, year: int) -> str:
        """Why there is no figure, as a code of ``[absent]``."""
        if (who, year) not in self.reports:
            return "not_collected"
        if "." not in cell:
            return self.lacking.get((who, cell, year), "incomplete")
        if not in_form(cell_of(cell), self.reports[who, year]):
            return "not_in_form"
        return self.lacking.get((who, cell, year), "not_held")

    def missing(self, drawn: Iterable[Who]) -> list[str]:
        """The notes that name the bodies of which nothing is drawn, by reason."""
        shown = {who.body for who in drawn}
        none = "not_stated"  # a chart of words alone knows nothing of reports
        if self.reports:
            none = "not_collected"
        reasons: dict[str, list[str]] = {}
        for body in dict.fromkeys([*self.asked, *(who.body for who in self.who)]):
            if body not in shown:
                held = [key for key in self.reports if key[0].body == body]
                codes = {self.absence(who, cell, year): "" for who, year in held for cell in self.cells}
                why = join((word(f"absent.{code}") for code in codes or [none]), "list")
                reasons.setdefault(why, []).append(body)
        notes = []
        for why, bodies in reasons.items():
            notes.append(word("absent.of", bodies=_named(bodies, LISTED), why=why))
        return notes


# ------------------------------------------------------------------------------------ gathering


@cache
def same_cell() -> dict[str, str]:
    """Figures in words that are the same thing as one cell of the form."""
    figures = load_toml("figures.toml")
    return {code: entry["equals"][0] for code, entry in figures.items() if len(entry["equals"]) == 1}


def checked(frame: Any, columns: Iterable[str], made_by: str) -> pd.DataFrame:
    """A frame that has the columns a chart needs.

    Raises
    ------
    ReportlibError
        It is no frame, or lacks some of them; `made_by` says what gives such a frame.
    """
    if not isinstance(frame, pd.DataFrame):
        raise ReportlibError(f"a chart got {type(frame).__name__}, not a frame", expected=made_by)
    if lacks := [name for name in columns if name not in frame]:
        raise ReportlibError(f"a chart got a frame without {', '.join(lacks)}", expected=made_by)
    return frame


def indicators_of(frame: Any, chart: str = "") -> dict[str, str]:
    """The indicators of a frame by code, with their names; a `chart` takes one only.

    Raises
    ------
    ReportlibError
        The frame is none of indicators, or holds more than one.
    """
    frame = checked(frame, ["body", "year", "indicator", "value", "unit"], RATES)
    names = {code: name_of(code) for code in frame["indicator"].astype("str").unique()}
    if chart and len(names) > 1:
        place = f"charts.{chart}"
        raise ReportlibError(f"the frame holds {len(names)} indicators", place=place, expected="one")
    return names


def gather(frames: Iterable[pd.DataFrame], wanted: Iterable[str], bodies: Sequence[str] = ()) -> Facts:
    """Collect figures of frames.

    Parameters
    ----------
    frames
        Of the layout of ``ds.cells`` or ``ds.groups``, of ``ds.figures``, or of what `indicators` gives.
    wanted
        Which: cells as ``table.row.column``, also where they are stated in words; codes of figures in words
        or of indicators.
    bodies
        Those that the chart is about, with or without figures.

    Raises
    ------
    ReportlibError
        A frame of another layout.
    """
    facts = Facts(pd.DataFrame(columns=DATA), bodies, wanted)
    parts = [facts.data]
    for given in frames:
        # A report of no known year is in no series.
        frame = checked(given, ["body", "year", "value"], FIGURES).dropna(subset="year")
        frame = frame.astype({"year": int}).reset_index(drop=True)
        if "precision" not in frame:
            held = frame.reindex(columns=["body", "scope", "year", "edition"]).drop_duplicates()
            for body, scope, year, edition in held.astype("object").fillna("").to_numpy():
                facts.reports[Who(body, scope), year] = edition
        part = frame.assign(series=_keys(frame, facts.cells)).dropna(subset="series")
        parts.append(part.reindex(columns=DATA).astype("object"))
    data = pd.concat(parts, ignore_index=True)
    units = data["series"].map({cell: unit_of(cell) for cell in facts.cells})
    data = data.assign(unit=data["unit"].fillna(units)).fillna({"scope": "", **COLUMNS})
    data["suspect"] = data["suspect"].astype(bool) | (data["status"] == "suspect")
    facts.data = data
    lines = data.sort_values("year", kind="stable")[[*KEYS, *COLUMNS]]
    for k, body, scope, cell, *line in lines.itertuples(name=None):
        point, key = Point(*line), (Who(body, scope), cell)
        if isfinite(point.value):
            series = (facts.stated if point.precision else facts.table).setdefault(key, {})
            if series and breaks(cell, [*series.values()][-1].dated, point.dated):
                data.loc[k, "comparable"] = False
                point = point._replace(comparable=False)
            series[point.year] = point
        elif point.status == "undefined":
            facts.lacking[*key, point.year] = "undefined"
        elif point.found not in ("", "missing"):
            facts.lacking[*key, point.year] = "unread"
    return facts


@cache
def unit_of(cell: str) -> str:
    """The unit of a cell of the form; that of an indicator stands in its frame."""
    columns = [column for form in editions() for table in form.tables for column in table.columns]
    return {column.code: column.unit for column in columns}.get(cell.rpartition(".")[2], "")


def _keys(frame: pd.DataFrame, wanted: Collection[str]) -> pd.Series[Any]:
    """The cell or indicator of each line, missing where it is not wanted."""
    if "indicator" in frame:
        codes = frame["indicator"].astype("str")
        keys = codes.where(codes.isin(wanted), codes.map(same_cell()))
    else:
        checked(frame, CELLS, FIGURES)
        near = frame[frame["row"].isin({key.split(".")[1] for key in wanted if "." in key})]
        table, row, column = (near[name].astype("str") for name in CELLS)
        keys = table + "." + row + "." + column
    return keys.where(keys.isin(wanted))


# ------------------------------------------------------------------------------------ said


def title(who: Iterable[Who], years: Sequence[int], what: str) -> str:
    """The title of a chart: whose figures, of what, for which years."""
    whose = list(who)
    bodies, scopes = dict.fromkeys(one.body for one in whose), {one.scope for one in whose}
    named = _named(bodies, NAMED)
    if len(scopes) == 1:
        named = Who(named, scopes.pop()).named
    named = named[0].upper() + named[1:]
    if not years:
        return word("common.title_no_year", who=named, what=what)
    span = "–".join(map(str, dict.fromkeys([years[0], years[-1]])))
    return word("common.title", who=named, what=what, years=span)


def _named(bodies: Collection[str], most: int) -> str:
    """The names of bodies; of more than so many, or none, their number."""
    if 0 < len(bodies) <= most:
        return join(bodies, "list")
    return counted("common.bodies", len(bodies))


def marks_of(codes: Iterable[str]) -> str:
    """What the marks mean, by codes of ``[marks]``."""
    used = set(codes)
    return join((word(f"marks.{code}") for code in WORDS["marks"] if code in used), "semicolon")
