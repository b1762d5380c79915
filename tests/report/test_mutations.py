"""Damaged reports: no change of a figure passes in silence.

A true report is rendered, changed in one way, and read. What is then printed is known here; whether
the identities still allow a solution is computed here too, by an integer solver that shares
nothing with the library. ``MUTATIONS=10000`` runs as many (``make mutations``).
"""

import os
import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
import rendering
from ortools.sat.python import cp_model
from rendering import APPLICANTS, ENDS, ROUTES, Key, Truth

from reportlib.report.pipeline import read_bytes
from reportlib.report.report import Report

COUNT = int(os.environ.get("MUTATIONS", "400"))
FORMS = ["html"] * 17 + ["docx"] * 2 + ["md"]


# ------------------------------------------------------------------------------ the identities, once more


def identities(printed: dict[Key, str]) -> list[tuple[list[Key], list[Key]]]:
    """The sums of the form over the cells of a report, as the notices state them."""
    rows = [row for table, row, column in printed if table == "requests" and column == "total"]
    *people, _ = APPLICANTS
    *ends, _ = ENDS
    inner = [row for row in rows if row not in ("received", "carried_in", "concluded", "carried_out")]
    sums = [([("requests", row, who) for who in people], [("requests", row, "total")]) for row in rows]
    for who in APPLICANTS:
        sums.append(([("requests", row, who) for row in inner], [("requests", "concluded", who)]))
        before, after = ("received", "carried_in"), ("concluded", "carried_out")
        sums.append(([("requests", row, who) for row in before], [("requests", row, who) for row in after]))
    sums += [([("disputes", route, end) for end in ends], [("disputes", route, "total")]) for route in ROUTES]
    return sums


def solvable(printed: dict[Key, str]) -> bool:
    """Whether some non-negative integers in the cells without a figure make every identity hold."""
    model = cp_model.CpModel()
    top = 2 * sum(int(text) for key, text in printed.items() if key[0] != "disclosure" and text.isdigit()) + 1
    cells = {
        key: int(text) if text.isdigit() else model.new_int_var(0, top, "")
        for key, text in printed.items()
        if key[0] != "disclosure"
    }
    for left, right in identities(printed):
        gap = sum(cells[key] for key in left) - sum(cells[key] for key in right)
        if isinstance(gap, int):
            if gap:
                return False
        else:
            model.add(gap == 0)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE)
    return bool(status != cp_model.INFEASIBLE)


# ------------------------------------------------------------------------------ mutations
#
# Each takes a true report and gives the report as it is now printed, the cells that now say
# something wrong, and the blocks to render.

Mutant = tuple[Truth, set[Key], list[rendering.Block]]


def figures(truth: Truth) -> list[Key]:
    return [key for key, text in truth.printed.items() if key[0] != "disclosure" and text.isdigit()]


def changed_digit(truth: Truth, rng: random.Random) -> Mutant:
    """One digit of one figure is another one."""
    key = rng.choice(figures(truth))
    text = truth.printed[key]
    at = rng.randrange(len(text))
    digit = rng.choice([d for d in "0123456789" if d != text[at] and (at or len(text) == 1 or d != "0")])
    changed = truth.but({key: text[:at] + digit + text[at + 1 :]})
    return changed, {key}, rendering.blocks(changed)


def moved_cell(truth: Truth, rng: random.Random) -> Mutant:
    """Two neighbouring cells of a row changed places."""
    rows = {(table, row) for table, row, _ in figures(truth)}
    pairs = []
    for table, row in sorted(rows):
        columns = list(APPLICANTS if table == "requests" else ENDS)
        keys = [(table, row, column) for column in columns]
        pairs += [(a, b) for a, b in pairwise(keys) if truth.printed[a] != truth.printed[b]]
    a, b = rng.choice(pairs)
    changed = truth.but({a: truth.printed[b], b: truth.printed[a]})
    return changed, {a, b}, rendering.blocks(changed)


def blanked_cell(truth: Truth, rng: random.Random) -> Mutant:
    """One figure is gone; the others are true, so nothing is wrong."""
    changed = truth.but({rng.choice(figures(truth)): ""})
    return changed, set(), rendering.blocks(changed)


def dropped_row(truth: Truth, rng: random.Random) -> Mutant:
    """One row is not printed: its cells are missing, all others true."""
    row = rng.choice(rendering.request_rows(truth.single_other))
    grids = {code: make(truth) for code, make in rendering.GRIDS.items()}
    kept: rendering.Grid = []
    carried: list[rendering.Slot] = []
    for line in grids["requests"]:
        if any(slot.key and slot.key[1] == row for slot in line):
            carried = [slot._replace(rows=slot.rows - 1) for slot in line if not slot.key and slot.rows > 1]
            continue
        kept.append([*carried, *line])
        carried = []
    shorter = [[shortened(slot, line, row, truth) for slot in line] for line in kept]
    grids["requests"] = shorter
    printed = {key: "" if key[:2] == ("requests", row) else text for key, text in truth.printed.items()}
    return replace(truth, printed=printed), set(), rendering.blocks(truth, grids)


def shortened(slot: rendering.Slot, line: list[rendering.Slot], row: str, truth: Truth) -> rendering.Slot:
    """A merged label that covered the dropped row covers one row less."""
    inner = [code for code, _, _ in rendering.OUTCOMES + (
        rendering.OTHER_2019 if truth.single_other else rendering.OTHER_2021)]  # fmt: skip
    groups = {code: group for code, group, label in [*rendering.OUTCOMES, *rendering.OTHER_2021] if label}
    first = next((s.key[1] for s in line if s.key), "")
    if slot.key or slot.rows < 2 or first not in inner:
        return slot
    whole = slot.text.startswith("三、") and row in [*inner, "concluded"] and inner[0] != row
    group = slot.text == groups.get(row) and next(code for code in groups if groups[code] == slot.text) != row
    return slot._replace(rows=slot.rows - 1) if whole or group else slot


def swapped_columns(truth: Truth, rng: random.Random) -> Mutant:
    """Two columns of figures changed places and their labels did not."""
    a, b = rng.sample(list(APPLICANTS), 2)
    rows = rendering.request_rows(truth.single_other)
    changes = {("requests", row, a): truth.printed["requests", row, b] for row in rows}
    changes |= {("requests", row, b): truth.printed["requests", row, a] for row in rows}
    changed = truth.but(changes)
    return changed, {key for key in changes if truth.printed[key] != changes[key]}, rendering.blocks(changed)


def swapped_with_labels(truth: Truth, rng: random.Random) -> Mutant:
    """Two columns changed places together with their labels: nothing is wrong."""
    a, b = rng.sample([code for code in APPLICANTS if code not in ("natural_person", "total")], 2)
    grids = {code: make(truth) for code, make in rendering.GRIDS.items()}

    def place(slot: rendering.Slot) -> rendering.Slot:
        names = {APPLICANTS[a]: APPLICANTS[b], APPLICANTS[b]: APPLICANTS[a]}
        if slot.key:
            column = {a: b, b: a}.get(slot.key[2], slot.key[2])
            return slot._replace(text=truth.printed[slot.key[0], slot.key[1], column])
        return slot._replace(text=names.get(slot.text, slot.text))

    grids["requests"] = [[place(slot) for slot in line] for line in grids["requests"]]
    return truth, set(), rendering.blocks(truth, grids)


MUTATIONS = (
    [changed_digit] * 4 + [moved_cell] * 2 + [blanked_cell, dropped_row, swapped_columns, swapped_with_labels]
)


# ------------------------------------------------------------------------------ what must hold


def confirmed(printed: dict[Key, str]) -> set[Key]:
    """The cells that an identity of printed figures only confirms, and none contradicts."""
    held: set[Key] = set()
    broken: set[Key] = set()
    for left, right in identities(printed):
        if all(printed[key].isdigit() for key in left + right):
            holds = sum(int(printed[key]) for key in left) == sum(int(printed[key]) for key in right)
            (held if holds else broken).update(left + right)
    return held - broken


def complaints(now: Truth, wrong: set[Key], report: Report, possible: bool) -> list[str]:
    """What the reading of a mutated report does that it must not."""
    found = []
    read = {cell.key: cell for cell in report.cell_list}
    proved = {key for key, cell in read.items() if cell.proved and cell.status == "printed"}
    for key, text in now.printed.items():
        cell = read.get(key)
        if text.isdigit():
            if cell is None or cell.value != float(text) or cell.status != "printed":
                found.append(f"{key}: {text!r} is printed, read {cell}")
        elif cell and key[0] != "disclosure":
            if cell.status in ("printed", "split"):
                found.append(f"{key}: nothing is printed, read {cell}")
            elif not wrong and cell.value not in (None, now.figures[key]):
                found.append(f"{key}: derived as {cell.value}, true is {now.figures[key]}")
    if not possible and not report.failed:
        found.append("the identities have no solution, and no finding says so")
    if possible and report.failed:
        found.append("the identities have a solution, and a finding says that they fail")
    if not possible and not any(cell.suspect for cell in report.cell_list):
        found.append("no cell is suspect")
    found += [
        f"{key}: proved, and no identity of printed figures confirms it"
        for key in proved - confirmed(now.printed)
    ]
    return found


@pytest.fixture(scope="module")
def tally():
    """Counts over all shares of the run, printed at the end."""
    counts: Counter[str] = Counter()
    yield counts
    print(
        f"\n{counts.total()} mutated reports: "
        + ", ".join(f"{what} {n}" for what, n in sorted(counts.items()))
    )


SHARES = max(1, COUNT // 100)


@pytest.mark.parametrize("share", range(SHARES))
def test_no_mutation_passes_in_silence(share, tally):
    rng = random.Random(share)
    for _ in range(COUNT // SHARES):
        seed = rng.randrange(2**32)
        case = random.Random(seed)
        edition, single = case.choice([("2021", False), ("2021", True), ("2019", True)])
        truth = rendering.true_report(case, edition, single, case.choice(["0", "0", "", "-"]))
        if case.random() < 0.3:  # totals left blank absorb a change
            blank = [key for key in truth.printed if key[2] == "total" and case.random() < 0.7]
            truth = truth.but(dict.fromkeys(blank, ""))
        mutate, form = case.choice(MUTATIONS), case.choice(FORMS)
        now, wrong, blocks = mutate(truth, case)
        possible = solvable(now.printed)
        report = read_bytes(rendering.FORMATS[form](blocks), f"report.{form}")
        found = complaints(now, wrong, report, possible)
        assert not found, f"{mutate.__name__}, {form}, seed {seed}: {found[0]} (and {len(found) - 1} more)"
        unseen = any(cell.proved and cell.key in wrong for cell in report.cell_list)
        assert not (unseen and possible and mutate is changed_digit), (
            f"seed {seed}: a changed digit is proved"
        )
        if not possible:
            tally["without a solution, all found"] += 1
        elif not wrong:
            tally["nothing wrong in them, no alarm"] += 1
        else:
            tally["rearranged within sums that all hold" if unseen else "with a solution, none proved"] += 1
