"""Many bodies at once: what there is, a heat table of one indicator, its first and last year."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .drawing import scale_of, shade
from .facts import Facts, Point, Who, checked, gather, indicators_of
from .lettering import NOTE, SMALL, widest, width
from .rows import Cell, Line, rows_of
from .sheet import INK, Chart, Look, Sheet, styled
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
    reports = checked(reports, ["body", "year", *TABLES], "ds.reports").dropna(subset="year")
    signs = entry("coverage.signs")
    order = pd.CategoricalDtype(list(signs), ordered=True)
    known = reports.astype({"year": int, **dict.fromkeys(TABLES, order)})
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
    for cell in _grid(sheet, [Line(body, Who(body)) for body in named], 0.22):
        year = sheet.years[cell.column]
        found = states.get((cell.line.label, year), ["not_collected"])
        used.update(found)
        _write(cell, "".join(signs[state] for state in found))
        if found != ["not_collected"]:
            told = join((word(f"coverage.{state}") for state in found), "list")
            sheet.fact(told, cell.line.label, str(year))
    sheet.hints += [_sign(sign, word(f"coverage.{state}")) for state, sign in signs.items() if state in used]
    return sheet.done()


def _sign(sign: str, why: str) -> str:
    """A sign and what it means, on one line where its first word is."""
    return f"{sign}\u00a0{why}"


def _grid(sheet: Sheet, lines: Sequence[Line], high: float) -> list[Cell]:
    """A row a body, a column a year."""
    return rows_of(sheet, lines, list(map(str, sheet.years)), high, gutter=0.03, side="center")


def _write(cell: Cell, text: str, below: str = "") -> None:
    """Write into a cell of a grid, as large as it has room, and below it, if there is room."""
    y = float(cell.row)
    look: Look = {"ha": "center", "color": INK}
    if below and width(below, SMALL) < cell.panel.wide:
        cell.panel.write(below, (0.5, y + 0.24), size=SMALL, **look)
        y -= 0.2
    size = min(NOTE, NOTE * 0.95 * cell.panel.wide / width(text, NOTE))
    cell.panel.write(text, (0.5, y), size=size, **look)


# ------------------------------------------------------------------------------------ one indicator


def _one(rates: pd.DataFrame, bodies: Sequence[str], chart: str) -> tuple[Sheet, list[Line], str, str]:
    """A sheet for the one indicator of a frame, a row for each body that has figures, its code and name."""
    names = indicators_of(rates, chart)
    code, name = next(iter(names.items()), ("", ""))
    facts = gather([rates], names, bodies)
    sheet = Sheet(chart, facts)
    named = facts.names(who for who in facts.who if (who, code) in facts.table)
    return sheet, [Line(label, who) for who, label in named.items()], code, name


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
    facts, top = sheet.facts, scale_of(sheet.facts.points).top
    absent: dict[str, str] = {}
    for cell in _grid(sheet, lines, 0.29):
        who, year = cell.line.who, sheet.years[cell.column]
        if point := facts.get(who, code, year):
            cell.panel.bar(0, cell.row, 1, 0.94, shade(point.value / top))
            _write(cell, point.text.replace("%", ""), point.detail.rpartition("/")[2])
            sheet.fact(point.full, cell.line.label, str(year))
        else:
            why = facts.absence(who, code, year)
            absent[why] = _sign(entry("signs")[why], word(f"absent.{why}"))
            _write(cell, entry("signs")[why])
    if absent:
        sheet.notes.append(word("overview.legend", signs=join(absent.values(), "semicolon")))
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
    scale, places = scale_of(sheet.facts.points), {"first": -0.14, "last": 0.14}
    sheet.named = [word(f"first_and_last.{place}") for place in places]
    found = {line.who: _first_last(list(sheet.facts.table[line.who, code].values())) for line in lines}
    room = widest((told for _, told in found.values()), NOTE)
    for k, line, panel, _ in rows_of(sheet, lines, [" "], 0.25, after=room + 0.1):
        if not k:
            panel.ax.set_xlim(0, scale.top)
            panel.ax.xaxis.tick_top()
            panel.steps(scale, "x")
        points, told = found[line.who]
        for place, point in points.items():
            at = k + places[place] * (len(points) - 1)
            panel.interval(point, at, LOOKS[place], level=True)
            panel.curve([(point.value, at)], LOOKS[place], word(f"first_and_last.{place}"))
        panel.write(told, (scale.top, k), (0.1, 0))
        sheet.fact(told, line.label)
    return sheet.done(name=name)


def _first_last(points: Sequence[Point]) -> tuple[dict[str, Point], str]:
    """The first and the last of some figures and what is said of them, or why there is only the last."""
    first, last = points[0], points[-1]
    told = [word("common.point", year=point.year, value=point.full) for point in (first, last)]
    if len(points) > 1 and all(point.comparable for point in points[1:]):
        return {"first": first, "last": last}, join(told, "to")
    why = word("first_and_last.broken")
    if len(points) == 1:
        why = word("first_and_last.one")
    return {"last": last}, join([told[-1], why])
