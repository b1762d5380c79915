"""Strips -> rows of the form: one alignment by label and order, in which everything has its price.

A table is aligned as a whole: each strip is a row of the form or none, and the way that costs least counts.
Where two ways cost the same, a strip's row is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isclose

from rapidfuzz import fuzz

from ...form import Table
from .matching import Hit, normalise, numbering
from .strips import Strip

__all__ = ["Aligned", "align", "order_of"]

MISPRINT = 1.0  # a label with misprints
UNNUMBERED = 0.5  # an everyday label without the number that the form has in front of it
MISNUMBERED = 1.0  # a label behind another row's number
ORPHANED = 1.0  # a label behind others that have no figures, or one of these
ODD = 2.0  # a label in a text with another number of figures than the row has cells
UNLABELLED = 2.0  # no label, or a piece of one
LOST = 0.1  # a row that is not printed
BACK = 4.0  # a row in front of the one before: another order, or the table printed again
LEFT_OUT = 2.5  # a strip without label that is no row
ODD_LEFT_OUT = 2.2  # such a label, where the figures belong to another
EVERYDAY_LEFT_OUT = 1.0  # a strip whose label is an everyday word
OWN_LEFT_OUT = 12.0  # a strip whose label only the form has
NEVER = float("inf")
_LIKE_A_PIECE = 70  # how much of a torn label must be in the row's label (rapidfuzz partial ratio)
_EVERYDAY = 4  # labels of so few letters are everyday words
_LONGEST = 2_000  # strips of one table; a report has thirty


@dataclass(slots=True)
class Aligned:
    """The strips of one table by what they are.

    Attributes
    ----------
    rows
        The strips of the report's own table, with their row; None for all rows of a table that lies across.
    by_order
        Positions in `rows` of those whose row the order alone tells.
    again
        Strips of the same rows printed again: for another year, in an annex, in a second report.
    local
        Strips that are no row of the form, or of which it is not known.
    alternative
        Which of the permitted rows the table has (see `form.Alternative`).
    """

    rows: list[tuple[Strip, str | None]] = field(default_factory=list)
    by_order: set[int] = field(default_factory=set)
    again: list[tuple[Strip, str]] = field(default_factory=list)
    local: list[Strip] = field(default_factory=list)
    alternative: bool | None = None


def align(table: Table, strips: Sequence[Strip], year: int | None) -> Aligned:
    """Tell which row of a table each strip is.

    Parameters
    ----------
    table
        The table of the form.
    strips
        What stands under it, in the order of the document.
    year
        The year of the report: of a table printed for several years its own one counts.
    """
    found = Aligned()
    strips = strips[:_LONGEST]
    first = [strip for strip in strips if strip.report == 0]
    own_year = [strip for strip in first if not year or strip.year in (None, year)]
    if any(strip.hits or table.across for strip in own_year):
        found.again = [
            (strip, strip.hits[0].code) for strip in strips if strip not in own_year and strip.hits
        ]
        first = own_year
    rows: list[str | None]
    if table.across:
        rows, whole = _across(table, first)
    else:
        rows, found.alternative = _cheapest(table, first)
        whole = set()
    own = _own(first, rows, whole)
    for i, (strip, row) in enumerate(zip(first, rows, strict=True)):
        if row is None and i not in whole:
            found.local.append(strip)
        elif i in own:
            if not table.across and (
                _is_doubtful(table, strip) or row not in {hit.code for hit in strip.hits}
            ):
                found.by_order.add(len(found.rows))
            found.rows.append((strip, row))
        elif row and not strip.blank:
            found.again.append((strip, row))
    return found


def _own(strips: Sequence[Strip], rows: Sequence[str | None], whole: set[int]) -> set[int]:
    """The strips of the table's first printing, which ends where a row comes again.

    An empty line gives way to one with figures.
    """
    taken: dict[str | None, int] = {}
    last: str | None = None
    for i, strip in enumerate(strips):
        if rows[i] is None and i not in whole:
            continue
        before = strips[taken[rows[i]]] if rows[i] in taken else None
        if before is not None and not before.blank:
            if strip.blank or rows[i] == last:  # the same row once more, and the table goes on
                continue
            break
        last = rows[i]
        taken[rows[i]] = i
    return set(taken.values())


# ---------------------------------------------------------------------- tables that lie across
def _across(table: Table, strips: Sequence[Strip]) -> tuple[list[str | None], set[int]]:
    """Rows that stand side by side: the row of each strip, and the strips that hold all rows."""
    n = len(table.columns)
    rows: list[str | None] = [strip.hits[0].code if strip.hits else None for strip in strips]
    whole: set[int] = set()
    waiting: list[int] = []
    for i, strip in enumerate(strips):
        figures = [one.text.strip() for one in strip.atoms if one.numeral.found != "blank"]
        run = len(figures) == 1 and figures[0].isdigit() and len(figures[0]) >= n * len(table.rows)
        beside = not strip.hits or len(set(strip.header.routes.values())) > 1
        if run or len(figures) > n or (beside and len(strip.atoms) > n and not strip.header.flat):
            whole.add(i)
            rows[i] = None
        elif rows[i] is None and any(one.numeral.found == "number" for one in strip.atoms):
            waiting.append(i)
    order = order_of(table, strips[waiting[-1]].routes) if waiting else ()
    if len(waiting) == len(order) and not any(rows):
        for i, row in zip(waiting, order, strict=True):
            rows[i] = row
    return rows, whole


def order_of(table: Table, named: Iterable[str]) -> tuple[str, ...]:
    """The rows as the document names them, in the form's order where it does not name each."""
    there = tuple(dict.fromkeys(named))
    return there if len(there) == len(table.rows) else tuple(row.code for row in table.rows)


# ---------------------------------------------------------------------- tables with a row under the other
def _cheapest(table: Table, strips: Sequence[Strip]) -> tuple[list[str | None], bool | None]:
    """The rows of the strips, with that of the permitted rows that costs less."""
    if not table.alternatives:
        return _aligned(table, strips, table.row_codes())[0], None
    ways = {single: _aligned(table, strips, table.row_codes(single)) for single in (True, False)}
    (several, much), (single, little) = ways[False], ways[True]
    if isclose(much, little):
        usual = _aligned(table, strips, table.row_codes())[0]
        return usual, None
    return (single, True) if little < much else (several, False)


def _aligned(table: Table, strips: Sequence[Strip], order: Sequence[str]) -> tuple[list[str | None], float]:
    """The row of each strip, and what the whole way costs."""
    costs = [_costs(table, strip, order) for strip in strips]
    left_out = [_left_out(table, strip, cost) for strip, cost in zip(strips, costs, strict=True)]
    size = len(order)
    # forward[s][r]: the least that the first s strips cost where r (from 1; 0 none) is the last row met
    forward = [[0.0] + [NEVER] * size]
    reached = []
    for cost, out in zip(costs, left_out, strict=True):
        before = forward[-1]
        arriving = _arriving(before)
        reached.append({to: arriving[to] + price for to, price in cost.items()})
        after = [value + out for value in before]
        for to, value in reached[-1].items():
            after[to + 1] = min(after[to + 1], value)
        forward.append(after)
    # behind[r]: the least that the strips from here on cost where r is the last row met
    behind = [0.0] * (size + 1)
    rows: list[str | None] = []
    for s in range(len(strips) - 1, -1, -1):
        out = left_out[s]
        ways = {to: value + behind[to + 1] for to, value in reached[s].items()}
        none = min(value + out + after for value, after in zip(forward[s], behind, strict=True))
        least = min([none, *ways.values()])
        best = [to for to, value in ways.items() if value <= least + LOST / 4]
        rows.append(order[best[0]] if len(best) == 1 and none > least + LOST / 4 else None)
        going = {to: price + behind[to + 1] for to, price in costs[s].items()}
        behind = [min(out + stays, goes) for stays, goes in zip(behind, _going_on(going, size), strict=True)]
    return rows[::-1], behind[0]


def _arriving(before: list[float]) -> list[float]:
    """The least that it costs to come to each row: over the rows between, or back from one further down."""
    size = len(before) - 1
    back = [NEVER] * (size + 1)
    for here in range(size, 0, -1):
        back[here - 1] = min(back[here], before[here] + BACK)
    arriving, ahead = [], NEVER
    for to in range(size):
        ahead = min(ahead + LOST, before[to])
        arriving.append(min(ahead, back[to]))
    return arriving


def _going_on(going: dict[int, float], size: int) -> list[float]:
    """The least that it costs to go on from each row met last (from 1; 0 none) to one of these."""
    onward = [NEVER] * (size + 1)
    for here in range(size - 1, -1, -1):
        onward[here] = min(onward[here + 1] + LOST, going.get(here, NEVER))
    back = NEVER
    for here in range(size + 1):
        onward[here] = min(onward[here], back)
        back = min(back, going.get(here, NEVER) + BACK)
    return onward


def _costs(table: Table, strip: Strip, order: Sequence[str]) -> dict[int, float]:
    """What it costs to take a strip for a row, by the row's place; another row's label is never one."""
    place = {code: i for i, code in enumerate(order)}
    hits = [hit for hit in strip.hits if hit.code in place]
    if hits:
        odd = ODD * _is_odd(table, strip)
        found = {place[hit.code]: _price(table, strip, hit) + odd for hit in hits}
        if _is_doubtful(table, strip):
            found = {to: price + ORPHANED for to, price in found.items()}
            found |= {
                place[code]: ORPHANED for code in strip.orphans if code in place and place[code] not in found
            }
        return found
    if strip.hits or len(table.blocks) > 1 or strip.blank:
        return {}
    label = normalise(strip.label)
    return {place[code]: UNLABELLED for code in order if not label or _is_piece(label, table, code)}


def _is_doubtful(table: Table, strip: Strip) -> bool:
    """Whether labels without figures in front of a strip make its own doubtful."""
    return bool(strip.orphans) and len(table.blocks) == 1 and not table.across


def _price(table: Table, strip: Strip, hit: Hit) -> float:
    row = table.row(hit.code)
    printed, number = numbering(strip.label)[0], row.number and numbering(row.number + "某")[0]
    price = MISPRINT * bool(hit.distance)
    if printed and number and printed != number:
        price += MISNUMBERED
    elif number and not printed and len(row.zh) <= _EVERYDAY and not hit.distance:
        price += UNNUMBERED
    return price


def _left_out(table: Table, strip: Strip, cost: dict[int, float]) -> float:
    """What it costs that a strip is none of the form's."""
    if not strip.hits:
        return LEFT_OUT if cost else 0.0
    if _is_odd(table, strip):
        return ODD_LEFT_OUT
    own = any(hit.distance or len(table.row(hit.code).zh) > _EVERYDAY for hit in strip.hits)
    sure = own or min(cost.values(), default=0) < UNNUMBERED
    return OWN_LEFT_OUT if sure else EVERYDAY_LEFT_OUT


def _is_odd(table: Table, strip: Strip) -> bool:
    """Whether a strip of a text has not the cells of its row, nor digits run together."""
    n, m = len(table.columns), len(strip.atoms)
    run = m == 1 and len(strip.atoms[0].text) >= n
    return strip.header.flat and len(table.blocks) == 1 and m < n and not run


def _is_piece(label: str, table: Table, code: str) -> bool:
    """Whether a label is a piece of a row's label, or of its group's."""
    row = table.row(code)
    if fuzz.partial_ratio(label, normalise(row.number + row.zh)) >= _LIKE_A_PIECE:
        return True
    return any(
        label in normalise(group.number + wording) for group in table.groups for wording in group.wordings
    )
