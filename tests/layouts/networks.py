"""Networks of today in small, in both frameworks with the same weights: what they are, and which layers are the same.

Each maker returns the network in PyTorch, that in Keras, and for each layer by both of its names what its axes are in
PyTorch and in Keras.
"""

import functools
from types import SimpleNamespace

import keras
import numpy as np
import torch
from torch import nn
from torch.nn import functional

import xai_widgets as xai

SIDE, WIDE, HEADS, PATCH = 16, 12, 3, 4
GRID = SIDE // PATCH

PLANE_FIRST, PLANE_LAST = ("channel", "height", "width"), ("height", "width", "channel")
TOKENS = ("token", "channel")

layers, ops = keras.layers, keras.ops


class NormedTorch(nn.Module):
    """Channels last after the first convolution, with a norm and a dense layer there."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, WIDE, PATCH, PATCH)
        self.norm = nn.LayerNorm(WIDE, eps=1e-3)
        self.dense = nn.Linear(WIDE, WIDE)
        self.head = nn.Linear(WIDE, 5)

    def forward(self, x):
        x = self.dense(self.norm(self.patch(x).permute(0, 2, 3, 1)))
        return self.head(torch.tanh(x).mean((1, 2)))


def normed():
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(WIDE, PATCH, PATCH, name="patch")(inputs)
    x = layers.Dense(WIDE, name="dense")(layers.LayerNormalization(name="norm")(x))
    x = layers.GlobalAveragePooling2D()(layers.Activation("tanh")(x))
    last = (PLANE_LAST, PLANE_LAST)
    kinds = {"patch": (PLANE_FIRST, PLANE_LAST), "norm": last, "dense": last}
    return NormedTorch(), keras.Model(inputs, layers.Dense(5, name="head")(x)), kinds


class AttentionTorch(nn.Module):
    """Attention by products of matrices, or by the function of PyTorch."""

    def __init__(self, fused):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDE, WIDE) for _ in range(4))
        self.normed = nn.LayerNorm(WIDE // HEADS, eps=1e-3)
        self.fused = fused

    def forward(self, x):
        q, k, v = (
            layer(x).reshape(*x.shape[:-1], HEADS, -1).transpose(-3, -2) for layer in (self.query, self.key, self.value)
        )
        q = self.normed(q)
        if self.fused:
            y = functional.scaled_dot_product_attention(q, k, v)
        else:
            y = (q @ k.transpose(-2, -1) / (WIDE // HEADS) ** 0.5).softmax(-1) @ v
        return self.out(y.transpose(-3, -2).flatten(-2))


class AttentionKeras(keras.Layer):
    """The same with products that are written as sums over letters, keys first."""

    def __init__(self, **rest):
        super().__init__(**rest)
        self.query, self.key, self.value, self.out = (layers.Dense(WIDE) for _ in range(4))
        self.normed = layers.LayerNormalization()

    def build(self, shape):
        for layer in (self.query, self.key, self.value, self.out):
            layer.build(shape)
        self.normed.build((*shape[:-1], HEADS, WIDE // HEADS))

    def call(self, x):
        q, k, v = (
            ops.reshape(layer(x), (-1, *x.shape[1:-1], HEADS, WIDE // HEADS))
            for layer in (self.query, self.key, self.value)
        )
        scores = ops.einsum("...khc,...qhc->...hqk", k, self.normed(q)) / (WIDE // HEADS) ** 0.5
        y = ops.einsum("...hqk,...khc->...qhc", ops.softmax(scores), v)
        return self.out(ops.reshape(y, (-1, *x.shape[1:])))


class BlockTorch(nn.Module):
    def __init__(self, mixing):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDE, eps=1e-3), nn.LayerNorm(WIDE, eps=1e-3)
        self.attention = mixing
        self.up, self.down = nn.Linear(WIDE, 2 * WIDE), nn.Linear(2 * WIDE, WIDE)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(functional.gelu(self.up(self.norm2(x))))


def block_keras(x, mixing, name):
    x = layers.Add()([x, mixing(layers.LayerNormalization(name=f"{name}_norm1")(x))])
    y = layers.Dense(2 * WIDE, activation="gelu", name=f"{name}_up")(layers.LayerNormalization(name=f"{name}_norm2")(x))
    return layers.Add(name=name)([x, layers.Dense(WIDE, name=f"{name}_down")(y)])


class VisionTorch(nn.Module):
    """Patches as tokens, in front of them tokens that stand nowhere; the first of these is read at the end."""

    def __init__(self, extra, mean=False, fused=False):
        super().__init__()
        self.extra, self.mean = extra, mean
        self.patch = nn.Conv2d(3, WIDE, PATCH, PATCH)
        self.tokens = nn.Parameter(torch.randn(1, extra, WIDE))
        self.position = nn.Parameter(torch.randn(1, extra + GRID**2, WIDE))
        self.blocks = nn.Sequential(BlockTorch(AttentionTorch(fused)), BlockTorch(AttentionTorch(not fused)))
        self.norm = nn.LayerNorm(WIDE, eps=1e-3)
        self.head = nn.Linear(WIDE, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.tokens.expand(len(x), -1, -1), x], 1) + self.position
        x = self.norm(self.blocks(x))
        return self.head(x[:, self.extra :].mean(1) if self.mean else x[:, 0])


class Extra(keras.Layer):
    """Puts tokens in front, and adds a position to each."""

    def __init__(self, count, **rest):
        super().__init__(**rest)
        self.count = count

    def build(self, shape):
        self.tokens = self.add_weight(shape=(1, self.count, shape[-1]), name="tokens")
        self.position = self.add_weight(shape=(1, self.count + shape[1], shape[-1]), name="position")

    def call(self, x):
        tokens = ops.broadcast_to(self.tokens, (ops.shape(x)[0], *self.tokens.shape[1:]))
        return ops.concatenate([tokens, x], axis=1) + self.position


def vision(extra=1, mean=False, fused=False):
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Reshape((GRID**2, WIDE))(layers.Conv2D(WIDE, PATCH, PATCH, name="patch")(inputs))
    x = Extra(extra, name="extra")(x)
    for at in range(2):
        x = block_keras(x, AttentionKeras(name=f"blocks.{at}_attention"), f"blocks.{at}")
    x = layers.LayerNormalization(name="norm")(x)
    pooled = layers.GlobalAveragePooling1D()(x[:, extra:]) if mean else x[:, 0]
    names = ["blocks.0", "blocks.1", "norm"]
    names += [f"blocks.{at}.{part}" for at in range(2) for part in ("norm1", "attention", "norm2", "down")]
    kinds = {"patch": (PLANE_FIRST, PLANE_LAST), **dict.fromkeys(names, (TOKENS, TOKENS))}
    return VisionTorch(extra, mean, fused), keras.Model(inputs, layers.Dense(5, name="head")(pooled)), kinds


class ShiftedTorch(nn.Module):
    """Attention within windows of 2 x 2 tokens, which are shifted by one (Swin)."""

    def __init__(self):
        super().__init__()
        self.inner = AttentionTorch(False)

    def forward(self, x):
        rows, half = len(x), GRID // 2
        x = torch.roll(x, (-1, -1), (1, 2)).view(rows, half, 2, half, 2, WIDE).permute(0, 1, 3, 2, 4, 5)
        x = self.inner(x.reshape(-1, 4, WIDE))
        x = x.view(rows, half, half, 2, 2, WIDE).permute(0, 1, 3, 2, 4, 5).reshape(rows, GRID, GRID, WIDE)
        return torch.roll(x, (1, 1), (1, 2))


class ShiftedKeras(keras.Layer):
    def __init__(self, **rest):
        super().__init__(**rest)
        self.inner = AttentionKeras()

    def build(self, shape):
        self.inner.build((None, 4, WIDE))

    def call(self, x):
        half = GRID // 2
        x = ops.reshape(ops.roll(x, (-1, -1), (1, 2)), (-1, half, 2, half, 2, WIDE))
        x = self.inner(ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 4, WIDE)))
        x = ops.transpose(ops.reshape(x, (-1, half, half, 2, 2, WIDE)), (0, 1, 3, 2, 4, 5))
        return ops.roll(ops.reshape(x, (-1, GRID, GRID, WIDE)), (1, 1), (1, 2))


class WindowsTorch(nn.Module):
    """Windows, then the merging of 2 x 2 tokens into one (Swin)."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, WIDE, PATCH, PATCH)
        self.block = BlockTorch(ShiftedTorch())
        self.merge = nn.Linear(4 * WIDE, WIDE)
        self.norm = nn.LayerNorm(WIDE, eps=1e-3)
        self.head = nn.Linear(WIDE, 5)

    def forward(self, x):
        x = self.block(self.patch(x).permute(0, 2, 3, 1))
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.head(self.norm(self.merge(x)).tanh().mean((1, 2)))


def windows():
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(WIDE, PATCH, PATCH, name="patch")(inputs)
    x = block_keras(x, ShiftedKeras(name="block_attention"), "block")
    x = layers.Concatenate()([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]])
    x = layers.LayerNormalization(name="norm")(layers.Dense(WIDE, name="merge")(x))
    x = layers.GlobalAveragePooling2D()(layers.Activation("tanh")(x))
    last = (PLANE_LAST, PLANE_LAST)
    names = ("block", "block.norm1", "block.attention", "block.norm2", "block.down", "merge", "norm")
    kinds = {"patch": (PLANE_FIRST, PLANE_LAST), **dict.fromkeys(names, last)}
    return WindowsTorch(), keras.Model(inputs, layers.Dense(5, name="head")(x)), kinds


class NextTorch(nn.Module):
    """A block that goes to channels last and back (ConvNeXt)."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, WIDE, 2, 2)
        self.depthwise = nn.Conv2d(WIDE, WIDE, 7, padding=3, groups=WIDE)
        self.norm = nn.LayerNorm(WIDE, eps=1e-3)
        self.up, self.down = nn.Linear(WIDE, 2 * WIDE), nn.Linear(2 * WIDE, WIDE)
        self.join = nn.Identity()
        self.head = nn.Linear(WIDE, 5)

    def forward(self, x):
        x = self.stem(x)
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.down(functional.gelu(self.up(y))).permute(0, 3, 1, 2)
        return self.head(self.join(x + y).tanh().mean((2, 3)))


def convnext():
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(WIDE, 2, 2, name="stem")(inputs)
    y = layers.DepthwiseConv2D(7, padding="same", name="depthwise")(x)
    y = layers.Dense(2 * WIDE, activation="gelu", name="up")(layers.LayerNormalization(name="norm")(y))
    x = layers.Add(name="join")([x, layers.Dense(WIDE, name="down")(y)])
    x = layers.GlobalAveragePooling2D()(layers.Activation("tanh")(x))
    first, last = (PLANE_FIRST, PLANE_LAST), (PLANE_LAST, PLANE_LAST)
    kinds = {"stem": first, "depthwise": first, "norm": last, "down": last, "join": first}
    return NextTorch(), keras.Model(inputs, layers.Dense(5, name="head")(x)), kinds


class MixerTorch(nn.Module):
    """Dense layers over the tokens, then over the channels (MLP-Mixer)."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, WIDE, PATCH, PATCH)
        self.norm = nn.LayerNorm(WIDE, eps=1e-3)
        self.over, self.back = nn.Linear(GRID**2, 8), nn.Linear(8, GRID**2)
        self.join = nn.Identity()
        self.dense = nn.Linear(WIDE, WIDE)
        self.head = nn.Linear(WIDE, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        y = self.back(functional.gelu(self.over(self.norm(x).transpose(1, 2)))).transpose(1, 2)
        return self.head(self.dense(self.join(x + y)).tanh().mean(1))


def mixer():
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Reshape((GRID**2, WIDE))(layers.Conv2D(WIDE, PATCH, PATCH, name="patch")(inputs))
    y = layers.Permute((2, 1))(layers.LayerNormalization(name="norm")(x))
    y = layers.Dense(GRID**2, name="back")(layers.Dense(8, activation="gelu", name="over")(y))
    x = layers.Add(name="join")([x, layers.Permute((2, 1))(y)])
    x = layers.Activation("tanh")(layers.Dense(WIDE, name="dense")(x))
    tokens, mixed = (TOKENS, TOKENS), (None, None)
    kinds = {"patch": (PLANE_FIRST, PLANE_LAST), "norm": tokens, "join": tokens, "dense": tokens}
    kinds |= {"over": mixed, "back": mixed}
    return MixerTorch(), keras.Model(inputs, layers.Dense(5, name="head")(layers.GlobalAveragePooling1D()(x))), kinds


class MobileTorch(nn.Module):
    """Depthwise and pointwise convolutions, a gate from all places, and a residual (MobileNet, squeeze-excitation)."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 5, padding=2, groups=8)
        self.squeeze, self.gate = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.point = nn.Conv2d(8, 8, 1)
        self.pool = nn.AvgPool2d(2)
        self.last = nn.Conv2d(8, WIDE, 3, padding=1)
        self.head = nn.Linear(WIDE, 5)

    def forward(self, x):
        x = functional.hardswish(self.stem(x))
        y = self.depthwise(x)
        y = y * torch.sigmoid(self.gate(functional.relu(self.squeeze(functional.adaptive_avg_pool2d(y, 1)))))
        return self.head(functional.hardswish(self.last(self.pool(x + self.point(y)))).mean((2, 3)))


def mobile():
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Activation("hard_swish")(layers.Conv2D(8, 3, padding="same", name="stem")(inputs))
    y = layers.DepthwiseConv2D(5, padding="same", name="depthwise")(x)
    z = layers.Conv2D(4, 1, activation="relu", name="squeeze")(layers.GlobalAveragePooling2D(keepdims=True)(y))
    y = layers.Multiply()([y, layers.Activation("sigmoid")(layers.Conv2D(8, 1, name="gate")(z))])
    x = layers.Add()([x, layers.Conv2D(8, 1, name="point")(y)])
    x = layers.Conv2D(WIDE, 3, padding="same", name="last")(layers.AveragePooling2D(2, name="pool")(x))
    x = layers.GlobalAveragePooling2D()(layers.Activation("hard_swish")(x))
    kinds = dict.fromkeys(("stem", "depthwise", "point", "pool", "last"), (PLANE_FIRST, PLANE_LAST))
    kinds["gate"] = (("channel", None, None), (None, None, "channel"))
    return MobileTorch(), keras.Model(inputs, layers.Dense(5, name="head")(x)), kinds


MAKERS = {
    "normed": normed,
    "class token": vision,
    "registers": lambda: vision(extra=3, mean=True, fused=True),
    "windows": windows,
    "convnext": convnext,
    "mixer": mixer,
    "mobile": mobile,
}


@functools.cache
def pair(name):
    """Return the networks of a name, wrapped, a batch in both layouts, and the layers that are the same in both."""
    torch.manual_seed(0)
    keras.utils.set_random_seed(0)
    ours, theirs, kinds = MAKERS[name]()
    copy_weights(ours, theirs)
    batch = np.random.default_rng(1).uniform(size=(2, SIDE, SIDE, 3)).astype(np.float32)
    first = np.ascontiguousarray(np.moveaxis(batch, -1, 1))
    return SimpleNamespace(
        net=ours.eval(),
        torch=xai.wrap(ours, input_shape=first.shape[1:]),
        keras=xai.wrap(theirs),
        first=first,
        last=batch,
        kinds=kinds,
        names={layer: in_keras(layer) for layer in kinds},
    )


def in_keras(layer):
    """Return what a layer of PyTorch is called in Keras."""
    parts = layer.split(".")
    return ".".join(parts[:2]) + "".join(f"_{part}" for part in parts[2:]) if parts[0] == "blocks" else "_".join(parts)


def copy_weights(ours, theirs):
    """Give the layers of a Keras network the weights of the modules of the same name."""
    known = {layer.name: layer for layer in theirs._flatten_layers()}
    for name, module in ours.named_modules():
        layer = known.get(in_keras(name))
        if layer is None and name.endswith(".inner"):
            layer = known[in_keras(name.removesuffix(".inner"))].inner
        if isinstance(module, AttentionTorch):
            for part in ("query", "key", "value", "out", "normed"):
                _give(getattr(layer, part), getattr(module, part))
        elif layer is not None and next(module.parameters(recurse=False), None) is not None:
            _give(layer, module)
    if isinstance(ours, VisionTorch):
        known["extra"].set_weights([ours.tokens.detach().numpy(), ours.position.detach().numpy()])


def _give(layer, module):
    weight, bias = (one.detach().numpy() for one in (module.weight, module.bias))
    if weight.ndim == 4:
        order = (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
        weight = weight.transpose(order)
    layer.set_weights([weight.T if weight.ndim == 2 else weight, bias])
