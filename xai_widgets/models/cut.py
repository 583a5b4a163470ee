"""One place in a network: where it is read, replaced and differentiated."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from xai_widgets.errors import FailedPassError, InputError
from xai_widgets.models.attention import Attention, together
from xai_widgets.models.budget import MOST_BYTES, SECONDS, UNTRIED_SECONDS, UNWATCHED_SECONDS
from xai_widgets.models.inputs.input import Input
from xai_widgets.models.intake import Intake
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.rules import Relevance, Rescaled, Rules

FORGETTING = 1.05
"""By how much the time that a pass is thought to take may grow from one chunk to the next."""

VANISHED = -80.0
"""A logarithm below this is that of a probability that single precision hardly holds."""

LARGEST_CHUNK = 32
"""Beyond this many inputs at once a CPU gains nothing: what a small network lets go of then is too large to be kept."""

LARGEST_WATCHED_CHUNK = 16
"""The same while somebody watches: twice as many gain a few parts of a hundred, and pictures come half as often."""


class Cut(ABC):
    """One place in a network, the input or the output of a layer, where it is read, replaced and differentiated.

    Made by `Model.at` and kept by the model, because it holds whatever the backend builds for this place.

    Attributes
    ----------
    model : Model
    layer : str or None
        The name of the layer; None is the input.
    shape : tuple of int
        The shape of one input's activation here.
    """

    def __init__(self, model: Intake, layer: str | None) -> None:
        self.model = model
        self.layer = layer
        self.is_latent = layer is not None
        """Whether what is replaced here is none of the numbers that the network is given."""
        self._seconds_per_row: dict[str, float] = {}
        self._seconds_of_chunk: dict[tuple[str, int], float] = {}
        """The same by how many there were at once."""
        self._has_slope = False
        """Whether a gradient of the scores was seen that is not zero, after one that was."""

    def __reduce__(self) -> Any:
        """Pickle, and copy, where it is: it is made anew with its model."""
        return _at, (self.model, self.layer)

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]: ...

    @property
    def space(self) -> Input | None:
        """What a value of each element here stands for: the input, or several; None at the output of a layer."""
        return self.model.input if self.layer is None else None

    def in_model(self, model: Any) -> Cut:
        """Return the same place in another network."""
        found: Cut = model.at(self.layer)
        return found

    @property
    def layout(self) -> Layout:
        """What is known of the axes of `shape`: which count channels, and where in the input the rest stands."""
        return self.model.layout_of(self.layer)

    @property
    def known_layout(self) -> Layout:
        """The same, or an error that says what is not known, and how to tell it."""
        if self.layer is None and self.model.input.no_plane:
            raise InputError(self.model.input.no_plane)
        return self.layout.checked(str(self.layer))

    @property
    def channel_axis(self) -> int | None:
        """The axis of `shape` that counts channels, 0 or a negative number; None where no single one does.

        Raises
        ------
        ValueError
            If it is not known.
        """
        if self.layer is None:
            return self.model.channel_axis
        layout = self.known_layout
        if layout.is_vector or len(layout.channel_axes) != 1:
            return None
        return layout.channel_axes[0] - len(self.shape) if layout.channel_axes[0] else 0

    def activations(self, x: Array) -> Array:
        """Return what flows through this place, (rows, *shape), for the inputs `x`."""
        if not self.is_latent:
            return x
        with self.model.lock:
            start = time.perf_counter()
            found = self._activations(x)
            seconds = (time.perf_counter() - start) / len(x)
        known = self._seconds_per_row.get("activations", seconds)
        self._seconds_per_row["activations"] = max(min(seconds, FORGETTING * known), 1e-9)
        return found

    def activations_of(self, x: Array, layers: Sequence[str]) -> list[Array]:
        """Return what several layers put out, (rows, *shape of each), for the inputs `x`, by one pass of all."""
        with self.model.lock:
            start = time.perf_counter()
            found = self._activations_of(x, layers)
            seconds = (time.perf_counter() - start) / len(x)
        known = self._seconds_per_row.get("activations", seconds)
        self._seconds_per_row["activations"] = max(min(seconds, FORGETTING * known), 1e-9)
        return found

    def evaluate(self, x: Array, objective: Objective, latent: Array | None = None) -> Evaluation:
        """Run the inputs `x` forward, with `latent` in place of this cut's output where it is given."""
        return self._measured("forward", self._pass, x, objective, latent, False, None)

    def differentiate(
        self, x: Array, objective: Objective, latent: Array | None = None, pool: Array | None = None
    ) -> Evaluation:
        """Run forward and backward to this cut, with `latent` in place of its output where it is given.

        With `pool` (groups, rows) the gradients are sums (groups, *shape) with these weights. A backend may find the
        sums without the gradients of the single rows, which saves the backward pass through the first layer.
        """
        found = self._measured("backward", self._pass, x, objective, latent, True, pool)
        self._check_slope(found)
        return found

    def propagate(self, x: Array, objective: Objective, rules: Rules, reference: Array | None = None) -> Evaluation:
        """Run forward, and back to this cut by other rules than those of the derivative.

        The backward pass starts with the value of the objective for `Relevance`, and with its gradient for all others.

        Parameters
        ----------
        x : array of shape (rows, *input shape)
        objective : Objective
        rules : Rectified, Rescaled or Relevance
        reference : array of the shape of `x`, optional
            What `Rescaled` compares each row with. At the embedding of a text the words of a reference are compared
            alone: the places of the words, and which of them is read, stay those of the row.

        Returns
        -------
        Evaluation
            Its ``gradients`` are what arrives here: gradients, multipliers or relevance. With a reference it has the
            values and activations there as well.

        Raises
        ------
        ValueError
            If the network does something that the rules do not cover; it names the layer.
        """
        if self.model.edits and isinstance(rules, Relevance):
            raise InputError(
                f"Layer {self.model.edits[0].layer!r} is changed in this model, and no rule says how a change shares "
                "in the relevance; expected the model that it was made from, or a method by gradients."
            )
        if reference is None and isinstance(rules, Rescaled):
            raise InputError("The rescale rule of DeepLIFT compares with a reference; expected one for each input.")
        if reference is not None and reference.shape != x.shape:
            raise InputError(f"The references have shape {reference.shape}; expected that of the inputs, {x.shape}.")
        if reference is not None:
            self.model.taken.check_rows(reference)
        return self._measured("backward", self._propagate, x, objective, rules, reference)

    @property
    def _is_words(self) -> bool:
        """Whether this is the embedding of a text, around which its places go their own ways."""
        return self.layer is not None and self.layer == self.model.embedding

    def gradients_by(self, x: Array, objective: Objective, layers: Sequence[str]) -> list[Array | None]:
        """Return the gradients by what several layers put out, (rows, *shape) each; None where none arrives."""
        with self.model.lock:
            return self._gradients_by(x, objective, layers)

    def attentions(self, x: Array, objective: Objective | None = None) -> list[Attention]:
        """Return the weights of attention that the inputs `x` bring, and their gradients; see `Model.attentions`.

        Each input has a pass of its own: where inputs and heads share an axis, nothing says which of them comes first.
        """
        self.model.taken.check_rows(x)
        with self.model.lock:
            rows = [np.array([row]) for row in range(len(x))]
            return together([self._attentions(x[row], objective and objective.rows(row)) for row in rows])

    def chunk(self, kind: Literal["forward", "backward", "activations"]) -> int:
        """Return how many inputs to run at once (1, 2, 4, 8, 16 or 32), from the time that passes took so far.

        And from the memory that they take: a forward pass lets go of most of what a backward pass needs. While somebody
        watches they are 16 at most.
        """
        seconds = self._seconds_per_row.get(kind)
        if seconds is None:
            return 1
        held = self.model.row_bytes / (1 if kind == "backward" else 2)
        longest = SECONDS.get()
        largest = LARGEST_CHUNK if longest >= UNWATCHED_SECONDS else LARGEST_WATCHED_CHUNK
        fitting = min(longest / seconds, MOST_BYTES / max(held, 1), largest)
        rows = 1 << int(np.log2(max(1.0, fitting)))
        return self._cheapest(kind, rows) if rows * seconds > UNTRIED_SECONDS else rows

    def _cheapest(self, kind: str, rows: int) -> int:
        """Return how many inputs, `rows` at most, to run at once that each costs least: of a large network not many do.

        What lies in a processor's cache is sooner there. Half as many are tried for as long as that pays.
        """
        known = self._seconds_of_chunk
        while rows > 1 and np.isfinite(here := known.get((kind, rows), np.inf)):
            if here <= known.get((kind, rows // 2), np.inf) < np.inf:
                return rows
            rows //= 2
        return rows

    def _measured(
        self, kind: Literal["forward", "backward"], run: Callable[..., Evaluation], x: Array, *more: Any
    ) -> Evaluation:
        """Run the inputs `x`, and take note of how long that takes."""
        if self.model.taken.integral and not (x == np.rint(x)).all():
            raise InputError(
                f"This looks at points between inputs, and {self.model.taken.nothing_between}. The embedding is layer "
                f"{self.model.embedding!r}."
            )
        self.model.taken.check_rows(x)
        with self.model.lock:
            start, busy = time.perf_counter(), time.process_time()
            evaluation = run(x, *more)
            seconds = time.perf_counter() - start
            if SECONDS.get() >= UNWATCHED_SECONDS:  # Who waits for the end alone loses nothing to other processes.
                seconds = min(seconds, time.process_time() - busy)
            seconds /= len(x)
        # A short time is an honest one: tracing, first touches and other processes only ever add to it. It is forgotten
        # slowly, so that a machine that got busy for good gets smaller chunks.
        known = self._seconds_per_row.get(kind, seconds)
        self._seconds_per_row[kind] = max(min(seconds, FORGETTING * known), 1e-9)
        chunk, times = (kind, len(x)), self._seconds_of_chunk
        # The first time of a size counts not: what it touches and makes ready serves the others.
        times[chunk] = min(seconds, FORGETTING * times[chunk]) if chunk in times else np.inf
        self._check_finite(evaluation)
        return evaluation

    def _check_finite(self, evaluation: Evaluation) -> None:
        where = "output" if self.layer is None else f"output after layer {self.layer!r}"
        if not np.isfinite(evaluation.values).all():
            raise FailedPassError(
                f"The model's {where} is NaN or infinite at a point that is looked at, the input itself or one that "
                "the method compares it with, such as the baseline; expected finite numbers. Check the weights, the "
                f"preprocessing and the baseline.{self.model.taken.why_nan}"
            )
        if evaluation.gradients is not None and not np.isfinite(evaluation.gradients).all():
            raise FailedPassError(
                f"The gradient of the model's {where} is NaN or infinite for this input; expected finite numbers. "
                "Look for a division by zero, or a square root or logarithm of zero, in the network."
            )

    def _check_slope(self, found: Evaluation) -> None:
        """Refuse gradients that are zero at all inputs while the scores change: something on the way has no slope.

        A gradient that is zero at one input, behind rectifiers that are all off, is right.
        """
        if self.layer is not None or self._has_slope or found.gradients is None or found.gradients.any():
            return
        x = self.model._probe()
        weights = np.random.default_rng(0).normal(size=(1, found.scores.shape[1])) if found.scores.ndim == 2 else None
        if weights is None or not weights.size:
            return
        there = self._pass(x, Objective(weights.astype(x.dtype)), None, True, None)
        # Probabilities that vanish have no slope in single precision, whatever is on the way.
        vanished = there.scores.max() <= 0 and there.scores.min() < VANISHED
        self._has_slope = bool(np.any(there.gradients)) or np.ptp(there.values) == 0 or bool(vanished)
        if not self._has_slope:
            raise InputError(
                f"The scores change with the input, but their gradient is zero at each of {len(x)} random inputs: "
                "something on the way, perhaps in preprocess, has no slope (rounding, floor, sign, argmax, a cast to "
                "integers). Expected operations with a derivative; methods that take parts of the input away, such as "
                "Occlusion, need none."
            )

    def _unconnected(self, objective: Objective) -> InputError:
        if not self.is_latent and self.model.taken.nothing_between:
            return InputError(f"This takes a gradient by the input, and {self.model.taken.nothing_between}.")
        here = "the input" if self.layer is None else f"the layer {self.layer!r}"
        if objective.layer is not None:
            return InputError(
                f"The layer {objective.layer!r} does not depend on {here}; choose a layer before it, such as the input."
            )
        what = "The scores do" if objective.function is None else "The function's values do"
        return InputError(
            f"{what} not depend differentiably on {here}; expected operations of the framework throughout (no NumPy, "
            "rounding, integers, argmax, nor a stop to gradients on the way)."
        )

    @abstractmethod
    def _activations(self, x: Array) -> Array: ...

    @abstractmethod
    def _activations_of(self, x: Array, layers: Sequence[str]) -> list[Array]: ...

    @abstractmethod
    def _pass(
        self, x: Array, objective: Objective, latent: Array | None, gradients: bool, pool: Array | None
    ) -> Evaluation: ...

    @abstractmethod
    def _gradients_by(self, x: Array, objective: Objective, layers: Sequence[str]) -> list[Array | None]: ...

    @abstractmethod
    def _attentions(self, x: Array, objective: Objective | None) -> list[Attention]: ...

    @abstractmethod
    def _propagate(self, x: Array, objective: Objective, rules: Rules, reference: Array | None) -> Evaluation: ...


def _at(model: Any, layer: str | None) -> Any:
    return model.at(layer)
