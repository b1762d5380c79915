"""Whose report a document is: body, year, scope and date, where title and text say so."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

from .document import Document
from .form import load_toml
from .matching import normalise
from .numerals import fold
from .report import Finding

__all__ = ["Identity", "identify"]

_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?:年度?|(?=[^\d]{0,4}$))")
_CHINESE_YEAR = re.compile(r"二[〇○零OoО]([一二三四][〇○零一二三四五六七八九])年")
_PERIOD = re.compile(r"(20\d\d)年1月1日.{0,8}?(?:(20\d\d)年)?12月31日")
_DATE = re.compile(r"(20\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")
_PUBLISHED = re.compile(
    r"(?:发布|发文|公开|生成|成文|更新)(?:日期|时间)\s*[:：]?\s*(20\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})"
)
_DIGITS = {c: str(i % 10) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}
_AROUND = "《》〈〉“”\"' 　#*—-·:：_|\t\n\r"
_NEAR = 40  # how many paragraphs from the top and the bottom can hold title, signature and date


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
def _words() -> dict[str, dict[str, object]]:
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
    texts = [fold(p.text).strip() for p in document.paragraphs() if p.text.strip()]
    cells = [fold(c.text).strip() for grid in document.grids() for c in grid.cells[:3]]
    top = [fold(document.title).strip(), *texts[:_NEAR], *cells[:3]]
    title, named, titled = _title(top)
    stated = titled or _period(texts) or None
    findings = []
    if year is not None and stated is not None and stated != year:
        message = f"登记的年度为 {year}，文中为 {stated} 年；以登记为准。"
        findings.append(
            Finding("year_differs", "warn", left=float(year), right=float(stated), message=message, where="title")
        )
    if body and named and not _same_body(body, named):
        message = f"登记的机关为“{body}”，标题中为“{named}”；以登记为准。"
        findings.append(Finding("body_differs", "warn", message=message, where="title"))
    who = body or named
    told = (who, year if year is not None else stated, _scope(texts, who), _date(texts), title, tuple(findings))
    return Identity(*told, any(re.search(str(_words()["scope"]["consolidates"]), text) for text in texts))


def _title(top: list[str]) -> tuple[str, str, int | None]:
    """Title line, body and year as far as it names them; a title over several lines is put together."""
    names = [normalise(str(n)) for n in _words()["title"]["report"]]  # type: ignore[attr-defined]
    for i, line in enumerate(top):
        for joined in (line, "".join(top[max(i - 1, 1) : i + 1]), "".join(top[i : i + 2]), "".join(top[i : i + 3])):
            plain = re.sub(r"\s", "", joined)
            if len(plain) > 70 or not any(name in normalise(plain) for name in names):
                continue
            year = _year(plain)
            head = re.split(r"政府信息公开|政务公开|信息公开", plain)[0]
            who = re.sub(r"20\d\d年?度?|二[〇○零OoО][一二三四].年度?|(?:的|关于|\(.*?\))", "", head).strip(_AROUND)
            if year or who:
                return joined.strip(), who if len(who) > 1 else "", year
    return "", "", None


def _year(text: str) -> int | None:
    if match := _YEAR.search(text):
        return int(match[1])
    if match := _CHINESE_YEAR.search(text):
        return int("20" + "".join(_DIGITS.get(c, "0") for c in match[1]))
    return None


def _period(texts: list[str]) -> int | None:
    """The year of the period that the figures cover: 从某年1月1日至12月31日."""
    years: Counter[int] = Counter()
    for text in texts:
        for match in _PERIOD.finditer(re.sub(r"\s", "", text)):
            years[int(match[1])] += 1
    return years.most_common(1)[0][0] if years else None


def _same_body(one: str, other: str) -> bool:
    a, b = normalise(one), normalise(other)
    short = [re.sub(r"(?:人民政府|政府)$", "", x) for x in (a, b)]
    return a in b or b in a or short[0] == short[1] or short[0].endswith(short[1]) or short[1].endswith(short[0])


def _scope(texts: list[str], body: str) -> str:
    """Own or region: by the kind of body, then by how the text speaks of what it covers."""
    words = _words()["scope"]
    plain = normalise(body)
    if plain and re.search(str(words["own_bodies"]), plain):
        return "own"
    if plain and re.search(str(words["region_bodies"]), plain):
        return "region"
    whole = "".join(texts)
    region = sum(whole.count(str(w)) for w in words["region"])  # type: ignore[attr-defined]
    own = sum(whole.count(str(w)) for w in words["own"])  # type: ignore[attr-defined]
    return "region" if region > own else "own" if own > region else ""


def _date(texts: list[str]) -> str:
    """The date of publication: where a line says so, else the signature at the end."""
    for text in texts[:_NEAR]:
        if match := _PUBLISHED.search(text):
            return _iso(match)
    for text in [*texts[:6], *reversed(texts[-6:])]:
        if (match := _DATE.search(text)) and len(re.sub(r"[\s()（）]", "", text)) < 14:
            return _iso(match)
    return ""


def _iso(match: re.Match[str]) -> str:
    year, month, day = (int(part) for part in match.groups())
    return f"{year:04d}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else ""
