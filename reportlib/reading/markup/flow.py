"""What every marked-up document comes to: text as it shows, in lines, in cells of tables with their spans.

A format's reader names its own elements and calls a `Flow` for what they mean. Here alone it is decided what
a look makes of a text, where merged cells stand, and which tables only hold layout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from ...errors import ReadError
from ..document import Cell, Grid, Note, Paragraph
from ..limits import CUT_OUT, MAX_AREA, MAX_CELLS, MAX_LINES, MAX_TABLE_DEPTH, too_large

__all__ = ["HIDDEN", "PLAIN", "STRUCK", "Flow", "Look", "RawCell", "RawTable", "bracketed"]

HIDDEN = Note("hidden_text")
STRUCK = Note("tracked_changes")
_PALE = Note("pale_text")
_ALTERED = Note("shown_otherwise")
_UNREAD = Note("cell_not_read")

# Marks around raised text while a line is put together: no characters of any text.
_RAISED, _LOWERED = "\ufdd0", "\ufdd1"
_BRACKETS = str.maketrans({_RAISED: "[", _LOWERED: "]"})
_DROPPED = dict.fromkeys(map(ord, (_RAISED, _LOWERED)))
# A table of so few cells with so long a text is a page's frame around its article.
_FRAME_CELLS, _FRAME_TEXT = 6, 300


class Look(NamedTuple):
    """How text shows.

    Attributes
    ----------
    gone, invisible, tiny
        Out of sight: for good; until what stands within is visible again, or large again.
    struck, raised, pale
        Struck through; above or below the line; in the colour of paper.
    dark
        Whether it stands on a colour, on which pale text shows; None where that is not known.
    altered
        Another number shows than the one that is stored.
    """

    gone: bool = False
    invisible: bool = False
    tiny: bool = False
    struck: bool = False
    raised: bool = False
    pale: bool = False
    dark: bool | None = None
    altered: bool = False

    @property
    def hidden(self) -> bool:
        """Whether it does not show, whatever the ground."""
        return self.gone or self.invisible or self.tiny


PLAIN = Look()


@dataclass(slots=True)
class RawCell:
    """One cell as a document marks it up.

    Attributes
    ----------
    rowspan, colspan
        The spans it claims; a row span of 0 reaches to the end of its group of rows.
    column
        Where it begins; None: behind the cell before it.
    up, left
        It is none of its own, but the one above or before goes on in it.
    content, doubt
        What it holds, and why figures in it may not be what shows.
    unread
        A picture or a control stands in it: without text it is not blank.
    row
        Where it stands, once the table has ended.
    """

    rowspan: int = 1
    colspan: int = 1
    column: int | None = None
    up: bool = False
    left: bool = False
    content: Content = field(default_factory=list)
    doubt: str = ""
    unread: bool = False
    row: int = 0


@dataclass(slots=True)
class RawTable:
    """A table while it is read: groups of rows, the open cell, what stands around it; then its cells."""

    around: Content
    groups: list[list[list[RawCell]]] = field(default_factory=lambda: [[]])
    cell: RawCell | None = None
    cells: list[RawCell] = field(default_factory=list)
    holds_tables: bool = False


Content: TypeAlias = list[str | RawTable]
"""Lines of text, '' for an empty one, and tables, in reading order."""


class Flow:
    """Takes what a document holds in reading order and gives its blocks and notes.

    Parameters
    ----------
    name
        The file's name, for messages.
    clean
        What makes of the pieces of a line the text that shows, white space above all.
    """

    def __init__(self, name: str, clean: Callable[[str], str]) -> None:
        self.tables: list[RawTable] = []  # that are open, the outermost first
        self.lines = 0
        self._name = name
        self._clean = clean
        self._content: Content = []
        self._target = self._content
        self._line: list[str] = []
        self._notes: dict[Note, None] = {}
        self._cells = 0

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was noticed, each once."""
        return tuple(self._notes)

    def note(self, note: Note) -> None:
        """Say something of the document."""
        self._notes[note] = None

    # ------------------------------------------------------------------------------ text

    def text(self, text: str, look: Look = PLAIN) -> None:
        """Go on with the line.

        What is struck or does not show is left out and said. What may not show is in doubt with its cell;
        outside of cells it is left out where it holds figures.
        """
        if look is not PLAIN and not text.isspace():
            text, doubt = self.showing(text, look)
            cell = self.tables[-1].cell if self.tables else None
            if doubt and cell is not None:
                cell.doubt = doubt
            elif doubt and any(character.isdigit() for character in text):
                return
        self._line.append(text)

    def showing(self, text: str, look: Look) -> tuple[str, str]:
        """What of a text is to be read, with marks around it if it is raised, and why it is in doubt."""
        if look.struck or look.hidden or (look.pale and look.dark is False):
            self.note(STRUCK if look.struck else HIDDEN)
            return "", ""
        doubt = "pale" if look.pale and look.dark is None else ""
        if doubt:
            self.note(_PALE)
        if look.altered:
            doubt = "altered"
            self.note(_ALTERED)
        return _RAISED + text + _LOWERED if look.raised else text, doubt

    def unread(self) -> None:
        """Something that is no text stands here."""
        if self.tables and self.tables[-1].cell:
            self.tables[-1].cell.unread = True

    def end_line(self, always: bool = False) -> None:
        """End the line; one without text counts only if it `always` does."""
        if not self._line and not always:
            return
        line = "".join(self._line)
        self._line.clear()
        if not line.isalnum():
            line = bracketed(self._clean(line))
        if line or always:
            self._target.append(line)
            self.lines += 1

    # ------------------------------------------------------------------------------ tables

    def open_table(self) -> None:
        """Begin a table, within the open cell if there is one."""
        self.end_line()
        if len(self.tables) >= MAX_TABLE_DEPTH:
            found = f"tables nested more than {MAX_TABLE_DEPTH} deep"
            raise ReadError(found, file=self._name, hint=CUT_OUT)
        if self.tables:
            self.tables[-1].holds_tables = True
        self.tables.append(RawTable(self._target))

    def end_group(self) -> None:
        """End a group of rows: no span reaches beyond it."""
        self.tables[-1].groups.append([])

    def open_row(self) -> None:
        """Begin a row of the innermost table."""
        self.tables[-1].groups[-1].append([])

    def open_cell(self, cell: RawCell) -> None:
        """Begin a cell of the open row."""
        self.end_line()
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise too_large(self._name)
        table = self.tables[-1]
        table.groups[-1][-1].append(cell)
        table.cell = cell
        self._target = cell.content

    def close_cell(self) -> None:
        """End the open cell; empty lines around its text are no part of it."""
        self.end_line()
        table = self.tables[-1]
        content = self._target
        self._target = table.around
        table.cell = None
        while content and content[-1] == "":
            content.pop()
        while content and content[0] == "":
            del content[0]

    def close_table(self) -> None:
        """End the innermost table and put its cells in their places."""
        table = self.tables.pop()
        row = 0
        for group in table.groups:
            tops: dict[int, RawCell] = {}
            end = row + len(group)
            for cells in group:
                self._place(cells, range(row, end), tops, table)
                row += 1
        width = 1 + max((cell.column or 0 for cell in table.cells), default=0)
        for cell in table.cells:
            cell.colspan = min(
                cell.colspan, width - (cell.column or 0)
            )  # past the last cell it means nothing
        self._target = table.around
        self._target.append(table)

    def _place(self, cells: list[RawCell], rows: range, tops: dict[int, RawCell], table: RawTable) -> None:
        """Give the cells of a row their places, as a browser does: spans of earlier rows push cells right.

        `rows` is the row with those of its group below it; `tops` the cell that was last put in each column.
        """
        row = rows.start
        column = 0
        last: RawCell | None = None
        for cell in cells:
            if cell.column is not None:
                column = cell.column
            else:
                while column in tops and tops[column].row + tops[column].rowspan > row:
                    column += 1
            top = tops.get(column)
            if cell.left and last is not None:
                last.colspan += cell.colspan
            elif cell.up and top is not None and top.row + top.rowspan == row:
                top.rowspan += 1
            else:
                cell.row = row
                cell.column = column
                cell.rowspan = min(cell.rowspan or len(rows), len(rows))
                table.cells.append(cell)
                for covered in range(column, column + cell.colspan):
                    tops[covered] = cell
                last = cell
            column += cell.colspan
            if column * (row + 1) > MAX_AREA:
                raise too_large(self._name)

    # ------------------------------------------------------------------------------ blocks

    def blocks(self) -> tuple[Paragraph | Grid, ...]:
        """Paragraphs and grids in reading order, named ``paragraph 12`` and ``table 2``.

        Tables that only hold layout become paragraphs; a table within a cell of a grid becomes a grid of its
        own after it.
        """
        self.end_line()
        result: list[Paragraph | Grid] = []
        paragraphs = tables = 0
        for item in _reading_order(_dissolved(self._content)):
            if isinstance(item, str):
                paragraphs += 1
                if paragraphs > MAX_LINES:
                    found = "too many paragraphs for a report"
                    expected = f"at most {MAX_LINES:,}"
                    raise ReadError(found, file=self._name, expected=expected, hint=CUT_OUT)
                result.append(Paragraph(item, f"paragraph {paragraphs}"))
            else:
                tables += 1
                cells = tuple(map(_cell, item.cells))
                if any(cell.doubt == "unread" for cell in cells):
                    self.note(_UNREAD)
                result.append(Grid(cells, f"table {tables}"))
        return tuple(result)


def bracketed(line: str) -> str:
    """Raised text in brackets: without them the mark of a note would become digits of the figure beside it.

    A line that is raised as a whole stands as it is.
    """
    if _RAISED not in line:
        return line
    line = line.replace(_LOWERED + _RAISED, "")
    whole = line.startswith(_RAISED) and line.find(_LOWERED) == len(line) - 1
    return line.translate(_DROPPED if whole else _BRACKETS)


def _cell(raw: RawCell) -> Cell:
    text = _text(raw.content)
    doubt = "unread" if raw.unread and not text else raw.doubt
    return Cell(text, raw.row, raw.column or 0, raw.rowspan, raw.colspan, doubt=doubt)


def _text(content: Content) -> str:
    """The text of a cell; a table within it shows there too, so that the cell does not look blank."""
    if len(content) == 1 and isinstance(content[0], str):
        return content[0]
    lines = []
    for item in content:
        lines.append(item if isinstance(item, str) else "\n".join(_text(cell.content) for cell in item.cells))
    return "\n".join(lines).strip("\n")


def _dissolved(content: Content) -> Content:
    """The content with each table that only holds layout replaced by what its cells hold."""
    result: Content = []
    for item in content:
        if isinstance(item, str):
            result.append(item)
            continue
        for cell in item.cells if item.holds_tables else ():
            cell.content = _dissolved(cell.content)
        if _is_layout(item):
            for cell in item.cells:
                result += cell.content or [""]
        else:
            result.append(item)
    return result


def _inner(table: RawTable) -> list[RawTable]:
    """The tables in its cells."""
    cells = table.cells if table.holds_tables else ()
    return [item for cell in cells for item in cell.content if isinstance(item, RawTable)]


def _is_layout(table: RawTable) -> bool:
    cells = table.cells
    if sum(len(inner.cells) for inner in _inner(table)) >= len(cells) or all(
        cell.column == 0 for cell in cells
    ):
        return True
    return len(cells) <= _FRAME_CELLS and any(len(_text(cell.content)) > _FRAME_TEXT for cell in cells)


def _reading_order(content: Iterable[str | RawTable]) -> Iterator[str | RawTable]:
    for item in content:
        yield item
        if isinstance(item, RawTable):
            yield from _reading_order(_inner(item))
