"""What there is to choose from where scores are read as bills of prototypes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from xai_widgets.attribution.layer import has_space
from xai_widgets.concepts.prototypes.linear_head import layers_with_linear_head
from xai_widgets.concepts.prototypes.prototypes import Prototypes
from xai_widgets.errors import InputError, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.numbers import checked_number, checked_numbers
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import PROTOTYPING_TRAITS
from xai_widgets.widgets.prototype_state import PrototypeState

TRIED = 4
"""Heads are tried on so many of the pictures."""


class TrainingPictures(Pictures):
    """The pictures that a network was trained with: they are looked through here, and few of them are ever shown."""

    most = 10_000


class PrototypeChoices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures, for models that speak of the same classes.
    training : array, or list of arrays or PIL pictures
        What the models were trained with.

    Raises
    ------
    ValueError, TypeError
        If the inputs are no pictures, or a model has no layer with a linear head.
    """

    def __init__(self, choices: Choices, training: Any) -> None:
        self.choices = choices
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted
        self.source = choices.source
        if self.source.seen(0) is None:
            raise InputError(
                "prototypes() shows pictures, and the models take something else; use Prototypes(layer, training)"
                "(model, x)."
            )
        try:
            self.training = TrainingPictures(training, self.models)
        except (InputError, TypeError) as error:
            raise type(error)(f"training: {error}") from error
        self.layers = {name: self._layers(name, model) for name, model in self.models.items()}
        """The layers of each model behind which there is a linear head, the last one first."""
        self.trained = cache(self._trained)
        """From a model's name to the training pictures as it takes them."""

    def _layers(self, name: str, model: Model) -> list[str]:
        few = np.stack([self.source.input(name, index).value for index in range(min(len(self.source), TRIED))])
        found = layers_with_linear_head(model, few)
        if not found:
            of = f"{name!r}" if name else "The network"
            raise InputError(
                f"{of} has no layer behind which every score is a sum over its units; expected one that ends in "
                "similarities to prototypes, a maximum or a mean over places, and one linear layer."
            )
        return found

    def _trained(self, name: str) -> Array:
        return np.stack([self.training.input(name, index).value for index in range(len(self.training))])

    def usual(self, network: str) -> str:
        """Return the layer to begin with: the last one with places, or the last of all."""
        model, layers = self.models[network], self.layers[network]
        return next((layer for layer in layers if has_space(model.at(layer))), layers[0])

    def first(self) -> PrototypeState:
        """Return the state to start from: what the first network answers, and what it would answer else."""
        network = next(iter(self.models))
        return PrototypeState(self.source, 0, network, self.usual(network), None, None, ())

    def remember(self, state: PrototypeState) -> None:
        """Take note of what is in view: nothing comes back here."""

    def changed(self, state: PrototypeState, changes: Mapping[str, Any]) -> PrototypeState:
        """Return `state` with some fields changed, checked as a whole.

        Another network or layer has other prototypes: none of them is struck out.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        for name in changes:
            if name not in PROTOTYPING_TRAITS:
                raise unknown_name("choice", name, PROTOTYPING_TRAITS)
        if changes.get("method", Prototypes.name) != Prototypes.name:
            raise unknown_name("method", changes["method"], [Prototypes.name])
        for name in mapping(changes.get("options", {})):
            raise InputError(f"There is no option {name!r}; prototypes have none.")
        made: dict[str, Any] = {}
        if "index" in changes:
            made["index"] = checked_number(changes["index"], len(self.source), "picture")
        for name in ("target", "contrast"):
            if name in changes:
                given = changes[name]
                made[name] = None if given is None else int(self.named.target(given))
        state = self._placed(state, changes)
        if "without" in changes:
            count = self.models[state.network].layout_of(state.layer).channels
            made["without"] = checked_numbers(changes["without"], count, "prototype")
        found = replace(state, **made)
        if found.target is not None and found.target == found.contrast:
            if "contrast" in changes and changes["contrast"] is not None and "target" in changes:
                raise InputError(
                    f"{self.named.class_name(found.target)!r} is held against itself; expected another class."
                )
            # Who chooses the class that was beside it has the other one beside it from then on.
            found = replace(found, target=None) if "contrast" in changes else replace(found, contrast=None)
        return found

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        method = {
            "name": Prototypes.name,
            "label": Prototypes.label,
            "sentence": Prototypes.sentence,
            "reference": Prototypes.reference,
            "family": "",
            "alike": "",
            "takes_layer": True,
            "needs_layer": True,
            "options": [],
        }
        return {
            "methods": [method],
            "families": [],
            "networks": self.layers,
            "training": len(self.training),
            "drawing": [],
            "adds": None,
        }

    def _placed(self, state: PrototypeState, changes: Mapping[str, Any]) -> PrototypeState:
        """Return `state` with another network or layer."""
        network = changes.get("network", state.network)
        if not isinstance(network, str) or network not in self.models:
            raise unknown_name("network", network, list(self.models))
        known = self.layers[network]
        kept = state.layer if state.layer in known else self.usual(network)
        layer = changes.get("layer", kept)
        if not isinstance(layer, str) or layer not in known:
            raise unknown_name("layer with a linear head", layer, known)
        if (network, layer) == (state.network, state.layer):
            return state
        return replace(state, network=network, layer=layer, without=())
