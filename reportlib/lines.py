"""Grids -> the labelled lines of the form: which row a line is, and which column each of its cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .document import Box, Cell, Document, Grid, Paragraph
from .form import Edition
from .matching import Hit, Lexicon
from .numerals import Numeral, numbers, parse

__all__ = ["Atom", "Line", "assign", "atom", "grid_lines", "row_hit"]

_LETTER = re.compile(r"[^\W\d_]")
_UNREADABLE = Numeral("unreadable")
LOW_CONFIDENCE = 0.5


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
    all that stand in the line. `distance` counts the misprints of the label.
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

    @property
    def digits(self) -> Atom | None:
        """The one atom of a line whose digits run together."""
        figures = [a for a in self.atoms if a.numeral.found != "blank"]
        return figures[0] if len(figures) == 1 and figures[0].text.strip().isdigit() else None


def atom(text: str, where: str, cell: Cell | None = None, place: Paragraph | None = None) -> Atom:
    """Read a cell's text; recognised text of low confidence is unreadable."""
    numeral = parse(text)
    box, confidence = (cell.box, cell.confidence) if cell else (place.box, place.confidence) if place else (None, None)
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
        self.closed = False

    def add(self, cell: Cell, code: str) -> None:
        for column in range(cell.column, cell.column + cell.colspan):
            self.columns[column] = ((cell.row, cell.column), code)

    def order(self, columns: Sequence[str], routed: bool = False) -> list[tuple[str, set[int]]]:
        """The codes from left to right, each with the grid columns it covers."""
        found: list[tuple[tuple[int, int], str, set[int]]] = []
        for column in sorted(self.columns):
            cell, code = self.columns[column]
            if routed:
                code = f"{self.routes.get(column, '')}.{code}"
            if code not in columns and code:
                continue
            if found and found[-1][0] == cell and found[-1][1] == code:
                found[-1][2].add(column)
            else:
                found.append((cell, code, {column}))
        return [(code, covered) for _, code, covered in found]


def assign(
    atoms: Sequence[Atom],
    columns: Sequence[str],
    header: list[tuple[str, set[int]]] | None = None,
    last: bool = False,
) -> dict[str, Atom] | None:
    """Tell which column each figure of a line stands in.

    The header decides where it is whole and the cells stand under it; otherwise the order, where
    the line has as many cells as the table has columns (cells that only fill up a row, empty ones
    in front or behind, aside). None where neither can tell.

    Parameters
    ----------
    atoms
        The line's cells behind its label, from left to right.
    columns
        The columns of the form, in its order.
    header
        The column labels above, from left to right, each with the grid columns it covers.
    last
        The line is where the document breaks off: its cells are the first ones of the line.
    """
    codes = [code for code, _ in header or ()]
    whole = sorted(codes) == sorted(columns)
    if header and whole:
        under = [[code for code, covered in header if covered & set(range(a.column, a.column + a.span))] for a in atoms]
        taken: dict[str, Atom] = {}
        for one, names in zip(atoms, under, strict=True):
            if len(names) == 1 and names[0] not in taken:
                taken[names[0]] = one
            elif names or one.numeral.found != "blank":
                break
        else:
            if len(taken) == len(columns):
                return taken
    order: Sequence[str] = codes if whole else columns
    if not whole and not _in_order([code for code in codes if code], columns):
        return None
    n = len(order)
    core = list(atoms)
    if len(core) > n:
        extra = len(core) - n
        blank = [a.numeral.found == "blank" for a in core]
        fits = [k for k in range(extra + 1) if all(blank[:k]) and all(blank[n + k :])]
        # Filling cells stand behind; in front only where the line could not be read otherwise.
        core = core[fits[0] : fits[0] + n] if fits and (len(fits) == 1 or all(blank) or atoms[0].column < 0) else core
    if len(core) == n:
        fused = _separate(core, n)
        return dict(zip(order, fused or core, strict=True))
    if fused := _separate(core, n):
        return dict(zip(order, fused, strict=True))
    if header and whole and len(core) < n:
        taken = {}
        for one in core:
            names = [code for code, covered in header if covered & set(range(one.column, one.column + one.span))]
            if len(names) != 1 or names[0] in taken:
                break
            taken[names[0]] = one
        else:
            return taken
    if last and len(core) < n:
        return dict(zip(order, core, strict=False))
    return None


def _in_order(codes: Sequence[str], columns: Sequence[str]) -> bool:
    places = [columns.index(code) for code in codes if code in columns]
    return places == sorted(places)


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
    table, route = "", ""
    last_grid = next((i for i in range(len(document.blocks) - 1, -1, -1) if isinstance(document.blocks[i], Grid)), -1)
    ends_there = last_grid >= 0 and not any(
        isinstance(block, Paragraph) and block.text.strip() for block in document.blocks[last_grid + 1 :]
    )
    for index, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            if block.text:
                for hit in lexicon.lookup(block.text):
                    if hit.axis == "section":
                        table, route = hit.table, ""
                        break
                    if hit.axis == "row" and hit.table == "disputes" and not hit.distance:
                        route = hit.code
            continue
        walk = _Walk(block, index, form, lexicon, table, route)
        rows = block.rows()
        for number, row in enumerate(rows):
            yield from walk.row(row, last=ends_there and index == last_grid and number == len(rows) - 1)
        table, route = walk.table, walk.route


class _Walk:
    """Goes down a grid and remembers the table and the column labels it is under."""

    def __init__(self, grid: Grid, index: int, form: Edition, lexicon: Lexicon, table: str, route: str) -> None:
        self.grid, self.index, self.form, self.lexicon = grid, index, form, lexicon
        self.table, self.route = table, route
        self.header = _Header()

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
        labels = [i for i, found in enumerate(hits) if row_hit(found) and not any(h.axis == "column" for h in found)]
        maybe = [i for i, found in enumerate(hits) if row_hit(found)]
        if self._is_header(row, hits, figures, labels):
            self._read_header(row, texts, hits)
            return
        wordy = [i for i, n in enumerate(numerals) if n.found == "unreadable" and len(_LETTER.findall(texts[i])) > 1]
        start = (labels or maybe or wordy or [-1])[-1]
        if figures and start > figures[-1]:  # figures in front of the label: not a line of the form
            earlier = [i for i in [*labels, *maybe, *wordy] if i < figures[0]]
            start = max(earlier, default=-1)
        hit = row_hit(hits[start]) if start >= 0 else None
        if hit is None and start >= 0:
            joined = row_hit(self.lexicon.lookup("".join(texts[: start + 1])))
            hit = joined or hit
        behind = row[start + 1 :]
        wordy_behind = any(i > start for i in wordy)
        if not behind or (not figures and (hit is None or wordy_behind or len(labels) > 2)):
            self._note_headings(hits)
            return
        if hit:
            self.table = hit.table
        if not self.table:
            return
        label = "".join(texts[: start + 1]).strip()
        atoms = [atom(cell.text, self.grid.where(cell), cell) for cell in behind]
        self.header.closed = True
        yield from self._lines(hit, label, atoms, row, last)

    def _lines(self, hit: Hit | None, label: str, atoms: list[Atom], row: list[Cell], last: bool) -> Iterator[Line]:
        table = self.form.table(self.table)
        where, position = self.grid.where(row[0]), (self.index, row[0].row)
        if table.across:
            if hit is None and label and not any(h.table == table.code for h in self.lexicon.lookup(label)):
                label_is_foreign = len(_LETTER.findall(label)) > 8
                if label_is_foreign:
                    return
            routes = [row.code for row in table.rows]
            names = [column.code for column in table.columns]
            if hit is None:
                pairs = [f"{route}.{name}" for route in routes for name in names]
                cells = assign(atoms, pairs, self.header.order(pairs, routed=True), last)
                if cells is not None and len([a for a in atoms if a.numeral.found != "blank"]) > len(names):
                    for route in routes:
                        mine = {name: cells[f"{route}.{name}"] for name in names if f"{route}.{name}" in cells}
                        if mine:
                            yield Line(table.code, route, label, where, position, list(mine.values()), mine)
                    return
                if cells is not None and len(cells) == len(pairs):  # the line is there, and blank
                    for route in routes:
                        mine = {name: cells[f"{route}.{name}"] for name in names}
                        yield Line(table.code, route, label, where, position, list(mine.values()), mine)
                    return
            code = hit.code if hit else self.route
            cells = assign(atoms, names, self.header.order(names), last)
            yield Line(
                table.code, code or None, label, where, position, atoms, cells or {},
                hit.distance if hit else 0, unclear=cells is None,
            )  # fmt: skip
            return
        if hit is None:
            columns = [column.code for column in table.blocks[0].columns] if len(table.blocks) == 1 else []
        else:
            columns = [column.code for column in table.block_of(hit.code).columns]
        cells = self._columns(atoms, columns, last) if columns else None
        yield Line(
            table.code, hit.code if hit else None, label, where, position, atoms, cells or {},
            hit.distance if hit else 0, unclear=cells is None,
        )  # fmt: skip

    def _columns(self, atoms: list[Atom], columns: list[str], last: bool) -> dict[str, Atom] | None:
        header = self.header.order(columns)
        cells = assign(atoms, columns, header, last)
        if cells is None and header and "" in [code for code, _ in header]:
            # Foreign columns among the form's: the header's order, with the foreign ones left out.
            names = [code or f"?{i}" for i, (code, _) in enumerate(header)]
            whole = assign(
                atoms, names, [(name, covered) for name, (_, covered) in zip(names, header, strict=True)], last
            )
            cells = {code: one for code, one in whole.items() if code in columns} if whole else None
        return cells

    def _is_header(self, row: list[Cell], hits: list[tuple[Hit, ...]], figures: list[int], labels: list[int]) -> bool:
        if figures:
            return False
        axes = [{hit.axis for hit in found} for found in hits]
        columns = sum("column" in a or "column_group" in a for a in axes)
        if any(h.axis == "corner" for found in hits for h in found):
            return True
        routes = [i for i in labels if row_hit(hits[i]) and row_hit(hits[i]).table == "disputes"]  # type: ignore[union-attr]
        others = [i for i in labels if i not in routes]
        if others:
            return False
        # 其他 and 总计 are labels of rows too: one of them in front of empty cells is a row.
        if columns and len(row) > 1 and "row" in axes[0] and columns == 1:
            return False
        return columns > 0 or (bool(routes) and not any(self._blank_behind(row, i) for i in routes))

    @staticmethod
    def _blank_behind(row: list[Cell], i: int) -> bool:
        return len(row) - i > 3 and all(not cell.text.strip() for cell in row[i + 1 :])

    def _read_header(self, row: list[Cell], texts: list[str], hits: list[tuple[Hit, ...]]) -> None:
        tables = [h.table for found in hits for h in found if h.axis in ("column", "corner", "row", "column_group")]
        sure = [found[0].table for found in hits if found and len({h.table for h in found}) == 1]
        table = (sure or [self.table if self.table in tables else (tables or [self.table])[0]])[0]
        if self.header.closed or table != self.table:
            self.header = _Header()
        self.table = table or self.table
        corner = any(h.axis == "corner" for found in hits for h in found)
        for i, (cell, text, found) in enumerate(zip(row, texts, hits, strict=True)):
            route = next((h for h in found if h.axis in ("row", "group") and h.table == "disputes"), None)
            column = next((h for h in found if h.axis == "column" and h.table == self.table), None)
            if column:
                self.header.add(cell, column.code)
            elif route and self.table == "disputes":
                for k in range(cell.column, cell.column + cell.colspan):
                    self.header.routes[k] = route.code
                if len(row) == 1 and route.axis == "row":
                    self.route = route.code
            elif (
                text.strip()
                and corner
                and i
                and self.table == "disclosure"
                and not any(h.axis == "corner" for h in found)
            ):
                self.header.add(cell, "")

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
