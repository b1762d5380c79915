"""A file -> a `Document`: one module per family of formats, chosen by what the file holds.

Bytes and a name come in; a `Document` or a `ReadError` goes out. No label of the form is known here, and no
number is interpreted.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from ..errors import ReadError
from .document import Document, Note
from .encoding import decode
from .limits import MAX_BYTES, ZIP_ERRORS

__all__ = ["read_document", "sniff", "with_pictures"]

_READERS = {
    "html": "markup.html", "docx": "markup.docx", "xlsx": "markup.xlsx", "xls": "markup.xlsx",
    "text": "markup.text",
    "doc": "markup.doc", "pdf": "pages.pdf", "image": "pages.ocr", "ofd": "pages.ofd",
}  # fmt: skip
"""The module that reads each kind of file."""

_SIGNATURES = (
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n", "image"), (b"\xff\xd8\xff", "image"), (b"BM", "image"), (b"GIF8", "image"),
    (b"II*\x00", "image"), (b"MM\x00*", "image"), (b"RIFF", "riff"), (b"Rar!", "archive"), (b"7z\xbc\xaf",
    "archive"),
    (b"\x1f\x8b", "archive"),
)  # fmt: skip
"""How files begin."""

_PARTS = (
    ("word/", "docx"),
    ("xl/worksheets/", "xlsx"),
    ("OFD.xml", "ofd"),
    ("ppt/", "slides"),
    ("content.xml", "odf"),
)
"""What zip containers hold."""

_STREAMS = (("EncryptedPackage", "protected"), ("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"))
"""What OLE containers hold."""

_UNREAD = {
    "empty": ("the file is empty", "Get it again from its publisher."),
    "zip": ("a zip archive, not a report", "Unpack it and add the files in it."),
    "archive": ("an archive, not a report", "Unpack it and add the files in it."),
    "damaged": ("the container is damaged or cut off", "Get the file again from its publisher."),
    "protected": ("the file is password-protected", "Save it without the password first."),
    "rtf": ("a file in Rich Text Format", "Open it in Word or WPS and save it as docx."),
    "wordml": (
        "a Word or Excel file saved as a single xml",
        "Open it in Word, Excel or WPS and save it as docx or xlsx.",
    ),
    "odf": ("an OpenDocument file", "Open it in LibreOffice and save it as docx or xlsx."),
    "slides": ("a presentation", "Save it as pdf."),
    "ole": ("an Office file of 97-2003 that holds neither text nor sheets", "Open it and save it as docx."),
    "unknown": (
        "the contents are of no kind that is known",
        "Open it in its program and save it as docx or pdf.",
    ),
}
"""What is recognised and not read, and what to do about it."""

_PAGE = re.compile(r"\s*<[a-z!?]|.*<t[dr]\b", re.IGNORECASE | re.DOTALL)
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\ufffd]")
_XML = re.compile(
    r"<\?mso-application|<w:wordDocument|<pkg:package|urn:schemas-microsoft-com:office:spreadsheet", re.I
)
_ARCHIVED_PAGE = re.compile(r"^mime-version:.*multipart/related", re.I | re.S | re.M)
_HEAD = 100_000
_LONGEST_REASON = 200  # characters of what a library says
_LEAST_WIDTH, _LEAST_HEIGHT = 300, 60
"""Pixels of a picture that can hold a table's row; icons are smaller."""


def read_document(data: bytes, name: str) -> Document:
    """Read a file of any known format into a `Document`.

    Parameters
    ----------
    data
        The file.
    name
        Its name, for messages only; the format is told from the contents.

    Raises
    ------
    ReadError
        If the format is not known or the file is damaged, protected or out of all proportion.
    """
    if len(data) > MAX_BYTES:
        raise ReadError(
            f"{len(data):,} bytes are too many for a report",
            file=name,
            expected=f"at most {MAX_BYTES:,}",
            hint="Cut the report out and save it alone.",
        )
    kind = sniff(data)
    if kind in _UNREAD:
        found, hint = _UNREAD[kind]
        raise ReadError(found, file=name, hint=hint)
    module = import_module(f".{_READERS[kind]}", __package__)
    try:
        document: Document = module.read(data, name)
    except ReadError:
        raise
    except (Exception, RecursionError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ReadError(
            f"the file cannot be read as {kind} ({reason[:_LONGEST_REASON]})",
            file=name,
            hint="It may be damaged: open it in its program and save it again.",
        ) from error
    return document


def with_pictures(document: Document, data: bytes, name: str, folder: Path | None = None) -> Document:
    """A document with what stands in its pictures, behind its text.

    Parameters
    ----------
    document
        The document, as `read_document` gave it.
    data, name
        The file it was read from, and its name for messages.
    folder
        Where the file's own pictures may lie beside it.

    Returns
    -------
    Document
        Read by ``mixed`` route where anything was recognised. A picture too small to hold a table is passed
        over; one that cannot be read is a note, ``picture_not_read``.
    """
    found = import_module(f".{_READERS[document.format]}", __package__).pictures(document, data, name, folder)
    blocks = document.blocks
    notes = document.notes
    for number, picture in enumerate(found, 1):
        place = f"picture {number}"
        if sniff(picture) != "image":
            notes += (Note.of("picture_not_read", place, reason={"say": "picture_kind"}),)
        elif _may_hold_a_table(picture):
            try:
                blocks += read_document(picture, f"{name}, {place}").blocks
            except ReadError as error:
                notes += (Note.of("picture_not_read", place, reason=f"{error.found}. {error.hint}"),)
    route = document.route if blocks == document.blocks else "mixed"
    return replace(document, blocks=blocks, notes=notes, route=route)


def _may_hold_a_table(picture: bytes) -> bool:
    """Whether a picture is large enough; one that says nothing of its size may be."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture)) as opened:
            return opened.width >= _LEAST_WIDTH and opened.height >= _LEAST_HEIGHT
    except Exception:  # whatever is wrong with it is said where it is read
        return True


def sniff(data: bytes) -> str:
    """The kind of a file, by its contents: ``html``, ``docx``, …, or a kind that is not read."""
    if not data.strip(b" \t\r\n\x00"):
        return "empty"
    kind = next((kind for start, kind in _SIGNATURES if data.startswith(start)), "")
    if kind == "zip":
        return _sniff_zip(data)
    if kind == "ole":
        return _sniff_ole(data)
    if kind == "riff":
        return "image" if data[8:12] == b"WEBP" else "unknown"
    if kind:
        return kind
    if b"%PDF-" in data[:1024]:
        return "pdf"
    return _sniff_text(data)


def _sniff_zip(data: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except ZIP_ERRORS:
        return "damaged"
    for start, kind in _PARTS:
        if any(name.startswith(start) for name in names):
            return kind
    return "zip"


def _sniff_ole(data: bytes) -> str:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            return next((kind for stream, kind in _STREAMS if container.exists(stream)), "ole")
    except Exception:  # olefile lets every kind of error through on damaged files
        return "damaged"


def _sniff_text(data: bytes) -> str:
    text, _ = decode(data[:_HEAD])
    start = text[:4000]
    if len(_NO_TEXT.findall(start)) > 2 + len(start) // 500:
        return "unknown"
    if _XML.search(start):
        return "wordml"
    return "html" if _PAGE.match(text) or _ARCHIVED_PAGE.search(start) else "text"
