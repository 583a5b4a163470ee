"""What the layers of a PyTorch network can be reset to: what their modules begin with."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from xai_widgets.models.resets import Resets


class TorchResets(Resets):
    """A copy of a PyTorch network."""

    def _found(self) -> dict[str, list[tuple[str, nn.Module]]]:
        network: Any = self.model.network
        if not isinstance(network, nn.Module):
            return {}
        called: list[str] = self.model.layers
        found: dict[str, list[tuple[str, nn.Module]]] = {}
        for name, module in network.named_modules():
            if not (module._parameters or module._buffers):
                continue
            owners = [layer for layer in called if name == layer or name.startswith(f"{layer}.")]
            found.setdefault(max(owners, key=len, default=""), []).append((name, module))
        of_none = found.pop("", [])
        holders = {layer: found[layer] for layer in called if layer in found}
        if of_none and holders:
            holders[next(iter(holders))] += of_none
        return holders

    def _within(self, layer: str) -> list[str]:
        return [one for one in self.layers if one == layer or one.startswith(f"{layer}.")]

    def _numbers(self) -> list[torch.Tensor]:
        return [one.detach().clone() for one in self._tensors()]

    def _put_back(self, numbers: list[torch.Tensor]) -> None:
        with torch.no_grad():
            for tensor, learnt in zip(self._tensors(), numbers, strict=True):
                tensor.copy_(learnt)

    def _draw(self, holder: nn.Module, seed: int) -> None:
        begin = getattr(holder, "reset_parameters", None) or getattr(holder, "_reset_parameters", None)
        # The student's own random numbers go on as if nothing had been drawn.
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(seed)
            if callable(begin):
                begin()
                return
            for tensor in holder._parameters.values():
                if tensor is not None:
                    spread = tensor.std() if tensor.numel() > 1 else tensor.abs().mean()
                    tensor.copy_(tensor.mean() + spread * torch.randn(tensor.shape, dtype=tensor.dtype))

    def _tensors(self) -> list[torch.Tensor]:
        network: nn.Module = self.model.network
        return [*network.parameters(), *network.buffers()]
