"""What the law changed, and how the editions relate, as frames."""

import pytest

import reportlib as rl
from reportlib.errors import ReportlibError
from reportlib.form import EDITIONS, edition, load_toml
from reportlib.form.crosswalk import links


@pytest.fixture(autouse=True)
def _language_as_before():
    yield
    rl.set_language("zh")


def test_every_legal_event_touches_what_the_form_has_and_is_cited():
    tables = {
        table.code: {row.code for row in table.rows} for code in EDITIONS for table in edition(code).tables
    }
    frame = rl.events()
    assert len(frame) == len(load_toml("events.toml")["events"]) >= 6
    for touches in frame["touches"]:
        for code in touches.split():
            table, _, row = code.partition(".")
            assert table in tables and (not row or row in tables[table]), code
    assert frame["date"].is_monotonic_increasing
    assert not (frame[["text", "source"]] == "").any(axis=None)


def test_the_rule_that_reconsideration_comes_first_carries_a_mark():
    frame = rl.events("en").set_index("code")
    assert frame.loc["reconsideration_first", "mark"]
    assert str(frame.loc["reconsideration_first", "date"].date()) == "2024-01-01"
    assert "disputes" in frame.loc["reconsideration_first", "touches"].split()


def test_the_crosswalk_has_every_cell_of_every_edition():
    frame = rl.crosswalk()
    assert len(frame) == sum(len(links(code)) for code in EDITIONS)
    newest = frame[frame["edition"] == EDITIONS[-1]]
    assert set(newest["relation"]) <= {"same", "sum"}
    lost = frame[frame["relation"] == "not_comparable"]
    assert len(lost) and (lost["to"] == "").all() and (lost["reason"] != "").all()


def test_one_setting_makes_all_that_is_shown_english():
    assert "行政复议法" in " ".join(rl.events()["text"])
    rl.set_language("en")
    assert "Reconsideration Law" in " ".join(rl.events()["text"])
    assert rl.crosswalk().loc[0, "name"] == "government rules · made in the year"
    with pytest.raises(ReportlibError, match="zh or en"):
        rl.set_language("fr")
