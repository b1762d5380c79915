"""Documents as docx and xlsx."""

import io
import re
from html import escape

import docx
import openpyxl
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils import get_column_letter

from .model import Para

RUN = {
    "hidden": "<w:rPr><w:vanish/></w:rPr>",
    "white": '<w:rPr><w:color w:val="FFFFFF"/></w:rPr>',
    "struck": "<w:rPr><w:strike/></w:rPr>",
    "raised": '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>',
    "styled": '<w:rPr><w:rStyle w:val="Removed"/></w:rPr>',
}
BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d{0,9})(\.\d{0,5}[1-9])?")


def write_docx(doc):
    """A Word file: merged cells by gridSpan and vMerge, as Word writes them."""
    document = docx.Document()
    removed = document.styles.add_style("Removed", WD_STYLE_TYPE.CHARACTER).font
    removed.hidden = removed.strike = True
    body = document.element.body
    for block in doc.blocks:
        if isinstance(block, Para):
            element = parse_xml(f"<w:p {nsdecls('w')}>{_runs([(block.text, '')])}</w:p>")
        else:
            element = parse_xml(docx_table(block))
        body.insert(len(body) - 1, element)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def docx_table(table):
    """The xml of one table."""
    placed, width = table.grid()
    rows = [[] for _ in table.rows]
    for r, c, cell in placed:
        merge = '<w:vMerge w:val="restart"/>' if cell.down > 1 else ""
        rows[r].append((c, _tc(cell.span, merge, _runs(cell.pieces()))))
        for below in range(r + 1, min(r + cell.down, len(rows))):
            rows[below].append((c, _tc(cell.span, "<w:vMerge/>", "")))
    lines = "".join("<w:tr>" + "".join(xml for _, xml in sorted(row)) + "</w:tr>" for row in rows)
    grid = '<w:gridCol w:w="900"/>' * width
    properties = f'<w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders>{BORDERS}</w:tblBorders></w:tblPr>'
    return f"<w:tbl {nsdecls('w')}>{properties}<w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>"


def _tc(span, merge, runs):
    wide = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    return f"<w:tc><w:tcPr>{wide}{merge}</w:tcPr><w:p>{runs}</w:p></w:tc>"


def _runs(pieces):
    runs = []
    for text, style in pieces:
        lines = [f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n")]
        runs.append(f"<w:r>{RUN.get(style, '')}{'<w:br/>'.join(lines)}</w:r>")
    return "".join(runs)


def write_xlsx(doc):
    """One sheet, paragraphs and tables one below the other."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "年度报告"
    top = 1
    for block in doc.blocks:
        if isinstance(block, Para):
            sheet.cell(top, 1, block.text)
            top += 1
        else:
            top = _put_table(sheet, block, top)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _put_table(sheet, table, top):
    placed, _ = table.grid()
    for r, c, cell in placed:
        sheet.cell(top + r, c + 1).value = _content(cell)
        if cell.span > 1 or cell.down > 1:
            last = f"{get_column_letter(c + cell.span)}{top + r + cell.down - 1}"
            sheet.merge_cells(f"{get_column_letter(c + 1)}{top + r}:{last}")
    return top + len(table.rows)


def _content(cell):
    if cell.marks:
        return CellRichText(*(_rich(text, style) for text, style in cell.marks))
    if PLAIN_NUMBER.fullmatch(cell.text):
        return float(cell.text) if "." in cell.text else int(cell.text)
    return cell.text or None


def _rich(text, style):
    if style == "struck":
        return TextBlock(InlineFont(strike=True), text)
    if style == "white":
        return TextBlock(InlineFont(color="FFFFFFFF"), text)
    return TextBlock(InlineFont(vertAlign="superscript"), text) if style == "raised" else text
