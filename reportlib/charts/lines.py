"""Figures over the years: a panel a body, points and counts, gaps and breaks left open."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import ReportlibError
from ..labels import label
from . import page as p
from .frames import (
    Facts,
    Point,
    Series,
    Who,
    figure_name,
    gather,
    headline_figures,
    joined,
    listed,
    notes,
    rate_points,
    title,
)
from .page import Page, Swatch, styled, width, word, words, wrap

__all__ = ["headline", "rates", "volumes"]

STYLES: tuple[dict[str, Any], ...] = (
    {"color": p.ACCENT, "marker": "o", "linestyle": "-"},
    {"color": p.DARK, "marker": "s", "linestyle": (0, (5, 2))},
    {"color": p.MID, "marker": "^", "linestyle": (0, (2, 1))},
)
LINE = 0.165  # inches from one label's line to the next


class Line(NamedTuple):
    """One series of a panel."""

    label: str
    points: Series
    style: dict[str, Any]
    in_words: bool = False


class Panel(NamedTuple):
    """One small chart."""

    heading: str
    lines: list[Line]


@styled
def volumes(*frames: pd.DataFrame, measure: str = "requests", lang: str = "zh") -> Figure:
    """Trend of volumes: a line a cell of the form, a panel a body and group of cells.

    Parameters
    ----------
    *frames
        Frames of the layout of ``ds.cells``; ``ds.figures`` adds the figures stated in words, drawn
        hollow and dotted and never joined to those of the tables.
    measure
        ``requests`` (received, concluded), ``documents`` (issued, repealed, in force), ``decisions``
        (licences, penalties, coercive measures) or ``fees``.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        From zero, in the unit of the form; panels of the same cells share one scale.

    Raises
    ------
    ReportlibError
        There is no such measure.
    """
    known = words("volumes")
    if measure not in known:
        raise ReportlibError(f"no measure {measure!r}", place="charts.volumes", expected=f"one of {', '.join(known)}")
    spec = known[measure]
    cells = [series["cell"] for panel in spec["panels"] for series in panel["series"]]
    facts = gather(frames, cells)
    columns = [
        [
            Panel(panel.get(lang, ""), _series(facts, who, panel["series"], len(spec["panels"]) > 1, lang))
            for who in facts.who
        ]
        for panel in spec["panels"]
    ]
    sources = [cells[0].partition(".")[0]] * bool(facts.table) + ["headline"] * bool(facts.headline)
    return _draw(facts, columns, spec["title"][lang], spec["unit"][lang], sources, lang)


@styled
def headline(figures: pd.DataFrame, indicators: Sequence[str], *, lang: str = "zh") -> Figure:
    """Figures that reports state in words, a panel a body and indicator.

    Parameters
    ----------
    figures
        Frame of the layout of ``ds.figures``.
    indicators
        Codes of its column ``indicator``.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        Hollow and dotted, as wherever figures in words are drawn; ≥ and ≈ as they are stated.
    """
    facts = headline_figures(figures, indicators)
    unit_of = dict(zip(figures["indicator"].astype("str"), figures["unit"].astype("str"), strict=True))
    units = {
        code: words("unit").get(unit_of[code], {}).get(lang, unit_of[code]) for code in indicators if code in unit_of
    }
    mixed = len(set(units.values())) > 1
    columns = []
    for code in indicators:
        name = figure_name(code, lang)
        heading = word("common.of", lang, body=name, scope=units[code]) if mixed and code in units else name
        stated = [facts.headline.get((who, code), {}) for who in facts.who]
        columns.append([Panel(heading, _line("", series, STYLES[0], in_words=True)) for series in stated])
    named = listed(dict.fromkeys(units.values()), lang)
    return _draw(facts, columns, word("headline.title", lang), named, ["headline"], lang)


@styled
def rates(rates: pd.DataFrame, *, lang: str = "zh") -> Figure:
    """Rates over the years with their 95 % intervals, a panel a body and indicator.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns, of proportions.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        Points with numerator/denominator; 0/0 where the denominator is 0, nothing where it is incomplete.
    """
    facts = rate_points(rates)
    names = {str(code): label(str(code), lang, "indicator") for code in rates["indicator"].unique()}
    one = len(names) == 1
    columns = [
        [Panel("" if one else name, _line("", facts.table.get((who, code), {}), STYLES[0])) for who in facts.who]
        for code, name in names.items()
    ]
    what = next(iter(names.values())) if one else word("rates.title", lang)
    return _draw(facts, columns, what, "%", ["indicators"], lang)


def _line(name: str, points: Series, style: dict[str, Any], *, in_words: bool = False) -> list[Line]:
    """A line, or nothing where there is no figure."""
    known = any(point.value is not None or point.detail for point in points.values())
    return [Line(name, points, style, in_words)] if known else []


def _series(facts: Facts, who: Who, series: list[dict[str, Any]], headed: bool, lang: str) -> list[Line]:
    """The lines of a panel: those of the tables, and figures in words that say what the tables do not."""
    lines = []
    for entry, style in zip(series, STYLES, strict=False):
        name = "" if len(series) == 1 and headed else entry[lang]
        table = facts.table.get((who, entry["cell"]), {})
        stated = facts.headline.get((who, entry["cell"]), {})
        new = {year: q for year, q in stated.items() if year not in table or table[year].value != q.value}
        lines += [*_line(name, table, style), *_line(name, new, style, in_words=True)]
    return lines


# ----------------------------------------------------------------------------------- drawing


def _draw(facts: Facts, columns: list[list[Panel]], what: str, unit: str, sources: list[str], lang: str) -> Figure:
    """Panels in a grid: one kind of panel wraps over the page, several kinds make a column each."""
    columns = [column for column in columns if any(panel.lines for panel in column)]
    semicolon = "；" if lang == "zh" else "; "
    many = len(facts.who) > 1
    wrapped = len(columns) == 1 or not many
    if wrapped:  # one kind for many bodies, or many kinds for one body
        flat = [
            (who, panel, k) for k, column in enumerate(columns) for who, panel in zip(facts.who, column, strict=True)
        ]
        across = max(1, len(flat)) if len(flat) <= 3 else 2 if len(flat) == 4 else 3 if len(flat) <= 9 else 4
        rows = [flat[k : k + across] for k in range(0, len(flat), across)]
    else:
        across = len(columns)
        rows = [[(who, column[r], k) for k, column in enumerate(columns)] for r, who in enumerate(facts.who)]
    panels = [panel for row in rows for _, panel, _ in row]
    small = across > 3 or len(panels) > 4
    kinds = [_kind(column, facts.years, unit, named=not small, lang=lang) for column in columns]
    if small and many:  # all panels keep one width, so that they can be compared
        kinds = [kind._replace(after=max(kind.after for kind in kinds)) for kind in kinds]
    plot = 2.4 if len(panels) == 1 else 1.05 if small else 1.5
    gutter = 0.22
    wide = (p.WIDTH - 2 * p.MARGIN - gutter * (across - 1)) / max(across, 1)
    headings = [wrap(panel.heading, p.LABEL, wide)[:2] if panel.heading else [] for panel in panels]
    most = max(map(len, headings), default=0)
    heading = 0.19 * many + 0.16 * most + 0.06
    step = heading + plot + 0.36
    lines = [line for panel in panels for line in panel.lines]
    scopes = {who.scope for who in facts.who}
    ranged = any(point.low is not None for line in lines for point in line.points.values())
    hints = [word("rates.subtitle", lang) if ranged else word("common.unit", lang, unit=unit)]
    hints += [word("rates.detail", lang)] if unit == "%" and not small else []
    hints += [word("common.one_scale", lang)] if many and len(panels) > 1 else []
    page = Page(
        title(facts.who, facts.years, what, lang),
        max(len(rows), 1) * step,
        subtitle=semicolon.join(hints),
        legend=_legend(lines) if small else [],
        notes=_notes(lines, lang),
        source=semicolon.join(word(f"source.{code}", lang) for code in sources),
    )
    if not rows:
        return page.nothing(lang)
    for r, row in enumerate(rows):
        for c, (who, panel, k) in enumerate(row):
            left, top = p.MARGIN + c * (wide + gutter), r * step
            if many:
                shown = who.body if len(scopes) == 1 else who.named(lang)
                page.text(left, top + 0.1, p.fit(shown, p.LABEL, wide), color="#111111")
            for n, part in enumerate(headings[r * across + c]):
                page.text(left, top + 0.19 * many + 0.1 + n * 0.16, part, color=p.DARK)
            _panel(page, panel, kinds[k], (left, top + heading, wide, plot), named=not small, lang=lang)
            _facts(page, who, panel, kinds[k], lang)
    return page.done(lang)


class Kind(NamedTuple):
    """What panels of the same cells share: years, scale, unit, and the room their labels take."""

    years: list[int]
    steps: list[float]
    written: list[str]
    unit: str
    before: float
    after: float
    first: float


def _kind(panels: list[Panel], years: list[int], unit: str, *, named: bool, lang: str) -> Kind:
    lines = [line for panel in panels for line in panel.lines]
    points = [point for line in lines for point in line.points.values()]
    top = max((value for point in points for value in (point.value, point.high) if value is not None), default=0)
    steps = p.ticks(top, whole=unit not in ("%", "万元", "10,000 yuan"), n=4 if len(panels) < 3 else 3)
    written = [f"{step:g}%" for step in steps] if unit == "%" else p.rough(steps, lang)
    ends = [text for panel in panels for _, text, _ in _ends(panel, years, unit, named=named)]
    firsts = [point.text(unit) for point in points if named and point.year == years[0] != years[-1]]
    return Kind(
        years,
        steps,
        written,
        unit,
        max(width(text, p.TICK) for text in written) + 0.08,
        max((width(text, p.LABEL) for text in ends), default=0.0) + 0.12,
        max((width(text, p.NOTE) for text in firsts), default=0.0) / 2 + 0.03,
    )


def _panel(
    page: Page, panel: Panel, kind: Kind, box: tuple[float, float, float, float], *, named: bool, lang: str
) -> None:
    left, top, wide, high = box
    years, steps = kind.years or [0], kind.steps
    inner = max(wide - kind.before - kind.after, 0.4)
    ax = page.axes(left + kind.before, top, inner, high)
    count = max(years[-1] - years[0], 1)
    label = width("2025", p.TICK)
    side = max(label / 2, min(kind.first, inner / 5))
    tight = (inner - 2 * side) / count < label / 2  # then only the first and the last year are named, inside the axes
    side = 0.06 if tight and len(years) > 1 else side
    step = (inner - 2 * side) / count  # inches from year to year
    middle, half = (years[0] + years[-1]) / 2, count * inner / (inner - 2 * side) / 2
    ax.set_xlim(middle - half, middle + half)
    ax.set_ylim(0, steps[-1] * (1 + 0.17 / high))
    ax.set_yticks(steps, kind.written)
    ax.hlines(steps[1:], *ax.get_xlim(), color=p.LIGHT, linewidth=0.5, zorder=0)
    shown = _shown_years(years, step)
    ax.set_xticks(shown, [str(year) for year in shown])
    if tight and len(shown) == 2:
        start, end = ax.get_xticklabels()
        start.set_horizontalalignment("left")
        end.set_horizontalalignment("right")
    if not panel.lines:
        ax.text(0.5, 0.5, word("common.no_data", lang), transform=ax.transAxes, ha="center", va="center", color=p.DARK)
        return
    plot = _Plot(ax, inner, high)
    for line in panel.lines:
        _draw_line(ax, line, 5.0 if step > 0.25 or len(years) == 1 else 2.6)
        plot.avoid(line)
    _breaks(plot, panel, named=named, lang=lang)
    ends = sorted(_ends(panel, years, kind.unit, named=named), key=lambda end: end[0].value or 0)
    wanted = [plot.inch(0, point.value or 0)[1] for point, _, _ in ends]
    for (point, text, style), want, y in zip(ends, wanted, p.apart(wanted, LINE, 0, high), strict=True):
        page.text(left + kind.before + inner + 0.06, top + high - y, text, color=style["color"])
        if abs(want - y) > 0.04:
            ax.plot(
                [point.year, ax.get_xlim()[1]],
                [point.value or 0, y / high * plot.y1],
                color=p.MID,
                linewidth=0.5,
                zorder=0,
                clip_on=False,
            )
    crowded = step < 0.24 and len(years) > 1  # then only the last figure of each line
    for line in panel.lines:
        last = max(_values(line), default=0)
        for point in line.points.values():
            if crowded and point.year != last:
                continue
            if point.value is None and point.detail:
                plot.figure(point, point.detail, p.DARK)
            elif point.value is not None and point.year != years[-1]:
                name = f"{_named(line)} " if named and point.year == last and line.label else ""
                rivals = [q.value or 0 for other in panel.lines if (q := other.points.get(point.year))]
                plot.figure(point, name + point.text(kind.unit), line.style["color"], above=point.value >= max(rivals))


def _named(line: Line) -> str:
    return ("◇" if line.in_words else "") + line.label


def _values(line: Line) -> Series:
    return {year: point for year, point in sorted(line.points.items()) if point.value is not None}


def _segments(points: Series) -> list[list[Point]]:
    """The stretches that may be joined: years in a row, one edition of the form, comparable."""
    runs: list[list[Point]] = []
    for point in (points[year] for year in sorted(points) if points[year].value is not None):
        before = runs[-1][-1] if runs else None
        if before and point.year == before.year + 1 and point.edition == before.edition and point.joined:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _draw_line(ax: Axes, line: Line, size: float) -> None:
    style = {**line.style, "markersize": size}
    if line.in_words:
        style |= {"marker": "D", "linestyle": (0, (1, 2)), "markerfacecolor": "white", "linewidth": 1.1}
    over = 4 if line.style is STYLES[0] else 3
    for run in _segments(line.points):
        ax.plot([q.year for q in run], [q.value or 0 for q in run], zorder=over, clip_on=False, **style)
    values = list(_values(line).values())
    for chosen, mark in (
        ([q for q in values if q.status == "derived"], {**style, "markerfacecolor": "white"}),
        (
            [q for q in values if q.suspect],
            {"marker": "s", "markersize": size + 5, "markerfacecolor": "none", "markeredgecolor": "#111111"},
        ),
    ):
        if chosen:
            mark |= {"linestyle": "", "zorder": 5, "clip_on": False}
            ax.plot([q.year for q in chosen], [q.value or 0 for q in chosen], **mark)
    ranged = [q for q in values if q.low is not None and q.high is not None]
    if ranged:
        ends = [q.low or 0 for q in ranged], [q.high or 0 for q in ranged]
        ax.vlines([q.year for q in ranged], *ends, color=style["color"], linewidth=1.1, zorder=2)


def _changes(lines: list[Line]) -> list[tuple[float, str, str]]:
    """Where the form changes between two neighbouring figures of the tables, and from which to which edition."""
    editions = {q.year: q.edition for line in lines if not line.in_words for q in line.points.values() if q.edition}
    years = sorted(editions)
    return [((a + b) / 2, editions[a], editions[b]) for a, b in pairwise(years) if editions[a] != editions[b]]


def _breaks(plot: _Plot, panel: Panel, *, named: bool, lang: str) -> None:
    for x, old, new in _changes(panel.lines):
        plot.ax.axvline(x, color=p.DARK, linewidth=0.8, linestyle=(0, (3, 3)), zorder=1)
        at = plot.inch(x, 0)[0]
        plot.keep_off_line([(at, 0), (at, plot.high - 0.1)])
        for edition, side in ((old, -1), (new, 1)) if named else ():
            text = word("common.form", lang, edition=edition)
            plot.put(text, [(at + side * (width(text, p.NOTE) / 2 + 0.06), plot.high)], color=p.DARK)


def _ends(panel: Panel, years: list[int], unit: str, *, named: bool) -> list[tuple[Point, str, dict[str, Any]]]:
    """The label of each line that reaches the last year: its name where there is room for names, and its figure."""
    ends = []
    for line in panel.lines:
        point = line.points.get(years[-1])
        if point is not None and point.value is not None:
            name = f"{_named(line)} " if named and line.label else "◇" if line.in_words else ""
            detail = f" ({point.detail})" if point.detail and named else ""
            ends.append((point, f"{name}{point.text(unit)}{detail}", line.style))
    return ends


class _Plot(p.Labels):
    """The labels of one panel, by year and value."""

    def __init__(self, ax: Axes, wide: float, high: float) -> None:
        super().__init__(ax, wide, high)
        (self.x0, self.x1), (_, self.y1) = ax.get_xlim(), ax.get_ylim()

    def inch(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the data stands, in inches from the lower left corner."""
        return (x - self.x0) / (self.x1 - self.x0) * self.wide, y / self.y1 * self.high

    def avoid(self, line: Line) -> None:
        """Keep texts off a line, its markers and its intervals."""
        for run in _segments(line.points):
            spots = [self.inch(q.year, q.value or 0) for q in run]
            self.keep_off(spots, 0.03)
            self.keep_off_line(spots)
            for q in run:
                if q.low is not None and q.high is not None:
                    self.keep_off_line([self.inch(q.year, q.low), self.inch(q.year, q.high)])

    def figure(self, point: Point, text: str, color: str, *, above: bool = True) -> None:
        """A text above or below its point, or beside it; what finds no place stays in the table."""
        x, y = self.inch(point.year, point.value or 0)
        half, rise = width(text, p.NOTE) / 2 + 0.02, 0.16 if point.suspect else 0.12
        spots = [*[(x, y + rise), (x, y - rise)][:: 1 if above else -1], (x + half + 0.08, y), (x - half - 0.08, y)]
        if point.low is not None:  # beside the interval: a figure at its end would be read as that end
            spots = [(x + side * (half + 0.04), y + dy) for side in (1, -1) for dy in (0.1, -0.1)]
        if point.value is None:
            spots = [(x, y + 0.09)]
        self.put(text, spots, color=color)


def _shown_years(years: list[int], step: float) -> list[int]:
    """As many years as fit, the last one always among them; of two, the first and the last."""
    every = -int(-(width("2025", p.TICK) + 0.08) // step)
    if len(years) > 2 and every > (len(years) - 1) / 2:
        return [years[0], years[-1]] if (len(years) - 1) * step > 2 * width("2025", p.TICK) else years[-1:]
    return years[::-1][:: max(every, 1)][::-1]


def _legend(lines: list[Line]) -> list[Swatch]:
    seen = {line.label: line for line in lines if line.label}
    return [
        Swatch(name, marker={"color": line.style["color"], "marker": line.style["marker"], "markersize": 5})
        for name, line in seen.items()
    ]


def _notes(lines: list[Line], lang: str) -> list[str]:
    points = [q for line in lines for q in line.points.values()]
    more = {
        "headline": any(line.in_words and _values(line) for line in lines),
        "break": bool(_changes(lines)),
        "undefined": any(q.value is None and q.detail for q in points),
        "not_comparable": any(q.value is not None and not q.joined for q in points),
        "gap": any(_missing(line) for line in lines),
    }
    return notes(points, lang, [code for code, used in more.items() if used])


def _missing(line: Line) -> list[int]:
    """The years without a figure between the first and the last one."""
    known = _values(line)
    return [year for year in range(min(known), max(known)) if year not in known] if known else []


def _facts(page: Page, who: Who, panel: Panel, kind: Kind, lang: str) -> None:
    """What the panel shows, for the text alternative."""
    for line in panel.lines:
        points = [
            word("common.point", lang, year=year, value=q.text(kind.unit) + (f" ({q.detail})" if q.detail else ""))
            for year, q in _values(line).items()
        ]
        points += [word("common.gap", lang, year=year) for year in _missing(line)]
        name = line.label if line.label != panel.heading else ""
        what = " ".join(filter(None, [panel.heading, ("◇" if line.in_words else "") + name]))
        page.fact(word("common.fact", lang, who=who.named(lang), what=what, points=joined(points, lang)))
