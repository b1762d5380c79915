"""Small tables with changed cells, against an independent solver: the one change that heals is named, no other is.

Each is a square of figures with the totals of its rows and columns, of which some are open.
"""

import random
from collections import Counter

import pytest
from oracle import Oracle, Sum, blame, solve

SIZE = 4  # with the totals
CELLS = range(SIZE * SIZE)
ROWS = [CELLS[k : k + SIZE] for k in range(0, len(CELLS), SIZE)]
SUMS = [Sum(tuple(line[:-1]), (line[-1],)) for line in [*ROWS, *(CELLS[k::SIZE] for k in range(SIZE))]]
TABLES = 60


def changed_table(rng: random.Random, changes: int) -> list[int | None]:
    """A true table of which some cells are open and some of the others are changed."""
    inner = [[rng.choice([0, 0, rng.randint(1, 30)]) for _ in range(SIZE - 1)] for _ in range(SIZE - 1)]
    rows = [[*line, sum(line)] for line in inner]
    rows.append([sum(column) for column in zip(*rows, strict=True)])
    table: list[int | None] = [value for line in rows for value in line]
    for cell in rng.sample(CELLS, rng.choice([0, 2, 4, 6])):
        table[cell] = None
    for cell in rng.sample([cell for cell in CELLS if table[cell] is not None], changes):
        table[cell] = max(0, (table[cell] or 0) + rng.choice([-9, -1, 1, 4, 20]))
    return table


def healing(known: list[int | None]) -> list[tuple[int, int]]:
    """Changes of one printed cell that leave all sums possible: all that there are, or two of them."""
    found: list[tuple[int, int]] = []
    for cell, value in enumerate(known):
        if value is None:
            continue
        oracle = Oracle([*known[:cell], None, *known[cell + 1 :]], SUMS)
        first = oracle.solution()
        if first is not None:
            found.append((cell, first[cell]))
            other = oracle.solution(oracle.cells[cell] != first[cell])
            found += [] if other is None else [(cell, other[cell])]
        if len(found) > 1:
            break
    return found


@pytest.mark.parametrize("changes", [1, 2])
def test_exactly_the_one_change_that_heals_is_named(changes: int) -> None:
    rng, told = random.Random(changes), Counter[str]()
    for _ in range(TABLES):
        known = changed_table(rng, changes)
        solution = solve(known, SUMS)
        if not solution.failing:
            assert Oracle(known, SUMS).solution() is not None
            told["no contradiction"] += 1
            continue
        ways = healing(known)
        expected = ways[0] if len(ways) == 1 else None
        assert blame(known, SUMS) == expected, known
        told["named" if expected else "several" if ways else "none"] += 1
    assert min(told["named"], told["several"]) >= 5, told  # there was something to tell


@pytest.mark.parametrize("changes", [1, 2, 3])
def test_every_contradiction_is_named_and_each_is_one(changes: int) -> None:
    rng, contradictory = random.Random(100 + changes), 0
    for _ in range(TABLES):
        known = changed_table(rng, changes)
        solution = solve(known, SUMS)
        left = [one for k, one in enumerate(SUMS) if k not in solution.failing]
        assert Oracle(known, left).solution() is not None, known
        for core in solution.cores:
            assert Oracle(known, [SUMS[k] for k in core]).solution() is None, known
        contradictory += bool(solution.cores)
    assert contradictory >= TABLES / 2
