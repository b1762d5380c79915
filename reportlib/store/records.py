"""The records of `data/raw`: what was received, from where and when, one line of `sources.csv` for each
document.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Set
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import ReportlibError
from ..files import read_plain, sha256
from .registers import Fields, misfits, read_register

__all__ = [
    "FIGURES",
    "REGISTERS",
    "Problem",
    "Record",
    "compare_files",
    "plain_name",
    "read_records",
    "unfitting",
]

FIGURES = ("headline_figures.csv", "partial_tables.csv")
APART = ("population.csv", "figures_of_other_scopes.csv", "conflicts.csv")
"""What is no figure of a report; see `data/raw/README.md`."""
REGISTERS = frozenset({"sources.csv", "bodies.csv", "corrections.yml", "README.md", *FIGURES, *APART})
"""Files of `data/raw` that are not documents and need no record."""
YEAR = re.compile("(19|20)[0-9]{2}")
UNRECORDED = "there is no record of this file. Record it with `reportlib add`, or take it away"
NO_FILE = "there is a record, but no file. Bring it back, or delete the record"
OTHER_FILE = (
    "Bring back the file that was recorded; a new version is added under a name of its own, and both are kept"
)


class Record(NamedTuple):
    """What `sources.csv` says of a document; see `data/raw/README.md`."""

    file: str
    sha256: str
    bytes: str
    body: str
    scope: str
    year: int
    address: str
    date_published: str
    date_obtained: str
    kind: str
    note: str


class Problem(NamedTuple):
    """A file, and what is wrong with it."""

    file: str
    message: str


def plain_name(name: str) -> str:
    """A name without what does not show: tabs, marks of direction, joiners."""
    return "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf")).strip()


def _is_date(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False


CHECKED: Fields = {
    "year": (YEAR.fullmatch, "a year"),
    "body": (plain_name, "a name"),
    "scope": (("own", "region", ""), "own or region"),
    "kind": (("original", "retyped", "synthetic"), "original, retyped or synthetic"),
    "date_published": (_is_date, "a date"),
    "date_obtained": (_is_date, "a date"),
}


def unfitting(row: Mapping[str, str]) -> list[str]:
    """What in a line cannot be the record of a document."""
    return misfits({name: row[name] for name in CHECKED}, CHECKED)


def read_records(path: Path) -> tuple[list[Record], list[Problem]]:
    """Read `sources.csv`.

    Returns
    -------
    records, problems
        The records in their order; a line that cannot be one is a problem, the others go on.

    Raises
    ------
    ReportlibError
        There is no such file, or it lacks a column.
    """
    if not path.exists():
        raise ReportlibError(
            "there is no record of sources", file=path, hint="Add reports with `reportlib add`"
        )
    records: dict[str, Record] = {}
    problems = []
    for line, row in read_register(path, Record._fields):
        wrong = unfitting(row)
        if row["file"] in records:
            wrong.append("the file has a record already")
        if wrong:
            problems.append(Problem(row["file"], f"line {line} of sources.csv: {', '.join(wrong)}"))
        else:
            fields: dict[str, Any] = {name: row[name] for name in Record._fields}
            fields |= {"year": int(row["year"]), "body": plain_name(row["body"])}
            records[row["file"]] = Record(**fields)
    return list(records.values()), problems


def compare_files(
    raw: Path, records: list[Record], broken: Set[str] = frozenset()
) -> tuple[list[Record], list[Problem]]:
    """Compare the records with the files that are there.

    Parameters
    ----------
    raw
        The folder of the records' files.
    records
        What should be there.
    broken
        Files whose record is wrong, which has been said already.

    Returns
    -------
    good, problems
        The records whose file is there and is the one that was recorded; a problem for every file
        without a record, record without a file and hash that differs.
    """
    there = _files(raw)
    recorded = broken | REGISTERS | {record.file for record in records}
    problems = [Problem(name, UNRECORDED) for name in there if name not in recorded]
    said = {record.file: _differs(there.get(record.file), record.sha256) for record in records}
    problems += [Problem(file, text) for file, text in said.items() if text]
    return [record for record in records if not said[record.file]], problems


def _differs(path: Path | None, recorded: str) -> str:
    """Why a file is not the one that was recorded; '' if it is."""
    if path is None:
        return NO_FILE
    try:
        sha = sha256(read_plain(path))
    except OSError as error:
        return f"cannot be opened ({error.strerror}). Check what it is, and its permissions"
    if sha == recorded:
        return ""
    return f"its hash is {sha[:12]}…, the record says {recorded[:12]}…. {OTHER_FILE}"


def _files(raw: Path) -> dict[str, Path]:
    """The files below a folder that are not hidden, by their names in records."""
    there = {}
    for path in sorted(raw.rglob("*")):
        name = path.relative_to(raw).as_posix()
        if not path.is_dir() and "/." not in f"/{name}":
            there[name] = path
    return there
