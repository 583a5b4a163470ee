"""How much memory a pass takes."""

from __future__ import annotations

import math
from typing import Any

from xai_widgets.models.tensorflow.graph import Taps


class Sizes(Taps):
    """A replay that adds up the bytes of what all calls put out."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def pass_on(self, number: int, output: Any) -> Any:
        """Add those of the output of call `number`."""
        self.bytes += math.prod(output.shape) * output.dtype.size
        return super().pass_on(number, output)


def bytes_of_operations(graph: Any) -> int:
    """Return how many bytes the operations of a traced pass put out, as far as their shapes are known."""
    outputs = [output for operation in graph.get_operations() if operation.inputs for output in operation.outputs]
    sized = [output for output in outputs if output.dtype.is_floating and output.shape.is_fully_defined()]
    return sum(output.shape.num_elements() * output.dtype.size for output in sized)
