"""Figures laid out as the form demands: a document without damage."""

from . import form
from .model import Cell, Doc, Para, Row, Table, Truth

OPENING = (
    "根据《中华人民共和国政府信息公开条例》规定，编制本报告。"
    "本报告所列数据的统计期限自{year}年1月1日起至{year}年12月31日止。"
)
GENERAL = [
    "本机关认真贯彻落实条例，扎实推进政务公开各项工作，进一步完善信息公开制度。",
    "加强组织领导，明确专人负责，及时更新政府网站和政务新媒体，回应社会关切。",
]
CLOSING = ["公开的主动性有待加强，队伍建设仍需提高，下一步将加强业务培训。", "本机关没有其他需要报告的事项。"]


def plain(value):
    """A number as publishers type it: no exponent, no plus."""
    return format(value, "f")


def make_doc(figures, file_format):
    """A clean document of one report in the format named."""
    truth, values = {}, figures.values
    for key in form.keys(figures.edition, figures.one_row_other, figures.tables):
        truth[key] = Truth("number", plain(values[key]), (values[key],), values[key])
    title = f"{figures.body}{figures.year}年政府信息公开工作年度报告"
    blocks = [
        Para(title, "title"),
        Para(OPENING.format(year=figures.year)),
        Para("一、总体情况", "heading"),
        *(Para(text) for text in GENERAL),
        *table_blocks(figures),
        Para("五、存在的主要问题及改进情况", "heading"),
        Para(CLOSING[0]),
        Para("六、其他需要报告的事项", "heading"),
        Para(CLOSING[1]),
    ]
    return Doc(figures, file_format, blocks, truth, head=title)


def table_blocks(figures):
    """Headings and tables of a report, in the form's order."""
    makers = {"disclosure": disclosure_table, "requests": requests_table, "disputes": disputes_table}
    blocks = []
    for name in figures.tables:
        heading = form.HEADINGS[name]
        if name == "disputes" and figures.edition == "2019":
            heading = form.DISPUTES_2019
        blocks += [Para(heading, "heading"), makers[name](figures)]
    return blocks


def figure_cells(figures, table, row, columns):
    """The cells of one row of the form with their plain numbers."""
    values = figures.values
    return [Cell(plain(values[table, row, column]), (table, row, column)) for column in columns]


def disclosure_table(figures):
    """Table 2: five or six small tables in one, three columns of figures wide."""
    rows = []
    for article, columns, labels in form.DISCLOSURE[figures.edition]:
        rows.append(Row([Cell(article, span=4)]))
        spans = {1: [3], 2: [1, 2], 3: [1, 1, 1]}[len(columns)]
        header = [Cell(label, span=span) for label, span in zip(columns.values(), spans, strict=True)]
        rows.append(Row([Cell("信息内容"), *header]))
        for name, label in labels.items():
            cells = figure_cells(figures, "disclosure", name, columns)
            for cell, span in zip(cells, spans, strict=True):
                cell.span = span
            rows.append(Row([Cell(label), *cells], name))
    return Table(rows, "disclosure")


def requests_table(figures):
    """Table 3: three columns of labels, seven of figures."""
    results = form.result_rows(figures.one_row_other)
    rows = requests_header()
    for name, label in (form.RECEIVED, form.CARRIED_IN):
        rows.append(Row([Cell(label, span=3), *_applicants(figures, name)], name))
    above = ""
    for name, group, label in results:
        labels = [Cell(label)] if group else [Cell(label, span=2)]
        if group and group != above:
            labels.insert(0, Cell(group, down=sum(other == group for _, other, _ in results)))
        if name == "granted":
            labels.insert(0, Cell(form.RESULTS, down=len(results) + 1))
        rows.append(Row([*labels, *_applicants(figures, name)], name))
        above = group
    name, label = form.CONCLUDED
    rows.append(Row([Cell(label, span=2), *_applicants(figures, name)], name))
    name, label = form.CARRIED_OUT
    rows.append(Row([Cell(label, span=3), *_applicants(figures, name)], name))
    return Table(rows, "requests")


def requests_header():
    """The three header rows of table 3."""
    persons, *others, total = form.APPLICANTS.values()
    return [
        Row([Cell(form.NOTE, span=3, down=3), Cell("申请人情况", span=7)]),
        Row([Cell(persons, down=2), Cell("法人或其他组织", span=5), Cell(total, down=2)]),
        Row([Cell(label) for label in others]),
    ]


def _applicants(figures, row):
    return figure_cells(figures, "requests", row, form.APPLICANTS)


def disputes_table(figures):
    """Table 4: one row of figures, three routes side by side."""
    reconsideration, direct, after = form.ROUTES.values()
    outcomes = list(form.OUTCOMES.values())
    rows = [
        Row([Cell(reconsideration, span=5), Cell("行政诉讼", span=10)]),
        Row([*(Cell(label, down=2) for label in outcomes), Cell(direct, span=5), Cell(after, span=5)]),
        Row([Cell(label) for label in outcomes * 2]),
        Row([cell for route in form.ROUTES for cell in route_cells(figures, route)], "disputes"),
    ]
    return Table(rows, "disputes")


def route_cells(figures, route):
    """The five cells of one route."""
    return figure_cells(figures, "disputes", route, form.OUTCOMES)
