"""A body beside its peers: a strip a measure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import pandas as pd

from ...form.labels import number
from .drawing import Panel, Spot, scale_of
from .facts import FIGURES, Facts, Point, Who, checked, gather, indicators_of, same_cell
from .lettering import LABEL, NOTE, fit, widest
from .sheet import MARGIN, ROOM, Chart, Sheet, styled
from .words import LOOKS, entry, name_of, word

HIGH, STEP = 0.42, 0.84  # inches of a strip, and from one to the next


class Strip(NamedTuple):
    """A measure of one year: the body's own point if it has one, and its peers' in order."""

    name: str
    year: int
    own: Sequence[Point]
    rest: Sequence[Point]

    @property
    def value(self) -> str:
        """The body's own figure."""
        texts = ["◇" * bool(point.precision) + point.full for point in self.own]
        return texts[0] if texts else word("common.no_data")

    @property
    def about(self) -> str:
        """Its year, how many peers there are, and how many of them are stated in words."""
        about = word("peers.strip", year=self.year, n=len(self.rest))
        stated = sum(bool(point.precision) for point in self.rest)
        return f"{about} (◇ {stated})" if stated else about

    def told(self, body: str) -> str:
        """The strip in words."""
        ends: dict[str, str] = {}
        if self.rest:
            values, unit = [point.value for point in self.rest], self.rest[0].unit
            spread = {"low": values[0], "median": median(values), "high": values[-1]}
            ends = {end: number(value, unit) for end, value in spread.items()}
        key = ["alone", "one", "two", "fact"][min(len(self.rest), 3)] if self.own else "absent"
        return word(f"peers.{key}", body=body, value=self.value, year=self.year, n=len(self.rest), **ends)


@styled
def peers(frame: pd.DataFrame, body: str, *more: pd.DataFrame, lang: str | None = None) -> Chart:
    """A body beside its peers: a strip a measure, all of one year; a dot a body, the median as a tick.

    Parameters
    ----------
    frame
        Frame that ``rl.indicators`` returns, or of the layout of ``ds.cells`` or ``ds.figures``, of the body
        and its peers. Of cells the totals of requests and disputes are drawn.
    body
        The body that the chart is about.
    *more
        Further frames: figures in words fill in for bodies whose tables are not there.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        The latest year in which the body has a figure; how many peers there are; no order of merit.
    """
    frames = [checked(one, ["body", "year", "value"], FIGURES) for one in (frame, *more)]
    names = _measures(frames)
    facts = gather(frames, names)
    every = [_strip(facts, code, name, body) for code, name in names.items()]
    strips = [strip for strip in every if strip.year]
    sheet = Sheet("peers", facts)
    sheet.whose, sheet.years = facts.who, []
    sheet.height = max(STEP * len(strips), 0.4)
    before = widest((text for strip in strips for text in (strip.name, strip.about)), LABEL) + 0.12
    after = widest((strip.value for strip in strips), NOTE) + 0.12
    for n, strip in enumerate(strips):
        _draw(sheet, strip, body, STEP * n, before, after)
        sheet.fact(strip.told(body), strip.name)
    return sheet.done([Who(body)])


def _measures(frames: Sequence[pd.DataFrame]) -> dict[str, str]:
    """What is compared: of frames of cells the totals of the tables, of others their indicators."""
    names: dict[str, str] = {}
    if not all("indicator" in frame for frame in frames):
        for cell in entry("peers.cells"):
            table, row, _ = cell.split(".")
            names[cell] = name_of(row, "row", table)
    for frame in frames:
        own = indicators_of(frame) if "indicator" in frame else {}
        names |= {code: name for code, name in own.items() if same_cell().get(code, code) not in names}
    return names


def _strip(facts: Facts, code: str, name: str, body: str) -> Strip:
    """The latest year in which the body has a figure, else the latest in which any has; figures of tables
    before those in words.
    """
    known: dict[int, dict[Who, Point]] = {}
    for source in (facts.stated, facts.table):
        for (who, key), series in source.items():
            for year, point in series.items() if key == code else ():
                known.setdefault(year, {})[who] = point
    own = [year for year, at in known.items() if any(who.body == body for who in at)]
    year = max(own or known, default=0)
    mine: list[Point] = []
    rest: list[Point] = []
    for who, point in known.get(year, {}).items():
        (mine if who.body == body else rest).append(point)
    return Strip(name, year, mine[:1], sorted(rest, key=lambda point: point.value))


def _draw(sheet: Sheet, strip: Strip, body: str, top: float, before: float, after: float) -> None:
    """Draw a strip over its axis; dots never cover each other."""
    scale = scale_of([*strip.own, *strip.rest])
    wide = ROOM - before - after
    panel = Panel(sheet, MARGIN + before, top, wide, HIGH, (0, scale.top), (-0.5, 0.5))
    panel.ax.set_xticks(scale.steps, scale.written)
    panel.ax.set_yticks([0.15, -0.35], [strip.name, strip.about], size=LABEL, ha="left")
    panel.ax.tick_params(axis="y", pad=72 * before)
    panel.write(strip.value, (scale.top, 0), (0.12, 0))
    size, spots = swarm([panel.per * point.value for point in strip.rest], 0.9 * HIGH)
    dots = [(x / panel.per, y / HIGH) for x, y in spots]
    look = {**LOOKS["peer"], "markersize": 66 * size, "markeredgewidth": 0}
    panel.curve(dots, look, word("peers.others"))
    if len(strip.rest) > 2:
        middle = median(point.value for point in strip.rest)
        panel.ax.vlines(middle, -0.45, 0.45, label=word("peers.median"), **LOOKS["median"])
    for point in strip.own:
        panel.interval(point, 0, LOOKS["own"], level=True)
        panel.curve([(point.value, 0)], LOOKS["own"], fit(body, LABEL, 3))
    sheet.mark(strip.own)
    if any(point.precision for point in (*strip.own, *strip.rest)):
        sheet.codes.add("headline")


SIZES = (0.08, 0.06, 0.045, 0.03, 0.02, 0.012, 0.007, 0.004)


def swarm(xs: Sequence[float], room: float) -> tuple[float, list[Spot]]:
    """Size of dots, and their places: dots that would cover each other stand one above the other, as large as
    the room allows.
    """
    for size in SIZES:
        steps = pd.Series(xs, dtype=float).div(size).round()
        levels = steps.groupby(steps).cumcount()
        spread = levels - steps.groupby(steps).transform("size").sub(1).div(2)
        if size * (levels.max() + 1) <= room:
            break
    return size, list(zip(size * steps, size * spread, strict=True))
