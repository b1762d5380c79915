"""Document + form -> what stands in each cell of the statutory tables.

Finds the tables whatever else the document holds, tells the edition from the table, matches rows
by label and columns by header or order. Says what stands there; `checks` says what follows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from rapidfuzz import fuzz

from ...form import Edition, Key, Table, edition, editions
from ...reading.document import Document, Paragraph
from ..report import Finding, TableState
from .lines import Atom, Line, grid_lines
from .matching import Lexicon, edition_score, lexicon, normalise
from .numerals import UNITS, Numeral, fold, of_money
from .running_text import running_lines

__all__ = ["Extracted", "LocalRow", "TableCells", "extract"]

_A_LINE = 200  # a longer paragraph is no line of a table
_UNIT = re.compile(rf"\((?:\w+:)?\s*({UNITS})\)")
_PIECES = re.compile(r"[\n\t|]| {2,}")
_LIKE_A_PIECE = 70  # how much of a torn label must be in the row's label (rapidfuzz partial ratio)


@dataclass(frozen=True, slots=True)
class LocalRow:
    """A row that the form does not have: its label, place and figures by column."""

    label: str
    where: str
    cells: dict[str, Atom]


@dataclass(slots=True)
class TableCells:
    """What a document has of one table.

    `alternative` tells which of the permitted rows it has (see `form.Alternative`); `cells` holds
    what stands in each cell that is there; `digits` the lines whose digits run together.
    """

    table: Table
    alternative: bool | None
    cells: dict[Key, Atom] = field(default_factory=dict)
    digits: dict[str, Atom] = field(default_factory=dict)
    unclear: dict[str, Line] = field(default_factory=dict)
    local: list[LocalRow] = field(default_factory=list)
    state: TableState = "complete"


@dataclass(frozen=True, slots=True)
class Extracted:
    """The tables of a document, the edition they follow, and what was noticed on the way."""

    edition: Edition
    tables: dict[str, TableCells]
    findings: tuple[Finding, ...]


def extract(document: Document, year: int | None = None) -> Extracted:
    """Find the statutory tables of a document and tell their cells.

    Parameters
    ----------
    document
        What a reader made of the file.
    year
        The year of the report, where known: of a table printed for two years its own one counts.
    """
    texts, prose = _texts(document)
    form = _edition(texts, prose)
    words = lexicon(form.code)
    lines: dict[str, list[Line]] = {table.code: [] for table in form.tables}
    for line in grid_lines(document, form, words):
        lines[line.table].append(line)
    wanted = {
        table.code: any(line.row and line.cells for line in lines[table.code])
        for table in form.tables
        if not _whole(table, lines[table.code])
    }
    if wanted and any(isinstance(block, Paragraph) for block in document.blocks):
        for line in running_lines(document, form, words, wanted):
            lines[line.table].append(line)
    findings: list[Finding] = []
    tables = {}
    for table in form.tables:
        cells = _table(table, sorted(lines[table.code], key=lambda line: line.position), year, findings)
        if cells:
            _read_units(cells, texts, words)
            tables[table.code] = cells
    return Extracted(form, tables, tuple(findings))


def _texts(document: Document) -> tuple[list[str], list[str]]:
    """What may be labels, cells and pieces of short lines, and all running text."""
    texts = [
        cell.text for grid in document.grids() for cell in grid.cells if cell.text and not cell.text.isdigit()
    ]
    prose = [paragraph.text for paragraph in document.paragraphs() if paragraph.text]
    return texts + [piece for text in prose if len(text) < _A_LINE for piece in _PIECES.split(text)], prose


def _edition(texts: list[str], prose: list[str]) -> Edition:
    """Which edition the tables follow: their wordings first, then the notice cited; where nothing tells, the
    latest.

    Never the year: bodies keep an old form for years. Nor the rows of (六), which both forms permit.
    """
    score = edition_score(texts)
    if max(score.values()) == 0:
        whole = normalise("".join(prose)) + "".join(map(normalise, texts))
        for form in editions():
            if any(normalise(notice) in whole for notice in (form.notice, *form.notice_variants)):
                score[form.code] += 1
    return edition(max(score, key=lambda code: (score[code], code)))


def _read_units(found: TableCells, texts: Iterable[str], words: Lexicon) -> None:
    """Amounts are in the unit that their label states; a count in a unit of money is no count."""
    amounts = {column.code for column in found.table.columns if column.kind == "amount"}
    for key, one in found.cells.items():
        if key[1] not in amounts and of_money(one.numeral.unit):
            found.cells[key] = one._replace(numeral=Numeral("unreadable"))
        elif key[1] in amounts and not one.numeral.unit:
            unit = _stated_unit(found.table, {key[0], key[1]}, texts, words)
            found.cells[key] = one._replace(numeral=one.numeral._replace(unit=unit))


def _stated_unit(table: Table, codes: set[str], texts: Iterable[str], words: Lexicon) -> str:
    """The unit that these labels state in brackets, '' for none or several."""
    stated = {
        match[1]
        for text in texts
        if text.endswith((")", "）"))
        and (match := _UNIT.search(fold(text)))
        and any(hit.table == table.code and hit.code in codes for hit in words.lookup(text))
    }
    return stated.pop() if len(stated) == 1 else ""


def _whole(table: Table, lines: Iterable[Line]) -> bool:
    """Whether the grids already hold every row of a table."""
    rows = {line.row for line in lines if line.cells}
    return any(set(table.row_codes(single)) <= rows for single in (None, True, False))


def _table(table: Table, lines: list[Line], year: int | None, findings: list[Finding]) -> TableCells | None:
    if sum(line.row is not None for line in lines) + (len(lines) > 2 and len(table.blocks) == 1) < 1:
        return None
    lines, of_others = _of_the_year(lines, year)
    lines, others = _first_time(table, lines)
    _check_header(table, lines)
    lines = _by_order(table, lines)
    rows = {line.row for line in lines}
    alternative: bool | None = None
    for choice in table.alternatives:
        if choice.row in rows and not rows & set(choice.instead_of[:2]):
            alternative = True
        elif rows & set(choice.instead_of):
            alternative = False
    found = TableCells(table, alternative)
    permitted = set(table.row_codes(alternative))
    # Of several lines with one label the first that was told apart and is not blank counts.
    for line in sorted(lines, key=lambda line: (line.unclear, line.blank)):
        if line.row is None or line.row not in permitted:
            _local(found, line, findings)
            continue
        if line.row in {row for row, _ in found.cells} | found.digits.keys() | found.unclear.keys():
            _twice(found, line, findings)
            continue
        columns = [column.code for column in table.block_of(line.row).columns]
        digits = line.digits
        if (
            digits
            and len(columns) > 1
            and (len(line.cells) < len(columns))
            and len(digits.text.strip()) >= len(columns)
        ):
            found.digits[line.row] = digits
        elif line.unclear:
            found.unclear[line.row] = line
            cells, wanted = len(line.atoms), len(columns)
            about = Finding.of(
                "columns_unclear", "warn", table.code, line.row, where=line.where, cells=cells, columns=wanted
            )
            findings.append(about)
        else:
            found.cells |= {(line.row, column): one for column, one in line.cells.items()}
        if line.distance:
            printed: dict[str, Any] = {"printed": line.label, "distance": line.distance}
            findings.append(
                Finding.of("label_misprint", "warn", table.code, line.row, where=line.where, **printed)
            )
        if line.by_order:
            findings.append(Finding.of("row_by_order", "warn", table.code, line.row, where=line.where))
    told = {row for row, _ in found.cells} | set(found.digits) | set(found.unclear)
    for line in [*others, *of_others]:
        if line.row in permitted:
            _twice(found, line, findings)
    if stray := sorted({line.year for line in lines if line.year and year and line.year != year}):
        findings.append(
            Finding.of("other_year", "warn", table.code, where=lines[0].where, years=stray, year=year or 0)
        )
    for line in of_others:
        if line.row in permitted and line.row not in told and not line.blank:
            only: dict[str, Any] = {"say": "row_of_other_year", "year": line.year or 0}
            findings.append(Finding.of("other_year", "warn", table.code, line.row, where=line.where, **only))
    if not (found.cells or found.digits or found.unclear):
        return None
    found.state = _state(found)
    if found.state == "blank":
        findings.append(Finding.of("table_blank", "warn", table.code))
    return found


def _of_the_year(lines: list[Line], year: int | None) -> tuple[list[Line], list[Line]]:
    """The lines of the report's own year, and those that stand under another one; all, where no other line
    is there.
    """
    others = [line for line in lines if year and line.year and line.year != year]
    own = [line for line in lines if not year or line.year in (None, year)]
    return (own, others) if any(line.row for line in own) else (lines, [])


def _first_time(table: Table, lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """The lines of the table, and those of the same table printed again (an annex, another body's report).

    A table is a stretch of lines in which no row comes twice; the first one that is not a mere
    fragment beside the largest counts. A line without column labels gives way to one that has them,
    an empty one to one of the same table that has figures.
    """
    filled = {(line.row, line.position[0]) for line in lines if not line.blank}
    lines = [line for line in lines if not line.blank or (line.row, line.position[0]) not in filled]
    headed = {line.row for line in lines if line.headed}
    lines = [line for line in lines if line.headed or line.row not in headed]
    order = {row.code: i for i, row in enumerate(table.rows)}
    pieces: list[tuple[set[str], list[Line]]] = [(set(), [])]
    last = -1
    for line in lines:
        if line.row and not line.weak and not line.unclear:
            if order[line.row] < last:  # it begins anew, or goes on in another order
                pieces.append((set(), []))
            last = order[line.row]
            pieces[-1][0].add(line.row)
        pieces[-1][1].append(line)
    tables = pieces[:1]
    for rows, piece in pieces[1:]:
        if rows & tables[-1][0]:
            tables.append((rows, piece))
        else:
            tables[-1] = (tables[-1][0] | rows, [*tables[-1][1], *piece])
    largest = max(len(rows) for rows, _ in tables)
    first = next(i for i, (rows, _) in enumerate(tables) if 2 * len(rows) >= largest)
    return tables[first][1], [line for i, (_, piece) in enumerate(tables) if i != first for line in piece]


def _check_header(table: Table, lines: list[Line]) -> None:
    """Put lines back into the form's order where the header has another one and only the form's agrees with
    the totals.

    A header whose spans are wrong lies above other columns than its own. Where neither order
    agrees, which figure is which is not clear.
    """
    total = next((identity.right[0] for identity in table.identities if identity.per == "row"), "")
    columns = [column.code for column in table.columns]
    swapped: defaultdict[tuple[int, tuple[str, ...]], list[Line]] = defaultdict(list)
    for line in lines:
        if total and [*line.cells] != columns and len(line.cells) == len(columns):
            swapped[line.position[0], tuple(line.cells)].append(line)
    for (_, header), under in swapped.items():
        values = [[one.numeral.value for one in line.cells.values()] for line in under]
        said, usual = (
            sum(_adds_up(line, order.index(total)) for line in values) for order in (header, tuple(columns))
        )
        whole = sum(None not in line and any(line) for line in values)  # a blank may stand for what lacks
        for line in under:
            if usual > said:
                line.cells = dict(zip(columns, line.cells.values(), strict=True))
            line.unclear = 2 * max(said, usual) < whole


def _adds_up(values: list[Decimal | None], total: int) -> bool:
    """Whether the figures of a line make up the total that stands at this place, and are not all 0."""
    return bool(values[total]) and 2 * (values[total] or 0) == sum(value or 0 for value in values)


def _by_order(table: Table, lines: list[Line]) -> list[Line]:
    """Give lines without a label the rows that are missing between their neighbours.

    Only where just as many rows are missing as lines stand there; a line with a label of its own
    that is no piece of the row's label is a local one and stays so.
    """
    if len(table.blocks) > 1 or table.across:
        return lines
    rows = {line.row for line in lines if line.row and not line.weak and not line.unclear}
    single = any(choice.row in rows and not rows & set(choice.instead_of) for choice in table.alternatives)
    order = table.row_codes(single or None)
    anchors: list[tuple[int, int]] = [(-1, -1)]
    anchors += [
        (i, order.index(line.row))
        for i, line in enumerate(lines)
        if line.row in order and not line.weak and not line.unclear
    ]
    anchors.append((len(lines), len(order)))
    n = len(table.columns)
    for (i, row), (j, next_row) in pairwise(anchors):
        between = [line for line in lines[i + 1 : j] if line.cells and len(line.cells) == n]
        missing = [code for code in order[row + 1 : next_row] if code not in rows]
        if not between or (i < 0 and j == len(lines)):
            continue
        pieces = [line for line in between if line.weak or _piece(line, missing, table)]
        if len(pieces) == len(missing) and len(missing) == next_row - row - 1:
            for line, code in zip(pieces, missing, strict=True):
                line.by_order = line.row != code or line.weak
                line.row, line.weak = code, False
        else:  # a label that others without figures stood before is not believed
            for line in pieces:
                line.row = None
    return lines


def _piece(line: Line, missing: Sequence[str], table: Table) -> bool:
    label = normalise(line.label)
    if line.row is not None:
        return False
    return not label or any(
        fuzz.partial_ratio(label, normalise(table.row(code).number + table.row(code).zh)) >= _LIKE_A_PIECE
        or any(label in normalise(group.number + w) for group in table.groups for w in group.wordings)
        for code in missing
    )


def _local(found: TableCells, line: Line, findings: list[Finding]) -> None:
    figures = {column: one for column, one in line.cells.items() if one.numeral.found == "number"}
    several = len(found.table.blocks) > 1
    if not figures and not (several and any(a.numeral.found == "number" for a in line.atoms)):
        return
    found.local.append(LocalRow(line.label, line.where, line.cells))
    rule = "local_row" if line.label else "row_unlabelled"
    values = [atom.text.strip() for atom in line.atoms]
    findings.append(
        Finding.of(rule, "warn", found.table.code, where=line.where, label=line.label, values=values)
    )


def _twice(found: TableCells, line: Line, findings: list[Finding]) -> None:
    """A row met again: of no account if it says the same, else a finding."""
    assert line.row
    differing = [
        (one, first)
        for column, one in line.cells.items()
        if (first := found.cells.get((line.row, column))) and first.numeral.value != one.numeral.value
    ]
    if differing:
        here, there = ([_printed(one) for one in side] for side in zip(*differing, strict=True))
        table, row = found.table.code, line.row
        findings.append(Finding.of("row_twice", "warn", table, row, where=line.where, here=here, there=there))


def _printed(one: Atom) -> Any:
    """A cell's text as a part of a finding."""
    return one.text.strip() or {"say": "blank"}


def _state(found: TableCells) -> TableState:
    keys = found.table.keys(found.alternative)
    if found.cells and all(one.numeral.found == "blank" for one in found.cells.values()) and not found.digits:
        return "blank" if not found.unclear else "not_read"
    there = set(found.cells) | {key for key in keys if key[0] in found.digits}
    if not there:
        return "not_read"
    return "complete" if there >= set(keys) else "partial"
