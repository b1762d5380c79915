"""Indicators over many bodies together, none of them counted twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import ReportlibError
from .indicators import indicator, indicators

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["pool"]

By = Literal["year", "level", "province"]

COLUMNS = [
    "group", "year", "indicator", "unit", "value", "low", "high", "p10", "p90", "numerator", "denominator",
    "bodies", "left_out", "included",
]  # fmt: skip


def pool(
    ds: Dataset,
    codes: str | Iterable[str],
    by: By = "year",
    years: Iterable[int] | None = None,
) -> pd.DataFrame:
    """Indicators of all bodies of a dataset together.

    A report of a whole region counts its offices and lower governments already: in a group, a body's report
    is left out for a year in which the group holds the region's report of the body itself or of one of its
    parents.

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
        A line for each group, year and indicator: ``group`` (a level, the first two digits of a region's
        code, '' for all or unknown); ``year`` Int64; ``indicator``; ``unit``; ``value``: the pooled
        numerators over the pooled denominators, a sum for counts; ``low``, ``high``: 95 % interval over
        bodies, which are the sample (ratio estimator, Student's t; Cochran 1977, Sampling Techniques,
        6.4), NA for counts and fewer than two bodies; ``p10``, ``p90``: percentiles of the bodies' own
        values; ``numerator``, ``denominator``; ``bodies``: how many counted; ``left_out``: how many had no
        figure or a suspect one; ``included``: how many another report of the group includes.

    Raises
    ------
    ReportlibError
        For an unknown code or way to group.
    """
    if by not in ("year", "level", "province"):
        raise ReportlibError(f"bodies cannot be pooled by {by!r}", expected="year, level or province")
    values = indicators(ds, codes, years=years)
    return _by_group(ds, values.assign(group=_groups(ds, values["body"], by)))


def _by_group(ds: Dataset, values: pd.DataFrame) -> pd.DataFrame:
    """A line for each group, year and indicator."""
    keys = ["group", "year", "indicator"]
    lines = []
    for (group, year, code), part in values.groupby(keys, sort=True):
        inside = _included(ds, part)
        line = {"group": group, "year": year, "indicator": code, **_pooled(part[~inside])}
        lines.append({**line, "included": int(inside.sum())})
    frame = pd.DataFrame(lines, columns=COLUMNS)
    numbers = ["value", "low", "high", "p10", "p90", "numerator", "denominator"]
    return frame.astype({"year": "Int64", **dict.fromkeys(numbers, "Float64")})


def _groups(ds: Dataset, bodies: pd.Series[str], by: By) -> list[str]:
    if by == "year":
        return [""] * len(bodies)
    registered = {name: ds.register.find(name) for name in bodies.unique()}
    if by == "level":
        return [body.level if (body := registered[name]) else "" for name in bodies]
    return [body.region_code[:2] if (body := registered[name]) else "" for name in bodies]


def _included(ds: Dataset, part: pd.DataFrame) -> pd.Series[bool]:
    """Which lines of one group, year and indicator another line of them includes."""
    regions = set(part.loc[part["scope"] == "region", "body"])
    inside = []
    for body, scope in zip(part["body"], part["scope"], strict=True):
        above = ds.register.ancestors(body)
        inside.append(bool(regions & set(above)) or (scope != "region" and body in regions))
    return pd.Series(inside, part.index, dtype=bool)


def _pooled(part: pd.DataFrame) -> dict[str, object]:
    """The figures of one line: of those bodies whose figure is defined."""
    one = indicator(str(part["indicator"].iloc[0])) if len(part) else None
    counted = part[part["status"] == "defined"]
    own = counted["value"].to_numpy(dtype=float)
    found = {
        "unit": one.unit if one else "",
        "bodies": len(counted),
        "left_out": int(part["status"].isin(["incomplete", "suspect"]).sum()),
        "p10": np.percentile(own, 10) if len(own) else np.nan,
        "p90": np.percentile(own, 90) if len(own) else np.nan,
    }
    numerators = counted["numerator"].to_numpy(dtype=float)
    if not len(counted):
        return found
    if one and one.kind == "count":
        return {**found, "value": own.sum(), "numerator": numerators.sum()}
    denominators = counted["denominator"].to_numpy(dtype=float)
    ratio = numerators.sum() / denominators.sum()
    half = _half_width(numerators, denominators)
    per = one.per if one else 100
    minus = 1 if one and one.kind == "change" else 0
    least = -100 if minus else 0
    most = 100 if one and one.kind == "proportion" else np.inf
    return {
        **found,
        "value": per * (ratio - minus),
        "low": np.clip(per * (ratio - minus - half), least, most),
        "high": np.clip(per * (ratio - minus + half), least, most),
        "numerator": numerators.sum(),
        "denominator": denominators.sum(),
    }


def _half_width(numerators: np.ndarray, denominators: np.ndarray) -> float:
    """Half the 95 % interval of a ratio of sums, the bodies being the sample; NaN for fewer than two."""
    number = len(numerators)
    if number < 2:
        return np.nan
    ratio = numerators.sum() / denominators.sum()
    residuals = numerators - ratio * denominators
    variance = number / (number - 1) * (residuals**2).sum() / denominators.sum() ** 2
    return float(stats.t.ppf(0.975, number - 1) * np.sqrt(variance))
