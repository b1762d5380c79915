"""What the tests compare: the figures of a document's tables, row by row."""

from __future__ import annotations

import re

from reportlib.reading.document import Document

NUMBER = re.compile(r"[\d.]+")


def figures(document: Document) -> list[list[str]]:
    """Of each row the numbers after its last label, blanks left out; rows without numbers are none."""
    found = []
    for grid in document.grids():
        for row in grid.rows():
            texts = [cell.text for cell in row]
            start = len(texts)
            while start and (not texts[start - 1] or NUMBER.fullmatch(texts[start - 1])):
                start -= 1
            numbers = [text for text in texts[start:] if text]
            if numbers:
                found.append(numbers)
    return found
