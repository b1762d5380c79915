"""What is proved of damaged tables, against plain counting and an independent solver.

True tables are printed with blanks, dashes, wrong figures, figures that are no counts, lost cells and local rows. What
must follow is worked out here from the identities alone.
"""

import random
import re
from decimal import Decimal

import pytest
from oracle import CELL, KEYS, SUMS, TABLE, Oracle, Sum, true_table

from reportlib.form import edition
from reportlib.form.findings import sentence
from reportlib.report.extraction.extract import Extracted, LocalRow, TableCells
from reportlib.report.extraction.numerals import Atom, parse
from reportlib.report.proof.checks import prove

EQUATIONS = TABLE.equations()
COLUMNS = [column.code for column in TABLE.columns]


def damaged(rng: random.Random) -> tuple[dict[int, str], dict[str, str]]:
    """What is printed in each cell that is there, and in a local row."""
    truth = true_table(rng, largest=rng.choice([3, 40, 10**9]), filled=rng.choice([0.15, 0.5]))
    printed = {
        i: rng.choice(["0", "0", "", "-"]) if value == 0 else str(value) for i, value in enumerate(truth)
    }
    local = {column: rng.choice(["0", "", "4"]) for column in COLUMNS} if rng.random() < 0.2 else {}
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        cell = rng.choice([i for i, text in printed.items() if text.isdigit()])
        figure = int(printed[cell])
        printed[cell] = rng.choice([f"{figure + 1}", f"{figure}0", f"{figure}.5", f"-{figure + 1}"])
    share = rng.choice([0, 0.03, 0.3, 0.7])
    for cell in [cell for cell in printed if rng.random() < share]:
        printed[cell] = rng.choice(["", "-"])
        if rng.random() < 0.3:
            del printed[cell]
    return printed, local


def total(figures: dict[int, Decimal], cells: tuple[int, ...]) -> Decimal:
    return sum((figures[i] for i in cells), Decimal(0))


@pytest.mark.parametrize("seed", range(40))
def test_every_verdict_on_a_damaged_table_is_the_one_that_counting_gives(seed: int) -> None:
    printed, local = damaged(random.Random(seed))
    figures = {i: Decimal(text) for i, text in printed.items() if text not in ("", "-")}
    atoms = {KEYS[i]: Atom(text, parse(text), "here") for i, text in printed.items()}
    rows = [
        LocalRow("a local row", "there", {c: Atom(text, parse(text), "there") for c, text in local.items()})
    ]
    given = TableCells(TABLE, False, atoms, local=rows if local else [])
    cells, findings, _ = prove(Extracted(edition("2021"), {"requests": given}, ()))
    read = {CELL[cell.row, cell.column]: cell for cell in cells}

    # printed figures stand as they are
    assert all((read[i].value, read[i].status) == (float(value), "printed") for i, value in figures.items())
    assert {i for i, cell in read.items() if cell.value is not None and i not in figures} == {
        i for i, cell in read.items() if cell.status == "derived"
    }

    # a sum of printed figures fails where it does not add up, but for a local row; others only by contradiction
    lost = {row for row, _ in KEYS} - {row for row, _ in atoms}
    whole: dict[int, bool] = {}
    usable: list[int] = []
    for k, (one, equation) in enumerate(zip(SUMS, EQUATIONS, strict=True)):
        outcome = equation.identity.code == "requests_outcomes" and not (
            local and lost & {r for r, _ in equation.left}
        )
        added = int(local.get(equation.line) or 0) if outcome else 0
        if all(i in figures for i in one.cells):
            gap = total(figures, one.right) - total(figures, one.left)
            if gap == 0 or gap != added:
                whole[k] = gap == 0
        elif not added and all(figures[i] >= 0 and figures[i] % 1 == 0 for i in one.cells if i in figures):
            usable.append(k)
    named = {(f.rule, f.row or f.column) for f in findings if f.verdict == "fail"}
    failing = [k for k, e in enumerate(EQUATIONS) if (e.identity.code, e.line) in named]
    assert {k for k, holds in whole.items() if not holds} == {k for k in failing if k in whole}
    assert set(failing) <= {*whole, *usable}

    # what is derived is what every solution has, and nothing is beside a contradiction
    known, open_sums = counts(figures), [SUMS[k] for k in usable]
    assert bool(set(failing) - set(whole)) == (Oracle(known, open_sums).solution() is None)
    tainted = {i for k in failing for i in SUMS[k].cells if i in figures}
    shut = {i for one in open_sums if tainted & {*one.cells} for i in one.cells if i not in figures}
    shut |= {i for k in set(failing) - set(whole) for i in SUMS[k].cells if i not in figures}
    while (
        more := {i for one in open_sums if shut & {*one.cells} for i in one.cells if i not in figures} - shut
    ):
        shut |= more
    free = [one for one in open_sums if not shut & {*one.cells}]
    held = {i for one in free for i in one.cells if i not in figures}
    settled = Oracle(known, free).settled(held)
    assert {i: cell.value for i, cell in read.items() if cell.status == "derived"} == settled

    # suspect and proved
    values = {**figures, **{i: Decimal(value) for i, value in (settled or {}).items()}}
    for i, cell in read.items():
        assert cell.suspect == (i in values and any(i in SUMS[k].cells for k in failing))
        others = [one for one in SUMS if i in one.cells and all(j in figures for j in one.cells if j != i)]
        confirmed = sum(i in values and total(values, one.left) == total(values, one.right) for one in others)
        assert cell.proved == (not cell.suspect and confirmed >= (1 if i in figures else 2))

    # the likely misprint: the one change of one cell that heals all
    told = {hit[1] for f in findings if (hit := re.search(r"格（([^（]+ → \d+)，可能误印）", sentence(f)))}
    assert told == ({healing(figures, whole, open_sums, failing)} - {None})


def counts(figures: dict[int, Decimal]) -> list[int | None]:
    """The figures by cell; what is no count stands in none of the sums that are solved."""
    whole = {i: int(value) for i, value in figures.items() if value >= 0 and value % 1 == 0}
    return [whole.get(i) for i in range(len(KEYS))]


def healing(
    figures: dict[int, Decimal], whole: dict[int, bool], open_sums: list[Sum], failing: list[int]
) -> str | None:
    """The change that makes every sum of printed figures hold and leaves the others possible, if it is the only one."""
    broken = [SUMS[k] for k, holds in whole.items() if not holds]
    found = []
    if failing and not broken:  # the contradiction lies in sums with open cells alone
        held = {i for k in whole for i in SUMS[k].cells}
        for i in {i for k in failing for i in SUMS[k].cells if i in figures} - held:
            oracle = Oracle(counts({j: value for j, value in figures.items() if j != i}), open_sums)
            if first := oracle.solution():
                alone = oracle.solution(oracle.cells[i] != first[i]) is None
                found += [f"{figures[i]} → {first[i]}"] * (1 if alone else 2)
    for i in set.intersection(*({*one.cells} for one in broken)) if broken else ():
        gap = total(figures, broken[0].right) - total(figures, broken[0].left)
        changed = {**figures, i: figures[i] + (gap if i in broken[0].left else -gap)}
        if changed[i] >= 0 and changed[i] % 1 == 0:
            holds = all(total(changed, SUMS[k].left) == total(changed, SUMS[k].right) for k in whole)
            if holds and Oracle(counts(changed), open_sums).solution():
                found.append(f"{figures[i]} → {changed[i]}")
    return found[0] if len(found) == 1 else None
