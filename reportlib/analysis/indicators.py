"""Rates and changes from the catalogue ``form/indicators.toml``, with denominators, intervals and what they
lack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import compress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from ..errors import ReportlibError
from ..form import EDITIONS, CellKey, edition, load_toml
from ..form.crosswalk import forerunners, links
from ..form.labels import label, language
from .definitions import touching
from .facts import TABLE, WORDS, facts
from .intervals import wilson

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["COLUMNS", "Indicator", "Term", "catalogue", "cells_of", "indicator", "indicators"]

Array = np.ndarray[Any, Any]

COLUMNS = (
    "body", "year", "scope", "edition", "indicator", "value", "unit", "numerator", "denominator",
    "low", "high", "status", "missing", "comparable", "law", "note", "report_id",
)  # fmt: skip


class Term(NamedTuple):
    """A cell or group subtotal in a sum: `sign` +1 or -1, `before` if taken from the year before."""

    table: str
    row: str
    column: str
    sign: int = 1
    before: bool = False

    @property
    def cell(self) -> CellKey:
        """Table, row (or group) and column."""
        return self.table, self.row, self.column

    @property
    def key(self) -> str:
        """The cell as ``table.row.column``."""
        return ".".join(self.cell)

    def name(self, lang: str) -> str:
        """The cell in words."""
        if self.table == TABLE:
            return label(f"{self.row}.{self.column}", lang, "row")
        parts = [label(self.row, lang, "row", self.table)]
        if (self.table, self.column) != ("requests", "total"):  # the column that everything is of
            parts.append(label(self.column, lang, "column", self.table))
        if self.before:
            parts.insert(0, label("year_before", lang, "say"))
        return label("dot", lang, "say").join(parts)


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
    def terms(self) -> tuple[Term, ...]:
        """Every operand."""
        return self.numerator + self.denominator


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
    cells = [*links(EDITIONS[-1]), *((TABLE, *word) for word in WORDS)]
    for table in edition(EDITIONS[-1]).tables:
        cells += [(table.code, group.code, column.code) for group in table.groups for column in table.columns]
    return frozenset(map(".".join, cells))


@cache
def _catalogue() -> dict[str, Indicator]:
    data = load_toml("indicators.toml")
    usual = {
        "alternative_of": "",
        "denominator": [],
        "scope": data["scope"],
        "defined_by": data["defined_by"],
    }
    return {entry["code"]: _indicator({**usual, **entry}) for entry in data["indicators"]}


def _indicator(entry: dict[str, Any]) -> Indicator:
    code = entry["code"]
    sides = {side: tuple(_term(cell, code) for cell in entry[side]) for side in ("numerator", "denominator")}
    return Indicator(**{**entry, **sides})


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


@cache
def cells_of(code: str) -> frozenset[CellKey]:
    """The cells that an indicator, a figure in words or a cell itself (``table.row.column``) is made of.

    Raises
    ------
    ReportlibError
        For an unknown code, with the nearest ones.
    """
    figures = load_toml("figures.toml")
    if "." in code or code in figures:
        keys = figures[code]["equals"] if code in figures else [code]
        return frozenset(tuple(key.split(".")) for key in keys)
    return frozenset(term.cell for term in indicator(code).terms)


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
    wanted = _catalogue().values() if codes is None else map(indicator, codes)
    return pd.DataFrame([_defined(one, lang) for one in wanted])


def _defined(one: Indicator, lang: str) -> dict[str, str]:
    """One definition in words."""
    return {
        "indicator": one.code,
        "name": label(one.code, lang, "indicator"),
        "kind": label(one.kind, lang, "kind"),
        "unit": label(one.unit, lang, "unit_name"),
        "numerator": _sum(one.numerator, lang),
        "denominator": _sum(one.denominator, lang),
        "scope": one.scope[lang],
        "alternative_of": one.alternative_of,
        "caveat": one.caveat[lang],
        "source": label(one.source, lang, "source"),
        "defined_by": one.defined_by[lang],
    }


def _sum(terms: Sequence[Term], lang: str) -> str:
    """Operands in words, with their signs between them."""
    signed = "".join(f"{' + ' if term.sign > 0 else ' − '}{term.name(lang)}" for term in terms)
    return signed.removeprefix(" + ")


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
    asked = [set(given) for given in (years, ds.years) if given is not None]
    terms = {term for one in chosen for term in one.terms}
    if asked and any(term.before for term in terms):
        ds = ds.select(years={before for year in set.union(*asked) for before in (year - 1, year)})
    operands = _Operands(ds, terms)
    frame = pd.concat([_compute(one, operands, lang) for one in chosen], ignore_index=True)
    for given in asked:
        frame = frame[frame["year"].isin(given)]
    return frame.reset_index(drop=True)


class _Operands:
    """The reports that count, by body, scope and year, and what is known of the operands of each.

    Cells go by their codes in the newest edition; those of an older one are translated by the crosswalk.
    """

    def __init__(self, ds: Dataset, terms: set[Term]) -> None:
        reports = ds.held.dropna(subset="year").astype({"scope": "str"})
        reports = reports[["report_id", "body", "scope", "edition", "year"]]
        reports = reports.sort_values(["body", "scope", "year"], kind="stable", ignore_index=True)
        keys = ["body", "scope", "year"]
        last = reports[[*keys, "report_id"]].assign(year=reports["year"] + 1)
        self.reports = reports.merge(last, how="left", on=keys, suffixes=("", "_before"))
        cells = {term.cell for term in terms}
        frames = [ds.cells]
        # Each takes a pass over all cells: only for those who ask for them.
        unlisted = {table for table, row, column in cells - links(EDITIONS[-1]).keys()}
        if unlisted - {TABLE}:
            frames.append(ds.groups)
        if TABLE in unlisted:
            frames.append(facts(ds))
        lookup = _lookup(cells)
        found = pd.concat([_found(frame, lookup) for frame in frames])
        self.wide = {
            what: found.pivot(index="report_id", columns="cell", values=what)
            for what in ("value", "suspect", "derived")
        }

    def of(self, what: str, terms: Sequence[Term]) -> Array:
        """`value`, `suspect` or `derived` of operands: a line for each term, a column for each report."""
        lines = []
        for term in terms:
            ids = self.reports["report_id_before" if term.before else "report_id"]
            lines.append(
                self.wide[what].reindex(index=ids, columns=[term.key])[term.key].to_numpy(dtype=float)
            )
        return np.array(lines)


def _lookup(cells: set[CellKey]) -> pd.DataFrame:
    """Where each of these cells stands in each edition; a subtotal, which no edition lists, has one name."""
    unlisted = {cell: cell for cell in cells - links(EDITIONS[-1]).keys()}
    lines = []
    for code in EDITIONS:
        same = {link.to[0]: old for old, link in links(code).items() if link.relation == "same"}
        lines += [(code, *old, ".".join(new)) for new, old in {**same, **unlisted}.items() if new in cells]
    return pd.DataFrame(lines, columns=["edition", "table", "row", "column", "cell"])


def _found(frame: pd.DataFrame, lookup: pd.DataFrame) -> pd.DataFrame:
    """The lines of a frame of cells that the lookup names."""
    codes = ["edition", "table", "row", "column"]
    near = frame[frame["row"].isin(lookup["row"])].astype(dict.fromkeys(codes, "str"))
    found = near.assign(derived=near["status"] == "derived").merge(lookup, on=codes)
    numbers = dict.fromkeys(["value", "suspect", "derived"], "float")
    return found[["report_id", "cell", *numbers]].astype(numbers)


def _compute(one: Indicator, operands: _Operands, lang: str) -> pd.DataFrame:
    """One indicator for all reports."""
    reports = operands.reports
    values = operands.of("value", one.terms)
    signed = values * np.array([[term.sign] for term in one.terms])
    above = len(one.numerator)
    numerator = signed[:above].sum(axis=0)
    denominator = signed[above:].sum(axis=0) if one.denominator else np.full(len(reports), np.nan)
    lacks = np.isnan(values)
    incomplete = lacks.any(axis=0)
    undefined = (denominator == 0) & ~incomplete
    clash = _clash(one, numerator, denominator) & ~incomplete & ~undefined
    suspect = clash | (operands.of("suspect", one.terms) > 0).any(axis=0)
    derived = (operands.of("derived", one.terms) > 0).any(axis=0)
    comparable, older = _comparable(one, reports)
    notes = {
        **dict.fromkeys(_reasons(one, lang), older),
        label("uses_derived", lang, "say"): derived,
        label("clash", lang, "say"): clash,
    }
    missing = {term.name(lang): line for term, line in zip(one.terms, lacks, strict=True)}
    laws = {law["code"]: reports["year"] == law["date"].year for law in touching(t.cell for t in one.terms)}
    return reports.assign(
        indicator=one.code,
        unit=one.unit,
        status=np.select([incomplete, undefined, suspect], ["incomplete", "undefined", "suspect"], "defined"),
        missing=_told(missing, reports, label("and", lang, "say")),
        comparable=comparable,
        law=_told(laws, reports, " "),
        note=_told(notes, reports, label("semicolon", lang, "say")),
        **_numbers(one, numerator, denominator, clash),
    )[list(COLUMNS)]


def _clash(one: Indicator, numerator: Array, denominator: Array) -> Array:
    """Where the operands contradict each other: a part larger than its whole, or less than nothing."""
    clash = denominator < 0
    if one.kind == "proportion":
        clash |= (numerator > denominator) | (numerator < 0)
    return np.asarray(clash)


def _numbers(one: Indicator, numerator: Array, denominator: Array, clash: Array) -> dict[str, Any]:
    """The columns of numbers; what is not finite is NA."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(denominator < 0, np.nan, one.value(numerator, denominator))
        low, high = wilson(numerator, denominator)
    bounded = (one.kind == "proportion") & ~clash
    columns = {
        "value": value,
        "numerator": numerator,
        "denominator": denominator,
        "low": np.where(bounded, one.per * low, np.nan),
        "high": np.where(bounded, one.per * high, np.nan),
    }
    finite = {name: np.where(np.isfinite(line), line, np.nan) for name, line in columns.items()}
    return {name: pd.array(line, "Float64") for name, line in finite.items()}


def _told(said: Mapping[str, Any], reports: pd.DataFrame, between: str) -> list[str]:
    """For each report the texts that hold of it, in one."""
    holds = pd.DataFrame(said, index=reports.index).to_numpy(dtype=bool)
    return [between.join(compress(said, line)) for line in holds]


def _comparable(one: Indicator, reports: pd.DataFrame) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Whether each point may be joined to the one before it, and where the form's revision bears on it."""
    before = reports.groupby(["body", "scope"], dropna=False)["edition"].shift()
    changed = before.notna() & (before != reports["edition"]) & bool(_reasons(one, "en"))
    return ~changed, changed | (reports["edition"] != EDITIONS[-1])


def _reasons(one: Indicator, lang: str) -> list[str]:
    """Why what an indicator is made of has no comparable forerunner in an older edition."""
    breaks = [forerunners()[term.cell] for term in one.terms if term.cell in forerunners()]
    return [link.zh if lang == "zh" else link.en for link in breaks]
