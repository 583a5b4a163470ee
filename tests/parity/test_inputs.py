"""Networks with other inputs and outputs than pictures and classes, in both frameworks and against Captum."""

from types import SimpleNamespace

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras

PLANE = (8, 10)


class SmallUNet(nn.Module):
    """Down, up and a skip connection by concatenation, as in a U-Net; `end` is its final activation."""

    def __init__(self, classes, end=None):
        super().__init__()
        self.down = nn.Conv2d(1, 4, 3, padding=1)
        self.inner = nn.Conv2d(4, 6, 3, padding=1)
        self.up = nn.Upsample(scale_factor=2)
        self.head = nn.Conv2d(10, classes, 1)
        self.end = end or nn.Identity()

    def forward(self, x):
        skip = torch.relu(self.down(x))
        x = self.up(torch.relu(self.inner(nn.functional.avg_pool2d(skip, 2))))
        return self.end(self.head(torch.cat([x, skip], dim=1)))


def small_unet(classes, end=None):
    """Return the same in Keras."""
    inputs = keras.Input((*PLANE, 1))
    skip = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="down")(inputs)
    x = keras.layers.AveragePooling2D(2)(skip)
    x = keras.layers.Conv2D(6, 3, padding="same", name="inner")(x)
    x = keras.layers.UpSampling2D()(keras.layers.ReLU()(x))
    x = keras.layers.Concatenate()([x, skip])
    return keras.Model(inputs, keras.layers.Conv2D(classes, 1, activation=end, name="head")(x))


def copy_convolution(module, layer):
    layer.set_weights([module.weight.detach().numpy().transpose(2, 3, 1, 0), module.bias.detach().numpy()])


@pytest.fixture(scope="module")
def segmentation():
    """A segmentation into three classes in both frameworks, one that ends in a softmax in Keras, and pictures."""
    torch.manual_seed(8)
    net, theirs, softmax = SmallUNet(3), small_unet(3), small_unet(3, "softmax")
    batch = np.random.default_rng(9).uniform(size=(2, 1, *PLANE)).astype(np.float32)
    with torch.no_grad():  # so that each class is the answer somewhere
        net.head.weight *= 5
        net.head.bias -= net(torch.tensor(batch)).mean(dim=(0, 2, 3))
    for name in ("down", "inner", "head"):
        copy_convolution(net.get_submodule(name), theirs.get_layer(name))
    softmax.set_weights(theirs.get_weights())
    return SimpleNamespace(
        net=net,
        torch=xai.wrap(net, classes=["nothing", "organ", "lesion"], input_shape=batch.shape[1:]),
        keras=xai.wrap(theirs, classes=["nothing", "organ", "lesion"]),
        softmax=xai.wrap(softmax),
        batch=batch,
        channels_last=np.moveaxis(batch, 1, -1),
    )


def test_a_segmentation_has_scores_at_each_place_in_both_frameworks(segmentation, agreement):
    found = segmentation.torch.scores(segmentation.batch)
    with torch.no_grad():
        assert np.allclose(found, segmentation.net(torch.tensor(segmentation.batch)), atol=1e-6)
    agreement("segment", "parity", np.moveaxis(segmentation.keras.scores(segmentation.channels_last), -1, 1), found)
    assert segmentation.torch.output_shape == (3, *PLANE)
    assert segmentation.keras.output_shape == segmentation.softmax.output_shape == (*PLANE, 3)
    assert segmentation.softmax.outputs == segmentation.torch.outputs == "logits"
    assert np.array_equal(segmentation.softmax.scores(segmentation.channels_last).argmax(-1), found.argmax(1))
    assert np.array_equal(segmentation.torch.segments(segmentation.batch), found.argmax(1))
    assert np.allclose(segmentation.torch.probabilities(segmentation.batch).sum(axis=1), 1, atol=1e-5)
    shares = segmentation.torch.shares(segmentation.batch)
    assert np.allclose(shares[0], [(found[0].argmax(0) == index).mean() for index in range(3)])


METHODS = [
    xai.Saliency(),
    xai.InputXGradient(),
    xai.IntegratedGradients(steps=8),
    xai.SmoothGrad(samples=3),
    xai.Occlusion(window=3, stride=2),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("target", [None, "organ", ["lesion", "organ"]], ids=str)
def test_segments_are_explained_alike(segmentation, method, target, agreement):
    quantity = xai.Segment(target)
    found = method(segmentation.torch, segmentation.batch, quantity=quantity)
    theirs = method(segmentation.keras, segmentation.channels_last, quantity=quantity)
    assert found.values.shape == segmentation.batch.shape
    agreement(f"segment {method.name}", "parity", np.moveaxis(theirs.values, -1, 1), found.values)
    assert np.allclose(found.score, theirs.score, rtol=1e-4)


def fixed_sum(net, mask, target):
    """Return the sum of a class's scores over a fixed mask (rows, H, W), as a function of the input for Captum."""
    return lambda x: (net(x)[:, target] * mask).sum(dim=(1, 2))


@pytest.mark.parametrize("target", [1, 2])
def test_the_segment_is_fixed_where_the_answer_is(segmentation, target, agreement):
    x = torch.tensor(segmentation.batch[:1])
    mask = segmentation.net(x).argmax(dim=1) == target
    found = xai.IntegratedGradients(steps=64)(segmentation.torch, segmentation.batch[0], quantity=xai.Segment(target))
    method = captum.attr.IntegratedGradients(fixed_sum(segmentation.net, mask, target))
    expected = method.attribute(x, n_steps=65, method="riemann_trapezoid") * 65 / 64  # its own step size, undone
    agreement("segment", "Captum", found.values, expected[0].detach())
    assert found.score == pytest.approx(fixed_sum(segmentation.net, mask, target)(x).item(), rel=1e-5)
    assert found.gap < 0.02


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_mask_says_where(segmentation, name, agreement):
    model = getattr(segmentation, name)
    x = segmentation.batch if name == "torch" else segmentation.channels_last
    masks = np.zeros((2, *PLANE), bool)
    masks[0, 2:5, 3:6], masks[1, 0, :2] = True, True
    inputs = torch.tensor(segmentation.batch, requires_grad=True)
    scores = segmentation.net(inputs)
    (expected,) = torch.autograd.grad((scores[:, 2] * torch.tensor(masks)).sum(), inputs)
    expected = expected.numpy() if name == "torch" else np.moveaxis(expected.numpy(), 1, -1)
    for quantity, rows in [(xai.Segment(2, masks), slice(None)), (xai.Segment("lesion", masks[0]), slice(0, 1))]:
        if name == "keras" and quantity.target == "lesion":
            quantity = xai.Segment(2, masks[0])
        result = xai.Saliency()(model, x[rows], quantity=quantity)
        agreement("segment", "autograd", result.values, expected[rows])
    one = xai.Saliency()(model, x[1:], quantity=xai.Segment(2, masks).rows(slice(1, 2)))
    assert np.allclose(one.values, expected[1:], atol=1e-6)
    largest = xai.Saliency()(model, x[:1], quantity=xai.Segment(mask=masks[0]))
    named = np.bincount(scores[0].argmax(0).ravel(), minlength=3)[1:].argmax() + 1
    named = xai.Saliency()(model, x[:1], quantity=xai.Segment(int(named), masks[0]))
    assert np.allclose(largest.values, named.values, atol=1e-6)


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_a_mask_of_one_channel_is_two_classes(framework):
    torch.manual_seed(1)
    if framework == "torch":
        model = xai.wrap(SmallUNet(1, nn.Sigmoid()), input_shape=(1, *PLANE))
    else:
        keras.utils.set_random_seed(1)
        model = xai.wrap(small_unet(1, "sigmoid"))
    x = np.random.default_rng(0).uniform(size=model.input_shape).astype(np.float32)
    assert model.outputs == "logits"
    assert model.output_count == 2
    scores = np.moveaxis(model.scores(x)[0], model.class_axis, 0)
    assert not scores[0].any()
    labels = model.segments(x)[0]
    assert np.array_equal(labels, scores[1] > 0)
    if labels.any():
        result = xai.IntegratedGradients(steps=4)(model, x)
        assert result.score == pytest.approx(scores[1][labels == 1].sum(), rel=1e-4)
    result = xai.Saliency()(model, x, quantity=xai.Segment(1, np.ones(PLANE, bool)))
    assert result.score == pytest.approx(scores[1].sum(), rel=1e-4, abs=1e-4)


def test_layers_and_streams_of_a_segmentation(segmentation):
    result = xai.IntegratedGradients(steps=4)(segmentation.torch, segmentation.batch, layer="inner")
    assert result.values.shape == (2, *segmentation.torch.at("inner").shape)
    theirs = xai.IntegratedGradients(steps=4)(segmentation.keras, segmentation.channels_last, layer="inner")
    assert np.allclose(np.moveaxis(theirs.values, -1, 1), result.values, atol=1e-4 * np.abs(result.values).max())
    assert sum(1 for _ in xai.SmoothGrad(samples=32).stream(segmentation.keras, segmentation.channels_last)) > 1


@pytest.mark.parametrize(
    ("quantity", "message"),
    [
        (xai.Logit(1), r"use Segment\(target\)"),
        (xai.Probability(), r"use Segment\(target\)"),
        (xai.Margin(1, 2), r"use Segment\(target\)"),
        (xai.Segment(1, np.ones((3, 3), bool)), r"mask has shape \(3, 3\); expected \(8, 10\)"),
    ],
    ids=str,
)
def test_what_is_no_segment(segmentation, quantity, message):
    with pytest.raises(ValueError, match=message):
        xai.Saliency()(segmentation.torch, segmentation.batch, quantity=quantity)


def test_a_segment_that_is_not_there(segmentation):
    torch.manual_seed(8)
    net = SmallUNet(3)
    with torch.no_grad():
        net.head.bias[0] = 100
    model = xai.wrap(net, input_shape=(1, *PLANE))
    for quantity in (None, xai.Segment(2)):
        with pytest.raises(ValueError, match="no segment to explain"):
            xai.Saliency()(model, segmentation.batch, quantity=quantity)
    with pytest.raises(ValueError, match="at least one that is true"):
        xai.Segment(1, np.zeros(PLANE, bool))
    with pytest.raises(ValueError, match="a class at each place"):
        xai.BoundarySaliency()(model, segmentation.batch[0])
    flat = xai.wrap(nn.Sequential(nn.Flatten(), nn.Linear(80, 3)), input_shape=(1, *PLANE))
    with pytest.raises(ValueError, match="Segment needs a network that answers at each place"):
        xai.Saliency()(flat, segmentation.batch, quantity=xai.Segment(1))


WORDS = ["<pad>", "<unk>", "a", "film", "good", "bad", "not", "very", "dull", ","]
SIZE, LENGTH = len(WORDS), 6


class Reader(nn.Module):
    """An embedding, the mean over the words that are there, and two layers."""

    def __init__(self):
        super().__init__()
        self.places = nn.Parameter(torch.randn(LENGTH, 4))
        self.embedding = nn.Embedding(SIZE, 4, padding_idx=0)
        self.hidden = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, ids):
        there = (ids != 0).float()[:, :, None]
        mean = (self.embedding(ids) * self.places.sigmoid() * there).sum(1) / there.sum(1).clamp(min=1)
        return self.head(torch.tanh(self.hidden(mean)))


class Recurrent(nn.Module):
    """An embedding and an LSTM, whose last state counts."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(SIZE, 4, padding_idx=0)
        self.lstm = nn.LSTM(4, 5, batch_first=True)
        self.head = nn.Linear(5, 3)

    def forward(self, ids):
        return self.head(self.lstm(self.embedding(ids))[1][0][-1])


class Pooled(nn.Module):
    """The mean over the words that are there, as Keras has it with mask_zero."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(SIZE, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, ids):
        there = (ids != 0).float()[:, :, None]
        return self.head((self.embedding(ids) * there).sum(1) / there.sum(1))


def keras_reader(kind, dtype="int32"):
    layers = keras.layers
    embedding = layers.Embedding(SIZE, 4, mask_zero=kind == "pooled", name="embedding")
    middle = layers.GlobalAveragePooling1D() if kind == "pooled" else layers.LSTM(5, name="lstm")
    return keras.Sequential([keras.Input((LENGTH,), dtype=dtype), embedding, middle, layers.Dense(3, name="head")])


def readers(kind):
    """Return the same network in both frameworks."""
    torch.manual_seed(2)
    net, theirs = (Pooled() if kind == "pooled" else Recurrent()), keras_reader(kind)
    theirs.get_layer("embedding").set_weights([net.embedding.weight.detach().numpy()])
    theirs.get_layer("head").set_weights([net.head.weight.detach().numpy().T, net.head.bias.detach().numpy()])
    if kind == "lstm":
        weights = {name: value.detach().numpy() for name, value in net.lstm.state_dict().items()}
        bias = weights["bias_ih_l0"] + weights["bias_hh_l0"]
        # Both keep the gates in the order input, forget, cell, output.
        theirs.get_layer("lstm").set_weights([weights["weight_ih_l0"].T, weights["weight_hh_l0"].T, bias])
    return net, theirs


IDS = np.array([[4, 3, 7, 5, 0, 0], [6, 8, 2, 3, 4, 9]])


@pytest.mark.parametrize("kind", ["pooled", "lstm"])
def test_token_ids_are_explained_at_the_embedding(kind, agreement):
    net, theirs = readers(kind)
    ours = xai.wrap(net, vocabulary=WORDS, input_shape=(LENGTH,))
    keras_model = xai.wrap(theirs)
    assert ours.embedding == keras_model.embedding == "embedding"
    agreement(f"tokens {kind}", "parity", keras_model.scores(IDS), ours.scores(IDS))
    for method in (xai.Saliency(), xai.InputXGradient(), xai.IntegratedGradients(steps=8)):
        found, other = (method(model, IDS, quantity=xai.Logit([2, 0])) for model in (ours, keras_model))
        assert found.question.cut.layer == "embedding"
        assert found.values.shape == (2, LENGTH, 4)
        assert found.map.shape == (2, LENGTH)
        agreement(f"tokens {method.name}", "parity", other.values, found.values)
    for method in (xai.Occlusion(window=1, stride=1), xai.FeatureAblation(), xai.ExactShapley()):
        if kind == "pooled" and method.name == "shapley_exact":  # the mean over no word is none
            with pytest.raises(ValueError, match="A text of padding alone"):
                method(ours, IDS)
            continue
        found, other = (method(model, IDS, quantity=xai.Logit([2, 0])) for model in (ours, keras_model))
        assert found.values.shape == found.map.shape == (2, LENGTH)
        agreement(f"tokens {method.name}", "parity", other.values, found.values)


def test_integrated_gradients_of_token_ids_are_captums(agreement):
    net, _ = readers("lstm")
    ids = torch.tensor(IDS)
    method = captum.attr.LayerIntegratedGradients(net, net.embedding)
    padding = torch.zeros_like(ids)
    expected = method.attribute(ids, padding, target=1, n_steps=17, method="riemann_trapezoid") * 17 / 16
    found = xai.IntegratedGradients(steps=16)(xai.wrap(net, input_shape=(LENGTH,)), IDS, quantity=xai.Logit(1))
    agreement("tokens integrated_gradients", "Captum", found.values, expected.detach())
    assert found.gap.max() < 0.05


def test_a_token_that_is_replaced_by_the_padding(agreement):
    torch.manual_seed(4)
    net = Reader()
    model = xai.wrap(net, vocabulary=WORDS, input_shape=(LENGTH,))
    expected = np.zeros((2, LENGTH))
    with torch.no_grad():
        here = net(torch.tensor(IDS))[:, 1]
        for place in range(LENGTH):
            without = IDS.copy()
            without[:, place] = 0
            expected[:, place] = here - net(torch.tensor(without))[:, 1]
    for method in (xai.Occlusion(window=1, stride=1), xai.Occlusion(window=1, stride=1, baseline="padding")):
        agreement("tokens occlusion", "definition", method(model, IDS, quantity=xai.Logit(1)).values, expected)
    agreement("tokens feature_ablation", "definition", xai.FeatureAblation()(model, IDS, xai.Logit(1)).values, expected)
    captums = captum.attr.FeatureAblation(net).attribute(torch.tensor(IDS), target=1, baselines=0)
    agreement("tokens feature_ablation", "Captum", xai.FeatureAblation()(model, IDS, xai.Logit(1)).values, captums)


def test_words_and_ids():
    torch.manual_seed(4)
    model = xai.wrap(Reader(), vocabulary=WORDS, input_shape=(LENGTH,))
    ids = model.ids("A very DULL film, sadly")
    assert ids.tolist() == [2, 7, 8, 3, 9, 1]
    assert model.words(ids) == ["a", "very", "dull", "film", ",", "<unk>"]
    assert model.ids(["good film", "bad"]).tolist() == [[4, 3, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0]]
    assert model.words(IDS)[0] == ["good", "film", "very", "bad"]
    assert np.allclose(model.scores("good film"), model.scores([4, 3, 0, 0, 0, 0]), atol=1e-6)
    assert xai.Saliency()(model, ["good film", "bad"]).map.shape == (2, LENGTH)
    assert "10 token ids, padding 0, embedding 'embedding'" in repr(model)
    plain = xai.wrap(Reader(), input_shape=(LENGTH,))
    few = xai.wrap(Reader(), vocabulary=WORDS[2:], input_shape=(LENGTH,))
    assert plain.words(IDS)[0] == ["#4", "#3", "#7", "#5"]
    for wrong, message in [
        (lambda: model.ids("a a a a a a a"), "7 words; expected at most 6"),
        (lambda: plain.ids("good"), "vocabulary="),
        (lambda: model.scores([1, 2, 3, 4, 5, 10]), "ids from 1 to 10; expected 0 to 9"),
        (lambda: model.scores([1.5, 2, 3, 4, 5, 6]), "fractions"),
        (lambda: xai.wrap(Reader(), vocabulary=WORDS, padding=12, input_shape=(LENGTH,)), "padding is 12"),
        (lambda: xai.wrap(Reader(), vocabulary=[*WORDS, "x"], input_shape=(LENGTH,)), "11 words.*10 rows"),
        (lambda: xai.wrap(Reader(), vocabulary=WORDS, bounds=(0, 9), input_shape=(LENGTH,)), "neither bounds"),
        (lambda: xai.IntegratedGradients(baseline="mean")(model, IDS), "expected 'padding'"),
        (lambda: xai.SmoothGrad()(model, IDS), "token ids have no range"),
        (lambda: xai.IntegratedGradients(baseline=11)(model, IDS), "expected 0 to 9"),
        (lambda: few.ids("fantastic"), "no word 'fantastic'"),
    ]:
        with pytest.raises(ValueError, match=message):
            wrong()
    for method in (xai.SmoothGrad, xai.BoundarySaliency, xai.Conductance, xai.InternalInfluence):
        assert method.refusal(model)
    assert xai.Saliency.refusal(model) is None


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_nested_networks_and_other_types_of_ids_in_keras(dtype, agreement):
    keras.utils.set_random_seed(5)
    inner = keras_reader("pooled", dtype)
    inputs = keras.Input((LENGTH,), dtype=dtype)
    model = xai.wrap(keras.Model(inputs, keras.layers.Dense(3)(inner(inputs))), vocabulary=WORDS)
    assert model.embedding == "embedding"
    assert model.words(IDS[0])[0] == "good"
    result = xai.IntegratedGradients(steps=256)(model, IDS)
    assert result.gap.max() < 1e-3


def test_embeddings_that_are_not_of_the_ids():
    class WithPlaces(Reader):
        def __init__(self):
            super().__init__()
            self.of_place = nn.Embedding(LENGTH, 4)

        def forward(self, ids):
            place = self.of_place(torch.arange(LENGTH).expand(len(ids), -1))
            return self.head(torch.tanh(self.hidden((self.embedding(ids) + place).mean(1))))

    assert xai.wrap(WithPlaces(), vocabulary=WORDS, input_shape=(LENGTH,)).embedding == "embedding"
    model = xai.wrap(nn.Sequential(nn.EmbeddingBag(SIZE, 3)), vocabulary=WORDS, input_shape=(LENGTH,))
    assert model.embedding is None
    with pytest.raises(ValueError, match=r"cannot be reached\. Choose a method that takes tokens away"):
        xai.Saliency()(model, IDS)
    assert xai.Occlusion(window=1, stride=1)(model, IDS).values.any()


def test_a_sigmoid_after_an_embedding_is_left_out():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Embedding(SIZE, 4), nn.Flatten(), nn.Linear(24, 1), nn.Sigmoid())
    assert xai.wrap(net, input_shape=(LENGTH,)).outputs == "logits"

    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = net[:3]

        def forward(self, ids):
            return torch.sigmoid(self.layers(ids))

    assert xai.wrap(Functional(), input_shape=(LENGTH,)).outputs == "probabilities"


def test_the_names_of_columns():
    net = nn.Linear(3, 2)
    model = xai.wrap(net, features=["age", "rooms", "location"], bounds=None, input_shape=(3,))
    assert model.features == ("age", "rooms", "location")
    with pytest.raises(ValueError, match="features has 2 names, but an input has shape \\(3,\\)"):
        xai.wrap(net, features=["age", "rooms"], input_shape=(3,))
    with pytest.raises(ValueError, match="'age' twice"):
        xai.wrap(net, features=["age", "age", "rooms"], input_shape=(3,))
    with pytest.raises(TypeError, match="one per column"):
        xai.wrap(net, features="age")


class TwoInputs(nn.Module):
    """A picture and a row of a table, put together before two layers."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)
        self.table = nn.Linear(5, 4)
        self.head = nn.Linear(8, 3)

    def forward(self, picture, row):
        seen = torch.relu(self.convolution(picture)).mean(dim=(2, 3))
        return self.head(torch.tanh(torch.cat([seen, self.table(row)], dim=1)))


def two_inputs():
    """Return the same in both frameworks."""
    torch.manual_seed(6)
    net = TwoInputs()
    picture, row = keras.Input((6, 7, 3), name="picture"), keras.Input((5,), name="row")
    seen = keras.layers.Conv2D(4, 3, activation="relu", name="convolution")(picture)
    seen = keras.layers.GlobalAveragePooling2D()(seen)
    both = keras.layers.Concatenate()([seen, keras.layers.Dense(4, name="table")(row)])
    theirs = keras.Model([picture, row], keras.layers.Dense(3, name="head")(keras.activations.tanh(both)))
    copy_convolution(net.convolution, theirs.get_layer("convolution"))
    for name in ("table", "head"):
        module = net.get_submodule(name)
        theirs.get_layer(name).set_weights([module.weight.detach().numpy().T, module.bias.detach().numpy()])
    return net, theirs


@pytest.fixture(scope="module")
def several():
    net, theirs = two_inputs()
    random = np.random.default_rng(3)
    picture, row = random.uniform(size=(2, 3, 6, 7)).astype("float32"), random.normal(size=(2, 5)).astype("float32")
    bounds, names = [(0, 1), None], ["picture", "row"]
    return SimpleNamespace(
        net=net,
        torch=xai.wrap(net, input_shape=[(3, 6, 7), (5,)], bounds=bounds, input_names=names),
        keras=xai.wrap(theirs, bounds=bounds),
        x=(picture, row),
        channels_last=(np.moveaxis(picture, 1, -1), row),
    )


SEVERAL = [
    xai.Saliency(),
    xai.InputXGradient(),
    xai.IntegratedGradients(steps=8, baseline=["black", 0]),
    xai.SmoothGrad(samples=3),
    xai.FeatureAblation(baseline=["black", 0]),
    xai.ExactShapley(baseline=["black", 0]),
    xai.ShapleySampling(samples=4, baseline=0),
]


@pytest.mark.parametrize("method", SEVERAL, ids=lambda method: method.name)
def test_several_inputs_are_explained_alike(several, method, agreement):
    found = method(several.torch, several.x, quantity=xai.Logit([1, 2]))
    theirs = method(several.keras, several.channels_last, quantity=xai.Logit([1, 2]))
    assert [values.shape for values in found.values] == [(2, 3, 6, 7), (2, 5)]
    agreement(f"several {method.name}", "parity", np.moveaxis(theirs.values[0], -1, 1), found.values[0])
    agreement(f"several {method.name}", "parity", theirs.values[1], found.values[1])
    assert [plane.shape for plane in found.map] == [(2, 6, 7), (2, 5)]
    assert b"PNG" in found._repr_png_()[:8]


def test_integrated_gradients_of_several_inputs_are_captums(several, agreement):
    tensors = tuple(torch.tensor(one) for one in several.x)
    method = captum.attr.IntegratedGradients(several.net)
    expected = method.attribute(tensors, target=1, n_steps=33, method="riemann_trapezoid")
    ours = xai.IntegratedGradients(steps=32, baseline=0)(several.torch, several.x, quantity=xai.Logit(1))
    for values, other in zip(ours.values, expected, strict=True):
        agreement("several integrated_gradients", "Captum", values, other.detach() * 33 / 32)
    baseline = {"picture": several.x[0][1], "row": 0.5}
    other = method.attribute(
        tensors,
        (torch.tensor(several.x[0][1:]).expand(2, -1, -1, -1), torch.full((2, 5), 0.5)),
        target=1,
        n_steps=33,
        method="riemann_trapezoid",
    )
    ours = xai.IntegratedGradients(steps=32, baseline=baseline)(several.torch, several.x, quantity=xai.Logit(1))
    for values, expected in zip(ours.values, other, strict=True):
        agreement("several integrated_gradients", "Captum", values, expected.detach() * 33 / 32)


def test_who_counts_picture_or_table(several, agreement):
    picture, row = (torch.tensor(one[:1]) for one in several.x)
    with torch.no_grad():
        nothing = (torch.zeros_like(picture), torch.zeros_like(row))
        values = {
            (a, b): float(several.net(picture if a else nothing[0], row if b else nothing[1])[0, 1])
            for a in (0, 1)
            for b in (0, 1)
        }
    one = {"picture": several.x[0][0], "row": several.x[1][0]}
    ablated = xai.FeatureAblation(baseline=0)(several.torch, one, quantity=xai.Logit(1))
    assert set(ablated.values) == set(ablated.map) == {"picture", "row"}
    agreement("several feature_ablation", "definition", ablated.values["row"], np.full(5, values[1, 1] - values[1, 0]))
    shapley = xai.ExactShapley(baseline=0)(several.torch, one, quantity=xai.Logit(1))
    expected = (values[1, 0] - values[0, 0] + values[1, 1] - values[0, 1]) / 2
    agreement("several shapley_exact", "definition", shapley.values["picture"], np.full((3, 6, 7), expected))
    gradients = xai.IntegratedGradients(steps=200, baseline=0)(several.torch, one, quantity=xai.Logit(1))
    assert sum(gradients.parts.values()) == pytest.approx(values[1, 1] - values[0, 0], abs=1e-4)
    layer = xai.IntegratedGradients(steps=4, baseline=0)(several.torch, one, quantity=xai.Logit(1), layer="table")
    assert layer.values.shape == (4,)


def test_what_does_not_fit_several_inputs(several):
    picture, row = several.x
    for wrong, message in [
        (lambda: several.torch.scores((picture,)), "found 1 of them; expected one for each input"),
        (lambda: several.torch.scores({"picture": picture}), "expected .*'row'"),
        (lambda: several.torch.scores((picture, row[:1])), "the same size"),
        (lambda: several.torch.scores((picture, row[0])), "the same for all"),
        (lambda: several.torch.scores((picture[:, 0], row)), "'picture' has shape"),
        (lambda: xai.IntegratedGradients()(several.torch, several.x), "'row' is 'black', but it has no bounds"),
        (lambda: xai.Occlusion()(several.torch, several.x), "several"),
        (lambda: xai.RelevancePropagation()(several.torch, several.x), "several"),
        (lambda: xai.wrap(several.net, input_shape=[(3, 6, 7), (5,)], bounds=[(0, 1)]), "1 entries for 2 inputs"),
        (lambda: xai.wrap(several.net, input_shape=[(3, 6, 7), (5,)], input_names=["a", "a"]), "different names"),
    ]:
        with pytest.raises(ValueError, match=message):
            wrong()
    without = xai.wrap(several.net, input_shape=[(3, 6, 7), (5,)], bounds=None)
    assert xai.SmoothGrad.refusal(without)
    assert xai.SmoothGrad.refusal(several.torch) is None
    noisy = xai.SmoothGrad(samples=2)(several.torch, several.x, quantity=xai.Logit(1))
    assert noisy.values[1].any()
    with pytest.warns(UserWarning, match="'picture' has values"):
        several.torch.scores((picture + 3, row))
    assert "2 inputs" in repr(several.torch)
