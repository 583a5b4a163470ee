"""Methods, the estimates they stream, and the registry that the widgets list."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.attribution.ends import PIXEL_ENDS, TABLE_ENDS, UNIT_ENDS, Ends
from xai_widgets.attribution.facts import Fact, facts_of
from xai_widgets.attribution.family import FamilyName, place
from xai_widgets.attribution.layer import default_layer
from xai_widgets.attribution.quantity import Quantity, default_quantity
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array, Objective
from xai_widgets.option import Option, Optioned

Path = Literal["windows", "batches"]


@dataclass(frozen=True, eq=False, repr=False)
class Attribution:
    """What each element of the input, or of a layer's output, contributes to a quantity.

    Attributes
    ----------
    values : array
        The attributions, float32, of the shape of the input (or of the layer's output).
    score : float or array of shape (batch,)
        The quantity at the input.
    gap : float or array of shape (batch,)
        The completeness gap, abs(sum of values - change) / abs(change), where change is the quantity at the input minus
        that at the baseline; nan where the method promises no completeness or the change is next to nothing.
    absolute_gap : float or array of shape (batch,)
        abs(sum of values - change); nan where the method promises no completeness.
    evaluations : int
        Passes of single inputs that it took, forward or forward and backward.
    query : Query
        What was asked.
    standard_error : array or None
        For methods that sample: the standard error of each of `values`, of their shape.
    path : {"windows", "batches"} or None
        For methods that change the input: whether only what a window reaches was computed, or whole inputs in batches.
    fidelity : float or array of shape (batch,), or None
        For surrogates: their weighted R2, the part of the quantity's variation around the input that they explain.
    """

    values: Any
    score: Any
    gap: Any
    absolute_gap: Any
    evaluations: int
    query: Query
    standard_error: Array | None = field(default=None, kw_only=True)
    path: Path | None = field(default=None, kw_only=True)
    fidelity: Any = field(default=None, kw_only=True)

    @property
    def map(self) -> Any:
        """The values as one plane per input, (H, W): channels summed, or for methods that say so the channel of
        largest magnitude, signed. What the picture shows. Of several input tensors a tuple or a dict of these."""
        parts = self.query.model.parts
        if isinstance(self.values, tuple | dict) and parts is not None:
            maps = [self._plane(one, part.channel_axis) for one, part in zip(self._each(), parts, strict=True)]
            return dict(zip(self.values, maps, strict=True)) if isinstance(self.values, dict) else tuple(maps)
        return self._plane(self.values, self.query.cut.channel_axis)

    @property
    def parts(self) -> dict[str, Any]:
        """What each of several input tensors contributes altogether, by its name: a float, or an array (batch,)."""
        parts = self.query.model.parts
        if parts is None or self.query.cut.layer is not None:
            raise InputError("The network has one input tensor; its contribution is values.sum().")
        sums = [
            values.sum(dtype=np.float64) if self.query.single else values.reshape(len(values), -1).sum(axis=1)
            for values in self._each()
        ]
        return {
            part.name: float(value) if self.query.single else value for part, value in zip(parts, sums, strict=True)
        }

    def _parts_png(self, first: Any) -> bytes:
        """Return the picture of several input tensors: the map of each, beside its share."""
        from xai_widgets.render import Display, Panel, figure_png

        maps = self.map.values() if isinstance(self.map, dict) else self.map
        panels = []
        for (name, share), plane in zip(self.parts.items(), maps, strict=True):
            total = share if self.query.single else share[0]
            panels.append(
                Panel(
                    name,
                    f"sum {total:.3g}",
                    map=plane[first],
                    ends=self.query.method.ends_at(None, plane[first].ndim == 1),
                )
            )
        words = f"{self.query.method.title}: {self.query.quantity.describe(self.query.model)}"
        return figure_png(words, panels, Display())

    def _each(self) -> list[Array]:
        """The values of each of several input tensors."""
        parts = self.query.model.parts
        if isinstance(self.values, dict):
            return list(self.values.values())
        if isinstance(self.values, tuple) or parts is None:
            return list(self.values)
        arrays = parts.unpack(self.values[None] if self.query.single else self.values)
        return [array[0] for array in arrays] if self.query.single else list(arrays)

    def _plane(self, values: Array, axis: int | None) -> Array:
        if axis is None:
            return values
        if axis >= 0 and not self.query.single:
            axis += 1
        if self.query.method.channels != "largest":
            summed: Array = values.sum(axis=axis)
            return summed if self.query.method.channels == "summed" else np.maximum(summed, 0)
        largest = np.expand_dims(np.abs(values).argmax(axis=axis), axis)
        return np.take_along_axis(values, largest, axis).squeeze(axis)

    @property
    def on_input(self) -> Array:
        """The map at the size of the picture, (H, W) or (batch, H, W): what lies over it.

        At a layer that is the map of the layer, interpolated bilinearly between pixel centres, the borders repeated, as
        the explorer does.

        Raises
        ------
        ValueError
            If the input is no picture, or the layer has no height and width.
        """
        from xai_widgets.render.overlay import resize

        shape, plane = list(self.query.batch.shape[1:]), self.map
        if self.query.model.channel_axis is not None:
            del shape[self.query.model.channel_axis]
        if len(shape) != 2 or plane.ndim - (not self.query.single) != 2:
            raise InputError(
                f"The map has shape {plane.shape}, the input {self.query.batch.shape[1:]}; expected a picture, and the "
                "input or a layer with height and width."
            )
        planes = plane[None] if self.query.single else plane
        resized = np.stack([resize(one, tuple(shape)) for one in planes]).astype(np.float32)
        return resized[0] if self.query.single else resized

    @property
    def facts(self) -> list[Fact]:
        """What there is to know of it beside these numbers, in words: its error, its fidelity, how it was computed."""
        return facts_of(self)

    def __repr__(self) -> str:
        method, quantity = self.query.method, self.query.quantity.describe(self.query.model)
        score = f", score {self.score:.4g}" if self.query.single else ""
        fidelity = f", fidelity {self.fidelity:.3g}" if self.query.single and self.fidelity is not None else ""
        return (
            f"{method.title} of {quantity}: values {self.values.shape}{score}{fidelity}, {self.evaluations} evaluations"
        )

    def _repr_png_(self) -> bytes:
        """Return the picture that a notebook shows: the map over the input, for the first input of a batch."""
        from xai_widgets.render import attribution_png

        first = slice(None) if self.query.single else 0
        x = self.query.batch[0]
        if isinstance(self.values, tuple | dict):
            return self._parts_png(first)
        if self.query.model.channel_axis == 0:
            x = np.moveaxis(x, 0, -1)
        words = f"{self.query.method.title}: {self.query.quantity.describe(self.query.model)}"
        ends = self.query.method.ends_at(self.query.cut.layer, table=x.ndim == 1)
        tokens = self.query.model.tokens
        if tokens is not None and self.map[first].shape == x.shape:
            from xai_widgets.render.display import Display
            from xai_widgets.render.text import Passage, text_png

            read = tokens.words(x)
            passage = Passage(words=read, values=self.map[first][: len(read)], ends=ends)
            return text_png(words, [passage], Display())
        names = self.query.model.features if self.query.cut.layer is None else None
        columns = [] if names is None else [(name, float(value)) for name, value in zip(names, x, strict=True)]
        return attribution_png(x, self.query.model.bounds, self.map[first], words, ends=ends, columns=columns)


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(Attribution):
    """An attribution on its way to its final value; each is a whole one, and better than the one before.

    Attributes
    ----------
    planned : int
        The evaluations that the final estimate will have taken.
    change : float
        norm(values - previous values) / norm(values); nan for the first estimate.
    final : bool
        Whether this is the last one.
    """

    planned: int
    change: float
    final: bool
    state: Any = field(default=None)
    """What a stream needs to go on from here; see `Method.stream`."""

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep it: its values, and in double precision what it goes on from."""
        size: int = self.values.nbytes
        return size * (1 if self.state is None else 5)


@dataclass(frozen=True, eq=False)
class Query:
    """A question put to a model, checked and resolved.

    Attributes
    ----------
    method : Method
    model : Model
    batch : array of shape (batch, *input shape)
    single : bool
        Whether one input was given without a batch axis.
    quantity : Quantity
    objective : Objective
        The quantity as the model computes it.
    cut : Cut
        Where in the network the attribution is taken.
    """

    method: Method
    model: Model
    batch: Array
    single: bool
    quantity: Quantity
    objective: Objective
    cut: Cut

    def per_input(self, values: Array) -> Any:
        """Return one number per input as an array, or as a float for a single input."""
        return float(values[0]) if self.single else np.array(values)

    def unbatch(self, values: Array) -> Array:
        """Return `values` as float32, without the batch axis for a single input."""
        return (values[0] if self.single else values).astype(np.float32)


AT_EMBEDDING = ("gradient", "propagation")
"""The families that explain token ids at the embedding: the layer that turns them into vectors."""


class Method(Optioned, ABC):
    """A way to attribute a quantity to the elements of an input. Options are keywords and are checked at once.

    Subclasses are frozen dataclasses whose fields are options, and say what they are called.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    reference: ClassVar[str]
    family: ClassVar[FamilyName]
    takes_layer: ClassVar[bool] = False
    needs_layer: ClassVar[bool] = False
    """Whether it makes sense at a layer only; without one named it takes the last one with height and width."""
    needs_batch: ClassVar[bool] = False
    """Whether it says something of a batch alone; what shows one input at a time has no place for it."""
    needs_plane: ClassVar[bool] = False
    """Whether it looks at places beside each other, which several input tensors do not share."""
    moves_input: ClassVar[bool] = False
    """Whether it changes inputs bit by bit, which token ids do not allow."""

    @property
    def channels(self) -> Literal["summed", "largest", "rectified"]:
        """How the channels of a value become one pixel of the map; "rectified" is the sum where it is positive."""
        return "summed"

    @property
    def ends(self) -> Ends:
        """What the lower and the upper end of the colour scale mean, in words that stand before a value."""
        return "against", "for"

    def ends_at(self, layer: str | None, table: bool = False) -> Ends:
        """Return the same for a map of this layer, None for the input, which may be a row of a table."""
        if layer is None and table:
            return TABLE_ENDS.get(self.ends, self.ends)
        return UNIT_ENDS if layer is not None and self.ends == PIXEL_ENDS else self.ends

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        """Return why this method cannot explain `model`, whatever its options, in a sentence; None where it can."""
        if model.parts is not None and (cls.needs_plane or cls.family == "propagation"):
            return (
                "It is for networks of one input tensor, and this one has several; feature ablation, Shapley values "
                "and the gradient methods are for those."
            )
        if cls.moves_input and model.tokens is not None:
            return "It changes the input bit by bit along a gradient, and there is nothing between two token ids."
        if cls.family in AT_EMBEDDING and model.tokens is not None and model.input_shape and model.embedding is None:
            return (
                "The network takes token ids, which have no slope, and the embedding that turns them into vectors "
                "cannot be reached."
            )
        if cls.needs_layer and model.input_shape is not None:
            try:
                default_layer(model)
            except InputError as error:
                return str(error)
        return None

    @classmethod
    def fits_layer(cls, cut: Cut) -> bool:  # noqa: ARG003
        """Whether attributions to this place in the network make sense."""
        return True

    @property
    def title(self) -> str:
        """What stands above a picture: the label, unless there is more to say."""
        return self.label

    @property
    def remark(self) -> str:
        """A sentence on what the options amount to; empty where the label says it all."""
        return ""

    @classmethod
    def controls(cls) -> tuple[Option, ...]:
        """Return the options as widgets offer them, one control each: numbers and names alone."""
        return cls.options()

    @classmethod
    def from_controls(cls, values: Mapping[str, Any]) -> Method:
        """Return the method that the values of its controls, by name, amount to."""
        return cls(**values)

    def as_controls(self) -> dict[str, Any]:
        """Return the values of the controls that amount to this method."""
        return {option.name: getattr(self, option.name) for option in self.controls()}

    def __call__(
        self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None
    ) -> Attribution:
        """Return the attribution: the last estimate of the stream.

        Parameters and errors are those of `stream`.
        """
        *_, last = self.stream(model, x, quantity, layer)
        return last

    def stream(
        self,
        model: Model,
        x: ArrayLike,
        quantity: Quantity | None = None,
        layer: str | None = None,
        *,
        resume: Estimate | None = None,
    ) -> Iterator[Estimate]:
        """Return the estimates one by one; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array
            One input or a batch, in the model's own layout.
        quantity : Quantity, optional
            What is explained; by default the top class at `x`.
        layer : str, optional
            Attribute to the output of this layer in place of the input. A method that makes sense at a layer only
            takes the last one with height and width by default. Where inputs are token ids, methods that follow
            gradients take the embedding.
        resume : Estimate, optional
            The final estimate of a method that this one extends (see `extends`), for the same question: only the
            passes that are missing are run.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.
        """
        steps = self.steps_of(model, x, quantity, layer, resume=resume)
        names = isinstance(x, Mapping)
        return (_presented(estimate, names) for estimate in steps if estimate is not None)

    def steps_of(
        self,
        model: Model,
        x: ArrayLike,
        quantity: Quantity | None = None,
        layer: str | None = None,
        *,
        resume: Estimate | None = None,
    ) -> Iterator[Estimate | None]:
        """Return what `stream` returns, with None after each chunk of work that brought no estimate yet.

        So a search that must be done before there is a first estimate can be cancelled like all else.
        """
        query = self._query(model, x, quantity, layer)
        if resume is not None:
            self._check_resume(query, resume)
        return self._estimates(query, self._prepare(query), None if resume is None else resume.state)

    @abstractmethod
    def _prepare(self, query: Query) -> Any:
        """Make ready what the stream needs, so that what does not fit is said before it starts."""

    @abstractmethod
    def _estimates(self, query: Query, prepared: Any, state: Any) -> Iterator[Estimate | None]: ...

    def _query(self, model: Model, x: ArrayLike, quantity: Quantity | None, layer: str | None) -> Query:
        if not isinstance(model, Model):
            raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
        if quantity is not None and not isinstance(quantity, Quantity):
            raise InputTypeError(
                f"quantity is {quantity!r}; expected a quantity such as Logit({quantity!r}) or Margin(a, b)."
            )
        if layer is not None and not self.takes_layer:
            raise InputError(f"{self.label} attributes to the input and takes no layer; found layer={layer!r}.")
        if model.parts is not None and (self.needs_plane or self.family == "propagation"):
            raise InputError(f"{self.label}: {self.refusal(model)}")
        batch, single = model.prepare(x)
        asked = default_quantity(model) if quantity is None else quantity
        objective = asked.objective(model, len(batch))
        if layer is None and self.takes_layer and self.family in AT_EMBEDDING and not self.needs_layer:
            layer = self._embedding(model)
        if layer is None and self.needs_layer:
            layer = default_layer(model, before=objective.layer)
        if layer is not None and layer == objective.layer:
            raise InputError(f"The quantity is the output of layer {layer!r} itself; expected an earlier layer.")
        return Query(self, model, batch, single, asked, objective, model.at(layer))

    @classmethod
    def _embedding(cls, model: Model) -> str | None:
        """Return the layer at which the derivative by token ids is taken: they have none themselves."""
        reason = cls.refusal(model) if model.tokens is not None and model.embedding is None else None
        if reason is not None:
            raise InputError(f"{reason} Choose a method that takes tokens away, such as Occlusion.")
        return model.embedding

    def _check_resume(self, query: Query, resume: Estimate) -> None:
        if not isinstance(resume, Estimate):
            raise InputTypeError(f"resume is a {type(resume).__name__}; expected the final estimate of a stream.")
        before = resume.query
        if not (self.extends(before.method) and resume.state is not None):
            raise InputError(f"{self!r} cannot go on from {before.method!r}; expected the same options, fewer passes.")
        same = before.model is query.model and before.cut is query.cut and before.quantity == query.quantity
        if not (same and np.array_equal(before.batch, query.batch)):
            raise InputError("resume answers another question; expected the same model, input, quantity and layer.")


def _presented(estimate: Estimate, names: bool) -> Estimate:
    """Return an estimate with the values of several input tensors in their shapes, as a tuple or by their names."""
    query, parts = estimate.query, estimate.query.model.parts
    if parts is None or query.cut.layer is not None:
        return estimate

    def unpacked(values: Any) -> Any:
        arrays = parts.unpack(values[None] if query.single else values)
        each = tuple(array[0] if query.single else array for array in arrays)
        return {part.name: array for part, array in zip(parts, each, strict=True)} if names else each

    error = None if estimate.standard_error is None else unpacked(estimate.standard_error)
    return replace(estimate, values=unpacked(estimate.values), standard_error=error)


METHODS: dict[str, type[Method]] = {}
"""The methods that the widgets list, by name, in the order of a course, however they were imported."""

Registered = TypeVar("Registered", bound=type[Method])


def register(method: Registered) -> Registered:
    """List a method in the widgets."""
    METHODS[method.name] = method
    listed = sorted(METHODS.items(), key=lambda entry: place(entry[1].family, entry[0]))
    METHODS.clear()
    METHODS.update(listed)
    return method


def relative_change(values: Array, before: Array | None) -> float:
    """Return norm(values - before) / norm(values); nan where there is nothing to compare with, 1 where all vanished."""
    if before is None:
        return float("nan")
    size = float(np.linalg.norm(values)) or float(np.linalg.norm(before))
    return float(np.linalg.norm(values - before)) / size if size else 0.0


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
    negligible = np.abs(change) < 1e-3 * np.maximum(1, np.maximum(np.abs(score), np.abs(baseline)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(negligible, np.nan, absolute / np.abs(change)), absolute
