"""Words with boxes and ruling lines -> paragraphs and grids in reading order.

A pdf's text layer, OCR and OFD go through this one door. It knows pages and nothing of the form.
A table is found by its ruling lines; a table without them by numbers that stand in columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from statistics import median
from typing import NamedTuple

from ..document import Cell, Document, Grid, Notes, Paragraph, Route
from ..limits import MAX_CELLS, too_large
from .aligned import aligned
from .ruled import ruled
from .words import (
    NUMBER,
    Line,
    PageContent,
    PageTable,
    Point,
    Word,
    cut,
    is_cjk,
    joined,
    line_text,
    lines_of,
    surest,
)

__all__ = ["blocks", "document_of"]

MARGIN = 0.12
"""Of a page's height: the part at its top and bottom in which page numbers and headers stand."""
SAME_HEIGHT = 8
"""Points: what repeats on pages stands no further up or down."""
SLACK = 4
"""Points by which a column may stand elsewhere on the next page."""
FULL_WIDTH = 0.7
"""Of the widest line: lines as wide tell where the text's edges are."""
INDENT, SHORT = 1, 2
"""Of a line's height: one that starts further in begins a paragraph, one that ends earlier ends it."""
SAME_SIZE = 0.3
"""Of a line's height: by how much the lines of a paragraph may differ."""
PROSE = 2
"""Figures in a line of prose; with more it is a row."""

_FIGURE = re.compile(r"(?<!\S)\d[\d.,⁰¹²³⁴-⁹]*(?!\S)")
_PAGE_NUMBER = re.compile(r"\W\d{1,4}\W")


class TextLine(NamedTuple):
    """A line of running text, and which of its page's it is."""

    page: PageContent
    number: int
    word: Word


_Item = TextLine | PageTable


def blocks(pages: Sequence[PageContent], name: str = "") -> tuple[list[Paragraph | Grid], Notes]:
    """What stands on pages, in reading order.

    Parameters
    ----------
    pages
        The pages of one document in their order.
    name
        The document's name for messages.

    Returns
    -------
    list of Paragraph or Grid
        Lines of running text joined to paragraphs, tables joined over pages; page numbers and
        what repeats at the edge of every page are left out.
    list of Note
        What looked doubtful.

    Raises
    ------
    ReadError
        More than `MAX_CELLS` table cells.
    """
    cells = 0
    notes: Notes = []
    items: list[_Item] = []
    for page in pages:
        tables, outside, doubts = ruled(page, _without_number(page))
        notes += doubts
        cells += sum(len(table.cells) for table in tables)
        if cells > MAX_CELLS:
            raise too_large(name)
        more, lines = aligned(page, lines_of(outside))
        texts = [TextLine(page, n, joined(line, line_text(line))) for n, line in enumerate(lines, start=1)]
        items += sorted((*tables, *more, *texts), key=_position)
    return _paragraphs_and_grids(_mended(_without_headers(items, len(pages)))), notes


def document_of(
    pages: Sequence[PageContent], name: str, form: str, notes: Notes, title: str = ""
) -> Document:
    """The document that pages make: its format, what its reader noticed, its own title ('': none)."""
    found, more = blocks(pages, name)
    recognised = {word.confidence is not None for page in pages for word in page.words}
    route: Route = "mixed" if len(recognised) > 1 else "text" if False in recognised else "ocr"
    return Document(tuple(found), form, route, title, (*notes, *more))


def _position(item: _Item) -> Point:
    box = item.word if isinstance(item, TextLine) else item.cells[0].box
    return (box.top, box.left) if box else (0.0, 0.0)


# ------------------------------------------------------------------------------ the edges of pages


def _without_number(page: PageContent) -> Line:
    """The words of a page without its number, which may stand inside a table.

    A page number stands alone in its line at the top or bottom, between two marks.
    """
    edge = page.height * MARGIN
    above = lines_of(word for word in page.words if word.bottom < edge)
    below = lines_of(word for word in page.words if word.top > page.height - edge)
    for line in (*above[:1], *below[-1:]):
        if _PAGE_NUMBER.fullmatch("".join(word.text for word in line).replace(" ", "")):
            return [word for word in page.words if word not in line]
    return page.words


def _without_headers(items: list[_Item], pages: int) -> list[_Item]:
    """Leave out the lines that stand at the edge of half the pages, digits aside."""
    keys = list(map(_edge_key, items))
    seen = {(item.page.number, key) for item, key in zip(items, keys, strict=True) if key}
    times = Counter(key for _, key in seen)
    return [item for item, key in zip(items, keys, strict=True) if times[key] < max(2, pages / 2)]


def _edge_key(item: _Item) -> tuple[object, ...]:
    """What a line at the edge of its page says, digits aside, and how high it stands; nothing of others."""
    if isinstance(item, PageTable):
        return ()
    page, _, word = item
    edge = page.height * MARGIN
    if edge < word.top and word.bottom < page.height - edge:
        return ()
    return re.sub(r"\d+", "#", word.text), round(word.top / SAME_HEIGHT)


# ------------------------------------------------------------------------------ over pages


def _mended(items: list[_Item]) -> list[_Item]:
    """Put rows together that page breaks cut."""
    result: list[_Item] = []
    for item in items:
        last = result[-1] if result else None
        if isinstance(last, PageTable) and isinstance(item, PageTable):
            result[-1], item = _made_whole(last, item)
        if not isinstance(item, PageTable) or item.cells:
            result.append(item)
    return result


def _made_whole(a: PageTable, b: PageTable) -> tuple[PageTable, PageTable]:
    """Two tables that follow each other, a row that the page break between them cut whole in the first."""
    above = {(cell.column, cell.colspan): cell for cell in a.cells if cell.row + cell.rowspan == a.rows}
    below = {(cell.column, cell.colspan): cell for cell in b.cells if cell.row == 0}
    if b.page.number != a.page.number + 1 or above.keys() != below.keys():
        return a, b
    halves = [(cell, below[place]) for place, cell in above.items()]
    if not _is_cut(halves, [*a.cells, *b.cells]):
        return a, b
    whole = {cell: _joined(cell, rest) for cell, rest in halves}
    first = a._replace(cells=[whole.get(cell, cell) for cell in a.cells])
    rest = []
    for cell in b.cells:
        if cell.row:
            rest.append(cell._replace(row=cell.row - 1))
        elif cell.rowspan > 1:
            rest.append(cell._replace(text="", rowspan=cell.rowspan - 1))
    return first, PageTable(b.page, b.rows - 1, rest)


def _is_cut(halves: list[tuple[Cell, Cell]], cells: list[Cell]) -> bool:
    """Whether the first row of the continuation is the rest of the last row.

    It is where both halves stand under each other and have a label in one column, and one half has no figure
    at all although the tables have no blank elsewhere.
    """
    labels = [half for half in halves if half[0].text and half[1].text]
    if not labels or not all(_is_under(*half) for half in halves):
        return False
    if any(NUMBER.fullmatch(cell.text) for half in labels for cell in half):
        return False
    edge = max(cell.column + cell.colspan for cell, _ in labels)
    blank = {cell for cell in cells if cell.column >= edge and not cell.text}
    return any(blank == {cell for cell in row if cell.column >= edge} for row in zip(*halves, strict=True))


def _is_under(above: Cell, below: Cell) -> bool:
    """Whether two cells begin at the same place of the line."""
    return bool(above.box and below.box and abs(above.box.left - below.box.left) < SLACK)


def _joined(above: Cell, below: Cell) -> Cell:
    """Two halves of a cell as one."""
    text = "\n".join(text for text in (above.text, below.text) if text)
    box = above.box if above.text or not below.text else below.box
    return above._replace(text=text, box=box, confidence=surest((above, below)))


# ------------------------------------------------------------------------------ paragraphs


def _paragraphs_and_grids(items: list[_Item]) -> list[Paragraph | Grid]:
    """Lines put together to paragraphs, and the tables of each page numbered."""
    edges = _edges([item.word for item in items if isinstance(item, TextLine)])
    result: list[Paragraph | Grid] = []
    tables: Counter[int] = Counter()
    for run in cut(items, partial(_goes_on, edges)):
        first = run[0]
        if isinstance(first, PageTable):
            tables[first.page.number] += 1
            result.append(Grid(tuple(first.cells), f"table {tables[first.page.number]}"))
        else:
            words = [line.word for line in run if isinstance(line, TextLine)]
            place = f"p. {first.page.number}, line {first.number}"
            result.append(Paragraph(_text_of(words), place, first.word.box(first.page), surest(words)))
    return result


def _edges(lines: Line) -> tuple[float, float]:
    """Where full lines start and end."""
    widest = max((line.right - line.left for line in lines), default=0.0)
    wide = [line for line in lines if line.right - line.left > FULL_WIDTH * widest]
    if not wide:
        return 0.0, 0.0
    return median(line.left for line in wide), median(line.right for line in wide)


def _goes_on(edges: tuple[float, float], last: _Item, item: _Item) -> bool:
    """Whether a line is full and the next not indented, and neither a row of figures."""
    if isinstance(last, PageTable) or isinstance(item, PageTable):
        return False
    left, right = edges
    em = item.word.height
    if last.word.right <= right - SHORT * em or item.word.left >= left + INDENT * em:
        return False
    if abs(last.word.height - em) >= SAME_SIZE * em:
        return False
    return all(len(_FIGURE.findall(line.word.text)) <= PROSE for line in (last, item))


def _text_of(lines: Line) -> str:
    """The text of a paragraph."""
    text = ""
    for line in lines:
        gap = "" if not text or is_cjk(text[-1]) or is_cjk(line.text[:1]) else " "
        text += gap + line.text
    return text
