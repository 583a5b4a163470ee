"""The places and the class of a segmentation that an objective leaves open, as `Objective.fixed` writes them down."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def segmented(scores: Tensor, weights: Tensor) -> Tensor:
    """Return the weights that count at `scores` (rows, classes, height, width), with what was left open found there."""
    classes = scores.shape[1]
    answers = nn.functional.one_hot(scores.detach().argmax(dim=1), classes).movedim(-1, 1).to(scores.dtype)
    if weights.shape[1] == 1:
        places = answers.sum(dim=(2, 3))
        most = nn.functional.one_hot(1 + places[:, 1:].argmax(dim=1), classes).to(scores.dtype)
        weights = weights * most[:, :, None, None]
    return torch.mul(weights, answers) if weights.shape[2:] == (1, 1) else weights
