"""pdfium: opening and drawing pages, and its small questions asked fast.

A page has thousands of objects and characters, and each is asked about several times. Asked with addresses
as plain integers, pdfium answers twice as fast as through its typed pointers, and the same object is the
same number. `answers` and `written` ask the same of many.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import pypdfium2
import pypdfium2.raw as raw

from ...errors import ReadError
from ..limits import damaged, protected

__all__ = ["address_of", "answers", "draw", "load_page", "opened", "strikes", "written"]

MAX_PIXELS = 60_000_000
"""Size of the picture of a page. A0 at 200 dots an inch has 62 million."""

_FLATTENED = (raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_STAMP)
_LOCKED = (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
_ADDRESS = ctypes.c_void_p


def address_of(pointer: Any) -> int:
    """The address that a typed pointer holds."""
    return ctypes.cast(pointer, _ADDRESS).value or 0


def _asked(function: Any) -> Any:
    """A function with addresses for pointers; it is too short to be worth letting other threads run."""
    types = function.restype, *function.argtypes
    plain = [_ADDRESS if issubclass(kind, ctypes._Pointer) else kind for kind in types]
    return ctypes.PYFUNCTYPE(*plain)(address_of(function))


def answers(function: Any, many: Sequence[int], *first: int) -> Any:
    """What a function answers of each of many, as an array of int; `first` is what it is asked before."""
    import numpy as np

    return np.fromiter(map(function, *map(repeat, first), many), int, len(many))


def written(function: Any, many: Sequence[int], count: int, kind: str, *first: int) -> tuple[Any, Any]:
    """What a function writes of each of many, `count` numbers in a line for each, and what it answers.

    It is asked with the address of each number, or with that of the first where it writes a structure.
    """
    import numpy as np

    lines = np.zeros((len(many), count), kind)
    start = lines.ctypes.data
    size = lines.itemsize
    places = [start + n * size for n in range(len(function.argtypes) - len(first) - 1)]
    into = [range(place, start + lines.nbytes, count * size) for place in places]
    return lines, np.fromiter(map(function, *map(repeat, first), many, *into), int, len(many))


page_objects = _asked(raw.FPDFPage_CountObjects)
page_object = _asked(raw.FPDFPage_GetObject)
form_objects = _asked(raw.FPDFFormObj_CountObjects)
form_object = _asked(raw.FPDFFormObj_GetObject)
object_type = _asked(raw.FPDFPageObj_GetType)
object_bounds = _asked(raw.FPDFPageObj_GetBounds)
object_matrix = _asked(raw.FPDFPageObj_GetMatrix)
object_marks = _asked(raw.FPDFPageObj_CountMarks)
object_mark = _asked(raw.FPDFPageObj_GetMark)
mark_name = _asked(raw.FPDFPageObjMark_GetName)
fill_colour = _asked(raw.FPDFPageObj_GetFillColor)
set_active = _asked(raw.FPDFPageObj_SetIsActive)
clip_path = _asked(raw.FPDFPageObj_GetClipPath)
clip_paths = _asked(raw.FPDFClipPath_CountPaths)
clip_segments = _asked(raw.FPDFClipPath_CountPathSegments)
clip_segment = _asked(raw.FPDFClipPath_GetPathSegment)
draw_mode = _asked(raw.FPDFPath_GetDrawMode)
path_segments = _asked(raw.FPDFPath_CountSegments)
path_segment = _asked(raw.FPDFPath_GetPathSegment)
segment_type = _asked(raw.FPDFPathSegment_GetType)
segment_point = _asked(raw.FPDFPathSegment_GetPoint)
segment_closes = _asked(raw.FPDFPathSegment_GetClose)
render_mode = _asked(raw.FPDFTextObj_GetTextRenderMode)
loose_box = _asked(raw.FPDFText_GetLooseCharBox)
tight_box = _asked(raw.FPDFText_GetCharBox)
text_object = _asked(raw.FPDFText_GetTextObject)
unicode_of = _asked(raw.FPDFText_GetUnicode)
angle_of = _asked(raw.FPDFText_GetCharAngle)
has_no_unicode = _asked(raw.FPDFText_HasUnicodeMapError)


@contextmanager
def opened(data: bytes, name: str) -> Iterator[pypdfium2.PdfDocument]:
    """A pdf while it is open.

    Raises
    ------
    ReadError
        Damaged, or protected by a password.
    """
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise (protected(name) if error.err_code in _LOCKED else damaged("the pdf", name)) from error
    try:
        yield pdf
    finally:
        pdf.close()


def load_page(pdf: pypdfium2.PdfDocument, index: int) -> pypdfium2.PdfPage:
    """A page; what stands in form fields, notes and stamps laid over it is made part of it."""
    page = pdf[index]
    kinds = {kind for kind, _ in _annotations(page)}
    if kinds.isdisjoint(_FLATTENED):
        return page
    form = raw.FPDFDOC_InitFormFillEnvironment(pdf, raw.FPDF_FORMFILLINFO(version=2))
    raw.FORM_OnAfterLoadPage(page, form)  # draws the fields that do not say how they look
    raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
    raw.FORM_OnBeforeClosePage(page, form)
    page.close()
    raw.FPDFDOC_ExitFormFillEnvironment(form)
    return pdf[index]


def _annotations(page: pypdfium2.PdfPage) -> Iterator[tuple[int, Any]]:
    """The annotations of a page with their kinds."""
    for n in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, n)
        yield raw.FPDFAnnot_GetSubtype(annotation), annotation
        raw.FPDFPage_CloseAnnot(annotation)


def strikes(page: pypdfium2.PdfPage) -> Iterator[tuple[float, float, float, float]]:
    """The lines that annotations draw through text: left, bottom, right, top in pdf coordinates."""
    quad = raw.FS_QUADPOINTSF()
    for kind, annotation in _annotations(page):
        count = raw.FPDFAnnot_CountAttachmentPoints(annotation) if kind == raw.FPDF_ANNOT_STRIKEOUT else 0
        for n in range(count):
            raw.FPDFAnnot_GetAttachmentPoints(annotation, n, ctypes.byref(quad))
            xs = quad.x1, quad.x2, quad.x3, quad.x4
            middle = (quad.y1 + quad.y2 + quad.y3 + quad.y4) / 4
            yield min(xs), middle, max(xs), middle


def draw(page: pypdfium2.PdfPage, scale: float, grey: bool = False) -> Any:
    """A loaded page as an array, `scale` pixels a point: height x width x 3, RGB; in grey height x width.

    Raises
    ------
    ReadError
        The page is larger than `MAX_PIXELS`.
    """
    width, height = (scale * side for side in page.get_size())
    if width * height > MAX_PIXELS:
        raise ReadError(f"the page is {width:.0f} x {height:.0f} pixels large", expected="an ordinary page")
    drawn = page.render(scale=scale, grayscale=grey, rev_byteorder=True, may_draw_forms=False)
    return drawn.to_numpy().copy()
