"""What an attribution method finds: a value for each element of the input, or of a layer's output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from xai_widgets.answers.estimate import Estimate, Frame
from xai_widgets.answers.fact import Fact
from xai_widgets.answers.question import Question
from xai_widgets.attribution.description import Described
from xai_widgets.attribution.difference import difference
from xai_widgets.attribution.facts import facts_of
from xai_widgets.attribution.features import Features
from xai_widgets.attribution.picture import picture_of
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array, Number, Values

Path = Literal["windows", "batches"]


@dataclass(frozen=True, eq=False, repr=False)
class Attribution(Estimate):
    """What each element of the input, or of a layer's output, contributes to a quantity; made by a `Method`.

    Attributes
    ----------
    values : array, or a tuple or dict of arrays
        The attributions, float32, of the shape of the input (or of the layer's output); of several input tensors one
        array for each.
    question : Question
        What was asked: its model, inputs, quantity, and its cut, the place in the network.
    method : Method
        What gave it, a method with its options.
    score : float or array of shape (batch,)
        The quantity at the input.
    gap : float or array of shape (batch,)
        The completeness gap, abs(sum of values - change) / abs(change), where change is the quantity at the input minus
        that at the baseline; nan where the method promises no completeness or the change is next to nothing.
    absolute_gap : float or array of shape (batch,)
        abs(sum of values - change); nan where the method promises no completeness.
    standard_error : array or None
        For methods that sample: the standard error of each of `values`, of their shape.
    path : {"windows", "batches"} or None
        For methods that change the input: whether only what a window reaches was computed, or whole inputs in batches.
    fidelity : float or array of shape (batch,), or None
        For surrogates: their weighted R2, the part of the quantity's variation around the input that they explain.
    features : Features or None
        For methods that switch elements on and off together: which ones; each element has the value of its feature.
    evaluations : int
        Passes of single inputs that it took, forward or forward and backward.
    planned, change, final, state
        How far it has come, see `Progress`.

    Examples
    --------
    >>> result = xai.Occlusion(window=2, stride=2)(model, x, xai.Logit("cross"))
    >>> result.values.shape, result.map.shape, result.evaluations
    ((1, 8, 8), (8, 8), 17)
    >>> result.score == result.question.score
    True
    """

    method: Described
    score: Number
    gap: Number
    absolute_gap: Number
    standard_error: Values | None = field(default=None, kw_only=True)
    path: Path | None = field(default=None, kw_only=True)
    fidelity: Number | None = field(default=None, kw_only=True)
    features: Features | None = field(default=None, kw_only=True)

    @property
    def map(self) -> Values:
        """The values as one plane per input, (H, W), which is what the picture shows.

        Channels are summed; for slopes it is the channel of largest magnitude, signed; where a method covers elements
        together, what covering the pixel takes away, each feature once. Of several input tensors a tuple or a dict.

        At a layer it is laid on the places of the input: of tokens that are patches it is (H, W), of a signal (T,), and
        what has no place, such as a class token, is left out; see `facts`.

        Raises
        ------
        ValueError
            At a layer of which it is not known what its axes count; the message says how to tell.
        """
        if self.question.cut.layer is not None:
            return self._on_places()
        parts = self.question.model.parts
        if parts is None:
            return self._plane(self.values, self.question.cut.channel_axis, slice(None))
        ends = np.cumsum([part.size for part in parts]).tolist()
        places = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        maps = [
            self._plane(one, part.channel_axis, place)
            for one, part, place in zip(self.each, parts, places, strict=True)
        ]
        return dict(zip(self.values, maps, strict=True)) if isinstance(self.values, dict) else tuple(maps)

    def _on_places(self) -> Array:
        """The map at a layer: a number for each place of the input that the layer knows of."""
        channels = self.method.channels
        return self.question.cut.known_layout.map(self.values, "summed" if channels == "covered" else channels)

    @property
    def parts(self) -> dict[str, Number]:
        """What each of several input tensors contributes altogether, by its name: a float, or an array (batch,).

        Of features that were switched together each counts once, whatever the number of its elements, so that the parts
        sum to the change of the quantity where the method promises that.
        """
        parts = self.question.model.parts
        if parts is None or self.question.cut.layer is not None:
            raise InputError("The network has one input tensor; its contribution is values.sum().")
        packed = parts.pack([one[None] if self.question.single else one for one in self.each]).astype(np.float64)
        if self.features is not None:
            packed = packed * self.features.weights
        return {
            part.name: self.question.per_input(one.sum(axis=1))
            for part, one in zip(parts, parts.split(packed), strict=True)
        }

    @property
    def each(self) -> list[Array]:
        """The values of each input tensor: one array where there is one."""
        return list(self.values.values()) if isinstance(self.values, dict) else [*self._listed]

    @property
    def _listed(self) -> Sequence[Array]:
        return self.values if isinstance(self.values, tuple) else (self.values,)

    def _plane(self, values: Array, axis: int | None, part: slice) -> Array:
        if axis is None:
            return values
        if axis >= 0 and not self.question.single:
            axis += 1
        if self.method.channels == "covered":
            return self._covered(values, axis, part)
        if self.method.channels != "largest":
            summed: Array = values.sum(axis=axis)
            return summed if self.method.channels == "summed" else np.maximum(summed, 0)
        largest = np.expand_dims(np.abs(values).argmax(axis=axis), axis)
        return np.take_along_axis(values, largest, axis).squeeze(axis)

    def _covered(self, values: Array, axis: int, part: slice) -> Array:
        """Return what covering each pixel takes away: the sum over the features that it belongs to, each once."""
        first: Array = values.take(0, axis=axis)
        if self.features is None:
            return first
        labels = self.features.labels[:, part].reshape(-1, *values.shape[not self.question.single :])
        labels = labels[0] if self.question.single else np.broadcast_to(labels, values.shape)
        if (labels == labels.take([0], axis=axis)).all():
            return first
        last, numbers = np.moveaxis(values, axis, -1), np.moveaxis(labels, axis, -1)
        shared = (numbers[..., :, None] == numbers[..., None, :]).sum(axis=-1)
        total: Array = (last / shared).sum(axis=-1).astype(values.dtype)
        return total

    @property
    def on_input(self) -> Array:
        """The map at the size of the picture, (H, W) or (batch, H, W): what lies over it.

        At a layer that is the map of the layer, interpolated bilinearly between pixel centres, the borders repeated, as
        the explorer does; of a signal (T,), and of a volume (D, H, W), likewise along each axis.

        Raises
        ------
        ValueError
            If the input is no picture, or the layer has no height and width.
        """
        from xai_widgets.render.overlay import resize

        question, plane = self.question, self.map
        if question.model.parts is not None:
            raise InputError(
                "The network takes several input tensors, and there is no picture that one map could lie over; `map` "
                "has the map of each."
            )
        planes = plane[None] if question.single else plane
        shape, at_layer = self._input_grid, question.cut.layer is not None
        if planes.ndim - 1 != len(shape) or (at_layer and not question.cut.layout.has_space):
            raise InputError(
                f"The map has shape {plane.shape}, the input {question.batch.shape[1:]}; expected a picture (or a "
                "signal, or a volume), and the input or a layer with height and width."
            )
        resized = np.stack([resize(one, shape) for one in planes]).astype(np.float32)
        return resized[0] if question.single else resized

    @property
    def _input_grid(self) -> tuple[int, ...]:
        """The shape of a map of the input: that of a layer's is as the network shows what its places are."""
        question = self.question
        if question.cut.layer is not None:
            return question.model.evidence.input_layout().grid
        return question.cut.layout.grid

    @property
    def facts(self) -> list[Fact]:
        """What there is to know of it beside these numbers, in words: its error, its fidelity, how it was computed."""
        return facts_of(self)

    @property
    def query(self) -> Question:
        """The question, under the name that it had."""
        return self.question

    def frame(self, others: Sequence[Any]) -> Frame:
        """Return what a screen is told of it: its map, what is known of its error, how far models are apart."""
        shown = self.map
        content = {
            "shape": shown.shape,
            "gap": self.gap,
            "absolute_gap": self.absolute_gap,
            "score": self.score,
            "difference": difference(others),
            "layer": self.question.cut.layer,
            "facts": [fact._asdict() for fact in self.facts],
        }
        return content, [shown]

    def __repr__(self) -> str:
        quantity = self.question.quantity.describe(self.question.model)
        score = f", score {self.score:.4g}" if self.question.single else ""
        known = self.question.single and self.fidelity is not None and np.isfinite(self.fidelity)
        fidelity = f", fidelity {self.fidelity:.3g}" if known else ""
        shapes = ", ".join(str(one.shape) for one in self.each)
        return f"{self.method.title} of {quantity}: values {shapes}{score}{fidelity}, {self.evaluations} evaluations"

    def _repr_png_(self) -> bytes | None:
        """Return the picture that a notebook shows: the map over the input, for the first input of a batch.

        None, and with it the words of ``repr``, at a layer of which it is not known what its axes count.
        """
        if not self.question.cut.layout.known:
            return None
        several = self.question.model.parts is not None and self.question.cut.layer is None
        return picture_of(self.question, self.method, self.map, self.parts if several else None)


def completeness(shares: Array, score: Array, baseline: Array) -> tuple[Array, Array]:
    """Return the completeness gap of each input and its absolute value, (batch,); see `Attribution`.

    Parameters
    ----------
    shares : array of shape (batch, ...)
        What should sum to the change.
    score, baseline : array of shape (batch,)
        The quantity at the input and at the baseline, whose difference is the change.
    """
    change = score.astype(np.float64) - baseline
    absolute = np.abs(shares.reshape(len(shares), -1).sum(axis=1) - change)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(negligible(score, baseline), np.nan, absolute / np.abs(change)), absolute


def negligible(score: Array, baseline: Array) -> Array:
    """Whether the change of a quantity from a baseline is next to nothing beside the quantity itself, (batch,)."""
    change = np.abs(score.astype(np.float64) - baseline)
    found: Array = change < 1e-3 * np.maximum(1, np.maximum(np.abs(score), np.abs(baseline)))
    return found
