"""The rooms of the package and who may know whom, read from the import statements."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "xai_widgets"
MODULES = sorted(PACKAGE.rglob("*.py"))

FRAMEWORKS = {"torch", "tensorflow", "keras"}
JUPYTER = {"IPython", "anywidget", "comm", "ipykernel", "ipywidgets", "jupyter_client", "traitlets"}

FAMILIES = {"adversarial", "attribution", "concepts", "evaluation", "similarity"}
"""They stand on answers, and know nothing of a screen."""

ABOVE = {*FAMILIES, "answers", "render", "session", "widgets"}
"""What the rooms at the bottom may not know."""

MAY_NOT_KNOW = {
    "errors": {*JUPYTER, *ABOVE, "models", "option", "receptive_field"},
    "option": {*JUPYTER, *ABOVE, "models", "receptive_field"},
    "receptive_field": {*JUPYTER, *FRAMEWORKS, *ABOVE, "models", "option"},
    "models": {*JUPYTER, *ABOVE},
    "answers": {*JUPYTER, *FAMILIES, "session", "widgets"},
    "adversarial": {*JUPYTER, "attribution", "concepts", "evaluation", "similarity", "session", "widgets"},
    "attribution": {*JUPYTER, "concepts", "evaluation", "similarity", "session", "widgets"},
    "evaluation": {*JUPYTER, "adversarial", "concepts", "similarity", "session", "widgets"},
    "concepts": {*JUPYTER, "adversarial", "session", "similarity", "widgets"},
    "similarity": {*JUPYTER, *FAMILIES - {"similarity"}, "session", "widgets"},
    "session": {*JUPYTER, *FAMILIES, "render", "widgets"},
    "render": {*JUPYTER, *FAMILIES, "answers", "session", "widgets"},
}


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of everything that a module imports, wherever in it the import stands."""
    package = ["xai_widgets", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of_module(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def room_of_import(name: str) -> str:
    """Return the room of the package, or the top-level name of another package."""
    top, _, rest = name.partition(".")
    if top != "xai_widgets":
        return top
    first = rest.partition(".")[0]
    return first if (PACKAGE / first).is_dir() or (PACKAGE / f"{first}.py").exists() else "__init__"


def rooms_known_by(room: str) -> set[str]:
    return {room_of_import(name) for path in MODULES if room_of_module(path) == room for name in imported(path)}


@pytest.mark.parametrize("room", MAY_NOT_KNOW)
def test_a_room_keeps_to_itself(room):
    known = rooms_known_by(room)
    assert known, f"There is no room {room!r}; has it another name now?"
    assert not known & MAY_NOT_KNOW[room]


def test_no_rooms_know_each_other_both_ways():
    rooms = {room_of_module(path) for path in MODULES}
    graph = {room: (rooms_known_by(room) & rooms) - {room} for room in rooms}
    graphlib.TopologicalSorter(graph).prepare()  # Raises CycleError with the rooms that form a ring.


def test_only_the_two_adapters_import_a_framework():
    found: dict[str, set[str]] = {}
    for path in MODULES:
        known = FRAMEWORKS & {name.partition(".")[0] for name in imported(path)}
        if known:
            found.setdefault("/".join(path.parent.relative_to(PACKAGE).parts[:2]), set()).update(known)
    assert found == {"models/torch": {"torch"}, "models/tensorflow": {"tensorflow", "keras"}}


def test_no_files_know_each_other_both_ways():
    files = {".".join(["xai_widgets", *path.relative_to(PACKAGE).with_suffix("").parts]): path for path in MODULES}
    graph = {
        name: {other for full in imported(path) for other in (full, full.rpartition(".")[0]) if other in files} - {name}
        for name, path in files.items()
    }
    assert graph["xai_widgets.models.wrap"] >= {"xai_widgets.models.base", "xai_widgets.models.torch.model"}
    graphlib.TopologicalSorter(graph).prepare()
