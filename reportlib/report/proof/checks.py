"""Identities and rules -> values, statuses and findings.

`prove` turns what stands in the cells of one document into facts: what the identities settle,
which hold, which fail, which cell is the likely misprint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ...form import Equation, Key
from ...reading.document import Route
from ..extraction.choice import OpenLine
from ..extraction.numerals import Atom, Numeral, unit_factor
from ..extraction.tables import Extracted, TableCells
from ..readings import Choice, Readings
from ..report import CellFact, Finding, Found, Status, Verdict
from .solve import Sum, blame, solve

__all__ = ["prove"]


def prove(
    extracted: Extracted, route: Route = "text"
) -> tuple[tuple[CellFact, ...], tuple[Finding, ...], dict[str, int]]:
    """Prove the figures of one document against the form's own sums.

    Parameters
    ----------
    extracted
        What stands in the cells.
    route
        How the figures were read: a likely misprint is called a likely misreading after OCR.

    Returns
    -------
    facts, findings, passes
        Every cell of the tables that are there, in the order of the form; the findings, failed
        identities first; how often each rule held.
    """
    proofs = [_Proof(cells, route) for cells in extracted.tables.values()]
    findings = [*(finding for proof in proofs for finding in proof.findings), *extracted.findings]
    order = {"fail": 0, "warn": 1, "not_assessable": 2}
    return (
        tuple(fact for proof in proofs for fact in proof.facts()),
        tuple(sorted(findings, key=lambda finding: order[finding.verdict])),
        dict(sum((proof.passes for proof in proofs), Counter[str]())),
    )


class _Proof:
    """The proof of one table."""

    def __init__(self, cells: TableCells, route: Route) -> None:
        self.cells, self.table, self.route = cells, cells.table, route
        self.keys = self.table.keys(cells.alternative)
        self.index = {key: i for i, key in enumerate(self.keys)}
        self.equations = self.table.equations(cells.alternative)
        self.findings: list[Finding] = []
        self.passes: Counter[str] = Counter()
        self.values: dict[Key, Decimal] = {}
        self.status: dict[Key, Status] = {}
        self.suspect: set[Key] = set()
        self.confirmations: Counter[Key] = Counter()
        self._printed()
        self._lines()
        self._settle()
        self._check()

    # ------------------------------------------------------------------ what is printed
    def _printed(self) -> None:
        self.uncountable: set[Key] = set()
        for key, one in self.cells.cells.items():
            value = one.numeral.value
            if one.numeral.found == "unreadable":
                self._warn("cell_unreadable", key, one, printed=one.text.strip())
            if value is None or key not in self.index:
                continue
            column = self.table.column(key[1])
            factor = unit_factor(one.numeral.unit, column.unit)
            if factor != 1:
                value = value * factor
                self._warn("unit_converted", key, one, printed=one.numeral.unit, unit=column.unit)
            self.values[key], self.status[key] = value, "printed"
            if column.kind == "count" and (value < 0 or value != value.to_integral_value()):
                self.uncountable.add(key)
                self._warn("not_a_count", key, one, printed=one.text.strip())
            if one.numeral.remark:
                self._warn("remark_in_cell", key, one, remark=one.numeral.remark, value=float(value))
            if one.numeral.wrapped:
                self._warn("number_wrapped", key, one, value=float(value))

    def _warn(self, rule: str, key: Key, one: Atom, **parts: Any) -> None:
        self.findings.append(Finding.of(rule, "warn", self.table.code, *key, where=one.where, **parts))

    def _lines(self) -> None:
        """Lines that are not sure: those with one reading are known, of the others the sums choose one."""
        self.open: dict[Key, OpenLine] = {}
        self.choices: list[tuple[OpenLine, Choice]] = []
        self.torn: set[str] = set()
        for line in self.cells.lines:
            self.open |= dict.fromkeys(line.keys, line)
            choice = line.choice(self.index)
            if choice is not None and self._fails_alone(choice):
                self._contradicted(line)
            elif choice is None:
                if line.cut:
                    self._contradicted(line)
            elif len(choice.tuples) == 1:
                self._take(line, choice.tuples)
            else:
                self.choices.append((line, choice))

    def _fails_alone(self, choice: Choice) -> bool:
        """Whether the sums of its own rows rule out every reading of a line."""
        cells = {self.keys[i] for i in choice.cells}
        inside = [one for one in self.equations if cells.issuperset(one.left + one.right)]
        return bool(solve([None] * len(self.keys), self._sums(inside), [choice]).failing)

    def _contradicted(self, line: OpenLine) -> None:
        """Whatever stands in such a line, it is not what the sums would have: nothing follows in it."""
        self.torn |= set(line.rows)
        if line.cut:
            self._about("digits_unreadable", line, printed=line.printed)
        else:
            cells = len(line.readings[0].cells)
            self._about("columns_unclear", line, cells=cells, columns=len(line.keys))

    def _take(self, line: OpenLine, kept: Readings) -> None:
        """Read what the readings that the sums leave have in common."""
        chosen = line.chosen(kept)
        for key in line.keys:
            if key in chosen.open:
                self.status[key] = "ambiguous"
            elif not line.cut:
                del self.open[key]
        for key, one in chosen.cells.items():
            self.cells.cells[key] = one
            if one.numeral.value is not None:
                self.values[key], self.status[key] = one.numeral.value, chosen.status
        if chosen.open and line.cut:
            readings = [" ".join(map(str, reading)) for reading in kept]
            parts: dict[str, Any] = {"number": len(kept), "readings": readings}
            self._about("several_readings", line, printed=line.printed, **parts)
        elif chosen.open:
            cells = len(line.readings[0].cells)
            self._about("columns_unclear", line, cells=cells, columns=len(line.keys))
        elif not chosen.surest:
            self._about("columns_by_sum", line, printed=line.printed)

    def _about(self, rule: str, line: OpenLine, **parts: Any) -> None:
        row = line.rows[0] if len(line.rows) == 1 else ""
        self.findings.append(Finding.of(rule, "warn", self.table.code, row, where=line.where, **parts))

    # ------------------------------------------------------------------ what the identities settle
    def _settle(self) -> None:
        self._find_gaps()
        self.failing: set[Equation] = set()
        self.culprit: tuple[int, int] | None = None
        if len(self.gaps) == len(self.equations) and not any(self.gaps.values()):
            return
        counted = [equation for equation in self.equations if self._counts(equation)]
        sums = self._sums(counted)
        known = [self.values.get(key) for key in self.keys]
        figures = [None if value is None else int(value) if value == int(value) else value for value in known]
        choices = [choice for _, choice in self.choices]
        solution = solve(figures, sums, choices)
        self.failing = {counted[k] for k in solution.failing}
        self.culprit = blame(figures, sums, choices, solution.cores)
        for number, (line, choice) in enumerate(self.choices):
            settled = [solution.values.get(cell) for cell in choice.cells]
            single = tuple(one for one in choice.tuples if _agrees(one, settled))
            self._take(line, solution.candidates.get(number) or single or choice.tuples)
        for i, value in solution.values.items():
            key = self.keys[i]
            if key[0] not in self.torn and key not in self.values:
                self.values[key] = Decimal(value)
                cut = key in self.open and self.open[key].cut
                self.status[key] = "split" if cut else "derived"
        if solution.gave_up:
            self.findings.append(Finding("not_proved", "warn", self.table.code))
        self._find_gaps()

    def _find_gaps(self) -> None:
        """How much the right side of each identity exceeds the left, where every figure is known."""
        self.gaps = {
            equation: self._sum(equation.right) - self._sum(equation.left)
            for equation in self.equations
            if all(key in self.values for key in equation.left + equation.right)
        }

    def _sums(self, equations: Iterable[Equation]) -> list[Sum]:
        index = self.index
        return [
            Sum(tuple(index[key] for key in one.left), tuple(index[key] for key in one.right))
            for one in equations
        ]

    def _counts(self, equation: Equation) -> bool:
        """Whether an identity can be assessed and may settle what is not printed."""
        local = self._local(equation)
        if equation in self.gaps:
            return self.gaps[equation] == 0 or self.gaps[equation] not in {sum(local), *local}
        # Nothing follows from what is no count, nor where it is not known whether a local row is counted in.
        torn = equation.identity.per == "row" and equation.line in self.torn
        return not (torn or any(local) or self.uncountable.intersection(equation.left + equation.right))

    def _local(self, equation: Equation) -> list[Decimal]:
        """The figures of local rows that the publisher may have counted among the outcomes."""
        if not self.cells.local or equation.identity.per == "row" or len(equation.left) < 3:
            return []
        there = {row for row, _ in [*self.cells.cells, *self.open]}
        if len(self.cells.local) <= len({row for row, _ in equation.left} - there):
            return []  # they may well be the form's own rows that are not found
        figures = [
            row.cells[equation.line].numeral.value for row in self.cells.local if equation.line in row.cells
        ]
        return [figure for figure in figures if figure is not None]

    def _sum(self, side: tuple[Key, ...]) -> Decimal:
        return sum((self.values[key] for key in side), Decimal(0))

    # ------------------------------------------------------------------ which identities hold
    def _check(self) -> None:
        for equation in self.equations:
            operands = equation.left + equation.right
            unprinted = [key for key in operands if self.status.get(key) != "printed"]
            if not unprinted and self.gaps[equation] == 0:
                self.passes[equation.identity.code] += 1
                self.confirmations.update(operands)
                continue
            missing = [key for key in unprinted if key not in self.values]
            left, right = (None, None) if missing else (self._sum(equation.left), self._sum(equation.right))
            if equation in self.failing:
                self.suspect.update(key for key in operands if key in self.values)
                self._find(equation, "fail", left, right, **self._contradiction(equation, left, right))
            elif unprinted:
                # The sum was used to settle what is not printed: that is no second figure.
                if not missing and left == right and len(unprinted) == 1:
                    self.confirmations.update(unprinted)
                cells = len(missing or unprinted)
                self._find(equation, "not_assessable", None, None, say="open", cells=cells)
            else:
                self._find(equation, "not_assessable", left, right, say="only_with_local_rows")

    def _contradiction(
        self, equation: Equation, left: Decimal | None, right: Decimal | None
    ) -> dict[str, Any]:
        parts: dict[str, Any] = {"say": "impossible", "heals": ""}
        if left is not None and right is not None:
            parts |= {"say": "differs", "difference": float(left - right)}
        if self.culprit and (key := self.keys[self.culprit[0]]) in equation.left + equation.right:
            kind = "misread" if self.route == "ocr" else "misprint"
            cell = {"table": self.table.code, "row": key[0], "column": key[1]}
            parts["heals"] = {
                "say": kind,
                **cell,
                "printed": float(self.values[key]),
                "value": self.culprit[1],
            }
        return parts

    def _find(
        self,
        equation: Equation,
        verdict: Verdict,
        left: Decimal | None,
        right: Decimal | None,
        **parts: Any,
    ) -> None:
        row, column = (equation.line, "") if equation.identity.per == "row" else ("", equation.line)
        there = (
            key for key in (equation.right[0], *equation.left, *equation.right) if key in self.cells.cells
        )
        self.findings.append(
            Finding.of(
                equation.identity.code,
                verdict,
                self.table.code,
                row,
                column,
                None if left is None else float(left),
                None if right is None else float(right),
                next((self.cells.cells[key].where for key in there), ""),
                **parts,
            )
        )

    # ------------------------------------------------------------------ facts
    def facts(self) -> list[CellFact]:
        """Every cell of the table, in the order of the form."""
        facts = []
        for key in self.keys:
            found, printed, one = self._found(key)
            value, status, suspect = self.values.get(key), self.status.get(key, "none"), key in self.suspect
            needed = 1 if status == "printed" else 2
            facts.append(
                CellFact(
                    self.table.code,
                    *key,
                    None if value is None else float(value),
                    found,
                    status,
                    printed,
                    one.where if one else "",
                    suspect,
                    not suspect and self.confirmations[key] >= needed,
                    one.box if one else None,
                )
            )
        return facts

    def _found(self, key: Key) -> tuple[Found, str | None, Atom | None]:
        line = self.open.get(key)
        if line:
            one = Atom(line.printed, Numeral("unreadable"), line.where)
            return "run_together" if line.cut else "unreadable", line.printed, one
        if key not in self.cells.cells:
            return "missing", None, None
        one = self.cells.cells[key]
        printed = "" if one.numeral.found == "blank" else one.text.strip()
        return one.numeral.found, printed, one


def _agrees(reading: tuple[int | None, ...], settled: Iterable[int | None]) -> bool:
    """Whether a reading has the settled values in all its figures."""
    return all(one is None or one == other for one, other in zip(reading, settled, strict=True))
