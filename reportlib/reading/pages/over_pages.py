"""A table on a page, and a row that a page break cuts in two.

A table that runs over pages is one on each; its rows tell by their labels where they belong.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..document import Cell
from .words import NUMBER, PageContent, surest

__all__ = ["PageTable", "mended"]

SLACK = 4
"""Points by which a column may stand elsewhere on the next page."""

_Row = dict[tuple[int, int], Cell]
"""The cells of a row by their column and span."""


class PageTable(NamedTuple):
    """A table, or the part of one that stands on a page; its cells in reading order."""

    page: PageContent
    rows: int
    cells: list[Cell]


def mended(a: PageTable, b: PageTable) -> tuple[PageTable, PageTable]:
    """Two tables that follow each other, a row that the page break between them cut whole in the first."""
    above: _Row = {(cell.column, cell.colspan): cell for cell in a.cells if cell.row + cell.rowspan == a.rows}
    below: _Row = {(cell.column, cell.colspan): cell for cell in b.cells if cell.row == 0}
    follows = b.page.number == a.page.number + 1 and above.keys() == below.keys()
    if not follows or not all(_is_under(above[key], below[key]) for key in above):
        return a, b
    if not _is_cut(a, b, above, below):
        return a, b
    whole = {cell: _joined(cell, below[key]) for key, cell in above.items()}
    rest = []
    for cell in b.cells:
        if cell.row:
            rest.append(cell._replace(row=cell.row - 1))
        elif cell.rowspan > 1:
            rest.append(cell._replace(text="", rowspan=cell.rowspan - 1))
    cells = [whole.get(cell, cell) for cell in a.cells]
    return a._replace(cells=cells), PageTable(b.page, b.rows - 1, rest)


def _is_under(above: Cell, below: Cell) -> bool:
    """Whether two cells begin at the same place of the line."""
    return bool(above.box and below.box and abs(above.box.left - below.box.left) < SLACK)


def _is_cut(a: PageTable, b: PageTable, above: _Row, below: _Row) -> bool:
    """Whether the first row of the continuation is the rest of the last row.

    It is where both halves have a label in one column, and one half has no figure at all although the
    tables have no blank elsewhere.
    """
    both = [key for key in above if above[key].text and below[key].text]
    if not both or any(_is_number(row[key]) for row in (above, below) for key in both):
        return False
    edge = max(column + span for column, span in both)
    upper, lower = _figures(above.values(), edge), _figures(below.values(), edge)
    halves = {*above.values(), *below.values()}
    others = _figures((cell for cell in (*a.cells, *b.cells) if cell not in halves), edge)
    whole = (all(upper) and not any(lower)) or (all(lower) and not any(upper))
    return whole and all(others)


def _figures(cells: Iterable[Cell], edge: int) -> list[str]:
    """What stands right of the labels."""
    return [cell.text for cell in cells if cell.column >= edge]


def _is_number(cell: Cell) -> bool:
    return NUMBER.fullmatch(cell.text) is not None


def _joined(above: Cell, below: Cell) -> Cell:
    """Two halves of a cell as one."""
    text = "\n".join(text for text in (above.text, below.text) if text)
    box = above.box if above.text or not below.text else below.box
    return above._replace(text=text, box=box, confidence=surest((above, below)))
