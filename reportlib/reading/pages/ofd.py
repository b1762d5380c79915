"""OFD (GB/T 33190): a zip of xml with positioned text and paths, in millimetres.

Pages refer to templates and content by file; a text object's characters stand at X, Y and the
distances DeltaX, DeltaY from it. Both go to `layout` in points, as from pdf; a page without text
that has a picture is recognised as scans are.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from functools import partial
from math import prod
from typing import Any

import numpy as np
from lxml import etree

from ...errors import ReadError
from ..document import Document, Note, Notes
from ..limits import damaged, open_zip, part, too_long
from ..markup.ooxml import tree
from . import ocr
from .layout import document_of
from .ruled import strokes
from .words import UNREAD, Characters, PageContent, Point, Ruling, runs

__all__ = ["read"]

POINT = 72 / 25.4
"""Points a millimetre."""
MAX_PAGES = 300
"""Pages of a document."""
A4 = "0 0 210 297"
"""The page in millimetres where the document does not say its size."""
PICTURE = 0.05
"""Of a page without text: a larger picture is what stands on it."""
SIZE = 3.5
"""Millimetres; the size of text that does not say its own."""
ASCENT = 0.8
"""Of the size of text: what stands above the baseline, which is a fifth above the bottom."""
NARROW = 0.5
"""Of the size of text: how wide other than Chinese characters are where no distance says it."""
ASLANT = 0.05
"""Of a transform: with more across than that, text is neither level nor upright."""
PALE = 240
"""Of 255 in each colour: text that is as pale may not be seen."""
MAX_LINE = 10_000
"""Characters of a line."""
UNCHANGED = "1 0 0 1 0 0"
"""The transform of an object that does not say its own."""

_COMMAND = re.compile("([SMLQBAC])([^SMLQBAC]*)")
"""A command of a path and its numbers: start, move, line, three kinds of curves, close."""


def read(data: bytes, name: str) -> Document:
    """Read an OFD document.

    Parameters
    ----------
    data, name
        The file's bytes, and its name for messages.

    Returns
    -------
    Document
        Boxes in points from the top left corner. `route` is ``ocr`` where every page is a picture,
        ``mixed`` where some are.

    Raises
    ------
    ReadError
        Damaged, too large or empty; a scan while OCR is not installed.
    """
    notes: Notes = []
    with open_zip(data, name) as archive:
        package = _Package(archive, name)
        places = [place for page in package.document.iter("{*}Page") if (place := page.get("BaseLoc"))]
        if len(places) > MAX_PAGES:
            raise too_long(name, MAX_PAGES)
        pages = [_read_page(package, number, place, notes) for number, place in enumerate(places, start=1)]
    if not any(page.words for page in pages):
        hint = "Save its pages as pdf; those can be recognised"
        raise ReadError("the document has no text", file=name, hint=hint)
    return document_of(pages, name, "ofd", notes, package.title)


class _Package:
    """The parts of the container.

    Attributes
    ----------
    name
        The file's name for messages.
    title
        The title that the document gives itself, or ''.
    document
        The part that lists pages, templates and resources.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.name = name
        self._archive = archive
        self._names = {entry.lower(): entry for entry in archive.namelist()}
        root = self.xml("OFD.xml")
        self.title = _text(root, "Title")
        self._place = self.path(_text(root, "DocRoot"), "OFD.xml")
        self.document = self.xml(self._place)
        self._templates = {e.get("ID"): e.get("BaseLoc", "") for e in self.document.iter("{*}TemplatePage")}

    def path(self, location: str, base: str) -> str:
        """A location, absolute or from the folder of the part that names it."""
        found = posixpath.normpath(posixpath.join("/", posixpath.dirname(base), location)).lstrip("/")
        return self._names.get(found.lower(), found)

    def page(self, place: str) -> list[etree._Element]:
        """A page behind the templates that lie under it."""
        page = self.xml(self.path(place, self._place))
        bases = [self._templates.get(element.get("TemplateID")) for element in page.iter("{*}Template")]
        return [*(self.xml(self.path(base, self._place)) for base in reversed(bases) if base), page]

    def picture(self, number: str) -> bytes:
        """The bytes of a picture among the resources."""
        path = ""
        for element in self.document.iter("{*}PublicRes", "{*}DocumentRes"):
            at = self.path((element.text or "").strip(), self._place)
            resources = self.xml(at)
            for medium in resources.iterfind(f".//{{*}}MultiMedia[@ID='{number}']"):
                file = posixpath.join(resources.get("BaseLoc", ""), _text(medium, "MediaFile"))
                path = self.path(file, at)
        return part(self._archive, path, self.name)

    def xml(self, path: str) -> etree._Element:
        """A part, parsed.

        Raises
        ------
        ReadError
            If it is missing or damaged, or declares entities.
        """
        if path not in self._archive.namelist():
            raise damaged(path, self.name)
        return tree(self._archive, path, self.name)


# ------------------------------------------------------------------------------ pages


def _read_page(package: _Package, number: int, place: str, notes: Notes) -> PageContent:
    layers = package.page(place)
    size = _text(layers[-1], "PhysicalBox") or _text(package.document, "PhysicalBox") or A4
    _, _, width, height = map(float, size.split())
    texts = _objects(layers, "Text")
    seen = [item for item in texts if not _is_hidden(item)]
    if len(seen) < len(texts):
        notes.append(Note("hidden_text", f"p. {number}"))
    rulings = [ruling for item in _objects(layers, "Path") for ruling in _rulings(item)]
    page = PageContent(number, width * POINT, height * POINT, runs(_characters(seen)), rulings)
    largest = max(_objects(layers, "Image"), key=_area, default=None)
    if page.words or largest is None or _area(largest) <= PICTURE * width * height:
        return page
    return ocr.where_possible(partial(_recognised, package, page, largest), page, notes)


def _objects(layers: list[etree._Element], kind: str) -> list[etree._Element]:
    """The objects of a kind on a page."""
    return [item for layer in layers for item in layer.iter(f"{{*}}{kind}Object")]


def _recognised(package: _Package, page: PageContent, picture: etree._Element) -> PageContent:
    """The page as it is recognised from its picture."""
    data = package.picture(picture.get("ResourceID", ""))
    pixels = ocr.decoded(data, package.name)[0]
    unit = pixels.shape[1] / (_boundary(picture)[2] * POINT)
    return ocr.recognise(pixels, page.number, unit, package.name)


def _area(picture: etree._Element) -> float:
    return prod(_boundary(picture)[2:])


def _text(root: etree._Element, tag: str) -> str:
    """The text of the first element of that name, whatever its namespace, or ''."""
    return (root.findtext(f".//{{*}}{tag}") or "").strip()


def _boundary(item: etree._Element) -> list[float]:
    """Where an object stands on the page: left, top, width, height in millimetres."""
    return [float(edge) for edge in item.get("Boundary", "0 0 0 0").split()]


def _transform(item: etree._Element) -> Any:
    """From an object's coordinates to the page's in points: two lines to multiply with, one to add."""
    lines = np.array(item.get("CTM", UNCHANGED).split(), float).reshape(3, 2)
    lines[2] += _boundary(item)[:2]
    return lines * POINT


# ------------------------------------------------------------------------------ text


def _is_hidden(item: etree._Element) -> bool:
    """Whether a text object is switched off, transparent or not painted."""
    if item.get("Visible") == "false" or item.get("Alpha") == "0":
        return True
    return item.get("Fill") == "false" and item.get("Stroke") != "true"


def _is_pale(item: etree._Element) -> bool:
    """Whether a text object has the colour of paper; what is under it may be dark."""
    colours = [colour.get("Value", "0").split() for colour in item.iter("{*}FillColor")]
    return any(min(map(float, colour)) >= PALE for colour in colours)


def _characters(items: list[etree._Element]) -> Characters:
    """The characters of text objects; a figure that may not be seen cannot be read."""
    text = ""
    boxes = [np.zeros((0, 4))]
    for item in items:
        pale = _is_pale(item)
        for line, places in _lines(item):
            text += re.sub(r"\d", UNREAD, line) if pale else line
            boxes.append(places)
    keep = np.array([not char.isspace() for char in text], bool)
    return Characters(text, np.concatenate(boxes), np.arange(len(text))).but(keep)


def _lines(item: etree._Element) -> Iterator[tuple[str, Any]]:
    """The texts of a text object with a box for each character; none of what is written aslant."""
    transform = _transform(item)
    along = np.abs(transform[0])
    if along.min() >= ASLANT * along.max():
        return
    size = float(item.get("Size") or SIZE)
    wide = size * float(item.get("HScale") or 1)
    x = y = 0.0
    for code in item.iter("{*}TextCode"):
        x = float(code.get("X") or x)
        y = float(code.get("Y") or y)
        text = (code.text or "").strip("\r\n")
        if text:
            widths = np.array([wide if char > "\u2000" else wide * NARROW for char in text])
            low = _starts(code, widths)
            low += x, y - ASCENT * size
            high = low + np.stack([widths, np.full(len(text), size)], axis=1)
            corners = [corner @ transform[:2] + transform[2] for corner in (low, high)]
            yield text, np.concatenate([np.minimum(*corners), np.maximum(*corners)], axis=1)


def _starts(code: etree._Element, widths: Any) -> Any:
    """How far from the first each character starts on its baseline, across and down."""
    across, down = (_deltas(code.get(name, ""))[: len(widths) - 1] for name in ("DeltaX", "DeltaY"))
    steps = np.zeros((len(widths), 2))
    steps[1:, 0] = widths[:-1]
    steps[1 : 1 + len(down), 0] = 0
    steps[1 : 1 + len(across), 0] = across
    steps[1 : 1 + len(down), 1] = down
    return steps.cumsum(axis=0)


def _deltas(text: str) -> list[float]:
    """Distances, where ``g 3 4.5`` stands for three times 4.5."""
    found: list[float] = []
    words = iter(text.split())
    for word in words:
        if word == "g":
            times = min(int(next(words, "0")), MAX_LINE)
            found += [float(next(words, "0"))] * times
        else:
            found.append(float(word))
    return found


# ------------------------------------------------------------------------------ paths


def _rulings(item: etree._Element) -> Iterator[Ruling]:
    """The straight level lines of a path object: the sides of what is stroked, thin filled shapes."""
    if item.get("Visible") == "false":
        return
    stroked = item.get("Stroke", "true") != "false"
    for shape in _shapes(_transform(item), _text(item, "AbbreviatedData")):
        yield from strokes(shape, stroked)


def _shapes(transform: Any, data: str) -> list[list[Point]]:
    """The points of a path's stretches of straight lines, on the page."""
    shapes: list[list[Point]] = []
    for command, operands in _COMMAND.findall(data):
        values = [float(word) for word in operands.split()[-2:]]
        point = [tuple((values @ transform[:2] + transform[2]).tolist())] if len(values) > 1 else []
        if command == "L" and shapes:
            shapes[-1] += point
        elif command == "C" and shapes:
            shapes[-1] += shapes[-1][:1]
        elif command != "L":  # a start, or a curve: the next line starts where it ends
            shapes.append(point)
    return shapes
