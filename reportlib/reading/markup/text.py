"""Plain text and markdown: tables of pipes or tabs become grids, everything else paragraphs, one a line."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ...errors import ReadError
from ..document import Cell, Document, Grid, Paragraph
from ..encoding import decode
from ..limits import MAX_CELLS, MAX_LINES, too_large

__all__ = ["read"]

_RULED = r"\s*(?::-+:?|-+:|-{2,})\s*"  # a single dash alone may be a cell that says nothing
_RULE = re.compile(rf"\|?{_RULED}(?:\|{_RULED})*\|?")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_MARKS = re.compile(r"\*\*|`|</?(?:b|strong|i|em|u|p|span|font|center)\b[^>]*>|\\(?=[\\`*_{}\[\]()#+.!>~-])")
# How a character is read, as sites that copy reports put it behind them: 制發(fā)件數(shù).
_READING = re.compile(r"(?<=[\u4e00-\u9fff])(?:\([a-z\u00e0-\u01dc]{1,6}\))+")
# Tables drawn with characters: their upright lines part cells as pipes do, the others only rule.
_UPRIGHT = str.maketrans(dict.fromkeys("│┃║｜", "|"))
_DRAWN = re.compile(r"\s*[+\u2500-\u257f][-=+\s\u2500-\u257f]{2,}")
_RULES = 4  # a table with more rules between its lines is ruled between its rows, too
_HEADING = re.compile(r"^#{1,6}\s+")
_LETTER = re.compile(r"[^\W\d_]")
# Pipes behind a row's last one: they fill it up to the width of the table, as merged cells leave it short.
_FILLING = re.compile(r"(?:^|\|\s)\s*(\|{2,})\s*$")


class _RawRow(NamedTuple):
    """A row of a table as written: its cells, how many of them only fill it up, and its line."""

    texts: list[str]
    filling: int
    line: int


def _plain(text: str) -> str:
    """The text without markdown's marks: ``3\\.其他``, ``**总计**``, ``<br>``, ``&nbsp;``."""
    text = text.strip()
    if text.isdigit():
        return text
    return html.unescape(_BREAK.sub("\n", _MARKS.sub("", text))).strip()


def read(data: bytes, name: str) -> Document:
    """Read a text.

    Ways of writing a table are told apart by the lines themselves: one row a line (``a | b | c``,
    or tabs between the cells), one cell a line with ``|`` between the cells, and one cell a
    paragraph with a blank line between them, where a further blank line is an empty cell.

    Raises
    ------
    ReadError
        If it is no text, or larger than a report.
    """
    text, notes = decode(data)
    if "\0" in text[:4096] or text.count("\ufffd") * 20 > len(text):
        raise ReadError("binary data, no text", file=name, hint="Give the original document.")
    if text.count("\n") > MAX_LINES or text.count("|") + text.count("\t") > MAX_CELLS:
        raise too_large(name)
    lines = _lines_of(text)
    blocks: list[Paragraph | Grid] = []
    tables = 0
    for start, stop, piped in _runs(lines):
        for block in _read_run(lines[start:stop], start, piped):
            if isinstance(block, Paragraph):
                blocks.append(block)
            else:
                tables += 1
                blocks.append(_grid(block, tables))
    title = next((b.text for b in blocks if isinstance(b, Paragraph) and b.text), "")
    broken_off = _breaks_off(text, lines)
    return Document(tuple(blocks), "text", title=_HEADING.sub("", title), notes=notes, broken_off=broken_off)


def _lines_of(text: str) -> list[str]:
    """The lines, with one kind of pipe and one kind of rule, without a blank one at the end."""
    text = _READING.sub("", text.translate(_UPRIGHT)).replace("\r\n", "\n").replace("\r", "\n")
    lines = ["|--|" if _DRAWN.fullmatch(line) or "+--" in line else line for line in text.split("\n")]
    if not lines[-1].strip():
        lines.pop()
    return lines


def _read_run(run: list[str], start: int, piped: bool) -> Iterator[list[_RawRow] | Paragraph]:
    """The tables and paragraphs of a stretch of lines with pipes, or of one without."""
    if piped:
        row_wise = max(len(_cells(line)) for line in run) > 1
        yield from _rows(run, start) if row_wise else _cell_a_line(run, start)
        return
    for first, last, tabbed in _tabbed(run):
        lines = run[first:last]
        if tabbed:
            yield [_RawRow(line.split("\t"), 0, start + first + n) for n, line in enumerate(lines, 1)]
        else:
            yield from _paragraphs(lines, start + first)


def _breaks_off(text: str, lines: list[str]) -> bool:
    """Whether a text ends inside a line, or inside a row: with fewer pipes behind it than the row before."""
    bare = [line.replace(" ", "") for line in lines[-2:]]
    closing = [len(line) - len(line.rstrip("|")) for line in bare]
    return not text.endswith(("\n", "\r")) or closing[-1:] < closing[:-1]


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
        while True in (following := piped[j : j + 4]):
            near = j + following.index(True)
            if row_wise and near > j:
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
    behind = [*tabs[1:], False]
    i = 0
    while i < len(run):
        tabbed, j = tabs[i], i + 1
        while j < len(run):
            single = tabbed and behind[j] and run[j].strip()
            if tabs[j] != tabbed and not single:
                break
            j += 1
        yield i, j, tabbed and sum(tabs[i:j]) > 1
        i = j


def _rows(run: list[str], start: int) -> Iterator[list[_RawRow] | Paragraph]:
    """Rows one a line; in a table that is ruled between its rows, one from rule to rule.

    A writer that does not open rows with a pipe has a blank first cell where a row begins with one.
    """
    ruled = ["|" in text and bool(_RULE.fullmatch(text.strip())) for text in run]
    wrapped = sum(here and not above for here, above in zip(ruled[1:], ruled[:-1], strict=True)) >= _RULES
    opened = all(text.lstrip().startswith("|") for text in run if "|" in text)
    rows: list[_RawRow] = []
    for line, (text, above) in enumerate(zip(run, [True, *ruled[:-1]], strict=True), start + 1):
        if "|" not in text:
            if rows:
                yield rows
                rows = []
            yield Paragraph(_plain(text), f"line {line}")
        elif not ruled[line - start - 1]:
            filling = _FILLING.search(text)
            inside = text.lstrip()[1:] if opened else text
            texts = inside.rstrip().removesuffix("|").split("|")
            row = _RawRow(texts, len(filling[1]) if filling else 0, line)
            if wrapped and not above and rows and len(rows[-1].texts) == len(texts):
                rows[-1] = _joined(rows[-1], row)
            else:
                rows.append(row)
    if rows:
        yield rows


def _joined(row: _RawRow, more: _RawRow) -> _RawRow:
    """A row and the line below that goes on in its cells."""
    pieces = zip(row.texts, more.texts, strict=True)
    texts = [f"{upper.strip()}\n{lower.strip()}".strip() for upper, lower in pieces]
    return row._replace(texts=texts)


def _cell_a_line(run: list[str], start: int) -> Iterator[list[_RawRow] | Paragraph]:
    """Cells one a line, each ended by a pipe; a pipe without text before it is an empty cell.

    Where pipes fill rows up to the table's width, they tell the width, and with it the rows.
    """
    cells: list[tuple[str, int]] = []
    ends: dict[int, int] = {}  # behind so many cells a row ends, of which so many fill it up
    text = ""
    for line, written in enumerate(run, start + 1):
        filling = _FILLING.search(written)
        closing = filling and text and not written[: filling.start(1)].strip()  # first a cell's own pipe
        *closed, rest = written.split("|")
        for part in closed:
            cells.append((f"{text}\n{part}".strip(), line))
            text = ""
        text = f"{text}\n{rest}".strip()
        if filling:
            ends[len(cells)] = len(filling[1]) - bool(closing)
    if max(ends.values(), default=0) > 1:  # one pipe behind each row only ends it
        yield from _cut_into_rows(cells, ends)
    else:
        for one, line in cells:
            yield from _lines(one, line)
    if text:
        yield from _lines(text, start + len(run))


def _lines(text: str, line: int) -> Iterator[Paragraph]:
    return (Paragraph(_plain(one), f"line {line}") for one in text.split("\n"))


def _cut_into_rows(cells: list[tuple[str, int]], ends: dict[int, int]) -> Iterator[list[_RawRow] | Paragraph]:
    """Rows as wide as the first one of a table; what is no such row begins another table.

    A table's heading stands in front of its first cell, before the same pipe; some writers open
    each row with a pipe, and have nothing but headings before it.
    """
    opened = 0 if cells[0][0] else 1
    rows: list[_RawRow] = []
    begin = width = 0
    for end in (*ends, len(cells)):
        filling = ends.get(end, 0)
        starts = range(begin, end, width or end)
        headed = [k for k in starts if cells[k][0].count("\n") or (opened and cells[k][0])]
        whole = width and (end - begin) % width == 0 and filling < width
        if not width or (not whole and (filling or headed)):
            first = headed[0] if headed else begin
            rows += [_row(cells[k + opened : k + width]) for k in starts if k < first and opened < width]
            if rows:
                yield rows
            text, line = cells[first]
            above, _, text = (text, "", "") if opened else text.rpartition("\n")
            if above:
                yield from _lines(above, line)
            cells[first] = text, line
            rows, begin, width = [], first, end - first
        for k in range(begin, end - opened, width):
            rows.append(_row(cells[k + opened : min(k + width, end)], filling if k + width == end else 0))
        begin = end
    if rows:
        yield rows


def _row(cells: list[tuple[str, int]], filling: int = 0) -> _RawRow:
    return _RawRow([text for text, _ in cells], filling, cells[0][1])


def _grid(rows: list[_RawRow], number: int) -> Grid:
    """The table without the cells that only fill its rows up.

    A single one of these looks like an empty cell, and so do empty cells like filling. How many
    cells stand behind the words of the other rows tells.
    """
    behind = [len(row.texts) - row.filling - _words(row) for row in rows]
    usual = Counter(n for row, n in zip(rows, behind, strict=True) if row.filling and n > 0)
    figures = max(usual, key=usual.__getitem__, default=0)
    widths = {len(row.texts) for row in rows}
    cells = []
    for i, (row, n) in enumerate(zip(rows, behind, strict=True)):
        stop = len(row.texts) - row.filling
        one_more = figures and n == figures + 1 and not row.filling
        if n == 0:
            stop += min(figures, row.filling)
        elif one_more and len(widths) == 1 and not row.texts[-1].strip():
            stop -= 1
        cells += [Cell(_plain(text), i, j) for j, text in enumerate(row.texts[:stop])]
    return Grid(tuple(cells), f"table {number} (line {rows[0].line})")


def _words(row: _RawRow) -> int:
    """How many cells a row has up to the last one with words."""
    last = 0
    for number, text in enumerate(row.texts, 1):
        if len(_LETTER.findall(text)) > 1:
            last = number
    return last


def _paragraphs(run: list[str], start: int) -> Iterator[Paragraph]:
    """Lines as paragraphs; where every other line is blank, blank lines only separate."""
    bare = [line.strip() for line in run]
    short = [k for k, line in enumerate(bare) if line and len(line) < 40]
    spaced = sum(bare[k + 1 : k + 2] == [""] for k in short)
    separated = len(short) > 3 and spaced > 0.8 * (len(short) - 1)
    skip = False
    for number, line in enumerate(run, start + 1):
        blank = not line.strip()
        if blank and separated and not skip:
            skip = True
            continue
        skip = blank and skip
        yield Paragraph(_HEADING.sub("", _plain(line)), f"line {number}")
