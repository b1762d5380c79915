"""Word documents (OOXML), straight from their xml."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from lxml import etree

from ...errors import ReadError
from ..document import Document, Note
from ..limits import MAX_CELLS, MAX_TABLE_DEPTH, open_zip, part
from . import html
from .grids import Content, RawCell, RawTable, blocks, too_deep, too_large, trimmed
from .unseen import HIDDEN, LOWERED, PALE, RAISED, STRUCK, bracketed

__all__ = ["pictures", "read"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# The strict form of the standard differs in its namespaces only.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_VML_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_VAL = _W + "val"
_OFF = ("0", "false", "off", "none")
_TOGGLES = {"vanish": "vanish", "strike": "struck", "dstrike": "struck"}
_PALE = re.compile(r"white|[fF][89a-fA-F][fF][89a-fA-F][fF][89a-fA-F]")
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

_CHANGES = frozenset(("del", "moveFrom"))
# fmt: off
_IGNORED = frozenset((
    "", "pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "instrText", "delText",
    "footnoteReference", "endnoteReference", "rt", "proofErr", "tblPrEx", "bookmarkStart", "bookmarkEnd",
    "sdtPr", "sdtEndPr",
))
# fmt: on
_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


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
    path, walker = _walk(archive, name)
    found = blocks(walker.content, name)
    for chunk in _parts(archive, path, walker.chunks, name):
        page = html.read(chunk, name)
        found += page.blocks
        walker.notes += page.notes
    notes = tuple(dict.fromkeys(walker.notes))
    title, many = _title(archive, name), len(set(walker.pictures))
    return Document(found, "docx", title=title, notes=notes, pictures=many)


def pictures(data: bytes, name: str, folder: Path | None = None) -> list[bytes]:
    """The pictures in a document, in reading order."""
    archive = open_zip(data, name)
    path, walker = _walk(archive, name)
    return _parts(archive, path, walker.pictures, name)


def _parts(archive: zipfile.ZipFile, path: str, wanted: list[str], name: str) -> list[bytes]:
    """The parts of the archive that the part at `path` refers to."""
    if not wanted:
        return []
    folder, file = posixpath.split(path)
    targets = {
        relation.get("Id"): posixpath.normpath(
            posixpath.join("/" + folder, relation.get("Target", ""))
        ).lstrip("/")
        for relation in _parse(archive, f"{folder}/_rels/{file}.rels", name)
        if relation.get("TargetMode") != "External"
    }
    present = set(archive.namelist())
    found = dict.fromkeys(targets[key] for key in wanted if key in targets)
    return [part(archive, target, name) for target in found if target in present]


def _parse(archive: zipfile.ZipFile, path: str, name: str) -> etree._Element:
    return _tree(part(archive, path, name), path, name)


def _tree(xml: bytes, path: str, name: str) -> etree._Element:
    for strict, transitional in _STRICT:
        xml = xml.replace(strict, transitional)
    if b"<!DOCTYPE" in xml.replace(b"\0", b""):  # no program writes one; entities can grow without limit
        raise _broken(path, "it declares a document type", name)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise _broken(path, " ".join((error.msg or "").split()), name) from error


def _broken(path: str, why: str, name: str) -> ReadError:
    return ReadError(
        f"{path} is not valid ({why})", file=name, hint="Open it in Word or WPS, repair and save it."
    )


def _main_part(archive: zipfile.ZipFile, name: str) -> str:
    """The path of the part that holds the text, which some producers choose freely."""
    path = "word/document.xml"
    if path not in archive.namelist():
        for relation in _parse(archive, "_rels/.rels", name):
            if relation.get("Type", "").endswith("/officeDocument"):
                path = relation.get("Target", "").lstrip("/")
    return path


def _title(archive: zipfile.ZipFile, name: str) -> str:
    if "docProps/core.xml" not in archive.namelist():
        return ""
    title = _parse(archive, "docProps/core.xml", name).findtext("{http://purl.org/dc/elements/1.1/}title")
    return " ".join((title or "").split())


def _walk(archive: zipfile.ZipFile, name: str) -> tuple[str, _Walker]:
    """Read the main part: its path, and the walker that has been through it."""
    path = _main_part(archive, name)
    xml = part(archive, path, name)
    styles = posixpath.join(posixpath.dirname(path), "styles.xml")
    sheet = part(archive, styles, name) if styles in archive.namelist() else b""
    styled = any(_may_hide(style) for style in _STYLE.split(sheet) if b'"table"' not in style[:200])
    looks = _Looks(_tree(sheet, styles, name) if styled else None)
    walker = _Walker(looks if styled or _may_hide(xml) else None, name)
    body = _tree(xml, path, name).find(_W + "body")
    if body is not None:
        walker.blocks(body, walker.content)
    return path, walker


def _may_hide(xml: bytes) -> bool:
    return any(mark in xml for mark in _MARKS)


_Look: TypeAlias = dict[str, bool]
"""How text shows: which of `vanish`, `struck`, `raised` and `pale` hold, or are taken back by False."""
_SHOWN: _Look = {}


class _Looks:
    """How runs and paragraphs show, by their own properties and by the styles that they name."""

    def __init__(self, styles: etree._Element | None) -> None:
        self._own: dict[str, tuple[_Look, str]] = {}
        for style in () if styles is None else styles.iterfind(_W + "style"):
            parent = style.find(_W + "basedOn")
            look = _look_of(style.find(_W + "rPr"))
            self._own[style.get(_W + "styleId", "")] = look, "" if parent is None else parent.get(_VAL, "")
        self._matters = any(look for look, _ in self._own.values())

    def _styled(self, code: str) -> _Look:
        """What a style and all that it is based on say."""
        lineage: list[_Look] = []
        while code in self._own and len(lineage) < _MAX_LINEAGE:
            look, code = self._own[code]
            lineage.append(look)
        return {key: value for look in reversed(lineage) for key, value in look.items()}

    def of_paragraph(self, paragraph: etree._Element, around: _Look) -> _Look:
        """How the text of a paragraph shows where its runs say nothing else."""
        style = paragraph.find(f"{_W}pPr/{_W}pStyle") if self._matters else None
        return around if style is None else {**around, **self._styled(style.get(_VAL, ""))}

    def of_run(self, run: etree._Element, around: _Look) -> _Look:
        """How a run shows; `_SHOWN` itself where nothing is said."""
        properties = run.find(_W + "rPr")
        if properties is None:
            return around
        own = _look_of(properties)
        style = properties.find(_W + "rStyle") if self._matters else None
        if style is not None:
            own = {**self._styled(style.get(_VAL, "")), **own}
        return {**around, **own} if own else around


def _look_of(properties: etree._Element | None) -> _Look:
    """What the properties of a run or of a style say."""
    look: _Look = {}
    for element in () if properties is None else properties:
        tag = _LOCAL[element.tag]
        if kind := _TOGGLES.get(tag):
            look[kind] = element.get(_VAL, "on") not in _OFF
        elif tag == "vertAlign":
            look["raised"] = element.get(_VAL) == "superscript"
        elif tag == "position":  # raised by so many half points
            look["raised"] = element.get(_VAL, "").strip("0").isdecimal()
        elif tag == "color":
            look["pale"] = _PALE.fullmatch(element.get(_VAL) or "") is not None
        elif tag in ("shd", "highlight") and _shaded(element, False):
            look["pale"] = False
    return look


def _shaded(shading: etree._Element | None, around: bool | None) -> bool | None:
    """Whether text stands on a colour, so that white text shows; `around` where nothing is said."""
    if shading is None:
        return around
    ground = shading.get(_W + "fill") or shading.get(_VAL) or ""
    return around if ground in ("auto", "clear", "none", "") else _PALE.fullmatch(ground) is None


class _Walker:
    """Goes through the body once and puts lines and tables in reading order into `content`.

    It may call itself, as libxml2 refuses documents of more than 256 levels.
    """

    def __init__(self, looks: _Looks | None, name: str) -> None:
        self.name = name
        self._looks = looks
        self._style = _SHOWN
        self._doubt = ""  # about the cell that is being read
        self._coloured: bool | None = False  # the ground, on which white text shows; None: not known
        self.content: Content = []
        self.notes: list[Note] = []
        self.pictures: list[str] = []
        self.chunks: list[str] = []
        self._cells = 0
        self._depth = 0

    def blocks(self, parent: Iterable[etree._Element], target: Content) -> None:
        """Paragraphs and tables below `parent`, and what wraps them."""
        for element in parent:
            tag = _LOCAL[element.tag]
            if tag == "p":
                self._paragraph(element, target)
            elif tag == "tbl":
                target.append(self._table(element))
            elif tag == "AlternateContent":
                self.blocks(next(iter(element), ()), target)
            elif tag in _CHANGES:
                self.notes.append(STRUCK)
            elif tag == "altChunk":  # a page that a program put in whole
                self.chunks.append(element.get(_VML_ID) or "")
            elif tag not in _IGNORED:  # sdt, sdtContent, customXml, ins, moveTo
                self.blocks(element, target)

    def _paragraph(self, element: etree._Element, target: Content) -> None:
        text: list[str] = []
        boxes: Content = []
        outer = self._style
        if self._looks is not None:
            self._style = self._looks.of_paragraph(element, outer)
        self._inline(element, text, boxes)
        self._style = outer
        target += bracketed("".join(text)).split("\n")
        target += boxes

    def _inline(self, parent: Iterable[etree._Element], text: list[str], boxes: Content) -> None:
        for element in parent:
            tag = _LOCAL[element.tag]
            if tag == "t":
                text.append(element.text or "")
            elif tag == "r" and self._looks:
                self._run(self._looks.of_run(element, self._style), element, text, boxes)
            elif tag in _CHARACTERS:
                text.append(_CHARACTERS[tag])
            elif tag == "txbxContent":
                ground, self._coloured = self._coloured, None
                self.blocks(element, boxes)
                self._coloured = ground
            elif tag == "AlternateContent":  # the same box twice, for new and for old programs
                self._inline(next(iter(element), ()), text, boxes)
            elif tag in _CHANGES:
                self.notes.append(STRUCK)
            elif tag == "blip" or tag == "imagedata":
                self.pictures.append(element.get(_EMBED) or element.get(_VML_ID) or "")
            elif tag not in _IGNORED:  # ins, hyperlink, smartTag, sdt, fldSimple, ruby, drawing, oMath
                self._inline(element, text, boxes)

    def _run(self, look: _Look, element: etree._Element, text: list[str], boxes: Content) -> None:
        """A stretch of text in one style; what does not show is left out, doubt is kept with its cell."""
        if look is _SHOWN:
            self._inline(element, text, boxes)
        elif look.get("struck"):
            self.notes.append(STRUCK)
        elif look.get("vanish") or (look.get("pale") and self._coloured is False):
            self.notes.append(HIDDEN)
        else:
            if look.get("pale") and self._coloured is None:
                self.notes.append(PALE)
                self._doubt = "pale"
            if raised := look.get("raised"):
                text.append(RAISED)
            self._inline(element, text, boxes)
            if raised:
                text.append(LOWERED)

    def _table(self, element: etree._Element) -> RawTable:
        table = RawTable()
        merged: dict[int, RawCell] = {}  # the cell that goes on downwards, by column
        self._depth += 1
        if self._depth > MAX_TABLE_DEPTH:
            raise too_deep(self.name)
        ground = self._coloured
        if element.find(f"{_W}tblPr/{_W}tblStyle") is not None:
            self._coloured = None  # styles of tables colour heads and bands
        row = 0
        for line in self._unwrap(element, "tr"):
            properties = _properties(line, "trPr")
            if "del" in properties:
                self.notes.append(STRUCK)
                continue
            self._row(line, row, _number(properties, "gridBefore", 0), table, merged)
            row += 1
        self._depth -= 1
        self._coloured = ground
        return table

    def _row(
        self, line: etree._Element, row: int, column: int, table: RawTable, merged: dict[int, RawCell]
    ) -> None:
        for cell in self._unwrap(line, "tc"):
            properties = _properties(cell, "tcPr")
            if "cellDel" in properties:
                self.notes.append(STRUCK)
                continue
            span = _number(properties, "gridSpan", 1)
            above = merged.get(column)
            goes_on = properties.get("vMerge", "restart") != "restart"
            if properties.get("hMerge", "restart") != "restart" and table.cells:
                table.cells[-1].colspan += span
            elif goes_on and above and above.row + above.rowspan == row:
                above.rowspan += 1
            else:
                merged[column] = self._cell(cell, row, column, span)
                table.cells.append(merged[column])
            column += span

    def _cell(self, cell: etree._Element, row: int, column: int, span: int) -> RawCell:
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise too_large(self.name)
        content: Content = []
        outer = self._doubt, self._coloured
        self._doubt = ""
        if self._looks is not None:
            self._coloured = _shaded(cell.find(f"{_W}tcPr/{_W}shd"), outer[1])
        self.blocks(cell, content)
        found = RawCell(trimmed(content), 1, span, row, column, self._doubt)
        self._doubt, self._coloured = outer
        return found

    def _unwrap(self, parent: etree._Element, wanted: str) -> list[etree._Element]:
        """The rows of a table or cells of a row, also inside content controls."""
        found: list[etree._Element] = []
        for element in parent:
            tag = _LOCAL[element.tag]
            if tag == wanted:
                found.append(element)
            elif tag in _CHANGES:
                self.notes.append(STRUCK)
            elif tag not in _IGNORED:
                found += self._unwrap(element, wanted)
        return found


class _LocalNames(dict[object, str]):
    """Names without their namespace, each worked out once; '' for comments."""

    def __missing__(self, tag: object) -> str:
        self[tag] = name = tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""
        return name


_LOCAL = _LocalNames()


def _values(properties: etree._Element) -> dict[str, str]:
    return {_LOCAL[entry.tag]: entry.get(_VAL, "") for entry in properties}


def _properties(parent: etree._Element, name: str) -> dict[str, str]:
    """The properties of a row or cell, with their values; they stand before its contents."""
    for element in parent:
        if _LOCAL[element.tag] == name:
            return _values(element)
        if _LOCAL[element.tag] not in _IGNORED:
            break
    return {}


def _number(properties: dict[str, str], name: str, least: int) -> int:
    value = properties.get(name, "")
    return min(max(int(value), least), 1000) if value.isdecimal() else least
