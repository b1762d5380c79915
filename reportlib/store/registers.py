"""Reading and checking what people edit: the CSV files of `data/raw`, and YAML."""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from pathlib import Path
from types import UnionType
from typing import Any

import yaml

from ..errors import ReportlibError
from ..files import in_words, read_plain

__all__ = ["Fields", "like", "load_yaml", "misfits", "read_edited", "read_register"]

MOST_NODES = 100_000
"""What a YAML file may hold with all its aliases followed; a few lines of them can stand for billions."""


def read_edited(path: Path) -> str:
    """The text of a file in UTF-8.

    Raises
    ------
    ReportlibError
        There is no such file, it is a folder, a pipe or the like, cannot be opened, or is not in UTF-8.
    """
    with in_words(path, "cannot be read"):
        data = read_plain(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReportlibError(
            "is not in UTF-8", file=path, place=f"byte {error.start}", hint="Save it in UTF-8"
        ) from error


# ------------------------------------------------------------------------------ CSV
def read_register(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file in UTF-8.

    Parameters
    ----------
    path
        The file.
    columns
        The columns that it must have.

    Returns
    -------
    list of (line, row)
        A cell that a short line lacks is ''.

    Raises
    ------
    ReportlibError
        The file cannot be read, is no CSV in UTF-8, lacks a column or has a line with too many cells.
    """
    reader = csv.DictReader(io.StringIO(read_edited(path), newline=""), restval="")
    rows = []
    try:
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            raise ReportlibError(f"columns are missing: {', '.join(missing)}", file=path)
        for row in reader:
            if any(row.pop(None, [])):
                raise ReportlibError(
                    "there are more cells than columns",
                    file=path,
                    place=f"line {reader.line_num}",
                    hint="Put a cell that holds a comma in quotation marks",
                )
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise ReportlibError(f"is no CSV ({error})", file=path, place=f"line {reader.line_num}") from error
    return rows


# ------------------------------------------------------------------------------ YAML
def load_yaml(path: Path) -> Any:
    """Read a YAML file in UTF-8: plain values, every key once.

    Returns
    -------
    object
        Lists, dictionaries and values; None where the file holds nothing.

    Raises
    ------
    ReportlibError
        The file cannot be read or is no YAML, a key stands twice in one place, a value is one that
        Python does not take, or aliases make a huge thing of it.
    """
    text = read_edited(path)
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return None
        if _size(root, {}) > MOST_NODES:
            raise yaml.YAMLError("it stands for too much; write out what its aliases (*) stand for")
        return loader.construct_document(root)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or " ".join(str(error).split())
        place = f"line {mark.line + 1}" if mark else None
        raise ReportlibError(f"is no valid YAML: {said}", file=path, place=place) from error


def _size(node: yaml.Node, known: dict[int, float]) -> float:
    """How many nodes stand below this one, with aliases followed; on the way no key may stand twice."""
    if id(node) not in known:
        known[id(node)] = math.inf  # of one that holds itself
        parts: Iterable[yaml.Node] = ()
        if isinstance(node, yaml.MappingNode):
            _refuse_twins([key for key, _ in node.value if isinstance(key, yaml.ScalarNode)])
            parts = chain.from_iterable(node.value)
        elif isinstance(node, yaml.SequenceNode):
            parts = node.value
        known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(node)]


def _refuse_twins(keys: list[yaml.ScalarNode]) -> None:
    seen = set()
    for key in keys:
        if (key.tag, key.value) in seen:
            raise yaml.MarkedYAMLError(
                problem=f"{key.value!r} stands twice in one place", problem_mark=key.start_mark
            )
        seen.add((key.tag, key.value))


# ------------------------------------------------------------------------------ what an entry may hold
Fields = Mapping[str, tuple[type | UnionType | Collection[Any] | Callable[[Any], object], str]]
"""Of each key a type, the values that can stand there, or whether one can, and what to expect, for people."""


def misfits(given: Mapping[Any, Any], fields: Fields, what: str = "key") -> list[str]:
    """What in an entry cannot be: a key (or what else it is called) or the value of one."""
    said = []
    for name, value in given.items():
        kind, expected = fields.get(name, (object, ""))
        if name not in fields:
            said.append(f"unknown {what} {name!r:.40}{like(str(name), fields)}")
        elif not _fits(value, kind):
            said.append(f"{name} is {value!r:.40}; expected {expected}")
    return said


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, type | UnionType):
        return isinstance(value, kind)
    return bool(kind(value)) if callable(kind) else value in kind


def like(word: str, words: Collection[str]) -> str:
    """Which words may be meant, those like it or some of all."""
    close = difflib.get_close_matches(word, words, n=3, cutoff=0.5) or sorted(words)
    return f"; did you mean {', '.join(close[:6])}?" if close else ""
