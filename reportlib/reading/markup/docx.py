"""Word documents (OOXML), straight from their xml."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable
from itertools import islice

from lxml import etree

from ..document import Document
from ..limits import open_zip, part
from . import html
from .flow import HIDDEN, PLAIN, STRUCK, Flow, Look, RawCell
from .ooxml import LOCAL, ground_of, look_of, pictures, related, said, tree

__all__ = ["pictures", "read"]

_MAX_LINEAGE = 20  # styles based on styles

# What hides, strikes, raises or pales text; documents and styles without it are read faster.
_MARKS = (
    b"vanish",
    b"strike",
    b"superscript",
    b":position",
    b'color w:val="F',
    b'color w:val="f',
    b'="white',
)
_STYLE = re.compile(rb"<\w+:style ")

# fmt: off
_IGNORED = frozenset((
    "", "pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "instrText", "delText",
    "footnoteReference", "endnoteReference", "rt", "proofErr", "tblPrEx", "bookmarkStart", "bookmarkEnd",
    "sdtPr", "sdtEndPr",
))
# fmt: on
_CHARACTERS = {"tab": "\t", "noBreakHyphen": "-"}
_PAPER = PLAIN._replace(dark=False)


def read(data: bytes, name: str) -> Document:
    """Read a Word document.

    Tracked changes are read as accepted, struck text as deleted; hidden text, headers, footers and notes are
    left out; numbers that Word counts itself (automatic numbering) do not stand in the file.

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
    archive = open_zip(data, name)
    path = _main_part(archive, name)
    xml = part(archive, path, name)
    sheet = posixpath.join(posixpath.dirname(path), "styles.xml")
    styles = _styles(archive, sheet, name)
    walker = _Walker(name, styles if styles or _may_hide(xml) else None)
    body = tree(archive, path, name).find("{*}body")
    walker.walk(() if body is None else body, _PAPER)
    blocks = walker.flow.blocks()
    notes = walker.flow.notes
    parts = related(archive, path, name) if walker.chunks or walker.pictures else {}
    for key in walker.chunks:
        page = html.read(part(archive, parts[key].path, name), name)
        blocks = blocks + page.blocks
        notes = notes + page.notes
    title = tree(archive, "docProps/core.xml", name).findtext("{http://purl.org/dc/elements/1.1/}title") or ""
    found = dict.fromkeys(parts[key].path for key in walker.pictures if key in parts)
    present = tuple(path for path in found if path in archive.namelist())
    return Document(blocks, "docx", title=" ".join(title.split()), notes=notes, pictures=present)


def _main_part(archive: zipfile.ZipFile, name: str) -> str:
    """The path of the part that holds the text, which some producers choose freely."""
    usual = "word/document.xml"
    if usual in archive.namelist():
        return usual
    roots = related(archive, "", name).values()
    return next((root.path for root in roots if root.kind == "officeDocument"), usual)


def _may_hide(xml: bytes) -> bool:
    return any(mark in xml for mark in _MARKS)


def _styles(archive: zipfile.ZipFile, path: str, name: str) -> dict[str, etree._Element]:
    """The styles by their codes, where any of paragraphs or characters may hide something; else none."""
    sheet = part(archive, path, name) if path in archive.namelist() else b""
    if not any(_may_hide(style) for style in _STYLE.split(sheet) if b'"table"' not in style[:200]):
        return {}
    return {said(style).get("styleId", ""): style for style in tree(archive, path, name).iterfind("{*}style")}


class _Walker:
    """Goes through the body once and tells the flow what stands in it.

    It may call itself, as libxml2 refuses documents of more than 256 levels.
    """

    def __init__(self, name: str, styles: dict[str, etree._Element] | None) -> None:
        self.flow = Flow(name, _one_line)
        self.pictures: list[str] = []
        self.chunks: list[str] = []
        self._styles = styles or {}
        self._start = 0  # of the row that is being read
        self._boxes: list[etree._Element] = []  # of the paragraph that is being read
        self._own: dict[str, Callable[[etree._Element, Look], None]] = {
            "p": self._paragraph, "br": self._break, "cr": self._break,
            "tbl": self._table, "tr": self._row, "tc": self._cell,
            "del": self._change, "moveFrom": self._change, "altChunk": self._chunk,
            "AlternateContent": self._alternatives, "txbxContent": self._box,
            "blip": self._picture, "imagedata": self._picture,
        }  # fmt: skip
        self._hides = styles is not None
        self._own["r"] = self._run if self._hides else self.walk

    def walk(self, parent: Iterable[etree._Element], look: Look) -> None:
        """Take what stands below an element, in text that shows so."""
        for element in parent:
            tag = LOCAL[element.tag]
            if tag == "t":
                self.flow.text(element.text or "", look if self._hides else PLAIN)
            elif own := self._own.get(tag):
                own(element, look)
            elif tag in _CHARACTERS:
                self.flow.text(_CHARACTERS[tag], look)
            elif tag not in _IGNORED:  # ins, hyperlink, sdt, smartTag, fldSimple, ruby, drawing, oMath
                self.walk(element, look)

    # -------------------------------------------------------------- text

    def _break(self, element: etree._Element, look: Look) -> None:
        self.flow.end_line(always=True)

    def _paragraph(self, element: etree._Element, look: Look) -> None:
        if self._styles:
            look = self._styled(element.find("{*}pPr/{*}pStyle"), look)
        self.walk(element, look)
        self.flow.end_line(always=True)
        boxes = self._boxes
        self._boxes = []
        for box in boxes:
            self.walk(box, look._replace(dark=None))

    def _run(self, element: etree._Element, look: Look) -> None:
        properties = element.find("{*}rPr")
        if properties is not None:
            look = look_of(properties, self._styled(properties.find("{*}rStyle"), look))
        self.walk(element, look)

    def _styled(self, named: etree._Element | None, look: Look) -> Look:
        """How text shows in a style and all that it is based on."""
        lineage: list[etree._Element] = []
        while (style := self._styles.get(said(named).get("val", ""))) is not None and len(
            lineage
        ) < _MAX_LINEAGE:
            lineage.append(style)
            named = style.find("{*}basedOn")
        for style in reversed(lineage):
            look = look_of(style.find("{*}rPr"), look)
        return look

    # -------------------------------------------------------------- tables

    def _table(self, element: etree._Element, look: Look) -> None:
        if element.find("{*}tblPr/{*}tblStyle") is not None:
            look = look._replace(dark=None)  # styles of tables colour heads and bands
        self.flow.open_table()
        self.walk(element, look)
        self.flow.close_table()

    def _row(self, element: etree._Element, look: Look) -> None:
        properties = _properties(element, "trPr")
        if "del" in properties or "hidden" in properties:
            self.flow.note(STRUCK if "del" in properties else HIDDEN)
            return
        self._start = _number(properties, "gridBefore")
        self.flow.open_row()
        self.walk(element, look)

    def _cell(self, element: etree._Element, look: Look) -> None:
        properties = _properties(element, "tcPr")
        if "cellDel" in properties:
            self.flow.note(STRUCK)
            return
        if (shading := properties.get("shd")) is not None:
            look = look._replace(dark=ground_of(said(shading), look.dark))
        start = self._start or None
        self._start = 0
        cell = RawCell(1, max(_number(properties, "gridSpan"), 1), start)
        cell.up = _goes_on(properties.get("vMerge"))
        cell.left = _goes_on(properties.get("hMerge"))
        self.flow.open_cell(cell)
        self.walk(element, look)
        self.flow.close_cell()

    # -------------------------------------------------------------- what stands elsewhere

    def _change(self, element: etree._Element, look: Look) -> None:
        """What is deleted, or was moved from here."""
        self.flow.note(STRUCK)

    def _alternatives(self, element: etree._Element, look: Look) -> None:
        """The same box twice, for new and for old programs."""
        for first in islice(element, 1):
            self.walk(first, look)

    def _box(self, element: etree._Element, look: Look) -> None:
        self._boxes.append(element)

    def _chunk(self, element: etree._Element, look: Look) -> None:
        """A page that a program put in whole."""
        self.chunks.append(said(element).get("id", ""))

    def _picture(self, element: etree._Element, look: Look) -> None:
        own = said(element)
        self.pictures.append(own.get("embed") or own.get("id", ""))
        self.flow.unread()


def _one_line(text: str) -> str:
    return text.replace("\n", " ")


_Properties = dict[str, etree._Element]


def _properties(parent: etree._Element, name: str) -> _Properties:
    """The properties of a row or cell by their names; they stand before its contents."""
    for element in parent:
        if LOCAL[element.tag] == name:
            return {LOCAL[entry.tag]: entry for entry in element}
        if LOCAL[element.tag] not in _IGNORED:
            break
    return {}


def _number(properties: _Properties, name: str) -> int:
    value = said(properties[name]).get("val", "") if name in properties else ""
    return min(int(value), 1000) if value.isdecimal() else 0


def _goes_on(merge: etree._Element | None) -> bool:
    """Whether a cell is a part of the one above, or before."""
    return merge is not None and said(merge).get("val") != "restart"
