"""How figures, reports and datasets show themselves in a notebook and in the pages made from it."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
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
from ..form.labels import MARKS
from ..report.report import Report
from ..store.published import PROCESSED
from .tables import Table, by_line, pivot, table
from .words import STATUTORY, Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["cite", "register", "run_info", "show", "sources", "table"]

SOURCE = ["body", "year", "scope", "kind", "address", "file", "date_published", "date_obtained"]
NAMED = 3
"""So many bodies are named in a citation."""

SIGNS = {"complete": "●", "partial": "◐", "blank": "○", "not_read": "✕", "absent": "□"}
"""The signs of the states of tables."""
SAID = "◇"
"""The sign of figures in words, where there are no tables."""


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


def sources(ds: Dataset, lang: str | None = None) -> Table:
    """The documents and pages that the figures come from, for the end of a notebook.

    Parameters
    ----------
    ds
        The dataset; `Dataset.select` narrows it.
    lang
        ``zh`` or ``en``; None: the one that is set.

    Returns
    -------
    Table
        An entry for each report (its current version) and for each page whose figures in words are held;
        those with an address that still leads somewhere come first.
    """
    words = Words(lang)
    reports = ds.held
    frame = pd.concat([part.reindex(columns=SOURCE).astype("object") for part in (reports, ds.figures)])
    frame = frame.fillna("").drop_duplicates()
    frame = frame.assign(dead=~frame["address"].str.startswith("http"))
    frame = frame.sort_values(["dead", "body", "scope", "year"], kind="stable", ignore_index=True)
    frame = frame.assign(address=[words.of(text, "address") for text in frame["address"]])
    notes = [words(kind) for kind in ("retyped", "synthetic") if kind in set(frame["kind"])]
    heads = ["body", "year", "scope"]
    shown = table(frame.drop(columns="dead"), words("sources"), words.lang, rows=heads, notes=notes)
    shown.documents = reports[["file", "sha256", "kind"]].to_dict("records")
    return shown


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
    words = Words(lang)
    facts = {}
    for name, value in parameters.items():
        values = value if isinstance(value, list | tuple) else [value]
        axis = "level" if name == "level" else "scope"
        told = words.list(words.of(one, axis) for one in values if one != "")
        facts[words.of(name, "parameter")] = told or words.of("all", "parameter")
    facts["Python"] = platform.python_version()
    for name in ("reportlib", "pandas", "matplotlib"):
        facts[name] = version(name)
    facts[words("time")] = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    frame = pd.DataFrame(facts.items(), columns=[words("item"), words("content")])
    return table(frame, words("run"), words.lang)


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
    words = Words(lang)
    package = (ds.home / PROCESSED / "datapackage.json").read_bytes()
    named = ds.bodies or ("reportlib",)
    return Citation(
        words(
            "citation",
            bodies=words.list(named[:NAMED]) + ("…" if len(named) > NAMED else ""),
            title=title if isinstance(title, str) else title[words.lang],
            version=version("reportlib"),
            data=hashlib.sha256(package).hexdigest()[:16],
            date=f"{datetime.now(UTC):%Y-%m-%d}",
        )
    )


class Citation(str):
    """A text that shows itself as a paragraph."""

    def _repr_html_(self) -> str:
        return f'<p class="rl-cite">{escape(self)}</p>'


def report_html(report: Report, lang: str | None = None) -> str:
    """A report as its three statutory tables, with the findings under them."""
    words = Words(lang)
    file, scope = Path(report.source.file).name, words.of(report.scope, "scope")
    title = [report.body or report.title, report.year, scope, report.edition, file]
    out = [f"<h3>{escape(' · '.join(str(part) for part in title if part))}</h3>"]
    cells = report.cells.assign(file=file, body=report.body, scope=report.scope, year=report.year)
    for part in edition(report.edition).tables:
        state = words.of(report.tables.get(part.code, "absent"), "state")
        caption = f"{words.of(part.code, 'table')}: {state}"
        frame = cells[cells["table"] == part.code].assign(edition=report.edition)
        if frame.empty:
            out.append(f"<p>{caption}</p>")
            continue
        units = [part.column(column).unit for column in frame["column"]]
        out.append(pivot(frame.assign(unit=units), caption, words, ["row"], "column"))
    # What could not be tested is counted, not listed: a blank table would bury what contradicts.
    tested = report.findings["verdict"] != "not_assessable"
    findings = explain(report.findings[tested], words.lang)
    columns = ["verdict", "rule", "table", "row", "column", "left", "right", "message", "where"]
    if tested.any():
        out.append(by_line(findings[columns], words("findings"), words))
    else:
        out.append(f"<p>{words('no_findings')}</p>")
    if untested := int((~tested).sum()):
        out.append(f"<p>{words.count('not_assessable', untested)}</p>")
    return "".join(out)


def dataset_html(ds: Dataset, lang: str | None = None, most: int = 50) -> str:
    """A dataset as its coverage: the state of the three tables by body and year; those with tables first."""
    words, who = Words(lang), ["body", "scope"]
    states = ds.held[list(STATUTORY)].astype("str").replace(SIGNS).sum(axis=1)
    held = pd.concat([ds.held.assign(states=states), ds.figures.assign(states=SAID)])
    held = held.astype({"scope": "str", "year": "str"}).fillna({"scope": "", "year": ""})
    held = held.drop_duplicates([*who, "year"])
    wide = held.pivot(index=who, columns="year", values="states").fillna(MARKS["not_collected"])
    bodies = held[who].drop_duplicates(ignore_index=True)
    legend = [f"{MARKS['not_collected']} {words.of('not_collected', 'status')}"]
    legend += [f"{sign} {words.of(state, 'state')}" for state, sign in SIGNS.items()]
    legend += [words("coverage_order"), f"{SAID} {words('only_words')}"]
    if len(bodies) > most:
        legend.append(words("more_bodies", n=len(bodies) - most))
    shown = by_line(bodies.head(most).join(wide, on=who), words("coverage"), words)
    return f'{shown}<p class="rl-legend">{escape(words("semicolon").join(legend))}</p>'


def register() -> None:
    """Tell IPython how reports and datasets show themselves, where there is an IPython."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None or shell.display_formatter is None:
        return
    shown = shell.display_formatter.formatters["text/html"]
    shown.for_type(Report, report_html)
    shown.for_type(Dataset, dataset_html)
