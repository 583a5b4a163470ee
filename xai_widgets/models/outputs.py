"""What a network puts out: checked, and where it cannot be explained refused with what is possible instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from xai_widgets.errors import InputError, UnsupportedModelError
from xai_widgets.models.failures import describe
from xai_widgets.models.objective import Array

Outputs = Literal["logits", "probabilities", "values"]

PROBES = 4
"""How many random inputs tell what a network puts out."""

FEW = 32
"""Dropout may leave fewer numbers than these of one input alike, but hardly those of all probes."""

_SUM = {"torch": "network(x).sum({axes})", "tensorflow": "tf.reduce_sum(network(x), axis={axes})"}


def same_answers(found: Array, expected: Array, exact: bool) -> bool:
    """Whether two passes of the same inputs agree up to rounding."""
    if found.shape != expected.shape:
        return False
    finite = np.isfinite(expected)
    found, expected = found[finite], expected[finite]
    tolerance = 1e-3 if exact else 5e-2
    return bool(np.abs(found - expected).max(initial=0) <= tolerance * np.abs(expected).max(initial=1e-12))


def may_agree_by_chance(answers: Array) -> bool:
    """Whether one row of answers is so short that two draws of a network with chance in it may be the same."""
    return bool(answers[0].size < FEW)


def unfaithful(same_again: bool) -> UnsupportedModelError:
    """Return the refusal of a network that answers one input alone and among others differently."""
    if same_again:
        return UnsupportedModelError(
            "The network mixes the inputs of a batch: one input alone and the same input among others have different "
            "outputs. Expected outputs that depend on their own input; look for batch statistics (in PyTorch, "
            "track_running_stats=False), or for a mean or a softmax over the batch axis."
        )
    return UnsupportedModelError(
        "The network gives different outputs for the same input, also in evaluation mode. Expected no chance in it; "
        "look for dropout that does not ask for training (in PyTorch, a functional one without "
        "training=self.training), for sampling, or for state that is kept from call to call."
    )


def check_output(shape: Sequence[int | None], integers: str | None, rows: int | None, backend: str) -> None:
    """Refuse an output that is not (rows, outputs) or (rows,), nor that of a segmentation, with two axes of places.

    Parameters
    ----------
    shape : sequence of int or None
        None is for a size that is not known while a pass is traced.
    integers : str, optional
        The type of its numbers where they are no floating-point numbers.
    rows : int or None
        How many inputs there were.
    backend : {"torch", "tensorflow"}
    """
    shape = tuple(shape)
    if integers is not None:
        raise UnsupportedModelError(
            f"The network puts out {integers} numbers of shape {shape}; expected floating-point scores. "
            "Leave out the argmax or the rounding at its end."
        )
    if not shape or (None not in (shape[0], rows) and shape[0] != rows):
        raise UnsupportedModelError(
            f"The network puts out a tensor of shape {shape} for {rows} {'input' if rows == 1 else 'inputs'}; expected "
            f"({rows}, outputs). A squeeze without an axis, or a reshape that leaves the batch axis open, does this."
        )
    if len(shape) == 3 or len(shape) > 4:
        axes = tuple(range(2, len(shape)) if backend == "torch" else range(1, len(shape) - 1))
        places = "(batch, classes, height, width)" if backend == "torch" else "(batch, height, width, classes)"
        raise UnsupportedModelError(
            f"The network puts out a tensor of shape {shape}; expected (batch, outputs), one score per output, or "
            f"{places} of a segmentation. Wrap what reduces it to that, for instance "
            f"lambda x: {_SUM[backend].format(axes=axes)} for the sum over all places, with backend='{backend}' and "
            "input_shape=...."
        )


def wrong_values(found: Any, rows: int) -> InputError:
    """Return the error for a function of the scores that does not give one value per input."""
    return InputError(
        f"The function of the scores returned {describe(found)}; expected a tensor of shape ({rows},), one value per "
        "input. Sum or index along the last axis, as in scores[:, 0]."
    )
