"""Reading one report, in a process that may be another machine's, into lines of the published tables."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from ..errors import ReportlibError
from ..form import load_toml
from ..report.pipeline import read_bytes
from ..report.report import CellFact, Finding, Report, Stated
from .corrections import Correction, apply
from .processes import SECONDS, bounded
from .published import TABLES, schema
from .records import Record

__all__ = ["Job", "Read", "Version", "read"]


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


class Read(NamedTuple):
    """What was read of a report: lines of each table, and of each document that cannot be read why."""

    tables: dict[str, list[pa.Table]]
    errors: dict[str, str]


def read(job: Job) -> Read:
    """Read the documents of a report. One that fails is an error, the others go on."""
    tables: dict[str, list[pa.Table]] = {table: [] for table in TABLES}
    errors: dict[str, str] = {}
    for version in reversed(job.versions):
        current = not tables["reports"]
        try:
            lines = _lines(job, version, current)
        except ReportlibError as error:
            error.file = None  # the problem names it
            errors[version.record.file] = str(error)
        except Exception as error:  # a reader that stumbles over one file must not stop the others
            errors[version.record.file] = f"could not be read ({type(error).__name__}: {error})"
        else:
            for table, rows in lines.items():
                tables[table].append(rows)
    return Read(tables, errors)


def _lines(job: Job, version: Version, current: bool) -> dict[str, pa.Table]:
    """What is published of one version of a report."""
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
        looks = {"say": "scope", "scope": report.scope}
        issues.append(Finding.of("scope_differs", "warn", scope=scope, looks=looks))
    head = {"report_id": version.report_id, "body": job.body, "year": record.year}
    of_cells = {**head, "scope": scope, "edition": report.edition}
    of_figures = {**head, "level": version.level, "address": record.address, "kind": "narrative"}
    line = _line(version, report) | head | {"scope": scope, "current": current} | _counts(facts, issues)
    return {
        "cells": _table("cells", facts, CellFact._fields, of_cells),
        "reports": _table("reports", [()], (), line),
        "findings": _table("findings", issues, Finding._fields, head),
        "figures": _table("figures", _stated(report.stated, scope), STATED, of_figures),
    }


def _table(
    table: str, rows: Sequence[tuple[Any, ...]], names: Sequence[str], same: dict[str, Any]
) -> pa.Table:
    """Lines of a table, from rows of these names and from what is the same in all of them."""
    columns: dict[str, Sequence[Any]] = dict(zip(names, zip(*rows, strict=True), strict=False))
    columns |= {name: [value] * len(rows) for name, value in same.items()}
    return pa.table([columns[name] if rows else [] for name in schema(table).names], schema=schema(table))


def _line(version: Version, report: Report) -> dict[str, Any]:
    """What is said of a report as a whole, by its record and by itself."""
    return {
        **version.record._asdict(),
        **report.tables,
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


def _counts(facts: Iterable[CellFact], issues: Iterable[Finding]) -> dict[str, int]:
    status = Counter(fact.status for fact in facts)
    verdicts = Counter(finding.verdict for finding in issues)
    return {
        **{name: status[name] for name in ("printed", "split", "derived", "ambiguous")},
        "suspect": sum(fact.suspect for fact in facts),
        "fails": verdicts["fail"],
        "warnings": verdicts["warn"],
    }


STATED = ("indicator", "value", "unit", "scope", "precision", "where")


def _stated(stated: Iterable[Stated], scope: str) -> list[tuple[Any, ...]]:
    """The figures of a report's text, as `STATED` names them; one that is said twice counts once."""
    units = load_toml("figures.toml")
    once: dict[tuple[Any, ...], Stated] = {}
    for one in stated:
        once.setdefault((one.indicator, one.value, one.precision, one.scope), one)
    return [
        (code, value, units[code]["unit"], said_of or scope, precision, f"{one.where}: {one.sentence}")
        for (code, value, precision, said_of), one in once.items()
    ]
