"""The methods on Keras beside the best loop that one would write by hand for this one network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import xai_widgets as xai
from benchmarks.networks import TARGET, face_keras, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size
from benchmarks.timing import fastest, largest_difference, milliseconds

SIGMA = 0.15
WINDOW = 8
LIMIT = 1.1
PERTURBING = 0.65
"""The limit of the method that changes the input, which computes only what a window reaches."""

SENTENCE = """\
The same CNN in Keras 3 on TensorFlow, one thread; medians of CPU milliseconds, ours and theirs taking turns. The loop
by hand is one `tf.function` on a fixed batch shape that sums inside, its batch size tuned, the last batch padded."""


class Loop:
    """The three methods written down for one network, one class and one picture."""

    def __init__(
        self,
        network: keras.Model,
        x: np.ndarray,
        size: Size,
        batch: int,
        window: int = WINDOW,
        stride: int | None = None,
    ) -> None:
        self.x, self.size, self.batch = x, size, batch
        self.window, self.stride = window, stride or size.stride
        points = tf.TensorSpec((batch, *x.shape), tf.float32)
        weights = tf.TensorSpec((batch,), tf.float32)

        @tf.function(input_signature=[points])
        def score(points: tf.Tensor) -> tf.Tensor:
            return network(points, training=False)[:, TARGET]

        @tf.function(input_signature=[points, weights])
        def gradients(points: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(points)
                total = tf.reduce_sum(weights * network(points, training=False)[:, TARGET])
            return tf.reduce_sum(tape.gradient(total, points), axis=0)

        self._score, self._gradients = score, gradients

    def integrated_gradients(self) -> np.ndarray:
        steps = self.size.steps
        alphas = np.linspace(0, 1, steps + 1, dtype=np.float32)[:, None, None, None]
        weights = np.full(steps + 1, 1 / steps, np.float32)
        weights[[0, -1]] /= 2
        return self.x * self._weighted(lambda rows: alphas[rows] * self.x, weights)

    def smoothgrad(self) -> np.ndarray:
        random = np.random.default_rng(0)
        shape = self.x.shape
        return self._smoothed(lambda rows: random.standard_normal((rows.stop - rows.start, *shape), np.float32))

    def smoothgrad_with_our_noise(self) -> np.ndarray:
        generators = [np.random.default_rng((0, index)) for index in range(self.size.samples)]
        noise = np.stack([generator.standard_normal(self.x.shape, np.float32) for generator in generators])
        return self._smoothed(lambda rows: noise[rows])

    def occlusion(self) -> np.ndarray:
        window = self.window
        starts = range(0, len(self.x) - window + 1, self.stride)
        corners = [(top, left) for top in starts for left in starts]
        score = float(self._score(np.repeat(self.x[None], self.batch, axis=0))[0])
        total, times = np.zeros(self.x.shape), np.zeros(self.x.shape)
        for rows, padded in self._batches(len(corners)):
            points = np.repeat(self.x[None], padded, axis=0)
            for point, (top, left) in zip(points, corners[rows], strict=False):
                point[top : top + window, left : left + window] = 0
            drops = score - self._score(points).numpy()
            for drop, (top, left) in zip(drops, corners[rows], strict=False):
                total[top : top + window, left : left + window] += drop
                times[top : top + window, left : left + window] += 1
        return total / times

    def _smoothed(self, noise: Callable[[slice], np.ndarray]) -> np.ndarray:
        weights = np.full(self.size.samples, 1 / self.size.samples, np.float32)
        return self._weighted(lambda rows: self.x + np.float32(SIGMA) * noise(rows), weights)

    def _weighted(self, points: Callable[[slice], np.ndarray], weights: np.ndarray) -> np.ndarray:
        total = np.zeros(self.x.shape)
        for rows, padded in self._batches(len(weights)):
            missing = padded - (rows.stop - rows.start)
            batch = np.pad(points(rows), [(0, missing), (0, 0), (0, 0), (0, 0)])
            total += self._gradients(batch, np.pad(weights[rows], (0, missing))).numpy()
        return total

    def _batches(self, count: int) -> Iterator[tuple[slice, int]]:
        """Yield the rows of each batch and the rows that the traced function takes."""
        for start in range(0, count, self.batch):
            yield slice(start, min(start + self.batch, count)), self.batch


@dataclass(frozen=True)
class Comparison:
    """One of our methods, the same from a loop, and the loop's result for the same samples."""

    name: str
    ours: Callable[[], np.ndarray]
    theirs: Callable[[Loop], np.ndarray]
    expected: Callable[[Loop], np.ndarray]
    limit: float = LIMIT


def tables(size: Size) -> list[Table]:
    """Return the table of the methods on Keras."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    network = face_keras(size.side)
    x = picture(size.side)
    model = xai.wrap(network)
    loops = {batch: Loop(network, x, size, batch) for batch in size.batches}
    rows = [_row(comparison, loops, size) for comparison in _comparisons(model, x, size)]
    return [Table("Keras: the methods beside the best loop by hand", SENTENCE, rows)]


def _comparisons(model: xai.Model, x: np.ndarray, size: Size) -> list[Comparison]:
    windows = ((size.side - WINDOW) // size.stride + 1) ** 2

    def run(method: Any) -> Callable[[], np.ndarray]:
        return lambda: method(model, x, xai.Logit(TARGET)).values

    return [
        Comparison(
            f"Integrated gradients, {size.steps} steps",
            run(xai.IntegratedGradients(steps=size.steps)),
            Loop.integrated_gradients,
            Loop.integrated_gradients,
        ),
        Comparison(
            f"SmoothGrad, {size.samples} samples",
            run(xai.SmoothGrad(sigma=SIGMA, samples=size.samples)),
            Loop.smoothgrad,
            Loop.smoothgrad_with_our_noise,
        ),
        Comparison(
            f"Occlusion, {windows} windows",
            run(xai.Occlusion(window=WINDOW, stride=size.stride)),
            Loop.occlusion,
            Loop.occlusion,
            PERTURBING,
        ),
    ]


def _row(comparison: Comparison, loops: dict[int, Loop], size: Size) -> Row:
    batch = fastest({batch: lambda loop=loop: comparison.theirs(loop) for batch, loop in loops.items()}, size.trials)
    loop = loops[batch]
    times = milliseconds({"ours": comparison.ours, "theirs": lambda: comparison.theirs(loop)}, size.repetitions)
    return Row(
        name=comparison.name,
        ours=times["ours"],
        against=f"a loop by hand, batches of {batch}",
        theirs=times["theirs"],
        limit=comparison.limit,
        difference=largest_difference(comparison.ours(), comparison.expected(loop)),
    )
