"""Errors meant for people."""

from __future__ import annotations

from functools import partial
from os import PathLike

__all__ = ["ReadError", "ReportlibError"]


class ReportlibError(Exception):
    """Something a person can mend, said in one line.

    Parameters
    ----------
    found
        What was found, in a short sentence.
    file, place
        The file, and where in it.
    expected
        What should have stood there.
    hint
        What to do about it.
    """

    def __init__(
        self,
        found: str,
        *,
        file: str | PathLike[str] | None = None,
        place: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.found, self.place, self.expected, self.hint = found, place, expected, hint
        self.file = str(file) if file else None
        super().__init__(found)

    def __reduce__(self) -> tuple[object, ...]:
        rest = {"file": self.file, "place": self.place, "expected": self.expected, "hint": self.hint}
        return partial(type(self), self.found, **rest), ()

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, self.place) if part)
        text = f"{where}: {self.found}" if where else self.found
        if self.expected:
            text += f"; expected {self.expected}"
        return f"{text}. {self.hint}" if self.hint else text


class ReadError(ReportlibError):
    """A file that cannot be read as a report."""
