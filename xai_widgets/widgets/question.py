"""From the state of an explorer to a method, a quantity, and the Python that asks the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.gradients.channel import influential_channel
from xai_widgets.attribution.method import METHODS, Method
from xai_widgets.attribution.quantity import Channel, Quantity
from xai_widgets.errors import InputError, InputTypeError, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Option, Optioned, fitting
from xai_widgets.widgets import cells, quantities
from xai_widgets.widgets.outline import explained_class
from xai_widgets.widgets.pictures import Input, Pictures
from xai_widgets.widgets.refusals import Refusals

SHOWN_CLASSES = 5

GRID = ("grid", "focus")

REMEMBERED_CHANNELS = 256
"""So many answers to which channel has most influence are kept."""

FRESH_SECONDS = 1.0
"""So long a prediction is believed without asking again whether the model still says the same."""

KNOWN_PREDICTIONS = 512
"""So many are remembered; a picture that is painted on is another with each stroke."""


OF_PICTURES = ("features", "size")
"""Options that have no meaning for rows of a table and for words: each element is a feature by itself."""


@dataclass(frozen=True)
class State:
    """What is on the screen.

    Attributes
    ----------
    method : str
        The name in the registry.
    target, contrast : int or None
        Which class is explained, None for the top class; and rather than which, None for no other.
    layer : str or None
    index : int
        Which picture.
    options : dict
        All options of the method.
    quantity : str
        What is explained of the class, or "channel".
    channel_layer : str or None
        Whose channel is explained, where it is one.
    channel : int or None
        Which one; None for the one with most influence on the class.
    grid : tuple of dict
        Several methods at once, each with its options and its layer; empty for one alone.
    focus : int
        Which of them the method, the options and the layer above are.
    """

    method: str
    target: int | None
    contrast: int | None
    layer: str | None
    index: int
    options: dict[str, Any]
    quantity: str = quantities.SCORE
    channel_layer: str | None = None
    channel: int | None = None
    grid: tuple[cells.Cell, ...] = ()
    focus: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        grid = [{**cell, "options": dict(cell["options"])} for cell in self.grid]
        return {**own, "options": dict(self.options), "grid": grid}

    def cells(self) -> list[State]:
        """Return what is on the screen as single questions: one, or one for each method of the grid."""
        if not self.grid:
            return [self]
        return [replace(self, **cell, grid=(), focus=0) for cell in self.grid]

    def titles(self) -> list[str]:
        """Return what stands above each of these."""
        states = self.cells()
        return cells.titles([state.make_method() for state in states], [state.layer for state in states])

    def make_method(self) -> Method:
        """Return the method with its options."""
        return METHODS[self.method].from_controls(self.options)


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

    def in_words(self, state: State, top: int | None, channel: int | None = None) -> str:
        """Return what is explained in words, with `top` as the top class and `channel` where they are known."""
        kind = self.quantities[state.quantity]
        if kind.of_layer:
            number = channel if state.channel is None else state.channel
            spatial = len(self.named.at(state.channel_layer).shape) > 1
            part = "channel" if spatial else "unit"
            return (
                f"{f'the most influential {part}' if number is None else f'{part} {number}'} of {state.channel_layer}"
            )
        target = top if state.target is None else state.target
        name = "the top class" if target is None else self.named.class_name(target)
        if self.named.segmentation:
            name = "the largest segment" if state.target is None else f"the segment {name}"
        if state.contrast is not None:
            return f"{name} rather than {self.named.class_name(state.contrast)}"
        return name if state.quantity == quantities.SCORE else f"the {kind.label} of {name}"

    def said(self, state: State, model: Model, picture: Input, top: int) -> dict[str, Any]:
        """Return what is to be said of a picture beside its predictions, as JSON.

        ``quantity`` is what is explained in words, ``remark`` what the options amount to, ``ends`` what the ends of the
        colour scale mean, ``channel`` the number of the channel explained and of how many it is one, or None.
        """
        method = state.make_method()
        channel = None
        if self.quantities[state.quantity].of_layer:
            channel = {
                "index": self.channel(state, model, picture),
                "count": quantities.channel_count(model, str(state.channel_layer)),
            }
        return {
            "quantity": self.in_words(state, top, None if channel is None else channel["index"]),
            "remark": method.remark,
            "ends": list(method.ends_at(state.layer, self.pictures.columns is not None)),
            "channel": channel,
        }

    def title(self, state: State, top: int | None = None, channel: int | None = None) -> str:
        """Return the sentence above the picture."""
        if state.grid:
            return f"{len(state.grid)} methods: why {self.in_words(state, top, channel)}"
        where = "" if state.layer is None else f", at layer {state.layer}"
        return f"{state.make_method().title}: why {self.in_words(state, top, channel)}{where}"

    def code(self, state: State) -> str:
        """Return Python that gives what is on the screen as ``result``.

        It starts from ``images`` as they were given, and from ``model``, or ``models`` where a dict was given.
        """
        made, layer, each = _methods_code(state)
        written = {name: self.pictures.input(name, state.index).expression for name in self.models}
        most_influential = self.quantities[state.quantity].of_layer and state.channel is None
        asked = {name: self._quantity_code(state, model) for name, model in self.models.items()}
        given = "model" if len(self.models) == 1 and "" in self.models else "models"
        lines = ["import xai_widgets as xai", "", f"# {given} and images are {self.pictures.origin}."]
        if any("np." in expression for expression in written.values()):
            lines.insert(0, "import numpy as np")
        if len(self.models) == 1:
            ((name, expression),) = written.items()
            model = "model" if not name else f"models[{name!r}]"
            lines.append(f"x = {expression}")
            if most_influential:
                lines.append(f"channel = {self._channel_code(state, model, 'x', asked[name])}")
                asked[name] = f"xai.Channel({state.channel_layer!r}, channel)"
            call = f"method({model}, x, quantity={asked[name]}{layer})"
            result = f"result = {{title: {call} {each}}}" if each else f"result = {call}"
            return "\n".join([*lines, *made, result])
        lines += made
        if most_influential:
            for name, expression in written.items():
                channel = self._channel_code(state, f"models[{name!r}]", expression, asked[name])
                asked[name] = f"xai.Channel({state.channel_layer!r}, {channel})"
        elif len(set(asked.values())) == 1:
            lines.append(f"quantity = {next(iter(asked.values()))}")
            asked = dict.fromkeys(asked, "quantity")
        calls = [
            f"    {name!r}: method(models[{name!r}], {expression}, quantity={asked[name]}{layer}),"
            for name, expression in written.items()
        ]
        if each:
            calls = ["    title: {", *(f"    {call}" for call in calls), "    }", f"    {each}"]
        return "\n".join([*lines, "result = {", *calls, "}"])

    @staticmethod
    def _channel_code(state: State, model: str, x: str, quantity: str) -> str:
        return f"xai.influential_channel({model}, {x}, {state.channel_layer!r}, quantity={quantity})"

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

    def _quantity_code(self, state: State, model: Model) -> str:
        """Return the quantity with the class names that `model` knows."""

        def name(index: int | None) -> int | str | None:
            known = index is not None and model.classes is not None and model.classes.count(model.classes[index]) == 1
            return model.classes[index] if known and model.classes is not None and index is not None else index

        if self.quantities[state.quantity].of_layer and state.channel is not None:
            return f"xai.Channel({state.channel_layer!r}, {state.channel})"
        kind = quantities.SCORE if self.quantities[state.quantity].of_layer else state.quantity
        quantity = quantities.make(kind, model, state.target, state.contrast)
        targets = [getattr(quantity, field.name) for field in fields(quantity)]
        while targets and targets[-1] is None:
            targets.pop()
        return f"xai.{type(quantity).__name__}({', '.join(repr(name(target)) for target in targets)})"


class Predictions:
    """What the models make of the pictures, remembered, and asked for again once in a while.

    Parameters
    ----------
    choices : Choices
    changed : callable
        Called when a model no longer says what it said of a picture: it was trained on.
    """

    def __init__(self, choices: Choices, changed: Callable[[], None]) -> None:
        self._choices = choices
        self._changed = changed
        self._known: dict[tuple[str, Hashable], tuple[float, Array]] = {}
        self._labels: dict[tuple[str, Hashable], Array] = {}

    def top(self, name: str, state: State, picture: Input, also: Collection[int] = ()) -> list[dict[str, Any]]:
        """Return the classes with the largest scores, the largest first, those that are asked about, and more."""
        return self._rows(name, state, self.values(name, picture), also)

    def known(self, name: str, state: State) -> list[dict[str, Any]]:
        """Return the same without asking the model, empty where that was not done yet."""
        known = self._known.get((name, self._choices.pictures.input(name, state.index).key))
        return [] if known is None else self._rows(name, state, known[1])

    def _rows(self, name: str, state: State, values: Array, also: Collection[int] = ()) -> list[dict[str, Any]]:
        kind = "value" if self._choices.models[name].outputs == "values" else "probability"
        order = np.argsort(-values, kind="stable").tolist()
        asked = {state.target, state.contrast, *also}
        order = [i for place, i in enumerate(order) if place < SHOWN_CLASSES or i in asked]
        named = self._choices.named
        return [{"index": i, "name": named.class_name(i), kind: float(values[i])} for i in order]

    def values(self, name: str, picture: Input) -> Array:
        """Return the probabilities of all classes, or the outputs of a model that has none."""
        known = self._known.get((name, picture.key))
        if known is not None and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1]
        model = self._choices.models[name]
        values: Array = model.shares(picture.value)[0]
        if known is not None and not np.allclose(values, known[1], rtol=1e-4, atol=1e-6):
            self._known = {key: value for key, value in self._known.items() if key[0] != name}
            self._changed()
        self._known[name, picture.key] = (time.monotonic(), values)
        self._labels.clear()
        if len(self._known) > KNOWN_PREDICTIONS:
            self._known.pop(next(iter(self._known)))
        return values

    def labels(self, name: str, picture: Input) -> Array | None:
        """Return the class that a segmentation answers at each place (height, width); None where there is no such."""
        model = self._choices.models[name]
        if not model.segmentation or model.outputs == "values":
            return None
        self.values(name, picture)  # finds out whether what is known is still so
        key = (name, picture.key)
        if key not in self._labels:
            self._labels[key] = model.segments(picture.value)[0]
        return self._labels[key]

    def segment(self, name: str, state: State) -> Array | None:
        """Return the places (height, width) of the segment that is explained; None where there is no such."""
        if self._choices.quantities[state.quantity].of_layer:
            return None
        labels = self.labels(name, self._choices.pictures.input(name, state.index))
        which = None if labels is None else explained_class(labels, state.target)
        return None if labels is None or which is None else labels == which


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


def catalogue(choices: Choices) -> dict[str, Any]:
    """Return all there is to choose from as the front end takes it."""
    names = choices.named
    return {
        "models": list(choices.models),
        "classes": [names.class_name(index) for index in range(names.output_count)],
        "layers": choices.layers,
        "methods": [
            {
                "name": method.name,
                "label": method.label,
                "sentence": method.sentence,
                "reference": method.reference,
                "family": method.family,
                "takes_layer": method.takes_layer,
                "needs_layer": method.needs_layer,
                "ends": list(method().ends),
                "options": [choices.described(option) for option in method.controls()],
            }
            for method in METHODS.values()
        ],
        "families": [{"name": name, **family._asdict()} for name, family in FAMILIES.items()],
        "quantities": [asdict(kind) for kind in choices.quantities.values()],
        "pictures": choices.pictures.catalogue(),
        "columns": choices.pictures.columns,
        "segmentation": names.segmentation,
    }


def checked_models(models: Any) -> dict[str, Model]:
    """Return the models by name, one that was given bare under the empty name.

    Raises
    ------
    TypeError
        If something is no wrapped model.
    """
    if isinstance(models, Model):
        return {"": models}
    if not isinstance(models, Mapping):
        raise InputTypeError(
            f"Found a {type(models).__name__}; expected a wrapped network, xai_widgets.wrap(network), or a dict of "
            "them by name."
        )
    if not models:
        raise InputError("There are no models in the dict; expected at least one.")
    for name, model in models.items():
        if not isinstance(name, str) or not name:
            raise InputTypeError(f"The models are named by {name!r}; expected a str that is not empty.")
        if not isinstance(model, Model):
            raise InputTypeError(
                f"{name!r} is a {type(model).__name__}; expected a wrapped network: xai_widgets.wrap(network)."
            )
    return dict(models)


def check_alike(models: Mapping[str, Model]) -> None:
    """Refuse models that do not speak of the same classes."""
    (first, one), *others = models.items()
    for name, other in others:
        if other.output_count != one.output_count:
            raise InputError(
                f"{first!r} has {one.output_count} outputs and {name!r} has {other.output_count}; models that are "
                "shown side by side need the same classes."
            )
        if one.classes is not None and other.classes is not None and other.classes != one.classes:
            raise InputError(
                f"{first!r} and {name!r} name their classes differently; expected the same names in order."
            )


def mapping(options: Any) -> Mapping[str, Any]:
    """Return the options, if they are a mapping."""
    if not isinstance(options, Mapping):
        raise InputTypeError(f"options is {options!r}; expected a dict such as {{'steps': 64}}.")
    return options


def _methods_code(state: State) -> tuple[list[str], str, str]:
    """Return the lines that make the method, or those of the grid, what is said of the layer, and how to go through."""
    if not state.grid:
        layer = "" if state.layer is None else f", layer={state.layer!r}"
        return [f"method = {in_python(state.make_method())}"], layer, ""
    states = state.cells()
    layered = any(one.layer is not None for one in states)
    rows = [(title, in_python(one.make_method()), one.layer) for title, one in zip(state.titles(), states, strict=True)]
    lines = [f"    {title!r}: {f'({method}, {layer!r})' if layered else method}," for title, method, layer in rows]
    made = ["methods = {", *lines, "}"]
    if layered:
        return made, ", layer=layer", "for title, (method, layer) in methods.items()"
    return made, "", "for title, method in methods.items()"


def in_python(value: Any) -> str:
    """Return the Python that makes a method, or what it is made of, after ``import xai_widgets as xai``."""
    if not isinstance(value, Optioned):
        return repr(value)
    chosen = {field.name: getattr(value, field.name) for field in fields(value)}
    arguments = ", ".join(f"{name}={in_python(one)}" for name, one in chosen.items() if one is not None)
    return f"xai.{type(value).__name__}({arguments})"


def _json(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
