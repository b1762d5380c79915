"""What the sums of a form leave open, and what they settle.

Knows cells, by number, and sums over them; nothing of the form. A cell is a non-negative
integer: printed, or open (blank, dash or missing: any number), or one of a line that can be read in
several ways. A value is settled only where a solution exists and every solution has it. Printed figures
are never changed. Searches are bounded by steps, so that the same input has the same solution everywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from ..readings import Choice, Readings

__all__ = ["Figure", "Solution", "Sum", "blame", "solve"]

UNBOUNDED = 1 << 200  # the upper bound of a cell that has none; no printed figure comes near
FINITE = 1 << 150  # an upper bound beyond it comes from UNBOUNDED and says nothing
CREEPING = 40  # visits of each constraint, on average, after which bounds creep along instead of closing in
STRAYING = 200  # states after which a search takes the time to see what bounds do not, by elimination
STEPS = 10_000  # of a search: what is not proved then stays open; a table that people print takes some dozens

Figure = int | Decimal
"""A printed figure: a count is an int, what is none (with a fraction) a Decimal."""


class Sum(NamedTuple):
    """An identity: the cells on the left add up to the same as those on the right."""

    left: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def cells(self) -> tuple[int, ...]:
        """The cells of both sides."""
        return self.left + self.right


@dataclass(slots=True)
class Solution:
    """What the sums say of the cells that are not printed.

    Attributes
    ----------
    values
        The settled cells: every solution has this value there.
    candidates
        By position of the choice: the readings that a solution can have, where there are several.
    failing
        Positions of the sums that contradict the printed figures: that do not add up, or that no
        numbers in the open cells can make hold together.
    cores
        The contradictions by themselves: sums of each that cannot hold together.
    gave_up
        The search ended at its limit of steps before everything was proved; what was not is left open.
    """

    values: dict[int, int] = field(default_factory=dict)
    candidates: dict[int, Readings] = field(default_factory=dict)
    failing: tuple[int, ...] = ()
    cores: tuple[frozenset[int], ...] = ()
    gave_up: bool = False


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
    known: Sequence[Figure | None],
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
        For each cell the printed figure, or None where it is open. A figure that is no count may
        stand only in sums without an open cell.
    sums
        The identities; a cell stands at most once in each.
    choices
        Lines of open cells with their possible readings; no two share a cell.
    steps
        How many states all searches together may look at.

    Returns
    -------
    Solution
        Where printed figures contradict each other, nothing is settled in the open cells that are
        connected with it: that stand in a failing sum or in one that shares a printed cell with a
        failing sum, or are connected with such cells through further open ones.
    """
    solution = Solution()
    equations = [_equation(known, one) for one in sums]
    cores = [{k} for k, one in enumerate(equations) if not one.factors and one.constant]
    budget = _Steps(steps)
    parts = _parts(equations, choices, budget)
    for part in parts:
        try:
            if part.solution():
                part.settle()
            else:
                cores += part.contradictions()
        except OutOfStepsError:
            continue  # what it has proved until then stands
    solution.gave_up = budget.left < 0
    solution.cores = tuple(map(frozenset, cores))
    solution.failing = tuple(sorted(set().union(*cores)))
    tainted = {cell for k in solution.failing for cell in sums[k].cells if known[cell] is not None}
    for part in parts:
        if all(tainted.isdisjoint(sums[k].cells) for k in part.equations):
            solution.values |= part.values
            solution.candidates |= {line: left for line, left in part.readings.items() if len(left) > 1}
    return solution


def blame(
    known: Sequence[Figure | None],
    sums: Sequence[Sum],
    choices: Sequence[Choice],
    cores: Collection[Collection[int]],
    steps: int = STEPS,
) -> tuple[int, int] | None:
    """Find the one printed cell that would explain every contradiction.

    Parameters
    ----------
    known, sums, choices, steps
        As for `solve`.
    cores
        The contradictions that `solve` found.

    Returns
    -------
    tuple of int, or None
        Cell and value, if changing this cell alone to this value alone leaves all sums possible; None if
        several changes would do, or none, or the search ended before that was proved.
    """
    suspects = [{cell for k in core for cell in sums[k].cells} for core in cores]
    printed = [cell for cell in set.intersection(*suspects) if known[cell] is not None] if suspects else []
    budget, healing = _Steps(steps), list[tuple[int, int]]()
    try:
        for cell in sorted(printed):
            opened = [*known[:cell], None, *known[cell + 1 :]]
            equations = [_equation(opened, one) for one in sums]
            healing += [(cell, value) for value in _heals(equations, choices, cell, budget)]
            if len(healing) > 1:
                return None
    except OutOfStepsError:
        return None
    return healing[0] if healing else None


def _heals(equations: Sequence[_Equation], choices: Sequence[Choice], cell: int, budget: _Steps) -> list[int]:
    """Values of an open cell that leave all sums possible: two at most, for those there may be many."""
    if any(one.constant % 1 or (one.constant and not one.factors) for one in equations):
        return []
    values: list[int] = []
    for part in _parts(equations, choices, budget):
        solution = part.solution()
        if solution is None:
            return []
        if cell in part.of_cell:
            values = [one.low[cell] for one in (solution, part.other(cell, solution.low[cell])) if one]
    return values


class _State(NamedTuple):
    """What is still possible: the least and the most of each cell, the readings of each line."""

    low: dict[int, int]
    high: dict[int, int]
    readings: dict[int, Readings]

    def within(self, cell: int, low: int, high: int) -> _State:
        """A copy with other bounds for a cell."""
        return _State(self.low | {cell: low}, self.high | {cell: high}, self.readings.copy())

    def except_(self, cell: int, value: int) -> list[_State]:
        """Copies for what a cell can be above a value and below it."""
        low, high = self.low[cell], self.high[cell]
        above = [self.within(cell, value + 1, high)] if value < high else []
        return above + ([self.within(cell, low, value - 1)] if low < value else [])


class _Equation(NamedTuple):
    """What a sum demands of its open cells: the constant and the cells, times their factors, come to 0."""

    constant: Figure
    factors: dict[int, int]

    @property
    def cells(self) -> Collection[int]:
        return self.factors.keys()

    def less(self, times: int, other: _Equation) -> _Equation:
        """The equation without so many times another."""
        factors = self.factors.copy()
        for cell, factor in other.factors.items():
            factors[cell] = factors.get(cell, 0) - times * factor
        constant = self.constant - times * other.constant
        return _Equation(constant, {cell: factor for cell, factor in factors.items() if factor})

    def _range(self, state: _State) -> tuple[int, int]:
        """The least and the most that constant and cells come to."""
        low, high, _ = state
        least = most = int(self.constant)
        for cell, factor in self.factors.items():
            least += factor * (low[cell] if factor > 0 else high[cell])
            most += factor * (high[cell] if factor > 0 else low[cell])
        return least, most

    def allows(self, state: _State) -> bool:
        """Whether the bounds leave the equation a way to hold."""
        least, most = self._range(state)
        return least <= 0 <= most

    def narrow(self, state: _State) -> list[int] | None:
        """Bound each cell by what the others can be: the cells that changed; None if nothing is left."""
        low, high, _ = state
        least, most = self._range(state)
        if least > 0 or most < 0:
            return None
        changed = []
        for cell, factor in self.factors.items():
            down, up = (most, -least) if factor > 0 else (-least, most)
            floor, ceiling = high[cell] - down // abs(factor), low[cell] + up // abs(factor)
            if floor > low[cell] or (ceiling < high[cell] and ceiling < FINITE):
                changed.append(cell)
                low[cell] = max(floor, low[cell])
                high[cell] = min(ceiling, high[cell]) if ceiling < FINITE else high[cell]
                if low[cell] > high[cell]:
                    return None
        return changed


class _Line(NamedTuple):
    """A line of open cells that can be read in several ways."""

    number: int
    cells: tuple[int, ...]

    def narrow(self, state: _State) -> list[int] | None:
        """Keep the readings within the bounds, and bound the cells by them: as for an equation."""
        low, high, readings = state
        kept = tuple(one for one in readings[self.number] if self._fits(one, low, high))
        if not kept:
            return None
        readings[self.number] = kept
        changed = []
        for cell, values in zip(self.cells, zip(*kept, strict=True), strict=True):
            counts = [value for value in values if value is not None]
            if len(counts) < len(values):
                continue  # without a figure in it the cell can be any number
            floor, ceiling = min(counts), max(counts)
            if floor > low[cell] or ceiling < high[cell]:
                changed.append(cell)
                low[cell], high[cell] = floor, ceiling
        return changed

    def _fits(self, reading: Iterable[int | None], low: Mapping[int, int], high: Mapping[int, int]) -> bool:
        pairs = zip(self.cells, reading, strict=True)
        return all(value is None or low[cell] <= value <= high[cell] for cell, value in pairs)


def _equation(known: Sequence[Figure | None], one: Sum) -> _Equation:
    constant: Figure = 0
    factors = {}
    for sign, side in ((1, one.left), (-1, one.right)):
        for cell in side:
            figure = known[cell]
            if figure is None:
                factors[cell] = sign
            else:
                constant += sign * figure
    return _Equation(constant, factors)


def _parts(equations: Sequence[_Equation], choices: Sequence[Choice], budget: _Steps) -> list[_Part]:
    """The open cells that stand in a sum or choice, parted where nothing connects them."""
    members = {k: set(one.factors) for k, one in enumerate(equations) if one.factors}
    members |= {~line: set(one.cells) for line, one in enumerate(choices)}
    groups: list[tuple[set[int], list[int]]] = []
    for number, cells in members.items():
        connected = [group for group in groups if not group[0].isdisjoint(cells)]
        groups = [group for group in groups if group not in connected]
        numbers = [one for group in connected for one in group[1]]
        groups.append((cells.union(*(group[0] for group in connected)), [*numbers, number]))
    parts = []
    for _, numbers in groups:
        inside = {k: equations[k] for k in sorted(numbers) if k >= 0}
        lines = {~k: choices[~k] for k in sorted(numbers, reverse=True) if k < 0}
        parts.append(_Part(inside, lines, budget))
    return parts


def _eliminated(equations: Iterable[_Equation]) -> list[_Equation]:
    """What follows from several equations together, by elimination: what bounds alone would creep up to."""
    solved: dict[int, _Equation] = {}  # by a cell that stands in no other of them
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

    def __init__(self, equations: dict[int, _Equation], lines: dict[int, Choice], budget: _Steps) -> None:
        self.equations, self.lines, self.budget = equations, lines, budget
        self.constraints: list[_Equation | _Line] = [*equations.values()]
        self.constraints += [_Line(line, choice.cells) for line, choice in lines.items()]
        self.of_cell: dict[int, list[int]] = {}
        for number, one in enumerate(self.constraints):
            for cell in one.cells:
                self.of_cell.setdefault(cell, []).append(number)
        readings = {line: choice.tuples for line, choice in lines.items()}
        cells = sorted(self.of_cell)
        self.root = _State(dict.fromkeys(cells, 0), dict.fromkeys(cells, UNBOUNDED), readings)
        self.possible = self._narrow(self.root, range(len(self.constraints))) and self._consistent(self.root)
        self.alike: dict[int, int] = {}  # the cells in which all solutions seen so far agree
        self.seen = False
        self.values: dict[int, int] = {}
        self.readings: dict[int, Readings] = {}

    # ------------------------------------------------------------------ questions
    def solution(self) -> _State | None:
        """One solution; None if there is none."""
        return self._search([self.root], ()) if self.possible else None

    def other(self, cell: int, value: int) -> _State | None:
        """One solution that has another value in a cell; None if there is none."""
        return self._search(self.root.except_(cell, value), [cell])

    def settle(self) -> None:
        """Find what all solutions have in common, and the readings of each line that solutions have."""
        low, high, readings = self.root
        self.values = {cell: value for cell, value in low.items() if value == high[cell]}
        self.readings = readings.copy()
        for line, several in readings.items():
            for reading in several if len(several) > 1 else ():
                state = _State(low.copy(), high.copy(), readings | {line: (reading,)})
                if not self._search([state], self.lines[line].cells):
                    self.readings[line] = tuple(one for one in self.readings[line] if one != reading)
        for cell in low:
            if cell in self.alike and cell not in self.values and not self.other(cell, self.alike[cell]):
                self.values[cell] = self.alike[cell]

    def contradictions(self) -> list[set[int]]:
        """Small sets of sums that cannot hold together, until what is left has a solution."""
        cores = [{k} for k in self.equations if not self._of([k]).possible]
        left = [k for k in self.equations if {k} not in cores]
        for holds in (self._seems_to_hold, self._holds):
            while not holds(left):
                core = left
                for k in left:
                    fewer = [other for other in core if other != k]
                    core = core if holds(fewer) else fewer
                cores.append(set(core))
                left = [k for k in left if k not in core]
        return cores or [set(self.equations)]

    def _of(self, sums: Iterable[int]) -> _Part:
        """What some of the sums say."""
        return _Part({k: self.equations[k] for k in sums}, self.lines, self.budget)

    def _seems_to_hold(self, sums: Iterable[int]) -> bool:
        """Whether bounds and elimination leave it open that the sums hold together."""
        return self._of(sums).possible

    def _holds(self, sums: Iterable[int]) -> bool:
        """Whether the sums have a solution together, or the search cannot tell."""
        try:
            return self._of(sums).solution() is not None
        except OutOfStepsError:
            return True

    # ------------------------------------------------------------------ search
    def _search(self, stack: list[_State], news: Iterable[int]) -> _State | None:
        """One solution within the states; where it can, one that differs from all that were seen before."""
        waiting = [(state, news) for state in stack]
        visited = 0
        while waiting:
            self.budget.take()
            visited += 1
            state, news = waiting.pop()
            numbers = [number for cell in news for number in self.of_cell[cell]]
            if not self._narrow(state, numbers) or (visited > STRAYING and not self._consistent(state)):
                continue
            low, high, readings = state
            line = next((line for line, kept in readings.items() if len(kept) > 1), None)
            widths = [(high[cell] - least, cell) for cell, least in low.items() if high[cell] > least]
            if line is not None:
                ways = [_State(low.copy(), high.copy(), readings | {line: (one,)}) for one in readings[line]]
                waiting += [(way, self.lines[line].cells) for way in ways]
            elif widths:
                cell = min(widths)[1]
                value = low[cell]
                value += self.alike.get(cell) == value
                branches = [*state.except_(cell, value), state.within(cell, value, value)]
                waiting += [(branch, (cell,)) for branch in branches]
            elif self._consistent(state):
                alike = self.alike if self.seen else low
                self.alike = {cell: value for cell, value in alike.items() if low[cell] == value}
                self.seen = True
                return state
        return None

    def _narrow(self, state: _State, waiting: Iterable[int]) -> bool:
        """Propagate bounds to a fixpoint, or until they creep; False if something is impossible."""
        queue = deque(dict.fromkeys(waiting))
        queued = set(queue)
        for _ in range(CREEPING * len(self.constraints)):
            if not queue:
                break
            number = queue.popleft()
            queued.remove(number)
            changed = self.constraints[number].narrow(state)
            if changed is None:
                return False
            for cell in changed:
                for other in self.of_cell[cell]:
                    if other != number and other not in queued:
                        queue.append(other)
                        queued.add(other)
        return True

    @cached_property
    def together(self) -> list[_Equation]:
        """What follows from several of the sums."""
        return _eliminated(self.equations.values())

    def _consistent(self, state: _State) -> bool:
        """Whether the bounds allow every sum, and what follows from several."""
        alone = all(one.allows(state) for one in self.equations.values())
        return alone and (state.low == state.high or all(one.allows(state) for one in self.together))
