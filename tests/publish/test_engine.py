"""The fork engine gives what the standard engine gives, and isolates as it does."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.exceptions import PapermillExecutionError

from reportlib.publish import ENGINE, KERNEL
from reportlib.store.forks import Forks

ROOT = Path(__file__).parents[2]


TORTURE = {
    "plain output": "print('出'); print('err', file=__import__('sys').stderr)\n1 + 1",
    "two results and a silenced one": "x = 2; x\nx;",
    "rich outputs": (
        "from IPython.display import HTML, JSON, Image, Latex, Markdown, SVG, display\n"
        "display(HTML('<b>b</b>'), Markdown('*m*'), Latex('$x$'), JSON({'a': [1, '二']}))\n"
        "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))"
    ),
    "metadata of outputs": (
        "display({'image/png': 'AAAA', 'text/plain': 'p'}, raw=True, metadata={'image/png': {'alt': '说明'}})"
    ),
    "display updates": (
        "h = display('before', display_id='one')\nfor i in range(3):\n    h.update(f'after {i}')\nprint('between')"
    ),
    "updates of an earlier cell": "h.update('from another cell')",
    "clear output": "from IPython.display import clear_output\nprint('gone')\nclear_output(wait=True)\nprint('stays')",
    "frame": "import pandas as pd\npd.DataFrame({'机关': ['甲', None], 'n': [1.5, 2]})",
    "wide frame": (
        "wide = pd.DataFrame({f'column {n}': ['long text ' * 9] for n in range(30)})\nprint(wide)\nwide"
    ),
    "options of pandas": "import json\nprint({k: pd.get_option(k) for k in sorted(pd._config.config._registered_options)})",
    "options of numpy": "import numpy as np\nnp.get_printoptions(), np.geterr()",
    "options of matplotlib": "import matplotlib\nprint(sorted(map(str, matplotlib.rcParams.items())))",
    "time zone": "time.tzname, time.strftime('%z')",
    "styled options": "pd.set_option('display.max_rows', 2)\npd.DataFrame({'a': range(9)})",
    "inline figure": "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);",
    "two figures": "for i in (1, 2):\n    plt.figure(figsize=(2, 1)); plt.plot([i])",
    "figure as a result": "fig, ax = plt.subplots(figsize=(2, 1)); fig",
    "closed figure": "fig, ax = plt.subplots(); plt.close(fig)",
    "python warning": "import warnings\nwarnings.warn('注意', UserWarning)\nwarnings.warn('old', DeprecationWarning)",
    "logging": "import logging\nlogging.getLogger('x').warning('logged')",
    "written straight to fd 1": "import os, time\ntime.sleep(0.1); os.write(1, b'fd one\\n'); time.sleep(0.3)",
    "written straight to fd 2": "os.write(2, b'fd two\\n'); time.sleep(0.3)",
    "subprocess": "import subprocess\nsubprocess.run(['sh', '-c', 'echo child; echo childerr >&2']); time.sleep(0.3)",
    "shell magic": "!echo shell\nfiles = !echo captured\nfiles",
    "cell magic": "%%capture out\nprint('inside')",
    "captured": "out.stdout",
    "line magic": "%env TORTURE=1\n%precision 3\n3.14159",
    "bash magic": "%%bash\necho from bash",
    "thread": (
        "import threading\n"
        "def work():\n    time.sleep(0.05); print('from a thread')\n"
        "t = threading.Thread(target=work); t.start(); t.join()"
    ),
    "async": "import asyncio\nawait asyncio.sleep(0)\nawait asyncio.gather(*(asyncio.sleep(0, i) for i in range(3)))",
    "task across cells": "task = asyncio.ensure_future(asyncio.sleep(0.01, 'later'))",
    "its result": "await task",
    "nested loop refused": "asyncio.run(asyncio.sleep(0))",
    "exception": "def f(x):\n    return 1 / x\nf(0)",
    "chained exception": "try:\n    f(0)\nexcept ZeroDivisionError as e:\n    raise ValueError('因此') from e",
    "syntax error": "def broken(:",
    "name error with hint": "undefinde_name",
    "input": "input('name? ')",
    "getpass": "import getpass; getpass.getpass()",
    "exit message": "raise SystemExit(0)",
    "after it": "'still here'",
    "history": "In[1][:5], len(Out) > 3, _",
    "identity": "import sys\n__name__, os.path.basename(sys.argv[0]), sys.argv[1], len(sys.argv), sys.path[0]",
    "warning filters": "[f[:3] for f in warnings.filters if f[2] in (DeprecationWarning, UserWarning)]",
    "stdin": "import sys\nsys.stdin.read()",
    "signals": "import signal\nsignal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGCHLD), sys.flags.optimize",
    "environment": "os.environ['MPLBACKEND'], 'JPY_PARENT_PID' in os.environ, os.environ.get('PYDEVD_USE_FRAME_EVAL')",
    "matplotlib state": "plt.get_backend(), plt.rcParams['figure.dpi'], plt.get_fignums()",
    "multiprocessing": (
        "import concurrent.futures, math\n"
        "with concurrent.futures.ProcessPoolExecutor(1) as pool:\n    print(list(pool.map(math.sqrt, [4, 9])))"
    ),
    "long output": "print('长' * 20000)",
    "many messages": "for i in range(200):\n    display(i)",
    "no output": "pass",
}


def torture() -> nbformat.NotebookNode:
    nb = new_notebook(metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "x"}})
    nb.cells.append(new_code_cell("lang = 'zh'", metadata={"tags": ["parameters"]}))
    for name, source in TORTURE.items():
        nb.cells.append(new_markdown_cell(f"## {name}"))
        nb.cells.append(new_code_cell(source, metadata={"tags": ["raises-exception"]}))
    return nb


def comparable(nb: nbformat.NotebookNode) -> list[tuple]:
    """What a reader of the notebook sees, without addresses and the kernel's own temporary paths."""

    def settled(value):
        if isinstance(value, dict):
            return {key: settled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [settled(inner) for inner in value]
        if not isinstance(value, str):
            return value
        return re.sub(
            r"0x[0-9a-f]{6,}|\d{4}-\d\d-\d\d \d\d:\d\d|ipykernel_\d+/\d+\.py|ipykernel_\d+", "…", value
        )

    def streams_together(outputs):
        # Whether standard output or error comes first in a cell is a race in any kernel, and so is
        # into how many pieces a busy kernel cuts what one cell prints.
        texts = {"stdout": "", "stderr": ""}
        for output in outputs:
            if output.output_type == "stream":
                texts[output.name] += output.text
        shown = [settled(dict(output)) for output in outputs if output.output_type != "stream"]
        return [settled(texts), *shown]

    return [
        (cell.cell_type, cell.source, cell.get("execution_count"), streams_together(cell.get("outputs", [])))
        for cell in nb.cells
    ]


def execute(nb, engine_name, **options):
    options = {"kernel_name": "python3", "progress_bar": False, **options}
    return papermill.execute_notebook(nb, None, engine_name=engine_name, **options)


def cells(*sources):
    kernelspec = {"name": "python3", "language": "python", "display_name": "x"}
    return new_notebook(
        cells=[new_code_cell(source) for source in sources], metadata={"kernelspec": kernelspec}
    )


def text(nb, index=-1):
    return "".join(
        output.get("text") or output["data"]["text/plain"]
        for output in nb.cells[index].outputs
        if "ename" not in output
    )


def gone(pid: int) -> bool:
    """Whether a process has ended, or ends before a busy machine could be to blame."""
    for _ in range(6000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def kernel():
    """A kernel of which nobody wants to know anything: its connection and its number."""
    return Forks.of(KERNEL).fork(f"{KERNEL}:be_kernel", ["-f", "/tmp/nowhere-k.json"], "/", dict(os.environ))


@pytest.fixture(autouse=True, scope="module")
def _forked_from_what_these_tests_start():
    # What was started under another environment starts kernels that are no forks.
    Forks._known.clear()


@pytest.fixture(autouse=True)
def _as_outside_pytest(monkeypatch):
    # ipykernel does not capture file descriptors when it sees this.
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)


def test_a_kernel_is_a_fork_where_nothing_differs():
    command = execute(cells("print(open('/proc/self/cmdline').read())"), ENGINE)
    assert KERNEL in text(command)


def test_outputs_are_those_of_papermills_standard_engine(tmp_path):
    seen = []
    for name in (None, ENGINE):
        out = tmp_path / f"{name}.ipynb"
        with pytest.raises(
            PapermillExecutionError
        ):  # it holds the errors against the notebook, after all of it has run
            papermill.execute_notebook(
                torture(),
                out,
                {"lang": "en"},
                engine_name=name,
                kernel_name="python3",
                progress_bar=False,
                cwd=tmp_path,
            )
        seen.append(comparable(nbformat.read(out, as_version=4)))
    standard, forked = seen
    assert len(standard) > 2 * len(TORTURE)
    differing = {
        theirs[1]: (mine, theirs) for mine, theirs in zip(forked, standard, strict=True) if mine != theirs
    }
    assert not differing, "\n".join(f"{mine}\n{theirs}\n" for mine, theirs in differing.values())


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_projects_notebooks_come_out_the_same(path, ingested, monkeypatch):
    monkeypatch.setenv("REPORTLIB_HOME", str(ingested))
    standard, forked = (comparable(execute(str(path), name)) for name in (None, ENGINE))
    assert [mine for mine, theirs in zip(forked, standard, strict=True) if mine != theirs] == []
    assert any(
        "image/png" in output.get("data", ())
        for cell in standard
        for output in cell[3]
        if type(output) is dict
    )


def test_nothing_of_one_notebook_reaches_the_next():
    execute(
        cells(
            "import os, sys, builtins, pandas as pd, matplotlib, reportlib, json\n"
            "pd.set_option('display.max_rows', 1); matplotlib.rcParams['figure.dpi'] = 7; os.environ['LEAK'] = '1'\n"
            "os.chdir('/'); builtins.leak = reportlib.leak = json.leak = 1; sys.path.insert(0, 'leak')\n"
            "held = open('/dev/null'); import numpy; numpy.random.seed(1)"
        ),
        ENGINE,
    )
    probe = (
        "import os, sys, builtins, pandas as pd, matplotlib, reportlib, json\n"
        "pd.get_option('display.max_rows'), matplotlib.rcParams['figure.dpi'] == 7, 'LEAK' in os.environ, "
        "os.getcwd() == '/', "
        "[hasattr(m, 'leak') for m in (builtins, reportlib, json)], 'leak' in sys.path, 'held' in dir()"
    )
    assert (
        text(execute(cells(probe), ENGINE))
        == "(60, False, False, False, [False, False, False], False, False)"
    )


def test_random_numbers_differ_between_notebooks():
    nb = cells("import random, numpy; random.random(), float(numpy.random.random())")
    assert text(execute(nb, ENGINE)) != text(execute(nb, ENGINE))


def test_a_killed_kernel_ends_its_notebook_only_and_says_where():
    with pytest.raises(DeadKernelError) as caught:
        execute(cells("1", "import os; os.kill(os.getpid(), 9)", "2"), ENGINE)
    assert (caught.value.exec_count, caught.value.kernel_status) == (2, -9)
    assert text(execute(cells("'next'"), ENGINE)) == "'next'"


def test_a_hanging_notebook_ends_after_its_time_for_all_cells_together(monkeypatch):
    clock = SimpleNamespace(monotonic=iter((0.0, 300.0, 599.5)).__next__)
    monkeypatch.setattr("reportlib.publish.engine.time", clock)
    with pytest.raises(CellTimeoutError) as caught:
        execute(cells("import time", "1", "time.sleep(600)"), ENGINE, notebook_timeout=600)
    assert caught.value.exec_count == 3


def test_a_failing_cell_raises_papermills_error():
    with pytest.raises(PapermillExecutionError) as caught:
        execute(cells("1", "{}['没有']"), ENGINE)
    assert (caught.value.ename, caught.value.exec_count) == ("KeyError", 2)


def test_the_kernel_is_this_interpreter_whatever_kernelspecs_say(tmp_path, monkeypatch):
    other = tmp_path / "kernels" / "python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text(
        '{"argv": ["/nowhere/python"], "display_name": "x", "language": "python"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert text(execute(cells("import sys; print(sys.executable)"), ENGINE)).strip() == sys.executable


def test_kernels_are_gone_with_what_they_are_forked_from():
    execute(cells("import os"), ENGINE)
    _, pid = kernel()
    Forks.of(KERNEL).close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert text(execute(cells("'another'"), ENGINE)) == "'another'"


def test_kernels_share_no_file_whose_place_they_could_move():
    execute(cells("import reportlib as rl; rl.charts"), ENGINE)
    server = Forks.of(KERNEL)
    opened = [path.stat() for path in Path(f"/proc/{server.process.pid}/fd").iterdir()]
    files = {one.st_ino for one in opened if stat.S_ISREG(one.st_mode)}
    assert files == {os.fstat(server.log.fileno()).st_ino}


def test_imports_that_fail_are_an_error_that_says_why(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    monkeypatch.setattr(Forks, "_known", {})
    with pytest.raises(RuntimeError, match="nonsense"):
        kernel()


def test_a_kernel_dies_with_the_process_that_uses_it():
    connection, pid = kernel()
    assert connection.recv() == "ready"
    connection.close()
    assert gone(pid)


def test_atexit_handlers_of_a_notebook_run(tmp_path):
    target = tmp_path / "said"
    code = f"import atexit; atexit.register(lambda: open({str(target)!r}, 'a').write('bye'))"
    execute(cells(code), ENGINE)
    assert target.read_text() == "bye"


def test_papermill_finds_the_engine_by_its_name_alone(tmp_path):
    nbformat.write(cells("6 * 7"), tmp_path / "in.ipynb")
    tool = Path(sys.executable).with_name("papermill")
    command = [tool, "--engine", ENGINE, tmp_path / "in.ipynb", tmp_path / "out.ipynb"]
    subprocess.run(command, check=True, capture_output=True)
    assert text(nbformat.read(tmp_path / "out.ipynb", as_version=4)) == "42"


SETTINGS = {
    "TZ": ("Asia/Shanghai", "import time; time.strftime('%Z')", "'CST'"),
    "PYTHONPATH": ("{folder}", "import lies_beside; lies_beside.said", "'from the path'"),
    "MPLBACKEND": ("svg", "import matplotlib.pyplot as plt; plt.get_backend()", "'svg'"),
    "MPLCONFIGDIR": ("{folder}", "import matplotlib; matplotlib.rcParams['figure.dpi']", "33.0"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_imports_read_takes_effect_as_in_a_fresh_kernel(setting, tmp_path, monkeypatch):
    execute(cells("1"), ENGINE)  # what others are forked from stands
    (tmp_path / "lies_beside.py").write_text("said = 'from the path'")
    (tmp_path / "matplotlibrc").write_text("figure.dpi: 33")
    value, source, shown = SETTINGS[setting]
    monkeypatch.setenv(setting, value.format(folder=tmp_path))
    assert text(execute(cells(source), ENGINE)) == shown


def test_a_matplotlibrc_beside_the_notebook_takes_effect(tmp_path):
    (tmp_path / "matplotlibrc").write_text("figure.dpi: 33")
    nb = cells("import matplotlib; matplotlib.rcParams['figure.dpi']")
    resources = {"metadata": {"path": str(tmp_path)}}
    assert text(execute(nb, ENGINE, resources=resources)) == "33.0"
