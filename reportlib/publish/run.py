"""Run the matrix: what has changed is made again, the rest stays, all is indexed."""

from __future__ import annotations

import fnmatch
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..analysis.dataset import open_dataset
from ..errors import ReportlibError
from ..files import find_home, in_words, write
from ..store.forks import LINUX
from ..store.processes import DiedError, pool
from . import ENGINE, provenance
from .index import export_index
from .matrix import Page, load_matrix
from .provenance import Facts, now, read_record, stands, write_record
from .tasks import Outcome, State, Task, make_page

__all__ = ["TIMEOUT", "InterruptedRun", "RunResult", "print_result", "run"]

TIMEOUT = 600.0
WARM = f"{__package__}.warm"  # what each process that makes pages imports
Progress = Callable[[Outcome, int], None]


@dataclass(frozen=True)
class RunResult:
    """What a run did.

    Attributes
    ----------
    outcomes
        One for every page that was asked for, in the order of the matrix.
    index
        The index page.
    others
        Pages of earlier runs in the same folder that are not in this matrix, nor in the index.
    seconds
        Wall time.
    """

    outcomes: tuple[Outcome, ...]
    index: Path
    others: tuple[str, ...]
    seconds: float

    @property
    def engine(self) -> str:
        """papermill's engine, and why it is not the fast one where it is not."""
        return ENGINE if LINUX else f"{ENGINE}: no safe fork on this system, a new process for each notebook"

    @property
    def failed(self) -> list[Outcome]:
        """The pages that failed."""
        return [outcome for outcome in self.outcomes if outcome.state == "failed"]

    @property
    def ok(self) -> bool:
        """Whether no page failed or was left out."""
        return not any(outcome.state in ("failed", "cancelled") for outcome in self.outcomes)


class InterruptedRun(KeyboardInterrupt):
    """Ctrl-C during a run; `result` says what was made until then."""

    def __init__(self, result: RunResult) -> None:
        super().__init__()
        self.result = result


def run(
    home: Path | str | None = None,
    *,
    batch: Path | str | None = None,
    out: Path | str | None = None,
    jobs: int | None = None,
    only: Iterable[str] = (),
    lang: str = "",
    force: bool = False,
    fail_fast: bool = False,
    timeout: float = TIMEOUT,
    dry_run: bool = False,
    code: bool = False,
    executor: Executor | None = None,
    progress: Progress = lambda outcome, total: None,
) -> RunResult:
    """Make the pages of a matrix whose notebook, parameters, data, code or template changed.

    Parameters
    ----------
    home
        The project's folder; None: as `open_dataset` finds it.
    batch, out
        The matrix and the folder for the pages; None: ``notebooks/batch.yml`` and ``site``.
    jobs
        Processes; None: one for each processor.
    only
        Patterns of page names, or notebooks or bodies; empty: all pages.
    lang
        Only pages in this language, ``zh`` or ``en``; '' for both.
    force
        Make the pages that have not changed, too.
    fail_fast
        Start no further page after one has failed.
    timeout
        Seconds for all cells of a notebook, where the matrix says nothing else.
    dry_run
        Only tell what would be made.
    code
        Whether the pages' code can be unfolded.
    executor
        Makes the pages instead of processes of this machine. Its workers see the same folders.
    progress
        Called with what became of each page that is made, and their number.

    Returns
    -------
    RunResult
        Pages that fail are in it, with cell and error; the others are finished.

    Raises
    ------
    ReportlibError
        The matrix is wrong; nothing has been run.
    InterruptedRun
        Ctrl-C, after the workers have stopped and the index is written; a rerun goes on.
    """
    began = time.monotonic()
    home = find_home(home)
    out = Path(out).absolute() if out else home / "site"
    batch = Path(batch).absolute() if batch else home / "notebooks" / "batch.yml"
    ds = open_dataset(home)
    pages = load_matrix(batch, ds)
    chosen = [page for page in _chosen(pages, tuple(only)) if lang in ("", page.lang)]
    records = provenance.records(ds, pages, code)
    todo = [page for page in chosen if force or stands(out, records[page.name])["state"] != "done"]
    outcomes = {page.name: Outcome(page.name, "unchanged") for page in chosen}
    outcomes |= {page.name: Outcome(page.name, "planned" if dry_run else "cancelled") for page in todo}
    interrupted = False
    if not dry_run:
        _make_folder(out / "runs")
        tasks = [Task(one, home, out, one.timeout or timeout, code, records[one.name]) for one in todo]
        try:
            for outcome in _results(tasks, jobs, executor, fail_fast):
                outcomes[outcome.page] = outcome
                progress(outcome, len(tasks))
        except KeyboardInterrupt:
            interrupted = True
        finally:
            _write_index(out, list(records.values()))
    others = tuple(sorted({path.stem for path in out.glob("runs/*.json")} - records.keys()))
    result = RunResult(tuple(outcomes.values()), out / "index.html", others, time.monotonic() - began)
    if interrupted:
        raise InterruptedRun(result)
    return result


def _make_folder(folder: Path) -> None:
    hint = "Move what stands in the way, or name another folder with --out"
    with in_words(folder, "the folder for the pages cannot be made", hint):
        folder.mkdir(parents=True, exist_ok=True)


def print_result(result: RunResult, console: Console) -> None:
    """Say what became of the pages: a count for each state, and each failure with its cell."""
    counts = Counter(outcome.state for outcome in result.outcomes)
    said = ", ".join(f"{counts[state]} {state}" for state in get_args(State) if counts[state]) or "no pages"
    console.print(f"{said} in {result.seconds:.1f} s ({result.engine})", highlight=False)
    if result.failed:
        table = Table("page", "cell", "error", title="Failed", title_justify="left")
        for outcome in result.failed:
            table.add_row(*map(escape, (outcome.page, outcome.cell, outcome.error)))
        console.print(table)
    if result.others:
        said = f"not in this matrix, left as they are, and not in the index: {', '.join(result.others)}"
        console.print(said, highlight=False, markup=False, soft_wrap=True)
    console.print(str(result.index), highlight=False, soft_wrap=True)


def _chosen(pages: list[Page], only: tuple[str, ...]) -> list[Page]:
    def fits(page: Page, pattern: str) -> bool:
        return fnmatch.fnmatchcase(page.name, pattern) or pattern in (page.notebook.stem, *page.bodies)

    chosen: set[str] = set()
    for pattern in only:
        fitting = {page.name for page in pages if fits(page, pattern)}
        if not fitting:
            raise ReportlibError(
                f"no page fits {pattern!r}",
                expected="a pattern of page names, a notebook or a body of the matrix",
                hint=f"Pages are, for example, {', '.join(page.name for page in pages[:3])}",
            )
        chosen |= fitting
    return [page for page in pages if page.name in chosen] if only else pages


def _results(
    tasks: list[Task], jobs: int | None, executor: Executor | None, fail_fast: bool
) -> Iterator[Outcome]:
    """Outcomes as they come. Without an executor the pages are made in processes of this machine."""
    if not tasks:
        return
    with pool(executor, jobs, [WARM], memory=None) as workers:
        environment = dict(os.environ)
        futures = {workers.submit(make_page, task, environment): task.page.name for task in tasks}
        try:
            for future in as_completed(futures):
                outcome = _outcome(future, futures[future])
                _keep_failure(tasks[0].out, outcome)
                yield outcome
                if fail_fast and outcome.state == "failed":
                    return
        finally:
            for future in futures:
                future.cancel()


def _outcome(future: Future[Outcome], name: str) -> Outcome:
    try:
        return future.result()
    except Exception as error:
        said = str(error) if isinstance(error, DiedError) else f"{type(error).__name__}: {error}"
        return Outcome(name, "failed", error=said)


def _keep_failure(out: Path, outcome: Outcome) -> None:
    if outcome.state != "failed":
        return
    failure = {**outcome._asdict(), "ended": now()}
    with suppress(OSError):  # where nothing can be written, the run's own words must do
        write_record(out, outcome.page, {"made": None, **read_record(out, outcome.page), "failure": failure})


def _write_index(out: Path, records: list[Facts]) -> None:
    """Write the page of all pages."""
    index = export_index([stands(out, record) for record in records], now()[:10])
    hint = "Make room or move what stands in the way, and run again"
    with in_words(out / "index.html", "the index cannot be written; the pages are there", hint):
        out.mkdir(parents=True, exist_ok=True)
        write(out / "index.html", index.encode())
