"""A process that imports everything once and forks a kernel for every notebook.

`ForkServer` starts it as ``python -m reportlib.publish.server ADDRESS``. One connection stands for one
kernel: the client sends ``(arguments, cwd, env)`` and gets the process id, ``"ready"``, and in the end the
exit status. A kernel whose client is gone is killed; when standard input closes, all end.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import gc
import importlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from importlib.resources import files
from multiprocessing.connection import Client, Connection, Listener, wait
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from ..form import load_toml
from ..store.processes import end_with_parent

__all__ = ["FORK", "NAME", "ForkServer"]

FORK = hasattr(os, "pidfd_open")  # Linux; macOS can fork too, but its own frameworks do not survive it
NAME = "reportlib-fork" if FORK else "reportlib-plain"  # papermill's engine

# What a kernel imports before its first cell, and what notebooks use.
WARM = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "IPython.utils.wildcard",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
)

SAID_TO_NOTEBOOKS = {"JPY_PARENT_PID", "REPORTLIB_HOME"}
"""Variables that no import reads."""


class ForkServer:
    """The process, as those who use it see it.

    A process that runs notebooks starts one when it first needs it, unless it is told which to `use`. The
    server ends with the process that started it, and a kernel ends with the process that uses it, however
    that ends.

    Parameters
    ----------
    pid
        The process's number.
    folder
        Where its door is.
    process
        For the one who started it: how to end it.
    """

    _current: ForkServer | None = None
    _lock = threading.Lock()

    def __init__(self, pid: int, folder: Path, process: subprocess.Popen[bytes] | None = None) -> None:
        self.pid, self.folder, self.process = pid, folder, process
        self.owner = os.getpid()
        self.environment = _environment(pid)
        self.clean = not (Path.cwd() / "matplotlibrc").exists()

    @classmethod
    def start(cls) -> ForkServer:
        """Start one; it ends when this process does."""
        folder = Path(tempfile.mkdtemp(prefix="rl-"))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(folder / "door")],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        server = cls(process.pid, folder, process)
        atexit.register(server.close)
        return server

    @classmethod
    def get(cls) -> ForkServer:
        """The server that this process uses, started if need be."""
        with cls._lock:
            if cls._current is None or not cls._current.alive():
                cls._current = cls.start()
            return cls._current

    @classmethod
    def use(cls, door: str) -> None:
        """Use the server that another process of this machine has started, if it is there."""
        pid, _, folder = door.partition(" ")
        if door and Path(folder).is_dir() and (cls._current is None or cls._current.door != door):
            cls._current = cls(int(pid), Path(folder))

    @property
    def door(self) -> str:
        """How another process finds it."""
        return f"{self.pid} {self.folder}"

    def alive(self) -> bool:
        """Whether it still serves. Only the process that started it could wait for it; /proc tells all."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def connect(self) -> Connection:
        """A connection for one kernel, as soon as the server has imported what it imports."""
        while True:
            try:
                return Client(str(self.folder / "door"), "AF_UNIX")
            except (FileNotFoundError, ConnectionError):
                if not self.alive():
                    said = (self.folder / "log").read_text(errors="replace") if self.folder.exists() else ""
                    raise RuntimeError(
                        f"the process that forks the kernels has ended: {said[-2000:]}"
                    ) from None
                time.sleep(0.01)

    def serves(self, cwd: Path, environment: Mapping[str, str]) -> bool:
        """Whether a fork is what a fresh process would be in this folder, with this environment.

        What has been imported has read its settings: variables such as ``TZ``, ``PYTHONPATH`` or
        ``MPLCONFIGDIR``, and the ``matplotlibrc`` of the folder.
        """
        names = (environment.keys() | self.environment.keys()) - SAID_TO_NOTEBOOKS
        same = all(environment.get(name) == self.environment.get(name) for name in names)
        return same and self.clean and not (cwd / "matplotlibrc").exists()

    def close(self) -> None:
        """End it and all its kernels, if this process started it."""
        if self.process and self.process.stdin and self.owner == os.getpid():
            self.process.stdin.close()
            self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)


def _environment(pid: int) -> dict[str, str]:
    """The variables that a process was started with."""
    lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    pairs = (os.fsdecode(line).partition("=") for line in lines if line)
    return {name: value for name, _, value in pairs}


class _Kernel(NamedTuple):
    """A forked kernel as the server sees it: its client, the process, and what tells of its end."""

    connection: Connection
    pid: int
    end: int

    def kill(self) -> None:
        """End it and what it started: its group, and itself if it has none yet."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(self.pid, signal.SIGKILL)

    def bury(self) -> None:
        """Tell the client how it ended, if that is still there, and leave nothing of it behind."""
        self.kill()
        _, status = os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            self.connection.send(os.waitstatus_to_exitcode(status))
        self.connection.close()
        os.close(self.end)


def main(address: str) -> None:
    """Serve until standard input closes."""
    before = dict(os.environ)
    _import_as_in_a_kernel()
    set_by_imports = {name: value for name, value in os.environ.items() if before.get(name) != value}
    gc.collect()
    gc.freeze()  # what is shared now need not be copied by a child's collector
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernels: dict[Connection | int, _Kernel] = {}
    """Each by its connection and by what tells of its end: clients never speak twice, they leave."""
    with Listener(address, "AF_UNIX", backlog=64) as listener:
        door = listener._listener._socket  # type: ignore[attr-defined]
        ready: list[Any] = []
        while 0 not in ready:
            ready = wait([0, door, *kernels])
            for kernel in {kernels[one] for one in ready if one in kernels}:
                del kernels[kernel.connection], kernels[kernel.end]
                kernel.bury()
            if door in ready:
                inherited = [one if isinstance(one, int) else one.fileno() for one in (door, *kernels)]
                if forked := _answer(listener.accept(), inherited, set_by_imports):
                    kernels |= {forked.connection: forked, forked.end: forked}
    for kernel in set(kernels.values()):
        kernel.bury()


def _answer(connection: Connection, inherited: list[int], environment: dict[str, str]) -> _Kernel | None:
    """Fork a kernel for the client that asks through a new connection."""
    try:
        arguments, cwd, env = connection.recv()
    except (EOFError, ConnectionError):  # a client that was killed before it could ask
        return None
    server = os.getpid()
    pid = os.fork()
    if pid == 0:
        end_with_parent(server)
        for descriptor in inherited:
            os.close(descriptor)
        _be_kernel(connection, arguments, cwd, {**environment, **env})
    with contextlib.suppress(OSError):  # it was killed meanwhile, which its connection tells next
        connection.send(pid)
    return _Kernel(connection, pid, os.pidfd_open(pid))


def _import_as_in_a_kernel() -> None:
    """Import what notebooks use, so that it finds what it would find in a kernel."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # read on import
    for name in WARM:
        _import(name)
    # pandas looks, on import, whether it shows frames to a kernel or to a terminal, and in which encoding.
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="UTF-8")):
        _import("pandas")
    del builtins.get_ipython  # type: ignore[attr-defined]
    reportlib = _import("reportlib")
    for name in reportlib.__all__:
        with contextlib.suppress(Exception):  # whatever is wrong with it, the notebook that uses it will say
            getattr(reportlib, name)
    for path in files("reportlib.form").iterdir():
        if path.name.endswith(".toml"):
            load_toml(path.name)


def _import(name: str) -> ModuleType:
    """Import a module, which takes a while, unless standard input has closed meanwhile."""
    if wait([0], 0):
        os._exit(0)
    return importlib.import_module(name)


def _be_kernel(connection: Connection, arguments: list[str], cwd: str, env: dict[str, str]) -> None:
    """Turn this fresh child into the kernel that ``python -m ipykernel_launcher`` would be."""
    import numpy
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["ipykernel_launcher.py", *arguments]
    del sys.path[0]  # where the server was started
    numpy.random.seed()  # or all children would draw the same numbers
    status = 1
    try:
        app = IPKernelApp.instance()
        app.parent_handle = 1  # the server watches over it
        app.initialize(arguments)  # type: ignore[no-untyped-call]
        connection.send("ready")
        connection.close()
        # Closing sockets one by one takes 40 ms, now and then 10 s (ipykernel joins a thread that
        # waits for one that is stopped already), and all messages have been read when it comes to that.
        atexit.unregister(app.close)
        atexit.unregister(app.iopub_thread.stop)
        app.start()  # type: ignore[no-untyped-call]
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    finally:
        # As at the end of any process, except that nothing is taken apart that vanishes anyway.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])
