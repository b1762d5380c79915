"""Tables for people: heads with scopes, statuses marked, every cell followed to its file and place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from itertools import groupby
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import jinja2
import pandas as pd

from ..errors import ReportlibError
from ..form import EDITIONS
from ..form.crosswalk import links
from ..form.labels import MARKS, PRECISION, entries, label, language, number

if TYPE_CHECKING:
    from ..analysis.dataset import Dataset

__all__ = ["Line", "Shown", "Table", "html", "listed", "pivot", "plain", "runs", "table", "word"]

TABLES = ("disclosure", "requests", "disputes")
CODED = (
    "table", "status", "found", "verdict", "rule", "scope", "level", "kind", "precision", "indicator",
)  # fmt: skip
AXES = {
    **dict.fromkeys(TABLES, "state"),
    **dict(zip(CODED, CODED, strict=True)),
    "alternative_of": "indicator",
}
"""What the values of a frame's column are codes of."""


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
        ``ds.figures`` or what `indicators` gives), laid out with its statuses marked. With `rows` alone: any
        frame, an entry for each line, headed by its values in `rows`, the other columns below each other.
        Without them: any frame, shown line by line, its first column as the head of the line.
    caption
        What the table shows, with its unit; a text, or one for each language: ``{"zh": …, "en": …}``.
    lang
        ``zh`` or ``en``: the language of heads, codes and marks; None: the one that is set.
    rows, columns
        The columns of `frame` whose values become the heads of the lines and of the columns.
    ds
        The dataset, so that the files in which the cells stand are named.
    notes
        Further lines for the list of notes.

    Raises
    ------
    ReportlibError
        It is no frame, or lacks a column; or two lines of it fall on one cell of the table.
    """
    lang = language(lang)
    title = caption if isinstance(caption, str) else caption[lang]
    heads = [rows] if isinstance(rows, str) else list(rows)
    _check(frame, [*heads, *([columns, "value"] if columns else [])])
    if not heads:
        return Table(plain(frame, title, lang, notes), title, frame)
    if not columns:
        return Table(listed(frame, title, lang, heads, notes), title, frame)
    if ds is not None and "report_id" in frame:
        frame = _with_reports(frame, ds)
    return Table(pivot(frame, title, lang, heads, columns, notes), title, frame)


def _with_reports(frame: pd.DataFrame, ds: Dataset) -> pd.DataFrame:
    """The frame with the file of each line; what a retyped file lacks was not transcribed."""
    reports = ds.reports.set_index("report_id")
    ids = frame["report_id"].astype("str")
    frame = frame.assign(file=ids.map(reports["file"]))
    if "found" not in frame:
        return frame
    lacking = (frame["found"] == "missing") & (ids.map(reports["kind"].astype("str")) == "retyped")
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


def word(name: str, value: Any, lang: str, table: str = "", edition: str = "") -> str:
    """One value of the column `name` of a frame in words, a row or column in those of `edition`."""
    if value is None or value is pd.NA or value != value:
        return "—"
    if isinstance(value, bool):
        return label(str(value).lower(), lang, "text")
    if isinstance(value, str):
        axis = name if name in ("row", "column") else AXES.get(name, "")
        return label(value, lang, axis, table, edition) if axis else value
    if not isinstance(value, Real):
        return str(value)
    return f"{value:.0f}" if name == "year" else number(float(value))


class Shown(NamedTuple):
    """One cell as it is shown: `small` stands under the text, `note` in the list of notes, `place` on
    hover.
    """

    text: str
    numeric: bool = False
    marks: tuple[str, ...] = ()
    small: str = ""
    note: str = ""
    place: str = ""
    head: str = ""

    @property
    def link(self) -> bool:
        """Whether the text is an address of the web, and nothing else."""
        return re.fullmatch(r"https?://\S+", self.text) is not None

    @property
    def kinds(self) -> str:
        """The classes of the cell."""
        return " ".join((*(["num"] if self.numeric else []), *self.marks))

    def hover(self, stop: str) -> str:
        """Place and note."""
        return stop.join(filter(None, [self.place, self.note]))


class Line(NamedTuple):
    """One line of a table: its heads and its cells."""

    heads: tuple[str, ...]
    cells: Sequence[Shown]


def listed(
    frame: pd.DataFrame, caption: str, lang: str, rows: Sequence[str], notes: Iterable[str] = ()
) -> str:
    """HTML of a frame as a list, for any screen: what there is of each line stands below each other."""
    fields = [str(name) for name in frame.columns if name not in rows]
    if "name" in rows:
        fields = [name for name in fields if name != "indicator"]  # the code of what is named
    entries = []
    for line in frame.astype("object").fillna("").to_dict("records"):
        head = [word(name, line[name], lang) for name in rows]
        told = []
        for name in fields:
            if line[name] != "":
                told.append(Shown(word(name, line[name], lang), head=label(name, lang, "field")))
        entries.append((" · ".join(part for part in head if part), told))
    return _template("list").render(caption=caption, entries=entries, notes=list(notes))


def plain(frame: pd.DataFrame, caption: str, lang: str, notes: Iterable[str] = ()) -> str:
    """HTML of a frame, line by line; codes and the names of columns in words."""
    silent = [name for name in frame.columns if len(frame) and (frame[name] == "").all()]
    frame = frame.drop(columns=silent)
    names = [str(name) for name in frame.columns]
    within = "disputes" if "upheld" in names else "requests"
    heads = [_head(name, lang, within) for name in names]
    if "name" in names:
        names = ["" if name == "indicator" else name for name in names]  # a code beside its name stays
    tables = frame["table"].astype("str") if "table" in names else [""] * len(frame)
    lines = []
    of_lines = zip(_wordings(frame), tables, frame.itertuples(index=False, name=None), strict=True)
    for edition, table, values in of_lines:
        cells = []
        for name, value in zip(names, values, strict=True):
            text = word(name, value, lang, table, edition)
            cells.append(Shown(text, numeric=not isinstance(value, str | bool)))
        lines.append(Line((cells[0].text,), cells[1:]))
    return html(caption, heads, lines, lang, notes)


def _head(name: str, lang: str, table: str) -> str:
    """The name of a frame's column in words: a field, or a column of the form."""
    field = label(name, lang, "field")
    return label(name, lang, "column", table) if field == name else field


def pivot(
    frame: pd.DataFrame,
    caption: str,
    lang: str,
    rows: Sequence[str],
    columns: str,
    notes: Iterable[str] = (),
    absent: str = "—",
) -> str:
    """HTML of a long frame laid out by `rows` and `columns`; `absent` stands where the frame has no line."""
    units = "unit" in frame and frame["unit"].nunique() > 1
    down = zip(*(_ranks(frame, name) for name in rows), strict=True)
    across = _ranks(frame, columns)
    heads: dict[tuple[float, ...], tuple[str, ...]] = {}
    cells: dict[tuple[tuple[float, ...], tuple[float, str]], Shown] = {}
    facts = frame.astype("object").to_dict("records")
    for row, rank, edition, line in zip(down, across, _wordings(frame), facts, strict=True):
        in_words = partial(word, lang=lang, table=str(line.get("table", "")), edition=edition)
        top = in_words(columns, line[columns])
        heads[row] = tuple(in_words(name, line[name]) for name in rows)
        if (row, (rank, top)) in cells:
            raise ReportlibError(
                "two values for one cell of the table",
                place=" · ".join((*heads[row], top)),
                hint="Choose one, e.g. by scope, or name the column that tells them apart in rows",
            )
        cells[row, (rank, top)] = _shown(line, lang, units)
    tops = sorted({column for _, column in cells})
    nothing = Shown(absent, numeric=True)
    lines = []
    for row in sorted(heads):
        shown = [cells.get((row, top), nothing) for top in tops]
        lines.append(Line(heads[row], shown))
    names = [label(name, lang, "field") for name in rows]
    return html(caption, [*names, *(top for _, top in tops)], lines, lang, notes)


def _wordings(frame: pd.DataFrame) -> list[str]:
    """For each line the edition in whose words its cell is named.

    The report's own, except for a cell that is the same in several editions of the frame ('': the newest's);
    where the edition is not told, the newest that has such a cell.
    """
    own = frame["edition"].astype("str").tolist() if "edition" in frame else [""] * len(frame)
    if (len(set(own)) == 1 and own[0]) or not {"table", "row", "column"} <= set(frame.columns):
        return own
    cells = zip(*(frame[name].astype("str") for name in ("table", "row", "column")), strict=True)
    return [_wording(edition, cell) for edition, cell in zip(own, cells, strict=True)]


@cache
def _wording(own: str, cell: tuple[str, str, str]) -> str:
    if not own:
        return next((edition for edition in reversed(EDITIONS) if cell in links(edition)), "")
    link = links(own).get(cell)
    return "" if link is None or link.relation == "same" else own


@cache
def _order() -> dict[tuple[str, str, str], int]:
    """Where a row (or group: before its first member) and a column stand in their table, by axis, table and
    code.
    """
    places = dict.fromkeys((axis, table, entry.code) for _, axis, table, entry in entries())
    return {place: n for n, place in enumerate(places)}


def _ranks(frame: pd.DataFrame, name: str) -> Sequence[float]:
    """Where each line stands by one of its columns: order of the form, of numbers, else as the lines come."""
    values, places = frame[name], frame[name].factorize()[0]
    if name in ("row", "column") and "table" in frame:
        codes = zip(frame["table"].astype("str"), values.astype("str"), places, strict=True)
        return [_order().get((name, table, code), len(_order()) + place) for table, code, place in codes]
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.tolist()
    return (values if pd.api.types.is_numeric_dtype(values.dtype) else places).tolist()


def _shown(line: Mapping[Any, Any], lang: str, with_unit: bool) -> Shown:
    """One line of a long frame as a cell."""
    marks = _marks(line)
    note = [str(line[name]) for name in ("missing", "note") if line.get(name)]
    if set(marks) - {"derived"}:
        note = [*(label(mark, lang, "status") for mark in marks), *note]
        if isinstance(line.get("printed"), str):
            note.append(label("printed", lang, "text").format(line["printed"]))
    known = [line[name] for name in ("file", "where") if isinstance(line.get(name), str) and line[name]]
    place = ": ".join(known) or str(line.get("address") or "")
    told = label("stop", lang, "text").join(note)
    return Shown(_text(line, lang, with_unit), True, marks, _small(line), told, place)


def _text(line: Mapping[Any, Any], lang: str, with_unit: bool) -> str:
    """The figure of a line, or why there is none."""
    status, found, unit = (str(line.get(name) or "") for name in ("status", "found", "unit"))
    if not pd.isna(line["value"]):
        text = PRECISION.get(str(line.get("precision")), "") + number(float(line["value"]), unit)
        return f"{text} {unit}" if with_unit and unit not in ("", "%") else text
    if status in ("undefined", "incomplete"):
        return label(status, lang, "status")
    return label(found, lang, "found") if found not in ("", "number") else "—"


def _marks(line: Mapping[Any, Any]) -> tuple[str, ...]:
    """The statuses of a line that have a sign."""
    states = [str(line.get("status") or "")]
    if line.get("suspect") is True:
        states.append("suspect")
    if line.get("comparable") is False:
        states.append("broken")
    return tuple(state for state in dict.fromkeys(states) if state in MARKS)


def _small(line: Mapping[Any, Any]) -> str:
    """What a rate is made of, and its interval."""
    if pd.isna(line.get("numerator")) or pd.isna(line.get("denominator")):
        return ""
    counts = f"{number(line['numerator'])} / {number(line['denominator'])}"
    return counts if pd.isna(line["low"]) else f"{counts} · {line['low']:.1f}–{line['high']:.1f}"


def _is_numeric(column: Iterable[Shown]) -> bool:
    return all(cell.numeric for cell in column)


def html(
    caption: str, heads: Sequence[str], lines: Sequence[Line], lang: str, notes: Iterable[str] = ()
) -> str:
    """The table in its scroll box, its legend and its list of notes and places."""
    stop = label("stop", lang, "text")
    cells = [line.cells for line in lines]
    shown = [cell for line in cells for cell in line]
    return _template("table").render(
        caption=caption,
        heads=heads,
        first=len(heads) - len(cells[0]) if cells else len(heads),
        numeric=list(map(_is_numeric, zip(*cells, strict=True))),
        lines=zip(_spans(lines), cells, strict=True),
        marks=MARKS,
        stop=stop,
        legend=_legend(shown, lang),
        summary=label("places", lang, "text"),
        notes=_noted(lines, heads, stop),
        places=[*_condensed(cell.place for cell in shown if cell.place), *notes],
    )


def _legend(shown: Sequence[Shown], lang: str) -> list[str]:
    """What the signs of a table mean, for those that stand in it."""
    used = {mark for cell in shown for mark in cell.marks}
    legend = [f"{sign} {label(mark, lang, 'status')}" for mark, sign in MARKS.items() if mark in used]
    if any(cell.text == "—" for cell in shown):
        legend.append(label("nothing", lang, "text"))
    if any(cell.small for cell in shown):
        legend.append(label("interval", lang, "text"))
    return legend


def _noted(lines: Sequence[Line], heads: Sequence[str], stop: str) -> list[str]:
    """The notes of the cells that have one, each with what it belongs to."""
    notes = []
    for line in lines:
        tops = heads[len(heads) - len(line.cells) :]
        for top, cell in zip(tops, line.cells, strict=True):
            if cell.note:
                told = stop.join(part for part in (cell.text, cell.note, cell.place) if part)
                notes.append(f"{' · '.join((*line.heads, top))}: {told}")
    return notes


@cache
def _template(name: str) -> jinja2.Template:
    text = files(__package__).joinpath(f"{name}.html.j2").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True).from_string(text)


def _spans(lines: Sequence[Line]) -> list[list[tuple[str, int]]]:
    """The head cells of each line and over how many lines they go on; what goes on is written once."""
    out: list[list[tuple[str, int]]] = [[] for _ in lines]
    last = len(lines[0].heads) - 1 if lines else -1
    for depth in range(last + 1):
        keys = [line.heads[: depth + 1] if depth < last else (n,) for n, line in enumerate(lines)]
        for _, same in groupby(range(len(lines)), key=keys.__getitem__):
            first, *more = same
            out[first].append((lines[first].heads[depth], 1 + len(more)))
    return out


def _condensed(places: Iterable[str]) -> list[str]:
    """Places that differ in one number only as one line: ``a.html: table 2, row 7–19, column 3, 5``."""
    merged = list(dict.fromkeys(places))
    for part in ("column", "row", "line"):
        pattern = re.compile(rf"(.*\b{part} )(\d+)\b(.*)", re.DOTALL)
        alike: dict[tuple[str, str], list[int]] = {}
        for place in merged:
            found = pattern.fullmatch(place)
            numbers = alike.setdefault((found[1], found[3]) if found else (place, ""), [])
            numbers += [int(found[2])] if found else []
        merged = [front + runs(numbers) + back for (front, back), numbers in alike.items()]
    return merged


def runs(numbers: Iterable[int]) -> str:
    """Numbers in words, three and more in a row as ``5–9``."""
    texts = []
    for _, run in groupby(enumerate(sorted(numbers)), key=lambda numbered: numbered[1] - numbered[0]):
        first, *more = (number for _, number in run)
        texts.append(f"{first}–{more[-1]}" if len(more) > 1 else ", ".join(map(str, [first, *more])))
    return ", ".join(texts)
