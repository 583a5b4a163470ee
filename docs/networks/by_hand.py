"""The oracles: scores, gradients and activation maps of a network by its framework alone, without the library.

Each takes one input and the index of a class, and gives NumPy arrays.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class TorchByHand:
    """A PyTorch network, read with hooks and autograd."""

    def __init__(self, network: Any, output: str | None) -> None:
        self.network, self.output = network, output

    def prepare(self, seed: int, examples: Array) -> None:
        """Give what starts at zero random weights, and batch normalisations the statistics of some examples.

        Heads, layer scales and biases start at zero; what is not normalised vanishes in deep networks.
        """
        import torch

        torch.manual_seed(seed)
        with torch.no_grad():
            for one in self.network.parameters():
                if one.numel() and (one == one.flatten()[0]).all():
                    one += 0.05 * torch.randn_like(one)
            self.network.eval()
            for module in self.network.modules():
                if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                    module.train()
                    module.momentum = None
            self.network(torch.as_tensor(examples))
        self.network.eval()

    def state(self) -> list[Array]:
        """Return copies of the weights and buffers, and what may be switched."""
        tensors = [one.detach().clone().numpy() for one in self.network.state_dict().values()]
        flags = [[module.training, len(module._forward_hooks)] for module in self.network.modules()]
        return [*tensors, np.array(flags), np.array([one.requires_grad for one in self.network.parameters()])]

    def scores(self, x: Array) -> Array:
        """Return the network's scores of a batch."""
        import torch

        with torch.no_grad():
            return self._run(torch.as_tensor(x)).numpy()

    def gradient(self, x: Array, target: int) -> Array:
        """Return the gradient of a score by one input, which is there twice.

        PyTorch's own gradient of a batch norm is wrong for a single one where tokens are made of what it puts out.
        """
        import torch

        point = torch.as_tensor(np.stack([x, x])).requires_grad_()
        (found,) = torch.autograd.grad(self._run(point)[0, target].sum(), point)
        return found[0].numpy()

    def along(self, x: Array, padding: int, weights: Array, target: int, layer: str) -> Array:
        """Return a weighted sum of gradients on the line from the vectors of a text of padding to those of ids."""
        import torch

        embedding = self.network.get_submodule(layer)
        ends = [embedding(torch.as_tensor(ids)[None]).detach() for ids in (np.full_like(x, padding), x)]
        total = torch.zeros_like(ends[0])
        for at, weight in enumerate(weights):
            point = torch.lerp(*ends, at / (len(weights) - 1)).requires_grad_()
            handle = embedding.register_forward_hook(lambda *_, point=point: point)
            try:
                score = self._run(torch.as_tensor(x)[None])[0, target].sum()
            finally:
                handle.remove()
            total += weight * torch.autograd.grad(score, point)[0]
        return (total * (ends[1] - ends[0]))[0].numpy()

    def double(self) -> TorchByHand:
        """Return the same network in double precision."""
        return TorchByHand(copy.deepcopy(self.network).double(), self.output)

    def at_layer(self, x: Array, target: int, layer: str) -> tuple[Array, Array]:
        """Return what a layer puts out for one input, and the gradient of a score by it."""
        import torch

        name, _, number = layer.partition(":")
        kept: list[Any] = []
        handle = self.network.get_submodule(name).register_forward_hook(lambda *of: kept.append(of[2]))
        try:
            score = self._run(torch.as_tensor(np.stack([x, x])))[0, target].sum()
        finally:
            handle.remove()
        output = kept[int(number or 1) - 1]
        (found,) = torch.autograd.grad(score, output)
        return output[0].detach().numpy(), found[0].numpy()

    def _run(self, x: Any) -> Any:
        found = self.network(x)
        if self.output is not None:
            return found[self.output]
        return found.logits if hasattr(found, "logits") else found


class KerasByHand:
    """A Keras model, read with a tape and a model of its own layers."""

    def __init__(self, network: Any) -> None:
        self.network = network

    def prepare(self, seed: int, examples: Array) -> None:
        """Give what starts at zero random weights, and batch normalisations the statistics of some examples."""
        import keras

        random = np.random.default_rng(seed)
        for one in self.network.weights:
            there = one.numpy()
            if there.size and (there == there.flat[0]).all():
                one.assign(there + 0.05 * np.abs(random.normal(size=there.shape)).astype(there.dtype))
        normalisations = [
            one for one in self.network._flatten_layers() if isinstance(one, keras.layers.BatchNormalization)
        ]
        momenta = [one.momentum for one in normalisations]
        for one in normalisations:
            one.momentum = 0.0
        self.network(examples, training=True)
        for one, momentum in zip(normalisations, momenta, strict=True):
            one.momentum = momentum

    def double(self) -> None:
        """Return nothing: a Keras model keeps the precision that it was made with."""

    @contextmanager
    def moved(self) -> Iterator[None]:
        """Move the weights by the last of their digits, for a while."""
        before = [one.numpy() for one in self.network.weights]
        random = np.random.default_rng(0)
        for one, there in zip(self.network.weights, before, strict=True):
            one.assign(there * (1 + 1e-7 * random.normal(size=there.shape)).astype(there.dtype))
        try:
            yield
        finally:
            for one, there in zip(self.network.weights, before, strict=True):
                one.assign(there)

    def state(self) -> list[Array]:
        """Return copies of the weights, and what may be switched."""
        return [*(one.numpy() for one in self.network.weights), np.array([self.network.trainable])]

    def scores(self, x: Array) -> Array:
        """Return the network's scores of a batch."""
        return np.asarray(self.network(x, training=False))

    def gradient(self, x: Array, target: int) -> Array:
        """Return the gradient of a score by one input."""
        import tensorflow as tf

        point = tf.constant(x[None])
        with tf.GradientTape() as tape:
            tape.watch(point)
            score = self.network(point, training=False)[0, target]
        return tape.gradient(score, point)[0].numpy()

    def at_layer(self, x: Array, target: int, layer: str) -> tuple[Array, Array]:
        """Return what a layer puts out for one input, and the gradient of a score by it."""
        import keras
        import tensorflow as tf

        output = self.network.get_layer(layer).output
        both = keras.Model(self.network.inputs, [output, self.network.outputs[0]])
        with tf.GradientTape() as tape:
            found, scores = both(tf.constant(x[None]), training=False)
            score = scores[0, target]
        return found[0].numpy(), tape.gradient(score, found)[0].numpy()
