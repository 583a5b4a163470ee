"""A shadow of the student's network, which itself is left alone.

It is a copy of the module tree whose parameters and buffers share the storage of the student's: it costs no memory and
sees training go on, while evaluation mode and hooks of ours stay on the copy. Of the hooks on the student's modules
those are taken along that change what flows on: they are part of the network, the others would be called thousands of
times. Weights of half precision are converted, because gradients in them are off by a third, and what the network
itself writes to is a copy.

A plain callable cannot be copied, so nothing inside it can be put into evaluation mode; one that uses a network in
training mode is refused.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from xai_widgets.errors import InputError, UnsupportedModelError
from xai_widgets.models.objective import Array
from xai_widgets.models.settings import Ignored, Settings
from xai_widgets.models.torch.copies import Copies
from xai_widgets.models.torch.folding import Fold, FoldedNorms, OtherWay, find_folds
from xai_widgets.models.torch.hooks import Watched, chosen, watched
from xai_widgets.models.torch.network import home
from xai_widgets.models.torch.paths import (
    GradientsChannelsLast,
    OrderedGradients,
    SlowAttention,
    ViewsAsReshapes,
    has_fast_path,
)
from xai_widgets.models.torch.recording import Recorder
from xai_widgets.models.torch.tensors import HALF, from_numpy

ORDERED_FROM = 2**16
"""From so many numbers on, 16 pictures of 37 x 37 in colour, it pays to look at each step of the network."""


class Shown(NamedTuple):
    """What the first passes of a shadow show of its network."""

    written: frozenset[str]
    """The names of the parameters and buffers that the network writes to, also in evaluation."""
    assigned: Ignored
    """Which attributes of modules passes write, so that a change of them is none of the network."""
    hooks: frozenset[tuple[str, int]]
    """The module and the number of each of the student's hooks that changes what flows on."""


class Slot(NamedTuple):
    """Where a tensor of a network is."""

    name: str
    holder: dict[str, Any]
    key: str


class Shadow:
    """A copy of a network, in evaluation mode, on the same storage; a plain callable stands for itself.

    Parameters
    ----------
    network : module or callable
    roots : list of modules
        The network; or, for a callable, the modules that it is seen to use.
    shown : Shown, optional
        What the passes of a first shadow have shown. That one shares nothing, so that passes may write to all of it,
        and has copies of the student's hooks, which are tried.
    left_out : str, optional
        The module whose input takes the place of its output.
    full_precision : bool, default True
        Whether weights of half precision are converted, at the cost of their memory.

    Attributes
    ----------
    channels_last, views_as_reshapes : bool
        The layout in memory of what the network is given, and whether its views have to be reshapes for that.
    channels_last_from : int
        From how many inputs at once on that is the faster layout.
    flattens : bool
        Whether the network flattens pictures that lie channels last. One that averages over them first does not, and is
        spared a look at each of its steps: 2 to 5 parts of a hundred of a pass of a single picture.
    ordered_gradients : bool
        Whether what arrives at batch norms has to be put in order.
    slow_attention : bool
        Whether transformers are kept from their fast path.
    entry : str or None
        The linear layer through which passes all that the network knows of its input.
    folds : list of Fold
        The batch norms that passes may fold into the convolutions before them.
    works_in_place : bool
        Whether the network was seen to work on tensors in place.
    settings : Settings
        Those of the student's layers; of a first shadow its own, which shows what passes write there.
    slots : list of Slot
        Where the student's tensors are.
    converted : bool
        Whether weights of half precision were converted.
    """

    def __init__(
        self,
        network: Any,
        roots: list[nn.Module],
        shown: Shown | None = None,
        left_out: str | None = None,
        *,
        full_precision: bool = True,
    ) -> None:
        self.network = network
        self.device, self.dtype = home(roots)
        self.channels_last = self.views_as_reshapes = self.ordered_gradients = False
        self.channels_last_from, self.flattens = 1, True
        self.entry: str | None = None
        self.folds: list[Fold] = []
        self._folded: list[Fold] = []
        self.works_in_place = False
        self.slow_attention = has_fast_path(module for root in roots for module in root.modules())
        self._roots = roots
        self._originals = [module for root in roots for module in root.modules()]
        self._modules: dict[str, nn.Module] = {}
        self.copies = Copies()
        self.converted = False
        self.hooks: dict[tuple[str, int], Watched] = {}
        if isinstance(network, nn.Module):
            if full_precision:
                self.converted = any(tensor.dtype in HALF for tensor in tensors_in(slots_of(network))[1])
                self.dtype = torch.float32 if self.dtype in HALF else self.dtype
            own = _owned(network, None if shown is None else shown.written, full_precision)
            self.copies = Copies(own, full_precision=full_precision)
            with torch.inference_mode(False), torch.no_grad():
                self.network = self._copied(network, shown)
            self._modules = dict(self.network.named_modules())
        holders = list(map(vars, self._modules.values() if shown is None else self._originals))
        self.settings = Settings(holders, _is_setting, frozenset() if shown is None else shown.assigned)
        self.slots = list(chain.from_iterable(map(slots_of, roots)))
        _, self._tensors = tensors_in(self.slots)
        self._places = list(map(Tensor.data_ptr, self._tensors))
        if left_out is not None:
            self._modules[left_out].register_forward_hook(_skip, with_kwargs=True)

    def names(self, *kinds: type[nn.Module]) -> list[str]:
        """Return the names of the modules below the root; with kinds, of those that are just that."""
        return [name for name, module in self._modules.items() if name and (not kinds or type(module) in kinds)]

    def layers_by_module(self) -> dict[nn.Module, str]:
        """Return the names of the modules, the root's with them, by module; none of a callable."""
        return {module: name for name, module in self._modules.items()}

    def own_slots(self) -> list[Slot]:
        """Return where the tensors of the copy are; a callable is none."""
        return slots_of(self.network) if isinstance(self.network, nn.Module) else []

    def stale(self) -> bool:
        """Whether the student's network is set to something else since, or has got other modules or hooks.

        Or its weights other storage, as a change of type or device brings.
        """
        return list(map(Tensor.data_ptr, self._tensors)) != self._places or bool(self.settings.differing())

    def shown(self) -> Shown:
        """Return what the passes so far have shown."""
        own = self.own_slots()
        written = frozenset(name for name, tensor in zip(*tensors_in(own), strict=True) if tensor._version > 0)
        acting = frozenset(key for key, hook in self.hooks.items() if hook.counts and not hook.failed)
        return Shown(written, self.settings.differing(), acting)

    def tensor(self, array: Array) -> Tensor:
        """Return `array` as a tensor beside the network, sharing its memory where that is possible."""
        dtype = torch.float64 if self.dtype == torch.float64 else torch.float32
        return from_numpy(array).to(dtype).to(self.device)

    def laid_out(self, inputs: Tensor) -> Tensor:
        """Return a copy of `inputs`, because the network may work in place, in the layout that it runs fastest with."""
        # Channels last halves the time of convolutions; converting the weights as well gains nothing.
        pays = self.channels_last and len(inputs) >= self.channels_last_from
        return inputs.clone(memory_format=torch.channels_last if pays else torch.preserve_format)

    def __call__(self, *prepared: Tensor, **beside: Tensor) -> Any:
        """Run the network, with what it is given beside its input by name."""
        if not isinstance(self.network, nn.Module):
            self._check_callable()
        flattens = self.channels_last and self.flattens
        ordered = flattens and torch.is_grad_enabled() and prepared[0].numel() >= ORDERED_FROM
        with (
            ViewsAsReshapes() if self.views_as_reshapes else nullcontext(),
            GradientsChannelsLast() if ordered else nullcontext(),
            SlowAttention() if self.slow_attention else nullcontext(),
            OrderedGradients() if self.ordered_gradients else nullcontext(),
            FoldedNorms(self._folded) if self._folded else nullcontext() as folded,
        ):
            try:
                result = self.network(*prepared, **beside)
                if folded is not None:
                    folded.check()
            except OtherWay:
                self.folds = []
                raise
            return result

    def _check_callable(self) -> None:
        """Refuse a callable that changes a network which it uses."""
        for root in self._roots:
            for module in root.modules():
                if module.training:
                    raise InputError(
                        f"The callable uses a network ({type(root).__name__}) that is in training mode; call its "
                        "eval() first, or wrap the network itself, which is left as it is."
                    )
                if isinstance(module, nn.Embedding | nn.EmbeddingBag) and module.max_norm is not None:
                    raise InputError(
                        f"The callable uses a network ({type(root).__name__}) with an embedding whose max_norm="
                        f"{module.max_norm} changes its weights whenever it is called; wrap the network itself, which "
                        "is left as it is."
                    )

    def enter(self, prepared: Tensor) -> Tensor:
        """Run the entry alone."""
        with FoldedNorms(self._folded) if self._folded else nullcontext():
            output: Tensor = self._modules[self.entry or ""](prepared)
        return output

    def find_folds(self, run: Callable[[Tensor], Any], inputs: Tensor) -> list[Fold]:
        """Return the batch norms that can be folded, as a pass of the `inputs` shows; none of a callable's."""
        shown: dict[int, frozenset[str]] = {}

        def note(name: str) -> Callable[..., None]:
            def noted(_module: nn.Module, _inputs: Any, output: Any) -> None:
                shown[id(output)] = shown.get(id(output), frozenset()) | {name}

            return noted

        recorder = Recorder()
        recorder.start(inputs)
        with self.hooked([(name, note(name)) for name in self.names()]), recorder:
            # Held till the end, or another tensor may get the identity of this.
            recorder.output = run(inputs)
        return find_folds(recorder.calls, tensors_in(self.own_slots())[1], shown)

    @contextmanager
    def folding(self, read: Collection[str]) -> Iterator[None]:
        """Run the network with batch norms folded, but for those before which one of the modules `read` ends."""
        before, self._folded = self._folded, [fold for fold in self.folds if fold.modules.isdisjoint(read)]
        try:
            yield
        finally:
            self._folded = before

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

    def _copied(self, network: nn.Module, shown: Shown | None) -> nn.Module:
        """Return a copy of the module tree, in evaluation mode, on the storage of the original."""
        memo: dict[int, Any] = {}
        for tensor in tensors_in(slots_of(network))[1]:
            copied = self.copies.of(tensor)
            data = _shared(tensor) if copied is None else copied
            memo[id(tensor)] = nn.Parameter(data, requires_grad=False) if isinstance(tensor, nn.Parameter) else data
        if shown is None:
            self.hooks = watched(network, memo)
        else:
            chosen(network, memo, shown.hooks)
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


def _is_setting(name: str) -> bool:
    return name != "training"


def _shared(tensor: Tensor) -> Tensor:
    """Return a tensor on the same storage.

    `data` and not `detach()`, which shares the count of changes too: an optimiser that steps during a pass would make
    the backward pass fail.
    """
    return tensor.clone() if tensor.is_inference() else tensor.data


def slots_of(network: nn.Module) -> list[Slot]:
    """Return where the parameters and all other tensors of a module tree are."""
    return [
        Slot(f"{name}.{key}", holder, key)
        for name, module in network.named_modules()
        for holder in (module._parameters, vars(module), module._buffers)
        for key, value in holder.items()
        if isinstance(value, Tensor)
    ]


def tensors_in(slots: Iterable[Slot]) -> tuple[list[str], list[Tensor]]:
    """Return the names of the tensors that are at these places now, and them."""
    names, tensors = [], []
    for name, holder, key in slots:
        if key in holder and isinstance(tensor := holder[key], Tensor):
            names.append(name)
            tensors.append(tensor)
    return names, tensors


def _owned(network: nn.Module, written: frozenset[str] | None, full_precision: bool) -> Iterator[Tensor]:
    """Yield the tensors that a shadow does not share: those that are written to, all as long as that is not known."""
    for name, tensor in zip(*tensors_in(slots_of(network)), strict=True):
        if written is None or name in written or (full_precision and tensor.dtype in HALF):
            yield tensor


def _skip(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], _output: Any) -> Any:
    return next(iter((*args, *kwargs.values())))
