"""Tables without ruling lines, or with horizontal ones only: numbers that stand in columns.

What stands above the columns stays text: which column is which, the form's order and its sums tell.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from itertools import chain, pairwise
from statistics import median
from typing import NamedTuple

from ..document import Cell
from .over_pages import PageTable
from .words import NUMBER, PageContent, Word, joined, line_text, lines_of

__all__ = ["aligned"]

ROW = 3
"""Figures in a line that make it a row of a table."""
CLOSE = 0.5
"""Of a word's height: words with a smaller gap are one text."""
INTO = 0.85
"""Of a figure's height: lines that follow closer reach into each other."""
FAR = 12
"""Lines of labels between two rows of a table at most."""
BESIDE = 4
"""Of a label's height: labels between rows reach no further into the figures."""
AROUND = 3
"""Lines above and below the rows that may hold the rest of a label."""
STEP = 0.5
"""Of a line's height: lines of a label that follow closer stand beside each other."""
BLOCK, BLOCK_HEIGHTS = 1.25, 1.9
"""Of the closest lines' distance and of their height: lines of one label are no further apart."""

_Extent = tuple[float, float]
"""From where to where the words of a column stand."""


class _Row(NamedTuple):
    """A row of a table: its figures from the left, and its labels."""

    figures: list[Word]
    labels: list[Word]

    def apart(self, centre: float) -> float:
        """How far its middle is from a height."""
        return abs(self.figures[-1].middle[1] - centre)

    def is_between(self, top: float, bottom: float) -> bool:
        """Whether its middle is between two heights."""
        return top <= self.figures[-1].middle[1] <= bottom


def aligned(page: PageContent, lines: list[list[Word]]) -> tuple[list[PageTable], list[list[Word]]]:
    """The tables among the lines of a page, and the lines that are of none.

    Three numbers in a line are a row; rows with nothing but labels between them are a table.
    """
    lines = list(_put_together(lines))
    split = [_segments(line) for line in lines]
    tables: list[PageTable] = []
    headers: dict[int, list[list[Word]]] = {}
    taken: set[int] = set()
    for run in _runs(split):
        edge = min(part.left for n in run for part in _figures_of(split[n]))
        found = _with_short_rows(split, run, edge)
        rows = [_Row([part for part in split[n] if part.left >= edge], []) for n in found]
        columns = _columns([part for row in rows for part in row.figures])
        near = range(max(found[0] - AROUND, 0), min(found[-1] + AROUND + 1, len(split)))
        free = [n for n in near if n not in taken and (n in found or joined(split[n], "").right <= edge)]
        _take_labels([part for n in free for part in split[n] if part.left < edge], rows)
        labels = {part for row in rows for part in row.labels}
        if labels:
            taken.update(found, (n for n in free if labels.issuperset(split[n])))
            tables.append(_table(page, rows, columns))
        elif (first := _header(split, run[0])) < run[0]:
            headers[first] = _cells_of_header(split[first : run[0]])
            taken.update(range(first, run[0]))
    texts = [headers.get(n, [line]) for n, line in enumerate(lines) if n in headers or n not in taken]
    return tables, list(chain.from_iterable(texts))


# ------------------------------------------------------------------------------ lines


def _put_together(lines: list[list[Word]]) -> Iterator[list[Word]]:
    """The lines, those as one whose figures reach into each other: nobody can tell whose is whose."""
    last: list[Word] = []
    for line in lines:
        if last and _reaches_into(last, line):
            line = sorted(last + line, key=lambda word: word.left)
        elif last:
            yield last
        last = line
    if last:
        yield last


def _reaches_into(above: list[Word], below: list[Word]) -> bool:
    upper, lower = (list(filter(_is_number, line)) for line in (above, below))
    if not upper or not lower:
        return False
    return min(word.top for word in lower) - max(word.top for word in upper) < INTO * upper[0].height


def _segments(line: list[Word]) -> list[Word]:
    """The words of a line that stand close to each other, as one."""
    parts: list[list[Word]] = []
    for word in line:
        if parts and word.left - parts[-1][-1].right <= CLOSE * word.height:
            parts[-1].append(word)
        else:
            parts.append([word])
    return [joined(part, line_text(part)) for part in parts]


def _is_number(word: Word) -> bool:
    return NUMBER.fullmatch(word.text) is not None


def _figures_of(parts: list[Word]) -> list[Word]:
    """The numbers of a line; one in front of its label counts the rows."""
    numbers = [n for n, part in enumerate(parts) if _is_number(part)]
    label = next((n for n, part in enumerate(parts) if not _is_number(part)), -1)
    return [parts[n] for n in numbers if n > label] or [parts[n] for n in numbers]


# ------------------------------------------------------------------------------ rows


def _runs(split: list[list[Word]]) -> Iterator[list[int]]:
    """The lines of numbers, table by table."""
    run: list[int] = []
    for n, parts in enumerate(split):
        if len(_figures_of(parts)) >= ROW:
            if run and not _one_table(split, run[-1], n):
                yield run
                run = []
            run.append(n)
    if run:
        yield run


def _one_table(split: list[list[Word]], first: int, second: int) -> bool:
    """Whether only labels stand between two lines of numbers."""
    if second - first > FAR:
        return False
    edge = min(part.left for part in _figures_of(split[first]))
    between = [part for parts in split[first + 1 : second] for part in parts if not _is_number(part)]
    return all(part.left < edge and part.right < edge + BESIDE * part.height for part in between)


def _with_short_rows(split: list[list[Word]], run: list[int], edge: float) -> list[int]:
    """The lines of numbers, with those between and below them that have one or two, the rest blank."""
    apart = max((b - a for a, b in pairwise(run)), default=1)
    found: list[int] = []
    for n in range(run[0], len(split)):
        right = [part for part in split[n] if part.left >= edge]
        if n > run[-1] and (n - found[-1] > apart or any(p.left < edge < p.right for p in split[n])):
            break
        if n in run or (right and all(map(_is_number, right))):
            found.append(n)
    return found


def _columns(parts: list[Word], joining: bool = True) -> list[_Extent]:
    """Where words stand one above the other, from the left; those over several may join them or not."""
    columns: list[_Extent] = []
    for part in sorted(parts, key=lambda part: part.right - part.left):
        met = [column for column in columns if part.left < column[1] and column[0] < part.right]
        if joining or len(met) < 2:
            lefts, rights = zip((part.left, part.right), *met, strict=True)
            columns = [*(column for column in columns if column not in met), (min(lefts), max(rights))]
    return sorted(columns)


def _by_column(parts: list[Word], columns: list[_Extent]) -> list[list[Word]]:
    """The texts that begin in each column, from the top."""
    ends = [right for _, right in columns]
    own: list[list[Word]] = [[] for _ in columns]
    for part in sorted(parts, key=lambda part: part.top):
        own[bisect(ends, part.left)].append(part)
    return own


# ------------------------------------------------------------------------------ headers


def _header(split: list[list[Word]], row: int) -> int:
    """The first of the lines above a row in which several texts stand."""
    first = row
    while first > max(0, row - FAR) and len(split[first - 1]) > 1:
        first -= 1
    return first


def _cells_of_header(split: list[list[Word]]) -> list[list[Word]]:
    """The texts above columns, cell by cell: those that stand one above the other are one."""
    cells = [joined(block, "".join(part.text for part in block)) for block in _blocks(list(chain(*split)))]
    return [[cell._replace(top=joined(line, "").top)] for line in lines_of(cells) for cell in line]


# ------------------------------------------------------------------------------ labels


def _take_labels(parts: list[Word], rows: list[_Row]) -> None:
    """Give the lines of labels to the rows beside which they stand.

    The lines of one label stand closer than rows do: it is the row's in whose middle they stand.
    Where all stand equally close, each line is the nearest row's.
    """
    first = rows[0].figures[-1]
    last = rows[-1].figures[-1]
    for block in _blocks(parts):
        beside = sum(row.is_between(block[0].top, block[-1].bottom) for row in rows)
        for piece in [block] if beside < 2 else [[part] for part in block]:
            top = piece[0].top
            bottom = piece[-1].bottom
            row = min(rows, key=lambda row: row.apart((top + bottom) / 2))
            own = row.figures[-1]
            if (top < own.bottom and own.top < bottom) or (first.top < top and bottom < last.bottom):
                row.labels.extend(piece)


def _blocks(parts: list[Word]) -> Iterator[list[Word]]:
    """Lines of one column that are as close to each other as its closest lines."""
    for lines in _by_column(parts, _columns(parts, joining=False)):
        steps = [b.top - a.top for a, b in pairwise(lines) if b.top - a.top > STEP * a.height]
        near = min(BLOCK * min(steps, default=0.0), BLOCK_HEIGHTS * median(part.height for part in lines))
        block = lines[:1]
        for part in lines[1:]:
            if part.top - block[-1].top > near:
                yield block
                block = []
            block.append(part)
        yield block


# ------------------------------------------------------------------------------ the table


def _table(page: PageContent, rows: list[_Row], columns: list[_Extent]) -> PageTable:
    """The table: a cell for each label, and for each column of figures, filled or not."""
    cells: list[Cell] = []
    stacks = [_by_column(row.labels, _columns(row.labels)) for row in rows]
    most = max(map(len, stacks))
    for number, (row, labels) in enumerate(zip(rows, stacks, strict=True)):
        words = [joined(parts, "\n".join(part.text for part in parts)) for parts in labels]
        for figures, (left, right) in zip(_by_column(row.figures, columns), columns, strict=True):
            blank = row.figures[-1]._replace(text="", left=left, right=right, confidence=None)
            words.append(joined(figures, line_text(figures)) if figures else blank)
        for column, word in enumerate(words, most - len(labels)):
            cells.append(Cell(word.text, number, column, box=word.box(page), confidence=word.confidence))
    return PageTable(page, len(rows), cells)
