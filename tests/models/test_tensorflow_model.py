"""The Keras adapter, against closed forms and gradients taken by hand, and what it must leave untouched."""

from __future__ import annotations

import gc
import threading
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from xai_widgets.errors import InputError, UnsupportedModelError
from xai_widgets.models.objective import Objective
from xai_widgets.models.rules import Epsilon, Gamma, Relevance, Rescaled
from xai_widgets.models.tensorflow.traces import TRACES
from xai_widgets.models.wrap import wrap

SHAPE = (8, 8, 3)


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


@pytest.fixture
def x():
    return np.random.default_rng(1).uniform(size=(3, *SHAPE)).astype(np.float32)


def first(count=3, index=0):
    """The objective that is one output's score."""
    return Objective(np.eye(count, dtype=np.float32)[index : index + 1])


def softmax(scores):
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def by_hand(function, x, index=0):
    """Scores, and the derivative of one of them, as a student would write it."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = function(x)
        value = scores[:, index]
    return scores.numpy(), tape.gradient(value, x).numpy()


def sequential(last="softmax", outputs=3):
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.5, name="dropout"),
            layers.Flatten(name="flatten"),
            layers.Dense(outputs, activation=last, name="head"),
        ]
    )


def trained(network):
    """Give batch normalization statistics and every weight a value that is not the initial one."""
    random = np.random.default_rng(2)
    network.set_weights([np.abs(random.normal(0.3, 0.2, w.shape)).astype(w.dtype) for w in network.get_weights()])
    return network


def functional():
    """A residual network with a nested one in it, whose inner layer the skip connection goes around."""
    inside = keras.Input((8, 8, 4), name="inside")
    block = keras.Model(
        inside,
        layers.Add(name="sum")([inside, layers.Conv2D(4, 3, padding="same", activation="relu", name="inner")(inside)]),
        name="block",
    )
    inputs = keras.Input(SHAPE)
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(inputs)
    pooled = layers.GlobalAveragePooling2D(name="pool")(block(stem))
    return keras.Model(inputs, layers.Dense(3, name="head")(pooled))


class Subclassed(keras.Model):
    def __init__(self, activation=None, outputs=3):
        super().__init__()
        self.flatten = layers.Flatten()
        self.dense = layers.Dense(outputs, activation=activation)

    def call(self, x):
        return self.dense(self.flatten(x))


def built(network):
    network(np.zeros((2, *SHAPE), np.float32))
    return network


def everything(network):
    """All that a student can see of a network."""
    parts = network._flatten_layers()
    return {
        "config": str(network.get_config()) if not isinstance(network, Subclassed) else None,
        "weights": [w.tobytes() for w in network.get_weights()],
        "trainable": [(v.path, v.trainable) for v in network.variables],
        "seeds": [v.value.numpy().tobytes() for v in network.non_trainable_variables],
        "compiled": (network.compiled, id(getattr(network, "optimizer", None))),
        "losses": len(network.losses),
        "layers": [
            (id(part), part.name, part.trainable, len(part._inbound_nodes), len(part._outbound_nodes), len(vars(part)))
            for part in parts
        ],
        "policy": keras.config.dtype_policy().name,
    }


class TestScores:
    def test_linear_closed_form(self):
        weights, bias = np.array([[1.0, -2], [3, 4], [0, 5]], np.float32), np.array([0.5, -1], np.float32)
        network = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        network.set_weights([weights, bias])
        x = np.array([[0.1, 0.2, 0.3], [1, 0, 0.5]], np.float32)
        model = wrap(network)
        np.testing.assert_allclose(model.scores(x), x @ weights + bias, rtol=1e-6)
        found = model.at(None).differentiate(x, first(2, 1))
        np.testing.assert_allclose(found.values, (x @ weights + bias)[:, 1], rtol=1e-6)
        np.testing.assert_allclose(found.gradients, np.tile(weights[:, 1], (2, 1)), rtol=1e-6)

    def test_inference_mode(self, x):
        network = trained(sequential(None))
        scores, gradient = by_hand(lambda t: network(t, training=False), x, 1)
        found = wrap(network).at(None).differentiate(x, first(index=1))
        np.testing.assert_allclose(found.scores, scores, rtol=1e-5)
        np.testing.assert_allclose(found.gradients, gradient, rtol=1e-5, atol=1e-6)

    def test_training_that_is_built_in_is_off(self, x):
        inputs = keras.Input(SHAPE)
        dropped = layers.Dropout(0.5)(layers.Flatten()(inputs), training=True)
        network = keras.Model(inputs, layers.Dense(3)(dropped))
        np.testing.assert_allclose(wrap(network).scores(x), network(x, training=False), rtol=1e-5)

    @pytest.mark.parametrize("link", ["identity", "softmax", "log_softmax"])
    def test_links_and_weights(self, x, link):
        network = trained(sequential(None))
        weights = np.random.default_rng(3).normal(size=(3, 3)).astype(np.float32)
        x_tensor = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x_tensor)
            z = network(x_tensor, training=False)
            z = {"identity": z, "softmax": tf.nn.softmax(z), "log_softmax": tf.nn.log_softmax(z)}[link]
            values = tf.reduce_sum(z * weights, axis=1)
        found = wrap(network).at(None).differentiate(x, Objective(weights, link))
        np.testing.assert_allclose(found.values, values, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.gradients, tape.gradient(values, x_tensor), rtol=1e-3, atol=1e-5)

    def test_top_adds_the_largest_score(self, x):
        model = wrap(sequential(None))
        scores = model.scores(x)
        found = model.at(None).evaluate(x, Objective(-np.eye(3, dtype=np.float32)[:1], top=True))
        np.testing.assert_allclose(found.values, scores.max(axis=1) - scores[:, 0], rtol=1e-5, atol=1e-6)

    def test_rows_do_not_depend_on_the_chunk(self, x):
        cut = wrap(trained(sequential())).at(None)
        whole = cut.differentiate(x, first())
        for row in range(3):
            single = cut.differentiate(x[row : row + 1], first())
            np.testing.assert_allclose(single.gradients[0], whole.gradients[row], rtol=1e-4, atol=1e-6)

    def test_function_of_the_scores(self, x):
        model = wrap(sequential(None))
        scores = model.scores(x)
        found = model.at(None).differentiate(x, Objective(np.zeros((1, 3)), function=lambda s: s[:, 0] - s[:, 2]))
        np.testing.assert_allclose(found.values, scores[:, 0] - scores[:, 2], rtol=1e-4, atol=1e-6)
        margin = model.at(None).differentiate(x, Objective(np.array([[1, 0, -1]], np.float32)))
        np.testing.assert_allclose(found.gradients, margin.gradients, rtol=1e-4, atol=1e-6)

    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (lambda s: s, "one value per input"),
            (lambda s: s[:2, 0], r"shape \(2,\); expected a tensor of shape \(3,\)"),
            (lambda s: 1 / 0, "function of the scores failed.*ZeroDivisionError"),
            (lambda s: s.numpy()[:, 0], "not depend differentiably"),
            (lambda s: tf.round(s[:, 0]) * 0 + tf.ones_like(tf.stop_gradient(s[:, 0])), "not depend differentiably"),
        ],
    )
    def test_function_that_cannot_serve(self, x, function, message):
        cut = wrap(sequential(None)).at(None)
        for _ in range(2):  # What failed is not kept, nor traced.
            with pytest.raises(InputError, match=message):
                cut.differentiate(x, Objective(np.zeros((1, 3)), function=function))
        cut.differentiate(x, first())

    def test_double_precision(self, x):
        inputs = keras.Input(SHAPE, dtype="float64")
        flat = layers.Flatten(dtype="float64")(inputs)
        model = wrap(keras.Model(inputs, layers.Dense(2, dtype="float64")(flat)))
        assert model.dtype == np.float64
        assert model.at(None).differentiate(x.astype(np.float64), first(2)).gradients.dtype == np.float64

    def test_mixed_precision(self, x):
        policy = keras.DTypePolicy("mixed_float16")
        inputs = keras.Input(SHAPE)
        hidden = layers.Dense(4, activation="relu", dtype=policy, name="hidden")(layers.Flatten(dtype=policy)(inputs))
        network = keras.Model(inputs, layers.Dense(3, activation="softmax", dtype="float32")(hidden))
        model = wrap(network)
        assert model.dtype == np.float32
        np.testing.assert_allclose(softmax(model.scores(x)), network(x), rtol=2e-3)
        found = model.at("hidden").differentiate(x, first())
        assert found.gradients.dtype == found.activations.dtype == np.float32

    def test_integer_input_is_differentiable(self):
        inputs = keras.Input((3,), dtype="uint8")
        network = keras.Model(inputs, layers.Dense(2)(layers.Rescaling(1 / 255)(inputs)))
        x = np.array([[0, 100, 255]], np.uint8)
        model = wrap(network, bounds=(0, 255))
        np.testing.assert_allclose(model.scores(x), network(x), rtol=1e-5)
        found = model.at(None).differentiate(x.astype(np.float32), first(2))
        np.testing.assert_allclose(found.gradients[0], network.get_weights()[0][:, 0] / 255, rtol=1e-5)


class TestNetworks:
    def test_sequential_without_input(self, x):
        network = keras.Sequential([layers.Flatten(), layers.Dense(3)])
        with pytest.raises(UnsupportedModelError, match=r"no weights yet.*build\(\(None, 8, 8, 3\)\)"):
            wrap(network, input_shape=SHAPE)
        assert not network.built
        built(network)
        model = wrap(network)
        assert model.input_shape == SHAPE
        np.testing.assert_allclose(model.scores(x), network(x), rtol=1e-5)

    def test_variable_size_is_told_by_the_first_input(self, x):
        inputs = keras.Input((None, None, 3))
        pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(inputs))
        model = wrap(keras.Model(inputs, layers.Dense(3)(pooled)))
        assert model.input_shape is None
        assert model.scores(x).shape == (3, 3)
        assert model.input_shape == SHAPE
        assert model.at("conv").shape == (6, 6, 4)

    def test_subclassed(self, x):
        network = built(Subclassed())
        model = wrap(network)
        assert model.layers == []
        scores, gradient = by_hand(network, x)
        np.testing.assert_allclose(model.scores(x), scores, rtol=1e-5)
        np.testing.assert_allclose(model.at(None).differentiate(x, first()).gradients, gradient, rtol=1e-4)

    def test_subclassed_without_weights(self):
        with pytest.raises(UnsupportedModelError, match="no weights yet"):
            wrap(Subclassed(), input_shape=SHAPE)

    def test_functional_with_a_call_of_its_own(self, x):
        class Doubled(keras.Model):
            def call(self, x, training=None):
                return 2 * super().call(x, training=training)

        inputs = keras.Input(SHAPE)
        network = Doubled(inputs, layers.Dense(3)(layers.Flatten()(inputs)))
        model = wrap(network, input_shape=SHAPE)
        assert model.layers == []
        np.testing.assert_allclose(model.scores(x), network(x), rtol=1e-5)

    def test_callable(self, x):
        weights = tf.Variable(np.random.default_rng(0).normal(size=(192, 3)).astype(np.float32))

        def function(t):
            return tf.reshape(t, (-1, 192)) @ weights

        model = wrap(function, backend="tensorflow", input_shape=SHAPE)
        np.testing.assert_allclose(model.scores(x), x.reshape(3, -1) @ weights.numpy(), rtol=1e-4)
        for rows in (1, 2, 3):
            found = model.at(None).differentiate(x[:rows], first(index=2))
            np.testing.assert_allclose(found.gradients[0].ravel(), weights.numpy()[:, 2], rtol=1e-5)

    def test_callable_with_one_output_per_row(self, x):
        model = wrap(lambda t: tf.reduce_sum(t, axis=(1, 2, 3)), backend="tensorflow", input_shape=SHAPE)
        np.testing.assert_allclose(model.scores(x), x.sum(axis=(1, 2, 3))[:, None], rtol=1e-5)

    def test_layer(self, x):
        dense = layers.Dense(3)
        with pytest.raises(UnsupportedModelError, match="no weights yet"):
            wrap(dense, backend="tensorflow", input_shape=(4,))
        dense.build((None, 4))
        model = wrap(dense, backend="tensorflow", input_shape=(4,))
        np.testing.assert_allclose(model.scores(x[0, 0, :4, :1].T), dense(x[0, 0, :4, :1].T), rtol=1e-5)

    def test_several_inputs_or_outputs(self):
        left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
        network = keras.Model([left, right], layers.Add()([left, right]))
        assert wrap(network).input.shape == (6,)
        words = keras.Input((3,), dtype="int32", name="words")
        reader = keras.Model([left, words], layers.Add()([left, layers.Flatten()(layers.Embedding(5, 1)(words))]))
        assert "'words' a text (3,), which an embedding reads: 5 token ids" in repr(wrap(reader))
        loose = keras.Input((None,), name="loose")
        open_network = keras.Model([left, loose], layers.Add()([left, loose]))
        with pytest.raises(UnsupportedModelError, match="not all known"):
            wrap(open_network)
        two = keras.Model(left, [layers.Dense(2)(left), layers.Dense(3)(left)])
        with pytest.raises(UnsupportedModelError, match=r"ListOfOutputs with the keys .*output='dense"):
            wrap(two)
        assert wrap(keras.Model(two.inputs, two.outputs[0])).output_count == 2

    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (lambda x: {"a": tf.argmax(x[:, 0, 0], axis=1)}, "dict with the keys 'a'.*"),
            (lambda x: (x, x), "tuple of 2"),
            (lambda x: None, "None"),
            (lambda x: x[:, 0], r"\(4, 8, 3\).*reduce_sum"),
            (lambda x: tf.reduce_sum(x), r"shape \(\) for 4 inputs"),
            (lambda x: tf.argmax(x[:, 0, 0], axis=1), "int64.*argmax"),
            (lambda x: x[:, 0, 0] - tf.reduce_mean(x), "mixes the inputs"),
            (lambda x: x[:, 0, 0] * tf.random.uniform((3,)), "different outputs for the same input"),
        ],
    )
    def test_output_that_cannot_be_explained(self, function, message):
        with pytest.raises(UnsupportedModelError, match=message):
            wrap(function, backend="tensorflow", input_shape=SHAPE)

    def test_chance_is_seen_where_a_few_numbers_agree_by_chance(self):
        for seed in range(40):
            tf.random.set_seed(seed)
            with pytest.raises(UnsupportedModelError, match="different outputs for the same input"):
                wrap(lambda x: tf.nn.dropout(x[:, 0, 0], 0.3), backend="tensorflow", input_shape=SHAPE)

    def test_nan(self, x):
        model = wrap(lambda t: t[:, 0, 0] / tf.zeros(3), backend="tensorflow", input_shape=SHAPE)
        with pytest.raises(InputError, match="NaN or infinite"):
            model.scores(x)

    def test_failing_network(self):
        def function(t):
            return tf.reshape(t, (-1, 192)) @ tf.zeros((5, 2))

        with pytest.raises(InputError, match=r"failed on an input of shape \(4, 8, 8, 3\): \w+: Matrix size") as caught:
            wrap(function, backend="tensorflow", input_shape=SHAPE)
        assert "{{" not in str(caught.value)
        assert isinstance(caught.value.__cause__, tf.errors.InvalidArgumentError)

    def test_failure_at_one_input_does_not_stay(self, x):
        def function(t):
            with tf.control_dependencies([tf.debugging.assert_less(t, 1.0, message="too large")]):
                return tf.identity(t[:, 0, 0])

        model = wrap(function, backend="tensorflow", input_shape=SHAPE)
        for _ in range(2):
            with pytest.raises(InputError, match=r"failed on an input of shape \(3, 8, 8, 3\).*too large"):
                model.scores(np.ones_like(x))
        np.testing.assert_allclose(model.scores(x), x[:, 0, 0])

    def test_input_shape_that_does_not_fit(self):
        with pytest.raises(InputError, match=r"takes inputs of shape \(8, 8, 3\), but found \(9, 8, 3\)"):
            wrap(sequential(), input_shape=(9, 8, 3))

    def test_changed_network(self, x):
        network = sequential(None)
        model = wrap(network)
        network.add(layers.Dense(2))
        with pytest.raises(InputError, match="wrap it again"):
            model.scores(x)


class TestOutputs:
    @pytest.mark.parametrize(
        "end",
        [
            lambda z: layers.Dense(3, activation="softmax", name="end")(z),
            lambda z: layers.Dense(3, activation=tf.nn.softmax, name="end")(z),
            lambda z: layers.Softmax(name="end")(layers.Dense(3)(z)),
            lambda z: layers.Activation("softmax", name="end")(layers.Dense(3)(z)),
            lambda z: keras.ops.softmax(layers.Dense(3)(z)),
        ],
    )
    def test_final_softmax_is_left_out(self, x, end):
        inputs = keras.Input(SHAPE)
        network = keras.Model(inputs, end(layers.Flatten()(inputs)))
        model = wrap(network)
        assert model.outputs == "logits"
        kernel, bias = network.get_weights()
        np.testing.assert_allclose(model.scores(x), x.reshape(3, -1) @ kernel + bias, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(model.probabilities(x), network(x), rtol=1e-4)
        assert wrap(network, outputs="probabilities").outputs == "logits"
        as_they_are = wrap(network, outputs="values")
        np.testing.assert_allclose(as_they_are.scores(x), network(x), rtol=1e-5)

    def test_softmax_at_the_end_of_a_nested_network(self, x):
        network = keras.Sequential([keras.Input(SHAPE), sequential()])
        model = wrap(network)
        assert model.outputs == "logits"
        np.testing.assert_allclose(softmax(model.scores(x)), network(x, training=False), rtol=1e-4)
        assert np.abs(model.scores(x).sum(axis=1)).max() > 1e-3

    def test_only_the_last_call_of_a_softmax_is_left_out(self, x):
        dense = layers.Dense(3, activation="softmax", name="twice")
        inputs = keras.Input((3,))
        network = keras.Model(inputs, dense(dense(inputs)))
        x = x[:, 0, 0]
        kernel, bias = network.get_weights()
        expected = softmax(x @ kernel + bias) @ kernel + bias
        np.testing.assert_allclose(wrap(network).scores(x), expected, rtol=1e-4, atol=1e-6)

    def test_layer_that_is_left_out(self):
        network = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.Softmax(name="end")])
        with pytest.raises(InputError, match="left out"):
            wrap(network).at("end")
        assert wrap(network, outputs="values").at("end").shape == (3,)

    def test_unreached_softmax(self, x):
        network = built(Subclassed("softmax"))
        model = wrap(network, input_shape=SHAPE)
        assert model.outputs == "probabilities"
        np.testing.assert_allclose(model.scores(x), np.log(network(x)), rtol=1e-4)

    def test_unreached_log_softmax(self, x):
        network = built(Subclassed("log_softmax"))
        model = wrap(network, input_shape=SHAPE)
        assert model.outputs == "probabilities"
        np.testing.assert_allclose(model.scores(x), network(x), rtol=1e-5)

    def test_vanishing_probability_has_a_logarithm(self):
        model = wrap(lambda x: tf.nn.softmax(1e4 * x), backend="tensorflow", input_shape=(3,))
        found = model.at(None).differentiate(np.array([[0.1, 0.9, 0.5]], np.float32), first())
        assert np.isfinite(found.scores).all()

    def test_wrong_claim_of_probabilities(self):
        with pytest.raises(InputError, match="sum to"):
            wrap(sequential(None), outputs="probabilities")

    @pytest.mark.parametrize("reached", [True, False])
    def test_single_sigmoid(self, x, reached):
        network = sequential("sigmoid", 1) if reached else built(Subclassed("sigmoid", 1))
        model = wrap(network, input_shape=SHAPE, classes=["cat", "dog"])
        p = network(x, training=False).numpy()
        assert model.output_count == 2
        assert model.outputs == ("logits" if reached else "probabilities")
        np.testing.assert_allclose(model.probabilities(x), np.concatenate([1 - p, p], axis=1), rtol=1e-4)
        expected = [0 * p, np.log(p / (1 - p))] if reached else [np.log(1 - p), np.log(p)]
        np.testing.assert_allclose(model.scores(x), np.concatenate(expected, axis=1), rtol=1e-3, atol=1e-5)

    @pytest.mark.parametrize(
        ("classes", "loss", "expected"),
        [
            (None, None, "values"),
            (None, "mse", "values"),
            (("no", "yes"), None, "logits"),
            (None, keras.losses.BinaryCrossentropy(from_logits=True), "logits"),
            (None, "binary_crossentropy", "logits"),
        ],
    )
    def test_single_output_without_sigmoid(self, x, classes, loss, expected):
        network = sequential(None, 1)
        if loss is not None:
            network.compile(loss=loss)
        model = wrap(network, classes=classes)
        assert model.outputs == expected
        z = network(x, training=False)
        np.testing.assert_allclose(model.scores(x)[:, -1:], z, rtol=1e-5)
        assert model.output_count == (1 if expected == "values" else 2)

    def test_loss_on_probabilities_tells_of_a_sigmoid_that_cannot_be_seen(self, x):
        network = built(Subclassed(lambda z: 0.5 * (1 + tf.tanh(z / 2)), 1))
        network.compile(loss="binary_crossentropy")
        model = wrap(network, input_shape=SHAPE)
        assert model.outputs == "probabilities"
        np.testing.assert_allclose(model.scores(x)[:, 1:], np.log(network(x)), rtol=1e-4)

    def test_independent_labels_are_values(self, x):
        network = sequential("sigmoid")
        model = wrap(network)
        assert model.outputs == "values"
        np.testing.assert_allclose(model.scores(x), network(x, training=False), rtol=1e-5)
        p = network(x, training=False).numpy()
        np.testing.assert_allclose(wrap(network, outputs="logits").scores(x), np.log(p / (1 - p)), rtol=1e-3, atol=1e-5)

    def test_softmax_over_one_output(self):
        with pytest.raises(UnsupportedModelError, match="softmax over a single output"):
            wrap(sequential("softmax", 1))


class TestLayers:
    def test_cut_above_and_below_agree(self, x):
        model = wrap(trained(sequential()))
        assert model.layers == ["conv", "norm", "dropout", "flatten", "head"]
        for layer in model.layers:
            cut = model.at(layer)
            activations = cut.activations(x)
            found = cut.differentiate(x, first())
            assert activations.shape == (3, *cut.shape) == found.gradients.shape
            np.testing.assert_allclose(found.activations, activations, rtol=1e-5)
            again = cut.differentiate(np.zeros_like(x), first(), latent=activations)
            np.testing.assert_allclose(again.values, found.values, rtol=1e-4)
            np.testing.assert_allclose(again.gradients, found.gradients, rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(cut.evaluate(x, first(), activations).values, found.values, rtol=1e-5)

    def test_against_a_network_cut_by_hand(self, x):
        network = trained(sequential(None))
        z = network.layers[0](x)
        _, gradient = by_hand(lambda t: network.layers[4](network.layers[3](network.layers[1](t, training=False))), z)
        found = wrap(network).at("conv").differentiate(x, first())
        np.testing.assert_allclose(found.activations, z, rtol=1e-5)
        np.testing.assert_allclose(found.gradients, gradient, rtol=1e-4, atol=1e-6)

    def test_residual_and_nested(self, x):
        network = functional()
        model = wrap(network)
        assert model.layers == ["stem", "inner", "sum", "block", "pool", "head"]
        stem, block = network.get_layer("stem")(x), network.get_layer("block")
        inner, kernel = block.get_layer("inner"), network.get_layer("head").get_weights()[0]
        np.testing.assert_allclose(model.at("inner").activations(x), inner(stem), rtol=1e-4, atol=1e-6)
        # After the skip connection comes a mean over the places and a dense layer: the derivative is the same at each.
        found = model.at("inner").differentiate(x, first())
        np.testing.assert_allclose(found.gradients, np.broadcast_to(kernel[:, 0] / 64, (3, 8, 8, 4)), rtol=1e-5)
        # Below the replaced output the input still runs, so the skip connection sees it.
        latent = np.zeros((3, 8, 8, 4), np.float32)
        expected = tf.reduce_mean(stem, axis=(1, 2)) @ kernel + network.get_layer("head").get_weights()[1]
        np.testing.assert_allclose(
            model.at("inner").evaluate(x, first(), latent).scores, expected, rtol=1e-4, atol=1e-6
        )
        _, gradient = by_hand(lambda z: tf.reduce_mean(z + inner(z), axis=(1, 2)) @ kernel, stem)
        np.testing.assert_allclose(model.at("stem").differentiate(x, first()).gradients, gradient, rtol=1e-4, atol=1e-6)

    def test_layer_that_returns_its_own_input(self, x):
        inputs = keras.Input((3,))
        network = keras.Model(inputs, layers.Add()([inputs, layers.Dropout(0.5, name="dropout")(inputs)]))
        x = x[:, 0, 0]
        found = wrap(network).at("dropout").differentiate(x, first())
        np.testing.assert_allclose(found.gradients, np.tile([1.0, 0, 0], (3, 1)))
        found = wrap(network).at("dropout").evaluate(x, first(), latent=np.zeros_like(x))
        np.testing.assert_allclose(found.scores, x, rtol=1e-6)

    def test_reused_layer(self, x):
        inputs, shared = keras.Input((3,)), layers.Dense(3, name="shared")
        network = keras.Model(
            inputs, layers.Dense(2, name="head")(keras.ops.tanh(shared(keras.ops.sin(shared(inputs)))))
        )
        model = wrap(network)
        assert model.layers == ["shared:0", "shared:1", "head"]
        x, (kernel, bias, top, _) = x[:, 0, 0], network.get_weights()
        np.testing.assert_allclose(model.at("shared:0").activations(x), x @ kernel + bias, rtol=1e-5, atol=1e-6)
        second = np.sin(x @ kernel + bias) @ kernel + bias
        np.testing.assert_allclose(model.at("shared:1").activations(x), second, rtol=1e-5, atol=1e-6)
        gradient = (1 - np.tanh(second) ** 2) * top[:, 0]
        found = model.at("shared:1").differentiate(x, first(2))
        np.testing.assert_allclose(found.gradients, gradient, rtol=1e-4, atol=1e-6)
        with pytest.raises(InputError, match=r"'shared' is called 2 times.*'shared:0', 'shared:1'"):
            model.at("shared")

    def test_reused_network_and_names_that_clash(self, x):
        inside = keras.Input((3,))
        block = keras.Model(inside, layers.Dense(3, name="dense")(inside), name="block")
        inputs = keras.Input((3,))
        network = keras.Model(inputs, layers.Dense(2, name="dense")(block(block(inputs))))
        model = wrap(network)
        assert model.layers == ["block/dense:0", "block:0", "block/dense:1", "block:1", "dense"]
        x, (kernel, bias, top, _) = x[:, 0, 0], network.get_weights()
        np.testing.assert_allclose(model.at("block/dense:0").activations(x), x @ kernel + bias, rtol=1e-5, atol=1e-6)
        found = model.at("block/dense:0").differentiate(x, first(2))
        np.testing.assert_allclose(found.gradients, np.tile(kernel @ top[:, 0], (3, 1)), rtol=1e-4, atol=1e-6)

    def test_layer_as_the_objective(self, x):
        network = functional()
        model = wrap(network)
        weights = np.zeros((1, 8, 8, 4), np.float32)
        weights[0, 2, 3, 1] = 1
        objective = Objective(weights, layer="stem")
        found = model.at(None).differentiate(x, objective)
        tensor = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            values = network.get_layer("stem")(tensor)[:, 2, 3, 1]
        assert found.scores.shape == (3, 0)
        np.testing.assert_allclose(found.values, values, rtol=1e-5)
        np.testing.assert_allclose(found.gradients, tape.gradient(values, tensor), rtol=1e-5)
        found = model.at("inner").differentiate(x, Objective(weights, layer="block"))
        np.testing.assert_allclose(found.gradients, np.tile(weights, (3, 1, 1, 1)))

    def test_layer_that_does_not_feed_the_objective(self, x):
        cut = wrap(functional()).at("pool")
        with pytest.raises(InputError, match="'stem' does not depend on the layer 'pool'"):
            cut.differentiate(x, Objective(np.ones((1, 1, 1, 1)), layer="stem"))

    def test_text_through_an_embedding(self):
        inputs = keras.Input((4,))
        embedded = layers.Embedding(9, 5, mask_zero=True, name="embedding")(inputs)
        network = keras.Model(inputs, layers.Dense(2, name="head")(layers.LSTM(6, name="lstm")(embedded)))
        words = np.array([[3, 1, 0, 0], [1, 2, 3, 4]], np.float32)
        model = wrap(network, bounds=None)
        np.testing.assert_allclose(model.scores(words), network(words), rtol=1e-5)
        found = model.at("embedding").differentiate(words, first(2))
        assert np.abs(found.gradients[0, :2]).min() > 0
        np.testing.assert_array_equal(found.gradients[0, 2:], 0)  # The mask goes around the cut.
        with pytest.raises(InputError, match="nothing between two token ids"):
            model.at(None).differentiate(words, first(2))


class TestPreprocess:
    def test_mean_and_deviation(self, x):
        network, mean, deviation = sequential(None), [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
        model = wrap(network, preprocess={"mean": mean, "std": deviation})
        scores, gradient = by_hand(lambda t: network((t - mean) / deviation, training=False), x)
        np.testing.assert_allclose(model.scores(x), scores, rtol=1e-4, atol=1e-6)
        found = model.at(None).differentiate(x, first())
        np.testing.assert_allclose(found.gradients, gradient, rtol=1e-4, atol=1e-6)

    def test_channels_first(self, x):
        inputs = keras.Input((3, 8, 8))
        network = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(inputs)))
        mean = np.array([0.1, 0.2, 0.3], np.float32)
        x = np.moveaxis(x, -1, 1)
        model = wrap(network, preprocess={"mean": list(mean)})
        np.testing.assert_allclose(model.scores(x), network(x - mean[:, None, None]), rtol=1e-4, atol=1e-6)

    def test_function(self, x):
        network = sequential(None)
        model = wrap(network, preprocess=lambda t: tf.transpose(t, (0, 2, 3, 1)) * 2, input_shape=(3, 8, 8))
        scores = network(2 * x, training=False)
        np.testing.assert_allclose(model.scores(np.moveaxis(x, -1, 1)), scores, rtol=1e-4, atol=1e-6)

    def test_wrong_number_of_channels(self):
        with pytest.raises(InputError, match=r"2 numbers for mean.*3 channels"):
            wrap(sequential(), preprocess={"mean": [0.1, 0.2]})

    def test_failing_function(self):
        with pytest.raises(InputError, match=r"preprocessing failed.*KeyError"):
            wrap(sequential(), preprocess=lambda t: {}["missing"])


class TestUnchanged:
    @pytest.mark.parametrize("make", [sequential, functional, lambda: built(Subclassed("softmax"))])
    def test_after_success_and_error(self, x, make):
        network = make()
        network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
        network.layers[0].trainable = False
        before = everything(network)
        model = wrap(network, input_shape=SHAPE)
        for layer in [None, *model.layers]:
            model.at(layer).activations(x)
            model.at(layer).differentiate(x, first())
            with pytest.raises(InputError):
                model.at(layer).differentiate(x, Objective(np.zeros((1, 3)), function=lambda s: 1 / 0))
        assert everything(network) == before
        with pytest.raises(InputError):
            wrap(network, input_shape=SHAPE, preprocess=lambda t: t[:, :5])
        assert everything(network) == before

    def test_losses_and_updates_of_layers_stay_away(self, x):
        class Counting(layers.Layer):
            def build(self, shape):
                self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

            def call(self, x):
                self.calls.assign_add(1.0)
                self.add_loss(tf.reduce_sum(x))
                return x

        inputs = keras.Input(SHAPE)
        counting = Counting(name="counting")
        flat = layers.Flatten()(counting(inputs))
        network = keras.Model(inputs, layers.Dense(3, activity_regularizer="l2")(flat))
        before = everything(network)
        model = wrap(network)
        model.at("counting").differentiate(x, first())
        assert everything(network) == before
        assert float(counting.calls) == 0

    def test_twin_of_the_last_layer_is_not_seen(self, x):
        network = sequential()
        head = network.get_layer("head")
        wrap(network).scores(x)
        assert head.activation is keras.activations.softmax
        np.testing.assert_allclose(np.sum(network(x), axis=1), 1, rtol=1e-5)

    def test_training_goes_on(self, x):
        network = sequential()
        network.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy")
        model = wrap(network)
        before = model.scores(x)
        network.fit(x, np.array([0, 1, 2]), epochs=2, verbose=0)
        after = model.scores(x)
        assert np.abs(after - before).max() > 1e-3
        np.testing.assert_allclose(softmax(after), network(x, training=False), rtol=1e-4)

    def test_cleared_session(self, x):
        network = sequential()
        model = wrap(network)
        before = model.at("conv").differentiate(x, first())
        keras.backend.clear_session()
        again = model.at("conv").differentiate(x, first())
        np.testing.assert_allclose(again.gradients, before.gradients, rtol=1e-5)
        np.testing.assert_allclose(model.at("norm").differentiate(x, first()).values, before.values, rtol=1e-4)

    def test_global_state(self):
        network = keras.Sequential([keras.Input((3,)), layers.Dense(2)])

        def seed():
            keras.utils.clear_session()  # In Keras 3.11 and before, the seed alone does not start the generator anew.
            keras.utils.set_random_seed(7)

        seed()
        expected = keras.random.normal((3,)).numpy(), np.random.random()  # noqa: NPY002
        seed()
        wrap(network).scores(np.ones(3, np.float32))
        np.testing.assert_array_equal(keras.random.normal((3,)), expected[0])
        assert np.random.random() == expected[1]  # noqa: NPY002


class TestTraces:
    def count(self, model):
        """How often functions were traced; the first call of each runs untraced."""
        runs = [kept.run for kept in model._traces.values() if hasattr(kept, "run")]
        return sum(run.experimental_get_tracing_count() for run in runs)

    def test_one_trace_for_all_classes_and_chunks(self, x):
        model = wrap(sequential())
        cut = model.at("conv")
        for rows in (1, 2, 3):
            for index in range(3):
                cut.differentiate(x[:rows], first(index=index))
                cut.differentiate(x[:rows], Objective(np.zeros((1, 3)), top=True))
                cut.differentiate(x[:rows], Objective(np.ones((rows, 3), np.float32)))
        assert self.count(model) == len(model._traces) == 1
        for _ in range(3):
            cut.differentiate(x, Objective(np.ones((1, 3)), "log_softmax"))
        assert self.count(model) == len(model._traces) == 2

    def test_first_call_and_traced_calls_agree(self, x):
        for model in (wrap(trained(sequential())), wrap(functional())):
            for layer in [None, *model.layers]:
                plain, traced = (model.at(layer).differentiate(x, first()) for _ in range(2))
                for one, other in zip(plain[:4], traced[:4], strict=True):
                    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
            assert self.count(model) == 1 + len(model.layers)

    def test_what_is_traced_never_writes_its_tensors_out(self, x, monkeypatch):
        """TensorFlow does where a call does not fit the signature at once: it took four fifths of a pass."""
        model = wrap(sequential())
        passes = [
            lambda: model.scores(x),
            lambda: model.at("conv").activations(x),
            lambda: model.at("conv").evaluate(x, first()),
            lambda: model.at("conv").differentiate(x, first()),
            lambda: model.at("conv").differentiate(x, Objective(np.ones((1, 3)), "log_softmax")),
            lambda: model.at(None).propagate(x, first(), Relevance(Epsilon(), Gamma())),
            lambda: model.at(None).propagate(x, first(), Rescaled(), np.zeros_like(x)),
        ]
        for run in passes:
            run()
        monkeypatch.setattr(type(tf.constant(0.0)), "__repr__", lambda tensor: pytest.fail("A tensor was written out."))
        for run in passes:
            run()
            run()
        assert self.count(model) == len(model._traces) > 3

    def test_network_that_cannot_be_traced_still_runs(self, x):
        weights = tf.Variable(np.random.default_rng(0).normal(size=(192, 3)).astype(np.float32))
        model = wrap(lambda t: tf.reshape(t, (t.shape[0], -1)) @ weights, backend="tensorflow", input_shape=SHAPE)
        model.at(None).differentiate(x, first())
        with pytest.warns(UserWarning, match="cannot trace it"):
            found = model.at(None).differentiate(x[:2], first(index=2))
        np.testing.assert_allclose(found.gradients[1].ravel(), weights.numpy()[:, 2], rtol=1e-5)
        assert model.at(None).differentiate(x[:1], first()).values.shape == (1,)  # And warns once.

    def test_a_function_is_traced_once(self, x):
        model = wrap(sequential())

        def margin(scores):
            return scores[:, 0] - scores[:, 1]

        for _ in range(3):
            model.at(None).differentiate(x, Objective(np.zeros((1, 3)), function=margin))
        assert self.count(model) == 1

    def test_functions_do_not_pile_up(self):
        network = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer="ones")])
        model = wrap(network)
        x = np.ones((1, 3), np.float32)
        cut, gone = model.at(None), []
        for factor in range(TRACES + 3):

            def scaled(scores, factor=factor):
                return factor * scores[:, 0]

            gone.append(weakref.ref(scaled))
            assert cut.evaluate(x, Objective(np.zeros((1, 2)), function=scaled)).values[0] == pytest.approx(3 * factor)
            del scaled
        assert len(model._traces) == TRACES
        gc.collect()
        assert gone[0]() is None
        assert gone[-1]() is not None

    def test_a_model_goes(self, x):
        network = sequential()
        reference = weakref.ref(model := wrap(network))
        model.at("conv").differentiate(x, first())
        del model
        gc.collect()
        assert reference() is None

    def test_from_threads(self, x):
        network = functional()
        model = wrap(network)
        expected = {layer: wrap(network).at(layer).differentiate(x, first()).gradients for layer in model.layers}
        found, errors = {}, []

        def work(layer):
            try:
                found[layer] = model.at(layer).differentiate(x, first()).gradients
            except Exception as error:  # noqa: BLE001 - it is told below
                errors.append(error)

        threads = [threading.Thread(target=work, args=(layer,)) for layer in model.layers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        for layer in model.layers:
            np.testing.assert_allclose(found[layer], expected[layer], rtol=1e-5, atol=1e-7)


def test_a_pass_holds_no_more_than_it_still_needs(x):
    alive, most = [], []

    class Observed(layers.Layer):
        def call(self, inputs):
            made = inputs + 1.0
            if not tf.is_symbolic_tensor(made):
                alive.append(weakref.ref(made))
                most.append(sum(reference() is not None for reference in alive))
            return made

    entry = keras.Input(SHAPE)
    output = entry
    for _ in range(8):
        output = Observed()(output)
    network = keras.Model(entry, layers.Dense(3)(layers.Flatten()(output)))
    model, expected = wrap(network), network(x).numpy()
    alive.clear()
    most.clear()
    np.testing.assert_allclose(model.scores(x), expected, rtol=1e-5)
    assert len(most) == 8
    assert max(most) <= 3


def test_repr_tells_what_was_found():
    text = repr(wrap(sequential()))
    taken = "picture (8, 8, 3) of height, width, channels, as its first layer, Conv2D, reads it, bounds (0, 1)"
    found = "3 outputs (logits: before the softmax at the end), 5 layers"
    found += " (what their axes stand for was seen in a pass at all of them)"
    assert text == f"Model(Sequential on tensorflow, {taken}, {found})"
