"""What the fonts and formats of a workbook hide, strike or raise in its cells."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from ..document import Note
from .unseen import HIDDEN, LOWERED, PALE, RAISED, STRUCK, bracketed

__all__ = ["Shown", "column_of", "shown_cells"]

_MARKS = (b"strike", b"FFFFFF", b'theme="0"', b"superscript", b'formatCode=";')
"""What stands in a part that may hide, strike or raise something; other parts are not parsed."""
_PALE = re.compile(r"(?:00|FF)FFFFFF", re.IGNORECASE)
_OFF = ("0", "false")
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class Shown(NamedTuple):
    """What shows of a cell: its text where not all of it does (None: all), and whether that is in doubt."""

    text: str | None = None
    doubt: str = ""


_ALL, _NOTHING, _UNSURE = Shown(), Shown(""), Shown(None, "pale")


def shown_cells(parts: dict[str, bytes], notes: list[Note]) -> Iterator[dict[tuple[int, int], Shown]]:
    """For each sheet the cells of which not all shows as it stands, by row and column from 0.

    Parameters
    ----------
    parts
        The workbook's parts, by path.
    notes
        Takes what is to be said of it.
    """
    by_format = _formats(_suspected(parts, "xl/styles.xml"))
    strings = _suspected(parts, "xl/sharedStrings.xml")
    by_string = [_rich(item, notes) for item in strings.iterfind("{*}si")]
    anywhere = bool(by_format) or any(shown is not _ALL for shown in by_string)
    for path in _sheet_paths(parts):
        xml = parts.get(path, b"")
        if anywhere or _may_hide(xml):
            yield _cells(_parsed(xml), by_format, by_string, notes)
        else:
            yield {}


def _suspected(parts: dict[str, bytes], path: str) -> etree._Element:
    """A part that may hide something, parsed; an empty element for one that cannot."""
    xml = parts.get(path, b"")
    return _parsed(xml if _may_hide(xml) else b"")


def _may_hide(xml: bytes) -> bool:
    return any(mark in xml for mark in _MARKS)


def _cells(
    sheet: etree._Element, by_format: dict[str, Shown], by_string: list[Shown], notes: list[Note]
) -> dict[tuple[int, int], Shown]:
    found = {}
    for cell in sheet.iter("{*}c"):
        shown = by_format.get(cell.get("s", "0"), _ALL)
        if shown is _ALL:
            shown = _of_text(cell, by_string, notes)
        elif cell.findtext("{*}v"):
            notes.append(PALE if shown.doubt else HIDDEN)
        place = _CELL.fullmatch(cell.get("r", ""))
        if shown is not _ALL and place:
            found[int(place[2]) - 1, column_of(place[1]) - 1] = shown
    return found


def column_of(letters: str) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _sheet_paths(parts: dict[str, bytes]) -> Iterator[str]:
    """The parts of a workbook's sheets, in their order."""
    relations = _parsed(parts.get("xl/_rels/workbook.xml.rels", b""))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for sheet in _parsed(parts.get("xl/workbook.xml", b"")).iterfind("{*}sheets/{*}sheet"):
        key = next((str(value) for name, value in sheet.items() if str(name).endswith("}id")), "")
        yield posixpath.normpath(posixpath.join("/xl", targets.get(key, ""))).lstrip("/")


def _parsed(xml: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(xml, parser) if xml else etree.Element("none")


def _formats(styles: etree._Element) -> dict[str, Shown]:
    """The cell formats, by number, in which not all shows."""
    fonts = [_font(font) for font in styles.iterfind("{*}fonts/{*}font")]
    fills = [_filled(fill) for fill in styles.iterfind("{*}fills/{*}fill")]
    unseen = {
        code.get("numFmtId")
        for code in styles.iterfind("{*}numFmts/{*}numFmt")
        if code.get("formatCode", "").strip(";") == ""
    }
    found = {}
    for number, entry in enumerate(styles.iterfind("{*}cellXfs/{*}xf")):
        font, fill = int(entry.get("fontId", 0)), int(entry.get("fillId", 0))
        look = fonts[font] if font < len(fonts) else frozenset()
        coloured = fill < len(fills) and fills[fill]
        if "struck" in look or entry.get("numFmtId") in unseen:
            found[str(number)] = _NOTHING
        elif "pale" in look and not coloured:
            found[str(number)] = _UNSURE
    return found


def _filled(fill: etree._Element) -> bool:
    """Whether a fill is of a colour on which white text shows."""
    pattern = fill.find("{*}patternFill")
    if pattern is None:
        return True  # a gradient
    ground = pattern.find("{*}fgColor")
    return pattern.get("patternType", "none") != "none" and not _is_white(ground)


def _is_white(colour: etree._Element | None) -> bool:
    if colour is None or float(colour.get("tint", 0)) < 0:
        return False
    return colour.get("theme") == "0" or _PALE.fullmatch(colour.get("rgb", "")) is not None


def _font(font: etree._Element | None) -> frozenset[str]:
    """How text in a font shows: struck, pale, raised."""
    if font is None:
        return frozenset()
    strike, raised = font.find("{*}strike"), font.find("{*}vertAlign")
    look = {
        "struck": strike is not None and strike.get("val", "1") not in _OFF,
        "pale": _is_white(font.find("{*}color")),
        "raised": raised is not None and raised.get("val") == "superscript",
    }
    return frozenset(name for name, holds in look.items() if holds)


def _of_text(cell: etree._Element, by_string: list[Shown], notes: list[Note]) -> Shown:
    """What shows of a cell's text by its runs."""
    inline = cell.find("{*}is")
    if inline is not None:
        return _rich(inline, notes)
    number = cell.findtext("{*}v") or ""
    shared = cell.get("t") == "s" and number.isdecimal() and int(number) < len(by_string)
    return by_string[int(number)] if shared else _ALL


def _rich(item: etree._Element, notes: list[Note]) -> Shown:
    """What shows of a text of several runs."""
    pieces, doubt, whole = [], "", True
    for run in item.iterfind("{*}r"):
        look, text = _font(run.find("{*}rPr")), run.findtext("{*}t") or ""
        if "struck" in look:
            notes.append(STRUCK)
            text = ""
        elif "pale" in look:
            notes.append(PALE)
            doubt = "pale"
        pieces.append(RAISED + text + LOWERED if "raised" in look else text)
        whole = whole and look.isdisjoint(("struck", "raised"))
    if whole:
        return Shown(None, doubt) if doubt else _ALL
    return Shown(bracketed("".join(pieces)), doubt)
