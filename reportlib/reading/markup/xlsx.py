"""Spreadsheets: xlsx, and the older xls."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path

from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from ...errors import ReadError
from ..document import Cell, Document, Grid, Note, Paragraph
from ..limits import MAX_AREA, MAX_CELLS, open_zip, part
from .grids import too_large
from .sheets import Shown, column_of, sheet_paths, shown_cells

__all__ = ["read"]

# A cell with something in it, and its place. Its spread decides the memory that a sheet takes.
_FILLED = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r=["']([A-Z]{1,3})([0-9]{1,7})["'][^>]*(?<!/)>""")

_NOT_COMPUTED = re.compile(
    rb"""<c\s(?![^>]*t="str")[^>]*><f(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>"""
)


def read(data: bytes, name: str) -> Document:
    """Read a workbook: each visible sheet is a grid, a sheet of one column is running text.

    Rows and columns are the sheet's own; hidden ones are read, too, and said, as a filter hides rows that
    hold figures. Numbers are given as they are stored, in the shortest form that means the same (12,
    4068.208), whatever number format shows them. Struck text, and numbers in a format that shows nothing,
    are left out.

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
    archive = open_zip(data, name) if zipfile.is_zipfile(io.BytesIO(data)) else None
    notes = _survey(archive, name) if archive else []
    workbook = _opened(data, name)
    unseen = _unseen(archive, name, notes) if archive else {}
    blocks: list[Paragraph | Grid] = []
    cells = 0
    for index, sheet in enumerate(workbook.sheets_metadata):
        if sheet.visible is not SheetVisibleEnum.Visible:
            notes.append(Note.of("hidden_sheet", f"sheet {sheet.name}", sheet=sheet.name))
            continue
        found = _blocks(workbook.get_sheet_by_index(index), unseen.get(index, {}), name)
        cells += sum(len(block.cells) if isinstance(block, Grid) else 1 for block in found)
        if cells > MAX_CELLS:
            raise too_large(name)
        blocks += found
    media = _media(archive) if archive else []
    notes = list(dict.fromkeys(notes))
    return Document(tuple(blocks), "xlsx", title=_first_text(blocks), notes=tuple(notes), pictures=len(media))


def pictures(data: bytes, name: str, folder: Path | None = None) -> list[bytes]:
    """The pictures in a workbook."""
    archive = open_zip(data, name)
    return [part(archive, path, name) for path in _media(archive)]


def _media(archive: zipfile.ZipFile) -> list[str]:
    return sorted(path for path in archive.namelist() if path.startswith("xl/media/"))


def _opened(data: bytes, name: str) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except BaseException as error:  # calamine's panics do not derive from Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if "password" in str(error).lower():
            hint = "Save it without the password first."
            raise ReadError("the workbook is password-protected", file=name, hint=hint) from error
        found = f"the workbook cannot be read ({' '.join(str(error).split())})"
        hint = "Open it in Excel or WPS and save it again as xlsx."
        raise ReadError(found, file=name, hint=hint) from error


def _unseen(
    archive: zipfile.ZipFile, name: str, notes: list[Note]
) -> dict[int, dict[tuple[int, int], Shown]]:
    """The cells of which not all shows, by the number of their sheet."""

    def bounded(path: str) -> bytes:
        return part(archive, path, name)

    present = set(archive.namelist())
    paths = sheet_paths(bounded) if "xl/_rels/workbook.xml.rels" in present else []
    return {n: shown_cells(present, bounded, path, notes) for n, path in enumerate(paths) if path in present}


def _blocks(sheet: CalamineSheet, shown: dict[tuple[int, int], Shown], name: str) -> list[Paragraph | Grid]:
    if sheet.start is None:
        return []
    if sheet.total_height * sheet.total_width > MAX_AREA:
        raise too_large(name)
    rows = [[_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    for (row, column), (text, _) in shown.items():
        if text is not None and row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    top, left = sheet.start
    if all(not any(row[left + 1 :]) for row in rows):
        return [
            Paragraph(line, f"sheet {sheet.name}, row {number}")
            for number, row in enumerate(rows[top:], top + 1)
            for line in row[left].split("\n")
        ]
    spans, covered = _merged(sheet, len(rows), len(rows[0]), name)
    cells = []
    for row, texts in enumerate(rows):
        for column in range(left, len(texts) if any(texts) else 0):
            if (row, column) not in covered:
                doubt = shown[row, column].doubt if (row, column) in shown else ""
                span = spans.get((row, column), (1, 1))
                cells.append(Cell(texts[column], row, column, *span, doubt=doubt))
    return [Grid(tuple(cells), f"sheet {sheet.name}")]


def _merged(
    sheet: CalamineSheet, height: int, width: int, name: str
) -> tuple[dict[tuple[int, int], tuple[int, int]], set[tuple[int, int]]]:
    """The spans of merged cells by their first place, and the places that these cover."""
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        rows = range(top, max(top, min(bottom, height - 1)) + 1)
        columns = range(left, max(left, min(right, width - 1)) + 1)
        if len(covered) + len(rows) * len(columns) > MAX_CELLS:
            raise too_large(name)
        spans[top, left] = len(rows), len(columns)
        covered.update((row, column) for row in rows for column in columns)
        covered.discard((top, left))
    return spans, covered


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


def _survey(archive: zipfile.ZipFile, name: str) -> list[Note]:
    """What the xml of the sheets tells and calamine does not.

    Refuses sheets whose filled cells lie so far apart that the space between would fill the memory.
    """
    notes = []
    for path in archive.namelist():
        if path == "xl/sharedStrings.xml":
            part(archive, path, name)
        if not path.startswith("xl/worksheets/") or not path.endswith(".xml"):
            continue
        xml = part(archive, path, name)
        places = _FILLED.findall(xml)
        rows = [int(row) for row in {row for _, row in places}]
        columns = [column_of(letters.decode()) for letters in {letters for letters, _ in places}]
        if places and (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1) > MAX_AREA:
            raise too_large(name)
        if b'hidden="1"' in xml:
            notes.append(Note("hidden_cells", path))
        if without := len(_NOT_COMPUTED.findall(xml)):
            notes.append(Note.of("formula_without_value", path, formulas=without))
    return notes
