"""Whoever does the work, threads, processes or the workers of a cluster: the same results, the same failures."""

from __future__ import annotations

import hashlib
import random
import re
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
import rendering
from distributed import Client, LocalCluster
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from projects import write_project

from reportlib import cli
from reportlib.publish.run import RunResult, run
from reportlib.store.ingest import IngestResult, ingest
from reportlib.store.published import PROCESSED

BODIES = ("石桥县", "青石县")
READ = (
    "import reportlib as rl\nds = rl.open_dataset().select(bodies)\nds.requests.query(\"row == 'received'\")"
)
FAIL = "assert bodies != ['青石县'], '没有这样的数据'"


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(2, processes=True, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture(params=["threads", "processes", "dask"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with ExitStack() as stack:
        if request.param == "threads":
            yield stack.enter_context(ThreadPoolExecutor(2))
        elif request.param == "processes":
            yield stack.enter_context(ProcessPoolExecutor(2, get_context("spawn")))
        else:
            client = stack.enter_context(Client(request.getfixturevalue("cluster")))
            assert len(client.scheduler_info()["workers"]) == 2
            yield stack.enter_context(client.get_executor())


class Alone(NamedTuple):
    """A project, and what one process makes of it."""

    home: Path
    files: dict[str, str]
    pages: dict[str, str]
    ingested: list[tuple[object, ...]]
    ran: list[tuple[object, ...]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """Two bodies with reports in several formats, one of them no report; a notebook that fails for one body."""
    home = tmp_path_factory.mktemp("home")
    documents = []
    for number, (suffix, write) in enumerate(list(rendering.FORMATS.items())[:4]):
        data = write(rendering.blocks(rendering.true_report(random.Random(number))))
        documents += [(f"{number}_{i}.{suffix}", data, body, 2015 + number) for i, body in enumerate(BODIES)]
    write_project(home, [*documents, ("bad.html", b"<p>nothing</p>", "石桥县", 2009)])
    (home / "notebooks").mkdir()
    parameters = new_code_cell('bodies = ["石桥县"]\nlang = "zh"', metadata={"tags": ["parameters"]})
    cells = [new_markdown_cell("# 页"), parameters, new_code_cell(READ), new_code_cell(FAIL)]
    nbformat.write(new_notebook(cells=cells), home / "notebooks" / "page.ipynb")
    pages_of = "pages: [{notebook: page, bodies: [石桥县, 青石县]}]"
    (home / "notebooks" / "batch.yml").write_text(pages_of, encoding="utf-8")
    ingested, ran = ingest(home, jobs=1), run(home, jobs=1)
    return Alone(home, files(home), pages(home), told(ingested), told(ran))


def files(home: Path) -> dict[str, str]:
    """The published tables, byte for byte."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (home / PROCESSED).glob("*.parquet")}


def pages(home: Path) -> dict[str, str]:
    """The pages without what tells of the run itself: times and names of folders."""
    run_facts = re.compile(r'<footer id="made-from">.*?</footer>', re.DOTALL)
    return {
        p.name: run_facts.sub("", p.read_text(encoding="utf-8")) for p in (home / "site").glob("page*.html")
    }


def told(result: IngestResult | RunResult) -> list[tuple[object, ...]]:
    """What a result says went wrong, and where."""
    if isinstance(result, IngestResult):
        return [(result.reports, result.read), *result.problems]
    return [(outcome.page, outcome.state, outcome.cell, outcome.error) for outcome in result.outcomes]


def test_an_ingest_gives_the_same_files_and_names_the_same_failures(alone: Alone, executor: Executor) -> None:
    together = ingest(alone.home, executor=executor, force=True)
    assert told(together) == alone.ingested
    assert files(alone.home) == alone.files and len(alone.files) >= 4
    assert [problem.file for problem in together.problems] == ["reports/bad.html"]
    assert (together.read, together.reports) == (9, 8)


def test_a_run_gives_the_same_pages_and_names_the_same_failures(alone: Alone, executor: Executor) -> None:
    together = run(alone.home, executor=executor, force=True)
    assert told(together) == alone.ran
    assert pages(alone.home) == alone.pages
    assert list(alone.pages) == ["page_石桥县.html"]
    assert [outcome.page for outcome in together.failed] == ["page_青石县"]
    assert all("没有这样的数据" in outcome.error for outcome in together.failed)


def test_the_command_line_hands_the_work_to_a_cluster(
    alone: Alone, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def status(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["reportlib", *arguments, "--home", str(alone.home)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return int(str(stop.value.code or 0))

    assert status("ingest", "--force", "--dask", cluster.scheduler_address) == 1, "one file is no report"
    assert files(alone.home) == alone.files
    assert status("run", "--force", "--only", "石桥县", "--dask", cluster.scheduler_address) == 0
    assert pages(alone.home) == alone.pages
    assert status("run", "--dask", cluster.scheduler_address) == 1, "the page that failed fails again"
