"""Executed notebook to one HTML file that works offline."""

from __future__ import annotations

import base64
import html
import re
import urllib.parse
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import mistune
from nbconvert import HTMLExporter
from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode

from ..form import load_toml
from .index import TEMPLATE, template_file
from .notebook import in_language
from .outputs import blamed, shown, whole_html

__all__ = ["export_page"]


def export_page(
    nb: NotebookNode, made: Mapping[str, Any], *, folder: Path = Path(), code: bool = False
) -> str:
    """One HTML file: no script, nothing loaded from elsewhere, a table of contents.

    Parameters
    ----------
    nb
        Executed notebook. Standard error is left out: warnings belong into `made`.
    made
        What the page is made from, as `provenance.records` tells it, with ``started`` and ``warnings``.
    folder
        The notebook's, where the pictures of its texts lie.
    code
        Whether the cells' code can be unfolded.

    Raises
    ------
    ReportlibError
        A picture comes without alt text, or an output has no form that a page can show.
    """
    words = load_toml("pages.toml")[made["lang"] or "zh"]
    page = {"made": made, "words": words, "code": code, "css": template_file("page.css")}
    # Not HTMLExporter's own: it parses and rewrites the finished page, which takes longer than making it.
    return str(TemplateExporter.from_notebook_node(_exporter(), shown(nb, folder), {"page": page})[0])


@cache
def _exporter() -> HTMLExporter:
    filters = {
        "with_contents": _with_contents,
        "foreign_markdown": mistune.create_markdown(escape=True, plugins=["table"]),
        "whole_html": _markdown_html,
        "in_language": in_language,
        "readable_source": _readable_source,
        "base64": _base64,
        "csv_address": _csv_address,
    }
    return HTMLExporter(  # type: ignore[no-untyped-call]
        template_name=TEMPLATE.name,
        extra_template_basedirs=[str(TEMPLATE.parent)],
        exclude_anchor_links=True,
        default_preprocessors=[],  # `shown` does what a page needs
        filters=filters,
    )


def _markdown_html(html: str, cell: NotebookNode) -> str:
    with blamed(cell):
        return whole_html(html, Path(cell.folder), cell.get("attachments"))


def _readable_source(cell: NotebookNode) -> str:
    """A cell's code; papermill injects Chinese as escapes, which nobody can read."""
    injected = "injected-parameters" in cell.metadata.get("tags", [])
    source: str = cell.source
    return re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), source) if injected else source


class _Heading(NamedTuple):
    level: int
    id: str
    text: str


class _Content(NamedTuple):
    title: str
    html: str
    headings: list[_Heading]


def _with_contents(body: str) -> _Content:
    headings: list[_Heading] = []
    own_ids: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        level, inner = int(match[1]), match[3]
        heading = _Heading(level, f"s{len(headings) + 1}", re.sub(r"<(?!/?span\b)[^>]+>", "", inner).strip())
        headings.append(heading)
        plain = html.unescape(re.sub(r"<[^>]+>", "", inner)).strip()
        own_ids.setdefault(plain.replace(" ", "-"), heading.id)
        attributes = re.sub(r'\s+id="[^"]*"', "", match[2])
        return f'<h{level} id="{heading.id}"{attributes}>{inner}</h{level}>'

    def aimed(link: re.Match[str]) -> str:
        """A notebook's own link, to the heading that it names as JupyterLab does."""
        target = own_ids.get(urllib.parse.unquote(html.unescape(link[1])), link[1])
        return f'href="#{target}"'

    marked = re.sub(r"<h([23])\b([^>]*)>(.*?)</h\1>", number, body, flags=re.S)
    marked = re.sub(r'href="#([^"]+)"', aimed, marked)
    title = re.search(r"<h1\b[^>]*>(.*?)</h1>", marked, flags=re.S)
    if title:
        return _Content(title[1], marked.replace(title[0], "", 1), headings)
    return _Content("", marked, headings)


def _csv_address(text: str) -> str:
    """A table as an address, with the mark by which Excel knows UTF-8; base64 would be a third longer."""
    told = re.sub(r'[\x00-\x20"#%&<>\x7f]', lambda sign: f"%{ord(sign[0]):02X}", text)
    return f"data:text/csv;charset=utf-8,%EF%BB%BF{told}"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
