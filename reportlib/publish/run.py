"""Run the matrix: what has changed is executed and exported, the rest stays, all is indexed."""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import json
import multiprocessing
import multiprocessing.connection
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import nbformat
import pandas as pd
import papermill
import papermill.exceptions
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ..dataset import Dataset, find_home, open_dataset
from ..errors import ReportlibError
from . import engine, html
from .matrix import Page, load_matrix

__all__ = ["Outcome", "RunResult", "print_result", "run"]

VERSIONS = ("reportlib", "ipykernel", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "pyarrow")
TIMEOUT = 600.0
State = Literal["done", "failed", "unchanged", "planned", "cancelled"]

LABELS = {
    "zh": {
        "notebook": "笔记本",
        "parameters": "参数",
        "data": "数据",
        "made": "生成",
        "versions": "版本",
        "code": "代码",
        "inputs": "所用文件（SHA-256）",
        "warnings": "运行时的警告",
        "clean": "无未提交的改动",
        "dirty": "有未提交的改动",
        "retyped": "本页所用报告中有按已公布数字重新录入的文本（retyped），并非发布机关的原件。",
        "synthetic": "本页含有为测试合成的数据（synthetic），不是任何机关的真实数字。",
    },
    "en": {
        "notebook": "Notebook",
        "parameters": "Parameters",
        "data": "Data",
        "made": "Made",
        "versions": "Versions",
        "code": "Code",
        "inputs": "Files used (SHA-256)",
        "warnings": "Warnings while running",
        "clean": "no uncommitted changes",
        "dirty": "with uncommitted changes",
        "retyped": "Some reports used here were retyped from published figures; they are not the publishers' files.",
        "synthetic": "This page contains synthetic data made for tests; they are no body's figures.",
    },
}


@dataclass(frozen=True)
class Outcome:
    """What became of one page.

    Attributes
    ----------
    page
        Its name.
    state
        ``done``, ``failed`` (an earlier good page stays), ``unchanged``, ``planned`` (dry run) or
        ``cancelled`` (after another failed, with fail_fast).
    seconds, cell_seconds
        Wall time in all, and of the cells alone.
    cell, error
        Where and why it failed: ``In [4]: ds = …`` and ``KeyError: 'x'``.
    traceback
        Of a failed cell, plain text.
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
class RunResult:
    """What a run did.

    Attributes
    ----------
    outcomes
        One for every page that was asked for, in the order of the matrix.
    index
        The index page.
    engine
        Name of papermill's engine, and why it is not the fast one where it is not.
    seconds
        Wall time.
    """

    outcomes: tuple[Outcome, ...]
    index: Path
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


@dataclass(frozen=True)
class _Task:
    """All that a worker needs to make one page."""

    page: Page
    home: Path
    out: Path
    engine: str
    timeout: float
    code: bool
    record: dict[str, Any] = field(hash=False)


def run(
    home: Path | str | None = None,
    *,
    batch: Path | str | None = None,
    out: Path | str | None = None,
    jobs: int | None = None,
    only: Iterable[str] = (),
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
        Runs the pages instead of processes of this machine. Its workers see the same folders.

    Returns
    -------
    RunResult
        Pages that fail are in it, with cell and error; the others are finished.

    Raises
    ------
    ReportlibError
        The matrix is wrong; nothing has been run.
    KeyboardInterrupt
        Passed on after the workers have stopped and the index is written; a rerun goes on.
    """
    started = time.monotonic()
    home = find_home(home)
    batch = Path(batch) if batch else home / "notebooks" / "batch.yml"
    out = Path(out) if out else home / "site"
    ds = open_dataset(home)
    pages = load_matrix(batch, ds.reports, ds.resolve)
    chosen = _chosen(pages, tuple(only))
    name = "reportlib-fork" if engine.FORK else "reportlib-plain"
    (out / "runs").mkdir(parents=True, exist_ok=True)
    _sweep(out)
    facts = _Facts(ds)
    tasks = [_Task(page, home, out, name, page.timeout or timeout, code, facts.of(page, code)) for page in chosen]
    todo = [task for task in tasks if force or not _made(task)]
    outcomes = {task.page.name: Outcome(task.page.name, "unchanged") for task in tasks}
    outcomes |= {task.page.name: Outcome(task.page.name, "planned" if dry_run else "cancelled") for task in todo}
    index = out / "index.html"
    if not dry_run:
        if engine.FORK and not executor and todo:
            engine.ForkServer.get()  # imports while the workers begin; they all use it
        try:
            with _progress(len(todo)) as advance:
                results = _results(todo, jobs or os.cpu_count() or 1, executor)
                for outcome in results:
                    outcomes[outcome.page] = outcome
                    advance(outcome)
                    if fail_fast and outcome.state == "failed":
                        results.close()
                        break
        finally:
            _write(index, html.export_index([_entry(page, out) for page in pages], _today()))
    return RunResult(
        tuple(outcomes[task.page.name] for task in tasks),
        index,
        name if engine.FORK else f"{name}: this system has no safe fork, each notebook starts a process",
        time.monotonic() - started,
    )


def print_result(result: RunResult, console: Console) -> None:
    """Say what became of the pages: a count for each state, and each failure with its cell."""
    counts = {state: sum(o.state == state for o in result.outcomes) for state in State.__args__}  # type: ignore[attr-defined]
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "no pages"
    console.print(f"{said} in {result.seconds:.1f} s ({result.engine})", highlight=False)
    if result.failed:
        table = Table("page", "cell", "error", title="Failed", title_justify="left")
        for outcome in result.failed:
            table.add_row(*(part.replace("[", r"\[") for part in (outcome.page, outcome.cell, outcome.error)))
        console.print(table)
    console.print(str(result.index), highlight=False, soft_wrap=True)


# -- which pages, and what they are made from ------------------------------------------------------


def _chosen(pages: list[Page], only: tuple[str, ...]) -> list[Page]:
    def wanted(page: Page, pattern: str) -> bool:
        return fnmatch.fnmatchcase(page.name, pattern) or pattern in (page.notebook.stem, *page.bodies)

    for pattern in only:
        if not any(wanted(page, pattern) for page in pages):
            raise ReportlibError(
                f"no page fits {pattern!r}",
                expected="a pattern of page names, a notebook or a body of the matrix",
                hint=f"Pages are, for example, {', '.join(page.name for page in pages[:3])}",
            )
    return [page for page in pages if not only or any(wanted(page, pattern) for pattern in only)]


class _Facts:
    """What a page is made from, and the fingerprint of all that."""

    def __init__(self, ds: Dataset) -> None:
        self.reports = ds.reports
        self.notebook_hash = cache(_notebook_hash)  # for this run only: the next may find them edited
        state = ds.home / "data" / "processed" / "state.json"
        said = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {}
        keys = {file: key for part in said.get("parts", {}).values() for file, key in part["keys"].items()}
        self.common = {
            "library": _library_hash(),
            "ingest": said.get("code", ""),
            "versions": {"python": sys.version.split()[0], **{name: version(name) for name in VERSIONS}},
            "git": _git(ds.home),
        }
        rows: dict[str, list[int]] = {}
        for frame in (self.reports.assign(key=self.reports["file"].map(keys)), ds.figures, ds.findings):
            hashes = pd.util.hash_pandas_object(frame, index=False)
            for body, several in hashes.groupby(frame["body"].astype(str)):
                rows.setdefault(str(body), []).extend(several)
        self.slices = {body: _hash(sorted(several)) for body, several in rows.items()}
        self.everything = _hash(sorted(self.slices.items()))

    def of(self, page: Page, code: bool) -> dict[str, Any]:
        """The record of a page, before it is made."""
        notebook = self.notebook_hash(page.notebook)
        own = page.reads == "bodies" and bool(page.bodies)
        data = _hash([self.slices.get(body, "") for body in page.bodies]) if own else self.everything
        used = self.reports[self.reports["body"].isin(page.bodies)] if page.bodies else self.reports
        inputs = used[["file", "sha256", "kind"]].to_dict("records")
        made_of = [notebook, page.parameters, data, self.common["library"], self.common["versions"], code]
        return {
            **{key: value for key, value in asdict(page).items() if key != "notebook"},
            "notebook": {"file": page.notebook.name, "sha256": notebook},
            "data": data,
            "inputs": inputs,
            **self.common,
            "fingerprint": _hash(made_of),
        }


@cache
def _library_hash() -> str:
    package = Path(__file__).parents[1]
    files = sorted(path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return _hash([(str(path.relative_to(package)), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])


def _notebook_hash(path: Path) -> str:
    """Of what a notebook says, without outputs."""
    nb = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return _hash([(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in nb.cells])


def _git(home: Path) -> dict[str, Any] | None:
    def ask(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(home), *arguments], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return {"revision": ask("rev-parse", "HEAD"), "clean": not ask("status", "--porcelain")}
    except (OSError, subprocess.CalledProcessError):
        return None


def _made(task: _Task) -> bool:
    record = _record(task.out, task.page.name)
    return (
        (record.get("made") or {}).get("fingerprint") == task.record["fingerprint"]
        and not record.get("failure")
        and (task.out / f"{task.page.name}.html").exists()
    )


# -- running ---------------------------------------------------------------------------------------


def _results(tasks: list[_Task], jobs: int, executor: Executor | None) -> Generator[Outcome]:
    """Outcomes as they come. Without an executor the pages run in processes of this machine."""
    waiting = {task.page.name: task for task in tasks}
    for _attempt in (1, 2):  # a worker that is killed takes its pool with it: once more with a new one
        if waiting:
            pool = executor or _pool(min(jobs, len(waiting)))
            futures = {pool.submit(_make, task): name for name, task in waiting.items()}
            try:
                for future in as_completed(futures):
                    if outcome := _outcome(future, futures[future]):
                        del waiting[outcome.page]
                        yield outcome
            finally:
                for future in futures:
                    future.cancel()
                if isinstance(pool, ProcessPoolExecutor) and pool is not executor:
                    _stop(pool, abandon=not all(future.done() for future in futures))
    for name in waiting:
        yield Outcome(name, "failed", error="the process that made it was killed, twice")


def _outcome(future: Future[Outcome], name: str) -> Outcome | None:
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except (Exception, CancelledError) as error:
        return Outcome(name, "failed", error=f"{type(error).__name__}: {error}")


def _pool(jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("fork" if engine.FORK else "spawn")
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


def _stop(pool: ProcessPoolExecutor, abandon: bool) -> None:
    workers = list((pool._processes or {}).values())
    pool.shutdown(wait=not abandon, cancel_futures=True)
    if abandon:
        for worker in workers:
            worker.terminate()
            worker.join()


def _make(task: _Task) -> Outcome:
    """Execute one notebook, export it and write its record; failing is an outcome too."""
    page, began, started = task.page, time.perf_counter(), _now()
    nb, failure, said = None, {}, []
    try:
        nb = _execute(task)
        said = _stderr(nb, task.home)
        text = html.export_page(nb, _page_text(task, started, said), code=task.code)
    except Exception as error:
        failure = _failure(error, task)
    cells = sum(cell.metadata.papermill.duration or 0 for cell in nb.cells) if nb else 0.0
    seconds = round(time.perf_counter() - began, 3)
    if failure:
        record = _record(task.out, page.name)
        _write_record(task, {**record, "failure": {**failure, "started": started, "seconds": seconds}})
        return Outcome(page.name, "failed", seconds, cells, failure["cell"], failure["error"], failure["traceback"])
    _write(task.out / f"{page.name}.html", text)
    times = {"started": started, "seconds": seconds, "cell_seconds": round(cells, 3)}
    _write_record(task, {"made": {**task.record, **times, "warnings": said}, "failure": None})
    return Outcome(page.name, "done", seconds, cells, warnings=tuple(said))


def _execute(task: _Task) -> nbformat.NotebookNode:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the machinery; the notebook's own are in its outputs
        nb: nbformat.NotebookNode = papermill.execute_notebook(
            str(task.page.notebook).replace("{", "{{").replace("}", "}}"),
            None,
            parameters=task.page.parameters,
            engine_name=task.engine,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            notebook_timeout=task.timeout,
            env={"REPORTLIB_HOME": str(task.home)},
            resources={"metadata": {"path": str(task.page.notebook.parent)}},
        )
    return nb


def _failure(error: Exception, task: _Task) -> dict[str, str]:
    if isinstance(error, papermill.exceptions.PapermillExecutionError):
        lines = [_plain(line) for line in error.traceback]
        return {
            "cell": f"In [{error.exec_count}]: {_first_line(error.source)}",
            "error": f"{error.ename}: {error.evalue}",
            "traceback": "\n".join(lines),
        }
    place = ""
    if (index := getattr(error, "cell_index", None)) is not None:
        place = f"cell {index + 1}"
    if isinstance(error, CellTimeoutError):
        said = f"not finished after {task.timeout:g} s"
    elif isinstance(error, DeadKernelError):
        status = getattr(error, "kernel_status", None)
        ended = f"was killed by {signal.Signals(-status).name}" if status and status < 0 else f"ended with {status}"
        said = f"the kernel {ended}"
    else:
        said = str(error) if isinstance(error, ReportlibError) else f"{type(error).__name__}: {error}"
    return {"cell": place, "error": said, "traceback": ""}


def _stderr(nb: nbformat.NotebookNode, home: Path) -> list[str]:
    """What the cells wrote to standard error, without the paths of this machine."""
    text = "".join(
        output.text
        for cell in nb.cells
        for output in cell.get("outputs", ())
        if output.output_type == "stream" and output.name == "stderr"
    )
    lines = [_plain(line).replace(f"{home}/", "") for line in text.splitlines() if line.strip()]
    return [re.sub(r"/\S*/site-packages/|/tmp/ipykernel_\d+/", "", line) for line in dict.fromkeys(lines)]


def _page_text(task: _Task, started: str, said: list[str]) -> html.PageText:
    page, record = task.page, task.record
    lang = page.lang if page.lang in LABELS else "zh"
    words = LABELS[lang]
    git = record["git"]
    kinds = {one["kind"] for one in record["inputs"]}
    return html.PageText(
        lang=lang,
        title=" · ".join([page.title, "、".join(page.bodies[:3])][: 1 + bool(page.bodies)]),
        body="、".join(page.bodies),
        date=_today(),
        notices=tuple(words[kind] for kind in ("retyped", "synthetic") if kind in kinds),
        facts=(
            (words["notebook"], f"{record['notebook']['file']}  {record['notebook']['sha256'][:12]}"),
            (words["parameters"], ", ".join(f"{k} = {v}" for k, v in page.parameters.items()) or "–"),
            (words["data"], record["data"][:12]),
            (words["versions"], ", ".join(f"{k} {v}" for k, v in record["versions"].items())),
            *(
                [(words["code"], f"{git['revision'][:12]}, {words['clean' if git['clean'] else 'dirty']}")]
                if git
                else []
            ),
            (words["made"], started),
        ),
        lists=(
            (words["inputs"], tuple(f"{i['file']}  {i['sha256']}  {i['kind']}" for i in record["inputs"])),
            (words["warnings"], tuple(said)),
        ),
    )


# -- files and small things ------------------------------------------------------------------------


def _entry(page: Page, out: Path) -> dict[str, str]:
    record = _record(out, page.name)
    failure = record.get("failure") or {}
    exists = (out / f"{page.name}.html").exists()
    return {
        "name": page.name,
        "body": "、".join(page.bodies),
        "title": page.title,
        "years": page.years,
        "lang": page.lang,
        "date": ((record.get("made") or {}).get("started") or "")[:10] if exists else "",
        "href": f"{page.name}.html" if exists else "",
        "failure": " · ".join(filter(None, (failure.get("cell"), failure.get("error")))),
    }


def _record(out: Path, name: str) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((out / "runs" / f"{name}.json").read_text(encoding="utf-8"))
        return record
    except (OSError, ValueError):
        return {}


def _write_record(task: _Task, record: dict[str, Any]) -> None:
    _write(task.out / "runs" / f"{task.page.name}.json", json.dumps(record, ensure_ascii=False, indent=1))


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def _sweep(out: Path) -> None:
    """Remove what a killed run left half-written, unless its process is still at it."""
    for part in [*out.glob(".*.part"), *(out / "runs").glob(".*.part")]:
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(part.suffixes[-2][1:]), 0)
            continue
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A bar on standard error with rate and time left; nothing without a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("pages"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
    )
    with Progress(*columns, console=console, disable=not (console.is_terminal and total), auto_refresh=False) as bar:
        task = bar.add_task("pages", total=total, rate="", failed="")
        began, done, failed = time.monotonic(), 0, 0

        def advance(outcome: Outcome) -> None:
            nonlocal done, failed
            done, failed = done + 1, failed + (outcome.state == "failed")
            rate = f"{done / max(time.monotonic() - began, 0.001):.1f}/s"
            bar.update(task, advance=1, rate=rate, failed=f"{failed} failed" if failed else "")
            bar.refresh()

        bar.refresh()
        yield advance


def _first_line(source: str) -> str:
    return next((line.strip() for line in source.splitlines() if line.strip()), "")[:80]


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _today() -> str:
    return _now()[:10]
