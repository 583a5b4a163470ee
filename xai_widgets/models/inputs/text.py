"""Texts: token ids, whole numbers that stand for words and have neither a range nor a slope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.arrays import as_array
from xai_widgets.models.inputs.beside import IDS
from xai_widgets.models.inputs.input import FIXED, Input, Terms
from xai_widgets.models.inputs.tokens import Tokens, is_text
from xai_widgets.models.inputs.view import View
from xai_widgets.models.layout import plain, regular
from xai_widgets.models.objective import Array

EACH_TOKEN = ("pixels", "places")
"""Divisions in which each token of a word is a feature of its own."""

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
    shared = True

    @classmethod
    def of(cls, shape: tuple[int, ...], lexicon: Tokens, evidence: str) -> Text:
        """Return texts of so many ids."""
        layout = regular(shape, ("token",)) if len(shape) == 1 else plain(shape)
        return cls(shape, None, layout, evidence, lexicon=lexicon)

    @property
    def tokens(self) -> Tokens:
        return self.lexicon

    @property
    def filler(self) -> int:
        """What stands for padding in the place of a token: an id of its own where a mask tells it from padding."""
        return self.lexicon.size if self.held else self.lexicon.padding

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
        if self.lexicon.tokenizer is not None:
            ids += f" ({self.lexicon.word(self.lexicon.padding)!r}) of a {type(self.lexicon.tokenizer.given).__name__}"
        return f"{self.terms.one} {self.shape}, {self.evidence}: {ids}{''.join(f', {one.words}' for one in self.held)}"

    @property
    def why_nan(self) -> str:
        return (
            " A text of padding alone, which methods that take tokens away look at, does this where a mean over the "
            "words that are there divides by their number; expected to divide by one at least, or another padding."
        )

    def read(self, x: Any) -> Array:
        return self.ids(x) if is_text(x) else super().read(self._checked_beside(x))

    def _checked_beside(self, x: Any) -> Any:
        """Return the ids of what was given with what stands beside them, which has to be what follows from the ids."""
        if isinstance(x, Mapping):
            name = next((name for name in IDS if name in x), None)
            if name is None:
                raise InputError(f"The input has the names {sorted(map(str, x))}; expected the ids as {IDS[0]!r}.")
            ids, others = x[name], {one: x[one] for one in x if one != name}
        elif isinstance(x, tuple) and len(x) == 1 + len(self.held) > 1 and self._is_beside(x[1:]):
            ids, others = x[0], dict(zip((one.name for one in self.held), x[1:], strict=True))
        else:
            return x
        ids = as_array(ids)
        for one in self.held:
            expected = one.of(ids, self.lexicon.padding)
            if one.name in others and expected is not None and not np.array_equal(as_array(others[one.name]), expected):
                raise InputError(
                    f"The {one.name} that was given is not that of the ids: {one.words}. Expected what follows from "
                    "the ids, or wrap(..., padding=...) with the id of the padding, or wrap(..., beside={...}) with "
                    "what is given beside them."
                )
        return ids

    def _is_beside(self, others: Sequence[Any]) -> bool:
        """Whether what was given behind ids are no other ids, but arrays of 0 and 1."""
        arrays = [as_array(one) for one in others if not isinstance(one, list | tuple)]
        return len(arrays) == len(others) and all(
            one.dtype.kind in "biuf" and np.isin(one, (0, 1)).all() for one in arrays
        )

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
        self.lexicon.check(np.where(rows == self.filler, self.lexicon.padding, rows))

    def probe(self, random: np.random.Generator, count: int) -> Array:
        rows = random.integers(0, self.lexicon.size, (count, *self.shape))
        if self.lexicon.tokenizer is None or len(self.shape) != 1:
            return rows
        # As texts are: what stands around them once, where it belongs, and other tokens in between.
        frame = self.lexicon.read("", self.shape[0]).ids
        others = np.setdiff1d(np.arange(self.lexicon.size), [*self.lexicon.tokenizer.around, self.lexicon.padding])
        around = [place for place, one in enumerate(frame) if one != self.lexicon.padding]
        rows = others[rows % len(others)] if len(others) else rows
        before = len(around) // 2 + len(around) % 2
        rows[:, :before] = np.array(frame)[around[:before]]
        if len(around) > before:
            rows[:, -(len(around) - before) :] = np.array(frame)[around[before:]]
        return rows

    def far_probe(self) -> Array:
        return np.rint(super().far_probe())

    @property
    def extremes(self) -> tuple[Any, Any]:
        return 0, self.lexicon.size - 1

    def padded(self, rows: Array) -> Array:
        padding = self.lexicon.padding
        words = np.where(rows == padding, (padding + 1) % self.lexicon.size, rows)
        return self._cut_off(words.astype(rows.dtype), padding)

    def baseline(self, batch: Array, given: Any) -> Array:
        found = super().baseline(batch, given)
        self.check_rows(found)
        return found

    def named_baseline(self, batch: Array, name: str) -> Array:
        mask = None if self.lexicon.tokenizer is None else self.lexicon.tokenizer.mask
        if name not in ("black", "padding", "mask") or (name == "mask" and mask is None):
            others = "'padding'" if mask is None else "'padding', 'mask'"
            raise InputError(f"baseline is {name!r}, but inputs are token ids; expected {others}, or an array of ids.")
        filler = mask if name == "mask" else self.filler
        return np.where(self.lexicon.kept(batch), batch, np.array(filler, batch.dtype))

    def any_input(self, name: str, generator: np.random.Generator) -> Array:
        raise InputError(
            f"baselines is {name!r}, but inputs are token ids, which have no range to draw from; expected other "
            f"texts, an array of ids (k, {self.shape[0]})."
        )

    def divided(self, batch: Array, name: str, size: int) -> Array:
        kept = self.lexicon.kept(batch)
        if self.lexicon.tokenizer is None or name in EACH_TOKEN:
            return np.where(kept, FIXED, np.cumsum(~kept, axis=1) - 1)
        rows = np.full(batch.shape, FIXED)
        for row, ids in zip(rows, batch, strict=True):
            for number, unit in enumerate(self.lexicon.reading(ids).passage.units):
                row[list(unit.tokens)] = number
        return np.where(kept, FIXED, rows)

    def replaceable(self, batch: Array) -> Array | None:
        return ~self.lexicon.kept(batch)

    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        if plane.shape != x.shape:
            return [View(plane)]
        return [View(plane, text=self.lexicon.reading(x).passage)]
