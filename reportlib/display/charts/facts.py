"""From tidy frames to what is drawn: points by body, cell and year; tables and figures in words apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from math import isfinite, nan
from typing import Any, NamedTuple

import pandas as pd

from ...errors import ReportlibError
from ...form import editions, load_toml
from ...form.crosswalk import forerunners, links
from ...form.labels import MARKS, PRECISION, number
from .sheet import WORDS, join, name_of, word

COLUMNS: dict[str, Any] = {
    "value": nan, "status": "", "found": "", "suspect": False, "edition": "", "precision": "",
    "low": nan, "high": nan, "numerator": nan, "denominator": nan, "comparable": True,
}  # fmt: skip
"""The columns that a point is made of, and what stands for those that a frame lacks."""
DATA = ["body", "scope", "year", "series", "unit", *COLUMNS, "report_id", "address"]
NAMED = 3  # bodies that a title names; of more it gives the number
LISTED = 12  # bodies without figures that a note names; of more it gives the number
CELLS, FIGURES, RATES = (
    ["table", "row", "column"],
    "ds.cells, ds.groups or ds.figures",
    "what rl.indicators returns",
)


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
    """One figure of one year; `value` is NaN where there is none, `low` and `high` are an interval.

    `comparable` is False where a series must break before it.
    """

    year: int
    value: float
    status: str = "printed"
    found: str = ""
    suspect: bool = False
    edition: str = ""
    precision: str = ""
    low: float = nan
    high: float = nan
    numerator: float = nan
    denominator: float = nan
    comparable: bool = True

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return isfinite(self.value)

    @property
    def ranged(self) -> bool:
        """Whether it has an interval."""
        return self.high >= self.low

    @property
    def codes(self) -> set[str]:
        """What is to be said of the figure, in codes of ``[marks]``."""
        return {self.status, self.precision, "suspect" if self.suspect else ""} if self.known else set()

    @property
    def detail(self) -> str:
        """Numerator and denominator."""
        given = isfinite(self.numerator) and isfinite(self.denominator)
        return f"{number(self.numerator)}/{number(self.denominator)}" if given else ""

    def text(self, unit: str = "") -> str:
        """The figure with its marks, as charts print it."""
        marks = "".join(mark for code, mark in MARKS.items() if code in self.codes)
        return f"{PRECISION.get(self.precision, '')}{number(self.value, unit)}{marks}"

    def full(self, unit: str = "") -> str:
        """The figure with numerator and denominator."""
        return f"{self.text(unit)} ({self.detail})" if self.detail else self.text(unit)


Series = dict[int, Point]


class Facts:
    """What frames hold of some cells, by whom and cell, then by year.

    `reports` holds the editions of the reports there are, `data` what was taken from the frames.
    """

    def __init__(self, bodies: Sequence[str] = (), data: pd.DataFrame | None = None) -> None:
        self.table: dict[tuple[Who, str], Series] = {}
        self.stated: dict[tuple[Who, str], Series] = {}
        self.reports: dict[tuple[Who, int], str] = {}
        self.data = pd.DataFrame(columns=DATA) if data is None else data
        self.asked = bodies

    @property
    def who(self) -> list[Who]:
        """Whose figures, in the order of the frames."""
        return list(dict.fromkeys(key[0] for key in (*self.reports, *self.table, *self.stated)))

    @property
    def years(self) -> list[int]:
        """From the first to the last year, those without figures too."""
        known = {year for _, year in self.reports}.union(*self.table.values(), *self.stated.values())
        return list(range(min(known), max(known) + 1)) if known else []

    @property
    def units(self) -> dict[str, str]:
        """The unit of each cell or indicator, where the frames tell it."""
        return dict(zip(self.data["series"], self.data["unit"].astype("str"), strict=True))

    def names(self, whose: Iterable[Who]) -> dict[Who, str]:
        """Bodies as rows and panels name them, with their scope only where scopes differ."""
        named = list(whose)
        one_scope = len({who.scope for who in named}) == 1
        return {who: who.body if one_scope else who.named for who in named}

    def get(self, who: Who, cell: str, year: int) -> Point | None:
        """The table's figure, None where there is no value."""
        point = self.table.get((who, cell), {}).get(year)
        return point if point and point.known else None

    def absence(self, who: Who, cell: str, year: int) -> str:
        """Why there is no figure, as a code of ``[absent]``."""
        point = self.table.get((who, cell), {}).get(year)
        if (who, year) not in self.reports:
            return "no_report"
        if not _in_form(cell, self.reports[who, year]):
            return "not_in_form"
        if "." not in cell:
            return "undefined" if point and point.status == "undefined" else "incomplete"
        return "not_held" if point is None or point.found in ("", "missing") else "unread"

    def missing(self, drawn: Iterable[Who]) -> list[str]:
        """The notes that name the bodies of which nothing is drawn, by reason."""
        shown, held = {who.body for who in drawn}, {who.body for who, _ in self.reports}
        reasons: dict[str, list[str]] = {}
        for body in dict.fromkeys([*self.asked, *(who.body for who in self.who)]):
            if body not in shown:
                reasons.setdefault("not_held" if body in held else "no_report", []).append(body)
        told = []
        for code, bodies in reasons.items():
            named = join(bodies, "list") if len(bodies) <= LISTED else word("common.bodies", n=len(bodies))
            told.append(word("absent.of", bodies=named, why=word(f"absent.{code}")))
        return told


# ------------------------------------------------------------------------------------ the form


@cache
def _in_form(cell: str, edition: str) -> bool:
    """Whether an edition asks for a cell; groups of rows, which no edition lists, count as asked for."""
    key = tuple(cell.split("."))
    rows = {known[:2] for form in editions() for known in links(form.code)}
    return not edition or key[:2] not in rows or key in links(edition)


def breaks(cell: str) -> bool:
    """Whether a change of the form breaks the series of a cell, as the crosswalk says."""
    return tuple(cell.split(".")) in forerunners() or not _in_form(cell, editions()[-1].code)


@cache
def cell_of() -> dict[str, str]:
    """Figures in words that are the same thing as one cell of the form."""
    figures = load_toml("figures.toml")
    return {code: entry["equals"][0] for code, entry in figures.items() if len(entry["equals"]) == 1}


# ------------------------------------------------------------------------------------ gathering


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


def gather(frames: Sequence[pd.DataFrame], wanted: Iterable[str], bodies: Sequence[str] = ()) -> Facts:
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
    facts = Facts([bodies] if isinstance(bodies, str) else bodies)
    wanted = set(wanted)
    for given in frames:
        frame = checked(given, ["body", "year", "value"], FIGURES)
        frame = frame.dropna(subset="year").reset_index(
            drop=True
        )  # a report of no known year is in no series
        if "precision" not in frame:
            reports = frame.reindex(columns=["body", "scope", "year", "edition"]).drop_duplicates()
            for body, scope, year, edition in reports.astype("object").fillna("").to_numpy():
                facts.reports[Who(body, scope), int(year)] = edition
        _take(facts, frame.assign(series=_keys(frame, wanted)).dropna(subset="series"))
    return facts


def _keys(frame: pd.DataFrame, wanted: set[str]) -> pd.Series[Any]:
    """The cell or indicator of each line, missing where it is not wanted."""
    if "indicator" in frame:
        codes = frame["indicator"].astype("str")
        keys = codes.where(codes.isin(wanted), codes.map(cell_of()))
    else:
        checked(frame, CELLS, FIGURES)
        near = frame[frame["row"].isin({key.split(".")[1] for key in wanted if "." in key})]
        table, row, column = (near[name].astype("str") for name in CELLS)
        keys = table + "." + row + "." + column
    return keys.where(keys.isin(wanted))


def _take(facts: Facts, frame: pd.DataFrame) -> None:
    """Add the figures of a frame, one a line; columns that the frame lacks are not known."""
    series = facts.stated if "precision" in frame else facts.table
    known = frame.reindex(columns=DATA).astype("object")
    for name, default in {"scope": "", **COLUMNS}.items():
        known[name] = known[name].where(known[name].notna(), default)
    known["suspect"] = known["suspect"].astype(bool) | (known["status"] == "suspect")
    for (who, scope, year, key), line in zip(
        known[["body", "scope", "year", "series"]].to_numpy(), known[list(COLUMNS)].to_numpy(), strict=True
    ):
        series.setdefault((Who(who, scope), key), {})[int(year)] = Point(int(year), *line)
    facts.data = pd.concat([facts.data, known]) if len(facts.data) else known


# ------------------------------------------------------------------------------------ said


def title(who: Iterable[Who], years: Sequence[int], what: str) -> str:
    """The title of a chart: whose figures, of what, for which years."""
    whose = list(who)
    bodies, scopes = dict.fromkeys(one.body for one in whose), {one.scope for one in whose}
    few = 0 < len(bodies) <= NAMED
    name = join(bodies, "list") if few else word("common.bodies", n=len(bodies))
    if len(scopes) == 1:
        name = Who(name, scopes.pop()).named
    if not years:
        return word("common.title_no_year", who=name, what=what)
    span = f"{years[0]}–{years[-1]}" if years[0] != years[-1] else years[0]
    return word("common.title", who=name, what=what, years=span)


def notes(drawn: Iterable[Point], more: Iterable[str] = ()) -> str:
    """What the marks mean that are used; `more` are further codes of ``[marks]``."""
    used = set(more).union(*(point.codes for point in drawn))
    return join((word(f"marks.{code}") for code in WORDS["marks"] if code in used), "semicolon")
