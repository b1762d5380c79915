"""From a figure back to where it stands: file, place, printed text, address, picture of the cell."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..errors import ReportlibError
from ..files import RAW
from ..form.findings import sentence
from ..reading.document import Box
from ..report.pipeline import read_bytes
from .dataset import Dataset

__all__ = ["Trace", "picture", "text", "trace"]

_WIDE = 595  # points: what a picture of a page counts as
_MARGIN = 24.0  # around the framed cell, in points
_SCALE = 2.5  # pixels a point

LINES = {
    "figure": "{body} {year} ({scope}) {table}/{row}/{column}",
    "value": "{number}  (status {status}, found {found})",
    "printed": "{text}",
    "place": "{where}",
    "file": "{path}  ({format}, {route}, {kind})",
    "sha256": "{sha256}",
    "address": "{address}",
    "published": "{date_published}, obtained {date_obtained}",
    "doubt": "{doubt}",
}
"""The lines of a trace, filled from a cell and its report."""
NOTHING = {"where": "-", "address": "-", "date_published": "unknown", "date_obtained": "unknown"}
"""What stands for what is not known."""


@dataclass(frozen=True)
class Trace:
    """Everything that is known of one figure.

    Attributes
    ----------
    cell
        Its line of ``ds.cells``: value, status, found, printed, where, suspect, proved.
    report
        Its report's line of ``ds.reports``: file, sha256, address, dates, kind.
    findings
        The findings of the report that name the cell, its row or its column.
    """

    cell: pd.Series[Any]
    report: pd.Series[Any]
    findings: pd.DataFrame


def trace(
    ds: Dataset, body: str, year: int, table: str, row: str, column: str, scope: str | None = None
) -> Trace:
    """Follow a figure to its source.

    Parameters
    ----------
    ds
        The dataset.
    body, year, scope
        Whose report; `scope` is needed only where the body has reports of both scopes.
    table, row, column
        Codes of the form, e.g. ``requests``, ``received``, ``total``.

    Raises
    ------
    ReportlibError
        There is no such report or cell; what there is instead is named.
    """
    mine = ds.select(bodies=[body], years=[year], scope=scope)
    reports = mine.held
    if reports.empty:
        raise ReportlibError(f"no report of {body} for {year}", hint="Name another year.")
    if len(reports) > 1:
        scopes = ", ".join(map(str, reports["scope"]))
        raise ReportlibError(f"reports of scope {scopes} of {body} for {year}", hint="Give --scope.")
    report = reports.iloc[0]
    cells = mine.cells[mine.cells["table"] == table]
    here = cells[(cells["row"] == row) & (cells["column"] == column)]
    if here.empty:
        line = cells[cells["row"] == row]
        near = ", ".join(cells["row"].unique() if line.empty else line["column"].unique())
        raise ReportlibError(
            f"the report has no cell {table}/{row}/{column}",
            file=str(report["file"]),
            expected=f"one of {near}" if near else "a table that the report has",
        )
    about = mine.findings[mine.findings["report_id"] == report["report_id"]]
    about = about[(about["table"] == table) & about["row"].isin([row, ""])]
    return Trace(here.iloc[0], report, about[about["column"].isin([column, ""])])


def picture(ds: Dataset, found: Trace) -> bytes:
    """Cut the row of a cell out of its page, with the cell framed.

    Returns
    -------
    bytes
        A PNG.

    Raises
    ------
    ReportlibError
        The document has no pages (html, Word, Excel, text), or the cell does not stand in it.
    """
    from PIL import ImageDraw

    report, cell = found.report, found.cell
    file = ds.home / RAW / str(report["file"])
    if report["format"] not in ("pdf", "image"):
        raise ReportlibError(
            f"a document in {report['format']} has no pages to show", file=str(file), place=str(cell["where"])
        )
    data = file.read_bytes()
    box = _box(data, str(file), cell)
    if report["format"] == "image":
        from PIL import Image

        page = Image.open(io.BytesIO(data)).convert("RGB")
        scale = page.width / _WIDE
    else:
        from ..reading.pages.pdf import render_page

        page, scale = render_page(data, box.page, _SCALE).convert("RGB"), _SCALE
    left, top, right, bottom = (side * scale for side in (box.left, box.top, box.right, box.bottom))
    ImageDraw.Draw(page).rectangle((left - 2, top - 2, right + 2, bottom + 2), outline=(200, 0, 0), width=3)
    margin = _MARGIN * scale
    strip = page.crop((0, max(0, top - margin), page.width, min(page.height, bottom + margin)))
    stream = io.BytesIO()
    strip.save(stream, "PNG")
    return stream.getvalue()


def _box(data: bytes, name: str, cell: pd.Series[Any]) -> Box:
    for one in read_bytes(data, name).cell_list:
        if one.key == (cell["table"], cell["row"], cell["column"]) and one.box:
            return one.box
    raise ReportlibError(
        "the cell does not stand on a page", file=name, place=str(cell["where"]) or "not in the file"
    )


def text(found: Trace) -> str:
    """The trace as lines for people."""
    known: dict[Any, Any] = {**found.report, **found.cell}
    if pd.isna(known["value"]):
        known["number"] = "none"
    else:
        known["number"] = f"{known['value']:.10g}"
    printed = known["printed"]
    known["text"] = "not in the file" if pd.isna(printed) else repr(str(printed))
    known["path"] = RAW / str(known["file"])
    known["confirmed"] = ", confirmed by a sum" if known["proved"] else ""
    known["doubt"] = "in a sum that fails" if known["suspect"] else f"none{known['confirmed']}"
    for name, nothing in NOTHING.items():
        known[name] = known[name] or nothing
    told = [f"{name:10}{line.format_map(known)}" for name, line in LINES.items()]
    for finding in found.findings.itertuples():
        if finding.verdict != "not_assessable":
            told.append(f"{finding.verdict!s:10}{finding.rule}: {sentence(finding, 'en')}")
    return "\n".join(told)
