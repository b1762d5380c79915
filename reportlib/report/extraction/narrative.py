"""Figures that a report states in words, and whether they say what its tables say.

A sentence is compared with a cell only where both mean the same thing: the same count, of the same
scope, stated exactly. Parts (其中 …), comparisons and ranges are never read as figures of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from ...form import CellKey, Edition, load_toml
from ...reading.document import Paragraph
from ..report import Finding, FormCell, Stated
from .matching import simplify
from .numerals import fold

__all__ = ["compare_stated", "stated_figures"]

_SENTENCE = re.compile(r"[^。；;！!]+[。；;！!]?")
_SHORTEST = 8  # a shorter paragraph is a cell or a heading
_SCALES = {"": 1, "万": 10_000, "亿": 100_000_000}
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_IN_YEAR = re.compile(r"(?<!\d)(20\d\d)年")
_RANGE = re.compile(r"[-—~～至到]$")

_Cells: TypeAlias = dict[CellKey, FormCell]


def _data() -> dict[str, Any]:
    return load_toml("narrative.toml")


@cache
def _patterns(kind: str) -> list[tuple[str, re.Pattern[str]]]:
    """How reports state each figure, or that it is nought, ready for use."""
    found = []
    for code, texts in _data()[kind].items():
        for text in texts:
            filled = text.replace("{gap}", _data()["gap"]).replace("{n}", _data()["number"])
            found.append((code, re.compile(filled)))
    return found


def stated_figures(paragraphs: Iterable[Paragraph], year: int | None = None) -> tuple[Stated, ...]:
    """Read the figures that stand in running text.

    Parameters
    ----------
    paragraphs
        The report's paragraphs.
    year
        Its year, where known: figures of others are left out.
    """
    found: list[Stated] = []
    for paragraph in paragraphs:
        text = _THOUSANDS.sub("", re.sub(r"\s", "", simplify(fold(paragraph.text)))).replace(",", "，")
        if len(text) >= _SHORTEST:
            for sentence in _SENTENCE.findall(text):
                found += _sentence(sentence, paragraph.place, year)
    return tuple(found)


def _sentence(sentence: str, where: str, year: int | None) -> Iterator[Stated]:
    scope = _scope(sentence)
    taken: set[int] = set()
    for code, pattern in _patterns("figures"):
        for match in pattern.finditer(sentence):
            start = match.start("number")
            before = sentence[:start]
            part = re.search(_data()["nested"], sentence[: match.start()]) or _RANGE.search(before)
            if start in taken or part or _is_of_other(code, before, match, year):
                continue
            taken.add(start)
            value = Decimal(match["number"]) * _SCALES[match["scale"] or ""]
            yield Stated(code, float(value), _precision(match, before), scope, sentence, where)
    for code, pattern in _patterns("none"):
        if pattern.search(sentence):
            yield Stated(code, 0.0, "stated_none", scope, sentence, where)


def _is_of_other(code: str, before: str, match: re.Match[str], year: int | None) -> bool:
    """Whether a figure is of another year, of a plan, or of another matter than requests."""
    years = _IN_YEAR.findall(before)
    clause = re.split("[，、]", before[: match.start()])[-1]
    told = re.search(_data()["other_clause"], clause) or re.search(_data()["other_sentence"], before)
    matter = code.startswith("requests") and re.search(_data()["other_matter"], match[0])
    other_year = year and years and int(years[-1]) != year
    since_ever = "年" not in before and re.search(_data()["since_ever"], clause + match[0])
    return bool(other_year or since_ever or told or matter)


def _scope(sentence: str) -> str:
    """Own or region, where the sentence says one of them."""
    words = load_toml("sections.toml")["scope"]
    said = [scope for scope in ("region", "own") if any(word in sentence for word in words[scope])]
    return said[0] if len(said) == 1 else ""


def _precision(match: re.Match[str], before: str) -> str:
    """How exact a number says that it is, by the words around it; one in 万 or 亿 is rounded."""
    said = {*re.findall(_data()["about"], before), match["more"], match["behind"]} - {None}
    if not said.isdisjoint(_data()["at_least"]):
        return "at_least"
    return "rounded" if said or match["scale"] else "exact"


def compare_stated(
    stated: Sequence[Stated], cell_list: Sequence[FormCell], edition: Edition, scope: str
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
    cells = {cell.key: cell for cell in cell_list}
    findings = []
    for code in dict.fromkeys(figure.indicator for figure in stated):
        mine = [figure for figure in stated if figure.indicator == code]
        exact = [figure for figure in mine if _is_comparable(figure, scope)]
        equal = load_toml("figures.toml")[code]["equals"]
        total = _total(equal, cells, edition)
        if total is None or not exact:
            continue
        allowed = {total, *(_total(names, cells, edition) for names in _data()["also"].get(code, []))}
        if not any(
            figure.value in allowed for figure in mine
        ):  # else the other sentence counts something else
            findings.append(_differs(exact[0], total, equal[0], cells, edition))
    return tuple(findings)


def _is_comparable(figure: Stated, scope: str) -> bool:
    """Whether a figure is stated exactly, and of the report's scope."""
    scopes = ("", "own") if scope == "own" else ("region",)
    return figure.scope in scopes and figure.precision in ("exact", "stated_none")


def _differs(figure: Stated, total: float, name: str, cells: _Cells, edition: Edition) -> Finding:
    place = _meant(name, cells, edition)[0].where
    sides = figure.value, total, figure.where
    said = figure.sentence[:60]
    table, row, column = name.split(".")
    return Finding.of("narrative_differs", "warn", table, row, column, *sides, sentence=said, place=place)


def _meant(name: str, cells: _Cells, edition: Edition) -> list[FormCell]:
    """A cell, or the cells of a group, as far as they are there."""
    table, row, column = name.split(".")
    keys = ((table, member, column) for member in edition.table(table).members(row))
    return [cells[key] for key in keys if key in cells]


def _total(names: Sequence[str], cells: _Cells, edition: Edition) -> float | None:
    """The sum of cells or groups; None if any has no value or is in doubt."""
    values: list[float | None] = [] if names else [None]
    for name in names:
        meant = _meant(name, cells, edition)
        values += [None if cell.suspect else cell.value for cell in meant] or [None]
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
