"""Running many rows through a network in chunks that it finds fitting."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xai_widgets.models.base import Array, Cut, Evaluation, Objective


def in_pieces(
    cut: Cut, kind: Literal["forward", "backward"], inputs: Array, objective: Objective, latents: Array | None = None
) -> Evaluation:
    """Run `inputs` (rows, *input shape), with `latents` in place of the cut's output, and put the pieces together.

    However many rows there are, only a chunk of them is in the network at a time.
    """
    run = cut.evaluate if kind == "forward" else cut.differentiate
    results = []
    start = 0
    while start < len(inputs):
        rows = slice(start, start + cut.chunk(kind))
        index = np.arange(len(inputs))[rows]
        results.append(run(inputs[rows], objective.rows(index), None if latents is None else latents[rows]))
        start = rows.stop
    if len(results) == 1:
        return results[0]
    values, scores, gradients, activations = zip(*results, strict=True)
    return Evaluation(
        np.concatenate(values),
        np.concatenate(scores),
        None if gradients[0] is None else np.concatenate(gradients),
        None if activations[0] is None else np.concatenate(activations),
    )
