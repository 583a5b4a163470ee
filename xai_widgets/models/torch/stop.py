"""How a pass of a PyTorch network is ended at a layer."""

from __future__ import annotations

from torch import Tensor


class Stop(BaseException):
    """Ends a pass at a layer; no Exception, so that the network's own handlers let it through."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output
