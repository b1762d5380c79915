"""What a page is made from, for tests that need no run."""

from __future__ import annotations

from typing import Any


def made(lang: str = "zh", title: str = "题目", *bodies: str, **more: Any) -> dict[str, Any]:
    """A record as `provenance.records` tells it, of a page that was made from nothing."""
    return {
        "lang": lang,
        "title": title,
        "bodies": list(bodies),
        "started": "2026-01-31T08:00:00+08:00",
        "notebook": {"file": "page.ipynb", "sha256": "0" * 64},
        "parameters": {},
        "versions": {},
        "git": None,
        "inputs": [],
        "corrections": [],
        "warnings": [],
        **more,
    }
