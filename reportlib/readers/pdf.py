"""pdf: characters, boxes and ruling lines through pdfium; pages without text through OCR."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pypdfium2.raw as raw

from ..document import Document, Note, Route
from ..errors import ReadError
from ..layout import THIN, UNREAD, Page, Ruling, blocks, runs, strokes

__all__ = ["read", "render_page"]

MAX_PAGES = 300
MAX_ITEMS = 1_000_000  # words and lines
BLANK = "\u00a0\u00ad\u2002\u2003\u2009\u200b\u3000\ufeff\ufffe"
GLYPHS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd"  # numbers of glyphs in the place of characters, and
UNMAPPED = re.compile(rf"[{GLYPHS}0-9]")  # what may be one although it looks like a figure
LARGE = 3.5  # a character that many times larger than most of the page's is a watermark
UNSEEN = 0.06  # of black on white; text with less contrast to what is under it cannot be seen
UNPAINTED = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
WHITE = 0.94  # brighter than that, a ground is like the paper
FAINT = 0.35  # text with less, and repeated over the page, is a watermark
Matrix = tuple[float, float, float, float, float, float]
_Character = tuple[str, float, float, float, float]
_Box = tuple[float, float, float, float]


def read(data: bytes, name: str, progress: Callable[[int, int], None] | None = None) -> Document:
    """Read a pdf.

    Parameters
    ----------
    data, name
        The file's bytes, and its name for messages.
    progress
        Called with the number of pages recognised and the number to recognise, while OCR runs.

    Returns
    -------
    Document
        Boxes in points from the top left corner of the page as it is seen. `route` is ``ocr``
        where every page is a picture, ``mixed`` where some are.

    Raises
    ------
    ReadError
        Damaged, encrypted, empty or too long; a scan while OCR is not installed.
    """
    with _open(data, name) as pdf:
        count = raw.FPDF_GetPageCount(pdf)
        if count == 0:
            raise ReadError("the pdf has no pages", file=name, hint="Get the file again from its publisher")
        if count > MAX_PAGES:
            raise ReadError(
                f"the pdf has {count} pages",
                file=name,
                expected=f"at most {MAX_PAGES}",
                hint="Cut the annual report out of it, e.g. with a browser's print to pdf",
            )
        notes: list[Note] = []
        pages, pictures, items = [], [], 0
        for index in range(count):
            page, has_picture = _read_page(pdf, index, notes)
            pages.append(page)
            pictures.append(has_picture)
            items += len(page.words) + len(page.rulings)
            if items > MAX_ITEMS:
                hint = "Cut the annual report out of it"
                raise ReadError("the pdf is out of all proportion", file=name, place=f"p. {index + 1}", hint=hint)
        title = _title(pdf)
        scans = [index for index, has_picture in enumerate(pictures) if has_picture]
        for done, index in enumerate(scans):
            if progress:
                progress(done, len(scans))
            _recognise(pdf, pages, index, name, notes)
        if progress and scans:
            progress(len(scans), len(scans))
    if not any(page.words for page in pages):
        raise ReadError("the pdf has no text", file=name, hint="Look at the file: its pages may be empty")
    found, more = blocks(pages, name)
    recognised = {word.confidence is not None for page in pages for word in page.words}
    route: Route = "mixed" if len(recognised) > 1 else "ocr" if True in recognised else "text"
    return Document(tuple(found), "pdf", route, title, (*notes, *more))


def render_page(data: bytes, page: int, scale: float = 2.0) -> Any:
    """A picture of one page.

    Parameters
    ----------
    data
        The pdf's bytes.
    page
        From 1.
    scale
        Pixels a point.

    Returns
    -------
    PIL.Image.Image
    """
    from PIL import Image

    with _open(data, "pdf") as pdf:
        return Image.fromarray(_render(pdf, page - 1, scale))


def _recognise(pdf: Any, pages: list[Page], index: int, name: str, notes: list[Note]) -> None:
    """Recognise a page that is a picture; or the ruled tables in a page's pictures, if it has text too."""
    from . import image

    page, scale = pages[index], image.SCALE
    pixels = _render(pdf, index, scale)
    if page.words:
        if not image.available():
            notes.append(
                Note("picture_not_read", "a picture may hold a table; OCR is not installed", f"p. {index + 1}")
            )
            return
        own = [((word.left + word.right) / 2, (word.top + word.bottom) / 2) for word in page.words]
        tables = [t for t in image.ruled_tables(pixels, scale) if not any(t.find(x, y) for x, y in own)]
        if not tables:
            return
    seen = image.in_points(pixels, index + 1, scale, name)
    if page.words:
        words = [w for w in seen.words if any(t.find((w.left + w.right) / 2, (w.top + w.bottom) / 2) for t in tables)]
        rulings = [r for r in seen.rulings if any(t.holds(r) for t in tables)]
        seen = replace(page, words=page.words + words, rulings=page.rulings + rulings)
    pages[index] = seen


@contextmanager
def _open(data: bytes, name: str) -> Iterator[Any]:
    pdf = raw.FPDF_LoadMemDocument64(data, len(data), None)
    if not pdf:
        error = raw.FPDF_GetLastError()
        if error in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise ReadError("the pdf is protected by a password", file=name, hint="Save it without the password")
        raise ReadError("the pdf is damaged", file=name, hint="Get the file again from its publisher")
    try:
        yield pdf
    finally:
        raw.FPDF_CloseDocument(pdf)


def _title(pdf: Any) -> str:
    size = raw.FPDF_GetMetaText(pdf, b"Title", None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDF_GetMetaText(pdf, b"Title", buffer, size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0").strip()


def _render(pdf: Any, index: int, scale: float) -> Any:
    """A page as an array, height x width x 3, RGB."""
    import numpy as np

    page = _load(pdf, index)
    width = max(1, round(raw.FPDF_GetPageWidthF(page) * scale))
    height = max(1, round(raw.FPDF_GetPageHeightF(page) * scale))
    if width * height > 60_000_000:
        raw.FPDF_ClosePage(page)
        raise ReadError(f"page {index + 1} is {width} x {height} pixels large", expected="an ordinary page")
    bitmap = raw.FPDFBitmap_CreateEx(width, height, raw.FPDFBitmap_BGR, None, 0)
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, raw.FPDF_ANNOT)
        stride = raw.FPDFBitmap_GetStride(bitmap)
        address = raw.FPDFBitmap_GetBuffer(bitmap)
        buffer = ctypes.cast(address, ctypes.POINTER(ctypes.c_ubyte * (stride * height))).contents
        pixels = np.frombuffer(buffer, np.uint8).reshape(height, stride)[:, : width * 3]
        return pixels.reshape(height, width, 3)[:, :, ::-1].copy()
    finally:
        raw.FPDFBitmap_Destroy(bitmap)
        raw.FPDF_ClosePage(page)


def _read_page(pdf: Any, index: int, notes: list[Note]) -> tuple[Page, bool]:
    """The words and rulings of a page, and whether it has a picture worth looking at."""
    page = _load(pdf, index)
    if not page:
        notes.append(Note("page_damaged", f"page {index + 1} cannot be read", f"p. {index + 1}"))
        return Page(index + 1, 595.0, 842.0, []), False
    text = raw.FPDFText_LoadPage(page)
    try:
        turn = _Turn(page, _upright(text))
        painting = _Painting(page, turn)
        place = f"p. {index + 1}"
        if painting.remove_unseen(text):
            notes.append(Note("hidden_text", "text that cannot be seen on the page was left out", place))
            raw.FPDFText_ClosePage(text)
            text = raw.FPDFText_LoadPage(page)
        characters, numbers = _characters(text, turn)
        unmapped = sum(character[0] == UNREAD for character in characters)
        if unmapped > max(10, 0.02 * len(characters)):
            message = f"the font does not tell what {unmapped} characters are: the page was recognised as a picture"
            notes.append(Note("unmapped_text", message, place))
            characters, numbers = [], []
        kept = _without_watermark(text, characters, numbers, turn)
        if len(kept) < len(characters):
            notes.append(Note("watermark", f"{len(characters) - len(kept)} characters were left out", place))
        result = Page(index + 1, turn.width, turn.height, runs(kept), painting.rulings)
        area = turn.width * turn.height
        if characters:
            return result, painting.picture > 0.12 * area
        return result, bool(unmapped) or painting.picture > 0.05 * area or painting.drawings > 100
    finally:
        raw.FPDFText_ClosePage(text)
        raw.FPDF_ClosePage(page)


def _load(pdf: Any, index: int) -> Any:
    """A page; what stands in form fields, notes and stamps laid over it is made part of it."""
    page = raw.FPDF_LoadPage(pdf, index)
    kinds = set()
    for i in range(raw.FPDFPage_GetAnnotCount(page) if page else 0):
        annotation = raw.FPDFPage_GetAnnot(page, i)
        kinds.add(raw.FPDFAnnot_GetSubtype(annotation))
        raw.FPDFPage_CloseAnnot(annotation)
    if kinds.isdisjoint((raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_STAMP)):
        return page
    form = raw.FPDFDOC_InitFormFillEnvironment(pdf, raw.FPDF_FORMFILLINFO(version=2))
    raw.FORM_OnAfterLoadPage(page, form)  # draws the fields that do not say how they look
    raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
    raw.FORM_OnBeforeClosePage(page, form)
    raw.FPDF_ClosePage(page)
    raw.FPDFDOC_ExitFormFillEnvironment(form)
    return raw.FPDF_LoadPage(pdf, index)


def _upright(text: Any) -> int | None:
    """By how many quarters most of the text must be turned to the right to be upright; None without text.

    Mostly that is how the page is turned for the screen.
    """
    count = raw.FPDFText_CountChars(text)
    # Every 17th, and not the ends of lines, which pdfium makes up.
    sample = [i for i in range(0, count, 17 if count > 200 else 1) if raw.FPDFText_GetUnicode(text, i) > 32]
    angles = [raw.FPDFText_GetCharAngle(text, i) for i in sample]
    quarters = [-round(angle / (math.pi / 2)) % 4 for angle in angles if angle >= 0]
    return max(quarters, key=quarters.count) if quarters else None


class _Turn:
    """From pdf coordinates (from the bottom left, not turned) to the page as it is read."""

    def __init__(self, page: Any, quarter: int | None) -> None:
        box = raw.FS_RECTF()
        raw.FPDF_GetPageBoundingBox(page, ctypes.byref(box))
        self.left, self.top, self.right, self.bottom = box.left, box.top, box.right, box.bottom
        self.quarter = raw.FPDFPage_GetRotation(page) % 4 if quarter is None else quarter
        width, height = box.right - box.left, box.top - box.bottom
        self.width, self.height = (height, width) if self.quarter % 2 else (width, height)

    def __call__(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        if self.quarter == 0:
            return left - self.left, self.top - top, right - self.left, self.top - bottom
        if self.quarter == 1:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.quarter == 2:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        return self.top - top, self.right - right, self.top - bottom, self.right - left


def _characters(text: Any, turn: _Turn) -> tuple[list[_Character], list[int]]:
    """Every character that can be seen with its box, and its number."""
    count = raw.FPDFText_CountChars(text)
    buffer = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(text, 0, count, buffer)
    whole = bytes(buffer).decode("utf-16-le", "replace")[:-1]
    if written != count + 1 or len(whole) != count:  # characters beyond the first plane, or left out
        whole = "".join(chr(raw.FPDFText_GetUnicode(text, i)) for i in range(count))
    if any(raw.FPDFText_HasUnicodeMapError(text, match.start()) == 1 for match in UNMAPPED.finditer(whole)):
        whole = "".join(
            UNREAD if char > " " and raw.FPDFText_HasUnicodeMapError(text, i) == 1 else char
            for i, char in enumerate(re.sub(f"[{GLYPHS}]", UNREAD, whole))
        )
    rect = raw.FS_RECTF()
    pointer = ctypes.byref(rect)
    box = raw.FPDFText_GetLooseCharBox
    straight, x, y = turn.quarter == 0, turn.left, turn.top
    characters: list[_Character] = []
    numbers: list[int] = []
    for i, char in enumerate(whole):
        if char <= " " or char in BLANK or not box(text, i, pointer):
            continue
        if straight:
            character = (char, rect.left - x, y - rect.top, rect.right - x, y - rect.bottom)
        else:
            character = (char, *turn(rect.left, rect.bottom, rect.right, rect.top))
        if -1 < character[1] < turn.width and -1 < character[2] < turn.height:  # on the page
            numbers.append(i)
            characters.append(character)
    return characters, numbers


def _without_watermark(text: Any, characters: list[_Character], numbers: list[int], turn: _Turn) -> list[_Character]:
    """Leave out what is written aslant, or much larger than the rest."""
    heights = sorted(bottom - top for _, _, top, _, bottom in characters)
    if not heights or heights[-1] <= 1.25 * heights[len(heights) // 4]:
        return characters
    small, usual = heights[len(heights) // 4], heights[len(heights) // 2]
    kept = []
    for character, i in zip(characters, numbers, strict=True):
        if character[4] - character[2] > 1.25 * small:
            quarter = raw.FPDFText_GetCharAngle(text, i) / (math.pi / 2)
            if abs(quarter - round(quarter)) > 0.05:
                continue
            if character[4] - character[2] > LARGE * usual:
                # Fonts for vertical writing have loose boxes far too large.
                character = (character[0], *_tight(text, i, turn))
                if character[4] - character[2] > LARGE * usual:
                    continue
        kept.append(character)
    return kept


def _tight(text: Any, i: int, turn: _Turn) -> tuple[float, float, float, float]:
    edges = [ctypes.c_double() for _ in range(4)]
    raw.FPDFText_GetCharBox(text, i, *(ctypes.byref(edge) for edge in edges))
    left, right, bottom, top = (edge.value for edge in edges)
    return turn(left, bottom, right, top)


class _Painting:
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

    def __init__(self, page: Any, turn: _Turn) -> None:
        self._page = page
        self.rulings: list[Ruling] = []
        self.picture = 0.0
        self.drawings = 0
        self._texts: list[tuple[Any, Callable[[Any], int], Matrix | None]] = []  # and what takes it away
        # The number of texts painted before, the shape, where it is and how bright.
        self._covers: list[tuple[int, Any, _Box, Matrix | None, float | None]] = []
        self._edges = [ctypes.c_float() for _ in range(4)]
        self._pointers = [ctypes.byref(edge) for edge in self._edges]
        self._colour = [ctypes.c_uint() for _ in range(4)]
        self._colours = [ctypes.byref(part) for part in self._colour]
        self._visit(page, None, turn, 0)

    def _visit(self, holder: Any, matrix: Matrix | None, turn: _Turn, depth: int) -> None:
        if depth == 0:
            count, get, drop = raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject, raw.FPDFPage_RemoveObject
        else:
            count, get, drop = raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject, raw.FPDFFormObj_RemoveObject
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
                if count < 20_000 and (stroke.value or count > 5):  # neither a drawing nor the ground of a cell
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

    def _box(self, item: Any, matrix: Matrix | None) -> _Box | None:
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

    def _cover(self, item: Any, box: _Box, matrix: Matrix | None, bright: float | None) -> None:
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
        """How bright the shape is on which each text stands, where it stands on one; and the texts painted over."""
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


def _clipped(item: Any, box: _Box, matrix: Matrix | None) -> _Box:
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


def _path(item: Any, count: int, stroked: bool, matrix: Matrix | None, turn: _Turn) -> Iterator[Ruling]:
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


def _apply(m: Matrix, box: _Box) -> _Box:
    a, b, c, d, e, f = m
    points = [(a * x + c * y + e, b * x + d * y + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
