"""The places and the class of a segmentation that an objective leaves open, as `Objective.fixed` writes them down."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def segmented(scores: Any, weights: Any) -> Any:
    """Return the weights that count at `scores` (rows, height, width, classes), with what was left open found there."""
    classes = scores.shape[-1]
    answers = tf.one_hot(tf.argmax(scores, axis=-1), classes, dtype=scores.dtype)
    if weights.shape[-1] == 1:
        places = tf.reduce_sum(answers, axis=(1, 2))
        most = tf.one_hot(1 + tf.argmax(places[:, 1:], axis=1), classes, dtype=scores.dtype)
        weights = weights * most[:, None, None, :]
    return weights * answers if weights.shape[1:3] == (1, 1) else weights
