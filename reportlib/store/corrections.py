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
from .registers import Fields, load_yaml, misfits

__all__ = ["Correction", "load_corrections"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_figure(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and type(value) is not bool and abs(value) < 1e15)


FIELDS: Fields = {
    **dict.fromkeys(("body", "table", "row", "column", "reason", "who"), (_is_text, "a text")),
    "year": (range(1900, 2200), "a year"),
    "scope": (str, "own, region or ''"),
    "action": (("override", "drop", "flag"), "override, drop or flag"),
    "expected": (str | int | float, "the text that stands in the cell"),
    "status": (("active", "retired"), "active or retired"),
    "value": (_is_figure, "a number"),
}


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
            raise ReportlibError(wrong, file=str(path), place=place)
        if entry["status"] != "active":
            continue
        value = entry.get("value")
        told = {"value": None if value is None else float(value), "expected": str(entry["expected"])}
        correction = Correction(**{**entry, **told, "body": canonical(entry["body"])})
        if correction.place in active:
            raise ReportlibError(
                f"a second correction of {correction.place}",
                file=str(path),
                place=place,
                hint="Leave one of them active",
            )
        active[correction.place] = correction
    return list(active.values())


def _wrong(entry: Any) -> str:
    """What an entry has wrong; '' if nothing."""
    if not isinstance(entry, dict):
        return "an entry without fields"
    said = misfits({**dict.fromkeys(FIELDS), **entry}, FIELDS, "field")
    if (entry.get("value") is None) == (entry.get("action") == "override"):
        said.append("an override gives a value, and nothing else does")
    return ", ".join(said)
