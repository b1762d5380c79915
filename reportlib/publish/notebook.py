"""What the matrix needs to know of a notebook before it runs."""

from __future__ import annotations

import ast
import html
import json
import re
import urllib.parse
from pathlib import Path
from typing import Any

from ..errors import ReportlibError
from ..files import digest

__all__ = ["Notebook", "in_language"]


class Notebook:
    """A notebook as it stands in its file.

    Read as the JSON that it is: nbformat takes a second to import, and papermill checks it anyway.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    path
        The file.
    cells
        Type, source and tags of each cell.
    parameters
        Names and defaults of the cell tagged ``parameters``; {} without one. A default that is no
        plain literal is None, which any value fits.
    sha256
        Of what the cells say and show, with their attachments and the pictures beside the notebook, without
        outputs.

    Raises
    ------
    ReportlibError
        If this is no notebook of format 4, or its parameters cell is no Python.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            version, cells = data["nbformat"], data["cells"]
            self.cells = [
                (cell["cell_type"], "".join(cell["source"]), tuple(cell["metadata"].get("tags", ())))
                for cell in cells
            ]
            attachments = [cell.get("attachments") for cell in cells]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReportlibError(
                f"this is no notebook: {type(error).__name__}: {error}",
                file=path.name,
                expected="a notebook of format 4, as JupyterLab saves it",
            ) from None
        if version != 4:
            raise ReportlibError(f"a notebook of format {version}", file=path.name, expected="format 4")
        self.parameters = self._parameters()
        says = json.dumps([self.cells, attachments], ensure_ascii=False)
        self.sha256 = digest(says, *self._pictures())

    def title(self, lang: str = "") -> str:
        """The first heading in this language, as plain text; '' without one."""
        for kind, source, _tags in self.cells:
            if kind == "markdown" and (match := re.search(r"^#\s+(.+)$", in_language(source, lang), re.M)):
                return html.unescape(re.sub(r"<[^>]+>", "", match[1])).strip()
        return ""

    def _pictures(self) -> list[bytes]:
        """The files beside the notebook that its texts name."""
        text = "\n".join(source for kind, source, _tags in self.cells if kind != "code")
        named = re.findall(
            r"!\[[^\]]*\]\((<[^>]+>|[^)\s]+)|<img\b[^>]*?\bsrc=([\"'][^\"'>]+|[^\"'>\s]+)", text
        )
        names = [urllib.parse.unquote("".join(either).strip("<>\"'")) for either in named]
        files = [self.path.parent / name for name in names]
        return [file.read_bytes() for file in files if file.is_file()]

    def _parameters(self) -> dict[str, Any]:
        source = next(
            (source for kind, source, tags in self.cells if kind == "code" and "parameters" in tags), ""
        )
        try:
            lines = ast.parse(source).body
        except SyntaxError as error:
            raise ReportlibError(
                f"the parameters cell is no Python: {error.msg}",
                file=self.path.name,
                place=f"line {error.lineno}",
            ) from None
        found = {}
        for line in lines:
            targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
            for target in targets:
                if isinstance(target, ast.Name):
                    try:
                        found[target.id] = ast.literal_eval(line.value)  # type: ignore[attr-defined]
                    except ValueError:
                        found[target.id] = None
        return found


def in_language(markdown: str, lang: str) -> str:
    """What stands in a text for one language: ``<span lang="…">`` in another one is left out."""

    def choose(match: re.Match[str]) -> str:
        return match[2] if match[1] == lang else ""

    return re.sub(r'<span lang="(\w+)">(.*?)</span>', choose, markdown, flags=re.S) if lang else markdown
