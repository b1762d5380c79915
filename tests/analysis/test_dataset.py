"""Dataset: correct, well-named frames of the bundled reports."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pandas as pd
import pytest
from tiny import dataset, report

from reportlib.analysis.dataset import Dataset, open_dataset
from reportlib.errors import ReportlibError
from reportlib.files import RAW, find_home
from reportlib.form import edition, load_toml
from reportlib.store.ingest import ingest

PROJECT = Path(__file__).parents[2]
FRAMES = ["reports", "cells", "findings", "figures", "requests", "disputes", "disclosure", "groups"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / RAW, home / RAW)
    assert ingest(home, jobs=1).problems == ()
    return home


@pytest.fixture(scope="module")
def ds(home: Path) -> Dataset:
    return open_dataset(home)


# ------------------------------------------------------------------ where the project is
def test_the_project_is_found_from_any_of_its_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPORTLIB_HOME", raising=False)
    (home / "notebooks").mkdir(exist_ok=True)
    for place in (home, home / "notebooks", home / RAW):
        monkeypatch.chdir(place)
        assert find_home() == home.resolve()


def test_the_project_is_found_from_elsewhere_by_its_variable(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPORTLIB_HOME", str(home))
    assert len(open_dataset().reports) == 9


def test_no_project_is_an_error_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPORTLIB_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReportlibError, match="REPORTLIB_HOME"):
        open_dataset()
    with pytest.raises(ReportlibError, match="no project found at"):
        open_dataset(tmp_path)


def test_not_ingested_yet_is_an_error_that_names_the_command(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / RAW, tmp_path / RAW)
    with pytest.raises(ReportlibError, match="reportlib ingest"):
        open_dataset(tmp_path)


def test_data_that_were_ingested_anew_or_by_another_version_are_errors_that_say_what_to_do(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(home, tmp_path / "project")
    before = open_dataset(tmp_path / "project")
    assert len(before.reports) == 9
    (tmp_path / "project" / RAW / "reports" / "hongze_2024.docx").unlink()
    ingest(tmp_path / "project")
    with pytest.raises(ReportlibError, match="open_dataset"):
        _ = before.cells
    monkeypatch.setattr("reportlib.store.published._described", lambda table: {"fields": []})
    with pytest.raises(ReportlibError, match="reportlib ingest"):
        _ = open_dataset(tmp_path / "project").reports


# ------------------------------------------------------------------ frames
@pytest.mark.parametrize("name", FRAMES)
def test_every_column_stands_in_the_docstring(ds: Dataset, name: str) -> None:
    described = getattr(Dataset, name).__doc__ or getattr(Dataset, name).func.__doc__
    assert [column for column in getattr(ds, name).columns if column not in described] == []


@pytest.mark.parametrize("name", ["reports", "cells", "findings", "figures"])
def test_published_frames_have_the_described_columns(ds: Dataset, name: str) -> None:
    described = [field["name"] for field in load_toml("fields.toml")[name]["fields"]]
    computed = ["suspect"] if name == "figures" else []
    assert list(getattr(ds, name).columns) == described + computed


def test_requests_have_a_line_for_each_report_and_row(ds: Dataset) -> None:
    lines = ds.requests.query("body == '宿迁市' and year == 2024").set_index("row")
    assert list(lines.index) == list(edition("2021").table("requests").row_codes())
    assert list(lines.loc["received"])[-7:] == [3440, 75, 0, 1, 6, 3, 3525]
    assert not ds.requests.duplicated(["report_id", "row"]).any()


def test_disputes_have_a_line_for_each_route(ds: Dataset) -> None:
    lines = ds.disputes.query("body == '宿迁市' and year == 2025").set_index("row")
    assert list(lines.index) == ["reconsideration", "direct_litigation", "litigation_after_reconsideration"]
    assert list(lines.loc["reconsideration", ["upheld", "corrected", "other", "pending", "total"]]) == [
        119,
        25,
        91,
        24,
        259,
    ]


def test_disclosure_has_units_and_amounts_with_decimals(ds: Dataset) -> None:
    lines = ds.disclosure.query("body == '沭阳县'").set_index(["row", "column"])
    assert (lines.value["fees", "amount"], lines.unit["fees", "amount"]) == (4068.208, "万元")
    assert (lines.value["licences", "decisions"], lines.unit["licences", "decisions"]) == (517645, "件")


def test_counts_are_nullable_integers_and_amounts_floats(ds: Dataset) -> None:
    assert set(ds.requests.iloc[:, 6:].dtypes.astype(str)) == {"Int64"}
    assert set(ds.disputes.iloc[:, 6:].dtypes.astype(str)) == {"Int64"}
    assert {str(ds.disclosure.value.dtype), str(ds.cells.value.dtype), str(ds.figures.value.dtype)} == {
        "Float64"
    }
    assert {str(getattr(ds, name).year.dtype) for name in FRAMES} == {"Int64"}


def test_region_codes_are_strings(ds: Dataset) -> None:
    assert set(ds.reports.region_code) == {"310000", "320813", "320831", "321300", "321322", "500000"}


def test_rows_and_columns_sort_in_the_order_of_the_form(ds: Dataset) -> None:
    frame = ds.requests.query("body == '沭阳县'").sample(frac=1, random_state=1).sort_values("row")
    assert list(frame.row) == list(edition("2021").table("requests").row_codes())
    for name in ("cells", "requests", "disputes", "disclosure", "groups"):
        assert getattr(ds, name).row.dtype.ordered, name


def test_what_is_not_known_is_na_and_never_zero(ds: Dataset) -> None:
    lines = ds.requests.query("body == '宿迁市' and year == 2025").set_index("row")
    assert pd.isna(lines.loc["concluded", "total"])
    assert lines.loc["received", "research_institution"] == 0
    blank = ds.disputes.query("body == '上海市人民政府办公厅'").set_index("row")
    assert blank.loc["litigation_after_reconsideration", ["upheld", "total"]].isna().all()


@pytest.mark.parametrize("table", ["requests", "disputes"])
def test_statuses_have_the_shape_of_their_frame(ds: Dataset, table: str) -> None:
    values, statuses = (getattr(ds, table + what) for what in ("", "_status"))
    assert list(values.columns) == list(statuses.columns)
    assert values.report_id.equals(statuses.report_id) and values.row.equals(statuses.row)
    known = values.iloc[:, 6:].notna()
    assert known.equals(statuses.iloc[:, 6:].isin(["printed", "corrected", "split", "derived"]))


def test_the_wide_frames_agree_with_the_cells(ds: Dataset) -> None:
    for name in ("requests", "disputes"):
        wide = getattr(ds, name)
        long = wide.melt(["report_id", "row"], list(wide.columns[6:]), "column").astype({"row": "str"})
        cells = ds.cells.query("table == @name").astype({"row": "str", "column": "str"})
        both = long.merge(cells, on=["report_id", "row", "column"], how="outer", suffixes=("_wide", ""))
        assert len(both) == len(cells) == len(long)
        assert both.value_wide.astype("Float64").equals(both.value)


def test_blank_dash_and_missing_stay_apart(ds: Dataset) -> None:
    printed = ds.cells.groupby(["body", "found"], observed=True).printed
    assert set(printed.get_group(("上海市人民政府办公厅", "blank"))) == {""}
    assert printed.get_group(("宿迁市", "missing")).isna().all()
    assert not printed.get_group(("宿迁市", "number")).isna().any()


def test_a_derived_cell_says_so(ds: Dataset) -> None:
    status = ds.requests_status.query("body == '上海市科学技术委员会'").set_index("row")
    assert (status.loc["carried_out", "total"], status.loc["carried_out", "company"]) == (
        "derived",
        "printed",
    )


# ------------------------------------------------------------------ groups
def group(ds: Dataset, body: str, year: int, row: str, column: str = "total") -> pd.Series:
    (line,) = ds.groups.query(
        "body == @body and year == @year and row == @row and column == @column"
    ).to_dict("records")
    return pd.Series(line)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("refused", 92),
        ("unavailable", 941),
        ("not_processed", 117),
        ("other_handled", 469),
        ("litigation", 77),
    ],
)
def test_subtotals_are_those_of_the_report(ds: Dataset, row: str, expected: int) -> None:
    assert group(ds, "宿迁市", 2024, row).value == expected
    assert group(ds, "宿迁市", 2024, row).status == "printed"


def test_a_single_row_for_other_handling_is_the_whole_group(ds: Dataset) -> None:
    assert group(ds, "淮安市洪泽区", 2024, "other_handled").value == 0


def test_a_subtotal_with_an_unknown_member_is_unknown(ds: Dataset) -> None:
    line = group(ds, "宿迁市", 2025, "refused")
    assert pd.isna(line.value) and line.status == "none"
    assert group(ds, "宿迁市", 2025, "litigation").value == 66
    assert pd.isna(group(ds, "上海市人民政府办公厅", 2019, "litigation").value)


def test_a_subtotal_of_derived_cells_is_derived(ds: Dataset) -> None:
    line = group(ds, "上海市人民政府办公厅", 2019, "unavailable")
    assert (line.value, line.status) == (337, "derived")


# ------------------------------------------------------------------ figures, names, selections
def test_figures_of_words_are_there_with_their_precision(ds: Dataset) -> None:
    kinds = ds.figures.kind.value_counts()
    assert (kinds["headline"], kinds["from_table"], kinds["partial_table"]) == (1245, 133, 329)
    said = ds.figures.query("body == '重庆市' and kind == 'narrative'").set_index("indicator")
    assert (said.value["proactive_items"], said.precision["proactive_items"]) == (1520000, "rounded")
    assert "152万条" in said["where"]["proactive_items"]
    series = ds.figures.query("body == '南京市江宁区' and indicator == 'requests_carried_in'").sort_values(
        "year"
    )
    assert dict(zip(series.year, series.value, strict=True))[2022] == 8
    assert (series.precision == "exact").all()


def test_a_body_under_another_name_is_one_series(ds: Dataset) -> None:
    assert "上海市长宁区人民政府" not in set(ds.figures.body)
    assert set(ds.figures[ds.figures.body == "上海市长宁区"].scope) == {"own", "region"}


def test_resolve_knows_other_spellings_and_names_the_nearest(ds: Dataset) -> None:
    assert ds.resolve("沐阳县人民政府") == "沭阳县"
    with pytest.raises(ReportlibError, match="宿迁市"):
        ds.resolve("宿千市")
    with pytest.raises(ReportlibError, match="no data of 石家庄市"):
        ds.resolve("石家庄市")


def test_a_selection_holds_only_what_was_asked_for(ds: Dataset) -> None:
    some = ds.select(["宿迁市人民政府", "沭阳县"], years=range(2024, 2026))
    assert set(zip(some.cells.body, some.cells.year, strict=True)) == {
        ("宿迁市", 2024),
        ("宿迁市", 2025),
        ("沭阳县", 2025),
    }
    assert some.requests.equals(
        ds.requests[ds.requests.body.isin(["宿迁市", "沭阳县"]) & (ds.requests.year >= 2024)].reset_index(
            drop=True
        )
    )
    assert some.select(years=some.reports.year.iloc[0]).years == (2024,)
    assert set(ds.select(scope="own").figures.scope) == {"own"}
    assert len(ds.select("宿迁市", 1999).requests) == len(ds.select("宿迁市", 1999).groups) == 0
    with pytest.raises(ReportlibError, match="宿迁市"):
        ds.select("宿千市")


def test_only_the_current_version_is_counted(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / RAW, tmp_path / RAW)
    name, again = "reports/suqian_2023.html", "reports/suqian_2023_again.html"
    text = (tmp_path / RAW / name).read_text(encoding="utf-8") + "\n"
    (tmp_path / RAW / again).write_text(text, encoding="utf-8")
    sources = tmp_path / RAW / "sources.csv"
    frame = pd.read_csv(sources, dtype=str, keep_default_na=False)

    line = frame[frame.file == name].assign(
        file=again, sha256=hashlib.sha256(text.encode()).hexdigest(), date_published="2024-05-01"
    )
    pd.concat([frame, line]).to_csv(sources, index=False)
    assert ingest(tmp_path, jobs=1).problems == ()
    ds = open_dataset(tmp_path)
    assert sorted(ds.reports.query("body == '宿迁市' and year == 2023").current) == [False, True]
    assert len(ds.requests.query("body == '宿迁市' and year == 2023")) == 25
    assert set(ds.cells.query("body == '宿迁市' and year == 2023").report_id) == {"宿迁市-2023-region-2"}


def test_the_contradictions_over_the_years_are_those_that_are_published(ds: Dataset) -> None:
    fails = ds.findings.query("verdict == 'fail'")
    assert {(f.body, f.year, f.rule, f.left, f.right) for f in fails.itertuples()} == {
        ("南京市江宁区", 2022, "carried_over", 7, 8),
        ("南京市江宁区", 2022, "figures_balance", 791, 790),
        ("重庆两江新区", 2024, "carried_over", 7, 13),
        ("金湖县", 2023, "disputes_row_total", 3, 0),
    }


def test_figures_in_words_that_contradict_each_other_are_suspect(ds: Dataset) -> None:
    def doubtful(**chosen: object) -> set[tuple[str, int, str]]:
        figures = ds.select(**chosen).figures.query("suspect")
        return {(line.body, line.year, line.indicator) for line in figures.itertuples()}

    assert doubtful(bodies="重庆两江新区") == {
        ("重庆两江新区", 2023, "requests_carried_out"),
        ("重庆两江新区", 2024, "requests_carried_in"),
    }
    balance = {"requests_new", "requests_carried_in", "requests_handled", "requests_carried_out"}
    jiangning = {("南京市江宁区", 2022, code) for code in balance}
    assert doubtful(bodies="南京市江宁区", scope="region") == jiangning | {
        ("南京市江宁区", 2021, "requests_carried_out")
    }
    assert doubtful(bodies="南京市江宁区", years=2021) == {("南京市江宁区", 2021, "requests_carried_out")}
    assert doubtful(bodies="南京市江宁区", scope="own") == set()
    assert len(doubtful()) == 7


def test_findings_tell_their_scope(ds: Dataset) -> None:
    known = ds.findings.merge(ds.reports, on="report_id", suffixes=("", "_of_report"))
    assert (known["scope"] == known["scope_of_report"].astype("str")).all()
    assert set(ds.findings["scope"]) == {"own", "region"}
    assert set(ds.select(scope="own").findings["scope"]) == {"own"}


def test_codes_that_this_version_does_not_know_are_refused(
    ds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ds._load("reports").assign(disclosure="complete, or so")
    monkeypatch.setattr(Dataset, "_load", lambda self, table, columns=None: found)
    with pytest.raises(ReportlibError, match=r"unknown disclosure: complete, or so"):
        _ = Dataset(ds.home).reports


def test_findings_between_reports_count_as_those_of_a_report_by_itself(ds: Dataset) -> None:
    frame = dataset(report("甲市", 2024, {"requests.received.total": 5.0}, fails=2, warnings=1)).reports
    assert frame[["fails", "warnings"]].to_numpy().tolist() == [[2, 1]]
    fails = ds.findings.query("verdict == 'fail' and report_id != ''").groupby("report_id").size()
    held = ds.reports.set_index("report_id")["fails"]
    assert held[held > 0].to_dict() == fails.to_dict()


def test_split_and_ambiguous_cells_are_counted(ds: Dataset) -> None:
    chongqing = ds.reports.set_index("body").loc["重庆市"]
    held = ds.cells.query("body == '重庆市'")["status"].value_counts()
    assert (chongqing["split"], chongqing["ambiguous"]) == (held["split"], held["ambiguous"])
    assert held["split"] > 0 and held["ambiguous"] > 0
