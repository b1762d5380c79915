"""Strip -> its readings: every way in which its figures can stand in the columns, the surest first.

A strip under a header in the form's order with as many cells has one reading. Of all others each way that
cannot be ruled out by what stands there is a reading; which of them counts, the sums say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise, product
from math import comb
from typing import NamedTuple

from rapidfuzz import fuzz

from ...form import Key, Table, editions, load_toml
from ..readings import cuts
from .choice import MOST, Kind, Reading
from .flatten import OTHER, THIS, Header, Strip
from .matching import normalise, of_other_time
from .numerals import Atom, Numeral, numbers, parse

__all__ = ["Columns", "Targets", "run_of", "targets_of"]

_FEW = 3  # lines that have more cells than the form are a table with a further column
_GENERIC = frozenset(load_toml("sections.toml")["generic"])
_BEGINNING = 3  # letters of a column label that tell it from others
_ALIKE = 70  # what a column label has in common with the form's to be meant for it (rapidfuzz ratio)
Ways = Sequence[Sequence[Atom | None]]
"""Ways to lay cells in the columns; None where no cell is."""
LONGEST_RUN = 60  # digits that one line can have run together


class Targets:
    """The cells that a strip has to fill: of one row, or of all rows of a table that lies across.

    `usual` are the columns in the form's order, those of a group first.
    """

    def __init__(self, table: Table, rows: tuple[str, ...]) -> None:
        columns = table.block_of(rows[0]).columns
        self.rows, self.columns = rows, tuple(column.code for column in columns)
        self.keys: list[Key] = [(code, column) for code in rows for column in self.columns]
        self.grouped = {column.code for column in columns if column.group}
        self.labels, self.size = columns, len(columns)
        self.others = {column.code for column in table.columns} - set(self.columns)
        self.usual = sorted(self.columns, key=self._is_outside)
        total = next((one.right[0] for one in table.identities if one.per == "row"), None)
        self.total = self.columns.index(total) if total in self.columns else None

    def _is_outside(self, column: str) -> bool:
        return column not in self.grouped

    def is_usual(self, header: Header) -> bool:
        """Whether a header's labels read in the form's order, those of a group among themselves."""
        known = [code for code in header.read if code in self.columns]
        last = [*dict.fromkeys(reversed(known))][::-1]  # of what stands in each part of a table the last one
        read = sorted(last, key=self._is_outside)
        return read == [code for code in self.usual if code in read]

    def may_be(self, words: str, place: int) -> bool:
        """Whether words above a column that the form does not know may be meant for one of these."""
        plain = normalise(words).rstrip("0123456789")
        if words.startswith(OTHER) or plain in _GENERIC:
            return not words.startswith(OTHER)
        return any(_is_alike(plain, normalise(wording)) for wording in self.labels[place].wordings)

    def is_elsewhere(self, words: str) -> bool:
        """Whether words, or a beginning cut off, are a column label of another edition alone."""
        plain = normalise(words)
        begun = {one for one in _columns_of_all_editions() if one.startswith(plain)}
        own = {normalise(wording) for label in self.labels for wording in label.wordings}
        return len(plain) >= _BEGINNING and bool(begun) and begun.isdisjoint(own)

    def adds_up(self, cells: Sequence[Atom | None]) -> bool:
        """Whether each total is the sum of the others, blanks taken for nothing, and not all are 0."""
        if self.total is None:
            return False
        values = [(one.numeral.value if one else None) or 0 for one in cells]
        lines = [values[k : k + self.size] for k in range(0, len(values), self.size)]
        return any(values) and all(2 * line[self.total] == sum(line) for line in lines)

    def lacks_totals(self, cells: Sequence[Atom | None]) -> bool:
        """Whether a total is not printed, so that no sum tells."""
        totals = [] if self.total is None else cells[self.total :: self.size]
        return any(one is None or one.numeral.value is None for one in totals)


def _is_alike(words: str, wording: str) -> bool:
    """Whether a column label may be meant for one of the form."""
    pieces = words in wording or wording in words
    return not of_other_time(words, wording) and (pieces or fuzz.ratio(words, wording) >= _ALIKE)


@cache
def targets_of(table: Table, rows: tuple[str, ...]) -> Targets:
    """The cells of rows of a table."""
    return Targets(table, rows)


class Columns:
    """What the lines of one table show together of its columns.

    Attributes
    ----------
    mistrusted
        Headers, by `id`, in another order than the form's that only the form's order agrees with the
        totals: such a header lost its spans, and lies above other columns than its own. None where neither
        order agrees.
    blank_lines
        Whether empty lines of a text are blank cells: full rows have none.
    """

    def __init__(self, lines: Sequence[tuple[Strip, Targets]]) -> None:
        self.lines = lines
        self.labels: dict[tuple[int, tuple[str, ...], tuple[str, ...]], list[_Above]] = {}
        self.sizes: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self.extras: dict[int, list[int]] = {}
        for strip, _ in lines:
            self.sizes[id(strip.header)][len(strip.atoms)] += 1
        self.below = {id(strip): self._below(strip, targets) for strip, targets in lines}
        self.mistrusted = self._mistrusted()
        self.blank_lines = all(_full_lines(lines))

    def readings(self, strip: Strip, targets: Targets) -> list[Reading]:
        """Every way to read a strip, the surest first; [] for none, or for too many.

        Parameters
        ----------
        strip
            The line of figures.
        targets
            The cells of the form that it has to fill.
        """
        mistrusted = self.mistrusted.get(id(strip.header), False)
        if mistrusted is None:
            return []
        if strip.header.flat and not strip.blank and not self.blank_lines:
            strip = replace(strip, atoms=_filled(strip.atoms))
        labels = self._labels(strip.header, targets)
        if _are_anothers(labels, targets):
            return []
        below = None if mistrusted else self.below.get(id(strip)) or self._below(strip, targets)
        if below:
            return [_reading(Kind.HEADER, below, targets)]
        if not mistrusted and not targets.is_usual(strip.header):
            return []
        if self._lacks_a_cell(strip, targets):
            return []
        return self._in_order(strip, targets)

    def _in_order(self, strip: Strip, targets: Targets) -> list[Reading]:
        """The ways of the surest kind in which the cells stand in the form's order."""
        if extra := self._extra(strip, targets):
            ways: Ways = [_without(strip.atoms, place) for place in extra]
            return [_reading(Kind.EXTRA, way, targets) for way in _each_once(ways)]
        for kind, ways in _ways(strip, targets):
            kept = _each_once(way for way in ways if len(way) == len(targets.keys))
            if not kept:
                continue
            proved = any(map(targets.adds_up, kept))
            if kind == Kind.FILLED and proved:
                kept = [way for way in kept if targets.adds_up(way) or targets.lacks_totals(way)]
            if kind == Kind.SHORT and len(kept) > 1 and not proved and not self._is_usual_size(strip):
                kept.append([None] * len(targets.keys))  # without its total every way adds up
            return [_reading(kind, way, targets) for way in kept]
        return []

    def _lacks_a_cell(self, strip: Strip, targets: Targets) -> bool:
        """Whether a line has as many cells as the form, and most others, or the labels above, are more."""
        usual, n = self._usual_size(strip.header), len(targets.keys)
        if len(targets.rows) > 1 and n < len(strip.header.read):
            return True
        many = self.sizes[id(strip.header)][usual] > _FEW
        return strip.header.flat and len(strip.atoms) == n < usual and many

    def _extra(self, strip: Strip, targets: Targets) -> list[int]:
        """Where the column may stand that most lines under a header have beside the form's; [] for none.

        It stands in one place in all of them: where most add up without it.
        """
        size = len(targets.keys) + 1
        header = id(strip.header)
        many = self._usual_size(strip.header) == size and self.sizes[header][size] > _FEW
        if targets.total is None or len(strip.atoms) != size or not many:
            return []
        if header not in self.extras:
            under = [line.atoms for line, _ in self.lines if line.header is strip.header]
            votes = Counter(
                place
                for atoms in under
                for place in range(size)
                if len(atoms) == size and targets.adds_up(_without(atoms, place))
            )
            most = max(votes.values(), default=0)
            self.extras[header] = [place for place in range(size) if votes[place] == most]
        return self.extras[header]

    def _is_usual_size(self, strip: Strip) -> bool:
        """Whether many lines under a header have as many cells as this one, and most."""
        size = len(strip.atoms)
        return self._usual_size(strip.header) == size and self.sizes[id(strip.header)][size] > _FEW

    def _usual_size(self, header: Header) -> int:
        """How many cells most lines under a header have; 0 where it has none."""
        sizes = self.sizes[id(header)]
        return max(sizes, key=sizes.__getitem__, default=0)

    def _mistrusted(self) -> dict[int, bool | None]:
        """Compare what the headers and the form's order make of the lines with the totals."""
        named: Counter[int] = Counter()
        usual: Counter[int] = Counter()
        whole: Counter[int] = Counter()
        for strip, targets in self.lines:
            header, atoms, below = id(strip.header), strip.atoms, self.below[id(strip)]
            whole_row = len(atoms) == len(targets.keys) and targets.total is not None
            if not below or set(below) != set(atoms) or [*below] == atoms or not whole_row:
                continue
            values = [one.numeral.value for one in atoms]
            named[header] += targets.adds_up(below)
            usual[header] += targets.adds_up(atoms)
            whole[header] += None not in values and any(values)
        found: dict[int, bool | None] = {}
        for header, number in whole.items():
            found[header] = usual[header] > named[header]
            if 2 * max(named[header], usual[header]) < number:
                found[header] = None
        return found

    # ------------------------------------------------------------------ under the header
    def _below(self, strip: Strip, targets: Targets) -> Sequence[Atom | None] | None:
        """The cell for each target by the labels above; None where cells and labels do not lie together."""
        atoms, flat, n = strip.atoms, strip.header.flat, len(targets.keys)
        labels = self._labels(strip.header, targets)
        order = [one.target for one in labels]
        if not atoms or order.count(None) == len(order) or any(map(_is_fused, atoms)):
            return None
        counted = len(atoms) == len(labels)
        complete = [place for place in order if place is not None] == [*range(n)]
        if counted and (complete or (flat and len(labels) >= n)):
            placed: Sequence[Atom] | None = atoms
        else:
            enough = not flat and (counted or len(labels) >= n)
            placed = _lying_below(atoms, labels) if enough else None
            if placed is None and counted and self._usual_size(strip.header) == len(atoms):
                placed = atoms  # a row with more or fewer cells for its label
        if placed is None or order == [*range(n)]:
            return placed
        cells = [placed[order.index(place)] if place in order else None for place in range(n)]
        if len(order) == n and order.count(None) == 1:  # the figure below the one label that is not known
            unknown = placed[order.index(None)]
            return [one or unknown._replace(numeral=Numeral("unreadable")) for one in cells]
        return cells

    def _labels(self, header: Header, targets: Targets) -> list[_Above]:
        """The column labels from left to right; [] where one stands twice."""
        rows = targets.rows if len(targets.rows) > 1 else ()
        known = (id(header), targets.columns, rows)
        if known not in self.labels:
            self.labels[known] = _named(_labels(header, targets), targets)
        return self.labels[known]


def _full_lines(lines: Iterable[tuple[Strip, Targets]]) -> list[bool]:
    """For each line of a text with a figure in every cell: whether there is nothing else in it."""
    texts = [(strip.atoms, len(targets.keys)) for strip, targets in lines if strip.header.flat]
    return [len(atoms) == n for atoms, n in texts if len(_filled(atoms)) == n > 1]


def _filled(atoms: Sequence[Atom]) -> list[Atom]:
    """The cells that are not blank."""
    return [one for one in atoms if one.numeral.found != "blank"]


def _reading(kind: Kind, cells: Sequence[Atom | None], targets: Targets) -> Reading:
    return Reading(kind, {key: one for key, one in zip(targets.keys, cells, strict=True) if one})


# ---------------------------------------------------------------------- column labels
class _Above(NamedTuple):
    """A column label above a strip.

    Attributes
    ----------
    target
        Which of the targets, None for none of the form's.
    places
        What it covers.
    words
        What it says, where it is none of the form's.
    """

    target: int | None
    places: set[int]
    words: str = ""


def _labels(header: Header, targets: Targets) -> list[_Above]:
    """The column labels from left to right."""
    found: list[tuple[str, str, set[int]]] = []
    for place, code in _in_line(header, targets):
        route = header.routes.get(place, "")
        if found and found[-1][:2] == (route, code):  # one merged cell, or its text in each of its places
            found[-1][2].add(place)
        elif code not in targets.others:  # no label of another block
            found.append((route, code, {place}))
    if header.flat and "" in header.read and {code for _, code, _ in found} >= {*targets.columns}:
        # of a header of several lines whether a further label is in front or behind is not known
        found = [one for one in found if one[1] in targets.columns]
    if len(targets.rows) == 1:
        order = {code: place for place, code in enumerate(targets.columns)}
        if len(order) == 1:
            order |= {THIS: 0}
        return [_Above(order.get(code), places, code) for _, code, places in found]
    if not header.routes and len(found) % len(targets.rows) == 0:
        size = len(found) // len(targets.rows)  # the labels of one row after those of the other
        found = [(targets.rows[k // size], code, places) for k, (_, code, places) in enumerate(found)]
    every = {key: place for place, key in enumerate(targets.keys)}
    labels = [_Above(every.get((route, code)), places) for route, code, places in found]
    named = [targets.keys[one.target][0] for one in labels if one.target is not None]
    torn = header.routes and len(named) < len(set(named)) * len(targets.columns)  # rows without their spans
    return [] if torn else labels


def _in_line(header: Header, targets: Targets) -> list[tuple[int, str]]:
    """The columns of a header with their labels.

    In a text a header may have two lines, read one after the other: what is in a group follows its name.
    """
    if not header.flat:
        return sorted([*header.columns.items(), *header.foreign.items()])
    inside = [code for code in header.read if code in targets.grouped]
    if "" not in header.read:
        return [*enumerate(header.read)]
    outside = [code for code in header.read if code not in targets.grouped]
    place = outside.index("")
    return [*enumerate([*outside[:place], *inside, *outside[place + 1 :]])]


def _is_anothers(label: _Above, targets: Targets) -> bool:
    """Whether a column label is surely none of the form's: another year's, or of another thing."""
    places = range(len(targets.columns))
    return label.target is None and not any(targets.may_be(label.words, place) for place in places)


def _are_anothers(labels: Sequence[_Above], targets: Targets) -> bool:
    """Whether a header is of another table: most of its labels are, or the only one that counts.

    So it is where it has the labels of another edition alone.
    """
    if all(one.target is None for one in labels) and any(targets.is_elsewhere(one.words) for one in labels):
        return True
    n, others = len(targets.keys), sum(_is_anothers(one, targets) for one in labels)
    known = len(labels) < n or (n == 1 and any(one.target is not None for one in labels))
    return not known and 2 * others > len(labels)


@cache
def _columns_of_all_editions() -> frozenset[str]:
    """The column labels of every edition's tables."""
    columns = [column for form in editions() for table in form.tables for column in table.columns]
    return frozenset(normalise(wording) for column in columns for wording in column.wordings)


def _named(labels: list[_Above], targets: Targets) -> list[_Above]:
    """The labels, [] where one stands twice; among all in the form's order the unknown one is the missing."""
    if len(labels) == len(targets.keys) and all(
        one.target == place
        or (one.target is None and targets.may_be(one.words, place % len(targets.columns)))
        for place, one in enumerate(labels)
    ):
        return [_Above(place, one.places) for place, one in enumerate(labels)]
    known = [one.target for one in labels if one.target is not None]
    return labels if len(set(known)) == len(known) else []


def _lying_below(atoms: Sequence[Atom], labels: Sequence[_Above]) -> list[Atom] | None:
    """The cell under each label by where it lies; None where that is not clear.

    A row that is short without a gap may lack any of its cells: only one that has a cell under each label is
    where it lies.
    """
    lies = {place: k for k, one in enumerate(atoms) for place in range(one.column, one.column + one.span)}
    met: Counter[int] = Counter()
    found = []
    for label in labels:
        under = {lies[place] for place in label.places if place in lies}
        if len({atoms[k].text for k in under}) != 1:
            return None
        met.update(under)
        found.append(atoms[min(under)])
    clear = all(met[k] == 1 or (met[k] == 0 and one.numeral.found == "blank") for k, one in enumerate(atoms))
    return found if clear else None


# ---------------------------------------------------------------------- in the form's order
def _ways(strip: Strip, targets: Targets) -> Iterator[tuple[Kind, Ways]]:
    """Kinds of ways to lay a strip's cells in the columns, the surest first; another length is none."""
    atoms, n, flat = strip.atoms, len(targets.keys), strip.header.flat
    if len(atoms) != n or strip.ends:
        atoms = _without_fillers(atoms, strip.header, n)
    yield Kind.ORDER, [atoms]
    run = run_of(atoms, targets)
    if run:
        yield Kind.CUT, _cut(run, targets)
        return
    if any(map(_is_fused, atoms)):
        yield Kind.FUSED, [_parted(atoms)]
    if len(atoms) >= n:
        yield from _longer(atoms, targets, flat)
    elif atoms:
        yield Kind.SHORT, _placed(replace(strip, atoms=atoms), targets)


def _longer(atoms: list[Atom], targets: Targets, flat: bool) -> Iterator[tuple[Kind, Ways]]:
    """Kinds of ways to lay more cells than there are columns, some of which are none of the row's."""
    n, figures = len(targets.keys), _filled(atoms)
    yield Kind.FILLED, [atoms]
    if flat:
        yield Kind.FILLED, [figures, [one for one in atoms if not _is_word(one)]]
    elif n == 1 and len({one.text for one in atoms}) == 1:
        yield Kind.FILLED, [atoms[:1]]  # a merged cell's text in each of its places
    yield Kind.FILLED, _windows(atoms, n) if figures else [atoms[:n]]
    while len(atoms) > n + 1 and atoms[-1].numeral.found == "blank":
        atoms = atoms[:-1]
    if len(atoms) == n + 1 and targets.total is not None:
        yield Kind.EXTRA, [_without(atoms, place) for place in range(len(atoms))]


def _without(atoms: Sequence[Atom], place: int) -> list[Atom]:
    """The cells without one of them."""
    return [*atoms[:place], *atoms[place + 1 :]]


def _each_once(ways: Iterable[Sequence[Atom | None]]) -> list[Sequence[Atom | None]]:
    """The ways that differ in what they say."""
    return list({tuple(one and one.text for one in way): way for way in ways}.values())


def _without_fillers(atoms: list[Atom], header: Header, n: int) -> list[Atom]:
    """The cells without blank ones beside the header, where that has a place for each column, and without
    words behind them."""
    places = {*header.columns, *header.foreign}
    if len(places) >= n:
        left, right = min(places), max(places)
        inside = [one.column + one.span > left and one.column <= right for one in atoms]
        kept = zip(atoms, inside, strict=True)
        atoms = [one for one, is_in in kept if is_in or one.numeral.found != "blank"]
    while len(atoms) > n and _is_word(atoms[-1]):
        atoms = atoms[:-1]
    return atoms


def _is_word(one: Atom) -> bool:
    """Whether a cell holds words, or signs, and no figure that cannot be read."""
    return one.numeral.found == "unreadable" and not one.text.strip().isdigit()


def _is_fused(one: Atom) -> bool:
    return one.numeral.found == "unreadable" and len(numbers(one.text)) > 1


def _parted(atoms: Sequence[Atom]) -> list[Atom]:
    """Cells that hold several numbers, as a converter fuses columns, cut; blanks are where these were."""
    found: list[Atom] = []
    for one in atoms:
        tokens = numbers(one.text)
        if one.numeral.found == "unreadable" and "".join(tokens) == "".join(one.text.split()):
            found += [one._replace(text=token, numeral=parse(token)) for token in tokens]
        elif one.numeral.found != "blank":
            found.append(one)
    return found


def _windows(atoms: Sequence[Atom], n: int) -> list[Sequence[Atom]]:
    """The cells without blank ones that fill a row up in front or behind."""
    figures = [k for k, one in enumerate(atoms) if one.numeral.found != "blank"]
    first, last = max(0, figures[-1] + 1 - n), min(figures[0], len(atoms) - n)
    return [atoms[k : k + n] for k in range(first, last + 1)]


def _placed(strip: Strip, targets: Targets) -> list[list[Atom | None]]:
    """Every way in which too few cells can stand in the columns, in their order.

    Where the file ends inside a row its cells are the first ones; a blank in front of them may fill up the
    place of a merged label, and no cell is sure then; in any row it is a filler or not, both are ways.
    """
    atoms, n = strip.atoms, len(targets.keys)
    filled = atoms[0].numeral.found == "blank" and not (strip.header.flat and len(targets.rows) == 1)
    if strip.ends and strip.header.read and not _ends_in_its_total(atoms):
        return [] if filled else [[*atoms, *[None] * (n - len(atoms))]]
    if targets.total is None or comb(n, len(atoms)) > MOST:
        return []
    found = []
    for cells in [atoms, atoms[1:]][: 1 + filled]:
        for places in combinations(range(n), len(cells)):
            at = dict(zip(places, cells, strict=True))
            found.append([at.get(place) for place in range(n)])
    return found


def _ends_in_its_total(atoms: Sequence[Atom]) -> bool:
    """Whether the last figure may be the total of the others: a cell before it is missing then."""
    values = [one.numeral.value or 0 for one in atoms]
    return values[-1] > 0 and 2 * values[-1] == sum(values)


# ---------------------------------------------------------------------- digits run together
def run_of(atoms: Sequence[Atom], targets: Targets) -> Atom | None:
    """The one figure of a strip, if it may be digits of all its cells run together."""
    figures = _filled(atoms)
    text = figures[0].text.strip() if len(figures) == 1 else ""
    is_run = text.isascii() and text.isdigit() and 1 < len(targets.keys) <= len(text) <= LONGEST_RUN
    return figures[0] if is_run else None


def _cut(run: Atom, targets: Targets) -> list[list[Atom]]:
    """Every way to cut digits into lines that add up."""
    size, digits = len(targets.columns), run.text.strip()
    if {*digits} == {"0"} and len(digits) == len(targets.keys):
        return [[run._replace(text="0", numeral=parse("0"))] * len(digits)]  # no number begins with two zeros
    if targets.total != size - 1:
        return []
    found: list[tuple[int, ...]] = []
    for inner in combinations(range(size, len(digits) - size + 1), len(targets.rows) - 1):
        pieces = [digits[i:j] for i, j in pairwise((0, *inner, len(digits)))]
        for lines in product(*(cuts(piece, size) for piece in pieces)):
            found.append(sum(lines, ()))
    return [[run._replace(text=str(value), numeral=parse(str(value))) for value in line] for line in found]
