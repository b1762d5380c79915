"""What a process that makes pages imports once: papermill, nbconvert and what they bring along."""

from __future__ import annotations

import sys

from ..store.forks import Forks
from . import KERNEL

__all__ = ["make"]

GRAMMAR = "rfc3987_syntax"
"""jsonschema would build it for a second, to check IRIs that no notebook has."""

Forks.of(KERNEL)  # what kernels are forked from imports at the same time
_without = sys.modules.setdefault(GRAMMAR, None) is None  # type: ignore[arg-type]
try:
    from .page import make
finally:
    if _without:
        del sys.modules[GRAMMAR]
