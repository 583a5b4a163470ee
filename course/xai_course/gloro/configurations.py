"""Robust networks as data: what is trained how, for which distance, and what has been published about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xai_course.networks.architecture import Architecture, Convolution, Dense, Flatten, Layer, MinMax, two_c_two_f


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is trained: by Adam, from orthogonal weights.

    Attributes
    ----------
    epsilon : float
        The distance (l2) that the extra logit stands for in training.
    loss : {"kl", "cross-entropy"}
        Cross-entropy plus `weight` times the divergence that the extra logit causes, or cross-entropy on all logits,
        the extra one being one more wrong class.
    weight : float
        lambda at the end; it rises linearly from 0. With 0 the training is the standard one.
    epochs, batch : int
    rate, last_rate : float
        The learning rate: `rate` for the first half, then falling exponentially to `last_rate`.
    iterations : int
        Power iterations per step.
    """

    epsilon: float
    loss: Literal["kl", "cross-entropy"] = "kl"
    weight: float = 2.0
    epochs: int = 20
    batch: int = 256
    rate: float = 2e-3
    last_rate: float = 1e-6
    iterations: int = 2

    @property
    def is_standard(self) -> bool:
        """Whether the extra logit has no say."""
        return self.loss == "kl" and self.weight == 0


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A network, its recipe, and the distance at which it is certified.

    Attributes
    ----------
    architecture : Architecture
    epsilon : float
        The distance (l2) of the claim.
    recipe : Recipe
    published_vra : float
        The verified robust accuracy on the test set in the source.
    source : str
    trained_here : bool
        Whether course/reproduce trains it. The others are written down to be trained with more time than a course has.
    """

    architecture: Architecture
    epsilon: float
    recipe: Recipe
    published_vra: float
    source: str
    trained_here: bool


def stacked(name: str, input_shape: tuple[int, int, int], convolutions: list[Convolution], *units: int) -> Architecture:
    """Return convolutions and dense layers with MinMax after each but the last."""
    layers: dict[str, Layer] = {}
    for number, convolution in enumerate(convolutions, start=1):
        layers |= {f"conv{number}": convolution, f"minmax{number}": MinMax()}
    layers["flatten"] = Flatten()
    for number, size in enumerate(units, start=1):
        layers[f"dense{number}"] = Dense(size)
        if number < len(units):
            layers[f"minmax{len(convolutions) + number}"] = MinMax()
    return Architecture(name, input_shape, layers)


_SOURCE = "Leino, Wang, Fredrikson (2021): Globally-Robust Neural Networks. ICML."

MNIST = Configuration(
    architecture=two_c_two_f(MinMax),
    epsilon=0.3,
    recipe=Recipe(epsilon=0.45, weight=1.0),
    published_vra=0.957,
    source=f"{_SOURCE} There with 500 epochs.",
    trained_here=True,
)
"""2C2F, of which the course ships one. The recipe is the one that `course/reproduce` chose on a validation split."""

MNIST_FAR = Configuration(
    architecture=stacked(
        "4C3F",
        (28, 28, 1),
        [Convolution(32, 3), Convolution(32, 4, 2), Convolution(64, 3), Convolution(64, 4, 2)],
        512,
        512,
        10,
    ),
    epsilon=1.58,
    recipe=Recipe(epsilon=1.1 * 1.58, weight=1.5, epochs=300, batch=512, rate=1e-3, iterations=5),
    published_vra=0.628,
    source=f"{_SOURCE} The recipe after the authors' training tool, which lets epsilon rise as well.",
    trained_here=False,
)

CIFAR10 = Configuration(
    architecture=stacked(
        "6C2F",
        (32, 32, 3),
        [
            *(Convolution(32, 3), Convolution(32, 3), Convolution(32, 4, 2)),
            *(Convolution(64, 3), Convolution(64, 3), Convolution(64, 4, 2)),
        ],
        512,
        10,
    ),
    epsilon=36 / 255,
    recipe=Recipe(epsilon=1.5 * 36 / 255, epochs=800, batch=512, rate=1e-3, iterations=5),
    published_vra=0.600,
    source=f"{_SOURCE} The recipe is that of our MNIST network, longer.",
    trained_here=False,
)

CONFIGURATIONS = {"mnist": MNIST, "mnist far": MNIST_FAR, "cifar-10": CIFAR10}

STANDARD = Recipe(epsilon=0.0, weight=0.0, epochs=10)
"""The standard twins: the same network, start, batches and optimizer, without the extra logit."""
