"""What the sums settle: nothing less than they allow, and never more."""

import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import CELL, KEYS, SUMS, TABLE, Oracle, Sum, blame, line, printed, solve, true_table

from reportlib.report.proof import solve as solver
from reportlib.report.readings import Choice, cuts

# ------------------------------------------------------------------------------ run-together digits


@pytest.mark.parametrize(
    ("digits", "n", "readings"),
    [
        ("123200001144", 7, [(123, 20, 0, 0, 0, 1, 144)]),
        ("155628485386", 5, [(155, 62, 84, 85, 386)]),
        ("536734522816295787", 7, [(5367, 345, 2, 28, 16, 29, 5787), (5367, 345, 22, 8, 16, 29, 5787)]),
        ("241002027", 7, [(2, 4, 1, 0, 0, 20, 27), (24, 1, 0, 0, 2, 0, 27)]),
        ("0000000", 7, [(0, 0, 0, 0, 0, 0, 0)]),
        ("000000", 7, []),
        ("1000002", 7, []),
        ("", 7, []),
    ],
)
def test_run_together_digits_are_cut_in_every_way_that_adds_up(digits, n, readings):
    assert cuts(digits, n) == readings


@given(st.lists(st.one_of(st.just(0), st.integers(0, 3000)), min_size=4, max_size=6))
def test_the_true_cut_is_always_among_the_readings(parts):
    line = (*parts, sum(parts))
    readings = cuts("".join(map(str, line)), len(line))
    assert line in readings
    assert all(sum(one[:-1]) == one[-1] for one in readings)
    assert all("".join(map(str, one)) == "".join(map(str, line)) for one in readings)
    assert len(set(readings)) == len(readings)


def test_a_run_of_digits_too_long_for_counts_has_no_reading():
    assert cuts("12" * 500, 7) == []


# ------------------------------------------------------------------------------ what is settled


def test_blank_zeros_and_totals_follow_from_what_is_printed():
    truth = true_table(random.Random(1), filled=0.25)
    known = [
        None if value == 0 or KEYS[i] == ("granted", "total") else value for i, value in enumerate(truth)
    ]
    solution = solve(known, SUMS)
    assert len(solution.values) == known.count(None) > 80
    assert all(solution.values[i] == truth[i] for i in solution.values)


def test_two_open_cells_in_a_row_stay_open():
    solution = solve([None, None, 5], [Sum((0, 1), (2,))])
    assert solution.values == {}
    assert solution.failing == ()


def test_bounds_settle_several_open_cells_at_once():
    assert solve([None, None, 7, 7], [Sum((0, 1, 2), (3,))]).values == {0: 0, 1: 0}


def test_what_bounds_cannot_see_the_search_proves():
    # 0 and 1 in both of the first two columns: rows a and b fill them, so row c has nothing there.
    a, b, c = (0, 1), (2, 3), (4, 5, 6)
    known = [None] * 8 + [1] * 6
    sums = [
        Sum(a, (8,)),
        Sum(b, (9,)),
        Sum(c, (10,)),
        Sum((0, 2, 4), (11,)),
        Sum((1, 3, 5), (12,)),
        Sum((6, 7), (13,)),
    ]
    assert solve(known, sums).values == {4: 0, 5: 0, 6: 1, 7: 0}


def test_a_total_that_two_ways_lead_to_is_settled_though_its_parts_are_not():
    assert solve([None, None, None, 4, 9], [Sum((0, 1), (2,)), Sum((2, 3), (4,))]).values == {2: 5}


def test_columns_decide_between_the_readings_of_a_line():
    truth = [0] * len(KEYS)
    for row, values in {
        "granted": (5000, 300, 2, 20, 16, 29, 5367), "partly_granted": (367, 45, 0, 8, 0, 0, 420),
        "concluded": (5367, 345, 2, 28, 16, 29, 5787), "received": (5367, 345, 2, 28, 16, 29, 5787),
    }.items():  # fmt: skip
        for cell, value in zip(line(row), values, strict=True):
            truth[cell] = value
    known = [None if i in line("concluded") else value for i, value in enumerate(truth)]
    digits = Choice(line("concluded"), tuple(cuts("536734522816295787", 7)))
    solution = solve(known, SUMS, [digits])
    assert [solution.values[i] for i in digits.cells] == [5367, 345, 2, 28, 16, 29, 5787]
    assert solution.readings == {0: ((5367, 345, 2, 28, 16, 29, 5787),)}


def test_several_readings_stay_candidates_and_what_they_share_is_settled():
    digits = Choice(tuple(range(7)), tuple(cuts("536734522816295787", 7)))
    solution = solve([None] * 7, [Sum((0, 1, 2, 3, 4, 5), (6,))], [digits])
    assert solution.values == {0: 5367, 1: 345, 4: 16, 5: 29, 6: 5787}
    assert solution.readings == {0: digits.tuples}


def test_cells_in_no_sum_are_never_settled():
    assert solve([None, 1, 1], [Sum((1,), (2,))]).values == {}


# ------------------------------------------------------------------------------ contradictions


def test_printed_figures_that_do_not_add_up_are_named_and_nothing_near_is_derived():
    # two rows and their columns; the first row fails, the open cell stands in a column with it
    known = [1, 2, 4, 5, None, 9, 6, 6, 7, None, 3]
    sums = [Sum((0, 1), (2,)), Sum((3, 4), (5,)), Sum((0, 3), (6,)), Sum((1, 4), (7,)), Sum((8, 9), (10,))]
    solution = solve(known, sums)
    assert solution.failing == (0, 4)
    assert solution.values == {}


def test_a_contradiction_leaves_what_is_not_connected_alone():
    sums = [Sum((0, 1), (2,)), Sum((3, 4), (5,))]
    solution = solve([1, 2, 4, 5, None, 9], sums)
    assert solution.values == {4: 4}


def test_a_total_smaller_than_its_printed_parts_fails_although_a_part_is_open():
    solution = solve([3, None, 2], [Sum((0, 1), (2,))])
    assert solution.failing == (0,)
    assert solution.values == {}


def test_only_the_sums_that_contradict_each_other_are_named():
    # x = a + 5 by one sum, x = a + 6 by another; the third holds whatever they do
    known = [None, None, 5, 6, None, 3, 4]
    sums = [Sum((0, 2), (1,)), Sum((0, 3), (1,)), Sum((0, 4, 5), (1, 6))]
    # bounds chase each other without end here
    solution = solve(known, sums)
    assert solution.failing == (0, 1)


def test_a_contradiction_that_only_the_search_sees_is_reported():
    # a + b, b + c and a + c are all 1: no whole numbers
    solution = solve([None, None, None, 1, 1, 1], [Sum((0, 1), (3,)), Sum((1, 2), (4,)), Sum((0, 2), (5,))])
    assert solution.failing == (0, 1, 2)
    assert solution.values == {}


def test_no_reading_of_a_line_fits_its_column():
    digits = Choice((0, 1), ((1, 23), (12, 3)))
    solution = solve([None, None, 7, 8], [Sum((0, 2), (3,)), Sum((1,), (2,))], [digits])
    assert solution.failing
    assert solution.values == {}
    assert solution.readings == {}


def test_running_out_of_steps_leaves_cells_open():
    truth = true_table(random.Random(2))
    known = [None if KEYS[i][0] != "concluded" else value for i, value in enumerate(truth)]
    solution = solve(known, SUMS, steps=0)
    assert solution.gave_up
    assert solution.values == {}
    assert solution.failing == ()


# ------------------------------------------------------------------------------ blame


def test_one_wrong_cell_is_blamed_with_the_value_that_heals():
    truth = true_table(random.Random(3))
    cell = CELL["granted", "company"]
    wrong = [value + 5 if i == cell else value for i, value in enumerate(truth)]
    assert blame(wrong, SUMS) == (cell, truth[cell])


def test_no_cell_is_blamed_where_several_would_do():
    assert blame([1, 2, 4], [Sum((0, 1), (2,))]) is None


def test_no_cell_is_blamed_where_it_takes_two():
    truth = true_table(random.Random(4))
    wrong = list(truth)
    wrong[CELL["granted", "company"]] += 5
    wrong[CELL["partly_granted", "other"]] += 3
    assert blame(wrong, SUMS) is None


def test_no_cell_is_blamed_where_all_sums_hold():
    assert blame(true_table(random.Random(5)), SUMS) is None


def test_blame_does_not_break_a_sum_with_open_cells():
    # 0 + 1 = 2 fails; 2 would have to be 3, but then 2 + 3 = 4 has no room; 0 and 1 are held by other sums
    known = [1, 2, 4, None, 4, 1, 2]
    sums = [Sum((0, 1), (2,)), Sum((2, 3), (4,)), Sum((0,), (5,)), Sum((1,), (6,))]
    assert blame(known, sums) == (2, 3)
    known[4] = 2
    assert blame(known, sums) is None


def test_a_figure_that_is_no_count_can_be_blamed_and_its_heal_is_one():
    sums = [Sum((0, 1), (2,)), Sum((0, 3), (4,))]
    assert blame([Decimal("12.5"), 2, 14, 1, 13], sums) == (0, 12)
    assert blame([Decimal("12.5"), 2, 14, 1, Decimal("13.5")], sums) is None


def test_blame_minds_the_readings_of_a_line():
    # 3 heals by becoming 4; the lines that run together leave that room, or do not
    sums = [Sum((0, 1), (2,)), Sum((0,), (3,)), Sum((1, 4), (5,)), Sum((2,), (6,))]
    assert blame([3, 1, 5, 4, None, None, 5], sums, [Choice((4, 5), ((1, 2), (2, 3)))]) == (0, 4)
    assert blame([3, 1, 5, 4, None, None, 5], sums, [Choice((4, 5), ((1, 3), (2, 4)))]) is None


def test_blame_that_runs_out_of_steps_names_none():
    assert (
        blame([3, 1, 5, 4, None, 5], [Sum((0, 1), (2,)), Sum((0,), (3,)), Sum((1, 4), (5,))], steps=0) is None
    )


@settings(deadline=None, max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(0, len(KEYS) - 1), st.integers(-9, 9).filter(bool))
def test_blame_never_names_a_change_that_does_not_heal(rng, cell, change):
    known = true_table(rng)
    known[cell] = max(0, known[cell] + change)
    found = blame(known, SUMS)
    if found:
        known[found[0]] = found[1]
        assert solve(known, SUMS).failing == ()


# ------------------------------------------------------------------------------ against the oracle


@st.composite
def opened_tables(draw):
    """A true table of which cells are blank, rows are missing, columns are blank and lines run together."""
    rng = draw(st.randoms(use_true_random=False))
    truth = true_table(
        rng, largest=draw(st.sampled_from([3, 30, 900])), filled=draw(st.sampled_from([0.1, 0.3, 0.9]))
    )
    share = draw(st.sampled_from([0.05, 0.2, 0.5, 0.8, 0.95]))
    rows = draw(st.sets(st.sampled_from(TABLE.row_codes()), max_size=4))
    together = draw(st.sets(st.sampled_from(TABLE.row_codes()), max_size=5))
    hides_zeros = draw(st.booleans())
    known, choices = [], []
    for (row, column), value in zip(KEYS, truth, strict=True):
        hidden = row in rows or row in together or rng.random() < share or (hides_zeros and value == 0)
        known.append(
            None if hidden and not (share > 0.7 and column == "total" and row not in together) else value
        )
    for row in sorted(together):
        choices.append(Choice(line(row), tuple(cuts("".join(str(truth[i]) for i in line(row)), 7))))
        for i in line(row):
            known[i] = None
    return truth, known, choices


@settings(deadline=None, max_examples=25)
@given(opened_tables())
def test_exactly_what_every_solution_shares_is_settled(opened):
    truth, known, choices = opened
    solution = solve(known, SUMS, choices)
    assert solution.failing == ()
    assert not solution.gave_up
    assert all(truth[i] == value for i, value in solution.values.items())
    oracle = Oracle(known, SUMS, choices)
    assert solution.values == oracle.settled([i for i, value in enumerate(known) if value is None])
    for position, choice in enumerate(choices):
        kept = solution.readings[position]
        if kept:
            ties = [
                [oracle.cells[i] == v for i, v in zip(choice.cells, one, strict=True)]
                for one in choice.tuples
            ]
            assert kept == tuple(
                one for one, tie in zip(choice.tuples, ties, strict=True) if oracle.solution(*tie)
            )


@st.composite
def any_sums(draw):
    """Small systems of sums of no particular form, consistent or not."""
    n = draw(st.integers(3, 7))
    cells = st.sets(st.integers(0, n - 1), min_size=2, max_size=n)
    sums = []
    for members in draw(st.lists(cells, min_size=1, max_size=5)):
        members = sorted(members)
        split = draw(st.integers(1, len(members) - 1))
        sums.append(Sum(tuple(members[:split]), tuple(members[split:])))
    return draw(st.lists(st.none() | st.integers(0, 4), min_size=n, max_size=n)), sums


@settings(deadline=None, max_examples=100)
@given(any_sums())
def test_a_contradiction_is_found_wherever_there_is_one(system):
    known, sums = system
    solution = solve(known, sums, steps=3000)
    held = {i for one in sums for i in one.cells}
    settled = Oracle(known, sums).settled([i for i, value in enumerate(known) if value is None and i in held])
    if solution.gave_up:  # cells without any bound; what is said is still sound
        assert settled is None or solution.values.items() <= settled.items()
        return
    assert bool(solution.failing) == (settled is None)
    if settled is not None:
        assert solution.values == settled
        return
    assert Oracle(known, [sums[k] for k in solution.failing]).solution() is None, (
        "those named cannot all hold"
    )
    tainted = {i for k in solution.failing for i in sums[k].cells if known[i] is not None}
    assert not any(tainted.intersection(one.cells) and solution.values.keys() & {*one.cells} for one in sums)


@settings(deadline=None, max_examples=40)
@given(
    opened_tables(),
    st.lists(st.tuples(st.integers(0, len(KEYS) - 1), st.integers(1, 9)), min_size=1, max_size=3),
)
def test_a_table_with_wrong_figures_fails_exactly_where_it_has_no_solution(opened, changes):
    _, known, choices = opened
    for cell, change in changes:
        known[cell] = None if known[cell] is None else known[cell] + change
    solution = solve(known, SUMS, choices)
    there_is_one = Oracle(known, SUMS, choices).solution() is not None
    if solution.gave_up:  # what is said is still sound
        assert not (solution.failing and there_is_one)
        return
    assert bool(solution.failing) != there_is_one


def oracle_blame(known, sums, choices):
    """The one change of one printed cell that leaves all sums possible, by trying every cell."""
    healing = []
    for cell, value in enumerate(known):
        if value is None or not any(cell in one.cells for one in sums):
            continue
        opened = [*known[:cell], None, *known[cell + 1 :]]
        oracle = Oracle(opened, sums, choices)
        first = oracle.solution()
        if first is None:
            continue
        healing.append((cell, first[cell]))
        if len(healing) > 1 or oracle.solution(oracle.cells[cell] != first[cell]):
            return None
    return healing[0] if healing else None


@settings(deadline=None, max_examples=12)
@given(opened_tables(), st.integers(0, len(KEYS) - 1), st.integers(-9, 9).filter(bool))
def test_the_one_change_that_heals_is_found_open_cells_included(opened, cell, change):
    _, known, choices = opened
    known[cell] = None if known[cell] is None else max(0, known[cell] + change)
    solution = solve(known, SUMS, choices)
    expected = oracle_blame(known, SUMS, choices) if solution.failing else None
    assert blame(known, SUMS, choices) == expected


@settings(deadline=None, max_examples=60)
@given(any_sums())
def test_what_is_left_of_a_contradiction_has_a_solution(system):
    known, sums = system
    solution = solve(known, sums, steps=3000)
    rest = [one for k, one in enumerate(sums) if k not in solution.failing]
    if not solution.gave_up:
        assert Oracle(known, rest).solution() is not None


def test_a_reading_without_a_figure_leaves_its_cell_to_the_sums():
    readings = Choice((0, 1), ((2, None), (None, 2)))
    assert solve([None, None, 3, 5], [Sum((0, 1), (2,)), Sum((1, 0), (2,))], [readings]).readings == {
        0: readings.tuples
    }
    assert solve([None, None, 5, 2], [Sum((0, 3), (2,))], [readings]).values == {0: 3, 1: 2}


def test_a_search_takes_the_same_steps_every_time():
    truth = true_table(random.Random(2))
    known = [None if KEYS[i][0] != "concluded" else value for i, value in enumerate(truth)]
    assert solve(known, SUMS, steps=7) == solve(known, SUMS, steps=7)


def test_a_search_without_end_ends_at_its_steps_that_for_the_culprit_too(monkeypatch):
    visits = []
    narrow = solver._Linear.narrow
    monkeypatch.setattr(solver._Linear, "narrow", lambda self, state: visits.append(1) or narrow(self, state))
    rng = random.Random(7)
    known = [None if rng.random() < 0.7 else value for value in true_table(rng, filled=0.9)]
    assert solve(known, SUMS, steps=60).gave_up
    assert len(visits) == 60
    assert solver.blame(printed(known), SUMS, (), [{0}], steps=30) is None
    assert len(visits) == 90
