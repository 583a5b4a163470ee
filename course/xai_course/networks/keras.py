"""The course's networks in Keras on TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from xai_course.networks.architecture import (
    DIGITS,
    Architecture,
    Convolution,
    Dense,
    Embedding,
    Flatten,
    Join,
    Layer,
    MaxOverWords,
    MaxPool,
    Relu,
    Upsample,
    WordConvolution,
)
from xai_course.networks.architecture import MinMax as MinMaxLayer
from xai_course.networks.weights import Weights, batches, count_steps, fit, initial_weights
from xai_course.progress import Progress

FRAMEWORK = "Keras"
BACKEND = "tensorflow"
"""What `xai_widgets.wrap` calls it."""


@keras.saving.register_keras_serializable("xai_course")
class MinMax(layers.Layer):
    """Sort channel i and channel i + n / 2: the smaller to the first half, the larger to the second."""

    def call(self, z: Any) -> Any:
        """Return the sorted channels of z (batch, ..., channels)."""
        a, b = keras.ops.split(z, 2, axis=-1)
        excess = keras.ops.relu(a - b)  # what a has more than b moves over; faster to differentiate than min and max
        return keras.ops.concatenate([a - excess, b + excess], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of what it puts out: that of what it takes."""
        return input_shape


OPTIMIZERS = {
    "adam": lambda rate: keras.optimizers.Adam(rate, epsilon=1e-8),  # PyTorch's epsilon, so that the twins stay close
    "rmsprop": keras.optimizers.RMSprop,
}


def build(architecture: Architecture, weights: Weights | None = None, seed: int = 0) -> keras.Model:
    """Return a network with these weights, or with fresh ones (He et al. 2015) drawn from `seed`.

    Its layers have the architecture's names; it puts out logits.
    """
    given = initial_weights(architecture, seed) if weights is None else weights
    fit(given, architecture)
    parts = {name: _layer(layer, name) for name, layer in architecture.layers.items()}
    if architecture.is_chain:
        kind = "int32" if len(architecture.input_shape) == 1 else "float32"  # the numbers of words
        inputs = keras.Input(architecture.input_shape, dtype=kind)
        network = keras.Sequential([inputs, *parts.values()], name=architecture.name)
    else:
        network = _joined(architecture, parts)
    for layer, planes in _weighted(network):
        kernel = _to_keras(given[f"{layer.name}.weight"], planes, isinstance(layer, layers.Embedding))
        bias = given.get(f"{layer.name}.bias")
        layer.set_weights([kernel] if bias is None else [kernel, bias])
    return network


def digit_network(weights: Weights | None = None, seed: int = 0) -> keras.Model:
    """Return the network for digits, with these weights or with fresh ones; it puts out 10 logits."""
    return build(DIGITS, weights, seed)


def train(
    network: keras.Model,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    *,
    epochs: float | None = None,
    steps: int | None = None,
    batch: int = 64,
    rate: float = 2e-3,
    optimizer: str = "adam",
    seed: int = 0,
    schedule: Callable[[float], float] | None = None,
) -> None:
    """Train a classifier, of pictures or of their pixels, on cross-entropy, with a progress bar.

    Parameters
    ----------
    network : keras.Model
    x : array of shape (pictures, height, width, channels)
    y : array of shape (pictures,), or (pictures, height, width)
    epochs : float, optional
        How often each picture is seen.
    steps : int, optional
        Instead of epochs: how many batches. 500 if neither is given.
    batch, rate, seed
        How many pictures in each batch, the learning rate, and the seed of their order.
    optimizer : {"adam", "rmsprop"}
    schedule : callable, optional
        What the rate is multiplied by, as a function of the share of the training that is done, 0 to 1.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"The optimizer is {optimizer!r}; expected one of {', '.join(OPTIMIZERS)}.")
    total = count_steps(len(x), batch, epochs, steps)
    descent = OPTIMIZERS[optimizer](rate)
    descent.build(network.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def step(pictures: Any, labels: Any) -> None:
        with tf.GradientTape() as tape:
            value = loss(labels, network(pictures, training=True))
        variables = network.trainable_variables
        descent.apply(tape.gradient(value, variables), variables)

    with Progress(f"Training in {FRAMEWORK}", total, f"Trained for {total} steps.") as progress:
        for number, index in enumerate(batches(len(x), batch, total, seed)):
            if schedule is not None:
                descent.learning_rate = rate * schedule(number / total)
            step(tf.constant(x[index]), tf.constant(y[index]))
            progress.update(number + 1)


def predict(network: keras.Model, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logits (pictures, classes) for pictures (pictures, height, width, channels).

    A network that judges pixels gives (pictures, height, width, classes).
    """
    return np.concatenate([network(x[i : i + 100], training=False).numpy() for i in range(0, len(x), 100)])


def weights_of(network: keras.Model) -> Weights:
    """Return the network's weights, from which either framework builds its twin."""
    weights: Weights = {}
    for layer, planes in _weighted(network):
        kernel, *bias = layer.get_weights()
        weights[f"{layer.name}.weight"] = _from_keras(kernel, planes, isinstance(layer, layers.Embedding))
        if bias:
            (weights[f"{layer.name}.bias"],) = bias
    return weights


def layout(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return pictures (..., height, width, channels) as the network takes them: as they are."""
    return pictures


def tensor(array: NDArray[np.float32]) -> tf.Tensor:
    """Return the array as a tensor, to calculate with inside a function that is explained."""
    return tf.constant(array)


def sealed(network: keras.Model) -> Callable[[Any], Any]:
    """Return the network as a function that gives its scores and no slopes."""
    return lambda x: tf.stop_gradient(network(tf.stop_gradient(x), training=False))


def slopes_alone(network: keras.Model) -> Callable[[Any], Any]:
    """Return the network as a function that gives its scores and their slopes, and shows nothing of what is inside."""
    return lambda x: network(x, training=False)


def relu(z: Any) -> Any:
    """Return max(z, 0)."""
    return tf.nn.relu(z)


def _joined(architecture: Architecture, parts: dict[str, layers.Layer]) -> keras.Model:
    """Return the layers in a row, some of which take the output of an earlier one as well."""
    z = inputs = keras.Input(architecture.input_shape)
    outputs: dict[str, Any] = {}
    for name, layer in architecture.layers.items():
        z = outputs[name] = parts[name]([z, outputs[layer.other]] if isinstance(layer, Join) else z)
    return keras.Model(inputs, z, name=architecture.name)


def _layer(layer: Layer, name: str) -> layers.Layer:
    """Return the Keras layer for one layer."""
    match layer:
        case Convolution(channels, size, stride):
            return layers.Conv2D(channels, size, stride, padding="same", name=name)
        case Dense(units):
            return layers.Dense(units, name=name)
        case MaxPool(size):
            return layers.MaxPooling2D(size, name=name)
        case Relu():
            return layers.ReLU(name=name)
        case MinMaxLayer():
            return MinMax(name=name)
        case Embedding(words, size):
            return layers.Embedding(words, size, name=name)
        case WordConvolution(channels, width):
            return layers.Conv1D(channels, width, padding="same", name=name)
        case MaxOverWords():
            return layers.GlobalMaxPooling1D(name=name)
        case Upsample(size):
            return layers.UpSampling2D(size, name=name)
        case Join():
            return layers.Concatenate(name=name)
        case Flatten():
            return layers.Flatten(name=name)
    raise TypeError(f"{layer!r} is no layer of xai_course.networks.architecture.")


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


def _to_keras(weight: NDArray[np.float32], planes: tuple[int, ...] | None, of_words: bool) -> NDArray[np.float32]:
    if of_words:
        return weight
    if weight.ndim > 2:
        return np.moveaxis(weight, (0, 1), (-1, -2))
    if planes is not None:
        height, width, channels = planes
        weight = weight.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).reshape(len(weight), -1)
    return weight.T


def _from_keras(kernel: NDArray[np.float32], planes: tuple[int, ...] | None, of_words: bool) -> NDArray[np.float32]:
    if of_words:
        return kernel
    if kernel.ndim > 2:
        return np.ascontiguousarray(np.moveaxis(kernel, (-1, -2), (0, 1)))
    weight = kernel.T
    if planes is not None:
        weight = weight.reshape(-1, *planes).transpose(0, 3, 1, 2).reshape(len(weight), -1)
    return np.ascontiguousarray(weight)
