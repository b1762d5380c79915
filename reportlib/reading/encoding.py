"""Bytes to text: what a file declares and what it really is."""

from __future__ import annotations

import codecs
import re

from .document import Note

__all__ = ["decode"]

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)
_SAME = {"gb2312": "gb18030", "gbk": "gb18030", "hz": "gb18030", "big5": "big5hkscs"}
_MULTIBYTE = ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be", "utf-16")


def decode(data: bytes) -> tuple[str, tuple[Note, ...]]:
    """Decode a page or a text file.

    A byte order mark wins; then UTF-8 if the bytes are valid UTF-8, which other encodings of
    Chinese are not but by accident; then what the file declares; then GB18030.

    Returns
    -------
    tuple
        The text, and notes: ``encoding_differs`` where the file declares another encoding than it
        is written in, ``encoding_broken`` where bytes fit none and show as U+FFFD.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), ()
    if wide := _wide(data[:4000]):
        return data.decode(wide, "replace"), ()
    declared = _declared(data)
    for encoding in dict.fromkeys(("utf-8", declared if declared in _MULTIBYTE else "gb18030", "gb18030")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        differs = declared and declared != encoding and not data.isascii()
        return text, (_differs(declared, encoding),) if differs else ()
    # A few broken bytes in UTF-8 (a file cut inside a character) leave most of it valid.
    text = data.decode("utf-8", "replace")
    encoding = "utf-8"
    if text.count("\ufffd") * 20 > sum(character > "\x7f" for character in text):
        text = data.decode("gb18030", "replace")
        encoding = "gb18030"
    broken = Note.of("encoding_broken", characters=text.count("\ufffd"), encoding=encoding.upper())
    return text, (broken, *((_differs(declared, encoding),) if declared and declared != encoding else ()))


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: many zero bytes, nearly all of them in every other place."""
    big = head[0::2].count(0)
    little = head[1::2].count(0)
    if big + little < max(len(head) // 5, 1) or min(big, little) * 10 > max(big, little):
        return ""
    return "utf-16-le" if little > big else "utf-16-be"


def _declared(data: bytes) -> str:
    match = _DECLARED.search(data[:16_000])
    if not match:
        return ""
    try:
        encoding = codecs.lookup(match[1].decode("ascii", "replace")).name
    except LookupError:
        return ""
    return _SAME.get(encoding, encoding)


def _differs(declared: str, encoding: str) -> Note:
    return Note.of("encoding_differs", declared=declared.upper(), encoding=encoding.upper())
