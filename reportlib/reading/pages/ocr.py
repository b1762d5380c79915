"""Scans and pictures: offline recognition, bounded before it starts, and kept in a cache."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from ...errors import ReadError
from ...files import write
from ..document import Document, Note, Notes
from ..limits import damaged, too_long
from .layout import document_of
from .models import available, model_path
from .pixels import SCALE
from .scan import read_scan, ruled_tables
from .words import PageContent, Ruling, Word

__all__ = [
    "MAX_SCANS",
    "SCALE",
    "available",
    "decoded",
    "read",
    "recognise",
    "ruled_tables",
    "where_possible",
]

VERSION = 21
"""Part of the cache's key: raise it when the same picture would be read otherwise."""
MAX_PIXELS = 60_000_000
"""Pixels of a picture."""
MAX_SCANS = 16
"""Pages of a document that are recognised; of more, those that have a ruled table."""
WIDE = 595
"""Points across a picture that does not say its size: A4."""


def read(data: bytes, name: str) -> Document:
    """Read a picture of a page (png, jpg and what else Pillow opens).

    Parameters
    ----------
    data, name
        The file's bytes, and its name for messages.

    Returns
    -------
    Document
        Boxes in points of the straightened picture, which counts as `WIDE` points wide; every cell has a
        confidence. Ink that was not recognised is U+FFFD with confidence 0.

    Raises
    ------
    ReadError
        Not a picture, too large, or OCR is not installed.
    """
    pages: list[PageContent] = []
    notes: Notes = []
    frames = decoded(data, name)
    for number, pixels in enumerate(frames, 1):
        recognised = partial(recognise, pixels, number, pixels.shape[1] / WIDE, name)
        unread = PageContent(number, 0, 0, [])
        pages.append(where_possible(recognised, unread, notes) if len(frames) > 1 else recognised())
    if len(notes) == len(frames):
        hint = "Save it as a pdf with text, or as pictures of one page each"
        raise ReadError("no page of the picture can be recognised", file=name, hint=hint)
    return document_of(pages, name, "image", notes)


def decoded(data: bytes, name: str) -> list[Any]:
    """The pages of a picture file, each an array, height x width x 3, RGB, upright by its own word."""
    import numpy as np
    from PIL import Image, ImageOps, ImageSequence

    try:
        with Image.open(BytesIO(data)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ReadError(
                    f"the picture has {picture.width} x {picture.height} pixels",
                    file=name,
                    expected=f"at most {MAX_PIXELS:,}",
                    hint="Scan the page at 200 to 300 dots per inch",
                )
            frames = []
            for frame in islice(ImageSequence.Iterator(picture), MAX_SCANS + 1):
                frames.append(np.asarray(ImageOps.exif_transpose(frame).convert("RGB")))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise damaged("the picture", name) from error
    if len(frames) > MAX_SCANS:
        raise too_long(name, MAX_SCANS)
    return frames


def where_possible(recognised: Callable[[], PageContent], page: PageContent, notes: Notes) -> PageContent:
    """The page as it is recognised; as it is, with a note, where its picture cannot be read."""
    try:
        return recognised()
    except ReadError as error:
        if not available():
            raise
        notes.append(Note.of("picture_not_read", f"p. {page.number}", reason=str(error)))
        return page


def recognise(pixels: Any, number: int, unit: float, name: str) -> PageContent:
    """Recognise one page, or take what was recognised before from the cache.

    Parameters
    ----------
    pixels
        uint8 array, height x width x 3, RGB.
    number
        The page's number.
    unit
        Pixels a point.
    name
        The file's name for messages.

    Returns
    -------
    PageContent
        Words with their confidence and ruling lines, in points.
    """
    if not available():
        raise ReadError(
            "the page is a picture, and OCR is not installed",
            file=name,
            place=f"p. {number}",
            hint='Install it with: pip install "reportlib[ocr]"',
        )
    digest = hashlib.sha256(pixels.tobytes())
    digest.update(f"{pixels.shape} {unit:.4f} {VERSION} {model_path('rec').name}".encode())
    path = _cache_folder() / f"{digest.hexdigest()}.json"
    height, width = pixels.shape[:2]
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        quarter = int(stored["quarter"])
        words = [Word(*word) for word in stored["words"]]
        rulings = [Ruling(*ruling) for ruling in stored["rulings"]]
    except (OSError, ValueError, TypeError, KeyError):
        try:
            quarter, words, rulings = read_scan(pixels, unit)
        except ReadError as error:
            error.file = name
            error.place = f"p. {number}"
            raise
        content = json.dumps({"quarter": quarter, "words": words, "rulings": rulings}, ensure_ascii=False)
        with suppress(OSError):  # a cache that cannot be written is no reason to fail
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, content.encode())
    if quarter % 2:
        width, height = height, width
    return PageContent(number, width / unit, height / unit, words, rulings)


def _cache_folder() -> Path:
    own = os.environ.get("REPORTLIB_CACHE")
    if own:
        return Path(own) / "ocr"
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base) / "reportlib" / "ocr"
