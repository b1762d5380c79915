"""The key findings of a page, written from figures, and only where the figures support them: ``rl.say``.

Every number in a sentence stands in the dataset or follows from it. Two years are no trend, suspect figures
are left out and named, and what is not there is named by its reason. The wordings are in
``form/words.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..analysis.definitions import events
from ..analysis.intervals import difference
from ..analysis.pooling import pool
from ..form import EDITIONS
from ..form.crosswalk import forerunners
from ..form.labels import language, number
from .absence import Words, absences, state
from .series import Line, Series, cells_of, name_of, series_of, stated, terms
from .tables import runs

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
        return re.sub(r"(?<=\d) (?=[件条项年万×])", "\u00a0", f'<ul class="rl-say">{said}</ul>{notes}')


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
        ``sentences`` and ``notes``, lists of str. A rate has its counts and Wilson's interval, a change or a
        distance from the peers the interval of the difference (Newcombe 1998, Statistics in Medicine
        17:873-890). The notes tell legal events, and what was not collected, transcribed or in the form.

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
    for code, series in _measures(ds, wanted, words):
        if beside:
            sentences += _beside(series, ds.resolve(beside), words)
        elif len(series) > EACH:
            sentences.append(_pooled(ds, code, series, words))
        else:
            sentences += [_change(one, words) for one in series]
            notes += _events(series, words)
        notes.append(_not_in_form(ds, code, words))
    if any(words("ranged") in text for text in sentences):
        notes.insert(0, words("full_count"))
    return Findings(sentences[:MOST] or [words("nothing")], [*notes, *absences(ds, words)])


def _measures(ds: Dataset, codes: list[str], words: Words) -> Iterator[tuple[str, list[Series]]]:
    """The series of each measure; what a table says is not told again from the words of the same report."""
    told: set[tuple[str, frozenset[str]]] = set()
    for code in codes:
        series = [one for one in series_of(ds, code, words) if (one.who, cells_of(code)) not in told]
        told |= {(one.who, cells_of(code)) for one in series}
        yield code, series


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
        said.append(words("law") if _crossed(one, words.lang) else "")
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
    between, low, high = (100 * float(part) for part in difference(*counts))
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
        same = [
            point for point in points if point["year"] == last["year"] and point["scope"] == last["scope"]
        ]
        peers = [point for point in same if point["body"] != body]
        said = [words("value", a=_figure(one, last, words), **one.named)]
        if len(peers) < PEERS:
            said.append(words("peers_few", n=len(peers)))
        elif last["low"] is not None:
            k = sum(peer["numerator"] for peer in peers)
            n = sum(peer["denominator"] for peer in peers)
            rate = words.number(100 * k / n, one.unit)
            said.append(words("peers", m=len(peers), a=rate, k=number(k), n=number(n)))
            said.append(_interval(last, {"numerator": k, "denominator": n}, words))
        told.append(words.sentence(said))
    return told


def _pooled(ds: Dataset, code: str, series: list[Series], words: Words) -> str:
    """Many bodies together, in the latest of the years in which most of them have a figure."""
    one = series[0]
    if stated(code):
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


def _events(series: list[Series], words: Words) -> list[str]:
    """The legal events that a comparison of one of the series runs across."""
    crossed = [event for one in series for event in _crossed(one, words.lang)]
    return [words("event", date=f"{event.date:%Y-%m-%d}", text=event.text) for event in crossed]


def _crossed(one: Series, lang: str) -> list[Any]:
    """The legal events between the first and the last year of a series that touch its cells."""
    names = {name for term in terms(one.code) for name in (term.table, f"{term.table}.{term.row}")}
    first, last = one.points[0]["year"], one.points[-1]["year"]
    marked = events(lang).query("mark")
    between = marked[marked["date"].dt.year.between(first + 1, last)]
    return [event for event in between.itertuples() if names & set(str(event.touches).split())]


def _not_in_form(ds: Dataset, code: str, words: Words) -> str:
    """The years whose form does not ask for what a measure is made of."""
    if not any(term.cell in forerunners() for term in terms(code)):
        return ""
    old = ds.reports[ds.reports["current"].astype(bool) & (ds.reports["edition"] != EDITIONS[-1])]
    years = runs(set(old["year"].dropna()))
    return words("not_in_form", what=name_of(code, words.lang), y=years) if years else ""
