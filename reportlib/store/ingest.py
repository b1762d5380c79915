"""The store: from `data/raw`, what was received, to `data/processed`, what analysts load.

`ingest` reads what is new or changed and keeps the rest. What is published stands in ``datapackage.json``,
which is replaced last, so that a reader finds the old state or the new one and never a mixture.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import ReportlibError
from ..files import RAW, aside, locked, write
from ..form import load_toml
from ..form.findings import explain
from .across import between, consolidations
from .bodies import Register
from .corrections import Correction, load_corrections
from .records import FIGURES, Problem, Record, compare_files, read_records
from .registers import read_edited, read_register
from .rules import CELLS
from .workers import TABLES, Batch, Job, Progress, Version, digest, read_all, schema

__all__ = ["PROCESSED", "RAW", "IngestResult", "ingest", "newer_than_ingest", "published"]

PROCESSED = Path("data/processed")
LOCK = PROCESSED / ".ingest.lock"
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
MAKES_DATA = (
    "form",
    "reading",
    "report",
    "errors.py",
    "files.py",
    "store/across.py",
    "store/bodies.py",
    "store/corrections.py",
    "store/ingest.py",
    "store/processes.py",
    "store/records.py",
    "store/registers.py",
    "store/rules.py",
    "store/workers.py",
)
"""What a report's figures depend on: when any of it changes, all is read again."""

FRICTIONLESS = {"zh": "title", "en": "description"}
"""What the descriptor calls what `form/fields.toml` says of a field."""
REPORTS_A_PART = 1_000
MOST_SEARCHED = 50
ROWS_A_GROUP = 20_000
"""So few that a selection of bodies reads little more than its own lines."""


@dataclass(frozen=True)
class IngestResult:
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


# ------------------------------------------------------------------------------ what is to be read
def _jobs(raw: Path, records: list[Record], register: Register, corrections: list[Correction]) -> list[Job]:
    """Name every report, with its versions in the order in which they were published, then obtained."""
    versions: defaultdict[tuple[str, int, str], list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda record: (record.date_published, record.date_obtained)):
        versions[register.canonical(record.body), record.year, record.scope].append(record)
    declared: defaultdict[tuple[str, int, str], list[Correction]] = defaultdict(list)
    for correction in corrections:
        declared[correction.body, correction.year, correction.scope].append(correction)
    jobs = []
    for (body, year, scope), several in versions.items():
        name = "-".join(filter(None, (body, str(year), scope)))
        known = register.find(body)
        place = (known.region_code, known.level) if known else ("", "")
        numbered = (
            Version(one, n, f"{name}-{n}" if n > 1 else name, *place) for n, one in enumerate(several, 1)
        )
        jobs.append(Job(raw, body, tuple(numbered), tuple(declared[body, year, scope])))
    return sorted(jobs, key=lambda job: (job.versions[0].region_code, job.versions[0].report_id))


# ------------------------------------------------------------------------------ ingest
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
        with locked(home / LOCK, wait=False):
            return _ingest(home / RAW, home / PROCESSED, jobs, executor, force, progress)
    except BlockingIOError as error:
        hint = "Wait until it has ended"
        raise ReportlibError(
            "another `reportlib ingest` is running here", file=str(home), hint=hint
        ) from error


def _ingest(
    raw: Path,
    processed: Path,
    jobs: int | None,
    executor: Executor | None,
    force: bool,
    progress: Progress | None,
) -> IngestResult:
    start = time.perf_counter()
    records, problems = read_records(raw / "sources.csv")
    register = Register.load(raw / "bodies.csv")
    corrections = load_corrections(raw / "corrections.yml", register.canonical)
    figures = digest(_code_version(), *_edited(raw))
    state = {} if force else _load_state(processed)
    broken = {problem.file for problem in problems}
    good, more, seen = compare_files(raw, records, state.get("files", {}), broken)
    todo = _jobs(raw, good, register, corrections)
    parts = _parts(todo, state)
    documents = sum(len(job.files) for job in todo)
    total = sum(len(job.files) for part in parts for job in part.stale)

    batches = read_all([part.stale for part in parts], jobs, executor, progress)
    written = {}
    for number, (part, batch) in enumerate(zip(parts, batches, strict=True)):
        fresh = part.keys == part.old.get("keys")
        written[str(number)] = part.old if fresh else _write_part(processed, number, part, batch)

    now = {"code": _code_version(), "figures": figures, "parts": written, "files": seen}
    if any(now[key] != state.get(key) for key in ("figures", "parts")):
        _publish(raw, processed, register, written, documents, figures)
    _keep_state(processed, now)
    _sweep(processed)

    problems += more + _failures(written, todo, corrections)
    failed = sum(len(part["errors"]) for part in written.values())
    return IngestResult(
        reports=documents - failed,
        read=total,
        unchanged=documents - total,
        problems=tuple(sorted(problems)),
        warnings=tuple(sorted(_unknown_bodies(todo, register))),
        seconds=time.perf_counter() - start,
    )


def _edited(raw: Path) -> list[str]:
    """What people wrote in the files that bear on every report."""
    there = [raw / name for name in (*FIGURES, "bodies.csv") if (raw / name).exists()]
    return [read_edited(path) for path in there]


def _failures(
    parts: dict[str, dict[str, Any]], todo: list[Job], corrections: list[Correction]
) -> list[Problem]:
    """The documents that could not be read, and the corrections that fit nothing."""
    failures = []
    for part in parts.values():
        failures += [Problem(file, text) for file, text in part["errors"].items()]
        failures += [Problem("corrections.yml", text) for text in part["corrections"]]
    known = {(job.body, job.versions[0].record.year, job.versions[0].record.scope) for job in todo}
    for correction in corrections:
        if (correction.body, correction.year, correction.scope) not in known:
            text = f"{correction.place}: there is no such report"
            failures.append(Problem("corrections.yml", text))
    return failures


class Part(NamedTuple):
    """A part of the reports, kept in files of its own: the work on a change is the part's, not the
    whole's.
    """

    jobs: list[Job]
    stale: list[Job]
    keys: dict[str, str]
    old: dict[str, Any]


def _parts(todo: list[Job], state: dict[str, Any]) -> list[Part]:
    """Spread the bodies over parts, with all their years, and tell what each part has to read again."""
    count = 1
    while count * REPORTS_A_PART < len(todo):
        count *= 2
    before = state.get("parts", {})
    if len(before) != count:
        before = {}
    shares: list[list[Job]] = [[] for _ in range(count)]
    for job in todo:
        shares[int(digest(job.body), 16) % count].append(job)
    parts = []
    for number, share in enumerate(shares):
        old = before.get(str(number), {})
        keys = {file: key for job in share for key in [job.key] for file in job.files}
        known = old.get("keys", {})
        changed = {file for file, key in keys.items() if known.get(file) != key}
        stale = [job for job in share if not changed.isdisjoint(job.files)]
        parts.append(Part(share, stale, keys, old))
    return parts


def _unknown_bodies(todo: list[Job], register: Register) -> list[Problem]:
    """A warning for every body that is not in the register."""
    unknown = {job.body: job.files[-1] for job in todo if register.find(job.body) is None}
    warnings = []
    for number, (body, file) in enumerate(unknown.items()):
        # A search takes milliseconds, and hundreds of unknown names are a new region, not misspellings.
        near = register.nearest(body) if number < MOST_SEARCHED else []
        like = f"; names like it: {', '.join(near)}" if near else ""
        warnings.append(Problem(file, f"{body} is not in bodies.csv{like}"))
    return warnings


def newer_than_ingest(home: Path) -> str:
    """A file of `data/raw` that was changed after the last ingest; '' where there is none."""
    try:
        ingested = (home / PROCESSED / "state.json").stat().st_mtime_ns
        changed = {path: path.stat().st_mtime_ns for path in (home / RAW).rglob("*") if path.is_file()}
    except OSError:
        return ""
    newest = max(changed, key=changed.__getitem__, default=None)
    newer = newest is not None and changed[newest] > ingested
    return str(newest.relative_to(home)) if newest and newer else ""


def _keep_state(processed: Path, state: dict[str, Any]) -> None:
    text = json.dumps(state, ensure_ascii=False)
    write(processed / "state.json", json.dumps({"digest": digest(text), "state": state}).encode())


def _load_state(processed: Path) -> dict[str, Any]:
    """What the last ingest left, or nothing where another version of the library or a mishap left it."""
    try:
        kept = json.loads((processed / "state.json").read_text(encoding="utf-8"))
        state: dict[str, Any] = kept["state"]
        if kept["digest"] != digest(json.dumps(state, ensure_ascii=False)):
            return {}
        whole = {file.name for files in published(processed).values() for file in files}
        used = {name for part in state["parts"].values() for name in part["paths"].values()}
    except (ReportlibError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return state if state["code"] == _code_version() and used <= whole else {}


def published(processed: Path) -> dict[str, list[Path]]:
    """The files of each published table, each of them as it was written: a process looks at a file once.

    Raises
    ------
    ReportlibError
        Nothing has been ingested yet, or what is there is not what this version published.
    """
    hint, descriptor = "Run `reportlib ingest` in the project", processed / "datapackage.json"
    try:
        package = descriptor.read_bytes()
        files, hashes = _described(processed, package)
    except FileNotFoundError as error:
        raise ReportlibError("nothing has been ingested yet", file=str(processed), hint=hint) from error
    except OSError as error:
        found = f"cannot be read ({error.strerror})"
        raise ReportlibError(found, file=str(descriptor), hint=hint) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found = "is damaged or made by another version"
        raise ReportlibError(found, file=str(descriptor), hint=hint) from error
    for table, paths in files.items():
        for file in paths:
            if _is_whole(table, file, hashes[file.name]):
                continue
            if descriptor.read_bytes() != package:  # an ingest has just replaced what stood there
                return published(processed)
            found = "is missing, damaged or made by another version"
            raise ReportlibError(found, file=str(file), hint=hint)
    return files


def _described(processed: Path, package: bytes) -> tuple[dict[str, list[Path]], dict[str, str]]:
    """The files of each table that a descriptor names, and the hash of each file."""
    hashes: dict[str, dict[str, str]] = {
        resource["name"]: resource["hashes"] for resource in json.loads(package)["resources"]
    }
    files: dict[str, list[Path]] = {}
    known: dict[str, str] = {}
    for table in TABLES:
        files[table] = [processed / name for name in hashes[table]]
        known |= hashes[table]
    return files, known


_whole: set[tuple[Path, str, int, int]] = set()
"""Files that this process has found as they were written, with their hash, size and time of change."""


def _is_whole(table: str, file: Path, sha: str) -> bool:
    """Whether a file is there, as it was written, and holds what this version publishes."""
    try:
        state = file.stat()
        key = (file, sha, state.st_size, state.st_mtime_ns)
        if key not in _whole:
            if hashlib.sha256(file.read_bytes()).hexdigest() != sha:
                return False
            if not pq.read_schema(file).equals(schema(table)):
                return False
            _whole.add(key)
    except (OSError, ValueError, pa.ArrowException):
        return False
    return True


@cache
def _code_version() -> str:
    """Hash of the form, the code that reads, and the versions of the libraries it reads with."""
    package = Path(__file__).parents[1]
    files: list[Path] = []
    for name in MAKES_DATA:
        place = package / name
        files += sorted(place.rglob("*")) if place.is_dir() else [place]
    files = [path for path in files if path.suffix in (".py", ".toml")]
    return digest(*(path.read_bytes() for path in files), repr([_library(name) for name in LIBRARIES]))


def _library(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


# ------------------------------------------------------------------------------ writing
def _write_part(processed: Path, number: int, part: Part, batch: Batch) -> dict[str, Any]:
    """Write one part of each table: what was read now, and what stood there and has not changed."""
    again = {file for job in part.stale for file in job.files}
    versions = [version for job in part.jobs for version in job.versions]
    kept = pa.array([one.report_id for one in versions if one.record.file not in again], pa.string())
    order = pa.array([one.report_id for one in versions], pa.string())
    tables = {}
    for table in TABLES:
        rows = batch.tables[table]
        if len(kept):
            wanted = pc.field("report_id").isin(kept)
            rows = pa.concat_tables(
                [pq.read_table(processed / part.old["paths"][table], filters=wanted), rows]
            )
        # A report's own lines keep their order: the sort is stable.
        rank = pc.index_in(rows["report_id"], order)
        tables[table] = rows.take(pc.sort_indices(pa.table({"rank": rank}), [("rank", "ascending")]))
    findings = tables["findings"]
    unmatched = findings.filter(pc.equal(findings["rule"], "correction_does_not_match")).to_pandas()
    messages = explain(unmatched, "en")["message"].tolist()
    tables["across"] = pa.Table.from_pylist(
        between(tables["cells"], tables["reports"]), schema=schema("findings")
    )
    name = f"{number:03d}-{digest(repr(sorted(part.keys.items())), _code_version())}.parquet"
    paths = {table: _write_table(processed, f"{table}-{name}", rows) for table, rows in tables.items()}
    stood = part.old.get("errors", {})
    errors = {file: stood[file] for file in part.keys if file in stood and file not in again} | batch.errors
    return {"keys": part.keys, "paths": paths, "errors": errors, "corrections": messages}


def _write_table(processed: Path, name: str, rows: pa.Table) -> str:
    with aside(processed / name) as temporary:
        pq.write_table(rows, temporary, compression="zstd", row_group_size=ROWS_A_GROUP)
    return name


def _consolidations(processed: Path, paths: dict[str, list[str]], register: Register) -> list[dict[str, Any]]:
    """Findings on the reports that add up those of other bodies; they are the only ones that look across all
    parts.
    """
    columns = ["report_id", "body", "scope", "year", "consolidates"]
    files = [processed / name for name in paths["reports"]]
    reports = pq.read_table(files, columns=columns, filters=[("current", "==", True)])
    if not pc.any(reports["consolidates"]).as_py():
        return []
    wanted = [("row", "in", {row for _, row, _ in CELLS}), ("column", "==", "total")]
    cells = pq.read_table([processed / name for name in paths["cells"]], filters=wanted)
    return consolidations(cells, reports, register)


def _publish(
    raw: Path,
    processed: Path,
    register: Register,
    parts: dict[str, dict[str, Any]],
    documents: int,
    figures: str,
) -> None:
    """Write what belongs to no part, then the descriptor that makes all of it visible."""
    paths: dict[str, list[str]] = {}
    for table in (*TABLES, "across"):
        paths[table] = [part["paths"][table] for part in parts.values()]
    paths["findings"] += paths.pop("across")
    stated = _figures(raw, register)
    compared = between(schema("cells").empty_table(), schema("reports").empty_table(), stated)
    compared += _consolidations(processed, paths, register)
    stamp = digest(figures, *paths["cells"])
    for table, rows in (("figures", stated), ("findings", compared)):
        lines = pa.Table.from_pylist(rows, schema=schema(table))
        paths[table].append(_write_table(processed, f"{table}-{stamp}.parquet", lines))
    terms = {"name": "CC0-1.0", "title": "Figures of published reports; see data/raw/README.md"}
    package = {
        "name": "government-information-disclosure-reports",
        "title": "政府信息公开工作年度报告",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "licenses": [terms],
        "sources": [
            {"title": f"{documents} documents, each with its address", "path": "../raw/sources.csv"},
            *({"title": "figures, each with its address", "path": f"../raw/{name}"} for name in FIGURES),
        ],
        "resources": [_resource(processed, table, names) for table, names in paths.items()],
    }
    write(processed / "datapackage.json", json.dumps(package, ensure_ascii=False, indent=1).encode())


def _resource(processed: Path, table: str, names: list[str]) -> dict[str, Any]:
    """A table's entry in the descriptor."""
    whole, size = hashlib.sha256(), 0
    hashes = {}
    for name in names:
        data = (processed / name).read_bytes()
        whole.update(data)
        size += len(data)
        hashes[name] = hashlib.sha256(data).hexdigest()
    described = load_toml("fields.toml")[table]
    return {
        "name": table,
        "title": described["title"],
        "path": names if len(names) > 1 else names[0],
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": size,
        "hash": f"sha256:{whole.hexdigest()}",
        "hashes": hashes,
        "schema": {
            "fields": [_field(field) for field in described["fields"]],
            "primaryKey": described["keys"],
        },
    }


def _field(described: dict[str, Any]) -> dict[str, Any]:
    """A column's entry in the descriptor."""
    return {FRICTIONLESS.get(name, name): value for name, value in described.items()}


def _figures(raw: Path, register: Register) -> list[dict[str, Any]]:
    """The figures that stand in words or in tables of which only a part is known."""
    rows: list[dict[str, Any]] = []
    names = set(schema("figures").names) - {"report_id", "where", "level"}
    for name in FIGURES:
        if not (raw / name).exists():
            continue
        for line, row in read_register(raw / name, names):
            try:
                numbers = {"year": int(row["year"]), "value": float(row["value"])}
                if not isfinite(numbers["value"]):
                    raise ValueError
            except ValueError as error:
                place = f"line {line}"
                raise ReportlibError(
                    "year or value is no number", file=str(raw / name), place=place
                ) from error
            known = register.find(row["body"])
            whose = {"body": known.name if known else row["body"], "level": known.level if known else ""}
            rows.append({"report_id": "", "where": "", **row, **numbers, **whose})
    return rows


def _sweep(processed: Path) -> None:
    """Remove the files that the descriptor does not name, left from before or by an ingest that was
    killed.
    """
    package = (processed / "datapackage.json").read_bytes()
    _, hashes = _described(processed, package)
    names = {*hashes, "datapackage.json", "state.json"}
    for path in processed.iterdir():
        if path.is_file() and path.name not in names and path.suffix != ".lock":
            path.unlink()
