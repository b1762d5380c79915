"""The wordings of one language, and what stands in them: numbers, names, values of frames."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from numbers import Real
from typing import Any

import pandas as pd

from ..form import EDITIONS, CellKey
from ..form.crosswalk import links
from ..form.labels import label, language, number, place, typeset

__all__ = ["AXES", "Words", "runs"]

STATUTORY = ("disclosure", "requests", "disputes")
CODED = (
    "table", "status", "found", "verdict", "rule", "scope", "level", "kind", "precision", "indicator", "row",
    "column",
)  # fmt: skip
AXES = {
    **dict.fromkeys(STATUTORY, "state"),
    **dict(zip(CODED, CODED, strict=True)),
    "alternative_of": "indicator",
    "unit": "unit_name",
}
"""What the values of a frame's column are codes of."""


class Words:
    """The wordings of one language: `words("stop")` is the text of ``[say]`` in ``form/words.toml``."""

    def __init__(self, lang: str | None = None) -> None:
        self.lang = language(lang)

    def __call__(self, code: str, **parts: object) -> str:
        return typeset(label(code, self.lang, "say").format(**parts), self.lang)

    def of(self, code: object, axis: str, table: str = "", edition: str = "") -> str:
        """The word for a code of another axis."""
        return label(str(code), self.lang, axis, table, edition)

    def value(self, name: str, value: Any) -> str:
        """One value of the column `name` of a frame; '' for what is not known."""
        if value is None or value is pd.NA or value != value:
            return ""
        if isinstance(value, bool):
            return self(str(value).lower())
        if isinstance(value, str):
            told = self.place(value) if name == "where" else value
            return self.of(value, AXES[name]) if name in AXES else told
        if not isinstance(value, Real):
            return str(value)
        return f"{value:.0f}" if name.endswith(("year", "since")) else number(float(value))

    def column(self, frame: pd.DataFrame, name: str) -> list[str]:
        """A column of a frame: rows and columns of the form as the report's own edition words them, the codes
        of what is named beside them as they are.
        """
        if name not in ("row", "column"):
            axis = "" if name == "indicator" and "name" in frame else name
            return [self.value(axis, value) for value in frame[name].astype("object")]
        codes = frame.reindex(columns=["edition", "table", "row", "column"]).astype("object").fillna("")
        told = []
        for edition, table, row, column in codes.itertuples(index=False, name=None):
            code = row if name == "row" else column
            told.append(self.of(code, name, table, wording(edition, (table, row, column))))
        return told

    def place(self, where: str) -> str:
        """A place in a file."""
        return place(where, self.lang)

    def count(self, code: str, n: int) -> str:
        """A text about so many things, in the singular or the plural."""
        return self(f"{code}_one" if n == 1 else code, n=number(n))

    def number(self, value: float, unit: str) -> str:
        """A number with its unit, and no more decimals than a reader of prose can use."""
        shown = number(value, unit)
        if unit != "%" and not float(value).is_integer():
            shown = self("rounded", a=f"{value:z,.0f}" if abs(value) >= 100 else f"{value:z,.1f}")
        return shown.replace("-", "−") + self.of(unit, "unit")

    def signed(self, value: float) -> str:
        """A difference with its sign."""
        return f"{value:+z.1f}".replace("-", "−")

    def bounds(self, low: float, high: float, unit: str) -> dict[str, str]:
        """The ends of an interval; their unit stands once."""
        first = self.number(low, unit).removesuffix(self.of(unit, "unit"))
        return {"low": first.removesuffix("%"), "high": self.number(high, unit)}

    def span(self, first: int, last: int) -> str:
        """The years from one to another."""
        return self("span_one" if first == last else "span", y=first, z=last)

    def who(self, body: object, scope: object) -> str:
        """A body and what its figures cover."""
        if not isinstance(scope, str) or not scope:
            return str(body)
        return self("who", body=body, scope=self.of(scope, "scope"))

    def list(self, parts: Iterable[str]) -> str:
        """Words in a row."""
        return self("and").join(parts)

    def sentence(self, clauses: Iterable[str]) -> str:
        """A finished sentence."""
        said = self("clause").join(clause for clause in clauses if clause)
        return said[0].upper() + said[1:] + self("stop")


@cache
def wording(edition: str, cell: CellKey) -> str:
    """The edition in whose words a cell is named: its own, the newest where it is the same in both.

    Where the edition is not told, the newest that has such a cell.
    """
    if not edition:
        return next((code for code in reversed(EDITIONS) if cell in links(code)), "")
    link = links(edition).get(cell)
    return "" if link is None or link.relation == "same" else edition


def runs(numbers: Iterable[int], between: str = ", ") -> str:
    """Numbers in words, three and more in a row as ``5–9``."""
    texts: list[str] = []
    for _, run in groupby(enumerate(sorted(numbers)), key=lambda numbered: numbered[1] - numbered[0]):
        first, *more = (number for _, number in run)
        texts += [f"{first}–{more[-1]}"] if len(more) > 1 else map(str, [first, *more])
    return between.join(texts)
