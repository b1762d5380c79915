"""The characters of a pdf's page, as pdfium tells them: where they stand, how they are turned, how large."""

from __future__ import annotations

import ctypes
import math
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2.raw as raw

from ..document import Note, Notes
from . import pdfium
from .painting import Turn
from .words import UNREAD, Characters

__all__ = ["characters_of", "upright", "without_watermark"]

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

_DIRECTIONS = [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
_BLANK = [*b" \xa0\xad", 0x2002, 0x2003, 0x2009, 0x200B, 0x3000, 0xFEFF, 0xFFFE, *_DIRECTIONS]
_CONTROLS = [*b"\t\n\r"]
_UNREAD = ord(UNREAD)


def upright(text: Any) -> int | None:
    """By how many quarters most of a page must be turned to the right to be upright; None without text.

    Mostly that is how the page is turned for the screen.
    """
    at = pdfium.address_of(text.raw)
    count = raw.FPDFText_CountChars(text)
    # Not the ends of lines, which pdfium makes up.
    sample = [n for n in range(0, count, SAMPLED if count > LONG else 1) if pdfium.unicode_of(at, n) > 32]
    quarters = _quarters(at, sample)
    found = np.bincount(-np.rint(quarters[quarters >= 0]).astype(int) % 4)
    return int(found.argmax()) if found.any() else None


def _quarters(at: int, numbers: list[int]) -> Any:
    """By how many quarters characters are turned to the left; less than 0 where nobody knows."""
    angles = map(pdfium.angle_of, repeat(at), numbers)
    return np.fromiter(angles, float, len(numbers)) / (math.pi / 2)


def characters_of(text: Any, turn: Turn) -> Characters:
    """Every character of a page that is not blank."""
    at = pdfium.address_of(text.raw)
    codes = _codes(text)
    numbers = np.flatnonzero((codes > 32) & ~np.isin(codes, _BLANK))
    edges, _ = pdfium.written(pdfium.loose_box, numbers.tolist(), 4, "f4", at)
    boxes = turn.boxes(edges[:, [0, 3, 2, 1]])
    on_page = (boxes[:, :2] > -1) & (boxes[:, :2] < (turn.width, turn.height))
    kept = edges.any(axis=1) & on_page.all(axis=1)
    numbers = numbers[kept]
    characters = Characters("".join(map(chr, codes[numbers].tolist())), boxes[kept], numbers)
    _lower_figures(at, characters, turn)
    return characters


def _codes(text: Any) -> Any:
    """The code of each of a page's characters; those that the font does not name are unread."""
    at = pdfium.address_of(text.raw)
    count = raw.FPDFText_CountChars(text)
    buffer = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(text, 0, count, buffer)
    codes = np.frombuffer(buffer, np.uint16)[:count].astype(int)
    if written != count + 1 or (codes >> 11 == 0x1B).any():  # left out, or beyond the first plane
        codes = pdfium.answers(pdfium.unicode_of, range(count), at)
        codes[codes >> 11 == 0x1B] = _UNREAD  # half a character, which no text can hold alone
    # Numbers of glyphs in the place of characters, and what may be one although it looks like a figure.
    glyphs = (codes < 32) & ~np.isin(codes, _CONTROLS) | (codes > 126) & (codes < 160) | (codes == _UNREAD)
    doubtful = np.flatnonzero(glyphs | (codes >= ord("0")) & (codes <= ord("9")))
    if (pdfium.answers(pdfium.has_no_unicode, doubtful.tolist(), at) == 1).any():
        unnamed = pdfium.answers(pdfium.has_no_unicode, range(count), at) == 1
        codes[glyphs | unnamed & (codes > 32)] = _UNREAD
    return codes


def _tight_boxes(at: int, numbers: Any, turn: Turn) -> Any:
    """The boxes around what characters look like."""
    edges, _ = pdfium.written(pdfium.tight_box, numbers.tolist(), 4, "f8", at)
    return turn.boxes(edges[:, [0, 2, 1, 3]])


def _high(boxes: Any) -> Any:
    return boxes[:, 3] - boxes[:, 1]


def _lower_figures(at: int, characters: Characters, turn: Turn) -> None:
    """Give figures boxes as high as they look, where a font says that its characters are far higher."""
    digits = characters.digits
    boxes = characters.boxes
    for chosen in (digits[: SAMPLED * SAMPLED : SAMPLED], digits):
        tight = _tight_boxes(at, characters.numbers[chosen], turn)
        lower = (_high(boxes[chosen]) > TOO_HIGH * _high(tight)) & (_high(tight) > 0)
        if not lower.any():
            return
    more = (FIGURE - 1) / 2 * _high(tight[lower])
    boxes[digits[lower], 1], boxes[digits[lower], 3] = tight[lower, 1] - more, tight[lower, 3] + more


def without_watermark(text: Any, characters: Characters, turn: Turn, notes: Notes, place: str) -> Characters:
    """Leave out what is written aslant, much larger than the rest, or too small to be read."""
    if not characters.text:
        return characters
    at = pdfium.address_of(text.raw)
    boxes = characters.boxes
    high = _high(boxes)
    ordered = np.sort(high)
    small = ordered[len(high) // 4]
    usual = ordered[len(high) // 2]
    keep = np.ones(len(high), bool)
    figures = high[characters.digits]
    keep[characters.digits] = (figures >= TINY * usual) | (figures > TINY_POINTS)
    if not keep.all():
        notes.append(Note("hidden_text", place))
    large = np.flatnonzero(high > LARGER * small)
    quarters = _quarters(at, characters.numbers[large].tolist())
    aslant = np.abs(quarters - np.rint(quarters)) > ASLANT
    huge = large[~aslant & (high[large] > LARGE * usual)]
    boxes[huge] = _tight_boxes(
        at, characters.numbers[huge], turn
    )  # fonts for vertical writing have large ones
    marks = np.append(large[aslant], huge[_high(boxes[huge]) > LARGE * usual])
    keep[marks] = False
    if len(marks):
        notes.append(Note.of("watermark", place, characters=len(marks)))
    return characters.but(keep)
