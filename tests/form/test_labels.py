import string
from typing import get_args

import pytest

from reportlib.display.words import AXES
from reportlib.form import editions, load_toml
from reportlib.form.labels import label
from reportlib.report import report


def test_every_word_is_there_in_both_languages():
    for axis, words in load_toml("words.toml").items():
        for code, word in words.items():
            assert set(word) == {"zh", "en"}, (axis, code)


def test_wordings_in_both_languages_take_the_same_parts():
    for axis, words in load_toml("words.toml").items():
        for code, word in words.items():
            parts = [
                {name for _, name, _, _ in string.Formatter().parse(word[lang]) if name}
                for lang in ("zh", "en")
            ]
            assert parts[0] == parts[1], (axis, code)


@pytest.mark.parametrize(
    ("axis", "codes"),
    [
        ("status", get_args(report.Status)),
        ("found", get_args(report.Found)),
        ("state", get_args(report.TableState)),
        ("verdict", get_args(report.Verdict)),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_code_that_a_report_can_hold_has_a_word(axis, codes, lang):
    assert codes
    held = load_toml("words.toml")[axis]
    assert set(codes) <= set(held)
    assert len({label(code, lang, axis) for code in codes}) == len(codes)


def test_rows_and_columns_go_by_the_form_of_their_table():
    assert label("other", "zh", "column", "requests") == "其他"
    assert label("other", "zh", "column", "disputes") == "其他结果"
    assert label("litigation", "en", "row", "disputes") == "lawsuits"


def test_an_edition_keeps_its_own_wording():
    assert label("amount", "zh", "column", "disclosure", "2019") == "采购总金额"
    assert label("amount", "zh", "column", "disclosure") == "本年收费金额"


def test_every_row_group_and_column_of_every_edition_has_a_label():
    for form in editions():
        for table in form.tables:
            for axis, entries in (("row", (*table.rows, *table.groups)), ("column", table.columns)):
                for entry in entries:
                    assert label(entry.code, "zh", axis, table.code) != entry.code


def test_names_of_bodies_pass_unchanged():
    assert label("甲市", "en", "row") == "甲市"


def test_the_axes_of_frames_have_words():
    known = set(load_toml("words.toml")) | {"table", "indicator", "rule", "row", "column"}
    assert set(AXES.values()) <= known
