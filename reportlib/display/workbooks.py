"""Workbooks, CSV, Parquet and Stata files of a dataset, each with its data dictionary.

Text in these files comes from foreign documents: what a spreadsheet might take for a formula is written as
text.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter

from ..analysis.definitions import events, register
from ..analysis.indicators import catalogue, indicators
from ..errors import ReportlibError
from ..form import EDITIONS, Label, edition, editions, load_toml
from ..form.findings import explain
from ..form.labels import entries, label
from . import stata
from .words import STATUTORY, Words

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from ..analysis.dataset import Dataset

__all__ = ["codes", "dictionary", "export"]

Frames = Mapping[str, pd.DataFrame]
Format = Literal["xlsx", "csv", "parquet", "dta"]
FRAMES = ("reports", "disclosure", "requests", "disputes", "groups", "figures", "findings", "cells")
KEYS = ("body", "year", "scope", "edition")
EXCEL_LINES, EXCEL_TEXT = 1_048_576, 32_767
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
HARMLESS = re.compile(r"[+-]?[\d,]*\.?\d+%?|-+")


def export(
    ds: Dataset,
    target: Path | str,
    to: Format = "xlsx",
    bodies: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    lang: str | None = None,
) -> list[Path]:
    """Write a dataset for those who work with other tools.

    Parameters
    ----------
    target
        The workbook, or the folder for the files.
    to
        ``xlsx``: one workbook for people, with labels in `lang`, a sheet a table, statuses as cell styles;
        ``csv`` (UTF-8 with BOM, which Excel needs) or ``parquet``: a file for each frame, in codes; ``dta``:
        the same for Stata, with the words for codes as value labels. All with the indicators and their
        definitions, the register of bodies, the legal events, the data dictionary and the list of codes.
    bodies, years
        Only these; None: all that `ds` holds.
    lang
        ``zh`` or ``en``: the language of labels and texts; None: the one that is set.

    Returns
    -------
    list of Path
        The files written. Each appears whole or not at all.

    Raises
    ------
    ReportlibError
        An unknown format or body, or more lines than a sheet can hold.
    """
    if to not in get_args(Format):
        raise ReportlibError(f"unknown format {to!r}", expected="xlsx, csv, parquet or dta")
    ds, target, words = ds.select(bodies, years), Path(target), Words(lang)
    frames = {name: getattr(ds, name) for name in FRAMES}
    definitions = catalogue(words.lang)
    frames["findings"] = explain(ds.findings, words.lang)
    frames["indicators"] = indicators(ds, definitions["indicator"], lang=words.lang)
    frames |= {"definitions": definitions, "register": register(ds), "events": events(words.lang)}
    described = {"dictionary": dictionary(frames), "codes": codes()}
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as aside:
        if to == "xlsx":
            book = _workbook(ds, frames, described, words)
            book.save(Path(aside) / target.name)
            return [(Path(aside) / target.name).replace(target)]
        for name, frame in {**frames, **described}.items():
            path = Path(aside) / f"{name}.{to}"
            if to == "csv" or name in described:  # what describes is a CSV in any case
                _guarded(frame).to_csv(path.with_suffix(".csv"), index=False, encoding="utf-8-sig")
            elif to == "parquet":
                frame.to_parquet(path, index=False)
            else:
                mine = described["dictionary"].query("frame == @name").set_index("column")
                stata.write(frame, path, dict(mine[words.lang]), words.lang)
        target.mkdir(exist_ok=True)
        return [file.replace(target / file.name) for file in sorted(Path(aside).iterdir())]


def dictionary(frames: Frames) -> pd.DataFrame:
    """The data dictionary: a line for each column of each frame.

    Returns
    -------
    DataFrame
        ``frame, column, type, unit, zh, en`` strings.
    """
    lines: list[dict[str, Any]] = []
    for name, frame in frames.items():
        known: dict[Any, Any] = {}
        for table in ("cells", name):
            fields = load_toml("fields.toml").get(table, {}).get("fields", [])
            known |= {field["name"]: field for field in fields}
        for part in edition(EDITIONS[-1]).tables:
            known |= {column.code: asdict(column) for column in part.columns if part.code == name}
        for column, kind in frame.dtypes.items():
            words = {lang: label(str(column), lang, "field") for lang in ("zh", "en")}
            about = {"frame": name, "column": column, "type": kind.name}
            lines.append({"unit": "", **words, **known.get(column, {}), **about})
    return pd.DataFrame(lines, columns=["frame", "column", "type", "unit", "zh", "en"])


def codes() -> pd.DataFrame:
    """The codes of the form: a line for each table, row, group and column.

    Returns
    -------
    DataFrame
        ``axis`` (table, row, column), ``table``, ``code``, ``zh``, ``en``, ``editions`` that have it;
        strings.
    """
    keys = ["axis", "table", "code"]
    known = [(axis, table or entry.code, entry.code, form) for form, axis, table, entry in entries()]
    found = pd.DataFrame(known, columns=[*keys, "editions"]).query("axis != 'rule'")
    frame = found.groupby(keys, sort=False)["editions"].agg(" ".join).reset_index()
    for n, lang in enumerate(("zh", "en"), start=len(keys)):
        lines = frame[keys].itertuples(index=False, name=None)
        frame.insert(n, lang, [label(code, lang, axis, table) for axis, table, code in lines])
    return frame


def _guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before what a spreadsheet might take for a formula."""

    def guard(value: object) -> object:
        formula = isinstance(value, str) and FORMULA.match(value) and not HARMLESS.fullmatch(value)
        return f"'{value}" if formula else value

    texts = frame.select_dtypes(exclude=["number", "bool"])
    return frame.assign(**{str(name): texts[name].astype("object").map(guard) for name in texts})


# ------------------------------------------------------------------------------------ the workbook

GREY, BLUE, THIN = "808080", "1F4E79", Side(style="thin", color="BFBFBF")
STYLES = {
    "printed": (Font(), PatternFill()),
    "derived": (Font(italic=True, color=BLUE), PatternFill("solid", fgColor="DDEBF7")),
    "split": (Font(underline="single", color=BLUE), PatternFill("solid", fgColor="EDEDED")),
    "corrected": (Font(underline="double"), PatternFill("solid", fgColor="E2EFDA")),
    "suspect": (Font(bold=True, color="9C0006"), PatternFill("solid", fgColor="FFC7CE")),
}
PATTERNS = {
    "ambiguous": "darkGrid", "blank": "lightUp", "dash": "lightHorizontal", "missing": "gray125",
    "unreadable": "darkUp",
}  # fmt: skip
"""The patterns of cells without a value, on grey."""
STYLES |= {name: (Font(color=GREY), PatternFill(kind, fgColor="D9D9D9")) for name, kind in PATTERNS.items()}


class Styled(NamedTuple):
    """A value with the name of its style and its format."""

    value: Any
    style: str
    form: str = ""


def _workbook(ds: Dataset, frames: Frames, described: Frames, words: Words) -> Workbook:
    """The workbook: notes, the three tables, then the frames and what describes them."""
    for name, frame in frames.items():
        if len(frame) > EXCEL_LINES - 2:
            hint = "Choose bodies or years, or export to csv, parquet or dta"
            raise ReportlibError(f"{len(frame)} lines of {name} are more than a sheet holds", hint=hint)
    book = Workbook(write_only=True)
    for name, (font, fill) in STYLES.items():  # one a status, so that a filter by style finds them
        edges = Border(THIN, THIN, THIN, THIN)
        book.add_named_style(NamedStyle(name, font, fill, edges, number_format="#,##0"))
    book.add_named_style(NamedStyle("title", Font(bold=True, size=13)))
    wrapped, blue = Alignment(wrap_text=True, vertical="center"), PatternFill("solid", fgColor="D9E1F2")
    book.add_named_style(NamedStyle("head", Font(bold=True), blue, alignment=wrapped))
    _add(book, words("notes"), words("workbook"), _notes(ds, words), 0)
    for table in STATUTORY:
        cells = ds.cells[ds.cells["table"] == table]
        title = words.of(table, "table") + words("in_cases")
        _add(book, words.of(table, "field"), title, _statutory(cells, table, words), len(KEYS) + 1)
    for name, frame in {**frames, **described}.items():
        if name not in ("groups", *STATUTORY):
            told = frame if name in described else _told(frame, words)
            told = told.set_axis([words.of(column, "field") for column in frame.columns], axis=1)
            _add(book, words.of(name, "sheet"), words.of(name, "sheet"), told, 1)
    return book


def _add(book: Workbook, name: str, title: str, frame: pd.DataFrame, keys: int) -> None:
    """Add a sheet: its title, a frozen line of heads with filters, then a frame's lines, `keys` in sight."""
    sheet = book.create_sheet(name[:31])
    sheet.freeze_panes = f"{get_column_letter(keys + 1)}3"
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(frame.columns))}2"
    sheet.sheet_format.defaultColWidth = 14
    sheet.column_dimensions[get_column_letter(max(keys, 1))].width = 36
    sheet.append([_cell(sheet, Styled(title, "title"))])
    sheet.append([_cell(sheet, Styled(head, "head")) for head in frame.columns])
    for line in frame.astype("object").itertuples(index=False, name=None):
        sheet.append([_cell(sheet, value) for value in line])


def _cell(sheet: WriteOnlyWorksheet, given: Any) -> Cell:
    """A cell; text stays text, whatever it looks like."""
    value, style, form = given if isinstance(given, Styled) else (given, "", "")
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
        value = value if len(value) <= EXCEL_TEXT else value[: EXCEL_TEXT - 1] + "…"
    cell = WriteOnlyCell(sheet, value=None if pd.isna(value) else value)
    if style:
        cell.style = style
    if form:
        cell.number_format = form
    if isinstance(value, str) and FORMULA.match(value):
        cell.data_type, cell.quotePrefix = "s", True
    return cell


def _notes(ds: Dataset, words: Words) -> pd.DataFrame:
    """The first sheet: what this is, how to read it, where it comes from."""
    kinds = [kind for kind in ("retyped", "synthetic") if (ds.reports["kind"] == kind).any()]
    lines: list[tuple[Any, Any]] = [
        ("reportlib", version("reportlib")),
        (words("time"), f"{datetime.now(UTC):%Y-%m-%d %H:%M}"),
        (words.of("body", "field"), words.list(ds.reports["body"].unique())),
        *((words.of(kind, "kind"), words(kind)) for kind in kinds),
        (words("sources"), words("terms")),
        (None, None),
        (Styled(words("legend"), "head"), Styled(words("own_styles"), "head")),
    ]
    for style in STYLES:
        meaning = words.of(style, "status")
        lines.append((Styled(1234, style), meaning if meaning != style else words.of(style, "found")))
    return pd.DataFrame(lines, columns=[words("notes"), ""])


def _statutory(cells: pd.DataFrame, table: str, words: Words) -> pd.DataFrame:
    """One statutory table: a line for each report and row, numbers as numbers, statuses as styles."""
    heads = {}
    for form in editions():
        for column in form.table(table).columns:
            # The same code may count another thing in another edition: a column of the sheet has one unit.
            unit = words.of(column.unit or "unknown", "unit_of")
            heads[column.code, column.unit] = words.of(column.code, "column", table, form.code) + unit
    first = [words.of(name, "field") for name in (*KEYS, "row")]
    lines: dict[Any, dict[str, Any]] = {}
    cell: Any
    for cell in cells.astype({"scope": "object"}).fillna({"scope": ""}).itertuples(index=False):
        row = words.of(cell.row, "row", table, cell.edition)
        about = cell.body, cell.year, words.of(cell.scope, "scope"), cell.edition, row
        line = lines.setdefault((cell.report_id, cell.row), dict(zip(first, about, strict=True)))
        column = edition(cell.edition).table(table).column(cell.column)
        line[heads[column.code, column.unit]] = _styled(cell, column)
    frame = pd.DataFrame(list(lines.values()), columns=[*first, *heads.values()])
    return frame.drop(columns=[head for head in heads.values() if frame[head].isna().all()])


def _styled(cell: Any, column: Label) -> Styled:
    """A cell with the style of its status or, where it has no value, of what stands there."""
    style = cell.found if pd.isna(cell.value) and cell.status != "ambiguous" else cell.status
    if cell.suspect:
        style = "suspect"
    form = "#,##0.00####" if column.kind == "amount" else ""
    return Styled(cell.value, style if style in STYLES else "printed", form)


def _told(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """A frame with its codes in words."""
    named = map(str, frame.select_dtypes(exclude=["number", "datetime"]))
    texts = frame.assign(**{name: pd.array(words.column(frame, name), dtype="str") for name in named})
    return texts.where(frame.notna())  # what is not there is no text, not an empty one
