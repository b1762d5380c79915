"""The command line, thin: what each command does stands in the module that does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .errors import ReportlibError
from .report import Finding

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Read annual reports on government information disclosure, prove their figures, publish them.",
)
out = Console()
if not out.is_terminal:
    out.width = 160  # a file or a pipe has room; a table cut off at 80 columns would lose figures
err = Console(stderr=True)

Home = Annotated[
    Path | None, typer.Option("--home", help="The project folder; default: REPORTLIB_HOME, else the one you are in.")
]
Files = Annotated[list[Path], typer.Argument(help="Reports, in any format.")]
MARKS = {"derived": "†", "split": "‡", "corrected": "✎", "ambiguous": "?"}


def main() -> None:
    """Run the command line: exit status 0 all well, 1 something failed, 2 wrong usage."""
    try:
        app()
    except ReportlibError as error:
        err.print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        err.print("stopped")
        raise SystemExit(130) from None


def _home(home: Path | None) -> Path:
    from .dataset import find_home

    return find_home(home)


@app.command()
def show(file: Annotated[Path, typer.Argument(help="A report, in any format.")]) -> None:
    """Show a report's tables with the statuses marked, and the findings under them."""
    from .form import edition
    from .labels import label
    from .pipeline import read_report

    report = read_report(file)
    form = edition(report.edition)
    out.print(
        f"[bold]{escape(report.body or '（未署名）')}[/bold] {report.year or ''}  form {report.edition}  "
        f"scope {report.scope or '?'}  {report.source.format} ({report.source.route})"
    )
    facts = {(f.table, f.row, f.column): f for f in report.facts}
    for table in form.tables:
        state = report.tables[table.code]
        out.print(f"\n[bold]{table.zh}[/bold]  {label(state, axis='state')}")
        for block in table.blocks:
            rows = [row for row in block.rows if any((table.code, row.code, c.code) in facts for c in block.columns)]
            if not rows:
                continue
            view = Table(title=block.heading or None, title_justify="left")
            view.add_column("", min_width=20, max_width=28)
            for column in block.columns:
                view.add_column(column.zh, justify="right")
            for row in rows:
                texts = []
                for column in block.columns:
                    fact = facts[table.code, row.code, column.code]
                    if fact.value is None:
                        text = {"blank": "", "dash": "-", "missing": "·"}.get(fact.found, "?")
                    else:
                        text = f"{fact.value:,.10g}{MARKS.get(fact.status, '')}"
                    texts.append(f"[red]{text} ⚠[/red]" if fact.suspect else text)
                view.add_row(row.number + row.zh, *texts)
            out.print(view)
    out.print(
        "† derived  ‡ cut from digits run together  ⚠ in a sum that fails  · not in the file  ? open", style="dim"
    )
    _findings(report.issues)


@app.command()
def check(files: Files) -> None:
    """Say what contradicts the form's sums; exit status 1 if anything does or a file cannot be read."""
    from .pipeline import read_report

    failed = False
    for file in files:
        try:
            report = read_report(file)
        except ReportlibError as error:
            err.print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
            failed = True
            continue
        failed |= report.failed
        passes = sum(report.passes.values())
        fails = sum(issue.verdict == "fail" for issue in report.issues)
        out.print(f"{escape(str(file))}: {passes} sums hold, {fails} fail", soft_wrap=True)
        _findings([issue for issue in report.issues if issue.verdict in ("fail", "warn")])
    raise typer.Exit(int(failed))


def _findings(issues: Iterable[Finding]) -> None:
    for issue in issues:
        if issue.verdict == "not_assessable":
            continue
        colour = "red" if issue.verdict == "fail" else "yellow"
        place = f"  ({issue.where})" if issue.where else ""
        out.print(
            f"[{colour}]{issue.verdict:4}[/{colour}] {issue.rule}: {escape(issue.message + place)}", soft_wrap=True
        )


@app.command()
def accuracy(folder: Annotated[Path, typer.Argument(help="A folder with files and their truth.csv.")]) -> None:
    """Measure, cell by cell, how reports with known truth are read; exit status 1 if any cell is silently wrong."""
    from .accuracy import JUDGEMENTS, measure

    view = Table("file", "printed", "right", "%", *JUDGEMENTS[1:])
    totals: dict[str, int] = dict.fromkeys(JUDGEMENTS, 0)
    printed = right = 0
    scores = []
    with err.status("reading") as status:
        for score in measure(folder, lambda name: status.update(f"reading {escape(name)}")):
            scores.append(score)
            printed += score.printed
            right += score.right_of_printed
            for judgement, count in score.counts.items():
                totals[judgement] += count
            view.add_row(score.file, *_share(score.printed, score.right_of_printed), *_counts(score.counts))
    view.add_section()
    view.add_row("all", *_share(printed, right), *_counts(totals))
    out.print(view)
    for score in scores:
        if score.error:
            out.print(f"{escape(score.error)}", soft_wrap=True)
        for v in score.wrong:
            read = v.read or "no value"
            out.print(
                f"{score.file}: {v.judgement}: {v.table}/{v.row}/{v.column}: truth {v.truth or 'none'}, read {read}"
            )
    raise typer.Exit(int(totals["silent"] + totals["invented"] > 0))


def _share(printed: int, right: int) -> tuple[str, str, str]:
    return str(printed), str(right), f"{100 * right / printed:.2f}" if printed else ""


def _counts(counts: Mapping[str, int]) -> list[str]:
    return [str(count) for judgement, count in counts.items() if judgement != "right"]
