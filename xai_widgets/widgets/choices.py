"""What there is to choose from, and what follows from a choice."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from xai_widgets.answers.quantity import Channel, Quantity
from xai_widgets.attribution.gradients.channel import influential_channel
from xai_widgets.attribution.method import METHODS, Method
from xai_widgets.errors import InputError, InputTypeError, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.option import Option, fitting
from xai_widgets.widgets import cells, quantities
from xai_widgets.widgets.pictures import Input, Pictures
from xai_widgets.widgets.refusals import Refusals
from xai_widgets.widgets.state import State

GRID = ("grid", "focus")

REMEMBERED_CHANNELS = 256
"""So many answers to which channel has most influence are kept."""

OF_PICTURES = ("features", "size")
"""Options that have no meaning for rows of a table and for words: each element is a feature by itself."""


class Choices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    models : dict of str to Model
        All with the same outputs.
    pictures : Pictures
    """

    def __init__(self, models: Mapping[str, Model], pictures: Pictures) -> None:
        self.models = dict(models)
        self.pictures = pictures
        first, *others = self.models.values()
        self.layers = [layer for layer in first.layers if all(layer in other.layers for other in others)]
        self.named = next((model for model in self.models.values() if model.classes is not None), first)
        """The model whose class names are shown."""
        self.quantities = quantities.kinds_for(list(self.models.values()), self.layers)
        self.refusals = Refusals(self.models, self.layers)
        self._options: dict[str, dict[str, Any]] = {}
        self._layers: dict[bool, str | None] = {}
        """The layer that was last in view, of methods that need one and of those that do not."""
        self._channels: dict[Hashable, int] = {}

    def first(self, options: Mapping[str, Any] | None = None) -> State:
        """Return the state to start from, before the `options` that are given by name.

        What has no bounds has no black at which a path could start: there it is saliency, unless options are given.
        """
        bounded = all(model.bounds is not None for model in self.models.values())
        preferred = "integrated_gradients" if bounded or options else "saliency"
        names = sorted(METHODS, key=lambda name: name != preferred)
        method = next((name for name in names if self.refusals.of(METHODS[name]) is None), preferred)
        return State(method, None, None, None, 0, self.options_of(method))

    def options_of(self, method: str) -> dict[str, Any]:
        """Return the options that a method had when it was last in view, or its defaults for these pictures."""
        if method in self._options:
            return dict(self._options[method])
        described = (self.described(option) for option in METHODS[method].controls())
        return {option["name"]: option["default"] for option in described}

    def described(self, option: Option) -> dict[str, Any]:
        """Return an option as the front end takes it, with what there is of it for these pictures, texts or rows."""
        known = option.as_dict(self.pictures.side)
        if self.pictures.columns is None:
            return known
        if option.name in OF_PICTURES:
            known["shown"] = False
        if option.name == "baseline" and any(model.bounds is None for model in self.models.values()):
            known |= {"default": "zero", "choices": ("zero",)}
        return known

    def remember(self, state: State) -> None:
        """Take note of the options in view, for when their method comes back."""
        self._options[state.method] = dict(state.options)
        if METHODS[state.method].takes_layer:
            self._layers[METHODS[state.method].needs_layer] = state.layer

    def changed(self, state: State, changes: Mapping[str, Any]) -> State:
        """Return `state` with some fields changed, checked as a whole.

        Options that are not given stay as they are; another method brings its own.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        names = [field.name for field in fields(State)]
        for name in changes:
            if name not in names:
                raise unknown_name("choice", name, names)
        state = self._with_grid(state, changes)
        single = self._changed({name: value for name, value in changes.items() if name not in GRID}, state)
        if not state.grid:
            return single
        grid = list(state.grid)
        grid[state.focus] = {name: getattr(single, name) for name in cells.KEYS}
        return replace(single, grid=tuple(grid), focus=state.focus)

    def first_grid(self, state: State) -> list[str]:
        """Return the methods of a grid that nobody chose: one of each family that has one for the models."""
        return cells.one_per_family(state.method, lambda method: self.refusals.of(method) is None)

    def _with_grid(self, state: State, changes: Mapping[str, Any]) -> State:
        """Return `state` with the grid and the focus of `changes`; the method is then that of the focused cell."""
        if not any(name in changes for name in GRID):
            return state
        grid = state.grid
        if "grid" in changes:
            plain = replace(state, grid=(), focus=0)
            layer = changes.get("layer")
            found = [self.changed(plain, cells.as_changes(cell, layer)) for cell in cells.listed(changes["grid"])]
            grid = tuple({name: getattr(one, name) for name in cells.KEYS} for one in found)
        kept = state.focus if state.focus < len(grid) else 0
        focus = cells.checked_focus(changes.get("focus", kept), len(grid))
        return replace(state, grid=grid, focus=focus, **(grid[focus] if grid else {}))

    def _changed(self, changes: Mapping[str, Any], state: State) -> State:
        """Return `state` as a single question with some fields changed."""
        if isinstance(changes.get("quantity"), Quantity):
            changes = {**changes, **quantities.as_changes(changes["quantity"])}
        merged = {**state.as_dict(), **changes}
        if "method" in changes:
            merged |= self._method(changes, state)
        else:
            merged["options"] = {**state.options, **mapping(changes.get("options", {}))}
        method = METHODS[merged["method"]]
        given = mapping(changes.get("options", {}))
        asked = [name for name, value in given.items() if isinstance(value, str) and value != state.options.get(name)]
        options = self._checked_options(method, merged["options"], asked)
        layer = merged["layer"]
        if layer is not None and layer not in self.layers:
            raise unknown_name("layer", layer, self.layers)
        if layer is not None and not method.takes_layer:
            raise InputError(f"{method.label} works on the input and takes no layer; found layer={layer!r}.")
        if layer is not None and method.needs_layer and not self.refusals.fits(method, layer):
            raise InputError(
                f"{method.label} makes no sense at layer {layer!r}; expected one with channels, height and width."
            )
        target, contrast = self._class(merged["target"]), self._class(merged["contrast"])
        if contrast is not None and contrast == target:
            raise InputError(
                f"The target and the contrast are both {self.named.class_name(contrast)!r}; expected two classes."
            )
        kind = self.quantities[quantities.quantity_name(merged["quantity"], self.quantities)]
        if contrast is not None and not kind.compares:
            if changes.get("contrast") is not None:
                raise InputError(
                    f"The {kind.label} of a class is not compared with another one; found "
                    f"contrast={self.named.class_name(contrast)!r}. Ask for its {self.quantities['score'].label}."
                )
            contrast = None
        channel_layer, channel = self._channel(kind, merged, changes)
        index = self._index(merged["index"])
        return State(method.name, target, contrast, layer, index, options, kind.name, channel_layer, channel)

    def quantity(self, state: State, model: Model, picture: Input) -> Quantity:
        """Return what is explained of a picture, in terms of indices."""
        if not self.quantities[state.quantity].of_layer:
            return quantities.make(state.quantity, model, state.target, state.contrast)
        return Channel(str(state.channel_layer), self.channel(state, model, picture))

    def channel(self, state: State, model: Model, picture: Input) -> int:
        """Return which channel is explained; the one with most influence on the class is looked for at the picture."""
        if state.channel is not None:
            return state.channel
        layer, asked = str(state.channel_layer), quantities.make("score", model, state.target, state.contrast)
        key = (id(model), picture.key, layer, asked)
        if key not in self._channels:
            if len(self._channels) >= REMEMBERED_CHANNELS:
                self._channels.clear()
            self._channels[key] = influential_channel(model, picture.value, layer, asked)
        return self._channels[key]

    def forget(self) -> None:
        """Forget what depends on the weights, because a model was trained on."""
        self._channels.clear()

    def _channel(
        self, kind: quantities.Kind, merged: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> tuple[str | None, int | None]:
        """Return the layer and the channel of a state; another layer brings its most influential channel."""
        layer = merged["channel_layer"]
        if layer is None:
            if merged["channel"] is not None:
                raise InputError(
                    f"channel is {merged['channel']!r}; expected channel_layer, the name of its layer, too."
                )
            return (self._first_channel_layer(merged["index"]) if kind.of_layer else None), None
        if layer not in self.layers:
            raise unknown_name("layer", layer, self.layers)
        moved = "channel_layer" in changes and "channel" not in changes
        return layer, quantities.check_channel(list(self.models.values()), layer, None if moved else merged["channel"])

    def _first_channel_layer(self, index: Any) -> str:
        """Return the layer whose channels are shown before one is chosen."""
        name, model = next(iter(self.models.items()))
        return quantities.last_with_space(model, self.layers, self.pictures.input(name, self._index(index)).value)

    def _method(self, changes: Mapping[str, Any], state: State) -> dict[str, Any]:
        """Return the method, the options and the layer that come with a change of method."""
        name = changes["method"]
        if isinstance(name, type) and issubclass(name, Method):
            name = name.name
        if not isinstance(name, str):
            raise InputTypeError(f"A method is given by its name, for instance 'saliency'; found {name!r}.")
        if name not in METHODS:
            raise unknown_name("method", name, METHODS)
        if name != state.method:
            self.refusals.check(METHODS[name])
        remembered = state.options if name == state.method else self.options_of(name)
        layer = changes["layer"] if "layer" in changes else self._layer_for(METHODS[name], state)
        return {"method": name, "options": {**remembered, **mapping(changes.get("options", {}))}, "layer": layer}

    def _layer_for(self, method: type[Method], state: State) -> str | None:
        """Return the layer that a method comes back with: methods that need one, and others, remember apart."""
        before = METHODS[state.method]
        if not method.takes_layer:
            return None
        if before.takes_layer and before.needs_layer == method.needs_layer:
            layer = state.layer
        else:
            layer = self._layers.get(method.needs_layer)
        return layer if layer is None or self.refusals.fits(method, layer) else None

    def _checked_options(
        self, method: type[Method], options: Mapping[str, Any], asked: Sequence[str]
    ) -> dict[str, Any]:
        """Return the options as the method takes them; whatever it refuses is refused here."""
        known = {option.name: option for option in method.controls()}
        for name, value in options.items():
            if name not in known:
                raise unknown_name(f"option of {method.label}", name, known)
            if not isinstance(value, str | int | float | np.number):
                raise InputTypeError(
                    f"{name} is a {type(value).__name__}; expected a number or a name. All else goes to the method "
                    f"itself: {method.__name__}({name}=...)(model, x)."
                )
            option = known[name]
            largest = self.pictures.side
            if option.slider is not None and option.slider[1] is None and option.check(value) > largest:
                raise InputError(f"{name} is {value}, but the shorter side of the pictures is {largest}.")
        checked = {name: option.check(options[name]) for name, option in known.items()}
        checked = fitting(list(known.values()), checked, asked)
        method.from_controls(checked)
        return {name: _json(value) for name, value in checked.items()}

    def _class(self, value: Any) -> int | None:
        return None if value is None else self.named.target(value)

    def _index(self, value: Any) -> int:
        count = len(self.pictures)
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise InputTypeError(f"index is {value!r}; expected the number of a picture, 0 to {count - 1}.")
        if not 0 <= value < count:
            raise InputError(f"There is no picture {value}; expected an index from 0 to {count - 1}.")
        return int(value)


def with_options(method: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that a method, given by name, class or example, and options amount to."""
    changes: dict[str, Any] = {}
    if isinstance(method, Method):
        changes["method"] = method.name
        options = {**method.as_controls(), **options}
    elif method is not None:
        changes["method"] = method
    if options:
        changes["options"] = dict(options)
    return changes


def mapping(options: Any) -> Mapping[str, Any]:
    """Return the options, if they are a mapping."""
    if not isinstance(options, Mapping):
        raise InputTypeError(f"options is {options!r}; expected a dict such as {{'steps': 64}}.")
    return options


def _json(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
