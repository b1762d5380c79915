"""Writes small pdfs by hand: text at given places, lines, and what a damaged or odd file has."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Sheet:
    """One page; positions in points from the top left corner, A4 unless said."""

    width: float = 595
    height: float = 842
    rotate: int = 0
    parts: list[str] = field(default_factory=list)
    annotations: str = ""
    forms: dict[str, str] = field(default_factory=dict)
    """What forms draw (``/name Do``), behind ``|`` further entries of their dictionaries."""

    def text(
        self, x: float, y: float, text: str, size: float = 10, angle: tuple[float, float] = (1, 0)
    ) -> None:
        """Text whose baseline starts at x, y; `angle` is its cosine and sine."""
        cos, sin = angle
        matrix = f"{cos} {sin} {-sin} {cos} {x} {self.height - y}"
        self.parts.append(f"BT /F1 {size} Tf {matrix} Tm ({text}) Tj ET")

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A stroked line."""
        self.parts.append(f"0.5 w {x0} {self.height - y0} m {x1} {self.height - y1} l S")

    def grid(self, xs: list[float], ys: list[float]) -> None:
        """All lines of a table."""
        for y in ys:
            self.line(xs[0], y, xs[-1], y)
        for x in xs:
            self.line(x, ys[0], x, ys[-1])


def pdf(sheets: list[Sheet], copies: int = 1) -> bytes:
    """The file; `copies` repeats the pages. It has the layers /On and /Off, of which /Off is not shown."""
    objects = [
        "<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[5 0 R 6 0 R]/D<</OFF[6 0 R]>>>>>>",
        "",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    # A font of which nobody knows what its characters are.
    names = "".join(f"/g{n}" for n in range(48, 123))
    objects.append(
        f"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 48/LastChar 122/CharProcs<<>>"
        f"/Widths[{' 0.5' * 75}]/Encoding<</Differences[48{names}]>>>>"
    )
    font, kids = len(objects), []
    objects += ["<</Type/OCG/Name(On)>>", "<</Type/OCG/Name(Off)>>"]
    for sheet in sheets:
        stream = "\n".join(sheet.parts)
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
        content = len(objects)
        forms = ""
        for name, drawn in sheet.forms.items():
            drawn, _, entries = drawn.partition("|")
            objects.append(
                f"<</Type/XObject/Subtype/Form/BBox[0 0 {sheet.width} {sheet.height}]/Resources<</Font<</F1 3 0 R>>>>"
                f"{entries}/Length {len(drawn)}>>stream\n{drawn}\nendstream"
            )
            forms += f"/{name} {len(objects)} 0 R"
        for _ in range(copies):
            objects.append(
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {sheet.width} {sheet.height}]/Rotate {sheet.rotate}"
                f"/Contents {content} 0 R/Resources<</XObject<<{forms}>>/Font<</F1 3 0 R/F2 {font} 0 R>>/Properties<</On 5 0 R/Off 6 0 R>>>>"
                f"/Annots[{sheet.annotations}]>>"
            )
            kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>"
    out, places = b"%PDF-1.4\n", []
    for n, content in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{n} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    return out + (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"
    ).encode("latin-1")
