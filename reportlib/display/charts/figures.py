"""One maker of all figures: what a chart draws, with its title, legend, notes, source and data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from .events import Mark
from .facts import Facts, Point, Who, notes, title
from .sheet import Chart, Legend, Sheet, join, word


class Body(Protocol):
    """What stands between title and notes: panels over the years, or rows of cells."""

    @property
    def height(self) -> float:
        """Inches."""

    @property
    def points(self) -> Sequence[Point]:
        """The figures that are drawn."""

    @property
    def whose(self) -> Sequence[Who]:
        """Whose they are."""

    @property
    def legend(self) -> Legend:
        """What the body itself has to explain."""

    @property
    def events(self) -> Sequence[Mark]:
        """The legal events that are marked."""

    @property
    def notes(self) -> list[str]:
        """What else is to be said under it."""

    def draw(self, sheet: Sheet) -> None:
        """Draw it."""


def figure(
    facts: Facts,
    body: Body,
    what: str,
    subtitle: Iterable[str],
    sources: Iterable[str],
    *,
    unit: str = "",
    marks: Iterable[str] = (),
    years: Sequence[int] = (),
    of: Sequence[Who] = (),
) -> Chart:
    """Draw a chart.

    Parameters
    ----------
    facts, body
        What was gathered, and what is drawn of it.
    what
        The measure, for the title.
    subtitle, sources
        Hints in the order of reading; codes of ``[source]``.
    unit
        The unit of the figures that do not bring their own.
    marks
        Codes of ``[marks]`` that the points themselves do not tell.
    years, of
        The years and bodies of the title; those drawn if not given.
    """
    source = join((word(f"source.{code}") for code in sources), "semicolon")
    under = [notes(body.points, marks), *body.notes, *(event.note for event in body.events)]
    sheet = Sheet(
        title(of or body.whose or facts.who, years or facts.years, what),
        body.height,
        join(subtitle, "semicolon"),
        body.legend if body.whose else [],
        [*under, *facts.missing(body.whose), source],
    )
    sheet.fig.data = facts.data.fillna({"unit": unit})
    if body.whose:
        body.draw(sheet)
    else:
        sheet.say(word("common.no_data"))
    return sheet.done()
