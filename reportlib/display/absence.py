"""What a page does not have, by its reason, and what its data are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from ..form import load_toml
from ..form.labels import label, number
from .tables import TABLES, runs

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["Words", "absences", "state"]

LISTED = 6
"""So many gaps are named; of more their number is told."""


class Words:
    """The wordings of one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, code: str, **parts: object) -> str:
        return label(code, self.lang, "say").format(**parts)

    def number(self, value: float, unit: str) -> str:
        """A number with its unit, and no more decimals than a reader of prose can use."""
        shown = number(value, unit)
        if unit != "%" and not float(value).is_integer():
            shown = self("rounded", a=f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}")
        return shown.replace("-", "−") + label(unit, self.lang, "unit")

    def signed(self, value: float) -> str:
        """A difference with its sign."""
        return f"{value:+.1f}".replace("-", "−")

    def who(self, body: str, scope: object) -> str:
        """A body and what its figures cover."""
        if not isinstance(scope, str) or not scope:
            return body
        return self("who", body=body, scope=label(scope, self.lang, "scope"))

    def list(self, parts: Iterable[str]) -> str:
        """Words in a row."""
        return self("and").join(parts)

    def sentence(self, clauses: Iterable[str]) -> str:
        """A finished sentence."""
        said = self("comma").join(clause for clause in clauses if clause)
        return said[0].upper() + said[1:] + self("stop")


def state(ds: Dataset, words: Words) -> list[str]:
    """Sentences on what was read: reports, where the values come from, what contradicts what."""
    reports = ds.reports[ds.reports["current"].astype(bool)]
    figures = words("state_figures", n=number(len(ds.figures)), m=ds.figures["body"].nunique())
    if not len(reports):
        return [words("state_none"), figures]
    full = (reports[list(TABLES)] == "complete").all(axis=1).sum()
    about = {"n": len(reports), "m": reports["body"].nunique(), "full": full}
    years = {"y": reports["year"].min(), "z": reports["year"].max()}
    kinds = reports["kind"].astype("str").value_counts().drop("original", errors="ignore")
    told = [words("state_kind", n=n, what=label(str(kind), words.lang, "kind")) for kind, n in kinds.items()]
    return [
        words.sentence([words("state", **about, **years), *told]),
        words("state_cells", suspect=number(ds.cells["suspect"].sum()), **_statuses(ds)),
        _contradictions(ds, reports, words),
        figures,
    ]


def _statuses(ds: Dataset) -> dict[str, str]:
    """How many cells have each status."""
    counts = ds.cells["status"].astype("str").value_counts()
    names = ("printed", "derived", "split", "corrected", "ambiguous")
    return {name: number(counts.get(name, 0)) for name in names}


def _contradictions(ds: Dataset, reports: pd.DataFrame, words: Words) -> str:
    """How many findings stand within the reports and between them."""
    found = ds.findings[ds.findings["report_id"].isin(reports["report_id"])]
    between = found["rule"].isin(load_toml("rules.toml").keys())
    fails, warns = found["verdict"] == "fail", found["verdict"] == "warn"
    counts = {"within": fails & ~between, "between": fails & between, "warns": warns}
    return words("state_findings", **{name: number(lines.sum()) for name, lines in counts.items()})


def absences(ds: Dataset, words: Words) -> list[str]:
    """Notes on what is not there: what was never collected, and what the copy at hand does not hold."""
    reports = ds.reports[ds.reports["current"].astype(bool)].dropna(subset="year")
    return [*_uncollected(ds, reports, words), *_partial(ds, reports, words)]


def _uncollected(ds: Dataset, reports: pd.DataFrame, words: Words) -> list[str]:
    """The bodies asked for of which there is nothing, and the years of the others without a report."""
    held = reports.groupby("body", observed=True)["year"].agg(set).to_dict()
    said = set(ds.figures["body"])
    years = set().union(*held.values(), ds.figures["year"].dropna())
    nothing, gaps = [], []
    for body in ds.bodies or ():
        if body not in held:
            nothing.append(body + (words("words_only") if body in said else ""))
        elif lacking := sorted(years - held[body]):
            gaps.append(words("gap", who=body, y=runs(lacking)))
    notes = []
    for code, names in (("not_collected", nothing), ("years_not_collected", gaps)):
        if names:
            notes.append(words(code, what=_listed(names, words)))
    return notes


def _partial(ds: Dataset, reports: pd.DataFrame, words: Words) -> list[str]:
    """The reports of which the file at hand does not hold all cells."""
    retyped = set(reports.loc[reports["kind"] == "retyped", "report_id"])
    notes: dict[str, list[str]] = {}
    for (report, body, year), found in ds.cells.groupby(["report_id", "body", "year"])["found"]:
        if missing := (found == "missing").sum():
            code = "not_transcribed" if report in retyped else "not_in_file"
            notes.setdefault(code, []).append(words("cells", who=body, y=year, k=missing, n=len(found)))
    return [words(code, what=_listed(told, words)) for code, told in notes.items()]


def _listed(names: list[str], words: Words) -> str:
    more = [words("others", n=len(names) - LISTED)] if len(names) > LISTED else []
    return words.list([*names[:LISTED], *more])
