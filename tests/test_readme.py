"""What the README tells an analyst to type works as it stands."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

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
