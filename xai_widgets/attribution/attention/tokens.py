"""The tokens of a transformer: where in the input they stand, and which of them it reads in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from xai_widgets.answers.fact import Fact
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError
from xai_widgets.models.attention import Attention
from xai_widgets.models.base import Model
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array

CLOSE = 1e-6
"""By how much shares may be apart that are the same."""

WAY_OUT = "GradCam and the methods that follow gradients have no such need."


class Tokens(NamedTuple):
    """Where the tokens that a network attends to stand.

    Attributes
    ----------
    layer : str or None
        The first layer that puts them out, each as a vector; None where they are the input itself.
    layout : Layout
        Of one number for each.
    """

    layer: str | None
    layout: Layout


def tokens_of(model: Model) -> Tokens:
    """Return where the tokens stand that a model attends to from block to block.

    Raises
    ------
    ValueError
        If it attends to nothing, to other things, or to tokens of which that is not known; with the way out.
    """
    count = checked(model.attends)[0].weights.shape[-1]
    if parted(model.attends)[0] and not model.evidence.meets:
        raise InputError(
            "The network weighs by a softmax, and no places of the input meet there, as where channels look at each "
            f"other; expected tokens that do. {WAY_OUT}"
        )
    if model.input.layout.space == (0,) and model.input.layout.shape == (count,):
        return Tokens(None, model.input.layout)
    layers = [layer for layer in model.layers if _puts_out(model.layouts[layer], count)]
    places = [model.layouts[layer].places for layer in layers]
    if any(not np.allclose(one, places[0], equal_nan=True) for one in places):
        raise InputError(
            f"The network attends to {count} tokens, and the layers {layers} put out as many, which stand at different "
            f"places; expected the same tokens in all blocks. {WAY_OUT}"
        )
    if layers:
        return Tokens(layers[0], model.layouts[layers[0]].alone)
    raise InputError(
        f"The network attends to {count} tokens, and no layer puts out as many of which it is known where they stand; "
        "expected a layer of tokens and channels. If there is one, say so: wrap(..., layouts={layer: 'tokens, "
        f"channels'}}). {WAY_OUT}"
    )


def _puts_out(layout: Layout, count: int) -> bool:
    """Whether what a layer puts out is so many tokens, each a vector."""
    tokens = tuple(layout.shape[axis] for axis in layout.space)
    return layout.known and tokens == (count,) and len(layout.channel_axes) == 1


def checked(attentions: Sequence[Attention]) -> Sequence[Attention]:
    """Return attention that can be followed from block to block, or say why it cannot."""
    if not attentions:
        raise InputError(
            "No weights of attention are seen in the network, a softmax that weighs values; expected a transformer. "
            f"{WAY_OUT}"
        )
    _, pool = parted(attentions)
    for one in attentions:
        reason = one.refusal_of_numbers if one is pool else one.refusal
        if reason:
            raise InputError(
                f"The layer {one.layer!r} {reason}; expected each token to look at all tokens of the block before. "
                f"{WAY_OUT}"
            )
    first = attentions[0]
    other = next((one for one in attentions if one.weights.shape[-1] != first.weights.shape[-1]), None)
    if other is not None:
        raise InputError(
            f"The layer {first.layer!r} attends to {first.weights.shape[-1]} tokens and {other.layer!r} to "
            f"{other.weights.shape[-1]}; expected the same tokens in all blocks. {WAY_OUT}"
        )
    return attentions


def parted(attentions: Sequence[Attention]) -> tuple[Sequence[Attention], Attention | None]:
    """Return the blocks, and apart from them the last attention, where queries of its own pool the tokens by it."""
    last = attentions[-1]
    pools = last.weights.ndim == 4 and not last.among_itself
    return (attentions[:-1], last) if pools else (attentions, None)


def read(last: Attention) -> Array:
    """Return the share of each query in what is read behind the last attention, (rows, queries), by the gradient there.

    It arrives at what is read, and at nothing else: at a class token alone, or at all tokens whose mean is taken.
    """
    reached = (np.asarray(last.gradients) != 0).any(axis=(1, 3))
    shares: Array = reached / np.maximum(reached.sum(axis=1, keepdims=True), 1)
    return shares


@dataclass(frozen=True, eq=False, repr=False)
class TokenAttribution(Attribution):
    """What each token of a transformer is worth to those that it reads; made by `AttentionRollout` and its like.

    Its `values` are one number per token, (tokens,), or (batch, tokens); the map has those that stand in the input.
    All other attributes are those of `Attribution`.

    Attributes
    ----------
    tokens : Layout
        Where in the input the tokens stand; some, such as a class token, stand nowhere.
    read : array of shape (tokens,) or (batch, tokens)
        The share that each token has in what the network reads behind its last block: 1 for a class token; for
        several, or for a mean over all, each has the same; where attention pools them, what that gives to each.

    Examples
    --------
    >>> xai.AttentionRollout.result is xai.TokenAttribution
    True
    """

    tokens: Layout = field(kw_only=True)
    read: Array = field(kw_only=True)

    @property
    def layouts(self) -> list[Layout]:
        return [self.tokens]

    @property
    def facts(self) -> list[Fact]:
        sentence = (
            "Where a gradient of the quantity arrives behind the last block: these tokens are read, and what they hold "
            "is explained, each by its share."
        )
        return [*super().facts, Fact("read", self._read_in_words(), sentence)]

    def _read_in_words(self) -> str:
        shares: Array = np.atleast_2d(self.read > 0)
        if np.any(shares != shares[0]):
            return "other tokens for each input"
        which = np.flatnonzero(shares[0])
        placed = np.asarray(np.isfinite(self.tokens.places).all(axis=0))[which]
        where = "with a place" if placed.all() else "without a place" if not placed.any() else "some with a place"
        if len(which) == 1:
            return f"token {which[0]} of {shares.shape[1]}, {where}"
        alike = "" if np.ptp(self.read[self.read > 0]) < CLOSE else ", as attention pools them"
        return f"{len(which)} of {shares.shape[1]} tokens, {where}{alike}"

    def __repr__(self) -> str:
        return f"{super().__repr__()}, read: {self._read_in_words()}"
