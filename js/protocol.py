"""Write ``src/shared/protocol.ts`` from `xai_widgets.widgets.protocol`: run this file after an edit there.

It reads the source and imports nothing, so that it runs wherever there is a Python.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "xai_widgets/widgets/protocol.py"
TARGET = ROOT / "js/src/shared/protocol.ts"

HEAD = "// Made from xai_widgets/widgets/protocol.py by js/protocol.py; edit that one.\n"

LONGEST = 121
"""Characters of a line, its end included, before it is broken as the front end's formatter does."""

PLAIN = {"str": "string", "int": "number", "float": "number", "bool": "boolean", "Any": "unknown", "None": "null"}


def written(source: str) -> str:
    """Return the TypeScript that declares what a Python module of TypedDicts declares."""
    tree = ast.parse(source)
    fields: dict[str, list[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            inherited = [name for base in _bases(node) for name in fields[base]]
            fields[node.name] = [*inherited, *(name for name, *_ in _fields(node))]
    parts = [HEAD]
    for node, doc in _documented(tree.body):
        if isinstance(node, ast.ClassDef):
            parts.append(_interface(node))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            parts.append(_comment(doc) + _names(_target(node), fields[ast.unparse(node.value.args[0]).split(".")[0]]))
        elif isinstance(node, ast.Assign):
            parts.append(f"{_comment(doc)}export type {_target(node)} = {_type(node.value)};\n")
    return "\n".join(parts)


def _interface(node: ast.ClassDef) -> str:
    extends = f" extends {', '.join(bases)}" if (bases := _bases(node)) else ""
    lines = [f"{_comment(ast.get_docstring(node))}export interface {node.name}{extends} {{"]
    for name, annotation, doc in _fields(node):
        inner = _inside(annotation, "NotRequired")
        mark, kind = ("?", inner) if inner is not None else ("", annotation)
        lines.append(f"{_comment(doc, '  ')}  {name}{mark}: {_type(kind)};")
    return "\n".join([*lines, "}\n"])


def _bases(node: ast.ClassDef) -> list[str]:
    return [base.id for base in node.bases if isinstance(base, ast.Name) and base.id != "TypedDict"]


def _names(target: str, names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    line = f"export const {target} = [{', '.join(quoted)}] as const;\n"
    if len(line) <= LONGEST:
        return line
    return "\n".join([f"export const {target} = [", *(f"  {name}," for name in quoted), "] as const;\n"])


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr, str | None]]:
    for field, doc in _documented(node.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field.target.id, field.annotation, doc


def _documented(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str | None]]:
    """Yield each statement with the text that stands below it."""
    for node, following in zip(body, [*body[1:], None], strict=True):
        yield node, _text(following) if isinstance(node, ast.Assign | ast.AnnAssign) else None


def _text(node: ast.stmt | None) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value.value
    return None


def _type(node: ast.expr) -> str:
    """Return a type of Python's as one of TypeScript's."""
    if isinstance(node, ast.BinOp):
        return f"{_type(node.left)} | {_type(node.right)}"
    for name, pattern in (("Sequence", "readonly {}[]"), ("Literal", "{}"), ("tuple", "readonly [{}]")):
        inner = _inside(node, name)
        if inner is not None:
            each = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            found = [ast.unparse(one).replace("'", '"') if name == "Literal" else _type(one) for one in each]
            joined = (" | " if name == "Literal" else ", ").join(found)
            compound = name == "Sequence" and (" | " in joined or joined.startswith("readonly"))
            return pattern.format(f"({joined})" if compound else joined)
    inner = _inside(node, "dict")
    if isinstance(inner, ast.Tuple):
        return f"Readonly<Record<{_type(inner.elts[0])}, {_type(inner.elts[1])}>>"
    name = ast.unparse(node)
    return PLAIN.get(name, name)


def _inside(node: ast.expr, name: str) -> ast.expr | None:
    """Return what stands in the brackets behind a name."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
        return node.slice
    return None


def _target(node: ast.Assign) -> str:
    return ast.unparse(node.targets[0])


def _comment(doc: str | None, indent: str = "") -> str:
    if not doc:
        return ""
    words = re.sub(r"\bNone\b", "null", re.sub(r"\s+", " ", doc.strip()))
    return f"{indent}/** {words} */\n"


if __name__ == "__main__":
    TARGET.write_text(written(SOURCE.read_text("utf-8")), "utf-8")
