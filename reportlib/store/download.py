"""Fetching documents politely: http and https only, bounded in size, time and redirects, never run.

What robots.txt forbids is not fetched; one host is asked at most once a second; a transfer that
breaks off is taken up where it stopped, if the server can.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpx

from ..errors import ReportlibError

__all__ = ["Download", "Fetcher", "Limits"]

AGENT = "reportlib"


class Limits(NamedTuple):
    """Bounds of one download: bytes, seconds in all, redirects, tries, seconds between two requests to a
    host.
    """

    size: int = 60_000_000
    seconds: float = 120.0
    redirects: int = 5
    tries: int = 3
    pause: float = 1.0


class Download(NamedTuple):
    """What was fetched, and the address it came from after redirects."""

    data: bytes
    address: str


@dataclass
class Fetcher:
    """Fetches documents; keeps the pace for each host and what its robots.txt allows."""

    limits: Limits = field(default_factory=Limits)
    _asked: dict[str, float] = field(default_factory=dict)
    _robots: dict[str, RobotFileParser] = field(default_factory=dict)

    def fetch(self, address: str) -> Download:
        """Fetch one document.

        Raises
        ------
        ReportlibError
            The address is no http(s) address, robots.txt forbids it, the answer is an error, too
            large, too slow or redirected too often.
        """
        deadline = time.monotonic() + self.limits.seconds
        with httpx.Client(headers={"User-Agent": AGENT}, timeout=min(30.0, self.limits.seconds)) as client:
            for _ in range(self.limits.redirects + 1):
                self._allowed(client, address, deadline)
                answer = self._transfer(client, address, deadline)
                if isinstance(answer, Download):
                    return answer
                address = answer
        found = f"redirected more than {self.limits.redirects} times"
        raise ReportlibError(found, file=address, hint="Give the final address.")

    def _allowed(self, client: httpx.Client, address: str, deadline: float) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ReportlibError(
                "not an http or https address", file=address, hint="Save the file and add it by path."
            )
        root = f"{parts.scheme}://{parts.netloc}"
        if root not in self._robots:
            rules = RobotFileParser()
            try:
                answer = self._transfer(client, f"{root}/robots.txt", deadline)
                text = answer.data.decode("utf-8", "replace") if isinstance(answer, Download) else ""
            except ReportlibError:
                text = ""  # no robots.txt: everything is allowed
            rules.parse(text.splitlines())
            self._robots[root] = rules
        if not self._robots[root].can_fetch(AGENT, address):
            hint = "Open it in a browser, save it, add the file."
            raise ReportlibError("the site's robots.txt forbids it", file=address, hint=hint)

    def _transfer(self, client: httpx.Client, address: str, deadline: float) -> Download | str:
        """The document, or the address that the answer leads to."""
        data = bytearray()
        version = problem = ""
        for _ in range(self.limits.tries):
            self._wait(urlsplit(address).netloc)
            headers = {"Range": f"bytes={len(data)}-", "If-Range": version} if data and version else {}
            try:
                with client.stream("GET", address, headers=headers) as answer:
                    if answer.has_redirect_location:
                        return urljoin(address, answer.headers["location"])
                    if answer.is_success:
                        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                            data.clear()
                            version = answer.headers.get("etag", "")
                        self._receive(answer, data, address, deadline)
                        return Download(bytes(data), address)
                    problem = f"the server answers {answer.status_code}"
                    if not answer.is_server_error:
                        break
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                problem = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            if time.monotonic() > deadline:
                break
        hint = "Check the address, or try again later."
        raise ReportlibError(f"cannot be fetched ({problem})", file=address, hint=hint)

    def _receive(self, answer: httpx.Response, data: bytearray, address: str, deadline: float) -> None:
        size, seconds = self.limits.size, self.limits.seconds
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > size:
                raise ReportlibError(f"larger than {size:,} bytes", file=address, hint="Is this the report?")
            if time.monotonic() > deadline:
                raise ReportlibError(
                    f"not finished after {seconds:g} seconds", file=address, hint="Try again later."
                )

    def _wait(self, host: str) -> None:
        pause = self._asked.get(host, 0.0) + self.limits.pause - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        self._asked[host] = time.monotonic()
