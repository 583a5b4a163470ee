"""PyTorch networks: what a pass through them does, and what is found out about them beforehand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, allow_mutation_on_saved_tensors, get_gradient_edge

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.failures import describe, failing
from xai_widgets.models.layers import LEFT_OUT, no_layer
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.outputs import (
    check_output,
    find_head,
    is_left_out,
    not_one_tensor,
    per_place,
    same_answers,
    unfaithful,
    wrong_values,
)
from xai_widgets.models.rules import Relevance, Rules, check_meaning, no_logits
from xai_widgets.models.torch.entry import find_entry, pooled
from xai_widgets.models.torch.graph import Call, Record, Tap, ends_in_sigmoid, final_activation, named_calls, recorder
from xai_widgets.models.torch.network import check_supported, home, input_rank, modules_used, unwrapped, warn_of_hooks
from xai_widgets.models.torch.propagation.interception import WayBack, way_back
from xai_widgets.models.torch.reach import TorchRecomputation, recomputation
from xai_widgets.models.torch.segments import segmented
from xai_widgets.models.torch.shadow import Shadow
from xai_widgets.models.torch.tensors import from_numpy, full, like, mode, to_numpy


class TorchCut(Cut):
    """The input, or the output of a layer, of a PyTorch network."""

    model: TorchModel

    @property
    def shape(self) -> tuple[int, ...]:
        return self.model._known_input_shape if self.layer is None else self.model._call(self.layer).shape

    def _activations(self, x: Array) -> Array:
        weights = np.zeros((1,) * (len(self.shape) + 1))
        activations = self._pass(x, Objective(weights, layer=self.layer), None, False).activations
        return x if activations is None else activations

    def _evaluate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation:
        return self._pass(x, objective, latent, False)

    def _differentiate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation:
        return self._pass(x, objective, latent, True)

    def _propagate(self, x: Array, objective: Objective, rules: Rules, reference: Array | None) -> Evaluation:
        check_meaning(rules, objective)
        if self.model._ends_in_probabilities and objective.layer is None and isinstance(rules, Relevance):
            raise no_logits(rules)
        shadow = self.model._current()
        way = way_back(rules, shadow.layers_by_module())
        # What the network works on in place is copied where the way back still needs it: that takes a while.
        with allow_mutation_on_saved_tensors() if shadow.works_in_place else nullcontext():
            if reference is not None:
                with mode(False, shadow.device):
                    there, reference_outputs, _ = self._follow(shadow, reference, objective, way)
            with mode(True, shadow.device):
                point, outputs, scores = self._follow(shadow, x, objective, way)
                if way.works_in_place and not shadow.works_in_place:
                    shadow.works_in_place = True
                    return self._propagate(x, objective, rules, reference)
                leaf = outputs.detach().requires_grad_()
                values = _values(objective, full(leaf))
                start = self._gradient(values, leaf, x.shape, objective)
                if isinstance(rules, Relevance):
                    start = start * leaf.detach()
                if not outputs.requires_grad:
                    raise self._unconnected(objective)
                with failing("way back through the network", x.shape):
                    (flow,) = torch.autograd.grad(outputs, point, start, allow_unused=True)
        if flow is None:
            raise self._unconnected(objective)
        found = Evaluation(to_numpy(values), scores, to_numpy(flow), x if self.layer is None else to_numpy(point))
        if reference is None:
            return found
        with mode(False, shadow.device):
            at_reference = _values(objective.fixed(scores), full(reference_outputs))
        return found._replace(
            reference_values=to_numpy(at_reference),
            reference_activations=reference if self.layer is None else to_numpy(there),
        )

    def _follow(self, shadow: Shadow, x: Array, objective: Objective, way: WayBack) -> tuple[Tensor, Tensor, Array]:
        """Run the inputs `x` while `way` follows; return the point, what the objective is about, and the scores."""
        model = self.model
        points: list[Tensor] = []

        def cut(output: Tensor) -> Tensor:
            points.append(way.begin(output.detach().clone(), is_input=False))
            return points[0].clone()

        def stop(output: Tensor) -> None:
            raise _Stop(output)

        inputs = shadow.tensor(x)
        hooks = [] if self.layer is None else [model._tap(self.layer, cut)]
        if objective.layer is not None:
            hooks.append(model._tap(objective.layer, stop))
        with way, shadow.hooked(hooks):
            if self.layer is None:
                points.append(way.begin(inputs, is_input=True))
            else:
                way.enter(inputs)
            try:
                outputs = model._scores(model._run(shadow, inputs), len(x))
                way.finish()
                if objective.layer is not None:
                    raise InputError(f"The layer {objective.layer!r} is not reached for this input.")
            except _Stop as stop_here:
                outputs = stop_here.output
            way.check(outputs)
        if not points:
            raise self._unconnected(objective)
        scores = np.zeros((len(x), 0), np.float32) if objective.layer is not None else to_numpy(outputs)
        return points[0], outputs, scores

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
        shadow = model._current()
        points: list[Tensor] = []  # Where the derivative is taken: one tensor, once it is reached.
        edges: list[GradientEdge] = []  # Where the way back stops instead, if the gradients are pooled.

        def cut(output: Tensor) -> Tensor:
            # A leaf of its own, and a copy of it to go on with, because the next operation may work in place.
            point = output.detach().clone() if latent is None else like(output, latent)
            points.append(point.requires_grad_(gradients))
            return point.clone()

        def stop(output: Tensor) -> None:
            raise _Stop(output)

        def enter(inputs: Tensor) -> Tensor:
            return shadow.enter(model._prepared(shadow, inputs))

        with mode(gradients, shadow.device):
            inputs = shadow.tensor(x)
            hooks: list[tuple[str, Callable[..., Any]]] = []
            if self.layer is None:
                points.append(inputs.requires_grad_(gradients))
            else:
                hooks.append(model._tap(self.layer, cut))
            if pool is not None and shadow.entry is not None:
                hooks.append(model._tap(shadow.entry, lambda output: edges.append(get_gradient_edge(output))))
            if objective.layer is not None:
                hooks.append(model._tap(objective.layer, stop))
            with shadow.hooked(hooks):
                try:
                    output, stopped = model._run(shadow, inputs), False
                except _Stop as stop_here:
                    output, stopped = stop_here.output, True
            if objective.layer is not None and not stopped:
                raise InputError(f"The layer {objective.layer!r} is not reached for this input.")
            if not points:
                raise self._unconnected(objective)
            scores = model._scores(output, len(x)) if objective.layer is None else None
            values = _values(objective, full(output) if scores is None else scores)
            gradient = None
            if gradients:
                gradient = self._gradient(values, edges[0] if edges else points[0], x.shape, objective)
                if pool is not None and edges:
                    gradient = pooled(gradient, pool, x.shape[1:], enter)
        return Evaluation(
            to_numpy(values),
            np.zeros((len(x), 0), np.float32) if scores is None else to_numpy(scores),
            None if gradient is None else to_numpy(gradient),
            x if self.layer is None else to_numpy(points[0]),
        )

    def _gradient(
        self, values: Tensor, point: Tensor | GradientEdge, shape: tuple[int, ...], objective: Objective
    ) -> Tensor:
        if not values.requires_grad:
            raise self._unconnected(objective)
        with failing("way back through the network", shape):
            (gradient,) = torch.autograd.grad(values.sum(), point, allow_unused=True)
        if gradient is None:
            raise self._unconnected(objective)
        return gradient


class TorchModel(Model):
    """A PyTorch network, or a plain callable of PyTorch tensors."""

    backend = "torch"
    layer_channel_axis = 0

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
        return np.dtype(np.float64 if home(self._roots)[1] == torch.float64 else np.float32)

    def _inspect(self) -> None:
        self.network = unwrapped(self.network)
        self._module = self.network if isinstance(self.network, nn.Module) else None
        self._roots = modules_used(self.network) if self._module is None else [self._module]
        self._calls: dict[str, Call] | None = None
        self._shadow: Shadow | None = None
        self._parts: tuple[Shadow, TorchRecomputation | None] | None = None
        if self._module is not None:
            check_supported(self._module)
            warn_of_hooks(self._module)

    def _embedded_ids(self) -> list[int]:
        modules = [] if self._module is None else list(self._module.modules())
        weighted = [module for module in modules if not list(module.children()) and list(module.parameters())]
        kinds = (nn.Embedding, nn.EmbeddingBag)
        if not weighted or not isinstance(weighted[0], kinds):
            return []
        return [module.num_embeddings for module in weighted if isinstance(module, kinds)]

    def _embeddings(self) -> list[str]:
        if self._module is None or self._calls is None:
            return []
        modules = dict(self._module.named_modules())
        return [name for name, call in self._calls.items() if isinstance(modules.get(call.module), nn.Embedding)]

    def _readable_input_shape(self) -> tuple[int, ...] | None:
        first = self._module
        while isinstance(first, nn.Sequential) and len(first) > 0:
            first = first[0]
        return (first.in_features,) if isinstance(first, nn.Linear) and self._module is not first else None

    def _guess_input_rank(self) -> int | None:
        return None if self._module is None else input_rank(self._module)

    def _build(self) -> None:
        x = self._probe()
        trial = Shadow(self.network, self._roots)
        several, output = self._recorded(trial, x, True)
        batch = _checked_output(output, len(x))
        one = self._choose_layout(trial, x, to_numpy(batch))
        calls, refusals = named_calls(several, one, trial.names())
        final = final_activation(several, output)
        left_out = is_left_out(final and final.activation, batch.shape[1], self._given_outputs)
        self._head, self._output_count, self.outputs = find_head(
            per_place(to_numpy(batch), 0),
            self._given_outputs,
            left_out=left_out,
            two_classes=self._two_classes,
            exact=self._is_exact,
            ends_in_sigmoid=lambda: ends_in_sigmoid(batch),
        )
        self.output_shape = (self._output_count, *batch.shape[2:])
        if final is not None and left_out:
            calls.pop(final.module, None)
            refusals[final.module] = LEFT_OUT
        shadow = Shadow(self.network, self._roots, trial.written(), final.module if final and left_out else None)
        shadow.channels_last, shadow.views_as_reshapes = trial.channels_last, trial.views_as_reshapes
        shadow.entry = self._find_entry(trial, x, calls)
        self._shadow, self._calls, self._refusals = shadow, calls, refusals

    def _cut(self, layer: str | None) -> TorchCut:
        if layer is not None:
            self._call(layer)
        return TorchCut(self, layer)

    def _recomputation(self) -> TorchRecomputation | None:
        """Return what was recorded of the present shadow, which sees training go on as that does."""
        shadow = self._current()
        if self._parts is None or self._parts[0] is not shadow:

            def finish(output: Any, rows: int, objective: Objective) -> Tensor:
                return _values(objective, self._scores(output, rows))

            pictures = self._is_exact and self.channel_axis == 0
            parts = recomputation(shadow, lambda x: self._run(shadow, x), self._probe(), finish) if pictures else None
            self._parts = shadow, parts
        return self._parts[1]

    def _call(self, layer: str) -> Call:
        """Return the call of a module that a layer's name stands for."""
        if self._calls is None:
            raise InputError(
                f"The layer {layer!r} cannot be found before the shape of an input is known; "
                "give wrap(..., input_shape=...)."
            )
        if layer not in self._calls:
            raise no_layer(layer, self.layers, self._refusals)
        return self._calls[layer]

    def _tap(self, layer: str, use: Callable[[Tensor], Tensor | None]) -> tuple[str, Tap]:
        """Return the module and the hook that hands the output of `layer` to a function."""
        call = self._call(layer)
        return call.module, Tap(call.number, use)

    def _current(self) -> Shadow:
        """Return the shadow, made anew where the student's network has moved or changed its modules since."""
        shadow = self._shadow
        while shadow is None or shadow.stale():
            known, self._shadow = self._output_count, None
            self.build(self._known_input_shape)
            if self._output_count != known:
                found, self._output_count, self._shadow = self._output_count, known, None
                raise InputError(f"The network had {known} scores and has {found} now; expected to wrap it again.")
            shadow = self._shadow
        return shadow

    def _run(self, shadow: Shadow, inputs: Tensor) -> Any:
        """Run preprocessing and network."""
        prepared = self._prepared(shadow, inputs)
        if self.parts is None:
            with failing("network", inputs.shape):
                return shadow(prepared)
        pieces = zip(self.parts.split(prepared), self.parts, strict=True)
        tensors = [piece.reshape(len(piece), *part.input_shape) for piece, part in pieces]
        with failing("network", [len(inputs), *(part.input_shape for part in self.parts)], "inputs"):  # type: ignore[list-item]
            return shadow(*tensors)

    def _scores(self, output: Any, rows: int) -> Tensor:
        """Return the scores (rows, outputs) that the network's output stands for."""
        scores, kind = full(_checked_output(output, rows)), self._head
        if kind == "binary logit":
            return torch.cat([torch.zeros_like(scores), scores], dim=1)
        if kind == "binary probability":
            scores = torch.cat([1 - scores, scores], dim=1)
        if kind in ("probabilities", "binary probability"):
            return scores.clamp_min(torch.finfo(scores.dtype).tiny).log()
        return scores

    def _prepared(self, shadow: Shadow, inputs: Tensor) -> Tensor:
        """Return what the network itself is given."""
        if self.tokens is not None:
            return inputs.round().long()
        return self._preprocessed(shadow.laid_out(inputs)).to(shadow.dtype)

    def _preprocessed(self, x: Tensor) -> Tensor:
        if self._statistics is not None:
            mean, std = (from_numpy(numbers).to(x) for numbers in self._statistics)
            return (x - mean) / std
        if not callable(self.preprocess):
            return x
        with failing("preprocessing", x.shape):
            prepared = self.preprocess(x)
        if not isinstance(prepared, Tensor):
            raise InputTypeError(f"preprocess returned {describe(prepared)}; expected a tensor (batch, ...).")
        return prepared

    def _recorded(self, shadow: Shadow, x: Array, gradients: bool) -> tuple[list[Record], Any]:
        """Run the inputs `x`, and return the calls of all modules below the root beside the output."""
        records: list[Record] = []
        recorders: list[tuple[str, Callable[..., Any]]] = [(name, recorder(records, name)) for name in shadow.names()]
        if self.tokens is not None and gradients:  # A way back begins at the embedding, and not at the ids.
            recorders += [(name, _begin) for name in shadow.names(nn.Embedding, nn.EmbeddingBag)]
        with mode(gradients, shadow.device), shadow.hooked(recorders):
            return records, self._run(shadow, shadow.tensor(x).requires_grad_(gradients))

    def _choose_layout(self, trial: Shadow, x: Array, batch: Array) -> list[Record]:
        """Choose the fastest layout in memory that the network runs with, on one input alone; return its calls.

        Refuses a network whose answer for one input depends on chance or on the other inputs of its batch.
        """
        layouts = [(True, False), (True, True), (False, False)] if self.channel_axis == 0 else [(False, False)]
        for trial.channels_last, trial.views_as_reshapes in layouts:
            try:
                records, output = self._recorded(trial, x[:1], False)
            except InputError:
                if trial.channels_last:
                    continue
                raise
            if same_answers(to_numpy(_checked_output(output, 1)), batch[:1], self._is_exact):
                return records
        _, output = self._recorded(trial, x, False)
        raise unfaithful(same_answers(to_numpy(_checked_output(output, len(x))), batch, self._is_exact))

    @property
    def _is_exact(self) -> bool:
        return home(self._roots)[1] in (torch.float32, torch.float64)

    def _find_entry(self, trial: Shadow, x: Array, calls: dict[str, Call]) -> str | None:
        if callable(self.preprocess) or not self._is_exact or self.tokens is not None or self.parts:
            return None
        with mode(True, trial.device), failing("network", x[:1].shape):
            return find_entry(trial, self._prepared(trial, trial.tensor(x[:1]).requires_grad_()), calls)


def _begin(_module: nn.Module, _args: tuple[Any, ...], output: Tensor) -> None:
    output.requires_grad_()


class _Stop(BaseException):
    """Ends a pass at a layer; no Exception, so that the network's own handlers let it through."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output


def _values(objective: Objective, outputs: Tensor) -> Tensor:
    """Return the objective, (rows,), of the scores or of a layer's output."""
    if objective.function is not None:
        with failing("function of the scores", outputs.shape, "scores"):
            values = objective.function(outputs)
        if not isinstance(values, Tensor) or values.shape != outputs.shape[:1]:
            raise wrong_values(values, len(outputs))
        return full(values)
    weights = from_numpy(objective.weights).to(outputs.dtype).to(outputs.device)
    if objective.top and objective.layer is None and outputs.dim() == 4:
        weights = segmented(outputs, weights)
    elif objective.top and objective.layer is None:
        weights = weights + nn.functional.one_hot(outputs.argmax(dim=1), outputs.shape[1]).to(outputs.dtype)
    if objective.link == "softmax":
        outputs = outputs.softmax(dim=1)
    elif objective.link == "log_softmax":
        outputs = outputs.log_softmax(dim=1)
    return (outputs * weights).flatten(1).sum(dim=1)


def _checked_output(output: Any, rows: int) -> Tensor:
    """Return the network's output as (rows, outputs), or refuse it with what could be wrapped instead."""
    if not isinstance(output, Tensor):
        raise not_one_tensor(output, "torch")
    check_output(output.shape, None if output.is_floating_point() else str(output.dtype), rows, "torch")
    return output.unsqueeze(1) if output.dim() == 1 else output
