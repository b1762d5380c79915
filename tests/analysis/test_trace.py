"""From a figure back to its source: in every format the place that `trace` names holds what it says is printed.

The places are looked up by other means than the library's: pandas, python-docx, openpyxl, the lines of a text, what
pdfium finds in a rectangle, and the grids that the documents were written from.
"""

from __future__ import annotations

import hashlib
import io
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import docx
import make_pdfs as make
import numpy as np
import ofd_files as ofd
import openpyxl
import pandas as pd
import pypdfium2
import pytest
import rendering
from PIL import Image, ImageOps
from projects import write_project
from rendering import Key, Slot, placed

from reportlib.analysis import trace as tracing
from reportlib.analysis.dataset import Dataset, open_dataset
from reportlib.errors import ReportlibError
from reportlib.form import edition
from reportlib.reading.document import Paragraph
from reportlib.reading.pages import ocr as image
from reportlib.report.pipeline import read_bytes
from reportlib.store.ingest import ingest

READERS = Path(__file__).parents[1] / "reading"
CELLS = 500
PDFS = ("writer", "browser_print", "cells_apart", "landscape", "calc", "no_rulings")
PICTURE_SCALE = 2.0

Find = Callable[[str, Key], str]
"""What stands at a place, for a cell of the form."""


@dataclass(frozen=True)
class Source:
    """A document, what is printed in its cells, and how to look at a place in it."""

    name: str
    data: bytes
    printed: dict[Key, str]
    find: Find


def numbers(where: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", where)]


# ------------------------------------------------------------------ looking at a place
def in_html(data: bytes) -> Find:
    tables = pd.read_html(io.BytesIO(data), keep_default_na=False)  # labels in every column keep it text

    def find(where: str, key: Key) -> str:
        table, row, column = numbers(where)
        return str(tables[table - 1].iat[row - 1, column - 1])

    return find


def in_docx(data: bytes) -> Find:
    tables = docx.Document(io.BytesIO(data)).tables
    grids = [[[cell.text for cell in row.cells] for row in table.rows] for table in tables]

    def find(where: str, key: Key) -> str:
        table, row, column = numbers(where)
        return grids[table - 1][row - 1][column - 1]

    return find


def in_xlsx(data: bytes) -> Find:
    book = openpyxl.load_workbook(io.BytesIO(data))

    def find(where: str, key: Key) -> str:
        match = re.fullmatch(r"sheet (.+), row (\d+), column (\d+)", where)
        assert match
        value = book[match[1]].cell(int(match[2]), int(match[3])).value
        return "" if value is None else str(value)

    return find


def in_markdown(data: bytes) -> Find:
    lines = data.decode().split("\n")

    def find(where: str, key: Key) -> str:
        _, line, row, column = numbers(where)
        rows = [text for text in lines[line - 1 :] if not text.startswith("| ---")]
        return rows[row - 1].split("|")[column].strip()

    return find


def in_lines(data: bytes) -> Find:
    lines = data.decode().split("\n")

    def find(where: str, key: Key) -> str:
        (line,) = numbers(where)
        return lines[line - 1]

    return find


def in_rows(data: bytes) -> Find:
    lines = data.decode().split("\n")

    def find(where: str, key: Key) -> str:
        _, line, row, column = numbers(where)
        return lines[line + row - 2].split("\t")[column - 1]

    return find


def in_grids(grids: list[rendering.Grid], rooms: Sequence[int] = ()) -> Find:
    """Where a document was written from grids: what was written at that place.

    `rooms` are, for a document with pages, the rows for which each grid has room on the page where it begins.
    """
    texts: dict[tuple[int, ...], str] = {}
    page, table = 1, 0
    for grid, room in zip_longest(grids, rooms, fillvalue=len(max(grids, key=len))):
        table += 1
        for r, c, slot in placed(grid):
            place = (page, table, r, c) if r < room else (page + 1, 1, r - room, c)
            texts[place if rooms else place[1:]] = slot.text
        if len(grid) > room:
            page, table = page + 1, 1

    def find(where: str, key: Key) -> str:
        *place, row, column = numbers(where)
        return texts[*place, row - 1, column - 1]

    return find


def in_boxes(name: str, data: bytes, pdf: bytes, page: int | None = None, wide: float = 0) -> Find:
    """What pdfium finds in the rectangle of the cell on the page that its place names.

    Of a picture of a `page` of the pdf, which counts as `wide` points wide.
    """
    boxes = {cell.key: cell.box for cell in read_bytes(data, name).cell_list}
    pages = pypdfium2.PdfDocument(pdf)

    def find(where: str, key: Key) -> str:
        box = boxes[key]
        assert box and box.page == numbers(where)[0]
        sheet = pages[(page or box.page) - 1]
        height = sheet.get_height()
        scale = wide / sheet.get_width() if wide else 1.0
        left, top, right, bottom = (side / scale for side in box[1:])
        text = sheet.get_textpage().get_text_bounded(
            left - 1, height - bottom - 1, right + 1, height - top + 1
        )
        words = str(text).split()
        if "line" not in where or not words:
            return str(text).strip()
        table = edition("2021").table(
            key[0]
        )  # a line has its label, too, or all rows of a table that lies across
        line = [cell[1:] for cell in boxes if cell[0] == key[0]] if table.across else [key[1:]]
        return words[-len(line) :][line.index(key[1:])]

    return find


# ------------------------------------------------------------------ the documents
def rendered() -> list[Source]:
    """One truth of its own for every format, with zeros, blanks and dashes."""
    sources = []
    writers = {**rendering.FORMATS, "pdf": rendering.as_pdf}
    zeros = {"html": "", "docx": "", "xlsx": "-", "md": ""}
    for number, (suffix, write) in enumerate(writers.items()):
        edition = "2019" if number % 2 else "2021"
        truth = rendering.true_report(random.Random(number), edition, zero=zeros.get(suffix, "0"))
        blocks = rendering.blocks(truth)
        data = write(blocks)
        name = f"rendered_{edition}.{suffix}"
        find = {
            "html": lambda data=data: in_html(data),
            "docx": lambda data=data: in_docx(data),
            "xlsx": lambda data=data: in_xlsx(data),
            "md": lambda data=data: in_markdown(data),
            "txt": lambda data=data: in_lines(data),
            "tsv": lambda data=data: in_rows(data),
            "pdf": lambda data=data, name=name: in_boxes(name, data, data),
        }[suffix]()
        sources.append(Source(name, data, truth.printed, find))
    return sources


def produced() -> list[Source]:
    """One report as real producers write it, in pdf, doc and OFD, and as a picture of a page."""
    rows = iter(make.FIGURES)
    printed: dict[Key, str] = {}
    for _, columns, labels in rendering.DISCLOSURE["2021"]:
        for row in labels:
            printed |= {("disclosure", row, c): text for c, text in zip(columns, next(rows), strict=True)}
    for row in rendering.request_rows(False):
        printed |= {
            ("requests", row, c): text for c, text in zip(rendering.APPLICANTS, next(rows), strict=True)
        }
    ends = [("disputes", route, end) for route in rendering.ROUTES for end in rendering.ENDS]
    printed |= dict(zip(ends, next(rows), strict=True))
    grids = [[[Slot(*cell) for cell in row] for row in table] for table in make.tables()]
    sources = []
    for name in PDFS:
        data = (READERS / "data" / f"{name}.pdf").read_bytes()
        sources.append(Source(f"{name}.pdf", data, printed, in_boxes(name, data, data)))
    sources.append(
        Source("writer.doc", (READERS / "data" / "writer.doc").read_bytes(), printed, in_grids(grids))
    )

    sheets = [ofd.Sheet()]
    bottom, rooms = 15.0, []
    for table, widths in zip(
        make.tables(), ([50, 40, 40, 40], [8, 22, 50, *[14.0] * 7], [12.0] * 15), strict=True
    ):
        rooms.append(int((ofd.BOTTOM - bottom - 15) // ofd.ROW))
        bottom = ofd.table(sheets, table, widths, bottom + 15)
    sources.append(Source("report.ofd", ofd.package(sheets), printed, in_grids(grids, rooms)))

    pdf = (READERS / "data" / "browser_print.pdf").read_bytes()
    stream = io.BytesIO()
    pypdfium2.PdfDocument(pdf)[1].render(scale=PICTURE_SCALE).to_pil().save(stream, "PNG")
    data = stream.getvalue()
    find = in_boxes("page.png", data, pdf, page=2, wide=595)
    there = {f.key for f in read_bytes(data, "page.png").cell_list if f.found == "number"}
    sources.append(
        Source("page.png", data, {key: text for key, text in printed.items() if key in there}, find)
    )
    return sources


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    return rendered() + produced()


@pytest.fixture(scope="module")
def ds(sources: list[Source], tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    home = tmp_path_factory.mktemp("home")
    write_project(home, [(source.name, source.data, body(source), 2022) for source in sources])
    result = ingest(home, jobs=1)
    assert result.ok, result.problems
    return open_dataset(home)


def body(source: Source) -> str:
    return f"合成县（{source.name}）"


# ------------------------------------------------------------------ promises
def test_the_place_of_500_random_cells_holds_what_is_printed_there(
    ds: Dataset, sources: list[Source]
) -> None:
    rng = random.Random(500)
    each = -(-CELLS // len(sources))
    looked = 0
    for source in sources:
        mine = ds.select([body(source)])
        for key in rng.sample(sorted(source.printed), min(each + 1, len(source.printed))):
            found = tracing.trace(mine, body(source), 2022, *key)
            cell = found.cell
            assert cell["printed"] == source.printed[key], (source.name, key, cell["where"])
            there = source.find(cell["where"], key)
            assert there.replace("\xa0", "").strip() == source.printed[key], (
                source.name,
                key,
                cell["where"],
                there,
            )
            assert found.report["file"] == f"reports/{source.name}"
            assert found.report["sha256"] == hashlib.sha256(source.data).hexdigest()
            looked += 1
    assert looked >= CELLS


def test_a_trace_is_told_in_lines_that_lead_to_the_cell(ds: Dataset, sources: list[Source]) -> None:
    source = sources[0]
    key = ("requests", "granted", "total")
    found = tracing.trace(ds, body(source), 2022, *key)
    told = tracing.text(found)
    for part in (
        *key,
        repr(source.printed[key]),
        found.cell["where"],
        f"data/raw/reports/{source.name}",
        hashlib.sha256(source.data).hexdigest(),
        f"https://example.org/{source.name}",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("无此县", 2022, "requests", "received", "total"), "no data of 无此县"),
        (("合成县（writer.pdf）", 1999, "requests", "received", "total"), "Name another year"),
        (("合成县（writer.pdf）", 2022, "requests", "recieved", "total"), "received, carried_in"),
        (("合成县（writer.pdf）", 2022, "requests", "received", "all"), "natural_person"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(
    ds: Dataset, asked: tuple[str, int, str, str, str], message: str
) -> None:
    with pytest.raises(ReportlibError, match=message):
        tracing.trace(ds, *asked)


FRAME = (200, 0, 0)


def frame(picture: Image.Image) -> tuple[int, int, int, int]:
    """The rectangle inside the red frame."""
    down, across = np.nonzero((np.asarray(picture) == FRAME).all(axis=2))
    assert len(down), "there is a frame"
    return int(across.min()) + 5, int(down.min()) + 5, int(across.max()) - 4, int(down.max()) - 4


@pytest.mark.parametrize("name", ["writer.pdf", "landscape.pdf", "rendered_2021.pdf", "page.png"])
def test_the_framed_part_of_the_picture_holds_the_printed_number(
    ds: Dataset, sources: list[Source], name: str
) -> None:
    source = next(source for source in sources if source.name == name)
    key = random.Random(3).choice(
        sorted(key for key, text in source.printed.items() if len(text) > 2 and text.isdigit())
    )
    picture = Image.open(io.BytesIO(tracing.picture(ds, tracing.trace(ds, body(source), 2022, *key))))
    assert picture.width > 3 * picture.height, "a strip: the row and not the page"
    ink = ImageOps.invert(picture.crop(frame(picture)).convert("L"))
    around = ImageOps.invert(ImageOps.expand(ink.crop(ink.getbbox()), 60))
    stream = io.BytesIO()
    around.save(stream, "PNG")
    seen = [
        block.text
        for block in image.read(stream.getvalue(), "cut.png").blocks
        if isinstance(block, Paragraph)
    ]
    assert "".join(seen) == source.printed[key]


def test_a_document_without_pages_has_no_picture(ds: Dataset, sources: list[Source]) -> None:
    source = sources[0]
    found = tracing.trace(ds, body(source), 2022, "requests", "granted", "total")
    with pytest.raises(ReportlibError, match="has no pages"):
        tracing.picture(ds, found)
