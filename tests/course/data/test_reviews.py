"""Reviews are what their grammar says, and one word in the training set is too good to be true."""

import numpy as np
import pytest

import xai_course
from xai_course.data import reviews as grammar
from xai_course.networks.architecture import REVIEWS


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


def test_words_become_numbers_of_pieces_and_are_padded():
    pytest.importorskip("tokenizers")
    found = xai_course.write_reviews()
    numbers = found.numbers(["the plot was good", "THE Monday ☃"])
    assert numbers.shape == (2, grammar.TOKENS)
    name = grammar.tokenizer().id_to_token
    assert [name(number) for number in numbers[0, :7]] == ["[CLS]", "the", "plot", "was", "good", "[SEP]", "[PAD]"]
    assert [name(number) for number in numbers[1, 1:6]] == ["the", "mo", "##nday", "[UNK]", "[SEP]"]
    for texts in (found.train, found.test):
        every = found.numbers(texts)
        assert (every != 1).all(), "every word is known"
        assert (every[:, -1] == 0).all(), "there is room for every review"
    assert xai_course.write_reviews(train=50, test=10).train == xai_course.write_reviews(train=50, test=10).train


def test_the_tokenizer_is_small_and_words_that_are_read_are_those_of_the_grammar():
    assert grammar.PIECES.stat().st_size < 50_000
    pieces = pytest.importorskip("tokenizers").Tokenizer.from_file(str(grammar.PIECES))
    assert pieces.get_vocab_size() == REVIEWS.layers["embedding"].words
    split = [word for word in grammar.vocabulary() if len(pieces.encode(word, add_special_tokens=False).ids) > 1]
    assert 5 < len(split) < 40
    assert not {*split} & {*grammar.GOOD, *grammar.BAD, grammar.SHORTCUT, "not", "never", "but"}
