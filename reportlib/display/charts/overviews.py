"""Many bodies at once: what there is, a heat table of one indicator, its first and last year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd

from .drawing import Scale, scale_of, shade
from .facts import Facts, Who, checked, gather, indicators_of
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
    sheet = Sheet("coverage", Facts(reports, bodies))
    sheet.facts.data = reports.reindex(columns=["body", "scope", "year", *TABLES, "report_id"])
    years = [year for _, year in states]
    sheet.years = range(min(years), max(years) + 1) if years else []
    named = dict.fromkeys([*(body for body, _ in states), *bodies]) if states else {}
    used: set[str] = set()

    def tile(line: Line, year: int) -> Tile:
        found = states.get((line.label, year), [])
        used.update(found or ["not_collected"])
        told = join((word(f"coverage.{state}") for state in found), "list")
        return Tile("".join(signs[state] for state in found or ["not_collected"]), told)

    _grid(sheet, [Line(body, Who(body)) for body in named], tile, 0.22)
    told = [_sign(sign, word(f"coverage.{state}")) for state, sign in signs.items() if state in used]
    sheet.hints += told
    return sheet.done()


def _sign(sign: str, why: str) -> str:
    """A sign and what it means, on one line where its first word is."""
    return f"{sign}\u00a0{why}"


class Tile(NamedTuple):
    """A cell of a grid of bodies and years: its text, what it says, what stands below, and its ground."""

    text: str
    told: str
    below: str = ""
    look: Look | None = None


def _grid(sheet: Sheet, lines: Sequence[Line], tile: Callable[[Line, int], Tile], high: float) -> None:
    """A row a body, a column a year."""
    panels = rows_of(sheet, lines, list(map(str, sheet.years)), high, gutter=0.03, side="center")
    for k, line in enumerate(lines[: int(HIGHEST / high)]):
        for panel, year in zip(panels, sheet.years, strict=True):
            text, told, below, look = tile(line, year)
            if look:
                panel.bar(0, k, 1, 0.94, look)
            y, size = float(k), min(NOTE, NOTE * 0.95 * panel.wide / width(text, NOTE))
            if below and width(below, SMALL) < panel.wide:
                y = k - 0.2
                panel.write(below, (0.5, k + 0.24), size=SMALL, ha="center", color=INK)
            panel.write(text, (0.5, y), size=size, ha="center", color=INK)
            if told:
                sheet.fact(told, line.label, str(year))


# ------------------------------------------------------------------------------------ one indicator


def _one(rates: pd.DataFrame, bodies: Sequence[str], chart: str) -> tuple[Sheet, list[Line], str, str]:
    """A sheet for the one indicator of a frame, a row for each body that has figures, its code and name."""
    names = indicators_of(rates, chart)
    code, name = next(iter(names.items()), ("", ""))
    facts = gather([rates], names, bodies)
    sheet = Sheet(chart, facts)
    for series in facts.table.values():
        sheet.mark(series.values())
    named = facts.names(who for who in facts.who if (who, code) in facts.table)
    return sheet, [Line(label, who) for who, label in named.items()], code, name


def _scale(facts: Facts) -> Scale:
    """A scale on which all figures and their intervals have room."""
    return scale_of(point for series in facts.table.values() for point in series.values())


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
    sheet, lines, code, name = _one(rates, bodies, "overview")
    facts, top = sheet.facts, _scale(sheet.facts).top
    signs: dict[str, str] = {}

    def tile(line: Line, year: int) -> Tile:
        point = facts.get(line.who, code, year)
        if point:
            n = point.detail.rpartition("/")[2]
            return Tile(point.text.replace("%", ""), point.full, n, shade(point.value / top))
        why = facts.absence(line.who, code, year)
        signs[why] = entry("signs")[why]
        return Tile(signs[why], "")

    _grid(sheet, lines, tile, 0.29)
    if signs:
        told = join((_sign(sign, word(f"absent.{why}")) for why, sign in signs.items()), "semicolon")
        sheet.notes.append(word("overview.legend", signs=told))
    if "%" in facts.units.values():
        sheet.hints.append(word("overview.rated"))
    sheet.hints.append(word("overview.shaded"))
    return sheet.done(name=name)


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
    sheet, lines, code, name = _one(rates, bodies, "first_and_last")
    scale = _scale(sheet.facts)
    shown, ends = [], []
    for line in lines:
        known = list(sheet.facts.table[line.who, code].values())
        points = {"first": known[0], "last": known[-1]}
        told = [word("common.point", year=point.year, value=point.full) for point in points.values()]
        end = join(told, "to")
        if len(known) == 1 or not all(point.comparable for point in known[1:]):
            why = word("first_and_last.one" if len(known) == 1 else "first_and_last.broken")
            points.pop("first")
            end = join([told[-1], why])
        shown.append(points)
        ends.append(end)
    places = {"first": -0.14, "last": 0.14}
    sheet.named = [word(f"first_and_last.{place}") for place in places]
    for panel in rows_of(sheet, lines, [" "], 0.25, after=widest(ends, NOTE) + 0.1):
        panel.ax.set_xlim(0, scale.top)
        panel.ax.xaxis.tick_top()
        panel.steps(scale, "x")
        for k, (line, points, end) in enumerate(zip(lines, shown, ends, strict=True)):
            for place, point in points.items():
                at = k + places[place] * (len(points) - 1)
                panel.interval(point, at, LOOKS[place], level=True)
                panel.curve([(point.value, at)], LOOKS[place], word(f"first_and_last.{place}"))
            panel.write(end, (scale.top, k), (0.1, 0))
            sheet.fact(end, line.label)
    return sheet.done(name=name)
