"""Where a project lies, and files that others may be reading: put in place whole, written by one process at a
time.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ReportlibError

__all__ = [
    "RAW",
    "aside",
    "digest",
    "digest_of",
    "find_home",
    "in_words",
    "locked",
    "read_plain",
    "sha256",
    "write",
]

RAW = Path("data/raw")


def sha256(data: bytes) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def digest(*parts: str | bytes) -> str:
    """A short hash of several texts."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part.encode() if isinstance(part, str) else part)
        sha.update(b"\0")
    return sha.hexdigest()[:16]


def digest_of(files: Iterable[Path]) -> str:
    """A short hash of what some files of the package are called and hold."""
    parts = [part for file in sorted(files) if file.is_file() for part in (file.name, file.read_bytes())]
    return digest(*parts)


@contextmanager
def in_words(file: Path | str, found: str, hint: str | None = None) -> Iterator[None]:
    """Say in one line, for people, what the system refuses to do with a file."""
    try:
        yield
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise ReportlibError(f"{found} ({said})", file=file, hint=hint) from error


def read_plain(path: Path) -> bytes:
    """The bytes of a file.

    Raises
    ------
    OSError
        It cannot be read, or is a folder, a pipe or the like, which might never end.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no plain file")
    return path.read_bytes()


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A name to write a file under that takes the place of `path` once it is written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    with aside(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold a lock, which the system takes back from a process that ends in whatever way.

    Parameters
    ----------
    path
        The lock's file; it stays there, empty.
    wait
        Whether to wait for a lock that another process holds.

    Raises
    ------
    BlockingIOError
        Another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def find_home(path: Path | str | None = None) -> Path:
    """The project's folder, the one that holds `data/raw`.

    Parameters
    ----------
    path
        The folder itself, or None: what REPORTLIB_HOME names, else the project that the working
        directory is in.

    Raises
    ------
    ReportlibError
        There is no such project.
    """
    named = path or os.environ.get("REPORTLIB_HOME")
    places = [Path(named)] if named else [Path.cwd(), *Path.cwd().parents]
    for place in places:
        if (place / RAW / "sources.csv").exists():
            return place.resolve()
    raise ReportlibError(
        f"no project found at {named}" if named else "the working directory is in no project",
        file=places[0],
        expected=f"a folder with {RAW / 'sources.csv'}",
        hint="Go to the project's folder, or set REPORTLIB_HOME to it",
    )
