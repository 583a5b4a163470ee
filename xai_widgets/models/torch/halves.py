"""Weights of half precision, computed with in float32: gradients in bfloat16 are off by a third of the largest."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from xai_widgets.models.fingerprint import fingerprint
from xai_widgets.models.torch.tensors import as_stored

HALF = (torch.bfloat16, torch.float16)


class Halves:
    """Copies in float32 of those tensors that have half precision.

    Attributes
    ----------
    copies : dict of Tensor
        By the identity of the original.
    """

    def __init__(self, tensors: Iterable[Tensor] = ()) -> None:
        self._originals = [tensor for tensor in tensors if tensor.dtype in HALF]
        with torch.inference_mode(False), torch.no_grad():
            self.copies = {id(tensor): tensor.detach().float() for tensor in self._originals}
        self._seen = self._fingerprint()

    def follow(self) -> None:
        """Convert again where the originals have changed; their numbers tell, which takes less than a pass."""
        if self._fingerprint() != self._seen:
            with torch.inference_mode(False), torch.no_grad():
                for tensor in self._originals:
                    self.copies[id(tensor)].copy_(tensor)
            self._seen = self._fingerprint()

    def _fingerprint(self) -> str | None:
        return fingerprint([""] * len(self._originals), as_stored(self._originals))
