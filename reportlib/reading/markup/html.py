"""Web pages: html as published, as saved by Word, as a single file (mhtml)."""

from __future__ import annotations

import base64
import email
import email.policy
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ...errors import ReadError
from ..document import Document, Grid, Note
from ..encoding import decode
from ..limits import MAX_CELLS, MAX_DEPTH, MAX_TABLE_DEPTH
from .grids import Content, RawCell, blocks, place, too_deep, too_large, trimmed
from .styles import PLAIN, Look, Styles, may_hide
from .unseen import HIDDEN, LOWERED, PALE, RAISED, STRUCK, bracketed

__all__ = ["pictures", "read"]

# fmt: off
_IGNORED = frozenset((
    "script", "style", "template", "noscript", "head", "title", "iframe", "object", "svg", "math", "select",
    "button",
    "datalist", "audio", "video", "rt", "rp", "rtc", "-comment",
))
_BLOCKS = frozenset((
    "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "section", "article",
    "main",
    "header", "footer", "nav", "aside", "blockquote", "center", "form", "fieldset", "legend", "figure",
    "figcaption",
    "hr", "address", "details", "summary", "caption", "pre", "textarea",
))
# Elements that never hold others, or whose end tags are often left out.
_FLAT = frozenset((
    "p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option", "br", "img", "input",
    "meta", "link",
    "hr", "col", "wbr", "area", "base",
))
# fmt: on
_DELETED = frozenset(("del", "s", "strike"))  # Word saves tracked changes as del
_SPACE = re.compile(r"[ \t\n\r\f]+")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
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
    parser, walker = _parse(data, name)
    found = blocks(walker.content, name)
    if not walker.pictures and not any(isinstance(block, Grid) or block.text.strip() for block in found):
        raise ReadError(
            "the page holds no text",
            file=name,
            hint="Its text is loaded by a script, perhaps: open it in a browser and save the complete page.",
        )
    return Document(
        found, "html", title=_title(parser), notes=tuple(walker.notes), pictures=len(set(walker.pictures))
    )


def pictures(data: bytes, name: str, folder: Path | None = None) -> list[bytes]:
    """The pictures of a page in reading order, without asking any network.

    Parameters
    ----------
    data
        The page, or an mhtml archive of it.
    name
        The file's name, for messages.
    folder
        Where the page's own files lie beside it; pictures elsewhere are left out.
    """
    _, walker = _parse(data, name)
    attached = _attachments(data)
    found = (_picture(source, attached, folder) for source in dict.fromkeys(walker.pictures))
    return [picture for picture in found if picture]


def _parse(data: bytes, name: str) -> tuple[LexborHTMLParser, _Walker]:
    text, notes = decode(_main_part(data, name))
    _refuse_traps(text, name)
    parser = LexborHTMLParser(text)
    walker = _Walker(name, text, parser)
    walker.notes += notes
    if parser.body:
        walker.walk(parser.body)
    return parser, walker


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


def _is_archive(data: bytes) -> bool:
    return b"mime-version:" in data[:4000].lower() and b"multipart/related" in data[:4000].lower()


def _main_part(data: bytes, name: str) -> bytes:
    """The page itself out of a single-file web page (mhtml)."""
    if not _is_archive(data):
        return data
    for message in email.message_from_bytes(data).walk():
        if message.get_content_type() == "text/html":
            payload = message.get_payload(decode=True)
            if isinstance(payload, bytes):
                return payload
    raise ReadError("the archive holds no page", file=name, hint="Save the page again, as html.")


def _attachments(data: bytes) -> dict[str, bytes]:
    if not _is_archive(data):
        return {}
    found = {}
    for message in email.message_from_bytes(data).walk():
        payload = message.get_payload(decode=True)
        if message.get_content_maintype() == "image" and isinstance(payload, bytes):
            found[message.get("Content-Location", "")] = payload
            found["cid:" + message.get("Content-ID", "").strip("<>")] = payload
    return found


def _title(parser: LexborHTMLParser) -> str:
    title = parser.css_first("head > title")
    return " ".join(title.text().split()) if title else ""


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


class _Frame:
    """A table being read."""

    __slots__ = ("cell", "group", "outer", "rows")

    def __init__(self, outer: Content) -> None:
        self.outer = outer
        self.rows: list[tuple[list[RawCell], int]] = []
        self.group = 0
        self.cell: RawCell | None = None

    def end_group(self) -> None:
        end = len(self.rows)
        self.rows[self.group :] = [(cells, end) for cells, _ in self.rows[self.group :]]
        self.group = end


class _Walker:
    """Goes through a page once and puts lines and tables in reading order into `content`."""

    def __init__(self, name: str, text: str, parser: LexborHTMLParser) -> None:
        self.name = name
        self.content: Content = []
        self.notes: list[Note] = []
        self.pictures: list[str] = []
        self._target = self.content
        self._frames: list[_Frame] = []
        self._line: list[str] = []
        self._silent = False  # inside a paragraph that has given no line yet
        self._preformatted = 0
        self._cells = 0
        self._styles = Styles(parser, text, self.notes) if may_hide(text) else None
        self._look = PLAIN
        # Text with html tables in it (markdown) ends its lines with line breaks.
        self._lines_count = not text.lstrip("\ufeff \t\r\n").startswith("<")

    def walk(self, root: LexborNode) -> None:
        """Visit every node; without recursion, because pages nest without limit."""
        open_nodes: list[tuple[LexborNode, str, Look]] = []
        node: LexborNode | None = root.child
        while True:
            while node is not None:
                tag = node.tag or ""
                around = self._look
                if tag == "-text":
                    self._text(node.text_content or "")
                elif tag not in _IGNORED and self._enter(tag, node):
                    child = node.child
                    if child is not None:
                        open_nodes.append((node, tag, around))
                        node = child
                        continue
                    self._leave(tag, around)
                node = node.next
            if not open_nodes:
                break
            closed, tag, around = open_nodes.pop()
            self._leave(tag, around)
            node = closed.next
        self._end_line()

    def _text(self, text: str) -> None:
        if self._look is not PLAIN and not self._shows(text):
            return
        if self._preformatted or (self._lines_count and not self._frames):
            *lines, text = text.split("\n")
            for line in lines:
                self._line.append(line)
                self._end_line(always=True)
        self._line.append(text)

    def _shows(self, text: str) -> bool:
        """Whether text that does not look plain is to be read; doubt about it is kept with its cell."""
        look = self._look
        if text.isspace():
            return True
        if look.struck or look.unseen:
            self._note(STRUCK if look.struck else HIDDEN)
            return False
        if not look.doubt:
            return True
        self._note(PALE)
        cell = self._frames[-1].cell if self._frames else None
        if cell is None:
            return not any(character.isdigit() for character in text)
        cell.doubt = look.doubt
        return True

    def _note(self, note: Note) -> None:
        if note not in self.notes and (note is not HIDDEN or self._frames):
            self.notes.append(note)

    def _end_line(self, always: bool = False) -> None:
        if not self._line and not always:
            return
        line = "".join(self._line)
        self._line.clear()
        if not line.isalnum():
            line = bracketed(line if self._preformatted else _SPACE.sub(" ", line).strip(" "))
        if line or always:
            self._target.append(line)
            self._silent = False

    def _enter(self, tag: str, node: LexborNode) -> bool:
        """Open an element; False if what is in it is not to be read."""
        if tag in _DELETED:
            self._note(STRUCK)
            return False
        if self._styles is not None:
            look = self._styles.look(node, self._look)
            if look is None:
                self._leave_out(tag, node)
                return False
            if look.raised and not self._look.raised:
                self._line.append(RAISED)
            self._look = look
        if enter := _ENTER.get(tag):
            enter(self, node)
        return True

    def _leave_out(self, tag: str, node: LexborNode) -> None:
        if tag in ("tr", "td", "th") or node.css_first("table"):
            self._note(Note("hidden_table"))
        else:
            self._note(HIDDEN)

    def _leave(self, tag: str, around: Look) -> None:
        if self._look is not around:
            if self._look.raised and not around.raised:
                self._line.append(LOWERED)
            self._look = around
        if leave := _LEAVE.get(tag):
            leave(self)

    # -------------------------------------------------------------- elements with a meaning of their own

    def _open_cell(self, node: LexborNode) -> None:
        self._end_line()
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise too_large(self.name)
        frame = self._frames[-1]
        attributes = node.attributes
        cell = RawCell([], _span(attributes.get("rowspan"), 0), _span(attributes.get("colspan"), 1))
        frame.cell = cell
        frame.rows[-1][0].append(cell)
        self._target = cell.content
        self._silent = False

    def _close_cell(self) -> None:
        self._end_line()
        frame = self._frames[-1]
        if frame.cell is not None:
            frame.cell.content = trimmed(frame.cell.content)
            frame.cell = None
        self._target = frame.outer

    def _open_paragraph(self, node: LexborNode) -> None:
        self._end_line()
        self._silent = True

    def _close_paragraph(self) -> None:
        self._end_line(always=self._silent)
        self._silent = False

    def _break(self, node: LexborNode) -> None:
        self._end_line(always=True)

    def _open_row(self, node: LexborNode) -> None:
        self._frames[-1].rows.append(([], 0))

    def _open_table(self, node: LexborNode) -> None:
        self._end_line()
        if len(self._frames) >= MAX_TABLE_DEPTH:
            raise too_deep(self.name)
        self._frames.append(_Frame(self._target))

    def _close_group(self) -> None:
        self._frames[-1].end_group()

    def _close_table(self) -> None:
        frame = self._frames.pop()
        frame.end_group()
        frame.outer.append(place(frame.rows, self.name))

    def _open_block(self, node: LexborNode) -> None:
        self._end_line()

    def _open_preformatted(self, node: LexborNode) -> None:
        self._end_line()
        self._preformatted += 1

    def _close_preformatted(self) -> None:
        self._end_line()
        self._preformatted -= 1

    def _picture(self, node: LexborNode) -> None:
        self.pictures.append(node.attributes.get("src") or "")

    def _field(self, node: LexborNode) -> None:
        attributes = node.attributes
        if (attributes.get("type") or "text").lower() in ("text", "number"):
            self._text(attributes.get("value") or "")

    def _raise(self, node: LexborNode) -> None:
        """The mark of a note: without brackets 12¹ would become 121."""
        if not self._look.raised:
            self._line.append(RAISED)
            self._look = self._look._replace(raised=True)

    def _link(self, node: LexborNode) -> None:
        if (node.attributes.get("href") or "").startswith("#"):  # to a note on the same page
            self._raise(node)


_ENTER: Mapping[str, Callable[[_Walker, LexborNode], None]] = dict.fromkeys(_BLOCKS, _Walker._open_block) | {
    "td": _Walker._open_cell, "th": _Walker._open_cell, "tr": _Walker._open_row, "table": _Walker._open_table,
    "p": _Walker._open_paragraph, "br": _Walker._break, "img": _Walker._picture, "input": _Walker._field,
    "pre": _Walker._open_preformatted, "textarea": _Walker._open_preformatted,
    "sup": _Walker._raise, "sub": _Walker._raise, "a": _Walker._link,
}  # fmt: skip
_LEAVE: Mapping[str, Callable[[_Walker], None]] = dict.fromkeys(_BLOCKS, _Walker._end_line) | {
    "td": _Walker._close_cell, "th": _Walker._close_cell, "table": _Walker._close_table,
    "tbody": _Walker._close_group, "thead": _Walker._close_group, "tfoot": _Walker._close_group,
    "p": _Walker._close_paragraph, "pre": _Walker._close_preformatted,
    "textarea": _Walker._close_preformatted,
}  # fmt: skip


def _span(value: str | None, least: int) -> int:
    """A span as a browser takes it: 1 where it is no number, and never more than 1,000."""
    if value is None:
        return 1
    digits = re.match(r"\s*\+?(\d{1,6})", value)
    return min(max(int(digits[1]), least), 1000) if digits else 1
