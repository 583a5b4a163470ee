"""Functions of tensors, traced by TensorFlow where they are called again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from xai_widgets.errors import warn
from xai_widgets.models.failures import told

TRACES = 32
"""How many functions are kept; each quantity with a function of its own needs one, so there is a bound."""


class Traces(OrderedDict[Any, Any]):
    """The functions that were run last, by what tells them apart."""

    def run(
        self,
        key: Any,
        function: Callable[..., Any],
        tensors: Sequence[Any],
        specs: Sequence[Any],
        at_once: bool = False,
    ) -> Any:
        """Run a function of tensors, traced from its second call on for all tensors that fit the `specs`.

        Tracing a large network takes a second, which the first picture of a new layer or quantity must not wait for. A
        trace for any number of rows is as fast as one for each number, and there is only one to wait for. What looks at
        the trace itself has it `at_once`.
        """
        kept = self.get(key, function)
        if (at_once or key in self) and not isinstance(kept, _Traced):
            kept = _traced(function, specs)
        results = kept(*tensors)
        self[key] = kept
        self.move_to_end(key)
        if len(self) > TRACES:
            self.popitem(last=False)
        return results


class _Traced(NamedTuple):
    """A function of tensors, traced where that is possible."""

    run: Callable[..., Any]
    concrete: Callable[..., Any]
    """The one function that there is of it: to look for one that fits takes as long as a pass of a small network."""

    def __call__(self, *tensors: Any) -> Any:
        return self.concrete(*tensors)


def _traced(function: Callable[..., Any], specs: Sequence[Any]) -> _Traced:
    # With no parameters of its own: TensorFlow writes all tensors out as text, at each call, where a default is left.
    traced = tf.function(lambda *tensors: function(*tensors), input_signature=list(specs), autograph=False)
    try:
        concrete = traced.get_concrete_function()
    except Exception as error:  # noqa: BLE001 - it ran before, so only the tracing fails, whatever that raises.
        warn(
            f"The network runs, but TensorFlow cannot trace it, so explaining it takes longer: {told(error)} "
            "Expected TensorFlow operations only, and tf.shape(x)[0] or -1 for the number of inputs."
        )
        return _Traced(function, function)
    return _Traced(traced, concrete)
