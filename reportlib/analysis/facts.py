"""What indicators need beside the tables: when a report was published, for how many people, who asks most."""

from __future__ import annotations

from datetime import date
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
    reports = ds.reports[ds.reports["current"].astype(bool)].dropna(subset="year")
    found = [*_publication(reports), *_population(ds, reports), *_largest(ds)]
    frame = pd.DataFrame(found, columns=["report_id", "row", "column", "value", "suspect"])
    frame = frame.assign(table=TABLE, status="printed").astype({"value": "Float64", "suspect": bool})
    return frame.merge(reports[["report_id", "edition"]], on="report_id")


Fact = tuple[str, str, str, float, bool]


def _publication(reports: pd.DataFrame) -> list[Fact]:
    due = load_toml("rules.toml")["published_late"]
    found: list[Fact] = []
    for report, year, scope, text in zip(
        *(reports[name] for name in ("report_id", "year", "scope", "date_published")), strict=True
    ):
        if not text or pd.isna(text):
            continue
        day, year = date.fromisoformat(text), int(year)
        days = (day - date(year, 12, 31)).days
        found += [(report, "publication", "days", days, False), (report, "publication", "dated", 1, False)]
        if scope in due:
            on_time = day <= date(year + 1, *due[scope])
            found.append((report, "publication", "on_time", int(on_time), False))
    return found


def _population(ds: Dataset, reports: pd.DataFrame) -> list[Fact]:
    path = ds.home / POPULATION
    if not path.exists():
        return []
    lines = read_register(path, ["region_code", "population", "kind"])
    people = {row["region_code"]: float(row["population"]) for _, row in lines if row["kind"] == "census"}
    found: list[Fact] = []
    whole = reports[reports["scope"] == "region"]
    for report, name in zip(whole["report_id"], whole["body"], strict=True):
        body = ds.register.find(name)
        if body and body.level in PEOPLED and body.region_code in people:
            found.append((report, "region", "population", people[body.region_code], False))
    return found


def _largest(ds: Dataset) -> list[Fact]:
    received = ds.requests["row"] == "received"
    kinds = [column for column in ds.requests.columns[6:] if column != "total"]
    asked = ds.requests.loc[received, kinds]
    doubt = ds.requests_suspect.loc[received, kinds].any(axis=1)
    found: list[Fact] = []
    for report, line, suspect in zip(
        ds.requests.loc[received, "report_id"],
        asked.to_numpy(dtype=float, na_value=float("nan")),
        doubt,
        strict=True,
    ):
        if not pd.isna(line).any():
            found.append((report, "applicants", "largest", float(line.max()), bool(suspect)))
    return found
