"""A question to a model: a quantity of some inputs, asked at one place of the network."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity, default_quantity
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.layers import checked_layer
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array, Evaluation, Number, Objective, Values
from xai_widgets.models.passes import in_chunks


class Question:
    """A quantity of some inputs, with the class that was left open fixed at them; made by `ask`.

    Wherever else the quantity is taken, at a baseline, under noise or behind a window, it is that of the same class.
    The class is fixed, and the score known, by the first pass: one of a stream, or one that `score` makes.

    Attributes
    ----------
    model : Model
        Who is asked.
    batch : array of shape (batch, *input shape)
        The inputs as the network takes them.
    single : bool
        Whether one input was given without a batch axis.
    quantity : Quantity
        What is asked, as it was given: where it names no class that is still open.
    cut : Cut
        The place in the network; its `layer` is None for the input.
    asked : Objective
        The quantity as passes compute it, with what was left open still open.
    named : bool
        Whether several input tensors were given by their names.

    Examples
    --------
    >>> question = xai.ask(model, x)
    >>> darker = question.values(0.5 * x)
    >>> darker < question.score
    True
    """

    def __init__(self, model: Model, batch: Array, single: bool, quantity: Quantity, cut: Cut, named: bool) -> None:
        self.model, self.batch, self.single = model, batch, single
        self.quantity, self.cut, self.named = quantity, cut, named
        self._space = cut.space  # looked up once, as every frame needs it
        self.asked = quantity.objective(model, len(batch))
        self._fixed: Objective | None = None
        self._score: Array | None = None

    @property
    def score(self) -> Number:
        """The quantity at the inputs: a float, or an array (batch,)."""
        if self._score is None:
            self.look()
        return self.per_input(np.asarray(self._score))

    @property
    def is_fixed(self) -> bool:
        """Whether the class is known by now."""
        return self._fixed is not None

    @property
    def objective(self) -> Objective:
        """The quantity as passes compute it, for the class that was on top at the inputs where none was named."""
        if self._fixed is None:
            self.look()
        return self._fixed or self.asked

    def values(self, inputs: ArrayLike) -> Number:
        """Return the quantity at other inputs, for the class that is fixed.

        Parameters
        ----------
        inputs : array of the shape of the inputs that were asked about, or (n, *that shape) for n in the place of each

        Returns
        -------
        float or array
            One number for each input: () for a single one, (batch,) for a batch, and n of these.

        Raises
        ------
        ValueError, TypeError
            If the inputs do not fit the network, or there are not as many as were asked about.

        Examples
        --------
        >>> question = xai.ask(model, x, quantity=xai.Logit("cross"))
        >>> bool(question.values(x) == question.score)
        True
        """
        rows, shape = self._rows(inputs)
        found = self.forward(rows).values.astype(np.float64).reshape(shape)
        return float(found) if shape == () else found

    def gradients(self, inputs: ArrayLike, latents: ArrayLike | None = None) -> Array:
        """Return the derivative of the quantity at other inputs, by the input or by the layer that was asked about.

        Parameters
        ----------
        inputs : array
            As `values` takes them.
        latents : array (..., *shape of the layer's output), optional
            What takes the place of the layer's output, for each of the inputs.

        Returns
        -------
        array
            Of the shape of `inputs`, or (..., *shape of the layer's output).

        Raises
        ------
        ValueError, TypeError
            As `values`; and if the quantity does not depend on this place differentiably.
        """
        rows, shape = self._rows(inputs)
        place = self.cut.shape
        put = None if latents is None else _numbers(latents, "latents").astype(rows.dtype)
        if put is not None and put.shape != (*shape, *place):
            raise InputError(f"latents has shape {put.shape}; expected {(*shape, *place)}, one for each input.")
        found = self.backward(rows, None if put is None else put.reshape(-1, *place)).gradients
        return np.asarray(found).reshape(*shape, *place)

    def look(self, kind: Literal["forward", "backward"] = "forward") -> Evaluation:
        """Run the inputs themselves, which fixes what was left open."""
        evaluation = in_chunks(self.cut, kind, self.batch, self.asked if self._fixed is None else self._fixed)
        self.fix(evaluation)
        return evaluation

    def fix(self, evaluation: Evaluation) -> None:
        """Fix what was left open by a pass whose first rows are the inputs themselves, unless it is fixed already."""
        if self._fixed is None:
            count = len(self.batch)
            self._fixed = self.asked.fixed(evaluation.scores[:count])
            self._score = np.array(evaluation.values[:count])

    def forward(self, inputs: Array, latents: Array | None = None) -> Evaluation:
        """Run inputs (n * batch, *input shape) forward: those of the batch in their order, again and again."""
        return in_chunks(self.cut, "forward", inputs, self.for_rows(len(inputs)), latents)

    def backward(self, inputs: Array, latents: Array | None = None, pool: Array | None = None) -> Evaluation:
        """Run the same forward and back, with sums of gradients in place of single ones where `pool` is given."""
        return in_chunks(self.cut, "backward", inputs, self.for_rows(len(inputs)), latents, pool)

    def for_rows(self, count: int) -> Objective:
        """Return the objective of so many rows, those of the batch in their order, again and again."""
        objective = self._fixed or self.objective
        return objective if len(objective.weights) == 1 else objective.rows(np.arange(count) % len(self.batch))

    def per_input(self, values: Array) -> Number:
        """Return one number per input as an array, or as a float for a single input."""
        return float(values[0]) if self.single else np.array(values)

    def presented(self, values: Array) -> Values:
        """Return values (batch, *shape of the cut) as users see them: float32, of the shape that the inputs had.

        Those of several input tensors are a tuple of arrays, or a dict by the names of the inputs.
        """
        if self._space is None:
            return (values[0] if self.single else values).astype(np.float32)
        return self._space.presented(values, self.single, self.named)

    @property
    def layouts(self) -> list[Layout]:
        """What is known of the axes of each of the arrays that have a value for each element."""
        if self._space is None:
            return [self.cut.known_layout]
        return [piece.layout for piece in self._space.pieces]

    def at(self, layer: str | None) -> Question:
        """Return the same question, asked at another place of the network."""
        if checked_layer(layer) is not None and layer == self.asked.layer:
            raise InputError(f"The quantity is the output of layer {layer!r} itself; expected an earlier layer.")
        return self._at(self.model.at(layer))

    def at_vectors(self) -> Question:
        """Return the same question, asked at several inputs with vectors in the place of ids."""
        return self._at(self.model.embedded)

    def about(self, inputs: Array) -> Question:
        """Return the same question about other inputs, (n * batch, *input shape): of the classes that are fixed here.

        Those of the batch in their order, again and again.
        """
        other = copy.copy(self)
        other.batch, other.single, other.asked = inputs, False, self.for_rows(len(inputs))
        other._fixed = other._score = None
        return other

    def asked_of(self, model: Model) -> Question:
        """Return the same question, asked of a network with the same layers: of the classes that are fixed here."""
        other = copy.copy(self)
        other.model, other.cut, other.asked = model, self.cut.in_model(model), self.objective
        other._space = other.cut.space
        other._fixed = other._score = None
        return other

    def same_as(self, other: Question) -> bool:
        """Whether another question asks the same of the same inputs."""
        same = self.model is other.model and self.cut is other.cut and self.quantity == other.quantity
        return same and np.array_equal(self.batch, other.batch)

    def __repr__(self) -> str:
        where = "" if self.cut.layer is None else f" at layer {self.cut.layer!r}"
        count = "one input" if self.single else f"{len(self.batch)} inputs"
        return f"Question({self.quantity.describe(self.model)} of {count}{where})"

    def _at(self, cut: Cut) -> Question:
        other = copy.copy(self)
        other.cut, other._space = cut, cut.space
        return other

    def _rows(self, inputs: Any) -> tuple[Array, tuple[int, ...]]:
        """Return inputs as rows of the network, and the shape that one number for each has."""
        given: Any = inputs
        alone = len(self.model.taken.pieces) == 1
        if alone and not isinstance(inputs, str):
            array = as_array(inputs)
            if array.dtype != object:  # else the message is about what was given
                batches = not self.single and array.ndim == self.batch.ndim + 1
                given = array.reshape(-1, *array.shape[2:]) if batches else array
        rows, single = self.model.prepare(given)
        if self.single:
            return rows, () if single else (len(rows),)
        draws, left = divmod(len(rows), len(self.batch))
        if left:
            raise InputError(
                f"Found {len(rows)} inputs, and the question is about {len(self.batch)}; expected one for each of "
                "these, in their order, or (n, batch, ...)."
            )
        repeated = np.ndim(inputs) == self.batch.ndim + 1 if alone else draws > 1
        return rows, (draws, len(self.batch)) if repeated else (len(rows),)


def ask(model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
    """Return a question about some inputs, which gives its quantity and derivatives wherever they are wanted.

    Parameters
    ----------
    model : Model
        A network wrapped by `xai_widgets.wrap`.
    x : array
        One input or a batch, in the model's own layout; of several input tensors a tuple or a dict of these.
    quantity : Quantity, optional
        What is asked; by default the class on top at each input, see `Logit`.
    layer : str, optional
        Where derivatives are taken: at the output of this layer in place of the input.

    Returns
    -------
    Question
        Nothing is computed yet.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    Examples
    --------
    >>> question = xai.ask(model, x)
    >>> question.gradients(x).shape == x.shape
    True
    """
    if not isinstance(model, Model):
        raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
    checked_quantity(quantity)
    batch, single = model.prepare(x)
    asked = default_quantity(model) if quantity is None else quantity
    question = Question(model, batch, single, asked, model.at(None), isinstance(x, Mapping))
    return question if layer is None else question.at(layer)


def _numbers(given: Any, name: str) -> Array:
    """Return an array of finite numbers."""
    array = as_array(given)
    if array.dtype.kind not in "fiu":
        raise InputTypeError(f"{name} is {shown(given)}; expected an array of numbers.")
    if not (np.abs(array) <= np.finfo(np.float32).max).all():
        raise InputError(f"{name} holds NaN, or numbers that are too large; expected finite ones.")
    return array


def checked_quantity(quantity: Any) -> Quantity | None:
    """Return the quantity, None for the one that is asked where none is named."""
    if quantity is not None and not isinstance(quantity, Quantity):
        found = shown(quantity)
        raise InputTypeError(f"quantity is {found}; expected a quantity such as Logit({found}) or Margin(a, b).")
    return quantity
