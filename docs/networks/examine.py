"""What is checked on one network: each check is a number to be small, a word, or why it is refused."""

from __future__ import annotations

import json
import sys
import time
import traceback
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

import xai_widgets as xai
from docs.networks.by_hand import Array, KerasByHand, TorchByHand
from docs.networks.zoo import ZOO, Entry

EXAMPLES = 6
"""How many random inputs are made; the first one is explained, the second one is a baseline."""

STEPS = 4
"""Panels of integrated gradients, by the library and by hand."""

METHODS = (
    "DeepLift",
    "RelevancePropagation",
    "AttnLrp",
    "CpLrp",
    "AttentionRollout",
    "AttentionRelevance",
    "GuidedBackpropagation",
)
"""Which are asked whether they cover the network; where values count from a score, by how much their sum misses it."""


def examined(entry: Entry) -> dict[str, Any]:
    """Return what was found about a network, a check each."""
    network = entry.make()
    by_hand: Any = KerasByHand(network)
    if entry.source != "keras":
        by_hand = TorchByHand(network, entry.arguments.get("output"))
    random = np.random.default_rng(zlib.crc32(entry.name.encode()))
    shape = (EXAMPLES, *entry.shape)
    if entry.vocabulary:
        examples: Array = random.integers(3, entry.vocabulary, shape)
    else:
        examples = random.random(shape, np.float32)
    by_hand.prepare(zlib.crc32(entry.name.encode()), examples)
    x, other = examples[:2]
    before = by_hand.state()
    found: dict[str, Any] = {}
    start = time.process_time()
    found["wrap"] = _asked(lambda: _wrapped(entry, network, x, found))
    found["seconds"] = round(time.process_time() - start, 1)
    model = found.pop("model", None)
    if model is not None:
        scores = by_hand.scores(x[None])[0]
        target = int(scores.reshape(len(scores), -1).sum(axis=1).argmax())
        checks = {
            "scores": lambda: _apart(model.scores(x[None]), by_hand.scores(x[None])),
            "saliency": lambda: _saliency(model, by_hand, x, target),
            "integrated gradients": lambda: _integrated(model, by_hand, x, other, target),
            "occlusion": lambda: _occlusion(model, by_hand, x, target),
            "grid": lambda: _grid(model, entry),
            "Grad-CAM": lambda: _grad_cam(model, by_hand, entry, x, target),
        }
        found.update({name: _asked(check) for name, check in checks.items()})
        found.update({name: _asked(lambda name=name: _method(model, name, x, target)) for name in METHODS})
    after = by_hand.state()
    found["untouched"] = all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    return found


def _asked(check: Callable[[], Any]) -> Any:
    """Return what a check brings, or why the library refuses; what is no refusal is an error, and marked as one."""
    try:
        return check()
    except (ValueError, TypeError) as refusal:
        ours = type(refusal).__module__.startswith("xai_widgets")
        return {"refused" if ours else "error": f"{refusal}"}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return {"error": f"{type(error).__name__}: {error}", "where": traceback.format_exc()[-1500:]}


def _wrapped(entry: Entry, network: Any, x: Array, found: dict[str, Any]) -> str:
    model = xai.wrap(network, input_shape=entry.shape, **entry.arguments)
    model.scores(x[None])
    known = [layout.known for layout in model.layouts.values()]
    found["model"], found["layers"] = model, [sum(known), len(known)]
    return repr(model)


def _saliency(model: xai.Model, by_hand: Any, x: Array, target: int) -> Any:
    found = xai.Saliency()(model, x, _quantity(model, target)).values
    if model.tokens:
        return _apart(found, by_hand.at_layer(x, target, str(model.embedding))[1])
    return _beside_double(found, by_hand, lambda one, kind: one.gradient(x.astype(kind), target))


def _integrated(model: xai.Model, by_hand: Any, x: Array, other: Array, target: int) -> Any:
    """Compare with a loop, from a random baseline: in one colour the maxima of pools are tied, and rounding decides."""
    weights = np.full(STEPS + 1, 1 / STEPS)
    weights[[0, -1]] /= 2
    if model.tokens:
        found = xai.IntegratedGradients(steps=STEPS)(model, x, xai.Logit(target))
        return _apart(found.values, by_hand.along(x, model.tokens.padding, weights, target, str(model.embedding)))
    found = xai.IntegratedGradients(steps=STEPS, baseline=other)(model, x, _quantity(model, target))

    def looped(one: Any, kind: type) -> Array:
        line = zip(weights, np.linspace(0, 1, STEPS + 1), strict=True)
        gradients = (
            weight * one.gradient((other + place * (x - other)).astype(kind), target) for weight, place in line
        )
        total: Array = sum(gradients) * (x - other)
        return total

    return _beside_double(found.values, by_hand, looped)


def _beside_double(found: Any, by_hand: Any, oracle: Callable[[Any, type], Array]) -> Any:
    """Return how far it is from the same in double precision, and how far single precision by hand is.

    Where there is no double precision, rounding is told by weights that are moved by the last of their digits.
    """
    single, double = oracle(by_hand, np.float32), by_hand.double()
    if double is not None:
        exact = oracle(double, np.float64)
        return {"apart": _apart(found, exact), "rounding": _apart(single, exact)}
    with by_hand.moved():
        moved = oracle(by_hand, np.float32)
    return {"apart": _apart(found, single), "rounding": _apart(moved, single)}


def _occlusion(model: xai.Model, by_hand: Any, x: Array, target: int) -> float:
    """Compare with windows that do not overlap, put there one by one."""
    side = min(size for size in x.shape if size > 3) // (1 if model.tokens else 2)
    side = 3 if model.tokens else side
    found = xai.Occlusion(window=side, stride=side)(model, x, _quantity(model, target)).map
    score = by_hand.scores(x[None])[0, target].sum()
    filling = model.tokens.padding if model.tokens else 0
    expected = np.zeros(found.shape)
    channels_last = x.ndim == 3 and x.shape[-1] == 3
    for corner in np.ndindex(*(-(-size // side) for size in found.shape)):
        window = tuple(slice(side * at, side * at + side) for at in corner)
        hidden = x.copy()
        hidden[window if channels_last or x.ndim == 1 else (slice(None), *window)] = filling
        expected[window] = score - by_hand.scores(hidden[None])[0, target].sum()
    scale = max(np.abs(expected).max(), 1e-3 * np.abs(score).max())
    return float(np.abs(found - expected).max() / scale)


def _grid(model: xai.Model, entry: Entry) -> str:
    layer = _layer(model)
    layout = model.layouts[layer]
    right = layout.grid == entry.grid and (entry.prefix == layout.placeless)
    return f"{'as known' if right else 'NOT as known'}: {layer}: {layout.words}, grid {layout.grid}"


def _layer(model: xai.Model) -> str:
    from xai_widgets.attribution.layer import last_layer_with_space

    return last_layer_with_space(model)


def _grad_cam(model: xai.Model, by_hand: Any, entry: Entry, x: Array, target: int) -> float:
    layer = _layer(model)
    found = xai.GradCam()(model, x, _quantity(model, target), layer=layer).map
    activation, gradient = by_hand.at_layer(x, target, layer)
    if entry.axes == "channels first":
        weights = gradient.mean(axis=(1, 2), keepdims=True)
        expected = (weights * activation).sum(axis=0)
    elif entry.axes == "channels last":
        expected = (gradient.mean(axis=(0, 1), keepdims=True) * activation).sum(axis=-1)
    else:
        activation, gradient = activation[entry.prefix :], gradient[entry.prefix :]
        expected = (gradient.mean(axis=0) * activation).sum(axis=-1).reshape(entry.grid)
    return _apart(found, np.maximum(expected, 0))


def _method(model: xai.Model, name: str, x: Array, target: int) -> Any:
    if not hasattr(xai, name):
        return "missing"
    method = getattr(xai, name)()
    result = method(model, x, _quantity(model, target))
    if not np.isfinite(np.asarray(result.values)).all():
        return {"error": "values that are not finite"}
    if name == "DeepLift":
        # Where the score hardly changes from the baseline, there is nothing to miss a share of.
        return float(result.gap) if np.isfinite(result.gap) else {"of the score": _share(result)}
    if name in ("AttnLrp", "CpLrp", "RelevancePropagation"):
        return {"sum over score": float(np.sum(result.values, dtype=float) / result.score)}
    return "runs"


def _share(result: xai.Attribution) -> float:
    return float(result.absolute_gap / np.abs(result.score))


def _quantity(model: xai.Model, target: int) -> xai.Quantity:
    """Return the score of a class; of a segmentation its sum over all places, as by hand."""
    if not model.segmentation:
        return xai.Logit(target)
    return xai.Segment(target, np.ones(np.delete(model.output_shape, model.class_axis), bool))


def _apart(found: Any, expected: Any) -> float:
    """Return the largest difference, as a share of the largest value."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    if found.shape != expected.shape:
        raise AssertionError(f"shapes {found.shape} and {expected.shape}")
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-30))


if __name__ == "__main__":
    chosen = next(entry for entry in ZOO if entry.key == sys.argv[1])
    print(json.dumps(examined(chosen)))
