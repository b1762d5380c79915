"""Text -> code of the form: labels with their variants, numbering, punctuation, misprints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from opencc import OpenCC
from rapidfuzz import process
from rapidfuzz.distance import OSA

from ...form import Label, edition, load_toml
from .numerals import fold

__all__ = [
    "Hit",
    "Lexicon",
    "condense",
    "lexicon",
    "normalise",
    "numbering",
    "of_other_time",
    "ordinal",
    "ordinals",
    "simplify",
    "time_at_end",
    "time_of_caption",
]

Axis = Literal["row", "column", "group", "column_group", "heading", "corner", "section", "end"]

_TO_SIMPLIFIED = OpenCC("t2s")
_PUNCTUATION = re.compile(r"[\W_]+")
_BRACKETS = re.compile(r"[(\[〔【（][^()\[\]〔〕【】（）]*[)\]〕】）]")
_NUMBERING = re.compile(
    r"\s*#*\s*(?:\(\s*(?P<paren>[一二三四五六七八九十]{1,3}|\d{1,2})\s*\)\s*[、.]?|(?P<dun>[一二三四五六七八九十]{1,3})\s*[、.．,]|(?P<digit>\d{1,2})\s*[.、．,)]?(?=\s*[^\W\d]))"
)
_LATIN = re.compile(r"(?<=[\u4e00-\u9fff])\W*[A-Za-z][A-Za-z\s,.()/'-]*$")  # a label's translation behind it
_TIMED = ("row", "column", "corner")  # what a year may stand in front of
_CONTRARY = load_toml("sections.toml")["contrary"]
_NUMERALS = "零一二三四五六七八九"
_COUNT = re.compile(r"[一二三四五六七八九十]+|\d+")
_TIMES = load_toml("sections.toml")["times"]
_KINDS = ("this", "last", "next", "other")
_TIME = re.compile(
    r"(?:(?<!\d)(20[0-9]{2})年度?|"
    + "|".join(f"(?P<{kind}>{'|'.join(_TIMES[kind])})" for kind in _KINDS)
    + ")"
)
_AT_TIME = re.compile(rf"(?:截?至)?(?:{_TIME.pattern})[底末]?")
_OWN_TIMES = [*((kind, word) for kind in _KINDS[:3] for word in _TIMES[kind]), ("", "")]
# A year in brackets behind a label.
_BRACKETED = rf"[(\[【（]({_TIME.pattern})[^()\[\]【】（）]{{0,4}}[)\]】）]"
_TIME_BEHIND = re.compile(rf"^(.*?){_BRACKETED}\s*$", re.DOTALL)
_CAPTION = re.compile(_TIMES["caption"].format(time=_TIME.pattern))
_EVERYDAY = 4  # labels of so few letters stand in other tables, too
_SHORTEST_LIKENESS = 4  # labels shorter than this are never matched by likeness


class Hit(NamedTuple):
    """What a text is in the form.

    `distance` counts its misprints; `time` is the year or part of one that it names beside its words:
    ``this``, ``last``, ``next``, ``other`` or a number, '' for none.
    """

    axis: Axis
    table: str
    code: str
    distance: int = 0
    time: str = ""

    @property
    def bare(self) -> tuple[str, str, str]:
        """What it is, however it is printed."""
        return self[:3]


def normalise(text: str) -> str:
    """Simplified characters without spaces and punctuation."""
    return simplify(_PUNCTUATION.sub("", fold(text)))


@lru_cache(maxsize=1 << 14)
def simplify(text: str) -> str:
    """Simplified characters, each in its place."""
    if text.isascii():
        return text
    converted = str(_TO_SIMPLIFIED.convert(text))
    # Positions must stay: a conversion that changes the length is made character by character.
    return (
        converted
        if len(converted) == len(text)
        else "".join(str(_TO_SIMPLIFIED.convert(c))[:1] or c for c in text)
    )


@lru_cache(maxsize=1 << 14)
def _letters(char: str) -> str:
    return "".join(filter(str.isalnum, fold(char)))


def condense(text: str) -> tuple[str, list[int]]:
    """`normalise`, with the position in the original of every character that is left."""
    kept: list[str] = []
    positions: list[int] = []
    for i, char in enumerate(text):
        for plain in _letters(char):
            kept.append(plain)
            positions.append(i)
    return simplify("".join(kept)), positions


@lru_cache(maxsize=1 << 14)
def numbering(text: str) -> tuple[int, str]:
    """Split the numbering off a label: ``（三）不予公开`` -> ``(3, '不予公开')``, 0 for none."""
    plain = fold(text)
    match = _NUMBERING.match(plain)
    return (ordinal(match[0]), plain[match.end() :]) if match else (0, plain)


def ordinals(text: str) -> list[int]:
    """The numbers in front of a label's parts: ``三、本年度办理结果（一）予以公开`` -> ``[3, 1]``."""
    return [ordinal(match[0]) for match in _NUMBERING.finditer(fold(text))]


def ordinal(mark: str) -> int:
    """The number that a mark in front of a label stands for, in whatever style: （三）, 三、, 3., ③."""
    (digits,) = _COUNT.findall(fold(mark))
    _, ten, units = digits.rpartition("十")
    return int(digits) if digits.isdigit() else 10 * bool(ten) + _NUMERALS.find(units or "零")


@lru_cache(maxsize=1 << 15)
def _forms(text: str) -> tuple[str, ...]:
    """The ways in which a label may be meant: with and without numbering and brackets, fullest first."""
    found: list[str] = []
    text = _TIME_BEHIND.sub(lambda match: match[2] + match[1], text)
    for version in (fold(text), numbering(text)[1]):
        for candidate in (version, _BRACKETS.sub("", version), _LATIN.sub("", version)):
            plain = normalise(candidate)
            if plain and plain not in found:
                found.append(plain)
    return tuple(found)


def time_at_end(text: str) -> tuple[str, int]:
    """The time that a text ends with, as in a `Hit`, and where it begins."""
    found = next((match for match in _TIME.finditer(text) if match.end() == len(text)), None)
    return (_kind(found), found.start()) if found else ("", len(text))


@lru_cache(maxsize=1 << 14)
def time_of_caption(text: str) -> str:
    """The time that a line says of the table below it, '' where it is no such line."""
    match = _CAPTION.fullmatch(normalise(text))
    return _kind(match) if match else ""


def _kind(match: re.Match[str]) -> str:
    return match[1] or match.lastgroup or ""


def _turned(text: str, wording: str) -> bool:
    """Whether a label says the contrary of a wording of the form: it is none of its misprints."""
    return any(text.count(word) != wording.count(word) for word in _CONTRARY)


def of_other_time(text: str, wording: str) -> bool:
    """Whether a label names another year than a wording of the form: it is none of its misprints."""
    here, there = (set(map(_kind, _TIME.finditer(one))) for one in (text, wording))
    return bool(here - there - {"this"} or (here and there - here - {"this"}))


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The wordings of one edition: text -> what it is.

    `long` are those that are known with misprints, `own` are the rows and columns whose labels make the
    table: no everyday words, as short labels are, and no rows of a table of several blocks.
    """

    exact: dict[str, tuple[Hit, ...]]
    long: tuple[str, ...]
    numbers: dict[tuple[str, str, str], int]
    prefixes: tuple[str, ...]
    own: frozenset[tuple[str, str, str]]

    def lookup(self, text: str) -> tuple[Hit, ...]:
        """Everything that a text may be in the form, nearest first; () for none.

        Exact wordings win over likeness; a likeness must be the only nearest one, within one
        misprint for labels of four characters or more and two for eight or more, and one more
        where the numbering in front of it is right; a piece of another label is none.
        """
        return _lookup(self, text)


@lru_cache(maxsize=1 << 15)
def _lookup(lexicon: Lexicon, text: str) -> tuple[Hit, ...]:
    if len(text) > 120:
        return ()
    number, _ = numbering(text)
    forms = _forms(text)
    for form in forms:
        if hits := lexicon.exact.get(form):
            return _by_number(lexicon, hits, number)
    for form in forms:  # a heading in front of the label, in the same cell
        for prefix in lexicon.prefixes:
            if form.startswith(prefix) and len(form) > len(prefix):
                rest = numbering(form[len(prefix) :])[1]
                if hits := lexicon.exact.get(rest):
                    return _by_number(lexicon, hits, number)
    return _timed(lexicon, forms) or _likeness(lexicon, forms, number)


def _timed(lexicon: Lexicon, forms: Iterable[str]) -> tuple[Hit, ...]:
    """A row's or a column's label with another time beside its words, or in place of its own."""
    for form in forms:
        match = _AT_TIME.search(form)
        if match is None:
            continue
        for kind, words in _OWN_TIMES:
            wording = form[: match.start()] + words + form[match.end() :]
            hits = [hit for hit in lexicon.exact.get(wording, ()) if hit.axis in _TIMED]
            time = _resolved(_kind(match), kind)
            if hits and wording and time is not None:
                return tuple(hit._replace(time=time) for hit in hits)
    return ()


def _resolved(named: str, own: str) -> str | None:
    """The time of a label that names one where a wording of the form has its own; None where they differ."""
    if named.isdigit():
        return str(int(named) + {"last": 1, "next": -1}.get(own, 0))
    return named if own in ("", "this") else "" if named == own else None


def _by_number(lexicon: Lexicon, hits: tuple[Hit, ...], number: int) -> tuple[Hit, ...]:
    """Where one wording means several things, the printed numbering tells which."""
    if len(hits) < 2 or not number:
        return hits
    return tuple(hit for hit in hits if lexicon.numbers.get(hit.bare) == number) or hits


def _likeness(lexicon: Lexicon, forms: Iterable[str], number: int) -> tuple[Hit, ...]:
    best: dict[Hit, int] = {}
    torn: set[str] = set()  # what the text is a piece of, cut off at the end of a line or a page
    for form in forms:
        allowed = 2 if len(form) >= 8 else 1 if len(form) >= _SHORTEST_LIKENESS else 0
        if not allowed or form.isascii():
            continue
        torn |= {
            hit.code
            for wording, hits in lexicon.exact.items()
            if wording.startswith(form) or wording.endswith(form)
            for hit in hits
        }
        near = process.extract(form, lexicon.long, scorer=OSA.distance, score_cutoff=allowed + 1, limit=None)
        for wording, distance, _ in near:
            if of_other_time(form, wording) or _turned(form, wording):
                continue
            for hit in lexicon.exact[wording]:
                # The right numbering in front of a label stands for one more character.
                if distance <= allowed + (0 < number == lexicon.numbers.get(hit.bare)):
                    best[hit] = min(distance, best.get(hit, distance))
    nearest = min(best.values(), default=0)
    found = [hit._replace(distance=nearest) for hit, distance in best.items() if distance == nearest]
    if len({hit.bare for hit in found}) != 1 or (torn and found[0].code not in torn):
        return ()
    return tuple(found)


@cache
def lexicon(code: str) -> Lexicon:
    """The lexicon of an edition."""
    exact: dict[str, dict[Hit, None]] = {}
    numbers: dict[tuple[str, str, str], int] = {}
    own: set[tuple[str, str, str]] = set()

    def add(wordings: Iterable[str], axis: Axis, table: str = "", label: Label | None = None) -> None:
        hit = Hit(axis, table, label.code if label else "")
        if label and label.number:
            numbers[hit.bare] = ordinal(label.number)
        for wording in wordings:
            exact.setdefault(normalise(wording), {}).setdefault(hit)

    form = edition(code)
    for table in form.tables:
        axes: dict[Axis, tuple[Label, ...]] = {"row": table.rows, "column": table.columns}
        axes |= {"group": table.groups, "column_group": table.column_groups}
        for axis, labels in axes.items():
            for label in labels:
                add(label.wordings, axis, table.code, label)
                if len(label.zh) > _EVERYDAY and (
                    axis == "column" or (axis == "row" and len(table.blocks) == 1)
                ):
                    own.add((axis, table.code, label.code))
        add((numbering(heading)[1] for heading in table.headings), "heading", table.code)
        add((block.heading for block in table.blocks if block.heading), "heading", table.code)
        add(table.corner, "corner", table.code)
        add((table.zh, *table.variants), "section", table.code)
    add(load_toml("sections.toml")["ends"], "end")
    requests = form.table("requests")
    groups = [(group.number, wording) for group in requests.groups for wording in group.wordings]
    prefixes = [wording for group in groups for wording in (group[1], "".join(group))]
    prefixes += [part for heading in requests.headings for part in (heading, numbering(heading)[1])]
    return Lexicon(
        {key: tuple(hits) for key, hits in exact.items()},
        tuple(key for key in exact if len(key) >= _SHORTEST_LIKENESS),
        numbers,
        tuple(sorted(map(normalise, prefixes), key=len, reverse=True)),
        frozenset(own),
    )
