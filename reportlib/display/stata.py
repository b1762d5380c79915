"""Stata files: codes as numbers with value labels, names of columns as variable labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from .words import AXES, Words

__all__ = ["write"]

LABEL = 80
"""The most characters that Stata takes in a variable's label."""


def write(frame: pd.DataFrame, path: Path, labels: dict[str, str], lang: str) -> None:
    """Write a frame as a Stata file (version 118, in Unicode).

    Parameters
    ----------
    frame
        Its codes (row, column, status …) become numbers from 0, in their order, whose value labels are the
        words for them; numbers become doubles, NA a missing value, in texts ''.
    path
        The file.
    labels
        What each column is called in words.
    lang
        Language of the value labels.
    """
    words = Words(lang)
    coded = [str(name) for name in frame if name in AXES] if len(frame) else []
    table = frame.assign(**{name: _labelled(frame[name], name, words) for name in coded})
    table = table if len(frame) else table.astype("object")  # pandas asks numbers for their largest
    shown = {name: text[:LABEL] for name, text in labels.items()}
    texts: pd.DataFrame = table.select_dtypes("str")
    long = [name for name in texts if texts[name].str.len().max() > LABEL]
    table.to_stata(path, write_index=False, version=118, variable_labels=shown, convert_strl=long)


def _labelled(values: pd.Series, name: str, words: Words) -> pd.Series:
    """Codes with their words; two codes of one word are told apart by the code."""
    values = values.astype("category")
    told = {code: words.value(name, str(code)) for code in values.cat.categories}
    often = Counter(told.values())
    unlike = {code: text if often[text] == 1 else f"{text} ({code})" for code, text in told.items()}
    return values.cat.rename_categories(unlike)
