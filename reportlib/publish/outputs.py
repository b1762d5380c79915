"""What a page shows of an executed notebook: of each output one form that works without scripts, whole and
within bounds, with its pictures inside.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tinycss2
from nbformat import NotebookNode
from selectolax.lexbor import LexborHTMLParser, LexborNode

from ..errors import ReportlibError
from ..files import digest, in_words

__all__ = ["CellError", "blamed", "last_state", "shown", "whole_html"]

PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
AS_THEY_ARE = ("text/html", "text/markdown", *PICTURES)
FORMS = (*AS_THEY_ARE, "text/plain", "text/latex", "application/json")
"""Forms that an output can be shown in, the best first; the last ones as a text."""
NOT_SHOWN = [
    "script", "noscript", "iframe", "frame", "frameset", "object", "embed", "applet", "canvas", "video",
    "audio", "link", "meta", "base", "template", "title",
]  # fmt: skip
"""Elements that show nothing on a page without scripts that loads nothing."""
SEEN = "img, svg, table, hr, input, progress, meter"
"""Elements that show something without a text."""
BARE = re.compile(r"<[\w.]+( object)?( at 0x[0-9a-f]+)?>|<IPython\.[^>]*>")
"""What Python says of an object that has no text of its own."""
SIMPLE = re.compile(r"[\w\s:;.,#%-]+")
"""A style attribute that means the same in a style sheet, whatever stands beside it."""
NAMED = re.compile(r"[a-zA-Z][\w+.-]*:|//")
"""How an address begins that is not a file beside the notebook."""

LONGEST = 200_000
LAST = 10_000
"""Characters of a text that are shown, and how many of them are its last."""


class CellError(ReportlibError):
    """What is wrong with one cell: `exec_count` and `source` tell which, as papermill's errors do."""

    def __init__(self, cell: NotebookNode, found: str, **rest: str | None) -> None:
        super().__init__(found, **rest)
        self.exec_count: int | None = cell.get("execution_count")
        self.source: str = cell.source


@contextmanager
def blamed(cell: NotebookNode) -> Iterator[None]:
    """Let what is wrong here be the fault of a cell."""
    try:
        yield
    except ReportlibError as error:
        rest = {"file": error.file, "expected": error.expected, "hint": error.hint}
        raise CellError(cell, error.found, **rest) from None


def shown(nb: NotebookNode, folder: Path) -> NotebookNode:
    """The notebook as its page shows it.

    Parameters
    ----------
    nb
        An executed notebook; it stays as it is.
    folder
        Where its markdown's pictures lie.

    Raises
    ------
    CellError
        An output has no form that can be shown, or a picture in it no alt text, or it is not there or lies
        elsewhere.
    """
    cells = []
    for cell in nb.cells:
        # Two of the tags that take something away; ``remove-input`` and ``hide-output`` are the template's.
        tags = {tag.replace("_", "-") for tag in cell.metadata.get("tags", ())}
        if "remove-cell" in tags:
            continue
        outputs = [] if "remove-output" in tags else _joined(cell.get("outputs", []))
        with blamed(cell):
            outputs = [_output(output, folder) for output in outputs]
        cells.append(_changed(cell, outputs=outputs, folder=str(folder)))
    return _changed(nb, cells=cells)


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Without standard error; what is printed without a break is one piece, however a busy kernel cut it."""
    found: list[NotebookNode] = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        if "text" in output and found and "text" in found[-1]:
            output = _changed(output, text=found.pop().text + output.text)
        found.append(output)
    return found


def _changed(node: NotebookNode, **new: Any) -> NotebookNode:
    return NotebookNode({**node, **new})  # type: ignore[no-untyped-call]


def _output(output: NotebookNode, folder: Path) -> NotebookNode:
    if "text" in output:
        return _changed(output, text=_bounded(last_state(output.text)))
    if "data" not in output:
        return output
    # The html beside a picture is for viewers that leave out its alt text; the picture has its data, too.
    told = {form: output.data[form] for form in PICTURES if output.metadata.get(form, {}).get("alt")}
    form, content = _form(told or output.data, folder)
    if form in PICTURES and not output.metadata.get(form, {}).get("alt", "").strip():
        other = f'display(picture, metadata={{"{form}": {{"alt": "…"}}}})'
        raise ReportlibError(
            "a picture without alt text",
            hint=f"Show a figure with rl.show(fig, alt=…), a picture of PIL or an SVG with {other}",
        )
    return _changed(output, data={form: content})


def _form(data: Mapping[str, Any], folder: Path) -> tuple[str, str]:
    """The best form of an output that shows something, and its content."""
    for form in FORMS:
        if form not in data:
            continue
        content, shows = data[form], True
        if form == "text/html":
            content = whole_html(content, folder)
            shows = content != ""
        elif form == "text/plain":
            shows = not BARE.fullmatch(content.strip())
        elif form == "application/json":
            content = json.dumps(content, ensure_ascii=False, indent=2)
        if shows:
            return (form, content) if form in AS_THEY_ARE else ("text/plain", _bounded(content))
    raise ReportlibError(
        f"an output that a page without scripts cannot show ({', '.join(data) or 'empty'})",
        expected="html that needs no script, markdown, a picture or text beside it",
        hint="Show it as a picture: rl.show(fig, alt=…)",
    )


def last_state(text: str) -> str:
    """A text as a terminal shows it in the end: a carriage return begins its line anew."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def _bounded(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    first, last = text[: LONGEST - LAST], text[-LAST:]
    left_out = len(text) - LONGEST
    return f"{first}\n… 省略 {left_out:,} 个字符 / {left_out:,} characters left out …\n{last}"


def whole_html(html: str, folder: Path, attachments: Mapping[str, Any] | None = None) -> str:
    """Html that stays in its place: balanced, without scripts, its styles its own, its pictures inside.

    Parameters
    ----------
    html
        A fragment, perhaps broken.
    folder
        Where its pictures lie.
    attachments
        A markdown cell's, by name.

    Returns
    -------
    str
        '' if it shows nothing without its scripts.

    Raises
    ------
    ReportlibError
        A picture has no alt text, cannot be found, or would have to be loaded from elsewhere.
    """
    tree = LexborHTMLParser(f"<body>{html}")
    tree.strip_tags(NOT_SHOWN)
    for node in tree.css("plaintext"):  # it would swallow the rest of the page
        node.replace_with(node.text())
    body = tree.body
    if body is None:
        return ""
    for picture in body.css("img"):
        _embed(picture, folder, attachments or {})
    css = "".join(style.text() for style in body.css("style"))
    for style in body.css("style"):
        style.decompose()
    if not body.css_first(SEEN) and not body.text().strip():
        return ""
    classes = _classed(body)
    inner = f"<style>{classes}</style>{body.inner_html}" if classes else str(body.inner_html)
    if not css:
        return inner
    name = f"f{digest(html)[:10]}"
    return f'<style>{_scoped(css, f"#{name}")}</style><div class="foreign" id="{name}">{inner}</div>'


def _classed(body: LexborNode) -> str:
    """Write styles that elements repeat once, as rules of classes, which are returned.

    A style that all cells of a table's row have alike becomes the row's.
    """
    used = Counter(node.attributes["style"] or "" for node in body.css("[style]"))
    names = {style: f"s{digest(style)[:6]}" for style, n in used.items() if n > 1}
    names = {style: name for style, name in names.items() if SIMPLE.fullmatch(style)}
    for cell in body.css("td[align][style*='text-align'], th[align][style*='text-align']"):
        del cell.attrs["align"]  # the style has the last word
    for row in body.css("tr"):
        cells = [cell for cell in row.iter() if cell.tag == "td"]
        styles = {cell.attributes.get("style") or "" for cell in cells}
        if len(styles) == 1 and (shared := names.get(*styles)):
            _named(row, f"{shared}r")
            for cell in cells:
                del cell.attrs["style"]
    for node in body.css("[style]"):
        if name := names.get(node.attributes["style"] or ""):
            _named(node, name)
            del node.attrs["style"]
    # No element has two ids: they only give the rule the weight of a style attribute.
    return "".join(
        f":is(.{name}, #a#b#c), :is(.{name}r, #a#b#c) > td {{{style}}}" for style, name in names.items()
    )


def _named(node: LexborNode, name: str) -> None:
    """Give an element one more class."""
    node.attrs["class"] = f"{node.attributes.get('class') or ''} {name}".strip()


def _scoped(css: str, selector: str) -> str:
    """A style sheet that holds for what stands below `selector` only."""
    rules = []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        known = rule.type == "qualified-rule" or getattr(rule, "at_keyword", "") in ("media", "supports")
        if known and not any(token.type == "error" for token in rule.prelude):
            rules.append(f"{selector} {{ {rule.serialize()} }}")
    return "\n".join(rules)


def _embed(picture: LexborNode, folder: Path, attachments: Mapping[str, Any]) -> None:
    """Put a picture's bytes into its address."""
    source = urllib.parse.unquote(picture.attributes.get("src") or "")
    if not (picture.attributes.get("alt") or "").strip():
        raise ReportlibError(
            f"a picture without alt text: {source[:80]}", hint="In markdown: ![what it shows](file.png)"
        )
    if source.startswith("data:"):
        return
    if source.startswith("attachment:"):
        (mime, data), *_ = attachments.get(source.removeprefix("attachment:"), {"": ""}).items()
    elif NAMED.match(source):
        raise ReportlibError(
            f"a picture that would be loaded from elsewhere: {source[:80]}",
            hint="Put the file beside the notebook.",
        )
    else:
        with in_words(Path(source).name, "a picture cannot be read"):
            data = base64.b64encode((folder / source).read_bytes()).decode()
        mime = mimetypes.guess_type(source)[0] or ""
    if not mime.startswith("image/"):
        raise ReportlibError(
            f"a picture that is not there, or none: {source[:80]}", expected="a picture's file"
        )
    picture.attrs["src"] = f"data:{mime};base64,{data}"
