"""Stata files: codes as numbers with value labels, names of columns as variable labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from .words import AXES, Words

__all__ = ["write"]

NAME, LABEL = 32, 80
"""The most characters that Stata takes in a variable's name and in its label."""


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
    shown = {str(name)[:NAME]: labels.get(str(name), "")[:LABEL] for name in frame.columns}
    table = pd.DataFrame({str(name)[:NAME]: _plain(frame[name], str(name), words) for name in frame.columns})
    texts = table.select_dtypes("object")
    long = [name for name in texts if texts[name].str.len().max() > LABEL]
    table.to_stata(path, write_index=False, version=118, variable_labels=shown, convert_strl=long)


def _plain(values: pd.Series, name: str, words: Words) -> pd.Series:
    """A column in a type that Stata has."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    if pd.api.types.is_bool_dtype(values):
        return values.astype("int8")
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    if len(values) and name in AXES:
        return _labelled(values.astype("category"), name, words)
    return values.astype("object").where(values.notna(), "").astype(str).astype("object")


def _labelled(values: pd.Series, name: str, words: Words) -> pd.Series:
    """Codes with their words; two codes of one word are told apart by the code."""
    told = {code: words.value(name, str(code)) for code in values.cat.categories}
    often = Counter(told.values())
    unlike = {code: text if often[text] == 1 else f"{text} ({code})" for code, text in told.items()}
    return values.cat.rename_categories(unlike)
