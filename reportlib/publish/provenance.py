"""What a page is made from: the record of its run, and the fingerprint that tells whether it is up to
date.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from .. import files
from ..analysis.dataset import Dataset
from ..form.findings import sentence
from .matrix import Page

__all__ = ["Provenance", "is_made", "now", "read_record", "write_record"]

VERSIONS = ("reportlib", "ipykernel", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "pyarrow")


class Provenance:
    """What the pages of a run are made from.

    A page's data are all data, or the slice of its own bodies where the matrix says that it reads
    only that: their lines of reports, figures and findings, and the keys under which `ingest`
    stored the reports, which change with the files, their records and the code that read them.
    """

    def __init__(self, ds: Dataset) -> None:
        state = ds.home / "data" / "processed" / "state.json"
        ingested = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {}
        keys = {
            file: key for part in ingested.get("parts", {}).values() for file, key in part["keys"].items()
        }
        reports = ds.reports
        self.common = {
            "library": _library_hash(),
            "ingest": ingested.get("code", ""),
            "versions": {"python": sys.version.split()[0], **{name: version(name) for name in VERSIONS}},
            "git": _git(ds.home),
        }
        rows: dict[str, list[int]] = {}
        for frame in (reports.assign(key=reports["file"].map(keys)), ds.figures, ds.findings):
            hashes = pd.util.hash_pandas_object(frame, index=False)
            for body, several in hashes.groupby(frame["body"].astype(str)):
                rows.setdefault(str(body), []).extend(several)
        self.slices = {body: _hash(sorted(several)) for body, several in rows.items()}
        self.everything = _hash(sorted(self.slices.items()))
        self.inputs: dict[str, list[dict[Any, str]]] = {}
        for body, line in zip(
            reports["body"], reports[["file", "sha256", "kind"]].to_dict("records"), strict=True
        ):
            self.inputs.setdefault(body, []).append(line)
        self.corrections: dict[str, list[str]] = {}
        for one in ds.findings[ds.findings["rule"] == "correction"].itertuples():
            where = f"{one.body} {one.year} {one.table}/{one.row}/{one.column}"
            self.corrections.setdefault(str(one.body), []).append(f"{where}: {sentence(one)}")

    def fingerprint(self, page: Page, code: bool) -> str:
        """A hash that changes with whatever the page depends on."""
        common = self.common
        depends = (common["library"], common["ingest"], common["versions"], code)
        return _hash([page.notebook_sha256, page.parameters, self._data(page), *depends])

    def record(self, page: Page, code: bool) -> dict[str, Any]:
        """The record of a page, before it is made.

        Returns
        -------
        dict
            The page's name, title, parameters, bodies, lang, years, reads and timeout; ``notebook``
            (file, sha256), ``data`` (hash), ``inputs`` (file, sha256, kind), ``corrections`` (declared
            ones, in words), ``library``, ``ingest`` (hashes), ``versions``, ``git`` (revision, clean;
            None outside git), ``fingerprint``.
        """
        about = asdict(page)
        notebook = {"file": page.notebook.name, "sha256": about.pop("notebook_sha256")}
        return {
            **about,
            "notebook": notebook,
            "data": self._data(page),
            "inputs": [line for body in page.bodies or self.inputs for line in self.inputs.get(body, ())],
            "corrections": [
                text for body in page.bodies or self.corrections for text in self.corrections.get(body, ())
            ],
            **self.common,
            "fingerprint": self.fingerprint(page, code),
        }

    def _data(self, page: Page) -> str:
        own = page.reads == "bodies" and page.bodies
        return _hash([self.slices.get(body) for body in page.bodies]) if own else self.everything


def now() -> str:
    """Date, time and zone, ISO."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def is_made(out: Path, name: str, fingerprint: str) -> bool:
    """Whether the page stands there, made from just these facts."""
    stood = read_record(out, name)
    same = (stood.get("made") or {}).get("fingerprint") == fingerprint
    return same and not stood.get("failure") and (out / f"{name}.html").exists()


def read_record(out: Path, name: str) -> dict[str, Any]:
    """``made``: what the page that stands there was made from; ``failure``: of the last run; {} if there is
    none.
    """
    try:
        record: dict[str, Any] = json.loads((out / "runs" / f"{name}.json").read_text(encoding="utf-8"))
        return record
    except (OSError, ValueError):
        return {}


def write_record(out: Path, name: str, record: dict[str, Any]) -> None:
    """Keep a record beside the pages, in ``runs``."""
    files.write(out / "runs" / f"{name}.json", json.dumps(record, ensure_ascii=False, indent=1).encode())


@cache
def _library_hash() -> str:
    package = Path(__file__).parents[1]
    sources = sorted(
        path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )
    return _hash(
        [(str(path.relative_to(package)), hashlib.sha256(path.read_bytes()).hexdigest()) for path in sources]
    )


def _git(home: Path) -> dict[str, Any] | None:
    def ask(*arguments: str) -> str:
        command = ["git", "-C", str(home), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return {"revision": ask("rev-parse", "HEAD"), "clean": not ask("status", "--porcelain")}
    except (OSError, subprocess.CalledProcessError):
        return None


def _hash(value: Any) -> str:
    return hashlib.sha256(
        json.dumps(value, ensure_ascii=False, sort_keys=True, default=str).encode()
    ).hexdigest()
