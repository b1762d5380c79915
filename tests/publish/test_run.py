"""Runs go on, say what failed, and do nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
from rich.console import Console

from reportlib.errors import ReportlibError
from reportlib.publish.run import InterruptedRun, print_result, run
from reportlib.store.ingest import ingest

OPEN = "import reportlib as rl\nds = rl.open_dataset()"
ENTRY = "pages: [{notebook: one, bodies: [宿迁市, 沭阳县], lang: [zh, en], reads: bodies}]"


def states(result):
    return {outcome.page: outcome.state for outcome in result.outcomes}


def record(home, name):
    return json.loads((home / "site" / "runs" / f"{name}.json").read_text(encoding="utf-8"))


def test_a_run_makes_pages_records_and_the_index(home, write, batch):
    write("one", OPEN, "# 问", "print(bodies, lang)\nimport warnings; warnings.warn('注意')")
    batch(ENTRY)
    result = run(home, jobs=2)
    assert result.ok and set(states(result).values()) == {"done"}
    page = (home / "site" / "one_沭阳县_en.html").read_text(encoding="utf-8")
    assert "[&#39;沭阳县&#39;] en" in page or "['沭阳县'] en" in page
    assert '<html lang="en">' in page and "one page" in page
    assert "retyped from published figures" in page and "UserWarning: 注意" in page
    made = record(home, "one_沭阳县_en")["made"]
    assert made["parameters"] == {"bodies": ["沭阳县"], "lang": "en"}
    assert [one["file"] for one in made["inputs"]] == ["reports/shuyang_2025.md"]
    assert len(made["inputs"][0]["sha256"]) == 64 and made["inputs"][0]["sha256"] in page
    assert (
        made["notebook"]["sha256"]
        and made["versions"]["pandas"]
        and made["seconds"] >= made["cell_seconds"] > 0
    )
    assert any("注意" in line for line in made["warnings"])
    assert str(home) not in page
    assert f'href="{quote("one_沭阳县_en")}.html"' in result.index.read_text(encoding="utf-8")


def test_a_page_names_every_report_that_it_says_it_used(home, write, batch):
    show = "everything = rl.open_dataset()\nrl.sources(everything.select(['沭阳县', '洪泽区']))"
    write("one", OPEN, show, parameters='body = "沭阳县"\nlang = "zh"')
    write(
        "none",
        OPEN,
        "rl.sources(ds.select(bodies='南京市江宁区'))",
        parameters='body = "南京市江宁区"\nlang = "zh"',
    )
    batch("pages: [{notebook: one}, {notebook: none}]")
    result = run(home, jobs=1)
    assert result.ok, result.outcomes
    used = {one["file"] for one in record(home, "one")["made"]["inputs"]}
    assert used == {"reports/shuyang_2025.md", "reports/hongze_2024.docx"}
    page = (home / "site" / "one.html").read_text(encoding="utf-8")
    assert "reports/hongze_2024.docx" in page and "重新录入" in page.split("<main")[0]
    assert record(home, "none")["made"]["inputs"] == []


def test_only_what_changed_is_made_again(home, write, batch):
    write("one", "1")
    batch(ENTRY)
    names = list(states(run(home, jobs=1)))
    assert set(states(run(home, jobs=1)).values()) == {"unchanged"}

    batch(
        ENTRY.replace("reads", "overrides: [{body: 沭阳县, lang: zh, parameters: {first_year: 2024}}], reads")
    )
    assert [name for name, state in states(run(home, jobs=1)).items() if state == "done"] == ["one_沭阳县_zh"]

    (home / "site" / f"{names[0]}.html").unlink()
    assert [name for name, state in states(run(home, jobs=1)).items() if state == "done"] == [names[0]]

    assert set(states(run(home, jobs=1, force=True)).values()) == {"done"}
    write("one", "2")
    assert set(states(run(home, jobs=1)).values()) == {"done"}


def test_a_bodys_new_figures_change_its_own_pages_only(home, write, batch):
    write("one", "1")
    write("all", "1")
    batch(ENTRY + "\n".replace("\n", ""))
    batch("pages: [{notebook: one, bodies: [宿迁市, 沭阳县], reads: bodies}, {notebook: all}]")
    run(home, jobs=1)
    path = home / "data" / "raw" / "reports" / "shuyang_2025.md"
    text = path.read_text(encoding="utf-8")
    import csv
    import hashlib

    path.write_text(text + "\n", encoding="utf-8")
    sources = home / "data" / "raw" / "sources.csv"
    with sources.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if row["file"] == "reports/shuyang_2025.md":
            row |= {
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "bytes": str(path.stat().st_size),
            }
    with sources.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert ingest(home, jobs=1).ok
    assert states(run(home, jobs=1)) == {"one_宿迁市": "unchanged", "one_沭阳县": "done", "all": "done"}


def test_a_declared_correction_stands_at_the_foot_of_the_pages_of_its_body(home, write, batch):
    (home / "data/raw/corrections.yml").write_text(
        "- {body: 宿迁市, year: 2024, scope: region, table: disputes, row: reconsideration, column: upheld,\n"
        "   action: flag, expected: '88', reason: 更正说明见某网页。, who: 测试, status: active}\n",
        encoding="utf-8",
    )
    assert ingest(home, jobs=1).ok
    write("one", "1")
    matrix = "pages:\n  - {notebook: one, bodies: [宿迁市, 沭阳县], lang: zh, name: '{body}'}\n"
    batch(matrix)
    assert run(home, jobs=1).ok
    own, other = (
        (home / "site" / f"{body}.html").read_text(encoding="utf-8") for body in ("宿迁市", "沭阳县")
    )
    assert "更正说明见某网页。" in own and "disputes/reconsideration/upheld" in own
    assert "更正说明见某网页。" not in other


def test_failures_are_named_with_their_cell_and_the_others_are_made(home, write, batch):
    write("good", "1")
    write("raises", "1", "x = {}\nx['没有']")
    write("hangs", "import time; time.sleep(60)")
    write("killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    write("bare", "import matplotlib.pyplot as plt; plt.plot([1]);")
    batch(
        "pages: [{notebook: raises}, {notebook: hangs, timeout: 6}, {notebook: killed}, {notebook: bare}, "
        "{notebook: good}]"
    )
    result = run(home, jobs=2)
    assert not result.ok
    said = {outcome.page: (outcome.cell, outcome.error) for outcome in result.failed}
    assert said == {
        "raises": ("In [3]: x = {}", "KeyError: '没有'"),
        "hangs": ("In [2]: import time; time.sleep(60)", "not finished after 6 s"),
        "killed": ("In [2]: import os, signal", "the kernel was killed by SIGKILL"),
        "bare": (
            "In [2]: import matplotlib.pyplot as plt; plt.plot([1]);",
            "a picture without alt text. Show a figure with rl.show(fig, alt=…), a picture of PIL or an SVG "
            'with display(picture, metadata={"image/png": {"alt": "…"}})',
        ),
    }
    assert (home / "site" / "good.html").exists() and not (home / "site" / "raises.html").exists()
    index = result.index.read_text(encoding="utf-8")
    assert "4 个页面本次未能生成" in index and "KeyError" in index
    told = StringIO()
    print_result(result, Console(file=told, width=200))
    assert "1 done, 4 failed" in told.getvalue() and "In [3]: x = {}" in told.getvalue()
    assert states(run(home, jobs=1, only=["raises", "good"])) == {"raises": "failed", "good": "unchanged"}


def test_an_earlier_good_page_stays_when_a_later_run_fails(home, write, batch):
    write("one", "print('good page')")
    batch("pages: [{notebook: one}]")
    run(home, jobs=1)
    before = record(home, "one")["made"]
    write("one", "raise ValueError('later')")
    result = run(home, jobs=1)
    assert [outcome.error for outcome in result.failed] == ["ValueError: later"]
    assert "good page" in (home / "site" / "one.html").read_text(encoding="utf-8")
    assert record(home, "one")["made"] == before
    index = result.index.read_text(encoding="utf-8")
    assert 'href="one.html"' in index and "ValueError: later" in index and "older page" in index
    write("one", "print('good page')")
    assert states(run(home, jobs=1)) == {"one": "done"}
    assert "未能生成" not in result.index.read_text(encoding="utf-8")


def test_fail_fast_starts_no_more_pages(home, write, batch):
    write("bad", "1/0")
    write("slow", "import time; time.sleep(0.5)")
    batch("pages: [{notebook: bad}, {notebook: slow, years: [2019, 2020, 2021, 2022, 2023, 2024]}]")
    result = run(home, jobs=1, fail_fast=True)
    assert states(result)["bad"] == "failed"
    assert list(states(result).values()).count("cancelled") >= 4 and not result.ok


def test_a_dry_run_tells_and_does_nothing(home, write, batch):
    write("one", "1")
    batch(ENTRY)
    assert set(states(run(home, dry_run=True)).values()) == {"planned"}
    assert not list((home / "site").glob("*.html"))


def test_a_wrong_matrix_starts_nothing(home, write, batch):
    write("one", "1")
    batch("pages: [{notebook: one}, {notebook: one, bodies: [没有这个机关]}]")
    with pytest.raises(ReportlibError, match="没有这个机关"):
        run(home)
    assert not (home / "site").exists()


def test_only_takes_names_notebooks_and_bodies_and_refuses_the_rest(home, write, batch):
    write("one", "1")
    batch(ENTRY)
    assert len(run(home, only=["沭阳县"], dry_run=True).outcomes) == 2
    assert len(run(home, only=["one_*_zh"], dry_run=True).outcomes) == 2
    assert len(run(home, only=["one"], dry_run=True).outcomes) == 4
    with pytest.raises(ReportlibError, match="no page fits 'two'"):
        run(home, only=["two"])


def test_the_index_says_which_pages_a_partial_run_left_behind(home, write, batch):
    write("one", "1")
    batch("pages: [{notebook: one, lang: [zh, en], years: 2024}]")

    def told(result):
        return [
            word
            for word in ("完成", "待更新", "尚未生成")
            if word in result.index.read_text(encoding="utf-8")
        ]

    assert told(run(home, jobs=1, only=["*_zh_*"])) == ["完成", "尚未生成"]
    write("one", "2")
    assert told(run(home, jobs=1, only=["*_en_*"])) == ["完成", "待更新"]
    assert told(run(home, jobs=1)) == ["完成"]


def test_pages_that_left_the_matrix_are_named_and_stay(home, write, batch, capsys):
    write("one", "1")
    batch("pages: [{notebook: one, lang: [zh, en]}]")
    assert run(home, jobs=1).others == ()
    batch("pages: [{notebook: one, lang: zh}]")
    result = run(home, jobs=1)
    assert result.others == ("one_en",) and (home / "site" / "one_en.html").exists()
    assert "one_en.html" not in result.index.read_text(encoding="utf-8")
    print_result(result, Console())
    assert "not in this matrix, left as they are, and not in the index: one_en\n" in capsys.readouterr().out


def test_any_executor_gives_the_same_pages(home, write, batch):
    write("one", OPEN, "ds.requests.head(2)")
    batch(ENTRY)
    with ThreadPoolExecutor(2) as executor:
        assert set(states(run(home, executor=executor)).values()) == {"done"}
    assert set(states(run(home, jobs=1)).values()) == {"unchanged"}


def test_a_run_says_where_each_notebook_starts_a_process(home, write, batch, monkeypatch):
    write("one", "1")
    batch("pages: [{notebook: one}]")
    monkeypatch.setattr("reportlib.publish.run.LINUX", False)
    assert "reportlib-fork: no safe fork" in run(home, dry_run=True).engine


def test_notebooks_run_in_their_folder_and_find_the_project(home, write, batch, tmp_path, monkeypatch):
    write("one", "import os\nprint(os.path.basename(os.getcwd()), os.environ['REPORTLIB_HOME'])")
    batch("pages: [{notebook: one}]")
    monkeypatch.chdir("/")
    run(home, jobs=1)
    assert f"notebooks {home}" in (home / "site" / "one.html").read_text(encoding="utf-8")


STARTED = """
import sys
from reportlib.publish.run import run
run(sys.argv[1], jobs=2)
"""

# Once two pages are there the others wait, however fast the machine is, until the file "go" is there.
WAITING = """
import os, time
home = os.environ["REPORTLIB_HOME"]
while not os.path.exists(f"{home}/go") and sum(name.startswith("one") for name in os.listdir(f"{home}/site")) > 1:
    time.sleep(0.02)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_leaves_whole_pages_and_a_rerun_goes_on(home, write, batch, number):
    write("one", WAITING)
    batch("pages: [{notebook: one, years: [2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024]}]")
    command = [sys.executable, "-c", STARTED, str(home)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    while process.poll() is None and len(list((home / "site").glob("one*.html"))) < 2:
        time.sleep(0.02)
    process.send_signal(number)
    process.communicate()
    (home / "go").touch()
    made = sorted(path.stem for path in (home / "site").glob("one*.html"))
    assert 2 <= len(made) < 10
    for name in made:
        assert (home / "site" / f"{name}.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    if number == signal.SIGINT:
        assert (home / "site" / "index.html").exists()
    again = run(home, jobs=2)
    assert again.ok
    unchanged = [name for name, state in states(again).items() if state == "unchanged"]
    assert 1 <= len(unchanged) < 10 and set(unchanged) <= set(made)


def test_a_dask_cluster_makes_the_same_pages_and_reports_failures_the_same_way(home, write, batch):
    from distributed import Client, LocalCluster

    write("one", OPEN, "ds.requests.head(2)")
    write("bad", "1 / 0")
    batch("pages: [{notebook: one, bodies: [宿迁市, 沭阳县]}, {notebook: bad}]")
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        result = run(home, executor=client.get_executor())
    assert states(result) == {"one_宿迁市": "done", "one_沭阳县": "done", "bad": "failed"}
    assert result.failed[0].error == "ZeroDivisionError: division by zero"
    assert states(run(home, jobs=1)) == {
        "one_宿迁市": "unchanged",
        "one_沭阳县": "unchanged",
        "bad": "failed",
    }


def test_of_many_pages_only_the_broken_ones_are_named_and_run_again(home, write, batch):
    """PUBLISH_PAGES=300 makes it three hundred."""
    number = int(os.environ.get("PUBLISH_PAGES", "30"))
    write("good", "number", parameters="number = 0")
    write("broken", "1 / 0", parameters="number = 0")
    write("hangs", "import time; time.sleep(600)")
    write("killed", "import os; os.kill(os.getpid(), 9)")
    entries = [f"{{notebook: good, parameters: {{number: {n}}}, name: good{n}}}" for n in range(number - 5)]
    entries += [f"{{notebook: broken, parameters: {{number: {n}}}, name: broken{n}}}" for n in range(3)]
    entries[7:7] = ["{notebook: hangs, timeout: 6}", "{notebook: killed}"]
    batch("pages:\n" + "\n".join(f"  - {entry}" for entry in entries))
    bad = {"broken0", "broken1", "broken2", "hangs", "killed"}
    for round_, rest in (("first", "done"), ("second", "unchanged")):
        found = states(run(home, jobs=2))
        assert {name for name, state in found.items() if state == "failed"} == bad, round_
        assert [state for name, state in found.items() if name not in bad] == [rest] * (number - 5), round_
    for n in range(number - 5):
        assert f"<pre>{n}</pre>" in (home / "site" / f"good{n}.html").read_text(encoding="utf-8")


# ------------------------------------------------------------------------------ what stands in the way
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("%nosuch 3", "UsageError: Line magic function `%nosuch` not found."),
        ("import sys; sys.exit(0)", "the notebook ended itself here; what came after it was not run"),
        ("raise SystemExit", "the notebook ended itself here; what came after it was not run"),
        ("from IPython.display import Javascript; Javascript('x')", "an output that a page without scripts"),
    ],
)
def test_a_notebook_that_did_not_do_all_is_not_done(home, write, batch, source, said):
    write("one", source, "print('after')")
    batch("pages: [{notebook: one}]")
    (failed,) = run(home, jobs=1).failed
    assert failed.cell == f"In [2]: {source}" and failed.error.startswith(said)


def test_progress_on_standard_error_counts_as_it_ended_and_warnings_are_capped(home, write, batch):
    bar = r"import sys; [sys.stderr.write(f'\r{n} %') for n in range(101)]; print(file=sys.stderr)"
    write("one", bar, "[print('warning', n, file=sys.stderr) for n in range(999)];")
    batch("pages: [{notebook: one}]")
    run(home, jobs=1)
    warnings = record(home, "one")["made"]["warnings"]
    assert warnings[0] == "100 %" and len(warnings) == 201 and warnings[-1].startswith("… + ")


def test_a_changed_picture_or_attachment_makes_the_page_anew(home, write, batch):
    picture = home / "notebooks" / "a.png"
    picture.write_bytes(b"first")
    write("one", "# ![三件](a.png)")
    batch("pages: [{notebook: one}]")
    assert states(run(home, jobs=1)) == {"one": "done"}
    assert states(run(home, jobs=1)) == {"one": "unchanged"}
    picture.write_bytes(b"second")
    assert states(run(home, jobs=1)) == {"one": "done"}


def test_odd_files_in_the_way_fail_their_page_only(home, write, batch):
    write("one", "1")
    batch("pages: [{notebook: one, lang: [zh, en]}]")
    (home / "site" / "one_zh.html").mkdir(parents=True)
    result = run(home, jobs=1)
    assert states(result) == {"one_zh": "failed", "one_en": "done"}
    assert "cannot be written" in result.failed[0].error
    assert "one_en.html" in result.index.read_text(encoding="utf-8")


def test_a_file_where_the_folder_should_be_is_one_clear_error(home, write, batch):
    write("one", "1")
    batch("pages: [{notebook: one}]")
    (home / "site").write_text("not a folder")
    with pytest.raises(ReportlibError, match="folder for the pages"):
        run(home, jobs=1)


def test_an_index_that_cannot_be_written_says_so_after_the_pages(home, write, batch):
    write("one", "1")
    batch("pages: [{notebook: one}]")
    (home / "site" / "index.html").mkdir(parents=True)
    with pytest.raises(ReportlibError, match="the index cannot be written"):
        run(home, jobs=1)
    assert (home / "site" / "one.html").exists()


def test_a_deleted_folder_is_made_again(home, write, batch):
    write("one", "import shutil; shutil.rmtree('../site')")
    write("two", "1")
    batch("pages: [{notebook: one}, {notebook: two}]")
    result = run(home, jobs=1)
    assert states(result)["two"] == "done" and result.index.exists()


def test_a_path_from_the_working_directory_serves_any_worker(home, write, batch, monkeypatch):
    write("one", "1")
    batch("pages: [{notebook: one}]")
    monkeypatch.chdir(home)
    with ThreadPoolExecutor(1) as executor:
        result = run(batch="notebooks/batch.yml", out="pages", executor=executor)
    assert result.ok and result.index == Path(home / "pages" / "index.html").resolve()


def test_only_one_language_is_made_where_it_is_asked_for(home, write, batch):
    write("one", "1")
    batch("pages: [{notebook: one, lang: [zh, en]}]")
    assert states(run(home, jobs=1, lang="en")) == {"one_en": "done"}


def test_less_than_one_process_is_refused(home, write, batch):
    write("one", "1")
    batch("pages: [{notebook: one}]")
    with pytest.raises(ReportlibError, match="0 processes"):
        run(home, jobs=0)


def test_ctrl_c_tells_what_was_made(home, write, batch):
    write("one", "1")
    write("two", "2")
    batch("pages: [{notebook: one}, {notebook: two}]")

    class OneThenCtrlC(ThreadPoolExecutor):
        def submit(self, function, task, environment):
            if task.page.name == "two":
                raise KeyboardInterrupt
            future = super().submit(function, task, environment)
            future.result()
            return future

    with pytest.raises(InterruptedRun) as caught, OneThenCtrlC(1) as executor:
        run(home, executor=executor)
    assert set(states(caught.value.result)) == {"one", "two"}
    assert caught.value.result.index.exists()
