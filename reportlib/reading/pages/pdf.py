"""pdf: characters, boxes and ruling lines through pdfium; pages without text through OCR."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

from pypdfium2 import PdfDocument, PdfiumError

from ...errors import ReadError
from ..document import Document, Note, Notes
from ..limits import CUT_OUT, damaged, too_long
from . import ocr, pdfium
from .layout import document_of
from .letters import characters_of, upright, without_watermark
from .painting import Painting, Turn
from .pdfium import load_page, opened
from .ruled import Lattice
from .unseen import struck, take_away_unseen
from .words import UNREAD, Characters, PageContent, runs

__all__ = ["read", "render_page"]

A4 = 595.0, 842.0
"""Points: a page that cannot be loaded."""
MAX_PAGES = 300
"""Pages of a document."""
MAX_ITEMS = 1_000_000
"""Words and ruling lines of a document."""
MAX_LOOKED = 64
"""Pages of too many scans in which a ruled table is looked for."""
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
    notes: Notes = []
    with opened(data, name) as pdf:
        if len(pdf) == 0:
            raise damaged("the pdf", name)
        if len(pdf) > MAX_PAGES:
            raise too_long(name, MAX_PAGES)
        pages, pictures = _read_pages(pdf, name, notes)
        _recognise(pdf, pages, pictures, name, notes)
        title = pdf.get_metadata_value("Title").strip()
    if not any(page.words for page in pages):
        raise ReadError("the pdf has no text", file=name, hint="Look at the file: its pages may be empty")
    return document_of(pages, name, "pdf", notes, title)


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


def _read_pages(pdf: PdfDocument, name: str, notes: Notes) -> tuple[list[PageContent], list[int]]:
    """The pages, and which of them have a picture worth looking at."""
    pages: list[PageContent] = []
    pictures = []
    items = 0
    for index in range(len(pdf)):
        try:
            page, has_picture = _read_page(pdf, index, notes)
        except PdfiumError:
            notes.append(Note.of("page_damaged", f"p. {index + 1}", page=index + 1))
            page = PageContent(index + 1, *A4, [])
            has_picture = False
        pages.append(page)
        if has_picture:
            pictures.append(index)
        items += len(page.words) + len(page.rulings)
        if items > MAX_ITEMS:
            found = "the pdf is out of all proportion"
            raise ReadError(found, file=name, place=f"p. {index + 1}", hint=CUT_OUT)
    return pages, pictures


# ------------------------------------------------------------------------------ pictures


def _recognise(
    pdf: PdfDocument, pages: list[PageContent], pictures: list[int], name: str, notes: Notes
) -> None:
    """Recognise what stands in pictures: of too many, in the first that have a ruled table."""
    able = ocr.available()
    few = not able or len(pictures) <= ocr.MAX_SCANS
    left = ocr.MAX_SCANS
    for n, index in enumerate(pictures):
        page = pages[index]
        if page.words and not able:
            notes.append(Note.of("picture_not_read", f"p. {page.number}", reason={"say": "no_ocr"}))
        elif few or (left and n < MAX_LOOKED and _ruled_tables(pdf, page)):
            left -= 1
            pages[index] = ocr.where_possible(partial(_recognised, pdf, page, name), page, notes)
        else:
            reason = {"say": "too_many_scans", "most": ocr.MAX_SCANS}
            notes.append(Note.of("picture_not_read", f"p. {page.number}", reason=reason))


def _ruled_tables(pdf: PdfDocument, page: PageContent) -> list[Lattice]:
    """The tables in the pictures of a page that hold no text of its own."""
    tables = ocr.ruled_tables(_drawn(pdf, page.number - 1, ocr.SCALE), ocr.SCALE)
    return [table for table in tables if not any(map(table.holds, page.words))]


def _recognised(pdf: PdfDocument, page: PageContent, name: str) -> PageContent:
    """A page that is a picture, recognised; of a page of text the ruled tables in its pictures."""
    tables = _ruled_tables(pdf, page) if page.words else []
    if page.words and not tables:
        return page
    seen = ocr.recognise(_drawn(pdf, page.number - 1, ocr.SCALE), page.number, ocr.SCALE, name)
    if not page.words:
        return seen
    words = list(page.words)
    rulings = list(page.rulings)
    for table in tables:
        words += filter(table.holds, seen.words)
        rulings += filter(table.holds, seen.rulings)
    return replace(page, words=words, rulings=rulings)


# ------------------------------------------------------------------------------ text


def _read_page(pdf: PdfDocument, index: int, notes: Notes) -> tuple[PageContent, bool]:
    """The words and rulings of a page, and whether it has a picture worth looking at."""
    place = f"p. {index + 1}"
    with closing(load_page(pdf, index)) as page:
        text = page.get_textpage()
        turn = Turn(page, upright(text))
        painting = Painting(page, turn)
        characters = characters_of(text, turn)
        if take_away_unseen(page, text, painting, characters):
            notes.append(Note("hidden_text", place))
            text = page.get_textpage()
            characters = characters_of(text, turn)
        unmapped = characters.text.count(UNREAD)
        if unmapped > max(MAX_UNMAPPED, UNMAPPED * len(characters.text)):
            notes.append(Note.of("unmapped_text", place, characters=unmapped))
            characters = Characters("", characters.boxes[:0], characters.numbers[:0])
        has_picture = _has_picture(painting, turn, bool(characters.text), bool(unmapped))
        kept = without_watermark(text, characters, turn, notes, place)
        kept = _without_struck(kept, painting, notes, place)
        return PageContent(index + 1, turn.width, turn.height, runs(kept), painting.rulings), has_picture


def _has_picture(painting: Painting, turn: Turn, has_text: bool, unmapped: bool) -> bool:
    """Whether a page has a picture worth looking at."""
    part: float = painting.picture / (turn.width * turn.height)
    if has_text:
        return part > PICTURE
    return unmapped or part > SCAN or painting.drawings > MAX_DRAWINGS


def _without_struck(characters: Characters, painting: Painting, notes: Notes, place: str) -> Characters:
    """Leave out what is struck out; what a longer line crosses cannot be read."""
    gone, doubtful, strokes = struck(characters, painting.rulings)
    if doubtful.any():
        notes.append(Note.of("crossed_text", place, characters=int(doubtful.sum())))
        characters = characters.unread(doubtful)
    if gone.any():
        notes.append(Note("tracked_changes", place))
        characters = characters.but(~gone)
        painting.rulings = painting.rulings[~strokes]
    return characters
