"""Which statements of a lesson its claims need: pictures, widgets and exercises that lead to none are left out."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator

ONLY_SHOW = {"print", "display", "gallery", "summary", "linked", "check", "xai", "record_claim"}
"""What is called without changing what it is given: the checks of exercises, the library, and other claims, too."""


def needed(statements: list[ast.stmt], wanted: Callable[[ast.stmt], bool]) -> list[ast.stmt]:
    """Return those statements that are wanted, and whatever may give or change a name that these read, in their order.

    More than is needed may be among them, but nothing that is needed is missing, unless it is changed under another
    name that nobody reads.
    """
    names: set[str] = set()
    found = []
    for statement in reversed(statements):
        if wanted(statement) or names & set(given(statement)):
            found.append(statement)
            names |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return found[::-1]


def given(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement may give a value or change: by assigning, importing or in a call."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from _names(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _called(node.value) not in ONLY_SHOW:
            yield from _names(node.value)


def _called(call: ast.Call) -> str:
    """Return the first name of what is called: "xai" of ``xai.explore(...)``."""
    node: ast.expr = call
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names in a call, which may change what they stand for; what Python itself has, such as `min`, stays."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and not hasattr(builtins, each.id):
            yield each.id
