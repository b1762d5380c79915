"""Labels: what a text is in the form, whatever numbering, punctuation and misprints do to it."""

import pytest

from reportlib.report.extraction.matching import condense, lexicon, normalise, numbering


def row(text, edition="2021"):
    return next((hit.code for hit in lexicon(edition).lookup(text) if hit.axis == "row"), None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("一、本年新收政府信息公开申请数量", "received"),
        ("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "partly_granted"),
        ("2、其他法律行政法规禁止公开", "refused_prohibited_by_law"),
        ('3．危及"三安全一稳定"', "refused_safety_stability"),
        ("（三）不予公开 1.属于国家秘密", "refused_state_secret"),
        ("本机关不掌握\n相关政府信息", "unavailable_not_held"),
        ("規章(縣級無此項)", "rules"),
        ("(七) 总 计", "concluded"),
    ],
)
def test_a_label_is_known_in_every_dress(text, code):
    assert row(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2.其他法律行政止公开", "refused_prohibited_by_law"),
        ("四、结转下年度断续办理", "carried_out"),
        ("1.信仿举报投拆类申请", "not_processed_petition"),
    ],
)
def test_a_misprint_is_the_only_nearest_label(text, code):
    hit = next(hit for hit in lexicon("2021").lookup(text) if hit.axis == "row")
    assert (hit.code, hit.distance > 0) == (code, True)


@pytest.mark.parametrize(
    "text", ["其他主动公开文件", "转送其他机关办理", "规意", "", "12", "同比增长", "，。"]
)
def test_what_is_no_label_is_none(text):
    assert row(text) is None


def test_the_numbering_tells_labels_of_one_wording_apart():
    other = {hit.code for hit in lexicon("2021").lookup("3.其他")}
    assert other == {"other_other"}
    assert {hit.axis for hit in lexicon("2021").lookup("总计")} == {"row", "column"}


def test_numbering_is_split_off():
    assert numbering("（三）不予公开") == (3, "不予公开")
    assert numbering("12.某项") == (12, "某项")
    assert numbering("③某项") == (3, "某项")
    assert numbering("十二、某项") == (12, "某项")
    assert numbering("公开") == (0, "公开")


def test_condensed_characters_know_where_they_stood():
    text = "行 政\n許可：５"
    plain, places = condense(text)
    assert plain == normalise(text) == "行政许可5"
    assert [text[place] for place in places] == ["行", "政", "許", "可", "５"]
