"""What there is to choose from where the layers of networks are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.registry import REGISTRY
from xai_widgets.concepts.labels import checked_labels
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.objective import Array
from xai_widgets.similarity.index import Index
from xai_widgets.similarity.kernel import FEWEST
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.numbers import checked_number, checked_numbers
from xai_widgets.widgets.protocol import REPRESENTING_TRAITS
from xai_widgets.widgets.represent_state import RepresentState

MOST_LAYERS = 12
"""So many layers of a network are compared unless others are named: more cells can hardly be read."""

INDICES: Mapping[str, type[Index]] = REGISTRY["similarity"]


class RepresentChoices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures.
    layers : list of str, or dict of str to list of str, optional
        Which layers of all networks, or of each; by default at most 12, evenly spread.
    labels : array of int of shape (pictures,), optional
        The classes of the pictures.

    Raises
    ------
    ValueError, TypeError
        If there are too few pictures, something that is no picture, or layers or labels that do not fit.
    """

    def __init__(self, choices: Choices, layers: Any, labels: ArrayLike | None) -> None:
        self.choices = choices
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted
        self.source = choices.source
        if self.source.seen(0) is None or len(self.source) < FEWEST:
            raise InputError(
                f"representations() compares layers over many pictures; expected at least {FEWEST} of them, and better "
                "a hundred."
            )
        self.labels = None if labels is None else checked_labels(labels, len(self.source), self.named)
        self.layers = {name: self._checked_layers(name, layers) for name in self.models}
        self.batches: dict[str, Array] = {
            name: np.stack([self.source.input(name, index).value for index in range(len(self.source))])
            for name in self.models
        }
        """The pictures as each network takes them."""

    def first(self) -> RepresentState:
        """Return the state to start from: the first network beside the last one, at their last layers but one."""
        one, other = next(iter(self.models)), list(self.models)[-1]
        index = next(iter(INDICES.values()))()
        return RepresentState(self.source, 0, index, one, other, self._layer(one), self._layer(other))

    def remember(self, state: RepresentState) -> None:
        """Nothing is kept of what was in view."""

    def changed(self, state: RepresentState, changes: Mapping[str, Any]) -> RepresentState:
        """Return `state` with some fields changed, checked as a whole.

        Another index comes with options of its own. A layer stays where another network has one of that name; else its
        last layer but one comes into view.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        for name in changes:
            if name not in REPRESENTING_TRAITS:
                raise unknown_name("choice", name, REPRESENTING_TRAITS)
        made: dict[str, Any] = {}
        for network, layer in (("one", "layer"), ("other", "beside")):
            now = getattr(state, network)
            chosen = self._network(changes.get(network, now))
            here = getattr(state, layer)
            kept = here if chosen == now or here in self.layers[chosen] else self._layer(chosen)
            given = changes.get(layer, kept)
            # A layer that is told together with another network may be the one that was in view before.
            given = kept if network in changes and given == here else given
            if not isinstance(given, str) or given not in self.layers[chosen]:
                raise unknown_name("layer", given, self.layers[chosen])
            made |= {network: chosen, layer: given}
        if "index" in changes:
            made["index"] = checked_number(changes["index"], len(self.source), "picture")
        if "marked" in changes:
            made["marked"] = checked_numbers(
                changes["marked"], len(self.source), "picture", "marked", "that are marked"
            )
        method = changes.get("method", state.similarity.name)
        if not isinstance(method, str) or method not in INDICES:
            raise unknown_name("index", method, INDICES)
        before = state.options if method == state.similarity.name else {}
        options = {**before, **mapping(changes.get("options", {}))}
        if method != state.similarity.name or options != dict(state.options):
            known = [option.name for option in INDICES[method].options()]
            for name in options:
                if name not in known:
                    raise unknown_name("option", name, known)
            made["similarity"] = INDICES[method](**options)
        return replace(state, **made)

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        methods = [
            {
                "name": index.name,
                "label": index.label,
                "sentence": index.sentence,
                "reference": index.reference,
                "family": "",
                "alike": "",
                "takes_layer": False,
                "needs_layer": False,
                "options": [self.source.described(option) for option in index.options()],
            }
            for index in INDICES.values()
        ]
        return {
            "models": [""],
            "networks": list(self.models),
            "layers": [],
            "methods": methods,
            "families": [],
            "labels": None if self.labels is None else self.labels.tolist(),
            "drawing": [],
            "adds": None,
        }

    def _checked_layers(self, name: str, given: Any) -> list[str]:
        model = self.models[name]
        if isinstance(given, Mapping):
            for one in given:
                self._network(one)
            given = given.get(name)
        if given is None:
            every = model.layers
            places = np.linspace(0, len(every) - 1, min(MOST_LAYERS, len(every))).round().astype(int)
            return [every[place] for place in places]
        if isinstance(given, str) or not isinstance(given, Sequence) or not given:
            raise InputTypeError(f"layers is {shown(given)}; expected a list of names, some of {model.layers}.")
        for layer in given:
            if not isinstance(layer, str):
                raise InputTypeError(f"A layer is given by its name, a str; found {shown(layer)}.")
            model.at(layer)
        return list(dict.fromkeys(given))

    def _network(self, name: Any) -> str:
        if not isinstance(name, str) or name not in self.models:
            raise unknown_name("network", name, self.models)
        return name

    def _layer(self, network: str) -> str:
        """Return the last layer but one: the last says the classes themselves."""
        return self.layers[network][-2:][0]
