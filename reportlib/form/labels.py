"""The words and signs that codes go by, in Chinese and English: one place for charts, tables and
workbooks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ..errors import ReportlibError
from . import Identity, Label, Table, editions, load_toml

__all__ = [
    "LANGUAGES", "MARKS", "PRECISION", "QUOTIENTS", "RATES", "entries", "label", "language", "number",
    "place", "set_language", "typeset",
]  # fmt: skip

LANGUAGES = ("zh", "en")

MARKS = {
    "derived": "†", "split": "‡", "corrected": "※", "ambiguous": "?", "suspect": "⚠", "broken": "≠",
    "not_collected": "—", "not_in_form": "/", "no_value": "·",
}  # fmt: skip
"""The signs of statuses, after a figure or, of the last three, in its place."""
QUOTIENTS = frozenset({"件/万人", "件/百件", "个月", "天"})
RATES = QUOTIENTS | {"%"}
"""Units of what is divided, not counted: of these many bodies have one figure together."""
PLACE = re.compile(
    r"(?<![^ (])(p\.|table|row|column|line|paragraph|sheet) (\d+(?:(?:–|, )\d+)*\b|(?<=sheet )[^,:]+)"
)
"""A step of the way to a cell, as readers of documents tell it, and its numbers or name."""
HAN = "[\u4e00-\u9fff]"
CHINESE = {rf"(?<={HAN}) (?={HAN})": "", rf", (?={HAN})": "，", rf" \((?={HAN})": "（",
           rf"(?<={HAN})\)": "）", rf"(?<={HAN}): |: (?={HAN})": "："}  # fmt: skip
"""How Chinese is set: no blank between two characters, wide commas, colons and brackets beside them."""
PRECISION = {"at_least": "≥", "rounded": "≈"}
"""The signs of figures that are not exact, before them."""


_chosen = LANGUAGES[0]


def set_language(lang: str) -> None:
    """Set the language of all that is shown from here on: charts, tables, sentences, findings, exports.

    Parameters
    ----------
    lang
        ``zh``, which holds until something else is set, or ``en``.

    Raises
    ------
    ReportlibError
        For another language.
    """
    global _chosen
    _chosen = language(lang)


def language(lang: str | None = None) -> str:
    """The language asked for; None: the one that is set."""
    if lang is None:
        return _chosen
    if lang not in LANGUAGES:
        raise ReportlibError(f"there are no texts in {lang!r}", expected=" or ".join(LANGUAGES))
    return lang


def number(value: float, unit: str = "") -> str:
    """A number as people read it: thousands separated, a true minus sign, one decimal for rates, otherwise as
    many as it has.
    """
    if unit == "%":
        text = f"{value:z.1f}%"
    elif unit in QUOTIENTS:
        text = f"{value:z,.1f}"
    else:
        text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.12g}"
    return text.replace("-", "−")


def entries() -> Iterator[tuple[str, str, str, Table | Label | Identity]]:
    """Every table, sum, row (a group before its first row) and column of the form: edition, axis, table,
    entry.
    """
    for form in editions():
        for table in form.tables:
            yield form.code, "table", "", table
            yield from ((form.code, "rule", "", identity) for identity in table.identities)
            groups = {group.code: group for group in table.groups}
            for row in table.rows:
                if row.group in groups:
                    yield form.code, "row", table.code, groups.pop(row.group)
                yield form.code, "row", table.code, row
            yield from ((form.code, "column", table.code, column) for column in table.columns)


@cache
def _words() -> dict[tuple[str, str, str], dict[str, str]]:
    """(axis, table, code) -> word by language; the newest edition's wording wins."""
    words: dict[tuple[str, str, str], dict[str, str]] = {}
    for edition, axis, table, entry in entries():
        for place in (table, f"{table} {edition}"):
            words[axis, place, entry.code] = {"zh": entry.zh, "en": entry.en}
    for frame in load_toml("fields.toml").values():
        for field in frame["fields"]:
            words["field", "", field["name"]] = {"zh": field["zh"], "en": field["name"].replace("_", " ")}
    for axis, codes in _sections():
        words |= {(axis, "", code): word for code, word in codes.items()}
    return words


def _sections() -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """The words of each axis that stand in files of their own; a later one wins over an earlier one."""
    findings = load_toml("findings.toml")
    yield "rule", {code: entry["title"] for code, entry in findings.items() if "title" in entry}
    yield from load_toml("words.toml").items()
    yield "indicator", load_toml("figures.toml")
    yield "indicator", {entry["code"]: entry for entry in load_toml("indicators.toml")["indicators"]}


def label(code: str, lang: str | None = None, axis: str = "", table: str = "", edition: str = "") -> str:
    """The word for a code.

    Parameters
    ----------
    code
        A code of the form, of the catalogue or of ``form/words.toml``.
    lang
        ``zh`` or ``en``; None: the one that is set.
    axis
        What kind of code: ``table``, ``row``, ``column``, ``indicator``, ``status``, ``found``,
        ``say``, ``state``, ``verdict``, ``rule``, ``scope``, ``level``, ``kind``, ``precision`` or ``field``
        (the name of a frame's column).
    table
        The statutory table of a row or column; without it the first table that has the code.
    edition
        The edition whose wording is wanted; without it the newest that has the code.

    Returns
    -------
    str
        The code itself where there is no word for it, so that names of bodies pass unchanged.
    """
    words, lang = _words(), language(lang)
    tables = ["", f"{table} {edition}", table] if table else ["", "requests", "disputes", "disclosure"]
    return next((words[axis, t, code][lang] for t in tables if (axis, t, code) in words), code)


def place(text: str, lang: str | None = None) -> str:
    """A place in a file, as readers note it (``table 2, row 4``), in the words of a language."""
    lang = language(lang)
    if text == "title":
        return label(text, lang, "place")

    def said(step: re.Match[str]) -> str:
        return label(step[1], lang, "place").format(n=step[2].replace(", ", label("and", lang, "say")))

    return typeset(PLACE.sub(said, text), lang)


def typeset(text: str, lang: str) -> str:
    """A text with blanks, commas and brackets as the language sets them."""
    for pattern, sign in CHINESE.items() if lang == "zh" else ():
        text = re.sub(pattern, sign, text)
    return text
