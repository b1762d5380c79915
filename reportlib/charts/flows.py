"""Where one year's requests came from and what became of them."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from . import page as p
from .frames import Facts, Point, Who, gather, joined, listed, notes, title
from .page import FILLS, Fill, Page, number, share, styled, width, word, words, wrap

__all__ = ["flow"]

LINE = 0.165  # inches from one label's line to the next
HALF = 0.06  # of a block's width


class Part(NamedTuple):
    """A block of the flow: its name, its figure, how it is filled."""

    name: str
    point: Point
    fill: Fill


@styled
def flow(*frames: pd.DataFrame, year: int | None = None, lang: str = "zh") -> Figure:
    """One year's requests: received and carried in, then how they were handled and what was carried out.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells`` and ``ds.groups``.
    year
        Which year; if not given the latest of each body that has all the figures.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        A flow a body; heights are counts. Where the two sides differ the difference is drawn as
        such; where a figure is missing nothing is drawn and the figure says which.
    """
    spec = words("flow")
    cells = [
        (spec["received"][lang], "requests.received.total"),
        (spec["carried_in"][lang], "requests.carried_in.total"),
    ]
    cells += [(part[lang], part["cell"]) for part in words("outcomes")["parts"]]
    cells += [(spec["carried_out"][lang], "requests.carried_out.total")]
    facts = gather(frames, [cell for _, cell in cells])
    chosen = {who: year or _latest(facts, who, [cell for _, cell in cells]) for who, _ in facts.reports}
    many = len(chosen) > 1
    head, high = 0.25 * many, 1.75 if many else 3.1
    found = {who: [(name, facts.get(who, cell, when)) for name, cell in cells] for who, when in chosen.items()}
    room = {who: head + (high if all(point for _, point in found[who]) else 0.6) for who in chosen}
    page = Page(
        title(chosen, list(chosen.values()), spec["title"][lang], lang),
        sum(room.values()) or 0.4,
        subtitle=word("common.unit", lang, unit=words("volumes")["requests"]["unit"][lang]),
        notes=notes((point for points in found.values() for _, point in points if point), lang),
        source=word("source.requests", lang),
    )
    if not chosen:
        return page.nothing(lang)
    top = 0.0
    for who, when in chosen.items():
        name = f"{who.named(lang)} {when}" if many else ""
        page.text(p.MARGIN, top + 0.13, name, color="#111111")
        said = _say_or_draw(page, found[who], top + head, high, lang)
        page.fact(f"{name}{'：' if lang == 'zh' else ': '}{said}" if many else said)
        top += room[who]
    return page.done(lang)


def _latest(facts: Facts, who: Who, cells: list[str]) -> int:
    """The latest year with all figures, else the latest there is."""
    years = [year for year in facts.years if (who, year) in facts.reports]
    whole = [year for year in years if all(facts.get(who, cell, year) for cell in cells)]
    return (whole or years)[-1]


def _say_or_draw(page: Page, found: list[tuple[str, Point | None]], top: float, high: float, lang: str) -> str:
    """Draw one flow, or write why there is none; return it in words."""
    lacking = [name for name, point in found if point is None]
    fills = [FILLS[0], FILLS[1], *FILLS[:6], FILLS[6]]
    parts = [Part(name, point, fill) for (name, point), fill in zip(found, fills, strict=True) if point]
    left, right = parts[:2], parts[2:]
    totals = [sum(part.point.value or 0 for part in side) for side in (left, right)]
    whole = max(totals)
    if lacking or not whole:
        said = word("flow.missing", lang, cells=listed(lacking, lang)) if lacking else word("flow.none", lang)
        for n, line in enumerate(wrap(said, p.LABEL, p.WIDTH - 2 * p.MARGIN)):
            page.text(p.MARGIN, top + 0.15 + n * p.LABEL * p.LEADING, line, color=p.DARK)
        return said
    if totals[0] != totals[1]:
        gap = Part(word("flow.gap", lang), Point(0, abs(totals[0] - totals[1]), suspect=True), FILLS[7])
        (right if totals[0] > totals[1] else left).append(gap)
    ax = page.axes(0, top, p.WIDTH, high)
    ax.set_axis_off()
    ax.set_xlim(0, p.WIDTH)
    ax.set_ylim(high, 0)
    names = [f"{part.name} {part.point.text()}" for part in left]
    shares = [f"{part.name} {part.point.text()} ({share(100 * (part.point.value or 0) / whole)})" for part in right]
    near = p.MARGIN + max(width(text, p.LABEL) for text in names) + 0.14
    far = p.WIDTH - p.MARGIN - max(width(text, p.LABEL) for text in shares) - 0.14
    middle, tall = (near + far) / 2, high - 0.6
    _side(ax, left, names, near, middle - HALF, tall, whole)
    _side(ax, right, shares, far, middle + HALF, tall, whole)
    ax.add_patch(Rectangle((middle - HALF, 0.3), 2 * HALF, tall, facecolor=p.DARK, edgecolor="none"))
    todo = f"{word('flow.todo', lang)} {number(whole)}"
    ax.text(middle, 0.18, todo, ha="center", va="center", color="#111111")
    return joined([*names, todo, *shares], lang)


def _side(ax: Axes, parts: list[Part], texts: list[str], at: float, inner: float, tall: float, whole: float) -> None:
    """The blocks of one side at `at`, their ribbons to the middle block's edge `inner`, and their labels."""
    outward = 1 if at > inner else -1
    gap = min(0.35 / (len(parts) - 1), 0.12)
    y, y_in, c = 0.3 - (len(parts) - 1) * gap / 2, 0.3, (at + inner) / 2
    wanted = []
    for part in parts:
        h = (part.point.value or 0) / whole * tall
        face, hatch, _ = part.fill
        if h:
            ring = [(at, y), (c, y), (c, y_in), (inner, y_in)]
            ring += [(inner, y_in + h), (c, y_in + h), (c, y + h), (at, y + h), (at, y)]
            codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
            tint = face if not hatch and face != "white" else p.LIGHT
            ax.add_patch(PathPatch(Path(ring, codes), facecolor=tint, edgecolor="none", alpha=0.45))
            block = Rectangle((at - HALF, y), 2 * HALF, h, facecolor=face, hatch=hatch, edgecolor=p.MID, linewidth=0.4)
            ax.add_patch(block)
        wanted.append(y + h / 2)
        y, y_in = y + h + gap, y_in + h
    x = at + outward * 0.12
    for text, want, place in zip(texts, wanted, p.apart(wanted, LINE, 0.08, tall + 0.55), strict=True):
        ax.text(x, place, text, ha="left" if outward > 0 else "right", va="center", color="#222222")
        if abs(want - place) > 0.03:
            ax.plot([at + outward * HALF, x], [want, place], color=p.MID, linewidth=0.5)
