"""Time to settle the open cells of a requests table, beside a general constraint solver.

Run as a script. Each figure is the best of several rounds in milliseconds. CP-SAT is given the same
sums and asked the same question: for every open cell, the value that all solutions share.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import random

from oracle import KEYS, OUTCOMES, SUMS, Oracle, line, solve, true_table

from reportlib.report.readings import Choice, cuts

Known = list[int | None]


def best(call: Callable[[], object], rounds: int) -> float:
    """Shortest time of a call in milliseconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def cases() -> list[tuple[str, Known, list[Choice]]]:
    """The tables that are met: zeros and totals blank, rows missing, digits run together, an error."""
    truth = true_table(random.Random(4), largest=300, filled=0.18)
    zeros = [value or None for value in truth]
    few = [
        None if KEYS[i][1] == "total" and KEYS[i][0] in OUTCOMES else value for i, value in enumerate(zeros)
    ]
    rng = random.Random(6)
    any_ = [None if rng.random() < 0.7 else value for value in truth]
    totals = [value if KEYS[i][1] == "total" else None for i, value in enumerate(truth)]
    last = [value if KEYS[i][0] == "concluded" else None for i, value in enumerate(truth)]
    rows = ("granted", "partly_granted", "unavailable_not_held", "concluded", "carried_out")
    choices = [Choice(line(row), tuple(cuts("".join(str(truth[i]) for i in line(row)), 7))) for row in rows]
    together: Known = [None if KEYS[i][0] in rows else value for i, value in enumerate(truth)]
    wrong = [value and value - (KEYS[i] == ("concluded", "company")) for i, value in enumerate(few)]
    return [
        ("zeros blank", zeros, []),
        ("zeros and inner totals blank", few, []),
        ("the same, with a misprint", wrong, []),
        ("five lines run together", together, choices),
        ("any cells blank", any_, []),
        ("only the totals printed", totals, []),
        ("only (七) printed", last, []),
    ]


def main() -> None:
    """Print the table."""
    table = Table("cells that are open", "open", "settled", "failing", "solve ms", "CP-SAT ms", "ratio")
    for name, known, choices in cases():
        solution = solve(known, SUMS, choices)
        assert not solution.gave_up
        open_cells = [i for i, value in enumerate(known) if value is None]
        if not solution.failing:
            assert Oracle(known, SUMS, choices).settled(open_cells) == solution.values
        ours = best(lambda known=known, choices=choices: solve(known, SUMS, choices), 7)
        theirs = best(
            lambda known=known, choices=choices, cells=open_cells: Oracle(known, SUMS, choices).settled(
                cells
            ),
            2,
        )
        table.add_row(
            name, str(len(open_cells)), str(len(solution.values)), str(len(solution.failing)),
            f"{ours:.2f}", f"{theirs:.0f}", f"{theirs / ours:.0f}",
        )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
