"""The checks of lesson 8 know right answers from wrong ones."""

import numpy as np
import pytest

from xai_course import lesson_08 as check


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (
            lambda a, p, w: (
                1 - np.average((a - p) ** 2, weights=w) / np.average((a - np.average(a, weights=w)) ** 2, weights=w)
            ),
            "right",
        ),
        (lambda a, p, w: 1 - ((a - p) ** 2).mean() / a.var(), "wrong"),
        (lambda a, p, w: np.corrcoef(a, p)[0, 1] ** 2 + 0 * w.sum() if p.std() else 0.0, "wrong"),
        (lambda a, p, w: w, "wrong"),
    ],
)
def test_fidelity(answer, state):
    assert check.fidelity(answer).state == state


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (lambda s, x, m, b: s(x) - s(np.where(m, b, x)), "right"),
        (lambda s, x, m, b: s(np.where(m, b, x)) - s(x), "wrong"),
        (lambda s, x, m, b: s(x) - s(np.where(m, x, b)), "wrong"),
        (lambda s, x, m, b: m, "wrong"),
    ],
)
def test_ablation(answer, state):
    assert check.ablation(answer).state == state
