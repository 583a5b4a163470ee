"""The checks of lesson 14 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest
from scipy import special

from xai_course import lesson_14 as check


def softmax(z, axis=1):
    return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


@pytest.mark.parametrize(
    "answer",
    [
        lambda q, k: special.softmax(q @ k.T / np.sqrt(q.shape[1]), axis=1),
        lambda q, k: [list(row / row.sum()) for row in np.exp(q @ k.T / len(q[0]) ** 0.5)],
    ],
)
def test_attention_is_right_however_it_is_written(answer):
    assert check.attention(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda q, k: softmax(q @ k.T), "not divided by the square root"),
        (lambda q, k: softmax(q @ k.T / 9), "expected its square root"),
        (lambda q, k: softmax(q @ k.T / np.sqrt(len(q))), "not how many tokens"),
        (lambda q, k: softmax(q @ k.T / 3, axis=0), "The softmax runs over the keys"),
        (lambda q, k: softmax(q @ k.T / 3, axis=(0, 1)), "all weights together"),
        (lambda q, k: q @ k.T / 3, "the softmax is missing"),
        (lambda q, k: np.exp(q @ k.T / 3), "divide each by its sum"),
        (lambda q, k: softmax(q @ k.T / 3).T, "a row belongs to a query"),
        (lambda q, k: np.eye(4), "the first row should be"),
        (lambda q, k: q, "a weight for each query"),
    ],
)
def test_a_wrong_attention_is_told_what_is_wrong(answer, why):
    verdict = check.attention(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


def followed(blocks, half=0.5, rest=1.0):
    found = np.eye(4)
    for block in blocks:
        found = half * (block + rest * np.eye(4)) @ found
    return found


@pytest.mark.parametrize(
    "answer",
    [
        lambda blocks: followed(blocks)[0],
        lambda blocks: np.linalg.multi_dot([np.eye(4), *[(b + np.eye(4)) / 2 for b in blocks[::-1]]])[0],
    ],
)
def test_rollout_is_right_however_it_is_written(answer):
    assert check.rollout(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda blocks: followed(blocks[::-1])[0], "the wrong order"),
        (lambda blocks: followed(blocks, 1.0, 0.0)[0], "the token itself is left out"),
        (lambda blocks: followed(blocks, 1.0)[0], "half and half"),
        (lambda blocks: followed(blocks, 1.0, 0.5)[0], "it gives"),
        (lambda blocks: followed(blocks)[:, 0], "expected its row"),
        (lambda blocks: np.mean(blocks, axis=0)[0], "are averaged"),
        (lambda blocks: followed(blocks[-1:])[0], "the last block alone"),
        (lambda blocks: followed(blocks), "one number for each token"),
    ],
)
def test_a_wrong_rollout_is_told_what_is_wrong(answer, why):
    verdict = check.rollout(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda r, a, g: r + np.maximum(g * a, 0).mean(axis=0) @ r,
        lambda r, a, g: (np.eye(4) + sum((one * two).clip(0) for one, two in zip(a, g, strict=True)) / 2) @ r,
    ],
)
def test_a_step_of_relevance_is_right_however_it_is_written(answer):
    assert check.relevance(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda r, a, g: np.maximum(g * a, 0).mean(axis=0) @ r, "add `before`"),
        (lambda r, a, g: r + r @ np.maximum(g * a, 0).mean(axis=0), "the order of the product"),
        (lambda r, a, g: r + np.maximum(g * a, 0).mean(axis=0), "what others held before"),
        (lambda r, a, g: r + (g * a).mean(axis=0) @ r, "before the mean"),
        (lambda r, a, g: r + np.maximum((g * a).mean(axis=0), 0) @ r, "expected in each head"),
        (lambda r, a, g: r + a.mean(axis=0) @ r, "asks for no class"),
        (lambda r, a, g: r + np.maximum(g, 0).mean(axis=0) @ r, "gradient times weight"),
        (lambda r, a, g: r + np.maximum(g * a, 0).sum(axis=0) @ r, "expected their mean"),
        (lambda r, a, g: r + np.abs(g * a).mean(axis=0) @ r, "as if it were positive"),
        (lambda r, a, g: r, "the first row should be"),
    ],
)
def test_a_wrong_step_of_relevance_is_told_what_is_wrong(answer, why):
    verdict = check.relevance(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize("judge", [check.attention, check.rollout, check.relevance])
def test_a_blank_is_not_yet_an_answer(judge):
    assert judge(...).state == judge(lambda *_: None).state == "blank"
