"""Fetching documents politely: http and https only, bounded in size, time and redirects, never run.

What robots.txt forbids is not fetched; one host is asked at most once a second. Foreign pages and redirects
lead to no address of a private network, of this machine or of its neighbours.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore
import httpx
from protego import Protego

from ..errors import ReportlibError

__all__ = ["Download", "Fetcher", "Limits", "same_host"]

AGENT = "reportlib"
LONGEST_PAUSE = 30.0
"""Seconds between two requests that a robots.txt may ask for."""
TROUBLE = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)


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


class _AnswerError(ReportlibError):
    """The server answers that there is nothing."""

    status = 0


# ------------------------------------------------------------------------------ connections
class _Wire(httpcore.SyncBackend):
    """Connects to public addresses, to others only where it is told to; nothing lasts past the deadline."""

    def __init__(self, clock: Callable[[], float], deadline: float) -> None:
        self.clock, self.deadline, self.private = clock, deadline, False

    def left(self, timeout: float | None) -> float:
        """Seconds that a step may take."""
        left = self.deadline - self.clock()
        if left <= 0:
            raise httpcore.ReadTimeout("not finished in time")
        return min(left, timeout or left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = [str(one[4][0]) for one in found]
        if not self.private and not all(map(_is_public, addresses)):
            raise httpcore.ConnectError(f"{host} is at {addresses[0]}, in a private network")
        # The address that was looked at, not the name: it could stand for another one by now.
        left = self.left(timeout)
        stream = super().connect_tcp(addresses[0], port, left, local_address, socket_options)
        return _Stream(stream, self)


class _Stream(httpcore.NetworkStream):
    """A connection of which every step ends before the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, wire: _Wire) -> None:
        self.stream, self.wire = stream, wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.wire.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.wire.left(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(
            self.stream.start_tls(ssl_context, server_hostname, self.wire.left(timeout)), self.wire
        )

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _is_public(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        return ip.ipv4_mapped.is_global
    return ip.is_global and not ip.is_multicast


# ------------------------------------------------------------------------------ fetching
@dataclass
class Fetcher:
    """Fetches documents; keeps the pace for each host and what its robots.txt allows.

    Attributes
    ----------
    limits
        The bounds of one download.
    allow_private
        Whether an address that the caller gives may be one of a private network; what it leads to
        may only be on the same host then.
    clock, sleep
        Seconds that only grow, and waiting for some.
    """

    limits: Limits = field(default_factory=Limits)
    allow_private: bool = False
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _asked: dict[str, float] = field(default_factory=dict)
    _robots: dict[str, Protego] = field(default_factory=dict)

    def fetch(self, address: str, own: str | None = None) -> Download:
        """Fetch one document.

        Parameters
        ----------
        address
            Where it is.
        own
            The caller's own address, whose host may be private; None: this one, '': there is none, since
            somebody else's page leads here.

        Raises
        ------
        ReportlibError
            The address is no http(s) address or in a private network, robots.txt forbids it, the answer
            is an error, too large, too slow or redirected too often.
        """
        wire = _Wire(self.clock, self.clock() + self.limits.seconds)
        transport = httpx.HTTPTransport()
        transport._pool._network_backend = wire  # httpx has no other way to hand it on
        timeout = min(30.0, self.limits.seconds)
        with httpx.Client(headers={"User-Agent": AGENT}, timeout=timeout, transport=transport) as client:
            return self._follow(client, wire, address, address if own is None else own, polite=True)

    def _follow(self, client: httpx.Client, wire: _Wire, address: str, own: str, polite: bool) -> Download:
        for _ in range(self.limits.redirects + 1):
            _parts(address)
            own = own if same_host(address, own) else ""  # once left, nobody else leads back to it
            wire.private = self.allow_private and own != ""
            if polite:
                self._ask_leave(client, wire, address, own)
            answer = self._transfer(client, wire, address)
            if isinstance(answer, Download):
                return answer
            address = answer
        found = f"redirected more than {self.limits.redirects} times"
        raise ReportlibError(found, file=address, hint="Give the final address.")

    def _ask_leave(self, client: httpx.Client, wire: _Wire, address: str, own: str) -> None:
        """Look whether the site's robots.txt allows it; one that there is not allows everything."""
        parts = _parts(address)
        root = f"{parts.scheme}://{parts.netloc}"
        if root not in self._robots:
            try:
                text = self._follow(client, wire, f"{root}/robots.txt", own, polite=False).data
            except _AnswerError as error:
                if error.status >= 500:  # nobody knows what it forbids (RFC 9309, 2.3.1.4)
                    raise
                text = b""
            wire.private = self.allow_private and own != ""
            self._robots[root] = Protego.parse(text.decode("utf-8-sig", "replace"))
        if not self._robots[root].can_fetch(address, AGENT):
            hint = "Open it in a browser, save it, add the file."
            raise ReportlibError("the site's robots.txt forbids it", file=address, hint=hint)

    def _transfer(self, client: httpx.Client, wire: _Wire, address: str) -> Download | str:
        """The document, or the address that the answer leads to."""
        refused: ReportlibError | None = None
        hint = "Check the address, or try again later."
        for _ in range(self.limits.tries):
            self._wait(_parts(address))
            try:
                with client.stream("GET", address) as answer:
                    if answer.has_redirect_location:
                        return urljoin(address, answer.headers["location"])
                    if answer.is_success:
                        return Download(self._receive(answer, address), address)
                    found = f"cannot be fetched (the server answers {answer.status_code})"
                    refused = _AnswerError(found, file=address, hint=hint)
                    refused.status = answer.status_code
                    if not answer.is_server_error:
                        break
            except (*TROUBLE, ValueError) as error:
                said = " ".join(f"{type(error).__name__}: {error}".split())
                refused = ReportlibError(f"cannot be fetched ({said})", file=address, hint=hint)
            if self.clock() >= wire.deadline:
                found = f"not finished after {self.limits.seconds:g} seconds"
                refused = ReportlibError(found, file=address, hint="Try again later.")
                break
        assert refused
        raise refused

    def _receive(self, answer: httpx.Response, address: str) -> bytes:
        data = bytearray()
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > self.limits.size:
                found = f"larger than {self.limits.size:,} bytes"
                raise ReportlibError(found, file=address, hint="Is this the report?")
        return bytes(data)

    def _wait(self, parts: SplitResult) -> None:
        robots = self._robots.get(f"{parts.scheme}://{parts.netloc}")
        asked = robots.crawl_delay(AGENT) if robots else None
        between = max(self.limits.pause, min(asked or 0.0, LONGEST_PAUSE))
        pause = self._asked.get(parts.netloc, -between) + between - self.clock()
        if pause > 0:
            self.sleep(pause)
        self._asked[parts.netloc] = self.clock()


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are of one host and port."""
    return urlsplit(one).netloc == urlsplit(other).netloc


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        known = False
    if not known:
        hint = "Save the file and add it by path."
        raise ReportlibError("not an http or https address", file=address, hint=hint)
    return parts
