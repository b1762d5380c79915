"""The bundled data are what was published: every cell, every record, every name."""

from __future__ import annotations

import csv
import importlib.util
import re
import shutil
from collections import Counter
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reportlib import read_report
from reportlib.form import editions, load_toml
from reportlib.form.crosswalk import forerunners, links
from reportlib.report.report import Report
from reportlib.store.across import consolidations
from reportlib.store.bodies import Register
from reportlib.store.ingest import ingest
from reportlib.store.published import schema
from reportlib.store.records import FIGURES, compare_files, read_records

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data" / "raw"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def reports() -> dict[tuple[str, int], Report]:
    records, problems = read_records(RAW / "sources.csv")
    assert not problems
    return {(r.body, r.year): read_report(RAW / r.file, r.body, r.year) for r in records}


def value(report: Report, table: str, row: str, column: str) -> float | None:
    return next(f.value for f in report.cell_list if f.key == (table, row, column))


def test_every_document_has_its_record_and_is_marked_as_retyped() -> None:
    records, problems = read_records(RAW / "sources.csv")
    good, more = compare_files(RAW, records)
    assert (problems, more) == ([], [])
    assert len(good) == 9
    assert {record.kind for record in good} == {"retyped"}
    assert all(record.address and record.date_obtained for record in good)


def test_the_documents_come_in_different_formats(reports: dict[tuple[str, int], Report]) -> None:
    assert Counter(report.source.format for report in reports.values()) == {
        "html": 3,
        "docx": 2,
        "xlsx": 1,
        "text": 3,
    }


# From the reports themselves, typed here once more: (body, year), cell, value.
KNOWN = [
    ("宿迁市", 2023, "requests.received.total", 3511),
    ("宿迁市", 2023, "requests.concluded.total", 3486),
    ("宿迁市", 2023, "disputes.reconsideration.total", 440),
    ("宿迁市", 2024, "requests.carried_in.total", 121),
    ("宿迁市", 2024, "disputes.reconsideration.total", 170),
    ("宿迁市", 2024, "requests.carried_out.total", 125),
    ("宿迁市", 2025, "requests.received.company", 63),
    ("宿迁市", 2025, "disputes.litigation_after_reconsideration.total", 38),
    ("淮安市洪泽区", 2024, "requests.received.total", 95),
    ("金湖县", 2023, "requests.received.total", 143),
    ("淮安市洪泽区", 2024, "disclosure.fees.amount", 7545),
    ("上海市人民政府办公厅", 2019, "requests.unavailable_not_held.natural_person", 252),
    ("上海市人民政府办公厅", 2019, "disclosure.procurement.amount", 251000),
    ("上海市科学技术委员会", 2024, "requests.concluded.total", 35),
    ("沭阳县", 2025, "disclosure.penalties.decisions", 693957),
    ("沭阳县", 2025, "requests.other_other.total", 143),
    ("重庆市", 2020, "requests.carried_out.natural_person", 123),
    ("重庆市", 2020, "disputes.direct_litigation.pending", 102),
]


@pytest.mark.parametrize(("body", "year", "cell", "expected"), KNOWN)
def test_a_known_cell_is_read_from_its_document(
    reports: dict[tuple[str, int], Report], body: str, year: int, cell: str, expected: float
) -> None:
    assert value(reports[body, year], *cell.split(".")) == expected


def test_what_the_report_leaves_blank_is_blank(reports: dict[tuple[str, int], Report]) -> None:
    office = Counter(cell.found for cell in reports["上海市人民政府办公厅", 2019].cell_list)
    assert office == {"number": 63, "blank": 135}
    science = [f for f in reports["上海市科学技术委员会", 2024].cell_list if f.found == "blank"]
    assert [(f.row, f.column, f.status, f.value) for f in science] == [("carried_out", "total", "derived", 1)]


def test_one_sum_of_the_bundled_reports_fails(reports: dict[tuple[str, int], Report]) -> None:
    """In 金湖县 2023 three direct lawsuits stand beside a total of 0, which is left as it is."""
    failed = [
        (body, f.rule, f.left, f.right)
        for (body, _), report in reports.items()
        for f in report.finding_list
        if f.verdict == "fail"
    ]
    assert failed == [("金湖县", "disputes_row_total", 3, 0)]


def test_chongqings_two_ambiguous_rows_stay_ambiguous(reports: dict[tuple[str, int], Report]) -> None:
    open_cells = [f for f in reports["重庆市", 2020].cell_list if f.status == "ambiguous"]
    assert Counter(f.row for f in open_cells) == {"concluded": 2, "other": 5}
    assert all(f.value is None for f in open_cells)


def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("writer", ROOT / "scripts" / "write_bundled_reports.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_cell_is_the_published_one(reports: dict[tuple[str, int], Report]) -> None:
    published = rows(ROOT / "scripts" / "published" / "cells.csv")
    wrong = []
    for row in published:
        report = reports[row["body"], int(row["year"])]
        key = (row["table"], row["row"], row["column"])
        printed = next(f.printed for f in report.cell_list if f.key == key)
        if printed != row["printed"]:
            wrong.append((*key, printed, row["printed"]))
    assert (len(published), wrong) == (1407, [])


def test_the_documents_are_written_the_same_to_the_byte(tmp_path: Path) -> None:
    typed = "reports/chongqing_2020.txt"
    (tmp_path / "reports").mkdir()
    (tmp_path / typed).write_bytes((RAW / typed).read_bytes())
    writer().main(tmp_path)
    names = ["sources.csv", *(f"reports/{path.name}" for path in (RAW / "reports").iterdir())]
    assert [(tmp_path / name).read_bytes() for name in names] == [(RAW / name).read_bytes() for name in names]


# ------------------------------------------------------------------ figures
def test_all_headline_figures_are_there_without_their_phrases() -> None:
    figures = rows(RAW / "headline_figures.csv")
    assert len(figures) == 1378
    assert len({row["body"] for row in figures}) == 309
    assert Counter(row["kind"] for row in figures) == {"headline": 1245, "from_table": 133}
    assert "quote" not in figures[0]
    assert all(row["address"] and row["unit"] in ("件", "条", "元") for row in figures)
    assert Counter(row["precision"] for row in figures) == {
        "exact": 1177,
        "stated_none": 171,
        "at_least": 20,
        "rounded": 10,
    }


@pytest.mark.parametrize(
    ("body", "year", "indicator", "precision"),
    [
        ("南京市江宁区", 2023, "proactive_items", "at_least"),  # 11000余条
        ("金华市金东区", 2022, "proactive_items", "at_least"),  # 41000余条
        ("嘉兴市", 2024, "proactive_items", "rounded"),  # 19万条
        ("北京市东城区应急管理局", 2021, "proactive_items", "exact"),  # 7400条
        ("南京市秦淮区数据局", 2024, "fees_collected_yuan", "stated_none"),  # 未收取任何费用
        ("重庆市荣昌区人民政府办公室", 2024, "litigations", "exact"),  # 行政诉讼案件0件
        ("桐梓县", 2022, "litigation_corrected", "stated_none"),  # 均为其他结果
        ("淮安市洪泽区", 2024, "requests_carried_in", "exact"),  # a printed 0 of table 3
        ("广东省", 2022, "licences_decided", "rounded"),  # 2764.2万宗
        ("重庆市", 2021, "proactive_items", "at_least"),  # 160万余条
        ("北京市", 2020, "requests_new", "exact"),  # 3.6988万件
    ],
)
def test_precision_says_how_the_figure_was_stated(
    body: str, year: int, indicator: str, precision: str
) -> None:
    found = [
        row["precision"]
        for row in rows(RAW / "headline_figures.csv")
        if (row["body"], row["year"], row["indicator"]) == (body, str(year), indicator)
    ]
    assert found == [precision]


def test_figures_equal_the_cells_that_figures_toml_names(reports: dict[tuple[str, int], Report]) -> None:
    described = load_toml("figures.toml")
    compared = 0
    for row in rows(RAW / "headline_figures.csv"):
        report = reports.get((row["body"], int(row["year"])))
        equals = described[row["indicator"]]["equals"]
        if report is None or not equals or report.scope not in ("", row["scope"]):
            continue
        total = 0.0
        for cell in equals:
            table, group, column = cell.split(".")
            form = next(form for form in editions() if form.code == report.edition).table(table)
            members = [
                f
                for f in report.cell_list
                if f.row in form.members(group) and f.table == table and f.column == column
            ]
            total += (
                sum(f.value or 0 for f in members)
                if all(f.value is not None for f in members)
                else float("nan")
            )
        if total == total:
            compared += 1
            assert total == float(row["value"]), row
    assert compared > 80


def test_cells_of_partial_tables_are_cells_of_the_form() -> None:
    keys = {
        ".".join((table.code, *key))
        for form in editions()
        for table in form.tables
        for key in iter(table.keys())
    }
    partial = rows(RAW / "partial_tables.csv")
    assert (len(partial), {row["indicator"] for row in partial} - keys) == (329, set())


# ------------------------------------------------------------------ the register
def test_the_register_has_every_province_and_prefecture() -> None:
    bodies = Register.load(RAW / "bodies.csv").bodies
    now = [body for body in bodies if not body.valid_to]
    assert sum(body.level == "province" and not body.parent for body in now) == 34
    cities = [body for body in now if body.region_code[2:4] != "00" and body.region_code[4:] == "00"]
    assert len({body.region_code for body in cities}) == 333
    assert all(re.fullmatch(r"\d{6}|", body.region_code) for body in bodies)


def test_every_body_of_the_data_is_in_the_register_with_its_parent() -> None:
    register = Register.load(RAW / "bodies.csv")
    names = {body.name for body in register.bodies}
    for file in (*FIGURES, "sources.csv"):
        for row in rows(RAW / file):
            body = register.find(row["body"])
            assert body is not None, row["body"]
            assert body.parent in names or body.level in ("province", "national"), body.name


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("沐阳县", "沭阳县"),
        ("沐阳县人民政府", "沭阳县"),
        ("宿迁市人民政府", "宿迁市"),
        ("宿迁市政府", "宿迁市"),
        ("上海市政府办公厅", "上海市人民政府办公厅"),
        ("襄樊市", "襄阳市"),
        ("上海市 普陀区人民政府", "上海市普陀区"),
        ("不在册的机关", "不在册的机关"),
    ],
)
def test_one_body_under_two_spellings_is_one_series(spelling: str, name: str) -> None:
    assert Register.load(RAW / "bodies.csv").canonical(spelling) == name


def test_a_level_is_that_of_a_government_only_for_governments() -> None:
    bodies = Register.load(RAW / "bodies.csv").bodies
    office = re.compile("办公室|办公厅|[局厅委署]$|中心$")
    street = re.compile("街道|(镇|乡)(人民政府)?$")
    levels = {body.name: body.level for body in bodies}
    offices = {level for name, level in levels.items() if office.search(name) and "街道" not in name}
    assert offices == {"department", "national"}
    towns = [name for name in levels if street.search(name) and not name.endswith("景德镇")]
    assert {levels[name] for name in towns} == {"township"}
    cities = {body.region_code for body in bodies if body.level == "city"}
    assert len(cities) == sum(body.level == "city" for body in bodies)


# ------------------------------------------------------------------ what is no figure of a report
def test_figures_of_other_scopes_are_joined_to_nothing() -> None:
    assert len(rows(RAW / "figures_of_other_scopes.csv")) == 18
    assert "figures_of_other_scopes.csv" not in FIGURES
    assert {row["scope"] for row in rows(RAW / "figures_of_other_scopes.csv")} & {"own", "region"} == set()
    assert len(rows(RAW / "conflicts.csv")) == 7


def test_populations_name_their_year_and_source() -> None:
    lines = rows(RAW / "population.csv")
    assert Counter(row["kind"] for row in lines) == {"census": 451, "year_end": 186}
    assert all(row["source"] and row["address"] and int(row["population"]) > 0 for row in lines)
    assert {row["year"] for row in lines if row["kind"] == "census"} == {"2020"}
    census = {row["region_code"]: int(row["population"]) for row in lines if row["kind"] == "census"}
    jiangsu = [
        count for code, count in census.items() if code[:2] == "32" and code[2:4] != "00" and code[4:] == "00"
    ]
    assert sum(jiangsu) == census["320000"]


# ------------------------------------------------------------------ the crosswalk
def test_every_cell_of_both_editions_has_its_place_in_the_crosswalk() -> None:
    old, new = editions()
    both = {
        form.code: {(t.code, *k) for t in form.tables for s in (True, False) for k in t.keys(s)}
        for form in (old, new)
    }
    assert set(links(new.code)) == both[new.code]
    across = links(old.code)
    assert set(across) == both[old.code]
    reached = {cell for link in across.values() for cell in link.to}
    assert reached <= both[new.code]
    for cell, link in links(new.code).items():
        assert (cell in forerunners()) != bool(reached & set(link.to)), cell
    for cell, link in [*across.items(), *links(new.code).items()]:
        assert link.zh and link.en
        assert {"same": len(link.to) == 1, "sum": len(link.to) > 1, "not_comparable": not link.to}[
            link.relation
        ], cell
    assert across["requests", "other", "total"].relation == "sum"
    assert across["disclosure", "rules", "disclosed_total"].relation == "not_comparable"


def test_the_long_series_are_as_many_as_the_readme_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(RAW, tmp_path / "data" / "raw")
    assert ingest(tmp_path, jobs=1).ok
    monkeypatch.setenv("REPORTLIB_HOME", str(tmp_path))
    readme = (RAW / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.S)
    exec(code, {})
    counts = capsys.readouterr().out.split()
    assert re.search(rf"{counts[0]} series of one body.*; {counts[1]} of them", readme)


def test_no_parent_is_said_to_have_all_its_children_that_has_not() -> None:
    register, reports = Register.load(RAW / "bodies.csv"), rows(RAW / "sources.csv")
    held = {(line["body"], line["year"]) for line in reports}
    for body in register.bodies:
        below = [child.name for child in register.bodies if child.parent == body.name]
        for year in body.complete_years:
            assert below and all((child, year) in held for child in below), body.name


def test_a_line_of_the_register_makes_the_sum_of_a_parent_exact(tmp_path: Path) -> None:
    head = (
        "name,aliases,former_names,short_name,region_code,level,parent,valid_from,valid_to,complete_years\n"
    )

    def contradictions(years: str) -> list[tuple[str, float, float]]:
        lines = (
            f"某市,,,,320100,city,,,,{years}\n甲县,,,,320101,county,某市,,,\n乙县,,,,320102,county,某市,,,\n"
        )
        (tmp_path / "bodies.csv").write_text(head + lines, encoding="utf-8")
        received = {"某市": 9.0, "甲县": 3.0, "乙县": 4.0}
        about = {"year": 2023, "scope": "region", "version": 1, "current": True, "consolidates": True}
        cell = {"table": "requests", "row": "received", "column": "total", "where": "", "suspect": False}
        reports = [about | {"report_id": body, "body": body} for body in received]
        cells = [about | cell | {"report_id": body, "body": body, "value": n} for body, n in received.items()]
        for of, told in (("cells", cells), ("reports", reports)):
            pq.write_table(pa.Table.from_pylist(told, schema(of)), tmp_path / of)
        register = Register.load(tmp_path / "bodies.csv")
        found = consolidations([tmp_path / "cells"], [tmp_path / "reports"], register)
        return [(line["rule"], line["left"], line["right"]) for line in found]

    assert contradictions("") == contradictions("2024") == []
    assert contradictions("2022;2023") == [("parent_sum", 7, 9)]
