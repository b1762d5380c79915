"""The whole way of one file: bytes -> Document -> cells -> proof -> Report."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from os import PathLike
from pathlib import Path

from ..errors import ReadError, ReportlibError
from ..files import find_home, read_plain
from ..form.findings import sentence
from ..reading import read_document, with_pictures
from .extraction.extract import extract
from .extraction.identify import identify
from .extraction.narrative import compare_stated, stated_figures
from .proof.checks import prove
from .report import Correction, Finding, Report, Source, TableState

__all__ = ["read_bytes", "read_report"]


def read_report(path: str | PathLike[str], body: str | None = None, year: int | None = None) -> Report:
    """Read one report.

    Parameters
    ----------
    path
        The file, in any format that `reportlib.reading` knows. A path that is not there from the working
        directory is looked for in the project's folder.
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
    file = _found(Path(path))
    try:
        data = read_plain(file)
    except OSError as error:
        raise ReadError(
            f"cannot be opened ({error.strerror})", file=str(path), hint="Check the path and the permissions."
        ) from error
    return read_bytes(data, str(path), body, year, file.parent)


def _found(path: Path) -> Path:
    """The path, from the project's folder where it is not there from the working directory."""
    if path.exists() or path.is_absolute():
        return path
    try:
        inside = find_home() / path
    except ReportlibError:
        return path
    return inside if inside.exists() else path


def read_bytes(
    data: bytes,
    name: str,
    body: str | None = None,
    year: int | None = None,
    folder: Path | None = None,
    corrections: Collection[Correction] = (),
) -> Report:
    """Read one report from its bytes; `name` is what messages and `Report.source` call the file.

    `folder` is where an html page's own pictures may lie beside it; `corrections` are what is declared of
    its cells.
    """
    document = read_document(data, name)
    who = identify(document, body, year)
    extracted = extract(document, who.year)
    if document.pictures and len(extracted.tables) < len(extracted.edition.tables):
        seen = with_pictures(document, data, name, folder)
        again = extract(seen, identify(seen, body, year).year)
        if len(again.tables) > len(extracted.tables):
            document, extracted, who = seen, again, identify(seen, body, year)
        else:
            document = replace(document, notes=seen.notes)
    notes = tuple(Finding(note.rule, "warn", where=note.place, parts=note.parts) for note in document.notes)
    if not extracted.tables:
        raise _no_report(name, notes)
    cells, findings, passes = prove(extracted, document.route, corrections)
    paragraphs = tuple(paragraph for paragraph in document.paragraphs() if paragraph.text)
    stated = stated_figures(paragraphs, who.year)
    differs = compare_stated(stated, cells, extracted.edition, who.scope)
    states: dict[str, TableState] = {table.code: "absent" for table in extracted.edition.tables}
    states |= {code: cells.state for code, cells in extracted.tables.items()}
    return Report(
        body=who.body,
        year=who.year,
        edition=extracted.edition.code,
        scope=who.scope,
        cell_list=cells,
        finding_list=(*findings, *differs, *who.findings, *notes),
        passes=passes,
        tables=states,
        narrative=paragraphs,
        stated=stated,
        consolidates=who.consolidates,
        source=Source(name, hashlib.sha256(data).hexdigest(), document.format, document.route),
        date_published=who.date_published,
        title=who.title,
    )


def _no_report(name: str, notes: tuple[Finding, ...]) -> ReadError:
    """What is said of a file without any table of the form; a picture that was not read may be why."""
    unread = [sentence(note, "en") for note in notes if note.rule == "picture_not_read"]
    hints = [*unread, "If the report is there as a picture or an attachment, give that file."]
    return ReadError(
        "none of the three statutory tables found",
        file=name,
        expected="an annual report on government information disclosure (政府信息公开工作年度报告)",
        hint=hints[0],
    )
