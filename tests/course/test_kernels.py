"""Kernels that are forked begin with what was loaded, and with nothing of those before them."""

import os

import nbformat
import pytest
from nbclient.exceptions import DeadKernelError

from tests.course.kernels import FORKS, Forking

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not FORKS, reason="kernels are forked on Linux alone")]

LEAVES = """
import colorsys, fractions, os
fractions.left = name = "left"
os.environ["NAME"] = "left"
os.chdir("/")
"""
SEES = """
import os, sys
print("fractions" in sys.modules, "colorsys" in sys.modules, "tests" in sys.modules)
print(hasattr(sys.modules["fractions"], "left"), "name" in globals(), os.environ["NAME"], os.getcwd())
"""


@pytest.fixture
def run(tmp_path):
    """Run code in a kernel of its own, in a folder and with a name in its environment, and return what it prints."""
    forking = Forking(["fractions"], dict(os.environ))

    def run(code):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        forking.run(notebook, tmp_path, {**os.environ, "NAME": "given"})
        return "".join(output.text for output in notebook.cells[0].outputs)

    yield run
    forking.close()


def test_a_kernel_begins_with_what_was_loaded_and_with_nothing_of_the_one_before(run, tmp_path):
    assert run(LEAVES) == ""
    assert run(SEES).split() == ["True", "False", "False", "False", "False", "given", str(tmp_path)]


def test_a_kernel_that_dies_is_told_and_the_next_one_runs(run):
    with pytest.raises(DeadKernelError):
        run("import os; os._exit(1)")
    assert run("print(1)") == "1\n"
