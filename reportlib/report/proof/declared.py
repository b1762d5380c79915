"""Declared corrections against what stands in their cells: those that match, and what is said of all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ...form import CellKey
from ..report import Correction, Finding, FormCell

__all__ = ["Declared", "declare"]


class Declared(NamedTuple):
    """A correction, and the cell as it is without it."""

    correction: Correction
    cell: FormCell


def declare(
    corrections: Iterable[Correction], cell_list: Iterable[FormCell]
) -> tuple[dict[CellKey, Declared], list[Finding]]:
    """Tell which corrections fit their cells.

    Parameters
    ----------
    corrections
        What is declared, at most once of each cell.
    cell_list
        The cells as they are without it.

    Returns
    -------
    declared, findings
        The corrections that fit, by cell; a finding ``correction`` for each of them, and
        ``correction_does_not_match`` for each other.
    """
    cells = {cell.key: cell for cell in cell_list}
    declared, findings = {}, []
    for one in corrections:
        key = (one.table, one.row, one.column)
        cell = cells.get(key)
        if cell is None or cell.printed != one.expected:
            findings.append(_unmatched(one, cell and cell.printed))
            continue
        declared[key] = Declared(one, cell)
        sides = (cell.value, one.value, cell.where)
        said: dict[str, Any] = {"action": {"say": one.action}, "who": one.who, "reason": one.reason}
        findings.append(Finding.of("correction", "warn", *key, *sides, **said))
    return declared, findings


def _unmatched(one: Correction, printed: str | None) -> Finding:
    found: Any = {"say": "nothing"} if printed is None else repr(printed)
    said = {"place": one.place, "expected": repr(one.expected), "found": found}
    return Finding.of("correction_does_not_match", "warn", one.table, one.row, one.column, **said)
