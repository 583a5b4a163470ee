"""The families of methods, in the order in which a course comes to them: what the explorer's menu is grouped by."""

from __future__ import annotations

from typing import Literal, NamedTuple

FamilyName = Literal["gradient", "propagation", "activation_map", "perturbation", "surrogate", "contrastive"]


class Family(NamedTuple):
    """One heading of the menu of methods."""

    label: str
    sentence: str


FAMILIES: dict[FamilyName, Family] = {
    "gradient": Family("Gradients", "How fast the quantity changes with each pixel, here or on the way to here."),
    "propagation": Family("Modified backpropagation", "A way back through the network that follows rules of its own."),
    "activation_map": Family("Activation maps", "The maps of a layer, weighted by what they mean to the quantity."),
    "perturbation": Family("Input modification", "Change the input and see what the quantity does."),
    "surrogate": Family("Surrogates and Shapley values", "A simple model of the network around this input."),
    "contrastive": Family("Contrastive", "What must be there, and what must not, for this answer."),
}
"""By name, in order."""
