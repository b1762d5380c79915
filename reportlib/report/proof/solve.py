"""What the sums of a form leave open, and what they settle.

Knows cells, by their places, and sums over them. A cell is a non-negative integer: printed, or open (blank,
dash or missing: any number), or one of a line that can be read in several ways. A value is settled only where
a solution exists and every solution has it. Printed figures are never changed. Searches are bounded by steps,
so that the same input has the same solution everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple, Protocol

from ..readings import Choice, Place, Readings

__all__ = ["Figure", "Solution", "Sum", "blame", "solve"]

UNBOUNDED = 1 << 200  # the upper bound of a cell that has none; no printed figure comes near
FINITE = 1 << 150  # an upper bound beyond it comes from UNBOUNDED and says nothing
CREEPING = 40  # visits of each constraint, on average, after which bounds creep along instead of closing in
STEPS = (
    100_000  # visits of a constraint: what is not proved then stays open; what people print takes hundreds
)

Figure = int | Decimal
"""A printed figure: a count is an int, what is none (with a fraction) a Decimal."""


class Sum(Protocol):
    """An identity: the cells on the left add up to the same as those on the right."""

    @property
    def left(self) -> tuple[Place, ...]: ...

    @property
    def right(self) -> tuple[Place, ...]: ...

    @property
    def cells(self) -> tuple[Place, ...]:
        """The cells of both sides."""


@dataclass(slots=True)
class Solution:
    """What the sums say of the cells that are not printed.

    Attributes
    ----------
    values
        The settled cells: every solution has this value there.
    readings
        By position of the choice: the readings that a solution can have.
    cores
        The contradictions: positions of sums that do not add up, or that no numbers in the open cells can
        make hold together.
    gave_up
        The search ended at its limit of steps before everything was proved; what was not is left open.
    """

    values: dict[Place, int] = field(default_factory=dict)
    readings: dict[int, Readings] = field(default_factory=dict)
    cores: list[set[int]] = field(default_factory=list)
    gave_up: bool = False

    @property
    def failing(self) -> tuple[int, ...]:
        """Positions of the sums that contradict the printed figures."""
        return tuple(sorted(set[int]().union(*self.cores)))


class OutOfStepsError(Exception):
    """A search has taken as many steps as it may."""


@dataclass(slots=True)
class _Steps:
    """What all searches together may still take."""

    left: int

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OutOfStepsError


def solve(
    known: Mapping[Place, Figure],
    sums: Sequence[Sum],
    choices: Sequence[Choice] = (),
    steps: int = STEPS,
) -> Solution:
    """Settle the open cells in which the sums leave one number only.

    Bounds are propagated to a fixpoint; what stays open is decided by a complete search over
    each connected part, bounded in steps.

    Parameters
    ----------
    known
        The printed figures; every other cell is open.
    sums
        The identities; a cell stands at most once in each.
    choices
        Lines of open cells with their possible readings; no two share a cell.
    steps
        How many times all searches together may visit a constraint.

    Returns
    -------
    Solution
        Where printed figures contradict each other, nothing is settled in the open cells that are
        connected with it: that stand in a failing sum or in one that shares a printed cell with a
        failing sum, or are connected with such cells through further open ones.
    """
    budget = _Steps(steps)
    impossible, parts = _parted(known, sums, choices, budget)
    solution = Solution(cores=[{k} for k in impossible])
    for part in parts:
        try:
            if part.has_solution:
                part.settle()
            else:
                solution.cores += part.contradictions()
        except OutOfStepsError:
            continue  # what it has proved until then stands
    solution.gave_up = budget.left < 0
    tainted = {cell for k in solution.failing for cell in sums[k].cells if cell in known}
    for part in parts:
        if all(tainted.isdisjoint(sums[k].cells) for k in part.equations):
            solution.values |= part.values
            solution.readings |= part.readings
    return solution


def blame(
    known: Mapping[Place, Figure],
    sums: Sequence[Sum],
    choices: Sequence[Choice],
    cores: Collection[set[int]],
    steps: int = STEPS,
) -> tuple[Place, int] | None:
    """Find the one printed cell that would explain every contradiction.

    Parameters
    ----------
    known, sums, choices, steps
        As for `solve`.
    cores
        The contradictions that `solve` found.

    Returns
    -------
    Place and int, or None
        Cell and value, if changing this cell alone to this value alone leaves all sums possible; None if
        several changes would do, or none, or the search ended before that was proved.
    """
    suspects = [{cell for k in core for cell in sums[k].cells} for core in cores]
    printed = set.intersection(*suspects) & known.keys() if suspects else set()
    budget, healing = _Steps(steps), list[tuple[Place, int]]()
    try:
        for cell in sorted(printed):
            others = {key: figure for key, figure in known.items() if key != cell}
            impossible, parts = _parted(others, sums, choices, budget)
            if impossible or not all(part.has_solution for part in parts):
                continue
            value = next(part.settled(cell) for part in parts if cell in part.of_cell)
            if healing or value is None:
                return None  # several changes would do
            healing.append((cell, value))
    except OutOfStepsError:
        return None
    return healing[0] if healing else None


class _State(NamedTuple):
    """What is still possible: the least and the most of each cell, the readings of each line."""

    bounds: dict[Place, tuple[int, int]]
    readings: dict[int, Readings]

    def within(self, cell: Place, low: int, high: int) -> _State:
        """A copy with other bounds for a cell."""
        return _State(self.bounds | {cell: (low, high)}, self.readings.copy())

    def reading(self, line: int, one: tuple[int | None, ...]) -> _State:
        """A copy with one reading for a line."""
        return _State(self.bounds.copy(), self.readings | {line: (one,)})

    def except_(self, cell: Place, value: int) -> list[_State]:
        """Copies for what a cell can be above a value and below it."""
        low, high = self.bounds[cell]
        sides = ((value + 1, high), (low, value - 1))
        return [self.within(cell, least, most) for least, most in sides if least <= most]

    def values(self) -> dict[Place, int]:
        """The cells that can be one number only."""
        return {cell: low for cell, (low, high) in self.bounds.items() if low == high}


class _Linear(NamedTuple):
    """What a sum demands of its open cells: the constant and the cells, times their factors, come to 0."""

    constant: Figure
    factors: dict[Place, int]

    @property
    def cells(self) -> Collection[Place]:
        return self.factors.keys()

    def less(self, times: int, other: _Linear) -> _Linear:
        """The equation without so many times another."""
        factors = self.factors.copy()
        for cell, factor in other.factors.items():
            factors[cell] = factors.get(cell, 0) - times * factor
        constant = self.constant - times * other.constant
        return _Linear(constant, {cell: factor for cell, factor in factors.items() if factor})

    def _range(self, state: _State) -> tuple[int, int]:
        """The least and the most that constant and cells come to."""
        least = most = int(self.constant)
        for cell, factor in self.factors.items():
            low, high = state.bounds[cell]
            least += factor * (low if factor > 0 else high)
            most += factor * (high if factor > 0 else low)
        return least, most

    def allows(self, state: _State) -> bool:
        """Whether the bounds leave the equation a way to hold."""
        least, most = self._range(state)
        return least <= 0 <= most

    def narrow(self, state: _State) -> list[Place] | None:
        """Bound each cell by what the others can be: the cells that changed; None if nothing is left."""
        least, most = self._range(state)
        if least > 0 or most < 0:
            return None
        changed = []
        for cell, factor in self.factors.items():
            low, high = state.bounds[cell]
            down, up = (most, -least) if factor > 0 else (-least, most)
            floor, ceiling = high - down // abs(factor), low + up // abs(factor)
            if floor > low or (ceiling < high and ceiling < FINITE):
                changed.append(cell)
                low, high = max(floor, low), min(ceiling, high) if ceiling < FINITE else high
                state.bounds[cell] = low, high
                if low > high:
                    return None
        return changed


class _Line(NamedTuple):
    """A line of open cells that can be read in several ways."""

    number: int
    cells: tuple[Place, ...]

    def narrow(self, state: _State) -> list[Place] | None:
        """Keep the readings within the bounds, and bound the cells by them: as for an equation."""
        bounds = [state.bounds[cell] for cell in self.cells]
        kept = tuple(one for one in state.readings[self.number] if _fits(one, bounds))
        state.readings[self.number] = kept
        changed = []
        for cell, within, values in zip(self.cells, bounds, zip(*kept, strict=True), strict=False):
            counts = [value for value in values if value is not None]
            # Where a reading has no figure in it the cell can be any number.
            if len(counts) == len(values) and within != (min(counts), max(counts)):
                state.bounds[cell] = min(counts), max(counts)
                changed.append(cell)
        return changed if kept else None


def _fits(reading: Iterable[int | None], bounds: Iterable[tuple[int, int]]) -> bool:
    pairs = zip(reading, bounds, strict=True)
    return all(value is None or low <= value <= high for value, (low, high) in pairs)


def _linear(known: Mapping[Place, Figure], one: Sum) -> _Linear:
    constant: Figure = 0
    factors = {}
    for sign, side in ((1, one.left), (-1, one.right)):
        for cell in side:
            if cell in known:
                constant += sign * known[cell]
            else:
                factors[cell] = sign
    return _Linear(constant, factors)


def _parted(
    known: Mapping[Place, Figure], sums: Sequence[Sum], choices: Sequence[Choice], budget: _Steps
) -> tuple[list[int], list[_Part]]:
    """The sums that no whole numbers satisfy, and the open cells of all others and of the choices, parted
    where nothing connects them.
    """
    equations = [_linear(known, one) for one in sums]
    impossible = [
        k for k, (constant, open_) in enumerate(equations) if constant and (constant % 1 or not open_)
    ]
    apart = {k: {*one.factors} for k, one in enumerate(equations) if one.factors and k not in impossible}
    apart |= {~line: {*one.cells} for line, one in enumerate(choices)}
    parts = []
    while apart:
        number, cells = apart.popitem()
        numbers = [number]
        while connected := [k for k, others in apart.items() if not cells.isdisjoint(others)]:
            numbers += connected
            cells.update(*(apart.pop(k) for k in connected))
        inside = {k: equations[k] for k in sorted(numbers) if k >= 0}
        lines = {~k: choices[~k] for k in sorted(numbers, reverse=True) if k < 0}
        parts.append(_Part(inside, lines, budget))
    return impossible, parts


def _eliminated(equations: Iterable[_Linear]) -> list[_Linear]:
    """What follows from several equations together, by elimination: what bounds alone would creep up to."""
    solved: dict[Place, _Linear] = {}  # by a cell that stands in no other of them
    rest = []
    for one in equations:
        for cell, other in solved.items():
            if times := one.factors.get(cell):
                one = one.less(times * other.factors[cell], other)
        first = next((cell for cell, factor in one.factors.items() if factor in (1, -1)), None)
        if first is None:  # it would take fractions; leaving it out is sound
            rest.append(one)
            continue
        for cell, other in solved.items():
            if times := other.factors.get(first):
                solved[cell] = other.less(times * one.factors[first], one)
        solved[first] = one
    return [*solved.values(), *rest]


class _Part:
    """Open cells that sums and lines connect with each other."""

    def __init__(self, equations: dict[int, _Linear], lines: dict[int, Choice], budget: _Steps) -> None:
        self.equations, self.lines, self.budget = equations, lines, budget
        self.constraints: list[_Linear | _Line] = [*equations.values()]
        self.constraints += [_Line(line, choice.cells) for line, choice in lines.items()]
        self.of_cell: dict[Place, list[int]] = {}
        for number, one in enumerate(self.constraints):
            for cell in one.cells:
                self.of_cell.setdefault(cell, []).append(number)
        readings = {line: choice.tuples for line, choice in lines.items()}
        self.root = _State(dict.fromkeys(self.of_cell, (0, UNBOUNDED)), readings)
        self.alike: dict[
            Place, int | None
        ] = {}  # what all solutions seen so far have; None where they differ
        self.values: dict[Place, int] = {}
        self.readings: dict[int, Readings] = {}

    # ------------------------------------------------------------------ questions
    @cached_property
    def seems_possible(self) -> bool:
        """Whether bounds and elimination leave it open that there is a solution."""
        return self._narrow(self.root, range(len(self.constraints))) and self._consistent(self.root)

    @property
    def has_solution(self) -> bool:
        """Whether there is any."""
        return self.seems_possible and self._search([self.root], ())

    def settle(self) -> None:
        """Find what all solutions have in common, and the readings of each line that solutions have."""
        self.values, self.readings = self.root.values(), self.root.readings.copy()
        for line, several in self.root.readings.items():
            for reading in several if len(several) > 1 else ():
                if not self._search([self.root.reading(line, reading)], self.lines[line].cells):
                    self.readings[line] = tuple(one for one in self.readings[line] if one != reading)
        for cell in self.root.bounds:
            value = None if cell in self.values else self.settled(cell)
            if value is not None:
                self.values[cell] = value

    def settled(self, cell: Place) -> int | None:
        """The value that a cell has in every solution, if it has one."""
        value = self.alike.get(cell)
        return None if value is None or self._search(self.root.except_(cell, value), [cell]) else value

    def contradictions(self) -> list[set[int]]:
        """Small sets of sums that cannot hold together, until what is left has a solution."""
        cores = [{k} for k in self.equations if not self._holds([k], searched=False)]
        left = [k for k in self.equations if {k} not in cores]
        for searched in (False, True):
            while not self._holds(left, searched):
                core = left
                for k in left:
                    fewer = [other for other in core if other != k]
                    core = core if self._holds(fewer, searched) else fewer
                cores.append(set(core))
                left = [k for k in left if k not in core]
        return cores or [set(self.equations)]

    def _holds(self, sums: Iterable[int], searched: bool) -> bool:
        """Whether some of the sums hold together as far as bounds and elimination, or a search, can tell."""
        part = _Part({k: self.equations[k] for k in sums}, self.lines, self.budget)
        try:
            return part.has_solution if searched else part.seems_possible
        except OutOfStepsError:
            return True

    # ------------------------------------------------------------------ search
    def _search(self, states: Iterable[_State], news: Iterable[Place]) -> bool:
        """Whether there is a solution within the states; where it can, one that differs from all before."""
        waiting = [(state, news) for state in states]
        while waiting:
            state, news = waiting.pop()
            numbers = [number for cell in news for number in self.of_cell[cell]]
            if not (self._narrow(state, numbers) and self._consistent(state)):
                continue
            line = next((line for line, kept in state.readings.items() if len(kept) > 1), None)
            widths = {cell: high - low for cell, (low, high) in state.bounds.items() if high > low}
            if line is not None:
                cells = self.lines[line].cells
                waiting += [(state.reading(line, one), cells) for one in state.readings[line]]
            elif widths:
                cell = min(widths, key=widths.__getitem__)
                value = state.bounds[cell][0]
                value += self.alike.get(cell) == value
                branches = [*state.except_(cell, value), state.within(cell, value, value)]
                waiting += [(branch, (cell,)) for branch in branches]
            else:
                for cell, value in state.values().items():
                    if self.alike.setdefault(cell, value) != value:
                        self.alike[cell] = None
                return True
        return False

    def _narrow(self, state: _State, waiting: Iterable[int]) -> bool:
        """Propagate bounds to a fixpoint, or until they creep; False if something is impossible."""
        queue = dict.fromkeys(waiting)  # in order, and each once
        for _ in range(CREEPING * len(self.constraints)):
            if not queue:
                break
            self.budget.take()
            number = next(iter(queue))
            del queue[number]
            changed = self.constraints[number].narrow(state)
            if changed is None:
                return False
            for cell in changed:
                for other in self.of_cell[cell]:
                    if other != number:
                        queue[other] = None
        return True

    @cached_property
    def together(self) -> list[_Linear]:
        """What follows from several of the sums."""
        return _eliminated(self.equations.values())

    def _consistent(self, state: _State) -> bool:
        """Whether the bounds allow every sum, and what follows from several."""
        alone = all(one.allows(state) for one in self.equations.values())
        settled = len(state.values()) == len(state.bounds)
        return alone and (settled or all(one.allows(state) for one in self.together))
