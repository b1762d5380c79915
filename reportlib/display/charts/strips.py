"""A body beside its peers: a strip a measure."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...form.labels import number
from .drawing import Panel, scale_of
from .facts import COLUMNS, FIGURES, Point, Who, checked, gather, indicators_of, same_cell
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
    sheet.whose, sheet.height = facts.who, 0
    scope, drawn, apart, cut = "", [], [], 0
    for code, name in names.items():
        own, rest = _compared(facts.data[facts.data["series"] == code], body)
        if rest.empty:
            apart.append(name)
        elif sheet.height + STEP > HIGHEST:
            cut += 1
        else:
            _draw(sheet, name, own, rest)
            sheet.height += STEP
            scope = own["scope"].iloc[0]
            drawn.append(name)
    if cut:
        sheet.notes.append(word("peers.cut", n=cut))
    none = word("peers.none", body=body, names=join(apart, "list")) if apart else ""
    if drawn:
        sheet.years = []  # each strip has its own
        sheet.notes.append(none)
    measures = join((drawn or apart)[:NAMED], "list")
    return sheet.done([Who(body, scope)], none, names=join([measures, word("peers.beside")]))


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


def _compared(lines: pd.DataFrame, body: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The figure of a body, and those of the others of the latest year in which there are both, of one scope.

    Figures of tables go before those in words.
    """
    when = ["year", "scope"]
    known = lines.dropna(subset="value").sort_values([*when, "precision"], kind="stable")
    known = known.drop_duplicates([*when, "body"])
    own = known[known["body"] == body]
    rest = known[known["body"] != body].merge(own[when])
    last = rest.tail(1)[when]
    return own.merge(last), rest.merge(last).sort_values("value", ignore_index=True)


def _draw(sheet: Sheet, name: str, own: pd.DataFrame, rest: pd.DataFrame) -> None:
    """Draw a strip over its axis; dots never cover each other, and those of figures in words are hollow."""
    (mine,) = _points(own)
    points = _points(rest)
    stated = rest["precision"] != ""
    scale = scale_of([mine, *points])
    wide = ROOM - BEFORE - AFTER
    panel = Panel(sheet, MARGIN + BEFORE, sheet.height, wide, HIGH, (0, scale.top), (-0.5, 0.5))
    panel.ax.set_xticks(scale.steps, scale.written)
    about = word("peers.strip", year=mine.year, n=len(rest)) + f" (◇ {stated.sum()})" * bool(stated.any())
    labels = [fit(text, LABEL, BEFORE - 0.1) for text in (name, about)]
    panel.ax.set_yticks([0.15, -0.35], labels, size=LABEL, ha="left")
    panel.ax.tick_params(axis="y", pad=72 * BEFORE)
    size, dots = swarm(panel.per * rest["value"].astype(float), 0.9 * HIGH)
    look = {**LOOKS["peer"], "markersize": 66 * size}
    _dots(panel, rest.assign(x=dots["x"] / panel.per, y=dots["y"] / HIGH), look, word("peers.others"))
    panel.interval(mine, 0, LOOKS["own"], level=True)
    _dots(panel, own.assign(x=mine.value, y=0), LOOKS["own"], fit(own["body"].iloc[0], LABEL, 3))
    value = "◇" * bool(mine.precision) + mine.full
    panel.write(value, (scale.top, 0), (0.12, 0))
    sheet.mark([mine])
    sheet.codes.update(*(point.codes & {"headline", "suspect"} for point in points))
    if mine.ranged:
        sheet.hints.append(word("peers.interval"))
    told = [word("peers.fact", year=mine.year, body=own["body"].iloc[0], value=value), _spread(points)]
    like = rest.loc[~stated if not stated.all() else stated, "value"]
    if len(like) > 2:
        panel.ax.vlines(like.median(), -0.45, 0.45, label=word("peers.median"), **LOOKS["median"])
        told.append(word("peers.middle", median=number(like.median(), mine.unit)))
        if len(like) < len(rest):
            sheet.notes.append(word("peers.apart"))
    sheet.fact(join(told), name)


def _points(lines: pd.DataFrame) -> list[Point]:
    return [Point(*line) for line in lines[["year", *COLUMNS]].to_numpy()]


def _dots(panel: Panel, lines: pd.DataFrame, look: Look, label: str) -> None:
    """Bodies at their places: hollow where a figure stands in words, framed where it is suspect."""
    stated = lines["precision"] != ""
    hollow = {**look, "markerfacecolor": "white", "markeredgecolor": look["color"]}
    spots = lines[["x", "y"]].astype(float)
    panel.curve(spots[~stated].to_numpy(), look, label)
    panel.curve(spots[stated].to_numpy(), hollow, f"◇{label}")
    panel.curve(spots[lines["suspect"].astype(bool)].to_numpy(), LOOKS["suspect"])


def _spread(rest: list[Point]) -> str:
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
