"""OFD (GB/T 33190): a zip of xml with positioned text and paths, in millimetres.

Pages refer to templates and content by file; a text object's characters stand at X, Y and the
distances DeltaX, DeltaY from it. Both go to `layout` in points, as from pdf.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from ..document import Document, Note
from ..errors import ReadError
from ..layout import Page, Ruling, Word, blocks, runs, strokes
from .limits import open_zip, part

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
        Boxes in points from the top left corner.

    Raises
    ------
    ReadError
        Damaged, too large, or without text (a scan in OFD).
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
        pages, pictures = [], 0
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
            for layer in layers:
                pictures += sum(1 for _ in _all(layer, "ImageObject"))
                for item in _all(layer, "TextObject"):
                    characters += _characters(item)
                for item in _all(layer, "PathObject"):
                    rulings += _rulings(item)
            words: list[Word] = runs(characters)
            pages.append(Page(number, own[2] * POINT, own[3] * POINT, words, rulings))
    if not any(page.words for page in pages):
        hint = "Save its pages as pdf or as pictures; those can be recognised" if pictures else "Look at the file"
        raise ReadError("the document has no text", file=name, hint=hint)
    found, notes = blocks(pages, name)
    if pictures and any(not page.words for page in pages):
        notes = [*notes, Note("pages_without_text", "some pages are pictures and were not read")]
    return Document(tuple(found), "ofd", "text", title.strip(), tuple(notes))


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

    def xml(self, path: str) -> ElementTree.Element:
        """A part, parsed; entities are refused."""
        content = part(self._archive, path, self._name)
        if len(content) > MAX_XML:
            hint = "Cut the annual report out of it"
            raise ReadError(f"{path} has {len(content):,} bytes", file=self._name, expected="a page of text", hint=hint)
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
                corners = [_at(matrix, left + i * width, base - 0.8 * size + j * size) for i in (0, 1) for j in (0, 1)]
                xs, ys = [p[0] * POINT for p in corners], [p[1] * POINT for p in corners]
                if min(abs(matrix[1]), abs(matrix[0])) < 0.05 * max(abs(matrix[0]), abs(matrix[1])):  # not aslant
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
