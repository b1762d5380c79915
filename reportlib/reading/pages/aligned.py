"""Tables without ruling lines, or with horizontal ones only: numbers that stand in columns.

What stands above the columns stays text: which column is which, the form's order and its sums tell.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from functools import partial
from itertools import chain, pairwise
from operator import attrgetter
from statistics import median
from typing import NamedTuple

from ..document import Cell
from .words import NUMBER, Line, PageContent, PageTable, Word, cut, joined, line_text, lines_of

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

    figures: Line
    labels: Line

    @property
    def middle(self) -> float:
        """How high it stands."""
        return self.figures[-1].middle[1]


def aligned(page: PageContent, lines: list[Line]) -> tuple[list[PageTable], list[Line]]:
    """The tables among the lines of a page, and the lines that are of none.

    Three numbers in a line are a row; rows with nothing but labels between them are a table.
    """
    lines = [sorted(chain(*run), key=_left) for run in cut(lines, _reaches_into)]
    split = [_texts_of(line) for line in lines]
    left = {n: [line] for n, line in enumerate(lines)}
    tables: list[PageTable] = []
    numbered = [n for n, parts in enumerate(split) if len(_figures_of(parts)) >= ROW]
    for run in cut(numbered, lambda above, below: _one_table(split[above : below + 1])):
        edge = min(part.left for n in run for part in _figures_of(split[n]))
        rows = _rows(split, run, edge)
        near = range(min(rows) - AROUND, max(rows) + AROUND + 1)
        free = [n for n in near if n in left and (n in rows or joined(split[n], "").right <= edge)]
        parts = [part for n in free for part in split[n]]
        found = list(rows.values())
        _take_labels([part for part in parts if part.left < edge], found)
        labels = {part for row in found for part in row.labels}
        if labels:
            tables.append(_table(page, found))
            gone = [n for n in free if n in rows or labels.issuperset(split[n])]
        else:
            gone = _header(split, run[0])
            left[run[0]] += _cells_of_header([split[n] for n in gone])
        for n in gone:
            left.pop(n, None)
    return tables, [line for n in sorted(left) for line in left[n]]


def _texts_of(line: Line) -> Line:
    """The words of a line that stand close to each other, as one."""
    return [joined(run, line_text(run)) for run in cut(line, _is_close)]


# ------------------------------------------------------------------------------ lines


_left = attrgetter("left")


def _reaches_into(above: Line, below: Line) -> bool:
    """Whether figures of two lines stand so close that nobody can tell whose they are."""
    upper = list(filter(_is_number, above))
    lower = list(filter(_is_number, below))
    if not upper or not lower:
        return False
    last = max(word.top for word in upper)
    first = min(word.top for word in lower)
    return first - last < INTO * upper[0].height


def _is_close(last: Word, word: Word) -> bool:
    """Whether two words of a line are one text."""
    return word.left - last.right <= CLOSE * word.height


def _is_number(word: Word) -> bool:
    """Whether a text is a figure, or what stands for none."""
    return NUMBER.fullmatch(word.text) is not None


def _figures_of(parts: Line) -> Line:
    """The numbers of a line; one in front of its label counts the rows."""
    counted = list(map(_is_number, parts[:2])) == [True, False]
    return list(filter(_is_number, parts[counted:]))


# ------------------------------------------------------------------------------ rows


def _one_table(split: list[Line]) -> bool:
    """Whether only labels stand between the first and the last of some lines, which have numbers."""
    edge = min(part.left for part in _figures_of(split[0]))
    between = [part for part in chain(*split[1:-1]) if not _is_number(part)]
    beside = all(part.left < edge and part.right < edge + BESIDE * part.height for part in between)
    return beside and len(split) <= FAR + 1


def _rows(split: list[Line], run: list[int], edge: float) -> dict[int, _Row]:
    """The rows of a table by their lines; between and below those of numbers some have one or two, the rest
    blank.
    """
    apart = max((b - a for a, b in pairwise(run)), default=1)
    rows: dict[int, _Row] = {}
    last = run[0]
    for n in range(run[0], len(split)):
        parts = split[n]
        if n > run[-1] and (n - last > apart or any(part.left < edge < part.right for part in parts)):
            break
        figures = [part for part in parts if part.left >= edge]
        if n in run or (figures and all(map(_is_number, figures))):
            rows[n] = _Row(figures, [])
            last = n
    return rows


def _columns(parts: Line, joining: bool = True) -> list[_Extent]:
    """Where words stand one above the other, from the left; those over several may join them or not."""
    columns: list[_Extent] = []
    for part in sorted(parts, key=lambda part: part.right - part.left):
        met = [column for column in columns if part.left < column[1] and column[0] < part.right]
        if joining or len(met) < 2:
            lefts, rights = zip((part.left, part.right), *met, strict=True)
            columns = [column for column in columns if column not in met]
            columns.append((min(lefts), max(rights)))
    return sorted(columns)


def _by_column(parts: Line, columns: list[_Extent]) -> list[Line]:
    """The texts that begin in each column, from the top."""
    ends = [right for _, right in columns]
    own: list[Line] = [[] for _ in columns]
    for part in sorted(parts, key=lambda part: part.top):
        own[bisect(ends, part.left)].append(part)
    return own


# ------------------------------------------------------------------------------ headers


def _header(split: list[Line], row: int) -> list[int]:
    """The lines above a row in which several texts stand, from below."""
    found = []
    for n in range(row - 1, max(row - FAR, 0) - 1, -1):
        if len(split[n]) < 2:
            break
        found.append(n)
    return found


def _cells_of_header(split: list[Line]) -> list[Line]:
    """The texts above columns, cell by cell: those that stand one above the other are one."""
    blocks = _blocks([part for line in split for part in line])
    result = []
    for line in lines_of(_stacked(block, "") for block in blocks):
        top = min(cell.top for cell in line)
        result += [[cell._replace(top=top)] for cell in line]
    return result


# ------------------------------------------------------------------------------ labels


def _take_labels(parts: Line, rows: list[_Row]) -> None:
    """Give the lines of labels to the rows beside which they stand.

    The lines of one label stand closer than rows do: it is the row's in whose middle they stand.
    Where all stand equally close, each line is the nearest row's.
    """
    first = rows[0].figures[-1].top
    last = rows[-1].figures[-1].bottom
    for block in _blocks(parts):
        beside = [row for row in rows if block[0].top <= row.middle <= block[-1].bottom]
        pieces = [block]
        if len(beside) > 1:
            pieces = [[part] for part in block]
        for piece in pieces:
            whole = joined(piece, "")
            row = min(rows, key=lambda row: abs(row.middle - whole.middle[1]))
            own = row.figures[-1]
            reaches = whole.top < own.bottom and own.top < whole.bottom
            if reaches or (first < whole.top and whole.bottom < last):
                row.labels.extend(piece)


def _blocks(parts: Line) -> Iterator[Line]:
    """Lines of one column that are as close to each other as its closest lines."""
    for lines in _by_column(parts, _columns(parts, joining=False)):
        steps = [below.top - above.top for above, below in pairwise(lines)]
        step = min((step for step in steps if step > STEP * lines[0].height), default=0.0)
        near = min(BLOCK * step, BLOCK_HEIGHTS * median(part.height for part in lines))
        yield from cut(lines, partial(_is_near, near))


def _is_near(near: float, above: Word, below: Word) -> bool:
    """Whether two lines of a column are of one label."""
    return below.top - above.top <= near


# ------------------------------------------------------------------------------ the table


def _stacked(parts: Line, between: str) -> Word:
    """Texts that stand one above the other, as one."""
    return joined(parts, between.join(part.text for part in parts))


def _table(page: PageContent, rows: list[_Row]) -> PageTable:
    """The table: a cell for each label, and for each column of figures, filled or not."""
    cells: list[Cell] = []
    columns = _columns([part for row in rows for part in row.figures])
    stacks = [_by_column(row.labels, _columns(row.labels)) for row in rows]
    most = max(map(len, stacks))
    for number, (row, labels) in enumerate(zip(rows, stacks, strict=True)):
        words = [_stacked(parts, "\n") for parts in labels]
        for figures, (left, right) in zip(_by_column(row.figures, columns), columns, strict=True):
            if figures:
                words.append(joined(figures, line_text(figures)))
            else:
                words.append(row.figures[-1]._replace(text="", left=left, right=right, confidence=None))
        for column, word in enumerate(words, most - len(labels)):
            cells.append(Cell(word.text, number, column, box=word.box(page), confidence=word.confidence))
    return PageTable(page, len(rows), cells)
