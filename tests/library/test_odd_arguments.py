"""Odd arguments bring a result or an error that says what was found, never an error or a warning of somebody else."""

import functools

import numpy as np
import pytest

from tests.library.odd import Calls, verdict
from tests.library.stands import keras_stand, torch_stand

CALLS = ("made", "made", "asked", "asked", "function", "function", "wrapped", "question")
STANDS = {"torch": functools.cache(torch_stand), "keras": functools.cache(keras_stand)}

PARTS = [
    *(("torch", CALLS, part, 200) for part in range(8)),
    *(("keras", CALLS, part, 100) for part in range(8)),
    *(("torch", ("widget", "widget", "widget", "file"), part, 60) for part in range(4)),
    *(("keras", ("widget", "widget", "widget", "file"), part, 60) for part in range(2)),
]
"""The framework, kinds of calls, which ones, and how many."""


@pytest.mark.parametrize(("stand", "kinds", "part", "count"), PARTS)
def test_odd_arguments(stand, kinds, part, count, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    calls = Calls(STANDS[stand](), np.random.default_rng(part), kinds)
    wrong = [said for _ in range(count) if (said := verdict(calls.draw()))]
    assert not wrong, "\n".join(wrong)
