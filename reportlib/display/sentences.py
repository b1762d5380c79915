"""The key findings of a page, written from figures, and only where the figures support them: ``rl.say``.

Every number in a sentence stands in the dataset or follows from it. Two years are no trend, suspect figures
are left out and named, and what is not there is named by its reason. The wordings are in
``form/words.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ..analysis.indicators import cells_of
from ..analysis.intervals import difference
from ..analysis.pooling import ENOUGH, pool
from ..form import EDITIONS
from ..form.crosswalk import forerunners
from ..form.labels import RATES, number
from .absence import absences, state
from .measures import Series, name_of, series_of, stated
from .words import Words, runs

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


@dataclass(repr=False)
class Findings:
    """Sentences that show themselves as a list, with the notes that belong to them."""

    sentences: list[str]
    notes: list[str]

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
    words = Words(lang)
    wanted = [codes] if isinstance(codes, str) else list(codes)
    if not wanted:
        return Findings(state(ds, words), absences(ds, words))
    sentences: list[str] = []
    notes: list[str] = []
    alone: list[str] = []
    for code, series in _measures(ds, wanted, words):
        if beside:
            sentences += _beside(series, ds.resolve(beside), alone, words)
        elif len(series) > EACH:
            sentences.append(_together(ds, series, notes, words))
        else:
            sentences += [_change(one, words) for one in series]
            laws = [law for one in series for law in one.laws]
            notes += [words("event", date=law["date"], text=law[words.lang]) for law in laws]
        notes.append(_not_in_form(ds, code, words))
    if alone:
        notes.append(words("peers_few", few=PEERS, what=words.list(alone)))
    if any(words("ranged") in text for text in sentences):
        notes.insert(0, words("full_count"))
    notes += absences(ds, words)
    return Findings(sentences[:MOST] or [words("nothing")], list(dict.fromkeys(filter(None, notes))))


def _measures(ds: Dataset, codes: list[str], words: Words) -> Iterator[tuple[str, list[Series]]]:
    """The series of each measure; what a table says is not told again from the words of the same report."""
    told: list[tuple[str, Any]] = []
    for code, found in series_of(ds, codes, words):
        what = cells_of(code) or code
        series = [one for one in found if (one.who, what) not in told]
        told += [(one.who, what) for one in series]
        yield code, series


# ------------------------------------------------------------------------------------ what they say


def _change(one: Series, words: Words) -> str:
    """The last figure of a series, and how it differs from the first."""
    said = [_value(one, words)]
    figures = [(point.year, _figure(one, point, words)) for point in one.points[:-1]]
    if not figures:
        said.append(words("only_year"))
    elif any(point.precision in ("rounded", "at_least") for point in one.points):
        told = words.list(words("in_year", y=year, a=figure) for year, figure in figures)
        said += [words("earlier", values=told), words("inexact")]
    else:
        year, figure = figures[0]
        said += [words("against", y=year, a=figure), *_compared(one, words)]
    if one.left_out:
        said.append(words("left_out", y=words.list(map(str, one.left_out))))
    return words.sentence(said)


def _value(one: Series, words: Words) -> str:
    """The last figure of a series, and what it is of."""
    figure = _figure(one, one.last, words)
    return words("value", who=one.who, what=one.what, y=one.last.year, a=figure)


def _figure(one: Series, point: Any, words: Words) -> str:
    """A figure with its unit and what it is made of; what is rounded, a bound or derived is said so."""
    shown = words(point.precision or "exact", a=words.number(point.value, one.unit))
    if point.denominator is None:
        return shown + (words("derived") if point.status == "derived" else "")
    made = words("share" if point.pending is None else "decided", **_counts(point))
    if point.pending:
        made += words("pending", p=number(point.pending))
    if point.low is not None:
        made += words("interval", **words.bounds(point.low, point.high, one.unit))
    return shown + words("brackets", made=made)


def _counts(rate: Any) -> dict[str, str]:
    """What a rate is made of: so many of so many."""
    return {"k": number(rate.numerator), "n": number(rate.denominator)}


def _compared(one: Series, words: Words) -> list[str]:
    """How the last figure differs from the first, unless the law made other cases of them."""
    rows = {f"{table}.{row}" for table, row, _ in cells_of(one.code)}
    if any(rows & set(law.get("breaks", ())) for law in one.laws):
        return [words("apart")]
    if one.first.low is None or one.last.low is None:
        said = _difference(one, words)
    else:
        said = _interval(one.last, one.first, words)
    return [said, _course(one.points, words), words("law") if one.laws else ""]


def _difference(one: Series, words: Words) -> str:
    """How two figures without an interval differ: counts also in per cent."""
    before = one.first.value
    between = one.last.value - before
    if one.unit == "%":
        return words("points", a=words.signed(between))
    if not between:
        return words("same")
    said = words("more" if between > 0 else "less", a=words.number(abs(between), one.unit))
    if before < FEW:
        return said
    return said + words("relative", a=words.signed(100 * between / before))


def _interval(after: Any, before: Any, words: Words) -> str:
    """The difference of two proportions with its interval."""
    counts = ((rate.numerator, rate.denominator) for rate in (after, before))
    between, low, high = (100 * float(part) for part in difference(*counts))
    chance = words("chance" if low <= 0 <= high else "no_chance")
    ends = {"low": words.signed(low), "high": words.signed(high)}
    return words("difference", a=words.signed(between), chance=chance, **ends)


def _course(points: list[Any], words: Words) -> str:
    """Whether a series went one way; two years are no trend."""
    steps = [after.value - before.value for before, after in pairwise(points)]
    if len(steps) == 1:
        return words("two_years")
    if min(steps) < 0 < max(steps):
        return words("mixed")
    every_year = points[-1].year - points[0].year == len(steps) and all(steps)
    return words("rising" if steps[0] > 0 else "falling") if every_year else ""


class Together(NamedTuple):
    """Several bodies as one."""

    numerator: float
    denominator: float


def _beside(series: list[Series], body: str, alone: list[str], words: Words) -> Iterator[str]:
    """A body beside all others together, in its latest usable year; `alone` gets what has too few others."""
    points = [point for one in series for point in one.points]
    for one in series:
        last = one.last
        if last.body != body:
            continue
        said = [_value(one, words)]
        same = [point for point in points if (point.year, point.scope) == (last.year, last.scope)]
        peers = [point for point in same if point.body != body]
        if len(peers) < PEERS:
            alone.append(words("peers_of", what=one.what, n=len(peers)))
        elif last.low is None:
            values = [peer.value for peer in peers]
            ends = words.bounds(min(values), max(values), one.unit)
            said.append(words("peers_range", m=len(peers), **ends))
        else:
            all_of_them = Together(
                sum(peer.numerator for peer in peers), sum(peer.denominator for peer in peers)
            )
            rate = words.number(100 * all_of_them.numerator / all_of_them.denominator, one.unit)
            said.append(words("peers", m=len(peers), a=rate, **_counts(all_of_them)))
            said.append(_interval(last, all_of_them, words))
        yield words.sentence(said)


def _together(ds: Dataset, series: list[Series], notes: list[str], words: Words) -> str:
    """Many bodies together: a pooled rate of one scope, or how many figures there are of what is counted."""
    one = series[0]
    if stated(one.code) or one.unit not in RATES:
        years = [point.year for each in series for point in each.points]
        bodies = len({point.body for each in series for point in each.points})
        about = {"bodies": words.count("of_bodies", bodies), "span": words.span(min(years), max(years))}
        return words.sentence([words("many", what=one.what, m=len(years), **about)])
    lines = pool(ds, one.code).sort_values(["bodies", "year"], kind="stable")
    if lines["scope"].nunique() > 1:
        notes.append(words("scopes_apart"))
    line = lines.iloc[-1]
    told = line.dropna()
    about = {"what": words.who(one.what, line.scope), "bodies": words.count("of_bodies", line.bodies)}
    rate = words.number(line.value, one.unit)
    said = [words("pooled", y=line.year, value=rate, **about, **_counts(line))]
    if line.bodies < ENOUGH:
        notes.append(words("bodies_few", few=ENOUGH))
    elif "low" in told:
        said.append(words("over_bodies", **words.bounds(line.low, line.high, one.unit)))
    if "p10" in told:
        said.append(words("tenths", **words.bounds(line.p10, line.p90, one.unit)))
    return words.sentence(said)


# ------------------------------------------------------------------------------------ notes


def _not_in_form(ds: Dataset, code: str, words: Words) -> str:
    """The years whose form does not ask for what a measure is made of."""
    if stated(code) or not forerunners().keys() & cells_of(code):
        return ""
    old = ds.held[ds.held["edition"] != EDITIONS[-1]]
    years = runs(set(old["year"].dropna()), words("and"))
    return words("not_in_form", what=name_of(code, words.lang), y=years) if years else ""
