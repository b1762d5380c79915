"""What indicators need beside the tables: when a report was published, for how many people, who asks most."""

from __future__ import annotations

from collections.abc import Hashable
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
LARGEST = "applicants.largest"
POPULATION = RAW / "population.csv"
PEOPLED = ("province", "city", "county")


def facts(ds: Dataset) -> pd.DataFrame:
    """These figures of the current reports.

    Returns
    -------
    DataFrame
        ``report_id``; ``cell``: facts.row.column; ``value`` Float64; ``suspect`` bool.

        Rows and columns are, of publication: ``days`` after the end of the report's year, ``on_time`` (1 or
        0; article 49 of the Regulations), ``dated`` (1); of region: ``population``, of a whole region with a
        code, in the census of 2020; of applicants: ``largest``, the requests of the kind that asks most.
    """
    reports = ds.held.dropna(subset="year").set_index("report_id")
    kinds = ds.cells[(ds.cells["row"] == "received") & (ds.cells["column"] != "total")]
    asked = kinds.groupby("report_id")
    known = {**_publication(reports), "region.population": _population(ds, reports)}
    found = pd.concat({LARGEST: asked["value"].max(skipna=False), **known}, names=["cell", "report_id"])
    lines: pd.DataFrame = found.astype("Float64").dropna().reset_index(name="value")
    doubtful = lines["report_id"].map(asked["suspect"].any()).eq(True) & (lines["cell"] == LARGEST)
    return lines.assign(cell=f"{TABLE}." + lines["cell"], suspect=doubtful)


def _publication(reports: pd.DataFrame) -> dict[Hashable, pd.Series]:
    rule = load_toml("rules.toml")["published_late"]
    due = {scope: "{:02}-{:02}".format(*rule[scope]) for scope in ("own", "region")}
    day = pd.to_datetime(reports["date_published"].replace("", None))
    year = reports["year"].astype("str")
    until = (reports["year"] + 1).astype("str") + "-" + reports["scope"].astype("str").map(due)
    on_time = (day <= pd.to_datetime(until)).where(until.notna())
    days = (day - pd.to_datetime(year + "-12-31")).dt.days
    facts = pd.DataFrame({"days": days, "dated": 1, "on_time": on_time}).where(day.notna())
    return dict(facts.add_prefix("publication.").items())


def _population(ds: Dataset, reports: pd.DataFrame) -> pd.Series:
    path, people = ds.home / POPULATION, {}
    if path.exists():
        for _, line in read_register(path, ["region_code", "population", "kind"]):
            if line["kind"] == "census":
                people[line["region_code"]] = float(line["population"])
    regions = ds.known[ds.known["level"].isin(PEOPLED)]["region_code"]
    return reports["body"].map(regions).map(people).where(reports["scope"] == "region")
