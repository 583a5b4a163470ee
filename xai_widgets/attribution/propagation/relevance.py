"""Layer-wise relevance propagation: the score shared out among what it was made of, by a composite of rules."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Margin, Quantity
from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.attribution.propagation.engine import PropagationMethod
from xai_widgets.models.base import Model
from xai_widgets.models.rules import STABILISER, Epsilon, Flat, Gamma, Relevance, Rule, ZPlus, check_meaning
from xai_widgets.option import Option

COMPOSITES = {
    "epsilon": ("epsilon", "epsilon", None),
    "gamma": ("gamma", "gamma", None),
    "z_plus": ("z_plus", "z_plus", None),
    "epsilon_plus": ("epsilon", "z_plus", None),
    "epsilon_plus_flat": ("epsilon", "z_plus", "flat"),
    "epsilon_gamma": ("epsilon", "gamma", None),
    "epsilon_gamma_flat": ("epsilon", "gamma", "flat"),
}
"""The rules of dense layers, of convolutions, and of the layers that see the input."""

COMPOSITE = Option(
    default="epsilon_plus",
    kind="choice",
    label="Rules",
    sentence="How relevance is shared in dense layers, in convolutions, and in the first layer.",
    choices=tuple(COMPOSITES),
    labels={
        "epsilon": "epsilon",
        "gamma": "gamma",
        "z_plus": "z plus",
        "epsilon_plus": "epsilon, z plus",
        "epsilon_plus_flat": "epsilon, z plus, flat",
        "epsilon_gamma": "epsilon, gamma",
        "epsilon_gamma_flat": "epsilon, gamma, flat",
    },
)
EPSILON = Option(
    default=0.0,
    kind="number",
    label="Epsilon",
    sentence="What is added to each unit's sum: it takes relevance from where contributions cancel.",
    minimum=0,
    slider=(0, 1),
    step=0.01,
    when=("composite", tuple(name for name, rules in COMPOSITES.items() if "epsilon" in rules)),
)
GAMMA = Option(
    default=0.25,
    kind="number",
    label="Gamma",
    sentence="How much more what agrees with a unit counts than what speaks against it.",
    minimum=0,
    slider=(0, 1),
    step=0.05,
    when=("composite", tuple(name for name, rules in COMPOSITES.items() if "gamma" in rules)),
)


class RelevanceMethod(PropagationMethod):
    """What is shared out starts from scores."""

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        question = super().ask(model, x, quantity, layer)
        if quantity is None and question.asked.link != "identity" and model.output_count == 2:
            question = super().ask(model, x, Margin(1, 0), layer)
        check_meaning(self.rules, question.asked)
        return question


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class RelevancePropagation(RelevanceMethod):
    """The score, shared out backwards layer by layer: what each unit got is split among its inputs (Bach et al. 2015).

    The values sum to the score, up to what biases and epsilon take; the weights of attention are constants, and of
    other products each signal gets an equal part. `AttnLrp` and `CpLrp` are made for transformers. Quantities are
    scores and margins, and units or channels of layers; where none is asked for and a model has a single logit, it is
    that logit.

    Parameters
    ----------
    composite : str, default "epsilon_plus"
        Which rule each kind of layer follows: "epsilon", "gamma", "z_plus" everywhere, "epsilon_plus" and
        "epsilon_gamma" in dense layers and in convolutions, "epsilon_plus_flat" and "epsilon_gamma_flat" with the flat
        rule for the layers that see the input (Kohlbrenner et al. 2020). The rules are those of
        `xai_widgets.models.rules`.
    epsilon : float, default 0
        What is added to each unit's sum, with its sign; at least 1e-6 is.
    gamma : float, default 0.25
        How much more the positive weights count.

    References
    ----------
    Bach, Binder, Montavon, Klauschen, Müller, Samek (2015), On Pixel-Wise Explanations for Non-Linear Classifier
    Decisions by Layer-Wise Relevance Propagation.

    Kohlbrenner, Bauer, Nakajima, Binder, Samek, Lapuschkin (2020), Towards Best Practice in Explaining Neural Network
    Decisions with LRP.

    Examples
    --------
    >>> result = xai.RelevancePropagation(composite="epsilon_plus_flat")(model, x, xai.Logit("cross"))
    >>> result.values.shape
    (1, 8, 8)
    """

    composite: str = COMPOSITE.field()
    epsilon: float = EPSILON.field()
    gamma: float = GAMMA.field()

    name = "relevance_propagation"
    label = "Relevance propagation (LRP)"
    sentence = "The quantity, shared out backwards layer by layer among what it was made of."
    reference = "Bach, Binder, Montavon, Klauschen, Müller, Samek 2015"

    @property
    def rules(self) -> Relevance:
        chosen: dict[str | None, Rule | None] = {
            "epsilon": Epsilon(max(self.epsilon, STABILISER)),
            "gamma": Gamma(self.gamma),
            "z_plus": ZPlus(),
            "flat": Flat(),
            None: None,
        }
        dense, convolution, first = (chosen[name] for name in COMPOSITES[self.composite])
        return Relevance(dense or Epsilon(), convolution or Epsilon(), first)
