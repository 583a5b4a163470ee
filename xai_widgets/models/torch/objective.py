"""The scalar that a pass computes, as `Objective` describes it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xai_widgets.models.failures import failing
from xai_widgets.models.objective import Objective
from xai_widgets.models.outputs import wrong_values
from xai_widgets.models.torch.tensors import from_numpy, full


def objective_values(objective: Objective, outputs: Tensor) -> Tensor:
    """Return the objective, (rows,), of the scores or of a layer's output."""
    if objective.function is not None:
        with failing("function of the scores", outputs.shape, "scores"):
            values = objective.function(outputs)
        if not isinstance(values, Tensor) or values.shape != outputs.shape[:1]:
            raise wrong_values(values, len(outputs))
        return full(values)
    weights = from_numpy(objective.weights).to(outputs.dtype).to(outputs.device)
    if objective.top and objective.layer is None and outputs.dim() == 4:
        weights = segmented(outputs, weights)
    elif objective.top and objective.layer is None:
        weights = weights + nn.functional.one_hot(outputs.argmax(dim=1), outputs.shape[1]).to(outputs.dtype)
    if objective.link == "softmax":
        outputs = outputs.softmax(dim=1)
    elif objective.link == "log_softmax":
        outputs = outputs.log_softmax(dim=1)
    return (outputs * weights).flatten(1).sum(dim=1)


def segmented(scores: Tensor, weights: Tensor) -> Tensor:
    """Return the weights that count at `scores` (rows, classes, height, width), with what was left open found there."""
    classes = scores.shape[1]
    answers = nn.functional.one_hot(scores.detach().argmax(dim=1), classes).movedim(-1, 1).to(scores.dtype)
    if weights.shape[1] == 1:
        places = answers.sum(dim=(2, 3))
        most = nn.functional.one_hot(1 + places[:, 1:].argmax(dim=1), classes).to(scores.dtype)
        weights = weights * most[:, :, None, None]
    return torch.mul(weights, answers) if weights.shape[2:] == (1, 1) else weights
