"""Grids -> the labelled lines of the form: which row a line is, and which column each of its cells."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...form import Edition
from ...reading.document import Box, Cell, Document, Grid, Paragraph
from .matching import Hit, Lexicon
from .numerals import Numeral, fold, numbers, parse

__all__ = ["Atom", "Line", "assign", "atom", "grid_lines", "row_hit"]

_LETTER = re.compile(r"[^\W\d_]")
_UNREADABLE = Numeral("unreadable")
LOW_CONFIDENCE = 0.5
LONGEST_RUN = 60  # digits that one line can have run together
_SIDEWAYS = 3  # column labels one below the other in a table lying on its side
_YEAR = re.compile(r"\W*(20\d\d)\s*年?度?(\D*)")
_WORD = 4  # so many letters behind a year are no sentence
_COUNTED = 5  # so many figures that count from 1 in a line without a label number the columns
_LABEL_OF_A_LINE = 8  # a longer label that is unknown makes a line of the disputes table another table's


class Atom(NamedTuple):
    """One printed cell that may hold a figure: what it says and where it stands."""

    text: str
    numeral: Numeral
    where: str
    column: int = -1
    span: int = 1
    box: Box | None = None
    confidence: float | None = None


@dataclass(slots=True)
class Line:
    """A line of figures. `row` is None where its label is not (yet) known.

    `cells` are the figures by column; `unclear` says why they could not be told apart, `atoms` are
    all that stand in the line. `distance` counts the misprints of the label;
    `headed` is False in a grid that has no column labels of the form; `year` is the year that
    stands above the line or in front of it, if one does.
    """

    table: str
    row: str | None
    label: str
    where: str
    position: tuple[int, int]
    atoms: list[Atom]
    cells: dict[str, Atom] = field(default_factory=dict)
    distance: int = 0
    unclear: bool = False
    weak: bool = False
    by_order: bool = False
    headed: bool = True
    year: int | None = None

    @property
    def blank(self) -> bool:
        """Whether nothing stands in its cells."""
        return all(a.numeral.found == "blank" for a in self.atoms)

    @property
    def digits(self) -> Atom | None:
        """The one atom of a line whose digits run together."""
        figures = [a for a in self.atoms if a.numeral.found != "blank"]
        text = figures[0].text.strip() if len(figures) == 1 else ""
        return figures[0] if text.isascii() and text.isdigit() and len(text) <= LONGEST_RUN else None


def atom(text: str, where: str, cell: Cell | None = None, place: Paragraph | None = None) -> Atom:
    """Read a cell's text; recognised text of low confidence is unreadable."""
    numeral = parse(text)
    box, confidence = (
        (cell.box, cell.confidence) if cell else (place.box, place.confidence) if place else (None, None)
    )
    if confidence is not None and confidence < LOW_CONFIDENCE and numeral.found == "number":
        numeral = _UNREADABLE
    if cell is None:
        return Atom(text, numeral, where, -1, 1, box, confidence)
    return Atom(text, numeral, where, cell.column, cell.colspan, box, confidence)


class _Header:
    """The column labels seen above the figures: which grid columns each covers."""

    def __init__(self) -> None:
        self.columns: dict[int, tuple[tuple[int, int], str]] = {}  # grid column -> (cell, code)
        self.routes: dict[int, str] = {}
        self.groups: list[Cell] = []
        self.read: list[str] = []  # the labels as one reads them, wherever they lie
        self.closed = False

    def add(self, cell: Cell, code: str) -> None:
        self.read += [code] if code else []
        for column in range(cell.column, cell.column + cell.colspan):
            self.columns[column] = ((cell.row, cell.column), code)

    def close(self) -> None:
        """The header is read: groups without any label below them are columns of their own, and none of the
        form's.
        """
        covered = {
            column for cell in self.groups for column in range(cell.column, cell.column + cell.colspan)
        }
        if not self.closed and covered.isdisjoint(self.columns):
            for cell in self.groups:
                self.add(cell, "")
        self.closed = True

    def order(self, columns: Sequence[str], routes: Sequence[str] = ()) -> list[tuple[str, set[int]]]:
        """The codes from left to right, '' for a foreign column, each with the grid columns it covers.

        With `routes` a code is made of the route above it and the outcome; where no route stands
        above, as many outcomes as there are of all routes together belong to them in turn.
        """
        found: list[tuple[tuple[int, int], str, set[int]]] = []
        for column in sorted(self.columns):
            cell, code = self.columns[column]
            if routes and self.routes:
                code = code and f"{self.routes.get(column, '')}.{code}"
            if code not in columns and code and not (routes and not self.routes):
                continue
            if found and found[-1][1] == code and (found[-1][0] == cell or (code and not routes)):
                found[-1][2].add(column)  # one merged cell, or its text in each of its places
            else:
                found.append((cell, code, {column}))
        if routes and not self.routes:
            if len(found) != len(columns):
                return []
            each = len(columns) // len(routes)
            return [(f"{routes[i // each]}.{code}", covered) for i, (_, code, covered) in enumerate(found)]
        return [(code, covered) for _, code, covered in found]


def assign(
    atoms: Sequence[Atom],
    columns: Sequence[str],
    header: Sequence[tuple[str, set[int]]] = (),
    last: bool = False,
) -> dict[str, Atom] | None:
    """Tell which column each figure of a line stands in.

    The header decides where it names each column once and the line has a cell for each, or its
    cells stand under it; otherwise the order, where the line has as many cells as the table has
    columns (cells that only fill up a row aside). None where neither can tell.

    Parameters
    ----------
    atoms
        The line's cells behind its label, from left to right.
    columns
        The columns of the form, in its order.
    header
        The column labels above, from left to right, '' for a column that the form does not have,
        each with the grid columns it covers.
    last
        The line is where the document breaks off: its cells are the first ones of the line.
    """
    if len(columns) == 1 and len({one.text for one in atoms}) == 1:
        atoms = atoms[:1]  # a merged cell's text in each of its places
    if atoms and header:  # a foreign label above the labels of the lines says nothing
        header = [(code, covered) for code, covered in header if code or max(covered) >= atoms[0].column]
    codes = _named([code for code, _ in header], columns)
    known = [code for code in codes if code]
    said = known or list(dict.fromkeys(code for code, _ in header if code))
    in_order = said == [code for code in columns if code in said]
    if codes:
        believed = known == [*columns] and not last
        under = _under(atoms, [covered for _, covered in header], believed, len(known) == len(columns))
        if under is not None and (last or not _short_of_its_total(under)):
            return {code: one for code, one in zip(codes, under, strict=True) if code and one}
    if not in_order:
        return None
    n = len(columns)
    core = _core(atoms, n)
    if fused := _separate(core, n):
        core = fused
    # Where the document breaks off an empty cell in front may be one that only fills up the row.
    if last and core and core[0].numeral.found == "blank" and (core[0].column >= 0 or len(core) < n):
        return None
    return dict(zip(columns, core, strict=False)) if len(core) == n or (last and len(core) < n) else None


def _named(codes: list[str], columns: Sequence[str]) -> list[str]:
    """The header's codes if it names no column twice; a label that it misses by one is the one not
    recognised.
    """
    known = [code for code in codes if code]
    if len(set(known)) < len(known):
        return []
    missing = [code for code in columns if code not in known]
    if missing and codes.count("") == len(missing):
        filled = iter(missing)
        whole = [code or next(filled) for code in codes]
        if len(missing) == 1 or whole == list(columns):
            return whole
    return codes if known else []


def _under(
    atoms: Sequence[Atom], header: Sequence[set[int]], believed: bool, whole: bool
) -> list[Atom | None] | None:
    """The cell under each label of the header; None where cells and labels do not lie together.

    A header that lost its spans does not lie above its columns: only one in the form's own order
    is `believed` without looking, and only where the line has as many cells.
    """
    if any(len(numbers(a.text)) > 1 and a.numeral.found == "unreadable" for a in atoms):
        return None
    if believed and len(atoms) == len(header):
        return [*atoms]
    lie = [
        [k for k, covered in enumerate(header) if not covered.isdisjoint(range(a.column, a.column + a.span))]
        for a in atoms
    ]
    if len(atoms) == len(header):
        return [*atoms] if lie == [[k] for k in range(len(atoms))] else None
    if not whole or not atoms or (len(atoms) < len(header) and lie[0] != [0]):
        return None
    found: list[Atom | None] = [None] * len(header)
    for one, places in zip(atoms, lie, strict=True):
        before = found[places[0]] if len(places) == 1 else None
        if len(places) == 1 and before is None:
            found[places[0]] = one
        elif before and before.text == one.text:
            continue  # a merged cell's text in each of its places
        elif places or one.numeral.found != "blank" or len(atoms) < len(header):
            return None
    return found


def _short_of_its_total(line: Sequence[Atom | None]) -> bool:
    """Whether any cell of a line may be the missing one: its last figure may be its total."""
    values = [one.numeral.value for one in line if one]
    if len(values) == len(line):
        return False
    figures = [value for value in values if value is not None]
    return len(figures) < len(values) or (
        len(figures) > 2 and figures[-1] > 0 and 2 * figures[-1] == sum(figures)
    )


def _core(atoms: Sequence[Atom], n: int) -> list[Atom]:
    """The cells of a line without those that only fill it up, where that leaves `n`."""
    core = list(atoms)
    if len(core) > n:
        said = [a for a in core if a.numeral.found != "unreadable" or any(map(str.isdigit, a.text))]
        core = said if len(said) == n else core
    if len(core) > n:
        extra = len(core) - n
        blank = [a.numeral.found == "blank" for a in core]
        fits = [k for k in range(extra + 1) if all(blank[:k]) and all(blank[n + k :])]
        core = core[fits[0] : fits[0] + n] if len(fits) == 1 or all(blank) else core
    return core


def _separate(atoms: Sequence[Atom], n: int) -> list[Atom] | None:
    """Cut cells that hold several numbers (columns fused by a converter), if the line then has `n`."""
    if not any(len(numbers(a.text)) > 1 and a.numeral.found == "unreadable" for a in atoms):
        return None
    found: list[Atom] = []
    for one in atoms:
        if one.numeral.found == "unreadable":
            tokens = numbers(one.text)
            if "".join(tokens) != "".join(one.text.split()):
                return None
            found += [one._replace(text=token, numeral=parse(token)) for token in tokens]
        elif one.numeral.found != "blank":
            found.append(one)
    return found if len(found) == n else None


def row_hit(hits: Iterable[Hit]) -> Hit | None:
    """The row that a label is, if it can be one."""
    return next((hit for hit in hits if hit.axis == "row"), None)


def grid_lines(document: Document, form: Edition, lexicon: Lexicon) -> Iterator[Line]:
    """Every line of figures in the grids of a document, with the columns told apart.

    Lines without a known label (torn or local ones) come with `row` None.
    """
    walk = _Walk(form, lexicon)
    grids = [i for i, block in enumerate(document.blocks) if isinstance(block, Grid)]
    behind = document.blocks[grids[-1] + 1 :] if grids else ()
    ends_there = not any(isinstance(block, Paragraph) and block.text.strip() for block in behind)
    for index, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            if block.text:
                walk.paragraph(block.text)
            continue
        if _lies_on_its_side(block, form, lexicon):
            block = _turned(block)
        walk.enter(block, index)
        rows = block.rows()
        for number, row in enumerate(rows):
            yield from walk.row(row, last=ends_there and index == grids[-1] and number == len(rows) - 1)


def _lies_on_its_side(grid: Grid, form: Edition, lexicon: Lexicon) -> bool:
    """Whether the column labels of a table of one block stand one below the other, not side by side."""
    below: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    beside: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for cell in grid.cells:
        for hit in () if cell.text[-1:].isdigit() else lexicon.lookup(cell.text):
            if hit.axis == "column" and len(form.table(hit.table).blocks) == 1:
                below[hit.table, cell.column].add(hit.code)
                beside[hit.table, cell.row].add(hit.code)
    most = {table: max(len(codes) for (t, _), codes in beside.items() if t == table) for table, _ in beside}
    return any(len(codes) >= max(_SIDEWAYS, 1 + most[table]) for (table, _), codes in below.items())


class _Turned(Grid):
    """A grid whose rows were made columns; its cells still say where they really stand."""

    __slots__ = ()

    def where(self, cell: Cell) -> str:
        return Grid.where(self, cell._replace(row=cell.column, column=cell.row))


def _turned(grid: Grid) -> Grid:
    cells = [
        cell._replace(row=cell.column, column=cell.row, rowspan=cell.colspan, colspan=cell.rowspan)
        for cell in grid.cells
    ]
    return _Turned(tuple(sorted(cells, key=lambda cell: (cell.row, cell.column))), grid.name)


class _Walk:
    """Goes down the grids of a document and remembers the table and the column labels it is under."""

    def __init__(self, form: Edition, lexicon: Lexicon) -> None:
        self.form, self.lexicon = form, lexicon
        self.table, self.route = "", ""
        self.year: int | None = None

    def enter(self, grid: Grid, index: int) -> None:
        """Begin a grid; what stood above it still holds, its header does not."""
        self.grid, self.index, self.header = grid, index, _Header()
        self.rows: dict[str, int] = {}  # how many of a table's rows the grid names

    def paragraph(self, text: str) -> None:
        """Note the headings between grids."""
        self.year = self._year(text) or self.year
        for hit in self.lexicon.lookup(text):
            if hit.axis in ("section", "end"):
                self.table, self.route, self.year = hit.table, "", self._year(text)
                return
            if hit.axis == "row" and hit.table == "disputes" and not hit.distance:
                self.route = hit.code

    def _year(self, text: str) -> int | None:
        """The year that a heading gives: ``2022年`` alone or in front of a table's name."""
        match = _YEAR.fullmatch(fold(text).strip()) if "20" in text else None
        if match is None:
            return None
        named = any(hit.axis == "section" for hit in self.lexicon.lookup(match[2]))
        return int(match[1]) if named or len(_LETTER.findall(match[2])) <= _WORD else None

    def row(self, row: list[Cell], last: bool) -> Iterator[Line]:
        """The lines of one row of the grid: none for a header, three for the disputes table."""
        if not row:
            return
        texts = [cell.text for cell in row]
        numerals = [parse(text) for text in texts]
        hits: list[tuple[Hit, ...]] = [
            () if numeral.found in ("number", "blank") else self.lexicon.lookup(text)
            for text, numeral in zip(texts, numerals, strict=True)
        ]
        figures = [i for i, numeral in enumerate(numerals) if numeral.found in ("number", "dash")]
        labels = [i for i, found in enumerate(hits) if row_hit(found)]
        if not figures and len(told := {text for text in texts if text.strip()}) == 1:
            self.year = self._year(*told) or self.year
        if not figures and self._is_header(row, hits, labels):
            self._read_header(row, hits)
            return
        wordy = [
            i
            for i, n in enumerate(numerals)
            if n.found == "unreadable" and len(_LETTER.findall(texts[i])) > 1
        ]
        start = (labels or wordy or [-1])[-1]
        if figures and start > figures[-1]:  # figures in front of the label: not a line of the form
            start = max((i for i in [*labels, *wordy] if i < figures[0]), default=-1)
        hit = row_hit(hits[start]) if start >= 0 else None
        if hit is None and start >= 0:
            hit = row_hit(self.lexicon.lookup("".join(texts[: start + 1])))
        counted = [numeral.value for numeral in numerals[start + 1 :]]
        if hit is None and len(counted) >= _COUNTED and counted == [*range(1, len(counted) + 1)]:
            return  # the columns' numbers
        behind = row[start + 1 :]
        wordy_behind = any(i > start for i in wordy)
        if not self._empty_line(texts) and (
            not behind or (not figures and (hit is None or wordy_behind or len(labels) > 2))
        ):
            self._note_headings(hits)
            return
        if hit:
            if hit.table != self.table and not self._led(hit.table):
                return
            self.table = hit.table
        if not self.table:
            return
        label = "".join(texts[: start + 1]).strip()
        atoms = [atom(cell.text, self.grid.where(cell), cell) for cell in behind]
        self.header.close()
        yield from self._lines(hit, label, atoms, row, last)

    def _empty_line(self, texts: list[str]) -> bool:
        """Whether these are the blank cells of a table whose line has no label, under its header."""
        if (
            not self.table
            or not self.form.table(self.table).across
            or self.header.closed
            or any(map(str.strip, texts))
        ):
            return False
        table = self.form.table(self.table)
        return bool(self.header.columns) and len(texts) == len(table.rows) * len(table.columns)

    def _led(self, table: str) -> bool:
        """Whether a row's label alone may say which table this is.

        The labels of a table of several blocks are everyday words (行政许可): a grid that has only
        a few of them, under another heading, is some other table.
        """
        form = self.form.table(table)
        if len(form.blocks) == 1:
            return True
        if table not in self.rows:
            hits = [row_hit(self.lexicon.lookup(cell.text)) for cell in self.grid.cells]
            self.rows[table] = len({hit.code for hit in hits if hit and hit.table == table})
        return self.rows[table] >= len(form.rows) - 1

    def _lines(
        self, hit: Hit | None, label: str, atoms: list[Atom], row: list[Cell], last: bool
    ) -> Iterator[Line]:
        table = self.form.table(self.table)
        where, position = self.grid.where(row[0]), (self.index, row[0].row)
        year = self._year(label) or self.year
        names = [column.code for column in table.columns]
        code = hit.code if hit else None
        if table.across and hit is None:
            known = [h for h in self.lexicon.lookup(label) if h.table == table.code]
            if any(h.axis == "column" for h in known) or (
                not known and len(_LETTER.findall(label)) > _LABEL_OF_A_LINE
            ):
                return
            routes = [row.code for row in table.rows]
            pairs = [f"{route}.{name}" for route in routes for name in names]
            header = self.header.order(pairs, routes)
            # A line of all routes that lacks a cell has no total to tell which.
            cells = assign(atoms, pairs, header, last) if last or len(atoms) >= len(header) else None
            cells = cells or self._as_usual(atoms, pairs, names)
            if cells is not None and (len(cells) > len(names) or not self.route):
                for route in routes:
                    mine = {name: cells[f"{route}.{name}"] for name in names if f"{route}.{name}" in cells}
                    if mine:
                        yield Line(
                            table.code, route, label, where, position, list(mine.values()), mine, year=year
                        )
                return
            code = self.route or None
        elif len(table.blocks) > 1:
            names = [column.code for column in table.block_of(hit.code).columns] if hit else []
        header = self.header.order(names)
        cells = assign(atoms, names, header, last) if names else None
        cells = cells or self._as_usual(atoms, names, names)
        yield Line(
            table.code, code, label, where, position, atoms, cells or {},
            hit.distance if hit else 0,
            unclear=cells is None, headed=any(name for name, _ in header), year=year,
        )  # fmt: skip

    def _as_usual(self, atoms: list[Atom], columns: list[str], names: list[str]) -> dict[str, Atom] | None:
        """The cells in the form's order, where the header reads as the form's does and the totals agree.

        That is how a header is told whose spans are wrong, so that it lies above other columns.
        """
        table = self.form.table(self.table)
        total = next((identity.right[0] for identity in table.identities if identity.per == "row"), None)
        core = _core(atoms, len(columns))
        if total is None or len(core) != len(columns):
            return None
        grouped = {column.code for column in table.columns if column.group}
        usual = names * (len(columns) // len(names))
        if any(
            [c for c in self.header.read if (c in grouped) == g] != [c for c in usual if (c in grouped) == g]
            for g in (True, False)
        ):
            return None
        values = [one.numeral.value or 0 for one in core]
        lines = [values[k : k + len(names)] for k in range(0, len(values), len(names))]
        agree = all(2 * line[names.index(total)] == sum(line) for line in lines)
        return dict(zip(columns, core, strict=True)) if agree else None

    def _is_header(self, row: list[Cell], hits: list[tuple[Hit, ...]], labels: list[int]) -> bool:
        """Whether a row without figures names columns."""
        axes = [{hit.axis for hit in found} for found in hits]
        if any("corner" in a for a in axes):
            return True
        routes = [i for i in labels if any(hit.table == "disputes" and hit.axis == "row" for hit in hits[i])]
        if any("column" not in axes[i] for i in labels if i not in routes):
            return False
        columns = sum("column" in a or "column_group" in a for a in axes)
        # 其他 and 总计 are labels of rows too: one of them in front of empty cells is a row.
        if columns == 1 and len(row) > 1 and "row" in axes[0]:
            return False
        return columns > 0 or (bool(routes) and not any(self._blank_behind(row, i) for i in routes))

    @staticmethod
    def _blank_behind(row: list[Cell], i: int) -> bool:
        return len(row) - i > 3 and all(not cell.text.strip() for cell in row[i + 1 :])

    def _read_header(self, row: list[Cell], hits: list[tuple[Hit, ...]]) -> None:
        tables = [
            h.table for found in hits for h in found if h.axis in ("column", "corner", "row", "column_group")
        ]
        sure = [found[0].table for found in hits if found and len({h.table for h in found}) == 1]
        table = (sure or [self.table if self.table in tables else (tables or [self.table])[0]])[0]
        if self.header.closed or table != self.table:
            self.header = _Header()
        self.table = table or self.table
        for i, (cell, found) in enumerate(zip(row, hits, strict=True)):
            route = next((h for h in found if h.axis in ("row", "group") and h.table == "disputes"), None)
            column = next((h for h in found if h.axis == "column" and h.table == self.table), None)
            if column:
                self.header.add(cell, column.code)
            elif route and self.table == "disputes":
                for k in range(cell.column, cell.column + cell.colspan):
                    self.header.routes[k] = route.code
                if len(row) == 1 and route.axis == "row":
                    self.route = route.code
            elif i and not found and cell.text.strip() and cell.column not in self.header.columns:
                self.header.add(cell, "")
            elif any(hit.axis == "column_group" for hit in found):
                self.header.groups.append(cell)

    def _note_headings(self, hits: list[tuple[Hit, ...]]) -> None:
        for found in hits:
            for hit in found:
                if hit.axis in ("section", "corner") or (hit.axis == "heading" and hit.table == "disclosure"):
                    if hit.table != self.table or self.header.closed:
                        self.header = _Header()
                    self.table = hit.table
                    return
                if hit.axis == "row" and hit.table == "disputes":
                    self.route = hit.code
                    return
