"""The rules of a changed way back through a network: plain data between the propagation methods and the adapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Rectified:
    """Another derivative of every rectifier (ReLU): what flows back is a gradient with it.

    Attributes
    ----------
    kind : {"guided", "deconvolution"}
        "guided": what comes back passes where it is positive and the rectifier's input was (Springenberg et al. 2015);
        "deconvolution": where it is positive alone (Zeiler and Fergus 2014).
    """

    kind: Literal["guided", "deconvolution"]


@dataclass(frozen=True)
class Rescaled:
    """The rescale rule of DeepLIFT (Shrikumar et al. 2017): differences between the input and a reference flow back.

    Every function of single numbers has the slope (f(x) - f(r)) / (x - r) in place of its derivative; where x and r are
    closer than `smallest`, its derivative. What flows back are multipliers: times (x - r) they are contributions.
    """

    smallest: float = 1e-6


@dataclass(frozen=True)
class Epsilon:
    """R_i = sum over j of x_i w_ij R_j / (z_j + epsilon sign(z_j)), with the bias in z (Bach et al. 2015)."""

    epsilon: float = 1e-6


@dataclass(frozen=True)
class Gamma:
    """The same with w + gamma max(w, 0) in place of w, for inputs of either sign (Montavon et al. 2019)."""

    gamma: float = 0.25


@dataclass(frozen=True)
class ZPlus:
    """The same with the positive parts of x_i w_ij alone, without the bias: alpha 1, beta 0 (Montavon et al. 2017)."""


@dataclass(frozen=True)
class Flat:
    """Relevance spreads evenly over all that a unit looks at, as if x and w were one (Lapuschkin et al. 2019)."""


Rule = Epsilon | Gamma | ZPlus | Flat


@dataclass(frozen=True)
class Relevance:
    """Layer-wise relevance propagation: which rule each kind of layer follows; what flows back is relevance.

    What is the same for every composite: rectifiers and other functions of single numbers pass relevance on as it is;
    the largest of a pool takes all; sums, means and residual additions share by z; a batch normalisation is merged into
    the convolution or dense layer before it, and is a dense layer of its own elsewhere.

    Attributes
    ----------
    dense, convolution : Rule
    first : Rule or None
        For the layers that see the input itself; None makes no difference.
    """

    dense: Rule
    convolution: Rule
    first: Rule | None = None


Rules = Rectified | Rescaled | Relevance
