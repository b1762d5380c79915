"""What the objects of a pdf's page paint: its ruling lines and pictures, and what may hide text."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from itertools import repeat
from typing import Any, NamedTuple

import pypdfium2.raw as raw

from . import pdfium
from .pdfium import Transform
from .ruled import THIN, strokes
from .words import Ruling

__all__ = ["WHITE", "Bounds", "Cover", "Painting", "Turn"]

WHITE = 0.94
"""Of white's brightness: a brighter ground is like the paper."""
RECTANGLE = 5
"""Segments of a path: no more, and it is a rectangle, or less."""
MAX_SEGMENTS = 20_000
"""Segments of a path: more, and it is a drawing or a map."""
MAX_NESTED = 5
"""Forms in forms."""

Bounds = tuple[float, float, float, float]
"""Left, top, right, bottom from the page's top left corner; left, bottom, right, top in pdf coordinates."""


class Turn:
    """From pdf coordinates (from the bottom left, not turned) to the page as it is read.

    Parameters
    ----------
    page
        The loaded page.
    quarter
        By how many quarters it is turned to the right; None: as it says itself.
    """

    def __init__(self, page: Any, quarter: int | None) -> None:
        box = raw.FS_RECTF()
        raw.FPDF_GetPageBoundingBox(page, ctypes.byref(box))
        self.left, self.top, self.right, self.bottom = box.left, box.top, box.right, box.bottom
        self.quarter = raw.FPDFPage_GetRotation(page) % 4 if quarter is None else quarter
        width, height = box.right - box.left, box.top - box.bottom
        self.width, self.height = (height, width) if self.quarter % 2 else (width, height)

    def __call__(self, left: Any, bottom: Any, right: Any, top: Any) -> tuple[Any, Any, Any, Any]:
        """The box (numbers, or arrays of them) from the page's top left corner."""
        if self.quarter == 0:
            return left - self.left, self.top - top, right - self.left, self.top - bottom
        if self.quarter == 1:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.quarter == 2:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        return self.top - top, self.right - right, self.top - bottom, self.right - left


class Cover(NamedTuple):
    """A shape that may hide what was painted before it, or be a dark ground for what comes after.

    `before` is the number of texts painted before; `bright` 0 to 1, None where that cannot be told.
    """

    before: int
    bounds: Bounds
    bright: float | None


class Painting:
    """What the objects of a page paint, one over the other.

    Attributes
    ----------
    rulings
        The ruling lines.
    picture
        The area that pictures cover, in square points.
    drawings
        The number of other shapes.
    texts
        The address of each text object, with how many were painted before it and the transform of the
        form that it stands in.
    covers
        The shapes that may hide text.
    """

    def __init__(self, page: Any, turn: Turn) -> None:
        self.rulings: list[Ruling] = []
        self.picture = 0.0
        self.drawings = 0
        self.texts: dict[int, tuple[int, Transform | None]] = {}
        self.covers: list[Cover] = []
        self._page, self._turn = page, turn
        self._about = raw.FPDF_IMAGEOBJ_METADATA()
        self._edges, self._at_edges = _places(ctypes.c_float, 4)
        self._colour, self._at_colour = _places(ctypes.c_uint, 4)
        self._modes, self._at_modes = _places(ctypes.c_int, 2)
        at = pdfium.address_of(page)
        self._visit(map(pdfium.page_object, repeat(at), range(pdfium.page_objects(at))), None, 0)

    def _visit(self, items: Iterator[int], matrix: Transform | None, depth: int) -> None:
        """Look at objects; `matrix` is that of the form that they are in."""
        kind_of, texts = pdfium.object_type, self.texts
        for item in items:
            kind = kind_of(item)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                texts[item] = len(texts), matrix
            elif kind == raw.FPDF_PAGEOBJ_PATH:
                self._look_at_path(item, matrix)
            elif kind == raw.FPDF_PAGEOBJ_IMAGE:
                self._look_at_picture(item, matrix)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_NESTED:
                own = _matrix(item)
                inside = _multiply(own, matrix) if matrix else own
                count = range(pdfium.form_objects(item))
                self._visit(map(pdfium.form_object, repeat(item), count), inside, depth + 1)

    def _look_at_path(self, item: int, matrix: Transform | None) -> None:
        bounds = self.bounds(item, matrix)
        if bounds is None:
            return
        left, top, right, bottom = bounds
        if right - left <= THIN or bottom - top <= THIN:
            self.rulings.append(Ruling(left, top, right, bottom))
            return
        self.drawings += 1
        pdfium.draw_mode(item, *self._at_modes)
        filled, stroked = self._modes
        count = pdfium.path_segments(item)
        rectangle = count <= RECTANGLE
        if filled and rectangle:
            self._cover(bounds, self.brightness(item))
        ground = rectangle and not stroked
        if not ground and count < MAX_SEGMENTS:
            self.rulings.extend(self._lines_of_path(item, count, bool(stroked), matrix))

    def _look_at_picture(self, item: int, matrix: Transform | None) -> None:
        bounds = self.bounds(item, matrix)
        if bounds is None:
            return
        left, top, right, bottom = bounds
        self.picture += (right - left) * (bottom - top)
        pointer = ctypes.cast(item, raw.FPDF_PAGEOBJECT)
        raw.FPDFImageObj_GetImageMetadata(pointer, self._page, self._about)
        if self._about.bits_per_pixel > 1:  # those of one bit may be stencils
            self._cover(bounds, None)

    def _cover(self, bounds: Bounds, bright: float | None) -> None:
        if self.texts or bright is None or bright < WHITE:
            self.covers.append(Cover(len(self.texts), bounds, bright))

    def bounds(self, item: int, matrix: Transform | None, turn: Turn | None = None) -> Bounds | None:
        """Where an object stands on the page, as it is read or as another `turn` says."""
        if not pdfium.object_bounds(item, *self._at_edges):
            return None
        left, bottom, right, top = self._edges
        if matrix:
            left, bottom, right, top = _apply(matrix, (left, bottom, right, top))
        return (turn or self._turn)(left, bottom, right, top)

    def brightness(self, item: int) -> float | None:
        """How bright what an object is filled with looks on white, 0 to 1; None where it cannot be told."""
        if not pdfium.fill_colour(item, *self._at_colour):
            return None
        red, green, blue, alpha = self._colour
        grey = 0.3 * red + 0.59 * green + 0.11 * blue
        return float(1 - (1 - grey / 255) * alpha / 255)

    def clipped_to(self, item: int, matrix: Transform | None) -> Bounds | None:
        """The area that an object's clipping paths leave to it; None without any."""
        path = pdfium.clip_path(item)
        count = pdfium.clip_paths(path) if path else 0
        area: Bounds | None = None
        for n in range(count):
            corners = self._clip_corners(path, n)
            if corners:
                left, bottom, right, top = _apply(matrix, _around(corners)) if matrix else _around(corners)
                own = self._turn(left, bottom, right, top)
                area = _common(area, own) if area else own
        return area

    def _clip_corners(self, path: int, n: int) -> list[tuple[float, float]]:
        """The corners of a clipping path: two opposite ones of a rectangle."""
        count = pdfium.clip_segments(path, n)
        at = (0, 2) if 3 <= count <= RECTANGLE else range(min(count, MAX_SEGMENTS))
        return [self._point(pdfium.clip_segment(path, n, k)) for k in at]

    def _point(self, segment: int) -> tuple[float, float]:
        pdfium.segment_point(segment, *self._at_edges[:2])
        return self._edges[0], self._edges[1]

    def _lines_of_path(
        self, item: int, count: int, stroked: bool, matrix: Transform | None
    ) -> Iterator[Ruling]:
        """The ruling lines that a path of `count` segments draws."""
        own = _multiply(_matrix(item), matrix) if matrix else _matrix(item)
        points: list[tuple[float, float]] = []
        for i in range(count):
            segment = pdfium.path_segment(item, i)
            if pdfium.segment_type(segment) == raw.FPDF_SEGMENT_MOVETO:
                yield from strokes(points, stroked)
                points = []
            x, y = _moved(own, *self._point(segment))
            points.append(self._turn(x, y, x, y)[:2])
            if pdfium.segment_closes(segment):
                points.append(points[0])
        yield from strokes(points, stroked)


def _places(kind: Any, count: int) -> tuple[Any, list[int]]:
    """Places into which pdfium writes, as an array, and their addresses."""
    places = (kind * count)()
    first, size = ctypes.addressof(places), ctypes.sizeof(kind)
    return places, [first + n * size for n in range(count)]


def _matrix(item: int) -> Transform:
    m = raw.FS_MATRIX()
    pdfium.object_matrix(item, ctypes.addressof(m))
    return m.a, m.b, m.c, m.d, m.e, m.f


def _multiply(m: Transform, n: Transform) -> Transform:
    """First m, then n."""
    a, b, c, d, e, f = m
    p, q, r, s, t, u = n
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _moved(m: Transform, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = m
    return a * x + c * y + e, b * x + d * y + f


def _apply(m: Transform, bounds: Bounds) -> Bounds:
    """The upright box around a box that a transform moved."""
    x0, y0, x1, y1 = bounds
    return _around([_moved(m, x, y) for x, y in ((x0, y0), (x0, y1), (x1, y0), (x1, y1))])


def _around(points: list[tuple[float, float]]) -> Bounds:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _common(a: Bounds, b: Bounds) -> Bounds:
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
