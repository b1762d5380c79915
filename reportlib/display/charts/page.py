"""One page for every figure: font, style, measured text, title, legend, notes, source line, alt text.

Positions are inches, and every text is measured before it is placed: nothing is clipped or overlaps,
and no layout engine has to run (it costs more than the drawing itself).
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, wraps
from importlib.resources import as_file, files
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, ParamSpec

import matplotlib as mpl
import numpy as np
import pylopdf_fonts_zh_cn
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from ...form.labels import number

WIDTH, MARGIN = 7.2, 0.12
ROOM = WIDTH - 2 * MARGIN
TITLE, SUBTITLE, LABEL, TICK, NOTE = 12.0, 8.5, 8.0, 7.5, 7.0
LEADING = 1.45 / 72
ACCENT, PALE = "#0b5d7a", "#a9ccd9"
BLACK, DARK, MID, LIGHT = "#111111", "#4a4a4a", "#8a8a8a", "#dcdcdc"
FONT = pylopdf_fonts_zh_cn.sans_path()
ALT_LENGTH = 1500  # characters; the rest is in the table
WORDS: dict[str, Any] = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))

P = ParamSpec("P")


class Fill(NamedTuple):
    """How an area is filled: told apart by lightness and hatch, so that grey print keeps it."""

    face: str
    hatch: str = ""
    text: str = "#222222"


FILLS = (
    Fill(ACCENT, text="white"),
    Fill(PALE),
    Fill("#5c5c5c", text="white"),
    Fill("#b4b4b4"),
    Fill("#e3e3e3"),
    Fill("white", hatch="////"),
    Fill("white", hatch="...."),
    Fill("white"),
)


Spot = tuple[float, float]


class Swatch(NamedTuple):
    """One entry of a legend: an area, or a point as keywords of Line2D."""

    text: str
    sign: Fill | dict[str, Any]


# ------------------------------------------------------------------------------------ words


def word(key: str, lang: str, **values: object) -> str:
    """A text of ``words.toml`` by its dotted key, with its places filled."""
    entry: Any = WORDS
    for part in (*key.split("."), lang):
        entry = entry[part]
    return str(entry).format(**values)


def join(texts: Iterable[str], lang: str, sign: str = "comma") -> str:
    """Texts in a row, by a punctuation mark of ``words.toml``."""
    return word(f"common.{sign}", lang).join(texts)


def share(part: float) -> str:
    """A share of 100 without decimals; what is there is never written as 0 %, what lacks something never as
    100 %.
    """
    if 0 < part < 0.5:
        return "<1%"
    return ">99%" if 99.5 <= part < 100 else f"{part:.0f}%"


def steps(
    top: float, unit: str, lang: str, *, whole: bool = True, n: int = 4
) -> tuple[list[float], list[str]]:
    """At most `n` round steps from 0 to at least `top`, and how an axis writes them."""
    values = list(
        map(float, MaxNLocator(n, steps=[1, 2, 2.5, 5, 10], integer=whole).tick_values(0, top or 1))
    )
    if unit == "%":
        return values, [f"{value:g}%" for value in values]
    by, sign = 1, ""
    if lang == "zh" and values[-1] >= 100_000:
        by, sign = 10_000, "万"
    elif values[-1] >= 1_000_000:
        by, sign = 1_000_000, "M"
    return values, [f"{number(value / by)}{sign}" if value else "0" for value in values]


# ------------------------------------------------------------------------------------- text

PIECE = re.compile(r"[（《“]*(?:[\u2e80-\uffff]|[^\s\u2e80-\uffff]+)[，。；：、）》”％！？·]*\s*")
"""What stays on one line: a word, or a Chinese character with the punctuation that belongs to it."""


@cache
def _font() -> FT2Font:
    # In memory: from a file it reads as it needs, and forked kernels would move each other's place in it.
    return FT2Font(io.BytesIO(FONT.read_bytes()))


@cache
def _advance(char: str) -> float:
    font = _font()
    font.set_size(100, 72)
    return font.load_char(ord(char), LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 100


def width(text: str, size: float = LABEL) -> float:
    """How wide a line of text is, in inches, at a size in points."""
    return sum(map(_advance, text)) * size / 72


def widest(texts: Iterable[str], size: float = LABEL) -> float:
    """How wide the widest of some lines is, in inches."""
    return max((width(text, size) for text in texts), default=0.0)


def fit(text: str, size: float, room: float) -> str:
    """The text, its middle left out where it is wider than `room` inches (names differ at their ends)."""
    text = short = " ".join(text.split())
    keep = len(text)
    while keep > 2 and width(short, size) > room:
        keep -= 1
        short = f"{text[: (keep + 1) // 2]}…{text[len(text) - keep // 2 :]}"
    return short


def wrap(text: str, size: float, room: float = ROOM) -> list[str]:
    """The text in lines no wider than `room` inches: between Chinese characters or at spaces."""
    lines = [""]
    for piece in PIECE.findall(text):
        if width((lines[-1] + piece).rstrip(), size) > room:
            lines.append("")
        for part in (
            [piece] if width(piece.rstrip(), size) <= room else piece
        ):  # a word longer than a line is broken
            if width((lines[-1] + part).rstrip(), size) > room:
                lines.append("")
            lines[-1] += part
    return [line.rstrip() for line in lines if line] or [""]


# ------------------------------------------------------------------------------------- page


@cache
def _style() -> Any:
    fonts = font_manager.fontManager
    fonts.addfont(FONT)
    fonts.ttflist.insert(
        0, fonts.ttflist.pop()
    )  # before a font of the same name that happens to be on the machine
    with as_file(files(__package__).joinpath("report.mplstyle")) as path:
        style: Any = mpl.rc_params_from_file(path, use_default_template=False)
    # The name is read back from the file: a family that merely happens to be installed is never taken.
    return {**style, "font.family": [_font().family_name, "DejaVu Sans"], "font.size": LABEL}


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw under the house style and leave the caller's settings alone."""

    @wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with mpl.rc_context(_style()):
            return draw(*args, **kwargs)

    return inner


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
    return str(fig.get_label() or "")


def png(fig: Figure, alt: str) -> tuple[bytes, dict[str, object]]:
    """A figure as a notebook shows it: the picture, and its text alternative and size in CSS pixels."""
    picture = io.BytesIO()
    fig.savefig(picture, format="png", dpi="figure")
    width, height = (round(96 * inches) for inches in fig.get_size_inches())
    return picture.getvalue(), {"alt": alt, "width": width, "height": height}


class Chart(Figure):
    """A figure that shows itself, with its alt text, as the last line of a notebook's cell."""

    def _repr_png_(self) -> tuple[bytes, dict[str, object]]:
        return png(self, alt(self))


class Page:
    """A figure with its header and footer; charts draw into axes placed on its body.

    Parameters
    ----------
    lang
        ``zh`` or ``en``.
    title
        What is measured, of whom, for which years and in which scope.
    height
        Height of the body, in inches.
    sources
        Where the figures come from, as codes of ``words.toml``; last line.
    subtitle
        Unit and reading aid.
    legend
        Entries of the legend, in the order of what they explain.
    notes
        Marks in use, what is left out; under the body.
    """

    def __init__(
        self,
        lang: str,
        title: str,
        height: float,
        sources: Iterable[str],
        *,
        subtitle: str = "",
        legend: Sequence[Swatch] = (),
        notes: Iterable[str] = (),
    ) -> None:
        source = join((word(f"source.{code}", lang) for code in sources), lang, "semicolon")
        head = [(line, TITLE, BLACK) for line in wrap(title, TITLE)]
        head += [(line, SUBTITLE, "#555555") for line in wrap(subtitle, SUBTITLE) if line]
        foot = [line for note in (*notes, source) for line in wrap(note, NOTE) if line]
        rows = _rows(legend)
        self.lang = lang
        self.top = MARGIN + sum(size * LEADING for _, size, _ in head) + 0.2 * len(rows) + 0.1
        self.height = self.top + height + 0.08 + len(foot) * NOTE * LEADING + MARGIN
        self.fig = Chart(figsize=(WIDTH, self.height))
        FigureCanvasAgg(self.fig)
        self._facts = [title]
        y = MARGIN - self.top
        for line, size, color in head:
            self.text(MARGIN, y, line, size=size, color=color, va="top")
            y += size * LEADING
        for row in rows:
            y += 0.2
            for x, entry in row:
                self.fig.add_artist(self._sign(x, self.height - self.top - y + 0.08, entry.sign))
                self.text(x + 0.21, y - 0.08, entry.text, color="#333333")
        for n, line in enumerate(foot):
            self.text(MARGIN, height + 0.08 + n * NOTE * LEADING, line, size=NOTE, color="#666666", va="top")

    def text(self, x: float, y: float, text: str, *, size: float = LABEL, **style: Any) -> None:
        """Put a text at `x` inches from the left and `y` from the body's top."""
        style.setdefault("va", "center")
        self.fig.text(
            x, self.height - self.top - y, text, size=size, transform=self.fig.dpi_scale_trans, **style
        )

    def lines(self, x: float, y: float, lines: Iterable[str], *, leading: float = 0.16, **style: Any) -> None:
        """Put lines of text one under the other."""
        for n, line in enumerate(lines):
            self.text(x, y + n * leading, line, **style)

    def axes(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        *,
        x: Spot | None = None,
        y: Spot | None = None,
    ) -> Axes:
        """Axes at a place of the body, in inches from its top left corner; with limits `x` and `y`, and no
        frame.
        """
        below = self.height - self.top - top - height
        ax = self.fig.add_axes((left / WIDTH, below / self.height, width / WIDTH, height / self.height))
        if x and y:
            ax.set(xlim=x, ylim=y)
            ax.set_axis_off()
        return ax

    def fact(self, said: str, *names: str) -> None:
        """Add what is drawn to the text alternative, under the names of what it is about."""
        about = " ".join(filter(None, names))
        self._facts.append(join(filter(None, [about, said]), self.lang, "colon"))

    def nothing(self) -> Figure:
        """The figure of no data, which says so."""
        said = word("common.no_data", self.lang)
        self.text(MARGIN, 0.2, said, color=DARK)
        self.fact(said)
        return self.done()

    def done(self) -> Figure:
        """The finished figure, its alt text in place."""
        fitting = max(1, sum(length <= ALT_LENGTH for length in accumulate(map(len, self._facts))))
        facts = self._facts[:fitting]
        if more := len(self._facts) - fitting:
            facts.append(word("alt.more", self.lang, n=more))
        self.fig.set_label(join(facts, self.lang, "semicolon") + word("common.stop", self.lang))
        return self.fig

    def _sign(self, x: float, y: float, sign: Fill | dict[str, Any]) -> Artist:
        inches = self.fig.dpi_scale_trans
        if isinstance(sign, dict):
            return Line2D([x + 0.08], [y], transform=inches, linestyle="", **sign)
        box: dict[str, Any] = {"facecolor": sign.face, "hatch": sign.hatch, "edgecolor": MID}
        return Rectangle((x, y - 0.05), 0.16, 0.1, transform=inches, **box)


def _rows(entries: Sequence[Swatch]) -> list[list[tuple[float, Swatch]]]:
    """Legend entries laid out in rows, each with its left edge."""
    rows: list[list[tuple[float, Swatch]]] = []
    x = WIDTH
    for entry in entries:
        wide = 0.21 + width(entry.text)
        if x + wide > WIDTH - MARGIN:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, entry))
        x += wide + 0.2
    return rows


class Labels:
    """Texts in axes, put where they cover neither text nor line; spots are inches from the lower left
    corner.
    """

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        self.wide, self.high = ax.bbox.width / ax.figure.dpi, ax.bbox.height / ax.figure.dpi
        self._taken: list[tuple[float, float, float, float]] = []

    def inch(self, x: float, y: float) -> Spot:
        """Where a point of the data stands."""
        spot = (self.ax.transData.transform((x, y)) - self.ax.bbox.p0) / self.ax.figure.dpi
        return float(spot[0]), float(spot[1])

    def keep_off(self, points: Iterable[Spot], *, marked: bool = True) -> None:
        """Keep texts off the line through points of the data, and off their markers."""
        spots = [self.inch(*point) for point in points]
        reach = 0.03 if marked else 0.0
        self._taken += [(x - reach, y - reach, x + reach, y + reach) for x, y in spots]
        for (xa, ya), (xb, yb) in pairwise(spots):
            n = max(2, int((abs(xb - xa) + abs(yb - ya)) / 0.04))
            self._taken += [(x, y, x, y) for x, y in np.linspace((xa, ya), (xb, yb), n + 1).tolist()]

    def put(self, text: str, spots: Iterable[Spot], *, color: str, at: Spot | None = None) -> None:
        """Write a text around the first of the spots where it fits, with a line to `at` where that is far;
        else not.
        """
        half = width(text, NOTE) / 2 + 0.02
        for x, y in spots:
            left, low, right, high = x - half, y - 0.065, x + half, y + 0.065
            inside = left >= -0.02 and right <= self.wide + 0.04 and low >= 0 and high <= self.high + 0.08
            if inside and not any(
                left <= c and a <= right and low <= d and b <= high for a, b, c, d in self._taken
            ):
                break
        else:
            return
        self._taken.append((left, low, right, high))
        place: dict[str, Any] = {"transform": self.ax.transAxes, "color": color, "zorder": 6}
        self.ax.text(x / self.wide, y / self.high, text, ha="center", va="center", size=NOTE, **place)
        if at and abs(at[1] - y) > 0.2:
            place |= {"color": MID, "linewidth": 0.5, "zorder": 2}
            end = y - 0.06 if y > at[1] else y
            self.ax.plot([at[0] / self.wide, x / self.wide], [at[1] / self.high, end / self.high], **place)


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places in order, at least `gap` from each other, as near to the wanted ones as can be (least
    squares).
    """
    blocks: list[list[float]] = []
    for k, want in enumerate(wanted):
        blocks.append([want - k * gap])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    ceiling = high - (len(wanted) - 1) * gap
    places = [np.mean(block) for block in blocks for _ in block]
    return [max(low, min(float(place), ceiling)) + k * gap for k, place in enumerate(places)]
