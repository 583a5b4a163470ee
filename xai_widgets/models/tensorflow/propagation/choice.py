"""Which way back goes with which rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from xai_widgets.errors import InputError
from xai_widgets.models.rules import Epsilon, Gamma, Rectified, Relevance, Rescaled, Rule, Rules
from xai_widgets.models.tensorflow.graph import Wiring
from xai_widgets.models.tensorflow.propagation.interception import ModifiedBackward, RectifiedBackward
from xai_widgets.models.tensorflow.propagation.relevance import RelevanceBackward
from xai_widgets.models.tensorflow.propagation.rescaled import RescaledBackward


def split(rules: Rules) -> tuple[Rules, list[float]]:
    """Return the rules without the numbers in them, and these, which may change without another trace."""
    if not isinstance(rules, Relevance):
        return rules, []
    return _with_numbers(rules, [0, 0, 0]), [
        getattr(rule, "epsilon", getattr(rule, "gamma", 0)) for rule in (rules.dense, rules.convolution, rules.first)
    ]


def joined(rules: Rules, numbers: Any) -> Rules:
    """Return the rules with numbers in them."""
    return _with_numbers(rules, numbers) if isinstance(rules, Relevance) else rules


def modified_backward(
    rules: Rules, names: Sequence[str], wiring: Wiring, read: int | None, cut: int | None
) -> ModifiedBackward:
    """Return the replay that gives the calls of a graph the backward pass that the rules say.

    Parameters
    ----------
    rules : Rectified, Rescaled or Relevance
    names : sequence of str
        The layers by which what is not covered is named, for each call.
    wiring : Wiring
        How the calls are connected.
    read, cut : int or None
        The call whose output the objective is about, and the one where the backward pass ends.
    """
    match rules:
        case Rectified():
            return RectifiedBackward(rules, names, wiring, read, cut)
        case Rescaled():
            return RescaledBackward(rules, names, wiring, read, cut)
        case Relevance():
            return RelevanceBackward(rules, names, wiring, read, cut)


def _with_numbers(rules: Relevance, numbers: Any) -> Relevance:
    places: list[tuple[Rule | None, Any]] = [
        (rules.dense, numbers[0]),
        (rules.convolution, numbers[1]),
        (rules.first, numbers[2]),
    ]
    made = [
        Epsilon(number) if isinstance(rule, Epsilon) else Gamma(number) if isinstance(rule, Gamma) else rule
        for rule, number in places
    ]
    return replace(rules, dense=made[0] or rules.dense, convolution=made[1] or rules.convolution, first=made[2])


def no_graph(network: Any) -> InputError:
    """Return the refusal of a network that only its code describes."""
    return InputError(
        f"The network ({type(network).__name__}) keeps no graph of its calls, which have to be followed one by one; "
        "expected a sequential or functional Keras network. Use a method that needs gradients alone, such as "
        "IntegratedGradients."
    )
