"""Pages as their readers give them: words with boxes and ruling lines; and the lines of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, count, pairwise
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..document import Box, Cell, Paragraph

__all__ = [
    "DIGITS", "NUMBER", "UNREAD", "Characters", "Line", "PageContent", "PageTable", "Point", "Ruling", "Word",
    "cut", "is_cjk", "joined", "line_text", "lines_of", "runs", "surest", "text_of",
]  # fmt: skip

TOUCHING = 0.08
"""Of a character's height: less between two of them is no gap."""
SAME_LINE = 0.4
"""Of two words' mean height: those whose middles are nearer stand in one line, also the mark of a note."""
GAP = 0.2
"""Of a word's height: a wider gap parts words, other than Chinese ones."""
WIDE_GAP = 0.8
"""Of a word's height: a wider gap parts Chinese words too."""
SMALL = 0.8
"""Of a number's height: the mark of a note is smaller."""
RAISE = 0.15
"""Of a number's height: the mark of a note stands higher by more, and its top no lower by as much."""
SAME_PLACE = 0.4
"""Of the smaller character: two whose middles are nearer, across and down, are in one place."""
CROWDED = 60
"""Characters in one place: of more on each other none can be told."""
NEAR, FAR = 0.1, 1e6
"""Points: nearer than characters ever stand; longer than any page."""
DIGITS = "0123456789.,"
UNREAD = "\N{REPLACEMENT CHARACTER}"
"""Stands for a character that is there and cannot be read."""
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
NUMBER = re.compile(r"[-+]?[\d.,\n]*\d%?[\u4e00-\u9fff]{0,2}[⁰¹²³⁴-⁹]*|[-–—―/／]+")
"""A figure as it stands in a table, with its unit and the mark of its note, or what stands for none."""

Item = TypeVar("Item")
Point = tuple[float, float]
"""How far across and down a page."""


@dataclass(eq=False)
class Characters:
    """Characters in the order of the file.

    Attributes
    ----------
    text
        One after the other.
    boxes
        An array with a line for each: left, top, right, bottom.
    numbers
        Which of the file's characters each is, an array.
    """

    text: str
    boxes: Any
    numbers: Any

    @cached_property
    def digits(self) -> Any:
        """Which of them are figures, an array."""
        import numpy as np

        return np.flatnonzero([char.isdecimal() for char in self.text])

    def but(self, keep: Any) -> Characters:
        """Those for which an array of bool says so."""
        return Characters("".join(compress(self.text, keep.tolist())), self.boxes[keep], self.numbers[keep])

    def unread(self, where: Any) -> Characters:
        """The same, unreadable where an array of bool says so."""
        text = "".join(UNREAD if gone else char for char, gone in zip(self.text, where.tolist(), strict=True))
        return Characters(text, self.boxes, self.numbers)


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

    @property
    def middle(self) -> Point:
        """The point in its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def box(self, page: PageContent) -> Box:
        """Where it stands."""
        return Box(page.number, self.left, self.top, self.right, self.bottom)


Line = list[Word]
"""Words that stand in a line or in a column, one after the other."""


class Ruling(NamedTuple):
    """A ruling line as a thin rectangle, horizontal if it is wider than high."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def thickness(self) -> float:
        """How thick it is."""
        return min(self.right - self.left, self.bottom - self.top)


@dataclass(slots=True, eq=False)
class PageContent:
    """One page, in points (1/72 inch); `rulings` are its ruling lines, a list or an array."""

    number: int
    width: float
    height: float
    words: list[Word]
    rulings: Any = ()


class PageTable(NamedTuple):
    """A table, or the part of one that stands on a page; its cells in reading order."""

    page: PageContent
    rows: int
    cells: list[Cell]


def runs(characters: Characters) -> list[Word]:
    """Put characters together that follow each other without a gap.

    A number and what touches it stay two words: a number is one word, so that it is never cut
    where it reaches over a ruling line. What is printed twice in one place (bold type, shadows)
    is there once; different characters in one place cannot be read.
    """
    return _runs(_one_in_a_place(characters)) if characters.text else []


def _one_in_a_place(characters: Characters) -> Characters:
    """Each place's character once; one that cannot be read where there are several."""
    text = characters.text
    boxes = characters.boxes
    keep = np.ones(len(text), bool)
    unread = np.zeros(len(text), bool)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    reach = SAME_PLACE * (boxes[:, 2:] - boxes[:, :2])
    pairs = _neighbours(middles, max(np.median(reach, axis=0).max(), NEAR))
    if pairs is None:
        return characters.unread(keep)
    first, second = pairs
    near = np.abs(middles[first] - middles[second]) < np.minimum(reach[first], reach[second])
    for a, b in sorted(pairs.T[near.all(axis=1)].tolist()):
        if keep[a] and (text[a] == text[b] or (text[a].isalnum() and text[b].isalnum())):
            keep[b] = False
            unread[a] |= text[a] != text[b]
    return characters.unread(unread).but(keep)


def _neighbours(middles: Any, far: float) -> Any:
    """Two lines of numbers: which of some points are no further from each other, some pairs twice.

    None where there are too many. The points are sorted by strips across the page; what is parted by the
    edge of a strip is together where the strips lie half a strip lower.
    """
    x, y = middles.T
    pairs = [np.zeros((2, 0), int)]
    for shift in (0, 0.5):
        at = np.floor(y / (2 * far) + shift) * FAR + x
        order = at.argsort()
        at = at[order]
        for step in count(1):
            near = np.flatnonzero(at[step:] - at[:-step] < far)
            if not len(near):
                break
            if step > CROWDED:
                return None
            pairs.append(np.sort([order[near], order[near + step]], axis=0))
    return np.concatenate(pairs, axis=1)


def _runs(characters: Characters) -> list[Word]:

    left, top, right, bottom = characters.boxes.T
    digit = np.array([char in DIGITS for char in characters.text])
    slack = TOUCHING * (bottom - top)[1:]
    along = np.abs(left[1:] - right[:-1]) < slack
    level = np.abs(bottom[1:] - bottom[:-1]) < slack
    goes_on = along & level & (digit[1:] == digit[:-1])
    starts = np.flatnonzero(np.append(True, ~goes_on))
    ends = np.append(starts[1:], len(left))
    boxes = np.stack(
        [left[starts], np.minimum.reduceat(top, starts), right[ends - 1], bottom[starts]], axis=1
    )
    spans = zip(starts.tolist(), ends.tolist(), boxes.tolist(), strict=True)
    return [Word(characters.text[start:end], *box) for start, end, box in spans]


def cut(items: Iterable[Item], goes_on: Callable[[Item, Item], bool]) -> list[list[Item]]:
    """Items in their order, cut where one does not go on from the one before it."""
    runs: list[list[Item]] = []
    for item in items:
        if runs and goes_on(runs[-1][-1], item):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def joined(words: Line, text: str) -> Word:
    """Words as one, with the box around them and the lowest confidence."""
    first = words[0]
    if len(words) == 1:
        return first if first.text == text else first._replace(text=text)
    lefts, tops, rights, bottoms = zip(*(word[1:5] for word in words), strict=True)
    return Word(text, min(lefts), min(tops), max(rights), max(bottoms), surest(words))


def surest(pieces: Iterable[Word | Cell | Paragraph]) -> float | None:
    """How sure all of what was recognised is: the lowest confidence; None where nothing was."""
    known = [piece.confidence for piece in pieces if piece.confidence is not None]
    return min(known) if known else None


def lines_of(words: Iterable[Word]) -> list[Line]:
    """Words by line, from the top, each line from the left."""
    lines: list[Line] = []
    middle = height = 0.0
    for word in sorted(words, key=lambda word: word.top + word.bottom):
        centre = (word.top + word.bottom) / 2
        if not lines or centre - middle > SAME_LINE * (height + word.bottom - word.top) / 2:
            lines.append([])
            middle = centre
            height = word.bottom - word.top
        lines[-1].append(word)
    for line in lines:
        line.sort(key=_left)
    return lines


_left = attrgetter("left")


def line_text(line: Line) -> str:
    """The text of a line, with a space where a gap parts two words and raised digits as such.

    The mark of a note at a number is none of its digits.
    """
    parts = [line[0].text]
    for last, word in pairwise(line):
        if _has_gap(last, word):
            parts.append(" ")
        parts.append(word.text.translate(RAISED) if _is_raised(last, word) else word.text)
    return "".join(parts)


def _has_gap(last: Word, word: Word) -> bool:
    gap = (word.left - last.right) / (last.height or 1)
    if gap <= GAP:
        return gap < -WIDE_GAP  # of another line that reaches into this one
    return gap > WIDE_GAP or not (is_cjk(last.text[-1]) and is_cjk(word.text[0]))


def _is_raised(last: Word, word: Word) -> bool:
    """Whether a word is smaller than the one before it and stands higher; recognised boxes do not tell."""
    high = last.height or 1
    if last.confidence is not None or word.height >= SMALL * high:
        return False
    return last.bottom - word.bottom > RAISE * high > word.top - last.top


def text_of(words: Line) -> str:
    """The text of a cell, its lines parted by ``\\n``."""
    if len(words) < 2:
        return words[0].text if words else ""
    return "\n".join([line_text(line) for line in lines_of(words)])


def is_cjk(text: str) -> bool:
    """Whether it is a character that is written without spaces."""
    return "\u2e80" <= text <= "\uffef"
