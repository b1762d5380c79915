"""pdf: characters, boxes and ruling lines through pdfium; pages without text through OCR."""

from __future__ import annotations

import ctypes
import math
import re
from collections import deque
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import Any

import pypdfium2.raw as raw
from pypdfium2 import PdfDocument, PdfiumError

from ...errors import ReadError
from ..document import Document, Note
from . import ocr, pdfium
from .layout import UNREAD, PageContent, blocks, route_of, runs
from .painting import Painting, Turn
from .pdfium import load_page, opened
from .unseen import struck, take_away_unseen
from .words import DIGITS, Characters, Ruling

__all__ = ["read", "render_page"]

A4 = 595.0, 842.0
"""Points: a page that cannot be loaded."""
MAX_PAGES = 300
"""Pages of a document."""
MAX_ITEMS = 1_000_000
"""Words and ruling lines of a document."""
MAX_LOOKED = 64
"""Pages of too many scans in which a ruled table is looked for."""
SAMPLED = 17
"""Of the characters of a long page, each so many-th is asked how it is turned; no period of a table."""
LONG = 200
"""Characters of a long page."""
LARGER = 1.25
"""Times the height of a page's smaller characters: what is larger is worth a closer look."""
LARGE = 3.5
"""Times the usual height: a character that large is a watermark."""
ASLANT = 0.05
"""Quarters of a turn by which upright text may be off."""
TOO_HIGH = 2.6
"""Times as high as the figure itself: its font tells a wrong height (usual ones tell 1.4 to 2.1)."""
FIGURE = 1.5
"""Times the height of a figure: a line of text."""
TINY = 0.3
"""Of the usual height: smaller figures nobody reads (the marks of notes have half of it)."""
TINY_POINTS = 2.5
"""And no figure is tiny that is higher than that."""
UNMAPPED = 0.02
"""Of a page's characters: if the font does not tell what more of them are, the page is recognised."""
MAX_UNMAPPED = 10
"""So many may be unmapped on any page."""
PICTURE = 0.12
"""Of a page with text: a larger picture may hold a table."""
SCAN = 0.05
"""Of a page without text: a larger picture is what stands on it."""
MAX_DRAWINGS = 100
"""Shapes on a page without text: more are its characters."""

_BLANK = "\u00a0\u00ad\u2002\u2003\u2009\u200b\u3000\ufeff\ufffe"
_GLYPHS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd"  # numbers of glyphs in the place of characters, and
_MAY_BE_GLYPH = re.compile(rf"[{_GLYPHS}0-9]")  # what may be one although it looks like a figure


def read(data: bytes, name: str) -> Document:
    """Read a pdf.

    Parameters
    ----------
    data, name
        The file's bytes, and its name for messages.

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
    notes: list[Note] = []
    with opened(data, name) as pdf:
        if len(pdf) == 0:
            raise ReadError("the pdf has no pages", file=name, hint="Get the file again from its publisher")
        if len(pdf) > MAX_PAGES:
            found, expected = f"the pdf has {len(pdf)} pages", f"at most {MAX_PAGES}"
            hint = "Cut the annual report out of it, e.g. with a browser's print to pdf"
            raise ReadError(found, file=name, expected=expected, hint=hint)
        pages, pictures = _read_pages(pdf, name, notes)
        chosen = _worth_recognising(pdf, pages, pictures, notes)
        for index in chosen:
            recognised = partial(_recognised, pdf, pages[index], name)
            pages[index] = ocr.where_possible(recognised, pages[index], notes)
        title = pdf.get_metadata_value("Title").strip()
    if not any(page.words for page in pages):
        raise ReadError("the pdf has no text", file=name, hint="Look at the file: its pages may be empty")
    found_blocks, more = blocks(pages, name)
    return Document(tuple(found_blocks), "pdf", route_of(pages), title, (*notes, *more))


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

    with opened(data, "pdf") as pdf:
        return Image.fromarray(_drawn(pdf, page - 1, scale))


def _drawn(pdf: PdfDocument, index: int, scale: float) -> Any:
    with closing(load_page(pdf, index)) as page:
        return pdfium.draw(page, scale)


def _read_pages(pdf: PdfDocument, name: str, notes: list[Note]) -> tuple[list[PageContent], list[int]]:
    """The pages, and which of them have a picture worth looking at."""
    pages: list[PageContent] = []
    pictures, items = [], 0
    for index in range(len(pdf)):
        try:
            page, has_picture = _read_page(pdf, index, notes)
        except PdfiumError:
            notes.append(Note.of("page_damaged", f"p. {index + 1}", page=index + 1))
            page, has_picture = PageContent(index + 1, *A4, []), False
        pages.append(page)
        if has_picture:
            pictures.append(index)
        items += len(page.words) + len(page.rulings)
        if items > MAX_ITEMS:
            hint, place = "Cut the annual report out of it", f"p. {index + 1}"
            raise ReadError("the pdf is out of all proportion", file=name, place=place, hint=hint)
    return pages, pictures


# ------------------------------------------------------------------------------ pictures


def _worth_recognising(
    pdf: PdfDocument, pages: list[PageContent], pictures: list[int], notes: list[Note]
) -> list[int]:
    """Which pages are recognised: of too many, the first that have a ruled table."""
    if pictures and not ocr.available():
        with_text = [index for index in pictures if pages[index].words]
        notes += [Note.of("picture_not_read", f"p. {n + 1}", reason={"say": "no_ocr"}) for n in with_text]
        return [index for index in pictures if not pages[index].words]
    if len(pictures) <= ocr.MAX_SCANS:
        return pictures
    chosen: list[int] = []
    for n, index in enumerate(pictures):
        room = n < MAX_LOOKED and len(chosen) < ocr.MAX_SCANS
        if room and ocr.ruled_tables(_drawn(pdf, index, ocr.SCALE), ocr.SCALE):
            chosen.append(index)
        else:
            reason = {"say": "too_many_scans", "most": ocr.MAX_SCANS}
            notes.append(Note.of("picture_not_read", f"p. {index + 1}", reason=reason))
    return chosen


def _recognised(pdf: PdfDocument, page: PageContent, name: str) -> PageContent:
    """A page that is a picture, recognised; of a page of text the ruled tables in its pictures."""
    pixels = _drawn(pdf, page.number - 1, ocr.SCALE)
    if not page.words:
        return ocr.recognise(pixels, page.number, ocr.SCALE, name)
    tables = [table for table in ocr.ruled_tables(pixels, ocr.SCALE) if not any(map(table.holds, page.words))]
    if not tables:
        return page
    seen = ocr.recognise(pixels, page.number, ocr.SCALE, name)
    words, rulings = list(page.words), list(page.rulings)
    for table in tables:
        words += filter(table.holds, seen.words)
        rulings += filter(table.holds, seen.rulings)
    return replace(page, words=words, rulings=rulings)


# ------------------------------------------------------------------------------ text


def _read_page(pdf: PdfDocument, index: int, notes: list[Note]) -> tuple[PageContent, bool]:
    """The words and rulings of a page, and whether it has a picture worth looking at."""
    place = f"p. {index + 1}"
    with closing(load_page(pdf, index)) as page:
        text = page.get_textpage()
        turn = Turn(page, _upright(text))
        painting = Painting(page, turn)
        painting.rulings += [Ruling(*turn(*line)) for line in pdfium.strikes(page)]
        characters = _characters(text, turn)
        if take_away_unseen(page, text, painting, characters):
            notes.append(Note("hidden_text", place))
            text = page.get_textpage()
            characters = _characters(text, turn)
        unmapped = characters.text.count(UNREAD)
        if unmapped > max(MAX_UNMAPPED, UNMAPPED * len(characters.text)):
            notes.append(Note.of("unmapped_text", place, characters=unmapped))
            characters = Characters("", characters.boxes[:0], [])
        has_picture = _has_picture(painting, turn, bool(characters.text), bool(unmapped))
        kept = _without_watermark(text, characters, turn, notes, place)
        kept = _without_struck(kept, painting, notes, place)
        return PageContent(index + 1, turn.width, turn.height, runs(kept), painting.rulings), has_picture


def _has_picture(painting: Painting, turn: Turn, has_text: bool, unmapped: bool) -> bool:
    """Whether a page has a picture worth looking at."""
    part: float = painting.picture / (turn.width * turn.height)
    if has_text:
        return part > PICTURE
    return unmapped or part > SCAN or painting.drawings > MAX_DRAWINGS


def _upright(text: Any) -> int | None:
    """By how many quarters most of the text must be turned to the right to be upright; None without text.

    Mostly that is how the page is turned for the screen.
    """
    at, count = pdfium.address_of(text.raw), raw.FPDFText_CountChars(text)
    # Not the ends of lines, which pdfium makes up.
    sample = [i for i in range(0, count, SAMPLED if count > LONG else 1) if pdfium.unicode_of(at, i) > 32]
    angles = [pdfium.angle_of(at, i) for i in sample]
    quarters = [-round(angle / (math.pi / 2)) % 4 for angle in angles if angle >= 0]
    return max(quarters, key=quarters.count) if quarters else None


def _characters(text: Any, turn: Turn) -> Characters:
    """Every character of the page that is not blank."""
    import numpy as np

    at, whole = pdfium.address_of(text.raw), _whole_text(text)
    numbers = np.array([i for i, char in enumerate(whole) if char > " " and char not in _BLANK], int)
    edges = np.zeros((len(numbers), 4), np.float32)
    places = range(edges.ctypes.data, edges.ctypes.data + edges.nbytes, 16)
    deque(map(pdfium.loose_box, repeat(at), numbers.tolist(), places), maxlen=0)
    left, top, right, bottom = edges.astype(float).T  # as pdfium writes a rectangle
    boxes = np.stack(turn(left, bottom, right, top), axis=1)
    known = edges.any(axis=1)
    on_page = (
        (boxes[:, 0] > -1) & (boxes[:, 0] < turn.width) & (boxes[:, 1] > -1) & (boxes[:, 1] < turn.height)
    )
    kept = known & on_page
    chosen = numbers[kept].tolist()
    characters = Characters("".join([whole[i] for i in chosen]), boxes[kept], chosen)
    _lower_figures(text, characters, turn)
    return characters


def _lower_figures(text: Any, characters: Characters, turn: Turn) -> None:
    """Give figures boxes as high as they look, where a font says that its characters are far higher."""
    digits, boxes = characters.digits(), characters.boxes
    if not any(_is_too_high(text, characters, n, turn) for n in digits[: SAMPLED * SAMPLED : SAMPLED]):
        return
    lowered: int | None = None
    for n, char in enumerate(characters.text):
        if char.isdigit():
            lowered = n if _is_too_high(text, characters, n, turn) else None
            if lowered is not None:
                _, top, _, bottom = _tight_box(text, characters.numbers[n], turn)
                more = (FIGURE - 1) / 2 * (bottom - top)
                boxes[n, 1], boxes[n, 3] = top - more, bottom + more
        elif char in DIGITS and lowered is not None:
            boxes[n, 1], boxes[n, 3] = boxes[lowered, 1], boxes[lowered, 3]


def _is_too_high(text: Any, characters: Characters, n: int, turn: Turn) -> bool:
    _, top, _, bottom = characters.boxes[n]
    _, inner_top, _, inner_bottom = _tight_box(text, characters.numbers[n], turn)
    return bool(bottom - top > TOO_HIGH * (inner_bottom - inner_top) > 0)


def _whole_text(text: Any) -> str:
    """The text of a page, a character for each of pdfium's; those that the font does not name are unread."""
    at, count = pdfium.address_of(text.raw), raw.FPDFText_CountChars(text)
    buffer = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(text, 0, count, buffer)
    whole = bytes(buffer).decode("utf-16-le", "replace")[:-1]
    if written != count + 1 or len(whole) != count:  # characters beyond the first plane, or left out
        whole = "".join(chr(pdfium.unicode_of(at, i)) for i in range(count))
    if not any(pdfium.has_no_unicode(at, match.start()) == 1 for match in _MAY_BE_GLYPH.finditer(whole)):
        return whole
    whole = re.sub(f"[{_GLYPHS}]", UNREAD, whole)
    unread = (char > " " and pdfium.has_no_unicode(at, i) == 1 for i, char in enumerate(whole))
    return "".join(UNREAD if gone else char for char, gone in zip(whole, unread, strict=True))


def _without_watermark(
    text: Any, characters: Characters, turn: Turn, notes: list[Note], place: str
) -> Characters:
    """Leave out what is written aslant, much larger than the rest, or too small to be read."""
    import numpy as np

    if not characters.text:
        return characters
    high = characters.boxes[:, 3] - characters.boxes[:, 1]
    ordered = np.sort(high)
    small, usual = ordered[len(high) // 4], ordered[len(high) // 2]
    keep = np.ones(len(high), bool)
    figures = high[characters.digits()]
    keep[characters.digits()] = (figures >= TINY * usual) | (figures > TINY_POINTS)
    if not keep.all():
        notes.append(Note("hidden_text", place))
    at, marks = pdfium.address_of(text.raw), 0
    for n in np.flatnonzero(high > LARGER * small).tolist():
        number = characters.numbers[n]
        quarter = pdfium.angle_of(at, number) / (math.pi / 2)
        if abs(quarter - round(quarter)) <= ASLANT:
            if high[n] <= LARGE * usual:
                continue
            characters.boxes[n] = _tight_box(text, number, turn)  # fonts for vertical writing have large ones
            if characters.boxes[n, 3] - characters.boxes[n, 1] <= LARGE * usual:
                continue
        keep[n] = False
        marks += 1
    if marks:
        notes.append(Note.of("watermark", place, characters=marks))
    return characters if keep.all() else characters.but(keep)


def _tight_box(text: Any, number: int, turn: Turn) -> tuple[float, float, float, float]:
    return turn(*text.get_charbox(number))


def _without_struck(characters: Characters, painting: Painting, notes: list[Note], place: str) -> Characters:
    """Leave out what is struck out; what a longer line crosses cannot be read."""
    gone, doubtful, lines = struck(characters, painting.rulings)
    if doubtful.any():
        notes.append(Note.of("crossed_text", place, characters=int(doubtful.sum())))
        characters = characters.unread(doubtful)
    if gone.any():
        notes.append(Note("tracked_changes", place))
        characters = characters.but(~gone)
        painting.rulings = [ruling for ruling in painting.rulings if ruling not in lines]
    return characters
