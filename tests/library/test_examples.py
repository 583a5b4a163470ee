"""The examples of the docstrings, run with what the package's own docstring says that they stand on."""

import doctest
import importlib
import pkgutil
import sys

import pytest

import xai_widgets
from tests.library.shapes import namespace

OTHER_FRAMEWORK = "xai_widgets.models.tensorflow"


def examples():
    """Return all docstrings of the package that hold an example."""
    listed = pkgutil.walk_packages(xai_widgets.__path__, "xai_widgets.", onerror=None)
    modules = [importlib.import_module(one.name) for one in listed if not one.name.startswith(OTHER_FRAMEWORK)]
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [test for module in [xai_widgets, *modules] for test in finder.find(module, globs={}) if test.examples]


@pytest.fixture(scope="module")
def names():
    return namespace()


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name.removeprefix("xai_widgets."))
def test_an_example_says_what_comes_out(example, names):
    loaded = "tensorflow" in sys.modules
    example.globs = dict(names)
    said = []
    failed, _ = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=said.append)
    assert not failed, "".join(said)
    assert ("tensorflow" in sys.modules) == loaded
