"""The two adapters read as one: the same names in the same order, so a change of one shows its place in the other."""

import ast
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[2] / "xai_widgets" / "models"


def outline(path: Path, prefix: str) -> dict[str, list[str]]:
    """Return the names of a module in their order: the module's own, and those in each public class."""
    body = ast.parse(path.read_text("utf-8")).body
    definitions = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    found = {"": [node.name.removeprefix(prefix) for node in definitions]}
    for node in definitions:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found[node.name.removeprefix(prefix)] = [n.name for n in node.body if isinstance(n, ast.FunctionDef)]
    return found


PROPAGATION = [
    f"propagation/{name}.py"
    for name in ("flows", "coupled", "calls", "interception", "rescaled", "relevance", "choice")
]


CLASSES = {"model.py": "Model", "forward.py": "Forward", "cut.py": "Cut", "vectors.py": "Vectors"}


@pytest.mark.parametrize(
    "name",
    [*CLASSES, "objective.py", "graph.py", "network.py", "operations.py", "places.py", "attention.py", *PROPAGATION],
)
def test_the_two_adapters_read_as_one(name):
    torch = outline(MODELS / "torch" / name, "Torch")
    tensorflow = outline(MODELS / "tensorflow" / name, "TensorFlow")
    assert name not in CLASSES or CLASSES[name] in torch.keys() & tensorflow.keys()
    for scope in torch.keys() & tensorflow.keys():
        shared = [name for name in torch[scope] if name in tensorflow[scope]]
        assert shared or scope, "nothing in common"
        assert shared == [name for name in tensorflow[scope] if name in torch[scope]], (
            f"another order in {scope or 'the file'}"
        )
