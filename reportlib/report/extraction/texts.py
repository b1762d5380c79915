"""Tables that lost their cells: the labels in a running text, and the figures between two of them.

Copying and converting flatten a table into paragraphs (one cell each), into lines, or into one string in
which digits run together. What is left are the labels and the order of the figures.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import NamedTuple

from ...reading.document import Document, Paragraph
from .matching import Hit, Lexicon, condense, numbering
from .numerals import UNITS, Atom, atom, fold, parse
from .strips import Flattener, Label

__all__ = ["SENTENCE", "text_strips"]

SENTENCE = 60  # a paragraph of that many characters beside a table in cells is narrative
_PAGE_NUMBER = re.compile(r"\s*(?:[-—–]+\s*\d{1,3}\s*[-—–]+|第\s*\d{1,3}\s*页.*|\d{1,3}\s*/\s*\d{1,3})\s*")
_LABEL = re.compile(r"\s*(\S.*?)\s*(?:(?<=[\s|])[-+—–/]?\d[\d,.]*(?=[\s|]|$)|$)")
_LONG = 6  # a label of so many letters without a number is known also with a misprint
_TOKEN = re.compile(r"\S+")
_CLOSING = re.compile(r"^[”\"’」』》)\]]+")  # what closes a label, in front of its figures
_GLUED = re.compile(r"[^\W\d_]+\d")  # words right behind a label, and a number right behind them: a sentence
_RUN = re.compile(r"([0-9]{7,60})[A-Z]")  # digits run together, and the first letter of what follows
# A label that the form does not know, misprinted perhaps: its number at the head of a line, or behind a
# space.
_UNKNOWN_LABEL = re.compile(
    r"(?:(?<=[\s|])|^)(?:[(（][一二三四五六七八九十][)）]|[一二三四五六七八九十]、|\d[.、．](?!\d))\s*[^\W\d_]"
)
_ANY_NUMBER = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}\s*[、.．]|[(（][一二三四五六七八九十]{1,3}[)）])\s*$"
)
_FIGURE = re.compile(r"(?<![^\s|])\d[\d,.]*(?![^\s|])")
_LETTERS = re.compile(r"[^\W\d_]")
# A number in a sentence: a unit or a punctuation mark behind it, and more text behind that.
_PROSE = re.compile(
    rf"\d\s*(?:(?:{UNITS}|[%余多])\s*)?[,;。](?!\d)|\d\s*(?:{UNITS}|[%余多年月])\s*[^\s\d|()]"
)
_AROUND = 6  # so many characters beside a heading, a year or a number, leave it alone in its line
# What no label is a piece of: a number in words, a form not filled in, a formula that failed.
_NO_FIGURE = re.compile(r"[零〇一二三四五六七八九十百千两]{1,4}|[xX×?？]+|#\S+!")
_A_WORD = 4  # with so many letters what holds a digit is no figure, readable or not
_NARRATIVE = 16  # that many letters in a row are a sentence, not a piece of a label
_FAR = 200  # characters between two labels of one table: a line of figures is shorter
_LONGEST_TEXT = 1_000_000  # characters; no report is a tenth as long, and the search is not meant for books
_MOST_TOKENS = 20_000  # labels in a text; a report has a few hundred
_MOST_LINES = 5_000  # of a text whose misprints are looked for; a report has a few hundred


class _Token(NamedTuple):
    """A wording of the form in the text: what it may be, and where it begins (numbering included) and
    ends.
    """

    hits: tuple[Hit, ...]
    start: int
    end: int


@cache
def _wordings(lexicon: Lexicon) -> re.Pattern[str]:
    keys = sorted((key for key in lexicon.exact if len(key) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, keys)))


@cache
def _numbering(number: str) -> re.Pattern[str]:
    mark = fold(number).strip("()、.")
    if number.startswith(("（", "(")):
        return re.compile(rf"[（(]\s*{mark}\s*[)）]\s*[、.]?\s*$")
    return re.compile(rf"{mark}\s*[.、．{',，' if mark.isdigit() else ''}]\s*$")


@dataclass
class _Text:
    """Consecutive paragraphs as one string that still knows where each of its characters stands."""

    paragraphs: list[tuple[int, Paragraph]]

    def __post_init__(self) -> None:
        self.text = "\n".join(p.text for _, p in self.paragraphs)
        self.starts: list[int] = []
        offset = 0
        for _, paragraph in self.paragraphs:
            self.starts.append(offset)
            offset += len(paragraph.text) + 1

    def at(self, offset: int) -> tuple[int, Paragraph]:
        """The block number and paragraph of a character."""
        return self.paragraphs[bisect_right(self.starts, offset) - 1]

    def tokens(self, lexicon: Lexicon) -> list[_Token]:
        """Every wording of the form, in order; of two that overlap the longer one.

        A misprinted label of a row is one where it has a line, or the beginning of one, to itself.
        """
        exact = list(self._exact(lexicon))
        found = []
        for one in self._misprints(lexicon):
            over = [token for token in exact if one.start < token.end and token.start < one.end]
            if all(one.start <= token.start and token.end <= one.end for token in over):
                exact = [token for token in exact if token not in over]
                found.append(one)
        return sorted(exact + found, key=lambda token: token.start)

    def _misprints(self, lexicon: Lexicon) -> Iterator[_Token]:
        if len(self.paragraphs) > _MOST_LINES:
            return
        for start, (_, paragraph) in zip(self.starts, self.paragraphs, strict=True):
            label = _LABEL.match(paragraph.text)
            if label and (len(_LETTERS.findall(label[1])) >= _LONG or numbering(label[1])[0]):
                hits = lexicon.lookup(label[1])
                if hits and hits[0].distance and all(hit.axis == "row" for hit in hits):
                    yield _Token(hits, start + label.start(1), start + label.end(1))

    def _exact(self, lexicon: Lexicon) -> Iterator[_Token]:
        plain, positions = condense(self.text)
        for match in _wordings(lexicon).finditer(plain):
            start, end = positions[match.start()], positions[match.end() - 1] + 1
            hits = lexicon.exact[match[0]]
            before = fold(self.text[max(0, start - 8) : start])
            numbered = [
                (hit, found)
                for hit in hits
                if (number := lexicon.numbers.get(hit)) and (found := _numbering(number).search(before))
            ]
            if numbered:
                hits = tuple(hit for hit, _ in numbered)
                start -= len(before) - max(found.start() for _, found in numbered)
            elif hits[0].axis in ("section", "end", "heading") and (found := _ANY_NUMBER.search(before)):
                start -= len(before) - found.start()
            yield _Token(hits, max(start, 0), end)


def text_strips(document: Document, flat: Flattener, short: bool) -> None:
    """Flatten the running text of a document; of `short` paragraphs only, where the rest is narrative."""
    run: list[tuple[int, Paragraph]] = []
    for index, block in enumerate((*document.blocks, None)):
        if isinstance(block, Paragraph):
            if not short or len(block.text) < SENTENCE:
                run.append((index, block))
        elif run:
            if sum(len(paragraph.text) for _, paragraph in run) <= _LONGEST_TEXT:
                ends = index == len(document.blocks)
                _TextReader(_Text(run), flat, ends, document.broken_off).read()
            run = []


class _TextReader:
    """Goes along a stretch of text, from label to label."""

    def __init__(self, text: _Text, flat: Flattener, at_end: bool, broken_off: bool) -> None:
        self.text, self.flat = text, flat
        self.at_end, self.broken_off = at_end, broken_off
        self.pending: dict[str, Atom] = {}

    def read(self) -> None:
        """Hand over all labels with what stands behind them."""
        text, flat = self.text.text, self.flat
        flat.begin(flat=True)
        tokens = self.text.tokens(flat.lexicon)[:_MOST_TOKENS]
        self._lines(0, tokens[0].start if tokens else len(text))
        end = 0
        for token, following in zip_longest(tokens, tokens[1:]):
            if token.start - end > _FAR:
                flat.begin(flat=True)
            end = following.start if following else len(text)
            label = Label(text[token.start : token.end].strip(), token.hits)
            if not self._heading(token, label):
                self._take(token, label, end)
            self._lines(token.end, end)
            end = token.end

    def _lines(self, start: int, stop: int) -> None:
        """Look for titles and years among the lines between two labels."""
        for line in self.text.text[start:stop].split("\n")[:-1]:
            if line.strip():
                self.flat.heading(line, ())

    def _heading(self, token: _Token, label: Label) -> bool:
        """Whether a label is the heading of a table: alone in its line, or not surely one."""
        if label.hits[0].axis not in ("section", "end"):
            return False
        _, paragraph = self.text.at(token.start)
        alone = numbering(paragraph.text.strip("#* \t"))[1].strip()
        if len(alone) <= len(label.text) + _AROUND:
            self.flat.heading(paragraph.text, label.hits)
        elif label.hits[0].table:
            self.flat.enter(label.hits[0].table)
        return True

    def _take(self, token: _Token, label: Label, stop: int) -> None:
        flat, text = self.flat, self.text.text
        other = _UNKNOWN_LABEL.search(text, token.end, stop)
        if other and not _FIGURE.search(text, token.end, other.start()):
            if not flat.header.closed:  # the last label of a header, in front of a row whose label is torn
                flat.words([label])
            label = Label("", ())
        groups = self._figures(token.end, stop, self._width(label))
        index, place = self.text.at(token.start)
        if not groups:
            flat.words([label] if label.hits else [])
            return
        if label.of("column", flat.table) is not None and self._column(label, groups, place, token.start):
            return
        row = flat.may_be_row(label)
        if label.hits and (row is None or flat.form.table(row.table).across):
            flat.words([label])
            label = Label("", ())
        ends = self.at_end and stop == len(text)
        for number, group in enumerate(groups):
            alone = len({one.where for one in group}) == len(group)
            last = ends and number == len(groups) - 1 and (alone or self.broken_off)
            where = group[0].where if group[0].text else place.place
            shown = label if number == 0 else Label("", ())
            flat.figures(shown, group, where, (index, token.start + number), last)

    def _width(self, label: Label) -> int:
        """How many figures the row has that a label is."""
        table = self.flat.table
        row = self.flat.may_be_row(label)
        if row:
            return len(self.flat.form.table(row.table).block_of(row.code).columns)
        return len(self.flat.form.table(table).blocks[0].columns) if table else 0

    def _column(self, label: Label, groups: list[list[Atom]], place: Paragraph, start: int) -> bool:
        """Take a figure that stands behind the label of its column, where a row is written so."""
        flat = self.flat
        table = flat.form.table(flat.table)
        names = [column.code for column in table.columns]
        column = label.of("column", table.code) or ""
        figures = [one for group in groups for one in group if one.numeral.found != "blank"]
        if not table.across or len(figures) != 1:
            return False
        if column == names[0]:
            self.pending = {}
        if names[: len(self.pending) + 1] != [*self.pending, column]:
            return False
        self.pending[column] = figures[0]
        if len(self.pending) == len(names):
            cells = list(self.pending.values())
            flat.figures(Label("", ()), cells, cells[0].where, (self.text.at(start)[0], start))
            self.pending = {}
        return True

    def _figures(self, start: int, stop: int, n: int) -> list[list[Atom]]:
        """The groups of figures between two labels. A line with as many as the table has columns is one.

        Where a sentence begins the figures end: its numbers are no cells.
        """
        groups: list[list[Atom]] = [[]]
        offset = start
        pieces = self.text.text[start:stop].split("\n")
        for number, piece in enumerate(pieces):
            place = self.text.at(min(offset, len(self.text.text) - 1))[1]
            offset += len(piece) + 1
            if not piece.strip():
                if 0 < number < len(pieces) - 1:
                    groups[-1].append(atom("", place.place, place=place))
                continue
            if _PAGE_NUMBER.fullmatch(piece) and parse(piece).found != "dash":
                continue
            line = _atoms(piece, place, number == 0)
            if line is None:
                break
            broken = line and not line[0].text
            if broken and groups[-1]:  # a piece of a label: what follows is another group
                groups.append([])
            line = [one for one in line if one.text]
            if len(line) == n and (n > 1 or number == 0):
                groups += [line, []]
            else:
                groups[-1] += line
        return [g for g in groups if any(a.numeral.found != "blank" for a in g) or 0 < n <= len(g)]


def _atoms(piece: str, place: Paragraph, first: bool) -> list[Atom] | None:
    """The figures of a line, an atom without text in front where words stand there; None for a sentence."""
    bare = _CLOSING.sub("", piece.strip()) if first else piece.strip()
    if parse(bare).found in ("number", "dash"):
        return [atom(bare, place.place, place=place)]
    if first and _GLUED.match(piece):
        return None
    tokens: list[str] = _TOKEN.findall(bare.replace("|", " "))
    known = [parse(token).found in ("number", "dash") for token in tokens]
    if not all(known) and (
        _PROSE.search(fold(piece)) or any(len(_LETTERS.findall(token)) > _NARRATIVE for token in tokens)
    ):
        return None
    line: list[Atom] = []
    for token, figure in zip(tokens, known, strict=True):
        run = _RUN.match(token)
        if run:
            line.append(atom(run[1], place.place, place=place))
        elif figure or _may_be_cell(token):
            line.append(atom(token, place.place, place=place))
        elif not line:
            line.append(atom("", place.place, place=place))
    return line


def _may_be_cell(token: str) -> bool:
    """Whether what is no number stands in a cell of figures all the same."""
    worded = len(_LETTERS.findall(token)) >= _A_WORD
    return _NO_FIGURE.fullmatch(token) is not None or (any(map(str.isdigit, token)) and not worded)
