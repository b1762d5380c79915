"""Tables that lost their cells: the labels in a running text, and the figures between two of them.

Copying and converting flatten a table into paragraphs (one cell each), into lines, or into one string in
which digits run together. What is left are the labels and the order of the figures.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby, pairwise
from typing import NamedTuple

from ...form import load_toml
from ...reading.document import Document, Paragraph
from .flatten import Flattener, Label
from .matching import Hit, Lexicon, condense, normalise, numbering, ordinal, time_at_end
from .numerals import UNITS, Atom, atom, fold, parse

__all__ = ["SENTENCE", "text_strips"]

SENTENCE = 60  # a paragraph of that many characters beside a table in cells is narrative
_PAGE_NUMBER = re.compile(r"\s*(?:[-—–]+\s*\d{1,3}\s*[-—–]+|第\s*\d{1,3}\s*页.*|\d{1,3}\s+/\s+\d{1,3})\s*")
_LABEL = re.compile(r"\s*(\S.*?)\s*(?:(?<=[\s|:：])[-+—–/]?\d|$)")
_LONG = 6  # a label of so many letters without a number is known also with a misprint
_TOKEN = re.compile(r"\S+")
_CLOSING = re.compile(r"^[”\"’」』》)）\]〕】:：]+")  # what closes a label, in front of its figures
_RUN = re.compile(r"([0-9]{7,60})[A-Z]")  # digits run together, and the first letter of what follows
# A label that the form does not know, misprinted perhaps: its number at the head of a line, or behind a
# space.
_UNKNOWN_LABEL = re.compile(
    r"(?:(?<=[\s|])|^)(?:[(（][一二三四五六七八九十][)）]|[一二三四五六七八九十]、|\d[.、．](?!\d))\s*[^\W\d_]"
)
# A number in front of a label, in any style.
_NUMBER = re.compile(
    r"(?:[(（]\s*(?:[一二三四五六七八九十]{1,3}|\d)\s*[)）]\s*[、.]?|[一二三四五六七八九十]{1,3}\s*[、.．]|\d\s*[.、．]|(?<!\d)(?:\d\s*[,，]|[①-⑨]))\s*$"
)
_FIGURE = re.compile(r"(?<![^\s|])\d[\d,.]*(?![^\s|])")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]")
# A number in a sentence: a punctuation mark behind it, or a unit and more text.
_STOP = re.compile(
    rf"\d\s*(?:(?:{UNITS}|[%余多])\s*)?[,;。](?!\d)|(?<!\d)[,;。]\s*\d+\s*(?:{UNITS})|\d\s*(?:{UNITS})\s*、"
)
_PROSE = re.compile(rf"\d\s*(?:{UNITS}|[%余多年月])\s*[^\s\d|()]")
# A remark behind a label, which may name other rows and hold figures: in brackets, or a definition.
_REMARK = re.compile(
    r"\s*[(（](?=[^\W\d_][^()（）]{3})[^()（）]*(?:[(（][^()（）]*[)）][^()（）]*)*[)）]"
    r"|[:：](?=[^\W\d_]{4})[^\n|\d]*(?=[\n|])"
)
_TIME = 6  # characters of a year in front of a label
_AROUND = 6  # so many characters beside a heading, a year or a number, leave it alone in its line
# What no label is a piece of: a number in words, a form not filled in, a formula that failed.
_NO_FIGURE = re.compile(r"[零〇一二三四五六七八九十百千两]{1,4}|[xX×?？]+|#\S+!")
_CONTRARY = load_toml("sections.toml")["contrary"]
_NOTES = tuple(load_toml("sections.toml")["notes"])
# A figure that has its line, and the empty lines between it and one that has the next.
_BELOW = re.compile(
    r"^[^\S\n]*[-+]?\d[\d,.]*[^\S\n]*\n((?:[^\S\n]*\n)*)(?=[^\S\n]*[-+]?\d[\d,.]*[^\S\n]*$)", re.MULTILINE
)
_A_WORD = 4  # with so many letters what holds a digit is no figure, readable or not
_A_REMARK = 5  # letters of a word that stands in a cell: 不涉及, 无此项
_NARRATIVE = 16  # that many letters in a row are a sentence, not a piece of a label
_A_ROW = 5  # so many figures in a line by themselves are a row
_LONGEST_TEXT = 1_000_000  # characters; no report is a tenth as long, and the search is not meant for books
_MOST_TOKENS = 20_000  # labels in a text; a report has a few hundred
_MOST_LINES = 5_000  # of a text whose misprints are looked for; a report has a few hundred


class _Token(NamedTuple):
    """A wording of the form in the text: what it may be, and where it begins (number included) and ends."""

    hits: tuple[Hit, ...]
    start: int
    end: int


@cache
def _wordings(lexicon: Lexicon) -> re.Pattern[str]:
    keys = sorted((key for key in lexicon.exact if len(key) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, keys)))


class _Text:
    """Consecutive paragraphs as one string that still knows where each of its characters stands."""

    def __init__(self, paragraphs: list[Paragraph]) -> None:
        self.paragraphs = paragraphs
        self.text = "\n".join(paragraph.text for paragraph in paragraphs)
        self.starts = [0]
        for paragraph in paragraphs:
            self.starts.append(self.starts[-1] + len(paragraph.text) + 1)

    def at(self, offset: int) -> Paragraph:
        """The paragraph of a character."""
        return self.paragraphs[min(bisect_right(self.starts, offset), len(self.paragraphs)) - 1]

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
        return sorted(exact + found, key=lambda token: token.start)[:_MOST_TOKENS]

    def _misprints(self, lexicon: Lexicon) -> Iterator[_Token]:
        if len(self.paragraphs) > _MOST_LINES:
            return
        for start, paragraph in zip(self.starts, self.paragraphs, strict=False):
            label = _LABEL.match(paragraph.text)
            if label and _DIGIT.search(numbering(label[1])[1]):
                continue  # a figure stands close behind it
            if label and (len(_LETTERS.findall(label[1])) >= _LONG or numbering(label[1])[0]):
                hits = lexicon.lookup(label[1])
                odd = hits and (hits[0].distance or hits[0].time)
                if odd and all(hit.axis == "row" for hit in hits):
                    yield _Token(hits, start + label.start(1), start + label.end(1))

    def _exact(self, lexicon: Lexicon) -> Iterator[_Token]:
        plain, positions = condense(self.text)
        starts = set(self.starts)
        stop = 0
        for match in _wordings(lexicon).finditer(plain):
            start, end = positions[match.start()], positions[match.end() - 1] + 1
            hits = lexicon.exact[match[0]]
            if start < stop or (hits[0].axis == "row" and self._is_in_words(start, stop)):
                continue
            remark = _REMARK.match(self.text, end) if hits[0].axis in ("row", "column") else None
            stop = end = remark.end() if remark else end
            time, begin = time_at_end(self.text[max(0, start - _TIME) : start])
            if time and hits[0].axis in ("row", "column"):
                hits, start = tuple(hit._replace(time=time) for hit in hits), max(0, start - _TIME) + begin
            number = _NUMBER.search(self.text, max(0, start - 8), start)
            if number:
                told = tuple(hit for hit in hits if lexicon.numbers.get(hit.bare) == ordinal(number[0]))
                first = number.start() in starts
                if told or first or hits[0].axis in ("section", "end", "heading"):
                    hits, start = told or hits, number.start()
            yield _Token(hits, start, end)

    def _is_in_words(self, start: int, label_end: int) -> bool:
        """Whether other words than a label stand close in front: 本单位未制作规范性文件 is no row's label."""
        return label_end < start and self.text[start - 1].isalpha()


def text_strips(document: Document, flat: Flattener, short: bool) -> None:
    """Flatten the running text of a document; of `short` paragraphs only, where the rest is narrative."""
    run: list[Paragraph] = []
    for index, block in enumerate((*document.blocks, None)):
        if isinstance(block, Paragraph):
            if not short or len(block.text) < SENTENCE:
                run.append(block)
        elif run:
            if sum(len(paragraph.text) for paragraph in run) <= _LONGEST_TEXT:
                _TextReader(_Text(run), flat, index - 1, block is None, document.broken_off).read()
            run = []


class _TextReader:
    """Goes along a stretch of text, from label to label."""

    def __init__(self, text: _Text, flat: Flattener, index: int, at_end: bool, broken_off: bool) -> None:
        self.text, self.flat, self.index = text, flat, index
        self.broken_off = broken_off
        lines = [paragraph.place for paragraph in text.paragraphs if paragraph.text.strip()]
        self.last = lines[-1] if at_end and lines else ""  # the line in which the file ends
        self.pending: dict[str, Atom] = {}

    def read(self) -> None:
        """Hand over all labels with what stands behind them."""
        text, flat = self.text.text, self.flat
        flat.begin(flat=True)
        tokens = self.text.tokens(flat.lexicon)
        self.gap = _gap(text, tokens)
        self.unit = self._unit(tokens)
        last = _Token((), len(text), len(text))
        self._lines(0, (tokens or [last])[0].start)
        for token, following in pairwise([*tokens, last]):
            label = Label(text[token.start : token.end].strip(), token.hits)
            if token.hits[0].axis not in ("section", "end"):
                self._take(token, label, following)
            elif self._is_alone(token):
                flat.heading(self.text.at(token.start).text, token.hits)
            self._unknown(token, following)
            self._lines(token.end, following.start)

    def _unknown(self, token: _Token, following: _Token) -> None:
        """Note column labels that the form does not know: words among a header's labels, line by line."""
        inside = token.hits[0].axis == "corner" or (_is_of_header(token) and _is_of_header(following))
        if not inside:
            return
        words = self.text.text[token.end : following.start].strip(" \t\n|,，:：()（）")
        sizes = [len(_LETTERS.findall(line)) for line in words.split("\n")]
        if max(sizes) <= _NARRATIVE and not _DIGIT.search(words):
            for line, size in zip(words.split("\n"), sizes, strict=True):
                if size > 1 and not self._is_of_corner(normalise(line)):
                    self.flat.header.add(None, line.strip())

    def _lines(self, start: int, stop: int) -> None:
        """Look for titles and years among the lines between two labels."""
        for line in self.text.text[start:stop].split("\n")[:-1]:
            if line.strip():
                self.flat.heading(line, ())

    def _is_alone(self, token: _Token) -> bool:
        """Whether a heading has its line to itself."""
        line = self.text.at(token.start).text.strip("#* \t")
        return len(numbering(line)[1].strip()) <= token.end - token.start + _AROUND

    def _take(self, token: _Token, label: Label, following: _Token) -> None:
        """Take a label with the figures behind it."""
        flat, stop = self.flat, following.start
        if following.hits and following.hits[0].axis in ("section", "end") and self._is_alone(following):
            stop = max(token.end, self.text.text.rfind("\n", 0, stop) + 1)
        other = _UNKNOWN_LABEL.search(self.text.text, token.end, stop)
        if other and not _FIGURE.search(self.text.text, token.end, other.start()):
            if not flat.header.closed:  # the last label of a header, in front of a row whose label is torn
                flat.words([label])
            label = Label("", ())
        row = flat.may_be_row(label)
        closes = not following.hits or following.hits[0].axis in ("section", "end")
        in_cells = row is not None and not flat.form.table(row.table).across
        found = self._figures(token.end, stop, words=in_cells)
        if not flat.header.closed and _is_of_header(token):  # words behind a column's label are none of its
            found = [group for group in found if any(map(_is_figure, group))]
        groups = [self._spread(_trimmed(group) if closes else group, self.unit) for group in found]
        groups = [one for one in groups if _is_line(one, self._width(row))]
        if not groups:
            flat.words([label] if label.hits else [])
            return
        if label.of("column", flat.table) is not None and self._column(label, groups, token.start):
            return
        if label.hits and (row is None or flat.form.table(row.table).across):
            flat.words([label])
            label = Label("", ())
        place = self.text.at(token.start).place
        for number, group in enumerate(groups):
            shown = Label("", ()) if number else label
            where = group[0].where if group[0].text else place
            if label.hits and where == place:
                flat.orphans = []  # what stands in the line of its label belongs to no other
            ends = len(groups) == 1 and not following.hits and self._ends_in(group, place)
            flat.figures(shown, group, where, (self.index, token.start + number), ends)

    def _ends_in(self, group: list[Atom], place: str) -> bool:
        """Whether the file ends inside a row: where it breaks off, or where each cell has its line."""
        lines = [one.where for one in group if one.text]
        apart = len({place, *lines}) == len(lines) + 1
        return lines[-1:] == [self.last] and (apart or self.broken_off)

    def _width(self, row: Hit | None) -> int:
        """How many figures a row has, or the first of a table where it is not known which."""
        if row:
            return len(self.flat.form.table(row.table).block_of(row.code).columns)
        table = self.flat.table
        return len(self.flat.form.table(table).blocks[0].columns) if table else 0

    def _column(self, label: Label, groups: list[list[Atom]], start: int) -> bool:
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
            flat.figures(Label("", ()), cells, cells[0].where, (self.index, start))
            self.pending = {}
        return True

    def _unit(self, tokens: Sequence[_Token]) -> int:
        """How many lines a blank cell takes: its own, and mostly what parts it from the next one.

        Which of both, the rows tell that are full then.
        """
        full: Counter[int] = Counter()
        units = (1 + (self.gap or 0), 1)
        for token, following in pairwise(tokens if self.gap else ()):
            width = self._width(self.flat.may_be_row(Label("", token.hits)))
            for group in self._figures(token.end, following.start) if width else ():
                full.update(unit for unit in units if len(self._spread(group, unit)) == width)
        return max(units, key=full.__getitem__)

    def _spread(self, group: list[Atom], unit: int) -> list[Atom]:
        """The cells of a group: of empty lines those that are more than what parts two cells."""
        cells: list[Atom] = []
        for blank, run in groupby(group, key=_is_empty):
            lines = list(run)
            if not blank:
                cells += lines
            elif self.gap is not None:
                size, rest = divmod(len(lines) - self.gap, unit)
                cells += lines[: 0 if rest else max(0, size)]
        return cells

    def _figures(self, start: int, stop: int, words: bool = True) -> list[list[Atom]]:
        """The groups of figures between two labels. A line with a whole row of them is one.

        Where a sentence begins the figures end: its numbers are no cells. `words` may be cells, too.
        """
        groups: list[list[Atom]] = [[]]
        offset = start
        pieces = self.text.text[start:stop].split("\n")
        for number, piece in enumerate(pieces):
            place = self.text.at(offset)
            offset += len(piece) + 1
            if not piece.strip():
                if 0 < number < len(pieces) - 1:
                    groups[-1].append(atom("", place.place, place=place))
                continue
            if number and _PAGE_NUMBER.fullmatch(piece) and parse(piece).found != "dash":
                continue
            if number and words and self._is_cell(piece):
                groups[-1].append(atom(piece.strip(), place.place, place=place))
                continue
            line = _atoms(piece, place, number == 0)
            if line is None:
                break
            figures = [one for one in line if one.text]
            torn = len(figures) < len(line) and groups[-1]  # a piece of a label: another group follows
            if torn or (len(figures) >= _A_ROW and number):
                groups.append([])
            groups[-1] += figures
            if len(figures) >= _A_ROW:
                groups.append([])
        return groups

    def _is_cell(self, piece: str) -> bool:
        """Whether a word that has its line stands in a cell of figures, where each cell has its line.

        A piece of one of the form's labels is none.
        """
        if self.gap is None:
            return False
        if not _LETTERS.search(piece):
            found = {parse(token).found for token in piece.split()}
            return len(found) > 1 or found == {"unreadable"}
        word = normalise(piece)
        longest = _NARRATIVE if any(one in word for one in _CONTRARY) else _A_REMARK
        if not 0 < len(word) <= longest or len(_LETTERS.findall(word)) < len(word):
            return False
        return not any(word in wording for wording in self.flat.lexicon.exact)

    def _is_of_corner(self, words: str) -> bool:
        """Whether words are a piece of what stands in front of a table's column labels."""
        wordings = self.flat.lexicon.exact.items()
        return any(words in wording for wording, hits in wordings if hits[0].axis == "corner")


def _gap(text: str, tokens: Sequence[_Token]) -> int | None:
    """How many empty lines stand between two cells, each in lines of its own; None where none are so.

    Column labels are never blank, so the least that stands between two of them is what parts cells; where a
    header does not tell, what stands between two figures.
    """
    between = [
        text[one.end : other.start]
        for one, other in pairwise(tokens)
        if _is_of_header(one) and _is_of_header(other)
    ]
    gaps = [piece.count("\n") - 1 for piece in between if "\n" in piece and not piece.strip()]
    gaps = gaps or [match[1].count("\n") for match in _BELOW.finditer(text)]
    return min(gaps, default=None)


def _is_of_header(token: _Token) -> bool:
    return any(hit.axis in ("column", "column_group", "corner") for hit in token.hits)


def _is_line(group: list[Atom], width: int) -> bool:
    """Whether there are figures in a group, or empty lines enough for a row's blank cells."""
    return any(one.text for one in group) or 0 < width <= len(group)


def _trimmed(group: list[Atom]) -> list[Atom]:
    """A table's last row without empty lines and words behind its figures: they may be what follows."""
    figures = [k for k, one in enumerate(group, 1) if _is_figure(one)]
    return group[: figures[-1]] if figures else group


def _is_figure(one: Atom) -> bool:
    told = _DIGIT.search(one.text) or _NO_FIGURE.fullmatch(one.text.strip())
    return one.numeral.found == "dash" or told is not None


def _is_empty(one: Atom) -> bool:
    return not one.text


def _atoms(piece: str, place: Paragraph, first: bool) -> list[Atom] | None:
    """The figures of a line, an atom without text in front where words stand there; None for a sentence."""
    bare = (_CLOSING.sub("", piece.strip()) if first else piece).strip()
    if parse(bare).found in ("number", "dash"):
        return [atom(bare, place.place, place=place)]
    tokens: list[str] = _TOKEN.findall(bare.replace("|", " "))
    known = [parse(token).found in ("number", "dash") for token in tokens]
    letters = [len(_LETTERS.findall(token)) for token in tokens]
    prose = _STOP.search(fold(piece)) or (sum(letters) >= _A_WORD and _PROSE.search(fold(piece)))
    if any(letters) and (prose or max(letters) > _NARRATIVE):
        return None
    if _are_named(tokens, known):
        return [atom(bare, place.place, place=place)]
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


def _are_named(tokens: Sequence[str], figures: Sequence[bool]) -> bool:
    """Whether each of several figures has a word of its own in front of it, that the form does not know."""
    named = [
        len(_LETTERS.findall(token)) > 1 and after for token, after in zip(tokens, figures[1:], strict=False)
    ]
    return sum(figures) > 1 and sum(named) == sum(figures)


def _may_be_cell(token: str) -> bool:
    """Whether what is no number stands in a cell of figures all the same."""
    worded = len(_LETTERS.findall(token)) >= _A_WORD or token.startswith(_NOTES)
    return _NO_FIGURE.fullmatch(token) is not None or (any(map(str.isdigit, token)) and not worded)
