"""Relevance propagation with the rules that were made for transformers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.attribution.attention.options import BLOCK, HEAD
from xai_widgets.attribution.propagation.engine import ModifiedBackward
from xai_widgets.attribution.propagation.relevance import EPSILON, RelevanceMethod
from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.models.rules import Epsilon, Relevance

SMALLEST = 1e-9
"""What is in every denominator at least: float32 loses to 1e-6 some thousandths of the score."""

SHARED = replace(EPSILON, when=None)
AT_BLOCK = replace(
    BLOCK,
    label="Tokens at block",
    slider=(0, None),
    zero_last=False,
    labels={"0": "none, the input"},
    sentence="Which block of attention takes what the quantity is shared among, counted from 1; 0 is the input.",
)
OF_HEAD = replace(
    HEAD, sentence="Which head of each block alone lets relevance back, counted from 1; 0 is all of them."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class TransformerRelevance(RelevanceMethod):
    """Relevance through attention and norms; subclasses say what a softmax does."""

    epsilon: float = SHARED.field()
    block: int = AT_BLOCK.field()
    head: int = OF_HEAD.field()

    softmax = "constant"

    @property
    def rules(self) -> Relevance:
        epsilon = Epsilon(max(self.epsilon, SMALLEST))
        way: Literal["constant", "derivative"] = "constant" if self.softmax == "constant" else "derivative"
        shares = Relevance(epsilon, epsilon, constants="share", stabiliser=SMALLEST)
        return replace(shares, softmax=way, head=self.head)

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        if self.block:
            if layer is not None:
                raise InputError(
                    f"block is {self.block} and layer {layer!r}, which both say where the score is shared out; "
                    "expected one of them."
                )
            self._check_counts(model)
            layer = tokens_at(model, self.block)
        return super().ask(model, x, quantity, layer)

    def _sampler(self, question: Question, state: object) -> SharedScore:
        return SharedScore(self, question)


class SharedScore(ModifiedBackward):
    """One backward pass for each input, whose values are counted from a score of zero."""

    @property
    def baseline_score(self) -> Array:
        return np.zeros(self.count)


def tokens_at(model: Model, block: int) -> str:
    """Return the layer whose output a block of attention, counted from 1, takes: the last one before that all passes.

    Raises
    ------
    ValueError
        If none is seen.
    """
    layers, attends = list(model.layers), model.attends[block - 1].layer
    before = layers[: layers.index(attends)] if attends in layers else []
    trunk = [layer for layer in before if layer in model.evidence.trunk]
    if not trunk:
        raise InputError(
            f"It is not seen from which layer block {block} takes its tokens; expected one before its attention "
            f"({attends!r}) through which all comes. Say which it is: layer=..., and block=0."
        )
    return trunk[-1]


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class AttnLrp(TransformerRelevance):
    """The score, shared out backwards through attention, whose softmax has a part in it (Achtibat et al. 2024).

    Linear layers and sums share by the epsilon rule, functions of single numbers pass relevance on, norms have a
    constant spread, products of two signals give half to each: queries and keys, weights and values, gates. What goes
    back through a softmax is its derivative times its input, R_i = x_i (R_i - s_i sum over j of R_j).

    The values do not sum to the score: biases and constants that are added keep their share, and so does a softmax,
    whose derivative misses the weights that it would give to zeros. `gap` says by how much. A gate of squeeze and
    excitation, a sigmoid, is not zero at zero, where its half of relevance is shared by next to nothing: where `gap` is
    large take `CpLrp`, to which gates are constants, or a larger epsilon.

    Parameters
    ----------
    epsilon : float, default 0
        What is added to each unit's sum, with its sign; at least 1e-9 is.
    block : int, default 0
        The block of attention, counted from 1, among whose tokens the score is shared out; 0 is the input.
    head : int, default 0
        The head of each block, counted from 1, that alone lets relevance back; what goes around attention goes on. 0 is
        all of them.

    References
    ----------
    Achtibat, Hatefi, Dreyer, Jain, Wiegand, Lapuschkin, Samek (2024), AttnLRP: Attention-Aware Layer-Wise Relevance
    Propagation for Transformers.

    Examples
    --------
    >>> result = xai.AttnLrp()(model, x, xai.Logit("cross"))
    >>> result.values.shape
    (1, 8, 8)
    """

    name = "attn_lrp"
    label = "AttnLRP"
    sentence = "The quantity, shared out backwards through products and softmax of attention."
    reference = "Achtibat, Hatefi, Dreyer, Jain, Wiegand, Lapuschkin, Samek 2024"
    softmax = "derivative"


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class CpLrp(TransformerRelevance):
    """The score, shared out backwards with the weights of attention held constant (Ali et al. 2022).

    As `AttnLrp`, but what a softmax puts out is a constant: queries and keys get nothing, values all. Without biases
    and without constants that are added, a class token among these, the values sum to the score: conservative
    propagation. With them `gap` says by how much they do not.

    Parameters
    ----------
    epsilon : float, default 0
        What is added to each unit's sum, with its sign; at least 1e-9 is.
    block : int, default 0
        The block of attention, counted from 1, among whose tokens the score is shared out; 0 is the input.
    head : int, default 0
        The head of each block, counted from 1, that alone lets relevance back; what goes around attention goes on. 0 is
        all of them.

    References
    ----------
    Ali, Schnake, Eberle, Montavon, Müller, Wolf (2022), XAI for Transformers: Better Explanations through Conservative
    Propagation.

    Examples
    --------
    >>> result = xai.CpLrp()(model, x, xai.Logit("cross"))
    >>> result.values.shape
    (1, 8, 8)
    """

    name = "cp_lrp"
    label = "CP-LRP"
    sentence = "The quantity, shared out backwards with the weights of attention held constant."
    reference = "Ali, Schnake, Eberle, Montavon, Müller, Wolf 2022"
