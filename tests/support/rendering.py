"""Renders one truth into every format in which reports are met, whole or damaged.

A report is a list of paragraphs and tables; a table is a list of rows of `Slot`, text with the
rows and columns it covers. The labels are those of the notices (国办公开办函〔2019〕60号 and
〔2021〕30号), typed here on purpose: what is rendered must not follow the library's own idea of
them.
"""

from __future__ import annotations

import html
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from openpyxl import Workbook

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Key = tuple[str, str, str]
"""Table, row and column code."""

APPLICANTS = {
    "natural_person": "自然人", "company": "商业企业", "research_institution": "科研机构",
    "public_interest_organisation": "社会公益组织", "legal_service": "法律服务机构", "other": "其他", "total": "总计",
}  # fmt: skip
ENDS = {
    "upheld": "结果维持",
    "corrected": "结果纠正",
    "other": "其他结果",
    "pending": "尚未审结",
    "total": "总计",
}
ROUTES = {
    "reconsideration": "行政复议", "direct_litigation": "未经复议直接起诉",
    "litigation_after_reconsideration": "复议后起诉",
}  # fmt: skip

OTHER_2019 = [("other", "（六）其他处理", "")]
OTHER_2021 = [
    ("other_not_corrected_in_time", "（六）其他处理",
     "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
    ("other_fee_unpaid", "（六）其他处理",
     "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"),
    ("other_other", "（六）其他处理", "3.其他"),
]  # fmt: skip
OUTCOMES = [
    ("granted", "（一）予以公开", ""),
    ("partly_granted", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）", ""),
    ("refused_state_secret", "（三）不予公开", "1.属于国家秘密"),
    ("refused_prohibited_by_law", "（三）不予公开", "2.其他法律行政法规禁止公开"),
    ("refused_safety_stability", "（三）不予公开", "3.危及“三安全一稳定”"),
    ("refused_third_party", "（三）不予公开", "4.保护第三方合法权益"),
    ("refused_internal_affairs", "（三）不予公开", "5.属于三类内部事务信息"),
    ("refused_process_information", "（三）不予公开", "6.属于四类过程性信息"),
    ("refused_enforcement_file", "（三）不予公开", "7.属于行政执法案卷"),
    ("refused_administrative_query", "（三）不予公开", "8.属于行政查询事项"),
    ("unavailable_not_held", "（四）无法提供", "1.本机关不掌握相关政府信息"),
    ("unavailable_needs_creation", "（四）无法提供", "2.没有现成信息需要另行制作"),
    ("unavailable_still_unclear", "（四）无法提供", "3.补正后申请内容仍不明确"),
    ("not_processed_petition", "（五）不予处理", "1.信访举报投诉类申请"),
    ("not_processed_duplicate", "（五）不予处理", "2.重复申请"),
    ("not_processed_publication", "（五）不予处理", "3.要求提供公开出版物"),
    ("not_processed_excessive", "（五）不予处理", "4.无正当理由大量反复申请"),
    ("not_processed_reconfirmation", "（五）不予处理", "5.要求行政机关确认或重新出具已获取信息"),
]
OUTER = {
    "received": "一、本年新收政府信息公开申请数量", "carried_in": "二、上年结转政府信息公开申请数量",
    "carried_out": "四、结转下年度继续办理",
}  # fmt: skip
DISCLOSURE = {
    "2021": [
        ("第二十条第（一）项", {"issued": "本年制发件数", "repealed": "本年废止件数", "in_force": "现行有效件数"},
         {"rules": "规章", "normative_documents": "行政规范性文件"}),
        ("第二十条第（五）项", {"decisions": "本年处理决定数量"}, {"licences": "行政许可"}),
        ("第二十条第（六）项", {"decisions": "本年处理决定数量"},
         {"penalties": "行政处罚", "coercive_measures": "行政强制"}),
        ("第二十条第（八）项", {"amount": "本年收费金额（单位：万元）"}, {"fees": "行政事业性收费"}),
    ],
    "2019": [
        ("第二十条第（一）项",
         {"made": "本年新制作数量", "newly_disclosed": "本年新公开数量", "disclosed_total": "对外公开总数量"},
         {"rules": "规章", "normative_documents": "规范性文件"}),
        ("第二十条第（五）项",
         {"items_last_year": "上一年项目数量", "change": "本年增/减", "decisions": "处理决定数量"},
         {"licences": "行政许可", "other_services": "其他对外管理服务事项"}),
        ("第二十条第（六）项",
         {"items_last_year": "上一年项目数量", "change": "本年增/减", "decisions": "处理决定数量"},
         {"penalties": "行政处罚", "coercive_measures": "行政强制"}),
        ("第二十条第（八）项", {"items_last_year": "上一年项目数量", "change": "本年增/减"},
         {"fees": "行政事业性收费"}),
        ("第二十条第（九）项", {"items": "采购项目数量", "amount": "采购总金额"}, {"procurement": "政府集中采购"}),
    ],
}  # fmt: skip


class Slot(NamedTuple):
    """A printed cell: a label, or the figure of a cell of the form (`key`)."""

    text: str
    rows: int = 1
    columns: int = 1
    key: Key | None = None


Grid = list[list[Slot]]
Block = str | Grid


@dataclass(frozen=True)
class Truth:
    """One report: its figures, and what is printed in each cell (``''`` blank, ``-`` a dash)."""

    edition: str
    single_other: bool
    figures: dict[Key, float]
    printed: dict[Key, str]

    def but(self, changes: dict[Key, str]) -> Truth:
        """The same with other text in some cells."""
        return replace(self, printed={**self.printed, **changes})


def request_rows(single_other: bool) -> list[str]:
    """Row codes of the requests table in the order of the form."""
    inner = [code for code, _, _ in OUTCOMES + (OTHER_2019 if single_other else OTHER_2021)]
    return ["received", "carried_in", *inner, "concluded", "carried_out"]


def true_report(
    rng: random.Random, edition: str = "2021", single_other: bool | None = None, zero: str = "0"
) -> Truth:
    """A consistent report with made-up figures; `zero` is what stands for none."""
    single = edition == "2019" if single_other is None else single_other
    some = Figures(rng, rng.choice([4, 40, 3000]), rng.choice([0.15, 0.4, 0.8]))
    value = made_up_requests(some, single) | made_up_disputes(some)
    printed = {key: str(number) for key, number in value.items()} | made_up_disclosure(some, edition)
    figures = {key: float(text) for key, text in printed.items()}
    return Truth(
        edition, single, figures, {key: zero if text == "0" else text for key, text in printed.items()}
    )


class Figures(NamedTuple):
    """Draws figures: the largest there may be, and the share of those that are not 0."""

    rng: random.Random
    largest: int
    filled: float

    def __call__(self) -> int:
        return self.rng.randint(1, self.largest) if self.rng.random() < self.filled else 0


def made_up_requests(some: Figures, single: bool) -> dict[Key, int]:
    """The figures of table 3; what came in is what was concluded and carried out."""
    value: dict[Key, int] = {}
    rows = request_rows(single)
    *people, _ = APPLICANTS
    for who in people:
        for row in rows[2:-2]:
            value["requests", row, who] = some()
        concluded = sum(value["requests", row, who] for row in rows[2:-2])
        value["requests", "concluded", who] = concluded
        value["requests", "carried_out", who] = some() // 3
        handled = concluded + value["requests", "carried_out", who]
        value["requests", "carried_in", who] = min(some() // 3, handled)
        value["requests", "received", who] = handled - value["requests", "carried_in", who]
    for row in rows:
        value["requests", row, "total"] = sum(value["requests", row, who] for who in people)
    return value


def made_up_disputes(some: Figures) -> dict[Key, int]:
    """The figures of table 4, with their sums."""
    value: dict[Key, int] = {}
    for route in ROUTES:
        *ends, _ = ENDS
        for end in ends:
            value["disputes", route, end] = some()
        if route == "reconsideration":  # a table in which nothing is printed is a case of its own
            value["disputes", route, ends[0]] += 1
        value["disputes", route, "total"] = sum(value["disputes", route, end] for end in ends)
    return value


def made_up_disclosure(some: Figures, edition: str) -> dict[Key, str]:
    """The figures of table 2, as they are printed."""
    return {
        ("disclosure", row, column): made_up_figure(some, column)
        for _, columns, lines in DISCLOSURE[edition]
        for row in lines
        for column in columns
    }


def made_up_figure(some: Figures, column: str) -> str:
    """A count, an amount or a change; a count is drawn for each, so that a seed always gives the same report."""
    count = str(some())
    if column == "amount":
        return f"{some()}.{some.rng.randint(1, 9)}" if some() else "0"
    if column == "change":
        return some.rng.choice(["0", f"+{some() + 1}", f"-{some() + 1}"])
    return count


# ------------------------------------------------------------------------------ the report as the form lays it out


def disclosure_grid(truth: Truth) -> Grid:
    """Table 2: blocks of rows, each under its article and its own header."""
    grid: Grid = []
    width = 3
    for article, columns, rows in DISCLOSURE[truth.edition]:
        spans = [width // len(columns)] * len(columns)
        spans[-1] += width - sum(spans)
        grid.append([Slot(article, columns=width + 1)])
        grid.append(
            [Slot("信息内容"), *(Slot(zh, columns=n) for zh, n in zip(columns.values(), spans, strict=True))]
        )
        for row, zh in rows.items():
            keys = [("disclosure", row, column) for column in columns]
            figures = [Slot(truth.printed[key], 1, n, key) for key, n in zip(keys, spans, strict=True)]
            grid.append([Slot(zh), *figures])
    return grid


def requests_grid(truth: Truth) -> Grid:
    """Table 3, with its merged labels."""
    outcomes = OUTCOMES + (OTHER_2019 if truth.single_other else OTHER_2021)

    def figures(row: str) -> list[Slot]:
        return [
            Slot(truth.printed[key], key=key) for key in (("requests", row, column) for column in APPLICANTS)
        ]

    *people, _, total = APPLICANTS.values()
    grid: Grid = [
        [
            Slot("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3),
            Slot("申请人情况", 1, 7),
        ],
        [Slot(people[0], 2), Slot("法人或其他组织", 1, 5), Slot(total, 2)],
        [Slot(zh) for zh in [*people[1:], APPLICANTS["other"]]],
        [Slot(OUTER["received"], 1, 3), *figures("received")],
        [Slot(OUTER["carried_in"], 1, 3), *figures("carried_in")],
    ]
    seen = ""
    for number, (row, group, label) in enumerate(outcomes):
        line = [Slot("三、本年度办理结果", len(outcomes) + 1)] if number == 0 else []
        if not label:
            line.append(Slot(group, 1, 2))
        else:
            if group != seen:
                line.append(Slot(group, sum(other == group for _, other, _ in outcomes)))
            line.append(Slot(label))
        seen = group
        grid.append([*line, *figures(row)])
    grid.append([Slot("（七）总计", 1, 2), *figures("concluded")])
    grid.append([Slot(OUTER["carried_out"], 1, 3), *figures("carried_out")])
    return grid


def disputes_grid(truth: Truth) -> Grid:
    """Table 4: fifteen figures in one row under three rows of headers."""
    keys = [("disputes", route, end) for route in ROUTES for end in ENDS]
    return [
        [Slot("行政复议", 1, 5), Slot("行政诉讼", 1, 10)],
        [*(Slot(zh, 2) for zh in ENDS.values()), Slot("未经复议直接起诉", 1, 5), Slot("复议后起诉", 1, 5)],
        [Slot(zh) for zh in (*ENDS.values(), *ENDS.values())],
        [Slot(truth.printed[key], key=key) for key in keys],
    ]


GRIDS = {"disclosure": disclosure_grid, "requests": requests_grid, "disputes": disputes_grid}
SECTIONS = {
    "disclosure": "二、主动公开政府信息情况",
    "requests": "三、收到和处理政府信息公开申请情况",
    "disputes": "四、政府信息公开行政复议、行政诉讼情况",
}


def blocks(truth: Truth, grids: dict[str, Grid] | None = None) -> list[Block]:
    """The whole report: title, sections, tables; `grids` where they differ from the form's."""
    tables = grids or {code: make(truth) for code, make in GRIDS.items()}
    found: list[Block] = [
        "石桥县2022年政府信息公开工作年度报告",
        "根据《中华人民共和国政府信息公开条例》的规定，编制本报告。",
        "一、总体情况",
        "全年工作平稳有序。",
    ]
    for code, heading in SECTIONS.items():
        if code in tables:
            found += [heading, tables[code]]
    return [*found, "五、存在的主要问题及改进情况", "公开内容有待丰富。", "六、其他需要报告的事项", "无。"]


# ------------------------------------------------------------------------------ damage to labels

TYPOS = {
    "属于国家秘密": "属干国家秘密",
    "保护第三方合法权益": "保护第三方合法权宜",
    "信访举报投诉类申请": "信访举报投拆类申请",
}


@cache
def _traditional(text: str) -> str:
    from opencc import OpenCC

    return str(OpenCC("s2t").convert(text))


def _mistyped(text: str) -> str:
    for right, wrong in TYPOS.items():
        text = text.replace(right, wrong)
    return text


LABELS: dict[str, Callable[[str], str]] = {
    "as printed": lambda text: text,
    "spaced": lambda text: " ".join(text) if len(text) <= 4 else text[:3] + "\u3000" + text[3:],
    "punctuated": lambda text: (
        text.replace(".", "、").replace("（", "(").replace("）", ")").replace("、行政", ",行政")
    ),
    "full width": lambda text: text.replace("1.", "１．").replace("2.", "２．").replace("3.", "３．"),
    "mistyped": _mistyped,
    "traditional": _traditional,
    "broken": lambda text: text if len(text) < 8 else text[:5] + "\n" + text[5:],
}


def relabelled(found: list[Block], damage: str) -> list[Block]:
    """The report with its labels in the tables damaged."""
    change = LABELS[damage]
    return [
        block
        if isinstance(block, str)
        else [[slot if slot.key else slot._replace(text=change(slot.text)) for slot in row] for row in block]
        for block in found
    ]


# ------------------------------------------------------------------------------ merged cells


def placed(grid: Grid) -> Iterator[tuple[int, int, Slot]]:
    """Each cell with the row and column of its top left corner."""
    taken: set[tuple[int, int]] = set()
    for r, row in enumerate(grid):
        c = 0
        for slot in row:
            while (r, c) in taken:
                c += 1
            yield r, c, slot
            taken |= {(r + i, c + j) for i in range(slot.rows) for j in range(slot.columns)}


def filled(grid: Grid, repeat: bool = False) -> Grid:
    """The grid without merged cells: fillers, empty or repeating the label, in their place."""
    lines: dict[int, dict[int, Slot]] = {}
    for r, c, slot in placed(grid):
        for i in range(slot.rows):
            for j in range(slot.columns):
                text = slot.text if repeat and not slot.key else ""
                lines.setdefault(r + i, {})[c + j] = (
                    slot._replace(rows=1, columns=1) if i == j == 0 else Slot(text)
                )
    return [[line[c] for c in sorted(line)] for _, line in sorted(lines.items())]


# ------------------------------------------------------------------------------ formats


def as_html(found: list[Block]) -> bytes:
    """A web page; cells without span attributes where a cell covers one place."""
    parts = []
    for block in found:
        if isinstance(block, str):
            parts.append(f"<p>{html.escape(block)}</p>")
            continue
        rows = []
        for row in block:
            cells = []
            for slot in row:
                spans = f' rowspan="{slot.rows}"' * (slot.rows > 1) + f' colspan="{slot.columns}"' * (
                    slot.columns > 1
                )
                text = html.escape(slot.text).replace("\n", "<br>") or "&nbsp;"
                cells.append(f"<td{spans}><p>{text}</p></td>")
            rows.append(f"<tr>{''.join(cells)}</tr>")
        parts.append(f"<table border=1><tbody>{''.join(rows)}</tbody></table>")
    title = html.escape(found[0]) if isinstance(found[0], str) else ""
    page = f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{title}</title></head><body>{{}}</body></html>"
    return page.format("\n".join(parts)).encode()


def as_docx(found: list[Block]) -> bytes:
    """A Word document with gridSpan and vMerge."""

    def paragraph(text: str) -> str:
        runs = "<w:br/>".join(
            f"<w:t xml:space='preserve'>{html.escape(line)}</w:t>" for line in text.split("\n")
        )
        return f"<w:p><w:r>{runs}</w:r></w:p>"

    def cell(slot: Slot, merge: str = "") -> str:
        span = f'<w:gridSpan w:val="{slot.columns}"/>' if slot.columns > 1 else ""
        return f"<w:tc><w:tcPr>{span}{merge}</w:tcPr>{paragraph(slot.text)}</w:tc>"

    body = []
    for block in found:
        if isinstance(block, str):
            body.append(paragraph(block))
            continue
        lines: dict[int, dict[int, str]] = {}
        for r, c, slot in placed(block):
            first = '<w:vMerge w:val="restart"/>' if slot.rows > 1 else ""
            lines.setdefault(r, {})[c] = cell(slot, first)
            for below in range(1, slot.rows):
                lines.setdefault(r + below, {})[c] = cell(slot._replace(text=""), "<w:vMerge/>")
        rows = ["".join(line[c] for c in sorted(line)) for _, line in sorted(lines.items())]
        columns = "<w:gridCol/>" * max(c + slot.columns for _, c, slot in placed(block))
        head = f"<w:tblPr/><w:tblGrid>{columns}</w:tblGrid>"
        body.append(f"<w:tbl>{head}{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>")
    office = "http://schemas.openxmlformats.org"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relation = f'Type="{office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships">'
        f'<Relationship Id="r1" {relation}/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{office}/wordprocessingml/2006/main">'
        f"<w:body>{''.join(body)}</w:body></w:document>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def as_xlsx(found: list[Block]) -> bytes:
    """A workbook of one sheet with merged ranges; figures as numbers where they are plain ones."""
    sheet = (book := Workbook()).active
    top = 1
    for block in found:
        if isinstance(block, str):
            sheet.cell(top, 1, block)
            top += 1
            continue
        for r, c, slot in placed(block):
            plain = slot.key and slot.text.isdigit()
            sheet.cell(top + r, c + 1, int(slot.text) if plain else slot.text or None)
            if slot.rows > 1 or slot.columns > 1:
                sheet.merge_cells(
                    start_row=top + r, end_row=top + r + slot.rows - 1,
                    start_column=c + 1, end_column=c + slot.columns,
                )  # fmt: skip
        top += len(block) + 1
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_markdown(found: list[Block]) -> bytes:
    """Pipe tables, which know no merged cells: a filler stands in each place."""
    lines: list[str] = []
    for block in found:
        if isinstance(block, str):
            lines += [block, ""]
            continue
        rows = [[slot.text.replace("\n", " ") for slot in row] for row in filled(block)]
        lines += ["| " + " | ".join(rows[0]) + " |", "|" + " --- |" * len(rows[0])]
        lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
        lines.append("")
    return "\n".join(lines).encode()


def as_text(found: list[Block], between: str = "\n\n") -> bytes:
    """Copied text: one cell a paragraph, merged labels once, blank cells as empty ones."""
    parts: list[str] = []
    for block in found:
        parts += [block] if isinstance(block, str) else [slot.text for row in block for slot in row]
    return between.join(parts).encode()


def as_rows(found: list[Block]) -> bytes:
    """Text with one line a row, cells parted by tabs."""
    lines: list[str] = []
    for block in found:
        lines += (
            [block] if isinstance(block, str) else ["\t".join(slot.text for slot in row) for row in block]
        )
    return "\n".join(lines).encode()


FORMATS: dict[str, Callable[[list[Block]], bytes]] = {
    "html": as_html, "docx": as_docx, "xlsx": as_xlsx, "md": as_markdown, "txt": as_text, "tsv": as_rows,
}  # fmt: skip


# ------------------------------------------------------------------------------ more trouble


def unmerged(found: list[Block], repeat: bool = False) -> list[Block]:
    """The report with fillers, empty or repeating the label, instead of merged cells."""
    return [block if isinstance(block, str) else filled(block, repeat) for block in found]


def broken_over(found: list[Block], rows: int, header: int = 0, between: str = "") -> list[Block]:
    """The requests table cut in two after some rows, as at the end of a page.

    `header` rows are printed again on the next page, `between` is what stands there (a page
    number). Merged labels go on in a cell of their own, which is empty.
    """
    result: list[Block] = []
    for block in found:
        if isinstance(block, str) or len(block) < 20:
            result.append(block)
            continue
        parts: tuple[dict[int, list[tuple[int, Slot]]], ...] = ({}, {})
        for r, c, slot in placed(block):
            above = min(slot.rows, max(0, rows - r))
            if above:
                parts[0].setdefault(r, []).append((c, slot._replace(rows=above)))
            if slot.rows > above:
                rest = slot._replace(rows=slot.rows - above, text="" if above else slot.text)
                parts[1].setdefault(max(r, rows), []).append((c, rest))
        first, second = ([[slot for _, slot in sorted(part[r])] for r in sorted(part)] for part in parts)
        result += [first, *([between] if between else []), block[:header] + second]
    return result


def reordered(found: list[Block], order: list[str]) -> list[Block]:
    """The first applicants under 法人或其他组织 in another order, labels and figures alike."""
    names = list(APPLICANTS)[1 : 1 + len(order)]
    at = {APPLICANTS[name]: APPLICANTS[other] for name, other in zip(names, order, strict=True)}
    to = dict(zip(names, order, strict=True))
    result: list[Block] = []
    for block in found:
        if isinstance(block, str):
            result.append(block)
            continue
        figures = {slot.key: slot for row in block for slot in row if slot.key}
        lines: Grid = []
        for row in block:
            line = []
            for slot in row:
                if slot.key and slot.key[0] == "requests":
                    line.append(figures[slot.key[0], slot.key[1], to.get(slot.key[2], slot.key[2])])
                else:
                    line.append(slot if slot.key else slot._replace(text=at.get(slot.text, slot.text)))
            lines.append(line)
        result.append(lines)
    return result


def run_together(found: list[Block], rows: set[str]) -> list[Block]:
    """The figures of some request rows, and of reconsiderations, without anything between them."""
    result: list[Block] = []
    for block in found:
        if isinstance(block, str):
            result.append(block)
            continue
        lines: Grid = []
        for row in block:
            figures = [slot for slot in row if slot.key and slot.key[1] in rows]
            if figures and all(slot.text.isdigit() for slot in figures):
                at = row.index(figures[0])
                glued = figures[0]._replace(text="".join(slot.text for slot in figures))
                row = [*row[:at], glued, *row[at + len(figures) :]]
            lines.append(row)
        result.append(lines)
    return result


PAGE_WIDTH, PAGE_HEIGHT, PAGE_MARGIN, LETTER = 595.0, 842.0, 40.0, 6.5
"""A4 and the size of its letters, in points."""


def as_pdf(found: list[Block]) -> bytes:
    """A ruled pdf, as matplotlib writes it: A4 pages, tables cut wherever a page ends."""
    from matplotlib.backends.backend_pdf import PdfPages

    paper = Paper()
    for block in found:
        if isinstance(block, str):
            paper.write(paper.sheets[-1], PAGE_MARGIN, paper.y, block)
        else:
            draw_table(paper, block)
        paper.y += 3 * LETTER
    buffer = io.BytesIO()
    with PdfPages(buffer) as pages:
        for figure in paper.sheets:
            pages.savefig(figure)
    return buffer.getvalue()


class Paper:
    """Pages that are filled from the top; `y` is where the last one is filled to."""

    def __init__(self) -> None:
        from matplotlib.font_manager import FontProperties
        from pylopdf_fonts_zh_cn import sans_path

        self.font = FontProperties(fname=str(sans_path()), size=LETTER)
        self.sheets: list[Figure] = []
        self.turn()

    def turn(self) -> None:
        """Begin a new page."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(PAGE_WIDTH / 72, PAGE_HEIGHT / 72))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, PAGE_WIDTH), ylim=(PAGE_HEIGHT, 0))
        self.sheets.append(figure)
        self.y = PAGE_MARGIN

    def row(self, tall: float) -> tuple[Figure, float]:
        """The page and the top of a table's next row."""
        if self.y + tall > PAGE_HEIGHT - PAGE_MARGIN:
            self.turn()
        top = self.y
        self.y += tall
        return self.sheets[-1], top

    def write(self, figure: Figure, x: float, y: float, text: str) -> None:
        """A line of text below a point."""
        figure.axes[0].text(x, y, text, fontproperties=self.font, va="top", parse_math=False)

    def rule(self, figure: Figure, x0: float, y0: float, x1: float, y1: float) -> None:
        """A black line."""
        figure.axes[0].plot([x0, x1], [y0, y1], color="black", linewidth=0.5)


def draw_table(paper: Paper, block: Grid) -> None:
    """Rule a table and write what stands in its cells."""
    edges = column_edges(block)
    heights = row_heights(block, edges)
    tops = [paper.row(tall) for tall in heights]
    for r, c, slot in placed(block):
        left, right = edges[c], edges[c + slot.columns]
        rows = range(r, r + slot.rows)
        parts = [(*tops[line], tops[line][1] + heights[line]) for line in rows]
        frame_cell(paper, left, right, parts)
        sheet, top = tops[r]
        for i, text in enumerate(lines_of(slot, right - left)):
            paper.write(sheet, left + 2, top + 2 + i * 1.4 * LETTER, text)


def frame_cell(paper: Paper, left: float, right: float, parts: list[tuple[Figure, float, float]]) -> None:
    """Rule a cell, of which the page, top and bottom in each row are given; over two pages it is ruled on both."""
    last = len(parts) - 1
    for n, (sheet, top, bottom) in enumerate(parts):
        paper.rule(sheet, left, top, left, bottom)
        paper.rule(sheet, right, top, right, bottom)
        if n == 0 or parts[n - 1][0] is not sheet:
            paper.rule(sheet, left, top, right, top)
        if n == last or parts[n + 1][0] is not sheet:
            paper.rule(sheet, left, bottom, right, bottom)


def column_edges(block: Grid) -> list[float]:
    """Where the columns of a table begin and end: those of long labels are wider."""
    cells = list(placed(block))
    columns = max(c + slot.columns for _, c, slot in cells)
    labels: set[int] = set()
    if len(block) > 4 and any(slot.key for slot in block[-1]):
        labels = {c for _, c, slot in cells if slot.columns == 1 and not slot.key and len(slot.text) > 4}
    weights = [3.0 if c in labels else 1.0 for c in range(columns)]
    wide = PAGE_WIDTH - 2 * PAGE_MARGIN
    return [PAGE_MARGIN + wide * sum(weights[:c]) / sum(weights) for c in range(columns + 1)]


def row_heights(block: Grid, edges: list[float]) -> list[float]:
    """How tall the rows are, so that the text of each cell has room."""
    needed = [
        (r, slot.rows, len(lines_of(slot, edges[c + slot.columns] - edges[c])))
        for r, c, slot in placed(block)
    ]
    most = [1] * len(block)
    for r, rows, count in needed:
        if rows == 1:
            most[r] = max(most[r], count)
    heights = [1.4 * LETTER * count + 4 for count in most]
    for r, rows, count in needed:  # a merged label needs room too
        short = 1.4 * LETTER * count + 4 - sum(heights[r : r + rows])
        heights[r] += max(short, 0)
    return heights


def lines_of(slot: Slot, wide: float) -> list[str]:
    """The lines of a cell's text; a figure is never broken."""
    if slot.key:
        return [slot.text]
    fit = max(1, int((wide - 4) / LETTER))
    return [part[i : i + fit] for part in slot.text.split("\n") for i in range(0, len(part), fit)]
