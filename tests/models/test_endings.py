"""What a network puts out is asked of its last operation, on both frameworks: the right scores, and by which evidence.

The labels are independent and saturated: on noise, whose mean is the same everywhere, their scores sum to one.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn

import xai_widgets as xai

WEIGHTS = np.array([[-80, 0, 0], [0, 80, 0], [0, 0, 80], [0, 0, 0]], np.float32)
BIAS = np.array([60, -60, -60], np.float32)
SMALL = WEIGHTS / 80, BIAS / 60


class TorchPooled(nn.Module):
    def __init__(self, end, weights=WEIGHTS, bias=BIAS):
        super().__init__()
        self.dense, self.end = nn.Linear(4, 3), end
        self.dense.weight.data, self.dense.bias.data = torch.tensor(weights.T), torch.tensor(bias)

    def forward(self, x):
        return self.end(self.dense(x.mean(2)))


@keras.saving.register_keras_serializable()
class KerasPooled(keras.Model):
    def __init__(self, end, weights=WEIGHTS, bias=BIAS):
        super().__init__()
        self.dense, self.end = keras.layers.Dense(3), end
        self(np.zeros((1, 4, 64), np.float32))
        self.set_weights([weights, bias])

    def call(self, x):
        return self.end(self.dense(tf.reduce_mean(x, 2)))


def functional(activation, weights=WEIGHTS, bias=BIAS):
    net = keras.Sequential(
        [
            keras.Input((4, 64)),
            keras.layers.Permute((2, 1)),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(3, activation=activation),
        ]
    )
    net.set_weights([weights, bias])
    return net


SATURATED = [
    TorchPooled(nn.Sigmoid()),
    TorchPooled(torch.sigmoid),
    TorchPooled(lambda s: s.sigmoid().view(-1, 3, 1)[..., 0]),
    TorchPooled(lambda s: torch.cat([s[:, :1].sigmoid(), s[:, 1:].sigmoid()], 1)),
    TorchPooled(lambda s: s.sigmoid().clamp(1e-6, 1)),
    functional("sigmoid"),
    KerasPooled(tf.sigmoid),
    KerasPooled(keras.ops.sigmoid),
    KerasPooled(tf.function(tf.sigmoid)),
    KerasPooled(lambda s: tf.clip_by_value(tf.sigmoid(s), 1e-6, 1)),
]


@pytest.mark.parametrize("net", SATURATED)
def test_independent_labels_that_sum_to_one_on_noise_are_values(net):
    model = xai.wrap(net, input_shape=(4, 64))
    noise = model.scores(np.random.default_rng(5).random((3, 4, 64), np.float32))
    np.testing.assert_allclose(noise.sum(axis=1), 1, atol=1e-2)
    assert "values: ends in a sigmoid, independent labels" in repr(model)
    x = np.linspace([0.73], [0.77], 64, axis=1).reshape(1, 64).repeat(4, 0).astype(np.float32)
    right = 1 / (1 + np.exp(-(x.mean(1) @ WEIGHTS + BIAS)))
    np.testing.assert_allclose(model.probabilities(x)[0], right, atol=1e-4)  # About a half for each of the three.


def test_where_the_last_operation_does_not_tell_far_inputs_do():
    assert "do not sum to one" in repr(xai.wrap(TorchPooled(lambda s: s.sigmoid() * 1.0), input_shape=(4, 64)))
    assert "do not sum to one" in repr(xai.wrap(KerasPooled(lambda s: tf.sigmoid(s) * 1.0), input_shape=(4, 64)))


ENDS = [
    (lambda s: s.softmax(1), tf.nn.softmax, "probabilities: ends in a softmax; scores are their logarithms"),
    (lambda s: s.log_softmax(1), tf.nn.log_softmax, "probabilities: ends in a log-softmax"),
    (
        lambda s: s.log_softmax(1).exp(),
        lambda s: tf.exp(tf.nn.log_softmax(s)),
        "probabilities: ends in a softmax; scores are their logarithms",
    ),
    (
        lambda s: (s.softmax(1) + (2 * s).softmax(1)) / 2,
        lambda s: (tf.nn.softmax(s) + tf.nn.softmax(2 * s)) / 2,
        "probabilities: sum to one for all trial inputs; scores are their logarithms",
    ),
    (
        lambda s: s.exp() / s.exp().sum(1, keepdim=True),
        lambda s: tf.exp(s) / tf.reduce_sum(tf.exp(s), 1, keepdims=True),
        "probabilities: sum to one for all trial inputs; scores are their logarithms",
    ),
    (
        lambda s: s.softmax(1) @ torch.eye(3),
        lambda s: tf.matmul(tf.nn.softmax(s), tf.eye(3)),
        "probabilities: sum to one for all trial inputs; scores are their logarithms",
    ),
    (
        lambda s: s.softmax(1)[:, 1:],
        lambda s: tf.nn.softmax(s)[:, 1:],
        "values: ends in a softmax, but not over all outputs",
    ),
    (
        lambda s: s.softmax(1)[:, 1:2],
        lambda s: tf.nn.softmax(s)[:, 1:2],
        "probabilities: ends in a softmax; scores are their logarithms",
    ),
    (
        lambda s: torch.cat([1 - s[:, :1].sigmoid(), s[:, :1].sigmoid()], 1),
        lambda s: tf.concat([1 - tf.sigmoid(s[:, :1]), tf.sigmoid(s[:, :1])], 1),
        "probabilities: sum to one for all trial inputs; scores are their logarithms",
    ),
]


@pytest.mark.parametrize(("torch_end", "keras_end", "found"), ENDS)
def test_both_frameworks_find_the_same(torch_end, keras_end, found):
    torch_model = xai.wrap(TorchPooled(torch_end, *SMALL), input_shape=(4, 64))
    keras_model = xai.wrap(KerasPooled(keras_end, *SMALL), input_shape=(4, 64))
    assert f"({found})" in repr(torch_model)
    assert f"({found})" in repr(keras_model)
    x = np.random.default_rng(0).random((2, 4, 64), np.float32)
    np.testing.assert_allclose(torch_model.scores(x), keras_model.scores(x), atol=1e-5)


def test_linear_outputs_that_sum_to_one_everywhere_are_logits():
    """Least squares on one-hot targets does that, and its outputs are no probabilities."""
    random = np.random.default_rng(0)
    x, targets = random.random((300, 5)), np.eye(3)[random.integers(0, 3, 300)]
    solution = np.linalg.lstsq(np.c_[x, np.ones(300)], targets, rcond=None)[0].astype(np.float32)
    torch_net, keras_net = nn.Sequential(nn.Linear(5, 3)), keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    torch_net[0].weight.data, torch_net[0].bias.data = torch.tensor(solution[:5].T.copy()), torch.tensor(solution[5])
    keras_net.set_weights([solution[:5], solution[5]])
    for net in (torch_net, keras_net):
        model = xai.wrap(net)
        answers = model.scores(x)
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(answers, np.c_[x, np.ones(300)] @ solution, atol=1e-5)
        assert "(logits: ends in a linear layer)" in repr(model)


def test_a_long_chain_of_sums_is_looked_through_no_further_than_needed():
    class Sums(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(4, 4)

        def forward(self, x):
            for _ in range(2000):
                x = x + 1e-3 * self.dense(x)
            return x

    assert xai.wrap(Sums(), input_shape=(4,)).outputs == "logits"
