"""Token ids: what stands for words where a network begins with an embedding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name, warn
from xai_widgets.models.inputs.reading import Reading, of_words
from xai_widgets.models.inputs.tokenizer import Tokenizer
from xai_widgets.models.names import Names, checked_names
from xai_widgets.models.objective import Array

UNKNOWN = "<unk>"
"""The word that stands for all that are not in the vocabulary."""

REMEMBERED = 1024
"""So many texts are remembered by their ids, to colour them as they were written."""

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
    tokenizer : Tokenizer, optional
        What cuts texts into tokens; without one they are cut into the words of the vocabulary.
    """

    size: int
    padding: int
    vocabulary: tuple[str, ...] | None
    tokenizer: Tokenizer | None = None

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

    @property
    def can_read(self) -> bool:
        """Whether texts can be given as they are written."""
        return self.tokenizer is not None or self.vocabulary is not None

    @property
    def unknown(self) -> int | None:
        """The id that stands for what is not known."""
        return self._places.get(UNKNOWN) if self.tokenizer is None else self.tokenizer.unknown

    def kept(self, ids: Array) -> Array:
        """Return which of some ids stand around a text and are never taken away, such as [CLS] and [SEP]."""
        around = () if self.tokenizer is None else self.tokenizer.around
        return np.isin(ids, [*around, self.padding])

    def read(self, text: str, length: int) -> Reading:
        """Return how a text is read, filled up to `length`; with a tokenizer also cut off there."""
        tokenizer = self.tokenizer
        found = self._looked_up(text, length) if tokenizer is None else tokenizer.read(text, length, self.padding)
        self._readings[np.array(found.ids, np.int64).tobytes()] = found
        while len(self._readings) > REMEMBERED:
            del self._readings[next(iter(self._readings))]
        return found

    def reading(self, ids: Array) -> Reading:
        """Return how ids (n,) are read: as the text that they were last made of, or one that they may be made of."""
        key = np.rint(ids).astype(np.int64)
        if key.tobytes() in self._readings:
            return self._readings[key.tobytes()]
        numbers = [int(one) for one in key]
        if self.tokenizer is not None:
            text = self.tokenizer.decode([number for number in numbers if not self.kept(np.array(number))])
            found = None if text is None else self.tokenizer.read(text, len(numbers), self.padding)
            if found is not None and found.ids == tuple(numbers):
                return found
        read = len(self.words(key))  # What fills up inside a text is a word as the others are.
        added = np.arange(len(numbers)) >= read
        if self.tokenizer is not None:
            added = self.kept(key)
        return of_words([self.word(one) for one in numbers], numbers, self.padding, self.unknown, added)

    def _looked_up(self, text: str, length: int) -> Reading:
        """Return the reading of a text whose words are looked up in the vocabulary."""
        if self.vocabulary is None:
            raise InputError("The model knows no words; wrap the network with vocabulary=[...], or give ids.")
        found = list(_WORD.finditer(text))
        if len(found) > length:
            raise InputError(f"The text has {len(found)} words; expected at most {length}, as many as the model reads.")
        more = length - len(found)
        ids = [*(self._id(one.group()) for one in found), *[self.padding] * more]
        # The word <unk> itself is one that is known.
        unknown = None if any(one.group() == UNKNOWN for one in found) else self.unknown
        return Reading(
            text,
            tuple(ids),
            tuple(map(self.word, ids)),
            (*(one.span() for one in found), *[(0, 0)] * more),
            (None,) * length,
            (*[False] * len(found), *[True] * more),
            self.padding,
            unknown,
        )

    def ids(self, text: str, length: int) -> Array:
        """Return the ids of a text, filled up to `length`; warns of what there is no room for."""
        found = self.read(text, length)
        if found.left_out:
            rest = shown(text[found.end :] if found.end is not None else text)
            warn(
                f"The text has {found.left_out} tokens more than the {length} that the model reads; what is left out: "
                f"{rest}. Wrap the network with a longer input_shape, if it takes one, or give shorter texts."
            )
        return np.array(found.ids, np.int64)

    def _id(self, word: str) -> int:
        for form in (word, word.lower(), UNKNOWN):
            if form in self._places:
                return self._places[form]
        raise unknown_name("word", word, self.vocabulary or ())

    @cached_property
    def _readings(self) -> dict[bytes, Reading]:
        """The last texts that were read, by their ids."""
        return {}

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
    tokenizer : Tokenizer, optional
    """

    tokens: bool | None
    vocabulary: tuple[str, ...] | None
    padding: int | None
    tokenizer: Tokenizer | None = None

    def __post_init__(self) -> None:
        if self.tokens is not None and not isinstance(self.tokens, bool):
            raise InputTypeError(f"tokens is {self.tokens!r}; expected True, False, or None to find it out.")
        if self.vocabulary is not None and self.tokens is False:
            raise InputError("A vocabulary was given with tokens=False; expected one of the two.")
        if self.tokenizer is not None:
            if self.tokens is False or self.vocabulary is not None:
                raise InputError("A tokenizer was given with a vocabulary, or tokens=False; expected it alone.")
            object.__setattr__(self, "vocabulary", self.tokenizer.vocabulary)
            object.__setattr__(self, "tokens", True)
        if self.vocabulary is not None:
            object.__setattr__(self, "tokens", True)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape of one input, where the tokenizer cuts texts off or fills them up."""
        return (self.tokenizer.length,) if self.tokenizer is not None and self.tokenizer.length else None

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
        own = None if self.tokenizer is None else self.tokenizer.padding
        given = next((one for one in (self.padding, own, chosen.padding) if one is not None), None)
        if given is None and self.tokenizer is not None:
            raise InputError(
                "Neither the tokenizer nor the network's embedding has a token that fills texts up; expected "
                "wrap(..., padding=...) with the id of one, for instance the one that ends texts."
            )
        return Tokens(chosen.size, 0 if given is None else given, self.vocabulary, self.tokenizer)


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
