"""Charts: nothing clipped, nothing joined that does not belong together, every figure in the text alternative."""

from __future__ import annotations

import io
import re
import tomllib
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pylopdf_fonts_zh_cn
import pytest
from chart_frames import BODY, cells_of, every_chart, in_words, province, rates_of, reports_of
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from reportlib.display import charts
from reportlib.display.charts import page
from reportlib.errors import ReportlibError
from reportlib.form import editions, load_toml


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
    assert [Path(findfont(FontProperties(family=[family]))) for family in families] == [declared]


def test_every_word_of_the_charts_has_a_glyph() -> None:
    glyphs = FT2Font(str(page.FONT)).get_charmap()
    written = files("reportlib.display.charts").joinpath("words.toml").read_text(encoding="utf-8")
    assert not {char for char in written if ord(char) not in glyphs and char != "\n"}


def test_areas_differ_in_lightness_or_hatch() -> None:
    def lightness(fill: page.Fill) -> float:
        red, green, blue = mpl.colors.to_rgb(fill.face)
        return 0.299 * red + 0.587 * green + 0.114 * blue

    for first, second in pairwise(page.FILLS[:6]):
        assert abs(lightness(first) - lightness(second)) > 0.1 or first.hatch != second.hatch


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
        assert fig.get_figwidth() == page.WIDTH
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


def test_a_change_of_the_form_is_a_break() -> None:
    cells = pd.concat(
        [cells_of(BODY, year, edition="2019" if year < 2021 else "2021") for year in range(2019, 2024)]
    )
    fig = charts.volumes(cells)
    assert joined_years(fig) == {(2019, 2020), (2021, 2022), (2022, 2023)}
    assert any(set(line.get_xdata()) == {2020.5} for line in fig.axes[0].lines)
    assert "2019 年版表式" in words_of(fig)
    assert "格式改版" in words_of(fig)
    assert "格式改版" in words_of(charts.outcomes(cells))


def test_figures_in_words_are_never_joined_to_the_tables() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2022, 2023)])
    words = in_words(pd.concat([cells_of(BODY, year) for year in (2024, 2025)]))
    fig = charts.volumes(cells, words)
    assert joined_years(fig) == {(2022, 2023), (2024, 2025)}
    stated = [line for line in fig.axes[0].lines if line.get_marker() == "D"]
    assert stated and all(line.get_markerfacecolor() == "white" for line in stated)
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
    for fig in (charts.volumes(cells), charts.outcomes(cells), charts.disputes(cells), charts.flow(cells)):
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
    assert sum(bar.get_width() for bar in bars) == pytest.approx(100)
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
    assert [page.share(part) for part in (0, 0.02, 0.6, 50, 99.7, 100)] == [
        "0%",
        "<1%",
        "1%",
        "50%",
        ">99%",
        "100%",
    ]


def test_a_rate_without_cases_is_no_rate() -> None:
    cells = pd.concat([cells_of(BODY, year) for year in (2023, 2024)])
    cells.loc[(cells["year"] == 2023) & (cells["table"] == "disputes"), "value"] = 0
    rates = rates_of(cells, ("correction_rate_decided",))
    fig = charts.rates(rates)
    assert "0/0" in words_of(fig)
    assert not joined_years(fig)
    assert not any("2023" in fact and "0.0 %" in fact for fact in re.split("[；，]", charts.alt(fig)))


def test_a_flow_that_does_not_balance_shows_the_difference() -> None:
    cells = cells_of(BODY, 2024)
    cells.loc[(cells["row"] == "carried_in"), "value"] += 17
    assert "来去不平，差 17" in words_of(charts.flow(cells))
    assert "来去不平" not in words_of(charts.flow(cells_of(BODY, 2024)))


def test_a_flow_with_a_missing_figure_is_not_drawn() -> None:
    cells = cells_of(BODY, 2024)
    fig = charts.flow(cells[cells["row"] != "carried_in"])
    assert not fig.axes
    assert "缺少以下数字，不能作图：上年结转" in words_of(fig)


def test_a_flow_takes_the_latest_year_that_is_whole() -> None:
    partial = cells_of(BODY, 2025)
    fig = charts.flow(pd.concat([cells_of(BODY, 2024), partial[partial["row"] == "received"]]))
    assert "2024" in words_of(fig) and "2025" not in words_of(fig)


def test_every_body_has_its_flow() -> None:
    cells = pd.concat([cells_of(BODY, 2024), cells_of("另一个市", 2023, 1)])
    said = words_of(charts.flow(cells, in_words(cells_of("只有文字的市", 2024))))
    assert f"{BODY}（全域） 2024" in said and "另一个市（全域） 2023" in said
    assert "只有文字的市" not in said


def test_a_report_of_no_known_year_is_in_no_series() -> None:
    lost = cells_of("没有年份的市", 2024)
    lost["year"] = pd.NA
    cells = pd.concat([cells_of(BODY, 2024), lost])
    for fig in (charts.volumes(cells), charts.outcomes(cells), charts.statuses(cells), charts.flow(cells)):
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
    assert f"{100 * pooled:.1f} %" in words_of(fig)


def test_a_body_without_peers_is_shown_alone() -> None:
    rates = rates_of(cells_of(BODY, 2024))
    fig = charts.peers(rates, BODY)
    assert "没有可比的同类机关" in charts.alt(fig)
    assert "没有可算的数值" in charts.alt(charts.peers(rates, "另一个市"))


def test_coverage_tells_read_partly_read_words_only_and_absent_apart() -> None:
    states = {
        "disclosure": ["complete", "not_read"],
        "requests": ["partial", "blank"],
        "disputes": ["complete", "absent"],
    }
    reports = pd.DataFrame({"body": [BODY, BODY], "year": [2021, 2024], **states})
    words = pd.DataFrame({"body": [BODY], "year": [2022]})
    fig = charts.coverage(reports, words)
    for word in ("已读出", "部分读出", "空表", "未能读出", "仅有正文数字", "没有"):
        assert word in words_of(fig)
    markers = {line.get_marker() for line in fig.axes[0].lines if isinstance(line, Line2D)}
    assert {"s", "x", "D", "."} <= markers
    assert "2022 年仅有正文数字" in charts.alt(fig)
    assert "2023" not in charts.alt(fig)


def test_nothing_to_draw_is_said() -> None:
    none = cells_of(BODY, 2024).iloc[:0]
    for fig in (
        charts.volumes(none),
        charts.outcomes(none),
        charts.flow(none),
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
    assert granted in charts.alt(charts.flow(cells))
    assert all(any(char.isdigit() for char in charts.alt(fig)) for fig in every_chart(cells).values())


def test_a_chart_as_the_last_line_of_a_cell_shows_itself_with_its_text_alternative() -> None:
    chart = charts.volumes(cells_of(BODY, 2024))
    data, metadata = DisplayFormatter().format(chart)
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == charts.alt(chart)


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
    words = tomllib.loads(
        files("reportlib.display.charts").joinpath("words.toml").read_text(encoding="utf-8")
    )
    disputes = [
        str(words["disputes"]).replace("{row}", route["row"]) for route in words["disputes"]["routes"]
    ]
    named = re.findall(r"'((?:disclosure|requests|disputes)\.\w+\.\w+)'", str(words) + " ".join(disputes))
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
