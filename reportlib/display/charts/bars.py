"""Compositions and counts as bars from zero: outcomes, applicants, grounds of refusal, disputes, statuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from ...form.labels import number
from .events import marks
from .facts import Facts, Point, Who, checked, gather
from .figures import figure
from .lettering import LABEL, widest
from .rows import Bar, Pair, Row, Rows, Segment, rows_of
from .sheet import FILLS, WORDS, Chart, Fill, join, said, share, styled, word

MOST = 48  # bars in one column before only the latest year of each body is drawn


class Part(NamedTuple):
    """A part of a whole: its cell, its name, how it is filled."""

    cell: str
    name: str
    fill: Fill


class Whole(NamedTuple):
    """A column of bars: the cell of a whole, and its parts."""

    head: str
    cell: str
    parts: Sequence[Part]

    @property
    def cells(self) -> list[str]:
        """All its cells."""
        return [self.cell, *(part.cell for part in self.parts)]


def _whole(what: str, row: str = "", head: str = "") -> Whole:
    """A whole as ``form/charts.toml`` names it; `row` is the row of the form in its cells."""
    spec = WORDS[what]
    parts = [Part(one["cell"].format(row=row), said(one), FILLS[one.get("fill", 0)]) for one in spec["parts"]]
    return Whole(head, spec["whole"].format(row=row), parts)


@styled
def outcomes(*frames: pd.DataFrame, bodies: Sequence[str] = (), lang: str | None = None) -> Chart:
    """How requests were handled: shares of all concluded, with counts, a bar a body and year.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells`` and ``ds.groups``.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        No bar where a part is missing: the chart says which.
    """
    return _composition("outcomes", frames, [_whole("outcomes")], bodies)


@styled
def applicants(*frames: pd.DataFrame, bodies: Sequence[str] = (), lang: str | None = None) -> Chart:
    """Who asks: each kind of applicant's share of the requests received, with its count, on one scale.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells``.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        For one body a column a year; for many bodies a column a kind of applicant and a row a body.
    """
    return _parts("applicants", frames, bodies)


@styled
def refusal_grounds(*frames: pd.DataFrame, bodies: Sequence[str] = (), lang: str | None = None) -> Chart:
    """The mix of refusal grounds: each ground's share of all refusals, with its count, on one scale.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells`` and ``ds.groups``.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        For one body a column a year; for many bodies a column a ground and a row a body.
    """
    return _parts("refusal_grounds", frames, bodies)


@styled
def disputes(*frames: pd.DataFrame, bodies: Sequence[str] = (), lang: str | None = None) -> Chart:
    """How reconsiderations and both kinds of lawsuits ended: counts on one scale, a column a route.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells``.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.

    Returns
    -------
    Chart
        Under each bar how many of the decided cases were corrected, as the correction rates count them, and
        how many are pending. No bar where a part is missing: the chart says which.
    """
    wholes = [_whole("disputes", route["row"], said(route)) for route in WORDS["disputes"]["routes"]]
    return _composition("disputes", frames, wholes, bodies)


@styled
def statuses(cells: pd.DataFrame, *, bodies: Sequence[str] = (), lang: str | None = None) -> Chart:
    """Where the values of each report come from: how many cells are printed, split, derived or without value.

    Parameters
    ----------
    cells
        Frame of the layout of ``ds.cells``.
    bodies
        Names of the bodies that the chart is about: those without figures are named under it.
    lang
        ``zh`` or ``en``; if not given the language that is set.
    """
    keys = ["body", "year", "scope", "status"]
    known = checked(cells, keys, "ds.cells").dropna(subset="year").astype({"scope": "str", "status": "str"})
    counts = known.fillna({"scope": ""}).groupby(keys, sort=False).size()
    wide = counts.unstack(fill_value=0, sort=False)
    wide["all"] = wide.sum(axis=1)
    long = wide.melt(var_name="row", ignore_index=False).reset_index()
    whole = _whole("statuses")
    used = whole._replace(parts=[part for part in whole.parts if part.cell.split(".")[1] in wide])
    return _composition("statuses", [long.assign(table="cells", column="number")], [used], bodies)


# ------------------------------------------------------------------------------------ what is drawn


def _composition(
    what: str, frames: Sequence[pd.DataFrame], wholes: Sequence[Whole], bodies: Sequence[str]
) -> Chart:
    """Wholes as bars of their parts."""
    cells = [cell for whole in wholes for cell in whole.cells]
    facts = gather(frames, cells, bodies)
    pairs, note = _pairs(facts, cells)
    reading = WORDS[what]["reading"]
    bars: list[list[Bar]] = []
    for pair in pairs:
        bars.append([_bar(facts, pair, whole, reading) for whole in wholes])
    drawn = {segment.fill for line in bars for bar in line for segment in bar.segments if segment.length}
    high = 0.38 if reading == "counts" else 0.25
    events = marks(cells)
    body = Rows(
        [whole.head for whole in wholes],
        rows_of(facts, pairs, bars, cells, events),
        high,
        marked=events,
        more=note,
        signs=[(part.name, part.fill) for part in wholes[0].parts if part.fill in drawn],
    )
    return _figure(what, facts, pairs, body)


def _bar(facts: Facts, pair: Pair, whole: Whole, reading: str) -> Bar:
    """The parts of one whole; where a figure is missing there is no bar, because its length would be a
    guess.
    """
    who, year = pair
    total = facts.get(who, whole.cell, year)
    found = {part.name: facts.get(who, part.cell, year) for part in whole.parts}
    lacks = [name for name, point in found.items() if point is None]
    if len(lacks) == len(found):
        return _blank(word(f"absent.{facts.absence(who, whole.cell, year)}"))
    if total is None:
        lacks.append(word("common.whole"))
    if lacks or total is None:
        return _blank(word("common.lacks", parts=join(lacks, "list")))
    if reading == "shares" and not total.value:
        return _blank(word("common.empty"))
    return _whole_bar(whole, [point for point in found.values() if point], total, reading)


def _whole_bar(whole: Whole, points: Sequence[Point], total: Point, reading: str) -> Bar:
    """A bar of which all is known."""
    doubted = any(point.suspect for point in points) and not total.suspect
    end = total.text() + "⚠" * doubted
    segments, told = [], []
    for part, point in zip(whole.parts, points, strict=True):
        length, text = point.value, point.text()
        if reading == "shares":
            length = 100 * point.value / total.value
            text = _shared(point, length)
        segments.append(Segment(length, point, part.fill, [text, point.text()]))
        told.append(f"{part.name} {text}")
    under = _decided(points, total) if reading == "counts" and total.value else []
    told += [word("common.total", n=end), *under[:1]]
    return Bar(segments, end, join(told), under)


def _blank(why: str) -> Bar:
    return Bar([], why, why)


def _shared(point: Point, part: float) -> str:
    return f"{point.text()} ({share(part)})"


def _decided(points: Sequence[Point], total: Point) -> list[str]:
    """How many of the decided cases were corrected, long and short: the rates' numerator and denominator."""
    corrected, pending = points[0].value, points[-1].value
    decided = total.value - pending
    keys = ["decided", "decided_short"] if decided else ["undecided"]
    counts = {"decided": number(decided), "corrected": number(corrected), "pending": number(pending)}
    return [word(f"common.{key}", **counts) for key in keys]


def _parts(what: str, frames: Sequence[pd.DataFrame], bodies: Sequence[str]) -> Chart:
    """Each part of a whole as a bar of its own, so that small parts keep their figures."""
    whole = _whole(what)
    facts = gather(frames, whole.cells, bodies)
    pairs, note = _pairs(facts, [whole.cell])
    turned = len(facts.who) == 1 and bool(pairs)  # a column a year
    detailed = turned and len(pairs) < 5
    bars: list[list[Bar]] = []
    for pair in pairs:
        bars.append([_part(facts, pair, whole, part, detailed) for part in whole.parts])
    names = [part.name for part in whole.parts]
    if not turned:
        rows = rows_of(facts, pairs, bars, whole.cells, ())
        return _figure(what, facts, pairs, Rows(names, rows, more=note))
    rows = [Row(name, line) for name, line in zip(names, zip(*bars, strict=True), strict=True)]
    heads = [_year(facts, pair, whole) for pair in pairs]
    return _figure(what, facts, pairs, Rows(heads, rows, more=note))


def _year(facts: Facts, pair: Pair, whole: Whole) -> str:
    """The head of a year, with its total or why there is none."""
    who, year = pair
    total = facts.get(who, whole.cell, year)
    if total is None:
        why = word(f"absent.{facts.absence(who, whole.cell, year)}")
        return f"{year}\n{why}"
    return f"{year}\nn={total.text()}"


def _part(facts: Facts, pair: Pair, whole: Whole, part: Part, detailed: bool) -> Bar:
    who, year = pair
    total, point = facts.get(who, whole.cell, year), facts.get(who, part.cell, year)
    if point is None:
        return _blank("—")
    if total is None or not total.value:
        return _blank(point.text())
    length = 100 * point.value / total.value
    text = _shared(point, length)
    return Bar([Segment(length, point, part.fill)], text if detailed else point.text(), text)


def _pairs(facts: Facts, cells: Sequence[str]) -> tuple[list[Pair], list[str]]:
    """The bars in order; of many bodies the latest year with figures, and the note that says so."""
    pairs = [(who, year) for who in facts.who for year in facts.years if (who, year) in facts.reports]
    if len(facts.who) == 1 or len(pairs) <= MOST:
        return pairs, []
    known: dict[Who, int] = {}
    for who, year in pairs:
        if any(facts.get(who, cell, year) for cell in cells):
            known[who] = year
    return list(known.items()), [word("common.latest")]


def _figure(what: str, facts: Facts, pairs: Sequence[Pair], body: Rows) -> Chart:
    """Bars, all columns on one scale."""
    spec = WORDS[what]
    bars = [cell for row in body.every for cell in row.cells if isinstance(cell, Bar)]
    drawn = replace(
        body,
        whose=list(dict.fromkeys(who for who, _ in pairs)),
        longest=max((bar.length for bar in bars), default=0),
        ends=widest((bar.end for bar in bars if bar.segments), LABEL) + 0.1,
    )
    hints, years = [word(f"common.{spec['reading']}")], sorted({year for _, year in pairs})
    return figure(facts, drawn, said(spec["title"]), hints, [spec["source"]], years=years)
