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
from xai_widgets.attribution.attention.tokens import TokenAttribution, checked, read, tokens_of
from xai_widgets.attribution.method import Method, Once
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError
from xai_widgets.models.attention import Attention
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array


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
    def step(self, weights: Array, gradients: Array) -> Array:
        """Return what each token holds after a block of each before it, (rows, tokens, tokens).

        Parameters
        ----------
        weights, gradients : array of shape (rows, heads, tokens, tokens)
            Of the heads that are followed.
        """

    def held(self, followed: Array) -> Array:
        """Return what counts of the product of all steps, (rows, tokens, tokens)."""
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
        method, blocks = self.method, self._blocks()
        self._read = read(blocks[-1])
        count = blocks[0].weights.shape[-1]
        followed = np.broadcast_to(np.eye(count), (self.count, count, count))
        for one in blocks[: method.block or None]:
            heads = slice(None) if method.head == 0 else slice(method.head - 1, method.head)
            weights, gradients = (np.asarray(a, np.float64)[:, heads] for a in (one.weights, one.gradients))
            followed = method.step(weights, gradients) @ followed
        values: Array = np.einsum("rq,rqk->rk", self._read, method.held(followed))
        return values

    def more(self) -> dict[str, Any]:
        shares = self._read[0] if self.question.single else self._read
        return {"tokens": tokens_of(self.question.model).layout, "read": shares.astype(np.float32)}

    def _blocks(self) -> list[Attention]:
        """Return the blocks on which the quantity depends."""
        question = self.question
        self.evaluations += self.count if question.is_fixed else 2 * self.count
        found = question.model.at(None).attentions(question.batch, question.objective)
        reached = [at for at, one in enumerate(checked(found)) if np.asarray(one.gradients).any()]
        if not reached or not np.asarray(found[reached[-1]].gradients).any(axis=(1, 2, 3)).all():
            raise InputError(
                "No gradient of the quantity arrives at the attention of the network, so nothing says which tokens are "
                "read; expected a quantity that depends on them."
            )
        last = reached[-1] + 1
        if self.method.block > last:
            raise InputError(
                f"block is {self.method.block}, and the quantity depends on attention up to block {last} alone; "
                f"expected a whole number from 1 to {last}, or 0."
            )
        return found[:last]
