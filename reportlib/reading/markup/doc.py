"""doc and wps: Word 97-2003 files, from the piece table and the paragraphs' properties.

Source of the structures: [MS-DOC], Word (.doc) Binary File Format. A cell ends with the mark
0x07, and so does a row: the paragraph property sprmPFTtp tells a row's end from a blank cell, and
its sprmTDefTable the positions of the row's cell borders and which cells are merged.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import NamedTuple

import olefile

from ...errors import ReadError
from ..document import Cell, Document, Grid, Note, Paragraph

__all__ = ["read"]

CELL, PARAGRAPH, PAGE = "\x07", "\r", "\f"
# The properties (sprm) of paragraphs that are of tables; a huge one stands in the stream Data.
IN_TABLE, ROW_END, DEPTH, INNER_CELL, INNER_ROW_END, TABLE = 0x2416, 0x2417, 0x6649, 0x244B, 0x244C, 0xD608
HUGE = 0x6645, 0x6646
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
class _Row:
    texts: list[str] = field(default_factory=list)
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
            table = ole.openstream("1Table" if flags & 0x0200 else "0Table").read()
            elsewhere = ole.openstream("Data").read() if ole.exists("Data") else b""
            title = getattr(ole.get_metadata(), "title", None) or b""
            text, places = _pieces(main, table, name)
            properties = _Paragraphs(main, table, elsewhere)
            blocks, notes = _blocks(text, places, properties)
    except (OSError, struct.error, IndexError, ValueError, KeyError) as error:
        raise _damaged(name) from error
    return Document(tuple(blocks), "doc", "text", _decode(title), tuple(notes))


def _damaged(name: str) -> ReadError:
    return ReadError("the document is damaged", file=name, hint="Get the file again from its publisher")


def _decode(title: bytes | str) -> str:
    if isinstance(title, str):
        return title
    for encoding in ("utf-8", "gb18030"):
        try:
            return title.decode(encoding).strip("\0 ")
        except UnicodeDecodeError:
            continue
    return ""


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
            part = main[position : position + 2 * (last - first)].decode("utf-16-le", "surrogatepass")
        part = part.ljust(last - first, "\ufffd")[: last - first]
        places.append((first, position, 1 if narrow else 2, last))
        text.append(part)
    return "".join(text), places


class _Paragraphs:
    """The properties of the paragraph that stands at a byte of the main stream."""

    def __init__(self, main: bytes, table: bytes, elsewhere: bytes) -> None:
        start, size = struct.unpack_from("<II", main, 0x102)
        count = (size - 4) // 8
        self._starts = struct.unpack_from(f"<{count + 1}I", table, start)
        self._pages = struct.unpack_from(f"<{count}I", table, start + 4 * (count + 1))
        self._main, self._elsewhere = main, elsewhere
        self._data: dict[int, tuple[tuple[int, ...], list[bytes]]] = {}

    def at(self, byte: int) -> _Properties:
        """The properties of the paragraph around a byte."""
        n = bisect_right(self._starts, byte) - 1
        if not 0 <= n < len(self._pages):
            return _Properties()
        number = self._pages[n] & 0x3FFFFF
        if number not in self._data:
            page = self._main[number * 512 : number * 512 + 512]
            count = page[511]
            starts = struct.unpack_from(f"<{count + 1}I", page)
            self._data[number] = (
                starts,
                [self._papx(page, page[4 * (count + 1) + 13 * k]) for k in range(count)],
            )
        starts, grpprls = self._data[number]
        k = bisect_right(starts, byte) - 1
        return _properties(grpprls[k], self._elsewhere) if 0 <= k < len(grpprls) else _Properties()

    @staticmethod
    def _papx(page: bytes, offset: int) -> bytes:
        if not offset:
            return b""
        at = 2 * offset
        size = 2 * page[at] - 1 if page[at] else 2 * page[at + 1]
        at += 1 if page[at] else 2
        return page[at + 2 : at + size]  # after the number of the style


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


def _blocks(
    text: str, places: list[tuple[int, int, int, int]], properties: _Paragraphs
) -> tuple[list[Paragraph | Grid], list[Note]]:
    """Paragraphs and tables in reading order."""
    blocks: list[Paragraph | Grid] = []
    notes: list[Note] = []
    rows: dict[int, list[_Row]] = {}
    open_row: dict[int, _Row] = {}
    pending: dict[int, list[str]] = {}
    inner: list[list[_Row]] = []
    tables = lines = 0
    start = 0

    def close(depth: int) -> None:
        """End the tables deeper than `depth`."""
        nonlocal tables
        for level in sorted((d for d in rows if d > depth), reverse=True):
            done = rows.pop(level)
            rest, left = open_row.pop(level, _Row()), pending.pop(level, [])
            if rest.texts or any(left):
                notes.append(Note("row_without_end", f"table {tables + 1}"))
                done.append(_Row(rest.texts + left))
            if level > 1:
                inner.append(done)
                continue
            for each in (done, *inner):
                tables += 1
                blocks.append(_grid(each, f"table {tables}"))
            inner.clear()

    for match in re.finditer(f"[{CELL}{PARAGRAPH}{PAGE}]|$", text):
        end = match.start()
        if end == len(text) and start == end:
            break
        mark = match.group()
        own = properties.at(_byte(places, min(end, len(text) - 1)))
        content = _clean(text[start:end])
        start = match.end()
        depth = own.depth or (1 if mark == CELL else 0)
        close(depth)
        if not depth:
            for line in content.split("\n"):
                lines += 1
                blocks.append(Paragraph(line, f"paragraph {lines}"))
            continue
        rows.setdefault(depth, [])
        if own.row_end:
            row = open_row.pop(depth, _Row())
            row.definition = own.row
            if row.texts:
                rows[depth].append(row)
            pending.pop(depth, None)
        elif (mark == CELL and depth == 1) or own.cell_end:
            row = open_row.setdefault(depth, _Row())
            row.texts.append("\n".join([*pending.pop(depth, []), content]).strip("\n"))
        else:
            pending.setdefault(depth, []).append(content)
    close(0)
    return blocks, notes


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


def _grid(rows: list[_Row], name: str) -> Grid:
    """Rows of a table as a grid: columns where any row has a border, merged cells as spans."""
    edges = sorted({edge for row in rows if _fits(row) for edge in row.definition.edges})  # type: ignore[union-attr]
    columns = [edge for n, edge in enumerate(edges) if n == 0 or edge - edges[n - 1] > 20]  # a point
    cells: list[Cell] = []
    above: dict[int, int] = {}
    for r, row in enumerate(rows):
        current: dict[int, int] = {}
        definition = row.definition if _fits(row) else None
        for n, text in enumerate(row.texts):
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
            cells.append(Cell(text, r, start, 1, max(1, end - start)))
        above = current
    return Grid(tuple(cells), name)


def _fits(row: _Row) -> bool:
    """Whether the row's definition belongs to its cells."""
    return row.definition is not None and len(row.definition.flags) == len(row.texts)
