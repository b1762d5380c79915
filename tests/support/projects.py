"""Makes small projects: documents with their records in a folder of their own."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path

from reportlib.files import RAW
from reportlib.store.records import Record

Document = tuple[str, bytes, str, int]
"""File name, content, body, year."""


def write_project(home: Path, documents: Iterable[Document]) -> None:
    """Put documents and the records of them into ``home/data/raw``."""
    (home / RAW / "reports").mkdir(parents=True)
    with (home / RAW / "sources.csv").open("w", encoding="utf-8", newline="") as out:
        lines = csv.DictWriter(out, Record._fields, restval="")
        lines.writeheader()
        for name, data, body, year in documents:
            (home / RAW / "reports" / name).write_bytes(data)
            known = {
                "file": f"reports/{name}",
                "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
            }
            told = {"body": body, "year": year, "scope": "region", "address": f"https://example.org/{name}"}
            lines.writerow({**known, **told, "kind": "synthetic"})
