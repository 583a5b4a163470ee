"""What a student's file looks like to a checker of types: it is checked, and not run."""

from typing import reveal_type

import numpy as np
import torch
from numpy.typing import NDArray

import xai_widgets as xai

network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
model = xai.wrap(network, classes=["cross", "ring", "bar"], bounds=(0, 1), input_shape=(1, 8, 8))
reveal_type(model)  # Model
reveal_type(model.scores(np.zeros((1, 8, 8))))  # array
reveal_type(model.layers)  # list[str]
x: NDArray[np.float32] = np.zeros((1, 8, 8), np.float32)

result = xai.IntegratedGradients(steps=32, baseline="white")(model, x, xai.Margin("cross", "ring"), layer=None)
reveal_type(result)  # Attribution
reveal_type(result.score)  # float | array
reveal_type(result.gap)  # float | array
reveal_type(result.values)  # array | Any
reveal_type(result.map)  # array | Any
reveal_type(result.on_input)  # array
reveal_type(result.evaluations)  # int
reveal_type(result.question)  # Question
print(result.values.shape, result.map.max(), result.score > 0, f"{result.score:.3f}", result.facts[0].label)
print(result.values.no_such_thing)  # wrong

for estimate in xai.SmoothGrad(sigma=0.1, samples=16).stream(model, x):
    reveal_type(estimate)  # Attribution
    if estimate.final:
        break

question = xai.ask(model, x, xai.Probability("cross"))
reveal_type(question)  # Question
reveal_type(question.values(0.5 * x))  # float | array
reveal_type(question.gradients(x))  # array

found = xai.ProjectedGradientDescent(epsilon=0.5)(model, x)
reveal_type(found)  # AdversarialExample
reveal_type(found.distance)  # float | array
reveal_type(found.perturbation)  # array

explorer = xai.explore(model, x, method="saliency")
reveal_type(explorer)  # Explorer
explorer.close()
xai.IntegratedGradients(step=3)  # wrong
xai.wrap(network, outputs="scores")  # wrong
