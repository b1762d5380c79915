"""What a reader of the page does not see, in all formats: the notes about it, raised text in brackets."""

from __future__ import annotations

from ..document import Note

__all__ = ["HIDDEN", "LOWERED", "PALE", "RAISED", "STRUCK", "bracketed"]

HIDDEN = Note("hidden_text")
STRUCK = Note("tracked_changes")
PALE = Note("pale_text")

RAISED, LOWERED = "\ufdd0", "\ufdd1"
"""Marks around raised text while a line is put together: no characters of any text."""
_BRACKETS = str.maketrans({RAISED: "[", LOWERED: "]"})
_DROPPED = dict.fromkeys(map(ord, (RAISED, LOWERED)))


def bracketed(line: str) -> str:
    """Raised text in brackets: without them the mark of a note would become digits of the figure beside it.

    A line that is raised as a whole stands as it is.
    """
    if RAISED not in line:
        return line
    line = line.replace(LOWERED + RAISED, "")
    plain = line.translate(_DROPPED)
    whole = line.startswith(RAISED) and line.find(LOWERED) in (-1, len(line) - 1)
    return plain.strip() if whole or not plain.strip() else line.translate(_BRACKETS).replace("[]", "")
