"""A shadow of the student's network, which itself is left alone.

It is a copy of the module tree whose parameters and buffers share the storage of the student's: it costs no memory and
sees training go on, while evaluation mode and hooks of ours stay on the copy. Of the hooks on the student's modules
only those that PyTorch itself put there are copied (weight norm, pruning): they are part of the network, the others
would be called thousands of times.

A plain callable cannot be copied, so nothing inside it can be put into evaluation mode; one that uses a network in
training mode is refused.
"""

from __future__ import annotations

import copy
import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from xai_widgets.errors import InputError, UnsupportedModelError
from xai_widgets.models.objective import Array
from xai_widgets.models.torch.network import HOOKS, home, is_of_torch
from xai_widgets.models.torch.paths import SlowAttention, ViewsAsReshapes, has_fast_path
from xai_widgets.models.torch.tensors import from_numpy


class Shadow:
    """A copy of a network, in evaluation mode, on the same storage; a plain callable stands for itself.

    Parameters
    ----------
    network : module or callable
    roots : list of modules
        The network; or, for a callable, the modules that it is seen to use.
    private : set of (module name, tensor name), or None
        Which buffers get storage of their own, because the network writes to them even in evaluation; None is all.
    left_out : str, optional
        The module whose input takes the place of its output.

    Attributes
    ----------
    channels_last, views_as_reshapes : bool
        The layout in memory of what the network is given, and whether its views have to be reshapes for that.
    slow_attention : bool
        Whether transformers are kept from their fast path.
    entry : str or None
        The linear layer through which passes all that the network knows of its input.
    works_in_place : bool
        Whether the network was seen to work on tensors in place.
    """

    def __init__(
        self,
        network: Any,
        roots: list[nn.Module],
        private: Set[tuple[str, str]] | None = None,
        left_out: str | None = None,
    ) -> None:
        self.network = network
        self.device, self.dtype = home(roots)
        self.channels_last = self.views_as_reshapes = False
        self.entry: str | None = None
        self.works_in_place = False
        self.slow_attention = has_fast_path(module for root in roots for module in root.modules())
        self._roots = roots
        self._originals = [module for root in roots for module in root.modules()]
        self._slots: list[dict[str, Any]] = [
            slots for module in self._originals for slots in (module._parameters, module._buffers, module._modules)
        ]
        self._tensors = [thing for slots in self._slots for thing in slots.values() if isinstance(thing, Tensor)]
        self._places = self._current_places()
        self._modules: dict[str, nn.Module] = {}
        if isinstance(network, nn.Module):
            with torch.inference_mode(False), torch.no_grad():
                self.network = _copied(network, private)
            self._modules = dict(self.network.named_modules())
        if left_out is not None:
            self._modules[left_out].register_forward_hook(_skip, with_kwargs=True)

    def names(self, *kinds: type[nn.Module]) -> list[str]:
        """Return the names of the modules below the root; with kinds, of those that are just that."""
        return [name for name, module in self._modules.items() if name and (not kinds or type(module) in kinds)]

    def layers_by_module(self) -> dict[nn.Module, str]:
        """Return the names of the modules, the root's with them, by module; none of a callable."""
        return {module: name for name, module in self._modules.items()}

    def stale(self) -> bool:
        """Whether the student's network has got other modules or other storage since."""
        return self._current_places() != self._places

    def written(self) -> frozenset[tuple[str, str]]:
        """Return the private buffers that the passes so far have written to."""
        return frozenset(
            (name, key)
            for (name, module), original in zip(self._modules.items(), self._originals, strict=False)
            for key in _loose(original)
            if (tensor := _loose(module).get(key)) is not None and tensor._version > 0
        )

    def tensor(self, array: Array) -> Tensor:
        """Return `array` as a tensor beside the network, sharing its memory where that is possible."""
        dtype = torch.float64 if self.dtype == torch.float64 else torch.float32
        return from_numpy(array).to(dtype).to(self.device)

    def laid_out(self, inputs: Tensor) -> Tensor:
        """Return a copy of `inputs`, because the network may work in place, in the layout that it runs fastest with."""
        # Channels last halves the time of convolutions; converting the weights as well gains nothing.
        return inputs.clone(memory_format=torch.channels_last if self.channels_last else torch.preserve_format)

    def __call__(self, *prepared: Tensor) -> Any:
        """Run the network."""
        if not isinstance(self.network, nn.Module):
            for root in self._roots:
                if any(module.training for module in root.modules()):
                    raise InputError(
                        f"The callable uses a network ({type(root).__name__}) that is in training mode; call its "
                        "eval() first, or wrap the network itself, which is left as it is."
                    )
        with (
            ViewsAsReshapes() if self.views_as_reshapes else nullcontext(),
            SlowAttention() if self.slow_attention else nullcontext(),
        ):
            return self.network(*prepared)

    def enter(self, prepared: Tensor) -> Tensor:
        """Run the entry alone."""
        output: Tensor = self._modules[self.entry or ""](prepared)
        return output

    @contextmanager
    def hooked(self, hooks: Iterable[tuple[str, Callable[..., Any]]]) -> Iterator[None]:
        """Hand the outputs of modules to functions, and go on with what these return, if anything."""
        handles = []
        try:
            for name, hook in hooks:
                handles.append(self._modules[name].register_forward_hook(hook))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _current_places(self) -> tuple[list[int], list[int]]:
        """Return what changes when a network gets other modules or other storage, and not when it is trained.

        It is asked before every pass, so it looks at identities and addresses alone: a change of type or device moves
        the storage.
        """
        things = itertools.chain.from_iterable([slots.values() for slots in self._slots])
        return list(map(id, things)), list(map(Tensor.data_ptr, self._tensors))


def _copied(network: nn.Module, private: Set[tuple[str, str]] | None) -> nn.Module:
    """Return a copy of the module tree, in evaluation mode, on the storage of the original."""
    memo: dict[int, Any] = {}
    for name, module in network.named_modules():
        for parameter in module._parameters.values():
            if parameter is not None:
                memo[id(parameter)] = nn.Parameter(_shared(parameter), requires_grad=False)
        for key, tensor in _loose(module).items():
            own = private is None or (name, key) in private
            memo[id(tensor)] = tensor.detach().clone() if own else _shared(tensor)
        for hooks in HOOKS:
            found = getattr(module, hooks)
            memo[id(found)] = OrderedDict((key, hook) for key, hook in found.items() if is_of_torch(hook))
    try:
        shadow = copy.deepcopy(network, memo)
    except Exception as error:
        raise UnsupportedModelError(
            f"The network ({type(network).__name__}) cannot be copied without its weights, which is how it stays "
            f"untouched: {type(error).__name__}: {error}. Remove the attribute that cannot be copied; or, for the "
            "input alone, call its eval() and wrap lambda x: network(x) with backend='torch' and input_shape=...."
        ) from error
    for module in shadow.modules():
        module.training = False  # Not eval(), which a class may have made to change its weights.
    return shadow


def _shared(tensor: Tensor) -> Tensor:
    """Return a tensor on the same storage.

    `data` and not `detach()`, which shares the count of changes too: an optimiser that steps during a pass would make
    the way back fail.
    """
    return tensor.clone() if tensor.is_inference() else tensor.data


def tensors_of(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters and all other tensors of a module tree by name."""
    for name, module in network.named_modules():
        for key, tensor in (*module._parameters.items(), *_loose(module).items()):
            if tensor is not None:
                yield f"{name}.{key}", tensor


def _loose(module: nn.Module) -> dict[str, Tensor]:
    """Return the module's tensors that are no parameters: buffers, and plain attributes such as a computed weight."""
    plain = {key: value for key, value in vars(module).items() if isinstance(value, Tensor)}
    return plain | {key: value for key, value in module._buffers.items() if value is not None}


def _skip(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], _output: Any) -> Any:
    return next(iter((*args, *kwargs.values())))
