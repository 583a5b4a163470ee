"""The student's network, looked at without running it: what it is, what it uses, and what cannot be explained."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from xai_widgets.errors import UnsupportedModelError
from xai_widgets.models.held import held_by
from xai_widgets.models.inputs.beside import Argument

_INPUT_RANKS: tuple[tuple[type[nn.Module], int], ...] = (
    (nn.Linear, 1),
    (nn.Conv1d, 2),
    (nn.Conv2d, 3),
    (nn.BatchNorm2d, 3),
    (nn.Conv3d, 4),
    (nn.BatchNorm3d, 4),
)


def unwrapped(network: Any) -> Any:
    """Return the module inside the wrappers that only say how to run it."""
    while True:
        if isinstance(network, nn.DataParallel | nn.parallel.DistributedDataParallel):
            network = network.module
        elif isinstance(network, nn.Module) and type(network).__name__ == "OptimizedModule":  # torch.compile
            network = network._orig_mod
        else:
            return network


def check_supported(network: nn.Module) -> None:
    for name, module in network.named_modules():
        where = f"The module {name!r}" if name else "The network"
        if isinstance(module, torch.jit.ScriptModule):
            raise UnsupportedModelError(
                f"{where} is TorchScript ({type(module).__name__}), whose layers cannot be reached. Wrap the module it "
                "was made from; or, for the input alone, call its eval() and wrap "
                "lambda x: network(x) with backend='torch' and input_shape=...."
            )
        for key, tensor in (*module._parameters.items(), *module._buffers.items()):
            if tensor is not None and torch.nn.parameter.is_lazy(tensor):
                raise UnsupportedModelError(
                    f"{where} ({type(module).__name__}) is not initialised yet; run one batch through the network "
                    "first, so that it finds the shape of its weights."
                )
            if tensor is not None and tensor.is_meta:
                raise UnsupportedModelError(
                    f"{where} has no numbers in {key!r} (it is on the meta device); load the weights first."
                )


@contextmanager
def plain_checkpoints() -> Iterator[None]:
    """Say in words what to do where a network computes parts of itself again, which does not go with this pass."""
    try:
        yield
    except RuntimeError as error:
        reentrant = "use_reentrant" in str(error) or "Checkpointing" in str(error)
        if not reentrant and "torch.utils.checkpoint" not in str(error):
            raise
        why = (
            "through which no gradient to the input can be asked for: they are reentrant, use_reentrant=False is not"
            if reentrant
            else "so that layers run again in the backward pass, where what the method does to them is not done"
        )
        raise UnsupportedModelError(
            f"The network saves memory by checkpoints (torch.utils.checkpoint), {why}. Switch checkpointing off for "
            "evaluation."
        ) from error


def arguments(network: Any) -> list[Argument]:
    """Return what a network takes."""
    return _arguments(network, 0)


def arguments_beside(network: Any) -> list[Argument]:
    """Return what a network takes behind its input."""
    return _arguments(network, 1)


def _arguments(network: Any, first: int) -> list[Argument]:
    function = network.forward if isinstance(network, nn.Module) else network
    try:
        parameters = list(inspect.signature(function).parameters.values())[first:]
    except (TypeError, ValueError):  # A function that is not written in Python.
        return []
    return [
        Argument(one.name, one.default is one.empty)
        for one in parameters
        if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]


def is_quantised(modules: Iterable[nn.Module]) -> bool:
    """Whether some of the modules compute with whole numbers."""
    return any("quantized" in type(module).__module__ for module in modules)


def home(modules: Iterable[nn.Module]) -> tuple[torch.device, torch.dtype]:
    """Return where the numbers of these modules live, and their type."""
    for module in modules:
        for tensor in itertools.chain(module.parameters(), module.buffers()):
            if tensor.is_floating_point():
                return tensor.device, tensor.dtype
    return torch.get_default_device(), torch.get_default_dtype()


def input_rank(network: nn.Module) -> int | None:
    """Return how many axes one input has where the first layer tells it."""
    for module in network.modules():
        if isinstance(module, nn.Flatten):
            return None
        for kind, rank in _INPUT_RANKS:
            if isinstance(module, kind):
                return rank
    return None


def modules_used(function: Any) -> list[nn.Module]:
    """Return the networks that a callable is seen to use."""
    return held_by(function, (nn.Module,))
