"""What the styles of a web page make of its text: hidden, struck, raised, in the colour of the paper.

Read are the page's own style sheets, inline styles and the old attributes; files elsewhere are not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import tinycss2
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from ..document import Note

__all__ = ["PLAIN", "Look", "Styles", "may_hide"]

_MAY_HIDE = {
    hint: re.compile(pattern)
    for hint, pattern in {
        "display": r"display\s*:\s*none", "visibility": r"visibility\s*:\s*(?:hidden|collapse)",
        "opacity": r"opacity\s*:\s*0", "line-through": "line-through", "super": r"vertical-align\s*:\s*super",
        "font-size": r"font-size\s*:\s*[01.]", "clip": r"clip\s*:\s*rect", "scale(": r"scale\(0",
        "color": r"color\s*[:=]\s*[\"']?\s*(?:white|#f|rgb|hsl|transparent)", "hidden": r"hidden[\s=>/]",
        "-indent": r"indent\s*:\s*-\d{3}", "left": r"left\s*:\s*-\d{3}", "top": r"top\s*:\s*-\d{3}",
        "overflow": r"(?:width|height)\s*:\s*[01](?:px)?\s*[;}\"']",
    }.items()
}  # fmt: skip
"""What stands in a page that hides, strikes or raises anything by its styles, each with a word that such a
page has; other pages are read faster."""

_ZERO = r"0+(?:\.0+)?[a-z%]*"
_FAR = re.compile(r"-\d{3,}.*")
_GONE = {
    "opacity": re.compile(_ZERO), "transform": re.compile(r"scale\(0\)"),
    "clip": re.compile(r"rect\([01px, ]+\)"),
    "text-indent": _FAR, "left": _FAR, "top": _FAR, "margin-left": _FAR,
}  # fmt: skip
"""Values that take an element and all in it out of sight."""
_CUT_OFF = ("height", "width", "max-height", "max-width")
_NO_LENGTH = re.compile(rf"{_ZERO}|1px")
_TINY = re.compile(rf"{_ZERO}|0?\.\d+p[tx]|1p[tx]")
_PALE = re.compile(
    r"white|transparent|#f{3,4}|#(?:f[8-f]){3}(?:[0-9a-f]{2})?|rgba?\\((?:255[, ]+){2}255.*\\)"
    r"|rgba\\(.*[, /]0\\)|hsla?\\(.*100%\\)"
)
_NO_GROUND = re.compile(r"transparent|none|inherit|initial|unset|")
_PROPERTIES = frozenset((
    "display", "visibility", "font-size", "color", "background", "background-color", "text-decoration",
    "text-decoration-line", "vertical-align", "overflow", *_GONE, *_CUT_OFF,
))  # fmt: skip
_PARTS_OF_SELECTORS = (
    re.compile(r"#[\w-]"),
    re.compile(r"[.:\[][\w-]"),
    re.compile(r"(?:^|[\s>+~])[a-z]", re.I),
)
_MAX_WORK = 20_000_000  # elements that the rules of a page are held against
_MEDIA = re.compile(r"\s*(?:screen|all)?\s*")

_AMONG_NEIGHBOURS = re.compile(r"[:~+]")
# Selectors that hold while a mouse is over them, or of what the page itself does not contain.
_OF_A_MOMENT = re.compile(r":(?!nth|first-child|last|only|not|is|where|empty|root)")

Declarations = dict[str, str]
_Rule = tuple[tuple[int, ...], str, Declarations]


class Look(NamedTuple):
    """How text inside an element shows.

    `gone` text stays out of sight whatever is inside; `invisible` and `tiny` text can be shown again by an
    element within; `pale` text is in the colour of paper, and shows on a `dark` ground only (None where the
    ground is not known).
    """

    gone: bool = False
    invisible: bool = False
    tiny: bool = False
    struck: bool = False
    raised: bool = False
    pale: bool = False
    dark: bool | None = None

    @property
    def unseen(self) -> bool:
        """Whether the text surely does not show."""
        return self.gone or self.invisible or self.tiny or (self.pale and self.dark is False)

    @property
    def doubt(self) -> str:
        """Why the text may not show, '' where nothing speaks against it."""
        return "pale" if self.pale and self.dark is None else ""


PLAIN = Look()


def may_hide(text: str) -> bool:
    """Whether anything in a page says that some of its text does not show as it stands."""
    lower = text.lower()
    return any(hint in lower and pattern.search(lower) for hint, pattern in _MAY_HIDE.items())


class Styles:
    """The styles of a page, by element."""

    def __init__(self, parser: LexborHTMLParser, text: str, notes: list[Note]) -> None:
        self._by_node: dict[int, Declarations] = {}
        rules: list[_Rule] = []
        for sheet in parser.css("style"):
            if may_hide(content := sheet.text()):
                rules += _rules(tinycss2.parse_stylesheet(content, True, True))
        tags, left = text.count("<"), _MAX_WORK
        for _, selector, declarations in sorted(rules, key=lambda rule: rule[0]):
            # What counts an element's neighbours takes time with the square of their number.
            left -= tags * tags // 300 if _AMONG_NEIGHBOURS.search(selector) else tags
            if left < 0:
                notes.append(Note("styles_not_read"))
                break
            self._apply(parser, selector, declarations)

    def _apply(self, parser: LexborHTMLParser, selector: str, declarations: Declarations) -> None:
        try:
            matching = parser.css(selector)
        except SelectolaxError:
            return  # of a kind that no browser of the time knew, or none at all
        for node in matching:
            self._by_node.setdefault(node.mem_id, {}).update(declarations)

    def look(self, node: LexborNode, around: Look) -> Look | None:
        """How an element's text shows, inside one that shows as `around`; None if it is not there."""
        attributes = node.attributes
        said = self._by_node.get(node.mem_id)
        inline = attributes.get("style")
        if said is None and not inline and attributes.keys().isdisjoint(("hidden", "bgcolor", "color")):
            return around
        declared = {**_attributes(attributes), **(said or {}), **_declarations(inline or "")}
        return _applied(declared, around)


def _attributes(attributes: dict[str, str | None]) -> Declarations:
    """What old attributes say, in the words of styles."""
    declared = {}
    if "hidden" in attributes:
        declared["display"] = "none"
    if ground := attributes.get("bgcolor"):
        declared["background"] = ground.lower()
    if colour := attributes.get("color"):
        declared["color"] = colour.lower()
    return declared


def _applied(declared: Declarations, around: Look) -> Look | None:
    if declared.get("display") == "none":
        return None
    changes: dict[str, bool] = {}
    if _takes_away(declared):
        changes["gone"] = True
    if visibility := declared.get("visibility"):
        changes["invisible"] = visibility in ("hidden", "collapse")
    if size := declared.get("font-size"):
        changes["tiny"] = _TINY.fullmatch(size) is not None or (around.tiny and size.endswith(("%", "em")))
    if "line-through" in declared.get("text-decoration", "") + declared.get("text-decoration-line", ""):
        changes["struck"] = True
    if declared.get("vertical-align") == "super":
        changes["raised"] = True
    if colour := declared.get("color"):
        changes["pale"] = _PALE.fullmatch(colour) is not None
    ground = declared.get("background-color") or declared.get("background") or ""
    if not _NO_GROUND.fullmatch(ground):
        changes["dark"] = _PALE.fullmatch(ground) is None
    return around._replace(**changes) if changes else around


def _takes_away(declared: Declarations) -> bool:
    cut = declared.get("overflow") in ("hidden", "clip")
    if cut and any(_NO_LENGTH.fullmatch(declared.get(side, "auto")) for side in _CUT_OFF):
        return True
    return any(name in declared and pattern.fullmatch(declared[name]) for name, pattern in _GONE.items())


def _rules(nodes: Iterable[Any]) -> Iterator[_Rule]:
    """The rules of a sheet that matter here: how much each weighs, its selector and what it declares."""
    for node in nodes:
        if node.type == "at-rule" and node.lower_at_keyword == "media" and node.content:
            if _MEDIA.fullmatch(tinycss2.serialize(node.prelude)):
                yield from _rules(tinycss2.parse_rule_list(node.content, True, True))
        elif node.type == "qualified-rule":
            declared = _declared(node.content)
            if declared:
                for selector in tinycss2.serialize(node.prelude).split(","):
                    if _OF_A_MOMENT.search(selector):
                        continue
                    weight = tuple(len(part.findall(selector)) for part in _PARTS_OF_SELECTORS)
                    yield weight, selector.strip(), declared


@lru_cache(maxsize=1 << 10)
def _declarations(style: str) -> Declarations:
    return _declared(style)


def _declared(content: str | list[Any]) -> Declarations:
    found = {}
    for one in tinycss2.parse_declaration_list(content, True, True):
        if one.type == "declaration" and one.lower_name in _PROPERTIES:
            found[one.lower_name] = tinycss2.serialize(one.value).strip().lower()
    return found
