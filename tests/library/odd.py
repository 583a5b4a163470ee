"""Calls of public functions with odd arguments, always the same ones: what comes is a result or an error of ours."""

import inspect
import itertools
import reprlib
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import xai_widgets as xai

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3, 7, 1000, -0.0, 0.5, 1.5, -2.5, 1e-320, 1e38, 1e308, -1e308, 2**31, 2**63, 2**64,
    10**400, -(10**400), float("nan"), float("inf"), float("-inf"), 1j, np.float32(0.5), np.float64("nan"), np.int8(3),
    np.uint8(255), np.int64(-5), np.bool_(True), np.complex64(1j), "", "cross", "black", "none of these", "0", "conv2",
    "\x00", b"", b"cross", [], (), {}, set(), frozenset({1}), [1], [1, 2], (0, 1), (1, 0), (1, 8, 8), [None], ["a", 1],
    [[1, 2], [3]], [[[0.5]]], {"a": 1}, {0: "cross"}, {1, 2}, range(3), range(0), iter(()), slice(None), ..., object(),
    object, int, np.zeros, len, lambda: 0, lambda *a, **k: None, lambda scores: scores, ValueError("no"), np.array(1.0),
    np.array(None), np.zeros(0), np.zeros((0, 8, 8)), np.zeros(3), np.zeros((8, 8)), np.zeros((1, 8, 8)),
    np.ones((1, 8, 8), np.float32) / 2, np.zeros((2, 1, 8, 8), np.float32), np.zeros((1, 8, 8), bool),
    np.zeros((1, 8, 8), int), np.full((1, 8, 8), np.nan), np.full((1, 8, 8), np.inf), np.zeros((1, 8, 8), complex),
    np.array(["a", "b"]), np.array([object()]), np.array([1, None]), np.zeros((8, 8, 1)), np.zeros((1,) * 9),
    np.array("2020-01-01", "datetime64[D]"), np.zeros(2, [("a", int)]), torch.zeros(1, 8, 8), torch.tensor(1),
    torch.zeros(1, 8, 8, requires_grad=True), torch.zeros(0), torch.nn.Identity(), torch.nn.Linear, torch.float32,
    xai.Saliency(), xai.Saliency, xai.Logit("cross"), xai.Logit, xai.Margin(0, 1), xai.Channel("conv2", 1), xai.Line(),
    xai.Gaussian(samples=2), xai.Unit("conv2", (0, 0, 0)), memoryview(b"ab"), bytearray(b"ab"), Exception,
    NotImplemented,
]  # fmt: skip

FEW = 3
"""So many estimates of a stream are looked at: an option may well ask for millions."""


@dataclass
class Call:
    """A call and its arguments, the odd ones among them."""

    name: str
    run: Any
    usual: dict[str, Any]
    odd: dict[str, Any]

    @property
    def arguments(self):
        """All of them."""
        return {**self.usual, **self.odd}

    def __str__(self):
        return f"{self.name}({', '.join(f'{name}={reprlib.repr(value)}' for name, value in self.odd.items())})"


def verdict(call):
    """Return what is wrong about the outcome of a call, or None: an error that is not ours, or a foreign warning."""

    def told(error):
        ours = [one for one in traceback.extract_tb(error.__traceback__) if "xai_widgets" in one.filename]
        place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "the call itself"
        return f"{call}: {type(error).__name__} at {place}: {str(error)[:200]}"

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            call.run(**call.arguments)
        except (ValueError, TypeError) as error:
            if not type(error).__module__.startswith("xai_widgets"):
                return told(error)
            if not str(error).strip():
                return f"{call}: an error without a word"
        except Exception as error:  # noqa: BLE001  # this is what is looked for
            return told(error)
    foreign = [one for one in heard if one.category is not UserWarning]
    return f"{call}: {foreign[0].category.__name__}: {foreign[0].message}" if foreign else None


class Calls:
    """Draws calls of the public names, on a few models and the inputs that fit them."""

    def __init__(self, models, inputs, wrapping):
        self.models, self.inputs, self.wrapping = models, inputs, wrapping
        classes = [getattr(xai, name) for name in xai.__all__ if inspect.isclass(getattr(xai, name))]
        self.made = [one for one in classes if _made_by_readers(one)]
        self.methods = [one for one in self.made if issubclass(one, xai.Method) or hasattr(one, "stream")]

    def draw(self, random):
        """Return one more call."""
        kinds = (self._made, self._made, self._asked, self._asked, self._function, self._function, self._wrapped)
        return kinds[random.integers(len(kinds))](random)

    def _odd(self, random):
        return ODD[random.integers(len(ODD))]

    def _some(self, random, names):
        """Return odd values for one or two of these names."""
        chosen = random.permutation(len(names))[: random.integers(1, 3)]
        return {names[place]: self._odd(random) for place in chosen}

    def _made(self, random):
        """Something that is made of options, and then used where it could be made."""
        kind = self.made[random.integers(len(self.made))]
        names = [name for name in inspect.signature(kind).parameters if name != "state"]
        odd = self._some(random, names) if names else {}
        place = random.integers(len(self.models))
        model, x = self.models[place], self.inputs[place]

        def run(**options):
            made = kind(**options)
            if isinstance(made, xai.Quantity):
                return xai.ask(model, x, made).score
            if isinstance(made, xai.Distribution):
                made = xai.Influence(distribution=made)
            if isinstance(made, xai.Infidelity):
                return list(itertools.islice(made.stream(model, x, method=xai.Saliency()), FEW))
            return list(itertools.islice(made.stream(model, x), FEW)) if hasattr(made, "stream") else made

        return Call(kind.__name__, run, _needed(kind), odd)

    def _asked(self, random):
        """A method, an attack or a question with odd inputs, quantities and layers."""
        kind = self.methods[random.integers(len(self.methods))]
        place = random.integers(len(self.models))
        usual = {"model": self.models[place], "x": self.inputs[place]}
        if issubclass(kind, xai.Infidelity):
            usual = {"judged": usual["model"], "x": usual["x"], "method": xai.Saliency()}
        made = kind(**_needed(kind))
        names = list(inspect.signature(made.stream).parameters)

        def run(**given):
            return list(itertools.islice(made.stream(**given), FEW))

        return Call(f"{kind.__name__}().stream", run, usual, self._some(random, names))

    def _function(self, random):
        """One of the functions, or of what a model answers."""
        place = random.integers(len(self.models))
        model, x = self.models[place], self.inputs[place]
        usual = {
            xai.ask: {"model": model, "x": x},
            xai.channel_influence: {"model": model, "x": x, "layer": "conv2"},
            xai.influential_channel: {"model": model, "x": x, "layer": "conv2"},
            xai.channel_mask: {"model": model, "x": x, "layer": "conv2", "blur": 1},
            xai.outside_ellipse: {"shape": (8, 8)},
            xai.methods: {"model": model},
            xai.Game.of: {"model": model, "x": x, "size": 4},
            model.scores: {"x": x},
            model.probabilities: {"x": x},
            model.shares: {"x": x},
            model.segments: {"x": x},
            model.at: {"layer": None},
            model.target: {"target": 0},
            model.words: {"ids": [0, 1]},
            model.ids: {"text": "a film"},
        }
        function = list(usual)[random.integers(len(usual))]
        names = list(inspect.signature(function).parameters)
        return Call(function.__qualname__, function, usual[function], self._some(random, names))

    def _wrapped(self, random):
        usual = self.wrapping[random.integers(len(self.wrapping))]
        names = list(inspect.signature(xai.wrap).parameters)
        return Call("wrap", xai.wrap, usual, self._some(random, names))


def _made_by_readers(kind):
    """Whether it is something that one makes oneself, and not a result, a widget or a model."""
    kinds = (
        xai.Quantity,
        xai.Distribution,
        xai.Method,
        xai.ProjectedGradientDescent,
        xai.NearestBoundary,
        xai.Infidelity,
    )
    return (issubclass(kind, kinds) and not inspect.isabstract(kind)) or kind is xai.Game


def _needed(kind):
    """Return what it cannot be made without, and options that make it quick."""
    needed = {
        xai.Margin: {"a": "cross", "b": "ring"},
        xai.Custom: {"function": lambda scores: scores[:, 0]},
        xai.Unit: {"layer": "conv2", "index": (0, 0, 0)},
        xai.Channel: {"layer": "conv2", "index": 0},
        xai.NeuronConductance: {"through": xai.Channel("conv2", 0)},
        xai.ProjectedGradientDescent: {"epsilon": 0.1},
        xai.Game: {"players": ["a"], "value": {(): 0, "a": 1}},
    }
    return needed.get(kind, {})
