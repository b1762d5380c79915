"""Processes that work for this one: each does one task at a time, is replaced when it dies, and ends with its
parent.

What foreign documents can do to a process (kill it, fill the memory, never end) they do to one of these.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from multiprocessing import connection, process
from typing import Any, ParamSpec, TypeVar

from ..errors import ReportlibError

__all__ = ["MEMORY", "SECONDS", "DiedError", "Processes", "bounded", "end_with_parent", "pool"]

P = ParamSpec("P")
T = TypeVar("T")
MEMORY = 4 << 30
"""Bytes that a process that reads documents may take."""
SECONDS = 120.0
"""Of processor time that a document may take, far more than the slowest that we know."""
PR_SET_PDEATHSIG = 1  # from linux/prctl.h
WALL = 5
"""Seconds by the clock for a second of processor time: a busy machine is not the document's fault."""
_bounds = False
"""Whether the system may end this process when a task takes too long: it is one that does nothing else."""


class DiedError(BrokenExecutor):
    """The process that did a task ended before the task did; no other task is touched."""


class Processes(ThreadPoolExecutor):
    """An executor whose tasks run in processes of their own, each of them held by one of its threads.

    Parameters
    ----------
    jobs
        The most processes; they are started as they are needed and stay.
    preload
        Modules that a process needs; they are imported once, for all processes.
    memory
        Bytes of memory of its own that a process may take, which reads foreign documents then and prints
        nothing; None: no bound.

    Notes
    -----
    A function is sent by its name: it stands in a module, not in a script. ``submit`` gives a future like
    any executor's; its exception is a `DiedError` where the process ended.
    """

    def __init__(self, jobs: int, preload: Iterable[str] = (), memory: int | None = None) -> None:
        super().__init__(jobs)
        self._memory = memory
        self._workers: dict[int, _Process] = {}
        self._stopped = False
        # Never a plain fork: it would copy the threads' locks of whoever calls.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do a task in one of the processes."""
        return super().submit(self._do, function, args, kwargs)

    def _do(self, function: Callable[..., T], args: Any, kwargs: Any) -> T:
        thread = threading.get_ident()
        worker = self._workers.get(thread)
        if worker is None or worker.gone():
            worker = self._workers[thread] = _Process(self._context, self._memory)
            if self._stopped:
                worker.end()
        return worker.do(function, args, kwargs)  # type: ignore[no-any-return]

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the processes whatever they do; no further task is begun."""
        self._stopped = True
        super().shutdown(wait=False, cancel_futures=True)
        for worker in list(self._workers.values()):
            worker.end()


@contextlib.contextmanager
def pool(
    executor: Executor | None, jobs: int | None, preload: Iterable[str], memory: int | None = MEMORY
) -> Iterator[Executor]:
    """Who does the tasks: an executor that is given, or else processes of this machine, which end with it.

    Parameters
    ----------
    executor
        Any executor.
    jobs
        The most processes; None: one for each processor.
    preload, memory
        As for `Processes`.

    Raises
    ------
    ReportlibError
        Less than one process.
    """
    if executor:
        yield executor
        return
    if jobs is None:
        jobs = os.cpu_count() or 1
    if jobs < 1:
        raise ReportlibError(f"{jobs} processes", expected="1 or more")
    with Processes(jobs, preload, memory) as processes:
        yield processes


class _Process:
    """One process, as its parent sees it."""

    def __init__(self, context: Any, memory: int | None) -> None:
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, memory), daemon=True)
        self._process.start()
        theirs.close()
        try:
            self._ours.recv()
        except (EOFError, OSError):
            hint = "A script that starts processes needs `if __name__ == '__main__':` around what it does"
            raise ReportlibError("no process that reads can be started", hint=hint) from None

    def gone(self) -> bool:
        """Whether it ended while it had nothing to do: it says nothing then but its end."""
        return bool(self._ours.poll())

    def do(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        try:
            self._ours.send((function, args, kwargs))
            done, result = self._ours.recv()
        except (EOFError, OSError):
            raise DiedError(self._end_said()) from None
        if not done:
            raise result
        return result

    def _end_said(self) -> str:
        self._process.join()
        if self._process.exitcode in TIMES:
            return "the process took too long and was ended"
        return "the process died, out of memory or by a fault of a library"

    def end(self) -> None:
        self._process.kill()
        self._process.join()


# ------------------------------------------------------------------------------ in the process itself
def _serve(parent: connection.Connection, memory: int | None) -> None:
    """Do what the parent asks, until it has no more."""
    global _bounds
    end_with_parent(os.getppid())
    threading.Thread(target=_watch, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    if memory:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        # What libraries print over a damaged file is nobody's; what is wrong comes back as an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    _bounds = True
    parent.send("ready")
    while True:
        try:
            function, args, kwargs = parent.recv()
        except (EOFError, OSError):
            return
        except Exception as error:
            parent.send((False, error))
            continue
        parent.send(_done(function, args, kwargs))


def _done(function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[bool, Any]:
    try:
        return True, function(*args, **kwargs)
    except Exception as error:
        error.__traceback__ = error.__cause__ = error.__context__ = None
        return False, error


def _watch() -> None:
    """End this process with the one that asked for it, where the system does not see to it."""
    parent = process.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def end_with_parent(parent: int) -> None:
    """Let the system end this process when its parent ends, however that ends; at once if it is gone already.

    Parameters
    ----------
    parent
        The process's number, asked for before this one was made. Linux means the *thread* that forked.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


TIMERS = ((signal.ITIMER_PROF, 1), (signal.ITIMER_REAL, WALL))
TIMES = (-signal.SIGPROF, -signal.SIGALRM)
"""How the exit status tells that one of them ended a process."""


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """End this process, if it is one of `Processes`, when what is done here takes too long.

    The system does it, since a library that never comes back does not let Python do anything.

    Parameters
    ----------
    seconds
        Of processor time, all threads together; five times that by the clock.
    """
    timers = TIMERS if _bounds else ()
    for timer, times in timers:
        signal.setitimer(timer, seconds * times)
    try:
        yield
    finally:
        for timer, _ in timers:
            signal.setitimer(timer, 0)
