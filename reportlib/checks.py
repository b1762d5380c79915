"""Identities and rules -> values, statuses and findings.

`prove` turns what stands in the cells of one document into facts: what the identities settle,
which hold, which fail, which cell is the likely misprint.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal

from .document import Route
from .extract import Extracted, TableCells
from .form import Equation, Key
from .lines import Atom
from .numerals import unit_factor
from .report import CellFact, Finding, Found, Status
from .solve import Choice, Sum, blame, cuts, solve

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
    facts: list[CellFact] = []
    findings: list[Finding] = []
    passes: Counter[str] = Counter()
    for cells in extracted.tables.values():
        proof = _Proof(cells, route)
        facts += proof.facts()
        findings += proof.findings
        passes.update(proof.passes)
    order = {"fail": 0, "warn": 1, "not_assessable": 2, "pass": 3}
    findings += extracted.findings
    return tuple(facts), tuple(sorted(findings, key=lambda f: order[f.verdict])), dict(passes)


class _Proof:
    """The proof of one table."""

    def __init__(self, cells: TableCells, route: Route) -> None:
        self.cells, self.route = cells, route
        self.table = cells.table
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
        self._solve()
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
                self._warn("unit_converted", key, f"格内单位为“{one.numeral.unit}”，数值已换算为{column.unit}。", one)
            self.values[key], self.status[key] = value, "printed"
            if column.kind == "count" and (value < 0 or value != value.to_integral_value()):
                self.uncountable.add(key)
                self._warn("not_a_count", key, f"“{one.text.strip()}”不是非负整数，而此格应为件数。", one)
            if one.numeral.remark:
                self._warn("remark_in_cell", key, f"数字后另有说明“{one.numeral.remark}”，数值取 {value}。", one)
            if one.numeral.wrapped:
                self._warn("number_wrapped", key, f"数字分两行印刷，按 {value} 读取。", one)

    def _warn(self, rule: str, key: Key, message: str, one: Atom) -> None:
        self.findings.append(Finding(rule, "warn", self.table.code, key[0], key[1], None, None, message, one.where))

    # ------------------------------------------------------------------ what the identities settle
    def _solve(self) -> None:
        self.failing: set[Equation] = set()
        usable = [
            equation for equation in self.equations if not self.uncountable.intersection(equation.left + equation.right)
        ]
        open_cells = [key for key in self.keys if key not in self.values]
        if not open_cells or not self.equations:
            return
        columns = {row: [c.code for c in self.table.block_of(row).columns] for row in self.cells.digits}
        choices, rows = [], []
        for row, one in self.cells.digits.items():
            readings = cuts(one.text.strip(), len(columns[row]))
            if readings:
                rows.append(row)
                choices.append(Choice(tuple(self.index[row, c] for c in columns[row]), tuple(readings)))
            else:
                message = f"连写数字“{one.text.strip()}”无论怎样断开都不满足本行之和。"
                self.findings.append(
                    Finding("digits_unreadable", "warn", self.table.code, row, message=message, where=one.where)
                )
        known = [
            int(self.values[key]) if key in self.values and key not in self.uncountable else None for key in self.keys
        ]
        sums = [Sum(tuple(self.index[k] for k in e.left), tuple(self.index[k] for k in e.right)) for e in usable]
        if not choices and all(value is None for value in known):
            return
        solution = solve(known, sums, choices)
        self.failing = {usable[k] for k in solution.failing}
        split = {key for row in rows for key in self.keys if key[0] == row}
        for i, value in solution.values.items():
            key = self.keys[i]
            self.values[key] = Decimal(value)
            self.status[key] = "split" if key in split else "derived"
        for k, left in solution.candidates.items():
            row, one = rows[k], self.cells.digits[rows[k]]
            texts = "；".join(" ".join(map(str, reading)) for reading in left)
            message = f"连写数字“{one.text.strip()}”有 {len(left)} 种读法都满足勾稽关系：{texts}。"
            self.findings.append(
                Finding("several_readings", "warn", self.table.code, row, message=message, where=one.where)
            )
        for row in rows:
            for column in columns[row]:
                self.status.setdefault((row, column), "ambiguous")
        if solution.timed_out:
            message = "在限定时间内未能证明唯一性，未确定的格不给出数值。"
            self.findings.append(Finding("not_proved_in_time", "warn", self.table.code, message=message))

    # ------------------------------------------------------------------ which identities hold
    def _check(self) -> None:
        gaps: dict[Equation, tuple[Decimal, Decimal]] = {}
        for equation in self.equations:
            operands = equation.left + equation.right
            missing = [key for key in operands if key not in self.values]
            if equation in self.failing and missing:
                self.suspect.update(key for key in operands if key in self.values)
                self._fail(equation, None, None, "无论空缺各格为何数，此式都不能与其他勾稽关系同时成立")
                continue
            if missing:
                self._not_assessable(equation, missing)
                continue
            left = sum((self.values[key] for key in equation.left), Decimal(0))
            right = sum((self.values[key] for key in equation.right), Decimal(0))
            unprinted = [key for key in operands if self.status[key] != "printed"]
            if left == right and not unprinted:
                self.passes[equation.identity.code] += 1
                self.confirmations.update(operands)
            elif left == right:
                # The sum was used to settle what is not printed: that is no second figure.
                self._not_assessable(equation, unprinted)
                if len(unprinted) == 1:
                    self.confirmations.update(unprinted)
            elif self._closes_with_local_row(equation, right - left):
                message = f"{equation.identity.zh}：只有计入格式外的行才能成立，不予判断。"
                self.findings.append(self._finding(equation, "not_assessable", left, right, message))
            else:
                gaps[equation] = (left, right)
        if gaps:
            self._report_gaps(gaps)

    def _closes_with_local_row(self, equation: Equation, gap: Decimal) -> bool:
        if equation.identity.per != "column" or len(equation.left) < 3:
            return False
        figures = [row.cells[equation.line].numeral.value for row in self.cells.local if equation.line in row.cells]
        return gap != 0 and sum((v for v in figures if v is not None), Decimal(0)) == gap

    def _report_gaps(self, gaps: Mapping[Equation, tuple[Decimal, Decimal]]) -> None:
        known = [
            int(self.values[key]) if self.status.get(key) == "printed" and key not in self.uncountable else None
            for key in self.keys
        ]
        sums = [
            Sum(tuple(self.index[k] for k in e.left), tuple(self.index[k] for k in e.right)) for e in self.equations
        ]
        culprit = blame(known, sums)
        kind = "可能读错" if self.route == "ocr" else "可能误印"
        for equation, (left, right) in gaps.items():
            self.suspect.update(key for key in equation.left + equation.right if key in self.values)
            note = ""
            if culprit and (key := self.keys[culprit[0]]) in equation.left + equation.right:
                name = f"{self.table.row(key[0]).zh}×{self.table.column(key[1]).zh}"
                note = f"；只改“{name}”一格（{known[culprit[0]]} → {culprit[1]}，{kind}）则全部成立"
            self._fail(equation, left, right, f"左边 {left}，右边 {right}，相差 {left - right}{note}")

    def _fail(self, equation: Equation, left: Decimal | None, right: Decimal | None, text: str) -> None:
        self.findings.append(self._finding(equation, "fail", left, right, f"{equation.identity.zh}：{text}。"))

    def _not_assessable(self, equation: Equation, missing: list[Key]) -> None:
        message = f"{equation.identity.zh}：有 {len(missing)} 格没有印出数字，不能验证。"
        self.findings.append(self._finding(equation, "not_assessable", None, None, message))

    def _finding(
        self, equation: Equation, verdict: str, left: Decimal | None, right: Decimal | None, message: str
    ) -> Finding:
        per_row = equation.identity.per == "row"
        places = defaultdict(
            None, {k: self.cells.cells[k].where for k in equation.left + equation.right if k in self.cells.cells}
        )
        return Finding(
            equation.identity.code,
            verdict,  # type: ignore[arg-type]
            self.table.code,
            equation.line if per_row else "",
            "" if per_row else equation.line,
            None if left is None else float(left),
            None if right is None else float(right),
            message,
            places.get(equation.right[0]) or next(iter(places.values()), ""),
        )

    # ------------------------------------------------------------------ facts
    def facts(self) -> list[CellFact]:
        """Every cell of the table, in the order of the form."""
        result = []
        for key in self.keys:
            found, printed, one = self._found(key)
            value = self.values.get(key)
            status = self.status.get(key, "none")
            needed = 1 if status == "printed" else 2
            result.append(
                CellFact(
                    self.table.code,
                    *key,
                    None if value is None else float(value),
                    found,
                    status,
                    printed,
                    one.where if one else "",
                    key in self.suspect,
                    key not in self.suspect and self.confirmations[key] >= needed and value is not None,
                    one.box if one else None,
                )
            )
        return result

    def _found(self, key: Key) -> tuple[Found, str | None, Atom | None]:
        row = key[0]
        if row in self.cells.digits:
            one = self.cells.digits[row]
            return "run_together", one.text, one
        if row in self.cells.unclear:
            line = self.cells.unclear[row]
            one = line.atoms[0]
            return "unreadable", " ".join(a.text.strip() for a in line.atoms), one._replace(where=line.where, box=None)
        if key not in self.cells.cells:
            return "missing", None, None
        one = self.cells.cells[key]
        printed = "" if one.numeral.found == "blank" else one.text.strip()
        return one.numeral.found, printed, one
