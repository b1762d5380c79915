"""Pages as their readers give them: words with boxes and ruling lines; and the lines of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from ..document import Box

__all__ = [
    "DIGITS", "NUMBER", "UNREAD", "Page", "Ruling", "Word", "is_cjk", "joined", "line_text", "lines_of",
    "runs",
    "text_of",
]  # fmt: skip

DIGITS = "0123456789.,"
UNREAD = "\N{REPLACEMENT CHARACTER}"
"""Stands for a character that is there and cannot be read."""
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
NUMBER = re.compile(r"[-+]?[\d.,\n]*\d%?[\u4e00-\u9fff]{0,2}[⁰¹²³⁴-⁹]*|[-–—―/／]+")
"""A figure as it stands in a table, with its unit and the mark of its note, or what stands for none."""


Character = tuple[str, float, float, float, float]
"""A character and its box."""


class Word(NamedTuple):
    """A piece of text (a character, a word, a line) and its box, from the page's top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float | None = None

    @property
    def height(self) -> float:
        """How high its box is."""
        return self.bottom - self.top

    def box(self, page: Page) -> Box:
        """Where it stands."""
        return Box(page.number, self.left, self.top, self.right, self.bottom)


class Ruling(NamedTuple):
    """A ruling line as a thin rectangle, horizontal if it is wider than high."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(slots=True, eq=False)
class Page:
    """One page; `unit` is the length of a point (1/72 inch) in the units of its coordinates."""

    number: int
    width: float
    height: float
    words: list[Word]
    rulings: list[Ruling] = field(default_factory=list)
    unit: float = 1.0


def runs(characters: Sequence[Character]) -> list[Word]:
    """Put characters together that follow each other without a gap.

    A number and what touches it stay two words: a number is one word, so that it is never cut
    where it reaches over a ruling line. What is printed twice in one place (bold type, shadows)
    is there once; different characters in one place cannot be read.

    Parameters
    ----------
    characters
        Text and box of each, in the order of the file.
    """
    words = _runs(characters)
    return _runs(_one_in_a_place(characters)) if _overlap(words) else words


def _overlap(words: list[Word]) -> bool:
    """Whether any words lie on each other; punctuation may be squeezed."""
    for shift in (0.0, 0.5):  # neighbours in one bin of heights or in the other
        ordered = sorted((int((w.top + w.bottom) / 8 + shift), w.left, w.right, w.text) for w in words)
        for a, b in pairwise(ordered):
            if a[2] - b[1] > 2 and a[0] == b[0] and a[3][-1].isalnum() and b[3][0].isalnum():
                return True
    return False


def _one_in_a_place(characters: Sequence[Character]) -> list[Character]:
    kept: list[Character] = []
    at: dict[tuple[int, int], list[int]] = {}
    for character in characters:
        char, left, top, right, bottom = character
        x, y, wide, high = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
        column, row = int(x // 8), int(y // 8)
        near = (n for i in (-1, 0, 1) for j in (-1, 0, 1) for n in at.get((column + i, row + j), ()))
        for n in near:
            other, x0, y0, x1, y1 = kept[n]
            if abs((x0 + x1) / 2 - x) < 0.4 * min(wide, x1 - x0) and abs((y0 + y1) / 2 - y) < 0.4 * min(
                high, y1 - y0
            ):
                if char == other:
                    break
                if char.isalnum() and (other.isalnum() or other == UNREAD):
                    kept[n] = (UNREAD, x0, y0, x1, y1)
                    break
        else:
            at.setdefault((column, row), []).append(len(kept))
            kept.append(character)
    return kept


def _runs(characters: Iterable[Character]) -> list[Word]:
    words: list[Word] = []
    text, left, top, right, bottom = "", 0.0, 0.0, 0.0, 0.0
    number = False
    for char, x0, y0, x1, y1 in characters:
        if text and (char in DIGITS) == number:
            slack = 0.08 * (y1 - y0)
            if -slack < x0 - right < slack and -slack < y1 - bottom < slack:
                text += char
                right = x1
                if y0 < top:
                    top = y0
                continue
        if text:
            words.append(Word(text, left, top, right, bottom))
        text, left, top, right, bottom, number = char, x0, y0, x1, y1, char in DIGITS
    if text:
        words.append(Word(text, left, top, right, bottom))
    return words


def joined(words: list[Word], text: str) -> Word:
    """Words as one, with the box around them and the lowest confidence."""
    if len(words) == 1:
        return words[0]._replace(text=text)
    known = [word.confidence for word in words if word.confidence is not None]
    left, top = min(word.left for word in words), min(word.top for word in words)
    right, bottom = max(word.right for word in words), max(word.bottom for word in words)
    return Word(text, left, top, right, bottom, min(known, default=None))


def lines_of(words: Iterable[Word]) -> list[list[Word]]:
    """Words by line, from the top, each line from the left."""
    lines: list[list[Word]] = []
    middle = height = 0.0
    for word in sorted(words, key=lambda w: w.top + w.bottom):
        centre = (word.top + word.bottom) / 2
        if not lines or centre - middle > 0.4 * min(height, word.bottom - word.top):
            lines.append([])
            middle, height = centre, word.bottom - word.top
        lines[-1].append(word)
    for line in lines:
        line.sort(key=lambda w: w.left)
    return lines


def line_text(line: list[Word]) -> str:
    """The text of a line, with a space where a gap parts two words and raised digits as such.

    The mark of a note at a number is none of its digits. Single digits that stand evenly and close
    are one number, spaced out.
    """
    if len(line) > 1 and all(len(word.text) == 1 and word.text in DIGITS for word in line):
        gaps = [(word.left - last.right) / (last.bottom - last.top or 1) for last, word in pairwise(line)]
        level = max(word.bottom for word in line) - min(word.bottom for word in line) < 0.1 * line[0].height
        if level and max(gaps) < 0.5 and max(gaps) - min(gaps) < 0.15:
            return "".join(word.text for word in line)
    parts = [line[0].text]
    for last, word in pairwise(line):
        high = last.bottom - last.top or 1
        gap = (word.left - last.right) / high
        if gap > 0.2 and (gap > 0.8 or not (is_cjk(last.text[-1]) and is_cjk(word.text[0]))):
            parts.append(" ")
        raised = last.confidence is None and last.bottom - word.bottom > 0.15 * high > word.top - last.top
        small = word.bottom - word.top < 0.8 * high
        parts.append(word.text.translate(RAISED) if raised and small else word.text)
    return "".join(parts)


def text_of(words: list[Word]) -> str:
    """The text of a cell, its lines parted by ``\\n``."""
    lines = lines_of(words)
    if len(lines) > 2 and all(len(word.text) == 1 for word in words) and len(words) == len(lines):
        # One character a line: text turned by 90 degrees to the left runs upwards.
        tops = [word.top for word in words]
        if tops == sorted(tops, reverse=True):
            lines.reverse()
    return "\n".join(line_text(line) for line in lines)


def is_cjk(text: str) -> bool:
    """Whether it is a character that is written without spaces."""
    return "\u2e80" <= text <= "\uffef"
