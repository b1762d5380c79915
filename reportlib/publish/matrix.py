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
from typing import Any

import pandas as pd
import yaml

from ..errors import ReportlibError
from .notebook import Notebook

__all__ = ["LANGUAGES", "Page", "load_matrix", "safe_name"]

LANGUAGES = ("zh", "en")
ENTRY = {
    "notebook",
    "bodies",
    "lang",
    "years",
    "parameters",
    "reads",
    "together",
    "name",
    "timeout",
    "overrides",
}
OVERRIDE = {"body", "lang", "years", "parameters", "timeout", "skip"}
PATTERN = {"level", "region"}
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")
LONGEST = 180  # bytes; every file system takes 255 with what is put around a name

Resolve = Callable[[str], str]


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
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReportlibError("there is no such matrix", file=str(path)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ReportlibError(f"this is not YAML: {error}", file=str(path)) from None
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
        path = self.path.parent / f"{stem}.ipynb"
        if not path.is_file():
            near = _near(stem, [other.stem for other in self.path.parent.glob("*.ipynb")])
            self.problems.append(f"{place}: there is no notebook {stem!r}{near}")
            return []
        try:
            notebook = Notebook(path)
        except ReportlibError as error:
            self.problems.append(f"{place}: {error}")
            return []
        defaults = notebook.parameters
        if (reads := entry.get("reads", "all")) not in ("all", "bodies"):
            self.problems.append(f"{place}: reads is {reads!r}; expected all or bodies")
        bodies = self.bodies(entry["bodies"], place) if "bodies" in entry else []
        groups: list[tuple[str, ...]] = (
            [tuple(bodies)] if entry.get("together") else [(body,) for body in bodies]
        )
        languages = _listed(entry.get("lang")) or [None]
        spans = _listed(entry.get("years")) or [None]
        pages = []
        for group, lang, span in itertools.product(groups or [()], languages, spans):
            page_place = " ".join(
                [place, *group[:3], *(str(part) for part in (lang, span) if part is not None)]
            )
            settings = self.overridden(entry, group, lang, span, place)
            if settings.get("skip"):
                continue
            chosen = {**_asked(defaults, group, lang, span), **(settings.get("parameters") or {})}
            if self.parameters(chosen, defaults, page_place):
                both = defaults | chosen
                shown = both.get("bodies") or ([both["body"]] if both.get("body") else [])
                language, years = str(both.get("lang") or ""), _years(both)
                words = {"notebook": stem, "body": "+".join(group), "lang": lang or "", "years": span or ""}
                pattern = entry.get("name") or "_".join(f"{{{key}}}" for key, word in words.items() if word)
                try:
                    name = safe_name(pattern.format(**{**both, **words}))
                except (KeyError, IndexError, ValueError, AttributeError) as error:
                    self.problems.append(f"{page_place}: the name {pattern!r} cannot be filled in: {error}")
                    continue
                title = notebook.title(language) or stem
                about = (chosen, tuple(shown), language, years, reads, settings.get("timeout"))
                pages.append(Page(name, path, notebook.sha256, title, *about))
        return pages

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

    def overridden(
        self, entry: dict[str, Any], group: tuple[str, ...], lang: Any, span: Any, place: str
    ) -> dict[str, Any]:
        """The settings of one page: the entry's, then those of every override that fits."""
        settings: dict[str, Any] = {key: entry[key] for key in ("parameters", "timeout") if key in entry}
        for number, override in enumerate(entry.get("overrides") or [], 1):
            fits = (
                self.known_keys(override, OVERRIDE, f"{place}, override {number}")
                and override.get("body", "") in ("", *group)
                and override.get("lang", lang) == lang
                and str(override.get("years", span)) == str(span)
            )
            if fits:
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


def _asked(defaults: dict[str, Any], group: tuple[str, ...], lang: Any, span: Any) -> dict[str, Any]:
    """The parameters that stand for bodies, language and years, under the names that the notebook has for
    them.
    """
    asked: dict[str, Any] = {}
    if group:
        asked |= {"body": group[0]} if "body" in defaults and len(group) == 1 else {"bodies": list(group)}
    if lang is not None:
        asked["lang"] = lang
    if span is not None:
        ends = [int(end) if end.isdecimal() else end for end in str(span).split("-")]
        asked |= {"year": ends[0]} if "year" in defaults and len(ends) == 1 else {}
        asked |= {} if asked.get("year") else {"first_year": ends[0], "last_year": ends[-1]}
    return asked


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


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _near(word: str, words: list[str]) -> str:
    close = difflib.get_close_matches(word, words, n=3, cutoff=0.5) or sorted(words)
    return f"; did you mean {', '.join(close[:6])}?" if close else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
