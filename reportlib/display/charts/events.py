"""What form and law changed between two years, as marks on the charts of the cells that it touches."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from itertools import chain
from string import ascii_uppercase
from typing import NamedTuple

from ...analysis import indicators
from ...analysis.definitions import crossed
from ...errors import ReportlibError
from ...form import CellKey, editions, load_toml
from ...form.crosswalk import forerunners, links
from .words import said, word


class Change(NamedTuple):
    """A change on an axis of years, where 2024 is the middle of that year: how its line looks, the letter of
    a legal event, and what is said of it.
    """

    at: float
    kind: str
    letter: str
    note: str


def cell_of(code: str) -> CellKey:
    """The parts of ``table.row.column``."""
    table, row, column = code.split(".")
    return table, row, column


def cells_of(code: str) -> frozenset[CellKey]:
    """The cells that a cell, an indicator or a figure in words is made of; none for one of one's own."""
    try:
        return indicators.cells_of(code)
    except ReportlibError:
        return frozenset()


def changes(
    codes: Collection[str], before: tuple[int, str], after: tuple[int, str], joined: bool = True
) -> list[Change]:
    """What changed between two years, each with the edition of its report, of some cells, indicators or
    figures in words; `joined` is whether their figures may be compared all the same.
    """
    cells = chain.from_iterable(map(cells_of, codes))
    (first, old), (last, new) = before, after
    marked = [event for event in load_toml("events.toml")["events"] if event["mark"]]
    found = []
    for event in crossed(cells, first, last):
        day, letter = event["date"], ascii_uppercase[marked.index(event)]
        note = word("uprights.event", letter=letter, date=day, what=said(event))
        found.append(Change(day.year - 0.5 + (day.timetuple().tm_yday - 1) / 365, "event", letter, note))
    if old and new and old != new:
        broken = not joined or any(breaks(code, before, after) for code in codes)
        kind = "break" if broken else "revised"
        found.append(Change((first + last) / 2, kind, "", word(f"uprights.{kind}")))
    return found


@cache
def breaks(code: str, before: tuple[int, str], after: tuple[int, str]) -> bool:
    """Whether figures of two years, each with the edition of its report, count different things: by the
    crosswalk, or because the law made the cases another class of cases.
    """
    cells = cells_of(code)
    if "." in code and before[1] != after[1] and any(map(form_breaks, cells)):
        return True
    rows = {".".join(cell[:2]) for cell in cells}
    return any(rows <= set(event.get("breaks", ())) for event in crossed(cells, before[0], after[0]))


@cache
def form_breaks(cell: CellKey) -> bool:
    """Whether a change of the form breaks the series of a cell, as the crosswalk says."""
    return cell in forerunners() or not in_form(cell, editions()[-1].code)


@cache
def in_form(cell: CellKey, edition: str) -> bool:
    """Whether an edition asks for a cell; groups of rows, which no edition lists, count as asked for."""
    rows = {known[:2] for form in editions() for known in links(form.code)}
    return not edition or cell[:2] not in rows or cell in links(edition)
