"""Sentences written from figures, and only when the figures support them: ``rl.say``.

Every number in a sentence stands in the frame that it was given. Two points are no trend, suspect figures
are left out and named, and where nothing can be said the sentence says why. The wordings are in
``form/words.toml``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from .errors import ReportlibError
from .form import EDITIONS, edition
from .indicators import Term, indicators, wilson
from .labels import label, number
from .tables import TABLES

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["Sentence", "comparison", "composition", "data_state", "litigation", "trend"]

CASES = edition(EDITIONS[-1]).table("requests").column("total").unit
FEW = 10
"""Below so many cases a change, a share or a rate may well be chance, and the sentence says so."""
MOST = 4
"""So many bodies get a sentence each."""


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

    def number(self, value: float, unit: str = "", line: Mapping[Any, Any] | None = None) -> str:
        """A figure with its unit; what is rounded or derived is said so."""
        line = line or {}
        before = {"at_least": self("at_least"), "rounded": self("rounded")}.get(str(line.get("precision")), "")
        after = self("derived") if line.get("status") == "derived" else ""
        return before + number(value, unit) + label(unit, self.lang, "unit") + after

    def who(self, line: Mapping[Any, Any]) -> str:
        """The body and the scope of a line."""
        scope = line.get("scope")
        body = str(line.get("body", ""))
        if not isinstance(scope, str) or not scope:
            return body
        return self("who", body=body, scope=label(scope, self.lang, "scope"))

    def what(self, code: str) -> str:
        """The name of an indicator, a figure, a row or a column; other words stay."""
        names = (label(code, self.lang, axis) for axis in ("indicator", "row", "column"))
        return next((name for name in names if name != code), code)

    def head(self, measure: str, line: Mapping[Any, Any] | None = None) -> str:
        """What a sentence is about; a cell is named by its row and column."""
        what = self.what(measure)
        if line and "table" in line and measure in (line["row"], line["column"]):
            what = Term(str(line["table"]), str(line["row"]), str(line["column"])).name(self.lang)
        return self("measure", who=self.who(line), what=what) if line else self("measure_all", what=what)

    def join(self, parts: Iterable[str]) -> str:
        """Clauses, one after the other."""
        return self("comma").join(part for part in parts if part)

    def text(self, sentences: Iterable[str]) -> Sentence:
        """Finished sentences."""
        stop = self("stop")
        return Sentence("".join(part[0].upper() + part[1:] + stop for part in sentences if part).strip())


class _Point(NamedTuple):
    year: int
    value: float
    line: Mapping[Any, Any]


def _series(frame: pd.DataFrame) -> Iterator[list[dict[Any, Any]]]:
    """The lines of each body and scope, by year."""
    names = [name for name in ("body", "scope") if name in frame]
    lines = frame.astype("object").where(frame.notna(), None).sort_values("year", kind="stable")
    by_key: dict[tuple[object, ...], list[dict[Any, Any]]] = {}
    for line in lines.to_dict("records"):
        by_key.setdefault(tuple(line[name] for name in names), []).append(line)
    yield from by_key.values()


def _suspect(line: Mapping[Any, Any]) -> bool:
    return line.get("suspect") is True or line.get("status") == "suspect"


def _unit(line: Mapping[Any, Any]) -> str:
    """The unit of a line: its own, or that of its cell in the form."""
    if not {"table", "column", "edition"} <= set(line) or line.get("unit"):
        return str(line.get("unit") or "")
    return edition(str(line["edition"])).table(str(line["table"])).column(str(line["column"])).unit


def _usable(lines: Sequence[Mapping[Any, Any]], words: _Words) -> tuple[list[_Point], list[str]]:
    """The points of one series that may be compared, and why others are left out."""
    by_year: dict[int, list[Mapping[Any, Any]]] = {}
    for line in lines:
        by_year.setdefault(int(line["year"]), []).append(line)
    points: list[_Point] = []
    left_out: dict[str, list[int]] = {}
    broken = 0
    for year in range(min(by_year, default=0), max(by_year, default=-1) + 1):
        known = [line for line in by_year.get(year, []) if not pd.isna(line["value"])]
        if any(line.get("comparable") is False for line in by_year.get(year, [])):
            broken, points = year, []
        if not known:
            left_out.setdefault("missing_years", []).append(year)
        elif any(_suspect(line) for line in known):
            left_out.setdefault("suspect_years", []).append(year)
        elif len({float(line["value"]) for line in known}) > 1:
            left_out.setdefault("conflict_years", []).append(year)
        else:
            points.append(_Point(year, float(known[0]["value"]), known[0]))
    why = [words(code, y=words("and").join(map(str, years))) for code, years in left_out.items()]
    return points, [*why, *([words("broken_year", y=broken)] if broken else [])]


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
        ends = [
            points[-1].value - points[0].value
            for _, points, _ in every
            if len(points) > 1 and not (_inexact(points[0]) or _inexact(points[-1]))
        ]
        counts = {"up": sum(d > 0 for d in ends), "down": sum(d < 0 for d in ends), "same": ends.count(0)}
        said = words("many", n=len(every), none=len(every) - len(ends), **counts)
        return words.text([words.head(measure) + said])
    return words.text(
        words.head(measure, line) + label("stop", lang, "text").join([words.join(_course(points, words)), *why])
        for line, points, why in every
    )


def _course(points: Sequence[_Point], words: _Words) -> list[str]:
    """What the points of one series say."""
    if not points:
        return [words("no_data")]
    first, last = points[0], points[-1]
    unit = _unit(first.line)
    a, b = (words.number(point.value, unit, point.line) for point in (first, last))
    if len(points) == 1:
        return [words("one_point", y=first.year, a=a)]
    if any(_inexact(point) for point in points):
        listed = (words("in_year", y=point.year, a=words.number(point.value, unit, point.line)) for point in points)
        why = "no_unit" if _unitless(first.line) else "inexact"
        return [words(why, values=words("and").join(listed))]
    ends = {
        "y": first.year,
        "z": last.year,
        "a": a,
        "b": b,
        "n": len(points),
        "change": _change(first, last, unit, words),
    }
    values = [point.value for point in points]
    steps = [after - before for before, after in pairwise(values)]
    every_year = len(points) == last.year - first.year + 1 and all(steps)
    if not any(steps):
        return [words("two_equal" if len(points) == 2 else "flat", **ends)]
    if len(points) == 2:
        said = words("two_points", **ends)
    elif min(steps) >= 0 or max(steps) <= 0:
        said = words(("rising" if min(steps) >= 0 else "falling") + ("" if every_year else "_gaps"), **ends)
    else:
        low, high = (pick(points, key=lambda point: point.value) for pick in (min, max))
        extremes = {"a": words.number(low.value, unit, low.line), "b": words.number(high.value, unit, high.line)}
        said = words("mixed", y=first.year, z=last.year, low=low.year, high=high.year, last=b, **extremes)
    if unit != "%" and max(values) < FEW:
        return [said, words("few")]
    return [said, _chance(first, last, words)]


def _inexact(point: _Point) -> bool:
    """Whether a figure is a bound, rounded or in a unit of its own, so that differences of it mean nothing."""
    return point.line.get("precision") in ("at_least", "rounded") or _unitless(point.line)


def _unitless(line: Mapping[Any, Any]) -> bool:
    """Whether the form leaves the unit of a cell to the report, as that of 2019 does for procurement."""
    return "table" in line and not _unit(line)


def _change(first: _Point, last: _Point, unit: str, words: _Words) -> str:
    """The difference between two points; relative too, unless the base is too small to divide by."""
    difference = last.value - first.value
    if unit == "%":
        return words("points_up" if difference > 0 else "points_down", a=f"{abs(difference):.1f}")
    exact = float(f"{abs(difference):.10g}")  # 59237.2449 - 0.1 without the dust of binary fractions
    relative = words("relative", a=f"{100 * difference / first.value:+.1f} %") if first.value >= FEW else ""
    return words("more" if difference > 0 else "less", a=words.number(exact, unit)) + relative


def _chance(first: _Point, last: _Point, words: _Words) -> str:
    """Whether the difference of two proportions may be chance (Newcombe 1998, method 10, Stat. Med. 17:873-890)."""
    cases = [
        (point.line.get("numerator"), point.line.get("denominator"), point.line.get("low")) for point in (first, last)
    ]
    if any(pd.isna(part) for case in cases for part in case):
        return ""
    (x, n, _), (y, m, _) = cases
    low, high = wilson(np.array([x, y], dtype=float), np.array([n, m], dtype=float))
    p, q = np.array([x, y], dtype=float) / np.array([n, m], dtype=float)
    under = q - p - math.hypot(q - low[1], high[0] - p)
    over = q - p + math.hypot(p - low[0], high[1] - q)
    return words("chance", a=f"{100 * under:+.1f}", b=f"{100 * over:+.1f}") if under <= 0 <= over else ""


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
        raise ReportlibError("a composition of rates", expected="counts, such as lines of ds.cells or ds.groups")
    words = _Words(lang)
    every = list(_series(frame))
    said = [sentence for lines in every[:MOST] for sentence in _latest_whole(lines, part, words)]
    if len(every) > MOST:
        said.append(words("others", n=len(every) - MOST))
    return words.text(said or [words("no_data")])


def _latest_whole(lines: Sequence[Mapping[Any, Any]], part: str, words: _Words) -> Iterator[str]:
    """The latest year whose parts are known, and before it why the latest of all is not."""
    years = sorted({int(line["year"]) for line in lines}, reverse=True)
    told = [_parts([line for line in lines if line["year"] == year], part, words) for year in years]
    if not told[0][0]:
        yield told[0][1]
    yield from [said for good, said in told if good][:1]


def _parts(lines: Sequence[Mapping[Any, Any]], part: str, words: _Words) -> tuple[bool, str]:
    """One year of one body: whether its parts make a whole, and the sentence."""
    named = {"who": words.who(lines[0]), "y": int(lines[0]["year"])}
    parts = [line for line in lines if line[part] not in ("total", "concluded")]
    wholes = [line["value"] for line in lines if line[part] in ("total", "concluded")]

    def name(line: Mapping[Any, Any]) -> str:
        return label(str(line[part]), words.lang, part, str(line.get("table", "")))

    lacking = [name(line) for line in parts if pd.isna(line["value"])]
    if lacking or not parts:
        shown = [*lacking[:3], *(["…"] if len(lacking) > 3 else [])]
        return False, words("parts_missing", what=words("and").join(shown) or "—", **named)
    total = sum(float(line["value"]) for line in parts)
    if any(_suspect(line) for line in lines) or any(not pd.isna(whole) and whole != total for whole in wholes):
        return False, words("parts_suspect", **named)
    if total == 0:
        return True, words("parts_zero", **named)
    largest = [line for line in sorted(parts, key=lambda line: -line["value"])[:3] if line["value"]]
    said = [
        words(
            "part",
            what=name(line),
            a=words.number(line["value"], CASES, line),
            b=f"{100 * line['value'] / total:.1f} %",
        )
        for line in largest
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
    what = words.what(str(frame["indicator"].iloc[0])) if len(frame) else ""
    if not own:
        return words.text([words("peers_none", who=body, what=what)])
    line = own[-1]
    peers = usable[(usable["body"] != body) & (usable["year"] == line["year"]) & (usable["scope"] == line["scope"])]
    named = {"who": words.who(line), "what": what, "y": int(line["year"]), "n": len(peers)}
    if len(peers) < 3:
        return words.text([words("peers_few", **named)])
    unit = str(line["unit"])
    said = words(
        "peers",
        a=words.number(float(line["value"]), unit),
        b=words.number(float(median(peers["value"])), unit),
        **named,
    )
    if pd.isna(line["low"]):
        return words.text([said])
    pooled = 100 * float(peers["numerator"].sum()) / float(peers["denominator"].sum())
    low, high = float(line["low"]), float(line["high"])
    verdict = "peers_above" if low > pooled else "peers_below" if high < pooled else "peers_inside"
    interval = {"a": number(low, unit), "b": number(high, unit), "c": number(pooled, unit)}
    return words.text([words.join([said, words(verdict, **interval)])])


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
    routes = {"reconsideration": "correction_rate_decided", "litigation": "litigation_loss_rate_decided"}
    codes = [code for route, rate in routes.items() for code in (rate, f"{route}_pending_share")]
    frame = indicators(ds, codes, bodies, years)
    frame = frame[frame["report_id"].isin(ds.cells.loc[ds.cells["table"] == "disputes", "report_id"].astype("str"))]
    said = []
    every = list(_series(frame))
    for lines in every[:MOST]:
        latest = {line["indicator"]: line for line in lines if line["year"] == lines[-1]["year"]}
        ended = [
            _ending(label(route, lang, "row", "disputes"), latest[rate], latest[f"{route}_pending_share"], words)
            for route, rate in routes.items()
        ]
        head = words("routes", who=words.who(lines[-1]), y=int(lines[-1]["year"]))
        said.append(head + label("stop", lang, "text").join(ended))
    if len(every) > MOST:
        said.append(words("others", n=len(every) - MOST))
    return words.text(said or [words("no_disputes")])


def _ending(what: str, rate: Mapping[str, Any], pending: Mapping[str, Any], words: _Words) -> str:
    """One route: `rate` is corrected by decided, `pending` is pending by total."""
    for status in ("incomplete", "suspect"):
        if status in (rate["status"], pending["status"]):
            return words("route_missing" if status == "incomplete" else "route_suspect", what=what)
    if pending["denominator"] == 0:
        return words("route_none", what=what)
    total = words.number(pending["denominator"], CASES)
    if rate["denominator"] == 0:
        return words("route_pending", what=what, total=total)
    counts = {"decided": rate["denominator"], "corrected": rate["numerator"], "pending": pending["numerator"]}
    shares = {"rate": number(rate["value"], "%"), "low": number(rate["low"], "%"), "high": number(rate["high"], "%")}
    said = words("route", what=what, total=total, **{k: words.number(v, CASES) for k, v in counts.items()}, **shares)
    return words.join([said, words("few_decided", n=FEW) if rate["denominator"] < FEW else ""])


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
    gaps = [
        words(
            "state_table",
            who=words.who(line),
            y=line["year"],
            what=label(table, lang, "field"),
            state=label(str(line[table]), lang, "state"),
        )
        for line in lines
        for table in TABLES
        if line[table] != "complete"
    ]
    counts = {name: number(reports[name].sum()) for name in ("printed", "derived", "suspect")}
    full = sum(all(line[table] == "complete" for table in TABLES) for line in lines)
    fails = int(reports["fails"].sum())
    kinds = reports["kind"].astype("str").value_counts().to_dict()
    more = words("others", n=len(gaps) - 2 * MOST) if len(gaps) > 2 * MOST else ""
    return words.text(
        [
            words("state", n=len(lines), full=full, **counts),
            words.join([words("state_gaps", what=words("and").join(gaps[: 2 * MOST])), more]) if gaps else "",
            words("state_fails", n=fails) if fails else "",
            words.join(
                words("state_kinds", n=n, what=label(str(kind), lang, "kind"))
                for kind, n in kinds.items()
                if kind != "original"
            ),
            figures,
        ]
    )
