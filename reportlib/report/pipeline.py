"""The whole way of one file: bytes -> Document -> cells -> proof -> Report."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from os import PathLike
from pathlib import Path

from ..errors import ReadError
from ..reading import read_document
from ..reading.document import Document
from .extraction.extract import extract
from .extraction.identify import identify
from .extraction.narrative import compare_stated, stated_figures
from .proof.checks import prove
from .report import Finding, Report, Source, TableState

__all__ = ["read_bytes", "read_report"]


def read_report(path: str | PathLike[str], body: str | None = None, year: int | None = None) -> Report:
    """Read one report.

    Parameters
    ----------
    path
        The file, in any format that `reportlib.readers` knows.
    body, year
        Whose report it is, where known: what is said here wins over what the document says, and
        a contradiction is a finding.

    Returns
    -------
    Report

    Raises
    ------
    ReadError
        The file cannot be read, or holds none of the three statutory tables.
    """
    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ReadError(
            f"cannot be opened ({error.strerror})", file=str(path), hint="Check the path and the permissions."
        ) from error
    return read_bytes(data, str(path), body, year, file.parent)


def read_bytes(
    data: bytes, name: str, body: str | None = None, year: int | None = None, folder: Path | None = None
) -> Report:
    """Read one report from its bytes; `name` is what messages and `Report.source` call the file.

    `folder` is where an html page's own pictures may lie beside it.
    """
    document = read_document(data, name)
    who = identify(document, body, year)
    extracted = extract(document, who.year)
    if not extracted.tables and document.format in ("html", "docx"):
        document = _with_pictures(document, data, name, folder)
        who = identify(document, body, year)
        extracted = extract(document, who.year)
    if not extracted.tables:
        raise ReadError(
            "none of the three statutory tables found",
            file=name,
            expected="an annual report on government information disclosure (政府信息公开工作年度报告)",
            hint="If the report is there as a picture or an attachment, give that file.",
        )
    facts, findings, passes = prove(extracted, document.route)
    paragraphs = tuple(paragraph for paragraph in document.paragraphs() if paragraph.text)
    stated = stated_figures(paragraphs)
    differs = compare_stated(stated, facts, extracted.edition, who.scope)
    notes = tuple(Finding(n.rule, "warn", message=n.message, where=n.place) for n in document.notes)
    states: dict[str, TableState] = {table.code: "absent" for table in extracted.edition.tables}
    states |= {code: cells.state for code, cells in extracted.tables.items()}
    return Report(
        body=who.body,
        year=who.year,
        edition=extracted.edition.code,
        scope=who.scope,
        facts=facts,
        issues=(*findings, *differs, *who.findings, *notes),
        passes=passes,
        tables=states,
        narrative=paragraphs,
        stated=stated,
        consolidates=who.consolidates,
        source=Source(name, hashlib.sha256(data).hexdigest(), document.format, document.route),
        date_published=who.date_published,
        title=who.title,
    )


def _with_pictures(document: Document, data: bytes, name: str, folder: Path | None) -> Document:
    """A document whose tables are pictures: what stands in these follows its text."""
    from ..reading.markup import docx, html
    from ..reading.pages import ocr as image

    found = html.pictures(data, name, folder) if document.format == "html" else docx.pictures(data, name)
    read = [image.read(picture, f"{name}, picture {number}") for number, picture in enumerate(found, 1)]
    blocks = tuple(block for one in read for block in one.blocks)
    return replace(document, blocks=document.blocks + blocks, route="mixed") if blocks else document
