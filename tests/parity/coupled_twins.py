"""Small networks in both frameworks with the same weights, each around one function of several numbers together."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn

F = nn.functional

SIZE, WIDTH, HEADS, CLASSES = 8, 12, 3, 4
TOKENS = (SIZE // 2) ** 2


class Torch(nn.Module):
    """Patches, a part on (rows, tokens, channels), the mean over tokens, scores."""

    def __init__(self, part):
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 2, 2)
        self.part = part
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.part(x).mean(dim=1))


def keras_twin(part, network):
    """Return the twin of a network in PyTorch; `part` builds its middle."""
    x = inputs = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(WIDTH, 2, 2, name="patches")(x)
    x = part(layers.Reshape((TOKENS, WIDTH))(x))
    x = layers.Dense(CLASSES, name="head")(layers.GlobalAveragePooling1D()(x))
    twin = keras.Model(inputs, x)
    give(twin.get_layer("patches"), network.patches.weight.permute(2, 3, 1, 0), network.patches.bias)
    give(twin.get_layer("head"), network.head.weight.T, network.head.bias)
    return twin


def give(layer, *numbers):
    layer.set_weights([one.detach().numpy().reshape(w.shape) for one, w in zip(present(numbers), layer.weights)])  # noqa: B905


def present(numbers):
    return [one for one in numbers if one is not None]


def dense(linear, name=None):
    """Return the twin of a linear layer, built, whose input has as many channels."""
    made = layers.Dense(linear.out_features, name=name)
    made.build((None, None, linear.in_features))
    give(made, linear.weight.T, linear.bias)
    return made


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Attention(nn.Module):
    """Attention over tokens by products, as networks write it down."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x):
        q, k, v = (part(x).unflatten(2, (HEADS, -1)).transpose(1, 2) for part in (self.query, self.key, self.value))
        weights = (q @ k.transpose(2, 3) * (WIDTH // HEADS) ** -0.5).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).flatten(2))


def attention_twin(part):
    made = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
    made.build((None, TOKENS, WIDTH), (None, TOKENS, WIDTH))
    ones = (part.query, part.key, part.value, part.out)
    give(made, *[tensor for one in ones for tensor in (one.weight.T, one.bias)])
    return lambda x: made(x, x)


class Block(nn.Module):
    """A block of a transformer: norm, attention, norm, two layers with a GELU, each around a sum."""

    def __init__(self):
        super().__init__()
        self.norm, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.up, self.down = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x):
        x = x + self.attention(self.norm(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


def norm_twin(norm):
    made = layers.LayerNormalization(epsilon=norm.eps)
    made.build((None, TOKENS, WIDTH))
    give(made, norm.weight, norm.bias)
    return made


def block_twin(block):
    attention = attention_twin(block.attention)

    def build(x):
        x = layers.Add()([x, attention(norm_twin(block.norm)(x))])
        hidden = layers.Activation("gelu")(dense(block.up)(norm_twin(block.norm2)(x)))
        return layers.Add()([x, dense(block.down)(hidden)])

    return build


def blocks_twin(blocks):
    def build(x):
        for block in blocks:
            x = block_twin(block)(x)
        return x

    return build


class Gated(nn.Module):
    """Squeeze and excitation: all tokens of a channel by one gate."""

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Linear(WIDTH, 4), nn.Linear(4, WIDTH)

    def forward(self, x):
        return x * self.up(F.silu(self.down(x.mean(dim=1, keepdim=True)))).sigmoid()


def gated_twin(part):
    def build(x):
        gate = dense(part.down)(layers.GlobalAveragePooling1D(keepdims=True)(x))
        gate = layers.Activation("sigmoid")(dense(part.up)(layers.Activation("silu")(gate)))
        return layers.Multiply()([x, gate])

    return build


class SwiGlu(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.up, self.down = nn.Linear(WIDTH, 20), nn.Linear(WIDTH, 20), nn.Linear(20, WIDTH)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


def swiglu_twin(part):
    return lambda x: dense(part.down)(ops.silu(dense(part.gate)(x)) * dense(part.up)(x))


class Normed(nn.Module):
    """A norm over channels that lie first, beside the signal itself: the mean of a norm alone hardly changes."""

    def __init__(self, norm):
        super().__init__()
        self.norm = norm

    def forward(self, x):
        return x + F.gelu(self.norm(x.transpose(1, 2).unflatten(2, (SIZE // 2, -1)))).flatten(2).transpose(1, 2)


def group_twin(part):
    norm = part.norm
    groups = getattr(norm, "num_groups", -1)
    made = layers.GroupNormalization(groups, epsilon=norm.eps)
    made.build((None, SIZE // 2, SIZE // 2, WIDTH))
    give(made, norm.weight, norm.bias)
    back, square = layers.Reshape((TOKENS, WIDTH)), layers.Reshape((SIZE // 2, -1, WIDTH))
    return lambda x: x + back(ops.gelu(made(square(x)), approximate=False))


def rms_twin(norm):
    made = layers.RMSNormalization(epsilon=norm.eps)
    made.build((None, TOKENS, WIDTH))
    give(made, norm.weight)
    return made


def by_elements(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


def by_elements_twin(x):
    return x * ops.rsqrt(ops.mean(ops.power(x, 2), axis=-1, keepdims=True) + 1e-5)


def standardised(x):
    return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True, unbiased=False) + 0.1)


def standardised_twin(x):
    return (x - ops.mean(x, axis=-1, keepdims=True)) / (ops.std(x, axis=-1, keepdims=True) + 0.1)


def gelu_written_out(x):
    """As GPT-2 has it."""
    return 0.5 * x * (1 + (x + 0.044715 * x.pow(3)).mul((2 / np.pi) ** 0.5).tanh())


def gelu_written_out_twin(x):
    return 0.5 * x * (1 + ops.tanh((x + 0.044715 * ops.power(x, 3)) * (2 / np.pi) ** 0.5))


def plain(function):
    return lambda _: function


TWINS = {
    "layer norm": (lambda: nn.LayerNorm(WIDTH, eps=1e-4), norm_twin),
    "group norm": (lambda: Normed(nn.GroupNorm(4, WIDTH)), group_twin),
    "instance norm": (lambda: Normed(nn.InstanceNorm2d(WIDTH, affine=True)), group_twin),
    "rms norm": (lambda: nn.RMSNorm(WIDTH, eps=1e-4), rms_twin),
    "unit norm": (lambda: Function(lambda x: F.normalize(x, dim=-1)), plain(layers.UnitNormalization())),
    "rms norm by elements": (lambda: Function(by_elements), plain(by_elements_twin)),
    "standardised by elements": (lambda: Function(standardised), plain(standardised_twin)),
    "softmax": (lambda: Function(lambda x: x.softmax(dim=2) + x), plain(lambda x: layers.Softmax()(x) + x)),
    "attention": (Attention, attention_twin),
    "block": (Block, block_twin),
    "squeeze and excitation": (Gated, gated_twin),
    "SwiGLU": (SwiGlu, swiglu_twin),
    "GELU written out": (lambda: Function(gelu_written_out), plain(gelu_written_out_twin)),
    "tanh written out": (
        lambda: Function(lambda x: (x.exp() - 1) / (x.exp() + 1)),
        plain(lambda x: (ops.exp(x) - 1) / (ops.exp(x) + 1)),
    ),
    "tokens with tokens": (
        lambda: Function(lambda x: x @ x.transpose(1, 2) @ x / 4),
        plain(lambda x: ops.matmul(ops.matmul(x, ops.transpose(x, (0, 2, 1))), x) / 4),
    ),
    "quotient": (
        lambda: Function(lambda x: x / (2 + x.sigmoid().mean(dim=2, keepdim=True))),
        plain(lambda x: x / (2 + ops.mean(ops.sigmoid(x), axis=2, keepdims=True))),
    ),
}


DEEPER = {"two blocks": (lambda: nn.Sequential(Block(), Block()), blocks_twin)}


def twins(name, seed=0, spread=2.0, bias=True, keras=True):
    """Return a network by its name in both frameworks, with random weights of which none is zero or one."""
    torch.manual_seed(seed)
    make, twin = (TWINS | DEEPER)[name]
    network = Torch(make()).eval()
    for parameter in network.parameters():
        parameter.data = parameter * spread if parameter.dim() > 1 else parameter + 0.3 * torch.randn(parameter.shape)
    for parameter in (one for name, one in network.named_parameters() if name.endswith("bias") and not bias):
        parameter.data.zero_()
    return network, keras_twin(twin(network.part), network) if keras else None


def pictures(seed=0, rows=3):
    """Return pictures with channels first."""
    return np.random.default_rng(seed).uniform(size=(rows, 3, SIZE, SIZE)).astype(np.float32)
