"""The notebooks with their solutions run from top to bottom as the saved ones did not: on the stand-in, in Keras."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

COURSE = Path(__file__).parents[2] / "course"

RUNS = [
    ("01_gradients_on_digits", {"XAI_BACKEND": "torch", "XAI_BOTH": "1"}, True),
    ("01_gradients_on_digits", {"XAI_BACKEND": "keras", "XAI_BOTH": ""}, False),
    ("02_imagenet_photographs", {"XAI_BACKEND": "torch"}, False),
    ("02_imagenet_photographs", {"XAI_BACKEND": "keras"}, False),
]
IDENTITIES = ["digits, stand-in, PyTorch and Keras", "digits, Keras", "photographs, PyTorch", "photographs, Keras"]

MEMORY = """
import resource, sys
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
print(*sorted({"torch", "tensorflow"} & set(sys.modules)))
"""


@pytest.mark.parametrize(("name", "settings", "stand_in"), RUNS, ids=IDENTITIES)
def test_solutions_run_and_every_claim_holds(name, settings, stand_in, tmp_path):
    environment = {**os.environ, "XAI_OFFLINE": "1", "KERAS_HOME": str(tmp_path), **settings}
    if stand_in:
        environment["XAI_DATA_HOME"] = ""
    notebook = nbformat.read(COURSE / "solutions" / f"{name}.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(MEMORY))
    NotebookClient(notebook, timeout=300, coalesce_streams=True).execute(cwd=str(tmp_path), env=environment)

    solutions = [cell for cell in notebook.cells if "solution" in cell.metadata.get("tags", [])]
    assert solutions
    for cell in solutions:
        assert cell.outputs[-1].data["text/plain"].startswith("Right: ")

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    if stand_in:
        assert any("scikit-learn's digits" in output.get("data", {}).get("text/plain", "") for output in outputs)

    memory, frameworks = notebook.cells[-1].outputs[0].text.splitlines()
    assert int(memory) < 1.3e9
    if settings.get("XAI_BOTH"):
        assert frameworks == "tensorflow torch"
    else:
        assert frameworks == ("tensorflow" if settings.get("XAI_BACKEND") == "keras" else "torch")
