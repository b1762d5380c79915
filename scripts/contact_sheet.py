"""Draw every chart of synthetic reports, small to large, on one sheet: ``python scripts/contact_sheet.py``.

Look at it after each change of a chart. The sheet is docs/contact_sheet.png.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from chart_frames import every_chart, province  # noqa: E402

from reportlib.display.charts.lettering import FONT  # noqa: E402

SHEET = ROOT / "docs" / "contact_sheet.png"
CASES = (
    (1, 1, "zh"),
    (1, 3, "en"),
    (1, 7, "zh"),
    (3, 7, "en"),
    (10, 7, "zh"),
    (30, 7, "en"),
)
WIDE, GUTTER, HEAD = 340, 10, 24


def column(bodies: int, years: int, lang: str) -> Image.Image:
    """All charts of one case, one under the other."""
    pictures = []
    for fig in every_chart(province(bodies, years), lang).values():
        data = io.BytesIO()
        fig.savefig(data, format="png")
        picture = Image.open(data).convert("RGB")
        pictures.append(
            picture.resize((WIDE, round(picture.height * WIDE / picture.width)), Image.Resampling.LANCZOS)
        )
    sheet = Image.new("RGB", (WIDE, HEAD + sum(picture.height + GUTTER for picture in pictures)), "#e6e6e6")
    title = f"{bodies} {'body' if bodies == 1 else 'bodies'}, {years} {'year' if years == 1 else 'years'} (synthetic)"
    ImageDraw.Draw(sheet).text((4, 4), title, fill="black", font=ImageFont.truetype(str(FONT), 14))
    top = HEAD
    for picture in pictures:
        sheet.paste(picture, (0, top))
        top += picture.height + GUTTER
    return sheet


def main() -> None:
    """Draw the sheet."""
    columns = [column(*case) for case in CASES]
    size = (
        sum(picture.width + GUTTER for picture in columns) - GUTTER,
        max(picture.height for picture in columns),
    )
    sheet = Image.new("RGB", size, "#e6e6e6")
    for n, picture in enumerate(columns):
        sheet.paste(picture, (n * (WIDE + GUTTER), 0))
    SHEET.parent.mkdir(exist_ok=True)
    aside = SHEET.with_suffix(".part")
    sheet.quantize(24).save(aside, format="png", optimize=True)
    aside.replace(SHEET)
    print(SHEET)


if __name__ == "__main__":
    main()
