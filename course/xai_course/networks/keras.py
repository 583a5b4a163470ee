"""The course's networks in Keras on TensorFlow."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from xai_course.networks.weights import Weights, batches, initial_weights
from xai_course.progress import Progress

FRAMEWORK = "Keras"
BACKEND = "tensorflow"
"""What `xai_widgets.wrap` calls it."""


def digit_network(weights: Weights | None = None, seed: int = 0) -> keras.Model:
    """Return the network for digits, with these weights or with fresh ones; it puts out 10 logits."""
    given = initial_weights(seed) if weights is None else weights
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, padding="same", name="conv1"),
            layers.ReLU(name="relu1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(16, 3, padding="same", name="conv2"),
            layers.ReLU(name="relu2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(64, name="dense1"),
            layers.ReLU(name="relu3"),
            layers.Dense(10, name="dense2"),
        ],
        name="digits",
    )
    for layer, planes in _weighted(network):
        layer.set_weights([_to_keras(given[f"{layer.name}.weight"], planes), given[f"{layer.name}.bias"]])
    return network


def train(
    network: keras.Model,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    *,
    steps: int = 500,
    batch: int = 64,
    rate: float = 2e-3,
    seed: int = 0,
) -> None:
    """Train a classifier by Adam on cross-entropy, with a progress bar.

    Parameters
    ----------
    network : keras.Model
    x : array of shape (pictures, height, width, channels)
    y : array of shape (pictures,)
    steps, batch, rate, seed
        How many batches, how many pictures in each, the learning rate, and the seed of their order.
    """
    optimizer = keras.optimizers.Adam(rate, epsilon=1e-8)  # PyTorch's epsilon, so that the twins stay close.
    optimizer.build(network.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def step(pictures: Any, digits: Any) -> None:
        with tf.GradientTape() as tape:
            value = loss(digits, network(pictures, training=True))
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(value, variables), variables)

    with Progress(f"Training in {FRAMEWORK}", steps, f"Trained for {steps} steps.") as progress:
        for number, index in enumerate(batches(len(x), batch, steps, seed)):
            step(tf.constant(x[index]), tf.constant(y[index]))
            progress.update(number + 1)


def predict(network: keras.Model, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logits (pictures, classes) for pictures (pictures, height, width, channels)."""
    return np.concatenate([network(x[i : i + 500], training=False).numpy() for i in range(0, len(x), 500)])


def weights_of(network: keras.Model) -> Weights:
    """Return the network's weights, from which either framework builds its twin."""
    weights: Weights = {}
    for layer, planes in _weighted(network):
        kernel, bias = layer.get_weights()
        weights[f"{layer.name}.weight"] = _from_keras(kernel, planes)
        weights[f"{layer.name}.bias"] = bias
    return weights


def layout(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return pictures (..., height, width, channels) as the network takes them: as they are."""
    return pictures


def tensor(array: NDArray[np.float32]) -> tf.Tensor:
    """Return the array as a tensor, to calculate with inside a function that is explained."""
    return tf.constant(array)


def relu(z: Any) -> Any:
    """Return max(z, 0)."""
    return tf.nn.relu(z)


def _weighted(network: keras.Model) -> list[tuple[Any, tuple[int, ...] | None]]:
    """Each layer with weights, and the planes (height, width, channels) that a flatten just before it took in."""
    found, planes = [], None
    for layer in network.layers:
        if isinstance(layer, layers.Flatten):
            planes = layer.input.shape[1:]
        elif layer.weights:
            found.append((layer, planes))
            planes = None
    return found


def _to_keras(weight: NDArray[np.float32], planes: tuple[int, ...] | None) -> NDArray[np.float32]:
    if weight.ndim == 4:
        return weight.transpose(2, 3, 1, 0)
    if planes is not None:
        height, width, channels = planes
        weight = weight.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).reshape(len(weight), -1)
    return weight.T


def _from_keras(kernel: NDArray[np.float32], planes: tuple[int, ...] | None) -> NDArray[np.float32]:
    if kernel.ndim == 4:
        return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
    weight = kernel.T
    if planes is not None:
        weight = weight.reshape(-1, *planes).transpose(0, 3, 1, 2).reshape(len(weight), -1)
    return np.ascontiguousarray(weight)
