"""Many bodies at once: what there is, a heat table of one indicator, its first and last year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import NamedTuple

import pandas as pd

from ...form.labels import number
from .drawing import Scale, scale_of, shade
from .facts import Facts, Point, Who, checked, gather, indicators_of
from .lettering import NOTE, SMALL, widest, width
from .rows import Line, rows_of
from .sheet import HIGHEST, INK, Chart, Look, Sheet, styled
from .words import LOOKS, entry, join, word

TABLES = ["disclosure", "requests", "disputes"]


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
    signs = entry("coverage.signs")
    order = pd.CategoricalDtype(list(signs), ordered=True)
    known = reports.dropna(subset="year").astype({"year": int, **dict.fromkeys(TABLES, order)})
    best = known.groupby(["body", "year"], sort=False, observed=True)[TABLES].min()
    states = {key: list(line) for key, *line in best.itertuples(name=None)}
    if figures is not None:
        said = checked(figures, ["body", "year"], "ds.figures").dropna(subset="year").astype({"year": int})
        for body, year in zip(said["body"], said["year"], strict=True):
            states.setdefault((body, year), ["figures"])
    sheet = Sheet("coverage", Facts(reports))
    sheet.facts.data = reports.reindex(columns=["body", "scope", "year", *TABLES, "report_id"])
    years = [year for _, year in states]
    sheet.years = range(min(years), max(years) + 1) if years else []
    named = dict.fromkeys([*(body for body, _ in states), *bodies]) if states else {}
    absent = " ".join([signs["absent"]] * len(TABLES))

    def tile(line: Line, year: int) -> Tile:
        found = states.get((line.label, year), [])
        told = join((word(f"coverage.{state}") for state in found), "list")
        return Tile(" ".join(signs[state] for state in found) or absent, told)

    _grid(sheet, [Line(body, Who(body)) for body in named], tile, 0.22)
    used = {"absent"}.union(*states.values())
    sheet.hints += [f"{sign} {word(f'coverage.{state}')}" for state, sign in signs.items() if state in used]
    return sheet.done()


class Tile(NamedTuple):
    """A cell of a grid of bodies and years: its text, what it says, what stands below, and its ground."""

    text: str
    told: str
    below: str = ""
    look: Look | None = None


def _grid(sheet: Sheet, lines: Sequence[Line], tile: Callable[[Line, int], Tile], high: float) -> None:
    """A row a body, a column a year."""
    panels = rows_of(sheet, lines, list(map(str, sheet.years)), high, gutter=0.03, centred=True)
    for k, line in enumerate(lines[: int(HIGHEST / high)]):
        for panel, year in zip(panels, sheet.years, strict=True):
            text, told, below, look = tile(line, year)
            if look:
                panel.bar(0, k, 1, 0.94, look)
            below = below if width(below, SMALL) < panel.wide else ""
            size = NOTE if width(text, NOTE) < panel.wide else SMALL
            panel.write(text, (0.5, k - 0.2 if below else k), size=size, ha="center", color=INK)
            panel.write(below, (0.5, k + 0.24), size=SMALL, ha="center", color=INK)
            if told:
                sheet.fact(told, line.label, str(year))


# ------------------------------------------------------------------------------------ one indicator


class Measure(NamedTuple):
    """One indicator of many bodies: its sheet, its code and name, the names and figures of those that have
    some.
    """

    sheet: Sheet
    code: str
    name: str
    names: dict[Who, str]
    points: dict[Who, list[Point]]

    @property
    def scale(self) -> Scale:
        """A scale on which all figures and their intervals have room."""
        return scale_of(point for points in self.points.values() for point in points)

    @property
    def lines(self) -> list[Line]:
        """A row a body."""
        return [Line(name, who) for who, name in self.names.items()]


def _measure(rates: pd.DataFrame, bodies: Sequence[str], chart: str) -> Measure:
    """One indicator of a frame that holds no other."""
    indicators = indicators_of(rates, chart)
    code, name = next(iter(indicators.items()), ("", ""))
    facts = gather([rates], indicators, bodies)
    sheet = Sheet(chart, facts)
    points = {who: list(series.values()) for (who, _), series in facts.table.items()}
    sheet.mark(point for known in points.values() for point in known)
    return Measure(sheet, code, name, facts.names(points), points)


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
    facts, top = one.sheet.facts, one.scale.top
    signs: dict[str, str] = {}

    def tile(line: Line, year: int) -> Tile:
        point = facts.get(line.who, one.code, year)
        if point:
            n = number(point.denominator) if isfinite(point.denominator) else ""
            return Tile(point.text.replace("%", ""), point.full, n, shade(point.value / top))
        why = facts.absence(line.who, one.code, year)
        signs[why] = entry("signs")[why]
        return Tile(signs[why], "")

    _grid(one.sheet, one.lines, tile, 0.29)
    if signs:
        told = join((f"{sign} {word(f'absent.{why}')}" for why, sign in signs.items()), "semicolon")
        one.sheet.notes.append(word("overview.legend", signs=told))
    rated = "%" in facts.units.values()
    one.sheet.hints.append(word("overview.rated" if rated else "overview.counted"))
    return one.sheet.done(name=one.name)


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
    shown, ends = [], []
    for known in one.points.values():
        why = word("first_and_last.one") if len(known) == 1 else ""
        if not all(point.comparable for point in known[1:]):
            why = word("first_and_last.broken")
        points = {"last": known[-1]} if why else {"first": known[0], "last": known[-1]}
        told = [word("common.point", year=point.year, value=point.full) for point in points.values()]
        shown.append(points)
        ends.append(join([*told, why], "comma" if why else "to"))
    places = {"first": -0.14, "last": 0.14}
    for panel in rows_of(one.sheet, one.lines, [" "], 0.25, after=widest(ends, NOTE) + 0.1):
        panel.ax.set_xlim(0, one.scale.top)
        panel.ax.xaxis.tick_top()
        panel.steps(one.scale, "x")
        for k, (line, points, end) in enumerate(zip(one.lines, shown, ends, strict=True)):
            for name, point in points.items():
                at = k + places[name] * (len(points) - 1)
                panel.interval(point, at, LOOKS[name], level=True)
                panel.curve([(point.value, at)], LOOKS[name], word(f"first_and_last.{name}"))
            panel.write(end, (one.scale.top, k), (0.1, 0))
            one.sheet.fact(end, line.label)
    return one.sheet.done(name=one.name)
