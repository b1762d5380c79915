"""What people edit is read whole and strictly, and what is wrong with it is one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reportlib.errors import ReportlibError
from reportlib.store.registers import load_yaml, read_register

LAUGHS = "\n".join(["a: &a [x, x, x, x, x, x, x, x, x]"] + [
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]" for before, name in zip("abcdef", "bcdefg", strict=True)
])  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: .*'a' stands twice"),
        ("- {x: {k: 1, k: 1}}", "line 1: .*'k' stands twice"),
        (LAUGHS, "stands for too much"),
        ("a: &a [*a]", "stands for too much"),
        ("[" * 5000, "recursion"),
        ("x: " + "9" * 5000, "4300 digits"),
        ("day: 2024-13-45", "month"),
        ("a: [", "line 1: "),
        ("a: \x07", "unacceptable character"),
        ("? [a, b]\n: 1", "unhashable"),
        ("!!python/object:os.system x", "constructor"),
    ],
)
def test_what_no_plain_yaml_is_is_one_line_with_its_place(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / "x.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportlibError, match=found) as caught:
        load_yaml(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_plain_yaml_with_a_few_aliases_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("- &a {k: 1, l: 甲}\n- *a\n- {<<: *a, k: 2}\n", encoding="utf-8")
    assert load_yaml(path) == [{"k": 1, "l": "甲"}, {"k": 1, "l": "甲"}, {"k": 2, "l": "甲"}]
    path.write_text("# nothing\n", encoding="utf-8")
    assert load_yaml(path) is None


def test_a_pipe_and_a_folder_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(ReportlibError, match="no plain file"):
            load_yaml(path)
        with pytest.raises(ReportlibError, match="no plain file"):
            read_register(path, ["source"])


@pytest.mark.parametrize("head", ["x" * 200_000, "\x00"])
def test_what_no_csv_is_is_one_line(tmp_path: Path, head: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{head},source\n", encoding="utf-8")
    with pytest.raises(ReportlibError, match=r"x\.csv"):
        read_register(path, ["file"])
