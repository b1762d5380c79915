"""What the law changed when, how the editions of the form relate, and who publishes, as frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..form import EDITIONS, CellKey, load_toml
from ..form.crosswalk import links
from ..form.labels import label, language

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["crossed", "crosswalk", "events", "register"]


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
    frame = pd.DataFrame(load_toml("events.toml")["events"])
    frame = frame.assign(
        date=pd.to_datetime(frame["date"]), touches=frame["touches"].map(" ".join), text=frame[lang]
    )
    columns = ["date", "code", "touches", "mark", "text", "source", "address"]
    return frame[columns].sort_values("date", kind="stable", ignore_index=True)


def crossed(cells: Iterable[CellKey], since: int, year: int) -> list[dict[str, Any]]:
    """The legal events that touch one of these cells (table, row, column), carry a mark, and lie between one
    year and a later one.
    """
    names = {name for table, row, _ in cells for name in (table, f"{table}.{row}")}
    return [
        event
        for event in load_toml("events.toml")["events"]
        if event["mark"] and since < event["date"].year <= year and names & set(event["touches"])
    ]


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


def register(ds: Dataset) -> pd.DataFrame:
    """What the register says of the bodies of which there are data.

    Parameters
    ----------
    ds
        The dataset; `Dataset.select` narrows it.

    Returns
    -------
    DataFrame
        A line for each body: ``body; aliases, former_names`` separated by ``;``; ``short_name; region_code``
        (GB/T 2260); ``level; parent; valid_from; valid_to; complete_years``; ``registered`` bool. '' is what
        is not known.
    """
    names = sorted({*ds.reports["body"], *ds.figures["body"]})
    return ds.known.loc[names].reset_index()
