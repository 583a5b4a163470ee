"""What there is to choose from where something in a network is to be excited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from xai_widgets.answers.quantity import Channel, LogProbability, Quantity, default_quantity
from xai_widgets.attribution.layer import last_layer_with_space
from xai_widgets.concepts.moving.activation_maximisation import ActivationMaximisation
from xai_widgets.concepts.moving.feature_inversion import FeatureInversion
from xai_widgets.concepts.moving.moving import check_movable
from xai_widgets.errors import InputError, shown, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.excite_state import ExciteState, Mover, options_of
from xai_widgets.widgets.numbers import checked_number
from xai_widgets.widgets.protocol import EXCITING_TRAITS, MethodEntry, Start
from xai_widgets.widgets.quantities import check_channel

MOVERS: dict[str, type[Mover]] = {one.name: one for one in (ActivationMaximisation, FeatureInversion)}
"""What moves a picture, by name."""


class ExciteChoices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures, for models that speak of the same classes.

    Raises
    ------
    ValueError, TypeError
        If the inputs are no pictures, or cannot be moved bit by bit.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted
        self.source = choices.source
        for model in self.models.values():
            check_movable(model)
        if self.source.seen(0) is None:
            raise InputError(
                "excite() shows pictures, and the models take something else; use ActivationMaximisation()(model, "
                "quantity)."
            )
        self._options: dict[str, Mapping[str, Any]] = {}
        """The options that each way to move a picture had last."""

    def first(self) -> ExciteState:
        """Return the state to start from: a class, or a channel where no score of a class is to be had."""
        name, model = next(iter(self.models.items()))
        found = ExciteState(self.source, 0, ActivationMaximisation(), name, self._usual(model), None, 0, "noise")
        flat = isinstance(default_quantity(model, 0), LogProbability)
        if flat and not found.layer:
            raise InputError(
                "The network shows neither scores before its probabilities nor layers; expected one in which something "
                "can be excited: wrap the network itself in place of a function."
            )
        return replace(found, channel=0) if flat else found

    def remember(self, state: ExciteState) -> None:
        """Take note of what is in view, for when the way to move a picture comes back."""
        self._options[state.mover.name] = state.options

    def quantity(self, state: ExciteState) -> Quantity:
        """Return what is to be large."""
        if state.channel is not None:
            return Channel(state.layer, state.channel)
        return default_quantity(self.models[state.network], state.target)

    def changed(self, state: ExciteState, changes: Mapping[str, Any]) -> ExciteState:
        """Return `state` with some fields changed, checked as a whole.

        A class takes the place of a channel, and another layer brings its first channel where there is one in view.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        for name in changes:
            if name not in EXCITING_TRAITS:
                raise unknown_name("choice", name, EXCITING_TRAITS)
        if "index" in changes:
            state = replace(state, index=checked_number(changes["index"], len(self.source), "picture"))
        state = replace(state, start=_start(changes.get("start", state.start)))
        mover = self._mover(state, changes)
        if isinstance(mover, FeatureInversion) and not all(model.layers for model in self.models.values()):
            raise InputError(
                "The network shows no layers to invert; expected the network itself, wrapped, and no function."
            )
        return self._with_place(state if mover is state.mover else replace(state, mover=mover), changes)

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        return {
            "methods": [self._entry(mover) for mover in MOVERS.values()],
            "families": [],
            "networks": {name: list(model.layers) for name, model in self.models.items()},
            "drawing": [],
            "adds": None,
        }

    def _entry(self, mover: type[Mover]) -> MethodEntry:
        inverts = mover is FeatureInversion
        return {
            "name": mover.name,
            "label": mover.label,
            "sentence": mover.sentence,
            "reference": mover.reference,
            "family": "",
            "alike": "",
            "takes_layer": inverts,
            "needs_layer": inverts,
            "options": [self.source.described(option) for option in mover.options() if option.shown],
        }

    def _usual(self, model: Model) -> str:
        """Return the layer to begin with: the last one with places, or the last of all; nothing where there is none."""
        if not model.layers:
            return ""
        try:
            layer = last_layer_with_space(model)
        except InputError:
            return model.layers[-1]
        return layer if layer in model.layers else model.layers[-1]

    def _mover(self, state: ExciteState, changes: Mapping[str, Any]) -> Mover:
        """Return what moves the picture, with the options that it had last and those that are given."""
        name = changes.get("method", state.mover.name)
        if not isinstance(name, str) or name not in MOVERS:
            raise unknown_name("method", name, list(MOVERS))
        mover = MOVERS[name]
        same = name == state.mover.name
        before = state.options if same else self._options.get(name, options_of(mover()))
        options = {**before, **mapping(changes.get("options", {}))}
        for option in options:
            if option not in before:
                raise unknown_name("option", option, list(before))
        if same and options == dict(before):
            return state.mover
        made = mover(**options)
        least = min(size for model in self.models.values() for size in model.input.layout.grid)
        if options.get("jitter", 0) >= least:
            raise InputError(f"jitter is {options['jitter']}; expected less than {least} places.")
        return made

    def _with_place(self, state: ExciteState, changes: Mapping[str, Any]) -> ExciteState:
        """Return `state` with another network, layer, channel or class."""
        network = changes.get("network", state.network)
        if not isinstance(network, str) or network not in self.models:
            raise unknown_name("network", network, list(self.models))
        model = self.models[network]
        kept = state.layer if state.layer in model.layers else self._usual(model)
        layer = changes.get("layer", kept)
        if not isinstance(layer, str) or layer not in (model.layers or [""]):
            raise unknown_name("layer", layer, model.layers)
        target = state.target
        if "target" in changes:
            target = int(self.named.target(changes["target"]))
        channel = None if "target" in changes else state.channel
        if "channel" in changes:
            channel = changes["channel"]
        elif channel is not None and (layer, network) != (state.layer, state.network):
            channel = None if state.inverts else 0
        if channel is not None and ("channel" in changes or layer != state.layer or network != state.network):
            channel = check_channel([model], layer, channel)
        return replace(state, network=network, layer=layer, channel=channel, target=target)


def _start(value: Any) -> Start:
    known: tuple[Start, ...] = get_args(Start)
    found = next((one for one in known if isinstance(value, str) and value == one), None)
    if found is None:
        raise InputError(f"start is {shown(value)}; expected 'noise' or 'picture'.")
    return found
