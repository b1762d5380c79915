"""Processes that work for this one: what one dies of harms no other task, and none outlives its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportlib.errors import ReportlibError
from reportlib.store.forks import Forks
from reportlib.store.processes import DiedError, Processes, bounded

ROOT = Path(__file__).parents[2]


linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere the system does not do it so"
)


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
        ((connection, _),) = pool._workers.values()
        while not connection.poll():
            pass
        assert pool.submit(os.getpid).result() != killed


def test_an_error_comes_back_whole(pool: Processes) -> None:
    with pytest.raises(ReportlibError, match=r"^a.pdf: no. Do this$"):
        pool.submit(fail).result()


def test_what_never_ends_is_ended_by_the_system(pool: Processes) -> None:
    with pytest.raises(DiedError, match="too long"):
        pool.submit(spin_within_bounds).result()


def test_bounds_are_for_processes_that_do_nothing_else() -> None:
    with bounded(0.001):
        sum(range(1_000_000))


@linux
def test_memory_is_bounded_and_the_process_goes_on() -> None:
    with Processes(1, memory=1 << 30) as pool:
        with pytest.raises(MemoryError):
            pool.submit(take, 2000).result()
        assert pool.submit(take, 10).result() == 10 << 20


def test_what_a_library_prints_over_a_document_reaches_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with Processes(1) as pool:
        assert [pool.submit(os.write, descriptor, b"said").result() for descriptor in (1, 2)] == [4, 4]
    assert capfd.readouterr() == ("", "")


def test_stopping_ends_what_runs_and_what_waits() -> None:
    pool = Processes(1)
    running, waiting = pool.submit(spin), pool.submit(abs, -1)
    while not running.running():
        pass
    pool.stop()
    with pytest.raises(DiedError):
        running.result()
    assert waiting.cancelled()


def gone(pid: int) -> bool:
    """Whether a process has ended, before a busy machine could be to blame that it has not."""
    for _ in range(6000):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


BUSY = """
import os, sys, time
from reportlib.store.forks import Forks
from reportlib.store.processes import Processes
pool = Processes(3)
busy = [pool.submit(time.sleep, 0.2) for _ in range(3)]
[one.result() for one in busy]
print(*{pool._forks.process.pid, *(pid for _, pid in pool._workers.values())}, flush=True)
tasks = [pool.submit(TASK) for _ in range(3)]
time.sleep(60)
"""


@linux
@pytest.mark.parametrize("task", ["time.sleep, 60", "eval, '[0 for _ in iter(int, 1)]'"])
def test_processes_end_with_their_parent_however_it_ends(task: str) -> None:
    code = BUSY.replace("TASK", task)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        started = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(started) == 4 and all(map(gone, started))


@linux
def test_processes_end_with_what_they_are_forked_from() -> None:
    with Processes(1) as pool:
        task, other = pool.submit(spin), pool.submit(abs, -1)
        while not pool._workers:
            pass
        ((_, pid),) = pool._workers.values()
        pool._forks.process.kill()
        with pytest.raises(DiedError):
            task.result()
        assert gone(pid)
        with pytest.raises(RuntimeError, match="has ended"):
            other.result()
    with Processes(1) as pool:
        assert pool.submit(abs, -1).result() == 1


@linux
def test_what_is_still_importing_ends_with_its_parent_too(tmp_path: Path) -> None:
    (tmp_path / "takes_long.py").write_text("open('begun', 'w').close()\nwhile True:\n    pass\n")
    code = "from reportlib.store.forks import Forks; print(Forks.of('takes_long').process.pid, flush=True); input()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    command = [sys.executable, "-c", code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, env=environment, cwd=tmp_path) as parent:
        assert parent.stdout
        started = int(parent.stdout.readline())
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        parent.kill()
    assert gone(started)


def test_a_client_that_goes_before_it_asks_does_no_harm() -> None:
    with Processes(1) as pool:
        mine, its = socket.socketpair()
        with its:
            socket.send_fds(pool._forks.door, [b"+"], [its.fileno()])
        mine.close()
        assert pool.submit(abs, -1).result() == 1


def server_of_json() -> int:
    return Forks.of("json").process.pid


def test_children_use_what_the_process_that_they_are_forked_from_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "starts_another.py").write_text("from reportlib.store.forks import Forks; Forks.of('json')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    with Processes(2, ["starts_another"]) as pool:
        servers = {pool.submit(server_of_json).result() for _ in range(4)}
    assert len(servers) == 1


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from reportlib.store.processes import Processes\nprint(Processes(1).submit(abs, -1).result())\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("1\n", "")
