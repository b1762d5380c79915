"""The matrix is checked whole before anything runs."""

from __future__ import annotations

import nbformat
import pytest

from reportlib import open_dataset
from reportlib.errors import ReportlibError
from reportlib.publish.matrix import load_matrix, safe_name
from reportlib.publish.notebook import Notebook


@pytest.fixture
def load(home, batch):
    ds = open_dataset(home)

    def load_text(text):
        return load_matrix(batch(text), ds)

    return load_text


def test_a_page_for_every_body_language_and_span_of_years(load, write):
    write("one")
    pages = load("""
        pages:
          - {notebook: one, bodies: [宿迁市, 沭阳县], lang: [zh, en], years: [2023, 2023-2025]}
    """)
    assert len(pages) == 8
    assert [page.name for page in pages[:3]] == [
        "one_宿迁市_zh_2023",
        "one_宿迁市_zh_2023-2025",
        "one_宿迁市_en_2023",
    ]
    assert pages[1].parameters == {"bodies": ["宿迁市"], "lang": "zh", "first_year": 2023, "last_year": 2025}
    assert (pages[0].title, pages[2].title, pages[1].years) == ("one 页", "one page", "2023–2025")


def test_patterns_choose_bodies_that_have_reports(load, write):
    write("one")
    county = load("pages: [{notebook: one, bodies: {level: county}}]")
    assert {page.bodies for page in county} == {("淮安市洪泽区",), ("沭阳县",), ("金湖县",)}
    huaian = load("pages: [{notebook: one, bodies: {level: county, region: '3208'}}]")
    assert [page.bodies for page in huaian] == [("淮安市洪泽区",), ("金湖县",)]
    everyone = load("pages: [{notebook: one, bodies: all}]")
    assert len(everyone) > len(county)
    mixed = load("pages: [{notebook: one, bodies: [宿迁市, {level: county}, 宿迁市]}]")
    assert len(mixed) == 4


def test_bodies_together_make_one_page(load, write):
    write("one")
    (page,) = load("pages: [{notebook: one, bodies: [宿迁市, 沭阳县], together: true}]")
    assert page.parameters == {"bodies": ["宿迁市", "沭阳县"]}


def test_another_spelling_of_a_body_is_that_body(load, write):
    write("one")
    (page,) = load("pages: [{notebook: one, bodies: 宿迁市人民政府}]")
    assert page.bodies == ("宿迁市",)


def test_a_notebook_of_one_body_gets_it_as_body(load, write):
    write("one", parameters="body = ''\npeers = []")
    (page,) = load("pages: [{notebook: one, bodies: 沭阳县}]")
    assert page.parameters == {"body": "沭阳县"}


def test_overrides_change_or_skip_single_pages(load, write):
    write("one")
    pages = load("""
        defaults: {lang: [zh, en]}
        pages:
          - notebook: one
            bodies: [宿迁市, 沭阳县]
            parameters: {first_year: 2022}
            timeout: 5
            overrides:
              - {body: 沭阳县, lang: en, skip: true}
              - {body: 宿迁市, parameters: {first_year: 2024}, timeout: 9}
    """)
    assert [(page.name, page.parameters["first_year"], page.timeout) for page in pages] == [
        ("one_宿迁市_zh", 2024, 9),
        ("one_宿迁市_en", 2024, 9),
        ("one_沭阳县_zh", 2022, 5),
    ]


def test_all_problems_are_said_at_once_with_the_nearest_names(load, write):
    write("one")
    write("single", parameters="body = ''")
    with pytest.raises(ReportlibError) as caught:
        load("""
            pages:
              - {notebook: onne}
              - {notebook: one, bodys: [宿迁市]}
              - {notebook: one, bodies: [宿千市]}
              - {notebook: one, parameters: {frist_year: 2023}}
              - {notebook: one, parameters: {first_year: '2023'}}
              - {notebook: one, parameters: {bodies: [1]}}
              - {notebook: one, parameters: {first_year: true}}
              - {notebook: one, parameters: {bodies: [沐阳市]}}
              - {notebook: one, lang: fr}
              - {notebook: one, bodies: {level: planet}}
              - {notebook: one, name: '{colour}'}
              - {notebook: single, years: 2023}
        """)
    text = str(caught.value)
    assert "12 problems, nothing was run" in text
    for said in (
        "no notebook 'onne'; did you mean one",
        "unknown key 'bodys'; did you mean bodies",
        "there are no data of 宿千市",
        "宿迁市",
        "unknown parameter 'frist_year'; did you mean first_year",
        "first_year is '2023'; expected the like of 2023",
        "bodies is [1]",
        "first_year is True",
        "there are no data of 沐阳市",
        "lang is 'fr'; expected zh or en",
        "no body with data has level planet; expected levels are city, ",
        "colour",
        "unknown parameter 'first_year'",
    ):
        assert said in text, said


def test_a_page_twice_is_refused(load, write):
    write("one")
    with pytest.raises(ReportlibError, match="2 times"):
        load(
            "pages: [{notebook: one, lang: zh}, {notebook: one, bodies: [宿迁市], lang: zh}, {notebook: one, lang: zh}]"
        )


def test_names_that_only_differ_in_case_are_told_apart(load, write):
    write("one")
    names = {
        page.name.casefold()
        for page in load(
            "pages: [{notebook: one, lang: zh, name: Page}, {notebook: one, lang: en, name: page}]"
        )
    }
    assert len(names) == 2


def test_pages_of_two_notebooks_under_one_name_are_told_apart(load, write):
    write("one")
    write("two")
    names = {page.name for page in load("pages: [{notebook: one, name: page}, {notebook: two, name: page}]")}
    assert len(names) == 2 and all(name.startswith("page-") for name in names)


@pytest.mark.parametrize(
    "text", ["", "pages: 3", "- a", "pages: [", "pages: [3]", "defaults: [1]\npages: []"]
)
def test_what_is_no_matrix_is_a_clear_error(load, write, text):
    with pytest.raises(ReportlibError, match=r"batch\.yml"):
        load(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a_宿迁市_zh", "a_宿迁市_zh"),
        ('a/b\\c:d*e?f"g<h>i|j', "a-b-c-d-e-f-g-h-i-j"),
        ("..", "page"),
        ("con", "con_"),
        ("LPT1.x", "LPT1_.x"),
        ("a\u202eb\u0000c\u200b", "abc"),
        (" 名 称. ", "名-称"),
        ("e\u0301", "é"),
    ],
)
def test_names_suit_every_file_system(text, name):
    assert safe_name(text) == name


def test_long_names_stay_short_and_apart():
    one, other = safe_name("长" * 300), safe_name("长" * 301)
    assert one != other
    assert max(len(one.encode()), len(other.encode())) <= 180


def test_parameters_are_read_without_running_them(home, write):
    write("one", parameters="a: int = 1\nb = [1, 'x']  # help\nc = print('ran')\nd, e = 1, 2")
    assert Notebook(home / "notebooks" / "one.ipynb").parameters == {"a": 1, "b": [1, "x"], "c": None}


def test_a_title_is_in_the_pages_language(home, write):
    write("one")
    notebook = Notebook(home / "notebooks" / "one.ipynb")
    assert (notebook.title("zh"), notebook.title("en"), notebook.title()) == (
        "one 页",
        "one page",
        "one 页one page",
    )


def test_the_hash_of_a_notebook_is_of_what_it_says(home, write):
    write("one", "1 + 1")
    path = home / "notebooks" / "one.ipynb"
    before = Notebook(path).sha256
    nb = nbformat.read(path, as_version=4)
    nb.cells[-1].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(nb, path)
    assert Notebook(path).sha256 == before
    nb.cells[-1].source = "1 + 2"
    nbformat.write(nb, path)
    assert Notebook(path).sha256 != before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("half a {", "no notebook: JSONDecodeError"),
        ("[]", "no notebook: TypeError"),
        ('{"nbformat": 3, "cells": []}', "format 3"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "no notebook: KeyError: 'source'"),
    ],
)
def test_what_is_no_notebook_is_a_problem_of_the_matrix(home, load, text, said):
    (home / "notebooks" / "one.ipynb").write_text(text)
    with pytest.raises(ReportlibError, match=f"entry 1 .one.: .*{said}"):
        load("pages: [{notebook: one}]")


def test_parameters_that_are_no_python_are_a_problem_of_the_matrix(write, load):
    write("one", parameters="a = \nb = 1")
    with pytest.raises(ReportlibError, match=r"one\.ipynb.*no Python"):
        load("pages: [{notebook: one}]")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("years: soon", "years is 'soon'; expected years such as 2024 or 2021-2025"),
        ("years: 2025-2021", "years is '2025-2021'"),
        ("years: [2024, 99999999]", "years is "),
        ("timeout: 0", "timeout is 0; expected seconds, more than 0"),
        ("timeout: soon", "timeout is 'soon'"),
        ("timeout: true", "timeout is True"),
        ("parameters: [1]", "parameters is [1]; expected names and values"),
        ("parameters: {1: 2}", "unknown parameter 1; did you mean"),
        ("together: 3", "together is 3; expected true or false"),
        ("overrides: {body: 宿迁市}", "overrides is"),
        ("overrides: [{timeout: -1}]", "override 1: timeout is -1"),
        ("name: [x]", "name is ['x']; expected a text"),
        ("name: '{first_year:>9999999999}'", "cannot be filled in"),
        ("name: '{bodies.__class__}'", "cannot be filled in"),
    ],
)
def test_every_setting_is_checked_before_anything_runs(load, write, setting, said):
    write("one")
    with pytest.raises(ReportlibError) as caught:
        load(f"pages: [{{notebook: one, {setting}}}]")
    assert said in str(caught.value)


def test_no_page_takes_the_name_of_the_index():
    assert safe_name("index") == "index_" and safe_name("Index") == "Index_"
    assert safe_name("indexes") == "indexes"


def test_signs_that_turn_a_line_around_reach_no_name():
    assert safe_name("a\u202eb\tc\u200bd") == "ab-cd"


def test_a_key_given_twice_or_a_bomb_of_aliases_is_refused(load, write):
    write("one")
    with pytest.raises(ReportlibError, match="twice"):
        load("pages: [{notebook: one, lang: zh, lang: en}]")
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    with pytest.raises(ReportlibError):
        load("\n".join(lines) + "\npages: [{notebook: one, parameters: {bodies: *a29}}]")
