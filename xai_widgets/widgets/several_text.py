"""A text among several inputs as a widget shows it: typed, and with words that are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.inputs.input import Input
from xai_widgets.models.inputs.reading import Reading
from xai_widgets.models.inputs.tokens import Tokens
from xai_widgets.models.objective import Array
from xai_widgets.widgets.given import Written, plain
from xai_widgets.widgets.protocol import GivenPart, PartEntry, PartSaid, PartText, PartWord
from xai_widgets.widgets.several_parts import Edit, Part


class TextPart(Part):
    """A text, or the token ids that stand for one."""

    kind = "text"

    @property
    def divisions(self) -> Mapping[str, str]:
        # Of what a tokenizer cuts into pieces, all but the finest division means words.
        cut = any(_tokens(piece).tokenizer is not None for piece in self.pieces.values())
        return {"windows" if cut else "pixels": "words"}

    def count(self, given: Any) -> int | None:
        if isinstance(given, str):
            return None
        if isinstance(given, list | tuple) and given and all(isinstance(one, str) for one in given):
            return len(given)
        array = plain(given)
        return len(array) if array.ndim > 1 else None

    def taken(self, model: str, given: Written, edit: Edit, struck: Sequence[int]) -> Written:
        if edit is None and not struck:
            if isinstance(given.value, str):
                return Written(given.value, given.expression)
            return Written(plain(given.value), given.expression)
        text = self._without(self._text(given, edit), struck)
        self._read(self.pieces[model], text)  # What cannot be read is refused, and nothing has changed then.
        return Written(text, repr(text))

    def checked(self, edit: Any, given: Written) -> Edit:
        if not isinstance(edit, str):
            raise InputTypeError(f"{self.name!r} is {shown(edit)}; expected a str.")
        if edit == self._text(given, None):
            return None
        if not self._can_type:
            raise InputError(f"No text can be typed for {self.name!r}: wrap the network with vocabulary=[...].")
        return edit

    def checked_struck(self, struck: Any, given: Written, edit: Edit) -> list[int]:
        if not isinstance(struck, list | tuple) or any(
            isinstance(one, bool) or not isinstance(one, int | np.integer) for one in struck
        ):
            raise InputTypeError(f"What is struck out of {self.name!r} is {shown(struck)}; expected numbers of words.")
        text = self._text(given, edit)
        count = len(self._units(text))
        if struck and not self._can_type:
            raise InputError(f"No word of {self.name!r} can be left out: wrap the network with vocabulary=[...].")
        wrong = [one for one in struck if not 0 <= one < count]
        if wrong:
            raise InputError(f"{self.name!r} has no word {wrong[0]}; expected 0 to {count - 1}, the words of {text!r}.")
        return sorted({int(one) for one in struck})

    def entry(self, given: Sequence[Written]) -> PartEntry:
        return {**super().entry(given), "can_type": self._can_type}

    def given(self, given: Written) -> GivenPart:
        return {"src": "", "width": 1, "height": 1, "values": None, "text": self._text(given, None)}

    def said(self, model: str, given: Written, edit: Edit, struck: Sequence[int]) -> PartSaid:
        said = super().said(model, given, edit, struck)
        return {**said, "text": self._words(self.pieces[model], given, edit, struck)}

    def baseline(self, name: str) -> str:
        return "padding"

    def numbers(self, given: Written) -> Array:
        if isinstance(given.value, str):
            return np.frombuffer(given.value.encode(), np.uint8).astype(float)
        return np.ravel(plain(given.value)).astype(float)

    def listed(self, plane: Array, said: PartSaid) -> tuple[Array, list[tuple[str, float]]]:
        words = [word for word in (said["text"] or {"words": []})["words"] if not word["struck"]]
        values = np.array([plane[list(word["tokens"])].sum() for word in words], np.float32)
        return values, [(word["text"], float(value)) for word, value in zip(words, values, strict=True)]

    @property
    def _can_type(self) -> bool:
        return all(_tokens(piece).can_read for piece in self.pieces.values())

    def _text(self, given: Written, edit: Edit) -> str:
        if edit is not None:
            return str(edit)
        if isinstance(given.value, str):
            return given.value
        return _tokens(self.piece).reading(plain(given.value)).text.rstrip()

    def _read(self, piece: Input, text: str) -> Reading:
        return _tokens(piece).read(text, piece.shape[0])

    def _units(self, text: str) -> Sequence[Any]:
        return self._read(self.piece, text).passage.units if self._can_type else ()

    def _without(self, text: str, struck: Sequence[int]) -> str:
        """Return a text without some of its words, as one writes it."""
        if not struck:
            return text
        passage = self._read(self.piece, text).passage
        kept = [f"{unit.before}{unit.text}" for place, unit in enumerate(passage.units) if place not in struck]
        return "".join([*kept, passage.after, passage.unread]).strip()

    def _words(self, piece: Input, given: Written, edit: Edit, struck: Sequence[int]) -> PartText:
        """Return the words of a text as it was written, with the places of the tokens that are left of it."""
        text = self._text(given, edit)
        whole = self._read(piece, text) if self._can_type else _tokens(piece).reading(plain(given.value))
        read = self._read(piece, self._without(text, struck)) if struck else whole
        left = iter(read.passage.units)
        words: list[PartWord] = []
        for place, unit in enumerate(whole.passage.units):
            now = None if place in struck else next(left, None)
            tokens = () if now is None else now.tokens
            words.append(
                {
                    "text": unit.text,
                    "before": unit.before,
                    "tokens": tokens,
                    "pieces": [read.names[one] for one in tokens] if len(tokens) > 1 else [],
                    "known": unit.known,
                    "struck": place in struck,
                }
            )
        passage = read.passage
        return {
            "words": words,
            "after": whole.passage.after,
            "unread": passage.unread,
            "beside": passage.beside,
            "beside_label": passage.label,
        }


def _tokens(piece: Input) -> Tokens:
    return cast(Tokens, piece.tokens)
