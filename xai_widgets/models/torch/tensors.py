"""Between arrays and tensors, and the modes in which tensors are computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from torch import Tensor

from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array

HALF = (torch.bfloat16, torch.float16)


def from_numpy(array: Array) -> Tensor:
    # Tensors can have no negative strides and are never read-only.
    return torch.from_numpy(np.require(array, requirements=["C", "W"]))


def to_numpy(tensor: Tensor) -> Array:
    detached = tensor.detach()
    array: Array = (detached.float() if detached.dtype in HALF else detached).cpu().numpy()
    return array


def as_stored(tensors: Iterable[Tensor | Array]) -> list[Array]:
    """Return the bytes of tensors, whatever their type; not copied where they lie in order beside the processor."""
    stored: list[Array] = []
    for tensor in tensors:
        if isinstance(tensor, np.ndarray):
            stored.append(tensor)
            continue
        plain = tensor.detach()
        if plain.is_quantized:
            plain = plain.int_repr()
        if plain.layout != torch.strided:
            plain = plain.to_dense()
        stored.append(plain.cpu().resolve_conj().resolve_neg().contiguous().reshape(-1).view(torch.uint8).numpy())
    return stored


def full(tensor: Tensor) -> Tensor:
    """Return half-precision numbers as float32, in which logarithms and sums are taken."""
    return tensor.float() if tensor.dtype in HALF else tensor


def like(output: Tensor, latent: Array) -> Tensor:
    """Return `latent` with the type, place and layout in memory of the output that it replaces."""
    if latent.shape != tuple(output.shape):
        raise InputError(f"The latent has shape {latent.shape}; expected that of the layer, {tuple(output.shape)}.")
    return torch.empty_like(output, requires_grad=False).copy_(from_numpy(latent))


@contextmanager
def mode(gradients: bool, device: torch.device) -> Iterator[None]:
    """Gradients on or off and full precision, whatever holds around the call, and as before afterwards.

    Forward passes run without gradients rather than in inference mode: it is as fast, and what a network caches during
    such a pass can be used in the next one with gradients.
    """
    autocast = torch.is_autocast_enabled(device.type)
    with (
        torch.inference_mode(False),
        torch.set_grad_enabled(gradients),
        torch.autocast(device.type, enabled=False) if autocast else nullcontext(),
    ):
        yield
