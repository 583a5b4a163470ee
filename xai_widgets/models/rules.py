"""The rules of a modified backward pass through a network: plain data between the propagation methods and the adapters.

Both adapters take a network apart into calls of these kinds, and refuse by the name of its layer a call of another one:

- "move": numbers change places and nothing else (reshape, concatenate, pad, pick; dropout in evaluation);
- "single": a function of single numbers (rectifiers, sigmoid, a power);
- "scale": the same, as a line: times or plus a constant;
- "sum": sums, differences and means (residual additions, averaging pools);
- "largest": the largest of several (pools, the maximum of two branches);
- "dense", "convolution": sums with weights;
- "normalisation": of a batch, with the statistics of the training;
- "norm": of each input by itself (layer, group, instance, root mean square), with statistics of what it is given;
- "spread": such a statistic (a standard deviation, a length);
- "softmax";
- "product": of signals, linear in each (gates, query times key, attention times value);
- "quotient": of two signals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from xai_widgets.errors import FailedPassError, InputError
from xai_widgets.models.objective import Array, Objective

Kind = Literal[
    "move",
    "single",
    "scale",
    "sum",
    "largest",
    "dense",
    "convolution",
    "normalisation",
    "norm",
    "spread",
    "softmax",
    "product",
    "quotient",
]

COUPLED: tuple[Kind, ...] = ("norm", "spread", "softmax", "product", "quotient")
"""Kinds of functions that are of several numbers together, and not linear."""

OTHERS_FOR_THE_REFERENCE = "which picks by whole numbers that follow from the input, and are others for the reference"
"""Why differences are not followed through a call: what is compared would not be the same number."""

STABILISER = 1e-6
"""What keeps denominators from zero, with their own sign, where a rule does not say."""


@dataclass(frozen=True)
class Rectified:
    """Another derivative of every rectifier (ReLU): what flows back is a gradient with it.

    Rectifiers are the functions that are zero below zero and the number itself above it, up to a bound if there is one
    (ReLU6); all else keeps its derivative.

    Attributes
    ----------
    kind : {"guided", "deconvolution"}
        "guided": what comes back passes where it is positive and the rectifier's derivative is not zero (Springenberg
        et al. 2015); "deconvolution": where it is positive alone (Zeiler and Fergus 2014).
    """

    kind: Literal["guided", "deconvolution"]


@dataclass(frozen=True)
class Rescaled:
    """The rescale rule of DeepLIFT (Shrikumar et al. 2017): differences between the input and a reference flow back.

    What flows back are multipliers: times (x - r) they are contributions. A function of single numbers has the slope
    (f(x) - f(r)) / (x - r) in place of its derivative; where x and r are closer than `smallest`, its derivative at x.
    Of the largest of several, with o its value at x and p at r, the element that is the largest at x contributes
    max(o, p) - p, and the one that is the largest at r contributes o - max(o, p); divided by its own difference that is
    its multiplier. Everything linear keeps its derivative.

    What is of several numbers together has the mean of its derivative along the line from r to x, by Gauss-Legendre
    quadrature. Of a product of n signals this is exact with n / 2 nodes: of two, each gets the mean of the other at x
    and at r. A softmax or a norm takes `nodes`, and what these miss of the change is added along the line: of all
    derivatives that explain it the nearest to the mean (Broyden 1965).

    Attributes
    ----------
    smallest : float
        Where x and r are closer, the slope is the derivative.
    nodes : int
        How many points of the line a softmax, a norm or a quotient is differentiated at.
    """

    smallest: float = 1e-6
    nodes: int = 8


@dataclass(frozen=True)
class Epsilon:
    """R_i = sum over j of x_i w_ij R_j / (z_j + epsilon sign(z_j)), with the bias in z (Bach et al. 2015).

    The sign of zero is +1. A zero divided by zero is zero.
    """

    epsilon: float = STABILISER


@dataclass(frozen=True)
class Gamma:
    """The same with w + gamma max(w, 0) in place of w, for inputs of either sign (Montavon et al. 2019).

    For z_j > 0, what adds to it (the positive x_i w_ij, and a positive bias) counts 1 + gamma times; for z_j < 0, what
    takes from it; z_j = 0 passes nothing on (Andeol et al. 2021). For positive inputs and z_j > 0 it is the original.
    """

    gamma: float = 0.25


@dataclass(frozen=True)
class ZPlus:
    """The same with the positive parts of x_i w_ij alone, without the bias: alpha 1, beta 0 (Montavon et al. 2017)."""


@dataclass(frozen=True)
class Flat:
    """Relevance spreads evenly over all that a unit looks at, as if x and w were one (Lapuschkin et al. 2019).

    The bias has no part in it, nor has padding.
    """


Rule = Epsilon | Gamma | ZPlus | Flat


@dataclass(frozen=True)
class Relevance:
    """Layer-wise relevance propagation: which rule each kind of layer follows; what flows back is relevance.

    It starts with the value of the objective: each weighted score by itself. What is the same for every composite:
    "single" and "scale" pass relevance on as it is; the largest of several takes all; "sum" shares by z = the sum of
    its parts, with `STABILISER`; a batch normalisation is merged into the convolution or dense layer whose output it is
    given, and is a dense layer of its own elsewhere. `STABILISER` also is in the denominators of Gamma and ZPlus.

    A product or a quotient of functions of one signal's single numbers is a "single" itself: GELU, written out.

    A norm is a linear layer whose standard deviation is a constant; it shares by the epsilon rule, with the epsilon of
    `dense` where that has one. A product gives each of its signals an equal part; of a matrix product the part is
    shared by z. A quotient gives all to what is divided, and so does a product with one over a signal, which is a norm
    as well. A statistic shares by its derivative times its input.

    Attributes
    ----------
    dense, convolution : Rule
    first : Rule or None
        For the dense and convolution layers, and normalisations by themselves, that see the input: nothing but "move"
        and "scale" lies between. They need not be the first in order. None makes no difference.
    softmax : {"constant", "derivative"}
        "constant": what a softmax puts out is a weight, which takes no relevance (Ali et al. 2022), and all is kept; so
        is what a sigmoid puts out where another signal is multiplied with it: a gate;
        "derivative": its inputs take their derivative times themselves (Achtibat et al. 2024), which does not sum to
        what the softmax puts out.
    constants : {"none", "share"}
        Whether a constant that is added to signals, such as an embedding of places, takes a share of relevance as a
        bias does; on what still is the input, which may be scaled first, none does.
    stabiliser : float
        What is added to the denominators of sums and products.
    head : int
        The head of each attention, counted from 1, that alone lets relevance back; 0 is all.
    """

    dense: Rule
    convolution: Rule
    first: Rule | None = None
    softmax: Literal["constant", "derivative"] = "constant"
    constants: Literal["none", "share"] = "none"
    stabiliser: float = STABILISER
    head: int = 0


Rules = Rectified | Rescaled | Relevance


def check_meaning(rules: Rules, objective: Objective) -> None:
    """Refuse an objective that the rules cannot start from.

    Raises
    ------
    ValueError
        If relevance is asked for something else than scores or the units of a layer with weights.
    """
    if not isinstance(rules, Relevance) or (objective.function is None and objective.link == "identity"):
        return
    found = {"softmax": "a probability", "log_softmax": "a log-probability"}.get(objective.link, "a function of yours")
    raise InputError(
        f"The quantity is {found}, which is no sum of relevance that could be shared out among the inputs; expected "
        "scores, such as Logit(target) or Margin(a, b), or the units of a layer."
    )


def no_logits(rules: Rules) -> InputError:
    """Return the refusal of a network whose logits cannot be reached, from which alone the rules can start."""
    what = "Relevance propagation" if isinstance(rules, Relevance) else "The rescale rule of DeepLIFT"
    return InputError(
        f"{what} starts from logits, and the network puts out probabilities whose logits cannot be reached; expected a "
        "network that ends before its softmax or sigmoid. Use a method that needs gradients alone."
    )


def is_rectified(below: Array, above: Array, name: str) -> bool:
    """Whether what a function makes of -1 and of 2 ** -10 is zero, and the number itself.

    Raises
    ------
    ValueError
        If it is not finite: whether the function is a rectifier is not known then.
    """
    if not (np.isfinite(below).all() and np.isfinite(above).all()):
        raise FailedPassError(f"{name} brings NaN or infinity near zero; expected finite numbers. Check its weights.")
    return bool((below == 0).all()) and bool((above == 2**-10).all())


def no_rectifier() -> InputError:
    """Return the refusal of a network on whose backward pass there is nothing to change."""
    return InputError(
        "The network has no rectifier (ReLU), whose derivative is all that guided backpropagation and deconvolution "
        "change; expected one. Use Saliency, which here is the same."
    )


def not_covered(rules: Rules, function: str, layer: str | None, why: str = "") -> InputError:
    """Return the refusal of a call that the rules do not cover.

    Parameters
    ----------
    rules : Rescaled or Relevance
    function : str
        What is called, in the framework's own words.
    layer : str or None
        The name of the layer that calls it; "" is the network itself, None where it is not known.
    why : str
        More on it, as a clause.
    """
    names = {
        Rescaled: "The rescale rule of DeepLIFT",
        Relevance: "Relevance propagation",
        Rectified: "The rule for rectifiers",
    }
    name = names[type(rules)]
    where = "outside the network" if layer is None else f"in the layer {layer!r}" if layer else "in the network itself"
    return InputError(
        f"{name} does not cover {function}{why and f', {why},'} {where}; expected layers that are linear, functions of "
        "single numbers, or pools. Use a method that needs gradients alone, such as IntegratedGradients."
    )
