"""Identities and rules -> values, statuses and findings.

`prove` turns what stands in the cells of one document into facts: what the identities settle,
which hold, which fail, which cell is the likely misprint.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from ...form import Equation, Key
from ...reading.document import Route
from ..extraction.extract import Extracted, TableCells
from ..extraction.lines import Atom
from ..extraction.numerals import unit_factor
from ..readings import Choice, cuts
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
        self._cut()
        self._settle()
        self._check()

    # ------------------------------------------------------------------ what is printed
    def _printed(self) -> None:
        self.uncountable: set[Key] = set()
        for key, one in self.cells.cells.items():
            value = one.numeral.value
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

    def _cut(self) -> None:
        """Digits that run together: a line with one reading is known, one with several the sums choose
        from.
        """
        self.choices: dict[str, Choice] = {}
        self.torn: set[str] = set()
        summed = {equation.line for equation in self.equations if equation.identity.per == "row"}
        for row, one in self.cells.digits.items():
            if row not in summed:
                continue
            keys = [(row, column.code) for column in self.table.block_of(row).columns]
            readings = cuts(one.text.strip(), len(keys))
            if len(readings) == 1:
                self.values |= dict(zip(keys, map(Decimal, readings[0]), strict=True))
                self.status |= dict.fromkeys(keys, "split")
            elif readings:
                self.choices[row] = Choice(tuple(self.index[key] for key in keys), tuple(readings))
                self.status |= dict.fromkeys(keys, "ambiguous")
            else:
                self.torn.add(row)
                self._warn("digits_unreadable", (row, ""), one, printed=one.text.strip())

    # ------------------------------------------------------------------ what the identities settle
    def _settle(self) -> None:
        self.gaps = {
            equation: self._sum(equation.right) - self._sum(equation.left)
            for equation in self.equations
            if all(key in self.values for key in equation.left + equation.right)
        }
        self.failing: set[Equation] = set()
        self.culprit: tuple[int, int] | None = None
        if len(self.gaps) == len(self.equations) and not any(self.gaps.values()):
            return
        counted = [equation for equation in self.equations if self._counts(equation)]
        sums = [
            Sum(tuple(self.index[k] for k in e.left), tuple(self.index[k] for k in e.right)) for e in counted
        ]
        known = [self.values.get(key) for key in self.keys]
        figures = [None if value is None else int(value) if value == int(value) else value for value in known]
        choices = list(self.choices.values())
        solution = solve(figures, sums, choices)
        self.failing = {counted[k] for k in solution.failing}
        self.culprit = blame(figures, sums, choices, solution.cores)
        for i, value in solution.values.items():
            row = self.keys[i][0]
            if row not in self.torn:  # whatever stands there, it is not what the sums would have
                self.values[self.keys[i]] = Decimal(value)
                self.status[self.keys[i]] = "split" if row in self.choices else "derived"
        for k, left in solution.candidates.items():
            row = list(self.choices)[k]
            one = self.cells.digits[row]
            readings = [" ".join(map(str, reading)) for reading in left]
            printed, number = one.text.strip(), len(left)
            self._warn("several_readings", (row, ""), one, printed=printed, number=number, readings=readings)
        if solution.gave_up:
            self.findings.append(Finding("not_proved", "warn", self.table.code))

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
        there = {row for row, _ in self.cells.cells} | self.cells.digits.keys() | self.cells.unclear.keys()
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
        row = key[0]
        if row in self.cells.digits:
            one = self.cells.digits[row]
            return "run_together", one.text, one
        if row in self.cells.unclear:
            line = self.cells.unclear[row]
            one = line.atoms[0]
            return (
                "unreadable",
                " ".join(a.text.strip() for a in line.atoms),
                one._replace(where=line.where, box=None),
            )
        if key not in self.cells.cells:
            return "missing", None, None
        one = self.cells.cells[key]
        printed = "" if one.numeral.found == "blank" else one.text.strip()
        return one.numeral.found, printed, one
