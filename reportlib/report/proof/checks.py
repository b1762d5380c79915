"""Identities and rules -> values, statuses and findings.

`prove` turns what stands in the cells of one document into cells of the form: what the identities settle,
which hold, which fail, which cell is the likely misprint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from ...form import CellKey, Equation, Key, Label
from ...reading.document import Route
from ..extraction.choice import OpenLine
from ..extraction.extract import Extracted, TableCells
from ..extraction.numerals import Atom, unit_factor
from ..readings import Choice, Readings
from ..report import Correction, Finding, FormCell, Found, Status, Verdict
from .declared import Declared, declare
from .solve import Figure, Solution, blame, solve

__all__ = ["Proved", "prove"]


class Proved(NamedTuple):
    """What is proved of one document.

    Attributes
    ----------
    cells
        Every cell of the tables that are there, in the order of the form.
    findings
        What was found, failed identities first.
    passes
        How often each rule gave the verdict ``pass``.
    """

    cells: tuple[FormCell, ...]
    findings: tuple[Finding, ...]
    passes: dict[str, int]


def prove(extracted: Extracted, route: Route = "text", corrections: Collection[Correction] = ()) -> Proved:
    """Prove the figures of one document against the form's own sums.

    Parameters
    ----------
    extracted
        What stands in the cells.
    route
        How the figures were read: a likely misprint is called a likely misreading after OCR.
    corrections
        What is declared of single cells. The sums are then those of the declared figures; what fails with
        the printed ones stays a finding.
    """
    printed = _proved(extracted, route, {})
    if not corrections:
        return printed
    declared, said = declare(corrections, printed.cells)
    corrected = _proved(extracted, route, declared)
    news = [one for one in corrected.findings if one.verdict == "fail" and one not in printed.findings]
    return Proved(corrected.cells, (*news, *printed.findings, *said), printed.passes)


def _proved(extracted: Extracted, route: Route, declared: Mapping[CellKey, Declared]) -> Proved:
    cells: list[FormCell] = []
    findings: list[Finding] = []
    passes: Counter[str] = Counter()
    for given in extracted.tables.values():
        proof = _Proof(given, route, declared)
        cells += proof.form_cells()
        findings += proof.findings
        passes += proof.passes
    order = {"fail": 0, "warn": 1, "not_assessable": 2}
    findings = sorted([*findings, *extracted.findings], key=lambda finding: order[finding.verdict])
    return Proved(tuple(cells), tuple(findings), dict(passes))


@dataclass(slots=True)
class _Cell:
    """A cell while it is proved: what stands there, and what is known of its value.

    Attributes
    ----------
    column
        The column of the form that it stands in.
    atom
        What is printed in it.
    declared
        A correction of it.
    line
        The line that it stands in, as long as it is not sure which of its figures is the cell's.
    confirmed
        How many identities give its value.
    """

    column: Label
    atom: Atom | None
    declared: Declared | None
    line: OpenLine | None = None
    value: Figure | None = None
    status: Status = "none"
    suspect: bool = False
    confirmed: int = 0

    @property
    def action(self) -> str:
        """What is declared of it."""
        return self.declared.correction.action if self.declared else ""

    @property
    def is_countable(self) -> bool:
        """Whether it has no value that a cell for counts cannot have."""
        value = self.value
        return value is None or self.column.kind != "count" or (isinstance(value, int) and value >= 0)

    def take(self, value: Decimal, status: Status) -> None:
        """Have a value: an integer where it is one."""
        whole = int(value)
        self.value, self.status = whole if whole == value else value, status

    def form_cell(self, key: CellKey) -> FormCell:
        """The cell of the report."""
        value, status = _float(self.value), self.status
        suspect = self.suspect or (self.declared is not None and self.action == "flag")
        proved = not suspect and self.confirmed >= (1 if status == "printed" else 2)
        if self.declared:
            before = self.declared.cell
            return before._replace(value=value, status=status, suspect=suspect, proved=proved)
        found: Found = "missing"
        printed, where, box = None, "", None
        if line := self.line:
            found, printed, where = "run_together" if line.cut else "unreadable", line.printed, line.where
        elif one := self.atom:
            found, where, box = one.numeral.found, one.where, one.box
            printed = "" if found == "blank" else one.text.strip()
        return FormCell(*key, value, found, status, printed, where, suspect, proved, box)


class _Sum(NamedTuple):
    """An identity of the form over the cells of a table."""

    equation: Equation
    left: list[_Cell]
    right: list[_Cell]

    @property
    def cells(self) -> list[_Cell]:
        """The cells of both sides."""
        return self.left + self.right

    def sides(self) -> tuple[Figure | None, Figure | None]:
        """What each side comes to; None where a cell has no value."""
        return _total(self.left), _total(self.right)


def _total(cells: Iterable[_Cell]) -> Figure | None:
    total: Figure = 0
    for cell in cells:
        if cell.value is None:
            return None
        total += cell.value
    return total


class _Proof:
    """The proof of one table."""

    def __init__(self, given: TableCells, route: Route, declared: Mapping[CellKey, Declared]) -> None:
        self.given, self.table, self.route = given, given.table, route
        columns = {column.code: column for column in self.table.columns}
        self.cells = {
            key: _Cell(columns[key[1]], given.cells.get(key), declared.get((self.table.code, *key)))
            for key in self.table.keys(given.alternative)
        }
        self.sums = [
            _Sum(one, [self.cells[key] for key in one.left], [self.cells[key] for key in one.right])
            for one in self.table.equations(given.alternative)
        ]
        self.findings: list[Finding] = []
        self.passes: Counter[str] = Counter()
        self.choices: list[tuple[OpenLine, Choice]] = []
        self.torn: set[str] = set()  # rows of digits without any reading
        for key, cell in self.cells.items():
            self._read(key, cell)
        for line in given.lines:
            self._read_line(line)
        self._settle()

    def form_cells(self) -> list[FormCell]:
        """Every cell of the table, in the order of the form."""
        return [cell.form_cell((self.table.code, *key)) for key, cell in self.cells.items()]

    def _warn(self, rule: str, one: Atom | OpenLine, row: str = "", column: str = "", **parts: Any) -> None:
        said = Finding.of(rule, "warn", self.table.code, row, column, where=one.where, **parts)
        self.findings.append(said)

    # ------------------------------------------------------------------ what is printed
    def _read(self, key: Key, cell: _Cell) -> None:
        """Take what is printed in a cell, or what is declared in its place."""
        if cell.atom:
            self._read_atom(key, cell, cell.atom)
        if cell.declared and cell.action == "override":
            cell.take(Decimal(str(cell.declared.correction.value)), "corrected")
        elif cell.declared and cell.action == "drop":
            cell.value, cell.status = None, "none"

    def _read_atom(self, key: Key, cell: _Cell, one: Atom) -> None:
        numeral, value = one.numeral, one.numeral.value
        if value is None:
            if numeral.found == "unreadable":
                self._warn("cell_unreadable", one, *key, printed=one.text.strip())
            return
        if numeral.unit and (factor := unit_factor(numeral.unit, cell.column.unit)) != 1:
            self._warn("unit_converted", one, *key, printed=numeral.unit, unit=cell.column.unit)
            value *= factor
        cell.take(value, "printed")
        if not cell.is_countable:
            self._warn("not_a_count", one, *key, printed=one.text.strip())
        if numeral.remark:
            self._warn("remark_in_cell", one, *key, remark=numeral.remark, value=float(value))
        if numeral.wrapped:
            self._warn("number_wrapped", one, *key, value=float(value))

    def _read_line(self, whole: OpenLine) -> None:
        """Take a line that is not sure: with one reading it is known, of several the sums choose one.

        Where digits have none at all, whatever stands there is not what the sums would have.
        """
        keys = tuple(key for key in whole.keys if self.cells[key].action not in ("override", "drop"))
        line = replace(whole, keys=keys)
        for key in keys:
            self.cells[key].line = line
        choice = line.choice()
        if choice and len(choice.tuples) == 1:
            self._take(line, choice.tuples)
        elif choice:
            self.choices.append((line, choice))
        elif line.cut:
            self.torn |= set(line.rows)
            self._about("digits_unreadable", line, printed=line.printed)

    def _take(self, line: OpenLine, kept: Readings) -> None:
        """Read what the readings that the sums leave have in common."""
        chosen = line.chosen(kept)
        for key in line.keys:
            cell = self.cells[key]
            if key in chosen.open:
                cell.status = "ambiguous"
            elif not line.cut:
                cell.line = None
            if one := chosen.cells.get(key):
                cell.atom = one
                if one.numeral.value is not None:
                    cell.take(one.numeral.value, chosen.status)
        if chosen.open and line.cut:
            readings = [" ".join(map(str, reading)) for reading in kept]
            parts: dict[str, Any] = {"number": len(kept), "readings": readings}
            self._about("several_readings", line, printed=line.printed, **parts)
        elif chosen.open:
            self._unclear(line)
        elif not chosen.surest:
            self._about("columns_by_sum", line, printed=line.printed)

    def _unclear(self, line: OpenLine) -> None:
        self._about("columns_unclear", line, cells=len(line.readings[0].cells), columns=len(line.keys))

    def _about(self, rule: str, line: OpenLine, **parts: Any) -> None:
        row = line.rows[0] if len(line.rows) == 1 else ""
        self._warn(rule, line, row, **parts)

    # ------------------------------------------------------------------ what the identities settle
    def _settle(self) -> None:
        """Let the identities that count settle what is not printed, and judge them all."""
        failing: set[Equation] = set()
        culprit = None
        if self.choices or any(left is None or left != right for left, right in map(_Sum.sides, self.sums)):
            counted = [one.equation for one in self.sums if self._counts(one)]
            solution, culprit = self._solved(counted)
            failing = {counted[k] for k in solution.failing}
        for one in self.sums:
            if one.equation in failing:
                self._fails(one, culprit)
            else:
                self._judge(one)

    def _solved(self, counted: Sequence[Equation]) -> tuple[Solution, tuple[Key, int] | None]:
        """Take what the sums settle; the likely misprint is told with what they say."""
        known = {key: cell.value for key, cell in self.cells.items() if cell.value is not None}
        choices = [choice for _, choice in self.choices]
        solution = solve(known, counted, choices)
        for number, (line, choice) in enumerate(self.choices):
            self._take(line, solution.readings.get(number, choice.tuples))
        for key, value in solution.values.items():
            cell = self.cells[key]
            if cell.value is None and cell.action != "drop" and key[0] not in self.torn:
                cell.value, cell.status = value, "split" if cell.line and cell.line.cut else "derived"
        if solution.gave_up:
            self.findings.append(Finding("not_proved", "warn", self.table.code))
        named = None if solution.gave_up else blame(known, counted, choices, solution.cores)
        return solution, named

    def _counts(self, one: _Sum) -> bool:
        """Whether an identity can be assessed and may settle what is not printed."""
        local = self._local(one.equation)
        left, right = one.sides()
        if left is not None and right is not None:
            return left == right or right - left not in {sum(local), *local}
        # Nothing follows from what is no count, nor where it is not known whether a local row is counted in.
        torn = one.equation.identity.per == "row" and one.equation.line in self.torn
        return not torn and not any(local) and all(cell.is_countable for cell in one.cells)

    def _local(self, one: Equation) -> list[Decimal]:
        """The figures of local rows that the publisher may have counted among the outcomes."""
        local = self.given.local
        if not local or one.identity.per == "row" or len(one.left) < 3:
            return []
        there = {row for (row, _), cell in self.cells.items() if cell.atom or cell.line}
        if len(local) <= len({row for row, _ in one.left} - there):
            return []  # they may well be the form's own rows that are not found
        cells = [row.cells[one.line] for row in local if one.line in row.cells]
        return [cell.numeral.value for cell in cells if cell.numeral.value is not None]

    # ------------------------------------------------------------------ which identities hold
    def _judge(self, one: _Sum) -> None:
        """Say of an identity that does not fail whether it holds, and what it confirms."""
        left, right = one.sides()
        holds = left is not None and left == right
        unprinted = [cell for cell in one.cells if cell.status != "printed"]
        if unprinted:
            missing = [cell for cell in unprinted if cell.value is None]
            self._verdict(one, "not_assessable", say="open", cells=len(missing or unprinted))
        elif holds:
            self.passes[one.equation.identity.code] += 1
        else:
            self._verdict(one, "not_assessable", left, right, say="only_with_local_rows")
        # A sum that was used to settle what is not printed is no second figure.
        if holds and len(unprinted) < 2:
            for cell in unprinted or one.cells:
                cell.confirmed += 1

    def _fails(self, one: _Sum, culprit: tuple[Key, int] | None) -> None:
        for cell in one.cells:
            cell.suspect |= cell.value is not None
        sides = left, right = one.sides()
        parts: dict[str, Any] = {"say": "impossible", "heals": ""}
        if left is None or right is None:
            sides = None, None
        else:
            parts |= {"say": "differs", "difference": float(left - right)}
        if culprit and culprit[0] in one.equation.cells:
            parts["heals"] = self._heals(*culprit)
        self._verdict(one, "fail", *sides, **parts)

    def _heals(self, key: Key, value: int) -> Any:
        """The likely misprint, as a part of a finding; what is declared is none."""
        cell, (row, column) = self.cells[key], key
        if cell.status == "corrected":
            return ""
        kind = "misread" if self.route == "ocr" else "misprint"
        place = {"table": self.table.code, "row": row, "column": column}
        return {"say": kind, **place, "printed": float(cell.value or 0), "value": value}

    def _verdict(
        self,
        one: _Sum,
        verdict: Verdict,
        left: Figure | None = None,
        right: Figure | None = None,
        **parts: Any,
    ) -> None:
        """Say what is found of an identity, with the place of its first cell that is there."""
        line, identity = one.equation.line, one.equation.identity
        row, column = (line, "") if identity.per == "row" else ("", line)
        there = (cell.atom.where for cell in (one.right[0], *one.cells) if cell.atom)
        sides = _float(left), _float(right)
        said = Finding.of(
            identity.code, verdict, self.table.code, row, column, *sides, next(there, ""), **parts
        )
        self.findings.append(said)


def _float(figure: Figure | None) -> float | None:
    return None if figure is None else float(figure)
