"""Compositions and counts as bars from zero: outcomes, applicants, grounds of refusal, disputes, statuses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from ...form.labels import number
from .drawing import Panel
from .events import changes
from .facts import Facts, Point, Who, checked, gather
from .lettering import LABEL, NOTE, fit, widest, width
from .rows import Line, rows_of
from .sheet import ACCENT, HIGHEST, INK, MID, Chart, Look, Sheet, styled
from .words import LOOKS, entry, join, said, share, word


class Part(NamedTuple):
    """A part of a whole: its cell, its name, how it is filled."""

    cell: str
    name: str
    look: Look


class Whole(NamedTuple):
    """A column of bars: the cell of a whole, and its parts."""

    head: str
    cell: str
    parts: Sequence[Part]

    @property
    def cells(self) -> list[str]:
        """Those of the parts, then its own."""
        return [*(part.cell for part in self.parts), self.cell]


def _wholes(what: str) -> list[Whole]:
    """The columns of a chart as ``form/charts.toml`` names them: one, one for each route of disputes, or each
    part as a bar of its own, so that small parts keep their figures.
    """
    spec = entry(what)
    wholes = []
    for route in spec.get("routes", [{"row": "", "zh": "", "en": ""}]):
        cell = spec["whole"].format_map(route)
        parts = []
        for one in spec["parts"]:
            look = LOOKS["fills"][one.get("fill", 0)]
            parts.append(Part(one["cell"].format_map(route), said(one), look))
        wholes.append(Whole(said(route), cell, parts))
    if spec["reading"] == "parts":
        return [Whole(part.name, cell, [part]) for part in parts]
    return wholes


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
    return _bars("outcomes", frames, bodies)


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
        A column a kind of applicant, a row a body and year.
    """
    return _bars("applicants", frames, bodies)


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
        A column a ground, a row a body and year.
    """
    return _bars("refusal_grounds", frames, bodies)


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
    return _bars("disputes", frames, bodies)


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
    keys = ["body", "year", "scope", "row"]
    known = checked(cells, ["body", "year", "scope", "status"], "ds.cells").dropna(subset="year")
    known = known.assign(row=known["status"].astype("str"), scope=known["scope"].astype("str").fillna(""))
    every = pd.concat([known, known.assign(row="all")])
    (whole,) = _wholes("statuses")
    codes = [cell.split(".")[1] for cell in whole.cells]
    counts = every.groupby(keys, sort=False).size().unstack(fill_value=0).reindex(columns=codes, fill_value=0)
    long = counts.melt(var_name="row", value_name="value", ignore_index=False).reset_index()
    return _bars("statuses", [long.assign(table="cells", column="number", unit="格")], bodies)


# ------------------------------------------------------------------------------------ what is drawn


def _bars(what: str, frames: Sequence[pd.DataFrame], bodies: Sequence[str]) -> Chart:
    """Wholes as bars of their parts, a column a whole, all on one scale."""
    reading, wholes = entry(what)["reading"], _wholes(what)
    high = 0.38 if reading in ("counts", "parts") else 0.25
    cells = [cell for whole in wholes for cell in whole.cells]
    facts = gather(frames, cells, bodies)
    sheet = Sheet(what, facts)
    lines = _lines(sheet, high)
    sheet.named = [part.name for part in wholes[0].parts]
    panels = rows_of(sheet, lines, [whole.head for whole in wholes], high)
    bars = []
    for k, line in enumerate(lines[: int(HIGHEST / high)]):
        for panel, whole in zip(panels, wholes, strict=True):
            if not line.heading:
                bars.append((panel, k, line, _bar(facts, line, whole, reading)))
    longest = max((sum(bar.lengths) for *_, bar in bars), default=0) or 1
    ends = widest((bar.end for *_, bar in bars if bar.lengths), LABEL) + 0.1
    for panel in panels:
        panel.ax.set_xlim(0, longest * panel.wide / (panel.wide - min(ends, 0.85 * panel.wide)))
    names = facts.names(facts.who)
    for panel, k, line, bar in bars:
        _draw(panel, k, bar)
        sheet.fact(bar.told, names[line.who] * (len(names) > 1), str(line.year), bar.whole.head)
    _changes(sheet, panels, lines, cells)
    sheet.years = sorted({line.year for line in lines if not line.heading})
    return sheet.done()


def _lines(sheet: Sheet, high: float) -> list[Line]:
    """A row a body and year, under a heading where there are several bodies; where that is too high only the
    latest year of each body that has figures, and a note says so.
    """
    facts = sheet.facts
    names = facts.names(facts.who)
    held = [(who, year) for who in names for year in facts.years if (who, year) in facts.reports]
    if len(names) > 1 and (len(held) + len(names)) * high > HIGHEST:
        sheet.notes.append(word("common.latest"))
        latest: dict[Who, int] = {}
        for (who, _), series in facts.table.items():
            latest[who] = max([latest.get(who, 0), *series])
        return [Line(f"{names[who]} {year}", who, year) for who, year in latest.items()]
    lines: list[Line] = []
    for who, year in held:
        if len(names) > 1 and (not lines or lines[-1].who != who):
            lines.append(Line(names[who], who, heading=True))
        lines.append(Line(str(year), who, year))
    return lines


def _changes(sheet: Sheet, panels: Sequence[Panel], lines: Sequence[Line], cells: Sequence[str]) -> None:
    """Lines between the years of a body where the form or the law changed."""
    for k, pair in enumerate(pairwise(lines)):
        if pair[0].who == pair[1].who and not pair[0].heading:
            before, after = ((line.year, sheet.facts.reports[line.who, line.year]) for line in pair)
            for change in changes(cells, before, after):
                panels[0].write(change.letter, (0, k + 0.5), (-0.08, 0), ha="center")
                sheet.notes.append(change.note)
                for panel in panels:
                    panel.ax.axhline(k + 0.5, **LOOKS["uprights"][change.kind])


class Bar(NamedTuple):
    """One bar from zero.

    Attributes
    ----------
    whole
        What it is of.
    end, told
        What stands at its end, and what it says; without parts why there is none.
    lengths, texts
        Of each part, and what stands inside, the first that fits.
    under
        What stands under it, the first that fits.
    """

    whole: Whole
    end: str
    told: str
    lengths: Sequence[float] = ()
    texts: Sequence[Sequence[str]] = ()
    under: Sequence[str] = ()


def _bar(facts: Facts, line: Line, whole: Whole, reading: str) -> Bar:
    """The parts of one whole; where a figure is missing there is no bar, because its length would be a
    guess.
    """
    names = [*(part.name for part in whole.parts), word("common.whole")]
    found = [facts.get(line.who, cell, line.year) for cell in whole.cells]
    points = [point for point in found if point]
    lacks = [name for name, point in zip(names, found, strict=True) if not point]
    if len(lacks) >= len(whole.parts):
        code = facts.absence(line.who, whole.cells[0], line.year)
        return _blank(whole, code, word(f"absent.{code}"))
    if lacks:
        return _blank(whole, "incomplete", word("common.lacks", parts=join(lacks, "list")))
    *parts, total = points
    if reading != "counts" and not total.value:
        return _blank(whole, "undefined", word("common.empty"))
    lengths = [point.value for point in parts]
    texts = [[point.text] for point in parts]
    if reading in ("shares", "parts"):
        lengths = [100 * length / total.value for length in lengths]
        for text, length in zip(texts, lengths, strict=True):
            text.insert(0, f"{text[0]} ({share(length)})")
    if reading == "parts":
        return Bar(whole, parts[0].text, texts[0][0], lengths, [[]], [share(lengths[0])])
    end = total.text
    if any(point.suspect for point in parts) and not total.suspect:
        end += "⚠"
    under = []
    if reading == "counts" and total.value:
        under = _decided(parts, total)
    told = [f"{name} {text[0]}" for name, text in zip(names, texts, strict=False)]
    told += [word("common.total", n=end), *under[:1]]
    return Bar(whole, end, join(told), lengths, texts, under)


def _blank(whole: Whole, code: str, why: str) -> Bar:
    """No bar, with its reason, and the sign that stands where there is no room for it."""
    return Bar(whole, entry("signs")[code], why)


def _decided(points: Sequence[Point], total: Point) -> list[str]:
    """How many of the decided cases were corrected, ever shorter: the rates' numerator and denominator."""
    corrected, pending = points[0].value, points[-1].value
    decided = total.value - pending
    if not decided:
        return [word("common.undecided", pending=number(pending))]
    counts = {"decided": number(decided), "corrected": number(corrected), "pending": number(pending)}
    return [word(f"common.decided{length}", **counts) for length in ("", "_short", "_brief")]


def _draw(panel: Panel, k: int, bar: Bar) -> None:
    """Draw a bar in row `k`."""
    panel.ax.vlines([0], k - 0.5, k + 0.5, color=MID, linewidth=0.7)
    if not bar.lengths:
        end = bar.end
        if panel.wide > 1.1:
            end = fit(bar.told, NOTE, panel.wide - 0.1)
        else:
            panel.sheet.notes.append(f"{end} {bar.told}")
        panel.write(end, (0, k), (0.06, 0))
        return
    x, y, high = 0.0, float(k), 0.68
    if bar.under:
        y, high = k - 0.18, 0.46
    for part, length, texts in zip(bar.whole.parts, bar.lengths, bar.texts, strict=True):
        if length:
            panel.bar(x, y, length, high, part.look, part.name * (len(bar.lengths) > 1))
        text = _fitting(texts, panel.per * length - 0.03)
        look: Look = {"ha": "center", "color": INK}
        if part.look["facecolor"] == ACCENT:
            look["color"] = "white"
        if text and "hatch" in part.look:
            look["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        panel.write(text, (x + length / 2, y), **look)
        x += length
    panel.write(bar.end, (x, y), (0.05, 0), color=INK, size=LABEL)
    panel.write(_fitting(bar.under, panel.wide), (0, k + 0.25), (0.03, 0))


def _fitting(texts: Sequence[str], room: float) -> str:
    """The first of some texts that has room, else none."""
    return next((text for text in texts if width(text, NOTE) <= room), "")
