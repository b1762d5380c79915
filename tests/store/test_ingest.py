"""Ingest: what is new is read, what fails is named, the rest goes on, and the results are always the same."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from reportlib.analysis.dataset import open_dataset
from reportlib.errors import ReportlibError
from reportlib.files import RAW, digest
from reportlib.form import load_toml
from reportlib.store import ingest as store
from reportlib.store import processes, published, workers
from reportlib.store.ingest import ingest
from reportlib.store.published import PROCESSED
from reportlib.store.records import Record

PROJECT = Path(__file__).parents[2]
BUNDLED = PROJECT / RAW
FIELDS = list(Record._fields)


class Home:
    """A project of its own, with documents and their records."""

    def __init__(self, path: Path) -> None:
        self.path, self.raw = path, path / RAW
        (self.raw / "reports").mkdir(parents=True)
        self.records: list[dict[str, str]] = []
        self.write()

    def add(self, name: str, data: bytes, body: str = "宿迁市", year: int = 2023, **record: str) -> None:
        (self.raw / "reports" / name).write_bytes(data)
        known = {
            "file": f"reports/{name}",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": str(len(data)),
        }
        described = {
            "body": body,
            "year": str(year),
            "scope": "region",
            "kind": "synthetic",
            **known,
            **record,
        }
        self.records = [row for row in self.records if row["file"] != described["file"]] + [described]
        self.write()

    def write(self) -> None:
        with (self.raw / "sources.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, FIELDS, restval="")
            writer.writeheader()
            writer.writerows(self.records)

    def frame(self, table: str) -> pd.DataFrame:
        package = json.loads((self.path / PROCESSED / "datapackage.json").read_text(encoding="utf-8"))
        paths = next(r["path"] for r in package["resources"] if r["name"] == table)
        paths = [paths] if isinstance(paths, str) else paths
        return pd.concat(
            [pq.read_table(self.path / PROCESSED / path).to_pandas() for path in paths], ignore_index=True
        )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture(scope="module")
def page() -> str:
    """A bundled report with nothing but text in its cells."""
    text = (BUNDLED / "reports" / "suqian_2023.html").read_text(encoding="utf-8")
    return re.sub(r"(<td[^>]*>)<p>(.*?)</p>", r"\1\2", text)


def numbered(page: str, number: int) -> bytes:
    """The same report with another figure in one cell that no identity binds."""
    assert "<td>109</td>" in page
    return page.replace("<td>109</td>", f"<td>{number}</td>").encode()


def digests(home: Home) -> dict[str, str]:
    files = (home.path / PROCESSED).glob("*.parquet")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# ------------------------------------------------------------------ incremental
def test_nothing_changed_reads_nothing(home: Home, page: str) -> None:
    home.add("a.html", page.encode())
    assert (ingest(home.path).read, ingest(home.path).read) == (1, 0)
    assert (home.frame("cells").status == "printed").all()


def test_only_what_is_new_or_changed_is_read(home: Home, page: str) -> None:
    for year in (2021, 2022, 2023):
        home.add(f"{year}.html", numbered(page, year), year=year)
    ingest(home.path)
    home.add("2022.html", numbered(page, 7), year=2022)
    home.add("2024.html", numbered(page, 8), year=2024)
    result = ingest(home.path)
    assert (result.reports, result.read, result.unchanged) == (4, 2, 2)
    cells = home.frame("cells").query("row == 'normative_documents' and column == 'issued'")
    assert dict(zip(cells.year, cells.value, strict=True)) == {2021: 2021, 2022: 7, 2023: 2023, 2024: 8}


def test_what_grew_step_by_step_equals_what_was_read_at_once(home: Home, page: str, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    for number in range(5):
        home.add(f"{number}.html", numbered(page, number), year=2019 + number)
        ingest(home.path)
    for number in reversed(range(5)):
        other.add(f"{number}.html", numbered(page, number), year=2019 + number)
    ingest(other.path)
    assert digests(home) == digests(other)


def test_a_report_that_is_taken_away_leaves_the_data(home: Home, page: str) -> None:
    home.add("a.html", page.encode(), year=2022)
    home.add("b.html", page.encode(), year=2023)
    ingest(home.path)
    (home.raw / "reports" / "a.html").unlink()
    home.records = home.records[1:]
    home.write()
    assert ingest(home.path).reports == 1
    assert set(home.frame("cells").year) == {2023}


def test_a_changed_record_is_published_without_its_file_changing(home: Home, page: str) -> None:
    home.add("a.html", page.encode())
    ingest(home.path)
    home.add("a.html", page.encode(), note="seen again")
    assert ingest(home.path).read == 1
    assert list(home.frame("reports").note) == ["seen again"]


def test_another_version_of_the_reader_reads_everything_again(
    home: Home, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.add("a.html", page.encode())
    ingest(home.path)
    monkeypatch.setattr(store, "_code_version", lambda: "another")
    assert ingest(home.path).read == 1


def test_every_module_that_reads_counts_for_the_version() -> None:
    code = "import sys, reportlib.store.ingest; print('\\n'.join(n for n in sys.modules if n.startswith('reportlib.')))"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    ).stdout
    loaded = {name.removeprefix("reportlib.").replace(".", "/") for name in printed.split()}
    counted = {
        str(path.relative_to(PROJECT / "reportlib").with_suffix(""))
        for pattern in store.MAKES_DATA
        for path in (PROJECT / "reportlib").glob(pattern)
    }
    assert "report/extraction/extract" in loaded & counted
    assert {name for name in loaded if "/" in name} <= counted


def test_a_part_that_grows_too_big_is_split(home: Home, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "REPORTS_A_PART", 3)
    for number in range(7):
        home.add(f"{number}.html", numbered(page, number), body=f"第{number}县")
        ingest(home.path)
    assert len(list((home.path / PROCESSED).glob("cells-*.parquet"))) == 4
    assert sorted(set(home.frame("cells").body)) == [f"第{number}县" for number in range(7)]
    assert home.frame("reports").report_id.is_unique
    assert ingest(home.path).read == 0


# ------------------------------------------------------------------ many processes
def test_any_number_of_jobs_gives_the_same_files(
    home: Home, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        home.add(f"{number}.html", numbered(page, number), year=2010 + number)
    home.add("bad.html", b"<p>nothing</p>", year=2009)
    results = []
    for jobs in (1, 2):
        result = ingest(home.path, jobs=jobs, force=True)
        results.append((result.reports, result.problems, digests(home)))
    with ThreadPoolExecutor(3) as threads:
        result = ingest(home.path, executor=threads, force=True)
    results.append((result.reports, result.problems, digests(home)))
    assert results[0] == results[1] == results[2]
    assert (results[0][0], [p.file for p in results[0][1]]) == (9, ["reports/bad.html"])


def test_the_workers_of_a_dask_cluster_give_the_same_files(
    home: Home, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client, LocalCluster

    for number in range(6):
        home.add(f"{number}.html", numbered(page, number), year=2015 + number)
    home.add("bad.html", b"<p>nothing</p>", year=2009)
    alone = ingest(home.path, jobs=1, force=True)
    files = digests(home)
    with (
        LocalCluster(2, processes=True, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        client.get_executor() as executor,
    ):
        together = ingest(home.path, executor=executor, force=True)
        assert len(client.scheduler_info()["workers"]) == 2
    assert (together.reports, together.problems, digests(home)) == (alone.reports, alone.problems, files)
    assert (together.reports, len(together.problems)) == (6, 1)


def _die(jobs: list[workers.Job]) -> workers.Read:
    """As `workers.read`, in a process that a certain file brings down."""
    if any("deadly" in file for job in jobs for file in job.files):
        os._exit(9)
    return workers.read(jobs)


class Deadly(processes.Processes):
    """Processes that die of one file, as of a fault in a library."""

    def submit(self, function: Any, jobs: list[workers.Job]) -> Future[workers.Read]:  # type: ignore[override]
        return super().submit(_die, jobs)


def test_a_file_that_kills_its_process_is_named_and_the_rest_goes_on(
    home: Home, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "Processes", Deadly)
    for number, name in enumerate(("a", "deadly", "c")):
        home.add(f"{name}.html", numbered(page, number), year=2020 + number)
    result = ingest(home.path, jobs=2)
    assert result.reports == 2
    assert [(p.file, "process died" in p.message) for p in result.problems] == [("reports/deadly.html", True)]


def test_a_foreign_executor_that_fails_is_a_problem_of_its_files(home: Home, page: str) -> None:
    class Lost(Executor):
        def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(OSError("the machine is gone"))
            return future

    for number in range(2):
        home.add(f"{number}.html", numbered(page, number), year=2020 + number)
    store_result = ingest(home.path, executor=Lost())
    assert (store_result.reports, {p.message for p in store_result.problems}) == (0, {"the machine is gone"})


def test_progress_counts_to_the_total(home: Home, page: str) -> None:
    for number in range(3):
        home.add(f"{number}.html", numbered(page, number), year=2020 + number)
    seen: list[tuple[int, int]] = []
    ingest(home.path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, 3)


# ------------------------------------------------------------------ what is wrong
def test_all_that_is_wrong_is_said_at_once_and_the_rest_is_ingested(home: Home, page: str) -> None:
    home.add("good.html", page.encode())
    home.add("empty.html", b"", year=2020)
    home.add("other.html", b"<p>a page without a report</p>", year=2021)
    home.add("changed.html", page.encode(), year=2022)
    home.add("gone.html", page.encode(), year=2019)
    home.add("odd.html", page.encode(), year=2018, kind="guessed")
    (home.raw / "reports" / "changed.html").write_bytes(b"something else")
    (home.raw / "reports" / "gone.html").unlink()
    (home.raw / "reports" / "unrecorded.html").write_bytes(page.encode())
    result = ingest(home.path)
    assert result.reports == 1 and not result.ok
    words = {
        "changed": "hash",
        "empty": "",
        "gone": "no file",
        "odd": "guessed",
        "other": "tables",
        "unrecorded": "no record",
    }
    assert {p.file: True for p in result.problems} == {f"reports/{name}.html": True for name in words}
    for problem in result.problems:
        assert words[Path(problem.file).stem] in problem.message
        assert str(home.path) not in problem.message
    assert list(home.frame("reports").file) == ["reports/good.html"]


def test_hidden_files_are_no_documents_and_files_in_deeper_folders_are(home: Home, page: str) -> None:
    (home.raw / ".trash").mkdir()
    (home.raw / "reports" / "2023").mkdir()
    for name in (".trash/a.html", "reports/.a.html", "reports/2023/a.html"):
        (home.raw / name).write_bytes(page.encode())
    assert [problem.file for problem in ingest(home.path).problems] == ["reports/2023/a.html"]


def test_a_failure_is_said_again_when_nothing_changed(home: Home) -> None:
    home.add("bad.html", b"<p>nothing</p>")
    first, second = ingest(home.path), ingest(home.path)
    assert (second.read, second.problems) == (0, first.problems)
    assert first.problems


def test_a_project_without_records_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(ReportlibError, match="reportlib add"):
        ingest(tmp_path)


def test_a_register_without_a_column_is_an_error_that_names_it(home: Home) -> None:
    (home.raw / "bodies.csv").write_text("name,level\n宿迁市,city\n", encoding="utf-8")
    with pytest.raises(ReportlibError, match="region_code"):
        ingest(home.path)


def test_a_register_that_a_spreadsheet_saved_in_another_encoding_is_an_error(home: Home) -> None:
    (home.raw / "sources.csv").write_bytes(
        (home.raw / "sources.csv").read_text().encode() + "宿迁市".encode("gb18030")
    )
    with pytest.raises(ReportlibError, match="UTF-8"):
        ingest(home.path)


@pytest.mark.parametrize("figure", ["many", "nan"])
def test_a_figure_that_is_no_number_is_an_error_with_its_line(home: Home, figure: str) -> None:
    lines = (BUNDLED / "headline_figures.csv").read_text(encoding="utf-8").splitlines()[:3]
    (home.raw / "headline_figures.csv").write_text(
        "\n".join([*lines, lines[-1].replace("10538", figure)]), encoding="utf-8"
    )
    with pytest.raises(ReportlibError, match=r"headline_figures\.csv, line 4: year or value is no number"):
        ingest(home.path)


def test_a_line_with_too_many_cells_is_an_error_with_its_line(home: Home) -> None:
    with (home.raw / "sources.csv").open("a", encoding="utf-8") as out:
        out.write("," * len(FIELDS) + "a note, with a comma\n")
    with pytest.raises(ReportlibError, match=r"sources\.csv, line 2: there are more cells than columns"):
        ingest(home.path)


def test_a_file_that_cannot_be_opened_is_named_and_the_rest_goes_on(home: Home, page: str) -> None:
    home.add("a.html", page.encode())
    home.add("b.html", page.encode(), year=2022)
    (home.raw / "reports" / "b.html").unlink()
    (home.raw / "reports" / "b.html").symlink_to("nowhere")
    result = ingest(home.path)
    assert (result.reports, [p.file for p in result.problems]) == (1, ["reports/b.html"])
    assert "cannot be opened" in result.problems[0].message


def test_a_file_with_two_records_is_named(home: Home, page: str) -> None:
    home.add("a.html", page.encode())
    home.records *= 2
    home.write()
    assert ["has a record already" in p.message for p in ingest(home.path).problems] == [True]


def test_a_short_line_is_a_record_that_does_not_fit(home: Home) -> None:
    with (home.raw / "sources.csv").open("a", encoding="utf-8") as out:
        out.write("reports/a.html,0,0\n")
    assert "line 2 of sources.csv" in ingest(home.path).problems[0].message


def test_a_line_of_the_register_reaches_reports_that_are_there_already(home: Home, page: str) -> None:
    home.add("a.html", page.encode(), body="石桥县")
    ingest(home.path)
    assert open_dataset(home.path).reports["level"].tolist() == [""]
    head = "name,aliases,former_names,short_name,region_code,level,parent,valid_from,valid_to"
    (home.raw / "bodies.csv").write_text(f"{head}\n石桥县,,,,419999,county,,,\n", encoding="utf-8")
    assert ingest(home.path).ok
    placed = open_dataset(home.path).reports[["region_code", "level"]]
    assert placed.to_numpy().tolist() == [["419999", "county"]]


def test_one_name_for_two_bodies_is_an_error(home: Home) -> None:
    lines = ["name,aliases,former_names,short_name,region_code,level,parent,valid_from,valid_to"]
    lines += ["鼓楼区甲,鼓楼区,,,,county,,,", "鼓楼区乙,鼓楼区,,,,county,,,"]
    (home.raw / "bodies.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ReportlibError, match="鼓楼区甲 and for 鼓楼区乙"):
        ingest(home.path)


def test_an_unknown_body_is_accepted_with_a_warning_and_the_nearest_names(home: Home, page: str) -> None:
    (home.raw / "bodies.csv").write_bytes((BUNDLED / "bodies.csv").read_bytes())
    home.add("a.html", page.encode(), body="宿千市")
    result = ingest(home.path)
    assert result.ok and result.reports == 1
    assert "宿迁市" in result.warnings[0].message


def test_a_report_under_another_spelling_joins_the_bodys_series(home: Home, page: str) -> None:
    (home.raw / "bodies.csv").write_bytes((BUNDLED / "bodies.csv").read_bytes())
    home.add("a.html", page.replace("宿迁市", "沐阳县").encode(), body="沐阳县", year=2023)
    result = ingest(home.path)
    assert (result.problems, result.warnings) == ((), ())
    assert list(home.frame("reports").report_id) == ["沭阳县-2023-region"]
    assert "body_differs" not in set(home.frame("findings").rule)


def test_each_unknown_body_is_named_once_with_names_like_it(home: Home, page: str) -> None:
    (home.raw / "bodies.csv").write_bytes((BUNDLED / "bodies.csv").read_bytes())
    for number, body in enumerate(("宿千市", "宿千市", "沭阳市")):
        home.add(f"{number}.html", numbered(page, number), body=body, year=2020 + number)
    warnings = ingest(home.path).warnings
    assert len(warnings) == 2
    assert all("names like it" in warning.message for warning in warnings)


def test_an_interrupted_ingest_leaves_the_old_data_and_the_next_one_mends_it(
    home: Home, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.add("a.html", page.encode(), year=2022)
    ingest(home.path)
    home.add("b.html", page.encode(), year=2023)
    with monkeypatch.context() as patch:
        patch.setattr(store, "_publish", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ingest(home.path)
    assert set(home.frame("cells").year) == {2022}
    assert ingest(home.path).reports == 2
    assert set(home.frame("cells").year) == {2022, 2023}
    assert len(list((home.path / PROCESSED).glob("cells-*"))) == 1


# ------------------------------------------------------------------ what stands there already
INGEST = (
    "import sys, reportlib.store.ingest as s; from pathlib import Path; s.ingest(Path(sys.argv[1]), jobs=1)"
)
SLOW = (
    "import time, reportlib.store.ingest as s; s._publish = lambda *a: (print('here', flush=True), time.sleep(60));"
    + INGEST
)


def test_a_second_ingest_at_the_same_time_says_so_and_a_killed_one_leaves_no_lock(
    home: Home, page: str
) -> None:
    home.add("a.html", page.encode())
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, home.path], stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout and first.stdout.readline() == "here\n"
        with pytest.raises(ReportlibError, match="another `reportlib ingest` is running"):
            ingest(home.path)
        first.kill()
    assert ingest(home.path).reports == 1
    assert len(home.frame("reports")) == 1


def _marked(mark: str) -> list[Path]:
    """The processes with a mark in their environment, as Linux tells them."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"MARK={mark}".encode() in environment.read_bytes().split(b"\0"):
                found.append(environment.parent)
    return found


def test_a_killed_ingest_leaves_no_process_and_the_next_one_gives_the_same(home: Home, page: str) -> None:
    for number in range(12):
        home.add(f"{number}.html", numbered(page, number), year=2010 + number)
    ingest(home.path)
    whole = digests(home)
    code = (
        "import sys, reportlib.store.ingest as s; from pathlib import Path;"
        "s.ingest(Path(sys.argv[1]), jobs=2, force=True,"
        " progress=lambda done, _: done >= int(sys.argv[2]) and print(done, flush=True))"
    )
    for after in (1, 5, 9):
        command = [sys.executable, "-c", code, home.path, str(after)]
        marked = {**os.environ, "MARK": f"of {home.path} after {after}"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=marked, cwd=PROJECT) as first:
            assert first.stdout and first.stdout.readline()
            assert len(_marked(marked["MARK"])) > 2 or sys.platform != "linux"
            first.kill()
        while _marked(marked["MARK"]):
            time.sleep(0.01)
        assert len(open_dataset(home.path).reports) == 12
        assert ingest(home.path).ok and digests(home) == whole


def _older_state(processed: Path) -> None:
    _, _, text = (processed / "state.txt").read_text().partition("\n")
    (processed / "state.txt").write_text(f"{digest('another version', text)}\n{text}")


def _no_state(processed: Path) -> None:
    (processed / "state.txt").write_text("[]")


def _lost_table(processed: Path) -> None:
    next(processed.glob("cells-*")).unlink()


def _lost_figures(processed: Path) -> None:
    for file in processed.glob("figures-*"):
        file.unlink()


def _cut_table(processed: Path) -> None:
    file = next(processed.glob("cells-*"))
    file.write_bytes(file.read_bytes()[:-9])


def _other_columns(processed: Path) -> None:
    file = next(processed.glob("cells-*"))
    pq.write_table(pq.read_table(file).drop_columns(["proved"]), file)


def _odd_state(processed: Path) -> None:
    text = (processed / "state.txt").read_text()
    (processed / "state.txt").write_text(text.replace('"errors": {}', '"errors": null'))


def _unreadable_state(processed: Path) -> None:
    (processed / "state.txt").write_bytes(b"\xff\xfe\n{}")


def _state_that_is_a_folder(processed: Path) -> None:
    (processed / "state.txt").unlink()
    (processed / "state.txt").mkdir()


def _null_descriptor(processed: Path) -> None:
    (processed / "datapackage.json").write_text("null")


def _no_descriptor(processed: Path) -> None:
    (processed / "datapackage.json").unlink()


def _older_descriptor(processed: Path) -> None:
    (processed / "datapackage.json").write_text('{"resources": [{"name": "cells"}]}')


@pytest.mark.parametrize("harm", [_older_state, _no_state, _odd_state, _unreadable_state, _null_descriptor, _lost_table, _lost_figures, _cut_table, _other_columns,
                                  _no_descriptor, _older_descriptor])  # fmt: skip
def test_what_another_version_or_a_mishap_left_names_the_command_that_mends_it(
    home: Home, page: str, harm: Callable[[Path], None]
) -> None:
    home.add("a.html", page.encode())
    ingest(home.path)
    whole = digests(home)
    harm(home.path / PROCESSED)
    if "state" not in harm.__name__:
        with pytest.raises(ReportlibError, match="Run `reportlib ingest`"):
            open_dataset(home.path)
    assert ingest(home.path).ok
    assert digests(home) == whole
    assert len(open_dataset(home.path).cells) == 200


def test_a_flipped_bit_in_any_published_table_is_seen_when_it_is_opened(home: Home, page: str) -> None:
    home.add("a.html", page.encode())
    ingest(home.path)
    rng = random.Random(3)
    files = sorted((home.path / PROCESSED).glob("*.parquet"))
    assert {file.name.split("-")[0] for file in files} >= {"cells", "reports", "findings", "figures"}
    for _ in range(8):
        for file in files:
            whole = file.read_bytes()
            flipped = bytearray(whole)
            flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
            file.write_bytes(flipped)
            with pytest.raises(
                ReportlibError, match=rf"{file.name}: is missing, damaged .* Run `reportlib ingest`"
            ):
                open_dataset(home.path)
            file.write_bytes(whole)
    assert len(open_dataset(home.path).cells) == 200


def test_other_bytes_with_the_old_size_and_time_are_seen(home: Home, page: str) -> None:
    home.add("a.html", page.encode())
    ingest(home.path)
    file = home.raw / "reports" / "a.html"
    state = file.stat()
    file.write_bytes(numbered(page, 901))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    assert "its hash is" in ingest(home.path).problems[0].message


def test_what_is_no_plain_file_is_named_and_the_rest_goes_on(home: Home, page: str) -> None:
    home.add("a.html", page.encode())
    for number, name in enumerate(("pipe.html", "folder.html")):
        home.add(name, page.encode(), year=2020 + number)
        (home.raw / "reports" / name).unlink()
    os.mkfifo(home.raw / "reports" / "pipe.html")
    (home.raw / "reports" / "folder.html").mkdir()
    result = ingest(home.path)
    assert result.reports == 1
    assert [problem.file for problem in result.problems] == ["reports/folder.html", "reports/pipe.html"]
    assert "no plain file" in result.problems[1].message


@pytest.mark.parametrize("register", ["sources.csv", "bodies.csv", "corrections.yml", "headline_figures.csv"])
@pytest.mark.parametrize("harm", [os.mkfifo, os.mkdir])
def test_a_register_that_is_no_file_is_one_line(
    home: Home, register: str, harm: Callable[[Path], None]
) -> None:
    (home.raw / register).unlink(missing_ok=True)
    harm(home.raw / register)
    with pytest.raises(ReportlibError, match=rf"{register}: cannot be read .it is no plain file"):
        ingest(home.path)


@pytest.mark.parametrize("year", ["9" * 5000, "0", "null", "-1", "二〇二三"])
def test_a_year_that_is_none_is_a_problem_of_its_line(home: Home, page: str, year: str) -> None:
    home.add("a.html", page.encode())
    home.add("b.html", page.encode(), year=year)  # type: ignore[arg-type]
    result = ingest(home.path)
    assert result.reports == 1
    (problem,) = result.problems
    assert problem.message.startswith("line 3 of sources.csv: year is") and len(problem.message) < 100


def test_a_name_loses_what_does_not_show(home: Home, page: str) -> None:
    home.add("a.html", page.encode(), body="宿‮迁	市​")
    ingest(home.path)
    assert list(home.frame("reports").body) == ["宿迁市"]


def test_data_that_are_replaced_while_they_are_opened_are_opened_as_they_are_then(
    home: Home, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.add("a.html", page.encode())
    ingest(home.path)
    home.add("b.html", page.encode(), year=2022)
    look = published._is_whole

    def meanwhile(file: Path, sha: str) -> bool:
        monkeypatch.setattr(published, "_is_whole", look)
        ingest(home.path)
        return look(file, sha)

    monkeypatch.setattr(published, "_is_whole", meanwhile)
    assert len(open_dataset(home.path).reports) == 2


# ------------------------------------------------------------------ versions and corrections
def test_where_the_later_version_cannot_be_read_the_earlier_one_counts_and_the_problem_stays(
    home: Home, page: str
) -> None:
    home.add("first.html", page.encode(), date_published="2024-01-31")
    home.add("second.html", b"<p>nothing</p>", date_published="2024-03-01")
    correct(home, "override", "value: 3487", expected="3486")
    for read in (2, 0):
        result = ingest(home.path)
        assert (result.read, result.reports, [p.file for p in result.problems]) == (
            read,
            1,
            ["reports/second.html"],
        )
        assert list(home.frame("reports").current) == [True]
        assert concluded(home)["status"] == "corrected"
        assert len(open_dataset(home.path).cells) == 200
    home.add("second.html", numbered(page, 110), date_published="2024-03-01")
    assert ingest(home.path).ok
    assert dict(zip(home.frame("reports").file, home.frame("reports").current, strict=True)) == {
        "reports/first.html": False,
        "reports/second.html": True,
    }


def test_where_the_later_version_kills_its_process_the_earlier_one_counts(
    home: Home, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "Processes", Deadly)
    home.add("first.html", page.encode(), date_published="2024-01-31")
    home.add("deadly.html", numbered(page, 110), date_published="2024-03-01")
    result = ingest(home.path, jobs=2)
    assert [(p.file, "process died" in p.message) for p in result.problems] == [("reports/deadly.html", True)]
    assert list(home.frame("reports").current) == [True]


def test_of_two_versions_the_later_counts_and_the_differences_are_findings(home: Home, page: str) -> None:
    home.add("second.html", numbered(page, 110), date_published="2024-03-01")
    home.add("first.html", numbered(page, 109), date_published="2024-01-31")
    ingest(home.path)
    reports = home.frame("reports").set_index("report_id")
    assert list(reports.file[reports.current]) == ["reports/second.html"]
    assert list(reports.index) == ["宿迁市-2023-region", "宿迁市-2023-region-2"]
    (finding,) = home.frame("findings").query("rule == 'version_differs'").to_dict("records")
    assert (finding["report_id"], finding["row"], finding["column"]) == (
        "宿迁市-2023-region-2", "normative_documents", "issued",
    )  # fmt: skip
    assert (finding["left"], finding["right"], finding["verdict"]) == (109, 110, "warn")
    told = json.loads(finding["parts"])
    assert (told["old_file"], told["old"]) == ("reports/first.html", "109")
    assert (told["new_file"], told["new"]) == ("reports/second.html", "110")


CORRECTION = """
- body: 宿迁市
  year: 2023
  scope: region
  table: requests
  row: concluded
  column: total
  action: {action}
  expected: "{expected}"
  {value}
  reason: The publisher's notice of 1 April 2024 gives the right figure.
  who: an editor
  status: {status}
"""


def correct(home: Home, action: str, value: str = "", expected: str = "9486", status: str = "active") -> None:
    text = CORRECTION.format(action=action, expected=expected, value=value, status=status)
    (home.raw / "corrections.yml").write_text(text, encoding="utf-8")


@pytest.fixture
def misprinted(home: Home, page: str) -> Home:
    assert page.count("<td>3486</td>") == 1
    home.add("a.html", page.replace("<td>3486</td>", "<td>9486</td>").encode())
    return home


def concluded(home: Home) -> dict[str, Any]:
    (cell,) = home.frame("cells").query("row == 'concluded' and column == 'total'").to_dict("records")
    return cell


def test_a_correction_gives_the_value_and_leaves_what_is_printed(misprinted: Home) -> None:
    ingest(misprinted.path)
    before = concluded(misprinted)
    assert (before["value"], before["suspect"]) == (9486, True)
    correct(misprinted, "override", "value: 3486")
    result = ingest(misprinted.path)
    assert result.ok and result.read == 1
    cell = concluded(misprinted)
    assert (cell["value"], cell["status"], cell["printed"]) == (3486, "corrected", "9486")
    assert not misprinted.frame("cells").suspect.any()
    (finding,) = misprinted.frame("findings").query("rule == 'correction'").to_dict("records")
    assert "an editor" in finding["parts"] and "notice of 1 April" in finding["parts"]
    assert (misprinted.frame("findings").verdict == "fail").any()


def test_a_correction_leaves_other_doubts_and_takes_back_what_its_figure_bore_out(
    home: Home, page: str
) -> None:
    carried_out = page[page.index("四、结转下年度继续办理") :]
    wrong = carried_out.replace("<td>118</td>", "<td>218</td>", 1).replace("<td>3</td>", "<td></td>", 1)
    home.add("a.html", page.replace(carried_out, wrong).encode())
    ingest(home.path)
    before = home.frame("cells").set_index(["table", "row", "column"]).sort_index()
    correct(home, "override", "value: 3487", expected="3486")
    ingest(home.path)
    after = home.frame("cells").set_index(["table", "row", "column"]).sort_index()
    doubted = before.suspect["requests", "carried_out"]
    assert doubted["natural_person"] and doubted.equals(after.suspect["requests", "carried_out"])
    assert before.proved["requests", "concluded", "company"]
    assert after.suspect["requests", "concluded", "company"]
    assert not (after.suspect & after.proved).any()


def test_a_dropped_cell_has_no_value_and_a_flagged_one_keeps_it(misprinted: Home) -> None:
    correct(misprinted, "drop")
    ingest(misprinted.path)
    assert pd.isna(concluded(misprinted)["value"])
    correct(misprinted, "flag")
    ingest(misprinted.path)
    assert (concluded(misprinted)["value"], concluded(misprinted)["suspect"]) == (9486, True)


def test_a_correction_that_no_longer_matches_fails_the_ingest_again_and_again(misprinted: Home) -> None:
    correct(misprinted, "override", "value: 3486", expected="1234")
    for _ in range(2):
        result = ingest(misprinted.path)
        assert [p.file for p in result.problems] == ["corrections.yml"]
        assert "'1234'" in result.problems[0].message and "'9486'" in result.problems[0].message
    assert concluded(misprinted)["value"] == 9486


def test_a_correction_of_a_report_that_is_not_there_fails_the_ingest(home: Home) -> None:
    correct(home, "drop")
    assert "no such report" in ingest(home.path).problems[0].message


def test_a_retired_correction_is_left_out(misprinted: Home) -> None:
    correct(misprinted, "drop", status="retired")
    assert ingest(misprinted.path).ok
    assert concluded(misprinted)["value"] == 9486


def test_a_corrections_file_in_another_encoding_is_an_error(home: Home) -> None:
    (home.raw / "corrections.yml").write_bytes("- body: 宿迁市".encode("gb18030"))
    with pytest.raises(ReportlibError, match="UTF-8"):
        ingest(home.path)


@pytest.mark.parametrize(
    "text",
    [
        "- body: 宿迁市",
        "body: 宿迁市",
        "- null",
        CORRECTION.format(action="drop", expected="1", value="", status="active").replace(
            "year: 2023", "year: " + "9" * 5000
        ),
        CORRECTION.format(action="drop", expected="1", value="", status="active").replace(
            "body: 宿迁市", "body: null"
        ),
        CORRECTION.format(action="override", expected="1", value="value: .inf", status="active"),
        CORRECTION.format(action="drop", expected="1", value="", status="active") + "  status: active\n",
        "- [",
        CORRECTION.format(action="override", expected="1", value="", status="active"),
    ],
)
def test_a_broken_corrections_file_is_an_error(home: Home, text: str) -> None:
    (home.raw / "corrections.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ReportlibError, match=r"corrections\.yml"):
        ingest(home.path)


def test_two_corrections_of_one_cell_are_an_error_under_any_name_of_the_body(home: Home) -> None:
    (home.raw / "bodies.csv").write_bytes((BUNDLED / "bodies.csv").read_bytes())
    one = CORRECTION.format(action="drop", expected="1", value="", status="active").replace(
        "宿迁市", "沭阳县"
    )
    (home.raw / "corrections.yml").write_text(one + one.replace("沭阳县", "沐阳县"), encoding="utf-8")
    with pytest.raises(ReportlibError, match=r"corrections\.yml, entry 2: a second correction of 沭阳县"):
        ingest(home.path)
    (home.raw / "corrections.yml").write_text(one + one.replace("active", "retired"), encoding="utf-8")
    assert len(ingest(home.path).problems) == 1  # there is no such report


# ------------------------------------------------------------------ between reports
def test_rules_over_the_years_are_tested_on_the_current_versions(home: Home, page: str) -> None:
    carried = '<td colspan="3">四、结转下年度继续办理</td>'
    row = page[page.index(carried) : page.index("</tr>", page.index(carried))]
    home.add("2022.html", page.encode(), year=2022)
    home.add("2023.html", page.encode(), year=2023)
    ingest(home.path)
    rules = home.frame("findings").query("rule == 'carried_over' and column == 'total'")
    assert [(f.report_id, f.left, f.right, f.verdict) for f in rules.itertuples()] == [
        ("宿迁市-2023-region", 121, 96, "fail")
    ]
    assert (home.frame("findings").rule == "identical").sum() == 1
    mended = page.replace(row, row.replace("<td>121</td>", "<td>96</td>"))
    assert mended != page
    home.add("2022_again.html", mended.encode(), year=2022, date_published="2023-05-01")
    ingest(home.path)
    assert home.frame("findings").query("rule == 'carried_over' and column == 'total'").empty


def test_one_report_recorded_under_two_scopes_is_found(home: Home, page: str) -> None:
    page = page.replace("本文件只收录", "全市新收政府信息公开申请3511件。本文件只收录")
    home.add("a.html", page.encode(), scope="region")
    home.add("b.html", page.encode() + b"<p></p>", scope="")
    ingest(home.path)
    assert list(home.frame("reports").scope) == ["region", "region"]
    assert (home.frame("findings").rule == "reported_twice").sum() == 1


def test_figures_of_a_reports_text_have_their_sentence_as_their_place(home: Home, page: str) -> None:
    said = "2023年，全市主动公开政府信息18万余条。"
    home.add("a.html", page.replace("本文件只收录", said + "本文件只收录").encode(), address="the site")
    ingest(home.path)
    (figure,) = home.frame("figures").query("kind == 'narrative'").to_dict("records")
    assert (figure["indicator"], figure["value"], figure["precision"]) == (
        "proactive_items",
        180000,
        "at_least",
    )
    assert (figure["report_id"], figure["scope"], figure["address"]) == (
        "宿迁市-2023-region",
        "region",
        "the site",
    )
    assert said in figure["where"]


# ------------------------------------------------------------------ what is published
def test_the_descriptor_describes_every_column_and_holds_the_hashes(home: Home, page: str) -> None:
    home.add("a.html", page.encode())
    (home.raw / "headline_figures.csv").write_bytes((BUNDLED / "headline_figures.csv").read_bytes())
    ingest(home.path)
    package = json.loads((home.path / PROCESSED / "datapackage.json").read_text(encoding="utf-8"))
    assert {resource["name"] for resource in package["resources"]} == {
        "cells",
        "reports",
        "findings",
        "figures",
    }
    for resource in package["resources"]:
        paths = [resource["path"]] if isinstance(resource["path"], str) else resource["path"]
        data = b"".join((home.path / PROCESSED / path).read_bytes() for path in paths)
        assert (resource["bytes"], resource["hash"]) == (
            len(data),
            f"sha256:{hashlib.sha256(data).hexdigest()}",
        )
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == list(home.frame(resource["name"]).columns)
        assert all(field["type"] and field["title"] and field["description"] for field in fields)
        keys = resource["schema"]["primaryKey"]
        assert not keys or not home.frame(resource["name"]).duplicated(keys).any()
    assert package["licenses"] and package["sources"]


def test_every_described_table_has_unique_fields() -> None:
    for table in load_toml("fields.toml").values():
        names = [field["name"] for field in table["fields"]]
        assert len(names) == len(set(names))
        assert set(table["keys"]) <= set(names)
