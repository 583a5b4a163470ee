"""The first layers of a PyTorch network that read its inputs themselves, and what they take the axes of these for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from xai_widgets.models.inputs.recognition import Reading, Roles
from xai_widgets.models.torch.shadow import Shadow

_WAYS: tuple[tuple[tuple[type[nn.Module], ...], Roles], ...] = (
    ((nn.Linear,), (None,)),
    ((nn.Conv1d, nn.ConvTranspose1d, nn.MaxPool1d, nn.AvgPool1d), ("channel", "time")),
    ((nn.Conv2d, nn.ConvTranspose2d, nn.MaxPool2d, nn.AvgPool2d), ("channel", "height", "width")),
    ((nn.Conv3d, nn.ConvTranspose3d, nn.MaxPool3d, nn.AvgPool3d), ("channel", "depth", "height", "width")),
)
"""How layers read an input of one axis, two, three and four."""

_THROUGH = (
    *(nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.modules.batchnorm._BatchNorm),
    *(nn.GroupNorm, nn.LayerNorm, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid),
    *(nn.ZeroPad1d, nn.ZeroPad2d, nn.ZeroPad3d, nn.modules.padding._ReflectionPadNd),
    *(nn.modules.padding._ReplicationPadNd, nn.modules.padding._ConstantPadNd),
)
"""What leaves every element where it is."""


def way_of(module: nn.Module, rank: int) -> Reading | None:
    """Return what a layer takes the axes of an input for that has so many; None where it leaves that open."""
    for kinds, roles in _WAYS:
        if isinstance(module, kinds) and len(roles) == rank:
            return Reading(type(module).__name__, roles)
    if isinstance(module, nn.RNNBase) and module.batch_first and rank == 2:
        return Reading(type(module).__name__, ("time", "channel"))
    return None


class Watch:
    """What is seen of the inputs during a pass.

    Attributes
    ----------
    tensors : list of Tensor
        The inputs, or what became of them without a change of places.
    found : list of Reading or None
        How each is read first.
    """

    def __init__(self) -> None:
        self.tensors: list[Tensor | None] = []
        self.found: list[Reading | None] = []

    def begin(self, _module: nn.Module, args: tuple[Any, ...]) -> None:
        """Take note of what the network is given."""
        self.tensors = [arg if isinstance(arg, Tensor) else None for arg in args]
        self.found = [None] * len(args)

    def see(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        """Take note of a call: the first one that reads an input decides."""
        for place, tensor in enumerate(self.tensors):
            if tensor is None or all(arg is not tensor for arg in args):
                continue
            if isinstance(module, _THROUGH) and isinstance(output, Tensor):
                self.tensors[place] = output
            else:
                self.tensors[place], self.found[place] = None, way_of(module, tensor.dim() - 1)


@contextmanager
def watched(shadow: Shadow) -> Iterator[Watch]:
    """Watch the passes of a shadow."""
    watch = Watch()
    modules: Sequence[nn.Module] = list(shadow.layers_by_module())
    handles: list[Any] = [module.register_forward_hook(watch.see) for module in modules]
    handles += [module.register_forward_pre_hook(watch.begin) for module in modules[:1]]
    try:
        yield watch
    finally:
        for handle in handles:
            handle.remove()
