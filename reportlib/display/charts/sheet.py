"""One sheet for every figure: style, title, legend, notes, source line, text alternative and data.

Positions are inches; every text is measured before it is placed, so that nothing is clipped or overlaps.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import cache, wraps
from html import escape
from importlib.resources import as_file, files
from itertools import accumulate
from typing import Any, NamedTuple, ParamSpec, cast

import matplotlib as mpl
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from ...form import load_toml
from ...form.labels import label, language, number
from .lettering import FONT, LABEL, LEADING, NOTE, SUBTITLE, TITLE, font, width, wrap

WIDTH, MARGIN = 7.2, 0.12
ROOM = WIDTH - 2 * MARGIN
HIGHEST = 14.5  # inches of a sheet's body: with head and foot a picture stays below 2,400 pixels
ACCENT = "#0b5d7a"
BLACK, DARK, MID, LIGHT = "#111111", "#4a4a4a", "#767676", "#dcdcdc"
ALT_LENGTH = 1500  # characters; the rest is in the table
SIGN = 0.31  # inches from a legend's sign to its text
WORDS: dict[str, Any] = load_toml("charts.toml")
LANG: ContextVar[str] = ContextVar("language of the chart that is being drawn", default="zh")

P = ParamSpec("P")
Spot = tuple[float, float]
Look = dict[str, Any]
"""How a line or a point is drawn: keywords of Line2D."""


class Fill(NamedTuple):
    """How an area is filled: told apart by lightness and hatch, so that grey print keeps it."""

    face: str
    hatch: str = ""
    text: str = "#222222"


FILLS = [Fill(**fill) for fill in WORDS["looks"]["fills"]]
LOOKS: dict[str, Any] = WORDS["looks"]
Legend = Sequence[tuple[str, Fill | Look]]
"""What is said, and how it is drawn."""


# ------------------------------------------------------------------------------------ words


def word(key: str, **values: object) -> str:
    """A text of ``form/charts.toml`` by its dotted key, with its places filled."""
    entry: Any = WORDS
    for part in key.split("."):
        entry = entry[part]
    return said(entry).format(**values)


def said(entry: dict[str, str]) -> str:
    """What an entry says in the language of the chart."""
    return entry[LANG.get()]


def name_of(code: str, axis: str = "indicator", table: str = "") -> str:
    """The form's or the catalogue's word for a code."""
    return label(code, LANG.get(), axis, table)


def unit_name(unit: str) -> str:
    """A unit in words."""
    return said(WORDS["unit"][unit]) if unit in WORDS["unit"] else unit


def join(texts: Iterable[str], sign: str = "comma") -> str:
    """Texts in a row, by a punctuation mark of ``form/charts.toml``; empty ones are left out."""
    return word(f"common.{sign}").join(filter(None, texts))


def share(part: float) -> str:
    """A share of 100 as rates are written; what is there is never 0%, what lacks something never 100%."""
    if 0 < part < 0.05:
        return "<0.1%"
    return ">99.9%" if 99.95 <= part < 100 else number(part, "%")


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
    """

    name: str = "chart"
    alt: str = ""
    data: pd.DataFrame = pd.DataFrame()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[Look, Look]:
        data, facts = bundle(self, self.alt)
        filled = self.data.dropna(axis="columns", how="all")
        facts["image/png"] |= {"csv": filled.to_csv(index=False), "csv_name": f"{self.name}.csv"}
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
    stream = io.BytesIO()
    fig.savefig(stream, format="png", dpi="figure")
    picture = base64.b64encode(stream.getvalue()).decode()
    wide, high = (round(96 * inches) for inches in fig.get_size_inches())
    size = f'width="{wide}" height="{high}"'
    img = f'<img alt="{escape(alt)}" {size} src="data:image/png;base64,{picture}">'
    html = f'<figure tabindex="0">{img}</figure>'
    facts = {"alt": alt, "width": wide, "height": high}
    return {"text/html": html, "image/png": picture, "text/plain": alt}, {"image/png": facts}


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
    """A figure with its header and footer; charts draw into axes placed on its body.

    Parameters
    ----------
    title
        What is measured, of whom, for which years and in which scope.
    height
        Height of the body, in inches.
    subtitle
        Unit and reading aid.
    legend
        Entries in the order of what they explain.
    notes
        Under the body: marks in use, what is left out, the source.
    """

    def __init__(
        self, title: str, height: float, subtitle: str, legend: Legend, notes: Iterable[str]
    ) -> None:
        head = [(line, TITLE, BLACK) for line in wrap(title, TITLE, ROOM)]
        head += [(line, SUBTITLE, DARK) for line in wrap(subtitle, SUBTITLE, ROOM)]
        foot = [line for note in notes for line in wrap(note, NOTE, ROOM)]
        rows = _legend_rows(legend)
        self.top = MARGIN + sum(size * LEADING for _, size, _ in head) + 0.2 * len(rows) + 0.1
        self.height = self.top + height + 0.08 + len(foot) * NOTE * LEADING + MARGIN
        self.fig = Chart(figsize=(WIDTH, self.height))
        FigureCanvasAgg(self.fig)
        self._facts = [title]
        y = MARGIN - self.top
        for line, size, color in head:
            self.text(MARGIN, y, line, size=size, color=color, va="top")
            y += size * LEADING
        for n, row in enumerate(rows):
            for x, text, sign in row:
                self._sign(x, y + 0.12 + 0.2 * n, sign)
                self.text(x + SIGN, y + 0.12 + 0.2 * n, text, color=DARK)
        self.lines(MARGIN, height + 0.13, foot, leading=NOTE * LEADING, size=NOTE, color="#666666")

    def text(self, x: float, y: float, text: str, **look: Any) -> None:
        """Put a text at `x` inches from the left and `y` from the body's top."""
        look = {"va": "center", "size": LABEL, "transform": self.fig.dpi_scale_trans, **look}
        self.fig.text(x, self._up(y), text, **look)

    def lines(self, x: float, y: float, lines: Iterable[str], *, leading: float = 0.16, **look: Any) -> None:
        """Put lines of text one under the other."""
        for n, line in enumerate(lines):
            self.text(x, y + n * leading, line, **look)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes at a place of the body, in inches from its top left corner."""
        below = self._up(top + height)
        return self.fig.add_axes((left / WIDTH, below / self.height, width / WIDTH, height / self.height))

    def fact(self, told: str, *names: str) -> None:
        """Add what is drawn to the text alternative, under the names of what it is about."""
        about = " ".join(filter(None, names))
        self._facts.append(join([about, told], "colon"))

    def say(self, told: str) -> None:
        """Write why nothing is drawn."""
        self.text(MARGIN, 0.2, told, color=DARK)
        self.fact(told)

    def done(self) -> Chart:
        """The finished figure, its alt text in place."""
        lengths = accumulate(map(len, self._facts))
        fitting = max(1, sum(length <= ALT_LENGTH for length in lengths))
        more = len(self._facts) - fitting
        facts = [*self._facts[:fitting], *([word("common.more", n=more)] if more else [])]
        self.fig.alt = join(facts, "semicolon") + word("common.stop")
        return self.fig

    def _up(self, y: float) -> float:
        """Inches from the figure's lower edge, of what is `y` inches below the body's top."""
        return self.height - self.top - y

    def _sign(self, x: float, y: float, sign: Fill | Look) -> None:
        """Draw what a legend's entry stands for, as it is drawn in the chart."""
        y = self._up(y)
        inches: Look = {"transform": self.fig.dpi_scale_trans}
        if isinstance(sign, Fill):
            box: Look = {"facecolor": sign.face, "hatch": sign.hatch, "edgecolor": MID}
            self.fig.add_artist(Rectangle((x, y - 0.05), 0.2, 0.1, **box, **inches))
        elif "marker" in sign:
            self.fig.add_artist(Line2D([x, x + 0.13, x + 0.26], [y] * 3, markevery=[1], **sign, **inches))
        else:  # an upright
            self.fig.add_artist(Line2D([x + 0.13] * 2, [y - 0.07, y + 0.07], **sign, **inches))


def _legend_rows(entries: Legend) -> list[list[tuple[float, str, Fill | Look]]]:
    """Legend entries laid out in rows, each with its left edge."""
    rows: list[list[tuple[float, str, Fill | Look]]] = []
    x = WIDTH
    for text, sign in entries:
        wide = SIGN + width(text)
        if x + wide > WIDTH - MARGIN:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, text, sign))
        x += wide + 0.2
    return rows
