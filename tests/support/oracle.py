"""A requests table as cells and sums, and the same question put to an independent solver."""

import random
from typing import NamedTuple

from ortools.sat.python import cp_model

from reportlib import form
from reportlib.report.proof import solve as solver


class Sum(NamedTuple):
    """A sum over cells that go by numbers, as the solver takes those of the form over keys."""

    left: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def cells(self) -> tuple[int, ...]:
        return self.left + self.right


def printed(known):
    """The figures that are printed, of cells by number of which some are open."""
    return {cell: figure for cell, figure in enumerate(known) if figure is not None}


def solve(known, sums, choices=(), steps=solver.STEPS):
    return solver.solve(printed(known), sums, choices, steps)


def blame(known, sums, choices=(), steps=solver.STEPS):
    return solver.blame(printed(known), sums, choices, solve(known, sums, choices).cores, steps)


TABLE = form.edition("2021").table("requests")
KEYS = TABLE.keys()
CELL = {key: i for i, key in enumerate(KEYS)}
SUMS = [Sum(tuple(CELL[k] for k in one.left), tuple(CELL[k] for k in one.right)) for one in TABLE.equations()]
APPLICANTS = [column.code for column in TABLE.columns if column.code != "total"]
OUTCOMES = [row.code for row in TABLE.rows if row.code in TABLE.row_codes() and row.code not in
            {"received", "carried_in", "concluded", "carried_out"}]  # fmt: skip


def true_table(rng: random.Random, *, largest: int = 60, filled: float = 0.4) -> list[int]:
    """A consistent requests table, cell by cell."""
    value = {}
    for column in APPLICANTS:
        for row in [*OUTCOMES, "carried_out"]:
            value[row, column] = rng.randint(1, largest) if rng.random() < filled else 0
        value["concluded", column] = sum(value[row, column] for row in OUTCOMES)
        handled = value["concluded", column] + value["carried_out", column]
        value["carried_in", column] = rng.randint(0, handled) if rng.random() < filled else 0
        value["received", column] = handled - value["carried_in", column]
    for row in TABLE.row_codes():
        value[row, "total"] = sum(value[row, column] for column in APPLICANTS)
    return [value[key] for key in KEYS]


def line(row: str) -> tuple[int, ...]:
    return tuple(CELL[row, column.code] for column in TABLE.columns)


class Oracle:
    """The same question put to an independent solver."""

    def __init__(self, known, sums, choices=()):
        self.model = cp_model.CpModel()
        top = 4 * sum(v or 0 for v in known) + 4 * sum(max(map(sum, c.tuples)) for c in choices) + 64
        self.cells = [self.model.new_int_var(0, top, str(i)) for i in range(len(known))]
        for cell, value in zip(self.cells, known, strict=True):
            if value is not None:
                self.model.add(cell == value)
        for left, right in sums:
            self.model.add(sum(self.cells[i] for i in left) == sum(self.cells[i] for i in right))
        for choice in choices:
            self.model.add_allowed_assignments([self.cells[i] for i in choice.cells], choice.tuples)
        self.solver = cp_model.CpSolver()
        self.solver.parameters.num_workers = 1

    def solution(self, *constraints):
        model = self.model.clone()
        for constraint in constraints:
            model.add(constraint)
        status = self.solver.solve(model)
        assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE)
        return None if status == cp_model.INFEASIBLE else [self.solver.value(cell) for cell in self.cells]

    def settled(self, open_cells) -> dict[int, int] | None:
        """For each open cell the value that every solution has; None if there is no solution."""
        first = self.solution()
        if first is None:
            return None
        alike = {i: first[i] for i in open_cells}
        settled = {}
        while alike:
            cell, value = next(iter(alike.items()))
            other = self.solution(self.cells[cell] != value)
            if other is None:
                settled[cell] = alike.pop(cell)
            else:
                alike = {i: v for i, v in alike.items() if other[i] == v}
        return settled
