"""Dataset: what analysts get, as pandas frames.

ds = open_dataset()
ds.requests.query("body == '宿迁市' and row == 'received'")
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from ..errors import ReportlibError
from ..files import RAW, find_home
from ..form import edition, editions, load_toml
from ..store.bodies import SEVERAL, Body, Register
from ..store.published import PROCESSED, published

__all__ = ["Dataset", "open_dataset"]

HEAD = ["report_id", "body", "year", "scope", "edition"]
CODES = ["report_id", "body", "scope", "edition", "table", "row", "column", "found", "status"]
TYPES = {"integer": "Int64", "number": "Float64"}
"""What the numbers of ``form/fields.toml`` are in frames."""


def open_dataset(path: Path | str | None = None) -> Dataset:
    """Open the processed data.

    Parameters
    ----------
    path
        The project's folder; None: REPORTLIB_HOME, else the project that the working directory is in.

    Raises
    ------
    ReportlibError
        There is no project, nothing has been ingested yet, or another version of the library did.

    Examples
    --------
    >>> ds = open_dataset()  # doctest: +SKIP
    >>> ds.disputes.query("body == '宿迁市' and row == 'reconsideration'")  # doctest: +SKIP
    """
    home = find_home(path)
    published(home / PROCESSED)
    return Dataset(home)


@dataclass(frozen=True)
class Dataset:
    """The reports of a project as frames, each loaded when it is first asked for.

    Frames of cells hold the current version of each report; `reports` and `findings` hold all.
    `table`, `row`, `column`, `indicator` and the like hold the codes of the form, as categories in the
    order of the form. NA is what is not known; it is never 0.

    Attributes
    ----------
    home
        The project's folder.
    bodies, years, scope
        What the dataset is narrowed to; None is everything. See `select`.
    """

    home: Path
    bodies: tuple[str, ...] | None = None
    years: tuple[int, ...] | None = None
    scope: str | None = None

    def select(
        self,
        bodies: str | Iterable[str] | None = None,
        years: int | Iterable[int] | None = None,
        scope: str | None = None,
        level: str | None = None,
        region: str | None = None,
        parent: str | None = None,
    ) -> Dataset:
        """A dataset of some bodies, years or one scope, for which only their data are loaded.

        Parameters
        ----------
        bodies
            Any of their names.
        years
            A year or several.
        scope
            ``own`` or ``region``.
        level, region, parent
            Only bodies that the register has at this level, in this region (a code or its beginning, such
            as ``32``), or directly under this body; of those that the dataset is narrowed to, if it is.

        Raises
        ------
        ReportlibError
            A body is not known (the nearest names are given), or none is of this level, region and parent.
        """
        chosen, numbers = self.bodies, self.years
        if bodies is not None:
            names = [bodies] if isinstance(bodies, str) else bodies
            chosen = tuple(dict.fromkeys(map(self.resolve, names)))
        if (level, region, parent) != (None, None, None):
            fitting = self._fitting(level=level, region=region, parent=parent)
            asked = fitting if chosen is None else chosen
            chosen = tuple(name for name in asked if name in fitting)
        if years is not None:
            given = years if isinstance(years, Iterable) else [years]
            numbers = tuple(sorted(set(map(int, given))))
        return replace(self, bodies=chosen, years=numbers, scope=scope or self.scope)

    def resolve(self, name: str) -> str:
        """The name under which a body's data stand, from any of its names.

        Raises
        ------
        ReportlibError
            There are no data of such a body; the nearest names are given.
        """
        found = self.register.canonical(name)
        if found in self.known.index:
            return found
        near = dict.fromkeys(map(self.register.canonical, self.register.nearest(name)))
        held = ", ".join(other for other in near if other in self.known.index)
        hint = f"Bodies with names like it: {held}" if held else "See ds.reports.body and ds.figures.body"
        raise ReportlibError(f"there are no data of {name}", expected="a body of the dataset", hint=hint)

    def _fitting(self, **asked: str | None) -> list[str]:
        """The bodies of which there are data that the register has at this level, region and parent."""
        known = self.known[self.known["registered"]]
        fits = known["region_code"].str.startswith(re.sub(r"(00)+$", "", asked["region"] or ""))
        if asked["level"] is not None:
            fits &= known["level"] == asked["level"]
        if asked["parent"] is not None:
            fits &= known.index.isin(self.children(asked["parent"]))
        if not fits.any():
            told = ", ".join(f"{name} {value}" for name, value in asked.items() if value)
            levels = ", ".join(sorted(known["level"].unique()))
            raise ReportlibError(f"no body with data has {told}", expected=f"levels are {levels}")
        return list(known.index[fits])

    def children(self, body: str) -> list[str]:
        """The bodies directly under this one of which there are data, by name; [] if there are none."""
        above = self.known["parent"].map(self.register.canonical)
        return list(self.known.index[above == self.register.canonical(body)])

    def peers(self, body: str) -> list[str]:
        """The other bodies of the same level of which there are data, by name; none for a body not in the
        register.

        Raises
        ------
        ReportlibError
            There are no data of the body; the nearest names are given.
        """
        own = self.resolve(body)
        alike = self.known["registered"] & (self.known["level"] == self.known["level"][own])
        return [name for name in self.known.index[alike] if name != own]

    def panel(self, codes: str | Iterable[str] | None = None) -> pd.DataFrame:
        """A line for each body, scope and year, a column for each indicator.

        Parameters
        ----------
        codes
            Codes of the catalogue; None: all.

        Returns
        -------
        DataFrame
            ``body, scope, year`` (Int64), ``edition, level, region_code, parent`` ('' for a body not in the
            register), ``report_id``; then, for each indicator, its value (Float64, in the catalogue's unit)
            under its code, and its status under ``<code>_status`` (defined, undefined, incomplete, suspect).
        """
        from .indicators import catalogue, indicators

        wanted = list(catalogue()["indicator"]) if codes is None else codes
        long = indicators(self, wanted).join(self.known[["level", "region_code", "parent"]], on="body")
        keys = ["body", "scope", "year", "edition", "level", "region_code", "parent", "report_id"]
        lines = long.set_index([*keys, "indicator"])
        values, statuses = lines["value"].unstack(), lines["status"].unstack().add_suffix("_status")
        order = [name for code in long["indicator"].unique() for name in (code, f"{code}_status")]
        return values.join(statuses)[order].reset_index().rename_axis(columns=None)

    # -------------------------------------------------------------------------- frames as published
    @cached_property
    def reports(self) -> pd.DataFrame:
        """Reports, a line for each document, all versions.

        Returns
        -------
        DataFrame
            ``report_id, body, region_code, level`` strings; ``scope`` (own, region); ``year`` Int64;
            ``edition, kind`` (original, retyped, synthetic) strings; ``version`` Int64 and ``current`` bool
            (the version that counts); ``file, sha256, format, route, title, address, date_published,
            date_obtained`` strings; ``consolidates`` bool (the text says that it adds up other bodies'
            reports); ``disclosure, requests, disputes`` states of the tables (complete,
            partial, blank, not_read, absent); ``printed, split, derived, ambiguous, suspect`` numbers of
            cells and ``fails, warnings`` numbers of findings, those between reports too, Int64; ``note``.
        """
        frame, found = self._frame("reports"), self._load("findings", ["report_id", "verdict"])
        for name, verdict in (("fails", "fail"), ("warnings", "warn")):
            numbers = found.loc[found["verdict"] == verdict, "report_id"].value_counts()
            frame[name] = frame["report_id"].map(numbers).fillna(0).astype("Int64")
        return frame

    @property
    def held(self) -> pd.DataFrame:
        """The reports that count: the current version of each."""
        return self.reports[self.reports["current"]]

    def current(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The lines of a frame that are of no report that was published again later."""
        old = self.reports.loc[~self.reports["current"], "report_id"]
        return frame[~frame["report_id"].isin(old)].reset_index(drop=True)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Cells of the current reports, a line for each cell of the form, keyed by report_id, table, row,
        column.

        Returns
        -------
        DataFrame
            ``report_id, body, year`` (Int64), ``scope, edition, table, row, column``; ``value`` Float64;
            ``found`` (number, blank, dash, run_together, unreadable, missing); ``status`` (printed,
            corrected, split, derived, ambiguous, none); ``printed`` the text (NA when missing, '' when
            blank); ``where`` it stands; ``suspect, proved`` bool.
        """
        return _ordered(self.current(self._frame("cells")), _codes(None))

    @cached_property
    def findings(self) -> pd.DataFrame:
        """What the checks found, all versions.

        Returns
        -------
        DataFrame
            ``report_id, body, year`` (Int64), ``scope, rule, verdict`` (fail, warn, not_assessable),
            ``table, row, column`` ('' where the finding is of a whole table or line, or of figures in
            words), ``left, right`` Float64 (the two sides of a comparison), ``where``, ``parts`` (of the
            sentence that `rl.explain` makes).
        """
        return self._frame("findings")

    @cached_property
    def figures(self) -> pd.DataFrame:
        """Figures that stand in words, or in tables of which only a part is known; never joined to the
        tables.

        Returns
        -------
        DataFrame
            ``body, level, year`` (Int64), ``indicator`` (a code of form/figures.toml, or table.row.column for
            cells), ``value`` Float64, ``unit, scope, precision`` (exact, rounded, at_least, stated_none),
            ``kind`` (headline, from_table, narrative, partial_table), ``address``; for figures of a report's
            text ``report_id`` and ``where`` (place and sentence), for others ''; ``suspect`` bool: whether a
            rule over figures in words fails with it.
        """
        frame = self.current(self._frame("figures"))
        findings = replace(self, years=None).findings  # a year contradicts the one before it
        return frame.assign(suspect=_contradicted(frame, findings))

    # ------------------------------------------------------------------ a line for each row of a table
    @cached_property
    def requests(self) -> pd.DataFrame:
        """Table 3, a line for each report and row.

        Returns
        -------
        DataFrame
            ``report_id, body, year, scope, edition, row``; ``natural_person, company, research_institution,
            public_interest_organisation, legal_service, other, total`` Int64, in 件.
        """
        return self._wide("requests", "value")

    @cached_property
    def requests_status(self) -> pd.DataFrame:
        """As `requests`, with each cell's status (printed, corrected, split, derived, ambiguous, none)."""
        return self._wide("requests", "status")

    @cached_property
    def disputes(self) -> pd.DataFrame:
        """Table 4, a line for each report and route.

        Returns
        -------
        DataFrame
            ``report_id, body, year, scope, edition, row`` (reconsideration, direct_litigation,
            litigation_after_reconsideration); ``upheld, corrected, other, pending, total`` Int64, in 件.
        """
        return self._wide("disputes", "value")

    @cached_property
    def disputes_status(self) -> pd.DataFrame:
        """As `disputes`, with each cell's status (printed, corrected, split, derived, ambiguous, none)."""
        return self._wide("disputes", "status")

    @cached_property
    def disclosure(self) -> pd.DataFrame:
        """Table 2, a line for each report, row and column.

        Returns
        -------
        DataFrame
            ``report_id, body, year, scope, edition, row, column``; ``value`` Float64; ``unit`` (件, 项, 万元;
            '' for an amount whose unit stands in the cell); ``status`` string, ``suspect`` bool.
        """
        cells = self._table("disclosure")
        places = zip(cells["edition"], cells["column"], strict=True)
        unit = [edition(form).table("disclosure").column(column).unit for form, column in places]
        frame = cells.assign(unit=pd.array(unit, dtype="str"))
        columns = [*HEAD, "row", "column", "value", "unit", "status", "suspect"]
        return _ordered(frame[columns], _codes("disclosure"))

    @cached_property
    def disclosure_status(self) -> pd.DataFrame:
        """The key columns of `disclosure` and its ``status``."""
        return self.disclosure[[*HEAD, "row", "column", "status"]]

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Subtotals of the groups of rows, a line for each report, group and column.

        Returns
        -------
        DataFrame
            ``report_id, body, year, scope, edition, table, row`` (refused, unavailable, not_processed,
            other_handled; litigation: both kinds of lawsuits), ``column``, ``value`` Float64 (NA
            if any member is NA), ``status`` that of the weakest member, or derived where each member has a
            value and none is worse; ``suspect`` bool, if any member is.
        """
        tables = [table for form in editions() for table in form.tables]
        groups = {row.code: row.group for table in tables for row in table.rows if row.group}
        of = self.cells["row"].astype("str").map(groups)
        parts = self.cells.assign(row=of).dropna(subset="row")
        sums = parts.groupby([*HEAD, "table", "row", "column"], observed=True, sort=False, dropna=False)
        frame = sums.agg({"status": "max", "suspect": "any"})  # the weakest status
        frame.insert(0, "value", sums["value"].sum(skipna=False))
        return _ordered(frame.reset_index(), {"row": list(dict.fromkeys(groups.values()))})

    # -------------------------------------------------------------------------- inside
    @cached_property
    def register(self) -> Register:
        """The register of bodies, `data/raw/bodies.csv`."""
        return Register.load(self.home / RAW / "bodies.csv")

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        return published(self.home / PROCESSED)

    @cached_property
    def known(self) -> pd.DataFrame:
        """What the register says of every body of which the project has data, by name (see `rl.register`)."""
        everything = replace(self, bodies=None, years=None, scope=None)
        tables = (everything._load(table, ["body"]) for table in ("reports", "figures"))
        names = sorted(set(pd.concat(tables)["body"]))
        register = pd.DataFrame(self.register.bodies, columns=list(Body.__slots__)).set_index("name")
        register = register.assign(**{name: register[name].str.join(";") for name in SEVERAL})
        known = (
            register.reindex(list(map(self.register.canonical, names))).set_axis(names).rename_axis("body")
        )
        return known.fillna("").astype("str").assign(registered=known["level"].notna())

    def _load(self, table: str, columns: list[str] | None = None) -> pd.DataFrame:
        bodies = None if self.bodies is None else {"", *self.bodies}  # of none there is nothing
        wanted = {"body": bodies, "year": self.years, "scope": self.scope and [self.scope]}
        chosen = [(name, "in", set(given)) for name, given in wanted.items() if given is not None]
        # As dictionaries: a large project's codes would take gigabytes as text.
        codes = [name for name in CODES if columns is None or name in columns]
        try:
            read = pq.read_table(
                self._files[table], columns=columns, filters=chosen or None, read_dictionary=codes
            )
        except FileNotFoundError as error:
            hint = "Call open_dataset() again"
            raise ReportlibError(
                "the data have been ingested anew", file=str(self.home), hint=hint
            ) from error
        frame: pd.DataFrame = read.to_pandas()
        return frame.astype({name: "str" for name in ("report_id", "body", "edition") if name in frame})

    def _frame(self, table: str) -> pd.DataFrame:
        """A published table as ``form/fields.toml`` describes it: numbers nullable, codes in order."""
        frame = self._load(table)
        fields = [field for field in load_toml("fields.toml")[table]["fields"] if field["name"] in frame]
        numbers = {field["name"]: TYPES[field["type"]] for field in fields if field["type"] in TYPES}
        known = {field["name"]: field["constraints"]["enum"] for field in fields if "constraints" in field}
        return _ordered(frame.astype(numbers), known)

    def _table(self, table: str) -> pd.DataFrame:
        return self.cells[self.cells["table"] == table].reset_index(drop=True)

    def _wide(self, table: str, what: str) -> pd.DataFrame:
        """A line for each report and row, a column for each column of the table."""
        cells, codes, keys = self._table(table), _codes(table), ["report_id", "row"]
        # A count that is printed with decimals is a misprint: it stays in `cells`, and is no number here.
        misprint = (cells["value"] % 1 != 0).fillna(False)
        shown = cells["status"].mask(misprint, "none")
        if what == "value":
            shown = cells["value"].mask(misprint).astype("Int64")
        grid = cells.assign(shown=shown).pivot(index=keys, columns="column", values="shown")
        grid = grid.reindex(columns=codes["column"]).astype(shown.dtype).rename_axis(columns=None)
        if what == "status":
            grid = grid.fillna("none")
        lines = cells[[*HEAD, "row"]].drop_duplicates(keys, ignore_index=True)
        return _ordered(lines.join(grid, on=keys), {"row": codes["row"]})


def _codes(table: str | None) -> dict[str, list[str]]:
    """Codes of tables, rows and columns in the order of the form, of all editions."""
    tables = [part for form in editions() for part in form.tables if table in (None, part.code)]
    return {
        "table": list(dict.fromkeys(part.code for part in tables)),
        "row": list(dict.fromkeys(row.code for part in tables for row in part.rows)),
        "column": list(dict.fromkeys(column.code for part in tables for column in part.columns)),
    }


def _contradicted(figures: pd.DataFrame, findings: pd.DataFrame) -> Any:
    """Which figures in words a rule over such figures fails with."""
    rules = load_toml("rules.toml")
    against = set()
    for found in findings[(findings["verdict"] == "fail") & (findings["column"] == "")].itertuples():
        for part, codes in rules.get(str(found.rule), {}).get("figures", {}).items():
            year = found.year - (part == "old")  # this side is of the year before
            against |= {(found.body, found.scope, year, code) for code in codes}
    lines = pd.MultiIndex.from_frame(figures[["body", "scope", "year", "indicator"]])
    stated = figures["precision"].where(figures["kind"] == "headline") == "exact"
    return stated & lines.isin(list(against))


def _ordered(frame: pd.DataFrame, columns: dict[str, list[str]]) -> pd.DataFrame:
    """The frame with these columns as ordered categories; '' is NA, and an unknown code is an error."""
    known = {}
    for name in [name for name in columns if name in frame]:
        if unknown := set(frame[name].dropna().unique()) - {*columns[name], ""}:
            raise ReportlibError(
                f"unknown {name}: {', '.join(sorted(unknown))}",
                hint="Run `reportlib ingest` with this version",
            )
        known[name] = frame[name].astype("category").cat.set_categories(columns[name], ordered=True)
    return frame.assign(**known)
