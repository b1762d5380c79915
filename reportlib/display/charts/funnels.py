"""A rate against its caseload: the funnel plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.ticker import LogLocator

from ...analysis.funnel import Funnel
from ...analysis.funnel import funnel as statistics
from ...form.labels import number
from .drawing import Box, Panel, scale
from .events import Mark
from .facts import Facts, Point, Who, indicators_of
from .figures import figure
from .lettering import NOTE, fit, width
from .sheet import ACCENT, DARK, LOOKS, MARGIN, ROOM, Chart, Legend, Sheet, join, styled, word


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
        The year; the latest with figures of five bodies if not given.
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
    name = "".join(indicators_of(rates, "funnel").values())
    found = statistics(rates, year)
    facts = Facts(data=found.points.assign(unit="%", year=found.year))
    body = Cloud(found, [highlight] if isinstance(highlight, str) else highlight)
    hints = [word("funnel.subtitle", pooled=number(100 * found.pooled, "%"))] if found.enough else []
    return figure(
        facts,
        body,
        word("funnel.title", name=name),
        hints,
        ["indicators"],
        years=[found.year] if found.year else [],
    )


class Cloud:
    """Bodies as points over their cases, with the limits around the pooled rate."""

    events: Sequence[Mark] = ()
    points: Sequence[Point] = ()

    def __init__(self, found: Funnel, highlight: Sequence[str]) -> None:
        self.found = found
        chosen = found.points["body"].isin(highlight)
        order = ["chosen", "denominator"]
        self.bodies = found.points.assign(chosen=chosen).sort_values(order, ascending=False, kind="stable")
        self.whose = [
            Who(body, scope) for body, scope in zip(found.points["body"], found.points["scope"], strict=True)
        ]

        named = self.bodies.loc[self.bodies["chosen"], "body"].unique()
        self.legend: Legend = [(body, LOOKS["chosen"]) for body in named] if found.enough else []
        self.height = 3.3 if found.enough else 0.4
        wider = word("funnel.dispersed", factor=f"{found.dispersion:.1f}")
        self.notes = [wider] if found.dispersion > 1 else []

    def draw(self, sheet: Sheet) -> None:
        """Draw limits and points."""
        if not self.found.enough:
            sheet.say(word("funnel.few", year=self.found.year, n=len(self.whose)))
            return
        panel = self._axes(sheet)
        self._limits(panel)
        line: Any
        for line in self.bodies.itertuples():
            look = LOOKS["chosen" if line.chosen else "other"]
            panel.curve([(line.denominator, line.value)], look)
        for line in self.bodies.itertuples():
            self._say(sheet, panel, line)

    def _axes(self, sheet: Sheet) -> Panel:
        """Cases on a log scale, the rate from 0."""
        of, share = self.bodies["denominator"].astype(float), self.bodies["value"].astype(float)
        first, last = max(of.min() / 1.6, 0.7), of.max() * 1.6
        highest = max(share.max(), 150 * self.found.pooled, 4)
        axis = scale(min(1.08 * highest, 100), "%")
        box = Box(MARGIN + 0.42, 0.05, ROOM - 0.5, 2.75)
        panel = Panel(sheet, box, (first, last), (-axis.top * 0.04, axis.top * 1.04))
        panel.ax.set_xscale("log")
        panel.levels(axis)
        ticks = LogLocator(subs=(1, 3)).tick_values(first, last)
        inside = [tick for tick in ticks if first <= tick <= last]
        panel.ax.set_xticks(inside, list(map(number, inside)))
        panel.ax.minorticks_off()
        middle = box.left + box.wide / 2
        sheet.text(middle, box.high + 0.36, word("funnel.caseload"), size=NOTE, color=DARK, ha="center")
        return panel

    def _limits(self, panel: Panel) -> None:
        """The pooled rate, and the limits around it as far as the axes go."""
        (first, last), (_, top) = panel.ax.get_xlim(), panel.ax.get_ylim()
        pooled = 100 * self.found.pooled
        panel.curve([(first, pooled), (last, pooled)], LOOKS["pooled"])
        limits = self.found.limits
        inside = limits[limits["denominator"].between(first, last)]
        for name in inside.columns[1:]:
            curve = inside[["denominator", name]].to_numpy(dtype=float).tolist()
            look = LOOKS[name.replace("low", "limit").replace("high", "limit")]
            panel.curve([(cases, rate) for cases, rate in curve if rate <= top], look)

    def _say(self, sheet: Sheet, panel: Panel, line: Any) -> None:
        """What a body says, and its name where it has one and there is room."""
        point = Point(self.found.year, line.value, numerator=line.numerator, denominator=line.denominator)
        outside = word("funnel.outside") if line.outside else ""
        sheet.fact(join([point.full("%"), outside]), line.body)
        if line.chosen or line.outside or len(self.bodies) <= 12:
            text = f"{fit(line.body, NOTE, 1.6)} {point.detail}"
            half = width(text, NOTE) / 2 + 0.02
            x, y = panel.inch(line.denominator, line.value)
            spots = [(x + dx, y + dy) for dy in (0.13, -0.13) for dx in (0, half, -half)]
            panel.put(text, spots, ACCENT if line.chosen else DARK)
