"""What networks have learnt of concepts: beside Captum with the same directions, and one framework beside the other."""

import captum.concept
import numpy as np
import pytest
import torch
from captum.attr import LayerGradientXActivation
from captum.concept._utils.classifier import Classifier
from torch import nn

import xai_widgets as xai
from tests.later import keras
from tests.parity.conftest import copy_weights

PICTURES = np.random.default_rng(11).uniform(size=(4, 9, 16, 12, 3)).astype(np.float32)


def in_both(pair):
    """Return the model, its pictures, and its layers of each framework."""
    first = np.ascontiguousarray(np.moveaxis(PICTURES, -1, 2))
    return [(pair.torch, first, list(pair.layers)), (pair.keras, PICTURES, list(pair.layers.values()))]


def tinted(pictures, axis):
    """Return pictures with more of their first channel."""
    shape = [1] * 4
    shape[axis] = 3
    return np.clip(pictures + np.array([0.4, 0, 0], np.float32).reshape(shape), 0, 1)


class Given(Classifier):
    """A classifier that has its normal already."""

    def __init__(self, normal):
        self.normal = torch.from_numpy(normal.reshape(1, -1))

    def train_and_eval(self, dataloader, **kwargs):
        return {}

    def weights(self):
        return torch.cat([self.normal, -self.normal])

    def classes(self):
        return [0, 1]


@pytest.mark.parametrize("classifier", ["difference", "logistic"])
def test_tcav_beside_captum(pair, agreement, tmp_path, classifier):
    model, pictures, layers = pair.torch, np.moveaxis(PICTURES, -1, 2), pair.layers
    plain, x = (np.ascontiguousarray(one) for one in pictures[:2])
    layer, painted = list(layers)[-1], tinted(plain, 1)
    concept = xai.Concept("red", painted, counterpart=plain)
    found = xai.TCAV(concept, layer, runs=2, classifier=classifier)(model, x, xai.Logit(2))
    network = pair.torch_net.eval()
    sets = [
        captum.concept.Concept(number, name, torch.utils.data.DataLoader(torch.from_numpy(one), 4))
        for number, (name, one) in enumerate([("red", painted), ("plain", plain)])
    ]
    theirs = captum.concept.TCAV(
        network,
        [layer],
        classifier=Given(found.direction),
        layer_attr_method=LayerGradientXActivation(network, None, multiply_by_inputs=False),
        save_path=str(tmp_path),
    ).interpret(torch.from_numpy(x), [sets], target=2)["0-1"][layer]
    agreement("tcav", "Captum", found.effect, theirs["magnitude"][0].item())
    assert found.sign_score == pytest.approx(theirs["sign_count"][0].item())


@pytest.mark.parametrize(
    "options", [{}, {"classifier": "ridge"}, {"classifier": "logistic"}, {"places": "mean"}], ids=str
)
def test_tcav_in_both_frameworks(pair, agreement, options):
    found = []
    for axis, (model, pictures, layers) in zip((1, 3), in_both(pair), strict=True):
        plain, x = pictures[:2]
        concept = xai.Concept("red", tinted(plain, axis), counterpart=plain[:7])
        found.append(xai.TCAV(concept, layers[-1], runs=5, **options)(model, x, xai.Margin(2, 0)))
    one, other = found
    agreement("tcav", "parity", one.sensitivities, other.sensitivities)
    agreement("tcav", "parity", one.random, other.random)
    agreement("tcav", "parity", one.draws, other.draws)
    assert one.p_value == other.p_value
    assert one.true_change == pytest.approx(other.true_change, rel=1e-3)


def test_steering_in_both_frameworks(pair, agreement):
    for number in range(len(pair.layers)):
        found = []
        for model, pictures, layers in in_both(pair):
            vector = np.random.default_rng(2).normal(size=model.layout_of(layers[number]).channels)
            found.append(model.with_direction(layers[number], vector, 1.5).scores(pictures[0]))
        agreement("steering", "parity", *found)


def telling():
    """Return a small network that answers with several classes, in both frameworks, and inputs for each."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4))
    twin = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(5, 3),
            keras.layers.Activation("tanh", name="tanh"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4),
        ]
    )
    random = np.random.default_rng(1)
    x = random.uniform(size=(48, 1, 1, 3)) * random.uniform(size=(48, 8, 8, 3))
    first = np.ascontiguousarray(np.moveaxis(x, -1, 1), np.float32)
    with torch.no_grad():
        network[4].bias -= network(torch.from_numpy(first)).mean(dim=0)
    for ours, theirs in ((network[0], twin.layers[0]), (network[4], twin.layers[3])):
        copy_weights(ours, theirs)
    return [
        (xai.wrap(network.eval(), input_shape=(3, 8, 8)), first, "1", 1),
        (xai.wrap(twin), x.astype(np.float32), "tanh", 3),
    ]


def test_concept_shares_in_both_frameworks(agreement):
    found = []
    for model, x, layer, axis in telling():
        red = xai.Concept("red", tinted(x, axis), counterpart=x)
        dark = xai.Concept("dark", x[:20] * 0.5, counterpart=x[20:])
        found.append(xai.ConceptShap([red, dark], draws=3)(model, x, layer))
    agreement("concept_shap", "parity", *[list(one.values.values()) for one in found])
    agreement("concept_shap", "parity", *[one.random for one in found])


@pytest.mark.parametrize("reading", ["enlarged", "placed"])
def test_found_concepts_in_both_frameworks(agreement, reading):
    options = {"coarse": 4, "fine": 9, "clusters": 3, "common": 0, "runs": 5, "reading": reading}
    one, other = (xai.ACE(**options)(model, x[:12], xai.Logit(1), layer=layer) for model, x, layer, _ in telling())
    np.testing.assert_array_equal(one.labels, other.labels)
    assert one.pieces == other.pieces
    agreement("ace", "parity", one.effects, other.effects)
    assert one.p_values.tolist() == other.p_values.tolist()
