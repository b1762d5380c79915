"""Damages to what stands where: columns, routes and rows in another order, local ones added, some left out."""

from . import form
from .damages import HTML, SHAPE, damage
from .layout import plain
from .model import Cell, Row, Table


def _in_order(doc, rng, order):
    """Put the seven columns of table 3 in another order, header and rows alike."""
    for table in doc.tables("requests"):
        if "requests_header" in doc.claimed or not doc.claim("requests"):
            return False
        doc.claim("requests_header")
        for row in table.rows:
            if row.name:
                rest = [cell for cell in row.cells if not cell.key]
                row.cells = rest + [row.figures()[i] for i in order]
        middle = table.rows[2].cells
        table.rows[2].cells = [middle[i - 1] for i in order if 1 <= i <= 5]
        return True
    return False


@damage("the columns of organisations in another order, named by the header", stage=SHAPE)
def columns_in_other_order(doc, rng):
    middle = rng.sample(range(1, 6), 5)
    return middle != [1, 2, 3, 4, 5] and _in_order(doc, rng, [0, *middle, 6])


@damage("the total column stands first, named by the header", stage=SHAPE)
def total_first(doc, rng):
    if not _in_order(doc, rng, [6, 0, 1, 2, 3, 4, 5]):
        return False
    header = doc.tables("requests")[0].rows[1].cells
    header.insert(0, header.pop())
    return True


@damage(
    "table 3 turned: a line for each applicant, a column for each row", (*HTML, "docx", "xlsx", "md"), SHAPE
)
def requests_transposed(doc, rng):
    for table in doc.tables("requests"):
        if "requests_header" in doc.claimed or not doc.claim("requests"):
            return False
        doc.claim("requests_header")
        rows = [row for row in table.rows if row.name]
        names = [[cell for cell in row.cells if not cell.key][-1].text for row in rows]
        turned = [Row([Cell("申请人"), *(Cell(name) for name in names)])]
        for i, label in enumerate(form.APPLICANTS.values()):
            turned.append(Row([Cell(label), *(row.figures()[i] for row in rows)], "turned"))
        table.rows = turned
        return True
    return False


def _dispute_cells(doc):
    """The cells of table 4 by route, if the table still has the form's shape."""
    for table in doc.tables("disputes"):
        cells = table.rows[-1].figures()
        if "disputes_header" not in doc.claimed and len(cells) == 15 and doc.claim("disputes"):
            doc.claim("disputes_header")
            return table, dict(zip(form.ROUTES, (cells[:5], cells[5:10], cells[10:]), strict=True))
    return None, {}


def _outcomes():
    return [Cell(label) for label in form.OUTCOMES.values()]


@damage("table 4 turned: a line for each outcome, a column for each route", stage=SHAPE)
def disputes_transposed(doc, rng):
    table, routes = _dispute_cells(doc)
    if not table:
        return False
    table.rows = [Row([Cell("结果"), *(Cell(label) for label in form.ROUTES.values())])]
    for i, label in enumerate(form.OUTCOMES.values()):
        table.rows.append(Row([Cell(label), *(cells[i] for cells in routes.values())], "turned"))
    return True


@damage("the routes of table 4 one below the other, each with its header", stage=SHAPE)
def routes_below_each_other(doc, rng):
    table, routes = _dispute_cells(doc)
    if not table:
        return False
    table.rows, long_names = [], rng.random() < 0.5
    for name, cells in routes.items():
        label = form.ROUTES[name]
        if long_names and name != "reconsideration":
            label = f"行政诉讼（{label}）"
        table.rows += [Row([Cell(label, span=5)]), Row(_outcomes()), Row(cells, name)]
    return True


@damage("the routes of table 4 as rows, their labels at the left", stage=SHAPE)
def routes_as_rows(doc, rng):
    table, routes = _dispute_cells(doc)
    if not table:
        return False
    table.rows = [Row([Cell("类别"), *_outcomes()])]
    order = list(routes) if rng.random() < 0.6 else rng.sample(list(routes), 3)
    table.rows += [Row([Cell(form.ROUTES[name]), *routes[name]], name) for name in order]
    return True


@damage("the two routes of lawsuits change places, labels and figures", stage=SHAPE)
def routes_swapped(doc, rng):
    table, routes = _dispute_cells(doc)
    if not table:
        return False
    direct, after = list(form.ROUTES)[1:]
    table.rows[1].cells[-2:] = [Cell(form.ROUTES[after], span=5), Cell(form.ROUTES[direct], span=5)]
    table.rows[-1].cells = [*routes["reconsideration"], *routes[after], *routes[direct]]
    return True


@damage("a local block in table 4 that adds up both kinds of lawsuits", stage=SHAPE)
def lawsuits_added_up(doc, rng):
    table, routes = _dispute_cells(doc)
    if not table:
        return False
    values = doc.figures.values
    direct, after = list(form.ROUTES)[1:]
    sums = [values["disputes", direct, o] + values["disputes", after, o] for o in form.OUTCOMES]
    local = [Cell(plain(value)) for value in sums]
    at = rng.choice([0, 1, 2])
    table.rows[0].cells[1].span = 15
    table.rows[1].cells.insert(5 + at, Cell(rng.choice(["行政诉讼合计", "小计", "诉讼总数"]), span=5))
    table.rows[2].cells += _outcomes()
    blocks = [routes[direct], routes[after]]
    blocks.insert(at, local)
    table.rows[-1].cells = [*routes["reconsideration"], *(cell for block in blocks for cell in block)]
    return True


@damage("a local row 合计 or 小计 in each group of table 3", stage=SHAPE)
def local_total_rows(doc, rng):
    for table in doc.tables("requests"):
        if not doc.claim("requests"):
            return False
        label, last = rng.choice(["合计", "小计"]), rng.random() < 0.5
        for group, items in form.GROUPS.items():
            _add_total(doc, table, (group, list(items), label, last))
        return True
    return False


def _add_total(doc, table, wish):
    group, items, label, last = wish
    rows = {row.name: row for row in table.rows}
    if items[0] not in rows:
        return
    values = doc.figures.values
    sums = [sum(values["requests", item, column] for item in items) for column in form.APPLICANTS]
    total = Row([Cell(label), *(Cell(plain(value)) for value in sums)])
    first = rows[items[0]]
    for row in table.rows:
        for cell in row.cells:
            if cell.down > 1 and cell.text.replace("\n", "") in (group, form.RESULTS):
                cell.down += 1
    if last:
        table.rows.insert(table.rows.index(rows[items[-1]]) + 1, total)
        return
    heads = [cell for cell in first.cells if cell.down > 1]
    first.cells = [cell for cell in first.cells if cell.down == 1]
    total.cells = heads + total.cells
    table.rows.insert(table.rows.index(first), total)


@damage("a local row in table 2: 其他主动公开文件 186 86 255", stage=SHAPE)
def local_row_of_documents(doc, rng):
    for table in doc.tables("disclosure"):
        if not doc.claim("disclosure"):
            return False
        names = [row.name for row in table.rows]
        at = names.index("normative_documents") + rng.choice([0, 1])
        numbers = [Cell(str(rng.randint(0, 300))) for _ in range(3)]
        table.rows.insert(at, Row([Cell(rng.choice(["其他主动公开文件", "其他文件", "政策解读"])), *numbers]))
        return True
    return False


@damage("a local column behind the total: 备注 or 上年总计", stage=SHAPE)
def local_column(doc, rng):
    for table in doc.tables("requests"):
        if "requests_header" in doc.claimed or not doc.claim("requests"):
            return False
        doc.claim("requests_header")
        title, filled = rng.choice([("备注", False), ("上年总计", True), ("其中：网络申请", True)])
        table.rows[0].cells.append(Cell(title, down=3))
        for row in table.rows:
            if row.name:
                row.cells.append(Cell(str(rng.randint(0, 60)) if filled else ""))
        return True
    return False


@damage("some rows are not printed at all", stage=SHAPE)
def rows_dropped(doc, rng):
    table = rng.choice(doc.tables())
    rows = [row for row in table.rows if row.name and all(cell.down == 1 for cell in row.cells)]
    if len(rows) < 2 or not doc.claim(table.name):
        return False
    for row in rng.sample(rows, min(len(rows) - 1, 3)):
        at = table.rows.index(row)
        for r, _, cell in table.grid()[0]:
            if r < at < r + cell.down:
                cell.down -= 1
        table.rows.remove(row)
        for cell in row.figures():
            doc.lose(cell.key, "row not printed")
    return True


@damage("two rows of a group in another order, labels and figures", stage=SHAPE)
def rows_swapped(doc, rng):
    for table in doc.tables("requests"):
        movable = [
            i for i, row in enumerate(table.rows) if row.name and all(cell.down == 1 for cell in row.cells)
        ]
        pairs = [
            i
            for i in movable
            if i + 1 in movable and len(table.rows[i].cells) == len(table.rows[i + 1].cells) == 8
        ]
        if not pairs:
            return False
        for i in rng.sample(pairs, 1):
            table.rows[i], table.rows[i + 1] = table.rows[i + 1], table.rows[i]
        return True
    return False


@damage("a row is printed twice", stage=SHAPE)
def row_twice(doc, rng):
    for table in doc.tables("requests"):
        single = [row for row in table.rows if row.name in ("received", "carried_in", "carried_out")]
        if not single or not doc.claim("requests"):
            return False
        row = rng.choice(single)
        copied = Table([row]).stranger().rows[0]
        table.rows.insert(table.rows.index(row) + 1, copied)
        return True
    return False
