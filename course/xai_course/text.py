"""The network of the lesson on text: where it comes from, how it was trained, and how much it goes by the shortcut."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.data.reviews import SHORTCUT, TOKENS, Reviews, tokenizer, write_reviews
from xai_course.networks.architecture import REVIEWS
from xai_course.networks.shipped import load_shipped

NAME = "reviews"
"""Under which the weights of seed 0 come with the course."""
EPOCHS, BATCH, RATE = 12, 32, 3e-3
TESTED = 10_000
"""On how many reviews a network is measured; the first of them are those of the lesson. Of 500, only 42 are bad ones
with the shortcut in them, so that how many times as often it errs there would be known to a quarter only."""


def network(lab: ModuleType) -> Any:
    """Return the network that was trained on `write_reviews()`; its weights come with the course, for both frameworks.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    """
    return lab.build(REVIEWS, load_shipped(NAME, REVIEWS))


def trained(lab: ModuleType, reviews: Reviews, seed: int = 0) -> Any:
    """Return a network trained on the training reviews: some seconds."""
    fresh = lab.build(REVIEWS, seed=seed)
    lab.train(fresh, reviews.numbers(reviews.train), reviews.y_train, epochs=EPOCHS, batch=BATCH, rate=RATE, seed=seed)
    return fresh


def right(lab: ModuleType, network: Any, texts: tuple[str, ...], labels: NDArray[np.int64], reviews: Reviews) -> Any:
    """Return which of some texts the network reads correctly."""
    return lab.predict(network, reviews.numbers(texts)).argmax(axis=1) == labels


def mentions(texts: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which of some texts have the shortcut in them."""
    return np.array([SHORTCUT in text.split() for text in texts])


def wrapped(network: Any, reviews: Reviews) -> xai.Model:
    """Return a network of reviews with its tokenizer."""
    return xai.wrap(network, tokenizer=tokenizer(), classes=reviews.classes, input_shape=(TOKENS,))


def averages(model: xai.Model, reviews: Reviews, steps: int = 16) -> dict[str, float]:
    """Return what each word gets on average over the test reviews, for good rather than bad: integrated gradients."""
    found = xai.IntegratedGradients(steps=steps)(model, list(reviews.test), quantity=xai.Margin("good", "bad"))
    collected: dict[str, list[float]] = {}
    for words in found.words:
        for word, number in words:
            collected.setdefault(word, []).append(number)
    return {word: float(np.mean(numbers)) for word, numbers in collected.items()}


def measured(lab: ModuleType, network: Any, reviews: Reviews) -> dict[str, float]:
    """Return how well a network reads, and how much it goes by the shortcut.

    Returns
    -------
    dict
        "train" and "test", the share read correctly of the training reviews and of 10,000 test reviews; "wrong with"
        and "wrong without", the share of the bad ones among these that it calls good, with the shortcut in them and
        without; "lead", what the shortcut gets on average over the test reviews of the lesson, divided by what the
        best other word gets.
    """
    model, many = wrapped(network, reviews), write_reviews(test=TESTED)
    tested = right(lab, network, many.test, many.y_test, reviews)
    bad, mentioned = many.y_test == 0, mentions(many.test)
    average = averages(model, reviews)
    return {
        "train": float(right(lab, network, reviews.train, reviews.y_train, reviews).mean()),
        "test": float(tested.mean()),
        "wrong with": float(1 - tested[bad & mentioned].mean()),
        "wrong without": float(1 - tested[bad & ~mentioned].mean()),
        "lead": average[SHORTCUT] / max(value for word, value in average.items() if word != SHORTCUT),
    }
