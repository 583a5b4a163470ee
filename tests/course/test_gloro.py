"""Certificates against independent computations, and training the same in both frameworks."""

import dataclasses
import math

import numpy as np
import pytest

import xai_course
from xai_course import gloro
from xai_course.gloro import norms
from xai_course.gloro.configurations import CIFAR10, CONFIGURATIONS, stacked
from xai_course.gloro.schedules import learning_rate, robust_weight
from xai_course.networks.architecture import Architecture, Convolution, Dense, Flatten, MinMax
from xai_course.networks.weights import initial_weights

BACKENDS = ("torch", "keras")

SMALL = stacked("small", (8, 8, 2), [Convolution(4, 3), Convolution(6, 4, 2)], 10, 5)
LINEAR = Architecture("linear", (4, 4, 1), {"flatten": Flatten(), "dense1": Dense(3)})

CONVOLUTIONS = [
    ((8, 6, 2), Convolution(4, 4, 2)),
    ((7, 5, 3), Convolution(2, 3)),
    ((6, 6, 1), Convolution(5, 5)),
    ((9, 6, 2), Convolution(4, 3, 3)),
    ((12, 8, 2), Convolution(3, 6, 2)),
]


def random_weights(architecture, seed=0, scale=1.0):
    generator = np.random.default_rng(seed)
    return {
        name: (scale * generator.normal(0, 0.4, value.shape)).astype(np.float32)
        for name, value in initial_weights(architecture).items()
    }


def pushed_identity(backend, architecture, weights):
    """The matrix of a network of one layer, column by column: what it makes of each unit vector, less of nothing."""
    lab = xai_course.backend(backend)
    network = lab.build(architecture, weights)
    count = math.prod(architecture.input_shape)
    units = np.eye(count, dtype=np.float32).reshape(count, *architecture.input_shape)
    made = lab.predict(network, np.concatenate([units, 0 * units[:1]])).reshape(count + 1, -1)
    return (made[:-1] - made[-1]).T.astype(np.float64)


def shape_in(backend, architecture):
    return xai_course.backend(backend).layout(np.zeros(architecture.input_shape, np.float32)).shape


def array(tensor):
    return tensor.detach().numpy() if hasattr(tensor, "detach") else tensor.numpy()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("shape", "layer"), CONVOLUTIONS)
def test_norms_of_convolutions_are_those_of_their_matrices(backend, shape, layer):
    architecture = Architecture("one", shape, {"conv1": layer, "flatten": Flatten()})
    weights = random_weights(architecture)
    expected = np.linalg.svd(pushed_identity(backend, architecture, weights), compute_uv=False)
    matrix = norms.convolution_matrix(weights["conv1.weight"], shape, layer.stride)
    found = np.linalg.svd(matrix.toarray(), compute_uv=False)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert norms.spectral_norms(architecture, weights)["conv1"] == pytest.approx(expected[0], rel=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_norms_of_dense_layers_are_those_of_their_matrices(backend):
    expected = np.linalg.norm(pushed_identity(backend, LINEAR, random_weights(LINEAR)), 2)
    assert norms.spectral_norms(LINEAR, random_weights(LINEAR))["dense1"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("shape", "layer"), CONVOLUTIONS)
def test_the_fourier_bound_is_never_below_the_norm(shape, layer):
    generator = np.random.default_rng(1)
    for grow in (1, 2):
        larger = (shape[0] * grow, shape[1] * grow, shape[2])
        kernel = generator.normal(0, 1, (layer.channels, shape[2], layer.size, layer.size))
        exact = norms.largest_singular_value(norms.convolution_matrix(kernel, larger, layer.stride))
        bound = norms.fourier_bound(kernel, larger, layer.stride)
        assert exact <= bound * (1 + 1e-12)  # equal where windows do not overlap
        assert bound < 1.35 * exact


def test_the_ring_of_the_fourier_bound_is_larger_than_the_picture():
    """A difference of neighbours stretches alternating signs most, which do not fit on a ring of an odd size."""
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 1] = 1, -1, 0
    exact = norms.largest_singular_value(norms.convolution_matrix(kernel, (3, 3, 1), 1))
    assert exact == pytest.approx(2 * np.cos(np.pi / 7))
    assert exact <= norms.fourier_bound(kernel, (3, 3, 1), 1)


def test_the_fourier_bound_of_a_mean_is_one():
    """A kernel of positive numbers stretches a constant picture most; on a large one the border hardly matters."""
    kernel = np.full((1, 1, 3, 3), 1 / 9)
    assert norms.fourier_bound(kernel, (24, 24, 1), 1) == pytest.approx(1)
    assert norms.largest_singular_value(norms.convolution_matrix(kernel, (24, 24, 1), 1)) == pytest.approx(1, abs=0.02)


def test_large_layers_get_the_fourier_bound():
    weights = random_weights(SMALL)
    exact, bound = norms.spectral_norms(SMALL, weights), norms.spectral_norms(SMALL, weights, largest=100)
    assert exact["conv1"] < bound["conv1"] == norms.fourier_bound(weights["conv1.weight"], (8, 8, 2), 1)
    assert bound["conv2"] == exact["conv2"], "96 rows are few enough"
    assert bound["dense1"] == exact["dense1"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_bounds_agree_with_matrices_from_the_frameworks(backend):
    weights = random_weights(SMALL)
    shape, below = SMALL.input_shape, 1.0
    for (name, layer), after in zip(SMALL.layers.items(), SMALL.shapes().values(), strict=True):
        if isinstance(layer, Convolution | Dense) and name != "dense2":
            planes = shape if len(shape) == 3 else (1, 1, shape[0])
            parts = {name: layer, "flatten": Flatten()} if len(shape) == 3 else {"flatten": Flatten(), name: layer}
            one = Architecture("one", planes, parts)
            own = {key: value for key, value in weights.items() if key.startswith(f"{name}.")}
            below *= np.linalg.norm(pushed_identity(backend, one, own), 2)
        shape = after
    found = gloro.bounds_of(SMALL, weights)
    assert found.below == pytest.approx(below, rel=1e-5)
    rows = weights["dense2.weight"].astype(np.float64)
    for i in range(5):
        for j in range(5):
            assert found.pairs[i, j] == pytest.approx(below * np.linalg.norm(rows[i] - rows[j]), rel=1e-5)


def test_a_network_without_a_dense_end_has_no_certificate():
    architecture = Architecture("odd", (4, 4, 1), {"conv1": Convolution(2, 3), "flatten": Flatten()})
    with pytest.raises(ValueError, match=r"ends with flatten.*needs a dense layer"):
        gloro.bounds_of(architecture, initial_weights(architecture))


def test_radii_bottom_and_vra_follow_their_definitions():
    generator = np.random.default_rng(3)
    logits = generator.normal(0, 3, (40, 5)).astype(np.float32)
    labels = generator.integers(0, 5, 40)
    bounds = gloro.bounds_of(SMALL, random_weights(SMALL, scale=0.5))
    epsilon, correct_and_certified = 0.1, 0
    radii, bottoms = gloro.radii(logits, bounds), gloro.bottom(logits, bounds, epsilon)
    for n, f in enumerate(logits.astype(np.float64)):
        j = int(f.argmax())
        others = [i for i in range(5) if i != j]
        assert radii[n] == pytest.approx(min((f[j] - f[i]) / bounds.pairs[i, j] for i in others))
        assert bottoms[n] == pytest.approx(max(f[i] + epsilon * bounds.pairs[i, j] for i in others))
        assert (f[j] > bottoms[n]) == (radii[n] > epsilon)
        correct_and_certified += j == labels[n] and f[j] > bottoms[n]
    assert 0 < correct_and_certified < 40
    assert gloro.vra(logits, labels, bounds, epsilon) == pytest.approx(correct_and_certified / 40)


def test_two_classes_that_are_the_same_have_no_radius():
    bounds = gloro.Bounds({}, 1.0, np.array([[0.0, 0.0, 2.0], [0.0, 0.0, 2.0], [2.0, 2.0, 0.0]]))
    logits = np.array([[1, 1, 0], [2, 1, 0]], np.float32)
    np.testing.assert_allclose(gloro.radii(logits, bounds), [0, 1], err_msg="a tie, and a lead that cannot be lost")


def test_on_a_linear_network_the_radius_is_the_distance():
    weights = random_weights(LINEAR)
    lab = xai_course.backend("torch")
    network = lab.build(LINEAR, weights)
    x = np.random.default_rng(4).normal(0, 1, (20, 4, 4, 1)).astype(np.float32)
    logits = lab.predict(network, x)
    bounds = gloro.bounds_of(LINEAR, weights)
    w = weights["dense1.weight"]
    for n, radius in enumerate(gloro.radii(logits, bounds)):
        j = int(logits[n].argmax())
        i = min((i for i in range(3) if i != j), key=lambda i: (logits[n, j] - logits[n, i]) / bounds.pairs[i, j])
        way = radius * ((w[i] - w[j]) / np.linalg.norm(w[i] - w[j])).reshape(4, 4, 1)
        moved = np.stack([x[n] + k * way for k in (0.999, 1.001)]).astype(np.float32)
        inside, outside = lab.predict(network, moved).argmax(axis=1)
        assert (inside, outside) == (j, i)


@pytest.mark.parametrize("backend", BACKENDS)
class TestBoundLayers:
    def layers(self, backend, seed=0):
        network = xai_course.backend(backend).build(SMALL, random_weights(SMALL))
        return gloro.backend(backend).BoundLayers(network, shape_in(backend, SMALL), seed)

    def test_power_iteration_comes_from_below_and_arrives(self, backend):
        exact = list(gloro.bounds_of(SMALL, random_weights(SMALL)).norms.values())
        layers, before = self.layers(backend), [0.0] * 3
        for _ in range(4):
            layers.iterate(1)
            now = layers.estimates()
            assert all(low < high <= top * (1 + 1e-6) for low, high, top in zip(before, now, exact, strict=True))
            before = now
        assert min(np.array(before) / exact) < 0.999
        layers.iterate(1000)
        np.testing.assert_allclose(layers.estimates(), exact, rtol=1e-4)
        expected = gloro.bounds_of(SMALL, random_weights(SMALL)).pairs
        np.testing.assert_allclose(array(layers.pairs()), expected, rtol=5e-4, atol=1e-4)

    def test_the_iterate_persists(self, backend):
        one, other = self.layers(backend), self.layers(backend)
        one.iterate(6)
        for _ in range(3):
            other.iterate(2)
        np.testing.assert_allclose(one.estimates(), other.estimates(), rtol=1e-6)

    def test_the_gradient_is_that_of_the_norm_with_the_direction_held(self, backend):
        """d |W u| / dW = v u' with v = W u / |W u|; converged, the singular vectors."""
        layers = self.layers(backend)
        layers.iterate(300)
        if backend == "torch":
            import torch

            (found,) = torch.autograd.grad(layers.norms()[2], layers._layers[2].weight)
            gradient = array(found)
        else:
            import tensorflow as tf

            with tf.GradientTape() as tape:
                norm = layers.norms()[2]
            gradient = array(tape.gradient(norm, layers._layers[2].kernel)).T
            lab = xai_course.backend("keras")
            assert "dense1.weight" in lab.weights_of(lab.build(SMALL))
        weight = random_weights(SMALL)["dense1.weight"]
        if backend == "keras":  # Keras flattens a picture with the channels last
            weight = weight.reshape(10, 6, 4, 4).transpose(0, 2, 3, 1).reshape(10, -1)
        left, _, right = np.linalg.svd(weight.astype(np.float64))
        np.testing.assert_allclose(gradient, np.outer(left[:, 0], right[0]), atol=1e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_losses_follow_their_definitions(backend):
    generator = np.random.default_rng(5)
    f = generator.normal(0, 2, (7, 5)).astype(np.float32)
    labels = generator.integers(0, 5, 7)
    bounds = gloro.bounds_of(SMALL, random_weights(SMALL, scale=0.5))
    lab, training = xai_course.backend(backend), gloro.backend(backend)
    extra = training.bottom(lab.tensor(f), lab.tensor(bounds.pairs.astype(np.float32)), 0.2)
    np.testing.assert_allclose(array(extra), gloro.bottom(f, bounds, 0.2), rtol=1e-5)

    whole = np.concatenate([f, array(extra)[:, None]], axis=1).astype(np.float64)
    q = np.exp(whole) / np.exp(whole).sum(axis=1, keepdims=True)
    p = np.exp(f) / np.exp(f).sum(axis=1, keepdims=True)
    picked = np.arange(7), labels
    tensors = (lab.tensor(f), extra, lab.tensor(labels))
    assert float(training.cross_entropy_loss(*tensors)) == pytest.approx(-np.log(q[picked]).mean(), rel=1e-5)
    divergence = (p * np.log(p / q[:, :5])).sum(axis=1).mean()
    expected = -np.log(p[picked]).mean() + 1.5 * divergence
    assert float(training.kl_loss(*tensors, 1.5)) == pytest.approx(expected, rel=1e-5)


@pytest.fixture(scope="module")
def patterns():
    """Pictures of 8 x 8 in five classes, which differ in the row that is bright."""
    generator = np.random.default_rng(6)
    y = generator.integers(0, 5, 400)
    x = generator.uniform(0, 0.4, (400, 8, 8, 2)).astype(np.float32)
    x[np.arange(400), y + 1] += 0.5
    return x, y


RECIPE = gloro.Recipe(epsilon=0.3, epochs=12, batch=50, rate=5e-3)


def trained(backend, patterns, recipe):
    lab = xai_course.backend(backend)
    network = lab.build(SMALL, initial_weights(SMALL, 0, "orthogonal"))
    gloro.backend(backend).train(network, *patterns, recipe)
    return lab.weights_of(network), lab.predict(network, patterns[0])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("loss", ["kl", "cross-entropy"])
def test_robust_training_widens_the_radii(backend, loss, patterns):
    recipe = dataclasses.replace(RECIPE, loss=loss)
    radii = {}
    for name, each in (("robust", recipe), ("standard", dataclasses.replace(RECIPE, weight=0.0))):
        weights, logits = trained(backend, patterns, each)
        assert (logits.argmax(axis=1) == patterns[1]).mean() > 0.9
        radii[name] = np.median(gloro.radii(logits, gloro.bounds_of(SMALL, weights)))
    assert radii["robust"] > 1.25 * radii["standard"]


def test_the_frameworks_train_the_same_network(patterns):
    recipe = dataclasses.replace(RECIPE, epochs=1)
    one, other = (trained(backend, patterns, recipe)[0] for backend in BACKENDS)
    start = initial_weights(SMALL, 0, "orthogonal")
    moves = [np.concatenate([(w[name] - start[name]).ravel() for name in start]) for w in (one, other)]
    lengths = [np.linalg.norm(move) for move in moves]
    assert min(lengths) > 0.1
    assert moves[0] @ moves[1] / np.prod(lengths) > 0.9, "but for the iterates, which are drawn in another order"


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_are_slopes(backend):
    lab = xai_course.backend(backend)
    network = lab.build(SMALL, random_weights(SMALL))
    generator = np.random.default_rng(7)
    x = generator.uniform(0, 1, (3, 8, 8, 2)).astype(np.float32)
    labels = lab.predict(network, x).argmin(axis=1)
    way = generator.normal(0, 1, x.shape).astype(np.float32)

    def both(z):
        f = lab.predict(network, z)
        rows = np.arange(3)
        others = f.copy()
        others[rows, labels] = -np.inf
        return f.max(axis=1), others.max(axis=1) - f[rows, labels]

    gradients = gloro.backend(backend).Gradients(network)
    margins, of_margin = gradients.margin(x, labels)
    np.testing.assert_allclose(margins, both(x)[1], rtol=1e-5)
    step = 3e-4
    slopes = [(up - down) / (2 * step) for up, down in zip(both(x + step * way), both(x - step * way), strict=True)]
    for found, slope in zip((gradients.top(x), of_margin), slopes, strict=True):
        assert found.shape == x.shape
        np.testing.assert_allclose((found * way).sum(axis=(1, 2, 3)), slope, rtol=0.02, atol=0.1)


def test_schedules():
    assert [robust_weight(step, 5, 2.0) for step in range(5)] == [0, 0.5, 1, 1.5, 2]
    rates = [learning_rate(step, 9, 1e-2, 1e-6) for step in range(9)]
    assert rates[:4] == [1e-2] * 4
    np.testing.assert_allclose(np.diff(np.log10(rates[4:])), -1)
    assert rates[-1] == pytest.approx(1e-6)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configurations_are_networks_that_can_be_built_and_trained(name):
    configuration = CONFIGURATIONS[name]
    lab, training = xai_course.backend("torch"), gloro.backend("torch")
    network = lab.build(configuration.architecture, initial_weights(configuration.architecture, 0, "orthogonal"))
    x = np.random.default_rng(0).uniform(0, 1, (4, *configuration.architecture.input_shape)).astype(np.float32)
    before = lab.predict(network, x)
    training.train(network, x, np.arange(4), dataclasses.replace(configuration.recipe, epochs=1, batch=4))
    assert np.abs(lab.predict(network, x) - before).max() > 0
    assert before.shape == (4, 10)
    assert configuration.recipe.epsilon >= configuration.epsilon
    assert 0.5 < configuration.published_vra < 1


def test_the_certificate_of_a_cifar_network_is_sound():
    """Its first layers are too large to take apart; orthogonal kernels stretch a picture by at most their size."""
    weights = initial_weights(CIFAR10.architecture, 0, "orthogonal")
    bounds = gloro.bounds_of(CIFAR10.architecture, weights, largest=1100)
    assert list(bounds.norms) == [*(f"conv{n}" for n in range(1, 7)), "dense1"]
    assert all(0.99 < norm <= 4 for norm in bounds.norms.values())
    assert isinstance(CIFAR10.architecture.layers["minmax7"], MinMax)


@pytest.fixture(scope="module")
def measured():
    return xai_course.results("digits")


def test_the_recipe_is_the_one_that_the_validation_split_chose(measured):
    best = max(measured["choice"], key=lambda row: row["vra"])
    chosen = gloro.MNIST.recipe
    assert (best["epsilon"], best["loss"], best["weight"]) == (chosen.epsilon, chosen.loss, chosen.weight)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_results_hold_what_the_course_claims(measured, backend):
    rows = [row for row in measured["networks"] if row["backend"] == backend]
    for kind in gloro.KINDS:
        assert len({row["seed"] for row in rows if row["kind"] == kind}) >= 3
    robust = [row for row in rows if row["kind"] == "robust"]
    assert all(row["vra"] >= 0.955 and row["epochs"] <= 25 for row in robust)
    assert min(row["near"] for row in robust) > max(row["near"] for row in rows if row["kind"] == "MinMax")

    attacks = [row for row in measured["attacks"] if row["backend"] == backend]
    assert {(row["seed"], row["kind"]) for row in attacks} == {(row["seed"], row["kind"]) for row in rows}
    assert all(row["vra"] <= row["pgd_accuracy"] <= row["accuracy"] for row in attacks)
    assert all(row["certified_and_broken"] == 0 for row in attacks)
    on_robust = [row for row in attacks if row["kind"] == "robust"]
    assert all(row["steps"] == 100 and row["restarts"] == 5 and row["certified"] > 900 for row in on_robust)
    assert sum(row["pictures"] for row in on_robust if row["seed"] == 0) == 10_000, "the whole test set"


@pytest.mark.parametrize("kind", gloro.KINDS)
def test_the_shipped_networks_are_those_that_were_measured(measured, kind):
    (row,) = (row for row in measured["networks"] if (row["backend"], row["seed"], row["kind"]) == ("torch", 0, kind))
    found = gloro.bounds_of(gloro.KINDS[kind][0], gloro.shipped_weights(kind)).norms
    assert found == pytest.approx(row["norms"], abs=2e-4 if kind == "robust" else 5e-3)


def test_an_unknown_network_is_named():
    with pytest.raises(ValueError, match="no network 'gelu'; expected one of ReLU, MinMax, robust"):
        gloro.shipped_weights("gelu")


def test_on_the_stand_in_networks_are_trained_once(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_CACHE", str(tmp_path))
    quick = {kind: dataclasses.replace(recipe, epochs=1) for kind, recipe in gloro.shipped.STAND_IN.items()}
    monkeypatch.setattr(gloro.shipped, "STAND_IN", quick)
    digits = xai_course.load_digits()
    digits = dataclasses.replace(digits, x_train=digits.x_train[:200], y_train=digits.y_train[:200], is_stand_in=True)
    lab = xai_course.backend("torch")
    first = gloro.digit_networks(digits, "torch")
    assert list(first) == ["ReLU", "MinMax", "robust"]
    assert len(list(tmp_path.iterdir())) == 3

    def refuse(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr(gloro.backend("torch"), "train", refuse)
    again = gloro.digit_networks(digits, "torch")
    x = digits.x_test[:5]
    for kind, network in first.items():
        np.testing.assert_allclose(lab.predict(again[kind], x), lab.predict(network, x), atol=1e-6)


def test_on_mnist_networks_are_the_shipped_ones():
    digits = dataclasses.replace(xai_course.load_digits(), is_stand_in=False)
    lab = xai_course.backend("keras")
    for kind, network in gloro.digit_networks(digits, "keras").items():
        weights = gloro.shipped_weights(kind)
        for name, value in lab.weights_of(network).items():
            np.testing.assert_array_equal(value, weights[name])
