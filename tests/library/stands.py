"""What calls with odd arguments stand on: models of a framework, inputs that fit, and what `wrap` and widgets take."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import xai_widgets as xai
from tests.later import keras, layers, tf
from tests.library.shapes import CLASSES, SIDE, WORDS, Reader, namespace

IDS = np.array([2, 5, 4, 0])


@dataclass(frozen=True)
class Stand:
    """The models of a framework.

    Attributes
    ----------
    models : list of (model, inputs)
        The first takes pictures, with layers that are called as in `shapes`.
    wrapping : list of dict
        What `wrap` is given.
    images : array
        What widgets of pictures are given.
    reader : (model, texts)
        What the widget of texts is given.
    table : Model
        What takes rows of three columns.
    several : (model, inputs)
        What takes a picture and a row of two numbers.
    odd : list
        More odd arguments.
    """

    models: list[tuple[Any, Any]]
    wrapping: list[dict[str, Any]]
    images: Any
    reader: tuple[Any, Any]
    table: Any
    several: tuple[Any, Any]
    odd: list[Any]


def torch_stand():
    names = namespace()
    model, batch = names["model"], names["batch"]
    pairs = [(model, names["x"]), (model, batch[:2]), (names["reader"], IDS), (names["segmenter"], names["x"])]
    wrapping = [
        {"network": names["network"], "classes": CLASSES, "input_shape": (1, SIDE, SIDE)},
        {"network": Reader(), "input_shape": (4,)},
    ]
    several = names["two_inputs"], (names["picture"], names["row"])
    texts = names["reader"], ["a fine film", "dull"]
    return Stand(pairs, wrapping, names["images"], texts, names["flowers"], several, [])


def keras_stand():
    keras.utils.set_random_seed(0)
    of, batch = layers, np.moveaxis(namespace()["batch"], 1, -1)
    network = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            of.Conv2D(8, 3, padding="same", activation="relu", name="conv"),
            of.Conv2D(8, 3, padding="same", activation="relu", name="conv2"),
            of.MaxPooling2D(4),
            of.Flatten(),
            of.Dense(3),
        ]
    )
    reads = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            of.Embedding(len(WORDS), 2, name="embedding"),
            of.GlobalAveragePooling1D(),
            of.Dense(2),
        ]
    )
    picture, row = keras.Input((SIDE, SIDE, 1), name="picture"), keras.Input((2,), name="row")
    both = of.Concatenate()([of.Flatten()(picture), row])
    asks = xai.wrap(keras.Model([picture, row], of.Dense(3)(both)), classes=CLASSES, bounds=[(0, 1), None])
    places = keras.Sequential([keras.Input((SIDE, SIDE, 1)), of.Conv2D(2, 3, padding="same")])
    model, reader = xai.wrap(network, classes=CLASSES), xai.wrap(reads, classes=["good", "bad"], vocabulary=WORDS)
    segmenter = xai.wrap(places, classes=["ground", "shape"], outputs="logits")
    return Stand(
        [(model, batch[0]), (model, batch[:2]), (reader, IDS), (segmenter, batch[0])],
        [{"network": network, "classes": CLASSES}, {"network": reads}],
        batch,
        (reader, ["a fine film", "dull"]),
        xai.wrap(keras.Sequential([keras.Input((3,)), of.Dense(2)]), classes=["no", "yes"], bounds=None),
        (asks, (batch[0], np.array([1, 0.5], np.float32))),
        [tf.zeros((SIDE, SIDE, 1)), tf.constant(1), tf.Variable(0.5), layers.ReLU(), keras.Input((3,)), tf.float32],
    )
