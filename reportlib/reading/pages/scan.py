"""One page that is a picture: its words and ruling lines.

A ruled table is read cell by cell: the ruling lines give the cells, and a cell is blank only if
it has no ink. That keeps a lone 0 or 1, which a text detector tends to miss. Text outside tables
is looked for by the detector. Lengths are pixels of a page that was brought to `SCALE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from statistics import median_high
from typing import Any, NamedTuple

from ...errors import ReadError
from .models import MAX_WIDTH, detect, recognise_lines, width_of
from .pixels import SCALE, Picture, Span, dark, made_ready, rulings_of, straightened, without_faint
from .ruled import Lattice, lattices
from .words import UNREAD, Ruling, Word, lines_of

__all__ = ["read_scan", "ruled_tables"]

CONTRAST = 18
"""Of 255: ink is that much darker than the paper around it."""
SAMPLE = 30
"""Lines that tell whether a page is upright."""
SURE, WHOLE = 0.7, 0.1
"""A page is upright if its lines are as sure, and as many of them have more than two characters."""
FEW = 10
"""Lines: with fewer, a page is taken as it is."""
EDGE = 4
"""From a cell's edge: ink that stays nearer is the ruling line's."""
WALL, WALL_HEIGHT, WALL_WIDTH = 0.8, 22, 9
"""Of a cell's height, and at least so high: such a mark is a ruling line, no figure, if it is no wider."""
SPECK, SPECK_INK = 6, 3
"""Across, and how much ink: smaller marks are dirt."""
APART, APART_FROM = 0.7, 14
"""Of a line's height (at least so high): marks further apart are read apart."""
CHARACTER_HEIGHT, CHARACTER_WIDTH = (14, 55), (3, 41)
"""From and to of a lone character."""
SOLID = 0.15
"""Of a lone character's box: at least as much is ink."""
MAX_LONE = 200
"""Lone characters outside tables; more are a photo or a seal."""
BLANK_MARGIN, HIGH = 0.15, 19
"""Of a line's height: the white that is left around one in a cell; and how high it is made at least."""
ALIKE = 0.3
"""Of the usual height of lines: by how much a faint one may differ that may be a figure."""
STROKE = 8
"""Of ink: with less, no direction is told."""
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


class _Lines(NamedTuple):
    """What stands on an upright page, and pictures of its lines in the order in which they are named here.

    Attributes
    ----------
    ink, rulings
        What is dark on it other than its ruling lines, and these in points.
    cells, found, lone
        Lines in cells, lines that the detector found, and lone characters.
    hidden
        Cells that a seal hides.
    """

    ink: Any
    rulings: list[Ruling]
    cells: list[_Cell]
    found: list[Span]
    lone: list[Span]
    hidden: list[Span]
    crops: list[Any]


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
    quarter, lines = _upright(made_ready(pixels, unit))
    return quarter, _words(lines), lines.rulings


def ruled_tables(pixels: Any, unit: float) -> list[Lattice]:
    """The ruled tables of a picture, in points, without reading what stands in them."""
    grey, _ = straightened(made_ready(pixels, unit))
    rulings, _ = rulings_of(grey, dark(grey, CONTRAST))
    return lattices(rulings)


def _upright(picture: Picture) -> tuple[int, _Lines]:
    """By how many quarters a page must be turned, and its lines then: told by some of them.

    On its side, a page falls into single characters, each of which may well be recognised.
    """
    tried = []
    for quarter in (0, 2, 1, 3):
        lines = _lines(straightened(_turned(picture, quarter)))
        many = len(lines.crops)
        read = recognise_lines(lines.crops[:: max(1, many // SAMPLE)])
        sure = sum(confidence for _, confidence in read) / max(1, len(read))
        whole = sum(len(text) > 2 for text, _ in read) / max(1, len(read))
        tried.append((sure * whole, quarter, lines))
        if many < FEW or (sure > SURE and whole > WHOLE):
            break
    _, quarter, lines = max(tried, key=itemgetter(0))
    return quarter, lines


def _turned(picture: Picture, quarter: int) -> Picture:
    import numpy as np

    return Picture(*(np.ascontiguousarray(np.rot90(page, quarter)) for page in picture))


def _lines(picture: Picture) -> _Lines:
    """What is to be recognised of an upright page."""
    import cv2
    import numpy as np

    grey, hidden = picture
    ink = dark(grey, CONTRAST)
    rulings, ruled = rulings_of(grey, ink)
    every = ink.copy()
    grey, ink = without_faint(grey, ink, ruled)
    tables = lattices(rulings)
    free = cv2.inpaint(grey, ruled, 2, cv2.INPAINT_NS) if ruled.any() else grey
    ink[ruled > 0] = every[ruled > 0] = 0
    cells, gone = _cells(tables, ink, every, hidden)
    outside = free.copy()
    for table in tables:
        left, top, right, bottom = _pixels(
            table.xs[0] - 1, table.ys[0] - 1, table.xs[-1] + 1, table.ys[-1] + 1
        )
        outside[top:bottom, left:right] = 255
    found = detect(outside)
    lone = _overlooked(np.where(outside == 255, 0, ink).astype(np.uint8), found)
    crops = [_crop(free, span, BLANK_MARGIN, HIGH) for cell in cells for span in cell.spans]
    crops += [_crop(free, span, 0, 0) for span in (*found, *lone)]
    return _Lines(ink, rulings, cells, found, lone, gone, crops)


def _pixels(*edges: float) -> Span:
    """The pixels of a box that is given in points."""
    left, top, right, bottom = (max(0, round(SCALE * edge)) for edge in edges)
    return left, top, right, bottom


def _cells(tables: list[Lattice], ink: Any, every: Any, hidden: Any) -> tuple[list[_Cell], list[Span]]:
    """The lines in cells of tables, and the cells that are hidden; `every` is the ink with what is faint."""
    # A frame with lines across only has several figures in a cell; elsewhere a ruling line was missed.
    areas = [(len(table.xs) > 2, _pixels(*area[4:])) for table in tables for area in table.areas]
    found = [list(_cell_lines(ink, area)) for _, area in areas]
    heights = [bottom - top for spans in found for _, top, _, bottom in spans]
    usual = median_high(heights or [0])
    cells = []
    gone = []
    for (single, area), spans in zip(areas, found, strict=True):
        if not spans:  # what is faint and as large as a figure is not read, and not taken for blank
            spans = [s for s in _cell_lines(every, area) if abs(s[3] - s[1] - usual) < ALIKE * usual]
        left, top, right, bottom = area
        if not spans and hidden[top:bottom, left:right].any():
            gone.append(area)
        cells.append(_Cell(single, spans))
    return cells, gone


def _words(lines: _Lines) -> list[Word]:
    """The words of a page; what is no character outside tables is left out."""
    width = sum(map(width_of, lines.crops))
    if width > MAX_WIDTH:
        many = f"there is too much on the page to recognise ({len(lines.crops):,} lines)"
        raise ReadError(many, hint="Save the page as a pdf with text")
    read = iter(recognise_lines(lines.crops))
    words = [_word(span) for span in lines.hidden]
    for cell in lines.cells:
        own = []
        for span in cell.spans:
            text, sure = next(read)
            slash = text == LONE and _leans(lines.ink, span)
            own.append(_word(span, "/" if slash else text, sure))
        words += map(_unsure, own) if cell.single and _are_several(own) else own
    found = [_word(span, *next(read)) for span in lines.found]
    words += [word for word in found if word.text != UNREAD]
    words += [_word(span, *next(read)) for span in lines.lone]
    return _without_lone_strokes(words)


def _word(span: Span, text: str = "", sure: float = 0.0) -> Word:
    """What was read of a line, in points."""
    left, top, right, bottom = (edge / SCALE for edge in span)
    return Word(text or UNREAD, left, top, right, bottom, sure)


def _are_several(words: list[Word]) -> bool:
    """Whether a cell holds several figures, so that a ruling line between them was missed."""
    figures = [text for word in words for text in word.text.split()]
    return len(figures) > 1 and all(map(str.isdigit, figures))


def _unsure(word: Word) -> Word:
    return word._replace(text=UNREAD + word.text, confidence=0.0)


def _without_lone_strokes(words: list[Word]) -> list[Word]:
    """A stroke in a line of which nothing else can be read is not known to be a 1."""
    result = []
    for line in lines_of(words):
        others = [word for word in line if word.text != LONE]
        read = [word for word in others if UNREAD not in word.text and (word.confidence or 0) >= UNSURE]
        known = read or not others
        result += [word if known or word.text != LONE else _unsure(word) for word in line]
    return result


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


def _overlooked(ink: Any, found: list[Span]) -> list[Span]:
    """Lone characters that the detector passed over between what it found: often the figures 0 and 1."""
    import cv2
    import numpy as np

    for left, top, right, bottom in found:
        ink[max(0, top) : bottom, max(0, left) : right] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    x, y, wide, high, size = stats[1:].T
    middles = np.sort([(top + bottom) / 2 for _, top, _, bottom in found])
    lone = np.searchsorted(middles, y) < np.searchsorted(middles, y + high)
    lone &= (high == high.clip(*CHARACTER_HEIGHT)) & (wide == wide.clip(*CHARACTER_WIDTH))
    lone &= size > SOLID * wide * high
    spans = np.stack([x, y, x + wide, y + high], axis=1)[lone].tolist()
    return [tuple(span) for span in spans] if len(spans) < MAX_LONE else []


def _cell_lines(ink: Any, area: Span) -> Iterator[Span]:
    """The lines of text in a cell, from its ink; what stands apart is read apart.

    Two numbers are never recognised as one.
    """
    import cv2

    left, top, right, bottom = area
    marks = _marks(ink[top : bottom + 1, left : right + 1])
    for y, low in _stretches(marks.any(axis=1), 1):
        line = marks[y:low]
        for x, end in _stretches(line.any(axis=0), APART * max(low - y, APART_FROM)):
            _, first, wide, high = cv2.boundingRect(line[:, x:end])
            if max(wide, high) >= SPECK:
                yield left + x, top + y + first, left + end, top + y + first + high


def _marks(part: Any) -> Any:
    """The ink in a cell that is neither dirt nor of its ruling lines."""
    import cv2
    import numpy as np

    _, label, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    height, width = part.shape
    x, y, wide, high, size = stats.T
    at_edge = (x + wide <= EDGE) | (y + high <= EDGE) | (x > width - EDGE) | (y > height - EDGE)
    stroke = (high > max(WALL * height, WALL_HEIGHT)) & (wide < WALL_WIDTH)
    marks = (size >= SPECK_INK) & ~at_edge & ~stroke
    marks[0] = False
    large = marks & (np.maximum(wide, high) >= SPECK)
    return (marks & large.any())[label].astype(np.uint8)


def _stretches(filled: Any, gap: float) -> Iterator[tuple[int, int]]:
    """From where to where an array of bool is true, smaller gaps left out of account."""
    import numpy as np

    (at,) = filled.nonzero()
    for stretch in np.split(at, np.flatnonzero(np.diff(at) - 1 >= gap) + 1):
        if len(stretch):
            yield int(stretch[0]), int(stretch[-1]) + 1


def _crop(grey: Any, span: Span, margin: float, least: float) -> Any:
    """A line with some white around it: so much of its height, and so that it is at least so high."""
    left, top, right, bottom = span
    high = bottom - top
    pad = max(margin * high, (least - high) / 2)
    rows = slice(max(0, int(top - pad)), int(bottom + pad) + 1)
    return grey[rows, max(0, int(left - 2 * pad)) : int(right + 2 * pad) + 1]
