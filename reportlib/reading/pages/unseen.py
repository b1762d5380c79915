"""Text of a pdf's page that nobody sees, and text that is struck out.

Text is looked at where figures are. What looks odd there (pale, not painted, painted over, clipped, on a
layer) is taken away, and the page drawn with it and without: where that makes no difference, nobody saw it.
"""

from __future__ import annotations

import ctypes
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import repeat
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
_Places = dict[int, list[float]]  # text objects, and a point in each


def take_away_unseen(page: PdfPage, text: Any, painting: Painting, characters: Characters) -> int:
    """Take the texts from a loaded page that nobody sees, and count them.

    They are not painted, painted over, clipped, on a layer that is switched off, or in the colour of
    their ground; or they are faint and stand there several times: a watermark.
    """
    many = len(characters.text)
    some = [*range(0, many, EVERY), *characters.digits.tolist()]
    if not _suspects(painting, _places(_texts_of(text, characters, some), painting, characters, some)):
        return 0
    items = _texts_of(text, characters, range(many))
    every = range(many)
    contrasts = _contrasts(page, painting, _suspects(painting, _places(items, painting, characters, every)))
    gone = [item for item, contrast in contrasts.items() if contrast < UNSEEN]
    said: defaultdict[int, str] = defaultdict(str)
    for item, char in zip(items, characters.text, strict=True):
        said[item] += char
    faint = [item for item, contrast in contrasts.items() if UNSEEN <= contrast < FAINT]
    times = Counter(said[item] for item in faint)
    gone += [item for item in faint if len(said[item]) > 1 and times[said[item]] >= REPEATED]
    for item in gone:
        pdfium.set_active(item, 0)
    return len(gone)


def _texts_of(text: Any, characters: Characters, chosen: Sequence[int]) -> list[int]:
    """The text object in which each of some characters stands."""
    numbers = characters.numbers[chosen].tolist()
    return [*map(pdfium.text_object, repeat(pdfium.address_of(text.raw)), numbers)]


def _places(items: list[int], painting: Painting, characters: Characters, chosen: Sequence[int]) -> _Places:
    """The text objects of some characters, and where one of them stands in each."""
    boxes = characters.boxes[chosen]
    middles = ((boxes[:, :2] + boxes[:, 2:]) / 2).tolist()
    places = dict(zip(items, middles, strict=True))
    return {item: place for item, place in places.items() if item in painting.texts}


def _suspects(painting: Painting, places: _Places) -> list[int]:
    """The texts that may not be seen: not painted, pale, on a layer, outside their clipping path, painted
    over, in the colour of the dark ground that they stand on, or in a form, which may be hidden as a whole.
    """
    import numpy as np

    items = list(places)
    modes = pdfium.answers(pdfium.render_mode, items)
    bright = brightness(items)
    odd = np.isin(modes, _UNPAINTED) | ((bright > PALE) & (modes != raw.FPDF_TEXTRENDERMODE_STROKE))
    odd |= _over_and_under(painting, places, bright)
    odd |= np.array([item in painting.forms for item in items], bool)
    for n in pdfium.answers(pdfium.object_marks, items).nonzero()[0]:
        odd[n] |= _on_a_layer(items[n])
    paths = list(map(pdfium.clip_path, items))
    for n in (pdfium.answers(pdfium.clip_paths, paths) > 0).nonzero()[0]:
        odd[n] |= painting.is_clipped(items[n], *places[items[n]])
    return [items[n] for n in odd.nonzero()[0]]


def _on_a_layer(item: int) -> bool:
    size = ctypes.c_ulong()
    for n in range(pdfium.object_marks(item)):
        buffer = ctypes.create_string_buffer(8)  # longer names are others
        mark = pdfium.object_mark(item, n)
        pdfium.mark_name(mark, ctypes.addressof(buffer), len(buffer), ctypes.addressof(size))
        if buffer.raw[: size.value].decode("utf-16-le", "replace").rstrip("\0") == LAYER:
            return True
    return False


def _over_and_under(painting: Painting, places: _Places, bright: Any) -> Any:
    """Which texts are painted over, or in the colour of the dark ground that they stand on."""
    import numpy as np

    if not painting.covers or not places:
        return np.zeros(len(places), bool)
    if len(places) * len(painting.covers) > MAX_OVERLAPS:
        return np.ones(len(places), bool)
    order = np.array([painting.texts[item] for item in places])
    x, y = np.array(list(places.values())).T
    shape, left, top, right, bottom, tone = np.array(painting.covers).T[:, :, None]
    inside = (left < x) & (x < right) & (top < y) & (y < bottom)
    same = np.abs(bright - tone) < 2 * UNSEEN
    return (inside & (same | (order < shape))).any(axis=0)


def _contrasts(page: PdfPage, painting: Painting, items: list[int]) -> dict[int, float]:
    """How much of black on white a page changes at most where each text is taken away."""
    import numpy as np

    whole = pdfium.draw(page, SCALE, grey=True).astype(np.int16)
    for item in items:
        pdfium.set_active(item, 0)
    change = np.abs(whole - pdfium.draw(page, SCALE, grey=True))
    for item in items:
        pdfium.set_active(item, 1)
    change = np.rot90(change, -painting.turn.aside)
    boxes, _ = painting.boxes([painting.texts[item] for item in items])
    parts = [_pixels(box) for box in boxes.tolist()]
    texts = np.zeros(change.shape, np.uint8)
    for part in parts:
        texts[part] += texts[part] < 2
    found = {}
    for item, part in zip(items, parts, strict=True):
        own = change[part][texts[part] == 1]  # where no other text was taken away
        changed = own if own.size else change[part]
        found[item] = float(changed.max(initial=0)) / 255
    return found


def _pixels(box: list[float]) -> tuple[slice, slice]:
    """The pixels of a box and those around it."""
    left, top, right, bottom = (max(0, round(SCALE * edge)) for edge in box)
    return slice(max(0, top - 1), bottom + 1), slice(max(0, left - 1), right + 1)


def struck(characters: Characters, rulings: Any) -> tuple[Any, Any, Any]:
    """Which characters are struck out, which figures a longer line crosses, and which lines strike out.

    Only lines are looked at that cross figures. What a line crosses that goes on beyond the text
    nobody can be sure of. All are arrays of bool.
    """
    import numpy as np

    gone, doubtful, figures = (np.zeros(len(characters.text), bool) for _ in range(3))
    digits = characters.digits
    strokes = np.zeros(len(rulings), bool)
    figures[digits] = True
    beside = _beside(characters.boxes[digits], rulings)
    if len(beside) * len(digits) > MAX_OVERLAPS:
        return gone, figures, strokes
    crossing = beside[_crossed(characters.boxes[digits], rulings[beside]).any(axis=1)]
    for n, crossed in zip(crossing, _crossed(characters.boxes, rulings[crossing]), strict=True):
        left, top, right, bottom = characters.boxes[crossed].T
        slack = BESIDE * (bottom - top).max()
        own = left.min() - slack < rulings[n, 0] and rulings[n, 2] < right.max() + slack
        (gone if own else doubtful)[crossed] = True
        strokes[n] = own
    return gone, doubtful & figures, strokes


def _beside(boxes: Any, rulings: Any) -> Any:
    """The numbers of the level lines that stand as high as the middle of figures."""
    import numpy as np

    if not len(boxes):
        return np.zeros(0, int)
    left, top, right, bottom = rulings.T
    high = boxes[:, 3] - boxes[:, 1]
    middles = np.sort(boxes[:, 1] + high / 2)
    reach = ACROSS * high.max()
    at = (top + bottom) / 2
    first = np.searchsorted(middles, at - reach)
    behind = np.searchsorted(middles, at + reach, "right")
    return np.flatnonzero((first < behind) & (right - left > bottom - top))


def _crossed(boxes: Any, lines: Any) -> Any:
    """Which level lines go through the middle of which characters: for each line, for each character."""
    import numpy as np

    left, top, right, bottom = boxes.T
    start, y0, end, y1 = lines.T[:, :, None]
    off = np.abs(top + bottom - y0 - y1) / 2
    centre = (left + right) / 2
    return (start < centre) & (centre < end) & (off <= ACROSS * (bottom - top))
