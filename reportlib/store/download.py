"""Fetching documents politely: http and https only, bounded in size, time and redirects, never run.

What robots.txt forbids is not fetched; one host is asked at most once a second. Foreign pages and redirects
lead to no address of a private network, of this machine or of its neighbours.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from protego import Protego

from ..errors import ReportlibError

__all__ = ["Download", "Fetcher", "same_host"]

AGENT = "reportlib"
LONGEST_PAUSE = 30.0
"""Seconds between two requests that a robots.txt may ask for."""
TROUBLE = (httpx.HTTPError, httpx.InvalidURL, ValueError)


class Download(NamedTuple):
    """What was fetched, and the address it came from after redirects."""

    data: bytes
    address: str


class _AbsentError(ReportlibError):
    """The server answers that there is nothing."""


class _Wire(httpcore.AnyIOBackend):
    """Connects to public addresses, to others only while it is told to."""

    private = False

    async def connect_tcp(self, host: str, port: int, *rest: Any, **options: Any) -> Any:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = [str(one[4][0]) for one in found]
        if not self.private and not all(map(_is_public, addresses)):
            raise httpcore.ConnectError(f"{host} is at {addresses[0]}, in a private network")
        # The address that was looked at, not the name: it could stand for another one by now.
        return await super().connect_tcp(addresses[0], port, *rest, **options)


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
    size, seconds, redirects, tries
        The bounds of one download: bytes, seconds in all, redirects, tries.
    pause
        Seconds between two requests to a host.
    allow_private
        Whether an address that the caller gives may be one of a private network; what it leads to
        may only be on the same host then.
    clock, sleep
        Seconds that only grow, and waiting for some.
    """

    size: int = 60_000_000
    seconds: float = 120.0
    redirects: int = 5
    tries: int = 3
    pause: float = 1.0
    allow_private: bool = False
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _asked: dict[str, float] = field(default_factory=dict)
    _robots: dict[str, Protego] = field(default_factory=dict)
    _wire: _Wire = field(default_factory=_Wire)

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
        own = address if own is None else own
        with asyncio.Runner() as runner:
            runner.get_loop().time = self.clock  # type: ignore[method-assign]
            try:
                return runner.run(self._fetch(address, own))
            except TimeoutError:
                raise ReportlibError(
                    f"not finished after {self.seconds:g} seconds",
                    file=address,
                    hint="Try again later.",
                ) from None

    async def _fetch(self, address: str, own: str) -> Download:
        transport = httpx.AsyncHTTPTransport()
        transport._pool._network_backend = self._wire  # httpx has no other way to hand it on
        async with (
            asyncio.timeout(self.seconds),
            httpx.AsyncClient(headers={"User-Agent": AGENT}, timeout=None, transport=transport) as client,
        ):
            return await self._follow(client, address, own, polite=True)

    async def _follow(self, client: httpx.AsyncClient, address: str, own: str, polite: bool) -> Download:
        for _ in range(self.redirects + 1):
            _refuse_other(address)
            own = own if same_host(address, own) else ""  # once left, nobody else leads back to it
            self._wire.private = self.allow_private and own != ""
            if polite:
                await self._ask_leave(client, address, own)
            answer = await self._transfer(client, address)
            if isinstance(answer, Download):
                return answer
            address = answer
        raise ReportlibError(
            f"redirected more than {self.redirects} times",
            file=address,
            hint="Give the final address.",
        )

    async def _ask_leave(self, client: httpx.AsyncClient, address: str, own: str) -> None:
        """Look whether the site's robots.txt allows it; one that there is not allows everything.

        Of one that cannot be had for the server's own fault nobody knows what it forbids (RFC 9309, 2.3.1.4).
        """
        root = _root(address)
        if root not in self._robots:
            private = self._wire.private
            try:
                text = (await self._follow(client, f"{root}/robots.txt", own, polite=False)).data
            except _AbsentError:
                text = b""
            self._wire.private = private
            self._robots[root] = Protego.parse(text.decode("utf-8-sig", "replace"))
        if not self._robots[root].can_fetch(address, AGENT):
            raise ReportlibError(
                "the site's robots.txt forbids it",
                file=address,
                hint="Open it in a browser, save it, add the file.",
            )

    async def _transfer(self, client: httpx.AsyncClient, address: str) -> Download | str:
        """The document, or the address that the answer leads to."""
        refused = ReportlibError("cannot be fetched", file=address)
        for _ in range(self.tries):
            self._wait(address)
            try:
                async with client.stream("GET", address) as answer:
                    if answer.has_redirect_location:
                        return urljoin(address, answer.headers["location"])
                    if answer.is_success:
                        return Download(await self._receive(answer, address), address)
                    said = f"the server answers {answer.status_code}"
                    if not answer.is_server_error:
                        raise _refused(_AbsentError, said, address)
                    refused = _refused(ReportlibError, said, address)
            except TROUBLE as error:
                said = " ".join(f"{type(error).__name__}: {error}".split())
                refused = _refused(ReportlibError, said, address)
        raise refused

    async def _receive(self, answer: httpx.Response, address: str) -> bytes:
        data = bytearray()
        async for chunk in answer.aiter_bytes():
            data += chunk
            if len(data) > self.size:
                raise ReportlibError(
                    f"larger than {self.size:,} bytes", file=address, hint="Is this the report?"
                )
        return bytes(data)

    def _wait(self, address: str) -> None:
        """Keep the pace for a host."""
        site = _root(address)
        robots = self._robots.get(site)
        asked = robots.crawl_delay(AGENT) if robots else None
        between = max(self.pause, min(asked or 0.0, LONGEST_PAUSE))
        pause = self._asked.get(site, -between) + between - self.clock()
        if pause > 0:
            self.sleep(pause)
        self._asked[site] = self.clock()


def _refused(kind: type[ReportlibError], said: str, address: str) -> ReportlibError:
    hint = "Check the address, or try again later."
    return kind(f"cannot be fetched ({said})", file=address, hint=hint)


def _root(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are of one host and port."""
    return urlsplit(one).netloc == urlsplit(other).netloc


def _refuse_other(address: str) -> None:
    """Refuse what is no address of a document on the web."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        known = False
    if not known:
        raise ReportlibError(
            "not an http or https address", file=address, hint="Save the file and add it by path."
        )
