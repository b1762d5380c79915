"""How well reports are read, cell by cell, against known truth.

A folder of truth holds the files and a ``truth.csv`` with a line for every cell of the form that
a table in a file has: ``file, table, row, column, printed, value, note``; `value` is empty where
the cell is blank, lost, a dash or open to several readings, and ``derived=N`` in `note` is what
the sums leave for it. A ``reports.csv`` beside it may tell the report of each file: ``file, year,
form`` (the form's edition); what is empty there is not compared.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from ..errors import ReadError
from ..form import CellKey
from ..report.pipeline import read_report
from ..report.report import FormCell, Report
from .registers import read_register

__all__ = ["JUDGEMENTS", "Judged", "Score", "judge", "measure", "shortcomings", "together"]

Row = dict[str, str]
Judgement = Literal["right", "derived", "open", "flagged", "silent", "invented"]
JUDGEMENTS: tuple[Judgement, ...] = get_args(Judgement)
_DERIVED = re.compile(r"derived=(-?[\d.]+)")


class Judged(NamedTuple):
    """What became of one cell: `truth` and `read` as text, for people."""

    judgement: Judgement
    table: str
    row: str
    column: str
    truth: str
    read: str


class Score(NamedTuple):
    """The cells of one file, judged.

    ``right``: value, or the absence of one, as printed. ``derived``: not printed, and given as
    derived as the sums have it. ``open``: printed, and no value given. ``flagged``: a wrong value
    that is marked suspect. ``silent``: a wrong value without a mark. ``invented``: a value for
    what is not printed, given as printed or not as the sums have it. `error` tells why the file could
    not be read, `misread` what the report is taken for and is not.
    """

    file: str
    cells: list[Judged]
    error: str = ""
    misread: tuple[str, ...] = ()

    @property
    def counts(self) -> Counter[str]:
        """How many cells there are of each judgement."""
        return Counter(cell.judgement for cell in self.cells)

    @property
    def wrong(self) -> list[Judged]:
        """The cells that are not right."""
        return [cell for cell in self.cells if cell.judgement not in ("right", "derived")]

    @property
    def printed(self) -> int:
        """Printed cells."""
        return sum(cell.truth != "" for cell in self.cells)

    @property
    def right_of_printed(self) -> int:
        """Printed cells with the right value."""
        return sum(cell.truth != "" for cell in self.cells if cell.judgement == "right")


def judge(key: CellKey, value: str, note: str, cell: FormCell | None) -> Judged:
    """Compare one cell with its truth."""
    if cell is None or cell.value is None:
        return Judged("open" if value else "right", *key, value, "")
    read = Decimal(repr(cell.value))
    expected = _DERIVED.search(note)
    judgement: Judgement
    if value:
        judgement = "right" if read == Decimal(value) else "flagged" if cell.suspect else "silent"
    else:
        fair = cell.status in ("derived", "split") and expected and Decimal(expected[1]) == read
        judgement = "derived" if fair else "invented"
    return Judged(judgement, *key, value, f"{read.normalize():f} ({cell.status})")


def measure(folder: Path, progress: Callable[[str], None] = lambda _: None) -> Iterator[Score]:
    """Read every file of a folder of truth and score it.

    Parameters
    ----------
    folder
        Holds the files, ``truth.csv`` and perhaps ``reports.csv``.
    progress
        Called with the name of each file before it is read.

    Raises
    ------
    ReportlibError
        The folder has no ``truth.csv``, or one of the two cannot be read.
    """
    truth: defaultdict[str, dict[CellKey, Row]] = defaultdict(dict)
    columns = ("file", "table", "row", "column", "value", "note")
    for _, line in read_register(folder / "truth.csv", columns):
        truth[line["file"]][line["table"], line["row"], line["column"]] = line
    listed = folder / "reports.csv"
    lines = read_register(listed, ("file", "year", "form")) if listed.exists() else []
    described = {line["file"]: line for _, line in lines}
    for name, cells in truth.items():
        progress(name)
        try:
            report = read_report(folder / name)
        except ReadError as error:
            yield Score(name, _judged(cells, {}), str(error))
        else:
            read = {cell.key: cell for cell in report.cell_list}
            yield Score(name, _judged(cells, read), misread=_misread(report, described.get(name, {})))


def _judged(truth: dict[CellKey, Row], read: dict[CellKey, FormCell]) -> list[Judged]:
    """Every cell that the truth knows, and every other one that is given a value."""
    invented = [key for key, cell in read.items() if key not in truth and cell.value is not None]
    every = truth | {key: {"value": "", "note": ""} for key in invented}
    return [judge(key, line["value"], line["note"], read.get(key)) for key, line in every.items()]


def _misread(report: Report, described: Row) -> tuple[str, ...]:
    """Where a report's year or edition is not the one that the list tells."""
    pairs = {"year": str(report.year or ""), "form": report.edition}
    return tuple(
        f"{name}: truth {described[name]}, read {read or 'none'}"
        for name, read in pairs.items()
        if described.get(name, "") not in ("", read)
    )


def shortcomings(scores: Iterable[Score], at_least: float = 0.0) -> list[str]:
    """What a folder's scores fall short of, one sentence each; none where all is well.

    Parameters
    ----------
    scores
        The scores of the folder's files.
    at_least
        Percent of all printed figures that must be right.
    """
    scores = list(scores)
    said = [f"{score.file}: not read" for score in scores if score.error]
    said += [f"{score.file}: {what}" for score in scores for what in score.misread]
    every = together(scores)
    said += [f"{every.counts[one]} {one}" for one in ("silent", "invented") if every.counts[one]]
    if 100 * every.right_of_printed < at_least * every.printed:
        right = f"{every.right_of_printed} of {every.printed}"
        said.append(f"{right} printed figures are right, less than {at_least:g} %")
    return said


def together(scores: Iterable[Score]) -> Score:
    """All cells of several files."""
    return Score("all", [cell for score in scores for cell in score.cells])
