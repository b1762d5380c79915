"""Bytes are read in the encoding that they are in, whatever they say."""

from __future__ import annotations

import pytest

from reportlib.reading.document import Note
from reportlib.reading.encoding import decode

TEXT = "<meta charset={}><p>政府信息公开工作年度报告，規章与办理结果</p>"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", ["utf-8", "gb2312", "", "no-such-encoding", "iso-8859-1"])
def test_text_is_read_whatever_it_declares(encoding: str, declared: str) -> None:
    text, _ = decode(TEXT.format(declared).encode(encoding))
    assert text == TEXT.format(declared)


def test_gb18030_that_declares_utf8_is_said() -> None:
    _, notes = decode(TEXT.format("utf-8").encode("gb18030"))
    assert notes == (Note.of("encoding_differs", declared="UTF-8", encoding="GB18030"),)


def test_the_older_names_of_gb18030_are_no_contradiction() -> None:
    assert decode(TEXT.format("gb2312").encode("gb18030"))[1] == ()


def test_big5_is_read_where_it_is_declared() -> None:
    assert decode("<meta charset=big5>規章".encode("big5"))[0].endswith("規章")


def test_a_page_cut_inside_a_character_keeps_the_rest_and_says_so() -> None:
    text, notes = decode(TEXT.format("utf-8").encode()[:-5])
    assert "办理结" in text
    assert [note.rule for note in notes] == ["encoding_broken"]


def test_damaged_gb18030_stays_gb18030() -> None:
    data = TEXT.format("gbk").encode("gb18030") + b"\xff\xff"
    text, notes = decode(data)
    assert "政府信息" in text
    assert [note.rule for note in notes] == ["encoding_broken"]
