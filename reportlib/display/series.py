"""From a dataset to the series that sentences are written from: what is usable, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from ..analysis.indicators import Term, indicator, indicators
from ..form import load_toml
from ..form.labels import label
from .absence import Words

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["Line", "Series", "cells_of", "name_of", "series_of", "stated", "terms"]

COLUMNS = [
    "body", "scope", "year", "value", "unit", "numerator", "denominator", "low", "high", "status", "suspect",
    "precision", "comparable", "report_id",
]  # fmt: skip
Line = dict[Any, Any]
"""A line of a frame; None is what is not known."""


class Series(NamedTuple):
    """The usable figures of one body and scope, by year, and the years whose figures were left out."""

    who: str
    what: str
    code: str
    unit: str
    points: list[Line]
    left_out: list[int]

    @property
    def named(self) -> dict[str, object]:
        """What its sentence is about."""
        return {"who": self.who, "what": self.what, "y": self.points[-1]["year"]}


def series_of(ds: Dataset, code: str, words: Words) -> list[Series]:
    """The usable figures of one measure, a series for each body and scope that has any."""
    lines = ds.figures[ds.figures["indicator"] == code] if stated(code) else indicators(ds, code)
    frame = lines.reindex(columns=COLUMNS).dropna(subset=["value", "year"])
    frame = frame.assign(pending=frame["report_id"].map(_pending(ds, code)))
    frame = frame.astype("object").where(frame.notna(), None).sort_values("year", kind="stable")
    what = name_of(code, words.lang)
    series = []
    for (body, scope), lines in frame.groupby(["body", "scope"], sort=False, dropna=False):
        points, left_out = _usable(lines.to_dict("records"))
        if points:
            who = words.who(str(body), scope)
            series.append(Series(who, what, code, points[0]["unit"] or "", points, left_out))
    asked = list(ds.bodies or ())
    return sorted(series, key=lambda one: asked.index(one.points[0]["body"])) if asked else series


def stated(code: str) -> bool:
    """Whether a measure is one of the figures in words."""
    return code in load_toml("figures.toml")


def terms(code: str) -> tuple[Term, ...]:
    """The cells that a measure is made of; a figure in words has none."""
    return () if stated(code) else indicator(code).terms


def cells_of(code: str) -> frozenset[str]:
    """The cells that a measure stands for, as table.row.column; its own code where it is none of them."""
    equals = load_toml("figures.toml")[code]["equals"] if stated(code) else []
    return frozenset([*equals, *(".".join(term.cell) for term in terms(code))] or [code])


def name_of(code: str, lang: str) -> str:
    """A measure in words, as they stand within a sentence."""
    name = label(code, lang, "indicator")
    return name[0].lower() + name[1:]


def _pending(ds: Dataset, code: str) -> pd.Series[float]:
    """By report: the pending cases of the routes whose decided cases a rate of corrections is made of."""
    rows = {term.row for term in terms(code) if term.column == "corrected"}
    cells = ds.cells
    cells = cells[(cells["table"] == "disputes") & cells["row"].isin(rows) & (cells["column"] == "pending")]
    return cells.groupby("report_id")["value"].sum(min_count=max(len(rows), 1)).astype("float")


def _usable(lines: list[Line]) -> tuple[list[Line], list[int]]:
    """The lines that may be compared, and the years that are suspect or contradict themselves."""
    points: list[Line] = []
    left_out = []
    for year in sorted({int(line["year"]) for line in lines}):
        known = [line for line in lines if line["year"] == year]
        suspect = any(line["suspect"] or line["status"] == "suspect" for line in known)
        if any(line["comparable"] is False for line in known):
            points = []
        if suspect or len({line["value"] for line in known}) > 1:
            left_out.append(year)
        else:
            points.append(known[0])
    return points, left_out
