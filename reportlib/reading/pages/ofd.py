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
from xml.etree import ElementTree

from ...errors import ReadError
from ..document import Document, Note, Route
from ..limits import open_zip, part
from . import ocr as image
from .layout import Page, Ruling, blocks, runs, strokes

__all__ = ["read"]

POINT = 72 / 25.4  # points a millimetre
MAX_PAGES = 300
MAX_XML = 8_000_000  # bytes of one page
Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)


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
    with open_zip(data, name) as archive:
        package = _Package(archive, name)
        root = package.xml("OFD.xml")
        body = next((e.text or "" for e in _all(root, "DocRoot")), "")
        title = next((e.text or "" for e in _all(root, "Title")), "")
        path = package.path(body.strip(), "OFD.xml")
        document = package.xml(path)
        size = next((_numbers(e.text) for e in _all(document, "PhysicalBox")), [0.0, 0.0, 210.0, 297.0])
        templates = {e.get("ID", ""): e.get("BaseLoc", "") for e in _all(document, "TemplatePage")}
        places = [e.get("BaseLoc", "") for e in _all(document, "Page") if e.get("BaseLoc")]
        if len(places) > MAX_PAGES:
            hint = "Cut the annual report out of it"
            raise ReadError(
                f"the document has {len(places)} pages", file=name, expected=f"at most {MAX_PAGES}", hint=hint
            )
        media: dict[str, str] | None = None
        pages, notes = [], []
        for number, place in enumerate(places, start=1):
            location = package.path(place, path)
            content = package.xml(location)
            layers = [content]
            for template in _all(content, "Template"):
                base = templates.get(template.get("TemplateID", ""))
                if base:
                    layers.insert(0, package.xml(package.path(base, path)))
            own = next((_numbers(e.text) for e in _all(content, "PhysicalBox")), size)
            characters: list[tuple[str, float, float, float, float]] = []
            rulings: list[Ruling] = []
            pictures: list[ElementTree.Element] = []
            for layer in layers:
                pictures += _all(layer, "ImageObject")
                for item in _all(layer, "TextObject"):
                    characters += _characters(item)
                for item in _all(layer, "PathObject"):
                    rulings += _rulings(item)
            page = Page(number, own[2] * POINT, own[3] * POINT, runs(characters), rulings)
            largest = max(pictures, key=_area, default=None)
            if not page.words and largest is not None and _area(largest) > 0.05 * own[2] * own[3]:
                media = package.media(document, path) if media is None else media
                source = media.get(largest.get("ResourceID", ""), "")
                try:
                    pixels = image.decoded(package.bytes(source), f"{name}, {source}")[0]
                    page = image.in_points(
                        pixels, number, pixels.shape[1] / (_place(largest)[1][2] * POINT), name
                    )
                except ReadError as error:
                    if not image.available():
                        raise
                    notes.append(Note.of("picture_not_read", f"p. {number}", reason=str(error)))
            pages.append(page)
    if not any(page.words for page in pages):
        raise ReadError(
            "the document has no text", file=name, hint="Save its pages as pdf; those can be recognised"
        )
    found, more = blocks(pages, name)
    recognised = {word.confidence is not None for page in pages for word in page.words}
    route: Route = "mixed" if len(recognised) > 1 else "ocr" if True in recognised else "text"
    return Document(tuple(found), "ofd", route, title.strip(), (*notes, *more))


def _area(picture: ElementTree.Element) -> float:
    _, (_, _, wide, high) = _place(picture)
    return wide * high


class _Package:
    """The parts of the container."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive, self._name = archive, name
        self._names = {entry.lower(): entry for entry in archive.namelist()}

    def path(self, location: str, base: str) -> str:
        """A location, absolute or from the folder of the part that names it."""
        joined = location if location.startswith("/") else posixpath.join(posixpath.dirname(base), location)
        found = posixpath.normpath(joined).lstrip("/")
        return self._names.get(found.lower(), found)

    def media(self, document: ElementTree.Element, path: str) -> dict[str, str]:
        """Where the picture of each resource lies."""
        found: dict[str, str] = {}
        for tag in ("PublicRes", "DocumentRes"):
            for element in _all(document, tag):
                at = self.path((element.text or "").strip(), path)
                resources = self.xml(at)
                base = posixpath.join(resources.get("BaseLoc", ""), "")
                for medium in _all(resources, "MultiMedia"):
                    file = next((e.text or "" for e in _all(medium, "MediaFile")), "").strip()
                    found[medium.get("ID", "")] = self.path(file if file.startswith("/") else base + file, at)
        return found

    def bytes(self, path: str) -> bytes:
        """A part as it is."""
        return part(self._archive, path, self._name)

    def xml(self, path: str) -> ElementTree.Element:
        """A part, parsed; entities are refused."""
        content = self.bytes(path)
        if len(content) > MAX_XML:
            hint = "Cut the annual report out of it"
            raise ReadError(
                f"{path} has {len(content):,} bytes", file=self._name, expected="a page of text", hint=hint
            )
        try:
            if re.search(rb"<!(DOCTYPE|ENTITY)", content):
                raise ElementTree.ParseError("entities")
            return ElementTree.fromstring(content)
        except ElementTree.ParseError as error:
            hint = "Get the file again from its publisher"
            raise ReadError(f"{path} is damaged", file=self._name, hint=hint) from error


def _all(root: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    """Elements of that name, whatever their namespace."""
    return (e for e in root.iter() if e.tag.rpartition("}")[2] == tag)


def _numbers(text: str | None) -> list[float]:
    return [float(part) for part in (text or "").split()]


def _deltas(text: str | None) -> Iterator[float]:
    """Distances, where ``g 3 4.5`` stands for three times 4.5."""
    parts = iter((text or "").split())
    for word in parts:
        if word == "g":
            times = int(next(parts, "0"))
            distance = float(next(parts, "0"))
            yield from (distance for _ in range(min(times, 100_000)))
        else:
            yield float(word)


def _place(item: ElementTree.Element) -> tuple[Matrix, list[float]]:
    """An object's matrix with the corner of its boundary, to page coordinates; and its boundary."""
    boundary = _numbers(item.get("Boundary")) or [0.0, 0.0, 0.0, 0.0]
    a, b, c, d, e, f = _numbers(item.get("CTM")) or IDENTITY
    return (a, b, c, d, e + boundary[0], f + boundary[1]), boundary


def _at(m: Matrix, x: float, y: float) -> tuple[float, float]:
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]


def _characters(item: ElementTree.Element) -> Iterator[tuple[str, float, float, float, float]]:
    """The characters of a text object with their boxes, the baseline a fifth above the bottom."""
    matrix, _ = _place(item)
    size = float(item.get("Size") or 3.5)
    wide = size * float(item.get("HScale") or 1)
    x = y = 0.0
    for code in _all(item, "TextCode"):
        x, y = float(code.get("X") or x), float(code.get("Y") or y)
        across, down = _deltas(code.get("DeltaX")), _deltas(code.get("DeltaY"))
        left, base = x, y
        for char in (code.text or "").strip("\r\n"):
            width = wide if char > "\u2000" else wide / 2
            if not char.isspace():
                corners = [
                    _at(matrix, left + i * width, base - 0.8 * size + j * size)
                    for i in (0, 1)
                    for j in (0, 1)
                ]
                xs, ys = [p[0] * POINT for p in corners], [p[1] * POINT for p in corners]
                if min(abs(matrix[1]), abs(matrix[0])) < 0.05 * max(
                    abs(matrix[0]), abs(matrix[1])
                ):  # not aslant
                    yield char, min(xs), min(ys), max(xs), max(ys)
            step = next(across, None)
            fall = next(down, None)
            left += step if step is not None else 0.0 if fall is not None else width
            base += fall or 0.0


def _rulings(item: ElementTree.Element) -> Iterator[Ruling]:
    """The straight level lines of a path object: the sides of what is stroked, thin filled shapes."""
    matrix, _ = _place(item)
    stroked = item.get("Stroke", "true") != "false"
    data = next((e.text or "" for e in _all(item, "AbbreviatedData")), "")
    shapes: list[list[tuple[float, float]]] = []
    counts = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
    parts = data.split()
    at = 0
    while at < len(parts):
        command = parts[at]
        count = counts.get(command, 0)
        values = [float(v) for v in parts[at + 1 : at + 1 + count]]
        at += 1 + count
        if command in "SM" and len(values) == 2:
            shapes.append([_at(matrix, *values)])
        elif command == "L" and len(values) == 2 and shapes:
            shapes[-1].append(_at(matrix, *values))
        elif command == "C" and shapes:
            shapes[-1].append(shapes[-1][0])
        elif shapes:
            shapes.append([_at(matrix, values[-2], values[-1])] if len(values) > 1 else [])
    for shape in shapes:
        yield from strokes([(x * POINT, y * POINT) for x, y in shape], stroked)
