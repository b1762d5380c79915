"""What a file may cost before it is refused, in one place for all readers."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from ..errors import ReadError

__all__ = [
    "CUT_OUT", "MAX_AREA", "MAX_BYTES", "MAX_CELLS", "MAX_DEPTH", "MAX_LINES", "MAX_PART", "MAX_TABLE_DEPTH",
    "MAX_UNZIPPED", "ZIP_ERRORS", "damaged", "open_zip", "part", "protected", "too_large", "too_long",
]  # fmt: skip

MAX_BYTES = 200_000_000
"""Size of a file, in bytes."""
MAX_UNZIPPED = 200_000_000
"""Size of all that a zip container holds, in bytes."""
MAX_PART = 20_000_000
"""Size of one xml part, in bytes; the tree made of it takes thirty times as much."""
MAX_RATIO, SMALL_PART = 200, 2_000_000
"""How many times its size a part may inflate to; below `SMALL_PART` bytes the ratio says nothing."""
MAX_CELLS = 200_000
"""Table cells in a document. The three statutory tables have about 250."""
MAX_LINES = 100_000
"""Paragraphs in a document."""
MAX_AREA = 2_000_000
"""Rows times columns of one table, cells that only spans reach included."""
MAX_TABLE_DEPTH = 50
"""Tables within tables."""
MAX_DEPTH = 1_000
"""Elements within elements, for pages so large that the time to parse them matters."""

CUT_OUT = "If the report is in it, save its text and its three tables alone."
"""What to do with a document that is larger than a report."""

_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE = 1 << 20
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, EOFError, OSError, RuntimeError)
"""What the standard library raises on a damaged zip container (NotImplementedError is a RuntimeError)."""


def open_zip(data: bytes, name: str) -> zipfile.ZipFile:
    """Open a zip container, refusing one that is damaged or would inflate out of proportion.

    Parameters
    ----------
    data
        The file.
    name
        Its name, for the message.

    Raises
    ------
    ReadError
        If it cannot be opened or holds more than `MAX_UNZIPPED` bytes.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except ZIP_ERRORS as error:
        raise damaged("the container", name) from error
    entries = archive.infolist()
    stored = sum(entry.compress_size for entry in entries)
    inflated = sum(entry.file_size for entry in entries)
    # Entries that share their bytes (the tight bombs) declare more than the file has.
    if stored > len(data) or inflated > MAX_UNZIPPED:
        raise _bomb(f"at most {MAX_UNZIPPED // 1_000_000} MB", name)
    if any(entry.compress_type not in _PACKINGS for entry in entries):  # others inflate a block at once
        raise damaged("the container", name)
    if any(entry.flag_bits & 1 for entry in entries):
        raise protected(name)
    return archive


def part(archive: zipfile.ZipFile, path: str, name: str) -> bytes:
    """The bytes of one part of a container, counted while they inflate.

    Raises
    ------
    ReadError
        If the part is missing or damaged, larger than `MAX_PART`, or inflates to more than `MAX_RATIO` times
        its size.
    """
    pieces = []
    try:
        entry = archive.getinfo(path)
        left = min(MAX_PART, max(SMALL_PART, MAX_RATIO * entry.compress_size))
        with archive.open(entry) as stream:
            while piece := stream.read(_PIECE):
                pieces.append(piece)
                left -= len(piece)
                if left < 0:
                    raise _bomb(f"{path} of at most {MAX_PART // 1_000_000} MB", name)
    except KeyError as error:
        raise ReadError(
            f"{path} is missing in the container", file=name, hint="Get the file again."
        ) from error
    except ZIP_ERRORS as error:
        raise damaged("the container", name) from error
    return b"".join(pieces)


def too_large(file: str) -> ReadError:
    """The error for a table that no report has."""
    found = "a table is too large for a report"
    expected = f"at most {MAX_CELLS:,} cells"
    return ReadError(found, file=file, expected=expected, hint=CUT_OUT)


def too_long(file: str, most: int) -> ReadError:
    """The error for a document of more pages than a report has."""
    return ReadError(f"it has more than {most} pages", file=file, hint=CUT_OUT)


def _bomb(expected: str, name: str) -> ReadError:
    hint = "This is not how a report is made; get the file again from its publisher."
    found = "the container inflates out of all proportion"
    return ReadError(found, file=name, expected=expected, hint=hint)


def damaged(what: str, file: str) -> ReadError:
    """The error for what cannot be opened as it is."""
    hint = "Get the file again from its publisher."
    return ReadError(f"{what} is damaged or cut off", file=file, hint=hint)


def protected(file: str) -> ReadError:
    """The error for what a password locks."""
    hint = "Save it without the password first."
    return ReadError("the file is password-protected", file=file, hint=hint)
