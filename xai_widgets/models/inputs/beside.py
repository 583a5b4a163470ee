"""What a network of texts is given beside the token ids: the attention mask and its like, which is not explained.

It follows from the ids, by the names that the network has for it, or as the user says, so that it is no input of its
own. It is that of the text all along: where a token is replaced, by padding too, there is still something to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.objective import Array

Meaning = Literal["mask", "padding", "types"]

Beside = Mapping[str, Meaning | Callable[[Any], Any]]
"""By the name of an argument of the network what it is given."""

MEANINGS: dict[str, str] = {
    "mask": "1 where there is something to read",
    "padding": "true where there is padding",
    "types": "all 0, as of one sentence",
}

ALWAYS = ("attention_mask",)
"""Names that mean one thing everywhere, so that the argument is given also where it may be left out."""

WHERE_NEEDED: dict[str, Meaning] = {
    **dict.fromkeys(("mask", "input_mask", "token_mask"), "mask"),
    **dict.fromkeys(("token_type_ids", "type_ids", "segment_ids", "token_types", "segments"), "types"),
}
"""Names of what is given to a network that does not run without."""

PADDING_MASKS = ("padding_mask", "key_padding_mask", "src_key_padding_mask", "pad_mask")
"""In PyTorch true where there is padding; in Keras where there is none."""

IDS = ("input_ids", "token_ids", "ids", "input_word_ids")
"""What the ids themselves are called."""


class Argument(NamedTuple):
    """An argument of a network behind the ids."""

    name: str
    needed: bool
    """Whether the network does not run without it."""


class Held(NamedTuple):
    """What a network is given beside the ids under a name."""

    name: str
    meaning: Meaning | Callable[[Any], Any]
    told: bool = False

    @property
    def words(self) -> str:
        """What it is, in words."""
        what = "as told" if callable(self.meaning) else MEANINGS[self.meaning]
        return f"{self.name} {what}"

    def of(self, ids: Array, padding: int) -> Array | None:
        """Return it for ids (batch, n) in NumPy; None where a function of the framework's tensors makes it.

        The ids are those that methods make: padding in the place of a token has an id of its own, `Text.filler`.
        """
        if callable(self.meaning):
            return None
        if self.meaning == "types":
            return np.zeros_like(ids)
        found: Array = ids == padding if self.meaning == "padding" else ids != padding
        return found


def checked_beside(beside: Any) -> dict[str, Any] | None:
    """Return what a user says of the arguments beside the ids; None where nothing is said."""
    if beside is None:
        return None
    if not isinstance(beside, Mapping) or not all(isinstance(name, str) for name in beside):
        raise InputTypeError(f"beside is {shown(beside)}; expected a dict such as {{'attention_mask': 'mask'}}.")
    for name, meaning in beside.items():
        if not callable(meaning) and meaning not in MEANINGS:
            raise InputError(
                f"beside[{name!r}] is {shown(meaning)}; expected 'mask' (1 where there is something to read), "
                "'padding' (true where there is none), 'types' (all 0), or a function of the ids (batch, n)."
            )
    return dict(beside)


def held(arguments: Sequence[Argument], told: Mapping[str, Any] | None, padding_mask: Meaning) -> tuple[Held, ...]:
    """Return what a network with these arguments behind the ids is given.

    Parameters
    ----------
    arguments : sequence of Argument
    told : dict, optional
        From `checked_beside`. What it names is given, and nothing else.
    padding_mask : {"mask", "padding"}
        What a padding mask is in the framework.

    Raises
    ------
    ValueError
        If an argument is needed whose name says nothing, or one is told that the network has not got.
    """
    if told is not None:
        for name in told:
            if arguments and name not in [argument.name for argument in arguments]:
                raise unknown_name("argument of the network", name, [argument.name for argument in arguments])
        return tuple(Held(name, meaning, told=True) for name, meaning in told.items())
    known = {**WHERE_NEEDED, **dict.fromkeys(PADDING_MASKS, padding_mask)}
    for name in ALWAYS:
        known[name] = "mask"
    for one in arguments:
        if one.needed and one.name not in known:
            raise InputError(
                f"The network takes {one.name!r} beside the token ids, and it is not known what that is; expected "
                f"wrap(..., beside={{{one.name!r}: 'mask'}}), 'padding', 'types' or a function of the ids (batch, n)."
            )
    given = [one for one in arguments if one.name in known and (one.needed or one.name in ALWAYS)]
    return tuple(Held(one.name, known[one.name]) for one in given)


def is_known(name: str) -> bool:
    """Whether what has this name is given beside the ids."""
    return name in ALWAYS or name in WHERE_NEEDED or name in PADDING_MASKS
