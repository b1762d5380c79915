"""What a reader's cells are worth beside the truth of a document."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

# (what stands there, what the reader may not say that it found)
MISNAMED = {
    ("number", "blank"),
    ("number", "dash"),
    ("dash", "blank"),
    ("blank", "dash"),
    ("missing", "blank"),
    ("missing", "dash"),
}
SILENT = ("silent", "invented", "derived wrong", "foreign")


@dataclass
class Given:
    """What a reader says of a cell: its value (None if open), where it has it from, whether it is suspect."""

    value: Decimal | None
    status: str
    suspect: bool
    found: str = ""


@dataclass
class Verdict:
    """The verdict on one cell."""

    key: tuple
    kind: str
    expected: object
    given: object


def judge(doc, given):
    """Judge every cell of the form and every value that a reader has beyond it.

    Parameters
    ----------
    doc : Doc
        The document with its truth.
    given : dict of (table, row, column) to Given
        What the reader says.

    Returns
    -------
    list of Verdict
        right, open, derived, nothing (nothing stands there, nothing is said), misnamed (no value is given, but a
        blank is called a dash, a number a blank …), flagged (wrong and suspect),
        silent (a wrong value), invented (a value where none stands), derived wrong, foreign (a value in a cell
        that the report's form does not have), swap (silent, within one sum that holds before and after).
    """
    nothing = Given(None, "none", False)
    verdicts = [
        Verdict(key, _kind(doc, truth, given.get(key, nothing)), truth, given.get(key, nothing))
        for key, truth in doc.truth.items()
    ]
    for key in given.keys() - doc.truth.keys():
        if given[key].value is not None:
            forced = (
                given[key].status == "derived" and given[key].value == 0
            )  # a row that is not there counts 0
            verdicts.append(Verdict(key, "derived" if forced else "foreign", None, given[key]))
    _tell_more_than_stands_there(verdicts)
    _tell_swaps(verdicts)
    return verdicts


def _kind(doc, truth, given):
    if given.value is None:
        if (truth.kind, given.found) in MISNAMED:
            return "misnamed"
        return "open" if truth.allowed else "nothing"
    if given.status == "derived":
        if given.value == truth.hidden:
            return "derived"
        return "derived" if doc.sums_broken else "derived wrong"
    if given.value in truth.allowed:
        return "right"
    if given.suspect:
        return "flagged"
    return "silent" if truth.allowed else "invented"


def _tell_more_than_stands_there(verdicts):
    """A row that lacks a cell cannot have all its cells printed: the lost one is invented."""
    rows = {}
    for verdict in verdicts:
        rows.setdefault(verdict.key[:2], []).append(verdict)
    for row in rows.values():
        lost = [
            verdict for verdict in row if verdict.expected and verdict.expected.note == "its row lacks a cell"
        ]
        read = [verdict for verdict in row if verdict.given.status in ("printed", "split")]
        standing = [verdict for verdict in row if verdict.expected and verdict.expected.printed]
        if lost and lost[0] in read and len(read) > len(standing):
            lost[0].kind = "invented"


def _tell_swaps(verdicts):
    """Wrong values that are another order of the right ones in the same row, no sum failing, are swaps."""
    rows = {}
    for verdict in verdicts:
        if verdict.kind in ("silent", "invented"):
            rows.setdefault(verdict.key[:2], []).append(verdict)
    for wrong in rows.values():
        given = Counter(verdict.given.value for verdict in wrong)
        right = Counter(verdict.expected.hidden for verdict in wrong)
        if len(wrong) > 1 and given == right and all(verdict.kind == "silent" for verdict in wrong):
            for verdict in wrong:
                verdict.kind = "swap"
