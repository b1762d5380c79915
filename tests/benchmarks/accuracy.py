"""Accuracy, cell by cell: reportlib beside the tools that people use, on the same files with known truth.

Run as a script (``make accuracy``); prints a markdown table and writes docs/benchmarks/accuracy.md. The files are
rendered by tests/support/rendering.py (editions, blanks, dashes, merged cells or fillers) or lie in tests/reading/data and
tests/report/damaged. The tools give tables of text. What it takes to find the form's cells in these is given to all of them
alike, and generously: it is told the edition, looks for the official labels in each row, and takes the columns that the
header names or the row's last cells, whichever gives the tool more right figures in the format, table by table.
"""

from __future__ import annotations

import csv
import io
import random
import re
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import docx
import openpyxl
import pandas as pd
import pdfplumber
import pypdfium2

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "support"))

import make_pdfs  # noqa: E402
import ofd_files  # noqa: E402
import rendering  # noqa: E402
from rendering import Key  # noqa: E402

from reportlib.errors import ReadError  # noqa: E402
from reportlib.report.pipeline import read_bytes  # noqa: E402
from reportlib.store.accuracy import measure  # noqa: E402

RESULT = TESTS.parent / "docs" / "benchmarks" / "accuracy.md"
GOLDEN = [TESTS.parents[1] / "shared" / name for name in ("golden", "golden_more")]
SEEDS = range(4)
FORMS = (("2021", False), ("2021", True), ("2019", True))
Rows = list[list[str]]
WAYS = (frozenset(), frozenset({"disclosure"}), frozenset({"disclosure", "requests"}))
"""The tables whose columns are found by the header."""


class File(NamedTuple):
    """A document; `printed` has every cell of the form, '' and dashes included, `figures` what blanks stand for."""

    name: str
    data: bytes
    edition: str
    printed: dict[Key, str]
    figures: dict[Key, Decimal]


class Read(NamedTuple):
    """What a tool gave for a cell; `marked` if it says itself that it is not (surely) what is printed."""

    value: Decimal
    marked: bool = False


# ------------------------------------------------------------------ the documents
def rendered(suffix: str, write: Callable[[list[rendering.Block]], bytes]) -> Iterator[File]:
    """Every edition with zeros, blanks and dashes; half of the grids without merged cells."""
    for edition, single in FORMS:
        for seed in SEEDS:
            zero = ("0", "", "-", "0")[seed]
            truth = rendering.true_report(random.Random(seed), edition, single, zero)
            blocks = rendering.blocks(truth)
            if seed == 3 and suffix in ("html", "docx", "xlsx"):
                blocks = rendering.unmerged(blocks)
            figures = {key: Decimal(value) for key, text in truth.printed.items() if (value := number(text, Decimal(0)))
                       is not None}  # fmt: skip
            name = f"{edition}_{'one_row' if single else 'three_rows'}_{seed}.{suffix}"
            yield File(name, write(blocks), edition, truth.printed, figures)


def produced() -> dict[Key, str]:
    """The figures of the documents that real producers wrote."""
    rows = iter(make_pdfs.FIGURES)
    printed: dict[Key, str] = {}
    for _, columns, labels in rendering.DISCLOSURE["2021"]:
        for row in labels:
            printed |= {("disclosure", row, c): text for c, text in zip(columns, next(rows), strict=True)}
    for row in rendering.request_rows(False):
        printed |= {
            ("requests", row, c): text for c, text in zip(rendering.APPLICANTS, next(rows), strict=True)
        }
    ends = [("disputes", route, end) for route in rendering.ROUTES for end in rendering.ENDS]
    return printed | dict(zip(ends, next(rows), strict=True))


def as_ofd() -> bytes:
    """The same report as an OFD document."""
    sheets, bottom = [ofd_files.Sheet()], 15.0
    widths = ([50, 40, 40, 40], [8, 22, 50, *[14.0] * 7], [12.0] * 15)
    for table, wide in zip(make_pdfs.tables(), widths, strict=True):
        bottom = ofd_files.table(sheets, table, wide, bottom + 15)
    return ofd_files.package(sheets)


def scanned(pdf: bytes) -> bytes:
    """The pages as grey pictures, a little crooked, in a pdf without text."""
    pages = []
    for number in range(len(document := pypdfium2.PdfDocument(pdf))):
        page = document[number].render(scale=150 / 72).to_pil().convert("L")
        pages.append(page.rotate(0.3, expand=False, fillcolor=255))
    stream = io.BytesIO()
    pages[0].save(stream, "PDF", save_all=True, append_images=pages[1:], resolution=150, quality=70)
    return stream.getvalue()


def corpus() -> dict[str, list[File]]:
    """The documents by format."""
    found = {suffix: list(rendered(suffix, write)) for suffix, write in rendering.FORMATS.items()}
    found["pdf"] = list(rendered("pdf", rendering.as_pdf))
    printed = produced()
    figures = {key: Decimal(text) for key, text in printed.items()}

    def same(name: str, data: bytes) -> File:
        return File(name, data, "2021", printed, figures)

    data = {path.name: path.read_bytes() for path in sorted((TESTS / "reading" / "data").iterdir())}
    found["pdf"] += [same(name, content) for name, content in data.items() if name.endswith(".pdf")]
    found["doc (97-2003)"] = [same("writer.doc", data["writer.doc"])]
    found["ofd"] = [same("report.ofd", as_ofd())]
    found["scan"] = [
        same(f"scan_{name}.pdf", scanned(data[f"{name}.pdf"])) for name in ("writer", "browser_print")
    ]
    found |= {f"damaged {suffix}": files for suffix, files in damaged().items()}
    names = {"md": "markdown", "txt": "text, a cell a paragraph", "tsv": "text, a row a line"}
    return {names.get(suffix, suffix): files for suffix, files in found.items()}


def damaged() -> dict[str, list[File]]:
    """The documents of tests/report/damaged, whose truth also tells what is lost in them."""
    path = TESTS / "report" / "damaged" / "truth.csv"
    if not path.exists():
        return {}
    lines: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for line in csv.DictReader(stream):
            lines[line["file"]].append(line)
    found: defaultdict[str, list[File]] = defaultdict(list)
    for name, cells in lines.items():
        keys = [((line["table"], line["row"], line["column"]), line) for line in cells]
        printed = {key: line["value"] for key, line in keys}
        figures = {key: Decimal(line["value"]) for key, line in keys if line["value"]}
        for key, line in keys:
            if match := re.search(r"derived=(-?[\d.]+)", line["note"]):
                figures[key] = Decimal(match[1])
        old = any(key[:2] == ("disclosure", "procurement") or key[1] == "other" for key in printed)
        data = (path.parent / name).read_bytes()
        found[Path(name).suffix[1:]].append(File(name, data, "2019" if old else "2021", printed, figures))
    return found


# ------------------------------------------------------------------ the tools
def pandas_tables(data: bytes) -> Rows:
    """pandas.read_html."""
    tables = pd.read_html(io.BytesIO(data), keep_default_na=False)
    return [[str(text) for text in row] for table in tables for row in table.to_numpy().tolist()]


def docx_tables(data: bytes) -> Rows:
    """python-docx."""
    tables = docx.Document(io.BytesIO(data)).tables
    return [[cell.text for cell in row.cells] for table in tables for row in table.rows]


def openpyxl_tables(data: bytes) -> Rows:
    """openpyxl."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    return [["" if value is None else str(value) for value in row] for row in rows]


def plumber_tables(data: bytes) -> Rows:
    """pdfplumber."""
    with pdfplumber.open(io.BytesIO(data)) as document:
        tables = [table for page in document.pages for table in page.extract_tables()]
    return [[text or "" for text in row] for table in tables for row in table]


def markitdown_tables(data: bytes, suffix: str) -> Rows:
    """markitdown: rows of pipe tables, else the words of each line."""
    from markitdown import MarkItDown

    text = MarkItDown().convert_stream(io.BytesIO(data), file_extension=f".{suffix}").text_content
    lines = [line.strip() for line in text.split("\n")]
    return [line.strip("|").split("|") if line.startswith("|") else line.split() for line in lines]


PEERS: dict[str, list[tuple[str, Callable[[bytes], Rows]]]] = {
    "html": [("pandas.read_html", pandas_tables)],
    "docx": [("python-docx", docx_tables)],
    "xlsx": [("openpyxl", openpyxl_tables)],
    "pdf": [("pdfplumber", plumber_tables)],
}
for kind in list(PEERS):
    PEERS[kind].append(("markitdown", lambda data, suffix=kind: markitdown_tables(data, suffix)))


# ------------------------------------------------------------------ from rows of text to cells of the form
def number(text: str, blank: Decimal | None = None) -> Decimal | None:
    """A figure, or None; `blank` is what blanks and dashes stand for."""
    plain = text.strip().replace(",", "")
    if plain in ("", "-", "—"):
        return blank
    return Decimal(plain) if re.fullmatch(r"[+-]?\d+(\.\d+)?", plain) else None


def letters(text: str) -> str:
    """The Chinese characters of a label."""
    return "".join(re.findall(r"[\u4e00-\u9fff]", text))


def labels(file: File) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """The official labels of the edition: table, row and columns."""
    single = ("requests", "other", "total") in file.printed
    found: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for _, columns, rows in rendering.DISCLOSURE[file.edition]:
        found |= {letters(zh): ("disclosure", row, tuple(columns)) for row, zh in rows.items()}
    outcomes = rendering.OUTCOMES + (rendering.OTHER_2019 if single else rendering.OTHER_2021)
    rows = (
        {row: label or group for row, group, label in outcomes}
        | rendering.OUTER
        | {"concluded": "（七）总计"}
    )
    return found | {letters(zh): ("requests", row, tuple(rendering.APPLICANTS)) for row, zh in rows.items()}


def header_words(edition: str) -> dict[str, str]:
    """The official names of the columns."""
    names = {letters(zh): code for code, zh in rendering.APPLICANTS.items()}
    for _, columns, _ in rendering.DISCLOSURE[edition]:
        names |= {letters(zh): code for code, zh in columns.items()}
    return names


class Header(NamedTuple):
    """Where the columns stand by name, and whether the row above was part of the header too."""

    columns: dict[str, int]
    goes_on: bool

    def after(self, row: list[str], named: dict[str, int], long: bool) -> Header:
        """The header below a row that names columns; `long` if one of the names is surely no other word."""
        if any(number(text) is not None for text in row):
            return Header(self.columns, False)
        if len(named) < 2 and not long:
            return self
        # a header may have several lines
        return Header({**self.columns, **named} if self.goes_on else named, True)


def cells_of(rows: Rows, file: File, by_header: frozenset[str]) -> dict[Key, Read]:
    """The form's cells in the rows of a tool's tables: in the columns that the header names, or a row's last ones."""
    known, names = labels(file), header_words(file.edition)
    found: dict[Key, Read] = {}
    header = Header({}, False)
    for row in rows:
        texts = [letters(text) for text in row]
        before, header = header, header.after(row, *columns_named(texts, names))
        if header is not before and header.goes_on:
            continue
        if len(row) >= 15 and not any(texts[-15:]):
            cells = dispute_cells(row[-15:])
        else:
            cells = labelled_cells(row, texts, known, header.columns, by_header)
        for key, text in cells:
            if (value := number(text)) is not None:
                found.setdefault(key, Read(value))
    return found


def columns_named(texts: list[str], names: dict[str, str]) -> tuple[dict[str, int], bool]:
    """The columns that a row names, at their first place, and whether a name has more than four characters."""
    named: dict[str, int] = {}
    for at, text in enumerate(texts):
        if text in names:
            named.setdefault(names[text], at)
    return named, any(len(text) > 4 for text in texts if text in names)


def dispute_cells(row: list[str]) -> Iterator[tuple[Key, str]]:
    """The one row of table 4: five ends of each route."""
    ends = [("disputes", route, end) for route in rendering.ROUTES for end in rendering.ENDS]
    yield from zip(ends, row, strict=True)


def labelled_cells(
    row: list[str],
    texts: list[str],
    known: dict[str, tuple[str, str, tuple[str, ...]]],
    header: dict[str, int],
    by_header: frozenset[str],
) -> Iterator[tuple[Key, str]]:
    """The cells of a row with an official label: the innermost that is a cell's text, else the longest in the row."""
    exact = [text for text in reversed(texts) if text in known]
    inside = sorted((label for label in known if label in "".join(texts) and len(label) > 1), key=len)
    if not exact and not inside:
        return
    table, code, columns = known[exact[0] if exact else inside[-1]]
    if table in by_header and all(header.get(column, len(row)) < len(row) for column in columns):
        values = [row[header[column]] for column in columns]
    elif len(row) > len(columns):
        values = row[-len(columns) :]
    else:
        return
    for column, text in zip(columns, values, strict=True):
        yield (table, code, column), text


def ours(file: File) -> dict[Key, Read]:
    """reportlib: a figure is marked where it is derived, cut or in a sum that fails."""
    cells = read_bytes(file.data, file.name).cell_list
    return {
        cell.key: Read(Decimal(repr(cell.value)), cell.status != "printed" or cell.suspect)
        for cell in cells
        if cell.value is not None
    }


# ------------------------------------------------------------------ the measure
class Count(NamedTuple):
    """Printed figures, how many were read right, not read, and wrong figures without and with a mark."""

    printed: int = 0
    right: int = 0
    missing: int = 0
    wrong: int = 0
    marked: int = 0

    def plus(self, other: Count) -> Count:
        """Both together."""
        return Count(*(a + b for a, b in zip(self, other, strict=True)))


def judged(file: File, read: dict[Key, Read]) -> Count:
    """Compare what a tool gave with what is printed; where nothing is, only a true and marked figure is not wrong."""
    printed = right = missing = wrong = marked = 0
    for key in file.printed.keys() | read.keys():
        told, given = number(file.printed.get(key, "")), read.get(key)
        printed += told is not None
        if given is None:
            missing += told is not None
        elif told is not None and given.value == told:
            right += 1
        elif told is None and given.marked and file.figures.get(key) in (None, given.value):
            continue
        elif given.marked:
            marked += 1
        else:
            wrong += 1
    return Count(printed, right, missing, wrong, marked)


def table(lines: list[tuple[str, str, int, Count]]) -> str:
    """The lines as a markdown table."""
    heads = [
        "format",
        "files",
        "read by",
        "printed figures",
        "right",
        "not read",
        "wrong, unmarked",
        "wrong, marked",
    ]
    out = [f"| {' | '.join(heads)} |", "|---|---:|---|" + "---:|" * 5]
    for suffix, tool, files, count in lines:
        share = f"{100 * count.right / count.printed:.2f} %"
        out.append(
            f"| {suffix} | {files} | {tool} | {count.printed:,} | {share} | {count.missing:,} | {count.wrong:,} "
            f"| {count.marked:,} |"
        )
    return "\n".join(out)


def golden(folders: Iterable[Path]) -> str:
    """Our figures for real reports that cannot be passed on, in all folders of them that lie beside the project."""
    scores = [score for folder in folders if (folder / "truth.csv").exists() for score in measure(folder)]
    if not scores:
        return ""
    kinds: defaultdict[str, list[int]] = defaultdict(lambda: [0] * 5)
    for score in scores:
        kind = "scan" if "scan" in score.file else Path(score.file).suffix[1:]
        seen = (1, score.printed, score.right_of_printed, score.counts["silent"], score.counts["invented"])
        kinds[kind] = [a + b for a, b in zip(kinds[kind], seen, strict=True)]
    heads = ["format", "files", "printed figures", "right", "silently wrong", "invented"]
    out = [
        f"reportlib on real reports with cell-level truth that cannot be passed on, {time.strftime('%Y-%m-%d')}:",
        "",
    ]
    out += [f"| {' | '.join(heads)} |", "|---|" + "---:|" * 5]
    together = [sum(counts) for counts in zip(*kinds.values(), strict=True)]
    for kind, (files, printed, right, silent, invented) in [*sorted(kinds.items()), ("all", together)]:
        out.append(
            f"| {kind} | {files} | {printed:,} | {100 * right / printed:.2f} % | {silent} | {invented} |"
        )
    return "\n".join(out)


def measured(files: list[File], read: Callable[[File], dict[Key, Read]]) -> Count:
    """All files of a format, read by one tool; a file that it cannot read has no figures."""
    count = Count()
    for file in files:
        try:
            found = read(file)
        except (ReadError, ValueError) as error:
            print(f"{file.name}: {error}", file=sys.stderr)
            found = {}
        count = count.plus(judged(file, found))
    return count


def main() -> None:
    """Measure, print and keep."""
    warnings.filterwarnings("ignore")
    lines = []
    for suffix, files in corpus().items():
        lines.append((suffix, "**reportlib**", len(files), measured(files, ours)))
        for name, call in PEERS.get(suffix.removeprefix("damaged "), []):
            rows = {file.name: call(file.data) for file in files}
            ways = [
                measured(files, lambda file, w=way, r=rows: cells_of(r[file.name], file, w)) for way in WAYS
            ]
            lines.append((suffix, name, len(files), max(ways, key=lambda count: (count.right, -count.wrong))))
        print(*lines[-1], file=sys.stderr)
    text = "\n\n".join(filter(None, [table(lines), golden(GOLDEN)]))
    print(text)
    about = __doc__.partition("accuracy.md. ")[2].strip()
    intro = f"# Accuracy, cell by cell\n\nMade by `make accuracy` on {time.strftime('%Y-%m-%d')}. {about}"
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(f"{intro}\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
