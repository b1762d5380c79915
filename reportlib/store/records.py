"""The records of `data/raw`: what was received, from where and when, one line of `sources.csv` for each
document.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Mapping, Set
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import ReportlibError
from .registers import read_register

__all__ = [
    "FIGURES",
    "REGISTERS",
    "Problem",
    "Record",
    "Seen",
    "compare_files",
    "misfits",
    "plain_name",
    "read_records",
]

FIGURES = ("headline_figures.csv", "partial_tables.csv")
APART = ("population.csv", "figures_of_other_scopes.csv", "conflicts.csv")
"""What is no figure of a report; see `data/raw/README.md`."""
REGISTERS = frozenset({"sources.csv", "bodies.csv", "corrections.yml", "README.md", *FIGURES, *APART})
"""Files of `data/raw` that are not documents and need no record."""
YEAR = re.compile("(19|20)[0-9]{2}")
KINDS = ("original", "retyped", "synthetic")
UNRECORDED = "there is no record of this file. Record it with `reportlib add`, or take it away"
NO_FILE = "there is a record, but no file. Bring it back, or delete the record"
OTHER_FILE = (
    "Bring back the file that was recorded; a new version is added under a name of its own, and both are kept"
)
Known = tuple[str, list[int]]
"""Hash of a file; and its size, its times (of contents, of anything) and its inode when it was hashed: other
bytes with the old size and time show in the rest."""
Seen = dict[str, Known]
"""What is known of each file, so that one that was not touched is not read again."""


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
            "there is no record of sources", file=str(path), hint="Add reports with `reportlib add`"
        )
    records: dict[str, Record] = {}
    problems = []
    for line, row in read_register(path, Record._fields):
        wrong = misfits(row)
        if row["file"] in records:
            wrong.append("the file has a record already")
        if wrong:
            problems.append(Problem(row["file"], f"line {line} of sources.csv: {', '.join(wrong)}"))
        else:
            fields: dict[str, Any] = {name: row[name] for name in Record._fields}
            fields |= {"year": int(row["year"]), "body": plain_name(row["body"])}
            records[row["file"]] = Record(**fields)
    return list(records.values()), problems


def misfits(row: Mapping[str, str]) -> list[str]:
    """What in a line cannot be the record of a document."""
    fits = {
        "year": YEAR.fullmatch(row["year"]) is not None,
        "body": plain_name(row["body"]) != "",
        "scope": row["scope"] in ("own", "region", ""),
        "kind": row["kind"] in KINDS,
        "date_published": _is_date(row["date_published"]),
        "date_obtained": _is_date(row["date_obtained"]),
    }
    return [f"{name} is {row[name][:40]!r}" for name, fit in fits.items() if not fit]


def plain_name(name: str) -> str:
    """A name without what does not show: tabs, marks of direction, joiners."""
    return "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf")).strip()


def _is_date(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False


def compare_files(
    raw: Path, records: list[Record], seen: Seen, broken: Set[str] = frozenset()
) -> tuple[list[Record], list[Problem], Seen]:
    """Compare the records with the files that are there.

    Parameters
    ----------
    raw
        The folder of the records' files.
    records
        What should be there.
    seen
        What an earlier call returned; files that have not been touched since are not hashed again.
    broken
        Files whose record is wrong, which has been said already.

    Returns
    -------
    good, problems, seen
        The records whose file is there and is the one that was recorded; a problem for every file
        without a record, record without a file and hash that differs.
    """
    there = _files(raw)
    recorded = broken | REGISTERS | {record.file for record in records}
    problems = [Problem(name, UNRECORDED) for name in there if name not in recorded]
    good, now = [], {}
    for record in records:
        if record.file not in there:
            problems.append(Problem(record.file, NO_FILE))
            continue
        try:
            now[record.file] = known = _known(Path(there[record.file]), seen.get(record.file))
        except OSError as error:
            said = f"cannot be opened ({error.strerror}). Check what it is, and its permissions"
            problems.append(Problem(record.file, said))
            continue
        if known[0] == record.sha256:
            good.append(record)
            continue
        said = f"its hash is {known[0][:12]}…, the record says {record.sha256[:12]}…. {OTHER_FILE}"
        problems.append(Problem(record.file, said))
    return good, problems, now


def _files(raw: Path) -> dict[str, str]:
    """The files below a folder that are not hidden: their names in records, and their paths."""
    there: dict[str, str] = {}
    for folder, folders, names in os.walk(raw):  # not pathlib: it takes twice as long for thousands of files
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = "" if Path(folder) == raw else f"{Path(folder).relative_to(raw).as_posix()}/"
        shown = [name for name in sorted(names) if not name.startswith(".")]
        there |= {below + name: f"{folder}{os.sep}{name}" for name in shown}
    return there


def _known(path: Path, before: Known | None) -> Known:
    """A file's hash; what is known of it from before holds if nothing has touched it."""
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):  # a pipe would never end
        raise OSError(errno.EINVAL, "it is no plain file")
    touched = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
    if before is not None and before[1] == touched:
        return before
    return hashlib.sha256(path.read_bytes()).hexdigest(), touched
