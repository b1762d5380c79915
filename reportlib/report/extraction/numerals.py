"""The text of one cell -> number, blank, dash, unit, remark: the one grammar of figures."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from ...form import load_toml
from ...reading.document import Box, Cell, Paragraph

__all__ = ["Atom", "Numeral", "atom", "fold", "numbers", "of_money", "parse", "unit_factor"]

_DATA = load_toml("units.toml")
_UNITS: dict[str, float] = _DATA["units"]
_WORDS: dict[str, str] = _DATA["signs"]
UNIT_LINE: str = _DATA["line"]
UNITS = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_SIGNS = str.maketrans(dict.fromkeys("−–—―─━﹣‐‑", "-"))
_NO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x00AD))
_DIGITS = r"(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)(?:\.[0-9]+)?"
_WORD = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_WHOLE = re.compile(
    rf"(?P<before>\[[0-9*]{{1,2}}\]\s*)?(?P<sign>[+-]\s?|(?P<word>{_WORD})\s?)?(?P<number>{_DIGITS})"
    rf"\s*(?P<unit>{UNITS})?\s*(?P<remark>[(\[].*[)\]])?",
    re.DOTALL,
)
LOW_CONFIDENCE = 0.5
_WIDE = 3  # characters in a line of a number too wide for its cell; shorter ones, unlike, are two figures
_LONGEST = 15  # more digits are several numbers, or none
_RAISED = "⁰¹²³⁴-⁹₀-₉①-⒇⓪❶-❿"  # marks of notes
_NOTE = re.compile(rf"(?<=[0-9０-９])\s*[{_RAISED}*＊]+\s*$")
_HIDDEN = re.compile("[\u207b\u208b\u2024]")  # raised and lowered minus, a dot that leads
_WRAPPED = re.compile(r"[+-]?[0-9.,]+(?:\s*\n\s*[0-9.,]+)+")
_DASH = re.compile(rf"[-/\\_~*一]+|{'|'.join(_DATA['nothing'])}|N/?A|n/?a")
_TOKEN = re.compile(r"(?<![\w.])[+-]?[0-9][0-9,]*(?:\.[0-9]+)?(?![\w])")


class Numeral(NamedTuple):
    """What a cell's text says.

    Attributes
    ----------
    found
        ``number``, ``blank``, ``dash`` (a mark that stands for nothing: -, /, 无) or
        ``unreadable`` (anything else).
    value
        The number; None unless `found` is ``number``. Signed; only a plus is dropped.
    unit
        The unit in the cell (件, 元, 万元 …), as in ``form/units.toml``.
    remark
        What stands in brackets after the number.
    wrapped
        The digits stand on two lines and were joined.
    worded
        The sign is a word (增, 减), as only a change has it.
    """

    found: Literal["number", "blank", "dash", "unreadable"]
    value: Decimal | None = None
    unit: str = ""
    remark: str = ""
    wrapped: bool = False
    worded: bool = False


class Atom(NamedTuple):
    """One printed cell that may hold a figure: what it says and where it stands."""

    text: str
    numeral: Numeral
    where: str
    column: int = -1
    span: int = 1
    box: Box | None = None
    confidence: float | None = None


def fold(text: str) -> str:
    """NFKC without zero-width characters: full-width digits and letters become plain ones."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).translate(_NO_WIDTH)


@lru_cache(maxsize=1 << 14)
def parse(text: str) -> Numeral:
    """Read one cell, whole or not at all.

    Parameters
    ----------
    text
        The text as it stands: full-width digits, thousands separators, signs (also as words), units, the
        mark of a note and a remark in brackets are understood; anything that is not surely one number is
        ``unreadable``.
    """
    bare = _NOTE.sub("", text)  # the mark of a note at a number is none of its digits
    if _disguised(re.split(r"[(（\[]", bare)[0]):
        return Numeral("unreadable")
    plain = fold(bare).strip().translate(_SIGNS)
    if not plain:
        return Numeral("blank")
    if _DASH.fullmatch("".join(plain.split())):
        return Numeral("dash")
    joined = _joined(plain)
    match = _WHOLE.fullmatch(joined or plain)
    if match is None or sum(map(str.isdigit, match["number"])) > _LONGEST:
        return Numeral("unreadable")
    sign = _WORDS.get(match["word"] or "", (match["sign"] or "").strip())
    value = Decimal(sign + match["number"].replace(",", ""))
    remark = (match["before"] or match["remark"] or "").strip()
    return Numeral("number", value, match["unit"] or "", remark, bool(joined), bool(match["word"]))


def _disguised(text: str) -> bool:
    """Whether a character is none that one writes in a number, but becomes one when folded: ①, ½, ⒈, ⁻."""
    odd = "".join(char for char in text if not char.isascii() and not char.isdecimal())
    return bool(_HIDDEN.search(odd)) or any(map(str.isdigit, fold(odd)))


def _joined(plain: str) -> str:
    """A number too wide for its cell, put together; '' where it is none.

    All its lines but the last are full; others are several numbers.
    """
    whole = _WRAPPED.match(plain)
    if whole is None:
        return ""
    *full, last = whole[0].split()
    if any(len(line) != len(full[0]) for line in full) or len(last) > len(full[0]):
        return ""
    if len(full[0]) < _WIDE and len(last) < len(full[0]):
        return ""
    return "".join(full) + last + plain[whole.end() :] if len("".join(full)) > 1 else ""


def of_money(unit: str) -> bool:
    """Whether a unit is one of money, and so of no count."""
    return _UNITS.get(unit, 0) > 0


def unit_factor(unit: str, target: str) -> Decimal:
    """How many `target` one `unit` is (1 where either is not a unit of money)."""
    if not (of_money(unit) and of_money(target)):
        return Decimal(1)
    return Decimal(str(_UNITS[unit])) / Decimal(str(_UNITS[target]))


def numbers(text: str) -> list[str]:
    """The numbers that stand in a text, each surrounded by something else than letters and digits."""
    return _TOKEN.findall(fold(text).translate(_SIGNS))


def atom(text: str, where: str, cell: Cell | None = None, place: Paragraph | None = None) -> Atom:
    """Read a cell's text; of what was hardly recognised, or may not show, a figure is unreadable.

    So is a cell without text that is not blank.
    """
    numeral = parse(text)
    source = cell or place
    confidence = source.confidence if source else None
    unsure = confidence is not None and confidence < LOW_CONFIDENCE and numeral.found == "number"
    if unsure or (cell and cell.doubt and numeral.found in ("number", "blank")):
        numeral = Numeral("unreadable")
    column, span = (cell.column, cell.colspan) if cell else (-1, 1)
    return Atom(text, numeral, where, column, span, source.box if source else None, confidence)
