"""How rates change from one year to the next, with intervals."""

from __future__ import annotations

import pandas as pd

from .indicators import indicator
from .intervals import difference

__all__ = ["changes"]

COLUMNS = [
    "body", "scope", "indicator", "since", "year", "change", "low", "high", "unit", "before", "after", "law",
]  # fmt: skip


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
        otherwise in ``unit``; ``low, high`` Float64: its 95 % interval (Newcombe 1998, method 10), NA for
        what is no proportion; ``before, after``: the values; ``law``: codes of the legal events between them
        that touch the indicator (see `events`), separated by spaces. An interval on a full count says how far
        chance in single cases goes, not how well the count was taken.
    """
    lines = []
    for _, series in rates.groupby(["body", "scope", "indicator"], sort=False, observed=True):
        lines += _of_series(series.sort_values("year"), since_first)
    numbers = dict.fromkeys(["change", "low", "high", "before", "after"], "Float64")
    frame = pd.DataFrame(lines, columns=COLUMNS)
    return frame.astype({"since": "Int64", "year": "Int64", **numbers})


def _of_series(series: pd.DataFrame, since_first: bool) -> list[dict[str, object]]:
    """The changes of one body's indicator; a break of the form begins a new series."""
    lines, before = [], None
    law: list[str] = []
    for point in series.itertuples():
        if not point.comparable:
            before, law = None, []
        elif before is not None:
            law += [str(point.law)] if point.law else []
        if point.status != "defined":
            continue
        if before is not None:
            lines.append({**_change(before, point), "law": " ".join(law)})
        if before is None or not since_first:
            before, law = point, []
    return lines


def _change(before: object, after: object) -> dict[str, object]:
    """One line, without the legal events."""
    was, now = before._asdict(), after._asdict()  # type: ignore[attr-defined]
    line = {name: now[name] for name in ("body", "scope", "indicator", "year", "unit")}
    line |= {"since": was["year"], "before": was["value"], "after": now["value"]}
    line["change"] = now["value"] - was["value"]
    if indicator(str(now["indicator"])).kind == "proportion":
        counts = [(float(p["numerator"]), float(p["denominator"])) for p in (now, was)]
        _, low, high = difference(*counts)
        line |= {"low": 100 * low, "high": 100 * high}
    return line
