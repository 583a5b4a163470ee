"""What a network puts out, and by which evidence: its last operation, and where that leaves it open, trials.

The adapters say what they see in a network; what follows from it is the same for both and stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import special

from xai_widgets.errors import InputError, UnsupportedModelError
from xai_widgets.models.objective import Array
from xai_widgets.models.outputs import PROBES, Outputs

Activation = Literal["softmax", "sigmoid"]

Ending = Literal["softmax", "log-softmax", "sigmoid", "linear"]
"""The last operation of a network, but for those that only change the shape; "linear": a layer without activation."""

DEPTH = 16
"""Through so many operations the last one that counts is looked for."""

Kind = Literal["scores", "probabilities", "binary logit", "binary probability"]


class Head(NamedTuple):
    """What is done to a network's output to get the scores, how many there are, what they stand for, and why."""

    kind: Kind
    scores: int
    outputs: Outputs
    evidence: str


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
    left_out: Activation | None,
    two_classes: bool,
    exact: bool,
    ending: Ending | None,
    trace: Callable[[], Ending | None],
    more: Callable[[], Array],
    takes_logits: bool | None = None,
) -> Head:
    """Tell what a network puts out.

    Parameters
    ----------
    answers : array of shape (inputs, outputs)
        To random inputs; of a segmentation each place of them counts as one, see `per_place`.
    given : {"logits", "probabilities", "values"} or None
        What the user says it is.
    left_out : {"softmax", "sigmoid"} or None
        The activation at the end that is left out.
    two_classes : bool
        Whether the user gave two names.
    exact : bool
        Whether the network computes in single precision or better.
    ending : {"softmax", "log-softmax", "sigmoid", "linear"} or None
        The last operation, where it is known already.
    trace : callable
        Returns the last operation where it is not; asked only where it matters, because it may take a while.
    more : callable
        Returns the answers to inputs far from random ones; asked only where the last operation does not tell.
    takes_logits : bool, optional
        Whether the loss for two classes that the network was trained with takes logits; None for other losses.
    """
    count = answers.shape[1]
    if given == "values":
        return Head("scores", count, "values", "as given")
    before = "as given" if left_out is None else f"before the {left_out} at the end"
    if left_out or given == "logits":
        return Head("binary logit", 2, "logits", before) if count == 1 else Head("scores", count, "logits", before)
    if count == 1:
        return _single(answers, given, two_classes, lambda: ending or trace(), takes_logits)
    if given == "probabilities":
        return _checked_probabilities(answers, exact)
    if ending == "linear":
        return Head("scores", count, "logits", "ends in a linear layer")
    if not _within(answers) and not _are_logarithms(answers, exact):
        return Head("scores", count, "logits", "not between 0 and 1")
    return _several(answers, exact, ending or trace(), more)


def _single(
    answers: Array,
    given: Outputs | None,
    two_classes: bool,
    ending: Callable[[], Ending | None],
    takes_logits: bool | None,
) -> Head:
    within = _within(answers)
    if given == "probabilities":
        if not within:
            raise InputError(
                f"outputs is 'probabilities', but the network puts out {answers.min():.4g} to {answers.max():.4g}; "
                "expected numbers from 0 to 1."
            )
        return Head("binary probability", 2, "probabilities", "as given")
    if within and takes_logits is False:
        return Head("binary probability", 2, "probabilities", "compiled with a cross-entropy of probabilities")
    last = ending() if within else None
    if last in ("softmax", "sigmoid"):  # Of a softmax it is the share of one class.
        return Head("binary probability", 2, "probabilities", f"ends in a {last}")
    if takes_logits is not None:
        return Head("binary logit", 2, "logits", "compiled with a binary cross-entropy")
    if two_classes:
        return Head("binary logit", 2, "logits", "one output for two class names")
    return Head("scores", 1, "values", "a single output")


def _several(answers: Array, exact: bool, last: Ending | None, more: Callable[[], Array]) -> Head:
    """Tell what several outputs are that could be probabilities, by the last operation, and else by more trials."""
    count = answers.shape[1]
    if last == "linear":
        return Head("scores", count, "logits", "ends in a linear layer")
    if last == "sigmoid":  # Independent labels are values: no class is chosen among the others.
        return Head("scores", count, "values", "ends in a sigmoid, independent labels")
    if last is None:
        with suppress(InputError):  # A network may refuse what is far from its data.
            answers = np.concatenate([answers, more()])
        answers = answers[np.isfinite(answers).all(axis=1)]
    if _are_shares(answers, exact):
        return Head(
            "probabilities", count, "probabilities", f"ends in a {last}" if last else "sum to one for all trial inputs"
        )
    if _are_logarithms(answers, exact):
        seen = f"ends in a {last}" if last else "logarithms of what sums to one for all trial inputs"
        return Head("scores", count, "probabilities", seen)
    if last is not None:
        return Head("scores", count, "values", f"ends in a {last}, but not over all outputs")
    return Head("scores", count, "logits", "do not sum to one for all trial inputs")


def _checked_probabilities(answers: Array, exact: bool) -> Head:
    if _are_shares(answers, exact):
        return Head("probabilities", answers.shape[1], "probabilities", "as given")
    if _are_logarithms(answers, exact):
        return Head("scores", answers.shape[1], "probabilities", "as given")
    raise InputError(
        f"outputs is 'probabilities', but the first of {PROBES} random inputs has outputs that sum to "
        f"{answers[0].sum():.4g}; expected 1. Give outputs='logits', or 'values' for independent labels."
    )


def _within(answers: Array) -> bool:
    return bool((answers >= 0).all() and (answers <= 1).all())


def _are_shares(answers: Array, exact: bool) -> bool:
    """Whether the answers are probabilities of classes of which one is chosen."""
    with np.errstate(all="ignore"):
        return bool((answers >= 0).all() and (np.abs(answers.sum(axis=1) - 1) < _slack(exact)).all())


def _are_logarithms(answers: Array, exact: bool) -> bool:
    """Whether the answers are the logarithms of such probabilities."""
    with np.errstate(all="ignore"):
        return bool((np.abs(special.logsumexp(answers, axis=1)) < _slack(exact)).all())


def _slack(exact: bool) -> float:
    return 1e-3 if exact else 2e-2


def together(endings: Sequence[Ending | None]) -> Ending | None:
    """Return the ending that all branches have; None where they have not the same."""
    return endings[0] if len(set(endings)) == 1 else None


def per_place(answers: Array, class_axis: int) -> Array:
    """Return the answers of a classifier as they are, and those of a segmentation as (inputs x places, classes)."""
    if answers.ndim == 2:
        return answers
    answers = np.moveaxis(answers, 1 if class_axis == 0 else -1, -1)
    return answers.reshape(-1, answers.shape[-1])


def far_inputs(low: Any, high: Any, shape: tuple[int, ...]) -> Array:
    """Return inputs far from random ones, in which means over all places are large, small and different.

    Noise alone has about the same mean everywhere; a network of independent labels can have outputs that sum to one on
    all of it.
    """
    places = np.linspace(0, 1, int(np.prod(shape)))
    levels = [np.full_like(places, level) for level in (0, 1 / 3, 2 / 3, 1)]
    waves = [(1 + np.cos(turns * np.pi * places)) / 2 for turns in (1, 2, 4, 8)]
    inputs: Array = low + (high - low) * np.stack([*levels, *waves])
    return inputs.reshape(-1, *shape)
