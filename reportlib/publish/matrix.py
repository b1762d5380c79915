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

import itertools
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..analysis.dataset import Dataset
from ..errors import ReportlibError
from ..files import digest
from ..store.registers import Fields, like, load_yaml, misfits
from .notebook import Notebook

__all__ = ["LANGUAGES", "Page", "load_matrix", "safe_name"]

LANGUAGES = ("zh", "en")
RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d|index)(?=\.|$)")
"""Names that Windows keeps for itself, and the one that the page of all pages has."""
LONGEST = 180  # bytes; every file system takes 255 with what is put around a name
Settings = dict[str, Any]


# ------------------------------------------------------------------------------ what a matrix may say
def _is_seconds(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and 0 < value < 1e6)


def _are_spans(value: Any) -> bool:
    spans = [re.fullmatch(r"([12]\d{3})(?:-([12]\d{3}))?", str(one)) for one in _listed(value)]
    return all(span and span[1] <= (span[2] or span[1]) for span in spans)


def _are_languages(value: Any) -> bool:
    return all(one in LANGUAGES for one in _listed(value))


def _are_bodies(value: Any) -> bool:
    patterns = [one for one in _listed(value) if not isinstance(one, str)]
    return all(isinstance(one, dict) and one.keys() <= PATTERN for one in patterns)


PATTERN = {"level", "region", "parent"}
COMMON: Fields = {
    "lang": (_are_languages, " or ".join(LANGUAGES)),
    "years": (_are_spans, "years such as 2024 or 2021-2025, or a list of them"),
    "timeout": (_is_seconds, "seconds, more than 0"),
    "parameters": (dict | None, "names and values"),
}
OVERRIDE: Fields = {
    **COMMON,
    "body": (str | None, "a name"),
    "skip": (bool | None, "true or false"),
}
DEFAULTS: Fields = {
    **COMMON,
    "bodies": (_are_bodies, f"names, patterns of {', '.join(sorted(PATTERN))}, or all"),
    "together": (bool | None, "true or false"),
    "name": (str | None, "a text"),
    "reads": ((None, "all", "bodies"), "all or bodies"),
}
ENTRY: Fields = {
    **DEFAULTS,
    "notebook": (str, "the name of a notebook"),
    "overrides": (list | None, "a list"),
}


def _checked(given: Any, fields: Fields, place: str, problems: list[str]) -> Settings:
    """What is given, or nothing where it has something that cannot be, which is noted."""
    if not isinstance(given, dict):
        problems.append(f"{place}: {given!r}; expected keys and values")
        return {}
    wrong = misfits(given, fields)
    problems += [f"{place}: {said}" for said in wrong]
    return {} if wrong else given


class Page(NamedTuple):
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
    parameters: Settings
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
        raise ReportlibError("no list of pages", file=path, expected="a key pages: with a list of entries")
    problems = [f"the file: unknown key {key!r}" for key in data if key not in ("defaults", "pages")]
    defaults = _checked(data.get("defaults") or {}, DEFAULTS, "defaults", problems)
    pages: list[Page] = []
    for number, entry in enumerate(data["pages"], 1):
        name = entry.get("notebook", "") if isinstance(entry, dict) else ""
        place = f"pages, entry {number} ({name})"
        settings = defaults | _checked(entry, ENTRY, place, problems)
        settings["overrides"] = [
            _checked(override, OVERRIDE, f"{place}, override {one}", problems)
            for one, override in enumerate(settings.get("overrides") or (), 1)
        ]
        pages += _pages(settings, path.parent, ds, place, problems)
    pages = _told_apart(pages, problems)
    if problems:
        raise ReportlibError(
            "\n- ".join([f"{len(problems)} problems, nothing was run", *problems])
            if len(problems) > 1
            else problems[0],
            file=path,
        )
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
    lang: str
    span: str

    def is_meant_by(self, override: Settings) -> bool:
        """Whether an override is for this page."""
        same_lang = override.get("lang", self.lang) == self.lang
        same_span = str(override.get("years", self.span)) == self.span
        return override.get("body", "") in ("", *self.bodies) and same_lang and same_span

    def parameters(self, known: Collection[str]) -> Settings:
        """What is asked for, under the names that a notebook has for bodies, language and years."""
        found: Settings = {"lang": self.lang} if self.lang else {}
        years = [int(year) for year in self.span.split("-") if year]
        if "body" in known and len(self.bodies) == 1:
            found["body"] = self.bodies[0]
        elif self.bodies:
            found["bodies"] = list(self.bodies)
        if "year" in known and len(years) == 1:
            found["year"] = years[0]
        elif years:
            found |= {"first_year": years[0], "last_year": years[-1]}
        return found


def _pages(entry: Settings, folder: Path, ds: Dataset, place: str, problems: list[str]) -> list[Page]:
    """The pages of one entry."""
    pages: list[Page] = []
    if "notebook" not in entry:
        return pages
    with _noted(place, problems):
        notebook = _notebook(folder, entry["notebook"])
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
        for group, lang, span in itertools.product(groups, languages or [""], spans or [""]):
            asked = _Asked(group, lang, str(span))
            told = filter(None, (*group[:3], lang, asked.span))
            with _noted(" ".join([place, *told]), problems):
                settings = _overridden(entry, asked)
                if not settings.get("skip"):
                    pages.append(_page(notebook, settings, asked, ds))
    return pages


def _notebook(folder: Path, stem: str) -> Notebook:
    path = folder / f"{stem.removesuffix('.ipynb')}.ipynb"
    if not path.is_file():
        others = [other.stem for other in folder.glob("*.ipynb")]
        raise ReportlibError(f"there is no notebook {stem!r}{like(stem, others)}")
    return Notebook(path)


def _bodies(wanted: str | Settings, ds: Dataset) -> list[str]:
    """A name or a pattern -> the names that data stand under."""
    pattern = {} if wanted == "all" else wanted
    if isinstance(pattern, str):
        return [ds.resolve(pattern)]
    chosen = ds.select(**{key: str(value) for key, value in pattern.items()})  # type: ignore[arg-type]
    found = list(chosen.reports["body"].unique())
    if not found:
        raise ReportlibError(f"no body with reports fits {wanted}")
    return found


def _overridden(entry: Settings, asked: _Asked) -> Settings:
    """The settings of one page: the entry's, then those of every override that fits."""
    settings = entry
    for override in entry["overrides"]:
        if asked.is_meant_by(override):
            parameters = (settings.get("parameters") or {}) | (override.get("parameters") or {})
            settings = {**settings, **override, "parameters": parameters}
    return settings


def _page(notebook: Notebook, settings: Settings, asked: _Asked, ds: Dataset) -> Page:
    """One page of an entry."""
    known = notebook.parameters
    chosen = asked.parameters(known) | (settings.get("parameters") or {})
    _refuse_misfits(chosen, known)
    both = known | chosen
    bodies = tuple(both.get("bodies") or _listed(both.get("body") or None))
    for body in bodies:
        ds.resolve(body)
    lang = str(both.get("lang") or "")
    ends = [both.get("first_year") or both.get("year"), both.get("last_year")]
    return Page(
        name=_name(settings.get("name"), notebook, asked, both),
        notebook=notebook.path,
        notebook_sha256=notebook.sha256,
        title=notebook.title(lang) or notebook.path.stem,
        parameters=chosen,
        bodies=bodies,
        lang=lang,
        years="–".join(dict.fromkeys(str(end) for end in ends if end)),
        reads=settings.get("reads") or "all",
        timeout=settings.get("timeout"),
    )


def _refuse_misfits(chosen: Settings, known: Settings) -> None:
    """Refuse what a notebook does not take."""
    if chosen and not known:
        raise ReportlibError("the notebook has no parameters cell")
    fields: Settings = {
        name: (partial(_fits, default), f"the like of {default!r}") for name, default in known.items()
    }
    if "lang" in known:
        fields["lang"] = COMMON["lang"]
    if wrong := misfits(chosen, fields, "parameter"):
        raise ReportlibError("; ".join(wrong))


def _fits(default: Any, value: Any) -> bool:
    """Whether a value is the like of a default, which is one of several where it is None."""
    if isinstance(default, list | tuple):
        return isinstance(value, list | tuple) and all(not default or _fits(default[0], one) for one in value)
    if default is None:
        return isinstance(value, str | int | float | list | dict | None)
    return type(value) is type(default) or (type(default) is float and type(value) is int)


def _name(pattern: str | None, notebook: Notebook, asked: _Asked, parameters: Settings) -> str:
    """A page's name, from the entry's pattern or from what tells it from the entry's other pages."""
    words = {
        "notebook": notebook.path.stem,
        "body": "+".join(asked.bodies),
        "lang": asked.lang,
        "years": asked.span,
    }
    pattern = pattern or "_".join(f"{{{key}}}" for key, word in words.items() if word)
    known = parameters | words
    for key in re.findall(r"{(.*?)}", pattern):
        if key not in known:
            raise ReportlibError(f"the name {pattern!r} cannot be filled in: {key} is no parameter of it")
    return safe_name(re.sub(r"{(.*?)}", lambda key: str(known[key[1]]), pattern))


def _told_apart(pages: list[Page], problems: list[str]) -> list[Page]:
    """The pages, each with a name of its own; one that stands there twice is a problem."""
    names = Counter(page.name.casefold() for page in pages)
    apart = [page if names[page.name.casefold()] == 1 else _with_mark(page) for page in pages]
    runs = Counter(page.name for page in apart)
    problems += [f"{name} stands in the matrix {count} times" for name, count in runs.items() if count > 1]
    return apart


def _with_mark(page: Page) -> Page:
    """The page, with what tells it from others of its name."""
    told = json.dumps(page.parameters, ensure_ascii=False, sort_keys=True)
    return page._replace(name=f"{page.name}-{digest(page.notebook.name, told)[:8]}")


def safe_name(text: str) -> str:
    """A file name that every file system takes; Chinese is kept.

    Examples
    --------
    >>> safe_name("request_outcomes_宿迁市/办公室: 2024?")
    'request_outcomes_宿迁市-办公室-2024'
    """
    kept = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] != "C" or c.isspace())
    name = re.sub(r'[<>:"/\\|?*\s]+', "-", "".join(kept)).strip("-. ") or "page"
    name = RESERVED.sub(r"\1_", name)
    if len(name.encode()) > LONGEST:
        name = f"{name.encode()[: LONGEST - 9].decode(errors='ignore')}-{digest(name)[:8]}"
    return name


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
