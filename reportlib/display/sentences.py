"""The key findings of a page, written from figures, and only where the figures support them: ``rl.say``.

Every number in a sentence stands in the dataset or follows from it. Two years are no trend, suspect figures
are left out and named, and what is not there is named by its reason. The wordings are in
``form/words.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from ..analysis.definitions import events
from ..analysis.indicators import Term, indicator, indicators
from ..analysis.intervals import difference
from ..analysis.pooling import pool
from ..form import EDITIONS, load_toml
from ..form.crosswalk import forerunners
from ..form.labels import label, language, number
from .absence import Words, absences, state

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["Findings", "say"]

MOST = 5
"""So many sentences stand at the head of a page."""
EACH = 4
"""So many bodies get a sentence each; of more the pooled figure is told."""
FEW = 10
"""A base below this is too small to be divided by."""
PEERS = 3
"""With fewer peers there is no comparison."""
COLUMNS = [
    "body", "scope", "year", "value", "unit", "numerator", "denominator", "low", "high", "status", "suspect",
    "precision", "comparable", "report_id",
]  # fmt: skip
Line = dict[Any, Any]
"""A line of a frame; None is what is not known."""


class Findings:
    """Sentences that show themselves as a list, with the notes that belong to them."""

    def __init__(self, sentences: Iterable[str], notes: Iterable[str]) -> None:
        self.sentences = list(sentences)
        self.notes = list(dict.fromkeys(text for text in notes if text))

    def __repr__(self) -> str:
        return "\n".join([*self.sentences, *self.notes])

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{escape(text)}</li>" for text in self.sentences)
        notes = "".join(f'<p class="rl-legend">{escape(text)}</p>' for text in self.notes)
        # A number and its unit are never parted at the end of a line.
        return re.sub(r"(?<=\d) (?=[%件条项年万×])", "\u00a0", f'<ul class="rl-say">{said}</ul>{notes}')


class Series(NamedTuple):
    """The usable figures of one body and scope, by year, and the years whose figures were left out."""

    who: str
    what: str
    code: str
    unit: str
    points: list[Line]
    left_out: list[int]

    @property
    def named(self) -> dict[str, object]:
        """What its sentence is about."""
        return {"who": self.who, "what": self.what, "y": self.points[-1]["year"]}


def say(ds: Dataset, codes: str | Iterable[str] = (), beside: str = "", lang: str | None = None) -> Findings:
    """The key findings of a page: up to five sentences with subject, number, n and interval.

    Parameters
    ----------
    ds
        The dataset, narrowed by `Dataset.select` to the bodies and years that the page is about.
    codes
        What it is about, the most important first: codes of the catalogue (`rl.catalogue`) or of figures in
        words (``form/figures.toml``). Without any: the state of the data.
    beside
        A body that is set beside all others of `ds`, without ranking.
    lang
        ``zh`` or ``en``; None: the one that is set.

    Returns
    -------
    Findings
        ``sentences`` and ``notes``, lists of str. A rate comes with its successes and trials and Wilson's
        interval; a change from the first to the last usable year, or the distance from the peers together,
        with the interval of the difference (Newcombe 1998, Statistics in Medicine 17:873-890). Of more than
        four bodies the pooled figure is told. The notes say what an interval means on a full count, which
        legal events lie between the years compared, and what is not there: not collected, not transcribed,
        or not in the form of that year.

    Raises
    ------
    ReportlibError
        For a code that is neither in the catalogue nor of a figure, with the nearest ones.
    """
    words = Words(language(lang))
    wanted = [codes] if isinstance(codes, str) else list(codes)
    if not wanted:
        return Findings(state(ds, words), absences(ds, words))
    sentences: list[str] = []
    notes: list[str] = []
    told: set[tuple[str, frozenset[str]]] = set()
    for code in wanted:
        # What a table says is not told again from the words of the same report.
        series = [one for one in _series(ds, code, words) if (one.who, _cells(code)) not in told]
        told |= {(one.who, _cells(code)) for one in series}
        if beside:
            sentences += _beside(series, ds.resolve(beside), words)
        elif len(series) > EACH:
            sentences.append(_pooled(ds, code, series, words))
        else:
            sentences += [_change(one, words) for one in series]
            notes += [note for one in series for note in _events(one, words)]
    ranged = any(words("ranged") in text for text in sentences)
    notes.insert(0, words("full_count") if ranged else "")
    notes += [_not_in_form(ds, code, words) for code in wanted]
    return Findings(sentences[:MOST] or [words("nothing")], [*notes, *absences(ds, words)])


# ------------------------------------------------------------------------------------ from frames to series


def _series(ds: Dataset, code: str, words: Words) -> list[Series]:
    """The usable figures of one measure, a series for each body and scope that has any."""
    lines = ds.figures[ds.figures["indicator"] == code] if _stated(code) else indicators(ds, code)
    frame = lines.reindex(columns=COLUMNS).dropna(subset=["value", "year"])
    frame = frame.assign(pending=frame["report_id"].map(_pending(ds, code)))
    frame = frame.astype("object").where(frame.notna(), None).sort_values("year", kind="stable")
    what = _name(code, words.lang)
    series = []
    for (body, scope), lines in frame.groupby(["body", "scope"], sort=False, dropna=False):
        points, left_out = _usable(lines.to_dict("records"))
        if points:
            who = words.who(str(body), scope)
            series.append(Series(who, what, code, points[0]["unit"] or "", points, left_out))
    asked = list(ds.bodies or ())
    return sorted(series, key=lambda one: asked.index(one.points[0]["body"])) if asked else series


def _stated(code: str) -> bool:
    """Whether a measure is one of the figures in words."""
    return code in load_toml("figures.toml")


def _terms(code: str) -> tuple[Term, ...]:
    """The cells that a measure is made of; a figure in words has none."""
    return () if _stated(code) else indicator(code).terms


def _cells(code: str) -> frozenset[str]:
    """The cells that a measure stands for, as table.row.column; its own code where it is none of them."""
    equals = load_toml("figures.toml")[code]["equals"] if _stated(code) else []
    return frozenset([*equals, *(".".join(term.cell) for term in _terms(code))] or [code])


def _name(code: str, lang: str) -> str:
    """A measure in words, as they stand within a sentence."""
    name = label(code, lang, "indicator")
    return name[0].lower() + name[1:]


def _pending(ds: Dataset, code: str) -> pd.Series[float]:
    """By report: the pending cases of the routes whose decided cases a rate of corrections is made of."""
    rows = {term.row for term in _terms(code) if term.column == "corrected"}
    cells = ds.cells
    cells = cells[(cells["table"] == "disputes") & cells["row"].isin(rows) & (cells["column"] == "pending")]
    return cells.groupby("report_id")["value"].sum(min_count=max(len(rows), 1)).astype("float")


def _usable(lines: list[Line]) -> tuple[list[Line], list[int]]:
    """The lines that may be compared, and the years that are suspect or contradict themselves."""
    points: list[Line] = []
    left_out = []
    for year in sorted({int(line["year"]) for line in lines}):
        known = [line for line in lines if line["year"] == year]
        suspect = any(line["suspect"] or line["status"] == "suspect" for line in known)
        if any(line["comparable"] is False for line in known):
            points = []
        if suspect or len({line["value"] for line in known}) > 1:
            left_out.append(year)
        else:
            points.append(known[0])
    return points, left_out


# ------------------------------------------------------------------------------------ what they say


def _change(one: Series, words: Words) -> str:
    """The last figure of a series, and how it differs from the first."""
    first, last = one.points[0], one.points[-1]
    said = [words("value", a=_figure(one, last, words), **one.named)]
    if first is last:
        said.append(words("only_year"))
    elif any(point["precision"] in ("rounded", "at_least") for point in one.points):
        told = [words("in_year", y=point["year"], a=_figure(one, point, words)) for point in one.points[:-1]]
        said += [words("earlier", values=words.list(told)), words("inexact")]
    else:
        said.append(words("against", y=first["year"], a=_figure(one, first, words)))
        said.append(_difference(one, first, last, words))
        said.append(_course(one.points, words))
        said.append(words("law") if _events(one, words) else "")
    if one.left_out:
        said.append(words("left_out", y=words.list(map(str, one.left_out))))
    return words.sentence(said)


def _figure(one: Series, point: Line, words: Words) -> str:
    """A figure with its unit and what it is made of; what is rounded, a bound or derived is said so."""
    shown = words(point["precision"] or "exact", a=words.number(point["value"], one.unit))
    if point["denominator"] is None:
        return shown + (words("derived") if point["status"] == "derived" else "")
    counts = {"k": number(point["numerator"]), "n": number(point["denominator"])}
    made = words("share" if point["pending"] is None else "decided", **counts)
    if point["pending"]:
        made += words("pending", p=number(point["pending"]))
    if point["low"] is not None:
        made += words("interval", low=f"{point['low']:.1f}", high=words.number(point["high"], one.unit))
    return shown + words("brackets", made=made)


def _difference(one: Series, first: Line, last: Line, words: Words) -> str:
    """How two figures differ: proportions with the interval of the difference, counts also in per cent."""
    between = last["value"] - first["value"]
    if last["low"] is not None and first["low"] is not None:
        return _interval(last, first, words)
    if one.unit == "%":
        return words("points", a=words.signed(between))
    way = "more" if between > 0 else "less" if between < 0 else "same"
    relative = words.signed(100 * between / first["value"]) if first["value"] >= FEW else ""
    return words(way, a=words.number(abs(between), one.unit)) + (relative and words("relative", a=relative))


def _interval(after: Line, before: Line, words: Words) -> str:
    """The difference of two proportions with its interval."""
    counts = [(line["numerator"], line["denominator"]) for line in (after, before)]
    between, low, high = (100 * part for part in difference(*counts))
    chance = words("chance" if low <= 0 <= high else "no_chance")
    bounds = {"low": words.signed(low), "high": words.signed(high)}
    return words("difference", a=words.signed(between), chance=chance, **bounds)


def _course(points: list[Line], words: Words) -> str:
    """Whether a series went one way; two years are no trend."""
    steps = [after["value"] - before["value"] for before, after in pairwise(points)]
    if len(steps) == 1:
        return words("two_years")
    if min(steps) < 0 < max(steps):
        return words("mixed")
    every_year = points[-1]["year"] - points[0]["year"] == len(steps) and all(steps)
    return words("rising" if steps[0] > 0 else "falling") if every_year else ""


def _beside(series: list[Series], body: str, words: Words) -> list[str]:
    """A body beside all others together, in its latest usable year."""
    told = []
    points = [point for one in series for point in one.points]
    for one in series:
        last = one.points[-1]
        if last["body"] != body:
            continue
        same = [point for point in points if all(point[key] == last[key] for key in ("year", "scope"))]
        peers = [point for point in same if point["body"] != body]
        said = [words("value", a=_figure(one, last, words), **one.named)]
        if len(peers) < PEERS:
            said.append(words("peers_few", n=len(peers)))
        elif last["low"] is not None:
            k, n = (sum(peer[part] for peer in peers) for part in ("numerator", "denominator"))
            rate = words.number(100 * k / n, one.unit)
            said.append(words("peers", m=len(peers), a=rate, k=number(k), n=number(n)))
            said.append(_interval(last, {"numerator": k, "denominator": n}, words))
        told.append(words.sentence(said))
    return told


def _pooled(ds: Dataset, code: str, series: list[Series], words: Words) -> str:
    """Many bodies together, in the latest of the years in which most of them have a figure."""
    one = series[0]
    if _stated(code):
        years = [point["year"] for other in series for point in other.points]
        span = {"y": min(years), "z": max(years), "m": len(years)}
        return words.sentence([words("many", what=one.what, n=len(series), **span)])
    line = pool(ds, code).sort_values(["bodies", "year"], kind="stable").iloc[-1]
    told = line.dropna()
    rates = [name for name in ("value", "low", "high", "p10", "p90") if name in told]
    bounds = {name: words.number(told[name], one.unit) for name in rates}
    counts = {name: number(told[name]) for name in ("numerator", "denominator") if name in told}
    said = "pooled" if "low" in told else "together"
    about = {"what": one.what, "y": line["year"], "n": line["bodies"]}
    return words.sentence([words(said, **about, **bounds, **counts)])


# ------------------------------------------------------------------------------------ notes


def _events(one: Series, words: Words) -> list[str]:
    """The legal events between the first and the last year of a series that touch its cells."""
    names = {name for term in _terms(one.code) for name in (term.table, f"{term.table}.{term.row}")}
    first, last = one.points[0]["year"], one.points[-1]["year"]
    marked = events(words.lang).query("mark")
    notes = []
    for event in marked[marked["date"].dt.year.between(first + 1, last)].itertuples():
        if names & set(str(event.touches).split()):
            notes.append(words("event", date=f"{event.date:%Y-%m-%d}", text=event.text))
    return notes


def _not_in_form(ds: Dataset, code: str, words: Words) -> str:
    """The years whose form does not ask for what a measure is made of."""
    if not any(term.cell in forerunners() for term in _terms(code)):
        return ""
    reports = ds.reports[ds.reports["current"].astype(bool) & (ds.reports["edition"] != EDITIONS[-1])]
    years = sorted(reports["year"].dropna().unique())
    return words("not_in_form", what=_name(code, words.lang), y=words.list(map(str, years))) if years else ""
