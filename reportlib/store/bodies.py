"""The register of bodies: who publishes reports, under which names, in which region.

`data/raw/bodies.csv` has a line for every body: ``name, aliases, former_names, short_name, region_code``
(GB/T 2260), ``level, parent, valid_from, valid_to, complete_years``; several names or years in one field are
separated by ``;``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rapidfuzz import fuzz, process

from ..errors import ReportlibError
from .registers import read_register

__all__ = ["Body", "Register", "nearest"]


@dataclass(frozen=True, slots=True)
class Body:
    """A body, its region's code (GB/T 2260; '' where the region has none), its level and its parent's name.

    The levels are national, province, city, county, township (streets and towns) and department (whatever is
    below a government without being one, its office too). `complete_years` are the years for which the
    register has all the bodies whose reports this one's adds up.
    """

    name: str
    aliases: tuple[str, ...]
    former_names: tuple[str, ...]
    short_name: str
    region_code: str
    level: str
    parent: str
    valid_from: str
    valid_to: str
    complete_years: tuple[str, ...] = ()


NEEDED = tuple(name for name in Body.__slots__ if name != "complete_years")
SEVERAL = ("aliases", "former_names", "complete_years")


@dataclass(frozen=True)
class Register:
    """The bodies by name; every spelling of a body's name leads to the same body."""

    bodies: tuple[Body, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Register:
        """Read a register; a missing file is an empty one.

        Raises
        ------
        ReportlibError
            A column is missing, or one name stands for two bodies.
        """
        if not path.exists():
            return cls()
        register = cls(tuple(_body(row) for _, row in read_register(path, NEEDED)))
        seen: dict[str, str] = {}
        for body in register.bodies:
            for name in (body.name, *body.aliases, *body.former_names):
                if seen.setdefault(name, body.name) != body.name:
                    raise ReportlibError(
                        f"{name} stands for {seen[name]} and for {body.name}",
                        file=path,
                        hint="Leave it with one of them",
                    )
        return register

    @cached_property
    def _by_name(self) -> dict[str, Body]:
        return {
            _plain(name): body
            for body in self.bodies
            for name in (*body.former_names, *body.aliases, body.name)
        }

    def find(self, name: str) -> Body | None:
        """The body of this name, alias or former name."""
        return self._by_name.get(_plain(name))

    def canonical(self, name: str) -> str:
        """The name under which a body's series runs; an unknown name is its own."""
        body = self.find(name)
        return body.name if body else name

    def ancestors(self, name: str) -> list[str]:
        """The body's parent, the parent's parent and so on."""
        found: list[str] = []
        body = self.find(name)
        while body and body.parent and body.parent not in found:
            found.append(self.canonical(body.parent))
            body = self.find(body.parent)
        return found

    def nearest(self, name: str) -> list[str]:
        """Up to three names of the register that look like this one."""
        return nearest(name, self._by_name)


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Up to three of the names that look like this one, the likeliest first."""
    found = process.extract(_plain(name), list(names), scorer=fuzz.ratio, limit=3, score_cutoff=60)
    return [match for match, *_ in found]


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())


def _body(row: dict[str, str]) -> Body:
    one = {key: row[key] for key in NEEDED}
    several = {key: tuple(filter(None, row.get(key, "").split(";"))) for key in SEVERAL}
    return Body(**{**one, **several})  # type: ignore[arg-type]
