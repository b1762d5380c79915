"""Processes that work for this one: what one dies of harms no other task, and none outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportlib.errors import ReportlibError
from reportlib.store.processes import DiedError, Processes, bounded

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pool() -> Iterator[Processes]:
    pool = Processes(2)
    yield pool
    pool.stop()


def spin() -> None:
    while True:
        pass


def spin_within_bounds() -> None:
    with bounded(0.1):
        spin()


def fail() -> None:
    raise ReportlibError("no", file="a.pdf", hint="Do this")


def take(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def test_tasks_are_done_elsewhere_by_processes_that_stay(pool: Processes) -> None:
    numbers = {pool.submit(os.getpid).result() for _ in range(6)}
    assert os.getpid() not in numbers and len(numbers) <= 2


def test_a_death_fails_its_own_task_and_the_next_tasks_find_a_new_process(pool: Processes) -> None:
    tasks = [pool.submit(os._exit, 9) if n % 3 == 0 else pool.submit(abs, -n) for n in range(12)]
    for n, task in enumerate(tasks):
        if n % 3:
            assert task.result() == n
        else:
            with pytest.raises(DiedError, match="process died"):
                task.result()


def test_a_process_that_is_killed_while_it_waits_is_replaced() -> None:
    with Processes(1) as pool:
        killed = pool.submit(os.getpid).result()
        os.kill(killed, signal.SIGKILL)
        with pytest.raises(ProcessLookupError):
            while True:
                os.kill(killed, 0)
        assert pool.submit(os.getpid).result() != killed


def test_an_error_comes_back_whole(pool: Processes) -> None:
    with pytest.raises(ReportlibError, match=r"^a.pdf: no. Do this$"):
        pool.submit(fail).result()


@pytest.mark.skipif(sys.platform == "win32", reason="there the system sets no bounds")
def test_what_never_ends_is_ended_by_the_system(pool: Processes) -> None:
    with pytest.raises(DiedError, match="too long"):
        pool.submit(spin_within_bounds).result()


def test_bounds_are_for_processes_that_do_nothing_else() -> None:
    with bounded(0.001):
        sum(range(1_000_000))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system does not count it so")
def test_memory_is_bounded_and_the_process_goes_on() -> None:
    with Processes(1, memory=1 << 30) as pool:
        with pytest.raises(MemoryError):
            pool.submit(take, 2000).result()
        assert pool.submit(take, 10).result() == 10 << 20


def test_what_a_library_prints_over_a_document_reaches_nobody() -> None:
    code = (
        "import os\nfrom reportlib.store.processes import Processes\n"
        "for memory in (1 << 33, None):\n"
        "    with Processes(1, memory=memory) as pool:\n        pool.submit(os.write, 2, b'%a' % memory).result()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    assert done.stderr == b"None"


def test_stopping_ends_what_runs_and_what_waits() -> None:
    pool = Processes(1)
    running, waiting = pool.submit(spin), pool.submit(abs, -1)
    while not running.running():
        pass
    pool.stop()
    with pytest.raises(DiedError):
        running.result()
    assert waiting.cancelled()


BUSY = """
import sys, time
from reportlib.store.processes import Processes
sys.path.append("tests/store")
pool = Processes(3)
print(*(pool.submit(abs, -n).result() for n in range(3)), flush=True)
tasks = [pool.submit({task}) for _ in range(3)]
time.sleep(60)
"""


@pytest.mark.parametrize("task", ["time.sleep, 60", "eval, '[0 for _ in iter(int, 1)]'"])
def test_processes_end_with_their_parent_however_it_ends(task: str) -> None:
    # They hold its standard output: it is at its end when the last of them has gone.
    code = BUSY.format(task=task)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout and parent.stdout.readline() == b"0 1 2\n"
        parent.kill()
        assert parent.communicate(timeout=60)[0] == b""


def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from reportlib.store.processes import Processes\nProcesses(1).submit(abs, -1).result()\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "__name__ == '__main__'" in done.stderr.splitlines()[-1]
