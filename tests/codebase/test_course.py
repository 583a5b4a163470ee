"""The course uses what everybody can use: the public names of the library."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

import xai_widgets

COURSE = Path(__file__).parents[2] / "course"


def sources() -> Iterator[tuple[str, str]]:
    """Yield the name and the Python of every notebook and every module of the course."""
    for path in COURSE.rglob("*.py"):
        yield path.name, path.read_text("utf-8")
    for path in COURSE.glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        yield path.name, "\n".join(map(TransformerManager().transform_cell, code))


def used(code: str) -> Iterator[str]:
    """Yield the names of xai_widgets that some code uses, by attribute or by import."""
    tree = ast.parse(code)
    aliases = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, inner = alias.name.partition(".")
                if top == "xai_widgets":
                    aliases.add(alias.asname or top)
                    yield from [inner] if inner else []
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            top, _, inner = node.module.partition(".")
            if top == "xai_widgets":
                yield from (f"{inner}.{alias.name}".lstrip(".") for alias in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            yield node.attr


def test_the_course_uses_public_names_only():
    public = {*xai_widgets.__all__, "__version__"}
    found = {(name, thing) for name, code in sources() for thing in used(code) if thing not in public}
    assert not found
