"""Writes OFD files (GB/T 33190) with text and lines, as little of the format as a table needs."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'

ROW, BOTTOM = 10.0, 280.0
"""Millimetres: how high a row is, and where a page is full."""


@dataclass
class Sheet:
    """One page, in millimetres."""

    objects: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, size: float = 3.0, grouped: bool = False) -> None:
        """One line of text; `grouped` writes equal distances as ``g count distance``."""
        steps = [size if char > "\u2000" else size / 2 for char in text[:-1]]
        delta = f"g {len(steps)} {size}" if grouped else " ".join(map(str, steps))
        self.objects.append(
            f'<ofd:TextObject ID="{len(self.objects) + 10}" Boundary="{x} {y} 150 {size * 1.4}" Font="1" Size="{size}">'
            f'<ofd:TextCode X="0" Y="{size}" DeltaX="{delta}">{escape(text)}</ofd:TextCode></ofd:TextObject>'
        )

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A stroked line."""
        self.objects.append(
            f'<ofd:PathObject ID="{len(self.objects) + 10}" Boundary="{x0} {y0} {x1 - x0 + 0.1} {y1 - y0 + 0.1}" '
            f'LineWidth="0.2"><ofd:AbbreviatedData>M 0 0 L {x1 - x0} {y1 - y0}</ofd:AbbreviatedData></ofd:PathObject>'
        )


def table(
    sheets: list[Sheet], rows: list[list[tuple[str, int, int]]], widths: list[float], top: float
) -> float:
    """Draw a table of (text, rowspan, colspan), over pages where it must; returns where it ends."""
    height, left, bottom = ROW, 15.0, BOTTOM
    edges = [left + sum(widths[:n]) for n in range(len(widths) + 1)]
    taken: set[tuple[int, int]] = set()
    y = top
    for r, row in enumerate(rows):
        if y + height > bottom:
            sheets.append(Sheet())
            y = 20.0
            open_cells = [c for c in range(len(widths)) if (r, c) in taken]
            for c in open_cells:
                sheets[-1].line(edges[c], y, edges[c + 1], y)
        sheet, column = sheets[-1], 0
        for x in edges[:: len(widths)]:
            sheet.line(x, y, x, y + height)
        for text, down, wide in row:
            while (r, column) in taken:
                sheet.line(edges[column], y, edges[column], y + height)
                column += 1
            taken.update((r + i, column + j) for i in range(down) for j in range(wide))
            sheet.line(edges[column], y, edges[column + wide], y)
            sheet.line(edges[column], y, edges[column], y + height)
            per_line = max(1, int((edges[column + wide] - edges[column] - 1) / 2.2))
            for n in range(0, len(text), per_line):
                sheet.text(edges[column] + 0.5, y + 0.3 + 2.4 * n / per_line, text[n : n + per_line], 2.2)
            column += wide
        y += height
        last = r + 1 == len(rows) or y + height > bottom
        for c in range(len(widths)):
            if last:
                sheet.line(edges[c], y, edges[c + 1], y)
    return y


def package(
    sheets: list[Sheet], template: Sheet | None = None, pictures: dict[str, bytes] | None = None
) -> bytes:
    """The container; `template` lies under every page, `pictures` are resources by their number."""
    names = [f"Pages/Page_{n}/Content.xml" for n in range(len(sheets))]
    uses = '<ofd:Template TemplateID="2" ZOrder="Background"/>' if template else ""
    base = '<ofd:TemplatePage ID="2" BaseLoc="Tpls/Tpl_0/Content.xml"/>' if template else ""
    pages = "".join(f'<ofd:Page ID="{n + 100}" BaseLoc="{name}"/>' for n, name in enumerate(names))
    files = {
        "OFD.xml": f"<ofd:OFD {NAMESPACE}><ofd:DocBody><ofd:DocInfo><ofd:Title>年度报告</ofd:Title></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297"
        f"</ofd:PhysicalBox></ofd:PageArea>{base}<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes></ofd:CommonData><ofd:Pages>{pages}</ofd:Pages></ofd:Document>",
    }
    for name, sheet in zip(names, sheets, strict=True):
        files[f"Doc_0/{name}"] = _page(sheet, uses)
    media = "".join(
        f'<ofd:MultiMedia ID="{number}" Type="Image"><ofd:MediaFile>{number}.png</ofd:MediaFile></ofd:MultiMedia>'
        for number in pictures or {}
    )
    files["Doc_0/DocumentRes.xml"] = (
        f'<ofd:Res {NAMESPACE} BaseLoc="Res"><ofd:MultiMedias>{media}</ofd:MultiMedias></ofd:Res>'
    )
    if template:
        files["Doc_0/Tpls/Tpl_0/Content.xml"] = _page(template, "")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + content)
        for number, picture in (pictures or {}).items():
            archive.writestr(f"Doc_0/Res/{number}.png", picture)
    return out.getvalue()


def _page(sheet: Sheet, uses: str) -> str:
    return (
        f'<ofd:Page {NAMESPACE}>{uses}<ofd:Content><ofd:Layer ID="3">{"".join(sheet.objects)}</ofd:Layer>'
        "</ofd:Content></ofd:Page>"
    )
