"""The explorer of networks of several inputs: a panel for each, and what each adds, while one edits them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from xai_widgets.attribution.method import Method
from xai_widgets.widgets.choices import given_options
from xai_widgets.widgets.explanations import Explanations
from xai_widgets.widgets.explorer import Explorer, Parts
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.inputs_image import inputs_image
from xai_widgets.widgets.refusals import Refusals
from xai_widgets.widgets.several_inputs import SeveralInputs
from xai_widgets.widgets.state import State
from xai_widgets.widgets.widget import Chosen, front_end


class InputsRefusals(Refusals):
    """Why methods give no number for each part of the inputs."""

    def _ask(self, method: type[Method]) -> str | None:
        if method.needs_layer:
            return "It explains the units of a layer, and here the inputs themselves are looked at."
        unbounded = any(piece.bounds is None for model in self._models.values() for piece in model.input.pieces)
        if unbounded and any(option.name == "baselines" for option in method.controls()):
            return f"It compares with other inputs, which are given in Python: {method.__name__}(baselines=inputs)."
        return super()._ask(method)


class InputsExplanations(Explanations):
    """Attributions to several inputs, each with a map of its own."""

    def maps(self, state: State, answers: Sequence[Any]) -> list[Map]:
        """Return the map of each part of final answers."""
        parts = cast(SeveralInputs, state.source).parts
        return [
            Map(name, f"{state.cell.title}: {part.name}", np.asarray(plane), part.names)
            for name, answer in zip(self.choices.models, answers, strict=True)
            for part, plane in zip(parts, answer.maps, strict=True)
        ]


class InputsExplorer(Explorer):
    """Which of several inputs made the model say so? A panel for each, on one colour scale; made by `explore`.

    It has all that an `Explorer` has but the grid: method, class and sliders, and the same attributes.

    Attributes
    ----------
    typed : dict
        What stands in place of what was given, by the name of the input: the numbers of a row (or a dict of some of
        them by the names of its columns), the text of a text. Setting it says all that is typed; {} is as it was given.
    struck : dict
        The numbers of the words that are left out of a text, from 0, by the name of the input.
    features : dict
        Into what an input is divided, by its name, where the method switches features on and off: "squares" or
        "superpixels" of a picture, of so many pixels as ``options["size"]`` says; "pixels" of a row or a text, which
        are its columns or its words ("windows" where a tokenizer cuts words into pieces). What is not in it, or
        "whole", is one feature.

    Examples
    --------
    >>> explorer = xai.explore(two_inputs, (picture, row), method="input_x_gradient", target="ring")
    >>> explorer.typed = {"row": [0, 2]}
    >>> explorer.result.parts["row"]
    2.0
    >>> explorer.set(method="shapley_exact", features={"row": "pixels"})
    >>> explorer.result.features.count
    3
    >>> explorer.close()
    """

    _esm, _css = front_end("inputs")

    _parts = Parts(
        source=SeveralInputs,
        refusals=InputsRefusals,
        answer=InputsExplanations,
        image=inputs_image,
        alone="Several inputs are shown with one method; found a grid. Make several widgets instead.",
        unmarked="predict_first hides a map over a picture, where one can mark; this network takes several inputs. "
        "Leave it out.",
        several=True,
    )

    typed: Any = Chosen({}).tag(sync=True)
    struck: Any = Chosen({}).tag(sync=True)
    features: Any = Chosen({}).tag(sync=True)

    def __init__(self, models: Any, images: Any, *, options: Mapping[str, Any] | None = None, **choices: Any) -> None:
        # To several inputs these are no option of one method: they stay while methods come and go.
        given = dict(given_options(options))
        features = {"features": given.pop("features")} if "features" in given else {}
        super().__init__(models, images, options=given, **features, **choices)

    @property
    def predictions(self) -> dict[str, float] | dict[str, dict[str, float]]:
        """What the model says of the inputs in view: the probability of each class by its name.

        For a dict of models a dict of these; for a model whose outputs are values, these.
        """
        self._check_open()
        state, named, found = self._screen.setting.state, self._choices.named, {}
        for name, model in self._choices.models.items():
            values = model.shares(state.input(name).value)
            found[name] = {named.class_name(index): float(value) for index, value in enumerate(np.ravel(values))}
        return found.get("", found)

    def _place(self) -> str:
        return super()._place().replace("picture ", "input ", 1)
