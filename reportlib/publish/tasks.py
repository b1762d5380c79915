"""What a run asks of a worker, and what it gets back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

from .matrix import Page

__all__ = ["Outcome", "State", "Task", "make_page"]

State = Literal["done", "failed", "unchanged", "planned", "cancelled"]


class Outcome(NamedTuple):
    """What became of one page.

    Attributes
    ----------
    page
        Its name.
    state
        ``done``, ``failed`` (an earlier good page stays), ``unchanged``, ``planned`` (dry run) or
        ``cancelled`` (another one failed, with fail_fast).
    cell, error, traceback
        Where and why it failed: ``In [4]: ds = …``, ``KeyError: 'x'`` and, of an error in a cell, all of it.
    """

    page: str
    state: State
    cell: str = ""
    error: str = ""
    traceback: str = ""


class Task(NamedTuple):
    """All that a worker needs to make one page.

    Attributes
    ----------
    page, home, out
        The page, the project and the folder of pages.
    timeout
        Seconds for all cells together.
    code
        Whether the code can be unfolded.
    record
        What `provenance` says of the page.
    """

    page: Page
    home: Path
    out: Path
    timeout: float
    code: bool
    record: dict[str, Any]


def make_page(task: Task, environment: dict[str, str]) -> Outcome:
    """Make one page, in whatever process. What that takes a second to import is imported here.

    Parameters
    ----------
    task
        The page.
    environment
        The variables of the process that asked for the run; the notebook sees them.
    """
    from .warm import make

    return make(task, environment)
