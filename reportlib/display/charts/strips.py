"""A body beside its peers: a strip a measure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import pandas as pd

from ...form.labels import number
from .drawing import Panel, Spot, scale_of
from .facts import FIGURES, Facts, Point, Who, checked, gather, indicators_of, same_cell
from .lettering import LABEL, fit
from .sheet import HIGHEST, MARGIN, ROOM, Chart, Look, Sheet, styled
from .words import LOOKS, entry, join, name_of, word

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
    sheet.whose, sheet.years, sheet.height = facts.who, [], 0
    cut = 0
    scopes, drawn = [""], []
    apart: dict[str, list[str]] = {"absent": [], "alone": []}
    for code, name in names.items():
        known = _known(facts, code)
        own = [when for when, at in known.items() if body in at]
        shared = [when for when in own if len(known[when]) > 1]
        if not own:
            apart["absent"].append(name)
        elif not shared:
            apart["alone"].append(word("common.of", body=name, scope=max(own)[0]))
        elif sheet.height + STEP > HIGHEST:
            cut += 1
        else:
            points = known[max(shared)]
            _draw(sheet, name, body, points.pop(body), list(points.values()))
            sheet.height += STEP
            scopes = [max(shared)[1]]
            drawn.append(name)
    told = [word(f"peers.{why}", body=body, names=join(of, "list")) for why, of in apart.items() if of]
    if cut:
        told.append(word("peers.cut", n=cut))
    sheet.notes += told * bool(sheet.height)
    named = drawn or list(names.values())
    measures = join(named[:NAMED], "list") + "…" * (len(named) > NAMED)
    return sheet.done([Who(body, scope) for scope in scopes], join(told, "semicolon"), names=measures)


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


def _known(facts: Facts, code: str) -> dict[tuple[int, str], dict[str, Point]]:
    """The figures of a measure by year and scope, then by body; those of tables before those in words."""
    known: dict[tuple[int, str], dict[str, Point]] = {}
    for source in (facts.stated, facts.table):
        for (who, key), series in source.items():
            for year, point in series.items() if key == code else ():
                known.setdefault((year, who.scope), {})[who.body] = point
    return known


def _draw(sheet: Sheet, name: str, body: str, own: Point, rest: list[Point]) -> None:
    """Draw a strip over its axis; dots never cover each other, and those of figures in words are hollow."""
    rest.sort(key=lambda point: point.value)
    stated = [point for point in rest if point.precision]
    scale = scale_of([own, *rest])
    panel = Panel(
        sheet, MARGIN + BEFORE, sheet.height, ROOM - BEFORE - AFTER, HIGH, (0, scale.top), (-0.5, 0.5)
    )
    panel.ax.set_xticks(scale.steps, scale.written)
    about = word("peers.strip", year=own.year, n=len(rest)) + f" (◇ {len(stated)})" * bool(stated)
    labels = [fit(text, LABEL, BEFORE - 0.1) for text in (name, about)]
    panel.ax.set_yticks([0.15, -0.35], labels, size=LABEL, ha="left")
    panel.ax.tick_params(axis="y", pad=72 * BEFORE)
    size, dots = swarm([panel.per * point.value for point in rest], 0.9 * HIGH)
    look = {**LOOKS["peer"], "markersize": 66 * size}
    for point, (x, y) in zip(rest, dots, strict=True):
        _dot(panel, point, (x / panel.per, y / HIGH), look, word("peers.others"))
    panel.interval(own, 0, LOOKS["own"], level=True)
    _dot(panel, own, (own.value, 0), LOOKS["own"], fit(body, LABEL, 3))
    value = "◇" * bool(own.precision) + own.full
    panel.write(value, (scale.top, 0), (0.12, 0))
    sheet.mark([own])
    sheet.codes.update(*(point.codes & {"headline", "suspect"} for point in rest))
    if own.ranged:
        sheet.hints.append(word("peers.interval"))
    told = [word("peers.fact", year=own.year, body=body, value=value), _spread(rest)]
    like = [point.value for point in rest if not point.precision] or [point.value for point in rest]
    if len(like) > 2:
        middle = median(like)
        panel.ax.vlines(middle, -0.45, 0.45, label=word("peers.median"), **LOOKS["median"])
        told.append(word("peers.middle", median=number(middle, own.unit)))
        if len(like) < len(rest):
            sheet.notes.append(word("peers.apart"))
    sheet.fact(join(told), name)


def _dot(panel: Panel, point: Point, spot: Spot, look: Look, label: str) -> None:
    """A body: hollow where its figure stands in words, framed where that is suspect."""
    hollow = {"markerfacecolor": "white", "markeredgecolor": look["color"]} if point.precision else {}
    panel.curve([spot], {**look, **hollow}, "◇" * bool(point.precision) + label)
    if point.suspect:
        panel.curve([spot], LOOKS["suspect"])


def _spread(rest: list[Point]) -> str:
    """Between which figures the peers lie."""
    ends = {"low": rest[0], "high": rest[-1]}
    key = ["one", "two", "many"][min(len(rest), 3) - 1]
    return word(f"peers.{key}", n=len(rest), **{end: number(at.value, at.unit) for end, at in ends.items()})


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
