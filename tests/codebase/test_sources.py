"""What may not stand in a source, a notebook or any other file of the project."""

import ast
import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "xai_widgets"

# Where packages come from is the business of each machine. Data sets and project pages have other hosts.
PACKAGE_HOST = re.compile(r"https?://((?:[\w-]+\.)*(?:registry|files|pypi|deb|index|download)\.[\w.-]+)")
ALLOWED_HOST = {"README.md": "download.pytorch.org", "binder/requirements.txt": "download.pytorch.org"}
# A path like this after a character of base64 is a part of a picture.
PLACE_ON_A_DISK = re.compile(r"(?<![\w.+/=-])/(?:home|Users|root|work|farm|tmp)/\w|\b[A-Z]:\\\\?Users\b")


def texts() -> dict[str, str]:
    """Return every text file that is tracked or about to be, by its path."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    found = {}
    for name in filter(None, names):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            found[name] = content.decode("utf-8")
    assert found
    return found


def notebooks() -> dict[str, dict]:
    """Return the notebooks that are saved with outputs: all but the solutions, which the tests of the course run."""
    found = {name: text for name, text in texts().items() if name.endswith(".ipynb") and "/solutions/" not in name}
    return {name: json.loads(text) for name, text in found.items()}


def test_no_address_of_a_package_host():
    found = {
        (name, host)
        for name, text in texts().items()
        for host in PACKAGE_HOST.findall(text)
        if host != ALLOWED_HOST.get(name)
    }
    assert not found


def test_no_path_of_somebodys_machine():
    here = Path(__file__).relative_to(ROOT).as_posix()
    found = {
        (name, text[max(match.start() - 30, 0) : match.end() + 30])
        for name, text in texts().items()
        if name != here
        for match in PLACE_ON_A_DISK.finditer(text)
    }
    assert not found


def test_the_library_raises_errors_that_say_something():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert not found, "an assert says nothing to a user, and python -O leaves it out"


def test_notebooks_are_executed_in_order_and_carry_no_state():
    for name, notebook in notebooks().items():
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
        assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), name
        assert not [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"], name
        assert "widgets" not in notebook["metadata"], f"{name} stores the state of its widgets; run make notebooks"
        assert not [cell for cell in cells if "execution" in cell["metadata"]], f"{name} stores timings"
