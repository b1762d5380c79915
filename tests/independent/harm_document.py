"""Damages around the tables: a second report, last year's table, head tables, talk full of numbers, a cut file."""

from decimal import Decimal

from . import form
from .damages import DOCUMENT, END, GRIDS, HTML, PLAIN, damage
from .figures import make_figures
from .layout import make_doc, table_blocks
from .model import Cell, Para, Row, Table


def _index_of(doc, kind):
    """Where the first paragraph of a kind stands; 0 if there is none."""
    places = [i for i, block in enumerate(doc.blocks) if isinstance(block, Para) and block.kind == kind]
    return places[0] if places else 0


def _other_figures(doc, rng, edition=None):
    while True:
        other = make_figures(rng)
        if edition in (None, other.edition) and other.tables == ("disclosure", "requests", "disputes"):
            return other


@damage("every table of the report is printed twice", stage=DOCUMENT)
def table_twice(doc, rng):
    table = rng.choice(doc.tables())
    at = len(doc.blocks) if rng.random() < 0.4 else doc.blocks.index(table) + 1
    heading = form.HEADINGS.get(table.name, "附表")
    doc.blocks[at:at] = [Para(heading), table.stranger()]
    return True


def _last_year(doc, rng, behind):
    """Last year's table beside the year's own, each under its year."""
    own = [table for table in doc.tables() if table.name in form.HEADINGS]
    if not own or not doc.claim("last_year"):
        return False
    table = rng.choice(own)
    year = doc.figures.year
    other = _other_figures(doc, rng, doc.figures.edition)
    blocks = table_blocks(other)
    old = next(block for block in blocks if isinstance(block, Table) and block.name == table.name).stranger()
    title = form.HEADINGS[table.name].partition("、")[2]
    at = doc.blocks.index(table)
    if not behind:
        doc.blocks[at:at] = [Para(f"{year - 1}年{title}"), old, Para(f"{year}年{title}")]
    else:
        last = max(
            i for i, block in enumerate(doc.blocks) if isinstance(block, Table) and block.name == table.name
        )
        doc.blocks.insert(last + 1, Para(f"{year - 1}年{title}"))
        doc.blocks.insert(last + 2, old)
        doc.blocks.insert(at, Para(f"{year}年{title}"))
    return True


@damage("last year's table before the year's own", stage=DOCUMENT)
def last_year_before(doc, rng):
    return _last_year(doc, rng, behind=False)


@damage("last year's table behind the year's own", stage=DOCUMENT)
def last_year_behind(doc, rng):
    return _last_year(doc, rng, behind=True)


@damage("a subordinate body's whole report behind the first", stage=DOCUMENT)
def second_report_behind(doc, rng):
    other = _other_figures(doc, rng)
    other.year = doc.figures.year
    while other.body == doc.figures.body:
        other.body = _other_figures(doc, rng).body
    for block in make_doc(other, doc.format).blocks:
        doc.blocks.append(block.stranger() if isinstance(block, Table) else block)
    return True


@damage("the page's head as a table: 索引号, 发布机构, 体裁: 其他", stage=DOCUMENT)
def head_table(doc, rng):
    rows = [
        [
            "索引号",
            f"00{rng.randint(1000, 9999)}/{doc.figures.year + 1}-000{rng.randint(10, 99)}",
            "主题分类",
            "其他",
        ],
        ["发布机构", doc.figures.body, "发文日期", f"{doc.figures.year + 1}-01-{rng.randint(10, 28)}"],
        ["文号", "", "体裁", "其他"],
        ["名称", doc.head, "浏览次数", str(rng.randint(10, 2000))],
    ]
    doc.blocks.insert(_index_of(doc, "title"), Table([Row([Cell(text) for text in row]) for row in rows]))
    return True


@damage("talk full of the form's labels and of other numbers", stage=DOCUMENT)
def talk_full_of_numbers(doc, rng):
    def n():
        return rng.randint(0, 400)

    talk = [
        f"全年新收政府信息公开申请{n()}件，上年结转政府信息公开申请{n()}件，予以公开{n()}件，部分公开{n()}件。",
        f"其中：自然人 {n()} 件，商业企业 {n()} 件，科研机构 {n()} 件，其他 {n()} 件，总计 {n()} 件。",
        f"（三）不予公开。属于国家秘密{n()}件，保护第三方合法权益{n()}件，重复申请{n()}件。",
        f"制发规章{n()}件，行政规范性文件{n()}件；行政许可 {n()}，行政处罚 {n()}，行政强制 {n()}。",
        f"行政复议{n()}件，结果维持{n()}件；行政诉讼{n()}件，未经复议直接起诉{n()}件。",
    ]
    at = _index_of(doc, "heading") + 1
    chosen = rng.sample(talk, 3)
    doc.blocks[at:at] = [Para(text) for text in chosen]
    return True


@damage("everyday words of the form beside numbers, outside its tables", stage=DOCUMENT)
def everyday_words(doc, rng):
    words = ["其他", "总计", "合计", "重复申请", "部分公开", "信访举报投诉类申请"]
    lines = [Para(f"{word} {rng.randint(0, 90)}") for word in rng.sample(words, 3)]
    at = rng.choice([_index_of(doc, "heading") + 1, len(doc.blocks)])
    doc.blocks[at:at] = lines
    return True


@damage("another table of the body's own: channels and their numbers", stage=DOCUMENT)
def other_table(doc, rng):
    names = ["政府网站", "政务微博", "政务微信", "其他", "总计"]
    rows = [Row([Cell("序号"), Cell("公开渠道"), Cell("发布数量"), Cell("同比")])]
    for i, name in enumerate(names, 1):
        rows.append(
            Row([Cell(str(i)), Cell(name), Cell(str(rng.randint(0, 999))), Cell(f"{rng.randint(1, 99)}%")])
        )
    at = rng.choice([_index_of(doc, "heading") + 1, len(doc.blocks)])
    doc.blocks[at:at] = [Para("附：各渠道发布情况统计表"), Table(rows)]
    return True


@damage("all tables in one, their headings as rows", GRIDS, DOCUMENT)
def tables_in_one(doc, rng):
    own = doc.tables()
    if len(own) < 3:
        return False
    first, last = doc.blocks.index(own[0]), doc.blocks.index(own[-1])
    rows = []
    for block in doc.blocks[first : last + 1]:
        rows += [Row([Cell(block.text, span=10)])] if isinstance(block, Para) else block.rows
    doc.blocks[first : last + 1] = [Table(rows, "all")]
    return True


@damage("the tables in another order", stage=DOCUMENT)
def tables_in_other_order(doc, rng):
    own = doc.tables()
    if len(own) != 3 or len({table.name for table in own}) != 3:
        return False
    places = [doc.blocks.index(table) for table in own]
    if any(not isinstance(doc.blocks[place - 1], Para) for place in places):
        return False
    pairs = [doc.blocks[place - 1 : place + 1] for place in places]
    for place, pair in zip(places, rng.sample(pairs, 3), strict=True):
        doc.blocks[place - 1 : place + 1] = pair
    return True


@damage("the tables stand within a cell of a layout table", HTML, DOCUMENT)
def nested_tables(doc, rng):
    for table in doc.tables():
        table.shape = "nested"
    return True


@damage("no title: the report names its body only in its first sentence", stage=DOCUMENT)
def title_missing(doc, rng):
    doc.blocks = [block for block in doc.blocks if not (isinstance(block, Para) and block.kind == "title")]
    doc.head = "政府信息公开"
    doc.blocks.insert(0, Para(f"{doc.figures.body}按照要求，编制本报告。"))
    return True


@damage("lines of the web page around the report: navigation, counter, font size", stage=DOCUMENT)
def page_furniture(doc, rng):
    year = doc.figures.year
    doc.blocks.insert(0, Para("首页 > 政务公开 > 政府信息公开年报"))
    published = f"发布时间：{year + 1}-01-2{rng.randint(0, 9)}"
    doc.blocks.insert(2, Para(f"{published} 浏览次数：{rng.randint(1, 999)} 字号：大 中 小"))
    doc.blocks += [Para("打印 关闭"), Para(f"上一篇：{year - 1}年政府信息公开工作年度报告")]
    return True


@damage("empty paragraphs between everything", stage=DOCUMENT)
def empty_paragraphs(doc, rng):
    doc.blocks = [part for block in doc.blocks for part in (block, Para(""))]
    return True


@damage("an empty line after every line", ("lines", "cells", "tabs"), DOCUMENT)
def airy_lines(doc, rng):
    doc.options.add("airy")
    return True


# a row that lacks a cell and breaks off looks like one that merely breaks off: nobody could tell
NOT_TO_BE_CUT = {
    "row_lacks_cell_middle",
    "row_lacks_cell_end",
    "row_has_extra_cell",
    "merged_zeros",
    "fused_cells",
}


def _full(doc, row):
    """Whether no cell of the row leaves no trace in this format."""
    return doc.format != "lines" or all(cell.text for cell in row.figures())


@damage("the file breaks off in the middle of a table", (*PLAIN, "md", "html"), END)
def file_cut_off(doc, rng):
    places = [
        (table, i)
        for table in doc.tables()
        for i, row in enumerate(table.rows)
        if row.figures() and _full(doc, row)
    ]
    if not places or NOT_TO_BE_CUT & set(doc.damages):
        return False
    table, at = rng.choice(places)
    kept_rows = table.rows[: at + 1]
    row = kept_rows[-1]
    last = rng.choice(row.figures())
    row.cells = row.cells[: row.cells.index(last) + 1]
    _shorten(doc, rng, last)
    table.rows = kept_rows
    doc.blocks = doc.blocks[: doc.blocks.index(table) + 1]
    doc.cut = True
    standing = {cell.key for cell in doc.cells()}
    for key, truth in doc.truth.items():
        if key not in standing and not (truth.kind == "run_together" and _before(doc, key)):
            doc.lose(key, "cut off")
    return True


def _shorten(doc, rng, cell):
    """Sometimes the cut goes through the number itself: what stands there is all that can be seen."""
    if len(cell.text) > 1 and not cell.marks and rng.random() < 0.3:
        rest = cell.text[: rng.randint(1, len(cell.text) - 1)]
        standing = (Decimal(rest),) if rest.replace(".", "", 1).isdigit() and rest[-1] != "." else ()
        doc.say(cell, rest, "unreadable", doc.truth[cell.key].allowed + standing)
        doc.sums_broken = True  # what is derived from a number cut short is nobody's fault


def _before(doc, key):
    """Whether a row whose digits run together still stands in the document (it holds no cell of its own)."""
    names = {row.name for table in doc.tables() for row in table.rows}
    return key[1] in names or (key[0] == "disputes" and "disputes" in names)
