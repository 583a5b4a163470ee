"""Modified backpropagation through Keras networks: against definitions in NumPy on matrices, one input at a time."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from scipy import special

from tests.models.test_tensorflow_model import Subclassed, everything
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Objective
from xai_widgets.models.rules import STABILISER, Epsilon, Flat, Gamma, Rectified, Relevance, Rescaled, ZPlus
from xai_widgets.models.wrap import wrap

SHAPE = (5, 4, 2)
GUIDED, DECONVOLUTION = Rectified("guided"), Rectified("deconvolution")
RELEVANCES = [Epsilon(0.1), Gamma(2), ZPlus(), Flat()]


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(size=(1, *SHAPE)).astype(np.float32)


def trained(network):
    """Give every weight, bias and statistic a value that is not the initial one."""
    random = np.random.default_rng(2)
    for layer in network._flatten_layers(include_self=False):
        if layer._layers:
            continue
        weights = [random.normal(0, 0.6, w.shape).astype(np.float32) for w in layer.get_weights()]
        if isinstance(layer, layers.BatchNormalization):
            weights[-1] = np.abs(weights[-1]) + 0.2
        layer.set_weights(weights)
    return network


def sequential(*parts):
    return trained(keras.Sequential([keras.Input(SHAPE), *parts]))


def functional(build, shape=SHAPE):
    inputs = keras.Input(shape)
    return trained(keras.Model(inputs, build(inputs)))


def score(index=1, count=3):
    return Objective(np.eye(count, dtype=np.float32)[index : index + 1])


def back(network, x, rules, layer=None, reference=None, objective=None):
    """What flows back to a place of the network."""
    model = wrap(network, bounds=None)
    reference = np.zeros_like(x) if reference is None and isinstance(rules, Rescaled) else reference
    return model.at(layer).propagate(x, objective or score(), rules, reference).gradients


def both(rule):
    return Relevance(rule, rule)


# The definitions. A network is a list of stages: functions of one input, which are linear or are known by name.


def linear(function, rule=None):
    return "linear", function, rule


def relu(*, limit=np.inf):
    return "relu", lambda z: np.clip(z, 0, limit), None


def softplus():
    return "relu", lambda z: np.log1p(np.exp(z)), None


def pool(size=2):
    def function(z):
        height, width, channels = z.shape
        z = z[: height // size * size, : width // size * size]
        return z.reshape(height // size, size, width // size, size, channels).max(axis=(1, 3))

    return "largest", function, size


def of(layer):
    """The function of one input that a layer of Keras is."""
    return lambda z: layer(z[None].astype(np.float32), training=False).numpy()[0].astype(np.float64)


def plain(layer):
    """A layer without its activation, with weights of its own."""
    twin = type(layer).from_config({**layer.get_config(), "activation": "linear"})
    twin.build((None, *layer.input.shape[1:]))
    twin.set_weights(layer.get_weights())
    return of(twin)


def matrix(function, x):
    """The weights (inputs, outputs) and the bias (outputs,) of a linear function."""
    bias = function(np.zeros_like(x)).ravel()
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.stack([function(unit).ravel() - bias for unit in units]), bias


def winners(x, size):
    """For each output of a pool the place of the largest, as weights (inputs, outputs)."""
    _, function, _ = pool(size)
    height, width, channels = function(x).shape
    found = np.zeros((*x.shape, height, width, channels))
    for row, column, channel in np.ndindex(height, width, channels):
        window = x[row * size : row * size + size, column * size : column * size + size, channel]
        down, right = np.unravel_index(window.argmax(), window.shape)
        found[row * size + down, column * size + right, channel, row, column, channel] = 1
    return found.reshape(x.size, -1)


def share(rule, x, weights, bias, flow):
    """Relevance by the definition of a rule: the part of each product of an input and a weight."""
    products = x.ravel()[:, None] * weights
    z = products.sum(axis=0) + bias
    sign = np.where(z >= 0, 1, -1)
    epsilon = STABILISER
    if isinstance(rule, Epsilon):
        parts, total, epsilon = products, z, rule.epsilon
    elif isinstance(rule, Gamma):
        factor = np.where(products * sign > 0, 1 + rule.gamma, 1)
        parts = products * factor * (z != 0)
        total = parts.sum(axis=0) + bias * np.where(bias * sign > 0, 1 + rule.gamma, 1)
    elif isinstance(rule, ZPlus):
        parts = np.maximum(products, 0)
        total = parts.sum(axis=0)
    else:
        parts, epsilon = (np.abs(weights) > 1e-7).astype(float), 0
        total = parts.sum(axis=0)
    return (parts / (total + epsilon * np.where(total >= 0, 1, -1))) @ flow


def defined(stages, x, rules, index=1, reference=None):
    """What flows back through the stages, by definition."""
    reached, compared = [np.float64(x)], [np.zeros(x.shape) if reference is None else np.float64(reference)]
    for _, function, _ in stages:
        reached.append(function(reached[-1]))
        compared.append(function(compared[-1]))
    flow = np.zeros(reached[-1].size)
    flow[index] = reached[-1].ravel()[index] if isinstance(rules, Relevance) else 1
    for number in reversed(range(len(stages))):
        kind, function, setting = stages[number]
        entering, other, made = reached[number], compared[number], reached[number + 1]
        flow = step(kind, function, setting, entering, other, made, compared[number + 1], rules, flow)
    return flow.reshape(x.shape)


def step(kind, function, setting, x, reference, y, answer, rules, flow):
    if kind == "linear":
        weights, bias = matrix(function, x)
        if isinstance(rules, Relevance):
            return share(setting or Epsilon(), x, weights, bias, flow)
        return weights @ flow
    if kind == "relu":
        if isinstance(rules, Relevance):
            return flow
        if isinstance(rules, Rescaled):
            return flow * (y - answer).ravel() / (x - reference).ravel()
        open_ = 1 if rules == DECONVOLUTION else (function(x + 1e-6) > function(x)).ravel()
        return np.maximum(flow, 0) * open_
    if isinstance(rules, Rescaled):
        larger = np.maximum(y, answer).ravel()
        here = winners(x, setting) @ (flow * (larger - answer.ravel()))
        there = winners(reference, setting) @ (flow * (y.ravel() - larger))
        across = (x - reference).ravel()
        contributions = (here + there) / np.where(across == 0, 1, across)
        return np.where(across == 0, winners(x, setting) @ flow, contributions)
    return winners(x, setting) @ flow


def all_defined(stages, x, rules, reference=None):
    references = [None] * len(x) if reference is None else reference
    return np.stack([defined(stages, one, rules, reference=other) for one, other in zip(x, references, strict=True)])


def rows(rules):
    """The row of the table that a set of rules belongs to."""
    if isinstance(rules, Rectified):
        return "guided_backpropagation" if rules == GUIDED else "deconvolution"
    return "deeplift" if isinstance(rules, Rescaled) else "relevance_propagation"


def chain():
    """A chain with activations in its layers, and its stages for a rule of each kind."""
    network = sequential(
        layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
        layers.MaxPooling2D(name="pool"),
        layers.Flatten(),
        layers.Dense(6, activation="relu6", name="hidden"),
        layers.Dropout(0.5),
        layers.Dense(3, name="head"),
    )
    get = network.get_layer

    def stages(convolution=None, dense=None, first=None):
        return [
            linear(plain(get("conv")), first or convolution),
            relu(),
            pool(),
            linear(np.ravel, Epsilon()),
            linear(plain(get("hidden")), dense),
            relu(limit=6),
            linear(of(get("head")), dense),
        ]

    return network, stages


@pytest.mark.parametrize("rules", [GUIDED, DECONVOLUTION, Rescaled()], ids=repr)
def test_chain_of_fused_activations(x, rules, agreement):
    network, stages = chain()
    reference = np.random.default_rng(3).normal(size=x.shape).astype(np.float32)
    given = reference if isinstance(rules, Rescaled) else None
    agreement(rows(rules), "definition", back(network, x, rules, None, given), all_defined(stages(), x, rules, given))


@pytest.mark.parametrize("rule", RELEVANCES, ids=repr)
@pytest.mark.parametrize("first", [None, Flat(), ZPlus()], ids=repr)
def test_relevance_by_definition(x, rule, first, agreement):
    network, stages = chain()
    rules = Relevance(Epsilon(0.02), rule, first)
    expected = all_defined(stages(rule, Epsilon(0.02), first), x, rules)
    agreement("relevance_propagation", "definition", back(network, x, rules), expected)


@pytest.mark.parametrize("rule", RELEVANCES, ids=repr)
@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Conv2D(3, 3, strides=2),
        lambda: layers.Conv2D(3, 2, dilation_rate=2),
        lambda: layers.DepthwiseConv2D(2, depth_multiplier=2),
        lambda: layers.Conv2DTranspose(3, 3, strides=2, padding="same"),
        lambda: layers.Dense(3),
        lambda: layers.EinsumDense("abcd,de->abce", output_shape=(None, None, 3), bias_axes="e"),
    ],
    ids=["strided", "dilated", "depthwise", "transposed", "dense", "einsum"],
)
def test_kinds_of_layers_with_weights(x, make, rule):
    part = make()
    network = sequential(part, layers.GlobalAveragePooling2D(), layers.Dense(3, name="head"))
    pooled, head = of(network.layers[1]), of(network.get_layer("head"))
    stages = [linear(of(part), rule), linear(pooled), linear(head, rule)]
    close(back(network, x, both(rule)), all_defined(stages, x, both(rule)))


@pytest.mark.parametrize("rule", RELEVANCES, ids=repr)
def test_separable_convolution_is_two(x, rule):
    part = layers.SeparableConv2D(3, 2, depth_multiplier=2, padding="same")
    network = sequential(part, layers.Flatten(), layers.Dense(3, name="head"))
    depthwise, pointwise = (
        layers.DepthwiseConv2D(2, depth_multiplier=2, padding="same", use_bias=False),
        layers.Conv2D(3, 1),
    )
    depthwise.build((None, *SHAPE)), pointwise.build((None, *SHAPE[:2], 4))
    first, second, bias = part.get_weights()
    depthwise.set_weights([first]), pointwise.set_weights([second, bias])
    stages = [
        linear(of(depthwise), rule),
        linear(of(pointwise), rule),
        linear(np.ravel),
        linear(of(network.get_layer("head")), rule),
    ]
    close(back(network, x, both(rule)), all_defined(stages, x, both(rule)))


@pytest.mark.parametrize("rule", RELEVANCES, ids=repr)
@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Conv2D(3, 3, padding="same"),
        lambda: layers.DepthwiseConv2D(2, depth_multiplier=2),
        lambda: layers.Conv2DTranspose(3, 3),
        lambda: layers.SeparableConv2D(3, 1, use_bias=False),
        lambda: layers.Dense(3, use_bias=False),
    ],
    ids=["convolution", "depthwise", "transposed", "separable", "dense"],
)
def test_normalisation_is_merged(x, make, rule):
    """The layer and the normalisation after it are one linear function."""
    part, norm = make(), layers.BatchNormalization()
    network = sequential(
        part, norm, layers.Activation("softplus"), layers.GlobalAveragePooling2D(), layers.Dense(3, name="head")
    )
    before, after = of(part), of(norm)
    pooled, head = of(network.layers[3]), of(network.get_layer("head"))
    stages = [linear(lambda z: after(before(z)), rule), softplus(), linear(pooled), linear(head, rule)]
    if isinstance(part, layers.SeparableConv2D):
        depthwise = layers.DepthwiseConv2D(1, use_bias=False)
        depthwise.build((None, *SHAPE))
        depthwise.set_weights(part.get_weights()[:1])
        pointwise = layers.Conv2D(3, 1, use_bias=False)
        pointwise.build((None, *SHAPE))
        pointwise.set_weights(part.get_weights()[1:])
        stages[:1] = [linear(of(depthwise), rule), linear(lambda z: after(of(pointwise)(z)), rule)]
    close(back(network, x, both(rule)), all_defined(stages, x, both(rule)))


@pytest.mark.parametrize("first", [None, Flat()], ids=repr)
def test_normalisation_alone_is_a_dense_layer(x, first):
    norm, conv = layers.BatchNormalization(), layers.Conv2D(3, 3, name="conv")
    network = sequential(
        norm,
        layers.Activation("softplus"),
        conv,
        layers.Activation("softplus"),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(3),
    )
    rules = Relevance(Gamma(0.5), ZPlus(), first)
    stages = [
        linear(of(norm), first or Gamma(0.5)),
        softplus(),
        linear(of(conv), ZPlus()),
        softplus(),
        linear(of(network.layers[4]), Gamma(0.5)),
        linear(np.ravel),
        linear(of(network.layers[-1]), Gamma(0.5)),
    ]
    close(back(network, x, rules), all_defined(stages, x, rules))
    # At the output of the convolution a normalisation that follows it would be alone as well.
    close(back(network, x, rules, "conv"), all_defined(stages[3:], of_batch(conv, network, x), rules))


def of_batch(layer, network, x):
    return wrap(network, bounds=None).at(layer.name).activations(x)


def close(found, expected, tolerance=1e-4):
    assert np.isfinite(found).all()
    assert np.abs(expected).max() > 0
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


class Hidden(layers.Layer):
    """A layer of one's own, which does not show what it does."""

    def call(self, x):
        return tf.nn.relu(x)


def ended(build):
    """A functional network that does something and ends in a dense layer."""
    return functional(lambda x: layers.Dense(3, name="head")(layers.Flatten()(build(x))))


def conv(name, filters=3, **settings):
    return layers.Conv2D(filters, 3, padding="same", name=name, **settings)


def as_layers(x):
    x = layers.ReLU()(conv("one")(x))
    x = layers.ReLU()(conv("two")(x))
    return layers.ReLU(max_value=6)(conv("three")(x))


def as_fused(x):
    x = conv("two", activation=tf.nn.relu)(conv("one", activation="relu")(x))
    return conv("three", activation=keras.ops.relu6)(x)


def as_operations(x):
    x = keras.ops.relu(conv("one")(x))
    x = keras.ops.maximum(conv("two")(x), 0.0)
    return keras.ops.clip(conv("three")(x), 0.0, 6.0)


def as_reused(x):
    rectifier = layers.Activation("relu")
    return keras.activations.relu6(conv("three")(rectifier(conv("two")(rectifier(conv("one")(x))))))


def as_nested(x):
    inside = keras.Input((*SHAPE[:2], 3))
    block = keras.Model(inside, layers.ReLU()(conv("two")(inside)), name="block")
    x = block(layers.Activation(keras.ops.relu)(conv("one")(x)))
    return layers.Activation("relu6")(conv("three")(x))


ALL = [GUIDED, DECONVOLUTION, Rescaled(), both(Epsilon(0.1)), Relevance(Gamma(), ZPlus(), Flat())]


@pytest.mark.parametrize("build", [as_fused, as_operations, as_reused, as_nested])
def test_spellings_of_a_rectifier(x, build):
    """However a network is written down, the backward pass is the same."""
    expected, network = ended(as_layers), ended(build)
    for mine, other in zip(network.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(mine, other)
    for rules in ALL:
        close(back(network, x, rules), back(expected, x, rules), 1e-5)


def joined(kind):
    def build(x):
        one, other = conv("one", 2, use_bias=False)(x), layers.ReLU()(x)
        if kind == "concatenated":
            return layers.Concatenate()([one, other])
        if kind == "averaged":
            return layers.Average()([one, other])
        return one + other if kind == "added" else one - other

    return build


@pytest.mark.parametrize("kind", ["concatenated", "added", "subtracted", "averaged"])
@pytest.mark.parametrize("rule", [Epsilon(0.1), ZPlus()], ids=repr)
def test_branches_by_definition(x, kind, rule, agreement):
    network = ended(joined(kind))
    one, other = of(network.get_layer("one")), lambda z: np.maximum(z, 0)
    branches = [one(x[0]), other(x[0])]
    if kind == "subtracted":
        branches[1] *= -1
    parts = [half.ravel() for half in branches]
    whole = np.concatenate(branches, axis=-1) if kind == "concatenated" else sum(branches)
    weights, bias = matrix(of(network.get_layer("head")), whole.ravel())
    scale = 0.5 if kind == "averaged" else 1
    z = scale * whole.ravel() @ weights + bias
    flow = share(rule, scale * whole.ravel(), weights, bias, z * np.eye(3)[1]).reshape(whole.shape)
    if kind == "concatenated":
        flows = [flow[..., :2].ravel(), flow[..., 2:].ravel()]
    else:
        total = scale * whole.ravel()
        flows = [scale * part * flow.ravel() / (total + STABILISER * np.where(total >= 0, 1, -1)) for part in parts]
    expected = share(rule, x[0], *matrix(one, x[0]), flows[0]) + flows[1]
    agreement("relevance_propagation", "definition", back(network, x, both(rule))[0].ravel(), expected, 2e-4)


def test_relevance_is_conserved(x):
    """Without biases all of the score arrives, through branches, pools and normalisations without a shift."""

    def build(x):
        y = layers.BatchNormalization(center=False, name="norm")(conv("one", 2, use_bias=False)(x))
        y = layers.AveragePooling2D(2)(layers.Add()([y, x]))
        y = layers.UpSampling2D(interpolation="bilinear")(layers.Concatenate()([y, layers.ReLU()(y)]))
        return layers.UpSampling2D()(layers.ZeroPadding2D(1)(y))[:, 1:]

    network = ended(build)
    network.get_layer("head").bias.assign(np.zeros(3))
    network.get_layer("norm").moving_mean.assign(np.zeros(2))
    for layer in (None, "one", "norm"):
        found = wrap(network, bounds=None).at(layer).propagate(x, score(), both(Epsilon(1e-9)))
        if layer is None:
            np.testing.assert_allclose(found.gradients.sum(), found.values[0], rtol=1e-3)
        else:
            assert np.isfinite(found.gradients).all()


def test_multipliers_sum_to_the_change(x):
    network = ended(
        lambda t: layers.MaxPooling2D()(layers.Activation("tanh")(conv("one")(t)) + keras.ops.silu(t[..., :1]))
    )
    reference = np.random.default_rng(8).normal(size=x.shape).astype(np.float32)
    model = wrap(network, bounds=None)
    found = model.at(None).propagate(x, score(), Rescaled(), reference)
    change = found.values - model.at(None).evaluate(reference, score()).values
    np.testing.assert_allclose(found.reference_values, found.values - change, rtol=1e-5)
    np.testing.assert_allclose((found.gradients * (x - reference)).sum(), change[0], rtol=1e-4)
    place = model.at("one").propagate(x, score(), Rescaled(), reference)
    hidden = [model.at("one").activations(one) for one in (x, reference)]
    np.testing.assert_allclose(place.reference_activations, hidden[1], rtol=1e-5)


def test_single_functions_by_definition(x):
    """Each has the slope between the reference and the input, and lets relevance pass."""
    for name in ["tanh", "sigmoid", "elu", "gelu", "silu", "softplus", "leaky_relu", "hard_sigmoid", "exponential"]:
        network = ended(layers.Activation(name))
        weights = network.get_layer("head").get_weights()[0][:, 1].reshape(SHAPE)
        function = keras.activations.get(name)
        slope = (function(x.astype(np.float64)) - function(np.zeros_like(x, np.float64))) / x
        close(back(network, x, Rescaled()), weights * slope)
        close(
            back(network, x, both(Epsilon(0.1))),
            back(ended(layers.Identity()), np.array(function(x)), both(Epsilon(0.1))),
        )
    network = ended(layers.PReLU())
    close(
        back(network, x, Rescaled())[0],
        network.get_layer("head").get_weights()[0][:, 1].reshape(SHAPE)
        * np.where(x[0] > 0, 1, network.layers[1].get_weights()[0]),
    )


def test_preprocessing_is_a_scale(x):
    network = chain()[0]
    statistics = {"mean": [0.2, -0.1], "std": [0.5, 2.0]}
    model = wrap(network, bounds=None, preprocess=statistics)
    prepared = ((x - np.float32(statistics["mean"])) / np.float32(statistics["std"])).astype(np.float32)
    for rules in [both(Epsilon(0.1)), Relevance(Gamma(), ZPlus(), Flat())]:
        close(model.at(None).propagate(x, score(), rules).gradients, back(network, prepared, rules))
    found = model.at(None).propagate(x, score(), Rescaled(), np.zeros_like(x)).gradients
    shifted = np.broadcast_to(-np.float32(statistics["mean"]) / np.float32(statistics["std"]), x.shape).astype(
        np.float32
    )
    close(found, back(network, prepared, Rescaled(), reference=shifted) / np.float32(statistics["std"]))
    model = wrap(network, bounds=None, preprocess=lambda t: tf.nn.relu(t))
    with pytest.raises(InputError, match="does not cover the function preprocess, which is not followed in Keras"):
        model.at(None).propagate(x, score(), both(Epsilon()))
    assert model.at("conv").propagate(x, score(), both(Epsilon())).gradients.any()


HIDING = {
    "Lambda": lambda: layers.Lambda(lambda t: tf.nn.relu(t), name="odd"),
    "Hidden": lambda: Hidden(name="odd"),
    "relu": lambda: layers.Conv2D(2, 1, activation=lambda t: tf.nn.relu(t) * 2, name="odd"),
}
NEITHER = {
    "LogSoftmax": lambda: layers.Activation("log_softmax", name="odd"),
    "log_softmax": lambda: layers.Conv2D(2, 1, activation="log_softmax", name="odd"),
}


@pytest.mark.parametrize("name", [*HIDING, *NEITHER])
def test_what_is_not_covered_is_refused_by_name(x, name):
    part = (HIDING | NEITHER)[name]()
    network = sequential(layers.ReLU(), part, layers.Flatten(), layers.Dense(3, name="head"))
    for rules in ALL:
        if isinstance(rules, Rectified) and name in NEITHER:
            assert np.isfinite(back(network, x, rules)).all()
            continue
        with pytest.raises(InputError, match="layer 'odd'"):
            back(network, x, rules)


def test_recurrence_is_refused(x):
    network = ended(lambda t: layers.LSTM(3, name="gate")(layers.Reshape((-1, 2))(layers.ReLU()(t))))
    for rules in ALL[2:]:
        with pytest.raises(InputError, match=r"does not cover .* in the layer 'gate'"):
            back(network, x, rules)
    assert np.isfinite(back(network, x, GUIDED)).all()


def test_a_layer_that_shows_its_calls_is_what_it_calls(x):
    """A student's layer, one around another, and what stands there as calls of their own: numbers are the same."""
    inner = layers.Dense(2, activation="relu")
    build = {
        "apart": lambda t: layers.ReLU()(3 * inner(t)),
        "own": lambda t: Shown(inner, name="odd")(t),
        "around": lambda t: layers.ReLU()(3 * layers.TimeDistributed(inner)(t)),
    }
    networks = {name: ended(one) for name, one in build.items()}
    for network in networks.values():
        network.set_weights(networks["apart"].get_weights())
    for rules in ALL[2:]:
        expected = back(networks["apart"], x, rules)
        close(back(networks["own"], x, rules), expected, 1e-5)
        if isinstance(rules, Rescaled):  # What is around a layer may call its parts, a product and a bias, one by one.
            close(back(networks["around"], x, rules), expected, 1e-5)


class Shown(layers.Layer):
    """A layer of one's own in the calls of Keras, in which another one is."""

    def __init__(self, inner, **settings):
        super().__init__(**settings)
        self.inner = inner

    def call(self, x):
        return keras.ops.relu(3 * self.inner(x))


CONVOLUTIONS = {
    layers.Conv2D: {"filters": 3, "kernel_size": 2, "strides": 2},
    layers.DepthwiseConv2D: {"kernel_size": 2, "depth_multiplier": 2},
    layers.SeparableConv2D: {"filters": 3, "kernel_size": 2, "depth_multiplier": 2, "padding": "same"},
}
SHARING = [
    *map(both, RELEVANCES),
    Relevance(Epsilon(0.1), Epsilon(0.1), softmax="derivative", constants="share"),
    Relevance(Epsilon(0.1), Gamma(2), Flat(), constants="share"),
    Rescaled(),
]


@pytest.mark.parametrize("rules", SHARING, ids=repr)
@pytest.mark.parametrize("activation", [None, "relu"])
@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_a_layer_that_inherits_from_a_convolution_is_one(x, kind, activation, rules):
    """Its code shows a convolution and a sum, and these are the layer with its bias."""

    class Patches(kind):
        def call(self, x):
            found = super().call(x)
            return keras.ops.reshape(found, (-1, found.shape[1] * found.shape[2], found.shape[3]))

        def compute_output_shape(self, shape):
            rows, height, width, channels = super().compute_output_shape(shape)
            return rows, height * width, channels

    def plain(t):
        t = kind(**CONVOLUTIONS[kind], activation=activation)(t)
        return layers.Reshape((-1, t.shape[-1]))(t)

    def ended_in(part):
        return functional(
            lambda t: layers.Dense(3)(layers.Flatten()(layers.Dense(4, "relu")(part(layers.LeakyReLU()(t)))))
        )

    inherited, expected = ended_in(Patches(**CONVOLUTIONS[kind], activation=activation)), ended_in(plain)
    inherited.set_weights(expected.get_weights())
    close(back(inherited, x, rules), back(expected, x, rules), 1e-5)


def test_a_layer_that_inherits_from_a_transposed_convolution_is_refused_by_name(x):
    """Keras takes padding for output padding where it replays the operation, which therefore fails by itself."""

    class Wider(layers.Conv2DTranspose):
        def call(self, x):
            return 2 * super().call(x)

    network = functional(lambda t: layers.Dense(3)(layers.Flatten()(Wider(3, 2, name="wider")(t))))
    for rules in SHARING:
        with pytest.raises(InputError, match="does not cover ConvTranspose in the layer 'wider'"):
            back(network, x, rules)


@pytest.mark.parametrize("rules", SHARING, ids=repr)
def test_what_is_added_to_a_convolution_and_is_no_bias_is_a_constant_of_its_own(x, rules):
    """An embedding of places, one number for each element, behind an operation as behind a layer without a bias."""
    kernel = np.random.default_rng(5).normal(size=(2, 2, 2, 3)).astype(np.float32)
    places = np.random.default_rng(6).normal(size=(1, 2, 2, 3)).astype(np.float32)
    layer = layers.Conv2D(3, 2, 2, use_bias=False)
    ends = [layers.Dense(3) for _ in range(2)]
    operation, by_layer = (
        functional(lambda t, end=end, part=part: end(layers.Flatten()(part(layers.ReLU()(t)) + places)))
        for end, part in zip(ends, [lambda t: keras.ops.conv(t, kernel, 2), layer], strict=True)
    )
    layer.set_weights([kernel]), ends[1].set_weights(ends[0].get_weights())
    close(back(operation, x, rules), back(by_layer, x, rules), 1e-5)


class Tokens(layers.Layer):
    """Puts a token in front and adds where each one stands, for as many rows as come."""

    def build(self, shape):
        self.token = self.add_weight(shape=(1, 1, shape[-1]), name="token")
        self.places = self.add_weight(shape=(1, shape[1] + 1, shape[-1]), name="places")

    def call(self, x):
        token = keras.ops.broadcast_to(self.token, (keras.ops.shape(x)[0], 1, x.shape[-1]))
        return keras.ops.concatenate([token, x], axis=1) + self.places


def test_a_class_token_and_places_are_constants_beside_and_on_top(x):
    """Between two layers, where all that comes through is what these say."""
    network = functional(
        lambda t: layers.Dense(3)(layers.Flatten()(layers.LeakyReLU()(Tokens()(layers.Reshape((-1, 2))(t)))))
    )
    _, tokens, _, _, head = network.layers[1:]
    put = np.concatenate([tokens.token.numpy()[0], x[0].reshape(-1, 2)]) + tokens.places.numpy()[0]
    weights, bias = head.get_weights()
    made = np.where(put > 0, put, 0.3 * put).ravel()
    flow = share(Epsilon(0.1), made, weights, bias, (made @ weights + bias) * np.eye(3)[1])
    close(back(network, x, both(Epsilon(0.1))), flow.reshape(-1, 2)[1:].reshape(x.shape))
    found = wrap(network, bounds=None).at(None).propagate(x, score(), Rescaled(), np.zeros_like(x))
    np.testing.assert_allclose((found.gradients * x).sum(), found.values - found.reference_values, rtol=1e-4)


def test_only_the_backward_pass_has_to_be_covered(x):
    """What lies before the point, or behind what the quantity is about, is no part of it."""
    network = sequential(
        *(layers.Activation("sparsemax"), layers.ReLU(name="first"), conv("one"), layers.ReLU(name="last")),
        *(layers.Activation("log_softmax"), layers.Flatten(), layers.Dense(3)),
    )
    unit = Objective(np.ones((1, *SHAPE[:2], 3), np.float32), layer="last")
    for rules in ALL:
        assert back(network, x, rules, "first", None, unit).any()


def test_networks_without_a_graph(x):
    named = Subclassed()
    named(np.zeros((1, *SHAPE), np.float32))
    for network in (named, lambda t: tf.reduce_sum(t, axis=(1, 2))):
        model = wrap(network, bounds=None, backend="tensorflow", input_shape=SHAPE)
        with pytest.raises(InputError, match="keeps no graph of its calls"):
            model.at(None).propagate(x, score(), GUIDED)


def test_nothing_to_rectify_and_nothing_to_share(x):
    network = sequential(conv("one"), layers.Activation("tanh"), layers.Flatten(), layers.Dense(3))
    with pytest.raises(InputError, match="no rectifier"):
        back(network, x, GUIDED)
    with pytest.raises(InputError, match="a probability"):
        back(network, x, both(Epsilon()), objective=Objective(np.eye(3, dtype=np.float32)[:1], link="softmax"))


def test_the_students_network_is_left_alone(x):
    network = chain()[0]
    before = everything(network)
    for rules in ALL:
        back(network, x, rules)
    attending = functional(
        lambda t: layers.Dense(3)(layers.Flatten()(layers.MultiHeadAttention(2, 3)(*[layers.Reshape((-1, 2))(t)] * 2)))
    )
    inside = [attending.layers[2], *attending.layers[2]._flatten_layers(include_self=False)]
    nodes = [(len(one._inbound_nodes), len(one._outbound_nodes)) for one in inside]
    found = everything(attending)
    for rules in ALL[2:]:
        back(attending, x, rules)
    assert everything(attending) == found
    assert [(len(one._inbound_nodes), len(one._outbound_nodes)) for one in inside] == nodes
    broken = sequential(
        layers.ReLU(), layers.Activation("log_softmax"), layers.Flatten(), layers.Dense(3, activity_regularizer="l2")
    )
    spoiled = everything(broken)
    with pytest.raises(InputError):
        back(broken, x, both(Epsilon()))
    assert everything(network) == before
    assert everything(broken) == spoiled


def test_one_trace_for_all_classes_and_numbers(x):
    model = wrap(chain()[0], bounds=None)
    for index, number in [(0, 0.1), (1, 0.2), (2, 0.3)]:
        rules = Relevance(Epsilon(number), Gamma(number))
        found = model.at(None).propagate(x, score(index), rules).gradients
        close(found, back(model.network, x, rules, objective=score(index)), 1e-5)
    assert len(model._traces) == 1
    kept = next(iter(model._traces.values()))
    model.at(None).propagate(np.repeat(x, 3, axis=0), score(0), Relevance(Epsilon(), Gamma()))
    assert next(iter(model._traces.values())) is kept
    top = Objective(np.zeros((1, 3), np.float32), top=True)
    found = model.at(None).propagate(x, top, Rescaled(), np.zeros_like(x))
    winner = score(int(found.scores.argmax()))
    np.testing.assert_allclose(
        found.reference_values, model.at(None).evaluate(np.zeros_like(x), winner).values, rtol=1e-5
    )
    close(found.gradients, back(model.network, x, Rescaled(), objective=winner), 1e-5)


def test_padding_has_no_part_in_the_flat_rule(x):
    """Whether a convolution pads its input itself or a layer before it does."""
    inside = sequential(conv("one"), layers.Flatten(), layers.Dense(3))
    before = sequential(layers.ZeroPadding2D(), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(3))
    for rule in RELEVANCES:
        close(back(before, x, both(rule)), back(inside, x, both(rule)), 1e-5)


@pytest.mark.parametrize("fill", [0, 5])
def test_padding_by_an_operation_has_no_part_in_the_flat_rule(x, fill):
    """The mask is where there is something, whatever is put beside it."""
    around = ((0, 0), (1, 1), (1, 1), (0, 0))

    def build(x):
        made = layers.Conv2D(3, 3)(keras.ops.pad(x, around, constant_values=fill))
        return layers.Dense(3)(layers.Flatten()(made))

    padded = functional(build)
    inside = sequential(conv("one"), layers.Flatten(), layers.Dense(3))
    inside.set_weights(padded.get_weights())
    flat = Relevance(Epsilon(), Flat())
    found, expected = back(padded, x, flat), back(inside, x, flat)
    if fill == 0:
        close(found, expected, 1e-5)
    assert np.abs(found[:, 0, 0]).sum() > 0


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_rules_in_other_precisions(x, policy):
    def chain(policy):
        kind = {"dtype": policy}
        return sequential(
            layers.Conv2D(3, 3, activation="relu", **kind),
            layers.BatchNormalization(**kind),
            layers.MaxPooling2D(**kind),
            layers.Flatten(),
            layers.Dense(3, **kind),
        )

    exact, other = chain("float32"), chain(policy)
    other.set_weights(exact.get_weights())
    for rules in (Rectified("guided"), both(Epsilon(0.1)), both(Gamma()), both(ZPlus()), both(Flat())):
        close(back(other, x, rules), back(exact, x, rules), 1e-5 if policy == "float64" else 2e-2)


def texts(read):
    inputs = keras.Input((6,), dtype="int32")
    hidden = read(layers.Embedding(10, 4, mask_zero=True, name="embedding")(inputs))
    return keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling1D()(hidden)))


def test_a_mask_goes_on_where_it_is_cut():
    """Attention reads the mask from the tensor that it is given, and not among its arguments."""
    network = texts(lambda z: layers.MultiHeadAttention(2, 3)(z, z))
    ids = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 0, 0]])
    expected = network(ids).numpy()
    cut = wrap(network, vocabulary=list("abcdefghij")).at("embedding")
    batch, _ = cut.model.prepare(ids)
    latent = cut.activations(batch)
    for _ in range(2):  # As it is, and traced.
        close(cut.evaluate(batch, score(), latent).scores, expected, 1e-5)
        close(cut.differentiate(batch, score()).scores, expected, 1e-5)


def test_a_mask_is_no_obstacle_to_rectifiers_and_refused_in_words_by_others():
    network = texts(layers.Dense(4, activation="relu"))
    ids = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 0, 0]], np.float32)
    cut = wrap(network, vocabulary=list("abcdefghij")).at("embedding")
    found = cut.propagate(ids, score(), Rectified("guided"))
    close(found.scores, network(ids.astype(int)).numpy(), 1e-5)
    assert not found.gradients[0, 3:].any()
    with pytest.raises(InputError, match="GlobalAveragePooling1D, which is given a mask that follows from the input"):
        cut.propagate(ids, score(), both(Epsilon()))


def test_differences_want_a_reference_for_each_input(x):
    with pytest.raises(InputError, match="expected one for each input"):
        wrap(chain()[0], bounds=None).at(None).propagate(x, score(), Rescaled())


def test_padding_stays_padding_where_it_is_moved_or_changed_number_by_number(x):
    parts = layers.Flatten(), layers.Dense(3)
    inside = sequential(conv("one"), *parts)
    changed = layers.Dropout(0.5), layers.ReLU(), layers.Rescaling(1.0)
    before = sequential(layers.ZeroPadding2D(), *changed, layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(3))
    before.set_weights(inside.get_weights())
    flat = Relevance(Epsilon(), Flat())
    close(back(before, abs(x), flat), back(inside, abs(x), flat), 1e-5)


def test_a_latent_has_the_shape_of_its_layer(x):
    model = wrap(sequential(conv("one"), layers.Flatten(), layers.Dense(3)), bounds=None)
    with pytest.raises(InputError, match="expected that of the layer"):
        model.at("one").evaluate(x, score(), np.zeros((1, 2, 2, 3), np.float32))


# What transformers are made of: by closed forms on a few numbers, and on attention written out in NumPy.

COUNT, WIDTH = 5, 4
TAYLOR = Relevance(Epsilon(), Epsilon(), softmax="derivative")


@pytest.fixture
def signals():
    return np.random.default_rng(8).normal(size=(2, COUNT, WIDTH)).astype(np.float32)


def weighed(build, x, rules, reference=None):
    """What flows back through a function and a weighted sum of all it brings; the weights, and the evaluation."""
    inputs = keras.Input(x.shape[1:])
    made = build(inputs)
    network = keras.Model(inputs, layers.Dense(2, use_bias=False)(layers.Flatten()(made)))
    weights = np.random.default_rng(9).normal(size=made.shape[1:]).astype(np.float32)
    network.layers[-1].set_weights([np.stack([0 * weights.ravel(), weights.ravel()], axis=1)])
    found = wrap(network, bounds=None).at(None).propagate(x, score(1, 2), rules, reference)
    return found.gradients, weights, found


def stable(flow, z, epsilon=STABILISER):
    return flow / (z + np.where(z < 0, -epsilon, epsilon))


@pytest.mark.parametrize("axis", [1, -1])
def test_a_softmax_by_its_derivative(axis, signals, agreement):
    """R_i = x_i (R_i - s_i sum_j R_j)."""
    found, weights, _ = weighed(lambda t: keras.ops.softmax(t, axis=axis), signals, TAYLOR)
    made = np.exp(np.float64(signals))
    made /= made.sum(axis=axis, keepdims=True)
    flow = made * weights
    expected = signals * (flow - made * flow.sum(axis=axis, keepdims=True))
    agreement("attn_lrp", "closed form", found, expected, tolerance=1e-3)


def test_a_softmax_that_is_a_constant_takes_nothing(signals):
    """Half of each signal are logits, the other half what they weigh."""
    found, weights, evaluation = weighed(
        lambda t: keras.ops.softmax(t[..., :2], axis=1) * t[..., 2:], signals, both(Epsilon())
    )
    made = np.exp(np.float64(signals[..., :2]))
    made /= made.sum(axis=1, keepdims=True)
    assert not found[..., :2].any()
    close(found[..., 2:], made * weights * signals[..., 2:], 1e-3)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), evaluation.values, rtol=1e-3)


def test_weights_that_are_all_there_is_are_refused(signals):
    with pytest.raises(InputError, match="Softmax, which is a constant weight by this rule, and all that depends"):
        weighed(keras.ops.softmax, signals, both(Epsilon()))


def test_factors_share_evenly_and_have_the_mean_of_each_other(signals, agreement):
    def build(t):
        return t[..., :2] * t[..., 2:]

    a, b = signals[..., :2], signals[..., 2:]
    found, weights, _ = weighed(build, signals, TAYLOR)
    agreement("attn_lrp", "closed form", found, np.concatenate([weights * a * b / 2] * 2, axis=2), tolerance=1e-3)
    reference = signals[::-1] + 1
    r, s = reference[..., :2], reference[..., 2:]
    found, _, _ = weighed(build, signals, Rescaled(), reference)
    agreement("deeplift", "closed form", found, np.concatenate([weights * (b + s), weights * (a + r)], axis=2) / 2)


def test_matrices_share_half_and_half_by_z(signals, agreement):
    """One number after the other, and the mean of both products for differences."""
    found, weights, _ = weighed(
        lambda t: keras.ops.matmul(t[..., :2], keras.ops.transpose(t[..., 2:], (0, 2, 1))), signals, TAYLOR
    )
    reference = signals[::-1] + 1
    multipliers, _, _ = weighed(
        lambda t: keras.ops.einsum("bik,bjk->bij", t[..., :2], t[..., 2:]), signals, Rescaled(), reference
    )
    expected, compared = np.zeros(signals.shape), np.zeros(signals.shape)
    for row, i, j, k in np.ndindex(2, COUNT, COUNT, 2):
        part = signals[row, i, k] * signals[row, j, 2 + k] * weights[i, j] / 2
        expected[row, i, k] += part
        expected[row, j, 2 + k] += part
        compared[row, i, k] += weights[i, j] * (signals[row, j, 2 + k] + reference[row, j, 2 + k]) / 2
        compared[row, j, 2 + k] += weights[i, j] * (signals[row, i, k] + reference[row, i, k]) / 2
    agreement("attn_lrp", "definition", found, expected, tolerance=1e-3)
    agreement("deeplift", "definition", multipliers, compared)


NORMS = {
    "layer": (lambda: layers.LayerNormalization(epsilon=0.01), True),
    "root mean square": (lambda: layers.RMSNormalization(epsilon=0.01), False),
}


@pytest.mark.parametrize("name", NORMS)
def test_a_norm_is_linear_with_a_constant_spread_and_has_its_mean_derivative(name, signals, agreement):
    make, centred = NORMS[name]
    norm, scale = make(), np.linspace(1, 2, WIDTH)
    norm.build(signals.shape)
    shift = np.linspace(-1, 1, WIDTH) if centred else np.zeros(WIDTH)
    norm.set_weights([scale, shift] if centred else [scale])
    found, weights, _ = weighed(norm, signals, both(Epsilon(0.1)))
    expected = np.zeros(signals.shape)
    for row in range(2):
        numbers = np.float64(signals[row])
        mean = numbers.mean(axis=1) if centred else np.zeros(COUNT)
        spread = np.sqrt(((numbers - mean[:, None]) ** 2).mean(axis=1) + 0.01)
        made = (numbers - mean[:, None]) / spread[:, None] * scale + shift
        z = (made * weights).sum()
        flow = stable(made * weights * z, z, 0.1)
        for place, i, j in np.ndindex(COUNT, WIDTH, WIDTH):
            slope = ((i == j) - centred / WIDTH) * scale[j] / spread[place]
            expected[row, place, i] += numbers[place, i] * slope * stable(flow[place, j], made[place, j], 0.1)
    agreement("relevance_propagation", "definition", found, expected)

    reference = signals + 0.5 * signals[::-1]
    found, _, evaluation = weighed(norm, signals, Rescaled(), reference)
    steps = (np.arange(4000) + 0.5) / 4000
    line = reference + steps[:, None, None, None] * (np.float64(signals) - reference)
    mean = line.mean(axis=-1, keepdims=True) if centred else 0
    spread = np.sqrt(((line - mean) ** 2).mean(axis=-1, keepdims=True) + 0.01)
    unit, pulled = (line - mean) / spread, weights * scale
    slopes = (pulled - centred * pulled.mean(axis=-1, keepdims=True)) / spread
    slopes -= unit * (pulled * unit).mean(axis=-1, keepdims=True) / spread
    agreement("deeplift", "definition", found, slopes.mean(axis=0), tolerance=1e-3)
    change = evaluation.values - evaluation.reference_values
    np.testing.assert_allclose((found * (signals - reference)).sum(axis=(1, 2)), change, rtol=1e-4)


def gelu(x):
    return x * (1 + special.erf(np.float64(x) / np.sqrt(2))) / 2


def test_a_gelu_passes_relevance_on_and_has_the_slope_of_its_secant(signals, agreement):
    def build(t):
        return keras.ops.gelu(t, approximate=False)

    found, weights, _ = weighed(build, signals, TAYLOR)
    agreement("attn_lrp", "closed form", found, gelu(signals) * weights, tolerance=1e-3)
    reference = signals[::-1] + 1
    found, _, _ = weighed(build, signals, Rescaled(), reference)
    secant = (gelu(signals) - gelu(reference)) / (signals - reference)
    agreement("deeplift", "closed form", found, weights * secant, tolerance=1e-3)


def test_attention_of_keras_by_hand(signals, agreement):
    """Without biases all is gradient times input: with held weights (CP-LRP), or half through each factor (AttnLRP)."""
    attention = layers.MultiHeadAttention(2, 3, use_bias=False)
    attention.build(signals.shape, signals.shape)
    random = np.random.default_rng(10)
    attention.set_weights([random.normal(size=one.shape) for one in attention.get_weights()])
    into_q, into_k, into_v, out = map(np.float64, attention.get_weights())
    x = np.float64(signals)
    q, k, v = (np.einsum("btc,chd->bhtd", x, into) for into in (into_q, into_k, into_v))
    logits = np.einsum("bhsd,bhtd->bhst", q, k) / np.sqrt(3)
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)

    found, weights, evaluation = weighed(lambda t: attention(t, t), signals, both(Epsilon()))
    at_heads = np.einsum("sc,hdc->hsd", weights, out)
    by_values = x * np.einsum("bhst,hsd,chd->btc", shares, at_heads, into_v)
    agreement("cp_lrp", "closed form", found, by_values, tolerance=1e-3)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), evaluation.values, rtol=1e-3)

    found, _, _ = weighed(lambda t: attention(t, t), signals, TAYLOR)
    at_shares = shares * np.einsum("bhtd,hsd->bhst", v, at_heads) / 2
    at_logits = (at_shares - shares * at_shares.sum(axis=-1, keepdims=True)) / 2 / np.sqrt(3)
    by_queries = x * np.einsum("bhst,bhtd,chd->bsc", at_logits, k, into_q)
    by_keys = x * np.einsum("bhst,bhsd,chd->btc", at_logits, q, into_k)
    agreement("attn_lrp", "closed form", found, by_values / 2 + by_queries + by_keys, tolerance=1e-3)
