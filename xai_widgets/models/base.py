"""What a method may ask of a network: scores, gradients and activations, in NumPy."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from xai_widgets.errors import InputError, InputTypeError, unknown_name, warn
from xai_widgets.models.arguments import (
    Preprocess,
    as_array,
    channel_statistics,
    checked_bounds,
    checked_classes,
    checked_features,
    checked_outputs,
    checked_preprocess,
    checked_shape,
    layout_hint,
)
from xai_widgets.models.inputs import Parts, channel_axis_of, is_several, parts_of
from xai_widgets.models.layers import no_layer
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.outputs import PROBES, Kind, Outputs
from xai_widgets.models.rules import Rescaled, Rules
from xai_widgets.models.tokens import Tokens, checked_vocabulary, is_text
from xai_widgets.reach.recompute import Recomputation

CHUNK_SECONDS = 0.03
"""A chunk this long is short enough to cancel within a blink and long enough to be efficient."""

FORGETTING = 1.05
"""By how much the time that a pass is thought to take may grow from one chunk to the next."""

EMPTY_TEXT = (
    " A text of padding alone, which methods that take tokens away look at, does this where a mean over the words that "
    "are there divides by their number; expected to divide by one at least, or another padding."
)

LARGEST_CHUNK = 16
"""Beyond this many inputs at once a CPU gains nothing."""


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

    def __init__(self, model: Model, layer: str | None) -> None:
        self.model = model
        self.layer = layer
        self._seconds_per_row: dict[str, float] = {}

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]: ...

    @property
    def channel_axis(self) -> int | None:
        """The axis of `shape` that counts channels (0 or -1); None where there is no such axis."""
        if self.layer is None:
            return self.model.channel_axis
        if self.layer == self.model.embedding:
            return -1
        return self.model.layer_channel_axis if len(self.shape) > 1 else None

    def activations(self, x: Array) -> Array:
        """Return what flows through this place, (rows, *shape), for the inputs `x`."""
        if self.layer is None:
            return x
        with self.model.lock:
            return self._activations(x)

    def evaluate(self, x: Array, objective: Objective, latent: Array | None = None) -> Evaluation:
        """Run the inputs `x` forward, with `latent` in place of this cut's output where it is given."""
        return self._measured("forward", lambda: self._evaluate(x, objective, latent), x)

    def differentiate(self, x: Array, objective: Objective, latent: Array | None = None) -> Evaluation:
        """Run forward and backward to this cut, with `latent` in place of its output where it is given."""
        return self._measured("backward", lambda: self._differentiate(x, objective, latent), x)

    def propagate(self, x: Array, objective: Objective, rules: Rules, reference: Array | None = None) -> Evaluation:
        """Run forward, and back to this cut by other rules than those of the derivative.

        The way back starts with the value of the objective for `Relevance`, and with its gradient for all others.

        Parameters
        ----------
        x : array of shape (rows, *input shape)
        objective : Objective
        rules : Rectified, Rescaled or Relevance
        reference : array of the shape of `x`, optional
            What `Rescaled` compares each row with.

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

        if reference is None and isinstance(rules, Rescaled):
            raise InputError("The rescale rule of DeepLIFT compares with a reference; expected one for each input.")
        if reference is not None and reference.shape != x.shape:
            raise InputError(f"The references have shape {reference.shape}; expected that of the inputs, {x.shape}.")
        if reference is not None and self.model.tokens is not None:
            self.model.tokens.check(reference)
        return self._measured("backward", lambda: self._propagate(x, objective, rules, reference), x)

    def pool(self, x: Array, objective: Objective, pool: Array, latent: Array | None = None) -> Evaluation:
        """Differentiate, and return sums of the gradients: (groups, *shape), with the weights `pool` (groups, rows).

        A backend may find the sums without the gradients of the single rows, which saves the way back through the
        first layer.
        """
        return self._measured("backward", lambda: self._pool(x, objective, pool, latent), x)

    def chunk(self, kind: Literal["forward", "backward"]) -> int:
        """Return how many inputs to run at once (1, 2, 4, 8 or 16), from the time that passes took so far."""
        seconds = self._seconds_per_row.get(kind)
        if seconds is None:
            return 1
        fitting = max(1.0, min(CHUNK_SECONDS / seconds, LARGEST_CHUNK))
        return 1 << int(np.log2(fitting))

    def _measured(self, kind: Literal["forward", "backward"], run: Callable[[], Evaluation], x: Array) -> Evaluation:
        if self.model.tokens is not None:  # A method that mixes inputs would mix ids, which stand for other words then.
            self.model.tokens.check(x)
        with self.model.lock:
            start = time.perf_counter()
            evaluation = run()
            seconds = (time.perf_counter() - start) / len(x)
        # A short time is an honest one: tracing, first touches and other processes only ever add to it. It is forgotten
        # slowly, so that a machine that got busy for good gets smaller chunks.
        known = self._seconds_per_row.get(kind, seconds)
        self._seconds_per_row[kind] = max(min(seconds, FORGETTING * known), 1e-9)
        self._check_finite(evaluation)
        return evaluation

    def _check_finite(self, evaluation: Evaluation) -> None:
        where = "output" if self.layer is None else f"output after layer {self.layer!r}"
        if not np.isfinite(evaluation.values).all():
            raise InputError(
                f"The model's {where} is NaN or infinite for this input; expected finite numbers. "
                "Check the weights and the preprocessing." + (EMPTY_TEXT if self.model.tokens is not None else "")
            )
        if evaluation.gradients is not None and not np.isfinite(evaluation.gradients).all():
            raise InputError(
                f"The gradient of the model's {where} is NaN or infinite for this input; expected finite numbers. "
                "Look for a division by zero, or a square root or logarithm of zero, in the network."
            )

    def _pool(self, x: Array, objective: Objective, pool: Array, latent: Array | None) -> Evaluation:
        found = self._differentiate(x, objective, latent)
        if found.gradients is None:
            return found
        return found._replace(gradients=np.tensordot(pool.astype(found.gradients.dtype), found.gradients, 1))

    def _unconnected(self, objective: Objective) -> InputError:
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
    def _evaluate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation: ...

    @abstractmethod
    def _differentiate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation: ...

    @abstractmethod
    def _propagate(self, x: Array, objective: Objective, rules: Rules, reference: Array | None) -> Evaluation: ...


class Model(ABC):
    """A network as the methods see it. Made by `wrap`; the network itself is never changed.

    Attributes
    ----------
    backend : str
        "torch" or "tensorflow".
    layers : list of str
        The names that ``layer=`` takes.
    classes : tuple of str or None
        The names of the outputs.
    bounds : tuple of float or None
        The smallest and largest value of an input; None for tables.
    input_shape : tuple of int or None
        The shape of one input in the network's own layout; None until the first input is seen.
    outputs : {"logits", "probabilities", "values"} or None
        What the network puts out; "probabilities" means that the logits could not be reached, so that `scores` are
        log-probabilities. None until the first input is seen.
    output_shape : tuple of int or None
        The shape of one input's scores: (outputs,), or of a segmentation (classes, height, width) in PyTorch and
        (height, width, classes) in Keras. None until the first input is seen.
    tokens : Tokens or None
        Where inputs are token ids: how many there are, which one fills up, and their words.
    features : tuple of str or None
        The names of the columns of a table.
    """

    backend: ClassVar[str]
    layer_channel_axis: ClassVar[int]
    """The framework's own layout, which the layers inside a network follow: 0 (channels first) or -1 (last)."""

    def __init__(
        self,
        network: Any,
        *,
        classes: Sequence[str] | None = None,
        bounds: Any = (0, 1),
        preprocess: Preprocess | None = None,
        input_shape: Any = None,
        input_names: Sequence[str] | None = None,
        outputs: Outputs | None = None,
        features: Sequence[str] | None = None,
        vocabulary: Sequence[str] | None = None,
        padding: int = 0,
    ) -> None:
        self.network = network
        self.classes = checked_classes(classes)
        self.features = checked_features(features)
        self._given_bounds, self._given_names = bounds, input_names
        self.parts: Parts | None = None
        self.bounds = None if isinstance(bounds, list) else checked_bounds(bounds)
        self.tokens: Tokens | None = None
        self._embedding: str | None = None
        self.preprocess = checked_preprocess(preprocess)
        self.outputs = self._given_outputs = checked_outputs(outputs)
        self.lock = threading.RLock()
        self.notes: dict[str, Any] = {}
        """What others found out about the model, and may forget: it goes when the model goes."""
        self._cuts: dict[str | None, Cut] = {}
        self._refusals: dict[str, str] = {}
        self._statistics: tuple[Array, Array] | None = None
        self._output_count: int | None = None
        self.output_shape: tuple[int, ...] | None = None
        self._head: Kind = "scores"
        several = is_several(input_shape)
        self.input_shape = None if input_shape is None or several else checked_shape(input_shape)
        if several:
            self._take_parts(input_shape, input_names)
        self._inspect()
        if isinstance(bounds, list) and self.parts is None:
            raise InputError("bounds is a list, for several inputs; expected input_shape=[...] with a shape for each.")
        self._take_tokens(checked_vocabulary(vocabulary), padding)
        if self.input_shape is None:
            self.input_shape = self._readable_input_shape()
        if self.input_shape is not None:
            self.build(self.input_shape)

    def scores(self, x: ArrayLike) -> Array:
        """Return the scores, (batch, outputs): logits where they can be reached, else log-probabilities or values.

        Those of a segmentation are (batch, *output_shape).

        Parameters
        ----------
        x : array of the network's input shape, or a batch of them

        Raises
        ------
        ValueError, TypeError
            If `x` does not fit the network.
        """
        batch, _ = self.prepare(x)
        return self.at(None).evaluate(batch, Objective(self.weights_of(np.zeros((1, self.output_count))))).scores

    def probabilities(self, x: ArrayLike) -> Array:
        """Return the probabilities of the classes, (batch, outputs); for ``outputs="values"`` the values themselves.

        Those of a segmentation are (batch, *output_shape).
        """
        scores = self.scores(x)
        if self.outputs == "values":
            return scores
        probabilities: Array = special.softmax(scores, axis=self._batch_class_axis)
        return probabilities

    def segments(self, x: ArrayLike) -> Array:
        """Return the class that a segmentation answers at each place, integers of shape (batch, height, width).

        Parameters
        ----------
        x : array of the network's input shape, or a batch of them

        Raises
        ------
        ValueError, TypeError
            If the network is no segmentation, or `x` does not fit it.
        """
        scores = self.scores(x)
        if not self.segmentation or self.outputs == "values":
            raise InputError(
                f"The network puts out {self.outputs} of shape {self.output_shape}; expected a class for each place. "
                "If it is a segmentation, wrap it with outputs='logits' or outputs='probabilities'."
            )
        labels: Array = scores.argmax(axis=self._batch_class_axis)
        return labels

    def shares(self, x: ArrayLike) -> Array:
        """Return one number per class, (batch, outputs): its probability, its value, or its share of the places.

        The last is for a segmentation; the mean of its values where it has no answer.
        """
        if not self.segmentation:
            return self.probabilities(x)
        if self.outputs == "values":
            values: Array = np.moveaxis(self.scores(x), self._batch_class_axis, -1).mean(axis=(1, 2))
            return values
        answers = self.segments(x)[..., None] == np.arange(self.output_count)
        shares: Array = answers.mean(axis=(1, 2))
        return shares

    @property
    def vocabulary(self) -> tuple[str, ...] | None:
        """The word of each token id; None where inputs are no ids, or their words are not known."""
        return None if self.tokens is None else self.tokens.vocabulary

    @property
    def embedding(self) -> str | None:
        """The layer that turns token ids into vectors: the first embedding on the way that reads them.

        None where inputs are no ids, or where that layer cannot be reached.
        """
        if self.tokens is None or self.input_shape is None:
            return None
        if self._embedding is None:
            probe = self._probe()[:2]
            for layer in self._embeddings():
                cut = self.at(layer)
                fits = len(cut.shape) == 2 and cut.shape[:1] == self.input_shape
                # An embedding of the places, and not of the ids, is the same for all texts.
                if fits and np.ptp(cut.activations(probe), axis=0).any():
                    self._embedding = layer
                    break
        return self._embedding

    def words(self, ids: ArrayLike) -> list[str] | list[list[str]]:
        """Return the words of a text given as ids (n,), or of several (batch, n), what fills up at the end left out.

        Raises
        ------
        ValueError, TypeError
            If the model does not take token ids, or these are none.
        """
        array = np.asarray(ids)
        tokens = self._checked_tokens()
        self._check_dtype(array)
        tokens.check(array)
        return tokens.words(array) if array.ndim == 1 else [tokens.words(row) for row in array]

    def ids(self, text: str | Sequence[str]) -> Array:
        """Return the ids of the words of a text, (n,), or of several, (batch, n), filled up with the padding.

        Words are looked up as they are written, and then in small letters; those that the vocabulary lacks are "<unk>",
        where it has that.

        Raises
        ------
        ValueError, TypeError
            If the model has no vocabulary, a word is not in it, or a text is longer than the model reads.
        """
        tokens, (length, *_) = self._checked_tokens(), self._known_input_shape
        if not is_text(text):
            raise InputTypeError(f"Found a {type(text).__name__}; expected a text, or a list of texts.")
        if isinstance(text, str):
            return tokens.ids(text, length)
        return np.stack([tokens.ids(one, length) for one in text])

    def _checked_tokens(self) -> Tokens:
        if self.tokens is None:
            raise InputError("The model takes no token ids; wrap a network with an embedding, and vocabulary=[...].")
        return self.tokens

    def _take_tokens(self, vocabulary: tuple[str, ...] | None, padding: int) -> None:
        """Note what the ids of a network are that begins with an embedding, or whose words were given."""
        sizes = self._embedded_ids()
        if vocabulary is None and not sizes:
            return
        words = len(vocabulary or ())
        size = next((size for size in sizes if size >= words), next(iter(sizes), words))
        if self.bounds not in (None, (0, 1)) or self.preprocess is not None:
            raise InputError("Token ids have neither bounds nor preprocessing; leave both out of wrap().")
        self.bounds = None
        self.tokens = Tokens(size, padding, vocabulary)

    def _take_parts(self, shapes: Sequence[Sequence[int]], names: Sequence[str] | None) -> None:
        """Take several input tensors as one vector per row."""
        if self.preprocess is not None:
            raise InputError("preprocess is for one input; of several each is given as the network takes it.")
        self.parts = parts_of(shapes, self._given_bounds, names, self.layer_channel_axis)
        self.input_shape, self.bounds = (self.parts.size,), None

    def _check_features(self) -> None:
        shape = self._known_input_shape
        if self.features is not None and shape != (len(self.features),):
            raise InputError(
                f"features has {len(self.features)} names, but an input has shape {shape}; expected the names of the "
                "columns of a table, one per column."
            )

    def weights_of(self, classes: Array) -> Array:
        """Return the weights of the classes, (rows, outputs), in a shape that spreads over the scores."""
        if not self.segmentation:
            return classes.astype(self.dtype)
        places = (1, 2) if self.class_axis == -1 else (2, 3)
        return np.expand_dims(classes, places).astype(self.dtype)

    def at(self, layer: str | None) -> Cut:
        """Return the cut at the output of `layer`, or at the input for None.

        Raises
        ------
        ValueError
            If there is no such layer, or it cannot be cut.
        """
        if layer is not None and not isinstance(layer, str):
            raise InputTypeError(f"A layer is given by its name, a str, or None for the input; found {layer!r}.")
        with self.lock:
            if layer not in self._cuts:
                if layer is not None and layer not in self.layers:
                    raise no_layer(layer, self.layers, self._refusals)
                self._cuts[layer] = self._cut(layer)
            return self._cuts[layer]

    def recomputation(self) -> Recomputation | None:
        """Return what runs the network again in parts, where a window reaches; None where all of it has to run."""
        with self.lock:
            return self._recomputation()

    def target(self, target: int | str) -> int:
        """Return the index of a class given by index or name."""
        if isinstance(target, str):
            if self.classes is None:
                raise InputError(
                    f"The class is given by name, {target!r}, but the model knows no names; expected an index, "
                    "or wrap the network with classes=[...]."
                )
            places = [index for index, name in enumerate(self.classes) if name == target]
            if not places:
                raise unknown_name("class", target, self.classes)
            if len(places) > 1:  # ImageNet has two kinds of crane.
                raise InputError(f"The name {target!r} stands for the classes {places}; give the index of one of them.")
            return places[0]
        if isinstance(target, bool) or not isinstance(target, int | np.integer):
            raise InputTypeError(f"A class is an index or a name; found {target!r}.")
        if not 0 <= target < self.output_count:
            raise InputError(f"There is no class {target}; expected an index from 0 to {self.output_count - 1}.")
        return int(target)

    def class_name(self, index: int) -> str:
        """Return the name of an output; "class 3" where the model knows no names."""
        return self.classes[index] if self.classes is not None else f"class {index}"

    def prepare(self, x: ArrayLike) -> tuple[Array, bool]:
        """Check `x` and return it as a batch in the model's dtype, and whether it was a single input.

        Warns where values lie outside `bounds`. Where inputs are token ids, a text or a list of texts will do.
        """
        if self.parts is not None and isinstance(x, list | tuple | Mapping):
            array, single = self.parts.checked(x)
            batch = np.ascontiguousarray(array, dtype=self.dtype)
            self._check_values(batch)
            return batch, single
        array = self.ids(x) if self.tokens is not None and is_text(x) else as_array(x)
        self._check_dtype(array)
        if self.input_shape is None:
            self.build(self._guess_input_shape(array))
        expected = self._known_input_shape
        single = array.shape == expected
        if not single and array.shape[1:] != expected:
            raise InputError(
                f"The input has shape {array.shape}; expected {expected} for one input, or "
                f"(batch, {', '.join(map(str, expected))}).{layout_hint(array.shape, expected)}"
            )
        if not single and len(array) == 0:
            raise InputError("The batch is empty; expected at least one input.")
        batch = np.ascontiguousarray(array[None] if single else array, dtype=self.dtype)
        self._check_values(batch)
        return batch, single

    def build(self, input_shape: Sequence[int]) -> None:
        """Fix the shape of one input and find out what the network puts out; `explore` does so by the first picture."""
        with self.lock:
            known = self.input_shape
            self.input_shape = checked_shape(input_shape)
            try:
                if isinstance(self.preprocess, Mapping):
                    axis = -1 if self.channel_axis is None else self.channel_axis
                    self._statistics = channel_statistics(self.preprocess, self.input_shape, axis, self.dtype)
                self._build()
            except BaseException:
                self.input_shape = known  # A first picture that does not fit must not stand in the way of the next.
                raise
            if self.classes is not None and self.outputs is not None and len(self.classes) != self.output_count:
                raise InputError(
                    f"The network has {self.output_count} outputs, but classes has {len(self.classes)} names; "
                    "expected one name per output."
                )
            self._check_features()

    @property
    def has_constant_score(self) -> bool:
        """Whether the network has a single logit z: its scores are (0, z), and the first says nothing by itself."""
        return self._head == "binary logit"

    @property
    def _ends_in_probabilities(self) -> bool:
        """Whether logits cannot be reached, so that scores are logarithms of what the network puts out."""
        return self._head in ("probabilities", "binary probability")

    @property
    def output_count(self) -> int:
        """The number of scores."""
        if self._output_count is None:
            raise InputError("The shape of an input is not known yet; give wrap(..., input_shape=...).")
        return self._output_count

    @property
    def segmentation(self) -> bool:
        """Whether the network has scores for each place of a picture, and not one per class."""
        return self.output_shape is not None and len(self.output_shape) == 3

    @property
    def class_axis(self) -> int:
        """The axis of one input's scores that counts classes: 0, or -1 for a segmentation in Keras."""
        return self.layer_channel_axis if self.segmentation else 0

    @property
    def _batch_class_axis(self) -> int:
        return 1 if self.class_axis == 0 else -1

    @property
    def _known_input_shape(self) -> tuple[int, ...]:
        if self.input_shape is None:
            raise InputError("The shape of an input is not known yet; give wrap(..., input_shape=...).")
        return self.input_shape

    @property
    def channel_axis(self) -> int | None:
        """The axis of one input that counts channels: 0 (first), -1 (last), or None for vectors and plain planes."""
        return channel_axis_of(self.input_shape, self.layer_channel_axis)

    @property
    @abstractmethod
    def layers(self) -> list[str]:
        """The names that ``layer=`` takes."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """The NumPy type of inputs and gradients."""

    @abstractmethod
    def _inspect(self) -> None:
        """Look at the network itself, before anything is known of its input; refuse what can be refused by then."""

    @abstractmethod
    def _readable_input_shape(self) -> tuple[int, ...] | None:
        """The shape of one input where the network tells it, else None."""

    @abstractmethod
    def _guess_input_rank(self) -> int | None:
        """How many axes one input has where the first layer tells it, else None."""

    def _embedded_ids(self) -> list[int]:
        """How many ids the embeddings of a network have that begins with one; empty where it does not."""
        return []

    def _embeddings(self) -> list[str]:
        """The layers that are embeddings, in the order in which they run."""
        return []

    @abstractmethod
    def _build(self) -> None:
        """With `input_shape` known: set `_output_count`, and `outputs` where it was not given."""

    @abstractmethod
    def _cut(self, layer: str | None) -> Cut: ...

    def _recomputation(self) -> Recomputation | None:
        return None

    def _probe(self) -> Array:
        """A few random inputs within the bounds, always the same ones."""
        if self.tokens is not None:
            ids = np.random.default_rng(0).integers(0, self.tokens.size, (PROBES, *self._known_input_shape))
            return ids.astype(self.dtype)
        random = np.random.default_rng(0)
        if self.parts is not None:
            ends = [part.bounds or (-1, 1) for part in self.parts]
            shapes = [(PROBES, *part.input_shape) for part in self.parts]
            drawn = [random.uniform(low, high, shape) for (low, high), shape in zip(ends, shapes, strict=True)]
            return self.parts.pack(drawn).astype(self.dtype)
        low, high = self.bounds or (-1, 1)
        return random.uniform(low, high, (PROBES, *self._known_input_shape)).astype(self.dtype)

    @property
    def _two_classes(self) -> bool:
        return self.classes is not None and len(self.classes) == 2

    def _guess_input_shape(self, array: Array) -> tuple[int, ...]:
        rank = self._guess_input_rank() if self.tokens is None else 1
        if rank is not None and array.ndim in (rank, rank + 1):
            return array.shape[array.ndim - rank :]
        raise InputError(
            f"The network does not tell the shape of one input, and an array of shape {array.shape} leaves it open; "
            "give wrap(..., input_shape=...)."
        )

    def _check_dtype(self, array: Array) -> None:
        integers = np.issubdtype(array.dtype, np.integer)
        counted = self.tokens is not None or self.bounds == (0, 255)
        if np.issubdtype(array.dtype, np.floating) or (integers and counted):
            return
        if integers:
            advice = (
                "Convert them with astype(float)."
                if self.bounds is None
                else "Divide pictures by 255 first, or wrap the network with bounds=(0, 255)."
            )
            raise InputTypeError(
                f"The input holds integers ({array.dtype}), but the bounds are {self.bounds}; expected floats. {advice}"
            )
        raise InputTypeError(f"The input has dtype {array.dtype}; expected floating-point numbers.")

    def _check_values(self, batch: Array) -> None:
        if not np.isfinite(batch).all():
            raise InputError("The input holds NaN or infinite values; expected finite numbers.")
        if self.tokens is not None:
            self.tokens.check(batch)
        if self.parts is not None:
            for part, values in zip(self.parts, self.parts.split(batch), strict=True):
                _warn_of_values(values, part.bounds, f"Input {part.name!r}")
        _warn_of_values(batch, self.bounds, "The input")

    def __repr__(self) -> str:
        network = type(self.network).__name__
        shape = "input shape not known yet" if self.input_shape is None else f"input {self.input_shape}"
        found = "" if self._output_count is None else f", {self._output_count} outputs ({self._outputs_in_words()})"
        if self.segmentation:
            found += f" at each place, {self.output_shape}"
        layers = f", {len(self.layers)} layers"
        values = f"bounds {self.bounds}"
        if self.parts is not None:
            each = [f"{part.name!r} {part.input_shape}, bounds {part.bounds}" for part in self.parts]
            shape, values = f"{len(each)} inputs", "; ".join(each)
        if self.tokens is not None:
            values = f"{self.tokens.size} token ids, padding {self.tokens.padding}, embedding {self.embedding!r}"
        return f"Model({network} on {self.backend}, {shape}, {values}{found}{layers})"

    def _outputs_in_words(self) -> str:
        if self.outputs == "probabilities":
            return "probabilities; scores are their logarithms"
        return str(self.outputs)


def _warn_of_values(batch: Array, bounds: tuple[float, float] | None, what: str) -> None:
    if bounds is None:
        return
    low, high = bounds
    slack = 1e-3 * (high - low)
    if batch.min() < low - slack or batch.max() > high + slack:
        warn(
            f"{what} has values from {batch.min():.4g} to {batch.max():.4g}, outside the bounds {bounds}; "
            "give wrap(..., bounds=...) the range of the inputs, or leave normalising to preprocess=."
        )
