"""Networks that read from left to right and answer at the last token, with fewer heads of keys than of queries."""

import numpy as np
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras, layers

LENGTH, WIDTH = 8, 16


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.last = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query, self.key, self.value = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 8), nn.Linear(WIDTH, 8)
        self.out, self.wide, self.narrow = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 48), nn.Linear(48, WIDTH)

    def forward(self, z):
        y = self.norm(z)
        query, key, value = (
            one(y).unflatten(-1, (-1, 4)).transpose(1, 2) for one in (self.query, self.key, self.value)
        )
        seen = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
        z = z + self.out(seen.transpose(1, 2).flatten(2))
        return z + self.narrow(nn.functional.gelu(self.wide(self.last(z))))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.words, self.blocks = nn.Embedding(30, WIDTH), nn.ModuleList([Block(), Block()])
        self.score = nn.Linear(WIDTH, 3)

    def forward(self, ids):
        z = self.words(ids)
        for block in self.blocks:
            z = block(z)
        return self.score(z)[:, -1]


def test_the_layer_of_an_activation_map_has_a_say_at_all_tokens():
    model = xai.wrap(Reader(), input_shape=(LENGTH,))
    assert {layout.words for layout in model.layouts.values()} == {"tokens, channels"}
    # Behind the last attention only the last token has a gradient; a map there shows where the network ends.
    found = xai.GradCam()(model, np.arange(LENGTH), xai.Logit(1))
    assert found.question.cut.layer == "blocks.1.norm"
    behind = xai.LayerCam()(model, np.arange(LENGTH), xai.Logit(1), layer="score")
    assert np.count_nonzero(behind.map[:-1]) == 0


def test_its_twin_in_keras():
    keras.utils.set_random_seed(0)
    ids = keras.Input((LENGTH,), dtype="int32")
    z = layers.Embedding(30, WIDTH, name="words")(ids)
    for number in (0, 1):
        y = layers.LayerNormalization(name=f"norm{number}")(z)
        attention = layers.GroupQueryAttention(4, 4, 2, name=f"attention{number}")
        z = z + attention(y, y, use_causal_mask=True)
    scores = layers.Dense(3, name="score")(z)
    model = xai.wrap(keras.Model(ids, scores[:, -1]))
    assert {layout.words for layout in model.layouts.values()} == {"tokens, channels"}
    found = xai.GradCam()(model, np.arange(LENGTH), xai.Logit(1))
    assert found.question.cut.layer == "norm1"
