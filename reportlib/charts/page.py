"""One page for every figure: font, style, measured text, title, legend, notes, source line, alt text.

Positions are inches, and every text is measured before it is placed: nothing is clipped or overlaps,
and no layout engine has to run (it costs more than the drawing itself).
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, wraps
from importlib.resources import as_file, files
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, ParamSpec

import matplotlib as mpl
import pylopdf_fonts_zh_cn
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

WIDTH, MARGIN = 7.2, 0.12
TITLE, SUBTITLE, LABEL, TICK, NOTE = 12.0, 8.5, 8.0, 7.5, 7.0
LEADING = 1.45 / 72
ACCENT, PALE = "#0b5d7a", "#a9ccd9"
DARK, MID, LIGHT = "#4a4a4a", "#8a8a8a", "#dcdcdc"
FONT = pylopdf_fonts_zh_cn.sans_path()
ALT_LENGTH = 1500  # characters; the rest is in the table

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


class Swatch(NamedTuple):
    """One entry of a legend: an area (`fill`) or a point (`marker`, as keywords of Line2D)."""

    text: str
    fill: Fill | None = None
    marker: dict[str, Any] | None = None


# ------------------------------------------------------------------------------------ words


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))


def words(section: str) -> Any:
    """A section of ``words.toml``."""
    return _words()[section]


def word(key: str, lang: str, **values: object) -> str:
    """A text of ``words.toml`` by its dotted key, with its places filled."""
    entry: Any = _words()
    for part in key.split("."):
        entry = entry[part]
    text: str = entry[lang]
    return text.format(**values)


def number(value: float, unit: str = "") -> str:
    """A figure as people write it: thousands separated, no more decimals than it has (rates: one)."""
    if unit == "%":
        return f"{value:.1f}%"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4f}".rstrip("0")


def share(part: float) -> str:
    """A share of 100 without decimals; what is there is never written as 0 %, what lacks something never as 100 %."""
    if 0 < part < 0.5:
        return "<1%"
    return ">99%" if 99.5 <= part < 100 else f"{part:.0f}%"


def rough(values: Sequence[float], lang: str) -> list[str]:
    """Round figures for an axis, in ten thousands or millions where they are large."""
    if lang == "zh" and max(values) >= 100_000:
        return [f"{number(value / 10_000)}万" if value else "0" for value in values]
    if max(values) >= 1_000_000:
        return [f"{number(value / 1_000_000)}M" if value else "0" for value in values]
    return [number(value) for value in values]


def span(years: Sequence[int]) -> str:
    """2023, or 2023–2025."""
    return f"{years[0]}–{years[-1]}" if years[0] != years[-1] else f"{years[0]}"


# ------------------------------------------------------------------------------------- text


@cache
def _font() -> FT2Font:
    return FT2Font(str(FONT))


@cache
def _advance(char: str) -> float:
    font = _font()
    font.set_size(100, 72)
    return font.load_char(ord(char), LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 100


def width(text: str, size: float) -> float:
    """How wide a line of text is, in inches, at a size in points."""
    return sum(map(_advance, text)) * size / 72


def fit(text: str, size: float, room: float) -> str:
    """The text, its middle left out where it is wider than `room` inches (names differ at their ends)."""
    text = " ".join(text.split())
    if width(text, size) <= room:
        return text
    keep = len(text) - 1
    while keep > 2 and width(text[: (keep + 1) // 2] + "…" + text[-(keep // 2) :], size) > room:
        keep -= 1
    return text[: (keep + 1) // 2] + "…" + text[-(keep // 2) :]


def wrap(text: str, size: float, room: float) -> list[str]:
    """The text in lines no wider than `room` inches: between Chinese characters or at spaces."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and width((line + piece).rstrip(), size) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
        while width(line.rstrip(), size) > room and len(line) > 1:  # one word longer than the line
            cut = max(1, next(n for n in range(len(line), 0, -1) if n == 1 or width(line[:n], size) <= room))
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()] if line.strip() else lines or [""]


def _pieces(text: str) -> Iterator[str]:
    piece = ""
    for char in text:
        wide = ord(char) >= 0x2E80
        closing = char in "，。；：、）》”％！？·"
        if (
            piece
            and (wide or piece[-1] == " " or ord(piece[-1]) >= 0x2E80)
            and not closing
            and piece[-1] not in "（《“"
        ):
            yield piece
            piece = ""
        piece += char
    yield piece


# ------------------------------------------------------------------------------------- page


@cache
def _style() -> Any:
    fonts = font_manager.fontManager
    fonts.addfont(FONT)
    fonts.ttflist.insert(0, fonts.ttflist.pop())  # before a font of the same name that happens to be on the machine
    with as_file(files(__package__.rpartition(".")[0]).joinpath("report.mplstyle")) as path:
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


class Chart(Figure):
    """A figure that shows itself, with its alt text, as the last line of a notebook's cell."""

    def _repr_png_(self) -> tuple[bytes, dict[str, object]]:
        picture = io.BytesIO()
        self.savefig(picture, format="png")
        width, height = (round(96 * inches) for inches in self.get_size_inches())  # CSS pixels
        return picture.getvalue(), {"alt": alt(self), "width": width, "height": height}


class Page:
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
        Entries of the legend, in the order of what they explain.
    notes
        Marks in use, what is left out; under the body.
    source
        Where the figures come from; last line.
    """

    def __init__(
        self,
        title: str,
        height: float,
        *,
        subtitle: str = "",
        legend: Sequence[Swatch] = (),
        notes: Iterable[str] = (),
        source: str = "",
    ) -> None:
        room = WIDTH - 2 * MARGIN
        head = [(line, TITLE, "#111111") for line in wrap(title, TITLE, room)]
        head += [(line, SUBTITLE, "#555555") for line in wrap(subtitle, SUBTITLE, room) if line]
        foot = [line for note in notes for line in wrap(note, NOTE, room)]
        foot += [line for line in wrap(source, NOTE, room) if line]
        rows = _flow(legend, room)
        self.top = MARGIN + sum(size * LEADING for _, size, _ in head) + 0.2 * len(rows) + 0.1
        bottom = MARGIN + len(foot) * NOTE * LEADING + 0.08
        self.height = self.top + height + bottom
        self.fig = Chart(figsize=(WIDTH, self.height))
        FigureCanvasAgg(self.fig)
        self._facts = [title]
        y = MARGIN
        for line, size, color in head:
            self.text(MARGIN, y - self.top, line, size=size, color=color, va="top")
            y += size * LEADING
        for row in rows:
            y += 0.2
            for x, entry in row:
                self._swatch(x, y - 0.08 - self.top, entry)
        for n, line in enumerate(foot):
            self.text(MARGIN, height + 0.08 + n * NOTE * LEADING, line, size=NOTE, color="#666666", va="top")

    def text(self, x: float, y: float, text: str, *, size: float = LABEL, **style: Any) -> None:
        """Put a text at `x` inches from the left and `y` from the body's top."""
        style.setdefault("va", "center")
        self.fig.text(x, self.height - self.top - y, text, size=size, transform=self.fig.dpi_scale_trans, **style)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes at a place of the body, in inches from its top left corner."""
        below = self.height - self.top - top - height
        return self.fig.add_axes((left / WIDTH, below / self.height, width / WIDTH, height / self.height))

    def fact(self, text: str) -> None:
        """Add what is drawn to the text alternative."""
        self._facts.append(text)

    def nothing(self, lang: str) -> Figure:
        """The figure of no data, which says so."""
        said = word("common.no_data", lang)
        self.text(MARGIN, 0.2, said, color=DARK)
        self.fact(said)
        return self.done(lang)

    def done(self, lang: str) -> Figure:
        """The finished figure, its alt text in place."""
        room = accumulate(map(len, self._facts))
        facts = [fact for fact, length in zip(self._facts, room, strict=True) if length <= ALT_LENGTH] or self._facts[
            :1
        ]
        if len(self._facts) > len(facts):
            facts.append(word("alt.more", lang, n=len(self._facts) - len(facts)))
        self.fig.set_label(("；" if lang == "zh" else "; ").join(facts) + ("。" if lang == "zh" else "."))
        return self.fig

    def _swatch(self, x: float, y: float, entry: Swatch) -> None:
        up, inches = self.height - y - self.top, self.fig.dpi_scale_trans
        if entry.fill:
            face, hatch, _ = entry.fill
            box = Rectangle((x, up - 0.05), 0.16, 0.1, facecolor=face, hatch=hatch, edgecolor=MID, transform=inches)
            self.fig.add_artist(box)
        elif entry.marker:
            self.fig.add_artist(Line2D([x + 0.08], [up], transform=inches, linestyle="", **entry.marker))
        self.text(x + 0.21, y, entry.text, color="#333333")


def _flow(entries: Sequence[Swatch], room: float) -> list[list[tuple[float, Swatch]]]:
    """Legend entries laid out in rows, each with its left edge."""
    rows: list[list[tuple[float, Swatch]]] = []
    x = room + 1
    for entry in entries:
        wide = 0.21 + width(entry.text, LABEL) + 0.2
        if x + wide - 0.2 > MARGIN + room:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, entry))
        x += wide
    return rows


Box = tuple[float, float, float, float]


def meet(a: Box, b: Box) -> bool:
    """Whether two rectangles (left, bottom, right, top) touch."""
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


class Labels:
    """Texts in axes, put where they cover neither text nor line; positions are inches from the lower left corner."""

    def __init__(self, ax: Axes, wide: float, high: float) -> None:
        self.ax, self.wide, self.high = ax, wide, high
        self._taken: list[Box] = []

    def keep_off(self, spots: Sequence[tuple[float, float]], reach: float = 0.0) -> None:
        """Keep texts off these spots."""
        self._taken += [(x - reach, y - reach, x + reach, y + reach) for x, y in spots]

    def keep_off_line(self, spots: Sequence[tuple[float, float]]) -> None:
        """Keep texts off the line through these spots."""
        for (xa, ya), (xb, yb) in pairwise(spots):
            n = max(2, int((abs(xb - xa) + abs(yb - ya)) / 0.04))
            self.keep_off([(xa + (xb - xa) * k / n, ya + (yb - ya) * k / n) for k in range(n + 1)])

    def put(
        self, text: str, spots: Iterable[tuple[float, float]], *, color: str, at: tuple[float, float] | None = None
    ) -> bool:
        """Write a text around the first of the spots where it fits, with a line to `at` where that is far; else not."""
        half = width(text, NOTE) / 2 + 0.02
        for x, y in spots:
            box = (x - half, y - 0.065, x + half, y + 0.065)
            inside = box[0] >= -0.02 and box[2] <= self.wide + 0.04 and box[1] >= 0 and box[3] <= self.high + 0.08
            if inside and not any(meet(box, other) for other in self._taken):
                self._taken.append(box)
                place: dict[str, Any] = {"transform": self.ax.transAxes, "zorder": 6, "color": color}
                self.ax.text(x / self.wide, y / self.high, text, ha="center", va="center", size=NOTE, **place)
                if at and abs(at[1] - y) > 0.2:
                    ends = (at[0] / self.wide, x / self.wide), (at[1] / self.high, (y - 0.06 * (y > at[1])) / self.high)
                    self.ax.plot(*ends, transform=self.ax.transAxes, color=MID, linewidth=0.5, zorder=2)
                return True
        return False


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places in order, at least `gap` from each other, as near to the wanted ones as can be (least squares)."""
    blocks: list[tuple[float, int]] = []
    for k, want in enumerate(wanted):
        total, n = want - k * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / n:
            total, n = total + blocks[-1][0], n + blocks[-1][1]
            blocks.pop()
        blocks.append((total, n))
    places = [total / n for total, n in blocks for _ in range(n)]
    ceiling = high - (len(places) - 1) * gap
    return [max(low, min(place, ceiling)) + k * gap for k, place in enumerate(places)]


def ticks(top: float, *, whole: bool = True, n: int = 4) -> list[float]:
    """Round steps from 0 that reach at least `top`: for axes that start at zero."""
    if top <= 0:
        return [0, 1]
    magnitude = 10.0 ** (len(str(int(top / n))) - 1 if top >= n else -6)
    step = next(
        size * magnitude * 10**power
        for power in range(12)
        for size in (1, 2, 2.5, 5)
        if size * magnitude * 10**power * n >= top and (not whole or float(size * magnitude * 10**power).is_integer())
    )
    count = -int(-top // step)
    return [step * k for k in range(count + 1)]
