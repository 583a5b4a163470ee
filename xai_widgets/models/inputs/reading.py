"""A text as a network reads it: its tokens, and where in the text as it was written each of them stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xai_widgets.models.objective import Array

Span = tuple[int, int]
"""Where something begins in a text and where it ends, in characters as Python counts them."""


NEW_LINE = "↵"
"""What stands for the end of a line that is a token of its own."""


class Unit(NamedTuple):
    """A piece of a text that is coloured as one: a word with all of its tokens."""

    text: str
    before: str
    """What stands between the unit before it and this one: spaces, as they were written."""
    tokens: tuple[int, ...]
    """The places of its tokens, whose values sum to its own."""
    known: bool
    """Whether the network knows it."""


class Passage(NamedTuple):
    """A text cut into what is coloured, and what lies between."""

    units: tuple[Unit, ...]
    after: str
    """What stands behind the last unit and is read."""
    unread: str
    """What stands behind that and is not, because there is no room for it."""
    beside: tuple[int, ...]
    """The places of the tokens that stand nowhere in the text: what is put around it, and the padding."""
    label: str
    """What these are called; empty where there are none but padding."""

    def values(self, plane: Array) -> Array:
        """Return the value of each unit: the sum over its tokens of the values (tokens,)."""
        return np.array([plane[list(unit.tokens)].sum() for unit in self.units], float)

    def value_beside(self, plane: Array) -> float:
        """Return the sum over the tokens that stand nowhere."""
        return float(plane[list(self.beside)].sum())


@dataclass(frozen=True)
class Reading:
    """A text as a network reads it.

    Attributes
    ----------
    text : str
        As it was written.
    ids : tuple of int
    names : tuple of str
        What the tokens are called.
    spans : tuple of (int, int)
        Where each stands in the text; empty spans of what stands nowhere.
    words : tuple of int or None
        The number of the word that each is part of.
    added : tuple of bool
        Which were put around the text, and which fill it up.
    padding : int
    unknown : int or None
        The id that stands for what is not known.
    end : int or None
        Where the network stops reading, if there is no room for the rest; None where it reads all of it.
    left_out : int
        How many tokens there is no room for.
    """

    text: str
    ids: tuple[int, ...]
    names: tuple[str, ...]
    spans: tuple[Span, ...]
    words: tuple[int | None, ...]
    added: tuple[bool, ...]
    padding: int
    unknown: int | None = None
    end: int | None = None
    left_out: int = 0

    @property
    def passage(self) -> Passage:
        """The text cut into words: tokens with one number, or whose spans overlap, are one; what is written between."""
        groups = self._groups()
        units, last, lines = [], 0, ""
        for (start, end), tokens in groups:
            known = self.unknown is None or all(self.ids[place] != self.unknown for place in tokens)
            written = self.text[start:end]
            before, lines = lines + self.text[last:start], ""
            if "\n" in written and not written.strip():  # It is seen by a sign, and the line ends behind it.
                written, lines = written.replace("\n", NEW_LINE), "\n" * written.count("\n")
            units.append(Unit(written, before, tokens, known))
            last = end
        stop = len(self.text) if self.end is None else max(self.end, last)
        placed = {place for _, tokens in groups for place in tokens}
        beside = tuple(place for place in range(len(self.ids)) if place not in placed)
        names = [self.names[place] for place in beside if self.ids[place] != self.padding]
        return Passage(tuple(units), lines + self.text[last:stop], self.text[stop:], beside, " ".join(names[:4]))

    def _groups(self) -> list[tuple[Span, tuple[int, ...]]]:
        """Return the span of each word and the places of its tokens, in the order of the text."""
        groups: dict[tuple[str, int], list[int]] = {}
        for place, (word, added) in enumerate(zip(self.words, self.added, strict=True)):
            if not added:
                groups.setdefault(("token", place) if word is None else ("word", word), []).append(place)
        spans = [(self._span(tokens), tuple(tokens)) for tokens in groups.values()]
        merged: list[tuple[Span, tuple[int, ...]]] = []
        for (start, end), tokens in sorted(item for item in spans if item[0][0] < item[0][1]):
            if merged and start < merged[-1][0][1]:
                (first, last), before = merged[-1]
                merged[-1] = (first, max(last, end)), tuple(sorted((*before, *tokens)))
            else:
                merged.append(((start, end), tokens))
        return merged

    def _span(self, tokens: Sequence[int]) -> Span:
        """Return where tokens stand, without the spaces at both ends of what is more than spaces."""
        placed = [self.spans[place] for place in tokens if self.spans[place][0] < self.spans[place][1]]
        if not placed:
            return 0, 0
        start, end = min(start for start, _ in placed), max(end for _, end in placed)
        written = self.text[start:end]
        if written.strip():
            start, end = start + len(written) - len(written.lstrip()), end - len(written) + len(written.rstrip())
        return start, end


def of_words(names: Sequence[str], ids: Sequence[int], padding: int, unknown: int | None, added: Array) -> Reading:
    """Return the reading of tokens of which no text is known: their names with a space between each two."""
    text, spans = "", []
    for name, apart in zip(names, added, strict=True):
        if apart:
            spans.append((0, 0))
            continue
        text += f"{' ' * bool(text)}{name}"
        spans.append((len(text) - len(name), len(text)))
    apart = tuple(map(bool, added))
    return Reading(text, tuple(ids), tuple(names), tuple(spans), (None,) * len(ids), apart, padding, unknown)
