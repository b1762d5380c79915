"""Whose report a document is: body, year, scope and date, where title and text say so."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import filterfalse, product
from typing import Any, NamedTuple

from ...form import load_toml
from ...reading.document import Document, Paragraph
from ..report import Finding
from .matching import normalise, simplify
from .numerals import fold

__all__ = ["Identified", "identify"]

_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?:年度?(?!\d+月|版)|(?=政[府务])|(?=[^\d]{0,4}$))")
_APART = re.compile(r"(?<=\d)\s+(?=年)")
_PERIOD = re.compile(r"(20\d\d)[年.]1[月.](?:1日?)?.{0,8}?(?:20\d\d[年.])?12[月.](?:31)?")
_DAY = r"(20\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})"
_DATE = re.compile(rf"{_DAY}(?:\s*日|(?!\d))")
_IN_WORDS = re.compile(
    r"二[〇○零OoО0]([一二三四])([〇○零一二三四五六七八九])年(?:([一二十]+)月(?:([一二三四五六七八九十]+)日)?)?"
)
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0}
_OF = re.compile(r"的(?=年度?报告?$)")  # 政府信息公开工作的年度报告
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


class Identified(NamedTuple):
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


def identify(document: Document, body: str | None = None, year: int | None = None) -> Identified:
    """Tell body, year, scope and date of publication.

    Parameters
    ----------
    document
        The report.
    body, year
        What the caller knows: it wins; where the document says otherwise a finding tells so.
    """
    head, texts = _lines(document)
    own = _plain(document.title)
    shown = [] if _is_link(own) else [*_PARTS.split(own), own]
    whole = "\n".join(re.sub(r"\s", "", text) for text in texts)
    quoted = re.findall(_words()["title"]["quoted"], whole)
    title = _nearest([*shown, *reversed(head)]) or _title([*shown, *head, *quoted])
    covered = _commonest(_PERIOD.findall(whole))
    spoken = _commonest(re.findall(_words()["year"]["spoken"], "\n".join(filterfalse(_read_title, texts))))
    announced = _commonest(re.findall(_words()["year"]["announced"], whole))
    stated = title.year or covered or announced or spoken
    who = body or title.body or _named(whole, "\n".join(head))
    known = stated if year is None else year
    date = _date(head, texts)
    findings = [*_contradictions(title, covered, body or "", (year, stated))]
    if known and date and date <= f"{known}-12-30":
        findings.append(Finding.of("date_too_early", "warn", where="title", date=date, year=known))
        date = ""
    return Identified(
        body=who,
        year=known,
        scope=_scope(whole, who),
        date_published=date,
        title=title.text,
        findings=tuple(findings),
        consolidates=re.search(_words()["scope"]["consolidates"], whole) is not None,
    )


def _contradictions(
    cited: _Title, covered: int | None, body: str, years: tuple[int | None, int | None]
) -> Iterator[Finding]:
    """What differs of the title, the period that the figures cover, and what the caller knows."""
    if cited.year and covered and cited.year != covered:
        yield Finding.of(
            "year_cited_differs", "warn", recorded=str(cited.year), named=str(covered), where="title"
        )
    year, stated = years
    if year and stated and year != stated:
        yield Finding.of("year_differs", "warn", recorded=str(year), named=str(stated), where="title")
    if body and cited.body and not _same_body(body, cited.body):
        yield Finding.of("body_differs", "warn", where="title", recorded=body, named=cited.body)


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


def _lines(document: Document) -> tuple[list[str], list[str]]:
    """The lines of the page's head, up to its first section or sentence, and all text; without links.

    In a spreadsheet titles and sentences stand in cells, too.
    """
    section = _words()["title"]["section"]
    head: list[str] = []
    texts: list[str] = []
    at_head = True
    for block in document.blocks:
        cells = [] if isinstance(block, Paragraph) else [cell.text for cell in block.cells]
        told = [
            text for n, text in enumerate(cells) if (at_head and n < _HEAD_CELLS) or _SENTENCE.search(text)
        ]
        for text in [block.text] if isinstance(block, Paragraph) else told:
            line = _plain(text)
            if not line or _is_link(line):
                continue
            prose = "。" in line and len(line) > _PROSE
            at_head = at_head and not prose and not re.match(section, line)
            if at_head and len(head) < _NEAR:
                head.append(line)
            texts.append(line)
    return head, texts


def _is_link(line: str) -> bool:
    return re.match(_words()["title"]["link"], line) is not None


class _Title(NamedTuple):
    """A title, the body and the year that it names."""

    text: str = ""
    body: str = ""
    year: int | None = None


def _nearest(lines: list[str]) -> _Title | None:
    """The title that names a body in one line: the file's own, else the one nearest to the report."""
    titles = map(_read_title, filter(None, lines))
    return next((one for one in titles if one and one.body and not _is_partial(one.body)), None)


def _title(top: list[str]) -> _Title:
    """The title of lines that do not name a body alone: two or three together, else a name beside it."""
    lines = [*dict.fromkeys(filter(None, reversed(top)))][::-1]
    found = _Title()
    for count, i in product((1, 2, 3), range(len(lines))):
        joined = lines[i : i + count]
        title = _read_title("".join(joined))
        if title is None or (count > 1 and any(":" in line for line in joined)):
            continue
        if title.body and not _is_partial(title.body):
            return title
        beside = [line for line in (*lines[max(i - 1, 0) : i], *lines[i + count :][:1]) if ":" not in line]
        title = title._replace(body=title.body or next(filter(None, map(_spoken_body, beside)), ""))
        found = max(found, title, key=lambda one: (one.body != "", one.year is not None))
    return found


def _read_title(text: str) -> _Title | None:
    """What a line says if it is a title."""
    if len(text) > _LONGEST_TITLE or not any(last in text for last in _last_characters()):
        return None
    years = _YEAR.findall(re.sub(r"\s", "", text))
    undated = _OF.sub("", _YEAR.sub("", text))
    match = _report_title().search(re.sub(r"\s", "", undated))
    if match is None:
        return None
    start = match["report"][:4]
    before = (undated if start in undated else re.sub(r"\s", "", undated)).split(start)[0]
    if before.endswith("人民"):  # 石桥镇人民政府（2019年）信息公开年度报告
        before += match["report"][:2]
    return _Title(text.strip(), _name(before) or _name(match["tail"]), int(years[-1]) if years else None)


@cache
def _last_characters() -> set[str]:
    return {report[-1] for report in _words()["title"]["report"]}


@cache
def _report_title() -> re.Pattern[str]:
    """A line that is a title: no sentence, the words for a report at its end or before a separator."""
    names = "|".join(sorted(_words()["title"]["report"], key=len, reverse=True))
    return re.compile(
        rf"^[^,。;，；]*?(?:的|[》”])?(?P<report>{names})(?P<tail>$|[\W_][^,。;，；]*$|.{{1,8}}$)"
    )


def _name(text: str) -> str:
    """The name of a body, or of several, that a text ends with; '' where there is none."""
    text = re.sub(_words()["title"]["site"], "", text)
    for whole in (re.sub(r"\s", "", text), *text.split()[::-1]):
        name = _SEPARATOR.split(whole.rstrip(_AROUND))[-1]
        name = re.sub(r"(?<=.)关于.*|的|关于|\(.*?\)", "", _YEAR.sub("", name))
        name = re.sub(r"^[\x00-\x7f]+", "", name).strip(_AROUND)  # the number of a page, for one
        name = re.sub(_words()["title"]["caption"], "", name)
        if 1 < len(name) <= _LONGEST_BODY and all(map(_is_name, name.split("、"))):
            return name
    return ""


def _is_name(text: str) -> bool:
    words = _words()["title"]
    return bool(re.search(words["body"], text)) and not re.search(words["not_body"], text)


def _commonest(years: list[str]) -> int | None:
    """The year that is said most often; None where another is as often."""
    counts = Counter(years).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return int(counts[0][0])


def _named(whole: str, head: str) -> str:
    """The body that sentences name as the one whose report it is, or that the page's head table names."""
    words = _words()["body"]
    for sentence in words["sentences"]:
        names = Counter(map(_spoken_body, re.findall(sentence, whole)))
        del names[""]
        if names:
            return names.most_common(1)[0][0]
    kinds = Counter(re.findall(words["speaker"], whole)).most_common(1)
    own = re.compile(f"{kinds[0][0]}(?:{words['behind_kind']})?$" if kinds else "")
    for place in words["own_places"] if kinds else ():
        for name in map(_spoken_body, re.findall(place, whole)):
            if own.search(name):
                return name
    said = re.search(words["head"], head)
    name = _spoken_body(said[1]) if said else ""
    return name if own.search(name) else ""


def _spoken_body(text: str) -> str:
    """The name of a body in a sentence; '' for what only its readers know in full (县政府, 区民政局)."""
    name = re.sub(_words()["body"]["office"], r"\1", _name(text))
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
    try:
        return datetime.date(*map(int, match.groups())).isoformat()
    except ValueError:
        return ""
