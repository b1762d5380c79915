"""Figures that a report states in words, and whether they say what its tables say.

A sentence is compared with a cell only where both mean the same thing: the same count, of the same
scope, stated exactly. Parts (其中 …), comparisons and ranges are never read as figures of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from ...form import Edition, load_toml
from ...reading.document import Paragraph
from ..report import CellFact, Finding, Stated
from .numerals import fold

__all__ = ["compare_stated", "stated_figures"]

_SENTENCE = re.compile(r"[^。；;！!]+[。；;！!]?")
_SHORTEST = 8  # a shorter paragraph is a cell or a heading
_SCALES = {"": 1, "万": 10_000, "亿": 100_000_000}
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_RANGE = re.compile(r"[-—~～至到]$")

_Cells: TypeAlias = dict[tuple[str, str, str], CellFact]


class _Words(NamedTuple):
    """How reports state figures: the data of ``narrative.toml``, ready for use."""

    figures: list[tuple[str, re.Pattern[str]]]
    none: list[tuple[str, re.Pattern[str]]]
    nested: re.Pattern[str]
    about: re.Pattern[str]
    at_least: frozenset[str]
    equals: dict[str, list[str]]
    also: dict[str, list[list[str]]]
    scopes: dict[str, Any]


@cache
def _words() -> _Words:
    data = load_toml("narrative.toml")

    def ready(kind: str) -> list[tuple[str, re.Pattern[str]]]:
        found = []
        for code, texts in data[kind].items():
            for text in texts:
                filled = text.replace("{gap}", data["gap"]).replace("{n}", data["number"])
                found.append((code, re.compile(filled)))
        return found

    meanings = load_toml("figures.toml")
    return _Words(
        figures=ready("figures"),
        none=ready("none"),
        nested=re.compile(data["nested"]),
        about=re.compile(data["about"]),
        at_least=frozenset(data["at_least"]),
        equals={code: entry["equals"] for code, entry in meanings.items()},
        also=data["also"],
        scopes=load_toml("sections.toml")["scope"],
    )


def stated_figures(paragraphs: Iterable[Paragraph]) -> tuple[Stated, ...]:
    """Read the figures that stand in running text.

    Parameters
    ----------
    paragraphs
        The report's paragraphs.
    """
    found: list[Stated] = []
    for paragraph in paragraphs:
        text = _THOUSANDS.sub("", re.sub(r"\s", "", fold(paragraph.text))).replace(",", "，")
        if len(text) >= _SHORTEST:
            for sentence in _SENTENCE.findall(text):
                found += _sentence(sentence, paragraph.place)
    return tuple(found)


def _sentence(sentence: str, where: str) -> Iterator[Stated]:
    words = _words()
    scope = _scope(sentence)
    taken: set[int] = set()
    for code, pattern in words.figures:
        for match in pattern.finditer(sentence):
            start = match.start("number")
            before = sentence[:start]
            part = words.nested.search(sentence[: match.start()]) or _RANGE.search(before)
            if start in taken or part:
                continue
            taken.add(start)
            value = Decimal(match["number"]) * _SCALES[match["scale"] or ""]
            precision = _precision(match, before)
            yield Stated(code, float(value), precision, scope, sentence, where)
    for code, pattern in words.none:
        if pattern.search(sentence):
            yield Stated(code, 0.0, "stated_none", scope, sentence, where)


def _scope(sentence: str) -> str:
    """Own or region, where the sentence says one of them."""
    scopes = _words().scopes
    said = [scope for scope in ("region", "own") if any(word in sentence for word in scopes[scope])]
    return said[0] if len(said) == 1 else ""


def _precision(match: re.Match[str], before: str) -> str:
    """How exact a number says that it is, by the words around it; one in 万 or 亿 is rounded."""
    words = _words()
    said = {*words.about.findall(before), match["more"], match["behind"]}
    said.discard(None)
    if not words.at_least.isdisjoint(said):
        return "at_least"
    return "rounded" if said or match["scale"] else "exact"


def compare_stated(
    stated: Sequence[Stated], facts: Sequence[CellFact], edition: Edition, scope: str
) -> tuple[Finding, ...]:
    """Compare what the text states with what the tables hold.

    Returns
    -------
    tuple of Finding
        ``narrative_differs``: a warning where text and table say different things of the same
        count. Where they may mean different things nothing is said.
    """
    if scope not in ("own", "region"):
        return ()
    cells = {(f.table, f.row, f.column): f for f in facts}
    words = _words()
    findings = []
    for code in dict.fromkeys(figure.indicator for figure in stated):
        mine = [figure for figure in stated if figure.indicator == code]
        exact = [figure for figure in mine if _is_comparable(figure, scope)]
        equal = words.equals.get(code, [])
        total = _total(equal, cells, edition)
        if total is None or not exact:
            continue
        allowed = {_total(names, cells, edition) for names in words.also.get(code, [])}
        allowed.add(total)
        if any(figure.value in allowed for figure in mine):
            continue  # said rightly once: the other sentence counts something else
        findings.append(_differs(exact[0], total, equal[0], cells, edition))
    return tuple(findings)


def _is_comparable(figure: Stated, scope: str) -> bool:
    """Whether a figure is stated exactly, and of the report's scope."""
    scopes = ("", "own") if scope == "own" else ("region",)
    return figure.scope in scopes and figure.precision in ("exact", "stated_none")


def _differs(figure: Stated, total: float, name: str, cells: _Cells, edition: Edition) -> Finding:
    table, row, column = name.split(".")
    keys = ((table, member, column) for member in _members(row, table, edition))
    place = next((cells[key].where for key in keys if key in cells), "")
    sides = figure.value, total, figure.where
    said = figure.sentence[:60]
    return Finding.of("narrative_differs", "warn", table, row, column, *sides, sentence=said, place=place)


def _members(row: str, table: str, edition: Edition) -> tuple[str, ...]:
    return edition.table(table).members(row)


def _total(names: Sequence[str], cells: _Cells, edition: Edition) -> float | None:
    """The sum of cells or groups; None if any has no value or is in doubt."""
    total, seen = 0.0, False
    for name in names:
        table, row, column = name.split(".")
        keys = ((table, member, column) for member in _members(row, table, edition))
        there = [cells[key] for key in keys if key in cells]
        if not there or any(fact.value is None or fact.suspect for fact in there):
            return None
        total += sum(fact.value or 0 for fact in there)
        seen = True
    return total if seen else None
