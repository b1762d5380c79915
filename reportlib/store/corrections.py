"""Corrections: what is changed about a published figure is declared as data, with its reason.

`data/raw/corrections.yml` is a list of entries with ``body, year, scope, table, row, column``, ``action``
(``override`` gives `value`; ``drop`` leaves no value; ``flag`` only marks the cell as suspect), ``expected``
(the text that stands in the cell; an entry that no longer matches fails the ingest), ``reason`` (a full
sentence with its source), ``who`` and ``status`` (``active``, or ``retired`` for one kept for the record).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import ReportlibError
from ..report.report import Correction
from .registers import load_yaml

__all__ = ["Correction", "load_corrections"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


FITS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("body", "table", "row", "column", "reason", "who"), _is_text),
    "scope": lambda value: isinstance(value, str),
    "year": lambda value: _is_number(value) and value in range(1900, 2200),
    "action": lambda value: value in ("override", "drop", "flag"),
    "status": lambda value: value in ("active", "retired"),
    "expected": lambda value: isinstance(value, str | int | float),
    "value": lambda value: value is None or _is_number(value),
}
EXPECTED = (
    "action override (with a value), drop or flag; status active or retired; year a number, the rest texts"
)


def load_corrections(path: Path, canonical: Callable[[str], str] = str) -> list[Correction]:
    """Read the active corrections; a missing file holds none.

    Parameters
    ----------
    path
        The file.
    canonical
        Gives the name under which a body's series runs.

    Raises
    ------
    ReportlibError
        The file cannot be read, an entry lacks a field or has a wrong one, or two correct one cell.
    """
    if not path.exists():
        return []
    entries = load_yaml(path) or []
    if not isinstance(entries, list):
        raise ReportlibError("not a list", file=str(path), expected="a list of corrections")
    active: dict[str, Correction] = {}
    for number, entry in enumerate(entries, 1):
        read = _correction(entry, f"entry {number}", path)
        correction = read._replace(body=canonical(read.body))
        if correction.status == "active" and correction.place in active:
            found = f"a second correction of {correction.place}"
            hint = "Leave one of them active"
            raise ReportlibError(found, file=str(path), place=f"entry {number}", hint=hint)
        if correction.status == "active":
            active[correction.place] = correction
    return list(active.values())


def _correction(entry: Any, place: str, path: Path) -> Correction:
    fields = set(Correction._fields)
    if not isinstance(entry, dict) or not fields - {"value"} <= set(entry) <= fields:
        raise ReportlibError(
            "an entry with wrong fields", file=str(path), place=place, expected=", ".join(Correction._fields)
        )
    if wrong := [name for name, fits in FITS.items() if not fits(entry.get(name))]:
        found = ", ".join(f"{name} is {str(entry.get(name))[:40]!r}" for name in wrong)
        raise ReportlibError(found, file=str(path), place=place, expected=EXPECTED)
    value = entry.get("value")
    if (value is not None) != (entry["action"] == "override"):
        found = f"an entry with action {entry['action']} and value {value}"
        raise ReportlibError(found, file=str(path), place=place, expected=EXPECTED)
    number = None if value is None else float(value)
    return Correction(**{**entry, "value": number, "expected": str(entry["expected"])})
