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
from xai_widgets.attribution.facts import facts_of, is_exact, within
from xai_widgets.attribution.features import Features
from xai_widgets.attribution.mechanism import Ledger, Mechanism, checked_place
from xai_widgets.attribution.picture import picture_of
from xai_widgets.errors import InputError
from xai_widgets.models.layout import Layout
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
    ledger : Ledger or None
        What the values are made of, as far as it was kept; see `mechanism`.
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
    ledger: Ledger | None = field(default=None, kw_only=True)

    @property
    def map(self) -> Values:
        """The values as one plane per input, (H, W), which is what the picture shows.

        Channels are summed; for slopes it is the channel of largest magnitude, signed; where a method covers elements
        together, what covering the pixel takes away, each feature once; tokens that were taken away together share what
        that was worth. Of several input tensors a tuple or a dict.

        At a layer it is laid on the places of the input: of tokens that are patches it is (H, W), of a signal (T,), and
        what has no place, such as a class token, is left out; see `facts`.

        Raises
        ------
        ValueError
            At a layer of which it is not known what its axes count; the message says how to tell.
        """
        return self._as_given(self.maps)

    @property
    def maps(self) -> list[Array]:
        """The map of each of several input tensors, in a list; of one, or at a layer, there is one."""
        each = self.each
        numbers = [None] * len(each) if self.features is None else self._numbers(each, self.features)
        planes = list(map(self._plane, each, self.layouts, numbers))
        if self.features is None:
            return planes
        question, whole = self.question, self.question.model.input
        if question.cut.layer is not None or not any(piece.shared for piece in whole.pieces):
            return planes
        # The pieces of a word that was taken away as one share what that was worth, so that a map can be summed.
        weights = [one[0] if question.single else one for one in whole.unpacked(self.features.weights)]
        return [
            (plane * weight).astype(plane.dtype) if piece.shared else plane
            for piece, plane, weight in zip(whole.pieces, planes, weights, strict=True)
        ]

    @property
    def layouts(self) -> list[Layout]:
        """What is known of the axes of each of the arrays in `each`."""
        return self.question.layouts

    @property
    def parts(self) -> dict[str, Number]:
        """What each of several input tensors contributes altogether, by its name: a float, or an array (batch,).

        Of features that were switched together each counts once, whatever the number of its elements, so that the parts
        sum to the change of the quantity where the method promises that.
        """
        whole, question = self.question.cut.space, self.question
        if whole is None or len(whole.pieces) == 1:
            raise InputError("The network has one input tensor; its contribution is values.sum().")
        counted = [(one[None] if question.single else one).astype(np.float64) for one in self.each]
        if self.features is not None:
            weights = whole.unpacked(self.features.weights)
            counted = [one * weight for one, weight in zip(counted, weights, strict=True)]
        sums = [one.reshape(len(one), -1).sum(axis=1) for one in counted]
        return {piece.name: question.per_input(one) for piece, one in zip(whole.pieces, sums, strict=True)}

    @property
    def words(self) -> Any:
        """The words of a text with what they contribute, the sums over their tokens: a list of (str, float).

        Of several inputs it is those of the only text among them, of a batch a list of these. Words are as they were
        written; what stands around a text, such as [CLS], is not among them.
        """
        question, whole = self.question, self.question.model.input
        of_layer = len(whole.pieces) > 1 and question.cut.space is None
        pairs = [] if of_layer else zip(whole.pieces, self.maps, whole.unpacked(question.batch), strict=True)
        found = [(piece.tokens, plane[None] if question.single else plane, ids) for piece, plane, ids in pairs]
        texts = [(tokens, planes, ids) for tokens, planes, ids in found if tokens is not None]
        if len(texts) != 1 or texts[0][1].shape != texts[0][2].shape:
            raise InputError(
                f"There is no value for each token of one text; expected a model that takes one, found {whole.words}."
            )
        ((tokens, planes, batch),) = texts
        passages = [tokens.reading(ids).passage for ids in batch]
        words = [
            [(unit.text, float(value)) for unit, value in zip(text.units, text.values(values), strict=True)]
            for text, values in zip(passages, planes, strict=True)
        ]
        return words[0] if question.single else words

    @property
    def each(self) -> list[Array]:
        """The values of each input tensor: one array where there is one."""
        if isinstance(self.values, dict):
            return list(self.values.values())
        return list(self.values) if isinstance(self.values, tuple) else [self.values]

    def _as_given(self, arrays: list[Array]) -> Any:
        """Return arrays as `values` are: alone, in a tuple, or in a dict."""
        if isinstance(self.values, dict):
            return dict(zip(self.values, arrays, strict=True))
        return tuple(arrays) if isinstance(self.values, tuple) else arrays[0]

    def _numbers(self, each: list[Array], features: Features) -> list[Array]:
        """Return the numbers of the features that were switched together, for the elements of each input tensor."""
        labels = self.question.model.input.unpacked(features.labels)
        if self.question.single:
            return [one[0] for one in labels]
        return [np.broadcast_to(one, values.shape) for one, values in zip(labels, each, strict=True)]

    def _plane(self, values: Array, layout: Layout, numbers: Array | None) -> Array:
        channels = self.method.channels
        if channels != "covered":
            return layout.map(values, channels)
        if self.question.cut.layer is not None:
            return layout.map(values)
        axes = tuple(axis - len(layout.shape) for axis in layout.channel_axes)
        last = _flat_at_end(values, axes)
        if numbers is None:
            return last[..., 0]
        return self._covered(last, _flat_at_end(numbers, axes))

    def _covered(self, values: Array, numbers: Array) -> Array:
        """Return what covering each place takes away: the sum over the features that it belongs to, each once.

        Both are (..., channels): the values, and the numbers of the features that they belong to.
        """
        if (numbers == numbers[..., :1]).all():
            return values[..., 0]
        shared = (numbers[..., :, None] == numbers[..., None, :]).sum(axis=-1)
        total: Array = (values / shared).sum(axis=-1).astype(values.dtype)
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

        question, whole = self.question, self.question.model.input
        if len(whole.pieces) > 1:
            raise InputError(
                "The network takes several input tensors, and there is no picture that one map could lie over; `map` "
                "has the map of each."
            )
        plane, shape = self.map, whole.layout.grid
        planes = plane[None] if question.single else plane
        at_layer = question.cut.layer is not None
        if not whole.neighbours or planes.ndim - 1 != len(shape) or (at_layer and not question.cut.layout.has_space):
            raise InputError(
                f"The map has shape {plane.shape}, and the model takes a {whole.words}; expected a picture, a signal "
                "or a volume, and the input or a layer with the same axes of places."
            )
        resized = np.stack([resize(one, shape) for one in planes]).astype(np.float32)
        return resized[0] if question.single else resized

    @property
    def facts(self) -> list[Fact]:
        """What there is to know of it beside these numbers, in words: its error, its fidelity, how it was computed."""
        return facts_of(self)

    def mechanism(self, at: Any) -> Mechanism:
        """Return how the value at one place of the map arises.

        Parameters
        ----------
        at : sequence of int
            The place: (row, column) of a picture's map.

        Returns
        -------
        Mechanism
            Its `value` is that of the map there.

        Raises
        ------
        ValueError, TypeError
            If there is no such place, or what the values are made of was not kept: `Method.mechanism` computes it.

        Examples
        --------
        >>> result = xai.Occlusion(window=2, stride=1)(model, x)
        >>> bool(np.isclose(result.mechanism((3, 4)).value, result.map[3, 4]))
        True
        """
        place = checked_place(self.question, at)
        found = None if self.ledger is None else self.ledger.read(self, place)
        if found is None:
            raise InputError(
                f"What the values are made of was not kept; ask {self.method.label} for it: "
                f"method.mechanism(model, x, at={place})."
            )
        return found

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return super().nbytes + (0 if self.ledger is None else self.ledger.nbytes)

    @property
    def query(self) -> Question:
        """The question, under the name that it had."""
        return self.question

    def frame(self, others: Sequence[Any]) -> Frame:
        """Return what a screen is told of it: its map, what is known of its error, how far models are apart.

        Of several input tensors the maps lie one behind the other, with what each input adds altogether.
        """
        several = isinstance(self.values, tuple | dict)
        shown = np.concatenate([one.ravel() for one in self.maps]) if several else self.map
        content: dict[str, Any] = {
            "shape": shown.shape,
            "gap": self.gap,
            "absolute_gap": self.absolute_gap,
            "score": self.score,
            "exact": is_exact(self),
            "within": within(self),
            "difference": difference(others),
            "layer": self.question.cut.layer,
            "facts": [fact._asdict() for fact in self.facts],
        }
        if several:
            adds = self.method.kind == "contribution"
            content["shares"] = [float(one) for one in self.parts.values()] if adds else None
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
        if self.question.cut.layer is not None and not self.question.cut.layout.known:
            return None
        several = len(self.question.model.input.pieces) > 1 and self.question.cut.layer is None
        return picture_of(self.question, self.method, self.maps, self.parts if several else {})


def _flat_at_end(values: Array, axes: tuple[int, ...]) -> Array:
    """Return an array with some axes, counted from the end, in a single last one."""
    last = np.moveaxis(values, axes, range(-len(axes), 0))
    return last.reshape(*last.shape[: last.ndim - len(axes)], -1)


def completeness(contributions: Array, score: Array, baseline: Array) -> tuple[Array, Array]:
    """Return the completeness gap of each input and its absolute value, (batch,); see `Attribution`.

    Parameters
    ----------
    contributions : array of shape (batch, ...)
        What should sum to the change.
    score, baseline : array of shape (batch,)
        The quantity at the input and at the baseline, whose difference is the change.
    """
    change = score.astype(np.float64) - baseline
    absolute = np.abs(contributions.reshape(len(contributions), -1).sum(axis=1) - change)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(negligible(score, baseline), np.nan, absolute / np.abs(change)), absolute


def negligible(score: Array, baseline: Array) -> Array:
    """Whether the change of a quantity from a baseline is next to nothing beside the quantity itself, (batch,)."""
    change = np.abs(score.astype(np.float64) - baseline)
    found: Array = change < 1e-3 * np.maximum(1, np.maximum(np.abs(score), np.abs(baseline)))
    return found
