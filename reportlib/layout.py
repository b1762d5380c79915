"""Words with boxes and ruling lines -> paragraphs and grids in reading order.

A pdf's text layer, OCR and OFD go through this one door. It knows pages and nothing of the form.
A table is found by its ruling lines; a table without them by numbers that stand in columns. A
table that runs over pages is put together where its columns agree.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from .document import Box, Cell, Grid, Note, Paragraph

__all__ = ["THIN", "Area", "Lattice", "Page", "Ruling", "Word", "blocks", "lattices", "runs", "strokes"]

TOLERANCE = 3.0  # points; double rulings and the gaps between a browser's cells are closer than that
THIN = 3.5  # points; a filled shape thinner than this is a ruling line
MARGIN = 0.12  # the part of a page at its top and bottom in which page numbers and headers stand
PAGE_NUMBER = re.compile(r"(\W?)(\d{1,4})(\W?)")
DIGITS = "0123456789.,"
NUMBER = re.compile(r"[-+]?[\d.,]+%?|[-–—]")


class Word(NamedTuple):
    """A piece of text (a character, a word, a line) and its box, from the page's top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float | None = None


class Ruling(NamedTuple):
    """A ruling line as a thin rectangle, horizontal if it is wider than high."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(slots=True)
class Page:
    """One page; `unit` is the length of a point (1/72 inch) in the units of its coordinates."""

    number: int
    width: float
    height: float
    words: list[Word]
    rulings: list[Ruling] = field(default_factory=list)
    unit: float = 1.0


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


@dataclass(slots=True)
class _Table:
    """A table while it is put together over pages."""

    page: Page
    xs: list[float]
    rows: int
    cells: list[Cell]
    open_top: bool = False
    open_bottom: bool = False
    aligned: bool = False


# ------------------------------------------------------------------------------ ruled tables


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


def _components(across: list[_Line], down: list[_Line], tolerance: float) -> Iterator[tuple[list[_Line], list[_Line]]]:
    """The lines that touch each other, table by table."""
    touching: list[list[int]] = [
        [
            i
            for i, h in enumerate(across)
            if h.start - tolerance <= v.at <= h.end + tolerance and v.start - tolerance <= h.at <= v.end + tolerance
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
    for hs, vs in _components(_merge_lines(across, unit, tolerance), _merge_lines(down, unit, tolerance), tolerance):
        hs, vs = _merge_lines(hs, tolerance, tolerance), _merge_lines(vs, tolerance, tolerance)
        xs = _positions(vs, [e for h in hs for e in (h.start, h.end)], tolerance)
        ys = _positions(hs, [e for v in vs for e in (v.start, v.end)], tolerance)
        if len(xs) * len(ys) < 6:  # a frame or a crossing, no table
            continue
        at = _areas(xs, ys, _walls(vs, xs, ys, tolerance), _walls(hs, ys, xs, tolerance))
        areas = list(dict.fromkeys(at.values()))
        if len(areas) > 1:
            top, bottom = (sum(h.end - h.start for h in hs if abs(h.at - y) <= tolerance) for y in (ys[0], ys[-1]))
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


# ------------------------------------------------------------------------------ text


def _is_cjk(text: str) -> bool:
    return bool(text) and "\u2e80" <= text <= "\uffef"


def _lines(words: Iterable[Word]) -> list[list[Word]]:
    """Words by line, from the top, each line from the left."""
    lines: list[list[Word]] = []
    middle = height = 0.0
    for word in sorted(words, key=lambda w: w.top + w.bottom):
        centre = (word.top + word.bottom) / 2
        if not lines or centre - middle > 0.5 * min(height, word.bottom - word.top):
            lines.append([])
            middle, height = centre, word.bottom - word.top
        lines[-1].append(word)
    for line in lines:
        line.sort(key=lambda w: w.left)
    return lines


def _line_text(line: list[Word]) -> str:
    """The text of a line, with a space where a gap parts two words."""
    parts = [line[0].text]
    for last, word in pairwise(line):
        gap = (word.left - last.right) / (last.bottom - last.top or 1)
        if gap > 0.2 and (gap > 0.8 or not (_is_cjk(last.text[-1]) and _is_cjk(word.text[0]))):
            parts.append(" ")
        parts.append(word.text)
    return "".join(parts)


def _confidence(words: Iterable[Word]) -> float | None:
    return min((w.confidence for w in words if w.confidence is not None), default=None)


def _cell_text(words: list[Word]) -> str:
    lines = _lines(words)
    if len(lines) > 1 and len(words) == len(lines):
        # One character a line: text turned by 90 degrees to the left runs upwards.
        tops = [word.top for word in words]
        if tops == sorted(tops, reverse=True):
            lines.reverse()
    return "\n".join(_line_text(line) for line in lines)


def runs(characters: Iterable[tuple[str, float, float, float, float]]) -> list[Word]:
    """Put characters together that follow each other without a gap.

    A number and what touches it stay two words: a number is one word, so that it is never cut
    where it reaches over a ruling line.

    Parameters
    ----------
    characters
        Text and box of each, in the order of the file.
    """
    words: list[Word] = []
    text, left, top, right, bottom = "", 0.0, 0.0, 0.0, 0.0
    number = False
    for char, x0, y0, x1, y1 in characters:
        if text and (char in DIGITS) == number:
            slack = 0.08 * (y1 - y0)
            if -slack < x0 - right < slack and -slack < y1 - bottom < slack:
                text += char
                right = x1
                if y0 < top:
                    top = y0
                continue
        if text:
            words.append(Word(text, left, top, right, bottom))
        text, left, top, right, bottom, number = char, x0, y0, x1, y1, char in DIGITS
    if text:
        words.append(Word(text, left, top, right, bottom))
    return words


def _ruled(page: Page, words: list[Word]) -> tuple[list[_Table], list[Word], list[Note]]:
    """The ruled tables of a page, and the words outside them."""
    found = lattices(page.rulings, page.unit)
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
                    for part in _cut(word, table.xs):
                        place(part, whole=False)
                    return
                message = f"the number {word.text} reaches over a ruling line"
                notes.append(Note("number_crosses_ruling", message, f"p. {page.number}"))
            cells[area].append(word)
            return
        outside.append(word)

    for word in words:
        place(word)
    tables = []
    for lattice, contents in zip(found, inside, strict=True):
        cells = [
            Cell(_cell_text(its), *area[:4], Box(page.number, *area[4:]), _confidence(its))
            for area, its in contents.items()
        ]
        if any(cell.text for cell in cells):
            tables.append(_Table(page, lattice.xs, len(lattice.ys) - 1, cells, lattice.open_top, lattice.open_bottom))
    return tables, outside, notes


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


# ------------------------------------------------------------------------------ tables without rulings


class _Segment(NamedTuple):
    """Words of one line that stand close to each other."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float | None

    @property
    def is_number(self) -> bool:
        return NUMBER.fullmatch(self.text) is not None


def _segments(line: list[Word]) -> list[_Segment]:
    parts: list[list[Word]] = []
    for word in line:
        if parts and word.left - parts[-1][-1].right <= 0.5 * (word.bottom - word.top):
            parts[-1].append(word)
        else:
            parts.append([word])
    return [
        _Segment(_line_text(p), p[0].left, min(w.top for w in p), p[-1].right, max(w.bottom for w in p), _confidence(p))
        for p in parts
    ]


def _corridors(segments: Iterable[_Segment]) -> list[tuple[float, float]]:
    """The columns: where the segments of all lines stand one above the other."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((s.left, s.right) for s in segments):
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    return columns


def _aligned(page: Page, lines: list[list[Word]]) -> tuple[list[_Table], list[list[Word]]]:
    """Tables without ruling lines (or with horizontal ones only): numbers that stand in columns."""
    split = [_segments(line) for line in lines]
    anchors = [i for i, parts in enumerate(split) if sum(part.is_number for part in parts) >= 3]
    tables: list[_Table] = []
    used: set[int] = set()
    while anchors:
        run = [anchors.pop(0)]
        while anchors and _near(split, run[-1], anchors[0]):
            run.append(anchors.pop(0))
        made = _aligned_table(page, split, run)
        if made is not None:
            table, its_lines = made
            tables.append(table)
            used |= its_lines
    return tables, [line for i, line in enumerate(lines) if i not in used]


def _near(split: list[list[_Segment]], first: int, second: int) -> bool:
    """Whether two lines of numbers belong to one table: only labels stand between them."""
    numbers = min(part.left for part in split[first] if part.is_number)
    between = [part for parts in split[first + 1 : second] for part in parts]
    return (
        second - first <= 12
        and all(part.left < numbers for part in between if not part.is_number)
        and all(part.right < numbers + 4 * (part.bottom - part.top) for part in between if not part.is_number)
    )


def _aligned_table(page: Page, split: list[list[_Segment]], run: list[int]) -> tuple[_Table, set[int]] | None:
    numbers = [part for i in run for part in split[i] if part.is_number]
    first_number = min(part.left for part in numbers)
    # Numbers in the labels (2021, 1.) stand left of the columns that several lines share.
    columns = _corridors(numbers)
    em = median(part.bottom - part.top for part in numbers)
    if any(
        sum(low <= part.left < high for part in split[i] if part.is_number) > 1 for i in run for low, high in columns
    ):
        return None  # two numbers of one line in one column: the columns cannot be told apart
    used = set(run)
    pool = [part for i in run for part in split[i] if part.left < first_number]
    for i in range(max(run[0] - 3, 0), min(run[-1] + 4, len(split))):
        reach = min(abs(split[i][0].top - split[j][0].top) for j in run)
        if (
            i not in used
            and all(p.right <= first_number for p in split[i])
            and (run[0] < i < run[-1] or reach < 2.2 * em)
        ):
            pool += split[i]
            used.add(i)
    separators = [(r.top + r.bottom) / 2 for r in page.rulings if r.right - r.left > 10 * em]
    labels = _label_columns(pool)
    rows: dict[int, list[_Segment]] = {i: [] for i in run}
    for block in _label_blocks(pool, labels, separators):
        top, bottom = block[0].top, block[-1].bottom
        middles = {i: (split[i][-1].top + split[i][-1].bottom) / 2 for i in run}
        across = [i for i in run if top <= middles[i] <= bottom]
        for part in block:
            # Lines of one label stand closer than rows do; where all stand equally close, the nearest row counts.
            centre = (top + bottom) / 2 if len(across) < 2 else (part.top + part.bottom) / 2
            apart = {
                i: abs(centre - y) + 1e6 * any(min(centre, y) < at < max(centre, y) for at in separators)
                for i, y in middles.items()
            }
            rows[min(apart, key=lambda i: apart[i])].append(part)
    header = _header(split, run[0], columns, used, em)
    offset = len(labels)
    cells = [
        Cell(text, k, offset + low, 1, high - low + 1, Box(page.number, *box))
        for k, line in enumerate(header)
        for (low, high), (text, box) in sorted(line.items())
    ]
    for k, i in enumerate(sorted(rows), start=len(header)):
        places: dict[int, list[_Segment]] = {}
        for part in sorted(rows[i], key=lambda part: (part.top, part.left)):
            places.setdefault(next(c for c, (_, high) in enumerate(labels) if part.left < high), []).append(part)
        for start, parts in places.items():
            end = max(c for c, (low, _) in enumerate(labels) if any(low < part.right for part in parts)) + 1
            cells.append(_joined(page, parts, k, start, end - start))
        top, bottom = min(p.top for p in split[i]), max(p.bottom for p in split[i])
        for c, (low, high) in enumerate(columns if i in run else ()):
            found = [part for part in split[i] if low <= part.left < high]
            if found:
                cells.append(_joined(page, found, k, offset + c, 1))
            else:
                cells.append(Cell("", k, offset + c, box=Box(page.number, low, top, high, bottom)))
    xs = [low for low, _ in (*labels, *columns)] + [columns[-1][1]]
    return _Table(page, xs, len(header) + len(rows), cells, aligned=True), used


def _joined(page: Page, parts: list[_Segment], row: int, column: int, colspan: int) -> Cell:
    box = Box(
        page.number, min(p.left for p in parts), min(p.top for p in parts),
        max(p.right for p in parts), max(p.bottom for p in parts),
    )  # fmt: skip
    confidence = min((p.confidence for p in parts if p.confidence is not None), default=None)
    return Cell("\n".join(p.text for p in parts), row, column, 1, colspan, box, confidence)


def _label_columns(parts: list[_Segment]) -> list[tuple[float, float]]:
    """The columns of labels: narrow ones first, so that those over several columns do not count."""
    columns: list[tuple[float, float]] = []
    for part in sorted(parts, key=lambda part: part.right - part.left):
        met = [column for column in columns if part.left < column[1] and column[0] < part.right]
        if len(met) < 2:
            columns = [column for column in columns if column not in met]
            columns.append(
                (min(part.left, *(c[0] for c in met), part.left), max(part.right, *(c[1] for c in met), part.right))
            )
    return sorted(columns)


def _label_blocks(
    parts: list[_Segment], columns: list[tuple[float, float]], separators: list[float]
) -> Iterator[list[_Segment]]:
    """The lines of one label: in one column, and as close as the closest lines there are."""
    own: dict[int, list[_Segment]] = {}
    for part in sorted(parts, key=lambda part: part.top):
        own.setdefault(next(c for c, (_, high) in enumerate(columns) if part.left < high), []).append(part)
    for lines in own.values():
        steps = [b.top - a.top for a, b in pairwise(lines) if b.top - a.top > 0.5 * (a.bottom - a.top)]
        near = 1.25 * min(steps, default=0.0)
        block: list[_Segment] = []
        for part in lines:
            if block and (
                part.top - block[-1].top > near or any(block[-1].bottom <= at <= part.top for at in separators)
            ):
                yield block
                block = []
            block.append(part)
        yield block


_Header = list[dict[tuple[int, int], tuple[str, tuple[float, float, float, float]]]]


def _header(
    split: list[list[_Segment]], first: int, columns: list[tuple[float, float]], used: set[int], em: float
) -> _Header:
    """The lines of words above the columns: one row for those over several columns, one for the others."""
    over: _Header = [{}, {}]
    i = first - 1
    while i >= 0 and i not in used and split[first][0].top - split[i][0].bottom < 9 * em:
        parts = [part for part in split[i] if part.right > columns[0][0] - em]
        places = [
            [c for c, (low, high) in enumerate(columns) if low < part.right + em and part.left - em < high]
            for part in parts
        ]
        if not parts or not all(places) or (len(parts) == 1 and len(places[0]) > len(columns) - 2):
            break
        for part, place in zip(parts, places, strict=True):
            centre = (part.left + part.right) / 2
            if part.right - part.left < 1.5 * (columns[1][0] - columns[0][0] if len(columns) > 1 else em):
                place = [min(place, key=lambda c: abs((columns[c][0] + columns[c][1]) / 2 - centre))]
            span = (place[0], place[-1])
            row = over[len(place) == 1]
            text, box = row.get(span, ("", (part.left, part.top, part.right, part.bottom)))
            text = f"{part.text}\n{text}" if text else part.text
            row[span] = (text, (min(box[0], part.left), part.top, max(box[2], part.right), box[3]))
        used.add(i)
        i -= 1
    return [row for row in over if row]


# ------------------------------------------------------------------------------ over pages


def _without_page_numbers(pages: list[Page]) -> list[list[Word]]:
    """The words of each page without its number, which may stand inside a table.

    A page number stands alone in its line at the top or bottom, and has the same mark on both
    sides, or counts up with the pages.
    """
    found: list[tuple[int, int, bool, list[Word]]] = []
    for index, page in enumerate(pages):
        low, high = page.height * MARGIN, page.height * (1 - MARGIN)
        for zone, last in (
            ([w for w in page.words if w.bottom < low], 0),
            ([w for w in page.words if w.top > high], -1),
        ):
            if zone:
                line = _lines(zone)[last]
                match = PAGE_NUMBER.fullmatch("".join(w.text for w in line).replace(" ", ""))
                if match:
                    found.append((index, int(match[2]) - page.number, bool(match[1] and match[3]), line))
    offsets = [offset for _, offset, _, _ in found]
    drop: list[set[int]] = [set() for _ in pages]
    for index, offset, marked, line in found:
        if marked or offsets.count(offset) > 1:
            drop[index].update(map(id, line))
    return [
        [word for word in page.words if id(word) not in gone] if gone else page.words
        for page, gone in zip(pages, drop, strict=True)
    ]


def _remap(table: _Table, xs: list[float], shift: float) -> list[Cell]:
    """The cells of a table with their columns counted in other positions."""
    slack = _slack(table)
    column = [min(range(len(xs)), key=lambda k: abs(xs[k] + shift - x)) for x in table.xs]
    assert all(abs(xs[k] + shift - x) <= slack for k, x in zip(column, table.xs, strict=True))
    return [
        cell._replace(column=column[cell.column], colspan=column[cell.column + cell.colspan] - column[cell.column])
        for cell in table.cells
    ]


def _slack(table: _Table) -> float:
    return (4 if table.aligned else 1.3) * TOLERANCE * table.page.unit


def _agree(a: _Table, b: _Table) -> bool:
    """Whether the columns of two tables agree: all positions of the one are positions of the other."""
    few, many = sorted((a, b), key=lambda t: len(t.xs))
    shift, slack = few.xs[0] - many.xs[0], _slack(a)
    return (
        a.aligned == b.aligned
        and abs(shift) < 0.1 * a.page.width
        and abs(few.xs[-1] - many.xs[-1] - shift) <= slack
        and all(any(abs(x - shift - y) <= slack for y in many.xs) for x in few.xs)
    )


def _join(a: _Table, b: _Table) -> _Table:
    """Continue a table with the one at the top of the next page."""
    xs = a.xs if len(a.xs) >= len(b.xs) else b.xs
    first, second = (t.cells if len(t.xs) == len(xs) else _remap(t, xs, t.xs[0] - xs[0]) for t in (a, b))
    repeated = 0
    while repeated < b.rows - 1 and _row_key(first, repeated) == _row_key(second, repeated):
        repeated += 1
    second = [cell._replace(row=cell.row - repeated) for cell in second if cell.row >= repeated]
    rows = b.rows - repeated
    cut = _cut_row(a, b if not repeated else None, first, second)
    at = a.rows - cut
    ends = {(c.column, c.colspan): n for n, c in enumerate(first) if c.row + c.rowspan == a.rows}
    cells = list(first)
    for cell in second:
        n = ends.get((cell.column, cell.colspan)) if cell.row == 0 else None
        if n is not None:
            above = cells[n]
            # The rest of a row that the page break cut, or of a label that stands beside several rows.
            label = not (above.text and cell.text) and (above.rowspan > 1 or cell.rowspan > 1)
            if cut or label:
                text = f"{above.text}\n{cell.text}" if above.text and cell.text else above.text or cell.text
                known = [c for c in (above.confidence, cell.confidence) if c is not None]
                cells[n] = above._replace(
                    text=text,
                    rowspan=above.rowspan + cell.rowspan - cut,
                    box=above.box if above.text or not cell.text else cell.box,
                    confidence=min(known, default=None),
                )
                continue
        cells.append(cell._replace(row=cell.row + at))
    return _Table(b.page, xs, at + rows, cells, a.open_top, b.open_bottom, a.aligned)


def _row_key(cells: list[Cell], row: int) -> object:
    """What a row says, to know a repeated header; None for a row without words or with a number."""
    key = [(c.column, c.colspan, c.rowspan, c.text) for c in cells if c.row == row]
    if not any(text for *_, text in key) or any(NUMBER.fullmatch(text) for *_, text in key):
        return object()
    return key


def _cut_row(a: _Table, b: _Table | None, first: list[Cell], second: list[Cell]) -> int:
    """1 if the first row of the continuation is the rest of the last row, else 0.

    Without a line between them it is, unless both have numbers in one column. With a line, only
    where one half has no number at all although no other row of the table has a blank.
    """
    if b is None or a.aligned:
        return 0
    above = {(c.column, c.colspan): c.text for c in first if c.row + c.rowspan == a.rows}
    below = {(c.column, c.colspan): c.text for c in second if c.row == 0}
    pairs = [(above[key], text) for key, text in below.items() if key in above]
    if len(pairs) < len(below) or len(pairs) < len(above) or not any(x and y for x, y in pairs):
        return 0
    if any(NUMBER.fullmatch(x) and NUMBER.fullmatch(y) for x, y in pairs):
        return 0
    if a.open_bottom or b.open_top:
        return 1
    labels = [key for key in below if above.get(key) and below[key]]
    edge = max(column + span for column, span in labels)
    numbers = [c for c in (*first, *second) if c.column >= edge and c.rowspan == 1]
    halves = [[t[key] for key in below if key[0] >= edge] for t in (above, below)]
    blank_elsewhere = any(
        not c.text
        for c in (*(c for c in first if c.row < a.rows - 1), *(c for c in second if c.row > 0))
        if c in numbers
    )
    one_is_empty = any(not any(half) for half in halves) and any(all(half) and half for half in halves)
    return int(one_is_empty and not blank_elsewhere)


# ------------------------------------------------------------------------------ blocks


class _Text(NamedTuple):
    page: Page
    number: int
    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float | None


def blocks(pages: Sequence[Page]) -> tuple[list[Paragraph | Grid], list[Note]]:
    """What stands on pages, in reading order.

    Parameters
    ----------
    pages
        The pages of one document in their order.

    Returns
    -------
    list of Paragraph or Grid
        Lines of running text joined to paragraphs, tables joined over pages; page numbers and
        what repeats at the edge of every page are left out.
    list of Note
        What looked doubtful.
    """
    pages = list(pages)
    notes: list[Note] = []
    items: list[_Text | _Table] = []
    for page, words in zip(pages, _without_page_numbers(pages), strict=True):
        tables, outside, found = _ruled(page, words)
        notes += found
        more, lines = _aligned(page, _lines(outside))
        texts = [_text(page, n, line) for n, line in enumerate(lines, start=1)]
        items += sorted((*tables, *more, *texts), key=_position)
    items = _without_headers(items, len(pages))
    joined: list[_Text | _Table] = []
    for item in items:
        k = len(joined) - 1
        if isinstance(item, _Table):
            # Spreadsheets repeat the text of a merged cell that runs over the page break, outside the table.
            while k >= 0 and isinstance(joined[k], _Text) and joined[k].page is item.page:
                k -= 1
        last = joined[k] if k >= 0 else None
        if (
            isinstance(item, _Table)
            and isinstance(last, _Table)
            and item.page.number == last.page.number + 1
            and _agree(last, item)
            and {t.text for t in joined[k + 1 :] if isinstance(t, _Text)}
            <= {_flat(c.text) for c in (*last.cells, *item.cells)}
        ):
            joined[k:] = [_join(last, item)]
        else:
            joined.append(item)
    return _emit(joined), notes


def _flat(text: str) -> str:
    return text.replace("\n", "")


def _position(item: _Text | _Table) -> tuple[float, float]:
    if isinstance(item, _Text):
        return item.top, item.left
    boxes = [cell.box for cell in item.cells if cell.box]
    return min(box.top for box in boxes), min(box.left for box in boxes)


def _text(page: Page, number: int, line: list[Word]) -> _Text:
    return _Text(
        page, number, _line_text(line), line[0].left, min(w.top for w in line),
        line[-1].right, max(w.bottom for w in line), _confidence(line),
    )  # fmt: skip


def _without_headers(items: list[_Text | _Table], pages: int) -> list[_Text | _Table]:
    """Leave out the lines that stand at the edge of several pages, digits aside."""
    edge: dict[tuple[str, int], int] = {}

    def key(item: _Text | _Table) -> tuple[str, int] | None:
        if not isinstance(item, _Text):
            return None
        page = item.page
        if page.height * MARGIN < item.top and item.bottom < page.height * (1 - MARGIN):
            return None
        return re.sub(r"\d+", "#", item.text), round(item.top / (8 * page.unit))

    for item in items:
        k = key(item)
        if k is not None:
            edge[k] = edge.get(k, 0) + 1
    return [item for item in items if edge.get(key(item) or ("", 0), 0) < max(2, pages / 2)]


def _emit(items: list[_Text | _Table]) -> list[Paragraph | Grid]:
    texts = [item for item in items if isinstance(item, _Text)]
    left = min((t.left for t in texts), default=0.0)
    right = max((t.right for t in texts), default=0.0)
    result: list[Paragraph | Grid] = []
    last: _Text | None = None
    tables = 0
    for item in items:
        if isinstance(item, _Table):
            tables += 1
            cells = tuple(sorted(item.cells, key=lambda c: (c.row, c.column)))
            result.append(Grid(cells, f"table {tables}"))
            last = None
            continue
        em = item.bottom - item.top
        full = last is not None and last.right > right - 2 * em
        if full and last is not None and item.left < left + em and abs((last.bottom - last.top) - em) < 0.3 * em:
            before = result[-1]
            assert isinstance(before, Paragraph)
            known = [c for c in (before.confidence, item.confidence) if c is not None]
            gap = "" if _is_cjk(before.text[-1:]) or _is_cjk(item.text[:1]) else " "
            result[-1] = Paragraph(before.text + gap + item.text, before.place, before.box, min(known, default=None))
        else:
            box = Box(item.page.number, item.left, item.top, item.right, item.bottom)
            result.append(Paragraph(item.text, f"p. {item.page.number}, line {item.number}", box, item.confidence))
        last = item
    return result
