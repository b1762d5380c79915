"""A made-up report whose figures hold every sum of the form."""

from dataclasses import dataclass
from decimal import Decimal

from . import form

PLACES = ["清河", "东湖", "南岭", "西陵", "北塔", "云岭", "安溪口", "石桥", "青山", "柳林"]
BODIES = [
    "县人民政府",
    "区财政局",
    "县教育局",
    "市自然资源局",
    "区民政局",
    "镇人民政府",
    "街道办事处",
    "县卫生健康局",
]


@dataclass
class Figures:
    """What a report says: its body, year, edition and the value of every cell of its tables."""

    body: str
    year: int
    edition: str
    one_row_other: bool
    tables: tuple
    values: dict


def make_figures(rng):
    """Draw a report: mostly zeros, some hundreds, few thousands, all sums of the form holding."""
    edition = rng.choice(["2019", "2021", "2021"])
    year = rng.choice([2019, 2020, 2020, 2021, 2022]) if edition == "2019" else rng.choice(range(2021, 2026))
    one_row_other = edition == "2019" or rng.random() < 0.2
    tables = rng.choice(
        [("disclosure", "requests", "disputes")] * 7 + [("disclosure",)] * 2 + [("requests",)]
    )
    values = {}
    size = rng.choice(["none", "few", "few", "some", "some", "many"])
    if "disclosure" in tables:
        _draw_disclosure(rng, edition, size, values)
    if "requests" in tables:
        _draw_requests(rng, one_row_other, size, values)
    if "disputes" in tables:
        _draw_disputes(rng, size, values)
    body = rng.choice(PLACES) + rng.choice(BODIES)
    return Figures(body, year, edition, one_row_other, tables, values)


def _count(rng, size):
    """One count of the size named."""
    if size == "none":
        return Decimal(0)
    if size == "few":
        return Decimal(rng.choice([0, 0, 0, 0, 0, 0, 1, 1, 2, 3]))
    if size == "some":
        return Decimal(rng.choice([0, 0, 0, 0, rng.randint(1, 9), rng.randint(1, 99)]))
    return Decimal(rng.choice([0, 0, rng.randint(1, 99), rng.randint(10, 999), rng.randint(100, 5400)]))


def _amount(rng, size):
    """An amount in 万元 with none to six decimals."""
    if size == "none" or rng.random() < 0.3:
        return Decimal(0)
    places = rng.choice([0, 1, 2, 3, 4, 4, 6])
    return Decimal(rng.randint(1, 10 ** rng.randint(2, 6))).scaleb(-places)


def _draw_disclosure(rng, edition, size, values):
    for _, columns, rows in form.DISCLOSURE[edition]:
        for row in rows:
            for column in columns:
                values["disclosure", row, column] = _disclosure_value(rng, size, row, column)


def _disclosure_value(rng, size, row, column):
    if column == "amount":
        return _amount(rng, size)
    value = _count(rng, size) * (rng.choice([1, 1, 7, 113]) if row in ("licences", "penalties") else 1)
    return -value if column == "change" and value and rng.random() < 0.4 else value


def _draw_requests(rng, one_row_other, size, values):
    rows = [name for name, _, _ in form.result_rows(one_row_other)]
    only_persons = rng.random() < 0.4
    for column in list(form.APPLICANTS)[:-1]:
        share = size if column == "natural_person" else rng.choice(["none", "none", "few", size])
        share = "none" if only_persons and column != "natural_person" else share
        counts = {row: _count(rng, share) for row in rows}
        concluded = sum(counts.values())
        carried_in = _count(rng, "none" if share == "none" else "few")
        carried_out = max(Decimal(0), carried_in - concluded) + _count(
            rng, "none" if share == "none" else "few"
        )
        counts["received"] = concluded + carried_out - carried_in
        counts.update(carried_in=carried_in, concluded=concluded, carried_out=carried_out)
        for row, value in counts.items():
            values["requests", row, column] = value
    _add_up(values, "requests", form.request_rows(one_row_other), list(form.APPLICANTS))


def _draw_disputes(rng, size, values):
    for route in form.ROUTES:
        for outcome in form.OUTCOMES:
            values["disputes", route, outcome] = _count(rng, rng.choice(["none", "few", size]))
    _add_up(values, "disputes", list(form.ROUTES), list(form.OUTCOMES))


def _add_up(values, table, rows, columns):
    """Set each row's last column to the sum of the others."""
    *parts, total = columns
    for row in rows:
        values[table, row, total] = sum(values[table, row, part] for part in parts)
