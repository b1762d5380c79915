"""Tables with ruling lines: from the lines to cells, and the words into them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ..document import Box, Cell, Note
from .over_pages import Table
from .words import DIGITS, UNREAD, Page, Ruling, Word, text_of

__all__ = ["THIN", "TOLERANCE", "Area", "Lattice", "lattices", "ruled", "strokes"]

THIN = 3.5  # points; a filled shape thinner than this is a ruling line
TOLERANCE = 3.0  # points; double rulings and the gaps between a browser's cells are closer than that


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
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if min(max(xs) - min(xs), max(ys) - min(ys)) <= THIN:
        yield Ruling(min(xs), min(ys), max(xs), max(ys))
    elif stroked:
        for (x0, y0), (x1, y1) in pairwise(points):
            if min(abs(x1 - x0), abs(y1 - y0)) <= 1:
                yield Ruling(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


class _Line(NamedTuple):
    at: float
    start: float
    end: float


def _merge_lines(lines: list[_Line], tolerance: float, gap: float) -> list[_Line]:
    """Put lines together that lie on each other or continue each other."""
    merged: list[_Line] = []
    lines.sort()
    i = 0
    while i < len(lines):
        j = i
        while j < len(lines) and lines[j].at - lines[i].at <= tolerance:
            j += 1
        at = sum(line.at for line in lines[i:j]) / (j - i)
        start, end = None, 0.0
        for line in sorted(lines[i:j], key=lambda line: line.start):
            if start is None:
                start, end = line.start, line.end
            elif line.start <= end + gap:
                end = max(end, line.end)
            else:
                merged.append(_Line(at, start, end))
                start, end = line.start, line.end
        if start is not None:
            merged.append(_Line(at, start, end))
        i = j
    return merged


def _components(
    across: list[_Line], down: list[_Line], tolerance: float
) -> Iterator[tuple[list[_Line], list[_Line]]]:
    """The lines that touch each other, table by table."""
    touching: list[list[int]] = [
        [
            i
            for i, h in enumerate(across)
            if h.start - tolerance <= v.at <= h.end + tolerance
            and v.start - tolerance <= h.at <= v.end + tolerance
        ]
        for v in down
    ]
    group = list(range(len(across)))
    for hs in touching:
        groups = {group[i] for i in hs}
        if len(groups) > 1:
            keep = min(groups)
            group = [keep if g in groups else g for g in group]
    for g in sorted(set(group)):
        mine = [h for h, own in zip(across, group, strict=True) if own == g]
        vs = [v for v, its in zip(down, touching, strict=True) if its and group[its[0]] == g]
        if vs:
            yield mine, vs


def _positions(lines: list[_Line], ends: Iterable[float], tolerance: float) -> list[float]:
    """Where the lines stand, with the ends of the lines across them, closer ones taken as one."""
    at = sorted({line.at for line in lines})
    low, high = min(ends), max(ends)
    if low < at[0] - 2 * tolerance:
        at.insert(0, low)
    if high > at[-1] + 2 * tolerance:
        at.append(high)
    kept = at[:1]
    for position in at[1:]:
        if position - kept[-1] > tolerance:
            kept.append(position)
    return kept


def _walls(lines: list[_Line], at: list[float], across: list[float], tolerance: float) -> list[list[bool]]:
    """For each position of a line and each gap of the other direction: whether a line stands there."""
    walls = [[False] * (len(across) - 1) for _ in at]
    for line in lines:
        k = bisect_right(at, line.at + tolerance) - 1
        for gap, (low, high) in enumerate(pairwise(across)):
            if min(line.end, high) - max(line.start, low) > 0.6 * (high - low):
                walls[k][gap] = True
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
    across: list[_Line] = []
    down: list[_Line] = []
    for r in rulings:
        if r.right - r.left >= r.bottom - r.top:
            across.append(_Line((r.top + r.bottom) / 2, r.left, r.right))
        else:
            down.append(_Line((r.left + r.right) / 2, r.top, r.bottom))
    found = []
    # Only lines that lie on each other are put together before the tables are told apart.
    for hs, vs in _components(
        _merge_lines(across, unit, tolerance), _merge_lines(down, unit, tolerance), tolerance
    ):
        hs, vs = _merge_lines(hs, tolerance, tolerance), _merge_lines(vs, tolerance, tolerance)
        xs = _positions(vs, [e for h in hs for e in (h.start, h.end)], tolerance)
        ys = _positions(hs, [e for v in vs for e in (v.start, v.end)], tolerance)
        if len(xs) * len(ys) < 6:  # a frame or a crossing, no table
            continue
        at = _areas(xs, ys, _walls(vs, xs, ys, tolerance), _walls(hs, ys, xs, tolerance))
        areas = list(dict.fromkeys(at.values()))
        if len(areas) > 1:
            top, bottom = (
                sum(h.end - h.start for h in hs if abs(h.at - y) <= tolerance) for y in (ys[0], ys[-1])
            )
            half = (xs[-1] - xs[0]) / 2
            found.append(Lattice(xs, ys, areas, at, top < half, bottom < half))
    found.sort(key=lambda t: (t.xs[-1] - t.xs[0]) * (t.ys[-1] - t.ys[0]))
    return found


def _areas(
    xs: list[float], ys: list[float], down: list[list[bool]], across: list[list[bool]]
) -> dict[tuple[int, int], Area]:
    """The cells by row and column: from each free corner to the right, then down, up to a line."""
    at: dict[tuple[int, int], Area] = {}
    columns, rows = len(xs) - 1, len(ys) - 1
    for row in range(rows):
        for column in range(columns):
            if (row, column) in at:
                continue
            right, bottom = column + 1, row + 1
            while right < columns and not down[right][row] and (row, right) not in at:
                right += 1
            while bottom < rows and not (
                any(across[bottom][column:right]) or any(down[x][bottom] for x in range(column + 1, right))
            ):
                bottom += 1
            area = Area(row, column, bottom - row, right - column, xs[column], ys[row], xs[right], ys[bottom])
            for r in range(row, bottom):
                for c in range(column, right):
                    at[r, c] = area
    return at


def ruled(page: Page, words: list[Word]) -> tuple[list[Table], list[Word], list[Note]]:
    """The ruled tables of a page, and the words outside them."""
    # A frame with lines across only does not tell its columns: that is left to the numbers in it.
    found = [lattice for lattice in lattices(page.rulings, page.unit) if len(lattice.xs) > 2]
    if not found:
        return [], words, []
    inside: list[dict[Area, list[Word]]] = [{area: [] for area in table.areas} for table in found]
    outside: list[Word] = []
    notes = []

    def place(word: Word, whole: bool = True) -> None:
        x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        for table, cells in zip(found, inside, strict=True):
            area = table.find(x, y)
            if area is None:
                continue
            if whole and (word.left < area.left - page.unit or word.right > area.right + page.unit):
                if word.text.strip(DIGITS):  # words that the producer put into one: cut at the line
                    for part in _cut(word, table.xs[1:-1]):
                        place(part, whole=False)
                    return
                notes.append(Note.of("number_crosses_ruling", f"p. {page.number}", number=word.text))
            cells[area].append(word)
            return
        outside.append(word)

    for word in words:
        place(word)
    tables = []
    for lattice, contents in zip(found, inside, strict=True):
        cells = [
            Cell(_text(its, area), *area[:4], Box(page.number, *area[4:]), _confidence(its))
            for area, its in contents.items()
        ]
        if any(cell.text for cell in cells):
            tables.append(
                Table(page, lattice.xs, len(lattice.ys) - 1, cells, lattice.open_top, lattice.open_bottom)
            )
    return tables, outside, notes


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


def _confidence(words: list[Word]) -> float | None:
    return min((word.confidence for word in words if word.confidence is not None), default=None)


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
