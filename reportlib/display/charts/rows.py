"""Rows under heads: the layout of bars, heat tables, dots and coverage; a column of the chart is a panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from .drawing import Panel
from .facts import Who
from .lettering import LABEL, LEADING, NOTE, SMALL, fit, widest, wrap
from .sheet import BLACK, DARK, HIGHEST, MARGIN, ROOM, Sheet
from .words import counted

WIDEST_LABEL = 2.1


class Line(NamedTuple):
    """A row of the chart, or the heading of those below it."""

    label: str
    who: Who
    year: int = 0
    heading: bool = False


class Cell(NamedTuple):
    """A cell of the chart: its row with its number, its panel, and the number of its column."""

    row: int
    line: Line
    panel: Panel
    column: int


def rows_of(
    sheet: Sheet,
    lines: Sequence[Line],
    heads: Sequence[str],
    high: float,
    *,
    gutter: float = 0.12,
    after: float = 0,
    side: Literal["left", "center"] = "left",
) -> list[Cell]:
    """The cells of rows, headings apart: a panel for each head, a line of its upright axis for each row, with
    the rows' labels.

    `high` is that of a row, `after` the room at the right edge, in inches. Rows that would make the picture
    too high have no place, and a note says so.
    """
    shown = lines[: int(HIGHEST / high)]
    before = min(widest(line.label for line in shown if not line.heading) + 0.12, WIDEST_LABEL)
    wide = (ROOM - before - after + gutter) / max(len(heads), 1) - gutter
    size = NOTE
    if widest(" ".join(heads).split(), NOTE) > wide:
        size = SMALL  # so that no word is broken
    written = [wrap(head, size, wide) for head in heads]
    above = max(map(len, written), default=0) * NOTE * LEADING + 0.06
    sheet.height = above + max(len(shown), 1) * high + 0.04
    sheet.whose = list(dict.fromkeys(line.who for line in lines))
    if cut := set(sheet.whose) - {line.who for line in shown}:
        sheet.notes.append(counted("common.cut", len(cut)))
    cells = []
    for n, head in enumerate(written if shown else []):
        left = MARGIN + before + n * (wide + gutter)
        panel = Panel(sheet, left, above, wide, len(shown) * high, (0, 1), (len(shown) - 0.5, -0.5))
        panel.ax.set(xticks=[], yticks=[])
        panel.ax.spines[:].set_visible(False)
        panel.ax.set_title("\n".join(head), loc=side, size=size, pad=4, color=DARK)
        if not n:
            labels = [fit(line.label, LABEL, ROOM if line.heading else before - 0.1) for line in shown]
            panel.ax.set_yticks(range(len(shown)), labels, size=LABEL, color=BLACK, ha="left")
            panel.ax.tick_params(axis="y", pad=72 * before)
        cells += [Cell(k, line, panel, n) for k, line in enumerate(shown) if not line.heading]
    return sorted(cells, key=lambda cell: cell.row)
