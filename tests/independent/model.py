"""A document before it is written: paragraphs and tables, and what a reader may say of each cell."""

import copy
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Cell:
    """One cell of a table. `marks` are pieces shown in another way: a list of (text, style)."""

    text: str = ""
    key: tuple | None = None
    span: int = 1
    down: int = 1
    marks: list = field(default_factory=list)

    def pieces(self):
        """The cell's text as a list of (text, style); style '' is plain text."""
        return self.marks or [(self.text, "")]


@dataclass
class Row:
    """A row of cells; `name` is the form's row, '' for headers."""

    cells: list
    name: str = ""

    def figures(self):
        """The cells that stand for cells of the form."""
        return [cell for cell in self.cells if cell.key]


@dataclass
class Table:
    """Rows of one table of the form; `name` is '' for tables that are not the report's own."""

    rows: list
    name: str = ""
    shape: str = ""

    def stranger(self):
        """A copy whose cells are none of the report's."""
        twin = copy.deepcopy(self)
        twin.name = ""
        for row in twin.rows:
            row.name = ""
            for cell in row.cells:
                cell.key = None
        return twin

    def grid(self):
        """Place each cell: a list of (row, column, cell), and the number of columns."""
        taken, placed = set(), []
        for r, row in enumerate(self.rows):
            c = 0
            for cell in row.cells:
                while (r, c) in taken:
                    c += 1
                placed.append((r, c, cell))
                down = min(cell.down, len(self.rows) - r)
                taken.update((r + i, c + j) for i in range(down) for j in range(cell.span))
                c += cell.span
        return placed, max((c for _, c in taken), default=-1) + 1


@dataclass
class Para:
    """A paragraph: kind is title, heading or text."""

    text: str
    kind: str = "text"


@dataclass
class Truth:
    """What stands in one cell of the form, and what may be said of it.

    `kind` is number, blank, dash, missing or unreadable; `printed` the text; `allowed` the values that may be
    given as read (an open cell is always allowed, and counted); `hidden` the value that the made-up report
    has there, the only one that may be derived.
    """

    kind: str
    printed: str
    allowed: tuple
    hidden: Decimal
    note: str = ""


@dataclass
class Doc:
    """A document on its way: what it consists of, its truth, and the damages done to it."""

    figures: object
    format: str
    blocks: list
    truth: dict
    damages: list = field(default_factory=list)
    claimed: set = field(default_factory=set)
    sums_broken: bool = False
    cut: bool = False
    head: str = ""
    options: set = field(default_factory=set)

    def tables(self, name=None):
        """The report's own tables, or those of one name."""
        tables = [block for block in self.blocks if isinstance(block, Table)]
        return [table for table in tables if table.name == name or (name is None and table.name)]

    def cells(self):
        """Every cell of the form as it stands in the document."""
        return [cell for table in self.tables() for row in table.rows for cell in row.figures()]

    def fresh(self, rng, wanted, count=None):
        """Some untouched cells that satisfy `wanted`; they are touched from now on."""
        cells = [cell for cell in self.cells() if cell.key not in self.claimed and wanted(cell)]
        chosen = cells if count is None else rng.sample(cells, min(count, len(cells)))
        self.claimed.update(cell.key for cell in chosen)
        return chosen

    def claim(self, *names):
        """Whether these tables still have the form's shape; from now on they have not."""
        if any(name in self.claimed for name in names):
            return False
        self.claimed.update(names)
        return True

    def say(self, cell, text, kind=None, allowed=None, note=""):
        """Print another text in a cell, and say what it is."""
        truth = self.truth[cell.key]
        cell.text, cell.marks = text, []
        truth.printed = text
        truth.kind = kind or truth.kind
        truth.allowed = truth.allowed if allowed is None else allowed
        truth.note = note or truth.note

    def lose(self, key, note=""):
        """The document has no such cell."""
        truth = self.truth[key]
        truth.kind, truth.printed, truth.allowed, truth.note = "missing", "", (), note

    def value(self, cell):
        """The value that is printed in a cell, None if it holds no plain number."""
        truth = self.truth[cell.key]
        return truth.allowed[0] if truth.kind == "number" and len(truth.allowed) == 1 else None
