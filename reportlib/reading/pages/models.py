"""The models that the package rapidocr ships: one finds lines of text, one reads a line.

Nothing is ever downloaded. What the libraries under them raise becomes one line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ReadError
from .pixels import SCALE, Span

__all__ = ["MAX_WIDTH", "available", "detect", "model_path", "recognise_lines", "width_of"]

HIGH = 48
"""Pixels: how high the recogniser wants a line."""
NARROWEST, WIDEST = 16, 2400
"""Pixels of a line's width after that; wider ones are squeezed."""
STEP = 64
"""Pixels: lines whose widths differ by less are recognised together."""
BATCH, BATCH_WIDTH = 32, 4096
"""Lines recognised together, and how wide they may be in all."""
MAX_WIDTH = 250_000
"""Pixels of all lines of a page one behind the other, `HIGH` high; about ten seconds on two cores."""
SMALLER = 1.6 / SCALE
"""As large as it is read: that is enough to find lines (115 dots an inch), four times as fast."""
STRETCH = 2500
"""Pixels of a page's height that are looked at together."""
CUT = 278
"""Pixels: the last of a stretch, in which a place to cut is searched."""
INK = 20
"""Pixels: a stretch with less ink is blank."""


def available() -> bool:
    """Whether OCR is installed."""
    return all(map(find_spec, ("rapidocr", "onnxruntime")))


def model_path(task: str) -> Path:
    """The model for ``det`` or ``rec``."""
    spec = find_spec("rapidocr")
    assert spec is not None and spec.origin is not None
    models = sorted((Path(spec.origin).parent / "models").glob(f"*_{task}_*.onnx"))
    if not models:
        hint = 'Install them again: pip install --force-reinstall "reportlib[ocr]"'
        raise ReadError("the OCR models are missing", hint=hint)
    return models[-1]


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn whatever the libraries raise into a clear error."""
    try:
        yield
    except ReadError:
        raise
    except Exception as error:  # onnxruntime and OpenCV have no common class of errors
        reason = " ".join(str(error).split())[:200]
        found = f"the picture cannot be recognised ({type(error).__name__}: {reason})"
        raise ReadError(
            found, hint="Save the page as a pdf with text, or as a picture of one page"
        ) from error


@cache
def _detector() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": 0.0,
            "Det.model_path": str(model_path("det")),
        }
    )


def detect(grey: Any) -> list[Span]:
    """Lines of text, looked for in stretches as high as a page."""
    spans: list[Span] = []
    with _one_line():
        for top, stretch in _stretches(grey):
            for box in _boxes(stretch):
                left, high = box.min(axis=0).tolist()
                right, low = box.max(axis=0).tolist()
                spans.append((left, top + high, right, top + low))
    return spans


def _stretches(grey: Any) -> Iterator[tuple[int, Any]]:
    """The stretches of a page with ink, and where they begin; cut where there is least ink."""
    dark = (grey < 128).sum(axis=1)
    top = 0
    while top < len(dark):
        bottom = top + STRETCH
        if bottom < len(dark):
            bottom -= 1 + int(dark[bottom - CUT : bottom][::-1].argmin())
        if dark[top:bottom].sum() > INK:
            yield top, grey[top:bottom]
        top = bottom


def _boxes(grey: Any) -> Any:
    """The corners of each line of text."""
    import cv2

    small = cv2.resize(grey, None, fx=SMALLER, fy=SMALLER, interpolation=cv2.INTER_AREA)
    found = _detector()(cv2.cvtColor(small, cv2.COLOR_GRAY2BGR), use_cls=False, use_rec=False)
    return () if found.boxes is None else (np.array(found.boxes) / SMALLER).astype(int)


@cache
def _recogniser() -> tuple[Any, list[str]]:
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = min(4, os.cpu_count() or 1)
    path = str(model_path("rec"))
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    characters = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    return session, ["", *characters, " "]


def width_of(crop: Any) -> int:
    """How wide a line is once it is as high as the recogniser wants it."""
    if not crop.size:
        return 0
    high, wide = crop.shape
    return int(max(NARROWEST, min(WIDEST, round(HIGH * wide / high))))


def recognise_lines(crops: list[Any]) -> list[tuple[str, float]]:
    """The text of each line, and how sure the model is of its least sure character."""
    groups: dict[int, list[int]] = {}
    for n, crop in enumerate(crops):
        if crop.size:
            groups.setdefault(-(-width_of(crop) // STEP) * STEP, []).append(n)
    result = [("", 0.0)] * len(crops)
    with _one_line():
        for wide, members in groups.items():
            size = max(1, min(BATCH, BATCH_WIDTH // wide))
            for start in range(0, len(members), size):
                chosen = members[start : start + size]
                for n, read in zip(chosen, _recognise([crops[n] for n in chosen], wide), strict=True):
                    result[n] = read
    return result


def _recognise(crops: list[Any], wide: int) -> Iterator[tuple[str, float]]:
    """The text of lines that are no wider than `wide`."""
    import cv2

    session, characters = _recogniser()
    batch = np.zeros((len(crops), 3, HIGH, wide), np.float32)
    for k, crop in enumerate(crops):
        line = cv2.resize(crop, (width_of(crop), HIGH), interpolation=cv2.INTER_LINEAR)
        batch[k, :, :, : line.shape[1]] = line.astype(np.float32) / 127.5 - 1
    output = session.run(None, {session.get_inputs()[0].name: batch})[0]
    for best, sure in zip(output.argmax(axis=2), output.max(axis=2), strict=True):
        new = (best != 0) & np.concatenate(([True], best[1:] != best[:-1]))
        text = "".join([characters[c] for c in best[new]]).strip()
        yield text, round(float(sure[new].min()), 4) if text else 0.0
