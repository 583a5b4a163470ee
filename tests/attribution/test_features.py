import sys

import numpy as np
import pytest

from xai_widgets.attribution.features import features_for
from xai_widgets.errors import InputError, InputTypeError


@pytest.fixture
def batch():
    return np.random.default_rng(2).uniform(size=(2, 3, 6, 8))


def switched(batch, filling, present, labels):
    """What `switch` says, element by element."""
    result = np.empty((len(present), *batch.shape))
    for row in range(len(present)):
        for place in np.ndindex(batch.shape):
            label = labels[(place[0] % len(labels), *place[1:])]
            result[(row, *place)] = filling[place] + present[row, label] * (batch[place] - filling[place])
    return result


@pytest.mark.parametrize("features", ["pixels", "squares", "superpixels", "channels"])
@pytest.mark.parametrize("kind", [bool, float])
def test_switching_and_spreading_equal_their_definitions(polynomial, batch, features, kind):
    divided = features_for(batch, features, 3, polynomial())
    generator = np.random.default_rng(0)
    present = generator.uniform(size=(4, divided.count))
    present = present > 0.5 if kind is bool else present
    filling = generator.uniform(size=batch.shape)
    assert divided.labels.shape[1:] == batch.shape[1:]
    assert set(np.unique(divided.labels)) == set(range(divided.count))
    expected = switched(batch, filling, present, divided.labels)
    np.testing.assert_allclose(divided.switch(batch, filling, present), expected, atol=1e-12)
    scores = generator.normal(size=(2, divided.count))
    spread = divided.spread(scores)
    assert spread.shape == batch.shape
    for place in np.ndindex(batch.shape):
        assert spread[place] == scores[place[0], divided.labels[(place[0] % len(divided.labels), *place[1:])]]


def test_counts_and_shapes_of_the_named_features(polynomial, batch):
    model = polynomial()
    assert features_for(batch, "pixels", 3, model).count == 48
    assert features_for(batch, "channels", 3, model).count == 3
    squares = features_for(batch, "squares", 3, model)
    assert squares.count == 2 * 3  # the last column is cut off at the border
    assert (squares.labels[0, 1, :3, :3] == 0).all()
    assert (squares.labels[0, 2, 3:, 6:] == 5).all()


def test_superpixels_follow_the_colours_of_each_picture(polynomial):
    model = polynomial(shape=(3, 16, 16))
    batch = np.zeros((2, 3, 16, 16))
    batch[0, 0, :, :7] = 1
    batch[1, 1, :9] = 1
    divided = features_for(batch, "superpixels", 8, model)
    for x, labels in zip(batch, divided.labels, strict=True):
        for label in np.unique(labels):
            assert np.ptp(x[labels == label].reshape(3, -1), axis=1).max() == 0
    assert divided.labels.shape == (2, 3, 16, 16)


def test_superpixels_are_the_same_in_both_layouts(polynomial):
    last = np.random.default_rng(3).uniform(size=(1, 12, 12, 3)).astype(np.float32)
    first = np.ascontiguousarray(np.moveaxis(last, -1, 1))
    ours = features_for(first, "superpixels", 4, polynomial(shape=(3, 12, 12)))
    theirs = features_for(last, "superpixels", 4, polynomial(shape=(12, 12, 3)))
    np.testing.assert_array_equal(np.moveaxis(ours.labels, 1, -1), theirs.labels)


@pytest.mark.parametrize("shape", [(3, 24, 24), (1, 24, 24), (24, 24)])
def test_a_picture_of_noise_has_superpixels_too(polynomial, shape):
    noise = np.random.default_rng(0).uniform(size=(1, *shape))
    model = polynomial(shape=shape, input_layout="height, width" if len(shape) == 2 else None)
    assert 18 <= features_for(noise, "superpixels", 4, model).count <= 72


@pytest.mark.parametrize("shape", [(1, 8, 8), (8, 8)])
def test_superpixels_of_pictures_without_colours(polynomial, shape):
    x = np.zeros((1, *shape))
    x[..., :5] = 1
    model = polynomial(shape=shape, bounds=None, input_layout="height, width" if len(shape) == 2 else None)
    labels = features_for(x, "superpixels", 4, model).labels
    assert not set(np.unique(labels[x == 1])) & set(np.unique(labels[x == 0]))


@pytest.mark.parametrize("features", ["pixels", "squares", "superpixels", "channels"])
def test_on_vectors_every_element_is_a_feature(polynomial, features):
    divided = features_for(np.ones((2, 7)), features, 3, polynomial(shape=(7,), bounds=None))
    np.testing.assert_array_equal(divided.labels, np.arange(7)[None])


def test_numbers_may_be_given(polynomial, batch):
    model = polynomial()
    plane = np.where(np.arange(8) < 3, 7, -1)
    divided = features_for(batch, plane, 1, model)
    assert divided.count == 2
    np.testing.assert_array_equal(divided.labels[0], np.broadcast_to(np.arange(8) < 3, (3, 6, 8)))
    each = np.stack([np.zeros((3, 6, 8), int), np.arange(144).reshape(3, 6, 8)])
    assert features_for(batch, each, 1, model).labels.shape == (2, 3, 6, 8)
    with pytest.raises(InputError, match=r"shape \(5,\); expected \(3, 6, 8\)"):
        features_for(batch, np.arange(5), 1, model)
    with pytest.raises(InputError, match="one array per input"):
        features_for(batch, np.zeros((3, 3, 6, 8), int), 1, model)


def test_channels_need_channels(polynomial):
    with pytest.raises(InputError, match="have none"):
        features_for(np.ones((1, 5, 5)), "channels", 1, polynomial(shape=(5, 5), input_layout="height, width"))


def test_other_values_are_refused():
    from xai_widgets.attribution.features import FEATURES

    for value in (0.5, [0.5, 1.0], 3):
        with pytest.raises(InputTypeError, match="features"):
            FEATURES.check(value)


def test_without_scikit_image_superpixels_are_refused_in_words(polynomial, picture, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    assert features_for(picture[None], "squares", 2, polynomial()).count > 1
    with pytest.raises(ValueError, match=r"pip install 'xai-widgets\[superpixels\]'"):
        features_for(picture[None], "superpixels", 2, polynomial())
