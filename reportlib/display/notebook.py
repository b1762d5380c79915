"""How figures, reports and datasets show themselves in a notebook and in the pages made from it."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..analysis.dataset import Dataset
from ..errors import ReportlibError
from ..form import edition
from ..form.findings import explain
from ..form.labels import label
from ..report.report import Report
from ..store.ingest import PROCESSED
from .tables import TABLES, Line, Shown, Table, html, pivot, plain, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["run_info", "show", "sources", "table"]

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
    lang: str = "zh",
) -> Table:
    """The documents and pages that the figures come from, for the end of a notebook.

    Parameters
    ----------
    ds
        The dataset.
    bodies, years
        Only these; None: all that `ds` holds.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Table
        A line for each report (its current version) and for each page whose figures in words are held.
    """
    if bodies is not None or years is not None:
        ds = ds.select(bodies, years)
    names = ["body", "scope", "year", "kind", "file", "address", "date_published", "date_obtained"]
    reports = ds.reports.loc[ds.reports["current"].astype(bool), names]
    figures = ds.figures[["body", "scope", "year", "kind", "address"]].drop_duplicates()
    frame = pd.concat([reports.astype("object"), figures.astype("object")], ignore_index=True)
    frame = frame.sort_values(["body", "scope", "year"], kind="stable", ignore_index=True).fillna("")
    notes = [label(kind, lang, "text") for kind in ("retyped", "synthetic") if kind in set(frame["kind"])]
    return table(frame, label("sources", lang, "text"), lang, notes=notes)


def run_info(ds: Dataset, lang: str = "zh", **parameters: object) -> Table:
    """What this run of a notebook was made from and with.

    Parameters
    ----------
    ds
        The dataset.
    lang
        ``zh`` or ``en``.
    **parameters
        The notebook's parameters, as they shall be printed.
    """
    text = partial(label, lang=lang, axis="text")
    package = (ds.home / PROCESSED / "datapackage.json").read_bytes()
    facts = {
        name: ", ".join(map(str, v)) if isinstance(v, list | tuple) else str(v)
        for name, v in parameters.items()
    }
    facts |= {text("data"): hashlib.sha256(package).hexdigest()[:16], "Python": platform.python_version()}
    facts |= {name: version(name) for name in ("reportlib", "pandas", "matplotlib")}
    facts |= {text("time"): f"{datetime.now(UTC):%Y-%m-%d %H:%M}"}
    return table(pd.DataFrame(facts.items(), columns=[text("item"), text("content")]), text("run"), lang)


def report_html(report: Report, lang: str = "zh") -> str:
    """A report as its three statutory tables, with the findings under them."""
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


def dataset_html(ds: Dataset, lang: str = "zh", most: int = 50) -> str:
    """A dataset as its coverage: the state of the three tables by body and year; those with tables first."""
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


# report.py and dataset.py need not know how they are shown.
Report._repr_html_ = report_html  # type: ignore[attr-defined]
Dataset._repr_html_ = dataset_html  # type: ignore[attr-defined]
