"""Write the bundled reports and figures of ``data/raw`` from tables of published figures.

The figures are facts taken from published reports; the documents they are written into follow the
official form, and the few sentences around the tables are our own. What a report leaves blank is
left blank. Output is the same to the byte every time.

    python scripts/write_bundled_reports.py FIGURES_FOLDER data/raw

``FIGURES_FOLDER`` holds ``tables.csv``, ``tables_partial.csv`` and ``headline.csv``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from reportlib.form import Label, Table, edition

OBTAINED = "2026-11-23"
SCOPES = {"whole region": "region", "the office itself": "own", "the body itself": "own"}
COPY = "copy of the report in a public code repository"
Values = dict[tuple[str, str, str], str]


class Cell(NamedTuple):
    """A cell to be written, with what it spans."""

    text: str
    rowspan: int = 1
    colspan: int = 1


class Entry(NamedTuple):
    """One report to be written."""

    file: str
    body: str
    year: int
    edition: str
    scope: str
    address: str = COPY
    published: str = ""
    note: str = ""


REPORTS = (
    Entry("suqian_2023.html", "宿迁市", 2023, "2021", "region"),
    Entry("suqian_2024.docx", "宿迁市", 2024, "2021", "region"),
    Entry("suqian_2025.md", "宿迁市", 2025, "2021", "region", note="only part of the report is known"),
    Entry("hongze_2024.docx", "淮安市洪泽区", 2024, "2021", "region", note="keeps one row for (六)其他处理"),
    Entry(
        "shanghai_office_2019.xlsx",
        "上海市人民政府办公厅",
        2019,
        "2019",
        "own",
        published="2020-01-31",
        note="cells that the report leaves blank are blank",
    ),
    Entry(
        "shanghai_science_2024.html",
        "上海市科学技术委员会",
        2024,
        "2021",
        "own",
        note="the last total is blank in the report",
    ),
    Entry(
        "shuyang_2025.md",
        "沭阳县",
        2025,
        "2021",
        "region",
        published="2026-01-23",
        note="the source prints 沐阳县 throughout",
    ),
    Entry(
        "chongqing_2020.txt",
        "重庆市",
        2020,
        "2019",
        "region",
        address="preview on a document-sharing site (taowenge.com)",
        note="only the last seven rows of table 3, and table 4, are known; digits stand run together as in the source",
    ),
)

SUQIAN_2025 = {
    "disclosure": {"rules": "3 0 15", "normative_documents": "61 59 422"},
    "requests": {"received": "3746 63 0 0 19 2 3830"},
    "disputes": {
        "reconsideration": "119 25 91 24 259",
        "direct_litigation": "7 0 15 6 28",
        "litigation_after_reconsideration": "21 1 7 9 38",
    },
}
CHONGQING_2020 = {
    "not_processed_duplicate": "4023000063", "not_processed_publication": "1000001",
    "not_processed_excessive": "5000005", "not_processed_reconfirmation": "7000007",
    "other": "241002027", "concluded": "536734522816295787", "carried_out": "123200001144",
}  # fmt: skip
CHONGQING_DISPUTES = ("155628485386", "351 43 68 102 564", "51 4 12 17 84")


# ------------------------------------------------------------------ the official form as grids
def words(label: Label) -> str:
    """A label as the form prints it, with the unit where the column is an amount in a fixed unit."""
    return (
        label.number + label.zh + (f"（单位：{label.unit}）" if label.kind == "amount" and label.unit else "")
    )


def disclosure_grid(table: Table, value: Callable[[str, str], str]) -> list[list[Cell]]:
    """Table 2: a heading, a line of column labels and the rows, for every block."""
    width = max(len(block.columns) for block in table.blocks)
    grid = []
    for heading in dict.fromkeys(block.heading for block in table.blocks):
        block = next(block for block in table.blocks if block.heading == heading)
        spans = [width // len(block.columns)] * len(block.columns)
        spans[-1] += width - sum(spans)
        grid.append([Cell(heading, colspan=width + 1)])
        grid.append(
            [
                Cell(table.corner[0]),
                *(Cell(words(c), 1, n) for c, n in zip(block.columns, spans, strict=True)),
            ]
        )
        for row in block.rows:
            cells = [Cell(value(row.code, c.code), 1, n) for c, n in zip(block.columns, spans, strict=True)]
            grid.append([Cell(words(row)), *cells])
    return grid


def requests_grid(table: Table, value: Callable[[str, str], str], single: bool) -> list[list[Cell]]:
    """Table 3: three header lines, then the rows with their merged labels."""
    columns, (people,) = table.columns, table.column_groups
    corner, remark = table.corner
    grid = [
        [Cell(f"（{remark}）", 3, 3), Cell(corner, 1, 7)],
        [Cell(columns[0].zh, 2), Cell(people.zh, 1, 5), Cell(columns[-1].zh, 2)],
        [Cell(column.zh) for column in columns[1:-1]],
    ]
    rows = [table.row(code) for code in table.row_codes(single)]
    groups = {group.code: group for group in table.groups}
    begin, end = 2, len(rows) - 1
    previous = ""
    for at, row in enumerate(rows):
        line = [Cell(table.headings[0], end - begin)] if at == begin else []
        if not begin <= at < end:
            line.append(Cell(words(row), 1, 3))
        elif not row.group or row.number == groups[row.group].number:
            line.append(Cell(words(row), 1, 2))
        else:
            if row.group != previous:
                members = sum(other.group == row.group for other in rows)
                line.append(Cell(words(groups[row.group]), members))
            line.append(Cell(words(row)))
        previous = row.group
        grid.append(line + [Cell(value(row.code, column.code)) for column in columns])
    return grid


def disputes_grid(table: Table, value: Callable[[str, str], str]) -> list[list[Cell]]:
    """Table 4: one line of fifteen numbers under three header lines."""
    first, *lawsuits = table.rows
    outcomes = [column.zh for column in table.columns]
    return [
        [Cell(first.zh, 1, 5), Cell(table.groups[0].zh, 1, 10)],
        [*(Cell(text, 2) for text in outcomes), *(Cell(row.zh, 1, 5) for row in lawsuits)],
        [Cell(text) for text in outcomes * 2],
        [Cell(value(row.code, column.code)) for row in table.rows for column in table.columns],
    ]


def grids(code: str, values: Values) -> dict[str, list[list[Cell]]]:
    """The three tables of an edition, filled in."""
    form = edition(code)
    single = ("requests", "other", "total") in values
    draw: dict[str, Any] = {
        "disclosure": lambda table, value: disclosure_grid(table, value),
        "requests": lambda table, value: requests_grid(table, value, single),
        "disputes": lambda table, value: disputes_grid(table, value),
    }
    return {
        table.code: draw[table.code](
            table, lambda row, column, t=table.code: values.get((t, row, column), "")
        )
        for table in form.tables
    }


# ------------------------------------------------------------------ the text around the tables
def blocks(entry: Entry, tables: dict[str, Any]) -> list[str | list[list[Cell]]]:
    """Title, sections and tables in the order of the form."""
    form = {table.code: table for table in edition(entry.edition).tables}
    numerals = "一二三四五六"
    title = f"{entry.body}{entry.year}年政府信息公开工作年度报告"
    year = entry.year
    parts: list[str | list[list[Cell]]] = [f"# {title}"]
    if entry.published:
        parts.append(f"发布日期：{entry.published}")
    parts += [
        f"本报告所列数据的统计期限为{year}年1月1日至{year}年12月31日。",
        f"## {numerals[0]}、总体情况",
        "本文件只收录报告中的统计数据，各表按规定格式列出。",
    ]
    for numeral, (code, grid) in zip(numerals[1:4], tables.items(), strict=True):
        parts += [f"## {numeral}、{form[code].zh}", grid]
    return [
        *parts,
        f"## {numerals[4]}、存在的主要问题及改进情况",
        "本文件未收录这一部分的文字。",
        f"## {numerals[5]}、其他需要报告的事项",
        "本文件由公布的数据重新录入而成，表格以外的文字不是原报告的文字。",
    ]


# ------------------------------------------------------------------ the formats
def occupied(grid: list[list[Cell]]) -> Iterable[tuple[int, int, Cell]]:
    """Every cell with the row and column of its top left corner."""
    taken: set[tuple[int, int]] = set()
    for r, line in enumerate(grid):
        c = 0
        for cell in line:
            while (r, c) in taken:
                c += 1
            yield r, c, cell
            taken |= {(r + i, c + j) for i in range(cell.rowspan) for j in range(cell.colspan)}


def as_html(parts: list[Any]) -> bytes:
    """A page with merged cells."""
    out = []
    for part in parts:
        if isinstance(part, str):
            tag = "h1" if part.startswith("# ") else "h2" if part.startswith("## ") else "p"
            out.append(f"<{tag}>{escape(part.lstrip('# '))}</{tag}>")
            continue
        out.append('<table border="1">')
        for line in part:
            cells = "".join(
                "<td"
                + (f' rowspan="{c.rowspan}"' if c.rowspan > 1 else "")
                + (f' colspan="{c.colspan}"' if c.colspan > 1 else "")
                + f">{escape(c.text)}</td>"
                for c in line
            )
            out.append(f"<tr>{cells}</tr>")
        out.append("</table>")
    title = escape(parts[0].lstrip("# "))
    head = f'<!DOCTYPE html>\n<html lang="zh-CN">\n<head><meta charset="utf-8"><title>{title}</title></head>\n<body>\n'
    return (head + "\n".join(out) + "\n</body>\n</html>\n").encode()


def as_markdown(parts: list[Any]) -> bytes:
    """Pipe tables; a merged cell's text stands once, the cells it covers are empty."""
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
            continue
        places = list(occupied(part))
        width = max(c + cell.colspan for _, c, cell in places)
        lines = [[""] * width for _ in part]
        for r, c, cell in places:
            lines[r][c] = cell.text
        lines.insert(1, ["---"] * width)
        out.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
    return ("\n\n".join(out) + "\n").encode()


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip file that is the same every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def as_docx(parts: list[Any]) -> bytes:
    """A word-processor document with merged cells (gridSpan and vMerge)."""

    def paragraph(text: str) -> str:
        return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'

    def table(grid: list[list[Cell]]) -> str:
        places = list(occupied(grid))
        width = max(c + cell.colspan for _, c, cell in places)
        lines: list[dict[int, str]] = [{} for _ in grid]
        for r, c, cell in places:
            for i in range(cell.rowspan):
                merge = "" if cell.rowspan == 1 else "<w:vMerge/>" if i else '<w:vMerge w:val="restart"/>'
                properties = f'<w:gridSpan w:val="{cell.colspan}"/>{merge}'
                text = "" if i else cell.text
                lines[r + i][c] = f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"
        rows = "".join(f"<w:tr>{''.join(line[c] for c in sorted(line))}</w:tr>" for line in lines)
        borders = "".join(
            f'<w:{side} w:val="single" w:sz="4"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        columns = '<w:gridCol w:w="900"/>' * width
        head = f"<w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr><w:tblGrid>{columns}</w:tblGrid>"
        return f"<w:tbl>{head}{rows}</w:tbl>"

    body = "".join(paragraph(part.lstrip("# ")) if isinstance(part, str) else table(part) for part in parts)
    declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    office = "http://schemas.openxmlformats.org"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    contents = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>",
        "word/document.xml": f'<w:document xmlns:w="{office}/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>",
    }
    return zipped((name, (declaration + text).encode()) for name, text in contents.items())


def as_xlsx(parts: list[Any]) -> bytes:
    """A workbook: the text on the first sheet, each table on a sheet of its own."""
    book = Workbook()
    text = book.active
    assert text is not None
    text.title = "报告"
    heading = ""
    for part in parts:
        if isinstance(part, str):
            heading = part.lstrip("# ")
            text.append([heading])
            continue
        sheet = book.create_sheet(f"表{heading[0]}")
        sheet["A1"] = heading
        for r, c, cell in occupied(part):
            place = sheet.cell(r + 2, c + 1, int(cell.text) if cell.text.isdigit() else cell.text or None)
            if cell.rowspan > 1 or cell.colspan > 1:
                last = f"{get_column_letter(c + cell.colspan)}{r + 1 + cell.rowspan}"
                sheet.merge_cells(f"{place.coordinate}:{last}")
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        files = [(name, archive.read(name)) for name in archive.namelist()]
    stamp = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    return zipped((name, stamp.sub(b"2026-11-23T00:00:00Z", data)) for name, data in files)


def suqian_2025() -> bytes:
    """The part of the report that is known: the first block of table 2, one row of table 3, table 4."""
    form = edition("2021")
    disclosure, requests, disputes = form.tables
    block = disclosure.blocks[0]
    known = {(t, r): text.split() for t, rows in SUQIAN_2025.items() for r, text in rows.items()}
    first = [[Cell(disclosure.corner[0]), *(Cell(words(c)) for c in block.columns)]]
    first += [[Cell(words(row)), *map(Cell, known["disclosure", row.code])] for row in block.rows]
    second = [[Cell(requests.corner[0]), *(Cell(c.zh) for c in requests.columns)]]
    second += [[Cell(words(requests.row("received"))), *map(Cell, known["requests", "received"])]]
    cells = {
        (r.code, c.code): known["disputes", r.code][i]
        for r in disputes.rows
        for i, c in enumerate(disputes.columns)
    }
    third = disputes_grid(disputes, lambda row, column: cells[row, column])
    entry = next(entry for entry in REPORTS if entry.file == "suqian_2025.md")
    return as_markdown(blocks(entry, {"disclosure": first, "requests": second, "disputes": third}))


def chongqing_2020() -> bytes:
    """Running text, digits run together as in the source; figures of the text in a sentence of our own."""
    form = edition("2019")
    disclosure, requests, disputes = form.tables
    outcomes = [column.zh for column in disputes.columns]
    rows = [requests.row(code) for code in CHONGQING_2020]
    lines = [
        "重庆市2020年政府信息公开工作年度报告",
        "一、总体情况",
        "2020年，主动公开政府信息152万条，其中市本级62.8万条、区县89.2万条。现行有效的政府规章173件、规范性文件867件。",
        f"二、{disclosure.zh}",
        "来源中没有这张表。",
        f"三、{requests.zh}",
        "来源中只有这张表的最后七行。",
        *(words(row) + CHONGQING_2020[row.code] for row in rows),
        f"四、{disputes.zh}",
        disputes.rows[0].zh,
        " ".join(outcomes),
        CHONGQING_DISPUTES[0],
        disputes.groups[0].zh,
    ]
    for row, numbers in zip(disputes.rows[1:], CHONGQING_DISPUTES[1:], strict=True):
        lines += [row.zh, *(label + number for label, number in zip(outcomes, numbers.split(), strict=True))]
    lines += ["五、存在的主要问题及改进情况", "本文件未收录这一部分的文字。", "六、其他需要报告的事项"]
    lines += ["本文件由公布的数据重新录入而成，表格以外的文字不是原报告的文字。"]
    return ("\n".join(lines) + "\n").encode()


WRITERS: dict[str, Callable[[list[Any]], bytes]] = {
    ".html": as_html,
    ".md": as_markdown,
    ".docx": as_docx,
    ".xlsx": as_xlsx,
}
PARTIAL = {"suqian_2025.md": suqian_2025, "chongqing_2020.txt": chongqing_2020}


def document(entry: Entry, rows: list[dict[str, str]]) -> bytes:
    """The bytes of one report."""
    if entry.file in PARTIAL:
        return PARTIAL[entry.file]()
    values = {
        (row["table"], row["row"], row["column"]): ""
        if "blank in the report" in row["source"]
        else row["value"]
        for row in rows
        if row["agency"] == entry.body and int(row["year"]) == entry.year
    }
    amount = ("disclosure", "procurement", "amount")
    if amount in values:
        values[amount] += "元"  # the 2019 form fixes no unit, the report prints it in the cell
    return WRITERS[Path(entry.file).suffix](blocks(entry, grids(entry.edition, values)))


# ------------------------------------------------------------------ figures without a document
ZERO = {
    "requests_total": "申请", "requests_new": "申请|新收", "requests_handled": "办结|答复",
    "requests_carried_in": "结转|转结", "requests_carried_out": "下一?年|转结|结转",
    "reconsiderations": "复议", "litigations": "诉讼", "normative_docs_issued": "文件",
}  # fmt: skip


def precision(row: dict[str, str], printed_zeros: set[tuple[str, str]]) -> str:
    """How exact a figure is, from the words it stands in: exact, rounded, at_least or stated_none."""
    value, quote, unit = row["value"], row["quote"], row["unit"]
    if value == "0":
        key = ZERO.get(row["indicator"], "$^")
        printed = "表" in quote or re.search(rf"({key})[^,;,、;]{{0,8}}0(?!\d)", quote)
        in_table = (
            row["indicator"] == "normative_docs_issued" and (row["agency"], row["year"]) in printed_zeros
        )
        return "exact" if printed or in_table or "信息处理费" in quote[-5:] else "stated_none"
    if "余" in unit or re.search(rf"{value}余", quote):
        return "at_least"
    # A round number whose digits are not in the sentence stood there as so many 万.
    return "rounded" if value not in quote and int(value) >= 10_000 and int(value) % 100 == 0 else "exact"


def kind(row: dict[str, str]) -> str:
    """Whether a figure stands in words, or was looked up in one of the tables (表二 …)."""
    return "from_table" if row["quote"].startswith("表") else "headline"


def figures(folder: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The rows of ``headline_figures.csv`` and ``partial_tables.csv``."""
    with (folder / "tables_partial.csv").open(encoding="utf-8-sig", newline="") as lines:
        partial = list(csv.DictReader(lines))
    with (folder / "headline.csv").open(encoding="utf-8-sig", newline="") as lines:
        headline = list(csv.DictReader(lines))
    zeros = {
        (r["agency"], r["year"])
        for r in partial
        if (r["row"], r["column"], r["value"]) == ("normative_documents", "issued", "0")
    }

    def line(
        row: dict[str, str], indicator: str, unit: str, how: str, address: str, kind: str
    ) -> dict[str, str]:
        return {
            "body": row["agency"], "level": row["level"], "year": row["year"], "indicator": indicator,
            "value": row["value"], "unit": unit, "scope": SCOPES[row["scope"]], "precision": how,
            "kind": kind, "address": address,
        }  # fmt: skip

    first = [
        line(r, r["indicator"], re.sub(r"\(.*", "", r["unit"]), precision(r, zeros), r["url"], kind(r))
        for r in headline
    ]
    second = []
    for r in partial:
        unit = edition(r["form"]).table(r["table"]).column(r["column"]).unit
        code = ".".join((r["table"], r["row"], r["column"]))
        second.append(line(r, code, unit, "exact", r["source"], "partial_table"))
    return first, second


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    """A CSV file in UTF-8 with line feeds."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(folder: Path, raw: Path) -> None:
    """Write documents, records and figures."""
    with (folder / "tables.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    with (raw / "bodies.csv").open(encoding="utf-8", newline="") as lines:
        bodies = {row["name"]: row for row in csv.DictReader(lines)}
    (raw / "reports").mkdir(parents=True, exist_ok=True)
    records = []
    for entry in REPORTS:
        data = document(entry, rows)
        (raw / "reports" / entry.file).write_bytes(data)
        records.append(
            {
                "file": f"reports/{entry.file}", "sha256": hashlib.sha256(data).hexdigest(), "bytes": str(len(data)),
                "body": entry.body, "region_code": bodies[entry.body]["region_code"],
                "level": bodies[entry.body]["level"],
                "scope": entry.scope, "year": str(entry.year), "address": entry.address,
                "date_published": entry.published, "date_obtained": OBTAINED, "kind": "retyped", "note": entry.note,
            }
        )  # fmt: skip
    write_csv(raw / "sources.csv", records)
    first, second = figures(folder)
    write_csv(raw / "headline_figures.csv", first)
    write_csv(raw / "partial_tables.csv", second)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
