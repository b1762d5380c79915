"""What the fonts and formats of a workbook hide, strike, raise or pale in its cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import TypeAlias

from lxml import etree

from ..limits import part
from .flow import PLAIN, Look
from .ooxml import is_paper, look_of, related, said, tree

__all__ = ["Pieces", "column_of", "looks_of_cells"]

Pieces: TypeAlias = list[tuple[str | None, Look]]
"""A cell's text in pieces, each with its look; None is the text that the cell has."""

_MARKS = (
    b"strike", b"FFFFFF", b'theme="0"', b"superscript", b'formatCode=";', b'hidden="1"', b'numFmtId="9"',
    b'numFmtId="10"', b'%"',
)  # fmt: skip
"""What stands in a part that may hide, strike, raise or alter something; other parts are not parsed."""
_ALTERING = re.compile(r"%|[0#?],+(?![0#?])")  # formats that show hundredths, or thousands
_PERCENT = {"9": "0%", "10": "0.00%"}  # formats that every workbook has
_LAST_COLUMN = 16_384
_GONE = PLAIN._replace(gone=True)
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_STYLES, _STRINGS = "xl/styles.xml", "xl/sharedStrings.xml"


def looks_of_cells(archive: zipfile.ZipFile, name: str) -> Iterator[dict[tuple[int, int], Pieces]]:
    """For each sheet the cells that do not show as they stand, by row and column from 0.

    Parameters
    ----------
    archive, name
        The workbook, and its name for messages.
    """
    formats, strings = _formats(archive, name), _strings(archive, name)
    anywhere = any(look != PLAIN for look in formats) or any(strings)
    parts = related(archive, "xl/workbook.xml", name)
    for entry in tree(archive, "xl/workbook.xml", name).iterfind("{*}sheets/{*}sheet"):
        relation = parts.get(said(entry).get("id", ""))
        path = relation.path if relation else ""
        parsed = anywhere or _may_hide(archive, path, name)
        yield dict(_cells(tree(archive, path, name), formats, strings)) if parsed else {}


def _may_hide(archive: zipfile.ZipFile, path: str, name: str) -> bool:
    xml = part(archive, path, name) if path in archive.namelist() else b""
    return any(mark in xml for mark in _MARKS)


def _cells(
    sheet: etree._Element, formats: list[Look], strings: list[Pieces]
) -> Iterator[tuple[tuple[int, int], Pieces]]:
    columns: set[int] = set()
    for column in sheet.iterfind("{*}cols/{*}col"):
        if column.get("hidden") == "1":
            last = min(int(column.get("max", 1)), _LAST_COLUMN)
            columns.update(range(int(column.get("min", 1)), last + 1))
    for cell in sheet.iterfind("{*}sheetData/{*}row/{*}c"):
        place = _CELL.fullmatch(cell.get("r", ""))
        if place is None:
            continue
        row = cell.getparent()
        hidden = column_of(place[1]) in columns or (row is not None and row.get("hidden") == "1")
        pieces: Pieces = [(None, _GONE)] if hidden else _shown(cell, formats, strings)
        if pieces:
            yield (int(place[2]) - 1, column_of(place[1]) - 1), pieces


def _shown(cell: etree._Element, formats: list[Look], strings: list[Pieces]) -> Pieces:
    """The pieces of a cell; none where it shows as it stands."""
    number, kind, inline = int(cell.get("s", 0)), cell.get("t", "n"), cell.find("{*}is")
    pieces: Pieces = [] if inline is None else _pieces(inline)
    if kind == "s" and strings:
        pieces = strings[int(cell.findtext("{*}v") or 0)]
    look = formats[number] if number < len(formats) else PLAIN
    look = look if kind == "n" else look._replace(altered=False)
    return pieces or ([(None, look)] if look != PLAIN else [])


def column_of(letters: str) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _strings(archive: zipfile.ZipFile, name: str) -> list[Pieces]:
    """The texts that cells share; nothing for one that shows as it stands."""
    if not _may_hide(archive, _STRINGS, name):
        return []
    return [_pieces(item) for item in tree(archive, _STRINGS, name).iterfind("{*}si")]


def _pieces(item: etree._Element) -> Pieces:
    pieces: Pieces = []
    for run in item.iterfind("{*}r"):
        pieces.append((run.findtext("{*}t") or "", look_of(run.find("{*}rPr"), PLAIN)))
    return pieces if any(look != PLAIN for _, look in pieces) else []


def _formats(archive: zipfile.ZipFile, name: str) -> list[Look]:
    """How text shows in the cell formats, by number."""
    if not _may_hide(archive, _STYLES, name):
        return []
    styles = tree(archive, _STYLES, name)
    fonts = [look_of(font, PLAIN) for font in styles.iterfind("{*}fonts/{*}font")]
    grounds = [_is_dark(fill) for fill in styles.iterfind("{*}fills/{*}fill")]
    codes = dict(_PERCENT)
    for entry in map(said, styles.iterfind("{*}numFmts/{*}numFmt")):
        codes[entry.get("numFmtId", "")] = entry.get("formatCode", "")
    looks = []
    for entry in map(said, styles.iterfind("{*}cellXfs/{*}xf")):
        font, fill = int(entry.get("fontId", 0)), int(entry.get("fillId", 0))
        look = fonts[font] if font < len(fonts) else PLAIN
        if look.pale and fill < len(grounds):
            look = look._replace(dark=grounds[fill])
        code = codes.get(entry.get("numFmtId", ""), "General")
        looks.append(look._replace(gone=not code.strip(";"), altered=_ALTERING.search(code) is not None))
    return looks


def _is_dark(fill: etree._Element) -> bool | None:
    """Whether a fill is of a colour on which white text shows; None for no fill."""
    pattern = fill.find("{*}patternFill")
    if pattern is None:
        return True  # a gradient
    if pattern.get("patternType", "none") == "none":
        return None
    return not is_paper(said(pattern.find("{*}fgColor")))
