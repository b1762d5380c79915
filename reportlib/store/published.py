"""`data/processed`: the published tables, and the descriptor that makes all of them visible at once.

What is published stands in ``datapackage.json``, which is replaced last, so that a reader finds the old state
or the new one and never a mixture.
"""

from __future__ import annotations

import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import ReportlibError
from ..files import aside, in_words, sha256, write
from ..form import load_toml
from .records import FIGURES

__all__ = ["PROCESSED", "TABLES", "made_by", "publish", "published", "schema", "sweep", "write_table"]

PROCESSED = Path("data/processed")
DESCRIPTOR = "datapackage.json"
TABLES = ("cells", "reports", "findings", "figures")
ROWS_A_GROUP = 20_000
"""So few that a selection of bodies reads little more than its own lines."""
FRICTIONLESS = {"zh": "title", "en": "description"}
"""What the descriptor calls what `form/fields.toml` says of a field."""
KINDS = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
HINT = "Run `reportlib ingest` in the project"


@cache
def schema(table: str) -> pa.Schema:
    """The Arrow schema of a published table, as `form/fields.toml` describes it."""
    return pa.schema(
        [(field["name"], KINDS[field["type"]]) for field in load_toml("fields.toml")[table]["fields"]]
    )


def _described(table: str) -> dict[str, Any]:
    """The columns of a table and what identifies its lines, as the descriptor tells them."""
    told = load_toml("fields.toml")[table]
    return {"fields": [_field(field) for field in told["fields"]], "primaryKey": told["keys"]}


def _field(told: dict[str, Any]) -> dict[str, Any]:
    return {FRICTIONLESS.get(name, name): value for name, value in told.items()}


# ------------------------------------------------------------------------------ reading
def published(processed: Path) -> dict[str, list[Path]]:
    """The files of each published table, each of them as it was written: a process looks at a file once.

    Raises
    ------
    ReportlibError
        Nothing has been ingested yet, or what is there is not what this version published.
    """
    descriptor = processed / DESCRIPTOR
    if not descriptor.exists():
        raise ReportlibError("nothing has been ingested yet", file=processed, hint=HINT)
    with in_words(descriptor, "cannot be read", HINT):
        package = descriptor.read_bytes()
    try:
        hashes = _hashes(package)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found = "is damaged or made by another version"
        raise ReportlibError(found, file=descriptor, hint=HINT) from error
    files: dict[str, list[Path]] = {}
    for table, known in hashes.items():
        files[table] = [processed / name for name in known]
        for file in files[table]:
            if _is_whole(file, known[file.name]):
                continue
            if descriptor.read_bytes() != package:  # an ingest has just replaced what stood there
                return published(processed)
            raise ReportlibError("is missing, damaged or made by another version", file=file, hint=HINT)
    return files


def made_by(processed: Path) -> str:
    """A hash of the code that read what is published."""
    return str(json.loads((processed / DESCRIPTOR).read_bytes())["code"])


def _hashes(package: bytes) -> dict[str, dict[str, str]]:
    """The files of each table that a descriptor names, with their hashes."""
    told = json.loads(package)
    resources = {resource["name"]: resource for resource in told["resources"]}
    if not told["code"] or any(resources[table]["schema"] != _described(table) for table in TABLES):
        raise ValueError("other columns than those of this version")
    return {table: resources[table]["hashes"] for table in TABLES}


_whole: set[tuple[Path, str, int, int]] = set()
"""Files that this process has found as they were written, with their hash, size and time of change."""


def _is_whole(file: Path, sha: str) -> bool:
    """Whether a file is there, as it was written."""
    try:
        state = file.stat()
        key = (file, sha, state.st_size, state.st_mtime_ns)
        if key not in _whole and sha256(file.read_bytes()) == sha:
            _whole.add(key)
    except OSError:
        return False
    return key in _whole


# ------------------------------------------------------------------------------ writing
def write_table(processed: Path, name: str, rows: pa.Table) -> str:
    """Write a file of a table; it is seen once a descriptor names it."""
    with aside(processed / name) as temporary:
        pq.write_table(rows, temporary, compression="zstd", row_group_size=ROWS_A_GROUP)
    return name


def publish(processed: Path, paths: dict[str, list[str]], documents: int, code: str) -> None:
    """Write the descriptor: from now on these files are what is published.

    Parameters
    ----------
    processed
        The folder.
    paths
        The files of each table.
    documents
        How many documents they are made from.
    code
        A hash of the code that read them.
    """
    figures = [{"title": "figures, each with its address", "path": f"../raw/{name}"} for name in FIGURES]
    sources = {"title": f"{documents} documents, each with its address", "path": "../raw/sources.csv"}
    package = {
        "name": "government-information-disclosure-reports",
        "title": "政府信息公开工作年度报告",
        "code": code,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "licenses": [{"name": "CC0-1.0", "title": "Figures of published reports; see data/raw/README.md"}],
        "sources": [sources, *figures],
        "resources": [_resource(processed, table, paths[table]) for table in TABLES],
    }
    write(processed / DESCRIPTOR, json.dumps(package, ensure_ascii=False, indent=1).encode())


def _resource(processed: Path, table: str, names: list[str]) -> dict[str, Any]:
    """A table's entry in the descriptor."""
    contents = {name: (processed / name).read_bytes() for name in names}
    return {
        "name": table,
        "title": load_toml("fields.toml")[table]["title"],
        "path": names if len(names) > 1 else names[0],
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": sum(map(len, contents.values())),
        "hash": f"sha256:{sha256(b''.join(contents.values()))}",
        "hashes": {name: sha256(data) for name, data in contents.items()},
        "schema": _described(table),
    }


def sweep(processed: Path, *kept: str) -> None:
    """Remove the files that the descriptor does not name, left from before or by a killed ingest."""
    names = {DESCRIPTOR, *kept}
    for known in _hashes((processed / DESCRIPTOR).read_bytes()).values():
        names |= known.keys()
    for path in processed.iterdir():
        if path.is_file() and path.name not in names and path.suffix != ".lock":
            path.unlink()
