"""Errors meant for people."""

from __future__ import annotations

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
        file: str | None = None,
        place: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.found, self.file, self.place, self.expected, self.hint = found, file, place, expected, hint
        super().__init__(found, file, place, expected, hint)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.found, self.file, self.place, self.expected, self.hint)

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, self.place) if part)
        text = f"{where}: {self.found}" if where else self.found
        if self.expected:
            text += f"; expected {self.expected}"
        return f"{text}. {self.hint}" if self.hint else text


def _rebuild(
    kind: type[ReportlibError], found: str, file: str | None, place: str | None, expected: str | None, hint: str | None
) -> ReportlibError:
    return kind(found, file=file, place=place, expected=expected, hint=hint)


class ReadError(ReportlibError):
    """A file that cannot be read as a report."""
