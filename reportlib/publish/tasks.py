"""What a run asks of a worker, and what it gets back."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .matrix import Page

__all__ = ["Outcome", "State", "Task", "make_page"]

State = Literal["done", "failed", "unchanged", "planned", "cancelled"]


@dataclass(frozen=True)
class Outcome:
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


@dataclass(frozen=True)
class Task:
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
        What `Provenance` says of the page.
    environment
        The variables of the process that asked for the run; the notebook sees them.
    """

    page: Page
    home: Path
    out: Path
    timeout: float
    code: bool
    record: dict[str, Any]
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))


def make_page(task: Task) -> Outcome:
    """Make one page, in whatever process. What that takes a second to import is imported here."""
    from .warm import make

    return make(task)
