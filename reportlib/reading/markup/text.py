"""Plain text and markdown: tables of pipes or tabs become grids, everything else paragraphs, one a line."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import NamedTuple, TypeAlias

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
_NO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x00AD))
_DRAWN = re.compile(r"\s*[+\u2500-\u257f][-=+\s\u2500-\u257f]{2,}")
_RULES = 4  # a table with more rules between its lines is ruled between its rows, too
_HEADING = re.compile(r"^#{1,6}\s+")
_FEW_LINES = 4
_PARTED = 0.7  # of the lines with text have a blank one behind them
_ROW_END = "\0"
_MOST_MARKS = 2  # pipes alone in front of a row's label
_NEAR = 4  # lines from one pipe to the next
_LETTER = re.compile(r"[^\W\d_]")
# Pipes behind a row's last one: they fill it up to the width of the table, as merged cells leave it short.
_FILLING = re.compile(r"(?:^|\|\s)\s*(\|{2,})\s*$")


class _Line(NamedTuple):
    """A line of the file, numbered from 1."""

    number: int
    text: str


class _RawRow(NamedTuple):
    """A row of a table as written: its cells, how many of them only fill it up, and its line."""

    texts: list[str]
    filling: int
    line: int


_Blocks: TypeAlias = Iterator[list[_RawRow] | Paragraph]
"""Tables and paragraphs."""


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
    for run, piped in _runs(_without_separators(lines) if "|" in text or "\t" in text else lines):
        for block in _read_piped(run) if piped else _read_unpiped(run):
            if isinstance(block, Paragraph):
                blocks.append(block)
            else:
                tables += 1
                blocks.append(_grid(block, tables))
    pipes = [line.text.rstrip().endswith("|") for line in lines[-2:]]
    if blocks and isinstance(last := blocks[-1], Grid) and pipes == [True, False] and not text.endswith("\n"):
        blocks[-1] = Grid((*last.cells[:-1], last.cells[-1]._replace(doubt="cut")), last.name)
    return Document(tuple(blocks), "text", notes=notes, broken_off=_breaks_off(text, lines))


def _lines_of(text: str) -> list[_Line]:
    """The lines, with one kind of pipe and one kind of rule, without a blank one at the end."""
    text = (
        _READING.sub("", text.translate(_UPRIGHT).translate(_NO_WIDTH))
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )
    lines = ["|--|" if _DRAWN.fullmatch(line) or "+--" in line else line for line in text.split("\n")]
    if not lines[-1].strip():
        lines.pop()
    if not ("|" in text or "\t" in text) and 2 * sum("," in line for line in lines) > len(lines) > _FEW_LINES:
        lines = ["\t".join(row) for row in csv.reader(lines)]
    return _joined_at_tabs([_Line(number, line) for number, line in enumerate(lines, 1)])


def _joined_at_tabs(lines: list[_Line]) -> list[_Line]:
    """The lines, those joined between which a tab stands, where tabs stand nowhere else.

    So browsers copy tables whose cells hold paragraphs.
    """
    tabbed = [line.text for line in lines if "\t" in line.text]
    if len(tabbed) <= _FEW_LINES or any("\t" in text.strip() for text in tabbed):
        return lines
    joined: list[_Line] = []
    for line in lines:
        if joined and (joined[-1].text.endswith("\t") or line.text.startswith("\t")):
            line = _Line(joined[-1].number, joined.pop().text + line.text)
        joined.append(line)
    return joined


def _without_separators(lines: list[_Line]) -> list[_Line]:
    """The lines without the blank ones that only part the others, where nearly all have some behind them."""
    written = [n for n, line in enumerate(lines) if line.text.strip()]
    gaps = sorted(below - above - 1 for above, below in pairwise(written))
    if len(gaps) < _FEW_LINES or not gaps[int((1 - _PARTED) * len(gaps))]:
        return lines
    usual = max(gaps[len(gaps) // 10], 1)
    parting = {n + k for n in written for k in range(1, usual + 1)}
    return [line for n, line in enumerate(lines) if n not in parting or line.text.strip()]


def _breaks_off(text: str, lines: list[_Line]) -> bool:
    """Whether a text ends inside a line, or inside a row: with fewer pipes than the row before."""
    pipes = [line.text.count("|") for line in lines[-2:]]
    return not text.endswith(("\n", "\r")) or pipes[-1:] < pipes[:-1]


def _runs(lines: list[_Line]) -> Iterator[tuple[list[_Line], bool]]:
    """Cut into stretches with and without pipes.

    In a stretch of one cell a line the lines between two pipes belong to it, so that it goes on
    as long as the next pipe is near.
    """
    piped = ["|" in line.text for line in lines]
    start = 0
    while start < len(lines):
        stop = start + 1
        row_wise = _is_row(lines[start])
        while stop < len(lines) and piped[stop] is piped[start]:
            row_wise = row_wise or _is_row(lines[stop])
            stop += 1
            if piped[start] and not row_wise and True in (near := piped[stop : stop + _NEAR]):
                skipped = near.index(True)
                if skipped and _is_row(lines[stop + skipped]):
                    break  # a table of rows one a line
                stop += skipped
        yield lines[start:stop], piped[start]
        start = stop


def _is_row(line: _Line) -> bool:
    """Whether more than one cell of a line holds something."""
    return sum(map(bool, map(str.strip, line.text.split("|")))) > 1


def _read_piped(run: list[_Line]) -> _Blocks:
    """Rows one a line, or cells, where more pipes have a line to themselves than part cells."""
    alone = sum(line.text.strip() == "|" for line in run)
    return _rows(run) if sum(map(_is_row, run)) > alone else _cell_a_line(run)


def _read_unpiped(run: list[_Line]) -> _Blocks:
    """Stretches with tabs inside their lines, as spreadsheets copy them, and without.

    One line of a stretch may have a single cell (a heading over the table's whole width).
    """
    tabs = ["\t" in line.text.strip(" ") and line.text.strip() != "" for line in run]
    start = 0
    while start < len(run):
        tabbed = tabs[start]
        stop = start + 1
        while stop < len(run):
            single = tabbed and True in tabs[stop + 1 : stop + 2] and run[stop].text.strip()
            if tabs[stop] != tabbed and not single:
                break
            stop += 1
        if tabbed and sum(tabs[start:stop]) > 1:
            yield [_RawRow(text.split("\t"), 0, number) for number, text in run[start:stop]]
        else:
            yield from (_paragraph(line) for line in run[start:stop])
        start = stop


def _paragraph(line: _Line) -> Paragraph:
    return Paragraph(_HEADING.sub("", _plain(line.text)), f"line {line.number}")


def _rows(run: list[_Line]) -> _Blocks:
    """Rows one a line; in a table that is ruled between its rows, one from rule to rule.

    A writer that does not open rows with a pipe has a blank first cell where a row begins with one.
    """
    ruled = [_RULE.fullmatch(line.text.strip()) is not None for line in run]
    wrapped = sum(here and not above for above, here in pairwise(ruled)) >= _RULES
    opened = all(line.text.lstrip().startswith("|") for line in run)
    rows: list[_RawRow] = []
    for (number, text), rule, below_rule in zip(run, ruled, [True, *ruled], strict=False):
        if rule:
            continue
        filling = _FILLING.search(text)
        inside = text.lstrip()[1:] if opened else text
        texts = inside.rstrip().removesuffix("|").split("|")
        row = _RawRow(texts, len(filling[1]) if filling else 0, number)
        if wrapped and not below_rule and rows and len(rows[-1].texts) == len(texts):
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


def _cell_a_line(run: list[_Line]) -> Iterator[Paragraph]:
    """Cells one a line, each ended by a pipe; a pipe without text before it is an empty cell.

    Pipes that fill a row up to the table's width are no cells, but end it.
    """
    cells: list[_Line] = []
    text = ""
    for number, written in run:
        filling = _FILLING.search(written)
        if filling:
            written = written[: filling.start(1)]
            if text and not written.strip():
                written = "|"  # first a cell's own pipe
        *closed, rest = written.split("|")
        for part in closed:
            cells.append(_Line(number, f"{text}\n{part}".strip()))
            text = ""
        text = f"{text}\n{rest}".strip()
        if filling:
            cells.append(_Line(number, _ROW_END))
    if text:
        cells.append(_Line(run[-1].number, text))
    for cell in _without_row_marks(cells):
        for one in cell.text.split("\n"):
            yield _paragraph(_Line(cell.number, one))


def _without_row_marks(cells: list[_Line]) -> list[_Line]:
    """The cells without those that only part rows: blank ones behind a row's end, or in front of every label.

    Where blank cells in a row have left no trace, they would take the place of these.
    """
    runs = [("end", []), *((kind, list(group)) for kind, group in groupby(cells, key=_kind))]
    before, opening = [], []  # how many blank cells stand in front of each label, and of those behind an end
    for (above, _), (kind, blanks), (below, _) in zip(runs, runs[1:], runs[2:], strict=False):
        if below == "words" and kind == "blank" and above == "end":
            opening.append(len(blanks))
        elif below == "words" and kind != "end":
            before.append(len(blanks) if kind == "blank" else 0)
    marks = min(before, default=0)
    opens = min(opening, default=0)
    if marks > _MOST_MARKS:
        marks = 0  # the cells of rows, all blank
    kept: list[_Line] = []
    for (above, _), (kind, group), (below, _) in zip(
        runs, runs[1:], [*runs[2:], ("words", [])], strict=False
    ):
        if kind == "blank" and below == "words":
            kept += group[marks:] if above != "end" else []
        elif kind == "blank" and above == "end":
            kept += group[opens:]
        elif kind != "end":
            kept += group
    return kept


def _kind(cell: _Line) -> str:
    """Whether a cell holds words, or something else, or nothing, or is the end of a row."""
    if cell.text in ("", _ROW_END):
        return "end" if cell.text else "blank"
    return "words" if len(_LETTER.findall(cell.text)) > 1 else "figure"


def _grid(rows: list[_RawRow], number: int) -> Grid:
    """The table without the cells that only fill its rows up.

    Behind a label alone they look like empty cells, and so do empty cells like filling: there all are kept.
    """
    cells = []
    for i, row in enumerate(rows):
        alone = _words(row) == len(row.texts) - row.filling
        texts = row.texts if alone else row.texts[: len(row.texts) - row.filling]
        cells += [Cell(_plain(text), i, j) for j, text in enumerate(texts)]
    return Grid(tuple(cells), f"table {number} (line {rows[0].line})")


def _words(row: _RawRow) -> int:
    """How many cells a row has up to the last one with words."""
    last = 0
    for number, text in enumerate(row.texts, 1):
        if len(_LETTER.findall(text)) > 1:
            last = number
    return last
