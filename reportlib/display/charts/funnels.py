"""A rate against its caseload: the funnel plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.ticker import LogLocator

from ...analysis.funnel import Funnel
from ...analysis.funnel import funnel as statistics
from ...form.labels import number
from .drawing import Panel, scale
from .facts import Facts, Point, Who, indicators_of
from .lettering import NOTE, fit, width
from .sheet import ACCENT, DARK, MARGIN, ROOM, Chart, Sheet, styled
from .words import LOOKS, counted, join, word

NAMED = 12  # bodies up to which all are named where there is room


@styled
def funnel(
    rates: pd.DataFrame, *, year: int | None = None, highlight: Sequence[str] = (), lang: str | None = None
) -> Chart:
    """A rate against its caseload in one year, with the limits within which chance alone would keep it.

    The statistics are those of ``reportlib.analysis.funnel``.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns, of one proportion.
    year
        The year; if not given the latest with figures of five bodies, else of a highlighted one.
    highlight
        Bodies drawn in the accent colour and named; others are named where they stand outside
        the outer limits and there is room.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        A point a body with a denominator above 0; instead of a ranking, which small numbers forbid.

    Raises
    ------
    ReportlibError
        The frame holds more than one indicator.
    """
    name = "".join(indicators_of(rates, "funnel").values()) or word("funnel.rate")
    chosen = [highlight] if isinstance(highlight, str) else list(highlight)
    found = statistics(rates, year, chosen)
    points = found.points
    sheet = Sheet("funnel", Facts(points.assign(unit="%", year=found.year)))
    sheet.whose = list(map(Who, points["body"], points["scope"]))
    sheet.years = [found.year] * bool(found.year)
    if found.enough:
        _draw(sheet, found, chosen)
        return sheet.done(name=name)
    bodies = counted("common.bodies", len(points))
    few = word("funnel.few", year=found.year, bodies=bodies) if len(points) else ""
    return sheet.done(list(map(Who, chosen)), few, name=name)


def _draw(sheet: Sheet, found: Funnel, highlight: Sequence[str]) -> None:
    """Draw limits and points; the chosen bodies in front, then those of many cases."""
    chosen = found.points["body"].isin(highlight)
    bodies = found.points.assign(chosen=chosen)
    bodies = bodies.sort_values(["chosen", "denominator"], ascending=False, kind="stable")
    sheet.height = 3.3
    sheet.hints.append(word("funnel.limits", pooled=number(100 * found.pooled, "%")))
    if found.dispersion > 1:
        sheet.notes.append(word("funnel.dispersed", factor=f"{found.dispersion:.1f}"))
    panel = _axes(sheet, found)
    line: Any
    for line in bodies.itertuples():
        look, label = LOOKS["other"], ""
        if line.chosen:
            look, label = LOOKS["chosen"], line.body
        panel.curve([(line.denominator, line.value)], look, label)
    for line in bodies.itertuples():
        point = Point(found.year, line.value, "%", numerator=line.numerator, denominator=line.denominator)
        told = [point.full]
        if line.outside:
            told.append(word("funnel.outside"))
        sheet.fact(join(told), line.body)
        if line.chosen or line.outside or len(bodies) <= NAMED:
            text = f"{fit(line.body, NOTE, 1.6)} {point.detail}"
            half = width(text, NOTE) / 2 + 0.02
            spots = [(dx, dy) for dy in (0.13, -0.13) for dx in (0, half, -half)]
            panel.put(text, (line.denominator, line.value), spots, ACCENT if line.chosen else DARK)


def _axes(sheet: Sheet, found: Funnel) -> Panel:
    """Cases on a log scale, the rate from 0; the pooled rate, and the limits as far as the axes go."""
    cases, share = (found.points[name].astype(float) for name in ("denominator", "value"))
    pooled = 100 * found.pooled
    first, last = max(cases.min() / 1.6, 0.7), cases.max() * 1.6
    axis = scale(min(1.08 * max(share.max(), 1.5 * pooled, 4), 100), "%")
    top = axis.top * 1.04
    panel = Panel(sheet, MARGIN + 0.42, 0.05, ROOM - 0.5, 2.75, (first, last), (-axis.top * 0.04, top))
    panel.ax.set_xscale("log")
    panel.steps(axis)
    ticks = LogLocator(subs=(1, 3)).tick_values(first, last)
    inside = [tick for tick in ticks if first <= tick <= last]
    panel.ax.set_xticks(inside, list(map(number, inside)))
    panel.ax.minorticks_off()
    panel.ax.set_xlabel(word("funnel.caseload"), size=NOTE, color=DARK)
    panel.curve([(first, pooled), (last, pooled)], LOOKS["pooled"])
    limits = found.limits[found.limits["denominator"].between(first, last)]
    for name in limits.columns[1:]:
        shown = limits[limits[name] <= top]
        look = LOOKS[name.replace("low", "limit").replace("high", "limit")]
        panel.curve(shown[["denominator", name]].to_numpy(), look)
    return panel
