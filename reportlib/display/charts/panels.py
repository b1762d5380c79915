"""Panels over the years, a body and measure each: the layout of curves, their figures and their ends.

Gaps stay open, a curve breaks only where its figures are not comparable, and what the law changed is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
YEAR = width("2025", TICK)


@dataclass(frozen=True)
class Curve:
    """One series of a panel.

    Attributes
    ----------
    cell, label
        The cell, indicator or figure in words, and its name.
    points
        The figures that have a value, by year.
    undefined
        The years of rates whose denominator is 0.
    """

    cell: str
    label: str
    look: Look
    points: Sequence[Point]
    undefined: Sequence[int] = ()

    @property
    def name(self) -> str:
        """Its label, with the sign of figures in words."""
        return "◇" * any(point.precision for point in self.points) + self.label


def curves_of(facts: Facts, who: Who, cell: str, label: str, n: int) -> list[Curve]:
    """The curves of a cell that have figures, in the looks of a panel's series `n`: that of the tables, and
    that of figures in words that say what the tables do not.
    """
    points = list(facts.table.get((who, cell), {}).values())
    told = {(point.year, point.value) for point in points}
    stated = facts.stated.get((who, cell), {})
    new = [point for point in stated.values() if (point.year, point.value) not in told]
    undefined = [year for year in facts.years if facts.lacking.get((who, cell, year)) == "undefined"]
    curves = [
        Curve(cell, label, LOOKS["curves"][n], points, undefined),
        Curve(cell, label, LOOKS["stated"][n], new),
    ]
    return [curve for curve in curves if curve.points or curve.undefined]


@dataclass(frozen=True)
class Subject:
    """What a panel is about: whose figures, of what; a curve that has no figures is none of them."""

    who: Who
    heading: str
    curves: Sequence[Curve]

    @property
    def points(self) -> list[Point]:
        """The figures of all curves."""
        return [point for curve in self.curves for point in curve.points]


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
        every = [subject for line in zip(*drawn, strict=True) if _shown(line) for subject in line]
        self.names = sheet.facts.names(dict.fromkeys(subject.who for subject in every))
        self.headed = len(self.names) > 1  # a line with the body's name above each panel
        self.across = _across(len(every))
        if self.headed and len(drawn) > 1:
            self.across = len(drawn)
        self.wide = (ROOM - GUTTER * (self.across - 1)) / self.across
        self.named = self.across <= 3 and len(every) <= 4  # room for names at the ends of curves
        self.high, steps = 1.05, 3
        if self.named:
            self.high = 1.5
        if len(every) == 1:
            self.high = 2.4
        if len(every) < 3:
            steps = 4
        lines = [len(self._heading(subject)) for subject in every]
        above = 0.17 * max(lines, default=0) + 0.08
        step = above + self.high + 0.36
        if sheet.chart == "pooled":
            step += 0.13  # a line for the number of bodies
        self.subjects = every[: int(HIGHEST / step) * self.across]
        scales = []
        for column in drawn:
            points = [point for subject in column for point in subject.points]
            scales.append(scale_of(points, steps))
        self._measure(scales)
        sheet.whose = list(self.names)
        sheet.height = max(-(-len(self.subjects) // self.across), 1) * step
        for n, subject in enumerate(self.subjects):
            row, place = divmod(n, self.across)
            left = MARGIN + place * (self.wide + GUTTER)
            self._draw(subject, scales[n % len(scales)], left, row * step + above)
        self._explain([column[0].heading for column in columns if column and not _shown(column)])

    def _heading(self, subject: Subject) -> list[str]:
        """What stands above a panel, in lines."""
        name = [fit(self.names[subject.who], LABEL, self.wide)] * self.headed
        return name + wrap(subject.heading, LABEL, self.wide)[:2]

    def _end(self, curve: Curve) -> str:
        """What stands at the end of a curve that reaches the last year: its figure, and its name where there
        is room.
        """
        if not curve.points or curve.points[-1].year != self.years[-1]:
            return ""
        point = curve.points[-1]
        if self.named:
            return join([curve.name, point.full], "space")
        return "◇" * bool(point.precision) + point.text

    def _measure(self, scales: Sequence[Scale]) -> None:
        """The room of figures before and after the axes, where the axis of years starts, and inches from year
        to year.
        """
        curves = [curve for subject in self.subjects for curve in subject.curves]
        self.before = widest([text for axis in scales for text in axis.written], TICK) + 0.08
        self.named = self.named and widest(map(self._end, curves)) < 0.4 * self.wide
        self.inner = max(self.wide - self.before - widest(map(self._end, curves)) - 0.12, 0.4)
        last = len(self.years) - 1
        margin = YEAR / 2
        if self.named:
            margin = 0.28  # half of the first figure
        if last < 1:
            margin = self.inner / 2
        self.step = (self.inner - margin - YEAR / 2) / max(last, 1)
        self.start = margin / self.step
        self.crowded = self.step < 0.24 and last > 0

    def _explain(self, empty: Sequence[str]) -> None:
        """Where there are no figures, by reason; what had none or no room."""
        told = []
        for why, places in self.gaps.items():
            if len(self.names) <= NAMED:
                named = []
                for place, years in places.items():
                    named.append(join([place, runs(years, word("common.list"))], "space"))
                why = join([why, join(named)], "colon")
            told.append(why)
        if told:
            self.sheet.notes.append(word("absent.gaps", reasons=join(told, "semicolon")))
        if self.names and any(empty):
            self.sheet.notes.append(word("absent.measures", names=join(empty, "list")))
        cut = len(self.names) - len({subject.who for subject in self.subjects})
        if cut:
            self.sheet.notes.append(word("common.cut", n=cut))
        if self.headed:
            self.sheet.hints.append(word("common.one_scale"))

    # -------------------------------------------------------------------------------- drawing

    def _draw(self, subject: Subject, axis: Scale, left: float, top: float) -> None:
        """A panel with its marks, and what they say."""
        first = self.years[0] - self.start
        limits = (first, first + self.inner / self.step), (0, axis.top * (1 + 0.17 / self.high))
        after = self.wide - self.before - self.inner
        panel = Panel(self.sheet, left + self.before, top, self.inner, self.high, *limits, after)
        panel.steps(axis)
        self._years(panel, {point.year: point.bodies for point in subject.points if point.bodies})
        heading = "\n".join(self._heading(subject))
        look: Look = {"size": LABEL, "color": BLACK, "linespacing": 1.4}
        panel.ax.set_title(heading, loc="left", x=-self.before / self.inner, **look)
        if not subject.curves:
            panel.write(word("common.no_data"), (0.5, 0.5), of=panel.ax.transAxes, ha="center")
        named = self._ends(panel, subject.curves)
        for curve in subject.curves:
            self._curve(panel, curve, curve.name * (bool(curve.label) and curve.name not in named))
            told = [word("common.point", year=point.year, value=point.full) for point in curve.points]
            self.sheet.fact(join(told), subject.who.named, subject.heading, curve.name)
        self._gaps(subject)
        self._changes(panel, subject)
        self._figures(panel, subject)

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

    def _curve(self, panel: Panel, curve: Curve, label: str) -> None:
        """Draw a curve, joined where the years follow and the figures may be compared, and remember what is
        to be said of it.
        """
        size = 5.0
        if self.crowded:
            size = 2.6
        line = pd.DataFrame(curve.points, columns=Point._fields)
        apart = (line["year"].diff() != 1) | ~line["comparable"].astype(bool)
        for _, run in line.groupby(apart.cumsum()):
            panel.curve(run[["year", "value"]].to_numpy(), curve.look | {"markersize": size}, label)
            panel.band(run[["year", "p10", "p90"]], word("pooled.band"))
        over: Look = {"color": curve.look["color"], "marker": curve.look["marker"], "markersize": size}
        marked = {"derived": line["status"] == "derived", "suspect": line["suspect"].astype(bool)}
        for code, which in marked.items():
            panel.curve(line.loc[which, ["year", "value"]].to_numpy(), over | LOOKS[code])
        for point in curve.points:
            panel.interval(point, point.year, curve.look)
        self.sheet.mark(curve.points)
        if not line["comparable"].all():
            self.sheet.codes.add("not_comparable")
        if curve.undefined:
            self.sheet.codes.add("undefined")
        if self.sheet.chart == "rates" and (line["high"] >= line["low"]).any():
            self.sheet.hints.append(word("rates.intervals"))
        if self.named and line["denominator"].notna().any():
            self.sheet.hints.append(word("rates.detail"))

    def _gaps(self, subject: Subject) -> None:
        """Remember the years in which a panel has no figure, and why; no report is none of any measure."""
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

    def _ends(self, panel: Panel, curves: Sequence[Curve]) -> set[str]:
        """Write at the ends of the curves, from the lowest up; the curves that are named there."""
        named = set()
        edge = panel.ax.get_xlim()[1]
        ending = [curve for curve in curves if self._end(curve)]
        for curve in sorted(ending, key=lambda curve: curve.points[-1].value):
            text, point = self._end(curve), curve.points[-1]
            right = panel.per * (edge - point.year) + 0.06 + width(text, LABEL) / 2
            moves = [(right, LINE * n) for n in (0, 1, 2, 3, 4, -1, -2, -3, -4)]
            if panel.put(text, (point.year, point.value), moves, curve.look["color"], LABEL) and self.named:
                named.add(curve.name)
        return named

    def _figures(self, panel: Panel, subject: Subject) -> None:
        """The figures at the points before the last year where there is room; if crowded the last ones."""
        for curve in subject.curves:
            points = curve.points
            if self.crowded:
                points = points[-1:]
            for year in curve.undefined:
                panel.put(entry("signs.undefined"), (year, 0), [(0, 0.09)], DARK)
            for point in points:
                if point.year != self.years[-1]:
                    panel.put(point.text, (point.year, point.value), _moves(point), curve.look["color"])


def _shown(subjects: Sequence[Subject]) -> bool:
    """Whether any of some subjects has figures."""
    return any(subject.curves for subject in subjects)


def _across(panels: int) -> int:
    """How many panels stand side by side."""
    if panels == 4:
        return 2
    if panels > 9:
        return 4
    return min(max(panels, 1), 3)


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
