"""What charts say, in the language of the chart that is being drawn: the texts of ``form/charts.toml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from ...form import load_toml
from ...form.labels import label, number

WORDS: dict[str, Any] = load_toml("charts.toml")
LOOKS: dict[str, Any] = WORDS["looks"]
LANG: ContextVar[str] = ContextVar("language of the chart that is being drawn", default="zh")


def entry(key: str) -> Any:
    """What ``form/charts.toml`` has under a dotted key."""
    found: Any = WORDS
    for part in key.split("."):
        found = found[part]
    return found


def word(key: str, **values: object) -> str:
    """A text of ``form/charts.toml`` by its dotted key, with its places filled."""
    return said(entry(key)).format(**values)


def counted(key: str, n: int) -> str:
    """A text about so many things, in the singular or the plural."""
    return word(f"{key}_one" if n == 1 else key, n=n)


def said(words: Mapping[str, Any]) -> str:
    """What an entry says in the language of the chart; '' if it has no words."""
    return str(words.get(LANG.get(), ""))


def name_of(code: str, axis: str = "indicator", table: str = "") -> str:
    """The form's or the catalogue's word for a code."""
    return label(code, LANG.get(), axis, table)


def unit_name(unit: str) -> str:
    """A unit in words."""
    return said(WORDS["unit"][unit]) if unit in WORDS["unit"] else unit


def join(texts: Iterable[str], sign: str = "comma") -> str:
    """Texts in a row, by a punctuation mark of ``form/charts.toml``; empty ones are left out."""
    return word(f"common.{sign}").join(filter(None, texts))


def share(part: float) -> str:
    """A share of 100 as rates are written; what is there is never 0%, what lacks something never 100%."""
    if 0 < part < 0.05:
        return "<0.1%"
    return ">99.9%" if 99.95 <= part < 100 else number(part, "%")
