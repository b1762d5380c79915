"""Charts over the years: volumes, figures in words, rates, and rates of many bodies together."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...errors import ReportlibError
from ...form import load_toml
from .events import marks, marks_of
from .facts import Facts, Who, checked, gather, indicators_of
from .figures import figure
from .panels import Curve, Panels, Subject, curve_of, stated_of
from .sheet import LOOKS, WORDS, Chart, Look, join, name_of, said, styled, unit_name, word


@styled
def volumes(
    *frames: pd.DataFrame, measure: str = "requests", bodies: Sequence[str] = (), lang: str | None = None
) -> Chart:
    """Trend of volumes: a curve a cell of the form, a panel a body and group of cells.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells``; ``ds.figures`` adds the figures stated in words, drawn
        hollow and dotted and never joined to those of the tables.
    measure
        ``requests`` (received, concluded), ``documents`` (issued, repealed, in force), ``decisions``
        (licences, penalties, coercive measures) or ``fees``.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        From zero, in the unit of the form; panels of the same cells share one scale.

    Raises
    ------
    ReportlibError
        There is no such measure, or a frame has another layout.
    """
    known = WORDS["volumes"]
    if measure not in known:
        expected = f"one of {', '.join(known)}"
        raise ReportlibError(f"no measure {measure!r}", place="charts.volumes", expected=expected)
    spec = known[measure]
    cells = [entry["cell"] for panel in spec["panels"] for entry in panel["series"]]
    facts = gather(frames, cells, bodies)
    columns = []
    for panel in spec["panels"]:
        columns.append([_volume(facts, who, panel, spec["unit"]["zh"]) for who in facts.who])
    unit = said(spec["unit"])
    body = Panels(facts, columns, unit)
    sources = [spec["source"]] * bool(facts.table) + ["headline"] * bool(facts.stated)
    stated = ["headline"] * any(curve.stated for curve in body.curves)
    return figure(facts, body, said(spec["title"]), body.hints(), sources, unit=unit, marks=stated)


def _volume(facts: Facts, who: Who, panel: Look, unit: str) -> Subject:
    """A panel's curves: those of the tables, and figures in words that say what the tables do not."""
    curves = []
    headed = "zh" in panel
    for n, entry in enumerate(panel["series"]):
        cell = entry["cell"]
        name = "" if headed and len(panel["series"]) == 1 else said(entry)
        curve = curve_of(facts, who, cell, LOOKS["curves"][n], unit, name)
        words = facts.stated.get((who, cell), {})
        same = [
            year for year, point in curve.points.items() if year in words and point.value == words[year].value
        ]
        new = {year: point for year, point in words.items() if year not in same}
        curves += [curve, stated_of(new, unit, n, name)]
    events = marks(entry["cell"] for entry in panel["series"])
    return Subject(who, said(panel) if headed else "", curves, events)


@styled
def headline(
    figures: pd.DataFrame, indicators: Sequence[str], *, bodies: Sequence[str] = (), lang: str | None = None
) -> Chart:
    """Figures that reports state in words, a panel a body and indicator.

    Parameters
    ----------
    figures
        Frame of the layout of ``ds.figures``.
    indicators
        Codes of its column ``indicator``.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        Hollow and dotted, as wherever figures in words are drawn; ≥ and ≈ as they are stated.
    """
    frame = checked(figures, ["precision", "indicator"], "ds.figures")
    names = indicators_of(frame[frame["indicator"].isin(indicators)])
    facts = gather([frame], names, bodies)
    equal = load_toml("figures.toml")
    columns = []
    for code, name in names.items():
        unit = facts.units[code]
        heading = word("common.of", body=name, scope=unit_name(unit))
        events = marks(equal[code]["equals"])
        column = []
        for who in facts.who:
            curve = stated_of(facts.stated.get((who, code), {}), unit)
            column.append(Subject(who, heading, [curve], events))
        columns.append(column)
    body = Panels(facts, columns, "")
    what = join([join(names.values(), "list"), word("headline.title")])
    return figure(facts, body, what, body.hints(), ["headline"], marks=["headline"])


@styled
def rates(rates: pd.DataFrame, *, bodies: Sequence[str] = (), lang: str | None = None) -> Chart:
    """Indicators over the years with their 95 % intervals, a panel a body and indicator.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        Points with numerator/denominator; 0/0 where the denominator is 0, nothing where it is incomplete.
    """
    names = indicators_of(rates)
    facts = gather([rates], names, bodies)
    several = len(set(facts.units.values())) > 1
    columns = []
    for code, name in names.items():
        heading = name if len(names) > 1 else ""
        if several:
            heading = word("common.of", body=name, scope=unit_name(facts.units[code]))
        events = marks_of([code])
        column = []
        for who in facts.who:
            curve = curve_of(facts, who, code, LOOKS["curves"][0], facts.units[code])
            column.append(Subject(who, heading, [curve], events))
        columns.append(column)
    return _rates(facts, names, columns)


def _rates(
    facts: Facts, names: dict[str, str], columns: Sequence[Sequence[Subject]], of: Sequence[Who] = ()
) -> Chart:
    units = set(facts.units.values())
    unit = unit_name(units.pop()) if len(units) == 1 else ""
    body = Panels(facts, columns, unit)
    what = word("rates.title", n=len(names))
    if 0 < len(names) < 5:
        what = join(names.values(), "list")
    used = []
    if any(curve.undefined for curve in body.curves):
        used.append("undefined")
    if not all(point.comparable for point in body.points):
        used.append("not_comparable")
    return figure(facts, body, what, body.hints(), ["indicators"], marks=used, of=of)


@styled
def pooled(
    pool: pd.DataFrame, rates: pd.DataFrame | None = None, body: str = "", *, lang: str | None = None
) -> Chart:
    """A rate of many bodies together over the years, the band of the middle four fifths of the bodies, and
    one body in front.

    Parameters
    ----------
    pool
        Frame that ``rl.pool`` returns; a panel for each indicator and group.
    rates
        Frame that ``rl.indicators`` returns, for the body in front.
    body
        The body in front; none if not given.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        The pooled rate dashed, with its interval over bodies; the band from the 10th to the 90th percentile.
    """
    pool = checked(pool, ["low", "high", "p10", "p90", "bodies", "group"], "what rl.pool returns")
    groups = [name_of(group, "level") for group in pool["group"].astype("str")]
    pool = pool.assign(body=[group or word("pooled.everyone") for group in groups])
    names = indicators_of(pool)
    facts = gather([pool], names)
    own = gather([] if rates is None else [rates], names)
    fronts = [who for who in own.who if who.body == body]
    columns = []
    for code, name in names.items():
        column = []
        for who in facts.who:
            curves = [
                curve_of(own, front, code, LOOKS["curves"][0], own.units[code], body) for front in fronts
            ]
            column.append(_together(facts, who, code, name, pool, curves))
        columns.append(column)
    return _rates(facts, names, columns, [Who(word("pooled.everyone"))])


def _together(
    facts: Facts, who: Who, code: str, name: str, pool: pd.DataFrame, fronts: Sequence[Curve]
) -> Subject:
    """The pooled rate of a group with its band, behind the curve of one body."""
    of_group = pool[(pool["indicator"] == code) & (pool["body"] == who.body)].dropna(subset="value")
    if not len(of_group):
        return Subject(who, name, [])
    least, most = of_group["bodies"].min(), of_group["bodies"].max()
    bodies = word("common.bodies", n=least if least == most else f"{least}–{most}")
    heading = word("common.of", body=name, scope=bodies)
    years = of_group.set_index("year")[["p10", "p90"]].astype(float).reindex(facts.years)
    band = list(years.itertuples(name=None))
    together = curve_of(facts, who, code, LOOKS["curves"][1], facts.units[code], word("pooled.everyone"))
    return Subject(who, heading, [together, *fronts], marks_of([code]), band)
