"""Makes the pdf and doc fixtures: one report with made-up figures, written by several producers.

Run it by hand: ``python tests/support/make_pdfs.py`` (needs LibreOffice, Chromium
and WenQuanYi Micro Hei, whose outlines browsers embed in part). What it
writes is committed; the tests only read it. `FIGURES` is the truth for all of them.
"""

from __future__ import annotations

import html
import io
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parents[1] / "reading" / "data"

APPLICANTS = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
OUTCOMES = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]

DISCLOSURE = [
    ("第二十条第（一）项", ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"],
     [("规章", ["1", "0", "12"]), ("行政规范性文件", ["35", "4", "268"])]),
    ("第二十条第（五）项", ["信息内容", "本年处理决定数量"], [("行政许可", ["40519"])]),
    ("第二十条第（六）项", ["信息内容", "本年处理决定数量"], [("行政处罚", ["7312"]), ("行政强制", ["608"])]),
    ("第二十条第（八）项", ["信息内容", "本年收费金额（单位：万元）"], [("行政事业性收费", ["1938.4507"])]),
]  # fmt: skip

REQUESTS = [
    ("", "", "一、本年新收政府信息公开申请数量", [1071, 83, 2, 6, 17, 4]),
    ("", "", "二、上年结转政府信息公开申请数量", [38, 1, 0, 0, 0, 2]),
    ("三、本年度办理结果", "", "（一）予以公开", [402, 40, 1, 3, 6, 0]),
    ("三、本年度办理结果", "", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）", [97, 9, 0, 0, 2, 1]),
    ("三、本年度办理结果", "（三）不予公开", "1.属于国家秘密", [3, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（三）不予公开", "2.其他法律行政法规禁止公开", [8, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（三）不予公开", "3.危及“三安全一稳定”", [0, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（三）不予公开", "4.保护第三方合法权益", [11, 2, 0, 0, 1, 0]),
    ("三、本年度办理结果", "（三）不予公开", "5.属于三类内部事务信息", [14, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（三）不予公开", "6.属于四类过程性信息", [9, 1, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（三）不予公开", "7.属于行政执法案卷", [21, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（三）不予公开", "8.属于行政查询事项", [30, 3, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（四）无法提供", "1.本机关不掌握相关政府信息", [318, 19, 1, 2, 5, 2]),
    ("三、本年度办理结果", "（四）无法提供", "2.没有现成信息需要另行制作", [24, 1, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（四）无法提供", "3.补正后申请内容仍不明确", [16, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（五）不予处理", "1.信访举报投诉类申请", [27, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（五）不予处理", "2.重复申请", [12, 2, 0, 1, 0, 0]),
    ("三、本年度办理结果", "（五）不予处理", "3.要求提供公开出版物", [0, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（五）不予处理", "4.无正当理由大量反复申请", [5, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（五）不予处理", "5.要求行政机关确认或重新出具已获取信息", [6, 0, 0, 0, 1, 0]),
    ("三、本年度办理结果", "（六）其他处理",
     "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", [41, 4, 0, 0, 0, 1]),
    ("三、本年度办理结果", "（六）其他处理",
     "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请", [1, 0, 0, 0, 0, 0]),
    ("三、本年度办理结果", "（六）其他处理", "3.其他", [25, 1, 0, 0, 2, 0]),
    ("三、本年度办理结果", "", "（七）总计", [1070, 82, 2, 6, 17, 4]),
    ("", "", "四、结转下年度继续办理", [39, 2, 0, 0, 0, 2]),
]  # fmt: skip

DISPUTES = [52, 7, 9, 11, 79, 14, 0, 3, 5, 22, 8, 1, 2, 6, 17]

PROSE = (
    "本报告根据《中华人民共和国政府信息公开条例》第五十条的规定编制，所列数据的统计期限自2023年1月1日起至12月31日止。"
    "2023年，全县各级行政机关围绕群众关切推进主动公开，规范办理依申请公开，加强平台建设和监督保障，各项工作平稳有序。"
)


def numbers(figures: list[int]) -> list[str]:
    """The row as it is printed: six applicants and their total."""
    return [str(n) for n in (*figures, sum(figures))]


FIGURES: list[list[str]] = [
    *(values for _, _, rows in DISCLOSURE for _, values in rows),
    *(numbers(figures) for *_, figures in REQUESTS),
    [str(n) for n in DISPUTES],
]
"""What is printed in the rows with figures, in the order of the form."""


def check() -> None:
    """The figures satisfy the form's identities; without that the fixtures would be no truth."""
    rows = {label: figures for *_, label, figures in REQUESTS}
    for k in range(6):
        parts = [figures[k] for top, _, label, figures in REQUESTS if top and label != "（七）总计"]
        assert sum(parts) == rows["（七）总计"][k], (k, sum(parts))
        left = REQUESTS[0][3][k] + REQUESTS[1][3][k]
        assert left == rows["（七）总计"][k] + REQUESTS[-1][3][k], (k, left)
    for start in (0, 5, 10):
        assert sum(DISPUTES[start : start + 4]) == DISPUTES[start + 4]


def tables() -> list[list[list[tuple[str, int, int]]]]:
    """The three tables as rows of (text, rowspan, colspan)."""
    second: list[list[tuple[str, int, int]]] = []
    for heading, header, rows in DISCLOSURE:
        wide = 4 - len(header)
        second.append([(heading, 1, 4)])
        second.append([*((text, 1, 1) for text in header[:-1]), (header[-1], 1, 1 + wide)])
        for label, values in rows:
            second.append([(label, 1, 1), *((v, 1, 1) for v in values[:-1]), (values[-1], 1, 1 + wide)])
    third = [
        [
            ("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3),
            ("申请人情况", 1, 7),
        ],
        [("自然人", 2, 1), ("法人或其他组织", 1, 5), ("总计", 2, 1)],
        [(text, 1, 1) for text in APPLICANTS[1:6]],
    ]
    seen: set[str] = set()
    for top, group, label, figures in REQUESTS:
        row: list[tuple[str, int, int]] = []
        if top and top not in seen:
            row.append((top, sum(r[0] == top for r in REQUESTS), 1))
        if group and group not in seen:
            row.append((group, sum(r[1] == group for r in REQUESTS), 1))
        seen |= {top, group}
        row.append((label, 1, 3 - bool(top) - bool(group)))
        third.append([*row, *((n, 1, 1) for n in numbers(figures))])
    fourth = [
        [("行政复议", 1, 5), ("行政诉讼", 1, 10)],
        [*((o, 2, 1) for o in OUTCOMES), ("未经复议直接起诉", 1, 5), ("复议后起诉", 1, 5)],
        [(o, 1, 1) for o in OUTCOMES * 2],
        [(str(n), 1, 1) for n in DISPUTES],
    ]
    return [second, third, fourth]


def page(style: str, prose: int = 2) -> str:
    """The report as an html page, which every producer can read."""
    parts = [f"<h1>青石县2023年政府信息公开工作年度报告</h1><h2>一、总体情况</h2>{f'<p>{PROSE}</p>' * prose}"]
    headings = [
        "二、主动公开政府信息情况",
        "三、收到和处理政府信息公开申请情况",
        "四、政府信息公开行政复议、行政诉讼情况",
    ]
    for heading, rows in zip(headings, tables(), strict=True):
        lines = "".join(
            "<tr>"
            + "".join(f"<td rowspan={r} colspan={c}>{html.escape(t)}</td>" for t, r, c in row)
            + "</tr>"
            for row in rows
        )
        border = "" if "noborder" in style else 'border="1" cellspacing="0" cellpadding="3"'
        parts.append(f'<h2>{heading}</h2><table {border} width="100%">{lines}</table>')
    parts.append(
        f"<h2>五、存在的主要问题及改进情况</h2><p>{PROSE}</p><h2>六、其他需要报告的事项</h2><p>无。</p>"
    )
    return f'<html lang="zh"><head><meta charset="utf-8"><style>{style}</style></head><body>{"".join(parts)}</body></html>'


FONT = (
    "body{font-family:'WenQuanYi Micro Hei';font-size:11pt}h1{font-size:18pt}h2{font-size:13pt}"
    "h1,h2{font-weight:normal}"
)


def chromium(target: str, source: str) -> None:
    """Print a page with a browser."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(source, encoding="utf-8")
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                "--disable-pdf-tagging",
             f"--print-to-pdf={HERE / target}", path.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip


def office(target: str, source: bytes, suffix: str, *options: str) -> None:
    """Convert a page (html) or a book (xlsx) with LibreOffice to what `target` is named."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{Path(target).stem}{suffix}"
        path.write_bytes(source)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", *options, "--outdir", folder, str(path)]
        subprocess.run(command, check=True, capture_output=True)
        (HERE / target).write_bytes((Path(folder) / target).read_bytes())


def book() -> bytes:
    """The tables as an Excel book, one below the other, with thin borders."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Side

    sheet = Workbook().active
    line = Side(style="thin")
    at = 1
    for rows in tables():
        taken: set[tuple[int, int]] = set()
        for r, row in enumerate(rows):
            column = 0
            sheet.row_dimensions[at + r].height = 120 if any(len(text) > 30 for text, *_ in row[:3]) else 45
            for text, down, wide in row:
                while (r, column) in taken:
                    column += 1
                cells = [(r + i, column + j) for i in range(down) for j in range(wide)]
                taken.update(cells)
                for i, j in cells:
                    sheet.cell(at + i, 1 + j).border = Border(line, line, line, line)
                cell = sheet.cell(at + r, 1 + column, text)
                cell.alignment = Alignment(wrap_text=True, vertical="center")
                if len(cells) > 1:
                    sheet.merge_cells(None, at + r, 1 + column, at + r + down - 1, column + wide)
        at += len(rows) + 2
    for letter in "ABC":
        sheet.column_dimensions[letter].width = 16
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    out = io.BytesIO()
    sheet.parent.save(out)
    return out.getvalue()


def main() -> None:
    check()
    # A browser: collapsed borders, the tables run over pages, no repeated header.
    chromium("browser_print.pdf", page(FONT + "table{border-collapse:collapse}td{border:1px solid #000}"))
    # Separate borders with gaps between the cells, a row cut by the page break.
    chromium("cells_apart.pdf", page(FONT + "table{border-spacing:2px}@page{size:A4;margin:15mm}", prose=3))
    # No ruling lines at all.
    chromium("no_rulings.pdf", page(FONT + "/*noborder*/td{padding:2px 10px;text-align:center}", prose=1))
    # Landscape, with the page turned.
    chromium("landscape.pdf", page(FONT + "@page{size:A4 landscape}table{border-collapse:collapse}", prose=1))
    writer = ("--infilter=HTML (StarWriter)", "--convert-to")
    office("writer.pdf", page(FONT).encode(), ".html", *writer, "pdf:writer_pdf_Export")
    office("writer.doc", page(FONT).encode(), ".html", *writer, "doc:MS Word 97")
    office("calc.pdf", book(), ".xlsx", "--convert-to", "pdf:calc_pdf_Export")


if __name__ == "__main__":
    sys.exit(main())
