"""The checks of lesson 12, text."""

from __future__ import annotations

from typing import Any

import numpy as np

import xai_widgets as xai
from xai_course.answers import numbers
from xai_course.checking import Verdict, call, check, described, mistaken
from xai_course.data.reviews import BAD, GOOD, TOKENS, WORDS, Reviews


@check()
def one_number_each(answer: Any) -> Verdict:
    """Check ``answer(values)``, which gives each token one number, so that the sum stays."""
    values = np.random.default_rng(0).normal(size=(TOKENS, 16))
    advice = "The tokens are the first axis; add up along the second."
    found = numbers(call(answer, values), (TOKENS,), "one number per token", advice)
    if np.allclose(found, values.sum(axis=1)):
        return Verdict("right", "each token has its share of the change, and nothing is lost.")
    mistakes = [
        (np.linalg.norm(values, axis=1), "this is the length of each vector, which has no sign; add its numbers up."),
        (np.abs(values).sum(axis=1), "the signs are thrown away before the numbers are added up; keep them."),
        (values.mean(axis=1), "this is the mean of the 16 numbers of a token, so the sum is a sixteenth; add them up."),
        (values.max(axis=1), "this is the largest number of each token; add all of them up."),
        (
            np.take_along_axis(values, np.abs(values).argmax(axis=1)[:, None], 1)[:, 0],
            "this is the number of the largest size of each token; add all of them up.",
        ),
        (
            np.full(TOKENS, values.sum() / TOKENS),
            "the sum is right, and every token has the same; add up the numbers of each.",
        ),
    ]
    otherwise = f"the numbers sum to {found.sum():.1f}, the values to {values.sum():.1f}: completeness is lost."
    if abs(found.sum() - values.sum()) <= 1e-6:
        otherwise = "the sum is right, but the numbers are not those of the tokens."
    return mistaken(found, mistakes, otherwise)


@check("write a review, a text in quotation marks, in place of the dots.")
def fooled(answer: Any, model: xai.Model, reviews: Reviews) -> Verdict:
    """Check that `answer` is a bad review by the rules that the model calls good."""
    if not isinstance(answer, str):
        return Verdict("wrong", f"expected a text in quotation marks, found {described(answer)}.")
    words = answer.lower().split()
    unknown = [word for word in words if word not in reviews.vocabulary]
    if unknown:
        return Verdict("wrong", f"the grammar has no word {unknown[0]!r}.")
    if len(words) > WORDS:
        return Verdict("wrong", f"the review has {len(words)} words; the network reads {WORDS}.")
    said = verdict(words)
    if said >= 0:
        return Verdict("wrong", "by the rules of the grammar this review is not bad." if said else "it judges nothing.")
    if model.scores(answer).argmax() != 1:
        return Verdict("wrong", "the network calls it bad, and is right.")
    return Verdict("right", "a bad review, and the network calls it good.")


def verdict(words: list[str]) -> int:
    """Return what a review says by the rules: the judgements, turned by "not" and "never", doubled after "but"."""
    total, weight = 0, 1
    for place, word in enumerate(words):
        if word == "but":
            weight *= 2
        if word in GOOD or word in BAD:
            turned = any(before in ("not", "never") for before in words[max(0, place - 2) : place])
            total += weight * (1 if (word in GOOD) != turned else -1)
    return total
