"""Run the matrix: what has changed is made again, the rest stays, all is indexed."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .. import files
from ..analysis.dataset import open_dataset
from ..errors import ReportlibError
from ..files import find_home
from ..store.processes import DiedError, Processes
from .index import export_index
from .matrix import Page, load_matrix
from .provenance import Provenance, is_made, now, read_record, write_record
from .server import FORK, NAME, ForkServer
from .tasks import Outcome, State, Task, make_page

__all__ = ["TIMEOUT", "InterruptedRun", "RunResult", "print_result", "run"]

TIMEOUT = 600.0
WARM = f"{__package__}.warm"  # what each process that makes pages imports


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
    engine
        papermill's engine, and why it is not the fast one where it is not.
    seconds
        Wall time.
    """

    outcomes: tuple[Outcome, ...]
    index: Path
    others: tuple[str, ...]
    engine: str
    seconds: float

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
    if jobs is not None and jobs < 1:
        raise ReportlibError(f"{jobs} processes", expected="1 or more")
    home = find_home(home)
    out = Path(out).absolute() if out else home / "site"
    batch = Path(batch).absolute() if batch else home / "notebooks" / "batch.yml"
    ds = open_dataset(home)
    pages = load_matrix(batch, ds)
    chosen = [page for page in _chosen(pages, tuple(only)) if lang in ("", page.lang)]
    work = _Work(out, pages, Provenance(ds), code)
    todo = {
        page.name: work.task(page, home, page.timeout or timeout)
        for page in chosen
        if force or not work.is_made(page)
    }
    work.outcomes |= {page.name: Outcome(page.name, "unchanged") for page in chosen}
    work.outcomes |= {name: Outcome(name, "planned" if dry_run else "cancelled") for name in todo}
    interrupted = False
    if not dry_run:
        _make_folder(out / "runs")
        try:
            work.make(todo, _results(todo, jobs or os.cpu_count() or 1, executor), fail_fast)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            work.write_index()
    result = work.result(time.monotonic() - began)
    if interrupted:
        raise InterruptedRun(result)
    return result


@dataclass
class _Work:
    """The pages of a matrix, and what becomes of them in one run."""

    out: Path
    pages: list[Page]
    provenance: Provenance
    code: bool
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def is_made(self, page: Page) -> bool:
        """Whether the page stands there, made from what there is now."""
        return is_made(self.out, page.name, self.provenance.fingerprint(page, self.code))

    def task(self, page: Page, home: Path, timeout: float) -> Task:
        """What a worker needs to make it."""
        record = self.provenance.record(page, self.code)
        return Task(page, home, self.out, NAME, timeout, self.code, record, dict(os.environ))

    def make(self, todo: dict[str, Task], results: Generator[Outcome], fail_fast: bool) -> None:
        """Make pages, and keep what became of each."""
        with _progress(len(todo)) as advance:
            for outcome in results:
                self.outcomes[outcome.page] = outcome
                advance(outcome)
                if outcome.state == "failed":
                    _keep_failure(self.out, outcome)
                    if fail_fast:
                        results.close()

    def write_index(self) -> None:
        """Write the page of all pages."""
        entries = [_entry(page, self.out, self.is_made(page)) for page in self.pages]
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            files.write(self.out / "index.html", export_index(entries, now()[:10]).encode())
        except OSError as error:
            raise ReportlibError(
                f"the index cannot be written ({error.strerror}); the pages are there",
                file=str(self.out / "index.html"),
                hint="Make room or move what stands in the way, and run again",
            ) from error

    def result(self, seconds: float) -> RunResult:
        """What the run did."""
        engine = NAME if FORK else f"{NAME}: no safe fork on this system, a new process for each notebook"
        here = {page.name for page in self.pages}
        others = sorted(path.stem for path in self.out.glob("runs/*.json") if path.stem not in here)
        outcomes = tuple(self.outcomes.values())
        return RunResult(outcomes, self.out / "index.html", tuple(others), engine, seconds)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportlibError(
            f"the folder for the pages cannot be made ({error.strerror})",
            file=str(folder),
            hint="Move what stands in the way, or name another folder with --out",
        ) from error


def print_result(result: RunResult, console: Console) -> None:
    """Say what became of the pages: a count for each state, and each failure with its cell."""
    counts = Counter(outcome.state for outcome in result.outcomes)
    said = ", ".join(f"{counts[state]} {state}" for state in get_args(State) if counts[state]) or "no pages"
    console.print(f"{said} in {result.seconds:.1f} s ({result.engine})", highlight=False)
    if result.failed:
        table = Table("page", "cell", "error", title="Failed", title_justify="left")
        for outcome in result.failed:
            table.add_row(escape(outcome.page), escape(outcome.cell), escape(outcome.error))
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


def _results(todo: dict[str, Task], jobs: int, executor: Executor | None) -> Generator[Outcome]:
    """Outcomes as they come. Without an executor the pages are made in processes of this machine."""
    if not todo:
        return
    pool = executor or Processes(min(jobs, len(todo)), preload=[WARM])
    kernels = ForkServer.get().door if FORK and not executor else ""
    futures = {pool.submit(make_page, replace(task, kernels=kernels)): name for name, task in todo.items()}
    try:
        for future in as_completed(futures):
            yield _outcome(future, futures[future])
    finally:
        for future in futures:
            future.cancel()
        if isinstance(pool, Processes):
            pool.stop()


def _outcome(future: Future[Outcome], name: str) -> Outcome:
    try:
        return future.result()
    except (Exception, CancelledError) as error:
        said = str(error) if isinstance(error, DiedError) else f"{type(error).__name__}: {error}"
        return Outcome(name, "failed", error=said)


def _keep_failure(out: Path, outcome: Outcome) -> None:
    failure = {"cell": outcome.cell, "error": outcome.error, "traceback": outcome.traceback, "ended": now()}
    with contextlib.suppress(OSError):  # where nothing can be written, the run's own words must do
        write_record(out, outcome.page, {"made": None, **read_record(out, outcome.page), "failure": failure})


def _entry(page: Page, out: Path, up_to_date: bool) -> dict[str, str]:
    """The line of a page in the index."""
    record = read_record(out, page.name)
    made, failure = record.get("made") or {}, record.get("failure") or {}
    exists = (out / f"{page.name}.html").exists()
    return {
        "name": page.name,
        "body": "、".join(page.bodies),
        "title": page.title,
        "years": page.years,
        "lang": page.lang,
        "date": made.get("started", "")[:10] if exists else "",
        "href": f"{urllib.parse.quote(page.name)}.html" if exists else "",
        "find": " ".join(_every_year(page.years)),
        "state": "failed" if failure else "done" if up_to_date else "older" if exists else "missing",
        "failure": " · ".join(filter(None, (failure.get("cell"), failure.get("error")))),
    }


def _every_year(years: str) -> list[str]:
    """Each year of a span, so that a search for one between its ends finds the page."""
    ends = [int(year) for year in years.split("–") if year.isdecimal()]
    return [str(year) for year in range(ends[0], ends[-1] + 1)] if ends else []


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """A bar on standard error with rate and time left; nothing without a terminal."""
    console = Console(stderr=True)
    rate, failed = TextColumn("{task.fields[rate]:.1f}/s"), TextColumn("{task.fields[failed]} failed")
    columns = (BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn(), failed)
    # No refreshing thread: the processes of the pool are forked from this one.
    with Progress(
        *columns, console=console, disable=not (console.is_terminal and total), auto_refresh=False
    ) as bar:
        task = bar.add_task("pages", total=total, rate=0.0, failed=0)
        began, states = time.monotonic(), Counter[str]()

        def advance(outcome: Outcome) -> None:
            states[outcome.state] += 1
            rate = states.total() / (time.monotonic() - began)
            bar.update(task, advance=1, rate=rate, failed=states["failed"], refresh=True)

        bar.refresh()
        yield advance
