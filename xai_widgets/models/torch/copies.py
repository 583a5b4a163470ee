"""Tensors that a shadow does not share with the student's network: copies, which follow what they are copies of.

Weights of half precision are computed with in float32, because gradients in bfloat16 are off by a third of the largest.
What a network writes to whenever it is called, as an embedding with ``max_norm`` writes to its weights, it writes to a
copy.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from xai_widgets.models.fingerprint import fingerprint
from xai_widgets.models.torch.tensors import HALF, as_stored


class Copies:
    """Copies of tensors, by the identity of the originals.

    Parameters
    ----------
    tensors : iterable of Tensor
    full_precision : bool, default True
        Whether copies of tensors of half precision are in float32.

    Attributes
    ----------
    originals : dict of int to Tensor
        What they are copies of, by identity.
    """

    def __init__(self, tensors: Iterable[Tensor] = (), *, full_precision: bool = True) -> None:
        self.originals = {id(tensor): tensor for tensor in tensors}
        with torch.inference_mode(False), torch.no_grad():
            self._copies = {
                key: tensor.detach().float() if full_precision and tensor.dtype in HALF else tensor.detach().clone()
                for key, tensor in self.originals.items()
            }
        self._seen: str | None = None

    def of(self, tensor: Tensor) -> Tensor | None:
        """Return the copy of a tensor, None where there is none."""
        return self._copies.get(id(tensor))

    def follow(self) -> None:
        """Copy again where the originals have changed; their numbers tell, which takes less than a pass."""
        now = fingerprint([""] * len(self.originals), as_stored(list(self.originals.values())))
        if now != self._seen:
            with torch.inference_mode(False), torch.no_grad():
                for key, tensor in self.originals.items():
                    self._copies[key].copy_(tensor)
            self._seen = now
