"""Tables without ruling lines, or with horizontal ones only: numbers that stand in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ..document import Box, Cell
from .over_pages import PageTable
from .words import NUMBER, PageContent, Word, joined, line_text

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
NEAR = 2.2
"""Of a figure's height: the rest of a label is no further from its row."""
SAME_DISTANCE = 0.93
"""Of the distance of rows: what follows the last row nearly as far below is no rest of its label."""
RULE = 10
"""Of a figure's height: a level line that is longer parts rows."""
BLOCK, BLOCK_HEIGHTS = 1.25, 1.9
"""Of the closest lines' distance and of their height: lines of one label are no further apart."""
HEADER = 9
"""Of a figure's height: the header is no higher above the first row."""
OVER_SEVERAL = 1.5
"""Of the distance of columns: a header that is narrower is of one column."""

_Extent = tuple[float, float]
"""From where to where the words of a column stand."""
_Row = dict[tuple[int, int], list[Word]]
"""The words of each cell, by its column and the columns that it covers."""


class _Figures(NamedTuple):
    """The rows of a table: which lines they are, where their figures begin, their columns and height."""

    rows: list[int]
    edge: float
    columns: list[_Extent]
    high: float


def aligned(page: PageContent, lines: list[list[Word]]) -> tuple[list[PageTable], list[list[Word]]]:
    """The tables among the lines of a page, and the lines that are of none.

    Three numbers in a line are a row; rows with nothing but labels between them are a table.
    """
    lines, split = _put_together(lines)
    anchors = [i for i, parts in enumerate(split) if len(_figures_of(parts)) >= ROW]
    tables: list[PageTable] = []
    taken: set[int] = set()
    while anchors:
        run = [anchors.pop(0)]
        while anchors and _one_table(split, run[-1], anchors[0]):
            run.append(anchors.pop(0))
        figures = _figures(split, run)
        if figures is not None:
            table, own = _table(page, split, figures, taken)
            tables.append(table)
            taken |= own
    return tables, [line for i, line in enumerate(lines) if i not in taken]


def _put_together(lines: list[list[Word]]) -> tuple[list[list[Word]], list[list[Word]]]:
    """The lines, those that reach into each other as one; and each line's texts."""
    lines, split = list(lines), [_segments(line) for line in lines]
    for i in range(len(split) - 1, 0, -1):
        upper = [part for part in split[i - 1] if _is_number(part)]
        lower = [part for part in split[i] if _is_number(part)]
        if not upper or not lower:
            continue
        if min(part.top for part in lower) - max(part.top for part in upper) < INTO * upper[0].height:
            split[i - 1 : i + 1] = [_stacked(*split[i - 1 : i + 1])]
            lines[i - 1 : i + 1] = [lines[i - 1] + lines[i]]
    return lines, split


def _is_number(word: Word) -> bool:
    return NUMBER.fullmatch(word.text) is not None


def _figures_of(parts: list[Word]) -> list[Word]:
    """The numbers of a line; one in front of its label counts the rows."""
    numbers = [n for n, part in enumerate(parts) if _is_number(part)]
    label = next((n for n, part in enumerate(parts) if not _is_number(part)), -1)
    return [parts[n] for n in numbers if n > label] or [parts[n] for n in numbers]


def _segments(line: list[Word]) -> list[Word]:
    """The words of a line that stand close to each other, as one."""
    parts: list[list[Word]] = []
    for word in line:
        if parts and word.left - parts[-1][-1].right <= CLOSE * word.height:
            parts[-1].append(word)
        else:
            parts.append([word])
    return [joined(part, line_text(part)) for part in parts]


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
            apart = _is_number(part) and not 2 < len(first.text) >= len(part.text)
            text = f"{first.text} {part.text}" if apart else f"{first.text}\n{part.text}"
            found[over] = joined([first, part], text)
    return sorted(found, key=lambda part: part.left)


def _one_table(split: list[list[Word]], first: int, second: int) -> bool:
    """Whether only labels stand between two lines of numbers."""
    if second - first > FAR:
        return False
    edge = min(part.left for part in _figures_of(split[first]))
    between = [part for parts in split[first + 1 : second] for part in parts if not _is_number(part)]
    return all(part.left < edge and part.right < edge + BESIDE * part.height for part in between)


# ------------------------------------------------------------------------------ figures


def _figures(split: list[list[Word]], run: list[int]) -> _Figures | None:
    """The rows that lines of numbers make; None if their columns cannot be told apart."""
    edge = min(part.left for i in run for part in _figures_of(split[i]))
    rows = _with_short_rows(split, run, edge)
    numbers = [part for i in rows for part in split[i] if _is_number(part) and part.left >= edge]
    columns = _columns(numbers)
    for i in rows:
        own = [_nearest(columns, part) for part in split[i] if part.left >= edge]
        if len(set(own)) < len(own):
            return None
    return _Figures(rows, edge, columns, median(part.height for part in numbers))


def _with_short_rows(split: list[list[Word]], run: list[int], edge: float) -> list[int]:
    """The lines of numbers, with those between and below them that have one or two, the rest blank."""
    apart = max((b - a for a, b in pairwise(run)), default=1)
    found = list(run)
    for i in range(run[0] + 1, len(split)):
        right = [part for part in split[i] if part.left >= edge]
        if i > run[-1] and (i - found[-1] > apart or any(p.left < edge < p.right for p in split[i])):
            break
        if i not in found and right and all(map(_is_number, right)):
            found.append(i)
    return sorted(found)


def _columns(parts: Iterable[Word]) -> list[_Extent]:
    """Where words stand one above the other, from the left."""
    columns: list[_Extent] = []
    for left, right in sorted((part.left, part.right) for part in parts):
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    return columns


def _nearest(columns: list[_Extent], part: Word) -> int:
    """The column in which a word begins, or else the one whose middle is nearest."""

    def apart(n: int) -> tuple[bool, float]:
        low, high = columns[n]
        return not low <= part.left < high, abs(low + high - part.left - part.right)

    return min(range(len(columns)), key=apart)


# ------------------------------------------------------------------------------ labels


def _label_lines(split: list[list[Word]], figures: _Figures, taken: set[int]) -> list[int]:
    """The lines of labels alone that are of the table."""
    rows, edge = figures.rows, figures.edge
    near = NEAR * figures.high
    # Where rows follow each other, what follows at the same distance is no rest of a label.
    follow = [split[j][0].top - split[i][0].top for i, j in pairwise(rows) if j == i + 1]
    apart = SAME_DISTANCE * min(follow, default=near)
    found = []
    for i in range(max(rows[0] - AROUND, 0), min(rows[-1] + AROUND + 1, len(split))):
        if i in taken or i in rows or any(part.right > edge for part in split[i]):
            continue
        far = min(abs(split[i][0].top - split[j][0].top) for j in rows)
        inside = rows[0] < i < rows[-1]
        if inside or (far < near and (abs(i - rows[-1]) > 1 or far < apart)):
            found.append(i)
    return found


def _first(columns: list[_Extent], part: Word) -> int:
    return next(n for n, (_, high) in enumerate(columns) if part.left < high)


def _label_columns(parts: list[Word]) -> list[_Extent]:
    """The columns of labels: narrow ones first, so that those over several columns do not count."""
    columns: list[_Extent] = []
    for part in sorted(parts, key=lambda part: part.right - part.left):
        met = [column for column in columns if part.left < column[1] and column[0] < part.right]
        if len(met) < 2:
            low, high = min([part.left, *(c[0] for c in met)]), max([part.right, *(c[1] for c in met)])
            columns = [*(column for column in columns if column not in met), (low, high)]
    return sorted(columns)


def _labels_of_rows(
    rows: dict[int, Word], pool: list[Word], columns: list[_Extent], rules: list[float]
) -> dict[int, list[Word]]:
    """To which row's number each line of a label belongs.

    The lines of one label stand closer than rows do: it is the row's in whose middle they stand.
    Where all stand equally close, each line is the nearest row's.
    """
    found: dict[int, list[Word]] = {i: [] for i in rows}
    middles = {i: number.middle[1] for i, number in rows.items()}
    for block in _blocks(pool, columns, rules):
        top, bottom = block[0].top, block[-1].bottom
        several = sum(top <= middle <= bottom for middle in middles.values()) > 1
        for part in block:
            centre = part.middle[1] if several else (top + bottom) / 2
            found[_nearest_row(middles, centre, rules)].append(part)
    return {i: sorted(parts, key=lambda part: (part.top, part.left)) for i, parts in found.items()}


def _nearest_row(middles: dict[int, float], centre: float, rules: list[float]) -> int:
    """The row that is nearest, with no rule between if there is one without."""

    def apart(i: int) -> tuple[bool, float]:
        low, high = sorted((centre, middles[i]))
        return any(low < rule < high for rule in rules), high - low

    return min(middles, key=apart)


def _blocks(parts: list[Word], columns: list[_Extent], rules: list[float]) -> Iterator[list[Word]]:
    """Lines of one column that are as close to each other as its closest lines."""
    own: dict[int, list[Word]] = {}
    for part in sorted(parts, key=lambda part: part.top):
        own.setdefault(_first(columns, part), []).append(part)
    for lines in own.values():
        steps = [b.top - a.top for a, b in pairwise(lines) if b.top - a.top > 0.5 * a.height]
        near = BLOCK * min(steps, default=0.0)
        near = min(near, BLOCK_HEIGHTS * median(part.height for part in lines))
        block = lines[:1]
        for part in lines[1:]:
            ruled = any(block[-1].bottom <= rule <= part.top for rule in rules)
            if ruled or part.top - block[-1].top > near:
                yield block
                block = []
            block.append(part)
        yield block


# ------------------------------------------------------------------------------ the table


def _table(
    page: PageContent, split: list[list[Word]], figures: _Figures, taken: set[int]
) -> tuple[PageTable, set[int]]:
    """The table whose figures are known, and the lines that it takes; `taken` are those of others."""
    rows, edge, columns, high = figures
    lines = _label_lines(split, figures, taken)
    pool = [part for i in rows for part in split[i] if part.left < edge]
    pool += [part for i in lines for part in split[i]]
    labels = _label_columns(pool)
    rules = [(rule.top + rule.bottom) / 2 for rule in page.rulings if rule.right - rule.left > RULE * high]
    own = _labels_of_rows({i: split[i][-1] for i in rows}, pool, labels, rules)
    header, above = _header(split, figures, len(labels), taken | {*lines})
    body = [_row(split[i], own[i], labels, figures) for i in rows]
    cells: list[Cell] = []
    for number, row in enumerate((*header, *body)):
        cells += _cells(page, number, row, columns, len(labels))
    xs = [low for low, _ in (*labels, *columns)] + [columns[-1][1]]
    table = PageTable(page, xs, len(header) + len(body), cells, aligned=True)
    return table, {*rows, *lines, *above}


def _row(line: list[Word], labels: list[Word], label_columns: list[_Extent], figures: _Figures) -> _Row:
    """A row's labels, and a cell for each column of figures, filled or not."""
    row: _Row = {}
    places: dict[int, list[Word]] = {}
    for part in labels:
        places.setdefault(_first(label_columns, part), []).append(part)
    for start, parts in places.items():
        right = max(part.right for part in parts)
        end = max(n for n, (low, _) in enumerate(label_columns) if low < right)
        row[start, end - start + 1] = parts
    offset = len(label_columns)
    for n in range(len(figures.columns)):
        row[offset + n, 1] = []
    for part in line:
        if part.left >= figures.edge:
            row[offset + _nearest(figures.columns, part), 1].append(part)
    return row


def _cells(page: PageContent, number: int, row: _Row, columns: list[_Extent], offset: int) -> Iterator[Cell]:
    """The cells of a row; blank ones are as high as the row."""
    words = [part for parts in row.values() for part in parts]
    top, bottom = min(part.top for part in words), max(part.bottom for part in words)
    for (column, colspan), parts in sorted(row.items()):
        if parts:
            whole = joined(parts, "\n".join(part.text for part in parts))
            yield Cell(whole.text, number, column, 1, colspan, whole.box(page), whole.confidence)
        else:
            left, right = columns[column - offset]
            yield Cell("", number, column, box=Box(page.number, left, top, right, bottom))


def _header(
    split: list[list[Word]], figures: _Figures, offset: int, taken: set[int]
) -> tuple[list[_Row], list[int]]:
    """The words above the columns, a row for those over several and one for the others; and their lines."""
    columns, high, first = figures.columns, figures.high, figures.rows[0]
    wide = OVER_SEVERAL * (columns[1][0] - columns[0][0] if len(columns) > 1 else high)
    several: _Row = {}
    single: _Row = {}
    lines = []
    for i in range(first - 1, -1, -1):
        if i in taken or split[first][0].top - split[i][0].bottom >= HEADER * high:
            break
        places = [_over(columns, part, high) for part in split[i]]
        title = len(places) == 1 and len(places[0]) > len(columns) - 2
        if title or not all(places) or any(part.right <= columns[0][0] - high for part in split[i]):
            break
        for part, place in zip(split[i], places, strict=True):
            if part.right - part.left < wide:
                place = [_nearest(columns, part)]
            row = single if len(place) == 1 else several
            row.setdefault((offset + place[0], len(place)), []).insert(0, part)
        lines.append(i)
    return [row for row in (several, single) if row], lines


def _over(columns: list[_Extent], part: Word, slack: float) -> list[int]:
    """The columns above which a word stands."""
    left, right = part.left - slack, part.right + slack
    return [n for n, (low, high) in enumerate(columns) if low < right and left < high]
