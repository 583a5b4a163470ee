"""The checks of lesson 19 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest
import torch

from xai_course import lesson_19 as check


def by_autograd(x):
    given = torch.tensor(x, requires_grad=True)
    down, right = given[1:] - given[:-1], given[:, 1:] - given[:, :-1]
    ((down**2).sum() / 2 + (right**2).sum() / 2).backward()
    return given.grad


def by_loops(x):
    found = np.zeros_like(x)
    height, width = x.shape
    for row in range(height):
        for column in range(width):
            for other, beside in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if 0 <= other < height and 0 <= beside < width:
                    found[row, column] += x[row, column] - x[other, beside]
    return found


def along(x, axis, of=lambda difference: difference):
    ends = [(1, 1) if one == axis else (0, 0) for one in range(2)]
    return -np.diff(np.pad(of(np.diff(x, axis=axis)), ends), axis=axis)


def forward_alone(x):
    found = np.zeros_like(x)
    found[:-1] += x[:-1] - x[1:]
    found[:, :-1] += x[:, :-1] - x[:, 1:]
    return found


@pytest.mark.parametrize("answer", [by_autograd, by_loops])
def test_the_slope_of_the_price_of_edges_is_right_however_it_is_written(answer):
    assert check.edges(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda x: -by_loops(x), "the sign of the way down"),
        (lambda x: 2 * by_loops(x), "of the sum itself"),
        (lambda x: along(x, 0), "those at the sides"),
        (lambda x: along(x, 1), "those above and below"),
        (lambda x: along(x, 0, np.sign) + along(x, 1, np.sign), "absolute differences"),
        (
            lambda x: 4 * x - sum(np.roll(x, shift, axis) for axis in (0, 1) for shift in (1, -1)),
            "np.roll goes round",
        ),
        (forward_alone, "with the one before"),
        (lambda x: np.zeros_like(x), "and you say 0.000"),
        (lambda x: x[1:], "one number for each pixel"),
        (lambda x: float("nan"), "one number for each pixel"),
    ],
)
def test_a_wrong_slope_is_told_what_is_wrong(answer, why):
    verdict = check.edges(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"rough": "blur", "brittle": "jitter"}, "rough: this helps a little"),
        ({"rough": "jitter", "brittle": "jitter"}, "rough: moved to and fro"),
        ({"rough": "contrast", "brittle": "jitter"}, "rough: this keeps values"),
        ({"rough": "smoothness", "brittle": "smoothness"}, "brittle: this helps, too"),
        ({"rough": "smoothness", "brittle": "blur"}, "brittle: this helps a little"),
        ({"rough": "smoothness", "brittle": "contrast"}, "brittle: this keeps values"),
        ({"rough": "smoothness", "brittle": "all"}, "for 'brittle' you say 'all'"),
        ({"rough": 3, "brittle": "jitter"}, "expected the name of a regulariser"),
    ],
)
def test_a_wrong_regulariser_is_told_what_is_wrong(answer, why):
    verdict = check.regulariser(answer.get)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_the_right_regularisers_are_right():
    assert check.regulariser({"rough": "smoothness", "brittle": "jitter"}.get).state == "right"
    assert check.regulariser(None).state == "blank"
