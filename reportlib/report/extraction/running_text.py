"""Tables that lost their cells: running text -> the labelled lines of the form.

Copying and converting flatten a table into paragraphs (one cell each), into lines, or into one
string in which digits run together. What is left are the labels and the order of the figures:
the text is cut at the labels, and what stands between two of them are the figures of the first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from typing import NamedTuple

from ...form import Edition, Table
from ...reading.document import Document, Paragraph
from ..readings import cuts
from .lines import LONGEST_RUN, Atom, Line, assign, atom
from .matching import Hit, Lexicon, condense, numbering
from .numerals import UNITS, fold, parse

__all__ = ["running_lines"]

_PAGE_NUMBER = re.compile(r"\s*(?:[-—–]+\s*\d{1,3}\s*[-—–]+|第\s*\d{1,3}\s*页.*|\d{1,3}\s*/\s*\d{1,3})\s*")
_LABEL = re.compile(r"\s*(\S.*?)\s*(?:(?<=[\s|])[-+—–/]?\d[\d,.]*(?=[\s|]|$)|$)")
_LONG = 6  # a label of so many letters without a number is known also with a misprint
_TOKEN = re.compile(r"\S+")
# Behind the closing mark of the label, perhaps; what follows may be a label, but no part of the number.
_DIGITS_FIRST = re.compile(r"[”\"’」』》)\]]*([+-]?\d[\d,]*(?:\.\d+)?)(?![\dOoIlSBZz.,%‰十百千万亿余多])")
# A label that the form does not know, misprinted perhaps: its number at the head of a line, or behind a
# space.
_UNKNOWN_LABEL = re.compile(
    r"(?:(?<=[\s|])|^)(?:[(（][一二三四五六七八九十][)）]|[一二三四五六七八九十]、|\d[.、．](?!\d))\s*[^\W\d_]"
)
_FIGURE = re.compile(r"(?<![^\s|])\d[\d,.]*(?![^\s|])")
_MARK = re.compile(r"\s*[.、．)）]")
_LETTERS = re.compile(r"[^\W\d_]")
# A number in a sentence: a unit or a punctuation mark behind it, and more text behind that.
_PROSE = re.compile(
    rf"\d\s*(?:(?:{UNITS}|[%余多])\s*)?[,;。](?!\d)|\d\s*(?:{UNITS}|[%余多年月])\s*[^\s\d|()]"
)
_NARRATIVE = 16  # that many letters in a row are a sentence, not a piece of a label
_DENSE = 3  # different labels of a table that must follow each other before they count as the table
_FAR = (
    200  # characters between two labels of one table: a line of figures with a piece of narrative is shorter
)
_LONGEST_TEXT = 1_000_000  # characters; no report is a tenth as long, and the search is not meant for books
_LONGEST_HEADER = 20  # labels
_MOST_LINES = 5_000  # of a text whose misprints are looked for; a report has a few hundred
_SENTENCE = 60  # a paragraph of that many characters beside a table in cells is narrative


class _Token(NamedTuple):
    """A wording of the form in the text: what it may be, and where it begins (numbering included) and
    ends.
    """

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
                    yield _Token(hits, start + label.start(1), start + label.end(1), False)

    def _exact(self, lexicon: Lexicon) -> Iterator[_Token]:
        plain, positions = condense(self.text)
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
                yield _Token(kept + tuple(h for h in hits if h not in kept), max(start, 0), end, True)
            else:
                yield _Token(hits, start, end, False)


def running_lines(
    document: Document, form: Edition, lexicon: Lexicon, wanted: Mapping[str, bool]
) -> Iterator[Line]:
    """The lines of the wanted tables in the running text of a document.

    `wanted` tells for each table whether some of its lines stand in grids: then only short
    paragraphs count, for what is long beside a table in cells is narrative.
    """
    runs: list[list[tuple[int, Paragraph]]] = [[]]
    for index, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            runs[-1].append((index, block))
        elif runs[-1]:
            runs.append([])
    for partly in sorted(set(wanted.values())):
        for run in runs:
            paragraphs = [(i, p) for i, p in run if not partly or len(p.text) < _SENTENCE]
            if not paragraphs:
                continue
            if sum(len(p.text) for _, p in paragraphs) > _LONGEST_TEXT:
                continue
            text = _Text(paragraphs)
            tokens = text.tokens(lexicon)
            at_end = paragraphs[-1][0] == len(document.blocks) - 1
            for code in (code for code, some in wanted.items() if some == partly):
                table = form.table(code)
                region = _region(tokens, code, len(table.blocks) > 1)
                if region:
                    reader = _disputes if table.across else _rows
                    limit = _limit(text, tokens, region)
                    yield from reader(text, table, tokens[region.start : region.stop], limit, at_end)


def _limit(text: _Text, tokens: list[_Token], region: range) -> int:
    return tokens[region.stop].start if region.stop < len(tokens) else len(text.text)


def _region(tokens: list[_Token], table: str, several: bool) -> range | None:
    """Where most labels of a table follow each other closely, up to the next table or section."""
    best: range | None = None
    first = 0
    while first < len(tokens):
        stop = first + 1
        if any(h.table != table for h in tokens[first].hits):  # 总计 and 其他 stand in two tables
            first = stop
            continue
        while (
            stop < len(tokens)
            and tokens[stop].start - tokens[stop - 1].end < _FAR
            and _belongs(tokens[stop], table)
        ):
            stop += 1
        distinct = {(h.axis, h.code) for token in tokens[first:stop] for h in token.hits if h.table == table}
        # Rows alone may be a sentence or a list: a table of everyday words (行政许可) has its headings too.
        led = not several or any(axis != "row" for axis, _ in distinct)
        if led and len(distinct) >= _DENSE and (best is None or stop - first > len(best)):
            best = range(first, stop)
        first = stop
    return best


def _belongs(token: _Token, table: str) -> bool:
    return any(h.table == table for h in token.hits) or all(
        h.axis not in ("end", "section", "corner") for h in token.hits
    )


def _figures(text: _Text, start: int, stop: int, n: int) -> list[list[Atom]]:
    """The groups of figures between two labels. A line with as many as the table has columns is one.

    Where a sentence begins the figures end: its numbers are no cells.
    """
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
        whole = parse(piece).found == "number"
        tokens = [piece.strip()] if whole else _TOKEN.findall(piece.replace("|", " "))
        figures = [parse(token).found in ("number", "dash") for token in tokens]
        if not all(figures) and (
            _PROSE.search(fold(piece)) or any(len(_LETTERS.findall(t)) > _NARRATIVE for t in tokens)
        ):
            break
        line: list[Atom] = []
        for token, figure in zip(tokens, figures, strict=True):
            plain = fold(token)
            if figure:
                line.append(atom(token, place.place, place=place))
            elif (match := _DIGITS_FIRST.match(plain)) and not _MARK.match(plain, match.end()):
                line.append(atom(match[1], place.place, place=place))
            elif not line and groups[-1]:  # a piece of a label: what follows is another group
                groups.append([])
        if len(line) == n and (n > 1 or number == 0):
            groups += [line, []]
        else:
            groups[-1] += line
    return [g for g in groups if any(a.numeral.found != "blank" for a in g) or len(g) >= n]


class _Found(NamedTuple):
    """A wording with the figures behind it: the row it is, and the column labels read before it."""

    token: _Token
    row: str | None
    groups: list[list[Atom]]
    header: tuple[str, ...]
    last: bool


def _walk(text: _Text, table: Table, tokens: list[_Token], limit: int, at_end: bool) -> Iterator[_Found]:
    header: list[str] = []
    closed = False
    for k, token in enumerate(tokens):
        stop = tokens[k + 1].start if k + 1 < len(tokens) else limit
        row = next((h.code for h in token.hits if h.axis == "row" and h.table == table.code), None)
        column = next((h.code for h in token.hits if h.axis == "column" and h.table == table.code), None)
        n = len((table.block_of(row) if row else table.blocks[0]).columns)
        groups = _figures(text, token.end, stop, n)
        grouping = any(h.axis == "column_group" for h in token.hits)
        # Words that are a column as well as a row: without figures behind them they are the column.
        if (column or grouping or token.hits[0].axis == "group") and not any(
            a.numeral.found in ("number", "unreadable") for g in groups for a in g
        ):
            if column or grouping:
                header = [column or ""] if closed else [*header[-_LONGEST_HEADER:], column or ""]
                closed = False
            continue
        closed = closed or bool(groups)
        if (other := _UNKNOWN_LABEL.search(text.text, token.end, stop)) and not _FIGURE.search(
            text.text, token.end, other.start()
        ):
            row = None
        yield _Found(
            token, row, groups, tuple(header), at_end and k + 1 == len(tokens) and stop == len(text.text)
        )


def _rows(text: _Text, table: Table, tokens: list[_Token], limit: int, at_end: bool) -> Iterator[Line]:
    """Tables whose lines have a label in front."""
    found = list(_walk(text, table, tokens, limit, at_end))
    several = len(table.blocks) > 1
    orphan = False
    orders: dict[tuple[tuple[str, ...], str | None], list[str]] = {}
    usual = [column.code for column in table.blocks[0].columns]
    parted = _parted((group for one in found for group in one.groups), usual, _total(table))
    for token, code, groups, header, last in found:
        if code and not groups:
            orphan = True
        if not groups or (code is None and several):
            continue
        for g, group in enumerate(groups):
            index, place = text.at(token.start)
            row = code if g == 0 else None
            columns = [c.code for c in (table.block_of(row) if row else table.blocks[0]).columns]
            if (header, row) not in orders:
                orders[header, row] = _order(table, header, columns, found)
            columns = orders[header, row]
            group = _spread(group, columns, _total(table), parted)
            cells = assign(group, columns, last=last)
            if row is None and (several or cells is None):
                continue
            yield Line(
                table.code, row, text.text[token.start : token.end].strip() if row else "",
                group[0].where if group[0].text else place.place,
                (index, token.start + g), group, cells or {}, unclear=cells is None, weak=orphan and g == 0,
                distance=token.hits[0].distance if row else 0,
            )  # fmt: skip
        orphan = False


def _order(table: Table, header: tuple[str, ...], columns: list[str], found: list[_Found]) -> list[str]:
    """The columns as the header has them, if it names each once and the totals agree.

    Flattened, a header of two lines (it has a group, '') reads in an order of its own; only the
    labels under the group keep theirs.
    """
    named = [code for code in header if code]
    if named == columns or sorted(named) != sorted(columns):
        return columns
    grouped = [code for code in named if table.column(code).group]
    under = iter(grouped)
    flattened = [next(under) if code in grouped else code for code in columns]
    total = _total(table)
    lines = [[a.numeral.value or 0 for a in g] for one in found for g in one.groups if len(g) == len(columns)]

    def holds(order: list[str]) -> bool:
        return total is None or all(2 * line[order.index(total)] == sum(line) for line in lines)

    orders = [flattened, named] if "" in header else [named]
    return next((order for order in orders if holds(order)), columns)


def _total(table: Table) -> str | None:
    """The column that the others of a line add up to."""
    return next((identity.right[0] for identity in table.identities if identity.per == "row"), None)


def _spread(
    group: list[Atom], columns: Sequence[str], total: str | None, parted: bool | None = None
) -> list[Atom]:
    """The cells of a line, where empty lines may be blank cells, or only stand between or behind the cells.

    Of several ways the one counts in which the figures add up; of several of these the one that the
    other lines of the table show, `parted`.
    """
    figures = [one for one in group if one.numeral.found != "blank"]
    if len(figures) in (len(columns), len(group)):
        return figures
    ways = _ways(group, columns, total)
    ways = [way for way in ways if way[0] == parted] if len(ways) > 1 else ways
    return ways[0][1] if len(ways) == 1 else group


def _parted(groups: Iterable[list[Atom]], columns: Sequence[str], total: str | None) -> bool | None:
    """Whether the writer parts the cells by empty lines, as far as lines tell that can be read in one way
    only.
    """
    told = {ways[0][0] for group in groups if len(ways := _ways(group, columns, total)) == 1}
    return told.pop() if len(told) == 1 else None


def _ways(group: list[Atom], columns: Sequence[str], total: str | None) -> list[tuple[bool, list[Atom]]]:
    """The ways to take a line with too many empty ones in which its figures add up, and whether cells are
    parted in it.

    Where the writer parts the cells by empty lines, two more are one blank cell; otherwise those in
    front and behind are what merged cells leave.
    """
    n = len(columns)
    if len(group) <= n:
        return []
    blank = [one.numeral.found == "blank" for one in group]
    halved: list[Atom] = []
    run = 0
    for one, empty in zip(group, blank, strict=True):
        run = run + 1 if empty else 0
        if not run or run % 2 == 0:
            halved.append(one)
    ways = [(True, halved)] if len(halved) == n else []
    ways += [
        (False, group[k : k + n]) for k in range(len(group) - n + 1) if all(blank[:k]) and all(blank[k + n :])
    ]
    fitting = {
        tuple(one.text for one in way[1]): way for way in reversed(ways) if _adds_up(way[1], columns, total)
    }
    return list(fitting.values())


def _adds_up(cells: Sequence[Atom], columns: Sequence[str], total: str | None) -> bool:
    """Whether each total is the sum of the others of its line; blank counts as nothing."""
    size = len(columns) // max(columns.count(total or ""), 1)
    values = [one.numeral.value or 0 for one in cells]
    lines = [values[k : k + size] for k in range(0, len(values), size)]
    return total is None or all(2 * line[columns.index(total)] == sum(line) for line in lines)


def _disputes(text: _Text, table: Table, tokens: list[_Token], limit: int, at_end: bool) -> Iterator[Line]:
    """The table in which the lines of the form stand side by side."""
    names = [column.code for column in table.columns]
    routes = [row.code for row in table.rows]
    lines: list[tuple[list[Atom], int]] = []
    named: list[str] = []
    pending: dict[str, Atom] = {}
    for k, token in enumerate(tokens):
        stop = tokens[k + 1].start if k + 1 < len(tokens) else limit
        row = next((h.code for h in token.hits if h.axis == "row" and h.table == table.code), None)
        if row:
            named.append(row)
        column = next((h.code for h in token.hits if h.axis == "column" and h.table == table.code), None)
        groups = _figures(text, token.end, stop, len(names))
        flat = [a for group in groups for a in group if a.numeral.found != "blank" or len(group) > 1]
        flat = _spread(flat, names * len(routes), _total(table))
        if column and len(flat) == 1 and token.hits[0].axis != "section" and len(flat[0].text) < 8:
            if column == names[0]:
                pending = {}
            pending[column] = flat[0]
            if list(pending) == names:
                lines.append((list(pending.values()), token.start))
                pending = {}
        elif len(flat) == 1 and flat[0].text.isdigit() and len(flat[0].text) >= len(names):
            lines.append((flat, token.start))
        elif flat and (
            len(flat) % len(names) == 0 or (at_end and k + 1 == len(tokens) and stop == len(text.text))
        ):
            lines += [(flat[i : i + len(names)], token.start) for i in range(0, len(flat), len(names))]
    if len(lines) == 1 and len(lines[0][0]) == 1:
        run, start = lines[0][0][0], lines[0][1]
        parts = _parts(run.text, len(names), len(routes))
        lines = [([run._replace(text=part, numeral=parse(part))], start) for part in parts]
        lines = lines or ([([run], start)] if len(run.text) < len(names) * len(routes) else [])
    if len(lines) > len(routes):  # merged cells leave empty lines, which are no line of figures
        lines = [line for line in lines if any(a.numeral.found != "blank" for a in line[0])]
    order = (
        routes
        if len(lines) == len(routes)
        else list(dict.fromkeys(named))
        if len(set(named)) == len(lines)
        else []
    )
    for (atoms, start), route in zip(lines, order, strict=False):
        index, _ = text.at(start)
        cells = assign(atoms, names, last=True) if len(atoms) > 1 else None
        yield Line(
            table.code,
            route,
            route,
            atoms[0].where,
            (index, start),
            atoms,
            cells or {},
            unclear=cells is None,
        )


def _parts(digits: str, numbers: int, lines: int) -> list[str]:
    """Digits of all lines in one run, cut into lines that each add up; [] unless there is one way only."""
    if not lines * numbers <= len(digits) <= LONGEST_RUN:
        return []
    ways = [
        [digits[i:j] for i, j in pairwise((0, *inner, len(digits)))]
        for inner in combinations(range(numbers, len(digits) - numbers + 1), lines - 1)
        if all(j - i >= numbers for i, j in pairwise(inner))
    ]
    found = [way for way in ways if all(cuts(part, numbers) for part in way)]
    return found[0] if len(found) == 1 else []
