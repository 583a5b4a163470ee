"""Training of globally robust networks in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from xai_course.gloro.configurations import Recipe
from xai_course.gloro.schedules import learning_rate, robust_weight
from xai_course.networks.torch import FRAMEWORK, layout, one_thread
from xai_course.networks.weights import batches, count_steps
from xai_course.progress import Progress

PART = 500
"""Pictures that go through a network at once."""


class BoundLayers:
    """The layers of a network with their spectral norms, by power iteration.

    Each layer keeps one iterate, the direction that it stretches most as far as is known. Weights change little from
    one step of training to the next, so one or two iterations keep up. The result lies below the norm until it has
    converged: it is for training. Claims are for `certificate`.

    Parameters
    ----------
    network : torch.nn.Sequential
        Convolutions and dense layers, between them what stretches nothing; the last layer is dense.
    shape : tuple of int
        (channels, height, width) of a picture.
    seed : int, default 0
        Of the first iterates.
    """

    def __init__(self, network: nn.Sequential, shape: tuple[int, ...], seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        self._layers: list[nn.Module] = []
        self._iterates: list[torch.Tensor] = []
        signal = torch.zeros(1, *shape)
        for layer in network:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                self._layers.append(layer)
                self._iterates.append(_unit(torch.from_numpy(generator.normal(size=signal.shape).astype(np.float32))))
            with torch.no_grad():
                signal = layer(signal)
        self._last = self._layers.pop()
        self._iterates.pop()

    def iterate(self, times: int) -> None:
        """Move each iterate u to W'W u of length 1, so many times; no gradient goes through this."""
        for number, layer in enumerate(self._layers):
            u = self._iterates[number]
            for _ in range(times):
                u = u.requires_grad_()
                image = _linear(layer, u)
                u = _unit(torch.autograd.grad(image, u, image.detach())[0])
            self._iterates[number] = u.detach()

    def norms(self) -> list[torch.Tensor]:
        """Return |W u| for each layer but the last; its gradient is that of the norm, u being held."""
        return [_linear(layer, u).norm() for layer, u in zip(self._layers, self._iterates, strict=True)]

    def estimates(self) -> list[float]:
        """Return `norms` as numbers."""
        return [float(norm.detach()) for norm in self.norms()]

    def pairs(self) -> torch.Tensor:
        """Return K_ij (classes, classes): how fast the difference of two logits can change."""
        rows = self._last.weight
        # The diagonal is zero, where a root has no slope; what is added is far below float32's precision elsewhere.
        apart = ((rows[:, None] - rows) ** 2).sum(dim=2).add(1e-12).sqrt()
        return torch.stack(self.norms()).prod() * apart


def bottom(logits: torch.Tensor, pairs: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Return the extra logit (pictures,): the most that another class can reach within `epsilon`."""
    top = logits.argmax(dim=1)
    raised = logits + epsilon * pairs[top]
    return raised.scatter(1, top[:, None], -torch.inf).amax(dim=1)


def cross_entropy_loss(logits: torch.Tensor, extra: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy on the logits and the extra one, which is one more wrong class."""
    return nn.functional.cross_entropy(torch.cat([logits, extra[:, None]], dim=1), labels)


def kl_loss(logits: torch.Tensor, extra: torch.Tensor, labels: torch.Tensor, weight: float) -> torch.Tensor:
    """Return the cross-entropy plus `weight` times KL(softmax(f) with 0 appended, softmax(f, bottom)).

    The divergence is log((Z + exp(bottom)) / Z) with Z = sum of exp(f), which is softplus(bottom - log Z).
    """
    divergence = nn.functional.softplus(extra - logits.logsumexp(dim=1)).mean()
    return nn.functional.cross_entropy(logits, labels) + weight * divergence


def train(
    network: nn.Sequential,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    recipe: Recipe,
    *,
    seed: int = 0,
    label: str = "Training",
) -> None:
    """Train a classifier after `recipe`, with a progress bar.

    Parameters
    ----------
    network : torch.nn.Sequential
    x : array of shape (pictures, height, width, channels)
    y : array of shape (pictures,)
    recipe : Recipe
    seed : int, default 0
        Of the order of the pictures and of the first iterates.
    label : str
        What the progress bar says.
    """
    total = count_steps(len(x), recipe.batch, recipe.epochs, None)
    pictures, digits = torch.from_numpy(layout(x)), torch.from_numpy(y)
    layers = None if recipe.is_standard else BoundLayers(network, pictures.shape[1:], seed)
    optimizer = torch.optim.Adam(network.parameters(), recipe.rate)
    network.train()
    finished = f"{label} in {FRAMEWORK}: {recipe.epochs} epochs."
    with one_thread(), Progress(f"{label} in {FRAMEWORK}", total, finished) as progress:
        for step, index in enumerate(batches(len(x), recipe.batch, total, seed)):
            optimizer.param_groups[0]["lr"] = learning_rate(step, total, recipe.rate, recipe.last_rate)
            logits, labels = network(pictures[index]), digits[index]
            if layers is None:
                loss = nn.functional.cross_entropy(logits, labels)
            else:
                layers.iterate(recipe.iterations)
                extra = bottom(logits, layers.pairs(), recipe.epsilon)
                if recipe.loss == "kl":
                    loss = kl_loss(logits, extra, labels, robust_weight(step, total, recipe.weight))
                else:
                    loss = cross_entropy_loss(logits, extra, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            progress.update(step + 1)
    network.eval()


class Gradients:
    """Gradients of a network's logits by its input, for many pictures.

    Parameters
    ----------
    network : torch.nn.Module
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network

    def top(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the gradient of the largest logit, in the shape of x (pictures, height, width, channels)."""
        return np.concatenate([self._gradient(x[i : i + PART], _largest)[1] for i in range(0, len(x), PART)])

    def margin(
        self, x: NDArray[np.float32], labels: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return by how much the best other class leads the class `labels`, max of f_i - f_j, and its gradient.

        Parameters
        ----------
        x : array of shape (pictures, height, width, channels)
        labels : array of shape (pictures,)
        """
        of = torch.from_numpy(labels)[:, None]
        return self._gradient(x, lambda f: f.scatter(1, of, -torch.inf).amax(dim=1) - f.gather(1, of)[:, 0])

    def _gradient(self, x: NDArray[np.float32], quantity: Callable[[torch.Tensor], torch.Tensor]) -> tuple[Any, Any]:
        pictures = torch.from_numpy(layout(x)).requires_grad_()
        values = quantity(self._network(pictures))
        (gradient,) = torch.autograd.grad(values.sum(), pictures)
        return values.detach().numpy(), np.moveaxis(gradient.numpy(), 1, -1)


def _largest(logits: torch.Tensor) -> torch.Tensor:
    return logits.amax(dim=1)


def _linear(layer: nn.Module, u: torch.Tensor) -> torch.Tensor:
    """Return what a layer makes of u, without its bias."""
    if isinstance(layer, nn.Conv2d):
        return nn.functional.conv2d(u, layer.weight, None, layer.stride, layer.padding)
    return nn.functional.linear(u, layer.weight)


def _unit(u: torch.Tensor) -> torch.Tensor:
    return u / u.norm()
