"""Pictures made ready for recognition: grey, square, without seals, watermarks and dirt; and their ruling
lines.

Every page is first brought to `SCALE`; all lengths here are pixels of that.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...errors import ReadError
from .words import Ruling

__all__ = ["SCALE", "Picture", "Span", "dark", "made_ready", "rulings_of", "straightened", "without_faint"]

SCALE = 200 / 72
"""Pixels a point (200 dots an inch) at which the models and the thresholds here are at home."""
MAX_PIXELS = 60_000_000
"""Of a page: twelve sheets of A4 in one picture."""
LIGHT_ON_DARK = 110
"""Of 255: a page whose middle brightness is lower is light on dark."""
RED = 40
"""Of 255: the ink of seals is redder than it is green or blue by more."""
RED_PART = 0.0005
"""Of a page: less red is no seal."""
SEAL = 222, 612
"""Across a seal (4 to 5 cm), from and to, with what is near it."""
NEAR_SEAL = 23
"""Red print that is no further apart is one seal."""
EDGE = 5
"""The edges of the ink, which are paler, reach half as far."""
ROUND = 1.35
"""Times as long as wide at most: a seal, not red print."""
SEAL_INK = 0.55
"""Of the paper's red: darker is black print under the seal."""
OPAQUE = 13
"""A red area as large in both directions may hide a figure."""
SMALL_WIDTH = 800
"""Across the picture at which the slope of lines is looked for."""
CONTRAST_OF_LINES = 18
"""Of 255: the ink of these lines is that much darker than the paper."""
PHOTOGRAPHED = 1.05
"""Times as sharp: drawn square from four corners a page must be that much sharper than turned."""
LEVEL = 0.0005
"""Fall of lines per length below which a page is not turned."""
AROUND = 33
"""What is darker than the paper is darker than what is so near."""
MARK = 13, 167
"""From and to which a mark is as high as a character or a letter of a watermark."""
FEW_FAINT, FAINT_PART = 5, 0.01
"""On a page of which fewer or a smaller part of the marks are faint, no watermark is looked for."""
FAINT = 0.4
"""Of the contrast of print: fainter marks are of a watermark."""
LONG_LINE = 166
"""A longer line is a ruling line."""
SHORT = 33, 25
"""Shorter strokes, level and upright, are of characters."""
SMOOTHED, CONTRAST = 5, 9
"""Along how much lines are smoothed, and by how much of 255 they are darker than the paper then."""
BETWEEN = 23
"""Between two lines across at least, for a short line that joins them."""
END, BESIDE = 6, 5
"""The ends of a short line, at which it joins others, and how far on both sides it stands free."""
THICK = 11
"""A thicker line is a bar."""
STREAK = 0.9
"""Of the page's height: a line as long may be a scanner's dirt or a fold."""
NEAR, FAR = 11, 55
"""How near to a streak lines cross it, and how far it goes on beyond the last of them."""
FREE = 0.12
"""Of the strip beside a line: with more ink in it, it is a stroke of a character."""

Span = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


class Picture(NamedTuple):
    """A page in grey; `hidden` is not 0 where a seal may hide figures."""

    grey: Any
    hidden: Any


def made_ready(pixels: Any, unit: float) -> Picture:
    """A picture of `unit` pixels a point in grey, at the size at which models and thresholds are at home.

    Raises
    ------
    ReadError
        It is out of proportion then.
    """
    import cv2

    factor = SCALE / unit
    height, width = (int(side * factor) for side in pixels.shape[:2])
    if height * width > MAX_PIXELS:
        found = f"the picture is as large as {width} x {height} pixels"
        raise ReadError(found, expected=f"at most {MAX_PIXELS:,}", hint="Cut it into pages")
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    grey, hidden = _without_seals(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=how))
    if np.median(grey[::8, ::8]) < LIGHT_ON_DARK:
        grey = 255 - grey
    return Picture(grey, hidden)


def _without_seals(pixels: Any) -> tuple[Any, Any]:
    """A page in grey, the red ink of seals made paper, and where that may have hidden a figure.

    Black under it stays. Red print is not as round.
    """
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    red = pixels[:, :, 0]
    other = cv2.max(pixels[:, :, 1], pixels[:, :, 2])
    ink = (cv2.subtract(red, other) > RED).astype(np.uint8)
    if ink.mean() < RED_PART:
        return grey, np.zeros_like(grey)
    edged = cv2.dilate(ink, np.ones((EDGE, EDGE), np.uint8))
    near = np.ones((NEAR_SEAL, NEAR_SEAL), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(ink, near))
    seals = np.zeros(ink.shape, bool)
    for x, y, w, h, _ in stats[1:].tolist():
        if SEAL[0] < min(w, h) and max(w, h) < min(ROUND * min(w, h), SEAL[1]):
            seals[y : y + h, x : x + w] = True
    paper = np.percentile(grey[::4, ::4], 90)
    gone = seals & (edged > 0) & (red > SEAL_INK * paper)
    grey[gone] = paper
    core = np.ones((OPAQUE, OPAQUE), np.uint8)
    return grey, cv2.morphologyEx(gone.astype(np.uint8), cv2.MORPH_OPEN, core)


def straightened(picture: Picture) -> Picture:
    """The page turned so that its lines are level; drawn square if it was photographed aslant."""
    import cv2

    grey, hidden = picture
    turn = _straightening(grey)
    if turn is None:
        return picture
    size = grey.shape[::-1]
    grey = cv2.warpPerspective(grey, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    hidden = cv2.warpPerspective(hidden, turn, size, flags=cv2.INTER_NEAREST)
    return Picture(grey, hidden)


def _straightening(grey: Any) -> Any:
    """The matrix that makes the lines of a page level; None where they are."""
    import cv2

    height, width = grey.shape
    size = (SMALL_WIDTH, max(2, SMALL_WIDTH * height // width))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    ink = dark(small, CONTRAST_OF_LINES).astype(np.float32)
    turned = _slope(ink, 0.0)
    rows = [_slope(half, turned) for half in np.array_split(ink, 2)]
    columns = [_slope(half, -turned) for half in np.array_split(np.ascontiguousarray(ink.T), 2)]
    flat = np.array([[turned, turned], [-turned, -turned]])
    photographed = np.array([rows, columns])
    sharper = _sharpness(ink, photographed) > PHOTOGRAPHED * _sharpness(ink, flat)
    best = photographed if sharper else flat
    return _square(width, height, best) if np.abs(best).max() >= LEVEL else None


def _slope(dark: Any, near: float) -> float:
    """How much the lines of a picture fall, per length: the slope at which the rows' sums differ most."""
    import cv2

    height, width = dark.shape

    def level(slope: float) -> float:
        turn = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, slope * width / 2]])
        sums = cv2.warpAffine(dark, turn, (width, height)).sum(axis=1)
        return float(((sums[1:] - sums[:-1]) ** 2).sum())

    for step in (0.01, 0.002, 0.0004):
        near = max((near + k * step for k in range(-5, 6)), key=level)
    return near


def _square(width: int, height: int, slopes: Any) -> Any:
    """The matrix that draws a page square.

    `slopes` are those of the rows in the upper and the lower half, and of the columns in the left
    and the right half.
    """
    import cv2

    square = np.array([(0, 0), (width, 0), (0, height), (width, height)], np.float32)
    part = square / (width, height)
    (top, left), (bottom, right) = slopes.T
    fall = top + (bottom - top) * (2 * part[:, 1] - 0.5)
    lean = left + (right - left) * (2 * part[:, 0] - 0.5)
    seen = square + np.stack([lean, fall], axis=1) * ((part - 0.5) * (width, height))[:, ::-1]
    return cv2.getPerspectiveTransform(seen.astype(np.float32), square)


def _sharpness(dark: Any, slopes: Any) -> float:
    """How much the sums of rows and of columns differ once a page is drawn square."""
    import cv2

    height, width = dark.shape
    drawn = cv2.warpPerspective(dark, _square(width, height, slopes), (width, height))
    return float(sum(((sums[1:] - sums[:-1]) ** 2).sum() for sums in (drawn.sum(axis=0), drawn.sum(axis=1))))


def dark(grey: Any, contrast: int) -> Any:
    """What is darker than the paper around it, by at least `contrast` of 255."""
    import cv2

    how = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV
    return cv2.adaptiveThreshold(grey, 255, *how, AROUND, contrast)


def without_faint(grey: Any, ink: Any, ruled: Any) -> tuple[Any, Any]:
    """A page and its ink without a watermark: where many marks are far fainter than most."""
    import cv2
    from scipy import ndimage

    _, label, stats, _ = cv2.connectedComponentsWithStats(cv2.subtract(ink, ruled), connectivity=8)
    darkest = ndimage.minimum(grey, label, range(len(stats)))
    _, _, wide, high, _ = stats.T
    least, most = MARK
    marks = (least < high) & (high < most) & (wide < most)
    marks[0] = False
    if not marks.any():
        return grey, ink
    paper = float(np.percentile(grey[::4, ::4], 90))
    black = float(np.percentile(darkest[marks], 15))
    limit = paper - FAINT * (paper - black)
    faint = int((marks & (darkest > limit)).sum())
    if faint < max(FEW_FAINT, FAINT_PART * marks.sum()):
        return grey, ink
    gone = grey > limit
    return np.where(gone, paper, grey).astype(np.uint8), np.where(gone, 0, ink).astype(np.uint8)


def rulings_of(grey: Any, ink: Any) -> tuple[list[Ruling], Any]:
    """The ruling lines of a page in points, and the pixels they cover.

    Long lines first; a short one only if it ends on a line across it at both ends and stands
    free. Strokes of characters do not. Upright lines are level ones of the page on its side.
    """
    import cv2

    level = _strokes(grey, SHORT[0])
    upright = _strokes(np.ascontiguousarray(grey.T), SHORT[1])
    long = _long(upright)
    level = _long(level) + _joining(level, _drawn(long, ink.T).T, ink)
    upright = long + _joining(upright, _drawn(level, ink).T, ink.T)
    found = [Ruling(*stroke) for stroke in level]
    found += [Ruling(top, left, bottom, right) for left, top, right, bottom in upright]
    sure = [ruling for ruling in found if not _is_streak(ruling, found, len(ink))]
    covered = _drawn(level, ink) | _drawn(upright, ink.T).T
    return [Ruling(*(edge / SCALE for edge in ruling)) for ruling in sure], cv2.dilate(
        covered, np.ones((3, 3), np.uint8)
    )


def _strokes(grey: Any, short: int) -> list[Span]:
    """The level strokes that are long and thin enough for a ruling line."""
    import cv2

    # Smoothed along the line, a thin grey one stands out from the paper's grain.
    smooth = dark(cv2.blur(grey, (SMOOTHED, 1)), CONTRAST)
    long = cv2.morphologyEx(smooth, cv2.MORPH_OPEN, np.ones((1, short), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(long, connectivity=8)
    return [(x, y, x + wide, y + high) for x, y, wide, high, _ in stats[1:].tolist() if high <= THICK]


def _long(strokes: list[Span]) -> list[Span]:
    """The strokes that are ruling lines whatever they meet."""
    return [stroke for stroke in strokes if stroke[2] - stroke[0] > LONG_LINE]


def _drawn(strokes: list[Span], page: Any) -> Any:
    """An empty page with nothing but strokes."""
    drawn = np.zeros(page.shape, np.uint8)
    for left, top, right, bottom in strokes:
        drawn[top:bottom, left:right] = 255
    return drawn


def _joining(strokes: list[Span], across: Any, ink: Any) -> list[Span]:
    """The parts of short strokes between lines `across` them that stand free of other ink."""
    import cv2

    across = cv2.dilate(np.ascontiguousarray(across), np.ones((5, 5), np.uint8))
    free = cv2.subtract(np.ascontiguousarray(ink), across)
    parts = [_between(stroke, across) for stroke in strokes if not _long([stroke])]
    return [part for part in parts if part and _stands_free(free, part)]


def _between(stroke: Span, across: Any) -> Span | None:
    """The part of a short stroke between the first and the last line across it, if there are two.

    What reaches beyond the last line across is a stroke of the text there.
    """
    left, top, right, bottom = stroke
    (ends,) = across[top:bottom, left:right].any(axis=0).nonzero()
    if not len(ends) or ends[-1] - ends[0] < BETWEEN:
        return None
    return left + int(ends[0]), top, left + int(ends[-1]) + 1, bottom


def _stands_free(ink: Any, stroke: Span) -> bool:
    """Whether there is little ink on both sides of a line, other than at its ends."""
    left, top, right, bottom = stroke
    beside = ink[:, left + END : right - END]
    strips = beside[max(0, top - BESIDE) : top], beside[bottom : bottom + BESIDE]
    return all(not strip.size or (strip > 0).mean() < FREE for strip in strips)


def _is_streak(line: Ruling, rulings: list[Ruling], height: int) -> bool:
    """Whether a line runs down the whole page and on where nothing crosses it: a scanner's dirt, or a
    fold.
    """
    if line.bottom - line.top < STREAK * height:
        return False
    crossing = []
    for ruling in rulings:
        near = ruling.left - NEAR < line.left < ruling.right + NEAR
        if near and ruling.right - ruling.left > SHORT[0]:
            crossing.append(ruling.top)
    return not crossing or min(crossing) - line.top > FAR or line.bottom - max(crossing) > FAR
