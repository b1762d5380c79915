"""One offline file a page, and the index."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import unquote

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from page_records import made
from selectolax.lexbor import LexborHTMLParser

from reportlib.errors import ReportlibError
from reportlib.publish.html import export_page
from reportlib.publish.index import export_index
from reportlib.publish.notebook import in_language

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TEXT = made("zh", "题目", "甲市")


def notebook(*cells):
    return new_notebook(cells=list(cells))


def shown(*outputs, source="1"):
    return notebook(new_code_cell(source, outputs=list(outputs)))


def picture(**metadata):
    return new_output(
        "display_data", {"image/png": PIXEL, "text/plain": "<Figure>"}, metadata={"image/png": metadata}
    )


def test_a_page_loads_nothing_and_runs_nothing():
    page = export_page(notebook(new_markdown_cell("# 题\n\n$x^2$\n\n```mermaid\na\n```")), TEXT)
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page
    assert '<html lang="zh">' in page and "<title>题目 · 甲市</title>" in page and "2026-01-31" in page


def test_a_picture_has_the_alt_text_it_was_shown_with():
    page = export_page(shown(picture(alt='甲 "<b>" 3 件', width=700, height=300)), TEXT)
    seen = LexborHTMLParser(page).css_first("main img").attributes
    assert (seen["alt"], seen["width"], seen["height"]) == ('甲 "<b>" 3 件', "700", "300")
    assert seen["src"] == f"data:image/png;base64,{PIXEL}"


def test_a_picture_without_alt_text_is_refused():
    with pytest.raises(ReportlibError, match="alt text"):
        export_page(shown(picture(alt=" ")), TEXT)


def test_code_is_hidden_unless_asked_for():
    nb = shown(source="secret_code = '<1>'")
    assert "secret_code" not in export_page(nb, TEXT)
    assert "secret_code = &#39;&lt;1&gt;&#39;" in export_page(nb, TEXT, code=True)


def test_injected_parameters_are_readable():
    nb = notebook(
        new_code_cell('bodies = ["\\u5bbf\\u8fc1\\u5e02"]', metadata={"tags": ["injected-parameters"]})
    )
    assert "bodies = [&#34;宿迁市&#34;]" in export_page(nb, TEXT, code=True)


def test_the_table_of_contents_leads_to_every_heading():
    nb = notebook(
        new_markdown_cell("# 题\n\n## 一 <span lang='x'>a</span>\n\n## 一"),
        new_code_cell(
            "1", outputs=[new_output("display_data", {"text/html": "<h3 class='k'>甲 &amp; 乙</h3>"})]
        ),
    )
    page = export_page(nb, TEXT)
    links = re.findall(r'<li class="level(\d)"><a href="#(\w+)">(.*?)</a>', page)
    assert [(level, re.sub("<[^>]+>", "", text)) for level, _id, text in links] == [
        ("2", "一 a"),
        ("2", "一"),
        ("3", "甲 &amp; 乙"),
    ]
    assert len({target for _level, target, _text in links}) == 3
    assert all(page.count(f'id="{target}"') == 1 for _level, target, _text in links)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_only_the_pages_language_is_in_it(lang):
    nb = notebook(new_markdown_cell('# <span lang="zh">题</span> <span lang="en">Title</span>\n\n两 both'))
    page = export_page(nb, made(lang, "t"))
    assert ("题" in page, "Title" in page, "两 both" in page) == (lang == "zh", lang == "en", True)
    assert f'<html lang="{lang}">' in page


def test_text_without_a_marked_language_is_for_both():
    assert in_language("甲 <span class='x'>乙</span>", "en") == "甲 <span class='x'>乙</span>"


def hostile(evil):
    """A record of which every text that others may have written is this one."""
    inputs = [{"file": evil, "sha256": evil, "kind": "synthetic"}]
    told = {"notebook": {"file": evil, "sha256": "0"}, "parameters": {evil: [evil]}, "started": evil}
    return made("zh", evil, evil, inputs=inputs, corrections=[evil], warnings=[evil], **told)


def test_what_is_not_html_is_escaped():
    evil = "<script>alert(1)</script>"
    page = export_page(
        shown(
            new_output("stream", name="stdout", text=evil),
            new_output("display_data", {"text/markdown": f"**a** {evil} <img src=x onerror=alert(1)>"}),
            new_output("execute_result", {"text/plain": evil}, execution_count=1),
            new_output("error", ename="E", evalue=evil, traceback=[evil]),
        ),
        hostile(evil),
    )
    assert "<script" not in page and "<img" not in page and "alert(1)" in page
    assert "<strong>a</strong>" in page


def test_standard_error_is_left_to_the_foot():
    page = export_page(shown(new_output("stream", name="stderr", text="FutureWarning")), TEXT)
    assert "FutureWarning" not in page
    page = export_page(shown(), made(warnings=["FutureWarning"]))
    assert "FutureWarning" in page and "已登记的更正" not in page


def test_the_foot_tells_what_the_page_is_made_from_in_its_language():
    files = [{"file": f"{n}.html", "sha256": "f" * 64, "kind": "retyped"} for n in range(300)]
    told = {
        "parameters": {"bodies": ["甲市", "乙县"], "lang": "en", "top": None},
        "versions": {"python": "3.12", "pandas": "3.0"},
        "git": {"revision": "a" * 40, "clean": False},
        "inputs": files,
    }
    page = export_page(shown(), made("en", "t", "甲市", "乙县", **told))
    foot = LexborHTMLParser(page[page.index("<footer") :])
    assert [node.text() for node in foot.css("dd")] == [
        "page.ipynb  000000000000",
        "bodies: 甲市, 乙县; language: English; top: not limited",
        "python 3.12, pandas 3.0",
        "2026-01-31T08:00:00+08:00",
        "aaaaaaaaaaaa, with uncommitted changes",
    ]
    lines = [node.text() for node in foot.css("li")]
    assert lines[0] == f"0.html  {'f' * 64}  retyped" and lines[-1] == "… + 99"
    assert "retyped from published figures" in page and "<title>t · 甲市, 乙县</title>" in page


def test_what_a_busy_kernel_cut_into_pieces_is_shown_as_one():
    pieces = ["1 %\r50", " %\r", "100 %\nwhole", " line\n"]
    streams = [new_output("stream", name="stdout", text=piece) for piece in pieces]
    streams.insert(2, new_output("stream", name="stderr", text="meanwhile"))
    assert "<pre>100 %\nwhole line\n</pre>" in export_page(shown(*streams), TEXT)


def entry(**given):
    common = {"name": "n", "bodies": ["甲市"], "title": "题", "years": "2022–2024", "lang": "zh"}
    return {**common, "there": True, "date": "2026-01-31", "state": "done", "failure": {}, **given}


def test_the_index_lists_pages_and_names_the_failed_ones():
    failure = {"cell": "In [2]", "error": "KeyError: <x>"}
    failed = entry(name="b", state="failed", there=False, failure=failure)
    page = export_index([entry(name="a 市"), failed], "2026-02-01")
    assert '<a href="a%20%E5%B8%82.html"' in page and page.count("<a ") == 1
    assert 'data-find="2022 2023 2024"' in page
    assert "In [2] · KeyError: &lt;x&gt;" in page and "1 个页面本次未能生成" in page
    assert "未能生成" not in export_index([entry()], "2026-02-01")


def test_the_index_calls_done_only_what_is_made_from_the_present_data():
    for state, said in {"done": "完成", "older": "待更新", "missing": "尚未生成"}.items():
        page = export_index([entry(state=state)], "2026-02-01")
        assert [word for word in ("完成", "待更新", "尚未生成", "失败 failed") if word in page] == [said]


def test_the_index_allows_its_own_script_only():
    page = export_index([], "2026-02-01")
    script = re.search(r"<script>(.*?)</script>", page, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


# ------------------------------------------------------------------------------ outputs
BARE = "<IPython.core.display.Thing object>"
DRAWN = '<div id="plot"></div><script>draw("plot")</script>'
RICH = {
    "latex alone shows its source": ({"text/latex": "$x^2$", "text/plain": BARE}, "<pre>$x^2$</pre>"),
    "json alone": ({"application/json": {"甲": 1}, "text/plain": BARE}, "&#34;甲&#34;: 1"),
    "a widget has its text": ({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "IntSlider(2)"}, "IntSlider(2)"),
    "drawn by a script, text beside it": ({"text/html": DRAWN, "text/plain": "Plot of 3"}, "<pre>Plot of 3</pre>"),
    "an unknown type with text": ({"application/x-own": "x", "text/plain": "own"}, "<pre>own</pre>"),
    "a table with a script": ({"text/html": "<table><tr><td>9</td></tr></table><script>sort()</script>"}, "<td>9</td>"),
}  # fmt: skip


@pytest.mark.parametrize("kind", RICH)
def test_an_output_falls_back_to_what_works_without_scripts(kind):
    data, expected = RICH[kind]
    page = export_page(shown(new_output("display_data", data)), TEXT)
    assert expected in page and "<script" not in page


def test_a_picture_beside_a_script_is_shown():
    output = new_output(
        "display_data",
        {"text/html": DRAWN, "image/png": PIXEL},
        metadata={"image/png": {"alt": "三件"}},
    )
    assert 'alt="三件"' in export_page(shown(output), TEXT)


@pytest.mark.parametrize(
    "data",
    [
        {"text/html": DRAWN, "text/plain": BARE},
        {"application/javascript": "alert(1)", "text/plain": BARE},
        {"text/html": '<iframe src="https://example.org"></iframe>'},
    ],
)
def test_an_output_that_cannot_be_shown_fails_the_page_and_names_the_cell(data):
    nb = shown(new_output("display_data", data), source="fig.show()")
    nb.cells[0].execution_count = 7
    with pytest.raises(ReportlibError, match="cannot show") as caught:
        export_page(nb, TEXT)
    assert (caught.value.exec_count, caught.value.source) == (7, "fig.show()")


@pytest.mark.parametrize(
    "html",
    ["<!-- open", "</main></div></body>", "<textarea>", "<style>body { display: none }</style>x", "<plaintext>",
     "<title>", "<style>} body { display: none } </style>x", "<select><option>"],
)  # fmt: skip
def test_raw_html_cannot_swallow_or_hide_the_page(html):
    nb = notebook(
        new_markdown_cell(f"# 题\n\n{html}"),
        new_code_cell("1", outputs=[new_output("display_data", {"text/html": f"甲{html}"})]),
        new_markdown_cell("## 其后"),
    )
    seen = LexborHTMLParser(export_page(nb, TEXT))
    assert seen.css_first("main h2").text() == "其后"
    assert seen.css_first("footer#made-from")
    assert "body { display" not in " ".join(
        re.sub(r"#f\w+ \{.*?\}\s*\}", "", style.text(), flags=re.S) for style in seen.css("style")
    )


def test_a_frames_own_style_stays_its_own():
    html = "<style>table td { color: red }</style><table><tr><td>3</td></tr></table>"
    page = export_page(shown(new_output("display_data", {"text/html": html})), TEXT)
    assert re.search(
        r"#(f\w{10}) \{ table td \{ color: red \} \}</style><div class=\"foreign\" id=\"\1\">", page
    )


def test_a_notebooks_links_lead_to_its_headings():
    nb = notebook(new_markdown_cell("# 题\n\n[去](#一-二) [去](#一)\n\n## 一 二\n\n### 一"))
    page = export_page(nb, TEXT)
    assert re.findall(r'<a href="#(\w+)">去', page) == ["s1", "s2"]


def test_pictures_of_markdown_are_embedded_or_refused(tmp_path):
    (tmp_path / "件 数.png").write_bytes(base64.b64decode(PIXEL))
    attached = new_markdown_cell("![附图](attachment:a.png)", attachments={"a.png": {"image/png": PIXEL}})
    page = export_page(notebook(new_markdown_cell("![三件](<件 数.png>)"), attached), TEXT, folder=tmp_path)
    assert page.count(f'src="data:image/png;base64,{PIXEL}"') == 2
    refused = {
        "![远](https://example.org/a.png)": "loaded from elsewhere",
        "![无](none.png)": "cannot be read",
        "![](件%20数.png)": "without alt text",
        "![文](notes.txt)": "cannot be read|no picture",
    }
    for markdown, said in refused.items():
        with pytest.raises(ReportlibError, match=said):
            export_page(notebook(new_markdown_cell(markdown)), TEXT, folder=tmp_path)


@pytest.mark.parametrize(
    ("tag", "code", "output"),
    [("remove-cell", False, False), ("remove-input", False, True), ("remove-output", True, False)],
)
def test_tags_take_cells_code_or_outputs_away(tag, code, output):
    cell = new_code_cell(
        "the_code", outputs=[new_output("stream", text="the output")], metadata={"tags": [tag]}
    )
    page = export_page(notebook(cell), TEXT, code=True)
    assert ("the_code" in page, "the output" in page) == (code, output)


def test_a_hidden_output_can_be_unfolded():
    cell = new_code_cell("1", outputs=[new_output("stream", text="long")], metadata={"tags": ["hide-output"]})
    assert re.search(
        r"<details class=\"hidden\"><summary>输出</summary>.*long", export_page(notebook(cell), TEXT), re.S
    )


def test_long_texts_are_cut_and_it_is_said():
    page = export_page(shown(new_output("stream", text="".join(f"line {n}\n" for n in range(400_000)))), TEXT)
    assert len(page) < 300_000
    assert "line 0\n" in page and "line 399999" in page and "characters left out" in page


def test_a_progress_bar_is_shown_as_it_ended():
    page = export_page(shown(new_output("stream", text="1 %\r50 %\r100 %\ndone\n")), TEXT)
    assert "<pre>100 %\ndone\n</pre>" in page


def test_styles_that_repeat_stand_once_and_keep_their_weight():
    cell = '<td align="right" style="text-align:right;white-space:nowrap">1</td>'
    open_ended = '<p style="color:red} body {display:none">2</p>'
    quoted = 'style="text-align:right;white-space:nowrap"'
    table = f"<table><tr>{cell * 3}</tr><tr>{cell}<td>3</td></tr></table><p>{quoted}</p>"
    page = export_page(shown(new_output("display_data", {"text/html": table + open_ended * 2})), TEXT)
    tree = LexborHTMLParser(page)
    first, second = tree.css("tr")
    name = tree.css_first("td[class]").attributes["class"]
    assert page.count("text-align:right;white-space:nowrap") == 2, "one rule, and what is text"
    assert f"<style>:is(.{name}, #a#b#c), :is(.{name}r, #a#b#c) > td {{text-align:right" in page
    assert first.attributes["class"] == f"{name}r" and not first.css("td[class], td[align], td[style]")
    assert [cell.attributes.get("class") for cell in second.css("td")] == [name, None]
    assert [p.attributes["style"] for p in tree.css("p[style]")] == ["color:red} body {display:none"] * 2


def test_the_data_behind_a_chart_can_be_taken_along():
    csv = "机关,年份,值\n甲市,2024,3\n"
    page = export_page(shown(picture(alt="三件", csv=csv, csv_name="件 数.csv")), TEXT)
    name, content = re.search(r'<a download="(.*?)" href="data:text/csv;charset=utf-8,(.*?)">', page).groups()
    assert name == "件 数.csv" and content.startswith("%EF%BB%BF") and unquote(content)[1:] == csv
    assert "download" not in export_page(shown(picture(alt="三件")), TEXT)
