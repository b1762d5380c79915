"""The form's own files: codes are unique, labels unambiguous, identities complete."""

from collections import Counter

import pytest

from reportlib.form import EDITIONS, edition
from reportlib.report.extraction.matching import lexicon, normalise, numbering

TABLES = [(code, table.code) for code in EDITIONS for table in edition(code).tables]


def test_both_editions_are_there():
    assert EDITIONS == ("2019", "2021")


@pytest.mark.parametrize(("form", "table"), TABLES)
def test_codes_are_unique(form, table):
    table = edition(form).table(table)
    for labels in (table.rows, table.columns):
        assert max(Counter(label.code for label in labels).values()) == 1


@pytest.mark.parametrize(("form", "table"), TABLES)
def test_no_wording_of_two_rows_or_two_columns_is_the_same_unless_their_numbering_differs(form, table):
    table = edition(form).table(table)
    for labels in (table.rows, table.columns):
        wordings = Counter(
            (normalise(w), label.number) for label in labels for w in set(map(normalise, label.wordings))
        )
        assert max(wordings.values()) == 1


@pytest.mark.parametrize(("form", "table"), TABLES)
def test_every_label_is_found_by_its_own_wordings(form, table):
    words = lexicon(form)
    for axis, labels in (
        ("row", edition(form).table(table).rows),
        ("column", edition(form).table(table).columns),
    ):
        for label in labels:
            for wording in label.wordings:
                codes = {hit.code for hit in words.lookup(label.number + wording) if hit.axis == axis}
                assert label.code in codes, (wording, codes)


@pytest.mark.parametrize(("form", "table"), TABLES)
@pytest.mark.parametrize("alternative", [None, True, False])
def test_every_operand_of_an_identity_is_a_cell_of_the_form(form, table, alternative):
    table = edition(form).table(table)
    keys = table.keys(alternative)
    assert len(set(keys)) == len(keys)
    for equation in table.equations(alternative):
        assert equation.left
        assert equation.right
        assert {*equation.left, *equation.right} <= set(keys)


@pytest.mark.parametrize(("form", "cells"), [("2019", (22, 161, 15)), ("2021", (10, 175, 15))])
def test_the_tables_have_the_cells_that_the_notice_prints(form, cells):
    assert tuple(len(table.keys(None)) for table in edition(form).tables) == cells


def test_printed_numbers_are_numbers_of_labels():
    for code, name in TABLES:
        for label in (*edition(code).table(name).rows, *edition(code).table(name).groups):
            assert not label.number or 0 < numbering(label.number + "某项")[0] < 10
