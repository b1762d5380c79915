"""Reading reports, in processes that may be other machines', into lines of the published tables."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from ..errors import ReportlibError
from ..form import load_toml
from ..report.pipeline import read_bytes
from ..report.report import Finding, Report, Stated
from .corrections import Correction
from .processes import SECONDS, DiedError, bounded
from .published import TABLES, schema
from .records import Record

__all__ = ["Job", "Progress", "Read", "Version", "read", "read_all"]

Progress = Callable[[int, int], None]
REPORTS_A_TASK = 8


class Version(NamedTuple):
    """One document of a report: its record, its number (from 1), what it is called, and where the register of
    bodies places it.
    """

    record: Record
    number: int
    report_id: str
    region_code: str = ""
    level: str = ""


class Job(NamedTuple):
    """One report to be read: its versions, of which the last that can be read counts."""

    raw: Path
    body: str
    versions: tuple[Version, ...]
    corrections: tuple[Correction, ...]

    @property
    def name(self) -> str:
        """What the report is called, whichever of its versions counts."""
        return self.versions[0].report_id

    @property
    def files(self) -> list[str]:
        """The documents, one a version."""
        return [version.record.file for version in self.versions]

    def without(self, files: Container[str]) -> Job:
        """The same report without the versions in some files."""
        return self._replace(versions=tuple(one for one in self.versions if one.record.file not in files))


class Read(NamedTuple):
    """What was read of some reports: lines of each table, and of each document that cannot be read why."""

    tables: dict[str, pa.Table]
    errors: dict[str, str]


Row = dict[str, Any]


def read(jobs: list[Job]) -> Read:
    """Read the documents of some reports. One that fails is an error, the others go on."""
    found: dict[str, list[Row]] = {table: [] for table in TABLES}
    errors: dict[str, str] = {}
    for job in jobs:
        current = True
        for version in reversed(job.versions):
            try:
                rows = _rows(job, version, current)
            except ReportlibError as error:
                error.file = None  # the problem names it
                errors[version.record.file] = str(error)
            except Exception as error:  # a reader that stumbles over one file must not stop the others
                errors[version.record.file] = f"could not be read ({type(error).__name__}: {error})"
            else:
                current = False
                for table in TABLES:
                    found[table] += rows[table]
    tables = {table: pa.Table.from_pylist(rows, schema=schema(table)) for table, rows in found.items()}
    return Read(tables, errors)


def _rows(job: Job, version: Version, current: bool) -> dict[str, list[Row]]:
    """What is published of one version of a report: lines of each table."""
    record = version.record
    with bounded(SECONDS):
        declared = job.corrections if current else ()
        data = (job.raw / record.file).read_bytes()
        report = read_bytes(data, record.file, record.body, record.year, corrections=declared)
    if report.source.sha256 != record.sha256:
        raise ReportlibError("the file changed during the ingest", hint="Ingest again")
    scope = record.scope or report.scope
    findings = [*report.finding_list]
    if report.scope and report.scope != scope:
        looks = {"say": "scope", "scope": report.scope}
        findings.append(Finding.of("scope_differs", "warn", scope=scope, looks=looks))
    about = {"report_id": version.report_id, "body": job.body, "year": record.year, "scope": scope}
    form = {**about, "edition": report.edition}
    stated = {**about, "level": version.level, "kind": "narrative", "address": record.address}
    return {
        "cells": [{**form, **cell._asdict()} for cell in report.cell_list],
        "reports": [_line(version, report, findings) | form | {"current": current}],
        "findings": [about | finding._asdict() for finding in findings],
        "figures": [stated | figure for figure in _stated(report.stated, scope)],
    }


def _line(version: Version, report: Report, findings: list[Finding]) -> Row:
    """What is said of a report as a whole, by its record and by itself."""
    status = Counter(cell.status for cell in report.cell_list)
    verdicts = Counter(finding.verdict for finding in findings)
    return {
        **version.record._asdict(),
        **version._asdict(),
        **report.source._asdict(),
        **report.tables,
        **{name: status[name] for name in ("printed", "split", "derived", "ambiguous")},
        "version": version.number,
        "title": report.title,
        "consolidates": report.consolidates,
        "date_published": version.record.date_published or report.date_published,
        "suspect": sum(cell.suspect for cell in report.cell_list),
        "fails": verdicts["fail"],
        "warnings": verdicts["warn"],
    }


def _stated(stated: Iterable[Stated], scope: str) -> Iterable[Row]:
    """The figures of a report's text; one that is said twice counts once."""
    units = load_toml("figures.toml")
    once: dict[tuple[Any, ...], Row] = {}
    for one in stated:
        where = f"{one.where}: {one.sentence}"
        about = {"scope": one.scope or scope, "unit": units[one.indicator]["unit"], "where": where}
        once.setdefault((one.indicator, one.value, one.precision, one.scope), one._asdict() | about)
    return once.values()


# ------------------------------------------------------------------------------ reading
def read_all(shares: list[list[Job]], workers: Executor, progress: Progress | None) -> Iterator[list[Read]]:
    """Read reports, a few of them a task; what was read of each share, in their order.

    Parameters
    ----------
    shares
        The reports.
    workers
        Who reads.
    progress
        Called with the number of documents done and their total.
    """
    tasks: deque[tuple[list[Job], Future[Read]]] = deque()
    for share in shares:
        for at in range(0, len(share), REPORTS_A_TASK):
            jobs = share[at : at + REPORTS_A_TASK]
            tasks.append((jobs, workers.submit(read, jobs)))
    total, done = sum(len(job.files) for share in shares for job in share), 0
    for share in shares:
        found: list[Read] = []
        for _ in range(0, len(share), REPORTS_A_TASK):
            jobs, task = tasks.popleft()
            found += _outcome(jobs, task, workers)
            done += sum(len(job.files) for job in jobs)
            if progress:
                progress(done, total)
        yield found


def _outcome(jobs: list[Job], task: Future[Read], workers: Executor) -> list[Read]:
    """What a task read; where it could not do its work, what is left without the documents to blame."""
    found = _attempt(jobs, task)
    if found.tables:
        return [found]
    errors: dict[str, str] = {}
    for job in jobs:
        for document in job.versions:
            alone = [job._replace(versions=(document,))]
            errors |= _attempt(alone, workers.submit(read, alone)).errors
    rest = [job.without(errors) for job in jobs]
    return [_attempt(rest, workers.submit(read, rest)), Read({}, errors)]


def _attempt(jobs: list[Job], task: Future[Read]) -> Read:
    """What a task read: nothing where it could not do its work."""
    try:
        return task.result()
    except DiedError as died:
        said = str(died)
    except (BrokenExecutor, ReportlibError):
        raise
    except Exception as error:  # the executor's own failure, such as a lost machine
        said = str(error)
    return Read({}, {file: said for job in jobs for file in job.files})
