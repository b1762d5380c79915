"""Funnel plots: limits are exact, and chance alone seldom puts a body outside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from reportlib.analysis.funnel import funnel


def rates_of(part: list[int], of: list[int], year: int = 2024) -> pd.DataFrame:
    """Rates in the layout of rl.indicators, one body a pair of counts."""
    lines = {"body": [f"body {n}" for n in range(len(part))], "scope": "own", "year": year}
    frame = pd.DataFrame({**lines, "numerator": part, "denominator": of})
    return frame.assign(value=100 * frame["numerator"] / frame["denominator"].where(frame["denominator"] > 0))


@pytest.mark.parametrize("cases", [1, 2, 5, 16, 40, 100])
def test_chance_alone_puts_no_more_bodies_outside_than_the_level_says(cases: int) -> None:
    random = np.random.default_rng(cases)
    false = total = 0
    for _ in range(300):
        of = [cases] * 10 + [200] * 10
        found = funnel(rates_of(random.binomial(of, 0.134).tolist(), of))
        few = found.points["denominator"] == cases
        false += int(found.points.loc[few, "outside"].sum())
        total += int(few.sum())
    assert false <= binom.ppf(0.999, total, 0.002)


def test_a_body_without_corrections_among_few_cases_is_not_outside() -> None:
    found = funnel(rates_of([0, 13, 14, 12, 15, 13], [1, 100, 100, 100, 100, 100]))
    assert not found.points["outside"].any()


def test_a_body_far_from_all_others_is_outside_and_judged_against_them_alone() -> None:
    found = funnel(rates_of([40, *([12, 13, 14, 15] * 6)], [100] * 25))
    assert found.points["outside"].tolist() == [True] + [False] * 24
    assert found.dispersion == 1


def test_limits_are_the_exact_binomial_ones() -> None:
    found = funnel(rates_of([8, 10, 12, 16, 20, 40], [40, 50, 60, 80, 100, 200]))
    line = found.limits[found.limits["denominator"] > 50].iloc[0]
    cases = int(line["denominator"])
    high = np.floor(line["high998"] * cases / 100)
    assert binom.cdf(high, cases, found.pooled) <= 0.999 <= binom.cdf(high + 1, cases, found.pooled)
    assert (found.limits["low998"] <= found.limits["low95"]).all()
    assert (found.limits["high95"] <= found.limits["high998"]).all()
    assert found.limits.drop(columns="denominator").stack().between(0, 100).all()


def test_bodies_that_vary_more_than_chance_widen_the_limits() -> None:
    wild = funnel(rates_of([5, 95, 20, 80, 40, 60, 10, 90], [100] * 8))
    assert wild.dispersion > 10
    assert not wild.points["outside"].any()
    calm = funnel(rates_of([48, 52, 50, 49, 51, 50, 47, 53], [100] * 8))
    assert calm.dispersion == 1


def test_one_year_a_funnel_the_latest_with_five_bodies() -> None:
    two = pd.concat([rates_of([5] * 6, [50] * 6, 2023), rates_of([5] * 3, [50] * 3, 2024)])
    assert (funnel(two).year, len(funnel(two).points)) == (2023, 6)
    assert not funnel(two, 2024).enough
    assert funnel(rates_of([], [])).year == 0
    assert len(funnel(rates_of([0, 5, 5, 5, 5, 5], [0, 50, 50, 50, 50, 50])).points) == 5
