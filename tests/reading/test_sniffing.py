"""A file is read as what it is, not as what it is called."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import openpyxl
import pytest
from office_files import cell, docx, ole, packed, table

from reportlib.errors import ReadError
from reportlib.reading import read_document, sniff

PAGE = "<p>二、主动公开</p><table><tr><td>规章</td><td>3</td></tr></table>"
DOCX = docx(table(cell("规章") + cell("3")))


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["规章", 3])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PAGE.encode(), "html"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>", "html"),
        (b"<?xml version='1.0' encoding='gb2312'?>\n<html><body>", "html"),
        (PAGE.encode("gb18030"), "html"),
        (PAGE.encode("utf-16"), "html"),
        (PAGE.encode("utf-16-le"), "html"),
        ("# 报告\n\n<table><tr><td>规章</td></tr></table>".encode(), "html"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n", "html"),
        ("| 规章 | 3 |\n|---|---|\n".encode(), "text"),
        ("一、本年新收 < 5 件".encode("gb18030"), "text"),
        ("规章\t3".encode("utf-16"), "text"),
        (DOCX, "docx"),
        (workbook(), "xlsx"),
        (packed({"OFD.xml": "<OFD/>"}), "ofd"),
        (b"\x00\x00%PDF-1.7\n", "pdf"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image"),
        (packed({"a/report.docx": DOCX}), "zip"),
        (packed({"content.xml": "<x/>"}), "odf"),
        (ole("WordDocument"), "doc"),
        (ole("EncryptedPackage"), "protected"),
        (b"{\\rtf1\\ansi", "rtf"),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument>', "wordml"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "unknown"),
        (b" \r\n", "empty"),
        (b"", "empty"),
        (DOCX[: len(DOCX) // 2], "damaged"),
        (re.sub(rb"(PK\x01\x02..)..", rb"\1N\0", DOCX, flags=re.DOTALL), "damaged"),  # needs version 7.8
    ],
)
def test_the_kind_is_told_from_the_contents(data: bytes, kind: str) -> None:
    assert sniff(data) == kind


@pytest.mark.parametrize(
    "name", ["report.doc", "report.pdf", "report.jpg", "report", "report.html", "report.xlsx"]
)
@pytest.mark.parametrize(("data", "read_as"), [(PAGE.encode(), "html"), (DOCX, "docx"), (workbook(), "xlsx")])
def test_the_name_decides_nothing(data: bytes, read_as: str, name: str) -> None:
    document = read_document(data, name)
    assert document.format == read_as
    assert [cell.text for grid in document.grids() for cell in grid.cells] == ["规章", "3"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"{\\rtf1", "Rich Text Format"),
        (ole("EncryptedPackage"), "password-protected"),
        (ole("Anything"), "neither text nor sheets"),
        (packed({"x/report.docx": b"PK"}), "zip archive"),
        (DOCX[:-100], "damaged or cut off"),
        (DOCX[:200], "damaged or cut off"),
        (workbook()[:-30], "damaged or cut off"),
        (packed({"word/readme.txt": "x"}), "missing in the container"),
        (packed({"xl/worksheets/sheet1.xml": "x"}), "workbook cannot be read"),
        (b"\x00\x01\x02\x03" * 100, "of no kind that is known"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged or cut off"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_file_reason_and_advice(data: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message) as caught:
        read_document(data, "received/报告.doc")
    assert caught.value.file == "received/报告.doc"
    assert caught.value.hint


def test_no_reader_is_loaded_before_it_is_needed() -> None:
    heavy = ("lxml", "selectolax", "python_calamine", "pypdfium2", "olefile", "pandas")
    code = f"import sys, reportlib.reading; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
