"""Reading many documents at once, in processes that may be other machines', into columns."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from ..errors import ReportlibError
from ..form import load_toml
from ..report.pipeline import read_bytes
from ..report.report import CellFact, Finding, Report, Stated
from .corrections import Correction, apply
from .processes import MEMORY, SECONDS, DiedError, Processes, bounded
from .records import Record

__all__ = ["TABLES", "Batch", "Job", "Progress", "Version", "digest", "read_all", "schema"]

TABLES = ("cells", "reports", "findings", "figures")
CHUNK = 32
"""The most documents that a process is given at a time."""
Progress = Callable[[int, int], None]
WINDOW = 128
"""Chunks that a foreign executor, of who knows how many machines, is given at a time."""


def digest(*parts: str | bytes) -> str:
    """A short hash of several texts."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part.encode() if isinstance(part, str) else part)
        sha.update(b"\0")
    return sha.hexdigest()[:16]


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
    def files(self) -> list[str]:
        """The documents, one a version."""
        return [version.record.file for version in self.versions]

    @property
    def key(self) -> str:
        """Changes whenever what is published of the report might."""
        return digest(repr(self[1:]))


class Batch(NamedTuple):
    """What was read from some documents."""

    tables: dict[str, pa.Table]
    errors: dict[str, str]


@cache
def schema(table: str) -> pa.Schema:
    """The Arrow schema of a published table, as `form/fields.toml` describes it."""
    kinds = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
    return pa.schema(
        [(field["name"], kinds[field["type"]]) for field in load_toml("fields.toml")[table]["fields"]]
    )


def _read(jobs: list[Job]) -> Batch:
    """Read documents, in a worker. One that fails is an error, the others go on."""
    columns = {table: _nothing(table) for table in TABLES}
    errors: dict[str, str] = {}
    for job in jobs:
        current = True
        for version in reversed(job.versions):
            try:
                lines = _lines(job, version, current)
            except ReportlibError as error:
                error.file = None  # the problem names it
                errors[version.record.file] = str(error)
            except Exception as error:  # a reader that stumbles over one file must not stop the others
                errors[version.record.file] = f"could not be read ({type(error).__name__}: {error})"
            else:
                current = False
                for table, filled in lines.items():
                    for name, values in filled.items():
                        columns[table][name].extend(values)
    return Batch({table: pa.table(columns[table], schema=schema(table)) for table in TABLES}, errors)


def _nothing(table: str) -> dict[str, list[Any]]:
    """The columns of a table without any line."""
    return {name: [] for name in schema(table).names}


def _lines(job: Job, version: Version, current: bool) -> dict[str, dict[str, Iterable[Any]]]:
    """What is published of one version of a report, column by column."""
    record = version.record
    data = (job.raw / record.file).read_bytes()
    if hashlib.sha256(data).hexdigest() != record.sha256:
        raise ReportlibError("the file changed during the ingest", hint="Ingest again")
    with bounded(SECONDS):
        report = read_bytes(data, record.file, record.body, record.year)
    scope = record.scope or report.scope
    facts, corrected = apply(job.corrections if current else (), report)
    issues = [*report.issues, *corrected]
    if report.scope and report.scope != scope:
        issues.append(
            Finding.of("scope_differs", "warn", scope=scope, looks={"say": "scope", "scope": report.scope})
        )
    head = {"report_id": version.report_id, "body": job.body, "year": record.year}
    cells = _columns(facts, CellFact._fields, {**head, "scope": scope, "edition": report.edition})
    del cells["box"]
    line = _line(version, report) | head | {"scope": scope, "current": current} | _counts(facts, issues)
    return {
        "cells": cells,
        "reports": {name: [value] for name, value in line.items()},
        "findings": _columns(issues, Finding._fields, head),
        "figures": _stated(report.stated, {**head, "level": version.level, "address": record.address}, scope),
    }


def _line(version: Version, report: Report) -> dict[str, Any]:
    """What is said of a report as a whole, by its record and by itself."""
    record = version.record._asdict()
    del record["bytes"]
    return {
        **record,
        **{table: str(state) for table, state in report.tables.items()},
        "region_code": version.region_code,
        "level": version.level,
        "edition": report.edition,
        "version": version.number,
        "format": report.source.format,
        "route": report.source.route,
        "title": report.title,
        "consolidates": report.consolidates,
        "date_published": version.record.date_published or report.date_published,
    }


def _counts(facts: Sequence[CellFact], issues: Sequence[Finding]) -> dict[str, int]:
    status = Counter(fact.status for fact in facts)
    verdicts = Counter(finding.verdict for finding in issues)
    return {
        **{name: status[name] for name in ("printed", "split", "derived", "ambiguous")},
        "suspect": sum(fact.suspect for fact in facts),
        "fails": verdicts["fail"],
        "warnings": verdicts["warn"],
    }


def _stated(stated: Iterable[Stated], head: dict[str, Any], scope: str) -> dict[str, Iterable[Any]]:
    """The figures of a report's text; one that is said twice counts once."""
    once = {(one.indicator, one.value, one.precision, one.scope): one for one in reversed(list(stated))}
    rows = [
        (
            one.indicator,
            one.value,
            _unit(one.indicator),
            one.scope or scope,
            one.precision,
            f"{one.where}: {one.sentence}",
        )
        for one in reversed(once.values())
    ]
    names = ("indicator", "value", "unit", "scope", "precision", "where")
    return _columns(rows, names, {**head, "kind": "narrative"})


@cache
def _unit(indicator: str) -> str:
    return str(load_toml("figures.toml")[indicator]["unit"])


def _columns(
    rows: Sequence[tuple[Any, ...]], names: Iterable[str], same: dict[str, Any]
) -> dict[str, Iterable[Any]]:
    """Rows as columns, with columns that hold the same value throughout."""
    lines = zip(*rows, strict=True) if rows else itertools.repeat(())
    return dict(zip(names, lines, strict=False)) | {name: [value] * len(rows) for name, value in same.items()}


def read_all(
    shares: list[list[Job]], jobs: int | None, executor: Executor | None, progress: Progress | None
) -> Iterator[Batch]:
    """Read documents, share by share.

    Parameters
    ----------
    shares
        The documents; each share is yielded as one batch, in the order of the shares.
    jobs
        Processes that read; None takes one per processor.
    executor
        Takes the place of own processes.
    progress
        Called with the number of documents done and their total.
    """
    total, done = sum(len(job.files) for share in shares for job in share), 0
    workers = jobs or os.cpu_count() or 1
    size = min(CHUNK, max(1, total // (4 * workers)))
    chunks = (share[at : at + size] for share in shares for at in range(0, len(share), size))
    results = _results(chunks, workers, executor)
    for share in shares:
        batches = [_failed({})]
        for at in range(0, len(share), size):
            batches.append(next(results))
            done += sum(len(job.files) for job in share[at : at + size])
            if progress:
                progress(done, total)
        yield _joined(batches)


def _results(tasks: Iterator[list[Job]], jobs: int, executor: Executor | None) -> Iterator[Batch]:
    """The tasks' results in the order of the tasks, with few of them under way at a time."""
    pool = executor or Processes(jobs, [__name__], MEMORY)
    window = WINDOW if executor else 4 * jobs
    pending: deque[tuple[list[Job], Future[Batch]]] = deque()
    try:
        while True:
            while len(pending) < window and (task := next(tasks, None)) is not None:
                pending.append((task, pool.submit(_read, task)))
            if not pending:
                return
            yield _result(*pending.popleft(), pool)
    finally:
        if isinstance(pool, Processes):
            pool.stop()


def _result(task: list[Job], future: Future[Batch], pool: Executor) -> Batch:
    try:
        return future.result()
    except DiedError:
        return _joined([_failed({}), *(_read_alone(job, pool) for job in task)])
    except (BrokenExecutor, ReportlibError):
        raise
    except Exception as error:  # the executor's own failure, such as a lost machine
        return _failed({file: str(error) for job in task for file in job.files})


def _read_alone(job: Job, pool: Executor) -> Batch:
    """Read one report of which a document may bring its process down; its other versions count."""
    try:
        return pool.submit(_read, [job]).result()
    except DiedError as died:
        if len(job.versions) == 1:
            return _failed({job.files[0]: str(died)})
    errors: dict[str, str] = {}
    for version in job.versions:
        errors |= _read_alone(job._replace(versions=(version,)), pool).errors
    rest = tuple(version for version in job.versions if version.record.file not in errors)
    return _joined([_failed(errors), pool.submit(_read, [job._replace(versions=rest)]).result()])


def _failed(errors: dict[str, str]) -> Batch:
    return Batch({table: schema(table).empty_table() for table in TABLES}, errors)


def _joined(batches: list[Batch]) -> Batch:
    tables: dict[str, pa.Table] = {}
    for table in TABLES:
        tables[table] = pa.concat_tables([batch.tables[table] for batch in batches])
    return Batch(tables, {file: text for batch in batches for file, text in batch.errors.items()})
