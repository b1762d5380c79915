"""Spreadsheets: xlsx, and the older xls."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import TypeAlias

from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from ...errors import ReadError
from ..document import Cell, Document, Grid, Note, Paragraph
from ..limits import MAX_AREA, MAX_CELLS, open_zip, part, protected, too_large
from .flow import Flow, bracketed
from .ooxml import pictures
from .sheets import Pieces, column_of, looks_of_cells

__all__ = ["pictures", "read"]

# A cell with something in it, and its place. Its spread decides the memory that a sheet takes.
_FILLED = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r=["']([A-Z]{1,3})([0-9]{1,7})["'][^>]*(?<!/)>""")

_NOT_COMPUTED = re.compile(
    rb"""<c\s(?![^>]*t="str")[^>]*><f(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>"""
)

_MEDIA = "xl/media/"
_Place: TypeAlias = tuple[int, int]
"""A row and a column, from 0."""


def read(data: bytes, name: str) -> Document:
    """Read a workbook: each visible sheet is a grid, a sheet of one column is running text.

    Rows and columns are the sheet's own; what stands in hidden ones is left out and said. Numbers are given
    as they are stored, in the shortest form that means the same (12, 4068.208); one that its format shows as
    another (a percentage) is in doubt. Struck text, and numbers in a format that shows nothing, are left out.

    Parameters
    ----------
    data
        The file.
    name
        Its name, for messages.

    Raises
    ------
    ReadError
        If it is damaged, protected or too large.
    """
    flow = Flow(name, str.strip)
    looks: dict[int, dict[_Place, Pieces]] = {}
    media: tuple[str, ...] = ()
    if zipfile.is_zipfile(io.BytesIO(data)):
        archive = open_zip(data, name)
        _survey(archive, flow, name)
        looks = dict(enumerate(looks_of_cells(archive, name)))
        media = tuple(path for path in archive.namelist() if path.startswith(_MEDIA))
    workbook = _opened(data, name)
    blocks: list[Paragraph | Grid] = []
    cells = 0
    for index, sheet in enumerate(workbook.sheets_metadata):
        if sheet.visible is not SheetVisibleEnum.Visible:
            flow.note(Note.of("hidden_sheet", f"sheet {sheet.name}", sheet=sheet.name))
            continue
        found = _blocks(workbook.get_sheet_by_index(index), looks.get(index, {}), flow, name)
        cells += sum(len(block.cells) if isinstance(block, Grid) else 1 for block in found)
        if cells > MAX_CELLS:
            raise too_large(name)
        blocks += found
    return Document(tuple(blocks), "xlsx", notes=flow.notes, pictures=media)


def _opened(data: bytes, name: str) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except BaseException as error:  # calamine's panics do not derive from Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if "password" in str(error).lower():
            raise protected(name) from error
        found = f"the workbook cannot be read ({' '.join(str(error).split())})"
        hint = "Open it in Excel or WPS and save it again as xlsx."
        raise ReadError(found, file=name, hint=hint) from error


def _blocks(
    sheet: CalamineSheet, looks: dict[_Place, Pieces], flow: Flow, name: str
) -> list[Paragraph | Grid]:
    if sheet.start is None:
        return []
    if sheet.total_height * sheet.total_width > MAX_AREA:
        raise too_large(name)
    rows = [list(map(_text, row)) for row in sheet.to_python(skip_empty_area=False)]
    doubts = {}
    for (row, column), pieces in looks.items():
        if row < len(rows) and column < len(rows[row]) and (own := rows[row][column]):
            shown = [flow.showing(own if text is None else text, look) for text, look in pieces]
            rows[row][column] = bracketed("".join(text for text, _ in shown))
            doubts[row, column] = max(doubt for _, doubt in shown)
    top, left = sheet.start
    if not any(any(row[left + 1 :]) for row in rows):
        return list(_running([row[left] for row in rows[top:]], top, sheet.name))
    spans = _merged(sheet, len(rows), len(rows[0]), name)
    cells = []
    for row, texts in enumerate(rows):
        for column in range(left, len(texts) if any(texts) else 0):
            if span := spans.get((row, column), (1, 1)):
                cells.append(Cell(texts[column], row, column, *span, doubt=doubts.get((row, column), "")))
    return [Grid(tuple(cells), f"sheet {sheet.name}")]


def _running(texts: list[str], top: int, sheet: str) -> Iterator[Paragraph]:
    """A sheet of one column as running text."""
    for number, text in enumerate(texts, top + 1):
        for line in text.split("\n"):
            yield Paragraph(line, f"sheet {sheet}, row {number}")


def _merged(sheet: CalamineSheet, height: int, width: int, name: str) -> dict[_Place, tuple[int, int] | None]:
    """The spans of merged cells by their first place; None for the other places that they cover."""
    spans: dict[_Place, tuple[int, int] | None] = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        rows = range(top, max(top, min(bottom, height - 1)) + 1)
        columns = range(left, max(left, min(right, width - 1)) + 1)
        if len(spans) + len(rows) * len(columns) > MAX_CELLS:
            raise too_large(name)
        spans.update(dict.fromkeys(product(rows, columns)))
        spans[top, left] = len(rows), len(columns)
    return spans


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        # Fifteen digits, as Excel has them: 4068.2079999999996 is what a sum leaves of 4068.208.
        return f"{Decimal(f'{value:.15g}'):f}"
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)


def _survey(archive: zipfile.ZipFile, flow: Flow, name: str) -> None:
    """Say what the xml of the sheets tells and calamine does not.

    Refuses sheets whose filled cells lie so far apart that the space between would fill the memory.
    """
    for path in archive.namelist():
        if not path.startswith("xl/worksheets/") or not path.endswith(".xml"):
            continue
        xml = part(archive, path, name)
        places = set(_FILLED.findall(xml))
        rows = {int(row) for _, row in places}
        columns = {column_of(letters.decode()) for letters, _ in places}
        if _spread(rows) * _spread(columns) > MAX_AREA:
            raise too_large(name)
        if without := len(_NOT_COMPUTED.findall(xml)):
            flow.note(Note.of("formula_without_value", path, formulas=without))


def _spread(numbers: set[int]) -> int:
    return max(numbers) - min(numbers) + 1 if numbers else 0
