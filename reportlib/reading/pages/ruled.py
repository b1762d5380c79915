"""Tables with ruling lines: from the lines to cells, and the words into them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ..document import Box, Cell, Note, Notes
from .words import DIGITS, UNREAD, Line, PageContent, PageTable, Point, Ruling, Word, surest, text_of

__all__ = ["THIN", "TOLERANCE", "Area", "Lattice", "lattices", "ruled", "strokes"]

THIN = 3.5
"""Points; a filled shape thinner than this is a ruling line."""
TOLERANCE = 3.0
"""Points; double rulings and the gaps between a browser's cells are closer than that."""
LEVEL = 1.0
"""Points by which the ends of a level line may differ in height."""
SLACK = 1.0
"""Points by which a word may reach over a ruling line."""
WALL = 0.6
"""Of the side of a cell: a line along more of it closes it."""
MAX_CROSSINGS = 1_000_000
"""Level lines of a page times its upright ones; of more it is a drawing."""
_FAR = 1e6
"""Longer than any page."""


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

    def is_left_by(self, word: Word) -> bool:
        """Whether a word reaches over its left or right edge."""
        return word.left < self.left - SLACK or word.right > self.right + SLACK


class Lattice(NamedTuple):
    """A ruled table on one page: the positions of its lines and the cells between them.

    `at` has the number of the cell for each row and column, and -1 behind the last of them.
    """

    xs: list[float]
    ys: list[float]
    areas: list[Area]
    at: list[list[int]]

    def find(self, word: Word) -> int:
        """The number of the cell in which the middle of a word stands; -1 outside."""
        row = bisect_right(self.ys, (word.top + word.bottom) / 2)
        return self.at[row - 1][bisect_right(self.xs, (word.left + word.right) / 2) - 1]

    def holds(self, piece: Word | Ruling) -> bool:
        """Whether a word or a ruling line stands in it."""
        across = self.xs[0] - TOLERANCE <= piece.left and piece.right <= self.xs[-1] + TOLERANCE
        return across and self.ys[0] - TOLERANCE <= piece.top and piece.bottom <= self.ys[-1] + TOLERANCE


def strokes(points: Sequence[Point], stroked: bool) -> Iterator[Ruling]:
    """The ruling lines that one stretch of a path draws, its points in points.

    Thin shapes, filled or not, are lines; of others the level sides are, where they are `stroked`.
    """
    if len(points) < 2:
        return
    whole = _around(points)
    if whole.thickness <= THIN:
        yield whole
    elif stroked:
        sides = map(_around, pairwise(points))
        yield from (side for side in sides if side.thickness <= LEVEL)


def _around(points: Iterable[Point]) -> Ruling:
    xs, ys = zip(*points, strict=True)
    return Ruling(min(xs), min(ys), max(xs), max(ys))


# ------------------------------------------------------------------------------ lines

_Edges = Any
"""Lines of one direction, an array with a line for each: where it stands across, where it starts and ends."""


def lattices(rulings: Any) -> list[Lattice]:
    """The ruled tables of a page, from its ruling lines.

    Parameters
    ----------
    rulings
        Thin rectangles, a list of them or an array; what is not part of a table (frames, underlines) may be
        among them.

    Returns
    -------
    list of Lattice
        From the smallest to the largest, so that a nested table comes before the one around it.
    """
    import numpy as np

    left, top, right, bottom = np.reshape(rulings, (-1, 4)).T
    x = (left + right) / 2
    y = (top + bottom) / 2
    flat = right - left >= bottom - top
    dots = np.maximum(right - left, bottom - top) < TOLERANCE / 2  # of lines of both directions
    level = np.stack([y, left, right], axis=1)[flat | dots]
    upright = np.stack([x, top, bottom], axis=1)[~flat | dots]
    found = [_lattice(*lines) for lines in _tables(_merged(level), _merged(upright))]
    return sorted(filter(None, found), key=lambda lattice: np.ptp(lattice.xs) * np.ptp(lattice.ys))


def _merged(edges: _Edges) -> _Edges:
    """Lines that lie on each other or continue each other, put together."""
    import numpy as np

    if not len(edges):
        return edges
    at, start, end = edges[edges[:, 0].argsort()].T
    position = np.cumsum(np.diff(at, prepend=at[0]) > TOLERANCE)
    middle = np.bincount(position, at) / np.bincount(position)
    aside = position * _FAR  # so that only lines of one position can continue each other
    start = aside + start
    end = aside + end
    order = start.argsort()
    start = start[order]
    end = end[order]
    reach = np.maximum.accumulate(end)
    apart = start[1:] > reach[:-1] + TOLERANCE
    first = np.flatnonzero(np.append(True, apart))
    aside = aside[first]  # lines of one position stay together in the new order
    low = start[first] - aside
    high = np.maximum.reduceat(end, first) - aside
    lines = np.stack([middle[position[first]], low, high], axis=1)
    return lines[high - low >= TOLERANCE / 2]  # not the dots that are of no line in this direction


def _tables(level: _Edges, upright: _Edges) -> Iterator[tuple[_Edges, _Edges]]:
    """The lines that touch each other, table by table."""
    import numpy as np

    many = len(level)
    if not 0 < many * len(upright) < MAX_CROSSINGS:
        return
    x, top, bottom = upright.T[:, None]
    y, left, right = level.T[:, :, None]
    touching = (top - TOLERANCE <= y) & (y <= bottom + TOLERANCE)
    touching &= (left - TOLERANCE <= x) & (x <= right + TOLERANCE)
    group = before = np.arange(many)
    while True:  # the first line of its table, as far as it is known
        met = np.where(touching, group[:, None], many).min(axis=0)
        group = np.minimum(group, np.where(touching, met, many).min(axis=1))
        if (group == before).all():
            break
        before = group
    for table in np.unique(met[met < many]):
        yield level[group == table], upright[met == table]


def _lattice(level: _Edges, upright: _Edges) -> Lattice | None:
    """The table that lines make; None for a frame or a crossing."""
    import numpy as np
    from scipy import ndimage

    xs = _positions(upright, level)
    ys = _positions(level, upright)
    if len(xs) * len(ys) < 6:
        return None
    down = _walls(upright, xs, ys)
    across = _walls(level, ys, xs)
    # Cells, the walls between them and the corners of these, each a point: what is not parted is one cell.
    free = np.zeros((2 * len(ys) - 3, 2 * len(xs) - 3), bool)
    free[::2, ::2] = True
    free[::2, 1::2] = ~down[1:-1].T
    free[1::2, ::2] = ~across[1:-1]
    number, count = ndimage.label(free)
    if count < 2:
        return None
    cells = number[::2, ::2]
    at = np.full((len(ys), len(xs)), -1)
    at[:-1, :-1] = cells - 1
    xs = xs.tolist()
    ys = ys.tolist()
    areas = []
    for rows, columns in ndimage.find_objects(cells):
        place = rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start
        box = xs[columns.start], ys[rows.start], xs[columns.stop], ys[rows.stop]
        areas.append(Area(*place, *box))
    return Lattice(xs, ys, areas, at.tolist())


def _positions(edges: _Edges, across: _Edges) -> Any:
    """Where the lines stand, with the ends of the lines across them."""
    import numpy as np

    at = np.unique(edges[:, 0])
    ends = np.array([across[:, 1].min(), across[:, 2].max()])
    far = (ends < at[0] - 2 * TOLERANCE) | (ends > at[-1] + 2 * TOLERANCE)
    return np.sort(np.append(at, ends[far]))


def _walls(edges: _Edges, at: Any, across: Any) -> Any:
    """For each position of a line and each gap of the other direction: whether a line stands there."""
    import numpy as np

    position, start, end = edges.T[:, :, None]
    beside = np.minimum(end, across[1:]) - np.maximum(start, across[:-1]) > WALL * np.diff(across)
    walls = np.zeros((len(at), len(across) - 1), bool)
    np.logical_or.at(walls, np.searchsorted(at, position[:, 0] + TOLERANCE) - 1, beside)
    return walls


# ------------------------------------------------------------------------------ words


def ruled(page: PageContent, words: Line) -> tuple[list[PageTable], Line, Notes]:
    """The ruled tables of a page, and the words outside them."""
    tables: list[PageTable] = []
    notes: Notes = []
    for lattice in lattices(page.rulings):
        # A frame with lines across only does not tell its columns: that is left to the numbers in it.
        if len(lattice.xs) > 2:
            contents, words, wide = _placed(lattice, words)
            notes += [Note.of("number_crosses_ruling", f"p. {page.number}", number=text) for text in wide]
            if any(contents):
                filled = zip(lattice.areas, contents, strict=True)
                cells = [_cell(page, area, words_in) for area, words_in in filled]
                tables.append(PageTable(page, len(lattice.ys) - 1, cells))
    return tables, words, notes


def _placed(lattice: Lattice, words: Line) -> tuple[list[Line], Line, list[str]]:
    """The words in each cell of a table, those outside it, and the numbers that reach over a line."""
    contents: list[Line] = [[] for _ in [*lattice.areas, "outside"]]
    wide = []
    for word in words:
        place = lattice.find(word)
        contents[place].append(word)
        if place >= 0 and not word.text.strip(DIGITS) and lattice.areas[place].is_left_by(word):
            wide.append(word.text)
    outside = contents.pop()
    return contents, outside, wide


def _cell(page: PageContent, area: Area, words: Line) -> Cell:
    """A cell with what stands in it.

    Numbers below each other that had room beside each other are several, and a ruling line between
    them was missed: which is whose cannot be read.
    """
    text = text_of(words)
    box = Box(page.number, *area[4:])
    if "\n" in text and all(word.text.strip(DIGITS) == "" for word in words):
        lines = text.split("\n")
        wide = max(word.right - word.left for word in words)
        if wide * (1 + 2 / max(map(len, lines))) < area.right - area.left:
            text = UNREAD.join(lines)
    return Cell(text, *area[:4], box, surest(words))
