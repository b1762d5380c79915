"""How rates change from one year to the next, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .indicators import declared, laws
from .intervals import difference

__all__ = ["changes"]

SERIES = ["body", "scope", "indicator"]
POINT = ["year", "value", "numerator", "denominator"]
COUNTS = ["numerator", "denominator", "numerator_before", "denominator_before"]
COLUMNS = [*SERIES, "since", "year", "change", "low", "high", "unit", "before", "after", "law"]


def changes(rates: pd.DataFrame, since_first: bool = False) -> pd.DataFrame:
    """The change of each indicator against the point before it in its series.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns.
    since_first
        Against the first year that is known, not the one before.

    Returns
    -------
    DataFrame
        A line for each pair of defined points that may be compared, in the order of the frame: ``body,
        scope, indicator``; ``since, year`` Int64; ``change`` Float64, in percentage points for proportions,
        otherwise in ``unit``; ``low, high`` Float64: its 95% interval (Newcombe 1998, method 10), NA for
        what is no proportion; ``before, after``: the values; ``law``: codes of the legal events between them
        that touch the indicator (see `events`), separated by spaces. An interval on a full count says how far
        chance in single cases goes, not how well the count was taken.
    """
    order = rates.groupby(SERIES, sort=False, observed=True, dropna=False).ngroup()
    points = rates.assign(order=order).sort_values(["order", "year"], kind="stable", ignore_index=True)
    # A break of the form begins a new series.
    part = (~points["comparable"].astype(bool)).groupby(points["order"]).cumsum()
    points = points.assign(part=part)[points["status"] == "defined"]
    series = points.groupby(["order", "part"])[POINT]
    before = series.transform("first") if since_first else series.shift()
    pairs = points.join(before.add_suffix("_before"))[series.cumcount() > 0]
    pairs = pairs.rename(columns={"year_before": "since", "value": "after", "value_before": "before"})
    return _told(pairs).reset_index(drop=True)


def _told(pairs: pd.DataFrame) -> pd.DataFrame:
    """The changes of pairs of points, with their intervals and the legal events between them."""
    proportion = declared(pairs["indicator"].astype("str"), "kind") == "proportion"
    counts = pairs[COUNTS].where(proportion).to_numpy(float, na_value=np.nan).T
    _, low, high = difference(list(counts[:2]), list(counts[2:]))
    spans = zip(pairs["indicator"], pairs["since"], pairs["year"], strict=True)
    law = [laws(code, since, year) for code, since, year in spans]
    told = pairs.assign(change=pairs["after"] - pairs["before"], low=100 * low, high=100 * high, law=law)
    return told[COLUMNS].astype(dict.fromkeys(["change", "low", "high", "before", "after"], "Float64"))
