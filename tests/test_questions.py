"""The questions of docs/questions.md: each is answered in at most five lines, and the answers are there."""

import re
import shutil
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

import reportlib as rl
from reportlib.files import RAW
from reportlib.store.ingest import ingest

PROJECT = Path(__file__).parents[1]
BLOCKS = re.findall(r"```python\n(.*?)```", (PROJECT / "docs" / "questions.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / RAW, home / RAW)
    assert ingest(home, jobs=1).ok
    return home


def answer(number: int, home: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Run the lines of a question as a notebook does: what the last of them gives is the answer."""
    monkeypatch.setenv("REPORTLIB_HOME", str(home))
    monkeypatch.chdir(home)
    mpl.use("agg")
    names: dict[str, object] = {}
    exec(BLOCKS[0], names)
    *before, last = BLOCKS[number].rstrip().split("\n")
    exec("\n".join(before), names)
    return eval(last, names)


def test_there_are_twelve_of_at_most_five_lines():
    assert len(BLOCKS) == 13
    assert max(len(block.strip().splitlines()) for block in BLOCKS) <= 5


def test_each_frame_holds_an_answer(home, monkeypatch):
    for number in (2, 3, 4, 5, 6, 7, 8, 11):
        frame = answer(number, home, monkeypatch)
        assert isinstance(frame, pd.DataFrame), number
        assert len(frame), number


def test_the_cities_of_a_province_stand_side_by_side(home, monkeypatch):
    assert answer(1, home, monkeypatch)["宿迁市"].to_dict() == {2023: 3511, 2024: 3525, 2025: 3830}


def test_the_exports_are_written(home, monkeypatch):
    assert {path.suffix for path in answer(9, home, monkeypatch)} == {".parquet", ".csv"}
    assert (home / "for_stata" / "indicators.dta").exists()


def test_the_charts_say_what_they_show(home, monkeypatch, capsys):
    assert "宿迁市" in answer(10, home, monkeypatch).alt
    assert answer(12, home, monkeypatch) is None


def test_a_change_of_a_rate_has_an_interval_and_names_the_law():
    rates = pd.DataFrame({
        "body": "甲市", "scope": "region", "indicator": "correction_rate_decided", "unit": "%",
        "year": [2022, 2023, 2024], "numerator": [10.0, 20.0, 5.0], "denominator": [100.0, 100.0, 100.0],
        "value": [10.0, 20.0, 5.0], "status": "defined", "comparable": True,
        "law": ["", "", "reconsideration_first"],
    })  # fmt: skip
    found = rl.changes(rates)
    assert found[["since", "year", "change"]].to_numpy().tolist() == [[2022, 2023, 10], [2023, 2024, -15]]
    assert found["law"].tolist() == ["", "reconsideration_first"]
    # Newcombe's method 10 for 20/100 against 10/100
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx([0.05, 19.9], abs=0.1)
    assert rl.changes(rates, since_first=True)["since"].tolist() == [2022, 2022]
    rates["comparable"] = [True, False, True]
    assert rl.changes(rates)["year"].tolist() == [2024]
