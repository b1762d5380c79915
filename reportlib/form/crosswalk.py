"""Which cell of an older edition of the form is which of the newest; `crosswalk.toml` is the table."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

from . import EDITIONS, CellKey, edition, load_toml

__all__ = ["Link", "forerunners", "links"]


class Link(NamedTuple):
    """What becomes of a cell: the cells of the newest edition that it equals the sum of, and why."""

    relation: Literal["same", "sum", "not_comparable"]
    to: tuple[CellKey, ...]
    zh: str
    en: str


def _cells(code: str) -> list[CellKey]:
    """Every cell of an edition, alternative rows included."""
    return [
        (table.code, *key)
        for table in edition(code).tables
        for key in dict.fromkeys((*table.keys(False), *table.keys(True)))
    ]


def _fits(cell: CellKey, entry: dict[str, str]) -> bool:
    return all(
        entry[part] in ("*", code) for part, code in zip(("table", "row", "column"), cell, strict=True)
    )


@cache
def links(code: str) -> dict[CellKey, Link]:
    """For every cell of an edition, its link to the newest edition, whose cells are linked to themselves.

    Parameters
    ----------
    code
        The edition, e.g. ``2019``.
    """
    data = load_toml("crosswalk.toml")
    found = {}
    for cell in _cells(code):
        entry = next(entry for entry in reversed(data["editions"][code]) if _fits(cell, entry))
        table, row, column = cell
        targets = [] if entry["relation"] == "not_comparable" else entry.get("to", [row])
        cells = tuple(
            (table, *(target.split(".") if "." in target else (target, column))) for target in targets
        )
        found[cell] = Link(entry["relation"], cells, entry["zh"], entry["en"])
    return found


@cache
def forerunners() -> dict[CellKey, Link]:
    """Cells of the newest edition that have no comparable forerunner in an older one, each with the
    reason.
    """
    data = load_toml("crosswalk.toml")
    newest = links(data["newest"])
    reached = {
        cell
        for code in EDITIONS
        if code != data["newest"]
        for link in links(code).values()
        for cell in link.to
    }
    return {
        cell: Link("not_comparable", (), entry["zh"], entry["en"])
        for cell in newest
        if not reached & set(newest[cell].to)
        for entry in data["only_newest"]
        if _fits(cell, entry)
    }
