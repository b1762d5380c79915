"""Many bodies at once: what there is, a heat table of one indicator, first and last years, peers."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import pandas as pd

from ...form.labels import number
from .drawing import Scale, scale, shade
from .facts import FIGURES, Facts, Point, Series, Who, cell_of, checked, gather, indicators_of
from .figures import figure
from .lettering import LABEL, fit
from .rows import Dots, Row, Rows, Signs, Ticks, Tile
from .sheet import ACCENT, BLACK, DARK, MID, WORDS, Chart, Look, join, name_of, styled, word
from .years import unit_name

TABLES = ("disclosure", "requests", "disputes")
SQUARE: Look = {"marker": "s", "markersize": 5.4, "linestyle": ""}
STATES: dict[str, Look] = {
    "complete": SQUARE | {"color": ACCENT},
    "partial": SQUARE | {"color": ACCENT, "markerfacecoloralt": "white", "fillstyle": "left"},
    "blank": SQUARE | {"color": DARK, "markerfacecolor": "white"},
    "not_read": {"marker": "x", "color": BLACK, "linestyle": ""},
    "figures": {"marker": "D", "color": DARK, "markerfacecolor": "white", "linestyle": ""},
    "absent": {"marker": ".", "color": MID, "markersize": 3, "linestyle": ""},
}
FIRST: Look = {"color": DARK, "marker": "s", "markersize": 4.5, "markerfacecolor": "white", "linestyle": ""}
LAST: Look = {"color": ACCENT, "marker": "o", "markersize": 5.0, "linestyle": ""}
PEER: Look = {"color": MID, "marker": "o", "linestyle": ""}
OWN: Look = {"color": ACCENT, "marker": "D", "linestyle": "", "markeredgecolor": "white", "zorder": 5}
MEDIAN: Look = {"color": BLACK, "linewidth": 1.2}


@styled
def coverage(
    reports: pd.DataFrame, figures: pd.DataFrame | None = None, *, bodies: Sequence[str] = (), lang: str = ""
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
    states = _states(reports, figures)
    whose = [Who(body) for body in dict.fromkeys([*(body for body, _ in states), *bodies])] if states else []
    known = [year for _, year in states]
    years = range(min(known), max(known) + 1) if known else range(0)
    rows = [Row(body, [_signs(states.get((body, year))) for year in years]) for body, _ in whose]
    used = {"absent"}.union(*states.values())
    legend = [(word(f"coverage.{state}"), look) for state, look in STATES.items() if state in used]
    body = Rows(list(map(str, years)), rows, 0.22, 0, signs=legend, whose=whose, centred=True)
    facts = Facts(data=reports.reindex(columns=["body", "scope", "year", *TABLES, "report_id"]))
    return figure(facts, body, word("coverage.title"), [word("coverage.subtitle")], ["all"], years=years)


def _states(reports: pd.DataFrame, figures: pd.DataFrame | None) -> dict[tuple[str, int], Sequence[str]]:
    """The best state of each table, by body and year."""
    known = checked(reports, ["body", "year", *TABLES], "ds.reports").dropna(subset="year")
    known = known.astype(dict.fromkeys(TABLES, pd.CategoricalDtype(list(STATES), ordered=True)))
    best = known.groupby(["body", "year"], sort=False, observed=True)[list(TABLES)].min()
    states: dict[tuple[str, int], Sequence[str]] = {}
    for (body, year), *line in best.itertuples(name=None):
        states[str(body), int(year)] = line
    if figures is not None:
        for body, year in figures[["body", "year"]].drop_duplicates().itertuples(index=False):
            states.setdefault((str(body), int(year)), ["figures"])
    return states


def _signs(states: Sequence[str] | None) -> Signs:
    if states is None:
        return Signs([STATES["absent"]] * len(TABLES), "")
    return Signs(
        [STATES[state] for state in states], join((word(f"coverage.{state}") for state in states), "list")
    )


@styled
def overview(rates: pd.DataFrame, *, bodies: Sequence[str] = (), lang: str = "") -> Chart:
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
    names = indicators_of(rates, "overview")
    facts = gather([rates], names, bodies)
    code, unit = next(iter(names), ""), _unit(rates)
    known = [point.value for series in facts.table.values() for point in series.values() if point.known]
    top = scale(max(known, default=0), unit).top
    rows = []
    for who, name in facts.names(facts.who).items():
        rows.append(Row(name, [_tile(facts, who, code, year, unit, top) for year in facts.years]))
    legend = [(number(value, unit), shade(value / top)) for value in (0, top)]
    whose = facts.who if known else []
    note = _absences(facts, code)
    body = Rows(
        list(map(str, facts.years)), rows, 0.29, 0.03, more=note, signs=legend, whose=whose, centred=True
    )
    hints = [
        word("common.unit", unit=unit_name(unit)),
        word("overview.subtitle" if unit == "%" else "overview.counts"),
    ]
    return figure(facts, body, word("overview.title", name=names.get(code, "")), hints, ["indicators"])


def _unit(frame: pd.DataFrame) -> str:
    return str(frame["unit"].iloc[0]) if len(frame) else ""


def _tile(facts: Facts, who: Who, code: str, year: int, unit: str, top: float) -> Tile:
    point = facts.get(who, code, year)
    if point is None:
        why = facts.absence(who, code, year)
        return Tile([], WORDS["signs"][why], "", 0, word(f"absent.{why}"))
    n = Point(year, point.denominator)
    text = point.text(unit).replace(" %", "")
    return Tile([point], text, n.text() if n.known else "", point.value / top, point.full(unit))


def _absences(facts: Facts, code: str) -> list[str]:
    """What the signs of absence mean that are used."""
    empty = [(who, year) for who in facts.who for year in facts.years if not facts.get(who, code, year)]
    codes = dict.fromkeys(facts.absence(who, code, year) for who, year in empty)
    signs = join((f"{WORDS['signs'][why]} {word(f'absent.{why}')}" for why in codes), "semicolon")
    return [word("overview.legend", signs=signs)] if signs else []


@styled
def first_and_last(rates: pd.DataFrame, *, bodies: Sequence[str] = (), lang: str = "") -> Chart:
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
    names = indicators_of(rates, "first_and_last")
    facts = gather([rates], names, bodies)
    code, unit = next(iter(names), ""), _unit(rates)
    known = {who: _known(facts.table.get((who, code), {})) for who in facts.who}
    whose = [who for who in facts.who if known[who]]
    axis = _axis([point for who in whose for point in known[who]], [], unit)
    rows = [Row("", [Ticks(axis, len(whose))])]
    rows += [_change(name, known[who], axis, unit) for who, name in facts.names(whose).items()]
    legend = [(word("first_and_last.first"), FIRST), (word("first_and_last.last"), LAST)]
    body = Rows([""], rows, signs=legend, whose=whose)
    hints = [word("common.unit", unit=unit_name(unit)), word("first_and_last.subtitle")]
    return figure(facts, body, word("first_and_last.title", name=names.get(code, "")), hints, ["indicators"])


def _known(series: Series) -> list[Point]:
    return [series[year] for year in sorted(series) if series[year].known]


def _axis(points: Sequence[Point], values: Sequence[float], unit: str) -> Scale:
    ends = [end for point in points for end in (point.value, point.high) if end == end]
    return scale(max([0, *ends, *values]), unit)


def _change(name: str, known: Sequence[Point], axis: Scale, unit: str) -> Row:
    first, last = known[0], known[-1]
    broken = any(not point.comparable for point in known[1:])
    told = [word("common.point", year=point.year, value=point.full(unit)) for point in (first, last)]
    if first is last or broken:
        text = join([told[-1], word("first_and_last.broken" if broken else "first_and_last.one")])
        return Row(name, [Dots(axis, [(last, LAST, 0)], text)], end=text)
    dots = [(first, FIRST, -0.14), (last, LAST, 0.14)]
    return Row(name, [Dots(axis, dots, join(told))], end=" → ".join(told))


# ------------------------------------------------------------------------------------ peers


@styled
def peers(frame: pd.DataFrame, body: str, *more: pd.DataFrame, lang: str = "") -> Chart:
    """A body beside its peers: a strip a measure, all of one year; a dot a body, the median as a tick.

    Parameters
    ----------
    frame
        Frame that ``rl.indicators`` returns, or of the layout of ``ds.cells`` or ``ds.figures``, of the body
        and its peers. Of cells the totals of requests and disputes are drawn.
    body
        The body that the chart is about.
    *more
        Further frames: figures in words fill in for bodies whose tables are not there.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        The latest year in which the body has a figure; how many peers there are; no order of merit.
    """
    frames = (frame, *more)
    facts = gather(frames, names := _measures(frames))
    units = dict(zip(facts.data["series"], facts.data["unit"].astype("str"), strict=True))
    strips = [_strip(facts, code, name, units.get(code, ""), body) for code, name in names.items()]
    rows = [row for strip in strips for row in strip]
    drawn = [cell for row in rows for cell in row.cells if isinstance(cell, Dots)]
    legend = [(fit(body, LABEL, 3), OWN)]
    legend += [(word("peers.others"), {**PEER, "markersize": 5})] if any(dots.swarm for dots in drawn) else []
    legend += [(word("peers.median"), MEDIAN)] if any(dots.tick is not None for dots in drawn) else []
    grid = Rows([""], rows, 0.42, signs=legend, whose=[Who(body)] if rows else [])
    said = ["headline"] if facts.stated else []
    return figure(
        Facts(data=facts.data),
        grid,
        word("peers.title"),
        [word("peers.subtitle")],
        ["indicators"],
        marks=said,
    )


def _measures(frames: Sequence[pd.DataFrame]) -> dict[str, str]:
    """What is compared: of frames of cells the totals of the tables, of others their indicators."""
    names: dict[str, str] = {}
    if not all("indicator" in checked(frame, ["body", "year", "value"], FIGURES) for frame in frames):
        for cell in WORDS["peers"]["cells"]:
            table, row, _ = cell.split(".")
            names[cell] = name_of(row, "row", table)
    for frame in frames:
        if "indicator" in frame:
            codes = indicators_of(frame)
            names |= {code: name for code, name in codes.items() if cell_of().get(code) not in names}
    return names


def _strip(facts: Facts, code: str, name: str, unit: str, body: str) -> list[Row]:
    """The latest year in which the body has a figure, else the latest in which any has; figures of tables
    before those in words.
    """
    known: dict[str, Series] = {}
    for (who, key), series in [*facts.stated.items(), *facts.table.items()]:
        if key == code:
            known.setdefault(who.body, {}).update({point.year: point for point in _known(series)})
    years = known.get(body) or {year for series in known.values() for year in series}
    if not years:
        return []
    year = max(years)
    at = {who: series[year] for who, series in known.items() if year in series}
    mine, rest = at.pop(body, None), sorted(point.value for point in at.values())
    said = sum(bool(point.precision) for point in at.values())
    about = word("peers.strip", year=year, n=len(rest)) + f" (◇ {said})" * bool(said)
    axis = _axis([mine] if mine else [], rest, unit)
    value = "◇" * bool(mine and mine.precision) + mine.full(unit) if mine else word("common.no_data")
    facts_of = {"body": body, "value": value, "year": year, "n": len(rest)}
    if rest:
        spread = {"low": rest[0], "median": median(rest), "high": rest[-1]}
        facts_of |= {key: number(end, unit) for key, end in spread.items()}
    key = ("alone", "one", "two", "fact")[min(len(rest), 3)] if mine else "absent"
    tick = median(rest) if len(rest) > 2 else None
    dots = Dots(axis, [(mine, OWN, 0)] if mine else [], word(f"peers.{key}", **facts_of), rest, PEER, tick)
    return [Row(name, [dots], end=value), Row(about, [Ticks(axis)])]
