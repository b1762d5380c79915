"""A panel: axes at a place of a sheet, and the marks that all charts are made of.

A mark is a curve, an interval, a band, a bar, an upright (where the form or the law changed) or a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox, offset_copy

from ...form.labels import QUOTIENTS, number
from .facts import Point
from .lettering import NOTE, width
from .sheet import BLACK, DARK, LIGHT, Look, Sheet
from .words import LANG, LOOKS

SHADES = LinearSegmentedColormap.from_list("shades", ["#f0f5f7", "#6d9eaf"])
Array = np.ndarray[Any, Any]
Spot = tuple[float, float]
"""A place or a distance, in inches or in what the axes measure."""


class Scale(NamedTuple):
    """Round steps of an axis from 0, and how they are written."""

    steps: list[float]
    written: list[str]

    @property
    def top(self) -> float:
        """Where it ends."""
        return self.steps[-1]


def scale(top: float, unit: str, n: int = 4) -> Scale:
    """At most `n` round steps from 0 to at least `top`; counts have whole steps."""
    whole = unit not in ("%", "万元", *QUOTIENTS)
    locator = MaxNLocator(n, steps=[1, 2, 2.5, 5, 10], integer=whole)
    steps = [float(step) for step in locator.tick_values(0, top or 1)]
    if LANG.get() == "zh" and steps[-1] >= 100_000:
        return Scale(steps, [f"{number(step / 10_000)}万" if step else "0" for step in steps])
    sign = "%" * (unit == "%")
    return Scale(steps, [number(step) + sign for step in steps])


def scale_of(points: Iterable[Point], n: int = 4) -> Scale:
    """A scale on which points and their intervals have room."""
    shown = list(points)
    return scale(max((point.top for point in shown), default=0), shown[0].unit if shown else "", n)


class Panel:
    """Axes with limits `x` and `y`; `left`, `top`, `wide` and `high` are inches of the sheet's body, `after`
    those of the room beside them.
    """

    def __init__(
        self,
        sheet: Sheet,
        left: float,
        top: float,
        wide: float,
        high: float,
        x: Spot,
        y: Spot,
        after: float = 0.04,
    ) -> None:
        self.sheet = sheet
        self.ax = sheet.axes(left, top, wide, high)
        self.ax.set(xlim=x, ylim=y)
        self.wide, self.high, self.after = wide, high, after
        self._texts: list[Bbox] = []

    @property
    def per(self) -> float:
        """Inches for one of what the level axis measures."""
        first, last = self.ax.get_xlim()
        return self.wide / (last - first)

    # -------------------------------------------------------------------------------- marks

    def curve(self, points: Sequence[Spot] | Array, look: Look, label: str = "") -> None:
        """Points, joined where the look has a line; the legend has its label."""
        if len(points):
            xs, ys = np.asarray(points, dtype=float).T
            self.ax.plot(xs, ys, label=label, **{"clip_on": False, **look})

    def interval(self, point: Point, at: float, look: Look, *, level: bool = False) -> None:
        """The interval of a point, if it has one: upright, or `level` for a point on a level axis."""
        if point.ranged:
            ends: list[Spot] = [(at, point.low), (at, point.high)]
            if level:
                ends = [(point.low, at), (point.high, at)]
            self.curve(ends, {"color": look["color"], "linewidth": 1.1, "zorder": 2})

    def band(self, line: Sequence[tuple[float, float, float]], label: str) -> None:
        """The area between two lines, over the first of three numbers, where they are known; it is wider than
        its ends, so that a single place has one.
        """
        xs, low, high = np.asarray([line[0], *line, line[-1]], dtype=float).T
        xs[[0, -1]] += -0.2, 0.2
        if not np.isnan(low + high).any():
            self.ax.fill_between(xs, low, high, label=label, **LOOKS["band"])

    def bar(self, x: float, y: float, wide: float, high: float, look: Look, label: str = "") -> None:
        """A bar, or a cell of a heat table, `high` around `y`."""
        self.ax.barh(y, wide, high, left=x, linewidth=0.6, label=label, **look)

    def upright(self, x: float, kind: str, letter: str = "") -> None:
        """A line from bottom to top, with a letter at its head."""
        top = 1 - 0.16 / self.high if letter else 1.0
        self.ax.axvline(x, ymax=top, **{"zorder": 1, **LOOKS["uprights"][kind]})
        if letter:
            self.put(letter, (x, self.ax.get_ylim()[1]), [(0, -0.05)], BLACK)

    def steps(self, scale: Scale, axis: Literal["x", "y"] = "y") -> None:
        """The steps of an axis, with a line each."""
        self.ax.set(**{f"{axis}ticks": scale.steps, f"{axis}ticklabels": scale.written})
        self.ax.grid(axis=axis, color=LIGHT, linewidth=0.5)

    # -------------------------------------------------------------------------------- texts

    def write(self, text: str, spot: Spot, by: Spot = (0, 0), of: Any = None, **look: Any) -> None:
        """A text at a point of the data, or of what another transform measures, moved by some inches."""
        place = offset_copy(of or self.ax.transData, self.sheet.fig, *by)
        look = {"va": "center", "color": DARK, "size": NOTE, **look}
        self.ax.text(*spot, text, transform=place, **look)

    def put(self, text: str, spot: Spot, moves: Sequence[Spot], color: str, size: float = NOTE) -> None:
        """Write a text near a point of the data, its middle moved by the first of some inches where it covers
        neither text nor line, if there is such a place; the only place that is given is taken in any case.
        """
        dpi = self.sheet.fig.dpi
        half = np.array([width(text, size) / 2 + 0.02, 0.065])
        middle = self.ax.transData.transform(spot) / dpi
        for move in moves:
            place = Bbox(dpi * (middle + move + [-half, half]))
            if len(moves) == 1 or self._free(place):
                self._texts.append(place)
                self.write(text, spot, move, ha="center", color=color, size=size, zorder=6)
                return

    def _free(self, place: Bbox) -> bool:
        """Whether a place lies between the axis and the room above and beside the panel, and nothing stands
        there.
        """
        box, right = self.ax.bbox, self.after * self.sheet.fig.dpi
        inside = (
            box.x0 - 3 < place.x0
            and place.x1 < box.x1 + right
            and box.y0 <= place.y0
            and place.y1 < box.y1 + 12
        )
        if not inside or place.count_overlaps(self._texts):
            return False
        return not any(_meets(line, place) for line in self.ax.lines)


def _meets(line: Line2D, place: Bbox) -> bool:
    """Whether a line, or one of its points, runs through a place."""
    path = line.get_path().transformed(line.get_transform())
    return path.intersects_bbox(place, filled=False) or place.padded(4).count_contains(path.vertices) > 0


def shade(part: float) -> Look:
    """The colour of a heat table's cell, from pale to strong; dark figures stay readable on all of it."""
    return {"facecolor": to_hex(SHADES(part)), "edgecolor": "white"}
