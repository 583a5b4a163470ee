"""The checks of lesson 7 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_07 as check


def relevance(x, w, b, r, epsilon=1e-6):
    z = w @ x + b
    return x * (w.T @ (r / (z + epsilon * np.sign(z))))


def by_loops(x, w, b, r, epsilon=1e-6):
    found = np.zeros(len(x))
    for j, row in enumerate(w):
        z = sum(row[i] * x[i] for i in range(len(x))) + b[j]
        for i in range(len(x)):
            found[i] += x[i] * row[i] / (z + (epsilon if z >= 0 else -epsilon)) * r[j]
    return found


@pytest.mark.parametrize(
    "answer",
    [
        lambda g, z: g * (g > 0) * (z > 0),
        lambda g, z: np.where(z > 0, np.maximum(g, 0), 0),
        lambda g, z: [max(one, 0) if at > 0 else 0 for one, at in zip(g, z, strict=True)],
    ],
)
def test_a_guided_is_right_however_it_is_written(answer):
    assert check.guided(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda g, z: g * (z > 0), "the rule of the plain gradient"),
        (lambda g, z: np.maximum(g, 0) + 0 * z, "the rule of deconvolution"),
        (lambda g, z: g * ((g > 0) | (z > 0)), "one of the two conditions is enough here"),
        (lambda g, z: ((g > 0) & (z > 0)) * 1.0, "multiply it by the gradient"),
        (lambda g, z: np.maximum(g, 0) * np.maximum(z, 0), "z is multiplied in"),
        (lambda g, z: z * (g > 0) * (z > 0), "expected the gradient there"),
        (lambda g, z: np.abs(g) * (z > 0), "expected them to be stopped"),
        (lambda g, z: g + 0 * z, "everything passes"),
        (lambda g, z: (g > 0) & (z > 0), "found an array of shape (5,) of bool"),
        (lambda g, z: g.sum() + z, "where 3 arrives and z is 2, 3 should pass; found 4.5"),
    ],
)
def test_a_wrong_guided_is_told_what_is_wrong(answer, why):
    verdict = check.guided(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        relevance,
        by_loops,
    ],
)
def test_a_relevance_is_right_however_it_is_written(answer):
    assert check.relevance(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda x, w, b, r, e: w.T @ (r / (w @ x + b + e * np.sign(w @ x + b))), "one factor is missing"),
        (lambda x, w, b, r, e: x * (w.T @ r), "not divided by z_j"),
        (lambda x, w, b, r, e: relevance(x, w, b, np.ones(2), e), "relevance r_j of the outputs is not in it"),
        (lambda x, w, b, r, e: np.full(3, r.sum() / 3), "shared evenly"),
        (lambda x, w, b, r, e: relevance(x, w, 0 * b, r, e), "the biases are not in z"),
        (lambda x, w, b, r, e: x * (w.T @ (r / (w @ x + b + e))), "brings a negative z nearer to zero"),
        (lambda x, w, b, r, e: relevance(x, w, b, r, -e), "epsilon brings z nearer to zero"),
        (lambda x, w, b, r, e: relevance(x, w, b, r, 0), "epsilon is not in it"),
        (lambda x, w, b, r, e: x * (w.T @ (r / (np.abs(w @ x + b) + e))), "the sign of z is lost"),
        (
            lambda x, w, b, r, e: np.maximum(w * x, 0).T @ (r / (np.maximum(w * x, 0).sum(axis=1) + e)),
            "the z-plus rule",
        ),
        (lambda x, w, b, r, e: x, "relevance 9 comes in, 3.0 goes out"),
        (lambda x, w, b, r, e: r.sum() * np.eye(3)[0], "the rule gives [8, 1, 0]"),
        (lambda x, w, b, r, e: r, "one number for each input, shape (3,); found"),
    ],
)
def test_a_wrong_relevance_is_told_what_is_wrong(answer, why):
    verdict = check.relevance(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
