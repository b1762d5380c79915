"""Text of a pdf's page that nobody sees, and text that is struck out.

Text is looked at where figures are. What looks odd there (pale, not painted, painted over, clipped, on a
layer) is taken away, and the page drawn with it and without: where that makes no difference, nobody saw it.
"""

from __future__ import annotations

import ctypes
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import compress, repeat
from typing import Any

import pypdfium2.raw as raw
from pypdfium2 import PdfPage

from . import pdfium
from .painting import Painting, brightness
from .words import Characters

__all__ = ["struck", "take_away_unseen"]

SCALE = 2.0
"""Pixels a point at which the strokes of small print are as dark as they are meant."""
EVERY = 16
"""Of the characters that are no figures, each so many-th is looked at: enough to find a layer of text."""
PALE = 0.7
"""Of white's brightness: text that is paler may be a watermark or not be seen."""
UNSEEN = 0.06
"""Of black on white: text with less contrast to what is under it cannot be seen."""
FAINT = 0.26
"""Of black on white: text with less, and repeated over the page, is a watermark."""
REPEATED = 3
"""Times that a faint text stands on a page if it is a watermark."""
ACROSS = 0.2
"""Of a character's height: so near to its middle a line strikes it out (an underline is at 0.4)."""
BESIDE = 0.5
"""Of a character's height: a line that reaches further beyond the text it strikes is no stroke of the pen."""
LAYER = "OC"
"""The mark of what stands on a layer, which may be switched off (PDF 1.7, 8.11.3)."""

MAX_OVERLAPS = 10_000_000
"""Texts times shapes that may hide them; of more each text is looked at."""

_UNPAINTED = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
_Texts = dict[int, list[float]]
"""A point in each of some text objects, by their numbers on the page."""


def take_away_unseen(page: PdfPage, text: Any, painting: Painting, characters: Characters) -> int:
    """Take the texts from a loaded page that nobody sees, and count them.

    They are not painted, painted over, clipped, on a layer that is switched off, or in the colour of
    their ground; or they are faint and stand there several times: a watermark.
    """
    many = len(characters.text)
    some = [*range(0, many, EVERY), *characters.digits.tolist()]
    if not _suspects(painting, _texts(text, painting, characters, some)):
        return 0
    texts = _texts(text, painting, characters, range(many))
    contrasts = _contrasts(page, painting, _suspects(painting, texts))
    gone = [n for n, contrast in contrasts.items() if contrast < UNSEEN]
    said: defaultdict[int, str] = defaultdict(str)
    for item, character in zip(_items(text, characters, range(many)), characters.text, strict=True):
        said[painting.texts.get(item, -1)] += character
    faint = [n for n, contrast in contrasts.items() if UNSEEN <= contrast < FAINT]
    times = Counter(said[n] for n in faint)
    gone += [n for n in faint if len(said[n]) > 1 and times[said[n]] >= REPEATED]
    for n in gone:
        pdfium.set_active(painting.items[n], 0)
    return len(gone)


def _items(text: Any, characters: Characters, chosen: Sequence[int]) -> Iterator[int]:
    """The text object in which each of some characters stands."""
    numbers = characters.numbers[chosen].tolist()
    return map(pdfium.text_object, repeat(pdfium.address_of(text.raw)), numbers)


def _texts(text: Any, painting: Painting, characters: Characters, chosen: Sequence[int]) -> _Texts:
    """The text objects of some characters."""
    boxes = characters.boxes[chosen]
    middles = ((boxes[:, :2] + boxes[:, 2:]) / 2).tolist()
    places = dict(zip(_items(text, characters, chosen), middles, strict=True))
    return {painting.texts[item]: place for item, place in places.items() if item in painting.texts}


def _suspects(painting: Painting, texts: _Texts) -> list[int]:
    """The texts that may not be seen: not painted, pale, on a layer, outside their clipping path, painted
    over, in the colour of the dark ground that they stand on, or in a form, which may be hidden as a whole.
    """
    import numpy as np

    items = [painting.items[n] for n in texts]
    modes = pdfium.answers(pdfium.render_mode, items)
    bright = brightness(items)
    odd = np.isin(modes, _UNPAINTED) | ((bright > PALE) & (modes != raw.FPDF_TEXTRENDERMODE_STROKE))
    odd |= _over_and_under(painting, texts, bright)
    odd |= np.array([item in painting.forms for item in items], bool)
    for k in pdfium.answers(pdfium.object_marks, items).nonzero()[0]:
        odd[k] |= _on_a_layer(items[k])
    paths = list(map(pdfium.clip_path, items))
    points = list(texts.values())
    for k in (pdfium.answers(pdfium.clip_paths, paths) > 0).nonzero()[0]:
        odd[k] |= painting.is_clipped(items[k], *points[k])
    return list(compress(texts, odd))


def _on_a_layer(item: int) -> bool:
    size = ctypes.c_ulong()
    for n in range(pdfium.object_marks(item)):
        buffer = ctypes.create_string_buffer(8)  # longer names are others
        mark = pdfium.object_mark(item, n)
        pdfium.mark_name(mark, ctypes.addressof(buffer), len(buffer), ctypes.addressof(size))
        if buffer.raw[: size.value].decode("utf-16-le", "replace").rstrip("\0") == LAYER:
            return True
    return False


def _over_and_under(painting: Painting, texts: _Texts, bright: Any) -> Any:
    """Which texts are painted over, or in the colour of the dark ground that they stand on."""
    import numpy as np

    if len(texts) * len(painting.covers) > MAX_OVERLAPS:
        return np.ones(len(texts), bool)
    order = np.array(list(texts))
    x, y = np.reshape(list(texts.values()), (-1, 2)).T
    shape, left, top, right, bottom, tone = painting.covers.T[:, :, None]
    inside = (left < x) & (x < right) & (top < y) & (y < bottom)
    same = np.abs(bright - tone) < 2 * UNSEEN
    return (inside & (same | (order < shape))).any(axis=0)


def _contrasts(page: PdfPage, painting: Painting, texts: list[int]) -> dict[int, float]:
    """How much of black on white a page changes at most where each text is taken away."""
    import numpy as np

    drawn = []
    for active in (0, 1):
        for n in texts:
            pdfium.set_active(painting.items[n], active)
        drawn.append(pdfium.draw(page, SCALE, grey=True).astype(np.int16))
    change = np.rot90(np.abs(drawn[1] - drawn[0]), -painting.turn.aside)
    parts = [_pixels(box) for box in painting.places(texts).tolist()]
    times = np.zeros(change.shape, np.uint8)
    for part in parts:
        times[part] += times[part] < 2
    found = {}
    for n, part in zip(texts, parts, strict=True):
        own = change[part][times[part] == 1]  # where no other text was taken away
        changed = own if own.size else change[part]
        found[n] = float(changed.max(initial=0)) / 255
    return found


def _pixels(box: list[float]) -> tuple[slice, slice]:
    """The pixels of a box and those around it."""
    left, top = (max(0, round(SCALE * edge) - 1) for edge in box[:2])
    right, bottom = (max(0, round(SCALE * edge) + 1) for edge in box[2:])
    return slice(top, bottom), slice(left, right)


def struck(characters: Characters, rulings: Any) -> tuple[Any, Any, Any]:
    """Which characters are struck out, which figures a longer line crosses, and which lines strike out.

    Only lines are looked at that cross figures. What a line crosses that goes on beyond the text
    nobody can be sure of. All are arrays of bool.
    """
    import numpy as np

    boxes = characters.boxes
    digits = characters.digits
    gone = np.zeros(len(boxes), bool)
    doubtful = gone.copy()
    strokes = np.zeros(len(rulings), bool)
    lines = _beside(boxes[digits], rulings)
    if len(lines) * len(boxes) > MAX_OVERLAPS:
        doubtful[digits] = True
        return gone, doubtful, strokes
    for n in lines:
        crossed = _crossed(boxes, rulings[n])
        figures = digits[crossed[digits]]
        if len(figures):
            left, top, right, bottom = boxes[crossed].T
            slack = BESIDE * (bottom - top).max()
            strokes[n] = left.min() - slack < rulings[n, 0] and rulings[n, 2] < right.max() + slack
            gone[crossed] |= strokes[n]
            doubtful[figures] |= ~strokes[n]
    return gone, doubtful, strokes


def _beside(boxes: Any, rulings: Any) -> Any:
    """The numbers of the level lines that stand as high as the middle of figures."""
    import numpy as np

    left, top, right, bottom = rulings.T
    middles = np.sort((boxes[:, 1] + boxes[:, 3]) / 2)
    reach = ACROSS * (boxes[:, 3] - boxes[:, 1]).max(initial=0)
    at = (top + bottom) / 2
    figures = np.searchsorted(middles, at + reach) - np.searchsorted(middles, at - reach)
    return np.flatnonzero((figures > 0) & (right - left > bottom - top))


def _crossed(boxes: Any, line: Any) -> Any:
    """Through the middle of which characters a level line goes."""
    import numpy as np

    left, top, right, bottom = boxes.T
    start, y0, end, y1 = line
    off = np.abs(top + bottom - y0 - y1) / 2
    centre = (left + right) / 2
    return (start < centre) & (centre < end) & (off <= ACROSS * (bottom - top))
