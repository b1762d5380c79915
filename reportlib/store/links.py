"""The files that an html page leads to."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from ..reading.encoding import decode

__all__ = ["attachments"]

KINDS = (".pdf", ".doc", ".docx", ".wps", ".xls", ".xlsx", ".ofd", ".png", ".jpg", ".jpeg")
FURNITURE = ("tel", "logo", "icon", "qrcode", "banner", "button")
"""In names of pictures that belong to the site, not to the article."""
MOST = 8


def attachments(page: bytes, address: str) -> list[str]:
    """The files and pictures that a page leads to, in its order; a link that is none is passed over."""
    tree = LexborHTMLParser(decode(page)[0])
    found: dict[str, None] = {}
    for node in tree.css("a[href], img[src]"):
        target = node.attributes.get("href") or node.attributes.get("src") or ""
        try:
            link = _link(target, address)
        except ValueError:
            continue
        if link:
            found.setdefault(link)
    return list(found)[:MOST]


def _link(target: str, address: str) -> str:
    """Where a link of an attachment leads; '' where it is no attachment, or leads out of a page's folder."""
    path = PurePosixPath(unquote(urlsplit(target).path))
    if path.suffix.lower() not in KINDS or any(word in path.name.lower() for word in FURNITURE):
        return ""
    if "://" in address:
        return urljoin(address, target)
    if urlsplit(target).scheme or path.is_absolute() or ".." in path.parts:
        return ""
    return str(Path(address).parent / path)
