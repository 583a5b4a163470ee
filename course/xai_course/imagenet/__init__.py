"""An ImageNet network in either framework, the names of its classes, and photographs to try it on."""

from __future__ import annotations

import importlib
from importlib.resources import files
from typing import Any

from xai_course.imagenet.architecture import SIZE
from xai_course.imagenet.photographs import PHOTOGRAPHS, load_photograph
from xai_course.imagenet.weights import load_weights
from xai_course.networks import backend as _networks

__all__ = ["PHOTOGRAPHS", "PREPROCESS", "SIZE", "class_names", "load_network", "load_photograph"]

PREPROCESS = {"mean": [127 / 255] * 3, "std": [128 / 255] * 3}
"""How EfficientNet-Lite wants its pictures, for values from 0 to 1."""


def load_network(backend: str | None = None) -> Any:
    """Return EfficientNet-Lite0, trained on ImageNet (Tan and Le 2019); it puts out 1000 logits.

    The layers have the same names in both frameworks. Pictures are (3, 224, 224) in PyTorch and (224, 224, 3) in Keras,
    with `PREPROCESS` applied.

    Parameters
    ----------
    backend : {"torch", "keras"}, optional
        By default what the environment variable XAI_BACKEND says, else "torch". Only this framework is imported.

    Returns
    -------
    torch.nn.Module or keras.Model

    Raises
    ------
    ValueError
        If the backend is neither, or if the file of weights is not the one that is expected.
    ModuleNotFoundError
        If the framework or the package with the weights is not installed; the message says what to install.
    """
    chosen = _networks(backend).__name__.rpartition(".")[2]
    return importlib.import_module(f"xai_course.imagenet.{chosen}").build(load_weights())


def class_names() -> tuple[str, ...]:
    """Return the names of the 1000 classes of ILSVRC 2012 in their order: the first word of each WordNet synset.

    WordNet has two kinds of crane and of maillot; these have their kind added.
    """
    return tuple((files("xai_course.imagenet") / "class_names.txt").read_text(encoding="utf-8").split("\n")[:1000])
