"""DeepLIFT through a PyTorch network: what differs from a reference flows back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from xai_widgets.models.rules import COUPLED, OTHERS_FOR_THE_REFERENCE, Rescaled
from xai_widgets.models.torch.propagation.calls import LINES, FunctionCall
from xai_widgets.models.torch.propagation.coupled import averaged, completed
from xai_widgets.models.torch.propagation.flows import rescaled, rescaled_largest
from xai_widgets.models.torch.propagation.interception import ModifiedBackward, applied, first_of


class RescaledBackward(ModifiedBackward):
    """DeepLIFT: the first pass, without gradients, is that of the references; the second compares with it."""

    rules: Rescaled

    def __init__(self, rules: Rescaled, names: Mapping[nn.Module, str]) -> None:
        super().__init__(rules, names)
        self._references: list[tuple[str, list[Tensor]]] = []
        self._next = 0

    def _through(self, call: FunctionCall, plain: Callable[[], Any]) -> Any:
        kind = call.kind
        if kind is None or (kind == "normalisation" and call.scale_and_shift is None):
            raise self._refused(call)
        if call.picks and not self.compares_words:
            raise self._refused(call, OTHERS_FOR_THE_REFERENCE)
        if kind not in ("single", "largest", *COUPLED):
            return plain()
        if not self._gradients:
            # Copies, because the network may go on to work on them in place.
            self._references.append((call.name, [one.clone() for one in call.inputs]))
            return plain()
        references = self._reference(call)
        function, smallest, nodes = first_of(call.run), self.rules.smallest, self.rules.nodes
        groups = call.groups
        extreme = torch.minimum if "min" in call.name else torch.maximum

        def back(inputs: list[Tensor], _output: Tensor, flow: Tensor) -> list[Tensor]:
            if kind == "single":
                return [rescaled(function, inputs[0], references[0], flow, smallest, call.name not in LINES)]
            if kind == "product":
                return averaged(function, inputs, references, flow, (len(inputs) + 1) // 2)
            if kind in COUPLED:
                return completed(function, inputs, references, flow, nodes, groups)
            return rescaled_largest(function, inputs, references, flow, smallest, extreme)

        return applied(call, back)

    def _reference(self, call: FunctionCall) -> list[Tensor]:
        """Return the inputs of the same call in the pass of the references."""
        name, tensors = self._references[self._next] if self._next < len(self._references) else ("", [])
        if name != call.name or [one.shape for one in tensors] != [one.shape for one in call.inputs]:
            raise self._refused(call, "which is called for the input and not for the reference")
        self._next += 1
        return tensors
