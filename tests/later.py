"""TensorFlow, loaded when a test first uses it: collecting the tests takes none, and `make quick` goes without it."""

import importlib

import pytest

skipped = False
"""Whether tests that need TensorFlow are skipped."""


class Later:
    """A module that is imported when something of it is asked for."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        if attribute.startswith("_"):  # pytest looks for marks and fixtures of its own
            raise AttributeError(attribute)
        if skipped:
            pytest.skip("TensorFlow loads for longer than all else that make quick runs; make test runs this")
        return getattr(importlib.import_module(self._name), attribute)


keras = Later("keras")
layers = Later("keras.layers")
tf = Later("tensorflow")
