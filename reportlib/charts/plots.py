"""Rates against caseload, a body beside its peers, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from statistics import median
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from ..errors import ReportlibError
from ..labels import label
from . import page as p
from .frames import Facts, Point, Who, figure_name, joined, listed, rate_points, title
from .page import Page, Swatch, fit, number, styled, width, word

__all__ = ["coverage", "funnel", "peers"]

# -------------------------------------------------------------------------------------- funnel


INNER, OUTER = 1.959964, 3.090232  # standard normal: 95 % and 99.8 %


class Case(NamedTuple):
    """A point of the funnel: `part` of the `of` cases of a body and year."""

    body: str
    year: int
    part: float
    of: float

    @property
    def rate(self) -> float:
        """The share, 0 to 1."""
        return self.part / self.of


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
    codes = list(dict.fromkeys(str(code) for code in rates["indicator"]))
    if len(codes) > 1:
        raise ReportlibError(f"the frame holds {len(codes)} indicators", place="charts.funnel", expected="one")
    facts = rate_points(rates)
    known = rates[["body", "year", "numerator", "denominator"]].dropna()
    cases = [
        Case(str(body), int(year), float(part), float(of))
        for body, year, part, of in known.itertuples(index=False)
        if of > 0
    ]
    name = label(codes[0], lang, "indicator") if codes else ""
    heading = title(facts.who, facts.years, word("funnel.title", lang, name=name), lang)
    source = word("source.indicators", lang)
    if not cases:
        return Page(heading, 0.4, source=source).nothing(lang)
    pooled = sum(case.part for case in cases) / sum(case.of for case in cases)
    page = Page(heading, 3.3, subtitle=word("funnel.subtitle", lang, pooled=number(100 * pooled, "%")), source=source)
    wide, high, left = p.WIDTH - 2 * p.MARGIN - 0.5, 2.75, p.MARGIN + 0.42
    ax = page.axes(left, 0.05, wide, high)
    first, last = max(min(case.of for case in cases) / 1.6, 0.7), max(case.of for case in cases) * 1.6
    steps = p.ticks(min(max(100 * max(case.rate for case in cases), 150 * pooled, 4) * 1.08, 100))
    ax.set_xscale("log")
    ax.set_xlim(first, last)
    ax.set_ylim(-steps[-1] * 0.04, steps[-1] * 1.04)
    ax.set_yticks(steps, [f"{step:g}%" for step in steps])
    marks = [n for power in range(7) for n in (10**power, 3 * 10**power) if first <= n <= last]
    ax.set_xticks(marks, [number(n) for n in marks])
    ax.minorticks_off()
    ax.hlines(steps, first, last, color=p.LIGHT, linewidth=0.5, zorder=0)
    ax.axhline(100 * pooled, color=p.DARK, linewidth=0.9, linestyle=(0, (5, 3)), zorder=1)
    page.text(left + wide / 2, high + 0.36, word("funnel.caseload", lang), size=p.NOTE, color=p.DARK, ha="center")

    def inch(of: float, rate: float) -> tuple[float, float]:
        return log(of / first) / log(last / first) * wide, (100 * rate / steps[-1] + 0.04) / 1.08 * high

    labels = p.Labels(ax, wide, high)
    labels.keep_off([inch(case.of, case.rate) for case in cases], 0.03)
    labels.keep_off_line([inch(first, pooled), inch(last, pooled)])
    grid = [first * (last / first) ** (k / 60) for k in range(61)]
    for z, style in ((INNER, "-"), (OUTER, ":")):
        for side in (0, 1):
            curve = [_limits(pooled, n, z)[side] for n in grid]
            ax.plot(grid, [100 * rate for rate in curve], color=p.MID, linewidth=0.8, linestyle=style, zorder=1)
            labels.keep_off_line(list(map(inch, grid, curve)))
    one = len({case.body for case in cases}) == 1
    several = len({case.year for case in cases}) > 1
    for case in sorted(cases, key=lambda case: (case.body not in highlight, -case.of)):
        chosen = case.body in highlight
        color, size = (p.ACCENT, 6.5) if chosen else (p.MID, 5.0)
        mark: dict[str, Any] = {"color": color, "markersize": size, "markeredgecolor": "white", "markeredgewidth": 0.6}
        ax.plot([case.of], [100 * case.rate], "o", zorder=4 if chosen else 3, **mark)
        counts = f"{number(case.part)}/{number(case.of)}"
        name = f"{case.year}" if one else f"{case.body} {case.year}" if several else case.body
        page.fact(f"{name}{'：' if lang == 'zh' else ': '}{number(100 * case.rate, '%')} ({counts})")
        low, up = _limits(pooled, case.of, OUTER)
        if chosen or not low <= case.rate <= up or len(cases) <= 12:
            text = f"{fit(name, p.NOTE, 1.6)} {counts}"
            half, (x, y) = width(text, p.NOTE) / 2 + 0.02, inch(case.of, case.rate)
            near = [(x + dx, y + dy) for dy in (0.13, -0.13) for dx in (0, half, -half)]
            far = [(x + dx, y + dy) for dy in (0.3, -0.3, 0.5, -0.5) for dx in (0, half, -half)] if chosen else []
            labels.put(text, [*near, *far], color=p.ACCENT if chosen else p.DARK, at=(x, y))
    return page.done(lang)


def _limits(rate: float, n: float, z: float) -> tuple[float, float]:
    """The score interval around a rate for `n` cases."""
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


# --------------------------------------------------------------------------------------- peers


PEER = "#b5b5b5"


@styled
def peers(rates: pd.DataFrame, body: str, *, lang: str = "zh") -> Figure:
    """A body beside its peers: a strip an indicator, a dot a body, the median as a tick.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns, of the body and its peers.
    body
        The body that the chart is about.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        Each body with its latest year that can be computed; no order of merit.
    """
    codes = list(dict.fromkeys(str(code) for code in rates["indicator"]))
    facts = rate_points(rates)
    units = dict(zip(rates["indicator"].astype(str), rates["unit"].astype(str), strict=True))
    others = len({who.body for who in facts.who} - {body})
    legend = [
        Swatch(fit(body, p.LABEL, 3), marker={"marker": "D", "color": p.ACCENT}),
        Swatch(word("peers.others", lang, n=others), marker={"marker": "o", "color": PEER}),
        Swatch(word("peers.median", lang), marker={"marker": "|", "color": "#111111", "markersize": 9}),
    ]
    page = Page(
        word("peers.title", lang, body=body),
        0.62 * max(len(codes), 1),
        subtitle=word("peers.subtitle", lang),
        legend=legend,
        source=word("source.indicators", lang),
    )
    names = [figure_name(code, lang) for code in codes]
    room = min(max((width(name, p.LABEL) for name in names), default=0) + 0.15, 2.2)
    for k, (code, name) in enumerate(zip(codes, names, strict=True)):
        latest = {who: q for who in facts.who if (q := _latest(facts, who, code))}
        own = next((q for who, q in latest.items() if who.body == body), None)
        rest = [q.value or 0 for who, q in latest.items() if who.body != body]
        y, unit = 0.62 * k + 0.3, units[code]
        for n, line in enumerate(p.wrap(name, p.LABEL, room - 0.1)[:2]):
            page.text(p.MARGIN, y - 0.06 + n * 0.15, line, color="#111111")
        text = own.text(unit) if own else word("common.no_data", lang)
        text += f" ({own.detail})" if own and own.detail and unit == "%" else ""
        page.text(p.WIDTH - p.MARGIN, y, text, color=p.ACCENT if own else p.DARK, ha="right")
        ends = [value for value in (own.value, own.high) if value is not None] if own else []
        steps = p.ticks(max([*rest, *ends], default=1), n=4)
        ax = page.axes(p.MARGIN + room, y - 0.22, p.WIDTH - 2 * p.MARGIN - room - 1.35, 0.32)
        ax.set_xlim(-0.02 * steps[-1], steps[-1] * 1.02)
        ax.set_ylim(-1, 1)
        ax.set_yticks([])
        ax.set_xticks(steps, [f"{step:g}%" for step in steps] if unit == "%" else p.rough(steps, lang))
        ax.plot(rest, [0] * len(rest), "o", color=PEER, markeredgecolor="white", markeredgewidth=0.5)
        if len(rest) > 2:
            ax.vlines([median(rest)], -0.8, 0.8, color="#111111", linewidth=1.2)
        if own and own.low is not None and own.high is not None:
            ax.hlines([0], own.low, own.high, color=p.ACCENT, linewidth=1.4)
        if own:
            ax.plot([own.value or 0], [0], "D", color=p.ACCENT, markeredgecolor="white", zorder=5)
        said = {"name": name, "body": body, "value": text, "year": own.year if own else "", "n": len(rest)}
        if own and rest:
            span = {"low": min(rest), "median": median(rest), "high": max(rest)}
            said |= {key: number(value, unit) for key, value in span.items()}
        page.fact(word(f"peers.{'absent' if not own else 'fact' if rest else 'alone'}", lang, **said))
    return page.done(lang)


def _latest(facts: Facts, who: Who, code: str) -> Point | None:
    known = [q for q in facts.table.get((who, code), {}).values() if q.value is not None]
    return max(known, key=lambda q: q.year, default=None)


# ------------------------------------------------------------------------------------ coverage

STATES: dict[str, dict[str, Any]] = {
    "complete": {"marker": "s", "color": p.ACCENT, "markersize": 5.4},
    "partial": {
        "marker": "s",
        "color": p.ACCENT,
        "markerfacecoloralt": "white",
        "fillstyle": "left",
        "markersize": 5.4,
    },
    "blank": {"marker": "s", "color": p.DARK, "markerfacecolor": "white", "markersize": 5.4},
    "not_read": {"marker": "x", "color": "#111111", "markersize": 5},
    "figures": {"marker": "D", "color": p.DARK, "markerfacecolor": "white", "markersize": 5},
    "absent": {"marker": ".", "color": "#b0b0b0", "markersize": 3},
}


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
    tables = ("disclosure", "requests", "disputes")
    states: dict[tuple[str, int], tuple[str, ...]] = {}
    for line in reports.dropna(subset="year")[["body", "year", *tables]].itertuples(index=False):
        key, found = (str(line[0]), int(line[1])), tuple(str(state) for state in line[2:])
        before = states.get(key, ("absent",) * 3)
        order = list(STATES)
        states[key] = tuple(min(a, b, key=order.index) for a, b in zip(before, found, strict=True))
    if figures is not None:
        for body, year in figures[["body", "year"]].drop_duplicates().itertuples(index=False):
            states.setdefault((str(body), int(year)), ("figures",))
    bodies = list(dict.fromkeys(body for body, _ in states))
    known = [year for _, year in states]
    years = range(min(known), max(known) + 1) if known else range(0)
    used = {state for found in states.values() for state in found} | {"absent"}
    legend = [Swatch(word(f"coverage.{state}", lang), marker=style) for state, style in STATES.items() if state in used]
    row = 0.22
    page = Page(
        title((Who(body, "") for body in bodies), years, word("coverage.title", lang), lang),
        0.25 + row * max(len(bodies), 1),
        subtitle=word("coverage.subtitle", lang),
        legend=legend,
        source=word("source.all", lang),
    )
    if not bodies:
        return page.nothing(lang)
    room = min(max(width(body, p.LABEL) for body in bodies) + 0.15, 2.3)
    step = min((p.WIDTH - 2 * p.MARGIN - room) / len(years), 0.9)
    ax = page.axes(p.MARGIN + room, 0.22, step * len(years), row * len(bodies))
    ax.set_axis_off()
    ax.set_xlim(-0.5, len(years) - 0.5)
    ax.set_ylim(len(bodies) - 0.5, -0.5)
    ax.hlines([k + 0.5 for k in range(len(bodies))], -0.5, len(years) - 0.5, color=p.LIGHT, linewidth=0.5)
    for c, year in enumerate(years):
        page.text(p.MARGIN + room + (c + 0.5) * step, 0.1, str(year), size=p.TICK, color=p.DARK, ha="center")
    spots: dict[str, list[tuple[float, float]]] = {}
    third = min(0.12 / step, 0.33)
    for r, body in enumerate(bodies):
        page.text(p.MARGIN, 0.22 + (r + 0.5) * row, fit(body, p.LABEL, room - 0.1), color="#111111")
        told = []
        for c, year in enumerate(years):
            found = states.get((body, year), ("absent",) * 3)
            for k, state in enumerate(found):
                spots.setdefault(state, []).append((c + (k - (len(found) - 1) / 2) * third, r))
            if set(found) != {"absent"}:
                said = listed((word(f"coverage.{state}", lang) for state in found), lang)
                told.append(word("coverage.fact", lang, year=year, states=said))
        page.fact(f"{body} {joined(told, lang)}")
    for state, places in spots.items():
        ax.plot([x for x, _ in places], [y for _, y in places], linestyle="", **STATES[state])
    return page.done(lang)
