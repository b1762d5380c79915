"""Findings: every code has its sentence in both languages, and stands in the documentation."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pandas as pd
import pytest

import reportlib as rl
from reportlib.form import editions, load_toml
from reportlib.form.findings import explain, sentence
from reportlib.form.labels import label
from reportlib.report.report import Finding

PACKAGE = Path(rl.__file__).parent
PROJECT = PACKAGE.parent
TEMPLATES = load_toml("findings.toml")
MAKERS = {"Finding.of", "Finding", "Note.of", "Note", "self._about", "self._warn"}
FIELDS = {"rule", "table", "row", "column", "left", "right"}
IDENTITIES = {one.code for form in editions() for table in form.tables for one in table.identities}
CODES = TEMPLATES.keys() - {"say"}


def calls() -> list[tuple[str, set[str], bool]]:
    """Every call of the package that makes a finding of a code: the code, its parts, whether more are given."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in MAKERS:
                continue
            codes = [one.value for one in node.args[:1] if isinstance(one, ast.Constant)]
            if codes and isinstance(codes[0], str):
                names = [one.arg for one in node.keywords]
                found.append((codes[0], {name for name in names if name}, None in names))
    return found


def asked(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_code_that_the_package_gives_has_its_sentence() -> None:
    codes = {code for code, _, _ in calls()} | load_toml("rules.toml").keys()
    assert {"columns_unclear", "encoding_differs", "carried_over", "not_a_count", "stock"} <= codes
    assert codes <= CODES
    assert codes | {"local_row", "row_unlabelled"} | IDENTITIES >= CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_sentence_asks_for_what_its_findings_bring(code: str) -> None:
    entry = TEMPLATES[code]
    assert asked(entry["zh"]) == asked(entry["en"])
    for _, names, more in [call for call in calls() if call[0] == code]:
        assert more or "say" in names or asked(entry["zh"]) <= names | FIELDS


@pytest.mark.parametrize("code", sorted(CODES | IDENTITIES))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_code_has_a_title(code: str, lang: str) -> None:
    assert label(code, lang, "rule") not in ("", code)


@pytest.mark.parametrize("code", sorted(TEMPLATES["say"]))
def test_a_clause_asks_for_the_same_in_both_languages(code: str) -> None:
    clause = TEMPLATES["say"][code]
    assert asked(clause["zh"]) == asked(clause["en"])


def test_the_documentation_lists_every_code_and_no_other() -> None:
    lines = (PROJECT / "docs/findings.md").read_text("utf-8").splitlines()
    listed = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert sorted(listed) == sorted(CODES | IDENTITIES)


def test_a_sentence_is_made_in_the_language_that_is_asked_for() -> None:
    found = Finding.of("columns_unclear", "warn", "requests", "granted", where="row 3", cells=5, columns=7)
    assert "予以公开" in sentence(found) and "5 格" in sentence(found)
    assert "5 cells" in sentence(found, "en")
    assert not any("一" <= character <= "鿿" for character in sentence(found, "en"))


def test_a_clause_and_a_list_are_said_within_the_sentence() -> None:
    cell = {"table": "requests", "row": "received", "column": "total", "printed": 3, "value": 4}
    heals = {"say": "misprint", **cell}
    found = Finding.of(
        "requests_row_total", "fail", "requests", "received", left=4, right=3,
        say="differs", difference=1.0, heals=heals,
    )  # fmt: skip
    assert "(3 → 4, a likely misprint)" in sentence(found, "en")
    twice = Finding.of("row_twice", "warn", "requests", "received", here=["1", {"say": "blank"}], there=["2"])
    assert "1, blank" in sentence(twice, "en") and "1、空白" in sentence(twice)


def test_text_of_a_document_is_never_taken_for_a_template() -> None:
    found = Finding.of("local_row", "warn", "requests", label="{row.__class__}", values=["{0}", "%s"])
    assert "{row.__class__}" in sentence(found) and "{0}" in sentence(found)


def test_a_frame_of_findings_is_explained_with_a_message_in_the_place_of_the_parts() -> None:
    report = rl.read_report(PROJECT / "data/raw/reports/suqian_2023.html")
    for frame in (report.findings, report.findings.iloc[:0]):
        said = explain(frame, "en")
        assert list(said.columns) == [*frame.columns[:-1], "message"]
        assert isinstance(said["message"].dtype, pd.StringDtype)
        assert said["message"].str.len().gt(10).all()
