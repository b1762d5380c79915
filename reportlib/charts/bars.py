"""Compositions and counts as bars from zero: outcomes, applicants, grounds of refusal, disputes, statuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import page as p
from .frames import Facts, Point, Who, gather, joined, listed, notes, points, title
from .page import FILLS, Fill, Page, Swatch, fit, number, share, styled, width, word, words, wrap

__all__ = ["applicants", "disputes", "outcomes", "refusal_grounds", "statuses"]

Pairs = list[tuple[Who, int]]
"""The bars in order: whose, and of which year."""

ROW = 0.25  # inches from bar to bar
MOST = 48  # bars in one column before only the latest year of each body is drawn


class Segment(NamedTuple):
    """A part of a bar: its length, the figure written into it, how it is filled."""

    length: float
    point: Point
    fill: Fill
    share: str = ""


@dataclass
class Bar:
    """One bar: its parts, what stands at its end, or why there is none."""

    segments: list[Segment] = field(default_factory=list)
    end: str = ""
    lack: str = ""
    whole: str = ""


class Row(NamedTuple):
    """A line of the chart: a heading has no bars; a break stands where the form changed before it."""

    label: str
    bars: list[Bar]
    after_break: bool = False
    name: str = ""  # in the text alternative, where no heading stands above it


@dataclass(frozen=True)
class Sheet:
    """All that is drawn: codes of title, reading aid and source in ``words.toml``, columns and rows."""

    what: str
    reading: str
    source: str
    pairs: Pairs
    heads: list[str]
    rows: list[Row]
    note: list[str]
    legend: Sequence[Swatch] = ()
    full: float = 0.0
    inside: bool = True


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
    spec = words("outcomes")
    cells = [part["cell"] for part in spec["parts"]]
    facts = gather(frames, [spec["whole"], *cells])
    pairs, note = _pairs(facts, [spec["whole"], *cells], lang)
    parts = [(part[lang], part["cell"]) for part in spec["parts"]]
    bars = [[_bar(facts, pair, parts, spec["whole"], FILLS, lang, relative=True)] for pair in pairs]
    legend = [Swatch(part[lang], fill) for part, fill in zip(spec["parts"], FILLS, strict=False)]
    sheet = Sheet(
        "outcomes", "shares", "requests", pairs, [""], _rows(facts, pairs, bars, lang), note, legend, full=100
    )
    return _draw(sheet, lang)


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
    spec = words("disputes")
    fills = [FILLS[0], FILLS[3], FILLS[4], FILLS[5]]
    routes = [
        (
            [(part[lang], f"disputes.{route['row']}.{part['column']}") for part in spec["parts"]],
            f"disputes.{route['row']}.total",
        )
        for route in spec["routes"]
    ]
    cells = [cell for parts, whole in routes for cell in (*(cell for _, cell in parts), whole)]
    facts = gather(frames, cells)
    pairs, note = _pairs(facts, cells, lang)
    bars = [[_bar(facts, pair, parts, whole, fills, lang) for parts, whole in routes] for pair in pairs]
    for bar in (bar for line in bars for bar in line if bar.segments):
        bar.end = f"{bar.segments[0].point.text()}/{bar.end}"
    legend = [Swatch(part[lang], fill) for part, fill in zip(spec["parts"], fills, strict=True)]
    heads = [route[lang] for route in spec["routes"]]
    return _draw(
        Sheet("disputes", "counts", "disputes", pairs, heads, _rows(facts, pairs, bars, lang), note, legend), lang
    )


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
    spec = words("statuses")
    fills = dict(zip((part["code"] for part in spec["parts"]), [FILLS[k] for k in (0, 1, 3, 2, 5, 7)], strict=True))
    keys = ["body", "year", "scope", "status"]
    counts = (
        cells.dropna(subset="year")
        .astype({"scope": "str"})
        .groupby(keys, observed=True, sort=False, dropna=False)
        .size()
        .reset_index(name="value")
    )
    facts = Facts()
    facts.add(points(counts.drop(columns="status"), counts["status"].astype("str")), set(fills))
    facts.reports = {(who, year): None for (who, _), series in facts.table.items() for year in series}
    pairs, note = _pairs(facts, list(fills), lang)
    bars = []
    for who, year in pairs:
        found = [(fill, q) for code, fill in fills.items() if (q := facts.get(who, code, year))]
        segments = [Segment(q.value or 0, q, fill) for fill, q in found]
        bars.append([Bar(segments, number(sum(segment.length for segment in segments)))])
    used = {code for _, code in facts.table}
    legend = [Swatch(part[lang], fills[part["code"]]) for part in spec["parts"] if part["code"] in used]
    return _draw(Sheet("statuses", "cells", "all", pairs, [""], _rows(facts, pairs, bars, lang), note, legend), lang)


# ----------------------------------------------------------------------------------- what is drawn


def _parts(section: str, frames: Sequence[pd.DataFrame], lang: str) -> Figure:
    """Each part of a whole as a bar of its own, so that small parts keep their figures."""
    spec = words(section)
    facts = gather(frames, [spec["whole"], *(part["cell"] for part in spec["parts"])])
    pairs, note = _pairs(facts, [spec["whole"]], lang)
    one = len(facts.who) == 1

    def bar(who: Who, year: int, cell: str) -> Bar:
        whole, point = facts.get(who, spec["whole"], year), facts.get(who, cell, year)
        if point is None or point.value is None or whole is None or not whole.value:
            return Bar(lack=point.text() if point else "—")
        part = 100 * point.value / whole.value
        return Bar(
            [Segment(part, point, FILLS[0], share(part))],
            point.text() + (f" ({share(part)})" if one and len(pairs) < 5 else ""),
        )

    bars = [[bar(who, year, part["cell"]) for part in spec["parts"]] for who, year in pairs]
    heads, rows = [part[lang] for part in spec["parts"]], _rows(facts, pairs, bars, lang)
    if one:  # turned: a column a year
        rows = [Row(head, list(line)) for head, line in zip(heads, zip(*bars, strict=True), strict=False)]
        wholes = [facts.get(who, spec["whole"], year) for who, year in pairs]
        heads = [f"{year}\nn={whole.text() if whole else '—'}" for (_, year), whole in zip(pairs, wholes, strict=True)]
    return _draw(Sheet(section, "parts", "requests", pairs, heads, rows, note, inside=False), lang)


def _bar(
    facts: Facts, pair: tuple[Who, int], parts: list[tuple[str, str]], whole: str, fills: Sequence[Fill], lang: str,
    *, relative: bool = False,
) -> Bar:  # fmt: skip
    """The parts of one whole; where a figure is missing there is no bar, because its length would be a guess."""
    who, year = pair
    total = facts.get(who, whole, year)
    found = [facts.get(who, cell, year) for _, cell in parts]
    known = [point for point in found if point is not None]
    if total is None or total.value is None or len(known) < len(parts):
        if not known:
            return Bar(lack=word("common.no_data", lang))
        names = [name for (name, _), point in zip(parts, found, strict=True) if point is None]
        names += [word("common.whole", lang)] if total is None else []
        return Bar(lack=word("common.lacks", lang, parts=listed(names, lang)))
    if relative and total.value == 0:
        return Bar(lack=word("common.empty", lang))
    bar = Bar(end=total.text())
    for point, fill in zip(known, fills, strict=False):
        length = 100 * (point.value or 0) / total.value if relative else point.value or 0
        bar.segments.append(Segment(length, point, fill, share(length) if relative else ""))
    if any(point.suspect for point in known) and not total.suspect:
        bar.end += "⚠"
    bar.whole = word("common.total", lang, n=bar.end)
    return bar


def _pairs(facts: Facts, cells: list[str], lang: str) -> tuple[Pairs, list[str]]:
    """The bars in order; of many bodies the latest year with figures, and the note that says so."""
    pairs = [(who, year) for who in facts.who for year in facts.years if (who, year) in facts.reports]
    known = {who: year for who, year in pairs if any(facts.get(who, cell, year) for cell in cells)}
    note = []
    if len(facts.who) > 1 and len(pairs) > MOST:
        pairs, note = list(known.items()), [word("common.latest", lang)]
    return pairs, note


def _rows(facts: Facts, pairs: Pairs, bars: list[list[Bar]], lang: str) -> list[Row]:
    """A row a body and year, under a heading where a body has several years."""
    editions = {(who, year): q.edition for (who, _), series in facts.table.items() for year, q in series.items()}
    many, several = len({who for who, _ in pairs}) > 1, len({who for who, _ in pairs}) < len(pairs)
    one_scope, one_year = len({who.scope for who, _ in pairs}) == 1, len({year for _, year in pairs}) == 1
    rows: list[Row] = []
    before: tuple[Who, int] | None = None
    for (who, year), line in zip(pairs, bars, strict=True):
        name = who.body if one_scope else who.named(lang)
        if many and several and (before is None or before[0] != who):
            rows.append(Row(name, []))
        text = str(year) if several or not many else name if one_year else f"{name} {year}"
        changed = before is not None and before[0] == who and editions.get(before) != editions.get((who, year))
        rows.append(Row(text, line, changed, f"{name} {year}" if many else text))
        before = (who, year)
    return rows


# ----------------------------------------------------------------------------------- drawing


def _draw(sheet: Sheet, lang: str) -> Figure:
    """Rows of bars, one axes a column, all columns on one scale."""
    rows, heads = sheet.rows, sheet.heads
    bars = [bar for row in rows for bar in row.bars]
    room = p.WIDTH - 2 * p.MARGIN
    label = min(max((width(row.label, p.LABEL) for row in rows if row.bars), default=0.0) + 0.12, 2.1)
    gutter = 0.12
    wide = (room - label + gutter) / max(len(heads), 1) - gutter
    size = p.LABEL if wide > 0.6 else p.NOTE
    end = min(max((width(bar.end, size) for bar in bars), default=0.0) + 0.1, 0.85 * wide)
    lines = [[line for part in head.split("\n") for line in wrap(part, p.NOTE, wide)] if head else [] for head in heads]
    above = max(map(len, lines), default=0) * p.NOTE * p.LEADING + 0.06
    broken = ["break"] if any(row.after_break for row in rows) else []
    page = Page(
        title(
            (who for who, _ in sheet.pairs), [year for _, year in sheet.pairs], words(sheet.what)["title"][lang], lang
        ),
        above + max(len(rows), 1) * ROW + 0.04,
        subtitle=word(f"common.{sheet.reading}", lang),
        legend=sheet.legend,
        notes=[*sheet.note, *notes((segment.point for bar in bars for segment in bar.segments), lang, broken)],
        source=word(f"source.{sheet.source}", lang),
    )
    if not bars:
        return page.nothing(lang)
    scale = max(sheet.full, *(sum(segment.length for segment in bar.segments) for bar in bars)) or 1.0
    per_inch = scale / (wide - end)
    for k, row in enumerate(rows):
        page.text(p.MARGIN, above + (k + 0.5) * ROW, fit(row.label, p.LABEL, label - 0.1 if row.bars else room))
        _fact(page, row, heads, sheet.legend, lang)
    for c, head in enumerate(lines):
        left = p.MARGIN + label + c * (wide + gutter)
        for n, line in enumerate(head):
            page.text(left, above - 0.06 - (len(head) - n - 0.5) * p.NOTE * p.LEADING, line, size=p.NOTE, color=p.DARK)
        ax = page.axes(left, above, wide, len(rows) * ROW)
        ax.set_axis_off()
        ax.set_xlim(0, per_inch * wide)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        for k, row in enumerate(rows):
            if row.bars:
                ax.vlines([0], k - 0.5, k + 0.5, color=p.MID, linewidth=0.7)
                _draw_bar(ax, k, row.bars[c], per_inch, wide, size, inside=sheet.inside)
            if row.after_break:
                ax.axhline(k - 0.5, color=p.DARK, linewidth=0.8, linestyle=(0, (3, 3)))
    return page.done(lang)


def _draw_bar(ax: Axes, y: int, bar: Bar, per_inch: float, wide: float, size: float, *, inside: bool) -> None:
    if bar.lack:
        ax.text(0.06 * per_inch, y, fit(bar.lack, p.NOTE, wide - 0.1), size=p.NOTE, va="center", color=p.DARK)
        return
    x = 0.0
    for length, point, fill, part in bar.segments:
        if length > 0:
            face, hatch, ink = fill
            edge = "white" if not hatch and face != "white" else p.MID
            ax.barh(y, length, 0.68, left=x, facecolor=face, hatch=hatch, edgecolor=edge, linewidth=0.6)
            for text in (f"{point.text()} ({part})" if part else point.text(), point.text()) if inside else ():
                if width(text, p.NOTE) + 0.06 <= length / per_inch:
                    under = {"facecolor": face, "edgecolor": "none", "pad": 0.8} if hatch else None
                    ax.text(x + length / 2, y, text, size=p.NOTE, ha="center", va="center", color=ink, bbox=under)
                    break
        x += length
    ax.text(x + 0.05 * per_inch, y, bar.end, size=size, va="center", color="#222222")


def _fact(page: Page, row: Row, heads: list[str], legend: Sequence[Swatch], lang: str) -> None:
    """What a row shows, for the text alternative."""
    names = {entry.fill: f"{entry.text} " for entry in legend}
    for head, bar in zip(heads, row.bars, strict=False):
        what = " ".join(filter(None, [row.name or row.label, head.replace("\n", " ")]))
        parts = [f"{names.get(s.fill, '')}{s.point.text()}{f' ({s.share})' if s.share else ''}" for s in bar.segments]
        parts += [bar.whole] if bar.whole else []
        page.fact(f"{what} {bar.lack}" if bar.lack else f"{what}{'：' if lang == 'zh' else ': '}{joined(parts, lang)}")
