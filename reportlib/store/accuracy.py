"""How well reports are read, cell by cell, against known truth.

A folder of truth holds the files and a ``truth.csv`` with a line for every cell of the form that
a table in a file has: ``file, table, row, column, printed, value, note``; `value` is empty where
the cell is blank, lost, a dash or open to several readings, and ``derived=N`` in `note` is what
the sums leave for it. A ``reports.csv`` beside it may tell the report of each file: ``file, year,
form`` (the form's edition); what is empty there is not compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from ..errors import ReadError
from ..form import CellKey
from ..report.pipeline import read_report
from ..report.report import FormCell, Report
from .registers import read_register

__all__ = ["JUDGEMENTS", "Judged", "Score", "judge", "measure", "shortcomings", "together"]

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


@dataclass(slots=True)
class Score:
    """The cells of one file by judgement, and those that are not right.

    ``right``: value, or the absence of one, as printed. ``derived``: not printed, and given as
    derived as the sums have it. ``open``: printed, and no value given. ``flagged``: a wrong value
    that is marked suspect. ``silent``: a wrong value without a mark. ``invented``: a value for
    what is not printed, given as printed or not as the sums have it. `error` tells why the file could
    not be read, `misread` what the report is taken for and is not.
    """

    file: str
    counts: Counter[str] = field(default_factory=Counter)
    printed: int = 0
    wrong: list[Judged] = field(default_factory=list)
    error: str = ""
    misread: list[str] = field(default_factory=list)

    def add(self, judged: Judged, printed: bool) -> None:
        """Count one cell."""
        self.counts[judged.judgement] += 1
        self.printed += printed
        if judged.judgement not in ("right", "derived"):
            self.wrong.append(judged)

    @property
    def right_of_printed(self) -> int:
        """Printed cells with the right value."""
        return self.printed - sum(v.truth != "" for v in self.wrong)


def judge(key: CellKey, value: str, note: str, cell: FormCell | None) -> Judged:
    """Compare one cell with its truth."""
    read = None if cell is None or cell.value is None else Decimal(repr(cell.value))
    status = cell.status if cell else "none"
    expected = _DERIVED.search(note)
    judgement: Judgement
    if read is None:
        judgement = "open" if value else "right"
    elif value:
        judgement = "right" if read == Decimal(value) else "flagged" if cell and cell.suspect else "silent"
    else:
        fair = status in ("derived", "split") and expected and Decimal(expected[1]) == read
        judgement = "derived" if fair else "invented"
    return Judged(judgement, *key, value, "" if read is None else f"{read.normalize():f} ({status})")


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
    described = _described(folder)
    columns = ("file", "table", "row", "column", "value", "note")
    lines = [row for _, row in read_register(folder / "truth.csv", columns)]
    for name in dict.fromkeys(line["file"] for line in lines):
        progress(name)
        score = Score(name)
        cells: dict[CellKey, FormCell] = {}
        try:
            report = read_report(folder / name)
            cells = {cell.key: cell for cell in report.cell_list}
            score.misread = _misread(report, described.get(name, {}))
        except ReadError as error:
            score.error = str(error)
        truth = {
            (x["table"], x["row"], x["column"]): (x["value"], x["note"]) for x in lines if x["file"] == name
        }
        for key in {**truth, **{key: cell for key, cell in cells.items() if cell.value is not None}}:
            value, note = truth.get(key, ("", ""))
            score.add(judge(key, value, note, cells.get(key)), printed=bool(value))
        yield score


def _described(folder: Path) -> dict[str, dict[str, str]]:
    """The lines of a folder's ``reports.csv`` by file; none where there is no such list."""
    path = folder / "reports.csv"
    if not path.exists():
        return {}
    return {row["file"]: row for _, row in read_register(path, ("file", "year", "form"))}


def _misread(report: Report, described: dict[str, str]) -> list[str]:
    """Where a report's year or edition is not the one that the list tells."""
    pairs = (
        ("year", described.get("year"), report.year),
        ("edition", described.get("form"), report.edition),
    )
    return [
        f"{name}: truth {truth}, read {read or 'none'}"
        for name, truth, read in pairs
        if truth and truth != str(read or "")
    ]


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
        right = f"{every.right_of_printed} of {every.printed} printed figures are right"
        said.append(f"{right}, less than {at_least:g} %")
    return said


def together(scores: Iterable[Score]) -> Score:
    """All cells of several files."""
    every = Score("all")
    for score in scores:
        every.counts += score.counts
        every.printed += score.printed
        every.wrong += score.wrong
    return every
