"""Running many rows through a network in chunks that it finds fitting."""

from __future__ import annotations

import functools
from typing import Any, Literal

import numpy as np

from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.rules import Rules


def in_chunks(
    cut: Cut,
    kind: Literal["forward", "backward"],
    inputs: Array,
    objective: Objective,
    latents: Array | None = None,
    pool: Array | None = None,
) -> Evaluation:
    """Run `inputs` (rows, *input shape), with `latents` in place of the cut's output, and put the pieces together.

    However many rows there are, only a chunk of them is in the network at a time. With `pool` (groups, rows) the
    gradients are sums (groups, *shape of the cut) with these weights.
    """
    results = []
    start = 0
    while start < len(inputs):
        rows = slice(start, start + cut.chunk(kind))
        piece, asked = inputs[rows], objective.rows(np.arange(len(inputs))[rows])
        latent = None if latents is None else latents[rows]
        if kind == "backward":
            results.append(cut.differentiate(piece, asked, latent, None if pool is None else pool[:, rows]))
        else:
            results.append(cut.evaluate(piece, asked, latent))
        start = rows.stop
    if len(results) == 1:
        return results[0]
    together = _joined(results)
    if pool is None:
        return together
    return together._replace(gradients=functools.reduce(np.add, [np.asarray(one.gradients) for one in results]))


def propagated(
    cut: Cut, inputs: Array, objective: Objective, rules: Rules, references: Array | None = None
) -> Evaluation:
    """Run `inputs` (rows, *input shape) forward and back by `rules`, and put the pieces together."""
    results = []
    start = 0
    while start < len(inputs):
        rows = slice(start, start + cut.chunk("backward"))
        asked = objective.rows(np.arange(len(inputs))[rows])
        results.append(cut.propagate(inputs[rows], asked, rules, None if references is None else references[rows]))
        start = rows.stop
    return results[0] if len(results) == 1 else _joined(results)


def _joined(results: list[Evaluation]) -> Evaluation:
    """Return the rows of all results behind each other."""
    columns = zip(*results, strict=True)
    joined: list[Any] = [None if parts[0] is None else np.concatenate(parts) for parts in columns]
    return Evaluation(*joined)
