"""The explorer of texts: each word in the colour of what it contributes, while one types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xai_widgets.attribution.method import Method
from xai_widgets.errors import InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.widgets.choices import given_options
from xai_widgets.widgets.explorer import Explorer, Parts
from xai_widgets.widgets.protocol import QUESTION_TRAITS
from xai_widgets.widgets.refusals import Refusals
from xai_widgets.widgets.text_image import text_image
from xai_widgets.widgets.texts import Texts
from xai_widgets.widgets.widget import Chosen, front_end


class WordRefusals(Refusals):
    """Why methods give no number for each word."""

    def _ask(self, method: type[Method]) -> str | None:
        if method.needs_layer or method.needs_batch or method.family == "activation_map":
            return "It explains the units of a layer, or a batch as a whole, and not the words of a text."
        if any(option.name == "baselines" for option in method.controls()):
            return f"It compares with other texts, which are given in Python: {method.__name__}(baselines=ids)."
        return super()._ask(method)


class TokenExplorer(Explorer):
    """Which words made the model say so? A text one types, its words in colours; made by `tokens`.

    It has all that an `Explorer` has: method, class and sliders, and the same attributes.

    Attributes
    ----------
    text : str
        The text in view; set it, or type.

    Examples
    --------
    >>> explorer = xai.tokens(reader, "a fine film")
    >>> explorer.text = "a dull film"
    >>> max(explorer.predictions, key=explorer.predictions.get)
    'bad'
    >>> explorer.close()
    """

    _esm, _css = front_end("tokens")
    _made_by = "tokens"

    _parts = Parts(
        source=Texts,
        refusals=WordRefusals,
        image=text_image,
        alone="A text is shown with one method; found a grid. Make several widgets instead.",
        unmarked="predict_first hides a map over a picture, where one can mark; this is a text. Leave it out.",
    )

    text: Any = Chosen("").tag(sync=True)

    @property
    def predictions(self) -> dict[str, float] | dict[str, dict[str, float]]:
        """What the model says of the text in view: the probability of each class by its name.

        For a dict of models a dict of these; for a model whose outputs are values, these.
        """
        self._check_open()
        state, named, found = self._screen.setting.state, self._choices.named, {}
        for name, model in self._choices.models.items():
            values = model.shares(state.input(name).value)[0]
            found[name] = {named.class_name(index): float(value) for index, value in enumerate(values)}
        return found.get("", found)

    def _place(self) -> str:
        return super()._place().replace("picture ", "text ", 1)


def tokens(
    model: Model | Mapping[str, Model],
    texts: Any,
    *,
    method: Any = None,
    target: int | str | None = None,
    contrast: int | str | None = None,
    index: int | None = None,
    quantity: Any = None,
    display: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    state: Any = None,
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
    index : int, optional
        Which text; by default the first.
    quantity : str or Quantity, optional
        What is explained of the class: by default its score (the logit, where there is one), "log_probability" or
        "probability".
    display : dict, optional
        How words are coloured: colormap, sign, scale, presenter.
    options : dict, optional
        Options of the method, for instance ``{"steps": 128}``.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of such an explorer, or a file of it. All else that is given
        changes it.
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

    Examples
    --------
    >>> explorer = xai.tokens(reader, ["a fine film", "a dull film"], target="good")
    >>> reader.words(explorer.result.question.batch[0])[int(explorer.result.map.argmax())]
    'fine'
    >>> explorer.close()
    """
    for name in QUESTION_TRAITS:
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
        options={**given_options(options), **more},
        state=state,
    )
