"""Pictures of 224 x 224 in Keras beside the best loop that one would write by hand: the networks people have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import xai_widgets as xai
from benchmarks.keras_methods import Loop
from benchmarks.large_networks import convnext_keras, resnet_keras, vit_keras
from benchmarks.networks import TARGET, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size
from benchmarks.timing import fastest, largest_difference, milliseconds

SENTENCE = """\
The same networks in Keras 3 on TensorFlow, one thread, plain calls; medians of CPU milliseconds, ours and theirs taking
turns. The loop by hand is one `tf.function` on a fixed batch shape that sums inside, its batch size tuned."""

GRADIENTS, WINDOWS, TOKENS = 0.9, 0.5, 0.9
"""The limits: of integrated gradients, and of occlusion, also where a window reaches all of a transformer."""


def networks(size: Size) -> dict[str, tuple[Any, float]]:
    """Return the networks by name, each with the limit of its occlusion."""
    side = size.large_side
    made = [
        ("ResNet-18", resnet_keras, WINDOWS),
        ("ViT-Tiny", vit_keras, TOKENS),
        ("ConvNeXt-Atto", convnext_keras, WINDOWS),
    ]
    return {name: (make(side), limit) for name, make, limit in made[: size.large_networks]}


def tables(size: Size, only: str = "") -> list[Table]:
    """Return the table of the large networks on Keras; of those whose names hold `only`."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(0)
    table = Table("Keras at 224 x 224: the methods beside the best loop by hand", SENTENCE)
    for name, (network, limit) in networks(size).items():
        if only.lower() in name.lower():
            table.rows.extend(_rows(name, network, limit, size))
    return [table]


def _rows(name: str, network: keras.Model, limit: float, size: Size) -> list[Row]:
    x = picture(size.large_side)
    model, window, stride = xai.wrap(network), size.large_side // 4, size.large_side // 8
    loops = {batch: Loop(network, x, size, batch, window, stride) for batch in size.large_batches}
    line, occlusion = xai.IntegratedGradients(steps=size.steps), xai.Occlusion(window=window, stride=stride)
    works: list[tuple[str, xai.Method, Callable[[Loop], np.ndarray], float]] = [
        (f"{name}: integrated gradients, {size.steps} steps", line, Loop.integrated_gradients, GRADIENTS),
        (f"{name}: occlusion, 49 windows", occlusion, Loop.occlusion, limit),
    ]
    return [_row(title, partial(method, model, x), loop, loops, most, size) for title, method, loop, most in works]


def _row(
    name: str,
    ours: Callable[[xai.Quantity], xai.Attribution],
    theirs: Callable[[Loop], np.ndarray],
    loops: dict[int, Loop],
    limit: float,
    size: Size,
) -> Row:
    batch = fastest({batch: partial(theirs, loop) for batch, loop in loops.items()}, size.large_trials)
    loop, quantity = loops[batch], xai.Logit(TARGET)
    works = {"ours": lambda: ours(quantity).values, "theirs": partial(theirs, loop)}
    times = milliseconds(works, size.large_repetitions)
    return Row(
        name=name,
        ours=times["ours"],
        against=f"a loop by hand, batches of {batch}",
        theirs=times["theirs"],
        limit=limit,
        difference=largest_difference(works["ours"](), works["theirs"]()),
    )
