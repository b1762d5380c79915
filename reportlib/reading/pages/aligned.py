"""Tables without ruling lines, or with horizontal ones only: numbers that stand in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from statistics import median

from ..document import Box, Cell
from .over_pages import Table
from .words import NUMBER, Page, Word, joined, line_text

__all__ = ["aligned"]

Column = tuple[float, float]
"""From where to where the words of a column stand."""


def aligned(page: Page, lines: list[list[Word]]) -> tuple[list[Table], list[list[Word]]]:
    """The tables among the lines of a page, and the lines that are of none.

    Three numbers in a line are a row; rows with nothing but labels between them are a table.
    """
    split = [_segments(line) for line in lines]
    for i in range(len(split) - 1, 0, -1):
        above, below = split[i - 1], split[i]
        upper, lower = ([part for part in line if _is_number(part)] for line in (above, below))
        if not upper or not lower:
            continue
        if min(part.top for part in lower) - max(part.top for part in upper) < 0.85 * upper[0].height:
            split[i - 1 : i + 1] = [_stacked(above, below)]
            lines[i - 1 : i + 1] = [lines[i - 1] + lines[i]]
    anchors = [i for i, parts in enumerate(split) if sum(map(_is_number, parts)) >= 3]
    tables: list[Table] = []
    used: set[int] = set()
    while anchors:
        run = [anchors.pop(0)]
        while anchors and _one_table(split, run[-1], anchors[0]):
            run.append(anchors.pop(0))
        table = _table(page, split, run, used)
        if table is not None:
            tables.append(table)
    return tables, [line for i, line in enumerate(lines) if i not in used]


def _is_number(word: Word) -> bool:
    return NUMBER.fullmatch(word.text) is not None


def _segments(line: list[Word]) -> list[Word]:
    """The words of a line that stand close to each other, as one."""
    parts: list[list[Word]] = []
    for word in line:
        if parts and word.left - parts[-1][-1].right <= 0.5 * word.height:
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
            rest = _is_number(part) and not 2 < len(first.text) >= len(part.text)
            found[over] = joined([first, part], f"{first.text}{' ' if rest else chr(10)}{part.text}")
    return sorted(found, key=lambda part: part.left)


def _one_table(split: list[list[Word]], first: int, second: int) -> bool:
    """Whether only labels stand between two lines of numbers."""
    edge = min(part.left for part in split[first] if _is_number(part))
    between = [part for parts in split[first + 1 : second] for part in parts if not _is_number(part)]
    return second - first <= 12 and all(p.left < edge and p.right < edge + 4 * p.height for p in between)


def _table(page: Page, split: list[list[Word]], run: list[int], used: set[int]) -> Table | None:
    """The table whose lines of numbers are `run`; the lines that it takes are added to `used`."""
    edge = min(part.left for i in run for part in split[i] if _is_number(part))
    run = _with_short_rows(split, run, edge)
    numbers = [part for i in run for part in split[i] if _is_number(part) and part.left >= edge]
    columns = _columns(numbers)
    for i in run:
        own = [_nearest(columns, part) for part in split[i] if part.left >= edge]
        if len(set(own)) < len(own):
            return None  # two numbers of one line in one column: the columns cannot be told apart
    em = median(part.height for part in numbers)
    used.update(run)
    pool = [part for i in run for part in split[i] if part.left < edge]
    # Where rows follow each other, what follows at the same distance is no rest of a label.
    apart = min((split[j][0].top - split[i][0].top for i, j in pairwise(run) if j == i + 1), default=2.2 * em)
    for i in range(max(run[0] - 3, 0), min(run[-1] + 4, len(split))):
        far = min(abs(split[i][0].top - split[j][0].top) for j in run)
        near = run[0] < i < run[-1] or (far < 2.2 * em and (abs(i - run[-1]) > 1 or far < 0.93 * apart))
        if near and i not in used and all(part.right <= edge for part in split[i]):
            pool += split[i]
            used.add(i)
    labels = _label_columns(pool)
    rules = [(r.top + r.bottom) / 2 for r in page.rulings if r.right - r.left > 10 * em]
    own_labels = _labels_of_rows({i: split[i][-1] for i in run}, pool, labels, rules)
    rows: list[dict[tuple[int, int], list[Word]]] = _header(split, run[0], columns, len(labels), used, em)
    for i in run:
        row: dict[tuple[int, int], list[Word]] = {}
        places: dict[int, list[Word]] = {}
        for part in own_labels[i]:
            places.setdefault(_first(labels, part), []).append(part)
        for start, parts in places.items():
            end = max(c for c, (low, _) in enumerate(labels) if any(low < part.right for part in parts))
            row[start, end - start + 1] = parts
        for c in range(len(columns)):
            row[len(labels) + c, 1] = []
        for part in split[i]:
            if part.left >= edge:
                row[len(labels) + _nearest(columns, part), 1].append(part)
        rows.append(row)
    cells = []
    for k, row in enumerate(rows):
        line = [part for parts in row.values() for part in parts]
        for (column, colspan), parts in sorted(row.items()):
            if parts:
                whole = joined(parts, "\n".join(part.text for part in parts))
                cells.append(Cell(whole.text, k, column, 1, colspan, whole.box(page), whole.confidence))
            else:
                left, right = columns[column - len(labels)]
                top, bottom = min(part.top for part in line), max(part.bottom for part in line)
                cells.append(Cell("", k, column, box=Box(page.number, left, top, right, bottom)))
    return Table(
        page, [low for low, _ in (*labels, *columns)] + [columns[-1][1]], len(rows), cells, aligned=True
    )  # fmt: skip


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


def _columns(parts: Iterable[Word]) -> list[Column]:
    """Where words stand one above the other, from the left."""
    columns: list[Column] = []
    for left, right in sorted((part.left, part.right) for part in parts):
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    return columns


def _nearest(columns: list[Column], part: Word) -> int:
    """The column in which a word begins, or else the one whose middle is nearest."""
    return min(
        range(len(columns)),
        key=lambda c: (
            not columns[c][0] <= part.left < columns[c][1],
            abs(sum(columns[c]) - part.left - part.right),
        ),
    )


def _first(columns: list[Column], part: Word) -> int:
    return next(c for c, (_, high) in enumerate(columns) if part.left < high)


def _label_columns(parts: list[Word]) -> list[Column]:
    """The columns of labels: narrow ones first, so that those over several columns do not count."""
    columns: list[Column] = []
    for part in sorted(parts, key=lambda part: part.right - part.left):
        met = [column for column in columns if part.left < column[1] and column[0] < part.right]
        if len(met) < 2:
            low, high = min([part.left, *(c[0] for c in met)]), max([part.right, *(c[1] for c in met)])
            columns = [*(column for column in columns if column not in met), (low, high)]
    return sorted(columns)


def _labels_of_rows(
    rows: dict[int, Word], pool: list[Word], columns: list[Column], rules: list[float]
) -> dict[int, list[Word]]:
    """To which row's number each line of a label belongs.

    The lines of one label stand closer than rows do: it is the row's in whose middle they stand.
    Where all stand equally close, each line is the nearest row's.
    """
    found: dict[int, list[Word]] = {i: [] for i in rows}
    middles = {i: (number.top + number.bottom) / 2 for i, number in rows.items()}
    for block in _blocks(pool, columns, rules):
        top, bottom = block[0].top, block[-1].bottom
        several = sum(top <= middle <= bottom for middle in middles.values()) > 1
        for part in block:
            centre = (part.top + part.bottom) / 2 if several else (top + bottom) / 2
            apart = {
                i: (any(min(centre, y) < rule < max(centre, y) for rule in rules), abs(centre - y))
                for i, y in middles.items()
            }
            found[min(apart, key=lambda i: apart[i])].append(part)
    return {i: sorted(parts, key=lambda part: (part.top, part.left)) for i, parts in found.items()}


def _blocks(parts: list[Word], columns: list[Column], rules: list[float]) -> Iterator[list[Word]]:
    """Lines of one column that are as close to each other as its closest lines."""
    own: dict[int, list[Word]] = {}
    for part in sorted(parts, key=lambda part: part.top):
        own.setdefault(_first(columns, part), []).append(part)
    for lines in own.values():
        near = 1.25 * min(
            (b.top - a.top for a, b in pairwise(lines) if b.top - a.top > 0.5 * a.height), default=0.0
        )
        near = min(
            near, 1.9 * median(part.height for part in lines)
        )  # what is further apart are several labels
        block = lines[:1]
        for part in lines[1:]:
            ruled = any(block[-1].bottom <= rule <= part.top for rule in rules)
            if ruled or part.top - block[-1].top > near:
                yield block
                block = []
            block.append(part)
        yield block


def _header(
    split: list[list[Word]], first: int, columns: list[Column], offset: int, used: set[int], em: float
) -> list[dict[tuple[int, int], list[Word]]]:
    """The words above the columns: one row for those over several columns, one for the others."""
    over: list[dict[tuple[int, int], list[Word]]] = [{}, {}]
    apart = columns[1][0] - columns[0][0] if len(columns) > 1 else em
    i = first - 1
    while i >= 0 and i not in used and split[first][0].top - split[i][0].bottom < 9 * em:
        parts = [part for part in split[i] if part.right > columns[0][0] - em]
        places = [
            [c for c, (low, high) in enumerate(columns) if low < part.right + em and part.left - em < high]
            for part in parts
        ]
        if (
            len(parts) < len(split[i])
            or not all(places)
            or (len(parts) == 1 and len(places[0]) > len(columns) - 2)
        ):
            break
        for part, place in zip(parts, places, strict=True):
            if part.right - part.left < 1.5 * apart:
                place = [_nearest(columns, part)]
            over[len(place) == 1].setdefault((offset + place[0], len(place)), []).insert(0, part)
        used.add(i)
        i -= 1
    return [row for row in over if row]
