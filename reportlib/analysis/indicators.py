"""Rates and changes from the catalogue ``form/indicators.toml``, with denominators, intervals and what they
lack.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from .definitions import crossed, crosswalk
from .facts import TABLE, WORDS, facts
from .intervals import wilson

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = [
    "COLUMNS",
    "Indicator",
    "Term",
    "catalogue",
    "cells_of",
    "declared",
    "indicator",
    "indicators",
    "laws",
    "quotient",
]

NUMBERS = ("value", "numerator", "denominator", "low", "high")
KNOWN = ("value", "suspect", "derived")
"""What is to be known of an operand."""
BEFORE = "@-1"
"""What stands behind an operand of the year before."""
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
        """The cell as ``table.row.column``, of the year before with ``@-1``."""
        return ".".join(self.cell) + (BEFORE if self.before else "")

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

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every operand."""
        return self.numerator + self.denominator


def _near(code: str, known: Iterable[str]) -> str | None:
    """A hint at the codes most like one that is not known."""
    near = get_close_matches(code, known, n=3, cutoff=0.5)
    return f"Did you mean {', '.join(near)}?" if near else None


def _term(text: str, code: str) -> Term:
    cell, _, before = text.lstrip("-").partition("@")
    if cell not in _operands():
        raise ReportlibError(
            f"there is no cell {cell}",
            file="form/indicators.toml",
            place=code,
            expected="table.row.column of the newest form, the row being a row or a group of rows",
            hint=_near(cell, _operands()),
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
    usual = {"alternative_of": "", "scope": data["scope"], "defined_by": data["defined_by"]}
    found = {}
    for entry in data["indicators"]:
        code, sides = entry["code"], {}
        for side in ("numerator", "denominator"):
            sides[side] = tuple(_term(cell, code) for cell in entry.get(side, ()))
        found[code] = Indicator(**{**usual, **entry, **sides})
    return found


def indicator(code: str) -> Indicator:
    """The catalogue's entry for a code.

    Raises
    ------
    ReportlibError
        For an unknown code, with the nearest ones.
    """
    known = _catalogue()
    if code not in known:
        hint = _near(code, known) or "rl.catalogue() lists them all."
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
    if not chosen:  # what any has, of none
        return indicators(ds, next(iter(_catalogue())), bodies, years, scope, lang).iloc[:0]
    if bodies is not None or scope is not None:
        ds = ds.select(bodies=bodies, scope=scope)
    asked = [set(given) for given in (years, ds.years) if given is not None]
    terms = {term for one in chosen for term in one.terms}
    if asked and any(term.before for term in terms):
        ds = ds.select(years={before for year in set.union(*asked) for before in (year - 1, year)})
    reports = _reports(ds)
    known = _known(ds, reports, terms)
    lines = pd.concat([_sums(one, reports, known, lang) for one in chosen])
    for given in asked:
        lines = lines[lines["year"].isin(given)]
    return _judged(lines.reset_index(drop=True), lang)[list(COLUMNS)]


def _reports(ds: Dataset) -> pd.DataFrame:
    """The reports that count, each with that of the year before and the edition of the one before it."""
    keys = ["body", "scope", "year"]
    reports = ds.held.dropna(subset="year")[["report_id", *keys, "edition"]].astype({"scope": "str"})
    reports = reports.sort_values(keys, kind="stable", ignore_index=True)
    last = reports.groupby(["body", "scope"], dropna=False)[["report_id", "year", "edition"]].shift()
    follows = reports["year"] - last["year"] == 1
    return reports.assign(before=last["report_id"].where(follows), edition_before=last["edition"])


def _known(ds: Dataset, reports: pd.DataFrame, terms: set[Term]) -> dict[str, pd.DataFrame]:
    """What is known of operands: for each of `KNOWN` a line a report and a column for each key of a term."""
    beside = {term.table for term in terms if term.cell not in links(EDITIONS[-1])}
    found = [_translated(ds.cells, {term.row for term in terms})]
    # Each takes a pass over all cells: only for those who ask for them.
    if beside - {TABLE}:
        parts = ds.groups[["row", "column"]].astype("str")
        found.append(ds.groups.assign(cell=ds.groups["table"].astype("str").str.cat(parts, sep=".")))
    if TABLE in beside:
        found.append(facts(ds))
    cells = pd.concat(found)
    cells = cells.assign(derived=cells["status"] == "derived")
    after = reports.dropna(subset="before").set_index("before")["report_id"]
    last = cells.assign(report_id=cells["report_id"].map(after), cell=cells["cell"] + BEFORE)
    cells = pd.concat([cells, last.dropna(subset="report_id")]).astype(dict.fromkeys(KNOWN, "float"))
    known = {}
    for what in KNOWN:
        grid = cells.pivot(index="report_id", columns="cell", values=what).reindex(reports["report_id"])
        known[what] = grid.reindex(columns=list({term.key for term in terms})).set_axis(reports.index)
    return known


def _translated(cells: pd.DataFrame, rows: set[str]) -> pd.DataFrame:
    """The cells of older editions that are those of some rows of the newest, which give them their names."""
    same = crosswalk().query("relation == 'same'").rename(columns={"to": "cell"})
    same = same[same["cell"].str.split(".").str[1].isin(rows)]
    keys = ["edition", "table", "row", "column"]
    near = cells[cells["row"].isin(same["row"])].astype(dict.fromkeys(keys, "str"))
    return near.merge(same[[*keys, "cell"]], on=keys)


def _sums(one: Indicator, reports: pd.DataFrame, known: dict[str, pd.DataFrame], lang: str) -> pd.DataFrame:
    """The sums of one indicator for all reports, and what is known of their operands."""
    names = {term.key: term.name(lang) for term in one.terms}
    values, suspect, derived = (known[what][list(names)] for what in KNOWN)
    lacks = values.isna().to_numpy()
    between = label("and", lang, "say")
    return reports.assign(
        indicator=one.code,
        unit=one.unit,
        numerator=_total(one.numerator, values),
        denominator=_total(one.denominator, values),
        missing=[between.join(compress(names.values(), line)) for line in lacks],
        suspect=suspect.any(axis=1),
        derived=derived.any(axis=1),
        law=[laws(one.code, year - 1, year) for year in reports["year"]],
        reason=_reason(one, lang),
    )


def _total(terms: Sequence[Term], values: pd.DataFrame) -> Any:
    """The sum of operands; NA where one of them lacks, or there are none."""
    return sum(term.sign * values[term.key] for term in terms) if terms else np.nan


def _reason(one: Indicator, lang: str) -> str:
    """Why what an indicator is made of has no comparable forerunner in an older edition; '' where it has."""
    breaks = [forerunners()[term.cell] for term in one.terms if term.cell in forerunners()]
    reasons = dict.fromkeys(link.zh if lang == "zh" else link.en for link in breaks)
    return label("semicolon", lang, "say").join(reasons)


def _judged(lines: pd.DataFrame, lang: str) -> pd.DataFrame:
    """The lines with their values and intervals, and what is to be thought of them."""
    part, whole = lines["numerator"], lines["denominator"]
    proportion = declared(lines["indicator"], "kind") == "proportion"
    incomplete, undefined = lines["missing"] != "", whole == 0
    # A part larger than its whole, or less than nothing: the operands contradict each other.
    clash = (whole < 0) | proportion & ((part > whole) | (part < 0))
    clash &= ~incomplete & ~undefined
    status = pd.Series("defined", lines.index).mask(clash | lines["suspect"], "suspect")
    status = status.mask(undefined, "undefined").mask(incomplete, "incomplete")
    bounded = proportion & ~clash & ~undefined
    low, high = wilson(part.where(bounded), whole.where(bounded))
    value = quotient(lines).mask(whole <= 0)
    changed = lines["edition_before"].notna() & (lines["edition_before"] != lines["edition"])
    older = changed | (lines["edition"] != EDITIONS[-1])
    notes = [
        lines["reason"].where(older, ""),
        np.where(lines["derived"], label("uses_derived", lang, "say"), ""),
        np.where(clash | (undefined & lines["suspect"]), label("clash", lang, "say"), ""),
    ]
    between = label("semicolon", lang, "say")
    told = [between.join(filter(None, said)) for said in zip(*notes, strict=True)]
    comparable = ~changed | (lines["reason"] == "")
    judged = lines.assign(value=value, low=100 * low, high=100 * high, status=status, note=told)
    return judged.assign(comparable=comparable).astype(dict.fromkeys(NUMBERS, "Float64"))


def declared(codes: pd.Series[str], what: str) -> pd.Series[Any]:
    """What the catalogue says of each of some indicators: a field of `Indicator`."""
    return codes.map(lambda code: getattr(indicator(code), what))


def quotient(sums: pd.DataFrame) -> pd.Series[float]:
    """What indicators are, in their units, for sums of their operands: a frame with the columns
    ``indicator, numerator, denominator``.
    """
    part, whole, kind = sums["numerator"], sums["denominator"], declared(sums["indicator"], "kind")
    per = declared(sums["indicator"], "per").astype("float")
    above = part.mask(kind == "change", part - whole)
    return (per * above / whole).mask(kind == "count", part)


@cache
def laws(code: str, since: int, year: int) -> str:
    """Codes of the legal events between two years that touch an indicator, separated by spaces."""
    return " ".join(event["code"] for event in crossed(cells_of(code), since, year))
