"""A process that has some modules imported, and children forked from it for whoever asks.

`Forks` starts it. One connection stands for one child: the client names a function of the child's and its
arguments, and gets the child's number; whatever child and client have to say to each other goes the same way,
and at last the child's exit status. A child whose client is gone is killed, and all end with the process that
started the first, however that ends.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import fcntl
import gc
import importlib
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from multiprocessing.connection import Connection
from typing import Any, ClassVar, NamedTuple

__all__ = ["LINUX", "Forks"]

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1  # from linux/prctl.h


class Forks:
    """The process, as those who use it see it.

    Parameters
    ----------
    modules
        What it imports.

    Notes
    -----
    The children of a process use those that it has started.
    """

    _known: ClassVar[dict[tuple[str, ...], Forks]] = {}
    _lock = threading.Lock()

    def __init__(self, modules: Iterable[str]) -> None:
        self.owner = os.getpid()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - it lasts as long as the process
        program = f"from {__name__} import serve; serve()"
        self.door, door = socket.socketpair()
        with door:
            self.process = subprocess.Popen(
                [sys.executable, "-c", program, str(door.fileno()), *modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self.log,
                env=dict(os.environ),  # what libraries set behind Python's back is none of it
                pass_fds=[door.fileno()],
                start_new_session=True,
            )
        atexit.register(self.close)

    @classmethod
    def of(cls, *modules: str) -> Forks:
        """The one that this process uses for some modules, started if need be."""
        with cls._lock:
            known = cls._known.get(modules)
            if known is None or select.select([known.door], [], [], 0)[0]:  # nobody is behind the door
                known = cls._known[modules] = cls(modules)
            return known

    def fork(self, function: str, *arguments: Any) -> tuple[Connection, int]:
        """A new child, as soon as the modules are imported.

        Parameters
        ----------
        function
            What it does, as ``module:name``; called with its connection.
        arguments
            What else it is called with.

        Returns
        -------
        connection, pid
            Closing the connection ends the child.

        Raises
        ------
        RuntimeError
            The process has ended; what it said last.
        """
        mine, its = socket.socketpair()
        connection = Connection(mine.detach())
        try:
            with its:
                socket.send_fds(self.door, [b"+"], [its.fileno()])
            connection.send((function, arguments))
            return connection, connection.recv()
        except (OSError, EOFError):
            self.log.seek(0)
            said = self.log.read().decode(errors="replace")
            raise RuntimeError(f"the process that others are forked from has ended: {said[-2000:]}") from None

    def close(self) -> None:
        """End it and its children, if this process started it."""
        if self.owner == os.getpid() and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()


# ------------------------------------------------------------------------------ in the process itself
class _Child(NamedTuple):
    """A child, as the process that it was forked from sees it: its client's connection and its number."""

    connection: Connection
    pid: int

    def kill(self) -> None:
        """End it and what it started: its group, and itself if it has none yet."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(self.pid, signal.SIGKILL)

    def bury(self, status: int) -> None:
        """Tell the client how it ended, if that is still there, and leave nothing of what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.connection.send(os.waitstatus_to_exitcode(status))
        self.connection.close()


def serve() -> None:
    """Import what the arguments name, and fork children until standard input closes."""
    # The system ends this process with the one that started it, whatever import it is in.
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:
        return
    for name in sys.argv[2:]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is shared now need not be copied by a child's collector
    fcntl.fcntl(0, fcntl.F_SETFL, 0)  # from now on children have to be ended, too
    with socket.socket(fileno=int(sys.argv[1])) as door:
        _Server(door).run()


class _Server:
    """What the process does once all is imported."""

    def __init__(self, door: socket.socket) -> None:
        self.door = door
        self.children: dict[int, _Child] = {}
        """By the number of the connection."""
        self.poll = select.poll()
        self.deaths, told = os.pipe()
        os.set_blocking(told, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        for descriptor in (0, door.fileno(), self.deaths):
            self.poll.register(descriptor, select.POLLIN)

    def run(self) -> None:
        """Fork and bury until standard input closes."""
        ready: dict[int, int] = {}
        while 0 not in ready:
            ready = dict(self.poll.poll())
            for child in [self.children[one] for one in ready if one in self.children]:
                child.kill()  # its client has left
                self.poll.unregister(child.connection)
            if self.deaths in ready:
                os.read(self.deaths, 4096)
                self._bury()
            if self.door.fileno() in ready:
                _, descriptors, *_ = socket.recv_fds(self.door, 1, 1)
                if not descriptors:  # nobody is left who could ask
                    break
                self._answer(Connection(descriptors[0]))
        for child in self.children.values():
            child.kill()
            child.bury(os.waitpid(child.pid, 0)[1])

    def _bury(self) -> None:
        """Look which children have ended."""
        for number, child in list(self.children.items()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                with contextlib.suppress(KeyError):
                    self.poll.unregister(number)
                child.bury(status)
                del self.children[number]

    def _answer(self, connection: Connection) -> None:
        """Fork a child for the client that asks through a new connection."""
        try:
            function, arguments = connection.recv()
        except (OSError, EOFError):  # a client that was killed before it could ask
            connection.close()
            return
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(server, connection, function, arguments)
        self.children[connection.fileno()] = _Child(connection, pid)
        self.poll.register(connection, 0)  # tells only that it is closed at the other end

    def _become(self, server: int, connection: Connection, function: str, arguments: Any) -> None:
        """Be the child: nothing of the others, and do what is asked."""
        if LINUX:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server:
            os._exit(1)
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        told = signal.set_wakeup_fd(-1)
        for descriptor in (self.door.fileno(), self.deaths, told, *self.children):
            os.close(descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        try:
            connection.send(os.getpid())
            pkgutil.resolve_name(function)(connection, *arguments)
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(1)
