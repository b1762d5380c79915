"""Words with boxes and ruling lines -> paragraphs and grids in reading order.

A pdf's text layer, OCR and OFD go through this one door. It knows pages and nothing of the form.
A table is found by its ruling lines; a table without them by numbers that stand in columns. A
table that runs over pages is put together where its columns agree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from ...errors import ReadError
from ..document import Grid, Note, Paragraph, Route
from .aligned import aligned
from .over_pages import Table, agree, join
from .ruled import THIN, Area, Lattice, lattices, ruled, strokes
from .words import UNREAD, Page, Ruling, Word, is_cjk, joined, line_text, lines_of, runs

__all__ = [
    "THIN", "UNREAD", "Area", "Lattice", "Page", "Ruling", "Word", "blocks", "lattices", "route_of",
    "runs", "strokes",
]  # fmt: skip

MAX_CELLS = 200_000
MARGIN = 0.12  # the part of a page at its top and bottom in which page numbers and headers stand
FIGURE = re.compile(r"(?<!\S)\d[\d.,]*(?!\S)")
PAGE_NUMBER = re.compile(r"(\W?)(\d{1,4})(\W?)")


class _Line(NamedTuple):
    """A line of running text, and which of its page's it is."""

    page: Page
    number: int
    word: Word


_Item = _Line | Table


def blocks(pages: Sequence[Page], name: str = "") -> tuple[list[Paragraph | Grid], list[Note]]:
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
    notes: list[Note] = []
    items: list[_Item] = []
    for page, words in zip(pages, _without_page_numbers(pages), strict=True):
        tables, outside, doubts = ruled(page, words)
        notes += doubts
        cells += sum(len(table.cells) for table in tables)
        if cells > MAX_CELLS:
            hint = "Cut the annual report out of it"
            raise ReadError(
                "out of all proportion", file=name, expected=f"at most {MAX_CELLS:,} table cells", hint=hint
            )
        more, lines = aligned(page, lines_of(outside))
        texts = [_Line(page, n, joined(line, line_text(line))) for n, line in enumerate(lines, start=1)]
        items += sorted((*tables, *more, *texts), key=_position)
    return _paragraphs_and_grids(_over_pages(_without_headers(items, len(pages)))), notes


def route_of(pages: Sequence[Page]) -> Route:
    """Whether the words of pages were read, recognised, or some of each."""
    recognised = {word.confidence is not None for page in pages for word in page.words}
    if len(recognised) > 1:
        return "mixed"
    return "ocr" if True in recognised else "text"


def _position(item: _Item) -> tuple[float, float]:
    if isinstance(item, _Line):
        return item.word.top, item.word.left
    boxes = [cell.box for cell in item.cells if cell.box]
    return min(box.top for box in boxes), min(box.left for box in boxes)


def _without_page_numbers(pages: Sequence[Page]) -> list[list[Word]]:
    """The words of each page without its number, which may stand inside a table.

    A page number stands alone in its line at the top or bottom, and has a mark on both sides or
    counts up with the pages.
    """
    found: list[tuple[int, int, bool, list[Word]]] = []
    for index, page in enumerate(pages):
        low, high = page.height * MARGIN, page.height * (1 - MARGIN)
        above, below = [w for w in page.words if w.bottom < low], [w for w in page.words if w.top > high]
        for line in (lines_of(above)[:1], lines_of(below)[-1:]):
            match = PAGE_NUMBER.fullmatch("".join(w.text for w in line[0]).replace(" ", "")) if line else None
            if match:
                found.append((index, int(match[2]) - page.number, bool(match[1] and match[3]), line[0]))
    offsets = Counter(offset for _, offset, _, _ in found)
    gone: list[set[int]] = [set() for _ in pages]
    for index, offset, marked, words in found:
        if marked or offsets[offset] > 1:
            gone[index].update(map(id, words))
    return [[w for w in page.words if id(w) not in ids] for page, ids in zip(pages, gone, strict=True)]


def _without_headers(items: list[_Item], pages: int) -> list[_Item]:
    """Leave out the lines that stand at the edge of half the pages, digits aside."""

    def key(item: _Item) -> tuple[str, int] | None:
        if isinstance(item, Table):
            return None
        edge = item.page.height * MARGIN
        if edge < item.word.top and item.word.bottom < item.page.height - edge:
            return None
        return re.sub(r"\d+", "#", item.word.text), round(item.word.top / (8 * item.page.unit))

    counts = Counter(map(key, items))
    return [item for item in items if key(item) is None or counts[key(item)] < max(2, pages / 2)]


def _over_pages(items: list[_Item]) -> list[_Item]:
    """Join tables over pages.

    Between the parts nothing stands but the text of merged cells, which spreadsheets repeat at
    the top of the page.
    """
    result: list[_Item] = []
    for item in items:
        k = len(result) - 1
        while (
            k >= 0
            and isinstance(item, Table)
            and isinstance(result[k], _Line)
            and result[k].page is item.page
        ):
            k -= 1
        last = result[k] if k >= 0 else None
        if (
            isinstance(item, Table)
            and isinstance(last, Table)
            and item.page.number == last.page.number + 1
            and agree(last, item)
        ):
            known = {cell.text.replace("\n", "") for cell in (*last.cells, *item.cells)}
            if all(isinstance(line, _Line) and line.word.text in known for line in result[k + 1 :]):
                result[k:] = [join(last, item)]
                continue
        result.append(item)
    return result


def _paragraphs_and_grids(items: list[_Item]) -> list[Paragraph | Grid]:
    """Lines put together to paragraphs: where one is full and the next not indented, and neither a row of
    figures.
    """
    words = [item.word for item in items if isinstance(item, _Line)]
    widest = max((w.right - w.left for w in words), default=0.0)
    wide = [w for w in words if w.right - w.left > 0.7 * widest]
    left, right = (
        (median(edges) for edges in zip(*((w.left, w.right) for w in wide), strict=True)) if wide else (0, 0)
    )
    result: list[Paragraph | Grid] = []
    last: Word | None = None
    tables = 0
    for item in items:
        if isinstance(item, Table):
            tables += 1
            cells = tuple(sorted(item.cells, key=lambda c: (c.row, c.column)))
            result.append(Grid(cells, f"table {tables}"))
            last = None
            continue
        word, em = item.word, item.word.height
        before = result[-1] if result else None
        if (
            last is not None
            and isinstance(before, Paragraph)
            and not any(len(FIGURE.findall(text)) > 2 for text in (last.text, word.text))
            and last.right > right - 2 * em
            and word.left < left + em
            and abs(last.height - em) < 0.3 * em
        ):
            gap = "" if is_cjk(before.text[-1:]) or is_cjk(word.text[:1]) else " "
            known = [c for c in (before.confidence, word.confidence) if c is not None]
            result[-1] = Paragraph(
                before.text + gap + word.text, before.place, before.box, min(known, default=None)
            )
        else:
            place = f"p. {item.page.number}, line {item.number}"
            result.append(Paragraph(word.text, place, word.box(item.page), word.confidence))
        last = word
    return result
