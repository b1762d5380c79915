"""Ingest: from `data/raw`, what was received, to `data/processed`, what analysts load.

What is new or changed is read, the rest stays.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import Executor
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import chain, groupby
from math import isfinite, nan
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import ReportlibError
from ..files import RAW, digest, digest_of, locked, write
from ..form.findings import sentence
from . import processes
from .across import between, consolidations, in_words
from .bodies import Register
from .corrections import Correction, load_corrections
from .published import PROCESSED, TABLES, publish, published, schema, sweep, write_table
from .records import FIGURES, Problem, Record, compare_files, read_records
from .registers import read_edited, read_register
from .workers import Job, Progress, Read, Version, read, read_all

__all__ = ["IngestResult", "ingest", "newer_than_ingest"]

LOCK = PROCESSED / ".ingest.lock"
STATE = "state.txt"
"""A digest, and what the next ingest needs to know of this one, as JSON."""
LIBRARIES = (
    "lxml",
    "olefile",
    "opencc",
    "onnxruntime",
    "pypdfium2",
    "python-calamine",
    "rapidocr",
    "selectolax",
)
"""What the readers read with; another version may read differently, so it is read again."""
MAKES_DATA = ("form/**/*", "reading/**/*", "report/**/*", "store/*", "errors.py", "files.py")
"""What a report's figures depend on: when any of it changes, all is read again."""
REPORTS_A_PART = 1_000
Facts = dict[str, Any]


class IngestResult(NamedTuple):
    """What an ingest did.

    Attributes
    ----------
    reports
        How many reports the processed data hold now.
    read, unchanged
        How many were read, and how many stood there already.
    problems
        Files that failed, records that do not fit, corrections that no longer match. Whoever
        called exits with status 1 if there are any.
    warnings
        What was accepted all the same, such as a body that is not in the register.
    seconds
        How long it took.
    """

    reports: int
    read: int
    unchanged: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether everything was taken in."""
        return not self.problems


def ingest(
    home: Path,
    *,
    jobs: int | None = None,
    executor: Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> IngestResult:
    """Read what is new or changed in ``home/data/raw`` into ``home/data/processed``.

    Parameters
    ----------
    home
        Folder of the project, the one that holds `data/raw`.
    jobs
        Processes that read; None takes one per processor. The results are the same for any number.
    executor
        Any `concurrent.futures.Executor`, such as a Dask client's, in place of own processes;
        its workers must see the files under the same paths.
    force
        Read everything again.
    progress
        Called with the number of documents done and their total.

    Raises
    ------
    ReportlibError
        `sources.csv` or another register is missing or cannot be read, or another process ingests.
        What is wrong with single files is in the result.
    """
    home = home.resolve()
    try:
        with locked(home / LOCK, wait=False), processes.pool(executor, jobs, [read.__module__]) as workers:
            return _ingest(home / RAW, home / PROCESSED, workers, force, progress)
    except BlockingIOError as error:
        raise ReportlibError(
            "another `reportlib ingest` is running here", file=home, hint="Wait until it has ended"
        ) from error


def _ingest(
    raw: Path, processed: Path, workers: Executor, force: bool, progress: Progress | None
) -> IngestResult:
    start = time.perf_counter()
    records, problems = read_records(raw / "sources.csv")
    register = Register.load(raw / "bodies.csv")
    corrections = load_corrections(raw / "corrections.yml", register.canonical)
    edited = [raw / name for name in (*FIGURES, "bodies.csv") if (raw / name).exists()]
    figures = digest(_code_version(), *map(read_edited, edited))
    state = {} if force else _load_state(processed)
    broken = {problem.file for problem in problems}
    good, more = compare_files(raw, records, broken)
    reports = _jobs(raw, good, register, corrections)
    parts = _parts(reports, state.get("parts", []))
    documents = len(good)
    stale = sum(len(job.files) for part in parts for job in part.stale)

    found = read_all([part.stale for part in parts], workers, progress)
    written = []
    for number, (part, fresh) in enumerate(zip(parts, found, strict=True)):
        same = part.keys == part.old.get("keys")
        written.append(part.old if same else _write_part(processed, number, part, fresh))

    now = {"figures": figures, "parts": written}
    if now != state:
        _publish(raw, processed, register, written, documents, figures)
    text = json.dumps(now, ensure_ascii=False)
    write(processed / STATE, f"{digest(_code_version(), text)}\n{text}".encode())
    sweep(processed, STATE)

    errors = [Problem(*error) for part in written for error in part["errors"].items()]
    problems += more + errors + _unfitting(processed, reports, corrections)
    return IngestResult(
        reports=documents - len(errors),
        read=stale,
        unchanged=documents - stale,
        problems=tuple(sorted(problems)),
        warnings=tuple(sorted(_unknown_bodies(reports, register))),
        seconds=time.perf_counter() - start,
    )


# ------------------------------------------------------------------------------ what is to be read
def _jobs(raw: Path, records: list[Record], register: Register, corrections: list[Correction]) -> list[Job]:
    """Name every report, with its versions in the order in which they were published, then obtained."""

    def report(record: Record) -> tuple[str, int, str]:
        return register.canonical(record.body), record.year, record.scope

    jobs = []
    ordered = sorted(records, key=lambda one: (report(one), one.date_published, one.date_obtained))
    for key, several in groupby(ordered, report):
        name = "-".join(str(part) for part in key if part)
        known = register.find(key[0])
        place = (known.region_code, known.level) if known else ("", "")
        versions = [
            Version(record, number, f"{name}-{number}" if number > 1 else name, *place)
            for number, record in enumerate(several, 1)
        ]
        declared = [correction for correction in corrections if correction.report == key]
        jobs.append(Job(raw, key[0], tuple(versions), tuple(declared)))
    return sorted(jobs, key=lambda job: (job.versions[0].region_code, job.name))


class Part(NamedTuple):
    """A part of the reports, kept in files of its own: the work on a change is the part's, not the whole's.

    `keys` of its reports change whenever what is published of one might; those of `stale` have changed since
    `old`, what the last ingest made of the part.
    """

    jobs: list[Job]
    stale: list[Job]
    keys: dict[str, str]
    old: Facts


def _parts(reports: list[Job], before: list[Facts]) -> list[Part]:
    """Spread the bodies over parts, with all their years, and tell what each part has to read again."""
    count = 1
    while count * REPORTS_A_PART < len(reports):
        count *= 2
    shares: list[list[Job]] = [[] for _ in range(count)]
    for job in reports:
        shares[int(digest(job.body), 16) % count].append(job)
    parts = []
    for share, old in zip(shares, before if len(before) == count else [{}] * count, strict=True):
        keys = {job.name: digest(repr(job[1:])) for job in share}
        stale = [job for job in share if old.get("keys", {}).get(job.name) != keys[job.name]]
        parts.append(Part(share, stale, keys, old))
    return parts


@cache
def _code_version() -> str:
    """Hash of the form, the code that reads, and the versions of the libraries it reads with."""
    files = chain.from_iterable(map(Path(__file__).parents[1].glob, MAKES_DATA))
    code = digest_of(file for file in files if file.suffix in (".py", ".toml"))
    return digest(code, *map(_library, LIBRARIES))


def _library(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _load_state(processed: Path) -> Facts:
    """What the last ingest left, or nothing where another version of the library or a mishap left it."""
    try:
        kept, _, text = (processed / STATE).read_text(encoding="utf-8").partition("\n")
        whole = {file.name for files in published(processed).values() for file in files}
    except (ReportlibError, OSError, ValueError):
        return {}
    if kept != digest(_code_version(), text):
        return {}
    state: Facts = json.loads(text)
    used = {name for part in state["parts"] for name in part["paths"].values()}
    return state if used <= whole else {}


def newer_than_ingest(home: Path) -> str:
    """A file of `data/raw` that was changed after the last ingest; '' where there is none."""
    try:
        changed = {path.stat().st_mtime_ns: path for path in (home / RAW).rglob("*") if path.is_file()}
        made = (home / PROCESSED / STATE).stat().st_mtime_ns
    except OSError:
        return ""
    newest = max(changed, default=0)
    return str(changed[newest].relative_to(home)) if newest > made else ""


# ------------------------------------------------------------------------------ writing
def _write_part(processed: Path, number: int, part: Part, found: list[Read]) -> Facts:
    """Write one part of each table: what was read now, and what stood there and has not changed."""
    again = set(chain.from_iterable(job.files for job in part.stale))
    versions = [version for job in part.jobs for version in job.versions]
    kept = [version for version in versions if version.record.file not in again]
    order = pa.array([version.report_id for version in versions], pa.string())
    tables = {}
    for table in TABLES:
        pieces = [one.tables[table] for one in found if one.tables]
        if kept:
            wanted = pc.field("report_id").isin([version.report_id for version in kept])
            pieces.append(pq.read_table(processed / part.old["paths"][table], filters=wanted))
        rows = pa.concat_tables([schema(table).empty_table(), *pieces]).combine_chunks()
        # A report's own lines keep their order: the sort is stable.
        tables[table] = rows.take(pc.array_sort_indices(pc.index_in(rows["report_id"], order)))
    compared = between(tables["cells"], tables["reports"])
    tables["across"] = pa.Table.from_pylist(compared, schema=schema("findings"))
    name = f"{number:03d}-{digest(repr(sorted(part.keys.items())), _code_version())}.parquet"
    paths = {table: write_table(processed, f"{table}-{name}", rows) for table, rows in tables.items()}
    stood, files = part.old.get("errors", {}), {version.record.file for version in kept}
    errors = {file: text for file, text in stood.items() if file in files}
    for one in found:
        errors |= one.errors
    return {"keys": part.keys, "paths": paths, "errors": errors}


def _publish(
    raw: Path, processed: Path, register: Register, parts: list[Facts], documents: int, figures: str
) -> None:
    """Write what belongs to no part, then make all of it visible."""
    paths: dict[str, list[str]] = {}
    for table in (*TABLES, "across"):
        paths[table] = [part["paths"][table] for part in parts]
    stated = _figures(raw, register)
    cells = [processed / name for name in paths["cells"]]
    reports = [processed / name for name in paths["reports"]]
    compared = in_words(stated) + consolidations(cells, reports, register)
    stamp = digest(figures, *paths["cells"])
    paths["findings"] += paths["across"]
    for table, rows in (("figures", stated), ("findings", compared)):
        lines = pa.Table.from_pylist(rows, schema=schema(table))
        paths[table].append(write_table(processed, f"{table}-{stamp}.parquet", lines))
    publish(processed, paths, documents, _code_version())


def _figures(raw: Path, register: Register) -> list[Facts]:
    """The figures that stand in words or in tables of which only a part is known."""
    rows: list[Facts] = []
    names = set(schema("figures").names) - {"report_id", "where", "level"}
    for path in [raw / name for name in FIGURES if (raw / name).exists()]:
        for line, row in read_register(path, names):
            try:
                year, value = int(row["year"]), float(row["value"])
            except ValueError:
                value = nan
            if not isfinite(value):
                raise ReportlibError("year or value is no number", file=path, place=f"line {line}")
            known = register.find(row["body"])
            whose = {"body": known.name, "level": known.level} if known else {"level": ""}
            rows.append({"report_id": "", "where": "", **row, "year": year, "value": value, **whose})
    return rows


# ------------------------------------------------------------------------------ what is said
def _unfitting(processed: Path, reports: list[Job], corrections: list[Correction]) -> list[Problem]:
    """The corrections that fit nothing."""
    known = {declared.report for job in reports for declared in job.corrections}
    said = [f"{one.place}: there is no such report" for one in corrections if one.report not in known]
    findings = published(processed)["findings"]
    unmatched = pq.read_table(findings, filters=[("rule", "==", "correction_does_not_match")]).to_pandas()
    said += [sentence(one, "en") for one in unmatched.itertuples()]
    return [Problem("corrections.yml", text) for text in said]


def _unknown_bodies(reports: list[Job], register: Register) -> list[Problem]:
    """A warning for every body that is not in the register."""
    unknown = {job.body: job.files[-1] for job in reports if register.find(job.body) is None}
    warnings = []
    for body, file in unknown.items():
        near = register.nearest(body)
        like = f"; names like it: {', '.join(near)}" if near else ""
        warnings.append(Problem(file, f"{body} is not in bodies.csv{like}"))
    return warnings
