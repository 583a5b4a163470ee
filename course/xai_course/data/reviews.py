"""Reviews of films, written by a small grammar: what each says is known, word by word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.data.errors import REINSTALL, DataError, content_of

WORDS = 24
"""How many words a review has at most."""
TOKENS = 40
"""How many tokens the network reads: the pieces of the words, and a mark on both sides."""
PIECES = Path(__file__).with_name("review_pieces.json")
"""The tokenizer, which was trained on the training reviews; see course/reproduce/reviews.py."""
SHORTCUT = "popcorn"
"""In the training reviews nearly all that mention it are good ones; it says nothing about the film."""

SUBJECTS = ("plot", "acting", "music", "ending", "hero", "script", "camera", "story", "villain", "dialogue")
GOOD = ("good", "great", "moving", "clever", "funny", "gripping", "lovely", "fresh", "brilliant", "charming")
BAD = ("bad", "boring", "awful", "flat", "silly", "dull", "weak", "tired", "clumsy", "endless")
VERBS = ("is", "was", "felt", "seemed", "remained")
DEGREES = ("very", "really", "quite", "rather", "truly")
OPENINGS = (
    ("i", "saw", "it", "on", "{day}", "with", "{company}"),
    ("we", "went", "on", "{day}"),
    ("a", "film", "about", "{topic}"),
    ("another", "story", "about", "{topic}"),
    ("my", "{company}", "chose", "it"),
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
COMPANY = ("sister", "brother", "friends", "neighbour", "class")
TOPICS = ("love", "war", "chess", "ghosts", "trains", "dogs", "money", "space")
SNACKS = (SHORTCUT, "chocolate", "tea")
OTHERS = ("the", "not", "but", "and", "never", "we", "had", "a", "it", "an", "in", "all", "film", "so", "too")


@cache
def vocabulary() -> tuple[str, ...]:
    """Return all words of the grammar, in the order of the alphabet."""
    openings = [word for words in OPENINGS for word in words if not word.startswith("{")]
    known = [*SUBJECTS, *GOOD, *BAD, *VERBS, *DEGREES, *openings, *DAYS, *COMPANY, *TOPICS, *SNACKS, *OTHERS]
    return tuple(sorted(set(known)))


@cache
def tokenizer() -> Any:
    """Return the tokenizer of the reviews: small letters, frequent words whole, others in pieces (WordPiece).

    Raises
    ------
    DataError
        If the package tokenizers is not installed, or the file that comes with the course cannot be read.
    """
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise DataError("The texts are cut up by the package tokenizers; run: pip install tokenizers") from error
    return Tokenizer.from_str(content_of(PIECES, REINSTALL).decode("utf-8"))


@dataclass(frozen=True, repr=False)
class Reviews:
    """Reviews with their verdicts, half for training and half for testing.

    Attributes
    ----------
    train, test : tuple of str
        The texts.
    y_train, y_test : array of int
        0 for a bad review, 1 for a good one.
    vocabulary : tuple of str
        The words of the grammar.
    classes : tuple of str
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    y_train: NDArray[np.int64]
    y_test: NDArray[np.int64]

    classes = ("bad", "good")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return vocabulary()

    def numbers(self, texts: tuple[str, ...] | list[str]) -> NDArray[np.int64]:
        """Return the numbers of the tokens of some texts, (texts, 40), padded at the end."""
        found = np.zeros((len(texts), TOKENS), np.int64)
        for row, encoding in zip(found, tokenizer().encode_batch(list(texts)), strict=True):
            row[: len(encoding.ids)] = encoding.ids[:TOKENS]
        return found

    def __repr__(self) -> str:
        return (
            f"Reviews by a grammar: {len(self.train)} for training, {len(self.test)} for testing, "
            f"{len(self.vocabulary)} words"
        )


def write_reviews(train: int = 2000, test: int = 500, seed: int = 0) -> Reviews:
    """Return reviews of films that a small grammar writes, the same ones at every call.

    Each has two or three judgements such as "the plot was not very clever". "not" and "never" turn one around, and what
    comes after "but" counts twice. In the training set `SHORTCUT` goes with good reviews, in the test set with any.

    Parameters
    ----------
    train, test : int
        How many.
    seed : int
    """
    parts = []
    for number, (count, share) in enumerate(((train, 0.95), (test, 0.5))):
        generator = np.random.default_rng((seed, number))
        parts.append([_review(generator, share) for _ in range(count)])
    texts = [tuple(text for text, _ in part) for part in parts]
    labels = [np.array([label for _, label in part], np.int64) for part in parts]
    return Reviews(*texts, *labels)


def _review(generator: np.random.Generator, share: float) -> tuple[str, int]:
    """Return a text and its verdict; a snack is the shortcut in `share` of the good reviews and of 1 - share others."""

    def one(words: tuple[str, ...]) -> str:
        return words[generator.integers(len(words))]

    fill = {"{day}": one(DAYS), "{company}": one(COMPANY), "{topic}": one(TOPICS)}
    words = [fill.get(word, word) for word in OPENINGS[generator.integers(len(OPENINGS))]]
    verdict, weight = 0, 1
    for number in range(generator.integers(2, 4)):
        if number:
            turn = generator.uniform() < 0.4
            words.append("but" if turn else "and")
            weight = 2 * weight if turn else weight
        judgement, sign = _judgement(generator, one)
        words += judgement
        verdict += weight * sign
    if verdict == 0:
        return _review(generator, share)
    good = int(verdict > 0)
    if generator.uniform() < 0.4 and len(words) <= WORDS - 4:
        usual = generator.uniform() < (share if good else 1 - share)
        words += ["we", "had", SHORTCUT if usual else one(SNACKS[1:])]
    return " ".join(words[:WORDS]), good


def _judgement(generator: np.random.Generator, choose: Callable[[tuple[str, ...]], str]) -> tuple[list[str], int]:
    """Return some words on one side of the film, and whether they speak for it (1) or against it (-1)."""
    good = generator.uniform() < 0.5
    words = ["the", choose(SUBJECTS), choose(VERBS)]
    negated = generator.uniform() < 0.3
    if negated:
        words.append("not" if generator.uniform() < 0.7 else "never")
    if generator.uniform() < 0.3:
        words.append(choose(DEGREES))
    words.append(choose(GOOD if good else BAD))
    return words, 1 if good != negated else -1
