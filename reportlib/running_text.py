"""Tables that lost their cells: running text -> the labelled lines of the form.

Copying and converting flatten a table into paragraphs (one cell each), into lines, or into one
string in which digits run together. What is left are the labels and the order of the figures:
the text is cut at the labels, and what stands between two of them are the figures of the first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from .document import Document, Paragraph
from .form import Edition, Table, load_toml
from .lines import Atom, Line, assign, atom
from .matching import Hit, Lexicon, condense, normalise
from .numerals import fold, parse

__all__ = ["running_lines"]

_PAGE_NUMBER = re.compile(r"\s*(?:[-—–]+\s*\d{1,3}\s*[-—–]+|第\s*\d{1,3}\s*页.*|\d{1,3}\s*/\s*\d{1,3})\s*")
_TOKEN = re.compile(r"\S+")
_DIGITS_FIRST = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?(?:%|(?=\D|$))")
_NARRATIVE = 16  # that many letters in a row are a sentence, not a piece of a label
_DENSE = 3  # labels of a table that must follow each other before a region counts as the table


class _Token(NamedTuple):
    """A wording of the form in the text: what it may be, and where it begins (numbering included) and ends."""

    hits: tuple[Hit, ...]
    start: int
    end: int
    numbered: bool


@cache
def _wordings(lexicon: Lexicon) -> re.Pattern[str]:
    keys = sorted((key for key in lexicon.exact if len(key) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, keys)))


@cache
def _numbering(number: str) -> re.Pattern[str]:
    mark = fold(number).strip("()、.")
    if number.startswith(("（", "(")):
        return re.compile(rf"[（(]\s*{mark}\s*[)）]\s*[、.]?\s*$")
    if mark.isdigit():
        return re.compile(rf"{mark}\s*[.、．,，]\s*$")
    return re.compile(rf"{mark}\s*[、.．]\s*$")


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
        """Every wording of the form, in order; of two that overlap the longer one."""
        plain, positions = condense(self.text)
        found = []
        for match in _wordings(lexicon).finditer(plain):
            start, end = positions[match.start()], positions[match.end() - 1] + 1
            hits = lexicon.exact[match[0]]
            before = fold(self.text[max(0, start - 8) : start])
            numbered = [
                (hit, m)
                for hit in hits
                if (number := lexicon.numbers.get(hit)) and (m := _numbering(number).search(before))
            ]
            if numbered:
                kept = tuple(hit for hit, _ in numbered)
                start -= len(before) - max(m.start() for _, m in numbered)
                found.append(_Token(kept + tuple(h for h in hits if h not in kept), max(start, 0), end, True))
            else:
                found.append(_Token(hits, start, end, False))
        return found


def running_lines(document: Document, form: Edition, lexicon: Lexicon, wanted: Sequence[str]) -> Iterator[Line]:
    """The lines of the wanted tables in the running text of a document."""
    run: list[tuple[int, Paragraph]] = []
    blocks = list(enumerate(document.blocks))
    texts: list[list[tuple[int, Paragraph]]] = []
    for index, block in [*blocks, (len(blocks), None)]:
        if isinstance(block, Paragraph):
            run.append((index, block))
        elif run:
            texts.append(run)
            run = []
    for paragraphs in texts:
        text = _Text(paragraphs)
        if len(text.text) < 2:
            continue
        tokens = text.tokens(lexicon)
        at_end = paragraphs[-1][0] == len(blocks) - 1
        for code in wanted:
            table = form.table(code)
            region = _region(tokens, code)
            if region:
                reader = _disputes if table.across else _rows
                yield from reader(text, table, tokens[region.start : region.stop], _limit(text, tokens, region), at_end)


def _limit(text: _Text, tokens: list[_Token], region: range) -> int:
    return tokens[region.stop].start if region.stop < len(tokens) else len(text.text)


def _region(tokens: list[_Token], table: str) -> range | None:
    """From the first label that others of the table follow closely, to the next table or section."""
    mine = [any(h.table == table for h in token.hits) for token in tokens]
    for first, token in enumerate(tokens):
        if not mine[first] or (token.hits[0].axis == "section" and not any(mine[first + 1 : first + 2])):
            continue
        near = mine[first : first + 2 * _DENSE]
        distinct = {
            (h.axis, h.code) for t in tokens[first : first + 2 * _DENSE] for h in t.hits[:1] if h.table == table
        }
        spread = tokens[min(first + _DENSE, len(tokens) - 1)].start - token.end
        if sum(near) < _DENSE or len(distinct) < _DENSE or spread > 120:
            continue
        stop = first + 1
        while stop < len(tokens):
            ends = any(h.axis == "end" or (h.axis in ("section", "corner") and h.table != table) for h in tokens[stop].hits)
            if ends and not mine[stop]:
                break
            stop += 1
        return range(first, stop)
    return None


class _Groups(NamedTuple):
    """The groups of figures between two labels; `rest` is whether a sentence cut them off."""

    groups: list[list[Atom]]
    cut: bool


def _figures(text: _Text, start: int, stop: int, n: int) -> list[list[Atom]]:
    """The groups of figures between two labels. A line with as many as the table has columns is one."""
    groups: list[list[Atom]] = [[]]
    offset = start
    pieces = text.text[start:stop].split("\n")
    for number, piece in enumerate(pieces):
        place = text.at(min(offset, len(text.text) - 1))[1]
        offset += len(piece) + 1
        if not piece.strip():
            if 0 < number < len(pieces) - 1:
                groups[-1].append(atom("", place.place, place=place))
            continue
        if _PAGE_NUMBER.fullmatch(piece) and parse(piece).found != "dash":
            continue
        line: list[Atom] = []
        if parse(piece).found in ("number", "dash"):
            line.append(atom(piece.strip(), place.place, place=place))
        else:
            for token in _TOKEN.findall(piece.replace("|", " ")):
                if parse(token).found in ("number", "dash"):
                    line.append(atom(token, place.place, place=place))
                elif (match := _DIGITS_FIRST.match(fold(token))) and not re.match(r"\s*[.、．)）]", fold(token)[match.end() :]):
                    line.append(atom(match[0], place.place, place=place))
                elif len(re.findall(r"[^\W\d_]", token)) > _NARRATIVE:
                    if line:
                        groups[-1] += line
                    return [g for g in groups if g]
                elif not line:  # a piece of a label: what follows is another group
                    if groups[-1]:
                        groups.append([])
        if len(line) == n > 1:
            if groups[-1]:
                groups.append([])
            groups[-1] += line
            groups.append([])
        else:
            groups[-1] += line
    return [g for g in groups if any(a.numeral.found != "blank" for a in g) or len(g) >= n]


def _rows(text: _Text, table: Table, tokens: list[_Token], limit: int, at_end: bool) -> Iterator[Line]:
    """Tables whose lines have a label in front."""
    orphan = False
    several = len(table.blocks) > 1
    for k, token in enumerate(tokens):
        stop = tokens[k + 1].start if k + 1 < len(tokens) else limit
        hit = next((h for h in token.hits if h.axis == "row" and h.table == table.code), None)
        n = len(table.block_of(hit.code).columns) if hit else len(table.blocks[0].columns)
        groups = _figures(text, token.end, stop, n)
        last = at_end and k + 1 == len(tokens) and stop == len(text.text)
        if hit is None:
            if several:
                continue
            labelled = False
        else:
            labelled = True
            if not groups:
                orphan = orphan or not _is_header_word(token)
                continue
        for g, group in enumerate(groups):
            index, place = text.at(token.start)
            row = hit.code if hit and labelled and g == 0 else None
            label = text.text[token.start : token.end].strip()
            columns = [c.code for c in (table.block_of(row) if row else table.blocks[0]).columns]
            cells = assign(group, columns, None, last)
            if cells is None and several and row:
                cells = assign(group[: len(columns)], columns)
            if row is None and (several or cells is None):
                continue
            yield Line(
                table.code, row, label if row else "", group[0].where if group[0].text else place.place,
                (index, token.start + g), group, cells or {}, unclear=cells is None, weak=orphan and g == 0,
            )  # fmt: skip
        if groups:
            orphan = False


def _is_header_word(token: _Token) -> bool:
    """Words that are a column as well as a row: without figures behind them they are the column."""
    return any(h.axis == "column" for h in token.hits) or token.hits[0].axis == "group"


def _disputes(text: _Text, table: Table, tokens: list[_Token], limit: int, at_end: bool) -> Iterator[Line]:
    """The table in which the lines of the form stand side by side."""
    names = [column.code for column in table.columns]
    routes = [row.code for row in table.rows]
    lines: list[tuple[list[Atom], int]] = []
    named: list[str] = []
    pending: dict[str, Atom] = {}
    for k, token in enumerate(tokens):
        stop = tokens[k + 1].start if k + 1 < len(tokens) else limit
        hit = token.hits[0]
        row = next((h.code for h in token.hits if h.axis == "row" and h.table == table.code), None)
        if row:
            named.append(row)
        column = next((h.code for h in token.hits if h.axis == "column" and h.table == table.code), None)
        groups = _figures(text, token.end, stop, len(names))
        flat = [a for group in groups for a in group if a.numeral.found != "blank" or len(group) > 1]
        if column and len(flat) == 1 and hit.axis != "section" and len(flat[0].text) < 8:
            if column == names[0]:
                pending = {}
            pending[column] = flat[0]
            if list(pending) == names:
                lines.append((list(pending.values()), token.start))
                pending = {}
            continue
        if len(flat) == 1 and flat[0].text.isdigit() and len(flat[0].text) >= len(names):
            lines.append((flat, token.start))
        elif flat and len(flat) % len(names) == 0:
            lines += [(flat[i : i + len(names)], token.start) for i in range(0, len(flat), len(names))]
        elif at_end and k + 1 == len(tokens) and stop == len(text.text) and flat:
            lines += [(flat[i : i + len(names)], token.start) for i in range(0, len(flat), len(names))]
    order = routes if len(lines) == len(routes) else list(dict.fromkeys(named)) if len(set(named)) == len(lines) else []
    for (atoms, start), route in zip(lines, order, strict=False):
        index, _ = text.at(start)
        cells = assign(atoms, names, None, last=True) if len(atoms) > 1 else None
        yield Line(table.code, route, route, atoms[0].where, (index, start), atoms, cells or {}, unclear=cells is None)


def starts() -> dict[str, list[str]]:
    """Wordings that tell that a table stands here."""
    return {code: [normalise(w) for w in wordings] for code, wordings in load_toml("sections.toml")["starts"].items()}
