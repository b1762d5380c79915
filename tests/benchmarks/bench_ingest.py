"""Time and memory of an ingest of synthetic provinces, whose every figure is known.

Run by ``make benchmark``; it writes docs/benchmarks/ingest.json. `cpu_ms` is the processor time of one report, all
processes together; `peak_mb` is the memory of all processes at its highest, shared pages counted once; `again_s` is a
second ingest with nothing changed; `load` is the machine's load average before, which was not idle where it is not
near 0. The figures that were read are compared with those that were written.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from reportlib.analysis.dataset import open_dataset
from reportlib.files import RAW
from reportlib.form import edition
from reportlib.store.ingest import ingest
from reportlib.store.records import Record

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import rendering

RESULTS = Path(__file__).parents[2] / "docs" / "benchmarks" / "ingest.json"
CODE = "2021"
Values = dict[tuple[str, str, str], int]


def province(reports: int, years: int = 10) -> Iterator[tuple[str, int, Values]]:
    """Bodies with their years' figures; every sum holds, over the years too."""
    rng = random.Random(reports)
    disclosure, requests, disputes = edition(CODE).tables
    applicants = [column.code for column in requests.columns[:-1]]
    outcomes = [
        row
        for row in requests.row_codes()
        if row not in ("received", "carried_in", "concluded", "carried_out")
    ]
    for number in range(-(-reports // years)):
        carried = dict.fromkeys(applicants, 0)
        for year in range(2016, 2016 + years):
            values = {("disclosure", *key): rng.randrange(3000) for key in disclosure.keys(False)}
            for applicant in applicants:
                made = {row: rng.randrange(40) if rng.random() < 0.3 else 0 for row in outcomes}
                out = rng.randrange(9)
                done = sum(made.values())
                made |= {"received": done + out + 9 - carried[applicant], "carried_in": carried[applicant]}
                made |= {"concluded": done + 9, "carried_out": out, "granted": made["granted"] + 9}
                carried[applicant] = out
                values |= {("requests", row, applicant): value for row, value in made.items()}
            for row in requests.row_codes():
                values["requests", row, "total"] = sum(values["requests", row, a] for a in applicants)
            for row in disputes.rows:
                parts = {column.code: rng.randrange(20) for column in disputes.columns[:-1]}
                values |= {("disputes", row.code, column): value for column, value in parts.items()}
                values["disputes", row.code, "total"] = sum(parts.values())
            yield f"合成省第{number:04d}县", year, values


def write(home: Path, reports: int, suffix: str) -> dict[tuple[str, int], Values]:
    """Fill a project with documents and records; return the truth of every 50th report."""
    folder = home / RAW / "reports"
    folder.mkdir(parents=True)
    truth = {}
    with (home / RAW / "sources.csv").open("w", encoding="utf-8", newline="") as out:
        lines = csv.DictWriter(out, Record._fields, restval="")
        lines.writeheader()
        for number, (body, year, values) in zip(range(reports), province(reports), strict=False):
            printed = {key: str(value) for key, value in values.items()}
            title, *rest = rendering.blocks(rendering.Truth(CODE, False, {}, printed))
            blocks = [title.replace("石桥县2022", f"{body}{year}"), *rest]
            data = rendering.FORMATS[suffix[1:]](blocks)
            name = f"{number:05d}{suffix}"
            (folder / name).write_bytes(data)
            told = {"file": f"reports/{name}", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            whose = {"body": body, "year": year, "scope": "region", "kind": "synthetic"}
            lines.writerow({**told, **whose})
            if number % 50 == 0:
                truth[body, year] = values
    return truth


def memory() -> int:
    """Megabytes of this process and all below it, shared pages counted once (Linux)."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    mine = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= more
    total = 0
    for pid in mine:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total // 1024


def processor() -> float:
    """Seconds of processor time of this process and all below it that are still there (Linux)."""
    total, tick = 0.0, os.sysconf("SC_CLK_TCK")
    group = os.getpgrp()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            total += sum(map(int, fields[11:15])) / tick
    return total


@contextmanager
def watched(peak: list[int]) -> Iterator[None]:
    """Keep the highest memory seen."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.3):
            peak[0] = max(peak[0], memory())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def machine() -> dict[str, object]:
    """What a figure of time depends on; `load` is what others made the machine do when it began."""
    model = ""
    if (cpuinfo := Path("/proc/cpuinfo")).exists():
        model = next(
            (line.split(": ")[1] for line in cpuinfo.read_text().splitlines() if "model name" in line), ""
        )
    return {
        "system": platform.system(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "model": model,
        "load": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d"),
    }


def measured(reports: int, suffix: str, jobs: int) -> dict[str, object]:
    """Ingest one province twice and compare what was read with what was written."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        truth = write(home, reports, suffix)
        peak, before, load = [0], processor(), os.getloadavg()[0]
        with watched(peak):
            first = ingest(home, jobs=jobs)
        spent = processor() - before
        again = ingest(home, jobs=jobs)
        assert first.ok and again.read == 0, first.problems[:3]
        cells = open_dataset(home).select({body for body, _ in truth}).cells
        keys = zip(
            *(cells[name] for name in ("body", "year", "table", "row", "column", "value")), strict=True
        )
        read = {(body, year, (table, row, column)): value for body, year, table, row, column, value in keys}
        told = {
            (body, year, key): value
            for (body, year), values in truth.items()
            for key, value in values.items()
        }
        wrong = sum(bool(read.get(key) != value) for key, value in told.items())
    return {
        "reports": reports,
        "format": suffix[1:],
        "jobs": jobs,
        "seconds": round(first.seconds, 1),
        "cpu_ms": round(1000 * spent / reports, 1),
        "again_s": round(again.seconds, 1),
        "peak_mb": peak[0],
        "checked": len(told),
        "wrong": wrong,
        "load": round(load, 1),
    }


def main() -> None:
    """Print the table and keep it."""
    os.setpgrp()
    runs = [(3000, ".html", 1), (3000, ".html", 2), (1000, ".docx", 2), (1000, ".xlsx", 2), (1000, ".md", 2)]
    runs += [(30_000, ".html", 2)]
    where = machine()
    lines = []
    for run in runs:
        lines.append(measured(*run))
        Console(stderr=True).print(lines[-1])
    view = Table(*lines[0])
    for line in lines:
        view.add_row(*map(str, line.values()))
    Console().print(view)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": where, "runs": lines}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
