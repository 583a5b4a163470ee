"""What there is to choose from, and what follows from a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from xai_widgets.answers.quantity import Quantity
from xai_widgets.attribution.method import METHODS, Method
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.models.layers import checked_layer
from xai_widgets.option import Option, fitting
from xai_widgets.widgets import cells, protocol, quantities
from xai_widgets.widgets.cells import Cell
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import QUESTION_TRAITS
from xai_widgets.widgets.refusals import Refusals
from xai_widgets.widgets.state import State

SEVERAL = "several"
"""Stands for a grid that nobody chose the methods of: that of the last time, or one of each family."""


class Choices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    models : dict of str to Model
        All with the same outputs.
    source : Pictures
        The inputs as they were given.
    refusals : type of Refusals
        Who knows which methods are not for the models.
    alone : str, optional
        Why there is one method at a time and no grid, in a sentence; empty where there may be one.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        source: Pictures,
        refusals: type[Refusals] = Refusals,
        alone: str = "",
    ) -> None:
        self.models = dict(models)
        self.source = source
        self.alone = alone
        first, *others = self.models.values()
        self.layers = [layer for layer in first.layers if all(layer in other.layers for other in others)]
        if not source.explains_layers:
            self.layers = []
        self.named = next((model for model in self.models.values() if model.classes is not None), first)
        """The model whose class names are shown."""
        self.quantities = quantities.kinds_for(list(self.models.values()), self.layers)
        self.refusals = refusals(self.models, self.layers)
        self._options: dict[str, Mapping[str, Any]] = {}
        self._grid: tuple[Cell, ...] = ()
        """The grid of when there last was one."""
        self._layers: dict[bool, str | None] = {}
        """The layer that was last in view, of methods that need one and of those that do not."""
        self._described: dict[str, list[protocol.OptionEntry]] = {}
        self._counted: dict[type[Method], list[Option]] = {}
        self._asked: dict[tuple[str, str, int | None, int | None], Quantity] = {}

    def first(self, options: Mapping[str, Any] | None = None) -> State:
        """Return the state to start from, before the `options` that are given by name.

        What has no black at which a path could start begins with saliency, unless options are given.
        """
        preferred = "integrated_gradients" if self.source.has_start or options else "saliency"
        names = sorted(METHODS, key=lambda name: name != preferred)
        method = next((name for name in names if self.refusals.of(METHODS[name]) is None), preferred)
        return State(self.source, Cell(method, self.options_of(method)))

    def options_of(self, method: str) -> Mapping[str, Any]:
        """Return the options that a method had when it was last in view, or its defaults for these inputs."""
        if method not in self._options:
            return {option["name"]: option["default"] for option in self.described(method)}
        return self._options[method]

    def described(self, method: str) -> list[protocol.OptionEntry]:
        """Return the options of a method as the front end takes them, with what there is of them for these inputs."""
        if method not in self._described:
            controls = self._controls(METHODS[method])
            described = [self.source.described(option) for option in controls]
            if any((option.counts and option.maximum is None) or option.counted_choices for option in controls):
                return described  # Until it is known how many there are.
            self._described[method] = described
        return self._described[method]

    def counted(self) -> dict[str, list[protocol.OptionEntry]]:
        """Return the options of the methods that count something of the networks, by the name of the method."""
        allowed = {name: method for name, method in METHODS.items() if self.refusals.allows(method)}
        return {
            name: self.described(name)
            for name, method in allowed.items()
            if any(
                option.counts or option.choices != before.choices
                for option, before in zip(self._controls(method), method.controls(), strict=True)
            )
        }

    def quantity(self, kind: str, name: str, target: int | None, contrast: int | None) -> Quantity:
        """Return what is asked of the model called `name`, in terms of indices; made once."""
        key = kind, name, target, contrast
        if key not in self._asked:
            self._asked[key] = quantities.make(kind, self.models[name], target, contrast)
        return self._asked[key]

    def remember(self, state: State) -> None:
        """Take note of what is in view, for when it comes back."""
        self._grid = state.grid or self._grid
        cell = state.cell
        self._options[cell.name] = cell.options
        method = METHODS[cell.name]
        if method.takes_layer:
            self._layers[method.needs_layer] = cell.layer

    def changed(self, state: State, changes: Mapping[str, Any]) -> State:
        """Return `state` with some things changed, checked as a whole; what stays as it is, is not looked at again.

        Options that are not given stay as they are; another method brings its own.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        own = state.source.changeable
        for name in changes:
            if name not in QUESTION_TRAITS and name not in own:
                raise unknown_name("choice", name, [*QUESTION_TRAITS, *own])
        given = _different(state, changes)
        if "grid" in given or "focus" in given:
            state = self._with_grid(state, given)
        if given.keys() & {"method", "options", "layer"}:
            cell, grid = self._cell(state.cell, given), state.grid
            if grid:
                grid = (*grid[: state.focus], cell, *grid[state.focus + 1 :])
            state = replace(state, cell=cell, grid=grid)
        if "index" in given:
            index = _checked_index(given["index"], len(state.source))
            state = replace(state, index=index, source=state.source.viewed(index))
        if given.keys() & {"target", "contrast", "quantity", "channel_layer", "channel"}:
            state = self._with_quantity(state, given)
        if given.keys().isdisjoint(own):
            return state
        edited = {name: given[name] for name in own if name in given}
        return replace(state, source=state.source.changed(state.index, edited))

    def _with_grid(self, state: State, changes: Mapping[str, Any]) -> State:
        """Return `state` with the grid and the focus of `changes`; the method is then that of the focused cell."""
        grid, kept = state.grid, state.focus
        if isinstance(changes.get("grid"), str) and changes["grid"] == SEVERAL:
            grid, kept = self._several(state.cell, changes.get("layer"))
        elif "grid" in changes:
            known = [(cell, cell.as_dict()) for cell in grid]
            grid = tuple(
                next((cell for cell, written in known if written == one), None)
                or self._cell(state.cell, cells.as_changes(one, changes.get("layer")))
                for one in cells.listed(changes["grid"])
            )
        if grid and self.alone:
            raise InputError(self.alone)
        focus = cells.checked_focus(changes.get("focus", kept if kept < len(grid) else 0), len(grid))
        return replace(state, grid=grid, focus=focus, cell=grid[focus] if grid else state.cell)

    def _several(self, present: Cell, layer: str | None) -> tuple[tuple[Cell, ...], int]:
        """Return the grid of the last time, or one method of each family, with the present one in it, and where.

        `layer` is that of the methods which can have it, where nothing is said of theirs.
        """
        grid = self._grid
        if not grid:
            chosen = cells.one_per_family(present.name, lambda method: self.refusals.of(method) is None)
            layered = {name: METHODS[name].takes_layer and layer in self.layers for name in chosen}
            grid = tuple(Cell(name, self.options_of(name), layer if layered[name] else None) for name in chosen)
        place = next((place for place, cell in enumerate(grid) if cell.name == present.name), 0)
        return (*grid[:place], present, *grid[place + 1 :]), place

    def _cell(self, before: Cell, changes: Mapping[str, Any]) -> Cell:
        """Return what a method becomes with another name, other options or another layer."""
        name = _method_name(changes["method"]) if "method" in changes else before.name
        method = METHODS[name]
        options, layer = before.options, before.layer
        if name != before.name:
            self.refusals.check(method)
            options, layer = self.options_of(name), self._layer_for(method, before)
        layer = changes.get("layer", layer)
        moved = {
            option: value
            for option, value in mapping(changes.get("options", {})).items()
            if not (option in options and type(value) is type(options[option]) and value == options[option])
        }
        if moved:
            options = self._with_options(method, options, moved)
        if layer is not None:
            self._check_layer(method, layer)
        cell = Cell(name, options, layer)
        cell.method  # noqa: B018  whatever the method refuses is refused here
        return cell

    def _with_options(
        self, method: type[Method], options: Mapping[str, Any], moved: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return options of a method with some of them moved, and what follows from that."""
        controls = self._controls(method)
        known = {option.name: option for option in controls}
        checked = dict(options)
        for name, value in moved.items():
            if name not in known:
                raise unknown_name(f"option of {method.label}", name, known)
            named = known[name].kind == "choice"
            if not isinstance(value, int | float | np.number) and not (named and isinstance(value, str)):
                raise InputTypeError(
                    f"{name} is a {type(value).__name__}; expected a number{' or a name' if named else ''}. All else "
                    f"goes to the method itself: {method.__name__}({name}=...)(model, x)."
                )
            option, found = known[name], known[name].check(value)
            checked[name] = found.item() if isinstance(found, np.generic) else found
            of_picture = option.slider is not None and option.slider[1] is None and not option.counts
            if of_picture and checked[name] > self.source.side:
                raise InputError(f"{name} is {value}, but the shorter side of the pictures is {self.source.side}.")
        return fitting(controls, checked, moved)

    def _controls(self, method: type[Method]) -> list[Option]:
        """Return the options of a method, for what all models have of what they count, once that is known."""
        if method not in self._counted:
            if not (self.refusals.allows(method) and self.refusals.counted(method)):
                return list(method.controls())
            self._counted[method] = [option.of_network(self.refusals.count) for option in method.controls()]
        return self._counted[method]

    def _check_layer(self, method: type[Method], layer: Any) -> None:
        if checked_layer(layer) not in self.layers:
            raise unknown_name("layer", layer, self.layers)
        if not method.takes_layer:
            raise InputError(f"{method.label} works on the input and takes no layer; found layer={layer!r}.")
        self.refusals.check_layer(method, layer)

    def _layer_for(self, method: type[Method], before: Cell) -> str | None:
        """Return the layer that a method comes back with: methods that need one, and others, remember apart."""
        former = METHODS[before.name]
        if not method.takes_layer:
            return None
        if former.takes_layer and former.needs_layer == method.needs_layer:
            layer = before.layer
        else:
            layer = self._layers.get(method.needs_layer)
        return layer if layer is None or self.refusals.fits(method, layer) else None

    def _with_quantity(self, state: State, changes: Mapping[str, Any]) -> State:
        """Return `state` with another class, another class beside it, or another kind of quantity."""
        if isinstance(changes.get("quantity"), Quantity):
            changes = {**changes, **quantities.as_changes(changes["quantity"])}
        target = self._class(changes["target"]) if "target" in changes else state.target
        contrast = self._class(changes["contrast"]) if "contrast" in changes else state.contrast
        if contrast is not None and contrast == target:
            raise InputError(
                f"The target and the contrast are both {self.named.class_name(contrast)!r}; expected two classes."
            )
        kind = self.quantities[quantities.quantity_name(changes.get("quantity", state.quantity), self.quantities)]
        if contrast is not None and not kind.compares:
            if changes.get("contrast") is not None:
                raise InputError(
                    f"The {kind.label} of a class is not compared with another one; found "
                    f"contrast={self.named.class_name(contrast)!r}. Ask for its {self.quantities['score'].label}."
                )
            contrast = None
        layer, channel = self._channel(state, kind, changes)
        return replace(
            state, target=target, contrast=contrast, quantity=kind.name, channel_layer=layer, channel=channel
        )

    def _channel(
        self, state: State, kind: quantities.Kind, changes: Mapping[str, Any]
    ) -> tuple[str | None, int | None]:
        """Return the layer and the channel of a state; another layer brings its most influential channel."""
        layer = changes.get("channel_layer", state.channel_layer)
        channel = changes.get("channel", None if "channel_layer" in changes else state.channel)
        if layer is None:
            if channel is not None:
                raise InputError(f"channel is {shown(channel)}; expected channel_layer, the name of its layer, too.")
            return (self._first_channel_layer(state) if kind.of_layer else None), None
        if checked_layer(layer) not in self.layers:
            raise unknown_name("layer", layer, self.layers)
        return layer, quantities.check_channel(list(self.models.values()), layer, channel)

    def _first_channel_layer(self, state: State) -> str:
        """Return the layer whose channels are shown before one is chosen."""
        name, model = next(iter(self.models.items()))
        return quantities.last_with_space(model, self.layers, state.input(name).value)

    def _class(self, value: Any) -> int | None:
        return None if value is None else self.named.target(value)


def _checked_index(value: Any, count: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputTypeError(f"index is {shown(value)}; expected the number of a picture, 0 to {count - 1}.")
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


def given_options(given: Any) -> Mapping[str, Any]:
    """Return the options, if they are a mapping; none where nothing was given."""
    return {} if given is None else mapping(given)


def mapping(options: Any) -> Mapping[str, Any]:
    """Return the options, if they are a mapping."""
    if not isinstance(options, Mapping):
        raise InputTypeError(f"options is {shown(options)}; expected a dict such as {{'steps': 64}}.")
    return options


def _different(state: State, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the changes that change something: a browser names all that is on its screen with each move.

    Options are compared one by one where they are checked, and what was done to the inputs by the inputs themselves.
    """
    known: Mapping[str, Any] = state.known
    different = {
        name: value
        for name, value in changes.items()
        if name == "options" or name not in known or type(value) is not type(known[name]) or value != known[name]
    }
    # What would else bring its own with it: the layer that a method had, the channel that matters most in a layer.
    for name, bringing in (("layer", "method"), ("channel", "channel_layer")):
        if bringing in different and name in changes:
            different[name] = changes[name]
    return different


def _method_name(found: Any) -> str:
    """Return the name of a method that is given by its name or its class."""
    name = found.name if isinstance(found, type) and issubclass(found, Method) else found
    if not isinstance(name, str):
        raise InputTypeError(f"A method is given by its name, for instance 'saliency'; found {name!r}.")
    if name not in METHODS:
        raise unknown_name("method", name, METHODS)
    return name
