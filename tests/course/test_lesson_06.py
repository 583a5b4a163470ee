"""The checks of lesson 6 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_06 as check


@pytest.mark.parametrize(
    "answer",
    [
        lambda g: g.var(axis=0),
        lambda g: (g**2).mean(axis=0) - g.mean(axis=0) ** 2,
        lambda g: [np.var(pixel) for pixel in g.T],
    ],
)
def test_a_vargrad_is_right_however_it_is_written(answer):
    assert check.vargrad(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda g: (g**2).mean(axis=0), "SmoothGrad squared"),
        (lambda g: g.mean(axis=0), "this is the mean: SmoothGrad"),
        (lambda g: g.mean(axis=0) ** 2, "the square of the mean"),
        (lambda g: g.std(axis=0), "the standard deviation"),
        (lambda g: g.var(axis=0, ddof=1), "divided by the samples minus one"),
        (lambda g: ((g - g.mean(axis=0)) ** 2).sum(axis=0), "divide by the number of samples"),
        (lambda g: g.mean(axis=0) ** 2 - (g**2).mean(axis=0), "the sign is turned round"),
        (lambda g: np.abs(g - g.mean(axis=0)).mean(axis=0), "the mean distance from the mean"),
        (lambda g: np.abs(g).var(axis=0), "the signs are thrown away"),
        (lambda g: g.var(), "Average over the samples"),
        (lambda g: g.var(axis=1), "found an array of shape (50,) of float64. Average over the samples"),
        (lambda g: g[0], "square what is left, and average"),
    ],
)
def test_a_wrong_vargrad_is_told_what_is_wrong(answer, why):
    verdict = check.vargrad(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda w, z, start: w * (z - start),
        lambda w, z, start: w * z - w * start,
    ],
)
def test_a_conductance_is_right_however_it_is_written(answer):
    assert check.conductance(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda w, z, start: w * z, "what each unit is worth now"),
        (lambda w, z, start: w + 0 * z, "the gradient alone"),
        (lambda w, z, start: z - start, "how far each unit moved; multiply"),
        (lambda w, z, start: w * (start - z), "every sign is turned round"),
        (lambda w, z, start: np.abs(w * (z - start)), "these are magnitudes"),
        (lambda w, z, start: np.full(3, (w @ (z - start)) / 3), "each unit has the same"),
        (lambda w, z, start: w * (z + start) / 2, "the mean of the two ends"),
        (lambda w, z, start: w @ (z - start), "Do not add the units up"),
        (lambda w, z, start: w**2 * z, "and the score changed by -2.0"),
    ],
)
def test_a_wrong_conductance_is_told_what_is_wrong(answer, why):
    verdict = check.conductance(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
