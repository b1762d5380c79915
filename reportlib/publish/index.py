"""The page that lists all pages."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import markupsafe

__all__ = ["TEMPLATE", "export_index", "template_file"]

TEMPLATE = Path(__file__).parent / "template"


def export_index(entries: list[dict[str, Any]], date: str) -> str:
    """The page that lists all pages, searchable without a server.

    Parameters
    ----------
    entries
        For each page ``name, bodies, title, years, lang``; whether it is ``there``, and its ``date``; its
        ``state``: ``done``, ``failed``, ``older`` (than what it is made from) or ``missing``; and of the
        last run's ``failure`` the ``cell`` and the ``error``.
    date
        ISO date of making.
    """
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True)
    script = template_file("site.js")
    return environment.get_template("site.html.j2").render(
        entries=entries,
        date=date,
        css=markupsafe.Markup(template_file("page.css")),
        script=markupsafe.Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


@cache
def template_file(name: str) -> str:
    """The text of a file in `TEMPLATE`."""
    return (TEMPLATE / name).read_text(encoding="utf-8")
