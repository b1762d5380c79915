"""Damages to the shape of tables: cells lost, added, merged or run together, labels torn off, tables in pieces."""

import itertools

from .damages import GRIDS, HTML, PLAIN, SHAPE, damage
from .model import Cell, Para, Row, Table

COUNTED = (*HTML, "docx", *PLAIN)  # where a row that lacks a cell is seen to be short


def figure_rows(doc, *names):
    """Rows of the form with their tables, of the tables named that still have the form's shape."""
    tables = [table for name in names for table in doc.tables(name)]
    return [(table, row) for table in tables for row in table.rows if row.name and row.figures()]


def _short_row(doc, rng, choose):
    pairs = [pair for pair in figure_rows(doc, "requests", "disputes") if len(pair[1].figures()) >= 5]
    if not pairs:
        return False
    table, row = rng.choice(pairs)
    if not doc.claim(table.name):
        return False
    lost = choose(row.figures())
    row.cells = [cell for cell in row.cells if cell is not lost]
    doc.lose(lost.key, "its row lacks a cell")
    doc.truth[lost.key].allowed = (
        doc.truth[lost.key].hidden,
    )  # which of equal neighbours is lost, nobody can tell
    return True


@damage("a row lacks a cell somewhere in the middle", COUNTED, SHAPE)
def row_lacks_cell_middle(doc, rng):
    return _short_row(doc, rng, lambda cells: rng.choice(cells[:-1]))


@damage("a row lacks its last cell", COUNTED, SHAPE)
def row_lacks_cell_end(doc, rng):
    return _short_row(doc, rng, lambda cells: cells[-1])


@damage("a row has a cell more than the form, blank or 0", stage=SHAPE)
def row_has_extra_cell(doc, rng):
    pairs = [pair for pair in figure_rows(doc, "requests") if len(pair[1].figures()) == 7]
    if not pairs or not doc.claim("requests"):
        return False
    _, row = rng.choice(pairs)
    at = row.cells.index(rng.choice(row.figures()))
    extra = rng.choice(["", "0"])
    for cell in row.figures():
        truth = doc.truth[cell.key]
        if extra and truth.kind in (
            "blank",
            "dash",
            "unreadable",
        ):  # the 0 may be this cell's: only the sums can tell
            truth.allowed = (truth.hidden,)
    row.cells.insert(at + rng.choice([0, 1]), Cell(extra))
    return True


@damage("three cells where the form has one: 2 | 0 | 0", stage=SHAPE)
def three_cells_for_one(doc, rng):
    pairs = [pair for pair in figure_rows(doc, "disclosure") if pair[1].figures()[0].key[2] == "decisions"]
    if not pairs or not doc.claim("disclosure"):
        return False
    _, row = rng.choice(pairs)
    cell = row.figures()[0]
    cell.span = 1
    extra = [Cell("0"), Cell(rng.choice(["0", "1"]))]
    row.cells += extra
    all_the_same = {cell.text, *(other.text for other in extra)} == {"0"}
    if (
        doc.format != "md" and not all_the_same
    ):  # in markdown the first cell alone stands under the header's words
        doc.say(cell, cell.text, "unreadable", (), "three cells for one")
    return True


@damage(
    "spans of the row of figures disagree with those of its header", (*HTML, "docx", "xlsx", "pdf"), SHAPE
)
def wrong_colspans(doc, rng):
    pairs = [pair for pair in figure_rows(doc, "disputes", "disclosure") if len(pair[1].figures()) > 2]
    if not pairs:
        return False
    table, row = rng.choice(pairs)
    if not doc.claim(table.name):
        return False
    for cell in rng.sample(row.figures()[:-1], rng.randint(1, 2)):
        cell.span += 1
    return True


@damage("two neighbouring zeros merged into one cell", (*HTML, "docx", "xlsx", "pdf"), SHAPE)
def merged_zeros(doc, rng):
    pairs = [pair for pair in figure_rows(doc, "requests") if len(pair[1].figures()) == 7]
    rng.shuffle(pairs)
    for _, row in pairs:
        cells = row.figures()
        for left, right in itertools.pairwise(cells[:-1]):
            if left.text == right.text == "0" and doc.claim("requests"):
                left.span = 2
                row.cells.remove(right)
                doc.truth[right.key].kind, doc.truth[right.key].printed = "missing", ""
                return True
    return False


@damage(
    "numbers of two neighbouring cells fused into the first: 12 3 | (blank)",
    (*HTML, "docx", "xlsx", "md"),
    SHAPE,
)
def fused_cells(doc, rng):
    pairs = [pair for pair in figure_rows(doc, "requests", "disputes") if len(pair[1].figures()) >= 5]
    if not pairs:
        return False
    table, row = rng.choice(pairs)
    at = rng.randrange(len(row.figures()) - 1)
    left, right = row.figures()[at : at + 2]
    if doc.value(left) is None or doc.value(right) is None or not doc.claim(table.name):
        return False
    doc.claimed.update((left.key, right.key))
    text = f"{left.text} {right.text}"
    doc.say(left, text, "unreadable", note="fused")
    doc.say(right, "", "blank", note="fused")
    return True


@damage("digits of a row run together without separators", (*PLAIN, *HTML), SHAPE)
def digits_run_together(doc, rng):
    table_name = rng.choice(["requests", "requests", "disputes"])
    rows = [row for _, row in figure_rows(doc, table_name) if len(row.figures()) in (5, 7, 15)]
    if not rows or not doc.claim(table_name):
        return False
    done = False
    for row in rng.sample(rows, rng.randint(1, len(rows))):
        cells = row.figures()
        if any(doc.value(cell) is None or not cell.text.isdigit() or cell.marks for cell in cells):
            continue
        text = "".join(cell.text for cell in cells)
        for cell in cells:
            doc.truth[cell.key].kind = "run_together"
        row.cells = [cell for cell in row.cells if not cell.key]
        _append(doc, row, text, len(cells))
        done = True
    return done


def _append(doc, row, text, span):
    """Digits behind the label itself in a text, in a cell of their own in a page."""
    if doc.format == "lines" and row.cells and not row.cells[-1].text.endswith(tuple("0123456789")):
        row.cells[-1].text += text
    else:
        row.cells.append(Cell(text, span=span))


@damage("labels torn in two, the numbers between the halves", ("lines", "tabs"), SHAPE)
def labels_torn(doc, rng):
    for table in doc.tables("requests"):
        if not doc.claim("requests"):
            return False
        rows, done = [], False
        for row in table.rows:
            label = row.cells[-8] if row.name and len(row.cells) >= 8 else None
            if label is None or label.key or len(label.text) < 12 or rng.random() < 0.4:
                rows.append(row)
                continue
            half = len(label.text) // 2
            behind = label.text[half:]
            label.text = label.text[:half]
            rows += [row, Row([Cell(behind)])] if rng.random() < 0.5 else [*_above(row), Row([Cell(behind)])]
            done = True
        table.rows = rows
        return done
    return False


def _above(row):
    """The label's first half on a line of its own, the numbers on the next."""
    labels = [cell for cell in row.cells if not cell.key]
    return [Row(labels), Row(row.figures(), row.name)]


@damage("labels torn out into paragraphs, numbers left in stub tables", (*HTML, "docx", "md"), SHAPE)
def stub_tables(doc, rng):
    for table in doc.tables("requests"):
        if not doc.claim("requests"):
            return False
        blocks, rows = [], []
        for row in table.rows:
            labels = [cell for cell in row.cells if not cell.key]
            if not row.name or any(cell.down > 1 for cell in labels) or rng.random() < 0.7:
                rows.append(row)
                continue
            if rows:
                blocks.append(Table(_closed_rows(rows), "requests"))
            blocks += [
                *(Para(cell.text) for cell in labels),
                Table([Row(row.figures(), row.name)], "requests"),
            ]
            rows = []
        if rows:
            blocks.append(Table(_closed_rows(rows), "requests"))
        at = doc.blocks.index(table)
        doc.blocks[at : at + 1] = blocks
        return len(blocks) > 1
    return False


def _closed_rows(rows):
    """Merged cells end where their piece of the table ends."""
    for i, row in enumerate(rows):
        for cell in row.cells:
            cell.down = min(cell.down, len(rows) - i)
    return rows


@damage("a table cut in two over pages, its header repeated or not", GRIDS, SHAPE)
def table_cut_in_two(doc, rng):
    for table in doc.tables("requests"):
        at = rng.randint(6, max(6, len(table.rows) - 3))
        if len(table.rows) < 12 or not doc.claim("requests"):
            return False
        header = [row for row in table.rows if not row.name] if rng.random() < 0.5 else []
        twin = Table(header).stranger().rows
        tail = _continued(table, at)
        first = Table(_closed_rows(table.rows[:at]), "requests")
        place = doc.blocks.index(table)
        doc.blocks[place : place + 1] = [
            first,
            Para(rng.choice(["", "— 3 —", "续表"])),
            Table(twin + tail, "requests"),
        ]
        return True
    return False


def _continued(table, at):
    """The rows from `at` on; merged labels that reach over the cut go on as empty cells."""
    rows = table.rows[at:]
    crossing = [(c, cell, r + cell.down - at) for r, c, cell in table.grid()[0] if r < at < r + cell.down]
    rest = [Cell("", None, cell.span, down) for _, cell, down in sorted(crossing, key=lambda item: item[0])]
    rows[0].cells = rest + rows[0].cells
    return rows


@damage("two pieces of table 3 change places", stage=SHAPE)
def pieces_out_of_order(doc, rng):
    for table in doc.tables("requests"):
        if len(table.rows) < 12 or not doc.claim("requests"):
            return False
        at = rng.randint(6, len(table.rows) - 3)
        tail = _continued(table, at)
        header = [row for row in table.rows if not row.name]
        head = _closed_rows(table.rows[len(header) : at])
        table.rows = _closed_rows(header + tail + head)
        return True
    return False


@damage("page numbers between the rows of a table", (*PLAIN, "md"), SHAPE)
def page_number_in_table(doc, rng):
    tables = [table for table in doc.tables() if len(table.rows) > 5]
    for table in tables:
        page = rng.randint(2, 9)
        mark = rng.choice([f"— {page} —", f"- {page} -", f"第{page}页 共12页", f"{page} / 12"])
        table.rows.insert(rng.randint(4, len(table.rows) - 1), Row([Cell(mark)]))
    return bool(tables)


@damage("labels stand, the cells were not copied", ("lines", "tabs", "cells"), SHAPE)
def labels_only(doc, rng):
    table = rng.choice(doc.tables())
    if not doc.claim(table.name):
        return False
    for row in table.rows:
        for cell in row.figures():
            doc.lose(cell.key, "labels only")
        row.cells = [cell for cell in row.cells if not cell.key]
    table.rows = [row for row in table.rows if row.cells]
    return True
