"""What a page does not have, by its reason, and what its data are made of."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..form import edition as form
from ..form import load_toml
from ..form.labels import number
from .words import STATUTORY, Words, runs

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["absences", "editions_of", "state", "why"]

LISTED = 6
"""So many gaps are named; of more their number is told."""

Held = Mapping[Hashable, str]
"""By body, scope and year of every report at hand the edition of its form."""


def editions_of(frame: pd.DataFrame) -> Held:
    """The editions of the reports that a frame of reports or of their cells is of."""
    keys = ["body", "scope", "year"]
    reports = frame.reindex(columns=[*keys, "edition"]).drop_duplicates().dropna(subset="edition")
    return reports.set_index(keys)["edition"].to_dict()


def why(asked: Mapping[Any, Any], held: Held) -> str:
    """Why a frame has no line for a cell.

    Parameters
    ----------
    asked
        ``body, scope, year``, and ``table, row, column`` of a cell of the form.
    held
        The reports at hand.

    Returns
    -------
    str
        ``not_collected``; of a report that is at hand ``not_in_form`` (of its edition) or ``missing`` for a
        cell, ``not_stated`` for a figure in words.
    """
    edition = held.get((asked.get("body", ""), asked.get("scope", ""), asked.get("year", 0)))
    if edition is None:
        return "not_collected"
    if not {"table", "row", "column"} <= asked.keys():
        return "not_stated"
    usual = form(edition).table(asked["table"]).keys()
    return "missing" if (asked["row"], asked["column"]) in usual else "not_in_form"


def state(ds: Dataset, words: Words) -> list[str]:
    """Sentences on what was read: reports, where the values come from, what contradicts what."""
    reports = ds.held
    findings = ds.current(ds.findings)  # those of figures in words, too, which have no report
    told = [words("state_none")]
    if len(reports):
        told = [_reports(reports, words), _statuses(ds.cells, words)]
    if len(reports) or len(findings):
        told.append(_contradictions(findings, words))
    if len(ds.figures):
        bodies = words.count("of_bodies", ds.figures["body"].nunique())
        told.append(words("state_figures", n=number(len(ds.figures)), bodies=bodies))
    return told


def _reports(reports: pd.DataFrame, words: Words) -> str:
    """How many reports there are, of how many bodies and which years, and what kind of files they are."""
    about = {
        "reports": words.count("of_reports", len(reports)),
        "bodies": words.count("of_bodies", reports["body"].nunique()),
        "span": words.span(reports["year"].min(), reports["year"].max()),
    }
    whole = (reports[list(STATUTORY)] == "complete").all(axis=1)
    said = [words("state", full=whole.sum(), **about)]
    for kind, n in reports["kind"].value_counts().items():
        if kind != "original":
            said.append(words("state_kind", n=n, what=words.of(kind, "kind")))
    return words.sentence(said)


def _statuses(cells: pd.DataFrame, words: Words) -> str:
    """How many cells have each status; what does not occur is not told."""
    told = []
    for status, n in cells["status"].value_counts(sort=False).items():
        if n:
            told.append(words("state_cell", n=number(n), what=words.of(status, "status")))
    said = [words("state_cells", what=words.list(told))]
    if suspect := cells["suspect"].sum():
        said.append(words("state_suspect", n=number(suspect)))
    return words.sentence(said)


def _contradictions(found: pd.DataFrame, words: Words) -> str:
    """How many findings stand within the reports and between them."""
    fails = found.loc[found["verdict"] == "fail", "rule"]
    between = fails.isin(load_toml("rules.toml").keys()).sum()
    warnings = (found["verdict"] == "warn").sum()
    counts = {"within": len(fails) - between, "between": between, "warnings": warnings}
    told = [words.count(code, n) for code, n in counts.items() if n]
    return words.sentence(told if len(fails) else [words("no_fails"), *told])


def absences(ds: Dataset, words: Words) -> list[str]:
    """Notes on what is not there: what was never collected, and what the copy at hand does not hold."""
    reports = ds.held.dropna(subset="year")
    return [*_uncollected(ds, reports, words), *_partial(ds, reports, words)]


def _uncollected(ds: Dataset, reports: pd.DataFrame, words: Words) -> list[str]:
    """The bodies asked for of which there is nothing, and the years of the others without a report."""
    years = {*reports["year"], *ds.figures["year"].dropna()}
    notes: dict[str, list[str]] = {"not_collected": [], "words_only": [], "years_not_collected": []}
    for body in ds.bodies or ():
        held = set(reports.loc[reports["body"] == body, "year"])
        if not held:
            said = (ds.figures["body"] == body).any()
            notes["words_only" if said else "not_collected"].append(body)
        elif lacking := years - held:
            gap = words("gap", who=body, y=runs(lacking, words("and")))
            notes["years_not_collected"].append(gap)
    return _listed(notes, "other_bodies", words)


def _partial(ds: Dataset, reports: pd.DataFrame, words: Words) -> list[str]:
    """The reports of which the file at hand does not hold all cells."""
    kinds = dict(reports[["report_id", "kind"]].itertuples(index=False, name=None))
    notes: dict[str, list[str]] = {}
    for (report, body, year), found in ds.cells.groupby(["report_id", "body", "year"])["found"]:
        if missing := (found == "missing").sum():
            code = "not_transcribed" if kinds[report] == "retyped" else "not_in_file"
            notes.setdefault(code, []).append(words("cells", who=body, y=year, k=missing, n=len(found)))
    return _listed(notes, "other_reports", words)


def _listed(notes: Mapping[str, list[str]], others: str, words: Words) -> list[str]:
    """The notes that have anything to name, each with its first names and how many more there are."""
    said = []
    for code, names in notes.items():
        shown = names[:LISTED]
        if len(names) > LISTED:
            shown.append(words(others, n=len(names) - LISTED))
        if names:
            said.append(words(code, what=words.list(shown)))
    return said
