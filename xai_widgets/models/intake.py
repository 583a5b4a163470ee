"""What a network takes: the kind of its inputs, found out or told, and the checks of what users give."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.errors import InputError
from xai_widgets.fork import renew_in_child
from xai_widgets.models.arguments import Preprocess, channel_statistics, checked_preprocess, checked_shape
from xai_widgets.models.arrays import as_array
from xai_widgets.models.edit import Edit
from xai_widgets.models.inputs.beside import Held, is_known
from xai_widgets.models.inputs.given import Given, is_several
from xai_widgets.models.inputs.ids import may_be_ids, with_ids
from xai_widgets.models.inputs.input import Bounds, Input
from xai_widgets.models.inputs.lookups import LookedUp, readers
from xai_widgets.models.inputs.recognition import Clues, Reading, recognised
from xai_widgets.models.inputs.several import Several
from xai_widgets.models.inputs.tokens import Embedded, Tokens
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array
from xai_widgets.models.outputs import PROBES


class Intake(ABC):
    """What a network takes; `Model`, which is one, says what it puts out.

    Attributes
    ----------
    network
        The student's, which is never changed.
    lock : RLock
        Held by every pass.
    given : Given
        What the user says of the inputs.
    taken : Input
        What is known of an input before the network is asked what its axes count: enough to check it and to run it.
    edits : tuple of Edit
        What passes change of what layers put out. All that is found out about the network is so without them.
    row_bytes : int
        About how much of what flows through the network a backward pass keeps for each input; 0 where that cannot be
        seen.
    """

    layer_channel_axis: ClassVar[int]
    """The framework's own layout, which the layers inside a network follow: 0 (channels first) or -1 (last)."""

    def __init__(self, network: Any, given: Given, *, preprocess: Preprocess | None, input_shape: Any) -> None:
        self.network = network
        self.renew()
        renew_in_child(self)
        self.preprocess = checked_preprocess(preprocess)
        self.given = given
        self._statistics: tuple[Array, Array] | None = None
        self._several: Several | None = None
        self._input: Input | None = None
        self.taken: Input = given.unread(())
        self.row_bytes = 0
        self.edits: tuple[Edit, ...] = ()
        if is_several(input_shape):
            self._take_several(input_shape)
        elif input_shape is not None:
            self.taken = given.unread(checked_shape(input_shape))

    @property
    def input(self) -> Input:
        """What one input is: a picture, a signal, a volume, a row of a table, a text, or several of these.

        Where neither the user nor the first layer tells, it takes a pass that follows where everything stands.
        """
        with self.lock:
            if self._input is None:
                told, readings = self.given.roles(self.taken), self._first_layers()
                clues = [
                    Clues(one, reading, partial(self._seen_layout, place))
                    for place, (one, reading) in enumerate(zip(told, readings, strict=True))
                ]
                self._input = recognised(self.taken, clues)
            return self._input

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        """The shape of one input in the network's own layout; None until the first input is seen."""
        return self.taken.shape or None

    @property
    def bounds(self) -> Bounds:
        """The smallest and largest value of an input; None for tables."""
        return self.taken.bounds

    @property
    def features(self) -> tuple[str, ...] | None:
        """The names of the columns of a table."""
        return self.given.columns

    @property
    def tokens(self) -> Tokens | None:
        """Where inputs are token ids: how many there are, which one fills up, and their words."""
        return self.taken.tokens

    @property
    def vocabulary(self) -> tuple[str, ...] | None:
        """The word of each token id; None where inputs are no ids, or their words are not known."""
        return None if self.tokens is None else self.tokens.vocabulary

    @property
    def channel_axis(self) -> int | None:
        """The axis of one input that counts channels, 0 or a negative number; None where no single one does."""
        axes = self.input.layout.channel_axes
        if len(axes) != 1:
            return None
        return axes[0] - len(self.input.shape) if axes[0] else 0

    def renew(self) -> None:
        """Make the lock anew; called in a forked process, where whoever held it is not."""
        self.lock = threading.RLock()

    def prepare(self, x: ArrayLike) -> tuple[Array, bool]:
        """Check `x` and return it as a batch in the model's dtype, and whether it was a single input.

        Warns where values lie outside `bounds`. Where inputs are token ids, a text or a list of texts will do.
        """
        if self.input_shape is None:
            self.build(self._guess_input_shape(self.taken.read(x)))
        return self.taken.prepared(x, self.dtype)

    def words(self, ids: ArrayLike) -> list[str] | list[list[str]]:
        """Return the words of a text given as ids (n,), or of several (batch, n), what fills up at the end left out.

        Raises
        ------
        ValueError, TypeError
            If the model does not take token ids, or these are none.
        """
        return self.taken.words_of(as_array(ids))

    def ids(self, text: str | Sequence[str]) -> Array:
        """Return the ids of the tokens of a text, (n,), or of several, (batch, n), filled up with the padding.

        Without a tokenizer words are looked up as they are written, and then in small letters; those that the
        vocabulary lacks are "<unk>", where it has that. With one a text that is too long is cut off, with a warning.

        Raises
        ------
        ValueError, TypeError
            If the model has no vocabulary, a word is not in it, or a text is longer than the model reads.
        """
        return self.taken.ids(text)

    @abstractmethod
    def layout_of(self, layer: str | None) -> Layout:
        """Return what is known of the axes of a layer's output, or of the input for None."""

    @property
    @abstractmethod
    def embedding(self) -> str | None:
        """The layer that turns token ids into vectors; None where inputs are no ids, or where it cannot be reached."""

    @abstractmethod
    def build(self, input_shape: Sequence[int]) -> None:
        """Fix the shape of one input, and find out what the network puts out."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """The NumPy type of inputs and gradients."""

    @abstractmethod
    def _guess_input_rank(self) -> int | None:
        """How many axes one input has where the first layer tells it, else None."""

    def _held(self) -> tuple[Held, ...]:
        """Return what the network takes beside token ids."""
        return ()

    def _embedded_ids(self) -> list[Embedded]:
        """What is known of the embeddings that read the input itself; empty where none does."""
        return []

    def _first_layers(self) -> list[Reading | None]:
        """The first layer that reads each input tensor, and what it takes its axes for; None where none is seen."""
        return [None] * len(self.taken.pieces)

    @abstractmethod
    def _seen_layout(self, place: int) -> Layout:
        """Return what a pass shows of the axes of an input tensor."""

    @property
    def _known_input_shape(self) -> tuple[int, ...]:
        if not self.taken.shape:
            raise InputError("The shape of an input is not known yet; give wrap(..., input_shape=...).")
        return self.taken.shape

    def _take(self, shape: tuple[int, ...]) -> None:
        """Note what is known of an input of a shape before the network is run."""
        self._input = None
        self.taken = self._single(shape) if self._several is None else self._with_ids(self._several)
        if self.taken.shape:
            self.given.roles(self.taken)  # What is said of the axes is checked at once.

    def _single(self, shape: tuple[int, ...]) -> Input:
        self.taken = self.given.unread(shape)
        found = self.given.one(shape, [] if self.given.tokens.tokens is False else self._embedded_ids())
        if found.integral and (self.given.bounds not in (None, (0, 1)) or self.preprocess is not None):
            raise InputError(
                "Token ids have neither bounds nor preprocessing; leave both out of wrap(). If the inputs are no ids, "
                "give wrap(..., tokens=False)."
            )
        return replace(found, held=self._held()) if found.integral else found

    def _with_ids(self, several: Several) -> Several:
        """Return several inputs with those as token ids that are read as such."""
        may = [may_be_ids(self.given.said, piece) for piece in several.pieces]
        found = self._looked_up(several, may)
        read = readers(*found) if found is not None else [[]] * several.shape[0]
        ends = np.cumsum([int(np.prod(piece.shape)) for piece in several.pieces]).tolist()
        each = [read[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        return with_ids(self.given.said, several, each, self._takes_whole_numbers(several))

    def _looked_up(self, several: Several, may: Sequence[bool]) -> tuple[Array, list[LookedUp]] | None:
        """Return inputs of which some, that `may` be, are random ids, and what embeddings were asked for in a pass.

        None where the network has no embeddings, or does not run on such.
        """
        return None

    def _takes_whole_numbers(self, several: Several) -> list[bool]:
        """Whether the network itself says of an input that it takes whole numbers."""
        return [False] * len(several.pieces)

    def _take_several(self, shapes: Sequence[Sequence[int]], names: Sequence[str] | None = None) -> None:
        """Take several input tensors as one vector per row."""
        if self.preprocess is not None:
            raise InputError("preprocess is for one input; of several each is given as the network takes it.")
        self.taken = self._several = self.given.several(shapes, names)

    def _reads_text(self, others: Sequence[str]) -> bool:
        """Whether of several input tensors all are given beside token ids but one: these are called as `others` are."""
        told = self.given.beside or {}
        return len(others) > 0 and all(is_known(name) or name in told for name in others)

    def _take_text(self, shapes: Sequence[tuple[int, ...]]) -> None:
        """Take several input tensors as one text where all have its shape, and are given beside its ids."""
        if len(set(shapes)) == 1 and len(shapes[0]) == 1:
            self._several = None
            self.taken = self.given.unread(shapes[0])

    def _scale(self, axis: int | None = None) -> None:
        """Make the numbers per channel of `preprocess` ready, for an axis; by default the first one that they fit."""
        if not isinstance(self.preprocess, Mapping):
            return
        shape = self._known_input_shape
        fitting = self._scaled_axes
        chosen = axis if axis is not None else fitting[0] if fitting else self.layer_channel_axis
        self._statistics = channel_statistics(self.preprocess, shape, chosen, self.dtype)

    @property
    def _scaled_axes(self) -> list[int]:
        """The axes with as many entries as `preprocess` has numbers."""
        if not isinstance(self.preprocess, Mapping):
            return []
        count = max(np.size(numbers) for numbers in self.preprocess.values()) if self.preprocess else 1
        return [axis for axis, size in enumerate(self._known_input_shape) if size == count > 1]

    def _check_features(self) -> None:
        shape = self._known_input_shape
        if len(self.taken.pieces) == 1 and self.features is not None and shape != (len(self.features),):
            raise InputError(
                f"features has {len(self.features)} names, but an input has shape {shape}; expected the names of the "
                "columns of a table, one per column."
            )

    def _probe(self) -> Array:
        """A few random inputs within the bounds, always the same ones."""
        self._known_input_shape  # noqa: B018 - says what is missing
        return self.taken.probe(np.random.default_rng(0), PROBES).astype(self.dtype)

    def _far_probe(self) -> Array:
        """A few inputs within the bounds that are far from random ones."""
        return self.taken.far_probe().astype(self.dtype)

    def _padded_probe(self) -> Array:
        """The random inputs with padding, or zeros, in the second half of an axis: the first one or the last one."""
        return self.taken.padded(self._probe())

    def _guess_input_shape(self, array: Array) -> tuple[int, ...]:
        ids = self.taken.integral and (self.given.tokens.tokens or np.issubdtype(array.dtype, np.integer))
        rank = 1 if ids else self._guess_input_rank()
        if rank is not None and array.ndim in (rank, rank + 1):
            return array.shape[array.ndim - rank :]
        raise InputError(
            f"The network does not tell the shape of one input, and an array of shape {array.shape} leaves it open; "
            "give wrap(..., input_shape=...)."
        )
