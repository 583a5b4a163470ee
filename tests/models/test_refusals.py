"""Refusals that say what is so: token ids, NaN at a baseline, checkpoints, models of other libraries."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import xai_widgets as xai
from xai_widgets.models.objective import Objective


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_points_between_token_ids():
    net = nn.Sequential(nn.Embedding(20, 4), nn.Flatten(), nn.Linear(20, 2))
    model = xai.wrap(net, input_shape=(5,))
    ids = np.array([1, 2, 3, 4, 5])
    between = np.full((1, 5), 1.5, np.float32)
    with pytest.raises(ValueError, match=r"points between inputs, but inputs are token ids.*layer='0'"):
        model.at("0").differentiate(between, Objective(np.eye(1, 2)))
    assert xai.Saliency()(model, ids).values.any()


def test_nan_at_a_baseline_does_not_blame_the_input():
    class Ratio(nn.Module):
        def forward(self, x):
            return torch.stack([x[:, 0] / x.sum(1), x[:, 1]], 1)

    with pytest.raises(ValueError, match="such as the baseline"):
        xai.IntegratedGradients(baseline="black")(xai.wrap(Ratio(), input_shape=(3,)), np.ones(3, np.float32))


class Checkpointed(nn.Module):
    def __init__(self, reentrant):
        super().__init__()
        self.first, self.head, self.reentrant = nn.Linear(4, 4), nn.Linear(4, 2), reentrant

    def forward(self, x):
        return self.head(checkpoint(self.first, x, use_reentrant=self.reentrant))


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
def test_reentrant_checkpoints_are_refused_with_what_to_do():
    x = np.ones(4, np.float32)
    with pytest.raises(TypeError, match="use_reentrant=False"):
        xai.Saliency()(xai.wrap(Checkpointed(True), input_shape=(4,)), x)
    assert xai.Saliency()(xai.wrap(Checkpointed(False), input_shape=(4,)), x).values.any()


class Fitted:
    """What a classifier of scikit-learn offers here."""

    weights = np.random.default_rng(0).normal(size=(3, 2))

    def predict(self, rows):
        return self.predict_proba(rows).argmax(axis=1)

    def predict_proba(self, rows):
        powers = np.exp(rows @ self.weights)
        return powers / powers.sum(axis=1, keepdims=True)


def test_models_of_other_libraries_are_refused_with_a_way_that_works():
    fitted, x = Fitted(), np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
    with pytest.raises(TypeError, match=r"has no gradients.*model\.predict_proba\(x\.detach\(\)\.numpy"):
        xai.wrap(fitted)
    model = xai.wrap(
        lambda x: torch.as_tensor(fitted.predict_proba(x.detach().numpy())),
        backend="torch",
        input_shape=(3,),
        bounds=None,
        outputs="probabilities",
    )
    np.testing.assert_allclose(model.probabilities(x), fitted.predict_proba(x), atol=1e-5)
    assert xai.Occlusion(window=1, stride=1, baseline="zero")(model, x).values.any()
    with pytest.raises(ValueError, match="not depend differentiably"):
        xai.Saliency()(model, x)
