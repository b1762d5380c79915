"""Processes that work for this one: each does one task at a time and is replaced when it dies.

What foreign documents can do to a process (kill it, fill the memory, never end) they do to one of these.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ReportlibError
from .forks import Forks

__all__ = ["MEMORY", "SECONDS", "DiedError", "Processes", "bounded", "pool"]

T = TypeVar("T")
MEMORY = 4 << 30
"""Bytes that a process that reads documents may take."""
SECONDS = 120.0
"""Of processor time that a document may take, far more than the slowest that we know."""
WALL = 5
"""Seconds by the clock for a second of processor time: a busy machine is not the document's fault."""
YOUNG = 50_000
"""Objects after which the collector looks for circles; looking after each 700 takes a tenth of an ingest."""
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
        Bytes of memory of its own that a process may take, which reads foreign documents then; None: no
        bound.

    Notes
    -----
    A function is sent by its name: it stands in a module, not in a script. What it prints reaches nobody.
    ``submit`` gives a future like any executor's; its exception is a `DiedError` where the process ended.
    """

    def __init__(self, jobs: int, preload: Iterable[str] = (), memory: int | None = None) -> None:
        super().__init__(jobs)
        self._memory = memory
        self._workers: dict[int, tuple[Connection, int]] = {}
        self._stopped = False
        self._forks = Forks.of(__name__, *preload)

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Do a task in one of the processes."""
        return super().submit(self._do, function, args, kwargs)

    def _do(self, function: Callable[..., T], args: Any, kwargs: Any) -> T:
        worker, _ = self._worker()
        try:
            worker.send((function, args, kwargs))
            answer = worker.recv()
        except (EOFError, OSError):
            answer = None
        if not isinstance(answer, tuple):
            worker.close()
            raise DiedError(DIED.get(answer, "the process died, out of memory or by a fault of a library"))
        done, result = answer
        if not done:
            raise result
        return result  # type: ignore[no-any-return]

    def _worker(self) -> tuple[Connection, int]:
        """The process that this thread holds; one that ended meanwhile, telling its status, is replaced."""
        thread = threading.get_ident()
        known = self._workers.get(thread)
        if known is None or known[0].closed or known[0].poll():
            known = self._forks.fork(f"{__name__}:work", self._memory, sys.path, Path.cwd())
            self._workers[thread] = known
            if self._stopped:
                self._end(thread)
        return known

    def _end(self, thread: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._workers[thread][1], signal.SIGKILL)

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the processes whatever they do; no further task is begun."""
        self._stopped = True
        super().shutdown(wait=False, cancel_futures=True)
        for thread in list(self._workers):
            self._end(thread)


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


# ------------------------------------------------------------------------------ in the process itself
def work(client: Connection, memory: int | None, path: list[str], folder: Path) -> None:
    """Do what the client asks, until it has no more.

    Parameters
    ----------
    client
        Sends function, arguments and keywords; gets whether all went well, and the result or the error.
    memory
        As for `Processes`.
    path, folder
        Where the client finds its modules and its files.
    """
    global _bounds
    sys.path[:] = path
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if memory:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    gc.set_threshold(YOUNG)
    _bounds = True
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = client.recv_bytes()
            try:
                function, args, kwargs = pickle.loads(task)
                answer = True, function(*args, **kwargs)
            except Exception as error:
                error.__traceback__ = error.__cause__ = error.__context__ = None
                answer = False, error
            client.send(answer)


TIMERS = ((signal.ITIMER_PROF, 1), (signal.ITIMER_REAL, WALL))
DIED = dict.fromkeys((-signal.SIGPROF, -signal.SIGALRM), "the process took too long and was ended")
"""What the exit status tells of a process that one of them ended."""


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
