"""Run the matrix: what has changed is made again, the rest stays, all is indexed."""

from __future__ import annotations

import contextlib
import fnmatch
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    as_completed,
)
from dataclasses import dataclass
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
from .facts import Facts, is_made, now, read_record, write_record
from .index import export_index
from .matrix import Page, load_matrix
from .server import FORK, NAME, ForkServer
from .tasks import Outcome, State, Task

__all__ = ["TIMEOUT", "InterruptedRun", "RunResult", "print_result", "run"]

TIMEOUT = 600.0


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
    pages = load_matrix(batch, ds.reports, ds.resolve)
    facts = Facts(ds)
    fingerprints = {page.name: facts.fingerprint(page, code) for page in pages}
    chosen = [page for page in _chosen(pages, tuple(only)) if lang in ("", page.lang)]
    todo = {
        page.name: Task(page, home, out, NAME, page.timeout or timeout, code, facts.record(page, code))
        for page in chosen
        if force or not is_made(out, page.name, fingerprints[page.name])
    }
    outcomes = {page.name: Outcome(page.name, "unchanged") for page in chosen}
    outcomes |= {name: Outcome(name, "planned" if dry_run else "cancelled") for name in todo}
    interrupted = False
    if not dry_run:
        _make_folder(out / "runs")
        try:
            _make_pages(todo, outcomes, out, fail_fast, _results(todo, jobs or os.cpu_count() or 1, executor))
        except KeyboardInterrupt:
            interrupted = True
        finally:
            _write_index(pages, fingerprints, out)
    said = NAME if FORK else f"{NAME}: no safe fork on this system, a new process for each notebook"
    here = {page.name for page in pages}
    others = tuple(sorted(path.stem for path in out.glob("runs/*.json") if path.stem not in here))
    made = tuple(outcomes.values())
    result = RunResult(made, out / "index.html", others, said, time.monotonic() - began)
    if interrupted:
        raise InterruptedRun(result)
    return result


def _make_pages(
    todo: dict[str, Task],
    outcomes: dict[str, Outcome],
    out: Path,
    fail_fast: bool,
    results: Generator[Outcome],
) -> None:
    """Make pages, keeping what became of each in `outcomes`."""
    with _progress(len(todo)) as advance:
        for outcome in results:
            outcomes[outcome.page] = outcome
            advance(outcome)
            if outcome.state == "failed":
                _keep_failure(out, outcome)
                if fail_fast:
                    results.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportlibError(
            f"the folder for the pages cannot be made ({error.strerror})",
            file=str(folder),
            hint="Move what stands in the way, or name another folder with --out",
        ) from error


def _write_index(pages: list[Page], fingerprints: dict[str, str], out: Path) -> None:
    entries = [_entry(page, out, is_made(out, page.name, fingerprints[page.name])) for page in pages]
    try:
        out.mkdir(parents=True, exist_ok=True)
        files.write(out / "index.html", export_index(entries, now()[:10]).encode())
    except OSError as error:
        raise ReportlibError(
            f"the index cannot be written ({error.strerror}); the pages are there",
            file=str(out / "index.html"),
            hint="Make room or move what stands in the way, and run again",
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

    for pattern in only:
        if not any(fits(page, pattern) for page in pages):
            raise ReportlibError(
                f"no page fits {pattern!r}",
                expected="a pattern of page names, a notebook or a body of the matrix",
                hint=f"Pages are, for example, {', '.join(page.name for page in pages[:3])}",
            )
    return [page for page in pages if not only or any(fits(page, pattern) for pattern in only)]


def _results(todo: dict[str, Task], jobs: int, executor: Executor | None) -> Generator[Outcome]:
    """Outcomes as they come. Without an executor the pages are made in processes of this machine."""
    if not todo:
        return
    if FORK and not executor:
        ForkServer.get()  # it imports while this process does
    make = _import_make()
    waiting = dict(todo)
    for _attempt in (1, 2):  # a worker that is killed takes its pool with it: once more with a new one
        if not waiting:
            return
        pool = executor or _pool(min(jobs, len(waiting)))
        futures = {pool.submit(make, task): name for name, task in waiting.items()}
        try:
            for future in as_completed(futures):
                if outcome := _outcome(future, futures[future]):
                    del waiting[outcome.page]
                    yield outcome
        finally:
            for future in futures:
                future.cancel()
            if not executor:
                _stop(pool, abandon=any(future.running() for future in futures))
    for name in waiting:
        yield Outcome(name, "failed", error="the process that made it was killed, twice")


def _import_make() -> Callable[[Task], Outcome]:
    """`page.make`: papermill and nbconvert take a while to import, which a run without work need not wait
    for.
    """
    grammar = "rfc3987_syntax"  # jsonschema would build it for a second, to check IRIs that no notebook has
    without = sys.modules.setdefault(grammar, None) is None  # type: ignore[arg-type]
    try:
        from .page import make
    finally:
        if without:
            del sys.modules[grammar]
    return make


def _outcome(future: Future[Outcome], name: str) -> Outcome | None:
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except (Exception, CancelledError) as error:
        return Outcome(name, "failed", error=f"{type(error).__name__}: {error}")


def _pool(jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("fork" if FORK else "spawn")
    return ProcessPoolExecutor(jobs, context, _be_worker)


def _be_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _stop(pool: Executor, abandon: bool) -> None:
    workers = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=not abandon, cancel_futures=True)
    if abandon:
        for worker in workers:
            worker.terminate()
            worker.join()


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
