"""What there is to choose from where a layer is taken apart into features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.attribution.layer import layers_with_space
from xai_widgets.concepts.factors.factors import Factoring, checked_matrix
from xai_widgets.concepts.factors.nonnegative_factors import NonNegativeFactors
from xai_widgets.concepts.factors.principal_components import PrincipalComponents
from xai_widgets.concepts.factors.sparse_autoencoder import SparseAutoencoder
from xai_widgets.concepts.labels import checked_labels
from xai_widgets.errors import InputError, unknown_name
from xai_widgets.models.objective import Array
from xai_widgets.option import Option
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.decompose_state import DecomposeState
from xai_widgets.widgets.numbers import checked_number, checked_numbers
from xai_widgets.widgets.protocol import DECOMPOSING_TRAITS

MOST_SHOWN = 6
"""So many of the pictures at which a feature is largest are shown."""

WAYS: dict[str, type[Factoring[Any]]] = {
    way.name: way for way in (SparseAutoencoder, PrincipalComponents, NonNegativeFactors)
}
"""How a layer can be taken apart, by name."""

ALONG = {SparseAutoencoder.name: "sparsity", PrincipalComponents.name: "count", NonNegativeFactors.name: "count"}
"""The option that the curves run along."""

SIZES = {SparseAutoencoder.name: "features", PrincipalComponents.name: "count", NonNegativeFactors.name: "count"}
"""The option that says how many features there are."""


class DecomposeChoices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures, for one model.
    labels : array of int of shape (pictures,), optional
        The classes that are right.
    truth : array of shape (directions, units), optional
        Directions that are known to be there.

    Raises
    ------
    ValueError, TypeError
        If there are several models or a single picture, something that is no picture, or labels that do not fit.
    """

    def __init__(self, choices: Choices, labels: ArrayLike | None, truth: ArrayLike | None) -> None:
        self.choices = choices
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted
        if len(self.models) > 1:
            raise InputError(f"Found {len(self.models)} models; expected one, of which a layer is taken apart.")
        ((self.name, self.model),) = self.models.items()
        self.source = choices.source
        if self.source.seen(0) is None or len(self.source) < 2:
            raise InputError("dictionary() takes a layer apart over many pictures; expected at least two of them.")
        self.labels = None if labels is None else checked_labels(labels, len(self.source), self.model)
        self.truth = None if truth is None else checked_matrix(truth, "truth")
        self.has_answers = not (self.model.segmentation or self.model.outputs == "values")
        """Whether it answers with one class for each picture, so that answers can be compared."""
        self.layers = [layer for layer in choices.layers if self.model.at(layer).layout.known]
        if not self.layers:
            raise InputError("The network has no layer whose units are known; expected one, or layers= in wrap().")
        self.batch: Array = np.stack([self.source.input(self.name, index).value for index in range(len(self.source))])
        """The pictures as the network takes them."""
        self._ways: dict[str, Factoring[Any]] = {name: way() for name, way in WAYS.items()}
        """Each method as it was when it was last in view."""

    def options(self, method: str) -> Sequence[Option]:
        """The options of a method."""
        return WAYS[method].options()

    def first(self) -> DecomposeState:
        """Return the state to start from: a sparse autoencoder of the last layer with places, else the last hidden."""
        hidden = self.layers[:-1] or self.layers
        layer = next(iter(layers_with_space(self.model, self.layers)), hidden[-1])
        return DecomposeState(self.source, 0, self._ways[SparseAutoencoder.name], layer, None, ())

    def remember(self, state: DecomposeState) -> None:
        """Take note of what is in view: a method comes back with its options."""
        self._ways[state.factoring.name] = state.factoring

    def changed(self, state: DecomposeState, changes: Mapping[str, Any]) -> DecomposeState:
        """Return `state` with some fields changed, checked as a whole.

        Another layer or method has other features: none is off, and the one that is active most often comes into view;
        with another option the same number stays there.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        for name in changes:
            if name not in DECOMPOSING_TRAITS:
                raise unknown_name("choice", name, DECOMPOSING_TRAITS)
        if changes.get("layer", state.layer) != state.layer:
            state = replace(state, layer=self._layer(changes["layer"]), feature=None, without=(), index=0)
        if changes.get("method", state.factoring.name) != state.factoring.name:
            way = self._way(changes["method"])
            state = replace(state, factoring=way, feature=None, without=(), index=0)
        options = {**state.options, **mapping(changes.get("options", {}))}
        if options != dict(state.options):
            known = [option.name for option in state.factoring.options()]
            for name in options:
                if name not in known:
                    raise unknown_name("option", name, known)
            state = replace(state, factoring=type(state.factoring)(**options), without=())
        count = state.options[SIZES[state.factoring.name]]
        if state.feature is not None and state.feature >= count:
            state = replace(state, feature=None, index=0)
        if "feature" in changes:
            given = changes["feature"]
            feature = None if given is None else checked_number(given, count, "feature")
            state = state if feature == state.feature else replace(state, feature=feature, index=0)
        if "index" in changes:
            index = checked_number(changes["index"], min(MOST_SHOWN, len(self.source)), "index")
            state = replace(state, index=index)
        if "without" in changes:
            state = replace(state, without=checked_numbers(changes["without"], count, "feature"))
        return state

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        methods = [
            {
                "name": way.name,
                "label": way.label,
                "sentence": way.sentence,
                "reference": way.reference,
                "family": "",
                "alike": "",
                "takes_layer": True,
                "needs_layer": True,
                "options": [self.source.described(option) for option in way.options()],
            }
            for way in WAYS.values()
        ]
        return {
            "layers": self.layers,
            "methods": methods,
            "families": [],
            "along": ALONG,
            "labelled": self.labels is not None,
            "drawing": [],
            "adds": None,
        }

    def way_given(self, method: Any, options: Any) -> dict[str, Any]:
        """Return the changes that a method, given by name or with its options, and options amount to."""
        changes: dict[str, Any] = {}
        options = {} if options is None else mapping(options)
        if isinstance(method, Factoring) and method.name in WAYS:
            options = {**{option.name: getattr(method, option.name) for option in method.options()}, **options}
            method = method.name
        if method is not None:
            changes["method"] = method
        if options:
            changes["options"] = dict(options)
        return changes

    def _layer(self, layer: Any) -> str:
        if not isinstance(layer, str) or layer not in self.layers:
            raise unknown_name("layer with units", layer, self.layers)
        return layer

    def _way(self, method: Any) -> Factoring[Any]:
        if not isinstance(method, str) or method not in WAYS:
            raise unknown_name("method", method, WAYS)
        return self._ways[method]
