"""Adding reports: copied or fetched, recorded in one step, and never more than was asked for."""

import csv
import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from reportlib.errors import ReportlibError
from reportlib.store.additions import AlreadyThereError, Wish, add, add_all, read_list
from reportlib.store.download import Fetcher, Limits
from reportlib.store.ingest import ingest
from reportlib.store.records import Record

QUICK = Limits(size=300_000, seconds=3.0, redirects=3, tries=2, pause=0.0)


def report_page(body: str, year: int, received: int = 5) -> bytes:
    """A small report: a title and the first table with one figure of its own."""
    return f"""<html><head><meta charset="utf-8"><title>{body}{year}年政府信息公开工作年度报告</title></head><body>
    <table><tr><td>信息内容</td><td>本年制发件数</td><td>本年废止件数</td><td>现行有效件数</td></tr>
    <tr><td>规章</td><td>0</td><td>0</td><td>0</td></tr>
    <tr><td>行政规范性文件</td><td>{received}</td><td>1</td><td>9</td></tr></table></body></html>""".encode()


PAGE = '<html><body><p>详见附件</p><a href="/logo.png">x</a><a href="files/r.html.doc">附件</a></body></html>'


class Site(BaseHTTPRequestHandler):
    """A server with every kind of bad manners."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Site.asked.append(self.path)
        path = self.path
        if path == "/robots.txt":
            return self.answer(b"User-agent: *\nDisallow: /private/\n", "text/plain")
        if path.startswith("/good/"):
            return self.answer(report_page(f"测试{path[6:]}局", 2024, int(path[6:])))
        if path == "/loop":
            return self.redirect("/loop")
        if path == "/moved":
            return self.redirect("/good/77")
        if path == "/nowhere":
            self.send_response(301)
            self.end_headers()
            return None
        if path == "/escape":
            return self.redirect("file:///etc/passwd")
        if path == "/huge":
            return self.answer(b"x" * 400_000)
        if path == "/slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(60):
                time.sleep(0.1)
                try:
                    self.wfile.write(b"x")
                    self.wfile.flush()
                except OSError:
                    return None
            return None
        if path == "/wrong":
            return self.answer(b"\x7fELF\x01\x02\x00\x00\x00" * 50, "text/html")
        if path == "/cut":
            return self.cut(report_page("续传局", 2024, 41))
        if path == "/page":
            return self.answer(PAGE.encode())
        if path == "/files/r.html.doc":
            return self.answer(report_page("随附县统计局", 2023, 17), "application/msword")
        if path == "/private/1":
            return self.answer(report_page("密局", 2024))
        self.send_response(404)
        self.end_headers()
        return None

    def answer(self, data: bytes, kind: str = "text/html") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.end_headers()

    def cut(self, data: bytes) -> None:
        """Break off in the middle; go on from there when asked to."""
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start:] if start else data[:100])
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/sources.csv").write_text(",".join(Record._fields) + "\n", encoding="utf-8")
    return tmp_path


def records(home: Path) -> list[dict[str, str]]:
    with (home / "data/raw/sources.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_a_file_is_copied_and_recorded_in_one_step(home, tmp_path):
    source = tmp_path / "received.html"
    source.write_bytes(report_page("甲县统计局", 2024))
    added = add(home, Wish(str(source)))
    (record,) = records(home)
    kept = home / "data/raw" / record["file"]
    assert kept.read_bytes() == source.read_bytes()
    assert record["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert (record["body"], record["year"], record["kind"], record["address"]) == (
        "甲县统计局",
        "2024",
        "original",
        "",
    )
    assert added.report is not None and added.report.edition == "2021"


def test_an_address_is_fetched_and_stays_in_the_record(home, site):
    add(home, Wish(f"{site}/moved"), Fetcher(QUICK))
    (record,) = records(home)
    assert record["address"] == f"{site}/moved"
    assert record["body"] == "测试77局"


def test_a_page_without_a_table_brings_its_attachment_along(home, site):
    add(home, Wish(f"{site}/page"), Fetcher(QUICK))
    (record,) = records(home)
    assert record["body"] == "随附县统计局"
    assert f"{site}/files/r.html.doc" in record["note"]


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(home, site):
    add(home, Wish(f"{site}/cut"), Fetcher(QUICK))
    assert (home / "data/raw" / records(home)[0]["file"]).read_bytes() == report_page("续传局", 2024, 41)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/loop", "redirected more than 3 times"),
        ("/huge", "larger than 300,000 bytes"),
        ("/slow", "not finished after 3 seconds"),
        ("/wrong", "no kind that is known"),
        ("/none", "the server answers 404"),
        ("/nowhere", "the server answers 301"),
        ("/escape", "not an http or https address"),
        ("/private/1", "robots.txt forbids"),
    ],
)
def test_a_bad_answer_is_refused_with_its_reason_and_leaves_nothing(home, site, path, reason):
    with pytest.raises(ReportlibError, match=reason):
        add(home, Wish(site + path), Fetcher(QUICK))
    assert records(home) == []
    assert not (home / "data/raw/reports").exists()


@pytest.mark.parametrize("address", ["ftp://example.org/a.pdf", "file:///etc/passwd", "javascript://x"])
def test_only_http_and_https_are_fetched(home, address):
    with pytest.raises(ReportlibError, match="not an http or https address"):
        add(home, Wish(address), Fetcher(QUICK))


def test_what_robots_forbid_is_never_asked_for(home, site):
    Site.asked.clear()
    with pytest.raises(ReportlibError):
        add(home, Wish(f"{site}/private/1"), Fetcher(QUICK))
    assert "/private/1" not in Site.asked


def test_one_host_is_asked_at_the_agreed_pace(site):
    fetcher = Fetcher(QUICK._replace(pause=0.2))
    started = time.monotonic()
    for number in range(3):
        fetcher.fetch(f"{site}/good/{number}")
    assert time.monotonic() - started >= 0.6  # robots.txt and three documents


def test_the_same_file_is_refused_a_second_time(home, site):
    add(home, Wish(f"{site}/good/1"), Fetcher(QUICK))
    with pytest.raises(AlreadyThereError, match="there already"):
        add(home, Wish(f"{site}/good/1"), Fetcher(QUICK))
    assert len(records(home)) == 1


def test_a_document_that_says_nothing_needs_body_and_year(home, tmp_path):
    source = tmp_path / "x.md"
    source.write_text(
        "| 信息内容 | 本年制发件数 | 本年废止件数 | 现行有效件数 |\n| 规章 | 0 | 0 | 0 |\n", encoding="utf-8"
    )
    with pytest.raises(ReportlibError, match="--body and --year"):
        add(home, Wish(str(source)))
    add(home, Wish(str(source), body="甲局", year=2024))
    assert records(home)[0]["body"] == "甲局"


@pytest.mark.parametrize("wrong", [{"scope": "county"}, {"date_published": "2024年1月"}])
def test_what_no_record_can_hold_is_refused(home, tmp_path, wrong):
    source = tmp_path / "received.html"
    source.write_bytes(report_page("甲县统计局", 2024))
    with pytest.raises(ReportlibError, match=f"{next(iter(wrong))} is"):
        add(home, Wish(str(source), **wrong))
    assert records(home) == []


def test_two_hundred_from_a_list_and_a_rerun_that_does_only_the_failed_ones(home, site, tmp_path):
    bad = [f"/none{i}" for i in range(14)] + ["/loop", "/huge", "/wrong", "/private/1", "/escape", "/none"]
    paths = [f"/good/{i}" for i in range(180)] + bad
    path = tmp_path / "list.csv"
    path.write_text("source,body,year\n" + "".join(f"{site}{p},,\n" for p in paths), encoding="utf-8")
    fetcher = Fetcher(QUICK)
    added = list(add_all(home, read_list(path), fetcher))
    failed = [one for one in added if one.record is None]
    assert len(added) == 200 and len(failed) == 20 and len(records(home)) == 180
    assert all(
        one.wish.source in one.error or "127.0.0.1" in one.error or "file:" in one.error for one in failed
    )
    Site.asked.clear()
    again = list(add_all(home, read_list(path), fetcher))
    assert len(again) == 20 and not any(path.startswith("/good/") for path in Site.asked)


def test_paths_in_a_list_are_those_beside_it(home, tmp_path, monkeypatch):
    (tmp_path / "received").mkdir()
    (tmp_path / "received" / "a.html").write_bytes(report_page("甲县统计局", 2024))
    (tmp_path / "received" / "list.csv").write_text(
        "source\na.html\nhttps://example.org/b.html\n", encoding="utf-8"
    )
    monkeypatch.chdir(home)
    beside, address = read_list(tmp_path / "received" / "list.csv")
    assert add(home, beside).record is not None
    assert address.source == "https://example.org/b.html"
    monkeypatch.chdir(tmp_path)
    assert read_list(Path("received/list.csv"))[0].source == "received/a.html"


def test_many_that_add_at_the_same_time_are_all_recorded(home, tmp_path):
    for number in range(8):
        (tmp_path / f"{number}.html").write_bytes(report_page("甲县统计局", 2024, number))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: add(home, Wish(str(tmp_path / f"{number}.html"))), range(8)))
    files = {record["file"] for record in records(home)}
    assert len(files) == 8 and all((home / "data/raw" / file).exists() for file in files)
    assert ingest(home).problems == ()


def test_a_list_with_a_wrong_year_is_refused_with_its_line(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("source,year\na.html,二〇二四\n", encoding="utf-8")
    with pytest.raises(ReportlibError, match="line 2"):
        read_list(path)
