"""What a network puts out: told from its answers to a few random inputs, or refused.

The adapters say what they see in a network; what follows from it is the same for both and stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import special

from xai_widgets.errors import InputError, UnsupportedModelError
from xai_widgets.models.failures import describe
from xai_widgets.models.objective import Array

Outputs = Literal["logits", "probabilities", "values"]
Activation = Literal["softmax", "sigmoid"]
Kind = Literal["scores", "probabilities", "binary logit", "binary probability"]

PROBES = 4
"""How many random inputs tell what a network puts out."""

_SUM = {"torch": "network(x).sum({axes})", "tensorflow": "tf.reduce_sum(network(x), axis={axes})"}


class Head(NamedTuple):
    """What is done to a network's output to get the scores, how many there are, and what they stand for."""

    kind: Kind
    scores: int
    outputs: Outputs


def is_left_out(activation: Activation | None, count: int, given: Outputs | None) -> bool:
    """Whether the scores are what comes before an activation that can be left out; several sigmoids are values."""
    if activation == "softmax" and count == 1:
        raise UnsupportedModelError(
            "The network ends in a softmax over a single output, which is the same for every input; expected a "
            "sigmoid, or two outputs."
        )
    if activation is None or given == "values":
        return False
    return activation == "softmax" or count == 1 or given == "logits"


def find_head(
    answers: Array,
    given: Outputs | None,
    *,
    left_out: bool,
    two_classes: bool,
    exact: bool,
    ends_in_sigmoid: Callable[[], bool],
    takes_logits: bool | None = None,
) -> Head:
    """Tell what a network puts out.

    Parameters
    ----------
    answers : array of shape (inputs, outputs)
        To random inputs; of a segmentation each place of them counts as one, see `per_place`.
    given : {"logits", "probabilities", "values"} or None
        What the user says it is.
    left_out : bool
        Whether an activation at the end is left out.
    two_classes : bool
        Whether the user gave two names.
    exact : bool
        Whether the network computes in single precision or better.
    ends_in_sigmoid : callable
        Whether the last operation is a sigmoid; asked only where it matters, because it may take a while to find out.
    takes_logits : bool, optional
        Whether the loss for two classes that the network was trained with takes logits; None for other losses.
    """
    count = answers.shape[1]
    within = bool((answers >= 0).all() and (answers <= 1).all())
    if given == "values":
        return Head("scores", count, "values")
    if count == 1:
        if left_out or given == "logits":
            return Head("binary logit", 2, "logits")
        if given == "probabilities" and not within:
            raise InputError(
                f"outputs is 'probabilities', but the network puts out {answers.min():.4g} to {answers.max():.4g}; "
                "expected numbers from 0 to 1."
            )
        if given == "probabilities" or (within and (takes_logits is False or ends_in_sigmoid())):
            return Head("binary probability", 2, "probabilities")
        if two_classes or takes_logits is not None:
            return Head("binary logit", 2, "logits")
        return Head("scores", 1, "values")
    if left_out or given == "logits":
        return Head("scores", count, "logits")
    slack = 1e-3 if exact else 2e-2
    with np.errstate(all="ignore"):
        sums, logarithms = answers.sum(axis=1), special.logsumexp(answers, axis=1)
    if (answers >= 0).all() and (np.abs(sums - 1) < slack).all():
        return Head("probabilities", count, "probabilities")
    if (np.abs(logarithms) < slack).all():
        return Head("scores", count, "probabilities")
    if given == "probabilities":
        raise InputError(
            f"outputs is 'probabilities', but the first of {PROBES} random inputs has outputs that sum to "
            f"{sums[0]:.4g}; expected 1. Give outputs='logits', or 'values' for independent labels."
        )
    # Independent labels are values: no class is chosen among the others.
    return Head("scores", count, "values" if within and ends_in_sigmoid() else "logits")


def per_place(answers: Array, class_axis: int) -> Array:
    """Return the answers of a classifier as they are, and those of a segmentation as (inputs x places, classes)."""
    if answers.ndim == 2:
        return answers
    answers = np.moveaxis(answers, 1 if class_axis == 0 else -1, -1)
    return answers.reshape(-1, answers.shape[-1])


def same_answers(found: Array, expected: Array, exact: bool) -> bool:
    """Whether two passes of the same inputs agree up to rounding."""
    if found.shape != expected.shape:
        return False
    finite = np.isfinite(expected)
    found, expected = found[finite], expected[finite]
    tolerance = 1e-3 if exact else 5e-2
    return bool(np.abs(found - expected).max(initial=0) <= tolerance * np.abs(expected).max(initial=1e-12))


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


def not_one_tensor(output: Any, backend: str) -> UnsupportedModelError:
    """Return the refusal of an output that is no tensor, with how to pick one from it."""
    pick = f"[{next(iter(output))!r}]" if isinstance(output, Mapping) and output else "[0]"
    if hasattr(output, "logits"):
        pick = ".logits"
    keeps = "a small module that does the same" if backend == "torch" else "a functional model with that one output"
    return UnsupportedModelError(
        f"The network puts out {describe(output)}; expected one tensor (batch, outputs). Wrap what picks it, for "
        f"instance lambda x: network(x){pick}, with backend='{backend}' and input_shape=...; {keeps} keeps the layers."
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
