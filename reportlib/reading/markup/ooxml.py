"""What Word documents and workbooks share: xml parts that refer to each other, and how runs of text look."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from ...errors import ReadError
from ..document import Document
from ..limits import open_zip, part
from .flow import Look

__all__ = ["LOCAL", "Relation", "ground_of", "is_paper", "look_of", "pictures", "related", "said", "tree"]

_OFF = ("0", "false", "off", "none")
_TOGGLES = {"vanish": "invisible", "strike": "struck", "dstrike": "struck"}
_PALE = re.compile(r"white|(?:00|ff)?(?:f[8-9a-f]){3}", re.IGNORECASE)
_LONGEST_REASON = 200  # characters of what the parser says
_NO_GROUND = ("auto", "clear", "none", "")


class _LocalNames(dict[object, str]):
    """Names without their namespace, each worked out once; '' for comments."""

    def __missing__(self, tag: object) -> str:
        self[tag] = name = tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""
        return name


LOCAL = _LocalNames()
"""An element's name without its namespace, in which the forms of the standard differ."""


class Relation(NamedTuple):
    """What a part refers to: of which kind it is, and the path of the part."""

    kind: str
    path: str


def tree(archive: zipfile.ZipFile, path: str, name: str) -> etree._Element:
    """A part, parsed; an empty element if there is none at the path.

    Raises
    ------
    ReadError
        If it is no xml, or declares a document type.
    """
    if path not in archive.namelist():
        return etree.Element("none")
    xml = part(archive, path, name)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    why = "it declares a document type"  # no program writes one; entities can grow without limit
    if b"<!DOCTYPE" not in xml.replace(b"\0", b""):
        try:
            return etree.fromstring(xml, parser)
        except etree.XMLSyntaxError as error:
            why = " ".join((error.msg or "").split())[:_LONGEST_REASON]
    hint = "Open it in Word, Excel or WPS, repair and save it."
    raise ReadError(f"{path} is not valid ({why})", file=name, hint=hint)


def related(archive: zipfile.ZipFile, path: str, name: str) -> dict[str, Relation]:
    """The parts of the container that the part at `path` refers to ('': the container itself), by key."""
    folder, file = posixpath.split(path)
    found = {}
    for relation in tree(archive, posixpath.join(folder, "_rels", f"{file}.rels"), name):
        target = posixpath.join("/", folder, relation.get("Target", ""))
        if relation.get("TargetMode") != "External":
            kind = posixpath.basename(relation.get("Type", ""))
            found[relation.get("Id", "")] = Relation(kind, posixpath.normpath(target).lstrip("/"))
    return found


def pictures(document: Document, data: bytes, name: str, folder: Path | None = None) -> list[bytes]:
    """The pictures in a document or a workbook, in reading order."""
    archive = open_zip(data, name)
    return [part(archive, path, name) for path in document.pictures]


def said(element: etree._Element | None) -> dict[str, str]:
    """The attributes of an element, by their names without namespace."""
    return {} if element is None else {LOCAL[key]: str(value) for key, value in element.items()}


def look_of(properties: Iterable[etree._Element] | None, around: Look) -> Look:
    """How text shows by the properties of a run, a style or a font."""
    changes: dict[str, Any] = {}
    for element in () if properties is None else properties:
        tag = LOCAL[element.tag]
        own = said(element)
        value = own.get("val", "on")
        if aspect := _TOGGLES.get(tag):
            changes[aspect] = value not in _OFF
        elif tag == "vertAlign":
            changes["raised"] = value == "superscript"
        elif tag == "position":  # raised by so many half points
            changes["raised"] = value.strip("0").isdecimal()
        elif tag == "color":
            changes["pale"] = is_paper(own)
        elif tag in ("shd", "highlight"):
            changes["dark"] = ground_of(own, around.dark)
    return around._replace(**changes) if changes else around


def is_paper(colour: dict[str, str]) -> bool:
    """Whether a colour is that of paper: by its value, or the first of the theme that is not darkened."""
    if float(colour.get("tint", 0)) < 0:
        return False
    return (
        colour.get("theme") == "0" or _PALE.fullmatch(colour.get("rgb") or colour.get("val", "")) is not None
    )


def ground_of(shading: dict[str, str], around: bool | None) -> bool | None:
    """Whether text stands on a colour by its shading; `around` where that says nothing."""
    ground = shading.get("fill") or shading.get("val", "")
    return around if ground in _NO_GROUND else _PALE.fullmatch(ground) is None
