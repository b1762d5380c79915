"""Time to read the pdf fixtures, beside the bare text of pdfium and pdfplumber.

Run as a script. Each figure is the best of several rounds, in milliseconds of processor time a file; the
rounds of the readers alternate, so that a busy machine slows all of them alike. `ratio` is how many times
as long as pdfium's text it takes; `cells` are the printed figures that came out right, in order, of those in
the file. More files may be named on the command line.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from functools import partial
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


def milliseconds(calls: dict[str, Callable[[], object]], rounds: int = 12) -> dict[str, float]:
    """For each call the best of several rounds, one after the other."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.process_time()
            call()
            best[name] = min(best[name], time.process_time() - start)
    return {name: seconds * 1000 for name, seconds in best.items()}


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


READ_BY: dict[str, Callable[[bytes], object]] = {
    "bare text (pdfium)": bare,
    "reportlib": ours,
    "pdfplumber": plumber,
}


def main() -> None:
    """Measure and print."""
    table = Table("file", "pages", "read by", "ms", "ratio", "cells", title="one pdf into cells")
    total = sum(map(len, make_pdfs.FIGURES))
    own = [READERS.parent / "reading" / "data" / f"{name}.pdf" for name in FILES]
    for path in (*own, *map(Path, sys.argv[1:])):
        data = path.read_bytes()
        taken = milliseconds({name: partial(call, data) for name, call in READ_BY.items()})
        pages = str(len(pypdfium2.PdfDocument(data)))
        for name, call in READ_BY.items():
            cells = "" if call is bare or path not in own else f"{right(call(data))}/{total}"  # type: ignore[arg-type]
            ratio = f"{taken[name] / taken['bare text (pdfium)']:.1f}"
            table.add_row(path.stem, pages, name, f"{taken[name]:.1f}", ratio, cells)
        table.add_section()
    Console().print(table)


if __name__ == "__main__":
    main()
