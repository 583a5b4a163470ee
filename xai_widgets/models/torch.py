"""PyTorch networks: a shadow that leaves the student's network alone, and the passes through it.

The passes run on a copy of the module tree whose parameters and buffers share the storage of the student's: it costs
no memory and sees training go on, while evaluation mode and hooks of ours stay on the copy. Of the hooks on the
student's modules only those that PyTorch itself put there are copied (weight norm, pruning): they are part of the
network, the others would be called thousands of times.

A plain callable cannot be copied, so nothing inside it can be put into evaluation mode; one that uses a network in
training mode is refused.
"""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import warnings
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.overrides import TorchFunctionMode

from xai_widgets.errors import InputError, InputTypeError, UnsupportedModelError
from xai_widgets.models.base import Array, Cut, Evaluation, Model, Objective, Outputs

Head = Literal["scores", "probabilities", "binary logit", "binary probability"]

PROBES = 4
"""How many random inputs tell what a network puts out."""

TOLERANCE = 1e-3
"""How far two passes of one input may differ, relative to the largest output."""

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")

_INPUT_RANKS: tuple[tuple[type[nn.Module], int], ...] = (
    (nn.Linear, 1),
    (nn.Conv1d, 2),
    (nn.Conv2d, 3),
    (nn.BatchNorm2d, 3),
    (nn.Conv3d, 4),
    (nn.BatchNorm3d, 4),
)


class TorchCut(Cut):
    """The input, or the output of a layer, of a PyTorch network."""

    model: TorchModel

    @property
    def shape(self) -> tuple[int, ...]:
        if self.layer is not None:
            return self.model._call(self.layer).shape
        return self.model._known_input_shape

    def _activations(self, x: Array) -> Array:
        weights = np.zeros((1,) * (len(self.shape) + 1))
        activations = self._pass(x, Objective(weights, layer=self.layer), None, False).activations
        return x if activations is None else activations

    def _evaluate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation:
        return self._pass(x, objective, latent, False)

    def _differentiate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation:
        return self._pass(x, objective, latent, True)

    def _pool(self, x: Array, objective: Objective, pool: Array, latent: Array | None) -> Evaluation:
        # Worth it where many rows become few: the way back through the first layer then is one for them all.
        if self.layer is not None or self.model._current().entry is None or 2 * len(pool) > len(x):
            return super()._pool(x, objective, pool, latent)
        return self._pass(x, objective, latent, True, pool)

    def _pass(
        self, x: Array, objective: Objective, latent: Array | None, gradients: bool, pool: Array | None = None
    ) -> Evaluation:
        model = self.model
        if self.layer is None and latent is not None:
            x = latent
        network = model._current()
        points: list[Tensor] = []  # Where the derivative is taken: one tensor, once it is reached.
        edges: list[GradientEdge] = []  # Where the way back stops instead, if the gradients are pooled.

        def cut(output: Tensor) -> Tensor:
            # A leaf of its own, and a copy of it to go on with, because the next operation may work in place.
            point = output.detach().clone() if latent is None else _like(output, latent)
            points.append(point.requires_grad_(gradients))
            return point.clone()

        def stop(output: Tensor) -> None:
            raise _Stop(output)

        with _mode(gradients, network.device):
            inputs = network.tensor(x)
            taps: list[tuple[str, Callable[[Tensor], Tensor | None]]] = []
            if self.layer is None:
                points.append(inputs.requires_grad_(gradients))
            else:
                taps.append((self.layer, cut))
            if pool is not None and network.entry is not None:
                taps.append((network.entry, lambda output: edges.append(get_gradient_edge(output))))
            if objective.layer is not None:
                taps.append((objective.layer, stop))
            with network.tapped([(model._call(layer), use) for layer, use in taps]):
                try:
                    output, stopped = model._run(network, inputs), False
                except _Stop as stop_here:
                    output, stopped = stop_here.output, True
            if objective.layer is not None and not stopped:
                raise InputError(f"The layer {objective.layer!r} is not reached for this input.")
            if not points:
                raise self._unconnected(objective)
            scores = model._scores(output, len(x)) if objective.layer is None else None
            values = _values(objective, _full(output) if scores is None else scores)
            gradient = None
            if gradients:
                gradient = self._gradient(values, edges[0] if edges else points[0], x.shape, objective)
                if pool is not None and edges:
                    # Summed as it lies in memory, channels last, or all of it would be copied first.
                    pooled = torch.tensordot(_from_numpy(pool).to(gradient), gradient.movedim(1, -1), 1)
                    gradient = model._back_through_entry(network, pooled.movedim(-1, 1))
        return Evaluation(
            _numpy(values),
            np.zeros((len(x), 0), np.float32) if scores is None else _numpy(scores),
            None if gradient is None else _numpy(gradient),
            x if self.layer is None else _numpy(points[0]),
        )

    def _gradient(
        self, values: Tensor, point: Tensor | GradientEdge, shape: tuple[int, ...], objective: Objective
    ) -> Tensor:
        if not values.requires_grad:
            raise self._unconnected(objective)
        try:
            (gradient,) = torch.autograd.grad(values.sum(), point, allow_unused=True)
        except Exception as error:
            raise InputError(
                f"The network failed on the way back, for an input of shape {shape}: {type(error).__name__}: {error}"
            ) from error
        if gradient is None:
            raise self._unconnected(objective)
        return gradient

    def _unconnected(self, objective: Objective) -> InputError:
        here = "the input" if self.layer is None else f"the layer {self.layer!r}"
        if objective.layer is not None:
            return InputError(
                f"The layer {objective.layer!r} does not depend on {here}; choose a layer before it, such as the input."
            )
        what = "The function's values do" if objective.function is not None else "The scores do"
        return InputError(
            f"{what} not depend differentiably on {here}; expected tensor operations throughout "
            "(no detach(), no_grad(), argmax or NumPy on the way)."
        )


class TorchModel(Model):
    """A PyTorch network, or a plain callable of PyTorch tensors."""

    backend = "torch"
    layer_channel_axis = 0

    def __init__(self, network: Any, **options: Any) -> None:
        network = _unwrapped(network)
        if isinstance(network, nn.Module):
            _check_supported(network)
            _warn_of_hooks(network)
        self._given_outputs = options.get("outputs")
        self._module = network if isinstance(network, nn.Module) else None
        self._roots = [network] if isinstance(network, nn.Module) else _modules_used(network)
        self._calls: dict[str, _Call] | None = None
        self._refusals: dict[str, str] = {}
        self._shadow: _Shadow | None = None
        self._head: Head = "scores"
        self._channels_last = False
        self._views_as_reshapes = False
        super().__init__(network, **options)

    @property
    def layers(self) -> list[str]:
        if self._calls is not None:
            return list(self._calls)
        if self._module is None:
            return []
        silent = (nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)
        return [name for name, module in self._module.named_modules() if name and not isinstance(module, silent)]

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64 if _home(self._roots)[1] == torch.float64 else np.float32)

    def _readable_input_shape(self) -> tuple[int, ...] | None:
        first = self._module
        while isinstance(first, nn.Sequential) and len(first) > 0:
            first = first[0]
        return (first.in_features,) if isinstance(first, nn.Linear) and self._module is not first else None

    def _guess_input_rank(self) -> int | None:
        for module in () if self._module is None else self._module.modules():
            if isinstance(module, nn.Flatten):
                return None
            for kind, rank in _INPUT_RANKS:
                if isinstance(module, kind):
                    return rank
        return None

    def _build(self) -> None:
        self._check_preprocess()
        x = self._probe()
        trial = _Shadow(self.network, self._roots, None)
        self._channels_last = self._views_as_reshapes = False
        with _mode(True, trial.device), trial.recorded() as several:
            output = self._run(trial, trial.tensor(x).requires_grad_())
        batch = _checked_output(output, len(x))
        one = self._choose_layout(trial, x, batch.detach())
        calls, refusals = _named_calls(several, one, trial.names, len(x))
        final, head, count, outputs = self._find_head(_full(batch), _final_activation(several, output))
        if final is not None:
            calls.pop(final, None)
            refusals[final] = "it is left out, so that the scores are logits"
        self._shadow = _Shadow(self.network, self._roots, trial.written(), final)
        self._shadow.entry = self._find_entry(trial, x, calls)
        self._calls, self._refusals = calls, refusals
        self._head, self._output_count, self.outputs = head, count, outputs

    def _cut(self, layer: str | None) -> TorchCut:
        if layer is not None:
            self._call(layer)
        return TorchCut(self, layer)

    def _no_layer(self, layer: str) -> InputError:
        if layer in self._refusals:
            return InputError(f"The layer {layer!r} cannot be used: {self._refusals[layer]}. Choose another one.")
        return super()._no_layer(layer)

    def _call(self, layer: str) -> _Call:
        """Return the call of a module that a layer's name stands for."""
        if self._calls is None:
            raise InputError(
                f"The layer {layer!r} cannot be found before the shape of an input is known; "
                "give wrap(..., input_shape=...)."
            )
        if layer not in self._calls:
            raise self._no_layer(layer)
        return self._calls[layer]

    def _current(self) -> _Shadow:
        """Return the shadow, made anew where the student's network has moved or changed its modules since."""
        shadow = self._shadow
        while shadow is None or shadow.stale():
            self._shadow = None
            self.build(self._known_input_shape)
            shadow = self._shadow
        return shadow

    def _run(self, shadow: _Shadow, inputs: Tensor) -> Any:
        """Run preprocessing and network; what fails inside is told with the shape it failed on."""
        for module in () if self._module is not None else self._roots:
            if any(part.training for part in module.modules()):
                raise InputError(
                    f"The callable uses a network ({type(module).__name__}) that is in training mode; call its eval() "
                    "first, or wrap the network itself, which is left as it is."
                )
        prepared = self._prepared(shadow, inputs)
        try:
            with _ViewsAsReshapes() if self._views_as_reshapes else nullcontext():
                return shadow.network(prepared)
        except InputError:
            raise
        except Exception as error:
            raise _failed("network", inputs, error) from error

    def _find_entry(self, trial: _Shadow, x: Array, calls: Mapping[str, _Call]) -> str | None:
        """Return the linear layer through which all that the network knows of its input passes, if there is one."""
        if callable(self.preprocess) or trial.dtype not in (torch.float32, torch.float64):
            return None
        with _mode(True, trial.device), trial.watched() as (inputs, outputs):
            result = self._run(trial, trial.tensor(x[:1]).requires_grad_())
        for name, node in outputs.items():
            if name in calls and inputs and not _reaches(result.grad_fn, inputs[0].grad_fn, node):
                return name
        return None

    def _back_through_entry(self, shadow: _Shadow, gradient: Tensor) -> Tensor:
        """Return the gradient at the input that belongs to one at the output of the entry, which is linear."""
        x = torch.zeros((len(gradient), *self._known_input_shape), dtype=gradient.dtype, device=gradient.device)
        (found,) = torch.autograd.grad(shadow.enter(self._prepared(shadow, x.requires_grad_())), x, gradient)
        return found

    def _scores(self, output: Any, rows: int) -> Tensor:
        """Return the scores (rows, outputs) that the network's output stands for."""
        scores = _full(_checked_output(output, rows))
        if self._head == "binary logit":
            return torch.cat([torch.zeros_like(scores), scores], dim=1)
        if self._head == "binary probability":
            scores = torch.cat([1 - scores, scores], dim=1)
        if self._head in ("probabilities", "binary probability"):
            return scores.clamp_min(torch.finfo(scores.dtype).tiny).log()
        return scores

    def _prepared(self, shadow: _Shadow, inputs: Tensor) -> Tensor:
        """Return what the network itself is given: a copy, because it may work in place."""
        # Channels last halves the time of convolutions; converting the weights as well gains nothing.
        layout = torch.channels_last if self._channels_last else torch.preserve_format
        return self._preprocessed(inputs.clone(memory_format=layout)).to(shadow.dtype)

    def _preprocessed(self, inputs: Tensor) -> Tensor:
        if self.preprocess is None:
            return inputs
        if isinstance(self.preprocess, Mapping):
            shape = self._statistics_shape()
            mean, std = (
                torch.as_tensor(np.asarray(self.preprocess.get(name, default)), dtype=inputs.dtype).reshape(shape)
                for name, default in (("mean", 0.0), ("std", 1.0))
            )
            return (inputs - mean.to(inputs.device)) / std.to(inputs.device)
        try:
            prepared = self.preprocess(inputs)
        except Exception as error:
            raise _failed("preprocessing", inputs, error) from error
        if not isinstance(prepared, Tensor):
            raise InputTypeError(f"preprocess returned {_describe(prepared)}; expected a tensor (batch, ...).")
        return prepared

    def _statistics_shape(self) -> tuple[int, ...]:
        """The shape in which one number per channel fits a batch."""
        rank = len(self._known_input_shape)
        shape = [1] * (rank + 1)
        shape[-1 if self.channel_axis is None else self.channel_axis % rank + 1] = -1
        return tuple(shape)

    def _check_preprocess(self) -> None:
        if not isinstance(self.preprocess, Mapping):
            return
        channels = self._known_input_shape[-1 if self.channel_axis is None else self.channel_axis]
        for name, numbers in self.preprocess.items():
            if np.ndim(numbers) > 1 or np.size(numbers) not in (1, channels):
                raise InputError(
                    f"preprocess has {np.size(numbers)} numbers for {name}, but an input of shape {self.input_shape} "
                    f"has {channels} channels; expected one number per channel."
                )

    def _probe(self) -> Array:
        """A few random inputs within the bounds, always the same ones."""
        low, high = self.bounds or (-1, 1)
        random = np.random.default_rng(0)
        return random.uniform(low, high, (PROBES, *self._known_input_shape)).astype(self.dtype)

    def _choose_layout(self, trial: _Shadow, x: Array, batch: Tensor) -> list[_Record]:
        """Choose the fastest layout in memory that the network runs with, on one input alone; return its calls.

        Refuses a network whose answer for one input depends on chance or on the other inputs of its batch.
        """
        layouts = [(False, False)]
        if self.channel_axis == 0:
            layouts = [(True, False), (True, True), (False, False)]
        with _mode(False, trial.device):
            for self._channels_last, self._views_as_reshapes in layouts:
                with trial.recorded() as records:
                    try:
                        output = self._run(trial, trial.tensor(x[:1]))
                    except InputError:
                        if self._channels_last:
                            continue
                        raise
                    if self._close(_checked_output(output, 1)[0], batch[0]):
                        return records
            again = _checked_output(self._run(trial, trial.tensor(x)), len(x))
        if self._close(again, batch):
            raise UnsupportedModelError(
                "The network mixes the inputs of a batch: one input alone and the same input among others have "
                "different outputs. Expected outputs that depend on their own input; look for batch statistics "
                "(track_running_stats=False), or for a mean or a softmax over the batch axis."
            )
        raise UnsupportedModelError(
            "The network gives different outputs for the same input, also in evaluation mode. Expected no chance in "
            "it; look for functional dropout without training=self.training, for sampling, or for state that is "
            "kept from call to call."
        )

    def _close(self, found: Tensor, expected: Tensor) -> bool:
        tolerance = TOLERANCE if _home(self._roots)[1] in (torch.float32, torch.float64) else 5e-2
        if found.shape != expected.shape:
            return False
        found, expected = torch.nan_to_num(_full(found)), torch.nan_to_num(_full(expected))
        scale = float(expected.abs().max()) + 1e-12
        return float((found - expected).abs().max()) <= tolerance * scale

    def _find_head(self, batch: Tensor, final: _Record | None) -> tuple[str | None, Head, int, Outputs]:
        """Tell what stands at the end of the network.

        Returns
        -------
        The module to leave out, what is done to the output to get the scores, the number of scores, and `outputs`.
        """
        given, count = self._given_outputs, batch.shape[1]
        if given == "values":
            return None, "scores", count, "values"
        if count == 1:
            return self._find_binary_head(batch, final)
        if final is not None and final.kind is not nn.Sigmoid:
            return final.name, "scores", count, "logits"
        labels = (final.kind is nn.Sigmoid) if final is not None else _ends_in_sigmoid(batch)
        if labels and given is None:  # Independent labels: no class is chosen among the others.
            return None, "scores", count, "values"
        if given == "logits":
            return (final.name if final is not None else None), "scores", count, "logits"
        rows = batch.detach().double()
        slack = 1e-3 if _home(self._roots)[1] in (torch.float32, torch.float64) else 2e-2
        if bool((rows >= 0).all()) and bool(((rows.sum(1) - 1).abs() < slack).all()):
            return None, "probabilities", count, "probabilities"
        if bool((rows.logsumexp(1).abs() < slack).all()):
            return None, "scores", count, "probabilities"
        if given == "probabilities":
            raise InputError(
                f"outputs is 'probabilities', but the first of {PROBES} random inputs has outputs that sum to "
                f"{float(rows[0].sum()):.4g}; expected 1. Give outputs='logits', or 'values' for independent labels."
            )
        return None, "scores", count, "logits"

    def _find_binary_head(self, batch: Tensor, final: _Record | None) -> tuple[str | None, Head, int, Outputs]:
        given = self._given_outputs
        if final is not None and final.kind is not nn.Sigmoid:
            raise UnsupportedModelError(
                f"The network ends in a {final.kind.__name__} over a single output, which is the same for every "
                "input; expected a Sigmoid, or two outputs."
            )
        if final is not None:
            return final.name, "binary logit", 2, "logits"
        if given == "probabilities" or (given is None and _ends_in_sigmoid(batch)):
            if bool((batch < 0).any()) or bool((batch > 1).any()):
                raise InputError(
                    f"outputs is 'probabilities', but the network puts out {float(batch.detach().min()):.4g} to "
                    f"{float(batch.detach().max()):.4g}; expected numbers from 0 to 1."
                )
            return None, "binary probability", 2, "probabilities"
        if given == "logits" or (self.classes is not None and len(self.classes) == 2):
            return None, "binary logit", 2, "logits"
        return None, "scores", 1, "values"


class _Stop(BaseException):
    """Ends a pass at a layer; no Exception, so that the network's own handlers let it through."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output


class _Call(NamedTuple):
    """One call of a module during a pass: the place that a layer's name stands for."""

    module: str
    number: int
    """How many calls of this module come before it."""
    shape: tuple[int, ...]
    """The shape of one input's output."""


class _Record(NamedTuple):
    """What was seen of one call of a module."""

    name: str
    kind: type[nn.Module]
    shape: tuple[int, ...] | None
    """The shape of the output with the batch axis; None where it is no tensor of floating-point numbers."""
    found: str
    """The output in words."""
    output: Tensor | None
    """The output itself, kept for the modules that may be left out at the end."""


class _Shadow:
    """A copy of a network, in evaluation mode, on the same storage; a plain callable stands for itself.

    Parameters
    ----------
    roots : list of modules
        The network; or, for a callable, the modules that it is seen to use.
    private : set of (module name, tensor name), or None
        Which buffers get storage of their own, because the network writes to them even in evaluation; None is all.
    left_out : str, optional
        The module whose input takes the place of its output.
    """

    def __init__(
        self,
        network: Any,
        roots: list[nn.Module],
        private: Set[tuple[str, str]] | None,
        left_out: str | None = None,
    ) -> None:
        self.network = network
        self.device, self.dtype = _home(roots)
        self._originals = [module for root in roots for module in root.modules()]
        self._places = _places(self._originals)
        self.entry: str | None = None
        self._modules: dict[str, nn.Module] = {}
        if isinstance(network, nn.Module):
            with torch.inference_mode(False), torch.no_grad():
                self.network = _copied(network, private)
            self._modules = dict(self.network.named_modules())
        if left_out is not None:
            self._modules[left_out].register_forward_hook(_skip, with_kwargs=True)

    @property
    def names(self) -> list[str]:
        return [name for name in self._modules if name]

    def stale(self) -> bool:
        """Whether the student's network has got other modules or other storage since."""
        return _places(self._originals) != self._places

    def written(self) -> frozenset[tuple[str, str]]:
        """Return the private buffers that the passes so far have written to."""
        return frozenset(
            (name, key)
            for (name, module), original in zip(self._modules.items(), self._originals, strict=False)
            for key in _loose(original)
            if (tensor := _loose(module).get(key)) is not None and tensor._version > 0
        )

    def enter(self, prepared: Tensor) -> Tensor:
        """Run the entry alone."""
        output: Tensor = self._modules[self.entry or ""](prepared)
        return output

    @contextmanager
    def watched(self) -> Iterator[tuple[list[Tensor], dict[str, Any]]]:
        """Note what the network is given, and the graph node of every linear layer that gets just that."""
        inputs: list[Tensor] = []
        versions: list[int] = []
        nodes: dict[str, Any] = {}

        def start(_module: nn.Module, args: tuple[Any, ...]) -> None:
            inputs.append(args[0])
            versions.append(args[0]._version)

        def note(name: str, _module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
            # The version tells whether the network has worked on it in place before.
            if len(args) == 1 and inputs and args[0] is inputs[0] and args[0]._version == versions[0]:
                nodes[name] = output.grad_fn

        handles = []
        try:
            if isinstance(self.network, nn.Module):
                handles.append(self.network.register_forward_pre_hook(start))
            for name in self.names:
                if type(self._modules[name]) in (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d):
                    handle = self._modules[name].register_forward_hook(functools.partial(note, name))
                    handles.append(handle)
            yield inputs, nodes
        finally:
            for handle in handles:
                handle.remove()

    def tensor(self, array: Array) -> Tensor:
        """Return `array` as a tensor beside the network, sharing its memory where that is possible."""
        dtype = torch.float64 if self.dtype == torch.float64 else torch.float32
        return _from_numpy(array).to(dtype).to(self.device)

    @contextmanager
    def tapped(self, taps: Sequence[tuple[_Call, Callable[[Tensor], Tensor | None]]]) -> Iterator[None]:
        """Hand the output of each call to its function, and go on with what that returns, if anything."""
        handles = []
        try:
            for call, use in taps:
                handles.append(self._modules[call.module].register_forward_hook(_Tap(call.number, use)))
            yield
        finally:
            for handle in handles:
                handle.remove()

    @contextmanager
    def recorded(self) -> Iterator[list[_Record]]:
        """Record the calls of all modules below the root, in the order in which they end."""
        records: list[_Record] = []
        handles = []
        try:
            for name in self.names:
                handle = self._modules[name].register_forward_hook(functools.partial(_record, records, name))
                handles.append(handle)
            yield records
        finally:
            for handle in handles:
                handle.remove()


class _Tap:
    """Uses the output of one call of a module during one pass."""

    def __init__(self, index: int, use: Callable[[Tensor], Tensor | None]) -> None:
        self._remaining = index
        self._use = use

    def __call__(self, module: nn.Module, inputs: Any, output: Tensor) -> Tensor | None:
        self._remaining -= 1
        return self._use(output) if self._remaining == -1 else None


class _ViewsAsReshapes(TorchFunctionMode):
    """Lets networks that flatten by `view` run on pictures that lie channels last in memory."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if function is Tensor.view:
            try:
                return function(*args, **(kwargs or {}))
            except RuntimeError:
                return Tensor.reshape(*args, **(kwargs or {}))
        return function(*args, **(kwargs or {}))


@contextmanager
def _mode(gradients: bool, device: torch.device) -> Iterator[None]:
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


def _values(objective: Objective, outputs: Tensor) -> Tensor:
    """Return the objective, (rows,), of the scores or of a layer's output."""
    if objective.function is not None:
        return _function_values(objective.function, outputs)
    weights = _from_numpy(objective.weights).to(outputs.dtype).to(outputs.device)
    if objective.top and objective.layer is None:
        weights = weights + nn.functional.one_hot(outputs.argmax(dim=1), outputs.shape[1]).to(outputs.dtype)
    if objective.link == "softmax":
        outputs = outputs.softmax(dim=1)
    elif objective.link == "log_softmax":
        outputs = outputs.log_softmax(dim=1)
    return (outputs * weights).flatten(1).sum(dim=1)


def _function_values(function: Callable[[Any], Any], scores: Tensor) -> Tensor:
    try:
        values = function(scores)
    except Exception as error:
        raise InputError(
            f"The function of the scores failed on a tensor of shape {tuple(scores.shape)}: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not isinstance(values, Tensor) or values.shape != scores.shape[:1]:
        raise InputError(
            f"The function of the scores returned {_describe(values)}; expected a tensor of shape "
            f"({len(scores)},), one value per input. Sum or index along the last axis, as in scores[:, 0]."
        )
    return _full(values)


def _like(output: Tensor, latent: Array) -> Tensor:
    """Return `latent` with the type, place and layout in memory of the output that it replaces."""
    if latent.shape != tuple(output.shape):
        raise InputError(f"The latent has shape {latent.shape}; expected that of the layer, {tuple(output.shape)}.")
    return torch.empty_like(output, requires_grad=False).copy_(_from_numpy(latent))


def _from_numpy(array: Array) -> Tensor:
    # Tensors can have no negative strides and are never read-only.
    return torch.from_numpy(np.require(array, requirements=["C", "W"]))


def _numpy(tensor: Tensor) -> Array:
    array: Array = _full(tensor.detach()).cpu().numpy()
    return array


def _full(tensor: Tensor) -> Tensor:
    """Return half-precision numbers as float32, in which logarithms and sums are taken."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


def _failed(what: str, inputs: Tensor, error: Exception) -> InputError:
    return InputError(f"The {what} failed on an input of shape {tuple(inputs.shape)}: {type(error).__name__}: {error}")


def _unwrapped(network: Any) -> Any:
    """Return the module inside the wrappers that only say how to run it."""
    while True:
        if isinstance(network, nn.DataParallel | nn.parallel.DistributedDataParallel):
            network = network.module
        elif isinstance(network, nn.Module) and type(network).__name__ == "OptimizedModule":  # torch.compile
            network = network._orig_mod
        else:
            return network


def _check_supported(network: nn.Module) -> None:
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


def _warn_of_hooks(network: nn.Module) -> None:
    names = [
        name or "the network itself"
        for name, module in network.named_modules()
        if any(not _is_of_torch(hook) for hooks in _HOOKS for hook in getattr(module, hooks).values())
    ]
    if names:
        warnings.warn(
            f"Hooks on {', '.join(names[:5])}{' ...' if len(names) > 5 else ''} are left out of explanations, so that "
            "they do not run thousands of times. If they change outputs, wrap lambda x: network(x) with "
            "backend='torch' and input_shape=..., where they run.",
            stacklevel=4,
        )


def _is_of_torch(hook: Any) -> bool:
    function = getattr(hook, "__func__", hook)
    module = getattr(function, "__module__", None) or type(function).__module__
    return module == "torch" or module.startswith("torch.")


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
        for hooks in _HOOKS:
            found = getattr(module, hooks)
            memo[id(found)] = OrderedDict((key, hook) for key, hook in found.items() if _is_of_torch(hook))
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


def _loose(module: nn.Module) -> dict[str, Tensor]:
    """Return the module's tensors that are no parameters: buffers, and plain attributes such as a computed weight."""
    plain = {key: value for key, value in vars(module).items() if isinstance(value, Tensor)}
    return plain | {key: value for key, value in module._buffers.items() if value is not None}


def _home(modules: Iterable[nn.Module]) -> tuple[torch.device, torch.dtype]:
    """Return where the numbers of these modules live, and their type."""
    for module in modules:
        for tensor in itertools.chain(module.parameters(), module.buffers()):
            if tensor.is_floating_point():
                return tensor.device, tensor.dtype
    return torch.get_default_device(), torch.get_default_dtype()


def _places(modules: Iterable[nn.Module]) -> list[int]:
    """Return what changes when a network gets other modules or other storage, and not when it is trained.

    It is asked before every pass, so it looks at identities and addresses alone: a change of type or device moves the
    storage.
    """
    places: list[int] = []
    for module in modules:
        tensors = [*module._parameters.values(), *module._buffers.values()]
        places += map(id, tensors)
        places += map(id, module._modules.values())
        places += [tensor.data_ptr() for tensor in tensors if tensor is not None]
    return places


def _skip(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], _output: Any) -> Any:
    return next(iter((*args, *kwargs.values())))


def _record(records: list[_Record], name: str, module: nn.Module, _inputs: Any, output: Any) -> None:
    usable = isinstance(output, Tensor) and output.is_floating_point()
    over_classes = getattr(module, "dim", None) in (None, 1, -1)
    may_be_final = type(module) in (nn.Softmax, nn.LogSoftmax, nn.Sigmoid) and over_classes
    shape = tuple(output.shape) if usable else None
    records.append(_Record(name, type(module), shape, _describe(output), output if usable and may_be_final else None))


def _final_activation(records: list[_Record], output: Any) -> _Record | None:
    """Return the softmax or sigmoid that makes the network's output, if it is a module that does nothing else."""
    for record in records:
        if record.output is output and sum(other.name == record.name for other in records) == 1:
            return record
    return None


def _named_calls(
    several: list[_Record], one: list[_Record], names: list[str], rows: int
) -> tuple[dict[str, _Call], dict[str, str]]:
    """Return the calls that can serve as layers, by name in the order of execution, and why the others cannot.

    Calls are seen with several inputs and with one: the first axis of a layer's output has to follow their number.
    """
    calls: dict[str, _Call] = {}
    refusals = dict.fromkeys(names, "it is not run on the way to the output")
    times = Counter(record.name for record in several)
    alone = {(record.name, index): record for record, index in _indexed(one)}
    for record, index in _indexed(several):
        layer = record.name if times[record.name] == 1 else f"{record.name}:{index}"
        single = alone.get((record.name, index))
        refusals.pop(record.name, None)
        if record.shape is None:
            refusals[layer] = f"it puts out {record.found}; expected one tensor of floating-point numbers"
        elif single is None or record.shape[:1] != (rows,) or single.shape != (1, *record.shape[1:]):
            refusals[layer] = f"it puts out {record.found} for {rows} inputs; expected the inputs along the first axis"
        else:
            calls[layer] = _Call(record.name, index, record.shape[1:])
    return calls, refusals


def _indexed(records: list[_Record]) -> Iterator[tuple[_Record, int]]:
    """Yield each record with the number of earlier calls of the same module."""
    seen: Counter[str] = Counter()
    for record in records:
        yield record, seen[record.name]
        seen[record.name] += 1


def _checked_output(output: Any, rows: int) -> Tensor:
    """Return the network's output as (rows, outputs), or refuse it with what could be wrapped instead."""
    if not isinstance(output, Tensor):
        pick = "[0]"
        if isinstance(output, Mapping) and output:
            pick = f"[{next(iter(output))!r}]"
        if hasattr(output, "logits"):
            pick = ".logits"
        raise UnsupportedModelError(
            f"The network puts out {_describe(output)}; expected one tensor (batch, outputs). Wrap what picks it, "
            f"for instance lambda x: network(x){pick}, with backend='torch' and input_shape=...; a small module that "
            "does the same keeps the layers."
        )
    shape = tuple(output.shape)
    if not output.is_floating_point():
        raise UnsupportedModelError(
            f"The network puts out {output.dtype} numbers of shape {shape}; expected floating-point scores. "
            "Leave out the argmax or the rounding at its end."
        )
    if shape == (rows,):
        return output.unsqueeze(1)
    if shape[:1] != (rows,):
        raise UnsupportedModelError(
            f"The network puts out a tensor of shape {shape} for {rows} {'input' if rows == 1 else 'inputs'}; expected "
            f"({rows}, outputs). A squeeze() without an axis, or a view() that leaves the batch axis open, does this."
        )
    if len(shape) != 2:
        raise UnsupportedModelError(
            f"The network puts out a tensor of shape {shape}; expected (batch, outputs), one score per output. Wrap "
            f"what reduces it to that, for instance lambda x: network(x).sum({tuple(range(2, len(shape)))}) for the "
            "sum over all places, with backend='torch' and input_shape=....."
        )
    return output


def _describe(thing: Any) -> str:
    if isinstance(thing, Tensor):
        return f"a tensor of shape {tuple(thing.shape)}"
    if isinstance(thing, tuple | list):
        return f"a {type(thing).__name__} of {len(thing)}"
    if isinstance(thing, Mapping):
        return f"a {type(thing).__name__} with the keys {', '.join(map(repr, thing))}"
    return "None" if thing is None else f"a {type(thing).__name__}"


def _ends_in_sigmoid(output: Tensor) -> bool:
    """Whether the last operation was a sigmoid, looking through those that only change the shape."""
    node = output.grad_fn
    while node is not None and node.name().startswith(("View", "Reshape", "Squeeze", "Unsqueeze", "Alias", "ToCopy")):
        node = node.next_functions[0][0] if node.next_functions else None
    return node is not None and node.name().startswith("Sigmoid")


def _reaches(start: Any, end: Any, around: Any) -> bool:
    """Whether a way back leads from one node of the graph to another without passing through a third."""
    seen, ahead = {around}, [start]
    while ahead:
        node = ahead.pop()
        if node is end:
            return True
        if node is not None and node not in seen:
            seen.add(node)
            ahead.extend(before for before, _ in node.next_functions)
    return False


def _modules_used(function: Any) -> list[nn.Module]:
    """Return the networks that a callable is seen to use: bound to it, in its closure, or global names of its code."""
    used: list[Any] = []
    if isinstance(function, functools.partial):
        return [
            module
            for part in (function.func, *function.args, *function.keywords.values())
            for module in ([part] if isinstance(part, nn.Module) else _modules_used(part))
        ]
    if inspect.ismethod(function):
        used.append(function.__self__)
    elif inspect.isfunction(function):
        for cell in function.__closure__ or ():
            with suppress(ValueError):  # A name that the enclosing function has not bound yet.
                used.append(cell.cell_contents)
        used.extend(function.__globals__[name] for name in function.__code__.co_names if name in function.__globals__)
    elif hasattr(function, "__dict__"):
        used.extend(vars(function).values())
    return [thing for thing in used if isinstance(thing, nn.Module)]
