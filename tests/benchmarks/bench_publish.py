"""Pages a second: `reportlib run` beside what one would do without it, in one run, as ratios.

Run as a script. The notebook has three tables and three charts, about a quarter of a second of cells.
``shell`` is a loop of ``papermill`` and ``jupyter nbconvert`` for each page; ``pool`` is papermill and
nbconvert in a pool of processes; both make `--pages` pages (default 20), ours that many and ten times as
many. ``each further page`` is the difference of the two. ``machinery`` is what a page costs beyond its
cells, one page at a time. Results are written to docs/benchmarks/publish.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from reportlib.store.ingest import ingest

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "benchmarks" / "publish.json"
JOBS = 2

SETUP = """import io
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Image, display
values = pd.DataFrame(np.arange(240.0).reshape(40, 6) * number, columns=list("abcdef"))"""
TABLE = "values.describe().round({i})"
CHART = """fig, ax = plt.subplots(figsize=(7, 4))
ax.plot(values.index, values * {i}); ax.set_title("{i}"); ax.legend(values.columns)
picture = io.BytesIO(); fig.savefig(picture, dpi=144); plt.close(fig)
display(Image(picture.getvalue(), metadata={{"alt": "six lines that rise, {i}"}}))"""


def notebook(path: Path) -> None:
    """Write the notebook that all of them run."""
    cells = [new_markdown_cell("# 基准"), new_code_cell("number = 1", metadata={"tags": ["parameters"]})]
    cells.append(new_code_cell(SETUP))
    for i in (1, 2, 3):
        cells += [
            new_markdown_cell(f"## {i}"),
            new_code_cell(TABLE.format(i=i)),
            new_code_cell(CHART.format(i=i)),
        ]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def shell(source: Path, out: Path, pages: int) -> None:
    """The loop of an operator's shell script."""
    tools = Path(sys.executable).parent
    for number in range(pages):
        made = out / f"{number}.ipynb"
        for command in (
            [tools / "papermill", source, made, "-p", "number", str(number), "--no-progress-bar"],
            [tools / "jupyter", "nbconvert", "--to", "html", "--no-input", made],
        ):
            subprocess.run(command, check=True, capture_output=True)


def one(source: str, made: str, number: int) -> None:
    """One page of the pool."""
    import papermill
    from nbconvert import HTMLExporter

    nb = papermill.execute_notebook(source, made, {"number": number}, progress_bar=False)
    Path(made).with_suffix(".html").write_text(HTMLExporter(exclude_input=True).from_notebook_node(nb)[0])


def pool(source: Path, out: Path, pages: int) -> None:
    """papermill's and nbconvert's own functions in a pool of processes."""
    with ProcessPoolExecutor(JOBS, get_context("spawn")) as executor:
        made = [str(out / f"{number}.ipynb") for number in range(pages)]
        list(executor.map(one, [str(source)] * pages, made, range(pages)))


OURS = """
import json, pathlib, sys
from reportlib.publish.provenance import read_record
from reportlib.publish.run import run
result = run(sys.argv[1], batch=sys.argv[2], out=sys.argv[3], jobs=int(sys.argv[4]))
assert result.ok, result.failed
made = [read_record(pathlib.Path(sys.argv[3]), one.page)["made"] for one in result.outcomes]
print(json.dumps([[one["seconds"], one["cell_seconds"]] for one in made]))
"""


def ours(source: Path, out: Path, pages: int, jobs: int = JOBS) -> list[tuple[float, float]]:
    """The matrix, in a fresh process like the others; seconds of each page, and of its cells."""
    entry = "\n".join(
        f"  - {{notebook: {source.stem}, parameters: {{number: {n}}}, name: p{n}}}" for n in range(pages)
    )
    batch = source.parent / "batch.yml"
    batch.write_text(f"pages:\n{entry}\n", encoding="utf-8")
    command = [sys.executable, "-c", OURS, str(source.parent), str(batch), str(out), str(jobs)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure and write."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--pages", type=int, default=20)
    pages = options.parse_args().pages
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "bench.ipynb"
        notebook(source)
        shutil.copytree(ROOT / "data" / "raw", Path(folder) / "data" / "raw")
        ingest(Path(folder), jobs=1)
        for name, way, count in (
            ("ours", ours, pages),
            ("ours, ten times as many", ours, 10 * pages),
            ("pool", pool, pages),
            ("shell", shell, pages),
        ):
            out = Path(folder) / name
            out.mkdir()
            began = time.perf_counter()
            way(source, out, count)
            seconds[name] = round(time.perf_counter() - began, 2)
            assert len([path for path in out.glob("*.html") if path.stem != "index"]) == count
            print(f"{name:>24}: {count} pages in {seconds[name]:.1f} s", flush=True)
        single = sorted(whole - cells for whole, cells in ours(source, Path(folder) / "single", 10, jobs=1))
    results = {
        "pages": pages,
        "jobs": JOBS,
        "seconds": seconds,
        "times faster than shell": round(seconds["shell"] / seconds["ours"], 1),
        "times faster than pool": round(seconds["pool"] / seconds["ours"], 1),
        "seconds for each further page": round(
            (seconds["ours, ten times as many"] - seconds["ours"]) / (9 * pages), 3
        ),
        "seconds of machinery a page": round(single[len(single) // 2], 3),
        "machine": f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}, "
        f"load before: {os.getloadavg()[2]:.1f}",
        "date": time.strftime("%Y-%m-%d"),
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
