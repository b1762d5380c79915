"""Sentences written from figures, and only when the figures support them: ``rl.say``.

Every number in a sentence stands in the frame that it was given. Two points are no trend, suspect figures
are left out and named, and where nothing can be said the sentence says why. The wordings are in
``form/words.toml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from itertools import pairwise
from math import hypot
from statistics import median
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..analysis.indicators import Term, indicators
from ..errors import ReportlibError
from ..form import EDITIONS, edition
from ..form.labels import label, number
from .tables import TABLES

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["Sentence", "comparison", "composition", "data_state", "litigation", "trend"]

CASES = edition(EDITIONS[-1]).table("requests").column("total").unit
FEW = 10
"""Below so many cases a change, a share or a rate may well be chance, and the sentence says so."""
MOST = 4
"""So many bodies get a sentence each."""
ROUTES = {"reconsideration": "correction_rate_decided", "litigation": "litigation_loss_rate_decided"}
INEXACT = ("at_least", "rounded")
Line = dict[Any, Any]
"""A line of a frame; None is what is not known."""


class Sentence(str):
    """A sentence that shows itself as a paragraph in a notebook."""

    def _repr_html_(self) -> str:
        return f'<p class="rl-say">{escape(self)}</p>'


class _Words:
    """The wordings of one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, code: str, **parts: object) -> str:
        return label(code, self.lang, "say").format(**parts)

    def number(self, value: float, unit: str) -> str:
        """A number with its unit."""
        return number(value, unit) + label(unit, self.lang, "unit")

    def figure(self, line: Line, unit: str) -> str:
        """The figure of a line with its unit; what is rounded or derived is said so."""
        precision = line.get("precision")
        before = self(precision) if precision in INEXACT else ""
        after = self("derived") if line.get("status") == "derived" else ""
        return before + self.number(line["value"], unit) + after

    def who(self, line: Line) -> str:
        """The body and the scope of a line."""
        body, scope = str(line.get("body", "")), line.get("scope")
        if not isinstance(scope, str) or not scope:
            return body
        return self("who", body=body, scope=label(scope, self.lang, "scope"))

    def what(self, code: str) -> str:
        """The name of an indicator, a figure, a row or a column; other words stay."""
        names = (label(code, self.lang, axis) for axis in ("indicator", "row", "column"))
        return next((name for name in names if name != code), code)

    def head(self, measure: str, line: Line | None = None) -> str:
        """What a sentence is about; a cell is named by its row and column."""
        what = self.what(measure)
        if line and "table" in line and measure in (line["row"], line["column"]):
            what = Term(line["table"], line["row"], line["column"]).name(self.lang)
        return self("measure", who=self.who(line), what=what) if line else self("measure_all", what=what)

    def join(self, parts: Iterable[str]) -> str:
        """Clauses, one after the other."""
        return self("comma").join(part for part in parts if part)

    def text(self, sentences: Iterable[str]) -> Sentence:
        """Finished sentences."""
        stop = self("stop")
        return Sentence("".join(part[0].upper() + part[1:] + stop for part in sentences if part).strip())

    def each(
        self, every: list[list[Line]], tell: Callable[[list[Line]], list[str]], nothing: str
    ) -> Sentence:
        """Sentences for each of the first series and how many more there are, or that there is `nothing`."""
        said = [sentence for lines in every[:MOST] for sentence in tell(lines)]
        more = [self("others", n=len(every) - MOST)] if len(every) > MOST else []
        return self.text([*said, *more] or [self(nothing)])


def _series(frame: pd.DataFrame) -> list[list[Line]]:
    """The lines of each body and scope, by year."""
    lines = frame.astype("object").where(frame.notna(), None).sort_values("year", kind="stable")
    names = [name for name in ("body", "scope") if name in frame]
    return [group.to_dict("records") for _, group in lines.groupby(names, sort=False, dropna=False)]


def _suspect(line: Line) -> bool:
    return bool(line.get("suspect")) or line.get("status") == "suspect"


def _unit(line: Line) -> str:
    """The unit of a line: its own, or that of its cell in the form."""
    if line.get("unit") or not {"table", "column", "edition"} <= set(line):
        return line.get("unit") or ""
    return edition(line["edition"]).table(line["table"]).column(line["column"]).unit


def _usable(lines: list[Line], words: _Words) -> tuple[list[Line], list[str]]:
    """The lines of one series that may be compared, and why others are left out."""
    points: list[Line] = []
    left_out: dict[str, list[int]] = {}
    broken = []
    years = [int(line["year"]) for line in lines]
    for year in range(min(years, default=0), max(years, default=-1) + 1):
        every = [line for line in lines if line["year"] == year]
        known = [line for line in every if line["value"] is not None]
        if any(line.get("comparable") is False for line in every):
            broken, points = [words("broken_year", y=year)], []
        if not known:
            left_out.setdefault("missing_years", []).append(year)
        elif any(map(_suspect, known)):
            left_out.setdefault("suspect_years", []).append(year)
        elif len({line["value"] for line in known}) > 1:
            left_out.setdefault("conflict_years", []).append(year)
        else:
            points.append(known[0])
    return points, [
        words(code, y=words("and").join(map(str, out))) for code, out in left_out.items()
    ] + broken


def trend(frame: pd.DataFrame, measure: str, lang: str = "zh") -> Sentence:
    """Say how a series went over the years.

    Parameters
    ----------
    frame
        One measure, a line for each body (and scope) and year: ``body, year, value`` and, where they are
        known, ``scope, unit, status, suspect, precision, comparable, numerator, denominator, low``. Lines
        of `indicators`, or of ``ds.cells`` or ``ds.figures`` for one cell or indicator.
    measure
        Its code, or words of your own.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Sentence
        Facts for two points, a direction only from three on and only if there is one; one sentence a
        body, for more than four bodies how many went up and down.
    """
    words = _Words(lang)
    every = [(lines[0], *_usable(lines, words)) for lines in _series(frame)]
    if not any(points for _, points, _ in every):
        reasons = every[0][2] if len(every) == 1 else []
        return words.text([words.head(measure) + words.join([words("no_data"), *reasons])])
    if len(every) > MOST:
        spans = [(points[0], points[-1]) for _, points, _ in every if len(points) > 1]
        ends = [
            last["value"] - first["value"] for first, last in spans if not (_inexact(first) or _inexact(last))
        ]
        counts = {"up": sum(d > 0 for d in ends), "down": sum(d < 0 for d in ends), "same": ends.count(0)}
        said = words("many", n=len(every), none=len(every) - len(ends), **counts)
        return words.text([words.head(measure) + said])
    return words.text(
        words.head(measure, line)
        + label("stop", lang, "text").join([words.join(_course(points, words)), *why])
        for line, points, why in every
    )


def _course(points: list[Line], words: _Words) -> list[str]:
    """What the points of one series say."""
    if not points:
        return [words("no_data")]
    first, last = points[0], points[-1]
    unit = _unit(first)
    a, b = words.figure(first, unit), words.figure(last, unit)
    if len(points) == 1:
        return [words("one_point", y=first["year"], a=a)]
    if any(map(_inexact, points)):
        listed = (words("in_year", y=point["year"], a=words.figure(point, unit)) for point in points)
        return [words("no_unit" if _unitless(first) else "inexact", values=words("and").join(listed))]
    ends = {"y": first["year"], "z": last["year"], "a": a, "b": b, "n": len(points)}
    values = [float(point["value"]) for point in points]
    steps = [after - before for before, after in pairwise(values)]
    if not any(steps):
        return [words("two_equal" if len(points) == 2 else "flat", **ends)]
    if len(points) == 2 or min(steps) >= 0 or max(steps) <= 0:
        every_year = len(points) == last["year"] - first["year"] + 1 and all(steps)
        course = ("rising" if max(steps) > 0 else "falling") + ("" if every_year else "_gaps")
        change = _change(values[0], values[-1], unit, words)
        said = words("two_points" if len(points) == 2 else course, change=change, **ends)
    else:
        low, high = (pick(points, key=lambda point: point["value"]) for pick in (min, max))
        ends |= {"a": words.figure(low, unit), "b": words.figure(high, unit), "last": b}
        said = words("mixed", low=low["year"], high=high["year"], **ends)
    few = unit != "%" and max(values) < FEW
    return [said, words("few") if few else _chance(first, last, words)]


def _inexact(line: Line) -> bool:
    """Whether a figure is a bound, rounded or in a unit of its own, so that differences of it mean
    nothing.
    """
    return line.get("precision") in INEXACT or _unitless(line)


def _unitless(line: Line) -> bool:
    """Whether the form leaves the unit of a cell to the report, as that of 2019 does for procurement."""
    return "table" in line and not _unit(line)


def _change(first: float, last: float, unit: str, words: _Words) -> str:
    """The difference between two figures; relative too, unless the base is too small to divide by."""
    difference = last - first
    if unit == "%":
        return words("points_up" if difference > 0 else "points_down", a=f"{abs(difference):.1f}")
    exact = float(f"{abs(difference):.10g}")  # 59237.2449 - 0.1 without the dust of binary fractions
    relative = words("relative", a=f"{100 * difference / first:+.1f} %") if first >= FEW else ""
    return words("more" if difference > 0 else "less", a=words.number(exact, unit)) + relative


def _chance(first: Line, last: Line, words: _Words) -> str:
    """Whether the difference of two proportions may be chance (Newcombe 1998, method 10, Stat. Med.
    17:873-890).
    """
    if first.get("low") is None or last.get("low") is None:
        return ""
    change = last["value"] - first["value"]
    under = change - hypot(last["value"] - last["low"], first["high"] - first["value"])
    over = change + hypot(first["value"] - first["low"], last["high"] - last["value"])
    return words("chance", a=f"{under:+.1f}", b=f"{over:+.1f}") if under <= 0 <= over else ""


def composition(frame: pd.DataFrame, lang: str = "zh", part: str = "row") -> Sentence:
    """Say what a whole is made of.

    Parameters
    ----------
    frame
        The parts of one whole: ``body, year, value`` and the column `part`, with ``scope, table, status,
        suspect`` where they are known; a line ``total`` or ``concluded`` is taken for the whole.
    lang
        ``zh`` or ``en``.
    part
        The column that names the part: ``row`` or ``column``.

    Returns
    -------
    Sentence
        The three largest parts with counts and shares, of the latest year in which all parts are known and
        add up; if that is not the latest of all, what is wrong with the latest.

    Raises
    ------
    ReportlibError
        For a frame of rates: counts add up to a whole, rates need not.
    """
    if "numerator" in frame:
        raise ReportlibError(
            "a composition of rates", expected="counts, such as lines of ds.cells or ds.groups"
        )
    words = _Words(lang)
    return words.each(_series(frame), lambda lines: _latest_whole(lines, part, words), "no_data")


def _latest_whole(lines: list[Line], part: str, words: _Words) -> list[str]:
    """The latest year whose parts are known, and before it why the latest of all is not."""
    years = sorted({line["year"] for line in lines}, reverse=True)
    told = [_parts([line for line in lines if line["year"] == year], part, words) for year in years]
    wholes = [said for whole, said in told if whole]
    return wholes[:1] if told[0][0] else [told[0][1], *wholes[:1]]


def _parts(lines: list[Line], part: str, words: _Words) -> tuple[bool, str]:
    """One year of one body: whether its parts make a whole, and the sentence."""
    named = {"who": words.who(lines[0]), "y": lines[0]["year"]}
    wholes = {line["value"] for line in lines if line[part] in ("total", "concluded")} - {None}
    parts = [
        (label(line[part], words.lang, part, line.get("table") or ""), line)
        for line in lines
        if line[part] not in ("total", "concluded")
    ]
    lacking = [name for name, line in parts if line["value"] is None]
    if lacking or not parts:
        shown = lacking[:3] + ["…"] * (len(lacking) > 3)
        return False, words("parts_missing", what=words("and").join(shown) or "—", **named)
    total = sum(line["value"] for _, line in parts)
    if any(map(_suspect, lines)) or wholes - {total}:
        return False, words("parts_suspect", **named)
    if total == 0:
        return True, words("parts_zero", **named)
    said = [
        words("part", what=name, a=words.figure(line, CASES), b=number(100 * line["value"] / total, "%"))
        for name, line in sorted(parts, key=lambda part: -part[1]["value"])[:3]
        if line["value"]
    ]
    whole = words("parts", a=words.number(total, CASES), parts=words("and").join(said), **named)
    return True, words.join([whole, words("few_cases") if total < FEW else ""])


def comparison(frame: pd.DataFrame, body: str, lang: str = "zh") -> Sentence:
    """Set a body beside its peers in its latest usable year, without ranking.

    Parameters
    ----------
    frame
        What `indicators` gives for one code, the body and its peers, of one scope.
    body
        The body.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Sentence
        Its figure and the peers' median; for proportions whether its interval leaves out the peers'
        pooled rate. Fewer than three peers: no comparison.
    """
    words = _Words(lang)
    usable = frame[frame["status"] == "defined"]
    own = usable[usable["body"] == body].sort_values("year").to_dict("records")
    what = words.what(frame["indicator"].iloc[0]) if len(frame) else ""
    if not own:
        return words.text([words("peers_none", who=body, what=what)])
    line = own[-1]
    peers = usable[
        (usable["body"] != body) & (usable["year"] == line["year"]) & (usable["scope"] == line["scope"])
    ]
    named = {"who": words.who(line), "what": what, "y": line["year"], "n": len(peers)}
    if len(peers) < 3:
        return words.text([words("peers_few", **named)])
    unit = line["unit"]
    said = words(
        "peers", a=words.number(line["value"], unit), b=words.number(median(peers["value"]), unit), **named
    )
    if pd.isna(line["low"]):
        return words.text([said])
    pooled = 100 * peers["numerator"].sum() / peers["denominator"].sum()
    verdict = "above" if line["low"] > pooled else "below" if line["high"] < pooled else "inside"
    interval = {"a": number(line["low"], unit), "b": number(line["high"], unit), "c": number(pooled, unit)}
    return words.text([words.join([said, words(f"peers_{verdict}", **interval)])])


def litigation(
    ds: Dataset, bodies: Iterable[str] | None = None, years: Iterable[int] | None = None, lang: str = "zh"
) -> Sentence:
    """Say how reconsiderations and lawsuits ended, in the latest year of each body that has the table.

    Parameters
    ----------
    ds
        The dataset.
    bodies, years
        Only these; None: all that `ds` holds.
    lang
        ``zh`` or ``en``.
    """
    words = _Words(lang)
    codes = [code for route, rate in ROUTES.items() for code in (rate, f"{route}_pending_share")]
    frame = indicators(ds, codes, bodies, years)
    frame = frame[
        frame["report_id"].isin(ds.cells.loc[ds.cells["table"] == "disputes", "report_id"].astype("str"))
    ]
    return words.each(_series(frame), lambda lines: [_routes(lines, words)], "no_disputes")


def _routes(lines: list[Line], words: _Words) -> str:
    """The latest year of one body, route by route."""
    last = lines[-1]
    latest = {line["indicator"]: line for line in lines if line["year"] == last["year"]}
    ended = [
        _ending(
            label(route, words.lang, "row", "disputes"), latest[rate], latest[f"{route}_pending_share"], words
        )
        for route, rate in ROUTES.items()
    ]
    return words("routes", who=words.who(last), y=last["year"]) + label("stop", words.lang, "text").join(
        ended
    )


def _ending(what: str, rate: Line, pending: Line, words: _Words) -> str:
    """One route: `rate` is corrected by decided, `pending` is pending by total."""
    for status in ("incomplete", "suspect"):
        if status in (rate["status"], pending["status"]):
            return words(f"route_{status}", what=what)
    if pending["denominator"] == 0:
        return words("route_none", what=what)
    counts = {
        "total": pending["denominator"],
        "decided": rate["denominator"],
        "corrected": rate["numerator"],
        "pending": pending["numerator"],
    }
    told = {name: words.number(count, CASES) for name, count in counts.items()}
    if rate["denominator"] == 0:
        return words("route_pending", what=what, **told)
    shares = {
        name: number(rate[column], "%")
        for name, column in (("rate", "value"), ("low", "low"), ("high", "high"))
    }
    few = words("few_decided", n=FEW) if rate["denominator"] < FEW else ""
    return words.join([words("route", what=what, **told, **shares), few])


def data_state(
    ds: Dataset, bodies: Iterable[str] | None = None, years: Iterable[int] | None = None, lang: str = "zh"
) -> Sentence:
    """Say what was read: reports, tables that are not complete, derived and suspect figures, failing sums.

    Parameters
    ----------
    ds
        The dataset.
    bodies, years
        Only these; None: all that `ds` holds.
    lang
        ``zh`` or ``en``.
    """
    words = _Words(lang)
    if bodies is not None or years is not None:
        ds = ds.select(bodies, years)
    reports = ds.reports[ds.reports["current"].astype(bool)].astype({"scope": "str"})
    lines = reports.sort_values(["body", "year"], kind="stable").to_dict("records")
    figures = words("state_figures", n=number(len(ds.figures))) if len(ds.figures) else ""
    if not lines:
        return words.text([words("state_none"), figures])
    gaps = []
    for line in lines:
        for table in TABLES:
            if line[table] != "complete":
                what, state = label(table, lang, "field"), label(line[table], lang, "state")
                gaps.append(words("state_table", who=words.who(line), y=line["year"], what=what, state=state))
    counts = {name: number(reports[name].sum()) for name in ("printed", "derived", "suspect")}
    fails = int(reports["fails"].sum())
    kinds = reports["kind"].astype("str").value_counts().drop("original", errors="ignore").to_dict()
    full = sum(all(line[table] == "complete" for table in TABLES) for line in lines)
    more = words("others", n=len(gaps) - 2 * MOST) if len(gaps) > 2 * MOST else ""
    said = [
        words("state", n=len(lines), full=full, **counts),
        words.join([words("state_gaps", what=words("and").join(gaps[: 2 * MOST])), more]) if gaps else "",
        words("state_fails", n=fails) if fails else "",
        words.join(
            words("state_kinds", n=n, what=label(str(kind), lang, "kind")) for kind, n in kinds.items()
        ),
        figures,
    ]
    return words.text(said)
