"""doc and wps: Word 97-2003 files, from the piece table and the properties of characters and paragraphs.

Source of the structures: [MS-DOC], Word (.doc) Binary File Format. A cell ends with the mark
0x07, and so does a row: the paragraph property sprmPFTtp tells a row's end from a blank cell, and
its sprmTDefTable the positions of the row's cell borders and which cells are merged.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import pairwise
from typing import NamedTuple

import olefile

from ...errors import ReadError
from ..document import Document, Note
from ..encoding import decode
from ..limits import damaged, protected
from .flow import Flow, Look, RawCell

__all__ = ["read"]

CELL, PARAGRAPH, PAGE, LINE = "\x07", "\r", "\f", "\x0b"
FIELD, RESULT, FIELD_END = "\x13", "\x14", "\x15"
# The properties (sprm) of paragraphs that are of tables; a huge one stands in the stream Data.
IN_TABLE, ROW_END, DEPTH, INNER_CELL, INNER_ROW_END, TABLE = 0x2416, 0x2417, 0x6649, 0x244B, 0x244C, 0xD608
HUGE = {0x6645, 0x6646}
# Merge flags of a cell: it goes on the one before, or the one above.
MERGED, LEFT, MERGED_UP, UP = 0x0003, 0x0002, 0x0060, 0x0020
A_POINT, PAGE_SIZE = 20, 512  # twips; bytes
# The properties of characters: struck, struck twice, deleted; hidden; raised; white, by number and by value.
STRUCK, HIDDEN = {0x0837, 0x2A53, 0x0800}, 0x083C
RAISED, COLOUR, COLOUR_VALUE = 0x2A48, 0x2A42, 0x6870
_ON = (b"\x01", b"\x81")
_TABS_TOO_MANY = 0xC615
_MARKS = re.compile(f"([{CELL}{PARAGRAPH}{PAGE}{LINE}{FIELD}{RESULT}{FIELD_END}])")
_WIDE = re.compile("[\U00010000-\U0010ffff]")
_SHOWN: dict[int, str | None] = dict.fromkeys(range(0x20))
_SHOWN |= {0x09: "\t", 0x0B: "\n", 0x1E: "-", 0xA0: " "}
"""What shows of characters that are none of the text."""
MAX_TEXT = 1_000_000
"""Characters. A report with its three tables has some 5,000."""


class _Piece(NamedTuple):
    """A stretch of the text: where it stands in the main stream, and how many bytes a character takes."""

    text: str
    byte: int
    width: int


_Properties = dict[int, bytes]
"""Properties that hold of characters or of a paragraph: operands by their codes."""


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
    with olefile.OleFileIO(BytesIO(data)) as ole:
        main, table = _streams(ole, name)
        elsewhere = ole.openstream("Data").read() if ole.exists("Data") else b""
        title = getattr(ole.get_metadata(), "title", None) or b""
    walker = _Walker(main, table, elsewhere, name)
    for piece in _pieces(main, table, name):
        walker.walk(piece)
    walker.end()
    blocks = walker.flow.blocks()
    said = title if isinstance(title, str) else decode(title)[0]
    return Document(blocks, "doc", "text", said.strip("\0 "), walker.flow.notes)


def _streams(ole: olefile.OleFileIO, name: str) -> tuple[bytes, bytes]:
    """The main stream and the one of its tables."""
    main = ole.openstream("WordDocument").read()
    if len(main) < 0x1AA or _number(main, 0, 2) not in (0xA5EC, 0xA5DC):
        raise damaged("the document", name)
    flags = _number(main, 0x0A, 2)
    if flags & 0x0100:
        raise protected(name)
    if _number(main, 2, 2) < 0x00C1:
        hint = "Save it as docx with Word, WPS or LibreOffice"
        raise ReadError("the document is older than Word 97", file=name, hint=hint)
    return main, ole.openstream("1Table" if flags & 0x0200 else "0Table").read()


def _number(data: bytes, at: int, width: int = 4) -> int:
    """A number of so many bytes."""
    return int.from_bytes(data[at : at + width], "little")


# ------------------------------------------------------------------------------ text and its properties


def _pieces(main: bytes, table: bytes, name: str) -> Iterator[_Piece]:
    """The main text, piece by piece."""
    length = _number(main, 0x4C)
    if length > MAX_TEXT:
        hint = "Cut the annual report out of it"
        raise ReadError(f"{length:,} characters", file=name, expected=f"at most {MAX_TEXT:,}", hint=hint)
    at = _number(main, 0x1A2)
    while table[at] == 1:  # property modifications of fast-saved files stand before the pieces
        at += 3 + _number(table, at + 1, 2)
    if table[at] != 2:
        raise ValueError("no piece table")
    count = (_number(table, at + 1) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}i", table, at + 5)
    entries = at + 5 + 4 * (count + 1)
    for n, (start, end) in enumerate(pairwise(ends)):
        characters = min(end, length) - start
        if characters <= 0:
            continue
        byte = _number(table, entries + 8 * n + 2)
        if byte & 0x40000000:  # a byte a character
            byte = (byte & 0x3FFFFFFF) // 2
            width = 1
            text = main[byte : byte + characters].decode("cp1252", "replace")
        else:
            width = 2
            text = main[byte : byte + 2 * characters].decode("utf-16-le", "replace")
            text = _WIDE.sub("\\g<0>\0", text)  # a character of two units counts twice
        yield _Piece(text.ljust(characters, "\ufffd")[:characters], byte, width)


class _Formatted(NamedTuple):
    """The properties of characters or of paragraphs, and the bytes of the main stream for which they hold."""

    starts: list[int]
    ends: list[int]
    said: list[_Properties]

    def at(self, byte: int) -> tuple[_Properties, int]:
        """The properties at a byte, and the byte before which they end."""
        n = bisect_right(self.starts, byte) - 1
        return (self.said[n], self.ends[n]) if n >= 0 and byte < self.ends[n] else ({}, byte + 1)


def _formatted(
    main: bytes, table: bytes, place: int, step: int, read: Callable[[bytes, int], bytes]
) -> _Formatted:
    """All properties of a kind: where their index stands, how far its entries lie apart, how one is read."""
    found = _Formatted([], [], [])
    start = _number(main, place)
    count = (_number(main, place + 4) - 4) // 8
    for number in struct.unpack_from(f"<{count}I", table, start + 4 * (count + 1)):
        page = main[(number & 0x3FFFFF) * PAGE_SIZE :][:PAGE_SIZE]
        runs = page[-1]
        bounds = struct.unpack_from(f"<{runs + 1}I", page)
        for n in range(runs):
            found.starts.append(bounds[n])
            found.ends.append(bounds[n + 1])
            found.said.append(_sprms(read(page, 2 * page[4 * (runs + 1) + step * n])))
        if len(found.said) > MAX_TEXT:
            raise ValueError("more properties than characters")
    return found


def _of_paragraph(page: bytes, at: int) -> bytes:
    if not at:
        return b""
    size = 2 * page[at] - 1 if page[at] else 2 * page[at + 1]
    at += 1 if page[at] else 2
    return page[at + 2 : at + size]  # after the number of the style


def _of_characters(page: bytes, at: int) -> bytes:
    return page[at + 1 : at + 1 + page[at]] if at else b""


def _sprms(grpprl: bytes) -> _Properties:
    """The properties in their binary form, one behind the other, each as long as its code says."""
    found = {}
    at = 0
    while at + 2 <= len(grpprl):
        code = _number(grpprl, at, 2)
        at += 2
        size = (1, 1, 2, 4, 2, 2, 0, 3)[code >> 13]
        if code == TABLE:
            size = _number(grpprl, at, 2) - 1
            at += 2
        elif not size:
            size = grpprl[at]
            at += 1
            if code == _TABS_TOO_MANY and size == 255:  # to be counted in a byte
                break
        found[code] = grpprl[at : at + size]
        at += size
    return found


def _look(said: _Properties) -> Look:
    """How characters show."""
    on = {code for code, operand in said.items() if operand[:1] in _ON}
    white = said.get(COLOUR) == b"\x08" or said.get(COLOUR_VALUE, b"")[:3] == b"\xff\xff\xff"
    return Look(
        gone=HIDDEN in on, struck=not STRUCK.isdisjoint(on), raised=said.get(RAISED) == b"\x01", pale=white
    )


# ------------------------------------------------------------------------------ tables


class _Walker:
    """Goes through the text once and tells the flow what stands in it."""

    def __init__(self, main: bytes, table: bytes, elsewhere: bytes, name: str) -> None:
        self.flow = Flow(name, _visible)
        self._characters = _formatted(main, table, 0xFA, 1, _of_characters)
        self._paragraphs = _formatted(main, table, 0x102, 13, _of_paragraph)
        self._elsewhere = elsewhere
        self._paragraph: list[tuple[str, Look]] = []
        self._codes: list[bool] = []  # for each open field whether its code goes on: what shows is its result
        self._definitions: list[list[bytes]] = []  # of the whole rows of each open table
        self._closed = 0

    def walk(self, piece: _Piece) -> None:
        """Take a piece of the text, run by run of the same properties."""
        start = 0
        while start < len(piece.text):
            byte = piece.byte + start * piece.width
            own, end = self._characters.at(byte)
            stop = max(start + 1, start + (end - byte) // piece.width)
            look = _look(own)
            for token in _MARKS.split(piece.text[start:stop]):
                start += len(token)
                if token in (CELL, PARAGRAPH, PAGE):
                    said, _ = self._paragraphs.at(piece.byte + (start - 1) * piece.width)
                    self._end_paragraph(token, said)
                else:
                    self._take(token, look)

    def end(self) -> None:
        """End the text; a last paragraph may lack its mark."""
        if self._paragraph:
            self._end_paragraph(PARAGRAPH, {})
        self._close(0)

    def _take(self, token: str, look: Look) -> None:
        if token == FIELD:
            self._codes.append(True)
        elif token == RESULT and self._codes:
            self._codes[-1] = False
        elif token == FIELD_END and self._codes:
            self._codes.pop()
        elif (text := token.translate(_SHOWN)) and not any(self._codes):
            self._paragraph.append((text, look))

    def _end_paragraph(self, mark: str, said: _Properties) -> None:
        """Put the paragraph where its mark and its properties say that it stands."""
        for code in HUGE & said.keys():
            at = _number(said[code], 0)
            said = _sprms(self._elsewhere[at + 2 :][: _number(self._elsewhere, at, 2)])
        on = {code for code, operand in said.items() if any(operand)}
        depth = _number(said.get(DEPTH, b""), 0) or int(IN_TABLE in on or mark == CELL)
        self._close(depth)
        if depth and not on.isdisjoint((ROW_END, INNER_ROW_END)):
            self._end_row(said.get(TABLE, b"\0"))
            self._paragraph.clear()
            return
        self._open(depth)
        for text, look in self._paragraph:
            if text == "\n":
                self.flow.end_line(always=True)
            else:
                self.flow.text(text, look)
        self._paragraph.clear()
        self.flow.end_line(always=True)
        if depth and (INNER_CELL in on or (mark == CELL and depth == 1)):
            self.flow.close_cell()

    def _open(self, depth: int) -> None:
        """Open a cell, and tables within cells, until so many are open."""
        tables = self.flow.tables
        while depth:
            if tables and tables[-1].cell is None:
                if len(tables[-1].groups[0]) == len(self._definitions[-1]):
                    self.flow.open_row()
                self.flow.open_cell(RawCell())
            if len(tables) >= depth:
                return
            self.flow.open_table()
            self._definitions.append([])

    def _end_row(self, definition: bytes) -> None:
        """End the open row of the innermost table, if there is one."""
        table = self.flow.tables[-1] if self.flow.tables else None
        if table and len(table.groups[0]) > len(self._definitions[-1]):
            if table.cell is not None:
                self.flow.close_cell()
            self._definitions[-1].append(definition)

    def _close(self, depth: int) -> None:
        """End the tables within more than so many."""
        while len(self.flow.tables) > depth:
            rows = self.flow.tables[-1].groups[0]
            if len(rows) > len(self._definitions[-1]):
                self.flow.note(Note("row_without_end", f"table {self._closed + 1}"))
                self._end_row(b"\0")
            _lay_out(rows, self._definitions.pop())
            self.flow.close_table()
            self._closed += 1


def _definition(operand: bytes) -> tuple[tuple[int, ...], list[int]]:
    """The borders of a row's cells in twips, and for each cell its merge flags."""
    count = operand[0]
    edges = struct.unpack_from(f"<{count + 1}h", operand, 1) if count else ()
    cells = operand[3 + 2 * count :].ljust(20 * count, b"\0")
    return edges, [_number(cells, 20 * n, 2) for n in range(count)]


def _lay_out(rows: list[list[RawCell]], definitions: list[bytes]) -> None:
    """Tell the cells their columns: there is one where any row has a border."""
    defined = [(cells, *_definition(operand)) for cells, operand in zip(rows, definitions, strict=True)]
    fitting = [row for row in defined if len(row[0]) == len(row[2])]
    edges = sorted({edge for _, borders, _ in fitting for edge in borders})
    columns = [edge for n, edge in enumerate(edges) if n == 0 or edge - edges[n - 1] > A_POINT]
    for cells, borders, flags in fitting:
        places = [bisect_right(columns, edge) - 1 for edge in borders]
        for n, cell in enumerate(cells):
            cell.column = places[n]
            cell.colspan = max(1, places[n + 1] - places[n])
            cell.left = flags[n] & MERGED == LEFT
            cell.up = flags[n] & MERGED_UP == UP


def _visible(line: str) -> str:
    return line.strip(" \t")
