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
import itertools
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..analysis.dataset import Dataset
from ..errors import ReportlibError
from ..files import digest
from ..store.registers import load_yaml
from .notebook import Notebook

__all__ = ["LANGUAGES", "Page", "load_matrix", "safe_name"]

LANGUAGES = ("zh", "en")
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|index)(?=\.|$)")
"""Names that Windows keeps for itself, and the one that the page of all pages has."""
LONGEST = 180  # bytes; every file system takes 255 with what is put around a name


# ------------------------------------------------------------------------------ what a matrix may say
def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e6


def _are_spans(value: Any) -> bool:
    spans = [re.fullmatch(r"([12]\d{3})(?:-([12]\d{3}))?", str(one)) for one in _listed(value)]
    return all(span and span[1] <= (span[2] or span[1]) for span in spans)


def _are_languages(value: Any) -> bool:
    return all(one in LANGUAGES for one in _listed(value))


def _are_names(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value)


def _are_bodies(value: Any) -> bool:
    return all(
        isinstance(one, str) or (isinstance(one, dict) and one.keys() <= PATTERN) for one in _listed(value)
    )


PATTERN = {"level", "region", "parent"}
SETTINGS: dict[str, tuple[type | Callable[[Any], bool], str]] = {
    "notebook": (str, "the name of a notebook"),
    "bodies": (_are_bodies, f"names, patterns of {', '.join(sorted(PATTERN))}, or all"),
    "body": (str, "a name"),
    "lang": (_are_languages, " or ".join(LANGUAGES)),
    "years": (_are_spans, "years such as 2024 or 2021-2025, or a list of them"),
    "timeout": (_is_seconds, "seconds, more than 0"),
    "parameters": (_are_names, "names and values"),
    "together": (bool, "true or false"),
    "skip": (bool, "true or false"),
    "overrides": (list, "a list"),
    "name": (str, "a text"),
    "reads": (lambda value: value in ("all", "bodies"), "all or bodies"),
}
"""What can be set, the type of a value or whether it fits, and what was expected."""
ENTRY = SETTINGS.keys() - {"body", "skip"}
OVERRIDE = {"body", "lang", "years", "parameters", "timeout", "skip"}


def _misfits(given: Any, allowed: Collection[str], place: str) -> Iterator[str]:
    """What in an entry or an override cannot be."""
    if not isinstance(given, dict):
        yield f"{place}: {given!r}; expected keys and values"
        return
    for key, value in given.items():
        fits, expected = SETTINGS.get(key, (bool, ""))
        if key not in allowed:
            yield f"{place}: unknown key {key!r}{_near(str(key), allowed)}"
        elif value is not None and not (isinstance(value, fits) if isinstance(fits, type) else fits(value)):
            yield f"{place}: {key} is {value!r:.80}; expected {expected}"
        elif key == "overrides":
            for number, override in enumerate(value or (), 1):
                yield from _misfits(override, OVERRIDE, f"{place}, override {number}")


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


# ------------------------------------------------------------------------------ its pages
def load_matrix(path: Path, ds: Dataset) -> list[Page]:
    """All pages of a matrix.

    Parameters
    ----------
    path
        The matrix; notebooks are found beside it.
    ds
        The data: patterns choose among the bodies that have reports, and any name of a body stands for it.

    Raises
    ------
    ReportlibError
        Everything that is wrong with the matrix, together: unknown keys, notebooks, parameters and
        bodies (with the nearest names), wrong types, patterns without a body, pages twice.
    """
    data = load_yaml(path)
    if not isinstance(data, dict) or not isinstance(data.get("pages"), list):
        expected = "a key pages: with a list of entries"
        raise ReportlibError("no list of pages", file=path, expected=expected)
    problems = [f"the file: unknown key {key!r}" for key in data if key not in ("defaults", "pages")]
    defaults = data.get("defaults") or {}
    problems += _misfits(defaults, ENTRY - {"notebook", "overrides"}, "defaults")
    pages: list[Page] = []
    for number, entry in enumerate(data["pages"] if isinstance(defaults, dict) else (), 1):
        place = f"pages, entry {number}"
        if isinstance(entry, dict):
            place += f" ({entry.get('notebook', '')})"
        wrong = list(_misfits(entry, ENTRY, place))
        problems += wrong
        if not wrong:
            pages += _pages({**defaults, **entry}, path.parent, ds, place, problems)
    _tell_apart(pages, problems)
    if problems:
        several = "\n- ".join([f"{len(problems)} problems, nothing was run", *problems])
        raise ReportlibError(several if len(problems) > 1 else problems[0], file=path)
    return pages


@contextmanager
def _noted(place: str, problems: list[str]) -> Iterator[None]:
    """Keep what is wrong here, and go on behind it."""
    try:
        yield
    except ReportlibError as error:
        problems.append(f"{place}: {error}")


class _Asked(NamedTuple):
    """What one page of an entry is asked for: bodies, language and span of years, where it says any."""

    bodies: tuple[str, ...]
    lang: str | None
    span: int | str | None

    def is_meant_by(self, override: Any) -> bool:
        """Whether an override is for this page."""
        same_lang = override.get("lang", self.lang) == self.lang
        same_span = str(override.get("years", self.span)) == str(self.span)
        return override.get("body", "") in ("", *self.bodies) and same_lang and same_span

    def parameters(self, known: Collection[str]) -> dict[str, Any]:
        """What is asked for, under the names that a notebook has for bodies, language and years."""
        found: dict[str, Any] = {} if self.lang is None else {"lang": self.lang}
        if self.bodies:
            one = "body" in known and len(self.bodies) == 1
            found |= {"body": self.bodies[0]} if one else {"bodies": list(self.bodies)}
        if self.span is not None:
            years = [int(year) for year in str(self.span).split("-")]
            one = "year" in known and len(years) == 1
            found |= {"year": years[0]} if one else {"first_year": years[0], "last_year": years[-1]}
        return found


def _pages(entry: dict[str, Any], folder: Path, ds: Dataset, place: str, problems: list[str]) -> list[Page]:
    """The pages of one entry."""
    pages: list[Page] = []
    with _noted(place, problems):
        notebook = _notebook(folder, entry.get("notebook", ""))
        bodies: dict[str, None] = {}
        for one in _listed(entry.get("bodies")):
            with _noted(place, problems):
                bodies |= dict.fromkeys(_bodies(one, ds))
        groups: list[tuple[str, ...]] = [(body,) for body in bodies]
        if entry.get("together"):
            groups = [tuple(bodies)]
        elif entry.get("bodies") is None:
            groups = [()]
        languages, spans = _listed(entry.get("lang")), _listed(entry.get("years"))
        for one in itertools.product(groups, languages or [None], spans or [None]):
            asked = _Asked(*one)
            told = (*asked.bodies[:3], asked.lang, asked.span)
            with _noted(" ".join([place, *(str(part) for part in told if part is not None)]), problems):
                settings = _overridden(entry, asked)
                if not settings.get("skip"):
                    pages.append(_page(notebook, settings, asked, ds))
    return pages


def _notebook(folder: Path, stem: str) -> Notebook:
    path = folder / f"{stem.removesuffix('.ipynb')}.ipynb"
    if not path.is_file():
        near = _near(stem, [other.stem for other in folder.glob("*.ipynb")])
        raise ReportlibError(f"there is no notebook {stem!r}{near}")
    return Notebook(path)


def _bodies(wanted: str | dict[str, Any], ds: Dataset) -> list[str]:
    """A name or a pattern -> the names that data stand under."""
    if isinstance(wanted, str) and wanted != "all":
        return [ds.resolve(wanted)]
    pattern = {} if isinstance(wanted, str) else {key: str(value) for key, value in wanted.items()}
    found = list(ds.select(**pattern).reports["body"].unique())  # type: ignore[arg-type]
    if not found:
        raise ReportlibError(f"no body with reports fits {wanted}")
    return found


def _overridden(entry: dict[str, Any], asked: _Asked) -> dict[str, Any]:
    """The settings of one page: the entry's, then those of every override that fits."""
    settings = entry
    for override in entry.get("overrides") or ():
        if asked.is_meant_by(override):
            parameters = {**(settings.get("parameters") or {}), **(override.get("parameters") or {})}
            settings = {**settings, **override, "parameters": parameters}
    return settings


def _page(notebook: Notebook, settings: dict[str, Any], asked: _Asked, ds: Dataset) -> Page:
    """One page of an entry."""
    known = notebook.parameters
    chosen = {**asked.parameters(known), **(settings.get("parameters") or {})}
    if wrong := list(filter(None, (_misfit(name, value, known, ds) for name, value in chosen.items()))):
        raise ReportlibError("; ".join(wrong))
    both = known | chosen
    lang = str(both.get("lang") or "")
    ends = [both.get("first_year") or both.get("year"), both.get("last_year")]
    return Page(
        name=_name(settings.get("name"), notebook, asked, both),
        notebook=notebook.path,
        notebook_sha256=notebook.sha256,
        title=notebook.title(lang) or notebook.path.stem,
        parameters=chosen,
        bodies=tuple(both.get("bodies") or _listed(both.get("body") or None)),
        lang=lang,
        years="–".join(dict.fromkeys(str(end) for end in ends if end)),
        reads=settings.get("reads", "all"),
        timeout=settings.get("timeout"),
    )


def _misfit(name: str, value: Any, known: dict[str, Any], ds: Dataset) -> str:
    """Why a notebook does not take a parameter; '' if it does."""
    if name not in known:
        near = _near(name, known) if known else "; the notebook has no parameters cell"
        return f"no parameter {name!r}{near}"
    if not _fits(value, known[name]):
        return f"{name} is {value!r}; expected the like of {known[name]!r}"
    if name == "lang" and value not in LANGUAGES:
        return f"lang is {value!r}; expected {' or '.join(LANGUAGES)}"
    for body in _listed(value) if name in ("body", "bodies") else ():
        ds.resolve(body)
    return ""


def _fits(value: Any, default: Any) -> bool:
    """Whether a value is the like of a default, which is one of several where it is None."""
    if isinstance(default, list | tuple):
        return isinstance(value, list | tuple) and all(not default or _fits(one, default[0]) for one in value)
    if default is None:
        return isinstance(value, str | int | float | list | dict | None)
    return type(value) is type(default) or (type(default) is float and type(value) is int)


def _name(pattern: str | None, notebook: Notebook, asked: _Asked, parameters: dict[str, Any]) -> str:
    """A page's name, from the entry's pattern or from what tells it from the entry's other pages."""
    words = {"notebook": notebook.path.stem, "body": "+".join(asked.bodies)}
    words |= {"lang": asked.lang or "", "years": str(asked.span or "")}
    pattern = pattern or "_".join(f"{{{key}}}" for key, word in words.items() if word)
    known = parameters | words

    def filled(key: re.Match[str]) -> str:
        if key[1] not in known:
            reason = f"{key[0]} is no parameter of it"
            raise ReportlibError(f"the name {pattern!r} cannot be filled in: {reason}")
        return str(known[key[1]])

    return safe_name(re.sub(r"\{(.*?)\}", filled, pattern))


def _tell_apart(pages: list[Page], problems: list[str]) -> None:
    """Give each page a name of its own; one that stands there twice is a problem."""
    runs = Counter((page.notebook.name, _told(page)) for page in pages)
    for (notebook, parameters), count in runs.items():
        if count > 1:
            problems.append(f"{notebook} with {parameters} stands in the matrix {count} times")
    names = Counter(page.name.casefold() for page in pages)
    for number, page in enumerate(pages):
        if names[page.name.casefold()] > 1:
            pages[number] = replace(page, name=f"{page.name}-{digest(_told(page))[:8]}")


def _told(page: Page) -> str:
    return json.dumps(page.parameters, ensure_ascii=False, sort_keys=True)


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
        name = f"{name.encode()[: LONGEST - 9].decode(errors='ignore')}-{digest(name)[:8]}"
    return name


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _near(word: str, words: Collection[str]) -> str:
    close = difflib.get_close_matches(word, words, n=3, cutoff=0.5) or sorted(words)
    return f"; did you mean {', '.join(close[:6])}?" if close else ""
