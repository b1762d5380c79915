"""A table while it is put together, and tables that run over pages."""

from __future__ import annotations

from dataclasses import dataclass

from ..document import Cell
from .words import NUMBER, PageContent, surest

__all__ = ["PageTable", "agree", "join"]


SLACK, SLACK_ALIGNED = 4, 12
"""Points by which a column may stand elsewhere on the next page: with ruling lines, and without."""
SHIFT = 0.1
"""Of a page's width: a table further aside is another."""


@dataclass(slots=True)
class PageTable:
    """A table, or the part of one that stands on a page.

    `xs` are the positions of its columns, one more than there are. `open_top` and `open_bottom`
    tell that no line closes it there; `aligned`, that it has none between its columns.
    """

    page: PageContent
    xs: list[float]
    rows: int
    cells: list[Cell]
    open_top: bool = False
    open_bottom: bool = False
    aligned: bool = False

    @property
    def slack(self) -> float:
        """How far apart the same column may stand on two pages."""
        return (SLACK_ALIGNED if self.aligned else SLACK) * self.page.unit


def agree(a: PageTable, b: PageTable) -> bool:
    """Whether the columns of two tables agree: all positions of the one are positions of the other."""
    few, many = sorted((a, b), key=lambda table: len(table.xs))
    shift, slack = few.xs[0] - many.xs[0], a.slack
    if a.aligned != b.aligned or abs(shift) >= SHIFT * a.page.width:
        return False
    if abs(few.xs[-1] - many.xs[-1] - shift) > slack:
        return False
    return all(_near(x - shift, many.xs, slack) for x in few.xs)


def _near(x: float, others: list[float], slack: float) -> bool:
    return any(abs(x - other) <= slack for other in others)


def join(a: PageTable, b: PageTable) -> PageTable:
    """Continue a table with the one at the top of the next page, whose columns agree.

    A header that is repeated is left out; a row that the page break cut, and a label beside rows
    on both pages, are put together.
    """
    xs = max(a.xs, b.xs, key=len)
    first, second = _remapped(a, xs), _remapped(b, xs)
    repeated = 0
    while repeated < b.rows - 1 and _header_row(second, repeated) == _header_row(first, repeated) != []:
        repeated += 1
    second = [cell._replace(row=cell.row - repeated) for cell in second if cell.row >= repeated]
    cut = not repeated and not a.aligned and _is_cut(a, b, first, second)
    ends = {
        (cell.column, cell.colspan): n for n, cell in enumerate(first) if cell.row + cell.rowspan == a.rows
    }
    cells = list(first)
    for cell in second:
        n = ends.get((cell.column, cell.colspan)) if cell.row == 0 else None
        if n is not None and (cut or _is_beside(cells[n], cell)):
            cells[n] = _joined(cells[n], cell, cut)
        else:
            cells.append(cell._replace(row=cell.row + a.rows - cut))
    return PageTable(
        b.page, xs, a.rows - cut + b.rows - repeated, cells, a.open_top, b.open_bottom, a.aligned
    )


def _is_beside(above: Cell, below: Cell) -> bool:
    """Whether two cells are one label beside rows on both pages."""
    return not (above.text and below.text) and (above.rowspan > 1 or below.rowspan > 1)


def _joined(above: Cell, below: Cell, cut: bool) -> Cell:
    """Two halves of a cell as one; `cut` tells that they are of one row."""
    return above._replace(
        text="\n".join(text for text in (above.text, below.text) if text),
        rowspan=above.rowspan + below.rowspan - cut,
        box=above.box if above.text or not below.text else below.box,
        confidence=surest((above, below)),
    )


def _remapped(table: PageTable, xs: list[float]) -> list[Cell]:
    """The cells of a table with their columns counted in other positions."""
    if len(table.xs) == len(xs):
        return table.cells
    shift = table.xs[0] - xs[0]
    at = [min(range(len(xs)), key=lambda k: abs(xs[k] + shift - x)) for x in table.xs]
    found = []
    for cell in table.cells:
        first, last = at[cell.column], at[cell.column + cell.colspan]
        found.append(cell._replace(column=first, colspan=last - first))
    return found


def _header_row(cells: list[Cell], row: int) -> list[tuple[int, int, int, str]]:
    """What a row says, to know a repeated header; nothing for a row without words or with a number."""
    found = [(cell.column, cell.colspan, cell.rowspan, cell.text) for cell in cells if cell.row == row]
    words = [text for *_, text in found if text]
    return [] if not words or any(NUMBER.fullmatch(text) for text in words) else found


def _is_cut(a: PageTable, b: PageTable, first: list[Cell], second: list[Cell]) -> bool:
    """Whether the first row of the continuation is the rest of the last row.

    Without a line between them it is, unless both have a number in one column. With a line, only
    where one half has no figure at all although the table has no blank elsewhere.
    """
    above = {(cell.column, cell.colspan): cell for cell in first if cell.row + cell.rowspan == a.rows}
    below = {(cell.column, cell.colspan): cell for cell in second if cell.row == 0}
    if above.keys() != below.keys():
        return False
    pairs = {key: (above[key].text, below[key].text) for key in above}
    labels = [key for key, pair in pairs.items() if all(pair)]
    if not labels or any(all(map(NUMBER.fullmatch, pair)) for pair in pairs.values()):
        return False
    if a.open_bottom or b.open_top:
        return True
    edge = max(column + span for column, span in labels)
    figures = [pair for (column, _), pair in pairs.items() if column >= edge]
    halves = [[upper for upper, _ in figures], [lower for _, lower in figures]]
    if any(map(all, halves)) and not all(map(any, halves)):
        return not _has_blank((*first, *second), edge, {*above.values(), *below.values()})
    return False


def _has_blank(cells: tuple[Cell, ...], edge: int, but: set[Cell]) -> bool:
    """Whether a table has a blank right of its labels, other than in some cells."""
    others = (cell for cell in cells if cell.column >= edge and cell.rowspan == 1 and cell not in but)
    return any(not cell.text for cell in others)
