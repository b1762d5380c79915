"""Readings -> choices of the solver, and back: what all the readings that the sums leave have in common."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

from ...form import Key
from ..readings import Choice, Readings
from .numerals import Atom

__all__ = ["MOST", "Chosen", "Kind", "OpenLine", "Reading"]

MOST = 50  # a line that can be read in more ways is unclear


class Kind(IntEnum):
    """The ways to read a line, the surest first."""

    HEADER = 0
    ORDER = 1
    FILLED = 2
    FUSED = 3
    CUT = 4
    SHORT = 5
    EXTRA = 6


class Reading(NamedTuple):
    """One way in which the figures of a line can stand in its cells."""

    kind: Kind
    cells: dict[Key, Atom]


class Chosen(NamedTuple):
    """What a line says after the sums have chosen.

    Attributes
    ----------
    cells
        The cells that all readings left have in common.
    open
        The cells in which they differ.
    status
        ``split`` where digits were cut, else ``printed``.
    surest
        Whether the line is read as it stands there: no cell of it was missing or too many.
    """

    cells: dict[Key, Atom]
    open: tuple[Key, ...]
    status: Literal["printed", "split"]
    surest: bool


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of figures that can be read in several ways, or in none.

    Attributes
    ----------
    keys
        The cells of the form that the line holds, of one row or of several.
    label, where, printed
        What stands in front of it, its place, and the whole text of its figures.
    readings
        Every way to read it, the surest first; none where there are none or too many.
    cut
        Whether its digits run together.
    """

    keys: tuple[Key, ...]
    label: str
    where: str
    printed: str
    readings: tuple[Reading, ...]
    cut: bool = False

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows of its cells."""
        return tuple(dict.fromkeys(row for row, _ in self.keys))

    def choice(self) -> Choice | None:
        """The readings as the solver takes them; None where the line is unclear.

        A cell that a reading leaves without a count is None.
        """
        if not 0 < len(self.readings) <= MOST:
            return None
        return Choice(self.keys, tuple(map(self._counts, self.readings)))

    def chosen(self, kept: Readings) -> Chosen:
        """What the readings have in common that the solver leaves."""
        left = [reading for reading in self.readings if self._counts(reading) in kept]
        cells: dict[Key, Atom] = {}
        different: list[Key] = []
        for key in self.keys:
            first = left[0].cells.get(key)
            if any(_text(reading.cells.get(key)) != _text(first) for reading in left):
                different.append(key)
            elif first is not None:
                cells[key] = first
        surest = min(reading.kind for reading in left) < Kind.SHORT
        return Chosen(cells, tuple(different), "split" if self.cut else "printed", surest)

    def _counts(self, reading: Reading) -> tuple[int | None, ...]:
        return tuple(_count(reading.cells.get(key)) for key in self.keys)


def _text(atom: Atom | None) -> str | None:
    return atom.text.strip() if atom else None


def _count(atom: Atom | None) -> int | None:
    value = atom.numeral.value if atom else None
    return int(value) if value is not None and value >= 0 and value == int(value) else None
