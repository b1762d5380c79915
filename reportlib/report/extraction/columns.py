"""Strip -> its readings: every way in which its figures can stand in the columns, the surest first.

A strip under a header in the form's order with as many cells has one reading. Of all others each way that
cannot be ruled out by what stands there is a reading; which of them counts, the sums say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations, pairwise
from math import comb

from ...form import Key, Table
from ..readings import cuts
from .choice import MOST, Kind, Reading
from .numerals import Atom, numbers, parse
from .strips import Header, Strip

__all__ = ["Targets", "distrusted", "readings", "run_of"]

LONGEST_RUN = 60  # digits that one line can have run together


class Targets:
    """The cells that a strip has to fill: of one row, or of all rows of a table that lies across."""

    def __init__(self, table: Table, rows: Sequence[str]) -> None:
        self.table, self.whole = table, len(rows) > 1
        self.columns = [column.code for column in (table.block_of(rows[0]).columns)]
        self.keys: list[Key] = [(code, column) for code in rows for column in self.columns]
        total = next((one.right[0] for one in table.identities if one.per == "row"), None)
        self.total = self.columns.index(total) if total in self.columns else None

    def adds_up(self, cells: Sequence[Atom | None]) -> bool:
        """Whether each total is the sum of the others, blanks taken for nothing, and not all are 0."""
        if self.total is None:
            return False
        size = len(self.columns)
        values = [(one.numeral.value or Decimal(0)) if one else Decimal(0) for one in cells]
        lines = [values[k : k + size] for k in range(0, len(values), size)]
        return any(values) and all(2 * line[self.total] == sum(line) for line in lines)


def readings(strip: Strip, targets: Targets, mistrusted: bool | None = False) -> list[Reading]:
    """Every way to read a strip, the surest first; [] for none, or for too many.

    Parameters
    ----------
    strip
        The line of figures.
    targets
        The cells of the form that it has to fill.
    mistrusted
        Whether the header above is not followed, for what `distrusted` found; None where neither it nor
        the form's order is.
    """
    atoms = _without_repeats(strip.atoms, targets)
    n = len(targets.keys)
    if mistrusted is None:
        return []
    above = None if mistrusted else _under(atoms, strip.header, targets)
    if above is not None:
        return [_reading(Kind.HEADER, above, targets)]
    if len(atoms) == n:
        in_order = mistrusted or _is_usual(strip.header, targets)
        return [_reading(Kind.ORDER, atoms, targets)] if in_order else []
    run = run_of(atoms)
    if run and len(run.text.strip()) >= n > 1:
        return _cut(run.text.strip(), run, targets)
    return _fused(atoms, targets) or _filled(atoms, strip, targets) or _odd(atoms, strip, targets)


def _reading(kind: Kind, cells: Sequence[Atom | None], targets: Targets) -> Reading:
    return Reading(kind, {key: one for key, one in zip(targets.keys, cells, strict=True) if one})


def _without_repeats(atoms: list[Atom], targets: Targets) -> list[Atom]:
    """A merged cell's text in each of its places is one cell, where one is wanted."""
    same = len(targets.keys) == 1 and len(atoms) > 1 and len({one.text for one in atoms}) == 1
    return atoms[:1] if same else atoms


# ---------------------------------------------------------------------- under the header
def _labels(header: Header, targets: Targets) -> list[tuple[Key | None, set[int]]]:
    """The column labels from left to right as cells of the strip, each with the grid columns it covers.

    None stands for a column that the form does not have.
    """
    keys = set(targets.keys)
    one_row = targets.keys[0][0]
    if header.flat and "" in header.read and not targets.whole:
        return [((one_row, code), set()) for code in _unfolded(header.read, targets)]
    found: list[tuple[tuple[int, int], Key | None, set[int]]] = []
    for place in sorted(header.columns):
        cell, code = header.columns[place]
        row = (header.routes.get(place, "") if targets.whole and header.routes else "") or one_row
        key = (row, code) if (row, code) in keys else None
        if key is None and code:
            continue  # a label of another block of the table
        if found and found[-1][1] == key and (found[-1][0] == cell or (key and not targets.whole)):
            found[-1][2].add(place)  # one merged cell, or its text in each of its places
        else:
            found.append((cell, key, {place}))
    if targets.whole and not header.routes:
        if len(found) != len(keys):
            return []
        return [(key, places) for key, (_, _, places) in zip(targets.keys, found, strict=True)]
    return [(key, places) for _, key, places in found]


def _unfolded(read: Sequence[str], targets: Targets) -> list[str]:
    """The columns of a header of two lines, read one after the other: what is in a group follows its name."""
    inside = {column.code for column in targets.table.columns if column.group}
    here = [code for code in read if code in inside]
    outside = [code for code in read if code not in inside]
    place = outside.index("")
    return [code for code in [*outside[:place], *here, *outside[place:]] if code in targets.columns]


def _under(atoms: list[Atom], header: Header, targets: Targets) -> list[Atom | None] | None:
    """The cell of the strip under each label; None where cells and labels do not lie together."""
    labels = _labels(header, targets)
    if atoms:  # a foreign label above the labels of the rows says nothing
        labels = [(key, places) for key, places in labels if key or max(places) >= atoms[0].column]
    known = _named([key for key, _ in labels], targets)
    if not known or any(_is_fused(one) for one in atoms):
        return None
    in_order = [key for key in known if key] == targets.keys
    if len(atoms) == len(labels) and (in_order or header.flat or _lie_below(atoms, labels)):
        placed: list[Atom | None] = [*atoms]
    elif header.flat or not atoms or len(labels) < len(targets.keys):
        return None
    else:
        below = _spread_below(atoms, labels)
        if below is None:
            return None
        placed = below
    return [placed[known.index(key)] if key in known else None for key in targets.keys]


def _named(keys: list[Key | None], targets: Targets) -> list[Key | None]:
    """The labels, if none stands twice; the one that is missing is the one that was not recognised."""
    known = [key for key in keys if key]
    if len(set(known)) < len(known):
        return []
    missing = [key for key in targets.keys if key not in known]
    if missing and keys.count(None) == len(missing):
        filled = iter(missing)
        whole: list[Key | None] = [key or next(filled) for key in keys]
        if len(missing) == 1 or whole == targets.keys:
            return whole
    return keys if known else []


def _lie_below(atoms: Sequence[Atom], labels: Sequence[tuple[Key | None, set[int]]]) -> bool:
    """Whether each cell lies under the label of its own place."""
    return all(
        not places.isdisjoint(_columns_of(one)) for one, (_, places) in zip(atoms, labels, strict=True)
    )


def _columns_of(one: Atom) -> range:
    return range(one.column, one.column + one.span)


def _spread_below(
    atoms: Sequence[Atom], labels: Sequence[tuple[Key | None, set[int]]]
) -> list[Atom | None] | None:
    """The cell under each label by where it lies; None where that is not clear.

    A row that is short without a gap may lack any of its cells: only one that has as many cells as labels,
    or leaves places free between them, is where it lies.
    """
    above: dict[int, list[int]] = {}
    for place, (_, covered) in enumerate(labels):
        for column in covered:
            above.setdefault(column, []).append(place)
    found: list[Atom | None] = [None] * len(labels)
    for one in atoms:
        places = {place for column in _columns_of(one) for place in above.get(column, ())}
        if len(places) != 1:
            if places or one.numeral.found != "blank":
                return None
            continue
        (place,) = places
        before = found[place]
        if before is None:
            found[place] = one
        elif before.text != one.text:
            return None
    return None if None in found else found


# ---------------------------------------------------------------------- in the form's order
def _is_usual(header: Header, targets: Targets) -> bool:
    """Whether the labels that a header has read in the form's order, those of a group among themselves."""
    grouped = {column.code for column in targets.table.columns if column.group}
    for inside in (True, False):
        read = [code for code in header.read if code in targets.columns and (code in grouped) == inside]
        usual = [code for code in targets.columns if (code in grouped) == inside]
        once = list(dict.fromkeys(read))
        if once != [code for code in usual if code in once]:
            return False
    return True


def distrusted(strips: Sequence[tuple[Strip, Targets]]) -> dict[int, bool | None]:
    """Headers, by `id`, in another order than the form's that only the form's order agrees with the totals.

    Such a header lost its spans, and lies above other columns than its own. None where neither order agrees.
    """
    said: dict[int, list[int]] = {}
    for strip, targets in strips:
        n = len(targets.keys)
        above = _under(strip.atoms, strip.header, targets)
        if targets.total is None or len(strip.atoms) != n or above is None or above == strip.atoms:
            continue
        counts = said.setdefault(id(strip.header), [0, 0, 0])
        counts[0] += targets.adds_up(above)
        counts[1] += targets.adds_up(strip.atoms)
        counts[2] += all(one.numeral.value is not None for one in strip.atoms) and any(
            one.numeral.value for one in strip.atoms
        )
    return {
        header: (None if 2 * max(named, usual) < whole else usual > named)
        for header, (named, usual, whole) in said.items()
        if named or usual or whole
    }


def _filled(atoms: list[Atom], strip: Strip, targets: Targets) -> list[Reading]:
    """A row with too many cells: blank ones fill it up in front or behind, remarks stand behind."""
    n = len(targets.keys)
    if len(atoms) <= n or not _is_usual(strip.header, targets):
        return []
    while len(atoms) > n and _is_remark(atoms[-1]):
        atoms = atoms[:-1]
    if len(atoms) == n:
        return [_reading(Kind.FILLED, atoms, targets)]
    blank = [one.numeral.found == "blank" for one in atoms]
    figures = [one for one, empty in zip(atoms, blank, strict=True) if not empty]
    if strip.header.flat and len(figures) == n:
        return [_reading(Kind.FILLED, figures, targets)]
    ways = [
        (Kind.FILLED, atoms[k : k + n])
        for k in range(len(atoms) - n + 1)
        if all(blank[:k]) and all(blank[k + n :])
    ]
    if not figures:
        ways = ways[:1]
    if strip.header.flat and len(halved := _halved(atoms)) == n:
        ways.append((Kind.SPREAD, halved))
    different = {tuple(one.text for one in cells): (kind, cells) for kind, cells in reversed(ways)}
    fitting = [way for way in different.values() if targets.adds_up(way[1])]
    return [_reading(kind, cells, targets) for kind, cells in fitting or different.values()]


def _is_remark(one: Atom) -> bool:
    return one.numeral.found == "unreadable" and not any(map(str.isdigit, one.text))


def _halved(atoms: Sequence[Atom]) -> list[Atom]:
    """The cells where the writer parts them by empty lines: two of these are one blank cell."""
    kept: list[Atom] = []
    run = 0
    for one in atoms:
        run = run + 1 if one.numeral.found == "blank" else 0
        if run % 2 == 0:
            kept.append(one)
    return kept


def _is_fused(one: Atom) -> bool:
    return one.numeral.found == "unreadable" and len(numbers(one.text)) > 1


def _fused(atoms: Sequence[Atom], targets: Targets) -> list[Reading]:
    """Cells that hold several numbers, as a converter fuses columns, cut where the row then has its cells."""
    if not any(map(_is_fused, atoms)):
        return []
    found: list[Atom] = []
    for one in atoms:
        tokens = numbers(one.text)
        if one.numeral.found == "unreadable" and "".join(tokens) == "".join(one.text.split()):
            found += [one._replace(text=token, numeral=parse(token)) for token in tokens]
        elif one.numeral.found != "blank":
            found.append(one)
    return [_reading(Kind.FUSED, found, targets)] if len(found) == len(targets.keys) else []


# ---------------------------------------------------------------------- digits run together
def run_of(atoms: Iterable[Atom]) -> Atom | None:
    """The one figure of a strip, if it may be digits of several cells run together."""
    figures = [one for one in atoms if one.numeral.found != "blank"]
    text = figures[0].text.strip() if len(figures) == 1 else ""
    return figures[0] if text.isascii() and text.isdigit() and len(text) <= LONGEST_RUN else None


def _cut(digits: str, run: Atom, targets: Targets) -> list[Reading]:
    """Every way to cut digits into lines that add up."""
    size = len(targets.columns)
    if targets.total != size - 1:
        return []
    rows = len(targets.keys) // size
    found: list[tuple[int, ...]] = []
    for inner in combinations(range(size, len(digits) - size + 1), rows - 1):
        pieces = [digits[i:j] for i, j in pairwise((0, *inner, len(digits)))]
        lines: list[tuple[int, ...]] = [()]
        for piece in pieces:
            lines = (
                [(*before, *more) for before in lines for more in cuts(piece, size)]
                if len(piece) >= size
                else []
            )
        found += lines
    cells = [[run._replace(text=str(value), numeral=parse(str(value))) for value in line] for line in found]
    return [_reading(Kind.CUT, line, targets) for line in cells]


# ---------------------------------------------------------------------- too few cells, or too many
def _odd(atoms: list[Atom], strip: Strip, targets: Targets) -> list[Reading]:
    """A row with too few cells, or one too many: any of its places, where a total can tell.

    Where the file ends inside a row its cells are the first ones; a blank in front of them may fill up the
    place of a merged label, and no cell is sure then; in any row it is a filler or not, both are ways.
    """
    n = len(targets.keys)
    while len(atoms) > n + 1 and atoms[-1].numeral.found == "blank":
        atoms = atoms[:-1]
    m = len(atoms)
    if not m or not _is_usual(strip.header, targets):
        return []
    filled = atoms[0].numeral.found == "blank" and not strip.header.flat
    if m < n and strip.ends and strip.header.read and not _ends_in_its_total(atoms):
        return [] if filled else [_reading(Kind.SHORT, [*atoms, *[None] * (n - m)], targets)]
    if targets.total is None or comb(n, m) > MOST or m > n + 1:
        return []
    if m == n + 1:
        return [_reading(Kind.EXTRA, atoms[:k] + atoms[k + 1 :], targets) for k in range(m)]
    return [*_placed(atoms, targets), *(_placed(atoms[1:], targets) if filled else ())]


def _placed(atoms: Sequence[Atom], targets: Targets) -> Iterator[Reading]:
    """Every way in which cells can stand in the columns, in their order."""
    for places in combinations(range(len(targets.keys)), len(atoms)):
        cells: list[Atom | None] = [None] * len(targets.keys)
        for place, one in zip(places, atoms, strict=True):
            cells[place] = one
        yield _reading(Kind.SHORT, cells, targets)


def _ends_in_its_total(atoms: Sequence[Atom]) -> bool:
    """Whether the last figure may be the total of the others: a cell before it is missing then."""
    values = [one.numeral.value or 0 for one in atoms]
    return values[-1] > 0 and 2 * values[-1] == sum(values)
