"""One page that is a picture: its words and ruling lines.

A ruled table is read cell by cell: the ruling lines give the cells, and a cell is blank only if
it has no ink. That keeps a lone 0 or 1, which a text detector tends to miss. Text outside tables
is looked for by the detector.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

from ...errors import ReadError
from .models import MAX_WIDTH, detect, recognise_lines, width_of
from .pixels import SCALE, Picture, Span, dark, made_ready, rulings_of, straightened, without_faint
from .ruled import Area, Lattice, lattices
from .words import UNREAD, Ruling, Word, lines_of

__all__ = ["read_scan", "ruled_tables"]

MAX_PIXELS = 60_000_000
"""Pixels of a page at the size at which it is recognised: twelve sheets of A4 in one picture."""
CONTRAST = 18
"""Of 255: ink is that much darker than the paper around it."""
SAMPLE = 48
"""Lines that tell whether a page is upright."""
SURE, WHOLE = 0.7, 0.1
"""A page is upright if its lines are as sure, and as many of them have more than two characters."""
LONG = 3
"""Times as long as high: a line that is not of one character."""
FEW = 10
"""Lines: with fewer, a page is taken as it is."""
EDGE = 1.5
"""Points from a cell's edge: ink that stays nearer is the ruling line's."""
WALL, WALL_POINTS, WALL_WIDTH = 0.8, 8, 3
"""Of a cell's height, and points: a mark as high and no wider than that is a ruling line, no figure."""
SPECK, SPECK_PIXELS = 2, 3
"""Points across and pixels: smaller marks are dirt."""
APART, APART_POINTS = 0.7, 5
"""Of a line's height (at least so many points): marks further apart are read apart."""
CHARACTER = 5, 20, 1, 15
"""Points of a lone character: height from and to, width from and to."""
SOLID = 0.15
"""Of a lone character's box: at least as much is ink."""
MAX_LONE = 200
"""Lone characters outside tables; more are a photo or a seal."""
BLANK_MARGIN = 0.15, 7
"""Of a line's height, and points: the white that is left around it, and how high it is made."""
ALIKE = 0.3
"""Of the usual height of lines: by how much a faint one may differ that may be a figure."""
LOW, WHOLE_CHARACTER = 0.6, 1.5
"""Of the usual height: strokes of a character are lower, a character is no higher."""
STROKE = 8
"""Pixels of ink: with fewer, no direction is told."""
SLANT, ALONG = 0.25, 0.5
"""A stroke leans as much, and its ink stands along it as well, if it is a slash."""
UNSURE = 0.5
"""Confidence of a character: below it, a line is as good as unreadable."""
LONE = "1"
"""What the model makes of a stroke that is no character."""


class _Cell(NamedTuple):
    """The lines of text in a cell; `single`: it is known to hold one figure at most."""

    single: bool
    spans: list[Span]
    hidden: bool = False


class _Lines(NamedTuple):
    """What is to be recognised: lines in cells, then lines that the detector found, then lone characters."""

    picture: Picture
    ink: Any
    rulings: list[Ruling]
    cells: list[_Cell]
    spans: list[Span]
    inside: int
    detected: int

    def crops(self, numbers: range) -> list[Any]:
        """The pictures of lines."""
        grey, unit, _ = self.picture
        return [_crop(grey, self.spans[n], unit if n < self.inside else 0) for n in numbers]


def read_scan(pixels: Any, unit: float) -> tuple[int, list[Word], list[Ruling]]:
    """How many quarters to the left a page is to be turned, and then its words and ruling lines in points.

    Parameters
    ----------
    pixels
        uint8 array, height x width x 3, RGB.
    unit
        Pixels a point.

    Raises
    ------
    ReadError
        There is more on it than can be recognised in about ten seconds; that is known beforehand.
    """
    _bounded(pixels, unit)
    picture = made_ready(pixels, unit)
    quarter, lines = _upright(picture)
    words = [word.smaller(picture.unit) for word in _words(lines)]
    return quarter, words, [ruling.smaller(picture.unit) for ruling in lines.rulings]


def ruled_tables(pixels: Any, unit: float) -> list[Lattice]:
    """The ruled tables of a picture, in points, without reading what stands in them."""
    _bounded(pixels, unit)
    grey, scale, _ = straightened(made_ready(pixels, unit))
    rulings, _ = rulings_of(grey, dark(grey, scale, CONTRAST), scale)
    return lattices([ruling.smaller(scale) for ruling in rulings])


def _bounded(pixels: Any, unit: float) -> None:
    """Refuse a picture that is out of proportion once it has its size for recognition."""
    height, width = (int(side * max(1.0, SCALE / unit)) for side in pixels.shape[:2])
    if height * width > MAX_PIXELS:
        found, hint = f"the picture is as large as {width} x {height} pixels", "Cut it into pages"
        raise ReadError(found, expected=f"at most {MAX_PIXELS:,}", hint=hint)


def _upright(picture: Picture) -> tuple[int, _Lines]:
    """By how many quarters a page must be turned, and its lines then: told by some of them.

    On its side, a page falls into single characters, each of which may well be recognised. Where lines
    are long, the page is not on its side, whatever can be read of it.
    """
    best: tuple[float, int, _Lines] | None = None
    level = False
    for quarter in (0, 2, 1, 3):
        if level and quarter % 2:
            break
        lines = _lines(straightened(_turned(picture, quarter)))
        least = CHARACTER[0] * picture.unit
        long = [right - left > LONG * max(bottom - top, least) for left, top, right, bottom in lines.spans]
        level = level or (quarter == 0 and sum(long) > WHOLE * len(long))
        step = max(1, len(lines.spans) // SAMPLE)
        read = recognise_lines(lines.crops(range(0, len(lines.spans), step)))
        sure = sum(confidence for _, confidence in read) / max(1, len(read))
        whole = sum(len(text) > 2 for text, _ in read) / max(1, len(read))
        if best is None or sure * whole > best[0]:
            best = sure * whole, quarter, lines
        if len(lines.spans) < FEW or (sure > SURE and whole > WHOLE):
            break
    assert best is not None
    return best[1:]


def _turned(picture: Picture, quarter: int) -> Picture:
    import numpy as np

    grey, unit, hidden = picture
    grey, hidden = (np.ascontiguousarray(np.rot90(page, quarter)) for page in (grey, hidden))
    return Picture(grey, unit, hidden)


def _lines(picture: Picture) -> _Lines:
    """What is to be recognised of an upright page."""
    import cv2
    import numpy as np

    grey, unit, hidden = picture
    ink = dark(grey, unit, CONTRAST)
    rulings, ruled = rulings_of(grey, ink, unit)
    every = ink.copy()
    grey, ink = without_faint(grey, ink, ruled, unit)
    tables = lattices(rulings, unit)
    free = cv2.inpaint(grey, ruled, 2, cv2.INPAINT_NS) if ruled.any() else grey
    ink[ruled > 0] = every[ruled > 0] = 0
    cells = _cells(tables, ink, every, unit, hidden)
    outside = free.copy()
    for table in tables:
        left, top, right, bottom = _span(table, unit)
        outside[top:bottom, left:right] = 255
    spans = [span for cell in cells for span in cell.spans]
    inside = len(spans)
    found = detect(outside, unit)
    lone = _overlooked(np.where(outside == 255, 0, ink).astype(np.uint8), found, unit)
    every_span = [*spans, *found, *lone]
    return _Lines(Picture(free, unit), ink, rulings, cells, every_span, inside, inside + len(found))


def _cells(tables: list[Lattice], ink: Any, every: Any, unit: float, hidden: Any) -> list[_Cell]:
    """The lines in the cells of tables; `every` is the ink with what is faint."""
    # A frame with lines across only has several figures in a cell; elsewhere a ruling line was missed.
    areas = [(len(table.xs) > 2, area) for table in tables for area in table.areas]
    found = [list(_cell_lines(ink, area, unit)) for _, area in areas]
    heights = sorted(bottom - top for spans in found for _, top, _, bottom in spans)
    usual = heights[len(heights) // 2] if heights else 0
    cells = []
    for (single, area), spans in zip(areas, found, strict=True):
        if not spans:  # what is faint and as large as a figure is not read, and not taken for blank
            spans = [s for s in _cell_lines(every, area, unit) if abs(s[3] - s[1] - usual) < ALIKE * usual]
        left, top, right, bottom = (max(0, int(edge)) for edge in area[4:])
        if not spans and hidden[top:bottom, left:right].any():
            cells.append(_Cell(single, [(left, top, right, bottom)], hidden=True))
        else:
            cells.append(_Cell(single, _whole_characters(spans, usual)))
    return cells


def _words(lines: _Lines) -> list[Word]:
    """The words of a page; what is no character outside tables is left out."""
    crops = lines.crops(range(len(lines.spans)))
    width = sum(map(width_of, crops))
    if width > MAX_WIDTH:
        found = f"there is too much on the page to recognise ({len(crops):,} lines)"
        raise ReadError(found, hint="Save the page as a pdf with text")
    read = recognise_lines(crops)
    words = []
    for n, (span, (text, sure)) in enumerate(zip(lines.spans, read, strict=True)):
        if text == LONE and n < lines.inside and _leans(lines.ink, span):
            text = "/"
        if text or n < lines.inside or n >= lines.detected:
            words.append(Word(text or UNREAD, *span, sure))
    at = 0
    for cell in lines.cells:
        own = slice(at, at + len(cell.spans))
        if cell.hidden or (cell.single and _are_several(words[own])):
            words[own] = [_unsure(word, "" if cell.hidden else word.text) for word in words[own]]
        at = own.stop
    return _without_lone_strokes(words)


def _are_several(words: list[Word]) -> bool:
    """Whether a cell holds several figures, so that a ruling line between them was missed."""
    figures = [text for word in words for text in word.text.split()]
    return len(figures) > 1 and all(map(str.isdigit, figures))


def _unsure(word: Word, text: str) -> Word:
    return word._replace(text=UNREAD + text, confidence=0.0)


def _without_lone_strokes(words: list[Word]) -> list[Word]:
    """A stroke in a line of which nothing else can be read is not known to be a 1."""
    doubtful = set()
    for line in lines_of(words):
        strokes = [word for word in line if word.text == LONE]
        others = [word for word in line if word.text != LONE]
        if others and all(UNREAD in word.text or (word.confidence or 0) < UNSURE for word in others):
            doubtful.update(strokes)
    return [_unsure(word, word.text) if word in doubtful else word for word in words]


# ------------------------------------------------------------------------------ marks


def _leans(ink: Any, span: Span) -> bool:
    """Whether a mark is a slanting stroke, which the model takes for a 1."""
    import numpy as np

    left, top, right, bottom = span
    ys, xs = np.nonzero(ink[top:bottom, left:right])
    if len(ys) < STROKE or not np.ptp(ys) or not np.ptp(xs):
        return False
    across, both, down = np.cov(xs, ys)[[0, 0, 1], [0, 1, 1]]
    return bool(both / down < -SLANT and both * both > ALONG * across * down)


def _overlooked(ink: Any, found: list[Span], unit: float) -> list[Span]:
    """Lone characters that the detector passed over between what it found: often the figures 0 and 1."""
    import cv2

    for left, top, right, bottom in found:
        ink[max(0, top) : bottom, max(0, left) : right] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    middles = sorted((top + bottom) / 2 for _, top, _, bottom in found)
    low, high, narrow, wide = (unit * points for points in CHARACTER)
    spans = []
    for x, y, w, h, size in stats[1:].tolist():
        k = bisect_left(middles, y)
        beside = k < len(middles) and middles[k] < y + h
        if beside and low < h < high and narrow < w < wide and size > SOLID * w * h:
            spans.append((x, y, x + w, y + h))
    return spans if len(spans) < MAX_LONE else []


def _span(table: Lattice, unit: float) -> Span:
    left, top = max(0, int(table.xs[0] - unit)), max(0, int(table.ys[0] - unit))
    return left, top, int(table.xs[-1] + unit), int(table.ys[-1] + unit)


def _cell_lines(ink: Any, area: Area, unit: float) -> Iterator[Span]:
    """The lines of text in a cell, from its ink; what stands apart is read apart.

    Two numbers are never recognised as one.
    """
    left, top = max(0, int(area.left)), max(0, int(area.top))
    part = ink[top : int(area.bottom) + 1, left : int(area.right) + 1]
    marks = _marks(part, unit) if part.size else []
    if not any(_is_large(mark, unit) for mark in marks):
        return
    for band in _bands(marks):
        high = max(bottom for *_, bottom in band) - min(y for _, y, *_ in band)
        for x, y, r, b in _joined(sorted(band), APART * max(high, APART_POINTS * unit)):
            if _is_large((x, y, r, b), unit):
                yield x + left, y + top, r + left, b + top


def _marks(part: Any, unit: float) -> list[Span]:
    """The marks in a cell that are neither dirt nor of its ruling lines."""
    import cv2

    _, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    height, width = part.shape
    edge, wall = EDGE * unit, max(WALL * height, WALL_POINTS * unit)
    found = []
    for x, y, w, h, size in stats[1:].tolist():
        at_edge = x + w < edge or y + h < edge or x > width - edge or y > height - edge
        stroke = h > wall and w < WALL_WIDTH * unit
        if size >= SPECK_PIXELS and not at_edge and not stroke:
            found.append((x, y, x + w, y + h))
    return found


def _is_large(mark: Span, unit: float) -> bool:
    left, top, right, bottom = mark
    return max(right - left, bottom - top) >= SPECK * unit


def _bands(marks: list[Span]) -> list[list[Span]]:
    """Marks by line: those that overlap in height."""
    bands: list[list[Span]] = []
    low = 0
    for mark in sorted(marks, key=lambda mark: mark[1]):
        if bands and mark[1] <= low:
            bands[-1].append(mark)
        else:
            bands.append([mark])
            low = 0
        low = max(low, mark[3])
    return bands


def _joined(marks: list[Span], gap: float) -> list[Span]:
    """Marks from the left, put together where the gap between them is smaller."""
    found: list[Span] = []
    for mark in marks:
        if found and mark[0] - found[-1][2] < gap:
            found[-1] = _around(found[-1], mark)
        else:
            found.append(mark)
    return found


def _around(a: Span, b: Span) -> Span:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _whole_characters(spans: list[Span], usual: int) -> list[Span]:
    """Put the strokes of a character together that stands alone in its line; most are `usual` pixels high."""
    whole: list[Span] = []
    for span in spans:
        if whole and _are_strokes(whole[-1], span, usual):
            whole[-1] = _around(whole[-1], span)
        else:
            whole.append(span)
    return whole


def _are_strokes(a: Span, b: Span, usual: int) -> bool:
    """Whether two spans are one character's: one below the other, one of them low, both not too high."""
    below = b[1] >= a[3] and b[0] < a[2] and a[0] < b[2]
    low = min(b[3] - b[1], a[3] - a[1]) < LOW * usual
    return below and low and b[3] - a[1] <= WHOLE_CHARACTER * usual


def _crop(grey: Any, span: Span, unit: float) -> Any:
    """A line with some white around it; at least as high as small print is."""
    left, top, right, bottom = span
    part, points = BLANK_MARGIN
    pad = part * (bottom - top) if unit else 0
    pad = max(pad, (points * unit - (bottom - top)) / 2)
    side = 2 * pad
    return grey[
        max(0, int(top - pad)) : int(bottom + pad) + 1,
        max(0, int(left - side)) : int(right + side) + 1,
    ]
