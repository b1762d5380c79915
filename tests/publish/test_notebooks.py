"""The notebooks: one question each, thin, in two languages, and they run on the bundled data."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output

from reportlib.form.labels import set_language
from reportlib.store.ingest import ingest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def cells_of(path: Path, kind: str = "") -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if kind in ("", cell["cell_type"])]


def parameters_of(path: Path) -> dict[str, Any]:
    source = next(
        cell["source"] for cell in cells_of(path) if "parameters" in cell["metadata"].get("tags", [])
    )
    return {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(source).body}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the bundled data, ingested."""
    home = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "data" / "raw", home / "data" / "raw")
    assert not ingest(home).problems
    return home


def run(path: Path, **changed: Any) -> list[tuple[str, list[Any]]]:
    """Run a notebook's cells with some parameters changed; what each cell displayed."""
    shell = InteractiveShell.instance(history_length=0)
    shell.history_manager.enabled = False
    outputs = []
    for cell in cells_of(path, "code"):
        with capture_output() as caught:
            result = shell.run_cell(cell["source"])
            result.raise_error()
            if cell["id"] == "parameters":
                shell.push(changed)
        assert not caught.stderr, (cell["id"], caught.stderr)
        last = [] if result.result is None else [RichOutput(*shell.display_formatter.format(result.result))]
        outputs.append((cell["id"], [*caught.outputs, *last]))
    InteractiveShell.clear_instance()
    return outputs


@pytest.fixture(autouse=True)
def language_of_the_house() -> Iterator[None]:
    """A notebook sets the language of this process; the tests after it have that of the house again."""
    yield
    set_language("zh")


# ------------------------------------------------------------------------------------ as committed


def test_the_notebooks_are_there() -> None:
    assert NAMES == [
        "data_quality",
        "disclosure_volumes",
        "litigation_outcomes",
        "overview",
        "peer_comparison",
        "request_outcomes",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_is_committed_without_outputs_and_with_stable_ids(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in ids)
    for cell in cells_of(path, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None
    assert "metadata" in json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_parameters_are_plain_literals_with_help(path: Path) -> None:
    cells = [cell for cell in cells_of(path) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(cells) == 1
    for line in cells[0]["source"].splitlines():
        assert re.fullmatch(r"\w+ = .+  # .*[\u4e00-\u9fff].* / .+", line), line
    parameters = parameters_of(path)
    assert {"first_year", "last_year", "lang"} <= set(parameters)
    assert parameters["lang"] == "zh"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_is_thin_and_uses_public_names_only(path: Path) -> None:
    import reportlib

    imports = []
    for cell in cells_of(path, "code"):
        tree = ast.parse(cell["source"])
        assert not [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)
        ]
        assert len(tree.body) <= 8, cell["id"]
        imports += [
            ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        used = re.findall(r"\brl\.(\w+)", cell["source"])
        assert set(used) <= set(reportlib.__all__), cell["id"]
        assert not re.search(r"read_csv|rcParams|figsize|/data", cell["source"])
    assert imports == ["import reportlib as rl"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_every_heading_and_paragraph_is_in_both_languages(path: Path) -> None:
    for cell in cells_of(path, "markdown"):
        chinese = re.findall(r'<span lang="zh">(.*?)</span>', cell["source"], re.S)
        english = re.findall(r'<span lang="en">(.*?)</span>', cell["source"], re.S)
        assert len(chinese) == len(english) > 0, cell["id"]
        assert all(CHINESE.search(text) for text in chinese)
        assert not any(CHINESE.search(text) for text in english)
        rest = re.sub(r'<span lang="(zh|en)">.*?</span>', "", cell["source"], flags=re.S)
        assert not re.sub(r"[#\s]", "", rest), rest


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_begins_with_its_findings_and_ends_with_sources_run_and_citation(path: Path) -> None:
    ids = [cell["id"] for cell in cells_of(path)]
    assert ids[:5] == ["title", "parameters", "setup", "findings-heading", "findings"]
    assert ids[-4:] == ["sources", "run-heading", "run", "cite"]
    assert "sources-heading" in ids[-6:]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_question_is_followed_by_its_cell(path: Path) -> None:
    cells = cells_of(path)
    ids = [cell["id"] for cell in cells]
    questions = [name for name in ids if name.endswith("-question")]
    assert len(questions) >= 4
    for name in questions:
        assert cells[ids.index(name) + 1]["cell_type"] == "code", name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_the_language_is_set_once_and_charts_show_themselves(path: Path) -> None:
    source = "\n".join(cell["source"] for cell in cells_of(path, "code"))
    assert source.count("rl.set_language(lang)") == 1
    assert "lang=lang" not in source and "[lang]" not in source
    assert "rl.show(" not in source and "charts.alt(" not in source


# ------------------------------------------------------------------------------------ as run


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_runs_on_the_bundled_data(
    path: Path, lang: str, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REPORTLIB_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    pictures = []
    for name, outputs in run(path, lang=lang):
        pictures += [output for output in outputs if "image/png" in output.data]
        if name not in ("parameters", "setup"):
            assert outputs, name
            assert all({"text/html", "image/png"} & set(output.data) for output in outputs), name
    alts = [picture.metadata["image/png"]["alt"] for picture in pictures]
    assert len(alts) >= 2 and all(any(char.isdigit() for char in alt) for alt in alts)
    if lang == "en":
        assert not [alt for alt in alts if "年" in alt.replace("年度", "")]


def test_findings_are_told_in_the_language_of_the_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTLIB_HOME", str(home))
    outputs = dict(run(NOTEBOOKS[NAMES.index("data_quality")], lang="en"))
    shown = outputs["contradictions"][-1].data["text/html"]
    assert "likely" in shown or "add up" in shown
    assert "相差" not in shown and "左边" not in shown


@pytest.mark.parametrize("name", ["disclosure_volumes", "request_outcomes", "litigation_outcomes"])
def test_blank_lost_and_run_together_tables_of_the_old_form_are_shown(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTLIB_HOME", str(home))
    outputs = run(
        NOTEBOOKS[NAMES.index(name)],
        bodies=["上海市人民政府办公厅", "重庆市"],
        first_year=2019,
        last_year=2020,
    )
    shown = " ".join(str(output.data) for _, displayed in outputs for output in displayed)
    assert "上海市人民政府办公厅" in shown and "重庆市" in shown
    assert ("†" in shown) == (name != "disclosure_volumes")  # table 2 of that report is printed whole


@pytest.mark.parametrize("name", [name for name in NAMES if name != "peer_comparison"])
def test_a_notebook_without_any_data_says_so(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTLIB_HOME", str(home))
    outputs = run(NOTEBOOKS[NAMES.index(name)], bodies=["宿迁市"], first_year=2011, last_year=2012)
    for cell, displayed in outputs:
        for picture in (output for output in displayed if "image/png" in output.data):
            assert "无数据" in picture.metadata["image/png"]["alt"], cell


def test_contradictions_of_bodies_without_reports_are_shown_and_marked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTLIB_HOME", str(home))
    quality = dict(run(NOTEBOOKS[NAMES.index("data_quality")]))
    shown = quality["contradictions"][-1].data["text/html"]
    for told in ("南京市江宁区", "重庆两江新区", "791", "790", "13"):
        assert told in shown
    volumes = dict(run(NOTEBOOKS[NAMES.index("disclosure_volumes")], bodies=["南京市江宁区"]))
    assert "783⚠" in volumes["requests"][0].metadata["image/png"]["alt"]


def test_the_peers_page_answers_its_question_from_the_bundled_data(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTLIB_HOME", str(home))
    page = dict(run(NOTEBOOKS[NAMES.index("peer_comparison")]))
    body = parameters_of(NOTEBOOKS[NAMES.index("peer_comparison")])["body"]
    assert "11 个可比机关" in page["findings"][-1].data["text/html"]
    alts = {
        name: page[name][0].metadata["image/png"]["alt"] for name in ("stated", "rates", "funnel", "trends")
    }
    assert all(alt.startswith(body) for alt in alts.values())
    assert "11 个同类机关 3 至 227" in alts["stated"]
    assert "不能比较" in alts["rates"] and "只有 1 个机关有数" in alts["funnel"]
    used = page["sources"][-1].data["application/x-reportlib-documents+json"]
    assert [(one["file"], one["kind"]) for one in used] == [("reports/shanghai_science_2024.html", "retyped")]


def test_a_notebook_runs_from_its_own_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "notebooks").mkdir(exist_ok=True)
    monkeypatch.delenv("REPORTLIB_HOME", raising=False)
    monkeypatch.chdir(home / "notebooks")
    assert run(NOTEBOOKS[NAMES.index("litigation_outcomes")])


def test_tables_and_figures_in_words_are_never_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTLIB_HOME", str(home))
    outputs = dict(run(NOTEBOOKS[NAMES.index("disclosure_volumes")]))
    alt = outputs["requests"][0].metadata["image/png"]["alt"]
    assert "宿迁市·全市（县）汇总 本年新收：2023 年 3,511，2024 年 3,525，2025 年 3,830" in alt
    assert "南京市江宁区·全市（县）汇总 ◇本年新收：2021 年 623，2022 年 783⚠，2023 年 821，2024 年 809" in alt
