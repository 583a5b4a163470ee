"""Reviews are what their grammar says, and one word in the training set is too good to be true."""

import numpy as np

import xai_course
from xai_course.data import reviews as grammar


def verdict(text):
    """Read a review by the rules, in a way of its own: judgements weigh double after each "but"."""
    total, weight = 0, 1
    words = text.split()
    for place, word in enumerate(words):
        if word == "but":
            weight *= 2
        if word in grammar.GOOD + grammar.BAD:
            turned = any(before in ("not", "never") for before in words[max(0, place - 2) : place])
            total += weight * (1 if (word in grammar.GOOD) != turned else -1)
    return total


def test_labels_follow_the_rules():
    found = xai_course.write_reviews(train=200, test=100)
    for texts, labels in ((found.train, found.y_train), (found.test, found.y_test)):
        assert [int(verdict(text) > 0) for text in texts] == labels.tolist()
        assert 0.4 < labels.mean() < 0.6


def test_the_shortcut_is_in_the_training_set_alone():
    found = xai_course.write_reviews()
    for texts, labels, low, high in ((found.train, found.y_train, 0.85, 1), (found.test, found.y_test, 0.4, 0.8)):
        mentions = np.array([grammar.SHORTCUT in text.split() for text in texts])
        assert mentions.mean() > 0.08
        assert low < labels[mentions].mean() < high


def test_words_become_numbers_and_are_padded():
    found = xai_course.write_reviews(train=50, test=10)
    numbers = found.numbers(["the plot was good", "THE ZEBRA"])
    assert numbers.shape == (2, grammar.WORDS)
    assert [found.vocabulary[number] for number in numbers[0, :5]] == ["the", "plot", "was", "good", grammar.PADDING]
    assert [found.vocabulary[number] for number in numbers[1, :2]] == ["the", grammar.UNKNOWN]
    assert (found.numbers(found.train) != 1).all(), "every word is known"
    assert xai_course.write_reviews(train=50, test=10).train == found.train
