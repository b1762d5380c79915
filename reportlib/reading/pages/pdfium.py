"""pdfium: opening and drawing pages, and its small questions asked fast.

A page has thousands of objects and characters, and each is asked about several times. Asked with addresses
as plain integers, pdfium answers twice as fast as through its typed pointers, and the same object is the
same number.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2.raw as raw

from ...errors import ReadError

__all__ = ["Transform", "address_of", "draw", "load_page", "opened", "strikes", "title_of"]

MAX_PIXELS = 60_000_000
"""Size of the picture of a page. A0 at 200 dots an inch has 62 million."""

Transform = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f: x' = ax + cy + e, y' = bx + dy + f."""

_FLATTENED = (raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_STAMP)
_ADDRESS, _INT, _FLOAT = ctypes.c_void_p, ctypes.c_int, ctypes.c_float


def address_of(pointer: Any) -> int:
    """The address that a typed pointer holds."""
    return ctypes.cast(pointer, _ADDRESS).value or 0


def _asked(function: Any, *arguments: Any, answer: Any = _INT) -> Any:
    """A function of pdfium with other types; it is too short to be worth letting other threads run."""
    return ctypes.PYFUNCTYPE(answer, *arguments)(address_of(function))


page_objects = _asked(raw.FPDFPage_CountObjects, _ADDRESS)
page_object = _asked(raw.FPDFPage_GetObject, _ADDRESS, _INT, answer=_ADDRESS)
form_objects = _asked(raw.FPDFFormObj_CountObjects, _ADDRESS)
form_object = _asked(raw.FPDFFormObj_GetObject, _ADDRESS, ctypes.c_ulong, answer=_ADDRESS)
object_type = _asked(raw.FPDFPageObj_GetType, _ADDRESS)
object_bounds = _asked(raw.FPDFPageObj_GetBounds, *[_ADDRESS] * 5)
object_matrix = _asked(raw.FPDFPageObj_GetMatrix, _ADDRESS, _ADDRESS)
object_marks = _asked(raw.FPDFPageObj_CountMarks, _ADDRESS)
object_mark = _asked(raw.FPDFPageObj_GetMark, _ADDRESS, ctypes.c_ulong, answer=_ADDRESS)
mark_name = _asked(raw.FPDFPageObjMark_GetName, _ADDRESS, _ADDRESS, ctypes.c_ulong, _ADDRESS)
fill_colour = _asked(raw.FPDFPageObj_GetFillColor, *[_ADDRESS] * 5)
set_active = _asked(raw.FPDFPageObj_SetIsActive, _ADDRESS, _INT)
clip_path = _asked(raw.FPDFPageObj_GetClipPath, _ADDRESS, answer=_ADDRESS)
clip_paths = _asked(raw.FPDFClipPath_CountPaths, _ADDRESS)
clip_segments = _asked(raw.FPDFClipPath_CountPathSegments, _ADDRESS, _INT)
clip_segment = _asked(raw.FPDFClipPath_GetPathSegment, _ADDRESS, _INT, _INT, answer=_ADDRESS)
draw_mode = _asked(raw.FPDFPath_GetDrawMode, _ADDRESS, _ADDRESS, _ADDRESS)
path_segments = _asked(raw.FPDFPath_CountSegments, _ADDRESS)
path_segment = _asked(raw.FPDFPath_GetPathSegment, _ADDRESS, _INT, answer=_ADDRESS)
segment_type = _asked(raw.FPDFPathSegment_GetType, _ADDRESS)
segment_point = _asked(raw.FPDFPathSegment_GetPoint, _ADDRESS, _ADDRESS, _ADDRESS)
segment_closes = _asked(raw.FPDFPathSegment_GetClose, _ADDRESS)
render_mode = _asked(raw.FPDFTextObj_GetTextRenderMode, _ADDRESS)
text_of_object = _asked(raw.FPDFTextObj_GetText, _ADDRESS, _ADDRESS, _ADDRESS, ctypes.c_ulong)
loose_box = _asked(raw.FPDFText_GetLooseCharBox, _ADDRESS, _INT, _ADDRESS)
text_object = _asked(raw.FPDFText_GetTextObject, _ADDRESS, _INT, answer=_ADDRESS)
unicode_of = _asked(raw.FPDFText_GetUnicode, _ADDRESS, _INT, answer=ctypes.c_uint)
angle_of = _asked(raw.FPDFText_GetCharAngle, _ADDRESS, _INT, answer=_FLOAT)
has_no_unicode = _asked(raw.FPDFText_HasUnicodeMapError, _ADDRESS, _INT)


@contextmanager
def opened(data: bytes, name: str) -> Iterator[Any]:
    """A pdf while it is open.

    Raises
    ------
    ReadError
        Damaged, or protected by a password.
    """
    pdf = raw.FPDF_LoadMemDocument64(data, len(data), None)
    if not pdf:
        if raw.FPDF_GetLastError() in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            hint = "Save it without the password"
            raise ReadError("the pdf is protected by a password", file=name, hint=hint)
        raise ReadError("the pdf is damaged", file=name, hint="Get the file again from its publisher")
    try:
        yield pdf
    finally:
        raw.FPDF_CloseDocument(pdf)


def title_of(pdf: Any) -> str:
    """The title in the document's properties, or ''."""
    size = raw.FPDF_GetMetaText(pdf, b"Title", None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDF_GetMetaText(pdf, b"Title", buffer, size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0").strip()


def load_page(pdf: Any, index: int) -> Any:
    """A page; what stands in form fields, notes and stamps laid over it is made part of it."""
    page = raw.FPDF_LoadPage(pdf, index)
    if not page or _kinds_of_annotations(page).isdisjoint(_FLATTENED):
        return page
    form = raw.FPDFDOC_InitFormFillEnvironment(pdf, raw.FPDF_FORMFILLINFO(version=2))
    raw.FORM_OnAfterLoadPage(page, form)  # draws the fields that do not say how they look
    raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
    raw.FORM_OnBeforeClosePage(page, form)
    raw.FPDF_ClosePage(page)
    raw.FPDFDOC_ExitFormFillEnvironment(form)
    return raw.FPDF_LoadPage(pdf, index)


def _kinds_of_annotations(page: Any) -> set[int]:
    kinds = set()
    for i in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, i)
        kinds.add(raw.FPDFAnnot_GetSubtype(annotation))
        raw.FPDFPage_CloseAnnot(annotation)
    return kinds


def strikes(page: Any) -> Iterator[tuple[float, float, float, float]]:
    """The lines that annotations draw through text: left, bottom, right, top in pdf coordinates."""
    quad = raw.FS_QUADPOINTSF()
    for i in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, i)
        if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_STRIKEOUT:
            for n in range(raw.FPDFAnnot_CountAttachmentPoints(annotation)):
                raw.FPDFAnnot_GetAttachmentPoints(annotation, n, ctypes.byref(quad))
                xs = quad.x1, quad.x2, quad.x3, quad.x4
                middle = (quad.y1 + quad.y2 + quad.y3 + quad.y4) / 4
                yield min(xs), middle, max(xs), middle
        raw.FPDFPage_CloseAnnot(annotation)


def draw(page: Any, scale: float, grey: bool = False) -> Any:
    """A loaded page as an array, `scale` pixels a point: height x width x 3, RGB; in grey height x width.

    Raises
    ------
    ReadError
        The page is larger than `MAX_PIXELS`.
    """
    import numpy as np

    width = max(1, round(raw.FPDF_GetPageWidthF(page) * scale))
    height = max(1, round(raw.FPDF_GetPageHeightF(page) * scale))
    if width * height > MAX_PIXELS:
        raise ReadError(f"the page is {width} x {height} pixels large", expected="an ordinary page")
    kind, deep = (raw.FPDFBitmap_Gray, 1) if grey else (raw.FPDFBitmap_BGR, 3)
    bitmap = raw.FPDFBitmap_CreateEx(width, height, kind, None, 0)
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, raw.FPDF_ANNOT)
        stride = raw.FPDFBitmap_GetStride(bitmap)
        address = raw.FPDFBitmap_GetBuffer(bitmap)
        buffer = ctypes.cast(address, ctypes.POINTER(ctypes.c_ubyte * (stride * height))).contents
        pixels = np.frombuffer(buffer, np.uint8).reshape(height, stride)[:, : width * deep]
        shaped = pixels if grey else pixels.reshape(height, width, deep)[:, :, ::-1]
        return shaped.copy()
    finally:
        raw.FPDFBitmap_Destroy(bitmap)
