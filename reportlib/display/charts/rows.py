"""Rows of cells under heads: the layout of bars, heat tables, dots and coverage, and their marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

from .drawing import Box, Panel, Scale, shade
from .events import Mark
from .facts import Facts, Point, Who, breaks
from .lettering import LABEL, LEADING, NOTE, SMALL, fit, widest, width, wrap
from .sheet import (
    BLACK,
    DARK,
    HIGHEST,
    LIGHT,
    LOOKS,
    MARGIN,
    MID,
    ROOM,
    WIDTH,
    Fill,
    Legend,
    Look,
    Sheet,
    word,
)

WIDEST_LABEL = 2.1
Pair = tuple[Who, int]
"""Whose row, and of which year."""


class Cell(Protocol):
    """What stands in a row under a head; places are inches from the column's left edge."""

    @property
    def told(self) -> str:
        """What it says, for the text alternative."""

    @property
    def points(self) -> Sequence[Point]:
        """The figures that it draws."""

    def draw(self, panel: Panel, k: int, per: float) -> None:
        """Draw it in row `k`; `per` is inches for one of what all cells measure."""


class Row(NamedTuple):
    """A line of the chart: a heading has no cells; `uprights` are the changes before it, each with the letter
    of an event or none; `end` stands at the right edge.
    """

    label: str
    cells: Sequence[Cell] = ()
    name: str = ""  # in the text alternative, where no heading stands above it
    uprights: Sequence[tuple[str, str]] = ()
    end: str = ""


@dataclass(frozen=True)
class Rows:
    """Rows under heads, in inches; rows that would make the picture too high are left out.

    `longest` is what the longest bar counts, `ends` the room of what stands at the bars' ends.
    """

    heads: Sequence[str]
    every: Sequence[Row]
    high: float = 0.25
    gutter: float = 0.12
    marked: Sequence[Mark] = ()
    more: Sequence[str] = ()
    signs: Legend = ()
    whose: Sequence[Who] = ()
    centred: bool = False
    longest: float = 1.0
    ends: float = 0.0

    @cached_property
    def rows(self) -> Sequence[Row]:
        """The rows that are drawn."""
        return self.every[: int(HIGHEST / self.high)]

    @cached_property
    def label(self) -> float:
        """Width of the rows' labels."""
        return min(widest(row.label for row in self.rows if row.cells) + 0.12, WIDEST_LABEL)

    @cached_property
    def wide(self) -> float:
        """Width of a column."""
        ends = widest((row.end for row in self.rows), NOTE)
        room = ROOM - self.label - ends - 0.1 * bool(ends)
        return (room + self.gutter) / max(len(self.heads), 1) - self.gutter

    @cached_property
    def size(self) -> float:
        """Size of the heads: small where a word would be broken."""
        return NOTE if widest(" ".join(self.heads).split(), NOTE) < self.wide else SMALL

    @cached_property
    def written(self) -> list[list[str]]:
        """The heads in lines."""
        written = []
        for head in self.heads:
            written.append([line for part in head.split("\n") for line in wrap(part, self.size, self.wide)])
        return written

    @cached_property
    def above(self) -> float:
        """Height of the heads."""
        return max(map(len, self.written), default=0) * NOTE * LEADING + 0.06

    @property
    def height(self) -> float:
        """Inches."""
        return self.above + max(len(self.rows), 1) * self.high + 0.04

    @property
    def points(self) -> Sequence[Point]:
        """The figures that are drawn."""
        return [point for row in self.rows for cell in row.cells for point in cell.points]

    @property
    def events(self) -> list[Mark]:
        """The legal events that are marked."""
        letters = {letter for row in self.rows for _, letter in row.uprights}
        return [event for event in self.marked if event.letter in letters]

    @property
    def legend(self) -> Legend:
        """What the cells need, and the lines that stand for a change of the form."""
        kinds = dict.fromkeys(kind for row in self.rows for kind, letter in row.uprights if not letter)
        return [
            *self.signs,
            *((word(f"uprights.{kind}"), {**LOOKS["uprights"][kind], "marker": ""}) for kind in kinds),
        ]

    @property
    def notes(self) -> list[str]:
        """What else is to be said under it, and how many rows were left out."""
        cut = len(self.every) - len(self.rows)
        return [*self.more, word("common.cut", n=cut)] if cut else list(self.more)

    def draw(self, sheet: Sheet) -> None:
        """Draw labels, heads and cells."""
        for k, row in enumerate(self.rows):
            self._label(sheet, self.above + (k + 0.5) * self.high, row)
        per = (self.wide - min(self.ends, 0.85 * self.wide)) / (self.longest or 1)
        for c, lines in enumerate(self.written):
            left = MARGIN + self.label + c * (self.wide + self.gutter)
            leading = NOTE * LEADING
            first = self.above - 0.06 - (len(lines) - 0.5) * leading
            x, side = (left + self.wide / 2, "center") if self.centred else (left, "left")
            sheet.lines(x, first, lines, leading=leading, size=self.size, color=DARK, ha=side)
            box = Box(left, self.above, self.wide, len(self.rows) * self.high)
            panel = Panel(sheet, box, (0, self.wide), (len(self.rows) - 0.5, -0.5))
            panel.ax.set_axis_off()
            for k, row in enumerate(self.rows):
                if row.cells:
                    row.cells[c].draw(panel, k, per)
                for kind, _ in row.uprights:
                    panel.ax.axhline(k - 0.5, **LOOKS["uprights"][kind])

    def _label(self, sheet: Sheet, y: float, row: Row) -> None:
        sheet.text(MARGIN, y, fit(row.label, LABEL, self.label - 0.1 if row.cells else ROOM), color=BLACK)
        sheet.text(WIDTH - MARGIN, y, row.end, size=NOTE, ha="right", color=DARK)
        letters = "".join(letter for _, letter in row.uprights)
        sheet.text(MARGIN + self.label - 0.08, y - self.high / 2, letters, size=NOTE, color=BLACK)
        for head, cell in zip(self.heads, row.cells, strict=False):
            if cell.told:
                sheet.fact(cell.told, row.name or row.label, head.replace("\n", " "))


def rows_of(
    facts: Facts,
    pairs: Sequence[Pair],
    cells: Sequence[Sequence[Cell]],
    keys: Sequence[str],
    events: Sequence[Mark],
) -> list[Row]:
    """A row a body and year, under a heading where a body has several years."""
    names = facts.names(who for who, _ in pairs)
    several, one_year = len(names) < len(pairs), len({year for _, year in pairs}) == 1
    rows: list[Row] = []
    for before, pair, line in zip([None, *pairs], pairs, cells, strict=False):
        who, year = pair
        follows = before is not None and before[0] == who
        if len(names) == 1:
            text = told = str(year)
        else:
            told = f"{names[who]} {year}"
            text = str(year) if several else names[who] if one_year else told
            if several and not follows:
                rows.append(Row(names[who]))
        changes = _changes(facts, before, pair, keys, events) if before and follows else []
        rows.append(Row(text, line, told, changes))
    return rows


def _changes(
    facts: Facts, before: Pair, pair: Pair, keys: Sequence[str], events: Sequence[Mark]
) -> list[tuple[str, str]]:
    """What changed between two rows of a body."""
    changes = [("event", event.letter) for event in events if before[1] < event.at < pair[1]]
    if facts.reports.get(before) != facts.reports.get(pair):
        changes.append(("break" if any(map(breaks, keys)) else "revised", ""))
    return changes


# ------------------------------------------------------------------------------------ marks


class Segment(NamedTuple):
    """A part of a bar: its length, its figure, how it is filled, and texts of which the first that
    fits stands inside.
    """

    length: float
    point: Point
    fill: Fill
    texts: Sequence[str] = ()


class Bar(NamedTuple):
    """One bar from zero: its parts, what stands at its end, and under it the first text that fits; without
    parts `end` says why.
    """

    segments: Sequence[Segment]
    end: str
    told: str
    under: Sequence[str] = ()

    @property
    def points(self) -> Sequence[Point]:
        """The figures that it draws."""
        return [segment.point for segment in self.segments]

    @property
    def length(self) -> float:
        """The sum of its parts."""
        return sum(segment.length for segment in self.segments)

    def draw(self, panel: Panel, k: int, per: float) -> None:
        """Draw it in row `k`."""
        panel.ax.vlines([0], k - 0.5, k + 0.5, color=MID, linewidth=0.7)
        if not self.segments:
            panel.write(0.06, k, fit(self.end, NOTE, panel.wide - 0.1), color=DARK)
            return
        y, high = (k - 0.18, 0.46) if self.under else (k, 0.68)
        x = 0.0
        for length, _, fill, texts in self.segments:
            wide = per * length
            if wide > 0:
                panel.bar(x, y, wide, high, fill)
                text = next((text for text in texts if width(text, NOTE) <= wide - 0.06), "")
                ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
                box = ground if fill.hatch and text else None
                panel.write(x + wide / 2, y, text, ha="center", color=fill.text, bbox=box)
            x += wide
        panel.write(x + 0.05, y, self.end, size=LABEL if panel.wide > 0.6 else NOTE)
        under = next((text for text in self.under if width(text, NOTE) < panel.wide), "")
        panel.write(0.03, k + 0.25, under, color=DARK)


class Tile(NamedTuple):
    """A cell of a heat table: its figure with what stands below it, and how dark it is from 0 to 1; without
    figure the sign of why.
    """

    points: Sequence[Point]
    text: str
    below: str
    depth: float
    told: str

    def draw(self, panel: Panel, k: int, per: float) -> None:
        """Draw it in row `k`."""
        middle = panel.wide / 2
        if self.points:
            panel.bar(0, k, panel.wide, 0.94, shade(self.depth))
        size = NOTE if width(self.text, NOTE) < panel.wide else SMALL
        panel.write(middle, k - 0.2 if self.below else k, self.text, size=size, ha="center")
        below = self.below if width(self.below, SMALL) < panel.wide else ""
        panel.write(middle, k + 0.24, below, size=SMALL, ha="center")


class Signs(NamedTuple):
    """Points beside each other, in the middle of the cell."""

    looks: Sequence[Look]
    told: str
    points: Sequence[Point] = ()

    def draw(self, panel: Panel, k: int, per: float) -> None:
        """Draw them in row `k`."""
        apart, first = min(0.12, panel.wide / 3), (len(self.looks) - 1) / 2
        for n, look in enumerate(self.looks):
            panel.curve([(panel.wide / 2 + (n - first) * apart, k)], look, avoid=False)


class Dots(NamedTuple):
    """Points with their intervals on a level axis, each in its look and so much below the row's middle;
    `swarm` are further values, whose dots never cover each other; `tick` is a value with an upright.
    """

    axis: Scale
    dots: Sequence[tuple[Point, Look, float]]
    told: str
    swarm: Sequence[float] = ()
    look: Look | None = None
    tick: float | None = None

    @property
    def points(self) -> Sequence[Point]:
        """The figures that it draws."""
        return [point for point, _, _ in self.dots]

    def draw(self, panel: Panel, k: int, per: float) -> None:
        """Draw them in row `k`."""
        per = (panel.wide - 0.3) / self.axis.top
        room = panel.high / abs(panel.ax.get_ylim()[0] - panel.ax.get_ylim()[1])
        size, spots = swarm([per * value for value in sorted(self.swarm)], 0.9 * room)
        rest: Look = {**(self.look or {}), "markersize": 66 * size, "markeredgewidth": 0}
        panel.curve([(x, k + y / room) for x, y in spots], rest, avoid=False)
        if self.tick is not None:
            panel.ax.vlines([per * self.tick], k - 0.45, k + 0.45, **LOOKS["median"])
        for point, look, down in self.dots:
            if point.ranged:
                panel.interval(k + down, per * point.low, per * point.high, look, level=True)
            panel.curve([(per * point.value, k + down)], look, avoid=False)


class Ticks(NamedTuple):
    """The steps of a level axis, with a line each over so many rows below."""

    axis: Scale
    rows: float = 0.0
    told: str = ""
    points: Sequence[Point] = ()

    def draw(self, panel: Panel, k: int, per: float) -> None:
        """Draw them in row `k`."""
        per = (panel.wide - 0.3) / self.axis.top
        for step, text in zip(*self.axis, strict=True):
            x = per * step
            panel.write(x, k, text, ha="center", color=DARK)
            panel.ax.vlines([x], k - 0.5, k - 0.3, color=MID, linewidth=0.7)
            panel.ax.vlines([x], k + 0.4, k + 0.4 + self.rows, color=LIGHT, linewidth=0.5, zorder=0)


SIZES = (0.08, 0.06, 0.045, 0.03, 0.02, 0.012, 0.007, 0.004)


def swarm(xs: Sequence[float], room: float) -> tuple[float, list[tuple[float, float]]]:
    """Size of dots, and their places: each as near to the line as it can stand without covering another, as
    large as the room above and below allows.
    """
    spots: list[tuple[float, float]] = []
    for size in SIZES:
        spots = []
        for x in xs:
            taken = {y for other, y in spots if x - other < size}
            level = 0
            while _height(level, size) in taken:
                level += 1
            spots.append((x, _height(level, size)))
        if 2 * max((abs(y) for _, y in spots), default=0) + size <= room:
            break
    return size, spots


def _height(level: int, size: float) -> float:
    """0, then below, above, below …"""
    return round(size * ((level + 1) // 2) * (1 if level % 2 else -1), 6)
