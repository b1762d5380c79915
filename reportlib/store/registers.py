"""Reading the CSV files of `data/raw` that people edit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from ..errors import ReportlibError

__all__ = ["read_register"]


def read_register(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file in UTF-8.

    Parameters
    ----------
    path
        The file.
    columns
        The columns that it must have.

    Returns
    -------
    list of (line, row)
        A cell that a short line lacks is ''.

    Raises
    ------
    ReportlibError
        The file cannot be read, is no CSV in UTF-8, lacks a column or has a line with too many cells.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ReportlibError(f"cannot be read ({error.strerror})", file=str(path)) from error
    except UnicodeDecodeError as error:
        hint = "Save it as CSV in UTF-8"
        raise ReportlibError(
            "is not in UTF-8", file=str(path), place=f"byte {error.start}", hint=hint
        ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
        raise ReportlibError(f"columns are missing: {', '.join(missing)}", file=str(path))
    rows = []
    try:
        for row in reader:
            if any(row.pop(None, [])):
                place = f"line {reader.line_num}"
                hint = "Put a cell that holds a comma in quotation marks"
                raise ReportlibError(
                    "there are more cells than columns", file=str(path), place=place, hint=hint
                )
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise ReportlibError(
            f"is no CSV ({error})", file=str(path), place=f"line {reader.line_num}"
        ) from error
    return rows
