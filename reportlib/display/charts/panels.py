"""Panels over the years, a body and measure each: the layout of curves, their figures and their ends.

Gaps stay open, a curve breaks only where its figures are not comparable, and what the law changed is marked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, pairwise
from math import ceil, inf
from typing import NamedTuple

from ...form.labels import number
from ..words import runs
from .drawing import Panel, Scale, Spot, scale_of
from .events import changes
from .facts import NAMED, Facts, Point, Who
from .lettering import LABEL, NOTE, TICK, widest, width, wrap
from .sheet import BLACK, DARK, HIGHEST, MARGIN, ROOM, Look, Sheet
from .words import LOOKS, counted, entry, join, word

LINE = 0.165  # inches from one label's line to the next
GUTTER = 0.22
EDGE = 0.14  # inches from the axes' ends to the first and the last year
YEAR = width("2025", TICK)


Measures = Mapping[str, Mapping[str, str]]
"""What is drawn side by side: by heading the names of its cells, indicators or figures in words, by code."""


FORMATS = {
    1: (1, 2.4, 4),
    2: (2, 1.5, 4),
    3: (3, 1.5, 3),
    4: (2, 1.5, 3),
    9: (3, 1.05, 3),
    inf: (4, 1.05, 3),
}
"""How panels are laid out, by their number: side by side, inches of height, steps of a scale."""
ROOMY = 1.5
"""From this height on a panel has room for names, numerators and denominators at the ends of its curves."""


class Curve(NamedTuple):
    """One series of a panel.

    Attributes
    ----------
    cell, name
        The cell, indicator or figure in words, and its name, with the sign of figures in words.
    points
        The figures, by year.
    """

    cell: str
    name: str
    look: Look
    points: Sequence[Point]


def curves_of(facts: Facts, who: Who, cell: str, label: str, n: int) -> list[Curve]:
    """The curves of a cell that have figures, in the looks of a chart's series `n`: that of the tables, and
    that of figures in words that say what the tables do not.
    """
    table = facts.table.get((who, cell), {})
    stated = facts.stated.get((who, cell), {})
    told = {(point.year, point.value) for point in table.values()}
    new = [point for point in stated.values() if (point.year, point.value) not in told]
    curves = [
        Curve(cell, label, LOOKS["curves"][n], list(table.values())),
        Curve(cell, f"◇{label}", LOOKS["stated"][n], new),
    ]
    return [curve for curve in curves if curve.points]


class Subject(NamedTuple):
    """What a panel is about: whose figures, of what, by the names of cells or indicators; a curve that has no
    figures is none of them.
    """

    who: Who
    heading: str
    names: Mapping[str, str]
    curves: Sequence[Curve]

    @property
    def points(self) -> list[Point]:
        """The figures of all curves."""
        return list(chain.from_iterable(curve.points for curve in self.curves))


class Panels:
    """Bodies one under the other, their measures side by side; bodies and measures without figures apart.

    Parameters
    ----------
    sheet
        To draw on.
    measures
        What is drawn; the panels of a measure share one scale, and a name has one look in all of them.
    front, body
        The figures of one body that are drawn before those of the others.
    """

    def __init__(self, sheet: Sheet, measures: Measures, front: Facts | None = None, body: str = "") -> None:
        self.sheet, self.years = sheet, sheet.facts.years
        self.gaps: dict[str, dict[str, list[int]]] = {}
        series = dict.fromkeys([body] * bool(front))
        for names in measures.values():
            series |= dict.fromkeys(names.values())
        rows = []
        for who in sheet.facts.who:
            row = []
            for heading, names in measures.items():
                curves: list[Curve] = []
                for cell, name in names.items():
                    curves += curves_of(sheet.facts, who, cell, name, [*series].index(name))
                    if front:
                        curves += curves_of(front, Who(body, who.scope), cell, body, 0)
                row.append(Subject(who, heading, names, curves))
            if any(subject.curves for subject in row):
                rows.append(row)
        self._lay_out(rows, {subject.heading for row in rows for subject in row if subject.curves})
        empty = [heading for heading in measures if rows and heading not in self.axes]
        if any(empty):
            sheet.notes.append(word("absent.measures", names=join(empty, "list")))

    def _lay_out(self, rows: Sequence[Sequence[Subject]], headings: Collection[str]) -> None:
        """Give the subjects of measures that have figures their places, as many as have room, and draw
        them.
        """
        sheet = self.sheet
        every = [subject for row in rows for subject in row if subject.heading in headings]
        self.names = sheet.facts.names(row[0].who for row in rows)
        self.headed = len(rows) > 1  # the body's name above each panel
        across, self.high, steps = next(FORMATS[most] for most in FORMATS if len(every) <= most)
        if self.headed and len(headings) > 1:
            across = len(headings)
        self.roomy = self.high >= ROOMY
        self.wide = (ROOM + GUTTER) / across - GUTTER
        above = 0.17 * max((len(self._heading(subject)) for subject in every), default=0) + 0.08
        step = above + self.high + 0.36
        if sheet.chart == "pooled":
            step += 0.13  # a line for the number of bodies
        shown = every[: int(HIGHEST / step) * across]
        self.axes: dict[str, Scale] = {}
        for heading in headings:
            points = [subject.points for subject in every if subject.heading == heading]
            self.axes[heading] = scale_of(chain.from_iterable(points), steps)
        self._measure(shown)
        sheet.whose = list(self.names)
        sheet.height = ceil(len(shown) / across) * step
        for n, subject in enumerate(shown):
            row, place = divmod(n, across)
            self._draw(subject, MARGIN + place * (self.wide + GUTTER), row * step + above)
        self._explain()
        if cut := len(rows) - len({subject.who for subject in shown}):
            sheet.notes.append(counted("common.cut", cut))
        if self.headed:
            sheet.hints.append(word("common.one_scale"))

    def _heading(self, subject: Subject) -> list[str]:
        """What stands above a panel, in lines."""
        names = [self.names[subject.who] * self.headed, subject.heading]
        return list(chain.from_iterable(wrap(name, LABEL, self.wide)[:2] for name in names))

    def _end(self, curve: Curve) -> str:
        """What stands at the end of a curve that reaches the last year."""
        *_, point = [None, *curve.points]
        if not point or point.year != self.years[-1]:
            return ""
        name = "◇" * bool(point.precision)
        if self.named:
            name = curve.name
        figure = point.text
        if self.detailed:
            figure = point.full
        return join([name, figure], "space")

    def _measure(self, subjects: Sequence[Subject]) -> None:
        """Whether there is room at the ends of curves for numerators and denominators, and for the names of
        all, as else the legend has them; the room of figures before and after the axes, and inches from year
        to year.
        """
        curves = list(chain.from_iterable(subject.curves for subject in subjects))
        self.named, self.detailed = False, self.roomy
        self.detailed = self.roomy and widest(map(self._end, curves)) < 0.45 * self.wide
        self.named = True
        ends = list(map(self._end, curves))
        self.named = self.roomy and all(ends) and widest(ends) < 0.4 * self.wide
        written = chain.from_iterable(axis.written for axis in self.axes.values())
        self.before = widest(written, TICK) + 0.08
        self.after = widest(map(self._end, curves)) + 0.08
        self.inner = max(self.wide - self.before - self.after, 0.5)
        gaps = max(len(self.years) - 1, 1)
        self.step = (self.inner - 2 * EDGE) / gaps
        self.size = min(max(self.step / 0.24, 0.5), 1.0)

    def _explain(self) -> None:
        """Where there are no figures, by reason; of many bodies the reasons alone."""
        code, told = "reasons", list(self.gaps)
        if len(self.names) <= NAMED:
            code, told = "gaps", []
            for why, places in self.gaps.items():
                named = [
                    f"{place} {runs(sorted({*years}), word('common.list'))}".strip()
                    for place, years in places.items()
                ]
                told.append(word("common.of", body=join(named), scope=why))
        if told:
            self.sheet.notes.append(word(f"absent.{code}", reasons=join(told, "semicolon")))

    # -------------------------------------------------------------------------------- drawing

    def _draw(self, subject: Subject, left: float, top: float) -> None:
        """A panel with its marks, and what they say."""
        axis = self.axes[subject.heading]
        first, last = self.years[0], self.years[-1]
        edge = (self.inner / self.step - (last - first)) / 2
        across = first - edge, last + edge
        up = 0, axis.top * (1 + 0.17 / self.high)
        panel = Panel(self.sheet, left + self.before, top, self.inner, self.high, across, up, self.after)
        panel.steps(axis)
        bodies = {point.year: point.bodies for point in subject.points if point.bodies}
        self._years(panel, bodies)
        look: Look = {"size": LABEL, "color": BLACK, "linespacing": 1.4}
        look["x"] = -self.before / self.inner
        panel.ax.set_title("\n".join(self._heading(subject)), loc="left", **look)
        for curve in subject.curves:
            self._curve(panel, curve)
            told = [word("common.point", year=point.year, value=point.full) for point in curve.points]
            self.sheet.fact(join(told), subject.who.named, subject.heading, curve.name)
        reasons = self._gaps(panel, subject)
        if not subject.curves:
            lines = wrap(join(reasons) or word("common.no_data"), NOTE, self.inner)
            panel.write("\n".join(lines), (0.5, 0.5), of=panel.ax.transAxes, ha="center")
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
        joined: list[list[Point]] = []
        for point in curve.points:
            if not (joined and point.comparable and point.year == joined[-1][-1].year + 1):
                joined.append([])
            joined[-1].append(point)
            panel.interval(point, point.year, curve.look)
            if not point.comparable:
                self.sheet.codes.add("not_comparable")
        for run in joined:
            panel.curve([point.spot for point in run], look, label)
            panel.band([(point.year, point.p10, point.p90) for point in run], word("pooled.band"))
        for code in ("derived", "suspect"):
            marked = [point.spot for point in curve.points if code in point.codes]
            panel.curve(marked, over | LOOKS[code])
        self.sheet.mark(curve.points)

    def _gaps(self, panel: Panel, subject: Subject) -> list[str]:
        """Remember the years in which figures of a panel lack, and why; the reasons other than that there is
        no report.
        """
        facts, who, heading = self.sheet.facts, subject.who, subject.heading
        held = {(curve.cell, point.year) for curve in subject.curves for point in curve.points}
        reasons: dict[str, None] = {}
        for year in self.years if facts.reports else ():
            cells = [cell for cell in subject.names if (cell, year) not in held]
            codes = {cell: facts.absence(who, cell, year) for cell in cells}
            told = set(codes.values())
            apart = len(cells) < len(subject.names) or len(told) > 1
            if apart:
                told -= {"not_in_form", "not_collected"}
            for code in sorted(told):
                why = word(f"absent.{code}")
                names = join((subject.names[cell] for cell in cells if apart and codes[cell] == code), "list")
                self.sheet.fact(word("common.gap", year=year, why=why), who.named, heading, names)
                place = [self.names[who] * self.headed]
                if code != "not_collected":
                    place += [heading, names]
                    reasons[why] = None
                if code == "undefined":
                    panel.put(entry("signs")[code], (year, 0), [(0, 0.09)], DARK)
                else:
                    self.gaps.setdefault(why, {}).setdefault(join(place, "space"), []).append(year)
        return list(reasons)

    def _changes(self, panel: Panel, subject: Subject) -> None:
        """Mark what form and law changed between neighbouring figures."""
        points = {point.year: point for point in reversed(subject.points)}  # of tables before words
        for before, after in pairwise(points[year] for year in sorted(points)):
            for change in changes(subject.names, before.dated, after.dated, after.comparable):
                panel.upright(change.at, change.kind, change.letter)
                self.sheet.notes.append(change.note)

    def _figures(self, panel: Panel, curves: Sequence[Curve]) -> None:
        """Write the figures, those at the ends of the curves first, the others where there is room."""
        ending = [curve for curve in curves if self._end(curve)]
        for curve in sorted(ending, key=lambda curve: curve.points[-1].value):
            point, text = curve.points[-1], self._end(curve)
            right = EDGE + 0.04 + width(text, LABEL) / 2
            rise = max(0.07 - self.high * point.value / panel.ax.get_ylim()[1], 0)
            places = [(right, rise + n * LINE) for n in (0, 1, 2, -1, 3, -2)]
            panel.put(text, point.spot, places, curve.look["color"], LABEL)
            if self.detailed and point.detail:
                self.sheet.hints.append(word("rates.detail"))
        for curve in curves:
            for point in curve.points:
                if point.year != self.years[-1]:
                    panel.put(point.text, point.spot, _moves(point), curve.look["color"])


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
    beside = [(half + 0.1, 0.0), (-half - 0.1, 0.0)]
    return [
        (0, rise),
        (0, -rise),
        *beside,
        *((dx, dy) for dx in (half - 0.1, 0.1 - half) for dy in (rise, -rise)),
    ]
