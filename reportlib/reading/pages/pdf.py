"""pdf: characters, boxes and ruling lines through pdfium; pages without text through OCR."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pypdfium2.raw as raw

from ...errors import ReadError
from ..document import Document, Note, Route
from .layout import UNREAD, Page, blocks, runs
from .painting import Painting, Turn

__all__ = ["read", "render_page"]

MAX_PAGES = 300
MAX_ITEMS = 1_000_000  # words and lines
BLANK = "\u00a0\u00ad\u2002\u2003\u2009\u200b\u3000\ufeff\ufffe"
GLYPHS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd"  # numbers of glyphs in the place of characters, and
UNMAPPED = re.compile(rf"[{GLYPHS}0-9]")  # what may be one although it looks like a figure
LARGE = 3.5  # a character that many times larger than most of the page's is a watermark
_Character = tuple[str, float, float, float, float]


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
                raise ReadError(
                    "the pdf is out of all proportion", file=name, place=f"p. {index + 1}", hint=hint
                )
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
    from . import ocr as image

    page, scale = pages[index], image.SCALE
    pixels = _render(pdf, index, scale)
    if page.words:
        if not image.available():
            notes.append(Note.of("picture_not_read", f"p. {index + 1}", reason={"say": "no_ocr"}))
            return
        own = [((word.left + word.right) / 2, (word.top + word.bottom) / 2) for word in page.words]
        tables = [t for t in image.ruled_tables(pixels, scale) if not any(t.find(x, y) for x, y in own)]
        if not tables:
            return
    seen = image.in_points(pixels, index + 1, scale, name)
    if page.words:
        words = [
            w
            for w in seen.words
            if any(t.find((w.left + w.right) / 2, (w.top + w.bottom) / 2) for t in tables)
        ]
        rulings = [r for r in seen.rulings if any(t.holds(r) for t in tables)]
        seen = replace(page, words=page.words + words, rulings=page.rulings + rulings)
    pages[index] = seen


@contextmanager
def _open(data: bytes, name: str) -> Iterator[Any]:
    pdf = raw.FPDF_LoadMemDocument64(data, len(data), None)
    if not pdf:
        error = raw.FPDF_GetLastError()
        if error in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise ReadError(
                "the pdf is protected by a password", file=name, hint="Save it without the password"
            )
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
        notes.append(Note.of("page_damaged", f"p. {index + 1}", page=index + 1))
        return Page(index + 1, 595.0, 842.0, []), False
    text = raw.FPDFText_LoadPage(page)
    try:
        turn = Turn(page, _upright(text))
        painting = Painting(page, turn)
        place = f"p. {index + 1}"
        if painting.remove_unseen(text):
            notes.append(Note("hidden_text", place))
            raw.FPDFText_ClosePage(text)
            text = raw.FPDFText_LoadPage(page)
        characters, numbers = _characters(text, turn)
        unmapped = sum(character[0] == UNREAD for character in characters)
        if unmapped > max(10, 0.02 * len(characters)):
            notes.append(Note.of("unmapped_text", place, characters=unmapped))
            characters, numbers = [], []
        kept = _without_watermark(text, characters, numbers, turn)
        if len(kept) < len(characters):
            notes.append(Note.of("watermark", place, characters=len(characters) - len(kept)))
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


def _characters(text: Any, turn: Turn) -> tuple[list[_Character], list[int]]:
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


def _without_watermark(
    text: Any, characters: list[_Character], numbers: list[int], turn: Turn
) -> list[_Character]:
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


def _tight(text: Any, i: int, turn: Turn) -> tuple[float, float, float, float]:
    edges = [ctypes.c_double() for _ in range(4)]
    raw.FPDFText_GetCharBox(text, i, *(ctypes.byref(edge) for edge in edges))
    left, right, bottom, top = (edge.value for edge in edges)
    return turn(left, bottom, right, top)
