"""How figures, reports and datasets show themselves in a notebook and in the pages made from it."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..analysis.dataset import Dataset
from ..errors import ReportlibError
from ..form import edition
from ..form.findings import explain
from ..form.labels import label, language
from ..report.report import Report
from ..store.ingest import PROCESSED
from .tables import TABLES, Line, Shown, Table, html, pivot, plain, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["cite", "register", "run_info", "show", "sources", "table"]

SOURCE = ["body", "year", "scope", "kind", "address", "file", "date_published", "date_obtained"]
NAMED = 3
"""So many bodies are named in a citation."""

STATES = {"complete": "●", "partial": "◐", "blank": "○", "not_read": "✕", "absent": "—"}


def show(fig: Figure, alt: str) -> None:
    """Display a figure with its alternative text, and close it.

    Parameters
    ----------
    fig
        A matplotlib figure.
    alt
        What the picture says, figures included, for those who cannot see it.

    Raises
    ------
    ReportlibError
        If `alt` is empty.
    """
    from IPython.display import display

    from .charts.sheet import bundle

    if not alt.strip():
        raise ReportlibError("a figure without alternative text", hint="Say in alt=… what the picture shows")
    data, facts = bundle(fig, alt)
    display(data, metadata=facts, raw=True)  # type: ignore[no-untyped-call]
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(fig)


def sources(
    ds: Dataset,
    bodies: str | Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    lang: str | None = None,
) -> Table:
    """The documents and pages that the figures come from, for the end of a notebook.

    Parameters
    ----------
    ds
        The dataset.
    bodies, years
        Only these; None: all that `ds` holds.
    lang
        ``zh`` or ``en``; None: the one that is set.

    Returns
    -------
    Table
        An entry for each report (its current version) and for each page whose figures in words are held;
        those with an address that still leads somewhere come first.
    """
    lang = language(lang)
    if bodies is not None or years is not None:
        ds = ds.select(bodies, years)
    reports = ds.reports.loc[ds.reports["current"].astype(bool), SOURCE]
    frame = pd.concat([part.reindex(columns=SOURCE).astype("object") for part in (reports, ds.figures)])
    frame = frame.fillna("").drop_duplicates()
    live = frame["address"].str.startswith("http")
    frame = frame.assign(dead=~live, address=[_address(text, lang) for text in frame["address"]])
    frame = frame.sort_values(["dead", "body", "scope", "year"], kind="stable", ignore_index=True)
    notes = [label(kind, lang, "text") for kind in ("retyped", "synthetic") if kind in set(frame["kind"])]
    frame = frame.drop(columns="dead")
    return table(frame, label("sources", lang, "text"), lang, rows=["body", "year", "scope"], notes=notes)


def _address(text: str, lang: str) -> str:
    """An address, or where a copy was found, in the reader's language."""
    return label(text, lang, "address")


def run_info(ds: Dataset, lang: str | None = None, **parameters: object) -> Table:
    """With what this run of a notebook was made; the data are named by `cite`.

    Parameters
    ----------
    ds
        The dataset.
    lang
        ``zh`` or ``en``; None: the one that is set.
    **parameters
        The notebook's parameters, as they shall be printed.
    """
    lang = language(lang)
    facts = {}
    for name, value in parameters.items():
        values = value if isinstance(value, list | tuple) else [value]
        told = "、".join(label(str(one), lang, "scope") for one in values if one != "")
        facts[label(name, lang, "parameter")] = told or label("all", lang, "parameter")
    facts |= {"Python": platform.python_version()}
    facts |= {name: version(name) for name in ("reportlib", "pandas", "matplotlib")}
    facts |= {label("time", lang, "text"): f"{datetime.now(UTC):%Y-%m-%d %H:%M}"}
    heads = [label(name, lang, "text") for name in ("item", "content")]
    return table(pd.DataFrame(facts.items(), columns=heads), label("run", lang, "text"), lang)


def cite(ds: Dataset, title: str | Mapping[str, str], lang: str | None = None) -> Citation:
    """How this page is cited: bodies, title, version of code and data, date.

    Parameters
    ----------
    ds
        The dataset that the page is about.
    title
        The page's title, a text or one for each language: ``{"zh": …, "en": …}``.
    lang
        ``zh`` or ``en``; None: the one that is set.

    Returns
    -------
    Citation
        A text that shows itself as a paragraph. The data are named by the beginning of the SHA-256 of
        ``data/processed/datapackage.json``, which holds the hash of every table.
    """
    lang = language(lang)
    package = (ds.home / PROCESSED / "datapackage.json").read_bytes()
    named = list(ds.bodies or ())[:NAMED]
    said = label("citation", lang, "text").format(
        bodies="、".join(named) + ("…" if len(ds.bodies or ()) > NAMED else "") if named else "reportlib",
        title=title if isinstance(title, str) else title[lang],
        version=version("reportlib"),
        data=hashlib.sha256(package).hexdigest()[:16],
        date=f"{datetime.now(UTC):%Y-%m-%d}",
    )
    return Citation(said)


class Citation(str):
    """A text that shows itself as a paragraph."""

    def _repr_html_(self) -> str:
        return f'<p class="rl-cite">{escape(self)}</p>'


def report_html(report: Report, lang: str | None = None) -> str:
    """A report as its three statutory tables, with the findings under them."""
    lang = language(lang)
    scope = label(report.scope, lang, "scope")
    file = Path(report.source.file).name
    title = [report.body or report.title, report.year, scope, report.edition, file]
    out = [f"<h3>{escape(' · '.join(str(part) for part in title if part))}</h3>"]
    cells = report.cells.assign(file=file, edition=report.edition)
    for part in edition(report.edition).tables:
        state = label(report.tables.get(part.code, "absent"), lang, "state")
        caption = f"{label(part.code, lang, 'table')}: {state}"
        frame = cells[cells["table"] == part.code]
        frame = frame.assign(unit=[part.column(column).unit for column in frame["column"]])
        out.append(
            pivot(frame, caption, lang, ["row"], "column", absent="") if len(frame) else f"<p>{caption}</p>"
        )
    # What could not be tested is counted, not listed: a blank table would bury what contradicts.
    open_rules = sum(issue.verdict == "not_assessable" for issue in report.issues)
    findings = report.findings[report.findings["verdict"] != "not_assessable"]
    findings = explain(findings, lang)
    findings = findings[["verdict", "rule", "table", "row", "column", "left", "right", "message", "where"]]
    caption = label("findings", lang, "text")
    out.append(
        plain(findings, caption, lang) if len(findings) else f"<p>{label('no_findings', lang, 'text')}</p>"
    )
    if open_rules:
        out.append(f"<p>{label('not_assessable', lang, 'text').format(open_rules)}</p>")
    return "".join(out)


def dataset_html(ds: Dataset, lang: str | None = None, most: int = 50) -> str:
    """A dataset as its coverage: the state of the three tables by body and year; those with tables first."""
    lang = language(lang)
    words_only = label("words_only", lang, "text")
    said = ds.figures[["body", "scope", "year"]].drop_duplicates().assign(states=words_only[0])
    read = ds.reports[ds.reports["current"].astype(bool)]
    states = ["".join(map(STATES.__getitem__, line)) for line in read[list(TABLES)].astype("str").to_numpy()]
    held = pd.concat([read[["body", "scope", "year"]].assign(states=states), said])
    held = held.astype("str").fillna("").drop_duplicates(["body", "scope", "year"])
    wide = held.pivot(index=["body", "scope"], columns="year", values="states").fillna("—")
    order = sorted(wide.index, key=lambda who: (set(wide.loc[who]) <= {words_only[0], "—"}, who))
    lines = [
        Line((who[0], label(who[1], lang, "scope")), list(map(Shown, wide.loc[who]))) for who in order[:most]
    ]
    heads = [label("body", lang, "field"), label("scope", lang, "field"), *wide.columns]
    legend = [f"{mark} {label(state, lang, 'state')}" for state, mark in STATES.items()]
    legend += [label("coverage_order", lang, "text"), words_only]
    legend += [label("more", lang, "text").format(len(order) - most)] if len(order) > most else []
    shown = html(label("coverage", lang, "text"), heads, lines, lang)
    return f'{shown}<p class="rl-legend">{escape(label("stop", lang, "text").join(legend))}</p>'


def register() -> None:
    """Tell IPython how reports and datasets show themselves, where there is an IPython."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None or shell.display_formatter is None:
        return
    shown = shell.display_formatter.formatters["text/html"]
    shown.for_type(Report, report_html)
    shown.for_type(Dataset, dataset_html)
