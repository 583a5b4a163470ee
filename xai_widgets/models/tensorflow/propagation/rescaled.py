"""DeepLIFT through a Keras network: what differs from a reference flows back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from xai_widgets.models.rules import COUPLED, OTHERS_FOR_THE_REFERENCE, Rescaled
from xai_widgets.models.tensorflow.propagation.calls import FunctionCall
from xai_widgets.models.tensorflow.propagation.coupled import averaged, completed
from xai_widgets.models.tensorflow.propagation.flows import rescaled, rescaled_largest
from xai_widgets.models.tensorflow.propagation.interception import ModifiedBackward, call_with


class RescaledBackward(ModifiedBackward):
    """DeepLIFT: the second half of the rows are the references, with which the first is compared."""

    rules: Rescaled

    def _through(self, number: int, call: FunctionCall, inputs: list[Any], plain: Callable[[], Any]) -> Any:
        kind = call.kind
        if kind is None:
            raise self._refused(number, call)
        if call.picks and not self.compares_words:
            raise self._refused(number, call, OTHERS_FOR_THE_REFERENCE)
        if kind not in ("single", "largest", *COUPLED):
            return plain()
        smallest, nodes, groups = self.rules.smallest, self.rules.nodes, call.groups
        extreme = tf.minimum if "min" in call.name else tf.maximum

        def back(inputs: list[Any], _output: Any, flow: Any) -> list[Any]:
            halves, (flow, _) = [tf.split(one, 2) for one in inputs], tf.split(flow, 2)
            x, references = [one for one, _ in halves], [one for _, one in halves]
            if kind == "single":
                flows = [rescaled(call.run, x[0], references[0], flow, smallest)]
            elif kind == "product":
                flows = averaged(call.run, x, references, flow, (call.signals + 1) // 2)
            elif kind in COUPLED:
                flows = completed(call.run, x, references, flow, nodes, groups)
            else:
                flows = rescaled_largest(call.run, x, references, flow, smallest, extreme)
            return [tf.concat([one, tf.zeros_like(one)], axis=0) for one in flows]

        return call_with(plain(), back, inputs)
