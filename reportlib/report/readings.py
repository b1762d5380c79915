"""The ways in which a line of figures can be read: extraction finds them, the proof chooses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Choice", "Place", "Readings", "cuts"]

LONGEST = 6  # digits of a count, on average over a line; longer runs are no line of counts

Place = tuple[str, str]
"""A cell, by whatever tells it from the others."""
Readings = tuple[tuple[int | None, ...], ...]
"""Ways to read a line, cell by cell; None leaves a cell without a figure: any number can stand there."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of cells that is known up to a few readings; `tuples` holds them all, at least one."""

    cells: tuple[Place, ...]
    tuples: Readings


def cuts(digits: str, n: int) -> list[tuple[int, ...]]:
    """Every way to cut a run of digits into `n` numbers of which the last is the sum of the others.

    Parameters
    ----------
    digits
        Digits that stand without separators, e.g. ``'123200001144'``.
    n
        How many numbers they hold. A number has no leading zero; 0 itself is ``0``. Runs of more
        than six digits a number are not tried.

    Returns
    -------
    list of tuple of int
        The readings, sorted.
    """

    def parts(start: int, end: int, count: int, rest: int) -> Iterator[tuple[int, ...]]:
        if count == 0:
            if start == end and rest == 0:
                yield ()
            return
        longest = -((start - end) // count)  # at least one number has that many digits
        if end - start < count or (longest > 1 and 10 ** (longest - 1) > rest):
            return
        for stop in range(start + 1, start + 2 if digits[start] == "0" else end - count + 2):
            number = int(digits[start:stop])
            if number > rest:
                return
            for others in parts(stop, end, count - 1, rest - number):
                yield (number, *others)

    if len(digits) > LONGEST * n:
        return []
    totals = [k for k in range(n - 1, len(digits)) if digits[k] != "0" or k == len(digits) - 1]
    return sorted((*line, int(digits[k:])) for k in totals for line in parts(0, k, n - 1, int(digits[k:])))
