"""Odd arguments bring a result or an error that says what was found, never an error or a warning of somebody else."""

import numpy as np
import pytest

from tests.library.odd import Calls, verdict
from tests.library.shapes import CLASSES, SIDE, Reader, namespace

PARTS, EACH = 8, 200


@pytest.fixture(scope="module")
def calls():
    names = namespace()
    wrapping = [
        {"network": names["network"], "classes": CLASSES, "input_shape": (1, SIDE, SIDE)},
        {"network": Reader(), "input_shape": (4,)},
    ]
    models = [names["model"], names["model"], names["reader"], names["segmenter"]]
    inputs = [names["x"], names["batch"][:2], np.array([2, 5, 4, 0]), names["x"]]
    return Calls(models, inputs, wrapping)


@pytest.mark.parametrize("part", range(PARTS))
def test_odd_arguments(calls, part):
    random = np.random.default_rng(part)
    wrong = [said for _ in range(EACH) if (said := verdict(calls.draw(random)))]
    assert not wrong, "\n".join(wrong)
