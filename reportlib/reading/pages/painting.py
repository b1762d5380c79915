"""What the objects of a pdf's page paint: its ruling lines and pictures, and which of its text can be
seen.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pypdfium2.raw as raw

from .layout import THIN, Ruling, strokes

__all__ = ["Painting", "Turn"]

UNSEEN = 0.06  # of black on white; text with less contrast to what is under it cannot be seen
UNPAINTED = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
WHITE = 0.94  # brighter than that, a ground is like the paper
FAINT = 0.26  # text with less, and repeated over the page, is a watermark
Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]


class Turn:
    """From pdf coordinates (from the bottom left, not turned) to the page as it is read."""

    def __init__(self, page: Any, quarter: int | None) -> None:
        box = raw.FS_RECTF()
        raw.FPDF_GetPageBoundingBox(page, ctypes.byref(box))
        self.left, self.top, self.right, self.bottom = box.left, box.top, box.right, box.bottom
        self.quarter = raw.FPDFPage_GetRotation(page) % 4 if quarter is None else quarter
        width, height = box.right - box.left, box.top - box.bottom
        self.width, self.height = (height, width) if self.quarter % 2 else (width, height)

    def __call__(
        self, left: float, bottom: float, right: float, top: float
    ) -> tuple[float, float, float, float]:
        if self.quarter == 0:
            return left - self.left, self.top - top, right - self.left, self.top - bottom
        if self.quarter == 1:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.quarter == 2:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        return self.top - top, self.right - right, self.top - bottom, self.right - left


class Painting:
    """What the objects of a page paint, one over the other.

    Attributes
    ----------
    rulings
        The ruling lines.
    picture
        The area that pictures cover.
    drawings
        The number of other shapes.
    """

    def __init__(self, page: Any, turn: Turn) -> None:
        self._page = page
        self.rulings: list[Ruling] = []
        self.picture = 0.0
        self.drawings = 0
        self._texts: list[tuple[Any, Callable[[Any], int], Matrix | None]] = []  # and what takes it away
        # The number of texts painted before, the shape, where it is and how bright.
        self._covers: list[tuple[int, Any, Box, Matrix | None, float | None]] = []
        self._edges = [ctypes.c_float() for _ in range(4)]
        self._pointers = [ctypes.byref(edge) for edge in self._edges]
        self._colour = [ctypes.c_uint() for _ in range(4)]
        self._colours = [ctypes.byref(part) for part in self._colour]
        self._visit(page, None, turn, 0)

    def _visit(self, holder: Any, matrix: Matrix | None, turn: Turn, depth: int) -> None:
        if depth == 0:
            count, get, drop = raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject, raw.FPDFPage_RemoveObject
        else:
            count, get, drop = (
                raw.FPDFFormObj_CountObjects,
                raw.FPDFFormObj_GetObject,
                raw.FPDFFormObj_RemoveObject,
            )
        remove, about = partial(drop, holder), raw.FPDF_IMAGEOBJ_METADATA()
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        for i in range(count(holder)):
            item = get(holder, i)
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                self._texts.append((item, remove, matrix))
            elif kind == raw.FPDF_PAGEOBJ_PATH:
                box = self._box(item, matrix)
                if box is None:
                    continue
                if box[2] - box[0] <= THIN or box[3] - box[1] <= THIN:
                    self.rulings.append(Ruling(*turn(*box)))
                    continue
                self.drawings += 1
                raw.FPDFPath_GetDrawMode(item, fill, stroke)
                count = raw.FPDFPath_CountSegments(item)
                if fill.value and count <= 5:
                    self._cover(item, box, matrix, self._brightness(item))
                if count < 20_000 and (
                    stroke.value or count > 5
                ):  # neither a drawing nor the ground of a cell
                    self.rulings.extend(_path(item, count, bool(stroke.value), matrix, turn))
            elif kind == raw.FPDF_PAGEOBJ_IMAGE:
                box = self._box(item, matrix)
                if box is not None:
                    self.picture += (box[2] - box[0]) * (box[3] - box[1])
                    raw.FPDFImageObj_GetImageMetadata(item, self._page, about)
                    if about.bits_per_pixel > 1:  # those of one bit may be stencils
                        self._cover(item, box, matrix, None)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < 5:
                inner = _matrix(item)
                self._visit(item, _multiply(inner, matrix) if matrix else inner, turn, depth + 1)

    def _box(self, item: Any, matrix: Matrix | None) -> Box | None:
        if not raw.FPDFPageObj_GetBounds(item, *self._pointers):
            return None
        left, bottom, right, top = self._edges
        box = left.value, bottom.value, right.value, top.value
        return _apply(matrix, box) if matrix else box

    def _brightness(self, item: Any) -> float | None:
        """How bright what an object is filled with looks on white, 0 to 1; None where it cannot be told."""
        if not raw.FPDFPageObj_GetFillColor(item, *self._colours):
            return None
        red, green, blue, alpha = self._colour
        grey = 0.3 * red.value + 0.59 * green.value + 0.11 * blue.value
        return 1 - (1 - grey / 255) * alpha.value / 255

    def _cover(self, item: Any, box: Box, matrix: Matrix | None, bright: float | None) -> None:
        """Remember a shape that may hide text under it, or be a dark ground for text on it."""
        if self._texts or bright is None or bright < WHITE:
            self._covers.append((len(self._texts), item, box, matrix, bright))

    def remove_unseen(self, text: Any) -> int:
        """Take the texts from the page that nobody sees, and count them.

        They are not painted, painted over, or in the colour of their ground; or they are faint and
        stand there several times: a watermark.
        """
        found: list[int] = []
        faint: dict[str, list[int]] = {}
        grounds, buried = self._grounds() if self._covers else ({}, set())
        for n, (item, _, _) in enumerate(self._texts):
            mode = raw.FPDFTextObj_GetTextRenderMode(item)
            ground = grounds.get(n, 1.0)
            bright = 0.0 if mode == raw.FPDF_TEXTRENDERMODE_STROKE else self._brightness(item)
            contrast = 1.0 if ground is None or bright is None else abs(bright - ground)
            if n in buried or mode in UNPAINTED or contrast < UNSEEN:
                found.append(n)
            elif contrast < FAINT:
                faint.setdefault(_text_of(item, text), []).append(n)
        for words, numbers in faint.items():
            if len(words) > 1 and len(numbers) > 2:
                found += numbers
        for n in found:
            item, remove, _ = self._texts[n]
            if remove(item):
                raw.FPDFPageObj_Destroy(item)
        return len(found)

    def _grounds(self) -> tuple[dict[int, float | None], set[int]]:
        """How bright the shape is on which each text stands, where it stands on one; and the texts painted
        over.
        """
        near: dict[int, list[tuple[int, float, float]]] = {}
        for n, (item, _, matrix) in enumerate(self._texts):
            box = self._box(item, matrix)
            if box is not None:
                x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
                near.setdefault(int(y) >> 4, []).append((n, x, y))
        grounds: dict[int, float | None] = {}
        buried = set()
        for before, item, box, matrix, bright in self._covers:
            matters = [
                (n, x, y)
                for band in range(max(int(box[1]), -20_000) >> 4, (min(int(box[3]), 20_000) >> 4) + 1)
                for n, x, y in near.get(band, ())
                if box[0] < x < box[2]
                and box[1] < y < box[3]
                and (n < before or bright is None or bright < WHITE or n in grounds)
            ]
            if not matters or raw.FPDFPageObj_HasTransparency(item):
                continue
            left, bottom, right, top = _clipped(item, box, matrix)
            for n, x, y in matters:
                if left < x < right and bottom < y < top:
                    if n < before:
                        buried.add(n)
                    else:
                        grounds[n] = bright
        return grounds, buried


def _clipped(item: Any, box: Box, matrix: Matrix | None) -> Box:
    """What of a box its clipping path leaves."""
    path = raw.FPDFPageObj_GetClipPath(item)
    x, y = ctypes.c_float(), ctypes.c_float()
    for i in range(raw.FPDFClipPath_CountPaths(path)):
        points = []
        for k in range(min(raw.FPDFClipPath_CountPathSegments(path, i), 100)):
            raw.FPDFPathSegment_GetPoint(raw.FPDFClipPath_GetPathSegment(path, i, k), x, y)
            points.append((x.value, y.value))
        if points:
            xs, ys = zip(*points, strict=True)
            clip = (min(xs), min(ys), max(xs), max(ys))
            left, bottom, right, top = _apply(matrix, clip) if matrix else clip
            box = max(box[0], left), max(box[1], bottom), min(box[2], right), min(box[3], top)
    return box


def _text_of(item: Any, text: Any) -> str:
    size = raw.FPDFTextObj_GetText(item, text, None, 0)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    raw.FPDFTextObj_GetText(item, text, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0").strip()


def _path(item: Any, count: int, stroked: bool, matrix: Matrix | None, turn: Turn) -> Iterator[Ruling]:
    """The ruling lines that a path of `count` segments draws."""
    a, b, c, d, e, f = _multiply(_matrix(item), matrix) if matrix else _matrix(item)
    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[float, float]] = []
    for i in range(count):
        segment = raw.FPDFPath_GetPathSegment(item, i)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO:
            yield from strokes(points, stroked)
            points = []
        raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        px, py = a * x.value + c * y.value + e, b * x.value + d * y.value + f
        points.append(turn(px, py, px, py)[:2])
        if raw.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    yield from strokes(points, stroked)


def _matrix(item: Any) -> Matrix:
    m = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, ctypes.byref(m))
    return m.a, m.b, m.c, m.d, m.e, m.f


def _multiply(m: Matrix, n: Matrix) -> Matrix:
    """First m, then n."""
    a, b, c, d, e, f = m
    p, q, r, s, t, u = n
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _apply(m: Matrix, box: Box) -> Box:
    a, b, c, d, e, f = m
    points = [(a * x + c * y + e, b * x + d * y + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
