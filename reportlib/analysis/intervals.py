"""Intervals of proportions and of their differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Z95", "difference", "wilson"]

Array = np.ndarray[Any, Any]

Z95 = 1.959963984540054
"""The quantile of the standard normal distribution that gives 95%."""


def wilson(successes: Any, trials: Any, z: float = Z95) -> tuple[Array, Array]:
    """The score interval of a proportion (Wilson 1927, JASA 22:209-212).

    Parameters
    ----------
    successes, trials
        Counts or arrays of counts, 0 <= successes <= trials, trials > 0; NaN elsewhere gives NaN.
    z
        Quantile of the standard normal distribution; the default gives 95%.

    Returns
    -------
    low, high
        Bounds between 0 and 1.

    Examples
    --------
    >>> low, high = wilson(17, 414)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.026 to 0.065
    """
    successes, trials = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    share = successes / trials
    centre = share + z**2 / (2 * trials)
    half = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    scale = 1 + z**2 / trials
    return np.clip((centre - half) / scale, 0, 1), np.clip((centre + half) / scale, 0, 1)


def difference(after: Sequence[Any], before: Sequence[Any]) -> tuple[Array, Array, Array]:
    """The difference of two independent proportions, with its 95% interval.

    Method 10 of Newcombe (1998, Statistics in Medicine 17:873-890), made from the two score intervals.

    Parameters
    ----------
    after, before
        Successes and trials of each, or arrays of both, trials > 0.

    Returns
    -------
    difference, low, high
        Between -1 and 1: the first proportion less the second.
    """
    now, was = (np.divide(*counts) for counts in (after, before))
    (low, high), (low_before, high_before) = wilson(*after), wilson(*before)
    between = now - was
    below = np.hypot(now - low, high_before - was)
    above = np.hypot(high - now, was - low_before)
    return between, between - below, between + above
