"""A project small enough to run in a test: the bundled data, and notebooks written by the test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import papermill  # noqa: F401 - before `publish.engine`, which it loads by name while it is imported
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from reportlib.store.ingest import ingest

ROOT = Path(__file__).parents[2]
PARAMETERS = 'bodies = ["宿迁市"]  # 机关\nfirst_year = 2023\nlast_year = 2025\nlang = "zh"'


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("ingested")
    shutil.copytree(ROOT / "data" / "raw", home / "data" / "raw")
    assert ingest(home, jobs=1).ok
    return home


@pytest.fixture
def home(ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    shutil.copytree(ingested, tmp_path / "home")
    (tmp_path / "home" / "notebooks").mkdir()
    return tmp_path / "home"


@pytest.fixture
def write(home: Path) -> Callable[..., None]:
    """write(name, *sources): a notebook with the usual parameters; a source that begins with # is markdown."""

    def write_notebook(name: str, *sources: str, parameters: str = PARAMETERS) -> None:
        title = new_markdown_cell(f'# <span lang="zh">{name} 页</span><span lang="en">{name} page</span>')
        cells = [title, new_code_cell(parameters, metadata={"tags": ["parameters"]})]
        cells += [
            new_markdown_cell(text) if text.startswith("#") else new_code_cell(text) for text in sources
        ]
        nbformat.write(new_notebook(cells=cells), home / "notebooks" / f"{name}.ipynb")

    return write_notebook


@pytest.fixture
def batch(home: Path) -> Callable[[str], Path]:
    """batch(yaml): the project's matrix."""

    def write_batch(text: str) -> Path:
        path = home / "notebooks" / "batch.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_batch
