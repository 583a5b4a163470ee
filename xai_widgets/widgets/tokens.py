"""The explorer of texts: each word in the colour of what it contributes, while one types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from xai_widgets.attribution.method import METHODS, Method
from xai_widgets.errors import InputError, InputTypeError, message_of
from xai_widgets.models.base import Model
from xai_widgets.render import Display
from xai_widgets.render.text import Passage, text_png
from xai_widgets.widgets import quantities
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.choices import OF_PICTURES, Choices, mapping, with_options
from xai_widgets.widgets.explorer import QUESTION, Explorer
from xai_widgets.widgets.live import front_end
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.pictures import Input
from xai_widgets.widgets.portrait import SHOWN_BARS
from xai_widgets.widgets.predictions import Predictions
from xai_widgets.widgets.refusals import Refusals
from xai_widgets.widgets.state import State
from xai_widgets.widgets.texts import Texts
from xai_widgets.widgets.words import sentence

SETTLED = {"baseline": "padding"}
"""Options that have one meaning for token ids."""


class WordRefusals(Refusals):
    """Why methods give no number for each word."""

    def _ask(self, method: type[Method]) -> str | None:
        if method.needs_layer or method.needs_batch or method.family == "activation_map":
            return "It explains the units of a layer, or a batch as a whole, and not the words of a text."
        if any(option.name == "baselines" for option in method.controls()):
            return f"It compares with other texts, which are given in Python: {method.__name__}(baselines=ids)."
        return super()._ask(method)


class WordChoices(Choices):
    """What there is to choose from for texts: no layer, because only the embedding has a place for each word."""

    def __init__(self, models: Mapping[str, Model], texts: Texts) -> None:
        super().__init__(models, texts)
        self.layers = []
        self.quantities = quantities.kinds_for(list(models.values()), [])
        self.refusals = WordRefusals(self.models)

    def first(self, options: Mapping[str, Any] | None = None) -> State:
        """Return the state to start from: integrated gradients, or the first method that can explain the models."""
        names = sorted(METHODS, key=lambda name: name != "integrated_gradients")
        method = next((name for name in names if self.refusals.of(METHODS[name]) is None), names[0])
        return State(method, None, None, None, 0, self.options_of(method))

    def options_of(self, method: str) -> dict[str, Any]:
        """Return the options that a method had when it was last in view, or its defaults for these texts."""
        found = super().options_of(method)
        return {**found, **{name: value for name, value in SETTLED.items() if name in found}}


class TokenExplorer(Explorer):
    """Which words made the model say so? A text one types, its words in colours; made by `tokens`.

    It has all that an `Explorer` has: method, class and sliders, and the same attributes.

    Attributes
    ----------
    text : str
        The text in view; set it, or type.
    """

    _esm, _css = front_end("tokens")
    _made_by = "tokens"

    text: Any = traitlets.TraitType("").tag(sync=True)

    _texts: Texts

    def __init__(
        self,
        models: Model | Mapping[str, Model],
        texts: Any,
        *,
        method: Any = None,
        display: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        **choices: Any,
    ) -> None:
        named = checked_models(models)
        self._texts = Texts(texts, named)
        check_alike(named)
        offered = WordChoices(named, self._texts)
        state = offered.changed(offered.first(options), {**choices, **with_options(method, options or {})})
        offered.remember(state)
        self._predictions = Predictions(offered, self._forget)
        # The explorer's own beginning makes pictures of what it is given.
        super(Explorer, self).__init__(offered, state, Display().changed(display or {}), self._catalogue(offered))

    @property
    def predictions(self) -> dict[str, float] | dict[str, dict[str, float]]:
        """What the model says of the text in view: the probability of each class by its name.

        For a dict of models a dict of these; for a model whose outputs are values, these.
        """
        self._check_open()
        named, found = self._choices.named, {}
        for name, model in self._choices.models.items():
            values = model.shares(self._texts.input(name, self._set.index).value)[0]
            found[name] = {named.class_name(index): float(value) for index, value in enumerate(values)}
        return found.get("", found)

    def __repr__(self) -> str:
        return super().__repr__().replace("picture ", "text ", 1)

    @traitlets.validate("text")
    def _validate_text(self, proposal: Any) -> Any:
        return self._check_trait(proposal)

    @traitlets.observe("text")
    def _observe_text(self, change: Any) -> None:
        self._trait_changed(change)

    def _setting(self, state: State, display: Display) -> Any:
        if state.grid:
            raise InputError("A text is shown with one method; found a grid. Make several widgets instead.")
        return state, display, self._texts.typed

    def _checked(self, changes: dict[str, Any]) -> Any:
        state, display, typed = super()._checked(changes)
        if "text" in changes:
            typed = self._texts.changed(state.index, changes["text"])
        return state, display, typed

    def _traits_of(self, setting: Any) -> dict[str, Any]:
        state, display, typed = setting
        return {**super()._traits_of((state, display)), "text": self._texts.text(state.index, typed)}

    def _take(self, setting: Any) -> None:
        state, display, typed = setting
        before, texts = self._asked, self._texts
        rewritten = texts.text(state.index) != texts.text(state.index, typed)
        texts.typed = typed
        super()._take((state, display))
        if rewritten and self._asked is before:
            self._ask(state)

    def _request(self, state: dict[str, Any], buffers: Sequence[Any], request: int) -> None:
        """Take the text that comes with a request, and ask; while one types the traits stay as they are."""
        asked = dict(state)
        text = asked.pop("text", None)
        if text is not None:
            index = self._choices.changed(self._set, {"index": asked.get("index", self._set.index)}).index
            self._texts.typed = self._texts.changed(index, text)
        super()._request(asked, buffers, request)

    def _catalogue(self, choices: Choices) -> dict[str, Any]:
        found = catalogue(choices)
        for method in found["methods"]:
            method["options"] = [_for_words(option) for option in method["options"]]
        return {**found, "can_type": self._texts.can_type}

    def _header(self, name: str, state: State, picture: Input) -> dict[str, Any]:
        words = self._texts.words(name, state.index)
        return {
            **super()._header(name, state, picture),
            "words": [word for word, _ in words],
            "known": [known for _, known in words],
        }

    def _said(self, name: str, state: State, picture: Input, top: int) -> dict[str, Any]:
        """Return what is to be said of a text beside its predictions: values are those of the embedding's units."""
        method, model = state.make_method(), self._choices.models[name]
        said = super()._said(name, state, picture, top)
        return {**said, "ends": list(method.ends_at(model.embedding if method.takes_layer else None))}

    def _portrait(self) -> bytes:
        state, words_above = self._asked, ""
        passages = []
        for name, job in zip(self._choices.models, self._session.jobs, strict=False):
            known = self._predictions.known(name, state)
            words_above = words_above or sentence(self._choices, state, known[0]["index"] if known else None)
            explained = {known[0]["index"] if known and state.target is None else state.target, state.contrast}
            classes = [
                (one["name"], one.get("probability", one.get("value", 0.0)), one["index"] in explained)
                for place, one in enumerate(known)
                if place < SHOWN_BARS or one["index"] in explained
            ]
            words = [word for word, _ in self._texts.words(name, state.index)]
            estimate, ends = job.answer, ("against", "for")
            if estimate is not None:
                ends = estimate.method.ends_at(estimate.question.cut.layer)
            values = None if estimate is None else np.asarray(estimate.map)[: len(words)]
            message = "" if job.error is None else message_of(job.error)
            passages.append(Passage(name, words, values, classes, message, ends))
        present = [job.answer for job in self._session.jobs if job.answer is not None]
        cost = f"{present[0].evaluations} of {present[0].planned} passes" if present else ""
        return text_png(words_above or self._title(state), passages, self._display, cost)


def _for_words(option: dict[str, Any]) -> dict[str, Any]:
    """Return an option as it is offered for texts."""
    name = option["name"]
    if name in SETTLED:
        return {**option, "default": SETTLED[name], "shown": False}
    if name in OF_PICTURES:
        return {**option, "shown": False}
    return {**option, "unit": "words"} if option["unit"] == "pixels" else option


def tokens(
    model: Model | Mapping[str, Model],
    texts: Any,
    *,
    method: Any = None,
    target: int | str | None = None,
    contrast: int | str | None = None,
    index: int = 0,
    quantity: Any = "score",
    display: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    **more: Any,
) -> TokenExplorer:
    """Return a widget that colours the words of a text by what they contribute, and follows while one types.

    Parameters
    ----------
    model : Model or dict of str to Model
        Networks that read token ids, wrapped by `wrap` with their vocabulary; of several, all with the same classes.
    texts : str, list of str, or array of int
        What to read; token ids are (n,) or (batch, n). Without a vocabulary one cannot type.
    method : str or Method, default "integrated_gradients"
        By name, or an example whose options are taken over. Gradients are taken at the embedding; a word's value is the
        sum over its numbers there, or for methods that say so the largest of them. Other methods replace words by the
        padding.
    target, contrast : int or str, optional
        Why this class, rather than that one; by default the top class, and no other.
    index : int, default 0
        Which text.
    quantity : str or Quantity, default "score"
        What is explained of the class: its score (the logit, where there is one), "log_probability" or "probability".
    display : dict, optional
        How words are coloured: colormap, sign, presenter.
    options : dict, optional
        Options of the method, for instance ``{"steps": 128}``.
    **more
        The same as keywords, for instance ``steps=128``.

    Returns
    -------
    TokenExplorer
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If a model, a text or a choice does not fit.
    """
    for name in QUESTION:
        if name in more:
            raise InputTypeError(f"tokens() takes no {name}; expected an option of the method, such as steps=128.")
    return TokenExplorer(
        model,
        texts,
        method=method,
        target=target,
        contrast=contrast,
        index=index,
        quantity=quantity,
        display=display,
        options={**mapping(options or {}), **more},
    )
