"""The run matrix: notebooks × bodies × languages × years, checked whole before anything runs.

``notebooks/batch.yml``::

    defaults: {lang: [zh, en]}
    pages:
      - notebook: request_outcomes
        bodies: {level: city, region: "32"}   # or a list of names and such patterns, or "all"
        years: [2021-2024, 2025]              # a page for each
        parameters: {scope: region}           # for every page of the entry
        reads: bodies                         # the page depends on the data of its own bodies only
        together: true                        # one page for all bodies instead of one each
        name: "{notebook}_{body}_{years}_{lang}"
        overrides:
          - {body: 宿迁市, lang: en, skip: true}
          - {body: 南京市, parameters: {scope: own}, timeout: 1200}
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..errors import ReportlibError
from ..store.registers import load_yaml
from .notebook import Notebook

__all__ = ["LANGUAGES", "Page", "load_matrix", "safe_name"]

LANGUAGES = ("zh", "en")
PATTERN = {"level", "region"}
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|index)(?=\.|$)")
"""Names that Windows keeps for itself, and the one that the page of all pages has."""
LONGEST = 180  # bytes; every file system takes 255 with what is put around a name

Resolve = Callable[[str], str]


def _is_span(value: Any) -> bool:
    match = re.fullmatch(r"([12]\d{3})(?:-([12]\d{3}))?", str(value))
    return match is not None and (match[2] is None or match[1] <= match[2])


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e6


SETTINGS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "years": (lambda v: all(map(_is_span, _listed(v))), "years such as 2024 or 2021-2025, or a list of them"),
    "timeout": (_is_seconds, "seconds, more than 0"),
    "parameters": (
        lambda v: isinstance(v, dict) and all(isinstance(name, str) for name in v),
        "names and values",
    ),
    "together": (lambda v: isinstance(v, bool), "true or false"),
    "skip": (lambda v: isinstance(v, bool), "true or false"),
    "overrides": (lambda v: isinstance(v, list), "a list"),
    "name": (lambda v: isinstance(v, str), "a text"),
    "reads": (lambda v: v in ("all", "bodies"), "all or bodies"),
}
"""What an entry or an override can set, whether a value fits, and what was expected."""
ENTRY = {"notebook", "bodies", "lang", *SETTINGS} - {"skip"}
OVERRIDE = {"body", "lang", "years", "parameters", "timeout", "skip"}


@dataclass(frozen=True)
class Page:
    """One run of one notebook.

    Attributes
    ----------
    name
        Stem of the files, unique in the matrix.
    notebook, notebook_sha256, title
        The notebook's path, the hash of what it says, and its first heading in the page's language.
    parameters
        What is passed to the notebook.
    bodies, lang, years
        What the page is about, its defaults included; '' and () where the notebook has no such parameter.
    reads
        ``bodies`` if the page depends on its own bodies' data only, else ``all``.
    timeout
        Seconds for all cells together; None: that of the run.
    """

    name: str
    notebook: Path
    notebook_sha256: str
    title: str
    parameters: dict[str, Any]
    bodies: tuple[str, ...]
    lang: str
    years: str
    reads: str = "all"
    timeout: float | None = None


def load_matrix(path: Path, reports: pd.DataFrame, resolve: Resolve) -> list[Page]:
    """All pages of a matrix.

    Parameters
    ----------
    path
        The matrix; notebooks are found beside it.
    reports
        Frame with ``body, level, region_code``, a line for every report; patterns choose among its bodies.
    resolve
        Any name of a body -> the name its data stand under; raises ReportlibError for unknown bodies.

    Raises
    ------
    ReportlibError
        Everything that is wrong with the matrix, together: unknown keys, notebooks, parameters and
        bodies (with the nearest names), wrong types, patterns without a body, pages twice.
    """
    matrix = _Matrix(path, reports.drop_duplicates("body"), resolve)
    data = load_yaml(path)
    if not isinstance(data, dict) or not isinstance(data.get("pages"), list):
        raise ReportlibError(
            "no list of pages", file=str(path), expected="a key pages: with a list of entries"
        )
    matrix.known_keys(data, {"defaults", "pages"}, "the file")
    defaults = data.get("defaults") or {}
    pages = []
    if matrix.known_keys(defaults, ENTRY - {"notebook", "overrides"}, "defaults"):
        for number, entry in enumerate(data["pages"], 1):
            if matrix.known_keys(entry, ENTRY, f"pages, entry {number}"):
                pages += matrix.entry({**defaults, **entry}, number)
    pages = _unique(pages, matrix.problems)
    if matrix.problems:
        several = f"{len(matrix.problems)} problems, nothing was run" + "".join(
            f"\n- {p}" for p in matrix.problems
        )
        raise ReportlibError(several if len(matrix.problems) > 1 else matrix.problems[0], file=str(path))
    return pages


class _Asked(NamedTuple):
    """What one page of an entry is asked for: bodies, language and span of years, where it says any."""

    group: tuple[str, ...]
    lang: str | None
    span: int | str | None

    def is_meant_by(self, override: dict[str, Any]) -> bool:
        """Whether an override is for this page."""
        same_lang = override.get("lang", self.lang) == self.lang
        same_span = str(override.get("years", self.span)) == str(self.span)
        return override.get("body", "") in ("", *self.group) and same_lang and same_span


@dataclass
class _Matrix:
    path: Path
    reports: pd.DataFrame
    resolve: Resolve
    problems: list[str] = field(default_factory=list)

    def entry(self, entry: dict[str, Any], number: int) -> list[Page]:
        """The pages of one entry."""
        stem = str(entry.get("notebook", "")).removesuffix(".ipynb")
        place = f"pages, entry {number} ({stem})"
        notebook = self.notebook(stem, place)
        if notebook is None or not self.settings(entry, place):
            return []
        bodies = self.bodies(entry["bodies"], place) if "bodies" in entry else []
        groups = [tuple(bodies)] if entry.get("together") else [(body,) for body in bodies]
        languages = _listed(entry.get("lang")) or [None]
        spans = _listed(entry.get("years")) or [None]
        asked = [_Asked(*one) for one in itertools.product(groups or [()], languages, spans)]
        pages = [self.page(notebook, entry, one, place) for one in asked]
        return [page for page in pages if page]

    def notebook(self, stem: str, place: str) -> Notebook | None:
        """The notebook of this name."""
        path = self.path.parent / f"{stem}.ipynb"
        try:
            if path.is_file():
                return Notebook(path)
        except ReportlibError as error:
            self.problems.append(f"{place}: {error}")
            return None
        near = _near(stem, [other.stem for other in self.path.parent.glob("*.ipynb")])
        self.problems.append(f"{place}: there is no notebook {stem!r}{near}")
        return None

    def settings(self, given: dict[str, Any], place: str) -> bool:
        """Whether each setting of an entry or override is of its kind."""
        before = len(self.problems)
        for key, value in given.items():
            if key in SETTINGS and value is not None:
                fits, expected = SETTINGS[key]
                if not fits(value):
                    self.problems.append(f"{place}: {key} is {_short(value)}; expected {expected}")
        return len(self.problems) == before

    def page(self, notebook: Notebook, entry: dict[str, Any], asked: _Asked, place: str) -> Page | None:
        """One page of an entry; None if it is skipped or something is wrong with it."""
        settings = self.overridden(entry, asked, place)
        if settings.get("skip"):
            return None
        defaults = notebook.parameters
        chosen = {**_parameters(defaults, asked), **(settings.get("parameters") or {})}
        told = (*asked.group[:3], asked.lang, asked.span)
        page_place = " ".join([place, *(str(one) for one in told if one is not None)])
        if not self.parameters(chosen, defaults, page_place):
            return None
        both = defaults | chosen
        name = self.name(entry.get("name"), notebook, asked, both, page_place)
        lang = str(both.get("lang") or "")
        if not name:
            return None
        return Page(
            name=name,
            notebook=notebook.path,
            notebook_sha256=notebook.sha256,
            title=notebook.title(lang) or notebook.path.stem,
            parameters=chosen,
            bodies=tuple(both.get("bodies") or ([both["body"]] if both.get("body") else [])),
            lang=lang,
            years=_years(both),
            reads=entry.get("reads", "all"),
            timeout=settings.get("timeout"),
        )

    def name(
        self, pattern: str | None, notebook: Notebook, asked: _Asked, parameters: dict[str, Any], place: str
    ) -> str:
        """The page's name; '' if the pattern cannot be filled in."""
        words = {
            "notebook": notebook.path.stem,
            "body": "+".join(asked.group),
            "lang": asked.lang or "",
            "years": asked.span or "",
        }
        pattern = pattern or "_".join(f"{{{key}}}" for key, word in words.items() if word)
        known = {**parameters, **words}
        if unknown := [key for key in re.findall(r"\{(.*?)\}", pattern) if key not in known]:
            reason = f"{{{unknown[0]}}} is no parameter of it"
            self.problems.append(f"{place}: the name {pattern!r} cannot be filled in: {reason}")
            return ""
        return safe_name(re.sub(r"\{(.*?)\}", lambda key: str(known[key[1]]), pattern))

    def bodies(self, wanted: Any, place: str) -> list[str]:
        """Names and patterns -> the names that data stand under, in order, each once."""
        found: list[str] = []
        for one in [{}] if wanted == "all" else _listed(wanted):
            if isinstance(one, dict):
                self.known_keys(one, PATTERN, f"{place}, bodies")
                match = self.reports
                if "level" in one:
                    match = match[match["level"].isin([str(level) for level in _listed(one["level"])])]
                if "region" in one:
                    region = re.sub(r"(00)+$", "", str(one["region"]))
                    match = match[match["region_code"].fillna("").str.startswith(region)]
                if match.empty:
                    levels = ", ".join(sorted(self.reports["level"].dropna().unique()))
                    self.problems.append(f"{place}: no body with reports fits {one}; levels are {levels}")
                found += list(match["body"])
            elif isinstance(one, str):
                try:
                    found.append(self.resolve(one))
                except ReportlibError as error:
                    self.problems.append(f"{place}: {error}")
            else:
                self.problems.append(f"{place}: {one!r} is no body; expected a name or {{level, region}}")
        return list(dict.fromkeys(found))

    def overridden(self, entry: dict[str, Any], asked: _Asked, place: str) -> dict[str, Any]:
        """The settings of one page: the entry's, then those of every override that fits."""
        settings: dict[str, Any] = {key: entry[key] for key in ("parameters", "timeout") if key in entry}
        for number, override in enumerate(entry.get("overrides") or [], 1):
            told = f"{place}, override {number}"
            if not self.known_keys(override, OVERRIDE, told) or not self.settings(override, told):
                continue
            if asked.is_meant_by(override):
                parameters = {**(settings.get("parameters") or {}), **(override.get("parameters") or {})}
                settings = {**settings, **override, "parameters": parameters}
        return settings

    def parameters(self, chosen: dict[str, Any], defaults: dict[str, Any], place: str) -> bool:
        """Whether the notebook takes these parameters."""
        before = len(self.problems)
        for name, value in chosen.items():
            if name not in defaults:
                near = _near(name, list(defaults)) if defaults else "; the notebook has no parameters cell"
                self.problems.append(f"{place}: no parameter {name!r}{near}")
            elif not _fits(value, defaults[name]):
                self.problems.append(f"{place}: {name} is {value!r}; expected the like of {defaults[name]!r}")
            elif name == "lang" and value not in LANGUAGES:
                self.problems.append(f"{place}: lang is {value!r}; expected {' or '.join(LANGUAGES)}")
            elif name in ("body", "bodies"):
                for body in _listed(value):
                    try:
                        self.resolve(body)
                    except ReportlibError as error:
                        self.problems.append(f"{place}: {error}")
        return len(self.problems) == before

    def known_keys(self, given: Any, known: Iterable[str], place: str) -> bool:
        """Whether this is a mapping at all."""
        if not isinstance(given, dict):
            self.problems.append(f"{place}: {given!r}; expected keys and values")
            return False
        for key in given:
            if key not in known:
                self.problems.append(f"{place}: unknown key {key!r}{_near(str(key), list(known))}")
        return True


def safe_name(text: str) -> str:
    """A file name that every file system takes; Chinese is kept.

    Examples
    --------
    >>> safe_name("request_outcomes_宿迁市/办公室: 2024?")
    'request_outcomes_宿迁市-办公室-2024'
    """
    kept = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] != "C" or c.isspace())
    name = re.sub(r'[<>:"/\\|?*\s]+', "-", "".join(kept)).strip("-. ") or "page"
    name = RESERVED.sub(r"\1_", name, count=1) if RESERVED.match(name) else name
    if len(name.encode()) > LONGEST:
        name = f"{name.encode()[: LONGEST - 9].decode(errors='ignore')}-{_digest(name)}"
    return name


def _parameters(defaults: dict[str, Any], asked: _Asked) -> dict[str, Any]:
    """What was asked for, under the names that the notebook has for bodies, language and years."""
    found: dict[str, Any] = {}
    group, span = asked.group, asked.span
    if group:
        found |= {"body": group[0]} if "body" in defaults and len(group) == 1 else {"bodies": list(group)}
    if asked.lang is not None:
        found["lang"] = asked.lang
    if span is not None:
        years = [int(year) for year in str(span).split("-")]
        one_year = "year" in defaults and len(years) == 1
        found |= {"year": years[0]} if one_year else {"first_year": years[0], "last_year": years[-1]}
    return found


def _years(parameters: dict[str, Any]) -> str:
    ends = [parameters.get(name) for name in ("first_year", "last_year")]
    ends = [end for end in ends if end] or [parameters.get("year")]
    return "–".join(dict.fromkeys(str(end) for end in ends if end))


def _fits(value: Any, default: Any) -> bool:
    if default is None:
        return isinstance(value, str | int | float | list | dict | None)
    if isinstance(default, list | tuple):
        return isinstance(value, list | tuple) and all(not default or _fits(one, default[0]) for one in value)
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    return isinstance(value, (int, float) if isinstance(default, float) else type(default))


def _unique(pages: list[Page], problems: list[str]) -> list[Page]:
    runs = Counter((page.notebook.name, json.dumps(page.parameters, sort_keys=True)) for page in pages)
    for (notebook, parameters), count in runs.items():
        if count > 1:
            shown = ", ".join(f"{k}={v}" for k, v in json.loads(parameters).items()) or "its defaults"
            problems.append(f"{notebook} with {shown} stands in the matrix {count} times")
    names = Counter(page.name.casefold() for page in pages)
    return [
        page
        if names[page.name.casefold()] == 1
        else Page(
            **{**vars(page), "name": f"{page.name}-{_digest(json.dumps(page.parameters, sort_keys=True))}"}
        )
        for page in pages
    ]


def _short(value: Any) -> str:
    told = repr(value)
    return told if len(told) < 80 else f"{told[:80]}…"


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _near(word: str, words: list[str]) -> str:
    close = difflib.get_close_matches(word, words, n=3, cutoff=0.5) or sorted(words)
    return f"; did you mean {', '.join(close[:6])}?" if close else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
