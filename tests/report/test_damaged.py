"""Reports as sites, copying and converters damage them: what is read is right, and what is not sure stays open.

``tests/report/damaged`` holds small documents, each named after its trouble, with the truth of every cell
in ``truth.csv`` (columns as in `reportlib.accuracy`). Their labels are typed from the notices'
wording, not taken from the project's form files.
"""

import random
import re
from cProfile import Profile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reportlib.errors import ReadError
from reportlib.report.pipeline import read_bytes, read_report
from reportlib.store.accuracy import measure

FOLDER = Path(__file__).parent / "damaged"
FILES = sorted(path.name for path in FOLDER.iterdir() if path.name != "truth.csv")
# Cells that are printed and cannot be told: digits run together that can be cut in several ways.
OPEN = {"preview_digits_run_together.txt": 8}
CUT = [
    "page_text_pipes_after_cells.txt",
    "one_cell_a_line.txt",
    "filler_cells_for_merged_ones.html",
    "no_header.md",
]


@pytest.fixture(scope="module")
def scores():
    return {score.file: score for score in measure(FOLDER)}


def test_the_truth_names_every_document(scores):
    assert sorted(scores) == FILES
    assert len(FILES) > 40


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_report_is_read_as_printed(name, scores):
    score = scores[name]
    assert not score.error
    assert score.printed > 0
    assert (score.counts["silent"], score.counts["invented"], score.counts["flagged"]) == (0, 0, 0), (
        score.wrong
    )
    assert score.counts["open"] == OPEN.get(name, 0), score.wrong


@pytest.mark.parametrize(
    "text",
    [
        "行政许可" * 200_000,
        "自然人 总计 其他 规章 " * 60_000,
        "7" * 5_000_000,
        "7 " * 400_000,
        "| 规章 | 1 |\n" * 60_000,
    ],
    ids=["labels", "columns", "one number", "numbers", "rows"],
)
def test_a_text_that_is_made_to_last_takes_steps_in_proportion_to_its_length(text):
    profile = Profile()
    profile.runcall(values, text.encode(), "hostile.txt")
    calls = sum(entry.callcount for entry in profile.getstats())
    assert 0 < calls < 60 * len(text)


def rules(name):
    return {finding.rule for finding in read_report(FOLDER / name).finding_list}


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("a_local_row.md", "local_row"),
        ("misprinted_labels.md", "label_misprint"),
        ("misprinted_labels_one_cell_a_line.txt", "label_misprint"),
        ("labels_on_both_sides_of_the_row.txt", "row_by_order"),
        ("preview_digits_run_together.txt", "several_readings"),
        ("requests_all_blank.html", "table_blank"),
        ("requests_printed_twice_and_differing.md", "row_twice"),
        ("a_second_report_behind.html", "row_twice"),
        ("units_remarks_and_separators.md", "remark_in_cell"),
        ("a_number_on_two_lines.html", "number_wrapped"),
    ],
)
def test_what_was_noticed_is_a_finding(name, rule):
    assert rule in rules(name)


def test_a_table_printed_twice_alike_is_no_finding():
    assert "row_twice" not in rules("requests_printed_twice.md")


def values(data, name):
    """The values that are shown without a mark, or None where the document is refused."""
    try:
        report = read_bytes(data, name)
    except ReadError:
        return None
    return {f.key: f.value for f in report.cell_list if f.value is not None and not f.suspect}


@pytest.mark.parametrize("name", CUT)
def test_a_document_that_breaks_off_shows_no_other_figure(name):
    text = (FOLDER / name).read_text(encoding="utf-8")
    whole = values(text.encode(), name)
    places = random.Random(name).sample(range(len(text) // 4, len(text)), 40)
    for place in places:
        if re.match(r"[\d.,+-]{2}", text[place - 1 : place + 1]):
            continue  # half a number at the very end cannot be told from a whole one
        shown = values(text[:place].encode(), name) or {}
        assert shown.items() <= whole.items(), (place, text[place - 30 : place])


changes = st.lists(
    st.tuples(st.sampled_from(["drop", "double", "swap", "move", "cut"]), st.floats(0, 1), st.floats(0, 1)),
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(FILES), changes)
def test_whatever_happens_to_a_document_it_is_read_or_refused(name, changes):
    lines = re.split(r"(?<=[\n|>])", (FOLDER / name).read_text(encoding="utf-8"))
    for change, one, other in changes:
        i, j = int(one * (len(lines) - 1)), int(other * (len(lines) - 1))
        if change == "drop":
            del lines[i : i + 1 + j % 7]
        elif change == "double":
            lines.insert(j, lines[i])
        elif change == "swap":
            lines[i], lines[j] = lines[j], lines[i]
        elif change == "move":
            lines[j:j] = lines[i : i + 9]
        elif change == "cut":
            lines = lines[: max(i, 1)]
        lines = lines or [""]
    shown = values("".join(lines).encode(), name)
    assert shown is None or all(Decimal(repr(value)).is_finite() for value in shown.values())
