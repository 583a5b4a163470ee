"""What networks have learnt: the same in PyTorch and in Keras with the same weights."""

import numpy as np
import pytest
from torch import nn

import xai_widgets as xai
from tests.later import keras

RANDOM = np.random.default_rng(11)
INPUTS = RANDOM.uniform(size=(12, 16, 12, 3)).astype(np.float32)
MASKS = {
    "left": np.arange(192).reshape(16, 12) % 12 < 5,
    "red": INPUTS[..., 0] > 0.7,
    "dark": INPUTS.mean(axis=-1) < 0.35,
}


@pytest.fixture
def both(pair):
    """The two models, each with its inputs, and a layer by both names."""
    layers = [(ours, theirs) for ours, theirs in pair.layers.items() if pair.torch.layout_of(ours).has_space]
    return (pair.torch, np.moveaxis(INPUTS, -1, 1)), (pair, INPUTS), layers


def test_units_lie_on_the_same_concepts_in_both_frameworks(both, agreement):
    (torch_model, first), (pair, last), layers = both
    for ours, theirs in layers:
        one = xai.NetworkDissection(MASKS, quantile=0.1)(torch_model, first, ours)
        other = xai.NetworkDissection(MASKS, quantile=0.1)(pair.keras, last, theirs)
        agreement("network_dissection", "parity", other.iou, one.iou)
        agreement("network_dissection", "parity", other.thresholds, one.thresholds)
        for unit in range(0, len(one.best), 3):
            found = other.formula(unit, leaves=2)
            agreement("formula", "parity", found.iou, one.formula(unit, leaves=2).iou)
            agreement("formula", "parity", other.optimum(unit), one.optimum(unit))


def test_classes_are_told_from_the_same_units_in_both_frameworks(both, agreement):
    """What single precision makes of the responses is all that differs: the errors of the fits are alike."""
    (torch_model, first), (pair, last), layers = both
    labels = np.arange(12) % 5
    names = [[pair[side] for pair in layers] for side in (0, 1)] if layers else [None, None]
    one = xai.RelevantFeatures(budget=1, layers=names[0], steps=20_000)(torch_model, first, labels)
    other = xai.RelevantFeatures(budget=1, layers=names[1], steps=20_000)(pair.keras, last, labels)
    assert [unit for _, unit in one.features] == [unit for _, unit in other.features]
    assert one.counts.tolist() == other.counts.tolist()
    agreement("relevant_features", "parity", other.weights, one.weights)


def test_without_the_units_that_matter_as_much_is_lost_in_both_frameworks(both, agreement):
    (torch_model, first), (pair, last), layers = both
    labels = torch_model.scores(first).argmax(axis=1)
    for ours, theirs in layers[-1:]:
        one = xai.UnitAblation(layer=ours, draws=2, steps=4)(torch_model, first, labels)
        other = xai.UnitAblation(layer=theirs, draws=2, steps=4)(pair.keras, last, labels)
        agreement("unit_ablation", "parity", other.relevance, one.relevance)
        agreement("unit_ablation", "parity", np.nan_to_num(other.curve), np.nan_to_num(one.curve))
        agreement("unit_ablation", "parity", other.random_accuracies[:, :, labels], one.random_accuracies[:, :, labels])


def test_interventions_and_what_to_ask_for_are_the_same_in_both_frameworks(both, agreement):
    (torch_model, first), (pair, last), layers = both
    for ours, theirs in layers:
        known = {0: np.linspace(0, 1, 12), 1: 0.5}
        one = xai.Intervention(ours, known)(torch_model, first)
        other = xai.Intervention(theirs, known)(pair.keras, last)
        agreement("intervention", "parity", other.scores, one.scores)
        agreement("intervention", "parity", other.values, one.values)


def test_the_next_concept_is_worth_the_same_in_both_frameworks(agreement):
    ours = nn.Sequential()
    for name, part in {"logits": nn.Linear(6, 4), "concepts": nn.Sigmoid(), "head": nn.Linear(4, 3)}.items():
        ours.add_module(name, part)
    inputs = keras.Input((6,))
    logits, head = keras.layers.Dense(4, name="logits"), keras.layers.Dense(3, name="head")
    theirs = keras.Model(inputs, head(keras.layers.Activation("sigmoid", name="concepts")(logits(inputs))))
    for one, other in ((logits, ours.logits), (head, ours.head)):
        one.set_weights([other.weight.detach().numpy().T, other.bias.detach().numpy()])
    told = {"bounds": None, "outputs": "logits", "input_shape": (6,), "units": {"concepts": ["a", "b", "c", "d"]}}
    x = RANDOM.normal(size=(5, 6)).astype(np.float32)
    for criterion in ("expected_change", "effect", "uncertainty"):
        asked = xai.NextConcept("concepts", groups={"ab": ["a", "b"], "d": ["d"]}, criterion=criterion)
        one, other = (asked(xai.wrap(each, **told), x, {"c": 1}) for each in (ours, theirs))
        agreement("next_concept", "parity", other.worth, one.worth)


@pytest.mark.parametrize("pool", ["maximum", "mean"])
def test_prototypes_are_worth_the_same_points_in_both_frameworks(pool, agreement):
    ours = nn.Sequential()
    pooling = nn.AdaptiveMaxPool2d(1) if pool == "maximum" else nn.AdaptiveAvgPool2d(1)
    parts = {"similar": nn.Conv2d(3, 5, 3), "pool": pooling, "flat": nn.Flatten(), "head": nn.Linear(5, 4)}
    for name, part in parts.items():
        ours.add_module(name, part)
    inputs = keras.Input((16, 12, 3))
    similar, head = keras.layers.Conv2D(5, 3, name="similar"), keras.layers.Dense(4, name="head")
    layer = keras.layers.GlobalMaxPooling2D if pool == "maximum" else keras.layers.GlobalAveragePooling2D
    theirs = keras.Model(inputs, head(layer()(similar(inputs))))
    similar.set_weights(
        [ours.similar.weight.detach().numpy().transpose(2, 3, 1, 0), ours.similar.bias.detach().numpy()]
    )
    head.set_weights([ours.head.weight.detach().numpy().T, ours.head.bias.detach().numpy()])
    first = np.moveaxis(INPUTS, -1, 1)
    one = xai.Prototypes("similar", first)(xai.wrap(ours, input_shape=first.shape[1:]), first)
    other = xai.Prototypes("similar", INPUTS)(xai.wrap(theirs), INPUTS)
    assert one.head.pooling == other.head.pooling == pool
    for target in range(4):
        agreement("prototypes", "parity", other.points(target), one.points(target))
    for unit in range(5):
        assert other.that(unit)[:2] == one.that(unit)[:2]
        assert [other.this(unit, row).window for row in range(3)] == [one.this(unit, row).window for row in range(3)]
