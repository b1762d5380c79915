"""How large and how dense the package is, in syntax nodes, which no squeezing of lines changes.

``python scripts/count_nodes.py [FOLDER]`` prints a line per module (nodes, statements, expressions, expressions a
statement) and the totals, with the comprehensions that hold others and the functions of more than 45 lines beyond their docstring.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import NamedTuple

LONGEST = 45
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Size(NamedTuple):
    """What one file holds."""

    statements: int
    expressions: int
    nested: int
    long: list[str]


def holds_another(node: ast.AST) -> bool:
    """Whether a comprehension holds a second one."""
    inner = [one for one in ast.walk(node) if isinstance(one, COMPREHENSIONS)]
    return len(inner) > 1


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines a function has beyond its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def measure(path: Path) -> Size:
    """Count one file's nodes."""
    size = {"statements": 0, "expressions": 0, "nested": 0}
    long = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        size["statements"] += isinstance(node, ast.stmt)
        size["expressions"] += isinstance(node, ast.expr)
        size["nested"] += isinstance(node, COMPREHENSIONS) and holds_another(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = length(node)
            if lines > LONGEST:
                long.append(f"{path}:{node.lineno} {node.name} ({lines} lines)")
    return Size(**size, long=long)


def main(folder: Path) -> None:
    """Print what stands in a folder."""
    sizes = {path: measure(path) for path in sorted(folder.rglob("*.py"))}
    for path, size in sorted(sizes.items(), key=lambda item: -sum(item[1][:2])):
        density = size.expressions / max(size.statements, 1)
        nodes = size.statements + size.expressions
        print(f"{nodes:6} {size.statements:5} {size.expressions:6} {density:5.2f} {path}")
    statements = sum(size.statements for size in sizes.values())
    expressions = sum(size.expressions for size in sizes.values())
    nested = sum(size.nested for size in sizes.values())
    print(
        f"{statements + expressions} nodes, {expressions / statements:.2f} expressions a statement, "
        f"{nested} comprehensions that hold others"
    )
    for size in sizes.values():
        for line in size.long:
            print(f"long: {line}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "reportlib"))
