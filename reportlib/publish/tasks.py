"""What a run asks of a worker, and what it gets back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .matrix import Page

__all__ = ["Outcome", "State", "Task"]

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
    seconds, cell_seconds
        Wall time in all, and of the cells alone.
    cell, error, traceback
        Where and why it failed: ``In [4]: ds = …``, ``KeyError: 'x'`` and, of an error in a cell, all of it.
    warnings
        What the notebook wrote to standard error.
    """

    page: str
    state: State
    seconds: float = 0.0
    cell_seconds: float = 0.0
    cell: str = ""
    error: str = ""
    traceback: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """All that a worker needs to make one page: `engine` is papermill's name, `record` what `Facts` says of
    it.
    """

    page: Page
    home: Path
    out: Path
    engine: str
    timeout: float
    code: bool
    record: dict[str, Any]
