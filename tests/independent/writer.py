"""Make document number N of a seed: figures, damages, bytes; from the command line also a file to look at.

python -m tests.independent.writer SEED NUMBER FOLDER
"""

import pathlib
import random
import sys

from . import harm_cells, harm_document, harm_labels, harm_order, harm_shape  # noqa: F401 (they fill the list of damages)
from .damages import DAMAGES
from .figures import make_figures
from .layout import make_doc
from .markup import (
    PIPE_WAYS,
    write_cells,
    write_html,
    write_html_as_doc,
    write_lines,
    write_markdown,
    write_mhtml,
    write_pipes,
    write_tabs,
)
from .office import write_docx, write_xlsx
from .paper import write_pdf

FORMATS = {  # name -> how it is written, the name's ending
    "html": (write_html, "html"),
    "docx": (write_docx, "docx"),
    "xlsx": (write_xlsx, "xlsx"),
    "md": (write_markdown, "md"),
    "pdf": (write_pdf, "pdf"),
    "mhtml": (write_mhtml, "mhtml"),
    "doc": (write_html_as_doc, "doc"),
    "lines": (write_lines, "txt"),
    "tabs": (write_tabs, "txt"),
    "cells": (write_cells, "txt"),
    "pipes": (write_pipes, "txt"),
}
CLEAN_EVERY = 12  # so many documents bring one without damage


def make_document(seed, number):
    """Document `number` of `seed`.

    Parameters
    ----------
    seed, number : int
        The same pair gives the same document on every machine.

    Returns
    -------
    (Doc, str, bytes)
        The document with its truth, the file's name, the file's bytes.
    """
    doc = damaged_document(seed, number)
    write, ending = FORMATS[doc.format]
    return doc, f"{seed}_{number:05d}_{doc.format}.{ending}", write(doc)


def damaged_document(seed, number):
    """The document before it is written."""
    rng = random.Random(f"{seed}/{number}")
    formats = list(FORMATS)
    doc = make_doc(make_figures(rng), formats[number % len(formats)])
    if doc.format == "pipes":
        doc.options.add(rng.choice(list(PIPE_WAYS)))
    if number % CLEAN_EVERY:
        damage_twice(doc, rng)
    return doc


def damage_twice(doc, rng):
    """Do two damages that this format can have, those within cells before those to the shape."""
    possible = [damage for damage in DAMAGES.values() if doc.format in damage.formats]
    waiting = sorted(rng.sample(possible, 2), key=lambda damage: damage.stage)
    for _ in range(20):
        if not waiting:
            return
        damage = waiting.pop(0)
        if damage.name not in doc.damages and damage.harm(doc, rng):
            doc.damages.append(damage.name)
        else:  # this report has nothing that it could harm: draw another of the same stage or later
            waiting.insert(0, rng.choice([other for other in possible if other.stage >= damage.stage]))
            waiting.sort(key=lambda damage: damage.stage)


def main(seed, number, folder):
    """Write one document to a folder and say what it is."""
    doc, name, content = make_document(int(seed), int(number))
    path = pathlib.Path(folder) / name
    path.write_bytes(content)
    print(f"{path}\nedition {doc.figures.edition}, {doc.figures.body}, {doc.figures.year}")
    for name in doc.damages:
        print(f"damage {name}: {DAMAGES[name].about}")


if __name__ == "__main__":
    main(*sys.argv[1:])
