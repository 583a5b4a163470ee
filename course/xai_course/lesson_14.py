"""The checks of lesson 14, vision transformers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from xai_course.answers import numbers
from xai_course.checking import Verdict, call, check, mistaken

TOKENS, SIZE, HEADS = 4, 9, 2


@check()
def attention(answer: Any) -> Verdict:
    """Check ``answer(queries, keys)``, the weights of attention of one head."""
    generator = np.random.default_rng(0)
    queries, keys = generator.normal(size=(2, TOKENS, SIZE))
    found = numbers(call(answer, queries, keys), (TOKENS, TOKENS), "a weight for each query (row) and key (column)")
    products = queries @ keys.T
    expected = special.softmax(products / 3, axis=1)
    if np.allclose(found, expected):
        return Verdict("right", "each row sums to one: what one token looks at.")
    mistakes = [
        (
            special.softmax(products, axis=1),
            "the products are not divided by the square root of d, the numbers of a query.",
        ),
        (special.softmax(products / SIZE, axis=1), "the products are divided by d; expected its square root."),
        (special.softmax(products / 2, axis=1), "d is how many numbers a query has, not how many tokens there are."),
        (special.softmax(products / 3, axis=0), "the columns sum to one. The softmax runs over the keys: axis 1."),
        (special.softmax(products / 3), "all weights together sum to one; expected each row to."),
        (products / 3, "these are the products; the softmax is missing."),
        (np.exp(products / 3), "the rows do not sum to one: divide each by its sum."),
        (expected.T, "rows and columns are swapped: a row belongs to a query."),
    ]
    return mistaken(found, mistakes, f"the first row should be {_listed(expected[0])}; found {_listed(found[0])}.")


@check()
def rollout(answer: Any) -> Verdict:
    """Check ``answer(blocks)``, what the first token has looked at, by the weights of each block, from the first."""
    blocks = _weights(np.random.default_rng(1), 3)
    found = numbers(call(answer, blocks), (TOKENS,), "one number for each token")
    expected = _followed(blocks)[0]
    if np.allclose(found, expected):
        return Verdict("right", "and no class was asked for.")
    mistakes = [
        (_followed(blocks[::-1])[0], "the blocks are multiplied in the wrong order: later ones stand on the left."),
        (_followed(2 * blocks - np.eye(TOKENS))[0], "the token itself is left out: half of each token stays."),
        (_followed(2 * blocks + np.eye(TOKENS))[0], "divide A + I by 2: half and half."),
        (_followed(blocks)[:, 0], "this is the first column, who looked at the class token; expected its row."),
        (np.mean(blocks, axis=0)[0], "the blocks are averaged; expected their product."),
        (blocks[-1][0], "this is the last block alone; expected the product of all."),
        ((blocks[-1][0] + np.eye(TOKENS)[0]) / 2, "this is the last block alone; expected the product of all."),
    ]
    otherwise = f"it gives {_listed(found)}, and rollout is {_listed(expected)}, whose numbers sum to one."
    return mistaken(found, mistakes, otherwise)


@check()
def relevance(answer: Any) -> Verdict:
    """Check ``answer(before, weights, gradients)``, one block of attention relevance."""
    generator = np.random.default_rng(2)
    weights = _weights(generator, HEADS)
    before, gradients = generator.random((TOKENS, TOKENS)), generator.normal(size=weights.shape)
    found = numbers(call(answer, before, weights, gradients), (TOKENS, TOKENS), "one number for each pair of tokens")
    gained = np.maximum(gradients * weights, 0).mean(axis=0)
    expected = before + gained @ before
    if np.allclose(found, expected):
        return Verdict("right", "what a token holds, and what it gains by looking.")
    mistakes = [
        (gained @ before, "what a token held before is lost: add `before`."),
        (before + before @ gained, "the order of the product: what is looked at stands on the right."),
        (before + gained, "what others held before is not in it: multiply by `before`."),
        (before + (gradients * weights).mean(axis=0) @ before, "what is negative is to be cut off, before the mean."),
        (
            before + np.maximum((gradients * weights).mean(axis=0), 0) @ before,
            "what is negative is cut off after the mean over heads; expected in each head.",
        ),
        (before + weights.mean(axis=0) @ before, "the gradients are not in it: this asks for no class."),
        (before + np.maximum(gradients, 0).mean(axis=0) @ before, "the weights are not in it: gradient times weight."),
        (before + HEADS * gained @ before, "the heads are summed; expected their mean."),
        (before + np.abs(gradients * weights).mean(axis=0) @ before, "what is negative counts as if it were positive."),
    ]
    otherwise = f"the first row should be {_listed(expected[0])}; found {_listed(found[0])}. Print each step."
    return mistaken(found, mistakes, otherwise)


def _weights(generator: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return so many matrices whose rows are positive and sum to one."""
    weights: NDArray[np.float64] = special.softmax(generator.normal(size=(count, TOKENS, TOKENS)), axis=-1)
    return weights


def _followed(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the product of the blocks, each half of itself and half of what it is given."""
    followed = np.eye(TOKENS)
    for block in blocks:
        followed = (block + np.eye(TOKENS)) / 2 @ followed
    return followed


def _listed(values: NDArray[np.float64]) -> str:
    return "[" + ", ".join(f"{value:.2f}" for value in values) + "]"
