"""Texts of which a network reads some tokens by their places: relevance and differences by closed forms."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras, layers
from xai_widgets.errors import InputError

SIZE, LENGTH, WIDTH, HIDDEN = 12, 6, 4, 5
IDS = np.array([[3, 5, 7, 2, 0, 0], [4, 1, 9, 8, 6, 0]])
LAST = [3, 4]
"""The last token of each text, behind which there is padding."""

random = np.random.default_rng(0)
WORDS, INTO, HEAD = (
    random.normal(size=size).astype(np.float32) for size in ((SIZE, WIDTH), (HIDDEN, WIDTH), (2, HIDDEN))
)


def each(*places):
    """Return how often each place of each text is read, the same ones in all texts."""
    counts = np.zeros((2, LENGTH))
    for place in places:
        counts[:, place] += 1
    return counts


ends = np.zeros((2, LENGTH))
ends[[0, 1], LAST] = 1

FIXED = {
    "an integer": (lambda z, ids: z[:, 2], lambda z, ids: z[:, 2], each(2)),
    "a negative one": (lambda z, ids: z[:, -1], lambda z, ids: z[:, -1], each(5)),
    "behind an ellipsis": (lambda z, ids: z[..., -2, :], lambda z, ids: z[..., -2, :], each(4)),
    "a slice": (lambda z, ids: z[:, 1:5:2].sum(1), lambda z, ids: keras.ops.sum(z[:, 1:5:2], 1), each(1, 3)),
    "a negative slice": (lambda z, ids: z[:, -3:-1].sum(1), lambda z, ids: keras.ops.sum(z[:, -3:-1], 1), each(3, 4)),
    "several, one of them twice": (
        lambda z, ids: z[:, [0, -1, 0]].sum(1),
        lambda z, ids: keras.ops.sum(keras.ops.take(z, [0, 5, 0], axis=1), 1),
        each(0, 5, 0),
    ),
    "a tensor of integers": (
        lambda z, ids: z[torch.arange(len(z)), torch.full((len(z),), 4)],
        lambda z, ids: keras.ops.take(z, keras.ops.convert_to_tensor(4), axis=1),
        each(4),
    ),
    "a selection": (
        lambda z, ids: z.index_select(1, torch.tensor([1]))[:, 0],
        lambda z, ids: keras.ops.take(z, [1], axis=1)[:, 0],
        each(1),
    ),
}
"""Reading by places that are the same for every text: in PyTorch, in Keras, and how often each place is read."""


def counted(ids):
    return keras.ops.sum(keras.ops.cast(ids != 0, "int32"), 1)[:, None, None] - 1


FOLLOWING = {
    "the last token": (
        lambda z, ids: z[torch.arange(len(z)), (ids != 0).sum(1) - 1],
        lambda z, ids: keras.ops.take_along_axis(z, counted(ids), axis=1)[:, 0],
        ends,
    ),
    "the last token, gathered": (
        lambda z, ids: z.gather(1, ((ids != 0).sum(1) - 1)[:, None, None].expand(-1, 1, 2))[:, 0],
        lambda z, ids: keras.ops.take_along_axis(z, keras.ops.repeat(counted(ids), 2, axis=2), axis=1)[:, 0],
        ends,
    ),
}
"""The same by places that follow from the ids, as classifiers that read from left to right have them."""


class Reader(nn.Module):
    """Reads words one by one, and puts out two scores for each way to pick some of them."""

    def __init__(self, picks):
        super().__init__()
        self.words = nn.Embedding(SIZE, WIDTH)
        self.into, self.head = nn.Linear(WIDTH, HIDDEN, bias=False), nn.Linear(HIDDEN, 2, bias=False)
        self.picks = picks
        self.load_state_dict(dict(zip(self.state_dict(), map(torch.from_numpy, (WORDS, INTO, HEAD)), strict=True)))

    def forward(self, ids):
        z = self.head(torch.tanh(self.into(self.words(ids))))
        return torch.cat([pick(z, ids) for pick in self.picks], dim=1)


def wrapped(picks, backend):
    if backend == "torch":
        return xai.wrap(Reader([pick for pick, *_ in picks]), input_shape=(LENGTH,))
    ids = keras.Input((LENGTH,), dtype="int32")
    z = layers.Embedding(SIZE, WIDTH)(ids)
    z = layers.Dense(HIDDEN, activation="tanh", use_bias=False)(z)
    z = layers.Dense(2, use_bias=False)(z)
    network = keras.Model(ids, keras.ops.concatenate([pick(z, ids) for _, pick, *_ in picks], axis=1))
    network.set_weights([WORDS, INTO.T, HEAD.T])
    return xai.wrap(network)


@pytest.fixture(scope="module", params=["torch", "keras"])
def backend(request):
    return request.param


@pytest.fixture(scope="module")
def model(backend):
    """One network for all of them, so that each method is traced once."""
    return wrapped([*FIXED.values(), *FOLLOWING.values()], backend)


def passed_on(there, reference, counts):
    """What each number of a vector has in a score: its part of each unit, times the slope of the unit's secant."""
    hidden, other = there @ INTO.T, reference @ INTO.T
    slopes = (np.tanh(hidden) - np.tanh(other)) / np.where(hidden == other, 1, hidden - other)
    return (there - reference) * ((slopes * HEAD[1]) @ INTO) * counts[..., None]


@pytest.mark.parametrize("name", [*FIXED, *FOLLOWING])
def test_relevance_goes_to_the_tokens_that_are_read(name, model, agreement):
    counts, score = {**FIXED, **FOLLOWING}[name][2], 2 * [*FIXED, *FOLLOWING].index(name) + 1
    expected = passed_on(WORDS[IDS], 0 * WORDS[IDS], counts)
    for method in (xai.RelevancePropagation(composite="epsilon"), xai.AttnLrp()):
        found = method(model, IDS, xai.Logit(score))
        agreement(method.name, "closed form", found.values, expected, tolerance=1e-3)
        np.testing.assert_allclose(found.map.sum(axis=1), model.scores(IDS)[:, score], rtol=1e-3)
        assert (found.map[counts == 0] == 0).all()


@pytest.mark.parametrize("name", [*FIXED, *FOLLOWING])
def test_differences_flow_to_the_tokens_that_are_read(name, model, agreement):
    """Those of the input, also where the reference has its last token elsewhere."""
    counts, score = {**FIXED, **FOLLOWING}[name][2], 2 * [*FIXED, *FOLLOWING].index(name) + 1
    found = xai.DeepLift()(model, IDS, xai.Logit(score))
    expected = passed_on(WORDS[IDS], WORDS[np.zeros_like(IDS)], counts)
    agreement("deeplift", "closed form", found.values, expected, tolerance=1e-4)
    without = counts.sum(axis=1) * (np.tanh(WORDS[0] @ INTO.T) @ HEAD.T)[1]
    np.testing.assert_allclose(found.map.sum(axis=1), model.scores(IDS)[:, score] - without, atol=1e-5)
    np.testing.assert_allclose(found.absolute_gap, 0, atol=1e-5)


def test_differences_do_not_flow_where_other_places_of_the_reference_are_read(model):
    """Behind the embedding what is compared comes from two texts, each with its own last token."""
    behind = model.layers[1]
    with pytest.raises(
        InputError, match="picks by whole numbers that follow from the input, and are others for the reference"
    ):
        xai.DeepLift()(model, IDS, xai.Logit(1), behind)


@pytest.mark.parametrize("method", [xai.DeepLift(), xai.CpLrp()], ids=lambda method: method.name)
def test_places_that_follow_from_what_is_explained_are_no_constants(method, backend):
    picks = (
        lambda z, ids: z[torch.arange(len(z)), z[..., 0].argmax(1)],
        lambda z, ids: keras.ops.take_along_axis(z, keras.ops.argmax(z[..., 0], 1)[:, None, None], axis=1)[:, 0],
    )
    with pytest.raises(InputError, match="does not cover"):
        method(wrapped([picks], backend), IDS, xai.Logit(1))
