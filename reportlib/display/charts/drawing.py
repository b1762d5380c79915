"""A panel: axes at a place of a sheet, and the marks that all charts are made of.

A mark is a curve, a bar, an interval, a band, an upright (where the form or the law changed) or a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.ticker import MaxNLocator

from ...form.labels import QUOTIENTS, number
from .lettering import NOTE, width
from .sheet import BLACK, LANG, LIGHT, LOOKS, MID, Fill, Look, Sheet, Spot

SHADES = LinearSegmentedColormap.from_list("shades", ["#f0f5f7", "#6d9eaf"])


class Box(NamedTuple):
    """A place of a sheet's body, in inches from its top left corner."""

    left: float
    top: float
    wide: float
    high: float


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
    if unit == "%":
        return Scale(steps, [f"{step:g}%" for step in steps])
    if LANG.get() == "zh" and steps[-1] >= 100_000:
        return Scale(steps, [f"{number(step / 10_000)}万" if step else "0" for step in steps])
    return Scale(steps, list(map(number, steps)))


class Panel:
    """Axes with limits `x` and `y`; spots of texts are inches from the lower left corner."""

    def __init__(self, sheet: Sheet, box: Box, x: Spot, y: Spot) -> None:
        self.ax = sheet.axes(*box)
        self.ax.set(xlim=x, ylim=y)
        self.wide, self.high = box.wide, box.high
        self._taken: list[tuple[float, float, float, float]] = []

    # -------------------------------------------------------------------------------- marks

    def curve(self, points: Iterable[Spot], look: Look, *, avoid: bool = True) -> None:
        """Points, joined where the look has a line; `avoid` keeps texts off them."""
        spots = list(points)
        if spots:
            xs, ys = zip(*spots, strict=True)
            self.ax.plot(xs, ys, **{"clip_on": False, **look})
        if avoid:
            self._keep_off(spots, marked=bool(look.get("marker")), joined=look.get("linestyle") != "")

    def interval(self, at: float, low: float, high: float, look: Look, *, level: bool = False) -> None:
        """The interval of a point: upright, or `level` for a point on a horizontal axis."""
        ends: list[Spot] = [(low, at), (high, at)] if level else [(at, low), (at, high)]
        self.curve(ends, {"color": look["color"], "linewidth": 1.1, "zorder": 2})

    def band(self, xs: Sequence[float], low: Sequence[float], high: Sequence[float]) -> None:
        """An area between two lines."""
        self.ax.fill_between(xs, low, high, facecolor=LIGHT, edgecolor="none", zorder=0)

    def bar(self, x: float, y: float, wide: float, high: float, fill: Fill) -> None:
        """A bar, or a cell of a heat table, `high` around `y`."""
        edge = "white" if not fill.hatch and fill.face != "white" else MID
        look: Look = {"facecolor": fill.face, "hatch": fill.hatch, "edgecolor": edge, "linewidth": 0.6}
        self.ax.barh(y, wide, high, left=x, **look)

    def upright(self, x: float, kind: str, letter: str = "") -> None:
        """A line from bottom to top, with a letter at its head."""
        room = 0.13 if letter else 0.0
        foot, head = self.ax.get_ylim()
        top = head - (head - foot) * room / self.high
        self.ax.plot([x, x], [foot, top], zorder=1, **LOOKS["uprights"][kind])
        self._keep_off([(x, foot), (x, top)], marked=False)
        if letter:
            spot = self.inch(x, head)
            self.put(letter, [(spot[0], spot[1] - 0.05)], BLACK)

    def levels(self, scale: Scale) -> None:
        """The steps of the upright axis, with a line each."""
        self.ax.set_yticks(scale.steps, scale.written)
        self.ax.hlines(scale.steps[1:], *self.ax.get_xlim(), color=LIGHT, linewidth=0.5, zorder=0)

    def write(self, x: float, y: float, text: str, *, size: float = NOTE, **look: Any) -> None:
        """A text at a point of the data."""
        self.ax.text(x, y, text, size=size, **{"va": "center", "color": "#222222", **look})

    # -------------------------------------------------------------------------------- texts

    def inch(self, x: float, y: float) -> Spot:
        """Where a point of the data stands."""
        spot = (self.ax.transData.transform((x, y)) - self.ax.bbox.p0) / self.ax.figure.dpi
        return float(spot[0]), float(spot[1])

    def data(self, x: float, y: float) -> Spot:
        """Which point of the data stands at a spot."""
        inches = (x * self.ax.figure.dpi, y * self.ax.figure.dpi)
        spot = self.ax.transData.inverted().transform(self.ax.bbox.p0 + inches)
        return float(spot[0]), float(spot[1])

    def put(self, text: str, spots: Iterable[Spot], color: str) -> None:
        """Write a text around the first of the spots where it covers neither text nor mark; else not."""
        for x, y in spots:
            half = width(text, NOTE) / 2 + 0.02
            place = (x - half, y - 0.065, x + half, y + 0.065)
            if self._free(*place):
                self._taken.append(place)
                look: Look = {"ha": "center", "color": color, "zorder": 6}
                self.write(x / self.wide, y / self.high, text, transform=self.ax.transAxes, **look)
                return

    def _free(self, left: float, low: float, right: float, high: float) -> bool:
        """Whether a place lies in the panel, and nothing stands there."""
        inside = left > -0.02 and right < self.wide + 0.04 and low >= 0 and high < self.high + 0.08
        met = (left <= c and a <= right and low <= d and b <= high for a, b, c, d in self._taken)
        return inside and not any(met)

    def _keep_off(self, points: Sequence[Spot], *, marked: bool, joined: bool = True) -> None:
        """Keep texts off points of the data, and off the line through them."""
        spots = [self.inch(*point) for point in points]
        reach = 0.03 if marked else 0.0
        self._taken += [(x - reach, y - reach, x + reach, y + reach) for x, y in spots]
        for (xa, ya), (xb, yb) in pairwise(spots) if joined else ():
            n = max(2, int((abs(xb - xa) + abs(yb - ya)) / 0.04))
            steps = np.linspace((xa, ya), (xb, yb), n + 1).tolist()
            self._taken += [(x, y, x, y) for x, y in steps]


def apart(wanted: Sequence[float], gap: float, high: float) -> list[float]:
    """Places in order from 0 to `high`, at least `gap` from each other, near the wanted ones."""
    places: list[float] = []
    for want in wanted:
        lowest = places[-1] + gap if places else 0
        places.append(max(want, lowest))
    ceiling = high
    for k in reversed(range(len(places))):
        places[k] = min(places[k], ceiling)
        ceiling = places[k] - gap
    return places


def shade(part: float) -> Fill:
    """The colour of a heat table's cell, from pale to strong; dark figures stay readable on all of it."""
    return Fill(to_hex(SHADES(part)))
