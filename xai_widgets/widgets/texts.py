"""Texts as the models of a widget read them, given or typed, and the Python that gives the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, cast

import numpy as np

from xai_widgets.attribution.method import Method
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.inputs.reading import Reading
from xai_widgets.models.inputs.tokens import Tokens
from xai_widgets.option import Option
from xai_widgets.render.overlay import Array
from xai_widgets.widgets import protocol
from xai_widgets.widgets.given import MOST_INPUTS
from xai_widgets.widgets.pictures import OF_PICTURES, Input, Pictures
from xai_widgets.widgets.protocol import Ends, PictureEntry

SETTLED = {"baseline": "padding"}
"""Options that have one meaning for token ids."""


class Texts(Pictures):
    """The texts of a widget, as they were given or with something typed in their place.

    Parameters
    ----------
    texts : str, list of str, or array of int
        Texts, or token ids (n,) or (batch, n).
    models : dict of str to Model
        All of them read token ids.

    Raises
    ------
    ValueError, TypeError
        If a text does not fit a model.
    """

    origin = "what tokens() was given"
    changeable = ("text",)
    explains_layers = False
    has_start = True
    columns = None
    has_pixels = False

    def __init__(self, texts: Any, models: Mapping[str, Model]) -> None:
        self._models = dict(models)
        self._tokens: dict[str, Tokens] = {}
        for name, model in self._models.items():
            if model.tokens is None or model.input_shape is None:
                raise InputError(
                    f"{name!r} reads no token ids. "
                    * bool(name)
                    + "Expected a network that begins with an embedding: wrap(network, tokenizer=..., "
                    "input_shape=(n,)), or with vocabulary=[...]. For pictures and tables use explore()."
                )
            self._tokens[name] = model.tokens
        self._first = next(iter(self._tokens))
        self._given = _one_by_one(texts)
        self._typed: Mapping[int, str] = {}
        for index in range(len(self._given)):
            self._check(index)

    def __len__(self) -> int:
        return len(self._given)

    @property
    def side(self) -> int:
        """How many tokens the models read."""
        return min((model.input_shape or (1,))[0] for model in self._models.values())

    @property
    def can_type(self) -> bool:
        """Whether all models know their words."""
        return all(tokens.can_read for tokens in self._tokens.values())

    def seen(self, index: int) -> None:
        """Return None: a text is no picture."""
        return

    def text(self, index: int) -> str:
        """Return a text as it is in view."""
        return self._typed[index] if index in self._typed else self.given(index)

    def given(self, index: int) -> str:
        """Return a text as it was given; the words of token ids."""
        given = self._given[index]
        return given if isinstance(given, str) else self._tokens[self._first].reading(given).text.rstrip()

    def changed(self, index: int, changes: Mapping[str, Any]) -> Texts:
        """Return the texts with ``changes["text"]`` typed in place of one of them.

        Raises
        ------
        ValueError, TypeError
            If a model cannot read it.
        """
        text = changes["text"]
        if not isinstance(text, str):
            raise InputTypeError(f"text is {shown(text)}; expected a str.")
        if text == self.text(index):
            return self
        others = {number: one for number, one in self._typed.items() if number != index}
        if text != self.given(index):
            for name in self._models:
                self._read(name, text)
            others[index] = text
        changed = copy(self)
        changed._typed = others
        return changed

    def traits(self, index: int) -> dict[str, Any]:
        """Return the text in view."""
        return {"text": self.text(index)}

    def told(self) -> dict[str, Any]:
        """Return whether one can type."""
        return {"can_type": self.can_type}

    def said(self, name: str, index: int) -> dict[str, Any]:
        """Return the words of a text as they are written, which of them the model knows, and what lies between."""
        reading = self.reading(name, index)
        passage = reading.passage
        words: list[protocol.Word] = []
        for text, before, tokens, known in passage.units:
            pieces = [reading.names[place] for place in tokens] if len(tokens) > 1 else []
            words.append({"text": text, "before": before, "tokens": tokens, "pieces": pieces, "known": known})
        return {
            "words": words,
            "after": passage.after,
            "unread": passage.unread,
            "beside": passage.beside,
            "beside_label": passage.label,
        }

    def described(self, option: Option) -> protocol.OptionEntry:
        """Return an option of a method as it is offered for texts."""
        known = cast(protocol.OptionEntry, option.as_dict(self.side))
        if option.name in SETTLED:
            return {**known, "default": SETTLED[option.name], "shown": False}
        if option.name in OF_PICTURES:
            return {**known, "shown": False}
        return {**known, "unit": "words"} if option.unit == "pixels" else known

    def ends(self, method: Method, layer: str | None, name: str) -> Ends:
        """Return what the ends of the colour scale mean: values of a word are those of the embedding's units."""
        return method.ends_at(self._models[name].embedding if method.takes_layer else layer)

    def input(self, name: str, index: int) -> Input:
        """Return a text as the model called `name` reads it."""
        given = self._given[index]
        if index not in self._typed and not isinstance(given, str):
            return Input(given, f"np.array({given.tolist()})", (index, given.tobytes()))
        text = self.text(index)
        called = "model" if not name else f"models[{name!r}]"
        return Input(np.array(self._read(name, text).ids), f"{called}.ids({text!r})", (index, text))

    def reading(self, name: str, index: int) -> Reading:
        """Return how the model called `name` reads a text."""
        given = self._given[index]
        if index not in self._typed and not isinstance(given, str):
            return self._tokens[name].reading(given)
        return self._read(name, self.text(index))

    def _read(self, name: str, text: str) -> Reading:
        return self._tokens[name].read(text, (self._models[name].input_shape or (1,))[0])

    def catalogue(self) -> list[PictureEntry]:
        """Return the texts as the front end takes them."""
        return [{"label": self.given(index), "width": 1, "height": 1, "src": ""} for index in range(len(self))]

    def _check(self, index: int) -> Array | None:
        given = self._given[index]
        for name, model in self._models.items():
            try:
                model.prepare(given)
            except (InputError, InputTypeError) as error:
                where = f"Text {index}" + (f", for {name}" if name else "")
                raise type(error)(f"{where}: {error}") from error
        return None


def _one_by_one(texts: Any) -> list[str | Array]:
    if isinstance(texts, str):
        return [texts]
    if isinstance(texts, Sequence) and texts and all(isinstance(one, str) for one in texts):
        found: list[str | Array] = list(texts)
    else:
        array = as_array(texts)
        if array.dtype.kind not in "iu" or array.ndim not in (1, 2):
            raise InputTypeError(
                f"Found a {type(texts).__name__} ({array.dtype}, shape {array.shape}); expected texts, or token "
                "ids (n,) or (batch, n)."
            )
        found = list(array[None] if array.ndim == 1 else array)
    if not found:
        raise InputError("There are no texts; expected at least one.")
    if len(found) > MOST_INPUTS:
        raise InputError(f"There are {len(found)} texts; expected at most {MOST_INPUTS}. Choose some: texts[:20].")
    return found
