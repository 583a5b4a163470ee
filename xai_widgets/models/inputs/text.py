"""Texts: token ids, whole numbers that stand for words and have neither a range nor a slope."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.head import far_inputs
from xai_widgets.models.inputs.input import Input, Terms
from xai_widgets.models.inputs.tokens import Tokens, is_text
from xai_widgets.models.inputs.view import View
from xai_widgets.models.layout import plain, regular
from xai_widgets.models.objective import Array

INSTEAD = (
    "choose Saliency or IntegratedGradients, which follow the gradient at the embedding, or a method that takes tokens "
    "away, such as Occlusion"
)
"""What takes token ids."""


@dataclass(frozen=True, eq=False, repr=False)
class Text(Input):
    """A text, as the ids of its words.

    Attributes
    ----------
    lexicon : Tokens
        How many ids there are, which one fills up, and their words.
    """

    lexicon: Tokens = field(kw_only=True)

    terms = Terms("text", "word", "more", ("below", "above"))
    integral = True

    @classmethod
    def of(cls, shape: tuple[int, ...], lexicon: Tokens, evidence: str) -> Text:
        """Return texts of so many ids."""
        layout = regular(shape, ("token",)) if len(shape) == 1 else plain(shape)
        return cls(shape, None, layout, evidence, lexicon=lexicon)

    @property
    def tokens(self) -> Tokens:
        return self.lexicon

    @property
    def nothing_between(self) -> str:
        return f"there is nothing between two token ids; {INSTEAD}"

    @property
    def no_range(self) -> str:
        return f"and token ids have no range; {INSTEAD}"

    @property
    def not_on_screen(self) -> str:
        return (
            "The model reads token ids, and this widget shows pictures and rows of tables. Use tokens(model, texts), "
            "which colours the words of a text."
        )

    @property
    def words(self) -> str:
        ids = f"{self.lexicon.size} token ids, padding {self.lexicon.padding}"
        return f"{self.terms.one} {self.shape}, {self.evidence}: {ids}"

    @property
    def why_nan(self) -> str:
        return (
            " A text of padding alone, which methods that take tokens away look at, does this where a mean over the "
            "words that are there divides by their number; expected to divide by one at least, or another padding."
        )

    def read(self, x: Any) -> Array:
        return self.ids(x) if is_text(x) else super().read(x)

    def ids(self, text: Any) -> Array:
        """Return the ids of the words of a text, (n,), or of several, (batch, n), filled up with the padding."""
        if not is_text(text):
            raise InputTypeError(f"Found a {type(text).__name__}; expected a text, or a list of texts.")
        if not self.shape:
            raise InputError("How many words the network reads is not known yet; give wrap(..., input_shape=(n,)).")
        if isinstance(text, str):
            return self.lexicon.ids(text, self.shape[0])
        return np.stack([self.lexicon.ids(one, self.shape[0]) for one in text])

    def words_of(self, ids: Array) -> list[str] | list[list[str]]:
        self.check_type(ids)
        if ids.ndim not in (1, 2):
            raise InputError(f"ids has shape {ids.shape}; expected (n,) for one text, or (batch, n).")
        self.lexicon.check(ids)
        return self.lexicon.words(ids) if ids.ndim == 1 else [self.lexicon.words(row) for row in ids]

    def check_type(self, array: Array) -> None:
        if array.dtype.kind not in "fiu":
            raise InputTypeError(f"The input has dtype {array.dtype}; expected token ids, whole numbers.")

    def check(self, batch: Array) -> None:
        super().check(batch)
        self.check_rows(batch)

    def check_rows(self, rows: Array) -> None:
        self.lexicon.check(rows)

    def probe(self, random: np.random.Generator, count: int) -> Array:
        return random.integers(0, self.lexicon.size, (count, *self.shape))

    def far_probe(self) -> Array:
        return np.rint(far_inputs(0, self.lexicon.size - 1, self.shape))

    def padded(self, rows: Array) -> Array:
        padding = self.lexicon.padding
        words = np.where(rows == padding, (padding + 1) % self.lexicon.size, rows)
        return self._cut_off(words.astype(rows.dtype), padding)

    def baseline(self, batch: Array, given: Any) -> Array:
        found = super().baseline(batch, given)
        self.lexicon.check(found)
        return found

    def named_baseline(self, batch: Array, name: str) -> Array:
        if name not in ("black", "padding"):
            raise InputError(f"baseline is {name!r}, but inputs are token ids; expected 'padding', or an array of ids.")
        return np.full_like(batch, self.lexicon.padding)

    def any_input(self, name: str, generator: np.random.Generator) -> Array:
        raise InputError(
            f"baselines is {name!r}, but inputs are token ids, which have no range to draw from; expected other "
            f"texts, an array of ids (k, {self.shape[0]})."
        )

    def divided(self, batch: Array, name: str, size: int) -> Array:
        return np.arange(int(np.prod(self.shape))).reshape(1, *self.shape)

    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        if plane.shape != x.shape:
            return [View(plane)]
        read = self.lexicon.words(x)
        return [View(plane[: len(read)], words=read)]
