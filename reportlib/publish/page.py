"""One page: execute its notebook, export it, write its record."""

from __future__ import annotations

import re
import signal
import time
import warnings
from itertools import chain
from pathlib import Path

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from .. import files
from ..display.tables import DOCUMENTS
from ..errors import ReportlibError
from . import ENGINE, html
from . import engine as _registers_the_engines  # noqa: F401
from .outputs import CellError, last_state
from .provenance import now, write_record
from .tasks import Outcome, Task

__all__ = ["make"]

LONGEST = 2_000  # characters of a warning

LISTED = 200  # warnings


def make(task: Task, environment: dict[str, str]) -> Outcome:
    """Make one page and its record; what fails is in the outcome, and leaves what stood there."""
    name, began = task.page.name, time.perf_counter()
    made = {**task.record, "started": now()}
    try:
        nb = _execute(task, environment)
        made["warnings"] = _stderr(nb, task.home)
        made["inputs"] = _documents(nb) or made["inputs"]
        page = html.export_page(nb, made, folder=task.page.notebook.parent, code=task.code)
        made["cell_seconds"] = round(sum(cell.metadata.papermill.duration or 0 for cell in nb.cells), 3)
        made["seconds"] = round(time.perf_counter() - began, 3)
        with files.in_words(f"{name}.html", "cannot be written"):
            (task.out / "runs").mkdir(parents=True, exist_ok=True)  # somebody may have tidied up meanwhile
            files.write(task.out / f"{name}.html", page.encode())
            write_record(task.out, name, {"made": made, "failure": None})
    except Exception as error:
        return _failed(name, error, task.timeout)
    return Outcome(name, "done")


def _execute(task: Task, environment: dict[str, str]) -> NotebookNode:
    with warnings.catch_warnings(action="ignore"):  # of the machinery; the notebook's own are in its outputs
        nb: NotebookNode = papermill.execute_notebook(
            str(task.page.notebook).replace("{", "{{").replace("}", "}}"),  # papermill fills in braces
            None,
            parameters=task.page.parameters,
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            notebook_timeout=task.timeout,
            env={**environment, "REPORTLIB_HOME": str(task.home)},
            resources={"metadata": {"path": str(task.page.notebook.parent)}},
        )
    _refuse_half(nb)
    return nb


def _documents(nb: NotebookNode) -> list[dict[str, str]]:
    """The documents that the page names as its sources, those of bodies that another is set beside, too."""
    outputs = [output.get("data", {}) for cell in nb.cells for output in cell.get("outputs", ())]
    told = chain.from_iterable(data.get(DOCUMENTS, []) for data in outputs)
    return list({one["file"]: one for one in told}.values())


def _refuse_half(nb: NotebookNode) -> None:
    """A notebook that ends itself with ``sys.exit(0)`` is no error to papermill, whatever it left undone."""
    for cell in nb.cells:
        ended = any(output.get("ename") == "SystemExit" for output in cell.get("outputs", ()))
        if ended and "raises-exception" not in cell.metadata.get("tags", ()):
            raise CellError(cell, "the notebook ended itself here; what came after it was not run")


def _failed(name: str, error: Exception, timeout: float) -> Outcome:
    """Cell, error and traceback, for people. papermill's errors and the engine's tell the cell alike."""
    source = next(filter(None, map(str.strip, getattr(error, "source", "").splitlines())), "")
    number = getattr(error, "exec_count", None)
    cell = f"In [{number}]: {source[:80]}" if number else source[:80]
    trace = "\n".join(map(strip_ansi, getattr(error, "traceback", ())))
    return Outcome(name, "failed", cell, _said(error, timeout), trace)


def _said(error: Exception, timeout: float) -> str:
    match error:
        case papermill.PapermillExecutionError():
            return f"{error.ename}: {error.evalue}"
        case CellTimeoutError():
            return f"not finished after {timeout:g} s"
        case DeadKernelError():
            status = getattr(error, "kernel_status", None) or 0
            if status < 0:
                return f"the kernel was killed by {signal.Signals(-status).name}"
            return f"the kernel ended with status {status}"
        case ReportlibError():
            return str(error)
    return f"{type(error).__name__}: {error}"


def _stderr(nb: NotebookNode, home: Path) -> list[str]:
    """What the cells wrote to standard error, without the paths of this machine."""
    lines: list[str] = []
    for cell in nb.cells:
        said = [output.text for output in cell.get("outputs", ()) if output.get("name") == "stderr"]
        lines += strip_ansi(last_state("".join(said))).splitlines()  # type: ignore[no-untyped-call]
    shown = [line.replace(f"{home}/", "")[:LONGEST] for line in dict.fromkeys(lines) if line.strip()]
    shown = [re.sub(r"/\S*/site-packages/|/tmp/ipykernel_\d+/", "", line) for line in shown]
    return shown if len(shown) <= LISTED else [*shown[:LISTED], f"… + {len(shown) - LISTED}"]
