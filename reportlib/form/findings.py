"""The sentences of findings: a finding is a code with its parts, and `form/findings.toml` has the words.

A part is a text, a number, a list of parts, or a clause: a dict whose ``say`` names a template of the table
``say`` and whose other entries are that template's parts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Any

from . import load_toml
from .labels import label, language, place

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["explain", "sentence"]

CODES = ("rule", "table", "row", "column", "scope")
"""Parts that are codes and go by their word in the language."""
BETWEEN = {"zh": "、", "en": ", "}
"""What stands between the parts of a list."""


@cache
def _templates() -> dict[str, Any]:
    return load_toml("findings.toml")


def sentence(finding: Any, lang: str = "zh") -> str:
    """What a finding says, for people.

    Parameters
    ----------
    finding
        A finding, or a line of a frame of findings (``itertuples``): what has its fields as attributes.
    lang
        ``zh`` or ``en``.
    """
    about = {name: getattr(finding, name) for name in ("rule", "table", "row", "column", "left", "right")}
    parts = json.loads(finding.parts or "{}")
    if "say" in parts:
        return _word(about | parts, lang)
    return _filled(_templates()[finding.rule], about | parts, lang)


def explain(findings: pd.DataFrame, lang: str | None = None) -> pd.DataFrame:
    """A frame of findings with the column ``message``, for people, in the place of ``parts``."""
    lang = language(lang)
    messages = [sentence(finding, lang) for finding in findings.itertuples()]
    said = findings.assign(parts=messages).astype({"parts": "str"})
    return said.rename(columns={"parts": "message"})


def _filled(template: Mapping[str, str], parts: Mapping[str, Any], lang: str) -> str:
    words = {}
    for name, part in parts.items():
        if name in CODES:
            words[name] = label(part, lang, name, parts.get("table", ""))
        elif name == "place":
            words[name] = place(part or "", lang)
        else:
            words[name] = _word(part, lang)
    return template[lang].format_map(words)


def _word(part: Any, lang: str) -> str:
    if isinstance(part, dict):
        return _filled(_templates()["say"][part["say"]], part, lang)
    if isinstance(part, list):
        return BETWEEN[lang].join(_word(one, lang) for one in part)
    if isinstance(part, Real):
        return f"{float(part):.12g}"
    return str(part)
