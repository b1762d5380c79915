"""Documents as pdf, written object by object: ruled tables over as many pages as they take."""

import functools
import io
import pathlib
import zlib

import pylopdf_fonts_zh_cn
from fontTools import subset
from fontTools.ttLib import TTFont

from .markup import seen
from .model import Para

WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 50.0
SIZE, LEADING, PAD = 9.0, 12.0, 2.5


@functools.cache
def _font():
    """The whole font: what it maps and how wide its glyphs are."""
    font = TTFont(pylopdf_fonts_zh_cn.sans_path(), lazy=True)
    return font.getBestCmap(), font["hmtx"].metrics


def width_of(text, size=SIZE):
    """The width of a text in points."""
    cmap, metrics = _font()
    return sum(metrics[cmap.get(ord(c), ".notdef")][0] for c in text) * size / 1000


@functools.cache
def usual_characters():
    """Every character that these modules write by themselves: one cut of the font serves most documents."""
    sources = pathlib.Path(__file__).parent.glob("*.py")
    return frozenset("".join(path.read_text(encoding="utf-8") for path in sources)) - {"\n"}


@functools.cache
def _cut_font(characters):
    """The font cut down to some characters, and the glyph number of each."""
    options = subset.Options(layout_features=[], notdef_outline=True, hinting=False)
    font = subset.load_font(pylopdf_fonts_zh_cn.sans_path(), options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    target = io.BytesIO()
    subset.save_font(font, target, options)
    cut = TTFont(io.BytesIO(target.getvalue()))
    numbers = {chr(code): cut.getGlyphID(name) for code, name in cut.getBestCmap().items()}
    widths = {number: cut["hmtx"].metrics[cut.getGlyphName(number)][0] for number in numbers.values()}
    return target.getvalue(), numbers, widths


class Paper:
    """Pages of drawing commands: lines and texts, top down."""

    def __init__(self):
        self.pages, self.y = [], 0.0
        self.texts = []
        self.turn()

    def turn(self):
        """Begin a new page."""
        self.pages.append([])
        self.y = HEIGHT - MARGIN

    def text(self, x, y, text, size=SIZE):
        """Put one line of text with its base line at y."""
        self.pages[-1].append(("text", x, y, size, text))

    def line(self, x0, y0, x1, y1):
        """Rule a line."""
        self.pages[-1].append(("line", x0, y0, x1, y1))

    def paragraph(self, text, size=SIZE, centred=False):
        """Set a paragraph over the whole width."""
        for line in wrapped(text, WIDTH - 2 * MARGIN, size):
            if self.y - LEADING < MARGIN:
                self.turn()
            self.y -= size + 4
            left = (WIDTH - width_of(line, size)) / 2 if centred else MARGIN
            self.text(left, self.y, line, size)
        self.y -= 3


def wrapped(text, width, size=SIZE):
    """Lines of a text no wider than `width`; runs of digits are never broken."""
    lines, line = [], ""
    for piece in _pieces(text):
        if piece == "\n" or (line and width_of(line + piece, size) > width):
            lines.append(line)
            line = ""
        line += piece if piece != "\n" else ""
    return [*lines, line]


def _pieces(text):
    run = ""
    for c in text:
        if c.isascii() and c not in " \n":
            run += c
            continue
        if run:
            yield run
        run = ""
        yield c
    if run:
        yield run


def write_pdf(doc):
    """The document on pages, with page numbers."""
    paper = Paper()
    for block in doc.blocks:
        if isinstance(block, Para):
            size = 14 if block.kind == "title" else SIZE + 1
            paper.paragraph(block.text, size, block.kind == "title")
        else:
            draw_table(paper, block)
    for number, page in enumerate(paper.pages, 1):
        page.append(("text", WIDTH / 2 - 12, MARGIN / 2, SIZE, f"— {number} —"))
    return assembled(paper.pages)


def draw_table(paper, table):
    """Rule a table row by row; it goes on over the page where a page is full."""
    placed, columns = table.grid()
    edges = column_edges(table, placed, columns)
    heights = row_heights(placed, edges, len(table.rows))
    start, rows = 0, len(table.rows)
    while start < rows:
        end, bottom = start, paper.y
        while end < rows and bottom - heights[end] > MARGIN:
            bottom -= heights[end]
            end += 1
        if end == start:
            if paper.y > HEIGHT - MARGIN - 1:
                end, bottom = start + 1, paper.y - heights[start]
            else:
                paper.turn()
                continue
        _draw_part(paper, placed, edges, heights, (start, end))
        paper.y = bottom - 8 if end == rows else paper.y
        if end < rows:
            paper.turn()
        start = end


def column_edges(table, placed, columns):
    """Left edges of the columns and the right edge: columns of labels are wide, others as their texts need."""
    room = WIDTH - 2 * MARGIN
    for label_room in (110.0, 42.0, 20.0, 10.0):
        wants = _wanted_widths(placed, columns, label_room)
        if sum(wants) <= room:
            break
    spare = max(0.0, room - sum(wants)) / columns
    edges = [MARGIN]
    for want in wants:
        edges.append(edges[-1] + want + spare)
    return edges


def _wanted_widths(placed, columns, label_room):
    """Width of each column: figures stand on one line, labels take up to `label_room` points a line."""
    wants = [16.0] * columns
    for _, c, cell in placed:
        if cell.span == 1:
            width = width_of("".join(text for text, _ in cell.pieces()) if cell.key else seen(cell))
            wants[c] = max(wants[c], (width if cell.key else min(width, label_room)) + 2 * PAD + 1)
    return wants


def row_heights(placed, edges, rows):
    """Height of each row: its tallest cell; cells over several rows take what is there."""
    heights = [LEADING + 2 * PAD] * rows
    for r, c, cell in placed:
        right = edges[min(c + cell.span, len(edges) - 1)]
        lines = len(wrapped(seen(cell), right - edges[c] - 2 * PAD))
        need = lines * LEADING + 2 * PAD
        last = min(r + cell.down, rows) - 1
        have = sum(heights[r : last + 1])
        heights[last] += max(0.0, need - have)
    return heights


def _draw_part(paper, placed, edges, heights, part):
    """Draw the rows from part[0] up to part[1]; a merged cell's text stands in its first part."""
    start, end = part
    tops = [paper.y]
    for r in range(start, end):
        tops.append(tops[-1] - heights[r])
    for r, c, cell in placed:
        first, last = max(r, start), min(r + cell.down, end)
        if first >= last:
            continue
        left, right = edges[c], edges[min(c + cell.span, len(edges) - 1)]
        top, bottom = tops[first - start], tops[last - start]
        for line in ((left, top, right, top), (left, bottom, right, bottom)):
            paper.line(*line)
        for line in ((left, top, left, bottom), (right, top, right, bottom)):
            paper.line(*line)
        if r >= start:
            box = (left, right, top, bottom)
            _set_pieces(paper, cell, box) if cell.marks else _set_text(paper, seen(cell), box)


def _set_pieces(paper, cell, box):
    """A number and what is white, struck or raised beside it, on one line."""
    left, right, top, bottom = box
    widths = [width_of(text, _size(style)) for text, style in cell.marks]
    x, y = (left + right - sum(widths)) / 2, (top + bottom) / 2 - SIZE / 2 + 1
    for (text, style), width in zip(cell.marks, widths, strict=True):
        if style == "white":
            paper.pages[-1].append(("white", x, y, SIZE, text))
        else:
            paper.text(x, y + (4 if style == "raised" else 0), text, _size(style))
        if style == "struck":
            paper.line(x, y + SIZE * 0.36, x + width, y + SIZE * 0.36)
        x += width


def _size(style):
    return SIZE * 0.6 if style == "raised" else SIZE


def _set_text(paper, text, box):
    left, right, top, bottom = box
    lines = wrapped(text, right - left - 2 * PAD)
    y = (top + bottom) / 2 + len(lines) * LEADING / 2 - SIZE
    for line in lines:
        paper.text((left + right - width_of(line)) / 2, y, line)
        y -= LEADING


def assembled(pages):
    """The bytes of a pdf that shows these pages."""
    used = {item[4] for page in pages for item in page if item[0] != "line"}
    unusual = set("".join(used)) - usual_characters()
    data, numbers, widths = _cut_font("".join(sorted(usual_characters() | unusual)))
    kids = " ".join(f"{8 + 2 * i} 0 R" for i in range(len(pages)))
    described = " ".join(f"{number} [{width}]" for number, width in sorted(widths.items()))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode(),
        b"<</Type/Font/Subtype/Type0/BaseFont/AAAAAA+NotoSansSC/Encoding/Identity-H"
        b"/DescendantFonts[4 0 R]/ToUnicode 7 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/AAAAAA+NotoSansSC/FontDescriptor 5 0 R/DW 1000"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/W[%s]>>" % described.encode(),
        b"<</Type/FontDescriptor/FontName/AAAAAA+NotoSansSC/Flags 4/FontBBox[-1000 -300 2900 1100]/ItalicAngle 0"
        b"/Ascent 880/Descent -120/CapHeight 733/StemV 80/FontFile3 6 0 R>>",
        _stream(data, b"/Subtype/OpenType"),
        _stream(_to_unicode(numbers)),
    ]
    for number, page in enumerate(pages):
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH:.0f} {HEIGHT:.0f}]"
            f"/Resources<</Font<</F1 3 0 R>>>>/Contents {9 + 2 * number} 0 R>>".encode()
        )
        objects.append(_stream("\n".join(_commands(page, numbers)).encode()))
    return _file(objects)


def _commands(page, numbers):
    yield "0.5 w"
    for kind, x, y, a, b in page:
        if kind == "line":
            yield f"{x:.2f} {y:.2f} m {a:.2f} {b:.2f} l S"
        elif b:
            glyphs = "".join(f"{numbers.get(c, 0):04x}" for c in b)
            shade = 1 if kind == "white" else 0
            yield f"{shade} g BT /F1 {a} Tf {x:.2f} {y:.2f} Td <{glyphs}> Tj ET"


def _to_unicode(numbers):
    lines = [f"<{number:04x}> <{c.encode('utf-16-be').hex()}>" for c, number in numbers.items()]
    blocks = [lines[i : i + 100] for i in range(0, len(lines), 100)]
    ranges = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{ranges}\nendcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()


def _stream(data, entries=b""):
    packed = zlib.compress(data)
    return b"<<%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream" % (entries, len(packed), packed)


def _file(objects):
    out, offsets = bytearray(b"%PDF-1.6\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
