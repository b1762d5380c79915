"""Damaged files of every format: a report, or one clear line; `make fuzz` tries 20,000 of them."""

import subprocess
import sys

import fuzz
import pytest


@pytest.mark.parametrize("part", range(4))
def test_a_damaged_file_is_read_or_refused_in_one_line(part: int) -> None:
    numbers = range(part, 160, 4)
    tried = [fuzz.tried(20190415, number) for number in numbers]
    assert [(name, fault) for name, fault, *_ in tried if fault and not fault.endswith((" s", " MB"))] == []


def test_the_same_seed_makes_the_same_files() -> None:
    assert fuzz.damaged(1, 3) == fuzz.damaged(1, 3) != fuzz.damaged(2, 3)
    assert {name.rpartition(".")[2] for name, _ in fuzz.corpus()} >= {
        "html",
        "docx",
        "xlsx",
        "doc",
        "pdf",
        "ofd",
    }


def test_as_a_command_it_reads_in_processes_of_their_own_and_finds_no_fault() -> None:
    command = [sys.executable, fuzz.__file__, "--files", "8", "--seed", "20190415"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "") and ", 0 faults\n" in done.stdout
