"""The spectral norm of each layer: how much it can stretch a difference, in l2, never less than the truth.

Power iteration, which training uses, approaches the norm from below, and so may not carry a claim. These functions take
the layer's explicit matrix apart, in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from threadpoolctl import threadpool_limits

from xai_course.networks.architecture import Architecture, Convolution, Dense
from xai_course.networks.weights import Weights

LARGEST = 5000
"""Rows or columns, whichever are fewer, up to which a matrix is taken apart: half a minute and 200 MB."""


def spectral_norms(architecture: Architecture, weights: Weights, largest: int = LARGEST) -> dict[str, float]:
    """Return the spectral norm of every layer that has weights.

    Parameters
    ----------
    architecture : Architecture
    weights : dict of str to array
    largest : int, default 5000
        Convolutions whose matrix is larger get `fourier_bound`, which lies slightly above their norm.

    Returns
    -------
    dict of str to float
        By layer; the layers without weights have 1: ReLU, MinMax, flattening, and max-pooling without overlap.
    """
    norms = {}
    shape: tuple[int, ...] = architecture.input_shape
    for (name, layer), after in zip(architecture.layers.items(), architecture.shapes().values(), strict=True):
        if isinstance(layer, Convolution):
            kernel = weights[f"{name}.weight"]
            if min(np.prod(shape), np.prod(after)) <= largest:
                norms[name] = largest_singular_value(convolution_matrix(kernel, shape, layer.stride))
            else:
                norms[name] = fourier_bound(kernel, shape, layer.stride)
        elif isinstance(layer, Dense):
            norms[name] = largest_singular_value(weights[f"{name}.weight"])
        shape = after
    return norms


def largest_singular_value(matrix: Any) -> float:
    """Return the spectral norm of a matrix, dense or sparse, by an eigendecomposition in float64."""
    matrix = matrix.astype(np.float64)
    gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    if sparse.issparse(gram):
        gram = gram.toarray()
    last = len(gram) - 1
    with threadpool_limits(1, "blas"):  # on a busy machine threads that wait for each other take ten times as long
        value = linalg.eigh(gram, eigvals_only=True, subset_by_index=[last, last], overwrite_a=True)[0]
    return float(np.sqrt(max(value, 0.0)))


def convolution_matrix(kernel: NDArray[Any], shape: tuple[int, ...], stride: int) -> Any:
    """Return the matrix that a convolution is, without its bias.

    Parameters
    ----------
    kernel : array of shape (out, in, size, size)
    shape : tuple of int
        (height, width, channels) of what it takes in.
    stride : int

    Returns
    -------
    sparse array of shape (outputs, inputs)
        In float64; both sides are counted row by row, column by column, channel by channel.
    """
    height, width, channels = shape
    out, _, size, _ = kernel.shape
    margin = (size - stride) // 2
    rows, columns, values = [], [], []
    for down in range(size):
        for right in range(size):
            i, j = np.meshgrid(np.arange(height // stride), np.arange(width // stride), indexing="ij")
            y, x = stride * i + down - margin, stride * j + right - margin
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)  # elsewhere it reads the zeros around
            place = (i * (width // stride) + j)[inside]
            source = (y * width + x)[inside]
            row = place[:, None, None] * out + np.arange(out)[:, None]
            column = source[:, None, None] * channels + np.arange(channels)
            row, column, value = np.broadcast_arrays(row, column, kernel[:, :, down, right])
            rows.append(row.ravel())
            columns.append(column.ravel())
            values.append(value.ravel())
    entries = np.concatenate(values).astype(np.float64)
    size_of = (height // stride) * (width // stride) * out, height * width * channels
    return sparse.csr_array((entries, (np.concatenate(rows), np.concatenate(columns))), shape=size_of)


def fourier_bound(kernel: NDArray[Any], shape: tuple[int, ...], stride: int) -> float:
    """Return an upper bound on the norm of a convolution, within a few per cent of it, at any size of picture.

    With zeros around, the convolution is a part of one on a ring that is large enough for nothing to come round.
    On the ring the Fourier transform leaves one small matrix per frequency (Sedghi, Gupta, Long 2019).
    """
    height, width, channels = shape
    out, _, size, _ = kernel.shape
    taps = -(-size // stride)
    padded = np.zeros((out, channels, taps * stride, taps * stride))
    padded[:, :, :size, :size] = kernel
    # A stride is a convolution of stride 1 on the pictures of every stride-th pixel.
    phases = padded.reshape(out, channels, taps, stride, taps, stride).transpose(0, 1, 3, 5, 2, 4)
    ring = height // stride + taps - 1, width // stride + taps - 1
    transfer = np.fft.fft2(phases.reshape(out, channels * stride**2, taps, taps), ring)
    return float(np.linalg.norm(transfer.transpose(2, 3, 0, 1), 2, axis=(2, 3)).max())
