"""`reportlib add`: a file or an address -> `data/raw`, with its record, in one step."""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from ..errors import ReadError, ReportlibError
from ..files import locked, write
from ..reading import sniff
from ..reading.encoding import decode
from ..report.pipeline import read_bytes
from ..report.report import Report
from .bodies import Register
from .download import Download, Fetcher
from .ingest import PROCESSED, RAW
from .records import Record, misfits, read_records
from .registers import read_register

__all__ = ["Added", "AlreadyThereError", "Wish", "add", "add_all", "read_list"]

FOLDER = "reports"
LOCK = PROCESSED / ".add.lock"
_EXTENSIONS = {"text": "txt", "image": "png"}
"""Of kinds that are not called like their files."""
_ATTACHMENTS = (".pdf", ".doc", ".docx", ".wps", ".xls", ".xlsx", ".ofd", ".png", ".jpg", ".jpeg")
_MOST_ATTACHMENTS = 8
_ARTICLE = ("tel", "logo", "icon", "qrcode", "banner", "button")


class Wish(NamedTuple):
    """What is to be added: a path or an address, and what is known of it."""

    source: str
    body: str = ""
    year: int | None = None
    scope: str = ""
    date_published: str = ""
    note: str = ""


class AlreadyThereError(ReportlibError):
    """The same file has been added before."""


@dataclass(frozen=True)
class Added:
    """What became of a wish: the record and what was read, or the reason why not."""

    wish: Wish
    record: Record | None = None
    report: Report | None = None
    error: str = ""


def add(home: Path, wish: Wish, fetcher: Fetcher | None = None) -> Added:
    """Bring a report into `data/raw` and record it.

    Parameters
    ----------
    home
        The project's folder.
    wish
        A path or an http(s) address; body and year where the document does not say them.
    fetcher
        Fetches addresses; one for many wishes keeps the pace for each host.

    Returns
    -------
    Added
        With the record and the report; an html page without a table brings the attachment or
        picture that holds it, and the record's note says so.

    Raises
    ------
    ReportlibError
        The document cannot be fetched or read, is there already, or nobody says whose it is.
    """
    raw = home / RAW
    register = Register.load(raw / "bodies.csv")
    fetcher = fetcher or Fetcher()
    got, report, note = _readable(_get(wish.source, fetcher), wish, fetcher)
    body, year = wish.body or report.body, wish.year or report.year
    if not body or not year:
        what = "whose report it is" if not body else "which year it is for"
        raise ReportlibError(
            f"the document does not say {what}", file=wish.source, hint="Give --body and --year."
        )
    record = Record(
        file="",
        sha256=hashlib.sha256(got.data).hexdigest(),
        bytes=str(len(got.data)),
        body=body,
        scope=wish.scope or report.scope,
        year=year,
        address=wish.source if "://" in wish.source else "",
        date_published=wish.date_published or report.date_published,
        date_obtained=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        kind="original",
        note="; ".join(filter(None, (wish.note, note))),
    )
    if wrong := misfits({**record._asdict(), "year": str(year)}):
        raise ReportlibError(
            ", ".join(wrong), file=wish.source, expected="what a record can hold, see data/raw/README.md"
        )
    with locked(home / LOCK, wait=True):
        records, _ = read_records(raw / "sources.csv")
        if double := next((other for other in records if other.sha256 == record.sha256), None):
            raise AlreadyThereError(f"it is there already, as {double.file}", file=wish.source)
        taken = {other.file for other in records}
        record = record._replace(file=_free_name(raw, taken, register.canonical(body), year, sniff(got.data)))
        _write(raw, record, got.data)
    return Added(wish, record, report)


def read_list(path: Path) -> list[Wish]:
    """Read a list of wishes: a CSV with ``source`` and, where known, ``body, year, scope, date_published,
    note``.

    A relative path in it is one from the folder that the list lies in.

    Raises
    ------
    ReportlibError
        The file cannot be read or has no column ``source``; a year is no number.
    """
    wishes = []
    for line, row in read_register(path, ["source"]):
        given = {name: (row.get(name) or "").strip() for name in Wish._fields}
        if given["year"] and not given["year"].isdecimal():
            raise ReportlibError(f"the year is {given['year']!r}", file=str(path), place=f"line {line}")
        source = given["source"] if "://" in given["source"] else str(path.parent / given["source"])
        year = int(given["year"]) if given["year"] else None
        wishes.append(Wish(**{**given, "source": source, "year": year}))  # type: ignore[arg-type]
    return wishes


def add_all(home: Path, wishes: list[Wish], fetcher: Fetcher | None = None) -> Iterator[Added]:
    """Add many; one that fails does not stop the others, and one that is there already is passed over."""
    fetcher = fetcher or Fetcher()
    records, _ = read_records(home / RAW / "sources.csv")
    done = {record.address for record in records if record.address}
    for wish in wishes:
        if wish.source in done:
            continue
        try:
            yield add(home, wish, fetcher)
        except AlreadyThereError:
            continue
        except ReportlibError as error:
            yield Added(wish, error=str(error))


def _get(source: str, fetcher: Fetcher) -> Download:
    if "://" in source:
        return fetcher.fetch(source)
    try:
        return Download(Path(source).read_bytes(), source)
    except OSError as error:
        raise ReportlibError(
            f"cannot be opened ({error.strerror})", file=source, hint="Check the path."
        ) from error


def _readable(got: Download, wish: Wish, fetcher: Fetcher) -> tuple[Download, Report, str]:
    """The document that holds the tables: what was fetched, or else what the page leads to."""
    try:
        return got, read_bytes(got.data, wish.source, wish.body or None, wish.year), ""
    except ReadError as error:
        if sniff(got.data) != "html":
            raise
        first = error
    for link in _attachments(got):
        try:
            attached = _get(link, fetcher)
            report = read_bytes(attached.data, link, wish.body or None, wish.year)
        except ReportlibError:
            continue
        return attached, report, f"the page has no table itself, the file is {link}"
    raise first


def _attachments(page: Download) -> list[str]:
    """The files and pictures that a page leads to, in its order."""
    tree = LexborHTMLParser(decode(page.data)[0])
    found: dict[str, None] = {}
    for node in tree.css("a[href], img[src]"):
        target = node.attributes.get("href") or node.attributes.get("src") or ""
        path = PurePosixPath(unquote(urlsplit(target).path))
        if path.suffix.lower() not in _ATTACHMENTS or any(word in path.name.lower() for word in _ARTICLE):
            continue
        if "://" in page.address:
            found.setdefault(urljoin(page.address, target))
        elif not urlsplit(target).scheme and not path.is_absolute() and ".." not in path.parts:
            found.setdefault(str(Path(page.address).parent / path))
    return list(found)[:_MOST_ATTACHMENTS]


def _free_name(raw: Path, taken: set[str], body: str, year: int, kind: str) -> str:
    """A name that no file has: body and year, made safe for any file system."""
    safe = "".join(c if c.isalnum() else "_" for c in body)[:60]
    numbers = chain([""], (f"_{number}" for number in count(2)))
    names = (f"{FOLDER}/{safe}_{year}{number}.{_EXTENSIONS.get(kind, kind)}" for number in numbers)
    return next(name for name in names if name not in taken and not (raw / name).exists())


def _write(raw: Path, record: Record, data: bytes) -> None:
    """The file first, then its record; whatever stops in between leaves a file that `ingest` reports."""
    target = raw / record.file
    target.parent.mkdir(parents=True, exist_ok=True)
    write(target, data)
    sources = raw / "sources.csv"
    before = sources.read_text(encoding="utf-8-sig")
    line = io.StringIO()
    columns = next(csv.reader(io.StringIO(before)))
    there = {name: value for name, value in record._asdict().items() if name in columns}
    csv.DictWriter(line, columns, lineterminator="\n").writerow(there)
    text = before + ("" if before.endswith("\n") else "\n") + line.getvalue()
    try:
        write(sources, text.encode())
    except OSError:
        target.unlink(missing_ok=True)
        raise
