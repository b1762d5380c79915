"""A body beside its peers: a strip a measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

from ...form.labels import number
from .facts import FIGURES, Facts, Point, Who, cell_of, checked, gather, indicators_of
from .figures import figure
from .lettering import LABEL, fit
from .overviews import axis_of
from .rows import Dots, Row, Rows, Ticks
from .sheet import LOOKS, WORDS, Chart, Look, name_of, styled, word


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
    frames = (frame, *more)
    names = _measures(frames)
    facts = gather(frames, names)
    units = facts.units
    every = [_strip(facts, code, units.get(code, ""), body) for code in names]
    rows: list[Row] = []
    for strip, name in zip(every, names.values(), strict=True):
        if strip.year:
            rows += strip.rows(name, body)
    legend: list[tuple[str, Look]] = [(fit(body, LABEL, 3), LOOKS["own"])]
    if any(strip.rest for strip in every):
        legend.append((word("peers.others"), LOOKS["peer"]))
    if any(strip.middle is not None for strip in every):
        legend.append((word("peers.median"), LOOKS["median"]))
    grid = Rows([""], rows, 0.42, signs=legend, whose=[Who(body)] if rows else [])
    said = ["headline"] if any(strip.from_words for strip in every) else []
    shown = Facts(data=facts.data)
    return figure(shown, grid, word("peers.title"), [word("peers.subtitle")], ["indicators"], marks=said)


def _measures(frames: Sequence[pd.DataFrame]) -> dict[str, str]:
    """What is compared: of frames of cells the totals of the tables, of others their indicators."""
    names: dict[str, str] = {}
    frames = [checked(frame, ["body", "year", "value"], FIGURES) for frame in frames]
    if not all("indicator" in frame for frame in frames):
        for cell in WORDS["peers"]["cells"]:
            table, row, _ = cell.split(".")
            names[cell] = name_of(row, "row", table)
    for frame in frames:
        if "indicator" in frame:
            own = indicators_of(frame)
            names |= {code: name for code, name in own.items() if cell_of().get(code, code) not in names}
    return names


@dataclass(frozen=True)
class Strip:
    """A measure of one year, 0 if there is none: the body's own point, and its peers' values in order."""

    year: int
    unit: str
    own: Point | None
    rest: Sequence[float]
    stated: int

    @property
    def middle(self) -> float | None:
        """The median of three or more peers."""
        return median(self.rest) if len(self.rest) > 2 else None

    @property
    def from_words(self) -> bool:
        """Whether figures in words are among them."""
        return bool(self.stated or (self.own and self.own.precision))

    @property
    def value(self) -> str:
        """The body's own figure."""
        if self.own is None:
            return word("common.no_data")
        return "◇" * bool(self.own.precision) + self.own.full(self.unit)

    def told(self, body: str) -> str:
        """The strip in words."""
        facts: Mapping[str, object] = {
            "body": body,
            "value": self.value,
            "year": self.year,
            "n": len(self.rest),
        }
        if self.own is None:
            return word("peers.absent", **facts)
        if not self.rest:
            return word("peers.alone", **facts)
        spread = {"low": self.rest[0], "median": median(self.rest), "high": self.rest[-1]}
        ends = {name: number(value, self.unit) for name, value in spread.items()}
        key = {1: "one", 2: "two"}.get(len(self.rest), "fact")
        return word(f"peers.{key}", **facts, **ends)

    def rows(self, name: str, body: str) -> list[Row]:
        """The strip, and its axis below it."""
        own = [] if self.own is None else [self.own]
        others = [Point(self.year, value) for value in self.rest]
        axis = axis_of([*own, *others], self.unit)
        dots = Dots(
            axis,
            [(point, LOOKS["own"], 0) for point in own],
            self.told(body),
            self.rest,
            LOOKS["peer"],
            self.middle,
        )
        about = word("peers.strip", year=self.year, n=len(self.rest))
        if self.stated:
            about += f" (◇ {self.stated})"
        return [Row(name, [dots], end=self.value), Row(about, [Ticks(axis)])]


def _strip(facts: Facts, code: str, unit: str, body: str) -> Strip:
    """The latest year in which the body has a figure, else the latest in which any has; figures of tables
    before those in words.
    """
    known: dict[Who, dict[int, Point]] = {}
    for source in (facts.stated, facts.table):
        for (who, key), series in source.items():
            if key == code:
                points = {year: point for year, point in series.items() if point.known}
                known.setdefault(who, {}).update(points)
    own = {year for who, series in known.items() for year in series if who.body == body}
    every = {year for series in known.values() for year in series}
    year = max(own or every, default=0)
    at = {who: series[year] for who, series in known.items() if year in series}
    mine = [point for who, point in at.items() if who.body == body]
    rest = [point for who, point in at.items() if who.body != body]
    stated = sum(bool(point.precision) for point in rest)
    return Strip(year, unit, mine[0] if mine else None, sorted(point.value for point in rest), stated)
