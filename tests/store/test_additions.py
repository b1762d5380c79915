"""Adding reports: copied or fetched, recorded in one step, and never more than was asked for."""

import csv
import hashlib
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpcore
import pytest

from reportlib.errors import ReportlibError
from reportlib.store import additions
from reportlib.store.additions import Added, AlreadyThereError, Wish, add_all, read_list
from reportlib.store.apart import Apart
from reportlib.store.download import Fetcher, _is_public
from reportlib.store.ingest import ingest
from reportlib.store.links import attachments
from reportlib.store.records import Record


class Clock:
    """A clock that only the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


CLOCK = Clock()


def fetcher(allow_private: bool = True, pause: float = 0.0) -> Fetcher:
    limits = {"size": 300_000, "seconds": 120.0, "redirects": 3, "tries": 2}
    return Fetcher(**limits, pause=pause, allow_private=allow_private, clock=CLOCK, sleep=CLOCK.sleep)


def add(home: Path, wish: Wish, fetcher: Fetcher | None = None) -> Added:
    with Apart() as apart:
        return additions.add(home, wish, fetcher or Fetcher(), apart)


def report_page(body: str, year: int, received: int = 5) -> bytes:
    """A small report: a title and the first table with one figure of its own."""
    return f"""<html><head><meta charset="utf-8"><title>{body}{year}年政府信息公开工作年度报告</title></head><body>
    <table><tr><td>信息内容</td><td>本年制发件数</td><td>本年废止件数</td><td>现行有效件数</td></tr>
    <tr><td>规章</td><td>0</td><td>0</td><td>0</td></tr>
    <tr><td>行政规范性文件</td><td>{received}</td><td>1</td><td>9</td></tr></table></body></html>""".encode()


PAGE = '<html><body><p>详见附件</p><a href="/logo.png">x</a><a href="files/r.html.doc">附件</a></body></html>'

ANSWERS = {
    "/robots.txt": (b"User-agent: *\nDisallow: /private/\n", "text/plain"),
    "/huge": (b"x" * 400_000,),
    "/wrong": (b"\x7fELF\x01\x02\x00\x00\x00" * 50,),
    "/page": (PAGE.encode(),),
    "/files/r.html.doc": (report_page("随附县统计局", 2023, 17), "application/msword"),
    "/private/1": (report_page("密局", 2024),),
}
REDIRECTS = {
    "/loop": "/loop",
    "/moved": "/good/77",
    "/escape": "file:///etc/passwd",
    "/to-localhost": "http://localhost:{port}/good/5",
}


class Site(BaseHTTPRequestHandler):
    """A server with every kind of bad manners."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Site.asked.append(self.path)
        if self.path in ANSWERS:
            self.answer(*ANSWERS[self.path])
        elif self.path in REDIRECTS:
            self.redirect(REDIRECTS[self.path].format(port=self.server.server_port))
        else:
            self.misbehave()

    def misbehave(self) -> None:
        """Whatever takes its time or breaks off; any number of good reports; and nothing else."""
        if self.path.startswith("/good/"):
            number = self.path.removeprefix("/good/")
            self.answer(report_page(f"测试{number}局", 2024, int(number)))
        elif self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            self.drip(b"x")
        elif self.path == "/slow-headers":
            self.drip(b"X-More: 1\r\n", b"HTTP/1.1 200 OK\r\n")
        elif self.path == "/cut":
            self.cut(report_page("续传局", 2024, 41))
        else:
            self.send_response(301 if self.path == "/nowhere" else 404)
            self.end_headers()

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

    def drip(self, data: bytes, first: bytes = b"") -> None:
        """Never stop answering, a piece every ten seconds of the clock."""
        try:
            self.wfile.write(first)
            while True:
                self.wfile.write(data)
                self.wfile.flush()
                CLOCK.now += 10
                time.sleep(0.001)
        except OSError:
            self.close_connection = True

    def cut(self, data: bytes) -> None:
        """Break off in the middle, the first time; a range is answered with other bytes than were asked for."""
        times = Site.asked.count(self.path)
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:100] if times == 1 else data)
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
    add(home, Wish(f"{site}/moved"), fetcher())
    (record,) = records(home)
    assert record["address"] == f"{site}/moved"
    assert record["body"] == "测试77局"


def test_a_page_without_a_table_brings_its_attachment_along(home, site):
    add(home, Wish(f"{site}/page"), fetcher())
    (record,) = records(home)
    assert record["body"] == "随附县统计局"
    assert f"{site}/files/r.html.doc" in record["note"]


def test_a_transfer_that_breaks_off_begins_anew(home, site):
    Site.asked.clear()
    add(home, Wish(f"{site}/cut"), fetcher())
    assert (home / "data/raw" / records(home)[0]["file"]).read_bytes() == report_page("续传局", 2024, 41)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/loop", "redirected more than 3 times"),
        ("/huge", "larger than 300,000 bytes"),
        ("/slow", "not finished after 120 seconds"),
        ("/slow-headers", "not finished after 120 seconds"),
        ("/to-localhost", "localhost is at .* in a private network"),
        ("/wrong", "no kind that is known"),
        ("/none", "the server answers 404"),
        ("/nowhere", "the server answers 301"),
        ("/escape", "not an http or https address"),
        ("/private/1", "robots.txt forbids"),
    ],
)
def test_a_bad_answer_is_refused_with_its_reason_and_leaves_nothing(home, site, path, reason):
    with pytest.raises(ReportlibError, match=reason):
        add(home, Wish(site + path), fetcher())
    assert records(home) == []
    assert not (home / "data/raw/reports").exists()


@pytest.mark.parametrize("address", ["ftp://example.org/a.pdf", "file:///etc/passwd", "javascript://x"])
def test_only_http_and_https_are_fetched(home, address):
    with pytest.raises(ReportlibError, match="not an http or https address"):
        add(home, Wish(address), fetcher())


def test_what_robots_forbid_is_never_asked_for(home, site):
    Site.asked.clear()
    with pytest.raises(ReportlibError):
        add(home, Wish(f"{site}/private/1"), fetcher())
    assert "/private/1" not in Site.asked


def test_one_host_is_asked_at_the_agreed_pace(site):
    paced, started = fetcher(pause=20.0), CLOCK.now
    for number in range(3):
        paced.fetch(f"{site}/good/{number}")
    assert CLOCK.now - started == 60.0  # robots.txt and three documents


def test_a_private_address_is_only_fetched_where_the_caller_allows_it(home, site):
    Site.asked.clear()
    with pytest.raises(ReportlibError, match="in a private network"):
        add(home, Wish(f"{site}/good/1"), fetcher(allow_private=False))
    with pytest.raises(ReportlibError, match="in a private network"):
        fetcher().fetch(f"{site}/good/1", own="https://example.org/page.html")
    with pytest.raises(ReportlibError, match="in a private network"):
        fetcher().fetch(f"{site}/good/1", own="")
    assert Site.asked == []


@pytest.mark.parametrize(
    ("address", "public"),
    [("127.0.0.1", False), ("10.1.2.3", False), ("169.254.169.254", False), ("::1", False), ("fe80::1%eth0", False),
     ("::ffff:127.0.0.1", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
     ("8.8.8.8", True), ("2606:4700::1", True)],
)  # fmt: skip
def test_addresses_of_private_networks_are_known(address, public):
    assert _is_public(address) is public


def test_the_address_that_was_looked_at_is_the_one_that_is_asked(monkeypatch):
    asked = []

    async def connect(self, host, *_, **__):
        asked.append(host)
        raise httpcore.ConnectError("enough")

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("8.8.8.8", 80))])
    with pytest.raises(ReportlibError, match="enough"):
        fetcher(allow_private=False).fetch("http://rebinding.example/a.pdf")
    assert set(asked) == {"8.8.8.8"}  # not the name, which may stand for another address by now


@pytest.mark.parametrize(
    ("robots", "status", "path", "allowed"),
    [
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /a", 200, "/a.pdf", False),
        (b"User-agent: *\nDisallow: /*.pdf$", 200, "/x/a.pdf", False),
        (b"User-agent: *\nDisallow: /*.pdf$", 200, "/x/a.pdf?b", True),
        (b"User-agent: *\nDisallow: /x\nAllow: /x/a", 200, "/x/a.pdf", True),
        (b"", 404, "/a.pdf", True),
        (b"", 503, "/a.pdf", False),
    ],
)
def test_robots_are_understood_as_they_are_written(robots, status, path, allowed):
    class Robots(Site):
        def do_GET(self) -> None:
            if self.path != "/robots.txt":
                return self.answer(b"there")
            self.send_response(status)
            self.send_header("Content-Length", str(len(robots)))
            self.end_headers()
            self.wfile.write(robots)
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Robots) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}{path}"
        if allowed:
            assert fetcher().fetch(address).data == b"there"
        else:
            with pytest.raises(ReportlibError, match=r"robots\.txt"):
                fetcher().fetch(address)
        server.shutdown()


def test_a_link_that_is_none_is_passed_over():
    page = b'<a href="http://[x/a.pdf">a</a><a href="http://a b:z/c.pdf">b</a><img src="logo.png"><a href="d.pdf">d</a>'
    assert attachments(page, "https://example.org/x/")[-1] == "https://example.org/x/d.pdf"
    assert len(attachments(page, "https://example.org/x/")) <= 2


@pytest.mark.parametrize(
    "address", ["http://[x/a.pdf", "http://a:z/c.pdf", "http:///x", "https://\ud800.example/"]
)
def test_an_address_that_is_none_does_not_stop_the_list(home, tmp_path, address):
    (tmp_path / "a.html").write_bytes(report_page("甲县统计局", 2024))
    bad, good = add_all(home, [Wish(address), Wish(str(tmp_path / "a.html"))], fetcher())
    assert bad.record is None and "\n" not in bad.error and good.record is not None


@pytest.mark.parametrize(
    ("wrong", "differs"),
    [
        ({"body": "乙县"}, "body 甲县统计局, not 乙县"),
        ({"year": 2021}, "year 2024, not 2021"),
        ({"scope": "region"}, "scope own, not region"),
    ],
)
def test_a_known_document_under_another_name_says_what_differs(home, tmp_path, wrong, differs):
    (tmp_path / "a.html").write_bytes(report_page("甲县统计局", 2024))
    add(home, Wish(str(tmp_path / "a.html")))
    (again,) = add_all(home, [Wish(str(tmp_path / "a.html"), **wrong)])
    assert differs in again.error and records(home)[0]["file"] in again.error
    assert list(add_all(home, [Wish(str(tmp_path / "a.html"), body="甲县统计局", year=2024)])) == []


def test_what_is_no_plain_file_is_one_line(home, tmp_path):
    os.mkfifo(tmp_path / "pipe.pdf")
    for path in (tmp_path / "pipe.pdf", tmp_path, tmp_path / "a\0b"):
        (failed,) = add_all(home, [Wish(str(path))])
        assert failed.error and "\n" not in failed.error


def test_a_folder_that_cannot_be_written_is_one_line_and_the_list_goes_on(home, tmp_path):
    (tmp_path / "a.html").write_bytes(report_page("甲县统计局", 2024))
    (home / "data/raw/reports").write_text("no folder")
    first, second = add_all(home, [Wish(str(tmp_path / "a.html"))] * 2)
    assert "nothing can be written here" in first.error and first.error == second.error
    assert records(home) == []


def test_the_same_file_is_refused_a_second_time(home, site):
    add(home, Wish(f"{site}/good/1"), fetcher())
    with pytest.raises(AlreadyThereError, match="there already"):
        add(home, Wish(f"{site}/good/1"), fetcher())
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
    politely = fetcher()
    added = list(add_all(home, read_list(path), politely))
    failed = [one for one in added if one.record is None]
    assert len(added) == 200 and len(failed) == 20 and len(records(home)) == 180
    assert all(
        one.wish.source in one.error or "127.0.0.1" in one.error or "file:" in one.error for one in failed
    )
    Site.asked.clear()
    again = list(add_all(home, read_list(path), politely))
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
