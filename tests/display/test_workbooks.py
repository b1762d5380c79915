import csv

import openpyxl
import pandas as pd
import pytest
from tiny import dataset, dispute_cells, report

from reportlib.display.workbooks import codes, dictionary, export
from reportlib.errors import ReportlibError
from reportlib.form.labels import label

TRAPS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝HYPERLINK(1)"]


def cells():
    return {
        "requests.received.total": 1234.0,
        "requests.carried_in.total": (0.0, {"status": "derived", "found": "blank", "printed": ""}),
        "requests.granted.total": (7.0, {"suspect": True}),
        "requests.refused_state_secret.total": (None, {"found": "blank", "printed": ""}),
        "requests.concluded.total": (None, {"found": "dash", "printed": "-"}),
        "requests.carried_out.total": (12.0, {"printed": "+12"}),
        "disclosure.fees.amount": 59237.2449,
    }


def book(ds, tmp_path, **options):
    (path,) = export(ds, tmp_path / "out.xlsx", **options)
    return openpyxl.load_workbook(path)


def sheet_lines(sheet):
    """row label -> cells, of a statutory table's sheet."""
    return {line[4].value: line for line in sheet.iter_rows(min_row=3)}


def test_numbers_stay_numbers_and_nothing_becomes_zero(tmp_path):
    lines = sheet_lines(book(dataset(report("甲市", 2024, cells())), tmp_path)["表三"])
    total = {name: line[-1] for name, line in lines.items()}
    assert (total["本年新收政府信息公开申请数量"].value, total["上年结转政府信息公开申请数量"].value) == (
        1234,
        0,
    )
    assert total["属于国家秘密"].value is None and total["办结总计"].value is None


def test_statuses_are_styles_and_the_legend_names_each(tmp_path):
    workbook = book(dataset(report("甲市", 2024, cells())), tmp_path)
    total = {name: line[-1].style for name, line in sheet_lines(workbook["表三"]).items()}
    assert total["上年结转政府信息公开申请数量"] == "derived" and total["予以公开"] == "suspect"
    assert total["属于国家秘密"] == "blank" and total["办结总计"] == "dash"
    legend = {line[0].style: line[1].value for line in workbook["说明"].iter_rows(min_row=3)}
    assert set(total.values()) <= set(legend) and legend["suspect"] == "存疑" and legend["blank"] == "空白"


def test_amounts_keep_their_decimals_and_their_unit_stands_in_the_head(tmp_path):
    sheet = book(dataset(report("甲市", 2024, cells())), tmp_path)["表二"]
    assert sheet.cell(2, 6).value == "本年收费金额（万元）"
    assert sheet.cell(3, 6).value == 59237.2449 and "0000" not in sheet.cell(3, 6).number_format.replace(
        "####", ""
    )


def test_the_amounts_of_the_two_forms_stand_in_columns_of_their_own(tmp_path):
    old = report("甲市", 2020, {"disclosure.procurement.amount": 251000.0}, "2019")
    new = report("甲市", 2021, {"disclosure.fees.amount": 1.5})
    sheet = book(dataset(old, new), tmp_path)["表二"]
    assert [cell.value for cell in sheet[2]][5:] == ["采购总金额（单位见原文）", "本年收费金额（万元）"]
    assert [cell.value for cell in sheet[3]][5:] == [251000, None]


def test_a_cell_is_named_as_the_form_of_its_report_names_it(tmp_path):
    old = report("甲市", 2020, {"disclosure.procurement.amount": 251000.0}, "2019")
    heads, line = list(book(dataset(old), tmp_path)["单元格"].iter_rows(min_row=2, values_only=True))
    assert line[heads.index("列")] == "采购总金额"


def test_what_both_forms_count_stands_in_one_column(tmp_path):
    old = report("甲市", 2020, {"disclosure.licences.decisions": 3.0}, "2019")
    new = report("甲市", 2021, {"disclosure.licences.decisions": 4.0})
    sheet = book(dataset(old, new), tmp_path)["表二"]
    assert [cell.value for cell in sheet[2]][5:] == ["本年处理决定数量"]
    assert [line[5].value for line in sheet.iter_rows(min_row=3)] == [3, 4]


def test_what_is_missing_is_no_empty_text(tmp_path):
    absent = (None, {"found": "missing", "printed": None})
    cells = {
        "requests.received.total": absent,
        "requests.granted.total": (None, {"found": "blank", "printed": ""}),
    }
    lines = list(book(dataset(report("甲市", 2024, cells)), tmp_path)["单元格"].iter_rows(min_row=2))
    place = [cell.value for cell in lines[0]].index("原文")
    assert [line[place].data_type for line in lines[1:]] == ["n", "inlineStr"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_sheet_has_a_title_frozen_heads_and_a_filter(lang, tmp_path):
    workbook = book(
        dataset(report("甲市", 2024, cells() | dispute_cells("reconsideration", 1, 2, 3, 4))),
        tmp_path,
        lang=lang,
    )
    assert len(workbook.sheetnames) == 14 and label("dictionary", lang, "sheet") in workbook.sheetnames
    for sheet in workbook:
        assert (
            sheet.cell(1, 1).value
            and sheet.freeze_panes.endswith("3")
            and sheet.auto_filter.ref.startswith("A2:")
        )


@pytest.mark.parametrize("trap", TRAPS)
def test_no_text_becomes_a_formula_in_the_workbook(trap, tmp_path):
    hostile = {"requests.received.total": (1.0, {"printed": trap, "where": trap})}
    workbook = book(dataset(report(trap, 2024, hostile, note=trap)), tmp_path)
    found = [cell for sheet in workbook for line in sheet.iter_rows() for cell in line if cell.value == trap]
    assert len(found) >= 5
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in found)
    assert not [
        c for s in workbook for line in s.iter_rows() for c in line if c.data_type == "f" or c.hyperlink
    ]


@pytest.mark.parametrize("trap", TRAPS)
def test_no_text_becomes_a_formula_in_csv(trap, tmp_path):
    export(
        dataset(report(trap, 2024, {"requests.received.total": (1.0, {"printed": trap})})),
        tmp_path / "out",
        "csv",
    )
    for path in (tmp_path / "out").iterdir():
        with path.open(encoding="utf-8-sig", newline="") as file:
            for value in (value for line in csv.reader(file) for value in line):
                assert value[:1] not in ("=", "@", "\t", "＝") and not value.startswith(("+cmd", "-2"))


def test_signed_numbers_and_dashes_of_a_report_stay_as_they_stand_in_csv(tmp_path):
    export(dataset(report("甲市", 2024, cells())), tmp_path / "out", "csv")
    printed = pd.read_csv(tmp_path / "out" / "cells.csv", dtype=str)["printed"]
    assert {"+12", "-"} <= set(printed)


def test_control_characters_and_endless_text_do_not_break_the_workbook(tmp_path):
    hostile = {"requests.received.total": (1.0, {"printed": "a\x00b\x1f", "where": "长" * 40000})}
    workbook = book(dataset(report("甲市", 2024, hostile)), tmp_path)
    line = [cell.value for cell in workbook["单元格"][3]]
    assert "a\ufffdb\ufffd" in line and max(len(str(value)) for value in line) == 32767
    assert next(value for value in line if str(value).startswith("长")).endswith("…")


def test_csv_opens_in_excel_as_utf8(tmp_path):
    export(dataset(report("甲市", 2024, cells())), tmp_path / "out", "csv")
    assert (tmp_path / "out" / "requests.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_parquet_gives_back_the_frames(tmp_path):
    ds = dataset(report("甲市", 2024, cells()))
    export(ds, tmp_path / "out", "parquet")
    back = pd.read_parquet(tmp_path / "out" / "requests.parquet")
    pd.testing.assert_frame_equal(back, ds.requests, check_categorical=False, check_dtype=False)
    assert back["total"].dtype == "Int64"


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_every_column_of_every_file_is_in_the_dictionary_and_every_code_explained(to, tmp_path):
    ds = dataset(report("甲市", 2024, cells() | dispute_cells("reconsideration", 1, 2, 3, 4)))
    paths = export(ds, tmp_path / "out", to)
    described = pd.read_csv(tmp_path / "out" / "dictionary.csv")
    assert not described[["zh", "en", "type"]].isna().any(axis=None)
    for path in paths:
        if path.stem not in ("dictionary", "codes"):
            frame = pd.read_csv(path) if to == "csv" else pd.read_parquet(path)
            assert list(frame.columns) == described.loc[described["frame"] == path.stem, "column"].tolist()
    explained = pd.read_csv(tmp_path / "out" / "codes.csv")
    assert set(ds.cells["row"].astype("str")) <= set(explained.loc[explained["axis"] == "row", "code"])


def test_the_dictionary_knows_units():
    frame = dictionary({"requests": dataset(report("甲市", 2024, cells())).requests})
    assert (
        frame.set_index("column").loc["total", "unit"] == "件"
        and frame.set_index("column").loc["year", "unit"] != "件"
    )


def test_codes_name_both_editions():
    frame = codes().set_index(["axis", "table", "code"])
    assert frame.loc[("row", "requests", "received"), "editions"] == "2019 2021"
    assert frame.loc[("column", "disclosure", "made"), "editions"] == "2019"


def test_only_the_bodies_asked_for_are_exported(tmp_path):
    ds = dataset(*(report(body, 2024, cells()) for body in ("甲市", "乙市")))
    export(ds, tmp_path / "out", "csv", bodies=["乙市"])
    assert set(pd.read_csv(tmp_path / "out" / "cells.csv")["body"]) == {"乙市"}


def test_an_export_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    ds = dataset(report("甲市", 2024, cells()))
    (path,) = export(ds, tmp_path / "out.xlsx")
    before = path.read_bytes()
    monkeypatch.setattr("reportlib.display.workbooks.codes", lambda: 1 / 0)
    for to in ("xlsx", "csv"):
        with pytest.raises(ZeroDivisionError):
            export(ds, path if to == "xlsx" else tmp_path / "out", to)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(ReportlibError, match="xlsx, csv, parquet or dta"):
        export(dataset(report("甲市", 2024, cells())), tmp_path / "out", "ods")


@pytest.mark.parametrize("to", ["csv", "parquet", "dta"])
def test_every_export_has_indicators_definitions_register_and_events(to, tmp_path):
    paths = export(dataset(report("甲市", 2024, cells())), tmp_path / "out", to)
    frames = {"indicators", "definitions", "register", "events", "dictionary", "codes"}
    assert frames <= {path.stem for path in paths}
    assert all(path.suffix == f".{to}" for path in paths if path.stem not in ("dictionary", "codes"))


@pytest.mark.parametrize(
    ("lang", "row"), [("zh", "本年新收政府信息公开申请数量"), ("en", "carried in from the year before")]
)
def test_stata_gets_codes_with_value_labels_and_keeps_what_is_missing(lang, row, tmp_path):
    ds = dataset(report("甲市", 2024, cells()))
    export(ds, tmp_path / "out", "dta", lang=lang)
    path = tmp_path / "out" / "cells.dta"
    numbers = pd.read_stata(path, convert_categoricals=False)
    assert numbers["row"].dtype.kind == "i" and numbers["value"].isna().sum() == 2
    with pd.io.stata.StataReader(path) as reader:
        words = reader.value_labels()["row"]
        assert len(words) == len(set(words.values())) and row in words.values()
        assert reader.variable_labels()["value"]
    assert pd.read_stata(tmp_path / "out" / "reports.dta")["body"].tolist() == ["甲市"]
