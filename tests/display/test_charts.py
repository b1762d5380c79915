"""Charts: nothing clipped, nothing joined that does not belong together, every figure in the text alternative."""

from __future__ import annotations

import base64
import html
import io
import re
import tomllib
from collections.abc import Callable
from importlib.resources import files
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib as mpl
import nbformat
import numpy as np
import pandas as pd
import pylopdf_fonts_zh_cn
import pytest
from chart_frames import (
    BODY,
    OUTCOMES,
    cells_of,
    every_chart,
    in_words,
    pool_of,
    province,
    rates_of,
    reports_of,
)
from IPython.core.formatters import DisplayFormatter
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from nbconvert import HTMLExporter
from page_records import made
from PIL import Image

from reportlib.display import charts
from reportlib.display.charts import lettering, sheet, strips
from reportlib.display.charts.words import LOOKS, WORDS, share
from reportlib.errors import ReportlibError
from reportlib.form import editions, load_toml
from reportlib.form.labels import MARKS, number, set_language
from reportlib.publish.html import export_page


def texts_of(fig: Figure) -> list[Text]:
    """Every text that is drawn."""
    fig.draw_without_rendering()
    ticks = {
        id(label)
        for ax in fig.axes
        if not ax.axison
        for label in (*ax.get_xticklabels(), *ax.get_yticklabels())
    }
    return [t for t in fig.findobj(Text) if t.get_text().strip() and t.get_visible() and id(t) not in ticks]


def words_of(fig: Figure) -> str:
    return " ".join(text.get_text() for text in texts_of(fig))


def joined_years(fig: Figure) -> set[tuple[float, float]]:
    """Pairs of years that some series joins with a line."""
    lines = [line for ax in fig.axes for line in ax.lines if line.get_marker() not in ("None", "", None)]
    return {pair for line in lines if line.get_linestyle() != "None" for pair in pairwise(line.get_xdata())}


# ------------------------------------------------------------------------------------ legible


@pytest.mark.parametrize(("bodies", "years"), [(1, 1), (1, 3), (1, 12), (3, 3), (3, 12), (30, 1), (30, 12)])
def test_no_text_is_clipped_or_covers_another(bodies: int, years: int) -> None:
    cells = province(bodies, years)
    trouble = [
        f"{name}: {fault}"
        for name, fig in every_chart(cells, "en" if bodies == 3 else "zh").items()
        for fault in faults(fig)
    ]
    assert not trouble, "\n".join(trouble[:20])


def faults(fig: Figure) -> list[str]:
    texts = texts_of(fig)
    renderer = fig.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = np.array([text.get_window_extent(renderer).extents for text in texts])
    width, height = fig.canvas.get_width_height()
    slack = 1.0
    found = [
        f"{text.get_text()!r} leaves the figure"
        for text, (x0, y0, x1, y1) in zip(texts, boxes, strict=True)
        if x0 < -slack or y0 < -slack or x1 > width + slack or y1 > height + slack
    ]
    x0, y0, x1, y1 = boxes.T
    meet = (
        (x0[:, None] + slack < x1)
        & (x0 < x1[:, None] - slack)
        & (y0[:, None] + slack < y1)
        & (y0 < y1[:, None] - slack)
    )
    return found + [
        f"{texts[i].get_text()!r} covers {texts[j].get_text()!r}"
        for i, j in np.argwhere(np.triu(meet, 1)).tolist()
    ]


def test_the_overlap_check_finds_an_overlap() -> None:
    fig = charts.outcomes(cells_of(BODY, 2024))
    fig.text(0.1, 0.5, "on top of another")
    fig.text(0.1, 0.5, "on top of another")
    fig.text(0.98, 0.5, "out of the figure")
    assert len(faults(fig)) >= 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_glyph_is_missing_and_the_font_is_the_declared_one(lang: str) -> None:
    declared = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSansSC-Regular.otf"
    glyphs = FT2Font(str(declared)).get_charmap()
    families = set()
    for name, fig in every_chart(province(1, 7), lang).items():
        for text in texts_of(fig):
            families.add(text.get_fontfamily()[0])
            assert not [char for char in text.get_text() if ord(char) not in glyphs and char != "\n"], (
                name,
                text,
            )
    found = [Path(findfont(FontProperties(family=[family]))).resolve() for family in families]
    assert found == [declared.resolve()]


def test_every_word_of_the_charts_has_a_glyph() -> None:
    glyphs = FT2Font(str(lettering.FONT)).get_charmap()
    written = files("reportlib.form").joinpath("charts.toml").read_text(encoding="utf-8")
    assert not {char for char in written if ord(char) not in glyphs and char != "\n"}


def test_every_text_of_the_charts_is_there_in_both_languages() -> None:
    def texts(found: object) -> list[dict[str, object]]:
        inside = found if isinstance(found, list) else list(found.values()) if isinstance(found, dict) else []
        own = [found] if isinstance(found, dict) and {"zh", "en"} & found.keys() else []
        return own + [text for one in inside for text in texts(one)]

    written = texts(WORDS)
    assert len(written) > 150
    assert all(text.get("zh") and text.get("en") for text in written)


def test_areas_differ_in_lightness_or_hatch() -> None:
    def lightness(fill: sheet.Look) -> float:
        red, green, blue = mpl.colors.to_rgb(fill["facecolor"])
        return 0.299 * red + 0.587 * green + 0.114 * blue

    for first, second in pairwise(LOOKS["fills"][:6]):
        assert abs(lightness(first) - lightness(second)) > 0.1 or first.get("hatch") != second.get("hatch")


def test_a_name_with_markup_or_formula_signs_is_drawn_as_it_is() -> None:
    name = r"<b>$\frac{1}{2}$</b> & {x} 市"
    fig = charts.volumes(cells_of(name, 2024))
    fig.savefig(io.BytesIO(), format="png")
    assert name in words_of(fig)


def test_a_chart_is_the_same_every_time_and_leaves_the_settings_alone() -> None:
    before = dict(mpl.rcParams)
    pictures = []
    for _ in range(2):
        picture = io.BytesIO()
        charts.volumes(province(3, 7)).savefig(picture, format="png")
        pictures.append(picture.getvalue())
    assert pictures[0] == pictures[1]
    assert dict(mpl.rcParams) == before


def test_a_chart_is_not_wider_than_a_page_nor_finer_than_needed() -> None:
    for fig in every_chart(cells_of(BODY, 2024)).values():
        assert fig.get_figwidth() == sheet.WIDTH
        assert fig.dpi <= 144


# ------------------------------------------------------------------------------------ honest


def test_a_gap_stays_a_gap() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2021, 2022, 2024, 2025)])
    fig = charts.volumes(cells)
    assert joined_years(fig) == {(2021, 2022), (2024, 2025)}
    assert "2023 年缺" in charts.alt(fig)


def test_a_missing_value_is_not_drawn_as_zero() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2022, 2023, 2024)])
    hole = (cells["year"] == 2023) & (cells["row"] == "received") & (cells["column"] == "total")
    cells.loc[hole, "value"] = pd.NA
    cells.loc[(cells["year"] == 2024) & (cells["row"] == "received"), "value"] = 0
    fig = charts.volumes(cells)
    received = [line for line in fig.axes[0].lines if line.get_marker() == "o"]
    drawn = {(x, y) for line in received for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)}
    assert (2024, 0) in drawn
    assert 2023 not in {x for x, _ in drawn}


def uprights_of(fig: Figure, kind: str) -> set[float]:
    """Where a kind of upright line stands on the first axes."""
    color = to_hex(LOOKS["uprights"][kind]["color"])
    return {
        float(line.get_xdata()[0])
        for line in fig.axes[0].lines
        if len(set(line.get_xdata())) == 1
        and len(line.get_xdata()) == 2
        and to_hex(line.get_color()) == color
    }


def old_and_new() -> pd.DataFrame:
    """Reports of 2019 to 2023 on the form of their years."""
    reports = [cells_of(BODY, year, edition="2019" if year < 2021 else "2021") for year in range(2019, 2024)]
    return pd.concat(reports)


def test_a_revised_form_with_the_same_definition_is_a_thin_mark_and_no_break() -> None:
    cells = old_and_new()
    fig = charts.volumes(cells)
    assert joined_years(fig) == set(pairwise(range(2019, 2024)))
    assert uprights_of(fig, "revised") == {2020.5}
    assert not uprights_of(fig, "break")
    for chart in (fig, charts.outcomes(cells), charts.disputes(cells)):
        assert "格式改版，含义相同" in words_of(chart)


def test_a_series_breaks_where_the_crosswalk_breaks() -> None:
    cells = old_and_new()
    cells.loc[(cells["column"] == "made") & (cells["row"] == "normative_documents"), "column"] = "issued"
    fig = charts.volumes(cells, measure="documents")
    assert (2020, 2021) not in joined_years(fig)
    assert uprights_of(fig, "break") == {2020.5}
    assert "含义不同，前后不相连" in words_of(fig)
    assert joined_years(charts.volumes(cells, measure="decisions")) == set(pairwise(range(2019, 2024)))


def test_what_the_law_changed_is_marked_on_the_rows_that_it_touches_and_on_no_others() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in range(2022, 2026)])
    rates = rates_of(cells)
    fig = charts.rates(rates)
    marked = [2023.5 in {line.get_xdata()[0] for line in ax.lines} for ax in fig.axes]
    assert marked == [True, False]
    for chart in (fig, charts.disputes(cells)):
        assert "2024-01-01" in words_of(chart) and "行政复议法" in words_of(chart)
    for chart in (charts.volumes(cells), charts.outcomes(cells)):
        assert "行政复议法" not in words_of(chart)
    early = charts.disputes(cells[cells["year"] < 2024])
    assert "行政复议法" not in words_of(early)


def test_a_curve_of_direct_lawsuits_breaks_where_the_law_made_them_another_class_of_cases() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in range(2022, 2026)])
    rates = rates_of(cells, ("correction_rate_decided",))
    direct = charts.rates(rates.assign(indicator="direct_litigation_loss_rate_decided"))
    assert joined_years(direct) == {(2022, 2023), (2024, 2025)}
    assert "前后不可比" in words_of(direct) and "2024-01-01" in words_of(direct)
    assert not direct.data.set_index("year")["comparable"][2024]
    assert joined_years(charts.rates(rates)) == set(pairwise(range(2022, 2026)))
    first_and_last = charts.first_and_last(rates.assign(indicator="direct_litigation_loss_rate_decided"))
    assert "前后不可比" in words_of(first_and_last)


def test_the_bars_print_the_denominator_of_the_rates() -> None:
    cells = cells_of(BODY, 2024)
    value = cells[cells["table"] == "disputes"].set_index(["row", "column"])["value"]["reconsideration"]
    decided = value["total"] - value["pending"]
    said = f"审结 {decided:.0f} 件中纠正 {value['corrected']:.0f}（另 {value['pending']:.0f} 未结）"
    assert said in words_of(charts.disputes(cells))
    assert said in charts.alt(charts.disputes(cells))


def test_the_same_share_is_written_the_same_in_bars_and_rates() -> None:
    cells = cells_of(BODY, 2024)
    value = cells[cells["column"] == "total"].set_index("row")["value"]
    rate = f"{100 * value['refused'] / value['concluded']:.1f}%"
    assert rate in words_of(charts.outcomes(cells))
    assert rate in words_of(charts.rates(rates_of(cells, ("refusal_rate",))))


def test_rates_in_several_units_keep_their_own() -> None:
    rates = rates_of(cells_of(BODY, 2024))
    months = rates["indicator"] == "correction_rate_decided"
    rates = rates.astype({"unit": "object"})
    rates.loc[months, ["indicator", "unit", "value", "low", "high"]] = [
        "backlog_months",
        "个月",
        1.25,
        pd.NA,
        pd.NA,
    ]
    said = words_of(charts.rates(rates))
    assert "（个月）" in said and "1.2 (" in said and "1.25" not in said


def test_a_curve_is_named_at_its_end_or_in_the_legend() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2022, 2023, 2024)])
    short = cells[~((cells["row"] == "concluded") & (cells["year"] == 2024))]
    for frame in (cells, short, province(30, 3)):
        said = words_of(charts.volumes(frame))
        assert "本年新收" in said and "本年办结" in said


def test_curves_have_their_names_all_at_their_ends_or_all_in_the_legend() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2022, 2023, 2024)])
    short = cells[~((cells["row"] == "concluded") & (cells["year"] == 2024))]
    fig = charts.volumes(cells)
    assert not fig.legends
    assert {"本年新收", "本年办结"} <= set(re.findall(r"本年..", words_of(fig)))
    for frame in (short, province(30, 3)):
        (legend,) = charts.volumes(frame).legends
        assert [text.get_text() for text in legend.get_texts()] == ["本年新收", "本年办结"]
    assert not charts.volumes(cells, measure="fees").legends  # the title says it


def test_a_curve_that_lies_on_another_does_not_hide_it() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2023, 2024)])
    words = in_words(cells)
    lines = [line for line in charts.volumes(cells, words).axes[0].lines if len(line.get_xdata()) == 2]
    first, second, *stated = sorted(lines, key=lambda line: line.get_zorder())
    assert first.get_markersize() > second.get_markersize() and second.get_linestyle() == "--"
    assert all(line.get_markerfacecolor() == "none" for line in stated)
    assert min(line.get_markersize() for line in stated) > first.get_markersize()


def test_a_legend_names_only_what_is_drawn() -> None:
    cells = cells_of(BODY, 2024)
    cells.loc[cells["row"] == "other_handled", "value"] = 0
    cells.loc[cells["row"] == "granted", "value"] += 1
    assert "其他处理" not in words_of(charts.outcomes(cells))


def test_a_mark_is_explained_where_it_is_drawn_and_not_elsewhere() -> None:
    cells = cells_of(BODY, 2024)
    cells.loc[cells["row"] == "other_handled", "value"] = 0
    cells.loc[cells["row"] == "granted", "value"] += 1
    derived = cells.assign(status=cells["status"].mask(cells["row"] == "other_handled", "derived"))
    assert "†" not in words_of(charts.outcomes(derived))  # a part of 0 is not drawn
    assert words_of(charts.outcomes(cells.assign(status="derived"))).count("†") > 1


def test_a_legend_is_in_the_order_of_the_parts_whatever_is_drawn_first() -> None:
    first, second = cells_of(BODY, 2023), cells_of(BODY, 2024)
    first.loc[first["row"] == "granted", "value"] = 0
    (legend,) = charts.outcomes(pd.concat([first, second])).legends
    names = [part["zh"] for part in WORDS["outcomes"]["columns"][0]["parts"]]
    assert [text.get_text() for text in legend.get_texts()] == names


def test_a_chart_weighs_little_in_a_page() -> None:
    for fig in every_chart(province(10, 7)).values():
        picture = base64.b64decode(fig._repr_mimebundle_()[0]["image/png"])  # type: ignore[attr-defined]
        assert len(picture) < 120_000
        plain = Image.open(io.BytesIO(picture)).convert("RGB")
        assert plain.getpixel((0, 0)) == (255, 255, 255)
        fig.canvas.draw()
        drawn = np.asarray(fig.canvas.buffer_rgba())[..., :3].astype(int)  # type: ignore[attr-defined]
        assert np.abs(np.asarray(plain).astype(int) - drawn).max() < 60  # no colour became another


def test_stated_series_differ_in_more_than_their_hue() -> None:
    words = in_words(pd.concat([cells_of(BODY, year) for year in (2023, 2024)]))
    lines = [line for line in charts.volumes(words).axes[0].lines if len(line.get_xdata()) == 2]
    assert len({line.get_marker() for line in lines if line.get_marker() not in ("", "None")}) == 2


def luminance(color: str) -> float:
    """Relative luminance of WCAG 2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_dots_stand_out_from_the_ground() -> None:
    looks = [
        LOOKS["peer"],
        LOOKS["other"],
        *LOOKS["curves"],
    ]
    assert all(1.05 / (luminance(look["color"]) + 0.05) >= 3 for look in looks)


def test_granted_and_refused_differ_without_colour() -> None:
    parts = {
        part["cell"].split(".")[1]: LOOKS["fills"][part["fill"]]
        for part in WORDS["outcomes"]["columns"][0]["parts"]
    }
    granted, refused = parts["granted"], parts["refused"]
    light, dark = sorted((luminance(granted["facecolor"]), luminance(refused["facecolor"])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3 or granted.get("hatch") != refused.get("hatch")


def test_a_body_that_the_chart_is_about_is_named_where_it_has_no_figures() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2023, 2024)])
    rates = rates_of(cells)
    for fig in (
        charts.volumes(cells, bodies=[BODY, "另一个市"]),
        charts.rates(rates, bodies=[BODY, "另一个市"]),
        charts.disputes(cells, bodies=[BODY, "另一个市"]),
        charts.overview(rates[rates["indicator"] == "refusal_rate"], bodies=[BODY, "另一个市"]),
    ):
        assert "另一个市（未收集到年报）" in words_of(fig)


def test_a_measure_without_figures_is_named() -> None:
    rates = rates_of(cells_of(BODY, 2024))
    rates.loc[rates["indicator"] == "refusal_rate", ["value", "status"]] = [float("nan"), "incomplete"]
    rates.loc[rates["indicator"] == "refusal_rate", ["numerator", "denominator"]] = float("nan")
    assert "没有数字、未画出：不予公开率" in words_of(charts.rates(rates))


def test_bodies_that_had_no_room_are_not_called_bodies_without_figures() -> None:
    said = words_of(charts.volumes(province(70, 2)))
    assert "70 个机关" in said and "未画出，见表" in said and "没有数字、未画出" not in said


def test_absence_is_told_by_its_reason() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2021, 2022, 2024)])
    cells = cells.assign(found="number")
    held = (cells["year"] == 2022) & (cells["table"] == "requests")
    cells.loc[held, ["value", "found"]] = [pd.NA, "missing"]
    fig = charts.volumes(cells)
    assert "2023 年缺（未收集到年报）" in charts.alt(fig)
    assert "2022 年缺（所存文本缺此格）" in charts.alt(fig)
    assert "没有数字：2022（所存文本缺此格）；2023（未收集到年报）" in words_of(fig)
    old = cells_of(BODY, 2020, edition="2019")
    assert "2020（该年表式无此项）" in words_of(charts.volumes(cells_of(BODY, 2021), old, measure="fees"))


def test_a_curve_that_ends_before_the_others_of_its_panel_says_why() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2023, 2024)]).assign(found="number")
    late = (cells["year"] == 2024) & (cells["row"] == "concluded")
    cells.loc[late, ["value", "found"]] = [pd.NA, "missing"]
    fig = charts.volumes(cells)
    assert "没有数字：本年办结 2024（所存文本缺此格）" in words_of(fig)
    assert "本年办结：2024 年缺（所存文本缺此格）" in charts.alt(fig)


def test_a_body_of_which_nothing_is_drawn_is_named_with_its_own_reason() -> None:
    cells = pd.concat([cells_of(name, 2024) for name in (BODY, "空白市", "没有市")]).assign(found="number")
    blank = (cells["body"] == "空白市") & (cells["table"] == "requests")
    cells.loc[blank, ["value", "found"]] = [pd.NA, "blank"]
    fig = charts.volumes(cells[cells["body"] != "没有市"], bodies=[BODY, "空白市", "没有市"])
    said = words_of(fig)
    assert "空白市（原文无可用数值）" in said and "没有市（未收集到年报）" in said
    rates = rates_of(cells_of(BODY, 2024), ("refusal_rate",))
    lost = rates.assign(body="缺项市", value=float("nan"), status="incomplete")
    assert "缺项市（缺分子或分母）" in words_of(charts.overview(pd.concat([rates, lost])))


def test_a_panel_without_a_figure_says_why() -> None:
    cells = cells_of(BODY, 2024).assign(found="number")
    blank = (cells["row"] == "rules") & (cells["column"] != "in_force")
    cells.loc[blank, ["value", "found"]] = [pd.NA, "dash"]
    other = cells_of("乙市", 2024)
    fig = charts.volumes(cells, other, measure="documents")
    assert "原文无可用数值" in [text.get_text() for ax in fig.axes for text in ax.texts]


def test_figures_in_words_that_nobody_states_are_not_called_reports_that_nobody_has() -> None:
    words = in_words(cells_of(BODY, 2024))
    fig = charts.headline(words, ["litigations", "reconsiderations"], bodies=[BODY])
    assert charts.alt(fig).startswith(f"{BODY}：行政诉讼、行政复议，年报正文或发布页所述")
    assert f"{BODY}（没有收集到这些数字）" in words_of(fig)
    assert "未收集到年报" not in words_of(fig) and fig.get_figheight() < 1.2


def test_bodies_stand_in_the_order_in_which_they_were_asked_for() -> None:
    cells = pd.concat([cells_of(name, 2024) for name in ("甲市", "乙市", "丙市")])
    asked = ["丙市", "甲市", "乙市"]
    for fig in (charts.volumes(cells, bodies=asked), charts.outcomes(cells, bodies=asked)):
        assert fig.alt.startswith("丙市、甲市、乙市")


def test_no_two_series_of_a_chart_share_a_sign() -> None:
    (legend,) = charts.volumes(old_and_new(), province(3, 1), measure="documents").legends
    signs = {(line.get_marker(), line.get_color()) for line in legend.get_lines()}
    assert len(signs) == len(legend.get_texts()) == 5


def test_a_figure_at_the_first_year_finds_its_place() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2023, 2024)])
    fees = cells["row"] == "fees"
    cells.loc[fees, "value"] = [59237.2449, 72701.2578]
    late = cells_of(BODY, 2025)
    fig = charts.volumes(cells, late[late["row"] != "fees"], measure="fees")
    assert "59,237.2449" in words_of(fig)


def test_a_column_too_narrow_for_words_has_a_sign_that_is_explained() -> None:
    cells = cells_of(BODY, 2024).assign(found="number")
    lost = cells["row"].str.startswith("refused")
    cells.loc[lost, ["value", "found"]] = [pd.NA, "missing"]
    said = words_of(charts.refusal_grounds(cells))
    assert said.count("×") == 9 and "× 所存文本缺此格" in said


def test_signs_of_absence_are_those_of_the_tables() -> None:
    signs = WORDS["signs"]
    assert signs["not_collected"] == WORDS["coverage"]["signs"]["not_collected"] == MARKS["not_collected"]
    assert signs["not_in_form"] == MARKS["not_in_form"] and signs["unread"] == MARKS["no_value"]


def test_names_that_hold_a_comma_stay_apart_in_a_title() -> None:
    alt = charts.alt(charts.rates(rates_of(cells_of(BODY, 2024)), lang="en"))
    assert "; Refusal rate, 2024" in alt


def test_the_source_line_says_source_once() -> None:
    cells = cells_of(BODY, 2024)
    words = words_of(charts.volumes(cells, in_words(cells), lang="en"))
    assert words.count("ource: ") == 1 and "table 3; text of the reports" in words


def test_peers_have_a_unit_and_names_that_stand_alone() -> None:
    cells = province(4, 1)
    fig = charts.peers(cells, str(cells["body"].iloc[0]), lang="en")
    assert "Unit: " in words_of(fig) and "requests received" in words_of(fig)


def test_first_comes_before_last_in_the_legend() -> None:
    (legend,) = charts.first_and_last(rates_of(province(2, 3), ("refusal_rate",))).legends
    assert [text.get_text() for text in legend.get_texts()] == ["首年", "末年"]


def test_figures_in_words_are_never_joined_to_the_tables() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2022, 2023)])
    words = in_words(pd.concat([cells_of(BODY, year) for year in (2024, 2025)]))
    fig = charts.volumes(cells, words)
    assert joined_years(fig) == {(2022, 2023), (2024, 2025)}
    stated = [line for line in fig.axes[0].lines if line.get_marker() == "D"]
    assert stated and all(line.get_markerfacecolor() == "none" for line in stated)
    assert "不与表格数字相连" in words_of(fig)
    assert "≥" in words_of(fig)


def test_a_figure_in_words_that_repeats_the_table_is_left_out() -> None:
    cells = cells_of(BODY, 2024)
    words = in_words(cells)
    words["value"] -= 3
    assert "◇" not in words_of(charts.volumes(cells, words))


def test_suspect_and_derived_figures_are_marked_and_explained() -> None:
    cells = pd.concat([cells_of(BODY, 2023), cells_of(BODY, 2024).assign(suspect=True)])
    cells.loc[cells["year"] == 2023, "status"] = "derived"
    for fig in (charts.volumes(cells), charts.outcomes(cells), charts.disputes(cells)):
        assert "⚠" in words_of(fig)
        assert "存疑" in words_of(fig)
        assert "⚠" in charts.alt(fig)
    hollow = [line for line in charts.volumes(cells).axes[0].lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_xdata()) for line in hollow] == [[2023], [2023]]


def test_series_that_are_not_comparable_are_not_joined() -> None:
    rates = rates_of(pd.concat([cells_of(BODY, year) for year in (2022, 2023, 2024)]), ("refusal_rate",))
    rates.loc[rates["year"] == 2024, "comparable"] = False
    assert joined_years(charts.rates(rates)) == {(2022, 2023)}


def test_the_body_and_the_whole_region_are_never_mixed() -> None:
    cells = pd.concat([cells_of(BODY, 2023), cells_of(BODY, 2024, scope="own")])
    fig = charts.volumes(cells)
    assert len(fig.axes) == 2
    assert not joined_years(fig)
    assert "本机关" in words_of(fig)


def test_bars_start_at_zero_and_a_composition_is_the_whole() -> None:
    cells = cells_of(BODY, 2024)
    bars = [patch for patch in charts.outcomes(cells).axes[0].patches if isinstance(patch, Rectangle)]
    assert min(bar.get_x() for bar in bars) == 0
    value = cells[cells["column"] == "total"].set_index("row")["value"]
    whole = sum(bar.get_width() for bar in bars)
    shares = [value[row] / value["concluded"] for row in OUTCOMES if value[row]]
    assert [bar.get_width() / whole for bar in bars] == pytest.approx(shares)
    for ax in charts.disputes(cells).axes:
        assert min(bar.get_x() for bar in ax.patches) == 0
        assert ax.get_xlim()[0] == 0
    assert charts.volumes(cells).axes[0].get_ylim()[0] == 0


def test_all_columns_of_a_chart_have_one_scale() -> None:
    axes = charts.disputes(province(3, 3)).axes
    assert len({ax.get_xlim() for ax in axes}) == 1
    panels = charts.volumes(province(3, 3)).axes
    assert len({ax.get_ylim() for ax in panels}) == 1


def test_a_composition_without_all_its_parts_is_not_drawn_and_says_what_it_lacks() -> None:
    cells = cells_of(BODY, 2024)
    fig = charts.outcomes(cells[cells["row"] != "refused"])
    assert not fig.axes[0].patches
    assert "缺 不予公开" in words_of(fig)
    assert "缺 不予公开" in charts.alt(fig)


def test_a_total_of_zero_has_no_shares() -> None:
    cells = cells_of(BODY, 2024)
    cells["value"] = 0.0
    fig = charts.outcomes(cells)
    assert not fig.axes[0].patches
    assert "总数为 0" in words_of(fig)


def test_a_share_that_is_there_is_never_written_as_none_or_all() -> None:
    shares = [share(part) for part in (0, 0.02, 0.6, 50, 99.7, 99.97, 100)]
    assert shares == ["0.0%", "<0.1%", "0.6%", "50.0%", "99.7%", ">99.9%", "100.0%"]


def test_numbers_have_a_true_minus_and_no_space_before_the_per_cent_sign() -> None:
    said = [number(-1.25, "%"), number(-0.01, "%"), number(-2.26, "个月"), number(-1234), number(1234.5)]
    assert said == ["−1.2%", "0.0%", "−2.3", "−1,234", "1,234.5"]


def test_a_rate_without_cases_is_no_rate() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2023, 2024)])
    cells.loc[(cells["year"] == 2023) & (cells["table"] == "disputes"), "value"] = 0
    rates = rates_of(cells, ("correction_rate_decided",))
    fig = charts.rates(rates)
    assert "0/0" in words_of(fig)
    assert not joined_years(fig)
    assert not any("2023" in fact and "0.0%" in fact for fact in re.split("[；，]", charts.alt(fig)))


def test_a_report_of_no_known_year_is_in_no_series() -> None:
    lost = cells_of("没有年份的市", 2024)
    lost["year"] = pd.NA
    cells = pd.concat([cells_of(BODY, 2024), lost])
    for fig in (charts.volumes(cells), charts.outcomes(cells), charts.statuses(cells)):
        assert "没有年份的市" not in words_of(fig)


def test_an_unknown_measure_is_named_with_the_known_ones() -> None:
    with pytest.raises(ReportlibError, match="requests, documents, decisions, fees"):
        charts.volumes(cells_of(BODY, 2024), measure="request")


def test_the_funnel_names_the_chosen_body_and_gives_no_ranking() -> None:
    rates = rates_of(province(30, 1), ("correction_rate_decided",))
    body = rates["body"].iloc[3]
    fig = charts.funnel(rates, highlight=[body])
    assert body in words_of(fig)
    assert "不排名次" in words_of(fig)
    pooled = rates["numerator"].sum() / rates["denominator"].sum()
    assert f"{100 * pooled:.1f}%" in words_of(fig)


def test_a_funnel_of_fewer_than_five_bodies_is_not_drawn_and_says_so() -> None:
    rates = rates_of(province(4, 1), ("correction_rate_decided",))
    fig = charts.funnel(rates)
    assert not fig.axes
    assert "不足五个" in words_of(fig) and "不足五个" in charts.alt(fig)


def test_a_funnel_is_of_one_year() -> None:
    fig = charts.funnel(rates_of(province(30, 3), ("correction_rate_decided",)), year=2024)
    assert "2024 年" in words_of(fig)
    assert set(fig.data["year"]) == {2024}
    points = [line for line in fig.axes[0].lines if line.get_marker() == "o"]
    assert len(points) == len(fig.data)


def test_the_peers_take_cells_and_figures_in_words_of_one_year() -> None:
    cells = province(10, 3)
    body = str(cells["body"].iloc[0])
    late = in_words(cells_of("只有文字的市", 2025))
    fig = charts.peers(cells, body, late)
    assert "2025 年，n=10 (◇ 1)" in words_of(fig)
    assert "本年新收" in words_of(fig)


def test_the_dots_of_peers_do_not_cover_each_other() -> None:
    for xs in ([1.0] * 40, [n / 100 for n in range(60)]):
        size, spots = strips.swarm(pd.Series(xs), 0.38)
        for (xa, ya), (xb, yb) in combinations(spots.to_numpy(), 2):
            assert abs(xa - xb) >= size - 1e-6 or abs(ya - yb) >= size - 1e-6


def test_the_body_does_not_cover_a_peer_of_the_same_figure() -> None:
    same = pd.concat([cells_of(name, 2024).assign(body=name) for name in (BODY, BODY + "甲", BODY + "乙")])
    fig = charts.peers(same, BODY)
    own, others = (
        line for name in (BODY, "同类机关") for line in fig.axes[0].lines if line.get_label() == name
    )
    heights = [*own.get_ydata(), *others.get_ydata()]
    assert len(set(heights)) == 3 and own.get_xdata()[0] == pytest.approx(others.get_xdata()[0], rel=0.05)


def test_more_measures_than_have_room_are_counted() -> None:
    rates = rates_of(province(3, 1), ("refusal_rate",))
    many = pd.concat([rates.assign(indicator=f"own_{n}") for n in range(20)])
    fig = charts.peers(many, str(rates["body"].iloc[0]))
    assert fig.get_figheight() * fig.dpi <= 2400 and "另有 3 项未画出" in words_of(fig)


def test_one_peer_is_no_range() -> None:
    cells = province(2, 1)
    said = charts.alt(charts.peers(rates_of(cells), str(cells["body"].iloc[0])))
    assert "一个同类机关" in said and "至" not in said


@pytest.mark.parametrize(("bodies", "years"), [(12, 7), (30, 7), (70, 2)])
def test_no_picture_is_higher_than_2400_pixels(bodies: int, years: int) -> None:
    high = {name: fig.get_figheight() * fig.dpi for name, fig in every_chart(province(bodies, years)).items()}
    assert max(high.values()) <= 2400, high


def test_a_chart_that_leaves_bodies_out_says_how_many() -> None:
    assert "另有" in words_of(charts.overview(rates_of(province(70, 2), ("refusal_rate",))))


def test_a_heat_table_shows_value_n_marks_and_why_there_is_none() -> None:
    rates = rates_of(pd.concat([cells_of(BODY, 2022), cells_of(BODY, 2024)]), ("refusal_rate",))
    rates.loc[rates["year"] == 2024, "status"] = "suspect"
    fig = charts.overview(rates)
    last = rates.iloc[-1]
    assert f"{last['value']:.1f}⚠" in words_of(fig) and f"{last['denominator']:,.0f}" in words_of(fig)
    assert "未收集到年报" in words_of(fig)


def test_first_and_last_year_of_a_body_with_one_year_says_so() -> None:
    rates = rates_of(pd.concat([cells_of(BODY, 2022), cells_of(BODY, 2024), cells_of("另一个市", 2024)]))
    fig = charts.first_and_last(rates[rates["indicator"] == "refusal_rate"])
    assert "只有一个可用年份" in words_of(fig)
    assert "→" in words_of(fig)


def test_the_pooled_rate_has_its_band_and_the_chosen_body_in_front() -> None:
    rates = rates_of(province(10, 3), ("refusal_rate",))
    body = str(rates["body"].iloc[0])
    fig = charts.pooled(pool_of(rates), rates, body)
    assert len(fig.axes) == 1 and fig.axes[0].collections
    said = words_of(fig)
    assert "第 10 至第 90 百分位" in said and body in said and "各机关合计" in said
    below = [text.get_text() for text in fig.axes[0].texts if text.get_text().isdigit()]
    assert below == ["9", "10", "10"]
    gap = pool_of(rates)
    bands = charts.pooled(gap[gap["year"] != 2024]).axes[0].collections
    ends = [
        sorted(path.vertices[:, 0])[:: len(path.vertices) - 1] for band in bands for path in band.get_paths()
    ]
    assert sorted(ends) == [[2022.8, 2023.2], [2024.8, 2025.2]]
    other = pool_of(rates).assign(comparable=[True, False, True])
    assert joined_years(charts.pooled(other)) == {(2024, 2025)}
    together = charts.pooled(pool_of(rates).assign(group=""))
    assert "各机关合计" in words_of(together)


def test_a_pooled_rate_names_every_number_of_bodies_and_only_marks_that_are_drawn() -> None:
    pool = pool_of(rates_of(province(4, 7), ("refusal_rate", "correction_rate_decided")))
    other = pool[pool["indicator"] == "refusal_rate"].assign(indicator="substantive_disclosure_rate")
    pool = pd.concat([pool, other])
    pool = pool.assign(low=None, high=None, p10=None, p90=None).astype({"low": float, "high": float})
    pool["value"] = pool["value"].mask((pool["indicator"] == "refusal_rate") & (pool["year"] == 2024))
    fig = charts.pooled(pool, lang="en")
    said = words_of(fig)
    below = [text.get_text() for ax in fig.axes for text in ax.texts if text.get_text().isdigit()]
    assert sorted(below) == sorted(map(str, pool.loc[pool["value"].notna(), "bodies"]))
    assert not faults(fig)
    assert "interval" not in said and "percentile" not in said
    assert "Refusal rate 2024" in said and "Correction rate (decided cases) 2024" not in said
    assert charts.alt(charts.pooled(pool.assign(group=""), lang="en")).startswith("All bodies together")


def test_the_ends_of_curves_leave_the_years_their_room() -> None:
    pool = pool_of(rates_of(province(10, 7), ("refusal_rate", "correction_rate_decided")))
    third = pool[pool["indicator"] == "refusal_rate"].assign(indicator="substantive_disclosure_rate")
    pool = pd.concat([pool, third]).assign(numerator=151_631, denominator=396_264)
    fig = charts.pooled(pool)
    assert all(ax.get_position().width * sheet.WIDTH > 1.2 for ax in fig.axes)
    assert "151,631/396,264" in charts.alt(fig)


def test_rows_stand_in_the_order_of_the_frame_whatever_their_first_year() -> None:
    late = pd.concat([cells_of("甲市", 2024), cells_of("乙市", 2023), cells_of("乙市", 2024)])
    rates = rates_of(late, ("refusal_rate",))
    for fig in (charts.overview(rates), charts.first_and_last(rates)):
        assert fig.alt.startswith("甲市、乙市")
        assert [tick.get_text() for tick in fig.axes[0].get_yticklabels()] == ["甲市", "乙市"]


def test_the_latest_years_stand_in_the_order_of_the_bodies() -> None:
    cells = province(12, 4)
    cells = cells[~((cells["body"] == "测试市第2区") & (cells["year"] < 2025))]
    labels = [tick.get_text() for tick in charts.disputes(cells).axes[0].get_yticklabels()]
    assert labels[1] == "测试市第2区 2025" and len(labels) == 12


def test_one_body_that_has_no_room_is_one_body() -> None:
    rates = rates_of(province(56, 1), ("refusal_rate",))
    assert "1 more body is not drawn" in words_of(charts.overview(rates, lang="en"))


def test_the_denominator_stands_under_bars_of_large_numbers_too() -> None:
    cells = province(30, 1).copy()
    many = cells["table"] == "disputes"
    cells.loc[many, "value"] = cells.loc[many, "value"] * 1000
    said = words_of(charts.disputes(cells, lang="en"))
    assert len(re.findall(r"[\d,]+ of [\d,]+", said)) > 60


def test_pooled_scopes_have_rows_of_their_own() -> None:
    pool = pool_of(rates_of(province(4, 2), ("refusal_rate",))).assign(group="")
    fig = charts.pooled(pd.concat([pool, pool.assign(scope="own")]))
    assert len(fig.axes) == 2
    assert "各机关合计·本机关" in words_of(fig) and "各机关合计·全市（县）汇总" in words_of(fig)


def test_a_sum_of_many_bodies_is_no_rate_and_is_refused() -> None:
    pool = pool_of(rates_of(province(3, 2), ("refusal_rate",)))
    with pytest.raises(ReportlibError, match="counts of many bodies"):
        charts.pooled(pool.assign(unit="件"))


def test_what_cannot_be_compared_is_said_and_not_drawn() -> None:
    rates = rates_of(cells_of(BODY, 2024))
    alone = charts.peers(rates, BODY)
    assert not alone.axes
    assert f"{BODY}与同类机关没有同一年度、同一统计范围的数字，不能比较：复议纠错率" in charts.alt(alone)
    other = charts.peers(rates, "另一个市")
    assert not other.axes and "另一个市与同类机关没有" in charts.alt(other)
    some = pd.concat([rates, rates_of(cells_of("乙市", 2024), ("refusal_rate",))])
    fig = charts.peers(some, BODY)
    assert len(fig.axes) == 1 and "不能比较：复议纠错率" in words_of(fig)
    assert "95% 区间" in words_of(fig)


def test_figures_in_words_are_hollow_among_peers_and_in_no_median_of_tables() -> None:
    cells = province(4, 1)
    body = str(cells["body"].iloc[0])
    said = pd.concat([in_words(cells_of(name, 2025)) for name in ("说市", "言市")])
    fig = charts.peers(cells, body, said)
    dots = {line.get_label(): line for line in fig.axes[0].lines}
    assert dots["◇同类机关"].get_markerfacecolor() == "white" != dots["同类机关"].get_markerfacecolor()
    tables = cells.query("row == 'received' and column == 'total' and body != @body")["value"]
    assert f"中位数 {tables.median():,.0f}" in charts.alt(fig)
    assert "中位数只计表格数字" in words_of(fig) and "区间" not in words_of(fig)


def test_a_suspect_figure_is_framed_among_peers_too() -> None:
    cells = province(4, 1)
    body = str(cells["body"].iloc[0])
    doubtful = cells.assign(suspect=cells["body"] != body)
    fig = charts.peers(doubtful, body)
    assert "⚠" in words_of(fig)
    assert sum(len(line.get_xdata()) for line in fig.axes[0].lines if line.get_markersize() == 9) == 3


def test_peers_of_different_scopes_are_never_in_one_strip() -> None:
    rates = rates_of(province(3, 1), ("refusal_rate",))
    body = str(rates["body"].iloc[0])
    own = rates[rates["body"] != body].assign(scope="own")
    assert not charts.peers(pd.concat([rates[rates["body"] == body], own]), body).axes


def test_a_single_body_is_one_body() -> None:
    rates = rates_of(province(1, 1), ("correction_rate_decided",))
    assert "only 1 body with" in charts.alt(charts.funnel(rates, lang="en"))
    many = rates_of(province(4, 1), ("correction_rate_decided",))
    assert "4 bodies with" in charts.alt(charts.funnel(many, lang="en"))


def test_a_title_without_figures_is_a_title() -> None:
    none = rates_of(province(1, 1), ("refusal_rate",)).head(0)
    assert charts.alt(charts.peers(none, "东山市")) == "东山市：与同类机关相比；无数据。"
    assert charts.alt(charts.funnel(none, highlight="东山市")) == "东山市：比率与案件数；无数据。"


def test_a_funnel_that_is_not_drawn_is_of_the_body_that_it_is_about() -> None:
    rates = rates_of(province(3, 2), ("correction_rate_decided",))
    body = str(rates["body"].iloc[0])
    early = rates[(rates["body"] != body) | (rates["year"] == 2024)]
    alt = charts.alt(charts.funnel(early, highlight=[body]))
    assert alt.startswith(body) and "2024 年只有 3 个机关有数" in alt


def test_coverage_tells_read_partly_read_words_only_and_absent_apart() -> None:
    states = {
        "disclosure": ["complete", "not_read"],
        "requests": ["partial", "blank"],
        "disputes": ["complete", "absent"],
    }
    reports = pd.DataFrame({"body": [BODY, BODY], "year": [2021, 2024], **states})
    words = pd.DataFrame({"body": [BODY], "year": [2022]})
    fig = charts.coverage(reports, words)
    said = words_of(fig).replace("\u00a0", " ")
    for word in (
        "● 已读出",
        "◐ 部分读出",
        "○ 空表",
        "× 未能读出",
        "◇ 仅有正文数字",
        "· 所存文本缺此表",
        "— 未收集到年报",
    ):
        assert word in said
    assert {"●◐●", "◇", "—", "×○·"} <= {text.get_text() for text in texts_of(fig)}
    whole = charts.coverage(reports[reports["year"] == 2021])
    assert "未收集到" not in words_of(whole) and "缺此表" not in words_of(whole)
    assert f"{BODY} 2022：仅有正文数字" in charts.alt(fig)
    assert "2023" not in charts.alt(fig)


def test_coverage_has_no_unit() -> None:
    assert "单位" not in words_of(charts.coverage(reports_of(cells_of(BODY, 2024))))


def test_a_coverage_of_nothing_is_of_the_bodies_that_it_is_about() -> None:
    none = reports_of(cells_of(BODY, 2024)).iloc[:0]
    assert charts.alt(charts.coverage(none, bodies=[BODY])).startswith(f"{BODY}：数据覆盖")


def test_a_subtitle_begins_with_a_capital() -> None:
    assert "Three marks a cell" in words_of(charts.coverage(reports_of(cells_of(BODY, 2024)), lang="en"))


def test_nothing_to_draw_is_said() -> None:
    none = cells_of(BODY, 2024).iloc[:0]
    for fig in (
        charts.volumes(none),
        charts.outcomes(none),
        charts.statuses(none),
        charts.disputes(none),
    ):
        assert "无数据" in words_of(fig)
    rates = rates_of(cells_of(BODY, 2024)).iloc[:0]
    for fig in (charts.rates(rates), charts.funnel(rates), charts.coverage(reports_of(none))):
        assert "无数据" in words_of(fig)


# ------------------------------------------------------------------------------------ said in words


def test_the_text_alternative_holds_the_figures() -> None:
    cells = cells_of(BODY, 2024)
    value = cells.set_index(["row", "column"])["value"]
    received, granted = f"{value['received', 'total']:,.0f}", f"{value['granted', 'total']:,.0f}"
    assert received in charts.alt(charts.volumes(cells))
    assert granted in charts.alt(charts.outcomes(cells))
    assert all(any(char.isdigit() for char in charts.alt(fig)) for fig in every_chart(cells).values())


def test_a_chart_as_the_last_line_of_a_cell_shows_itself_with_its_text_alternative() -> None:
    chart = charts.volumes(cells_of(BODY, 2024))
    data, metadata = DisplayFormatter().format(chart)
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == charts.alt(chart) == chart.alt


def test_the_text_alternative_survives_the_export_of_jupyterlab() -> None:
    chart = charts.volumes(cells_of('<市> & "市"', 2024))
    data, metadata = DisplayFormatter().format(chart)
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("chart", outputs=[output])])
    page = HTMLExporter(template_name="lab").from_notebook_node(notebook)[0]
    assert f'alt="{html.escape(chart.alt)}"' in page or chart.alt in html.unescape(page)
    assert "No description has been provided" not in page


def test_the_page_offers_the_data_behind_a_chart() -> None:
    chart = charts.volumes(cells_of(BODY, 2024))
    data, metadata = DisplayFormatter().format(chart)
    csv = pd.read_csv(io.StringIO(metadata["image/png"]["csv"]))
    assert set(csv["series"]) == {"requests.received.total", "requests.concluded.total"}
    assert metadata["image/png"]["csv_name"] == "volumes.csv"
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("chart", outputs=[output])])
    page = export_page(notebook, made("zh", "chart", BODY))
    assert 'download="volumes.csv"' in page and html.escape(chart.alt) in page


def test_a_chart_gives_the_data_behind_it() -> None:
    cells = cells_of(BODY, 2024)
    data = charts.volumes(cells).data
    assert data[["body", "year", "series", "unit", "status", "report_id"]].notna().all(axis=None)
    value = cells.set_index(["row", "column"])["value"]
    drawn = data.set_index("series")["value"]
    assert drawn["requests.received.total"] == value["received", "total"]
    assert set(data["unit"]) == {"件"}
    for name, fig in every_chart(province(3, 2)).items():
        assert len(fig.data), name
        if name in ("outcomes", "applicants", "refusal_grounds", "disputes"):
            assert set(fig.data["unit"]) == {"件"}


def test_charts_speak_the_language_that_is_set() -> None:
    cells = cells_of("Test City", 2024)
    set_language("en")
    try:
        assert "requests received and concluded" in charts.volumes(cells).alt
        assert "新收与办结" in charts.volumes(cells, lang="zh").alt
    finally:
        set_language("zh")
    with pytest.raises(ReportlibError, match="no texts in 'fr'"):
        charts.volumes(cells, lang="fr")


def test_a_chart_of_ones_own_in_the_style_of_the_project() -> None:
    before = dict(mpl.rcParams)
    with charts.style():
        figure = pd.Series([1, 2]).plot(title="测试").figure
    assert figure.axes[0].title.get_fontfamily()[0] == lettering.font().family_name
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    "draw",
    [
        charts.volumes,
        charts.outcomes,
        charts.rates,
        charts.overview,
        charts.funnel,
        charts.coverage,
        charts.pooled,
    ],
)
def test_a_wrong_frame_is_one_clear_line(draw: Callable[..., Figure]) -> None:
    with pytest.raises(ReportlibError, match="a chart got a frame without"):
        draw(pd.DataFrame({"a": [1]}))
    with pytest.raises(ReportlibError, match="a chart got list"):
        draw([1, 2])


def test_a_long_text_alternative_ends_with_what_it_leaves_out() -> None:
    said = charts.alt(charts.outcomes(province(30, 1)))
    assert len(said) < 1700
    assert re.search(r"其余 \d+ 项见表", said)


def test_an_english_chart_has_no_chinese_but_names() -> None:
    cells = cells_of("Test City", 2024)
    for name, fig in every_chart(cells, "en").items():
        assert not re.search(r"[\u4e00-\u9fff]", words_of(fig) + charts.alt(fig)), name


def test_the_series_of_the_charts_are_cells_of_the_form() -> None:
    form = {
        (table.code, row.code) for edition in editions() for table in edition.tables for row in table.rows
    }
    form |= {
        (table.code, group.code)
        for edition in editions()
        for table in edition.tables
        for group in table.groups
    }
    columns = {
        (table.code, column.code)
        for edition in editions()
        for table in edition.tables
        for column in table.columns
    }
    words = tomllib.loads(files("reportlib.form").joinpath("charts.toml").read_text(encoding="utf-8"))
    named = re.findall(r"'((?:disclosure|requests|disputes)\.\w+\.\w+)'", str(words))
    assert len(named) > 45
    for cell in named:
        table, row, column = cell.split(".")
        assert (table, row) in form and (table, column) in columns, cell


def test_the_figures_in_words_that_equal_a_cell_are_drawn_beside_it() -> None:
    equal = [
        code
        for code, entry in load_toml("figures.toml").items()
        if entry["equals"] == ["requests.received.total"]
    ]
    assert equal == ["requests_new"]
