"""Intervals agree with the published examples."""

import numpy as np
import pytest

import reportlib as rl
from reportlib.analysis.intervals import difference


def test_wilson_agrees_with_the_published_example():
    low, high = rl.wilson(np.array([81.0, 0.0]), np.array([263.0, 20.0]))
    assert low == pytest.approx([0.2553, 0.0], abs=1e-4)
    assert high == pytest.approx([0.3662, 0.1611], abs=1e-4)


def test_wilson_takes_plain_numbers():
    low, high = rl.wilson(17, 414)
    assert (round(float(low), 4), round(float(high), 4)) == (0.0258, 0.0648)


@pytest.mark.parametrize(
    ("after", "before", "expected"),
    [  # Newcombe 1998, table II, method 10
        ((56, 70), (48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.6, 0.1705, 0.8090)),
        ((5, 56), (0, 29), (0.0893, -0.0381, 0.1926)),
        ((10, 10), (0, 10), (1.0, 0.6075, 1.0)),
    ],
)
def test_the_interval_of_a_difference_agrees_with_the_paper(after, before, expected):
    assert difference(after, before) == pytest.approx(expected, abs=1e-4)
