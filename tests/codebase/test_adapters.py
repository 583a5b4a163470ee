"""The two adapters read as one: the same names in the same order, so a change of one shows its place in the other."""

import ast
from pathlib import Path

MODELS = Path(__file__).parents[2] / "xai_widgets" / "models"


def outline(name: str, prefix: str) -> dict[str, list[str]]:
    """Return the names of a module in their order: the module's own, and those in each public class."""
    body = ast.parse((MODELS / name).read_text("utf-8")).body
    definitions = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    found = {"": [node.name.removeprefix(prefix) for node in definitions]}
    for node in definitions:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found[node.name.removeprefix(prefix)] = [n.name for n in node.body if isinstance(n, ast.FunctionDef)]
    return found


def test_the_two_adapters_read_as_one():
    torch = outline("torch.py", "Torch")
    tensorflow = outline("tensorflow.py", "TensorFlow")
    assert list(torch) == list(tensorflow) == ["", "Cut", "Model"]
    for scope, names in torch.items():
        shared = [name for name in names if name in tensorflow[scope]]
        assert shared == [name for name in tensorflow[scope] if name in names], (
            f"another order in {scope or 'the file'}"
        )
