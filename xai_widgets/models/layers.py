"""How the calls in a network are named: a layer is a place in the computation, not a module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name

LEFT_OUT = "it is left out, so that the scores are logits"


def numbered(layers: Sequence[str]) -> list[tuple[str, int]]:
    """Return a name for each call in the order given, and how many calls of the same layer come before it.

    It is the layer's own name, or "name:0", "name:1" ... where the layer is called several times.
    """
    times, seen = Counter(layers), Counter[str]()
    calls: list[tuple[str, int]] = []
    for layer in layers:
        calls.append((layer if times[layer] == 1 else f"{layer}:{seen[layer]}", seen[layer]))
        seen[layer] += 1
    return calls


def checked_layer(layer: Any) -> str | None:
    """Return the name of a layer, or None for the input."""
    if layer is not None and not isinstance(layer, str):
        raise InputTypeError(f"A layer is given by its name, a str, or None for the input; found {shown(layer)}.")
    return layer


def no_layer(layer: str, names: Sequence[str], refusals: Mapping[str, str]) -> InputError:
    """Return the error for a layer that is not in `names`; `refusals` says of some why they cannot be."""
    if layer in refusals:
        return InputError(f"The layer {layer!r} cannot be used: {refusals[layer]}. Choose another one.")
    calls = [name for name in names if name.rpartition(":")[:2] == (layer, ":")]
    if calls:
        return InputError(
            f"The layer {layer!r} is called {len(calls)} times; name one of the calls: {', '.join(map(repr, calls))}."
        )
    return unknown_name("layer", layer, names)
