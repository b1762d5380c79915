"""Strips -> rows of the form: one alignment by label and order, in which everything has its price.

A table is aligned as a whole: each strip is a row of the form or none, and the way that costs least counts.
Where two ways cost the same, a strip's row is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
from typing import NamedTuple

from rapidfuzz import fuzz

from ...form import Label, Table
from .flatten import Strip
from .matching import Hit, normalise, ordinal, ordinals

__all__ = ["Aligned", "Line", "align"]

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
BLANK_LEFT_OUT = 1.6  # a label whose cells are blank: they may stand in the line behind
OWN_LEFT_OUT = 12.0  # a strip whose label only the form has
NEVER = float("inf")
START = ""  # what was met before the first row
ALL = "*"  # the place of a strip that holds all rows of a table that lies across
_LIKE_A_PIECE = 70  # how much of a torn label must be in the row's label (rapidfuzz partial ratio)
_EVERYDAY = 4  # labels of so few letters are everyday words
_A_WORD = 2  # letters of a word behind a label: 数量, 决定
_LONGEST = 2_000  # strips of one table; a report has thirty

Prices = dict[str, float]
Steps = Mapping[tuple[str, str], float]


class Line(NamedTuple):
    """A strip and the rows of the form that it holds: one, or all of a table that lies across.

    `by_order` says that its label alone does not tell which.
    """

    strip: Strip
    rows: tuple[str, ...]
    by_order: bool = False


@dataclass(slots=True)
class Aligned:
    """The strips of one table by what they are.

    Attributes
    ----------
    lines
        The lines of the report's own table.
    again
        Lines of the same rows printed again: for another year, in an annex, in a second report.
    local
        Strips that are no row of the form, or of which it is not known.
    single
        Whether the table has the permitted single row instead of others (see `form.Alternative`).
    """

    lines: list[Line] = field(default_factory=list)
    again: list[Line] = field(default_factory=list)
    local: list[Strip] = field(default_factory=list)
    single: bool | None = None


def align(table: Table, strips: Sequence[Strip], year: int | None, announced: bool = False) -> Aligned:
    """Tell which row of a table each strip is.

    Parameters
    ----------
    table
        The table of the form.
    strips
        What stands under it, in the order of the document.
    year
        The year of the report: of a table printed for several years its own one counts.
    announced
        Whether a heading of the table names this year: no other year's figures are its own then.
    """
    strips = strips[:_LONGEST]
    own = [strip for strip in strips if strip.report == 0]
    of_year = [strip for strip in own if not year or strip.year in (None, year)]
    if (announced and year) or any(strip.hits or table.across for strip in of_year):
        own = of_year
    exact = {hit.code for strip in own for hit in strip.hits if not hit.distance}
    own = [strip for strip in own if not _is_misread(strip, exact)]
    counted = set(map(id, own))
    others = [strip for strip in strips if id(strip) not in counted]
    sums = {one.row for one in table.alternatives if len(exact.intersection(one.instead_of)) > 1}
    own = [replace(strip, hits=()) if sums & {hit.code for hit in strip.hits} else strip for strip in own]
    found = Aligned(again=[Line(strip, (strip.hits[0].code,)) for strip in others if strip.hits])
    order = _order(table, own)
    own = _told_by_order(table, own, order) if table.across else own
    places = _aligned(table, own, order)
    first = _first(own, places)
    for i, (strip, place) in enumerate(zip(own, places, strict=True)):
        if place is None:
            found.local.append(strip)
            continue
        told = place == ALL or (place in {hit.code for hit in strip.hits} and not strip.orphans)
        line = Line(strip, order[:-1] if place == ALL else (place,), not (told or table.across))
        if i in first:
            found.lines.append(line)
        elif not strip.blank:
            found.again.append(line)
    there = {row for line in found.lines for row in line.rows}
    for choice in table.alternatives:
        if there & {choice.row, *choice.instead_of}:
            found.single = choice.row in there
    return found


def _is_misread(strip: Strip, exact: set[str]) -> bool:
    """Whether what looks like a misprint of a row's label is another row: the label stands elsewhere."""
    return bool(strip.hits) and all(hit.distance and hit.code in exact for hit in strip.hits)


def _order(table: Table, strips: Sequence[Strip]) -> tuple[str, ...]:
    """The rows as the document names them, if it names each beside the others, else as the form has them.

    What stands above a table without heading may be lost: of rows that are named in another order than the
    form's only the first can be missing.
    """
    if not table.across:
        return tuple(row.code for row in table.rows)
    whole = next((strip for strip in strips if _is_whole(table, strip)), strips[-1] if strips else None)
    named = [*dict.fromkeys(whole.routes[-len(table.rows) :])] if whole else []
    usual = table.row_codes()
    missing = [row for row in usual if row not in named]
    if named == [row for row in usual if row in named] or len(missing) > 1:
        return (*usual, ALL)
    return (*missing, *named, ALL)


def _told_by_order(table: Table, strips: Sequence[Strip], order: Sequence[str]) -> list[Strip]:
    """Of a table that lies across: as many lines as it has rows, none of them labelled, are these."""
    single = [strip for strip in strips if not _is_whole(table, strip)]
    bare = [strip for strip in single if any(one.numeral.found == "number" for one in strip.atoms)]
    if any(strip.hits for strip in single) or len(bare) != len(order) - 1:
        return [*strips]
    rows = {id(strip): (Hit("row", table.code, code),) for strip, code in zip(bare, order, strict=False)}
    return [replace(strip, hits=rows.get(id(strip), strip.hits)) for strip in strips]


def _first(strips: Sequence[Strip], places: Sequence[str | None]) -> set[int]:
    """The strips of the table's first printing, which ends where a row comes again.

    An empty line gives way to one with figures.
    """
    taken: dict[str, int] = {}
    last: str | None = None
    for i, (strip, place) in enumerate(zip(strips, places, strict=True)):
        if place is None:
            continue
        if place in taken and not strips[taken[place]].blank:
            if strip.blank or place == last:  # the same row once more, and the table goes on
                continue
            break
        last = place
        taken[place] = i
    return set(taken.values())


class _Offer(NamedTuple):
    """What a strip costs as each row that it may be, and as none."""

    rows: Prices
    none: float


def _aligned(table: Table, strips: Sequence[Strip], order: tuple[str, ...]) -> list[str | None]:
    """The row of each strip in the cheapest way; None for none, or where another way costs as little."""
    steps = _steps(table, order)
    prices = [_prices(table, strip) for strip in strips]
    offers = [_Offer(rows, _left_out(table, strip, rows)) for strip, rows in zip(strips, prices, strict=True)]
    before = _before(offers, steps)
    behind = _behind(offers, steps, before)
    return [_place(offer, steps, *sides) for offer, *sides in zip(offers, before, behind, strict=True)]


def _before(offers: Sequence[_Offer], steps: Steps) -> list[Prices]:
    """For each strip the least that all in front of it cost, by the row met last."""
    found: list[Prices] = [{START: 0.0}]
    for offer in offers:
        met = found[-1]
        after = {last: cost + offer.none for last, cost in met.items()}
        for row, price in offer.rows.items():
            after[row] = min(price + _arriving(met, steps, row), after.get(row, NEVER))
        found.append(after)
    return found[:-1]


def _behind(offers: Sequence[_Offer], steps: Steps, before: Sequence[Prices]) -> list[Prices]:
    """For each strip the least that all behind it cost, by the row met last."""
    found: list[Prices] = [defaultdict(float)]
    for offer, met in zip(reversed(offers), reversed(before), strict=True):
        behind = found[-1]
        onward = {row: price + behind[row] for row, price in offer.rows.items()}
        rest = {}
        for last in met:
            rows = [steps[last, row] + cost for row, cost in onward.items()]
            rest[last] = min([behind[last] + offer.none, *rows])
        found.append(rest)
    return found[-2::-1]


def _place(offer: _Offer, steps: Steps, before: Prices, behind: Prices) -> str | None:
    """The row of a strip that costs least, what stands in front of it and behind it included."""
    none = min(cost + offer.none + behind[last] for last, cost in before.items())
    ways = {row: price + _arriving(before, steps, row) + behind[row] for row, price in offer.rows.items()}
    enough = min([none, *ways.values()]) + LOST / 4
    best = [row for row, cost in ways.items() if cost <= enough]
    return best[0] if len(best) == 1 and none > enough else None


def _arriving(before: Prices, steps: Steps, row: str) -> float:
    """What it costs least to come to a row."""
    return min(cost + steps[last, row] for last, cost in before.items())


@cache
def _steps(table: Table, order: tuple[str, ...]) -> Steps:
    """What it costs to come from each row met last to each row, over those in between.

    Rows that never stand in one table are never met one after the other.
    """
    ways = [table.row_codes(choice) for choice in (True, False)] if table.alternatives else [order]
    steps = dict.fromkeys(product((START, *order), order), NEVER)
    for way in ways:
        for (i, met), (j, row) in product(enumerate((START, *way)), enumerate(way)):
            steps[met, row] = min(steps[met, row], LOST * (j - i) if j >= i else BACK)
    return steps


# ---------------------------------------------------------------------- prices
def _prices(table: Table, strip: Strip) -> Prices:
    """What it costs to take a strip for each row that it may be; another row's label is never one."""
    found: Prices = {}
    if table.across and _is_whole(table, strip):
        found[ALL] = 0
    elif strip.hits:
        for code in strip.orphans:
            found[code] = ORPHANED
        odd = ODD * _is_odd(table, strip) + ORPHANED * bool(strip.orphans)
        found |= {hit.code: _price(table, strip, hit) + odd for hit in strip.hits}
    elif not (strip.blank or table.across or _is_stray(table, strip)):
        label = normalise(strip.label)
        may_be = _is_piece if len(table.blocks) == 1 else _is_begun
        found |= {row.code: UNLABELLED for row in table.rows if may_be(label, table, row)}
        if not (strip.header.flat or label):
            found |= dict.fromkeys(strip.orphans, 0.0)
    return found


def _is_stray(table: Table, strip: Strip) -> bool:
    """Whether neither row nor columns of a text's figures are known: no label, hardly a header, few."""
    columns = {column.code for column in table.blocks[0].columns}
    known = columns.intersection(strip.header.read)
    bare = strip.header.flat and not strip.label and 2 * len(known) < len(columns)
    return bare and len(strip.atoms) < len(columns) and len(strip.atoms[0].text) < len(columns)


def _is_whole(table: Table, strip: Strip) -> bool:
    """Whether a strip holds all rows of a table that lies across: their cells or digits."""
    n = len(table.columns)
    figures = [one.text.strip() for one in strip.atoms if one.numeral.found != "blank"]
    run = len(figures) == 1 and figures[0].isdigit() and len(figures[0]) >= n * len(table.rows)
    beside = not strip.hits or len(set(strip.header.routes.values())) > 1
    return run or len(figures) > n or (beside and len(strip.atoms) > n and not strip.header.flat)


def _price(table: Table, strip: Strip, hit: Hit) -> float:
    """What a label costs as that of a row, by its misprints and the number in front of it."""
    row = table.row(hit.code)
    printed, number = ordinals(strip.label), ordinal(row.number) if row.number else 0
    price = MISPRINT * bool(hit.distance)
    if printed and number and number not in printed:
        price += MISNUMBERED
    elif number and not printed and len(row.zh) <= _EVERYDAY and not hit.distance:
        price += UNNUMBERED
    return price


def _left_out(table: Table, strip: Strip, prices: Prices) -> float:
    """What it costs that a strip is none of the form's."""
    least = min(prices.values(), default=NEVER)
    if not strip.hits:
        return OWN_LEFT_OUT if least == 0 else LEFT_OUT if least < NEVER else 0.0
    if _is_odd(table, strip):
        return ODD_LEFT_OUT
    if strip.blank:
        return BLANK_LEFT_OUT
    own = any(hit.distance or len(table.row(hit.code).zh) > _EVERYDAY for hit in strip.hits)
    return OWN_LEFT_OUT if own or least < UNNUMBERED else EVERYDAY_LEFT_OUT


def _is_odd(table: Table, strip: Strip) -> bool:
    """Whether a strip of a text has not the cells of its row, nor digits run together."""
    if strip.ends or not strip.header.flat:
        return False
    n, m = min(len(table.block_of(hit.code).columns) for hit in strip.hits), len(strip.atoms)
    return m < n and not (m == 1 and len(strip.atoms[0].text) >= n)


def _is_piece(label: str, table: Table, row: Label) -> bool:
    """Whether a label is none, or a piece of a row's label or of its group's."""
    if not label or fuzz.partial_ratio(label, normalise(row.number + row.zh)) >= _LIKE_A_PIECE:
        return True
    return any(
        label in normalise(group.number + wording) for group in table.groups for wording in group.wordings
    )


def _is_begun(label: str, table: Table, row: Label) -> bool:
    """Whether a label is the beginning of a row's label, or this with a word behind it."""
    wordings = {normalise(wording) for wording in row.wordings}
    begun = len(label) > 1 and any(wording.startswith(label) for wording in wordings)
    return begun or any(label.startswith(one) and len(label) <= len(one) + _A_WORD for one in wordings)
