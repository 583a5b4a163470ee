"""The networks that answer questions about drawn scenes: where they come from, and how they were trained."""

from __future__ import annotations

from types import ModuleType
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.data.asked_scenes import KINDS, AskedScenes, Language, draw_asked_scenes
from xai_course.data.question_grammar import ANSWERS, WORDS, numbers, vocabulary
from xai_course.data.shape_drawing import SIDE
from xai_course.flowers import one_cycle
from xai_course.networks.architecture import ANSWERING
from xai_course.networks.batch_norm import folded, normalised
from xai_course.networks.shipped import load_shipped

SEEDS = (0, 1, 2)
COUNT, EPOCHS, BATCH, RATE = 8000, 12, 32, 5e-3


def network(lab: ModuleType, language: Language = "even", seed: int = 0) -> Any:
    """Return a network that answers questions about drawn scenes.

    It was trained in PyTorch, comes with the course and serves both frameworks.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    language : {"even", "telling"}, default "even"
        Of the questions that it learnt from: whether they tell the colour that is asked for, see `draw_asked_scenes`.
    seed : {0, 1, 2}, default 0
        Of the first weights, the scenes, and their order.

    Raises
    ------
    ValueError
        If there is no such network.
    """
    if language not in get_args(Language) or seed not in SEEDS:
        raise ValueError(
            f"There is no network for language={language!r} and seed={seed!r}; expected "
            f"{' or '.join(map(repr, get_args(Language)))}, and one of {', '.join(map(str, SEEDS))}."
        )
    return lab.build(ANSWERING, load_shipped(shipped_name(language, seed), ANSWERING))


def trained(lab: ModuleType, scenes: AskedScenes, seed: int = 0, epochs: int = EPOCHS) -> Any:
    """Return a network trained on scenes, with batch norms that are folded into its weights at the end."""
    fresh = lab.build(normalised(ANSWERING), seed=seed)
    lab.train(
        fresh,
        (scenes.pictures, scenes.words),
        scenes.answers,
        epochs=epochs,
        batch=BATCH,
        rate=RATE,
        seed=seed,
        schedule=one_cycle,
    )
    return lab.build(ANSWERING, folded(ANSWERING, lab.weights_of(fresh)))


def training_scenes(language: Language, seed: int = 0) -> AskedScenes:
    """Return the scenes that a network learnt from; no seed of these is used for others."""
    return draw_asked_scenes(COUNT, language=language, seed=10_000 + seed)


def wrapped(lab: ModuleType, network: Any) -> xai.Model:
    """Return a network as the library sees it: two inputs, "picture" and "question", which may be a text."""
    shape = lab.layout(np.zeros((SIDE, SIDE, 3), np.float32)).shape
    return xai.wrap(
        network,
        classes=ANSWERS,
        input_shape=[shape, (WORDS,)],
        input_names=["picture", "question"],
        vocabulary=vocabulary(),
        padding=0,
    )


def asked(lab: ModuleType, network: Any, question: str) -> xai.Model:
    """Return a network that is always asked the same, as one of a picture alone."""
    return xai.wrap(
        lab.beside(network, numbers([question])[0]),
        classes=ANSWERS,
        input_shape=lab.layout(np.zeros((SIDE, SIDE, 3), np.float32)).shape,
        backend=lab.BACKEND,
    )


def inputs(lab: ModuleType, scenes: AskedScenes) -> dict[str, Any]:
    """Return some scenes with their questions as the library takes them."""
    return {"picture": lab.layout(scenes.pictures), "question": scenes.words}


def answered(lab: ModuleType, network: Any, scenes: AskedScenes) -> NDArray[np.int64]:
    """Return the answers to some scenes, as numbers of classes."""
    answers: NDArray[np.int64] = lab.predict(network, (scenes.pictures, scenes.words)).argmax(axis=1)
    return answers


def by_kind(true: NDArray[np.bool_], scenes: AskedScenes) -> dict[str, float]:
    """Return in which share of the questions of each kind something is true."""
    return {kind: float(true[scenes.kinds == kind].mean()) for kind in KINDS}


def shipped_name(language: Language, seed: int) -> str:
    """Return the name under which a network comes with the course."""
    return f"answering_{language}_{seed}"
