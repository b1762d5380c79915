"""A table on a page, and a row that a page break cuts in two.

A table that runs over pages is one on each; its rows tell by their labels where they belong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..document import Cell
from .words import NUMBER, PageContent, surest

__all__ = ["PageTable", "mended"]

SLACK = 4
"""Points by which a column may stand elsewhere on the next page."""
SHIFT = 0.1
"""Of a page's width: a table further aside is another."""

_Row = dict[tuple[int, int], Cell]
"""The cells of a row by their column and span."""


@dataclass(slots=True)
class PageTable:
    """A table, or the part of one that stands on a page.

    `xs` are the positions of its columns, one more than there are; none where it has no ruling lines.
    `open_top` and `open_bottom` tell that no line closes it there.
    """

    page: PageContent
    rows: int
    cells: list[Cell]
    xs: list[float]
    open_top: bool = False
    open_bottom: bool = False


def mended(a: PageTable, b: PageTable) -> tuple[PageTable, PageTable]:
    """Two tables that follow each other, a row that the page break between them cut whole in the first."""
    above: _Row = {(cell.column, cell.colspan): cell for cell in a.cells if cell.row + cell.rowspan == a.rows}
    below: _Row = {(cell.column, cell.colspan): cell for cell in b.cells if cell.row == 0}
    if not _agree(a, b) or above.keys() != below.keys() or not _is_cut(a, b, above, below):
        return a, b
    whole = {cell: _joined(cell, below[key]) for key, cell in above.items()}
    rest = []
    for cell in b.cells:
        if cell.row:
            rest.append(cell._replace(row=cell.row - 1))
        elif cell.rowspan > 1:
            rest.append(cell._replace(text="", rowspan=cell.rowspan - 1))
    cells = [whole.get(cell, cell) for cell in a.cells]
    return replace(a, cells=cells), replace(b, cells=rest, rows=b.rows - 1)


def _agree(a: PageTable, b: PageTable) -> bool:
    """Whether the columns of the second table are those of the first, on the next page."""
    if b.page.number != a.page.number + 1 or not a.xs or len(a.xs) != len(b.xs):
        return False
    shift = b.xs[0] - a.xs[0]
    slack = SLACK * a.page.unit
    near = all(abs(x - other + shift) <= slack for x, other in zip(a.xs, b.xs, strict=True))
    return near and abs(shift) < SHIFT * a.page.width


def _is_cut(a: PageTable, b: PageTable, above: _Row, below: _Row) -> bool:
    """Whether the first row of the continuation is the rest of the last row.

    Without a line between them it is, if no column has something in both halves but labels. With a line,
    only where one half has no figure at all although the table has no blank elsewhere.
    """
    both = [key for key in above if above[key].text and below[key].text]
    if not both or any(_is_number(row[key]) for row in (above, below) for key in both):
        return False
    if a.open_bottom or b.open_top:
        return True
    edge = max(column + span for column, span in both)
    halves = [[cell.text for cell in row.values() if cell.column >= edge] for row in (above, below)]
    cut = {*above.values(), *below.values()}
    others = [cell.text for cell in (*a.cells, *b.cells) if cell.column >= edge and cell not in cut]
    return any(map(all, halves)) and not all(map(any, halves)) and all(others)


def _is_number(cell: Cell) -> bool:
    return NUMBER.fullmatch(cell.text) is not None


def _joined(above: Cell, below: Cell) -> Cell:
    """Two halves of a cell as one."""
    text = "\n".join(text for text in (above.text, below.text) if text)
    box = above.box if above.text or not below.text else below.box
    return above._replace(text=text, box=box, confidence=surest((above, below)))
