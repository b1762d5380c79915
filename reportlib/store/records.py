"""The records of `data/raw`: what was received, from where and when, one line of `sources.csv` for each
document.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ..errors import ReportlibError
from .registers import read_register

__all__ = ["FIGURES", "REGISTERS", "Problem", "Record", "Seen", "compare_files", "misfits", "read_records"]

FIGURES = ("headline_figures.csv", "partial_tables.csv")
APART = ("population.csv", "figures_of_other_scopes.csv", "conflicts.csv")
"""What is no figure of a report; see `data/raw/README.md`."""
REGISTERS = frozenset({"sources.csv", "bodies.csv", "corrections.yml", "README.md", *FIGURES, *APART})
"""Files of `data/raw` that are not documents and need no record."""
KINDS = ("original", "retyped", "synthetic")
Seen = dict[str, tuple[str, int, int]]
"""Hash, size and time of change of files, so that a file that was not touched is not read again."""


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
            fields = {name: row[name] for name in Record._fields}
            records[row["file"]] = Record(**{**fields, "year": int(row["year"])})  # type: ignore[arg-type]
    return list(records.values()), problems


def misfits(row: Mapping[str, str]) -> list[str]:
    """What in a line cannot be the record of a document."""
    fits = {
        "year": row["year"].isdecimal(),
        "body": bool(row["body"]),
        "scope": row["scope"] in ("own", "region", ""),
        "kind": row["kind"] in KINDS,
        "date_published": _is_date(row["date_published"]),
        "date_obtained": _is_date(row["date_obtained"]),
    }
    return [f"{name} is {row[name]!r}" for name, fit in fits.items() if not fit]


def _is_date(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False


def compare_files(
    raw: Path, records: list[Record], seen: Seen, broken: set[str] | frozenset[str] = frozenset()
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
    there: dict[str, str] = {}
    for folder, folders, names in os.walk(raw):  # not pathlib: it takes twice as long for thousands of files
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = "" if Path(folder) == raw else f"{Path(folder).relative_to(raw).as_posix()}/"
        shown = [name for name in sorted(names) if not name.startswith(".")]
        there |= {below + name: f"{folder}{os.sep}{name}" for name in shown}
    recorded = broken | {record.file for record in records}
    problems = [
        Problem(name, "there is no record of this file. Record it with `reportlib add`, or take it away")
        for name in there
        if name not in recorded and name not in REGISTERS
    ]
    good, now = [], {}
    for record in records:
        if record.file not in there:
            problems.append(
                Problem(record.file, "there is a record, but no file. Bring it back, or delete the record")
            )
            continue
        path = Path(there[record.file])
        try:
            stat = path.stat()
            sha, *before = seen.get(record.file, ("",))
            if before != [stat.st_size, stat.st_mtime_ns]:
                sha = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            problems.append(
                Problem(record.file, f"cannot be opened ({error.strerror}). Check its permissions")
            )
            continue
        now[record.file] = (sha, stat.st_size, stat.st_mtime_ns)
        if sha == record.sha256:
            good.append(record)
            continue
        message = f"its hash is {sha[:12]}…, the record says {record.sha256[:12]}…. "
        hint = "Bring back the file that was recorded; a new version is added under a name of its own, "
        hint += "and both are kept"
        problems.append(Problem(record.file, message + hint))
    return good, problems, now
