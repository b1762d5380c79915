"""Stata files: codes as numbers with value labels, names of columns as variable labels."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .tables import AXES, word

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
    columns = {str(name)[:NAME]: _plain(frame[name], str(name), lang) for name in frame.columns}
    shown = {str(name)[:NAME]: labels.get(str(name), "")[:LABEL] for name in frame.columns}
    table = pd.DataFrame(columns)
    texts = [name for name in table if table[name].dtype == "object"]
    long = [name for name in texts if table[name].str.len().max() > LABEL]
    table.to_stata(path, write_index=False, version=118, variable_labels=shown, convert_strl=long)


def _plain(values: pd.Series, name: str, lang: str) -> pd.Series:
    """A column in a type that Stata has."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    if pd.api.types.is_bool_dtype(values):
        return values.astype("int8")
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    if len(values) and (name in AXES or name in ("row", "column")):
        return _labelled(values.astype("category"), name, lang)
    return values.astype("object").where(values.notna(), "").astype(str).astype("object")


def _labelled(values: pd.Series, name: str, lang: str) -> pd.Series:
    """Codes with their words; two codes of one word are told apart by the code."""
    codes = [str(code) for code in values.cat.categories]
    words = [word(name, code, lang) for code in codes]
    labels = {}
    for category, code, text in zip(values.cat.categories, codes, words, strict=True):
        labels[category] = text if words.count(text) == 1 else f"{text} ({code})"
    return values.cat.rename_categories(labels)
