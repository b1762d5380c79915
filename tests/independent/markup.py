"""Documents as html (also as mhtml and as html saved under the name .doc), markdown and plain text."""

import html
import quopri

from .model import Para

STYLE = "<style>.tip-note{display:none} .tip-white{color:#fff} td{border:1px solid #000}</style>"
WRAP = {
    "hidden": '<span style="display:none">{}</span>',
    "class": '<span class="tip-note">{}</span>',
    "white": '<span style="color:#ffffff">{}</span>',
    "zero": '<span style="font-size:0">{}</span>',
    "invisible": '<span style="visibility:hidden">{}</span>',
    "off the page": '<span style="position:absolute;left:-9999px">{}</span>',
    "attribute": "<span hidden>{}</span>",
    "clear": '<span style="opacity:0">{}</span>',
    "white class": '<span class="tip-white">{}</span>',
    "struck": "<s>{}</s>",
    "raised": "<sup>{}</sup>",
    "piece": "<span>{}</span>",
    "comment": "<!-- {} -->",
}
TABLE_END = "</td></tr></tbody></table>"
UNSEEN = {"reading", "styled", *WRAP} - {"piece"}


def write_html(doc):
    """One html page."""
    parts = [f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{html.escape(doc.head)}</title>']
    parts.append(f'{STYLE}</head><body><div class="content">')
    parts += [_paragraph(block) if isinstance(block, Para) else html_table(block) for block in doc.blocks]
    page = "\n".join(parts)
    return (page.removesuffix(TABLE_END) if doc.cut else page + "\n</div></body></html>").encode()


def write_mhtml(doc):
    """The page as a browser saves it whole."""
    head = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://www.example.gov.cn/art/1.html\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; type="text/html"; boundary="----MultipartBoundary--a1"\r\n\r\n\r\n'
        "------MultipartBoundary--a1\r\nContent-Type: text/html\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "Content-Location: https://www.example.gov.cn/art/1.html\r\n\r\n"
    )
    body = quopri.encodestring(write_html(doc)).replace(b"\n", b"\r\n")
    return head.encode() + body + b"\r\n------MultipartBoundary--a1--\r\n"


def write_html_as_doc(doc):
    """The page under a Word name, in the encoding that old office software writes."""
    page = write_html(doc).decode().replace('charset="utf-8"', 'charset="gb18030"')
    return page.encode("gb18030")


def _paragraph(block):
    tag = {"title": "h1", "heading": "h3"}.get(block.kind, "p")
    text = html.escape(block.text, quote=False).replace("\n", "<br>")
    return f"<{tag}>{text}</{tag}>"


def html_table(table):
    """One table with its spans; a table named nested stands within a cell of another."""
    rows = "\n".join(f"<tr>{''.join(_td(cell) for cell in row.cells)}</tr>" for row in table.rows)
    text = f'<table border="1" cellspacing="0"><tbody>{rows}</tbody></table>'
    if table.shape == "nested":
        return f'<table class="layout"><tr><td width="20"></td><td>{text}</td></tr></table>'
    return text


def _td(cell):
    spans = f' colspan="{cell.span}"' if cell.span > 1 else ""
    spans += f' rowspan="{cell.down}"' if cell.down > 1 else ""
    return f"<td{spans}>{html_pieces(cell) or '&nbsp;'}</td>"


def html_pieces(cell):
    """A cell's pieces with the tags that show or hide them."""
    if any(style == "reading" for _, style in cell.pieces()):
        base, aid = sorted(cell.pieces(), key=lambda piece: piece[1] == "reading")
        return f"<ruby>{base[0]}<rp>(</rp><rt>{aid[0]}</rt><rp>)</rp></ruby>"
    parts = []
    for text, style in cell.pieces():
        escaped = html.escape(text, quote=False).replace("\n", "<br>")
        parts.append(WRAP.get(style, "{}").format(escaped))
    return "".join(parts)


def seen(cell):
    """What a reader of plain text gets of a cell."""
    return "".join(text for text, style in cell.pieces() if style not in UNSEEN)


def write_markdown(doc):
    """Pipe tables; merged cells stand once, the rest of their room is empty."""
    lines = []
    for block in doc.blocks:
        if isinstance(block, Para):
            mark = {"title": "# ", "heading": "## "}.get(block.kind, "")
            lines += [mark + block.text, ""]
        else:
            lines += [*markdown_table(block, doc.cut and block is doc.blocks[-1]), ""]
    return _closed(doc, "\n".join(lines)).encode()


def markdown_table(table, unclosed=False):
    """Lines of one pipe table; the last one has no end where the file breaks off."""
    placed, width = table.grid()
    height = len(table.rows)
    texts = [[""] * width for _ in range(height)]
    for r, c, cell in placed:
        texts[r][c] = seen(cell).replace("\n", " ")
    lines = ["| " + " | ".join(row) + " |" for row in texts]
    if unclosed:
        last = max(c for r, c, cell in placed if r == height - 1)
        lines[-1] = "| " + " | ".join(texts[-1][: last + 1])
    return [lines[0], "|" + "---|" * width, *lines[1:]]


def _closed(doc, text):
    return text.rstrip("\n") if doc.cut else text + "\n"


def write_lines(doc):
    """A row a line, single spaces between cells: blank cells leave no trace."""
    return _text(doc, lambda row: [" ".join(filter(None, (seen(cell) for cell in row.cells)))])


def write_tabs(doc):
    """A row a line, tabs between cells."""
    return _text(doc, lambda row: ["\t".join(seen(cell).replace("\n", "") for cell in row.cells)])


def write_cells(doc):
    """One cell a line, an empty line for a blank cell."""
    return _text(doc, lambda row: [seen(cell) for cell in row.cells])


def write_pipes(doc):
    """Pipes between cells and at a row's end, in one of the ways in which web pages lose their tables."""
    way = next(iter(doc.options & PIPE_WAYS.keys()))
    return _text(doc, PIPE_WAYS[way])


def _pipe_alone(row):
    lines = []
    for cell in row.cells:
        lines += [("" if lines else "| ") + seen(cell), "|"]
    return [*lines, "|"]


def _pipes_joined(row):
    return [*_pipe_alone(row)[:-2], "||"]


def _pipe_behind(row):
    return [*(f"{seen(cell)} |".strip() for cell in row.cells), "|"]


def _pipe_row(row):
    return [" | ".join(seen(cell).replace("\n", "") for cell in row.cells) + " | |"]


PIPE_WAYS = {
    "pipe alone": _pipe_alone,
    "pipe behind": _pipe_behind,
    "row a line": _pipe_row,
    "pipes joined": _pipes_joined,
}


def _text(doc, lines_of):
    lines = []
    for block in doc.blocks:
        rows = [[block.text]] if isinstance(block, Para) else [lines_of(row) for row in block.rows]
        lines += [line for row in rows for line in row]
    text = ("\n\n" if "airy" in doc.options else "\n").join(lines)
    return (text.rstrip("|\n ") if doc.cut else text + "\n").encode()
