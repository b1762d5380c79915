"""Figures made from tidy frames: honest about gaps, breaks and marks, readable in grey, in Chinese or
English.

Charts of the form's cells take frames of the layout of ``ds.cells``, ``ds.groups`` and ``ds.figures``;
charts of rates take what ``rl.indicators`` returns. Each returns a matplotlib Figure that shows itself as
the last line of a notebook's cell: ``.alt`` is its text alternative, ``.data`` the frame behind it.
"""

from __future__ import annotations

from .bars import applicants, disputes, outcomes, refusal_grounds, statuses
from .funnels import funnel
from .overviews import coverage, first_and_last, overview
from .sheet import alt, style
from .strips import peers
from .years import headline, pooled, rates, volumes

__all__ = [
    "alt", "applicants", "coverage", "disputes", "first_and_last", "funnel", "headline", "outcomes",
    "overview", "peers", "pooled", "rates", "refusal_grounds", "statuses", "style", "volumes",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__
