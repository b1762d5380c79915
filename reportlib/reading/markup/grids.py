"""From the tables of a marked-up document to grids: spans laid out, layout tables dissolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ...errors import ReadError
from ..document import Cell, Grid, Paragraph
from ..limits import MAX_AREA, MAX_CELLS, MAX_LINES, MAX_TABLE_DEPTH

__all__ = ["Content", "RawCell", "RawTable", "blocks", "place", "too_deep", "too_large", "trimmed"]


@dataclass(slots=True)
class RawCell:
    """One cell of a table: what it holds, the spans it claims and, once known, where it stands."""

    content: Content
    rowspan: int = 1
    colspan: int = 1
    row: int = 0
    column: int = 0
    doubt: str = ""


@dataclass(slots=True)
class RawTable:
    """A table as a document marks it up."""

    cells: list[RawCell] = field(default_factory=list)


Content: TypeAlias = list[str | RawTable]
"""Lines of text, '' for an empty one, and tables, in reading order."""

# A table of so few cells with so long a text is a page's frame around its article.
_FRAME_CELLS, _FRAME_TEXT = 6, 300
_CUT_OUT = "If the report is in it, save its text and its three tables alone."


def place(rows: Iterable[tuple[list[RawCell], int]], file: str) -> RawTable:
    """Give each cell its row and column, as a browser does: spans of earlier rows push cells right.

    Parameters
    ----------
    rows
        Each row's cells, and the row (from 0) before which their row spans end, that of the next
        group of rows (``tbody``). A row span of 0 reaches that far.
    file
        The file's name, for the message.

    Raises
    ------
    ReadError
        If the table has more than `MAX_AREA` places.
    """
    free: list[int] = []  # for each column the first row that no span from above covers
    table = RawTable()
    width = 0
    for row, (entries, end) in enumerate(rows):
        column = 0
        for entry in entries:
            while column < len(free) and free[column] > row:
                column += 1
            entry.row, entry.column = row, column
            entry.rowspan = min(entry.rowspan or end - row, end - row)
            width = max(width, column + 1)
            column += entry.colspan
            if column * (row + 1) > MAX_AREA:
                raise too_large(file)
            free.extend([0] * (column - len(free)))
            if entry.rowspan > 1:
                free[entry.column : column] = [row + entry.rowspan] * entry.colspan
        table.cells += entries
    for entry in table.cells:
        entry.colspan = min(entry.colspan, width - entry.column)  # a span past the last cell means nothing
    return table


def blocks(content: Content, file: str) -> tuple[Paragraph | Grid, ...]:
    """Paragraphs and grids in reading order, named ``paragraph 12`` and ``table 2``.

    Tables that only hold layout become paragraphs; a table within a cell of a grid becomes a grid
    of its own after it.

    Raises
    ------
    ReadError
        If the document has more than `MAX_CELLS` table cells or `MAX_LINES` paragraphs.
    """
    result: list[Paragraph | Grid] = []
    paragraphs = tables = cells = 0
    for item in _reading_order(_dissolve(content)):
        if isinstance(item, str):
            paragraphs += 1
            if paragraphs > MAX_LINES:
                raise ReadError(
                    "too many paragraphs for a report",
                    file=file,
                    expected=f"at most {MAX_LINES:,}",
                    hint=_CUT_OUT,
                )
            result.append(Paragraph(item, f"paragraph {paragraphs}"))
            continue
        tables += 1
        cells += len(item.cells)
        if cells > MAX_CELLS:
            raise too_large(file)
        result.append(Grid(tuple(map(_cell, item.cells)), f"table {tables}"))
    return tuple(result)


def _cell(raw: RawCell) -> Cell:
    return Cell(_text(raw.content), raw.row, raw.column, raw.rowspan, raw.colspan, None, None, raw.doubt)


def trimmed(content: Content) -> Content:
    """The contents of a cell without the empty lines around them."""
    first, last = 0, len(content)
    while first < last and content[first] == "":
        first += 1
    while first < last and content[last - 1] == "":
        last -= 1
    return content[first:last]


def too_large(file: str) -> ReadError:
    """The error for a table that no report has."""
    return ReadError(
        "a table is too large for a report",
        file=file,
        expected=f"at most {MAX_CELLS:,} cells",
        hint=_CUT_OUT,
    )


def too_deep(file: str) -> ReadError:
    """The error for tables within tables without end."""
    return ReadError(f"tables nested more than {MAX_TABLE_DEPTH} deep", file=file, hint=_CUT_OUT)


def _dissolve(content: Content) -> Content:
    """Replace each table that only holds layout by what its cells hold."""
    if all(isinstance(item, str) for item in content):
        return content
    result: Content = []
    for item in content:
        if isinstance(item, str):
            result.append(item)
            continue
        for entry in item.cells:
            entry.content = _dissolve(entry.content)
        if _is_layout(item):
            for entry in item.cells:
                result += entry.content or [""]
        else:
            result.append(item)
    return result


def _is_layout(table: RawTable) -> bool:
    entries = table.cells
    inner = sum(len(item.cells) for entry in entries for item in entry.content if isinstance(item, RawTable))
    if inner >= len(entries) or all(entry.column == 0 for entry in entries):
        return True
    return len(entries) <= _FRAME_CELLS and any(len(_text(entry.content)) > _FRAME_TEXT for entry in entries)


def _reading_order(content: Content) -> Iterator[str | RawTable]:
    for item in content:
        yield item
        if isinstance(item, RawTable):
            for entry in item.cells:
                if len(entry.content) > 1 or (entry.content and isinstance(entry.content[0], RawTable)):
                    yield from _reading_order(
                        [inner for inner in entry.content if isinstance(inner, RawTable)]
                    )


def _text(content: Content) -> str:
    """The text of a cell; a table within it shows there too, so that the cell does not look blank."""
    if len(content) == 1 and isinstance(content[0], str):
        return content[0]
    lines: list[str] = []
    for item in content:
        if isinstance(item, str):
            lines.append(item)
        else:
            lines.append("\n".join(_text(entry.content) for entry in item.cells))
    return "\n".join(lines).strip("\n")
