"""Seconds that files made to harm take, in processor time; exit status 1 if one takes more than `MOST`.

Run by ``make benchmark``. The files are those of tests/reading/test_hostile.py, which asks what is said of each.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "reading")]

from test_hostile import MAKERS  # noqa: E402

from reportlib.errors import ReadError  # noqa: E402
from reportlib.reading import read_document  # noqa: E402

MOST = 10.0


def seconds(name: str, data: bytes) -> float:
    """How long a file takes to be read or refused."""
    start = time.process_time()
    with contextlib.suppress(ReadError):
        read_document(data, name)
    return time.process_time() - start


def main() -> int:
    """Measure each file, the slowest last."""
    taken = {name: seconds(name, make()) for name, make in MAKERS.items()}
    for name, one in sorted(taken.items(), key=lambda item: item[1]):
        print(f"{one:6.2f} s  {name}")
    return int(max(taken.values()) > MOST)


if __name__ == "__main__":
    sys.exit(main())
