"""What the objects of a pdf's page paint: its ruling lines and pictures, and what may hide text."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from itertools import repeat
from typing import Any, NamedTuple

import pypdfium2.raw as raw
from pypdfium2 import PdfMatrix, PdfPage

from . import pdfium
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

    def __init__(self, page: PdfPage, quarter: int | None) -> None:
        self.left, self.bottom, self.right, self.top = page.get_bbox()
        shown = page.get_rotation() // 90 % 4
        self.quarter = shown if quarter is None else quarter
        self.aside = self.quarter - shown
        width, height = self.right - self.left, self.top - self.bottom
        self.width, self.height = (height, width) if self.quarter % 2 else (width, height)

    def __call__(self, left: Any, bottom: Any, right: Any, top: Any) -> tuple[Any, Any, Any, Any]:
        """The box (numbers, or arrays of them) from the page's top left corner."""
        xs = (left - self.left, right - self.left)
        if self.quarter > 1:
            xs = (self.right - right, self.right - left)
        ys = (self.top - top, self.top - bottom)
        if self.quarter in (1, 2):
            ys = (bottom - self.bottom, top - self.bottom)
        return (ys[0], xs[0], ys[1], xs[1]) if self.quarter % 2 else (xs[0], ys[0], xs[1], ys[1])


class Cover(NamedTuple):
    """A shape that may hide what was painted before it, or be a dark ground for what comes after.

    `before` is the number of texts painted before; `bright` 0 to 1, nan where that cannot be told.
    """

    before: int
    left: float
    top: float
    right: float
    bottom: float
    bright: float


class Painting:
    """What the objects of a page paint, one over the other.

    Attributes
    ----------
    turn
        To the page as it is read, in whose points all places are.
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

    def __init__(self, page: PdfPage, turn: Turn) -> None:
        self.rulings: list[Ruling] = []
        self.picture = 0.0
        self.drawings = 0
        self.texts: dict[int, tuple[int, PdfMatrix | None]] = {}
        self.covers: list[Cover] = []
        self._page, self.turn = page, turn
        self._about = raw.FPDF_IMAGEOBJ_METADATA()
        self._edges, self._at_edges = _places(ctypes.c_float, 4)
        self._colour, self._at_colour = _places(ctypes.c_uint, 4)
        self._modes, self._at_modes = _places(ctypes.c_int, 2)
        at = pdfium.address_of(page.raw)
        self._visit(map(pdfium.page_object, repeat(at), range(pdfium.page_objects(at))), None, 0)

    def _visit(self, items: Iterator[int], matrix: PdfMatrix | None, depth: int) -> None:
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
                count = range(pdfium.form_objects(item))
                inside = map(pdfium.form_object, repeat(item), count)
                self._visit(inside, _matrix(item, matrix), depth + 1)

    def _look_at_path(self, item: int, matrix: PdfMatrix | None) -> None:
        bounds = self.bounds(item, matrix)
        if bounds is None:
            return
        left, top, right, bottom = bounds
        if right - left <= THIN or bottom - top <= THIN:
            self.rulings.append(Ruling(*bounds))
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

    def _look_at_picture(self, item: int, matrix: PdfMatrix | None) -> None:
        bounds = self.bounds(item, matrix)
        if bounds is None:
            return
        left, top, right, bottom = bounds
        self.picture += (right - left) * (bottom - top)
        pointer = ctypes.cast(item, raw.FPDF_PAGEOBJECT)
        raw.FPDFImageObj_GetImageMetadata(pointer, self._page, self._about)
        if self._about.bits_per_pixel > 1:  # those of one bit may be stencils
            self._cover(bounds, math.nan)

    def _cover(self, bounds: Bounds, bright: float) -> None:
        if self.texts or not bright >= WHITE:
            self.covers.append(Cover(len(self.texts), *bounds, bright))

    def bounds(self, item: int, matrix: PdfMatrix | None) -> Bounds | None:
        """Where an object stands on the page."""
        if not pdfium.object_bounds(item, *self._at_edges):
            return None
        left, bottom, right, top = self._edges
        if matrix:
            left, bottom, right, top = matrix.on_rect(left, bottom, right, top)
        return self.turn(left, bottom, right, top)

    def brightness(self, item: int) -> float:
        """How bright what an object is filled with looks on white, 0 to 1; nan where it cannot be told."""
        if not pdfium.fill_colour(item, *self._at_colour):
            return math.nan
        red, green, blue, alpha = self._colour
        grey = 0.3 * red + 0.59 * green + 0.11 * blue
        return float(1 - (1 - grey / 255) * alpha / 255)

    def is_clipped(self, item: int, x: float, y: float) -> bool:
        """Whether the clipping paths of a text leave nothing at a point."""
        path, matrix = pdfium.clip_path(item), self.texts[item][1] or PdfMatrix()
        for n in range(pdfium.clip_paths(path) if path else 0):
            count = min(pdfium.clip_segments(path, n), MAX_SEGMENTS)
            corners = [matrix.on_point(*self._point(pdfium.clip_segment(path, n, k))) for k in range(count)]
            if corners:
                xs, ys = zip(*corners, strict=True)
                left, top, right, bottom = self.turn(min(xs), min(ys), max(xs), max(ys))
                if not (left < x < right and top < y < bottom):
                    return True
        return False

    def _point(self, segment: int) -> tuple[float, float]:
        pdfium.segment_point(segment, *self._at_edges[:2])
        return self._edges[0], self._edges[1]

    def _lines_of_path(
        self, item: int, count: int, stroked: bool, matrix: PdfMatrix | None
    ) -> Iterator[Ruling]:
        """The ruling lines that a path of `count` segments draws."""
        own = _matrix(item, matrix)
        points: list[tuple[float, float]] = []
        for i in range(count):
            segment = pdfium.path_segment(item, i)
            if pdfium.segment_type(segment) == raw.FPDF_SEGMENT_MOVETO:
                yield from strokes(points, stroked)
                points = []
            x, y = own.on_point(*self._point(segment))
            points.append(self.turn(x, y, x, y)[:2])
            if pdfium.segment_closes(segment):
                points.append(points[0])
        yield from strokes(points, stroked)


def _places(kind: Any, count: int) -> tuple[Any, list[int]]:
    """Places into which pdfium writes, as an array, and their addresses."""
    places = (kind * count)()
    first, size = ctypes.addressof(places), ctypes.sizeof(kind)
    return places, [first + n * size for n in range(count)]


def _matrix(item: int, outer: PdfMatrix | None) -> PdfMatrix:
    """From an object's coordinates to the page's; `outer` is that of the form that it is in."""
    written = raw.FS_MATRIX()
    pdfium.object_matrix(item, ctypes.addressof(written))
    own = PdfMatrix.from_raw(written)
    return own.multiply(outer) if outer else own
