"""The checks of lesson 6 know right answers from wrong ones."""

import numpy as np
import pytest

from xai_course import lesson_06 as check


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (lambda g: g.var(axis=0), "right"),
        (lambda g: (g**2).mean(axis=0), "wrong"),
        (lambda g: g.var(), "wrong"),
        (lambda g: g.std(axis=0), "wrong"),
    ],
)
def test_vargrad(answer, state):
    assert check.vargrad(answer).state == state


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (lambda w, z, start: w * (z - start), "right"),
        (lambda w, z, start: w * z, "wrong"),
        (lambda w, z, start: np.full(3, (w @ (z - start)) / 3), "wrong"),
        (lambda w, z, start: w @ (z - start), "wrong"),
    ],
)
def test_conductance(answer, state):
    assert check.conductance(answer).state == state
