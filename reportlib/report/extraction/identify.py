"""Whose report a document is: body, year, scope and date, where title and text say so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from ...form import load_toml
from ...reading.document import Document
from ..report import Finding
from .matching import normalise, simplify
from .numerals import fold

__all__ = ["Identity", "identify"]

_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?:年度?|(?=[^\d]{0,4}$))")
_CHINESE_YEAR = re.compile(r"二[〇○零OoО]([一二三四][〇○零一二三四五六七八九])年")
_PERIOD = re.compile(r"(20\d\d)年1月1日.{0,8}?(?:(20\d\d)年)?12月31日")
_DAY = r"(20\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})"
_DATE = re.compile(rf"{_DAY}\s*日?")
_DIGITS = {c: str(i % 10) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}
_AROUND = "《》〈〉“”\"' 　#*—-·:：_|\t\n\r"
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_SENTENCE = re.compile(r"。|20[0-4]\d年")
_LONGEST_TITLE, _LONGEST_BODY = 70, 30  # characters
_NEAR = 40  # how many paragraphs from the top and the bottom can hold title, signature and date
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
    paragraphs = [_plain(p.text) for p in document.paragraphs() if p.text.strip()]
    texts, head, top = list(paragraphs), paragraphs[:_NEAR], [_plain(document.title), *paragraphs[:_NEAR]]
    for grid in document.grids():
        cells = [_plain(cell.text) for cell in grid.cells if not cell.text.isdigit()]
        texts += filter(_SENTENCE.search, cells)  # in a spreadsheet the sentences stand in cells, too
        head += cells[:_HEAD_CELLS]
        top += cells[:_HEAD_CELLS]
    title, named, titled = _title(top)
    whole = "\n".join(re.sub(r"\s", "", text) for text in texts)
    covered = _period(whole)
    stated = titled or covered or _spoken(whole)
    who = body or named or _named(whole, "\n".join(head))
    return Identity(
        body=who,
        year=year if year is not None else stated,
        scope=_scope(whole, who),
        date_published=_date(texts, "\n".join(head)),
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
    """Simplified characters, plain digits, nothing that does not show."""
    return _UNSEEN.sub("", simplify(fold(text))).strip()


def _title(top: list[str]) -> tuple[str, str, int | None]:
    """Title, body and year as far as it names them: one line if that will do, else two or three put
    together.
    """
    lines = [line for i, line in enumerate(top) if line and line not in top[:i]]
    found: tuple[str, str, int | None] = ("", "", None)
    for count in (1, 2, 3):
        for i in range(len(lines) - count + 1):
            title = "".join(lines[i : i + count])
            plain = re.sub(r"\s", "", title)
            match = _report_title().search(plain) if len(plain) <= _LONGEST_TITLE else None
            if match is None:
                continue
            who = _body(match["head"])
            if not who and i and (above := _body(re.sub(r"\s", "", lines[i - 1]))):
                title, who = f"{lines[i - 1]} {title}", above
            said = title.strip(), who, _year(plain)
            if who:
                return said
            found = said if said[2] and not found[2] else found
    return found


@cache
def _report_title() -> re.Pattern[str]:
    """A line that is a title: no sentence, the words for a report at its end or before a separator."""
    names = "|".join(map(re.escape, sorted(map(str, _words()["title"]["report"]), key=len, reverse=True)))
    return re.compile(rf"^(?P<head>[^,。;、,，；]*?)(?:的|[》”])?(?:{names})(?:$|[\W_]|.{{1,8}}$)")


def _body(text: str) -> str:
    """The name of a body in the words before a title, '' where they are none."""
    words = _words()["title"]
    head = re.split(r"[>:：/|_》》\]】]", text)[-1] or text
    head = re.sub(r"20\d\d年?度?|二[〇○零OoО][一二三四].年度?|的|关于|\(.*?\)", "", head)
    head = re.sub(r"^[\x00-\x7f]+", "", head).strip(_AROUND)  # the number of a page, for one
    head = re.sub(words["caption"], "", head)
    if not re.search(str(words["body"]), head) or re.search(str(words["not_body"]), head):
        return ""
    return head if 1 < len(head) <= _LONGEST_BODY else ""


def _year(text: str) -> int | None:
    if match := _YEAR.search(text):
        return int(match[1])
    if match := _CHINESE_YEAR.search(text):
        return int("20" + "".join(_DIGITS.get(c, "0") for c in match[1]))
    return None


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
    return _body(said[1]) if said else ""


def _spoken_body(text: str) -> str:
    """The name of a body in a sentence; '' for what only its readers know in full (县政府, 区民政局)."""
    name = _body(text)
    return "" if re.match(_words()["body"]["not_spoken"], name) else name


def _same_body(one: str, other: str) -> bool:
    a, b = normalise(one), normalise(other)
    if a in b or b in a:
        return True
    short, shorter = (re.sub(r"(?:人民政府|政府)$", "", name) for name in (a, b))
    return short.endswith(shorter) or shorter.endswith(short)


def _scope(whole: str, body: str) -> str:
    """Own or region: by the kind of body, then by how the text speaks of what it covers."""
    words = _words()["scope"]
    plain = normalise(body)
    if plain and re.search(str(words["own_bodies"]), plain):
        return "own"
    if plain and re.search(str(words["region_bodies"]), plain):
        return "region"
    region = sum(map(whole.count, words["region"]))
    own = sum(map(whole.count, words["own"]))
    return "region" if region > own else "own" if own > region else ""


def _date(texts: list[str], head: str) -> str:
    """The date of publication: where the head of the page says so, else the signature at the end."""
    if match := re.search(_words()["date"]["published"] + _DAY, head):
        return _iso(match)
    for text in [*texts[:6], *reversed(texts[-6:])]:
        if (match := _DATE.search(text)) and len(re.sub(r"[\s()（）]", "", text)) < 14:
            return _iso(match)
    return ""


def _iso(match: re.Match[str]) -> str:
    year, month, day = (int(part) for part in match.groups())
    return f"{year:04d}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else ""
