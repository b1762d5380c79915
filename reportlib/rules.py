"""Rules over the years of a body and between bodies, as `form/rules.toml` states them.

What single reports must hold stands in `checks`; here reports are compared with each other. A
rule is tested only where every figure it needs is there: all else is not assessable, and silent.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

from .form import load_toml
from .report import Verdict

__all__ = ["CELLS", "Across", "Figure", "Series", "compare", "gather", "parent_sums"]

Cell = tuple[str, str, str]
Line = tuple[str, str, int]
"""A body, its scope and a year."""


class Figure(NamedTuple):
    """A cell's value and where it stands; `suspect` if a sum of its own report fails."""

    value: float
    where: str
    suspect: bool = False


class Across(NamedTuple):
    """What a rule says of one report against others; `line` is the later one's."""

    line: Line
    rule: str
    verdict: Verdict
    cell: Cell | tuple[str, str, str]
    left: float | None
    right: float | None
    message: str
    where: str


class Series(NamedTuple):
    """What the rules need of all reports.

    Attributes
    ----------
    cells
        By body, scope and year: the cells that have a value, those of `CELLS` at least.
    digests
        By body, scope and year: a number that equal reports share, and how many figures are not 0.
    published
        By body, scope and year: the ISO date of publication, where known.
    parents
        By body: the body that its report is consolidated into.
    figures
        By body, scope and year: figures stated in words, by indicator.
    consolidated
        The reports that say that they add up those of other bodies.
    """

    cells: Mapping[Line, Mapping[Cell, Figure]]
    digests: Mapping[Line, tuple[int, int]]
    published: Mapping[Line, str]
    parents: Mapping[str, str]
    figures: Mapping[Line, Mapping[str, Figure]]
    consolidated: frozenset[Line] = frozenset()


@cache
def _rules() -> dict[str, dict[str, Any]]:
    return load_toml("rules.toml")


def _cells() -> Iterator[Cell]:
    rules = _rules()
    for side in ("before", "after"):
        for column in rules["carried_over"]["columns"]:
            yield (*rules["carried_over"][side], column)
    stock = rules["stock"]
    for row in stock["rows"]:
        for column in (stock["stock"], stock["plus"], stock["minus"]):
            yield (stock["table"], row, column)
    for rule in ("jump", "parent_sum"):
        yield from (tuple(cell) for cell in rules[rule]["cells"])
    for row in rules["pending"]["rows"]:
        for column in ("pending", "total"):
            yield (rules["pending"]["table"], row, column)


CELLS: frozenset[Cell] = frozenset(_cells())
"""The cells that any rule needs."""


def compare(series: Series) -> Iterator[Across]:
    """Test every rule on every report that it applies to.

    Yields
    ------
    Across
        With verdict pass too, so that it can be told how often a rule was tested.
    """
    for line, now in series.cells.items():
        body, scope, year = line
        before = series.cells.get((body, scope, year - 1))
        if before is not None:
            yield from _carried_over(line, before, now)
            yield from _stock(line, before, now)
            yield from _jump(line, before, now)
            yield from _pending(line, before, now)
    yield from _identical(series.digests)
    yield from _late(series.published)
    yield from parent_sums(series)
    yield from _figures(series.figures)


def _verdict(rule: str, holds: bool, *figures: Figure) -> Verdict:
    if holds:
        return "pass"
    # A figure that its own report contradicts proves nothing against another report.
    verdict: Verdict = _rules()[rule]["verdict"]
    return "warn" if any(figure.suspect for figure in figures) else verdict


def _carried_over(line: Line, before: Mapping[Cell, Figure], now: Mapping[Cell, Figure]) -> Iterator[Across]:
    rule = _rules()["carried_over"]
    year = line[2]
    for column in rule["columns"]:
        cell: Cell = (*rule["after"], column)
        out, into = before.get((*rule["before"], column)), now.get(cell)
        if out and into:
            message = f"{year - 1} 年结转下年度 {out.value:g}（{out.where}），{year} 年上年结转 {into.value:g}。"
            verdict = _verdict("carried_over", out.value == into.value, out, into)
            yield Across(line, "carried_over", verdict, cell, out.value, into.value, message, into.where)


def _stock(line: Line, before: Mapping[Cell, Figure], now: Mapping[Cell, Figure]) -> Iterator[Across]:
    rule = _rules()["stock"]
    for row in rule["rows"]:
        cell: Cell = (rule["table"], row, rule["stock"])
        old, new = before.get(cell), now.get(cell)
        plus, minus = now.get((rule["table"], row, rule["plus"])), now.get((rule["table"], row, rule["minus"]))
        if old and new and plus and minus:
            expected = old.value + plus.value - minus.value
            message = (
                f"{line[2] - 1} 年现行有效 {old.value:g} + 制发 {plus.value:g} − 废止 {minus.value:g} = {expected:g}，"
                f"{line[2]} 年现行有效 {new.value:g}。"
            )
            verdict = _verdict("stock", expected == new.value)
            yield Across(line, "stock", verdict, cell, expected, new.value, message, new.where)


def _jump(line: Line, before: Mapping[Cell, Figure], now: Mapping[Cell, Figure]) -> Iterator[Across]:
    rule = _rules()["jump"]
    for entry in rule["cells"]:
        cell: Cell = tuple(entry)
        old, new = before.get(cell), now.get(cell)
        if old and new:
            low, high = sorted((old.value, new.value))
            jump = high >= rule["least"] and high > rule["factor"] * low
            message = f"{line[2] - 1} 年 {old.value:g}，{line[2]} 年 {new.value:g}，相差超过 {rule['factor']} 倍。"
            yield Across(
                line, "jump", "warn" if jump else "pass", cell, old.value, new.value, message if jump else "", new.where
            )


def _pending(line: Line, before: Mapping[Cell, Figure], now: Mapping[Cell, Figure]) -> Iterator[Across]:
    rule = _rules()["pending"]
    for row in rule["rows"]:
        cell: Cell = (rule["table"], row, "total")
        old, new = before.get((rule["table"], row, "pending")), now.get(cell)
        if old and new:
            message = f"{line[2] - 1} 年末尚未审结 {old.value:g}（{old.where}），{line[2]} 年总计 {new.value:g}。"
            verdict: Verdict = "warn" if old.value > new.value else "pass"
            yield Across(line, "pending", verdict, cell, old.value, new.value, message, new.where)


def _identical(digests: Mapping[Line, tuple[int, int]]) -> Iterator[Across]:
    least = _rules()["identical"]["least"]
    for line, (digest, figures) in digests.items():
        before = digests.get((line[0], line[1], line[2] - 1))
        if before and figures >= least:
            same = before[0] == digest
            message = f"{line[2]} 年全部数字与 {line[2] - 1} 年相同（其中 {figures} 个不为 0）。"
            yield Across(line, "identical", "warn" if same else "pass", ("", "", ""), None, None, message, "")


def _late(published: Mapping[Line, str]) -> Iterator[Across]:
    rule = _rules()["published_late"]
    for line, text in published.items():
        _, scope, year = line
        if not text or scope not in ("own", "region"):
            continue
        due = datetime.date(year + 1, *rule[scope])
        verdict: Verdict = "warn" if datetime.date.fromisoformat(text) > due else "pass"
        yield Across(
            line, "published_late", verdict, ("", "", ""), None, None, f"发布于 {text}，法定期限为 {due}。", ""
        )


def parent_sums(series: Series) -> Iterator[Across]:
    """Test whether a report that adds up others is their sum; only where every body below it has a report."""
    children: defaultdict[str, list[str]] = defaultdict(list)
    for body, parent in series.parents.items():
        children[parent].append(body)
    by_body: defaultdict[tuple[str, int], dict[str, Mapping[Cell, Figure]]] = defaultdict(dict)
    for (body, scope, year), cells in series.cells.items():
        by_body[body, year][scope] = cells
    for line, now in series.cells.items():
        body, _, year = line
        if line not in series.consolidated or not children[body]:
            continue
        # A child counts with the whole of what it answers for.
        parts = [by_body.get((child, year), {}) for child in children[body]]
        if not all(parts):
            continue
        for entry in _rules()["parent_sum"]["cells"]:
            cell: Cell = tuple(entry)
            values = [(part.get("region") or next(iter(part.values()))).get(cell) for part in parts]
            whole = now.get(cell)
            if whole and all(values):
                total = sum(figure.value for figure in values if figure)
                message = f"所属 {len(parts)} 个机关之和 {total:g}，汇总报告为 {whole.value:g}。"
                verdict = _verdict("parent_sum", total == whole.value)
                yield Across(line, "parent_sum", verdict, cell, total, whole.value, message, whole.where)


def _figures(figures: Mapping[Line, Mapping[str, Figure]]) -> Iterator[Across]:
    """The rules for figures stated in words; their places are addresses."""
    balance, carried = _rules()["figures_balance"], _rules()["carried_over"]["figures"]
    for line, now in figures.items():
        left, right = _sum(now, balance["left"]), _sum(now, balance["right"])
        where = next(iter(now.values())).where
        if left is not None and right is not None:
            message = f"新收加上年结转 {left:g}，办结加结转下年 {right:g}。"
            verdict = _verdict("figures_balance", left == right)
            yield Across(line, "figures_balance", verdict, ("", "", ""), left, right, message, where)
        before = figures.get((line[0], line[1], line[2] - 1), {})
        out, into = before.get(carried[0]), now.get(carried[1])
        if out and into:
            message = f"{line[2] - 1} 年结转下年度 {out.value:g}（{out.where}），{line[2]} 年上年结转 {into.value:g}。"
            verdict = _verdict("carried_over", out.value == into.value)
            yield Across(line, "carried_over", verdict, ("", "", ""), out.value, into.value, message, into.where)


def _sum(figures: Mapping[str, Figure], codes: Sequence[str]) -> float | None:
    values: Iterable[Figure | None] = [figures.get(code) for code in codes]
    return None if not all(values) else sum(figure.value for figure in values if figure)


def gather(cells: pd.DataFrame) -> tuple[dict[Line, dict[Cell, Figure]], dict[Line, tuple[int, int]]]:
    """The `cells` and `digests` of a `Series`.

    Parameters
    ----------
    cells
        Frame with ``body, scope, year, table, row, column, value, where, suspect``: whole reports,
        one version of each.
    """
    keys = ["table", "row", "column"]
    there = cells[cells["value"].notna()]
    mine = pd.MultiIndex.from_frame(there[keys].astype("str")).isin(CELLS)
    found: defaultdict[Line, dict[Cell, Figure]] = defaultdict(dict)
    needed = there[mine]
    columns = [needed[name].tolist() for name in ("body", "scope", "year", *keys, "value", "where", "suspect")]
    for body, scope, year, table, row, column, value, where, suspect in zip(*columns, strict=True):
        found[body, scope, int(year)][table, row, column] = Figure(float(value), where, bool(suspect))
    hashes = pd.util.hash_pandas_object(there[[*keys, "value"]].astype({"value": float}), index=False)
    marked = there[["body", "scope", "year"]].assign(digest=hashes.to_numpy(), other=there["value"].to_numpy() != 0)
    sums = marked.groupby(["body", "scope", "year"], observed=True).agg(
        digest=("digest", "sum"), other=("other", "sum")
    )
    digests = {
        (b, s, int(y)): (int(d), int(o)) for (b, s, y), d, o in zip(sums.index, *(sums[c] for c in sums), strict=True)
    }
    return dict(found), digests
