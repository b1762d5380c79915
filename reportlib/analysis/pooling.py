"""Indicators over many bodies together, none of them counted twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from ..errors import ReportlibError
from .indicators import declared, indicators, quotient

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["pool"]

By = Literal["year", "level", "province"]

KEYS = ["group", "scope", "year", "indicator"]
NUMBERS = ["value", "numerator", "denominator"]
COLUMNS = [
    *KEYS, "unit", "value", "low", "high", "p10", "p90", "numerator", "denominator",
    "bodies", "left_out", "included", "comparable",
]  # fmt: skip
ENOUGH = 5
"""With fewer bodies their spread is no measure of anything: no interval is given."""
MANY = 10
"""With fewer bodies a tenth of them is less than one: no percentiles are given."""


def pool(
    ds: Dataset,
    codes: str | Iterable[str],
    by: By = "year",
    years: Iterable[int] | None = None,
) -> pd.DataFrame:
    """Indicators of all bodies of a dataset together.

    What bodies report of themselves and what they report of their regions is never added up. A report of a
    region counts those of the regions in it already: in a group, it is left out for a year in which the group
    holds the report of a region around it.

    Parameters
    ----------
    ds
        The dataset; `Dataset.select` narrows it.
    codes
        Codes of the catalogue.
    by
        What makes a group: ``year`` (all bodies together), ``level`` or ``province``, each year by year.
    years
        Only these years; None: all.

    Returns
    -------
    DataFrame
        A line for each group, scope, year and indicator: ``group`` (a level, the first two digits of a
        region's code, '' for all or unknown); ``scope`` (own, region, '' for unknown); ``year`` Int64;
        ``indicator``; ``unit``; ``value``: the pooled
        numerators over the pooled denominators, a sum for counts; ``low``, ``high``: 95% interval over
        bodies, which are the sample (ratio estimator, Student's t; Cochran 1977, Sampling Techniques,
        6.4), NA for counts and fewer than five bodies, whose spread tells nothing; ``p10``, ``p90``:
        percentiles of the bodies' own values, NA for fewer than ten; ``numerator``, ``denominator``;
        ``bodies``: how many counted; ``left_out``: how many had no figure or a suspect one; ``included``: how
        many another report of the group includes; ``comparable`` bool: whether the same bodies counted in the
        group's year before, so that the two may be joined (true of the first).

    Raises
    ------
    ReportlibError
        For an unknown code or way to group.
    """
    if by not in ("year", "level", "province"):
        raise ReportlibError(f"bodies cannot be pooled by {by!r}", expected="year, level or province")
    values = indicators(ds, codes, years=years)
    values = values.assign(group=_groups(ds, values["body"], by), scope=values["scope"].fillna(""))
    inside = _included(ds, values)
    counts = ~inside & (values["status"] == "defined")
    lines = values.assign(
        **values[NUMBERS].where(counts),
        who=values["body"].where(counts),
        bodies=counts,
        left_out=~inside & values["status"].isin(["incomplete", "suspect"]),
        included=inside,
    )
    groups = lines.groupby(KEYS)
    frame = groups[["bodies", "left_out", "included"]].sum()
    frame = frame.assign(unit=groups["unit"].first(), comparable=_same_bodies(groups["who"]))
    frame = frame.join(groups[NUMBERS].sum(min_count=1))
    many = frame["bodies"] >= MANY
    tenths = {f"p{n}": groups["value"].quantile(n / 100).where(many) for n in (10, 90)}
    frame = frame.assign(**tenths, half=_half_width(frame, lines)).reset_index()
    kind = declared(frame["indicator"], "kind")
    least = np.where(kind == "change", -100.0, 0.0)
    most = np.where(kind == "proportion", 100.0, np.inf)
    value = quotient(frame)
    half = declared(frame["indicator"], "per").astype("float") * frame["half"]
    low, high = ((value + side).clip(least, most) for side in (-half, half))
    return frame.assign(value=value, low=low, high=high)[COLUMNS]


def _groups(ds: Dataset, bodies: pd.Series[str], by: By) -> pd.Series[str]:
    """The group of each body: '' for all, or what the register does not know."""
    if by == "level":
        return bodies.map(ds.known["level"])
    return bodies.map(ds.known["region_code"]).str[: 2 if by == "province" else 0]


def _included(ds: Dataset, values: pd.DataFrame) -> pd.Series[bool]:
    """Which lines another line of the same group and year includes: a region's report that of the regions in
    it.
    """
    whole = values["scope"] == "region"
    keys = ["group", "year", "body"]
    held = set(values.loc[whole, keys].itertuples(index=False, name=None))
    inside = []
    for group, year, body in values[keys].itertuples(index=False):
        inside.append(any((group, year, other) in held for other in ds.register.ancestors(body)))
    return whole & np.array(inside, dtype=bool)


def _same_bodies(who: Any) -> Any:
    """Whether the bodies that count are those of the year before that the group has; true of its first."""
    names = who.agg(lambda counted: "\n".join(sorted(counted.dropna())))
    before = names.groupby(["group", "scope", "indicator"]).shift()
    return (names == before) | before.isna()


def _half_width(frame: pd.DataFrame, lines: pd.DataFrame) -> Any:
    """Half the 95% interval of ratios of sums, the bodies being the sample; NA for fewer than `ENOUGH`."""
    sums = lines.groupby(KEYS)[NUMBERS].transform("sum")
    residuals = lines["numerator"] - sums["numerator"] / sums["denominator"] * lines["denominator"]
    squares = lines.assign(square=residuals**2).groupby(KEYS)["square"].sum()
    number = frame["bodies"].where(frame["bodies"] >= ENOUGH)
    variance = number / (number - 1) * squares / frame["denominator"] ** 2
    quantile = stdtrit(number.to_numpy(float, na_value=np.nan) - 1, 0.975)  # of Student's t
    return variance**0.5 * quantile
