"""Pages in a real browser, offline, at desk and phone width.

Debian's chromium (``apt-get install chromium``), or another Chromium named by CHROMIUM, driven by playwright.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pdfplumber
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from page_records import made
from PIL import Image

import reportlib as rl
from reportlib.publish.html import export_page
from reportlib.publish.index import export_index
from reportlib.publish.run import run

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"desk": 1280, "phone": 390}
HOSTILE = "</title><script>window.pwned=1</script><img src=x onerror='window.pwned=2'>\"'><svg onload=window.pwned=3>"

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no browser: apt-get install chromium, or set CHROMIUM")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Seen:
    """A page that is open, and what it did while opening."""

    def __init__(self, browser: Any, path: Path, width: int = 1280, script: bool = True) -> None:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True, java_script_enabled=True, bypass_csp=False
        )
        if not script:
            context = browser.new_context(offline=True, java_script_enabled=False)
        self.page = context.new_page()
        self.requests: list[str] = []
        self.blocked: dict[str, str] = {}
        self.said: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.blocked.update({request.url: request.failure}))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())


@pytest.fixture(scope="module")
def site(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every page of the project's own matrix."""
    out = tmp_path_factory.mktemp("site")
    batch = Path(__file__).parents[2] / "notebooks" / "batch.yml"
    result = run(ingested, batch=batch, out=out)
    assert result.ok, [(outcome.page, outcome.cell, outcome.error) for outcome in result.failed]
    return out


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_the_projects_pages_stand_on_their_own(site, browser, width):
    pages = sorted(site.glob("*.html"))
    assert len(pages) > 10
    for path in pages:
        seen = Seen(browser, path, width)
        evaluate = seen.page.evaluate
        assert seen.requests == [path.as_uri()], path.name
        assert seen.said == [], path.name
        assert evaluate("document.documentElement.scrollWidth") <= width, path.name
        assert evaluate("document.documentElement.lang") in ("zh", "en")
        if path.name != "index.html":
            assert evaluate("document.images.length") > 0
            assert evaluate(
                "[...document.images].every(i => i.complete && i.naturalWidth && i.alt.trim().length > 20)"
            )
            assert evaluate(
                "[...document.querySelectorAll('main table')].every(t => t.caption && t.tHead)"
            ), path.name
            assert evaluate("document.querySelectorAll('h1').length") == 1
            assert evaluate(
                "[...document.querySelectorAll('pre')].every(p => !p.textContent.includes('Traceback'))"
            )
        seen.page.context.close()


def test_the_index_shows_all_it_knows_on_a_phone(site, browser):
    seen = Seen(browser, site / "index.html", WIDTHS["phone"])
    boxes = seen.page.evaluate(
        "[...document.querySelectorAll('tbody :is(th, td)')].map(c => [c.textContent, c.getBoundingClientRect().toJSON()])"
    )
    assert len(boxes) >= 6 * 12
    outside = [text for text, box in boxes if text and not 0 <= box["left"] < box["right"] <= WIDTHS["phone"]]
    assert not outside


def test_what_scrolls_sideways_shows_it(site, browser):
    """A shadow at the edge to which more can be scrolled, none where all is seen; over a chart a line says so, too."""
    seen = Seen(browser, site / "disclosure_volumes_en.html", WIDTHS["phone"])
    seen.page.wait_for_load_state()
    hinted = []
    for box in seen.page.locator("main .rl-scroll, main figure").all():
        picture = Image.open(io.BytesIO(box.screenshot())).convert("L")
        wide, high = picture.size
        left, right = (np.mean(picture.crop((x, high // 2, x + 2, high // 2 + 9))) for x in (0, wide - 2))
        scrolls = box.evaluate("box => box.scrollWidth > box.clientWidth")
        assert (right < left - 20) == scrolls
        hinted.append(scrolls)
        if box.evaluate("box => box.tagName") == "FIGURE":
            assert "scroll sideways" in box.evaluate("box => getComputedStyle(box, '::before').content")
    assert True in hinted and False in hinted


def test_a_phone_shows_what_there_is_in_its_size(site, browser):
    """A date on one line, charts not shrunk, figures beside all heads, no line high for a text out of sight."""
    high, beside = [], []
    for path in sorted(site.glob("*_*.html")):
        evaluate = Seen(browser, path, WIDTHS["phone"]).page.evaluate
        assert evaluate("document.querySelector('.dateline time').getClientRects().length") == 1
        assert evaluate("[...document.images].every(i => i.width >= i.getAttribute('width') - 10)"), path.name
        high += evaluate("[...document.querySelectorAll('main tr')].map(r => r.offsetHeight)")
        beside += evaluate(
            "[...document.querySelectorAll('main tr > td:first-of-type')].map(c => c.offsetLeft)"
        )
    assert max(high) < 150
    assert max(beside) < WIDTHS["phone"] - 48


# ------------------------------------------------------------------------------------ in print

# Tokens of tables (but addresses) that go on in a second line, and cells that are narrow and tall.
BROKEN = """() => {
  const broken = [];
  for (const cell of document.querySelectorAll('main :is(th, td)')) {
    const nodes = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node; (node = nodes.nextNode());)
      for (const token of node.data.replace(/https?:[^\\s）]+/g, address => ' '.repeat(address.length)).matchAll(/[\\w.,%−-]{2,}/g)) {
        const range = document.createRange();
        range.setStart(node, token.index); range.setEnd(node, token.index + token[0].length);
        if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) broken.push(token[0]);
      }
    const whole = document.createRange();
    whole.selectNodeContents(cell);
    const lines = new Set([...whole.getClientRects()].map(r => Math.round(r.top))).size;
    if (lines > 4 && cell.textContent.length < 8 * lines) broken.push(cell.textContent);
  }
  return broken;
}"""


@pytest.fixture(scope="module")
def prints(site, browser, tmp_path_factory) -> dict[str, Path]:
    """The pages as they are printed, by name; what is broken in two on paper is found on the way."""
    out = tmp_path_factory.mktemp("prints")
    made = {}
    for path in sorted(site.glob("*_*.html")):
        page = Seen(browser, path, 688).page  # the room between the margins of A4
        page.emulate_media(media="print")
        assert page.evaluate(BROKEN) == [], path.name
        made[path.stem] = out / f"{path.stem}.pdf"
        page.pdf(path=made[path.stem], format="A4")
    return made


@pytest.fixture(autouse=True)
def quiet(caplog):
    """pdfplumber's reader warns of each font of a browser's pdf."""
    caplog.set_level(logging.ERROR, "pdfminer")


def _printed(browser: Any, path: Path, tables: list[str]) -> Any:
    """The page of some tables, in print, and its pdf."""
    outputs = [new_output("display_data", {"text/html": table}) for table in tables]
    path.write_text(export_page(new_notebook(cells=[new_code_cell("1", outputs=outputs)]), made("zh", "t")))
    page = Seen(browser, path, 688).page
    page.emulate_media(media="print")
    page.pdf(path=path.with_suffix(".pdf"), format="A4")
    return page


@pytest.mark.parametrize("years", [7, 11, 18, 30])
def test_no_figure_of_a_wide_table_is_lost_beside_the_paper(browser, tmp_path, years):
    figures = pd.DataFrame(
        {"year": range(1995, 1995 + years), "unit": "%", "value": 50.5, "numerator": 543_210}
    )
    figures = figures.assign(denominator=1_086_420, low=49.5, high=51.5, bodies=30, scope="region")
    long = pd.concat([figures.assign(body=name) for name in ("某某市高新技术产业开发区管理委员会", "乙县")])
    table = rl.table(long, "比率", "zh", rows=["body", "scope"], columns="year")
    page = _printed(browser, tmp_path / "wide.html", [table.html])
    if years < 30:
        assert [token for token in page.evaluate(BROKEN) if set(token) <= set("0123456789.,%")] == []
    with pdfplumber.open(tmp_path / "wide.pdf") as document:
        printed = "".join(
            char["text"] for char in document.pages[0].chars if char["x1"] < document.pages[0].width - 28
        )
    assert printed.count("50.5%") == 2 * years
    assert printed.replace(" ", "").count("543,210/1,086,420") == 2 * years


def test_what_belongs_together_is_printed_on_one_page(browser, tmp_path):
    """A caption with its first lines, the last lines with what explains them, the name of a source with it."""
    rows = [f"{number} 行" for number in range(9)] + ["末行"]
    frame = pd.DataFrame({"body": rows, "value": [1, *[None] * 9]})
    table = rl.table(frame, f"首句{'很长的题目' * 12}末句", "zh").html
    entry = pd.DataFrame({"body": ["名称"], "file": ["文件甲"], "address": ["地址乙"]})
    entries = rl.table(entry, "清单", "zh", rows=["body"]).html
    _printed(browser, tmp_path / "many.html", [table, entries] * 30)
    with pdfplumber.open(tmp_path / "many.pdf") as document:
        pages = [page.extract_text().splitlines() for page in document.pages[:-1]]
    assert len(pages) > 8
    for number, lines in enumerate(pages):
        assert not any(word in lines[-1] for word in ("首句", "末句", "清单", "名称", "文件甲")), (
            number,
            lines[-1],
        )
        assert not any(word in "".join(lines[:2]) for word in ("末行", "无数值", "地址乙")) or not number, (
            lines[:2]
        )


def test_the_numbers_of_many_notes_are_printed_whole(browser, tmp_path):
    notes = "".join(f"<li>说明{number}</li>" for number in range(120))
    table = f'<div class="rl-notes"><ol>{notes}</ol></div>'
    page = _printed(browser, tmp_path / "notes.html", [table])
    left = page.evaluate("document.querySelector('.rl-notes ol').getBoundingClientRect().left")
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.rl-notes')).fontSize)")
    first = page.evaluate("document.querySelector('.rl-notes li').getBoundingClientRect().left")
    assert first - left >= 4 * size / 2  # three digits and a stop


def test_no_heading_stands_alone_at_the_foot_of_a_printed_page(prints):
    for name, path in prints.items():
        with pdfplumber.open(path) as document:
            for page in document.pages:
                last = page.extract_text_lines()[-1]
                assert last["chars"][0]["size"] < 11, (name, page.page_number, last["text"])


def test_the_sources_are_printed_all_and_small(prints, site, browser):
    shown = Seen(browser, site / "overview_zh.html").page
    links = shown.evaluate("[...document.querySelectorAll('.rl-list a')].map(a => a.getAttribute('href'))")
    assert len(links) > 300
    with pdfplumber.open(prints["overview_zh"]) as document:
        assert len(document.pages) <= 14
        text = "".join(page.extract_text().replace("\n", "") for page in document.pages)
    assert [link for link in links if link not in text] == []


# Every character of the page drawn as the page draws it, against what stands for a character that no font has.
TOFU = """() => {
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = 48;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.font = '24px ' + getComputedStyle(document.body).fontFamily;
  const drawn = text => {
    pen.clearRect(0, 0, 48, 48); pen.fillText(text, 6, 34);
    return pen.getImageData(0, 0, 48, 48).data.join();
  };
  const missing = drawn(String.fromCodePoint(0xE0F0));
  return [...new Set(document.body.innerText)].filter(c => c.trim() && drawn(c) === missing);
}"""


def test_no_character_of_a_page_is_without_a_glyph(site, browser):
    for path in sorted(site.glob("*.html")):
        seen = Seen(browser, path, 1280)
        assert seen.page.evaluate(TOFU) == [], path.name
        assert seen.page.evaluate(TOFU.replace("document.body.innerText", "'中\\ue0f1'")) == ["\ue0f1"]


def test_the_table_of_contents_leads_there(site, browser):
    seen = Seen(browser, site / "request_outcomes_zh.html")
    links = seen.page.locator("nav a")
    assert links.count() >= 5
    for index in range(links.count()):
        links.nth(index).click()
        target = seen.page.evaluate("document.querySelector(':target').textContent.trim()")
        assert target == links.nth(index).text_content().strip()
        assert seen.page.evaluate("document.querySelector(':target').getBoundingClientRect().top") < 900


def test_a_page_is_in_its_language_only(site, browser):
    seen = Seen(browser, site / "request_outcomes_en.html")
    assert seen.page.evaluate("document.querySelector('h1').textContent").isascii()
    assert all(text.isascii() for text in seen.page.locator("nav a").all_text_contents())


def test_the_index_filters_as_one_types_and_is_whole_without_script(site, browser):
    seen = Seen(browser, site / "index.html")
    rows = seen.page.locator("tbody tr")
    total = rows.count()
    seen.page.fill("input", "南京市江宁区 english")
    assert 0 < seen.page.locator("tbody tr:visible").count() < total
    seen.page.fill("input", "没有这样的页面")
    assert seen.page.locator("tbody tr:visible").count() == 0
    seen.page.fill("input", "")
    assert seen.page.locator("tbody tr:visible").count() == total
    assert Seen(browser, site / "index.html", script=False).page.locator("tbody tr:visible").count() == total


def test_hostile_text_runs_nothing_and_draws_nothing(browser, tmp_path):
    frame = pd.DataFrame({"body": [HOSTILE], "value": [1]})
    table = rl.table(frame, caption=HOSTILE)._repr_html_()
    nb = new_notebook(
        cells=[
            new_markdown_cell("# 题\n\n## 问"),
            new_code_cell(
                HOSTILE,
                outputs=[
                    new_output("display_data", {"text/html": table}),
                    new_output(
                        "display_data", {"text/markdown": f"甲 {HOSTILE} [x](javascript:window.pwned=4)"}
                    ),
                    new_output("display_data", {"text/plain": HOSTILE}),
                    new_output("stream", name="stdout", text=HOSTILE),
                ],
            ),
        ]
    )
    text = made("zh", HOSTILE, HOSTILE, parameters={HOSTILE: HOSTILE}, warnings=[HOSTILE])
    page = tmp_path / "page.html"
    page.write_text(export_page(nb, text, code=True), encoding="utf-8")
    entry = dict.fromkeys(("name", "title", "years", "lang", "date"), HOSTILE)
    entry |= {"bodies": [HOSTILE], "failure": {"error": HOSTILE}, "there": True, "state": "failed"}
    index = tmp_path / "index.html"
    index.write_text(export_index([entry], "2026"), encoding="utf-8")
    for path in (page, index):
        seen = Seen(browser, path)
        assert seen.page.evaluate("window.pwned") is None
        assert seen.page.locator("img, svg, main script").count() == 0
        assert seen.requests == [path.as_uri()] and seen.said == []
        assert "window.pwned=1" in seen.page.locator("main").text_content()
    assert seen.page.title().startswith("政府信息公开")


def test_even_markup_that_slips_through_cannot_run(browser, tmp_path):
    picture = "<img alt=x src=data:image/png;base64,AAAA"  # one that is none: its onerror would run
    hostile = HOSTILE.replace("<img src=x", picture)
    raw = f"<div>{hostile}</div><iframe src='https://example.com'></iframe><link rel=stylesheet href='https://example.com'>"
    nb = new_notebook(cells=[new_code_cell("1", outputs=[new_output("display_data", {"text/html": raw})])])
    path = tmp_path / "page.html"
    path.write_text(export_page(nb, made("zh", "t")), encoding="utf-8")
    seen = Seen(browser, path)
    assert seen.page.evaluate("window.pwned") is None
    assert any("Content Security Policy" in said for said in seen.said)
    assert {url: why for url, why in seen.blocked.items() if url.startswith("http")} == {
        url: "csp" for url in seen.requests if url.startswith("http")
    }
