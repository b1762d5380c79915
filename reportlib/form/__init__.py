"""The statutory form as data: one TOML file an edition, and the typed objects made from it.

Source of the tables, rows, columns and identities: 国办公开办函〔2019〕60号 and 〔2021〕30号 with
their annex 《政府信息公开工作年度报告格式》.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

__all__ = [
    "EDITIONS", "Alternative", "Block", "Edition", "Equation", "Identity", "Key", "Label", "Table",
    "edition", "editions", "load_toml",
]  # fmt: skip

Kind = Literal["count", "change", "amount"]
Key = tuple[str, str]
"""Row and column code of a cell within its table."""


@dataclass(frozen=True, slots=True)
class Label:
    """A row, column or group of the form: its code and the words it goes by.

    `zh` is without numbering, `number` is the numbering that the form prints before it,
    `variants` are other wordings met in published reports. `unit` and `kind` are of columns.
    """

    code: str
    zh: str
    en: str
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


@dataclass(frozen=True, slots=True)
class Equation:
    """One identity written out: the cells whose sum on the left equals the sum on the right."""

    identity: Identity
    line: str
    left: tuple[Key, ...]
    right: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A row that may stand in the place of others; `default` if the edition itself prints it."""

    row: str
    instead_of: tuple[str, ...]
    default: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One statutory table of one edition."""

    code: str
    zh: str
    en: str
    variants: tuple[str, ...]
    blocks: tuple[Block, ...]
    columns: tuple[Label, ...]
    rows: tuple[Label, ...]
    groups: tuple[Label, ...]
    column_groups: tuple[Label, ...]
    corner: tuple[str, ...]
    headings: tuple[str, ...]
    identities: tuple[Identity, ...]
    alternatives: tuple[Alternative, ...]
    across: bool

    def row(self, code: str) -> Label:
        """The row with this code."""
        return next(row for row in self.rows if row.code == code)

    def column(self, code: str) -> Label:
        """The column with this code."""
        return next(column for column in self.columns if column.code == code)

    def block_of(self, row: str) -> Block:
        """The block in which a row stands."""
        return next(block for block in self.blocks if any(label.code == row for label in block.rows))

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

    def equations(self, alternative: bool | None = None) -> tuple[Equation, ...]:
        """Every identity, written out in cells."""
        return _equations(self, alternative)


@cache
def _equations(table: Table, alternative: bool | None) -> tuple[Equation, ...]:
    rows = table.row_codes(alternative)
    found = []
    for identity in table.identities:
        if identity.per == "row":
            for row in rows:
                found.append(
                    Equation(
                        identity, row, tuple((row, c) for c in identity.left), tuple((row, c) for c in identity.right)
                    )
                )
            continue
        left = [row for code in identity.left for row in table.members(code) if row in rows]
        for column in table.blocks[0].columns:
            found.append(
                Equation(
                    identity,
                    column.code,
                    tuple((row, column.code) for row in left),
                    tuple((row, column.code) for row in identity.right),
                )
            )
    return tuple(found)


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


def load_toml(name: str) -> dict[str, Any]:
    """Read a data file of the form, e.g. ``indicators.toml``."""
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _label(entry: dict[str, Any]) -> Label:
    return Label(
        **{**entry, "code": entry.get("code", ""), "variants": tuple(entry.get("variants", ()))},
    )


def _table(entry: dict[str, Any]) -> Table:
    columns = tuple(_label(column) for column in entry["columns"])
    by_code = {column.code: column for column in columns}
    blocks = tuple(
        Block(
            rows=tuple(_label(row) for row in block["rows"]),
            columns=tuple(by_code[code] for code in block["columns"]),
            heading=block.get("heading", ""),
        )
        for block in entry["blocks"]
    )
    return Table(
        code=entry["code"],
        zh=entry["zh"],
        en=entry["en"],
        variants=tuple(entry.get("variants", ())),
        blocks=blocks,
        columns=columns,
        rows=tuple(row for block in blocks for row in block.rows),
        groups=tuple(_label(group) for group in entry.get("groups", ())),
        column_groups=tuple(
            Label("", group["zh"], group["en"], tuple(group.get("variants", ())))
            for group in entry.get("column_groups", ())
        ),
        corner=tuple(entry.get("corner", ())),
        headings=tuple(entry.get("headings", ())),
        identities=tuple(
            Identity(i["code"], i["zh"], i["en"], i["per"], tuple(i["left"]), tuple(i["right"]))
            for i in entry.get("identities", ())
        ),
        alternatives=tuple(
            Alternative(a["row"], tuple(a["instead_of"]), a["default"]) for a in entry.get("alternatives", ())
        ),
        across=entry.get("across", False),
    )


@cache
def edition(code: str) -> Edition:
    """The edition of the form with this code (``2019`` or ``2021``)."""
    data = load_toml(f"{code}.toml")
    return Edition(
        code=data["edition"],
        notice=data["notice"],
        notice_variants=tuple(data.get("notice_variants", ())),
        tables=tuple(_table(table) for table in data["tables"]),
    )


EDITIONS: tuple[str, ...] = tuple(
    sorted(entry.name[:-5] for entry in files(__package__).iterdir() if entry.name[:-5].isdigit())
)
"""Codes of the editions that have a file, oldest first."""


def editions() -> tuple[Edition, ...]:
    """All editions, oldest first."""
    return tuple(edition(code) for code in EDITIONS)
