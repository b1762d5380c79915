"""Document -> strips: a row of a grid, and what stands between two labels of a text, made the same thing.

A strip is a label with the figures behind it and the column labels above them. Which row of the form it
is, and which column each of its figures, is asked later.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...form import Edition, load_toml
from ...reading.document import Cell, Document, Grid, Paragraph
from .matching import Hit, Lexicon, normalise, time_of_caption
from .numerals import Atom, atom, fold, parse

__all__ = ["OTHER", "THIS", "Flattener", "Header", "Label", "Strip", "grid_strips", "of_row"]

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"\W*(20[0-9]{2})\s*年度?(\D*)")
_TITLES = tuple(map(normalise, load_toml("sections.toml")["title"]["report"]))
_ENOUGH = 4  # more labels of rows than a sentence names: a report was there
_WORD = 4  # so many letters behind a year are no sentence
OTHER, THIS = "another time: ", "this year"  # column labels that are none of the form's, or only a year
_CAPTION = 20  # a line that says of which year a table is, is no longer
_TITLE = 60  # a title is no longer
_SIDEWAYS = 3  # column labels one below the other in a table lying on its side
_GOES_ON = 5  # so many edges of columns in one place on both pages: a table goes on
_ANY = 1_000_000  # rows
_COUNTED = 5  # so many figures that count from 1 in a line without a label number the columns


class Label(NamedTuple):
    """Words of a document: what they may be in the form, and the cell they stand in, if one."""

    text: str
    hits: tuple[Hit, ...]
    cell: Cell | None = None

    def of(self, axis: str, table: str) -> str | None:
        """The code of what it is on an axis of a table, if it can be one."""
        return next((hit.code for hit in self.hits if hit.axis == axis and hit.table == table), None)


@dataclass(slots=True)
class Header:
    """The column labels above figures, as one reads them, and what stands above each column of the grid.

    `columns` and `routes` say by grid column which column of the form is below, and in which row's part of
    the table, `foreign` what the label of a column says that the form does not have. A text has no columns:
    its labels are only `read`.
    """

    flat: bool = False
    columns: dict[int, str] = field(default_factory=dict)
    foreign: dict[int, str] = field(default_factory=dict)
    routes: dict[int, str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    groups: list[Cell] = field(default_factory=list)
    closed: bool = False

    def add(self, cell: Cell | None, code: str) -> None:
        """Add a column label."""
        self.read.append(code)
        if cell:
            self.columns |= dict.fromkeys(_covered(cell), code)

    def group(self, cell: Cell | None) -> None:
        """Note the name of a group of columns; in a text its columns follow behind."""
        if cell:
            self.groups.append(cell)
        else:
            self.read.append("")

    def moved(self, shift: int) -> Header:
        """The same above a grid whose columns stand by `shift` further right."""
        said = (self.columns, self.foreign, self.routes)
        columns, foreign, routes = ({n + shift: text for n, text in one.items()} for one in said)
        return Header(self.flat, columns, foreign, routes, [*self.read], closed=self.closed)

    def close(self, start: int) -> None:
        """The header is read, above figures from a column on.

        Groups without a label below them are columns of none of the form's; a foreign label above the
        labels of the rows says nothing.
        """
        if self.closed:
            return
        self.closed = True
        covered = {column: cell.text for cell in self.groups for column in _covered(cell)}
        if covered.keys().isdisjoint(self.columns):
            self.foreign |= covered
        foreign = {column: text for column, text in self.foreign.items() if column >= start}
        self.foreign = {column: text for column, text in foreign.items() if column not in self.columns}


def _covered(cell: Cell) -> range:
    """The columns of the grid that a cell covers."""
    return range(cell.column, cell.column + cell.colspan)


@dataclass(slots=True)
class Strip:
    """A line of figures.

    Attributes
    ----------
    table, label, hits
        The table under whose heading it stands, its label, and what the label may be.
    orphans
        Rows whose labels stand without figures directly in front of it, in a text; of a line without label
        the row whose cells are blank in front of it.
    header
        The column labels above.
    position
        Block of the document and place in it.
    year, report
        The year that stands above or in front of it; how many reports began before it in the file.
    ends
        The file ends inside it.
    routes
        The rows of a table that lies across that are named above it.
    """

    table: str
    label: str
    hits: tuple[Hit, ...]
    atoms: list[Atom]
    header: Header
    where: str
    position: tuple[int, int]
    year: int | None = None
    report: int = 0
    ends: bool = False
    orphans: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether nothing stands in its cells."""
        return all(one.numeral.found == "blank" for one in self.atoms)


def of_row(hits: Iterable[Hit]) -> Hit | None:
    """The row that a label is, if it can be one."""
    return next((hit for hit in hits if hit.axis == "row"), None)


class Flattener:
    """Takes words and figures in reading order, and knows the table, header and year they stand under.

    `own` is the year of the report, where known. `headed` are the tables whose heading stands there, with the
    years in it, `named` the labels met that only one table has.
    """

    def __init__(self, form: Edition, lexicon: Lexicon, own: int | None) -> None:
        self.form, self.lexicon, self.own = form, lexicon, own
        self.strips: list[Strip] = []
        self.headed: defaultdict[str, set[int | None]] = defaultdict(set)
        self.named: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self.table = ""
        self.year: int | None = None
        self.report = 0
        self.ended = False
        self.titles: set[str] = set()
        self.titled = False  # another title stands there; a report begins with its first table
        self.header = Header()
        self.begin(flat=False)

    def begin(self, flat: bool, shift: int | None = None) -> None:
        """Begin a grid or a stretch of text: what stood above still holds, its header does not.

        It does where a grid goes on on the next page, its columns by `shift` further right.
        """
        self.flat = flat
        self.header = Header(flat) if shift is None else self.header.moved(shift)
        self.orphans: list[str] = []

    # ------------------------------------------------------------------ words
    def heading(self, text: str, hits: Sequence[Hit]) -> bool:
        """Note a line of words that stands alone, if it is the heading of a table or ends one."""
        plain = normalise(text).lstrip("0123456789") if len(text) < _TITLE else ""
        if plain and any(title in plain for title in _TITLES):
            rows = [bare for bare in self.named.values() for axis, _ in bare if axis == "row"]
            met = self.ended or len(rows) > _ENOUGH or any(strip.hits for strip in self.strips)
            another = met and not any(map(plain.startswith, self.titles))
            self.report += another and self.ended
            self.titled = (self.titled or another) and not self.ended
            self.titles.add(plain)
        year = self._year(text)
        self.year = year or self.year
        if year and not hits:
            hits = self.lexicon.lookup(text.partition(str(year))[2].lstrip(" 年度"))
        hit = next((hit for hit in hits if hit.axis in ("section", "end")), None)
        if hit is None:
            return False
        there = {strip.table for strip in self.strips}
        if self.titled and not self.ended:
            there.update(self.headed)
        if (self.ended or self.titled) and self._goes_back(hit.table, there):
            self.report += 1
            self.titled = False
        self.ended = hit.axis == "end" and bool(self.strips or self.headed)
        if hit.table:
            self.headed[hit.table].add(year)
        self.enter(hit.table)
        self.year = year
        return True

    def _goes_back(self, table: str, met: set[str]) -> bool:
        """Whether a table stands in the form not behind all that were met."""
        order = [one.code for one in self.form.tables]
        return table in order and order.index(table) <= max(map(order.index, met - {""}), default=-1)

    def enter(self, table: str) -> None:
        """What follows belongs to a table ('' for none)."""
        if table != self.table or self.header.closed:
            self.header = Header(self.flat)
        if table != self.table:
            self.routes: list[str] = []
            self.since: list[str] = []
            self.orphans = []
        self.table = table

    def words(self, labels: Sequence[Label]) -> None:
        """Take labels that no figures follow: headings, column labels, rows named above their figures."""
        table = self._table_of(labels)
        if table and (table != self.table or (self.header.closed and _heads_columns(labels))):
            self.enter(table)
        for label in labels:
            self._word(label)

    def _word(self, label: Label) -> None:
        """Take one of the labels that stand above figures: a row, a column, a group of columns."""
        row, column = label.of("row", self.table), self._column(label)
        self._name(label)
        if label.hits and label.hits[0].axis == "corner" and label.hits[0].time:
            self.year = self.year_of(label.hits[0].time)
        if row and self.form.table(self.table).across:
            self.route(row, label.cell)
        elif column is not None:
            self.header.add(label.cell, column)
        elif label.of("column_group", self.table) is not None:
            self.header.group(label.cell)
        elif row and self._may_be_torn(label):
            self.orphans.append(row)
        elif label.cell and label.cell.column and not label.hits:
            self.header.foreign |= dict.fromkeys(_covered(label.cell), label.text)

    def _column(self, label: Label) -> str | None:
        """The column that a label is, `OTHER` with its words where it is another year's, or only a year."""
        time = time_of_caption(label.text) if label.cell and not label.hits else ""
        if time:
            return THIS if self.year_of(time) == self.own else OTHER + label.text
        hit = next((hit for hit in label.hits if hit.axis == "column" and hit.table == self.table), None)
        if hit and hit.time and self.year_of(hit.time) != self.own:
            return OTHER + label.text
        return hit and hit.code

    def year_of(self, time: str) -> int | None:
        """The year that a label's or a caption's time is; None where it is none, or not known."""
        if time.isdigit():
            return int(time)
        before = {"this": 0, "last": 1, "next": -1}.get(time)
        return self.own - before if self.own and before is not None else None

    def _may_be_torn(self, label: Label) -> bool:
        """Whether a row's label without figures may have lost them to another: in a text, in a long table."""
        table = self.form.table(self.table)
        return self.flat and len(table.blocks) == 1 and label.of("group", self.table) is None

    def route(self, row: str, cell: Cell | None = None) -> None:
        """Note a row that is named above its figures."""
        self.since.append(row)
        self.routes.append(row)
        if cell:
            self.header.routes |= dict.fromkeys(_covered(cell), row)

    def _table_of(self, labels: Sequence[Label]) -> str:
        """The table that words belong to: the one that alone has one of them, or the one they stand under."""
        there = [{hit.table for hit in label.hits if hit.table} for label in labels]
        counts = Counter(table for tables in there if len(tables) == 1 for table in tables)
        counts.update(hit.table for label in labels for hit in label.hits if self._is_sure(hit))
        if any(self.table in tables for tables in there) and not set(counts) - {self.table}:
            return self.table
        table, number = max(counts.items(), key=lambda one: one[1], default=("", 0))
        return table if number > 1 else ""

    def _is_sure(self, hit: Hit) -> bool:
        """Whether words are no everyday words, but those of a table."""
        return hit.bare in self.lexicon.own or hit.axis in ("heading", "corner", "column_group")

    def _name(self, label: Label) -> None:
        own = {hit for hit in label.hits if hit.bare in self.lexicon.own}
        if len(own) == len(label.hits) == 1:
            self.named[label.hits[0].table].add(label.hits[0].bare[::2])

    def _year(self, text: str) -> int | None:
        """The year that a heading gives: ``2022年`` alone or in front of a table's name."""
        match = _YEAR.fullmatch(fold(text).strip()) if "20" in text else None
        if match is None:
            return self.year_of(time_of_caption(text)) if len(text) < _CAPTION else None
        named = any(hit.axis == "section" for hit in self.lexicon.lookup(match[2]))
        return int(match[1]) if named or len(_LETTER.findall(match[2])) <= _WORD else None

    # ------------------------------------------------------------------ figures
    def may_be_row(self, label: Label) -> Hit | None:
        """The row that a label is here: one of the table it stands under, or one that only its table has."""
        here = [hit for hit in label.hits if hit.axis == "row"]
        inside = [hit for hit in here if hit.table == self.table]
        return next(iter(inside or [hit for hit in here if hit.bare in self.lexicon.own]), None)

    def figures(
        self, label: Label, atoms: list[Atom], where: str, position: tuple[int, int], ends: bool = False
    ) -> None:
        """Take a line of figures with the label in front of it."""
        self._name(label)
        hits = tuple(hit for hit in label.hits if hit.axis == "row")
        owned = [hit for hit in hits if hit.bare in self.lexicon.own]
        if owned and self.table != owned[0].table:
            self.enter(owned[0].table)
        if not self.table:
            return
        table = self.form.table(self.table)
        hits = tuple(hit for hit in hits if hit.table == self.table)
        if not hits and any(hit.table not in ("", self.table) for hit in label.hits):
            return  # a line of another table
        if table.across and not hits and len(set(self.since)) == 1:
            hits = (Hit("row", self.table, self.since[0]),)
        self.header.close(atoms[0].column if atoms else 0)
        orphans = () if hits and not self.flat else tuple(self.orphans)
        timed = hits and hits[0].time and self.year_of(hits[0].time)
        year = timed or self._year(label.text) or self.year
        strip = Strip(
            self.table, label.text.strip(), hits, atoms, self.header, where, position, year, self.report,
            ends, orphans, tuple(self.routes),
        )  # fmt: skip
        self.strips.append(strip)
        self.since, self.orphans = [], []
        if hits and strip.blank and not self.flat and len(table.blocks) == 1:
            self.orphans = [hits[0].code]  # its cells may stand in a line of their own, behind it


# ---------------------------------------------------------------------- grids
def grid_strips(document: Document, flat: Flattener) -> None:
    """Flatten the grids of a document, the paragraphs between them read as headings."""
    last = document.blocks[-1] if document.blocks and document.broken_off else None
    for index, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            if block.text.strip():
                hits = flat.lexicon.lookup(block.text)
                if not flat.heading(block.text, hits):
                    route = of_row(hits)
                    if route and flat.form.table(route.table).across and route.table == flat.table:
                        flat.route(route.code)
            continue
        pieces = _pieces(block, flat)
        for piece in pieces:
            grid = _turned(piece) if _lies_on_its_side(piece, flat) else piece
            before = document.blocks[index - 1] if index and piece is grid is pieces[0] else None
            flat.begin(flat=False, shift=_shift(before, grid) if isinstance(before, Grid) else None)
            _GridReader(grid, index, flat).read(block is last and piece is pieces[-1])


def _shift(before: Grid, grid: Grid) -> int | None:
    """By how many columns a grid stands further right than the one that it goes on on the next page.

    None where it does not go on: the edges of its figures stand elsewhere.
    """
    page = max((cell.box.page for cell in before.cells if cell.box), default=0)
    above, below = (
        {round(cell.box.right): cell.column + cell.colspan for cell in cells if cell.box}
        for cells in (before.cells, grid.cells)
    )
    edges = sorted(above.keys() & below.keys())[-_GOES_ON:]
    shifts = {below[edge] - above[edge] for edge in edges}
    follows = all(cell.box and cell.box.page == page + 1 for cell in grid.cells)
    return shifts.pop() if follows and len(edges) == _GOES_ON and len(shifts) == 1 else None


def _pieces(grid: Grid, flat: Flattener) -> list[Grid]:
    """The tables that lie in one grid, as in a sheet, parted in front of their headings."""
    pieces: list[list[Cell]] = [[]]
    for row in grid.rows():
        told = {cell.text for cell in row if cell.text.strip()}
        hits = flat.lexicon.lookup(told.pop()) if len(told) == 1 else ()
        if any(hit.axis == "section" for hit in hits):
            pieces.append([])
        pieces[-1] += row
    return [Grid(tuple(piece), grid.name) for piece in pieces if piece]


class _GridReader:
    """Goes down one grid."""

    def __init__(self, grid: Grid, index: int, flat: Flattener) -> None:
        self.grid, self.index, self.flat = grid, index, flat

    def read(self, breaks_off: bool) -> None:
        rows = self.grid.rows()
        for number, row in enumerate(rows):
            parts = [part for line in self._lines(row) for part in self._parts(line)]
            for part in parts:
                self._row(part, breaks_off and number == len(rows) - 1 and part is parts[-1])

    def _lines(self, row: list[Cell]) -> list[list[Cell]]:
        """Several rows of the form one below the other in one of the grid, each in a line of its cells."""
        labels = next((cell.text.split("\n") for cell in row if cell.text.strip()), [])
        count = len(labels)
        rows = {
            hit.code for label in labels for hit in self.flat.lexicon.lookup(label)[:1] if hit.axis == "row"
        }
        if count < 2 or len(rows) < count:
            return [row]
        return [[_line_of(cell, number, count) for cell in row] for number in range(count)]

    def _parts(self, row: list[Cell]) -> list[list[Cell]]:
        """Several rows of the form in one of the grid: a label behind another's figures begins the next."""
        parts: list[list[Cell]] = []
        told = filled = True
        for cell in row:
            words = parse(cell.text).found == "unreadable" and bool(self.flat.lexicon.lookup(cell.text))
            if not parts or (words and told and filled):
                parts.append([])
                told = filled = False
            told = told or words
            filled = filled or (told and any(map(str.isdigit, cell.text)) and not words)
            parts[-1].append(cell)
        return parts

    def _row(self, row: list[Cell], ends: bool) -> None:
        """Take a row: words in front of figures are its label, words alone a heading or a header."""
        flat = self.flat
        found = [parse(cell.text).found for cell in row]
        wordy = [i for i, cell in enumerate(row) if found[i] == "unreadable" and _is_wordy(cell.text)]
        labels = {i: Label(row[i].text, flat.lexicon.lookup(row[i].text), row[i]) for i in wordy}
        rows = [i for i, label in labels.items() if of_row(label.hits)]
        first = rows[0] if rows else -1  # what stands in front of a row's label are running numbers
        figures = [i for i, kind in enumerate(found) if i > first and kind != "blank" and i not in labels]
        if figures:
            in_front = [i for i in wordy if i < figures[0]]  # or a row's label behind running numbers
            start = max((i for i in rows if i < figures[-1]), default=max(in_front, default=-1))
        elif self._is_blank_line(row, labels, rows):
            start = rows[-1] if rows else -1
        else:
            self._words(row, labels)
            return
        label = labels.get(start) or Label("", ())
        shown = label._replace(text="".join(dict.fromkeys(cell.text for cell in row[: start + 1])))
        height = label.cell.rowspan if label.cell else _ANY
        atoms = [atom(cell.text, self.grid.where(cell), _alone(cell, height)) for cell in row[start + 1 :]]
        counted = [one.numeral.value for one in atoms]
        if not label.hits and len(counted) >= _COUNTED and counted == [*range(1, len(counted) + 1)]:
            return  # the columns' numbers
        flat.figures(shown, atoms, self.grid.where(row[0]), (self.index, row[0].row), ends)

    def _words(self, row: list[Cell], labels: dict[int, Label]) -> None:
        told = {cell.text for cell in row if cell.text.strip()}
        for label in labels.values():
            single = len(told) == 1 or any(hit.axis == "section" for hit in label.hits)
            if single and self.flat.heading(label.text, label.hits):
                return
        named = [label for label in labels.values() if label.hits or time_of_caption(label.text)]
        if named or self.flat.header.columns:
            everything = [label for label in labels.values() if label.text.strip()]
            self.flat.words(everything if _heads_columns(named) else named)

    def _is_blank_line(self, row: list[Cell], labels: dict[int, Label], rows: list[int]) -> bool:
        """Whether a row without figures is one of the form whose cells are blank."""
        if not labels:
            return self._is_blank_across(row)
        behind = row[rows[-1] + 1 :] if rows else []
        others = [label for i, label in labels.items() if i != rows[-1]] if rows else []
        return bool(behind) and not any(cell.text.strip() for cell in behind) and not _heads_columns(others)

    def _is_blank_across(self, row: list[Cell]) -> bool:
        """Whether these are the blank cells of a table that lies across, under its header."""
        header, code = self.flat.header, self.flat.table
        table = self.flat.form.table(code) if code else None
        if table is None or not table.across or header.closed or not header.columns:
            return False
        return len(row) == len(table.rows) * len(table.columns)


def _line_of(cell: Cell, number: int, count: int) -> Cell:
    """One of so many lines of a cell; of figures in another number of lines none is surely in it."""
    lines = cell.text.split("\n") if cell.text.strip() else [""] * count
    return cell._replace(text=lines[number]) if len(lines) == count else cell._replace(doubt="tall")


def _alone(cell: Cell, height: int) -> Cell:
    """A cell beside a label of so many rows; a figure beside more labels is of none alone."""
    return cell if cell.rowspan <= height else cell._replace(doubt="tall")


def _is_wordy(text: str) -> bool:
    letters = len(_LETTER.findall(text))
    return letters > 1 or (letters == 1 and bool(_YEAR.fullmatch(text) or not _DIGIT.search(text)))


def _heads_columns(labels: Iterable[Label]) -> bool:
    return any(hit.axis in ("column", "column_group", "corner") for label in labels for hit in label.hits)


def _lies_on_its_side(grid: Grid, flat: Flattener) -> bool:
    """Whether the column labels of a table of one block stand one below the other, not side by side."""
    met: defaultdict[tuple[str, str, int], set[str]] = defaultdict(set)
    with_figures = {cell.row for cell in grid.cells if cell.text.strip().isdigit()}
    for cell in grid.cells:
        for hit in () if cell.text[-1:].isdigit() else flat.lexicon.lookup(cell.text):
            if hit.axis == "column" and len(flat.form.table(hit.table).blocks) == 1:
                met[hit.table, "beside", cell.row].add(hit.code)
                if cell.row in with_figures:
                    met[hit.table, "below", cell.column].add(hit.code)
    most: Counter[tuple[str, str]] = Counter()
    for (table, way, _), codes in met.items():
        most[table, way] = max(most[table, way], len(codes))
    tables = {table for table, _ in most}
    return any(most[table, "below"] >= max(_SIDEWAYS, 1 + most[table, "beside"]) for table in tables)


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
