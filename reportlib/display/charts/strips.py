"""A body beside its peers: a strip a measure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import pandas as pd

from ...form.labels import number
from .drawing import Panel, Spot, scale_of
from .facts import FIGURES, Facts, Point, Who, checked, gather, indicators_of, same_cell
from .lettering import LABEL, fit
from .sheet import HIGHEST, MARGIN, ROOM, Chart, Look, Sheet, styled
from .words import LOOKS, entry, join, said, word

NAMED = 4  # measures that the title names
HIGH, STEP = 0.42, 0.84  # inches of a strip, and from one to the next
BEFORE, AFTER = 2.1, 1.3  # inches of what stands beside it


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
        Of each measure the latest year in which the body and a peer have a figure, of one scope; how many
        peers there are; no order of merit. A note names the measures that cannot be compared.
    """
    frames = [checked(one, ["body", "year", "value"], FIGURES) for one in (frame, *more)]
    names = _measures(frames)
    facts = gather(frames, names)
    sheet = Sheet("peers", facts)
    sheet.whose, sheet.height = facts.who, 0
    about, drawn, apart, cut = Who(body), [], [], 0
    for code, name in names.items():
        found = _compared(facts, code, body)
        if not found:
            apart.append(name)
        elif sheet.height + STEP > HIGHEST:
            cut += 1
        else:
            about = Who(body, found.scope)
            _draw(sheet, name, about, found)
            sheet.height += STEP
            drawn.append(name)
    if cut:
        sheet.notes.append(word("peers.cut", n=cut))
    none = word("peers.none", body=body, names=join(apart, "names")) if apart else ""
    if drawn:
        sheet.years = []  # each strip has its own
        sheet.notes.append(none)
    measures = join((drawn or apart)[:NAMED], "names")
    return sheet.done([about], none, names=join([measures, word("peers.beside")]))


def _measures(frames: Sequence[pd.DataFrame]) -> dict[str, str]:
    """What is compared: of frames of cells the totals of the tables, of others their indicators."""
    names: dict[str, str] = {}
    if not all("indicator" in frame for frame in frames):
        names = {one["cell"]: said(one) for one in entry("peers.cells")}
    for frame in frames:
        own = indicators_of(frame) if "indicator" in frame else {}
        names |= {code: name for code, name in own.items() if same_cell().get(code, code) not in names}
    return names


class Strip(NamedTuple):
    """The figures of one year and scope: of the body itself, and of the others, the lowest first."""

    year: int
    scope: str
    own: Point
    rest: list[Point]


def _compared(facts: Facts, cell: str, body: str) -> Strip | None:
    """What can be compared: the figures of the latest year in which the body and another have one, of one
    scope; those of tables go before those in words.
    """
    found: dict[tuple[int, str], dict[str, Point]] = {}
    for known in (facts.stated, facts.table):
        for (who, code), series in known.items():
            for point in series.values() if code == cell else ():
                found.setdefault((point.year, who.scope), {})[who.body] = point
    both = [when for when, points in found.items() if body in points and len(points) > 1]
    if not both:
        return None
    points = found[max(both)]
    own = points.pop(body)
    return Strip(*max(both), own, sorted(points.values(), key=lambda point: point.value))


def _draw(sheet: Sheet, name: str, about: Who, strip: Strip) -> None:
    """Draw a strip over its axis; dots never cover each other, and those of figures in words are hollow."""
    own, rest = strip.own, strip.rest
    stated = sum(bool(point.precision) for point in rest)
    scale = scale_of([own, *rest])
    wide = ROOM - BEFORE - AFTER
    panel = Panel(sheet, MARGIN + BEFORE, sheet.height, wide, HIGH, (0, scale.top), (-0.5, 0.5))
    panel.ax.set_xticks(scale.steps, scale.written)
    told = word("peers.strip", year=own.year, n=len(rest)) + f" (◇ {stated})" * bool(stated)
    labels = [fit(text, LABEL, BEFORE - 0.1) for text in (name, told)]
    panel.ax.set_yticks([0.15, -0.35], labels, size=LABEL, ha="left")
    panel.ax.tick_params(axis="y", pad=72 * BEFORE)
    size, dots = swarm(panel.per * pd.Series([point.value for point in (own, *rest)]), 0.9 * HIGH)
    look = {**LOOKS["peer"], "markersize": 66 * size}
    (_, at), *spots = zip(dots["x"] / panel.per, dots["y"] / HIGH, strict=True)
    _dots(panel, rest, spots, look, word("peers.others"))
    panel.interval(own, at, LOOKS["own"], level=True)
    _dots(panel, [own], [(own.value, at)], LOOKS["own"], fit(about.body, LABEL, 3))
    value = "◇" * bool(own.precision) + own.full
    panel.write(value, (scale.top, 0), (0.2, 0), color=LOOKS["own"]["color"])
    sheet.mark([own])
    sheet.codes.update(*(point.codes & {"headline", "suspect"} for point in rest))
    if own.ranged:
        sheet.hints.append(word("peers.interval"))
    facts = [word("peers.fact", year=own.year, body=about.body, value=value), _spread(rest)]
    like = [point.value for point in rest if bool(point.precision) == (stated == len(rest))]
    if len(like) > 2:
        middle = median(like)
        panel.ax.vlines(middle, -0.45, 0.45, label=word("peers.median"), **LOOKS["median"])
        facts.append(word("peers.middle", median=number(middle, own.unit)))
        if len(like) < len(rest):
            sheet.notes.append(word("peers.apart"))
    sheet.fact(join(facts), name)


def _dots(panel: Panel, points: Sequence[Point], spots: Sequence[Spot], look: Look, label: str) -> None:
    """Bodies at their places: hollow where a figure stands in words, framed where it is suspect."""
    hollow = {**look, "markerfacecolor": "white", "markeredgecolor": look["color"]}
    placed = list(zip(points, spots, strict=True))
    panel.curve([spot for point, spot in placed if not point.precision], look, label)
    panel.curve([spot for point, spot in placed if point.precision], hollow, f"◇{label}")
    panel.curve([spot for point, spot in placed if point.suspect], LOOKS["suspect"])


def _spread(rest: Sequence[Point]) -> str:
    """Between which figures the peers lie."""
    key = ["one", "two", "many"][min(len(rest), 3) - 1]
    low, high = (number(point.value, point.unit) for point in (rest[0], rest[-1]))
    return word(f"peers.{key}", n=len(rest), low=low, high=high)


SIZES = (0.08, 0.06, 0.045, 0.03, 0.02, 0.012, 0.007, 0.004)


def swarm(xs: pd.Series[float], room: float) -> tuple[float, pd.DataFrame]:
    """Size of dots, and their places ``x`` and ``y``: dots that would cover each other stand one above the
    other, as large as the room allows.
    """
    for size in SIZES:
        steps = xs.div(size).round()
        pile = steps.groupby(steps)
        levels = pile.cumcount()
        if size * (levels.max() + 1) <= room:
            break
    middle = pile.transform("size").sub(1).div(2)
    return size, pd.DataFrame({"x": size * steps, "y": size * (levels - middle)})
