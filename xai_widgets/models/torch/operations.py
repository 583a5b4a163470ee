"""The operations that PyTorch breaks a pass into, below autograd: of what kind each is, and with which geometry.

There a ReLU is a ReLU, be it a module, a function or in place, and attention is a handful of products.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from xai_widgets.models.objective import Array


def _named(names: str) -> frozenset[str]:
    return frozenset(names.split())


POINTWISE = _named(
    "elu celu selu hardtanh relu6 leaky_relu hardsigmoid hardswish mish softplus hardshrink softshrink threshold "
    "_prelu_kernel prelu log_sigmoid_forward _to_copy native_dropout dropout where masked_fill"
)
"""Operations that are pointwise, beside those that every version of PyTorch tags so."""

NORMALISATIONS = _named(
    "native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training native_layer_norm "
    "native_group_norm cudnn_batch_norm miopen_batch_norm _fused_rms_norm _softmax _log_softmax _safe_softmax cumsum "
    "logcumsumexp"
)
"""Operations whose every number stays with its own place, whatever else it sees."""

SOFTMAX = _named("_softmax _safe_softmax")
"""Those of them that make weights."""

REDUCTIONS = _named(
    "mean sum amax amin max min prod var std var_mean std_mean logsumexp linalg_vector_norm norm any all nanmean "
    "nansum argmax argmin median nanmedian count_nonzero"
)

PRODUCTS: dict[str, tuple[tuple[str, ...], str]] = {
    "mm": (("ik", "kj"), "ij"),
    "bmm": (("bik", "bkj"), "bij"),
    "mv": (("ik", "k"), "i"),
    "dot": (("k", "k"), ""),
    "addmm": (("", "ik", "kj"), "ij"),
    "baddbmm": (("", "bik", "bkj"), "bij"),
    "addmv": (("", "ik", "k"), "i"),
    "_trilinear": (("bi", "oij", "bj"), "bo"),
}
"""Sums of products, with a letter for each axis of their tensors; "" is what is added."""

MOVES = _named(
    "constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d "
    "replication_pad3d roll flip repeat index_select index gather take repeat_interleave im2col pixel_shuffle "
    "pixel_unshuffle channel_shuffle native_channel_shuffle tril triu index_put slice_scatter select_scatter scatter "
    "diag_embed rot90 unsafe_split unsafe_split_with_sizes unsafe_chunk stack view_copy expand_copy permute_copy "
    "slice_copy _unsafe_index take_along_dim _reshape_copy unfold_copy"
)
"""Operations that move numbers and do nothing else, where their result has memory of its own."""

CHOOSING = _named("index indices mask repeats")
"""Arguments that say what is moved where."""

CONSTANT = _named(
    "zeros_like ones_like full_like empty_like rand_like randn_like new_zeros new_ones new_full new_empty "
    "new_empty_strided fill fill_ zero zero_ normal_ uniform_ bernoulli_ eq ne"
)
"""Operations that take no more than its shape from a tensor, or ask where in it a number is, as masks do."""


def short(function: Any) -> str:
    """Return what an operation is called, without where it is from and without the mark of what works in place."""
    name = str(function._schema.name).partition("::")[2]
    return name if name in CONSTANT else name.removesuffix("_")


def is_pointwise(function: Any) -> bool:
    """Whether each number that comes out depends on the numbers at its own place alone."""
    return torch.Tag.pointwise in function.tags or short(function) in POINTWISE


def arguments_of(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call by their names, with what stands for those that were left out."""
    known = function._schema.arguments
    given = {one.name: one.default_value for one in known if one.has_default_value()}
    given.update((one.name, value) for one, value in zip(known, args, strict=False))
    return {**given, **kwargs}


def window_centres(name: str, given: dict[str, Any], lengths: Sequence[int], made: Sequence[int]) -> list[Array] | None:
    """Return where the windows of a convolution, a pool or a change of size have their centres, along each axis.

    Parameters
    ----------
    name : str
        Of the operation; None comes back for others.
    given : dict
        Its arguments.
    lengths, made : sequence of int
        The sizes of the input and of the output along these axes.
    """
    rank = len(lengths)
    if name == "convolution":
        taps = given["weight"].shape[2:]
        rows = (made, taps, *(_each(given[one], rank) for one in ("stride", "padding", "dilation")))
        centres = _transposed if given["transposed"] else _centres
        return [centres(*row) for row in zip(*rows, strict=True)]
    if name.startswith(("max_pool", "avg_pool")):
        taps = _each(given["kernel_size"], rank)
        steps = _each(given["stride"], rank) if given["stride"] else taps
        rows = (made, taps, steps, _each(given["padding"], rank), _each(given.get("dilation", 1), rank))
        return [_centres(*row) for row in zip(*rows, strict=True)]
    if name.startswith(("_adaptive_avg_pool", "adaptive_avg_pool", "adaptive_max_pool", "upsample", "_upsample")):
        corners = bool(given.get("align_corners"))
        return [_resized(count, length, corners) for count, length in zip(made, lengths, strict=True)]
    return None


def _centres(count: int, taps: int, stride: int, padding: int, dilation: int) -> Array:
    return np.arange(count) * stride - padding + dilation * (taps - 1) / 2


def _transposed(count: int, taps: int, stride: int, padding: int, dilation: int) -> Array:
    return (np.arange(count) + padding - dilation * (taps - 1) / 2) / stride


def _resized(count: int, length: int, corners: bool) -> Array:
    if corners:
        return np.arange(count) * ((length - 1) / max(count - 1, 1))
    return (np.arange(count) + 0.5) * length / count - 0.5


def _each(numbers: Any, rank: int) -> list[int]:
    """Return one number per axis, where one may stand for all."""
    listed = [numbers] if isinstance(numbers, int) else list(numbers)
    return listed * rank if len(listed) == 1 else listed
