"""Adversarial training in PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from xai_course.adversarial.recipe import AdversarialRecipe
from xai_course.gloro.schedules import learning_rate
from xai_course.networks.torch import FRAMEWORK, layout, one_thread
from xai_course.networks.weights import batches, count_steps
from xai_course.progress import Progress
from xai_course.robust import in_ball


def divergence(logits: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return KL(softmax(logits), softmax(others)), the mean over pictures."""
    return functional.kl_div(others.log_softmax(1), logits.log_softmax(1), reduction="batchmean", log_target=True)


def attacked(
    network: nn.Module, x: torch.Tensor, labels: torch.Tensor, recipe: AdversarialRecipe, start: torch.Tensor
) -> torch.Tensor:
    """Return pictures near `x` at which the loss that the recipe attacks is large, by steps along its gradient.

    Parameters
    ----------
    network : torch.nn.Module
    x : tensor of shape (pictures, channels, height, width)
    labels : tensor of shape (pictures,)
    recipe : AdversarialRecipe
    start : tensor of the shape of `x`
        Where the attack begins, as seen from `x`.
    """
    moved = (x + start).clamp(0, 1)
    with torch.no_grad():
        clean = network(x) if recipe.loss == "trades" else None
    for _ in range(recipe.steps):
        moved.requires_grad_()
        there = network(moved)
        loss = functional.cross_entropy(there, labels) if clean is None else divergence(clean, there)
        (gradient,) = torch.autograd.grad(loss, moved)
        away = moved.detach() + 2.5 * recipe.epsilon / recipe.steps * _unit(gradient) - x
        away = away * (recipe.epsilon / _length(away).clamp_min(1e-12)).clamp_max(1)
        moved = (x + away).clamp(0, 1)
    return moved


def train(
    network: nn.Module, x: NDArray[np.float32], y: NDArray[np.int64], recipe: AdversarialRecipe, *, seed: int = 0
) -> None:
    """Train a classifier after `recipe`, with a progress bar.

    Parameters
    ----------
    network : torch.nn.Module
    x : array of shape (pictures, height, width, channels)
    y : array of shape (pictures,)
    recipe : AdversarialRecipe
    seed : int, default 0
        Of the order of the pictures, and of where attacks begin.
    """
    total, generator = count_steps(len(x), recipe.batch, recipe.epochs, None), np.random.default_rng(seed)
    optimizer = torch.optim.Adam(network.parameters(), recipe.rate)
    network.train()
    label = f"Training against attacks in {FRAMEWORK}"
    with one_thread(), Progress(label, total, f"{label}: {recipe.epochs} epochs.") as progress:
        for step, index in enumerate(batches(len(x), recipe.batch, total, seed)):
            optimizer.param_groups[0]["lr"] = learning_rate(step, total, recipe.rate, recipe.last_rate)
            start = in_ball(generator, x[index].shape, recipe.epsilon)
            pictures, labels = torch.from_numpy(layout(x[index])), torch.from_numpy(y[index])
            there = network(attacked(network, pictures, labels, recipe, torch.from_numpy(layout(start))))
            if recipe.loss == "trades":
                here = network(pictures)
                loss = functional.cross_entropy(here, labels) + recipe.weight * divergence(here, there)
            else:
                loss = functional.cross_entropy(there, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            progress.update(step + 1)
    network.eval()


def _length(z: torch.Tensor) -> torch.Tensor:
    return z.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1)


def _unit(z: torch.Tensor) -> torch.Tensor:
    return z / _length(z).clamp_min(1e-12)
