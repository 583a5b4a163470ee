"""The methods that follow attention from block to block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_widgets.answers.registry import register
from xai_widgets.attribution.attention.engine import AttentionMethod
from xai_widgets.models.objective import Array


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class AttentionRollout(AttentionMethod):
    """What the tokens that are read have looked at, through all blocks (Abnar, Zuidema 2020).

    In each block a token is half itself and half the mean of what its heads look at; the product of all blocks says how
    much of each token that came in it then is. The values of a token that is read sum to one. No class enters: what
    tokens hold, and whether it speaks for the class or against it, is left out.

    Parameters
    ----------
    block : int, default 0
        After which block to look, counted from 1; 0 is after the last one.
    head : int, default 0
        Which head of each block to follow alone, counted from 1; 0 is the mean of all.

    References
    ----------
    Abnar, Zuidema (2020), Quantifying Attention Flow in Transformers.

    Examples
    --------
    >>> xai.AttentionRollout.refusal(model)[:47]
    'No weights of attention are seen in the network'
    """

    name = "attention_rollout"
    label = "Attention rollout"
    sentence = "What the tokens that are read have looked at, block after block: the same for every class."
    reference = "Abnar, Zuidema 2020"
    knows_class = False
    ends = ("", "looked at")

    def looked(self, weights: Array, gradients: Array) -> Array:
        mean: Array = weights.mean(axis=1)
        return mean

    def step(self, looked: Array, itself: Array) -> Array:
        return (looked + itself) / 2


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class AttentionRelevance(AttentionMethod):
    """What the tokens that are read have looked at to the quantity's gain, through all blocks (Chefer et al. 2021).

    In each block a token keeps what it was and adds what its heads look at, weighted by the gradient of the quantity by
    the weights of attention where that is positive. What a token that is read is of itself is left out: else a mean
    over all tokens would see little but that.

    Parameters
    ----------
    block : int, default 0
        After which block to look, counted from 1; 0 is after the last one.
    head : int, default 0
        Which head of each block to follow alone, counted from 1; 0 is the mean of all.

    References
    ----------
    Chefer, Gur, Wolf (2021), Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder
    Transformers.

    Examples
    --------
    >>> xai.AttentionRelevance().ends
    ('', 'for')
    """

    name = "attention_relevance"
    label = "Attention relevance"
    sentence = "What the tokens that are read have looked at, where looking more would raise the quantity."
    reference = "Chefer, Gur, Wolf 2021"
    ends = ("", "for")

    def looked(self, weights: Array, gradients: Array) -> Array:
        gained: Array = np.maximum(gradients * weights, 0).mean(axis=1)
        return gained

    def step(self, looked: Array, itself: Array) -> Array:
        return looked + itself

    def held(self, followed: Array, itself: Array) -> Array:
        return followed - itself
