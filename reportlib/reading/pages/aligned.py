"""Tables without ruling lines, or with horizontal ones only: numbers that stand in columns.

What stands above the columns stays text: which column is which, the form's order and its sums tell.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from statistics import median
from typing import NamedTuple

from ..document import Cell
from .over_pages import PageTable
from .words import GAP, NUMBER, PageContent, Word, joined, line_text, lines_of

__all__ = ["aligned"]

ROW = 3
"""Figures in a line that make it a row of a table."""
CLOSE = 0.5
"""Of a word's height: words with a smaller gap are one text."""
INTO = 0.85
"""Of a figure's height: lines that follow closer reach into each other."""
FULL = 3
"""Characters of a number that may fill its cell, so that the rest of it stands on the next line."""
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
    """A row of a table: from where to where it goes, its labels and its figures."""

    top: float
    bottom: float
    labels: list[Word]
    figures: list[Word]

    def apart(self, centre: float) -> float:
        """How far its middle is from a height."""
        return abs(self.top + self.bottom - 2 * centre)

    def reaches(self, part: Word) -> bool:
        """Whether it stands beside a text."""
        return self.top < part.bottom and part.top < self.bottom


def aligned(page: PageContent, lines: list[list[Word]]) -> tuple[list[PageTable], list[list[Word]]]:
    """The tables among the lines of a page, and the lines that are of none.

    Three numbers in a line are a row; rows with nothing but labels between them are a table.
    """
    lines, split = _put_together(lines)
    tables: list[PageTable] = []
    headers: dict[int, list[list[Word]]] = {}
    taken: set[int] = set()
    for run in _runs(split):
        edge = min(part.left for n in run for part in _figures_of(split[n]))
        rows = {n: _row(split[n], edge) for n in _with_short_rows(split, run, edge)}
        columns = _columns([part for row in rows.values() for part in row.figures])
        if not all(_are_told_apart(row, columns) for row in rows.values()):
            continue
        labels = _take_labels(split, rows, edge, taken)
        if any(row.labels for row in rows.values()):
            taken |= rows.keys() | labels
            tables.append(_table(page, list(rows.values()), columns))
        elif (first := _header(lines, run[0], columns)) < run[0]:
            headers[first] = _cells_of_header(lines[first : run[0]], columns)
            taken.update(range(first, run[0]))
    texts = [headers.get(n, [line]) for n, line in enumerate(lines) if n in headers or n not in taken]
    return tables, list(chain.from_iterable(texts))


# ------------------------------------------------------------------------------ lines


def _put_together(lines: list[list[Word]]) -> tuple[list[list[Word]], list[list[Word]]]:
    """The lines, those that reach into each other as one; and each line's texts."""
    whole: list[list[Word]] = []
    split: list[list[Word]] = []
    for line in lines:
        parts = _segments(line)
        if split and _reaches_into(split[-1], parts):
            whole[-1] = split[-1] = _stacked(split[-1], parts)
        else:
            whole.append(line)
            split.append(parts)
    return whole, split


def _segments(line: list[Word], columns: Sequence[_Extent] = ()) -> list[Word]:
    """The words of a line that stand close to each other, as one; above two columns only if they touch."""
    edges = [(left + right) / 2 for (_, left), (right, _) in pairwise(columns)]
    parts: list[list[Word]] = []
    for word in line:
        if parts:
            last = parts[-1][-1]
            one = not edges or bisect(edges, last.middle[0]) == bisect(edges, word.middle[0])
            if word.left - last.right <= (CLOSE if one else GAP) * word.height:
                parts[-1].append(word)
                continue
        parts.append([word])
    return [joined(part, line_text(part)) for part in parts]


def _reaches_into(above: list[Word], below: list[Word]) -> bool:
    upper = [part for part in above if _is_number(part)]
    lower = [part for part in below if _is_number(part)]
    if not upper or not lower:
        return False
    return min(part.top for part in lower) - max(part.top for part in upper) < INTO * upper[0].height


def _stacked(above: list[Word], below: list[Word]) -> list[Word]:
    """Two lines that reach into each other, as one.

    They are a row whose cells are centred, some of them on two lines. Of a number the first line is
    full; otherwise two numbers one over the other are not known to be one.
    """
    found = list(above)
    for part in below:
        over = next((n for n, p in enumerate(found) if p.left < part.right and part.left < p.right), None)
        if over is None:
            found.append(part)
        else:
            first = found[over]
            apart = _is_number(part) and not FULL <= len(first.text) >= len(part.text)
            found[over] = joined([first, part], (" " if apart else "\n").join((first.text, part.text)))
    return sorted(found, key=lambda part: part.left)


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


def _row(parts: list[Word], edge: float) -> _Row:
    labels = [part for part in parts if part.left < edge]
    figures = [part for part in parts if part.left >= edge]
    return _Row(figures[-1].top, figures[-1].bottom, labels, figures)


def _columns(parts: list[Word]) -> list[_Extent]:
    """Where words stand one above the other, from the left."""
    columns: list[_Extent] = []
    for left, right in sorted((part.left, part.right) for part in parts):
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    return columns


def _by_column(parts: list[Word], columns: list[_Extent]) -> list[list[Word]]:
    """The texts that begin in each column, from the top."""
    ends = [right for _, right in columns]
    own: list[list[Word]] = [[] for _ in columns]
    for part in sorted(parts, key=lambda part: part.top):
        own[bisect(ends, part.left)].append(part)
    return own


def _are_told_apart(row: _Row, columns: list[_Extent]) -> bool:
    """Whether each figure of a row has a column of its own."""
    return max(map(len, _by_column(row.figures, columns))) == 1


# ------------------------------------------------------------------------------ headers


def _header(lines: list[list[Word]], row: int, columns: list[_Extent]) -> int:
    """The first of the lines above a row in which several texts stand above its columns."""
    first = row
    while first > max(0, row - FAR) and len(_segments(lines[first - 1], columns)) > 1:
        first -= 1
    return first


def _cells_of_header(lines: list[list[Word]], columns: list[_Extent]) -> list[list[Word]]:
    """The texts above columns, cell by cell: those that stand one above the other are one."""
    parts = [part for line in lines for part in _segments(line, columns)]
    cells = [joined(block, "".join(part.text for part in block)) for block in _blocks(parts)]
    return [[cell._replace(top=joined(line, "").top)] for line in lines_of(cells) for cell in line]


# ------------------------------------------------------------------------------ labels


def _take_labels(split: list[list[Word]], rows: dict[int, _Row], edge: float, taken: set[int]) -> set[int]:
    """Give the lines of labels alone to the rows beside which they stand; and which lines those are.

    The lines of one label stand closer than rows do: it is the row's in whose middle they stand.
    Where all stand equally close, each line is the nearest row's.
    """
    first, last = min(rows), max(rows)
    around = range(max(first - AROUND, 0), min(last + AROUND + 1, len(split)))
    free = [n for n in around if n not in taken and n not in rows]
    alone = [n for n in free if joined(split[n], "").right <= edge]
    line_of = {part: n for n in (*alone, *rows) for part in split[n] if part.left < edge}
    used = set()
    for row in rows.values():
        row.labels.clear()
    for block in _blocks(list(line_of)):
        top, bottom = block[0].top, block[-1].bottom
        beside = [row for row in rows.values() if top <= (row.top + row.bottom) / 2 <= bottom]
        for part in block:
            centre = part.middle[1] if len(beside) > 1 else (top + bottom) / 2
            row = min(rows.values(), key=lambda row: row.apart(centre))
            n = line_of[part]
            if first <= n <= last or any(map(row.reaches, block if len(beside) < 2 else [part])):
                row.labels.append(part)
                used.add(n)
    return used


def _blocks(parts: list[Word]) -> Iterator[list[Word]]:
    """Lines of one column that are as close to each other as its closest lines."""
    for lines in _by_column(parts, _label_columns(parts)):
        steps = [b.top - a.top for a, b in pairwise(lines) if b.top - a.top > STEP * a.height]
        near = min(BLOCK * min(steps, default=0.0), BLOCK_HEIGHTS * median(part.height for part in lines))
        block = lines[:1]
        for part in lines[1:]:
            if part.top - block[-1].top > near:
                yield block
                block = []
            block.append(part)
        yield block


def _label_columns(parts: list[Word]) -> list[_Extent]:
    """The columns of labels: narrow ones first, so that those over several columns do not count."""
    columns: list[_Extent] = []
    for part in sorted(parts, key=lambda part: part.right - part.left):
        met = [column for column in columns if part.left < column[1] and column[0] < part.right]
        if len(met) < 2:
            low, high = min([part.left, *(c[0] for c in met)]), max([part.right, *(c[1] for c in met)])
            columns = [*(column for column in columns if column not in met), (low, high)]
    return sorted(columns)


# ------------------------------------------------------------------------------ the table


def _table(page: PageContent, rows: list[_Row], columns: list[_Extent]) -> PageTable:
    """The table: a cell for each label, and for each column of figures, filled or not."""
    cells: list[Cell] = []
    stacks = [_by_column(row.labels, _columns(row.labels)) for row in rows]
    most = max(map(len, stacks))
    for number, (row, labels) in enumerate(zip(rows, stacks, strict=True)):
        for column, parts in enumerate(labels, most - len(labels)):
            whole = joined(parts, "\n".join(part.text for part in parts))
            cells.append(Cell(whole.text, number, column, box=whole.box(page), confidence=whole.confidence))
        for column, figures in enumerate(_by_column(row.figures, columns), most):
            left, right = columns[column - most]
            word = figures[0] if figures else Word("", left, row.top, right, row.bottom)
            cells.append(Cell(word.text, number, column, box=word.box(page), confidence=word.confidence))
    return PageTable(page, len(rows), cells)
