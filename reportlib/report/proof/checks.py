"""Identities and rules -> values, statuses and findings.

`prove` turns what stands in the cells of one document into cells of the form: what the identities settle,
which hold, which fail, which cell is the likely misprint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from ...form import Equation, Key, Label, Table
from ...reading.document import Route
from ..extraction.choice import OpenLine
from ..extraction.numerals import Atom, unit_factor
from ..extraction.tables import Extracted, TableCells
from ..readings import Choice, Readings
from ..report import Correction, Finding, FormCell, Found, Status, Verdict
from .declared import Declared, declare
from .solve import Figure, Sum, blame, solve

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


def _proved(extracted: Extracted, route: Route, declared: dict[tuple[str, Key], Declared]) -> Proved:
    proofs = [_Proof(cells, route, declared) for cells in extracted.tables.values()]
    cells: list[FormCell] = []
    findings: list[Finding] = []
    passes: Counter[str] = Counter()
    for proof in proofs:
        cells += proof.form_cells()
        findings += proof.findings
        passes += proof.passes
    order = {"fail": 0, "warn": 1, "not_assessable": 2}
    findings = sorted([*findings, *extracted.findings], key=lambda finding: order[finding.verdict])
    return Proved(tuple(cells), tuple(findings), dict(passes))


class _Layout(NamedTuple):
    """The cells of a table by number, and its identities over them."""

    keys: tuple[Key, ...]
    numbers: dict[Key, int]
    columns: tuple[Label, ...]
    equations: tuple[Equation, ...]
    sums: tuple[Sum, ...]


@cache
def _layout(table: Table, alternative: bool | None) -> _Layout:
    keys = table.keys(alternative)
    index = {key: i for i, key in enumerate(keys)}
    equations = table.equations(alternative)
    sums = tuple(Sum(_numbers(one.left, index), _numbers(one.right, index)) for one in equations)
    return _Layout(keys, index, tuple(table.column(column) for _, column in keys), equations, sums)


def _numbers(keys: Iterable[Key], index: dict[Key, int]) -> tuple[int, ...]:
    return tuple(map(index.__getitem__, keys))


class _Proof:
    """The proof of one table. Cells go by their number."""

    def __init__(self, cells: TableCells, route: Route, declared: dict[tuple[str, Key], Declared]) -> None:
        self.cells, self.table, self.route = cells, cells.table, route
        self.keys, self.index, self.columns, self.equations, self.sums = _layout(
            self.table, cells.alternative
        )
        self.declared = {
            self.index[key]: one for (table, key), one in declared.items() if table == self.table.code
        }
        self.atoms = cells.cells.copy()
        self.values: list[Figure | None] = [None] * len(self.keys)
        self.status: list[Status] = ["none"] * len(self.keys)
        self.findings: list[Finding] = []
        self.passes: Counter[str] = Counter()
        self.suspect: set[int] = set()
        self.confirmations = [0] * len(self.keys)
        self.failing: set[int] = set()
        self.culprit: tuple[int, int] | None = None
        self._printed()
        self._declared()
        self._lines()
        self._settle()
        self._check()

    def _warn(self, rule: str, one: Atom | OpenLine, row: str = "", column: str = "", **parts: Any) -> None:
        said = Finding.of(rule, "warn", self.table.code, row, column, where=one.where, **parts)
        self.findings.append(said)

    # ------------------------------------------------------------------ what is printed
    def _printed(self) -> None:
        for key, one in self.atoms.items():
            numeral = one.numeral
            value: Figure | None = numeral.value
            if numeral.found == "unreadable":
                self._warn("cell_unreadable", one, *key, printed=one.text.strip())
            if value is None or key not in self.index:
                continue
            cell = self.index[key]
            column = self.columns[cell]
            factor = unit_factor(numeral.unit, column.unit)
            if factor != 1:
                value = value * factor
                self._warn("unit_converted", one, *key, printed=numeral.unit, unit=column.unit)
            self.values[cell], self.status[cell] = _count(value), "printed"
            if not self._is_count(cell):
                self._warn("not_a_count", one, *key, printed=one.text.strip())
            if numeral.remark:
                self._warn("remark_in_cell", one, *key, remark=numeral.remark, value=float(value))
            if numeral.wrapped:
                self._warn("number_wrapped", one, *key, value=float(value))

    def _is_count(self, cell: int) -> bool:
        """Whether a cell for a count has none that it cannot be."""
        value = self.values[cell]
        return value is None or self.columns[cell].kind != "count" or (isinstance(value, int) and value >= 0)

    def _declared(self) -> None:
        """What is declared stands in the place of what is printed."""
        for cell, (correction, _) in self.declared.items():
            if correction.action == "override":
                self.values[cell] = _count(Decimal(str(correction.value)))
                self.status[cell] = "corrected"
            elif correction.action == "drop":
                self.values[cell], self.status[cell] = None, "none"

    def _lines(self) -> None:
        """Lines that are not sure: those with one reading are known, of the others the sums choose one."""
        self.open: dict[Key, OpenLine] = {}
        self.choices: list[tuple[OpenLine, Choice]] = []
        self.torn: set[str] = set()
        settled = {self.keys[i] for i, (one, _) in self.declared.items() if one.action != "flag"}
        for whole in self.cells.lines:
            line = replace(whole, keys=tuple(key for key in whole.keys if key not in settled))
            self.open |= dict.fromkeys(line.keys, line)
            choice = line.choice(self.index)
            if choice is None or self._fails_alone(choice):
                if choice or line.cut:
                    self._contradicted(line)
            elif len(choice.tuples) == 1:
                self._take(line, choice.tuples)
            else:
                self.choices.append((line, choice))

    def _fails_alone(self, choice: Choice) -> bool:
        """Whether the sums of its own rows rule out every reading of a line."""
        inside = [one for one in self.sums if set(choice.cells).issuperset(one.cells)]
        return bool(solve([None] * len(self.keys), inside, [choice]).failing)

    def _contradicted(self, line: OpenLine) -> None:
        """Whatever stands in such a line, it is not what the sums would have: nothing follows in it."""
        self.torn |= set(line.rows)
        if line.cut:
            self._about("digits_unreadable", line, printed=line.printed)
        else:
            self._unclear(line)

    def _take(self, line: OpenLine, kept: Readings) -> None:
        """Read what the readings that the sums leave have in common."""
        chosen = line.chosen(kept)
        for key in line.keys:
            if key in chosen.open:
                self.status[self.index[key]] = "ambiguous"
            elif not line.cut:
                del self.open[key]
        for key, one in chosen.cells.items():
            self.atoms[key] = one
            if one.numeral.value is not None:
                cell = self.index[key]
                self.values[cell], self.status[cell] = _count(one.numeral.value), chosen.status
        if chosen.open and line.cut:
            readings = [" ".join(map(str, reading)) for reading in kept]
            parts: dict[str, Any] = {"number": len(kept), "readings": readings}
            self._about("several_readings", line, printed=line.printed, **parts)
        elif chosen.open:
            self._unclear(line)
        elif not chosen.surest:
            self._about("columns_by_sum", line, printed=line.printed)

    def _unclear(self, line: OpenLine) -> None:
        cells = len(line.readings[0].cells)
        self._about("columns_unclear", line, cells=cells, columns=len(line.keys))

    def _about(self, rule: str, line: OpenLine, **parts: Any) -> None:
        self._warn(rule, line, line.rows[0] if len(line.rows) == 1 else "", **parts)

    # ------------------------------------------------------------------ what the identities settle
    def _settle(self) -> None:
        sides = [(self._sum(one.left), self._sum(one.right)) for one in self.sums]
        if all(left is not None and left == right for left, right in sides):
            return
        counted = [k for k, (left, right) in enumerate(sides) if self._counts(k, left, right)]
        sums = [self.sums[k] for k in counted]
        choices = [choice for _, choice in self.choices]
        solution = solve(self.values, sums, choices)
        self.failing = {counted[k] for k in solution.failing}
        self.culprit = blame(self.values, sums, choices, solution.cores)
        for number, (line, choice) in enumerate(self.choices):
            settled = [solution.values.get(cell) for cell in choice.cells]
            single = tuple(one for one in choice.tuples if _agrees(one, settled))
            self._take(line, solution.candidates.get(number) or single or choice.tuples)
        dropped = {cell for cell, (one, _) in self.declared.items() if one.action == "drop"}
        for cell, value in solution.values.items():
            row, _ = key = self.keys[cell]
            if row not in self.torn and self.values[cell] is None and cell not in dropped:
                self.values[cell] = value
                self.status[cell] = "split" if key in self.open and self.open[key].cut else "derived"
        if solution.gave_up:
            self.findings.append(Finding("not_proved", "warn", self.table.code))

    def _counts(self, number: int, left: Figure | None, right: Figure | None) -> bool:
        """Whether an identity can be assessed and may settle what is not printed."""
        equation, one = self.equations[number], self.sums[number]
        local = self._local(equation)
        if left is not None and right is not None:
            return left == right or right - left not in {sum(local), *local}
        # Nothing follows from what is no count, nor where it is not known whether a local row is counted in.
        torn = equation.identity.per == "row" and equation.line in self.torn
        return not torn and not any(local) and all(map(self._is_count, one.cells))

    def _local(self, equation: Equation) -> list[Decimal]:
        """The figures of local rows that the publisher may have counted among the outcomes."""
        if not self.cells.local or equation.identity.per == "row" or len(equation.left) < 3:
            return []
        there = {row for row, _ in [*self.atoms, *self.open]}
        if len(self.cells.local) <= len({row for row, _ in equation.left} - there):
            return []  # they may well be the form's own rows that are not found
        cells = [row.cells[equation.line] for row in self.cells.local if equation.line in row.cells]
        return [one.numeral.value for one in cells if one.numeral.value is not None]

    def _sum(self, cells: Iterable[int]) -> Figure | None:
        """The sum of some cells; None where one has no value."""
        total: Figure = 0
        for cell in cells:
            value = self.values[cell]
            if value is None:
                return None
            total += value
        return total

    # ------------------------------------------------------------------ which identities hold
    def _check(self) -> None:
        for number, one in enumerate(self.sums):
            left, right = self._sum(one.left), self._sum(one.right)
            open_ = left is None or right is None
            unprinted = [cell for cell in one.cells if self.status[cell] != "printed"]
            if number in self.failing:
                self.suspect.update(cell for cell in one.cells if self.values[cell] is not None)
                self._fails(number, *((None, None) if open_ else (left, right)))
            elif unprinted:
                # The sum was used to settle what is not printed: that is no second figure.
                if not open_ and left == right and len(unprinted) == 1:
                    self._confirm(unprinted)
                missing = [cell for cell in unprinted if self.values[cell] is None]
                self._verdict(number, "not_assessable", say="open", cells=len(missing or unprinted))
            elif left == right:
                self.passes[self.equations[number].identity.code] += 1
                self._confirm(one.cells)
            else:
                self._verdict(number, "not_assessable", left, right, say="only_with_local_rows")

    def _confirm(self, cells: Iterable[int]) -> None:
        for cell in cells:
            self.confirmations[cell] += 1

    def _fails(self, number: int, left: Figure | None, right: Figure | None) -> None:
        parts: dict[str, Any] = {"say": "impossible", "heals": ""}
        if left is not None and right is not None:
            parts |= {"say": "differs", "difference": float(left - right)}
        cell, value = self.culprit or (-1, 0)
        if cell in self.sums[number].cells and self.status[cell] != "corrected":
            row, column = self.keys[cell]
            printed = float(self.values[cell] or 0)
            place = {"table": self.table.code, "row": row, "column": column}
            kind = "misread" if self.route == "ocr" else "misprint"
            parts["heals"] = {"say": kind, **place, "printed": printed, "value": value}
        self._verdict(number, "fail", left, right, **parts)

    def _verdict(
        self,
        number: int,
        verdict: Verdict,
        left: Figure | None = None,
        right: Figure | None = None,
        **parts: Any,
    ) -> None:
        """Say what is found of an identity, with the place of its first cell that is there."""
        one = self.equations[number]
        row, column = (one.line, "") if one.identity.per == "row" else ("", one.line)
        sides = [None if side is None else float(side) for side in (left, right)]
        there = (self.atoms[key].where for key in (one.right[0], *one.left, *one.right) if key in self.atoms)
        where = next(there, "")
        code, table = one.identity.code, self.table.code
        said = Finding.of(code, verdict, table, row, column, sides[0], sides[1], where, **parts)
        self.findings.append(said)

    # ------------------------------------------------------------------ cells
    def form_cells(self) -> list[FormCell]:
        """Every cell of the table, in the order of the form."""
        return [self._form_cell(cell, key) for cell, key in enumerate(self.keys)]

    def _form_cell(self, cell: int, key: Key) -> FormCell:
        value, status = self.values[cell], self.status[cell]
        needed = 1 if status == "printed" else 2
        suspect = cell in self.suspect
        proved = not suspect and self.confirmations[cell] >= needed
        number = None if value is None else float(value)
        if cell in self.declared:
            correction, before = self.declared[cell]
            suspect |= correction.action == "flag"
            return before._replace(
                value=number, status=status, suspect=suspect, proved=proved and not suspect
            )
        found: Found = "missing"
        printed, where, box = None, "", None
        if line := self.open.get(key):
            found, printed, where = "run_together" if line.cut else "unreadable", line.printed, line.where
        elif one := self.atoms.get(key):
            found, where, box = one.numeral.found, one.where, one.box
            printed = "" if found == "blank" else one.text.strip()
        return FormCell(self.table.code, *key, number, found, status, printed, where, suspect, proved, box)


def _count(value: Figure) -> Figure:
    """A figure as an integer where it is one."""
    return int(value) if value == int(value) else value


def _agrees(reading: Sequence[int | None], settled: Sequence[int | None]) -> bool:
    """Whether a reading has the settled values in all its figures."""
    return all(one is None or one == other for one, other in zip(reading, settled, strict=True))
