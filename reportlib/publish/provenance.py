"""What a page is made from: the record of its run, and the fingerprint that tells whether it is up to
date.
"""

from __future__ import annotations

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
from pandas.util import hash_pandas_object

from .. import files
from ..analysis.dataset import Dataset
from ..form.findings import sentence
from ..store.published import PROCESSED, made_by
from .matrix import Page

__all__ = ["Facts", "Provenance", "now", "read_record", "stands", "write_record"]

PACKAGE = Path(__file__).parents[1]
Facts = dict[str, Any]
VERSIONS = ("reportlib", "ipykernel", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "pyarrow")


class Provenance:
    """What the pages of a run are made from.

    A page's data are all data, or the slice of its own bodies where the matrix says that it reads
    only that: their lines of reports, figures and findings. These change with the documents, their records
    and what is declared of them; `ingest` is a hash of the code that read them.
    """

    def __init__(self, ds: Dataset, code: bool) -> None:
        self.common = {
            "library": _library_hash(),
            "ingest": made_by(ds.home / PROCESSED),
            "versions": {"python": sys.version.split()[0], **{name: version(name) for name in VERSIONS}},
            "git": _git(ds.home),
        }
        self.code = code
        frames = (ds.reports, ds.figures, ds.findings)
        hashes = [hash_pandas_object(frame.set_index("body")) for frame in frames]
        self.slices = pd.concat(hashes).groupby(level="body").sum().to_dict()
        read = ds.reports.groupby("body", sort=False)[["file", "sha256", "kind"]]
        self.inputs = {body: several.to_dict("records") for body, several in read}
        corrected = ds.findings[ds.findings["rule"] == "correction"].groupby("body", sort=False)
        self.corrections = {body: _told(several) for body, several in corrected}

    def record(self, page: Page) -> Facts:
        """The record of a page, before it is made.

        Returns
        -------
        dict
            The page's name, title, parameters, bodies, lang, years, reads and timeout; ``notebook``
            (file, sha256), ``data`` (hash), ``inputs`` (file, sha256, kind), ``corrections`` (declared
            ones, in words), ``library``, ``ingest`` (hashes), ``versions``, ``git`` (revision, clean;
            None outside git), ``fingerprint``: a hash that changes with whatever the page depends on.
        """
        about = asdict(page)
        notebook = {"file": page.notebook.name, "sha256": about.pop("notebook_sha256")}
        whose = page.bodies or self.inputs
        own = page.bodies if page.reads == "bodies" else ()
        depends = {
            "notebook": page.notebook_sha256,
            "parameters": page.parameters,
            "data": _hash({body: self.slices.get(body) for body in own or self.slices}),
            "code": self.code,
            **{name: self.common[name] for name in ("library", "ingest", "versions")},
        }
        return {
            **about,
            "notebook": notebook,
            "data": depends["data"],
            "inputs": [one for body in whose for one in self.inputs.get(body, ())],
            "corrections": [one for body in whose for one in self.corrections.get(body, ())],
            **self.common,
            "fingerprint": _hash(depends),
        }


def now() -> str:
    """Date, time and zone, ISO."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def stands(out: Path, record: Facts) -> Facts:
    """A page's record with what stands there of it.

    Returns
    -------
    dict
        The record; whether the page is ``there``, and the ``date`` of its making; its ``state``: ``done``,
        ``failed``, ``older`` (than what it is made from) or ``missing``; the ``failure`` of the last run.
    """
    stood = read_record(out, record["name"])
    made, failure = stood.get("made") or {}, stood.get("failure") or {}
    there = (out / f"{record['name']}.html").exists()
    same = made.get("fingerprint") == record["fingerprint"]
    state = "failed" if failure else "missing" if not there else "done" if same else "older"
    date = made.get("started", "")[:10] if there else ""
    return {**record, "there": there, "date": date, "state": state, "failure": failure}


def read_record(out: Path, name: str) -> Facts:
    """``made``: what the page that stands there was made from; ``failure``: of the last run; {} if there is
    none.
    """
    try:
        record: Facts = json.loads((out / "runs" / f"{name}.json").read_text(encoding="utf-8"))
        return record
    except (OSError, ValueError):
        return {}


def write_record(out: Path, name: str, record: Facts) -> None:
    """Keep a record beside the pages, in ``runs``."""
    files.write(out / "runs" / f"{name}.json", json.dumps(record, ensure_ascii=False, indent=1).encode())


@cache
def _library_hash() -> str:
    return files.digest_of(path for path in PACKAGE.rglob("*") if "__pycache__" not in path.parts)


def _told(corrected: pd.DataFrame) -> list[str]:
    """Declared corrections in words."""
    return [
        f"{one.body} {one.year} {one.table}/{one.row}/{one.column}: {sentence(one)}"
        for one in corrected.itertuples()
    ]


def _git(home: Path) -> Facts | None:
    def ask(*arguments: str) -> str:
        command = ["git", "-C", str(home), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return {"revision": ask("rev-parse", "HEAD"), "clean": not ask("status", "--porcelain")}
    except (OSError, subprocess.CalledProcessError):
        return None


def _hash(value: Any) -> str:
    return files.digest(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
