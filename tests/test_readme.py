"""What the README tells an analyst to type works as it stands."""

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import rendering
from nbclient import NotebookClient

import reportlib as rl
from reportlib.store.ingest import ingest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "data" / "raw", home / "data" / "raw")
    assert ingest(home, jobs=1).ok
    return home


def test_the_first_ten_lines_run_and_show_what_they_promise(project, monkeypatch):
    monkeypatch.delenv("REPORTLIB_HOME", raising=False)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"<!-- first-ten-lines -->\n```python\n(.*?)```", readme, re.S)
    lines = [line for line in block.splitlines() if line.strip()]
    assert len(lines) == 10
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line) for line in lines])
    (project / "notebooks").mkdir()
    NotebookClient(nb, timeout=120, resources={"metadata": {"path": str(project / "notebooks")}}).execute()
    shown = [output for cell in nb.cells for output in cell.outputs]
    text = "".join(str(output.get("data", {})) for output in shown)
    assert "3830" in text and "259" in text  # received and reconsiderations of 宿迁市 2025
    assert any("image/png" in output.get("data", {}) for output in shown)
    report = nb.cells[-1].outputs[0]["data"]["text/html"]
    assert "淮安市洪泽区" in report and "<table" in report


def test_the_frame_in_the_readme_is_what_comes_out(project):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"<!-- disputes -->\n```text\n(.*?)\n```", readme, re.S)
    frame = rl.open_dataset(project).disputes.query("body == '宿迁市'")
    assert frame.drop(columns=["report_id", "body", "scope", "edition"]).to_string(index=False) == block


RECIPES = dict(
    re.findall(
        r"<!-- recipe: (.*?) -->\n```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S
    )
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """A copy of what a user has after `make report`, without pages."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("notebooks", "reportlib"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(project / "data", copy / "data")
    report = rendering.true_report(random.Random(3))
    (copy / "report.html").write_bytes(rendering.as_html(rendering.blocks(report)))
    return copy


def test_there_is_a_recipe_for_each_thing_that_people_do():
    assert len(RECIPES) == 7


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_does_what_it_says_word_for_word(name, checkout, monkeypatch):
    monkeypatch.delenv("REPORTLIB_HOME", raising=False)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(checkout))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", RECIPES[name]],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (checkout / PROMISED[name]).exists()


PROMISED = {
    "add a report": "site/index.html",
    "place a body": "data/processed/datapackage.json",
    "correct a figure": "data/processed/datapackage.json",
    "add an indicator": "data/processed/datapackage.json",
    "add a notebook": "site/my_question_宿迁市_zh.html",
    "run it for many bodies": "site/cities_宿迁市.html",
    "take the data elsewhere": "figures.xlsx",
}
"""What stands there afterwards."""
