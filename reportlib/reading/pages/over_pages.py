"""A table on a page, and a row that a page break cuts in two.

A table that runs over pages is one on each; its rows tell by their labels where they belong.
"""

from __future__ import annotations

from typing import NamedTuple

from ..document import Cell
from .words import NUMBER, PageContent, surest

__all__ = ["PageTable", "mended"]

SLACK = 4
"""Points by which a column may stand elsewhere on the next page."""


class PageTable(NamedTuple):
    """A table, or the part of one that stands on a page; its cells in reading order."""

    page: PageContent
    rows: int
    cells: list[Cell]


def mended(a: PageTable, b: PageTable) -> tuple[PageTable, PageTable]:
    """Two tables that follow each other, a row that the page break between them cut whole in the first."""
    above = {(cell.column, cell.colspan): cell for cell in a.cells if cell.row + cell.rowspan == a.rows}
    below = {(cell.column, cell.colspan): cell for cell in b.cells if cell.row == 0}
    if b.page.number != a.page.number + 1 or above.keys() != below.keys():
        return a, b
    halves = [(cell, below[place]) for place, cell in above.items()]
    if not _is_cut(halves, [*a.cells, *b.cells]):
        return a, b
    whole = {cell: _joined(cell, rest) for cell, rest in halves}
    rest = [cell._replace(text="", rowspan=cell.rowspan - 1) for cell in below.values() if cell.rowspan > 1]
    rest += [cell._replace(row=cell.row - 1) for cell in b.cells if cell.row]
    return a._replace(cells=[whole.get(cell, cell) for cell in a.cells]), PageTable(b.page, b.rows - 1, rest)


def _is_cut(halves: list[tuple[Cell, Cell]], cells: list[Cell]) -> bool:
    """Whether the first row of the continuation is the rest of the last row.

    It is where both halves stand under each other and have a label in one column, and one half has no figure
    at all although the tables have no blank elsewhere.
    """
    labels = [half for half in halves if half[0].text and half[1].text]
    if not labels or not all(_is_under(*half) for half in halves):
        return False
    if any(NUMBER.fullmatch(cell.text) for half in labels for cell in half):
        return False
    edge = max(cell.column + cell.colspan for cell, _ in labels)
    blank = {cell for cell in cells if cell.column >= edge and not cell.text}
    return any(blank == {cell for cell in row if cell.column >= edge} for row in zip(*halves, strict=True))


def _is_under(above: Cell, below: Cell) -> bool:
    """Whether two cells begin at the same place of the line."""
    return bool(above.box and below.box and abs(above.box.left - below.box.left) < SLACK)


def _joined(above: Cell, below: Cell) -> Cell:
    """Two halves of a cell as one."""
    text = "\n".join(text for text in (above.text, below.text) if text)
    box = above.box if above.text or not below.text else below.box
    return above._replace(text=text, box=box, confidence=surest((above, below)))
