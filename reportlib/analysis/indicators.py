"""Rates and changes from the catalogue ``form/indicators.toml``, with denominators, intervals and what they
lack.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ..errors import ReportlibError
from ..form import EDITIONS, edition, load_toml
from ..form.crosswalk import forerunners, links
from ..form.labels import label, language
from .facts import TABLE, WORDS, facts
from .intervals import wilson

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["COLUMNS", "Indicator", "Term", "catalogue", "indicator", "indicators"]

Array = np.ndarray[Any, Any]
Cell = tuple[str, str, str]

COLUMNS = (
    "body", "year", "scope", "edition", "indicator", "value", "unit", "numerator", "denominator",
    "low", "high", "status", "missing", "comparable", "law", "note", "report_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A cell or group subtotal in a sum: `sign` +1 or -1, `before` if taken from the year before."""

    table: str
    row: str
    column: str
    sign: int = 1
    before: bool = False

    @property
    def cell(self) -> Cell:
        """Table, row (or group) and column."""
        return self.table, self.row, self.column

    def name(self, lang: str) -> str:
        """The cell in words."""
        if self.table == TABLE:
            return label(f"{self.row}.{self.column}", lang, "row")
        parts = [label(self.row, lang, "row", self.table)]
        if (self.table, self.column) != ("requests", "total"):  # the column that everything is of
            form = next((edition for edition in reversed(EDITIONS) if self.cell in links(edition)), "")
            parts.append(label(self.column, lang, "column", self.table, form))
        if self.before:
            parts.insert(0, label("year_before", lang, "text"))
        return label("of", lang, "text").join(parts)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One entry of the catalogue; `kind` decides what is computed (see ``form/indicators.toml``)."""

    code: str
    zh: str
    en: str
    kind: Literal["count", "proportion", "ratio", "change"]
    unit: str
    numerator: tuple[Term, ...]
    denominator: tuple[Term, ...]
    alternative_of: str
    scope: dict[str, str]
    caveat: dict[str, str]
    source: str
    defined_by: dict[str, str]
    per: float = 100

    def value(self, numerator: Array, denominator: Array) -> Array:
        """What the indicator is, in its unit, for these sums of its operands."""
        if self.kind == "count":
            return numerator
        parts = numerator - denominator if self.kind == "change" else numerator
        return self.per * parts / denominator

    @property
    def laws(self) -> list[dict[str, Any]]:
        """The legal events that touch a cell of it and carry a mark."""
        cells = {term.cell for term in self.terms}
        touched = {table for table, _, _ in cells} | {f"{table}.{row}" for table, row, _ in cells}
        return [event for event in _marked() if touched & set(event["touches"])]

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every operand."""
        return self.numerator + self.denominator


@cache
def _marked() -> list[dict[str, Any]]:
    return [event for event in load_toml("events.toml")["events"] if event["mark"]]


def _term(text: str, code: str) -> Term:
    cell, _, before = text.lstrip("-").partition("@")
    if cell not in _operands():
        near = get_close_matches(cell, _operands(), n=3, cutoff=0.5)
        raise ReportlibError(
            f"there is no cell {cell}",
            file="form/indicators.toml",
            place=code,
            expected="table.row.column of the newest form, the row being a row or a group of rows",
            hint=f"Did you mean {', '.join(near)}?" if near else None,
        )
    table, row, column = cell.split(".")
    return Term(table, row, column, -1 if text.startswith("-") else 1, before == "-1")


@cache
def _operands() -> frozenset[str]:
    """Every cell, and every subtotal of a group of rows, that a term may name."""
    cells = {".".join(cell) for cell in links(EDITIONS[-1])}
    for table in edition(EDITIONS[-1]).tables:
        cells |= {f"{table.code}.{g.code}.{c.code}" for g in table.groups for c in table.columns}
    return frozenset(cells | {f"{TABLE}.{row}.{column}" for row, column in WORDS})


@cache
def _catalogue() -> dict[str, Indicator]:
    data = load_toml("indicators.toml")
    usual = {"alternative_of": "", "scope": data["scope"], "defined_by": data["defined_by"]}
    return {entry["code"]: _indicator({**usual, **entry}) for entry in data["indicators"]}


def _indicator(entry: dict[str, Any]) -> Indicator:
    numerator = tuple(_term(cell, entry["code"]) for cell in entry["numerator"])
    denominator = tuple(_term(cell, entry["code"]) for cell in entry.get("denominator", ()))
    return Indicator(**{**entry, "numerator": numerator, "denominator": denominator})


def indicator(code: str) -> Indicator:
    """The catalogue's entry for a code.

    Raises
    ------
    ReportlibError
        For an unknown code, with the nearest ones.
    """
    known = _catalogue()
    if code not in known:
        near = get_close_matches(code, known, n=3, cutoff=0.5)
        hint = f"Did you mean {', '.join(near)}?" if near else "rl.catalogue() lists them all."
        raise ReportlibError(f"unknown indicator {code!r}", hint=hint)
    return known[code]


def catalogue(lang: str | None = None, codes: Iterable[str] | None = None) -> pd.DataFrame:
    """The definitions of the indicators, in words.

    Parameters
    ----------
    lang
        ``zh`` or ``en``; None: the one that is set.
    codes
        Only these; None: all.

    Returns
    -------
    DataFrame
        ``indicator`` (code), ``name``, ``kind``, ``unit``, ``numerator``, ``denominator``, ``scope``,
        ``alternative_of`` (code or ''), ``caveat``, ``source`` (of the cells), ``defined_by`` (who defines
        the rate so); all strings.
    """

    lang = language(lang)

    def words(terms: Sequence[Term]) -> str:
        signs = "".join(f"{' + ' if term.sign > 0 else ' − '}{term.name(lang)}" for term in terms)
        return signs.removeprefix(" + ")

    return pd.DataFrame(
        [
            {
                "indicator": one.code,
                "name": one.zh if lang == "zh" else one.en,
                "kind": label(one.kind, lang, "kind"),
                "unit": label(one.unit, lang, "unit").strip() or one.unit,
                "numerator": words(one.numerator),
                "denominator": words(one.denominator),
                "scope": one.scope[lang],
                "alternative_of": one.alternative_of,
                "caveat": one.caveat[lang],
                "source": one.source,
                "defined_by": one.defined_by[lang],
            }
            for one in (_catalogue().values() if codes is None else map(indicator, codes))
        ]
    )


def indicators(
    ds: Dataset,
    codes: str | Iterable[str],
    bodies: str | Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    scope: str | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Compute indicators for the reports of a dataset.

    Parameters
    ----------
    ds
        The dataset.
    codes
        Codes of the catalogue, e.g. ``correction_rate_decided``; `catalogue` lists them.
    bodies, years, scope
        Only these bodies (names), years and scope (``own`` or ``region``); None: all.
    lang
        Language of `missing` and `note`; None: the one that is set.

    Returns
    -------
    DataFrame
        A line for each indicator and report, in the order of `codes`, then body, scope, year: ``body``;
        ``year`` Int64; ``scope``; ``edition``; ``indicator``; ``value`` Float64 in ``unit`` (% means per
        hundred), NA unless the status is defined or suspect; ``numerator``, ``denominator`` Float64; ``low``,
        ``high`` Float64, Wilson's 95 % interval in the same unit, for proportions only; ``status``
        (``defined``, ``undefined``: the denominator is 0, ``incomplete``: an operand is missing, ``suspect``:
        an operand takes part in an identity that fails, or the operands contradict each other); ``missing``:
        the operands that lack; ``comparable`` bool: whether the point may be joined to the one before it in
        its series; ``law``: codes of the legal events of the year that touch an operand and
        carry a mark (see `events`), separated by spaces; ``note``; ``report_id``.

    Raises
    ------
    ReportlibError
        For an unknown indicator or body, with the nearest names.
    """
    lang = language(lang)
    chosen = [indicator(code) for code in ([codes] if isinstance(codes, str) else codes)]
    if bodies is not None or scope is not None:
        ds = ds.select(bodies=bodies, scope=scope)
    return _computed(ds, chosen, _wanted(ds, years), lang)


def _computed(ds: Dataset, chosen: list[Indicator], wanted: set[int] | None, lang: str) -> pd.DataFrame:
    """Some indicators for all reports of the dataset that are of the years wanted."""
    terms = {term for one in chosen for term in one.terms}
    if wanted is not None and any(term.before for term in terms):
        ds = ds.select(years=wanted | {year - 1 for year in wanted})
    reports = _reports(ds)
    operands = _Operands(ds, reports, terms)
    frame = pd.concat([_compute(one, reports, operands, lang) for one in chosen], ignore_index=True)
    return frame if wanted is None else frame[frame["year"].isin(wanted)].reset_index(drop=True)


def _wanted(ds: Dataset, years: Iterable[int] | None) -> set[int] | None:
    """The years that are asked for and selected; None: all."""
    if years is None or ds.years is None:
        given = years if ds.years is None else ds.years
        return None if given is None else set(given)
    return set(years) & set(ds.years)


def _reports(ds: Dataset) -> pd.DataFrame:
    """The reports that count, by body, scope and year; `before` is the year before's report, '' if none."""
    text = ["report_id", "body", "scope", "edition"]
    reports = ds.reports.loc[ds.reports["current"].astype(bool), [*text, "year"]].astype(
        dict.fromkeys(text, "str")
    )
    reports = reports.dropna(subset="year").sort_values(
        ["body", "scope", "year"], kind="stable", ignore_index=True
    )
    keys = list(zip(reports["body"], reports["scope"], reports["year"], strict=True))
    of = dict(zip(keys, reports["report_id"], strict=True))
    return reports.assign(before=[of.get((body, scope, year - 1), "") for body, scope, year in keys])


class _Operands:
    """The operands of all reports, a line for each report and a column for each cell.

    Cells go by their codes in the newest edition; those of an older one are translated by the crosswalk.
    """

    def __init__(self, ds: Dataset, reports: pd.DataFrame, terms: set[Term]) -> None:
        self.reports = reports
        self.cells = sorted({".".join(term.cell) for term in terms})
        frames = [ds.cells]
        if not {term.row for term in terms} <= set(ds.cells["row"].astype("str")):
            frames.append(ds.groups)  # a pass over all cells: only for those who ask for subtotals
        if any(term.table == TABLE for term in terms):
            frames.append(facts(ds))
        found = pd.concat([self._found(frame) for frame in frames]).set_index(["report_id", "cell"])
        self.value = self._wide(found["value"].astype(float), np.nan)
        self.suspect = self._wide(found["suspect"].astype(bool), False)
        self.derived = self._wide(found["status"] == "derived", False)

    def _found(self, frame: pd.DataFrame) -> pd.DataFrame:
        new = {f"{edition}.{cell}": cell for edition in EDITIONS for cell in self.cells}
        new |= {old: cell for old, cell in _renamed().items() if cell in self.cells}
        for place, name in ((2, "row"), (3, "column")):
            frame = frame[frame[name].isin({key.split(".")[place] for key in new})]
        keys = (frame[name].astype("str") for name in ("edition", "table", "row", "column"))
        cell = pd.Series(
            [new.get(".".join(key)) for key in zip(*keys, strict=True)], frame.index, dtype="object"
        )
        columns = frame[["report_id", "value", "suspect"]].assign(
            status=frame["status"].astype("str"), cell=cell
        )
        return columns[cell.notna() & frame["report_id"].isin(self.reports["report_id"])]

    def _wide(self, found: pd.Series[Any], absent: Any) -> pd.DataFrame:
        lines = pd.Index([*self.reports["report_id"], ""])
        wide = found.unstack("cell", fill_value=absent)
        return wide.reindex(index=lines, columns=self.cells, fill_value=absent)

    def of(self, what: pd.DataFrame, term: Term) -> Array:
        """A term's column of `value`, `suspect` or `derived`; for a term of the year before, that year's."""
        lines = self.reports["before" if term.before else "report_id"]
        return np.asarray(what.loc[lines, ".".join(term.cell)])

    def any_of(self, what: pd.DataFrame, one: Indicator) -> Array:
        """Whether `what` holds of any operand of an indicator, report by report."""
        return np.asarray(np.any([self.of(what, term) for term in one.terms], axis=0))


@cache
def _renamed() -> dict[str, str]:
    """edition.cell -> the cell of the newest edition that it is the same as."""
    return {
        ".".join((edition, *cell)): ".".join(link.to[0])
        for edition in EDITIONS
        for cell, link in links(edition).items()
        if link.relation == "same"
    }


def _compute(one: Indicator, reports: pd.DataFrame, operands: _Operands, lang: str) -> pd.DataFrame:
    """One indicator for all reports."""
    values = np.array([operands.of(operands.value, term) for term in one.terms])
    signed = values * np.array([[term.sign] for term in one.terms])
    above = len(one.numerator)
    numerator = signed[:above].sum(axis=0)
    denominator = signed[above:].sum(axis=0) if one.denominator else np.full(len(reports), np.nan)
    lacks = np.isnan(values)
    incomplete = lacks.any(axis=0)
    undefined = (denominator == 0) & ~incomplete
    clash = _clash(one, numerator, denominator) & ~incomplete & ~undefined
    suspect = clash | operands.any_of(operands.suspect, one)
    derived = operands.any_of(operands.derived, one)
    joined, notes = _comparable(one, reports, lang)
    for code, holds in (("uses_derived", derived), ("clash", clash)):
        said = label(code, lang, "text")
        notes = [[*note, said] if held else note for note, held in zip(notes, holds, strict=True)]
    numbers = _numbers(one, numerator, denominator, clash)
    return reports.assign(
        indicator=one.code,
        unit=one.unit,
        status=np.select([incomplete, undefined, suspect], ["incomplete", "undefined", "suspect"], "defined"),
        missing=_missing(one, lacks, lang),
        comparable=joined,
        law=_laws(one, reports["year"]),
        note=[label("stop", lang, "text").join(note) for note in notes],
        **numbers,
    )[list(COLUMNS)]


def _clash(one: Indicator, numerator: Array, denominator: Array) -> Array:
    """Where the operands contradict each other: a part larger than its whole, or less than nothing."""
    clash = denominator < 0
    if one.kind == "proportion":
        clash |= (numerator > denominator) | (numerator < 0)
    return np.asarray(clash)


def _numbers(
    one: Indicator, numerator: Array, denominator: Array, clash: Array
) -> dict[str, pd.api.extensions.ExtensionArray]:
    """The columns of numbers; what is not finite is NA."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = one.value(numerator, denominator)
        low, high = wilson(numerator, denominator)
    bounded = (one.kind == "proportion") & ~clash
    columns = {
        "value": np.where(denominator < 0, np.nan, value),
        "numerator": numerator,
        "denominator": denominator,
        "low": np.where(bounded, one.per * low, np.nan),
        "high": np.where(bounded, one.per * high, np.nan),
    }
    finite = {name: np.where(np.isfinite(line), line, np.nan) for name, line in columns.items()}
    return {name: pd.array(line, "Float64") for name, line in finite.items()}


def _missing(one: Indicator, lacks: Array, lang: str) -> list[str]:
    """For each report the operands that lack, in words."""
    names = np.array([term.name(lang) for term in one.terms], dtype=object)
    return [label("and", lang, "say").join(names[line]) for line in lacks.T]


def _laws(one: Indicator, years: pd.Series[int]) -> list[str]:
    """For each report the codes of the legal events of its year that touch the indicator."""
    events: defaultdict[int, list[str]] = defaultdict(list)
    for event in one.laws:
        events[event["date"].year].append(event["code"])
    return [" ".join(events[year]) for year in years]


def _comparable(one: Indicator, reports: pd.DataFrame, lang: str) -> tuple[list[bool], list[list[str]]]:
    """Whether each point may be joined to the one before it in its series, and what the edition does to
    it.
    """
    breaks = [forerunners()[term.cell] for term in one.terms if term.cell in forerunners()]
    reason = list(dict.fromkeys(link.zh if lang == "zh" else link.en for link in breaks))
    series = reports["body"] + "\n" + reports["scope"]
    changed = (series == series.shift()) & (reports["edition"] != reports["edition"].shift()) & bool(reason)
    told = changed | (reports["edition"] != EDITIONS[-1])
    return (~changed).tolist(), [reason if line else [] for line in told]
