"""Many bodies at once: what there is, a heat table of one indicator, its first and last year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from ...form.labels import number
from .drawing import Scale, scale, shade
from .facts import Facts, Point, Who, checked, gather, indicators_of
from .figures import figure
from .rows import Dots, Row, Rows, Signs, Ticks, Tile
from .sheet import LOOKS, WORDS, Chart, Look, join, styled, unit_name, word

TABLES = ["disclosure", "requests", "disputes"]
STATES: dict[str, Look] = LOOKS["states"]


@styled
def coverage(
    reports: pd.DataFrame,
    figures: pd.DataFrame | None = None,
    *,
    bodies: Sequence[str] = (),
    lang: str | None = None,
) -> Chart:
    """What there is: body × year × table, told apart as read, partly read, figures in words only, absent.

    Parameters
    ----------
    reports
        Frame of the layout of ``ds.reports``.
    figures
        Frame of the layout of ``ds.figures``: years that have no report but figures in words.
    bodies
        Names of the bodies that the chart is about: a line each, also for those of which nothing is known.
    lang
        ``zh`` or ``en``; if not given the language that is set.
    """
    reports = checked(reports, ["body", "year", *TABLES], "ds.reports")
    states = _states(reports)
    if figures is not None:
        said = checked(figures, ["body", "year"], "ds.figures")
        for body, year in zip(said["body"], said["year"], strict=True):
            states.setdefault((str(body), int(year)), ["figures"])
    named = dict.fromkeys(body for body, _ in states)
    if named:
        named |= dict.fromkeys(bodies)
    known = [year for _, year in states]
    years = range(min(known), max(known) + 1) if known else range(0)
    rows = []
    for body in named:
        rows.append(Row(body, [_signs(states.get((body, year))) for year in years]))
    used = {"absent"}.union(*states.values())
    legend = [(word(f"coverage.{state}"), look) for state, look in STATES.items() if state in used]
    whose = list(map(Who, named))
    body_of = Rows(list(map(str, years)), rows, 0.22, 0, signs=legend, whose=whose, centred=True)
    facts = Facts(data=reports.reindex(columns=["body", "scope", "year", *TABLES, "report_id"]))
    return figure(facts, body_of, word("coverage.title"), [word("coverage.subtitle")], ["all"], years=years)


def _states(reports: pd.DataFrame) -> dict[tuple[str, int], Sequence[str]]:
    """The best state of each table, by body and year."""
    order = pd.CategoricalDtype(list(STATES), ordered=True)
    known = reports.dropna(subset="year").astype(dict.fromkeys(TABLES, order))
    best = known.groupby(["body", "year"], sort=False, observed=True)[TABLES].min()
    states: dict[tuple[str, int], Sequence[str]] = {}
    for (body, year), *line in best.itertuples(name=None):
        states[str(body), int(year)] = line
    return states


def _signs(states: Sequence[str] | None) -> Signs:
    if states is None:
        return Signs([STATES["absent"]] * len(TABLES), "")
    told = join((word(f"coverage.{state}") for state in states), "list")
    return Signs([STATES[state] for state in states], told)


# ------------------------------------------------------------------------------------ one indicator


class Measure(NamedTuple):
    """One indicator of many bodies."""

    facts: Facts
    code: str
    name: str
    unit: str

    def known(self, who: Who) -> list[Point]:
        """The figures of a body that have a value, by year."""
        points = (self.facts.get(who, self.code, year) for year in self.facts.years)
        return [point for point in points if point]

    @property
    def whose(self) -> dict[Who, str]:
        """The bodies that have a figure, with their names."""
        return self.facts.names(who for who in self.facts.who if self.known(who))

    @property
    def axis(self) -> Scale:
        """A scale on which all figures and their intervals have room."""
        return axis_of((point for who in self.whose for point in self.known(who)), self.unit)

    @property
    def hints(self) -> list[str]:
        """The unit, for the subtitle."""
        return [word("common.unit", unit=unit_name(self.unit))]


def axis_of(points: Iterable[Point], unit: str) -> Scale:
    """A scale on which points and their intervals have room."""
    top = 0.0
    for point in points:
        top = max(top, point.value, point.high if point.ranged else 0)
    return scale(top, unit)


def _measure(rates: pd.DataFrame, bodies: Sequence[str], chart: str) -> Measure:
    names = indicators_of(rates, chart)
    facts = gather([rates], names, bodies)
    for code, name in names.items():
        return Measure(facts, code, name, str(rates["unit"].iloc[0]))
    return Measure(facts, "", "", "")


@styled
def overview(rates: pd.DataFrame, *, bodies: Sequence[str] = (), lang: str | None = None) -> Chart:
    """One indicator of many bodies as a heat table: body × year, with value, n and marks.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns, of one indicator.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        Bodies in the order of the frame, never by value; a sign tells why there is no figure.

    Raises
    ------
    ReportlibError
        The frame holds more than one indicator.
    """
    one = _measure(rates, bodies, "overview")
    facts = one.facts
    values = [point.value for who in one.whose for point in one.known(who)]
    top = scale(max(values, default=0), one.unit).top
    rows = []
    used: set[str] = set()
    for who, name in one.whose.items():
        tiles = [_tile(one, who, year, top) for year in facts.years]
        rows.append(Row(name, tiles))
        used |= {tile.text for tile in tiles if not tile.points}
    legend = [(number(value, one.unit), shade(value / top)) for value in (0, top)]
    signs = (f"{sign} {word(f'absent.{code}')}" for code, sign in WORDS["signs"].items() if sign in used)
    note = [word("overview.legend", signs=join(signs, "semicolon"))] if used else []
    years = list(map(str, facts.years))
    body = Rows(years, rows, 0.29, 0.03, more=note, signs=legend, whose=list(one.whose), centred=True)
    reading = "overview.subtitle" if one.unit == "%" else "overview.counts"
    what = word("overview.title", name=one.name)
    return figure(facts, body, what, [*one.hints, word(reading)], ["indicators"])


def _tile(one: Measure, who: Who, year: int, top: float) -> Tile:
    point = one.facts.get(who, one.code, year)
    if point is None:
        sign = WORDS["signs"][one.facts.absence(who, one.code, year)]
        return Tile([], sign, "", 0, "")
    n = Point(year, point.denominator)
    text = point.text(one.unit).replace("%", "")
    return Tile([point], text, n.text() if n.known else "", point.value / top, point.full(one.unit))


@styled
def first_and_last(rates: pd.DataFrame, *, bodies: Sequence[str] = (), lang: str | None = None) -> Chart:
    """One indicator of many bodies: the first and the last year of each, with their intervals.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns, of one indicator.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        Two points a body, in the order of the frame; a body with one usable year has one, and says so.

    Raises
    ------
    ReportlibError
        The frame holds more than one indicator.
    """
    one = _measure(rates, bodies, "first_and_last")
    rows = [Row("", [Ticks(one.axis, len(one.whose))])]
    for who, name in one.whose.items():
        rows.append(_change(name, one.known(who), one))
    legend = [(word("first_and_last.first"), LOOKS["first"]), (word("first_and_last.last"), LOOKS["last"])]
    body = Rows([""], rows, signs=legend, whose=list(one.whose))
    what = word("first_and_last.title", name=one.name)
    return figure(one.facts, body, what, [*one.hints, word("first_and_last.subtitle")], ["indicators"])


def _change(name: str, known: Sequence[Point], one: Measure) -> Row:
    """The row of a body: its first and its last figure, or the last alone where they cannot be compared."""
    first, last = known[0], known[-1]
    told = [word("common.point", year=point.year, value=point.full(one.unit)) for point in (first, last)]
    dots = [(first, LOOKS["first"], -0.14), (last, LOOKS["last"], 0.14)]
    why = ""
    if first is last:
        why = word("first_and_last.one")
    elif not all(point.comparable for point in known[1:]):
        why = word("first_and_last.broken")
    if why:
        told, dots = [told[-1], why], [(last, LOOKS["last"], 0.0)]
    text = join(told, "comma" if why else "to")
    return Row(name, [Dots(one.axis, dots, text)], end=text)
