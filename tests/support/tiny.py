"""A dataset made by hand: reports are given as cells, everything else is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from reportlib.analysis.dataset import Dataset
from reportlib.form import edition, load_toml

Cells = dict[str, float | tuple[float | None, dict[str, object]] | None]


@dataclass(frozen=True)
class TinyDataset(Dataset):
    """A `Dataset` whose published frames are given instead of loaded."""

    tiny: dict[str, pd.DataFrame] = field(default_factory=dict)

    def _load(self, table: str, columns: list[str] | None = None) -> pd.DataFrame:
        frame = self.tiny[table]
        for name, wanted in (("body", self.bodies), ("year", self.years)):
            if wanted is not None:
                frame = frame[frame[name].isin(wanted)]
        if self.scope is not None:
            frame = frame[frame["scope"] == self.scope]
        return frame.reset_index(drop=True)

    def resolve(self, name: str) -> str:
        return name


def report(
    body: str, year: int, cells: Cells, form: str = "2021", scope: str = "region", **facts: object
) -> tuple:
    """One report: `cells` are ``table.row.column`` -> value or (value, other columns of the cell)."""
    return body, year, scope, form, cells, facts


def dispute_cells(route: str, upheld: int, corrected: int, other: int, pending: int) -> Cells:
    values = {"upheld": upheld, "corrected": corrected, "other": other, "pending": pending}
    values["total"] = sum(values.values())
    return {f"disputes.{route}.{column}": float(value) for column, value in values.items()}


def dataset(*reports: tuple, figures: list[dict] | None = None, home: Path = Path()) -> TinyDataset:
    """A dataset of these reports."""
    lines, heads = [], []
    for body, year, scope, form, cells, facts in reports:
        report_id = f"{body}-{year}-{scope}"
        for key, given in cells.items():
            table, row, column = key.split(".")
            value, extra = given if isinstance(given, tuple) else (given, {})
            found = "missing" if value is None else "number"
            lines.append(
                {
                    "report_id": report_id, "body": body, "year": year, "scope": scope, "edition": form,
                    "table": table, "row": row, "column": column, "value": value, "found": found,
                    "status": "none" if value is None else "printed",
                    "printed": None if value is None else f"{value:g}",
                    "where": f"table 1, row {len(lines) + 1}, column 2", "suspect": False, "proved": False, **extra,
                }
            )  # fmt: skip
        states = {table.code: "complete" for table in edition(form).tables}
        heads.append(
            {
                "report_id": report_id, "body": body, "region_code": "000000", "level": "city", "scope": scope,
                "year": year, "edition": form, "kind": "original", "version": 1, "current": True,
                "file": f"{report_id}.html",
                "sha256": "0" * 64, "format": "html", "route": "text", "title": "", "address": "https://example.invalid/a",
                "date_published": "", "date_obtained": "2026-01-01", **states, "printed": len(cells), "split": 0,
                "derived": 0, "ambiguous": 0, "suspect": 0, "note": "", **facts,
            }
        )  # fmt: skip
    names = load_toml("fields.toml")
    frames = {
        name: pd.DataFrame({entry["name"]: pd.Series(dtype="object") for entry in names[name]["fields"]})
        for name in ("cells", "figures", "findings")
    }
    verdicts = [
        {"report_id": head["report_id"], "body": head["body"], "year": head["year"], "verdict": verdict}
        for head in heads
        for name, verdict in (("fails", "fail"), ("warnings", "warn"))
        for _ in range(head.pop(name, 0))
    ]
    frames["findings"] = pd.DataFrame(verdicts, columns=frames["findings"].columns)
    frames["reports"] = pd.DataFrame(heads)
    if lines:
        frames["cells"] = pd.DataFrame(lines)
    if figures:
        frames["figures"] = pd.DataFrame(figures, columns=frames["figures"].columns)
    return TinyDataset(home, tiny=frames)
