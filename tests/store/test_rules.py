"""Reports against each other: the real contradictions are found, and what closes raises no alarm."""

import hashlib

import pandas as pd
import pytest

from reportlib.analysis.dataset import open_dataset
from reportlib.form import edition
from reportlib.form.findings import sentence
from reportlib.store.ingest import ingest
from reportlib.store.records import Record
from reportlib.store.rules import CELLS, Across, Figure, Series, compare, gather

CARRIED_OUT = ("requests", "carried_out", "total")
CARRIED_IN = ("requests", "carried_in", "total")


def series(cells=None, figures=None, published=None, parents=None, consolidated=()) -> Series:
    """Reports from ``{line: {cell: value}}``."""

    def read(lines):
        return {
            line: {key: Figure(float(value), "here") for key, value in values.items()}
            for line, values in (lines or {}).items()
        }

    digests = {
        line: (hash(tuple(sorted(v.items()))), sum(x != 0 for x in v.values()))
        for line, v in (cells or {}).items()
    }
    return Series(
        read(cells), digests, published or {}, parents or {}, read(figures), frozenset(consolidated)
    )


def alarms(given: Series) -> list[Across]:
    return [found for found in compare(given) if found.finding.verdict != "pass"]


def test_every_cell_a_rule_needs_is_in_the_form():
    keys = {(t.code, *key) for code in ("2019", "2021") for t in edition(code).tables for key in t.keys(None)}
    assert keys >= CELLS


def test_what_was_carried_out_must_be_carried_in():
    # 重庆两江新区管委会办公室 2023/24, as published: 7 carried out, 13 carried in
    lines = {("两江", "own", 2023): {CARRIED_OUT: 7}, ("两江", "own", 2024): {CARRIED_IN: 13}}
    (found,) = alarms(series(lines))
    assert (found.finding.rule, found.finding.verdict, found.finding.left, found.finding.right) == (
        "carried_over",
        "fail",
        7,
        13,
    )
    assert found.line == ("两江", "own", 2024)
    assert "7" in sentence(found.finding) and "13" in sentence(found.finding)


def test_figures_in_words_are_held_to_the_same_rules():
    # 南京市江宁区 2021 and 2022, as published: 7 carried out, 8 carried in; 783 + 8 against 788 + 2
    figures = {
        ("江宁", "region", 2021): {"requests_carried_out": 7},
        ("江宁", "region", 2022): {
            "requests_new": 783, "requests_carried_in": 8, "requests_handled": 788, "requests_carried_out": 2,
        },
    }  # fmt: skip
    found = {(a.finding.rule, a.finding.left, a.finding.right) for a in alarms(series(figures=figures))}
    assert found == {("carried_over", 7, 8), ("figures_balance", 791, 790)}


def test_years_that_close_raise_no_alarm():
    lines = {
        ("市", "region", 2023): {CARRIED_OUT: 40, ("disclosure", "rules", "in_force"): 11},
        ("市", "region", 2024): {
            CARRIED_IN: 40,
            ("disclosure", "rules", "in_force"): 12,
            ("disclosure", "rules", "issued"): 3,
            ("disclosure", "rules", "repealed"): 2,
        },
    }
    found = list(compare(series(lines)))
    assert {a.finding.rule for a in found if a.finding.verdict == "pass"} >= {"carried_over", "stock"}
    assert not [a for a in found if a.finding.verdict != "pass"]


def test_scopes_are_never_compared_with_each_other():
    lines = {("市", "own", 2023): {CARRIED_OUT: 7}, ("市", "region", 2024): {CARRIED_IN: 13}}
    assert not [a for a in compare(series(lines)) if a.finding.rule == "carried_over"]


def test_a_stock_that_does_not_follow_fails_with_both_sides():
    cell = ("disclosure", "rules", "in_force")
    lines = {
        ("市", "region", 2023): {cell: 11},
        ("市", "region", 2024): {
            cell: 20,
            ("disclosure", "rules", "issued"): 3,
            ("disclosure", "rules", "repealed"): 2,
        },
    }
    (found,) = alarms(series(lines))
    assert (found.finding.rule, found.finding.left, found.finding.right) == ("stock", 12, 20)


def test_all_figures_like_last_year_are_noted_unless_there_are_hardly_any():
    busy = {CARRIED_IN: 3, ("requests", "received", "total"): 20, ("requests", "concluded", "total"): 23}
    lines = {("镇", "own", year): busy for year in (2022, 2023)} | {
        ("乡", "own", year): {CARRIED_IN: 0} for year in (2022, 2023)
    }
    assert [a.line for a in alarms(series(lines)) if a.finding.rule == "identical"] == [("镇", "own", 2023)]


@pytest.mark.parametrize(
    ("old", "new", "jumps"), [(100, 1001, True), (1001, 100, True), (3, 40, False), (100, 900, False)]
)
def test_only_large_figures_that_change_much_jump(old, new, jumps):
    cell = ("requests", "received", "total")
    lines = {("市", "region", 2023): {cell: old}, ("市", "region", 2024): {cell: new}}
    assert [a.finding.rule for a in alarms(series(lines))] == (["jump"] if jumps else [])


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
    found = alarms(series(published={("局", scope, 2024): date}))
    assert bool(found) == late


def test_a_parent_must_be_the_sum_only_where_the_register_has_all_below_it():
    cell = ("requests", "received", "total")
    parents, adding = {"甲区": "市", "乙区": "市"}, [("市", "region", 2024)]
    lines = {("市", "region", 2024): {cell: 30}, ("甲区", "region", 2024): {cell: 10}}
    assert not alarms(series(lines, parents=parents, consolidated=adding))
    lines["乙区", "region", 2024] = {cell: 15}
    assert not alarms(series(lines, parents=parents))
    sample = series(lines, parents=parents, consolidated=adding)
    assert not alarms(sample)  # a body of which we know nothing may make up the rest
    (found,) = alarms(sample._replace(complete=frozenset({("市", 2024)})))
    assert (found.finding.rule, found.finding.left, found.finding.right) == ("parent_sum", 25, 30)
    assert not alarms(sample._replace(complete=frozenset({("市", 2023)})))


def test_those_below_a_parent_cannot_come_to_more_than_it():
    cell = ("requests", "received", "total")
    lines = {("市", "region", 2024): {cell: 30}, ("甲区", "region", 2024): {cell: 31}}
    parents = {"甲区": "市", "乙区": "市"}
    (found,) = alarms(series(lines, parents=parents, consolidated=[("市", "region", 2024)]))
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


def test_gather_keeps_places_and_tells_equal_reports():
    frame = pd.DataFrame(
        [
            ("市", "region", y, *CARRIED_IN, v, f"p. {y}", False)
            for y, v in ((2022, 5.0), (2023, 5.0), (2024, 6.0))
        ],
        columns=["body", "scope", "year", "table", "row", "column", "value", "where", "suspect"],
    )
    cells, digests = gather(frame)
    assert cells["市", "region", 2022][CARRIED_IN] == Figure(5.0, "p. 2022")
    assert digests["市", "region", 2022] == digests["市", "region", 2023] != digests["市", "region", 2024]
