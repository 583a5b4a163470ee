"""Tokenizers: those of Hugging Face, and whatever else cuts a text into ids and says where each token stands.

None of their packages is imported. What is asked of a tokenizer:

- ``encode(text)`` gives something with `ids` and `offsets`, (start, end) of each token in characters of the text; it
  may have `tokens`, `word_ids`, `special_tokens_mask` and `attention_mask` too, as the encodings of `tokenizers` do.
  It may be an object, a dict, or a tuple (ids, offsets).
- ``get_vocab()``, a dict from tokens to ids, and ``decode(ids)``, where it has them.

A fast tokenizer of `transformers` is called, which gives the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import kind_of
from xai_widgets.models.failures import told
from xai_widgets.models.inputs.reading import Reading, Span

PADDING = ("[PAD]", "<pad>", "<PAD>", "<|pad|>")
MASK = ("[MASK]", "<mask>", "<MASK>")
UNKNOWN = ("[UNK]", "<unk>", "<UNK>")
"""What tokens of one meaning are called, where a tokenizer has no attribute that says so."""


class Encoded(NamedTuple):
    """A text in tokens, without padding."""

    ids: list[int]
    names: list[str]
    spans: list[Span]
    words: list[int | None]
    added: list[bool]
    left_out: int
    """How many tokens the tokenizer itself left out."""


class Tokenizer:
    """A tokenizer as it was given, and what is asked of it.

    Attributes
    ----------
    given : object
    padding, mask, unknown : int or None
        The ids of what fills up, of what stands for a token that was taken away, and for one that is not known.
    length : int or None
        How many tokens it cuts texts off at, or fills them up to.
    left : bool
        Whether padding stands before a text.
    cut_left : bool
        Whether what is too long loses its beginning.
    around : frozenset of int
        The ids that are put around a text.
    """

    def __init__(self, given: Any) -> None:
        if not callable(getattr(given, "encode", None)) or isinstance(given, type | str):
            raise InputTypeError(
                f"tokenizer is a {kind_of(given)}; expected one of tokenizers or transformers, or anything with "
                "encode(text) that gives ids and offsets."
            )
        if getattr(given, "is_fast", True) is False:
            raise InputTypeError(
                f"The tokenizer ({kind_of(given)}) does not tell where in a text its tokens stand; expected a fast "
                "one, AutoTokenizer.from_pretrained(..., use_fast=True)."
            )
        self.given = given
        self._called = callable(given) and hasattr(given, "is_fast")
        padding = getattr(given, "padding", None) or {}
        truncation = getattr(given, "truncation", None) or {}
        settings = [one for one in (padding, truncation) if isinstance(one, Mapping)]
        self.length = next(
            (int(one[key]) for one in settings for key in ("length", "max_length") if one.get(key)), None
        )
        self.left = "left" in (getattr(given, "padding_side", None), settings and settings[0].get("direction"))
        self.cut_left = getattr(given, "truncation_side", None) == "left"
        self.names = self._names()
        self._ids = {name: number for number, name in self.names.items()}
        own = padding.get("pad_id") if isinstance(padding, Mapping) else None
        self.padding = own if own is not None else self._special("pad_token_id", PADDING)
        self.mask = self._special("mask_token_id", MASK)
        self.unknown = self._special("unk_token_id", UNKNOWN)
        self.around = frozenset(self.encode("").ids) - {self.unknown, self.mask}

    @property
    def vocabulary(self) -> tuple[str, ...] | None:
        """The name of each token, in the order of their ids; None where the tokenizer does not tell."""
        if not self.names:
            return None
        return tuple(self.names.get(number, f"#{number}") for number in range(max(self.names) + 1))

    def encode(self, text: str) -> Encoded:
        """Return a text in tokens, with what is put around it and without padding.

        Raises
        ------
        ValueError
            If the tokenizer fails, or what it gives is not what is asked of it.
        """
        try:
            found = self.given(text) if self._called else self.given.encode(text)
        except Exception as error:
            raise InputError(f"The tokenizer failed on {shown(text)}: {told(error)}") from error
        if self._called:
            found = found.encodings[0]
        ids, spans = _part(found, 0, "ids", "input_ids"), _part(found, 1, "offsets", "offset_mapping")
        if ids is None or spans is None or len(ids) != len(spans):
            raise InputTypeError(
                f"The tokenizer's encode() gave {_in_words(found)}; expected ids and offsets, (start, end) of each "
                "token in characters: an object or a dict with these names, or a tuple of both."
            )
        ids, spans = [int(one) for one in ids], [(int(start), int(end)) for start, end in spans]
        if any(not 0 <= start <= end <= len(text) for start, end in spans):
            raise InputError(
                f"The tokenizer's offsets go to {max(end for _, end in spans)}, and the text has {len(text)} "
                "characters; expected the places of characters, not those of bytes."
            )
        names = _part(found, None, "tokens") or [self.names.get(one, f"#{one}") for one in ids]
        words = _part(found, None, "word_ids") or [None] * len(ids)
        special = _part(found, None, "special_tokens_mask")
        added = [bool(one) for one in special] if special else [start == end for start, end in spans]
        there = _part(found, None, "attention_mask") or [1] * len(ids)
        kept = [place for place, one in enumerate(there) if one]
        rest = _part(found, None, "overflowing") or []
        return Encoded(
            [ids[place] for place in kept],
            [str(names[place]) for place in kept],
            [spans[place] for place in kept],
            [words[place] for place in kept],
            [added[place] for place in kept],
            sum(_count(one) for one in rest),
        )

    def read(self, text: str, length: int, padding: int) -> Reading:
        """Return how a text is read, filled up to `length`; what is too long loses its end, or its beginning."""
        found = self.encode(text)
        ids, added, count = found.ids, found.added, len(found.ids)
        behind = next((place for place, one in enumerate(reversed(added)) if not one), 0)
        before = next((place for place, one in enumerate(added) if not one), 0)
        if count <= length:
            places = list(range(count))
        elif length < before + behind + 1:
            raise InputError(f"The model reads {length} tokens, of which {before + behind} stand around each text.")
        elif self.cut_left:
            places = [*range(before), *range(count - length + before, count)]
        else:
            places = [*range(length - behind), *range(count - behind, count)]
        gone = sorted({*range(count)} - {*places})
        fill: list[int | None] = [None] * (length - len(places))
        order: list[int | None] = [*fill, *places] if self.left else [*places, *fill]
        end = found.spans[gone[0]][0] if gone and not self.cut_left else None
        if found.left_out and end is None:
            end = max((stop for _, stop in found.spans), default=0)
        return Reading(
            text,
            tuple(padding if one is None else ids[one] for one in order),
            tuple(self.names.get(padding, f"#{padding}") if one is None else found.names[one] for one in order),
            tuple((0, 0) if one is None else found.spans[one] for one in order),
            tuple(None if one is None else found.words[one] for one in order),
            tuple(True if one is None else added[one] for one in order),
            padding,
            self.unknown,
            end,
            len(gone) + found.left_out,
        )

    def decode(self, ids: Sequence[int]) -> str | None:
        """Return a text that these ids may have been made of; None where the tokenizer does not tell."""
        with suppress(Exception):  # Whatever it raises, there is no text then.
            found = self.given.decode(list(ids))
            return found if isinstance(found, str) else None
        return None

    def _names(self) -> dict[int, str]:
        if not callable(getattr(self.given, "get_vocab", None)):
            return {}
        return {int(number): str(name) for name, number in self.given.get_vocab().items()}

    def _special(self, attribute: str, names: Sequence[str]) -> int | None:
        if hasattr(self.given, attribute):
            found = getattr(self.given, attribute)
            return None if found is None else int(found)
        return next((self._ids[name] for name in names if name in self._ids), None)


def _part(found: Any, place: int | None, *names: str) -> Any:
    """Return what an encoding has under one of these names, or at a place; None where it has it not."""
    for name in names:
        part = found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)
        if part is not None and not callable(part):
            return list(part)
    if isinstance(found, tuple) and not hasattr(found, "_fields") and place is not None and len(found) == 2:
        return list(found[place])
    return None


def _count(encoding: Any) -> int:
    special = _part(encoding, None, "special_tokens_mask") or []
    return sum(1 for one in special if not one)


def _in_words(found: Any) -> str:
    return f"{shown(found)}, a {kind_of(found)}"
