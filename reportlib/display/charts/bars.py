"""Compositions and counts as bars from zero: outcomes, applicants, grounds of refusal, disputes, statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd

from ...form.labels import number
from .drawing import Panel
from .events import changes
from .facts import Facts, Point, checked, gather
from .lettering import LABEL, NOTE, fit, widest, width
from .rows import Cell, Line, rows_of
from .sheet import ACCENT, HIGHEST, INK, MID, Chart, Look, Sheet, styled
from .words import LOOKS, entry, join, said, share, word


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
    known = checked(cells, ["body", "year", "scope", "status"], "ds.cells").dropna(subset="year")
    keys = ["body", "year", "scope", "status"]
    counts = known.groupby(keys, sort=False, dropna=False, observed=True).size().unstack(fill_value=0)
    codes = [cell.split(".")[1] for cell in _cells("statuses")]
    counts = counts.assign(all=counts.sum(axis=1)).reindex(columns=codes, fill_value=0)
    long = counts.melt(var_name="row", value_name="value", ignore_index=False).reset_index()
    return _bars("statuses", [long.assign(table="cells", column="number", unit="格")], bodies)


# ------------------------------------------------------------------------------------ what is drawn


def _cells(what: str) -> list[str]:
    """The cells of a chart: of each column those of its parts and of their whole."""
    cells = []
    for column in entry(what)["columns"]:
        cells += [*(part["cell"] for part in column["parts"]), column["whole"]]
    return cells


def _bars(what: str, frames: Sequence[pd.DataFrame], bodies: Sequence[str]) -> Chart:
    """Wholes as bars of their parts, a column a whole, all on one scale."""
    reading, columns, cells = entry(what)["reading"], entry(what)["columns"], _cells(what)
    high = 0.38 if reading in ("counts", "parts") else 0.25
    facts = gather(frames, cells, bodies)
    sheet = Sheet(what, facts)
    lines = _lines(sheet, high)
    sheet.named = list(map(said, columns[0]["parts"]))
    sheet.years = sorted({line.year for line in lines if not line.heading})
    placed = rows_of(sheet, lines, list(map(said, columns)), high)
    bars = [_bar(facts, cell.line, columns[cell.column], reading) for cell in placed]
    longest = max((sum(bar.lengths) for bar in bars), default=0) or 1
    ends = widest((bar.end for bar in bars if bar.lengths), LABEL) + 0.1
    names = facts.names(sheet.whose)
    for (k, line, panel, n), bar in zip(placed, bars, strict=True):
        panel.ax.set_xlim(0, longest * panel.wide / (panel.wide - min(ends, 0.85 * panel.wide)))
        _draw(panel, k, bar)
        sheet.fact(bar.told, names[line.who] * (len(names) > 1), str(line.year), said(columns[n]))
    for n in range(len(columns)):
        _changes(sheet, [cell for cell in placed if cell.column == n], cells)
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
        known = {(who, year) for (who, _), series in facts.table.items() for year in series}
        latest = {who: year for who, year in held if (who, year) in known}
        return [Line(f"{names[who]} {year}", who, year) for who, year in latest.items()]
    lines: list[Line] = []
    for who, year in held:
        if len(names) > 1 and (not lines or lines[-1].who != who):
            lines.append(Line(names[who], who, heading=True))
        lines.append(Line(str(year), who, year))
    return lines


def _changes(sheet: Sheet, column: Sequence[Cell], cells: Sequence[str]) -> None:
    """Lines in a column between the years of a body where the form or the law changed."""
    for first, last in pairwise(column):
        if first.line.who == last.line.who:
            years = first.line.year, last.line.year
            before, after = ((year, sheet.facts.reports[last.line.who, year]) for year in years)
            for change in changes(cells, before, after):
                last.panel.ax.axhline(last.row - 0.5, **LOOKS["uprights"][change.kind])
                sheet.notes.append(change.note)
                if not last.column:
                    last.panel.write(change.letter, (0, last.row - 0.5), (-0.08, 0), ha="center")


class Bar(NamedTuple):
    """One bar from zero.

    Attributes
    ----------
    end, told
        What stands at its end, and what it says; without parts why there is none, as a sign and in words.
    parts
        Their names and fills, as ``form/charts.toml`` has them.
    lengths, texts
        Of each part, and what stands inside, the first that fits.
    under
        What stands under it, the first that fits.
    """

    end: str
    told: str
    parts: Sequence[Mapping[str, Any]] = ()
    lengths: Sequence[float] = ()
    texts: Sequence[Sequence[str]] = ()
    under: Sequence[str] = ()


def _bar(facts: Facts, line: Line, column: Mapping[str, Any], reading: str) -> Bar:
    """The parts of one whole; where a figure is missing there is no bar, because its length would be a
    guess.
    """
    cells = {said(part): part["cell"] for part in column["parts"]}
    cells[word("common.whole")] = column["whole"]
    points = [facts.get(line.who, cell, line.year) for cell in cells.values()]
    known = [point for point in points if point]
    if lacks := [name for name, point in zip(cells, points, strict=True) if not point]:
        code, why = "incomplete", word("common.lacks", parts=join(lacks, "list"))
        if len(lacks) >= len(column["parts"]):
            code = facts.absence(line.who, column["parts"][0]["cell"], line.year)
            why = word(f"absent.{code}")
        return Bar(entry("signs")[code], why)
    *parts, total = known
    if reading != "counts" and not total.value:
        return Bar(entry("signs.undefined"), word("common.empty"))
    end, under = total.text, []
    lengths = [point.value for point in parts]
    texts = [[point.text] for point in parts]
    if reading in ("shares", "parts"):
        lengths = [100 * length / total.value for length in lengths]
        texts = [[f"{text} ({share(length)})", text] for (text,), length in zip(texts, lengths, strict=True)]
    if reading == "parts":
        return Bar(parts[0].text, texts[0][0], column["parts"], lengths, [[]], [share(lengths[0])])
    if any(point.suspect for point in parts) and not total.suspect:
        end += "⚠"
    if reading == "counts" and total.value:
        under = _decided(parts, total)
    told = [f"{name} {text[0]}" for name, text in zip(cells, texts, strict=False)]
    told += [word("common.total", n=end), *under[:1]]
    return Bar(end, join(told), column["parts"], lengths, texts, under)


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
        why = fit(bar.told, NOTE, panel.wide - 0.1)
        if panel.wide < 1.1:
            why = bar.end
            panel.sheet.notes.append(f"{bar.end} {bar.told}")
        panel.write(why, (0, k), (0.06, 0))
        return
    x, y, high = 0.0, float(k), 0.68
    if bar.under:
        y, high = k - 0.18, 0.46
    for part, length, texts in zip(bar.parts, bar.lengths, bar.texts, strict=True):
        fill = LOOKS["fills"][part["fill"]]
        if length:
            panel.bar(x, y, length, high, fill, said(part) * (len(bar.lengths) > 1))
        text = _fitting(texts, panel.per * length - 0.03)
        look: Look = {"ha": "center", "color": INK}
        if fill["facecolor"] == ACCENT:
            look["color"] = "white"
        if text and "hatch" in fill:
            look["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        panel.write(text, (x + length / 2, y), **look)
        x += length
    panel.write(bar.end, (x, y), (0.05, 0), color=INK, size=LABEL)
    panel.write(_fitting(bar.under, panel.wide), (0, k + 0.25), (0.03, 0))


def _fitting(texts: Sequence[str], room: float) -> str:
    """The first of some texts that has room, else none."""
    return next((text for text in texts if width(text, NOTE) <= room), "")
