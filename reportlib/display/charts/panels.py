"""Panels over the years, a body and measure each: the layout of curves, their figures and their ends.

Gaps stay open, a curve breaks only where the form breaks it, and what the law changed is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from .drawing import UPRIGHTS, Box, Panel, Scale, apart, scale
from .events import Mark
from .facts import Facts, Point, Series, Who, breaks
from .lettering import LABEL, NOTE, TICK, fit, widest, width, wrap
from .sheet import (
    ACCENT,
    BLACK,
    DARK,
    HIGHEST,
    LIGHT,
    MARGIN,
    MID,
    ROOM,
    Fill,
    Legend,
    Look,
    Sheet,
    Spot,
    join,
    word,
)

LOOKS: tuple[Look, ...] = (
    {"color": ACCENT, "marker": "o", "linestyle": "-", "zorder": 4},
    {"color": DARK, "marker": "s", "linestyle": (0, (5, 2)), "zorder": 3},
    {"color": MID, "marker": "^", "linestyle": (0, (2, 1)), "zorder": 3},
)
HOLLOW: Look = {"markerfacecolor": "white"}
STATED: tuple[Look, ...] = (
    {**HOLLOW, "marker": "D", "linestyle": (0, (1, 2)), "linewidth": 1.1},
    {**HOLLOW, "marker": "v", "linestyle": (0, (1, 1, 4, 1)), "linewidth": 1.1},
    {**HOLLOW, "marker": "p", "linestyle": (0, (1, 4)), "linewidth": 1.1},
)
"""Figures in words: hollow and dotted, and each series with a point of its own."""
DERIVED: Look = {**HOLLOW, "linestyle": "", "zorder": 5}
SUSPECT: Look = {
    "marker": "s",
    "markerfacecolor": "none",
    "markeredgecolor": BLACK,
    "linestyle": "",
    "zorder": 5,
}
LEADER: Look = {"color": MID, "linewidth": 0.5, "zorder": 0}
LINE = 0.165  # inches from one label's line to the next
GUTTER = 0.22
YEAR = width("2025", TICK)


@dataclass(frozen=True)
class Curve:
    """One series of a panel; `stated`: of figures in words; `cell`: the cell or indicator that it shows."""

    label: str
    points: Series
    look: Look
    stated: bool = False
    cell: str = ""

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
    def breaks(self) -> bool:
        """Whether a change of the form breaks it."""
        return bool(self.cell) and not self.stated and breaks(self.cell)

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
    def top(self) -> float:
        """The highest value that must find room."""
        points = [point for curve in self.curves for point in curve.known]
        ends = [value for point in points for value in (point.value, point.high) if value == value]
        return max([0, *ends, *(high for _, _, high in self.band)])

    @cached_property
    def changes(self) -> list[tuple[float, str]]:
        """Where the form changes between two neighbouring figures of the tables, and whether that breaks the
        series or is a revision only.
        """
        points = {
            year: point for curve in self.curves for year, point in curve.points.items() if point.edition
        }
        broken = any(curve.breaks for curve in self.curves)
        found = []
        for a, b in pairwise(sorted(points)):
            if points[a].edition != points[b].edition:
                kind = "break" if broken or not points[b].comparable else "revised"
                found.append(((a + b) / 2, kind))
        return found


class Panels:
    """Subjects laid out as panels: bodies one under the other, their measures side by side.

    Parameters
    ----------
    facts
        What was gathered.
    columns
        The subjects of each measure, in the same order of bodies; the panels of a measure share one scale.
    unit
        Of all figures.
    """

    def __init__(self, facts: Facts, columns: Sequence[Sequence[Subject]], unit: str) -> None:
        self.facts, self.unit, self.years = facts, unit, facts.years
        columns = [column for column in columns if any(subject.curves for subject in column)]
        found = {subject.who for column in columns for subject in column if subject.curves}
        every = [subject for line in zip(*columns, strict=True) for subject in line if subject.who in found]
        self.headed = len(found) > 1  # a line with the body's name above each panel
        one_kind = len(columns) == 1 or not self.headed
        self.across = _across(len(every)) if one_kind else len(columns)
        self.wide = (ROOM - GUTTER * (self.across - 1)) / max(self.across, 1)
        self.named = self.across <= 3 and len(every) <= 4  # room for names at the ends of curves
        self.high = 2.4 if len(every) == 1 else 1.5 if self.named else 1.05
        self.headings = [wrap(subject.heading, LABEL, self.wide)[:2] for subject in every]
        self.above = 0.19 * self.headed + 0.16 * max(map(len, self.headings), default=0) + 0.06
        self.step = self.above + self.high + 0.36
        self.subjects = every[: int(HIGHEST / self.step) * self.across]
        self.cut = len(found) - len(self.whose)
        tops = [max(subject.top for subject in column) for column in columns]
        self.scales = [scale(top, unit, 4 if len(every) < 3 else 3) for top in tops]
        self.curves = [curve for subject in self.subjects for curve in subject.curves]
        self.before = widest((text for axis in self.scales for text in axis.written), TICK) + 0.08
        self.named = self.named and widest(map(self.end, self.curves)) < 0.4 * self.wide
        self.after = widest(map(self.end, self.curves)) + 0.12
        marked = dict.fromkeys(event for subject in self.subjects for event in subject.events)
        self.events = [event for event in marked if self.years[0] < event.at < self.years[-1]]

    @property
    def height(self) -> float:
        """Inches."""
        return max(-(-len(self.subjects) // max(self.across, 1)), 1) * self.step

    @property
    def points(self) -> Sequence[Point]:
        """The figures that are drawn."""
        return [point for curve in self.curves for point in curve.known]

    @property
    def whose(self) -> list[Who]:
        """Whose they are."""
        return list(dict.fromkeys(subject.who for subject in self.subjects))

    @property
    def legend(self) -> Legend:
        """The curves, where not every one has its name at its end; bands and changes of the form."""
        labelled = [curve for curve in self.curves if curve.label]
        unsaid = not self.named or not all(map(self.end, labelled))
        entries: dict[str, Fill | Look] = {curve.name: curve.look for curve in labelled} if unsaid else {}
        if any(subject.band for subject in self.subjects):
            entries[word("pooled.band")] = Fill(LIGHT)
        for subject in self.subjects:
            entries |= {word(f"uprights.{kind}"): UPRIGHTS[kind] for _, kind in subject.changes}
        return list(entries.items())

    @property
    def notes(self) -> list[str]:
        """The years without figures, by reason; bodies that had no room."""
        reasons: dict[str, set[int]] = {}
        for subject in self.subjects:
            shown = {point.year for curve in subject.curves for point in (*curve.known, *curve.undefined)}
            for curve in subject.curves:
                for year, code in self._gaps(subject, curve).items():
                    if year not in shown:
                        reasons.setdefault(code, set()).add(year)
        told = []
        for code, years in reasons.items():
            which = join(map(str, sorted(years)), "list") if not self.headed else ""
            why = word(f"absent.{code}")
            told.append(word("common.of", body=why, scope=which) if which else why)
        cut = [word("common.cut", n=self.cut)] if self.cut else []
        return [word("absent.gaps", reasons=join(told, "semicolon"))] * bool(told) + cut

    def hints(self) -> list[str]:
        """What helps to read the panels, for the subtitle."""
        ranged = any(point.high >= point.low for point in self.points)
        return [
            word("common.unit", unit=self.unit) if self.unit else "",
            word("rates.subtitle") if ranged else "",
            word("rates.detail") if self.unit == "%" and self.named else "",
            word("common.one_scale") if self.headed else "",
        ]

    def end(self, curve: Curve) -> str:
        """What stands at the end of a curve that reaches the last year: its figure, and its name where there
        is room.
        """
        point = curve.points.get(self.years[-1])
        if point is None or not point.known:
            return ""
        if self.named:
            return join([curve.name, point.full(self.unit)], "space")
        return "◇" * curve.stated + point.text(self.unit)

    def _gaps(self, subject: Subject, curve: Curve) -> dict[int, str]:
        """The years in which the form's tables give a curve no figure, and why."""
        known = {point.year for point in (*curve.known, *curve.undefined)}
        if not curve.cell:
            return {}
        years = [year for year in self.years if year not in known]
        return {year: self.facts.absence(subject.who, curve.cell, year) for year in years}

    # -------------------------------------------------------------------------------- drawing

    def draw(self, sheet: Sheet) -> None:
        """Draw every panel."""
        names = self.facts.names(self.whose)
        for n, (subject, heading) in enumerate(zip(self.subjects, self.headings, strict=False)):
            left = MARGIN + n % self.across * (self.wide + GUTTER)
            top = n // self.across * self.step
            if self.headed:
                sheet.text(left, top + 0.1, fit(names[subject.who], LABEL, self.wide), color=BLACK)
            sheet.lines(left, top + 0.19 * self.headed + 0.1, heading, color=DARK)
            axis = self.scales[n % len(self.scales)]
            self._panel(sheet, subject, axis, Box(left, top + self.above, self.wide, self.high))
            for curve in subject.curves:
                told = [
                    word("common.point", year=point.year, value=point.full(self.unit))
                    for point in curve.known
                ]
                for year, code in self._gaps(subject, curve).items():
                    told.append(word("common.gap", year=year, why=word(f"absent.{code}")))
                sheet.fact(join(told), subject.who.named, subject.heading, curve.name)

    def _panel(self, sheet: Sheet, subject: Subject, axis: Scale, box: Box) -> None:
        inner = max(box.wide - self.before - self.after, 0.4)
        start, step = self._years(inner)
        place = Box(box.left + self.before, box.top, inner, box.high)
        panel = Panel(sheet, place, (start, start + inner / step), (0, axis.top * (1 + 0.17 / box.high)))
        panel.levels(axis)
        shown = self._written(step)
        panel.ax.set_xticks(shown, list(map(str, shown)))
        if not subject.curves:
            panel.put(word("common.no_data"), [(inner / 2, box.high / 2)], color=DARK)
        if subject.band:
            panel.band(*zip(*subject.band, strict=True))
        for curve in subject.curves:
            _draw_curve(panel, curve, 5.0 if step > 0.25 or len(self.years) == 1 else 2.6)
        for x, kind in subject.changes:
            panel.upright(x, kind)
        for event in self.events:
            if event in subject.events:
                panel.upright(event.at, "event", event.letter)
        self._ends(sheet, panel, subject, place)
        for curve in subject.curves:
            self._figures(panel, subject, curve, crowded=step < 0.24 and len(self.years) > 1)

    def _years(self, inner: float) -> Spot:
        """Where the axis of years starts, and inches from year to year."""
        many = len(self.years)
        first = 0.28 if self.named and many < 9 else YEAR / 2  # half of the first figure, or of a year
        margin = inner / 2 if many == 1 else min(first, inner / 4)
        step = (inner - margin - YEAR / 2) / max(many - 1, 1)
        return self.years[0] - margin / step, step

    def _written(self, step: float) -> Sequence[int]:
        """The years that have room on the axis: as many as can, counted from the last, else two."""
        every, last = -int(-(YEAR + 0.08) // step), len(self.years) - 1
        return self.years[:: max(last, 1)] if every > last / 2 else self.years[::-1][::every]

    def _ends(self, sheet: Sheet, panel: Panel, subject: Subject, place: Box) -> None:
        """What stands at the ends of the curves, one under the other, each with a line to its point."""
        ending = [(self.end(curve), curve) for curve in subject.curves if self.end(curve)]
        ending.sort(key=lambda pair: pair[1].points[self.years[-1]].value)
        spots = [(self.years[-1], curve.points[self.years[-1]].value) for _, curve in ending]
        wanted = [panel.inch(*spot)[1] for spot in spots]
        places = apart(wanted, LINE, 0, place.high)
        for (text, curve), spot, want, y in zip(ending, spots, wanted, places, strict=True):
            right = place.left + place.wide + 0.06
            sheet.text(right, place.top + place.high - y, text, color=curve.look["color"])
            if abs(want - y) > 0.04:
                panel.curve([spot, panel.data(place.wide, y)], LEADER, avoid=False)

    def _figures(self, panel: Panel, subject: Subject, curve: Curve, *, crowded: bool) -> None:
        """The figures at the points before the last year where there is room; if crowded the last ones."""
        for point in () if crowded and curve.known else curve.undefined:
            x, y = panel.inch(point.year, 0)
            panel.put(point.detail, [(x, y + 0.09)], color=DARK)
        for point in curve.known[-1:] if crowded else curve.known:
            if point.year != self.years[-1]:
                last = self.named and point is curve.known[-1]
                text = join([curve.name if last else "", point.text(self.unit)], "space")
                rivals = [other.points[point.year] for other in subject.curves if point.year in other.points]
                top = not any(rival.value > point.value for rival in rivals)
                panel.put(text, _spots(panel, point, text, top=top), color=curve.look["color"])


def _across(panels: int) -> int:
    """How many panels stand side by side."""
    if panels <= 3:
        return panels
    return 2 if panels == 4 else 3 if panels <= 9 else 4


def _draw_curve(panel: Panel, curve: Curve, size: float) -> None:
    look: Look = {**curve.look, "markersize": size}
    spots = {point: (point.year, point.value) for point in curve.known}
    for point in curve.known:
        if point.high >= point.low:
            panel.interval(point.year, point.low, point.high, look)
    for run in curve.runs:
        panel.curve([spots[point] for point in run], look)
    derived = [spot for point, spot in spots.items() if point.status == "derived"]
    panel.curve(derived, {**look, **DERIVED}, avoid=False)
    suspect = [spot for point, spot in spots.items() if point.suspect]
    panel.curve(suspect, {**look, **SUSPECT, "markersize": size + 5}, avoid=False)


def _spots(panel: Panel, point: Point, text: str, *, top: bool) -> list[Spot]:
    """Where a figure may stand: above or below its point, or beside it; what finds no place stays in the
    table.
    """
    x, y = panel.inch(point.year, point.value)
    half, rise = width(text, NOTE) / 2 + 0.02, 0.16 if point.suspect else 0.12
    if point.high >= point.low:  # beside the interval: a figure at its end would be read as that end
        return [(x + side * (half + 0.04), y + dy) for side in (1, -1) for dy in (0.1, -0.1)]
    rise = rise if top else -rise
    return [(x, y + rise), (x, y - rise), (x + half + 0.08, y), (x - half - 0.08, y)]
