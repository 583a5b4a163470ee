"""The calls of functions that a network makes on tensors: of what kind each is, and how to make it again."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils._pytree import tree_flatten, tree_unflatten

from xai_widgets.models.rules import Kind, is_rectified
from xai_widgets.models.torch.propagation.coupled import Groups, Norm
from xai_widgets.models.torch.propagation.flows import Linear
from xai_widgets.models.torch.tensors import to_numpy


def _named(names: str) -> frozenset[str]:
    return frozenset(names.split())


KINDS: dict[Kind, frozenset[str]] = {
    "move": _named(
        "view view_as reshape reshape_as flatten ravel unflatten squeeze unsqueeze permute transpose t T mT movedim "
        "moveaxis swapaxes swapdims expand expand_as broadcast_to contiguous clone to type type_as float double half "
        "bfloat16 cpu cat concat concatenate stack hstack vstack dstack chunk split split_with_sizes tensor_split "
        "unbind narrow select index_select getitem gather take_along_dim where masked_fill pad flip roll repeat tile "
        "repeat_interleave pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle unfold diagonal "
        "positive dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout feature_alpha_dropout"
    ),
    "single": _named(
        "relu relu6 leaky_relu rrelu prelu elu selu celu gelu silu mish sigmoid tanh softplus softsign hardtanh "
        "hardswish hardsigmoid logsigmoid log_sigmoid tanhshrink softshrink hardshrink threshold clamp clamp_min "
        "clamp_max clip abs absolute exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square pow rpow reciprocal rdiv "
        "rtruediv sin cos tan sinh cosh atan arctan asinh erf erfc sinc nan_to_num"
    ),
    "scale": _named("mul multiply div divide true_divide neg negative"),
    "sum": _named(
        "add sub subtract rsub sum mean avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d "
        "adaptive_avg_pool3d interpolate upsample fold cumsum"
    ),
    "largest": _named(
        "max amax maximum min amin minimum max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d "
        "adaptive_max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices"
    ),
    "dense": _named("linear matmul mm bmm mv addmm einsum"),
    "convolution": _named("conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"),
    "normalisation": frozenset(["batch_norm"]),
    "norm": _named("layer_norm group_norm instance_norm rms_norm normalize"),
    "spread": _named("std var norm linalg_norm linalg_vector_norm"),
    "softmax": _named("softmax special_softmax"),
}
"""What the functions of each kind are called, without the underscores around.

A product is a "scale", a "dense" or a "convolution" of several signals, a quotient a "scale" of two.
"""

ASKED = _named(
    "size dim ndimension numel nelement stride storage_offset is_contiguous is_floating_point is_complex get_device "
    "element_size len is_same_size data_ptr is_tensor hash repr format shape ndim dtype device layout requires_grad "
    "is_leaf is_cuda is_mps is_cpu is_meta is_sparse is_quantized is_nested is_mkldnn itemsize nbytes names grad_fn "
    "register_hook retain_grad is_view version"
)
"""Functions that tell no numbers of a tensor."""

CONSTANT = _named("zeros_like ones_like full_like empty_like new_zeros new_ones new_full new_empty new_tensor")
"""Functions that take no more than its shape from a tensor."""

LINES = _named(
    "relu relu6 leaky_relu rrelu prelu hardtanh threshold clamp clamp_min clamp_max clip abs absolute maximum max "
    "minimum min"
)
"""Functions of single numbers that are made of lines."""

_PICKING = _named("getitem gather index_select take_along_dim")

_LIKE = ("to", "type_as", "view_as", "reshape_as", "expand_as", "is_same_size")

_RECTIFIERS = ("relu", "relu6", "hardtanh", "threshold", "clamp", "clamp_min", "clip", "maximum", "max")

_ADDED = ("add", "sub", "subtract", "rsub")

_GATES = ("sigmoid", "hardsigmoid", "expit")

_INVERSE = ("rsqrt", "reciprocal", "rdiv", "rtruediv")

_LINEAR = ("input", "weight", "bias")
_NORMALISATION = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
_NORMS = {
    "layer_norm": ("input", "normalized_shape", "weight", "bias", "eps"),
    "rms_norm": ("input", "normalized_shape", "weight", "eps"),
    "group_norm": ("input", "num_groups", "weight", "bias", "eps"),
    "instance_norm": ("input", *_NORMALISATION[1:5], "use_input_stats", "momentum", "eps"),
    "normalize": ("input", "p", "dim", "eps"),
}


class FunctionCall(NamedTuple):
    """One call of a function on tensors that depend on the point where the backward pass ends.

    Attributes
    ----------
    name : str
        What the function is called, without the underscores around.
    function : callable
        What does the same and leaves its inputs alone.
    leaves, spec
        Its arguments, in a row.
    places : tuple of int
        Where among these the inputs are.
    changes : Tensor or None
        What it works on in place.
    picks : bool
        Whether it picks by whole numbers from around the point, such as the place of the last token of each text: they
        have no slope, and say which numbers are meant.
    """

    name: str
    function: Callable[..., Any]
    leaves: list[Any]
    spec: Any
    places: tuple[int, ...]
    changes: Tensor | None
    picks: bool

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors that depend on the point."""
        return [self.leaves[place] for place in self.places]

    @property
    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What the function is called with."""
        arguments: tuple[tuple[Any, ...], dict[str, Any]] = tree_unflatten(self.leaves, self.spec)
        return arguments

    def run(self, *inputs: Tensor) -> Any:
        """Call the function with other inputs; its other arguments take their precision where that is higher."""
        leaves = list(self.leaves)
        if inputs[0].dtype == torch.float64:
            leaves = [one.double() if isinstance(one, Tensor) and one.is_floating_point() else one for one in leaves]
        for place, tensor in zip(self.places, inputs, strict=True):
            leaves[place] = tensor
        args, kwargs = tree_unflatten(leaves, self.spec)
        return self.function(*args, **kwargs)

    @property
    def kind(self) -> Kind | None:
        """What kind of function it is of these inputs; None where it is of no known one."""
        kind = next((kind for kind, names in KINDS.items() if self.name in names), None)
        one = len(self.places) == 1
        if not all(tensor.is_floating_point() for tensor in self.inputs) or self._has_out:
            return None
        if kind == "sum" and self.name in _ADDED and one:
            return "scale"
        if kind == "scale" and one and "div" in self.name and self.places != (0,):
            kind = "single"  # A constant over a variable.
        if kind == "largest" and one and sum(isinstance(leaf, Tensor) for leaf in self.leaves) == 2:
            kind = "single"  # The larger of a variable and a constant.
        if kind == "scale" and not one:
            return "quotient" if "div" in self.name else "product"
        if kind in ("dense", "convolution") and not one:
            return "product" if self._is_linear_in_each else None
        return None if kind in ("single", "normalisation", "norm", "spread", "softmax") and not one else kind

    @property
    def is_rectifier(self) -> bool:
        """Whether it is zero below zero, and the number itself right above it."""
        if self.name not in _RECTIFIERS or len(self.places) != 1 or self.kind != "single":
            return False
        if self.name in ("relu", "relu6"):
            return True
        (x,) = self.inputs
        with_tensor = sum(isinstance(leaf, Tensor) for leaf in self.leaves) > 1
        x = torch.zeros(x.shape if with_tensor else 1, dtype=x.dtype, device=x.device)
        with torch.no_grad():
            below, above = to_numpy(self.run(x - 1)), to_numpy(self.run(x + 2**-10))
        return is_rectified(below, above, self.name)

    @property
    def linear(self) -> Linear | None:
        """What it is as a sum with weights; None where it has no weights or takes its weights from the inputs."""
        args, kwargs = self.arguments
        given = dict(zip(_LINEAR, args, strict=False)) | {name: kwargs[name] for name in _LINEAR if name in kwargs}
        if self.kind == "convolution" or self.name == "linear":
            weight, bias = given["weight"], given.get("bias")
            rest = {name: value for name, value in kwargs.items() if name not in _LINEAR}

            def run(x: Tensor, weight: Tensor) -> Tensor:
                if self.name == "linear":
                    return functional.linear(x, weight)
                output: Tensor = self.function(x, weight, None, *args[3:], **rest)
                return output

            if bias is not None and self.kind == "convolution":
                bias = bias.reshape(-1, *[1] * (weight.dim() - 2))
            return Linear("dense" if self.name == "linear" else "convolution", weight, bias, run)
        if self.kind != "dense":
            return None
        others = [place for place, leaf in enumerate(self.leaves) if isinstance(leaf, Tensor)]
        if self.name == "addmm":
            if kwargs or self.places == (0,):
                return None
            return Linear("dense", self.leaves[3 - self.places[0]], args[0], self._product(torch.mm))
        if len(others) != 2:
            return None
        (other,) = (place for place in others if place not in self.places)
        return Linear("dense", self.leaves[other], None, self._with_other(other))

    def scaled(self, linear: Linear, scale: Tensor) -> Tensor:
        """Return the weight of this call with each output's part times the scale of this output, (outputs,)."""
        weight = linear.weight
        if self.name.startswith("conv_transpose"):
            args, kwargs = self.arguments
            groups = kwargs.get("groups", args[6] if len(args) > 6 else 1)
            per_group = scale.reshape(groups, 1, -1).expand(groups, len(weight) // groups, -1)
            return weight * per_group.reshape(len(weight), -1, *[1] * (weight.dim() - 2))
        return weight * scale.reshape(-1, *[1] * (weight.dim() - 1))

    @property
    def scale_and_shift(self) -> tuple[Tensor, Tensor] | None:
        """What a normalisation multiplies each channel with and adds to it; None with statistics of the batch."""
        args, kwargs = self.arguments
        given = dict(zip(_NORMALISATION, args, strict=False)) | kwargs
        mean, variance = given.get("running_mean"), given.get("running_var")
        if given.get("training") or mean is None or variance is None:
            return None
        scale = torch.rsqrt(variance + given.get("eps", 1e-5))
        if given.get("weight") is not None:
            scale = scale * given["weight"]
        shift = -mean * scale
        return scale, shift if given.get("bias") is None else shift + given["bias"]

    @property
    def norm(self) -> Norm | None:
        """What it is as a norm; None where it takes no statistics of what it is given."""
        args, kwargs = self.arguments
        given = dict(zip(_NORMS[self.name], args, strict=False)) | kwargs
        (x,) = self.inputs
        epsilon, weight, bias = given.get("eps"), given.get("weight"), given.get("bias")
        if self.name in ("layer_norm", "rms_norm"):
            groups = Groups(tuple(x.shape), tuple(range(x.dim() - len(given["normalized_shape"]), x.dim())))
            if epsilon is None:
                epsilon = 1e-5 if self.name == "layer_norm" else torch.finfo(x.dtype).eps
            return Norm(groups, self.name == "layer_norm", epsilon, weight, bias)
        if not given.get("use_input_stats", True) or given.get("p", 2) != 2:
            return None
        if self.name == "normalize":
            axis = given.get("dim", 1)
            length = x.new_tensor(x.size(axis))
            return Norm(Groups(tuple(x.shape), (axis,)), False, 1e-24, length.rsqrt(), None)
        count = given.get("num_groups", x.size(1))
        groups = Groups((len(x), count, -1, *x.shape[2:]), tuple(range(2, x.dim() + 1)))
        along = [-1, *[1] * (x.dim() - 2)]
        weight, bias = (None if one is None else one.reshape(along) for one in (weight, bias))
        return Norm(groups, True, 1e-5 if epsilon is None else epsilon, weight, bias)

    @property
    def groups(self) -> Groups | None:
        """Which numbers a norm or a softmax sees together; None where that is not known."""
        if self.kind == "norm":
            return None if self.norm is None else self.norm.groups
        args, kwargs = self.arguments
        axis = kwargs.get("dim", args[1] if len(args) > 1 else None)
        return Groups(tuple(self.inputs[0].shape), (axis,)) if self.kind == "softmax" and axis is not None else None

    @property
    def is_inverse(self) -> bool:
        """Whether it brings one over its input: what a norm that is written by elements multiplies with."""
        power = next((leaf for leaf in self.leaves if isinstance(leaf, int | float)), 1)
        return self.kind == "single" and (
            self.name in _INVERSE or "div" in self.name or (self.name == "pow" and power < 0)
        )

    @property
    def is_gate(self) -> bool:
        """Whether it brings a part of one, by which other signals may be let through."""
        return self.kind == "single" and self.name in _GATES

    @property
    def is_product_by_elements(self) -> bool:
        """Whether numbers are multiplied and not summed over."""
        return self.name in KINDS["scale"]

    @property
    def is_by_elements(self) -> bool:
        """Whether each of its numbers follows from those at the same place of its inputs alone."""
        return self.name in KINDS["single"] | KINDS["scale"] | frozenset(_ADDED)

    @property
    def _is_linear_in_each(self) -> bool:
        args, kwargs = self.arguments
        added = args[0] if self.name == "addmm" and args else kwargs.get("bias", args[2] if len(args) > 2 else None)
        return self.name == "einsum" or not any(one is added for one in self.inputs)

    @property
    def _has_out(self) -> bool:
        return self.arguments[1].get("out") is not None

    def _product(self, multiply: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return multiply if self.places == (1,) else lambda x, weight: multiply(weight, x)

    def _with_other(self, place: int) -> Callable[..., Tensor]:
        def run(x: Tensor, weight: Tensor) -> Tensor:
            leaves = list(self.leaves)
            leaves[self.places[0]], leaves[place] = x, weight
            args, kwargs = tree_unflatten(leaves, self.spec)
            output: Tensor = self.function(*args, **kwargs)
            return output

        return run


def function_call(
    function: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    depends: Callable[[Tensor], bool],
    beside: Callable[[Tensor], bool],
) -> FunctionCall:
    """Return a call of a function, with what among its arguments depends on the point.

    Where anything does, a branch around the point is no constant either: it counts as one more input, unless it holds
    whole numbers by which others are picked.
    """
    full = function.__self__.__name__ if _name(function) == "__get__" else _name(function)
    base = full.strip("_")
    given, changes = dict(kwargs), None
    if full.endswith("_") and not full.endswith("__"):
        changes = args[0]
        function = getattr(Tensor, base, None) or getattr(functional, base, function)
    elif full.startswith("__i") and hasattr(Tensor, f"__{base[1:]}__"):
        changes, base = args[0], base[1:]
        function = getattr(Tensor, base, function)
    elif (place := _place_of_inplace(function)) is not None:
        if len(args) > place:
            changes, args = (args[0] if args[place] else None), (*args[:place], False, *args[place + 1 :])
        elif given.pop("inplace", False):
            changes = args[0] if args else given["input"]
    leaves, spec = tree_flatten((args, given))
    tensors = {place: leaf for place, leaf in enumerate(leaves) if isinstance(leaf, Tensor)}
    places = tuple(place for place, leaf in tensors.items() if depends(leaf))
    around = [place for place, leaf in tensors.items() if place not in places and beside(leaf)] if places else []
    signals = [place for place in around if base not in _PICKING or not _is_whole(tensors[place])]
    places = tuple(sorted((*places, *signals)))
    name = base[1:] if base in ("radd", "rmul", "rmatmul") else base
    if name in _LIKE:  # What the other one holds is of no account.
        places = tuple(place for place in places if place == 0)
    return FunctionCall(name, function, leaves, spec, places, changes, len(signals) < len(around))


def _is_whole(tensor: Tensor) -> bool:
    return not (tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool)


def _name(function: Any) -> str:
    name = str(getattr(function, "__name__", function))
    # An exported network calls overloads by their names, such as conv2d.default.
    return name.partition(".")[0] if isinstance(function, torch._ops.OpOverload) else name


@functools.cache
def _place_of_inplace(function: Any) -> int | None:
    """The place of the argument `inplace`, where a function of torch.nn.functional has one."""
    if not inspect.isfunction(function):
        return None
    try:
        parameters = list(inspect.signature(function).parameters)
    except ValueError:  # A function around one that is not written in Python.
        return None
    return parameters.index("inplace") if "inplace" in parameters else None
