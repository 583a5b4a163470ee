"""Vision transformers in small, in both frameworks with the same weights: square and not, and read in several ways."""

import functools
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras

WIDE, PATCH, CLASSES = 12, 4, 5

KINDS = {
    "class token": ((4, 4), 1, [0]),
    "oblong": ((3, 5), 1, [0]),
    "registers": ((4, 4), 3, range(3, 19)),
    "distilled": ((4, 4), 2, [0, 1]),
}
"""For each kind the grid of patches, how many tokens stand nowhere, and which tokens are read."""


@functools.cache
def transformer(kind):
    """Return the networks of a kind, wrapped, a batch in both layouts, its grid, and which of its tokens are read."""
    # They need Keras as soon as they are imported.
    from tests.layouts import networks as parts

    (rows, columns), extra, read = KINDS[kind]

    class Vision(parts.VisionTorch):
        def __init__(self):
            nn.Module.__init__(self)
            self.patch = nn.Conv2d(3, WIDE, PATCH, PATCH)
            self.tokens = nn.Parameter(torch.randn(1, extra, WIDE))
            self.position = nn.Parameter(torch.randn(1, extra + rows * columns, WIDE))
            self.blocks = nn.Sequential(*(parts.BlockTorch(parts.AttentionTorch(fused)) for fused in (True, False)))
            self.norm, self.head = nn.LayerNorm(WIDE, eps=1e-3), nn.Linear(WIDE, CLASSES)

        def begin(self, x):
            x = self.patch(x).flatten(2).transpose(1, 2)
            return torch.cat([self.tokens.expand(len(x), -1, -1), x], 1) + self.position

        def end(self, x):
            return self.head(self.norm(x)[:, list(read)].mean(1))

        def forward(self, x):
            return self.end(self.blocks(self.begin(x)))

    torch.manual_seed(0)
    keras.utils.set_random_seed(0)
    layers, shape = keras.layers, (rows * PATCH, columns * PATCH, 3)
    inputs = keras.Input(shape)
    x = layers.Reshape((rows * columns, WIDE))(layers.Conv2D(WIDE, PATCH, PATCH, name="patch")(inputs))
    x = parts.Extra(extra, name="extra")(x)
    for at in range(2):
        x = parts.block_keras(x, parts.AttentionKeras(name=f"blocks.{at}_attention"), f"blocks.{at}")
    x = layers.LayerNormalization(name="norm")(x)
    x = layers.GlobalAveragePooling1D()(x[:, read[0] : read[-1] + 1])
    ours, theirs = Vision().eval(), keras.Model(inputs, layers.Dense(CLASSES, name="head")(x))
    parts.copy_weights(ours, theirs)
    batch = np.random.default_rng(1).uniform(size=(2, *shape)).astype(np.float32)
    first = np.ascontiguousarray(np.moveaxis(batch, -1, 1))
    models = {"torch": (xai.wrap(ours, input_shape=first.shape[1:]), first), "keras": (xai.wrap(theirs), batch)}
    return SimpleNamespace(net=ours, models=models, first=first, grid=(rows, columns), extra=extra, read=list(read))


def attention_by_hand(found, row, target):
    """Return the weights of attention of each block of `transformer(...)` and their gradients, the network written out.

    Each is an array (heads, tokens, tokens), for one input of the batch and the score of one class.
    """
    net, weights = found.net, []
    x = net.begin(torch.tensor(found.first[row : row + 1]))
    for block in net.blocks:
        part, y = block.attention, block.norm1(x)
        heads = []
        for head in range(3):
            q, k, v = (layer(y)[0, :, 4 * head : 4 * head + 4] for layer in (part.query, part.key, part.value))
            scores = part.normed(q) @ k.T / 2
            weights.append((scores.exp() / scores.exp().sum(1, keepdim=True)).requires_grad_())
            weights[-1].retain_grad()
            heads.append(weights[-1] @ v)
        x = x + part.out(torch.cat(heads, -1))
        x = x + block.down(nn.functional.gelu(block.up(block.norm2(x))))
    net.end(x)[0, target].backward()
    pairs = [(one.detach().double().numpy(), one.grad.double().numpy()) for one in weights]
    return [tuple(np.stack(both) for both in zip(*pairs[at : at + 3], strict=True)) for at in (0, 3)]
