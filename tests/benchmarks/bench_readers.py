"""Time to read one bundled report of each grid format, beside what a user would pick instead.

Run as a script. Each figure is the best of several rounds, in milliseconds a file after the first;
`ratio` is how many times as long as `reportlib.readers.read_document` it takes. The bare parser
gives no table; it shows what cannot be saved.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import docx
import openpyxl
import pandas as pd
from lxml import etree
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.table import Table
from selectolax.lexbor import LexborHTMLParser

import reportlib as rl
from reportlib.reading import read_document
from reportlib.reading.limits import open_zip

REPORTS = Path(__file__).parents[2] / "data" / "raw" / "reports"


def milliseconds(call: Callable[[], object], rounds: int = 7, budget: float = 0.1) -> float:
    """Best mean over rounds that each take about `budget` seconds."""
    call()
    start = time.perf_counter()
    call()
    times = max(1, int(budget / max(time.perf_counter() - start, 1e-6)))
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            call()
        best = min(best, (time.perf_counter() - start) / times)
    return best * 1000


def python_docx(data: bytes) -> list[list[str]]:
    """Every cell's text, the way its documentation shows."""
    tables = docx.Document(io.BytesIO(data)).tables
    return [[cell.text for cell in row.cells] for table in tables for row in table.rows]


def openpyxl_rows(data: bytes) -> list[tuple[object, ...]]:
    """Every row's values."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [row for sheet in book for row in sheet.iter_rows(values_only=True)]


PEERS: dict[str, list[tuple[str, Callable[[bytes], object]]]] = {
    "html": [
        ("bare parser (lexbor)", lambda data: LexborHTMLParser(data.decode())),
        ("pandas.read_html", lambda data: pd.read_html(io.BytesIO(data))),
    ],
    "docx": [
        ("bare parser (lxml)", lambda data: etree.fromstring(open_zip(data, "").read("word/document.xml"))),
        ("python-docx", python_docx),
    ],
    "xlsx": [
        ("bare parser (calamine)", lambda data: [
            CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(name).to_python()
            for name in CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names
        ]),
        ("openpyxl", openpyxl_rows),
    ],
}  # fmt: skip


def main() -> None:
    """Measure and print."""
    table = Table("file", "read by", "ms", "ratio", title="one report into cells")
    for kind, peers in PEERS.items():
        path = max(REPORTS.glob(f"*.{kind}"), key=lambda file: file.stat().st_size)
        data = path.read_bytes()
        calls = {
            "reportlib, cells with places": partial(read_document, data, path.name),
            **{name: partial(call, data) for name, call in peers},
            "reportlib.read_report, proved": partial(rl.read_report, path),
        }
        taken = {name: milliseconds(call) for name, call in calls.items()}
        ours = next(iter(taken.values()))
        for name, time_taken in taken.items():
            table.add_row(path.name, name, f"{time_taken:.2f}", f"{time_taken / ours:.1f}")
        table.add_section()
    Console().print(table)


if __name__ == "__main__":
    main()
