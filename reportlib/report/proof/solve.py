"""What the sums of a form leave open, and what they settle.

Knows cells, by number, and sums over them; nothing of the form. A cell is a non-negative
integer: printed, or open (blank, dash or missing: any number), or one of a line that can be read in
several ways. A value is settled only where a solution exists and every solution has it. Printed figures
are never changed. Searches are bounded by steps, so that the same input has the same solution everywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from ..readings import Choice, Readings

__all__ = ["Solution", "Sum", "blame", "solve"]

UNBOUNDED = 1 << 200  # the upper bound of a cell that has none; no printed figure comes near
FINITE = 1 << 150  # an upper bound beyond it comes from UNBOUNDED and says nothing
CREEPING = 40  # visits of each sum, on average, after which bounds creep along instead of closing in
STEPS = 10_000  # of a search: what is not proved then stays open; a table that people print takes some dozens
ELIMINATION = 8  # steps that one elimination counts for
STRAYING = 200  # steps after which a search takes the time to see what bounds do not, by elimination

Figure = int | Decimal


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
    """What a search may still take."""

    left: int

    def take(self, number: int = 1) -> None:
        if self.left < number:
            raise OutOfStepsError
        self.left -= number


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
    cores = [{k} for k, one in enumerate(sums) if _gap(known, one)]
    parts = _parts(known, sums, choices, _Steps(steps))
    for part in parts:
        part.settle()
        cores += part.cores
    solution.cores = tuple(map(frozenset, cores))
    solution.failing = tuple(sorted(set().union(*cores)))
    tainted = {cell for k in solution.failing for cell in sums[k].cells if known[cell] is not None}
    for part in parts:
        solution.gave_up |= part.gave_up
        if not part.cores and all(tainted.isdisjoint(one.cells) for one in part.sums.values()):
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
    suspects = [_cells_of(core, sums) for core in cores]
    budget, healing = _Steps(steps), list[tuple[int, int]]()
    try:
        for cell in sorted(set.intersection(*suspects)) if suspects else ():
            if known[cell] is None or not _countable(known, sums, cell):
                continue
            opened = [*known[:cell], None, *known[cell + 1 :]]
            healing += [(cell, value) for value in _heals(opened, sums, choices, cell, budget)]
            if len(healing) > 1:
                return None
    except OutOfStepsError:
        return None
    return healing[0] if healing else None


def _cells_of(core: Iterable[int], sums: Sequence[Sum]) -> set[int]:
    """The cells of the sums of a contradiction."""
    return {cell for k in core for cell in sums[k].cells}


def _heals(
    known: Sequence[Figure | None], sums: Sequence[Sum], choices: Sequence[Choice], cell: int, budget: _Steps
) -> list[int]:
    """Values of an open cell that leave all sums possible: two at most, for those there may be many."""
    if any(_gap(known, one) for one in sums):
        return []
    values: list[int] = []
    for part in _parts(known, sums, choices, budget):
        if cell in part.cells:
            values = part.ways(cell)
        elif not part.solution():
            return []
    return values


def _countable(known: Sequence[Figure | None], sums: Sequence[Sum], cell: int) -> bool:
    """Whether a count could stand in a cell: all printed figures beside it are whole."""
    others = {i for one in sums if cell in one.cells for i in one.cells if i != cell}
    figures = (known[i] for i in others)
    return all(figure is None or figure == int(figure) for figure in figures)


def _gap(figures: Sequence[Figure | None], one: Sum) -> Figure:
    """How much more stands left than right; 0 where a cell is open."""
    total: Figure = 0
    for sign, side in ((1, one.left), (-1, one.right)):
        for cell in side:
            figure = figures[cell]
            if figure is None:
                return 0
            total += sign * figure
    return total


def _parts(
    figures: Sequence[Figure | None], sums: Sequence[Sum], choices: Sequence[Choice], budget: _Steps
) -> list[_Part]:
    """The open cells that stand in a sum or choice, parted where nothing connects them."""
    holders: dict[int, set[int]] = {}
    for number, one in enumerate(sums):
        holders[number] = {i for i in one.cells if figures[i] is None}
    for line, choice in enumerate(choices):
        holders[~line] = {i for i in choice.cells if figures[i] is None}
    of_cell: dict[int, list[int]] = {}
    for number, cells in holders.items():
        for cell in cells:
            of_cell.setdefault(cell, []).append(number)
    parts = []
    while of_cell:
        waiting = [next(iter(of_cell))]
        cells, numbers = set(waiting), set()
        while waiting:
            for number in of_cell.pop(waiting.pop()):
                if number not in numbers:
                    numbers.add(number)
                    waiting += holders[number] - cells
                    cells |= holders[number]
        inside = sorted(numbers)
        lines = {~number: choices[~number] for number in inside if number < 0}
        parts.append(_Part(figures, cells, {k: sums[k] for k in inside if k >= 0}, lines, budget))
    return parts


class _State(NamedTuple):
    """What is still possible: bounds by cell, readings by choice."""

    low: dict[int, int]
    high: dict[int, int]
    readings: dict[int, Readings]

    def within(self, cell: int, low: int, high: int) -> _State:
        """A copy with other bounds for a cell."""
        return _State({**self.low, cell: low}, {**self.high, cell: high}, self.readings.copy())

    def except_(self, cell: int, value: int) -> list[_State]:
        """Copies for what a cell can be above a value and below it."""
        low, high = self.low[cell], self.high[cell]
        above = [self.within(cell, value + 1, high)] if value < high else []
        return above + ([self.within(cell, low, value - 1)] if low < value else [])

    def read(self, line: int, reading: tuple[int | None, ...]) -> _State:
        """A copy with one reading for a choice."""
        return _State(self.low.copy(), self.high.copy(), {**self.readings, line: (reading,)})


class _Part:
    """Open cells that are connected with each other, and what becomes of them.

    In queues a sum goes by its position, a choice by the complement (``~``) of its own.
    """

    def __init__(
        self,
        figures: Sequence[Figure | None],
        cells: set[int],
        sums: dict[int, Sum],
        lines: dict[int, Choice],
        budget: _Steps,
    ) -> None:
        self.cells, self.sums, self.lines, self.budget = cells, sums, lines, budget
        self.values: dict[int, int] = {}
        self.readings: dict[int, Readings] = {}
        self.cores: list[set[int]] = []
        self.gave_up = False
        self.equations: dict[int, tuple[int, list[int], list[int]]] = {}  # constant + plus - minus = 0
        for k, (left, right) in sums.items():
            constant = int(sum(figures[i] or 0 for i in left) - sum(figures[i] or 0 for i in right))
            self.equations[k] = (constant, [i for i in left if i in cells], [i for i in right if i in cells])
        self.of_cell: dict[int, list[int]] = {cell: [] for cell in cells}
        for k, (_, plus, minus) in self.equations.items():
            for cell in plus + minus:
                self.of_cell[cell].append(k)
        for line, choice in lines.items():
            for cell in cells.intersection(choice.cells):
                self.of_cell[cell].append(~line)

    def solution(self) -> _State | None:
        """One solution, if there is any."""
        root = self.reach(self.sums)
        return root and self._find(root, [], {}, self.sums)

    def ways(self, cell: int) -> list[int]:
        """Values that a cell has in solutions: none, the only one, or two of several."""
        root, first = self.reach(self.sums), self.solution()
        if not root or not first:
            return []
        values = [first.low[cell]]
        for rest in root.except_(cell, values[0]):
            other = self._find(rest, self.of_cell[cell], {}, self.sums)
            if other:
                return [*values, other.low[cell]]
        return values

    def settle(self) -> None:
        """Find what every solution has in common, or else which sums contradict each other."""
        try:
            root = self.reach(self.sums)
            first = root and self._find(root, [], {}, self.sums)
            if root and first:
                self._share(root, first)
            else:
                self._contradict()
        except OutOfStepsError:
            self.gave_up = True

    def _share(self, root: _State, first: _State) -> None:
        """What all solutions have in common, from one of them."""
        self.readings = root.readings.copy()
        # `alike`: the cells in which all solutions seen so far agree, though bounds leave more
        alike = {cell: value for cell, value in first.low.items() if root.low[cell] != root.high[cell]}
        self.values = {cell: value for cell, value in first.low.items() if cell not in alike}
        for line, readings in root.readings.items():
            for reading in readings if len(readings) > 1 else ():
                other = self._find(root.read(line, reading), [~line], alike, self.sums)
                if other:
                    alike = {cell: value for cell, value in alike.items() if other.low[cell] == value}
                else:
                    self.readings[line] = tuple(kept for kept in self.readings[line] if kept != reading)
        while alike:
            cell, value = next(iter(alike.items()))
            for rest in root.except_(cell, value):
                other = self._find(rest, self.of_cell[cell], alike, self.sums)
                if other:
                    alike = {cell: value for cell, value in alike.items() if other.low[cell] == value}
                    break
            else:
                self.values[cell] = alike.pop(cell)

    def reach(self, sums: Collection[int]) -> _State | None:
        """What these sums leave every cell, as far as bounds and elimination tell; None if nothing."""
        lines = {line: choice.tuples for line, choice in self.lines.items()}
        state = _State(dict.fromkeys(self.cells, 0), dict.fromkeys(self.cells, UNBOUNDED), lines)
        holds = self._narrow(state, [*sums, *(~line for line in lines)], set(sums)) and self._consistent(
            state, sums
        )
        return state if holds else None

    def _contradict(self) -> None:
        """Name small sets of sums that cannot hold together, until what is left has a solution."""
        self.cores = [{k} for k in self.sums if not self.reach([k])]
        left = [k for k in self.sums if {k} not in self.cores]
        for possible in (self._reachable, self._solvable):
            while not possible(left):
                core = left
                for k in left:
                    fewer = [other for other in core if other != k]
                    core = core if possible(fewer) else fewer
                self.cores.append(set(core))
                left = [k for k in left if k not in core]
        self.cores = self.cores or [set(self.sums)]

    def _reachable(self, sums: Collection[int]) -> bool:
        return self.reach(sums) is not None

    def _solvable(self, sums: Collection[int]) -> bool:
        """Whether sums have a solution, or the search cannot tell."""
        root = self.reach(sums)
        try:
            return root is not None and self._find(root, [], {}, sums) is not None
        except OutOfStepsError:
            self.gave_up = True
            return True

    def _find(
        self, state: _State, waiting: Iterable[int], alike: dict[int, int], among: Collection[int]
    ) -> _State | None:
        """One solution within the state; where it can, one that differs in the cells that were alike so
        far.
        """
        stack = [(state, waiting)]
        visited = 0
        while stack:
            visited += 1
            self.budget.take()
            state, waiting = stack.pop()
            if not self._narrow(state, waiting, among):
                continue
            if visited > STRAYING:
                self.budget.take(ELIMINATION)
                if not self._consistent(state, among):
                    continue
            line = min((k for k, kept in state.readings.items() if len(kept) > 1), default=None)
            if line is not None:
                stack += [(state.read(line, reading), [~line]) for reading in state.readings[line]]
                continue
            open_cells = [(high - state.low[i], i) for i, high in state.high.items() if high > state.low[i]]
            if not open_cells:
                return state
            cell = min(open_cells)[1]
            low = state.low[cell]
            value = low + (alike.get(cell) == low)
            branches = [*state.except_(cell, value), state.within(cell, value, value)]
            stack += [(branch, self.of_cell[cell]) for branch in branches]
        return None

    def _narrow(self, state: _State, waiting: Iterable[int], among: Collection[int]) -> bool:
        """Propagate the bounds of some sums to a fixpoint; False if a cell or line is left without any."""
        queue = deque(number for number in waiting if number < 0 or number in among)
        queued = set(queue)
        visits = CREEPING * (len(self.sums) + len(self.lines))
        while queue:
            number = queue.popleft()
            queued.remove(number)
            visits -= 1
            if visits < 0:
                # Bounds that creep mostly chase each other round a contradiction, without end where there is
                # no bound.
                return self._consistent(state, among)
            changed = self._narrow_sum(state, number) if number >= 0 else self._narrow_line(state, ~number)
            if changed is None:
                return False
            for cell in changed:
                for other in self.of_cell[cell]:
                    if other != number and other not in queued and (other < 0 or other in among):
                        queue.append(other)
                        queued.add(other)
        return True

    def _narrow_sum(self, state: _State, number: int) -> list[int] | None:
        low, high, _ = state
        constant, plus, minus = self.equations[number]
        least = most = constant
        for i in plus:
            least += low[i]
            most += high[i]
        for i in minus:
            least -= high[i]
            most -= low[i]
        if least > 0 or most < 0:
            return None
        changed = []
        for cells, down, up in (plus, most, least), (minus, -least, -most):
            for i in cells:
                floor, ceiling = high[i] - down, low[i] - up
                if floor > low[i] or (ceiling < high[i] and ceiling < FINITE):
                    changed.append(i)
                    low[i] = max(floor, low[i])
                    high[i] = min(ceiling, high[i]) if ceiling < FINITE else high[i]
        return changed

    def _narrow_line(self, state: _State, line: int) -> list[int] | None:
        """Keep the readings of a line that lie within the bounds, then bound its cells by them."""
        low, high, readings = state
        cells = self.lines[line].cells
        kept = tuple(
            reading
            for reading in readings[line]
            if all(
                value is None or low[i] <= value <= high[i] for i, value in zip(cells, reading, strict=True)
            )
        )
        if not kept:
            return None
        readings[line] = kept
        changed = []
        for i, values in zip(cells, zip(*kept, strict=True), strict=True):
            counts = [value for value in values if value is not None]
            if len(counts) < len(values):
                continue  # without a figure in it the cell can be any number
            floor, ceiling = min(counts), max(counts)
            if floor > low[i] or ceiling < high[i]:
                changed.append(i)
                low[i], high[i] = floor, ceiling
        return changed

    def _consistent(self, state: _State, sums: Iterable[int]) -> bool:
        """Whether elimination leaves equations that the bounds allow."""
        rows: list[tuple[int, dict[int, int]]] = []
        for k in sums:
            constant, plus, minus = self.equations[k]
            row = {-1: constant, **dict.fromkeys(plus, 1), **dict.fromkeys(minus, -1)}
            for pivot, other in rows:
                if factor := row.get(pivot):
                    for i, value in other.items():
                        row[i] = row.get(i, 0) - factor * value
            constant = row.pop(-1)
            row = {i: value for i, value in row.items() if value}
            ends = [(value * state.low[i], value * state.high[i]) for i, value in row.items()]
            if not sum(map(min, ends)) <= -constant <= sum(map(max, ends)):
                return False
            first = next((i for i, value in row.items() if value in (1, -1)), None)
            if first is not None:  # a row without such a cell would take fractions; leaving it out is sound
                rows.append((first, {i: value * row[first] for i, value in [*row.items(), (-1, constant)]}))
        return True
