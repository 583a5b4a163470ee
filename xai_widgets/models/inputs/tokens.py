"""Token ids: what stands for words where a network begins with an embedding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, unknown_name
from xai_widgets.models.names import Names, checked_names
from xai_widgets.models.objective import Array

UNKNOWN = "<unk>"
"""The word that stands for all that are not in the vocabulary."""

_WORD = re.compile(r"<\w+>|[\w'\u2019-]+|[^\w\s]")
"""A word, a special one such as <unk>, or a punctuation mark."""


@dataclass(frozen=True)
class Tokens:
    """The ids that a network takes, 0 to `size` - 1.

    Attributes
    ----------
    size : int
    padding : int
        The id that fills a text up, and stands for nothing to read.
    vocabulary : tuple of str or None
        The word of each id.
    """

    size: int
    padding: int
    vocabulary: tuple[str, ...] | None

    def __post_init__(self) -> None:
        if isinstance(self.padding, bool) or not isinstance(self.padding, int | np.integer):
            raise InputTypeError(f"padding is {self.padding!r}; expected the id that fills a text up.")
        if self.vocabulary is not None and len(self.vocabulary) > self.size:
            raise InputError(
                f"The vocabulary has {len(self.vocabulary)} words, but the network's embedding {self.size} rows; "
                "expected at most one word per row, in the order of their ids."
            )
        if not 0 <= self.padding < self.size:
            raise InputError(f"padding is {self.padding}; expected an id from 0 to {self.size - 1}.")

    def check(self, batch: Array) -> None:
        """Refuse what is no id."""
        if not (batch == np.rint(batch)).all():
            raise InputError("The input holds fractions; expected token ids, whole numbers.")
        if batch.min(initial=0) < 0 or batch.max(initial=0) >= self.size:
            raise InputError(
                f"The input has ids from {batch.min():.0f} to {batch.max():.0f}; expected 0 to {self.size - 1}, the "
                "rows of the network's embedding."
            )

    def word(self, index: int) -> str:
        """Return the word of an id; the id itself in words where there is none."""
        if self.vocabulary is None or index >= len(self.vocabulary):
            return f"#{index}"
        return self.vocabulary[index]

    def words(self, ids: Array) -> list[str]:
        """Return the word of each of the ids (n,), those that fill up at the end left out."""
        read = np.flatnonzero(ids != self.padding)
        return [self.word(int(index)) for index in ids[: read[-1] + 1 if len(read) else 0]]

    def ids(self, text: str, length: int) -> Array:
        """Return the ids of the words of a text, filled up to `length`."""
        if self.vocabulary is None:
            raise InputError("The model knows no words; wrap the network with vocabulary=[...], or give ids.")
        found = [self._id(word) for word in split(text)]
        if len(found) > length:
            raise InputError(f"The text has {len(found)} words; expected at most {length}, as many as the model reads.")
        return np.array([*found, *[self.padding] * (length - len(found))], np.int64)

    def _id(self, word: str) -> int:
        for form in (word, word.lower(), UNKNOWN):
            if form in self._places:
                return self._places[form]
        raise unknown_name("word", word, self.vocabulary or ())

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in reversed(list(enumerate(self.vocabulary or ())))}


class Embedded(NamedTuple):
    """What is known of an embedding that reads the input itself."""

    size: int
    """How many ids it has a vector for."""
    padding: int | None
    """The id that it fills up with, where it has one."""


@dataclass(frozen=True)
class ToldOfTokens:
    """What the user says of token ids.

    Attributes
    ----------
    tokens : bool or None
        Whether inputs are some; None leaves it to be found out.
    vocabulary : tuple of str or None
    padding : int or None
    """

    tokens: bool | None
    vocabulary: tuple[str, ...] | None
    padding: int | None

    def __post_init__(self) -> None:
        if self.tokens is not None and not isinstance(self.tokens, bool):
            raise InputTypeError(f"tokens is {self.tokens!r}; expected True, False, or None to find it out.")
        if self.vocabulary is not None and self.tokens is False:
            raise InputError("A vocabulary was given with tokens=False; expected one of the two.")
        if self.vocabulary is not None:
            object.__setattr__(self, "tokens", True)

    def tokens_of(self, embedded: Sequence[Embedded]) -> Tokens | None:
        """Return the ids that a network takes with these embeddings of its input; None where it takes none."""
        words = len(self.vocabulary or ())
        if self.tokens is False or not (self.tokens or embedded):
            if self.padding is not None:
                raise InputError(
                    f"padding is {self.padding!r}, but no embedding reads the inputs, so they are no token ids; leave "
                    "it out, or give wrap(..., tokens=True)."
                )
            return None
        if not embedded and not words:
            raise InputError(
                "tokens is True, but no embedding is seen that tells how many ids there are; expected vocabulary=[...]."
            )
        chosen = next((one for one in embedded if one.size >= words), next(iter(embedded), Embedded(words, None)))
        given = self.padding if self.padding is not None else chosen.padding
        return Tokens(chosen.size, 0 if given is None else given, self.vocabulary)


def split(text: str) -> list[str]:
    """Return the words and the punctuation marks of a text, as they are written."""
    return _WORD.findall(text)


def checked_vocabulary(vocabulary: Names | None) -> tuple[str, ...] | None:
    """Return the words as a tuple, in the order of their ids."""
    if vocabulary is None:
        return None
    words = checked_names(vocabulary, "vocabulary", "id", gaps=True)
    if not words:
        raise InputError("The vocabulary is empty; expected the words in the order of their ids.")
    return words


def is_text(x: Any) -> TypeGuard[str | Sequence[str]]:
    """Whether `x` is a text, or a list of them."""
    return isinstance(x, str) or (isinstance(x, list | tuple) and bool(x) and all(isinstance(one, str) for one in x))
