"""The command line as its users meet it: what they read, and the exit status (0 all well, 1 failed, 2 wrong usage)."""

from __future__ import annotations

import csv
import io
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat
import office_files
import openpyxl
import pandas as pd
import pytest
import rendering
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image
from projects import write_project
from rich.console import Console

import reportlib as rl
from reportlib import cli
from reportlib.errors import ReportlibError
from reportlib.files import RAW

ROOT = Path(__file__).parents[1]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Said(NamedTuple):
    """What a command answered."""

    status: int
    out: str
    err: str


Say = Callable[..., Said]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """say("show", file): run a command in this process, as the program does."""

    def run(*arguments: object) -> Said:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(cli, "out", Console(file=out, width=160))
        monkeypatch.setattr(cli, "err", Console(file=err, width=160))
        monkeypatch.setattr(sys, "argv", ["reportlib", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = int(stop.code or 0)
        said = Said(status, out.getvalue(), err.getvalue())
        assert "Traceback" not in said.out + said.err
        return said

    return run


def program(*arguments: object, cwd: Path = ROOT) -> Said:
    """Run the installed program in a process of its own."""
    command = [
        sys.executable,
        "-c",
        "from reportlib.cli import _executor, main; main()",
        *map(str, arguments),
    ]
    environment = {key: value for key, value in os.environ.items() if key != "REPORTLIB_HOME"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


def report(seed: int = 1, **changes: str) -> bytes:
    """A report as an html page; `changes` of request totals by row."""
    truth = rendering.true_report(random.Random(seed))
    truth = truth.but({("requests", row, "total"): text for row, text in changes.items()})
    return rendering.as_html(rendering.blocks(truth))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A small project: three years of one body."""
    (tmp_path / "notebooks").mkdir()
    record(tmp_path, {f"{year}.html": report(year) for year in (2021, 2022, 2023)})
    return tmp_path


def record(home: Path, files: dict[str, bytes]) -> None:
    """Put documents of one body into a project, a year each."""
    write_project(
        home, [(name, data, "石桥县", year) for year, (name, data) in enumerate(files.items(), 2021)]
    )


def photo() -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(stream, "JPEG")
    return stream.getvalue()


def workbook() -> bytes:
    return rendering.as_xlsx(rendering.blocks(rendering.true_report(random.Random(2))))


def locked_workbook() -> bytes:
    """What Excel writes when a password is set: an OLE container with the encrypted package."""
    return office_files.ole("EncryptedPackage")


def other_report() -> bytes:
    rows = "<tr><th>项目</th><th>数量</th></tr><tr><td>植树</td><td>120</td></tr><tr><td>道路</td><td>7</td></tr>"
    return f"<html><body><h1>石桥县2023年园林工作总结</h1><table>{rows}</table></body></html>".encode()


BAD: dict[str, tuple[bytes, str]] = {
    "empty.html": (b"", "empty"),
    "photo.docx": (photo(), "table|text|recognised"),
    "truncated.xlsx": (workbook()[:3000], "damaged or cut off"),
    "nothing.html": ("<html><body><p>欢迎访问石桥县人民政府网站。</p></body></html>".encode(), "none of the three"),
    "gardens.html": (other_report(), "none of the three"),
    "locked.xlsx": (locked_workbook(), "password"),
}  # fmt: skip


# ------------------------------------------------------------------ reading single files
def test_show_prints_the_tables_with_every_figure_and_its_findings(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_bytes(report(5, granted="9999"))
    said = say("show", file)
    assert said.status == 0
    for text in ("石桥县", "2022", "主动公开政府信息情况", "收到和处理政府信息公开申请情况", "行政复议"):
        assert text in said.out
    truth = rendering.true_report(random.Random(5)).but({("requests", "granted", "total"): "9999"})
    figures = [text for text in truth.printed.values() if len(text) > 2]
    assert figures and all(f"{float(text):,.10g}" in said.out for text in figures)
    assert "9,999 ⚠" in said.out and "不符" in said.out


def test_check_is_silent_on_a_report_that_is_right_and_fails_on_one_that_is_not(
    say: Say, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.html", tmp_path / "bad.html"
    good.write_bytes(report(5))
    bad.write_bytes(report(5, granted="9999"))
    assert say("check", good).status == 0
    said = say("check", good, bad)
    assert said.status == 1
    first, second, *findings = said.out.splitlines()
    assert "good.html" in first and first.endswith("，0 条不成立")
    assert "bad.html" in second and not second.endswith("，0 条不成立")
    assert any("9999" in line and "第 2 个表格，第 6 行" in line for line in findings)


def test_what_is_said_of_a_report_is_in_one_language(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "1.html"
    file.write_bytes(report(5, granted="9999"))
    for command in ("check", "show"):
        chinese = say(command, file).out.replace(str(file), "").replace("html（text）", "")
        assert "勾稽关系" in chinese and not re.search("[A-Za-z]{2,}", chinese)
    english = say("check", file, "--lang", "en").out
    assert "sums hold" in english and not re.search(r"[\u4e00-\u9fff]", english)


@pytest.mark.parametrize("name", [*BAD, "folder", "pipe", "not_there.html"])
def test_bad_input_is_named_with_what_to_do_and_the_others_are_read(
    say: Say, tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    if name in BAD:
        (tmp_path / name).write_bytes(BAD[name][0])
    good = tmp_path / "good.html"
    good.write_bytes(report(5))
    said = say("check", tmp_path / name, good)
    assert said.status == 1
    (line,) = said.err.strip().splitlines()
    assert line.startswith("error: ") and name in line
    assert line.count(". ") >= 1, "what was found, then what to do"
    assert "good.html" in said.out and "，0 条不成立" in said.out
    assert say("show", tmp_path / name).status == 1


# ------------------------------------------------------------------ a project
def test_ingest_reads_what_is_new_and_says_how_much(say: Say, home: Path) -> None:
    said = say("ingest", "--home", home, "--jobs", 1)
    assert said.status == 0
    assert [int(text) for text in said.out.splitlines()[3].replace("│", " ").split()[:4]] == [3, 3, 0, 0]
    again = say("ingest", "--home", home)
    assert again.status == 0
    assert [int(text) for text in again.out.splitlines()[3].replace("│", " ").split()[:4]] == [3, 0, 3, 0]


def test_a_bad_file_is_named_in_the_ingest_and_never_stops_the_rest(say: Say, home: Path) -> None:
    shutil.rmtree(home / RAW)
    record(
        home,
        {"good.html": report(1), **{name: data for name, (data, _) in BAD.items()}, "too.html": report(2)},
    )
    said = say("ingest", "--home", home, "--jobs", 1)
    assert said.status == 1
    failed = [line for line in said.out.splitlines() if line.startswith("failed")]
    assert len(failed) == len(BAD)
    for name, (_, message) in BAD.items():
        (line,) = [line for line in failed if f"reports/{name}: " in line]
        assert any(part in line for part in message.split("|")), line
    assert set(rl.open_dataset(home).reports["file"]) == {"reports/good.html", "reports/too.html"}


def test_what_is_not_ingested_yet_names_the_command(say: Say, home: Path) -> None:
    said = say("trace", "石桥县", 2022, "requests", "received", "total", "--home", home)
    assert said.status == 1
    assert "reportlib ingest" in said.err
    assert say("export", home / "x.xlsx", "--home", home).status == 1
    assert say("run", "--home", home).status == 1


def test_trace_prints_where_a_figure_stands(say: Say, home: Path) -> None:
    say("ingest", "--home", home, "--jobs", 1)
    said = say("trace", "石桥县", 2022, "requests", "granted", "total", "--home", home)
    assert said.status == 0
    printed = rendering.true_report(random.Random(2022)).printed["requests", "granted", "total"]
    for text in ("table 2, row 6, column 10", "data/raw/reports/2022.html", f"'{printed}'"):
        assert text in said.out
    wrong = say("trace", "石桥县", 2022, "requests", "granted", "sum", "--home", home)
    assert wrong.status == 1
    assert "natural_person" in wrong.err


@pytest.mark.parametrize("kind", ["xlsx", "csv", "parquet"])
def test_export_writes_what_others_can_open(say: Say, home: Path, kind: str) -> None:
    say("ingest", "--home", home, "--jobs", 1)
    target = home / ("data.xlsx" if kind == "xlsx" else "data")
    said = say("export", target, "--to", kind, "--home", home)
    assert said.status == 0, said.err
    if kind == "xlsx":
        assert len(openpyxl.load_workbook(target).sheetnames) > 3
    elif kind == "csv":
        cells = pd.read_csv(target / "cells.csv", encoding="utf-8-sig")
        assert len(cells) == 600
    else:
        assert len(pd.read_parquet(target / "cells.parquet")) == 600


def test_export_of_nothing_is_an_error_and_writes_nothing(say: Say, home: Path) -> None:
    say("ingest", "--home", home, "--jobs", 1)
    said = say("export", home / "none.xlsx", "--year", 1999, "--home", home)
    assert said.status == 1 and "no such reports" in said.err
    assert not (home / "none.xlsx").exists()


@pytest.mark.parametrize("command", ["show", "check", "add"])
def test_no_foreign_document_is_read_in_the_callers_process(command: str, home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(report(5))
    add = ["--body", "石桥县", "--year", "2018", "--home", str(home)] if command == "add" else []
    code = f"""
import sys
from reportlib import cli
sys.argv = ["reportlib", {command!r}, {str(tmp_path / "a.html")!r}, *{add!r}]
try:
    cli.app()
except SystemExit as end:
    assert end.code == 0, end.code
readers = [name for name in sys.modules if name.startswith("reportlib.reading.markup")]
assert not readers, readers
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_add_copies_a_file_records_it_and_leaves_it_alone_the_second_time(
    say: Say, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "new.html"
    file.write_bytes(report(9))
    said = say("add", file, "--body", "石桥县", "--year", 2019, "--scope", "region", "--home", home)
    assert said.status == 0, said.err
    assert "石桥县 2019" in said.out
    again = say("add", file, "--body", "石桥县", "--year", 2019, "--scope", "region", "--home", home)
    assert (again.status, again.out) == (0, "1 recorded already, left as they are\n")
    assert say("ingest", "--home", home, "--jobs", 1).status == 0
    assert 2019 in set(rl.open_dataset(home).reports["year"])


def test_add_from_a_list_goes_on_after_a_failure(say: Say, home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(report(11))
    lines = [f"{tmp_path / name},石桥县,{year},region" for name, year in (("a.html", 2018), ("b.html", 2017))]
    (tmp_path / "list.csv").write_text("\n".join(["source,body,year,scope", *lines]), encoding="utf-8")
    said = say("add", "--from-list", tmp_path / "list.csv", "--home", home)
    assert said.status == 1
    assert "石桥县 2018" in said.out
    assert "b.html" in said.err


def test_a_dry_run_names_the_pages_and_makes_none(say: Say, home: Path) -> None:
    say("ingest", "--home", home, "--jobs", 1)
    tagged = new_code_cell('bodies = ["石桥县"]\nlang = "zh"', metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[new_markdown_cell("# 页"), tagged]), home / "notebooks" / "page.ipynb")
    (home / "notebooks" / "batch.yml").write_text("pages:\n- notebook: page\n", encoding="utf-8")
    said = say("run", "--dry-run", "--home", home)
    assert said.status == 0, said.err
    assert "page" in said.out and "newer" not in said.err
    assert not (home / "site").exists()
    (home / "data" / "raw" / "corrections.yml").write_text("[]")
    assert "corrections.yml is newer than the data" in say("run", "--dry-run", "--home", home).err


def test_accuracy_fails_on_a_wrong_cell_without_a_mark(say: Say, tmp_path: Path) -> None:
    truth = rendering.true_report(random.Random(5))
    (tmp_path / "a.html").write_bytes(report(5))

    def write(printed: dict[rendering.Key, str]) -> None:
        with (tmp_path / "truth.csv").open("w", encoding="utf-8", newline="") as out:
            lines = csv.writer(out)
            lines.writerow(["file", "table", "row", "column", "printed", "value", "note"])
            lines.writerows(["a.html", *key, text, text, ""] for key, text in printed.items())

    write(truth.printed)
    said = say("accuracy", tmp_path)
    assert said.status == 0
    assert "100.00" in said.out
    write(truth.but({("requests", "granted", "company"): "123456"}).printed)
    said = say("accuracy", tmp_path)
    assert said.status == 1
    assert "a.html: silent: requests/granted/company: truth 123456" in said.out


def test_accuracy_fails_on_a_lost_file_a_wrong_year_and_too_few_right_figures(
    say: Say, tmp_path: Path
) -> None:
    (tmp_path / "a.html").write_bytes(report(5))
    (tmp_path / "lost.pdf").write_bytes(b"no report")

    def write(name: str, *lines: tuple[str, ...]) -> None:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(lines)

    known = rl.read_report(tmp_path / "a.html")
    head = ("file", "table", "row", "column", "value", "note")
    figures = [
        ("a.html", *key, text, "") for key, text in rendering.true_report(random.Random(5)).printed.items()
    ]
    unread = ("lost.pdf", "requests", "granted", "company", "1", "")
    write("reports.csv", ("file", "year", "form"), ("a.html", str(known.year), known.edition))
    write("truth.csv", head, *figures)
    assert say("accuracy", "--at-least", "100", tmp_path).status == 0
    write("reports.csv", ("file", "year", "form"), ("a.html", "1999", ""))
    write("truth.csv", head, *figures, unread)
    said = say("accuracy", "--at-least", "99.9", tmp_path)
    assert said.status == 1
    assert f"a.html: year: truth 1999, read {known.year}" in said.out
    assert "lost.pdf: not read" in said.out
    assert "less than 99.9 %" in said.out


# ------------------------------------------------------------------ the program itself
@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "石桥县"),
        ("ingest", "--jobs", "many"),
        ("nonsense",),
        ("show",),
        ("add",),
        ("export", "x", "--to", "word"),
    ],
)
def test_wrong_usage_ends_with_status_2(say: Say, arguments: tuple[str, ...]) -> None:
    assert say(*arguments).status == 2


def test_the_program_ends_with_status_1_and_one_line_when_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_bytes(b"")
    said = program("show", tmp_path / "empty.html")
    assert said.status == 1
    assert said.err.startswith("error: ") and len(said.err.strip().splitlines()) == 1
    assert program("show").status == 2


def test_the_project_is_found_from_a_folder_inside_it(home: Path) -> None:
    said = program("ingest", "--jobs", 1, cwd=home / "notebooks")
    assert said.status == 0, said.err
    assert (home / "data" / "processed" / "datapackage.json").exists()
    shutil.rmtree(home / RAW)
    lost = program("ingest", cwd=home / "notebooks")
    assert lost.status == 1
    assert lost.err.startswith("error: ")


def test_every_command_says_what_it_is_for(capsys: pytest.CaptureFixture[str], say: Say) -> None:
    said = say("--help")
    assert said.status == 0
    told = capsys.readouterr().out
    for command in ("add", "ingest", "show", "check", "accuracy", "run", "export", "trace"):
        assert f" {command} " in told


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:9", "tcp://[::1"])
def test_a_wrong_dask_address_is_one_line(address, monkeypatch):
    monkeypatch.setattr("reportlib.cli.DASK_ANSWERS", 0.2)
    with pytest.raises(ReportlibError, match="no Dask scheduler answers") as caught, cli._executor(address):
        pass
    assert "\n" not in str(caught.value)
