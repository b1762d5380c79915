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
from dataclasses import dataclass, replace
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
    pages = load_matrix(batch, ds.reports, ds.resolve)
    provenance = Provenance(ds)
    fingerprints = {page.name: provenance.fingerprint(page, code) for page in pages}
    chosen = [page for page in _chosen(pages, tuple(only)) if lang in ("", page.lang)]
    todo = {
        page.name: Task(
            page,
            home,
            out,
            NAME,
            page.timeout or timeout,
            code,
            provenance.record(page, code),
            dict(os.environ),
        )
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
