"""The scalar that a pass computes, as `Objective` describes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from xai_widgets.models.failures import failing
from xai_widgets.models.objective import Link


def objective_values(outputs: Any, weights: Any, top: Any, link: Link, function: Callable[[Any], Any] | None) -> Any:
    """Return the objective, (rows,), of the scores or of a layer's output; for the latter `top` is None."""
    if function is not None:
        with failing("function of the scores", outputs.shape, "scores"):
            return tf.cast(tf.convert_to_tensor(function(outputs)), outputs.dtype)
    if top is not None:
        weights = fixed_weights(weights, top, outputs)
    if link == "softmax":
        outputs = tf.nn.softmax(outputs)
    elif link == "log_softmax":
        outputs = tf.nn.log_softmax(outputs)
    return tf.reduce_sum(weights * outputs, axis=list(range(1, outputs.shape.rank)))


def fixed_weights(weights: Any, top: Any, outputs: Any) -> Any:
    """Return the weights of the scores with what `top` leaves open written into them."""
    if outputs.shape.rank == 4:
        return tf.where(top > 0, segmented(outputs, weights), weights)
    return weights + top * tf.one_hot(tf.argmax(outputs, axis=1), outputs.shape[1], dtype=outputs.dtype)


def segmented(scores: Any, weights: Any) -> Any:
    """Return the weights that count at `scores` (rows, height, width, classes), with what was left open found there."""
    classes = scores.shape[-1]
    answers = tf.one_hot(tf.argmax(scores, axis=-1), classes, dtype=scores.dtype)
    if weights.shape[-1] == 1:
        places = tf.reduce_sum(answers, axis=(1, 2))
        most = tf.one_hot(1 + tf.argmax(places[:, 1:], axis=1), classes, dtype=scores.dtype)
        weights = weights * most[:, None, None, :]
    return weights * answers if weights.shape[1:3] == (1, 1) else weights
