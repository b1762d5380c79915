"""What indicators need beside the tables: when a report was published, for how many people, who asks most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from ..files import RAW
from ..form import load_toml
from ..store.registers import read_register

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["TABLE", "WORDS", "facts"]

TABLE = "facts"
"""What stands in the place of a table in the terms of these figures."""
WORDS = {("publication", "days"), ("publication", "on_time"), ("publication", "dated"),
         ("region", "population"), ("applicants", "largest")}  # fmt: skip
"""Row and column of each."""
POPULATION = RAW / "population.csv"
PEOPLED = ("province", "city", "county")


def facts(ds: Dataset) -> pd.DataFrame:
    """These figures of the current reports, in the shape of ``ds.cells``.

    Returns
    -------
    DataFrame
        ``report_id, edition, table`` (facts), ``row, column, value`` Float64, ``status, suspect``.

        Rows and columns are, of publication: ``days`` after the end of the report's year, ``on_time`` (1 or
        0; article 49 of the Regulations), ``dated`` (1); of region: ``population``, of a whole region with a
        code, in the census of 2020; of applicants: ``largest``, the requests of the kind that asks most.
    """
    reports = ds.held.dropna(subset="year")
    found = pd.concat([*_publication(reports), *_population(ds, reports), _largest(ds)])
    found = found.assign(table=TABLE, status="printed").astype({"value": "Float64", "suspect": bool})
    return found.merge(reports[["report_id", "edition"]], on="report_id")


def _fact(row: str, column: str, reports: pd.Series, value: object, suspect: object = False) -> pd.DataFrame:
    """One figure of some reports."""
    return pd.DataFrame(
        {"report_id": reports, "row": row, "column": column, "value": value, "suspect": suspect}
    )


def _publication(reports: pd.DataFrame) -> Iterator[pd.DataFrame]:
    rule = load_toml("rules.toml")["published_late"]
    due = {scope: "{:02}-{:02}".format(*rule[scope]) for scope in ("own", "region")}
    dated = reports[reports["date_published"].fillna("") != ""]
    ids, year = dated["report_id"], dated["year"].astype(int)
    day = pd.to_datetime(dated["date_published"])
    yield _fact("publication", "days", ids, (day - pd.to_datetime(year.astype("str") + "-12-31")).dt.days)
    yield _fact("publication", "dated", ids, 1)
    until = pd.to_datetime((year + 1).astype("str") + "-" + dated["scope"].astype("str").map(due))
    yield _fact("publication", "on_time", ids, (day <= until).where(until.notna())).dropna(subset="value")


def _population(ds: Dataset, reports: pd.DataFrame) -> Iterator[pd.DataFrame]:
    path = ds.home / POPULATION
    if path.exists():
        lines = read_register(path, ["region_code", "population", "kind"])
        people = {row["region_code"]: float(row["population"]) for _, row in lines if row["kind"] == "census"}
        regions = ds.known[ds.known["level"].isin(PEOPLED)]["region_code"]
        counted = reports["body"].map(regions).map(people).where(reports["scope"] == "region").dropna()
        yield _fact("region", "population", reports.loc[counted.index, "report_id"], counted)


def _largest(ds: Dataset) -> pd.DataFrame:
    kinds = ds.cells[(ds.cells["row"] == "received") & (ds.cells["column"] != "total")]
    whole = kinds.groupby("report_id").filter(lambda asked: asked["value"].notna().all())
    asked = whole.groupby("report_id", as_index=False).agg({"value": "max", "suspect": "any"})
    return _fact("applicants", "largest", asked["report_id"], asked["value"], asked["suspect"])
