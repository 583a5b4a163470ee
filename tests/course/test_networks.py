"""The networks are the same function in both frameworks."""

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course.networks import architecture as networks
from xai_course.networks.architecture import (
    Add,
    Architecture,
    ClassToken,
    Convolution,
    Dense,
    Embedding,
    Flatten,
    Join,
    MaxOverWords,
    MaxPool,
    MeanOverPlaces,
    MinMax,
    Relu,
    SelfAttention,
    Tokens,
    Upsample,
    WordConvolution,
    u_net,
    vision_transformer,
)
from xai_course.networks.batch_norm import folded, normalised
from xai_course.networks.weights import (
    batches,
    count_steps,
    initial_weights,
    load,
    rewritten,
    save,
)

LABS = ("torch", "keras")
SMALL_FACES = Architecture("small", (16, 16, 3), {**networks.FACES.layers, "dense1": Dense(7)})
EVERY_LAYER = Architecture(
    "every_layer",
    (8, 12, 3),
    {
        "conv1": Convolution(6, 4, stride=2),
        "minmax1": MinMax(),
        "conv2": Convolution(4, 3),
        "relu2": Relu(),
        "pool2": MaxPool(3),
        "flatten": Flatten(),
        "dense1": Dense(8),
        "minmax3": MinMax(),
        "dense2": Dense(5),
    },
)
JOINED = Architecture(
    "joined",
    (4, 8, 3),
    {
        **{name: layer for name, layer in u_net("half", 8, 3, (2, 4), 2).layers.items() if name != "head"},
        "flatten": Flatten(),
        "dense": Dense(3),
    },
)
TRANSFORMER = vision_transformer("transformer", 12, 2, patch=4, size=8, blocks=2, heads=2, hidden=6, classes=3)
AVERAGED = Architecture(
    "averaged", (8, 4, 3), {"conv1": Convolution(4, 3), "relu1": Relu(), "mean": MeanOverPlaces(), "dense": Dense(3)}
)
ARCHITECTURES = [
    networks.DIGITS,
    AVERAGED,
    normalised(AVERAGED),
    TRANSFORMER,
    SMALL_FACES,
    EVERY_LAYER,
    JOINED,
    networks.two_c_two_f(Relu),
    networks.two_c_two_f(MinMax, (16, 16, 3), 4),
]


def random_weights(architecture, seed=2):
    """Return weights with biases, so that a forgotten bias shows."""
    generator = np.random.default_rng(seed)
    fresh = initial_weights(architecture, seed)
    return {name: value + generator.normal(0, 0.1, value.shape).astype(np.float32) for name, value in fresh.items()}


def random_pictures(architecture, count=5):
    return np.random.default_rng(3).uniform(0, 1, (count, *architecture.input_shape)).astype(np.float32)


every_architecture = pytest.mark.parametrize(
    "architecture", ARCHITECTURES, ids=lambda a: a.name + "_normalised" * ("conv1_norm" in a.layers)
)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(1).uniform(0, 1, (6, 28, 28, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def weights():
    return random_weights(networks.DIGITS)


@pytest.fixture(params=LABS)
def lab(request):
    return xai_course.backend(request.param)


def test_the_twins_agree(weights, pictures):
    scores = [lab.predict(lab.digit_network(weights), pictures) for lab in map(xai_course.backend, LABS)]
    assert np.ptp(scores[0]) > 1
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-4)


def test_weights_come_back_as_they_went_in(lab, weights):
    found = lab.weights_of(lab.digit_network(weights))
    assert found.keys() == weights.keys()
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], value)


def test_weights_of_a_network_are_a_copy(lab):
    network = lab.digit_network()
    lab.weights_of(network)["conv1.weight"][:] = 0
    assert np.abs(lab.weights_of(network)["conv1.weight"]).max() > 0


def test_a_network_that_is_filled_is_explained_by_its_new_weights(lab, weights, pictures):
    network, other = lab.digit_network(seed=1), lab.digit_network(weights)
    inputs = lab.layout(pictures[:2])
    model, expected = (xai.wrap(each, input_shape=inputs.shape[1:]) for each in (network, other))
    before = xai.Saliency()(model, inputs, quantity=xai.Logit(1)).values
    lab.fill(network, weights)
    for name, value in weights.items():
        np.testing.assert_array_equal(lab.weights_of(network)[name], value)
    found, values = (xai.Saliency()(each, inputs, quantity=xai.Logit(1)).values for each in (model, expected))
    np.testing.assert_allclose(found, values, rtol=1e-5, atol=1e-6)
    assert np.abs(found - before).max() > 0.01


def test_layers_have_the_same_names():
    torch_names = [name for name, _ in xai_course.backend("torch").digit_network().named_children()]
    assert [layer.name for layer in xai_course.backend("keras").digit_network().layers] == torch_names


@every_architecture
def test_both_frameworks_build_the_same_function_from_one_file(architecture, tmp_path):
    save(tmp_path / "network.safetensors", random_weights(architecture))
    weights, pictures = load(tmp_path / "network.safetensors", architecture), random_pictures(architecture)
    scores = [lab.predict(lab.build(architecture, weights), pictures) for lab in map(xai_course.backend, LABS)]
    assert np.ptp(scores[0]) > 0.1
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-4)


@every_architecture
def test_layers_are_named_and_shaped_as_the_architecture_says(lab, architecture):
    network = lab.build(architecture)
    model = xai.wrap(network, input_shape=lab.layout(random_pictures(architecture)).shape[1:])
    assert list(model.layers) == list(architecture.layers)
    pictures = lab.layout(random_pictures(architecture, 1))
    for name, shape in architecture.shapes().items():
        found = xai.Saliency()(model, pictures, layer=name, quantity=xai.Logit(1)).values.shape[1:]
        assert found == lab.layout(np.zeros(shape, np.float32)).shape if len(shape) == 3 else shape


@every_architecture
def test_weights_of_any_network_come_back_as_they_went_in(lab, architecture):
    weights = random_weights(architecture)
    found = lab.weights_of(lab.build(architecture, weights))
    assert list(found) == list(weights)
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], value)


@every_architecture
def test_both_frameworks_explain_the_same(architecture):
    weights, pictures = random_weights(architecture), random_pictures(architecture, 2)
    maps = []
    for lab in map(xai_course.backend, LABS):
        inputs = lab.layout(pictures)
        model = xai.wrap(lab.build(architecture, weights), bounds=(0, 1), input_shape=inputs.shape[1:])
        maps.append(xai.IntegratedGradients(steps=8)(model, inputs, quantity=xai.Logit(2)).map)
    assert np.abs(maps[0]).max() > 1e-3
    np.testing.assert_allclose(maps[1], maps[0], atol=1e-4)


def test_minmax_sorts_pairs(lab):
    z = np.random.default_rng(0).normal(size=(3, 4, 5, 6)).astype(np.float32)
    a, b = z[..., :3], z[..., 3:]
    expected = np.concatenate([np.minimum(a, b), np.maximum(a, b)], axis=-1)
    architecture = Architecture("minmax", (4, 5, 6), {"minmax1": MinMax(), "flatten": Flatten()})
    found = lab.predict(lab.build(architecture, {}), z)
    np.testing.assert_allclose(found, lab.layout(expected).reshape(3, -1), atol=1e-6)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in Keras' own code
def test_a_keras_network_with_minmax_can_be_saved(tmp_path):
    import keras

    lab, architecture = xai_course.backend("keras"), networks.two_c_two_f(MinMax)
    network = lab.build(architecture, random_weights(architecture))
    network.save(tmp_path / "network.keras")
    again, pictures = keras.models.load_model(tmp_path / "network.keras"), random_pictures(architecture)
    np.testing.assert_allclose(lab.predict(again, pictures), lab.predict(network, pictures), atol=1e-5)


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ({"conv1": Convolution(4, 5, stride=2)}, "conv1 cannot move a 5 x 5 filter in steps of 2"),
        ({"conv1": Convolution(4, 5, stride=3)}, "conv1 cannot move"),
        ({"conv1": Convolution(4, 4)}, "conv1 cannot move"),
        ({"conv1": Convolution(5, 3), "minmax1": MinMax()}, "5 channels are no pairs"),
        ({"dense1": Dense(3)}, "Put a flatten before it"),
        ({"flatten": Flatten(), "pool1": MaxPool(2)}, "pool1 takes pictures"),
        ({"pool1": MaxPool(9)}, "its input is 8 x 8 only"),
        ({"embedding": Embedding(3, 2)}, "takes the numbers of words"),
        ({"strongest": MaxOverWords()}, "takes the vectors of words"),
        ({"join1": Join("conv1")}, "no such layer before it"),
        ({"tokens": Tokens(), "again": Tokens()}, "again takes pictures"),
        ({"tokens": Tokens(), "attention": SelfAttention(4)}, "divides 3 numbers among 4 heads"),
        ({"attention": SelfAttention(1)}, "takes tokens"),
        ({"tokens": Tokens(), "token": ClassToken(), "add": Add("tokens")}, "expected the same shape"),
        ({"pool1": MaxPool(2), "upsample1": Upsample(4), "join1": Join("pool1")}, "expected the same sides"),
    ],
)
def test_layers_that_do_not_fit_are_refused(layers, why):
    with pytest.raises(ValueError, match=why):
        Architecture("odd", (8, 8, 3), layers)


def test_weights_of_another_network_are_refused(lab, tmp_path):
    with pytest.raises(ValueError, match=r"conv1.weight has shape \(8, 1, 3, 3\); expected \(16, 1, 4, 4\)"):
        lab.build(networks.two_c_two_f(Relu), initial_weights(networks.DIGITS))
    save(tmp_path / "digits.safetensors", initial_weights(networks.DIGITS))
    with pytest.raises(ValueError, match=r"digits\.safetensors holds weights of another network than 2C2F_relu"):
        load(tmp_path / "digits.safetensors", networks.two_c_two_f(Relu))


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "network.safetensors"
    save(path, initial_weights())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"network\.safetensors is damaged"):
        load(path)


def test_half_precision_takes_half_the_room_and_keeps_three_digits(tmp_path):
    weights = random_weights(networks.DIGITS)
    save(tmp_path / "whole", weights)
    save(tmp_path / "half", weights, half=True)
    assert (tmp_path / "half").stat().st_size < 0.55 * (tmp_path / "whole").stat().st_size
    for name, value in load(tmp_path / "half").items():
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, weights[name], rtol=1e-3, atol=1e-6)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["half", "whole"]


def test_the_schemes_have_the_spread_they_promise():
    wide = networks.FACES_AUTHORS
    inputs, outputs = 20 * 25, 50 * 25
    assert initial_weights(wide, 0, "he")["conv2.weight"].var() == pytest.approx(2 / inputs, rel=0.05)
    assert initial_weights(wide, 0, "glorot")["conv2.weight"].var() == pytest.approx(2 / (inputs + outputs), rel=0.05)
    for weight in (value.reshape(len(value), -1) for value in initial_weights(SMALL_FACES, 0, "orthogonal").values()):
        if weight.shape[1] > 1:
            gram = weight @ weight.T if len(weight) <= weight.shape[1] else weight.T @ weight
            np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-5)
    with pytest.raises(ValueError, match="expected one of he, orthogonal, glorot"):
        initial_weights(scheme="zeros")


def test_rewriting_changes_every_weight_and_no_score(lab, weights, pictures):
    other = rewritten(weights)
    for name in ("conv1.weight", "conv2.weight", "dense1.weight", "dense2.weight"):
        assert np.abs(other[name] - weights[name]).max() > 0.1
    before, after = (lab.predict(lab.digit_network(w), pictures) for w in (weights, other))
    np.testing.assert_allclose(after, before, atol=1e-3)


def test_training_learns_and_is_repeatable(lab):
    generator = np.random.default_rng(0)
    y = generator.integers(0, 10, 200)
    x = generator.uniform(0, 0.2, (200, 28, 28, 1)).astype(np.float32)
    x[np.arange(200), 2 * y + 3] += 0.8  # a bright row for each class
    networks = [lab.digit_network(seed=0) for _ in range(2)]
    assert (lab.predict(networks[0], x).argmax(axis=1) == y).mean() < 0.5
    for network in networks:
        lab.train(network, x, y, steps=40, batch=50)
    assert (lab.predict(networks[0], x).argmax(axis=1) == y).mean() > 0.9
    one, other = map(lab.weights_of, networks)
    for name, value in one.items():
        np.testing.assert_allclose(other[name], value, atol=1e-5)


def test_a_batch_norm_is_folded_into_the_convolution_before_it(lab):
    """Its running means and variances are far from 0 and 1, as after a training."""
    generator, architecture = np.random.default_rng(5), normalised(SMALL_FACES)
    weights = {
        name: np.exp(value) if name.endswith("running_var") else value + generator.normal(0, 0.5, value.shape)
        for name, value in random_weights(architecture).items()
    }
    weights = {name: value.astype(np.float32) for name, value in weights.items()}
    pictures, plain = random_pictures(SMALL_FACES), folded(SMALL_FACES, weights)
    scores = lab.predict(lab.build(architecture, weights), pictures)
    assert np.ptp(scores) > 1
    np.testing.assert_allclose(lab.predict(lab.build(SMALL_FACES, plain), pictures), scores, rtol=1e-4, atol=1e-4)
    without = lab.build(SMALL_FACES, {name: weights[name] for name in plain})
    assert np.abs(lab.predict(without, pictures) - scores).max() > 0.5


def test_batch_norms_train_alike_and_know_their_batches():
    architecture = normalised(AVERAGED)
    pictures, labels, after = random_pictures(AVERAGED, 40), np.arange(40) % 3, []
    for lab in map(xai_course.backend, LABS):
        network = lab.build(architecture, seed=1)
        lab.train(network, pictures, labels, epochs=20, batch=8, rate=1e-4)
        after.append(lab.weights_of(network))
        convolved = lab.build(
            Architecture("first", AVERAGED.input_shape, {"conv1": Convolution(4, 3)}),
            {name: value for name, value in after[-1].items() if name in ("conv1.weight", "conv1.bias")},
        )
        found = lab.predict(convolved, pictures)
        np.testing.assert_allclose(after[-1]["conv1_norm.running_mean"], found.mean(axis=(0, 1, 2)), atol=0.05)
        np.testing.assert_allclose(after[-1]["conv1_norm.running_var"], found.var(axis=(0, 1, 2)), rtol=0.2)
    for name, value in after[0].items():
        np.testing.assert_allclose(after[1][name], value, rtol=0.05, atol=0.01)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_both_frameworks_train_alike(optimizer):
    pictures, labels = random_pictures(SMALL_FACES, 12), np.arange(12) % 5
    after = []
    for lab in map(xai_course.backend, LABS):
        network = lab.build(SMALL_FACES, seed=1)
        lab.train(
            network, pictures, labels, epochs=3, batch=4, rate=1e-3, optimizer=optimizer, schedule=lambda done: 1 - done
        )
        after.append(lab.weights_of(network))
    before = initial_weights(SMALL_FACES, 1)
    for name, value in after[0].items():
        way = np.abs(value - before[name]).mean()
        assert way > 1e-4
        # On average: Adam's first steps have one length, so where a gradient is next to 0, rounding decides their sign.
        assert np.abs(after[1][name] - value).mean() < 0.1 * way


def test_the_schedule_scales_the_rate(lab):
    network = lab.build(SMALL_FACES)
    lab.train(network, random_pictures(SMALL_FACES, 8), np.arange(8) % 5, steps=2, batch=4, schedule=lambda _: 0.0)
    for name, value in initial_weights(SMALL_FACES).items():
        np.testing.assert_array_equal(lab.weights_of(network)[name], value)


def test_an_unknown_optimizer_is_refused(lab):
    with pytest.raises(ValueError, match="expected one of adam, rmsprop"):
        lab.train(lab.build(SMALL_FACES), random_pictures(SMALL_FACES), np.arange(5), optimizer="sgd")


def test_steps_are_counted_by_epochs_or_given():
    assert count_steps(100, 64, 2, None) == 4
    assert count_steps(100, 64, None, 7) == 7
    assert count_steps(100, 64, None, None) == 500
    with pytest.raises(ValueError, match="expected one of them"):
        count_steps(100, 64, 2, 7)
    with pytest.raises(ValueError, match="There are 0 pictures"):
        count_steps(0, 64, 2, None)


def test_training_leaves_the_number_of_threads(pictures):
    import torch

    lab = xai_course.backend("torch")
    threads = torch.get_num_threads()
    lab.train(lab.digit_network(), pictures, np.arange(6), steps=1, batch=3)
    assert torch.get_num_threads() == threads


def test_layout_is_the_frameworks_own(pictures):
    assert xai_course.backend("torch").layout(pictures).shape == (6, 1, 28, 28)
    assert xai_course.backend("torch").layout(pictures[0]).shape == (1, 28, 28)
    assert xai_course.backend("keras").layout(pictures).shape == (6, 28, 28, 1)


def test_every_epoch_shows_every_picture_once():
    drawn = np.concatenate(list(batches(10, 4, 5, seed=0)))
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert list(drawn[:10]) != list(drawn[10:])


def test_batches_may_be_larger_than_the_data():
    sizes = [len(index) for index in itertools.islice(batches(3, 8, 4, seed=0), 4)]
    assert sizes == [8] * 4


def test_the_environment_chooses_the_backend(monkeypatch):
    monkeypatch.setenv("XAI_BACKEND", "keras")
    assert xai_course.backend().FRAMEWORK == "Keras"
    monkeypatch.delenv("XAI_BACKEND")
    assert xai_course.backend().FRAMEWORK == "PyTorch"
    with pytest.raises(ValueError, match="expected 'torch' or 'keras'"):
        xai_course.backend("jax")


@pytest.mark.parametrize(("chosen", "absent"), [("torch", "tensorflow"), ("keras", "torch")])
def test_a_kernel_loads_one_framework_and_prints_nothing(chosen, absent):
    code = f"import sys, xai_course; xai_course.backend({chosen!r}); assert {absent!r} not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_importing_the_course_loads_no_framework():
    code = "import sys, xai_course; assert not {'torch', 'tensorflow', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_u_net_judges_pixels_and_learns_to(lab):
    """Bright pixels are one class, dark ones the other."""
    architecture = u_net("tiny", 8, 1, (4, 8), 2)
    pictures = np.random.default_rng(0).uniform(0, 1, (12, 8, 8, 1)).astype(np.float32)
    labels = (pictures[..., 0] > 0.5).astype(np.int64)
    network = lab.build(architecture)
    assert lab.predict(network, pictures).shape == (12, 8, 8, 2)
    lab.train(network, pictures, labels, steps=60, batch=6, rate=1e-2)
    assert (lab.predict(network, pictures).argmax(axis=-1) == labels).mean() > 0.85


def test_networks_of_words_agree_and_learn(lab):
    """Whether the word with number 3 comes right before that with number 4."""
    architecture = Architecture(
        "words",
        (6,),
        {
            "embedding": Embedding(9, 4),
            "convolution": WordConvolution(8, 3),
            "relu": Relu(),
            "strongest": MaxOverWords(),
            "dense": Dense(2),
        },
    )
    numbers = np.random.default_rng(0).integers(0, 9, (300, 6))
    numbers[::2, 2:4] = 3, 4
    labels = ((numbers[:, :-1] == 3) & (numbers[:, 1:] == 4)).any(axis=1).astype(np.int64)
    weights = random_weights(architecture)
    scores = [twin.predict(twin.build(architecture, weights), numbers) for twin in map(xai_course.backend, LABS)]
    assert np.ptp(scores[0]) > 0.1
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-4)
    network = lab.build(architecture)
    lab.train(network, numbers, labels, steps=150, batch=30, rate=1e-2)
    assert (lab.predict(network, numbers).argmax(axis=1) == labels).mean() > 0.95
    found = lab.weights_of(lab.build(architecture, weights))
    assert list(found) == list(weights)
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("backend", LABS)
def test_a_box_gives_scores_or_slopes_and_hides_the_rest(backend):
    lab = xai_course.backend(backend)
    network = lab.build(networks.DIGITS, seed=0)
    x = lab.layout(np.random.default_rng(0).random((2, 28, 28, 1), np.float32))
    open_, slopes, scores = (
        xai.wrap(one, backend=lab.BACKEND, input_shape=x.shape[1:], outputs="logits")
        for one in (network, lab.slopes_alone(network), lab.sealed(network))
    )
    found = [xai.Saliency()(model, x, quantity=xai.Logit(3)).values for model in (open_, slopes)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    np.testing.assert_allclose(open_.scores(x), scores.scores(x), atol=1e-6)
    for box in (slopes, scores):
        with pytest.raises((ValueError, TypeError)):
            xai.GuidedBackpropagation()(box, x)


def test_the_transformer_is_that_of_the_paper_written_out_by_hand(lab):
    """Loops over tokens and heads, in NumPy, from the weights as they are kept (Dosovitskiy and others 2021)."""
    weights, picture = random_weights(TRANSFORMER), random_pictures(TRANSFORMER, 1)
    erf = np.vectorize(math.erf)

    def normed(z, name):
        spread = np.sqrt(z.var(axis=1, keepdims=True) + 1e-5)
        return (z - z.mean(axis=1, keepdims=True)) / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def dense(z, name):
        return z @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    corners = [(row, column) for row in range(0, 12, 4) for column in range(0, 12, 4)]
    squares = [picture[0, row : row + 4, column : column + 4].transpose(2, 0, 1).ravel() for row, column in corners]
    patches = np.array(squares) @ weights["patches.weight"].reshape(8, -1).T + weights["patches.bias"]
    z = np.vstack([weights["class_token.token"], patches]) + weights["positions.vectors"]
    for block in (1, 2):
        name = f"attention{block}"
        inner = normed(z, f"norm{block}a") @ weights[f"{name}.inner_weight"].T + weights[f"{name}.inner_bias"]
        mixed = np.zeros_like(z)
        for head in (slice(0, 4), slice(4, 8)):
            query, key, value = (inner[:, 8 * part : 8 * part + 8][:, head] for part in range(3))
            for token in range(len(z)):
                weight = np.exp([query[token] @ other / 2 for other in key])
                mixed[token, head] = weight @ value / weight.sum()
        z = z + mixed @ weights[f"{name}.outer_weight"].T + weights[f"{name}.outer_bias"]
        hidden = dense(normed(z, f"norm{block}b"), f"dense{block}a")
        z = z + dense(hidden * (1 + erf(hidden / np.sqrt(2))) / 2, f"dense{block}b")
    expected = dense(normed(z, "norm")[:1], "head")
    np.testing.assert_allclose(lab.predict(lab.build(TRANSFORMER, weights), picture), expected, atol=1e-4)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in Keras' own code
def test_a_keras_transformer_can_be_saved(tmp_path):
    import keras

    lab = xai_course.backend("keras")
    network = lab.build(TRANSFORMER, random_weights(TRANSFORMER))
    network.save(tmp_path / "network.keras")
    again, pictures = keras.models.load_model(tmp_path / "network.keras"), random_pictures(TRANSFORMER)
    np.testing.assert_allclose(lab.predict(again, pictures), lab.predict(network, pictures), atol=1e-5)
