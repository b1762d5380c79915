"""Reading a foreign document in a process of its own: whatever it does there, it does not do here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ReadError, ReportlibError
from .processes import MEMORY, SECONDS, DiedError, Processes, bounded

if TYPE_CHECKING:  # whoever only asks for a report need not import what reads it
    from ..report.report import Report

__all__ = ["Apart", "Looked"]


class Looked(NamedTuple):
    """What a document is: its kind, the report or why it is none, and the files that a page leads to."""

    kind: str
    report: Report | None = None
    error: ReportlibError | None = None
    links: Sequence[str] = ()


class Apart(Processes):
    """A process that reads documents, started with the first; a context that ends it."""

    def __init__(self) -> None:
        super().__init__(1, ["reportlib.report.pipeline"], MEMORY)

    def read(self, path: Path) -> Report:
        """As `read_report`; a file that brings its process down is a ReadError too."""
        report: Report = self._ask(str(path), _read, path)
        return report

    def look(self, data: bytes, name: str, body: str | None, year: int | None) -> Looked:
        """Read a document from its bytes and tell what it is."""
        looked: Looked = self._ask(name, _look, data, name, body, year)
        return looked

    def _ask(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        try:
            return self.submit(function, *args).result()
        except ReportlibError:
            raise
        except DiedError as died:
            raise ReadError(str(died), file=name) from None
        except Exception as error:  # a library that stumbles over a file says so in many ways
            said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise ReadError(f"could not be read ({said})", file=name) from error


def _read(path: Path) -> Report:
    from ..report.pipeline import read_report

    with bounded(SECONDS):
        return read_report(path)


def _look(data: bytes, name: str, body: str | None, year: int | None) -> Looked:
    from ..reading import sniff
    from ..report.pipeline import read_bytes
    from .links import attachments

    with bounded(SECONDS):
        kind = sniff(data)
        try:
            return Looked(kind, read_bytes(data, name, body, year))
        except ReadError as error:
            return Looked(kind, error=error, links=attachments(data, name) if kind == "html" else ())
