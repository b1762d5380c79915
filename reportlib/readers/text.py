"""Plain text and markdown: tables of pipes or tabs become grids, everything else paragraphs, one a line."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ..document import Cell, Document, Grid, Paragraph
from ..errors import ReadError
from .limits import MAX_CELLS, MAX_LINES
from .tables import too_large

__all__ = ["decode", "read"]

_RULED = r"\s*(?::-+:?|-+:|-{2,})\s*"  # a single dash alone may be a cell that says nothing
_RULE = re.compile(rf"\|?{_RULED}(?:\|{_RULED})*\|?")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_MARKS = re.compile(r"\*\*|\\(?=[\\`*_{}\[\]()#+.!>~-])")
_HEADING = re.compile(r"^#{1,6}\s+")


def _plain(text: str) -> str:
    """The text without markdown's marks: ``3\\.其他``, ``**总计**``, ``<br>``, ``&nbsp;``."""
    text = text.strip()
    if text.isdigit():
        return text
    return html.unescape(_BREAK.sub("\n", _MARKS.sub("", text))).strip()


def decode(data: bytes) -> str:
    """UTF-8 (or what the byte order mark says), else GB18030."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def read(data: bytes, name: str) -> Document:
    """Read a text.

    Ways of writing a table are told apart by the lines themselves: one row a line (``a | b | c``,
    or tabs between the cells), one cell a line with ``|`` between the cells, and one cell a
    paragraph with a blank line between them, where a further blank line is an empty cell.
    """
    try:
        text = decode(data)
    except UnicodeError:
        raise ReadError(
            "neither UTF-8 nor GB18030 text", file=name, hint="Save it as UTF-8, or give the original document."
        ) from None
    if "\0" in text[:4096]:
        raise ReadError("binary data, no text", file=name, hint="Give the original document.")
    if text.count("\n") > MAX_LINES or text.count("|") + text.count("\t") > MAX_CELLS:
        raise too_large(name)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines and not lines[-1].strip():
        lines.pop()
    blocks: list[Paragraph | Grid] = []
    number = 0
    for start, stop, piped in _runs(lines):
        run = lines[start:stop]
        if not piped:
            for first, last, tabbed in _tabbed(run):
                if tabbed:
                    number += 1
                    cells = [
                        Cell(_plain(text), row, column)
                        for row, line in enumerate(run[first:last])
                        for column, text in enumerate(line.split("\t"))
                    ]
                    blocks.append(Grid(tuple(cells), f"table {number} (line {start + first + 1})"))
                else:
                    blocks += _paragraphs(run[first:last], start + first)
        elif max(len(_cells(line)) for line in run) > 1:
            for block in _rows(run, start):
                if isinstance(block, list):
                    number += 1
                    blocks.append(Grid(tuple(block), f"table {number} (line {start + 1})"))
                else:
                    blocks.append(block)
        else:
            blocks += _cell_a_line(run, start)
    title = next((b.text for b in blocks if isinstance(b, Paragraph) and b.text), "")
    return Document(tuple(blocks), "text", title=_HEADING.sub("", title))


def _cells(line: str) -> list[str]:
    """The cells of a line that hold something."""
    return [cell for cell in line.split("|") if cell.strip()]


def _runs(lines: list[str]) -> Iterator[tuple[int, int, bool]]:
    """Cut into stretches with and without pipes.

    In a stretch of one cell a line the lines between two pipes belong to it, so that it goes on
    as long as the next pipe is near.
    """
    piped = ["|" in line for line in lines]
    i = 0
    while i < len(lines):
        j = i + 1
        if not piped[i]:
            while j < len(lines) and not piped[j]:
                j += 1
            yield i, j, False
            i = j
            continue
        row_wise = len(_cells(lines[i])) > 1
        while j < len(lines):
            near = next((k for k in range(j, min(j + 4, len(lines))) if piped[k]), None)
            if near is None or (row_wise and near > j):
                break
            row_wise = row_wise or any(len(_cells(line)) > 1 for line in lines[j : near + 1])
            j = near + 1
        if not row_wise:
            # The first cell's text stands before its pipe, the last one's behind it.
            while j < len(lines) and lines[j].strip() and j < i + 4000 and len(lines[j]) < 24:
                j += 1
        yield i, j, True
        i = j


def _tabbed(run: list[str]) -> Iterator[tuple[int, int, bool]]:
    """Cut into stretches with tabs inside their lines, as spreadsheets copy them, and without.

    One line of a stretch may have a single cell (a heading over the table's whole width).
    """
    tabs = ["\t" in line.strip(" ") and line.strip() != "" for line in run]
    i = 0
    while i < len(run):
        j = i + 1
        while j < len(run) and (
            tabs[j] == tabs[i] or (tabs[i] and j + 1 < len(run) and tabs[j + 1] and run[j].strip())
        ):
            j += 1
        yield i, j, tabs[i] and sum(tabs[i:j]) > 1
        i = j


def _rows(run: list[str], start: int) -> Iterator[list[Cell] | Paragraph]:
    cells: list[Cell] = []
    row = 0
    for offset, line in enumerate(run):
        if "|" not in line:
            if cells:
                yield cells
                cells, row = [], 0
            yield Paragraph(_plain(line), f"line {start + offset + 1}")
            continue
        if _RULE.fullmatch(line.strip()):
            continue
        parts = line.strip().removeprefix("|").removesuffix("|").split("|")
        cells += [Cell(_plain(part), row, column) for column, part in enumerate(parts)]
        row += 1
    if cells:
        yield cells


def _cell_a_line(run: list[str], start: int) -> Iterator[Paragraph]:
    """Cells one a line, each ended by a pipe; a pipe without text before it is an empty cell."""
    open_text = False
    for offset, line in enumerate(run):
        place = f"line {start + offset + 1}"
        for k, part in enumerate(line.split("|")):
            if k and not open_text:
                yield Paragraph("", place)
            if k:
                open_text = False
            if part.strip():
                yield Paragraph(_plain(part), place)
                open_text = True


def _paragraphs(run: list[str], start: int) -> Iterator[Paragraph]:
    """Lines as paragraphs; where every other line is blank, blank lines only separate."""
    short = [k for k, line in enumerate(run) if line.strip() and len(line.strip()) < 40]
    spaced = sum(k + 1 < len(run) and not run[k + 1].strip() for k in short)
    separated = len(short) > 3 and spaced > 0.8 * (len(short) - 1)
    skip = False
    for offset, line in enumerate(run):
        blank = not line.strip()
        if blank and separated and not skip:
            skip = True
            continue
        skip = blank and skip
        yield Paragraph(_HEADING.sub("", _plain(line)), f"line {start + offset + 1}")
