"""How well reports are read, cell by cell, against known truth.

A folder of truth holds the files and a ``truth.csv`` with a line for every cell of the form that
a table in a file has: ``file, table, row, column, printed, value, note``; `value` is empty where
the cell is blank, lost, a dash or open to several readings, and ``derived=N`` in `note` is what
the sums leave for it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from .errors import ReadError, ReportlibError
from .pipeline import read_report
from .report import CellFact

__all__ = ["JUDGEMENTS", "Score", "Verdict", "judge", "measure"]

Judgement = Literal["right", "derived", "open", "flagged", "silent", "invented"]
JUDGEMENTS: tuple[Judgement, ...] = ("right", "derived", "open", "flagged", "silent", "invented")
_DERIVED = re.compile(r"derived=(-?[\d.]+)")


class Verdict(NamedTuple):
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
    what is not printed, given as printed or not as the sums have it.
    """

    file: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(map(str, JUDGEMENTS), 0))
    printed: int = 0
    wrong: list[Verdict] = field(default_factory=list)
    error: str = ""

    def add(self, verdict: Verdict, printed: bool) -> None:
        """Count one cell."""
        self.counts[verdict.judgement] += 1
        self.printed += printed
        if verdict.judgement not in ("right", "derived"):
            self.wrong.append(verdict)

    @property
    def right_of_printed(self) -> int:
        """Printed cells with the right value."""
        return self.printed - sum(v.truth != "" for v in self.wrong)


def judge(key: tuple[str, str, str], value: str, note: str, fact: CellFact | None) -> Verdict:
    """Compare one cell with its truth."""
    read = None if fact is None or fact.value is None else Decimal(repr(fact.value))
    shown = "" if read is None or fact is None else f"{read.normalize():f} ({fact.status})"
    if value:
        if read is None:
            return Verdict("open", *key, value, shown)
        if read == Decimal(value):
            return Verdict("right", *key, value, shown)
        return Verdict("flagged" if fact and fact.suspect else "silent", *key, value, shown)
    if read is None or fact is None:
        return Verdict("right", *key, "", shown)
    expected = _DERIVED.search(note)
    fair = fact.status in ("derived", "split") and (expected is None or Decimal(expected[1]) == read)
    return Verdict("derived" if fair and expected else "invented", *key, "", shown)


def measure(folder: Path, progress: Callable[[str], None] = lambda _: None) -> Iterator[Score]:
    """Read every file of a folder of truth and score it.

    Parameters
    ----------
    folder
        Holds the files and ``truth.csv``.
    progress
        Called with the name of each file before it is read.

    Raises
    ------
    ReportlibError
        The folder has no ``truth.csv``.
    """
    try:
        with (folder / "truth.csv").open(encoding="utf-8-sig", newline="") as stream:
            lines = list(csv.DictReader(stream))
    except OSError as error:
        raise ReportlibError(
            f"cannot be read ({error.strerror})",
            file=str(folder / "truth.csv"),
            hint="Name a folder of files with their truth.",
        ) from error
    for name in dict.fromkeys(line["file"] for line in lines):
        progress(name)
        score = Score(name)
        try:
            facts = {(f.table, f.row, f.column): f for f in read_report(folder / name).facts}
        except ReadError as error:
            facts, score.error = {}, str(error)
        seen = set()
        for line in lines:
            if line["file"] != name:
                continue
            key = (line["table"], line["row"], line["column"])
            seen.add(key)
            score.add(judge(key, line["value"], line["note"], facts.get(key)), printed=bool(line["value"]))
        for key, fact in facts.items():
            if key not in seen and fact.value is not None:
                score.add(judge(key, "", "", fact), printed=False)
        yield score
