"""Training of globally robust networks in Keras on TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers as keras_layers
from numpy.typing import NDArray

from xai_course.gloro.configurations import Recipe
from xai_course.gloro.schedules import learning_rate, robust_weight
from xai_course.networks.keras import FRAMEWORK
from xai_course.networks.weights import batches, count_steps
from xai_course.progress import Progress

PART = 500
"""Pictures that go through a network at once."""


class BoundLayers:
    """The layers of a network with their spectral norms, by power iteration.

    Each layer keeps one iterate, the direction that it stretches most as far as is known. Weights change little from
    one step of training to the next, so one or two iterations keep up. The result lies below the norm until it has
    converged: it is for training. Claims are for `certificate`.

    Parameters
    ----------
    network : keras.Sequential
        Convolutions and dense layers, between them what stretches nothing; the last layer is dense.
    shape : tuple of int
        (height, width, channels) of a picture.
    seed : int, default 0
        Of the first iterates.
    """

    def __init__(self, network: keras.Model, shape: tuple[int, ...], seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        self._layers: list[Any] = []
        self._iterates: list[tf.Variable] = []
        signal = tf.zeros((1, *shape))
        for layer in network.layers:
            if isinstance(layer, keras_layers.Conv2D | keras_layers.Dense):
                self._layers.append(layer)
                start = _unit(tf.constant(generator.normal(size=signal.shape), tf.float32))
                self._iterates.append(tf.Variable(start, trainable=False))
            signal = layer(signal)
        self._last = self._layers.pop()
        self._iterates.pop()

    def iterate(self, times: int) -> None:
        """Move each iterate u to W'W u of length 1, so many times; no gradient goes through this."""
        for u, layer in zip(self._iterates, self._layers, strict=True):
            for _ in range(times):
                u.assign(_unit(_transposed(layer, _linear(layer, u), u.shape)))

    def norms(self) -> list[tf.Tensor]:
        """Return |W u| for each layer but the last; its gradient is that of the norm, u being held."""
        return [
            tf.norm(_linear(layer, tf.stop_gradient(u))) for layer, u in zip(self._layers, self._iterates, strict=True)
        ]

    def estimates(self) -> list[float]:
        """Return `norms` as numbers."""
        return [float(norm) for norm in self.norms()]

    def pairs(self) -> tf.Tensor:
        """Return K_ij (classes, classes): how fast the difference of two logits can change."""
        rows = tf.transpose(self._last.kernel)
        # The diagonal is zero, where a root has no slope; what is added is far below float32's precision elsewhere.
        apart = tf.sqrt(tf.reduce_sum((rows[:, None] - rows) ** 2, axis=2) + 1e-12)
        return tf.reduce_prod(tf.stack(self.norms())) * apart


def bottom(logits: tf.Tensor, pairs: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Return the extra logit (pictures,): the most that another class can reach within `epsilon`."""
    top = tf.argmax(logits, axis=1)
    raised = logits + epsilon * tf.gather(pairs, top)
    is_top = tf.one_hot(top, logits.shape[1], on_value=True, off_value=False, dtype=tf.bool)
    return tf.reduce_max(tf.where(is_top, -np.inf, raised), axis=1)


def cross_entropy_loss(logits: tf.Tensor, extra: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy on the logits and the extra one, which is one more wrong class."""
    return _cross_entropy(tf.concat([logits, extra[:, None]], axis=1), labels)


def kl_loss(logits: tf.Tensor, extra: tf.Tensor, labels: tf.Tensor, weight: float) -> tf.Tensor:
    """Return the cross-entropy plus `weight` times KL(softmax(f) with 0 appended, softmax(f, bottom)).

    The divergence is log((Z + exp(bottom)) / Z) with Z = sum of exp(f), which is softplus(bottom - log Z).
    """
    divergence = tf.reduce_mean(tf.nn.softplus(extra - tf.reduce_logsumexp(logits, axis=1)))
    return _cross_entropy(logits, labels) + weight * divergence


def train(
    network: keras.Model,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    recipe: Recipe,
    *,
    seed: int = 0,
    label: str = "Training",
) -> None:
    """Train a classifier after `recipe`, with a progress bar.

    Parameters
    ----------
    network : keras.Model
    x : array of shape (pictures, height, width, channels)
    y : array of shape (pictures,)
    recipe : Recipe
    seed : int, default 0
        Of the order of the pictures and of the first iterates.
    label : str
        What the progress bar says.
    """
    total = count_steps(len(x), recipe.batch, recipe.epochs, None)
    layers = None if recipe.is_standard else BoundLayers(network, x.shape[1:], seed)
    optimizer = keras.optimizers.Adam(recipe.rate, epsilon=1e-8)  # PyTorch's epsilon, so that the twins stay close.
    optimizer.build(network.trainable_variables)

    @tf.function
    def update(pictures: tf.Tensor, labels: tf.Tensor, weight: tf.Tensor) -> None:
        if layers is not None:
            layers.iterate(recipe.iterations)
        with tf.GradientTape() as tape:
            logits = network(pictures, training=True)
            if layers is None:
                loss = _cross_entropy(logits, labels)
            else:
                extra = bottom(logits, layers.pairs(), recipe.epsilon)
                if recipe.loss == "kl":
                    loss = kl_loss(logits, extra, labels, weight)
                else:
                    loss = cross_entropy_loss(logits, extra, labels)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    finished = f"{label} in {FRAMEWORK}: {recipe.epochs} epochs."
    with Progress(f"{label} in {FRAMEWORK}", total, finished) as progress:
        for step, index in enumerate(batches(len(x), recipe.batch, total, seed)):
            optimizer.learning_rate.assign(learning_rate(step, total, recipe.rate, recipe.last_rate))
            weight = robust_weight(step, total, recipe.weight)
            update(tf.constant(x[index]), tf.constant(y[index]), tf.constant(weight, tf.float32))
            progress.update(step + 1)


class Gradients:
    """Gradients of a network's logits by its input, for many pictures.

    Parameters
    ----------
    network : keras.Model
    """

    def __init__(self, network: keras.Model) -> None:
        self._network = network
        # With any number of pictures and the classes as a tensor, each is traced once.
        pictures = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
        self._top = tf.function(lambda x: self._gradient(x, _largest), input_signature=[pictures])
        self._margin = tf.function(
            lambda x, of: self._gradient(x, lambda f: _margin(f, of)),
            input_signature=[pictures, tf.TensorSpec((None,), tf.int64)],
        )

    def top(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the gradient of the largest logit, in the shape of x (pictures, height, width, channels)."""
        return np.concatenate([self._top(x[i : i + PART])[1].numpy() for i in range(0, len(x), PART)])

    def margin(
        self, x: NDArray[np.float32], labels: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return by how much the best other class leads the class `labels`, max of f_i - f_j, and its gradient.

        Parameters
        ----------
        x : array of shape (pictures, height, width, channels)
        labels : array of shape (pictures,)
        """
        values, gradient = self._margin(x, labels)
        return values.numpy(), gradient.numpy()

    def _gradient(self, x: tf.Tensor, quantity: Callable[[tf.Tensor], tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            values = quantity(self._network(x, training=False))
        return values, tape.gradient(values, x)


def _largest(logits: tf.Tensor) -> tf.Tensor:
    return tf.reduce_max(logits, axis=1)


def _margin(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    of = tf.one_hot(labels, logits.shape[1], on_value=True, off_value=False, dtype=tf.bool)
    return _largest(tf.where(of, -np.inf, logits)) - tf.gather(logits, labels, axis=1, batch_dims=1)


def _cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def _linear(layer: Any, u: tf.Tensor) -> tf.Tensor:
    """Return what a layer makes of u, without its bias."""
    if isinstance(layer, keras_layers.Conv2D):
        return tf.nn.conv2d(u, layer.kernel, layer.strides, "SAME")
    return u @ layer.kernel


def _transposed(layer: Any, v: tf.Tensor, shape: Any) -> tf.Tensor:
    """Return what the transpose of a layer makes of v: something of the shape that the layer takes in."""
    if isinstance(layer, keras_layers.Conv2D):
        return tf.nn.conv2d_transpose(v, layer.kernel, shape, layer.strides, "SAME")
    return tf.matmul(v, layer.kernel, transpose_b=True)


def _unit(u: tf.Tensor) -> tf.Tensor:
    return u / tf.norm(u)
