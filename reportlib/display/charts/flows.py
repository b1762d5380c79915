"""Where one year's requests came from and what became of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...form.labels import number
from . import page as p
from .frames import Facts, Part, Point, Who, gather, notes, parts, title
from .page import FILLS, Fill, Page, join, share, styled, widest, word, wrap

__all__ = ["flow"]

LINE = 0.165  # inches from one label's line to the next
HALF = 0.06  # of a block's width


class Block(NamedTuple):
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
    *ins, out = parts("flow", lang)
    every = [*ins, *parts("outcomes", lang), out]
    cells = [part.cell for part in every]
    facts = gather(frames, cells)
    chosen = {who: year or _latest(facts, who, cells) for who, _ in facts.reports}
    found = {who: [(part, facts.get(who, part.cell, when)) for part in every] for who, when in chosen.items()}
    many = len(chosen) > 1
    head, high = 0.25 * many, 1.75 if many else 3.1
    room = {who: head + (high if all(point for _, point in found[who]) else 0.6) for who in chosen}
    page = Page(
        lang,
        title(chosen, chosen.values(), word("flow.title", lang), lang),
        sum(room.values()) or 0.4,
        ["requests"],
        subtitle=word("common.unit", lang, unit=word("volumes.requests.unit", lang)),
        notes=notes((point for points in found.values() for _, point in points if point), lang),
    )
    if not chosen:
        return page.nothing()
    top = 0.0
    for who, when in chosen.items():
        name = f"{who.named(lang)} {when}" if many else ""
        page.text(p.MARGIN, top + 0.13, name, color=p.BLACK)
        page.fact(_say_or_draw(page, found[who], top + head, high), name)
        top += room[who]
    return page.done()


def _latest(facts: Facts, who: Who, cells: list[str]) -> int:
    """The latest year with all figures, else the latest there is."""
    years = [year for year in facts.years if (who, year) in facts.reports]
    whole = [year for year in years if all(facts.get(who, cell, year) for cell in cells)]
    return (whole or years)[-1]


def _say_or_draw(page: Page, found: list[tuple[Part, Point | None]], top: float, high: float) -> str:
    """Draw one flow, or write why there is none; return it in words."""
    lang = page.lang
    blocks = [Block(part.name, point, part.fill) for part, point in found if point]
    lacking = [part.name for part, point in found if not point]
    left, right = blocks[:2], blocks[2:]
    totals = [sum(block.point.value for block in side) for side in (left, right)]
    whole = max(totals)
    if lacking or not whole:
        said = (
            word("flow.missing", lang, cells=join(lacking, lang, "list"))
            if lacking
            else word("flow.none", lang)
        )
        page.lines(p.MARGIN, top + 0.15, wrap(said, p.LABEL), color=p.DARK)
        return said
    if totals[0] != totals[1]:
        gap = Block(word("flow.gap", lang), Point(0, abs(totals[0] - totals[1]), suspect=True), FILLS[7])
        (right if totals[0] > totals[1] else left).append(gap)
    ax = page.axes(0, top, p.WIDTH, high, x=(0, p.WIDTH), y=(high, 0))
    names = [f"{block.name} {block.point.text()}" for block in left]
    shares = [
        f"{block.name} {block.point.text()} ({share(100 * block.point.value / whole)})" for block in right
    ]
    near = p.MARGIN + widest(names) + 0.14
    far = p.WIDTH - p.MARGIN - widest(shares) - 0.14
    middle, tall = (near + far) / 2, high - 0.6
    _side(ax, left, names, near, middle - HALF, tall, whole)
    _side(ax, right, shares, far, middle + HALF, tall, whole)
    ax.bar(middle, tall, 2 * HALF, 0.3, color=p.DARK)
    todo = f"{word('flow.todo', lang)} {number(whole)}"
    ax.text(middle, 0.18, todo, ha="center", va="center", color=p.BLACK)
    return join([*names, todo, *shares], lang)


def _side(
    ax: Axes, blocks: list[Block], texts: list[str], at: float, inner: float, tall: float, whole: float
) -> None:
    """The blocks of one side at `at`, their ribbons to the middle block's edge `inner`, and their labels."""
    outward = 1 if at > inner else -1
    gap = min(0.35 / (len(blocks) - 1), 0.12)
    y, y_in = 0.3 - (len(blocks) - 1) * gap / 2, 0.3
    t = np.linspace(0, 1, 50)
    # A cubic Bézier curve whose inner points stand halfway across.
    across, down = at + (inner - at) * (1.5 * t * (1 - t) + t**3), t * t * (3 - 2 * t)
    wanted = []
    for block in blocks:
        h = block.point.value / whole * tall
        face, hatch, _ = block.fill
        if h:
            edge = y + (y_in - y) * down
            tint = face if not hatch and face != "white" else p.LIGHT
            ax.fill_between(across, edge, edge + h, facecolor=tint, edgecolor="none", alpha=0.45)
            ax.bar(at, h, 2 * HALF, y, facecolor=face, hatch=hatch, edgecolor=p.MID, linewidth=0.4)
        wanted.append(y + h / 2)
        y, y_in = y + h + gap, y_in + h
    x = at + outward * 0.12
    for text, want, place in zip(texts, wanted, p.apart(wanted, LINE, 0.08, tall + 0.55), strict=True):
        ax.text(x, place, text, ha="left" if outward > 0 else "right", va="center", color="#222222")
        if abs(want - place) > 0.03:
            ax.plot([at + outward * HALF, x], [want, place], color=p.MID, linewidth=0.5)
