"""Compositions and counts as bars from zero: outcomes, applicants, grounds of refusal, disputes, statuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import page as p
from .frames import Facts, Point, Who, gather, joined, listed, notes, title
from .page import FILLS, Fill, Page, Swatch, fit, number, share, styled, width, word, words, wrap

__all__ = ["applicants", "disputes", "outcomes", "refusal_grounds", "statuses"]

ROW = 0.25  # inches from bar to bar
MOST = 48  # bars in one column before only the latest year of each body is drawn
SOLID = FILLS[0]


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
    return _shares("outcomes", frames, lang)


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
    """
    spec = words("disputes")
    cells = [f"disputes.{route['row']}.{part['column']}" for route in spec["routes"] for part in spec["parts"]]
    wholes = [f"disputes.{route['row']}.total" for route in spec["routes"]]
    facts = gather(frames, [*cells, *wholes])
    pairs, note = _pairs(facts, [*cells, *wholes], lang)
    fills = [FILLS[0], FILLS[3], FILLS[4], FILLS[5]]

    def bar(who: Who, year: int, row: str) -> Bar:
        parts = [(part[lang], f"disputes.{row}.{part['column']}") for part in spec["parts"]]
        bar = _bar(facts, who, year, parts, f"disputes.{row}.total", fills, lang, relative=False)
        return replace(bar, end=f"{bar.segments[0].point.text()}/{bar.end}") if bar.segments else bar

    bars = [[bar(who, year, route["row"]) for route in spec["routes"]] for who, year in pairs]
    rows = _rows(facts, pairs, bars, lang)
    heads = [route[lang] for route in spec["routes"]]
    legend = [Swatch(part[lang], fill) for part, fill in zip(spec["parts"], fills, strict=True)]
    subtitle = word("common.counts", lang)
    return _draw(facts, spec, heads, rows, subtitle=subtitle, note=note, legend=legend, lang=lang)


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
    facts = Facts()
    counts = (
        cells.assign(scope=cells["scope"].astype("str").fillna(""))
        .groupby(["body", "scope", "year", "status"], observed=True, sort=False)
        .size()
        .reset_index(name="n")
    )
    for body, scope, year, status, count in counts.itertuples(index=False):
        who = Who(str(body), str(scope))
        facts.table[who, str(status)][int(year)] = Point(int(year), float(count))
        facts.reports.add((who, int(year)))
    facts.who = list(dict.fromkeys(who for who, _ in facts.table))
    years = sorted({year for series in facts.table.values() for year in series})
    facts.years = list(range(years[0], years[-1] + 1)) if years else []
    used = [part for part in spec["parts"] if any(status == part["code"] for _, status in facts.table)]
    fills = [FILLS[0], FILLS[1], FILLS[3], FILLS[2], FILLS[5], FILLS[7]]
    fill = {part["code"]: fill for part, fill in zip(spec["parts"], fills, strict=True)}
    pairs, note = _pairs(facts, [part["code"] for part in used], lang)
    bars = []
    for who, year in pairs:
        found = [(part["code"], q) for part in used if (q := facts.get(who, part["code"], year))]
        segments = [Segment(q.value or 0, q, fill[code]) for code, q in found]
        bars.append([Bar(segments, end=number(sum(segment.length for segment in segments)))])
    legend = [Swatch(part[lang], fill[part["code"]]) for part in used]
    rows = _rows(facts, pairs, bars, lang)
    return _draw(facts, spec, [""], rows, subtitle=word("common.cells", lang), note=note, legend=legend, lang=lang)


# ----------------------------------------------------------------------------------- what is drawn


def _shares(section: str, frames: Sequence[pd.DataFrame], lang: str) -> Figure:
    spec = words(section)
    facts = gather(frames, [spec["whole"], *(part["cell"] for part in spec["parts"])])
    pairs, note = _pairs(facts, [spec["whole"], *(part["cell"] for part in spec["parts"])], lang)
    parts = [(part[lang], part["cell"]) for part in spec["parts"]]
    bars = [[_bar(facts, who, year, parts, spec["whole"], FILLS, lang, relative=True)] for who, year in pairs]
    legend = [Swatch(part[lang], fill) for part, fill in zip(spec["parts"], FILLS, strict=False)]
    rows = _rows(facts, pairs, bars, lang)
    subtitle = word("common.shares", lang)
    return _draw(facts, spec, [""], rows, subtitle=subtitle, note=note, legend=legend, full=100.0, lang=lang)


def _parts(section: str, frames: Sequence[pd.DataFrame], lang: str) -> Figure:
    """Each part of a whole as a bar of its own, so that small parts keep their figures."""
    spec = words(section)
    facts = gather(frames, [spec["whole"], *(part["cell"] for part in spec["parts"])])
    pairs, note = _pairs(facts, [spec["whole"]], lang)
    one = len(facts.who) == 1
    room = one and len(pairs) <= 4

    def bar(who: Who, year: int, part: dict[str, str]) -> Bar:
        whole, point = facts.get(who, spec["whole"], year), facts.get(who, part["cell"], year)
        if point is None or point.value is None or whole is None or not whole.value:
            return Bar(lack=point.text() if point else "—")
        length = 100 * point.value / whole.value
        end = f"{point.text()} ({share(length)})" if room else point.text()
        return Bar([Segment(length, point, SOLID, share(length))], end)

    if one:
        heads = [f"{year}\nn={_text(facts.get(who, spec['whole'], year))}" for who, year in pairs]
        rows = [Row(part[lang], [bar(who, year, part) for who, year in pairs]) for part in spec["parts"]]
    else:
        heads = [part[lang] for part in spec["parts"]]
        rows = _rows(facts, pairs, [[bar(who, year, part) for part in spec["parts"]] for who, year in pairs], lang)
    subtitle = word("common.parts", lang)
    return _draw(facts, spec, heads, rows, subtitle=subtitle, note=note, legend=[], parted=True, lang=lang)


def _bar(
    facts: Facts, who: Who, year: int, parts: list[tuple[str, str]], whole: str, fills: Sequence[Fill], lang: str, *,
    relative: bool,
) -> Bar:  # fmt: skip
    """The parts of one whole; where a figure is missing there is no bar, because its length would be a guess."""
    total = facts.get(who, whole, year)
    points = [facts.get(who, cell, year) for _, cell in parts]
    lacking = [name for (name, _), point in zip(parts, points, strict=True) if point is None]
    if lacking or total is None or total.value is None:
        names = listed(lacking + ([word("common.whole", lang)] if total is None else []), lang)
        return Bar(
            lack=word("common.no_data", lang) if len(lacking) == len(parts) else word("common.lacks", lang, parts=names)
        )
    if relative and total.value == 0:
        return Bar(lack=word("common.empty", lang))
    segments = []
    for point, fill in zip(points, fills, strict=False):
        value = point.value if point and point.value is not None else 0.0
        part = 100 * value / total.value if relative else value
        segments.append(Segment(part, point or total, fill, share(part) if relative else ""))
    hidden = any(point.suspect for point in points if point) and not total.suspect
    end = total.text() + ("⚠" if hidden else "")
    return Bar(segments, end, whole=word("common.total", lang, n=end))


def _pairs(facts: Facts, cells: list[str], lang: str) -> tuple[list[tuple[Who, int]], list[str]]:
    """The bars in order; of many bodies the latest year with figures, and the note that says so."""
    pairs = [(who, year) for who in facts.who for year in facts.years if (who, year) in facts.reports]
    known = {who: year for who, year in pairs if any(facts.get(who, cell, year) for cell in cells)}
    note = []
    if len(facts.who) > 1 and len(pairs) > MOST:
        pairs, note = list(known.items()), [word("common.latest", lang)]
    facts.years = sorted({year for _, year in pairs})
    return pairs, note


def _rows(facts: Facts, pairs: list[tuple[Who, int]], bars: list[list[Bar]], lang: str) -> list[Row]:
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


def _text(point: Point | None) -> str:
    return point.text() if point else "—"


# ----------------------------------------------------------------------------------- drawing


def _draw(
    facts: Facts, spec: dict[str, Any], heads: list[str], rows: list[Row], *, subtitle: str, note: list[str],
    legend: list[Swatch], lang: str, parted: bool = False, full: float = 0.0,
) -> Figure:  # fmt: skip
    """Rows of bars, one axes a column, all columns on one scale."""
    bars = [bar for row in rows for bar in row.bars]
    points = [segment.point for bar in bars for segment in bar.segments]
    room = p.WIDTH - 2 * p.MARGIN
    label = min(max((width(row.label, p.LABEL) for row in rows if row.bars), default=0.0) + 0.12, 2.1)
    gutter = 0.12
    wide = (room - label - gutter * (len(heads) - 1)) / len(heads)
    size = p.LABEL if wide > 0.6 else p.NOTE
    end = min(max((width(bar.end, size) for bar in bars), default=0.0) + 0.1, 0.85 * wide)
    lines = [[line for part in head.split("\n") for line in wrap(part, p.NOTE, wide)] if head else [] for head in heads]
    above = max(len(line) for line in lines) * p.NOTE * p.LEADING + 0.06
    height = above + max(len(rows), 1) * ROW + 0.04
    table = next(iter(facts.table), (None, "all"))[1].partition(".")[0]
    source = word(f"source.{table if table in words('source') else 'all'}", lang)
    broken = ["break"] if any(row.after_break for row in rows) else []
    page = Page(
        title(facts, spec["title"][lang], lang), height, subtitle=subtitle, legend=legend,
        notes=[*note, *notes(points, lang, broken)], source=source,
    )  # fmt: skip
    if not rows:
        page.text(p.MARGIN, height / 2, word("common.no_data", lang), color=p.DARK)
        return page.done(lang)
    top = max((sum(segment.length for segment in bar.segments) for bar in bars), default=0.0) or 1.0
    scale = max(top, full)
    for k, row in enumerate(rows):
        y = above + (k + 0.5) * ROW
        page.text(p.MARGIN, y, fit(row.label, p.LABEL, label - 0.1 if row.bars else room), color="#111111")
        _fact(page, row, heads, legend, lang)
    for c, head in enumerate(lines):
        left = p.MARGIN + label + c * (wide + gutter)
        for n, line in enumerate(head):
            page.text(left, above - 0.06 - (len(head) - n - 0.5) * p.NOTE * p.LEADING, line, size=p.NOTE, color=p.DARK)
        ax = page.axes(left, above, wide, len(rows) * ROW)
        ax.set_axis_off()
        per_inch = scale / (wide - end)
        ax.set_xlim(0, per_inch * wide)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        barred = [k for k, row in enumerate(rows) if row.bars]
        ax.vlines([0] * len(barred), [k - 0.5 for k in barred], [k + 0.5 for k in barred], color=p.MID, linewidth=0.7)
        for k, row in enumerate(rows):
            if row.bars:
                _draw_bar(ax, k, row.bars[c], per_inch, wide, size, inside=not parted)
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


def _fact(page: Page, row: Row, heads: list[str], legend: list[Swatch], lang: str) -> None:
    """What a row shows, for the text alternative."""
    names = {entry.fill: f"{entry.text} " for entry in legend}
    for head, bar in zip(heads, row.bars, strict=False):
        what = " ".join(filter(None, [row.name or row.label, head.replace("\n", " ")]))
        parts = [f"{names.get(s.fill, '')}{s.point.text()}{f' ({s.share})' if s.share else ''}" for s in bar.segments]
        parts += [bar.whole] if bar.whole else []
        page.fact(f"{what} {bar.lack}" if bar.lack else f"{what}{'：' if lang == 'zh' else ': '}{joined(parts, lang)}")
