"""Workbooks, CSV, Parquet and Stata files of a dataset, each with its data dictionary.

Text in these files comes from foreign documents: what a spreadsheet might take for a formula is written as
text.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter

from ..analysis.definitions import events, register
from ..analysis.indicators import catalogue, indicators
from ..errors import ReportlibError
from ..form import EDITIONS, edition, editions, load_toml
from ..form.findings import explain
from ..form.labels import entries, label, language
from . import stata
from .tables import TABLES, word

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from ..analysis.dataset import Dataset

__all__ = ["codes", "dictionary", "export"]

Format = Literal["xlsx", "csv", "parquet", "dta"]
FRAMES = ("reports", "disclosure", "requests", "disputes", "groups", "figures", "findings", "cells")
LISTED = (
    "reports", "figures", "findings", "cells",
    "indicators", "definitions", "register", "events", "dictionary", "codes",
)  # fmt: skip
"""The sheets that follow the statutory tables."""
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
    ds, target, lang = ds.select(bodies, years), Path(target), language(lang)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as aside:
        if to == "xlsx":
            _workbook(ds, Path(aside) / target.name, lang)
            return [(Path(aside) / target.name).replace(target)]
        _files(ds, Path(aside), to, lang)
        target.mkdir(exist_ok=True)
        return [file.replace(target / file.name) for file in sorted(Path(aside).iterdir())]


def _frames(ds: Dataset, lang: str) -> dict[str, pd.DataFrame]:
    """What is exported, by name."""
    frames = {name: getattr(ds, name) for name in FRAMES}
    frames["findings"] = explain(ds.findings, lang)
    definitions = catalogue(lang)
    frames["indicators"] = indicators(ds, definitions["indicator"], lang=lang)
    return {**frames, "definitions": definitions, "register": register(ds), "events": events(lang)}


def _files(ds: Dataset, folder: Path, to: Format, lang: str) -> None:
    """A file for each frame; what describes them is a CSV in any case."""
    frames = _frames(ds, lang)
    described = dictionary(frames)
    for name, frame in {**frames, "dictionary": described, "codes": codes()}.items():
        path = folder / f"{name}.{to}"
        if to == "csv" or name not in frames:
            _guarded(frame).to_csv(path.with_suffix(".csv"), index=False, encoding="utf-8-sig")
        elif to == "parquet":
            frame.to_parquet(path, index=False)
        else:
            mine = described[described["frame"] == name]
            stata.write(frame, path, dict(zip(mine["column"], mine[lang], strict=True)), lang)


def dictionary(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The data dictionary: a line for each column of each frame.

    Returns
    -------
    DataFrame
        ``frame, column, type, unit, zh, en`` strings.
    """
    fields = {
        (name, field["name"]): field
        for name, entry in load_toml("fields.toml").items()
        for field in entry["fields"]
    }
    lines = []
    for name, frame in frames.items():
        form = edition(EDITIONS[-1]).table(name).columns if name in ("requests", "disputes") else ()
        known = {column.code: {"unit": column.unit, "zh": column.zh, "en": column.en} for column in form}
        for column, kind in frame.dtypes.items():
            code = str(column)
            words = {"unit": "", **{lang: label(code, lang, "field") for lang in ("zh", "en")}}
            about = known.get(code) or fields.get((name, code)) or fields.get(("cells", code), {})
            told = {key: about.get(key, word) for key, word in words.items()}
            lines.append({"frame": name, "column": code, "type": kind.name, **told})
    return pd.DataFrame(lines)


def codes() -> pd.DataFrame:
    """The codes of the form: a line for each table, row, group and column.

    Returns
    -------
    DataFrame
        ``axis`` (table, row, column), ``table``, ``code``, ``zh``, ``en``, ``editions`` that have it;
        strings.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for form, axis, table, entry in entries():
        if axis != "rule":
            found.setdefault((axis, table or entry.code, entry.code), []).append(form)
    lines = []
    for (axis, table, code), held in found.items():
        words = {lang: label(code, lang, axis, table) for lang in ("zh", "en")}
        lines.append({"axis": axis, "table": table, "code": code, **words, "editions": " ".join(held)})
    return pd.DataFrame(lines)


def _guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before what a spreadsheet might take for a formula."""

    def guard(value: object) -> object:
        formula = isinstance(value, str) and FORMULA.match(value) and not HARMLESS.fullmatch(value)
        return f"'{value}" if formula else value

    texts = frame.select_dtypes(exclude=["number", "bool"])
    return frame.assign(**{str(name): texts[name].astype("object").map(guard) for name in texts})


# ------------------------------------------------------------------------------------ the workbook

GREY, THIN = "808080", Side(style="thin", color="BFBFBF")
STYLES: dict[str, tuple[Font, PatternFill]] = {
    "printed": (Font(), PatternFill()),
    "derived": (Font(italic=True, color="1F4E79"), PatternFill("solid", fgColor="DDEBF7")),
    "split": (Font(underline="single", color="1F4E79"), PatternFill("solid", fgColor="EDEDED")),
    "corrected": (Font(underline="double"), PatternFill("solid", fgColor="E2EFDA")),
    "suspect": (Font(bold=True, color="9C0006"), PatternFill("solid", fgColor="FFC7CE")),
    "ambiguous": (Font(color=GREY), PatternFill("darkGrid", fgColor="D9D9D9")),
    "blank": (Font(color=GREY), PatternFill("lightUp", fgColor="D9D9D9")),
    "dash": (Font(color=GREY), PatternFill("lightHorizontal", fgColor="D9D9D9")),
    "missing": (Font(color=GREY), PatternFill("gray125", fgColor="D9D9D9")),
    "unreadable": (Font(color=GREY), PatternFill("darkUp", fgColor="D9D9D9")),
}


class _Sheet:
    """One sheet: a title, a frozen line of heads, then the lines."""

    def __init__(
        self, book: Workbook, name: str, title: str, heads: list[tuple[str, float]], keys: int
    ) -> None:
        self.sheet: WriteOnlyWorksheet = book.create_sheet(name[:31])
        self.sheet.freeze_panes = f"{get_column_letter(keys + 1)}3"
        self.sheet.auto_filter.ref = f"A2:{get_column_letter(len(heads))}2"
        for place, (_, width) in enumerate(heads, 1):
            self.sheet.column_dimensions[get_column_letter(place)].width = width
        self.line(self.cell(title, "title"))
        self.line(*(self.cell(head, "head") for head, _ in heads))

    def cell(self, value: Any, style: str = "", form: str = "") -> Cell:
        """A cell; text stays text, whatever it looks like."""
        if isinstance(value, str):
            value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
            value = value if len(value) <= EXCEL_TEXT else value[: EXCEL_TEXT - 1] + "…"
        cell = WriteOnlyCell(self.sheet, value=None if pd.isna(value) else value)
        if style:
            cell.style = style
        if form:
            cell.number_format = form
        if isinstance(value, str) and FORMULA.match(value):
            cell.data_type, cell.quotePrefix = "s", True
        return cell

    def line(self, *cells: object) -> None:
        """Append one line of values or cells."""
        self.sheet.append([cell if isinstance(cell, Cell) else self.cell(cell) for cell in cells])


def _workbook(ds: Dataset, path: Path, lang: str) -> None:
    """Write the workbook: notes, the three tables, then the frames and what describes them."""
    if len(ds.cells) > EXCEL_LINES - 2:  # before the work on what the cells give
        raise _too_many("cells", ds.cells)
    frames = _frames(ds, lang)
    for name, frame in frames.items():
        if len(frame) > EXCEL_LINES - 2:
            raise _too_many(name, frame)
    described = {"dictionary": dictionary(frames), "codes": codes()}
    book = Workbook(write_only=True)
    _styles(book)
    _notes(book, ds, lang)
    for table in TABLES:
        _statutory(book, ds.cells[ds.cells["table"] == table], table, lang)
    for name, frame in {**frames, **described}.items():
        if name in LISTED:
            _listing(book, frame, name, lang)
    book.save(path)


def _too_many(name: str, frame: pd.DataFrame) -> ReportlibError:
    hint = "Choose bodies or years, or export to csv, parquet or dta"
    return ReportlibError(f"{len(frame)} lines of {name} are more than a sheet holds", hint=hint)


def _styles(book: Workbook) -> None:
    """The named styles of the workbook: one a status, so that a filter by style finds them."""
    for name, (font, fill) in STYLES.items():
        book.add_named_style(
            NamedStyle(name, font, fill, Border(THIN, THIN, THIN, THIN), number_format="#,##0")
        )
    book.add_named_style(NamedStyle("title", Font(bold=True, size=13)))
    wrapped = Alignment(wrap_text=True, vertical="center")
    book.add_named_style(
        NamedStyle("head", Font(bold=True), PatternFill("solid", fgColor="D9E1F2"), alignment=wrapped)
    )


def _notes(book: Workbook, ds: Dataset, lang: str) -> None:
    """The first sheet: what this is, how to read it, where it comes from."""
    text = partial(label, lang=lang, axis="text")
    sheet = _Sheet(book, text("notes"), text("workbook"), [(text("notes"), 28), ("", 90)], 0)
    sheet.line("reportlib", version("reportlib"))
    sheet.line(text("time"), f"{datetime.now(UTC):%Y-%m-%d %H:%M}")
    bodies = dict.fromkeys(ds.reports["body"].astype("str"))
    sheet.line(label("body", lang, "field"), label("and", lang, "say").join(bodies))
    for kind in ("retyped", "synthetic"):
        if (ds.reports["kind"] == kind).any():
            sheet.line(label(kind, lang, "kind"), text(kind))
    sheet.line(text("sources"), text("terms"))
    sheet.line()
    sheet.line(sheet.cell(text("legend"), "head"), sheet.cell(text("own_styles"), "head"))
    for style in STYLES:
        meaning = label(style, lang, "status")
        sheet.line(sheet.cell(1234, style), meaning if meaning != style else label(style, lang, "found"))


def _statutory(book: Workbook, cells: pd.DataFrame, table: str, lang: str) -> None:
    """One statutory table: a line for each report and row, numbers as numbers, statuses as styles."""
    # The same code may count another thing in another edition: a column of the sheet has one unit.
    forms = {(form.code, column.code): column for form in editions() for column in form.table(table).columns}
    held = set(cells[["edition", "column"]].astype("str").itertuples(index=False, name=None))
    places = {(c.code, c.unit): c.zh if lang == "zh" else c.en for key, c in forms.items() if key in held}
    heads = [(label(name, lang, "field"), 22.0 if name == "body" else 9.0) for name in KEYS]
    heads += [(label("row", lang, "field"), 44.0)]
    heads += [(name + label(unit or "unknown", lang, "unit_of"), 14.0) for (_, unit), name in places.items()]
    title = label(table, lang, "table") + label("in_cases", lang, "text")
    sheet = _Sheet(book, label(table, lang, "field"), title, heads, len(KEYS) + 1)
    names = [
        "report_id",
        "body",
        "year",
        "scope",
        "edition",
        "row",
        "column",
        "value",
        "status",
        "found",
        "suspect",
    ]
    lines: dict[tuple[str, str], tuple[list[object], dict[tuple[str, str], Cell]]] = {}
    for report, body, year, scope, code, row, column, value, status, found, suspect in zip(
        *(cells[name].astype("object") for name in names), strict=True
    ):
        line = lines.get((report, row))
        if line is None:
            head = [body, year, word("scope", scope, lang), code, label(row, lang, "row", table, code)]
            line = lines[report, row] = head, {}
        form = forms[code, column]
        style = "suspect" if suspect else str(found if pd.isna(value) and status != "ambiguous" else status)
        shape = "#,##0.00####" if form.kind == "amount" else ""
        line[1][column, form.unit] = sheet.cell(value, style if style in STYLES else "printed", shape)
    for head, shown in lines.values():
        sheet.line(*head, *(shown.get(place) for place in places))


def _listing(book: Workbook, frame: pd.DataFrame, name: str, lang: str) -> None:
    """A frame as it is, its codes in words."""
    title, raw = label(name, lang, "sheet"), name in ("dictionary", "codes")
    widths = [28.0 if kind == "str" else 12.0 for kind in frame.dtypes]
    heads = [label(str(column), lang, "field") for column in frame.columns]
    sheet = _Sheet(book, title, title, list(zip(heads, widths, strict=True)), 1)
    for line in frame.astype("object").to_dict("records"):
        table = str(line.get("table", ""))
        sheet.line(
            *(
                word(str(key), value, lang, table) if isinstance(value, str | bool) and not raw else value
                for key, value in line.items()
            )
        )
