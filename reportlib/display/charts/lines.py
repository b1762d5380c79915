"""Figures over the years: a panel a body, points and counts, gaps and breaks left open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...errors import ReportlibError
from ...form.labels import label
from . import page as p
from .frames import Facts, Point, Series, Who, gather, notes, title
from .page import WORDS, Labels, Page, Swatch, join, styled, widest, width, word, wrap

__all__ = ["headline", "rates", "volumes"]

STYLES: tuple[dict[str, Any], ...] = (
    {"color": p.ACCENT, "marker": "o", "linestyle": "-", "zorder": 4},
    {"color": p.DARK, "marker": "s", "linestyle": (0, (5, 2)), "zorder": 3},
    {"color": p.MID, "marker": "^", "linestyle": (0, (2, 1)), "zorder": 3},
)
STATED: dict[str, Any] = {
    "marker": "D",
    "linestyle": (0, (1, 2)),
    "markerfacecolor": "white",
    "linewidth": 1.1,
}
DERIVED: dict[str, Any] = {"markerfacecolor": "white"}
SUSPECT: dict[str, Any] = {"marker": "s", "markerfacecolor": "none", "markeredgecolor": p.BLACK}
LINE = 0.165  # inches from one label's line to the next
GUTTER = 0.22
YEAR = width("2025", p.TICK)


@dataclass(frozen=True)
class Line:
    """One series of a panel; `stated`: of figures in words."""

    label: str
    points: Series
    style: dict[str, Any]
    stated: bool = False

    @property
    def mark(self) -> str:
        """The sign of figures stated in words."""
        return "◇" if self.stated else ""

    @property
    def name(self) -> str:
        """Its label, as it stands before a figure."""
        return self.mark + (f"{self.label} " if self.label else "")

    @property
    def drawn(self) -> dict[str, Any]:
        """Its style as it is drawn."""
        return self.style | STATED if self.stated else self.style

    @cached_property
    def known(self) -> list[Point]:
        """The points that have a value, by year."""
        return [self.points[year] for year in sorted(self.points) if self.points[year].known]

    @cached_property
    def undefined(self) -> list[Point]:
        """The rates whose denominator is 0."""
        return [point for point in self.points.values() if point.detail and not point.known]

    @cached_property
    def runs(self) -> list[list[Point]]:
        """The stretches that may be joined: years in a row, one edition of the form, comparable."""
        runs: list[list[Point]] = []
        for point in self.known:
            before = runs[-1][-1] if runs else None
            if before and point.joined and (point.year - 1, point.edition) == (before.year, before.edition):
                runs[-1].append(point)
            else:
                runs.append([point])
        return runs

    @cached_property
    def gaps(self) -> list[int]:
        """The years without a figure between the first and the last one."""
        years = [point.year for point in self.known]
        return [year for a, b in pairwise(years) for year in range(a + 1, b)]


@dataclass(frozen=True)
class Panel:
    """One small chart: whose figures, of what."""

    who: Who
    heading: str
    series: list[Line]

    @cached_property
    def lines(self) -> list[Line]:
        """The series that have figures."""
        return [line for line in self.series if line.known or line.undefined]

    @cached_property
    def breaks(self) -> list[tuple[float, str, str]]:
        """Where the form changes between two neighbouring figures of the tables, and from which to which
        edition.
        """
        editions = {q.year: q.edition for line in self.lines for q in line.points.values() if q.edition}
        return [
            ((a + b) / 2, editions[a], editions[b])
            for a, b in pairwise(sorted(editions))
            if editions[a] != editions[b]
        ]


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
    known = WORDS["volumes"]
    if measure not in known:
        raise ReportlibError(
            f"no measure {measure!r}", place="charts.volumes", expected=f"one of {', '.join(known)}"
        )
    spec = known[measure]
    facts = gather(frames, [series["cell"] for panel in spec["panels"] for series in panel["series"]])
    columns = [
        [Panel(who, panel.get(lang, ""), _series(facts, who, panel, lang)) for who in facts.who]
        for panel in spec["panels"]
    ]
    sources = [spec["source"]] * bool(facts.table) + ["headline"] * bool(facts.stated)
    return _draw(facts, columns, spec["title"][lang], spec["unit"][lang], sources, lang)


def _series(facts: Facts, who: Who, panel: dict[str, Any], lang: str) -> list[Line]:
    """The lines of a panel: those of the tables, and figures in words that say what the tables do not."""
    lines = []
    for entry, style in zip(panel["series"], STYLES, strict=False):
        name = "" if lang in panel and len(panel["series"]) == 1 else entry[lang]
        table = facts.table.get((who, entry["cell"]), {})
        stated = facts.stated.get((who, entry["cell"]), {})
        new = {year: q for year, q in stated.items() if year not in table or table[year].value != q.value}
        lines += [Line(name, table, style), Line(name, new, style, stated=True)]
    return lines


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
    facts = gather([figures], indicators)
    unit_of = dict(zip(figures["indicator"].astype("str"), figures["unit"].astype("str"), strict=True))
    units = {code: WORDS["unit"][unit_of[code]][lang] for code in indicators if code in unit_of}
    headings = {code: label(code, lang, "indicator") for code in indicators}
    if len(set(units.values())) > 1:
        headings |= {
            code: word("common.of", lang, body=headings[code], scope=unit) for code, unit in units.items()
        }
    columns = _one_line_each(facts, facts.stated, headings)
    named = join(dict.fromkeys(units.values()), lang, "list")
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
    names = {code: label(code, lang, "indicator") for code in rates["indicator"].astype("str").unique()}
    facts = gather([rates], list(names))
    what = word("rates.title", lang)
    if len(names) == 1:
        what, names = next(iter(names.values())), dict.fromkeys(names, "")
    return _draw(facts, _one_line_each(facts, facts.table, names), what, "%", ["indicators"], lang)


def _one_line_each(
    facts: Facts, series: dict[tuple[Who, str], Series], headings: dict[str, str]
) -> list[list[Panel]]:
    """A column of panels for each code, with one line for each body that has figures."""
    stated = series is facts.stated
    return [
        [Panel(who, name, [Line("", series.get((who, code), {}), STYLES[0], stated)]) for who in facts.who]
        for code, name in headings.items()
    ]


# ----------------------------------------------------------------------------------- drawing


class Frame(NamedTuple):
    """What all panels share: years, unit, whether their lines are named, and the room that their labels
    take.
    """

    years: list[int]
    unit: str
    named: bool
    before: float
    after: float = 0

    def end(self, line: Line) -> str:
        """What stands at the end of a line that reaches the last year: its figure, and its name where there
        is room.
        """
        point = line.points.get(self.years[-1])
        if point is None or not point.known:
            return ""
        name, detail = (line.name, point.detail) if self.named else (line.mark, "")
        return name + point.text(self.unit) + (f" ({detail})" if detail else "")


Scale = tuple[list[float], list[str]]


def _draw(
    facts: Facts, columns: list[list[Panel]], what: str, unit: str, sources: list[str], lang: str
) -> Figure:
    """Panels in a grid: one kind of panel wraps over the page, several kinds make a column each."""
    columns = [column for column in columns if any(panel.lines for panel in column)]
    scales = [_scale(column, unit, lang) for column in columns]
    scaled = [[(panel, scale) for panel in column] for column, scale in zip(columns, scales, strict=True)]
    many = len(facts.who) > 1
    across = len(columns)
    if across == 1 or not many:  # one kind for many bodies, or many kinds for one body
        cells = [cell for column in scaled for cell in column]
        across = next(
            n for most, n in ((3, len(cells)), (4, 2), (9, 3), (len(cells), 4)) if len(cells) <= most
        )
    else:
        cells = [cell for row in zip(*scaled, strict=True) for cell in row]
    panels = [panel for panel, _ in cells]
    lines = [line for panel in panels for line in panel.lines]
    named = across <= 3 and len(panels) <= 4
    before = widest((text for _, written in scales for text in written), p.TICK) + 0.08
    frame = Frame(facts.years, unit, named, before)
    frame = frame._replace(after=widest(map(frame.end, lines)) + 0.12)
    high = 2.4 if len(panels) == 1 else 1.5 if named else 1.05
    wide = (p.ROOM - GUTTER * (across - 1)) / max(across, 1)
    headings = [wrap(panel.heading, p.LABEL, wide)[:2] if panel.heading else [] for panel in panels]
    above = 0.19 * many + 0.16 * max(map(len, headings), default=0) + 0.06
    step = above + high + 0.36
    ranged = any(point.high >= point.low for line in lines for point in line.known)
    hints = [word("rates.subtitle", lang) if ranged else word("common.unit", lang, unit=unit)]
    hints += [word("rates.detail", lang)] if unit == "%" and named else []
    hints += [word("common.one_scale", lang)] if many and len(panels) > 1 else []
    signs = {
        line.label: {key: line.style[key] for key in ("color", "marker")} for line in lines if line.label
    }
    page = Page(
        lang,
        title(facts.who, facts.years, what, lang),
        max(-(-len(panels) // max(across, 1)), 1) * step,
        sources,
        subtitle=join(hints, lang, "semicolon"),
        legend=[] if named else [Swatch(text, sign) for text, sign in signs.items()],
        notes=_notes(panels, lines, lang),
    )
    if not panels:
        return page.nothing()
    scopes = {who.scope for who in facts.who}
    for n, ((panel, scale), heading) in enumerate(zip(cells, headings, strict=True)):
        left, top = p.MARGIN + n % across * (wide + GUTTER), n // across * step
        if many:
            shown = panel.who.body if len(scopes) == 1 else panel.who.named(lang)
            page.text(left, top + 0.1, p.fit(shown, p.LABEL, wide), color=p.BLACK)
        page.lines(left, top + 0.19 * many + 0.1, heading, color=p.DARK)
        _panel(page, panel, frame, scale, (left, top + above, wide, high))
        for line in panel.lines:
            page.fact(_said(line, unit, lang), panel.who.named(lang), panel.heading, line.name.strip())
    return page.done()


def _scale(panels: list[Panel], unit: str, lang: str) -> Scale:
    """The scale that panels of the same cells share."""
    points = [point for panel in panels for line in panel.lines for point in line.known]
    top = float(np.nanmax([0, *(value for point in points for value in (point.value, point.high))]))
    return p.steps(
        top, unit, lang, whole=unit not in ("%", "万元", "10,000 yuan"), n=4 if len(panels) < 3 else 3
    )


def _panel(
    page: Page, panel: Panel, frame: Frame, scale: Scale, box: tuple[float, float, float, float]
) -> None:
    left, top, wide, high = box
    years, (steps, written) = frame.years, scale
    inner = max(wide - frame.before - frame.after, 0.4)
    ax = page.axes(left + frame.before, top, inner, high)
    first = 0.28 if frame.named and len(years) < 9 else YEAR / 2  # half of the first figure, or of a year
    margin = inner / 2 if len(years) == 1 else min(first, inner / 4)
    step = (inner - margin - YEAR / 2) / max(years[-1] - years[0], 1)  # inches from year to year
    start = years[0] - margin / step
    ax.set_xlim(start, start + inner / step)
    ax.set_ylim(0, steps[-1] * (1 + 0.17 / high))
    ax.set_yticks(steps, written)
    ax.hlines(steps[1:], *ax.get_xlim(), color=p.LIGHT, linewidth=0.5, zorder=0)
    every = -int(-(YEAR + 0.08) // step)
    shown = years[:: max(len(years) - 1, 1)] if every > (len(years) - 1) / 2 else years[::-1][::every]
    ax.set_xticks(shown, [str(year) for year in shown])
    if not panel.lines:
        text = word("common.no_data", page.lang)
        ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color=p.DARK)
        return
    labels = Labels(ax)
    for line in panel.lines:
        _draw_line(ax, line, 5.0 if step > 0.25 or len(years) == 1 else 2.6)
        for run in line.runs:
            labels.keep_off((q.year, q.value) for q in run)
        for q in line.known:
            if q.high >= q.low:
                labels.keep_off([(q.year, q.low), (q.year, q.high)], marked=False)
    _breaks(labels, panel, frame, page.lang)
    ends = sorted((line.points[years[-1]].value, n) for n, line in enumerate(panel.lines) if frame.end(line))
    wanted = [labels.inch(0, value)[1] for value, _ in ends]
    for (value, n), want, y in zip(ends, wanted, p.apart(wanted, LINE, 0, high), strict=True):
        line = panel.lines[n]
        page.text(
            left + frame.before + inner + 0.06, top + high - y, frame.end(line), color=line.style["color"]
        )
        if abs(want - y) > 0.04:
            place: dict[str, Any] = {"color": p.MID, "linewidth": 0.5, "zorder": 0, "clip_on": False}
            ax.plot([years[-1], ax.get_xlim()[1]], [value, y / high * ax.get_ylim()[1]], **place)
    crowded = step < 0.24 and len(years) > 1  # then only the last figure of each line
    for line in panel.lines:
        for q in () if crowded and line.known else line.undefined:
            x, y = labels.inch(q.year, 0)
            labels.put(q.detail, [(x, y + 0.09)], color=p.DARK)
        for q in line.known[-1:] if crowded else line.known:
            if q.year != years[-1]:
                name = line.name if frame.named and line.label and q is line.known[-1] else ""
                rivals = [
                    point.value for other in panel.lines for point in other.known if point.year == q.year
                ]
                text = name + q.text(frame.unit)
                labels.put(
                    text, _spots(labels, q, text, top=q.value >= max(rivals)), color=line.style["color"]
                )


def _draw_line(ax: Axes, line: Line, size: float) -> None:
    style: dict[str, Any] = {**line.drawn, "markersize": size, "clip_on": False}
    spot: dict[str, Any] = {**style, "linestyle": "", "zorder": 5}
    derived, suspect = ([q for q in line.known if code in q.codes] for code in ("derived", "suspect"))
    framed = {**spot, **SUSPECT, "markersize": size + 5}
    for points, look in (*((run, style) for run in line.runs), (derived, spot | DERIVED), (suspect, framed)):
        if points:
            ax.plot([q.year for q in points], [q.value for q in points], **look)
    ends = [q.low for q in line.known], [q.high for q in line.known]
    ax.vlines([q.year for q in line.known], *ends, color=style["color"], linewidth=1.1, zorder=2)


def _breaks(labels: Labels, panel: Panel, frame: Frame, lang: str) -> None:
    for x, old, new in panel.breaks:
        labels.ax.axvline(x, color=p.DARK, linewidth=0.8, linestyle=(0, (3, 3)), zorder=1)
        labels.keep_off([(x, 0), (x, labels.ax.get_ylim()[1] * (1 - 0.1 / labels.high))], marked=False)
        for edition, side in ((old, -1), (new, 1)) if frame.named else ():
            text = word("common.form", lang, edition=edition)
            at = labels.inch(x, 0)[0] + side * (width(text, p.NOTE) / 2 + 0.06)
            labels.put(text, [(at, labels.high)], color=p.DARK)


def _spots(labels: Labels, point: Point, text: str, *, top: bool) -> list[p.Spot]:
    """Where a figure may stand: above or below its point, or beside it; what finds no place stays in the
    table.
    """
    x, y = labels.inch(point.year, point.value)
    half, rise = width(text, p.NOTE) / 2 + 0.02, 0.16 if point.suspect else 0.12
    if point.high >= point.low:  # beside the interval: a figure at its end would be read as that end
        return [(x + side * (half + 0.04), y + dy) for side in (1, -1) for dy in (0.1, -0.1)]
    above_below = [(x, y + rise), (x, y - rise)]
    return [*(above_below if top else above_below[::-1]), (x + half + 0.08, y), (x - half - 0.08, y)]


def _notes(panels: list[Panel], lines: list[Line], lang: str) -> list[str]:
    points = [point for line in lines for point in line.known]
    more = {
        "headline": any(line.stated for line in lines),
        "break": any(panel.breaks for panel in panels),
        "undefined": any(line.undefined for line in lines),
        "not_comparable": not all(point.joined for point in points),
        "gap": any(line.gaps for line in lines),
    }
    return notes(points, lang, [code for code, used in more.items() if used])


def _said(line: Line, unit: str, lang: str) -> str:
    """What a line shows, for the text alternative."""
    said = []
    for point in line.known:
        value = point.text(unit) + (f" ({point.detail})" if point.detail else "")
        said.append(word("common.point", lang, year=point.year, value=value))
    return join([*said, *(word("common.gap", lang, year=year) for year in line.gaps)], lang)
