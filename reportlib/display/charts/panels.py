"""Panels over the years, a body and measure each: the layout of curves, their figures and their ends.

Gaps stay open, a curve breaks only where the form breaks it, and what the law changed is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from .drawing import Box, Panel, Scale, apart, scale
from .events import Mark
from .facts import NAMED, Facts, Point, Series, Who, breaks
from .lettering import LABEL, NOTE, TICK, fit, widest, width, wrap
from .sheet import (
    BLACK,
    DARK,
    HIGHEST,
    LIGHT,
    LOOKS,
    MARGIN,
    ROOM,
    Fill,
    Legend,
    Look,
    Sheet,
    Spot,
    join,
    word,
)

LINE = 0.165  # inches from one label's line to the next
GUTTER = 0.22
YEAR = width("2025", TICK)


@dataclass(frozen=True)
class Curve:
    """One series of a panel; `stated`: of figures in words; `breaks`: a change of the form breaks it; `gaps`:
    the years in which the tables give it no figure, and why.
    """

    label: str
    points: Series
    look: Look
    unit: str = ""
    stated: bool = False
    breaks: bool = False
    gaps: dict[int, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its label, with the sign of figures in words."""
        return "◇" * self.stated + self.label

    @cached_property
    def known(self) -> list[Point]:
        """The points that have a value, by year."""
        return [self.points[year] for year in sorted(self.points) if self.points[year].known]

    @cached_property
    def undefined(self) -> list[Point]:
        """The rates whose denominator is 0."""
        return [point for point in self.points.values() if point.detail and not point.known]

    @property
    def runs(self) -> list[list[Point]]:
        """The stretches that may be joined: years in a row, comparable."""
        runs: list[list[Point]] = []
        for point in self.known:
            before = runs[-1][-1] if runs else point
            changed = self.breaks and before.edition != point.edition
            if before.year == point.year - 1 and point.comparable and not changed:
                runs[-1].append(point)
            else:
                runs.append([point])
        return runs


def curve_of(facts: Facts, who: Who, cell: str, look: Look, unit: str, label: str = "") -> Curve:
    """The curve of a cell or indicator in the tables."""
    series = facts.table.get((who, cell), {})
    without = [year for year in facts.years if not facts.get(who, cell, year)]
    gaps = {year: facts.absence(who, cell, year) for year in without}
    return Curve(label, series, look, unit, breaks=breaks(cell), gaps=gaps)


def stated_of(series: Series, unit: str, n: int = 0, label: str = "") -> Curve:
    """The curve of figures in words, in the look of the panel's series `n`."""
    return Curve(label, series, LOOKS["stated"][n], unit, stated=True)


@dataclass(frozen=True)
class Subject:
    """What a panel is about: whose figures, of what; `band` is an area behind them, by year."""

    who: Who
    heading: str
    every: Sequence[Curve]
    events: Sequence[Mark] = ()
    band: Sequence[tuple[int, float, float]] = ()

    @cached_property
    def curves(self) -> list[Curve]:
        """The series that have figures."""
        return [curve for curve in self.every if curve.known or curve.undefined]

    @property
    def points(self) -> list[Point]:
        """The figures of all of them."""
        return [point for curve in self.curves for point in curve.known]

    @property
    def top(self) -> float:
        """The highest value that must find room."""
        values = [point.value for point in self.points]
        ends = [point.high for point in self.points if point.ranged]
        return max([0, *values, *ends, *(high for _, _, high in self.band if high == high)])

    @property
    def changes(self) -> list[tuple[float, str]]:
        """Where the form changes between two neighbouring figures of the tables, and whether that breaks the
        series or is a revision only.
        """
        points = {point.year: point for point in self.points if point.edition}
        broken = any(curve.breaks for curve in self.curves)
        found = []
        for a, b in pairwise(sorted(points)):
            if points[a].edition != points[b].edition:
                kind = "break" if broken or not points[b].comparable else "revised"
                found.append(((a + b) / 2, kind))
        return found

    @property
    def gaps(self) -> dict[int, str]:
        """The years in which none of the curves has a figure, and why."""
        shown = {point.year for point in self.points}
        gaps: dict[int, str] = {}
        for curve in self.curves:
            gaps |= {year: code for year, code in curve.gaps.items() if year not in shown}
        return gaps


class Panels:
    """Subjects laid out as panels: bodies one under the other, their measures side by side.

    Parameters
    ----------
    facts
        What was gathered.
    columns
        The subjects of each measure, in the same order of bodies; the panels of a measure share one scale.
    unit
        Of all figures, in words, where they have one.
    """

    def __init__(self, facts: Facts, columns: Sequence[Sequence[Subject]], unit: str) -> None:
        self.facts, self.unit, self.years = facts, unit, facts.years
        self.empty = [column[0].heading for column in columns if column and _top(column) is None]
        columns = [column for column in columns if _top(column) is not None]
        found = {subject.who for column in columns for subject in column if subject.curves}
        every = [subject for line in zip(*columns, strict=True) for subject in line if subject.who in found]
        many = len(every)
        self.headed = len(found) > 1  # a line with the body's name above each panel
        self.across = _across(many)
        if self.headed and len(columns) > 1:
            self.across = len(columns)
        self.wide = (ROOM - GUTTER * (self.across - 1)) / max(self.across, 1)
        self.named = self.across <= 3 and many <= 4  # room for names at the ends of curves
        self.high = 1.5 if self.named else 1.05
        if many == 1:
            self.high = 2.4
        self.headings = [wrap(subject.heading, LABEL, self.wide)[:2] for subject in every]
        lines = max(map(len, self.headings), default=0)
        self.above = 0.19 * self.headed + 0.16 * lines + 0.06
        self.step = self.above + self.high + 0.36
        self.subjects = every[: int(HIGHEST / self.step) * self.across]
        self.curves = [curve for subject in self.subjects for curve in subject.curves]
        self.whose = list(dict.fromkeys(subject.who for subject in every))
        self.cut = len(self.whose) - len({subject.who for subject in self.subjects})
        steps = 4 if many < 3 else 3
        self.scales = [scale(_top(column) or 0, _unit(column), steps) for column in columns]
        self._measure()

    def _measure(self) -> None:
        """The room that figures take before and after the axes."""
        written = [text for axis in self.scales for text in axis.written]
        self.before = widest(written, TICK) + 0.08
        self.named = self.named and widest(map(self.end, self.curves)) < 0.4 * self.wide
        self.after = widest(map(self.end, self.curves)) + 0.12

    @property
    def height(self) -> float:
        """Inches."""
        rows = -(-len(self.subjects) // max(self.across, 1))
        return max(rows, 1) * self.step

    @property
    def points(self) -> Sequence[Point]:
        """The figures that are drawn."""
        return [point for subject in self.subjects for point in subject.points]

    @property
    def events(self) -> list[Mark]:
        """The legal events that are marked."""
        touching = dict.fromkeys(event for subject in self.subjects for event in subject.events)
        return [event for event in touching if self.years[0] < event.at < self.years[-1]]

    @property
    def legend(self) -> Legend:
        """The curves, where not every one has its name at its end; bands and changes of the form."""
        entries: dict[str, Fill | Look] = {}
        labelled = [curve for curve in self.curves if curve.label]
        if not self.named or not all(map(self.end, labelled)):
            entries |= {curve.name: curve.look for curve in labelled}
        if any(subject.band for subject in self.subjects):
            entries[word("pooled.band")] = Fill(LIGHT)
        for subject in self.subjects:
            entries |= {word(f"uprights.{kind}"): LOOKS["uprights"][kind] for _, kind in subject.changes}
        return list(entries.items())

    @property
    def notes(self) -> list[str]:
        """Where there are no figures, by reason; measures without any; bodies that had no room."""
        names = self.facts.names(self.whose)
        reasons: dict[str, list[str]] = {}
        for subject in self.subjects:
            for year, code in subject.gaps.items():
                where = f"{names[subject.who]} {year}" if self.headed else str(year)
                reasons.setdefault(code, []).append(where)
        told = []
        for code, places in reasons.items():
            few = places if len(names) <= NAMED else []
            told.append(
                word("absent.where", why=word(f"absent.{code}"), places=join(sorted(set(few)), "list"))
            )
        notes = [word("absent.gaps", reasons=join(told, "semicolon"))] if told else []
        if self.whose and any(self.empty):
            notes.append(word("absent.measures", names=join(self.empty, "list")))
        if self.cut:
            notes.append(word("common.cut", n=self.cut))
        return notes

    def hints(self) -> list[str]:
        """What helps to read the panels, for the subtitle."""
        banded = any(subject.band for subject in self.subjects)
        used = {
            "pooled.subtitle": banded,
            "rates.subtitle": any(point.ranged for point in self.points) and not banded,
            "rates.detail": self.named and any(point.detail for point in self.points),
            "common.one_scale": self.headed,
        }
        unit = word("common.unit", unit=self.unit) if self.unit else ""
        return [unit, *(word(hint) for hint in used if used[hint])]

    def end(self, curve: Curve) -> str:
        """What stands at the end of a curve that reaches the last year: its figure, and its name where there
        is room.
        """
        point = curve.points.get(self.years[-1])
        if point is None or not point.known:
            return ""
        if self.named:
            return join([curve.name, point.full(curve.unit)], "space")
        return "◇" * curve.stated + point.text(curve.unit)

    # -------------------------------------------------------------------------------- drawing

    def draw(self, sheet: Sheet) -> None:
        """Draw every panel."""
        names = self.facts.names(self.whose)
        for n, subject in enumerate(self.subjects):
            row, column = divmod(n, self.across)
            left, top = MARGIN + column * (self.wide + GUTTER), row * self.step
            if self.headed:
                name = fit(names[subject.who], LABEL, self.wide)
                sheet.text(left, top + 0.1, name, color=BLACK)
            sheet.lines(left, top + 0.19 * self.headed + 0.1, self.headings[n], color=DARK)
            box = Box(left, top + self.above, self.wide, self.high)
            self._panel(sheet, subject, self.scales[n % len(self.scales)], box)
            for curve in subject.curves:
                sheet.fact(_told(curve), subject.who.named, subject.heading, curve.name)

    def _panel(self, sheet: Sheet, subject: Subject, axis: Scale, box: Box) -> None:
        inner = max(box.wide - self.before - self.after, 0.4)
        start, step = self._years(inner)
        place = Box(box.left + self.before, box.top, inner, box.high)
        top = axis.top * (1 + 0.17 / box.high)
        panel = Panel(sheet, place, (start, start + inner / step), (0, top))
        panel.levels(axis)
        shown = self._written(step)
        panel.ax.set_xticks(shown, list(map(str, shown)))
        if not subject.curves:
            panel.put(word("common.no_data"), [(inner / 2, box.high / 2)], DARK)
        if subject.band:
            panel.band(*zip(*subject.band, strict=True))
        crowded = step < 0.24 and len(self.years) > 1
        for curve in subject.curves:
            _draw_curve(panel, curve, 2.6 if crowded else 5.0)
        for x, kind in subject.changes:
            panel.upright(x, kind)
        for event in self.events:
            if event in subject.events:
                panel.upright(event.at, "event", event.letter)
        self._ends(sheet, panel, subject, place)
        for curve in subject.curves:
            self._figures(panel, subject, curve, crowded)

    def _years(self, inner: float) -> Spot:
        """Where the axis of years starts, and inches from year to year."""
        many = len(self.years)
        first = 0.28 if self.named and many < 9 else YEAR / 2  # half of the first figure, or of a year
        margin = inner / 2 if many == 1 else min(first, inner / 4)
        step = (inner - margin - YEAR / 2) / max(many - 1, 1)
        return self.years[0] - margin / step, step

    def _written(self, step: float) -> Sequence[int]:
        """The years that have room on the axis: as many as can, counted from the last, else two."""
        last = len(self.years) - 1
        every = -int(-(YEAR + 0.08) // step)
        if every > last / 2:
            return self.years[:: max(last, 1)]
        return self.years[::-1][::every]

    def _ends(self, sheet: Sheet, panel: Panel, subject: Subject, place: Box) -> None:
        """What stands at the ends of the curves, one under the other, each with a line to its point."""
        last = self.years[-1]
        ending = [curve for curve in subject.curves if self.end(curve)]
        ending.sort(key=lambda curve: curve.points[last].value)
        spots = [(last, curve.points[last].value) for curve in ending]
        wanted = [panel.inch(*spot)[1] for spot in spots]
        foot = place.top + place.high
        for curve, spot, want, y in zip(ending, spots, wanted, apart(wanted, LINE, place.high), strict=True):
            right = place.left + place.wide + 0.06
            sheet.text(right, foot - y, self.end(curve), color=curve.look["color"])
            if abs(want - y) > 0.04:
                panel.curve([spot, panel.data(place.wide, y)], LOOKS["leader"], avoid=False)

    def _figures(self, panel: Panel, subject: Subject, curve: Curve, crowded: bool) -> None:
        """The figures at the points before the last year where there is room; if crowded the last ones."""
        color = curve.look["color"]
        for point in curve.undefined:
            x, y = panel.inch(point.year, 0)
            panel.put("" if crowded and curve.known else point.detail, [(x, y + 0.09)], DARK)
        for point in curve.known[-1:] if crowded else curve.known:
            if point.year == self.years[-1]:
                continue
            text = point.text(curve.unit)
            if self.named and point is curve.known[-1]:
                text = join([curve.name, text], "space")
            rivals = [other.value for other in subject.points if other.year == point.year]
            panel.put(text, _spots(panel, point, text, point.value == max(rivals)), color)


def _told(curve: Curve) -> str:
    """What a curve shows, for the text alternative."""
    told = [word("common.point", year=point.year, value=point.full(curve.unit)) for point in curve.known]
    years = [point.year for point in curve.known]
    for year, code in curve.gaps.items():
        if years and years[0] < year < years[-1]:
            told.append(word("common.gap", year=year, why=word(f"absent.{code}")))
    return join(told)


def _top(column: Sequence[Subject]) -> float | None:
    """The highest value of a measure, None where no body has a figure."""
    return max((subject.top for subject in column if subject.curves), default=None)


def _unit(column: Sequence[Subject]) -> str:
    """The unit that the panels of a measure share."""
    return next(curve.unit for subject in column for curve in subject.curves)


def _across(panels: int) -> int:
    """How many panels stand side by side."""
    if panels <= 3:
        return panels
    if panels == 4:
        return 2
    return 3 if panels <= 9 else 4


def _draw_curve(panel: Panel, curve: Curve, size: float) -> None:
    look: Look = {**curve.look, "markersize": size}
    spots = {point: (point.year, point.value) for point in curve.known}
    for point in curve.known:
        if point.ranged:
            panel.interval(point.year, point.low, point.high, look)
    for run in curve.runs:
        panel.curve([spots[point] for point in run], look)
    over: Look = {"color": look["color"], "marker": look["marker"], "markersize": size}
    derived = [spot for point, spot in spots.items() if point.status == "derived"]
    panel.curve(derived, over | LOOKS["derived"], avoid=False)
    suspect = [spot for point, spot in spots.items() if point.suspect]
    panel.curve(suspect, over | LOOKS["suspect"] | {"markersize": size + 5}, avoid=False)


def _spots(panel: Panel, point: Point, text: str, top: bool) -> list[Spot]:
    """Where a figure may stand: above or below its point, or beside it; what finds no place stays in the
    table.
    """
    x, y = panel.inch(point.year, point.value)
    half = width(text, NOTE) / 2 + 0.02
    rise = 0.16 if point.suspect else 0.12
    if point.ranged:  # beside the interval: a figure at its end would be read as that end
        return [(x + side * (half + 0.04), y + dy) for side in (1, -1) for dy in (0.1, -0.1)]
    if not top:
        rise = -rise
    return [(x, y + rise), (x, y - rise), (x + half + 0.08, y), (x - half - 0.08, y)]
