"""What a page is made from: the record of its run, and the fingerprint that tells whether it is up to
date.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
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

__all__ = ["Facts", "now", "read_record", "records", "stands", "write_record"]

PACKAGE = Path(__file__).parents[1]
Facts = dict[str, Any]
VERSIONS = ("reportlib", "ipykernel", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "pyarrow")


def records(ds: Dataset, pages: Iterable[Page], code: bool) -> dict[str, Facts]:
    """What pages are made from, before they are made.

    A page's data are all data, or the slice of its own bodies where the matrix says that it reads
    only that: their lines of reports, figures and findings. These change with the documents, their records
    and what is declared of them; `ingest` is a hash of the code that read them.

    Returns
    -------
    dict
        By the page's name its name, title, parameters, bodies, lang, years, reads and timeout; ``notebook``
        (file, sha256), ``data`` (hash), ``inputs`` (file, sha256, kind), ``corrections`` (declared
        ones, in words), ``library``, ``ingest`` (hashes), ``versions``, ``git`` (revision, clean;
        None outside git), ``fingerprint``: a hash that changes with whatever the page depends on.
    """
    common: Facts = {
        "library": files.digest_of(path for path in PACKAGE.rglob("*") if "__pycache__" not in path.parts),
        "ingest": made_by(ds.home / PROCESSED),
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in VERSIONS}},
    }
    git = _git(ds.home)
    hashes = [hash_pandas_object(frame.set_index("body")) for frame in (ds.reports, ds.figures, ds.findings)]
    slices = pd.concat(hashes).groupby(level="body").sum().to_dict()
    read = ds.reports.groupby("body", sort=False)[["file", "sha256", "kind"]]
    inputs = {body: several.to_dict("records") for body, several in read}
    corrections = defaultdict(list)
    for one in ds.findings[ds.findings["rule"] == "correction"].itertuples():
        told = f"{one.body} {one.year} {one.table}/{one.row}/{one.column}: {sentence(one)}"
        corrections[one.body].append(told)
    found = {}
    for page in pages:
        about = page._asdict()
        own = page.bodies if page.reads == "bodies" else ()
        data = _hash({body: slices.get(body) for body in own or slices})
        depends = [page.notebook_sha256, page.parameters, data, code, common]
        found[page.name] = {
            **about,
            "notebook": {"file": page.notebook.name, "sha256": about.pop("notebook_sha256")},
            "data": data,
            "inputs": [one for body in page.bodies or inputs for one in inputs.get(body, ())],
            "corrections": [one for body in page.bodies or inputs for one in corrections.get(body, ())],
            **common,
            "git": git,
            "fingerprint": _hash(depends),
        }
    return found


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
