"""What sentences are written from: the usable figures of one measure by body, and what was left out.

A measure is an indicator of the catalogue or a figure in words (``form/figures.toml``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from ..analysis.definitions import crossed
from ..analysis.indicators import cells_of, indicators
from ..form import load_toml
from ..form.labels import label
from .words import Words

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["Series", "name_of", "series_of", "stated"]

WHO = ["body", "scope"]
COLUMNS = [
    *WHO, "year", "value", "unit", "numerator", "denominator", "low", "high", "status", "suspect",
    "precision", "comparable", "report_id",
]  # fmt: skip


class Series(NamedTuple):
    """The usable figures of one body and scope, by year, and the years whose figures were left out.

    `points` are lines of `rl.indicators` or ``ds.figures`` and `pending`; None is what is not known.
    """

    who: str
    what: str
    code: str
    points: list[Any]
    left_out: list[int]

    @property
    def first(self) -> Any:
        """The first point."""
        return self.points[0]

    @property
    def last(self) -> Any:
        """The last point."""
        return self.points[-1]

    @property
    def unit(self) -> str:
        """The unit of the figures; '' for none."""
        return self.first.unit or ""

    @property
    def laws(self) -> list[dict[str, Any]]:
        """The legal events between the first and the last year that touch what is measured."""
        return crossed(cells_of(self.code), self.first.year, self.last.year)


def series_of(ds: Dataset, codes: list[str], words: Words) -> Iterator[tuple[str, list[Series]]]:
    """The usable figures of each measure, a series for each body and scope that has any."""
    computed = indicators(ds, [code for code in codes if not stated(code)])
    for code in codes:
        lines = ds.figures if stated(code) else computed
        yield code, _series(ds, code, lines[lines["indicator"] == code], words)


def _series(ds: Dataset, code: str, lines: pd.DataFrame, words: Words) -> list[Series]:
    frame = lines.reindex(columns=COLUMNS).dropna(subset=["value", "year"])
    frame = frame.astype({"scope": "str"}).fillna({"scope": ""})
    frame = frame.assign(pending=frame["report_id"].map(_pending(ds, code)))
    # What came before a break of the form is not compared.
    broken = frame["year"].where(frame["comparable"].eq(False).fillna(False))
    since = broken.groupby([frame["body"], frame["scope"]]).transform("max")
    frame = frame[frame["year"] >= since.fillna(0)]
    suspect = frame["suspect"].eq(True).fillna(False) | frame["status"].eq("suspect").fillna(False)
    years = frame.assign(suspect=suspect).groupby([*WHO, "year"])
    doubtful = years["suspect"].transform("any") | (years["value"].transform("nunique") > 1)
    left_out = frame[doubtful].groupby(WHO)["year"].unique()
    points = frame[~doubtful].drop_duplicates([*WHO, "year"]).sort_values("year", kind="stable")
    points = points.astype("object").where(points.notna(), None)
    what, series = name_of(code, words.lang), []
    for who, own in points.groupby(WHO, sort=False):
        missing = sorted(left_out.get(who, ()))
        series.append(Series(words.who(*who), what, code, list(own.itertuples()), missing))
    asked = list(ds.bodies or ())
    return sorted(series, key=lambda one: asked.index(one.first.body)) if asked else series


def stated(code: str) -> bool:
    """Whether a measure is one of the figures in words."""
    return code in load_toml("figures.toml")


def name_of(code: str, lang: str) -> str:
    """A measure in words, as they stand within a sentence."""
    name = label(code, lang, "indicator")
    return name[0].lower() + name[1:]


def _pending(ds: Dataset, code: str) -> pd.Series[float]:
    """By report: the pending cases of the routes whose decided cases a rate of corrections is made of."""
    rows = {row for _, row, column in cells_of(code) if column == "corrected" and not stated(code)}
    cells = ds.cells[ds.cells["row"].isin(rows) & (ds.cells["column"] == "pending")]
    return cells.groupby("report_id")["value"].sum(min_count=max(len(rows), 1)).astype("float")
