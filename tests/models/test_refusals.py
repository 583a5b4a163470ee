"""Refusals that say what is so: token ids, NaN at a baseline, checkpoints, models of other libraries."""

import keras
import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import xai_widgets as xai
from xai_widgets.attribution.method import METHODS
from xai_widgets.models.objective import Objective


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_points_between_token_ids():
    net = nn.Sequential(nn.Embedding(20, 4), nn.Flatten(), nn.Linear(20, 2))
    model = xai.wrap(net, input_shape=(5,))
    ids = np.array([1, 2, 3, 4, 5])
    between = np.full((1, 5), 1.5, np.float32)
    with pytest.raises(ValueError, match=r"nothing between two token ids; choose Saliency.*layer '0'"):
        model.at("0").differentiate(between, Objective(np.eye(1, 2)))
    assert xai.Saliency()(model, ids).values.any()


def torch_reader():
    class Mean(nn.Module):
        def forward(self, x):
            return x.mean(1)

    return xai.wrap(nn.Sequential(nn.Embedding(20, 4), nn.ReLU(), Mean(), nn.Linear(4, 2)), input_shape=(5,))


def keras_reader():
    keras.utils.set_random_seed(0)
    of = keras.layers
    layers = [of.Embedding(20, 4), of.ReLU(), of.GlobalAveragePooling1D(), of.Dense(2)]
    return xai.wrap(keras.Sequential([keras.Input((5,), dtype="int32"), *layers]))


READERS = (torch_reader, keras_reader)
IDS = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 9, 1]])
FOR_TEXTS = {
    "occlusion": {"window": 2, "stride": 1},
    "expected_gradients": {"baselines": IDS, "samples": 4},
    "deeplift_shap": {"baselines": IDS, "samples": 4},
    "lime": {"samples": 40},
    "rise": {"samples": 40},
}
"""What must be said of methods that texts have no default for."""

REFUSED = {
    "It changes the input bit by bit along a gradient, and there is nothing between two token ids; choose Saliency": (
        "meaningful_perturbation",
        "pertinent_negative",
        "pertinent_positive",
    ),
    "It runs the network between two inputs, and there is nothing between two token ids; choose Saliency": (
        "conductance",
        "internal_influence",
    ),
    "The boundary is searched for between inputs, and there is nothing between two token ids; choose Saliency": (
        "boundary_saliency",
        "boundary_integrated_gradients",
    ),
    "range of values, and token ids have no range; choose Saliency": ("smoothgrad", "smoothgrad_squared", "vargrad"),
    "laid over the input; found text (5,)": ("score_cam", "guided_grad_cam"),
}


@pytest.mark.parametrize("reader", READERS)
def test_every_method_explains_texts_or_says_before_as_after_why_not(reader):
    model = reader()
    reasons = {name: reason for reason, names in REFUSED.items() for name in names}
    for name, kind in METHODS.items():
        said = kind.refusal(model)
        if kind.family == "attention":
            assert "No weights of attention are seen" in said
            with pytest.raises(ValueError, match="No weights of attention are seen"):
                kind()(model, IDS)
        elif name in reasons:
            assert reasons[name] in said
            assert "bounds" not in said
            with pytest.raises(ValueError, match="token ids") as raised:
                kind()(model, IDS)
            assert said in str(raised.value)
        else:
            assert said is None, name
            assert kind(**FOR_TEXTS.get(name, {}))(model, IDS).values.any(), name


@pytest.mark.parametrize("reader", READERS)
def test_what_looks_between_token_ids_is_refused_as_such(reader):
    model = reader()
    through = xai.Channel(model.layers[0], 0)
    asked = [
        (lambda: xai.NeuronConductance(through=through)(model, IDS), "nothing between two token ids; choose"),
        (lambda: xai.Influence(distribution=xai.InputLine())(model, IDS), "nothing between two token ids; choose"),
        (lambda: xai.Influence(distribution=xai.Gaussian())(model, IDS), "token ids have no range; choose"),
        (lambda: xai.ProjectedGradientDescent(epsilon=0.1)(model, IDS), "moves inputs bit by bit"),
        (lambda: xai.NearestBoundary()(model, IDS), "moves inputs bit by bit"),
        (lambda: xai.ask(model, IDS).gradients(IDS), "gradient by the input, and there is nothing between"),
        (lambda: xai.ExpectedGradients()(model, IDS), r"no range to draw from; expected other texts, .* ids \(k, 5\)"),
        (lambda: xai.Infidelity()(xai.Saliency()(model, IDS)), "or contributions, as of IntegratedGradients"),
    ]
    for ask, reason in asked:
        with pytest.raises(ValueError, match=reason) as raised:
            ask()
        assert "bounds" not in str(raised.value)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("widget", [xai.explore, xai.grid, xai.paint, xai.attack])
def test_widgets_of_pictures_name_the_one_of_texts(reader, widget):
    for ids in (IDS, IDS[0], IDS.tolist()):
        with pytest.raises(ValueError, match=r"reads token ids.*Use tokens\(model, texts\)"):
            widget(reader(), ids)
    xai.tokens(reader(), IDS).close()


def test_widgets_name_it_before_the_length_of_a_text_is_known():
    model = xai.wrap(nn.Sequential(nn.Embedding(20, 4), nn.Flatten(), nn.Linear(20, 2)))
    with pytest.raises(ValueError, match=r"Use tokens\(model, texts\)"):
        xai.explore(model, IDS)


def test_nan_at_a_baseline_does_not_blame_the_input():
    class Ratio(nn.Module):
        def forward(self, x):
            return torch.stack([x[:, 0] / x.sum(1), x[:, 1]], 1)

    with pytest.raises(ValueError, match="such as the baseline"):
        xai.IntegratedGradients(baseline="black")(xai.wrap(Ratio(), input_shape=(3,)), np.ones(3, np.float32))


class Checkpointed(nn.Module):
    """Runs its convolution again in the backward pass; `reentrant` None is the same network without that."""

    def __init__(self, reentrant):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
        self.head, self.reentrant = nn.Linear(4, 2), reentrant

    def forward(self, x):
        first = self.first
        maps = first(x) if self.reentrant is None else checkpoint(first, x, use_reentrant=self.reentrant)
        return self.head(maps.mean((2, 3)))


PICTURE = np.random.default_rng(0).random((1, 6, 6), np.float32)


def checkpointed(reentrant):
    torch.manual_seed(0)
    return xai.wrap(Checkpointed(reentrant), input_shape=PICTURE.shape)


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpoints_are_refused_with_what_to_do_where_they_stand_in_the_way(reentrant):
    model, plain = checkpointed(reentrant), checkpointed(None)
    for name in ("saliency", "integrated_gradients", "guided_backpropagation", "occlusion"):
        method = METHODS[name](**({"window": 2, "stride": 1} if name == "occlusion" else {}))
        if reentrant and name != "occlusion":
            with pytest.raises(TypeError, match=r"reentrant.*Switch checkpointing off"):
                method(model, PICTURE)
        else:
            np.testing.assert_allclose(method(model, PICTURE).values, method(plain, PICTURE).values, atol=1e-6)
    for name, layer in (
        ("deeplift", None),
        ("relevance_propagation", None),
        ("grad_cam", "first.0"),
        ("latent_influence", "first.0"),
    ):
        # Older versions of PyTorch make a checkpoint of an operation of their own, which is what is named.
        with pytest.raises((ValueError, TypeError), match=r"checkpoint|_NoopSaveInputs.*IntegratedGradients"):
            METHODS[name]()(model, PICTURE, layer=layer)
        assert METHODS[name]()(plain, PICTURE, layer=layer).values.any()
    if not reentrant:  # After the last layer nothing is computed again.
        found = xai.GradCam()(model, PICTURE, layer="first.1").values
        np.testing.assert_allclose(found, xai.GradCam()(plain, PICTURE, layer="first.1").values, atol=1e-6)


@pytest.mark.filterwarnings("ignore")  # Of quantising, which is deprecated where it is done here.
def test_a_quantised_network_has_no_gradient_and_is_occluded():
    from torch.ao import quantization

    layers = [quantization.QuantStub(), nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)]
    net = nn.Sequential(*layers, quantization.DeQuantStub()).eval()
    net.qconfig = quantization.default_qconfig
    prepared = quantization.prepare(net)
    prepared(torch.rand(8, 1, 6, 6))
    quantised = quantization.convert(prepared)
    model = xai.wrap(quantised, input_shape=(1, 6, 6))
    with pytest.raises(ValueError, match=r"quantised, and no gradient passes.*such as Occlusion"):
        xai.Saliency()(model, PICTURE)
    found = xai.Occlusion(window=3, stride=3, baseline="black")(model, PICTURE, xai.Logit(0))
    covered = PICTURE.copy()
    covered[:, :3, :3] = 0
    with torch.no_grad():
        before, after = (quantised(torch.from_numpy(one[None]))[0, 0].item() for one in (PICTURE, covered))
    assert found.map[0, 0] == pytest.approx(before - after, abs=1e-6)


@pytest.mark.filterwarnings("ignore")  # Keras warns of its own way to quantise.
def test_a_quantised_layer_of_keras_is_called_one():
    keras.utils.set_random_seed(0)
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    net.quantize("int8")
    model = xai.wrap(net)
    for method in (xai.DeepLift(), xai.RelevancePropagation()):
        with pytest.raises(ValueError, match="does not cover Dense, which is quantised, in the layer"):
            method(model, np.ones(4, np.float32))


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
