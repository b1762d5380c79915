"""Spreadsheets: xlsx, and the older xls."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from decimal import Decimal

from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from ...errors import ReadError
from ..document import Cell, Document, Grid, Note, Paragraph
from ..limits import MAX_AREA, MAX_CELLS, open_zip, part
from .grids import too_large

__all__ = ["read"]

# A cell with something in it, and its place. Its spread decides the memory that a sheet takes.
_FILLED = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r=["']([A-Z]{1,3})([0-9]{1,7})["'][^>]*(?<!/)>""")

_NOT_COMPUTED = re.compile(
    rb"""<c\s(?![^>]*t="str")[^>]*><f(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>"""
)


def read(data: bytes, name: str) -> Document:
    """Read a workbook: each visible sheet is a grid, a sheet of one column is running text.

    Rows and columns are the sheet's own. Numbers are given as they are stored, in the shortest
    form that means the same (12, 4068.208), whatever number format shows them.

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
    notes = _survey(data, name) if zipfile.is_zipfile(io.BytesIO(data)) else []
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        blocks: list[Paragraph | Grid] = []
        cells = 0
        for index, sheet in enumerate(workbook.sheets_metadata):
            if sheet.visible is SheetVisibleEnum.Visible:
                found = _blocks(workbook.get_sheet_by_index(index), name)
                cells += sum(len(block.cells) if isinstance(block, Grid) else 1 for block in found)
                if cells > MAX_CELLS:
                    raise too_large(name)
                blocks += found
    except ReadError:
        raise
    except BaseException as error:  # calamine's panics do not derive from Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        protected = "password" in str(error).lower()
        raise ReadError(
            "the workbook is password-protected" if protected else f"the workbook cannot be read ({error})",
            file=name,
            hint="Save it without the password first."
            if protected
            else "Open it in Excel or WPS and save it again as xlsx.",
        ) from error
    notes += [
        Note.of("hidden_sheet", f"sheet {sheet.name}", sheet=sheet.name)
        for sheet in workbook.sheets_metadata
        if sheet.visible is not SheetVisibleEnum.Visible
    ]
    return Document(tuple(blocks), "xlsx", title=_first_text(blocks), notes=tuple(notes))


def _blocks(sheet: CalamineSheet, name: str) -> list[Paragraph | Grid]:
    if sheet.start is None:
        return []
    if sheet.total_height * sheet.total_width > MAX_AREA:
        raise too_large(name)
    rows = [[_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    top, left = sheet.start
    if all(not any(row[left + 1 :]) for row in rows):
        return [
            Paragraph(line, f"sheet {sheet.name}, row {number}")
            for number, row in enumerate(rows[top:], top + 1)
            for line in row[left].split("\n")
        ]
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for (row, column), (last_row, last_column) in sheet.merged_cell_ranges or []:
        last_row, last_column = min(last_row, len(rows) - 1), min(last_column, len(rows[0]) - 1)
        spans[row, column] = height, width = max(last_row - row, 0) + 1, max(last_column - column, 0) + 1
        if len(covered) + height * width > MAX_CELLS:
            raise too_large(name)
        covered |= {(r, c) for r in range(row, last_row + 1) for c in range(column, last_column + 1)} - {
            (row, column)
        }
    cells = [
        Cell(text, row, column, *spans.get((row, column), (1, 1)))
        for row, texts in enumerate(rows)
        if any(texts)
        for column, text in enumerate(texts)
        if column >= left and (row, column) not in covered
    ]
    return [Grid(tuple(cells), f"sheet {sheet.name}")]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        # Fifteen digits, as Excel has them: 4068.2079999999996 is what a sum leaves of 4068.208.
        return (
            str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{Decimal(f'{value:.15g}'):f}"
        )
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)


def _first_text(blocks: list[Paragraph | Grid]) -> str:
    texts = (
        text
        for block in blocks
        for text in ([block.text] if isinstance(block, Paragraph) else [cell.text for cell in block.cells])
    )
    return next((" ".join(text.split()) for text in texts if text.strip()), "")


def _survey(data: bytes, name: str) -> list[Note]:
    """What the xml of the sheets tells and calamine does not.

    Refuses sheets whose filled cells lie so far apart that the space between would fill the memory.
    """
    archive = open_zip(data, name)
    notes = []
    for path in archive.namelist():
        if path == "xl/sharedStrings.xml":
            part(archive, path, name)
        if not path.startswith("xl/worksheets/") or not path.endswith(".xml"):
            continue
        xml = part(archive, path, name)
        places = _FILLED.findall(xml)
        rows = [int(row) for row in {row for _, row in places}]
        columns = [_column(letters) for letters in {letters for letters, _ in places}]
        if places and (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1) > MAX_AREA:
            raise too_large(name)
        if b'hidden="1"' in xml:
            notes.append(Note("hidden_cells", path))
        if without := len(_NOT_COMPUTED.findall(xml)):
            notes.append(Note.of("formula_without_value", path, formulas=without))
    return notes


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
