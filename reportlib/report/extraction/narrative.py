"""Figures that a report states in words, and whether they say what its tables say.

A sentence is compared with a cell only where both mean the same thing: the same count, of the same
scope, stated exactly. Parts (其中 …), comparisons and ranges are never read as figures of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

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


@cache
def _patterns() -> tuple[
    list[tuple[str, re.Pattern[str]]], list[tuple[str, re.Pattern[str]]], re.Pattern[str]
]:
    data = load_toml("narrative.toml")

    def ready(patterns: dict[str, list[str]]) -> list[tuple[str, re.Pattern[str]]]:
        return [
            (code, re.compile(text.replace("{gap}", data["gap"]).replace("{n}", data["number"])))
            for code, texts in patterns.items()
            for text in texts
        ]

    return ready(data["figures"]), ready(data["none"]), re.compile(data["nested"])


@cache
def _scopes() -> dict[str, Any]:
    scopes: dict[str, Any] = load_toml("sections.toml")["scope"]
    return scopes


@cache
def _meanings() -> tuple[dict[str, list[str]], dict[str, list[list[str]]]]:
    """The cells that a figure in words equals, and what else its words may count."""
    equals = {code: entry["equals"] for code, entry in load_toml("figures.toml").items()}
    return equals, load_toml("narrative.toml")["also"]


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
    figures, none, nested = _patterns()
    words = _scopes()
    region, own = (any(word in sentence for word in words[scope]) for scope in ("region", "own"))
    scope = "region" if region and not own else "own" if own and not region else ""
    taken: set[int] = set()
    for code, pattern in figures:
        for match in pattern.finditer(sentence):
            start = match.start("number")
            before = sentence[: match.start()]
            if start in taken or nested.search(before) or _RANGE.search(sentence[:start]):
                continue
            taken.add(start)
            value = Decimal(match["number"]) * _SCALES[match["scale"] or ""]
            precision = _precision(match, sentence[:start])
            yield Stated(code, float(value), precision, scope, sentence, where)
    for code, pattern in none:
        if pattern.search(sentence):
            yield Stated(code, 0.0, "stated_none", scope, sentence, where)


def _precision(match: re.Match[str], before: str) -> str:
    """How exact a number says that it is, by the words around it; one in 万 or 亿 is rounded."""
    about, at_least = _inexact()
    said = {*about.findall(before), match["more"], match["behind"]} - {None}
    if not at_least.isdisjoint(said):
        return "at_least"
    return "rounded" if said or match["scale"] else "exact"


@cache
def _inexact() -> tuple[re.Pattern[str], frozenset[str]]:
    data = load_toml("narrative.toml")
    return re.compile(data["about"]), frozenset(data["at_least"])


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
    cells = {(f.table, f.row, f.column): f for f in facts}
    equals, also = _meanings()
    findings = []
    for code in dict.fromkeys(figure.indicator for figure in stated):
        mine = [figure for figure in stated if figure.indicator == code]
        comparable = [
            f
            for f in mine
            if f.precision in ("exact", "stated_none")
            and f.scope in (("", "own") if scope == "own" else ("region",))
        ]
        total = _total(equals.get(code, []), cells, edition)
        if scope not in ("own", "region") or total is None or not comparable:
            continue
        allowed = {total, *(_total(names, cells, edition) for names in also.get(code, []))}
        if any(figure.value in allowed for figure in mine):
            continue  # said rightly once: the other sentence counts something else
        figure = comparable[0]
        table, row, column = equals[code][0].split(".")
        place = next(
            (
                f.where
                for f in facts
                if (f.table, f.column) == (table, column) and f.row in _members(row, table, edition)
            ),
            "",
        )
        sides, said = (figure.value, total, figure.where), figure.sentence[:60]
        findings.append(
            Finding.of("narrative_differs", "warn", table, row, column, *sides, sentence=said, place=place)
        )
    return tuple(findings)


def _members(row: str, table: str, edition: Edition) -> tuple[str, ...]:
    return edition.table(table).members(row)


def _total(
    names: Sequence[str], cells: dict[tuple[str, str, str], CellFact], edition: Edition
) -> float | None:
    """The sum of cells or groups; None if any has no value or is in doubt."""
    total, seen = 0.0, False
    for name in names:
        table, row, column = name.split(".")
        there = [
            cells[table, r, column] for r in _members(row, table, edition) if (table, r, column) in cells
        ]
        if not there or any(fact.value is None or fact.suspect for fact in there):
            return None
        total += sum(fact.value or 0 for fact in there)
        seen = True
    return total if seen else None
