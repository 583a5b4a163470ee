"""Adversarial training in Keras on TensorFlow."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xai_course.adversarial.recipe import AdversarialRecipe
from xai_course.gloro.schedules import learning_rate
from xai_course.networks.keras import FRAMEWORK
from xai_course.networks.weights import batches, count_steps
from xai_course.progress import Progress
from xai_course.robust import in_ball


def divergence(logits: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Return KL(softmax(logits), softmax(others)), the mean over pictures."""
    said, other = tf.nn.log_softmax(logits), tf.nn.log_softmax(others)
    return tf.reduce_mean(tf.reduce_sum(tf.exp(said) * (said - other), axis=1))


def attacked(
    network: keras.Model, x: tf.Tensor, labels: tf.Tensor, recipe: AdversarialRecipe, start: tf.Tensor
) -> tf.Tensor:
    """Return pictures near `x` at which the loss that the recipe attacks is large, by steps along its gradient.

    Parameters
    ----------
    network : keras.Model
    x : tensor of shape (pictures, height, width, channels)
    labels : tensor of shape (pictures,)
    recipe : AdversarialRecipe
    start : tensor of the shape of `x`
        Where the attack begins, as seen from `x`.
    """
    moved = tf.clip_by_value(x + start, 0, 1)
    clean = network(x, training=True) if recipe.loss == "trades" else None
    for _ in range(recipe.steps):
        with tf.GradientTape() as tape:
            tape.watch(moved)
            there = network(moved, training=True)
            loss = _cross_entropy(there, labels) if clean is None else divergence(clean, there)
        away = moved + 2.5 * recipe.epsilon / recipe.steps * _unit(tape.gradient(loss, moved)) - x
        away = away * tf.minimum(1.0, recipe.epsilon / tf.maximum(_length(away), 1e-12))
        moved = tf.clip_by_value(x + away, 0, 1)
    return tf.stop_gradient(moved)


def train(
    network: keras.Model, x: NDArray[np.float32], y: NDArray[np.int64], recipe: AdversarialRecipe, *, seed: int = 0
) -> None:
    """Train a classifier after `recipe`, with a progress bar.

    Parameters
    ----------
    network : keras.Model
    x : array of shape (pictures, height, width, channels)
    y : array of shape (pictures,)
    recipe : AdversarialRecipe
    seed : int, default 0
        Of the order of the pictures, and of where attacks begin.
    """
    total, generator = count_steps(len(x), recipe.batch, recipe.epochs, None), np.random.default_rng(seed)
    optimizer = keras.optimizers.Adam(recipe.rate, epsilon=1e-8)  # PyTorch's epsilon, so that the twins stay close.
    optimizer.build(network.trainable_variables)

    @tf.function
    def update(pictures: tf.Tensor, labels: tf.Tensor, start: tf.Tensor) -> None:
        worst = attacked(network, pictures, labels, recipe, start)
        with tf.GradientTape() as tape:
            there = network(worst, training=True)
            if recipe.loss == "trades":
                here = network(pictures, training=True)
                loss = _cross_entropy(here, labels) + recipe.weight * divergence(here, there)
            else:
                loss = _cross_entropy(there, labels)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    label = f"Training against attacks in {FRAMEWORK}"
    with Progress(label, total, f"{label}: {recipe.epochs} epochs.") as progress:
        for step, index in enumerate(batches(len(x), recipe.batch, total, seed)):
            optimizer.learning_rate.assign(learning_rate(step, total, recipe.rate, recipe.last_rate))
            start = in_ball(generator, x[index].shape, recipe.epsilon)
            update(tf.constant(x[index]), tf.constant(y[index]), tf.constant(start))
            progress.update(step + 1)


def _cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def _length(z: tf.Tensor) -> tf.Tensor:
    return tf.sqrt(tf.reduce_sum(z**2, axis=(1, 2, 3), keepdims=True))


def _unit(z: tf.Tensor) -> tf.Tensor:
    return z / tf.maximum(_length(z), 1e-12)
