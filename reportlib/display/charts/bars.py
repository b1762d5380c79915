"""Compositions and counts as bars from zero: outcomes, applicants, grounds of refusal, disputes, statuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import page as p
from .frames import Facts, Part, Point, Who, gather, notes, parts, title
from .page import WORDS, Fill, Page, Swatch, fit, join, share, styled, widest, width, word, wrap

__all__ = ["applicants", "disputes", "outcomes", "refusal_grounds", "statuses"]

ROW = 0.25  # inches from bar to bar
MOST = 48  # bars in one column before only the latest year of each body is drawn
GUTTER = 0.12


Pair = tuple[Who, int]
"""Whose bar, and of which year."""


class Segment(NamedTuple):
    """A part of a bar: its name, its length, its figure, how it is filled, and its share where it is told."""

    name: str
    length: float
    point: Point
    fill: Fill
    share: str = ""

    @property
    def text(self) -> str:
        """The figure, with its share."""
        return f"{self.point.text()} ({self.share})" if self.share else self.point.text()


class Bar(NamedTuple):
    """One bar: its parts, what stands at its end, its total in words; a bar without parts says why in
    `end`.
    """

    segments: list[Segment]
    end: str
    whole: str = ""


class Row(NamedTuple):
    """A line of the chart: a heading has no bars; `broken` where the form changed before it."""

    label: str
    bars: Sequence[Bar] = ()
    name: str = ""  # in the text alternative, where no heading stands above it
    broken: bool = False


class Column(NamedTuple):
    """A column of bars: the cell of a whole, and its parts."""

    head: str
    whole: str
    parts: list[Part]


@styled
def outcomes(*frames: pd.DataFrame, lang: str = "zh") -> Figure:
    """How requests were handled: shares of all concluded, with counts, a bar a body and year.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells`` and ``ds.groups``.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        No bar where a part is missing: the chart says which.
    """
    column = Column("", WORDS["outcomes"]["whole"], parts("outcomes", lang))
    return _composition("outcomes", frames, [column], lang)


@styled
def applicants(*frames: pd.DataFrame, lang: str = "zh") -> Figure:
    """Who asks: each kind of applicant's share of the requests received, with its count, on one scale.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells``.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        For one body a column a year; for many bodies a column a kind of applicant and a row a body.
    """
    return _parts("applicants", frames, lang)


@styled
def refusal_grounds(*frames: pd.DataFrame, lang: str = "zh") -> Figure:
    """The mix of refusal grounds: each ground's share of all refusals, with its count, on one scale.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells`` and ``ds.groups``.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        For one body a column a year; for many bodies a column a ground and a row a body.
    """
    return _parts("refusal_grounds", frames, lang)


@styled
def disputes(*frames: pd.DataFrame, lang: str = "zh") -> Figure:
    """How reconsiderations and both kinds of lawsuits ended: counts on one scale, a column a route.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells``.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        At the end of each bar corrected/total. No bar where a part is missing: the chart says which.
    """
    routes = {route["row"]: route[lang] for route in WORDS["disputes"]["routes"]}
    columns = [
        Column(name, f"disputes.{row}.total", parts("disputes", lang, row)) for row, name in routes.items()
    ]
    return _composition("disputes", frames, columns, lang)


@styled
def statuses(cells: pd.DataFrame, *, lang: str = "zh") -> Figure:
    """Where the values of each report come from: how many cells are printed, split, derived or without value.

    Parameters
    ----------
    cells
        Frame of the layout of ``ds.cells``.
    lang
        ``zh`` or ``en``.
    """
    known = cells.dropna(subset="year").astype({"scope": "str", "status": "str"}).fillna({"scope": ""})
    counts = (
        known.groupby(["body", "year", "scope", "status"], sort=False)
        .size()
        .unstack(fill_value=0, sort=False)
    )
    long = counts.assign(all=counts.sum(axis=1)).melt(var_name="row", ignore_index=False).reset_index()
    used = [part for part in parts("statuses", lang) if part.cell.split(".")[1] in counts]
    column = Column("", "cells.all.number", used)
    return _composition("statuses", [long.assign(table="cells", column="number")], [column], lang)


# ----------------------------------------------------------------------------------- what is drawn


def _composition(what: str, frames: Sequence[pd.DataFrame], columns: list[Column], lang: str) -> Figure:
    """Wholes as bars of their parts."""
    cells = [cell for column in columns for cell in (column.whole, *(part.cell for part in column.parts))]
    facts = gather(frames, cells)
    pairs, note = _pairs(facts, cells, lang)
    bars = [[_bar(facts, pair, column, WORDS[what]["reading"], lang) for column in columns] for pair in pairs]
    legend = [Swatch(part.name, part.fill) for part in columns[0].parts]
    heads = [column.head for column in columns]
    return _draw(what, pairs, heads, _rows(facts, pairs, bars, lang), note, legend, lang)


def _bar(facts: Facts, pair: Pair, column: Column, reading: str, lang: str) -> Bar:
    """The parts of one whole; where a figure is missing there is no bar, because its length would be a
    guess.
    """
    who, year = pair
    total = facts.get(who, column.whole, year)
    found = [(part, facts.get(who, part.cell, year)) for part in column.parts]
    lacks = [part.name for part, point in found if point is None]
    if len(lacks) == len(found):
        return Bar([], word("common.no_data", lang))
    if lacks or total is None:
        lacks += [word("common.whole", lang)] if total is None else []
        return Bar([], word("common.lacks", lang, parts=join(lacks, lang, "list")))
    per = 100 / total.value if reading == "shares" and total.value else 1
    if reading == "shares" and not total.value:
        return Bar([], word("common.empty", lang))
    segments = [Segment(part.name, per * point.value, point, part.fill) for part, point in found if point]
    if reading == "shares":
        segments = [segment._replace(share=share(segment.length)) for segment in segments]
    doubted = any(segment.point.suspect for segment in segments) and not total.suspect
    end = total.text() + ("⚠" if doubted else "")
    first = f"{segments[0].point.text()}/" if reading == "counts" else ""
    return Bar(segments, first + end, word("common.total", lang, n=end))


def _parts(what: str, frames: Sequence[pd.DataFrame], lang: str) -> Figure:
    """Each part of a whole as a bar of its own, so that small parts keep their figures."""
    total, every = WORDS[what]["whole"], parts(what, lang)
    facts = gather(frames, [total, *(part.cell for part in every)])
    pairs, note = _pairs(facts, [total], lang)
    one = len(facts.who) == 1

    def bar(who: Who, year: int, part: Part) -> Bar:
        whole, point = facts.get(who, total, year), facts.get(who, part.cell, year)
        if point is None or whole is None or not whole.value:
            return Bar([], point.text() if point else "—")
        length = 100 * point.value / whole.value
        segment = Segment("", length, point, part.fill, share(length))
        return Bar([segment], segment.text if one and len(pairs) < 5 else point.text())

    bars = [[bar(who, year, part) for part in every] for who, year in pairs]
    heads, rows = [part.name for part in every], _rows(facts, pairs, bars, lang)
    if one and pairs:  # turned: a column a year
        rows = [Row(head, line) for head, line in zip(heads, zip(*bars, strict=True), strict=True)]
        wholes = [facts.get(who, total, year) for who, year in pairs]
        heads = [
            f"{year}\nn={whole.text() if whole else '—'}"
            for (_, year), whole in zip(pairs, wholes, strict=True)
        ]
    return _draw(what, pairs, heads, rows, note, [], lang)


def _pairs(facts: Facts, cells: Iterable[str], lang: str) -> tuple[list[Pair], list[str]]:
    """The bars in order; of many bodies the latest year with figures, and the note that says so."""
    pairs = [(who, year) for who in facts.who for year in facts.years if (who, year) in facts.reports]
    if len(facts.who) == 1 or len(pairs) <= MOST:
        return pairs, []
    known = {who: year for who, year in pairs if any(facts.get(who, cell, year) for cell in cells)}
    return list(known.items()), [word("common.latest", lang)]


def _rows(facts: Facts, pairs: list[Pair], bars: list[list[Bar]], lang: str) -> list[Row]:
    """A row a body and year, under a heading where a body has several years."""
    whose = {who for who, _ in pairs}
    many, several = len(whose) > 1, len(whose) < len(pairs)
    one_scope, one_year = len({who.scope for who in whose}) == 1, len({year for _, year in pairs}) == 1
    rows: list[Row] = []
    before = None
    for pair, line in zip(pairs, bars, strict=True):
        who, year = pair
        name = who.body if one_scope else who.named(lang)
        follows = before is not None and before[0] == who
        if many and several and not follows:
            rows.append(Row(name))
        text = str(year) if several or not many else name if one_year else f"{name} {year}"
        broken = before is not None and follows and facts.reports[before] != facts.reports[pair]
        rows.append(Row(text, line, f"{name} {year}" if many else text, broken))
        before = pair
    return rows


# ----------------------------------------------------------------------------------- drawing


def _draw(
    what: str,
    pairs: list[Pair],
    heads: list[str],
    rows: list[Row],
    note: list[str],
    legend: list[Swatch],
    lang: str,
) -> Figure:
    """Rows of bars, one axes a column, all columns on one scale; without a legend figures stand at the ends
    only.
    """
    spec = WORDS[what]
    bars = [bar for row in rows for bar in row.bars]
    points = [segment.point for bar in bars for segment in bar.segments]
    label = min(widest(row.label for row in rows if row.bars) + 0.12, 2.1)
    wide = (p.ROOM - label + GUTTER) / max(len(heads), 1) - GUTTER
    size = p.LABEL if wide > 0.6 else p.NOTE
    end = min(widest((bar.end for bar in bars if bar.segments), size) + 0.1, 0.85 * wide)
    leading = p.NOTE * p.LEADING
    lines = [
        [line for part in head.split("\n") for line in wrap(part, p.NOTE, wide) if line] for head in heads
    ]
    above = max(map(len, lines), default=0) * leading + 0.06
    page = Page(
        lang,
        title((who for who, _ in pairs), (year for _, year in pairs), spec["title"][lang], lang),
        above + max(len(rows), 1) * ROW + 0.04,
        [spec["source"]],
        subtitle=word(f"common.{spec['reading']}", lang),
        legend=legend,
        notes=[*note, *notes(points, lang, ["break"] if any(row.broken for row in rows) else [])],
    )
    if not bars:
        return page.nothing()
    per_inch = (max(sum(segment.length for segment in bar.segments) for bar in bars) or 1.0) / (wide - end)
    for k, row in enumerate(rows):
        page.text(
            p.MARGIN, above + (k + 0.5) * ROW, fit(row.label, p.LABEL, label - 0.1 if row.bars else p.ROOM)
        )
        for head, bar in zip(heads, row.bars, strict=False):
            told = [" ".join(filter(None, [segment.name, segment.text])) for segment in bar.segments]
            said = join(filter(None, [*told, bar.whole]), lang) if told else bar.end
            page.fact(said, row.name or row.label, head.replace("\n", " "))
    for c, written in enumerate(lines):
        left = p.MARGIN + label + c * (wide + GUTTER)
        top = above - 0.06 - (len(written) - 0.5) * leading
        page.lines(left, top, written, leading=leading, size=p.NOTE, color=p.DARK)
        ax = page.axes(left, above, wide, len(rows) * ROW, x=(0, per_inch * wide), y=(len(rows) - 0.5, -0.5))
        for k, row in enumerate(rows):
            if row.bars:
                ax.vlines([0], k - 0.5, k + 0.5, color=p.MID, linewidth=0.7)
                _draw_bar(ax, k, row.bars[c], per_inch, wide, size, inside=bool(legend))
            if row.broken:
                ax.axhline(k - 0.5, color=p.DARK, linewidth=0.8, linestyle=(0, (3, 3)))
    return page.done()


def _draw_bar(ax: Axes, y: int, bar: Bar, per_inch: float, wide: float, size: float, *, inside: bool) -> None:
    if not bar.segments:
        ax.text(0.06 * per_inch, y, fit(bar.end, p.NOTE, wide - 0.1), size=p.NOTE, va="center", color=p.DARK)
        return
    x = 0.0
    for segment in bar.segments:
        face, hatch, ink = segment.fill
        if segment.length > 0:
            edge = "white" if not hatch and face != "white" else p.MID
            ax.barh(
                y, segment.length, 0.68, left=x, facecolor=face, hatch=hatch, edgecolor=edge, linewidth=0.6
            )
            room = segment.length / per_inch - 0.06 if inside else 0
            for text in [
                text for text in (segment.text, segment.point.text()) if width(text, p.NOTE) <= room
            ][:1]:
                under = {"facecolor": face, "edgecolor": "none", "pad": 0.8} if hatch else None
                ax.text(
                    x + segment.length / 2,
                    y,
                    text,
                    size=p.NOTE,
                    ha="center",
                    va="center",
                    color=ink,
                    bbox=under,
                )
        x += segment.length
    ax.text(x + 0.05 * per_inch, y, bar.end, size=size, va="center", color="#222222")
