"""Pages of many bodies stay small enough to be read anywhere."""

from __future__ import annotations

import base64
import io
import random
import re
import shutil
from pathlib import Path

import rendering
from PIL import Image
from projects import write_project

from reportlib.publish.run import run
from reportlib.store.ingest import ingest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMES = ("山市", "河市", "湖区人民政府办公室", "桥县", "林区", "阳市高新技术产业开发区管理委员会")


def test_a_page_of_thirty_bodies_is_below_two_megabytes(tmp_path):
    """The notebook with the most cells, of short and long names, two editions, and years without a report."""
    bodies = [first + last for first in "东西南北中" for last in NAMES]
    documents = []
    for n, body in enumerate(bodies):
        for year in range(2019, 2026):
            if (n + year) % 9:
                edition = "2019" if year < 2021 else "2021"
                truth = rendering.true_report(
                    random.Random(n * 100 + year), edition, edition == "2019", ("0", "", "-")[n % 3]
                )
                made = rendering.as_html(rendering.blocks(truth))
                documents.append((f"{n}_{year}.html", made, body, year))
    write_project(tmp_path, documents)
    assert ingest(tmp_path).ok
    (tmp_path / "notebooks").mkdir()
    shutil.copy(NOTEBOOKS / "request_outcomes.ipynb", tmp_path / "notebooks")
    asked = f"bodies: [{', '.join(bodies)}], together: true, name: many, lang: zh"
    (tmp_path / "notebooks" / "batch.yml").write_text(
        f"pages: [{{notebook: request_outcomes, {asked}, parameters: {{first_year: 2019}}}}]",
        encoding="utf-8",
    )
    result = run(tmp_path)
    assert result.ok, result.failed
    page = (tmp_path / "site" / "many.html").read_bytes()
    assert len(page) < 2_000_000
    pictures = re.findall(rb'src="data:image/png;base64,([^"]*)"', page)
    assert len(pictures) == 4 and page.count(b"data:text/csv") == 4
    assert all(Image.open(io.BytesIO(base64.b64decode(data))).height <= 2400 for data in pictures)
    assert all(body.encode() in page for body in bodies)
