"""What the sums say: proved, derived, suspect, and the likely misprint."""

import pytest
from requests_table import FIGURES, HEADER, ROWS, report_text, with_digits

from reportlib.form.findings import sentence
from reportlib.report.pipeline import read_bytes
from reportlib.report.report import Report


def report(changes: dict[tuple[str, int], object] | None = None, extra: str = "") -> Report:
    """The table of requests with some cells changed, read; `extra` is a further line before (七)."""
    return read_bytes(report_text(changes, extra).encode(), "report.md")


def cell(read: Report, row: str, column: str):
    return next(f for f in read.cell_list if f.key == ("requests", row, column))


def fails(read: Report) -> set[tuple[str, str, str]]:
    return {(i.rule, i.row, i.column) for i in read.finding_list if i.verdict == "fail"}


def test_a_whole_table_is_proved_in_every_cell():
    read = report()
    assert all(f.proved and f.status == "printed" and not f.suspect for f in read.cell_list)
    assert read.passes == {"requests_row_total": 25, "requests_outcomes": 7, "requests_balance": 7}
    assert read.finding_list == ()
    assert set(read.findings.dtypes.astype(str)) == {"str", "Float64"}


def test_a_misprint_stays_as_printed_and_is_named_with_the_figure_that_would_heal_it():
    read = report({("granted", 0): 21})
    wrong = cell(read, "granted", "natural_person")
    assert (wrong.value, wrong.status, wrong.suspect, wrong.proved) == (21, "printed", True, False)
    assert fails(read) == {("requests_row_total", "granted", ""), ("requests_outcomes", "", "natural_person")}
    messages = [sentence(i) for i in read.finding_list if i.verdict == "fail"]
    assert all("21 → 12" in message for message in messages)


def test_only_cells_of_failing_sums_are_suspect():
    read = report({("granted", 0): 21})
    row = {c for c in ("natural_person", "company", "total") if cell(read, "granted", c).suspect}
    assert row == {"natural_person", "company", "total"}
    assert not cell(read, "received", "natural_person").suspect
    assert not cell(read, "partly_granted", "company").suspect


def test_two_misprints_are_not_explained_by_one():
    read = report({("granted", 0): 21, ("carried_in", 6): 9})
    assert not any("→" in sentence(i) for i in read.finding_list if i.verdict == "fail")


def test_a_blank_that_the_sums_settle_is_derived_and_never_printed():
    read = report({("granted", 6): "", ("refused_state_secret", 3): "-"})
    total, dash = (
        cell(read, "granted", "total"),
        cell(read, "refused_state_secret", "public_interest_organisation"),
    )
    assert (total.found, total.status, total.value, total.printed) == ("blank", "derived", 14, "")
    assert (dash.found, dash.status, dash.value, dash.printed) == ("dash", "derived", 0, "-")


def test_a_change_that_a_blank_absorbs_is_not_proved():
    read = report({("received", 0): 31, ("received", 6): "", ("carried_out", 0): 3, ("carried_out", 6): ""})
    assert not fails(read)
    assert not cell(read, "received", "total").proved


def test_nothing_is_derived_beside_a_contradiction():
    read = report({("granted", 0): 21, ("granted", 6): ""})
    assert cell(read, "granted", "total").value is None
    assert cell(read, "granted", "total").status == "none"
    assert fails(read)


def test_nothing_is_derived_beside_a_figure_that_is_no_count():
    read = report({("granted", 0): "12.5", ("refused_state_secret", 6): ""})
    assert fails(read) == {("requests_row_total", "granted", ""), ("requests_outcomes", "", "natural_person")}
    assert cell(read, "refused_state_secret", "total").value is None


def test_a_figure_that_is_no_count_is_the_likely_misprint_where_a_count_would_heal_all():
    messages = [sentence(i) for i in report({("granted", 0): "12.5"}).finding_list if i.verdict == "fail"]
    assert len(messages) == 2 and all("12.5 → 12" in message for message in messages)
    both = report({("granted", 0): "12.5", ("partly_granted", 1): "0.5"})
    assert not any("→" in sentence(finding) for finding in both.finding_list)


def test_a_misprint_beside_a_blank_is_named_in_every_sum_it_breaks():
    read = report({("granted", 0): 21, ("refused_state_secret", 0): "", ("refused_state_secret", 6): ""})
    messages = [sentence(i) for i in read.finding_list if i.verdict == "fail"]
    assert len(messages) == 2 and all("21 → 12" in message for message in messages)


def test_a_blank_never_absorbs_what_a_local_row_may_have_added():
    changes = {("concluded", 0): 35, ("concluded", 6): 40, ("received", 0): 35, ("received", 6): 40}
    blanks = {("refused_state_secret", 0): "", ("refused_state_secret", 6): ""}
    read = report(changes | blanks, extra="| 本县自设的处理方式 | 5 | 0 | 0 | 0 | 0 | 0 | 5 |")
    assert not fails(read)
    assert cell(read, "refused_state_secret", "natural_person").value is None
    read = report(blanks, extra="| 本县自设的处理方式 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |")
    assert cell(read, "refused_state_secret", "natural_person").value == 0


def test_a_line_of_digits_with_one_reading_is_a_figure_that_others_contradict():
    changes: dict[tuple[str, int], object] = {("granted", column): "" for column in range(7)}
    read = read_bytes(with_digits(report_text(changes), "granted", "231000024").encode(), "report.md")
    one = cell(read, "granted", "natural_person")
    assert (one.found, one.status, one.value, one.suspect) == ("run_together", "split", 23, True)
    assert cell(read, "granted", "total").value == 24


def test_nothing_is_derived_for_a_line_of_digits_that_no_cut_makes_right():
    read = read_bytes(with_digits(report_text(), "granted", "1220000019").encode(), "report.md")
    assert "digits_unreadable" in {finding.rule for finding in read.finding_list}
    assert all(f.value is None and f.status == "none" for f in read.cell_list if f.row == "granted")
    assert not fails(read)


def test_a_local_row_enters_no_sum_and_a_sum_that_closes_only_with_it_is_not_judged():
    changes = {("concluded", 0): 35, ("concluded", 6): 40, ("received", 0): 35, ("received", 6): 40}
    read = report(changes, extra="| 本县自设的处理方式 | 5 | 0 | 0 | 0 | 0 | 0 | 5 |")
    assert not fails(read)
    assert {i.rule for i in read.finding_list if i.verdict == "warn"} == {"local_row"}
    left_open = {(i.rule, i.column) for i in read.finding_list if i.verdict == "not_assessable"}
    assert left_open == {("requests_outcomes", "natural_person"), ("requests_outcomes", "total")}


def test_the_single_row_of_2019_stands_for_the_three():
    text = report()
    lines = [HEADER, "|---" * 8 + "|"]
    for code, label in ROWS.items():
        if code.startswith("other_"):
            continue
        if code == "concluded":
            lines.append("| （六）其他处理 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |")
        lines.append(f"| {label} | " + " | ".join(map(str, FIGURES.get(code, [0] * 7))) + " |")
    read = read_bytes("\n".join(lines).encode(), "report.md")
    assert {f.row for f in read.cell_list} == (
        {f.row for f in text.cell_list} - {r for r in ROWS if r.startswith("other_")}
    ) | {"other"}
    assert read.tables["requests"] == "complete" and not fails(read)


def test_a_table_of_labels_only_is_blank_and_says_so():
    read = report({(row, column): "" for row in ROWS for column in range(7)})
    assert read.tables["requests"] == "blank"
    assert all(f.value is None and f.found == "blank" for f in read.cell_list)
    assert [i.rule for i in read.finding_list if i.verdict == "warn"] == ["table_blank"]


@pytest.mark.parametrize("text", ["12.5", "-3"])
def test_what_is_no_count_is_kept_and_named(text):
    read = report({("granted", 0): text})
    wrong = cell(read, "granted", "natural_person")
    assert (wrong.value, wrong.printed, wrong.suspect) == (float(text), text, True)
    assert "not_a_count" in {i.rule for i in read.finding_list}


def test_digits_that_run_together_are_cut_only_where_one_way_is_left():
    rows = {code: list(map(str, FIGURES.get(code, [0] * 7))) for code in ROWS}
    text = "收到和处理政府信息公开申请情况（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）申请人情况"
    text += "".join(label + "".join(rows[code]) for code, label in ROWS.items() if code != "granted")
    read = read_bytes(text.encode(), "report.txt")
    out = cell(read, "carried_out", "total")
    assert (out.found, out.printed, out.status, out.value) == ("run_together", "2000002", "split", 2)
    assert cell(read, "granted", "natural_person").found == "missing"
    for one in read.cell_list:  # a settled figure is the true one, whatever else stays open
        if one.value is not None:
            columns = ["natural_person", "company", "research_institution", "public_interest_organisation"]
            columns += ["legal_service", "other", "total"]
            assert one.value == FIGURES.get(one.row, [0] * 7)[columns.index(one.column)]
            assert one.status in ("split", "derived")


def test_money_in_another_unit_is_converted_and_says_so():
    text = "| 信息内容 | 本年收费金额（单位：万元） |\n|---|---|\n| 行政事业性收费 | 251000元 |\n"
    text += "| 信息内容 | 本年制发件数 | 本年废止件数 | 现行有效件数 |\n| 规章 | 0 | 0 | 0 |\n"
    read = read_bytes(text.encode(), "report.md")
    fees = next(f for f in read.cell_list if f.row == "fees")
    assert (fees.value, fees.printed) == (25.1, "251000元")
    assert "unit_converted" in {i.rule for i in read.finding_list}
