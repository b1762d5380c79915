"""Whose report a document is: body, year, scope and date, where title and text say so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from ...form import load_toml
from ...reading.document import Document, Paragraph
from ..report import Finding
from .matching import normalise, simplify
from .numerals import fold

__all__ = ["Identity", "identify"]

_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?:年度?(?!\d+月)|(?=[^\d]{0,4}$))")
_APART = re.compile(r"(?<=\d)\s+(?=年)")
_PERIOD = re.compile(r"(20\d\d)年1月1日.{0,8}?(?:20\d\d年)?12月31日")
_DAY = r"(20\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})"
_DATE = re.compile(rf"{_DAY}(?:\s*日|(?!\d))")
_IN_WORDS = re.compile(
    r"二[〇○零OoО]([一二三四])([〇○零一二三四五六七八九])年(?:([一二十]+)月(?:([一二三四五六七八九十]+)日)?)?"
)
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0}
_AROUND = "《》〈〉“”\"' 　#*—-·:：_|\t\n\r"
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_SENTENCE = re.compile(r"。|20[0-4]\d年")
_SEPARATOR = re.compile(r"[>:：/|_《》\[\]【】「」-]")
_PARTS = re.compile(r"[\s_|-]+")  # of the title that a page has for browsers
_LONGEST_TITLE, _LONGEST_BODY = 70, 30  # characters
_PROSE = 60  # characters; a sentence so long is none of a page's head
_LONGEST_DATE = 14  # characters of a line with nothing but a date
_NEAR = 40  # how many lines from the top can hold title and date
_HEAD_CELLS = 24  # of a page's head table: 索引号, 发布机构 …


class Identity(NamedTuple):
    """Whose report it is; '' and None where nobody says. `findings` are the contradictions.

    `consolidates` is whether the report says that it adds up those of other bodies.
    """

    body: str
    year: int | None
    scope: str
    date_published: str
    title: str
    findings: tuple[Finding, ...]
    consolidates: bool = False


@cache
def _words() -> dict[str, dict[str, Any]]:
    return load_toml("sections.toml")


def identify(document: Document, body: str | None = None, year: int | None = None) -> Identity:
    """Tell body, year, scope and date of publication.

    Parameters
    ----------
    document
        The report.
    body, year
        What the caller knows: it wins; where the document says otherwise a finding tells so.
    """
    link = _words()["title"]["link"]
    texts = [_plain(p.text) for p in document.paragraphs() if p.text.strip()]
    for grid in document.grids():  # in a spreadsheet the sentences stand in cells, too
        texts += filter(
            _SENTENCE.search, (_plain(cell.text) for cell in grid.cells if not cell.text.isdigit())
        )
    texts = [text for text in texts if not re.match(link, text)]
    head = list(_head(document))
    own = _plain(document.title)
    title, named, titled = _title([*_PARTS.split(own), own, *head])
    whole = "\n".join(re.sub(r"\s", "", text) for text in texts)
    covered = _period(whole)
    stated = titled or covered or _spoken(whole)
    who = body or named or _named(whole, "\n".join(head))
    return Identity(
        body=who,
        year=year if year is not None else stated,
        scope=_scope(whole, who),
        date_published=_date(head, texts),
        title=title,
        findings=tuple(_contradictions(body, named, (year, stated), (titled, covered))),
        consolidates=re.search(_words()["scope"]["consolidates"], whole) is not None,
    )


def _contradictions(
    body: str | None, named: str, years: tuple[int | None, int | None], cited: tuple[int | None, int | None]
) -> Iterator[Finding]:
    """What differs of what is recorded and named, of years recorded and stated, of title and period."""
    titled, covered = cited
    if titled and covered and titled != covered:
        yield Finding.of("year_cited_differs", "warn", left=titled, right=covered, where="title")
    year, stated = years
    if year and stated and year != stated:
        yield Finding.of("year_differs", "warn", left=year, right=stated, where="title")
    if body and named and not _same_body(body, named):
        yield Finding.of("body_differs", "warn", where="title", recorded=body, named=named)


def _plain(text: str) -> str:
    """Simplified characters, plain digits, also for dates in words, nothing that does not show."""
    plain = _APART.sub("", _UNSEEN.sub("", simplify(fold(text)))).strip()
    return _IN_WORDS.sub(_in_digits, plain)


def _in_digits(date: re.Match[str]) -> str:
    decade, year, month, day = date.groups()
    text = f"20{_DIGITS[decade]}{_DIGITS[year]}年"
    for words, unit in ((month, "月"), (day, "日")):
        if words:
            tens, ten, ones = words.rpartition("十")
            text += f"{10 * _DIGITS.get(tens, len(ten)) + _DIGITS.get(ones, 0)}{unit}"
    return text


def _head(document: Document) -> Iterator[str]:
    """The lines and cells at the head of a page, up to its first section or sentence, without links."""
    words = _words()["title"]
    for text in islice(_texts(document), _NEAR):
        line = _plain(text)
        if re.match(words["section"], line) or ("。" in line and len(line) > _PROSE):
            return
        if not re.match(words["link"], line):
            yield line


def _texts(document: Document) -> Iterator[str]:
    """Paragraphs and the first cells of tables that hold something, in reading order."""
    for block in document.blocks:
        texts = [block.text] if isinstance(block, Paragraph) else [cell.text for cell in block.cells]
        yield from filter(str.strip, texts[:_HEAD_CELLS])


class _Title(NamedTuple):
    """A title, the body and the year that it names."""

    text: str = ""
    body: str = ""
    year: int | None = None


def _title(top: list[str]) -> _Title:
    """The title: one line if that names the body, else two or three put together, else a name beside it."""
    lines = [line for i, line in enumerate(top) if line and line not in top[:i]]
    found = _Title()
    for count in (1, 2, 3):
        for i in range(len(lines) - count + 1):
            title = _read_title("".join(lines[i : i + count]))
            if title is None:
                continue
            if title.body and not _is_partial(title.body):
                return title
            above, below = (_name("".join(lines[n : n + 1])) for n in (i - 1 if i else len(lines), i + count))
            if not title.body and above:
                title = title._replace(text=f"{lines[i - 1]} {title.text}")
            title = title._replace(body=title.body or above or below)
            found = max(found, title, key=lambda one: (one.body != "", one.year is not None))
    return found


def _read_title(text: str) -> _Title | None:
    """What a line says if it is a title."""
    plain = re.sub(r"\s", "", text)
    year = _YEAR.search(plain)
    match = _report_title().search(_YEAR.sub("", plain)) if len(plain) <= _LONGEST_TITLE else None
    if match is None:
        return None
    spaced = _YEAR.sub("", text).split(match["report"][:4])[0]
    return _Title(text.strip(), _name(spaced) or _name(match["tail"]), int(year[1]) if year else None)


@cache
def _report_title() -> re.Pattern[str]:
    """A line that is a title: no sentence, the words for a report at its end or before a separator."""
    names = "|".join(map(re.escape, sorted(map(str, _words()["title"]["report"]), key=len, reverse=True)))
    head = rf"^(?P<head>[^,。;，；]*?)(?:的|[》”])?(?P<report>{names})"
    return re.compile(rf"{head}(?P<tail>$|[\W_].*|.{{1,8}}$)")


def _name(text: str) -> str:
    """The name of a body, or of several, that a text ends with; '' where there is none."""
    for whole in (re.sub(r"\s", "", text), *text.split()[::-1]):
        name = _SEPARATOR.split(whole.rstrip(_AROUND))[-1]
        name = re.sub(r"的|关于|\(.*?\)", "", _YEAR.sub("", name))
        name = re.sub(r"^[\x00-\x7f]+", "", name).strip(_AROUND)  # the number of a page, for one
        name = re.sub(_words()["title"]["caption"], "", name)
        if 1 < len(name) <= _LONGEST_BODY and all(map(_is_name, name.split("、"))):
            return name
    return ""


def _is_name(text: str) -> bool:
    words = _words()["title"]
    return bool(re.search(words["body"], text)) and not re.search(words["not_body"], text)


def _period(whole: str) -> int | None:
    """The year of the period that the figures cover: 从某年1月1日至12月31日."""
    years = Counter(match[1] for match in _PERIOD.finditer(whole)).most_common(1)
    return int(years[0][0]) if years else None


def _spoken(whole: str) -> int | None:
    """The year of which the clauses of the text speak; None where they speak as often of another."""
    years = Counter(re.findall(_words()["year"]["spoken"], whole)).most_common(2)
    if not years or (len(years) == 2 and years[0][1] == years[1][1]):
        return None
    return int(years[0][0])


def _named(whole: str, head: str) -> str:
    """The body that sentences name as the one whose report it is, or that the page's head table names."""
    words = _words()["body"]
    for sentence in words["sentences"]:
        names = Counter(map(_spoken_body, re.findall(sentence, whole)))
        del names[""]
        if names:
            return names.most_common(1)[0][0]
    kinds = Counter(re.findall(words["speaker"], whole)).most_common(1)
    if kinds:
        own = re.compile(f"{kinds[0][0]}(?:{words['behind_kind']})?$")
        for place in words["own_places"]:
            for name in map(_spoken_body, re.findall(place, whole)):
                if own.search(name):
                    return name
    said = re.search(words["head"], head)
    return _name(said[1]) if said else ""


def _spoken_body(text: str) -> str:
    """The name of a body in a sentence; '' for what only its readers know in full (县政府, 区民政局)."""
    name = _name(text)
    return "" if _is_partial(name) else name


def _is_partial(name: str) -> bool:
    return re.match(_words()["body"]["not_spoken"], name) is not None


def _same_body(one: str, other: str) -> bool:
    a, b = normalise(one), normalise(other)
    if a in b or b in a:
        return True
    short, shorter = (re.sub(r"(?:人民政府|政府)$", "", name) for name in (a, b))
    return short.endswith(shorter) or shorter.endswith(short)


def _scope(whole: str, body: str) -> str:
    """Own or region: by the kind of body, then by how the text speaks of what it covers."""
    words = _words()["scope"]
    if plain := normalise(body):
        return "region" if re.search(str(words["region_bodies"]), plain) else "own"
    region = sum(map(whole.count, words["region"]))
    own = sum(map(whole.count, words["own"]))
    return "region" if region > own else "own" if own > region else ""


def _date(head: list[str], texts: list[str]) -> str:
    """The date of publication: where the page's head says so or has one, else the signature at the end."""
    words = _words()["date"]
    for label in words["published"]:
        if match := re.search(label + r"[^\w]{0,8}" + _DAY, "\n".join(head)):
            return _iso(match)
    signed = [text for text in texts[:-7:-1] if len(re.sub(r"[\s()（）]", "", text)) < _LONGEST_DATE]
    for text in [*head, *signed]:
        dates = list(_DATE.finditer(text))
        if len(dates) == 1 and not re.search(words["not_published"], text):
            return _iso(dates[0])
    return ""


def _iso(match: re.Match[str]) -> str:
    year, month, day = (int(part) for part in match.groups())
    return f"{year:04d}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else ""
