"""Damages to labels and headers: misprints, remarks, other scripts and punctuation, headers that are wrong or gone."""

import functools

import opencc

from . import form
from .damages import GRIDS, HTML, LABELS, PLAIN, damage
from .model import Cell, Para, Row

CONFUSED = {
    "止": "正",
    "己": "已",
    "申": "由",
    "末": "未",
    "公": "分",
    "政": "攻",
    "数": "教",
    "理": "里",
    "信": "言",
}


def labels(doc, wanted=lambda row: True):
    """Every label cell of the report's own tables with its row."""
    pairs = [(row, cell) for table in doc.tables() for row in table.rows for cell in row.cells]
    return [(row, cell) for row, cell in pairs if not cell.key and cell.text and wanted(row)]


def _rewrite_labels(doc, rng, write, share=1.0, wanted=lambda row: True):
    done = False
    for _, cell in labels(doc, wanted):
        new = write(cell.text) if rng.random() < share else cell.text
        done = done or new != cell.text
        cell.text = new
    return done


@damage("misprinted labels of rows: one character wrong, lost or doubled", stage=LABELS)
def labels_misprinted(doc, rng):
    def write(text):
        if len(text) < 6:
            return text
        at = rng.randrange(3, len(text))
        wrong = CONFUSED.get(text[at], rng.choice("的行政之"))
        return text[:at] + rng.choice([wrong, "", text[at] * 2]) + text[at + 1 :]

    return _rewrite_labels(doc, rng, write, 0.25, lambda row: row.name)


@damage("stray spaces in labels: 总 计", stage=LABELS)
def labels_spaced(doc, rng):
    space = rng.choice([" ", "\u3000", "\u00a0"])

    def write(text):
        at = rng.randrange(1, len(text)) if len(text) > 1 else 0
        return text[:at] + space + text[at:]

    return _rewrite_labels(doc, rng, write, 0.4)


@damage("other punctuation and brackets: 1、 1． (一) 1 ", stage=LABELS)
def labels_other_punctuation(doc, rng):
    point = rng.choice(["、", "．", " ", ". ", "，"])
    brackets = rng.choice([("(", ")"), ("（", "）"), ("〔", "〕")])

    def write(text):
        text = text.replace("（", brackets[0]).replace("）", brackets[1])
        return text.replace(".", point, 1)

    return _rewrite_labels(doc, rng, write)


@damage("labels in traditional characters", stage=LABELS)
def labels_traditional(doc, rng):
    convert = _converter(rng.choice(["s2t", "s2tw", "s2hk"]))
    for block in doc.blocks:
        if isinstance(block, Para) and rng.random() < 0.9:
            block.text = convert(block.text)
    return _rewrite_labels(doc, rng, convert)


@functools.cache
def _converter(kind):
    return opencc.OpenCC(kind).convert


@damage("labels with a remark in brackets: 规章(县级无此项)", stage=LABELS)
def labels_with_remarks(doc, rng):
    remark = rng.choice(["（县级无此项）", "(含派出机构)", "（件）", "(本级)"])
    return _rewrite_labels(doc, rng, lambda text: text + remark, 0.3, lambda row: row.name)


@damage("labels and headers with the year: 本年(2023)制发件数", stage=LABELS)
def labels_with_years(doc, rng):
    year = rng.choice([f"（{doc.figures.year}）", f"({doc.figures.year}年)"])
    return _rewrite_labels(doc, rng, lambda text: text.replace("本年", "本年" + year))


@damage("readings of characters in brackets: 制發(fā)", stage=LABELS)
def labels_with_readings(doc, rng):
    def write(text):
        for plain, reading in (("发", "发(fā)"), ("处", "处(chǔ)"), ("数", "数(shù)"), ("行", "行(xíng)")):
            text = text.replace(plain, reading, 1)
        return text

    return _rewrite_labels(doc, rng, write, 0.5)


@damage("labels without their numbers", stage=LABELS)
def labels_without_numbers(doc, rng):
    def write(text):
        head, point, rest = text.partition(".")
        return rest if point and head.isdigit() else text

    return _rewrite_labels(doc, rng, write)


@damage("section headings without numbers or numbered anew from 一", stage=LABELS)
def headings_renumbered(doc, rng):
    bare = rng.random() < 0.5
    for block in doc.blocks:
        if isinstance(block, Para) and block.kind == "heading":
            number, _, text = block.text.partition("、")
            at = "一二三四五六".index(number)
            block.text = text if bare or at == 0 else "零一二三四五"[at] + "、" + text
    return True


@damage("no section headings at all", stage=LABELS)
def headings_missing(doc, rng):
    doc.blocks = [block for block in doc.blocks if not (isinstance(block, Para) and block.kind == "heading")]
    return True


@damage("labels written one character a line", (*HTML, "docx", "xlsx", "lines"), LABELS)
def labels_vertical(doc, rng):
    tall = {form.RESULTS, *form.GROUPS}

    def write(text):
        return "\n".join(text) if text in tall else text

    return _rewrite_labels(doc, rng, write)


@damage("empty filler cells in place of merged headers", GRIDS, LABELS)
def filler_cells(doc, rng):
    for table in doc.tables("requests"):
        if doc.claim("requests_header") and len(table.rows) > 3:
            others = table.rows[2].cells
            table.rows[1].cells[0].down = table.rows[1].cells[-1].down = 1
            table.rows[2].cells = [Cell(), *others, Cell()]
            return True
    return False


@damage("table 3 without its header", stage=LABELS)
def header_missing(doc, rng):
    for table in doc.tables("requests"):
        if doc.claim("requests_header"):
            table.rows = [row for row in table.rows if row.name]
            return True
    return False


@damage("a wrong header over right rows, as from a tool that rebuilt the table", GRIDS, LABELS)
def header_wrong(doc, rng):
    titles = [
        "项目",
        "",
        "",
        "本年新收件数",
        "上年结转件数",
        "予以公开",
        "部分公开",
        "不予公开",
        "结转下年度",
        "总计",
    ]
    for table in doc.tables("requests"):
        if doc.claim("requests_header"):
            rows = [row for row in table.rows if row.name]
            table.rows = [Row([Cell(title) for title in titles]), *rows]
            return True
    return False


@damage("headers cut over lines: 本年新 | 制作数量", (*HTML, "docx", "xlsx", "cells", "pipes"), LABELS)
def headers_cut_over_lines(doc, rng):
    def write(text):
        at = len(text) // 2
        return text[:at] + "\n" + text[at:] if len(text) > 3 else text

    return _rewrite_labels(doc, rng, write, 0.7, lambda row: not row.name)


@damage("the header of table 4 read column by column: 结 结 其 尚 / 果 果 他 未", PLAIN, LABELS)
def header_column_by_column(doc, rng):
    for table in doc.tables("disputes"):
        if not doc.claim("disputes_header"):
            continue
        outcomes = list(form.OUTCOMES.values())[:-1]
        lines = [" ".join(label[i] for label in outcomes) for i in range(4)]
        table.rows[1].cells[:5] = [Cell(line) for line in (*lines, "总计")]
        table.rows[2].cells = [Cell(line) for line in (*lines, "总计", *lines, "总计")]
        return True
    return False


@damage("a line with the unit above the header", stage=LABELS)
def unit_line(doc, rng):
    tables = doc.tables("requests") + doc.tables("disputes")
    for table in tables:
        doc.blocks.insert(
            doc.blocks.index(table), Para(rng.choice(["单位：件", "（单位：件、%）", "计量单位：件"]))
        )
    return bool(tables)


@damage("group labels repeated on every row instead of merged", GRIDS, LABELS)
def group_labels_repeated(doc, rng):
    for table in doc.tables("requests"):
        if doc.claim("requests"):
            _repeat_groups(table)
            return True
    return False


def _repeat_groups(table):
    """Write each merged label of the rows on each of its rows."""
    placed, _ = table.grid()
    columns = [[] for _ in table.rows]
    for r, c, cell in placed:
        is_label = table.rows[r].name and not cell.key
        down = cell.down if is_label else 1
        for i in range(down):
            copied = Cell(cell.text, None, cell.span, 1) if is_label else cell
            columns[r + i].append((c, copied))
    for row, cells in zip(table.rows, columns, strict=True):
        row.cells = [cell for _, cell in sorted(cells, key=lambda pair: pair[0])]


@damage("no column of group labels", GRIDS, LABELS)
def group_labels_missing(doc, rng):
    for table in doc.tables("requests"):
        if doc.claim("requests", "requests_header"):
            for row in table.rows:
                row.cells = [
                    cell for cell in row.cells if cell.text not in form.GROUPS or row.name == "other"
                ]
                first = row.cells[0]
                if first.span in (2, 3) and not first.key:
                    first.span -= 1
            _narrow_second_labels(table)
            return True
    return False


def _narrow_second_labels(table):
    """The row of (一) begins with the merged 三、: its own label is the second cell."""
    for row in table.rows:
        if row.name == "granted" and row.cells[0].down > 1:
            row.cells[1].span = 1


@damage("a column of running numbers before the labels", GRIDS, LABELS)
def running_numbers(doc, rng):
    tables = [table for table in doc.tables("disclosure") if doc.claim("disclosure")]
    tables += [table for table in doc.tables("requests") if doc.claim("requests", "requests_header")]
    for table in tables:
        number = 0
        for row in table.rows:
            number += bool(row.name)
            row.cells.insert(0, Cell(str(number) if row.name else "序号"))
        _number_headers(table)
    return bool(tables)


def _number_headers(table):
    """Rows two and three of table 3's header stand beside a merged cell, also the new one."""
    if table.name == "requests" and not table.rows[0].name:
        first, *others = [row for row in table.rows if not row.name]
        first.cells[0].down = len(others) + 1
        for row in others:
            del row.cells[0]
