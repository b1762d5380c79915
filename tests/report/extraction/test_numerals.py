"""The text of one cell: a number, nothing, a mark for nothing, or not surely a number."""

import sys
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.report.extraction.numerals import fold, parse, unit_factor


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("12", 12),
        (" 7 ", 7),
        ("５２１８", 5218),
        ("5,218", 5218),
        ("1,234,567", 1234567),
        ("190.457379", "190.457379"),
        ("+19", 19),
        ("-1942", -1942),
        ("－31", -31),
        ("−31", -31),
        ("12\u200b", 12),
    ],
)
def test_a_number_is_read_as_it_stands(text, value):
    assert (parse(text).found, parse(text).value) == ("number", Decimal(value))


def test_unit_and_remark_are_kept_beside_the_number():
    assert parse("251000元")[:3] == ("number", Decimal(251000), "元")
    assert parse("160.5964万元")[:3] == ("number", Decimal("160.5964"), "万元")
    assert parse("22（其中修订 16 件）")[:4] == ("number", Decimal(22), "", "(其中修订 16 件)")


def test_a_number_on_two_lines_says_so():
    assert parse("59237.\n2449")[:5] == ("number", Decimal("59237.2449"), "", "", True)


@pytest.mark.parametrize("text", ["", " ", "\u3000", "\xa0", "\n"])
def test_nothing_is_blank(text):
    assert parse(text).found == "blank"


@pytest.mark.parametrize("text", ["-", "—", "——", "－", "/", "无", "無", "一"])
def test_a_mark_for_nothing_is_a_dash_and_no_zero(text):
    assert (parse(text).found, parse(text).value) == ("dash", None)


@pytest.mark.parametrize(
    "text", ["O", "l2", "1,23", "5345 129", "3-4", "约30", "12万余", "1.2.3", "7" * 16, "详见附件", "1e5"]
)
def test_what_is_not_surely_one_number_is_unreadable(text):
    assert (parse(text).found, parse(text).value) == ("unreadable", None)


@given(st.text(max_size=20))
def test_any_text_is_read_as_something(text):
    numeral = parse(text)
    assert (numeral.value is None) == (numeral.found != "number")
    assert fold(fold(text)) == fold(text)


def test_money_is_converted_only_between_units_of_money():
    assert unit_factor("元", "万元") == Decimal("0.0001")
    assert unit_factor("件", "万元") == unit_factor("", "万元") == 1


@pytest.mark.parametrize(("text", "value"), [("17³", 17), ("0①", 0), ("12 ①②", 12), ("5*", 5)])
def test_the_mark_of_a_note_is_none_of_the_digits(text, value):
    assert parse(text)[:2] == ("number", Decimal(value))


@pytest.mark.parametrize("text", ["①", "①5", "²", "1\n2", "0\n2023"])
def test_marks_alone_and_numbers_below_each_other_are_no_number(text):
    assert parse(text).found == "unreadable"


# Every character that may stand at a figure and is no letter: numbers, marks, symbols, separators.
CHARACTERS = [
    char
    for char in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(char)[0] in "NPSZM" or unicodedata.category(char) in ("Cc", "Cf", "Lm")
]
DIGITS = dict.fromkeys("0123456789") | {
    char: None
    for char in CHARACTERS
    if unicodedata.normalize("NFKC", char) in [*"0123456789"] and char.isdecimal()
}
POINTS = set(".．﹒")


def values(before: str, behind: str) -> set[tuple[str, str]]:
    """What is read with each of the characters, but digits, between two texts: character and value."""
    read = [(char, parse(before + char + behind)) for char in CHARACTERS if char not in DIGITS]
    return {(char, str(numeral.value)) for char, numeral in read if numeral.found == "number"}


def test_a_character_in_front_of_a_figure_is_its_sign_or_changes_nothing():
    found = values("", "26")
    assert {value for _, value in found} == {"26", "-26"}
    negative = {char for char, value in found if value == "-26"}
    assert all(unicodedata.category(char) == "Pd" or char in "−─━" for char in negative)


def test_a_character_inside_a_figure_is_a_decimal_point_or_is_not_seen():
    found = values("2", "6")
    assert {char for char, value in found if value == "2.6"} == POINTS
    unseen = {char for char, value in found if value == "26"}
    assert found == {(char, "2.6") for char in POINTS} | {(char, "26") for char in unseen}
    assert {unicodedata.category(char) for char in unseen} == {"Cf"}


def test_a_character_behind_a_figure_changes_nothing():
    assert {value for _, value in values("26", "")} == {"26"}


def test_figures_are_read_in_every_dress_of_the_ten_digits_and_in_no_other_script():
    for char in DIGITS:
        assert parse("2" + char).value == Decimal("2" + unicodedata.normalize("NFKC", char))
    assert parse("٣").found == parse("2३").found == parse("三").found == "unreadable"
