"""Charts over the years: volumes, figures in words, rates, and rates of many bodies together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ...errors import ReportlibError
from ...form.labels import RATES
from .facts import Facts, checked, gather, indicators_of
from .panels import Measures, Panels
from .sheet import Chart, Sheet, styled
from .words import WORDS, join, name_of, said, unit_name, word


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
    measures: dict[str, Mapping[str, str]] = {}
    for panel in known[measure]["panels"]:
        names = {one["cell"]: said(one) for one in panel["series"]}
        measures[said(panel)] = names if len(names) > 1 else dict.fromkeys(names, "")
    cells = [cell for names in measures.values() for cell in names]
    return _trends(f"volumes.{measure}", gather(frames, cells, bodies), measures).done()


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
    found = indicators_of(frame[frame["indicator"].isin(indicators)])
    names = found or {code: name_of(code) for code in indicators}
    facts = gather([frame], names, bodies)
    return _trends("headline", facts, _measures(facts, names)).done(
        names=join([join(names.values(), "names"), word("headline.stated")])
    )


@styled
def rates(rates: pd.DataFrame, *, bodies: Sequence[str] = (), lang: str | None = None) -> Chart:
    """Indicators over the years with their 95% intervals, a panel a body and indicator.

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
    sheet = _trends("rates", facts, _measures(facts, names))
    if any(point.ranged for point in facts.points):
        sheet.hints.append(word("rates.intervals"))
    return sheet.done(names=_named(names))


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
        A row for each group and scope. The pooled rate dashed, with its interval over bodies; the band from
        the 10th to the 90th percentile;
        below each year the number of bodies. Years are joined only where the same bodies stand in both.

    Raises
    ------
    ReportlibError
        The frame holds a count: the sum of many bodies says nothing beside the figure of one.
    """
    pool = checked(pool, ["low", "high", "p10", "p90", "bodies", "group"], "what rl.pool returns")
    everyone = word("pooled.everyone")
    pool = pool.assign(body=[name_of(group, "level") or everyone for group in pool["group"].astype("str")])
    names = indicators_of(pool)
    counted = ~pool["unit"].isin(RATES) & pool["value"].notna()
    if counted.any():
        refused = join(map(name_of, pool.loc[counted, "indicator"].unique()), "list")
        hint = "charts.volumes draws counts, a panel a body."
        message = f"{refused}: counts of many bodies"
        raise ReportlibError(message, place="charts.pooled", expected="rates", hint=hint)
    facts = gather([pool], names)
    own = gather([] if rates is None else [rates], names)
    sheet = Sheet("pooled", facts)
    for drawn, by in ((facts, "bodies"), (own, "cases")):
        if any(point.ranged for point in drawn.points):
            sheet.hints.append(word(f"pooled.{by}"))
    Panels(sheet, {name: {code: everyone} for code, name in names.items()}, own, body)
    return sheet.done(names=_named(names))


def _named(names: Mapping[str, str]) -> str:
    """Indicators in a title; their names may hold commas."""
    return join(names.values(), "names") if 0 < len(names) < 5 else word("rates.many", n=len(names))


def _measures(facts: Facts, names: Mapping[str, str]) -> Measures:
    """Indicators as measures, with their units where these differ."""
    units = facts.units
    measures: dict[str, Mapping[str, str]] = {}
    for code, name in names.items():
        heading = name if len(names) > 1 else ""
        if len(set(units.values())) > 1:
            heading = word("common.of", body=name, scope=unit_name(units[code]))
        measures[heading] = {code: ""}
    return measures


def _trends(chart: str, facts: Facts, measures: Measures) -> Sheet:
    """Measures as panels, for each body."""
    sheet = Sheet(chart, facts)
    Panels(sheet, measures)
    return sheet
