"""Pictures made ready for recognition: grey, square, without seals, watermarks and dirt; and their ruling
lines.
"""

from __future__ import annotations

from typing import Any

from .layout import Ruling

__all__ = ["SCALE", "Span", "dark", "grey_of", "rulings_of", "straighten", "without_faint"]

SCALE = 200 / 72  # pixels a point at which the models and the thresholds here are at home
Span = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


def grey_of(pixels: Any, unit: float) -> tuple[Any, float]:
    """A page in grey, at the size at which the models and thresholds are at home, and the factor to it."""
    import cv2
    import numpy as np

    grey = _without_seals(pixels, unit)
    if np.median(grey[::8, ::8]) < 110:  # light on dark
        grey = 255 - grey
    if 2 <= unit <= 1.1 * SCALE:
        return grey, 1.0
    factor = SCALE / unit
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=how), factor


def _without_seals(pixels: Any, unit: float) -> Any:
    """A page in grey, the red ink of seals made paper; black under it stays. Red print is not as round."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    red, other = pixels[:, :, 0], cv2.max(pixels[:, :, 1], pixels[:, :, 2])
    ink = (cv2.subtract(red, other) > 40).astype(np.uint8)
    if ink.mean() < 0.0005:
        return grey
    near = int(8 * unit) | 1
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(ink, np.ones((near, near), np.uint8)))
    for x, y, w, h, _ in stats[1:].tolist():
        if 80 * unit < min(w, h) and max(w, h) < min(1.35 * min(w, h), 220 * unit):  # 4 to 5 cm across
            seal = slice(y, y + h), slice(x, x + w)
            paper = np.percentile(grey[seal], 90)
            grey[seal] = np.where((ink[seal] > 0) & (red[seal] > 0.55 * paper), paper, grey[seal]).astype(
                np.uint8
            )
    return grey


def straighten(grey: Any) -> Any:
    """Turn the page so that its lines are level; draw it square if it was photographed aslant."""
    import cv2
    import numpy as np

    height, width = grey.shape
    small = cv2.resize(grey, (800, max(2, 800 * height // width)), interpolation=cv2.INTER_AREA)
    dark = cv2.adaptiveThreshold(small, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 18).astype(
        np.float32
    )
    turned = _slope(dark, 0.0)
    photographed = (
        [_slope(half, turned) for half in np.array_split(dark, 2)],
        [_slope(half, -turned) for half in np.array_split(np.ascontiguousarray(dark.T), 2)],
    )
    flat = [turned] * 2, [-turned] * 2
    best = photographed if _sharpness(dark, photographed) > 1.05 * _sharpness(dark, flat) else flat
    if max(abs(slope) for slopes in best for slope in slopes) < 0.0005:
        return grey
    turn = _square(width, height, best)
    return cv2.warpPerspective(
        grey, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _slope(dark: Any, near: float) -> float:
    """How much the lines of a picture fall, per length: the slope at which the rows' sums differ most."""
    import cv2
    import numpy as np

    height, width = dark.shape

    def level(slope: float) -> float:
        turn = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, slope * width / 2]])
        sums = cv2.warpAffine(dark, turn, (width, height)).sum(axis=1)
        return float(((sums[1:] - sums[:-1]) ** 2).sum())

    for step in (0.01, 0.002, 0.0004):
        near = max((near + k * step for k in range(-5, 6)), key=level)
    return near


def _square(width: int, height: int, slopes: tuple[list[float], list[float]]) -> Any:
    """The matrix that draws a page square.

    `slopes` are those of the rows in the upper and the lower half, and of the columns in the left
    and the right half.
    """
    import cv2
    import numpy as np

    corners = np.array([(u, v) for v in (0.0, 1.0) for u in (0.0, 1.0)])
    (top, bottom), (left, right) = slopes
    fall = (top + (bottom - top) * (2 * corners[:, 1] - 0.5)) * (corners[:, 0] - 0.5) * width
    lean = (left + (right - left) * (2 * corners[:, 0] - 0.5)) * (corners[:, 1] - 0.5) * height
    square = corners * (width, height)
    seen = square + np.stack([lean, fall], axis=1)
    return cv2.getPerspectiveTransform(seen.astype(np.float32), square.astype(np.float32))


def _sharpness(dark: Any, slopes: tuple[list[float], list[float]]) -> float:
    """How much the sums of rows and of columns differ once a page is drawn square."""
    import cv2

    height, width = dark.shape
    drawn = cv2.warpPerspective(dark, _square(width, height, slopes), (width, height))
    return float(sum(((sums[1:] - sums[:-1]) ** 2).sum() for sums in (drawn.sum(axis=0), drawn.sum(axis=1))))


def dark(grey: Any, unit: float, contrast: int) -> Any:
    """What is darker than the paper around it, by at least `contrast` of 255."""
    import cv2

    block = int(12 * unit) | 1
    return cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, contrast
    )


def without_faint(grey: Any, ink: Any, ruled: Any, unit: float) -> tuple[Any, Any]:
    """A page and its ink without a watermark: where many marks are far fainter than most."""
    import cv2
    import numpy as np

    _, label, stats, _ = cv2.connectedComponentsWithStats(cv2.subtract(ink, ruled), connectivity=8)
    darkest = np.full(len(stats), 255, np.uint8)
    np.minimum.at(darkest, label.ravel(), grey.ravel())
    size = stats[:, cv2.CC_STAT_HEIGHT]
    tall = (size > 5 * unit) & (size < 60 * unit) & (stats[:, cv2.CC_STAT_WIDTH] < 60 * unit)
    tall[0] = False
    if tall.sum() < 20:
        return grey, ink
    paper = float(np.percentile(grey[::4, ::4], 90))
    limit = paper - 0.4 * (paper - float(np.percentile(darkest[tall], 15)))
    faint = tall & (darkest > limit)
    if faint.sum() < max(5, 0.01 * tall.sum()):
        return grey, ink
    return np.where(grey > limit, paper, grey).astype(np.uint8), np.where(grey > limit, 0, ink).astype(
        np.uint8
    )


def rulings_of(grey: Any, ink: Any, unit: float) -> tuple[list[Ruling], Any]:
    """The ruling lines of a page, and the pixels they cover.

    Long lines first; a short one only if it ends on a line across it at both ends and stands
    free. Strokes of characters do not.
    """
    import cv2
    import numpy as np

    candidates: list[list[tuple[Span, int]]] = []
    labels = []
    for down in (0, 1):
        length = int((9 if down else 12) * unit)
        along = (1, int(2 * unit) | 1) if down else (int(2 * unit) | 1, 1)
        # Smoothed along the line, a thin grey one stands out from the paper's grain.
        mask = cv2.morphologyEx(
            dark(cv2.blur(grey, along), unit, 9),
            cv2.MORPH_OPEN,
            np.ones((length, 1) if down else (1, length), np.uint8),
        )
        _, label, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        boxes = [((x, y, x + w, y + h), n) for n, (x, y, w, h, _) in enumerate(stats.tolist()) if n]
        candidates.append([(box, n) for box, n in boxes if min(box[2] - box[0], box[3] - box[1]) <= 4 * unit])
        labels.append(label)
    masks = [np.zeros_like(ink), np.zeros_like(ink)]
    kept: list[Ruling] = []
    for seeds in (True, False, False):
        for down in (0, 1):
            across = masks[1 - down]
            free = cv2.subtract(ink, cv2.dilate(across, np.ones((5, 5), np.uint8)))
            rest = []
            for box, n in candidates[down]:
                left, top, right, bottom = box
                own = labels[down][top:bottom, left:right] == n
                if not seeds:
                    # What reaches beyond the last line across is a stroke of the text there.
                    ends = np.flatnonzero(((across[top:bottom, left:right] > 0) & own).any(axis=down))
                    if not len(ends) or ends[-1] - ends[0] < 8 * unit:
                        rest.append((box, n))
                        continue
                    first, last = int(ends[0]), int(ends[-1]) + 1
                    own = own[first:last] if down else own[:, first:last]
                    left, top, right, bottom = box = (
                        (left, top + first, right, top + last)
                        if down
                        else (left + first, top, left + last, bottom)
                    )
                if (
                    max(right - left, bottom - top) > 60 * unit
                    if seeds
                    else _stands_free(free, box, bool(down), unit)
                ):
                    kept.append(Ruling(*box))
                    masks[down][top:bottom, left:right][own] = 255
                else:
                    rest.append((box, n))
            candidates[down] = rest
    found = [ruling for ruling in kept if not _is_streak(ruling, kept, ink.shape[0], unit)]
    return found, cv2.dilate(masks[0] | masks[1], np.ones((3, 3), np.uint8))


def _is_streak(line: Ruling, rulings: list[Ruling], height: int, unit: float) -> bool:
    """Whether a line runs down the whole page and on where nothing crosses it: a scanner's dirt, or a
    fold.
    """
    if line.bottom - line.top < 0.9 * height:
        return False
    near = 4 * unit
    crossing = [
        r.top for r in rulings if r.left - near < line.left < r.right + near and r.right - r.left > 12 * unit
    ]
    return not crossing or min(crossing) - line.top > 20 * unit or line.bottom - max(crossing) > 20 * unit


def _stands_free(ink: Any, box: Span, down: bool, unit: float) -> bool:
    """Whether there is little ink on both sides of a line, other than at its ends."""
    left, top, right, bottom = box
    side, end = int(2 * unit), int(2.5 * unit)
    if down:
        strips = (
            ink[top + end : bottom - end, max(0, left - side) : left],
            ink[top + end : bottom - end, right : right + side],
        )
    else:
        strips = (
            ink[max(0, top - side) : top, left + end : right - end],
            ink[bottom : bottom + side, left + end : right - end],
        )
    return all(not strip.size or (strip > 0).mean() < 0.12 for strip in strips)
