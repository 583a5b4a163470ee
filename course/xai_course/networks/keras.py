"""The course's networks in Keras on TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
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
    BatchNorm,
    Convolution,
    Dense,
    Embedding,
    Flatten,
    Gelu,
    Input,
    Join,
    Layer,
    LayerNorm,
    MaxOverPlaces,
    MaxOverWords,
    MaxPool,
    MeanOverPlaces,
    MeanOverTokens,
    Relu,
    SelfAttention,
    Sigmoid,
    Tokens,
    Upsample,
    WordConvolution,
)
from xai_course.networks.architecture import Add as AddLayer
from xai_course.networks.architecture import ClassToken as ClassTokenLayer
from xai_course.networks.architecture import FirstToken as FirstTokenLayer
from xai_course.networks.architecture import MinMax as MinMaxLayer
from xai_course.networks.architecture import Positions as PositionsLayer
from xai_course.networks.architecture import Prototypes as PrototypesLayer
from xai_course.networks.architecture import Times as TimesLayer
from xai_course.networks.weights import (
    Beside,
    Inputs,
    Weights,
    batches,
    count_of,
    count_steps,
    fit,
    in_parts,
    initial_weights,
    rows_of,
)
from xai_course.progress import Progress

FRAMEWORK = "Keras"
BACKEND = "tensorflow"
"""What `xai_widgets.wrap` calls it."""

NAMES = ("weight", "bias", "running_mean", "running_var")
"""What most layers have of it, in the order in which Keras keeps it."""
TRACED = 10
"""From more parts than that on, what a trace saves of each is more than it costs."""


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


@keras.saving.register_keras_serializable("xai_course")
class ClassToken(layers.Layer):
    """One more token in front of the others, the same for every picture."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the token."""
        self.token = self.add_weight(shape=input_shape[-1:], name="token")

    def call(self, z: Any) -> Any:
        """Return (batch, 1 + tokens, size) of z (batch, tokens, size)."""
        token = keras.ops.broadcast_to(self.token, (keras.ops.shape(z)[0], 1, z.shape[-1]))
        return keras.ops.concatenate([token, z], axis=1)


@keras.saving.register_keras_serializable("xai_course")
class Positions(layers.Layer):
    """A vector added to each token that says where it stands."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the vectors."""
        self.vectors = self.add_weight(shape=input_shape[1:], name="vectors")

    def call(self, z: Any) -> Any:
        """Return z (batch, tokens, size) with the vectors added."""
        return z + self.vectors


@keras.saving.register_keras_serializable("xai_course")
class Times(layers.Layer):
    """Multiply the tokens of an earlier layer."""

    def call(self, both: Any) -> Any:
        """Return the tokens (batch, tokens, size), each times z (batch, size); it comes first."""
        z, earlier = both
        return earlier * keras.ops.expand_dims(z, 1)


@keras.saving.register_keras_serializable("xai_course")
class FirstToken(layers.Layer):
    """The first token alone."""

    def call(self, z: Any) -> Any:
        """Return (batch, size) of z (batch, tokens, size)."""
        return z[:, 0]


@keras.saving.register_keras_serializable("xai_course")
class Prototypes(layers.Layer):
    """How like each place is to each prototype."""

    def __init__(self, count: int, epsilon: float = 1e-4, **options: Any) -> None:
        super().__init__(**options)
        self.count, self.epsilon = count, epsilon

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the prototypes."""
        self.vectors = self.add_weight(shape=(self.count, input_shape[-1]), name="vectors")

    def call(self, z: Any) -> Any:
        """Return (batch, height, width, prototypes) of z (batch, height, width, channels)."""
        away = keras.ops.expand_dims(z, -2) - self.vectors
        squares = keras.ops.sum(away * away, axis=-1)
        return keras.ops.log((squares + 1) / (squares + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of again."""
        return {**super().get_config(), "count": self.count, "epsilon": self.epsilon}


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
    shapes = [architecture.input_shape, *architecture.shapes().values()]
    parts = {
        name: _layer(layer, name, shape)
        for (name, layer), shape in zip(architecture.layers.items(), shapes, strict=False)
        if not isinstance(layer, Input)
    }
    if architecture.is_chain:
        inputs = _input(architecture.inputs[0])
        network = keras.Sequential([inputs, *parts.values()], name=architecture.name)
    else:
        network = _joined(architecture, parts)
    fill(network, given)
    return network


def fill(network: keras.Model, weights: Weights) -> None:
    """Give a network these weights instead of its own; it stays the same object."""
    for layer, planes in _weighted(network):
        mine = {name.partition(".")[2]: value for name, value in weights.items() if name.startswith(f"{layer.name}.")}
        layer.set_weights(_to_keras(layer, mine, planes))


def digit_network(weights: Weights | None = None, seed: int = 0) -> keras.Model:
    """Return the network for digits, with these weights or with fresh ones; it puts out 10 logits."""
    return build(DIGITS, weights, seed)


def train(
    network: keras.Model,
    x: Inputs,
    y: NDArray[np.int64],
    *,
    epochs: float | None = None,
    steps: int | None = None,
    batch: int = 64,
    rate: float = 2e-3,
    optimizer: str = "adam",
    seed: int = 0,
    schedule: Callable[[float], float] | None = None,
    beside: Beside | None = None,
) -> None:
    """Train a classifier, of pictures or of their pixels, on cross-entropy, with a progress bar.

    Parameters
    ----------
    network : keras.Model
    x : array of shape (pictures, height, width, channels)
        Or a tuple of arrays, one for each input of the network.
    y : array of shape (pictures,), or (pictures, height, width)
        Or (pictures, outputs), of floating-point numbers: for each output by itself whether it is true, 0 or 1.
    epochs : float, optional
        How often each picture is seen.
    steps : int, optional
        Instead of epochs: how many batches. 500 if neither is given.
    batch, rate, seed
        How many pictures in each batch, the learning rate, and the seed of their order.
    optimizer : {"adam", "rmsprop"}
    schedule : callable, optional
        What the rate is multiplied by, as a function of the share of the training that is done, 0 to 1.
    beside : (str, array, float), optional
        A layer that puts out logits, what is true of each of them (pictures, units), and the weight of their binary
        cross-entropy, which is added to the loss.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"The optimizer is {optimizer!r}; expected one of {', '.join(OPTIMIZERS)}.")
    total = count_steps(count_of(x), batch, epochs, steps)
    descent = OPTIMIZERS[optimizer](rate)
    descent.build(network.trainable_variables)
    run = network
    if beside is not None:
        layer, truths, weight = beside
        run = keras.Model(network.inputs, [network.outputs[0], network.get_layer(layer).output])

    @tf.function
    def step(pictures: Any, labels: Any, *told: Any) -> None:
        with tf.GradientTape() as tape:
            if told:
                scores, said = run(pictures, training=True)
                value = _loss(scores, labels) + weight * _loss(said, *told)
            else:
                value = _loss(run(pictures, training=True), labels)
        variables = network.trainable_variables
        descent.apply(tape.gradient(value, variables), variables)

    with Progress(f"Training in {FRAMEWORK}", total, f"Trained for {total} steps.") as progress:
        for number, index in enumerate(batches(count_of(x), batch, total, seed)):
            if schedule is not None:
                descent.learning_rate = rate * schedule(number / total)
            told = [] if beside is None else [tf.constant(truths[index])]
            step(_tensors(rows_of(x, index)), tf.constant(y[index]), *told)
            progress.update(number + 1)


def predict(network: keras.Model, x: Inputs) -> NDArray[np.float32]:
    """Return the logits (pictures, classes) for pictures (pictures, height, width, channels), or for several inputs.

    A network that judges pixels gives (pictures, height, width, classes).
    """
    parts = in_parts(x)
    run = partial(network, training=False)
    if len(parts) > TRACED:
        run = tf.function(run, reduce_retracing=True)
    return np.concatenate([run(_tensors(part)).numpy() for part in parts])


def weights_of(network: keras.Model) -> Weights:
    """Return the network's weights, from which either framework builds its twin."""
    weights: Weights = {}
    for layer, planes in _weighted(network):
        weights |= {f"{layer.name}.{name}": value for name, value in _from_keras(layer, planes).items()}
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


def beside(network: keras.Model, second: NDArray[Any]) -> Callable[[Any], Any]:
    """Return a network of two inputs as a function of the first, with the same second one beside all of a batch."""
    row = tf.constant(second)[None]
    return lambda x: network([x, tf.repeat(row, tf.shape(x)[0], axis=0)], training=False)


def relu(z: Any) -> Any:
    """Return max(z, 0)."""
    return tf.nn.relu(z)


def _joined(architecture: Architecture, parts: dict[str, layers.Layer]) -> keras.Model:
    """Return the layers in a row, some of which take the output of an earlier one as well."""
    z = _input(architecture.inputs[0])
    inputs, outputs = [z], dict[str, Any]()
    for name, layer in architecture.layers.items():
        match layer:
            case Input():
                z = _input(layer, name)
                inputs.append(z)
            case SelfAttention():
                z = parts[name](z, z)
            case Join(other) | AddLayer(other) | TimesLayer(other):
                z = parts[name]([z, outputs[other]])
            case _:
                z = parts[name](z)
        outputs[name] = z
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], z, name=architecture.name)


def _input(taken: Input, name: str | None = None) -> Any:
    """Return where an input comes in."""
    return keras.Input(taken.shape, dtype="int32" if taken.words else "float32", name=name)


def _tensors(x: Inputs) -> Any:
    """Return what the network is called with: a tensor, or a list of them."""
    return [tf.constant(each) for each in x] if isinstance(x, tuple) else tf.constant(x)


def _layer(layer: Layer, name: str, shape: tuple[int, ...]) -> layers.Layer:
    """Return the Keras layer for one layer, which takes in `shape`."""
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
        case MeanOverTokens():
            return layers.GlobalAveragePooling1D(name=name)
        case MeanOverPlaces():
            return layers.GlobalAveragePooling2D(name=name)
        case MaxOverPlaces():
            return layers.GlobalMaxPooling2D(name=name)
        case Sigmoid():
            return layers.Activation("sigmoid", name=name)
        case PrototypesLayer(count, epsilon):
            return Prototypes(count, epsilon, name=name)
        case Tokens():
            return layers.Reshape((shape[0] * shape[1], shape[2]), name=name)
        case ClassTokenLayer():
            return ClassToken(name=name)
        case PositionsLayer():
            return Positions(name=name)
        case LayerNorm():
            return layers.LayerNormalization(epsilon=1e-5, name=name)
        case BatchNorm(epsilon):
            return layers.BatchNormalization(momentum=0.9, epsilon=epsilon, name=name)  # PyTorch's momentum
        case SelfAttention(heads):
            return layers.MultiHeadAttention(heads, shape[-1] // heads, name=name)
        case Gelu():
            return layers.Activation("gelu", name=name)
        case AddLayer():
            return layers.Add(name=name)
        case TimesLayer():
            return Times(name=name)
        case FirstTokenLayer():
            return FirstToken(name=name)
    raise TypeError(f"{layer!r} is no layer of xai_course.networks.architecture.")


def _loss(scores: Any, y: Any) -> Any:
    """Return the cross-entropy of classes, or that of truths, the mean over what each is of."""
    if y.dtype.is_floating:
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, scores))
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, scores)


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


def _to_keras(layer: Any, weights: Weights, planes: tuple[int, ...] | None) -> list[NDArray[np.float32]]:
    """Return the weights of a layer as Keras keeps them, from PyTorch's layout."""
    match layer:
        case layers.MultiHeadAttention():
            size, heads = len(weights["outer_bias"]), layer.num_heads
            kernels = weights["inner_weight"].reshape(3, heads, -1, size).transpose(0, 3, 1, 2)
            biases = weights["inner_bias"].reshape(3, heads, -1)
            outer = weights["outer_weight"].T.reshape(heads, -1, size)
            return [
                *(each for pair in zip(kernels, biases, strict=True) for each in pair),
                outer,
                weights["outer_bias"],
            ]
        case layers.Conv2D() | layers.Conv1D():
            return [np.moveaxis(weights["weight"], (0, 1), (-1, -2)), weights["bias"]]
        case layers.Dense():
            weight = weights["weight"]
            if planes is not None:
                height, width, channels = planes
                weight = weight.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).reshape(len(weight), -1)
            return [weight.T, weights["bias"]]
        case ClassToken() | Positions() | Prototypes():
            return list(weights.values())
        case _:
            return [weights[name] for name in NAMES if name in weights]


def _from_keras(layer: Any, planes: tuple[int, ...] | None) -> Weights:
    """Return the weights of a layer in PyTorch's layout, by name."""
    values = layer.get_weights()
    match layer:
        case layers.MultiHeadAttention():
            *inner, outer, outer_bias = values
            size = len(outer_bias)
            return {
                "inner_weight": np.concatenate([kernel.reshape(size, -1).T for kernel in inner[::2]]),
                "inner_bias": np.concatenate([bias.ravel() for bias in inner[1::2]]),
                "outer_weight": np.ascontiguousarray(outer.reshape(-1, size).T),
                "outer_bias": outer_bias,
            }
        case layers.Conv2D() | layers.Conv1D():
            return {"weight": np.ascontiguousarray(np.moveaxis(values[0], (-1, -2), (0, 1))), "bias": values[1]}
        case layers.Dense():
            weight = values[0].T
            if planes is not None:
                weight = weight.reshape(-1, *planes).transpose(0, 3, 1, 2).reshape(len(weight), -1)
            return {"weight": np.ascontiguousarray(weight), "bias": values[1]}
        case ClassToken():
            return {"token": values[0]}
        case Positions() | Prototypes():
            return {"vectors": values[0]}
        case _:
            return dict(zip(NAMES, values, strict=False))
