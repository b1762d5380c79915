"""A body beside its peers: a strip a measure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import pandas as pd

from ...form.labels import number
from .drawing import Panel, Spot, scale_of
from .facts import FIGURES, Facts, Point, Who, checked, gather, indicators_of, same_cell
from .lettering import LABEL, fit
from .sheet import HIGHEST, MARGIN, ROOM, Chart, Sheet, styled
from .words import LOOKS, entry, name_of, word

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
        The latest year in which the body has a figure; how many peers there are; no order of merit.
    """
    frames = [checked(one, ["body", "year", "value"], FIGURES) for one in (frame, *more)]
    names = _measures(frames)
    facts = gather(frames, names)
    sheet = Sheet("peers", facts)
    sheet.whose, sheet.years = facts.who, []
    sheet.height, left_out = 0, 0
    for code, name in names.items():
        known = _known(facts, code)
        own = [year for year, at in known.items() if body in at]
        if sheet.height + STEP > HIGHEST:
            left_out += bool(known)
        elif known:
            year = max(own or known)
            point = known[year].pop(body, None)
            _draw(sheet, name, body, year, point, list(known[year].values()))
            sheet.height += STEP
    if left_out:
        sheet.notes.append(word("peers.cut", n=left_out))
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


def _known(facts: Facts, code: str) -> dict[int, dict[str, Point]]:
    """The figures of a measure by year and body; those of tables before those in words."""
    known: dict[int, dict[str, Point]] = {}
    for source in (facts.stated, facts.table):
        for (who, key), series in source.items():
            for year, point in series.items() if key == code else ():
                known.setdefault(year, {})[who.body] = point
    return known


def _draw(sheet: Sheet, name: str, body: str, year: int, own: Point | None, rest: list[Point]) -> None:
    """Draw a strip over its axis; dots never cover each other."""
    shown = list(rest)
    stated = sum(bool(point.precision) for point in rest)
    value, key = word("common.no_data"), "absent"
    if own:
        shown.append(own)
        value = "◇" * bool(own.precision) + own.full
        key = ["alone", "one", "two", "fact"][min(len(rest), 3)]
    scale = scale_of(shown)
    about = word("peers.strip", year=year, n=len(rest)) + f" (◇ {stated})" * bool(stated)
    panel = Panel(
        sheet, MARGIN + BEFORE, sheet.height, ROOM - BEFORE - AFTER, HIGH, (0, scale.top), (-0.5, 0.5)
    )
    panel.ax.set_xticks(scale.steps, scale.written)
    labels = [fit(text, LABEL, BEFORE - 0.1) for text in (name, about)]
    panel.ax.set_yticks([0.15, -0.35], labels, size=LABEL, ha="left")
    panel.ax.tick_params(axis="y", pad=72 * BEFORE)
    panel.write(value, (scale.top, 0), (0.12, 0))
    values = sorted(point.value for point in rest)
    size, dots = swarm([panel.per * value for value in values], 0.9 * HIGH)
    look = {**LOOKS["peer"], "markersize": 66 * size, "markeredgewidth": 0}
    panel.curve([(x / panel.per, y / HIGH) for x, y in dots], look, word("peers.others"))
    if len(rest) > 2:
        panel.ax.vlines(median(values), -0.45, 0.45, label=word("peers.median"), **LOOKS["median"])
    if own:
        panel.interval(own, 0, LOOKS["own"], level=True)
        panel.curve([(own.value, 0)], LOOKS["own"], fit(body, LABEL, 3))
        sheet.mark([own])
    if any(point.precision for point in shown):
        sheet.codes.add("headline")
    ends: dict[str, str] = {}
    if rest:
        spread = {"low": values[0], "median": median(values), "high": values[-1]}
        ends = {end: number(value, rest[0].unit) for end, value in spread.items()}
    sheet.fact(word(f"peers.{key}", body=body, value=value, year=year, n=len(rest), **ends), name)


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
