"""Time to read the pdf fixtures, beside pdfplumber and the bare text of pdfium.

Run as a script. Each figure is the best of several rounds, in milliseconds a file after the first;
`cells` are the printed figures that came out right, in order, of those in the file. `ratio` is how
many times as long as `reportlib.readers.pdf.read` it takes.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pdfplumber
import pypdfium2
from rich.console import Console
from rich.table import Table

from reportlib.reading.document import Document
from reportlib.reading.pages import pdf

READERS = Path(__file__).parents[1] / "support"
sys.path.insert(0, str(READERS))

import make_pdfs  # noqa: E402
from printed import NUMBER, figures  # noqa: E402

FILES = ("browser_print", "cells_apart", "landscape", "writer", "calc", "no_rulings")


def milliseconds(call: Callable[[], object], rounds: int = 7) -> float:
    """The best of several rounds after a first."""
    call()
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best * 1000


def bare(data: bytes) -> list[str]:
    """The text of every page, without places."""
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data)]


def plumber(data: bytes) -> list[list[str]]:
    """The numbers of each row of the tables that pdfplumber finds."""
    with pdfplumber.open(io.BytesIO(data)) as document:
        rows = [row for page in document.pages for table in page.extract_tables() for row in table]
    found = [[cell for cell in row if cell and NUMBER.fullmatch(cell)] for row in rows]
    return [row for row in found if row]


def ours(data: bytes) -> list[list[str]]:
    """The numbers of each row of our grids, and those of lines of text where there are no lines drawn."""
    document: Document = pdf.read(data, "pdf")
    return figures(document)


def right(found: list[list[str]]) -> int:
    """How many figures stand in the row in which they belong; rows are told by their order."""
    rows = iter(found)
    count = 0
    for want in make_pdfs.FIGURES:
        if want in found:
            for row in rows:
                if row == want:
                    count += len(want)
                    break
    return count


def main() -> None:
    """Measure and print."""
    table = Table("file", "pages", "read by", "ms", "ratio", "cells", title="one pdf into cells")
    total = sum(map(len, make_pdfs.FIGURES))
    for name in FILES:
        data = (READERS.parent / "reading" / "data" / f"{name}.pdf").read_bytes()
        base = milliseconds(lambda data=data: pdf.read(data, "pdf"))  # type: ignore[misc]
        pages = str(len(pypdfium2.PdfDocument(data)))
        table.add_row(name, pages, "reportlib", f"{base:.1f}", "1", f"{right(ours(data))}/{total}")
        for label, call in (("bare text (pdfium)", bare), ("pdfplumber", plumber)):
            took = milliseconds(lambda call=call, data=data: call(data), 3)  # type: ignore[misc]
            cells = f"{right(plumber(data))}/{total}" if call is plumber else ""
            table.add_row("", "", label, f"{took:.1f}", f"{took / base:.1f}", cells)
    Console().print(table)


if __name__ == "__main__":
    main()
