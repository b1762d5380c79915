"""What the law changed, as marks on the charts of the rows that it touches (``form/events.toml``)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from string import ascii_uppercase
from typing import Any, NamedTuple

from ...analysis.indicators import indicator
from ...form import load_toml
from .sheet import said, word


class Mark(NamedTuple):
    """An event on an axis of years, where 2024 is the middle of that year; its letter, and what is said."""

    at: float
    letter: str
    note: str


@cache
def _marked() -> list[dict[str, Any]]:
    return [event for event in load_toml("events.toml")["events"] if event["mark"]]


def marks(cells: Iterable[str]) -> list[Mark]:
    """The events that touch some cells of the form (``table.row.column``), in order."""
    touched = {part for cell in cells for part in (cell.split(".")[0], cell.rpartition(".")[0])}
    found = []
    for letter, event in zip(ascii_uppercase, _marked(), strict=False):
        if touched & set(event["touches"]):
            day = event["date"]
            at = day.year - 0.5 + (day - date(day.year, 1, 1)).days / 365
            note = word("uprights.event", letter=letter, date=day, what=said(event))
            found.append(Mark(at, letter, note))
    return found


def marks_of(codes: Iterable[str]) -> list[Mark]:
    """The events that touch the cells which some indicators are computed from."""
    return marks(".".join(term.cell) for code in codes for term in indicator(code).terms)
