"""Scans and pictures: offline OCR with the models that the package rapidocr ships.

A ruled table is read cell by cell: the ruling lines give the cells, and a cell is blank only if
it has no ink. That keeps a lone 0 or 1, which a text detector tends to miss. Text outside tables
goes through RapidOCR's detector. Nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from ...errors import ReadError
from ..document import Document
from .layout import UNREAD, Area, Lattice, Page, Ruling, Word, blocks, lattices
from .pixels import SCALE, Span, dark, grey_of, rulings_of, straighten, without_faint

__all__ = ["SCALE", "available", "decoded", "in_points", "read", "recognise", "ruled_tables"]

VERSION = 17  # part of the cache's key: raise it when the same picture would be read otherwise
MAX_PIXELS = 60_000_000


def read(data: bytes, name: str, progress: Callable[[int, int], None] | None = None) -> Document:
    """Read a picture of a page (png, jpg and what else Pillow opens).

    Parameters
    ----------
    data, name
        The file's bytes, and its name for messages.
    progress
        Called with the pages recognised and the pages to recognise.

    Returns
    -------
    Document
        Boxes in pixels of the straightened picture; every cell has a confidence. Ink that was
        not recognised is U+FFFD with confidence 0.

    Raises
    ------
    ReadError
        Not a picture, too large, or OCR is not installed.
    """
    pages = []
    frames = decoded(data, name)
    for index, pixels in enumerate(frames):
        if progress:
            progress(index, len(frames))
        pages.append(recognise(pixels, index + 1, pixels.shape[1] / 595, name))
    if progress:
        progress(len(frames), len(frames))
    found, notes = blocks(pages, name)
    return Document(tuple(found), "image", "ocr", "", tuple(notes))


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
            return [
                np.asarray(ImageOps.exif_transpose(frame).convert("RGB"))
                for frame in ImageSequence.Iterator(picture)
            ]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ReadError(
            "the picture is damaged", file=name, hint="Get the file again from its publisher"
        ) from error


def in_points(pixels: Any, number: int, scale: float, name: str) -> Page:
    """Recognise one page that has `scale` pixels a point; words and ruling lines come in points."""
    seen = recognise(pixels, number, scale, name)
    words = [
        Word(w.text, w.left / scale, w.top / scale, w.right / scale, w.bottom / scale, w.confidence)
        for w in seen.words
    ]
    rulings = [Ruling(*(edge / scale for edge in ruling)) for ruling in seen.rulings]
    return Page(number, seen.width / scale, seen.height / scale, words, rulings)


def recognise(pixels: Any, number: int, unit: float, name: str) -> Page:
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
    Page
        Words with their confidence and ruling lines, in pixels.
    """
    if not available():
        raise ReadError(
            "the page is a picture, and OCR is not installed",
            file=name,
            place=f"p. {number}",
            hint='Install it with: pip install "reportlib[ocr]"',
        )
    digest = hashlib.sha256(pixels.tobytes())
    digest.update(f"{pixels.shape} {unit:.4f} {VERSION} {_model('rec').name}".encode())
    path = _cache_folder() / f"{digest.hexdigest()}.json"
    height, width = pixels.shape[:2]
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        quarter = int(stored["quarter"])
        words = [Word(*word) for word in stored["words"]]
        rulings = [Ruling(*ruling) for ruling in stored["rulings"]]
    except (OSError, ValueError, TypeError, KeyError):
        quarter, words, rulings = _read_page(pixels, unit)
        _store(path, {"quarter": quarter, "words": words, "rulings": rulings})
    if quarter % 2:
        width, height = height, width
    return Page(number, width, height, words, rulings, unit)


def available() -> bool:
    """Whether OCR is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def _cache_folder() -> Path:
    own = os.environ.get("REPORTLIB_CACHE")
    if own:
        return Path(own) / "ocr"
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base) / "reportlib" / "ocr"


def _store(path: Path, content: dict[str, Any]) -> None:
    """Write to the cache; a cache that cannot be written is no reason to fail."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}.part")
        aside.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        aside.replace(path)
    except OSError:
        pass


# ------------------------------------------------------------------------------ one page


def _read_page(pixels: Any, unit: float) -> tuple[int, list[Word], list[Ruling]]:
    """How many quarters to the left a page is to be turned, and then its words and ruling lines."""
    import numpy as np

    grey, factor = grey_of(pixels, unit)
    best: tuple[float, int, list[Word], list[Ruling]] = (-1.0, 0, [], [])
    for quarter in (0, 1, 3, 2):
        words, rulings = _read_grey(straighten(np.ascontiguousarray(np.rot90(grey, quarter))), unit * factor)
        # On its side, a page falls into single characters, each of which may well be recognised.
        sure = sum(word.confidence or 0 for word in words) / max(1, len(words))
        whole = sum(len(word.text) > 2 for word in words) / max(1, len(words))
        best = max(best, (sure * whole, quarter, words, rulings), key=lambda found: found[0])
        if len(words) < 10 or (sure > 0.7 and whole > 0.1):
            break
    _, quarter, words, rulings = best
    words = [
        Word(w.text, w.left / factor, w.top / factor, w.right / factor, w.bottom / factor, w.confidence)
        for w in words
    ]
    return quarter, words, [Ruling(*(edge / factor for edge in ruling)) for ruling in rulings]


def ruled_tables(pixels: Any, unit: float) -> list[Lattice]:
    """The ruled tables of a picture, in points, without reading what stands in them."""
    grey, factor = grey_of(pixels, unit)
    grey = straighten(grey)
    scale = unit * factor
    rulings, _ = rulings_of(grey, dark(grey, scale, 18), scale)
    return lattices([Ruling(*(edge / scale for edge in ruling)) for ruling in rulings])


def _read_grey(grey: Any, unit: float) -> tuple[list[Word], list[Ruling]]:
    import cv2
    import numpy as np

    ink = dark(grey, unit, 18)
    rulings, ruled = rulings_of(grey, ink, unit)
    every = ink.copy()
    grey, ink = without_faint(grey, ink, ruled, unit)
    tables = lattices(rulings, unit)
    free = cv2.inpaint(grey, ruled, 2, cv2.INPAINT_NS) if ruled.any() else grey
    ink[ruled > 0] = every[ruled > 0] = 0
    # A frame with lines across only has several figures in a cell; elsewhere a ruling line was missed.
    found = [
        (len(table.xs) > 2, area, list(_cell_lines(ink, area, unit)))
        for table in tables
        for area in table.areas
    ]
    heights = sorted(bottom - top for _, _, spans in found for _, top, _, bottom in spans)
    usual = heights[len(heights) // 2] if heights else 0
    areas = []
    for single, area, spans in found:
        if not spans:  # what is faint and as large as a figure is not read, and not taken for blank
            spans = [s for s in _cell_lines(every, area, unit) if 0.7 * usual < s[3] - s[1] < 1.3 * usual]
        areas.append((single, _whole_characters(spans, usual)))
    outside = free.copy()
    for table in tables:
        left, top, right, bottom = _span(table, unit)
        outside[top:bottom, left:right] = 255
    lines = [span for _, spans in areas for span in spans]
    inside = len(lines)
    lines += _detect(outside, unit)
    ink_outside = np.where(outside == 255, 0, ink).astype(np.uint8)
    overlooked = len(lines)
    lines += _overlooked(ink_outside, lines[inside:], unit)
    read = _recognise_lines([_crop(free, span, unit if n < inside else 0) for n, span in enumerate(lines)])
    words = [
        Word("/" if text == "1" and n < inside and _leans(ink, span) else text or UNREAD, *span, sure)
        for n, (span, (text, sure)) in enumerate(zip(lines, read, strict=True))
        if text or not inside <= n < overlooked
    ]
    at = 0
    for single, spans in areas:
        its = words[at : at + len(spans)]
        figures = [text for word in its for text in word.text.split()]
        if single and len(figures) > 1 and all(map(str.isdigit, figures)):
            words[at : at + len(spans)] = [w._replace(text=UNREAD + w.text, confidence=0.0) for w in its]
        at += len(spans)
    return words, rulings


def _leans(ink: Any, span: Span) -> bool:
    """Whether a mark is a slanting stroke, which the model takes for a 1."""
    import numpy as np

    left, top, right, bottom = span
    ys, xs = np.nonzero(ink[top:bottom, left:right])
    if len(ys) < 8 or not np.ptp(ys) or not np.ptp(xs):
        return False
    across, both, down = np.cov(xs, ys)[[0, 0, 1], [0, 1, 1]]
    return bool(both / down < -0.25 and both * both > 0.5 * across * down)


def _overlooked(ink: Any, found: list[Span], unit: float) -> list[Span]:
    """Lone characters that the detector passed over between what it found: often the figures 0 and 1."""
    import cv2

    for left, top, right, bottom in found:
        ink[max(0, top) : bottom, max(0, left) : right] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    middles = sorted((top + bottom) / 2 for _, top, _, bottom in found)
    spans = []
    for x, y, w, h, size in stats[1:].tolist():
        k = bisect_left(middles, y)
        beside = k < len(middles) and middles[k] < y + h
        if beside and 5 * unit < h < 20 * unit and unit < w < 15 * unit and size > 0.15 * w * h:
            spans.append((x, y, x + w, y + h))
    return spans if len(spans) < 200 else []  # more are a photo or a seal


def _span(table: Lattice, unit: float) -> Span:
    left, top = max(0, int(table.xs[0] - unit)), max(0, int(table.ys[0] - unit))
    return left, top, int(table.xs[-1] + unit), int(table.ys[-1] + unit)


def _cell_lines(ink: Any, area: Area, unit: float) -> Iterator[Span]:
    """The lines of text in a cell, from its ink."""
    import cv2

    left, top = max(0, int(area.left)), max(0, int(area.top))
    part = ink[top : int(area.bottom) + 1, left : int(area.right) + 1]
    if not part.size:
        return
    _, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    edge = 1.5 * unit
    wall = max(0.8 * part.shape[0], 8 * unit)  # a stroke from the one line to the other is no figure
    marks = [
        (x, y, x + w, y + h)
        for x, y, w, h, size in stats[1:].tolist()
        if size >= 3
        and not (x + w < edge or y + h < edge or x > part.shape[1] - edge or y > part.shape[0] - edge)
        and not (h > wall and w < 3 * unit)
    ]
    if not any(max(r - x, b - y) >= 2 * unit for x, y, r, b in marks):
        return  # specks only
    bands: list[list[Span]] = []
    low = 0
    for mark in sorted(marks, key=lambda mark: mark[1]):
        if bands and mark[1] <= low:
            bands[-1].append(mark)
        else:
            bands.append([mark])
            low = 0
        low = max(low, mark[3])
    for band in bands:
        high = max(b for *_, b in band) - min(y for _, y, *_ in band)
        words: list[Span] = []
        for x, y, r, b in sorted(band):
            # What stands apart is read apart: two numbers are never recognised as one.
            if words and x - words[-1][2] < 0.7 * max(high, 5 * unit):
                x0, y0, r0, b0 = words[-1]
                words[-1] = (x0, min(y0, y), max(r0, r), max(b0, b))
            else:
                words.append((x, y, r, b))
        for x, y, r, b in words:
            if max(r - x, b - y) >= 2 * unit:
                yield x + left, y + top, r + left, b + top


def _whole_characters(spans: list[Span], usual: int) -> list[Span]:
    """Put the strokes of a character together that stands alone in its line; most are `usual` pixels high."""
    whole: list[Span] = []
    for span in spans:
        last = whole[-1] if whole else None
        if (
            last is not None
            and span[1] >= last[3]
            and span[0] < last[2]
            and last[0] < span[2]
            and min(span[3] - span[1], last[3] - last[1]) < 0.6 * usual
            and span[3] - last[1] <= 1.5 * usual
        ):
            whole[-1] = (min(last[0], span[0]), last[1], max(last[2], span[2]), span[3])
        else:
            whole.append(span)
    return whole


def _crop(grey: Any, span: Span, unit: float) -> Any:
    """A line with some white around it; at least as high as small print is."""
    left, top, right, bottom = span
    pad = 0.15 * (bottom - top) if unit else 0
    pad = max(pad, (7 * unit - (bottom - top)) / 2)
    side = 2 * pad
    return grey[
        max(0, int(top - pad)) : int(bottom + pad) + 1,
        max(0, int(left - side)) : int(right + side) + 1,
    ]


# ------------------------------------------------------------------------------ models


def _model(task: str) -> Path:
    spec = find_spec("rapidocr")
    assert spec is not None and spec.origin is not None
    models = sorted((Path(spec.origin).parent / "models").glob(f"*_{task}_*.onnx"))
    if not models:
        raise ReadError(
            "the OCR models are missing",
            hint='Install them again: pip install --force-reinstall "reportlib[ocr]"',
        )
    return models[-1]


@cache
def _detector() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": 0.0,
            "Det.model_path": str(_model("det")),
        }
    )


def _detect(grey: Any, unit: float) -> list[Span]:
    """Lines of text outside tables, looked for in stretches as high as a page."""
    import cv2
    import numpy as np

    factor = min(1.0, 1.6 / unit)  # 115 dpi are enough to find lines, and four times as fast
    dark = (grey < 128).sum(axis=1)
    spans: list[Span] = []
    top, height = 0, len(dark)
    while top < height:
        bottom = min(height, top + int(900 * unit))
        if bottom < height:  # cut where there is least ink
            window = dark[bottom - int(100 * unit) : bottom]
            bottom -= len(window) - int(np.flatnonzero(window == window.min())[-1])
        if dark[top:bottom].sum() > 20:
            small = cv2.resize(grey[top:bottom], None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            found = _detector()(cv2.cvtColor(small, cv2.COLOR_GRAY2BGR), use_cls=False, use_rec=False)
            for box in () if found.boxes is None else found.boxes:
                x, y = (box / factor).astype(int).T
                spans.append((int(x.min()), top + int(y.min()), int(x.max()), top + int(y.max())))
        top = bottom
    return spans


@cache
def _recogniser() -> tuple[Any, list[str]]:
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = min(4, os.cpu_count() or 1)
    session = onnxruntime.InferenceSession(str(_model("rec")), options, providers=["CPUExecutionProvider"])
    characters = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    return session, ["", *characters, " "]


def _recognise_lines(crops: list[Any]) -> list[tuple[str, float]]:
    """The text of each line, and how sure the model is of its least sure character."""
    import cv2
    import numpy as np

    session, characters = _recogniser()
    name = session.get_inputs()[0].name
    prepared: dict[int, Any] = {}
    groups: dict[int, list[int]] = {}
    for n, crop in enumerate(crops):
        if crop.size:
            wide = max(16, min(2400, round(48 * crop.shape[1] / crop.shape[0])))
            prepared[n] = cv2.resize(crop, (wide, 48), interpolation=cv2.INTER_LINEAR)
            groups.setdefault(-(-wide // 64) * 64, []).append(n)
    result: list[tuple[str, float]] = [("", 0.0)] * len(crops)
    for wide, members in groups.items():
        size = max(1, min(32, 4096 // wide))
        for start in range(0, len(members), size):
            chosen = members[start : start + size]
            batch = np.zeros((len(chosen), 3, 48, wide), np.float32)
            for k, n in enumerate(chosen):
                batch[k, :, :, : prepared[n].shape[1]] = prepared[n].astype(np.float32) / 127.5 - 1
            output = session.run(None, {name: batch})[0]
            best, sure = output.argmax(axis=2), output.max(axis=2)
            for k, n in enumerate(chosen):
                new = (best[k] != 0) & np.concatenate(([True], best[k][1:] != best[k][:-1]))
                text = "".join(characters[c] for c in best[k][new])
                result[n] = (text.strip(), round(float(sure[k][new].min()), 4) if text.strip() else 0.0)
    return result
