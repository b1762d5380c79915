"""Write the documents of ``data/raw/reports`` and their records from tables of published figures.

The figures in ``scripts/published/cells.csv`` are facts taken from published reports; the documents they are
written into follow the official form, and the few sentences around the tables are our own. What a report leaves
blank is blank, and of a report that is known in part the known rows are written. A document of which
``cells.csv`` has nothing was typed by hand and is left as it is. Output is the same to the byte every time.

    python scripts/write_bundled_reports.py [FOLDER]

``FOLDER`` is ``data/raw`` if not given.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import rendering  # noqa: E402
from rendering import Block, Grid, Key, Truth  # noqa: E402

PUBLISHED = ROOT / "scripts" / "published"
ENDING = ["五、存在的主要问题及改进情况", "本文件未收录这一部分的文字。", "六、其他需要报告的事项"]
RETYPED = "本文件由公布的数据重新录入而成，表格以外的文字不是原报告的文字。"
CLOCK = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
Rows = list[dict[str, str]]


def read_csv(path: Path) -> Rows:
    """The lines of a CSV file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write_csv(path: Path, rows: Rows) -> None:
    """A CSV file in UTF-8 with line feeds."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


class Known(dict[Key, str]):
    """What is printed in the cells that are known; the others are blank."""

    def __missing__(self, key: Key) -> str:
        return ""


def known_rows(grid: Grid, printed: Known) -> Grid:
    """The lines of a table up to the last of which something is known, without those before it of which nothing
    is.
    """
    kept = []
    for line in grid:
        keys = [slot.key for slot in line if slot.key]
        if not keys or any(key in printed for key in keys):
            kept.append(line)
    last = max(at for at, line in enumerate(kept) if any(slot.key for slot in line))
    return kept[: last + 1]


def blocks(report: dict[str, str], printed: Known) -> list[Block]:
    """Title, sections and tables in the order of the form."""
    year, body = report["year"], report["body"]
    single = ("requests", "other", "total") in printed
    truth = Truth(report["edition"], single, {}, printed)
    parts: list[Block] = [f"{body}{year}年政府信息公开工作年度报告"]
    if report["date_published"]:
        parts.append(f"发布日期：{report['date_published']}")
    parts += [
        f"本报告所列数据的统计期限为{year}年1月1日至{year}年12月31日。",
        "一、总体情况",
        "本文件只收录报告中的统计数据，各表按规定格式列出。",
    ]
    for table, heading in rendering.SECTIONS.items():
        parts += [heading, known_rows(rendering.GRIDS[table](truth), printed)]
    return [*parts, *ENDING, RETYPED]


def without_clock(data: bytes) -> bytes:
    """A zip file whose members carry no time of writing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, CLOCK.sub(b"2026-11-23T00:00:00Z", old.read(name)))
    return buffer.getvalue()


def document(report: dict[str, str], printed: Known) -> bytes:
    """The bytes of one report, in the format that its file's name says."""
    kind = Path(report["file"]).suffix[1:]
    data = rendering.FORMATS[kind](blocks(report, printed))
    return without_clock(data) if kind in ("docx", "xlsx") else data


def record(report: dict[str, str], data: bytes) -> dict[str, str]:
    """The line of ``sources.csv`` for one report."""
    return {
        "file": f"reports/{report['file']}",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": str(len(data)),
        "body": report["body"],
        "scope": report["scope"],
        "year": report["year"],
        "address": report["address"],
        "date_published": report["date_published"],
        "date_obtained": report["date_obtained"],
        "kind": "retyped",
        "note": report["note"],
    }


def main(raw: Path) -> None:
    """Write the documents, then the records of all."""
    cells: defaultdict[tuple[str, str], Known] = defaultdict(Known)
    for cell in read_csv(PUBLISHED / "cells.csv"):
        key = (cell["table"], cell["row"], cell["column"])
        cells[cell["body"], cell["year"]][key] = cell["printed"]
    (raw / "reports").mkdir(parents=True, exist_ok=True)
    records = []
    for report in read_csv(PUBLISHED / "reports.csv"):
        path = raw / "reports" / report["file"]
        whose = report["body"], report["year"]
        if whose in cells:
            path.write_bytes(document(report, cells[whose]))
        records.append(record(report, path.read_bytes()))
    write_csv(raw / "sources.csv", records)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "data" / "raw")
