"""Text in the charts' own font, measured in inches before it is placed, so that no layout engine has to run
(it costs more than the drawing itself).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from functools import cache

import pylopdf_fonts_zh_cn
from matplotlib.ft2font import FT2Font, LoadFlags

FONT = pylopdf_fonts_zh_cn.sans_path()
TITLE, SUBTITLE, LABEL, TICK, NOTE, SMALL = 12.0, 8.5, 8.0, 7.5, 7.0, 6.0
"""Sizes in points."""
LEADING = 1.45 / 72
"""Inches from line to line, for each point of a text's size."""

PIECE = re.compile(
    r"(?:\S\u00a0)?[（《“]*(?:[\u2e80-\uffff]|[^\s\u2e80-\uffff]+)[，。；：、）》”％！？·]*[ \n]*"
)
"""What stays on one line: a word, or a Chinese character with the punctuation that belongs to it, and the
sign before an unbreakable blank.
"""


@cache
def font() -> FT2Font:
    """The font, in memory: from a file it reads as it needs, and forked kernels would move each other's
    place in it.
    """
    return FT2Font(io.BytesIO(FONT.read_bytes()))


@cache
def _advance(char: str) -> float:
    face = font()
    face.set_size(100, 72)
    glyph = face.load_char(ord(char), LoadFlags.NO_HINTING)
    return glyph.linearHoriAdvance / 65536 / 100


def width(text: str, size: float = LABEL) -> float:
    """How wide a line of text is, in inches, at a size in points."""
    return sum(map(_advance, text)) * size / 72


def widest(texts: Iterable[str], size: float = LABEL) -> float:
    """How wide the widest of some lines is, in inches."""
    return max((width(text, size) for text in texts), default=0.0)


def fit(text: str, size: float, room: float) -> str:
    """The text, its middle left out where it is wider than `room` inches (names differ at their ends)."""
    text = short = " ".join(text.split())
    keep = len(text)
    while keep > 2 and width(short, size) > room:
        keep -= 1
        head, tail = (keep + 1) // 2, keep // 2
        short = f"{text[:head]}…{text[len(text) - tail :]}"
    return short


def wrap(text: str, size: float, room: float) -> list[str]:
    """The text in lines no wider than `room` inches: between Chinese characters or at spaces."""
    lines = [""]
    for piece in _pieces(text, size, room):
        if width((lines[-1] + piece).rstrip(), size) > room:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines if line]


def _pieces(text: str, size: float, room: float) -> Iterator[str]:
    """What stays together; a word longer than a line is broken."""
    for piece in PIECE.findall(text):
        if width(piece.rstrip(), size) <= room:
            yield piece
        else:
            yield from piece
