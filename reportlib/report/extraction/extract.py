"""Document + form -> what stands in each cell of the statutory tables: the way from step to step.

Strips are flattened, aligned with the rows, read in every way; `proof` lets the sums choose. Nothing is
concluded here: what is not sure stays open, and is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ...form import Edition, Key, Table, edition, editions
from ...reading.document import Document, Paragraph
from ..report import Finding, TableState
from .choice import MOST, Kind, OpenLine, Reading
from .columns import Columns, Targets, run_of, targets_of
from .flatten import Flattener, Strip, grid_strips
from .matching import Lexicon, lexicon, normalise
from .numerals import UNIT_LINE, UNITS, Atom, Numeral, fold, of_money
from .rows import Aligned, Line, align
from .texts import text_strips

__all__ = ["Extracted", "LocalRow", "TableCells", "extract"]

_UNIT = re.compile(rf"\((?:\w+:)?\s*({UNITS})\)$")
_UNIT_LINE = re.compile(rf"\W*{UNIT_LINE}\W*({UNITS})\W*")
_TOLD = 6  # so long a wording is the edition's also inside a line
_SURE = 4  # so many wordings of an edition, in the order of the document, are a report of its form
_ENOUGH = 2  # labels of its own make a table


@dataclass(frozen=True, slots=True)
class LocalRow:
    """A row that the form does not have: its label, place and figures by column."""

    label: str
    where: str
    cells: dict[str, Atom]


@dataclass(slots=True)
class TableCells:
    """What a document has of one table.

    Attributes
    ----------
    alternative
        Which of the permitted rows it has (see `form.Alternative`).
    cells
        What stands in each cell that is there and sure.
    lines
        The lines that can be read in several ways, or in none.
    local
        The rows that the form does not have.
    """

    table: Table
    alternative: bool | None
    cells: dict[Key, Atom] = field(default_factory=dict)
    lines: list[OpenLine] = field(default_factory=list)
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
    texts = _texts(document)
    form = _edition(texts, year)
    words = lexicon(form.code)
    strips, named = _flatten(document, form, words, year)
    findings: list[Finding] = []
    tables = {}
    for table in form.tables:
        if not _is_there(table, named, strips):
            continue
        own = _without_lists(table, [strip for strip in strips if strip.table == table.code])
        own.sort(key=lambda one: one.position)
        cells = _Reader(table, year, findings).read(own, year in named.headed[table.code])
        _read_units(cells, texts, words)
        tables[table.code] = cells
    second = next((strip for strip in strips if strip.report and strip.table in tables), None)
    if second:
        findings.append(Finding.of("second_report", "warn", where=second.where))
    return Extracted(form, tables, tuple(findings))


def _flatten(
    document: Document, form: Edition, words: Lexicon, year: int | None
) -> tuple[list[Strip], Flattener]:
    """The strips of the grids, and of the text for the tables that the grids do not hold whole."""
    flat = Flattener(form, words, year)
    grid_strips(document, flat)
    strips = flat.strips
    wanted = {table.code: False for table in form.tables if not _is_whole(table, strips)}
    if wanted and any(isinstance(block, Paragraph) for block in document.blocks):
        partly = {strip.table for strip in strips if strip.hits}
        for short in sorted({code in partly for code in wanted}):
            more = Flattener(form, words, year)
            text_strips(document, more, short)
            strips += [one for one in more.strips if one.table in wanted and (one.table in partly) == short]
            for code, years in more.headed.items():
                flat.headed[code] |= years
            for code, labels in more.named.items():
                flat.named[code] |= labels
    return strips, flat


def _is_whole(table: Table, strips: Iterable[Strip]) -> bool:
    """Whether the grids already hold every row of a table."""
    there = [strip for strip in strips if strip.table == table.code]
    rows = {hit.code for strip in there for hit in strip.hits}
    whole = table.across and any(len(strip.atoms) >= len(table.rows) * len(table.columns) for strip in there)
    return whole or any(set(table.row_codes(single)) <= rows for single in (None, True, False))


def _is_there(table: Table, flat: Flattener, strips: Iterable[Strip]) -> bool:
    """Whether a document has a table: its figures under its heading or beside labels of its own.

    One such label is enough in front of a figure for each column. A heading with its rows' labels alone is
    a table whose cells were not copied.
    """
    named = flat.named[table.code]
    rows = {code for axis, code in named if axis == "row"}
    own = [strip for strip in strips if strip.table == table.code]
    if any(strip.hits or len(table.blocks) == 1 for strip in own):
        whole = any(_is_whole_row(strip, table, flat) for strip in own)
        return whole or table.code in flat.headed or len(named) >= _ENOUGH
    return len(rows) >= _ENOUGH and table.code in flat.headed


def _without_lists(table: Table, strips: list[Strip]) -> list[Strip]:
    """The strips without the lines of lists: labels without a header that elsewhere stand under one."""
    columns = {column.code for column in table.columns}
    headed = [not columns.isdisjoint(strip.header.read) for strip in strips]
    under = {
        hit.code for strip, is_under in zip(strips, headed, strict=True) if is_under for hit in strip.hits
    }
    return [
        strip
        for strip, is_under in zip(strips, headed, strict=True)
        if is_under or under.isdisjoint(hit.code for hit in strip.hits)
    ]


def _is_whole_row(strip: Strip, table: Table, flat: Flattener) -> bool:
    """Whether a line of figures is one for each column of a table of one block, behind a label of its own."""
    figures = [one for one in strip.atoms if one.numeral.found == "number"]
    named = any(hit.bare in flat.lexicon.own and not hit.distance for hit in strip.hits)
    return named and len(table.blocks) == 1 and len(figures) == len(strip.atoms) == len(table.columns)


class _Reader:
    """Reads one table from its strips."""

    def __init__(self, table: Table, year: int | None, findings: list[Finding]) -> None:
        self.table, self.year, self.findings = table, year, findings

    def read(self, strips: list[Strip], announced: bool) -> TableCells:
        """Align the strips and read each; `announced` says that a heading names the year of the report."""
        aligned = align(self.table, strips, self.year, announced)
        found = TableCells(self.table, aligned.single)
        targets = [(line.strip, targets_of(self.table, line.rows)) for line in aligned.lines]
        self.columns = Columns(targets)
        for line, (strip, target) in zip(aligned.lines, targets, strict=True):
            row = line.rows[0] if len(line.rows) == 1 else ""
            ways = self.columns.readings(strip, target)
            self._take(found, strip, target, row, ways)
            misprints = max((hit.distance for hit in strip.hits), default=0)
            if misprints:
                self._warn("label_misprint", strip, row, printed=strip.label, distance=misprints)
            if line.by_order:
                self._warn("row_by_order", strip, row)
        for strip in aligned.local:
            self._local(found, strip)
        self._others(found, aligned)
        found.state = _state(found)
        if found.state == "blank":
            self.findings.append(Finding.of("table_blank", "warn", self.table.code))
        return found

    def _take(self, found: TableCells, strip: Strip, target: Targets, row: str, ways: list[Reading]) -> None:
        """Keep what a strip says for sure; what it may say is an open line."""
        if len(ways) == 1 and ways[0].kind != Kind.CUT:
            found.cells |= ways[0].cells
            return
        run = run_of(strip.atoms, target)
        printed = run.text.strip() if run else " ".join(one.text.strip() for one in strip.atoms).strip()
        where = run.where if run else strip.where
        few = tuple(ways) if len(ways) <= MOST else ()
        found.lines.append(OpenLine(tuple(target.keys), strip.label, where, printed, few, run is not None))
        if not few and not run:
            self._warn("columns_unclear", strip, row, cells=len(strip.atoms), columns=len(target.keys))

    def _warn(self, rule: str, strip: Strip, row: str = "", **parts: Any) -> None:
        self.findings.append(Finding.of(rule, "warn", self.table.code, row, where=strip.where, **parts))

    def _local(self, found: TableCells, strip: Strip) -> None:
        """A row that the form does not have, if it holds figures."""
        columns = [column.code for column in self.table.columns]
        cells = {}
        if len(self.table.blocks) == 1 and len(strip.atoms) == len(columns):
            cells = dict(zip(columns, strip.atoms, strict=True))
        stray = strip.header.flat and len(strip.atoms) < len(self.table.blocks[0].columns)
        if not stray and any(one.numeral.found == "number" for one in strip.atoms):
            found.local.append(LocalRow(strip.label, strip.where, cells))
            values = [one.text.strip() for one in strip.atoms]
            rule = "local_row" if strip.label else "row_unlabelled"
            self._warn(rule, strip, label=strip.label, values=values)

    def _others(self, found: TableCells, aligned: Aligned) -> None:
        """What is printed again, or under another year, is compared and not used."""
        told = {row for row, _ in found.cells} | {row for line in found.lines for row in line.rows}
        for line in aligned.again:
            strip = line.strip
            if told.intersection(line.rows):
                self._twice(found, line)
            elif self.year and strip.year not in (None, self.year):
                only = {"say": "row_of_other_year", "year": strip.year}
                self._warn("other_year", strip, line.rows[0], **only)
        years = {line.strip.year for line in aligned.lines if line.strip.year}
        if stray := sorted(year for year in years if self.year and year != self.year):
            self._warn("other_year", aligned.lines[0].strip, years=stray, year=self.year)

    def _twice(self, found: TableCells, line: Line) -> None:
        """A row met again: of no account if it says the same, else a finding."""
        ways = self.columns.readings(line.strip, targets_of(self.table, line.rows))
        cells = ways[0].cells if len(ways) == 1 else {}
        pairs = [(one, found.cells[key]) for key, one in cells.items() if key in found.cells]
        differing = [(one, first) for one, first in pairs if one.numeral.value != first.numeral.value]
        if differing:
            here, there = ([_printed(one) for one in side] for side in zip(*differing, strict=True))
            self._warn("row_twice", line.strip, line.rows[0], here=here, there=there)


def _printed(one: Atom) -> Any:
    """A cell's text as a part of a finding."""
    return one.text.strip() or {"say": "blank"}


def _state(found: TableCells) -> TableState:
    keys = found.table.keys(found.alternative)
    there = set(found.cells) | {key for line in found.lines if line.readings for key in line.keys}
    if not there:
        return "not_read"
    if not found.lines and all(one.numeral.found == "blank" for one in found.cells.values()):
        return "blank"
    return "complete" if there >= set(keys) else "partial"


# ---------------------------------------------------------------------- edition and units
def _texts(document: Document) -> list[str]:
    """What may hold labels: cells and paragraphs."""
    cells = [cell.text for grid in document.grids() for cell in grid.cells if not cell.text.isdigit()]
    return list(dict.fromkeys(filter(None, [*cells, *(one.text for one in document.paragraphs())])))


@cache
def _own_wordings() -> dict[str, frozenset[str]]:
    """For each edition the wordings of its tables that no other edition knows."""
    every: dict[str, set[str]] = {}
    for form in editions():
        labels = [label for table in form.tables for label in (*table.rows, *table.columns)]
        every[form.code] = {normalise(wording) for label in labels for wording in label.wordings}
    return {
        code: frozenset(own.difference(*(other for another, other in every.items() if another != code)))
        for code, own in every.items()
    }


def _edition(texts: list[str], year: int | None) -> Edition:
    """Which edition the tables follow: their wordings first, then the notice cited, then the year.

    The year tells only where nothing else does, and then only that a form is not yet issued; bodies keep an
    old form for years.
    """
    met: dict[str, set[str]] = {code: set() for code in _own_wordings()}
    for plain in map(normalise, texts):
        for code, own in _own_wordings().items():
            met[code] |= {plain} & own
            met[code] |= {wording for wording in own if len(wording) >= _TOLD and wording in plain}
        if max(map(len, met.values())) >= _SURE:
            break
    score = {code: len(wordings) for code, wordings in met.items()}
    if len(set(score.values())) == 1:
        whole = normalise("".join(texts))
        for form in editions():
            score[form.code] += any(normalise(one) in whole for one in (form.notice, *form.notice_variants))
    best = [code for code, value in score.items() if value == max(score.values())]
    fitting = [code for code in best if not year or int(code) <= year] if len(best) > 1 else best
    return edition(max(fitting or best))


def _read_units(found: TableCells, texts: Iterable[str], words: Lexicon) -> None:
    """Amounts are in the unit that their label states; what only an amount or a change has, no count has."""
    columns = {column.code: column for column in found.table.columns}
    for key, one in found.cells.items():
        kind = columns[key[1]].kind
        unlike = one.numeral.unit and of_money(one.numeral.unit) != (kind == "amount")
        if unlike or (kind != "change" and one.numeral.worded):
            found.cells[key] = one._replace(numeral=Numeral("unreadable"))
        elif kind == "amount" and not one.numeral.unit:
            unit = _stated_unit(found.table, {key[0], key[1]}, texts, words)
            found.cells[key] = one._replace(numeral=one.numeral._replace(unit=unit))


def _stated_unit(table: Table, codes: set[str], texts: Iterable[str], words: Lexicon) -> str:
    """The unit that these labels state in brackets, or else a line above; '' for none or several."""
    stated = set()
    lines = set()
    for text in texts:
        line = _UNIT_LINE.fullmatch(fold(text))
        if line and of_money(line[1]):
            lines.add(line[1])
        match = _UNIT.search(fold(text).rstrip()) if text.rstrip().endswith((")", "）")) else None
        if match and any(hit.table == table.code and hit.code in codes for hit in words.lookup(text)):
            stated.add(match[1])
    stated = stated or lines
    return stated.pop() if len(stated) == 1 else ""
