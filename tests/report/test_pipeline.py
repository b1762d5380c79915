"""One file, the whole way."""

import base64
import io

import pytest

import reportlib as rl
from reportlib.errors import ReadError

PAGE = '<html><head><meta charset="utf-8"><title>测试县2024年政府信息公开工作年度报告</title></head><body>{}</body></html>'


def picture_of_a_table() -> bytes:
    """The first table as a site shows it: a picture with ruled cells."""
    from PIL import Image, ImageDraw, ImageFont
    from pylopdf_fonts_zh_cn import sans_path

    font = ImageFont.truetype(str(sans_path()), 26)
    rows = [
        ("信息内容", "本年制发件数", "本年废止件数", "现行有效件数"),
        ("规章", "0", "3", "12"),
        ("行政规范性文件", "7", "20", "145"),
    ]
    image = Image.new("RGB", (1000, 60 * len(rows) + 40), "white")
    draw = ImageDraw.Draw(image)
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            draw.rectangle((20 + 240 * c, 20 + 60 * r, 260 + 240 * c, 80 + 60 * r), outline="black", width=2)
            draw.text((32 + 240 * c, 32 + 60 * r), text, fill="black", font=font)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def test_a_page_whose_table_is_a_picture_is_read_from_the_picture(tmp_path):
    data = base64.b64encode(picture_of_a_table()).decode()
    path = tmp_path / "page.html"
    path.write_text(
        PAGE.format(f'<p>主动公开政府信息情况</p><img src="data:image/png;base64,{data}">'), encoding="utf-8"
    )
    report = rl.read_report(path)
    values = {
        (f.row, f.column): f.value
        for f in report.cell_list
        if f.table == "disclosure" and f.found == "number"
    }
    assert values == {
        ("rules", "issued"): 0, ("rules", "repealed"): 3, ("rules", "in_force"): 12,
        ("normative_documents", "issued"): 7, ("normative_documents", "repealed"): 20,
        ("normative_documents", "in_force"): 145,
    }  # fmt: skip
    assert report.source.route == "mixed"


DISPUTES = (
    "<p>政府信息公开行政复议、行政诉讼情况</p><table><tr><td colspan=5>行政复议<td colspan=10>行政诉讼<tr>"
    "<td rowspan=2>结果维持<td rowspan=2>结果纠正<td rowspan=2>其他结果<td rowspan=2>尚未审结<td rowspan=2>总计"
    "<td colspan=5>未经复议直接起诉<td colspan=5>复议后起诉<tr>"
    + "<td>结果维持<td>结果纠正<td>其他结果<td>尚未审结<td>总计" * 2
    + "<tr>"
    + "".join(f"<td>{n}" for n in (1, 0, 2, 0, 3, 0, 0, 1, 0, 1, 4, 0, 0, 0, 4))
    + "</table>"
)


def test_a_table_that_is_a_picture_is_read_beside_one_that_is_text(tmp_path):
    (tmp_path / "table.png").write_bytes(picture_of_a_table())
    (tmp_path / "icon.png").write_bytes(b"no picture at all")
    path = tmp_path / "page.html"
    pictures = (
        '<img src="icon.png"><img src="http://[::1/x.png"><p>主动公开政府信息情况</p><img src="table.png">'
    )
    path.write_text(PAGE.format(pictures + DISPUTES), encoding="utf-8")
    report = rl.read_report(path)
    values = {f.key: f.value for f in report.cell_list}
    assert values["disclosure", "rules", "in_force"] == 12
    assert values["disputes", "litigation_after_reconsideration", "upheld"] == 4
    unread = report.findings[report.findings["rule"] == "picture_not_read"]
    assert list(unread["where"]) == ["picture 1"]


def test_a_page_without_any_table_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE.format("<p>年度报告见附件。</p>"), encoding="utf-8")
    with pytest.raises(ReadError, match="none of the three statutory tables") as caught:
        rl.read_report(path)
    assert "page.html" in str(caught.value) and "attachment" in str(caught.value)


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(ReadError, match="cannot be opened"):
        rl.read_report(tmp_path / "none.pdf")


def test_what_the_caller_knows_wins_and_a_contradiction_is_a_finding(tmp_path):
    table = "<table><tr><td>信息内容</td><td>本年制发件数</td><td>本年废止件数</td><td>现行有效件数</td></tr>"
    table += "<tr><td>规章</td><td>0</td><td>0</td><td>1</td></tr></table>"
    path = tmp_path / "page.html"
    path.write_text(PAGE.format(table), encoding="utf-8")
    report = rl.read_report(path, body="另一县", year=2023)
    assert (report.body, report.year) == ("另一县", 2023)
    assert {"body_differs", "year_differs"} <= {finding.rule for finding in report.finding_list}
    plain = rl.read_report(path)
    assert (plain.body, plain.year) == ("测试县", 2024)
    assert not {"body_differs", "year_differs"} & {finding.rule for finding in plain.finding_list}
