"""What a reader makes of a file: paragraphs and grids in reading order, each with its place.

A reader knows a file format and nothing of the statutory form; extraction knows the form and
nothing of file formats. `Document` is all that passes between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

__all__ = ["Box", "Cell", "Document", "Grid", "Note", "Notes", "Paragraph", "Route", "pack"]

Route = Literal["text", "ocr", "mixed"]


class Box(NamedTuple):
    """A rectangle on a page, in points from its top left corner; a picture counts as 595 points wide (A4)."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


class Cell(NamedTuple):
    """One printed cell of a grid.

    Attributes
    ----------
    text
        The text as it stands; line breaks inside the cell are kept as ``\\n``.
    row, column
        Where its top left corner stands in the grid, from 0.
    rowspan, colspan
        How many rows and columns it covers.
    box
        Where it stands on the page, for formats that have pages.
    confidence
        0 to 1 for text that was recognised (OCR), None for text that was read.
    doubt
        Why a figure in the text may not be what a reader of the page sees, '' where nothing speaks
        against it: ``pale`` is text in the colour of the paper, ``altered`` a number that a format shows as
        another, ``cut`` one in which the file ends, ``unread`` a picture or a control in place of text.
    """

    text: str
    row: int
    column: int
    rowspan: int = 1
    colspan: int = 1
    box: Box | None = None
    confidence: float | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its printed cells, in reading order, each anchored in rows and columns.

    `name` tells it from the others in the document or, where there are pages, on its page, e.g. ``table 2``
    or ``sheet 表三``. A table that runs over pages is one on each.
    """

    cells: tuple[Cell, ...]
    name: str

    def rows(self) -> list[list[Cell]]:
        """The cells by the row they start in; a row without any is an empty list."""
        last = max((cell.row for cell in self.cells), default=-1)
        lines: list[list[Cell]] = [[] for _ in range(1 + last)]
        for cell in self.cells:
            lines[cell.row].append(cell)
        return lines

    def where(self, cell: Cell) -> str:
        """The place of a cell, for people: ``p. 3, table 2, row 7, column 4`` (from 1)."""
        page = f"p. {cell.box.page}, " if cell.box else ""
        return f"{page}{self.name}, row {cell.row + 1}, column {cell.column + 1}"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line or paragraph of running text, '' where the document has an empty one.

    `place` is for people: ``line 12``, ``paragraph 40`` or ``p. 2, line 7``.
    """

    text: str
    place: str
    box: Box | None = None
    confidence: float | None = None


def pack(parts: Mapping[str, Any]) -> str:
    """Parts as JSON text, so that they pass through files, frames and processes as they are; '' for none."""
    return json.dumps(parts, ensure_ascii=False, default=float) if parts else ""


class Note(NamedTuple):
    """Something a reader noticed that whoever trusts the figures must know; becomes a finding.

    `rule` is a stable code such as ``encoding_differs`` or ``hidden_sheet``; the sentence that is made of
    it and its `parts` stands in ``form/findings.toml``.
    """

    rule: str
    place: str = ""
    parts: str = ""

    @classmethod
    def of(cls, rule: str, place: str = "", **parts: Any) -> Note:
        """A note with its parts by name."""
        return cls(rule, place, pack(parts))


Notes = list[Note]
"""What a reader noticed so far."""


@dataclass(frozen=True, slots=True)
class Document:
    """What stands in a file.

    Attributes
    ----------
    blocks
        Paragraphs and grids in reading order.
    format
        ``html``, ``docx``, ``xlsx``, ``text``, ``pdf``, ``image``, ``doc`` or ``ofd``.
    route
        ``text`` where the characters stand in the file, ``ocr`` where they were recognised,
        ``mixed`` where some were.
    title
        The title that the file gives itself (html title, document properties), or ''.
    notes
        What the reader noticed.
    pictures
        Where the file's pictures lie, in its own words; `with_pictures` reads them.
    broken_off
        The file ends inside a line or a row of a table.
    """

    blocks: tuple[Paragraph | Grid, ...]
    format: str
    route: Route = "text"
    title: str = ""
    notes: tuple[Note, ...] = field(default=())
    pictures: tuple[str, ...] = ()
    broken_off: bool = False

    def paragraphs(self) -> Iterator[Paragraph]:
        """The running text."""
        return (block for block in self.blocks if isinstance(block, Paragraph))

    def grids(self) -> Iterator[Grid]:
        """The tables."""
        return (block for block in self.blocks if isinstance(block, Grid))
