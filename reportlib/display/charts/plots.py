"""Rates against caseload, a body beside its peers, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from ...analysis.indicators import wilson
from ...errors import ReportlibError
from ...form.labels import label, number
from . import page as p
from .frames import Facts, Point, Who, gather, title
from .page import Labels, Page, Swatch, fit, join, styled, widest, width, word, wrap

__all__ = ["coverage", "funnel", "peers"]

INNER, OUTER = 1.959964, 3.090232  # standard normal: 95 % and 99.8 %
PEER = "#b5b5b5"
SQUARE: dict[str, Any] = {"marker": "s", "markersize": 5.4}
STATES: dict[str, dict[str, Any]] = {
    "complete": SQUARE | {"color": p.ACCENT},
    "partial": SQUARE | {"color": p.ACCENT, "markerfacecoloralt": "white", "fillstyle": "left"},
    "blank": SQUARE | {"color": p.DARK, "markerfacecolor": "white"},
    "not_read": {"marker": "x", "color": p.BLACK},
    "figures": {"marker": "D", "color": p.DARK, "markerfacecolor": "white"},
    "absent": {"marker": ".", "color": "#b0b0b0", "markersize": 3},
}


@styled
def funnel(rates: pd.DataFrame, *, highlight: Sequence[str] = (), lang: str = "zh") -> Figure:
    """A rate against its caseload, with the limits within which chance alone would keep it.

    Source of the method: D. J. Spiegelhalter, Funnel plots for comparing institutional
    performance, Statistics in Medicine 24 (2005). Limits are the score interval's, so that they
    stay within 0 and 100 %.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns, of one proportion.
    highlight
        Bodies drawn in the accent colour and named; others are named where they stand outside
        the outer limits and there is room.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        Only points with a denominator above 0; instead of a ranking, which small numbers forbid.

    Raises
    ------
    ReportlibError
        The frame holds more than one indicator.
    """
    codes = rates["indicator"].astype("str").unique().tolist()
    if len(codes) > 1:
        raise ReportlibError(
            f"the frame holds {len(codes)} indicators", place="charts.funnel", expected="one"
        )
    known = rates[["body", "year", "numerator", "denominator"]].dropna().query("denominator > 0")
    known = known.assign(chosen=known["body"].isin(highlight))
    known = known.sort_values(["chosen", "denominator"], ascending=False, kind="stable")
    facts = gather([rates], codes)
    name = label(codes[0], lang, "indicator") if len(codes) else ""
    heading = title(facts.who, facts.years, word("funnel.title", lang, name=name), lang)
    if known.empty:
        return Page(lang, heading, 0.4, ["indicators"]).nothing()
    part, of = (known[name].to_numpy(dtype=float) for name in ("numerator", "denominator"))
    share, pooled = 100 * part / of, part.sum() / of.sum()
    subtitle = word("funnel.subtitle", lang, pooled=number(100 * pooled, "%"))
    page = Page(lang, heading, 3.3, ["indicators"], subtitle=subtitle)
    wide, high, left = p.ROOM - 0.5, 2.75, p.MARGIN + 0.42
    ax = page.axes(left, 0.05, wide, high)
    first, last = max(of.min() / 1.6, 0.7), of.max() * 1.6
    steps, written = p.steps(min(max(share.max(), 150 * pooled, 4) * 1.08, 100), "%", lang)
    ax.set_xscale("log")
    ax.set_xlim(first, last)
    ax.set_ylim(-steps[-1] * 0.04, steps[-1] * 1.04)
    ax.set_yticks(steps, written)
    marks = [n for n in LogLocator(subs=(1, 3)).tick_values(first, last) if first <= n <= last]
    ax.set_xticks(marks, [number(n) for n in marks])
    ax.minorticks_off()
    ax.hlines(steps, first, last, color=p.LIGHT, linewidth=0.5, zorder=0)
    ax.axhline(100 * pooled, color=p.DARK, linewidth=0.9, linestyle=(0, (5, 3)), zorder=1)
    page.text(
        left + wide / 2, high + 0.36, word("funnel.caseload", lang), size=p.NOTE, color=p.DARK, ha="center"
    )
    labels = Labels(ax)
    for spot in zip(of, share, strict=True):
        labels.keep_off([spot])
    labels.keep_off([(first, 100 * pooled), (last, 100 * pooled)], marked=False)
    grid = np.geomspace(first, last, 61)
    for z, style in ((INNER, "-"), (OUTER, ":")):
        for curve in wilson(pooled * grid, grid, z):
            ax.plot(grid, 100 * curve, color=p.MID, linewidth=0.8, linestyle=style, zorder=1)
            labels.keep_off(zip(grid, 100 * curve, strict=True), marked=False)
    low, up = wilson(pooled * of, of, OUTER)
    outside = (share < 100 * low) | (share > 100 * up)
    one, several = known["body"].nunique() == 1, known["year"].nunique() > 1
    cases = zip(known["body"].astype("str"), known["year"].astype(int), known["chosen"], outside, strict=True)
    for k, (body, year, chosen, unusual) in enumerate(cases):
        color, size = (p.ACCENT, 6.5) if chosen else (p.MID, 5.0)
        mark: dict[str, Any] = {
            "color": color,
            "markersize": size,
            "markeredgecolor": "white",
            "markeredgewidth": 0.6,
        }
        ax.plot([of[k]], [share[k]], "o", zorder=4 if chosen else 3, **mark)
        counts = f"{number(part[k])}/{number(of[k])}"
        name = f"{year}" if one else f"{body} {year}" if several else body
        page.fact(f"{number(share[k], '%')} ({counts})", name)
        if chosen or unusual or len(known) <= 12:
            text = f"{fit(name, p.NOTE, 1.6)} {counts}"
            half, (x, y) = width(text, p.NOTE) / 2 + 0.02, labels.inch(of[k], share[k])
            away = (0.13, -0.13, 0.3, -0.3, 0.5, -0.5) if chosen else (0.13, -0.13)
            spots = [(x + dx, y + dy) for dy in away for dx in (0, half, -half)]
            labels.put(text, spots, color=p.ACCENT if chosen else p.DARK, at=(x, y))
    return page.done()


@styled
def peers(rates: pd.DataFrame, body: str, *, lang: str = "zh") -> Figure:
    """A body beside its peers: a strip an indicator, a dot a body, the median as a tick.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns, or of the layout of ``ds.figures``, of the body and its peers.
    body
        The body that the chart is about.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        Each body with its latest year that can be computed; no order of merit.
    """
    units = dict(zip(rates["indicator"].astype("str"), rates["unit"].astype("str"), strict=True))
    facts = gather([rates], list(units))
    others = len({who.body for who in facts.who} - {body})
    legend = [
        Swatch(fit(body, p.LABEL, 3), {"marker": "D", "color": p.ACCENT}),
        Swatch(word("peers.others", lang, n=others), {"marker": "o", "color": PEER}),
        Swatch(word("peers.median", lang), {"marker": "|", "color": p.BLACK, "markersize": 9}),
    ]
    page = Page(
        lang,
        word("peers.title", lang, body=body),
        0.62 * max(len(units), 1),
        ["indicators"],
        subtitle=word("peers.subtitle", lang),
        legend=legend,
    )
    names = {code: label(code, lang, "indicator") for code in units}
    room = min(widest(names.values()) + 0.15, 2.2)
    for k, (code, unit) in enumerate(units.items()):
        latest = _latest(facts, code)
        own = next((q for who, q in latest.items() if who.body == body), None)
        rest = [q.value for who, q in latest.items() if who.body != body]
        y = 0.62 * k + 0.3
        page.lines(
            p.MARGIN, y - 0.06, wrap(names[code], p.LABEL, room - 0.1)[:2], leading=0.15, color=p.BLACK
        )
        text = own.text(unit) if own else word("common.no_data", lang)
        text += f" ({own.detail})" if own and own.detail and unit == "%" else ""
        page.text(p.WIDTH - p.MARGIN, y, text, color=p.ACCENT if own else p.DARK, ha="right")
        top = np.nanmax([0, *rest, *([own.value, own.high] if own else [])])
        steps, written = p.steps(float(top), unit, lang)
        ax = page.axes(p.MARGIN + room, y - 0.22, p.ROOM - room - 1.35, 0.32)
        ax.set_xlim(-0.02 * steps[-1], steps[-1] * 1.02)
        ax.set_ylim(-1, 1)
        ax.set_yticks([])
        ax.set_xticks(steps, written)
        ax.plot(rest, [0] * len(rest), "o", color=PEER, markeredgecolor="white", markeredgewidth=0.5)
        if len(rest) > 2:
            ax.vlines([median(rest)], -0.8, 0.8, color=p.BLACK, linewidth=1.2)
        if own:
            ax.hlines([0], own.low, own.high, color=p.ACCENT, linewidth=1.4)
            ax.plot([own.value], [0], "D", color=p.ACCENT, markeredgecolor="white", zorder=5)
        said = {"body": body, "value": text, "year": own.year if own else "", "n": len(rest)}
        if own and rest:
            span = {"low": min(rest), "median": median(rest), "high": max(rest)}
            said |= {key: number(value, unit) for key, value in span.items()}
        page.fact(
            word(f"peers.{'absent' if not own else 'fact' if rest else 'alone'}", lang, **said), names[code]
        )
    return page.done()


def _latest(facts: Facts, code: str) -> dict[Who, Point]:
    """Of each body the latest figure that is known."""
    every = {who: series for (who, key), series in (facts.table | facts.stated).items() if key == code}
    known = {who: [point for point in series.values() if point.known] for who, series in every.items()}
    return {who: max(points, key=lambda point: point.year) for who, points in known.items() if points}


@styled
def coverage(reports: pd.DataFrame, figures: pd.DataFrame | None = None, *, lang: str = "zh") -> Figure:
    """What there is: body × year × table, told apart as read, partly read, figures in words only, absent.

    Parameters
    ----------
    reports
        Frame of the layout of ``ds.reports``.
    figures
        Frame of the layout of ``ds.figures``: years that have no report but figures in words.
    lang
        ``zh`` or ``en``.
    """
    tables = ["disclosure", "requests", "disputes"]
    known = reports.dropna(subset="year").astype(
        dict.fromkeys(tables, pd.CategoricalDtype(list(STATES), ordered=True))
    )
    best = known.groupby(["body", "year"], sort=False, observed=True)[tables].min()
    states = {(str(body), int(year)): tuple(line) for (body, year), *line in best.itertuples(name=None)}
    nothing = ("absent",) * len(tables)
    if figures is not None:
        for body, year in figures[["body", "year"]].drop_duplicates().itertuples(index=False):
            states.setdefault((str(body), int(year)), ("figures",))
    bodies = list(dict.fromkeys(body for body, _ in states))
    years = (
        range(min(year for _, year in states), max(year for _, year in states) + 1) if states else range(0)
    )
    used = {"absent"}.union(*states.values())
    row = 0.22
    page = Page(
        lang,
        title((Who(body) for body in bodies), years, word("coverage.title", lang), lang),
        0.25 + row * max(len(bodies), 1),
        ["all"],
        subtitle=word("coverage.subtitle", lang),
        legend=[
            Swatch(word(f"coverage.{state}", lang), style) for state, style in STATES.items() if state in used
        ],
    )
    if not bodies:
        return page.nothing()
    room = min(widest(bodies) + 0.15, 2.3)
    step = min((p.ROOM - room) / len(years), 0.9)
    limits: dict[str, p.Spot] = {"x": (-0.5, len(years) - 0.5), "y": (len(bodies) - 0.5, -0.5)}
    ax = page.axes(p.MARGIN + room, 0.22, step * len(years), row * len(bodies), **limits)
    ax.hlines([k + 0.5 for k in range(len(bodies))], -0.5, len(years) - 0.5, color=p.LIGHT, linewidth=0.5)
    for c, year in enumerate(years):
        page.text(p.MARGIN + room + (c + 0.5) * step, 0.1, str(year), size=p.TICK, color=p.DARK, ha="center")
    third = min(0.12 / step, 0.33)
    spots: dict[str, list[tuple[float, float]]] = {}
    for r, body in enumerate(bodies):
        page.text(p.MARGIN, 0.22 + (r + 0.5) * row, fit(body, p.LABEL, room - 0.1), color=p.BLACK)
        told = []
        for c, year in enumerate(years):
            found = states.get((body, year), nothing)
            for k, state in enumerate(found):
                spots.setdefault(state, []).append((c + (k - (len(found) - 1) / 2) * third, r))
            if found != nothing:
                said = join((word(f"coverage.{state}", lang) for state in found), lang, "list")
                told.append(word("coverage.fact", lang, year=year, states=said))
        page.fact(join(told, lang), body)
    for state, places in spots.items():
        ax.plot(*zip(*places, strict=True), linestyle="", **STATES[state])
    return page.done()
