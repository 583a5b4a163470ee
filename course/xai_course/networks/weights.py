"""Weights as NumPy arrays by name, in PyTorch's layout, from which either framework builds the same network."""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.data.errors import ANEW, DataError, content_of, damaged, words
from xai_course.networks.architecture import DIGITS, Architecture

Weights = dict[str, NDArray[np.float32]]
"""By layer: "conv1.weight" is (out, in, height, width), "dense1.weight" (out, in), "conv1.bias" (out,).

An embedding has a weight (words, size) and no bias; a convolution over words (out, in, width). Self-attention has an
"inner_weight" (3 * size, size), for queries, keys and values, and an "outer_weight", each with its bias.

What a first dense layer takes in is counted channel by channel, as PyTorch flattens.
"""

Beside = tuple[str, NDArray[np.float32], float]
"""What a training asks of a layer beside the answer: its name, what is true of its units, and how much that weighs."""

SCHEMES = ("he", "orthogonal", "glorot")


def initial_weights(architecture: Architecture = DIGITS, seed: int = 0, scheme: str = "he") -> Weights:
    """Return fresh weights; biases are zero.

    Parameters
    ----------
    architecture : Architecture
    seed : int
    scheme : {"he", "orthogonal", "glorot"}
        Normal with variance 2 / inputs (He et al. 2015); orthonormal rows, or columns where there are fewer of them
        (Saxe et al. 2014); or uniform with variance 2 / (inputs + outputs) (Glorot and Bengio 2010).
    """
    if scheme not in SCHEMES:
        raise ValueError(f"The scheme is {scheme!r}; expected one of {', '.join(SCHEMES)}.")
    generator = np.random.default_rng(seed)
    weights: Weights = {}
    for name, shape in architecture.weight_shapes().items():
        if name.endswith(("bias", ".running_mean")):
            weights[name] = np.zeros(shape, np.float32)
            continue
        if (name.endswith(".weight") and len(shape) == 1) or name.endswith(".running_var"):  # the scales of a norm
            weights[name] = np.ones(shape, np.float32)
            continue
        if name.endswith((".token", ".vectors")):
            weights[name] = generator.normal(0, 0.02, shape).astype(np.float32)
            continue
        inputs, outputs = int(np.prod(shape[1:])), shape[0] * int(np.prod(shape[2:]))
        value: NDArray[Any]
        if scheme == "he":
            value = np.sqrt(2 / inputs) * generator.standard_normal(shape)
        elif scheme == "glorot":
            limit = np.sqrt(6 / (inputs + outputs))
            value = generator.uniform(-limit, limit, shape)
        else:
            value = _orthonormal(generator, shape[0], inputs).reshape(shape)
        weights[name] = value.astype(np.float32)
    return weights


def save(path: str | os.PathLike[str], weights: Weights, half: bool = False) -> None:
    """Write weights to a safetensors file, which appears only when it is whole.

    Parameters
    ----------
    path : path
    weights : dict of str to array
    half : bool, default False
        Store float16, which takes half the room and keeps three digits.

    Raises
    ------
    DataError
        If a weight is NaN or infinite, or the file cannot be written.
    """
    from safetensors.numpy import save as to_bytes

    path = Path(path)
    with np.errstate(over="ignore"):
        stored = {
            name: np.ascontiguousarray(value, np.float16 if half else np.float32) for name, value in weights.items()
        }
    if (name := _not_finite(stored)) is not None:
        raise DataError(
            f"{name} holds NaN or infinite values; expected finite ones. The training went wrong: repeat it."
        )
    try:
        _write(path, to_bytes(stored))
    except OSError as error:
        raise DataError(
            f"The weights cannot be written to {path} ({words(error)}); expected a folder to write to, with room. "
            "Make room, or set XAI_CACHE to another folder."
        ) from error


def keep(path: Path, weights: Weights) -> None:
    """Save weights for the next time; where that cannot be done, warn, and what was trained is not lost."""
    try:
        save(path, weights)
    except DataError as error:
        warnings.warn(f"The network will be trained anew next time. {error}", stacklevel=3)  # where it was asked for


def _write(path: Path, content: bytes) -> None:
    """Write a file that appears only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(content)
            file.close()
            temporary.chmod(0o644)  # a temporary file is for the eyes of its maker alone, weights are not
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def load(
    path: str | os.PathLike[str],
    architecture: Architecture | None = None,
    sha256: str | None = None,
    remedy: str = ANEW,
) -> Weights:
    """Return the weights in a safetensors file, as float32.

    Parameters
    ----------
    path : path
    architecture : Architecture, optional
        The network that they are for; what the file holds must fit it.
    sha256 : str, optional
        The checksum of the file, where it is known.
    remedy : str
        What to do about a file that is damaged.

    Raises
    ------
    DataError
        If the file cannot be read, is damaged, or holds NaN or infinite values; the message names it.
    ValueError
        If it is for another network.
    """
    from safetensors.numpy import load as from_bytes

    path = Path(path)
    content = content_of(path, remedy)
    if sha256 is not None and (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise damaged(path, f"its SHA-256 is {found}, expected {sha256}", remedy)
    try:
        with np.errstate(over="ignore"):
            weights = {name: value.astype(np.float32) for name, value in from_bytes(content).items()}
    except Exception as error:  # of a kind of number that NumPy lacks, for instance, there is a KeyError
        raise damaged(path, f"it cannot be read as float16 or float32 ({words(error)})", remedy) from error
    if (name := _not_finite(weights)) is not None:
        raise damaged(path, f"{name} holds NaN or infinite values", remedy)
    if architecture is not None:
        fit(weights, architecture, f"The file {path}")
    return weights


def _not_finite(weights: Weights) -> str | None:
    """Return the name of the first weight that has a value which is none."""
    return next((name for name, value in weights.items() if not np.isfinite(value).all()), None)


def fit(weights: Weights, architecture: Architecture, holder: str = "The dict") -> None:
    """Refuse weights that are not those of this architecture, naming the first that differs.

    Raises
    ------
    ValueError
        If a weight is missing, too many, or of another shape.
    """
    expected = architecture.weight_shapes()
    for name in [*expected, *weights]:
        found, wanted = (weights[name].shape if name in weights else None), expected.get(name)
        if found != wanted:
            raise ValueError(
                f"{holder} holds weights of another network than {architecture.name}: {name} has shape {found}; "
                f"expected {wanted}."
            )


def _orthonormal(generator: np.random.Generator, rows: int, columns: int) -> NDArray[np.float64]:
    """Draw a matrix with orthonormal rows, or columns, all such matrices being equally likely."""
    tall, wide = max(rows, columns), min(rows, columns)
    q, r = np.linalg.qr(generator.standard_normal((tall, wide)))
    q = q * np.sign(np.diag(r))
    return q if rows >= columns else q.T


def rewritten(weights: Weights, seed: int = 0) -> Weights:
    """Return other weights of the very same function.

    The channels of every hidden layer are put in another order, and each is multiplied by a positive number that the
    next layer divides by: ReLU and max-pooling let both pass (MinMax does not: it sorts pairs).
    """
    generator = np.random.default_rng(seed)
    names = list(dict.fromkeys(key.partition(".")[0] for key in weights))
    other = dict(weights)
    for name, following in itertools.pairwise(names):
        weight, bias, after = other[f"{name}.weight"], other[f"{name}.bias"], other[f"{following}.weight"]
        order = generator.permutation(len(bias))
        factor = np.exp(generator.uniform(-1, 1, len(bias))).astype(np.float32)
        other[f"{name}.weight"] = weight[order] * factor.reshape(-1, *[1] * (weight.ndim - 1))
        other[f"{name}.bias"] = bias[order] * factor
        # A dense layer after a convolution takes a whole plane of each channel.
        split = after.reshape(len(after), len(bias), -1)
        other[f"{following}.weight"] = (split[:, order] / factor[:, None]).reshape(after.shape)
    return other


def batches(count: int, batch: int, steps: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of `steps` batches, each epoch in an order of its own."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(count)
    for _ in range(steps):
        while len(order) < batch:
            order = np.concatenate([order, generator.permutation(count)])
        yield order[:batch]
        order = order[batch:]


Inputs = NDArray[Any] | tuple[NDArray[Any], ...]
"""What a network takes, in rows: an array, or one for each of its inputs."""


def count_of(x: Inputs) -> int:
    """Return how many rows there are."""
    return len(x[0] if isinstance(x, tuple) else x)


def rows_of(x: Inputs, index: NDArray[np.int64] | slice) -> Inputs:
    """Return some of the rows, of each input."""
    return tuple(each[index] for each in x) if isinstance(x, tuple) else x[index]


def in_parts(x: Inputs) -> list[Inputs]:
    """Return `x` in parts of 50: what a network makes of so many finds place in memory that was used before."""
    return [rows_of(x, slice(start, start + 50)) for start in range(0, count_of(x), 50)]


def count_steps(pictures: int, batch: int, epochs: float | None, steps: int | None) -> int:
    """Return how many batches a training takes: `steps`, or as many as `epochs` need, or 500 if neither is given.

    Raises
    ------
    ValueError
        If both are given, or there is nothing to train on.
    """
    if epochs is not None and steps is not None:
        raise ValueError(f"Both epochs={epochs} and steps={steps} are given; expected one of them.")
    if pictures == 0 or batch < 1:
        raise ValueError(f"There are {pictures} pictures for batches of {batch}; expected at least one of each.")
    if epochs is not None:
        return math.ceil(epochs * pictures / batch)
    return 500 if steps is None else steps
