"""One place in a PyTorch network: the passes that read, replace and differentiate it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, allow_mutation_on_saved_tensors, get_gradient_edge

from xai_widgets.errors import InputError
from xai_widgets.models.attention import Attention, of_one_input
from xai_widgets.models.cut import Cut
from xai_widgets.models.failures import failing
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.rules import Relevance, Rules, check_meaning, no_logits
from xai_widgets.models.torch.attention import AttentionInParts, AttentionWatch
from xai_widgets.models.torch.entry import pooled
from xai_widgets.models.torch.folding import FEWEST, OtherWay
from xai_widgets.models.torch.forward import TorchForward
from xai_widgets.models.torch.network import is_quantised, plain_checkpoints
from xai_widgets.models.torch.objective import objective_values
from xai_widgets.models.torch.propagation.choice import modified_backward
from xai_widgets.models.torch.propagation.interception import ModifiedBackward
from xai_widgets.models.torch.shadow import Shadow
from xai_widgets.models.torch.stop import Stop
from xai_widgets.models.torch.tensors import full, like, mode, to_numpy


class TorchCut(Cut):
    """The input, or the output of a layer, of a PyTorch network."""

    model: TorchForward

    @property
    def shape(self) -> tuple[int, ...]:
        return self.model._known_input_shape if self.layer is None else self.model._call(self.layer).shape

    def _activations(self, x: Array) -> Array:
        weights = np.zeros((1,) * (len(self.shape) + 1))
        activations = self._pass(x, Objective(weights, layer=self.layer), None, False, None).activations
        return x if activations is None else activations

    def _activations_of(self, x: Array, layers: Sequence[str]) -> list[Array]:
        model, shadow = self.model, self.model._follow()
        found: dict[str, Array] = {}

        def keep(layer: str) -> Callable[[Tensor], None]:
            def kept(output: Tensor) -> None:
                # A copy: the next layer may work in place.
                found[layer] = to_numpy(output.clone())

            return kept

        hooks = [model._tap(layer, keep(layer)) for layer in dict.fromkeys(layers)]
        with mode(False, shadow.device), shadow.hooked([*model._edited(), *hooks]):
            model._run(shadow, shadow.tensor(x))
        missing = [layer for layer in layers if layer not in found]
        if missing:
            raise InputError(f"The layer {missing[0]!r} is not reached for this input.")
        return [found[layer] for layer in layers]

    def _gradients_by(self, x: Array, objective: Objective, layers: Sequence[str]) -> list[Array | None]:
        model, shadow = self.model, self.model._follow()
        outputs: dict[str, Tensor] = {}

        def keep(layer: str) -> Callable[[Tensor], None]:
            def kept(output: Tensor) -> None:
                # Where nothing before asked for a gradient, as behind token ids, this output begins to.
                outputs[layer] = output if output.requires_grad else output.requires_grad_()

            return kept

        def stop(output: Tensor) -> None:
            raise Stop(output)

        hooks = [model._tap(layer, keep(layer)) for layer in layers]
        if objective.layer is not None:
            hooks.append(model._tap(objective.layer, stop))
        with mode(True, shadow.device), shadow.hooked([*model._edited(), *hooks]):
            try:
                found = model._scores(model._run(shadow, shadow.tensor(x).requires_grad_()), len(x))
            except Stop as stop_here:
                found = full(stop_here.output)
            values = objective_values(objective, found)
            with failing("backward pass through the network", x.shape), plain_checkpoints():
                kept = list(outputs.values())
                gradients = torch.autograd.grad(values.sum(), kept, allow_unused=True) if values.requires_grad else []
        by_layer = {layer: to_numpy(one) for layer, one in zip(outputs, gradients, strict=False) if one is not None}
        return [by_layer.get(layer) for layer in layers]

    def _attentions(self, x: Array, objective: Objective | None) -> list[Attention]:
        model, shadow = self.model, self.model._follow()
        watch = AttentionWatch(shadow.layers_by_module())

        def stop(output: Tensor) -> None:
            raise Stop(output)

        hooks = [] if objective is None or objective.layer is None else [model._tap(objective.layer, stop)]
        with mode(True, shadow.device), watch, shadow.hooked([*model._edited(), *hooks]):
            try:
                found = model._scores(model._run(shadow, shadow.tensor(x).requires_grad_()), len(x))
            except Stop as stop_here:
                found = full(stop_here.output)
            weights = [seen.weights for seen in watch.found]
            gradients: Sequence[Tensor | None] = [None] * len(weights)
            if objective is not None and weights:
                values = objective_values(objective, found)
                if not values.requires_grad:
                    raise self._unconnected(objective)
                with failing("backward pass through the network", x.shape), plain_checkpoints():
                    gradients = torch.autograd.grad(values.sum(), weights, materialize_grads=True, allow_unused=True)
        derived = [None if one is None else to_numpy(one) for one in gradients]
        return [
            of_one_input(seen.layer, to_numpy(seen.weights), gradient, seen.keys, seen.changed)
            for seen, gradient in zip(watch.found, derived, strict=True)
        ]

    def _propagate(self, x: Array, objective: Objective, rules: Rules, reference: Array | None) -> Evaluation:
        check_meaning(rules, objective)
        if self.model._ends_in_probabilities and objective.layer is None and isinstance(rules, Relevance):
            raise no_logits(rules)
        shadow = self.model._follow()
        way = modified_backward(rules, shadow.layers_by_module())
        # What the network works on in place is copied where the backward pass still needs it: that takes a while.
        with allow_mutation_on_saved_tensors() if shadow.works_in_place else nullcontext():
            if reference is not None:
                latent = self._activations(reference) if self._is_words else None
                way.compares_words = latent is not None
                with mode(False, shadow.device):
                    around = reference if latent is None else x
                    there, reference_outputs, _ = self._follow(shadow, around, objective, way, latent)
            with mode(True, shadow.device):
                point, outputs, scores = self._follow(shadow, x, objective, way)
                if way.works_in_place and not shadow.works_in_place:
                    shadow.works_in_place = True
                    return self._propagate(x, objective, rules, reference)
                leaf = outputs.detach().requires_grad_()
                values = objective_values(objective, full(leaf))
                start = self._gradient(values, leaf, x.shape, objective)
                if isinstance(rules, Relevance):
                    start = start * leaf.detach()
                if not outputs.requires_grad:
                    raise way.why_unconnected() or self._unconnected(objective)
                with failing("backward pass through the network", x.shape), plain_checkpoints():
                    (flow,) = torch.autograd.grad(outputs, point, start, allow_unused=True)
        if flow is None:
            raise way.why_unconnected() or self._unconnected(objective)
        found = Evaluation(to_numpy(values), scores, to_numpy(flow), x if self.layer is None else to_numpy(point))
        if reference is None:
            return found
        with mode(False, shadow.device):
            at_reference = objective_values(objective.fixed(scores), full(reference_outputs))
        return found._replace(
            reference_values=to_numpy(at_reference),
            reference_activations=reference if self.layer is None else to_numpy(there),
        )

    def _follow(
        self, shadow: Shadow, x: Array, objective: Objective, way: ModifiedBackward, latent: Array | None = None
    ) -> tuple[Tensor, Tensor, Array]:
        """Run the inputs `x` while `way` follows; return the point, what the objective is about, and the scores.

        A `latent` goes on from the layer in the place of what it puts out.
        """
        model = self.model
        points: list[Tensor] = []

        def cut(output: Tensor) -> Tensor:
            here = output.detach().clone() if latent is None else like(output, latent)
            points.append(way.begin(here, is_input=False))
            return points[0].clone()

        def stop(output: Tensor) -> None:
            raise Stop(output)

        inputs = shadow.tensor(x)
        hooks = [] if self.layer is None else [model._tap(self.layer, cut)]
        if objective.layer is not None:
            hooks.append(model._tap(objective.layer, stop))
        with way, AttentionInParts(), shadow.hooked([*model._edited(), *hooks]):
            if self.layer is None:
                points.append(way.begin(inputs, is_input=True))
            else:
                way.enter(inputs)
            try:
                outputs = model._scores(model._run(shadow, inputs), len(x))
                way.finish()
                if objective.layer is not None:
                    raise InputError(f"The layer {objective.layer!r} is not reached for this input.")
            except Stop as stop_here:
                outputs = stop_here.output
            way.check(outputs)
        if not points:
            raise self._unconnected(objective)
        scores = np.zeros((len(x), 0), np.float32) if objective.layer is not None else to_numpy(outputs)
        return points[0], outputs, scores

    def _unconnected(self, objective: Objective) -> InputError:
        if is_quantised(module for root in self.model._roots for module in root.modules()):
            return InputError(
                "The network is quantised, and no gradient passes through its whole numbers. Expected the network of "
                "floating-point numbers that it was made from, or a method that takes parts of the input away, such as "
                "Occlusion."
            )
        return super()._unconnected(objective)

    def _pass(
        self, x: Array, objective: Objective, latent: Array | None, gradients: bool, pool: Array | None
    ) -> Evaluation:
        model = self.model
        if self.layer is None and latent is not None:
            x = latent
        shadow = model._follow()
        # Worth it where many rows become few: the backward pass through the first layer then is one for them all.
        pays = pool is not None and self.layer is None and 2 * len(pool) <= len(x) and not model.edits
        entry = shadow.entry if pays else None
        points: list[Tensor] = []  # Where the derivative is taken: one tensor, once it is reached.
        edges: list[GradientEdge] = []  # Where the backward pass stops instead, if the gradients are pooled.

        def cut(output: Tensor) -> Tensor:
            if gradients and not torch.is_grad_enabled():
                raise InputError(
                    f"The network runs the layer {self.layer!r} without gradients (torch.no_grad(), or checkpoints "
                    "with use_reentrant=True); expected to differentiate by it. Switch that off for evaluation."
                )
            # A leaf of its own, and a copy of it to go on with, because the next operation may work in place.
            point = output.detach().clone() if latent is None else like(output, latent)
            points.append(point.requires_grad_(gradients))
            return point.clone()

        def stop(output: Tensor) -> None:
            raise Stop(output)

        def enter(inputs: Tensor) -> Tensor:
            return shadow.enter(model._prepared(shadow, inputs))

        try:
            folding = self._folding(shadow, objective) if shadow.folds and len(x) >= FEWEST else nullcontext()
            with mode(gradients, shadow.device), folding:
                inputs = shadow.tensor(x)
                hooks: list[tuple[str, Callable[..., Any]]] = []
                if self.layer is None:
                    points.append(inputs.requires_grad_(gradients))
                else:
                    hooks.append(model._tap(self.layer, cut))
                if entry is not None:
                    hooks.append(model._tap(entry, lambda output: edges.append(get_gradient_edge(output))))
                if objective.layer is not None:
                    hooks.append(model._tap(objective.layer, stop))
                with shadow.hooked([*model._edited(), *hooks] if model.edits else hooks):
                    try:
                        output, stopped = model._run(shadow, inputs), False
                    except Stop as stop_here:
                        output, stopped = stop_here.output, True
                if objective.layer is not None and not stopped:
                    raise InputError(f"The layer {objective.layer!r} is not reached for this input.")
                if not points:
                    raise self._unconnected(objective)
                scores = model._scores(output, len(x)) if objective.layer is None else None
                values = objective_values(objective, full(output) if scores is None else scores)
                gradient = None
                if gradients:
                    gradient = self._gradient(values, edges[0] if edges else points[0], x.shape, objective)
                    if pool is not None and edges:
                        gradient = pooled(gradient, pool, x.shape[1:], enter)
        except OtherWay:  # From now on nothing is folded.
            return self._pass(x, objective, latent, gradients, pool)
        found = Evaluation(
            to_numpy(values),
            np.zeros((len(x), 0), np.float32) if scores is None else to_numpy(scores),
            None if gradient is None else to_numpy(gradient),
            x if self.layer is None else to_numpy(points[0]),
        )
        return found if pool is None or edges else found.pooled(pool)

    def _folding(self, shadow: Shadow, objective: Objective) -> AbstractContextManager[None]:
        """Fold batch norms, but where what lies before one is looked at."""
        read = (self.layer, objective.layer, *(edit.layer for edit in self.model.edits))
        return shadow.folding([self.model._call(name).module for name in read if name])

    def _gradient(
        self, values: Tensor, point: Tensor | GradientEdge, shape: tuple[int, ...], objective: Objective
    ) -> Tensor:
        if not values.requires_grad:
            raise self._unconnected(objective)
        with failing("backward pass through the network", shape), plain_checkpoints():
            (gradient,) = torch.autograd.grad(values.sum(), point, allow_unused=True)
        if gradient is None:
            raise self._unconnected(objective)
        return gradient
