"""What the objects of a pdf's page paint: its ruling lines and pictures, and what may hide text."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any

import pypdfium2.raw as raw
from pypdfium2 import PdfMatrix, PdfPage

from . import pdfium
from .ruled import THIN, strokes
from .words import Point, Ruling

__all__ = ["Painting", "Turn", "brightness"]

RECTANGLE = 5
"""Segments of a path: no more, and it is a rectangle, or less."""
MAX_SEGMENTS = 20_000
"""Segments of a path: more, and it is a drawing or a map."""
MAX_NESTED = 5
"""Forms in forms."""


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
        self.width = self.right - self.left
        self.height = self.top - self.bottom
        if self.quarter % 2:
            self.width, self.height = self.height, self.width

    def boxes(self, edges: Any) -> Any:
        """Boxes from the page's top left corner, an array. `edges`: left, bottom, right, top in each line."""
        import numpy as np

        left, bottom, right, top = edges.T.astype(float)
        box = left - self.left, self.top - top, right - self.left, self.top - bottom
        beside = self.right - self.left
        below = self.top - self.bottom
        for _ in range(self.quarter):
            left, top, right, bottom = box
            box = below - bottom, left, below - top, right
            beside, below = below, beside
        return np.stack(box, axis=1)


class Painting:
    """What the objects of a page paint, one over the other.

    Attributes
    ----------
    turn
        To the page as it is read, in whose points all places are.
    items, boxes
        The address of each object, those in forms in the place of these; where those stand that are no text.
    forms
        The matrix of the form around each object that is in one, by its address.
    texts
        The number of each text object, by its address.
    rulings
        The ruling lines, an array: left, top, right, bottom.
    picture
        The area that pictures cover, in square points.
    drawings
        The number of other shapes.
    covers
        The shapes that may hide what was painted before them, or be a dark ground for what comes after, an
        array: their numbers, their edges, and how bright they are, nan for pictures.
    """

    def __init__(self, page: PdfPage, turn: Turn) -> None:
        import numpy as np

        self.turn = turn
        self.forms: dict[int, PdfMatrix] = {}
        at = pdfium.address_of(page.raw)
        self.items = [*map(pdfium.page_object, repeat(at), range(pdfium.page_objects(at)))]
        kinds = pdfium.answers(pdfium.object_type, self.items)
        if (kinds == raw.FPDF_PAGEOBJ_FORM).any():
            self.items = self._unpacked(self.items)
            kinds = pdfium.answers(pdfium.object_type, self.items)
        text = kinds == raw.FPDF_PAGEOBJ_TEXT
        self.texts = {self.items[n]: n for n in text.nonzero()[0].tolist()}
        self.boxes = np.zeros((len(kinds), 4))
        self.boxes[~text] = self.places((~text).nonzero()[0])
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        paths = kinds == raw.FPDF_PAGEOBJ_PATH
        thin = paths & (sides <= THIN).any(axis=1)
        self.drawings = int(paths.sum() - thin.sum())
        lines, filled = self._shapes(np.flatnonzero(paths & ~thin))
        struck = np.reshape([*pdfium.strikes(page)], (-1, 4))
        drawn = np.reshape(lines, (-1, 4))
        self.rulings = np.concatenate([self.boxes[thin], drawn, turn.boxes(struck)])
        pictures = kinds == raw.FPDF_PAGEOBJ_IMAGE
        self.picture = float(sides[pictures].prod(axis=1).sum())
        opaque = [n for n in np.flatnonzero(pictures).tolist() if not self._may_be_a_stencil(page, n)]
        hiding = np.array([*filled, *opaque], int)
        tone = brightness([self.items[n] for n in hiding])
        self.covers = np.column_stack([hiding, self.boxes[hiding], tone])

    def _unpacked(self, items: list[int], form: PdfMatrix | None = None, depth: int = 0) -> list[int]:
        """Objects, those in forms in the place of these; `form` is the matrix of the form around them."""
        found: list[int] = []
        for item in items:
            if pdfium.object_type(item) != raw.FPDF_PAGEOBJ_FORM:
                found.append(item)
                if form:
                    self.forms[item] = form
            elif depth < MAX_NESTED:
                inside = [pdfium.form_object(item, n) for n in range(pdfium.form_objects(item))]
                found += self._unpacked(inside, _matrix(item, form), depth + 1)
        return found

    def places(self, numbers: Any) -> Any:
        """Where objects stand on the page; those of which nobody knows have no size."""
        items = [self.items[n] for n in numbers]
        edges, _ = pdfium.written(pdfium.object_bounds, items, 4, "f4")
        for line, item in enumerate(items if self.forms else ()):
            if form := self.forms.get(item):
                edges[line] = form.on_rect(*edges[line].tolist())
        return self.turn.boxes(edges)

    def _shapes(self, numbers: Any) -> tuple[list[Ruling], Any]:
        """The ruling lines that shapes draw, and the numbers of those that are filled rectangles."""
        items = [self.items[n] for n in numbers]
        modes, _ = pdfium.written(pdfium.draw_mode, items, 2, "i4")
        filled, stroked = modes.T > 0
        counts = pdfium.answers(pdfium.path_segments, items)
        rectangle = counts <= RECTANGLE
        lines: list[Ruling] = []
        for k in ((stroked | ~rectangle) & (counts < MAX_SEGMENTS)).nonzero()[0].tolist():
            lines += self._lines_of_path(items[k], int(counts[k]), bool(stroked[k]))
        return lines, numbers[filled & rectangle]

    def _may_be_a_stencil(self, page: PdfPage, number: int) -> bool:
        about = raw.FPDF_IMAGEOBJ_METADATA()
        pointer = ctypes.cast(self.items[number], raw.FPDF_PAGEOBJECT)
        raw.FPDFImageObj_GetImageMetadata(pointer, page, about)
        bits: int = about.bits_per_pixel
        return bits < 2

    def is_clipped(self, item: int, x: float, y: float) -> bool:
        """Whether the clipping paths of a text that is in no form leave nothing at a point."""
        path = pdfium.clip_path(item)
        for n in range(pdfium.clip_paths(path)):
            count = min(pdfium.clip_segments(path, n), MAX_SEGMENTS)
            corners = self._points([pdfium.clip_segment(path, n, k) for k in range(count)], PdfMatrix())
            inside = (corners < (x, y)).any(axis=0) & (corners > (x, y)).any(axis=0)
            if len(corners) and not inside.all():
                return True
        return False

    def _points(self, segments: list[int], matrix: PdfMatrix) -> Any:
        """Where the segments of a path end on the page."""
        import numpy as np

        points, _ = pdfium.written(pdfium.segment_point, segments, 2, "f4")
        a, b, c, d, e, f = matrix.get()
        at = points.astype(float) @ [[a, b], [c, d]] + [e, f]
        return self.turn.boxes(np.concatenate([at, at], axis=1))[:, :2]

    def _lines_of_path(self, item: int, count: int, stroked: bool) -> Iterator[Ruling]:
        """The ruling lines that a path of `count` segments draws."""
        segments = [pdfium.path_segment(item, k) for k in range(count)]
        ends = self._points(segments, _matrix(item, self.forms.get(item))).tolist()
        points: list[Point] = []
        for segment, end in zip(segments, ends, strict=True):
            if pdfium.segment_type(segment) == raw.FPDF_SEGMENT_MOVETO:
                yield from strokes(points, stroked)
                points = []
            points.append(end)
            if pdfium.segment_closes(segment):
                points.append(points[0])
        yield from strokes(points, stroked)


def brightness(items: Sequence[int]) -> Any:
    """How bright what objects are filled with looks on white, 0 to 1; nan where it cannot be told."""
    import numpy as np

    colours, known = pdfium.written(pdfium.fill_colour, items, 4, "u4")
    dark = 1 - colours[:, :3] @ (0.3, 0.59, 0.11) / 255
    return np.where(known, 1 - dark * colours[:, 3] / 255, np.nan)


def _matrix(item: int, outer: PdfMatrix | None) -> PdfMatrix:
    """From an object's coordinates to the page's; `outer` is that of the form that it is in."""
    written = raw.FS_MATRIX()
    pdfium.object_matrix(item, ctypes.addressof(written))
    own = PdfMatrix.from_raw(written)
    return own.multiply(outer) if outer else own
