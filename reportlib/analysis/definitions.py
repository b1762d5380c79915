"""What the law changed when, and how the editions of the form relate, as frames."""

from __future__ import annotations

import pandas as pd

from ..form import EDITIONS, load_toml
from ..form.crosswalk import links
from ..form.labels import label, language

__all__ = ["crosswalk", "events"]


def events(lang: str | None = None) -> pd.DataFrame:
    """The legal events that bear on the reports, the earliest first.

    Parameters
    ----------
    lang
        Language of the texts, ``zh`` or ``en``; None: the one that is set.

    Returns
    -------
    DataFrame
        ``date`` datetime64; ``code``; ``touches``: tables, or table.row, separated by spaces; ``mark`` bool:
        whether charts of these carry a mark; ``text``; ``source``: the citation; ``address``.
    """
    lang = language(lang)
    lines = [
        {
            "date": pd.Timestamp(event["date"]),
            "code": event["code"],
            "touches": " ".join(event["touches"]),
            "mark": event["mark"],
            "text": event[lang],
            "source": event["source"],
            "address": event["address"],
        }
        for event in load_toml("events.toml")["events"]
    ]
    return pd.DataFrame(lines).sort_values("date", kind="stable", ignore_index=True)


def crosswalk(lang: str | None = None) -> pd.DataFrame:
    """How each cell of each edition of the form relates to the newest edition.

    Parameters
    ----------
    lang
        Language of names and reasons, ``zh`` or ``en``; None: the one that is set.

    Returns
    -------
    DataFrame
        ``edition, table, row, column`` (codes), ``name`` (row and column in words), ``relation`` (same; sum:
        the cells of `to` together; not_comparable), ``to``: cells of the newest edition, separated by
        spaces; ``reason``.
    """
    lang = language(lang)
    lines = []
    for edition in EDITIONS:
        for (table, row, column), link in links(edition).items():
            names = [label(row, lang, "row", table, edition), label(column, lang, "column", table, edition)]
            lines.append(
                {
                    "edition": edition,
                    "table": table,
                    "row": row,
                    "column": column,
                    "name": " · ".join(names),
                    "relation": link.relation,
                    "to": " ".join(".".join(cell) for cell in link.to),
                    "reason": link.zh if lang == "zh" else link.en,
                }
            )
    return pd.DataFrame(lines)
