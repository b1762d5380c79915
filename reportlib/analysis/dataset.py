"""Dataset: what analysts get, as pandas frames.

ds = open_dataset()
ds.requests.query("body == '宿迁市' and row == 'received'")
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from ..errors import ReportlibError
from ..files import RAW, find_home
from ..form import editions
from ..store.bodies import Register
from ..store.ingest import PROCESSED, published

__all__ = ["Dataset", "open_dataset"]

HEAD = ["report_id", "body", "year", "scope", "edition"]
STATUSES = ["printed", "corrected", "split", "derived", "ambiguous", "none"]
"""From the surest to none: a sum has the status of its weakest part."""
FOUND = ["number", "blank", "dash", "run_together", "unreadable", "missing"]
STATES = ["complete", "partial", "blank", "not_read", "absent"]
SCOPES = ["own", "region"]
COUNTS = ["version", "printed", "split", "derived", "ambiguous", "suspect"]
CODES = ["report_id", "body", "scope", "edition", "table", "row", "column", "found", "status"]
What = Literal["value", "status", "suspect"]


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
            as ``32``), or directly under this body.

        Raises
        ------
        ReportlibError
            A body is not known (the nearest names are given), or none is of this level, region and parent.
        """
        names = [bodies] if isinstance(bodies, str) else bodies
        if (level, region, parent) != (None, None, None):
            fitting = self._registered(level, region, parent)
            names = fitting if names is None else [name for name in names if self.resolve(name) in fitting]
        numbers = years if years is None or isinstance(years, Iterable) else [years]
        return replace(
            self,
            bodies=self.bodies
            if names is None
            else tuple(dict.fromkeys(self.resolve(name) for name in names)),
            years=self.years if numbers is None else tuple(sorted({int(year) for year in numbers})),
            scope=self.scope if scope is None else scope,
        )

    def resolve(self, name: str) -> str:
        """The name under which a body's data stand, from any of its names.

        Raises
        ------
        ReportlibError
            There are no data of such a body; the nearest names are given.
        """
        found = self.register.canonical(name)
        if found in self._names:
            return found
        near = self.register.nearest(name)
        held = list(
            dict.fromkeys(
                canonical for close in near if (canonical := self.register.canonical(close)) in self._names
            )
        )
        hint = (
            f"Bodies with names like it: {', '.join(held)}"
            if held
            else "See ds.reports.body and ds.figures.body"
        )
        raise ReportlibError(f"there are no data of {name}", expected="a body of the dataset", hint=hint)

    def _registered(self, level: str | None, region: str | None, parent: str | None) -> list[str]:
        """The bodies of which there are data that the register has so."""
        above = parent and self.register.canonical(parent)
        beginning = re.sub(r"(00)+$", "", region or "")
        known = [body for name in sorted(self._names) if (body := self.register.find(name))]
        found = [
            body.name
            for body in known
            if level in (None, body.level)
            and body.region_code.startswith(beginning)
            and above in (None, self.register.canonical(body.parent))
        ]
        if not found:
            asked = {"level": level, "region": region, "parent": parent}
            told = ", ".join(f"{name} {value}" for name, value in asked.items() if value)
            levels = ", ".join(sorted({body.level for body in known}))
            raise ReportlibError(f"no body with data has {told}", expected=f"levels are {levels}")
        return found

    def children(self, body: str) -> list[str]:
        """The bodies directly under this one of which there are data, by name; [] if there are none."""
        above = self.register.canonical(body)
        known = [found for name in sorted(self._names) if (found := self.register.find(name))]
        return [child.name for child in known if self.register.canonical(child.parent) == above]

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
        long = indicators(self, wanted)
        keys = ["body", "scope", "year", "edition", "report_id"]
        values = long.pivot(index=keys, columns="indicator", values="value")
        statuses = long.pivot(index=keys, columns="indicator", values="status").add_suffix("_status")
        order = [name for code in dict.fromkeys(long["indicator"]) for name in (code, f"{code}_status")]
        frame = values.join(statuses)[order].reset_index()
        known = [self.register.find(body) for body in frame["body"]]
        for place, name in enumerate(["level", "region_code", "parent"], 4):
            frame.insert(place, name, [getattr(body, name) if body else "" for body in known])
        frame.columns.name = None
        return frame

    def peers(self, body: str) -> list[str]:
        """The other bodies of the same level of which there are data, by name; none for a body not in the
        register.

        Raises
        ------
        ReportlibError
            There are no data of the body; the nearest names are given.
        """
        own = self.register.find(self.resolve(body))
        held = [found for name in sorted(self._names) if own and (found := self.register.find(name))]
        return [other.name for other in held if own and other.level == own.level and other.name != own.name]

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
        frame = self._load("reports").astype(dict.fromkeys(["year", *COUNTS], "Int64"))
        found = self._load("findings", ["report_id", "verdict"])
        for name, verdict in (("fails", "fail"), ("warnings", "warn")):
            numbers = found.loc[found["verdict"] == verdict, "report_id"].value_counts()
            frame[name] = frame["report_id"].map(numbers).fillna(0).astype("Int64")
        return _ordered(
            frame, dict.fromkeys(["disclosure", "requests", "disputes"], STATES) | {"scope": SCOPES}
        )

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
        frame = self._load("cells").astype({"year": "Int64", "value": "Float64"})
        return _ordered(
            self._current(frame), {**_codes(None), "found": FOUND, "status": STATUSES, "scope": SCOPES}
        )

    @cached_property
    def findings(self) -> pd.DataFrame:
        """What the checks found, all versions.

        Returns
        -------
        DataFrame
            ``report_id, body, year`` (Int64), ``rule, verdict`` (fail, warn, not_assessable), ``table, row,
            column`` ('' where the finding is of a whole table or line), ``left, right`` Float64 (the two
            sides of a comparison), ``where``, ``parts`` (of the sentence that `rl.explain` makes).
        """
        frame = self._load("findings").astype({"year": "Int64", "left": "Float64", "right": "Float64"})
        return _ordered(frame, {"verdict": ["fail", "warn", "not_assessable"]})

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
            text ``report_id`` and ``where`` (place and sentence), for others ''.
        """
        frame = self._load("figures").astype({"year": "Int64", "value": "Float64"})
        return _ordered(
            self._current(frame),
            {"scope": SCOPES, "precision": ["exact", "rounded", "at_least", "stated_none"]},
        )

    # -------------------------------------------------------------------------- a line for each row of a
    # table
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
    def requests_suspect(self) -> pd.DataFrame:
        """As `requests`, with whether each cell is suspect (bool)."""
        return self._wide("requests", "suspect")

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
    def disputes_suspect(self) -> pd.DataFrame:
        """As `disputes`, with whether each cell is suspect (bool)."""
        return self._wide("disputes", "suspect")

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
        units = {
            (form.code, column.code): column.unit
            for form in editions()
            for column in form.table("disclosure").columns
        }
        unit = [units.get(key, "") for key in zip(cells["edition"], cells["column"], strict=True)]
        frame = cells[[*HEAD, "row", "column", "value"]].assign(unit=pd.array(unit, dtype="str"))
        frame = frame.assign(status=cells["status"], suspect=cells["suspect"])
        return _ordered(frame, _codes("disclosure"))

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
            other_handled; litigation, and all_disputes: all three routes), ``column``, ``value`` Float64 (NA
            if any member is NA), ``status`` that of the weakest member, or derived where each member has a
            value and none is worse; ``suspect`` bool, if any member is.
        """
        cells = self.cells
        parts = []
        for table, group, rows in _groups():
            part = cells[(cells["table"] == table) & cells["row"].isin(rows)]
            parts.append(part.assign(group=group))
        long = pd.concat(parts, ignore_index=True)
        rank, order = long["status"].cat.codes, long["report_id"].factorize()[0]
        long = long.assign(rank=rank, order=order, unknown=long["value"].isna())
        keys = [*HEAD, "table", "group", "column"]
        summed = long.groupby(keys, observed=True, sort=False, dropna=False).agg(
            value=("value", "sum"),
            unknown=("unknown", "any"),
            rank=("rank", "max"),
            suspect=("suspect", "any"),
            order=("order", "first"),
        )
        summed["value"] = summed["value"].mask(summed["unknown"])
        frame = summed.reset_index().rename(columns={"group": "row"})
        status = _statuses(frame["rank"].to_numpy())
        frame = frame.assign(status=status).sort_values("order", kind="stable", ignore_index=True)
        frame = _ordered(frame, {**_codes(None), "row": [group for _, group, _ in _groups()]})
        return frame[[*HEAD, "table", "row", "column", "value", "status", "suspect"]]

    # -------------------------------------------------------------------------- inside
    @cached_property
    def register(self) -> Register:
        """The register of bodies, `data/raw/bodies.csv`."""
        return Register.load(self.home / RAW / "bodies.csv")

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        return published(self.home / PROCESSED)

    @cached_property
    def _names(self) -> frozenset[str]:
        everything = replace(self, bodies=None, years=None, scope=None)
        return frozenset(everything._load("reports", ["body"])["body"]) | frozenset(
            everything._load("figures", ["body"])["body"]
        )

    def _load(self, table: str, columns: list[str] | None = None) -> pd.DataFrame:
        wanted: list[tuple[str, str, Any]] = []
        if self.bodies is not None:
            wanted.append(("body", "in", set(self.bodies)))
        if self.years is not None:
            wanted.append(("year", "in", set(self.years)))
        if self.scope is not None and table != "findings":
            wanted.append(("scope", "==", self.scope))
        # As dictionaries: a large project's codes would take gigabytes as text.
        codes = [name for name in CODES if columns is None or name in columns]
        try:
            read = pq.read_table(
                self._files[table], columns=columns, filters=wanted or None, read_dictionary=codes
            )
        except FileNotFoundError as error:
            hint = "Call open_dataset() again"
            raise ReportlibError(
                "the data have been ingested anew", file=str(self.home), hint=hint
            ) from error
        frame: pd.DataFrame = read.to_pandas()
        return frame.astype({name: "str" for name in ("report_id", "body", "edition") if name in frame})

    def _current(self, frame: pd.DataFrame) -> pd.DataFrame:
        old = self.reports.loc[~self.reports["current"], "report_id"]
        return frame[~frame["report_id"].isin(old)].reset_index(drop=True) if len(old) else frame

    def _table(self, table: str) -> pd.DataFrame:
        return self.cells[self.cells["table"] == table].reset_index(drop=True)

    def _wide(self, table: str, what: What) -> pd.DataFrame:
        """A line for each report and row, a column for each column of the table."""
        cells = self._table(table)
        codes = _codes(table)
        lines = cells["report_id"].factorize()[0] * len(codes["row"]) + _position(cells["row"], codes["row"])
        first = ~pd.Series(lines).duplicated().to_numpy()
        frame = _ordered(cells.loc[first, [*HEAD, "row"]], {"row": codes["row"]})
        values = cells["value"].to_numpy(dtype=float, na_value=np.nan)
        # A count that is printed with decimals is a misprint: it stays in `cells`, and is no number here.
        misprint = ~np.isnan(values) & (values % 1 != 0)
        none = STATUSES.index("none")
        kinds: dict[What, tuple[Any, Any, Callable[[Any], Any]]] = {
            "value": (np.where(misprint, np.nan, values), np.nan, lambda line: pd.array(line, dtype="Int64")),
            "status": (np.where(misprint, none, cells["status"].cat.codes), none, _statuses),
            "suspect": (cells["suspect"].to_numpy(), False, np.asarray),
        }
        source, empty, typed = kinds[what]
        grid = np.full((int(first.sum()), len(codes["column"])), empty)
        grid[pd.Series(lines).factorize()[0], _position(cells["column"], codes["column"])] = source
        filled = {name: typed(line) for name, line in zip(codes["column"], grid.T, strict=True)}
        return frame.reset_index(drop=True).assign(**filled)


def _codes(table: str | None) -> dict[str, list[str]]:
    """Codes of tables, rows and columns in the order of the form, of all editions."""
    tables = [part for form in editions() for part in form.tables if table in (None, part.code)]
    return {
        "table": list(dict.fromkeys(part.code for part in tables)),
        "row": list(dict.fromkeys(row.code for part in tables for row in part.rows)),
        "column": list(dict.fromkeys(column.code for part in tables for column in part.columns)),
    }


def _groups() -> list[tuple[str, str, list[str]]]:
    """Table, code and rows of every subtotal."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for form in editions():
        for table in form.tables:
            for group in table.groups:
                found.setdefault((table.code, group.code), {}).update(
                    dict.fromkeys(table.members(group.code))
                )
            if table.code == "disputes":
                found.setdefault((table.code, "all_disputes"), {}).update(
                    {row.code: None for row in table.rows}
                )
    return [(table, group, list(rows)) for (table, group), rows in found.items()]


def _position(values: pd.Series[Any], order: list[str]) -> np.ndarray[Any, Any]:
    return values.cat.set_categories(order).cat.codes.to_numpy(dtype=np.int64)


def _statuses(ranks: np.ndarray[Any, np.dtype[np.integer[Any]]]) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(ranks, pd.Index(STATUSES), ordered=True)


def _ordered(frame: pd.DataFrame, columns: dict[str, list[str]]) -> pd.DataFrame:
    """The frame with these columns as ordered categories; '' is NA, and an unknown code is an error."""
    filled = {}
    for name in [name for name in columns if name in frame]:
        values = frame[name].astype("category").cat.remove_unused_categories()
        if unknown := set(values.cat.categories) - {*columns[name], ""}:
            raise ReportlibError(
                f"unknown {name}: {', '.join(sorted(unknown))}",
                hint="Run `reportlib ingest` with this version",
            )
        filled[name] = values.cat.set_categories(columns[name], ordered=True)
    return frame.assign(**filled)
