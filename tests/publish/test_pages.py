"""One offline file a page, and the index."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from reportlib.errors import ReportlibError
from reportlib.publish.html import PageText, export_page
from reportlib.publish.index import export_index
from reportlib.publish.notebook import in_language

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TEXT = PageText("zh", "题目 · 甲市", "甲市", "2026-01-31")


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
    assert 'alt="甲 &quot;&lt;b&gt;&quot; 3 件" width="700" height="300"' in page


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
    page = export_page(nb, PageText(lang, "t", "", "2026-01-31"))
    assert ("题" in page, "Title" in page, "两 both" in page) == (lang == "zh", lang == "en", True)
    assert f'<html lang="{lang}">' in page


def test_text_without_a_marked_language_is_for_both():
    assert in_language("甲 <span class='x'>乙</span>", "en") == "甲 <span class='x'>乙</span>"


def test_what_is_not_html_is_escaped():
    evil = "<script>alert(1)</script>"
    page = export_page(
        shown(
            new_output("stream", name="stdout", text=evil),
            new_output("display_data", {"text/markdown": f"**a** {evil} <img src=x onerror=alert(1)>"}),
            new_output("execute_result", {"text/plain": evil}, execution_count=1),
            new_output("error", ename="E", evalue=evil, traceback=[evil]),
            new_output("display_data", {"application/javascript": "alert(1)"}),
        ),
        PageText("zh", evil, evil, "2026", (evil,), ((evil, evil),), ((evil, (evil,)),)),
    )
    assert "<script" not in page and "<img" not in page and "alert(1)" in page
    assert "<strong>a</strong>" in page


def test_standard_error_is_left_to_the_foot():
    page = export_page(shown(new_output("stream", name="stderr", text="FutureWarning")), TEXT)
    assert "FutureWarning" not in page
    page = export_page(
        shown(), PageText("zh", "t", "", "2026", lists=(("警告", ("FutureWarning",)), ("无", ())))
    )
    assert "FutureWarning" in page and "无" not in page


def entry(**given):
    common = {"name": "n", "body": "甲市", "title": "题", "years": "2024", "lang": "zh", "date": "2026-01-31"}
    return {**common, "state": "done", "href": "a.html", "failure": "", **given}


def test_the_index_lists_pages_and_names_the_failed_ones():
    failed = entry(name="b", state="failed", href="", failure="In [2] · KeyError: <x>")
    page = export_index([entry(), failed], "2026-02-01")
    assert '<a href="a.html"' in page
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
