"""Tables with ruling lines: from the lines to cells, and the words into them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ..document import Box, Cell, Note
from .over_pages import PageTable
from .words import DIGITS, UNREAD, PageContent, Ruling, Word, surest, text_of

__all__ = ["THIN", "TOLERANCE", "Area", "Lattice", "lattices", "ruled", "strokes"]

THIN = 3.5
"""Points; a filled shape thinner than this is a ruling line."""
TOLERANCE = 3.0
"""Points; double rulings and the gaps between a browser's cells are closer than that."""
LEVEL = 1.0
"""Points by which the ends of a level line may differ in height."""
WALL = 0.6
"""Of the side of a cell: a line along more of it closes it."""
CLOSED = 0.5
"""Of a table's width: lines along less of its top or bottom leave it open there."""


class Area(NamedTuple):
    """A cell of a lattice: its place, its span and its box."""

    row: int
    column: int
    rowspan: int
    colspan: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(slots=True)
class Lattice:
    """A ruled table on one page: the positions of its lines and the cells between them.

    `open_top` and `open_bottom` tell that no line closes it there.
    """

    xs: list[float]
    ys: list[float]
    areas: list[Area]
    at: dict[tuple[int, int], Area]
    open_top: bool = False
    open_bottom: bool = False

    def find(self, x: float, y: float) -> Area | None:
        """The cell in which a point stands."""
        return self.at.get((bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1))

    def holds(self, ruling: Ruling) -> bool:
        """Whether a ruling line is one of its own."""
        return (
            self.xs[0] - TOLERANCE <= ruling.left
            and ruling.right <= self.xs[-1] + TOLERANCE
            and self.ys[0] - TOLERANCE <= ruling.top
            and ruling.bottom <= self.ys[-1] + TOLERANCE
        )


def strokes(points: Sequence[tuple[float, float]], stroked: bool) -> Iterator[Ruling]:
    """The ruling lines that one stretch of a path draws, its points in points.

    Thin shapes, filled or not, are lines; of others the level sides are, where they are `stroked`.
    """
    if len(points) < 2:
        return
    xs, ys = zip(*points, strict=True)
    if min(max(xs) - min(xs), max(ys) - min(ys)) <= THIN:
        yield Ruling(min(xs), min(ys), max(xs), max(ys))
    elif stroked:
        for (x0, y0), (x1, y1) in pairwise(points):
            if min(abs(x1 - x0), abs(y1 - y0)) <= LEVEL:
                yield Ruling(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


# ------------------------------------------------------------------------------ lines

_Edge = tuple[float, float, float]
"""A line along one direction: where it stands across, where it starts and where it ends."""


def _sorted_out(rulings: Iterable[Ruling]) -> tuple[list[_Edge], list[_Edge]]:
    """The level lines, and the upright ones."""
    level: list[_Edge] = []
    upright: list[_Edge] = []
    for left, top, right, bottom in rulings:
        if right - left >= bottom - top:
            level.append(((top + bottom) / 2, left, right))
        else:
            upright.append(((left + right) / 2, top, bottom))
    return level, upright


def _merged(edges: list[_Edge], tolerance: float, gap: float) -> list[_Edge]:
    """Lines that lie on each other or continue each other, put together."""
    found: list[_Edge] = []
    edges.sort()
    i = 0
    while i < len(edges):
        j = i
        first = edges[i][0]
        while j < len(edges) and edges[j][0] - first <= tolerance:
            j += 1
        found += _stretches(edges[i:j], gap)
        i = j
    return found


def _stretches(edges: list[_Edge], gap: float) -> Iterator[_Edge]:
    """Lines that stand on one position, joined where they touch."""
    at = sum([edge[0] for edge in edges]) / len(edges)
    spans = sorted([(start, end) for _, start, end in edges], key=_start)
    low, high = spans[0]
    for start, end in spans[1:]:
        if start <= high + gap:
            high = max(high, end)
        else:
            yield at, low, high
            low, high = start, end
    yield at, low, high


def _start(span: tuple[float, float]) -> float:
    return span[0]


def _tables(
    level: list[_Edge], upright: list[_Edge], tolerance: float
) -> Iterator[tuple[list[_Edge], list[_Edge]]]:
    """The lines that touch each other, table by table."""
    touching = [_touched(edge, level, tolerance) for edge in upright]
    group = list(range(len(level)))
    for numbers in touching:
        groups = {group[n] for n in numbers}
        if len(groups) > 1:
            keep = min(groups)
            group = [keep if g in groups else g for g in group]
    for g in sorted(set(group)):
        uprights = [edge for edge, its in zip(upright, touching, strict=True) if its and group[its[0]] == g]
        if uprights:
            yield [edge for edge, own in zip(level, group, strict=True) if own == g], uprights


def _touched(edge: _Edge, others: list[_Edge], tolerance: float) -> list[int]:
    """Which lines of the other direction a line touches."""
    at, start, end = edge[0], edge[1] - tolerance, edge[2] + tolerance
    return [
        n
        for n, (y, low, high) in enumerate(others)
        if start <= y <= end and low - tolerance <= at <= high + tolerance
    ]


def _positions(edges: list[_Edge], across: list[_Edge], tolerance: float) -> list[float]:
    """Where the lines stand, with the ends of the lines across them, closer ones taken as one."""
    at = sorted({edge[0] for edge in edges})
    low, high = min([edge[1] for edge in across]), max([edge[2] for edge in across])
    if low < at[0] - 2 * tolerance:
        at.insert(0, low)
    if high > at[-1] + 2 * tolerance:
        at.append(high)
    kept = at[:1]
    for position in at[1:]:
        if position - kept[-1] > tolerance:
            kept.append(position)
    return kept


def _walls(edges: list[_Edge], at: list[float], across: list[float], tolerance: float) -> list[list[bool]]:
    """For each position of a line and each gap of the other direction: whether a line stands there."""
    walls = [[False] * (len(across) - 1) for _ in at]
    gaps = list(pairwise(across))
    for position, start, end in edges:
        own = walls[bisect_right(at, position + tolerance) - 1]
        for gap, (low, high) in enumerate(gaps):
            if min(end, high) - max(start, low) > WALL * (high - low):
                own[gap] = True
    return walls


def lattices(rulings: Iterable[Ruling], unit: float = 1.0) -> list[Lattice]:
    """The ruled tables of a page, from its ruling lines.

    Parameters
    ----------
    rulings
        Thin rectangles; what is not part of a table (frames, underlines) may be among them.
    unit
        The length of a point in the units of the rulings.

    Returns
    -------
    list of Lattice
        From the smallest to the largest, so that a nested table comes before the one around it.
    """
    tolerance = TOLERANCE * unit
    level, upright = _sorted_out(rulings)
    # Only lines that lie on each other are put together before the tables are told apart.
    level, upright = _merged(level, unit, tolerance), _merged(upright, unit, tolerance)
    found = []
    for levels, uprights in _tables(level, upright, tolerance):
        lattice = _lattice(
            _merged(levels, tolerance, tolerance), _merged(uprights, tolerance, tolerance), tolerance
        )
        if lattice is not None:
            found.append(lattice)
    found.sort(key=lambda lattice: (lattice.xs[-1] - lattice.xs[0]) * (lattice.ys[-1] - lattice.ys[0]))
    return found


def _lattice(level: list[_Edge], upright: list[_Edge], tolerance: float) -> Lattice | None:
    """The table that lines make; None for a frame or a crossing."""
    xs = _positions(upright, level, tolerance)
    ys = _positions(level, upright, tolerance)
    if len(xs) * len(ys) < 6:
        return None
    areas, at = _areas(xs, ys, _walls(upright, xs, ys, tolerance), _walls(level, ys, xs, tolerance))
    if len(areas) < 2:
        return None
    half = CLOSED * (xs[-1] - xs[0])
    top, bottom = (_length_at(level, y, tolerance) for y in (ys[0], ys[-1]))
    return Lattice(xs, ys, areas, at, top < half, bottom < half)


def _length_at(edges: list[_Edge], position: float, tolerance: float) -> float:
    return sum(end - start for at, start, end in edges if abs(at - position) <= tolerance)


def _areas(
    xs: list[float], ys: list[float], down: list[list[bool]], across: list[list[bool]]
) -> tuple[list[Area], dict[tuple[int, int], Area]]:
    """The cells, and by row and column: from each free corner to the right, then down, up to a line."""
    areas: list[Area] = []
    at: dict[tuple[int, int], Area] = {}
    columns, rows = len(xs) - 1, len(ys) - 1
    for row in range(rows):
        for column in range(columns):
            if (row, column) in at:
                continue
            right, bottom = column + 1, row + 1
            while right < columns and not down[right][row] and (row, right) not in at:
                right += 1
            while bottom < rows and not _closes(down, across, bottom, column, right):
                bottom += 1
            area = Area(row, column, bottom - row, right - column, xs[column], ys[row], xs[right], ys[bottom])
            areas.append(area)
            for r in range(row, bottom):
                for c in range(column, right):
                    at[r, c] = area
    return areas, at


def _closes(down: list[list[bool]], across: list[list[bool]], row: int, left: int, right: int) -> bool:
    """Whether a cell from column `left` to `right` ends above a row."""
    return True in across[row][left:right] or any(down[x][row] for x in range(left + 1, right))


# ------------------------------------------------------------------------------ words


def ruled(page: PageContent, words: list[Word]) -> tuple[list[PageTable], list[Word], list[Note]]:
    """The ruled tables of a page, and the words outside them."""
    # A frame with lines across only does not tell its columns: that is left to the numbers in it.
    found = [lattice for lattice in lattices(page.rulings, page.unit) if len(lattice.xs) > 2]
    if not found:
        return [], words, []
    contents: list[_Contents] = [_empty(lattice) for lattice in found]
    outside: list[Word] = []
    notes: list[Note] = []
    for word in words:
        place = _place(found, word)
        if place is None:
            outside.append(word)
            continue
        n, area = place
        if _reaches_over(word, area, page.unit):
            if word.text.strip(DIGITS):  # words that the producer put into one
                _put(_cut(word, found[n].xs[1:-1]), found, contents, outside)
                continue
            notes.append(Note.of("number_crosses_ruling", f"p. {page.number}", number=word.text))
        contents[n][area[:2]].append(word)
    tables = [_table(page, lattice, cells) for lattice, cells in zip(found, contents, strict=True)]
    return list(filter(_has_text, tables)), outside, notes


_Contents = dict[tuple[int, ...], list[Word]]
"""The words in each cell of a lattice, by its row and column."""


def _empty(lattice: Lattice) -> _Contents:
    return {area[:2]: [] for area in lattice.areas}


def _has_text(table: PageTable) -> bool:
    return any(cell.text for cell in table.cells)


def _place(found: list[Lattice], word: Word) -> tuple[int, Area] | None:
    """In which of the tables a word stands, and in which of its cells."""
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    for n, lattice in enumerate(found):
        area = lattice.find(x, y)
        if area is not None:
            return n, area
    return None


def _reaches_over(word: Word, area: Area, slack: float) -> bool:
    return word.left < area.left - slack or word.right > area.right + slack


def _put(words: Iterable[Word], found: list[Lattice], contents: list[_Contents], outside: list[Word]) -> None:
    """Put words where they stand."""
    for word in words:
        place = _place(found, word)
        (outside if place is None else contents[place[0]][place[1][:2]]).append(word)


def _table(page: PageContent, lattice: Lattice, contents: _Contents) -> PageTable:
    number, cells = page.number, []
    for area in lattice.areas:
        row, column, rowspan, colspan, left, top, right, bottom = area
        words = contents[row, column]
        box = Box(number, left, top, right, bottom)
        text = _text(words, area) if words else ""
        cells.append(Cell(text, row, column, rowspan, colspan, box, surest(words) if words else None))
    return PageTable(page, lattice.xs, len(lattice.ys) - 1, cells, lattice.open_top, lattice.open_bottom)


def _text(words: list[Word], area: Area) -> str:
    """The text of a cell.

    Numbers below each other that had room beside each other are several, and a ruling line between
    them was missed: which is whose cannot be read.
    """
    text = text_of(words)
    if "\n" in text and all(word.text.strip(DIGITS) == "" for word in words):
        lines = text.split("\n")
        wide = max(word.right - word.left for word in words)
        if wide * (1 + 2 / max(map(len, lines))) < area.right - area.left:
            return UNREAD.join(lines)
    return text


def _cut(word: Word, xs: list[float]) -> Iterator[Word]:
    """The parts of a word between the lines at `xs`, its characters being equally wide."""
    wide = (word.right - word.left) / len(word.text)
    start, gap = 0, bisect_right(xs, word.left + wide / 2)
    for i in range(1, len(word.text) + 1):
        here = bisect_right(xs, word.left + (i + 0.5) * wide) if i < len(word.text) else -1
        if here != gap:
            left, right = word.left + start * wide, word.left + i * wide
            yield word._replace(text=word.text[start:i].strip(), left=left, right=right)
            start, gap = i, here
