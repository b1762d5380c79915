"""Tables for people: heads with scopes, statuses marked, every cell followed to its file and place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import jinja2
import pandas as pd

from ..errors import ReportlibError
from ..form.labels import MARKS, PRECISION, entries, number
from .absence import editions_of, why
from .words import Words, runs

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["Shown", "ShownRow", "Table", "by_line", "html", "pivot", "table"]


FOLLOWED = 1000
"""The cells of a table that each say on hover where they stand; in a larger one the line says it of all."""


DOCUMENTS = "application/x-reportlib-documents+json"
"""The form of an output in which a page is told which documents it is made from."""


@dataclass(repr=False)
class Table:
    """A table that shows itself in a notebook.

    `frame` is what it was made from, `documents` are those that a page is to be told of.
    """

    html: str
    caption: str
    frame: pd.DataFrame
    documents: Sequence[Mapping[Hashable, str]] = ()

    def _repr_html_(self) -> str:
        return self.html

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return {DOCUMENTS: self.documents} if self.documents else {}  # beside its own HTML

    def __repr__(self) -> str:
        return f"{self.caption}\n{self.frame.to_string()}"


def table(
    frame: pd.DataFrame,
    caption: str | Mapping[str, str],
    lang: str | None = None,
    rows: str | Sequence[str] = (),
    columns: str = "",
    ds: Dataset | None = None,
    notes: Iterable[str] = (),
) -> Table:
    """Show a frame as a table that can be read, printed and followed to its sources.

    Parameters
    ----------
    frame
        With `rows` and `columns`: a long frame with a ``value`` column (``ds.cells``, ``ds.groups``,
        ``ds.figures``, what `indicators` or `pool` gives), laid out with its statuses marked. With `rows`
        alone: any frame, an entry for each line, headed by its values in `rows`, the other columns below each
        other. Without them: any frame, shown line by line, its first column as the head of the line.
    caption
        What the table shows, with its unit; a text, or one for each language: ``{"zh": …, "en": …}``.
    lang
        ``zh`` or ``en``: the language of heads, codes and marks; None: the one that is set.
    rows, columns
        The columns of `frame` whose values become the heads of the lines and of the columns.
    ds
        The dataset, so that the files in which the cells stand are named, and why there is no cell.
    notes
        Further lines for the list of notes.

    Raises
    ------
    ReportlibError
        It is no frame, or lacks a column; or two lines of it fall on one cell of the table.
    """
    words = Words(lang)
    title = caption if isinstance(caption, str) else caption[words.lang]
    heads = [rows] if isinstance(rows, str) else list(rows)
    _check(frame, [*heads, *([columns, "value"] if columns else [])])
    if not columns:
        shown = by_line(frame, title, words, heads, notes)
    elif ds is None or "report_id" not in frame:
        shown = pivot(frame, title, words, heads, columns, notes, ds)
    else:
        shown = pivot(_with_reports(frame, ds), title, words, heads, columns, notes, ds)
    return Table(shown, title, frame)


def _with_reports(frame: pd.DataFrame, ds: Dataset) -> pd.DataFrame:
    """The frame with the file of each line; what a retyped file lacks was not transcribed."""
    reports = ds.reports.set_index("report_id")
    ids = frame["report_id"].astype("str")
    frame = frame.assign(file=ids.map(reports["file"]))
    if "found" not in frame:
        return frame
    lacking = (frame["found"] == "missing") & (ids.map(reports["kind"]) == "retyped")
    return frame.assign(found=frame["found"].astype("str").mask(lacking, "not_transcribed"))


def _check(frame: object, columns: Iterable[str]) -> None:
    """A wrong frame is one clear line."""
    if not isinstance(frame, pd.DataFrame):
        raise ReportlibError(
            f"a table got {type(frame).__name__}, not a frame", expected="a pandas DataFrame"
        )
    if lacks := [name for name in columns if name not in frame]:
        has = ", ".join(map(str, frame.columns))
        raise ReportlibError(f"a table got a frame without {', '.join(lacks)}", expected=f"one of {has}")


# ------------------------------------------------------------------------------------ columns of frames


def _ranks(frame: pd.DataFrame, name: str) -> Any:
    """Where each line stands by one of its columns: order of the form (a group before its first member), of
    numbers, else as the lines come.
    """
    values = frame[name]
    if name in ("row", "column") and "table" in frame:
        known = [(table, entry.code) for _, axis, table, entry in entries() if axis == name]
        codes = list(zip(frame["table"].astype("str"), values.astype("str"), strict=True))
        order = {code: n for n, code in enumerate(dict.fromkeys(known + codes))}
        return [order[code] for code in codes]
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.array
    return values.array if pd.api.types.is_numeric_dtype(values.dtype) else values.factorize()[0]


# ------------------------------------------------------------------------------------ cells


class Shown(NamedTuple):
    """One cell as it is shown.

    `marks` are codes of `MARKS`, `small` stands under the text, by what it is (codes of ``[small]``), `note`
    in the list of notes, `place` on hover.
    """

    text: str
    numeric: bool = True
    marks: Sequence[str] = ()
    small: Mapping[str, str] = {}
    note: str = ""
    place: str = ""


class ShownRow(NamedTuple):
    """One line of a table: its heads and its cells."""

    heads: Sequence[str]
    cells: Sequence[Shown]


def _shown(line: Mapping[Any, Any], words: Words, with_unit: bool) -> Shown:
    """One line of a long frame, None being what is not known, as a cell."""
    text, marks = _text(line, words, with_unit), _marks(line)
    note = [str(line[name]) for name in ("missing", "note") if line.get(name)]
    if set(marks) - {"derived", "broken"}:
        note = [*(words.of(mark, "status") for mark in marks), *note]
        if line.get("printed") is not None:
            note.append(words("printed", text=line["printed"]))
    known = [line[name] for name in ("file", "where") if line.get(name)]
    place = ": ".join(known) or words.of(line.get("address") or "", "address")
    marks = marks if text else [*marks, "no_value"]
    return Shown(text, True, marks, _small(line, words), words("semicolon").join(note), place)


def _text(line: Mapping[Any, Any], words: Words, with_unit: bool) -> str:
    """The figure of a line, or why there is none; '' where nothing tells why."""
    status, found, unit = (str(line.get(name) or "") for name in ("status", "found", "unit"))
    if line["value"] is not None:
        text = PRECISION.get(line.get("precision") or "", "") + number(float(line["value"]), unit)
        return f"{text} {words.of(unit, 'unit_name')}" if with_unit and unit not in ("", "%") else text
    if status in ("undefined", "incomplete"):
        return words.of(status, "status")
    return "" if found in ("", "number") else words.of(found, "found")


def _marks(line: Mapping[Any, Any]) -> list[str]:
    """The statuses of a line that have a sign."""
    broken = line.get("comparable") is False and line["value"] is not None
    states = {"suspect": line.get("suspect"), "broken": broken, line.get("status"): True}
    return [state for state in MARKS if states.get(state)]


def _small(line: Mapping[Any, Any], words: Words) -> dict[str, str]:
    """What a rate is made of, its interval, and of how many bodies it is."""
    small = {}
    part, whole = line.get("numerator"), line.get("denominator")
    if part is not None and whole is not None:
        small["fraction"] = f"{number(part)} / {number(whole)}"
    if line.get("low") is not None:
        small["interval"] = f"{line['low']:.1f}–{line['high']:.1f}"
    if line.get("bodies"):
        small["bodies"] = words.count("of_bodies", line["bodies"])
    return small


# ------------------------------------------------------------------------------------ layouts


def by_line(
    frame: pd.DataFrame, caption: str, words: Words, rows: Sequence[str] = (), notes: Iterable[str] = ()
) -> str:
    """HTML of a frame, line by line, with codes and the names of columns in words: without `rows` a table,
    else a list, for any screen, in which what there is of each line stands below each other.
    """
    told = [name for name in frame.columns.drop(list(rows)) if not len(frame) or (frame[name] != "").any()]
    if "name" in rows and "indicator" in told:
        told.remove("indicator")  # the code of what is named
    frame = frame[[*rows, *told]]
    within = "disputes" if "upheld" in frame else "requests"
    within = "disputes" if "upheld" in frame else "requests"
    heads, columns = [], []
    for name in map(str, frame.columns):
        field = words.of(name, "field")
        heads.append(words.of(name, "column", within) if field == name else field)
        numeric = not any(isinstance(value, str | bool) for value in frame[name].astype("object"))
        unknown = [["no_value"] if lacks else [] for lacks in frame[name].isna()]
        texts = zip(words.column(frame, name), unknown, strict=True)
        columns.append([Shown(text, numeric, marks) for text, marks in texts])
    lines = []
    for cells in zip(*columns, strict=True):
        first = len(rows) or 1
        lines.append(ShownRow([cell.text for cell in cells[:first]], cells[first:]))
    return html(caption, heads, lines, words, notes, "list" if rows else "table")


def pivot(
    frame: pd.DataFrame,
    caption: str,
    words: Words,
    rows: Sequence[str],
    columns: str,
    notes: Iterable[str] = (),
    ds: Dataset | None = None,
) -> str:
    """HTML of a long frame laid out by `rows` and `columns`; where it has no line, why.

    A head that is the same for all lines stands in the caption, so that figures have room on a telephone.
    """
    told = {name: words.column(frame, name) for name in (*rows, columns)}
    alike = [name for name in rows[:-1] if frame[name].nunique(dropna=False) == 1]
    caption = " · ".join([*(told[name][0] for name in alike), caption])
    rows = [name for name in rows if name not in alike]
    places = pd.DataFrame({name: _ranks(frame, name) for name in (*rows, columns)})
    places = places.assign(top=told[columns])  # one code may be called otherwise in another edition
    twice = places.duplicated()
    if twice.any():
        raise ReportlibError(
            "two values for one cell of the table",
            place=" · ".join(told[name][twice.argmax()] for name in (*rows, columns)),
            hint="Choose one, e.g. by scope, or name the column that tells them apart in rows",
        )
    grid = places.reset_index().pivot(index=rows, columns=[columns, "top"], values="index").sort_index(axis=1)
    facts = frame.astype("object").where(frame.notna(), None).to_dict("records")
    with_units = "unit" in frame and frame["unit"].nunique() > 1
    held = editions_of(frame if ds is None else ds.reports)
    tops = [facts[n][columns] for n in grid.max().astype("int")]
    lines = []
    for sample, line in zip(grid.max(axis=1).astype("int"), grid.fillna(-1).to_numpy(int), strict=True):
        shown = []
        for at, top in zip(line, tops, strict=True):
            if at < 0:
                shown.append(_absent(why({**facts[sample], columns: top}, held), words))
            else:
                shown.append(_shown(facts[at], words, with_units))
        lines.append(ShownRow([told[name][sample] for name in rows], shown))
    titles = [words.of(name, "field") for name in rows]
    return html(caption, [*titles, *grid.columns.get_level_values("top")], lines, words, notes)


def _absent(code: str, words: Words) -> Shown:
    """A cell for which a frame has no line, by its reason."""
    return Shown("", marks=[code]) if code in MARKS else Shown(words.of(code, "found"))


def html(
    caption: str,
    heads: Sequence[str],
    lines: Sequence[ShownRow],
    words: Words,
    notes: Iterable[str] = (),
    form: str = "table",
) -> str:
    """The table in its scroll box, its legend and its list of notes and places; or the list."""
    shown = [cell for line in lines for cell in line.cells]
    return _template(form).render(
        caption=caption,
        heads=heads,
        tops=heads[len(heads) - len(lines[0].cells) if lines else 0 :],
        lines=lines,
        spans=_spans(lines),
        hovers=_hovers(lines),
        marks=MARKS,
        words=words,
        legend=_legend(shown, words),
        places=_condensed(cell.place for cell in shown if cell.place),
        notes=list(notes),
    )


def _legend(shown: Sequence[Shown], words: Words) -> list[str]:
    """What the signs of a table mean, for those that stand in it."""
    used = {mark for cell in shown for mark in cell.marks}
    legend = [f"{sign} {words.of(mark, 'status')}" for mark, sign in MARKS.items() if mark in used]
    if small := dict.fromkeys(code for cell in shown for code in cell.small):
        legend.append(words("small", what=" · ".join(words.of(code, "small") for code in small)))
    return legend


@cache
def _template(name: str) -> jinja2.Template:
    text = files(__package__).joinpath(f"{name}.html.j2").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True).from_string(text)


def _spans(lines: Sequence[ShownRow]) -> list[list[tuple[str, int]]]:
    """The head cells of each line and over how many lines they go on; 0 where one goes on from above."""
    spans: list[list[tuple[str, int]]] = []
    over = Counter(tuple(line.heads[:depth]) for line in lines for depth in range(1, len(line.heads)))
    for line in lines:
        *outer, last = line.heads
        depths = enumerate(outer, start=1)
        spans.append([(head, over.pop(tuple(line.heads[:depth]), 0)) for depth, head in depths])
        spans[-1].append((last, 1))
    return spans


def _hovers(lines: Sequence[ShownRow]) -> list[str]:
    """Where the figures of each line stand, in a table so large that it cannot be said at each of them."""
    places = [[cell.place for cell in line.cells if cell.place] for line in lines]
    large = sum(map(len, places)) > FOLLOWED
    return ["; ".join(_condensed(places_of, (YEAR, *STEPS))) if large else "" for places_of in places]


STEPS = [rf"(.*\b{part} )(\d+)\b(.*)" for part in ("column", "row", "line")]
YEAR = r"([^:]*(?<!\d))([1-9]\d{3})((?!\d)[^:]*(?:: .*)?)"
"""A place about one of its numbers: steps to it, and the year in the name of a file."""


def _condensed(places: Iterable[str], patterns: Iterable[str] = STEPS) -> list[str]:
    """Places that differ in one number only as one line: ``a.html: table 2, row 7–19, column 3, 5``."""
    merged = list(dict.fromkeys(places))
    for pattern in patterns:
        alike: dict[tuple[str, str], list[int]] = {}
        for place in merged:
            found = re.fullmatch(pattern, place, re.DOTALL)
            numbers = alike.setdefault((found[1], found[3]) if found else (place, ""), [])
            numbers += [int(found[2])] if found else []
        merged = [front + runs(numbers) + back for (front, back), numbers in alike.items()]
    return merged
