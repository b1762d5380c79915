"""What the styles of a web page make of its text: hidden, struck, raised, in the colour of the paper.

Read are the page's own style sheets, inline styles and the old attributes; files elsewhere are not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import tinycss2
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from ..document import Note
from .flow import PLAIN, Flow, Look

__all__ = ["look_in", "write_inline"]

_MAY_HIDE = re.compile(
    r"display\s*:\s*none|visibility|opacity\s*:\s*0|line-through|super|font-size\s*:\s*(?:0|1p|\.)|clip|scale"
    r"|color\s*:\s*(?:white|#f|rgb|hsl|transparent)|background|(?:indent|left|top)\s*:\s*-\d{3}|overflow",
    re.IGNORECASE,
)
"""What stands in a style that hides, strikes or raises anything; others are not parsed."""

_ZERO = r"0+(?:\.0+)?[a-z%]*"
_PAPER = re.compile(
    r"white|transparent|#f{3,4}|#(?:f[8-f]){3}(?:[0-9a-f]{2})?|rgba?\((?:255[, ]+){2}255.*\)"
    r"|rgba?\(.*[, /]0\)|hsla?\(.*100%\)"
)
_FAR = r"-\d{3,}.*"
_STRUCK = ".*line-through.*"
_MEANING = {
    name: (aspect, re.compile(value))
    for name, aspect, value in (
        ("opacity", "gone", _ZERO), ("transform", "gone", r"scale\(0\)"),
        ("clip", "gone", r"rect\([01px, ]+\)"), ("text-indent", "gone", _FAR), ("left", "gone", _FAR),
        ("top", "gone", _FAR), ("margin-left", "gone", _FAR), ("visibility", "invisible", "hidden|collapse"),
        ("font-size", "tiny", rf"{_ZERO}|0?\.\d+p[tx]|1p[tx]"), ("text-decoration", "struck", _STRUCK),
        ("text-decoration-line", "struck", _STRUCK), ("vertical-align", "raised", "super"),
        ("color", "pale", _PAPER),
    )
}  # fmt: skip
"""For each property what the text is if its value is one of these."""
_TAKEN_BACK = ("invisible", "tiny", "pale")  # by an element within
_NO_GROUND = re.compile(r"transparent|none|inherit|initial|unset|")
_SIDES = ("height", "width", "max-height", "max-width")
_NO_LENGTH = re.compile(rf"{_ZERO}|1px")
_PROPERTIES = frozenset((*_MEANING, *_SIDES, "display", "overflow", "background", "background-color"))

_PARTS_OF_SELECTORS = (
    re.compile(r"#[\w-]"),
    re.compile(r"[.:\[][\w-]"),
    re.compile(r"(?:^|[\s>+~])[a-z]", re.I),
)
_MAX_WORK = 5_000_000  # elements that the rules of a page are held against
_MEDIA = re.compile(r"\s*(?:screen|all)?\s*")
_AMONG_NEIGHBOURS = re.compile(r"[:~+]")
# Selectors that hold while a mouse is over them, or of what the page itself does not contain.
_OF_A_MOMENT = re.compile(r":(?!nth|first-child|last|only|not|is|where|empty|root)")

_Declared = dict[str, str]
_Rule = tuple[tuple[int, ...], str, _Declared]


def write_inline(parser: LexborHTMLParser, elements: int, flow: Flow) -> None:
    """Write what a page's style sheets say into its elements, in front of their own styles.

    Parameters
    ----------
    parser
        The page.
    elements
        How many it has, at most.
    flow
        Is told where the styles are too many to be read.
    """
    rules: list[_Rule] = []
    for sheet in parser.css("style"):
        if _MAY_HIDE.search(content := sheet.text()):
            rules += _rules(tinycss2.parse_stylesheet(content, True, True))
    said: dict[int, tuple[LexborNode, _Declared]] = {}
    left = _MAX_WORK
    for _, selector, declared in sorted(rules, key=lambda rule: rule[0]):
        # What counts an element's neighbours takes time with the square of their number.
        left -= elements * elements // 300 if _AMONG_NEIGHBOURS.search(selector) else elements
        if left < 0:
            flow.note(Note("styles_not_read"))
            break
        for node in _matching(parser, selector):
            said.setdefault(node.mem_id, (node, {}))[1].update(declared)
    for node, declared in said.values():
        styles = [f"{name}:{value};" for name, value in declared.items()]
        node.attrs["style"] = "".join(styles) + (node.attributes.get("style") or "")


def _matching(parser: LexborHTMLParser, selector: str) -> list[LexborNode]:
    try:
        return parser.css(selector)
    except SelectolaxError:
        return []  # of a kind that no browser of the time knew, or none at all


def _rules(nodes: Iterable[Any]) -> Iterator[_Rule]:
    """The rules of a sheet that matter here: how much each weighs, its selector and what it declares."""
    for node in nodes:
        if node.type == "at-rule" and node.lower_at_keyword == "media" and node.content:
            if _MEDIA.fullmatch(tinycss2.serialize(node.prelude)):
                yield from _rules(tinycss2.parse_rule_list(node.content, True, True))
        elif node.type == "qualified-rule" and (declared := _declared(node.content)):
            for selector in tinycss2.serialize(node.prelude).split(","):
                if not _OF_A_MOMENT.search(selector):
                    weight = tuple(len(part.findall(selector)) for part in _PARTS_OF_SELECTORS)
                    yield weight, selector.strip(), declared


def _declared(content: str | list[Any]) -> _Declared:
    found = {}
    for one in tinycss2.parse_declaration_list(content, True, True):
        if one.type == "declaration" and one.lower_name in _PROPERTIES:
            found[one.lower_name] = tinycss2.serialize(one.value).strip().lower()
    return found


def look_in(style: str, around: Look) -> Look | None:
    """How text shows in an element with a style, inside one that shows as `around`; None: it is not there."""
    if around == PLAIN and not _MAY_HIDE.search(style):
        return around
    declared = _declared(style)
    if declared.get("display") == "none":
        return None
    changes: dict[str, bool] = {}
    if declared.get("overflow") in ("hidden", "clip"):
        cut = any(_NO_LENGTH.fullmatch(declared.get(side, "auto")) for side in _SIDES)
        changes["gone"] = cut or around.gone
    for name in declared.keys() & _MEANING.keys():
        aspect, meaning = _MEANING[name]
        holds = meaning.fullmatch(declared[name]) is not None
        if holds or aspect in _TAKEN_BACK:
            changes[aspect] = holds
    ground = declared.get("background-color") or declared.get("background") or ""
    if not _NO_GROUND.fullmatch(ground):
        changes["dark"] = _PAPER.fullmatch(ground) is None
    return around._replace(**changes)
