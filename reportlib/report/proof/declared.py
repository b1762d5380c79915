"""Declared corrections against what stands in their cells: those that match, and what is said of all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ...form import Key
from ..report import CellFact, Correction, Finding

__all__ = ["Declared", "declare"]


class Declared(NamedTuple):
    """A correction, and the cell as it is without it."""

    correction: Correction
    fact: CellFact


def declare(
    corrections: Iterable[Correction], facts: Iterable[CellFact]
) -> tuple[dict[tuple[str, Key], Declared], list[Finding]]:
    """Tell which corrections fit their cells.

    Parameters
    ----------
    corrections
        What is declared, at most once of each cell.
    facts
        The cells as they are without it.

    Returns
    -------
    declared, findings
        The corrections that fit, by table and cell; a finding ``correction`` for each of them, and
        ``correction_does_not_match`` for each other.
    """
    cells = {(fact.table, (fact.row, fact.column)): fact for fact in facts}
    declared, findings = {}, []
    for one in corrections:
        place = (one.table, (one.row, one.column))
        fact = cells.get(place)
        if fact is None or fact.printed != one.expected:
            findings.append(_unmatched(one, fact and fact.printed))
            continue
        declared[place] = Declared(one, fact)
        sides = (fact.value, one.value, fact.where)
        said: dict[str, Any] = {"action": {"say": one.action}, "who": one.who, "reason": one.reason}
        findings.append(Finding.of("correction", "warn", one.table, one.row, one.column, *sides, **said))
    return declared, findings


def _unmatched(one: Correction, printed: str | None) -> Finding:
    found: Any = {"say": "nothing"} if printed is None else repr(printed)
    said = {"place": one.place, "expected": repr(one.expected), "found": found}
    return Finding.of("correction_does_not_match", "warn", one.table, one.row, one.column, **said)
