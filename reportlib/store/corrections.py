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


TEXTS = ("body", "table", "row", "column", "reason", "who")
CHOICES = {"action": ("override", "drop", "flag"), "status": ("active", "retired"), "year": range(1900, 2200)}
EXPECTED = (
    f"{', '.join(Correction._fields)}: action override (with a value), drop or flag; "
    "status active or retired; year a number, the rest texts"
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
        place = f"entry {number}"
        if wrong := _wrong(entry):
            raise ReportlibError(wrong, file=str(path), place=place, expected=EXPECTED)
        if entry["status"] != "active":
            continue
        value = entry.get("value")
        told = {"value": None if value is None else float(value), "expected": str(entry["expected"])}
        correction = Correction(**{**entry, **told, "body": canonical(entry["body"])})
        if correction.place in active:
            found = f"a second correction of {correction.place}"
            raise ReportlibError(found, file=str(path), place=place, hint="Leave one of them active")
        active[correction.place] = correction
    return list(active.values())


def _wrong(entry: Any) -> str:
    """What an entry has wrong; '' if nothing."""
    if not isinstance(entry, dict):
        return "an entry without fields"
    unknown = [f"unknown field {name!r:.40}" for name in entry if name not in Correction._fields]
    misfits = [name for name in TEXTS if not isinstance(entry.get(name), str) or not entry[name]]
    misfits += [name for name, choices in CHOICES.items() if entry.get(name) not in choices]
    if not isinstance(entry.get("scope"), str):
        misfits.append("scope")
    if not isinstance(entry.get("expected"), str | int | float):
        misfits.append("expected")
    value = entry.get("value")
    given = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    if given != (entry.get("action") == "override") or (not given and value is not None):
        misfits.append("value")
    return ", ".join([*unknown, *(f"{name} is {str(entry.get(name))[:40]!r}" for name in misfits)])
