"""The one engine of attention: from block to block it follows what each token holds of those that came in.

A method says what one block does with them.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler
from xai_widgets.attribution.attention.options import BLOCK, HEAD
from xai_widgets.attribution.attention.tokens import TokenAttribution, checked, parted, read, tokens_of
from xai_widgets.attribution.method import Method, Once
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError
from xai_widgets.models.attention import Attention
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array

SMALLEST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, kw_only=True, eq=False)
class AttentionMethod(Method):
    """What the tokens that a network reads hold of those that came in; subclasses say what a block does with them."""

    block: int = BLOCK.field()
    head: int = HEAD.field()

    family = "attention"
    kind = "weight"
    result = TokenAttribution

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        if model.input_shape is None:
            return None
        try:
            tokens_of(model)
        except InputError as error:
            return str(error)
        return super().refusal(model)

    @abstractmethod
    def looked(self, weights: Array, gradients: Array) -> Array:
        """Return by how much each query looks at each key, (rows, queries, keys).

        Parameters
        ----------
        weights, gradients : array of shape (rows, heads, queries, keys)
            Of the heads that are followed.
        """

    @abstractmethod
    def step(self, looked: Array, itself: Array) -> Array:
        """Return what each token holds after a block of each before it: of what it looked at, and of itself."""

    def held(self, followed: Array, itself: Array) -> Array:
        """Return what counts of the product of all steps, (rows, tokens, tokens), where tokens are read as they are."""
        return followed

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        question = super().ask(model, x, quantity, layer)
        return question.at(tokens_of(model).layer)

    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        return Followed(self, question)


class Followed(Once):
    """One pass for each input, which shows the weights of attention and their gradients."""

    method: AttentionMethod

    def found(self) -> Array:
        method, seen = self.method, self._seen()
        blocks, pool = parted(seen)
        if method.block > len(blocks):
            raise InputError(
                f"block is {method.block}, and the quantity depends on attention up to block {len(blocks)} alone; "
                f"expected a whole number from 1 to {len(blocks)}, or 0."
            )
        tokens = seen[0].weights.shape[-1]
        followed = itself = np.broadcast_to(np.eye(tokens), (self.count, tokens, tokens))
        for one in blocks[: method.block or None]:
            followed = method.step(self._looked(one), itself) @ followed
        shares = read(seen[-1])
        if pool is None:
            followed = method.held(followed, itself)
        else:
            shares = np.einsum("rq,rqk->rk", shares, self._looked(pool))
        self._read = shares / np.maximum(shares.sum(axis=1, keepdims=True), SMALLEST)
        values: Array = np.einsum("rq,rqk->rk", shares, followed)
        return values

    def _looked(self, one: Attention) -> Array:
        heads = slice(None) if self.method.head == 0 else slice(self.method.head - 1, self.method.head)
        weights, gradients = (np.asarray(a, np.float64)[:, heads] for a in (one.weights, one.gradients))
        return self.method.looked(weights, gradients)

    def more(self) -> dict[str, Any]:
        shares = self._read[0] if self.question.single else self._read
        return {"tokens": tokens_of(self.question.model).layout, "read": shares.astype(np.float32)}

    def _seen(self) -> list[Attention]:
        """Return the attention on which the quantity depends."""
        question = self.question
        self.evaluations += self.count if question.is_fixed else 2 * self.count
        found = question.model.at(None).attentions(question.batch, question.objective)
        reached = [at for at, one in enumerate(checked(found)) if np.asarray(one.gradients).any()]
        if not reached or not np.asarray(found[reached[-1]].gradients).any(axis=(1, 2, 3)).all():
            raise InputError(
                "No gradient of the quantity arrives at the attention of the network, so nothing says which tokens are "
                "read; expected a quantity that depends on them."
            )
        return found[: reached[-1] + 1]
