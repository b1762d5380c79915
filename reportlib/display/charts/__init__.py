"""Figures made from tidy frames: honest about gaps, breaks and marks, readable in grey, in Chinese or
English.

Charts of the form's cells take frames of the layout of ``ds.cells``, ``ds.groups`` and ``ds.figures``;
charts of rates take what ``rl.indicators`` returns. Each returns a plain matplotlib Figure; ``alt`` gives
its text alternative.
"""

from __future__ import annotations

from .bars import applicants, disputes, outcomes, refusal_grounds, statuses
from .flows import flow
from .lines import headline, rates, volumes
from .page import alt
from .plots import coverage, funnel, peers

__all__ = [
    "alt", "applicants", "coverage", "disputes", "flow", "funnel", "headline", "outcomes", "peers", "rates",
    "refusal_grounds", "statuses", "volumes",
]  # fmt: skip
