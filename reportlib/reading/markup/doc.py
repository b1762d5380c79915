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
from typing import NamedTuple

import olefile

from ...errors import ReadError
from ..document import Document, Note
from ..encoding import decode
from .flow import PLAIN, Flow, Look, RawCell

__all__ = ["read"]

CELL, PARAGRAPH, PAGE, LINE = "\x07", "\r", "\f", "\x0b"
FIELD, RESULT, FIELD_END = "\x13", "\x14", "\x15"
# The properties (sprm) of paragraphs that are of tables; a huge one stands in the stream Data.
IN_TABLE, ROW_END, DEPTH, INNER_CELL, INNER_ROW_END, TABLE = 0x2416, 0x2417, 0x6649, 0x244B, 0x244C, 0xD608
HUGE = {0x6645, 0x6646}
# Merge flags of a cell: it goes on the one before, or the one above.
MERGED, LEFT, MERGED_UP, UP = 0x0003, 0x0002, 0x0060, 0x0020
A_POINT = 20  # twips
# The properties of characters: struck, struck twice, hidden, deleted; raised; white, by number and by value.
STRUCK = {0x0837: "struck", 0x2A53: "struck", 0x083C: "vanished", 0x0800: "struck"}
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
    try:
        with olefile.OleFileIO(BytesIO(data)) as ole:
            main, table = _streams(ole, name)
            elsewhere = ole.openstream("Data").read() if ole.exists("Data") else b""
            title = getattr(ole.get_metadata(), "title", None) or b""
        walker = _Walker(main, table, elsewhere, name)
        for piece in _pieces(main, table, name):
            walker.walk(piece)
        walker.end()
        blocks = walker.flow.blocks()
    except (OSError, struct.error, IndexError, ValueError, KeyError) as error:
        raise _damaged(name) from error
    said = title if isinstance(title, str) else decode(title)[0]
    return Document(blocks, "doc", "text", said.strip("\0 "), walker.flow.notes)


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


# ------------------------------------------------------------------------------ text and its properties


def _pieces(main: bytes, table: bytes, name: str) -> Iterator[_Piece]:
    """The main text, piece by piece."""
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
    for n in range(count):
        characters = min(ends[n + 1], length) - ends[n]
        if characters <= 0:
            continue
        (byte,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * n + 2)
        if byte & 0x40000000:  # a byte a character
            byte, width = (byte & 0x3FFFFFFF) // 2, 1
            text = main[byte : byte + characters].decode("cp1252", "replace")
        else:
            width = 2
            text = main[byte : byte + 2 * characters].decode("utf-16-le", "replace")
            text = _WIDE.sub("\\g<0>\0", text)  # a character of two units counts twice
        yield _Piece(text.ljust(characters, "\ufffd")[:characters], byte, width)


class _Formatted:
    """The properties of a kind, of characters or of paragraphs, that hold at a byte of the main stream."""

    def __init__(self, main: bytes, table: bytes, kind: _Kind) -> None:
        start, size = struct.unpack_from("<II", main, kind.place)
        count = (size - 4) // 8
        self._starts = struct.unpack_from(f"<{count + 1}I", table, start)
        self._pages = struct.unpack_from(f"<{count}I", table, start + 4 * (count + 1))
        self._main, self._kind = main, kind
        self._data: dict[int, tuple[tuple[int, ...], list[_Properties]]] = {}

    def at(self, byte: int) -> tuple[_Properties, int]:
        """The properties at a byte, and the byte before which they end."""
        n = bisect_right(self._starts, byte) - 1
        if not 0 <= n < len(self._pages):
            return {}, byte + 1
        starts, properties = self._page(self._pages[n] & 0x3FFFFF)
        k = bisect_right(starts, byte) - 1
        return (properties[k], starts[k + 1]) if 0 <= k < len(properties) else ({}, byte + 1)

    def _page(self, number: int) -> tuple[tuple[int, ...], list[_Properties]]:
        if number not in self._data:
            page = self._main[number * 512 : number * 512 + 512]
            count = page[511]
            starts = struct.unpack_from(f"<{count + 1}I", page)
            places = range(4 * (count + 1), 4 * (count + 1) + self._kind.step * count, self._kind.step)
            self._data[number] = starts, [_sprms(self._kind.read(page, 2 * page[place])) for place in places]
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


def _sprms(grpprl: bytes) -> _Properties:
    """The properties in their binary form, one behind the other, each as long as its code says."""
    found = {}
    at = 0
    while at + 2 <= len(grpprl):
        (code,) = struct.unpack_from("<H", grpprl, at)
        at += 2
        size = (1, 1, 2, 4, 2, 2, 0, 3)[code >> 13]
        if code == TABLE:
            size = struct.unpack_from("<H", grpprl, at)[0] - 1
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
    gone = {STRUCK[code]: True for code in STRUCK.keys() & said.keys() if said[code][:1] in _ON}
    white = said.get(COLOUR) == b"\x08" or said.get(COLOUR_VALUE, b"")[:3] == b"\xff\xff\xff"
    raised = said.get(RAISED) == b"\x01"
    return PLAIN.but(**gone, pale=white, raised=raised) if gone or white or raised else PLAIN


# ------------------------------------------------------------------------------ tables


class _Walker:
    """Goes through the text once and tells the flow what stands in it."""

    def __init__(self, main: bytes, table: bytes, elsewhere: bytes, name: str) -> None:
        self.flow = Flow(name, _visible)
        self._characters = _Formatted(main, table, CHARACTERS)
        self._paragraphs = _Formatted(main, table, PARAGRAPHS)
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
            stop, look = max(start + 1, start + (end - byte) // piece.width), _look(own)
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
            (at,) = struct.unpack("<I", said[code])
            (size,) = struct.unpack_from("<H", self._elsewhere, at)
            said = _sprms(self._elsewhere[at + 2 : at + 2 + size])
        depth = said.get(IN_TABLE, b"\0")[0]
        if DEPTH in said:
            (depth,) = struct.unpack("<i", said[DEPTH])
        depth = depth or int(mark == CELL)
        ends = {code: said.get(code, b"\0")[0] for code in (ROW_END, INNER_ROW_END, INNER_CELL)}
        self._close(depth)
        if depth and (ends[ROW_END] or ends[INNER_ROW_END]):
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
        if depth and (ends[INNER_CELL] or (mark == CELL and depth == 1)):
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
        while len(self.flow.tables) > max(depth, 0):
            rows = self.flow.tables[-1].groups[0]
            if len(rows) > len(self._definitions[-1]):
                self.flow.note(Note("row_without_end", f"table {self._closed + 1}"))
                self._end_row(b"\0")
            _lay_out(rows, [_definition(operand) for operand in self._definitions.pop()])
            self.flow.close_table()
            self._closed += 1


class _RowDefinition(NamedTuple):
    """The borders of a row's cells in twips, and for each cell its merge flags."""

    edges: tuple[int, ...]
    flags: list[int]


def _definition(operand: bytes) -> _RowDefinition:
    count = operand[0]
    if not count:
        return _RowDefinition((), [])
    edges = struct.unpack_from(f"<{count + 1}h", operand, 1)
    cells = operand[3 + 2 * count :].ljust(20 * count, b"\0")
    return _RowDefinition(edges, [struct.unpack_from("<H", cells, 20 * n)[0] for n in range(count)])


def _lay_out(rows: list[list[RawCell]], definitions: list[_RowDefinition]) -> None:
    """Tell the cells their columns: there is one where any row has a border."""
    fitting = [pair for pair in zip(rows, definitions, strict=True) if len(pair[0]) == len(pair[1].flags)]
    edges = sorted({edge for _, definition in fitting for edge in definition.edges})
    columns = [edge for n, edge in enumerate(edges) if n == 0 or edge - edges[n - 1] > A_POINT]
    for cells, definition in fitting:
        places = [bisect_right(columns, edge) - 1 for edge in definition.edges]
        for n, (cell, flags) in enumerate(zip(cells, definition.flags, strict=True)):
            cell.column, cell.colspan = places[n], max(1, places[n + 1] - places[n])
            cell.left, cell.up = flags & MERGED == LEFT, flags & MERGED_UP == UP


def _visible(line: str) -> str:
    return line.strip(" \t")
