"""What the fonts and formats of a workbook hide, strike, raise or pale in its cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from lxml import etree

from ..limits import part
from .flow import PLAIN, Look
from .ooxml import is_paper, look_of, related, said, tree

__all__ = ["Pieces", "column_of", "looks_of_cells"]

Pieces: TypeAlias = list[tuple[str | None, Look]]
"""A cell's text in pieces, each with its look; None is the text that the cell has."""

_MARKS = (
    b"strike", b"FFFFFF", b'theme="0"', b"superscript", b"formatCode", b'hidden="1"', b'numFmtId="9"',
    b'numFmtId="10"', b'showZeros="0"', b'ht="0"',
)  # fmt: skip
"""What stands in a part that may hide, strike, raise or alter something; other parts are not parsed."""
_ALTERING = re.compile(r"%|[0#?],+(?![0#?])|\[[<>=]")  # hundredths, thousands, another format for some
_NAMED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.|General')  # what is no code of a format
_DATE = re.compile(r"[ymdhs]", re.IGNORECASE)
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|_.|\*.|([0#?][0#?.,]*|General|@)|(.)')
_CURRENCY = " ¥￥$"
_PERCENT = {"9": "0%", "10": "0.00%"}  # formats that every workbook has
_LAST_COLUMN = 16_384
_GONE = PLAIN._replace(gone=True)
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_STYLES, _STRINGS = "xl/styles.xml", "xl/sharedStrings.xml"


class _Format(NamedTuple):
    """How the cells of a format show: their look, what stands around a number, and in place of a zero."""

    look: Look = PLAIN
    before: str = ""
    after: str = ""
    zero: str | None = None


_AS_IT_STANDS = _Format()


def looks_of_cells(archive: zipfile.ZipFile, name: str) -> Iterator[dict[tuple[int, int], Pieces]]:
    """For each sheet the cells that do not show as they stand, by row and column from 0.

    Parameters
    ----------
    archive, name
        The workbook, and its name for messages.
    """
    formats = _formats(archive, name)
    strings = _strings(archive, name)
    anywhere = any(form != _AS_IT_STANDS for form in formats) or any(strings)
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
    sheet: etree._Element, formats: list[_Format], strings: list[Pieces]
) -> Iterator[tuple[tuple[int, int], Pieces]]:
    columns: set[int] = set()
    no_zeros = any(view.get("showZeros") == "0" for view in sheet.iterfind("{*}sheetViews/{*}sheetView"))
    for column in sheet.iterfind("{*}cols/{*}col"):
        if column.get("hidden") == "1":
            last = min(int(column.get("max", 1)), _LAST_COLUMN)
            columns.update(range(int(column.get("min", 1)), last + 1))
    for cell in sheet.iterfind("{*}sheetData/{*}row/{*}c"):
        place = _CELL.fullmatch(cell.get("r", ""))
        if place is None:
            continue
        row = cell.getparent()
        hidden = column_of(place[1]) in columns or (row is not None and _is_hidden(row))
        hidden = hidden or (no_zeros and cell.findtext("{*}v") == "0")
        pieces: Pieces = [(None, _GONE)] if hidden else _shown(cell, formats, strings)
        if pieces:
            yield (int(place[2]) - 1, column_of(place[1]) - 1), pieces


def _is_hidden(row: etree._Element) -> bool:
    return row.get("hidden") == "1" or row.get("ht") == "0"


def _shown(cell: etree._Element, formats: list[_Format], strings: list[Pieces]) -> Pieces:
    """The pieces of a cell; none where it shows as it stands."""
    number = int(cell.get("s", 0))
    kind = cell.get("t", "n")
    inline = cell.find("{*}is")
    pieces: Pieces = [] if inline is None else _pieces(inline)
    if kind == "s" and strings:
        pieces = strings[int(cell.findtext("{*}v") or 0)]
    form = formats[number] if number < len(formats) else _AS_IT_STANDS
    if kind != "n":
        look = form.look._replace(altered=False)
        return pieces or ([(None, look)] if look != PLAIN else [])
    if form == _AS_IT_STANDS:
        return []
    value = cell.findtext("{*}v") or ""
    if value == "0" and form.zero is not None:
        return [(form.zero, form.look)]
    return [(form.before, PLAIN), (None, form.look), (form.after, PLAIN)]


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


def _formats(archive: zipfile.ZipFile, name: str) -> list[_Format]:
    """The cell formats, by number."""
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
        font = int(entry.get("fontId", 0))
        fill = int(entry.get("fillId", 0))
        look = fonts[font] if font < len(fonts) else PLAIN
        if look.pale and fill < len(grounds):
            look = look._replace(dark=grounds[fill])
        code = codes.get(entry.get("numFmtId", ""), "General")
        looks.append(_format(look, code))
    return looks


def _format(look: Look, code: str) -> _Format:
    """What a number format shows around a number, and in place of a zero; dates are left as they are."""
    look = look._replace(gone=not code.strip(";"), altered=_ALTERING.search(code) is not None)
    if _DATE.search(_NAMED.sub("", code)):
        return _Format(look)
    sections = [_literals(section) for section in code.split(";")]
    before, _, after = sections[0]
    zero = sections[2][0] if len(sections) > 2 and not sections[2][1] else None
    return _Format(look, before, after, zero)


def _literals(section: str) -> tuple[str, bool, str]:
    """What a section of a number format shows in front of a number, whether it has one, and what behind."""
    sides = ["", ""]
    digits = False
    for quoted, escaped, number, other in _LITERAL.findall(section):
        digits = digits or bool(number)
        sides[digits] += quoted + escaped + other
    return sides[0].strip(_CURRENCY), digits, sides[1].strip(_CURRENCY)


def _is_dark(fill: etree._Element) -> bool | None:
    """Whether a fill is of a colour on which white text shows; None for no fill."""
    pattern = fill.find("{*}patternFill")
    if pattern is None:
        return True  # a gradient
    if pattern.get("patternType", "none") == "none":
        return None
    return not is_paper(said(pattern.find("{*}fgColor")))
