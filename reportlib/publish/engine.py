"""papermill's engine ``reportlib-fork``: the kernel is the interpreter that runs reportlib, in milliseconds.

A process imports pandas, matplotlib and reportlib once and forks a child for every notebook. The kernel is
ipykernel and the client is nbclient as they come; only how the process starts differs, and so outputs are the
same.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import math
import os
import shutil
import signal
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from traitlets import Type, Unicode

from ..store.forks import Forks
from . import ENGINE, KERNEL

__all__ = ["ForkEngine"]


class _Process:
    """The little of `subprocess.Popen` that jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(self, connection: Connection, pid: int) -> None:
        self.connection, self.pid = connection, pid
        self.ready = False
        self.returncode: int | None = None

    def poll(self) -> int | None:
        while self.returncode is None and self.connection.poll():
            try:
                message = self.connection.recv()
            except EOFError:  # what it was forked from is gone, and it as well
                message = -signal.SIGKILL
            if message == "ready":
                self.ready = True
            else:
                self.returncode = message
                self.connection.close()
        return self.returncode

    wait = poll

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class _Provisioner(LocalProvisioner):
    """Starts kernels as forks of a process that has everything imported."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        arguments, folder = cmd[cmd.index("-f") :], str(options.get("cwd") or Path.cwd())
        child = Forks.of(KERNEL).fork(f"{KERNEL}:be_kernel", arguments, folder, options["env"])
        self.process = process = _Process(*child)  # type: ignore[assignment]
        self.pid = self.pgid = process.pid
        while not process.ready:
            if process.poll() is not None:
                raise RuntimeError(f"the kernel ended with status {process.returncode} before it was ready")
            await asyncio.sleep(0.001)
        return self.connection_info

    async def wait(self) -> int | None:
        while await self.poll() is None:
            await asyncio.sleep(0.001)  # the stock provisioner looks ten times a second
        return await super().wait()


class _Client(AsyncKernelClient):
    async def wait_for_ready(self, timeout: float | None = None) -> None:
        # As the stock client, which then waits another 0.2 s for messages that do not come.
        while True:
            request = self.kernel_info()
            self._handle_kernel_info_reply(await self.get_shell_msg(timeout=timeout))
            with contextlib.suppress(Empty):
                while (await self.get_iopub_msg(timeout=0.2))["parent_header"].get("msg_id") != request:
                    pass
                return


class _Manager(AsyncKernelManager):
    """Starts this interpreter, whatever kernelspecs are installed."""

    transport = Unicode("ipc")
    client_factory = Type(_Client)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # A folder for each kernel: kernels that start together cannot race for a port or a file.
        self.folder = tempfile.mkdtemp(prefix="rl-")
        self.connection_file = str(Path(self.folder) / "k.json")

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            language="python",
            display_name="Python 3",
        )

    async def _async_pre_start_kernel(self, **options: Any) -> tuple[list[str], dict[str, Any]]:
        self.provisioner = _Provisioner(
            kernel_id=Path(self.folder).name, kernel_spec=self.kernel_spec, parent=self
        )
        return await super()._async_pre_start_kernel(**options)

    async def _async_interrupt_kernel(self) -> None:
        # On the way out the stock manager interrupts before it asks the kernel to go; now and then
        # ipykernel 7 catches that in the wrong thread and hangs until it is killed, 2.5 s later.
        return

    async def _async_finish_shutdown(
        self, waittime: float | None = None, pollinterval: float = 0.1, restart: bool = False
    ) -> None:
        await super()._async_finish_shutdown(waittime, 0.001, restart)

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Without the decorator that makes both 10 ms longer, "to ensure tests can capture the state".
    _async_start_kernel = inspect.unwrap(AsyncKernelManager._async_start_kernel)
    _async_shutdown_kernel = inspect.unwrap(AsyncKernelManager._async_shutdown_kernel)

    start_kernel = _async_start_kernel
    shutdown_kernel = _async_shutdown_kernel
    cleanup_resources = _async_cleanup_resources


class _NotebookClient(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client; what ends a notebook otherwise than by a cell's error tells the cell, as that
    does.
    """

    def papermill_execute_cells(self) -> None:
        for index, cell in enumerate(self.nb.cells):
            try:
                self.nb_man.cell_start(cell, index)
                self.execute_cell(cell, index)
            except CellExecutionError as error:
                _keep_error(cell, error)
                self.nb_man.cell_exception(self.nb.cells[index], cell_index=index, exception=error)
                break
            except BaseException as error:  # time out, dead kernel, Ctrl-C: no use in asking the kernel to go
                error.exec_count, error.source = self.code_cells_executed, cell.source  # type: ignore[attr-defined]
                error.kernel_status = getattr(self.km.provisioner.process, "returncode", None)  # type: ignore[attr-defined]
                self.shutdown_kernel = "immediate"
                raise
            finally:
                self.nb_man.cell_complete(self.nb.cells[index], cell_index=index)


def _keep_error(cell: NotebookNode, error: CellExecutionError) -> None:
    """Put an error into the outputs where the kernel only printed it, as it does for an unknown magic."""
    if not any(output.output_type == "error" for output in cell.outputs):
        said = {"ename": error.ename, "evalue": error.evalue, "traceback": [str(error)]}
        cell.outputs.append(new_output("error", **said))  # type: ignore[no-untyped-call]


class ForkEngine(Engine):  # type: ignore[misc]
    """papermill's standard engine; the kernel is this interpreter, forked with everything imported.

    Takes, beyond papermill's options, `notebook_timeout` (seconds for all cells together), `env`
    (the kernel's environment; None: that of this process) and `resources` (nbclient's:
    ``metadata.path`` is the kernel's working directory).
    """

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        notebook_timeout: float | None = None,
        execution_timeout: float | None = None,
        start_timeout: float = 60,
        env: dict[str, str] | None = None,
        **options: Any,
    ) -> None:
        began: list[float] = []

        def seconds_left(_cell: object) -> float | None:
            began.append(time.monotonic())
            left = min((notebook_timeout or math.inf) + began[0] - began[-1], execution_timeout or math.inf)
            return None if left == math.inf else max(left, 0.01)

        options.pop("input_path", None)
        client = _NotebookClient(
            nb_man,
            kernel_manager_class=_Manager,
            kernel_name=kernel_name,
            timeout_func=seconds_left,
            startup_timeout=start_timeout,
            **options,
        )
        client.execute(env=env or dict(os.environ))


papermill_engines.register(ENGINE, ForkEngine)
