import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.attribution.order import along_curve


def ablation(model, x, target, groups, filling):
    """Feature ablation as its definition says, one group after the other."""
    values = np.zeros_like(x)
    for group in np.unique(groups):
        changed = np.where(groups == group, filling, x)
        drop = model.polynomial(x[None])[0, target] - model.polynomial(changed[None])[0, target]
        values[groups == group] = drop
    return values


def squares(shape, size):
    rows, columns = np.arange(shape[1]) // size, np.arange(shape[2]) // size
    return np.broadcast_to(100 * rows[:, None] + columns, shape)


DIVISIONS = {
    "pixels": lambda shape: squares(shape, 1),
    "squares": lambda shape: squares(shape, 4),
    "channels": lambda shape: np.broadcast_to(np.arange(shape[0])[:, None, None], shape),
}


@pytest.mark.parametrize("features", DIVISIONS)
def test_named_features_equal_the_definition(polynomial, picture, features, agreement):
    model = polynomial()
    result = xai.FeatureAblation(features=features, size=4, baseline=0.4)(model, picture, xai.Logit(1))
    expected = ablation(model, picture, 1, DIVISIONS[features](picture.shape), 0.4)
    agreement("feature_ablation", "definition", result.values, expected)
    assert result.evaluations == model.rows
    assert np.isnan(result.gap)


@pytest.mark.parametrize("baseline", ["white", "array"])
def test_groups_in_integers_with_their_own_baselines(polynomial, picture, baseline, agreement):
    """The numbers need be neither consecutive nor the same in all channels."""
    groups = np.random.default_rng(3).choice([-2, 0, 1, 7, 19], picture.shape)
    filling = np.random.default_rng(4).uniform(size=picture.shape) if baseline == "array" else "white"
    result = xai.FeatureAblation(features=groups, baseline=filling)(polynomial(), picture, xai.Logit(1))
    expected = ablation(polynomial(), picture, 1, groups, 1.0 if baseline == "white" else filling)
    agreement("feature_ablation", "definition", result.values, expected)


def test_a_mask_for_each_input_of_a_batch(polynomial, picture):
    batch = np.stack([picture, picture[:, ::-1], 0.5 * picture])
    groups = np.random.default_rng(3).integers(0, 4, batch.shape)
    result = xai.FeatureAblation(features=groups)(polynomial(), batch, xai.Logit([1, 0, 2]))
    for values, x, numbers, target in zip(result.values, batch, groups, [1, 0, 2], strict=True):
        np.testing.assert_allclose(values, ablation(polynomial(), x, target, numbers, 0.0), rtol=1e-5, atol=1e-6)


def test_superpixels_differ_from_picture_to_picture(polynomial):
    """Each picture of a batch has those that it has alone; none crosses the edge that a picture has."""
    batch = np.full((2, 3, 24, 24), 0.2)
    batch[0, :, :, 12:] = batch[1, :, 12:] = 0.9
    batch += np.random.default_rng(0).uniform(0, 0.02, batch.shape)
    method = xai.FeatureAblation(features="superpixels", size=8)
    together = method(polynomial((3, 24, 24)), batch, xai.Logit(0)).values
    for values, x in zip(together, batch, strict=True):
        model = polynomial((3, 24, 24))
        np.testing.assert_allclose(values, method(model, x, xai.Logit(0)).values, rtol=1e-5, atol=1e-6)
        groups = np.unique(values[0], return_inverse=True)[1].reshape(24, 24)
        assert 4 <= groups.max() + 1 <= 16
        bright = x[0] > 0.5
        assert not set(groups[bright]) & set(groups[~bright])
        expected = ablation(model, x, 0, np.broadcast_to(groups, x.shape), 0.0)
        np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-4)


def test_on_vectors_every_element_is_a_feature(polynomial):
    model, x = polynomial(shape=(7,), bounds=None), np.arange(7.0)
    result = xai.FeatureAblation(baseline=0)(model, x, xai.Logit(2))
    np.testing.assert_allclose(result.values, model.linear[2] * x + model.square[2] * x**2 / 2, rtol=1e-5)


def test_results_do_not_depend_on_the_chunks(polynomial, picture, monkeypatch):
    found = []
    for chunk in (1, 3, 16):
        model = polynomial()
        monkeypatch.setattr(type(model.at(None)), "chunk", lambda self, kind, chunk=chunk: chunk)
        found.append(xai.FeatureAblation(features="pixels")(model, np.stack([picture, picture / 2])).values)
        assert model.largest_chunk <= chunk
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-6, atol=1e-6)


def test_every_estimate_is_a_whole_picture_and_the_last_is_exact(polynomial):
    model = polynomial(shape=(1, 16, 16))
    model.square[:] = 0
    model.linear[:] = np.add.outer(np.arange(16.0), np.arange(16.0))
    x = np.ones((1, 16, 16))
    estimates = list(xai.FeatureAblation(features="pixels").stream(model, x, xai.Logit(0)))
    errors = [np.abs(estimate.values - model.linear[0]).mean() for estimate in estimates]
    early = next(error for error, estimate in zip(errors, estimates, strict=True) if estimate.evaluations >= 40)
    assert early < 0.35 * np.abs(model.linear[0] - model.linear[0].mean()).mean()
    assert errors[-1] < 1e-5
    assert [estimate.final for estimate in estimates] == [False] * (len(estimates) - 1) + [True]


def test_a_stretch_of_the_curve_is_compact():
    order = along_curve(np.arange(64).reshape(1, 8, 8), 64)
    assert sorted(order) == list(range(64))
    for start in range(0, 64, 16):
        rows, columns = np.divmod(order[start : start + 16], 8)
        assert np.ptp(rows) == np.ptp(columns) == 3


def cross_entropy(labels):
    def loss(scores):
        shifted = scores - scores.max(axis=1, keepdims=True)
        return np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(scores)), labels]

    return loss


def test_a_loss_takes_the_place_of_the_quantity(polynomial, picture, agreement):
    model, batch = polynomial(), np.stack([picture, 1 - picture])
    loss = cross_entropy([2, 0])
    groups = squares(picture.shape, 4)
    result = xai.FeatureAblation(features="squares", size=4, baseline=0.2, loss=loss)(model, batch)
    expected = np.zeros_like(batch)
    for group in np.unique(groups):
        changed = np.where(groups == group, 0.2, batch)
        drops = loss(model.polynomial(batch)) - loss(model.polynomial(changed))
        expected[:, groups == group] = drops[:, None]
    agreement("feature_ablation", "definition", result.values, expected)
    np.testing.assert_allclose(result.score, loss(model.polynomial(batch)))


def test_a_metric_of_the_batch_need_not_be_differentiable(polynomial, picture):
    model, batch = polynomial(), np.stack([picture, 1 - picture, picture / 3])
    labels = model.polynomial(batch).argmax(axis=1)

    def accuracy(scores):
        return (scores.argmax(axis=1) == labels).mean()

    result = xai.FeatureAblation(features="squares", size=6, loss=accuracy)(model, batch)
    black = batch.copy()
    black[..., :6] = 0
    expected = 1 - (model.polynomial(black).argmax(axis=1) == labels).mean()
    assert expected > 0
    np.testing.assert_allclose(result.values[..., :6], expected)
    assert "accuracy" in repr(result)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"loss": 3}, TypeError),
        ({"features": "tiles"}, ValueError),
        ({"features": np.zeros((3, 6, 8))}, TypeError),
        ({"size": 0}, ValueError),
    ],
)
def test_bad_options_are_refused_at_once(options, error):
    with pytest.raises(error, match="expected"):
        xai.FeatureAblation(**options)


def test_what_does_not_fit_is_refused(polynomial, picture):
    with pytest.raises(ValueError, match=r"features has shape \(5,\)"):
        xai.FeatureAblation(features=np.arange(5))(polynomial(), picture)
    with pytest.raises(ValueError, match="Both loss and quantity"):
        xai.FeatureAblation(loss=np.sum)(polynomial(), picture, xai.Logit(1))
    with pytest.raises(ValueError, match="loss gave"):
        xai.FeatureAblation(loss=lambda scores: scores)(polynomial(), picture)
    with pytest.raises(ValueError, match="takes no layer"):
        xai.FeatureAblation()(polynomial(), picture, layer="conv")


def test_why_one_class_and_not_another(polynomial, picture):
    """The margin's drops are the difference of those of the two classes, whatever is covered."""
    for method in (xai.FeatureAblation(features="squares", size=3), xai.Occlusion(window=3, stride=2), xai.Rise()):
        ours = method(polynomial(), picture, xai.Margin(1, 3)).values
        one, other = (method(polynomial(), picture, xai.Logit(target)).values for target in (1, 3))
        np.testing.assert_allclose(ours, one - other, rtol=1e-4, atol=1e-4)
        assert np.abs(ours).max() > 0.1
