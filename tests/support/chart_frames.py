"""Synthetic frames of the layout of the dataset, and every chart of them: for the tests and the contact sheet."""

from __future__ import annotations

from functools import cache
from math import sqrt

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reportlib.display import charts

APPLICANTS = [
    "natural_person", "company", "research_institution", "public_interest_organisation", "legal_service", "other",
]  # fmt: skip
GROUNDS = [
    "state_secret", "prohibited_by_law", "safety_stability", "third_party", "internal_affairs", "process_information",
    "enforcement_file", "administrative_query",
]  # fmt: skip
OUTCOMES = ["granted", "partly_granted", "refused", "unavailable", "not_processed", "other_handled"]
ROUTES = ["reconsideration", "direct_litigation", "litigation_after_reconsideration"]
BODY = "测试市"


def cells_of(
    body: str, year: int, seed: int = 0, *, edition: str = "2021", scope: str = "region"
) -> pd.DataFrame:
    """The cells and groups of one synthetic report whose sums hold, in the layout of ds.cells."""
    random = np.random.default_rng([seed, year])
    received = int(random.integers(20, 5000))
    concluded = received - int(random.integers(0, 9)) + 5
    ends = random.multinomial(concluded, [0.35, 0.15, 0.2, 0.15, 0.1, 0.05])
    rows = [
        ("requests", "received", "total", received),
        ("requests", "carried_in", "total", 5),
        ("requests", "concluded", "total", concluded),
        ("requests", "carried_out", "total", received + 5 - concluded),
        *(("requests", row, "total", n) for row, n in zip(OUTCOMES, ends, strict=True)),
    ]
    asked = random.multinomial(received, [0.9, 0.04, 0.01, 0.01, 0.02, 0.02])
    rows += [("requests", "received", column, n) for column, n in zip(APPLICANTS, asked, strict=True)]
    grounds = random.multinomial(ends[2], [0.1, 0.1, 0.1, 0.2, 0.2, 0.1, 0.1, 0.1])
    rows += [("requests", f"refused_{row}", "total", n) for row, n in zip(GROUNDS, grounds, strict=True)]
    for route in ROUTES:
        cases = random.multinomial(int(random.integers(0, 200)), [0.5, 0.15, 0.25, 0.1])
        rows += [
            ("disputes", route, c, n)
            for c, n in zip(["upheld", "corrected", "other", "pending"], cases, strict=True)
        ]
        rows.append(("disputes", route, "total", cases.sum()))
    columns = ["made", "disclosed_total"] if edition == "2019" else ["issued", "repealed", "in_force"]
    rows += [
        ("disclosure", row, column, random.integers(0, 60))
        for row in ("rules", "normative_documents")
        for column in columns
    ]
    rows += [
        ("disclosure", row, "decisions", random.integers(0, 3_000_000))
        for row in ("licences", "penalties", "coercive_measures")
    ]
    if edition == "2021":
        rows.append(("disclosure", "fees", "amount", round(float(random.random() * 90_000), 4)))
    frame = pd.DataFrame(rows, columns=["table", "row", "column", "value"])
    return frame.assign(
        report_id=f"{body}-{year}-{scope}",
        body=body,
        year=year,
        scope=scope,
        edition=edition,
        status="printed",
        suspect=False,
    ).astype({"value": "Float64", "year": "Int64"})


@cache
def province(bodies: int, years: int) -> pd.DataFrame:
    """Many synthetic bodies: long and short names, the form's two editions, suspect and derived cells, holes."""
    reports = []
    for n in range(bodies):
        name = f"测试市第{n + 1}区" if n % 4 else f"测试省测试市测试区人民政府第{n + 1}街道办事处"
        for year in range(2026 - years, 2026):
            if n and (n + year) % 11 == 0:
                continue
            report = cells_of(name, year, n, edition="2019" if year < 2021 else "2021")
            if (n + year) % 7 == 0:
                report["suspect"] = True
            if (n + year) % 5 == 0:
                report.loc[report.index % 3 == 0, "status"] = "derived"
            reports.append(report)
    return pd.concat(reports, ignore_index=True)


def in_words(cells: pd.DataFrame) -> pd.DataFrame:
    """Figures stated in words about the same bodies, a little different from their tables."""
    codes = {"received": "requests_new", "concluded": "requests_handled"}
    own = cells[cells["row"].isin(codes) & (cells["column"] == "total")]
    frame = own.assign(
        indicator=own["row"].map(codes), value=own["value"] + 3, unit="件", precision="at_least"
    )
    return frame[["body", "year", "scope", "indicator", "value", "unit", "precision"]]


def rates_of(
    cells: pd.DataFrame, codes: tuple[str, ...] = ("correction_rate_decided", "refusal_rate")
) -> pd.DataFrame:
    """Proportions in the layout of rl.indicators, computed here and not by the library."""
    parts = {
        "correction_rate_decided": ("disputes.reconsideration.corrected", "disputes.reconsideration.total"),
        "refusal_rate": ("requests.refused.total", "requests.concluded.total"),
    }
    lines = []
    for (body, year, scope, edition), report in cells.groupby(
        ["body", "year", "scope", "edition"], sort=False
    ):
        value = dict(
            zip(report["table"] + "." + report["row"] + "." + report["column"], report["value"], strict=True)
        )
        for code in codes:
            part, whole = (float(value[cell]) for cell in parts[code])
            share = part / whole if whole else float("nan")
            half = 1.96 * sqrt(share * (1 - share) / whole) if whole else 0
            lines.append(
                {
                    "body": body,
                    "year": year,
                    "scope": scope,
                    "edition": edition,
                    "indicator": code,
                    "unit": "%",
                    "value": 100 * share if whole else pd.NA,
                    "numerator": part,
                    "denominator": whole,
                    "low": max(0, 100 * (share - half)) if whole else pd.NA,
                    "high": min(100, 100 * (share + half)) if whole else pd.NA,
                    "status": "defined" if whole else "undefined",
                    "comparable": True,
                }
            )
    return pd.DataFrame(lines)


def pool_of(rates: pd.DataFrame) -> pd.DataFrame:
    """Rates of all bodies together, in the layout of rl.pool, roughly computed here."""
    lines = []
    for (code, year), of in rates[rates["denominator"] > 0].groupby(["indicator", "year"], sort=False):
        value = of["value"].astype(float)
        pooled = 100 * of["numerator"].sum() / of["denominator"].sum()
        spread = value.std(ddof=0) / sqrt(len(of))
        band = value.quantile([0.1, 0.9]).tolist()
        lines.append(
            ["city", "region", year, code, "%", pooled, pooled - spread, pooled + spread, *band, len(of)]
        )
    names = ["group", "scope", "year", "indicator", "unit", "value", "low", "high", "p10", "p90", "bodies"]
    return pd.DataFrame(lines, columns=names)


def reports_of(cells: pd.DataFrame) -> pd.DataFrame:
    """The reports of these cells, in the layout of ds.reports."""
    frame = cells[["body", "year"]].drop_duplicates(ignore_index=True)
    return frame.assign(disclosure="complete", requests="partial", disputes="blank")


def every_chart(cells: pd.DataFrame, lang: str = "zh") -> dict[str, Figure]:
    """Every public chart of these cells."""
    words, rates = in_words(cells), rates_of(cells)
    body = str(cells["body"].iloc[0])
    many = cells["body"].nunique() > 9  # then one panel a body each, for the test's time
    measures = ["requests"] if many else ["requests", "documents", "decisions", "fees"]
    drawn = {f"volumes {m}": charts.volumes(cells, words, measure=m, lang=lang) for m in measures}
    return drawn | {
        "headline": charts.headline(words, ["requests_new", "requests_handled"][: 2 - many], lang=lang),
        "outcomes": charts.outcomes(cells, lang=lang),
        "applicants": charts.applicants(cells, lang=lang),
        "refusal_grounds": charts.refusal_grounds(cells, lang=lang),
        "disputes": charts.disputes(cells, lang=lang),
        "statuses": charts.statuses(cells, lang=lang),
        "rates": charts.rates(rates[rates["indicator"] == "refusal_rate"] if many else rates, lang=lang),
        "funnel": charts.funnel(
            rates[rates["indicator"] == "correction_rate_decided"], highlight=[body], lang=lang
        ),
        "peers": charts.peers(rates, body, lang=lang),
        "peers volumes": charts.peers(cells, body, words, lang=lang),
        "overview": charts.overview(rates[rates["indicator"] == "refusal_rate"], lang=lang),
        "first_and_last": charts.first_and_last(rates[rates["indicator"] == "refusal_rate"], lang=lang),
        "pooled": charts.pooled(pool_of(rates), rates, body, lang=lang),
        "coverage": charts.coverage(reports_of(cells), words, lang=lang),
    }
