"""The statutory form as data: one TOML file an edition, and the typed objects made from it.

Source of the tables, rows, columns and identities: 国办公开办函〔2019〕60号 and 〔2021〕30号 with
their annex 《政府信息公开工作年度报告格式》.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

__all__ = [
    "EDITIONS", "Alternative", "Block", "CellKey", "Edition", "Equation", "Identity", "Key", "Label", "Table",
    "edition", "editions", "load_toml",
]  # fmt: skip

Kind = Literal["count", "change", "amount"]
Key = tuple[str, str]
"""Row and column code of a cell within its table."""
CellKey = tuple[str, str, str]
"""Table, row and column code of a cell of the form; of a figure stated in words its indicator, '' and ''."""


@dataclass(frozen=True, slots=True)
class Label:
    """A row, column or group of the form: its code and the words it goes by.

    `zh` is without numbering, `number` is the numbering that the form prints before it,
    `variants` are other wordings met in published reports. `unit` and `kind` are of columns.
    """

    zh: str
    en: str
    code: str = ""
    variants: tuple[str, ...] = ()
    number: str = ""
    group: str = ""
    unit: str = ""
    kind: Kind = "count"

    @property
    def wordings(self) -> tuple[str, ...]:
        """The official label and its variants."""
        return (self.zh, *self.variants)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a table in which every row has the same columns."""

    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """A sum that the form demands, once per row or once per column."""

    code: str
    zh: str
    en: str
    per: Literal["row", "column"]
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """One identity written out: the cells whose sum on the left equals the sum on the right."""

    identity: Identity
    line: str
    left: tuple[Key, ...]
    right: tuple[Key, ...]

    @property
    def cells(self) -> tuple[Key, ...]:
        """The cells of both sides."""
        return self.left + self.right


@dataclass(frozen=True, slots=True)
class Alternative:
    """A row that may stand in the place of others; `default` if the edition itself prints it."""

    row: str
    instead_of: tuple[str, ...]
    default: bool


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One statutory table of one edition."""

    code: str
    zh: str
    en: str
    blocks: tuple[Block, ...]
    columns: tuple[Label, ...]
    rows: tuple[Label, ...]
    variants: tuple[str, ...] = ()
    groups: tuple[Label, ...] = ()
    column_groups: tuple[Label, ...] = ()
    corner: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    identities: tuple[Identity, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    across: bool = False

    @cache  # noqa: B019 - there are few tables, and they last
    def row(self, code: str) -> Label:
        """The row with this code."""
        return next(row for row in self.rows if row.code == code)

    def column(self, code: str) -> Label:
        """The column with this code."""
        return next(column for column in self.columns if column.code == code)

    @cache  # noqa: B019 - there are few tables, and they last
    def block_of(self, row: str) -> Block:
        """The block in which a row stands."""
        label = self.row(row)
        return next(block for block in self.blocks if label in block.rows)

    def members(self, code: str) -> tuple[str, ...]:
        """The rows of a group; a row is its own only member."""
        return tuple(row.code for row in self.rows if row.group == code) or (code,)

    def row_codes(self, alternative: bool | None = None) -> tuple[str, ...]:
        """The rows that stand together: with `alternative` the single row instead of the others.

        None takes what the edition itself prints.
        """
        left_out: set[str] = set()
        for choice in self.alternatives:
            single = choice.default if alternative is None else alternative
            left_out |= set(choice.instead_of) if single else {choice.row}
        return tuple(row.code for row in self.rows if row.code not in left_out)

    def keys(self, alternative: bool | None = None) -> tuple[Key, ...]:
        """The cells of the table in the order of the form."""
        rows = set(self.row_codes(alternative))
        return tuple(
            (row.code, column.code)
            for block in self.blocks
            for row in block.rows
            if row.code in rows
            for column in block.columns
        )

    @cache  # noqa: B019 - there are few tables, and they last
    def equations(self, alternative: bool | None = None) -> tuple[Equation, ...]:
        """Every identity, written out in cells."""
        rows = self.row_codes(alternative)
        found: list[Equation] = []
        for one in self.identities:
            found += self._in_rows(one, rows) if one.per == "row" else self._in_columns(one, rows)
        return tuple(found)

    def _in_rows(self, one: Identity, rows: tuple[str, ...]) -> Iterator[Equation]:
        """An identity between columns, for each of the rows."""
        for row in rows:
            left = tuple((row, column) for column in one.left)
            right = tuple((row, column) for column in one.right)
            yield Equation(one, row, left, right)

    def _in_columns(self, one: Identity, rows: tuple[str, ...]) -> Iterator[Equation]:
        """An identity between rows, for each column; of a group those of its rows that are there."""
        summed = [row for code in one.left for row in self.members(code) if row in rows]
        for column in self.blocks[0].columns:
            left = tuple((row, column.code) for row in summed)
            right = tuple((row, column.code) for row in one.right)
            yield Equation(one, column.code, left, right)


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the form."""

    code: str
    notice: str
    notice_variants: tuple[str, ...]
    tables: tuple[Table, ...]

    def table(self, code: str) -> Table:
        """The table with this code."""
        return next(table for table in self.tables if table.code == code)


@cache
def load_toml(name: str) -> dict[str, Any]:
    """A data file of the form, e.g. ``indicators.toml``, read once; nobody changes what it holds."""
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}


def _labels(entries: list[dict[str, Any]]) -> tuple[Label, ...]:
    return tuple(_label(entry) for entry in entries)


def _label(entry: dict[str, Any]) -> Label:
    fields = _frozen(entry)
    fields.pop("columns", None)
    return Label(**fields)


def _block(entry: dict[str, Any], columns: dict[str, Label]) -> Block:
    own = tuple(columns[code] for code in entry["columns"])
    return Block(_labels(entry["rows"]), own, entry.get("heading", ""))


def _table(entry: dict[str, Any]) -> Table:
    columns = {column.code: column for column in _labels(entry["columns"])}
    blocks = tuple(_block(block, columns) for block in entry["blocks"])
    made = {
        "columns": tuple(columns.values()),
        "blocks": blocks,
        "rows": tuple(row for block in blocks for row in block.rows),
        "groups": _labels(entry.get("groups", [])),
        "column_groups": _labels(entry.get("column_groups", [])),
        "identities": tuple(Identity(**_frozen(one)) for one in entry.get("identities", [])),
        "alternatives": tuple(Alternative(**_frozen(one)) for one in entry.get("alternatives", [])),
    }
    return Table(**{**_frozen(entry), **made})


@cache
def edition(code: str) -> Edition:
    """The edition of the form with this code (``2019`` or ``2021``)."""
    data = load_toml(f"{code}.toml")
    tables = tuple(_table(table) for table in data["tables"])
    return Edition(data["edition"], data["notice"], tuple(data.get("notice_variants", ())), tables)


EDITIONS: tuple[str, ...] = tuple(
    sorted(entry.name[:-5] for entry in files(__package__).iterdir() if entry.name[:-5].isdigit())
)
"""Codes of the editions that have a file, oldest first."""


def editions() -> tuple[Edition, ...]:
    """All editions, oldest first."""
    return tuple(edition(code) for code in EDITIONS)
