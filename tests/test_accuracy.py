"""The measure of accuracy that the README names."""

from __future__ import annotations

import csv
import importlib.util
import random
from pathlib import Path
from typing import Any

import pytest
import rendering

SCRIPT = Path(__file__).parent / "benchmarks" / "accuracy.py"


@pytest.fixture(scope="module")
def accuracy() -> Any:
    spec = importlib.util.spec_from_file_location("accuracy", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_all_folders_of_real_reports_are_measured_together(accuracy: Any, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    printed = 0
    for seed, folder in enumerate(folders):
        folder.mkdir()
        truth = rendering.true_report(random.Random(seed))
        (folder / "a.html").write_bytes(rendering.as_html(rendering.blocks(truth)))
        with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as out:
            lines = csv.writer(out)
            lines.writerow(["file", "table", "row", "column", "printed", "value", "note"])
            lines.writerows(["a.html", *key, text, text, ""] for key, text in truth.printed.items())
        printed += len(truth.printed)
    last = accuracy.golden([*folders, tmp_path / "not_there"]).splitlines()[-1]
    assert last == f"| all | 2 | {printed} | 100.00 % | 0 | 0 |"
    assert accuracy.golden([tmp_path / "not_there"]) == ""
