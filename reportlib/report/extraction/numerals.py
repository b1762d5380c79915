"""The text of one cell -> number, blank, dash, unit, remark. The one place where figures are read."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from ...form import load_toml

__all__ = ["Numeral", "fold", "numbers", "parse"]

_UNITS: dict[str, float] = load_toml("units.toml")["units"]
_SIGNS = str.maketrans({"−": "-", "–": "-", "—": "-", "―": "-", "﹣": "-", "‐": "-", "‑": "-", "一": "-"})
_NO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0xFEFF, 0x00AD))
_NUMBER = r"[+-]?\s?\d+(?:,\d{3})*(?:\.\d+)?"
UNITS = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_WHOLE = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>{UNITS})?\s*(?P<remark>[(\[].*[)\]])?", re.DOTALL)
_LONGEST = 15  # more digits are several numbers, or none
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_MARK = "⁰¹²³⁴-⁹₀-₉①-⒛⓪-⓿❶-➓"  # NFKC makes digits of them
_NOTE = re.compile(rf"(?<=\d)\s*[{_MARK}*＊]+\s*$")
_MARKS = re.compile(f"[{_MARK}]")
_WRAPPED = re.compile(r"[+-]?[\d.,]+(?:\s*\n\s*[\d.,]+)+")
_DASH = re.compile(r"[-/\\_~*]+|无|N/?A|n/?a")
_TOKEN = re.compile(r"(?<![\w.])[+-]?\d[\d,]*(?:\.\d+)?(?![\w])")


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
    """

    found: Literal["number", "blank", "dash", "unreadable"]
    value: Decimal | None = None
    unit: str = ""
    remark: str = ""
    wrapped: bool = False


def fold(text: str) -> str:
    """NFKC without zero-width characters: full-width digits and letters become plain ones."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).translate(_NO_WIDTH)


@lru_cache(maxsize=1 << 14)
def parse(text: str) -> Numeral:
    """Read one cell.

    Parameters
    ----------
    text
        The text as it stands: full-width digits, thousands separators, signs, units and a remark
        in brackets are understood; anything that is not surely one number is ``unreadable``.
    """
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST:
        return Numeral("number", Decimal(text))
    bare = _NOTE.sub("", text)  # the mark of a note at a number is none of its digits
    if _MARKS.search(re.split(r"[(（\[]", bare)[0]):
        return Numeral("unreadable")
    plain = fold(bare).strip()
    if not plain:
        return Numeral("blank")
    signed = plain.translate(_SIGNS)
    if _DASH.fullmatch(re.sub(r"\s", "", signed)):
        return Numeral("dash")
    match, wrapped = _WHOLE.fullmatch(signed), False
    if match is None and (whole := _WRAPPED.match(signed)):
        # Of a number too wide for its cell all lines but the last are full; others are several numbers.
        *full, last = whole[0].split()
        if (
            {len(line) for line in full} == {len(full[0])}
            and len(last) <= len(full[0])
            and len("".join(full)) > 1
        ):
            match, wrapped = _WHOLE.fullmatch("".join(full) + last + signed[whole.end() :]), True
    if match is None:
        return Numeral("unreadable")
    number = re.sub(r"\s", "", match["number"])
    if len(number) > _LONGEST or not (_PLAIN.fullmatch(number) or _GROUPED.fullmatch(number)):
        return Numeral("unreadable")
    remark = (match["remark"] or "").strip()
    return Numeral("number", Decimal(number.replace(",", "")), match["unit"] or "", remark, wrapped)


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
