"""One sheet for every figure: style, title, legend, notes, source line, text alternative and data.

A sheet remembers what is drawn on it; when it is done, legend, notes, title and text alternative follow.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import cache, wraps
from html import escape
from importlib.resources import as_file, files
from itertools import accumulate
from typing import Any, ParamSpec, cast

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy
from PIL import Image

from ...form.labels import MARKS, PRECISION, language
from .facts import COLUMNS, Facts, Point, Who, marks_of, title
from .lettering import FONT, LABEL, LEADING, NOTE, SUBTITLE, TITLE, font, widest, wrap
from .words import LANG, entry, join, said, unit_name, word

WIDTH, MARGIN = 7.2, 0.12
ROOM = WIDTH - 2 * MARGIN
HIGHEST = 14.5  # inches of a sheet's body: with head and foot a picture stays below 2,400 pixels
DRAFT = 20.0  # inches of a sheet that is not done
ACCENT = "#0b5d7a"
BLACK, INK, DARK, MID, LIGHT = "#111111", "#222222", "#4a4a4a", "#767676", "#dcdcdc"
ALT_LENGTH = 1500  # characters; the rest is in the table
SIGN = 0.51  # inches of a legend's sign, and between its columns

P = ParamSpec("P")
Look = dict[str, Any]
"""How something is drawn: keywords of matplotlib."""


# ------------------------------------------------------------------------------------ shown


class Chart(Figure):
    """A figure that shows itself with its text alternative, as the last line of a notebook's cell.

    Attributes
    ----------
    name
        The function that drew it.
    alt
        What the picture says, figures included.
    data
        The figures behind it, a line each: ``body``, ``scope``, ``year``, ``series`` (a cell of the form or
        an indicator), ``value``, ``unit``, ``status``, and where it stands: ``report_id`` or ``address``.
        The CSV that a page offers leaves out columns in which nothing is said of any line.
    """

    name: str = "chart"
    alt: str = ""
    data: pd.DataFrame = pd.DataFrame()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[Look, Look]:
        data, facts = bundle(self, self.alt)
        told = self.data.dropna(axis="columns", how="all")
        silent = [name for name, empty in COLUMNS.items() if name in told and (told[name] == empty).all()]
        told = told.drop(columns=silent)
        facts["image/png"] |= {"csv": told.to_csv(index=False), "csv_name": f"{self.name}.csv"}
        return data, facts


def alt(fig: Figure) -> str:
    """The text alternative of a chart, its figures included.

    Parameters
    ----------
    fig
        A figure made by a function of this package.

    Returns
    -------
    str
        Title, then what is drawn, in the language of the chart; '' for a figure made elsewhere.
    """
    return fig.alt if isinstance(fig, Chart) else ""


def bundle(fig: Figure, alt: str) -> tuple[Look, Look]:
    """A figure as a notebook shows it: data by type, and metadata.

    The HTML carries the text alternative, because JupyterLab's export leaves out that of a bare picture.
    """
    picture = base64.b64encode(_png(fig)).decode()
    wide, high = (round(96 * inches) for inches in fig.get_size_inches())
    size = f'width="{wide}" height="{high}"'
    img = f'<img alt="{escape(alt)}" {size} src="data:image/png;base64,{picture}">'
    html = f'<figure tabindex="0">{img}</figure>'
    facts = {"alt": alt, "width": wide, "height": high}
    return {"text/html": html, "image/png": picture, "text/plain": alt}, {"image/png": facts}


def _png(fig: Figure) -> bytes:
    """The picture; a chart has so few colours that a palette makes it a quarter as large."""
    stream = io.BytesIO()
    if isinstance(fig, Chart):
        canvas = FigureCanvasAgg(fig)
        canvas.draw()  # type: ignore[no-untyped-call]
        drawn = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        picture = Image.fromarray(drawn).convert("RGB")
        few = picture.quantize(96, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        colours = np.array(few.getpalette(), np.uint8).reshape(-1, 3)
        colours[np.asarray(few)[0, 0]] = 255  # the ground is white, not nearly so
        few.putpalette(colours.tobytes())
        few.save(stream, "png", optimize=True)
    else:
        fig.savefig(stream, format="png", dpi="figure")
    return stream.getvalue()


# ------------------------------------------------------------------------------------ style


@cache
def _settings() -> Any:
    fonts = font_manager.fontManager
    fonts.addfont(FONT)
    added = fonts.ttflist.pop()
    fonts.ttflist.insert(0, added)  # before a font of the same name that happens to be on the machine
    with as_file(files(__package__).joinpath("report.mplstyle")) as path:
        style: Any = mpl.rc_params_from_file(path, use_default_template=False)
    # The name is read back from the file: a family that merely happens to be installed is never taken.
    return {**style, "font.family": [font().family_name, "DejaVu Sans"], "font.size": LABEL}


def style() -> AbstractContextManager[None]:
    """The project's style and font for a chart of one's own: draw it inside ``with rl.charts.style():``.

    Returns
    -------
    context manager
        Settings of matplotlib, put back when the block ends.
    """
    return mpl.rc_context(_settings())


def styled(draw: Callable[P, Chart]) -> Callable[P, Chart]:
    """Draw under the house style, in the language asked for, and leave the caller's settings alone."""

    @wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Chart:
        before = LANG.set(language(cast("str | None", kwargs.get("lang"))))
        try:
            with style():
                fig = draw(*args, **kwargs)
        finally:
            LANG.reset(before)
        fig.name = draw.__name__
        return fig

    return inner


# ------------------------------------------------------------------------------------ sheet


class Sheet:
    """A figure that is being drawn; charts draw into axes placed on its body.

    Parameters
    ----------
    chart
        Its section of ``form/charts.toml``, with title, subtitle and source.
    facts
        What it is drawn from.

    Attributes
    ----------
    height
        Of the body, in inches; charts set it.
    whose, years
        The bodies that are drawn, and the years of the title.
    codes
        What is to be said of the figures that are drawn, in codes of ``[marks]``; that of signs which are
        written is added when it is done.
    named
        What the legend names first, in this order, where it is drawn.
    hints, notes
        Parts of the subtitle; lines under the body.
    told
        What is drawn, in words.
    """

    def __init__(self, chart: str, facts: Facts) -> None:
        self.chart, self.facts = chart, facts
        self.fig = Chart(figsize=(WIDTH, DRAFT))
        FigureCanvasAgg(self.fig)
        self.height = 0.4
        self.whose: list[Who] = []
        self.years: Sequence[int] = facts.years
        self.codes: set[str] = set()
        self.named: Sequence[str] = ()
        spec = entry(chart)
        units = {said(spec["unit"])} if "unit" in spec else set(map(unit_name, facts.units.values()))
        self.hints = [word("common.unit", unit=unit) for unit in units if unit and len(units) == 1]
        self.hints += [said(spec["subtitle"])] if "subtitle" in spec else []
        self.notes: list[str] = []
        self.told: list[str] = []

    def axes(self, left: float, top: float, wide: float, high: float) -> Axes:
        """Axes at a place of the body, in inches from its top left corner."""
        below = DRAFT - top - high
        return self.fig.add_axes((left / WIDTH, below / DRAFT, wide / WIDTH, high / DRAFT))

    def mark(self, points: Iterable[Point]) -> None:
        """Remember what is to be said of points that are drawn."""
        self.codes.update(*(point.codes for point in points))

    def fact(self, told: str, *names: str) -> None:
        """Add what is drawn to the text alternative, under the names of what it is about."""
        about = " ".join(filter(None, names))
        self.told.append(join([about, told], "colon"))

    def done(self, whose: Sequence[Who] = (), empty: str = "", **values: object) -> Chart:
        """Put title, legend, notes and source around what is drawn.

        Parameters
        ----------
        whose
            The bodies of the title; those drawn if not given.
        empty
            What is said where nothing is drawn.
        **values
            What stands in the places of the title.
        """
        facts = self.facts
        about = whose or self.whose or facts.who or list(map(Who, facts.asked))
        heading = title(about, self.years, word(f"{self.chart}.title", **values))
        if not self.fig.axes:
            self.hints = self.told = [empty or word("common.no_data")]
        written = "".join(text.get_text() for ax in self.fig.axes for text in ax.texts)
        signs = MARKS | PRECISION | {"undefined": entry("signs.undefined")}
        self.codes.update(code for code, sign in signs.items() if sign in written)
        sources = [entry(self.chart)["source"]] * bool(facts.table or not facts.stated)
        sources += ["headline"] * bool(facts.stated)
        source = word("common.source", what=join((word(f"source.{code}") for code in sources), "semicolon"))
        top = MARGIN + self._lines([heading], 1, MARGIN, TITLE, BLACK)
        hints = join(dict.fromkeys(self.hints), "semicolon")
        top += self._lines([hints[:1].upper() + hints[1:]], 1, top, SUBTITLE, DARK)
        top += self._legend(top)
        under = [marks_of(self.codes), *dict.fromkeys(self.notes), *facts.missing(self.whose), source]
        foot = self._lines(under, 0, MARGIN, NOTE, "#666666")
        self._fold(top + 0.1, foot + MARGIN + 0.08)
        self.fig.alt = _alt(heading, self.told)
        self.fig.data = facts.data
        return self.fig

    def _lines(self, texts: Iterable[str], edge: float, away: float, size: float, color: str) -> float:
        """Write lines from the figure's top (1) down or above its bottom (0); their height in inches."""
        lines = [line for text in texts for line in wrap(text, size, ROOM)]
        high = len(lines) * size * LEADING
        for n, line in enumerate(lines):
            y = -away - n * size * LEADING if edge else away + high - n * size * LEADING
            place = offset_copy(self.fig.transFigure, self.fig, MARGIN, y)
            self.fig.text(0, edge, line, size=size, color=color, va="top", transform=place)
        return high

    def _legend(self, top: float) -> float:
        """Name what is drawn, in as many columns as have room; the height in inches."""
        named: dict[str, Any] = dict.fromkeys(self.named)
        for ax in self.fig.axes:
            for handle, text in zip(*ax.get_legend_handles_labels(), strict=True):
                named[text] = named.get(text) or handle
        named = {text: handle for text, handle in named.items() if handle}
        if not named:
            return 0.0
        columns = int(ROOM / (widest(named) + SIGN)) or 1
        place = offset_copy(self.fig.transFigure, self.fig, MARGIN, -top - 0.06)
        look: Look = {"loc": "upper left", "bbox_to_anchor": (0, 1), "bbox_transform": place}
        self.fig.legend(named.values(), named.keys(), ncols=columns, **look)
        return 0.06 + 0.2 * -(-len(named) // columns)

    def _fold(self, top: float, foot: float) -> None:
        """Give the figure its height, with what is drawn below the head."""
        high = top + self.height + foot
        for ax in self.fig.axes:
            box = ax.get_position()
            low, upper = (1 - (top + (1 - y) * DRAFT) / high for y in (box.y0, box.y1))
            ax.set_position((box.x0, low, box.width, upper - low))
        self.fig.set_size_inches(WIDTH, high)


def _alt(heading: str, told: Sequence[str]) -> str:
    """The text alternative: as much as its length allows, and how much more there is."""
    lengths = accumulate(map(len, told), initial=len(heading))
    fitting = sum(length <= ALT_LENGTH for length in lengths) - 1
    more = len(told) - fitting
    facts = [heading, *told[:fitting], word("common.more", n=more) if more else ""]
    return join(facts, "semicolon") + word("common.stop")
