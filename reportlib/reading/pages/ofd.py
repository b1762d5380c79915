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
from functools import cached_property, partial
from typing import Any
from xml.etree import ElementTree

from ...errors import ReadError
from ..document import Document, Note
from ..limits import open_zip, part
from . import ocr
from .layout import PageContent, Ruling, blocks, route_of, runs, strokes
from .words import UNREAD, Characters

__all__ = ["read"]

POINT = 72 / 25.4
"""Points a millimetre."""
MAX_PAGES = 300
"""Pages of a document."""
MAX_XML = 8_000_000
"""Bytes of one page."""
A4 = [0.0, 0.0, 210.0, 297.0]
"""The page in millimetres where the document does not say its size."""
PICTURE = 0.05
"""Of a page without text: a larger picture is what stands on it."""
SIZE = 3.5
"""Millimetres; the size of text that does not say its own."""
ASCENT = 0.8
"""Of the size of text: what stands above the baseline."""
NARROW = 0.5
"""Of the size of text: how wide other than Chinese characters are where no distance says it."""
ASLANT = 0.05
"""Of a transform: with more across than that, text is neither level nor upright."""
PALE = 240
"""Of 255 in each colour: text that is as pale may not be seen."""

_Element = ElementTree.Element
_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1, 0, 0, 1, 0, 0)
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
    notes: list[Note] = []
    with open_zip(data, name) as archive:
        package = _Package(archive, name)
        places = [place for page in _all(package.document, "Page") if (place := page.get("BaseLoc"))]
        if len(places) > MAX_PAGES:
            found, hint = f"the document has {len(places)} pages", "Cut the annual report out of it"
            raise ReadError(found, file=name, expected=f"at most {MAX_PAGES}", hint=hint)
        pages = [_read_page(package, number, place, notes) for number, place in enumerate(places, start=1)]
    if not any(page.words for page in pages):
        hint = "Save its pages as pdf; those can be recognised"
        raise ReadError("the document has no text", file=name, hint=hint)
    found_blocks, more = blocks(pages, name)
    return Document(tuple(found_blocks), "ofd", route_of(pages), package.title, (*notes, *more))


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
        self.size = next((_numbers(e.text) for e in _all(self.document, "PhysicalBox")), A4)
        self._templates = {e.get("ID"): e.get("BaseLoc", "") for e in _all(self.document, "TemplatePage")}

    def path(self, location: str, base: str) -> str:
        """A location, absolute or from the folder of the part that names it."""
        joined = location if location.startswith("/") else posixpath.join(posixpath.dirname(base), location)
        found = posixpath.normpath(joined).lstrip("/")
        return self._names.get(found.lower(), found)

    def page(self, place: str) -> tuple[_Element, list[_Element]]:
        """A page, and the templates that lie under it."""
        page = self.xml(self.path(place, self._place))
        bases = [self._templates.get(element.get("TemplateID")) for element in _all(page, "Template")]
        return page, [self.xml(self.path(base, self._place)) for base in reversed(bases) if base]

    def picture(self, number: str) -> tuple[str, bytes]:
        """Where the picture of a resource lies, and its bytes."""
        path = self._media.get(number, "")
        return path, self.bytes(path)

    @cached_property
    def _media(self) -> dict[str, str]:
        """Where the picture of each resource lies."""
        found = {}
        lists = [*_all(self.document, "PublicRes"), *_all(self.document, "DocumentRes")]
        for at in [self.path((element.text or "").strip(), self._place) for element in lists]:
            resources = self.xml(at)
            base = resources.get("BaseLoc", "")
            for medium in _all(resources, "MultiMedia"):
                file = posixpath.join(base, _text(medium, "MediaFile"))
                found[medium.get("ID", "")] = self.path(file, at)
        return found

    def bytes(self, path: str) -> bytes:
        """A part as it is."""
        return part(self._archive, path, self.name)

    def xml(self, path: str) -> _Element:
        """A part, parsed; entities are refused."""
        content = self.bytes(path)
        if len(content) > MAX_XML:
            found, hint = f"{path} has {len(content):,} bytes", "Cut the annual report out of it"
            raise ReadError(found, file=self.name, expected="a page of text", hint=hint)
        try:
            if re.search(rb"<!(DOCTYPE|ENTITY)", content):
                raise ElementTree.ParseError("entities")
            return ElementTree.fromstring(content)
        except ElementTree.ParseError as error:
            hint = "Get the file again from its publisher"
            raise ReadError(f"{path} is damaged", file=self.name, hint=hint) from error


# ------------------------------------------------------------------------------ pages


def _read_page(package: _Package, number: int, place: str, notes: list[Note]) -> PageContent:
    content, templates = package.page(place)
    _, _, width, height = next((_numbers(e.text) for e in _all(content, "PhysicalBox")), package.size)
    texts: list[_Element] = []
    rulings: list[Ruling] = []
    pictures: list[_Element] = []
    for layer in (*templates, content):
        pictures += _all(layer, "ImageObject")
        texts += _all(layer, "TextObject")
        for item in _all(layer, "PathObject"):
            rulings += _rulings(item)
    seen = [item for item in texts if not _is_hidden(item)]
    if len(seen) < len(texts):
        notes.append(Note("hidden_text", f"p. {number}"))
    page = PageContent(number, width * POINT, height * POINT, runs(_characters(seen)), rulings)
    largest = max(pictures, key=_area, default=None)
    if page.words or largest is None or _area(largest) <= PICTURE * width * height:
        return page
    return ocr.where_possible(partial(_recognised, package, page, largest), page, notes)


def _recognised(package: _Package, page: PageContent, picture: _Element) -> PageContent:
    """The page as it is recognised from its picture."""
    source, data = package.picture(picture.get("ResourceID", ""))
    pixels = ocr.decoded(data, f"{package.name}, {source}")[0]
    _, (_, _, width, _) = _place(picture)
    return ocr.recognise(pixels, page.number, pixels.shape[1] / (width * POINT), package.name)


def _area(picture: _Element) -> float:
    _, (_, _, width, height) = _place(picture)
    return width * height


def _all(root: _Element, tag: str) -> Iterator[_Element]:
    """Elements of that name, whatever their namespace."""
    return (e for e in root.iter() if e.tag.rpartition("}")[2] == tag)


def _text(root: _Element, tag: str) -> str:
    """The text of the first element of that name, or ''."""
    return next((e.text or "" for e in _all(root, tag)), "").strip()


def _numbers(text: str | None) -> list[float]:
    return [float(word) for word in (text or "").split()]


def _place(item: _Element) -> tuple[_Matrix, list[float]]:
    """An object's matrix with the corner of its boundary, to page coordinates; and its boundary."""
    boundary = _numbers(item.get("Boundary")) or [0.0, 0.0, 0.0, 0.0]
    a, b, c, d, e, f = _numbers(item.get("CTM")) or _IDENTITY
    return (a, b, c, d, e + boundary[0], f + boundary[1]), boundary


def _at(m: _Matrix, x: Any, y: Any) -> tuple[Any, Any]:
    """A point on the page, in points; or arrays of them."""
    return (m[0] * x + m[2] * y + m[4]) * POINT, (m[1] * x + m[3] * y + m[5]) * POINT


# ------------------------------------------------------------------------------ text


def _is_hidden(item: _Element) -> bool:
    """Whether a text object is switched off, transparent or not painted."""
    if item.get("Visible") == "false" or item.get("Alpha") == "0":
        return True
    return item.get("Fill") == "false" and item.get("Stroke") != "true"


def _is_pale(item: _Element) -> bool:
    """Whether a text object has the colour of paper; what is under it may be dark."""
    colours = [_numbers(colour.get("Value")) for colour in _all(item, "FillColor")]
    return any(colour and min(colour) >= PALE for colour in colours)


def _characters(items: list[_Element]) -> Characters:
    """The characters of text objects; a figure that may not be seen cannot be read."""
    import numpy as np

    text, boxes = "", [np.zeros((0, 4))]
    for item in items:
        pale = _is_pale(item)
        for line, places in _lines(item):
            text += re.sub(r"\d", UNREAD, line) if pale else line
            boxes.append(places)
    keep = np.array([not char.isspace() for char in text], bool)
    return Characters(text, np.concatenate(boxes), np.arange(len(text))).but(keep)


def _lines(item: _Element) -> Iterator[tuple[str, Any]]:
    """The texts of a text object with a box for each character; none of what is written aslant."""
    import numpy as np

    matrix, _ = _place(item)
    a, b, *_ = map(abs, matrix)
    if min(a, b) >= ASLANT * max(a, b):
        return
    size = float(item.get("Size") or SIZE)
    wide = size * float(item.get("HScale") or 1)
    x = y = 0.0
    for code in _all(item, "TextCode"):
        x, y = float(code.get("X") or x), float(code.get("Y") or y)
        text = (code.text or "").strip("\r\n")
        if text:
            widths = np.array([wide if char > "\u2000" else wide * NARROW for char in text])
            left, base = _starts(code, widths)
            # The baseline is a fifth above the bottom.
            top = y + base - ASCENT * size
            x0, y0 = _at(matrix, x + left, top)
            x1, y1 = _at(matrix, x + left + widths, top + size)
            low, high = (np.minimum(x0, x1), np.minimum(y0, y1)), (np.maximum(x0, x1), np.maximum(y0, y1))
            yield text, np.stack([*low, *high], axis=1)


def _starts(code: _Element, widths: Any) -> tuple[Any, Any]:
    """How far from the first each character starts on its baseline, across and down."""
    import numpy as np

    many = len(widths)
    across, down = (_deltas(code.get(name), many) for name in ("DeltaX", "DeltaY"))
    across += [0.0] * (len(down) - len(across))
    steps = [0.0, *across, *widths[len(across) :]], [0.0, *down, *[0.0] * many]
    return np.cumsum(steps[0][:many]), np.cumsum(steps[1][:many])


def _deltas(text: str | None, most: int) -> list[float]:
    """Distances, where ``g 3 4.5`` stands for three times 4.5."""
    found: list[float] = []
    words = iter((text or "").split())
    for word in words:
        if word == "g":
            times = min(int(next(words, "0")), most)
            found += [float(next(words, "0"))] * times
        else:
            found.append(float(word))
    return found[:most]


# ------------------------------------------------------------------------------ paths


def _rulings(item: _Element) -> Iterator[Ruling]:
    """The straight level lines of a path object: the sides of what is stroked, thin filled shapes."""
    if item.get("Visible") == "false":
        return
    matrix, _ = _place(item)
    stroked = item.get("Stroke", "true") != "false"
    for shape in _shapes(matrix, _text(item, "AbbreviatedData")):
        yield from strokes(shape, stroked)


def _shapes(matrix: _Matrix, data: str) -> list[list[tuple[float, float]]]:
    """The points of a path's stretches of straight lines, on the page."""
    shapes: list[list[tuple[float, float]]] = []
    for command, operands in _COMMAND.findall(data):
        values = _numbers(operands)
        point = [_at(matrix, *values[-2:])] if len(values) > 1 else []
        if command == "L" and shapes:
            shapes[-1] += point
        elif command == "C" and shapes:
            shapes[-1] += shapes[-1][:1]
        elif command != "L":  # a start, or a curve: the next line starts where it ends
            shapes.append(point)
    return shapes
