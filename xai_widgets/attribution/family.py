"""The families of methods, in the order in which a course comes to them: what the explorer's menu is grouped by."""

from __future__ import annotations

from typing import Literal, NamedTuple

FamilyName = Literal[
    "gradient", "propagation", "activation_map", "attention", "perturbation", "surrogate", "contrastive"
]


class Family(NamedTuple):
    """One heading of the menu of methods."""

    label: str
    sentence: str


FAMILIES: dict[FamilyName, Family] = {
    "gradient": Family("Gradients", "How fast the quantity changes with each pixel, here or on the way to here."),
    "propagation": Family("Modified backpropagation", "A backward pass through the network by rules of its own."),
    "activation_map": Family("Activation maps", "The maps of a layer, weighted by what they mean to the quantity."),
    "attention": Family("Attention", "What the tokens of a transformer look at, followed from block to block."),
    "perturbation": Family("Input modification", "Change the input and see what the quantity does."),
    "surrogate": Family("Surrogates and Shapley values", "A simple model of the network around this input."),
    "contrastive": Family("Contrastive", "What must be there, and what must not, for this answer."),
}
"""By name, in order."""

IN_ORDER: dict[FamilyName, tuple[str, ...]] = {
    "gradient": (
        "saliency",
        "input_x_gradient",
        "integrated_gradients",
        "expected_gradients",
        "smoothgrad",
        "smoothgrad_squared",
        "vargrad",
        "boundary_saliency",
        "boundary_integrated_gradients",
        "conductance",
        "internal_influence",
        "latent_influence",
        "influence",
    ),
    "propagation": (
        "guided_backpropagation",
        "deconvolution",
        "guided_grad_cam",
        "relevance_propagation",
        "deeplift",
        "deeplift_shap",
        "attn_lrp",
        "cp_lrp",
    ),
    "activation_map": ("grad_cam", "cam", "grad_cam_plus_plus", "layer_cam", "score_cam", "layer_activation"),
    "attention": ("attention_rollout", "attention_relevance"),
    "perturbation": ("occlusion", "feature_ablation", "rise", "meaningful_perturbation", "feature_permutation"),
    "surrogate": ("lime", "shapley_exact", "shapley_sampling", "kernel_shap"),
    "contrastive": ("pertinent_negative", "pertinent_positive"),
}
"""The methods of each family, what is simpler or came first before what stands on it; others come after these."""


def place(family: FamilyName, method: str) -> tuple[int, int]:
    """Return where a method of a family stands among all methods: numbers to sort by."""
    methods = IN_ORDER[family]
    return list(FAMILIES).index(family), methods.index(method) if method in methods else len(methods)
