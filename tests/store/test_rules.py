"""Reports against each other: the real contradictions are found, and what closes raises no alarm."""

import hashlib

import pytest

from reportlib.analysis.dataset import open_dataset
from reportlib.form import edition, load_toml
from reportlib.form.findings import sentence
from reportlib.store.ingest import ingest
from reportlib.store.records import Record
from reportlib.store.rules import (
    CELLS,
    Across,
    Figure,
    Figures,
    ReportKey,
    compare,
    identical,
    parent_sums,
    published_late,
)

CARRIED_OUT = "requests/carried_out/total"
CARRIED_IN = "requests/carried_in/total"


def known(lines, suspect=()) -> dict[ReportKey, Figures]:
    """Figures of reports from ``{line: {cell: value}}``; `suspect` are those in doubt."""
    return {
        line: {
            cell: Figure(float(value), str(value), f"place of {value}", (line, cell) in suspect)
            for cell, value in values.items()
        }
        for line, values in lines.items()
    }


def alarms(lines, suspect=()) -> list[Across]:
    return list(compare(known(lines, suspect)))


def test_every_cell_a_rule_needs_is_in_the_form():
    keys = {
        "/".join((t.code, *key))
        for code in ("2019", "2021")
        for t in edition(code).tables
        for key in t.keys(None)
    }
    words = set(load_toml("figures.toml"))
    assert keys | words >= CELLS
    assert keys & CELLS and words & CELLS


def test_what_was_carried_out_must_be_carried_in():
    # 重庆两江新区管委会办公室 2023/24, as published: 7 carried out, 13 carried in
    lines = {("两江", "own", 2023): {CARRIED_OUT: 7}, ("两江", "own", 2024): {CARRIED_IN: 13}}
    (found,) = alarms(lines)
    assert (found.finding.rule, found.finding.verdict, found.finding.left, found.finding.right) == (
        "carried_over",
        "fail",
        7,
        13,
    )
    assert found.line == ("两江", "own", 2024)
    assert "7" in sentence(found.finding) and "13" in sentence(found.finding)


def test_where_a_figure_stands_and_what_it_is_compared_with_are_told():
    lines = {("两江", "own", 2023): {CARRIED_OUT: 7}, ("两江", "own", 2024): {CARRIED_IN: 13}}
    (found,) = alarms(lines)
    assert found.finding.where == "place of 13"
    assert "place of 7" in sentence(found.finding)


def test_what_its_own_report_contradicts_is_a_warning_only():
    before, now = ("两江", "own", 2023), ("两江", "own", 2024)
    lines = {before: {CARRIED_OUT: 7}, now: {CARRIED_IN: 13}}
    assert [a.finding.verdict for a in alarms(lines, {(before, CARRIED_OUT)})] == ["warn"]
    assert [a.finding.verdict for a in alarms(lines, {(now, CARRIED_IN)})] == ["warn"]


def test_figures_in_words_are_held_to_the_same_rules():
    # 南京市江宁区 2021 and 2022, as published: 7 carried out, 8 carried in; 783 + 8 against 788 + 2
    figures = {
        ("江宁", "region", 2021): {"requests_carried_out": 7},
        ("江宁", "region", 2022): {
            "requests_new": 783, "requests_carried_in": 8, "requests_handled": 788, "requests_carried_out": 2,
        },
    }  # fmt: skip
    found = alarms(figures)
    assert {(a.finding.rule, a.finding.left, a.finding.right) for a in found} == {
        ("carried_over", 7, 8),
        ("figures_balance", 791, 790),
    }
    assert {(a.finding.table, a.finding.row, a.finding.column) for a in found} == {("", "", "")}


def test_years_that_close_raise_no_alarm():
    lines = {
        ("市", "region", 2023): {CARRIED_OUT: 40, "disclosure/rules/in_force": 11},
        ("市", "region", 2024): {
            CARRIED_IN: 40,
            "disclosure/rules/in_force": 12,
            "disclosure/rules/issued": 3,
            "disclosure/rules/repealed": 2,
        },
    }
    assert not alarms(lines)
    lines["市", "region", 2024][CARRIED_IN] = 41
    lines["市", "region", 2024]["disclosure/rules/in_force"] = 13
    assert [a.finding.rule for a in alarms(lines)] == ["carried_over", "stock"]


def test_nothing_is_said_where_a_year_or_a_figure_lacks():
    lines = {("市", "own", 2022): {CARRIED_OUT: 7}, ("市", "own", 2024): {CARRIED_IN: 13}}
    assert not alarms(lines)
    cell = "disclosure/rules/in_force"
    assert not alarms({("市", "own", 2023): {cell: 3}, ("市", "own", 2024): {cell: 9}})


def test_scopes_are_never_compared_with_each_other():
    lines = {("市", "own", 2023): {CARRIED_OUT: 7}, ("市", "region", 2024): {CARRIED_IN: 13}}
    assert not alarms(lines)
    assert alarms({("市", "own", year): values for (_, _, year), values in lines.items()})


def test_a_stock_that_does_not_follow_fails_with_both_sides():
    cell = "disclosure/rules/in_force"
    lines = {
        ("市", "region", 2023): {cell: 11},
        ("市", "region", 2024): {
            cell: 20,
            "disclosure/rules/issued": 3,
            "disclosure/rules/repealed": 2,
        },
    }
    (found,) = alarms(lines)
    assert (found.finding.rule, found.finding.left, found.finding.right) == ("stock", 12, 20)


def test_all_figures_like_last_year_are_noted_unless_there_are_hardly_any():
    busy = {CARRIED_IN: 3, "requests/received/total": 20, "requests/concluded/total": 23}
    lines = {("镇", "own", year): busy for year in (2022, 2023)} | {
        ("乡", "own", year): {CARRIED_IN: 0} for year in (2022, 2023)
    }
    assert [a.line for a in identical(known(lines))] == [("镇", "own", 2023)]
    lines["镇", "own", 2023] = busy | {CARRIED_IN: 4}
    assert not list(identical(known(lines)))


@pytest.mark.parametrize(
    ("old", "new", "jumps"), [(100, 1001, True), (1001, 100, True), (3, 40, False), (100, 900, False)]
)
def test_only_large_figures_that_change_much_jump(old, new, jumps):
    cell = "requests/received/total"
    lines = {("市", "region", 2023): {cell: old}, ("市", "region", 2024): {cell: new}}
    assert [a.finding.rule for a in alarms(lines)] == (["jump"] if jumps else [])


@pytest.mark.parametrize(
    ("scope", "date", "late"),
    [
        ("own", "2025-01-31", False),
        ("own", "2025-02-01", True),
        ("region", "2025-03-31", False),
        ("region", "2025-04-01", True),
    ],
)
def test_the_legal_date_depends_on_whose_report_it_is(scope, date, late):
    late_ones = published_late({("局", scope, 2024): date})
    assert [a.finding.rule for a in late_ones] == (["published_late"] if late else [])


def test_a_parent_must_be_the_sum_only_where_the_register_has_all_below_it():
    cell = "requests/received/total"
    parents, adding = {"甲区": "市", "乙区": "市"}, [("市", "region", 2024)]
    lines = {("市", "region", 2024): {cell: 30}, ("甲区", "region", 2024): {cell: 10}}
    whole = {("市", 2024)}
    assert not list(parent_sums(known(lines), adding, parents, whole))  # a report is not there
    lines["乙区", "region", 2024] = {cell: 15}
    assert not list(parent_sums(known(lines), [], parents, whole))
    # a body of which we know nothing may make up the rest
    assert not list(parent_sums(known(lines), adding, parents))
    assert not list(parent_sums(known(lines), adding, parents, {("市", 2023)}))
    (found,) = parent_sums(known(lines), adding, parents, whole)
    assert (found.finding.rule, found.finding.left, found.finding.right) == ("parent_sum", 25, 30)


def test_those_below_a_parent_cannot_come_to_more_than_it():
    cell = "requests/received/total"
    lines = {("市", "region", 2024): {cell: 30}, ("甲区", "region", 2024): {cell: 31}}
    parents = {"甲区": "市", "乙区": "市"}
    (found,) = parent_sums(known(lines), [("市", "region", 2024)], parents)
    assert (found.finding.verdict, found.finding.left, found.finding.right) == ("fail", 31, 30)


def test_a_consolidated_report_is_compared_in_the_ingest(tmp_path):
    raw = tmp_path / "data/raw"
    raw.mkdir(parents=True)
    page = (
        "<p>{}2024年政府信息公开工作年度报告</p><p>{}</p><table><tr><td>申请人情况</td><td>自然人</td><td>商业企业</td>"
        "<td>科研机构</td><td>社会公益组织</td><td>法律服务机构</td><td>其他</td><td>总计</td></tr>"
        "<tr><td>一、本年新收政府信息公开申请数量</td><td>{n}</td><td>0</td><td>0</td><td>0</td><td>0</td><td>0</td><td>{n}</td></tr>"
        "</table>"
    )
    records = [",".join(Record._fields)]
    for body, n, text in (
        ("测试市", 9, "本报告由各区报告汇总编制。"),
        ("测试甲区", 4, ""),
        ("测试乙区", 6, ""),
    ):
        data = page.format(body, text, n=n).encode()
        (raw / f"{n}.html").write_bytes(data)
        sha = hashlib.sha256(data).hexdigest()
        records.append(f"{n}.html,{sha},{len(data)},{body},region,2024,,,,synthetic,")
    (raw / "sources.csv").write_text("\n".join(records) + "\n", encoding="utf-8")
    names = (
        "name",
        "aliases",
        "former_names",
        "short_name",
        "region_code",
        "level",
        "parent",
        "valid_from",
        "valid_to",
    )
    bodies = [
        ",".join(names),
        "测试市,,,,,city,,,",
        "测试甲区,,,,,county,测试市,,",
        "测试乙区,,,,,county,测试市,,",
    ]
    (raw / "bodies.csv").write_text("\n".join(bodies) + "\n", encoding="utf-8")
    assert ingest(tmp_path, jobs=1).ok
    found = open_dataset(tmp_path).findings.query("rule == 'parent_sum'")
    assert found[["body", "row", "left", "right"]].to_numpy().tolist() == [["测试市", "received", 10.0, 9.0]]
