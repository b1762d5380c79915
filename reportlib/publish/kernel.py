"""What kernels are forked from: all that a kernel and notebooks import, as they would find it in a fresh one.

Importing this module imports all of it. It is what `store.forks` imports for `publish.engine`.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import importlib
import io
import os
import sys
import threading
from importlib.resources import files
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

from ..form import load_toml
from ..store.forks import LINUX

__all__ = ["be_kernel"]

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
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PpmImagePlugin",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
)
SAID_TO_NOTEBOOKS = {"JPY_PARENT_PID", "REPORTLIB_HOME"}
"""Variables that no import reads."""

_environment = dict(os.environ)
_plain = not Path("matplotlibrc").exists()
"""With which variables, and whether without settings of the folder, all was imported."""


def _import_as_in_a_kernel() -> None:
    """Import what notebooks use, so that it finds what it would find in a kernel."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # read on import
    for name in WARM:
        importlib.import_module(name)
    # pandas looks, on import, whether it shows frames to a kernel or to a terminal, and in which encoding.
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="UTF-8")):
        importlib.import_module("pandas")
    importlib.import_module("pyarrow.dataset")  # imports pandas, so not before it
    del builtins.get_ipython  # type: ignore[attr-defined]
    reportlib = importlib.import_module("reportlib")
    for name in reportlib.__all__:
        with contextlib.suppress(Exception):  # whatever is wrong with it, the notebook that uses it will say
            getattr(reportlib, name)
    for path in files("reportlib.form").iterdir():
        if path.name.endswith(".toml"):
            load_toml(path.name)


if LINUX:  # macOS can fork too, but its own frameworks do not survive it
    _import_as_in_a_kernel()
_set_by_imports = {name: value for name, value in os.environ.items() if _environment.get(name) != value}


def be_kernel(client: Connection, arguments: list[str], folder: str, environment: dict[str, str]) -> NoReturn:
    """Turn this fresh child into the kernel that ``python -m ipykernel_launcher`` would be.

    Parameters
    ----------
    client
        Is told when the kernel is ready, or starts.
    arguments, folder, environment
        As of the process.
    """
    os.chdir(folder)
    environment["JPY_PARENT_PID"] = str(os.getppid())
    if not _is_as_fresh(environment):
        client.send("ready")
        os.execve(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *arguments], environment)
    os.environ.clear()
    os.environ.update(_set_by_imports | environment)
    sys.argv = ["ipykernel_launcher.py", *arguments]
    del sys.path[0]  # where the process was started that this one is forked from
    _run_kernel(client, arguments)


def _is_as_fresh(environment: dict[str, str]) -> bool:
    """Whether a fork is what a fresh process would be in this folder, with this environment.

    What has been imported has read its settings: variables such as ``TZ``, ``PYTHONPATH`` or
    ``MPLCONFIGDIR``, and the ``matplotlibrc`` of the folder.
    """
    names = (environment.keys() | _environment.keys()) - SAID_TO_NOTEBOOKS
    same = all(environment.get(name) == _environment.get(name) for name in names)
    return LINUX and same and _plain and not Path("matplotlibrc").exists()


def _run_kernel(client: Connection, arguments: list[str]) -> NoReturn:
    import numpy
    from ipykernel.kernelapp import IPKernelApp

    numpy.random.seed()  # or all children would draw the same numbers
    status = 1
    try:
        app = IPKernelApp.instance()
        app.parent_handle = 1  # the process that it was forked from watches over it
        app.initialize(arguments)  # type: ignore[no-untyped-call]
        client.send("ready")
        client.close()
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
