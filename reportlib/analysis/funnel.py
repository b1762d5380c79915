"""Funnel plots: how far the rate of each body lies from that of all, and how far chance alone takes it.

Source of the method: D. J. Spiegelhalter, Funnel plots for comparing institutional performance, Statistics in
Medicine 24 (2005) 1185-1202.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

ENOUGH = 5
"""Bodies below which there is no funnel."""
LEVELS = {"low95": 0.025, "high95": 0.975, "low998": 0.001, "high998": 0.999}
OUTER = 3.090232  # of the standard normal distribution: 99.8 %
WINSORISED = 0.1  # share of the z-scores at each end that are drawn in before their spread is taken

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Funnel:
    """A funnel of one year.

    Attributes
    ----------
    year
        The year; 0 where no body has a figure.
    points
        A line a body and scope: ``body``, ``scope``, ``numerator``, ``denominator``, ``value`` (%),
        ``outside``: whether it lies outside the 99.8 % limits.
    pooled
        The rate of all bodies together, 0 to 1.
    dispersion
        How much more the bodies vary than chance makes them; 1 where that is not significant.
    limits
        ``denominator``, and in % ``low95``, ``high95``, ``low998``, ``high998``.
    """

    year: int
    points: pd.DataFrame
    pooled: float
    dispersion: float
    limits: pd.DataFrame

    @property
    def enough(self) -> bool:
        """Whether there are bodies enough to draw limits from."""
        return len(self.points) >= ENOUGH


def funnel(rates: pd.DataFrame, year: int | None = None, about: Sequence[str] = ()) -> Funnel:
    """The funnel of one year.

    Parameters
    ----------
    rates
        Frame that ``rl.indicators`` returns, of one proportion.
    year
        The year; if not given the latest with five bodies, else the latest of a body that it is about, else
        the latest there is.
    about
        The bodies that it is about.

    Returns
    -------
    Funnel
        Limits are the exact binomial ones around the pooled rate (interpolated, Spiegelhalter's A.1.1).
        The verdict on a body compares it with all others: an exact tail given the sum of both
        (hypergeometric), 0.1 % on each side. Where the bodies vary significantly more than chance (winsorised
        z-scores), verdict and limits allow for it: the z-score is divided by the root of the dispersion.
    """
    known = rates.dropna(subset=["year", "numerator", "denominator"])
    known = known[known["denominator"] > 0]
    if year is None:
        year = _latest(known, about)
    points = known.loc[known["year"] == year, ["body", "scope", "numerator", "denominator", "value"]]
    points = points.reset_index(drop=True)
    part, of = (points[name].to_numpy(dtype=float) for name in ("numerator", "denominator"))
    pooled = float(part.sum() / of.sum()) if len(points) else 0.0
    spread = _dispersion(part, of, pooled)
    outside = _outside(part, of, pooled, spread)
    return Funnel(int(year), points.assign(outside=outside), pooled, spread, _limits(of, pooled, spread))


def _latest(known: pd.DataFrame, about: Sequence[str]) -> int:
    """The latest year with bodies enough, else of a body it is about, else of any; 0 if there is none."""
    bodies = known.groupby("year")["body"].transform("size")
    for years in (known[bodies >= ENOUGH], known[known["body"].isin(about)], known):
        if len(years):
            return int(years["year"].max())
    return 0


def _z(part: Array, of: Array, pooled: float) -> Array:
    """How many standard errors each rate lies from the pooled one."""
    error = np.sqrt(pooled * (1 - pooled) / of)
    return np.divide(part / of - pooled, error, out=np.zeros_like(error), where=error > 0)


def _dispersion(part: Array, of: Array, pooled: float) -> float:
    """The mean square of the winsorised z-scores, 1 where it is not significantly above 1."""
    from scipy.stats import chi2

    bodies = len(of)
    if bodies < ENOUGH:
        return 1.0
    z = np.sort(_z(part, of, pooled))
    ends = int(WINSORISED * bodies)
    drawn_in = np.clip(z, z[ends], z[bodies - 1 - ends])
    spread = float(np.mean(drawn_in**2))
    return spread if bodies * spread > chi2.ppf(0.975, bodies) else 1.0


def _outside(part: Array, of: Array, pooled: float, spread: float) -> Array:
    """Whether each body lies outside the 99.8 % limits."""
    from scipy.stats import hypergeom

    if spread > 1:
        return np.asarray(np.abs(_z(part, of, pooled)) > OUTER * np.sqrt(spread))
    chance = hypergeom(int(of.sum()), int(part.sum()), of.astype(int))
    tail = np.minimum(chance.cdf(part), chance.sf(part - 1))
    return np.asarray(tail < LEVELS["low998"])


def _limits(of: Array, pooled: float, spread: float) -> pd.DataFrame:
    """The limits, from less than the smallest to more than the largest denominator."""
    from scipy.stats import binom, norm

    if not len(of):
        return pd.DataFrame(columns=["denominator", *LEVELS])
    first, last = max(of.min() / 1.6, 1), of.max() * 1.6
    cases = np.unique(np.geomspace(first, last, 80).round())
    limits = {"denominator": cases}
    for name, level in LEVELS.items():
        if spread > 1:
            error = np.sqrt(spread * pooled * (1 - pooled) / cases)
            limit = pooled + norm.ppf(level) * error
        else:
            count = binom.ppf(level, cases, pooled)
            upto, at = binom.cdf(count, cases, pooled), binom.pmf(count, cases, pooled)
            limit = (count - np.divide(upto - level, at, out=np.zeros_like(at), where=at > 0)) / cases
        limits[name] = 100 * np.clip(limit, 0, 1)
    return pd.DataFrame(limits)
