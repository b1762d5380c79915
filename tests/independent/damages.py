"""The list of damages: each has a name, a line that says what it is, its formats and the stage it belongs to."""

from dataclasses import dataclass

HTML = ("html", "mhtml", "doc")
PLAIN = ("lines", "tabs", "cells", "pipes")
RICH = (*HTML, "docx")
GRIDS = (*HTML, "docx", "xlsx", "md", "pdf")
ALL = (*GRIDS, *PLAIN)
CELLS, LABELS, SHAPE, DOCUMENT, END = range(5)


@dataclass(frozen=True)
class Damage:
    """One kind of damage; `harm(doc, rng)` does it and returns False where it cannot be done."""

    name: str
    about: str
    formats: tuple
    stage: int
    harm: object


DAMAGES = {}


def damage(about, formats=ALL, stage=CELLS):
    """Enter a function into the list under its own name."""

    def enter(harm):
        DAMAGES[harm.__name__] = Damage(harm.__name__, about, formats, stage, harm)
        return harm

    return enter
