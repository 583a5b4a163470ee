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
from xai_widgets.evaluation.metric import Metric

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

QUANTITIES = [
    None, xai.Logit(0), xai.Logit("ring"), xai.Margin(0, 1), xai.Probability(1), xai.LogProbability(), "score",
    "probability", "channel", xai.Channel("conv2", 1), xai.Unit("conv2", (0, 0, 0)), xai.Custom(lambda z: z[:, 0]),
]  # fmt: skip
PICTURES = [np.full(shape, 0.3, np.float32) for shape in ((1, 8, 8), (8, 8, 1), (2, 8, 8, 1), (2, 1, 8, 8))]

PLAUSIBLE: dict[str, list[Any]] = {
    "layer": [None, "conv", "conv2", "embedding"],
    "quantity": QUANTITIES,
    "target": [None, 0, 1, "cross", "ring", "good"],
    "label": [None, 0, 1, "cross", "bad"],
    "contrast": [None, 0, 1, "ring", "bad"],
    "channel_layer": [None, "conv", "conv2"],
    "channel": [None, 0, 1],
    "method": ["saliency", "occlusion", "grad_cam", "rise", xai.Saliency(), xai.IntegratedGradients(steps=4)],
    "methods": [["saliency"], ["occlusion", xai.GradCam()], [{"method": "saliency", "layer": "conv"}]],
    "grid": [[], ["saliency"], ["occlusion", "rise"]],
    "options": [{}, {"steps": 4}, {"baseline": "white"}, {"window": 2, "stride": 2}, {"samples": 4, "sigma": 0.1}],
    "display": [{}, {"opacity": 0.5, "sign": "positive"}, {"layout": "beside"}],
    "baseline": ["black", "white", "mean", "blur", "zero", "padding", 0.2, *PICTURES, np.zeros(4, int)],
    "baselines": ["uniform", "plain", 0.2, *PICTURES, np.zeros((2, 4), int)],
    "features": ["pixels", "squares", "channels", "superpixels", np.arange(64).reshape(1, 8, 8) // 8],
    "x": [*PICTURES, np.array([2, 5, 4, 0]), "a fine film"],
    "images": [*PICTURES, np.zeros((3, 8, 8, 1), np.uint8)],
    "texts": ["a fine film", ["dull", "not fine"], np.array([2, 5, 4, 0])],
    "inputs": [*PICTURES, np.array([[2, 5, 4, 0]]), np.zeros((2, 2, 1, 8, 8), np.float32)],
    "norm": ["l2", "linf"],
    "outputs": ["logits", "probabilities", "values", None],
    "bounds": [(0, 1), (0, 255), (-1, 1), None],
    "classes": [None, ["a", "b", "c"], ["a", "b"], {"a": 1, "b": 0}],
    "preprocess": [None, {"mean": [0.5], "std": [0.5]}, lambda x: x * 2],
    "input_layout": [None, "channels, height, width", "height, width, channels", "tokens"],
    "vocabulary": [None, list("abcdefg")],
    "typed": [{}, {"row": [0, 2]}, {"row": {"feature 0": 3}}, {"picture": [1]}],
    "struck": [{}, {"row": [0]}],
    "path": ["a.npz", "b", Path("c.npz")],
}
"""What may well fit: it leads farther in than what is odd everywhere."""

SAID = ["channels, height, width", "height, width, channels", "tokens", "2 + 3 x 3 tokens, channels", "heads", ","]
"""What may be said of the axes of a layer."""

SUBJECTS = {"model", "models", "network", "x", "images", "texts", "judged", "resume"}
"""What is odd more seldom: all else is looked at behind it."""

FEW = 3
"""So many estimates of a stream are looked at: an option may well ask for millions."""


@dataclass
class Call:
    """A call and its arguments, the odd ones among them."""

    name: str
    run: Any
    usual: dict[str, Any]
    odd: dict[str, Any]
    shown: dict[str, Any] | None = None

    @property
    def arguments(self):
        """All of them."""
        return {**self.usual, **self.odd}

    def __str__(self):
        odd = self.odd if self.shown is None else self.shown
        return f"{self.name}({', '.join(f'{name}={reprlib.repr(value)}' for name, value in odd.items())})"


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
    """Draws calls of the public names on the models of a framework, and the inputs that fit them.

    Parameters
    ----------
    stand : Stand
    random : Generator
    kinds : sequence of str
        Of which calls: "made", "asked", "function", "wrapped", "question", "file", "widget".
    """

    def __init__(self, stand, random, kinds):
        self.stand, self.random = stand, random
        self.kinds = [getattr(self, f"_{kind}") for kind in kinds]
        self.odd = [*ODD, *stand.odd]
        classes = [getattr(xai, name) for name in xai.__all__ if inspect.isclass(getattr(xai, name))]
        self.made = [one for one in classes if _made_by_readers(one)]
        self.methods = [one for one in self.made if issubclass(one, xai.Method) or hasattr(one, "stream")]

    def draw(self):
        """Return one more call."""
        return self._one(self.kinds)()

    def _value(self, name, default=None):
        """Return a value for an argument: an odd one, or one that may well be meant."""
        fitting = PLAUSIBLE.get(name, [0, 1, 2, 3, 0.25] if isinstance(default, int | float) else [])
        return self._one(fitting if fitting and self.random.random() < 0.6 else self.odd)

    def _one(self, things):
        return things[self.random.integers(len(things))]

    def _some(self, function, but=()):
        """Return odd values for one or two of the arguments of a function; for layouts also of a layer."""
        parameters = [one for one in inspect.signature(function).parameters.values() if one.kind != one.VAR_KEYWORD]
        parameters = [one for one in parameters if one.name not in but]
        others = [one for one in parameters if one.name not in SUBJECTS]
        parameters = others if others and self.random.random() < 0.8 else parameters
        chosen = self.random.permutation(len(parameters))[: self.random.choice((1, 1, 2))]
        found = {one.name: self._value(one.name, one.default) for one in (parameters[place] for place in chosen)}
        if "layouts" in found and self.random.random() < 0.7:
            found["layouts"] = {self._one(("conv2", "*", "embedding")): self._one([*self.odd, *SAID])}
        return found

    def _model(self):
        """Return a model, and inputs that fit it."""
        return self._one(self.stand.models)

    def _made(self):
        """Something that is made of options, and then used where it could be made."""
        kind = self._one(self.made)
        odd = self._some(kind, but=("state",))
        model, x = self._model()

        def run(**options):
            made = kind(**options)
            if isinstance(made, xai.Quantity):
                return xai.ask(model, x, made).score
            if isinstance(made, xai.Distribution):
                made = xai.Influence(distribution=made)
            if isinstance(made, Metric):
                return list(itertools.islice(made.stream(model, x, method=xai.Saliency()), FEW))
            return list(itertools.islice(made.stream(model, x), FEW)) if hasattr(made, "stream") else made

        return Call(kind.__name__, run, _needed(kind), odd)

    def _asked(self):
        """A method, an attack or a question with odd inputs, quantities and layers."""
        kind = self._one(self.methods)
        usual = dict(zip(("model", "x"), self._model(), strict=True))
        if issubclass(kind, Metric):
            usual = {"judged": usual["model"], "x": usual["x"], "method": xai.Saliency()}
        made = kind(**_needed(kind))

        def run(**given):
            return list(itertools.islice(made.stream(**given), FEW))

        return Call(f"{kind.__name__}().stream", run, usual, self._some(made.stream))

    def _function(self):
        """One of the functions, or of what a model answers."""
        model, x = self._model()
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
            model.layout_of: {"layer": None},
            model.target: {"target": 0},
            model.words: {"ids": [0, 1]},
            model.ids: {"text": "a film"},
            model.with_direction: {"layer": "conv2", "vector": np.ones(8)},
            model.with_activation: {"layer": "conv2", "values": np.ones(8)},
            model.with_ablation: {"layer": "conv2", "units": [0]},
            xai.Concept: {"name": "a", "examples": x},
            xai.correlated: {"background": np.eye(4), "columns": (0, 1), "correlation": 0.5},
        }
        function = self._one(list(usual))
        return Call(function.__qualname__, function, usual[function], self._some(function))

    def _wrapped(self):
        return Call("wrap", xai.wrap, self._one(self.stand.wrapping), self._some(xai.wrap))

    def _question(self):
        """What a question, or a result, is asked."""
        model, x = self._model()
        layer = self._one((None, model.layers[0]))
        question = xai.ask(model, x, layer=layer)
        usual = {question.values: {"inputs": x}, question.gradients: {"inputs": x}, question.at: {"layer": layer}}
        function = self._one(list(usual))
        return Call(function.__qualname__, function, usual[function], self._some(function))

    def _file(self):
        """A result that is saved, or read; where it is saved to is where the test runs."""
        result = xai.Saliency()(*self.stand.models[0])
        usual = {result.save: {}, xai.load: {}}
        function = self._one(list(usual))
        return Call(function.__qualname__, function, usual[function], {"path": self._value("path")})

    def _widget(self):
        """A widget that is opened, changed and closed."""
        explaining = (xai.explore, xai.grid, xai.paint, xai.tokens)
        looking = (
            xai.units,
            xai.excite,
            xai.concepts,
            xai.dictionary,
            xai.representations,
            xai.prototypes,
            xai.without,
        )
        make = self._one((*explaining, *looking, xai.intervene, xai.attack, xai.judge, xai.randomise, xai.rank))
        first = (
            "models" if make in (xai.attack, xai.excite, xai.representations, xai.prototypes, xai.without) else "model"
        )
        pictures = {first: self.stand.models[0][0], "images": self.stand.images}
        usual = {"model": self.stand.reader[0], "texts": self.stand.reader[1]} if make is xai.tokens else pictures
        if make is xai.concepts:
            concept = xai.Concept("dark", self.stand.images * 0.5, counterpart=self.stand.images)
            usual = {**pictures, "concepts": concept, "options": {"runs": 4}}
        if make is xai.prototypes:
            usual = {**pictures, "training": self.stand.images}
        if make is xai.intervene:
            usual = {**pictures, "layer": "conv2", "levels": (0, 1)}
        if make is xai.without:
            usual = {
                "models": self.stand.table,
                "images": np.eye(3),
                "background": np.random.default_rng(0).normal(size=(9, 3)),
            }
        several = make is xai.explore and self.random.random() < 0.5
        if several:
            usual = dict(zip(("model", "images"), self.stand.several, strict=True))
        if make is xai.units:
            usual = {**pictures, "concepts": {"top": np.indices((len(self.stand.images), 8, 8))[1] < 4}}
        odd = self._some(make)
        if make in explaining and self.random.random() < 0.3:
            name = self._one(("steps", "samples", "baseline", "sigma", "none"))
            odd[name] = self._value(name, 1)
        settings = _settings_of(xai.InputsExplorer if several else make)
        changes = self._some(settings) if self.random.random() < 0.5 else {}

        def run(**given):
            widget = make(**given)
            try:
                if changes:
                    widget.set(**changes)
            finally:
                widget.close()

        shown = {**odd, **{f"set {name}": value for name, value in changes.items()}}
        return Call(make.__name__, run, usual, odd, shown)


def _settings_of(make):
    """Return a function whose arguments are those that a widget is set to later."""
    if make is xai.InputsExplorer:
        return lambda typed, struck, features, index, method, target, quantity, options, display: None
    if make is xai.attack:
        return lambda epsilon, norm, target, steps, restarts, method, index, display: None
    if make is xai.randomise:
        return lambda depth, order, draws, measure, target, index, grid, focus, method, options, layer, display: None
    if make is xai.rank:
        return lambda metrics, row, column, target, index, grid, focus, method, options, layer, display: None
    if make is xai.excite:
        return lambda method, options, network, target, channel, layer, start, index, display: None
    if make is xai.dictionary:
        return lambda layer, feature, without, index, options, method, display: None
    if make is xai.concepts:
        return lambda layer, target, concept, step, count, without, index, options, method, display: None
    if make is xai.prototypes:
        return lambda network, layer, target, contrast, without, index, options, method, display: None
    if make is xai.representations:
        return lambda one, other, layer, beside, index, marked, options, method, display: None
    if make is xai.intervene:
        return lambda told, index, options, method, display: None
    if make is xai.without:
        return lambda network, target, first, second, correlation, index, options, method, display: None
    if make is xai.units:
        return lambda layer, unit, formula, without, index, options, method, display: None
    if make is xai.judge:
        return lambda share, way, fill, features, size, steps, controls, grid, focus, layer, target, index: None
    return lambda method, target, contrast, layer, index, options, quantity, channel, grid, focus, display, steps: None


def _made_by_readers(kind):
    """Whether it is something that one makes oneself, and not a result, a widget or a model."""
    kinds = (
        xai.Quantity,
        xai.Distribution,
        xai.Method,
        xai.ProjectedGradientDescent,
        xai.NearestBoundary,
        Metric,
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
        xai.Localisation: {"mask": np.arange(64).reshape(8, 8) < 20},
        xai.TrueMask: {"masks": np.arange(64).reshape(8, 8) < 20},
        xai.Game: {"players": ["a"], "value": {(): 0, "a": 1}},
    }
    return needed.get(kind, {})
