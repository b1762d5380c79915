"""Panels over the years, a body and measure each: the layout of curves, their figures and their ends.

Gaps stay open, a curve breaks only where its figures are not comparable, and what the law changed is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from math import ceil, inf
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...form.labels import number
from ..words import runs
from .drawing import Panel, Scale, Spot, scale_of
from .events import changes
from .facts import NAMED, Facts, Point, Who
from .lettering import LABEL, NOTE, TICK, fit, widest, width, wrap
from .sheet import BLACK, DARK, HIGHEST, MARGIN, ROOM, Look, Sheet
from .words import LOOKS, entry, join, word

LINE = 0.165  # inches from one label's line to the next
GUTTER = 0.22
EDGE = 0.14  # inches from the axes' ends to the first and the last year
YEAR = width("2025", TICK)


class Format(NamedTuple):
    """How so many panels are laid out: side by side, inches of height, steps of a scale."""

    across: int
    high: float
    steps: int


FORMATS = {
    1: Format(1, 2.4, 4),
    2: Format(2, 1.5, 4),
    3: Format(3, 1.5, 3),
    4: Format(2, 1.5, 3),
    9: Format(3, 1.05, 3),
    inf: Format(4, 1.05, 3),
}
"""By the number of panels up to which it holds."""
ROOMY = 1.5
"""From this height on a panel has room for names, numerators and denominators at the ends of its curves."""


class Curve(NamedTuple):
    """One series of a panel.

    Attributes
    ----------
    cell, name
        The cell, indicator or figure in words, and its name, with the sign of figures in words.
    points
        The figures that have a value, by year.
    undefined
        The years of rates whose denominator is 0.
    """

    cell: str
    name: str
    look: Look
    points: Sequence[Point]
    undefined: Sequence[int] = ()

    @property
    def last(self) -> Point | None:
        """The latest figure."""
        return self.points[-1] if self.points else None


def curves_of(facts: Facts, who: Who, cell: str, label: str, n: int) -> list[Curve]:
    """The curves of a cell that have figures, in the looks of a panel's series `n`: that of the tables, and
    that of figures in words that say what the tables do not.
    """
    table = facts.table.get((who, cell), {})
    stated = facts.stated.get((who, cell), {})
    undefined = [year for year in facts.years if facts.lacking.get((who, cell, year)) == "undefined"]
    curves = []
    if table or undefined:
        points = list(table.values())
        curves.append(Curve(cell, label, LOOKS["curves"][n], points, undefined))
    told = {(point.year, point.value) for point in table.values()}
    new = [point for point in stated.values() if (point.year, point.value) not in told]
    if new:
        curves.append(Curve(cell, f"◇{label}", LOOKS["stated"][n], new))
    return curves


class Subject(NamedTuple):
    """What a panel is about: whose figures, of what; a curve that has no figures is none of them."""

    who: Who
    heading: str
    curves: Sequence[Curve]

    @property
    def points(self) -> list[Point]:
        """The figures of all curves."""
        return list(chain.from_iterable(curve.points for curve in self.curves))


class Panels:
    """Subjects laid out as panels: bodies one under the other, their measures side by side.

    Parameters
    ----------
    sheet
        To draw on.
    columns
        The subjects of each measure, in the same order of bodies; the panels of a measure share one scale.
    """

    def __init__(self, sheet: Sheet, columns: Sequence[Sequence[Subject]]) -> None:
        self.sheet, self.years = sheet, sheet.facts.years
        self.gaps: dict[str, dict[str, list[int]]] = {}
        drawn = list(filter(_shown, columns))
        rows = list(filter(_shown, zip(*drawn, strict=True)))
        every = list(chain.from_iterable(rows))
        self.names = sheet.facts.names(row[0].who for row in rows)
        self.headed = len(rows) > 1  # a line with the body's name above each panel
        across, self.high, steps = next(FORMATS[most] for most in FORMATS if len(every) <= most)
        if self.headed and len(drawn) > 1:
            across = len(drawn)
        self.roomy = self.high >= ROOMY
        self.wide = (ROOM + GUTTER) / across - GUTTER
        lines = [len(self._heading(subject)) for subject in every]
        above = 0.17 * max(lines, default=0) + 0.08
        step = above + self.high + 0.36
        if sheet.chart == "pooled":
            step += 0.13  # a line for the number of bodies
        shown = every[: int(HIGHEST / step) * across]
        scales = []
        for column in drawn:
            points = [subject.points for subject in column]
            scales.append(scale_of(chain.from_iterable(points), steps))
        self._measure(shown, scales)
        sheet.whose = list(self.names)
        sheet.height = max(ceil(len(shown) / across), 1) * step
        for n, subject in enumerate(shown):
            row, place = divmod(n, across)
            left = MARGIN + place * (self.wide + GUTTER)
            axis = scales[n % len(scales)]
            self._draw(subject, axis, left, row * step + above)
        self._explain()
        empty = [column[0].heading for column in columns if column and not _shown(column)]
        if self.names and any(empty):
            sheet.notes.append(word("absent.measures", names=join(empty, "list")))
        if cut := len(rows) - len({subject.who for subject in shown}):
            sheet.notes.append(word("common.cut", n=cut))
        if self.headed:
            sheet.hints.append(word("common.one_scale"))

    def _heading(self, subject: Subject) -> list[str]:
        """What stands above a panel, in lines."""
        name = [fit(self.names[subject.who], LABEL, self.wide)] * self.headed
        return name + wrap(subject.heading, LABEL, self.wide)[:2]

    def _end(self, curve: Curve) -> str:
        """What stands at the end of a curve that reaches the last year."""
        point = curve.last
        if not point or point.year != self.years[-1]:
            return ""
        name = "◇" * bool(point.precision)
        if self.named:
            name = curve.name
        figure = point.text
        if self.roomy:
            figure = point.full
        return join([name, figure], "space")

    def _measure(self, subjects: Sequence[Subject], scales: Sequence[Scale]) -> None:
        """Whether all curves have their names at their ends, as else the legend has all; the room of figures
        before and after the axes, and inches from year to year.
        """
        curves = list(chain.from_iterable(subject.curves for subject in subjects))
        self.named = True
        ends = list(map(self._end, curves))
        self.named = self.roomy and all(ends) and widest(ends) < 0.4 * self.wide
        written = chain.from_iterable(axis.written for axis in scales)
        self.before = widest(written, TICK) + 0.08
        self.after = widest(map(self._end, curves)) + 0.08
        self.inner = max(self.wide - self.before - self.after, 0.5)
        gaps = max(len(self.years) - 1, 1)
        self.step = (self.inner - 2 * EDGE) / gaps
        self.size = min(max(self.step / 0.24, 0.5), 1.0)

    def _explain(self) -> None:
        """Where there are no figures, by reason; of many bodies the reasons alone."""
        told = []
        for why, places in self.gaps.items():
            named = []
            for place, years in places.items():
                when = runs(years, word("common.list"))
                named.append(join([place, when], "space"))
            if len(self.names) > NAMED:
                named = []
            told.append(join([why, join(named)], "colon"))
        if told:
            reasons = join(told, "semicolon")
            self.sheet.notes.append(word("absent.gaps", reasons=reasons))

    # -------------------------------------------------------------------------------- drawing

    def _draw(self, subject: Subject, axis: Scale, left: float, top: float) -> None:
        """A panel with its marks, and what they say."""
        first, *_, last = [self.years[0], *self.years]
        edge = (self.inner / self.step - (last - first)) / 2
        across = first - edge, last + edge
        up = 0, axis.top * (1 + 0.17 / self.high)
        panel = Panel(self.sheet, left + self.before, top, self.inner, self.high, across, up, self.after)
        panel.steps(axis)
        bodies = {point.year: point.bodies for point in subject.points if point.bodies}
        self._years(panel, bodies)
        look: Look = {"size": LABEL, "color": BLACK, "linespacing": 1.4}
        look["x"] = -self.before / self.inner
        heading = "\n".join(self._heading(subject))
        panel.ax.set_title(heading, loc="left", **look)
        if not subject.curves:
            panel.write(word("common.no_data"), (0.5, 0.5), of=panel.ax.transAxes, ha="center")
        self._ends(panel, subject.curves)
        for curve in subject.curves:
            self._curve(panel, curve)
            told = [word("common.point", year=point.year, value=point.full) for point in curve.points]
            self.sheet.fact(join(told), subject.who.named, subject.heading, curve.name)
        self._gaps(subject)
        self._changes(panel, subject)
        self._figures(panel, subject.curves)

    def _years(self, panel: Panel, bodies: Mapping[int, int]) -> None:
        """Name the years that have room, and below each year how many bodies its figure is of."""
        named = self.years[::-1][:: -int(-(YEAR + 0.08) // self.step)]
        panel.ax.set_xticks(named, list(map(str, named)))
        counts = {year: number(n) for year, n in bodies.items()}
        if widest(counts.values(), TICK) > self.step - 0.05:
            self.sheet.hints.append(word("pooled.more"))
            counts = {year: n for year, n in counts.items() if year in named}
        for year, n in counts.items():
            panel.write(n, (year, 0), (0, -0.3), ha="center", size=TICK)
        if counts:
            panel.write("n", (0, 0), (-0.2, -0.3), panel.ax.transAxes, ha="right", size=TICK)

    def _curve(self, panel: Panel, curve: Curve) -> None:
        """Draw a curve, joined where the years follow and the figures may be compared, and remember what is
        to be said of it.
        """
        look = curve.look | {"markersize": curve.look["markersize"] * self.size}
        over = {name: look[name] for name in ("color", "marker", "markersize")}
        label = curve.name * (not self.named and curve.name != "◇")
        line = pd.DataFrame(curve.points, columns=Point._fields)
        apart = (line["year"].diff() != 1) | ~line["comparable"].astype(bool)
        for _, run in line.groupby(apart.cumsum()):
            panel.curve(run[["year", "value"]].to_numpy(), look, label)
            panel.band(run[["year", "p10", "p90"]], word("pooled.band"))
        marked = {"derived": line["status"] == "derived", "suspect": line["suspect"].astype(bool)}
        for code, which in marked.items():
            panel.curve(line.loc[which, ["year", "value"]].to_numpy(), over | LOOKS[code])
        for point in curve.points:
            panel.interval(point, point.year, curve.look)
        self.sheet.mark(curve.points)
        if not line["comparable"].all():
            self.sheet.codes.add("not_comparable")

    def _gaps(self, subject: Subject) -> None:
        """Remember the years in which a panel has no figure, and why; without a report all lack."""
        shown = {point.year for point in subject.points}
        codes = [curve.cell for curve in subject.curves if curve.look in LOOKS["curves"]]
        for year in self.years:
            if codes and year not in shown:
                reason = self.sheet.facts.absence(subject.who, codes[-1], year)
                why = word(f"absent.{reason}")
                places = [self.names[subject.who] * self.headed, subject.heading * (reason != "no_report")]
                years = self.gaps.setdefault(why, {}).setdefault(join(places, "space"), [])
                years += [year] * (year not in years)
                self.sheet.fact(word("common.gap", year=year, why=why), subject.who.named, subject.heading)

    def _changes(self, panel: Panel, subject: Subject) -> None:
        """Mark what form and law changed between neighbouring figures."""
        codes = {curve.cell for curve in subject.curves}
        points = {point.year: point for point in reversed(subject.points)}  # of tables before words
        for first, last in pairwise(sorted(points)):
            before, after = ((year, points[year].edition) for year in (first, last))
            for change in changes(codes, before, after, points[last].comparable):
                panel.upright(change.at, change.kind, change.letter)
                self.sheet.notes.append(change.note)

    def _ends(self, panel: Panel, curves: Sequence[Curve]) -> None:
        """Write at the ends of the curves: beside their last points, or a line apart."""
        ending = [curve for curve in curves if self._end(curve)]
        ending.sort(key=lambda curve: curve.points[-1].value)
        points = [curve.points[-1] for curve in ending]
        below = LINE * np.arange(len(ending))
        heights = self.high / panel.ax.get_ylim()[1] * np.array([point.value for point in points])
        free = np.maximum.accumulate(np.maximum(heights, 0.07) - below) + below
        free = np.minimum(free, self.high - 0.07 - below[::-1])
        for curve, point, rise in zip(ending, points, free - heights, strict=True):
            text = self._end(curve)
            right = EDGE + 0.04 + width(text, LABEL) / 2
            panel.put(text, (point.year, point.value), [(right, rise)], curve.look["color"], LABEL)
        if self.roomy and any(point.detail for point in points):
            self.sheet.hints.append(word("rates.detail"))

    def _figures(self, panel: Panel, curves: Sequence[Curve]) -> None:
        """The figures at the points before the last year, where there is room."""
        for curve in curves:
            for year in curve.undefined:
                panel.put(entry("signs.undefined"), (year, 0), [(0, 0.09)], DARK)
            for point in curve.points:
                if point.year != self.years[-1]:
                    panel.put(point.text, (point.year, point.value), _moves(point), curve.look["color"])


def _shown(subjects: Sequence[Subject]) -> bool:
    """Whether any of some subjects has figures."""
    return any(subject.curves for subject in subjects)


def _moves(point: Point) -> list[Spot]:
    """Where a figure may stand: above or below its point, or beside it; what finds no place stays in the
    table.
    """
    half = width(point.text, NOTE) / 2
    if point.ranged:  # beside the interval: a figure at its end would be read as that end
        return [(side * (half + 0.06), dy) for side in (1, -1) for dy in (0.1, -0.1)]
    rise = 0.12
    if point.suspect:
        rise = 0.16
    return [(0, rise), (0, -rise), (half + 0.1, 0), (-half - 0.1, 0)]
