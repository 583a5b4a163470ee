"""The course's networks in PyTorch."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from xai_course.networks.weights import Weights, batches, initial_weights
from xai_course.progress import Progress

FRAMEWORK = "PyTorch"
BACKEND = "torch"
"""What `xai_widgets.wrap` calls it."""


def digit_network(weights: Weights | None = None, seed: int = 0) -> nn.Module:
    """Return the network for digits, with these weights or with fresh ones; it puts out 10 logits."""
    given = initial_weights(seed) if weights is None else weights
    network = nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 8, 3, padding="same"),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(8, 16, 3, padding="same"),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            dense1=nn.Linear(16 * 7 * 7, 64),
            relu3=nn.ReLU(),
            dense2=nn.Linear(64, 10),
        )
    )
    network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in given.items()})
    return network.eval()


def train(
    network: nn.Module,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    *,
    steps: int = 500,
    batch: int = 64,
    rate: float = 2e-3,
    seed: int = 0,
) -> None:
    """Train a classifier by Adam on cross-entropy, with a progress bar.

    Parameters
    ----------
    network : torch.nn.Module
    x : array of shape (pictures, height, width, channels)
    y : array of shape (pictures,)
    steps, batch, rate, seed
        How many batches, how many pictures in each, the learning rate, and the seed of their order.
    """
    optimizer = torch.optim.Adam(network.parameters(), rate)
    network.train()
    with _one_thread(), Progress(f"Training in {FRAMEWORK}", steps, f"Trained for {steps} steps.") as progress:
        for step, index in enumerate(batches(len(x), batch, steps, seed)):
            loss = nn.functional.cross_entropy(network(_tensor(x[index])), torch.from_numpy(y[index]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            progress.update(step + 1)
    network.eval()


def predict(network: nn.Module, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logits (pictures, classes) for pictures (pictures, height, width, channels)."""
    with torch.no_grad():
        return np.concatenate([network(_tensor(x[i : i + 500])).numpy() for i in range(0, len(x), 500)])


def weights_of(network: nn.Module) -> Weights:
    """Return the network's weights, from which either framework builds its twin."""
    return {name: value.detach().numpy().copy() for name, value in network.state_dict().items()}


def layout(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return pictures (..., height, width, channels) as the network takes them: channels first."""
    return np.ascontiguousarray(np.moveaxis(pictures, -1, -3))


def tensor(array: NDArray[np.float32]) -> torch.Tensor:
    """Return the array as a tensor, to calculate with inside a function that is explained."""
    return torch.from_numpy(array)


def relu(z: Any) -> Any:
    """Return max(z, 0)."""
    return torch.relu(z)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one core: small layers gain nothing from more, and the sums come out the same on any machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _tensor(pictures: NDArray[np.float32]) -> torch.Tensor:
    return torch.from_numpy(layout(pictures))
