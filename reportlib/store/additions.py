"""`reportlib add`: a file or an address -> `data/raw`, with its record, in one step."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from ..errors import ReadError, ReportlibError
from ..files import RAW, in_words, locked, read_plain, write
from ..report.report import Report
from .apart import Apart
from .bodies import Register
from .download import Download, Fetcher, same_host
from .published import PROCESSED
from .records import YEAR, Record, plain_name, read_records, unfitting
from .registers import read_register

__all__ = ["Added", "AlreadyThereError", "Wish", "add", "add_all", "read_list"]

FOLDER = "reports"
LOCK = PROCESSED / ".add.lock"
_EXTENSIONS = {"text": "txt", "image": "png"}
"""Of kinds that are not called like their files."""


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


class Added(NamedTuple):
    """What became of a wish: the record and what was read, or the reason why not."""

    wish: Wish
    record: Record | None = None
    report: Report | None = None
    error: str = ""


class _Found(NamedTuple):
    """A document that holds the tables, its kind, the report, and how it was come by."""

    data: bytes
    kind: str
    report: Report
    note: str = ""


def add(home: Path, wish: Wish, fetcher: Fetcher, apart: Apart) -> Added:
    """Bring a report into `data/raw` and record it.

    Parameters
    ----------
    home
        The project's folder.
    wish
        A path or an http(s) address; body and year where the document does not say them.
    fetcher
        Fetches addresses; one for many wishes keeps the pace for each host.
    apart
        Reads the document, in another process.

    Returns
    -------
    Added
        With the record and the report; an html page without a table brings the attachment or
        picture that holds it, and the record's note says so.

    Raises
    ------
    ReportlibError
        The document cannot be fetched or read, is there already (or stands there as another's), or
        nobody says whose it is.
    """
    raw = home / RAW
    register = Register.load(raw / "bodies.csv")
    found = _readable(wish, fetcher, apart)
    record = _record(wish, found)
    with locked(home / LOCK, wait=True):
        records, _ = read_records(raw / "sources.csv")
        for other in records:
            if other.sha256 == record.sha256:
                raise _there_already(wish, other, register)
        taken = {other.file for other in records}
        name = _free_name(raw, taken, register.canonical(record.body), record.year, found.kind)
        record = record._replace(file=name)
        _write(raw, record, found.data)
    return Added(wish, record, found.report)


def _record(wish: Wish, found: _Found) -> Record:
    """What is recorded of a document; its name comes later."""
    report = found.report
    body, year = plain_name(wish.body or report.body), wish.year or report.year
    if not body or not year:
        what = "whose report it is" if not body else "which year it is for"
        raise ReportlibError(
            f"the document does not say {what}", file=wish.source, hint="Give --body and --year."
        )
    record = Record(
        file="",
        sha256=report.source.sha256,
        bytes=str(len(found.data)),
        body=body,
        scope=wish.scope or report.scope,
        year=year,
        address=wish.source if "://" in wish.source else "",
        date_published=wish.date_published or report.date_published,
        date_obtained=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        kind="original",
        note="; ".join(filter(None, (wish.note, found.note))),
    )
    if wrong := unfitting({**record._asdict(), "year": str(year)}):
        raise ReportlibError(
            ", ".join(wrong), file=wish.source, expected="what a record can hold, see data/raw/README.md"
        )
    return record


def _there_already(wish: Wish, record: Record, register: Register) -> ReportlibError:
    """What is said of a document that is there: what differs where the wish calls it something else."""
    asked = {"body": register.canonical(plain_name(wish.body)), "year": wish.year, "scope": wish.scope}
    stands = {"body": register.canonical(record.body), "year": record.year, "scope": record.scope}
    differs = [
        f"{name} {stands[name] or 'not told'}, not {value}"
        for name, value in asked.items()
        if value and value != stands[name]
    ]
    found = f"it is there already, as {record.file}"
    if not differs:
        return AlreadyThereError(found, file=wish.source)
    hint = "If the record is wrong, mend its line in data/raw/sources.csv."
    return ReportlibError(f"{found}, recorded with {', '.join(differs)}", file=wish.source, hint=hint)


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
        if given["year"] and not YEAR.fullmatch(given["year"]):
            raise ReportlibError(f"the year is {given['year'][:40]!r}", file=path, place=f"line {line}")
        source = given["source"] if "://" in given["source"] else str(path.parent / given["source"])
        year = int(given["year"]) if given["year"] else None
        wishes.append(Wish(**{**given, "source": source, "year": year}))  # type: ignore[arg-type]
    return wishes


def add_all(home: Path, wishes: list[Wish], fetcher: Fetcher | None = None) -> Iterator[Added]:
    """Add many; one that fails does not stop the others, and one that is there already is passed over."""
    fetcher = fetcher or Fetcher()
    register = Register.load(home / RAW / "bodies.csv")
    records, _ = read_records(home / RAW / "sources.csv")
    known = {record.address: record for record in records if record.address}
    with Apart() as apart:
        for wish in wishes:
            try:
                if wish.source in known:
                    raise _there_already(wish, known[wish.source], register)
                yield add(home, wish, fetcher, apart)
            except AlreadyThereError:
                continue
            except ReportlibError as error:
                yield Added(wish, error=str(error))


def _get(source: str, fetcher: Fetcher, own: str | None = None) -> Download:
    if "://" in source:
        return fetcher.fetch(source, own)
    with in_words(source, "cannot be opened", "Check the path."):
        return Download(read_plain(Path(source)), source)


def _readable(wish: Wish, fetcher: Fetcher, apart: Apart) -> _Found:
    """The document that holds the tables: what was asked for, or what it leads to."""
    got = _get(wish.source, fetcher)
    asked = (wish.body or None, wish.year)
    looked = apart.look(got.data, got.address, *asked)
    if looked.report:
        return _Found(got.data, looked.kind, looked.report)
    own = wish.source if same_host(got.address, wish.source) else ""
    for link in looked.links:
        try:
            attached = _get(link, fetcher, own)
            inside = apart.look(attached.data, link, *asked)
        except ReportlibError:
            continue
        if inside.report:
            note = f"the page has no table itself, the file is {link}"
            return _Found(attached.data, inside.kind, inside.report, note)
    raise looked.error or ReadError("cannot be read", file=wish.source)


def _free_name(raw: Path, taken: set[str], body: str, year: int, kind: str) -> str:
    """A name that no file has: body and year, made safe for any file system."""
    safe = re.sub(r"\W", "_", body)[:60]
    stem = f"{FOLDER}/{safe}_{year}"
    ending = _EXTENSIONS.get(kind, kind)
    names = chain([f"{stem}.{ending}"], (f"{stem}_{number}.{ending}" for number in count(2)))
    return next(name for name in names if name not in taken and not (raw / name).exists())


def _write(raw: Path, record: Record, data: bytes) -> None:
    """The file first, then its record; whatever stops in between leaves a file that `ingest` reports."""
    sources = raw / "sources.csv"
    before = sources.read_text(encoding="utf-8-sig")
    line = io.StringIO()
    columns = next(csv.reader(io.StringIO(before)))
    csv.DictWriter(line, columns, extrasaction="ignore", lineterminator="\n").writerow(record._asdict())
    text = before + ("" if before.endswith("\n") else "\n") + line.getvalue()
    with in_words(raw, "nothing can be written here", "Make room, or check the permissions"):
        (raw / record.file).parent.mkdir(parents=True, exist_ok=True)
        write(raw / record.file, data)
        write(sources, text.encode())
