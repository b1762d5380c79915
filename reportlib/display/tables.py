"""Tables for people: heads with scopes, statuses marked, every cell followed to its file and place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import jinja2
import pandas as pd

from ..errors import ReportlibError
from ..form import EDITIONS
from ..form.crosswalk import links
from ..form.labels import MARKS, PRECISION, entries, number
from .absence import editions_of, why
from .words import Words, runs

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["Shown", "ShownRow", "Table", "html", "pivot", "plain", "table"]


FOLLOWED = 1000
"""The cells of a table that each say on hover where they stand; in a larger one the line says it of all."""


class Table:
    """A table that shows itself in a notebook; `frame` is what it was made from."""

    def __init__(self, html: str, caption: str, frame: pd.DataFrame) -> None:
        self.html, self.caption, self.frame = html, caption, frame

    def _repr_html_(self) -> str:
        return self.html

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
    if not heads:
        return Table(plain(frame, title, words, notes), title, frame)
    if not columns:
        return Table(_listed(frame, title, words, heads, notes), title, frame)
    if ds is not None and "report_id" in frame:
        frame = _with_reports(frame, ds)
    return Table(pivot(frame, title, words, heads, columns, notes, ds), title, frame)


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


def _in_words(frame: pd.DataFrame, name: str, words: Words) -> list[str]:
    """A column of a frame in words: rows and columns of the form in those of the report's own edition."""
    if name not in ("row", "column"):
        plain = "" if "name" in frame and name == "indicator" else name  # a code beside its name stays
        return [words.value(plain, value) for value in frame[name].astype("object")]
    codes = frame.reindex(columns=["edition", "table", "row", "column", name]).astype("object").fillna("")
    told = []
    for edition, table, row, column, code in codes.itertuples(index=False, name=None):
        told.append(words.of(code, name, table, _wording(edition, (table, row, column))))
    return told


@cache
def _wording(edition: str, cell: tuple[str, str, str]) -> str:
    """The edition in whose words a cell is named: its own, the newest where it is the same in both.

    Where the edition is not told, the newest that has such a cell.
    """
    if not edition:
        return next((code for code in reversed(EDITIONS) if cell in links(code)), "")
    link = links(edition).get(cell)
    return "" if link is None or link.relation == "same" else edition


@cache
def _order() -> dict[tuple[str, str, str], int]:
    """Where a row (or group: before its first member) and a column stand in their table, by axis, table and
    code.
    """
    places = dict.fromkeys((axis, table, entry.code) for _, axis, table, entry in entries())
    return {place: n for n, place in enumerate(places)}


def _ranks(frame: pd.DataFrame, name: str) -> Iterable[Any]:
    """Where each line stands by one of its columns: order of the form, of numbers, else as the lines come."""
    values = frame[name]
    if name in ("row", "column") and "table" in frame:
        codes = zip(frame["table"].astype("str"), values.astype("str"), strict=True)
        return [(_order().get((name, table, code), len(_order())), code) for table, code in codes]
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes
    return values if pd.api.types.is_numeric_dtype(values.dtype) else values.factorize()[0]


# ------------------------------------------------------------------------------------ cells


class Shown(NamedTuple):
    """One cell as it is shown.

    `marks` are codes of `MARKS`, `small` stands under the text, by what it is (codes of ``[small]``), `note`
    in the list of notes, `place` on hover, `head` before it in a list.
    """

    text: str
    numeric: bool = True
    marks: Sequence[str] = ()
    small: Mapping[str, str] = {}
    note: str = ""
    place: str = ""
    head: str = ""


class ShownRow(NamedTuple):
    """One line of a table: its heads and its cells."""

    heads: Sequence[str]
    cells: Sequence[Shown]


def _shown(line: Mapping[Any, Any], words: Words, with_unit: bool) -> Shown:
    """One line of a long frame as a cell."""
    text, marks = _text(line, words, with_unit), _marks(line)
    note = [str(line[name]) for name in ("missing", "note") if line.get(name)]
    if set(marks) - {"derived", "broken"}:
        note = [*(words.of(mark, "status") for mark in marks), *note]
        if isinstance(line.get("printed"), str):
            note.append(words("printed", text=line["printed"]))
    known = [line[name] for name in ("file", "where") if isinstance(line.get(name), str) and line[name]]
    place = ": ".join(known) or words.of(line.get("address") or "", "address")
    marks = marks if text else [*marks, "no_value"]
    return Shown(text, True, marks, _small(line, words), words("semicolon").join(note), place)


def _text(line: Mapping[Any, Any], words: Words, with_unit: bool) -> str:
    """The figure of a line, or why there is none; '' where nothing tells why."""
    status, found, unit = (str(line.get(name) or "") for name in ("status", "found", "unit"))
    if not pd.isna(line["value"]):
        text = PRECISION.get(str(line.get("precision")), "") + number(float(line["value"]), unit)
        return f"{text} {words.of(unit, 'unit_name')}" if with_unit and unit not in ("", "%") else text
    if status in ("undefined", "incomplete"):
        return words.of(status, "status")
    return "" if found in ("", "number") else words.of(found, "found")


def _marks(line: Mapping[Any, Any]) -> list[str]:
    """The statuses of a line that have a sign."""
    states = {str(line.get("status") or "")}
    if line.get("suspect") is True:
        states.add("suspect")
    if line.get("comparable") is False and not pd.isna(line["value"]):
        states.add("broken")
    return [state for state in MARKS if state in states]


def _small(line: Mapping[Any, Any], words: Words) -> dict[str, str]:
    """What a rate is made of, its interval, and of how many bodies it is."""
    small = {}
    if not (pd.isna(line.get("numerator")) or pd.isna(line.get("denominator"))):
        small["fraction"] = f"{number(line['numerator'])} / {number(line['denominator'])}"
    if not pd.isna(line.get("low")):
        small["interval"] = f"{line['low']:.1f}–{line['high']:.1f}"
    if line.get("bodies"):
        small["bodies"] = words.count("of_bodies", line["bodies"])
    return small


# ------------------------------------------------------------------------------------ layouts


def _listed(
    frame: pd.DataFrame, caption: str, words: Words, rows: Sequence[str], notes: Iterable[str]
) -> str:
    """HTML of a frame as a list, for any screen: what there is of each line stands below each other."""
    if "name" in rows:
        frame = frame.drop(columns="indicator", errors="ignore")  # the code of what is named
    told = {str(name): _in_words(frame, str(name), words) for name in frame}
    entries = []
    for line in (dict(zip(told, texts, strict=True)) for texts in zip(*told.values(), strict=True)):
        head = " · ".join(filter(None, map(line.pop, rows)))
        entries.append(
            (head, [Shown(text, head=words.of(name, "field")) for name, text in line.items() if text])
        )
    return _template("list").render(caption=caption, entries=entries, notes=list(notes))


def plain(frame: pd.DataFrame, caption: str, words: Words, notes: Iterable[str] = ()) -> str:
    """HTML of a frame, line by line; codes and the names of columns in words."""
    silent = [name for name in frame.columns if len(frame) and (frame[name] == "").all()]
    frame = frame.drop(columns=silent)
    within = "disputes" if "upheld" in frame else "requests"
    heads, columns = [], []
    for name in map(str, frame.columns):
        field = words.of(name, "field")
        heads.append(words.of(name, "column", within) if field == name else field)
        numeric = not any(isinstance(value, str | bool) for value in frame[name].astype("object"))
        unknown = [["no_value"] if lacks else [] for lacks in frame[name].isna()]
        texts = zip(_in_words(frame, name, words), unknown, strict=True)
        columns.append([Shown(text, numeric, marks) for text, marks in texts])
    lines = [ShownRow((first.text,), cells) for first, *cells in zip(*columns, strict=True)]
    return html(caption, heads, lines, words, notes)


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
    units = "unit" in frame and frame["unit"].nunique() > 1
    alike = [name for name in rows[:-1] if frame[name].nunique(dropna=False) == 1]
    caption = " · ".join([*(_in_words(frame.head(1), name, words)[0] for name in alike), caption])
    rows = [name for name in rows if name not in alike]
    names = [*rows, columns]
    ranks = zip(*(_ranks(frame, name) for name in names), strict=True)
    told = zip(*(_in_words(frame, name, words) for name in names), strict=True)
    cells: dict[Any, Shown] = {}
    heads: dict[Any, Sequence[str]] = {}
    samples: dict[Any, dict[Any, Any]] = {}
    tops: dict[Any, Any] = {}
    facts = frame.astype("object").to_dict("records")
    for line, (*rank, at), (*head, top) in zip(facts, ranks, told, strict=True):
        row, column = tuple(rank), (at, top)
        if (row, column) in cells:
            raise ReportlibError(
                "two values for one cell of the table",
                place=" · ".join((*head, top)),
                hint="Choose one, e.g. by scope, or name the column that tells them apart in rows",
            )
        cells[row, column] = _shown(line, words, units)
        heads[row], samples[row], tops[column] = head, line, line[columns]
    held = editions_of(frame if ds is None else ds.reports)
    lines = []
    for row in sorted(heads):
        shown = []
        for column in sorted(tops):
            asked = {**samples[row], columns: tops[column]}
            shown.append(cells.get((row, column)) or _absent(why(asked, held), words))
        lines.append(ShownRow(heads[row], shown))
    titles = [words.of(name, "field") for name in rows]
    return html(caption, [*titles, *(top for _, top in sorted(tops))], lines, words, notes)


def _absent(code: str, words: Words) -> Shown:
    """A cell for which a frame has no line, by its reason."""
    return Shown("", marks=[code]) if code in MARKS else Shown(words.of(code, "found"))


def html(
    caption: str, heads: Sequence[str], lines: Sequence[ShownRow], words: Words, notes: Iterable[str] = ()
) -> str:
    """The table in its scroll box, its legend and its list of notes and places."""
    shown = [cell for line in lines for cell in line.cells]
    return _template("table").render(
        caption=caption,
        heads=heads,
        lines=lines,
        spans=_spans(lines),
        hovers=_hovers(lines),
        marks=MARKS,
        colon=words("colon"),
        stop=words("semicolon"),
        legend=_legend(shown, words),
        summary=words("places"),
        place=words.place,
        places=[*_condensed(cell.place for cell in shown if cell.place), *notes],
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
    """The head cells of each line and over how many lines they go on; what goes on is written once."""
    spans: list[list[tuple[str, int]]] = [[] for _ in lines]
    for depth in range(len(lines[0].heads) if lines else 0):
        last = depth + 1 == len(lines[0].heads)
        keys = [n if last else line.heads[: depth + 1] for n, line in enumerate(lines)]
        for _, same in groupby(range(len(lines)), key=keys.__getitem__):
            first, *more = same
            spans[first].append((lines[first].heads[depth], 1 + len(more)))
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
