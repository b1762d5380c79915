"""Files made to harm get a clear error, in bounded memory; `bench_hostile.py` asks how long each takes."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from office_files import docx, packed, xlsx

from reportlib.errors import ReadError
from reportlib.reading import read_document

REPORTS = Path(__file__).parents[2] / "data" / "raw" / "reports"
MEGABYTES = 1000


def bomb() -> bytes:
    """A document that declares the 201 MB it inflates to."""
    return docx("<w:p/>", word__media__image1_dot_png=bytes(201_000_000))


def lying_bomb() -> bytes:
    """A sheet that inflates to 100 MB and declares 1,000 bytes, in both places where a zip says so."""
    rows = b"<row>" + b" " * 100_000_000 + b"</row>"
    data = bytearray(xlsx(rows.decode()))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    declared = entry.file_size.to_bytes(4, "little")
    while (at := data.find(declared)) >= 0:
        data[at : at + 4] = (1000).to_bytes(4, "little")
    return bytes(data)


def overlapping_bomb() -> bytes:
    """Many entries that share the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(1_000_000))
        first = archive.filelist[0]
        for number in range(150):
            twin = zipfile.ZipInfo(f"word/{number}.xml")
            for field in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(twin, field, getattr(first, field))
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
    return buffer.getvalue()


def other_packing() -> bytes:
    """A part packed in a way that inflates whole blocks at once."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("word/document.xml", bytes(19_000_000))
    return buffer.getvalue()


def row_of_cells(row: int) -> str:
    """A row that does not pack well: its cells have numbers."""
    cells = "".join(f'<w:tc w:n="{(row * 1000 + n) * 7919 % 1_000_003}"/>' for n in range(1000))
    return f"<w:tr>{cells}</w:tr>"


def row_of_values(row: int) -> str:
    values = "".join(f"<c><v>{(row * 300 + n) * 7919 % 1_000_003}</v></c>" for n in range(300))
    return f"<row r='{row}'>{values}</row>"


def styled(rules: str) -> bytes:
    """A page of many elements that many rules are to be held against."""
    return f"<style>{rules}.a{{display:none}}</style><p>{'<b>1</b>' * 45_000}".encode()


def entities() -> bytes:
    """An xml part whose entities would grow to gigabytes."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return packed(
        {
            "word/document.xml": f'<!DOCTYPE w [<!ENTITY e0 "AAAAAAAAAA">{levels}]>'
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
            "<w:t>&e11;</w:t></w:r></w:p></w:body></w:document>"
        }
    )


TEXT_OR_ERROR = {
    "unclosed_elements.html": lambda: b"<html><body>" + b"<div>" * 300_000 + "规章".encode(),
    "closed_elements.html": lambda: b"<div>" * 100_000 + "规章".encode() + b"</div>" * 100_000,
    "formatting.html": lambda: b"<p>" + b"<b><i><font>" * 30_000 + "规章".encode(),
    "attributes.html": lambda: b"<p " + b" ".join(b"a%d=1" % n for n in range(200_000)) + ">规章".encode(),
    "many_styles.html": lambda: styled("*{display:block}" * 2000 + "b b b b b{display:block}" * 2000),
    "styles_among_neighbours.html": lambda: styled("b:nth-child(2n+1){display:block}" * 100),
    "quotes.html": lambda: b"<p a='" + b"\"x'" * 100_000 + ">规章".encode(),
    "open_tags.html": lambda: b"<p>" + b"<a" * 300_000,
    "deepest.docx": lambda: docx("<a>" * 100_000 + "</a>" * 100_000),
    "comments.html": lambda: b"<p>" + b"<!--" * 300_000,
}
"""Files that may be read or refused, but in time."""

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb.docx": (bomb, "out of all proportion"),
    "lying_bomb.xlsx": (lying_bomb, "damaged or cut off"),
    "overlapping_bomb.docx": (overlapping_bomb, "out of all proportion"),
    "entities.docx": (entities, "declares a document type"),
    "deep.docx": (lambda: docx("<w:sdt>" * 5000 + "</w:sdt>" * 5000), "not valid"),
    "tables_in_tables.docx": (
        lambda: docx("<w:tbl><w:tr><w:tc>" * 60 + "</w:tc></w:tr></w:tbl>" * 60),
        "nested",
    ),
    "large_part.docx": (lambda: docx("<w:p/>" + " " * 21_000_000), "out of all proportion"),
    "ratio.docx": (lambda: docx("<w:p/>" + " " * 15_000_000), "out of all proportion"),
    "other_packing.docx": (other_packing, "damaged"),
    "many_paragraphs.docx": (lambda: docx("<w:p/>" * 300_000), "too many paragraphs"),
    "many_lines.html": (lambda: b"<p>" + b"1<br>" * 500_000, "too many paragraphs"),
    "many_cells.docx": (
        lambda: docx("<w:tbl>" + "".join(row_of_cells(n) for n in range(300)) + "</w:tbl>"),
        "too large",
    ),
    "many_cells.html": (lambda: b"<table>" + (b"<tr>" + b"<td>1" * 1000) * 1000, "too large"),
    "many_tables.html": (lambda: b"<table><tr><td>1<td>2<tr><td>3<td>4</table>" * 51_000, "too large"),
    "wide_spans.html": (
        lambda: b"<table>" + (b"<tr>" + b"<td colspan=1000 rowspan=1000>1" * 20) * 1000,
        "too large",
    ),
    "tables_in_tables.html": (lambda: b"<table><tr><td>" * 20_000 + b"1", "nested"),
    "two_far_cells.xlsx": (
        lambda: xlsx(
            "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"
        ),
        "too large",
    ),
    "huge_merge.xlsx": (
        lambda: xlsx(
            "".join(
                f"<row r='{n}'><c r='A{n}'><v>1</v></c><c r='Z{n}'><v>1</v></c></row>"
                for n in range(1, 60_000)
            ),
            after="<mergeCells count='1'><mergeCell ref='A1:XFD1048576'/></mergeCells>",
        ),
        "too large",
    ),
    "many_cells.xlsx": (
        lambda: xlsx("".join(row_of_values(n) for n in range(1, 1001))),
        "too large",
    ),
}


MAKERS = {**TEXT_OR_ERROR, **{name: make for name, (make, _) in REFUSED.items()}}

CHILD = """
import json, sys
from pathlib import Path
from reportlib.errors import ReadError
from reportlib.reading import read_document
for path in map(Path, sys.argv[1:]):
    message = ""
    try:
        read_document(path.read_bytes(), path.name)
    except ReadError as error:
        message = str(error)
    peak = next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps([path.name, message, peak]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, int]]:
    """For each file: the message, and the megabytes that the process had taken by then."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    for name, make in MAKERS.items():
        (folder / name).write_bytes(make())
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *(str(folder / name) for name in MAKERS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: (message, peak) for name, message, peak in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", MAKERS)
def test_a_hostile_file_takes_little_memory(outcomes: dict[str, tuple[str, int]], name: str) -> None:
    assert outcomes[name][1] < MEGABYTES


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_by_name_and_with_the_reason(
    outcomes: dict[str, tuple[str, int]], name: str
) -> None:
    message = outcomes[name][0]
    assert message.startswith(f"{name}: ")
    assert REFUSED[name][1] in message


def test_outside_entities_are_never_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密")
    data = packed(
        {
            "word/document.xml": f'<!DOCTYPE w [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
            "<w:t>a&x;</w:t></w:r></w:p></w:body></w:document>"
        }
    )
    try:
        document = read_document(data, "x.docx")
    except ReadError:
        return
    assert "机密" not in "".join(paragraph.text for paragraph in document.paragraphs())


def test_a_library_that_fails_gives_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from reportlib.reading.markup import html

    def fail(data: bytes, name: str) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(html, "read", fail)
    with pytest.raises(ReadError, match=r"x\.html: the file cannot be read as html \(IndexError"):
        read_document(b"<p>1", "x.html")


@pytest.mark.parametrize("suffix", ["html", "docx", "xlsx"])
def test_a_damaged_report_gives_a_document_or_a_clear_error_and_nothing_else(suffix: str) -> None:
    data = max(REPORTS.glob(f"*.{suffix}"), key=lambda path: path.stat().st_size).read_bytes()
    chance = random.Random(20190415)
    refused = 0
    for _ in range(150):
        damaged = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
        for _ in range(chance.choice((0, 1, 5, 50))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            read_document(bytes(damaged), "damaged")
        except ReadError as error:
            refused += 1
            assert error.hint
    assert suffix == "html" or refused
