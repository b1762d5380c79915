"""The command line, thin: what each command does stands in the module that does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .errors import ReportlibError
from .form.findings import sentence
from .form.labels import MARKS, label, number, place
from .report.report import Finding, FormCell, Report

if TYPE_CHECKING:  # the store takes long to import, and `show` does without
    from .store.records import Record

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
    Path | None,
    typer.Option("--home", help="The project folder; default: REPORTLIB_HOME, else the one you are in."),
]
Lang = Annotated[Literal["zh", "en"], typer.Option(help="Language of labels and findings.")]
Jobs = Annotated[int | None, typer.Option(help="Processes; default: one per processor.")]
Dask = Annotated[str, typer.Option(help="Address of a Dask scheduler whose workers do the work.")]
Files = Annotated[list[Path], typer.Argument(help="Reports, in any format.")]


def main() -> None:
    """Run the command line: exit status 0 all well, 1 something failed, 2 wrong usage."""
    try:
        app()
    except ReportlibError as error:
        _say(err, "error:", "red", str(error))
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        err.print("stopped")
        raise SystemExit(130) from None


def _say(stream: Console, kind: str, colour: str, message: str) -> None:
    stream.print(f"[{colour}]{kind}[/{colour}] {escape(message)}", soft_wrap=True)


def _home(home: Path | None) -> Path:
    from .files import find_home

    return find_home(home)


@app.command()
def show(file: Annotated[Path, typer.Argument(help="A report, in any format.")], lang: Lang = "zh") -> None:
    """Show a report's tables with the statuses marked, and the findings under them."""
    from .form import edition
    from .store.apart import Apart

    with Apart() as apart:
        report = apart.read(file)
    form = edition(report.edition)
    source, scope = report.source, label(report.scope or "?", lang, "scope")
    head = label("report", lang, "check").format(
        edition=report.edition, scope=scope, format=source.format, route=source.route
    )
    body = report.body or label("unsigned", lang, "check")
    out.print(f"[bold]{escape(body)}[/bold] {report.year or ''}  {head}")
    cells = {cell.key: cell for cell in report.cell_list}
    there = {(cell.table, cell.row) for cell in report.cell_list}
    for table in form.tables:
        state = report.tables[table.code]
        out.print(f"\n[bold]{getattr(table, lang)}[/bold]  {label(state, lang, 'state')}")
        for block in table.blocks:
            rows = [row for row in block.rows if (table.code, row.code) in there]
            if not rows:
                continue
            view = Table(title=block.heading or None, title_justify="left")
            view.add_column("", min_width=20, max_width=28)
            for column in block.columns:
                view.add_column(getattr(column, lang), justify="right")
            for row in rows:
                view.add_row(
                    row.number + getattr(row, lang),
                    *(_figure(cells[table.code, row.code, c.code]) for c in block.columns),
                )
            out.print(view)
    out.print(label("legend", lang, "check"), style="dim")
    _findings(report.finding_list, lang)


def _figure(cell: FormCell) -> str:
    if cell.value is None:
        text = {"blank": "", "dash": "-", "missing": "·"}.get(cell.found, "?")
    else:
        text = f"{number(float(cell.value))}{MARKS.get(cell.status, '')}"
    return f"[red]{text} ⚠[/red]" if cell.suspect else text


@app.command()
def check(files: Files, lang: Lang = "zh") -> None:
    """Say what contradicts the form's sums; exit status 1 if anything does or a file cannot be read."""
    from .store.apart import Apart

    failed = False
    with Apart() as apart:
        for file in files:
            try:
                report = apart.read(file)
            except ReportlibError as error:
                _say(err, "error:", "red", str(error))
                failed = True
                continue
            failed |= report.failed
            fails = [finding.verdict for finding in report.finding_list].count("fail")
            sums = label("sums", lang, "check").format(passes=sum(report.passes.values()), fails=fails)
            out.print(f"{escape(str(file))}: {sums}", soft_wrap=True)
            _findings(report.finding_list, lang)
    raise typer.Exit(int(failed))


def _findings(findings: Iterable[Finding], lang: str) -> None:
    for finding in findings:
        if finding.verdict == "not_assessable":
            continue
        colour = "red" if finding.verdict == "fail" else "yellow"
        rule, verdict = (label(getattr(finding, axis), lang, axis) for axis in ("rule", "verdict"))
        told = sentence(finding, lang).removeprefix(rule).lstrip(":： ")
        stands = f"  ({place(finding.where, lang)})" if finding.where else ""
        _say(out, verdict, colour, f"{rule}: {told}{stands}")


@app.command()
def accuracy(
    folder: Annotated[Path, typer.Argument(help="A folder with files, their truth.csv and reports.csv.")],
    at_least: Annotated[
        float, typer.Option("--at-least", min=0, max=100, help="Percent of printed figures to be right.")
    ] = 0.0,
) -> None:
    """Measure, cell by cell, how reports with known truth are read; exit status 1 if any cell is silently
    wrong or invented, a file is not read, its year or edition is wrong, or too few figures are right.
    """
    from .store.accuracy import JUDGEMENTS, measure, shortcomings, together

    with err.status("reading") as status:
        scores = list(measure(folder, lambda name: status.update(f"reading {escape(name)}")))
    view = Table("file", "printed", "right", "%", *JUDGEMENTS[1:])
    for score in (*scores, together(scores)):
        share = f"{100 * score.right_of_printed / score.printed:.2f}" if score.printed else ""
        counts = [str(score.counts[one]) for one in JUDGEMENTS[1:]]
        view.add_row(score.file, str(score.printed), str(score.right_of_printed), share, *counts)
    out.print(view)
    for score in scores:
        if score.error:
            out.print(escape(score.error), soft_wrap=True)
        for wrong in score.wrong:
            cell = f"{wrong.table}/{wrong.row}/{wrong.column}"
            told = f"truth {wrong.truth or 'none'}, read {wrong.read or 'no value'}"
            out.print(f"{score.file}: {wrong.judgement}: {cell}: {told}")
    failures = shortcomings(scores, at_least)
    for failure in failures:
        _say(out, "fail", "red", failure)
    raise typer.Exit(int(bool(failures)))


@app.command()
def ingest(
    home: Home = None,
    jobs: Jobs = None,
    force: Annotated[bool, typer.Option("--force", help="Read everything again.")] = False,
    dask: Dask = "",
) -> None:
    """Read what is new in data/raw into data/processed."""
    from .store import ingest as store

    place = _home(home)
    with _progress() as bar, _executor(dask) as executor:
        task = bar.add_task("reading", total=None)
        result = store.ingest(
            place,
            jobs=jobs,
            force=force,
            executor=executor,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    view = Table("reports", "read now", "unchanged", "failed", "seconds")
    counts = (result.reports, result.read, result.unchanged, len(result.problems))
    view.add_row(*map(str, counts), f"{result.seconds:.1f}")
    out.print(view)
    for colour, kind, problems in (("yellow", "note", result.warnings), ("red", "failed", result.problems)):
        for problem in problems:
            _say(out, kind, colour, f"{problem.file}: {problem.message}")
    raise typer.Exit(int(not result.ok))


@app.command()
def run(
    batch: Annotated[Path | None, typer.Argument(help="The matrix; default: notebooks/batch.yml.")] = None,
    home: Home = None,
    jobs: Jobs = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Only these pages, notebooks or bodies (patterns).")
    ] = None,
    lang: Annotated[Literal["zh", "en"] | None, typer.Option(help="Only pages in this language.")] = None,
    force: Annotated[bool, typer.Option("--force/--changed", help="All pages, or what changed.")] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failure.")] = False,
    timeout: Annotated[float | None, typer.Option(help="Seconds for the cells of one notebook.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be made.")] = False,
    code: Annotated[bool, typer.Option("--code", help="Let readers unfold the code.")] = False,
    dask: Dask = "",
) -> None:
    """Make the pages of the matrix and site/index.html."""
    from .publish import run as publishing
    from .store.ingest import newer_than_ingest

    place = _home(home)
    if newer := newer_than_ingest(place):
        _say(err, "note:", "yellow", f"{newer} is newer than the data; run `reportlib ingest` to take it in")
    try:
        with _progress() as bar, _executor(dask) as executor:
            task = bar.add_task("pages", total=None)
            result = publishing.run(
                place,
                batch=batch,
                jobs=jobs,
                only=only or (),
                lang=lang or "",
                force=force,
                fail_fast=fail_fast,
                timeout=timeout or publishing.TIMEOUT,
                dry_run=dry_run,
                code=code,
                executor=executor,
                progress=lambda outcome, total: bar.update(task, advance=1, total=total),
            )
        status = int(not result.ok)
    except publishing.InterruptedRun as stopped:
        err.print("stopped; what was made stays, and the next run goes on")
        result, status = stopped.result, 130
    publishing.print_result(result, out)
    raise typer.Exit(status)


@app.command()
def add(
    sources: Annotated[list[str] | None, typer.Argument(help="Files or http(s) addresses.")] = None,
    body: Annotated[str, typer.Option(help="Whose report it is, if the document does not say.")] = "",
    year: Annotated[int | None, typer.Option(help="Its year, if the document does not say.")] = None,
    scope: Annotated[str, typer.Option(help="own or region, if the document does not say.")] = "",
    from_list: Annotated[
        Path | None,
        typer.Option(
            help="A CSV: source,body,year,scope,date_published,note; paths are relative to its folder."
        ),
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The addresses given may be in a private network.")
    ] = False,
    lang: Lang = "zh",
    home: Home = None,
) -> None:
    """Copy or download reports into data/raw and record them."""
    from .store.additions import Wish, add_all, read_list
    from .store.download import Fetcher

    wishes = [Wish(source, body, year, scope) for source in sources or ()]
    wishes += read_list(from_list) if from_list else []
    if not wishes:
        raise typer.BadParameter("name a file, an address or --from-list")
    place, failed, there = _home(home), [], len(wishes)
    with _progress() as bar:
        task = bar.add_task("adding", total=len(wishes))
        for added in add_all(place, wishes, Fetcher(allow_private=allow_private)):
            bar.advance(task)
            there -= 1
            if added.record is None or added.report is None:
                failed.append(added)
                continue
            _say_added(added.record, added.report, lang)
    if there:
        out.print(f"{there} recorded already, left as they are")
    for added in failed:
        _say(err, "failed", "red", added.error)
    raise typer.Exit(int(bool(failed)))


def _say_added(record: Record, report: Report, lang: str) -> None:
    fails = sum(finding.verdict == "fail" for finding in report.finding_list)
    said = f"{record.file}: {record.body} {record.year}, form {report.edition}, {report.source.format}"
    out.print(f"{escape(said)}, {fails} sums fail", soft_wrap=True)
    _findings(report.finding_list, lang)


@app.command()
def trace(
    body: str,
    year: int,
    table: str,
    row: str,
    column: str,
    scope: Annotated[str | None, typer.Option(help="own or region, where there are both.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write the cell's row, with the cell framed, as a PNG.")
    ] = None,
    home: Home = None,
) -> None:
    """Say where a figure comes from: file, place, printed text, address."""
    from .analysis import trace as tracing
    from .analysis.dataset import open_dataset

    ds = open_dataset(_home(home))
    found = tracing.trace(ds, body, year, table, row, column, scope)
    out.print(escape(tracing.text(found)), soft_wrap=True, highlight=False)
    if picture:
        picture.write_bytes(tracing.picture(ds, found))
        out.print(f"picture   {escape(str(picture))}", soft_wrap=True)


@app.command()
def export(
    target: Annotated[
        Path, typer.Argument(help="Where to write: a workbook, or a folder for csv, parquet and dta.")
    ],
    to: Annotated[Literal["xlsx", "csv", "parquet", "dta"], typer.Option(help="The format.")] = "xlsx",
    body: Annotated[list[str] | None, typer.Option(help="Only these bodies.")] = None,
    year: Annotated[list[int] | None, typer.Option(help="Only these years.")] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="Language of the workbook.")] = "zh",
    home: Home = None,
) -> None:
    """Write the data for others: an Excel workbook, CSV, Parquet or Stata files, with the data dictionary."""
    from .analysis.dataset import open_dataset
    from .display.workbooks import export as write

    ds = open_dataset(_home(home)).select(body, year)
    if ds.reports.empty:
        hint = "Ask for other bodies or years, or run `reportlib ingest` first"
        raise ReportlibError("there are no such reports, nothing is written", hint=hint)
    for path in write(ds, target, to, lang=lang):
        out.print(escape(str(path)), soft_wrap=True)


def _progress() -> Progress:
    """A bar on stderr that is silent without a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        disable=not err.is_terminal,
        transient=True,
    )


DASK_ANSWERS = 4  # seconds


@contextmanager
def _executor(address: str) -> Iterator[Executor | None]:
    """The executor of a Dask cluster, or None for own processes."""
    if not address:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise ReportlibError(
            "Dask is not installed", hint='Install it: pip install "reportlib[cluster]"'
        ) from None
    try:
        client = Client(address, timeout=DASK_ANSWERS)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise ReportlibError(
            f"no Dask scheduler answers at {address!r}",
            expected="an address such as tcp://host:8786",
            hint="Start one with: dask scheduler",
        ) from error
    with client:
        yield client.get_executor()  # type: ignore[no-untyped-call]
