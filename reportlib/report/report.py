"""Report: the figures of one report, cell by cell, and what the checks say of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from ..form import CellKey
from ..reading.document import Box, Paragraph, Route, pack

if TYPE_CHECKING:  # it takes as long to import as all else; who asks for no frame does without
    import pandas as pd

__all__ = ["Correction", "Finding", "FormCell", "Report", "Source", "Stated", "TableState", "Verdict"]

Found = Literal["number", "blank", "dash", "run_together", "unreadable", "missing"]
Status = Literal["printed", "split", "derived", "corrected", "ambiguous", "none"]
Verdict = Literal["pass", "fail", "warn", "not_assessable"]
TableState = Literal["complete", "partial", "blank", "not_read", "absent"]


class FormCell(NamedTuple):
    """One cell of the form: what stands there (`found`, `printed`, `where`) and where `value` comes from
    (`status`).

    `printed` is the text as it stands, '' when blank, None when the document does not have the cell.
    """

    table: str
    row: str
    column: str
    value: float | None
    found: Found
    status: Status
    printed: str | None
    where: str
    suspect: bool = False
    proved: bool = False
    box: Box | None = None

    @property
    def key(self) -> CellKey:
        """Which cell of the form it is."""
        return self.table, self.row, self.column


class Finding(NamedTuple):
    """Something that whoever uses the figures must know, with its place.

    `row` and `column` are '' where the finding is of a whole line or table; `left` and `right`
    are the two sides of a comparison, None where there is none. What else its sentence needs
    (`form.findings.sentence`) are the `parts`, as JSON.
    """

    rule: str
    verdict: Verdict
    table: str = ""
    row: str = ""
    column: str = ""
    left: float | None = None
    right: float | None = None
    where: str = ""
    parts: str = ""

    @classmethod
    def of(
        cls,
        rule: str,
        verdict: Verdict,
        table: str = "",
        row: str = "",
        column: str = "",
        left: float | None = None,
        right: float | None = None,
        where: str = "",
        **parts: Any,
    ) -> Finding:
        """A finding with its parts by name."""
        return cls(rule, verdict, table, row, column, left, right, where, pack(parts))


class Correction(NamedTuple):
    """A declared correction of one cell; `store.corrections` says what the fields hold."""

    body: str
    year: int
    scope: str
    table: str
    row: str
    column: str
    action: Literal["override", "drop", "flag"]
    expected: str
    value: float | None
    reason: str
    who: str
    status: str

    @property
    def report(self) -> tuple[str, int, str]:
        """Body, year and scope of the report."""
        return self[:3]

    @property
    def place(self) -> str:
        """The cell, for people."""
        return f"{self.body} {self.year} {self.scope} {self.table}.{self.row}.{self.column}"


class Stated(NamedTuple):
    """A figure that the text states in words.

    `indicator` is a code of ``form/figures.toml``; `precision` is exact, rounded, at_least or
    stated_none; `scope` is own or region where the sentence says so, else ''.
    """

    indicator: str
    value: float
    precision: str
    scope: str
    sentence: str
    where: str


class Source(NamedTuple):
    """Where a report was read from, and how: `format` as in `Document`, `route` text, ocr or mixed."""

    file: str
    sha256: str
    format: str
    route: Route


@dataclass(frozen=True)
class Report:
    """One report, of one body and one year.

    Attributes
    ----------
    body, year
        Whose report it is; '' and None where neither the caller nor the document says.
    edition
        Code of the edition of the form that the tables follow, read off the tables.
    scope
        ``own`` (the body itself), ``region`` (the whole region) or '' (not known).
    cell_list
        Every cell of the edition's tables that the document contains, in the order of the form.
    finding_list
        What was found, failed identities first.
    passes
        How many times each rule gave the verdict ``pass``, of which there is no finding.
    tables
        For each table: ``complete``, ``partial`` (cells are missing), ``blank`` (every cell is
        there and empty), ``not_read`` (labels without cells) or ``absent``.
    narrative
        The running text, paragraph by paragraph.
    source
        File, sha256, format and route.
    date_published
        ISO date, or '' where the document does not give one.
    title
        The title as it stands.
    stated
        The figures that the text states in words.
    consolidates
        Whether the text says that the report adds up those of other bodies.
    """

    body: str
    year: int | None
    edition: str
    scope: str
    cell_list: tuple[FormCell, ...]
    finding_list: tuple[Finding, ...]
    passes: dict[str, int]
    tables: dict[str, TableState]
    narrative: tuple[Paragraph, ...]
    source: Source
    date_published: str = ""
    title: str = ""
    stated: tuple[Stated, ...] = ()
    consolidates: bool = False

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Frame with a line for every cell.

        Returns
        -------
        DataFrame
            ``table, row, column`` codes; ``value`` Float64; ``found``, ``status``, ``printed``
            (NA when missing, '' when blank), ``where`` strings; ``suspect``, ``proved`` bool.
        """
        return _frame(
            (cell[:-1] for cell in self.cell_list),
            FormCell._fields[:-1],
            value="Float64",
            suspect="bool",
            proved="bool",
        )

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Frame with a line for every finding.

        Returns
        -------
        DataFrame
            ``rule, verdict, table, row, column, where, parts`` strings; ``left, right`` Float64.
        """
        return _frame(self.finding_list, Finding._fields, left="Float64", right="Float64")

    @cached_property
    def checks(self) -> pd.DataFrame:
        """Frame indexed by rule: how often it gave ``pass, fail, warn, not_assessable`` (Int64)."""
        import pandas as pd

        counts = Counter({(rule, "pass"): number for rule, number in self.passes.items()})
        counts.update((finding.rule, finding.verdict) for finding in self.finding_list)
        rules = pd.Index(sorted({rule for rule, _ in counts}), name="rule", dtype="str")
        verdicts = get_args(Verdict)
        return pd.DataFrame({v: [counts[rule, v] for rule in rules] for v in verdicts}, rules, dtype="Int64")

    @property
    def failed(self) -> bool:
        """Whether any identity fails."""
        return any(finding.verdict == "fail" for finding in self.finding_list)


def _frame(records: Iterable[tuple[object, ...]], columns: tuple[str, ...], **kinds: Any) -> pd.DataFrame:
    """Records as a frame of strings, but for the columns of other kinds."""
    import pandas as pd

    # Built from arrays: a frame from rows costs several milliseconds more, one from series twice as much.
    lines = list(zip(*records, strict=True)) or [()] * len(columns)
    return pd.DataFrame(
        {
            name: pd.array(values, dtype=kinds.get(name, "str"))
            for name, values in zip(columns, lines, strict=True)
        }
    )
