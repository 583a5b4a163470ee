"""The calls of functions that a network makes on tensors: of what kind each is, and how to make it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from xai_widgets.models.rules import Kind, is_rectified
from xai_widgets.models.tensorflow.graph import twin
from xai_widgets.models.tensorflow.propagation.coupled import Groups, Norm
from xai_widgets.models.tensorflow.propagation.flows import Linear


def _names(together: str) -> frozenset[str]:
    return frozenset(together.split())


KINDS: dict[Kind, frozenset[str]] = {
    "move": _names(
        "identity flatten reshape permute repeatvector zeropadding1d zeropadding2d zeropadding3d cropping1d "
        "cropping2d cropping3d centercrop dropout spatialdropout1d spatialdropout2d spatialdropout3d alphadropout "
        "gaussiandropout gaussiannoise activityregularization randombrightness randomcontrast randomflip "
        "randomrotation randomtranslation randomzoom concatenate transpose squeeze expanddims getitem moveaxis "
        "swapaxes flip stack ravel cast copy pad roll repeat tile broadcastto split unstack take depthtospace "
        "spacetodepth takealongaxis"
    ),
    "single": _names(
        "relu relu6 leakyrelu prelu elu selu celu gelu silu swish mish sigmoid tanh softplus softsign hardtanh "
        "hardsilu hardswish hardsigmoid logsigmoid tanhshrink softshrink hardshrink squareplus sparseplus "
        "sparsesigmoid threshold exponential clip absolute abs exp exp2 expm1 log log2 log10 log1p sqrt rsqrt "
        "square power reciprocal sin cos tan sinh cosh arctan arcsinh erf"
    ),
    "scale": _names("rescaling normalization multiply divide truedivide negative linear"),
    "sum": _names(
        "add subtract average sum mean averagepooling1d averagepooling2d averagepooling3d averagepool "
        "adaptiveaveragepooling1d adaptiveaveragepooling2d adaptiveaveragepooling3d adaptiveaveragepool "
        "globalaveragepooling1d globalaveragepooling2d globalaveragepooling3d upsampling1d upsampling2d "
        "upsampling3d resizing cumsum"
    ),
    "largest": _names(
        "max amax maximum min amin minimum maxpooling1d maxpooling2d maxpooling3d maxpool adaptivemaxpooling1d "
        "adaptivemaxpooling2d adaptivemaxpooling3d adaptivemaxpool globalmaxpooling1d globalmaxpooling2d "
        "globalmaxpooling3d"
    ),
    "dense": _names("dense einsumdense"),
    "convolution": _names(
        "conv1d conv2d conv3d depthwiseconv1d depthwiseconv2d separableconv1d separableconv2d conv1dtranspose "
        "conv2dtranspose conv3dtranspose conv depthwiseconv separableconv"
    ),
    "normalisation": _names("batchnormalization"),
    "norm": _names(
        "layernormalization layernorm groupnormalization rmsnormalization rmsnorm unitnormalization normalize"
    ),
    "spread": _names("std var norm"),
    "softmax": _names("softmax"),
    "product": _names("matmul einsum dot tensordot"),
}
"""What the functions of each kind are called, in small letters without lines."""

_GATES = ("sigmoid", "hardsigmoid")

_INVERSE = ("rsqrt", "reciprocal")

_RECTIFIERS = ("relu", "relu6", "threshold", "clip", "maximum")

_OF_SEVERAL = ("concatenate", "stack", "add", "subtract", "average", "maximum", "minimum")


class FunctionCall(NamedTuple):
    """One call of a function on tensors that depend on the point where the backward pass ends.

    Attributes
    ----------
    name : str
        What the function is called, in small letters without lines; "" where no framework brings it.
    function : keras.Operation or callable
        An operation of the graph, or the activation that a layer ends in.
    node : keras Node or None
        Where it stands in the graph; None for an activation, which has one argument.
    """

    name: str
    function: Any
    node: Any

    @property
    def inputs(self) -> list[Any]:
        """The tensors that depend on the network's input, as the graph keeps them."""
        return [] if self.node is None else list({id(one): one for one in self.node.arguments.keras_tensors}.values())

    def run(self, *inputs: Any) -> Any:
        """Call the function with other inputs."""
        if self.node is None:
            return self.function(*inputs)
        values = dict(zip(map(id, self.inputs), inputs, strict=True))
        args, kwargs = self.node.arguments.fill_in(values)
        # Not by way of the layer, which would bring its inputs back to its own precision.
        left_out = ("training",) if self.name == "softmax" else ("training", "mask")
        kwargs = {name: value for name, value in kwargs.items() if name not in left_out}
        operation = self.function
        if self.name == "prelu":  # Its slopes have a precision of their own.
            operation = twin(operation, alpha=tf.cast(keras.ops.convert_to_tensor(operation.alpha), inputs[0].dtype))
        return operation.call(*args, **kwargs)

    @property
    def title(self) -> str:
        """What the reader calls it."""
        owner = type(self.function) if isinstance(self.function, keras.Operation) else self.function
        return str(getattr(owner, "__name__", owner))

    @property
    def kind(self) -> Kind | None:
        """What kind of function it is of these inputs; None where it is of no known one."""
        kind = next((kind for kind, names in KINDS.items() if self.name in names), None)
        if self.node is None:
            return kind if kind in ("single", "scale", "softmax") else None
        if not all(keras.backend.is_float_dtype(one.dtype) for one in (self.inputs[0], *self.node.outputs)):
            return None
        if self.picks:
            return kind if kind == "move" else None
        if kind == "product":
            known = not getattr(self.function, "normalize", False)
            return None if not known else "dense" if self._has_constant else "product"
        if len(self.inputs) > 1:
            return self._kind_of_several(kind)
        if self.is_quantised:
            return None
        if self.name in ("add", "subtract", "maximum", "minimum") and self._has_constant:
            kind = "scale" if kind == "sum" else "single"
        if kind == "scale" and "divide" in self.name and self.node.arguments.args[0] is not self.inputs[0]:
            kind = "single"  # A constant over a variable.
        if self.name in ("multiply", "power") and not self._has_constant:
            kind = "single"  # A variable by itself.
        changed = kind in ("single", "scale") and self.node.outputs[0].shape != self.inputs[0].shape
        return None if changed else kind

    @property
    def picks(self) -> bool:
        """Whether whole numbers that depend on the input are among its arguments, and say which numbers are meant."""
        return not all(keras.backend.is_float_dtype(one.dtype) for one in self.inputs)

    def _kind_of_several(self, kind: Kind | None) -> Kind | None:
        if self.name == "multiply":
            return "product"
        if self.name in ("divide", "truedivide"):
            return "quotient"
        return kind if self.name in _OF_SEVERAL and not self.is_quantised else None

    @property
    def is_quantised(self) -> bool:
        """Whether a layer computes with whole numbers."""
        return getattr(self.function, "quantization_mode", None) is not None

    @property
    def is_rectifier(self) -> bool:
        """Whether it is zero below zero, and the number itself right above it."""
        if self.name not in _RECTIFIERS or self.kind != "single":
            return False
        rank = 1 if self.node is None else len(self.inputs[0].shape)
        with tf.init_scope():
            below, above = (self.run(tf.fill((1,) * rank, number)).numpy() for number in (-1.0, 2.0**-10))
        return is_rectified(below, above, self.title)

    @property
    def is_masked(self) -> bool:
        """Whether it is given a mask."""
        return self.node is not None and self.node.arguments.kwargs.get("mask") is not None

    @property
    def hides(self) -> bool:
        """Whether there may be a rectifier inside that cannot be told from the rest."""
        parts = self.function._flatten_layers() if isinstance(self.function, keras.Layer) else [self.function]
        within = [*parts[1:], *(one for part in parts for one in _activations(part) if part is not self.function)]
        hidden = [_name(self.function), *map(_name, within)]
        return any(name in ("", "lambda") for name in hidden) or any(name in _RECTIFIERS for name in hidden[1:])

    @property
    def linear(self) -> list[Linear]:
        """What it is as sums with weights, one after the other: a separable convolution is two."""
        layer = self.function
        if self.name.startswith("separable"):
            return self._separated
        if self.kind not in ("dense", "convolution"):
            return []
        if not isinstance(layer, keras.Layer):
            return self._with_constant
        # A property reads it from the one or is the other itself.
        key = "_kernel" if "_kernel" in vars(layer) else "kernel"

        def run(x: Any, weight: Any) -> Any:
            state = {key: weight, "bias": None, "use_bias": False, "activation": None, "lora_enabled": False}
            return twin(layer, **state).call(tf.cast(x, weight.dtype))

        return [Linear(self.kind, self._number(layer.kernel), self._bias, run)]

    def scaled(self, linear: Linear, scale: Any) -> Any:
        """Return the last weight of this call with each output's part times the scale of this output, (outputs,)."""
        if self.name.endswith("transpose"):
            return linear.weight * scale[:, None]
        if self.name.startswith("depthwise"):
            return linear.weight * tf.reshape(scale, linear.weight.shape[-2:])
        return linear.weight * scale

    def bias_by(self, after: FunctionCall) -> Any:
        """Return what the call after this one adds, where it is the bias of a convolution that is an operation.

        So layers of Keras do inside, and those of a student that inherit from them. None where it is something else.
        """
        constants = after.constants if after.name == "add" and self.kind == "convolution" else []
        if len(constants) != 1 or isinstance(self.function, keras.Layer):
            return None
        rank, bias = len(self.node.outputs[0].shape), after._number(constants[0])
        shape = [1] * (rank - len(bias.shape)) + list(bias.shape)
        along = self.along_channels(tf.zeros(self.node.outputs[0].shape[self.channel_axis])).shape
        return bias if shape == along.as_list() else None

    @property
    def scale_and_shift(self) -> tuple[Any, Any]:
        """What a normalisation multiplies each channel with and adds to it."""
        layer = self.function
        scale = tf.math.rsqrt(self._number(layer.moving_variance) + layer.epsilon)
        if layer.scale:
            scale *= self._number(layer.gamma)
        shift = -self._number(layer.moving_mean) * scale
        return scale, shift + self._number(layer.beta) if layer.center else shift

    @property
    def channel_axis(self) -> int:
        """The axis of the output, with that of the batch, which its bias or its statistics are along."""
        rank = len(self.node.outputs[0].shape)
        if self.kind == "normalisation":
            return int(self.function.axis) % rank
        return 1 if getattr(self.function, "data_format", None) == "channels_first" else rank - 1

    def along_channels(self, numbers: Any) -> Any:
        """Return numbers, one per channel, in a shape that fits the output."""
        shape = [1] * len(self.node.outputs[0].shape)
        shape[self.channel_axis] = -1
        return tf.reshape(numbers, shape)

    @property
    def norm(self) -> Norm | None:
        """What it is as a norm; None where that is not known."""
        layer, rank, shape = self.function, len(self.inputs[0].shape), [-1, *self.inputs[0].shape[1:]]
        rest = self.node.arguments.args[1:] if self.name in ("layernorm", "rmsnorm") else ()
        weight, bias = (
            (*rest, None, None)[:2] if rest else (getattr(layer, "gamma", None), getattr(layer, "beta", None))
        )
        if self.name == "groupnormalization":
            axis = layer.axis % rank
            if None in shape:
                return None
            shape[axis : axis + 1] = [layer.groups, shape[axis] // layer.groups]
            groups = Groups(shape, tuple(one for one in range(1, rank + 1) if one != axis))
            return Norm(groups, True, True, layer.epsilon, *self._along([axis], weight, bias))
        groups = Groups(None, self._axes)
        if self.name in ("unitnormalization", "normalize"):
            if getattr(layer, "order", 2) != 2:
                return None
            count = tf.size(tf.zeros([shape[axis] for axis in self._axes]))
            return Norm(groups, False, False, 1e-24, tf.math.rsqrt(tf.cast(count, tf.float32)), None)
        epsilon = keras.backend.epsilon() if layer.epsilon is None else layer.epsilon
        if self.name == "rmsnormalization":
            weight = layer.scale
        by_square = self.name.startswith("rms")
        centred = not by_square and not getattr(layer, "rms_scaling", False)
        return Norm(
            groups, centred, not by_square, epsilon, *self._along(self._axes, weight, bias if centred else None)
        )

    @property
    def groups(self) -> Groups | None:
        """Which numbers a norm or a softmax sees together; None where that is not known."""
        if self.kind == "norm":
            return None if self.norm is None else self.norm.groups
        return Groups(None, self._axes) if self.kind == "softmax" else None

    @property
    def is_inverse(self) -> bool:
        """Whether it brings one over its input: what a norm that is written by elements multiplies with."""
        if self.kind != "single" or self.node is None:
            return False
        powers = [one for one in self.node.arguments.args[1:] if isinstance(one, int | float)]
        return self.name in _INVERSE or "divide" in self.name or (self.name == "power" and min(powers, default=0) < 0)

    @property
    def is_gate(self) -> bool:
        """Whether it brings a part of one, by which other signals may be let through."""
        return self.kind == "single" and self.name in _GATES

    @property
    def is_product_by_elements(self) -> bool:
        """Whether numbers are multiplied and not summed over."""
        return self.name == "multiply"

    @property
    def is_by_elements(self) -> bool:
        """Whether each of its numbers follows from those at the same place of its inputs alone."""
        return self.name in KINDS["single"] | KINDS["scale"] | {"add", "subtract"}

    @property
    def signals(self) -> int:
        """How many of the arguments depend on the input, the same one counted again."""
        return len(self.node.arguments.keras_tensors)

    def linear_in(self, place: int, weight: Any) -> Linear:
        """Return a product of two as a sum of one of its inputs with weights, which the other one holds."""

        def run(x: Any, weight: Any) -> Any:
            return self.run(*((x, weight) if place == 0 else (weight, x)))

        return Linear("dense", weight, None, run)

    @property
    def _axes(self) -> tuple[int, ...]:
        axis = -1 if self.node is None else getattr(self.function, "axis", -1)
        rank = None if self.node is None else len(self.inputs[0].shape)
        axes = list(axis) if isinstance(axis, list | tuple) else [axis]
        return tuple(axes if rank is None else sorted(one % rank for one in axes))

    def _along(self, axes: Sequence[int], *numbers: Any) -> list[Any]:
        """Return numbers that go along some axes in a shape that fits the input; None as it is."""
        shape = self.inputs[0].shape
        fitting = [shape[axis] if axis in axes else 1 for axis in range(len(shape))]
        return [None if one is None else tf.reshape(keras.ops.convert_to_tensor(one), fitting) for one in numbers]

    @property
    def constants(self) -> list[Any]:
        """The arrays among its arguments: weights and biases of what is written as operations."""
        leaves = keras.tree.flatten((self.node.arguments.args, self.node.arguments.kwargs))
        return [one for one in leaves if keras.ops.is_tensor(one) or isinstance(one, keras.Variable | np.ndarray)]

    @property
    def _with_constant(self) -> list[Linear]:
        (constant,) = self.constants

        def run(x: Any, weight: Any) -> Any:
            replaced = {id(self.inputs[0]): x, id(constant): weight}
            args, kwargs = keras.tree.map_structure(
                lambda one: replaced.get(id(one), one), (self.node.arguments.args, self.node.arguments.kwargs)
            )
            return self.function.call(*args, **kwargs)

        kind: Any = self.kind
        return [Linear(kind, self._number(constant), None, run)]

    @property
    def _has_constant(self) -> bool:
        return len(self.node.arguments.keras_tensors) == 1

    @property
    def _bias(self) -> Any:
        if self.function.bias is None:
            return None
        bias = self._number(self.function.bias)
        return bias if self.kind == "dense" else self.along_channels(bias)

    @property
    def _separated(self) -> list[Linear]:
        layer = self.function
        is_layer, layout = isinstance(layer, keras.Layer), {"data_format": layer.data_format}
        kernels = [layer.depthwise_kernel, layer.pointwise_kernel] if is_layer else self.constants
        first, second = map(self._number, kernels)
        where = {"strides": layer.strides, "padding": layer.padding, "dilation_rate": layer.dilation_rate, **layout}

        def depthwise(x: Any, weight: Any) -> Any:
            return keras.ops.depthwise_conv(tf.cast(x, weight.dtype), weight, **where)

        def pointwise(x: Any, weight: Any) -> Any:
            return keras.ops.conv(x, weight, padding="valid", **layout)

        bias = self._bias if is_layer else None
        return [Linear("convolution", first, None, depthwise), Linear("convolution", second, bias, pointwise)]

    def _number(self, variable: Any) -> Any:
        dtype = getattr(self.function, "compute_dtype", self.inputs[0].dtype)
        return tf.cast(keras.ops.convert_to_tensor(variable), dtype)


def function_calls(operation: Any, node: Any) -> list[FunctionCall]:
    """Return what a call does one after the other: the linear part of a layer, then the activation it ends in.

    Parameters
    ----------
    operation : keras.Operation
        What is called: the node's own operation, or a twin of it without its activation.
    node : keras Node
        Where it stands in the graph.
    """
    name, activation = _name(operation), getattr(operation, "activation", None)
    if name == "activation":
        return [FunctionCall(_name(activation), activation, None)]
    if name in KINDS["dense"] | KINDS["convolution"] and activation not in (None, keras.activations.linear):
        linear = FunctionCall(name, twin(operation, activation=keras.activations.linear), node)
        return [linear, FunctionCall(_name(activation), activation, None)]
    return [FunctionCall(name, operation, node)]


def _name(function: Any) -> str:
    owner = type(function) if isinstance(function, keras.Operation) else function
    brought = str(getattr(owner, "__module__", "")).startswith(("keras.", "tensorflow."))
    return str(owner.__name__).lower().replace("_", "") if brought else ""


def _activations(layer: Any) -> list[Any]:
    found = [getattr(layer, key, None) for key in ("activation", "recurrent_activation")]
    return [one for one in found if one is not None]
