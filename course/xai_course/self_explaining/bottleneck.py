"""Concept bottlenecks for double flowers (Koh and others 2020): from picture to concepts, from these to the class."""

from __future__ import annotations

import zlib
from dataclasses import replace
from types import ModuleType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

import xai_widgets as xai
from xai_course.data import cache_folder
from xai_course.data.flowers import Flowers, load_flowers
from xai_course.networks.architecture import FLOWERS_BOTTLENECK, FLOWERS_LOGIT_BOTTLENECK, Architecture
from xai_course.networks.shipped import load_shipped
from xai_course.networks.weights import Weights, initial_weights, keep, load
from xai_course.self_explaining.concepts import CONCEPTS, truths

Taught = Literal["independent", "sequential", "joint", "logits"]
"""What the head learns from: from true concepts, from those that the network sees, or together with these; the last is
sequential, too, and reads their logits."""

LAYER, LOGITS = "concepts", "concept_logits"
COUNT, EPOCHS, BATCH, RATE = 1500, 5, 32, 5e-3
"""Flowers, of which four in five are for training; few, and seen a few times only, so that there is something to put
right."""
JOINT, JOINT_EPOCHS = 11.0, 7
"""The weight of the mean loss of 11 concepts beside that of the class in a joint training: lambda is one in the words
of Koh and others. A head that begins with concepts that mean nothing yet takes longer."""
OFF, ON = 5, 95
"""The percentiles of logits that stand for no and yes."""
SEEDS = (0, 1, 2)


def architecture(taught: Taught) -> Architecture:
    """Return the network: three of them differ in their training alone."""
    return FLOWERS_LOGIT_BOTTLENECK if taught == "logits" else FLOWERS_BOTTLENECK


def network(lab: ModuleType, taught: Taught = "independent", seed: int = 0) -> Any:
    """Return a concept bottleneck for double flowers.

    The weights of seed 0 come with the course and serve both frameworks. Those of another seed are trained when they
    are first asked for, in some ten seconds, and kept in the course's cache folder.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    taught : {"independent", "sequential", "joint", "logits"}, default "independent"
        What the head learnt from.
    seed : int, default 0
        Of the first weights, and of the order of the pictures.

    Raises
    ------
    ValueError
        If `taught` is none of these.
    """
    if taught not in get_args(Taught):
        raise ValueError(f"taught is {taught!r}; expected {', '.join(map(repr, get_args(Taught)))}.")
    if seed == 0:
        return lab.build(architecture(taught), load_shipped(shipped_name(taught), architecture(taught)))
    mark = zlib.crc32(repr((architecture(taught), COUNT, EPOCHS, BATCH, RATE, JOINT, JOINT_EPOCHS)).encode())
    path = cache_folder() / f"{shipped_name(taught)}_{lab.BACKEND}_{seed}_{mark:08x}.safetensors"
    if path.exists():
        return lab.build(architecture(taught), load(path, architecture(taught)))
    found = trained(lab, taught, load_flowers("double", COUNT), seed)
    keep(path, lab.weights_of(found))
    return found


def trained(lab: ModuleType, taught: Taught, flowers: Flowers, seed: int = 0) -> Any:
    """Return a bottleneck trained on the training flowers, a joint one at once, any other part by part."""
    pictures, labels = flowers.pictures[flowers.train], flowers.labels[flowers.train]
    true, run = truths(flowers)[flowers.train], {"epochs": EPOCHS, "batch": BATCH, "rate": RATE, "seed": seed}
    if taught == "joint":
        found = lab.build(FLOWERS_BOTTLENECK, seed=seed)
        lab.train(found, pictures, labels, beside=(LOGITS, true, JOINT), **run | {"epochs": JOINT_EPOCHS})
        return found
    whole = architecture(taught)
    first = _until(whole, LAYER if taught == "logits" else LOGITS)
    sees = lab.build(first, {name: initial_weights(whole, seed)[name] for name in first.weight_shapes()})
    lab.train(sees, pictures, true, **run)
    logits = lab.predict(sees, pictures)
    learnt = {"independent": true, "sequential": expit(logits), "logits": logits}[taught]
    return lab.build(whole, lab.weights_of(sees) | fitted_head(learnt, labels))


def fitted_head(concepts: NDArray[Any], labels: NDArray[np.int64]) -> Weights:
    """Return the weights of a linear layer from concepts to classes, by logistic regression."""
    found = LogisticRegression(max_iter=1000).fit(concepts, labels)
    return {"dense.weight": found.coef_.astype(np.float32), "dense.bias": found.intercept_.astype(np.float32)}


def wrapped(lab: ModuleType, network: Any, flowers: Flowers) -> xai.Model:
    """Return a bottleneck as the library sees it, with the names of classes and concepts."""
    shape = lab.layout(flowers.pictures[:1]).shape[1:]
    return xai.wrap(network, classes=flowers.classes, input_shape=shape, units={LAYER: CONCEPTS})


def levels(model: xai.Model, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return what stands for no and yes at each concept, (2, concepts): the percentiles of what it says of inputs."""
    said = xai.Intervention(LAYER, {})(model, inputs).said
    found: NDArray[np.float64] = np.percentile(said, [OFF, ON], axis=0)
    return found


def told(
    true: NDArray[np.floating[Any]], concepts: list[str], no_and_yes: NDArray[np.floating[Any]] | None = None
) -> dict[str, NDArray[np.floating[Any]]]:
    """Return what to set concepts to where their truth is told, as `xai.Intervention` takes it.

    Parameters
    ----------
    true : array of shape (pictures, concepts)
        From `truths`.
    concepts : list of str
        Which are told.
    no_and_yes : array of shape (2, concepts), optional
        From `levels`, where concepts are no probabilities.
    """
    values = true if no_and_yes is None else np.where(true > 0, no_and_yes[1], no_and_yes[0])
    return {concept: values[:, CONCEPTS.index(concept)] for concept in concepts}


def shipped_name(taught: Taught) -> str:
    """Return the name under which the weights of seed 0 come with the course."""
    return f"flowers_bottleneck_{taught}"


def _until(whole: Architecture, layer: str) -> Architecture:
    """Return a network up to one of its layers."""
    names = list(whole.layers)
    return replace(whole, layers={name: whole.layers[name] for name in names[: names.index(layer) + 1]})
