"""What a page does not have, by its reason, and what its data are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..form import load_toml
from ..form.crosswalk import links
from ..form.labels import number
from .words import STATUTORY, Words, runs

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["absences", "editions_of", "state", "why"]

LISTED = 6
"""So many gaps are named; of more their number is told."""

Held = dict[tuple[str, str, int], str]
"""By body, scope and year of every report at hand the edition of its form."""


def editions_of(frame: pd.DataFrame) -> Held:
    """The editions of the reports that a frame of reports or of their cells is of."""
    reports = frame.reindex(columns=["body", "scope", "year", "edition"]).drop_duplicates()
    known = reports.dropna(subset="edition").itertuples(index=False, name=None)
    return {(body, scope, year): edition for body, scope, year, edition in known}


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
        ``not_collected``, ``not_in_form`` (of that report's edition), or ``missing`` in a report that is at
        hand.
    """
    edition = held.get((asked.get("body", ""), asked.get("scope", ""), asked.get("year", 0)))
    if edition is None or not {"table", "row", "column"} <= asked.keys():
        return "not_collected"
    cell = asked["table"], asked["row"], asked["column"]
    return "missing" if cell in links(edition) else "not_in_form"


def state(ds: Dataset, words: Words) -> list[str]:
    """Sentences on what was read: reports, where the values come from, what contradicts what."""
    reports = ds.reports[ds.reports["current"]]
    bodies = words.count("of_bodies", ds.figures["body"].nunique())
    figures = [words("state_figures", n=number(len(ds.figures)), bodies=bodies)] if len(ds.figures) else []
    if not len(reports):
        return [words("state_none"), *figures]
    about = {
        "reports": words.count("of_reports", len(reports)),
        "bodies": words.count("of_bodies", reports["body"].nunique()),
        "span": words.span(reports["year"].min(), reports["year"].max()),
        "full": (reports[list(STATUTORY)] == "complete").all(axis=1).sum(),
    }
    kinds = reports["kind"].astype("str").value_counts().drop("original", errors="ignore")
    told = [words("state_kind", n=n, what=words.of(kind, "kind")) for kind, n in kinds.items()]
    return [
        words.sentence([words("state", **about), *told]),
        _statuses(ds.cells, words),
        _contradictions(ds.findings[ds.findings["report_id"].isin(reports["report_id"])], words),
        *figures,
    ]


def _statuses(cells: pd.DataFrame, words: Words) -> str:
    """How many cells have each status; what does not occur is not told."""
    counts = cells["status"].value_counts(sort=False)
    told = [
        words("state_cell", n=number(n), what=words.of(status, "status")) for status, n in counts.items() if n
    ]
    suspect = int(cells["suspect"].sum())
    doubt = words("state_suspect", n=number(suspect)) if suspect else ""
    return words.sentence([words("state_cells", what=words.list(told)), doubt])


def _contradictions(found: pd.DataFrame, words: Words) -> str:
    """How many findings stand within the reports and between them."""
    between = found["rule"].isin(load_toml("rules.toml").keys())
    fails, warns = found["verdict"] == "fail", found["verdict"] == "warn"
    counts = {"within": fails & ~between, "between": fails & between, "warnings": warns}
    told = [words.count(code, int(lines.sum())) for code, lines in counts.items() if lines.any()]
    return words.sentence(told if fails.any() else [words("no_fails"), *told])


def absences(ds: Dataset, words: Words) -> list[str]:
    """Notes on what is not there: what was never collected, and what the copy at hand does not hold."""
    reports = ds.reports[ds.reports["current"]].dropna(subset="year")
    return [*_uncollected(ds, reports, words), *_partial(ds, reports, words)]


def _uncollected(ds: Dataset, reports: pd.DataFrame, words: Words) -> list[str]:
    """The bodies asked for of which there is nothing, and the years of the others without a report."""
    held = reports.groupby("body", observed=True)["year"].agg(set).to_dict()
    said = set(ds.figures["body"])
    years = set().union(*held.values(), ds.figures["year"].dropna())
    notes: dict[str, list[str]] = {"not_collected": [], "words_only": [], "years_not_collected": []}
    for body in ds.bodies or ():
        if body not in held:
            notes["words_only" if body in said else "not_collected"].append(body)
        elif lacking := years - held[body]:
            gap = words("gap", who=body, y=runs(lacking, words("and")))
            notes["years_not_collected"].append(gap)
    return [words(code, what=_listed(names, words)) for code, names in notes.items() if names]


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
