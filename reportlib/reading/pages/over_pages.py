"""A table while it is put together, and tables that run over pages."""

from __future__ import annotations

from dataclasses import dataclass

from ..document import Cell
from .words import NUMBER, Page

__all__ = ["Table", "agree", "join"]


@dataclass(slots=True)
class Table:
    """A table, or the part of one that stands on a page.

    `xs` are the positions of its columns, one more than there are. `open_top` and `open_bottom`
    tell that no line closes it there; `aligned`, that it has none between its columns.
    """

    page: Page
    xs: list[float]
    rows: int
    cells: list[Cell]
    open_top: bool = False
    open_bottom: bool = False
    aligned: bool = False

    @property
    def slack(self) -> float:
        """How far apart the same column may stand on two pages."""
        return (12 if self.aligned else 4) * self.page.unit


def agree(a: Table, b: Table) -> bool:
    """Whether the columns of two tables agree: all positions of the one are positions of the other."""
    few, many = sorted((a, b), key=lambda t: len(t.xs))
    shift = few.xs[0] - many.xs[0]
    return (
        a.aligned == b.aligned
        and abs(shift) < 0.1 * a.page.width
        and abs(few.xs[-1] - many.xs[-1] - shift) <= a.slack
        and all(any(abs(x - shift - y) <= a.slack for y in many.xs) for x in few.xs)
    )


def join(a: Table, b: Table) -> Table:
    """Continue a table with the one at the top of the next page, whose columns agree.

    A header that is repeated is left out; a row that the page break cut, and a label beside rows
    on both pages, are put together.
    """
    xs = max(a.xs, b.xs, key=len)
    first, second = _remap(a, xs), _remap(b, xs)
    repeated = 0
    while repeated < b.rows - 1 and _header_row(second, repeated) == _header_row(first, repeated) != []:
        repeated += 1
    second = [cell._replace(row=cell.row - repeated) for cell in second if cell.row >= repeated]
    cut = 0 if repeated or a.aligned else _cut(a, b, first, second)
    ends = {(c.column, c.colspan): n for n, c in enumerate(first) if c.row + c.rowspan == a.rows}
    cells = list(first)
    for cell in second:
        n = ends.get((cell.column, cell.colspan)) if cell.row == 0 else None
        if n is not None:
            above = cells[n]
            beside = not (above.text and cell.text) and (above.rowspan > 1 or cell.rowspan > 1)
            if cut or beside:
                known = [c for c in (above.confidence, cell.confidence) if c is not None]
                cells[n] = above._replace(
                    text="\n".join(text for text in (above.text, cell.text) if text),
                    rowspan=above.rowspan + cell.rowspan - cut,
                    box=above.box if above.text or not cell.text else cell.box,
                    confidence=min(known, default=None),
                )
                continue
        cells.append(cell._replace(row=cell.row + a.rows - cut))
    return Table(b.page, xs, a.rows - cut + b.rows - repeated, cells, a.open_top, b.open_bottom, a.aligned)


def _remap(table: Table, xs: list[float]) -> list[Cell]:
    """The cells of a table with their columns counted in other positions."""
    if len(table.xs) == len(xs):
        return table.cells
    shift = table.xs[0] - xs[0]
    at = [min(range(len(xs)), key=lambda k: abs(xs[k] + shift - x)) for x in table.xs]
    return [
        c._replace(column=at[c.column], colspan=at[c.column + c.colspan] - at[c.column]) for c in table.cells
    ]


def _header_row(cells: list[Cell], row: int) -> list[tuple[int, int, int, str]]:
    """What a row says, to know a repeated header; nothing for a row without words or with a number."""
    found = [(c.column, c.colspan, c.rowspan, c.text) for c in cells if c.row == row]
    words = [text for *_, text in found if text]
    return [] if not words or any(NUMBER.fullmatch(text) for text in words) else found


def _cut(a: Table, b: Table, first: list[Cell], second: list[Cell]) -> int:
    """1 if the first row of the continuation is the rest of the last row, else 0.

    Without a line between them it is, unless both have a number in one column. With a line, only
    where one half has no figure at all although the table has no blank elsewhere.
    """
    above = {(c.column, c.colspan): c for c in first if c.row + c.rowspan == a.rows}
    below = {(c.column, c.colspan): c for c in second if c.row == 0}
    pairs = {key: (above[key].text, below[key].text) for key in above.keys() & below.keys()}
    labels = [key for key, (upper, lower) in pairs.items() if upper and lower]
    if above.keys() != below.keys() or not labels:
        return 0
    if any(NUMBER.fullmatch(upper) and NUMBER.fullmatch(lower) for upper, lower in pairs.values()):
        return 0
    if a.open_bottom or b.open_top:
        return 1
    edge = max(column + span for column, span in labels)
    halves = [[cell.text for (column, _), cell in row.items() if column >= edge] for row in (above, below)]
    others = (c for c in (*first, *second) if c not in above.values() and c not in below.values())
    blank = any(not c.text for c in others if c.column >= edge and c.rowspan == 1)
    return int(not blank and any(map(all, halves)) and not all(map(any, halves)))
