"""Web pages: html as published, as saved by Word, as a single file (mhtml)."""

from __future__ import annotations

import base64
import email
import re
from collections.abc import Callable
from email.message import Message
from functools import lru_cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from selectolax.lexbor import LexborHTMLParser

from ...errors import ReadError
from ..document import Document, Grid, Note
from ..encoding import decode
from ..limits import MAX_DEPTH
from .flow import HIDDEN, PLAIN, STRUCK, Flow, Look, RawCell
from .styles import look_in, write_inline

__all__ = ["pictures", "read"]

# fmt: off
_IGNORED = frozenset((
    "template", "title", "object", "svg", "math", "select", "button", "datalist", "audio", "video", "rt",
    "rp", "rtc",
))
_BLOCKS = frozenset((
    "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "section", "article",
    "main", "header", "footer", "nav", "aside", "blockquote", "center", "form", "fieldset", "legend",
    "figure", "figcaption", "hr", "address", "details", "summary", "caption", "pre", "textarea",
))
_VOID = frozenset((
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen",
    "link", "meta", "param", "source", "track", "wbr",
))
# Elements that never hold others, or whose end tags are often left out.
_FLAT = _VOID | {"p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option"}
# fmt: on
_DELETED = frozenset(("del", "s", "strike"))  # Word saves tracked changes as del
_RAISED = frozenset(("sup", "sub"))  # the mark of a note: without brackets 12¹ would become 121
_TELLING = _IGNORED | _DELETED | _RAISED | {"table", "bdo"}  # of their own, without attributes
_NO_TEXT = re.compile(r"<!--.*?-->|<(script|style|noscript|iframe|xmp)\b.*?</\1>", re.DOTALL)
_TOKEN = re.compile(r"<(/?)([a-z][^\s>]*)([^>]*)>([^<]*)")
"""A tag and the text behind it, as the parser writes them: it closes each element that is not void, and
escapes every < and > elsewhere."""
_ATTRIBUTE = re.compile(r' ([^\s=]+)="([^"]*)"')
_LOOKS = re.compile(" (?:style|hidden|bgcolor|color)=")
_SPAN = re.compile(r' (?:(row|col)span|[^\s=]*)="\s*\+?(\d{0,6})[^"]*"')
_WIDEST = 1000  # span that a browser takes
_SPACE = re.compile(r"[ \t\n\r\f]+")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_HIDDEN_TABLE = Note("hidden_table")
_LARGE_PAGE = 20_000  # tags; below that no nesting takes noticeable time
_LONG_TAG = 100_000
_MAX_ATTRIBUTES = 1_000


def read(data: bytes, name: str) -> Document:
    """Read a web page.

    Text is put together as a browser shows it: white space collapses, a line ends with its block
    or ``<br>``, what is hidden is left out. An empty paragraph stays, as pages that print one cell
    a paragraph mean a blank cell by it.

    Parameters
    ----------
    data
        The page, or an mhtml archive of it.
    name
        The file's name, for messages.

    Raises
    ------
    ReadError
        If it holds no text, or is larger or deeper than a page that people made.
    """
    text, notes = decode(_main_part(data, name))
    _refuse_traps(text, name)
    parser = LexborHTMLParser(text)
    title = parser.css_first("head > title")
    # Text with html tables in it (markdown) ends its lines with line breaks.
    walker = _Walker(name, lines_count=not text.lstrip("\ufeff \t\r\n").startswith("<"))
    flow = walker.flow
    write_inline(parser, text.count("<"), flow)
    walker.walk(parser.body.html or "" if parser.body else "")
    blocks = flow.blocks()
    if not walker.pictures and not any(isinstance(block, Grid) or block.text.strip() for block in blocks):
        hint = "Its text is loaded by a script, perhaps: open it in a browser and save the complete page."
        raise ReadError("the page holds no text", file=name, hint=hint)
    return Document(
        blocks,
        "html",
        title=" ".join(title.text().split()) if title else "",
        notes=(*notes, *flow.notes),
        pictures=tuple(dict.fromkeys(walker.pictures)),
    )


def pictures(document: Document, data: bytes, name: str, folder: Path | None = None) -> list[bytes]:
    """The pictures of a page in reading order, without asking any network.

    Parameters
    ----------
    document, data
        The page as it was read, and the file it was read from.
    name
        The file's name, for messages.
    folder
        Where the page's own files lie beside it; pictures elsewhere are left out.
    """
    attached = _attachments(data)
    found = (_picture(source, attached, folder) for source in document.pictures)
    return [picture for picture in found if picture]


def _picture(source: str, attached: dict[str, bytes], folder: Path | None) -> bytes | None:
    if source in attached:
        return attached[source]
    if source.startswith("data:image/"):
        head, _, body = source.partition(",")
        try:
            return base64.b64decode(body) if head.endswith("base64") else unquote_to_bytes(body)
        except ValueError:
            return None
    if folder is None or "://" in source or source.startswith("//"):
        return None
    try:
        path = (folder / unquote(source).lstrip("/")).resolve()
        return path.read_bytes() if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):  # no name that a file could have
        return None


def _archived(data: bytes) -> list[tuple[Message, bytes]]:
    """The parts of a single-file web page (mhtml), with their contents; none of another file."""
    head = data[:4000].lower()
    if b"mime-version:" not in head or b"multipart/related" not in head:
        return []
    parts = []
    for message in email.message_from_bytes(data).walk():
        content = message.get_payload(decode=True)
        if isinstance(content, bytes):
            parts.append((message, content))
    return parts


def _main_part(data: bytes, name: str) -> bytes:
    """The page itself, also out of a single-file web page."""
    parts = _archived(data)
    pages = [content for message, content in parts if message.get_content_type() == "text/html"]
    if parts and not pages:
        raise ReadError("the archive holds no page", file=name, hint="Save the page again, as html.")
    return pages[0] if pages else data


def _attachments(data: bytes) -> dict[str, bytes]:
    found = {}
    for message, content in _archived(data):
        if message.get_content_maintype() == "image":
            found[message.get("Content-Location", "")] = content
            found["cid:" + message.get("Content-ID", "").strip("<>")] = content
    return found


def _refuse_traps(text: str, name: str) -> None:
    """Refuse what would keep the parser busy for minutes; its time grows with the square of these."""
    hint = "This is not how a report is made; get the page again from its publisher."
    if len(text) > _LONG_TAG:
        for piece in text.split(">"):
            tag = piece[piece.rfind("<") :] if len(piece) > _LONG_TAG else ""
            if tag[1:2].isalpha() and len(_QUOTED.sub("", tag).split()) > _MAX_ATTRIBUTES:
                raise ReadError("a tag has thousands of attributes", file=name, hint=hint)
    if text.count("<") < _LARGE_PAGE:
        return
    depth = 0
    for closing, tag in _TAG.findall(text):
        if tag.lower() not in _FLAT:
            depth += -1 if closing else 1
            if depth > MAX_DEPTH:
                raise ReadError(f"elements nested more than {MAX_DEPTH:,} deep", file=name, hint=hint)


class _Walker:
    """Goes through a page once and tells the flow what stands in it."""

    def __init__(self, name: str, lines_count: bool) -> None:
        self.flow = flow = Flow(name, self._clean)
        self.pictures: list[str] = []
        self._lines_count = lines_count
        self._attributes = ""  # of the element that opens
        self._veiled = False  # by a style
        self._preformatted = 0
        self._before = 0  # lines before the open paragraph
        self._opened: dict[str, Callable[[], None]] = dict.fromkeys(_BLOCKS, flow.end_line) | {
            "p": self._open_paragraph, "br": self._break, "table": flow.open_table, "tr": flow.open_row,
            "td": self._open_cell, "th": self._open_cell, "img": self._picture, "input": self._field,
            "pre": self._open_preformatted, "textarea": self._open_preformatted,
        }  # fmt: skip
        self._closed: dict[str, Callable[[], None]] = dict.fromkeys(_BLOCKS, flow.end_line) | {
            "p": self._close_paragraph, "td": flow.close_cell, "th": flow.close_cell, "tbody": flow.end_group,
            "thead": flow.end_group, "tfoot": flow.end_group, "table": flow.close_table,
            "pre": self._close_preformatted, "textarea": self._close_preformatted,
        }  # fmt: skip

    def walk(self, page: str) -> None:
        """Take the page's tags and texts one by one."""
        look: Look | None = PLAIN  # None: what stands here is not read
        around: list[Look | None] = []
        for token in _TOKEN.finditer(_NO_TEXT.sub("", page)):
            closing, tag, attributes, text = token.groups()
            if closing:
                if look is not None and (close := self._closed.get(tag)):
                    close()
                look = around.pop()
            else:
                around.append(look)
                if attributes or tag in _TELLING:
                    look = self._looked(tag, attributes, look)
                if look is not None and (opened := self._opened.get(tag)):
                    self._attributes = attributes
                    opened()
                if tag in _VOID:
                    look = around.pop()
            if text and look is not None:
                self._text(text, look)

    def _text(self, text: str, look: Look) -> None:
        flow = self.flow
        if look.hidden and not flow.tables:
            return
        if "&" in text:
            text = unescape(text)
        if self._preformatted or (self._lines_count and not flow.tables):
            *lines, text = text.split("\n")
            for line in lines:
                flow.text(line, look)
                flow.end_line(True)
        flow.text(text, look)

    def _looked(self, tag: str, attributes: str, around: Look | None) -> Look | None:
        """How the text of an element shows; None if it is not to be read."""
        if around is None:
            if self._veiled and tag == "table":
                self.flow.note(_HIDDEN_TABLE)
            return None
        self._veiled = False
        if tag in _IGNORED:
            self.flow.unread()
            return None
        if tag in _DELETED:
            self.flow.note(STRUCK)
            return None
        around = _by_name(tag, attributes, around)
        if tag == "img" or not _LOOKS.search(attributes):
            return around
        look = _look_of(attributes, around)
        if look is None:
            self._veiled = True
            if tag in ("table", "tr", "td", "th"):
                self.flow.note(_HIDDEN_TABLE)
            elif self.flow.tables:
                self.flow.note(HIDDEN)
        return look

    # -------------------------------------------------------------- elements with a meaning of their own

    def _clean(self, line: str) -> str:
        return line if self._preformatted else _SPACE.sub(" ", line).strip(" ")

    def _open_cell(self) -> None:
        cell = RawCell()
        if "span=" in self._attributes:
            for side, number in _SPAN.findall(self._attributes):
                if number and side == "row":
                    cell.rowspan = min(int(number), _WIDEST)
                elif number and side:
                    cell.colspan = min(max(int(number), 1), _WIDEST)
        self.flow.open_cell(cell)

    def _open_paragraph(self) -> None:
        self.flow.end_line()
        self._before = self.flow.lines

    def _close_paragraph(self) -> None:
        """End a paragraph; an empty one stays."""
        self.flow.end_line(always=self.flow.lines == self._before)

    def _break(self) -> None:
        self.flow.end_line(always=True)

    def _open_preformatted(self) -> None:
        self.flow.end_line()
        self._preformatted += 1

    def _close_preformatted(self) -> None:
        self.flow.end_line()
        self._preformatted -= 1

    def _picture(self) -> None:
        said = dict(_ATTRIBUTE.findall(self._attributes))
        self.pictures.append(unescape(said.get("src", "")))
        self.flow.unread()

    def _field(self) -> None:
        said = dict(_ATTRIBUTE.findall(self._attributes))
        if said.get("type", "text").lower() in ("text", "number"):
            self.flow.text(unescape(said.get("value", "")))


def _by_name(tag: str, attributes: str, look: Look) -> Look:
    """How the text of an element shows by what it is."""
    if tag in _RAISED or (tag == "a" and ' href="#' in attributes):  # a link to a note on the same page
        return look._replace(raised=True)
    return look._replace(altered=True) if tag == "bdo" else look  # digits that run the other way


_OLD = {"hidden": "display:none", "bgcolor": "background-color:", "color": "color:"}
"""What old attributes say in the words of styles."""


@lru_cache(maxsize=1 << 12)
def _look_of(attributes: str, around: Look) -> Look | None:
    """How the text of an element shows by its attributes; its style comes last."""
    said = dict(_ATTRIBUTE.findall(attributes))
    styles = [f"{style}{said[name]};" for name, style in _OLD.items() if name in said]
    return look_in("".join(styles) + unescape(said.get("style", "")), around)
