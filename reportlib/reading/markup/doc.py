"""doc and wps: Word 97-2003 files, from the piece table and the paragraphs' properties.

Source of the structures: [MS-DOC], Word (.doc) Binary File Format. A cell ends with the mark
0x07, and so does a row: the paragraph property sprmPFTtp tells a row's end from a blank cell, and
its sprmTDefTable the positions of the row's cell borders and which cells are merged.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import NamedTuple

import olefile

from ...errors import ReadError
from ..document import Cell, Document, Grid, Note, Paragraph
from ..encoding import decode

__all__ = ["read"]

CELL, PARAGRAPH, PAGE = "\x07", "\r", "\f"
# The properties (sprm) of paragraphs that are of tables; a huge one stands in the stream Data.
IN_TABLE, ROW_END, DEPTH, INNER_CELL, INNER_ROW_END, TABLE = 0x2416, 0x2417, 0x6649, 0x244B, 0x244C, 0xD608
HUGE = 0x6645, 0x6646
# The properties of characters: struck, struck twice, hidden, deleted; raised; white, by number and by value.
GONE, RAISED, COLOUR, COLOUR_VALUE = (0x0837, 0x2A53, 0x083C, 0x0800), 0x2A48, 0x2A42, 0x6870
_SAID = frozenset((*GONE, RAISED, COLOUR, COLOUR_VALUE))
_ON = (b"\x01", b"\x81")
_VISIBLE = re.compile(r"[^\x00-\x1f]")
_WIDE = re.compile("[\U00010000-\U0010ffff]")
_RAISED_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
MAX_TEXT = 1_000_000
"""Characters. A report with its three tables has some 5,000."""


class _RowDefinition(NamedTuple):
    """The borders of a row's cells in twips, and for each cell its merge flags."""

    edges: tuple[int, ...]
    flags: tuple[int, ...]


class _Properties(NamedTuple):
    """What a paragraph's properties say about tables."""

    depth: int = 0
    row_end: bool = False
    cell_end: bool = False
    row: _RowDefinition | None = None


@dataclass(slots=True)
class _RawRow:
    """The cells of a row, each with its text and why that is in doubt."""

    cells: list[tuple[str, str]] = field(default_factory=list)
    definition: _RowDefinition | None = None


def read(data: bytes, name: str) -> Document:
    """Read a Word 97-2003 document, or a .wps in the same container.

    Parameters
    ----------
    data, name
        The file's bytes, and its name for messages.

    Returns
    -------
    Document
        A table within a table's cell is given after it, as one of its own.

    Raises
    ------
    ReadError
        Damaged, encrypted, or older than Word 97.
    """
    try:
        with olefile.OleFileIO(BytesIO(data)) as ole:
            main, table = _streams(ole, name)
            elsewhere = ole.openstream("Data").read() if ole.exists("Data") else b""
            title = getattr(ole.get_metadata(), "title", None) or b""
        text, places = _pieces(main, table, name)
        text, pale = _shown(text, places, _Formatted(main, table, CHARACTERS))
        tables = _Tables(_Formatted(main, table, PARAGRAPHS), elsewhere)
        tables.walk(text, places, pale)
    except (OSError, struct.error, IndexError, ValueError, KeyError) as error:
        raise _damaged(name) from error
    said = title if isinstance(title, str) else decode(title)[0]
    return Document(tuple(tables.blocks), "doc", "text", said.strip("\0 "), tuple(tables.notes))


def _streams(ole: olefile.OleFileIO, name: str) -> tuple[bytes, bytes]:
    """The main stream and the one of its tables."""
    main = ole.openstream("WordDocument").read()
    if len(main) < 0x1AA or struct.unpack_from("<H", main)[0] not in (0xA5EC, 0xA5DC):
        raise _damaged(name)
    flags = struct.unpack_from("<H", main, 0x0A)[0]
    if flags & 0x0100:
        hint = "Save it without the password"
        raise ReadError("the document is protected by a password", file=name, hint=hint)
    if struct.unpack_from("<H", main, 2)[0] < 0x00C1:
        hint = "Save it as docx with Word, WPS or LibreOffice"
        raise ReadError("the document is older than Word 97", file=name, hint=hint)
    return main, ole.openstream("1Table" if flags & 0x0200 else "0Table").read()


def _damaged(name: str) -> ReadError:
    return ReadError("the document is damaged", file=name, hint="Get the file again from its publisher")


# ------------------------------------------------------------------------------ text


def _pieces(main: bytes, table: bytes, name: str) -> tuple[str, list[tuple[int, int, int, int]]]:
    """The main text, and for each piece: first character, first byte, bytes a character, its end."""
    (length,) = struct.unpack_from("<i", main, 0x4C)
    if length > MAX_TEXT:
        hint = "Cut the annual report out of it"
        raise ReadError(f"{length:,} characters", file=name, expected=f"at most {MAX_TEXT:,}", hint=hint)
    start, size = struct.unpack_from("<II", main, 0x1A2)
    clx = table[start : start + size]
    at = 0
    while clx[at] == 1:  # property modifications of fast-saved files stand before the pieces
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if clx[at] != 2:
        raise ValueError("no piece table")
    (size,) = struct.unpack_from("<I", clx, at + 1)
    plc = clx[at + 5 : at + 5 + size]
    count = (size - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}i", plc)
    text: list[str] = []
    places = []
    for n in range(count):
        first, last = ends[n], min(ends[n + 1], length)
        if last <= first:
            continue
        (position,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * n + 2)
        narrow = bool(position & 0x40000000)
        position &= 0x3FFFFFFF
        if narrow:
            position //= 2
            part = main[position : position + last - first].decode("cp1252", "replace")
        else:
            part = main[position : position + 2 * (last - first)].decode("utf-16-le", "replace")
            part = _WIDE.sub("\\g<0>\0", part)  # a character of two units counts twice
        part = part.ljust(last - first, "\ufffd")[: last - first]
        places.append((first, position, 1 if narrow else 2, last))
        text.append(part)
    return "".join(text), places


class _Formatted:
    """The properties of a kind, of characters or of paragraphs, that hold at a byte of the main stream."""

    def __init__(self, main: bytes, table: bytes, kind: _Kind) -> None:
        start, size = struct.unpack_from("<II", main, kind.place)
        count = (size - 4) // 8
        self._starts = struct.unpack_from(f"<{count + 1}I", table, start)
        self._pages = struct.unpack_from(f"<{count}I", table, start + 4 * (count + 1))
        self._main, self._kind = main, kind
        self._data: dict[int, tuple[tuple[int, ...], list[bytes]]] = {}

    def at(self, byte: int) -> tuple[bytes, int]:
        """The properties at a byte, and the byte before which they end."""
        n = bisect_right(self._starts, byte) - 1
        if not 0 <= n < len(self._pages):
            return b"", byte + 1
        starts, properties = self._page(self._pages[n] & 0x3FFFFF)
        k = bisect_right(starts, byte) - 1
        return (properties[k], starts[k + 1]) if 0 <= k < len(properties) else (b"", byte + 1)

    def _page(self, number: int) -> tuple[tuple[int, ...], list[bytes]]:
        if number not in self._data:
            page = self._main[number * 512 : number * 512 + 512]
            count = page[511]
            starts = struct.unpack_from(f"<{count + 1}I", page)
            places = range(4 * (count + 1), 4 * (count + 1) + self._kind.step * count, self._kind.step)
            self._data[number] = starts, [self._kind.read(page, 2 * page[place]) for place in places]
        return self._data[number]


def _of_paragraph(page: bytes, at: int) -> bytes:
    if not at:
        return b""
    size = 2 * page[at] - 1 if page[at] else 2 * page[at + 1]
    at += 1 if page[at] else 2
    return page[at + 2 : at + size]  # after the number of the style


def _of_characters(page: bytes, at: int) -> bytes:
    return page[at + 1 : at + 1 + page[at]] if at else b""


class _Kind(NamedTuple):
    """Where the index of properties of a kind stands, how far its entries lie apart, how one is read."""

    place: int
    step: int
    read: Callable[[bytes, int], bytes]


PARAGRAPHS, CHARACTERS = _Kind(0x102, 13, _of_paragraph), _Kind(0xFA, 1, _of_characters)


def _shown(
    text: str, places: list[tuple[int, int, int, int]], formatted: _Formatted
) -> tuple[str, list[int]]:
    """The text with what does not show as zeros and raised digits as such; and where it may not show.

    It stays as long as it was, so that each character is found in its stream. Marks stay.
    """
    pieces: list[str] = []
    pale: list[int] = []
    for first, position, size, last in places:
        at = first
        while at < last:
            properties, end = formatted.at(position + (at - first) * size)
            stop = min(last, max(at + 1, first + (end - position) // size))
            said = {code: operand for code, operand in _sprms(properties) if code in _SAID}
            piece = text[at:stop]
            if any(said.get(code, b"\0")[:1] in _ON for code in GONE):
                piece = _VISIBLE.sub("\0", piece)
            elif said.get(RAISED, b"\0") == b"\1":
                piece = piece.translate(_RAISED_DIGITS)
            elif said.get(COLOUR) == b"\x08" or said.get(COLOUR_VALUE, b"")[:3] == b"\xff\xff\xff":
                pale += range(at, stop)
            pieces.append(piece)
            at = stop
    return "".join(pieces), pale


def _properties(grpprl: bytes, elsewhere: bytes) -> _Properties:
    depth = row_end = cell_end = 0
    inner = 0
    row = None
    for code, operand in _sprms(grpprl):
        if code == IN_TABLE:
            depth = max(depth, operand[0])
        elif code == DEPTH:
            depth = struct.unpack("<i", operand)[0]
        elif code == ROW_END:
            row_end = operand[0]
        elif code == INNER_CELL:
            cell_end = operand[0]
        elif code == INNER_ROW_END:
            inner = operand[0]
        elif code == TABLE:
            row = _definition(operand)
        elif code in HUGE:
            (at,) = struct.unpack("<I", operand)
            (size,) = struct.unpack_from("<H", elsewhere, at)
            return _properties(elsewhere[at + 2 : at + 2 + size], b"")
    return _Properties(depth, bool(row_end or inner), bool(cell_end), row)


def _sprms(grpprl: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(grpprl):
        (code,) = struct.unpack_from("<H", grpprl, at)
        at += 2
        kind = code >> 13
        if kind == 6:
            if code == TABLE:
                size = struct.unpack_from("<H", grpprl, at)[0] - 1
                at += 2
            else:
                size = grpprl[at]
                at += 1
                if code == 0xC615 and size == 255:  # tab stops too many to count in a byte
                    return
        else:
            size = (1, 1, 2, 4, 2, 2, 0, 3)[kind]
        yield code, grpprl[at : at + size]
        at += size


def _definition(operand: bytes) -> _RowDefinition:
    count = operand[0]
    edges = struct.unpack_from(f"<{count + 1}h", operand, 1)
    cells = operand[1 + 2 * (count + 1) :]
    flags = [
        struct.unpack_from("<H", cells, 20 * n)[0] if len(cells) >= 20 * n + 2 else 0 for n in range(count)
    ]
    return _RowDefinition(edges, tuple(flags))


# ------------------------------------------------------------------------------ blocks


class _Tables:
    """Puts paragraphs and tables in reading order into `blocks`."""

    def __init__(self, paragraphs: _Formatted, elsewhere: bytes) -> None:
        self.blocks: list[Paragraph | Grid] = []
        self.notes: list[Note] = []
        self._paragraphs, self._elsewhere = paragraphs, elsewhere
        self._levels: dict[int, _Level] = {}
        self._inner: list[list[_RawRow]] = []
        self._tables = self._lines = 0

    def walk(self, text: str, places: list[tuple[int, int, int, int]], pale: list[int]) -> None:
        """Take the text paragraph by paragraph; `pale` are the places of text that may not show."""
        start = 0
        for match in re.finditer(f"[{CELL}{PARAGRAPH}{PAGE}]|$", text):
            end = match.start()
            if end == len(text) and start == end:
                break
            found, _ = self._paragraphs.at(_byte(places, min(end, len(text) - 1)))
            doubtful = bisect_left(pale, end) > bisect_left(pale, start)
            own = _properties(found, self._elsewhere)
            self._take(match.group(), own, _clean(text[start:end]), "pale" if doubtful else "")
            start = match.end()
        self._close(0)

    def _take(self, mark: str, own: _Properties, content: str, doubt: str) -> None:
        depth = own.depth or int(mark == CELL)
        self._close(depth)
        if not depth:
            for line in content.split("\n"):
                self._lines += 1
                self.blocks.append(Paragraph(line, f"paragraph {self._lines}"))
            return
        level = self._levels.setdefault(depth, _Level())
        if own.row_end:
            level.end_row(own.row)
            return
        level.pending.append(content)
        level.doubt = level.doubt or doubt
        if (mark == CELL and depth == 1) or own.cell_end:
            level.end_cell()

    def _close(self, depth: int) -> None:
        """End the tables deeper than `depth`."""
        for number in sorted((n for n in self._levels if n > depth), reverse=True):
            level = self._levels.pop(number)
            if level.row.cells or any(level.pending):
                self.notes.append(Note("row_without_end", f"table {self._tables + 1}"))
                level.row.cells += [(text, level.doubt) for text in level.pending]
                level.end_row(None)
            if number > 1:
                self._inner.append(level.rows)
                continue
            for rows in (level.rows, *self._inner):
                self._tables += 1
                self.blocks.append(_grid(rows, f"table {self._tables}"))
            self._inner.clear()


@dataclass(slots=True)
class _Level:
    """A table being read, at its depth within others: whole rows, the open one, the open cell."""

    rows: list[_RawRow] = field(default_factory=list)
    row: _RawRow = field(default_factory=_RawRow)
    pending: list[str] = field(default_factory=list)
    doubt: str = ""

    def end_cell(self) -> None:
        self.row.cells.append(("\n".join(self.pending).strip("\n"), self.doubt))
        self.pending, self.doubt = [], ""

    def end_row(self, definition: _RowDefinition | None) -> None:
        self.row.definition = definition
        if self.row.cells:
            self.rows.append(self.row)
        self.row, self.pending, self.doubt = _RawRow(), [], ""


def _byte(places: list[tuple[int, int, int, int]], character: int) -> int:
    """Where a character stands in the main stream."""
    n = bisect_right(places, (character, 1 << 62, 0, 0)) - 1
    first, position, size, _ = places[max(n, 0)]
    return position + (character - first) * size


def _clean(text: str) -> str:
    """The text that can be seen: of fields the result, of special characters none."""
    while True:  # innermost first
        plain = re.sub("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x14\x15]*))?\x15", lambda m: m[1] or "", text)
        if plain == text:
            break
        text = plain
    text = text.replace("\x0b", "\n").replace("\x1e", "-").replace("\xa0", " ")
    return re.sub("[\x00-\x08\x0e-\x1f]", "", text).strip(" \t")


def _grid(rows: list[_RawRow], name: str) -> Grid:
    """Rows of a table as a grid: columns where any row has a border, merged cells as spans."""
    edges = sorted({edge for row in rows if _fits(row) for edge in row.definition.edges})  # type: ignore[union-attr]
    columns = [edge for n, edge in enumerate(edges) if n == 0 or edge - edges[n - 1] > 20]  # a point
    cells: list[Cell] = []
    above: dict[int, int] = {}
    for r, row in enumerate(rows):
        current: dict[int, int] = {}
        definition = row.definition if _fits(row) else None
        for n, (text, doubt) in enumerate(row.cells):
            flags = definition.flags[n] if definition else 0
            if definition:
                start = bisect_right(columns, definition.edges[n]) - 1
                end = bisect_right(columns, definition.edges[n + 1]) - 1
            else:
                start, end = n, n + 1
            if flags & 0x0002 and not flags & 0x0001 and cells and cells[-1].row == r:
                cells[-1] = cells[-1]._replace(colspan=end - cells[-1].column)
                continue
            if flags & 0x0020 and not flags & 0x0040 and start in above:
                k = above[start]
                cells[k] = cells[k]._replace(rowspan=r + 1 - cells[k].row)
                current[start] = k
                continue
            current[start] = len(cells)
            cells.append(Cell(text, r, start, 1, max(1, end - start), doubt=doubt))
        above = current
    return Grid(tuple(cells), name)


def _fits(row: _RawRow) -> bool:
    """Whether the row's definition belongs to its cells."""
    return row.definition is not None and len(row.definition.flags) == len(row.cells)
