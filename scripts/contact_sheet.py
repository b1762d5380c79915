"""Draw every chart of synthetic reports, few and many: ``python scripts/contact_sheet.py charts.html``.

Look at them after each change of a chart: a page with all pictures at their own size, charts one under the other, from one
body to thirty side by side.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from chart_frames import every_chart, province  # noqa: E402

CASES = ((1, 1, "zh"), (1, 3, "en"), (1, 7, "zh"), (3, 7, "en"), (10, 7, "zh"), (30, 7, "en"))
"""Bodies, years and language."""


def main(page: Path) -> None:
    """Draw them."""
    lines: dict[str, list[str]] = {"": []}
    for bodies, years, lang in CASES:
        lines[""].append(f"<th>bodies: {bodies}, years: {years} (synthetic)</th>")
        for name, fig in every_chart(province(bodies, years), lang).items():
            picture = fig._repr_mimebundle_()[0]["text/html"]
            lines.setdefault(name, []).append(f"<td valign=top>{escape(name)}{picture}</td>")
    rows = "".join(f"<tr>{''.join(cells)}</tr>" for cells in lines.values())
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><table>{rows}</table>", encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
