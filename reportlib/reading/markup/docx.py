"""Word documents (OOXML), straight from their xml."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable
from itertools import islice

from lxml import etree

from ...errors import ReadError
from ..document import Document, Grid, Note
from ..limits import MAX_CELLS, MAX_TABLE_DEPTH, open_zip, part
from . import html
from .grids import Content, Entry, Table, blocks, too_deep, too_large, trimmed

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
_OFF = ("0", "false", "off")

_CHANGES = frozenset(("del", "moveFrom"))
# fmt: off
_IGNORED = frozenset((
    "", "pPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "instrText", "delText", "footnoteReference",
    "endnoteReference", "rt", "proofErr", "tblPrEx", "bookmarkStart", "bookmarkEnd", "sdtPr", "sdtEndPr",
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
    path, root = _main_part(archive, name)
    walker = _walk(root, name)
    found = blocks(walker.content, name)
    for chunk in _parts(archive, path, walker.chunks, name):
        page = html.read(chunk, name)
        found += page.blocks
        walker.notes += page.notes
    if walker.pictures and not any(isinstance(block, Grid) for block in found):
        walker.notes.append(Note("picture", f"no table, but {len(walker.pictures)} pictures in the document"))
    return Document(found, "docx", title=_title(archive, name), notes=tuple(dict.fromkeys(walker.notes)))


def pictures(data: bytes, name: str) -> list[bytes]:
    """The pictures in a document, in reading order."""
    archive = open_zip(data, name)
    path, root = _main_part(archive, name)
    return _parts(archive, path, _walk(root, name).pictures, name)


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
    xml = part(archive, path, name)
    for strict, transitional in _STRICT:
        xml = xml.replace(strict, transitional)
    if b"<!DOCTYPE" in xml.replace(b"\0", b""):  # no program writes one; entities can grow without limit
        raise _broken(path, "it declares a document type", name)
    try:
        return etree.fromstring(
            xml, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        )
    except etree.XMLSyntaxError as error:
        raise _broken(path, error.msg, name) from error


def _broken(path: str, why: str, name: str) -> ReadError:
    return ReadError(
        f"{path} is not valid ({why})", file=name, hint="Open it in Word or WPS, repair and save it."
    )


def _main_part(archive: zipfile.ZipFile, name: str) -> tuple[str, etree._Element]:
    """The part that holds the text, and its path, which some producers choose freely."""
    path = "word/document.xml"
    if path not in archive.namelist():
        for relation in _parse(archive, "_rels/.rels", name):
            if relation.get("Type", "").endswith("/officeDocument"):
                path = relation.get("Target", "").lstrip("/")
    return path, _parse(archive, path, name)


def _title(archive: zipfile.ZipFile, name: str) -> str:
    if "docProps/core.xml" not in archive.namelist():
        return ""
    title = _parse(archive, "docProps/core.xml", name).findtext("{http://purl.org/dc/elements/1.1/}title")
    return " ".join((title or "").split())


def _walk(root: etree._Element, name: str) -> _Walker:
    walker = _Walker(name)
    body = root.find(_W + "body")
    if body is not None:
        walker.blocks(body, walker.content)
    return walker


class _Walker:
    """Goes through the body once and puts lines and tables in reading order into `content`.

    It may call itself, as libxml2 refuses documents of more than 256 levels.
    """

    def __init__(self, name: str) -> None:
        self.name = name
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
                for choice in islice(element, 1):
                    self.blocks(choice, target)
            elif tag in _CHANGES:
                self._deleted()
            elif tag == "altChunk":  # a page that a program put in whole
                self.chunks.append(element.get(_VML_ID) or "")
            elif tag not in _IGNORED:  # sdt, sdtContent, customXml, ins, moveTo
                self.blocks(element, target)

    def _paragraph(self, element: etree._Element, target: Content) -> None:
        text: list[str] = []
        boxes: Content = []
        self._inline(element, text, boxes)
        target += "".join(text).split("\n")
        target += boxes

    def _inline(self, parent: etree._Element, text: list[str], boxes: Content) -> None:
        raised = False
        for element in parent:
            tag = _LOCAL[element.tag]
            if tag == "t":
                text.append(element.text or "")
            elif tag == "rPr":  # stands before what it describes
                properties = _values(element)
                if properties.get("vanish", "off") not in _OFF:
                    self.notes.append(Note("hidden_text", "hidden text was left out"))
                    return
                if any(properties.get(mark, "off") not in _OFF for mark in ("strike", "dstrike")):
                    self._deleted()
                    return
                if raised := bool(text) and properties.get("vertAlign") == "superscript":
                    text.append("[")  # the mark of a note; without brackets 12¹ would become 121
            elif tag in _CHARACTERS:
                text.append(_CHARACTERS[tag])
            elif tag == "txbxContent":
                self.blocks(element, boxes)
            elif tag == "AlternateContent":  # the same box twice, for new and for old programs
                for choice in islice(element, 1):
                    self._inline(choice, text, boxes)
            elif tag in _CHANGES:
                self._deleted()
            elif tag == "blip" or tag == "imagedata":
                self.pictures.append(element.get(_EMBED) or element.get(_VML_ID) or "")
            elif tag not in _IGNORED:  # r, ins, hyperlink, smartTag, sdt, fldSimple, ruby, drawing, oMath
                self._inline(element, text, boxes)
        if raised:
            text.append("]") if text[-1] != "[" else text.pop()

    def _table(self, element: etree._Element) -> Table:
        table = Table()
        merged: dict[int, Entry] = {}  # the cell that goes on downwards, by column
        row = 0
        self._depth += 1
        if self._depth > MAX_TABLE_DEPTH:
            raise too_deep(self.name)
        for line in self._unwrap(element, "tr"):
            properties = _properties(line, "trPr")
            if "del" in properties:
                self._deleted()
                continue
            column = _number(properties, "gridBefore", 0)
            for cell in self._unwrap(line, "tc"):
                properties = _properties(cell, "tcPr")
                if "cellDel" in properties:
                    self._deleted()
                    continue
                span = _number(properties, "gridSpan", 1)
                if properties.get("hMerge", "restart") != "restart" and table.entries:
                    table.entries[-1].colspan += span
                    column += span
                    continue
                above = merged.get(column)
                goes_on = properties.get("vMerge", "restart") != "restart"
                if goes_on and above and above.row + above.rowspan == row:
                    above.rowspan += 1
                else:
                    merged[column] = self._cell(cell, row, column, span)
                    table.entries.append(merged[column])
                column += span
            row += 1
        self._depth -= 1
        return table

    def _cell(self, cell: etree._Element, row: int, column: int, span: int) -> Entry:
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise too_large(self.name)
        content: Content = []
        self.blocks(cell, content)
        return Entry(trimmed(content), 1, span, row, column)

    def _unwrap(self, parent: etree._Element, wanted: str) -> list[etree._Element]:
        """The rows of a table or cells of a row, also inside content controls."""
        found: list[etree._Element] = []
        for element in parent:
            tag = _LOCAL[element.tag]
            if tag == wanted:
                found.append(element)
            elif tag in _CHANGES:
                self._deleted()
            elif tag not in _IGNORED:
                found += self._unwrap(element, wanted)
        return found

    def _deleted(self) -> None:
        self.notes.append(
            Note("tracked_changes", "tracked changes in the document; what is marked as deleted was left out")
        )


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
